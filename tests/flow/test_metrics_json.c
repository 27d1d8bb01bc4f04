/*
 * Metrics as JSON: the exact text, and that undefined values are null.
 */
#include <flow/metrics_json.h>
#include <math.h>

#include "support.h"

static void test_exact_text(void **state) {
  (void)state;
  const double value[LNTI_METRICS] = {0.875, 0.75, 0.5, 1.25, 0.0625, NAN};
  const double ci95[LNTI_METRICS][2] = {{0.8, 0.95}, {0.5, 1}, {0.25, 0.75}, {1, 1.5}, {0, 0.125}, {NAN, NAN}};
  lnti_text text = {0};
  assert_ok(lnti_metrics_json(&text, value, ci95, ERR));
  assert_string_equal(
      text.data,
      "{\"accuracy\":0.875,\"balanced_accuracy\":0.75,\"macro_f1\":0.5,\"log_loss\":1.25,\"ece\":0.0625,"
      "\"auroc\":null,\"ci95\":{\"accuracy\":[0.8,0.95],\"balanced_accuracy\":[0.5,1],"
      "\"macro_f1\":[0.25,0.75],\"log_loss\":[1,1.5],\"ece\":[0,0.125],\"auroc\":[null,null]}}");
  assert_int_equal(text.length, strlen(text.data));
  lnti_text_clear(&text);
}

static void test_appended(void **state) {
  (void)state;
  const double value[LNTI_METRICS] = {0}, ci95[LNTI_METRICS][2] = {{0}};
  lnti_text text = {0};
  assert_ok(lnti_text_append(&text, "x", 1, ERR));
  assert_ok(lnti_metrics_json(&text, value, ci95, ERR));
  assert_memory_equal(text.data, "x{\"accuracy\":0,", 15);
  assert_int_equal(text.data[text.length - 1], '}');
  lnti_text_clear(&text);
}

static void test_reads_back(void **state) {
  (void)state;
  const double value[LNTI_METRICS] = {1.0 / 3, 1e-300, 0.1, INFINITY, 2.0 / 3, 1};
  const double ci95[LNTI_METRICS][2] = {{-INFINITY, 0.1}, {0}};
  lnti_text text = {0};
  lnti_arena arena = {0};
  const lnti_json_value *root = NULL;
  double back = 0;
  assert_ok(lnti_metrics_json(&text, value, ci95, ERR));
  assert_ok(lnti_json_parse(&root, &arena, text.data, text.length, "metrics", ERR));
  for (int m = 0; m < LNTI_METRICS; m++) {
    const char *name = lnti_metric_name((lnti_metric_id)m);
    if (isinf(value[m])) {
      assert_int_equal(lnti_json_get(root, name)->type, LNTI_JSON_TYPE_NULL);
      continue;
    }
    assert_ok(lnti_json_get_real(&back, root, name, -1, ERR));
    assert_true(back == value[m]);
  }
  const lnti_json_value *pair = lnti_json_get(lnti_json_get(root, "ci95"), "accuracy");
  assert_int_equal(pair->first->type, LNTI_JSON_TYPE_NULL);
  assert_null(pair->first->next->next);
  lnti_arena_clear(&arena);
  lnti_text_clear(&text);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_exact_text),
      cmocka_unit_test(test_appended),
      cmocka_unit_test(test_reads_back),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
