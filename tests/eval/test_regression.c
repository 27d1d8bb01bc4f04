/* Answers that are numbers: against scikit-learn and SciPy, resamples written out, bins and edges. */
#include "eval_support.h"

#include <base/error.h>
#include <eval/regression.h>
#include <string.h>

typedef struct golden_case {
  const char *title;
  size_t n;
  const float *answer;
  const double *truth;
  double value[LNTI_R_METRICS + 1]; /* and the mean predictor's MAE */
} golden_case;

#include "../golden/eval_regression_golden.h"

static const lnti_context SERIAL = {NULL, LNT_CPU_GENERIC, NULL, NULL};
static const lnti_regression_options POINT = {{0, 0, NULL, 0}, NAN, {NAN, NAN}};

static lnti_regression_evaluation *evaluate(const float *answer, const double *truth, size_t n,
                                            const lnti_regression_options *options) {
  lnti_regression_evaluation *e = NULL;
  lnt_error err = LNT_ERROR_INIT;
  if (lnti_regression_evaluation_new(&e, answer, truth, n, options, &SERIAL, &err)) fail_msg("%s", err.message);
  return e;
}

static void equals_scikit_learn(void **state) {
  (void)state;
  for (size_t g = 0; g < sizeof GOLDEN / sizeof *GOLDEN; g++) {
    const golden_case *want = &GOLDEN[g];
    float *answer = heap_copy(want->answer, want->n * sizeof *answer);
    double *truth = heap_copy(want->truth, want->n * sizeof *truth);
    lnti_regression_evaluation *e = evaluate(answer, truth, want->n, &POINT);
    for (size_t m = 0; m < LNTI_R_METRICS; m++)
      assert_figure(e->value[m], want->value[m], want->title, lnti_regression_measures(e).measure[m].name);
    assert_figure(e->mean_mae, want->value[LNTI_R_METRICS], want->title, "the mean predictor's MAE");
    size_t n = 0;
    for (size_t b = 0; b < e->n_bins; b++) {
      assert_true(e->bin[b].low <= e->bin[b].high && (b == 0 || e->bin[b - 1].high < e->bin[b].low));
      assert_true(e->bin[b].p10 <= e->bin[b].median && e->bin[b].median <= e->bin[b].p90);
      n += e->bin[b].n;
    }
    assert_int_equal(n, want->n);
    assert_in_range(e->n_bins, 1, LNTI_RESIDUAL_BINS);
    assert_true(isnan(e->interval_coverage));
    lnti_regression_evaluation_free(e);
    free(truth);
    free(answer);
  }
}

/* The resamples of "ties, an odd number" have items several times over, and so more ties. */
static void resamples_are_those_written_out(void **state) {
  enum { R = 30, N = 51 };
  const golden_case *g = &GOLDEN[4];
  static size_t rows[N * N];
  static uint32_t group[N];
  float answer[3 * N];
  double truth[3 * N];
  (void)state;
  assert_int_equal(g->n, N);
  for (uint32_t i = 0; i < N; i++) group[i] = i / 2;
  for (int grouped = 0; grouped < 2; grouped++) {
    const lnti_regression_options options = {{R, 9, grouped ? group : NULL, 0}, 2, {NAN, NAN}};
    lnti_regression_evaluation *e = evaluate(g->answer, g->truth, N, &options);
    for (size_t r = 0; r < R; r++) {
      size_t n = plain_resample(rows, options.resample.group, N, 9, r);
      double gain = 0;
      for (size_t i = 0; i < n; i++) {
        answer[i] = g->answer[rows[i]];
        truth[i] = g->truth[rows[i]];
        gain += (fabs(truth[i] - 2) - fabs((double)answer[i] - truth[i])) / (double)n;
      }
      lnti_regression_evaluation *plain = evaluate(answer, truth, n, &POINT);
      for (size_t m = 0; m < LNTI_R_METRICS; m++)
        assert_near(e->resample[m * R + r], plain->value[m], 1e-12, "resample",
                    lnti_regression_measures(e).measure[m].name);
      assert_near(e->resample[LNTI_R_METRICS * R + r], gain, 1e-12, "resample", "gain over the mean");
      lnti_regression_evaluation_free(plain);
    }
    lnti_regression_evaluation_free(e);
  }
}

static void training_mean_and_interval_are_used(void **state) {
  static const float ANSWER[] = {1, 2, 3, 4};
  static const double TRUTH[] = {1, 2.5, 2, 8};
  const lnti_regression_options options = {{100, 1, NULL, 0}, 0, {-1, 0.5}};
  (void)state;
  lnti_regression_evaluation *e = evaluate(ANSWER, TRUTH, 4, &options);
  assert_near(e->mean_mae, 13.5 / 4, 1e-12, "by hand", "mean predictor");
  assert_near(e->mean_rmse, sqrt((1 + 6.25 + 4 + 64) / 4), 1e-12, "by hand", "its RMSE");
  assert_near(e->interval_coverage, 0.75, 0, "by hand", "coverage");
  assert_true(e->mae_gain_ci95[0] <= e->mae_gain_ci95[1] && e->mae_gain_ci95[1] > 0);
  assert_true(e->truth_min == 1 && e->truth_max == 8 && e->predicted_min == 1 && e->predicted_max == 4);
  lnti_regression_evaluation_free(e);
}

/* Six of ten truths are 0: they are one bin, and the others are spread over the bins that are left. */
static void equal_truths_are_one_bin(void **state) {
  float answer[20];
  double truth[20];
  (void)state;
  for (size_t i = 0; i < 20; i++) {
    truth[i] = i < 12 ? 0 : (double)i;
    answer[i] = (float)truth[i] + (i % 2 ? 1.0F : -1.0F);
  }
  lnti_regression_evaluation *e = evaluate(answer, truth, 20, &POINT);
  assert_int_equal(e->n_bins, 9);
  assert_true(e->bin[0].n == 12 && e->bin[0].low == 0 && e->bin[0].high == 0 && e->bin[0].mean == 0 &&
              e->bin[0].mae == 1);
  for (size_t b = 1; b < 9; b++) assert_true(e->bin[b].n == 1 && e->bin[b].low == (double)(b + 11));
  lnti_regression_evaluation_free(e);
}

static void bad_input_is_named(void **state) {
  static const float BAD[][2] = {{1, NAN}, {1, INFINITY}, {1, -INFINITY}}, OK[] = {1, 2};
  static const double TRUTH[] = {1, 2}, ODD[][2] = {{NAN, 1}, {1, INFINITY}, {1, -1e200}};
  lnti_regression_evaluation *e = NULL;
  lnt_error err = LNT_ERROR_INIT;
  (void)state;
  for (size_t i = 0; i < 3; i++) {
    assert_int_equal(lnti_regression_evaluation_new(&e, BAD[i], TRUTH, 2, &POINT, &SERIAL, &err), LNT_EDATA);
    assert_non_null(strstr(err.message, "row 1"));
    assert_int_equal(lnti_regression_evaluation_new(&e, OK, ODD[i], 2, &POINT, &SERIAL, &err), LNT_EDATA);
  }
  assert_int_equal(lnti_regression_evaluation_new(&e, OK, TRUTH, 0, &POINT, &SERIAL, &err), LNT_EINVAL);
  assert_null(e);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(equals_scikit_learn),
                                     cmocka_unit_test(resamples_are_those_written_out),
                                     cmocka_unit_test(training_mean_and_interval_are_used),
                                     cmocka_unit_test(bad_input_is_named), cmocka_unit_test(equal_truths_are_one_bin)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
