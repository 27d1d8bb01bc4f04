/*
 * A convolution as a product of matrices without building the left one. The input is copied once with its padding, rows of like
 * remainder by the stride beside each other; then what a tap of the window sees, place by place through whole rows of the copy, lies
 * at equal distances, and is one offset away from what any other tap sees. Places that lie in no row of the output, because a row of
 * the copy is wider, are computed and left out. Windows of one place with stride 1 need no copy.
 */
#include <graph/bf16_kernel.h>

#include <base/alloc.h>
#include <base/error.h>
#include <base/threads.h>
#include <graph/window.h>
#include <math.h>
#include <math/bf16.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = LNTI_BF16_ROWS, COLUMNS = LNTI_BF16_COLUMNS };

/* Planes whose copies take more bytes are left to others. */
#define COPY_MAX ((size_t)128 << 20)

typedef struct conv {
  lnti_bf16_kernel base;
  const lnti_bf16_kernels *kernels;
  lnti_window window;
  size_t channels, out_channels; /* multiples of 32 */
  size_t samples, out_rows, out_columns;
  size_t width;                   /* places of a row of the copy that the first tap sees */
  size_t places;                  /* that are computed of a sample: rows of the product */
  size_t copy_rows, copy_columns; /* of each remainder by the stride; 0: nothing is copied */
  size_t step, sample_step;       /* numbers between places, and between samples */
  size_t blocks;                  /* of rows of the product, of a sample */
  size_t *tap, n_taps;
  bool by_rows;      /* all weights stay in the cache: each block of rows takes them in turn */
  size_t group;      /* blocks that are computed before the next ones are copied */
  float least, most; /* of the output */
  uint16_t *weights;
  float *bias;
} conv;

/* ---- geometry ---- */

/* A window of one place: what it skips need not be copied. */
static bool is_point(const lnti_window *w) {
  return w->kernel[0] == 1 && w->kernel[1] == 1;
}

static bool needs_no_copy(const lnti_window *w) {
  bool as_they_lie = is_point(w);
  for (size_t d = 0; d < 2; d++) as_they_lie &= w->stride[d] == 1 && w->before[d] == 0 && w->out[d] == w->in[d];
  return as_they_lie;
}

/* All samples are one: what they see lies in a row. */
static void settle_in_place(conv *c) {
  c->places = c->width = c->samples * c->out_rows * c->out_columns;
  c->samples = c->out_rows = 1;
  c->out_columns = c->places;
  c->step = c->channels;
  c->n_taps = 1;
}

/* @return false: too large to be copied, or mostly places that would be left out */
static bool settle_copied(conv *c) {
  const lnti_window *w = &c->window;
  const size_t down = is_point(w) ? 1 : w->stride[0], across = is_point(w) ? 1 : w->stride[1];
  size_t rows = (c->out_rows - 1) * down + (w->kernel[0] - 1) * w->dilation[0] + 1;
  size_t columns = (c->out_columns - 1) * across + (w->kernel[1] - 1) * w->dilation[1] + 1, n = 0;
  c->copy_rows = lnti_round_up(rows, down) / down;
  c->copy_columns = lnti_round_up(columns, across);
  c->width = c->copy_columns / across;
  c->places = (c->out_rows - 1) * c->width + c->out_columns;
  c->step = across * c->channels;
  c->n_taps = w->kernel[0] * w->kernel[1];
  bool fits = lnti_size_mul(&n, c->copy_rows * down, c->copy_columns) && lnti_size_mul(&n, n, c->channels);
  if (!fits || n > COPY_MAX / sizeof *c->weights || c->width > 2 * c->out_columns) return false;
  c->sample_step = n;
  return true;
}

static void place_taps(conv *c) {
  const lnti_window *w = &c->window;
  const size_t down = is_point(w) ? 1 : w->stride[0];
  for (size_t i = 0; i < c->n_taps; i++) {
    size_t row = i / w->kernel[1] * w->dilation[0], column = i % w->kernel[1] * w->dilation[1];
    c->tap[i] = ((row % down * c->copy_rows + row / down) * c->copy_columns + column) * c->channels;
  }
}

/* What is computed at a time fits the cache with the weights of a block of columns; and where all weights fit too, each
 * block of rows stays in the first-level cache while it meets them. */
