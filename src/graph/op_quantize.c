/*
 * Quantised tensors: integers with a scale and a zero point, for the tensor or for each channel. Products of them are made by
 * way of real numbers, q -> (q - zero) * scale, which the sums of 8-bit products allow exactly in f64.
 */
#include <graph/operator.h>

#include <assert.h>
#include <base/error.h>
#include <graph/window.h>
#include <math.h>
#include <string.h>

/* Scale and zero point of a tensor, or of each index of one axis. */
typedef struct scaling {
  const lnti_tensor *scale, *zero; /* zero may be NULL: 0 */
  size_t n;                        /* 1: for all */
  size_t step;                     /* elements from one index of the axis to the next */
} scaling;

static double scale_at(const scaling *s, size_t i) {
  size_t k = s->n == 1 ? 0 : i / s->step % s->n;
  return (double)((const float *)s->scale->data)[k];
}

static double zero_at(const scaling *s, size_t i) {
  double v = 0;
  size_t k = s->n == 1 ? 0 : i / s->step % s->n;
  if (s->zero) {
    lnti_convert(&v, LNTI_F64, (const char *)s->zero->data + k * lnti_dtype_bytes(s->zero->dtype), s->zero->dtype, 1);
  }
  return v;
}

/* Of inputs `scale` and `scale`+1; `shape`'s axis is the one that a list of them runs along. */
static lnt_status scaling_of(scaling *out, const lnti_call *call, size_t scale, const lnti_shape *shape, int64_t axis,
                             lnt_error *err) {
  scaling s = {.scale = call->input[scale], .zero = lnti_call_input(call, scale + 1), .step = 1};
  size_t along = 0;
  s.n = lnti_shape_count(&s.scale->shape);
  bool fits = s.scale->dtype == LNTI_F32 && s.scale->shape.rank <= 1 && s.n >= 1;
  if (fits && s.zero) fits = lnti_shape_count(&s.zero->shape) == s.n;
  if (fits && s.n > 1) {
    lnt_status status = lnti_axis(&along, call, axis, shape->rank, false, err);
    if (status) return status;
    fits = shape->dim[along] == s.n;
    s.step = lnti_shape_span(shape, along + 1, shape->rank);
  }
  if (!fits) {
    return lnti_fail(err, LNT_EDATA, "node %s: scale and zero point of %s do not fit its input", call->node->name,
                     call->node->op->name);
  }
  *out = s;
  return LNT_OK;
}

/* To the nearest integer, ties to even, cut to the type's range. */
static void store_quantised(lnti_tensor *out, size_t i, double value, double scale, double zero) {
  double q = nearbyint(value / scale) + zero, least = out->dtype == LNTI_U8 ? 0 : -128, most = least + 255;
  q = !(q > least) ? least : q > most ? most : q; /* NaN too is the least */
  if (out->dtype == LNTI_U8) {
    ((uint8_t *)out->data)[i] = (uint8_t)q;
  } else {
    ((int8_t *)out->data)[i] = (int8_t)q;
  }
}

static bool is_byte(lnti_dtype dtype) {
  return dtype == LNTI_U8 || dtype == LNTI_I8;
}

/* The type that a zero point gives the result; u8 where there is none. */
static lnt_status result_type(lnti_dtype *out, const lnti_call *call, size_t zero, lnt_error *err) {
  const lnti_tensor *t = lnti_call_input(call, zero);
  *out = t ? t->dtype : LNTI_U8;
  if (is_byte(*out)) return LNT_OK;
  return lnti_fail(err, LNT_EUNSUPPORTED, "node %s: %s to %s", call->node->name, call->node->op->name,
                   lnti_dtype_name(*out));
}

/* ---- QuantizeLinear, DequantizeLinear ---- */

static lnt_status infer_quantize(lnti_call *call, lnt_error *err) {
  scaling s;
  lnti_dtype dtype = LNTI_U8;
  lnt_status status = scaling_of(&s, call, 1, &call->input[0]->shape, lnti_node_int(call->node, "axis", 1), err);
  if (!status) status = result_type(&dtype, call, 2, err);
  if (!status) lnti_call_describe(call, 0, dtype, &call->input[0]->shape);
  return status;
}

