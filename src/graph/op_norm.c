/*
 * Normalisation: by statistics that were learned (batch), or that are the sample's own (layer, instance, local response).
 */
#include <graph/operator.h>

#include <base/error.h>
#include <math.h>
#include <math/vector.h>

static lnt_status check_channels(const lnti_call *call, size_t k, size_t channels, lnt_error *err) {
  const lnti_tensor *t = call->input[k];
  if (t->shape.rank == 1 && t->shape.dim[0] == channels && (LNTI_REALS & LNTI_DTYPE_BIT(t->dtype))) return LNT_OK;
  char text[LNTI_SHAPE_TEXT];
  return lnti_fail(err, LNT_EDATA, "node %s: input %zu of %s is %s, where there are %zu channels", call->node->name, k,
                   call->node->op->name, lnti_tensor_text(text, t), channels);
}

/* ---- batch ---- */

static lnt_status infer_batch(lnti_call *call, lnt_error *err) {
  const lnti_shape *in = &call->input[0]->shape;
  const bool in_use = call->node->version > 6 || lnti_node_int(call->node, "is_test", 0) != 0;
  if (!in_use || lnti_node_int(call->node, "training_mode", 0) != 0 || call->n_outputs > 1) {
    return lnti_fail(err, LNT_EUNSUPPORTED,
                     "node %s: BatchNormalization in training mode; export the model for use (eval mode)",
                     call->node->name);
  }
  if (in->rank < 2) return lnti_fail(err, LNT_EDATA, "node %s: BatchNormalization without channels", call->node->name);
  lnt_status status = LNT_OK;
  for (size_t k = 1; k < 5 && !status; k++) status = check_channels(call, k, in->dim[1], err);
  return status ? status : lnti_infer_same(call, err);
}

static lnt_status forward_batch(lnti_call *call, lnt_error *err) {
  (void)err;
  const lnti_tensor *const *in = call->input;
  lnti_tensor *out = &call->output[0];
  size_t channels = in[0]->shape.dim[1], plane = lnti_shape_span(&in[0]->shape, 2, in[0]->shape.rank);
  float epsilon = lnti_node_float(call->node, "epsilon", 1e-5f);
  for (size_t i = 0, n = in[0]->shape.dim[0] * channels; i < n; i++) {
    size_t c = i % channels;
    double scale = (double)lnti_tensor_real(in[1], c) / sqrt((double)lnti_tensor_real(in[4], c) + (double)epsilon);
    double shift = (double)lnti_tensor_real(in[2], c) - (double)lnti_tensor_real(in[3], c) * scale;
    for (size_t k = i * plane; k < (i + 1) * plane; k++) {
      lnti_tensor_set_real(out, k, (float)((double)lnti_tensor_real(in[0], k) * scale + shift));
    }
  }
  return LNT_OK;
}

/* ---- over the sample's own values ---- */

/* Mean and 1 / standard deviation of n values from `begin` on. */
static void moments(double *mean_out, double *inverse_out, const lnti_tensor *t, size_t begin, size_t n,
                    float epsilon) {
  double sum = 0, squares = 0;
  for (size_t i = 0; i < n; i++) sum += (double)lnti_tensor_real(t, begin + i);
  double mean = n ? sum / (double)n : 0;
  for (size_t i = 0; i < n; i++) {
    double d = (double)lnti_tensor_real(t, begin + i) - mean;
    squares += d * d;
  }
  *mean_out = mean;
  *inverse_out = 1 / sqrt((n ? squares / (double)n : 0) + (double)epsilon);
}

static lnt_status infer_layer(lnti_call *call, lnt_error *err) {
  const lnti_shape *in = &call->input[0]->shape;
  lnti_shape whole = {0}, statistics = *in;
  size_t axis = 0;
  lnt_status status = lnti_axis(&axis, call, lnti_node_int(call->node, "axis", -1), in->rank, false, err);
  if (status) return status;
  if (lnti_node_int(call->node, "stash_type", 1) != 1) {
    return lnti_fail(err, LNT_EUNSUPPORTED, "node %s: LayerNormalization with statistics that are not f32",
                     call->node->name);
  }
  for (size_t d = axis; d < in->rank; d++) {
    whole.dim[whole.rank++] = in->dim[d];
    statistics.dim[d] = 1;
  }
  for (size_t k = 1; k < call->n_inputs; k++) {
    const lnti_tensor *t = call->input[k];
    if (t && lnti_shape_count(&t->shape) != lnti_shape_count(&whole)) {
      return lnti_fail(err, LNT_EDATA,
                       "node %s: input %zu of LayerNormalization has %zu elements, where %zu are normalised",
                       call->node->name, k, lnti_shape_count(&t->shape), lnti_shape_count(&whole));
    }
  }
  lnti_call_describe(call, 0, call->input[0]->dtype, in);
  lnti_call_describe(call, 1, LNTI_F32, &statistics);
  lnti_call_describe(call, 2, LNTI_F32, &statistics);
  return LNT_OK;
}

