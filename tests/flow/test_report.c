/* What comes first in a report, and how its figures look. */
#include "report_support.h"

static void pairs_come_by_count_then_class(void **state) {
  uint64_t confusion[] = {9, 2, 5, /**/ 5, 9, 0, /**/ 0, 7, 9};
  lnti_evaluation e = {.n = 46, .k = 3, .confusion = confusion};
  lnti_report_pair pairs[6];
  (void)state;
  assert_int_equal(lnti_report_pairs(pairs, 6, &e), 4);
  assert_true(pairs[0].truth == 2 && pairs[0].predicted == 1 && pairs[0].n == 7);
  assert_true(pairs[1].truth == 0 && pairs[1].predicted == 2 && pairs[1].n == 5);
  assert_true(pairs[2].truth == 1 && pairs[2].predicted == 0 && pairs[2].n == 5);
  assert_true(pairs[3].truth == 0 && pairs[3].predicted == 1 && pairs[3].n == 2);
  assert_int_equal(lnti_report_pairs(pairs, 2, &e), 2);
  assert_true(pairs[0].n == 7 && pairs[1].truth == 0 && pairs[1].n == 5);
  assert_int_equal(lnti_report_pairs(pairs, 0, &e), 0);
}

static void no_pairs_where_all_is_right(void **state) {
  uint64_t confusion[] = {3, 0, 0, 4};
  lnti_evaluation e = {.n = 7, .k = 2, .confusion = confusion};
  lnti_report_pair pairs[4];
  (void)state;
  assert_int_equal(lnti_report_pairs(pairs, 4, &e), 0);
}

static void worst_class_comes_first_and_unseen_last(void **state) {
  enum { K = 7 };
  static const size_t WANT[K] = {5, 1, 3, 0, 6, 2, 4};
  const double f1[K] = {0.5, 0.25, NAN, 0.25, NAN, 0, 1};
  lnti_class_metrics classes[K];
  lnti_evaluation e = {.n = 1, .k = K, .classes = classes};
  size_t order[K];
  (void)state;
  for (size_t c = 0; c < K; c++) classes[c].f1 = f1[c];
  lnti_report_worst_first(order, &e);
  assert_memory_equal(order, WANT, sizeof order);
}

static void worst_first_sorts_any_number(void **state) {
  (void)state;
  for (size_t k = 1; k <= 40; k++) {
    lnti_class_metrics *classes = calloc(k, sizeof *classes);
    size_t *order = malloc(k * sizeof *order);
    lnti_evaluation e = {.n = 1, .k = k, .classes = classes};
    for (size_t c = 0; c < k; c++) classes[c].f1 = (double)(c * 7919 % 11) / 11;
    lnti_report_worst_first(order, &e);
    for (size_t i = 1; i < k; i++) {
      double before = classes[order[i - 1]].f1, after = classes[order[i]].f1;
      assert_true(before < after || (before == after && order[i - 1] < order[i]));
    }
    free(order);
    free(classes);
  }
}

static void figures_are_shown_as_is_customary(void **state) {
  const double ci95[] = {0.8664, 0.8801}, none[] = {NAN, 0.5};
  (void)state;
  assert_string_equal(lnti_report_count(0).text, "0");
  assert_string_equal(lnti_report_count(999).text, "999");
  assert_string_equal(lnti_report_count(70000).text, "70,000");
  assert_string_equal(lnti_report_count(UINT64_MAX).text, "18,446,744,073,709,551,615");
  assert_string_equal(lnti_report_percent(0.8736).text, "87.4\u00a0%");
  assert_string_equal(lnti_report_percent(NAN).text, "\u2013");
  assert_string_equal(lnti_report_metric(LNTI_ACCURACY, 1).text, "100.0\u00a0%");
  assert_string_equal(lnti_report_metric(LNTI_ECE, 0.0217).text, "2.2\u00a0%");
  assert_string_equal(lnti_report_metric(LNTI_LOG_LOSS, 0.5139).text, "0.514");
  assert_string_equal(lnti_report_metric(LNTI_AUROC, NAN).text, "\u2013");
  assert_string_equal(lnti_report_interval(LNTI_ACCURACY, ci95).text, "86.6 to 88.0\u00a0%");
  assert_string_equal(lnti_report_interval(LNTI_MACRO_F1, ci95).text, "0.866 to 0.880");
  assert_string_equal(lnti_report_interval(LNTI_MACRO_F1, none).text, "");
  for (size_t m = 0; m < LNTI_METRICS; m++) assert_true(strlen(lnti_report_metric_title((lnti_metric_id)m)) > 3);
}