static lnt_status forward_quantize(lnti_call *call, lnt_error *err) {
  const lnti_tensor *in = call->input[0];
  scaling s;
  lnt_status status = scaling_of(&s, call, 1, &in->shape, lnti_node_int(call->node, "axis", 1), err);
  for (size_t i = 0, n = lnti_shape_count(&in->shape); i < n && !status; i++) {
    /* Divided in f32, as the definition has it: ties depend on it. */
    float ratio = (float)lnti_tensor_number(in, i) / (float)scale_at(&s, i);
    store_quantised(&call->output[0], i, (double)ratio, 1, zero_at(&s, i));
  }
  return status;
}

static lnt_status infer_dequantize(lnti_call *call, lnt_error *err) {
  scaling s;
  const lnti_tensor *zero = lnti_call_input(call, 2);
  lnt_status status = scaling_of(&s, call, 1, &call->input[0]->shape, lnti_node_int(call->node, "axis", 1), err);
  if (!status && zero && zero->dtype != call->input[0]->dtype) {
    return lnti_fail(err, LNT_EDATA, "node %s: a zero point of another type than the input", call->node->name);
  }
  if (!status) lnti_call_describe(call, 0, LNTI_F32, &call->input[0]->shape);
  return status;
}

static lnt_status forward_dequantize(lnti_call *call, lnt_error *err) {
  const lnti_tensor *in = call->input[0];
  float *out = call->output[0].data;
  scaling s;
  lnt_status status = scaling_of(&s, call, 1, &in->shape, lnti_node_int(call->node, "axis", 1), err);
  for (size_t i = 0, n = lnti_shape_count(&in->shape); i < n && !status; i++) {
    out[i] = (float)((lnti_tensor_number(in, i) - zero_at(&s, i)) * scale_at(&s, i));
  }
  return status;
}

/* ---- quantised products ---- */

/*
 * QLinearConv and QLinearMatMul are run by the operators for real numbers: their inputs are turned into reals, the result is
 * quantised. `real` makes the call of that operator from the reals, which lie in the scratch memory.
 */
typedef struct quantised_call {
  lnti_node node;
  lnti_tensor real[3], made;
  const lnti_tensor *input[3];
  lnti_call call;
  char *scratch; /* what is left of it */
} quantised_call;

static void begin_quantised(quantised_call *q, const lnti_call *call, const char *name, size_t n_inputs) {
  *q = (quantised_call){.node = *call->node, .scratch = call->scratch};
  q->node.op = lnti_operator_find(name, "");
  for (size_t k = 0; k < n_inputs; k++) q->input[k] = &q->real[k];
  q->call = (lnti_call){.node = &q->node,
                        .input = q->input,
                        .output = &q->made,
                        .n_inputs = n_inputs,
                        .n_outputs = 1,
                        .context = call->context};
}

static size_t real_bytes(const lnti_shape *shape) {
  return (lnti_shape_count(shape) * sizeof(float) + 63) / 64 * 64;
}

/* Memory of reals, that `infer` has asked for. */
static float *take_reals(lnti_tensor *out, quantised_call *q, const lnti_shape *shape) {
  float *data = (float *)(void *)q->scratch;
  if (data) q->scratch += real_bytes(shape);
  *out = (lnti_tensor){.dtype = LNTI_F32, .shape = *shape, .data = data};
  return data;
}

static void dequantise(quantised_call *q, size_t k, const lnti_tensor *in, const scaling *s) {
  float *data = take_reals(&q->real[k], q, &in->shape);
  for (size_t i = 0, n = lnti_shape_count(&in->shape); i < n; i++)
    data[i] = (float)((lnti_tensor_number(in, i) - zero_at(s, i)) * scale_at(s, i));
}

static lnt_status describe_reals(quantised_call *q, const lnti_call *call, const size_t *which, size_t n, size_t zero,
                                 lnti_call *out, lnt_error *err) {
  lnti_dtype dtype = LNTI_U8;
  assert(n <= 2); /* entries of `which` */
  for (size_t k = 0; k < n; k++) {
    q->real[k] = (lnti_tensor){.dtype = LNTI_F32, .shape = call->input[which[k]]->shape};
  }
  lnt_status status = result_type(&dtype, call, zero, err);
  if (!status) status = q->node.op->infer(&q->call, err);
  if (status) return status;
  lnti_call_describe(out, 0, dtype, &q->made.shape);
  for (size_t k = 0; k < n; k++) out->scratch_bytes += real_bytes(&q->real[k].shape);
  out->scratch_bytes += real_bytes(&q->made.shape);
  return LNT_OK;
}

