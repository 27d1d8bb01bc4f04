/* Nearest neighbours: by hand, and both fast searches against the plain one at every level, bit for bit. */
#include "math_support.h"

#include <float.h>
#include <math.h>
#include <math/neighbours.h>
#include <math/neighbours_index.h>
#include <string.h>

static void by_hand(lnt_cpu_level level) {
  const uint8_t rows[] = {0, 0, 3, 4, 3, 4, 255, 255}, query[] = {0, 1, 255, 0};
  lnti_matrix r = lnti_matrix_of(rows, 4, 2, LNTI_U8), q = lnti_matrix_of(query, 2, 2, LNTI_U8);
  lnti_context context = {.cpu = level};
  lnti_neighbours *index = NULL;
  uint32_t row[6];
  float distance[6];
  assert_int_equal(lnti_neighbours_new(&index, &r, LNTI_EUCLIDEAN, &context, NULL), LNT_OK);
  assert_int_equal(lnti_neighbours_search(row, distance, index, &q, NULL, 3, &context, NULL), LNT_OK);
  assert_int_equal(row[0], 0);
  assert_int_equal(row[1], 1); /* as far as row 2, and before it */
  assert_int_equal(row[2], 2);
  assert_true(distance[0] == 1 && distance[1] == 18 && distance[2] == 18);
  assert_int_equal(row[3], 1);
  assert_true(distance[3] == 252 * 252 + 16);
  lnti_neighbours_free(index);

  assert_int_equal(lnti_neighbours_new(&index, &r, LNTI_COSINE, &context, NULL), LNT_OK);
  assert_int_equal(lnti_neighbours_search(row, distance, index, &q, NULL, 3, &context, NULL), LNT_OK);
  assert_int_equal(row[0], 1);
  assert_int_equal(row[1], 2);
  assert_int_equal(row[2], 3);
  assert_true(fabsf(distance[0] - 0.2f) < 1e-6f && fabsf(distance[2] - 0.29289323f) < 1e-6f);
  lnti_neighbours_free(index);
}

static void distances_by_hand(void **state) {
  (void)state;
  at_every_level(by_hand);
}

/* One random case; shapes that cross every block size, few values so that ties abound. */
typedef struct example {
  uint64_t seed;
  lnti_matrix rows, queries;
  void *row_data, *query_data;
  size_t *skip;
  size_t k;
  lnti_metric metric;
} example;

static void *random_data(size_t n, lnti_dtype dtype, unsigned values, lnti_rng *rng) {
  if (dtype == LNTI_F32) {
    float *out = normal_floats(n, rng);
    for (size_t i = 0; i < n && values < 200; i++) out[i] = roundf(out[i] * (float)values);
    return out;
  }
  uint8_t *out = aligned(n);
  for (size_t i = 0; i < n; i++) out[i] = (uint8_t)(255 - lnti_rng_below(rng, values));
  return out;
}

static example example_of(uint64_t seed, lnti_dtype dtype, size_t n_most, size_t d_most) {
  static const unsigned values[] = {2, 4, 256};
  lnti_rng rng;
  lnti_rng_seed(&rng, seed, 0);
  example e = {.seed = seed, .metric = seed % 2 ? LNTI_EUCLIDEAN : LNTI_COSINE};
  size_t n = 2 + lnti_rng_below(&rng, n_most), q = 1 + lnti_rng_below(&rng, 80), d = 1 + lnti_rng_below(&rng, d_most);
  size_t stride = d + lnti_rng_below(&rng, 3);
  unsigned spread = values[lnti_rng_below(&rng, 3)];
  e.row_data = random_data(n * stride, dtype, spread, &rng);
  e.query_data = random_data(q * stride, dtype, spread, &rng);
  e.rows = (lnti_matrix){e.row_data, n, d, stride, dtype};
  e.queries = (lnti_matrix){e.query_data, q, d, stride, dtype};
  if (lnti_rng_below(&rng, 2) == 0) { /* zero vectors */
    memset(e.row_data, 0, d * lnti_dtype_bytes(dtype));
    memset(e.query_data, 0, d * lnti_dtype_bytes(dtype));
  }
  if (lnti_rng_below(&rng, 2) == 0) {
    e.skip = aligned(q * sizeof *e.skip);
    for (size_t i = 0; i < q; i++) e.skip[i] = lnti_rng_below(&rng, 4) == 0 ? SIZE_MAX : lnti_rng_below(&rng, n);
  }
  size_t most = n - 1 < LNTI_NEIGHBOURS_MAX ? n - 1 : LNTI_NEIGHBOURS_MAX;
  e.k = 1 + lnti_rng_below(&rng, seed % 3 ? (most < 8 ? most : 8) : most);
  return e;
}

