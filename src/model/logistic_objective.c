/*
 * Loss and gradient of logistic regression, multinomial or a label each, summed over the rows.
 *
 * A row is read once: a block of rows that fits the L2 cache is made f32 (u8 features), multiplied forward, turned
 * into probabilities, and multiplied backward while it is still there. Up to LNTI_NARROW_MAX classes the products are
 * our own narrow kernels; above it they are OpenBLAS's, on transposed copies of the block.
 *
 * Invariant: a slab is a fixed range of rows with its own accumulators, whoever runs it.
 */
#include <base/alloc.h>
#include <math.h>
#include <math/gemm.h>
#include <model/logistic_parts.h>
#include <stdlib.h>
#include <string.h>

enum { SLABS_MAX = 16, SLAB_ROWS_MIN = 512, BLOCK_BYTES = 256 << 10, ACCUMULATOR_BYTES_MAX = 256 << 20 };

/* Scratch of one worker. */
typedef struct scratch {
  float *x;        /* [block,d] */
  float *z;        /* [block,lanes] */
  float *xt;       /* [d,block] wide only */
  float *pt;       /* [k,block] wide only */
  float *product;  /* [d,lanes] wide only */
  double *log_sum; /* [block] */
  double *loss;    /* [2,lanes] of labels: products of 1 + exp(-|z|), by no and yes */
  float *power;    /* [lanes] of labels: exp(-|z|) of a row */
} scratch;

struct lnti_logistic_sums {
  size_t d, k, lanes, block;
  bool wide;
  unsigned n_workers;
  size_t slabs;
  scratch *worker;  /* [n_workers] */
  float *gradient;  /* [slabs,d + 1,lanes] */
  float *wt;        /* [k,d] the weights transposed; wide only */
  float *workspace; /* [n_workers,lnti_gemm_workspace()] of the products; wide only */
  double loss[SLABS_MAX];
};

size_t lnti_logistic_block_rows(size_t d) {
  size_t rows = BLOCK_BYTES / sizeof(float) / d;
  if (rows > 512) return 512;
  return rows < 16 ? 16 : rows / 16 * 16;
}

/* How many slabs n rows are cut into: a matter of shape alone. */
static size_t count_slabs(size_t n, size_t d, size_t lanes) {
  size_t slabs = n / SLAB_ROWS_MIN;
  size_t fit = ACCUMULATOR_BYTES_MAX / sizeof(float) / lanes / (d + 1);
  if (slabs > SLABS_MAX) slabs = SLABS_MAX;
  if (slabs > fit) slabs = fit;
  return slabs ? slabs : 1;
}

void lnti_logistic_sums_free(lnti_logistic_sums *sums) {
  if (!sums) return;
  for (unsigned i = 0; sums->worker && i < sums->n_workers; i++) {
    scratch *s = &sums->worker[i];
    free(s->power);
    free(s->loss);
    free(s->log_sum);
    free(s->product);
    free(s->pt);
    free(s->xt);
    free(s->z);
    free(s->x);
  }
  free(sums->workspace);
  free(sums->wt);
  free(sums->gradient);
  free(sums->worker);
  free(sums);
}

static lnt_status scratch_init(scratch *s, const lnti_logistic_sums *sums, lnti_dtype dtype, lnt_error *err) {
  lnt_status status = lnti_alloc_aligned(&s->z, sums->block, sums->lanes * sizeof(float), err);
  if (status == LNT_OK) status = lnti_alloc(&s->log_sum, sums->block, sizeof(double), err);
  if (status == LNT_OK) status = lnti_alloc(&s->loss, 2 * sums->lanes, sizeof(double), err);
  if (status == LNT_OK) status = lnti_alloc_aligned(&s->power, sums->lanes, sizeof(float), err);
  if (status == LNT_OK && dtype != LNTI_F32)
    status = lnti_alloc_aligned(&s->x, sums->block, sums->d * sizeof(float), err);
  if (status != LNT_OK || !sums->wide) return status;
  status = lnti_alloc_aligned(&s->xt, sums->block, sums->d * sizeof(float), err);
  if (status == LNT_OK) status = lnti_alloc_aligned(&s->pt, sums->block, sums->k * sizeof(float), err);
  if (status == LNT_OK) status = lnti_alloc_aligned(&s->product, sums->d, sums->lanes * sizeof(float), err);
  return status;
}

