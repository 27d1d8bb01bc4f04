/*
 * Operators that say something of a tensor's shape, give the same elements another shape or type, or make tensors from
 * nothing. Most of what a network computes with them is constant once the shape of its input is known, and is folded.
 */
#include <graph/operator.h>

#include <base/error.h>
#include <string.h>

static lnt_status forward_copy(lnti_call *call, lnt_error *err) {
  (void)err;
  const lnti_tensor *in = call->input[0];
  lnti_convert(call->output[0].data, in->dtype, in->data, in->dtype, lnti_shape_count(&in->shape));
  return LNT_OK;
}

/* ---- what a shape is ---- */

/* The dimensions that Shape is asked for: [begin,end). */
static void shape_range(size_t *begin_out, size_t *end_out, const lnti_call *call) {
  int64_t rank = (int64_t)call->input[0]->shape.rank;
  int64_t begin = lnti_node_int(call->node, "start", 0), end = lnti_node_int(call->node, "end", rank);
  if (begin < 0) begin += rank;
  if (end < 0) end += rank;
  begin = begin < 0 ? 0 : begin > rank ? rank : begin;
  end = end < begin ? begin : end > rank ? rank : end;
  *begin_out = (size_t)begin;
  *end_out = (size_t)end;
}

static lnt_status infer_shape(lnti_call *call, lnt_error *err) {
  (void)err;
  size_t begin, end;
  shape_range(&begin, &end, call);
  const lnti_shape shape = {.rank = 1, .dim = {end - begin}};
  lnti_call_describe(call, 0, LNTI_I64, &shape);
  return LNT_OK;
}

static lnt_status forward_shape(lnti_call *call, lnt_error *err) {
  (void)err;
  size_t begin, end;
  int64_t *out = call->output[0].data;
  shape_range(&begin, &end, call);
  for (size_t i = begin; i < end; i++) *out++ = (int64_t)call->input[0]->shape.dim[i];
  return LNT_OK;
}

static lnt_status infer_size(lnti_call *call, lnt_error *err) {
  (void)err;
  const lnti_shape scalar = {.rank = 0};
  lnti_call_describe(call, 0, LNTI_I64, &scalar);
  return LNT_OK;
}

static lnt_status forward_size(lnti_call *call, lnt_error *err) {
  (void)err;
  *(int64_t *)call->output[0].data = (int64_t)lnti_shape_count(&call->input[0]->shape);
  return LNT_OK;
}

/* ---- another shape ---- */

static lnt_status infer_reshape(lnti_call *call, lnt_error *err) {
  const lnti_tensor *in = call->input[0];
  bool zero_is_zero = lnti_node_int(call->node, "allowzero", 0) != 0;
  int64_t wanted[LNTI_CALL_INTS];
  size_t n = 0, known = 1, open = SIZE_MAX;
  lnti_shape shape = {0};
  lnt_status status = lnti_call_ints(wanted, &n, call, 1, NULL, err);
  if (status) return status;
  if (n > LNTI_RANK_MAX)
    return lnti_fail(err, LNT_ELIMIT, "node %s: more than %d dimensions", call->node->name, LNTI_RANK_MAX);
  shape.rank = n;
  for (size_t i = 0; i < n; i++) {
    if (wanted[i] == -1 && open == SIZE_MAX) {
      open = i;
      continue;
    }
    if (wanted[i] == 0 && !zero_is_zero && i < in->shape.rank) wanted[i] = (int64_t)in->shape.dim[i];
    if (wanted[i] < 0 || !lnti_size_mul(&known, known, (size_t)wanted[i])) {
      return lnti_fail(err, LNT_EDATA, "node %s: %lld is no dimension to reshape to", call->node->name,
                       (long long)wanted[i]);
    }
    shape.dim[i] = (size_t)wanted[i];
  }
  size_t count = lnti_shape_count(&in->shape);
  bool fits = open == SIZE_MAX ? known == count : known > 0 && count % known == 0;
  if (!fits) {
    return lnti_fail(err, LNT_EDATA, "node %s: %zu elements cannot be given the shape that Reshape asks for",
                     call->node->name, count);
  }
  if (open != SIZE_MAX) shape.dim[open] = count / known;
  lnti_call_describe(call, 0, in->dtype, &shape);
  return LNT_OK;
}

static lnt_status infer_flatten(lnti_call *call, lnt_error *err) {
  const lnti_shape *in = &call->input[0]->shape;
  size_t axis = 0;
  int64_t given = lnti_node_int(call->node, "axis", 1);
  lnt_status status = lnti_axis(&axis, call, given, in->rank, given >= 0, err);
  if (status) return status;
  const lnti_shape shape = {.rank = 2, .dim = {lnti_shape_span(in, 0, axis), lnti_shape_span(in, axis, in->rank)}};
  lnti_call_describe(call, 0, call->input[0]->dtype, &shape);
  return LNT_OK;
}