static void settle_order(conv *c) {
  const size_t sample = (c->copy_rows ? c->sample_step : c->places * c->channels) * sizeof *c->weights;
  size_t at_once = LNTI_BF16_CACHED / (sample ? sample : 1);
  c->blocks = (c->places + ROWS - 1) / ROWS;
  c->by_rows = c->n_taps * c->channels * c->out_channels * sizeof *c->weights <= LNTI_BF16_CACHED;
  if (at_once > c->samples) at_once = c->samples;
  c->group = c->blocks * (at_once ? at_once : 1);
  if (!c->copy_rows && !at_once && !c->by_rows)
    c->group = LNTI_BF16_CACHED / (ROWS * c->channels * sizeof *c->weights) + 1;
  size_t copied = c->copy_rows ? c->group / c->blocks * c->sample_step : 0;
  c->base.scratch_bytes = (copied + ROWS * (c->copy_rows ? c->step : c->channels)) * sizeof *c->weights;
}

/* ---- making ---- */

static bool is_half(const lnti_tensor *t) {
  return t->dtype == LNTI_BF16 && t->shape.rank == 4 && t->block == t->shape.dim[1];
}

static bool is_constant(const lnti_tensor *t) {
  return t && t->dtype == LNTI_F32 && t->data;
}

static bool settle_activation(conv *c, const lnti_node *node) {
  const char *name = lnti_node_string(node, "activation", "");
  c->least = -INFINITY;
  c->most = INFINITY;
  if (strcmp(name, "Relu") == 0) {
    c->least = 0;
  } else if (strcmp(name, "Clip") == 0) {
    c->least = lnti_node_float(node, "min", -INFINITY);
    c->most = lnti_node_float(node, "max", INFINITY);
  }
  return !*name || strcmp(name, "Relu") == 0 || strcmp(name, "Clip") == 0;
}

static bool is_ours(const lnti_call *call) {
  const char *name = call->node->op->name;
  if (strcmp(name, "Conv") != 0 && strcmp(name, "FusedConv") != 0) return false;
  const lnti_tensor *in = call->input[0], *out = &call->output[0], *w = call->input[1];
  const lnti_tensor *bias = lnti_call_input(call, 2), *addend = lnti_call_input(call, 3);
  if (!is_half(in) || !is_half(out) || !is_constant(w) || (bias && !is_constant(bias))) return false;
  if (addend && (!is_half(addend) || !lnti_shape_equal(&addend->shape, &out->shape))) return false;
  if (lnti_node_int(call->node, "group", 1) != 1 || lnti_shape_count(&out->shape) == 0) return false;
  return lnti_shape_count(&in->shape) > 0 && in->shape.dim[1] % LNTI_BF16_DEPTH == 0 &&
         out->shape.dim[1] % COLUMNS == 0 && lnti_shape_count(&w->shape) > 0;
}

static lnt_status take_constants(conv *c, const lnti_call *call, lnt_error *err) {
  const lnti_tensor *bias = lnti_call_input(call, 2);
  const lnti_bf16_weights weights = {.w = call->input[1]->data,
                                     .columns = c->out_channels,
                                     .depth = c->channels,
                                     .taps = c->n_taps,
                                     .column_step = c->channels * c->n_taps,
                                     .depth_step = c->n_taps,
                                     .tap_step = 1};
  const size_t n = lnti_bf16_packed(&weights);
  lnt_status status = lnti_alloc_aligned(&c->weights, n, sizeof *c->weights, err);
  if (!status) status = lnti_alloc_zero(&c->bias, c->out_channels, sizeof *c->bias, err);
  if (!status) status = lnti_alloc(&c->tap, c->n_taps, sizeof *c->tap, err);
  if (status) return status;
  lnti_bf16_pack(c->weights, &weights);
  if (bias) memcpy(c->bias, bias->data, c->out_channels * sizeof *c->bias);
  c->base.bytes = n * sizeof *c->weights + c->out_channels * sizeof *c->bias;
  place_taps(c);
  return LNT_OK;
}

static void free_conv(lnti_bf16_kernel *kernel) {
  conv *c = (conv *)kernel;
  free(c->tap);
  free(c->bias);
  free(c->weights);
  free(c);
}

/* ---- running ---- */

typedef struct running {
  const conv *c;
  const uint16_t *in, *addend;
  uint16_t *out, *copy;
  size_t first, n; /* blocks of rows of this group */
} running;