static lnt_status finish_quantised(quantised_call *q, lnti_call *call, size_t scale, lnt_error *err) {
  scaling s;
  lnt_status status = q->node.op->infer(&q->call, err);
  if (!status) status = scaling_of(&s, call, scale, &q->made.shape, 1, err);
  if (status) return status;
  const lnti_shape shape = q->made.shape;
  const float *data = take_reals(&q->made, q, &shape);
  status = q->node.op->forward(&q->call, err);
  for (size_t i = 0, n = lnti_shape_count(&shape); i < n && !status; i++) {
    store_quantised(&call->output[0], i, (double)data[i], scale_at(&s, i), zero_at(&s, i));
  }
  return status;
}

static const size_t conv_parts[] = {0, 3}, matmul_parts[] = {0, 3};

/* x, its scale and zero point, w, its scale and zero point, y's scale and zero point, bias (i32, of scale x * w). */
static lnt_status infer_qconv(lnti_call *call, lnt_error *err) {
  quantised_call q;
  const lnti_tensor *bias = lnti_call_input(call, 8);
  begin_quantised(&q, call, "Conv", 2);
  if (!is_byte(call->input[3]->dtype) || (bias && bias->dtype != LNTI_I32)) {
    return lnti_fail(err, LNT_EDATA, "node %s: QLinearConv's weights should be bytes, its bias i32", call->node->name);
  }
  lnt_status status = describe_reals(&q, call, conv_parts, 2, 7, call, err);
  if (!status && bias && lnti_shape_count(&bias->shape) != call->input[3]->shape.dim[0]) {
    return lnti_fail(err, LNT_EDATA, "node %s: QLinearConv's bias does not fit its weights", call->node->name);
  }
  if (!status && bias) call->scratch_bytes += real_bytes(&bias->shape);
  return status;
}

/* Element i has the i-th of the weights' scales. By that number, not by a place in the weights: they may be empty. */
static void real_bias(quantised_call *q, const lnti_tensor *bias, const scaling *x, const scaling *w) {
  const float *scale_w = w->scale->data, scale_x = *(const float *)x->scale->data;
  const lnti_shape shape = {.rank = 1, .dim = {lnti_shape_count(&bias->shape)}};
  float *data = take_reals(&q->real[2], q, &shape);
  for (size_t i = 0; i < shape.dim[0]; i++) {
    data[i] = (float)(lnti_tensor_number(bias, i) * (double)scale_x * (double)scale_w[w->n == 1 ? 0 : i]);
  }
}

static lnt_status forward_qconv(lnti_call *call, lnt_error *err) {
  const lnti_tensor *bias = lnti_call_input(call, 8);
  quantised_call q;
  scaling x, w;
  begin_quantised(&q, call, "Conv", bias ? 3 : 2);
  lnt_status status = scaling_of(&x, call, 1, &call->input[0]->shape, 1, err);
  if (!status) status = scaling_of(&w, call, 4, &call->input[3]->shape, 0, err);
  if (status) return status;
  dequantise(&q, 0, call->input[0], &x);
  dequantise(&q, 1, call->input[3], &w);
  if (bias) real_bias(&q, bias, &x, &w);
  return finish_quantised(&q, call, 6, err);
}

static lnt_status infer_qmatmul(lnti_call *call, lnt_error *err) {
  quantised_call q;
  begin_quantised(&q, call, "MatMul", 2);
  if (!is_byte(call->input[3]->dtype)) {
    return lnti_fail(err, LNT_EDATA, "node %s: QLinearMatMul of %s", call->node->name,
                     lnti_dtype_name(call->input[3]->dtype));
  }
  return describe_reals(&q, call, matmul_parts, 2, 7, call, err);
}

static lnt_status forward_qmatmul(lnti_call *call, lnt_error *err) {
  quantised_call q;
  scaling a, b;
  begin_quantised(&q, call, "MatMul", 2);
  lnt_status status = scaling_of(&a, call, 1, &call->input[0]->shape, -2, err);
  if (!status) status = scaling_of(&b, call, 4, &call->input[3]->shape, -1, err);
  if (status) return status;
  dequantise(&q, 0, call->input[0], &a);
  dequantise(&q, 1, call->input[3], &b);
  return finish_quantised(&q, call, 6, err);
}

