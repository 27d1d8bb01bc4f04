/* Products of bf16 beside sums in double: of scattered rows, of every number of rows; and what follows them. */
#include "math_support.h"

#include <math.h>
#include <math/bf16.h>
#include <math/dtype.h>
#include <string.h>

enum { STEP = 96, TAPS = 3, DEPTH = 64, COLUMNS = 64, WIDE = LNTI_BF16_COLUMNS };

static const lnti_bf16_kernels *kernels(void) {
  const lnti_bf16_kernels *k = lnti_bf16_kernels_of(lnt_cpu_detect());
  if (!k) print_message("skipped, this machine has no products of bf16\n");
  return k;
}

static void no_level_below_amx_has_them(void **state) {
  (void)state;
  for (int level = 0; level < LNT_CPU_AMX; level++) assert_null(lnti_bf16_kernels_of((lnt_cpu_level)level));
}

static uint16_t *random_bf16(size_t n, lnti_rng *rng) {
  uint16_t *out = aligned(n * sizeof *out);
  for (size_t i = 0; i < n; i++) out[i] = lnti_bf16_of((float)lnti_rng_normal(rng));
  return out;
}

static double expected(const lnti_bf16_rows *rows, const float *w, size_t r, size_t j) {
  double sum = 0;
  for (size_t t = 0; t < rows->taps; t++) {
    for (size_t k = 0; k < rows->depth; k++) {
      double a = (double)lnti_bf16_value(rows->a[r * rows->step + rows->tap[t] + k]);
      sum += a * (double)lnti_bf16_value(lnti_bf16_of(w[(j * rows->depth + k) * rows->taps + t]));
    }
  }
  return sum;
}

static void blocks_are_products(void **state) {
  (void)state;
  const lnti_bf16_kernels *kernel = kernels();
  if (!kernel) return;
  static const size_t tap[TAPS] = {0, 160, 32};
  lnti_rng rng;
  lnti_rng_seed(&rng, 7, 0);
  uint16_t *a = random_bf16(32 * STEP + 160 + DEPTH, &rng), *packed = aligned(2 * COLUMNS * DEPTH * TAPS);
  float *w = normal_floats((size_t)COLUMNS * DEPTH * TAPS, &rng), *sum = aligned(32 * WIDE * sizeof *sum);
  const lnti_bf16_rows rows = {.a = a, .step = STEP, .tap = tap, .taps = TAPS, .depth = DEPTH};
  const lnti_bf16_weights weights = {.w = w,
                                     .columns = COLUMNS,
                                     .depth = DEPTH,
                                     .taps = TAPS,
                                     .column_step = DEPTH * TAPS,
                                     .depth_step = TAPS,
                                     .tap_step = 1};
  assert_int_equal(lnti_bf16_packed(&weights), COLUMNS * DEPTH * TAPS);
  lnti_bf16_pack(packed, &weights);
  static const size_t counts[] = {1, 15, 16, 17, 32};
  for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
    for (size_t first = 0; first < COLUMNS; first += WIDE) {
      memset(sum, 0xff, 32 * WIDE * sizeof *sum); /* NaN */
      kernel->begin();
      kernel->block(sum, &rows, counts[i], packed + first * DEPTH * TAPS, packed, i * 1000);
      kernel->end();
      for (size_t r = 0; r < counts[i]; r++) {
        for (size_t j = 0; j < WIDE; j++) assert_float_equal(sum[r * WIDE + j], expected(&rows, w, r, first + j), 1e-4);
      }
    }
  }
  free(sum);
  free(w);
  free(packed);
  free(a);
}

