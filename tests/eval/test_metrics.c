/* Names and help of the metrics, and the sort that the orders are made with. */
#include "eval_support.h"

#include <eval/scored.h>
#include <math/gemm.h> /* the two can stand in one file */
#include <string.h>

static void names_are_the_keys_others_rely_on(void **state) {
  static const char *const NAME[LNTI_METRICS] = {"accuracy", "balanced_accuracy", "macro_f1", "log_loss", "ece",
                                                 "auroc"};
  (void)state;
  for (size_t m = 0; m < LNTI_METRICS; m++) assert_string_equal(lnti_metric_name((lnti_metric_id)m), NAME[m]);
}

static void help_is_a_plain_sentence(void **state) {
  (void)state;
  for (size_t m = 0; m < LNTI_METRICS; m++) {
    const char *help = lnti_metric_help((lnti_metric_id)m);
    size_t length = strlen(help);
    assert_in_range(length, 20, 160);
    assert_int_equal(help[length - 1], '.');
  }
}

static void losses_are_better_when_lower(void **state) {
  (void)state;
  for (size_t m = 0; m < LNTI_METRICS; m++) {
    bool loss = m == LNTI_LOG_LOSS || m == LNTI_ECE;
    assert_int_equal(lnti_metric_lower_is_better((lnti_metric_id)m), loss);
  }
}

static void sort_is_right_and_stable(void **state) {
  enum { N = 5000 };
  static const uint32_t MASK[] = {0xffffffff, 0x3, 0xffe00000, 0};
  lnti_keyed *data = malloc(N * sizeof *data), *spare = malloc(N * sizeof *spare);
  lnti_rng rng;
  (void)state;
  assert_non_null(data);
  assert_non_null(spare);
  for (size_t round = 0; round < sizeof MASK / sizeof *MASK; round++) {
    size_t n = round == 3 ? 1 : N;
    lnti_rng_seed(&rng, 11, round);
    for (size_t i = 0; i < n; i++) {
      data[i] = (lnti_keyed){(uint32_t)lnti_rng_next(&rng) & MASK[round], (uint32_t)i};
    }
    lnti_keyed_sort(data, spare, n);
    for (size_t i = 1; i < n; i++) {
      assert_true(data[i - 1].key < data[i].key ||
                  (data[i - 1].key == data[i].key && data[i - 1].index < data[i].index));
    }
  }
  lnti_keyed_sort(data, spare, 0);
  free(spare);
  free(data);
}

/* Two items of two classes under weightings that leave metrics undefined. */
static void weightings_without_items_or_classes_are_undefined(void **state) {
  static const int32_t LABEL[] = {0, 1};
  uint32_t predicted[] = {0, 1}, count[3 * 2 * LNTI_WEIGHTINGS], order[] = {1, 0, 0, 1};
  float confidence[] = {0.75f, 0.5f};
  double loss[] = {0.25, 0.5}, value[LNTI_WEIGHTINGS][LNTI_METRICS];
  uint8_t bin[] = {11, 7};
  lnti_run run[] = {{1, 0, 1}, {1, 0, 1}};
  lnti_ranking ranking[] = {{0, 1, run, order}, {1, 1, run + 1, order + 2}};
  uint8_t weight[2 * LNTI_WEIGHTINGS] = {0, 1, 3};
  lnti_scored scored = {2, 2, LABEL, predicted, confidence, loss, bin, ranking, 2, order, run};
  (void)state;
  weight[LNTI_WEIGHTINGS + 2] = 1; /* the second item counts in the third weighting alone */
  lnti_metrics_weighted(value, NULL, &scored, weight, count);
  for (size_t m = 0; m < LNTI_METRICS; m++) assert_true(isnan(value[0][m]));
  assert_true(value[1][LNTI_ACCURACY] == 1 && value[1][LNTI_MACRO_F1] == 1);
  assert_true(value[1][LNTI_LOG_LOSS] == 0.25);
  assert_true(value[1][LNTI_ECE] == 0.25);
  assert_true(isnan(value[1][LNTI_AUROC]));
  assert_true(value[2][LNTI_AUROC] == 1);
  assert_true(value[2][LNTI_LOG_LOSS] == (3 * 0.25 + 0.5) / 4);
  assert_true(value[2][LNTI_ECE] == (3 * 0.25 + 0.5) / 4);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(names_are_the_keys_others_rely_on),
      cmocka_unit_test(help_is_a_plain_sentence),
      cmocka_unit_test(losses_are_better_when_lower),
      cmocka_unit_test(sort_is_right_and_stable),
      cmocka_unit_test(weightings_without_items_or_classes_are_undefined),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
