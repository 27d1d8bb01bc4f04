/* The JSON of an evaluation: the keys that others rely on, in their shapes. */
#include "report_support.h"

/* The whole object, parsed back; the caller clears both. */
static const lnti_json_value *report_json(lnti_text *text, lnti_arena *arena, const lnti_report *report) {
  lnti_json_writer *w = NULL;
  const lnti_json_value *root = NULL;
  assert_ok(lnti_json_writer_new(&w, lnti_json_sink_text, text, 0, ERR));
  lnti_json_begin_object(w);
  lnti_report_json(w, report);
  lnti_json_kv_real(w, "seconds", 1.5); /* the caller's own */
  lnti_json_end_object(w);
  assert_ok(lnti_json_finish(w, ERR));
  lnti_json_writer_free(w);
  assert_ok(lnti_json_parse(&root, arena, text->data, text->length, "report", ERR));
  return root;
}

static void has_exactly_the_promised_keys_in_order(void **state) {
  static const char *const KEY[] = {"task",
                                    "n",
                                    "accuracy",
                                    "balanced_accuracy",
                                    "macro_f1",
                                    "log_loss",
                                    "ece",
                                    "auroc",
                                    "ci95",
                                    "classes",
                                    "classes_with_items",
                                    "confusion",
                                    "baseline_accuracy",
                                    "group_key",
                                    "n_groups",
                                    "snapshot",
                                    "leaks",
                                    "leak_sets",
                                    "slices",
                                    "seconds"};
  lnti_evaluation *e = sample_evaluation(30, 4, 20);
  const char **titles = sample_titles(4);
  lnti_report report = sample_report(e, titles);
  lnti_text text = {NULL, 0, 0};
  lnti_arena arena = {NULL, 0, 0};
  const lnti_json_value *root = report_json(&text, &arena, &report);
  (void)state;
  assert_int_equal(root->length, sizeof KEY / sizeof *KEY);
  const lnti_json_value *child = root->first;
  for (size_t i = 0; i < root->length; i++, child = child->next) assert_string_equal(child->key, KEY[i]);
  assert_true(lnti_json_get(root, "n")->number == 30);
  assert_true(lnti_json_get(root, "accuracy")->number == e->value[LNTI_ACCURACY]);
  assert_int_equal(lnti_json_get(root, "group_key")->type, LNTI_JSON_TYPE_NULL);
  assert_int_equal(lnti_json_get(root, "n_groups")->type, LNTI_JSON_TYPE_NULL);
  lnti_arena_clear(&arena);
  lnti_text_clear(&text);
  free(titles);
  lnti_evaluation_free(e);
}

static void intervals_are_pairs_by_metric(void **state) {
  lnti_evaluation *e = sample_evaluation(30, 4, 20);
  const char **titles = sample_titles(4);
  lnti_report report = sample_report(e, titles);
  lnti_text text = {NULL, 0, 0};
  lnti_arena arena = {NULL, 0, 0};
  const lnti_json_value *ci95 = lnti_json_get(report_json(&text, &arena, &report), "ci95");
  (void)state;
  assert_int_equal(ci95->length, LNTI_METRICS);
  for (size_t m = 0; m < LNTI_METRICS; m++) {
    const lnti_json_value *pair = lnti_json_get(ci95, lnti_metric_name((lnti_metric_id)m));
    assert_int_equal(pair->length, 2);
    assert_true(pair->first->number == e->ci95[m][0]);
    assert_true(pair->first->next->number == e->ci95[m][1]);
  }
  lnti_arena_clear(&arena);
  lnti_text_clear(&text);
  free(titles);
  lnti_evaluation_free(e);
}

static void classes_have_their_keys_and_null_where_undefined(void **state) {
  static const char *const KEY[] = {"name", "id", "n", "precision", "recall", "specificity", "f1", "average_precision"};
  lnti_evaluation *e = sample_evaluation(30, 4, 0);
  const char *ids[] = {"quoted", "script", "gr-n", "unseen"};
  const char *titles[] = {"\"quoted\"", "<script>", "gr\u00fcn", "unseen"};
  lnti_report report = sample_report(e, titles);
  lnti_text text = {NULL, 0, 0};
  lnti_arena arena = {NULL, 0, 0};
  report.group_key = "site";
  report.n_groups = 12;
  report.class_ids = ids;
  const lnti_json_value *root = report_json(&text, &arena, &report), *class = lnti_json_get(root, "classes")->first;
  (void)state;
  for (size_t c = 0; c < 4; c++, class = class->next) {
    const lnti_json_value *child = class->first;
    assert_int_equal(class->length, sizeof KEY / sizeof *KEY);
    for (size_t i = 0; i < class->length; i++, child = child->next) assert_string_equal(child->key, KEY[i]);
    assert_string_equal(lnti_json_get(class, "name")->text, titles[c]);
    assert_string_equal(lnti_json_get(class, "id")->text, ids[c]);
    assert_true(lnti_json_get(class, "n")->number == (double)e->classes[c].n);
    assert_int_equal(lnti_json_get(class, "recall")->type, c < 3 ? LNTI_JSON_TYPE_NUMBER : LNTI_JSON_TYPE_NULL);
  }
  assert_int_equal(lnti_json_get(lnti_json_get(root, "ci95"), "ece")->first->type, LNTI_JSON_TYPE_NULL);
  assert_string_equal(lnti_json_get(root, "group_key")->text, "site");
  assert_true(lnti_json_get(root, "n_groups")->number == 12);
  lnti_arena_clear(&arena);
  lnti_text_clear(&text);
  lnti_evaluation_free(e);
}

