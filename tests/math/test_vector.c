/* Functions of rows at each CPU level, against the C library's in f64. */
#include "math_support.h"
#include "support.h"

#include <base/alloc.h>

#include <math.h>
#include <math/vector.h>

static double wanted(lnti_function f, double x, const float *p) {
  switch (f) {
    case LNTI_EXP:
      return exp(x);
    case LNTI_SIGMOID:
      return 1 / (1 + exp(-x));
    case LNTI_SILU:
      return x / (1 + exp(-x));
    case LNTI_TANH:
      return tanh(x);
    case LNTI_ERF:
      return erf(x);
    case LNTI_GELU:
      return x / 2 * (1 + erf(x / sqrt(2)));
    case LNTI_GELU_TANH:
      return x / 2 * (1 + tanh(sqrt(2 / acos(-1)) * (x + 0.044715 * x * x * x)));
    case LNTI_HARD_SIGMOID:
      return fmin(fmax((double)p[0] * x + (double)p[1], 0), 1);
    case LNTI_HARD_SWISH:
      return x * fmin(fmax(x + 3, 0), 6) / 6;
    default:
      return fmin(fmax(x, (double)p[0]), (double)p[1]);
  }
}

static void check_function(lnti_function f, lnt_cpu_level level) {
  enum { N = 4001 };
  static const float p[] = {0.3f, 0.4f};
  float *x = NULL, *y = NULL;
  assert_ok(lnti_alloc(&x, N, sizeof *x, ERR));
  assert_ok(lnti_alloc(&y, N, sizeof *y, ERR));
  for (size_t i = 0; i < N; i++) x[i] = (float)((double)i - N / 2) / (i % 3 == 0 ? 200.0f : i % 3 == 1 ? 30.0f : 2e5f);
  lnti_vector_function(y, x, N, f, p, level);
  for (size_t i = 0; i < N; i++) {
    double want = wanted(f, (double)x[i], p),
           scale = fmax(fabs(want), f >= LNTI_SILU && f != LNTI_ERF ? fabs((double)x[i]) : 0);
    if (fabs((double)y[i] - want) <= 3e-6 * scale + 2e-7) continue;
    fail_msg("function %d of %g: %g, wanted %g", (int)f, (double)x[i], (double)y[i], want);
  }
  free(y);
  free(x);
}

static void functions_are_those_of_the_library(void **state) {
  (void)state;
  for (lnt_cpu_level level = LNT_CPU_GENERIC; level <= lnt_cpu_detect(); level++) {
    for (int f = 0; f < LNTI_N_FUNCTIONS; f++) check_function((lnti_function)f, level);
  }
}

static void what_is_no_number_stays_none(void **state) {
  (void)state;
  static const float p[] = {0, 1};
  for (lnt_cpu_level level = LNT_CPU_GENERIC; level <= lnt_cpu_detect(); level++) {
    const float x[] = {NAN, INFINITY, -INFINITY, 1000, -1000};
    float y[5];
    for (int f = 0; f < LNTI_N_FUNCTIONS; f++) {
      lnti_vector_function(y, x, 5, (lnti_function)f, p, level);
      assert_true(isnan(y[0]));
    }
    lnti_vector_function(y, x, 5, LNTI_EXP, p, level);
    assert_true(isinf(y[1]) && y[2] == 0 && isinf(y[3]) && y[4] == 0);
    lnti_vector_function(y, x, 5, LNTI_SIGMOID, p, level);
    assert_true(y[1] == 1 && y[2] < 1e-30f && y[3] == 1);
    lnti_vector_function(y, x, 5, LNTI_ERF, p, level);
    assert_true(y[1] == 1 && y[2] == -1 && y[4] == -1);
    lnti_vector_function(y, x, 5, LNTI_TANH, p, level);
    assert_true(y[1] == 1 && y[2] == -1);
  }
}

static void rows_of_any_length(void **state) {
  (void)state;
  enum { MOST = 70 };
  float x[MOST], scale[MOST], shift[MOST], y[MOST];
  for (lnt_cpu_level level = LNT_CPU_GENERIC; level <= lnt_cpu_detect(); level++) {
    for (size_t n = 1; n <= MOST; n++) {
      double sum = 0, exps = 0, squares = 0, most = -INFINITY;
      for (size_t i = 0; i < n; i++) {
        x[i] = (float)((i * 37 + n) % 23) / 4 - 2;
        scale[i] = 1 + (float)(i % 5) / 8;
        shift[i] = (float)(i % 7) / 4 - 1;
        sum += (double)x[i];
        most = fmax(most, (double)x[i]);
      }
      for (size_t i = 0; i < n; i++) {
        exps += exp((double)x[i] - most);
        squares += ((double)x[i] - sum / (double)n) * ((double)x[i] - sum / (double)n);
      }
      assert_true(fabs((double)lnti_vector_sum(x, n, level) - sum) <= 1e-5);
      lnti_vector_softmax(y, x, n, level);
      for (size_t i = 0; i < n; i++) assert_true(fabs((double)y[i] - exp((double)x[i] - most) / exps) <= 1e-6);
      for (int shifted = 0; shifted < 2; shifted++) {
        lnti_vector_normalise(y, x, n, scale, shifted ? shift : NULL, 0.01f, level);
        for (size_t i = 0; i < n; i++) {
          double v = ((double)x[i] - sum / (double)n) / sqrt(squares / (double)n + (double)0.01f) * (double)scale[i];
          assert_true(fabs((double)y[i] - v - (shifted ? (double)shift[i] : 0)) <= 2e-5);
        }
      }
    }
  }
}

static double joined(lnti_arithmetic op, double a, double b) {
  return op == LNTI_ADD ? a + b : op == LNTI_SUB ? a - b : op == LNTI_MUL ? a * b : a / b;
}

static void rows_are_combined(void **state) {
  (void)state;
  enum { ROWS = 3, MOST = 37 };
  float x[ROWS * MOST], y[ROWS * MOST], z[ROWS * MOST];
  for (size_t i = 0; i < ROWS * MOST; i++) {
    x[i] = (float)(i % 11) - 5;
    y[i] = (float)(i % 7) + 1;
  }
  for (lnt_cpu_level level = LNT_CPU_GENERIC; level <= lnt_cpu_detect(); level++) {
    for (size_t n = 1; n <= MOST; n++) {
      for (size_t kind = 0; kind < 16 * LNTI_N_ARITHMETIC; kind++) {
        lnti_arithmetic op = (lnti_arithmetic)(kind / 16);
        const lnti_operand a = {x, kind & 1, kind & 2 ? n : 0}, b = {y, kind >> 2 & 1, kind & 8 ? n : 0};
        lnti_vector_combine(z, a, b, ROWS, n, op, level);
        for (size_t i = 0; i < ROWS * n; i++) {
          size_t r = i / n, c = i % n;
          double want = joined(op, (double)x[r * a.step + c * a.stride], (double)y[r * b.step + c * b.stride]);
          assert_true(fabs((double)z[i] - want) <= 1e-6);
        }
      }
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(functions_are_those_of_the_library),
                                     cmocka_unit_test(what_is_no_number_stays_none),
                                     cmocka_unit_test(rows_of_any_length), cmocka_unit_test(rows_are_combined)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