/* ---- what onnxruntime's quantiser writes (domain com.microsoft) ---- */

/* Each is an operator for real numbers between quantised tensors: x, its scale and zero point, perhaps y with its own, and
 * the scale and zero point of the result. */
typedef struct byte_operator {
  const char *name, *real;
  size_t n, scale; /* tensors, and the input that is the result's scale */
} byte_operator;

static const byte_operator byte_operators[] = {{"QLinearAdd", "Add", 2, 6},
                                               {"QLinearAveragePool", "AveragePool", 1, 3},
                                               {"QLinearGlobalAveragePool", "GlobalAveragePool", 1, 3},
                                               {"QLinearLeakyRelu", "LeakyRelu", 1, 3},
                                               {"QLinearMul", "Mul", 2, 6},
                                               {"QLinearSigmoid", "Sigmoid", 1, 3},
                                               {"QLinearSoftmax", "Softmax", 1, 3}};

static const byte_operator *begin_bytes(quantised_call *q, const lnti_call *call) {
  size_t i = 0;
  while (strcmp(byte_operators[i].name, call->node->op->name) != 0) i++;
  begin_quantised(q, call, byte_operators[i].real, byte_operators[i].n);
  q->node.version = (unsigned)lnti_node_int(call->node, "opset", 13);
  return &byte_operators[i];
}

static lnt_status infer_bytes(lnti_call *call, lnt_error *err) {
  quantised_call q;
  const byte_operator *op = begin_bytes(&q, call);
  if (lnti_node_int(call->node, "channels_last", 0) != 0)
    return lnti_fail(err, LNT_EUNSUPPORTED, "node %s: %s with channels last", call->node->name, op->name);
  for (size_t k = 0; k < op->n; k++) {
    if (!call->input[3 * k] || !is_byte(call->input[3 * k]->dtype))
      return lnti_fail(err, LNT_EDATA, "node %s: input %zu of %s should be bytes", call->node->name, 3 * k, op->name);
  }
  return describe_reals(&q, call, conv_parts, op->n, op->scale + 1, call, err);
}

static lnt_status forward_bytes(lnti_call *call, lnt_error *err) {
  quantised_call q;
  scaling s;
  const byte_operator *op = begin_bytes(&q, call);
  lnt_status status = LNT_OK;
  for (size_t k = 0; k < op->n && !status; k++) {
    status = scaling_of(&s, call, 3 * k + 1, &call->input[3 * k]->shape, 1, err);
    if (!status) dequantise(&q, k, call->input[3 * k], &s);
  }
  return status ? status : finish_quantised(&q, call, op->scale, err);
}

/* QLinearConcat: scale and zero point of the result, then each tensor with its own. */
static lnt_status infer_qconcat(lnti_call *call, lnt_error *err) {
  lnti_dtype dtype = LNTI_U8;
  lnti_shape shape = {0};
  size_t axis = 0;
  lnt_status status = result_type(&dtype, call, 1, err);
  if (status) return status;
  if (call->n_inputs % 3 != 2)
    return lnti_fail(err, LNT_EDATA, "node %s: QLinearConcat of %zu inputs", call->node->name, call->n_inputs);
  for (size_t k = 2; k < call->n_inputs; k += 3) {
    const lnti_tensor *t = call->input[k];
    if (!t || !call->input[k + 1] || !is_byte(t->dtype))
      return lnti_fail(err, LNT_EDATA, "node %s: input %zu of QLinearConcat should be bytes", call->node->name, k);
    if (k == 2) {
      shape = t->shape;
      status = lnti_axis(&axis, call, lnti_node_int(call->node, "axis", 0), shape.rank, false, err);
      if (status) return status;
      continue;
    }
    bool fits = t->shape.rank == shape.rank;
    for (size_t d = 0; fits && d < shape.rank; d++) fits = d == axis || t->shape.dim[d] == shape.dim[d];
    if (!fits || t->shape.dim[axis] > SIZE_MAX - shape.dim[axis])
      return lnti_fail(err, LNT_EDATA, "node %s: input %zu of QLinearConcat does not fit the others", call->node->name,
                       k);
    shape.dim[axis] += t->shape.dim[axis];
  }
  lnti_call_describe(call, 0, dtype, &shape);
  return LNT_OK;
}