/* The axes of an operator as a set, of `rank` dimensions: an input in newer versions, an attribute in older ones. */
static lnt_status axes_of(bool set_out[LNTI_RANK_MAX], size_t *n_out, const lnti_call *call, size_t rank,
                          lnt_error *err) {
  int64_t axes[LNTI_CALL_INTS];
  lnt_status status = lnti_call_ints(axes, n_out, call, 1, "axes", err);
  memset(set_out, 0, LNTI_RANK_MAX);
  for (size_t i = 0; *n_out != SIZE_MAX && i < *n_out && !status; i++) {
    size_t axis = 0;
    status = lnti_axis(&axis, call, axes[i], rank, false, err);
    if (!status && set_out[axis]) status = lnti_fail(err, LNT_EDATA, "node %s: axis %zu twice", call->node->name, axis);
    if (!status) set_out[axis] = true;
  }
  return status;
}

static lnt_status infer_squeeze(lnti_call *call, lnt_error *err) {
  const lnti_shape *in = &call->input[0]->shape;
  bool set[LNTI_RANK_MAX];
  size_t n = 0;
  lnti_shape shape = {0};
  lnt_status status = axes_of(set, &n, call, in->rank, err);
  if (status) return status;
  for (size_t i = 0; i < in->rank; i++) {
    bool goes = n == SIZE_MAX ? in->dim[i] == 1 : set[i];
    if (goes && in->dim[i] != 1) {
      return lnti_fail(err, LNT_EDATA, "node %s: Squeeze of a dimension of %zu", call->node->name, in->dim[i]);
    }
    if (!goes) shape.dim[shape.rank++] = in->dim[i];
  }
  lnti_call_describe(call, 0, call->input[0]->dtype, &shape);
  return LNT_OK;
}

static lnt_status infer_unsqueeze(lnti_call *call, lnt_error *err) {
  const lnti_shape *in = &call->input[0]->shape;
  bool set[LNTI_RANK_MAX];
  int64_t axes[LNTI_CALL_INTS];
  size_t n = 0;
  lnt_status status = lnti_call_ints(axes, &n, call, 1, "axes", err);
  if (status) return status;
  if (n == SIZE_MAX) n = 0;
  if (in->rank + n > LNTI_RANK_MAX) {
    return lnti_fail(err, LNT_ELIMIT, "node %s: more than %d dimensions", call->node->name, LNTI_RANK_MAX);
  }
  lnti_shape shape = {.rank = in->rank + n};
  status = axes_of(set, &n, call, shape.rank, err);
  for (size_t i = 0, from = 0; i < shape.rank && !status; i++) shape.dim[i] = set[i] ? 1 : in->dim[from++];
  if (!status) lnti_call_describe(call, 0, call->input[0]->dtype, &shape);
  return status;
}

/* ---- another type ---- */

/* ONNX' numbers of element types (TensorProto.DataType). */
static lnt_status dtype_of(lnti_dtype *out, int64_t number, const lnti_call *call, lnt_error *err) {
  static const lnti_dtype known[] = {
      [1] = LNTI_F32, [2] = LNTI_U8, [3] = LNTI_I8, [6] = LNTI_I32, [7] = LNTI_I64, [9] = LNTI_BOOL, [10] = LNTI_F16};
  if (number < 0 || number >= (int64_t)(sizeof known / sizeof *known) || !known[number]) {
    return lnti_fail(err, LNT_EUNSUPPORTED, "node %s: elements of ONNX' type %lld are not supported", call->node->name,
                     (long long)number);
  }
  *out = known[number];
  return LNT_OK;
}

static lnt_status infer_cast(lnti_call *call, lnt_error *err) {
  lnti_dtype to = 0;
  lnt_status status = dtype_of(&to, lnti_node_int(call->node, "to", 0), call, err);
  if (!status) lnti_call_describe(call, 0, to, &call->input[0]->shape);
  return status;
}

static lnt_status infer_cast_like(lnti_call *call, lnt_error *err) {
  (void)err;
  lnti_call_describe(call, 0, call->input[1]->dtype, &call->input[0]->shape);
  return LNT_OK;
}

static lnt_status forward_cast(lnti_call *call, lnt_error *err) {
  (void)err;
  const lnti_tensor *in = call->input[0];
  lnti_convert(call->output[0].data, call->output[0].dtype, in->data, in->dtype, lnti_shape_count(&in->shape));
  return LNT_OK;
}

/* ---- from nothing ---- */

