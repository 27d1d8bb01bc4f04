/*
 * The fast bootstrap against a plain one: resamples drawn from the same streams, but copied out item by item and
 * evaluated from scratch. And: the same intervals on any number of threads, groups, few items, faults.
 */
#include "eval_support.h"
#include "support.h"

#include <string.h>

static const lnti_context SERIAL = {NULL, LNT_CPU_GENERIC, NULL, NULL};

static int compare_doubles(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static lnti_evaluation *evaluate(const float *prob, const int32_t *label, size_t n, size_t k,
                                 const lnti_evaluate_options *options, const lnti_context *context) {
  lnti_evaluation *e = NULL;
  lnt_error err = LNT_ERROR_INIT;
  if (lnti_evaluation_new(&e, prob, label, n, k, options, context, &err) != LNT_OK) fail_msg("%s", err.message);
  return e;
}

/* The q-quantile with linear interpolation, from its definition. */
static double plain_quantile(const double *sorted, size_t n, double q) {
  double at = q * (double)(n - 1), below = floor(at), part = at - below;
  size_t i = (size_t)below;
  return part > 0 ? sorted[i] * (1 - part) + sorted[i + 1] * part : sorted[i];
}

/* Numbers the distinct groups in rising order; returns how many there are. */
static size_t plain_groups(size_t *of, const uint32_t *group, size_t n) {
  size_t n_groups = 0;
  for (size_t i = 0; i < n; i++) {
    size_t smaller = 0;
    for (size_t j = 0; j < n; j++) {
      bool first = true;
      for (size_t l = 0; l < j; l++) first = first && group[l] != group[j];
      smaller += first && group[j] < group[i];
    }
    of[i] = smaller;
    if (smaller + 1 > n_groups) n_groups = smaller + 1;
  }
  return n_groups;
}

/* Of what resampling distorts: moved back by mean - estimate, within [0,1], reaching to the estimate. */
static void plain_shift(double ci95[2], const double *value, size_t n, double estimate) {
  double mean = 0;
  for (size_t i = 0; i < n; i++) mean += value[i] / (double)n;
  for (int end = 0; end < 2; end++) {
    ci95[end] -= mean - estimate;
    if (ci95[end] < 0) ci95[end] = 0;
    if (ci95[end] > 1) ci95[end] = 1;
  }
  if (ci95[0] > estimate) ci95[0] = estimate;
  if (ci95[1] < estimate) ci95[1] = estimate;
}

static void plain_bootstrap(double ci95[LNTI_METRICS][2], const float *prob, const int32_t *label, size_t n, size_t k,
                            const lnti_evaluate_options *options) {
  static const lnti_evaluate_options POINT = {0, 0, NULL, 0};
  size_t *of = malloc(n * sizeof *of), n_groups = n, capacity = n * n, defined[LNTI_METRICS] = {0};
  double *value = malloc((size_t)LNTI_METRICS * options->resamples * sizeof *value);
  float *copy = malloc(capacity * k * sizeof *copy);
  int32_t *copy_label = malloc(capacity * sizeof *copy_label);
  for (size_t i = 0; i < n; i++) of[i] = i;
  if (options->group != NULL) n_groups = plain_groups(of, options->group, n);
  for (size_t r = 0; r < options->resamples; r++) {
    lnti_rng rng;
    size_t rows = 0;
    lnti_rng_seed(&rng, options->seed, r);
    for (size_t draw = 0; draw < n_groups; draw++) {
      size_t g = (size_t)lnti_rng_below(&rng, n_groups);
      for (size_t i = 0; i < n; i++) {
        if (of[i] != g) continue;
        memcpy(copy + rows * k, prob + i * k, k * sizeof *copy);
        copy_label[rows++] = label[i];
      }
    }
    lnti_evaluation *e = evaluate(copy, copy_label, rows, k, &POINT, &SERIAL);
    for (size_t m = 0; m < LNTI_METRICS; m++) {
      if (!isnan(e->value[m])) value[m * options->resamples + defined[m]++] = e->value[m];
    }
    lnti_evaluation_free(e);
  }
  for (size_t m = 0; m < LNTI_METRICS; m++) {
    double *sorted = value + m * options->resamples;
    qsort(sorted, defined[m], sizeof *sorted, compare_doubles);
    ci95[m][0] = defined[m] > 0 ? plain_quantile(sorted, defined[m], 0.025) : NAN;
    ci95[m][1] = defined[m] > 0 ? plain_quantile(sorted, defined[m], 0.975) : NAN;
  }
  lnti_evaluation *e = evaluate(prob, label, n, k, &POINT, &SERIAL);
  static const lnti_metric_id BIASED[] = {LNTI_ECE, LNTI_MACRO_F1, LNTI_BALANCED_ACCURACY, LNTI_AUROC};
  for (size_t i = 0; i < sizeof BIASED / sizeof *BIASED; i++) {
    size_t m = (size_t)BIASED[i];
    if (defined[m] > 0) plain_shift(ci95[m], value + m * options->resamples, defined[m], e->value[m]);
  }
  lnti_evaluation_free(e);
  free(copy_label);
  free(copy);
  free(value);
  free(of);
}

static void check_against_plain(uint64_t seed, size_t n, size_t k, unsigned resamples, unsigned steps, bool grouped) {
  lnti_rng rng;
  double want[LNTI_METRICS][2];
  char title[96];
  float *prob = malloc(n * k * sizeof *prob);
  int32_t *label = malloc(n * sizeof *label);
  uint32_t *group = malloc(n * sizeof *group);
  lnti_rng_seed(&rng, seed, 99);
  random_set(prob, label, n, k, steps, &rng);
  for (size_t i = 0; i < n; i++) group[i] = UINT32_C(4000000000) - 1000 * (uint32_t)lnti_rng_below(&rng, n / 3 + 1);
  lnti_evaluate_options options = {resamples, seed, grouped ? group : NULL, 0};
  plain_bootstrap(want, prob, label, n, k, &options);
  lnti_evaluation *e = evaluate(prob, label, n, k, &options, &SERIAL);
  (void)snprintf(title, sizeof title, "seed %d, n %zu, k %zu, %u resamples", (int)seed, n, k, resamples);
  for (size_t m = 0; m < LNTI_METRICS; m++) {
    assert_near(e->ci95[m][0], want[m][0], 1e-11, title, lnti_metric_name((lnti_metric_id)m));
    assert_near(e->ci95[m][1], want[m][1], 1e-11, title, lnti_metric_name((lnti_metric_id)m));
  }
  lnti_evaluation_free(e);
  free(group);
  free(label);
  free(prob);
}

static void equals_the_plain_bootstrap(void **state) {
  static const unsigned RESAMPLES[] = {1, 7, 8, 9, 50};
  (void)state;
  for (uint64_t seed = 1; seed <= 20; seed++) {
    size_t n = 2 + (size_t)seed * 2, k = 1 + seed % 5;
    check_against_plain(seed, n, k, RESAMPLES[seed % 5], seed % 3 == 0 ? 2 : 0, seed % 2 == 0);
  }
}

static void same_on_any_number_of_threads(void **state) {
  enum { N = 5000, K = 5 };
  float *prob = malloc((size_t)N * K * sizeof *prob);
  int32_t *label = malloc(N * sizeof *label);
  lnti_rng rng;
  lnti_evaluation *first = NULL;
  lnti_evaluate_options options = LNTI_EVALUATE_OPTIONS_INIT;
  (void)state;
  options.resamples = 100;
  options.seed = 3;
  lnti_rng_seed(&rng, 5, 0);
  random_set(prob, label, N, K, 0, &rng);
  for (unsigned threads = 1; threads <= 3; threads++) {
    lnti_context context = SERIAL;
    lnti_pool *pool = NULL;
    assert_int_equal(lnti_pool_new(&pool, threads, NULL), LNT_OK);
    context.pool = pool;
    lnti_evaluation *e = evaluate(prob, label, N, K, &options, &context);
    if (first == NULL) first = e;
    assert_memory_equal(e->value, first->value, sizeof e->value);
    assert_memory_equal(e->ci95, first->ci95, sizeof e->ci95);
    assert_memory_equal(e->bin, first->bin, sizeof e->bin);
    assert_memory_equal(e->classes, first->classes, K * sizeof *e->classes);
    assert_memory_equal(e->confusion, first->confusion, (size_t)K * K * sizeof *e->confusion);
    if (e != first) lnti_evaluation_free(e);
    lnti_pool_free(pool);
  }
  for (size_t m = 0; m < LNTI_METRICS; m++) {
    assert_true(first->ci95[m][0] < first->ci95[m][1]);
    assert_true(first->ci95[m][0] < first->value[m] && first->value[m] < first->ci95[m][1]);
  }
  lnti_evaluation_free(first);
  free(label);
  free(prob);
}

/* A class of 100 that is known, and 30 classes of one item each that never are: of those a resample lacks a third, so that
 * every mean over the classes that it drew is above that of all. */
static void holds_the_value_with_tiny_classes(void **state) {
  enum { LARGE = 100, TINY = 30, N = LARGE + TINY, K = 1 + TINY };
  float prob[N * K] = {0};
  int32_t label[N] = {0};
  lnti_evaluate_options options = LNTI_EVALUATE_OPTIONS_INIT;
  (void)state;
  for (size_t i = 0; i < N; i++) {
    label[i] = i < LARGE ? 0 : (int32_t)(i - LARGE + 1);
    prob[i * K] = 0.9F;
    prob[i * K + 1 + i % TINY] = 0.1F;
  }
  for (size_t i = 0; i < 3; i++) { /* of the tiny ones these would be known by their order */
    prob[(LARGE + i) * K] = 0.5F;
    prob[(LARGE + i) * K + 1 + (LARGE + i) % TINY] = 0;
    prob[(LARGE + i) * K + 1 + i] += 0.5F;
  }
  lnti_evaluation *e = evaluate(prob, label, N, K, &options, &SERIAL);
  for (size_t m = 0; m < LNTI_METRICS; m++) {
    if (!(e->ci95[m][0] <= e->value[m] && e->value[m] <= e->ci95[m][1]))
      fail_msg("%s: %g is not in %g to %g", lnti_metric_name((lnti_metric_id)m), e->value[m], e->ci95[m][0],
               e->ci95[m][1]);
  }
  /* Not just at its edge: the interval lies around it. */
  double value = e->value[LNTI_BALANCED_ACCURACY], *ci95 = e->ci95[LNTI_BALANCED_ACCURACY];
  assert_true(ci95[0] < value && value < ci95[1]);
  lnti_evaluation_free(e);
}

/* The interval of a share is near its normal approximation, p +- 1.96 sqrt(p (1-p) / n). */
static void width_is_that_of_a_binomial_share(void **state) {
  enum { N = 2000 };
  float *prob = malloc((size_t)N * 2 * sizeof *prob);
  int32_t *label = malloc(N * sizeof *label);
  lnti_evaluate_options options = LNTI_EVALUATE_OPTIONS_INIT;
  double half = 1.96 * sqrt(0.8 * 0.2 / N);
  (void)state;
  for (size_t i = 0; i < N; i++) {
    prob[2 * i] = 0.75f;
    prob[2 * i + 1] = 0.25f;
    label[i] = i % 5 == 0;
  }
  lnti_evaluation *e = evaluate(prob, label, N, 2, &options, &SERIAL);
  assert_near(e->ci95[LNTI_ACCURACY][0], 0.8 - half, 0.15 * half, "binomial", "low end");
  assert_near(e->ci95[LNTI_ACCURACY][1], 0.8 + half, 0.15 * half, "binomial", "high end");
  lnti_evaluation_free(e);
  free(label);
  free(prob);
}

/* One confidence, 0.75, and as many hits: the error is exactly 0, but every resample's is above it by some
 * E|p - 0.75| = sqrt(2/pi) sqrt(0.75 * 0.25 / n) = 0.0155. Percentiles alone would leave the estimate out. */
static void the_calibration_error_of_a_calibrated_model_is_in_its_interval(void **state) {
  enum { N = 500 };
  float *prob = malloc((size_t)N * 2 * sizeof *prob);
  int32_t *label = malloc(N * sizeof *label);
  lnti_evaluate_options options = LNTI_EVALUATE_OPTIONS_INIT;
  (void)state;
  for (size_t i = 0; i < N; i++) {
    prob[2 * i] = 0.75f;
    prob[2 * i + 1] = 0.25f;
    label[i] = i % 4 == 0;
  }
  lnti_evaluation *e = evaluate(prob, label, N, 2, &options, &SERIAL);
  assert_near(e->value[LNTI_ECE], 0, 1e-12, "calibrated", "value");
  assert_true(e->ci95[LNTI_ECE][0] == 0);
  /* 97.5 % of |normal| is 2.24 deviations, its mean 0.80: 1.44 * 0.0194. */
  assert_near(e->ci95[LNTI_ECE][1], 1.44 * 0.0194, 0.004, "calibrated", "high end");
  lnti_evaluation_free(e);
  free(label);
  free(prob);
}

static void check_holds_estimate(lnti_rng *rng, void *payload) {
  size_t n = 1 + (size_t)lnti_rng_below(rng, 60), k = 2 + (size_t)lnti_rng_below(rng, 4);
  float *prob = malloc(n * k * sizeof *prob);
  int32_t *label = malloc(n * sizeof *label);
  lnti_evaluate_options options = {20, lnti_rng_next(rng), NULL, 0};
  (void)payload;
  random_set(prob, label, n, k, lnti_rng_below(rng, 2) ? 3 : 0, rng);
  lnti_evaluation *e = evaluate(prob, label, n, k, &options, &SERIAL);
  double low = e->ci95[LNTI_ECE][0], high = e->ci95[LNTI_ECE][1];
  assert_true(0 <= low && low <= e->value[LNTI_ECE] && e->value[LNTI_ECE] <= high && high <= 1);
  lnti_evaluation_free(e);
  free(label);
  free(prob);
}

static void every_calibration_error_is_in_its_interval(void **state) {
  (void)state;
  lnti_test_property("the interval of the calibration error", 200, check_holds_estimate, NULL);
}

/* Each item ten times over, as ten frames of one thing: grouping must give back the wide interval of 200 items. */
static void groups_widen_the_interval(void **state) {
  enum { N = 2000, FRAMES = 10 };
  float *prob = malloc((size_t)N * 2 * sizeof *prob);
  int32_t *label = malloc(N * sizeof *label);
  uint32_t *group = malloc(N * sizeof *group);
  lnti_evaluate_options options = LNTI_EVALUATE_OPTIONS_INIT;
  (void)state;
  for (size_t i = 0; i < N; i++) {
    prob[2 * i] = 0.75f;
    prob[2 * i + 1] = 0.25f;
    group[i] = (uint32_t)(i / FRAMES);
    label[i] = group[i] % 5 == 0;
  }
  lnti_evaluation *alone = evaluate(prob, label, N, 2, &options, &SERIAL);
  options.group = group;
  lnti_evaluation *together = evaluate(prob, label, N, 2, &options, &SERIAL);
  double narrow = alone->ci95[LNTI_ACCURACY][1] - alone->ci95[LNTI_ACCURACY][0];
  double wide = together->ci95[LNTI_ACCURACY][1] - together->ci95[LNTI_ACCURACY][0];
  assert_near(wide / narrow, sqrt(FRAMES), 0.4, "groups", "ratio of widths");
  assert_true(alone->value[LNTI_ACCURACY] == together->value[LNTI_ACCURACY]);
  lnti_evaluation_free(together);
  lnti_evaluation_free(alone);
  free(group);
  free(label);
  free(prob);
}

static void one_item_has_an_interval_of_no_width(void **state) {
  static const float PROB[] = {0.75f, 0.25f};
  static const int32_t LABEL[] = {0};
  lnti_evaluate_options options = {20, 1, NULL, 0};
  lnti_evaluation *e = evaluate(PROB, LABEL, 1, 2, &options, &SERIAL);
  (void)state;
  assert_true(e->ci95[LNTI_ACCURACY][0] == 1 && e->ci95[LNTI_ACCURACY][1] == 1);
  assert_true(isnan(e->ci95[LNTI_AUROC][0]) && isnan(e->ci95[LNTI_AUROC][1]));
  lnti_evaluation_free(e);
}

/* False where a sanitizer or the lack of optimisation makes timing pointless. */
static bool fast_build(void) {
#if !defined(__OPTIMIZE__) || defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  return false;
#elif defined(__has_feature)
#  if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
  return false;
#  else
  return true;
#  endif
#else
  return true;
#endif
}

/* 1e5 items, 10 classes, 1,000 resamples: printed, and far from what a slow path would take. */
static void big_set_is_fast(void **state) {
  enum { N = 100000, K = 10 };
  float *prob = malloc((size_t)N * K * sizeof *prob);
  int32_t *label = malloc(N * sizeof *label);
  lnti_rng rng;
  lnti_evaluate_options options = LNTI_EVALUATE_OPTIONS_INIT;
  (void)state;
  if (!fast_build()) options.resamples = 20;
  lnti_rng_seed(&rng, 12, 0);
  random_set(prob, label, N, K, 0, &rng);
  double begin = lnti_cpu_seconds();
  lnti_evaluation *e = evaluate(prob, label, N, K, &options, &SERIAL);
  print_message("%d items, %d classes, %u resamples: %.2f CPU s\n", N, K, options.resamples,
                lnti_cpu_seconds() - begin);
  assert_true(lnti_cpu_seconds() - begin < 20);
  assert_true(e->ci95[LNTI_AUROC][0] < e->value[LNTI_AUROC] && e->value[LNTI_AUROC] < e->ci95[LNTI_AUROC][1]);
  lnti_evaluation_free(e);
  free(label);
  free(prob);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(equals_the_plain_bootstrap),
      cmocka_unit_test(same_on_any_number_of_threads),
      cmocka_unit_test(holds_the_value_with_tiny_classes),
      cmocka_unit_test(width_is_that_of_a_binomial_share),
      cmocka_unit_test(groups_widen_the_interval),
      cmocka_unit_test(the_calibration_error_of_a_calibrated_model_is_in_its_interval),
      cmocka_unit_test(every_calibration_error_is_in_its_interval),
      cmocka_unit_test(one_item_has_an_interval_of_no_width),
      cmocka_unit_test(big_set_is_fast),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