static void example_free(example *e) {
  free(e->row_data);
  free(e->query_data);
  free(e->skip);
}

static void check(const example *e, lnt_cpu_level level, lnti_pool *pool) {
  size_t count = e->queries.n * e->k;
  uint32_t *row = aligned(count * sizeof *row), *expected = aligned(count * sizeof *expected);
  float *distance = aligned(count * sizeof *distance), *exact = aligned(count * sizeof *exact);
  lnti_context context = {.pool = pool, .cpu = level};
  lnti_neighbours *index = NULL;
  lnt_error err = LNT_ERROR_INIT;
  assert_int_equal(lnti_neighbours_new(&index, &e->rows, e->metric, &context, &err), LNT_OK);
  assert_int_equal(lnti_neighbours_search(row, distance, index, &e->queries, e->skip, e->k, &context, &err), LNT_OK);
  assert_int_equal(lnti_neighbours_search_plain(expected, exact, &e->rows, e->metric, &e->queries, e->skip, e->k, &err),
                   LNT_OK);
  for (size_t i = 0; i < count; i++) {
    if (row[i] != expected[i] || memcmp(distance + i, exact + i, sizeof *exact) != 0) {
      fail_msg("%s, %s, seed %llu, query %zu place %zu: row %u at %.9g, not %u at %.9g", lnt_cpu_name(level),
               lnti_dtype_name(e->rows.dtype), (unsigned long long)e->seed, i / e->k, i % e->k, row[i],
               (double)distance[i], expected[i], (double)exact[i]);
    }
  }
  memset(row, 0, count * sizeof *row);
  assert_int_equal(lnti_neighbours_search(row, NULL, index, &e->queries, e->skip, e->k, &context, &err), LNT_OK);
  assert_memory_equal(row, expected, count * sizeof *row);
  lnti_neighbours_free(index);
  free(row);
  free(expected);
  free(distance);
  free(exact);
}

static void random_u8(lnt_cpu_level level) {
  for (uint64_t seed = 1; seed <= 60; seed++) {
    example e = example_of(seed, LNTI_U8, seed % 5 ? 100 : 1500, seed % 4 ? 70 : 700);
    check(&e, level, NULL);
    example_free(&e);
  }
}

static void u8_equals_plain(void **state) {
  (void)state;
  at_every_level(random_u8);
}

static void random_f32(lnt_cpu_level level) {
  for (uint64_t seed = 1; seed <= 60; seed++) {
    example e = example_of(seed, LNTI_F32, seed % 5 ? 100 : 2500, seed % 4 ? 70 : 300);
    check(&e, level, NULL);
    example_free(&e);
  }
}

static void f32_equals_plain(void **state) {
  (void)state;
  at_every_level(random_f32);
}

