/*
 * Scaling of the variables of a logistic regression: standardisation, which is part of the model, and
 * preconditioning, which only makes the way to the minimum shorter.
 *
 * Neither touches the rows. Both are changes of the [d,lanes] weights, so the passes over the data see bare
 * features, and what comes out is folded into one affine map of those.
 */
#include <base/alloc.h>
#include <base/error.h>
#include <math.h>
#include <math/gemm.h>
#include <model/logistic_parts.h>
#include <stdlib.h>
#include <string.h>

enum { MOMENT_SLABS = 16, SAMPLE_PER_FEATURE = 8 };

void lnti_logistic_scale_clear(lnti_logistic_scale *scale) {
  free(scale->factor);
  free(scale->inverse);
  free(scale->mean);
  *scale = (lnti_logistic_scale){0};
}

/* Sums over the rows, one set a slab. */
typedef struct moments {
  const lnti_matrix *x;
  double *sum;    /* [MOMENT_SLABS,d] of x - first row */
  double *square; /* [MOMENT_SLABS,d] of its square */
  float *block;   /* [workers,block,d] */
  size_t block_rows;
} moments;

/* Sums of one block of f32 rows [n,d], taken relative to `shift` [d], so that the squares lose nothing. */
static void add_block(double *sum, double *square, const float *block, size_t n, size_t d, const float *shift) {
  enum { TILE = 64 };
  for (size_t j0 = 0; j0 < d; j0 += TILE) {
    float s[TILE] = {0}, q[TILE] = {0};
    size_t width = d - j0 < TILE ? d - j0 : TILE;
    for (size_t i = 0; i < n; i++) {
      const float *row = block + i * d + j0;
      for (size_t j = 0; j < width; j++) {
        float v = row[j] - shift[j0 + j];
        s[j] += v;
        q[j] += v * v;
      }
    }
    for (size_t j = 0; j < width; j++) {
      sum[j0 + j] += (double)s[j];
      square[j0 + j] += (double)q[j];
    }
  }
}

static lnt_status add_slabs(void *payload, size_t begin, size_t end, unsigned worker, lnt_error *err) {
  const moments *m = payload;
  size_t d = m->x->d, n = m->x->n;
  float *block = m->block + worker * (m->block_rows + 1) * d;
  float *shift = block + m->block_rows * d;
  (void)err;
  lnti_matrix_to_f32(shift, m->x, 0, 1);
  for (size_t slab = begin; slab < end; slab++) {
    size_t each = n / MOMENT_SLABS, over = n % MOMENT_SLABS;
    size_t row = slab * each + (slab < over ? slab : over);
    size_t last = row + each + (slab < over ? 1 : 0);
    for (; row < last; row += m->block_rows) {
      size_t rows = last - row < m->block_rows ? last - row : m->block_rows;
      lnti_matrix_to_f32(block, m->x, row, row + rows);
      add_block(m->sum + slab * d, m->square + slab * d, block, rows, d, shift);
    }
  }
  return LNT_OK;
}

/* Means and variances from the slabs' sums, in double; variance may be m->square. */
static void reduce_moments(float *mean, double *variance, const moments *m) {
  size_t d = m->x->d;
  double n = (double)m->x->n;
  for (size_t j = 0; j < d; j++) {
    double sum = 0, square = 0;
    for (size_t s = 0; s < MOMENT_SLABS; s++) {
      sum += m->sum[s * d + j];
      square += m->square[s * d + j];
    }
    float first;
    lnti_matrix row = lnti_matrix_rows(m->x, 0, 1);
    first = row.dtype == LNTI_F32 ? ((const float *)row.data)[j] : (float)((const uint8_t *)row.data)[j];
    mean[j] = (float)((double)first + sum / n);
    double v = square / n - sum / n * (sum / n);
    variance[j] = v < 0 ? 0 : v;
  }
}

/* LNT_EDATA where squares overflowed: values beyond about 1e18. */
static lnt_status check_variances(const double *variance, size_t d, lnt_error *err) {
  for (size_t j = 0; j < d; j++)
    if (!isfinite(variance[j]))
      return lnti_fail(err, LNT_EDATA, "value %zu of the features is too large in some rows: keep them below 1e18", j);
  return LNT_OK;
}

/* 1 / scale from variances. A variance that is rounding error of the mean counts as none. */
static void invert_scales(float *inverse, const double *variance, const float *mean, size_t d, bool standardise) {
  double total = 0;
  for (size_t j = 0; j < d; j++) total += variance[j];
  double least = LNTI_LOGISTIC_FLOOR * sqrt(total / (double)d);
  for (size_t j = 0; j < d; j++) {
    double deviation = sqrt(variance[j]);
    bool constant = deviation <= 1e-6 * fabs((double)mean[j]) || deviation < 1e-30;
    double scale = deviation > least ? deviation : least;
    if (!standardise) scale = 1;
    inverse[j] = constant ? 0.0F : (float)(1 / scale);
  }
}

