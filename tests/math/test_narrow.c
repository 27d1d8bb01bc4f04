/* Narrow products, exp and softmax: by hand, and every level against doubles. */
#include "math_support.h"

#include <float.h>
#include <math.h>
#include <math/gemm.h>
#include <string.h>

static void lanes_round_up(void **state) {
  (void)state;
  assert_int_equal(lnti_lanes(1), 16);
  assert_int_equal(lnti_lanes(16), 16);
  assert_int_equal(lnti_lanes(17), 32);
  assert_int_equal(lnti_lanes(64), 64);
}

static void by_hand(lnt_cpu_level level) {
  _Alignas(64) float w[2 * 16] = {0}, z[2 * 16], g[2 * 16] = {0};
  float bias[16] = {0};
  const float x[] = {1, 2, -3, 4}; /* two rows of two */
  w[0] = 10;
  w[1] = 1;
  w[16] = 100;
  bias[1] = 0.5f;
  lnti_narrow_forward(z, x, 2, w, bias, 2, 2, 16, level);
  assert_true(z[0] == 210 && z[1] == 1.5f && z[2] == 0);
  assert_true(z[16] == 370 && z[17] == -2.5f && z[31] == 0);
  g[1] = 7;
  for (size_t i = 0; i < 32; i++) z[i] = 0;
  z[0] = 1;  /* row 0, lane 0 */
  z[16] = 2; /* row 1, lane 0 */
  lnti_narrow_backward(g, x, 2, z, 2, 2, 16, level);
  assert_true(g[0] == -5 && g[16] == 10 && g[1] == 7 && g[17] == 0);
}

static void products_by_hand(void **state) {
  (void)state;
  at_every_level(by_hand);
}

static void check_forward(lnt_cpu_level level, size_t n, size_t d, size_t lanes, uint64_t seed) {
  lnti_rng rng;
  lnti_rng_seed(&rng, seed, 0);
  size_t ldx = d + seed % 3;
  float *x = normal_floats(n * ldx + 1, &rng), *w = normal_floats(d * lanes, &rng), *bias = normal_floats(lanes, &rng);
  float *z = normal_floats(n * lanes, &rng), *again = aligned(n * lanes * sizeof *again);
  lnti_narrow_forward(z, x, ldx, w, seed % 2 ? bias : NULL, n, d, lanes, level);
  for (size_t i = 0; i < n; i++) {
    for (size_t l = 0; l < lanes; l++) {
      double sum = seed % 2 ? (double)bias[l] : 0, size = fabs(sum);
      for (size_t j = 0; j < d; j++) {
        double term = (double)x[i * ldx + j] * (double)w[j * lanes + l];
        sum += term;
        size += fabs(term);
      }
      if (!(fabs((double)z[i * lanes + l] - sum) <= 5e-6 * size)) {
        fail_msg("%s, seed %llu: row %zu lane %zu", lnt_cpu_name(level), (unsigned long long)seed, i, l);
      }
    }
  }
  /* A row's result does not depend on where it stands. */
  for (size_t i = 0; i < n; i++) {
    lnti_narrow_forward(again, x + i * ldx, ldx, w, seed % 2 ? bias : NULL, 1, d, lanes, level);
    assert_memory_equal(again, z + i * lanes, lanes * sizeof *again);
  }
  free(x);
  free(w);
  free(bias);
  free(z);
  free(again);
}

static void check_backward(lnt_cpu_level level, size_t n, size_t d, size_t lanes, uint64_t seed) {
  lnti_rng rng;
  lnti_rng_seed(&rng, seed, 1);
  size_t ldx = d + seed % 3;
  float *x = normal_floats(n * ldx + 1, &rng), *p = normal_floats(n * lanes + 16, &rng);
  float *g = normal_floats(d * lanes, &rng), *start = aligned(d * lanes * sizeof *start);
  memcpy(start, g, d * lanes * sizeof *g);
  lnti_narrow_backward(g, x, ldx, p, n, d, lanes, level);
  for (size_t j = 0; j < d; j++) {
    for (size_t l = 0; l < lanes; l++) {
      double sum = (double)start[j * lanes + l], size = fabs(sum);
      for (size_t i = 0; i < n; i++) {
        double term = (double)x[i * ldx + j] * (double)p[i * lanes + l];
        sum += term;
        size += fabs(term);
      }
      if (!(fabs((double)g[j * lanes + l] - sum) <= 5e-6 * size)) {
        fail_msg("%s, seed %llu: feature %zu lane %zu", lnt_cpu_name(level), (unsigned long long)seed, j, l);
      }
    }
  }
  free(x);
  free(p);
  free(g);
  free(start);
}

