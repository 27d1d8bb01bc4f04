/* Temperature scaling against SciPy's root finder, at its ends, and with scores that are wrong or infinite. */
#include "eval_support.h"

#include <eval/reliability.h>
#include <string.h>

typedef struct golden_temperature {
  size_t n, k;
  const float *score;
  const int32_t *label;
  double temperature;
} golden_temperature;

#include "../golden/eval_temperature_golden.h"

static const lnti_context SERIAL = {NULL, LNT_CPU_GENERIC, NULL, NULL};

static double fit(const float *score, const int32_t *label, size_t n, size_t k) {
  double t = NAN;
  lnt_error err = LNT_ERROR_INIT;
  float *own = heap_copy(score, n * k * sizeof *score);
  if (lnti_temperature_fit(&t, own, label, n, k, &SERIAL, &err) != LNT_OK) fail_msg("%s", err.message);
  free(own);
  return t;
}

static void equals_scipy(void **state) {
  (void)state;
  for (size_t g = 0; g < sizeof GOLDEN_TEMPERATURE / sizeof *GOLDEN_TEMPERATURE; g++) {
    const golden_temperature *want = &GOLDEN_TEMPERATURE[g];
    double t = fit(want->score, want->label, want->n, want->k);
    assert_near(t, want->temperature, 1e-9 * want->temperature, "golden", "temperature");
  }
}

/* Right in 3 of 4 with log odds 2 each time: the best log odds are ln 3, so T = 2 / ln 3. */
static void four_items_by_hand(void **state) {
  static const float SCORE[] = {2, 0, 2, 0, 0, 2, 2, 0};
  static const int32_t LABEL[] = {0, 0, 1, 1};
  (void)state;
  assert_near(fit(SCORE, LABEL, 4, 2), 2 / log(3), 1e-12, "hand", "temperature");
}

static void stops_at_the_ends(void **state) {
  static const float SCORE[] = {1, 0, 0, 1};
  static const int32_t RIGHT[] = {0, 1}, WRONG[] = {1, 0};
  (void)state;
  assert_near(fit(SCORE, RIGHT, 2, 2), 0.05, 1e-15, "always right", "temperature");
  assert_near(fit(SCORE, WRONG, 2, 2), 20, 1e-12, "always wrong", "temperature");
}

static void is_one_where_the_data_cannot_say(void **state) {
  static const float FLAT[] = {0.5f, 0.5f, 0.5f, 0, -INFINITY, -INFINITY};
  static const int32_t LABEL[] = {1, 1}, ZERO[] = {0, 0};
  (void)state;
  assert_near(fit(FLAT, LABEL, 1, 3), 1, 0, "flat", "temperature");
  assert_near(fit(FLAT, ZERO, 2, 1), 1, 0, "one class", "temperature");
  assert_near(fit(FLAT, LABEL, 2, 3), 1, 0, "true class impossible", "temperature");
}

static void minus_infinity_is_a_class_left_out(void **state) {
  static const float SCORE[] = {2, 0, -INFINITY, 2, 0, -INFINITY, 0, 2, -INFINITY, 2, 0, -INFINITY, 1, 0, -INFINITY};
  static const int32_t LABEL[] = {0, 0, 1, 1, 2}; /* the last row has no say */
  (void)state;
  assert_near(fit(SCORE, LABEL, 5, 3), 2 / log(3), 1e-12, "-inf", "temperature");
}

static void huge_scores_stay_finite(void **state) {
  static const float SCORE[] = {3e38f, -3e38f, -3e38f, 3e38f, 3e38f, -3e38f};
  static const int32_t LABEL[] = {0, 1, 1};
  float prob[6];
  (void)state;
  assert_near(fit(SCORE, LABEL, 3, 2), 20, 1e-12, "huge", "temperature");
  lnti_temperature_apply(prob, SCORE, 3, 2, 20);
  assert_true(prob[0] == 1 && prob[1] == 0);
}

static lnt_status fit_status(const float *score, const int32_t *label, size_t n, size_t k, lnt_error *err) {
  double t = 7;
  lnt_status status = lnti_temperature_fit(&t, score, label, n, k, &SERIAL, err);
  assert_true(t == 7); /* untouched */
  assert_int_equal(err->code, status);
  return status;
}

