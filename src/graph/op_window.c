/*
 * Convolution and pooling by plain loops over windows: the reference that fast kernels are checked against, and what runs
 * where they do not apply (other element types, other ranks than a plane's two).
 */
#include <graph/window.h>

#include <base/error.h>
#include <math.h>
#include <string.h>

/* The taps of one window that lie inside the input: the place in the plane, and the number of the tap. */
typedef struct taps {
  const lnti_window *w;
  size_t at[LNTI_PLANE_MAX]; /* of the output */
  size_t n_taps, tap, place;
} taps;

static void taps_begin(taps *t, const lnti_window *w, size_t out_index) {
  *t = (taps){.w = w, .n_taps = 1};
  for (size_t d = w->rank; d-- > 0; out_index /= w->out[d]) {
    t->at[d] = out_index % w->out[d];
    t->n_taps *= w->kernel[d];
  }
}

/* The next tap inside the input from t->tap on; false at the end. */
static bool taps_next(taps *t) {
  const lnti_window *w = t->w;
  for (; t->tap < t->n_taps; t->tap++) {
    size_t rest = t->tap, step = 1, place = 0;
    bool inside = true;
    for (size_t d = w->rank; d-- > 0; rest /= w->kernel[d]) {
      size_t padded = t->at[d] * w->stride[d] + rest % w->kernel[d] * w->dilation[d];
      inside &= padded >= w->before[d] && padded - w->before[d] < w->in[d];
      place += (padded - w->before[d]) * step;
      step *= w->in[d];
    }
    if (inside) {
      t->place = place;
      return true;
    }
  }
  return false;
}

static size_t plane_of(const size_t *dim, size_t rank) {
  size_t n = 1;
  for (size_t d = 0; d < rank; d++) n *= dim[d];
  return n;
}

/* ---- Conv ---- */

static lnt_status conv_window(lnti_window *w, const lnti_call *call, lnt_error *err) {
  const lnti_shape *in = &call->input[0]->shape, *weights = &call->input[1]->shape;
  const lnti_tensor *bias = lnti_call_input(call, 2);
  int64_t group = lnti_node_int(call->node, "group", 1);
  char a[LNTI_SHAPE_TEXT], b[LNTI_SHAPE_TEXT];
  bool fits = in->rank >= 3 && weights->rank == in->rank && group > 0 && (size_t)group <= in->dim[1] &&
              in->dim[1] == weights->dim[1] * (size_t)group && weights->dim[0] % (size_t)group == 0;
  if (fits && bias) fits = lnti_shape_count(&bias->shape) == weights->dim[0];
  if (!fits) {
    return lnti_fail(err, LNT_EDATA, "node %s: %s of %s by weights %s in %lld groups", call->node->name,
                     call->node->op->name, lnti_tensor_text(a, call->input[0]), lnti_tensor_text(b, call->input[1]),
                     (long long)group);
  }
  return lnti_window_of(w, call, in, weights->dim + 2, err);
}

static lnt_status infer_conv(lnti_call *call, lnt_error *err) {
  lnti_window w;
  lnt_status status = conv_window(&w, call, err);
  if (status) return status;
  lnti_shape shape = {.rank = w.rank + 2, .dim = {call->input[0]->shape.dim[0], call->input[1]->shape.dim[0]}};
  memcpy(shape.dim + 2, w.out, w.rank * sizeof *w.out);
  lnti_call_describe(call, 0, call->input[0]->dtype, &shape);
  return LNT_OK;
}

typedef struct conv_job {
  lnti_window w;
  const lnti_call *call;
  size_t in_plane, out_plane, kernel, channels, per_group; /* input channels, and those of one group */
  size_t made, made_per_group;                             /* output channels */
} conv_job;

/* Sums of integers are kept whole (ConvInteger). */
static void store_sum(lnti_tensor *out, size_t i, double sum) {
  if (out->dtype == LNTI_I32) {
    lnti_convert((int32_t *)out->data + i, LNTI_I32, &sum, LNTI_F64, 1);
  } else {
    lnti_tensor_set_real(out, i, (float)sum);
  }
}

