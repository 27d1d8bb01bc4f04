/*
 * Products with the own transpose and solving, against sums by definition; at every CPU level and number of threads.
 */
#include <math.h>
#include <math/cholesky.h>
#include <support.h>

/* By hand: [[4,2],[2,5]] = L L^T with L = [[2,0],[1,2]]; of (8, 9) the solution is (1.375, 1.25). */
static void test_by_hand(void **state) {
  (void)state;
  lnti_context context = {.cpu = LNT_CPU_GENERIC};
  double a[4] = {4, 77, 2, 5}, x[2] = {8, 9};
  assert_ok(lnti_cholesky_factor(a, 2, &context, ERR));
  assert_true(a[0] == 2 && a[1] == 77 && a[2] == 1 && a[3] == 2);
  lnti_cholesky_solve(x, a, 2);
  assert_float_equal(x[0], 1.375, 1e-15);
  assert_float_equal(x[1], 1.25, 1e-15);
  double bad[4] = {1, 0, 1, 1};
  assert_status(lnti_cholesky_factor(bad, 2, &context, ERR), LNT_EDATA);
  assert_message("row 1");
}

static void check_level(lnt_cpu_level level, void *payload) {
  lnti_rng *rng = payload;
  size_t m = 1 + lnti_rng_below(rng, 300), depth = 1 + lnti_rng_below(rng, LNTI_GRAM_DEPTH), lda = depth + 3;
  float *a = malloc(m * lda * sizeof *a);
  double *g[3], *first = malloc(m * m * sizeof *first), *b = malloc(m * sizeof *b), *x = malloc(m * sizeof *x);
  for (size_t i = 0; i < m * lda; i++) a[i] = (float)lnti_rng_normal(rng);
  for (unsigned t = 0; t < 3; t++) {
    lnti_context context = {.cpu = level};
    assert_ok(lnti_pool_new(&context.pool, t + 1, ERR));
    g[t] = calloc(m * m, sizeof **g);
    for (int twice = 0; twice < 2; twice++) assert_ok(lnti_gram_add(g[t], a, lda, m, depth, &context, ERR));
    for (size_t i = 0; i < m; i++) g[t][i * m + i] += (double)m;
    if (t == 0) memcpy(first, g[0], m * m * sizeof **g);
    assert_ok(lnti_cholesky_factor(g[t], m, &context, ERR));
    lnti_pool_free(context.pool);
  }
  assert_memory_equal(g[0], g[1], m * m * sizeof **g);
  assert_memory_equal(g[0], g[2], m * m * sizeof **g);
  for (size_t i = 0; i < m; i++)
    for (size_t j = 0; j < m; j++) {
      double sum = i == j ? (double)m : 0;
      for (size_t k = 0; k < depth; k++) sum += 2 * (double)a[i * lda + k] * (double)a[j * lda + k];
      if (j > i) assert_true(first[i * m + j] == 0);
      if (j <= i) assert_float_equal(first[i * m + j], sum, i == j ? 1e-9 : 1e-5 * sqrt((double)depth));
    }
  for (size_t i = 0; i < m; i++) x[i] = b[i] = lnti_rng_normal(rng);
  lnti_cholesky_solve(x, g[0], m);
  for (size_t i = 0; i < m; i++) {
    double sum = 0;
    for (size_t j = 0; j < m; j++) sum += first[j <= i ? i * m + j : j * m + i] * x[j];
    assert_float_equal(sum, b[i], 1e-9);
  }
  for (size_t t = 0; t < 3; t++) free(g[t]);
  free(x);
  free(b);
  free(first);
  free(a);
}

static void check_seed(lnti_rng *rng, void *payload) {
  (void)payload;
  lnti_test_each_cpu_level(check_level, rng);
}

static void test_by_definition(void **state) {
  (void)state;
  lnti_test_property("a system is the products, and its solution solves it", 4, check_seed, NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_by_hand), cmocka_unit_test(test_by_definition)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