lnt_status lnti_logistic_scale_new(lnti_logistic_scale *out, const lnti_matrix *x, bool standardise,
                                   const lnti_context *context, lnt_error *err) {
  lnti_logistic_scale scale = {.d = x->d};
  moments m = {.x = x, .block_rows = lnti_logistic_block_rows(x->d)};
  unsigned workers = lnti_pool_size(context->pool);
  lnt_status status = lnti_alloc(&scale.mean, x->d, sizeof(float), err);
  if (status == LNT_OK) status = lnti_alloc(&scale.inverse, x->d, sizeof(float), err);
  if (status == LNT_OK) status = lnti_alloc_zero(&m.sum, MOMENT_SLABS, x->d * sizeof(double), err);
  if (status == LNT_OK) status = lnti_alloc_zero(&m.square, MOMENT_SLABS, x->d * sizeof(double), err);
  if (status == LNT_OK) status = lnti_alloc_aligned(&m.block, workers, (m.block_rows + 1) * x->d * sizeof(float), err);
  if (status == LNT_OK) status = lnti_pool_for(context->pool, MOMENT_SLABS, 1, add_slabs, &m, context->cancel, err);
  if (status == LNT_OK) {
    reduce_moments(scale.mean, m.square, &m);
    status = check_variances(m.square, x->d, err);
  }
  if (status == LNT_OK) {
    invert_scales(scale.inverse, m.square, scale.mean, x->d, standardise);
    *out = scale;
    scale = (lnti_logistic_scale){0};
  }
  free(m.block);
  free(m.square);
  free(m.sum);
  lnti_logistic_scale_clear(&scale);
  return status;
}

/* out [d,n_sample] = the scaled features of evenly spread rows, transposed. */
static void sample_rows(float *out, float *row, const lnti_matrix *x, const lnti_logistic_scale *scale,
                        size_t n_sample) {
  for (size_t i = 0; i < n_sample; i++) {
    size_t at = (size_t)((double)i * (double)x->n / (double)n_sample);
    lnti_matrix_to_f32(row, x, at, at + 1);
    for (size_t j = 0; j < x->d; j++) out[j * n_sample + i] = (row[j] - scale->mean[j]) * scale->inverse[j];
  }
}

/* In place: the lower triangle of a [d,d] becomes its Cholesky factor. Pivots are kept above `least`, which only
 * makes the factor that of a slightly larger matrix. column [d] is scratch. */
static void cholesky(float *a, float *column, size_t d, float least) {
  for (size_t j = 0; j < d; j++) {
    float pivot = a[j * d + j];
    float root = sqrtf(pivot > least ? pivot : least);
    a[j * d + j] = root;
    for (size_t i = j + 1; i < d; i++) column[i] = a[i * d + j] /= root;
    for (size_t i = j + 1; i < d; i++) {
      float factor = column[i];
      float *row = a + i * d;
      for (size_t c = j + 1; c <= i; c++) row[c] -= factor * column[c];
    }
  }
}

lnt_status lnti_logistic_precondition(lnti_logistic_scale *scale, const lnti_matrix *x, double curvature, double ridge,
                                      const lnti_context *context, lnt_error *err) {
  size_t d = x->d, n_sample = SAMPLE_PER_FEATURE * d < x->n ? SAMPLE_PER_FEATURE * d : x->n;
  float *sample = NULL; /* [d,n_sample] */
  float *factor = NULL; /* [d,d] */
  float *row = NULL;    /* [d] */
  lnt_status status = lnti_alloc_aligned(&sample, d, n_sample * sizeof(float), err);
  if (status == LNT_OK) status = lnti_alloc_aligned(&factor, d, d * sizeof(float), err);
  if (status == LNT_OK) status = lnti_alloc(&row, d, sizeof(float), err);
  if (status == LNT_OK) {
    sample_rows(sample, row, x, scale, n_sample);
    status = lnti_gemm_nt(factor, d, sample, n_sample, sample, n_sample, d, d, n_sample, context, err);
  }
  if (status == LNT_OK) {
    float unit = (float)(curvature / (double)n_sample);
    for (size_t i = 0; i < d * d; i++) factor[i] *= unit;
    for (size_t j = 0; j < d; j++) factor[j * d + j] += (float)ridge;
    cholesky(factor, row, d, (float)ridge);
    free(scale->factor);
    scale->factor = factor;
    factor = NULL;
  }
  free(row);
  free(factor);
  free(sample);
  return status;
}

/* Solves factor^T v = u from the last row up. */
void lnti_logistic_u_to_v(float *u, const lnti_logistic_scale *scale, size_t lanes) {
  for (size_t j = scale->d; scale->factor && j-- > 0;) {
    const float *l = scale->factor + j * scale->d;
    float *v = u + j * lanes;
    for (size_t c = 0; c < lanes; c++) v[c] /= l[j];
    for (size_t i = 0; i < j; i++)
      for (size_t c = 0; c < lanes; c++) u[i * lanes + c] -= l[i] * v[c];
  }
}

/* u = factor^T v: row i takes from the rows below it, so it can be done in place from the first row on. */
void lnti_logistic_v_to_u(float *v, const lnti_logistic_scale *scale, size_t lanes) {
  for (size_t i = 0; scale->factor && i < scale->d; i++) {
    float *u = v + i * lanes;
    for (size_t c = 0; c < lanes; c++) u[c] *= scale->factor[i * scale->d + i];
    for (size_t j = i + 1; j < scale->d; j++)
      for (size_t c = 0; c < lanes; c++) u[c] += scale->factor[j * scale->d + i] * v[j * lanes + c];
  }
}

/* Solves factor g_u = g_v from the first row on. */
void lnti_logistic_gradient_to_u(float *g, const lnti_logistic_scale *scale, size_t lanes) {
  for (size_t j = 0; scale->factor && j < scale->d; j++) {
    const float *l = scale->factor + j * scale->d;
    float *out = g + j * lanes;
    for (size_t i = 0; i < j; i++)
      for (size_t c = 0; c < lanes; c++) out[c] -= l[i] * g[i * lanes + c];
    for (size_t c = 0; c < lanes; c++) out[c] /= l[j];
  }
}