static lnt_status forward_layer(lnti_call *call, lnt_error *err) {
  const lnti_tensor *in = call->input[0], *scale = call->input[1], *shift = lnti_call_input(call, 2);
  float epsilon = lnti_node_float(call->node, "epsilon", 1e-5f);
  size_t axis = 0;
  lnt_status status = lnti_axis(&axis, call, lnti_node_int(call->node, "axis", -1), in->shape.rank, false, err);
  if (status) return status;
  size_t length = lnti_shape_span(&in->shape, axis, in->shape.rank), n = lnti_shape_span(&in->shape, 0, axis);
  for (size_t i = 0; i < n; i++) {
    double mean, inverse;
    moments(&mean, &inverse, in, i * length, length, epsilon);
    for (size_t k = 0; k < length; k++) {
      double v = ((double)lnti_tensor_real(in, i * length + k) - mean) * inverse * (double)lnti_tensor_real(scale, k);
      lnti_tensor_set_real(&call->output[0], i * length + k,
                           (float)(shift ? v + (double)lnti_tensor_real(shift, k) : v));
    }
    if (call->n_outputs > 1) ((float *)call->output[1].data)[i] = (float)mean;
    if (call->n_outputs > 2) ((float *)call->output[2].data)[i] = (float)inverse;
  }
  return LNT_OK;
}

typedef struct fast_job {
  float *out;
  const float *in, *scale, *shift;
  size_t length;
  float epsilon;
  lnt_cpu_level level;
} fast_job;

static lnt_status normalise_some(void *payload, size_t begin, size_t end, unsigned worker, lnt_error *err) {
  (void)worker;
  (void)err;
  const fast_job *job = payload;
  for (size_t i = begin * job->length; i < end * job->length; i += job->length) {
    lnti_vector_normalise(job->out + i, job->in + i, job->length, job->scale, job->shift, job->epsilon, job->level);
  }
  return LNT_OK;
}

static lnt_status fast_layer(lnti_call *call, lnt_error *err) {
  const lnti_tensor *in = call->input[0], *shift = lnti_call_input(call, 2);
  size_t axis = 0;
  if (in->dtype != LNTI_F32 || call->n_outputs > 1) return forward_layer(call, err);
  lnt_status status = lnti_axis(&axis, call, lnti_node_int(call->node, "axis", -1), in->shape.rank, false, err);
  if (status) return status;
  fast_job job = {.out = call->output[0].data,
                  .in = in->data,
                  .scale = call->input[1]->data,
                  .shift = shift ? shift->data : NULL,
                  .length = lnti_shape_span(&in->shape, axis, in->shape.rank),
                  .epsilon = lnti_node_float(call->node, "epsilon", 1e-5f),
                  .level = call->context->cpu};
  if (job.length == 0) return LNT_OK;
  return lnti_pool_for(call->context->pool, lnti_shape_span(&in->shape, 0, axis), 16384 / (job.length + 1) + 1,
                       normalise_some, &job, call->context->cancel, err);
}

static lnt_status infer_instance(lnti_call *call, lnt_error *err) {
  const lnti_shape *in = &call->input[0]->shape;
  if (in->rank < 3)
    return lnti_fail(err, LNT_EDATA, "node %s: InstanceNormalization without a plane", call->node->name);
  lnt_status status = check_channels(call, 1, in->dim[1], err);
  if (!status) status = check_channels(call, 2, in->dim[1], err);
  return status ? status : lnti_infer_same(call, err);
}

static lnt_status forward_instance(lnti_call *call, lnt_error *err) {
  (void)err;
  const lnti_tensor *in = call->input[0];
  size_t channels = in->shape.dim[1], plane = lnti_shape_span(&in->shape, 2, in->shape.rank);
  float epsilon = lnti_node_float(call->node, "epsilon", 1e-5f);
  for (size_t i = 0, n = in->shape.dim[0] * channels; i < n; i++) {
    double mean, inverse, scale = (double)lnti_tensor_real(call->input[1], i % channels);
    double shift = (double)lnti_tensor_real(call->input[2], i % channels);
    moments(&mean, &inverse, in, i * plane, plane, epsilon);
    for (size_t k = i * plane; k < (i + 1) * plane; k++) {
      lnti_tensor_set_real(&call->output[0], k,
                           (float)(((double)lnti_tensor_real(in, k) - mean) * inverse * scale + shift));
    }
  }
  return LNT_OK;
}

