/*
 * Storing predictions and asking for them: what is kept of many labels, and every allocation on the way fails once, upon which the
 * predictions of before are whole.
 */
#include <flow/filter/parts.h>
#include <flow/predict/stored_predictions.h>
#include <flow/view/query.h>
#include <math.h>

#include "flow_support.h"

enum { LABELS = 40 };

typedef lnt_status (*attempt_function)(lab *l);

static void each_failure(lab *l, attempt_function attempt, void (*check)(lab *l, bool failed)) {
  bool failed = true;
  for (size_t n = 1; failed; n++) {
    lnti_test_fail_allocation_after(n);
    lnt_status status = attempt(l);
    failed = lnti_test_allocation_failed();
    lnti_test_fail_allocation_after(0);
    if (status != (failed ? LNT_ENOMEM : LNT_OK)) fail_msg("allocation %zu: %s", n, lnt_status_name(status));
    check(l, failed);
    assert_in_range(n, 1, 5000);
  }
}

static lnt_status write_model(void *payload, lnti_tx *tx, lnt_error *err) {
  lnti_run run = {.target = "labels",
                  .learner = "logistic",
                  .feature = "pixels",
                  .params_json = "{}",
                  .data_fingerprint = "f",
                  .code_version = "1",
                  .cpu = "avx2"};
  lnti_model_row row = {.name = payload, .file = "models/m@1.lnt", .bytes = 3, .result_json = ""};
  int64_t id = 0;
  lnt_status status = lnti_tx_run_begin(tx, &run.id, &run, err);
  row.run_id = run.id;
  return status ? status : lnti_tx_model(tx, &id, &row, err);
}

/* A checklist of l0..l39, two questions more, and a model "m" of the checklist; three items. */
static lab new_lab(void) {
  static char json[4096], name[] = "m";
  size_t n = (size_t)snprintf(json, sizeof json,
                              "{\"name\": \"F\", \"classifications\": [{\"id\": \"class\", \"type\": "
                              "\"radio\", \"options\": [{\"id\": \"a\"}, {\"id\": \"b\"}]}, {\"id\": "
                              "\"labels\", \"type\": \"checklist\", \"options\": [");
  for (int i = 0; i < LABELS; i++)
    n += (size_t)snprintf(json + n, sizeof json - n, "%s{\"id\": \"l%d\"}", i ? ", " : "", i);
  snprintf(json + n, sizeof json - n, "]}]}");
  lab l = lab_new();
  lab_ontology(&l, json);
  assert_int_equal(lab_items(&l, 3), 1);
  assert_ok(lnti_store_write(l.project->store, write_model, name, ERR));
  return l;
}

/* l0 to l24 apply, and l39 whose threshold is below 1 %; l25 to l38 do not. */
static float prob_of(size_t label) {
  return label < 25 ? 0.9F - 0.01F * (float)label : label == LABELS - 1 ? 0.006F : 0.3F;
}

static lnt_status store_labels(lab *l) {
  lnti_model_class classes[LABELS];
  double threshold[LABELS];
  float prob[LABELS];
  char ids[LABELS][8], target[] = "labels";
  lnt_model model = {
      .target = target, .task = LNTI_MULTILABEL, .classes = classes, .n_classes = LABELS, .threshold = threshold};
  lnti_predictions_writer *writer = NULL;
  size_t n = 0;
  for (size_t c = 0; c < LABELS; c++) {
    snprintf(ids[c], sizeof ids[c], "l%zu", c);
    classes[c] = (lnti_model_class){.id = ids[c], .title = ids[c]};
    threshold[c] = c == LABELS - 1 ? 0.005 : 0.5;
    prob[c] = prob_of(c);
  }
  lnt_status status = lnti_predictions_create(&writer, l->project, "m", &model, "", NULL, ERR);
  for (int64_t id = 1; id < 3 && !status; id++)
    status = lnti_predictions_add(writer, &(lnti_prediction){.item_id = id, .prob = prob}, NULL, ERR);
  if (!status) return lnti_predictions_commit(&n, writer, ERR);
  lnti_predictions_discard(writer);
  return status;
}

static size_t count(lab *l, const char *text) {
  lnti_view *view = NULL;
  lnti_filter *filter = NULL;
  lnti_selection *selection = NULL;
  assert_ok(lnti_view_open(&view, l->project, NULL, NULL, ERR));
  assert_ok(lnti_view_filter(&filter, view, text, ERR));
  assert_ok(lnti_view_select(&selection, view, filter, NULL, ERR));
  size_t n = lnti_selection_count(selection);
  lnti_selection_free(selection);
  lnti_filter_free(filter);
  lnti_view_close(view);
  return n;
}

