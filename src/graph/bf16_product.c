/*
 * Rows of f32 by a constant matrix: rounded to bf16 a cacheful at a time, multiplied by tiles, and f32 again. What a transformer spends
 * its time on.
 */
#include <graph/bf16_kernel.h>

#include <base/alloc.h>
#include <base/threads.h>
#include <graph/product.h>
#include <math/bf16.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = LNTI_BF16_ROWS, COLUMNS = LNTI_BF16_COLUMNS };

typedef struct product {
  lnti_bf16_kernel base;
  const lnti_bf16_kernels *kernels;
  size_t rows, columns, depth, row_step;
  size_t wide;  /* depth, filled up: numbers of a rounded row */
  size_t group; /* blocks of rows that are rounded and multiplied at a time */
  uint16_t *weights;
  float *bias; /* [columns, filled up] */
} product;

typedef struct running {
  const product *p;
  const float *in;
  float *out;
  uint16_t *rounded;
  size_t first, n; /* rows of this group */
} running;

static lnt_status round_rows(void *payload, size_t begin, size_t end, unsigned worker, lnt_error *err) {
  (void)worker;
  (void)err;
  const running *r = payload;
  const product *p = r->p;
  for (size_t i = begin; i < end; i++) {
    uint16_t *to = r->rounded + i * p->wide;
    size_t n = i < r->n ? p->depth : 0; /* tiles are whole */
    if (n > 0) p->kernels->narrow(to, r->in + (r->first + i) * p->row_step, n);
    memset(to + n, 0, (p->wide - n) * sizeof *to);
  }
  return LNT_OK;
}

static lnt_status multiply_columns(void *payload, size_t begin, size_t end, unsigned worker, lnt_error *err) {
  (void)worker;
  (void)err;
  static const size_t here = 0;
  const running *r = payload;
  const product *p = r->p;
  const size_t numbers = COLUMNS * p->wide, bytes = numbers * sizeof *p->weights;
  _Alignas(64) float sum[ROWS * COLUMNS];
  p->kernels->begin();
  for (size_t k = begin; k < end; k++) {
    const size_t column = k * COLUMNS, columns = p->columns - column < COLUMNS ? p->columns - column : COLUMNS;
    const char *ahead = k + 1 < end ? (const char *)(p->weights + (k + 1) * numbers) : NULL;
    for (size_t i = 0; i < r->n; i += ROWS) {
      const size_t n = r->n - i < ROWS ? r->n - i : ROWS, from = bytes * i / r->n / 64 * 64;
      const size_t to = bytes * (i + n) / r->n / 64 * 64;
      const lnti_bf16_rows rows = {
          .a = r->rounded + i * p->wide, .step = p->wide, .tap = &here, .taps = 1, .depth = p->wide};
      p->kernels->block(sum, &rows, n, p->weights + k * numbers, ahead ? ahead + from : NULL, ahead ? to - from : 0);
      p->kernels->put(r->out + (r->first + i) * p->columns + column, p->columns, sum, n, p->bias + column, columns);
    }
  }
  p->kernels->end();
  return LNT_OK;
}

static lnt_status run(const lnti_bf16_kernel *kernel, const lnti_call *call, lnt_error *err) {
  const product *p = (const product *)kernel;
  running r = {.p = p, .in = call->input[0]->data, .out = call->output[0].data, .rounded = call->scratch};
  lnti_pool *pool = call->context->pool;
  const lnti_cancel *cancel = call->context->cancel;
  const size_t threads = lnti_pool_size(pool), parts = (p->columns + COLUMNS - 1) / COLUMNS;
  lnt_status status = LNT_OK;
  for (r.first = 0; r.first < p->rows && !status; r.first += p->group * ROWS) {
    r.n = p->rows - r.first < p->group * ROWS ? p->rows - r.first : p->group * ROWS;
    size_t rounded = lnti_round_up(r.n, ROWS / 2);
    status = lnti_pool_for(pool, rounded, (rounded + threads - 1) / threads, round_rows, &r, cancel, err);
    if (!status) {
      status = lnti_pool_for(pool, parts, (parts + threads - 1) / threads, multiply_columns, &r, cancel, err);
    }
  }
  return status;
}

static void free_product(lnti_bf16_kernel *kernel) {
  product *p = (product *)kernel;
  free(p->bias);
  free(p->weights);
  free(p);
}

static lnt_status take_constants(product *p, const lnti_product *what, const lnti_call *call, lnt_error *err) {
  const lnti_bf16_weights weights = {.w = call->input[1]->data,
                                     .columns = what->n,
                                     .depth = what->k,
                                     .taps = 1,
                                     .column_step = what->b_column,
                                     .depth_step = what->b_row};
  const size_t n = lnti_bf16_packed(&weights), columns = lnti_round_up(what->n, COLUMNS);
  lnt_status status = lnti_alloc_aligned(&p->weights, n, sizeof *p->weights, err);
  if (!status) status = lnti_alloc_zero(&p->bias, columns, sizeof *p->bias, err);
  if (status) return status;
  lnti_bf16_pack(p->weights, &weights);
  p->base.bytes = n * sizeof *p->weights + columns * sizeof *p->bias;
  const float *bias = what->biased ? call->input[2]->data : NULL;
  for (size_t j = 0; bias && j < what->n; j++) p->bias[j] = bias[what->bias_columns > 1 ? j : 0];
  return LNT_OK;
}

lnt_status lnti_bf16_product_new(lnti_bf16_kernel **out, const lnti_call *call, lnt_error *err) {
  const lnti_bf16_kernels *kernels = lnti_bf16_kernels_of(call->context->cpu);
  lnti_product what;
  product *p = NULL;
  *out = NULL;
  if (!kernels || !lnti_product_of(&what, call) || !what.constant || what.a_column != 1 || what.m == 0) return LNT_OK;
  if (what.biased && (what.bias_rows > 1 || !call->input[2]->data)) return LNT_OK;
  lnt_status status = lnti_alloc_zero(&p, 1, sizeof *p, err);
  if (status) return status;
  *p = (product){.base = {.run = run, .free = free_product},
                 .kernels = kernels,
                 .rows = what.m,
                 .columns = what.n,
                 .depth = what.k,
                 .row_step = what.a_row,
                 .wide = lnti_round_up(what.k, LNTI_BF16_DEPTH)};
  const size_t blocks = (p->rows + ROWS - 1) / ROWS, fits = LNTI_BF16_CACHED / (ROWS * p->wide * sizeof *p->weights);
  p->group = fits == 0 ? 1 : fits < blocks ? fits : blocks;
  p->base.scratch_bytes = p->group * ROWS * p->wide * sizeof *p->weights;
  status = take_constants(p, &what, call, err);
  if (status) {
    free_product(&p->base);
    return status;
  }
  *out = &p->base;
  return LNT_OK;
}