/* f32 rows whose products are summed in one piece of the depth, in two and in three. */
static void deep_floats(lnt_cpu_level level) {
  static const size_t depths[] = {1023, 1024, 1025, 2048, 2500};
  enum { N = 70, Q = 31, D_MOST = 2500 };
  for (size_t c = 0; c < 2 * sizeof depths / sizeof depths[0]; c++) {
    lnti_rng rng;
    lnti_rng_seed(&rng, c, 9);
    size_t d = depths[c / 2];
    float *data = normal_floats((size_t)N * D_MOST, &rng);
    example e = {.seed = c, .k = 6, .metric = c % 2 ? LNTI_EUCLIDEAN : LNTI_COSINE};
    e.rows = (lnti_matrix){data, N, d, D_MOST, LNTI_F32};
    e.queries = lnti_matrix_rows(&e.rows, N - Q, N);
    for (size_t i = 0; i < N && d == D_MOST; i++) { /* all that tells rows apart is in the last piece */
      for (size_t j = 0; j < 2048; j++) data[i * D_MOST + j] = 0.25f;
    }
    check(&e, level, NULL);
    free(data);
  }
}

static void deep_rows_equal_plain(void **state) {
  (void)state;
  at_every_level(deep_floats);
}

static void longest_u8_rows(lnt_cpu_level level) {
  enum { D = 65536, N = 3 };
  uint8_t *data = aligned((size_t)N * D);
  memset(data, 255, (size_t)N * D);
  memset(data + D, 0, D); /* row 1: as far from the others as can be */
  data[2 * (size_t)D + 9] = 254;
  example e = {.rows = lnti_matrix_of(data, N, D, LNTI_U8), .queries = lnti_matrix_of(data, N, D, LNTI_U8), .k = N};
  e.metric = LNTI_EUCLIDEAN;
  check(&e, level, NULL);
  e.metric = LNTI_COSINE;
  check(&e, level, NULL);
  free(data);
}

static void sums_of_the_longest_rows_do_not_overflow(void **state) {
  (void)state;
  at_every_level(longest_u8_rows);
}

/* Rows that differ by less than f32 products can tell, far from the origin; huge, tiny and mixed norms. */
static void hard_floats(lnt_cpu_level level) {
  enum { N = 300, D = 17 };
  static const float shifts[] = {0, 100, 4096, 0, 0, 0}, scales[] = {1, 1e-3f, 1e-3f, 1e-25f, 1e18f, 1e-44f};
  for (size_t c = 0; c < sizeof shifts / sizeof shifts[0] + 1; c++) {
    lnti_rng rng;
    lnti_rng_seed(&rng, c, 5);
    float *data = normal_floats(N * D, &rng);
    for (size_t i = 0; i < N * D && c < 6; i++) data[i] = data[i] * scales[c] + shifts[c];
    for (size_t i = 0; i < N && c == 6; i++) {
      for (size_t j = 0; j < D; j++) data[i * D + j] = ldexpf(data[i * D + j], (int)(i % 200) - 100);
    }
    if (c == 4) data[5] = FLT_MAX;
    example e = {.seed = c, .k = 7, .rows = lnti_matrix_of(data, N, D, LNTI_F32)};
    e.queries = lnti_matrix_rows(&e.rows, 0, 50);
    e.metric = LNTI_EUCLIDEAN;
    check(&e, level, NULL);
    e.metric = LNTI_COSINE;
    check(&e, level, NULL);
    free(data);
  }
}

static void floats_of_every_size_equal_plain(void **state) {
  (void)state;
  at_every_level(hard_floats);
}

static void all_rows_alike(lnt_cpu_level level) {
  enum { N = 1100, D = 20 };
  float *data = aligned(N * D * sizeof *data);
  for (size_t i = 0; i < N * D; i++) data[i] = 0.1f;
  example e = {.k = 5, .rows = lnti_matrix_of(data, N, D, LNTI_F32), .metric = LNTI_EUCLIDEAN};
  e.queries = lnti_matrix_rows(&e.rows, 0, 3);
  check(&e, level, NULL);
  e.metric = LNTI_COSINE;
  check(&e, level, NULL);
  free(data);
}

