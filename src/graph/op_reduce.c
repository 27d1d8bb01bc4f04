/*
 * Operators that make one of many: sums, means and extremes along axes, where the extreme is, and softmax, which divides by
 * such a sum. Reals are added up in f64, integers in i64.
 */
#include <graph/operator.h>

#include <base/error.h>
#include <float.h>
#include <math.h>
#include <math/vector.h>
#include <stdlib.h>
#include <string.h>

/* ---- along axes ---- */

typedef enum reduction { SUM, MEAN, MAX, MIN, PROD, L1, L2, SUM_SQUARE, LOG_SUM, LOG_SUM_EXP } reduction;

static const struct {
  const char *name;
  reduction what;
} reductions[] = {{"ReduceSum", SUM},        {"ReduceMean", MEAN},
                  {"ReduceMax", MAX},        {"ReduceMin", MIN},
                  {"ReduceProd", PROD},      {"ReduceL1", L1},
                  {"ReduceL2", L2},          {"ReduceSumSquare", SUM_SQUARE},
                  {"ReduceLogSum", LOG_SUM}, {"ReduceLogSumExp", LOG_SUM_EXP}};

static reduction reduction_of(const lnti_call *call) {
  size_t i = 0;
  while (strcmp(reductions[i].name, call->node->op->name) != 0) i++;
  return reductions[i].what;
}

/* Which axes go; all of them where none are given, unless the node says that then none do. */
static lnt_status reduced_axes(bool set_out[LNTI_RANK_MAX], const lnti_call *call, lnt_error *err) {
  size_t n = 0, rank = call->input[0]->shape.rank;
  int64_t axes[LNTI_CALL_INTS];
  lnt_status status = lnti_call_ints(axes, &n, call, 1, "axes", err);
  if (status) return status;
  bool none_given = n == SIZE_MAX || n == 0;
  bool all = none_given && lnti_node_int(call->node, "noop_with_empty_axes", 0) == 0;
  for (size_t d = 0; d < LNTI_RANK_MAX; d++) set_out[d] = all;
  for (size_t i = 0; !none_given && i < n; i++) {
    size_t axis = 0;
    status = lnti_axis(&axis, call, axes[i], rank, false, err);
    if (status) return status;
    set_out[axis] = true;
  }
  return LNT_OK;
}

static lnt_status infer_reduce(lnti_call *call, lnt_error *err) {
  const lnti_tensor *in = call->input[0];
  bool set[LNTI_RANK_MAX], keep = lnti_node_int(call->node, "keepdims", 1) != 0;
  lnti_shape shape = {0};
  lnt_status status = reduced_axes(set, call, err);
  for (size_t d = 0; d < in->shape.rank && !status; d++) {
    if (!set[d]) shape.dim[shape.rank++] = in->shape.dim[d];
    if (set[d] && keep) shape.dim[shape.rank++] = 1;
  }
  if (!status) lnti_call_describe(call, 0, in->dtype, &shape);
  return status;
}

/* Dimensions that stay and that go, with the distances of their elements. */
typedef struct walk {
  size_t rank, dim[LNTI_RANK_MAX], stride[LNTI_RANK_MAX], count;
} walk;

static void walk_add(walk *w, size_t dim, size_t stride) {
  bool joins = w->rank > 0 && w->stride[w->rank - 1] == stride * dim;
  if (joins) {
    w->dim[w->rank - 1] *= dim;
    w->stride[w->rank - 1] = stride;
  } else {
    w->dim[w->rank] = dim;
    w->stride[w->rank++] = stride;
  }
  w->count *= dim;
}

static size_t walk_place(const walk *w, size_t i) {
  size_t place = 0;
  for (size_t d = w->rank; d-- > 0; i /= w->dim[d]) place += i % w->dim[d] * w->stride[d];
  return place;
}

static double more_extreme(double a, double b, bool most) {
  if (isnan(a) || isnan(b)) return NAN;
  return (a > b) == most ? a : b;
}

