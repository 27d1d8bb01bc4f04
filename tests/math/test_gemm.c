/* Wide products: by hand, against the plain reference at every level, with strides, on threads, cancelled. */
#include "math_support.h"

#include <limits.h>
#include <math.h>
#include <math/gemm.h>
#include <string.h>

static void product_by_hand(void **state) {
  (void)state;
  const float a[] = {1, 2, 3, 4, 5, 6}, b[] = {1, 0, -1, 2, 2, 2};
  float c[4];
  lnti_context context = {.cpu = LNT_CPU_GENERIC};
  assert_int_equal(lnti_gemm_nt(c, 2, a, 3, b, 3, 2, 2, 3, &context, NULL), LNT_OK);
  assert_true(c[0] == -2 && c[1] == 12 && c[2] == -2 && c[3] == 30);
  lnti_gemm_nt_plain(c, 2, a, 3, b, 3, 2, 2, 3);
  assert_true(c[0] == -2 && c[1] == 12 && c[2] == -2 && c[3] == 30);
}

static void random_products(lnt_cpu_level level) {
  static const size_t shapes[][3] = {{1, 1, 1},     {3, 5, 7},    {17, 33, 65}, {260, 40, 100}, {5, 300, 12},
                                     {64, 17, 700}, {13, 49, 48}, {100, 1, 9},  {1, 100, 9},    {29, 31, 1}};
  for (size_t s = 0; s < sizeof shapes / sizeof shapes[0]; s++) {
    size_t m = shapes[s][0], n = shapes[s][1], k = shapes[s][2], lda = k + 3, ldb = k + 1, ldc = n + 2;
    lnti_rng rng;
    lnti_rng_seed(&rng, s, 7);
    float *a = normal_floats(m * lda, &rng), *b = normal_floats(n * ldb, &rng);
    float *c = normal_floats(m * ldc, &rng), *plain = aligned(m * ldc * sizeof *plain);
    memcpy(plain, c, m * ldc * sizeof *c);
    lnti_context context = {.cpu = level};
    assert_int_equal(lnti_gemm_nt(c, ldc, a, lda, b, ldb, m, n, k, &context, NULL), LNT_OK);
    lnti_gemm_nt_plain(plain, ldc, a, lda, b, ldb, m, n, k);
    for (size_t i = 0; i < m; i++) {
      for (size_t j = 0; j < ldc; j++) {
        /* beyond column n nothing may be written: there both must be equal */
        double bound = j < n ? 1e-6 * (double)(k + 8) : 0;
        if (!(fabs((double)c[i * ldc + j] - (double)plain[i * ldc + j]) <= bound)) {
          fail_msg("%s, shape %zu: (%zu,%zu) %g != %g", lnt_cpu_name(level), s, i, j, (double)c[i * ldc + j],
                   (double)plain[i * ldc + j]);
        }
      }
    }
    free(a);
    free(b);
    free(c);
    free(plain);
  }
}

static void equals_the_plain_product(void **state) {
  (void)state;
  at_every_level(random_products);
}

/* A workspace of the caller's, which has a part for each worker, changes nothing. */
static void own_workspace(lnt_cpu_level level) {
  enum { M = 1000, N = 70, K = 300, THREADS = 3 };
  lnti_rng rng;
  lnti_rng_seed(&rng, 5, 0);
  float *a = normal_floats(M * K, &rng), *b = normal_floats(N * K, &rng);
  float *c = aligned(M * N * sizeof *c), *with = aligned(M * N * sizeof *with);
  float *workspace = aligned(THREADS * lnti_gemm_workspace() * sizeof *workspace);
  lnti_context context = {.cpu = level};
  assert_int_equal(lnti_pool_new(&context.pool, THREADS, NULL), LNT_OK);
  assert_int_equal(lnti_gemm_nt(c, N, a, K, b, K, M, N, K, &context, NULL), LNT_OK);
  assert_int_equal(lnti_gemm_nt_with(with, N, a, K, b, K, M, N, K, workspace, &context, NULL), LNT_OK);
  assert_memory_equal(c, with, M * N * sizeof *c);
  lnti_pool_free(context.pool);
  free(workspace);
  free(with);
  free(c);
  free(b);
  free(a);
}

static void a_workspace_changes_nothing(void **state) {
  (void)state;
  at_every_level(own_workspace);
}

static void empty_products(void **state) {
  (void)state;
  float c[4] = {1, 2, 3, 4};
  const float one = 1;
  lnti_context context = {.cpu = LNT_CPU_GENERIC};
  assert_int_equal(lnti_gemm_nt(c, 2, &one, 1, &one, 1, 0, 2, 1, &context, NULL), LNT_OK);
  assert_int_equal(lnti_gemm_nt(c, 2, &one, 1, &one, 1, 2, 0, 1, &context, NULL), LNT_OK);
  assert_true(c[0] == 1 && c[3] == 4);
  assert_int_equal(lnti_gemm_nt(c, 2, &one, 0, &one, 0, 2, 1, 0, &context, NULL), LNT_OK);
  assert_true(c[0] == 0 && c[1] == 2 && c[2] == 0 && c[3] == 4);
}

static void thread_count_changes_nothing(lnt_cpu_level level) {
  enum { M = 700, N = 40, K = 90 };
  lnti_rng rng;
  lnti_rng_seed(&rng, 3, 0);
  float *a = normal_floats(M * K, &rng), *b = normal_floats(N * K, &rng);
  float *one = aligned(M * N * sizeof *one), *three = aligned(M * N * sizeof *three);
  lnti_pool *pool = NULL;
  assert_int_equal(lnti_pool_new(&pool, 3, NULL), LNT_OK);
  lnti_context alone = {.cpu = level}, threads = {.pool = pool, .cpu = level};
  assert_int_equal(lnti_gemm_nt(one, N, a, K, b, K, M, N, K, &alone, NULL), LNT_OK);
  assert_int_equal(lnti_gemm_nt(three, N, a, K, b, K, M, N, K, &threads, NULL), LNT_OK);
  assert_memory_equal(one, three, M * N * sizeof *one);
  lnti_pool_free(pool);
  free(a);
  free(b);
  free(one);
  free(three);
}

static void any_number_of_threads(void **state) {
  (void)state;
  at_every_level(thread_count_changes_nothing);
}

static void refusals(void **state) {
  (void)state;
  float c = 5;
  const float one = 1;
  lnt_error err = LNT_ERROR_INIT;
  lnti_cancel cancel = {0};
  lnti_cancel_request(&cancel);
  lnti_context context = {.cpu = LNT_CPU_GENERIC, .cancel = &cancel};
  assert_int_equal(lnti_gemm_nt(&c, 1, &one, 1, &one, 1, 1, 1, 1, &context, &err), LNT_ECANCELLED);
  context.cancel = NULL;
  assert_int_equal(lnti_gemm_nt(&c, (size_t)INT_MAX + 1, &one, 1, &one, 1, 1, 1, 1, &context, &err), LNT_ELIMIT);
  assert_true(c == 5);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(product_by_hand),
      cmocka_unit_test(equals_the_plain_product),
      cmocka_unit_test(a_workspace_changes_nothing),
      cmocka_unit_test(empty_products),
      cmocka_unit_test(any_number_of_threads),
      cmocka_unit_test(refusals),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