/* Row `row` of the padded input, `across` apart from column to column; beyond the input zeros. */
static void copy_row(uint16_t *to, const running *r, size_t sample, size_t row) {
  const conv *c = r->c;
  const lnti_window *w = &c->window;
  const size_t channels = c->channels, bytes = channels * sizeof *to, across = is_point(w) ? w->stride[1] : 1;
  if (row < w->before[0] || row - w->before[0] >= w->in[0]) {
    memset(to, 0, c->copy_columns * bytes);
    return;
  }
  const uint16_t *from = r->in + (sample * w->in[0] + row - w->before[0]) * w->in[1] * channels;
  if (across == 1) {
    size_t before = w->before[1] < c->copy_columns ? w->before[1] : c->copy_columns, n = c->copy_columns - before;
    if (n > w->in[1]) n = w->in[1];
    memset(to, 0, before * bytes);
    memcpy(to + before * channels, from, n * bytes);
    memset(to + (before + n) * channels, 0, (c->copy_columns - before - n) * bytes);
    return;
  }
  for (size_t j = 0; j < c->copy_columns; j++, to += channels) {
    size_t column = j * across;
    if (column < w->before[1] || column - w->before[1] >= w->in[1]) {
      memset(to, 0, bytes);
    } else {
      memcpy(to, from + (column - w->before[1]) * channels, bytes);
    }
  }
}

/* Rows of the copies of this group's samples. */
static lnt_status copy_rows(void *payload, size_t begin, size_t end, unsigned worker, lnt_error *err) {
  (void)worker;
  (void)err;
  const running *r = payload;
  const conv *c = r->c;
  const size_t stride = c->window.stride[0], down = is_point(&c->window) ? 1 : stride, each = down * c->copy_rows;
  for (size_t i = begin; i < end; i++) {
    size_t sample = i / each, remainder = i % each / c->copy_rows, row = i % c->copy_rows;
    uint16_t *to = r->copy + sample * c->sample_step + (remainder * c->copy_rows + row) * c->copy_columns * c->channels;
    copy_row(to, r, r->first / c->blocks + sample, is_point(&c->window) ? row * stride : row * down + remainder);
  }
  return LNT_OK;
}

/* The last block reads whole tiles: of what lies in the network's memory the last rows are copied. */
static void copy_last_rows(const running *r) {
  const conv *c = r->c;
  size_t rest = c->places % ROWS, n = rest * c->channels;
  memcpy(r->copy, r->in + (c->places - rest) * c->channels, n * sizeof *r->copy);
  memset(r->copy + n, 0, (ROWS * c->channels - n) * sizeof *r->copy);
}

/* A block of the product: places of a sample by columns. */
typedef struct block {
  size_t sample, place, n, column;
} block;

/* The places of a block from number *i on that lie in one row of the output; *to is where. @return how many */
static size_t next_run(size_t *to, size_t *i, const conv *c, const block *b) {
  size_t row = (b->place + *i) / c->width, at = (b->place + *i) % c->width;
  if (at >= c->out_columns) { /* left out */
    *i += c->width - at;
    row++;
    at = 0;
  }
  if (*i >= b->n) return 0;
  *to = ((b->sample * c->out_rows + row) * c->out_columns + at) * c->out_channels + b->column;
  return b->n - *i < c->out_columns - at ? b->n - *i : c->out_columns - at;
}

/* What the block will add and overwrite comes from afar while its products are made. */
static void fetch_output(const running *r, const block *b) {
  const conv *c = r->c;
  size_t to = 0, n = 0;
  for (size_t i = 0; (n = next_run(&to, &i, c, b)) > 0; i += n) {
    for (size_t k = 0; k < n; k++, to += c->out_channels) {
      __builtin_prefetch(r->out + to, 1);
      if (r->addend) __builtin_prefetch(r->addend + to, 0);
    }
  }
}

static void finish_block(const running *r, const float *sum, const block *b) {
  const conv *c = r->c;
  size_t to = 0, n = 0;
  for (size_t i = 0; (n = next_run(&to, &i, c, b)) > 0; i += n) {
    c->kernels->finish(r->out + to, c->out_channels, sum + i * COLUMNS, n, c->bias + b->column,
                       r->addend ? r->addend + to : NULL, c->least, c->most);
  }
}

/* Block `number` of all samples' rows by columns from `column`; a share of the next weights is fetched meanwhile. */
static void multiply(const running *r, size_t number, size_t column, const char *ahead, size_t ahead_bytes) {
  const conv *c = r->c;
  static const size_t here = 0;
  _Alignas(64) float sum[ROWS * COLUMNS];
  block b = {.sample = number / c->blocks, .place = number % c->blocks * ROWS, .column = column};
  b.n = c->places - b.place < ROWS ? c->places - b.place : ROWS;
  lnti_bf16_rows rows = {.step = c->step, .tap = c->tap, .taps = c->n_taps, .depth = c->channels};
  if (c->copy_rows) {
    rows.a = r->copy + (b.sample - r->first / c->blocks) * c->sample_step + b.place * c->step;
  } else {
    rows.a = b.n < ROWS ? r->copy : r->in + b.place * c->step;
    rows.tap = &here;
  }
  fetch_output(r, &b);
  c->kernels->block(sum, &rows, b.n, c->weights + column * c->n_taps * c->channels, ahead, ahead_bytes);
  finish_block(r, sum, &b);
}