static double reduce_reals(const lnti_tensor *in, size_t base, const walk *gone, reduction what) {
  double sum = what == PROD ? 1 : what == MAX ? -INFINITY : what == MIN ? INFINITY : 0, largest = -INFINITY;
  for (size_t i = 0; what == LOG_SUM_EXP && i < gone->count; i++) {
    largest = fmax(largest, (double)lnti_tensor_real(in, base + walk_place(gone, i)));
  }
  double shift = isfinite(largest) ? largest : 0;
  for (size_t i = 0; i < gone->count; i++) {
    double v = (double)lnti_tensor_real(in, base + walk_place(gone, i));
    switch (what) {
      case MAX:
      case MIN:
        sum = more_extreme(sum, v, what == MAX);
        break;
      case PROD:
        sum *= v;
        break;
      case L1:
        sum += fabs(v);
        break;
      case L2:
      case SUM_SQUARE:
        sum += v * v;
        break;
      case LOG_SUM_EXP:
        sum += exp(v - shift);
        break;
      default:
        sum += v;
    }
  }
  if (what == MEAN) return sum / (double)gone->count;
  if (what == L2) return sqrt(sum);
  if (what == LOG_SUM) return log(sum);
  return what == LOG_SUM_EXP ? log(sum) + shift : sum;
}

static int64_t reduce_integers(const lnti_tensor *in, size_t base, const walk *gone, reduction what) {
  uint64_t sum = what == PROD;
  int64_t extreme = what == MAX ? INT64_MIN : INT64_MAX;
  size_t size = lnti_dtype_bytes(in->dtype);
  for (size_t i = 0; i < gone->count; i++) {
    int64_t v = 0;
    lnti_convert(&v, LNTI_I64, (const char *)in->data + (base + walk_place(gone, i)) * size, in->dtype, 1);
    if (what == MAX || what == MIN) {
      extreme = (v > extreme) == (what == MAX) ? v : extreme;
    } else if (what == PROD) {
      sum *= (uint64_t)v;
    } else if (what == L1) {
      sum += v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
    } else {
      sum += what == SUM_SQUARE || what == L2 ? (uint64_t)v * (uint64_t)v : (uint64_t)v;
    }
  }
  if (what == MAX || what == MIN) return extreme;
  if (what == MEAN) return gone->count ? (int64_t)sum / (int64_t)gone->count : 0;
  return what == L2 ? (int64_t)sqrt((double)sum) : (int64_t)sum;
}

typedef struct reduce_job {
  const lnti_tensor *in;
  lnti_tensor *out;
  walk stays, gone;
  reduction what;
} reduce_job;

static lnt_status reduce_some(void *payload, size_t begin, size_t end, unsigned worker, lnt_error *err) {
  (void)worker;
  (void)err;
  const reduce_job *job = payload;
  size_t size = lnti_dtype_bytes(job->out->dtype);
  bool real = LNTI_REALS & LNTI_DTYPE_BIT(job->in->dtype);
  for (size_t i = begin; i < end; i++) {
    size_t base = walk_place(&job->stays, i);
    char *out = (char *)job->out->data + i * size;
    if (real) {
      double value = reduce_reals(job->in, base, &job->gone, job->what);
      lnti_convert(out, job->out->dtype, &value, LNTI_F64, 1);
    } else {
      int64_t value = reduce_integers(job->in, base, &job->gone, job->what);
      lnti_convert(out, job->out->dtype, &value, LNTI_I64, 1);
    }
  }
  return LNT_OK;
}

static lnt_status forward_reduce(lnti_call *call, lnt_error *err) {
  reduce_job job = {.in = call->input[0], .out = &call->output[0], .stays.count = 1, .gone.count = 1};
  size_t strides[LNTI_RANK_MAX];
  bool set[LNTI_RANK_MAX];
  lnt_status status = reduced_axes(set, call, err);
  if (status) return status;
  lnti_shape_strides(strides, &job.in->shape);
  for (size_t d = 0; d < job.in->shape.rank; d++) {
    walk_add(set[d] ? &job.gone : &job.stays, job.in->shape.dim[d], strides[d]);
  }
  job.what = reduction_of(call);
  size_t grain = 16384 / (job.gone.count ? job.gone.count : 1) + 1;
  return lnti_pool_for(call->context->pool, lnti_shape_count(&job.out->shape), grain, reduce_some, &job,
                       call->context->cancel, err);
}