static void confusion_is_dense_to_a_thousand_classes_and_sparse_above(void **state) {
  (void)state;
  for (size_t k = 1000; k <= 1001; k++) {
    lnti_evaluation *e = sample_evaluation(30, k, 0);
    const char **titles = sample_titles(k);
    lnti_report report = sample_report(e, titles);
    lnti_text text = {NULL, 0, 0};
    lnti_arena arena = {NULL, 0, 0};
    const lnti_json_value *confusion = lnti_json_get(report_json(&text, &arena, &report), "confusion");
    if (k == 1000) {
      assert_int_equal(confusion->length, 1000);
      assert_int_equal(confusion->first->length, 1000);
      assert_true(confusion->first->first->next->number == 1); /* item 0, taken for class 1 */
    } else {
      assert_int_equal(confusion->length, 30); /* one for each item, as all differ */
      assert_int_equal(confusion->first->length, 3);
      assert_true(confusion->first->first->number == 0 && confusion->first->first->next->number == 1 &&
                  confusion->first->first->next->next->number == 1);
    }
    lnti_arena_clear(&arena);
    lnti_text_clear(&text);
    free(titles);
    lnti_evaluation_free(e);
  }
}

static void slices_have_their_keys(void **state) {
  static const char *const KEY[] = {"value",    "kind",         "low",          "high",         "n_values",
                                    "n",        "n_groups",     "accuracy",     "accuracy_low", "accuracy_high",
                                    "macro_f1", "macro_f1_low", "macro_f1_high"};
  static const char *const KIND[] = {"value", "range", "other", "none"};
  static const char *const GAP[] = {"measure",         "best",      "worst",      "difference",    "difference_low",
                                    "difference_high", "by_chance", "n_compared", "enough_images", "enough_groups"};
  lnti_evaluation *e = sample_evaluation(30, 4, 20);
  const char **titles = sample_titles(4);
  lnti_report report = sample_report(e, titles);
  lnti_report_slice room[4];
  char key[] = "site", value[] = "north";
  lnti_report_slices slices = sample_slices(room, key, value);
  lnti_text text = {NULL, 0, 0};
  lnti_arena arena = {NULL, 0, 0};
  (void)state;
  report.slices = &slices;
  report.n_slices = 1;
  const lnti_json_value *one = lnti_json_get(report_json(&text, &arena, &report), "slices")->first;
  assert_string_equal(lnti_json_get(one, "key")->text, "site");
  const lnti_json_value *slice = lnti_json_get(one, "values")->first;
  for (size_t i = 0; i < 4; i++, slice = slice->next) {
    const lnti_json_value *child = slice->first;
    assert_int_equal(slice->length, sizeof KEY / sizeof *KEY);
    for (size_t j = 0; j < slice->length; j++, child = child->next) assert_string_equal(child->key, KEY[j]);
    assert_string_equal(lnti_json_get(slice, "kind")->text, KIND[i]);
    assert_true(lnti_json_get(slice, "n")->number == (double)room[i].figures.n);
    assert_true(lnti_json_get(slice, "accuracy")->number == room[i].figures.value[0]);
    assert_int_equal(lnti_json_get(slice, "low")->type, i == 1 ? LNTI_JSON_TYPE_NUMBER : LNTI_JSON_TYPE_NULL);
    assert_int_equal(lnti_json_get(slice, "macro_f1")->type, i < 2 ? LNTI_JSON_TYPE_NUMBER : LNTI_JSON_TYPE_NULL);
    assert_int_equal(lnti_json_get(slice, "value")->type, i < 3 ? LNTI_JSON_TYPE_STRING : LNTI_JSON_TYPE_NULL);
  }
  const lnti_json_value *gap = lnti_json_get(one, "gap"), *child = gap->first;
  assert_int_equal(gap->length, sizeof GAP / sizeof *GAP);
  for (size_t i = 0; i < gap->length; i++, child = child->next) assert_string_equal(child->key, GAP[i]);
  assert_string_equal(lnti_json_get(gap, "best")->text, "north");
  assert_string_equal(lnti_json_get(gap, "worst")->text, "12.5 to 60");
  assert_true(lnti_json_get(gap, "difference_low")->number == 0.0625);
  assert_int_equal(lnti_json_get(gap, "by_chance")->type, LNTI_JSON_TYPE_BOOL);
  assert_false(lnti_json_get(gap, "by_chance")->boolean);
  assert_true(lnti_json_get(gap, "enough_images")->number == LNTI_SLICE_ITEMS_ENOUGH);
  lnti_arena_clear(&arena);
  lnti_text_clear(&text);
  free(titles);
  lnti_evaluation_free(e);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(has_exactly_the_promised_keys_in_order),
      cmocka_unit_test(intervals_are_pairs_by_metric),
      cmocka_unit_test(classes_have_their_keys_and_null_where_undefined),
      cmocka_unit_test(slices_have_their_keys),
      cmocka_unit_test(confusion_is_dense_to_a_thousand_classes_and_sparse_above),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