/* Y. Wu, K. He, Group normalization, 2018. Scale and bias are of groups (operator set 18) or of channels (21). */
static lnt_status infer_group(lnti_call *call, lnt_error *err) {
  const lnti_shape *in = &call->input[0]->shape;
  const int64_t groups = lnti_node_int(call->node, "num_groups", 0);
  if (in->rank < 3 || groups < 1 || groups > (int64_t)in->dim[1] || in->dim[1] % (size_t)groups != 0) {
    return lnti_fail(err, LNT_EDATA, "node %s: GroupNormalization of %zu channels in %lld groups", call->node->name,
                     in->rank > 1 ? in->dim[1] : 0, (long long)groups);
  }
  const size_t listed = lnti_shape_count(&call->input[1]->shape);
  lnt_status status = check_channels(call, 1, listed == (size_t)groups ? listed : in->dim[1], err);
  if (!status) status = check_channels(call, 2, listed, err);
  return status ? status : lnti_infer_same(call, err);
}

static lnt_status forward_group(lnti_call *call, lnt_error *err) {
  (void)err;
  const lnti_tensor *in = call->input[0];
  const size_t channels = in->shape.dim[1], plane = lnti_shape_span(&in->shape, 2, in->shape.rank);
  const size_t groups = (size_t)lnti_node_int(call->node, "num_groups", 1), wide = channels / groups;
  const size_t per = lnti_shape_count(&call->input[1]->shape) == channels ? 1 : wide;
  const float epsilon = lnti_node_float(call->node, "epsilon", 1e-5f);
  for (size_t i = 0, n = in->shape.dim[0] * groups; i < n; i++) {
    double mean, inverse;
    moments(&mean, &inverse, in, i * wide * plane, wide * plane, epsilon);
    for (size_t k = i * wide * plane; k < (i + 1) * wide * plane; k++) {
      const size_t c = k / plane % channels / per;
      const double scale = (double)lnti_tensor_real(call->input[1], c) * inverse;
      const double shift = (double)lnti_tensor_real(call->input[2], c);
      lnti_tensor_set_real(&call->output[0], k, (float)(((double)lnti_tensor_real(in, k) - mean) * scale + shift));
    }
  }
  return LNT_OK;
}

static lnt_status infer_lp(lnti_call *call, lnt_error *err) {
  size_t axis = 0;
  const int64_t p = lnti_node_int(call->node, "p", 2);
  if (p != 1 && p != 2)
    return lnti_fail(err, LNT_EDATA, "node %s: LpNormalization with p of %lld", call->node->name, (long long)p);
  lnt_status status =
      lnti_axis(&axis, call, lnti_node_int(call->node, "axis", -1), call->input[0]->shape.rank, false, err);
  return status ? status : lnti_infer_same(call, err);
}

static lnt_status forward_lp(lnti_call *call, lnt_error *err) {
  const lnti_tensor *in = call->input[0];
  const bool squared = lnti_node_int(call->node, "p", 2) == 2;
  size_t axis = 0;
  lnt_status status = lnti_axis(&axis, call, lnti_node_int(call->node, "axis", -1), in->shape.rank, false, err);
  if (status) return status;
  const size_t length = in->shape.dim[axis], step = lnti_shape_span(&in->shape, axis + 1, in->shape.rank);
  for (size_t i = 0, n = length ? lnti_shape_count(&in->shape) / length : 0; i < n; i++) {
    const size_t base = i / step * length * step + i % step;
    double sum = 0;
    for (size_t k = 0; k < length; k++) {
      const double v = (double)lnti_tensor_real(in, base + k * step);
      sum += squared ? v * v : fabs(v);
    }
    const double norm = squared ? sqrt(sum) : sum;
    for (size_t k = base; k < base + length * step; k += step)
      lnti_tensor_set_real(&call->output[0], k, norm == 0 ? 0 : (float)((double)lnti_tensor_real(in, k) / norm));
  }
  return LNT_OK;
}

/* ---- local response ---- */

/* Over neighbouring channels (A. Krizhevsky and others, ImageNet classification with deep convolutional networks, 2012). */
static lnt_status infer_lrn(lnti_call *call, lnt_error *err) {
  if (lnti_node_int(call->node, "size", 0) < 1 || call->input[0]->shape.rank < 2) {
    return lnti_fail(err, LNT_EDATA, "node %s: LRN over %lld channels", call->node->name,
                     (long long)lnti_node_int(call->node, "size", 0));
  }
  return lnti_infer_same(call, err);
}

