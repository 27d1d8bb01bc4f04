/*
 * Every kind of target, from answers to a model and back: labels with unknown ones, numbers, trees level by level.
 */
#include "media_support.h"

#include <flow/evaluate.h>
#include <flow/predict.h>
#include <flow/train/tasks.h>
#include <flow/train/train.h>
#include <math.h>
#include <model/model.h>

static const char ontology_json[] =
    "{\"classifications\": ["
    "{\"id\": \"kind\", \"type\": \"tree\", \"options\": [{\"id\": \"stripes\", \"options\": [{\"id\": \"across\"}, "
    "{\"id\": \"down\"}]}, {\"id\": \"spots\", \"options\": [{\"id\": \"middle\"}]}]},"
    "{\"id\": \"seen\", \"type\": \"checklist\", \"options\": [{\"id\": \"across\"}, {\"id\": \"striped\"}, "
    "{\"id\": \"never\"}]},"
    "{\"id\": \"bright\", \"type\": \"number\", \"min\": 0, \"max\": 100, \"unit\": \"points\"}]}";

enum { PICTURES = 90, TEST_PICTURES = 30 };

static void answer(const lab *l, int64_t item, int class, size_t i) {
  static const char *const kinds[] = {"stripes/across", "stripes/down", "spots/middle"};
  char number[16];
  snprintf(number, sizeof number, "%d", 10 + 30 * class);
  lab_answer(l, item, "kind", kinds[class]);
  lab_answer(l, item, "bright", number);
  lab_answer(l, item, "seen", class == 0 ? "across" : "-across");
  if (i % 4 != 3) lab_answer(l, item, "seen", class < 2 ? "striped" : "-striped"); /* every fourth is unknown */
}

/* Toy pictures of three classes in train and test, with answers to all three questions. */
static lab answered_lab(void) {
  lab l = lab_new();
  lab_ontology(&l, ontology_json);
  toy_arrays(media_in(&l, "set").text, "train", false, PICTURES, 0);
  toy_arrays(media_in(&l, "set").text, "test", false, TEST_PICTURES, 20000);
  media_import(&l, media_in(&l, "set").text, NULL);
  lab_reopen(&l);
  media_items items = media_list(l.project, "none");
  assert_int_equal(items.n, PICTURES + TEST_PICTURES);
  for (size_t i = 0, in_test = 0; i < items.n; i++) {
    bool test = strcmp(items.item[i].split, "test") == 0;
    answer(&l, items.item[i].id, (int)((test ? in_test : i - in_test) % 3), i);
    in_test += test;
  }
  media_items_clear(&items);
  return l;
}

static lnti_train_result train(const lab *l, lnti_train_options options) {
  lnti_train_result result = {0};
  options.feature = "pixels";
  options.seed = 1;
  assert_ok(lnti_train(&result, l->project, &options, ERR));
  return result;
}

/* ---- refusals ---- */

static void what_does_not_fit(void **state) {
  (void)state;
  static const struct {
    lnti_train_options options;
    const char *message;
  } cases[] = {
      {{.target = "bright", .learner = "logistic"}, "does not learn a regression target"},
      {{.target = "seen", .learner = "logistic", .structure = LNTI_STRUCTURE_HIERARCHICAL}, "of type checklist"},
      {{.target = "bright", .learner = "knn", .weights = "balanced"}, "a number has none"},
      {{.target = "kind", .learner = "logistic", .weights = "/none/there.json"}, "/none/there.json"},
  };
  lab l = answered_lab();
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    lnti_train_result result = {0};
    lnti_train_options options = cases[i].options;
    options.feature = "pixels";
    assert_int_not_equal(lnti_train(&result, l.project, &options, ERR), LNT_OK);
    assert_message(cases[i].message);
  }
  lnti_train_result kind = train(&l, (lnti_train_options){.target = "kind", .learner = "knn"}), other = {0};
  const lnti_train_options seen = {.target = "seen", .learner = "knn", .feature = "pixels"};
  assert_status(lnti_train(&other, l.project, &seen, ERR), LNT_EEXISTS); /* not in the place of another question's */
  assert_message("of another question (kind)");
  lnti_train_result_clear(&kind);
  lab_free(&l);
}