static void equal_rows_come_in_order(void **state) {
  (void)state;
  at_every_level(all_rows_alike);
}

static void threads_and_many_queries(lnt_cpu_level level) {
  lnti_pool *pool = NULL;
  assert_int_equal(lnti_pool_new(&pool, 3, NULL), LNT_OK);
  for (uint64_t seed = 100; seed < 104; seed++) {
    lnti_rng rng;
    lnti_rng_seed(&rng, seed, 0);
    lnti_dtype dtype = seed % 2 ? LNTI_U8 : LNTI_F32;
    enum { N = 250, Q = 1300, D = 9 };
    example e = {.seed = seed, .k = 3, .metric = LNTI_EUCLIDEAN};
    e.row_data = random_data(N * D, dtype, 256, &rng);
    e.query_data = random_data(Q * D, dtype, 256, &rng);
    e.rows = lnti_matrix_of(e.row_data, N, D, dtype);
    e.queries = lnti_matrix_of(e.query_data, Q, D, dtype);
    check(&e, level, seed < 102 ? pool : NULL);
    example_free(&e);
  }
  lnti_pool_free(pool);
}

/* What the header promises, so that a small file of narrow rows cannot ask for memory far beyond its size. */
static void index_bytes(lnt_cpu_level level) {
  lnti_context context = {.cpu = level};
  for (size_t d = 1; d <= 200; d++) {
    enum { N = 33 };
    uint8_t *data = aligned(N * d);
    memset(data, 1, N * d);
    lnti_matrix rows = lnti_matrix_of(data, N, d, LNTI_U8);
    lnti_neighbours *index = NULL;
    assert_int_equal(lnti_neighbours_new(&index, &rows, LNTI_COSINE, &context, NULL), LNT_OK);
    size_t slots = index->panels * LNTI_PANEL;
    size_t bytes = index->panels * index->u8->panel_bytes(d) + slots * (sizeof *index->squared + sizeof *index->scale);
    assert_int_equal(slots, 64);
    if (bytes > slots * (2 * d + 12)) {
      fail_msg("%s: %zu bytes for %zu rows of %zu", lnt_cpu_name(level), bytes, slots, d);
    }
    lnti_neighbours_free(index);
    free(data);
  }
}

static void the_index_is_a_small_multiple_of_the_rows(void **state) {
  (void)state;
  at_every_level(index_bytes);
}

static void any_number_of_threads(void **state) {
  (void)state;
  at_every_level(threads_and_many_queries);
}

static void bad_rows_are_refused(void **state) {
  (void)state;
  const float data[] = {1, 2, 3, NAN, 5, INFINITY};
  const int32_t whole[] = {1, 2};
  const uint8_t byte = 1;
  lnti_context context = {.cpu = LNT_CPU_GENERIC};
  lnti_neighbours *index = NULL;
  lnt_error err = LNT_ERROR_INIT;
  lnti_matrix m = lnti_matrix_of(data, 3, 2, LNTI_F32);
  assert_int_equal(lnti_neighbours_new(&index, &m, LNTI_EUCLIDEAN, &context, &err), LNT_EDATA);
  assert_non_null(strstr(err.message, "row 1"));
  m = lnti_matrix_of(whole, 1, 2, LNTI_I32);
  assert_int_equal(lnti_neighbours_new(&index, &m, LNTI_EUCLIDEAN, &context, &err), LNT_EINVAL);
  m = lnti_matrix_of(&byte, 0, 1, LNTI_U8);
  assert_int_equal(lnti_neighbours_new(&index, &m, LNTI_EUCLIDEAN, &context, &err), LNT_EINVAL);
  m = lnti_matrix_of(&byte, 1, 0, LNTI_U8);
  assert_int_equal(lnti_neighbours_new(&index, &m, LNTI_EUCLIDEAN, &context, &err), LNT_EINVAL);
  m = lnti_matrix_of(&byte, 1, 65537, LNTI_U8);
  assert_int_equal(lnti_neighbours_new(&index, &m, LNTI_EUCLIDEAN, &context, &err), LNT_ELIMIT);
  assert_null(index);
  lnti_neighbours_free(NULL);
}