static void wrong_input_is_refused_with_its_place(void **state) {
  static const float FINE[] = {0, 1}, NAN_ROW[] = {0, 1, NAN, 0}, INF_ROW[] = {0, INFINITY};
  static const float NEVER[] = {-INFINITY, -INFINITY};
  static const int32_t ZERO[] = {0, 0}, TWO[] = {2}, MINUS[] = {-1};
  lnt_error err = LNT_ERROR_INIT;
  (void)state;
  assert_int_equal(fit_status(FINE, ZERO, 0, 2, &err), LNT_EINVAL);
  assert_int_equal(fit_status(FINE, ZERO, 1, 0, &err), LNT_EINVAL);
  assert_int_equal(fit_status(FINE, TWO, 1, 2, &err), LNT_EDATA);
  assert_int_equal(fit_status(FINE, MINUS, 1, 2, &err), LNT_EDATA);
  assert_int_equal(fit_status(NAN_ROW, ZERO, 2, 2, &err), LNT_EDATA);
  assert_non_null(strstr(err.message, "row 1, class 0"));
  assert_int_equal(fit_status(INF_ROW, ZERO, 1, 2, &err), LNT_EDATA);
  assert_int_equal(fit_status(NEVER, ZERO, 1, 2, &err), LNT_EDATA);
}

static void cancelled_fit_gives_nothing(void **state) {
  static const float SCORE[] = {0, 1};
  static const int32_t LABEL[] = {0};
  lnti_cancel cancel = {0};
  lnti_context context = SERIAL;
  double t = 7;
  (void)state;
  lnti_cancel_request(&cancel);
  context.cancel = &cancel;
  assert_int_equal(lnti_temperature_fit(&t, SCORE, LABEL, 1, 2, &context, NULL), LNT_ECANCELLED);
  assert_true(t == 7);
}

/* Four answers in two bins: |2 * 0.5 - 2| and |2 * 0.9 - 1| of 4. */
static void error_of_answers_by_hand(void **state) {
  static const float P[] = {0.5f, 0.5f, 0.9f, 0.9f};
  static const bool RIGHT[] = {true, true, false, true};
  (void)state;
  assert_near(lnti_reliability_error(P, RIGHT, 4), (1 + 0.8) / 4, 1e-7, "hand", "error");
  assert_true(isnan(lnti_reliability_error(P, RIGHT, 0)));
}

/* All in one bin: the error is |Binomial(n, p) / n - p|, of mean sqrt(2 p (1 - p) / (pi n)) and 95 % point 1.96 deviations. */
static void chance_alone_makes_an_error(void **state) {
  enum { N = 900 };
  float p[N];
  double mean, high, again[2], deviation = sqrt(0.5 * 0.5 / N);
  (void)state;
  for (size_t i = 0; i < N; i++) p[i] = 0.5f;
  assert_int_equal(lnti_reliability_by_chance(&mean, &high, p, N, 7, NULL, NULL), LNT_OK);
  assert_near(mean, deviation * sqrt(2 / acos(-1)), 0.1 * mean, "binomial", "mean");
  assert_near(high, 1.96 * deviation, 0.1 * high, "binomial", "95 %");
  assert_int_equal(lnti_reliability_by_chance(&again[0], &again[1], p, N, 7, NULL, NULL), LNT_OK);
  assert_true(again[0] == mean && again[1] == high);
  for (size_t i = 0; i < N; i++) p[i] = i % 2 ? 1 : 0; /* sure and right: no chance in it */
  assert_int_equal(lnti_reliability_by_chance(&mean, &high, p, N, 7, NULL, NULL), LNT_OK);
  assert_true(mean == 0 && high == 0);
  assert_int_equal(lnti_reliability_by_chance(&mean, &high, p, 0, 7, NULL, NULL), LNT_OK);
  assert_true(isnan(mean) && isnan(high));
}

/* Of many answers their sum is drawn: as in one bin by hand, whatever their number; and beside a small bin, which is not. */
static void chance_of_many_answers(void **state) {
  enum { N = 100000 };
  float *p = malloc(N * sizeof *p);
  lnti_cancel cancel = {0};
  double mean = 7, high = 7, deviation = sqrt(0.5 * 0.5 / N);
  (void)state;
  assert_non_null(p);
  for (size_t i = 0; i < N; i++) p[i] = 0.5f;
  lnti_cancel_request(&cancel);
  assert_int_equal(lnti_reliability_by_chance(&mean, &high, p, N, 7, &cancel, NULL), LNT_ECANCELLED);
  assert_true(mean == 7 && high == 7);
  assert_int_equal(lnti_reliability_by_chance(&mean, &high, p, N, 7, NULL, NULL), LNT_OK);
  assert_near(mean, deviation * sqrt(2 / acos(-1)), 0.1 * mean, "binomial", "mean");
  assert_near(high, 1.96 * deviation, 0.1 * high, "binomial", "95 %");
  for (size_t i = 0; i < N; i++) p[i] = i < 100 ? 0.5f : 1; /* 100 of them alone are a matter of chance */
  assert_int_equal(lnti_reliability_by_chance(&mean, &high, p, N, 7, NULL, NULL), LNT_OK);
  assert_near(mean, 5 * sqrt(2 / acos(-1)) / N, 0.1 * mean, "small bin", "mean");
  free(p);
}

