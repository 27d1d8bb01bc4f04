/* L-BFGS on functions whose minima are known, and on starts, budgets and objectives that go wrong. */
#include "math_support.h"

#include <base/error.h>
#include <math.h>
#include <math/lbfgs.h>
#include <string.h>

static const lnti_context plain = {.cpu = LNT_CPU_GENERIC};

/* 100 (y - x^2)^2 + (1 - x)^2, least at (1,1) */
static lnt_status rosenbrock(double *f_out, float *g_out, void *payload, const float *v, size_t n, lnt_error *err) {
  double x = (double)v[0], y = (double)v[1], a = y - x * x;
  (void)payload;
  (void)n;
  (void)err;
  *f_out = 100 * a * a + (1 - x) * (1 - x);
  g_out[0] = (float)(-400 * a * x - 2 * (1 - x));
  g_out[1] = (float)(200 * a);
  return LNT_OK;
}

static void rosenbrock_is_minimised(void **state) {
  (void)state;
  float x[] = {-1.2f, 1}, again[] = {-1.2f, 1};
  lnti_lbfgs_result result, second;
  lnti_lbfgs_options options = LNTI_LBFGS_OPTIONS_INIT;
  options.gradient_tolerance = 1e-3;
  assert_int_equal(lnti_lbfgs_minimise(x, &result, rosenbrock, NULL, 2, &options, &plain, NULL), LNT_OK);
  assert_int_equal(result.stop, LNTI_LBFGS_GRADIENT);
  assert_true(fabsf(x[0] - 1) < 1e-3f && fabsf(x[1] - 1) < 1e-3f);
  assert_true(result.f < 1e-6 && result.gradient_max <= 1e-3);
  assert_in_range(result.iterations, 5, 60);
  assert_in_range(result.evaluations, result.iterations, 4 * result.iterations);
  /* the same again, bit for bit */
  assert_int_equal(lnti_lbfgs_minimise(again, &second, rosenbrock, NULL, 2, &options, &plain, NULL), LNT_OK);
  assert_memory_equal(x, again, sizeof x);
  assert_int_equal(second.evaluations, result.evaluations);
}

/* sum c_i (x_i - i)^2 / 2 with curvatures c from 1 to 1e4; least at x_i = i */
static lnt_status quadratic(double *f_out, float *g_out, void *payload, const float *x, size_t n, lnt_error *err) {
  (void)payload;
  (void)err;
  *f_out = 0;
  for (size_t i = 0; i < n; i++) {
    double c = pow(1e4, (double)i / (double)(n - 1)), a = (double)x[i] - (double)i;
    *f_out += 0.5 * c * a * a;
    g_out[i] = (float)(c * a);
  }
  return LNT_OK;
}

static void an_ill_conditioned_quadratic(void **state) {
  (void)state;
  enum { N = 20 };
  for (unsigned memory = 1; memory <= 64; memory = memory * 3 + 1) {
    float x[N] = {0};
    lnti_lbfgs_result result;
    lnti_lbfgs_options options = {.memory = memory, .iterations_max = 2000, .gradient_tolerance = 0.02};
    assert_int_equal(lnti_lbfgs_minimise(x, &result, quadratic, NULL, N, &options, &plain, NULL), LNT_OK);
    assert_int_equal(result.stop, LNTI_LBFGS_GRADIENT);
    for (size_t i = 0; i < N; i++) assert_true(fabsf(x[i] - (float)i) < 0.03f);
  }
}

static void the_budget_of_iterations(void **state) {
  (void)state;
  float x[] = {-1.2f, 1};
  lnti_lbfgs_result result;
  lnti_lbfgs_options options = LNTI_LBFGS_OPTIONS_INIT;
  options.iterations_max = 3;
  assert_int_equal(lnti_lbfgs_minimise(x, &result, rosenbrock, NULL, 2, &options, &plain, NULL), LNT_OK);
  assert_int_equal(result.stop, LNTI_LBFGS_ITERATIONS);
  assert_int_equal(result.iterations, 3);
  assert_true(result.f < 24.2); /* the value at the start */
  options.iterations_max = 0;
  float start[] = {-1.2f, 1};
  assert_int_equal(lnti_lbfgs_minimise(start, &result, rosenbrock, NULL, 2, &options, &plain, NULL), LNT_OK);
  assert_int_equal(result.evaluations, 1);
  assert_true(start[0] == -1.2f && fabs(result.f - 24.2) < 1e-4);
}

static void the_decrease_worth_having(void **state) {
  (void)state;
  float x[] = {-1.2f, 1};
  lnti_lbfgs_result result;
  lnti_lbfgs_options options = {
      .memory = 10, .iterations_max = 100, .gradient_tolerance = 0, .decrease_tolerance = 1e-3};
  assert_int_equal(lnti_lbfgs_minimise(x, &result, rosenbrock, NULL, 2, &options, &plain, NULL), LNT_OK);
  assert_int_equal(result.stop, LNTI_LBFGS_DECREASE);
}

static void a_start_at_the_minimum(void **state) {
  (void)state;
  float x[] = {1, 1};
  lnti_lbfgs_result result;
  lnti_lbfgs_options options = LNTI_LBFGS_OPTIONS_INIT;
  assert_int_equal(lnti_lbfgs_minimise(x, &result, rosenbrock, NULL, 2, &options, &plain, NULL), LNT_OK);
  assert_int_equal(result.stop, LNTI_LBFGS_GRADIENT);
  assert_int_equal(result.iterations, 0);
  assert_true(x[0] == 1 && x[1] == 1);
}