/* Sums and means by kernels of the CPU's level: of rows that lie together, or of rows added up one to the other. */
typedef struct fast_job {
  float *out;
  const float *in;
  walk stays;
  size_t rows, n; /* a row: n elements summed; or rows of n, summed over the rows */
  float factor;
  lnt_cpu_level level;
} fast_job;

static lnt_status sum_rows(void *payload, size_t begin, size_t end, unsigned worker, lnt_error *err) {
  (void)worker;
  (void)err;
  const fast_job *job = payload;
  for (size_t i = begin; i < end; i++) {
    job->out[i] = job->factor * lnti_vector_sum(job->in + walk_place(&job->stays, i), job->n, job->level);
  }
  return LNT_OK;
}

static lnt_status add_rows(void *payload, size_t begin, size_t end, unsigned worker, lnt_error *err) {
  (void)worker;
  (void)err;
  const fast_job *job = payload;
  for (size_t i = begin; i < end; i++) {
    const float *in = job->in + i * job->rows * job->n;
    const lnti_operand sum = {job->out + i * job->n, 1, 0}, factor = {&job->factor, 0, 0};
    memcpy(job->out + i * job->n, in, job->n * sizeof *in);
    for (size_t r = 1; r < job->rows; r++) {
      const lnti_operand row = {in + r * job->n, 1, 0};
      lnti_vector_combine(job->out + i * job->n, sum, row, 1, job->n, LNTI_ADD, job->level);
    }
    lnti_vector_combine(job->out + i * job->n, sum, factor, 1, job->n, LNTI_MUL, job->level);
  }
  return LNT_OK;
}

static lnt_status fast_reduce(lnti_call *call, lnt_error *err) {
  const lnti_tensor *in = call->input[0];
  reduction what = reduction_of(call);
  fast_job job = {.out = call->output[0].data, .in = in->data, .stays.count = 1, .level = call->context->cpu};
  walk gone = {.count = 1};
  size_t strides[LNTI_RANK_MAX];
  bool set[LNTI_RANK_MAX];
  lnt_status status = reduced_axes(set, call, err);
  if (status) return status;
  lnti_shape_strides(strides, &in->shape);
  for (size_t d = 0; d < in->shape.rank; d++) {
    if (in->shape.dim[d] == 1) continue;
    walk_add(set[d] ? &gone : &job.stays, in->shape.dim[d], strides[d]);
  }
  bool simple = in->dtype == LNTI_F32 && (what == SUM || what == MEAN) && gone.rank == 1 && gone.count > 0;
  if (!simple || job.stays.count == 0) return forward_reduce(call, err);
  job.factor = what == MEAN ? 1 / (float)gone.count : 1;
  if (gone.stride[0] == 1) {
    job.n = gone.count;
    return lnti_pool_for(call->context->pool, job.stays.count, 16384 / job.n + 1, sum_rows, &job, call->context->cancel,
                         err);
  }
  /* What stays within is as long as the rows are apart, and what stays without is dense. */
  job.n = gone.stride[0];
  job.rows = gone.count;
  return lnti_pool_for(call->context->pool, job.stays.count / job.n, 16384 / (job.n * job.rows) + 1, add_rows, &job,
                       call->context->cancel, err);
}

/* ---- where the extreme is ---- */

static lnt_status infer_arg(lnti_call *call, lnt_error *err) {
  const lnti_shape *in = &call->input[0]->shape;
  bool keep = lnti_node_int(call->node, "keepdims", 1) != 0;
  lnti_shape shape = {0};
  size_t axis = 0;
  lnt_status status = lnti_axis(&axis, call, lnti_node_int(call->node, "axis", 0), in->rank, false, err);
  if (status) return status;
  if (in->dim[axis] == 0) return lnti_fail(err, LNT_EDATA, "node %s: the extreme of nothing", call->node->name);
  for (size_t d = 0; d < in->rank; d++) {
    if (d != axis || keep) shape.dim[shape.rank++] = d == axis ? 1 : in->dim[d];
  }
  lnti_call_describe(call, 0, LNTI_I64, &shape);
  return LNT_OK;
}

/* A value that is compared: of i64 in two halves, since not every one is a double. */
typedef struct ranked_value {
  double value;
  uint32_t low;
  size_t index;
} ranked_value;