static void bad_searches_are_refused(void **state) {
  (void)state;
  const float data[] = {1, 2, 3, 4, 5, 6}, broken[] = {1, 2, NAN, 1};
  const uint8_t bytes[] = {1, 2};
  const size_t skip[] = {SIZE_MAX, SIZE_MAX, 1};
  uint32_t row[9] = {42};
  lnti_cancel cancel = {0};
  lnti_context context = {.cpu = LNT_CPU_GENERIC};
  lnti_neighbours *index = NULL;
  lnt_error err = LNT_ERROR_INIT;
  lnti_matrix m = lnti_matrix_of(data, 3, 2, LNTI_F32), q = m;
  assert_int_equal(lnti_neighbours_new(&index, &m, LNTI_EUCLIDEAN, &context, NULL), LNT_OK);
  assert_int_equal(lnti_neighbours_search(row, NULL, index, &q, NULL, 0, &context, &err), LNT_EINVAL);
  assert_int_equal(lnti_neighbours_search(row, NULL, index, &q, NULL, 4, &context, &err), LNT_EINVAL);
  assert_int_equal(lnti_neighbours_search(row, NULL, index, &q, skip, 3, &context, &err), LNT_EINVAL);
  q.d = 1;
  assert_int_equal(lnti_neighbours_search(row, NULL, index, &q, NULL, 1, &context, &err), LNT_EINVAL);
  q = lnti_matrix_of(bytes, 1, 2, LNTI_U8);
  assert_int_equal(lnti_neighbours_search(row, NULL, index, &q, NULL, 1, &context, &err), LNT_EINVAL);
  assert_int_equal(lnti_neighbours_search_plain(row, NULL, &m, LNTI_EUCLIDEAN, &q, NULL, 1, &err), LNT_EINVAL);
  q = lnti_matrix_of(broken, 2, 2, LNTI_F32);
  assert_int_equal(lnti_neighbours_search(row, NULL, index, &q, NULL, 1, &context, &err), LNT_EDATA);
  assert_non_null(strstr(err.message, "query 1"));
  assert_int_equal(lnti_neighbours_search_plain(row, NULL, &m, LNTI_EUCLIDEAN, &q, NULL, 1, &err), LNT_EDATA);
  q = lnti_matrix_of(data, 0, 2, LNTI_F32);
  assert_int_equal(lnti_neighbours_search(row, NULL, index, &q, NULL, 1, &context, &err), LNT_OK);
  q = m;
  lnti_cancel_request(&cancel);
  context.cancel = &cancel;
  assert_int_equal(lnti_neighbours_search(row, NULL, index, &q, NULL, 1, &context, &err), LNT_ECANCELLED);
  assert_int_equal(row[0], 42);
  lnti_neighbours_free(index);
  index = NULL;
  assert_int_equal(lnti_neighbours_new(&index, &m, LNTI_EUCLIDEAN, &context, &err), LNT_ECANCELLED);
  assert_null(index);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(distances_by_hand),
      cmocka_unit_test(u8_equals_plain),
      cmocka_unit_test(f32_equals_plain),
      cmocka_unit_test(deep_rows_equal_plain),
      cmocka_unit_test(sums_of_the_longest_rows_do_not_overflow),
      cmocka_unit_test(floats_of_every_size_equal_plain),
      cmocka_unit_test(equal_rows_come_in_order),
      cmocka_unit_test(the_index_is_a_small_multiple_of_the_rows),
      cmocka_unit_test(any_number_of_threads),
      cmocka_unit_test(bad_rows_are_refused),
      cmocka_unit_test(bad_searches_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