static lnt_status forward_qconcat(lnti_call *call, lnt_error *err) {
  lnti_tensor *out = &call->output[0];
  scaling to, from;
  size_t axis = 0, begin = 0;
  lnt_status status = lnti_axis(&axis, call, lnti_node_int(call->node, "axis", 0), out->shape.rank, false, err);
  if (!status) status = scaling_of(&to, call, 0, &out->shape, 1, err);
  const size_t row = lnti_shape_span(&out->shape, axis, out->shape.rank);
  for (size_t k = 2; k < call->n_inputs && !status; k += 3) {
    const lnti_tensor *t = call->input[k];
    const size_t part = lnti_shape_span(&t->shape, axis, t->shape.rank);
    status = scaling_of(&from, call, k + 1, &t->shape, 1, err);
    for (size_t i = 0, n = lnti_shape_count(&t->shape); i < n && !status; i++) {
      const size_t place = i / part * row + begin + i % part;
      const double real = (lnti_tensor_number(t, i) - zero_at(&from, i)) * scale_at(&from, i);
      store_quantised(out, place, (double)(float)real, scale_at(&to, place), zero_at(&to, place));
    }
    begin += part;
  }
  return status;
}

/* QGemm: a, b and the bias (i32, of scale a * b), and the result's scale and zero point, without which it stays real. */
static lnt_status infer_qgemm(lnti_call *call, lnt_error *err) {
  quantised_call q;
  const lnti_tensor *bias = lnti_call_input(call, 6);
  begin_quantised(&q, call, "Gemm", 2);
  if (!is_byte(call->input[3]->dtype) || (bias && bias->dtype != LNTI_I32))
    return lnti_fail(err, LNT_EDATA, "node %s: QGemm's matrices should be bytes, its bias i32", call->node->name);
  lnt_status status = describe_reals(&q, call, conv_parts, 2, 8, call, err);
  if (status) return status;
  const size_t columns = q.made.shape.dim[1], n_bias = bias ? lnti_shape_count(&bias->shape) : columns;
  if (n_bias != columns)
    return lnti_fail(err, LNT_EDATA, "node %s: QGemm's bias does not fit its result", call->node->name);
  if (!lnti_call_input(call, 7)) lnti_call_describe(call, 0, LNTI_F32, &q.made.shape);
  if (bias) call->scratch_bytes += real_bytes(&bias->shape);
  return LNT_OK;
}

static lnt_status forward_qgemm(lnti_call *call, lnt_error *err) {
  const lnti_tensor *bias = lnti_call_input(call, 6);
  const bool turned = lnti_node_int(call->node, "transB", 0) != 0;
  quantised_call q;
  scaling a, b;
  begin_quantised(&q, call, "Gemm", bias ? 3 : 2);
  lnt_status status = scaling_of(&a, call, 1, &call->input[0]->shape, 1, err);
  if (!status) status = scaling_of(&b, call, 4, &call->input[3]->shape, turned ? 0 : 1, err);
  if (status) return status;
  dequantise(&q, 0, call->input[0], &a);
  dequantise(&q, 1, call->input[3], &b);
  if (bias) real_bias(&q, bias, &a, &b);
  if (lnti_call_input(call, 7)) return finish_quantised(&q, call, 7, err);
  q.made = call->output[0];
  return q.node.op->forward(&q.call, err);
}

/* ---- dynamic quantisation: the scale is the tensor's own ---- */

static lnt_status infer_dynamic(lnti_call *call, lnt_error *err) {
  static const lnti_shape scalar = {.rank = 0};
  (void)err;
  lnti_call_describe(call, 0, LNTI_U8, &call->input[0]->shape);
  lnti_call_describe(call, 1, LNTI_F32, &scalar);
  lnti_call_describe(call, 2, LNTI_U8, &scalar);
  return LNT_OK;
}

static lnt_status forward_dynamic(lnti_call *call, lnt_error *err) {
  (void)err;
  const lnti_tensor *in = call->input[0];
  const float *x = in->data;
  const size_t n = lnti_shape_count(&in->shape);
  float least = 0, most = 0; /* 0 is one of the values */
  for (size_t i = 0; i < n; i++) {
    least = fminf(least, x[i]);
    most = fmaxf(most, x[i]);
  }
  float scale = (most - least) / 255;
  if (scale == 0) scale = 1;
  float zero = nearbyintf(fminf(fmaxf(-least / scale, 0), 255));
  for (size_t i = 0; i < n; i++) store_quantised(&call->output[0], i, (double)(x[i] / scale), 1, (double)zero);
  if (call->n_outputs > 1) *(float *)call->output[1].data = scale;
  if (call->n_outputs > 2) *(uint8_t *)call->output[2].data = (uint8_t)zero;
  return LNT_OK;
}