static ranked_value ranked(const void *element, lnti_dtype dtype, size_t index) {
  ranked_value r = {.index = index};
  if (dtype == LNTI_I64) {
    int64_t v;
    memcpy(&v, element, sizeof v);
    r.value = (double)(v >> 32);
    r.low = (uint32_t)v;
  } else {
    lnti_convert(&r.value, LNTI_F64, element, dtype, 1);
  }
  return r;
}

/* 0 where they are equal, or one is no number. */
static int compare_value(const ranked_value *a, const ranked_value *b) {
  if (a->value != b->value) return a->value > b->value ? 1 : a->value < b->value ? -1 : 0;
  return (a->low > b->low) - (a->low < b->low);
}

static lnt_status forward_arg(lnti_call *call, lnt_error *err) {
  const lnti_tensor *in = call->input[0];
  bool most = strcmp(call->node->op->name, "ArgMax") == 0,
       last = lnti_node_int(call->node, "select_last_index", 0) != 0;
  size_t axis = 0, size = lnti_dtype_bytes(in->dtype);
  lnt_status status = lnti_axis(&axis, call, lnti_node_int(call->node, "axis", 0), in->shape.rank, false, err);
  if (status) return status;
  size_t n = in->shape.dim[axis], step = lnti_shape_span(&in->shape, axis + 1, in->shape.rank);
  int64_t *out = call->output[0].data;
  for (size_t i = 0, n_out = lnti_shape_count(&call->output[0].shape); i < n_out; i++) {
    size_t base = i / step * n * step + i % step;
    ranked_value extreme = {0};
    for (size_t k = 0; k < n; k++) {
      ranked_value v = ranked((const char *)in->data + (base + k * step) * size, in->dtype, k);
      int order = compare_value(&v, &extreme);
      if (k == 0 || (most ? order > 0 : order < 0) || (last && order == 0 && !isnan(v.value))) extreme = v;
    }
    out[i] = (int64_t)extreme.index;
  }
  return LNT_OK;
}

/* ---- the k most extreme ---- */

static lnt_status infer_top(lnti_call *call, lnt_error *err) {
  const lnti_tensor *in = call->input[0];
  lnti_shape shape = in->shape;
  int64_t k[LNTI_CALL_INTS];
  size_t n = 0, axis = 0;
  lnt_status status = lnti_axis(&axis, call, lnti_node_int(call->node, "axis", -1), in->shape.rank, false, err);
  if (!status) status = lnti_call_ints(k, &n, call, 1, NULL, err);
  if (status) return status;
  if (n != 1 || k[0] < 0 || k[0] > (int64_t)shape.dim[axis])
    return lnti_fail(err, LNT_EDATA, "node %s: TopK of %lld, where there are %zu", call->node->name,
                     n == 1 ? (long long)k[0] : 0, shape.dim[axis]);
  call->scratch_bytes = 0;
  if (!lnti_size_mul(&call->scratch_bytes, shape.dim[axis], sizeof(ranked_value)))
    return lnti_fail(err, LNT_ELIMIT, "node %s: TopK of too many", call->node->name);
  shape.dim[axis] = (size_t)k[0];
  lnti_call_describe(call, 0, in->dtype, &shape);
  lnti_call_describe(call, 1, LNTI_I64, &shape);
  return LNT_OK;
}

/* The larger first, of equal ones the earlier; no number is larger than all. */
static int larger_first(const void *a, const void *b) {
  const ranked_value *x = a, *y = b;
  if (isnan(x->value) != isnan(y->value)) return isnan(x->value) ? -1 : 1;
  const int order = compare_value(x, y);
  if (order) return -order;
  return x->index < y->index ? -1 : 1;
}

static int smaller_first(const void *a, const void *b) {
  const ranked_value *x = a, *y = b;
  if (isnan(x->value) != isnan(y->value)) return isnan(x->value) ? 1 : -1;
  const int order = compare_value(x, y);
  if (order) return order;
  return x->index < y->index ? -1 : 1;
}

