/*
 * Nearest neighbours of f32 rows: gemm.c makes blocks of products, a vector compare finds the rows that
 * could beat a query's k-th best whatever the rounding, and these are measured again in double, by the
 * function that the plain search uses. So the result is the plain one, bit for bit.
 *
 * The screen. Let u = 2^-24. A product of d terms summed in f32 in any order, fused or not, differs from
 * q.t by at most g |q| |t|, g = d u / (1 - d u) (Higham, Accuracy and Stability of Numerical Algorithms,
 * 2002, section 3.1). Euclidean: |t|^2 - 2 q.t is compared with (k-th best) - |q|^2; cosine: -q.t / |t| with
 * ((k-th best) - 1) |q|. To the limit is added a bound for all roundings, taken at the longest row. Where norms are
 * so large or small that f32 products would overflow or vanish, the limit is NaN, which lets every row through.
 */
#include <base/alloc.h>
#include <base/error.h>
#include <math.h>
#include <math/neighbours_index.h>
#include <stdlib.h>

enum {
  QUERIES_MAX = LNTI_GEMM_BLOCK, /* of a chunk */
  COLUMNS = 1024,                /* rows of the index in a block of products */
  ROWS_PER_CHUNK = 1024          /* when making the index */
};

#define ROUNDING 5.9604644775390625e-8 /* 2^-24 */
#define NORM_LEAST 1e-15
#define NORM_MOST 1e15

static lnti_f32_next next_of(lnt_cpu_level level) {
#if LNTI_KERNELS_X86
  if (level >= LNT_CPU_AVX512) return lnti_f32_next_avx512;
  if (level >= LNT_CPU_AVX2) return lnti_f32_next_avx2;
#endif
  (void)level;
  return lnti_f32_next_generic;
}

/* ---- the index ---- */

static lnt_status measure_rows(void *payload, size_t begin, size_t end, unsigned worker, lnt_error *err) {
  lnti_neighbours *index = payload;
  (void)worker;
  for (size_t i = begin; i < end; i++) {
    const float *row = lnti_matrix_row(&index->rows, i);
    double norm = lnti_exact_dot(row, row, index->rows.d);
    /* Squares of finite floats never overflow a double. */
    if (!isfinite(norm)) return lnti_fail(err, LNT_EDATA, "row %zu holds a number that is not finite", i);
    bool euclidean = index->metric == LNTI_EUCLIDEAN;
    index->norm[i] = norm;
    index->offset[i] = euclidean ? (float)fmin(norm, NORM_MOST * NORM_MOST) : 0;
    index->scale[i] = euclidean ? -2 : norm > 0 ? (float)(-1 / fmax(sqrt(norm), NORM_LEAST)) : 0;
  }
  return LNT_OK;
}

static bool norm_is_screened(double root) {
  return root == 0 || (root >= NORM_LEAST && root <= NORM_MOST);
}

lnt_status lnti_index_f32(lnti_neighbours *index, const lnti_context *context, lnt_error *err) {
  size_t n = index->rows.n;
  lnti_blas_init();
  index->level = context->cpu;
  index->next = next_of(context->cpu);
  lnt_status status = lnti_alloc(&index->norm, n, sizeof *index->norm, err);
  if (status == LNT_OK) status = lnti_alloc_aligned(&index->offset, n, sizeof *index->offset, err);
  if (status == LNT_OK) status = lnti_alloc_aligned(&index->scale, n, sizeof *index->scale, err);
  if (status != LNT_OK) return status;
  status = lnti_pool_for(context->pool, n, ROWS_PER_CHUNK, measure_rows, index, context->cancel, err);
  if (status != LNT_OK) return status;
  index->screened = (double)index->rows.d * ROUNDING < 0.1;
  for (size_t i = 0; i < n; i++) {
    double root = sqrt(index->norm[i]);
    if (root > index->norm_root) index->norm_root = root;
    if (!norm_is_screened(root)) index->screened = false;
  }
  return LNT_OK;
}

/* ---- the search ---- */

size_t lnti_search_f32_grain(const lnti_neighbours *index) {
  (void)index;
  return QUERIES_MAX;
}

/* What one chunk of queries keeps. */
typedef struct block {
  const lnti_search *search;
  size_t begin, n;    /* its queries */
  float *product;     /* [n,COLUMNS] */
  float *workspace;   /* of the products */
  lnti_nearest *list; /* [n,k] */
  double *norm;       /* [n] squared norms of the queries */
  float *limit;       /* [n] what the screened value must be below; NaN: everything passes */
} block;

static void block_clear(block *b) {
  free(b->product);
  free(b->workspace);
  free(b->list);
  free(b->norm);
  free(b->limit);
}