static void weights_of_classes(void **state) {
  (void)state;
  lab l = answered_lab();
  media_name path = media_in(&l, "weights.json");
  lnti_test_write_file(path.text, "{\"stripes/across\": 3, \"middle\": 0.5}", 36);
  for (int i = 0; i < 2; i++) {
    lnti_train_result r =
        train(&l, (lnti_train_options){.target = "kind",
                                       .learner = "logistic",
                                       .weights = i ? media_in(&l, "weights.json").text : "balanced"});
    assert_true(r.figures.value[LNTI_ACCURACY] > 0.8);
    lnti_train_result_clear(&r);
  }
  lnti_test_write_file(path.text, "{\"fish\": 3}", 11);
  lnti_train_result result = {0};
  const lnti_train_options options = {
      .target = "kind", .learner = "logistic", .feature = "pixels", .weights = path.text};
  assert_status(lnti_train(&result, l.project, &options, ERR), LNT_EDATA);
  assert_message("\"fish\" is none of the 3 classes");
  lab_free(&l);
}

/* ---- pieces ---- */

static const lnti_context serial = {.cpu = LNT_CPU_GENERIC};

/* Of 19 residuals 1..19 the twentieth lies below the first with probability 1/20. */
static void residual_quantiles(void **state) {
  (void)state;
  enum { N = 19 };
  float score[N];
  double value[N], interval[2];
  lnti_scale scale = {0};
  for (int i = 0; i < N; i++) {
    score[i] = 100;
    value[i] = 101 + (i * 7) % N;
  }
  const lnti_truth truth = {.task = LNTI_REGRESSION, .n = N, .k = 1, .value = value};
  assert_ok(lnti_scale_fit(&scale, score, &truth, &serial, ERR));
  assert_true(lnti_residual_interval(interval, scale.residual, scale.n_residuals));
  assert_true(fabs(interval[0] - 1) < 1e-9 && fabs(interval[1] - 19) < 1e-9);
  for (size_t i = 1; i < scale.n_residuals; i++) assert_true(scale.residual[i].value >= scale.residual[i - 1].value);
  lnti_scale_clear(&scale);
  assert_false(lnti_residual_interval(interval, NULL, 0));
}

/* Scores that are twice too sure, of which one label has too few answers to be scaled by itself. */
static void labels_are_scaled(void **state) {
  (void)state;
  enum { N = 2000, K = 2 };
  static float score[N * K];
  static int8_t yes[N * K];
  for (size_t i = 0; i < N; i++) {
    double z = -2 + 4 * (double)(i % 100) / 99, p = 1 / (1 + exp(-z));
    yes[K * i] = (double)(i / 100) < 20 * p;
    yes[K * i + 1] = i < 4 ? (int8_t)(i % 2) : -1;
    score[K * i] = score[K * i + 1] = (float)(2 * z);
  }
  const lnti_truth truth = {.task = LNTI_MULTILABEL, .n = N, .k = K, .yes = yes};
  lnti_scale scale = {0};
  assert_ok(lnti_scale_fit(&scale, score, &truth, &serial, ERR));
  for (size_t c = 0; c < K; c++) assert_true(fabs(scale.platt[c].a - 0.5) < 0.05 && fabs(scale.platt[c].b) < 0.2);
  assert_true(scale.ece_before > 0.05 && scale.ece_after < 0.02);
  assert_true(fabs((double)scale.threshold[0] - 0.5) < 0.2);
  lnti_scale_clear(&scale);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_does_not_fit),
      cmocka_unit_test(weights_of_classes),
      cmocka_unit_test(residual_quantiles),
      cmocka_unit_test(labels_are_scaled),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