static lnt_status forward_top(lnti_call *call, lnt_error *err) {
  const lnti_tensor *in = call->input[0];
  const bool largest = lnti_node_int(call->node, "largest", 1) != 0;
  const size_t size = lnti_dtype_bytes(in->dtype);
  ranked_value *all = call->scratch;
  size_t axis = 0;
  lnt_status status = lnti_axis(&axis, call, lnti_node_int(call->node, "axis", -1), in->shape.rank, false, err);
  if (status) return status;
  const size_t n = in->shape.dim[axis], k = call->output[0].shape.dim[axis];
  const size_t step = lnti_shape_span(&in->shape, axis + 1, in->shape.rank);
  for (size_t row = 0, rows = k ? lnti_shape_count(&call->output[0].shape) / k : 0; row < rows; row++) {
    const size_t outer = row / step, inner = row % step;
    for (size_t i = 0; i < n; i++) {
      all[i] = ranked((const char *)in->data + ((outer * n + i) * step + inner) * size, in->dtype, i);
    }
    qsort(all, n, sizeof *all, largest ? larger_first : smaller_first);
    for (size_t i = 0; i < k; i++) {
      const size_t to = (outer * k + i) * step + inner;
      memcpy((char *)call->output[0].data + to * size,
             (const char *)in->data + ((outer * n + all[i].index) * step + inner) * size, size);
      if (call->n_outputs > 1) ((int64_t *)call->output[1].data)[to] = (int64_t)all[i].index;
    }
  }
  return LNT_OK;
}

/* ---- softmax ---- */

/* Before version 13 the axis cuts the shape in two, and all of the second part is one row; since then it is the row. */
static lnt_status softmax_rows(size_t *n_out, size_t *length_out, size_t *step_out, const lnti_call *call,
                               lnt_error *err) {
  const lnti_shape *in = &call->input[0]->shape;
  bool flat = call->node->version < 13;
  size_t axis = 0;
  lnt_status status = lnti_axis(&axis, call, lnti_node_int(call->node, "axis", flat ? 1 : -1), in->rank, false, err);
  if (status) return status;
  *step_out = flat ? 1 : lnti_shape_span(in, axis + 1, in->rank);
  *length_out = flat ? lnti_shape_span(in, axis, in->rank) : in->dim[axis];
  *n_out = *length_out ? lnti_shape_count(in) / *length_out : 0;
  return LNT_OK;
}

static lnt_status infer_softmax(lnti_call *call, lnt_error *err) {
  size_t n, length, step;
  lnt_status status = softmax_rows(&n, &length, &step, call, err);
  return status ? status : lnti_infer_same(call, err);
}

typedef struct softmax_job {
  const lnti_tensor *in;
  lnti_tensor *out;
  size_t length, step;
  bool logarithm;
} softmax_job;

static lnt_status softmax_some(void *payload, size_t begin, size_t end, unsigned worker, lnt_error *err) {
  (void)worker;
  (void)err;
  const softmax_job *job = payload;
  for (size_t i = begin; i < end; i++) {
    size_t base = i / job->step * job->length * job->step + i % job->step;
    double largest = -INFINITY, sum = 0;
    for (size_t k = 0; k < job->length; k++)
      largest = fmax(largest, (double)lnti_tensor_real(job->in, base + k * job->step));
    for (size_t k = 0; k < job->length; k++)
      sum += (double)expf((float)((double)lnti_tensor_real(job->in, base + k * job->step) - largest));
    double log_sum = sum > 0 ? log(sum) : -INFINITY;
    for (size_t k = 0; k < job->length; k++) {
      double z = (double)lnti_tensor_real(job->in, base + k * job->step) - largest;
      lnti_tensor_set_real(job->out, base + k * job->step,
                           (float)(job->logarithm ? z - log_sum : (double)expf((float)z) / sum));
    }
  }
  return LNT_OK;
}

static lnt_status forward_softmax(lnti_call *call, lnt_error *err) {
  softmax_job job = {
      .in = call->input[0], .out = &call->output[0], .logarithm = strcmp(call->node->op->name, "LogSoftmax") == 0};
  size_t n = 0;
  lnt_status status = softmax_rows(&n, &job.length, &job.step, call, err);
  if (status) return status;
  return lnti_pool_for(call->context->pool, n, 1024 / (job.length + 1) + 1, softmax_some, &job, call->context->cancel,
                       err);
}