static void random_shapes(lnt_cpu_level level) {
  static const size_t rows[] = {0, 1, 5, 6, 7, 8, 9, 29}, features[] = {1, 6, 8, 13, 50};
  uint64_t seed = 0;
  for (size_t lanes = 16; lanes <= LNTI_NARROW_MAX; lanes += 16) {
    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
      for (size_t f = 0; f < sizeof features / sizeof features[0]; f++) {
        seed++;
        check_forward(level, rows[r], features[f], lanes, seed);
        check_backward(level, rows[r], features[f], lanes, seed);
      }
    }
  }
}

static void products_equal_doubles(void **state) {
  (void)state;
  at_every_level(random_shapes);
}

static void check_exp(lnt_cpu_level level) {
  enum { N = 20003 };
  float *x = aligned(N * sizeof *x), *y = aligned(N * sizeof *y);
  for (size_t i = 0; i < N; i++) x[i] = -87.0f * (float)i / (N - 1);
  lnti_exp_nonpositive(y, x, N, level);
  assert_true(y[0] == 1);
  for (size_t i = 0; i < N; i++) {
    double exact = exp((double)x[i]);
    if (!(fabs((double)y[i] - exact) <= 2e-7 * exact)) {
      fail_msg("%s: exp(%.9g) = %.9g", lnt_cpu_name(level), (double)x[i], (double)y[i]);
    }
    assert_true(y[i] >= FLT_MIN);
  }
  float edge[] = {nextafterf(-87, -88), -88, -1000, -FLT_MAX, -INFINITY, -0.0f, NAN}, out[7];
  lnti_exp_nonpositive(out, edge, 7, level);
  for (size_t i = 0; i < 5; i++) assert_true(out[i] == 0);
  assert_true(out[5] == 1);
  assert_true(isnan(out[6]));
  out[0] = 42;
  lnti_exp_nonpositive(out, edge, 0, level);
  assert_true(out[0] == 42);
  free(x);
  free(y);
}

static void exp_is_close_and_never_denormal(void **state) {
  (void)state;
  at_every_level(check_exp);
}

static void check_softmax(lnt_cpu_level level) {
  for (size_t k = 1; k <= LNTI_NARROW_MAX; k++) {
    enum { N = 67 };
    size_t lanes = lnti_lanes(k);
    lnti_rng rng;
    lnti_rng_seed(&rng, k, 0);
    float *z = normal_floats(N * lanes, &rng), *p = aligned(N * lanes * sizeof *p);
    double log_sum[N];
    for (size_t i = 0; i < N * lanes; i++) z[i] *= 20;
    for (size_t l = k; l < lanes; l++) z[l] = l % 2 ? 1e30f : INFINITY; /* unused lanes must not matter */
    memcpy(p, z, N * lanes * sizeof *p);
    lnti_softmax_rows(p, log_sum, N, k, lanes, level);
    for (size_t i = 0; i < N; i++) {
      double most = -INFINITY, sum = 0, total = 0;
      for (size_t l = 0; l < k; l++) most = fmax(most, (double)z[i * lanes + l]);
      for (size_t l = 0; l < k; l++) sum += exp((double)z[i * lanes + l] - most);
      for (size_t l = 0; l < lanes; l++) {
        double share = (double)p[i * lanes + l];
        double exact = l < k ? exp((double)z[i * lanes + l] - most) / sum : 0;
        if (!(fabs(share - exact) <= 5e-6 * exact + 1e-35)) {
          fail_msg("%s: k %zu row %zu lane %zu: %g != %g", lnt_cpu_name(level), k, i, l, share, exact);
        }
        assert_true(share == 0 || share >= (double)FLT_MIN);
        total += share;
      }
      assert_true(fabs(total - 1) < 1e-5);
      assert_true(fabs(log_sum[i] - (most + log(sum))) < 1e-5);
    }
    lnti_softmax_rows(z, NULL, N, k, lanes, level);
    assert_memory_equal(z, p, N * lanes * sizeof *p);
    free(z);
    free(p);
  }
}

static void softmax_equals_doubles(void **state) {
  (void)state;
  at_every_level(check_softmax);
}

static void check_softmax_tails(lnt_cpu_level level) {
  _Alignas(64) float z[16] = {1000, 919, 918.1f, 917.9f, 910, 0, -1e30f};
  lnti_softmax_rows(z, NULL, 1, 7, 16, level);
  assert_true(z[0] == 1);
  assert_true(z[1] >= FLT_MIN && z[2] >= FLT_MIN);
  assert_true(z[3] == 0 && z[4] == 0 && z[5] == 0 && z[6] == 0);
}

static void softmax_tails_are_zero_not_denormal(void **state) {
  (void)state;
  at_every_level(check_softmax_tails);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(lanes_round_up),         cmocka_unit_test(products_by_hand),
      cmocka_unit_test(products_equal_doubles), cmocka_unit_test(exp_is_close_and_never_denormal),
      cmocka_unit_test(softmax_equals_doubles), cmocka_unit_test(softmax_tails_are_zero_not_denormal),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