static lnt_status block_init(block *b, const lnti_search *search, size_t begin, size_t end, lnt_error *err) {
  size_t n = end - begin;
  *b = (block){.search = search, .begin = begin, .n = n};
  lnt_status status = lnti_alloc_aligned(&b->product, n * COLUMNS, sizeof *b->product, err);
  if (status == LNT_OK) {
    status = lnti_alloc_aligned(&b->workspace, LNTI_GEMM_WORKSPACE, sizeof *b->workspace, err);
  }
  if (status == LNT_OK) status = lnti_alloc(&b->list, n * search->k, sizeof *b->list, err);
  if (status == LNT_OK) status = lnti_alloc(&b->norm, n, sizeof *b->norm, err);
  if (status == LNT_OK) status = lnti_alloc(&b->limit, n, sizeof *b->limit, err);
  for (size_t i = 0; i < n && status == LNT_OK; i++) {
    const float *query = lnti_matrix_row(&search->queries, begin + i);
    b->norm[i] = lnti_exact_dot(query, query, search->queries.d);
    b->limit[i] = NAN;
    if (!isfinite(b->norm[i])) {
      status = lnti_fail(err, LNT_EDATA, "query %zu holds a number that is not finite", begin + i);
    }
  }
  if (status != LNT_OK) {
    block_clear(b);
    return status;
  }
  lnti_nearest_clear(b->list, n * search->k);
  return LNT_OK;
}

/* The limit for a query of squared norm `norm` whose k-th best is at `worst`; the head explains. */
static float limit_of(const lnti_neighbours *index, double norm, double worst) {
  double d = (double)index->rows.d, q = sqrt(norm), t = index->norm_root;
  if (!index->screened || !norm_is_screened(q) || !(worst < INFINITY)) return NAN;
  if (worst <= 0) return -INFINITY; /* nothing is nearer than that, and equals come too late */
  double g = 1.2 * (d + 8) * ROUNDING, vanished = d * 1.2e-38;
  double limit, error;
  if (index->metric == LNTI_EUCLIDEAN) {
    limit = worst - norm;
    error = 2 * g * q * t + 4 * ROUNDING * (t * t + 2 * q * t) + 2 * vanished;
  } else {
    limit = (worst - 1) * q;
    error = (g + 4 * ROUNDING) * q + vanished / NORM_LEAST;
  }
  return (float)(limit + error + 4 * ROUNDING * fabs(limit));
}

/* Measures row `at` of the index against query i of the block. */
static void measure(block *b, size_t i, size_t at) {
  const lnti_search *search = b->search;
  const lnti_neighbours *index = search->index;
  lnti_nearest *list = b->list + i * search->k;
  const float *query = lnti_matrix_row(&search->queries, b->begin + i), *row = lnti_matrix_row(&index->rows, at);
  double distance = 0;
  if (index->metric == LNTI_EUCLIDEAN) {
    distance = lnti_exact_squared(query, row, index->rows.d);
  } else {
    distance = lnti_cosine_distance(lnti_exact_dot(query, row, index->rows.d), b->norm[i], index->norm[at]);
  }
  if (!(distance < list[search->k - 1].distance)) return;
  lnti_nearest_insert(list, search->k, distance, (uint32_t)at);
  b->limit[i] = limit_of(index, b->norm[i], list[search->k - 1].distance);
}

/* The block's queries against rows [first, first + count) of the index. */
static void compare(block *b, size_t first, size_t count) {
  const lnti_search *search = b->search;
  const lnti_neighbours *index = search->index;
  lnti_sgemm_nt(b->product, COLUMNS, lnti_matrix_row(&search->queries, b->begin), search->queries.stride,
                lnti_matrix_row(&index->rows, first), index->rows.stride, b->n, count, index->rows.d, index->level,
                b->workspace);
  for (size_t i = 0; i < b->n; i++) {
    const float *product = b->product + i * COLUMNS, *offset = index->offset + first, *scale = index->scale + first;
    size_t skip = search->skip != NULL ? search->skip[b->begin + i] : SIZE_MAX;
    size_t j = index->next(product, offset, scale, b->limit[i], 0, count);
    for (; j < count; j = index->next(product, offset, scale, b->limit[i], j + 1, count)) {
      if (first + j != skip) measure(b, i, first + j);
    }
  }
}

lnt_status lnti_search_f32(void *payload, size_t begin, size_t end, unsigned worker, lnt_error *err) {
  const lnti_search *search = payload;
  size_t rows = search->index->rows.n, k = search->k;
  block b;
  (void)worker;
  lnt_status status = block_init(&b, search, begin, end, err);
  if (status != LNT_OK) return status;
  for (size_t first = 0; first < rows && status == LNT_OK; first += COLUMNS) {
    compare(&b, first, rows - first < COLUMNS ? rows - first : COLUMNS);
    status = lnti_cancel_check(search->cancel, err);
  }
  for (size_t i = 0; i < b.n && status == LNT_OK; i++) {
    size_t at = (begin + i) * k;
    lnti_nearest_write(search->row + at, search->distance != NULL ? search->distance + at : NULL, b.list + i * k, k);
  }
  block_clear(&b);
  return status;
}
