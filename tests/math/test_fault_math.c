/* The n-th allocation fails, for every n: LNT_ENOMEM, nothing leaked, outputs untouched. */
#include "math_support.h"

#include <math/hamming.h>
#include <math/lbfgs.h>
#include <math/neighbours.h>
#include <string.h>

static size_t calls, failing; /* the failing call counts from 1; 0: none fails */

static int fails_now(void) {
  return ++calls == failing;
}

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *block, size_t size);
void *__real_aligned_alloc(size_t alignment, size_t size);
int __real_posix_memalign(void **out, size_t alignment, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *block, size_t size);
void *__wrap_aligned_alloc(size_t alignment, size_t size);
int __wrap_posix_memalign(void **out, size_t alignment, size_t size);

void *__wrap_malloc(size_t size) {
  return fails_now() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size) {
  return fails_now() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *block, size_t size) {
  return fails_now() ? NULL : __real_realloc(block, size);
}

void *__wrap_aligned_alloc(size_t alignment, size_t size) {
  return fails_now() ? NULL : __real_aligned_alloc(alignment, size);
}

int __wrap_posix_memalign(void **out, size_t alignment, size_t size) {
  return fails_now() ? 12 : __real_posix_memalign(out, alignment, size);
}

/* One index and one search; the outputs must be untouched unless all went well. */
static lnt_status search_once(const lnti_matrix *rows, lnti_metric metric) {
  uint32_t row[8] = {42};
  float distance[8] = {42};
  lnti_context context = {.cpu = lnt_cpu_detect()};
  lnti_neighbours *index = NULL;
  lnt_error err = LNT_ERROR_INIT;
  lnt_status status = lnti_neighbours_new(&index, rows, metric, &context, &err);
  if (status != LNT_OK) assert_null(index);
  if (status == LNT_OK) status = lnti_neighbours_search(row, distance, index, rows, NULL, 2, &context, &err);
  if (status != LNT_OK) {
    assert_int_equal(row[0], 42);
    assert_true(distance[0] == 42);
    assert_int_equal(err.code, status);
  }
  lnti_neighbours_free(index);
  return status;
}

static void neighbours_without_memory(void **state) {
  (void)state;
  const uint8_t bytes[] = {1, 2, 3, 4, 5, 6, 7, 8};
  const float floats[] = {1, 2, 3, 4, 5, 6, 7, 8};
  for (int variant = 0; variant < 4; variant++) {
    lnti_matrix rows = variant < 2 ? lnti_matrix_of(bytes, 4, 2, LNTI_U8) : lnti_matrix_of(floats, 4, 2, LNTI_F32);
    lnti_metric metric = variant % 2 ? LNTI_COSINE : LNTI_EUCLIDEAN;
    lnt_status status = LNT_ENOMEM;
    size_t n = 1;
    for (; n < 100 && status != LNT_OK; n++) {
      calls = 0;
      failing = n;
      status = search_once(&rows, metric);
      failing = 0;
      if (status != LNT_OK) assert_int_equal(status, LNT_ENOMEM);
    }
    assert_int_equal(status, LNT_OK);
    assert_in_range(n, 6, 50); /* the failures did happen */
  }
}

static lnt_status bowl(double *f_out, float *g_out, void *payload, const float *x, size_t n, lnt_error *err) {
  (void)payload;
  (void)err;
  *f_out = 0;
  for (size_t i = 0; i < n; i++) {
    *f_out += (double)x[i] * (double)x[i];
    g_out[i] = 2 * x[i];
  }
  return LNT_OK;
}

static void lbfgs_without_memory(void **state) {
  (void)state;
  float x[] = {3, 4};
  lnti_context context = {.cpu = LNT_CPU_GENERIC};
  lnti_lbfgs_options options = LNTI_LBFGS_OPTIONS_INIT;
  lnti_lbfgs_result result = {.iterations = 77};
  calls = 0;
  failing = 1;
  lnt_status status = lnti_lbfgs_minimise(x, &result, bowl, NULL, 2, &options, &context, NULL);
  failing = 0;
  assert_int_equal(status, LNT_ENOMEM);
  assert_true(x[0] == 3 && x[1] == 4);
  assert_int_equal(result.iterations, 77);
  assert_int_equal(lnti_lbfgs_minimise(x, &result, bowl, NULL, SIZE_MAX / 8, &options, &context, NULL), LNT_ENOMEM);
  assert_int_equal(lnti_lbfgs_minimise(x, &result, bowl, NULL, 2, &options, &context, NULL), LNT_OK);
}

static void hamming_without_memory(void **state) {
  (void)state;
  const uint8_t codes[3 * LNTI_CODE_BYTES] = {1};
  lnti_context context = {.cpu = LNT_CPU_GENERIC};
  lnt_status status = LNT_ENOMEM;
  size_t n = 1;
  for (; n < 100 && status != LNT_OK; n++) {
    lnti_link *links = NULL;
    size_t n_links = 77;
    calls = 0;
    failing = n;
    status = lnti_hamming_forest(&links, &n_links, codes, 3, 31, &context, NULL);
    failing = 0;
    assert_int_equal(status, status ? LNT_ENOMEM : LNT_OK);
    assert_int_equal(n_links, status ? 77 : 2);
    assert_true(!links == (status != LNT_OK));
    free(links);
  }
  assert_int_equal(status, LNT_OK);
  assert_in_range(n, 10, 50);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(neighbours_without_memory),
      cmocka_unit_test(lbfgs_without_memory),
      cmocka_unit_test(hamming_without_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