lnt_status lnti_logistic_sums_new(lnti_logistic_sums **out, size_t n, size_t d, size_t k, lnti_dtype dtype,
                                  const lnti_context *context, lnt_error *err) {
  lnti_logistic_sums *sums = NULL;
  lnt_status status = lnti_alloc_zero(&sums, 1, sizeof *sums, err);
  if (status != LNT_OK) return status;
  sums->d = d;
  sums->k = k;
  sums->lanes = lnti_lanes(k);
  sums->wide = k > LNTI_NARROW_MAX;
  sums->block = lnti_logistic_block_rows(d);
  sums->n_workers = lnti_pool_size(context->pool);
  sums->slabs = count_slabs(n, d, sums->lanes);
  status = lnti_alloc_zero(&sums->worker, sums->n_workers, sizeof *sums->worker, err);
  if (status == LNT_OK)
    status = lnti_alloc_aligned(&sums->gradient, sums->slabs, (d + 1) * sums->lanes * sizeof(float), err);
  if (status == LNT_OK && sums->wide) status = lnti_alloc_aligned(&sums->wt, k, d * sizeof(float), err);
  if (status == LNT_OK && sums->wide)
    status = lnti_alloc_aligned(&sums->workspace, sums->n_workers, lnti_gemm_workspace() * sizeof(float), err);
  for (unsigned i = 0; i < sums->n_workers && status == LNT_OK; i++)
    status = scratch_init(&sums->worker[i], sums, dtype, err);
  if (status != LNT_OK) {
    lnti_logistic_sums_free(sums);
    return status;
  }
  *out = sums;
  return LNT_OK;
}

/* out [columns,rows] (row stride ld) = in [rows,columns] (row stride ld_in), by tiles that stay in cache. */
static void transpose(float *out, size_t ld, const float *in, size_t ld_in, size_t rows, size_t columns) {
  enum { TILE = 16 };
  for (size_t r0 = 0; r0 < rows; r0 += TILE)
    for (size_t c0 = 0; c0 < columns; c0 += TILE)
      for (size_t r = r0; r < rows && r < r0 + TILE; r++)
        for (size_t c = c0; c < columns && c < c0 + TILE; c++) out[c * ld + r] = in[r * ld_in + c];
}

/* One evaluation, as the chunks see it. */
typedef struct evaluation {
  lnti_logistic_sums *sums;
  const lnti_logistic_data *data;
  const float *w, *bias;
  const lnti_context *context;
} evaluation;

/* z = bias + x w of one block. */
static lnt_status forward(float *z, const evaluation *e, const float *x, size_t ldx, size_t n, lnt_error *err) {
  const lnti_logistic_sums *sums = e->sums;
  if (!sums->wide) {
    lnti_narrow_forward(z, x, ldx, e->w, e->bias, n, sums->d, sums->lanes, e->context->cpu);
    return LNT_OK;
  }
  lnt_status status = lnti_gemm_nt_with(z, sums->lanes, x, ldx, sums->wt, sums->d, n, sums->k, sums->d, sums->workspace,
                                        e->context, err);
  for (size_t i = 0; i < n && status == LNT_OK; i++)
    for (size_t c = 0; c < sums->k; c++) z[i * sums->lanes + c] += e->bias[c];
  return status;
}