/* Output planes [begin,end): each one channel of one sample. */
static lnt_status conv_planes(void *payload, size_t begin, size_t end, unsigned worker, lnt_error *err) {
  (void)worker;
  (void)err;
  const conv_job *job = payload;
  const lnti_tensor *in = job->call->input[0], *weights = job->call->input[1], *bias = lnti_call_input(job->call, 2);
  for (size_t i = begin; i < end; i++) {
    size_t sample = i / job->made, o = i % job->made, group = o / job->made_per_group;
    size_t first = (sample * job->channels + group * job->per_group) * job->in_plane;
    for (size_t k = 0; k < job->out_plane; k++) {
      double sum = bias ? (double)lnti_tensor_real(bias, o) : 0;
      taps t;
      taps_begin(&t, &job->w, k);
      for (; taps_next(&t); t.tap++) {
        for (size_t c = 0; c < job->per_group; c++) {
          sum += (double)lnti_tensor_real(in, first + c * job->in_plane + t.place) *
                 (double)lnti_tensor_real(weights, (o * job->per_group + c) * job->kernel + t.tap);
        }
      }
      store_sum(&job->call->output[0], i * job->out_plane + k, sum);
    }
  }
  return LNT_OK;
}

static lnt_status forward_conv(lnti_call *call, lnt_error *err) {
  conv_job job = {.call = call};
  lnt_status status = conv_window(&job.w, call, err);
  if (status) return status;
  size_t group = (size_t)lnti_node_int(call->node, "group", 1);
  job.in_plane = plane_of(job.w.in, job.w.rank);
  job.out_plane = plane_of(job.w.out, job.w.rank);
  job.kernel = plane_of(job.w.kernel, job.w.rank);
  job.channels = call->input[0]->shape.dim[1];
  job.per_group = call->input[1]->shape.dim[1];
  job.made = call->input[1]->shape.dim[0];
  job.made_per_group = job.made / group;
  return lnti_pool_for(call->context->pool, call->input[0]->shape.dim[0] * job.made, 1, conv_planes, &job,
                       call->context->cancel, err);
}

/* ---- Conv with what follows it ---- */

static lnt_status infer_fused(lnti_call *call, lnt_error *err) {
  const lnti_tensor *addend = lnti_call_input(call, 3);
  const char *activation = lnti_node_string(call->node, "activation", NULL);
  lnt_status status = infer_conv(call, err);
  if (status) return status;
  if (addend && (addend->dtype != LNTI_F32 || !lnti_shape_equal(&addend->shape, &call->output[0].shape))) {
    return lnti_fail(err, LNT_EINTERNAL, "node %s: an addend of another shape", call->node->name);
  }
  if (activation && !lnti_activation(activation)) {
    return lnti_fail(err, LNT_EINTERNAL, "node %s: no activation %s", call->node->name, activation);
  }
  return LNT_OK;
}

/* Parameters of the activation are attributes of the same node, of the names that its own operator reads. */
static lnt_status forward_fused(lnti_call *call, lnt_error *err) {
  lnti_tensor *out = &call->output[0];
  const lnti_tensor *addend = lnti_call_input(call, 3), *made = out;
  const char *activation = lnti_node_string(call->node, "activation", NULL);
  lnt_status status = forward_conv(call, err);
  if (status) return status;
  for (size_t i = 0, n = lnti_shape_count(&out->shape); addend && i < n; i++) {
    ((float *)out->data)[i] += ((const float *)addend->data)[i];
  }
  if (!activation) return LNT_OK;
  lnti_call after = *call;
  after.input = &made;
  after.n_inputs = 1;
  return lnti_activation(activation)->forward(&after, err);
}

/* ---- pools ---- */

static bool is_average(const lnti_call *call) {
  return strcmp(call->node->op->name, "AveragePool") == 0;
}

static lnt_status infer_pool(lnti_call *call, lnt_error *err) {
  const lnti_tensor *in = call->input[0];
  lnti_window w;
  lnt_status status = lnti_window_of(&w, call, &in->shape, NULL, err);
  if (status) return status;
  for (size_t d = 0; d < w.rank; d++) {
    size_t extent = (w.kernel[d] - 1) * w.dilation[d] + 1;
    if (w.before[d] >= extent || w.after[d] >= extent || w.in[d] == 0) {
      return lnti_fail(err, LNT_EDATA, "node %s: %s whose padding is as wide as its window, or of nothing",
                       call->node->name, call->node->op->name);
    }
  }
  lnti_shape shape = {.rank = w.rank + 2, .dim = {in->shape.dim[0], in->shape.dim[1]}};
  memcpy(shape.dim + 2, w.out, w.rank * sizeof *w.out);
  lnti_call_describe(call, 0, in->dtype, &shape);
  lnti_call_describe(call, 1, LNTI_I64, &shape);
  return LNT_OK;
}

typedef struct pool_job {
  lnti_window w;
  const lnti_call *call;
  size_t in_plane, out_plane;
  bool average, counts_padding, column_major;
} pool_job;

