/*
 * Costs against counts by hand.
 */
#include "support.h"

#include <flow/evaluate/costs.h>
#include <math.h>
#include <string.h>

static void two_numbers_with_a_colon(void **state) {
  static const char *const BAD[] = {"", "10", "10:", ":1", "-1:2", "1:nan", "0:0", "1:2:3", " 1:2", "1e10:1", "a:b"};
  double miss = 0, false_alarm = 0;
  (void)state;
  assert_ok(lnti_costs_parse(&miss, &false_alarm, "10:0.5", ERR));
  assert_true(miss == 10 && false_alarm == 0.5);
  for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++)
    assert_status(lnti_costs_parse(&miss, &false_alarm, BAD[i], ERR), LNT_EINVAL);
  assert_message("such as 10:1");
}

static void what_is_no_yes_or_no_has_none(void **state) {
  (void)state;
  assert_ok(lnti_costs_check(LNTI_MULTILABEL, 7, ERR));
  assert_ok(lnti_costs_check(LNTI_MULTICLASS, 2, ERR));
  assert_status(lnti_costs_check(LNTI_MULTICLASS, 3, ERR), LNT_EINVAL);
  assert_message("3 classes");
  assert_status(lnti_costs_check(LNTI_REGRESSION, 1, ERR), LNT_EINVAL);
}

/* Yes at 0.9, 0.4 and 0.2, no at 0.3 and 0.05: a miss costs 9, a false alarm 1. */
static void two_classes_have_the_cost_of_the_second(void **state) {
  static const float PROB[] = {0.1F, 0.9F, 0.6F, 0.4F, 0.8F, 0.2F, 0.7F, 0.3F, 0.95F, 0.05F};
  int32_t label[] = {1, 1, 1, 0, 0};
  const lnti_truth truth = {LNTI_MULTICLASS, 5, 2, label, NULL, NULL};
  lnti_report_costs costs = {9, 1, NULL, 0};
  lnti_text words = {NULL, 0, 0};
  (void)state;
  assert_ok(lnti_costs_find(&costs, &truth, PROB, NULL, ERR));
  assert_int_equal(costs.n, 1);
  const lnti_report_cost *row = &costs.rows[0];
  assert_true(row->class == 1 && row->in_use.n == 5);
  assert_true(row->in_use.threshold == 0.5 && row->in_use.misses == 2 && row->in_use.false_alarms == 0);
  assert_true(fabs(row->in_use.cost - 18.0 / 5) < 1e-12);
  assert_true(fabs(row->asked.threshold - 0.1) < 1e-12); /* 1 / (1 + 9) */
  assert_true(row->asked.misses == 0 && row->asked.false_alarms == 1 && fabs(row->asked.cost - 0.2) < 1e-12);
  assert_true(fabs(row->best.cost - 0.2) < 1e-12);
  assert_ok(lnti_report_cost_words(&words, &costs, ERR));
  assert_non_null(strstr(words.data, "costs 3.6 on average"));
  assert_non_null(strstr(words.data, "would cost 0.2 then, which is cheaper."));
  lnti_text_clear(&words);
  lnti_costs_clear(&costs);
}

/* Labels by their own thresholds; what is unknown costs nothing, and a label of which nothing is known has no row. */
static void labels_have_a_row_each(void **state) {
  static const float PROB[] = {0.9F, 0.5F, 0.6F, 0.2F, 0.5F, 0.1F}, THRESHOLD[] = {0.7F, 0.5F, 0.3F};
  int8_t yes[] = {1, -1, 0, 1, -1, 1};
  const lnti_truth truth = {LNTI_MULTILABEL, 2, 3, NULL, yes, NULL};
  lnti_report_costs costs = {2, 1, NULL, 0};
  (void)state;
  assert_ok(lnti_costs_find(&costs, &truth, PROB, THRESHOLD, ERR));
  assert_int_equal(costs.n, 2);
  assert_true(costs.rows[0].class == 0 && costs.rows[1].class == 2);
  assert_true(costs.rows[0].in_use.misses == 1 && costs.rows[0].in_use.false_alarms == 0); /* 0.2 of a yes */
  assert_true(costs.rows[0].in_use.cost == 1);
  assert_true(costs.rows[1].in_use.misses == 1 && costs.rows[1].in_use.false_alarms == 1);
  assert_true(costs.rows[1].in_use.cost == 1.5);
  lnti_costs_clear(&costs);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(two_numbers_with_a_colon),
      cmocka_unit_test(what_is_no_yes_or_no_has_none),
      cmocka_unit_test(two_classes_have_the_cost_of_the_second),
      cmocka_unit_test(labels_have_a_row_each),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