/* Property: the fitted temperature beats its neighbours, is the same on 1, 2 and 3 threads, and undoes a known one. */
static void fitted_temperature_is_the_best(void **state) {
  enum { N = 5000, K = 4 };
  float *score = malloc((size_t)N * K * sizeof *score), *prob = malloc((size_t)N * K * sizeof *prob);
  int32_t *label = malloc(N * sizeof *label);
  (void)state;
  for (uint64_t seed = 1; seed <= 3; seed++) {
    lnti_rng rng;
    double t[3], loss[3], truth = 0.5 * (double)seed;
    lnti_rng_seed(&rng, seed, 0);
    for (size_t i = 0; i < N; i++) {
      double u = lnti_rng_unit(&rng), sum = 0;
      for (size_t c = 0; c < K; c++) score[i * K + c] = (float)lnti_rng_normal(&rng);
      lnti_temperature_apply(prob, score + i * K, 1, K, truth);
      label[i] = K - 1;
      for (size_t c = K; c-- > 0;) {
        sum += (double)prob[c];
        if (u < sum) {
          label[i] = (int32_t)c;
          break;
        }
      }
    }
    for (unsigned threads = 1; threads <= 3; threads++) {
      lnti_context context = SERIAL;
      lnti_pool *pool = NULL;
      assert_int_equal(lnti_pool_new(&pool, threads, NULL), LNT_OK);
      context.pool = pool;
      assert_int_equal(lnti_temperature_fit(&t[threads - 1], score, label, N, K, &context, NULL), LNT_OK);
      lnti_pool_free(pool);
    }
    assert_true(t[0] == t[1] && t[1] == t[2]);
    assert_near(t[0] / truth, 1, 0.12, "known temperature", "ratio");
    for (size_t j = 0; j < 3; j++) {
      loss[j] = 0;
      lnti_temperature_apply(prob, score, N, K, t[0] * (0.99 + 0.01 * (double)j));
      for (size_t i = 0; i < N; i++) loss[j] -= log((double)prob[i * K + (size_t)label[i]]);
    }
    if (loss[1] > loss[0] || loss[1] > loss[2]) fail_msg("seed %d: a neighbour of %g is better", (int)seed, t[0]);
  }
  free(label);
  free(prob);
  free(score);
}

static void apply_is_a_softmax(void **state) {
  float rows[] = {0, (float)log(2), (float)log(3), -INFINITY, 0, -INFINITY};
  float in_place[6];
  (void)state;
  memcpy(in_place, rows, sizeof rows);
  lnti_temperature_apply(in_place, in_place, 2, 3, 1);
  assert_near(in_place[0], 1.0 / 6, 1e-7, "softmax", "p0");
  assert_near(in_place[1], 2.0 / 6, 1e-7, "softmax", "p1");
  assert_near(in_place[2], 3.0 / 6, 1e-7, "softmax", "p2");
  assert_true(in_place[3] == 0 && in_place[4] == 1 && in_place[5] == 0);
  lnti_temperature_apply(in_place, rows, 1, 3, 0.5);
  assert_near(in_place[2], 9.0 / 14, 1e-7, "softmax at a half", "p2");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(equals_scipy),
      cmocka_unit_test(four_items_by_hand),
      cmocka_unit_test(stops_at_the_ends),
      cmocka_unit_test(is_one_where_the_data_cannot_say),
      cmocka_unit_test(minus_infinity_is_a_class_left_out),
      cmocka_unit_test(huge_scores_stay_finite),
      cmocka_unit_test(wrong_input_is_refused_with_its_place),
      cmocka_unit_test(cancelled_fit_gives_nothing),
      cmocka_unit_test(error_of_answers_by_hand),
      cmocka_unit_test(chance_alone_makes_an_error),
      cmocka_unit_test(chance_of_many_answers),
      cmocka_unit_test(fitted_temperature_is_the_best),
      cmocka_unit_test(apply_is_a_softmax),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