/* Thresholds first: no label that applies is lost for others that are more probable, or for being improbable. */
static void test_labels_that_apply_are_kept(void **state) {
  (void)state;
  lab l = new_lab();
  assert_ok(store_labels(&l));
  for (int i = 0; i < LABELS; i++) {
    char term[64];
    snprintf(term, sizeof term, "predicted:labels.l%d=%s", i, i < 25 || i == LABELS - 1 ? "yes" : "no");
    assert_int_equal(count(&l, term), 2);
  }
  assert_int_equal(count(&l, "confidence:labels in 0.0059..0.0061"), 2); /* of the least sure one */
  assert_int_equal(count(&l, "confidence:labels.l30>0"), 0);             /* neither applies nor is among the first */
  lab_free(&l);
}

/* ---- failing allocations ---- */

static void check_stored(lab *l, bool failed) {
  if (count(l, "id=1") != 1) fail_msg("the project is damaged");
  if (!failed) assert_int_equal(count(l, "predicted:m.l3=yes"), 2);
  /* what was there before stays, whatever became of the attempt */
  assert_int_equal(count(l, "predicted:old=a"), 1);
}

static lnt_status store_class(lab *l, const char *name) {
  static const char *const ids[] = {"a", "b"};
  const lnti_predicted_row rows[] = {{1, 0, 0.9F, 0}, {2, 1, NAN, 1}};
  return lnti_predictions_store(l->project, name, "class", ids, 2, rows, 2, ERR);
}

static lnt_status replace_class(lab *l) {
  return store_class(l, "old");
}

static void check_replaced(lab *l, bool failed) {
  (void)failed;
  assert_int_equal(count(l, "predicted:old=answered"), 2);
}

static void test_storing(void **state) {
  (void)state;
  lab l = new_lab();
  assert_ok(store_class(&l, "old"));
  each_failure(&l, store_labels, check_stored);
  each_failure(&l, replace_class, check_replaced);
  lab_free(&l);
}

/* A run that ended before its end is as if it had never begun, also for the next one. */
static void test_cut_off(void **state) {
  (void)state;
  lab l = new_lab();
  lnti_predictions_writer *writer = NULL;
  char id[] = "l0", target[] = "labels";
  float prob[] = {0.1F};
  lnt_model model = {
      .target = target, .task = LNTI_MULTILABEL, .classes = &(lnti_model_class){.id = id, .title = id}, .n_classes = 1};
  assert_ok(store_labels(&l));
  assert_ok(lnti_predictions_create(&writer, l.project, "m", &model, "", NULL, ERR));
  for (int64_t item = 1; item < 5000; item++) /* one block is written */
    assert_ok(lnti_predictions_add(writer, &(lnti_prediction){.item_id = item, .prob = prob}, NULL, ERR));
  lnti_predictions_discard(writer);
  lab_reopen(&l);
  assert_int_equal(count(&l, "predicted:m.l3=yes"), 2);
  assert_ok(store_labels(&l));
  assert_int_equal(count(&l, "predicted:m.l3=yes"), 2);
  lab_free(&l);
}

static lnt_status ask(lab *l) {
  static const char *const terms[] = {
      "predicted:labels=l3 and predicted:old=a and not confidence:old<0.5 and "
      "not disagrees:class=yes and not disagrees:m=yes and confidence:m.l3>0.1"};
  lnti_view *view = NULL;
  lnti_filter *filter = NULL;
  lnti_selection *selection = NULL;
  lnti_sort sort;
  lnti_facet facet = {.field = {LNTI_FIELD_ID, 0, LNTI_NONE}};
  lnti_view_prediction said = {0};
  bool owned = false;
  lnt_status status = lnti_view_open(&view, l->project, NULL, NULL, ERR);
  if (!status) status = lnti_view_filter(&filter, view, terms[0], ERR);
  if (!status) status = lnti_sort_parse(&sort, lnti_view_names(view), "confidence:class:desc", ERR);
  if (!status) status = lnti_field_find(&facet.field, lnti_view_names(view), "predicted:labels", ERR);
  if (!status) status = lnti_view_select(&selection, view, filter, &sort, ERR);
  if (!status) assert_int_equal(lnti_selection_count(selection), 1);
  if (!status) status = lnti_view_facets(&facet, 1, view, NULL, false, ERR);
  if (!status) owned = true;
  if (!status) status = lnti_view_item_prediction(&said, view, 0, 1, ERR);
  if (owned) lnti_facet_clear(&facet);
  free(said.rows);
  lnti_selection_free(selection);
  lnti_filter_free(filter);
  lnti_view_close(view);
  return status;
}

static void check_nothing(lab *l, bool failed) {
  (void)l, (void)failed;
}

static void test_asking(void **state) {
  (void)state;
  lab l = new_lab();
  assert_ok(store_class(&l, "old"));
  assert_ok(store_labels(&l));
  lab_answer(&l, 1, "class", "a");
  lab_answer(&l, 1, "labels", "l3");
  each_failure(&l, ask, check_nothing);
  lab_free(&l);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_labels_that_apply_are_kept),
      cmocka_unit_test(test_storing),
      cmocka_unit_test(test_cut_off),
      cmocka_unit_test(test_asking),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