/* MatMulInteger, ConvInteger: x, w and their zero points, sums as i32. Each row of x, each column of w may have its own. */
static lnt_status infer_integer(lnti_call *call, lnt_error *err) {
  quantised_call q;
  begin_quantised(&q, call, strcmp(call->node->op->name, "ConvInteger") == 0 ? "Conv" : "MatMul", 2);
  for (size_t k = 0; k < 2; k++) q.real[k] = (lnti_tensor){.dtype = LNTI_F32, .shape = call->input[k]->shape};
  if (!is_byte(call->input[1]->dtype))
    return lnti_fail(err, LNT_EDATA, "node %s: input 1 of %s should be bytes", call->node->name, call->node->op->name);
  for (size_t k = 0; k < 2; k++) {
    const lnti_tensor *zero = lnti_call_input(call, 2 + k);
    if (zero && (zero->dtype != call->input[k]->dtype || zero->shape.rank > 1))
      return lnti_fail(err, LNT_EDATA, "node %s: zero points of %s that do not fit", call->node->name,
                       call->node->op->name);
  }
  lnt_status status = q.node.op->infer(&q.call, err);
  if (status) return status;
  lnti_call_describe(call, 0, LNTI_I32, &q.made.shape);
  for (size_t k = 0; k < 2; k++) call->scratch_bytes += real_bytes(&q.real[k].shape);
  return LNT_OK;
}

/* The distances from the zero point, which f32 holds exactly. */
static lnt_status distances(quantised_call *q, const lnti_call *call, size_t k, int64_t axis, lnt_error *err) {
  const lnti_tensor *in = call->input[k], *zero = lnti_call_input(call, 2 + k);
  size_t n = zero ? lnti_shape_count(&zero->shape) : 1, n_in = lnti_shape_count(&in->shape), along = 0, step = 1;
  if (n != 1) {
    lnt_status status = lnti_axis(&along, call, axis, in->shape.rank, false, err);
    if (!status && in->shape.dim[along] != n)
      status = lnti_fail(err, LNT_EDATA, "node %s: %zu zero points for %zu", call->node->name, n, in->shape.dim[along]);
    if (status) return status;
    step = lnti_shape_span(&in->shape, along + 1, in->shape.rank);
  }
  float *data = take_reals(&q->real[k], q, &in->shape);
  for (size_t i = 0; i < n_in; i++) {
    const size_t at = n == 1 ? 0 : i / step % n;
    data[i] = (float)(lnti_tensor_number(in, i) - (zero ? lnti_tensor_number(zero, at) : 0));
  }
  return LNT_OK;
}

static lnt_status forward_integer(lnti_call *call, lnt_error *err) {
  const bool conv = strcmp(call->node->op->name, "ConvInteger") == 0;
  quantised_call q;
  begin_quantised(&q, call, conv ? "Conv" : "MatMul", 2);
  lnt_status status = distances(&q, call, 0, conv ? 1 : -2, err);
  if (!status) status = distances(&q, call, 1, conv ? 0 : -1, err);
  q.made = call->output[0]; /* of integers: both operators keep such sums whole */
  return status ? status : q.node.op->forward(&q.call, err);
}

static const lnti_attribute_rule axis_rule[] = {{"axis", LNTI_ATTRIBUTE_INT}, {0}};
static const lnti_attribute_rule alpha_rule[] = {{"alpha", LNTI_ATTRIBUTE_FLOAT}, {0}};
static const lnti_attribute_rule last_rule[] = {{"channels_last", LNTI_ATTRIBUTE_INT}, {0}};
static const lnti_attribute_rule softmax_rules[] = {{"axis", LNTI_ATTRIBUTE_INT}, {"opset", LNTI_ATTRIBUTE_INT}, {0}};
static const lnti_attribute_rule gemm_rules[] = {
    {"alpha", LNTI_ATTRIBUTE_FLOAT}, {"transA", LNTI_ATTRIBUTE_INT}, {"transB", LNTI_ATTRIBUTE_INT}, {0}};
