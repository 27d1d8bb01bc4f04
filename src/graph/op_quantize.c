/*
 * Quantised tensors: integers with a scale and a zero point, for the tensor or for each channel. Products of them are made by
 * way of real numbers, q -> (q - zero) * scale, which the sums of 8-bit products allow exactly in f64.
 */
#include <graph/operator.h>

#include <base/error.h>
#include <graph/window.h>
#include <math.h>
#include <stdlib.h>
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
 * quantised. `real` makes the call of that operator from the reals.
 */
typedef struct quantised_call {
  lnti_node node;
  lnti_tensor real[3], made;
  const lnti_tensor *input[3];
  lnti_call call;
} quantised_call;

static void begin_quantised(quantised_call *q, const lnti_call *call, const char *name, size_t n_inputs) {
  *q = (quantised_call){.node = *call->node};
  q->node.op = lnti_operator_find(name, "");
  for (size_t k = 0; k < n_inputs; k++) q->input[k] = &q->real[k];
  q->call = (lnti_call){.node = &q->node,
                        .input = q->input,
                        .output = &q->made,
                        .n_inputs = n_inputs,
                        .n_outputs = 1,
                        .context = call->context};
}

static lnt_status dequantise(lnti_tensor *out, const lnti_tensor *in, const scaling *s, lnt_error *err) {
  size_t n = lnti_shape_count(&in->shape);
  float *data = NULL;
  lnt_status status = lnti_alloc(&data, n, sizeof *data, err);
  for (size_t i = 0; i < n && !status; i++)
    data[i] = (float)((lnti_tensor_number(in, i) - zero_at(s, i)) * scale_at(s, i));
  if (!status) *out = (lnti_tensor){.dtype = LNTI_F32, .shape = in->shape, .data = data};
  return status;
}

static lnt_status describe_reals(quantised_call *q, const lnti_call *call, const size_t *which, size_t n, size_t zero,
                                 lnti_call *out, lnt_error *err) {
  lnti_dtype dtype = LNTI_U8;
  for (size_t k = 0; k < n; k++) {
    q->real[k] = (lnti_tensor){.dtype = LNTI_F32, .shape = call->input[which[k]]->shape};
  }
  lnt_status status = result_type(&dtype, call, zero, err);
  if (!status) status = q->node.op->infer(&q->call, err);
  if (!status) lnti_call_describe(out, 0, dtype, &q->made.shape);
  return status;
}

static lnt_status finish_quantised(quantised_call *q, lnti_call *call, size_t scale, lnt_error *err) {
  scaling s;
  float *data = NULL;
  lnt_status status = q->node.op->infer(&q->call, err);
  size_t n = lnti_shape_count(&q->made.shape);
  if (!status) status = scaling_of(&s, call, scale, &q->made.shape, 1, err);
  if (!status) status = lnti_alloc(&data, n, sizeof *data, err);
  q->made.data = data;
  if (!status) status = q->node.op->forward(&q->call, err);
  for (size_t i = 0; i < n && !status; i++) {
    store_quantised(&call->output[0], i, (double)data[i], scale_at(&s, i), zero_at(&s, i));
  }
  free(data);
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
  return status;
}

static lnt_status real_bias(lnti_tensor *out, const lnti_tensor *bias, const scaling *x, const scaling *w,
                            lnt_error *err) {
  size_t n = lnti_shape_count(&bias->shape);
  float *data = NULL;
  lnt_status status = lnti_alloc(&data, n, sizeof *data, err);
  for (size_t i = 0; i < n && !status; i++) {
    data[i] = (float)(lnti_tensor_number(bias, i) * scale_at(x, 0) * scale_at(w, i * w->step));
  }
  if (!status) *out = (lnti_tensor){.dtype = LNTI_F32, .shape = bias->shape, .data = data};
  return status;
}

static lnt_status forward_qconv(lnti_call *call, lnt_error *err) {
  const lnti_tensor *bias = lnti_call_input(call, 8);
  quantised_call q;
  scaling x, w;
  begin_quantised(&q, call, "Conv", bias ? 3 : 2);
  lnt_status status = scaling_of(&x, call, 1, &call->input[0]->shape, 1, err);
  if (!status) status = scaling_of(&w, call, 4, &call->input[3]->shape, 0, err);
  if (!status) status = dequantise(&q.real[0], call->input[0], &x, err);
  if (!status) status = dequantise(&q.real[1], call->input[3], &w, err);
  if (!status && bias) status = real_bias(&q.real[2], bias, &x, &w, err);
  if (!status) status = finish_quantised(&q, call, 6, err);
  for (size_t k = 0; k < 3; k++) free(q.real[k].data);
  return status;
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
  if (!status) status = dequantise(&q.real[0], call->input[0], &a, err);
  if (!status) status = dequantise(&q.real[1], call->input[3], &b, err);
  if (!status) status = finish_quantised(&q, call, 6, err);
  for (size_t k = 0; k < 2; k++) free(q.real[k].data);
  return status;
}

static const lnti_attribute_rule axis_rule[] = {{"axis", LNTI_ATTRIBUTE_INT}, {0}};
enum { BYTES = LNTI_DTYPE_BIT(LNTI_U8) | LNTI_DTYPE_BIT(LNTI_I8) };

#define QUANTISED(title, least, most, types, rules, make, f)                                                 \
  {                                                                                                          \
    .name = title, .domain = "", .since = 10, .least_inputs = least, .most_inputs = most, .most_outputs = 1, \
    .dtypes = types, .alike = 1, .attributes = rules, .infer = make, .forward = f                            \
  }

const lnti_operator lnti_operators_quantize[] = {
    QUANTISED("DequantizeLinear", 2, 3, BYTES | LNTI_DTYPE_BIT(LNTI_I32), axis_rule, infer_dequantize,
              forward_dequantize),
    QUANTISED("QLinearConv", 8, 9, BYTES, lnti_conv_attributes, infer_qconv, forward_qconv),
    QUANTISED("QLinearMatMul", 8, 8, BYTES, NULL, infer_qmatmul, forward_qmatmul),
    QUANTISED("QuantizeLinear", 2, 3, LNTI_REALS | LNTI_DTYPE_BIT(LNTI_I32), axis_rule, infer_quantize,
              forward_quantize),
    {0}};