static lnt_status softmax_fast_rows(void *payload, size_t begin, size_t end, unsigned worker, lnt_error *err) {
  (void)worker;
  (void)err;
  const fast_job *job = payload;
  for (size_t i = begin; i < end; i++)
    lnti_vector_softmax(job->out + i * job->n, job->in + i * job->n, job->n, job->level);
  return LNT_OK;
}

static lnt_status fast_softmax(lnti_call *call, lnt_error *err) {
  fast_job job = {.out = call->output[0].data, .in = call->input[0]->data, .level = call->context->cpu};
  size_t n = 0, step = 0;
  lnt_status status = softmax_rows(&n, &job.n, &step, call, err);
  if (status) return status;
  if (step != 1 || call->input[0]->dtype != LNTI_F32 || strcmp(call->node->op->name, "Softmax") != 0)
    return forward_softmax(call, err);
  return lnti_pool_for(call->context->pool, n, 8192 / (job.n + 1) + 1, softmax_fast_rows, &job, call->context->cancel,
                       err);
}

static const lnti_attribute_rule reduce_rules[] = {
    {"axes", LNTI_ATTRIBUTE_INTS}, {"keepdims", LNTI_ATTRIBUTE_INT}, {"noop_with_empty_axes", LNTI_ATTRIBUTE_INT}, {0}};
static const lnti_attribute_rule arg_rules[] = {
    {"axis", LNTI_ATTRIBUTE_INT}, {"keepdims", LNTI_ATTRIBUTE_INT}, {"select_last_index", LNTI_ATTRIBUTE_INT}, {0}};
static const lnti_attribute_rule top_rules[] = {
    {"axis", LNTI_ATTRIBUTE_INT}, {"largest", LNTI_ATTRIBUTE_INT}, {"sorted", LNTI_ATTRIBUTE_INT}, {0}};
static const lnti_attribute_rule axis_rule[] = {{"axis", LNTI_ATTRIBUTE_INT}, {0}};

#define REDUCE(title, types)                                                                                          \
  {                                                                                                                   \
    .name = title, .domain = "", .since = 1, .least_inputs = 1, .most_inputs = 2, .most_outputs = 1, .dtypes = types, \
    .alike = 1, .decides = 2, .attributes = reduce_rules, .infer = infer_reduce, .forward = forward_reduce,           \
    .fast = fast_reduce                                                                                               \
  }
#define ONE(title, types, rules, make, f, quick)                                                                      \
  {                                                                                                                   \
    .name = title, .domain = "", .since = 1, .least_inputs = 1, .most_inputs = 1, .most_outputs = 1, .dtypes = types, \
    .alike = 1, .attributes = rules, .infer = make, .forward = f, .fast = quick                                       \
  }

const lnti_operator lnti_operators_reduce[] = {
    ONE("ArgMax", LNTI_NUMBERS, arg_rules, infer_arg, forward_arg, NULL),
    ONE("ArgMin", LNTI_NUMBERS, arg_rules, infer_arg, forward_arg, NULL),
    ONE("LogSoftmax", LNTI_REALS, axis_rule, infer_softmax, forward_softmax, fast_softmax),
    REDUCE("ReduceL1", LNTI_NUMBERS),
    REDUCE("ReduceL2", LNTI_NUMBERS),
    REDUCE("ReduceLogSum", LNTI_REALS),
    REDUCE("ReduceLogSumExp", LNTI_REALS),
    REDUCE("ReduceMax", LNTI_NUMBERS),
    REDUCE("ReduceMean", LNTI_NUMBERS),
    REDUCE("ReduceMin", LNTI_NUMBERS),
    REDUCE("ReduceProd", LNTI_NUMBERS),
    REDUCE("ReduceSum", LNTI_NUMBERS),
    REDUCE("ReduceSumSquare", LNTI_NUMBERS),
    ONE("Softmax", LNTI_REALS, axis_rule, infer_softmax, forward_softmax, fast_softmax),
    {.name = "TopK",
     .domain = "",
     .since = 10,
     .least_inputs = 2,
     .most_inputs = 2,
     .most_outputs = 2,
     .dtypes = LNTI_NUMBERS,
     .alike = 1,
     .decides = 2,
     .attributes = top_rules,
     .infer = infer_top,
     .forward = forward_top},
    {0}};