static lnt_status infer_constant(lnti_call *call, lnt_error *err) {
  const lnti_node *node = call->node;
  lnti_shape shape = {0};
  if (node->n_attributes != 1) {
    return lnti_fail(err, LNT_EDATA, "node %s: a Constant has one attribute, not %zu", node->name, node->n_attributes);
  }
  const lnti_attribute *a = &node->attribute[0];
  lnti_dtype dtype = LNTI_F32;
  if (a->kind == LNTI_ATTRIBUTE_TENSOR) {
    shape = a->tensor.shape;
    dtype = a->tensor.dtype;
  } else if (a->kind == LNTI_ATTRIBUTE_INT) {
    dtype = LNTI_I64;
  } else if (a->kind == LNTI_ATTRIBUTE_INTS || a->kind == LNTI_ATTRIBUTE_FLOATS) {
    shape = (lnti_shape){.rank = 1, .dim = {a->n}};
    if (a->kind == LNTI_ATTRIBUTE_INTS) dtype = LNTI_I64;
  }
  lnti_call_describe(call, 0, dtype, &shape);
  return LNT_OK;
}

static lnt_status forward_constant(lnti_call *call, lnt_error *err) {
  (void)err;
  const lnti_attribute *a = &call->node->attribute[0];
  const void *data = a->tensor.data;
  if (a->kind == LNTI_ATTRIBUTE_INT) data = &a->i;
  if (a->kind == LNTI_ATTRIBUTE_FLOAT) data = &a->f;
  if (a->kind == LNTI_ATTRIBUTE_INTS) data = a->ints;
  if (a->kind == LNTI_ATTRIBUTE_FLOATS) data = a->floats;
  size_t bytes = lnti_tensor_bytes(&call->output[0]);
  if (bytes > 0) memcpy(call->output[0].data, data, bytes);
  return LNT_OK;
}

static lnt_status infer_constant_of_shape(lnti_call *call, lnt_error *err) {
  const lnti_attribute *value = lnti_node_attribute(call->node, "value");
  int64_t wanted[LNTI_CALL_INTS];
  size_t n = 0;
  lnti_shape shape = {0};
  lnt_status status = lnti_call_ints(wanted, &n, call, 0, NULL, err);
  if (status) return status;
  if (n > LNTI_RANK_MAX)
    return lnti_fail(err, LNT_ELIMIT, "node %s: more than %d dimensions", call->node->name, LNTI_RANK_MAX);
  if (value && lnti_shape_count(&value->tensor.shape) != 1) {
    return lnti_fail(err, LNT_EDATA, "node %s: ConstantOfShape wants one value", call->node->name);
  }
  for (size_t i = 0; i < n; i++) {
    if (wanted[i] < 0)
      return lnti_fail(err, LNT_EDATA, "node %s: a dimension of %lld", call->node->name, (long long)wanted[i]);
    shape.dim[shape.rank++] = (size_t)wanted[i];
  }
  lnti_call_describe(call, 0, value ? value->tensor.dtype : LNTI_F32, &shape);
  return LNT_OK;
}

static lnt_status forward_constant_of_shape(lnti_call *call, lnt_error *err) {
  (void)err;
  const lnti_attribute *value = lnti_node_attribute(call->node, "value");
  char *out = call->output[0].data;
  size_t size = lnti_dtype_bytes(call->output[0].dtype), bytes = lnti_tensor_bytes(&call->output[0]);
  memset(out, 0, bytes);
  for (size_t i = 0; value && i < bytes; i += size) memcpy(out + i, value->tensor.data, size);
  return LNT_OK;
}

static lnt_status infer_range(lnti_call *call, lnt_error *err) {
  double first = lnti_call_number(call, 0, 0), end = lnti_call_number(call, 1, 0), step = lnti_call_number(call, 2, 1);
  double n = step != 0 ? (end - first) / step : -1;
  if (step == 0 || !(n < 1e15)) return lnti_fail(err, LNT_EDATA, "node %s: Range has no end", call->node->name);
  lnti_shape shape = {.rank = 1, .dim = {0}};
  if (n > 0) shape.dim[0] = (size_t)n + ((double)(size_t)n < n);
  lnti_call_describe(call, 0, call->input[0]->dtype, &shape);
  return LNT_OK;
}

static lnt_status forward_range(lnti_call *call, lnt_error *err) {
  (void)err;
  lnti_tensor *out = &call->output[0];
  double first = lnti_call_number(call, 0, 0), step = lnti_call_number(call, 2, 1);
  for (size_t i = 0; i < out->shape.dim[0]; i++) {
    double value = first + (double)i * step;
    lnti_convert((char *)out->data + i * lnti_dtype_bytes(out->dtype), out->dtype, &value, LNTI_F64, 1);
  }
  return LNT_OK;
}