/* A gradient that points the wrong way: nothing along it is lower. */
static lnt_status liar(double *f_out, float *g_out, void *payload, const float *x, size_t n, lnt_error *err) {
  lnt_status status = quadratic(f_out, g_out, payload, x, n, err);
  for (size_t i = 0; i < n; i++) g_out[i] = -g_out[i];
  return status;
}

static void stuck_where_nothing_is_lower(void **state) {
  (void)state;
  float x[] = {3, 3, 3};
  lnti_lbfgs_result result;
  lnti_lbfgs_options options = LNTI_LBFGS_OPTIONS_INIT;
  assert_int_equal(lnti_lbfgs_minimise(x, &result, liar, NULL, 3, &options, &plain, NULL), LNT_OK);
  assert_int_equal(result.stop, LNTI_LBFGS_STUCK);
  assert_int_equal(result.iterations, 0);
  assert_true(x[0] == 3 && x[1] == 3 && x[2] == 3);
  assert_in_range(result.evaluations, 2, 30); /* the search has a cap */
}

/* log(x) - a wall at x <= 0, where the value is NaN; x - log(x) is least at 1. */
static lnt_status walled(double *f_out, float *g_out, void *payload, const float *x, size_t n, lnt_error *err) {
  (void)payload;
  (void)n;
  (void)err;
  *f_out = x[0] > 0 ? (double)x[0] - log((double)x[0]) : (double)NAN;
  g_out[0] = 1 - 1 / x[0];
  return LNT_OK;
}

static void a_wall_of_nan_is_walked_around(void **state) {
  (void)state;
  float x[] = {0.9f};
  lnti_lbfgs_result result;
  lnti_lbfgs_options options = LNTI_LBFGS_OPTIONS_INIT;
  x[0] = 30; /* steps towards 1 overshoot the wall sooner or later */
  assert_int_equal(lnti_lbfgs_minimise(x, &result, walled, NULL, 1, &options, &plain, NULL), LNT_OK);
  assert_true(fabsf(x[0] - 1) < 1e-3f);
}

static void a_start_that_is_not_finite(void **state) {
  (void)state;
  float x[] = {-1};
  lnt_error err = LNT_ERROR_INIT;
  lnti_lbfgs_result result = {.iterations = 77};
  lnti_lbfgs_options options = LNTI_LBFGS_OPTIONS_INIT;
  assert_int_equal(lnti_lbfgs_minimise(x, &result, walled, NULL, 1, &options, &plain, &err), LNT_EDATA);
  assert_true(x[0] == -1);
  assert_int_equal(result.iterations, 77);
  x[0] = (float)NAN;
  assert_int_equal(lnti_lbfgs_minimise(x, &result, rosenbrock, NULL, 1, &options, &plain, NULL), LNT_EDATA);
}

/* Calls cancel, or fails, at the payload's count of evaluations. */
typedef struct trap {
  lnti_cancel *cancel;
  unsigned calls, at;
} trap;

static lnt_status trapped(double *f_out, float *g_out, void *payload, const float *x, size_t n, lnt_error *err) {
  trap *t = payload;
  if (++t->calls == t->at) {
    if (t->cancel == NULL) return lnti_fail(err, LNT_EIO, "the disk fell off");
    lnti_cancel_request(t->cancel);
  }
  return rosenbrock(f_out, g_out, NULL, x, n, err);
}

static void cancelled_and_failing_objectives_restore_the_start(void **state) {
  (void)state;
  lnti_lbfgs_options options = LNTI_LBFGS_OPTIONS_INIT;
  for (unsigned at = 1; at < 12; at++) {
    float x[] = {-1.2f, 1};
    lnti_lbfgs_result result = {.iterations = 77};
    lnti_cancel cancel = {0};
    trap t = {.cancel = &cancel, .at = at};
    lnti_context context = {.cpu = LNT_CPU_GENERIC, .cancel = &cancel};
    assert_int_equal(lnti_lbfgs_minimise(x, &result, trapped, &t, 2, &options, &context, NULL), LNT_ECANCELLED);
    assert_int_equal(t.calls, at); /* looked at before every evaluation */
    t = (trap){.at = at};
    assert_int_equal(lnti_lbfgs_minimise(x, &result, trapped, &t, 2, &options, &plain, NULL), LNT_EIO);
    assert_true(x[0] == -1.2f && x[1] == 1);
    assert_int_equal(result.iterations, 77);
  }
}

static void memory_outside_its_range(void **state) {
  (void)state;
  float x[] = {0, 0};
  lnti_lbfgs_result result;
  lnti_lbfgs_options options = LNTI_LBFGS_OPTIONS_INIT;
  options.memory = 0;
  assert_int_equal(lnti_lbfgs_minimise(x, &result, rosenbrock, NULL, 2, &options, &plain, NULL), LNT_EINVAL);
  options.memory = 65;
  assert_int_equal(lnti_lbfgs_minimise(x, &result, rosenbrock, NULL, 2, &options, &plain, NULL), LNT_EINVAL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(rosenbrock_is_minimised),
      cmocka_unit_test(an_ill_conditioned_quadratic),
      cmocka_unit_test(the_budget_of_iterations),
      cmocka_unit_test(the_decrease_worth_having),
      cmocka_unit_test(a_start_at_the_minimum),
      cmocka_unit_test(stuck_where_nothing_is_lower),
      cmocka_unit_test(a_wall_of_nan_is_walked_around),
      cmocka_unit_test(a_start_that_is_not_finite),
      cmocka_unit_test(cancelled_and_failing_objectives_restore_the_start),
      cmocka_unit_test(memory_outside_its_range),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