/* What an average is divided by: the taps inside the input, or inside the input and its padding. */
static size_t taps_counted(const pool_job *job, const taps *t) {
  size_t n = 1;
  for (size_t d = 0; d < job->w.rank; d++) {
    size_t begin = t->at[d] * job->w.stride[d], end = job->w.in[d] + job->w.before[d] + job->w.after[d], count = 0;
    for (size_t k = 0; k < job->w.kernel[d]; k++) count += begin + k * job->w.dilation[d] < end;
    n *= count;
  }
  return n;
}

/* The place in the whole input that an index of MaxPool names, by rows or (storage_order) by columns of the plane. */
static int64_t pooled_index(const pool_job *job, size_t plane, size_t place) {
  size_t index = 0, step = 1;
  if (!job->column_major) return (int64_t)(plane * job->in_plane + place);
  size_t at[LNTI_PLANE_MAX] = {0};
  for (size_t d = job->w.rank; d-- > 0; place /= job->w.in[d]) at[d] = place % job->w.in[d];
  for (size_t d = 0; d < job->w.rank; d++) {
    index += at[d] * step;
    step *= job->w.in[d];
  }
  return (int64_t)(plane * job->in_plane + index);
}

static void pool_one(const pool_job *job, size_t plane, size_t k) {
  const lnti_call *call = job->call;
  const lnti_tensor *in = call->input[0];
  lnti_tensor *out = &call->output[0];
  double sum = 0, largest = -INFINITY;
  size_t n = 0, best = 0, size = lnti_dtype_bytes(in->dtype);
  taps t;
  taps_begin(&t, &job->w, k);
  for (; taps_next(&t); t.tap++) {
    double v = lnti_tensor_number(in, plane * job->in_plane + t.place);
    if (n == 0 || v > largest || isnan(v)) {
      largest = v;
      best = t.place;
    }
    sum += v;
    n++;
  }
  if (job->average && job->counts_padding) n = taps_counted(job, &t);
  double result = !job->average ? largest : n ? sum / (double)n : 0;
  lnti_convert((char *)out->data + (plane * job->out_plane + k) * size, out->dtype, &result, LNTI_F64, 1);
  if (call->n_outputs > 1) {
    ((int64_t *)call->output[1].data)[plane * job->out_plane + k] = pooled_index(job, plane, best);
  }
}

static lnt_status pool_planes(void *payload, size_t begin, size_t end, unsigned worker, lnt_error *err) {
  (void)worker;
  (void)err;
  const pool_job *job = payload;
  for (size_t i = begin; i < end; i++) {
    for (size_t k = 0; k < job->out_plane; k++) pool_one(job, i, k);
  }
  return LNT_OK;
}

static lnt_status run_pool(pool_job *job, lnti_call *call, lnt_error *err) {
  const lnti_shape *in = &call->input[0]->shape;
  job->call = call;
  job->in_plane = plane_of(job->w.in, job->w.rank);
  job->out_plane = plane_of(job->w.out, job->w.rank);
  return lnti_pool_for(call->context->pool, in->dim[0] * in->dim[1], 1, pool_planes, job, call->context->cancel, err);
}

static lnt_status forward_pool(lnti_call *call, lnt_error *err) {
  pool_job job = {.average = is_average(call),
                  .counts_padding = lnti_node_int(call->node, "count_include_pad", 0) != 0,
                  .column_major = lnti_node_int(call->node, "storage_order", 0) != 0};
  lnt_status status = lnti_window_of(&job.w, call, &call->input[0]->shape, NULL, err);
  return status ? status : run_pool(&job, call, err);
}

static lnt_status infer_global(lnti_call *call, lnt_error *err) {
  lnti_shape shape = call->input[0]->shape;
  if (shape.rank < 3 || lnti_shape_span(&shape, 2, shape.rank) == 0) {
    return lnti_fail(err, LNT_EDATA, "node %s: %s without a plane", call->node->name, call->node->op->name);
  }
  for (size_t d = 2; d < shape.rank; d++) shape.dim[d] = 1;
  lnti_call_describe(call, 0, call->input[0]->dtype, &shape);
  return LNT_OK;
}

static lnt_status forward_global(lnti_call *call, lnt_error *err) {
  const lnti_shape *in = &call->input[0]->shape;
  pool_job job = {.average = strcmp(call->node->op->name, "GlobalAveragePool") == 0, .w.rank = in->rank - 2};
  for (size_t d = 0; d < job.w.rank; d++) {
    job.w.in[d] = job.w.kernel[d] = in->dim[d + 2];
    job.w.out[d] = job.w.stride[d] = job.w.dilation[d] = 1;
  }
  return run_pool(&job, call, err);
}