/* g += x^T p of one block. */
static lnt_status backward(float *g, const evaluation *e, scratch *s, const float *x, size_t ldx, size_t n,
                           lnt_error *err) {
  const lnti_logistic_sums *sums = e->sums;
  size_t lanes = sums->lanes, d = sums->d;
  if (!sums->wide) {
    lnti_narrow_backward(g, x, ldx, s->z, n, d, lanes, e->context->cpu);
    return LNT_OK;
  }
  transpose(s->xt, n, x, ldx, n, d);
  transpose(s->pt, n, s->z, lanes, n, sums->k);
  lnt_status status =
      lnti_gemm_nt_with(s->product, lanes, s->xt, n, s->pt, n, d, sums->k, n, sums->workspace, e->context, err);
  for (size_t j = 0; j < d && status == LNT_OK; j++)
    for (size_t c = 0; c < sums->k; c++) g[j * lanes + c] += s->product[j * lanes + c];
  return status;
}

/* lnti_softmax_rows for more lanes than that takes. */
static void softmax_wide(float *z, double *log_sum, size_t n, size_t k, size_t lanes, lnt_cpu_level cpu) {
  for (size_t i = 0; i < n; i++) {
    float *row = z + i * lanes;
    float most = row[0];
    double sum = 0;
    for (size_t c = 1; c < k; c++) most = row[c] > most ? row[c] : most;
    for (size_t c = 0; c < k; c++) row[c] -= most;
    lnti_exp_nonpositive(row, row, k, cpu);
    for (size_t c = 0; c < k; c++) sum += (double)row[c];
    for (size_t c = 0; c < k; c++) row[c] = (float)((double)row[c] / sum);
    for (size_t c = k; c < lanes; c++) row[c] = 0;
    log_sum[i] = (double)most + log(sum);
  }
}

/* One row of labels: its logits become weighted residuals, 0 where it is unknown. What 1 + exp(-|z|) adds to the losses
 * is multiplied up, for one logarithm a block; the rest is returned. */
static double label_row(float *z, const int8_t *truth, const evaluation *e, scratch *s) {
  const lnti_logistic_data *data = e->data;
  size_t lanes = e->sums->lanes, k = e->sums->k;
  float *power = s->power;
  double loss = 0;
  for (size_t c = 0; c < k; c++) power[c] = -fabsf(z[c]);
  lnti_exp_nonpositive(power, power, k, e->context->cpu);
  for (size_t c = 0; c < k; c++) {
    int8_t y = truth[data->label_of[c]];
    if (y < 0) {
      z[c] = 0;
      continue;
    }
    double weight = y ? data->lane_weight[c] : data->no_weight[c];
    float most = z[c] > 0 ? z[c] : 0, p = (z[c] > 0 ? 1 : power[c]) / (1 + power[c]);
    loss += weight * ((double)most - (y ? (double)z[c] : 0));
    s->loss[(size_t)y * lanes + c] *= 1 + (double)power[c];
    z[c] = (float)weight * (p - (float)y);
  }
  for (size_t c = k; c < lanes; c++) z[c] = 0;
  return loss;
}

/* residuals, of labels. */
static double label_residuals(scratch *s, float *g_bias, const evaluation *e, size_t begin, size_t n) {
  const lnti_logistic_data *data = e->data;
  size_t lanes = e->sums->lanes, k = e->sums->k;
  double loss = 0;
  for (size_t c = 0; c < 2 * lanes; c++) s->loss[c] = 1; /* at most 2^512 after a block */
  for (size_t i = 0; i < n; i++) {
    float *z = s->z + i * lanes;
    loss += label_row(z, data->truth + (begin + i) * data->label_step * data->n_labels, e, s);
    for (size_t c = 0; c < lanes; c++) g_bias[c] += z[c];
  }
  for (size_t c = 0; c < k; c++)
    loss += data->no_weight[c] * log(s->loss[c]) + data->lane_weight[c] * log(s->loss[lanes + c]);
  return loss;
}

