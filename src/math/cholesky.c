/*
 * Products with the own transpose, and Cholesky's factorisation. Both keep to the lower triangle, cut into pieces by shape
 * alone.
 */
#include <math/cholesky.h>

#include <assert.h>
#include <base/alloc.h>
#include <base/error.h>
#include <base/threads.h>
#include <math.h>
#include <math/gemm.h>
#include <stdlib.h>

enum { GRAM_ROWS = 256, BLOCK = 64, LANES = 8 };

/* ---- A A^T ---- */

typedef struct gram {
  double *g;
  const float *a;
  size_t lda, m, depth;
  float *tile;      /* [workers,GRAM_ROWS,m] */
  float *workspace; /* [workers,lnti_gemm_workspace()] */
  lnti_context alone;
} gram;

static double square_sum(const float *x, size_t n) {
  double sum = 0;
  for (size_t i = 0; i < n; i++) sum += (double)x[i] * (double)x[i];
  return sum;
}

/* Block `block` of GRAM_ROWS rows, up to the diagonal. */
static lnt_status gram_block(void *payload, size_t block, size_t end, unsigned worker, lnt_error *err) {
  const gram *p = payload;
  (void)end;
  size_t row = block * GRAM_ROWS, rows = p->m - row < GRAM_ROWS ? p->m - row : GRAM_ROWS, columns = row + rows;
  float *tile = p->tile + worker * GRAM_ROWS * p->m;
  lnt_status status = lnti_gemm_nt_with(tile, columns, p->a + row * p->lda, p->lda, p->a, p->lda, rows, columns,
                                        p->depth, p->workspace + worker * lnti_gemm_workspace(), &p->alone, err);
  for (size_t i = 0; i < rows && status == LNT_OK; i++) {
    double *g = p->g + (row + i) * p->m;
    for (size_t j = 0; j < row + i; j++) g[j] += (double)tile[i * columns + j];
    g[row + i] += square_sum(p->a + (row + i) * p->lda, p->depth);
  }
  return status;
}

lnt_status lnti_gram_add(double *g, const float *a, size_t lda, size_t m, size_t depth, const lnti_context *context,
                         lnt_error *err) {
  gram p = {.g = g, .a = a, .lda = lda, .m = m, .depth = depth, .alone = {.cpu = context->cpu}};
  unsigned workers = lnti_pool_size(context->pool);
  assert(depth <= LNTI_GRAM_DEPTH);
  lnt_status status = lnti_alloc_aligned(&p.tile, workers, GRAM_ROWS * m * sizeof(float), err);
  if (status == LNT_OK) status = lnti_alloc_aligned(&p.workspace, workers, lnti_gemm_workspace() * sizeof(float), err);
  if (status == LNT_OK)
    status = lnti_pool_for(context->pool, (m + GRAM_ROWS - 1) / GRAM_ROWS, 1, gram_block, &p, context->cancel, err);
  free(p.workspace);
  free(p.tile);
  return status;
}

/* ---- factorisation ---- */

/* By LANES partial sums, as vectors take them. */
static double dot(const double *a, const double *b, size_t n) {
  double part[LANES] = {0}, sum = 0;
  size_t i = 0;
  for (; i + LANES <= n; i += LANES)
    for (size_t l = 0; l < LANES; l++) part[l] += a[i + l] * b[i + l];
  for (; i < n; i++) sum += a[i] * b[i];
  for (size_t l = 0; l < LANES; l++) sum += part[l];
  return sum;
}

typedef struct factor {
  double *a;
  size_t n, first, last; /* the columns of the block */
} factor;

/* Rows below the block's own: all columns of the block. */
static lnt_status factor_rows(void *payload, size_t begin, size_t end, unsigned worker, lnt_error *err) {
  const factor *f = payload;
  (void)worker;
  (void)err;
  for (size_t i = f->last + begin; i < f->last + end; i++) {
    double *row = f->a + i * f->n;
    for (size_t j = f->first; j < f->last; j++) {
      const double *l = f->a + j * f->n;
      row[j] = (row[j] - dot(row, l, j)) / l[j];
    }
  }
  return LNT_OK;
}

/* The block's own rows. */
static lnt_status factor_corner(const factor *f, lnt_error *err) {
  for (size_t i = f->first; i < f->last; i++) {
    double *row = f->a + i * f->n;
    for (size_t j = f->first; j < i; j++) row[j] = (row[j] - dot(row, f->a + j * f->n, j)) / f->a[j * f->n + j];
    double pivot = row[i] - dot(row, row, i);
    if (!(pivot > 1e-12 * row[i])) return lnti_fail(err, LNT_EDATA, "row %zu of the system is one of those above", i);
    row[i] = sqrt(pivot);
  }
  return LNT_OK;
}

lnt_status lnti_cholesky_factor(double *a, size_t n, const lnti_context *context, lnt_error *err) {
  lnt_status status = LNT_OK;
  for (size_t first = 0; first < n && status == LNT_OK; first += BLOCK) {
    factor f = {a, n, first, n - first < BLOCK ? n : first + BLOCK};
    status = factor_corner(&f, err);
    if (status == LNT_OK)
      status = lnti_pool_for(context->pool, n - f.last, BLOCK, factor_rows, &f, context->cancel, err);
  }
  return status;
}

void lnti_cholesky_solve(double *x, const double *l, size_t n) {
  for (size_t i = 0; i < n; i++) x[i] = (x[i] - dot(l + i * n, x, i)) / l[i * n + i];
  for (size_t i = n; i-- > 0;) {
    x[i] /= l[i * n + i];
    for (size_t j = 0; j < i; j++) x[j] -= l[i * n + j] * x[i];
  }
}