/* One number in all 32 places of two rows. */
static uint16_t finished(const lnti_bf16_kernels *kernel, float sum, float bias, const float *addend, float least,
                         float most) {
  enum { APART = WIDE + 5 };
  float sums[2 * WIDE], biases[WIDE];
  uint16_t out[2 * APART] = {0}, added[2 * APART];
  for (size_t j = 0; j < WIDE; j++) {
    sums[j] = sums[WIDE + j] = sum;
    biases[j] = bias;
    added[j] = added[APART + j] = addend ? lnti_bf16_of(*addend) : 0;
  }
  kernel->finish(out, APART, sums, 2, biases, addend ? added : NULL, least, most);
  for (size_t j = 0; j < 2 * APART; j++) assert_int_equal(out[j], j % APART < WIDE ? out[0] : 0);
  return out[0];
}

static void what_follows_is_added_cut_and_rounded(void **state) {
  (void)state;
  const lnti_bf16_kernels *kernel = kernels();
  if (!kernel) return;
  const float half = 0.5f;
  assert_int_equal(finished(kernel, 1, 2, NULL, -INFINITY, INFINITY), lnti_bf16_of(3));
  assert_int_equal(finished(kernel, 1, 2, &half, -INFINITY, INFINITY), lnti_bf16_of(3.5f));
  assert_int_equal(finished(kernel, -1, 0, &half, 0, INFINITY), lnti_bf16_of(0));
  assert_int_equal(finished(kernel, 5, 2, &half, 0, 6), lnti_bf16_of(6));
  assert_int_equal(finished(kernel, INFINITY, 2, &half, 0, 6), lnti_bf16_of(6));
  assert_true(isnan(lnti_bf16_value(finished(kernel, NAN, 2, &half, 0, 6))));
  assert_true(isnan(lnti_bf16_value(finished(kernel, NAN, 2, NULL, -INFINITY, INFINITY))));
  lnti_rng rng;
  lnti_rng_seed(&rng, 8, 0);
  for (int i = 0; i < 1000; i++) {
    float x = (float)lnti_rng_normal(&rng);
    assert_int_equal(finished(kernel, x, 0, NULL, -INFINITY, INFINITY), lnti_bf16_of(x));
  }
  /* halfway between two: to the even one */
  assert_int_equal(finished(kernel, 1.00390625f, 0, NULL, -INFINITY, INFINITY), lnti_bf16_of(1));
  assert_int_equal(finished(kernel, 1.01171875f, 0, NULL, -INFINITY, INFINITY), lnti_bf16_of(1.015625f));
}

/* Columns beyond the last one, and numbers beyond the last, are not touched. */
static void numbers_are_put_and_narrowed(void **state) {
  (void)state;
  enum { APART = WIDE + 3 };
  const lnti_bf16_kernels *kernel = kernels();
  if (!kernel) return;
  float sum[2 * WIDE], bias[WIDE], out[2 * APART];
  for (size_t columns = 1; columns <= WIDE; columns++) {
    for (size_t i = 0; i < 2 * WIDE; i++) sum[i] = (float)i;
    for (size_t j = 0; j < WIDE; j++) bias[j] = 100 * (float)j;
    for (size_t i = 0; i < 2 * APART; i++) out[i] = -1;
    kernel->put(out, APART, sum, 2, bias, columns);
    for (size_t i = 0; i < 2 * APART; i++) {
      size_t r = i / APART, j = i % APART;
      assert_float_equal(out[i], j < columns ? (double)(WIDE * r + 101 * j) : -1.0, 0);
    }
  }
  lnti_rng rng;
  lnti_rng_seed(&rng, 9, 0);
  float *x = normal_floats(50, &rng);
  for (size_t n = 0; n <= 50; n++) {
    uint16_t narrow[51];
    for (size_t i = 0; i < 51; i++) narrow[i] = 7;
    kernel->narrow(narrow, x, n);
    for (size_t i = 0; i < 51; i++) assert_int_equal(narrow[i], i < n ? lnti_bf16_of(x[i]) : 7);
  }
  free(x);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(no_level_below_amx_has_them), cmocka_unit_test(blocks_are_products),
      cmocka_unit_test(what_follows_is_added_cut_and_rounded), cmocka_unit_test(numbers_are_put_and_narrowed)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