/* ---- as in use, not in training ---- */

static lnt_status infer_dropout(lnti_call *call, lnt_error *err) {
  const bool in_use = call->node->version > 6 || lnti_node_int(call->node, "is_test", 0) != 0;
  if (!in_use || lnti_call_number(call, 2, 0) != 0) {
    return lnti_fail(err, LNT_EUNSUPPORTED, "node %s: Dropout in training mode; export the model for use (eval mode)",
                     call->node->name);
  }
  lnti_call_describe(call, 0, call->input[0]->dtype, &call->input[0]->shape);
  lnti_call_describe(call, 1, LNTI_BOOL, &call->input[0]->shape);
  return LNT_OK;
}

static lnt_status forward_dropout(lnti_call *call, lnt_error *err) {
  if (call->n_outputs > 1) memset(call->output[1].data, 1, lnti_tensor_bytes(&call->output[1]));
  return forward_copy(call, err);
}

static const lnti_attribute_rule shape_rules[] = {{"start", LNTI_ATTRIBUTE_INT}, {"end", LNTI_ATTRIBUTE_INT}, {0}};
static const lnti_attribute_rule reshape_rules[] = {{"allowzero", LNTI_ATTRIBUTE_INT}, {0}};
static const lnti_attribute_rule axis_rule[] = {{"axis", LNTI_ATTRIBUTE_INT}, {0}};
static const lnti_attribute_rule axes_rule[] = {{"axes", LNTI_ATTRIBUTE_INTS}, {0}};
static const lnti_attribute_rule to_rule[] = {{"to", LNTI_ATTRIBUTE_INT}, {0}};
static const lnti_attribute_rule value_rule[] = {{"value", LNTI_ATTRIBUTE_TENSOR}, {0}};
static const lnti_attribute_rule constant_rules[] = {
    {"value", LNTI_ATTRIBUTE_TENSOR},    {"value_int", LNTI_ATTRIBUTE_INT},       {"value_float", LNTI_ATTRIBUTE_FLOAT},
    {"value_ints", LNTI_ATTRIBUTE_INTS}, {"value_floats", LNTI_ATTRIBUTE_FLOATS}, {0}};
static const lnti_attribute_rule dropout_rules[] = {{"is_test", LNTI_ATTRIBUTE_INT}, /* until operator set 6 */
                                                    {"seed", LNTI_ATTRIBUTE_INT},
                                                    {"ratio", LNTI_ATTRIBUTE_FLOAT},
                                                    {0}};

#define FORM(title, version, least, most, deciding, rules, make, f, ...)                                          \
  {                                                                                                               \
    .name = title, .domain = "", .since = version, .least_inputs = least, .most_inputs = most, .most_outputs = 1, \
    .dtypes = LNTI_ANY_DTYPE, .decides = deciding, .attributes = rules, .infer = make, .forward = f, __VA_ARGS__  \
  }

const lnti_operator lnti_operators_shape[] = {
    FORM("Cast", 6, 1, 1, 0, to_rule, infer_cast, forward_cast, .view = false),
    FORM("CastLike", 15, 2, 2, 0, NULL, infer_cast_like, forward_cast, .view = false),
    FORM("Constant", 1, 0, 0, 0, constant_rules, infer_constant, forward_constant, .view = false),
    FORM("ConstantOfShape", 9, 1, 1, 1, value_rule, infer_constant_of_shape, forward_constant_of_shape, .view = false),
    {.name = "Dropout",
     .domain = "",
     .since = 6,
     .least_inputs = 1,
     .most_inputs = 3,
     .most_outputs = 2,
     .dtypes = LNTI_REALS,
     .decides = 4,
     .attributes = dropout_rules,
     .infer = infer_dropout,
     .forward = forward_dropout},
    FORM("Flatten", 1, 1, 1, 0, axis_rule, infer_flatten, forward_copy, .view = true),
    FORM("Identity", 1, 1, 1, 0, NULL, lnti_infer_same, forward_copy, .view = true),
    FORM("Range", 11, 3, 3, 7, NULL, infer_range, forward_range, .view = false),
    FORM("Reshape", 5, 2, 2, 2, reshape_rules, infer_reshape, forward_copy, .view = true),
    FORM("Shape", 1, 1, 1, 0, shape_rules, infer_shape, forward_shape, .of_shape = true),
    FORM("Size", 1, 1, 1, 0, NULL, infer_size, forward_size, .of_shape = true),
    FORM("Squeeze", 1, 1, 2, 2, axes_rule, infer_squeeze, forward_copy, .view = true),
    FORM("Unsqueeze", 1, 1, 2, 2, axes_rule, infer_unsqueeze, forward_copy, .view = true),
    {0}};