static const lnti_attribute_rule average_rules[] = {
    {"auto_pad", LNTI_ATTRIBUTE_STRING},   {"ceil_mode", LNTI_ATTRIBUTE_INT},
    {"channels_last", LNTI_ATTRIBUTE_INT}, {"count_include_pad", LNTI_ATTRIBUTE_INT},
    {"kernel_shape", LNTI_ATTRIBUTE_INTS}, {"pads", LNTI_ATTRIBUTE_INTS},
    {"strides", LNTI_ATTRIBUTE_INTS},      {0}};
enum { BYTES = LNTI_DTYPE_BIT(LNTI_U8) | LNTI_DTYPE_BIT(LNTI_I8) };

#define QUANTISED(title, least, most, types, rules, make, f)                                                 \
  {                                                                                                          \
    .name = title, .domain = "", .since = 10, .least_inputs = least, .most_inputs = most, .most_outputs = 1, \
    .dtypes = types, .alike = 1, .attributes = rules, .infer = make, .forward = f                            \
  }

/* Zero points may be left out, but not scales. */
#define OF_BYTES(title, least, most, optionals, rules, make, f)                                                \
  {                                                                                                            \
    .name = title, .domain = "com.microsoft", .since = 1, .least_inputs = least, .most_inputs = most,          \
    .most_outputs = 1, .optional = optionals, .dtypes = BYTES, .alike = 1, .attributes = rules, .infer = make, \
    .forward = f                                                                                               \
  }

const lnti_operator lnti_operators_quantize[] = {
    QUANTISED("ConvInteger", 2, 4, BYTES, lnti_conv_attributes, infer_integer, forward_integer),
    QUANTISED("DequantizeLinear", 2, 3, BYTES | LNTI_DTYPE_BIT(LNTI_I32), axis_rule, infer_dequantize,
              forward_dequantize),
    {.name = "DynamicQuantizeLinear",
     .domain = "",
     .since = 11,
     .least_inputs = 1,
     .most_inputs = 1,
     .most_outputs = 3,
     .dtypes = LNTI_DTYPE_BIT(LNTI_F32),
     .alike = 1,
     .infer = infer_dynamic,
     .forward = forward_dynamic},
    QUANTISED("MatMulInteger", 2, 4, BYTES, NULL, infer_integer, forward_integer),
    OF_BYTES("QGemm", 6, 9, 1 << 2 | 1 << 5 | 1 << 6 | 1 << 7 | 1 << 8, gemm_rules, infer_qgemm, forward_qgemm),
    OF_BYTES("QLinearAdd", 7, 8, 1 << 2 | 1 << 5, NULL, infer_bytes, forward_bytes),
    OF_BYTES("QLinearAveragePool", 4, 5, 1 << 2, average_rules, infer_bytes, forward_bytes),
    {.name = "QLinearConcat",
     .domain = "com.microsoft",
     .since = 1,
     .least_inputs = 5,
     .most_inputs = LNTI_NODE_VALUES_MAX,
     .most_outputs = 1,
     .dtypes = LNTI_DTYPE_BIT(LNTI_F32), /* the result's scale stands first */
     .alike = 1,
     .attributes = axis_rule,
     .infer = infer_qconcat,
     .forward = forward_qconcat},
    OF_BYTES("QLinearGlobalAveragePool", 4, 5, 1 << 2, last_rule, infer_bytes, forward_bytes),
    OF_BYTES("QLinearLeakyRelu", 4, 5, 1 << 2, alpha_rule, infer_bytes, forward_bytes),
    OF_BYTES("QLinearMul", 7, 8, 1 << 2 | 1 << 5, NULL, infer_bytes, forward_bytes),
    OF_BYTES("QLinearSigmoid", 4, 5, 1 << 2, NULL, infer_bytes, forward_bytes),
    OF_BYTES("QLinearSoftmax", 4, 5, 1 << 2, softmax_rules, infer_bytes, forward_bytes),
    QUANTISED("QLinearConv", 8, 9, BYTES, lnti_conv_attributes, infer_qconv, forward_qconv),
    QUANTISED("QLinearMatMul", 8, 8, BYTES, NULL, infer_qmatmul, forward_qmatmul),
    QUANTISED("QuantizeLinear", 2, 3, LNTI_REALS | LNTI_DTYPE_BIT(LNTI_I32), axis_rule, infer_quantize,
              forward_quantize),
    {0}};