const lnti_attribute_rule lnti_conv_attributes[] = {{"auto_pad", LNTI_ATTRIBUTE_STRING},
                                                    {"dilations", LNTI_ATTRIBUTE_INTS},
                                                    {"group", LNTI_ATTRIBUTE_INT},
                                                    {"kernel_shape", LNTI_ATTRIBUTE_INTS},
                                                    {"pads", LNTI_ATTRIBUTE_INTS},
                                                    {"strides", LNTI_ATTRIBUTE_INTS},
                                                    {0}};
static const lnti_attribute_rule max_rules[] = {
    {"auto_pad", LNTI_ATTRIBUTE_STRING}, {"ceil_mode", LNTI_ATTRIBUTE_INT},
    {"dilations", LNTI_ATTRIBUTE_INTS},  {"kernel_shape", LNTI_ATTRIBUTE_INTS},
    {"pads", LNTI_ATTRIBUTE_INTS},       {"storage_order", LNTI_ATTRIBUTE_INT},
    {"strides", LNTI_ATTRIBUTE_INTS},    {0}};
static const lnti_attribute_rule average_rules[] = {
    {"auto_pad", LNTI_ATTRIBUTE_STRING},       {"ceil_mode", LNTI_ATTRIBUTE_INT},
    {"count_include_pad", LNTI_ATTRIBUTE_INT}, {"dilations", LNTI_ATTRIBUTE_INTS},
    {"kernel_shape", LNTI_ATTRIBUTE_INTS},     {"pads", LNTI_ATTRIBUTE_INTS},
    {"strides", LNTI_ATTRIBUTE_INTS},          {0}};

#define WINDOW(title, least, most, outputs, types, rules, make, f)                                                \
  {                                                                                                               \
    .name = title, .domain = "", .since = 1, .least_inputs = least, .most_inputs = most, .most_outputs = outputs, \
    .dtypes = types, .alike = 7, .attributes = rules, .infer = make, .forward = f                                 \
  }

static const lnti_attribute_rule fused_rules[] = {{"auto_pad", LNTI_ATTRIBUTE_STRING},
                                                  {"dilations", LNTI_ATTRIBUTE_INTS},
                                                  {"group", LNTI_ATTRIBUTE_INT},
                                                  {"kernel_shape", LNTI_ATTRIBUTE_INTS},
                                                  {"pads", LNTI_ATTRIBUTE_INTS},
                                                  {"strides", LNTI_ATTRIBUTE_INTS},
                                                  {"activation", LNTI_ATTRIBUTE_STRING},
                                                  {"alpha", LNTI_ATTRIBUTE_FLOAT},
                                                  {"beta", LNTI_ATTRIBUTE_FLOAT},
                                                  {"min", LNTI_ATTRIBUTE_FLOAT},
                                                  {"max", LNTI_ATTRIBUTE_FLOAT},
                                                  {"approximate", LNTI_ATTRIBUTE_STRING},
                                                  {0}};

enum { POOLED = LNTI_REALS | LNTI_DTYPE_BIT(LNTI_U8) | LNTI_DTYPE_BIT(LNTI_I8) };

const lnti_operator lnti_operators_window[] = {
    WINDOW("AveragePool", 1, 1, 1, LNTI_REALS, average_rules, infer_pool, forward_pool),
    WINDOW("Conv", 2, 3, 1, LNTI_REALS, lnti_conv_attributes, infer_conv, forward_conv),
    {.name = "FusedConv", /* x, weights, bias, addend; made by fuse.c */
     .domain = "linnet",
     .since = 1,
     .least_inputs = 2,
     .most_inputs = 4,
     .most_outputs = 1,
     .optional = 0,
     .dtypes = LNTI_DTYPE_BIT(LNTI_F32),
     .alike = 7,
     .attributes = fused_rules,
     .infer = infer_fused,
     .forward = forward_fused,
     .exported = ""},
    WINDOW("GlobalAveragePool", 1, 1, 1, LNTI_REALS, NULL, infer_global, forward_global),
    WINDOW("GlobalMaxPool", 1, 1, 1, LNTI_REALS, NULL, infer_global, forward_global),
    WINDOW("MaxPool", 1, 1, 2, POOLED, max_rules, infer_pool, forward_pool),
    {0}};