static lnt_status forward_lrn(lnti_call *call, lnt_error *err) {
  (void)err;
  const lnti_tensor *in = call->input[0];
  size_t channels = in->shape.dim[1], plane = lnti_shape_span(&in->shape, 2, in->shape.rank);
  int64_t size = lnti_node_int(call->node, "size", 1);
  size_t before = (size_t)(size - 1) / 2, after = (size_t)size - 1 - before;
  double alpha = (double)lnti_node_float(call->node, "alpha", 1e-4f) / (double)size;
  double beta = (double)lnti_node_float(call->node, "beta", 0.75f),
         bias = (double)lnti_node_float(call->node, "bias", 1);
  for (size_t i = 0, n = in->shape.dim[0] * channels; i < n; i++) {
    size_t c = i % channels, first = c < before ? 0 : c - before,
           last = channels - 1 - c < after ? channels - 1 : c + after;
    for (size_t k = 0; k < plane; k++) {
      double squares = 0;
      for (size_t near = first; near <= last; near++) {
        double v = (double)lnti_tensor_real(in, (i - c + near) * plane + k);
        squares += v * v;
      }
      double v = (double)lnti_tensor_real(in, i * plane + k);
      lnti_tensor_set_real(&call->output[0], i * plane + k, (float)(v / pow(bias + alpha * squares, beta)));
    }
  }
  return LNT_OK;
}

static const lnti_attribute_rule batch_rules[] = {
    {"epsilon", LNTI_ATTRIBUTE_FLOAT},  {"is_test", LNTI_ATTRIBUTE_INT}, /* until operator set 6 */
    {"momentum", LNTI_ATTRIBUTE_FLOAT}, {"spatial", LNTI_ATTRIBUTE_INT}, {"training_mode", LNTI_ATTRIBUTE_INT}, {0}};
static const lnti_attribute_rule layer_rules[] = {
    {"axis", LNTI_ATTRIBUTE_INT}, {"epsilon", LNTI_ATTRIBUTE_FLOAT}, {"stash_type", LNTI_ATTRIBUTE_INT}, {0}};
static const lnti_attribute_rule epsilon_rule[] = {{"epsilon", LNTI_ATTRIBUTE_FLOAT}, {0}};
static const lnti_attribute_rule group_rules[] = {
    {"epsilon", LNTI_ATTRIBUTE_FLOAT}, {"num_groups", LNTI_ATTRIBUTE_INT}, {"stash_type", LNTI_ATTRIBUTE_INT}, {0}};
static const lnti_attribute_rule lp_rules[] = {{"axis", LNTI_ATTRIBUTE_INT}, {"p", LNTI_ATTRIBUTE_INT}, {0}};
static const lnti_attribute_rule lrn_rules[] = {{"alpha", LNTI_ATTRIBUTE_FLOAT},
                                                {"beta", LNTI_ATTRIBUTE_FLOAT},
                                                {"bias", LNTI_ATTRIBUTE_FLOAT},
                                                {"size", LNTI_ATTRIBUTE_INT},
                                                {0}};

#define NORM(title, version, least, most, outputs, same, rules, make, f, ...)                                       \
  {                                                                                                                 \
    .name = title, .domain = "", .since = version, .least_inputs = least, .most_inputs = most,                      \
    .most_outputs = outputs, .dtypes = LNTI_REALS, .alike = same, .attributes = rules, .infer = make, .forward = f, \
    __VA_ARGS__                                                                                                     \
  }

const lnti_operator lnti_operators_norm[] = {
    NORM("BatchNormalization", 6, 5, 5, 5, 1, batch_rules, infer_batch, forward_batch, .fast = NULL),
    NORM("GroupNormalization", 18, 3, 3, 1, 7, group_rules, infer_group, forward_group, .fast = NULL),
    NORM("InstanceNormalization", 6, 3, 3, 1, 7, epsilon_rule, infer_instance, forward_instance, .fast = NULL),
    NORM("LRN", 1, 1, 1, 1, 1, lrn_rules, infer_lrn, forward_lrn, .fast = NULL),
    NORM("LayerNormalization", 17, 2, 3, 3, 7, layer_rules, infer_layer, forward_layer, .fast = fast_layer),
    NORM("LpNormalization", 1, 1, 1, 1, 1, lp_rules, infer_lp, forward_lp, .fast = NULL),
    {0}};