static lnt_status multiply_rows(void *payload, size_t begin, size_t end, unsigned worker, lnt_error *err) {
  (void)worker;
  (void)err;
  const running *r = payload;
  const conv *c = r->c;
  const size_t numbers = COLUMNS * c->n_taps * c->channels;
  c->kernels->begin();
  for (size_t i = begin; i < end; i++) {
    for (size_t column = 0; column < c->out_channels; column += COLUMNS) {
      bool first = i == begin && column + COLUMNS < c->out_channels;
      const uint16_t *ahead = c->weights + (column / COLUMNS + 1) * numbers;
      multiply(r, r->first + i, column, first ? (const char *)ahead : NULL, first ? numbers * sizeof *ahead : 0);
    }
  }
  c->kernels->end();
  return LNT_OK;
}

static lnt_status multiply_columns(void *payload, size_t begin, size_t end, unsigned worker, lnt_error *err) {
  (void)worker;
  (void)err;
  const running *r = payload;
  const conv *c = r->c;
  const size_t numbers = COLUMNS * c->n_taps * c->channels, bytes = numbers * sizeof *c->weights;
  c->kernels->begin();
  for (size_t k = begin; k < end; k++) {
    const char *ahead = k + 1 < end ? (const char *)(c->weights + (k + 1) * numbers) : NULL;
    for (size_t i = 0; i < r->n; i++) {
      size_t from = bytes * i / r->n / 64 * 64, to = bytes * (i + 1) / r->n / 64 * 64;
      multiply(r, r->first + i, k * COLUMNS, ahead ? ahead + from : NULL, ahead ? to - from : 0);
    }
  }
  c->kernels->end();
  return LNT_OK;
}

static lnt_status run(const lnti_bf16_kernel *kernel, const lnti_call *call, lnt_error *err) {
  const conv *c = (const conv *)kernel;
  const lnti_tensor *addend = lnti_call_input(call, 3);
  lnti_pool *pool = call->context->pool;
  const lnti_cancel *cancel = call->context->cancel;
  running r = {.c = c,
               .in = call->input[0]->data,
               .addend = addend ? addend->data : NULL,
               .out = call->output[0].data,
               .copy = call->scratch};
  const size_t all = c->samples * c->blocks, down = is_point(&c->window) ? 1 : c->window.stride[0];
  const size_t of_each = lnti_pool_size(pool);
  lnt_status status = LNT_OK;
  if (!c->copy_rows && c->places % ROWS) copy_last_rows(&r);
  for (r.first = 0; r.first < all && !status; r.first += c->group) {
    r.n = all - r.first < c->group ? all - r.first : c->group;
    size_t copied = c->copy_rows ? r.n / c->blocks * down * c->copy_rows : 0;
    size_t parts = c->by_rows ? r.n : c->out_channels / COLUMNS;
    if (copied) status = lnti_pool_for(pool, copied, (copied + of_each - 1) / of_each, copy_rows, &r, cancel, err);
    if (status) break;
    status = lnti_pool_for(pool, parts, (parts + of_each - 1) / of_each, c->by_rows ? multiply_rows : multiply_columns,
                           &r, cancel, err);
  }
  return status;
}

/* ---- the kernel ---- */

lnt_status lnti_bf16_conv_new(lnti_bf16_kernel **out, const lnti_call *call, lnt_error *err) {
  conv c = {.base = {.run = run, .free = free_conv}, .kernels = lnti_bf16_kernels_of(call->context->cpu)};
  conv *made = NULL;
  *out = NULL;
  if (!c.kernels || !is_ours(call) || !settle_activation(&c, call->node)) return LNT_OK;
  const lnti_shape *in = &call->input[0]->shape, *to = &call->output[0].shape;
  lnt_status status = lnti_window_of(&c.window, call, in, call->input[1]->shape.dim + 2, err);
  if (status) return status;
  c.samples = in->dim[0];
  c.channels = in->dim[1];
  c.out_channels = to->dim[1];
  c.out_rows = to->dim[2];
  c.out_columns = to->dim[3];
  if (needs_no_copy(&c.window)) {
    settle_in_place(&c);
  } else if (!settle_copied(&c)) {
    return LNT_OK;
  }
  settle_order(&c);
  status = lnti_alloc(&made, 1, sizeof *made, err);
  if (status) return status;
  *made = c;
  status = take_constants(made, call, err);
  if (status) {
    free_conv(&made->base);
    return status;
  }
  *out = &made->base;
  return LNT_OK;
}