/* Turns the logits of rows [begin,begin + n) into weighted residuals; adds to g_bias [lanes]; returns the loss. */
static double residuals(scratch *s, float *g_bias, const evaluation *e, size_t begin, size_t n) {
  const lnti_logistic_data *data = e->data;
  size_t lanes = e->sums->lanes, k = e->sums->k;
  double loss = 0;
  for (size_t i = 0; i < n; i++) {
    size_t lane = (size_t)data->lane_of[data->label[(begin + i) * data->label_step]];
    loss -= data->lane_weight[lane] * (double)s->z[i * lanes + lane];
  }
  if (e->sums->wide)
    softmax_wide(s->z, s->log_sum, n, k, lanes, e->context->cpu);
  else
    lnti_softmax_rows(s->z, s->log_sum, n, k, lanes, e->context->cpu);
  for (size_t i = 0; i < n; i++) {
    size_t lane = (size_t)data->lane_of[data->label[(begin + i) * data->label_step]];
    double weight = data->lane_weight[lane];
    float *p = s->z + i * lanes;
    loss += weight * s->log_sum[i];
    p[lane] -= 1.0F;
    if (weight != 1.0)
      for (size_t c = 0; c < k; c++) p[c] *= (float)weight;
    for (size_t c = 0; c < lanes; c++) g_bias[c] += p[c];
  }
  return loss;
}

static lnt_status run_slab(const evaluation *e, size_t slab, scratch *s, lnt_error *err) {
  lnti_logistic_sums *sums = e->sums;
  const lnti_matrix *x = &e->data->x;
  size_t lanes = sums->lanes, n_gradient = (sums->d + 1) * lanes;
  /* In whole steps of rows and a remainder, so that no product of sizes can overflow. */
  size_t each = x->n / sums->slabs, over = x->n % sums->slabs;
  size_t begin = slab * each + (slab < over ? slab : over);
  size_t end = begin + each + (slab < over ? 1 : 0);
  float *g = sums->gradient + slab * n_gradient;
  memset(g, 0, n_gradient * sizeof *g);
  double loss = 0;
  for (size_t row = begin; row < end; row += sums->block) {
    size_t n = end - row < sums->block ? end - row : sums->block;
    const float *block = s->x;
    size_t ldx = sums->d;
    if (x->dtype == LNTI_F32) {
      block = lnti_matrix_row(x, row);
      ldx = x->stride;
    } else {
      lnti_matrix_to_f32(s->x, x, row, row + n);
    }
    lnt_status status = forward(s->z, e, block, ldx, n, err);
    if (status != LNT_OK) return status;
    loss += e->data->truth ? label_residuals(s, g + sums->d * lanes, e, row, n)
                           : residuals(s, g + sums->d * lanes, e, row, n);
    status = backward(g, e, s, block, ldx, n, err);
    if (status != LNT_OK) return status;
  }
  sums->loss[slab] = loss;
  return LNT_OK;
}

static lnt_status run_slabs(void *payload, size_t begin, size_t end, unsigned worker, lnt_error *err) {
  const evaluation *e = payload;
  for (size_t slab = begin; slab < end; slab++) {
    lnt_status status = run_slab(e, slab, &e->sums->worker[worker], err);
    if (status != LNT_OK) return status;
  }
  return LNT_OK;
}

lnt_status lnti_logistic_sums_run(double *loss_out, float *gradient, lnti_logistic_sums *sums,
                                  const lnti_logistic_data *data, const float *w, const float *bias,
                                  const lnti_context *context, lnt_error *err) {
  evaluation e = {sums, data, w, bias, context};
  size_t n_gradient = (sums->d + 1) * sums->lanes;
  if (sums->wide) transpose(sums->wt, sums->d, w, sums->lanes, sums->d, sums->k);
  lnt_status status = lnti_pool_for(context->pool, sums->slabs, 1, run_slabs, &e, context->cancel, err);
  if (status != LNT_OK) return status;
  double loss = 0;
  for (size_t s = 0; s < sums->slabs; s++) loss += sums->loss[s];
  for (size_t i = 0; i < n_gradient; i++) {
    double sum = 0;
    for (size_t s = 0; s < sums->slabs; s++) sum += (double)sums->gradient[s * n_gradient + i];
    gradient[i] = (float)sum;
  }
  *loss_out = loss;
  return LNT_OK;
}