static void groups_are_said_in_words(void **state) {
  (void)state;
  assert_string_equal(lnti_report_group_words("near"), "equal and nearly equal pictures");
  assert_non_null(strstr(lnti_report_group_words("sequence:name"), "last number alone"));
  assert_non_null(strstr(lnti_report_group_words("time:30"), "shortly after each other"));
  assert_null(lnti_report_group_words("nearby"));
  assert_null(lnti_report_group_words("patient"));
  assert_null(lnti_report_group_words("folder,patient"));
}

static void one_slice_is_nothing_to_compare(void **state) {
  lnti_report_slice room[4];
  char key[] = "site", value[] = "north";
  lnti_report_slices slices = sample_slices(room, key, value);
  lnti_text text = {NULL, 0, 0};
  (void)state;
  slices.n = 1;
  slices.gap.n_enough = 1;
  assert_ok(lnti_report_gap(&text, &slices, ERR));
  assert_string_equal(text.data, "Nothing to compare: all of these images have the same.");
  assert_string_equal(lnti_report_gap_verdict(&slices), "");
  text.length = 0;
  room[0].kind = LNTI_SLICE_NONE;
  assert_ok(lnti_report_gap(&text, &slices, ERR));
  assert_string_equal(text.data, "Nothing to compare: not one of these images has a value of it.");
  text.length = 0;
  slices.n = 4;
  room[0].figures.n_groups = room[1].figures.n_groups = 1;
  slices.gap.n_enough = 0;
  assert_ok(lnti_report_gap(&text, &slices, ERR));
  assert_non_null(strstr(text.data, "each of these is a single group"));
  lnti_text_clear(&text);
}

/* Rows that are too small to be compared may be better or worse than those that are called so. */
static void the_best_is_one_of_those_compared(void **state) {
  lnti_report_slice room[4];
  char key[] = "site", value[] = "north";
  lnti_report_slices slices = sample_slices(room, key, value);
  lnti_text text = {NULL, 0, 0};
  (void)state;
  slices.gap.n_enough = 2;
  for (size_t i = 0; i < 3; i++) room[i].kind = LNTI_SLICE_VALUE;
  slices.grouped = false;
  assert_ok(lnti_report_gap(&text, &slices, ERR));
  assert_non_null(strstr(text.data, "Of the 2 rows with at least 30 images (the others tell too little): best is "));
  text.length = 0;
  slices.grouped = true;
  assert_ok(lnti_report_gap(&text, &slices, ERR));
  assert_non_null(strstr(text.data, "30 images of at least 10 groups (the others"));
  lnti_text_clear(&text);
}

static void equal_slices_have_no_best(void **state) {
  lnti_report_slice room[4];
  char key[] = "site", value[] = "north";
  lnti_report_slices slices = sample_slices(room, key, value);
  lnti_text text = {NULL, 0, 0};
  (void)state;
  room[slices.gap.best].figures.value[0] = 0.875;
  slices.gap.difference = 0;
  slices.gap.ci95[0] = -0.1;
  assert_ok(lnti_report_gap(&text, &slices, ERR));
  assert_string_equal(text.data, "These are equally good (87.5\u00a0%).");
  assert_string_equal(lnti_report_gap_verdict(&slices),
                      "With other images of the same kind one of them may be better.");
  lnti_text_clear(&text);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_best_is_one_of_those_compared),
      cmocka_unit_test(equal_slices_have_no_best),
      cmocka_unit_test(groups_are_said_in_words),
      cmocka_unit_test(one_slice_is_nothing_to_compare),
      cmocka_unit_test(pairs_come_by_count_then_class),
      cmocka_unit_test(no_pairs_where_all_is_right),
      cmocka_unit_test(worst_class_comes_first_and_unseen_last),
      cmocka_unit_test(worst_first_sorts_any_number),
      cmocka_unit_test(figures_are_shown_as_is_customary),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
