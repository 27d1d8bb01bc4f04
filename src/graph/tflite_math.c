/* Operators of TensorFlow Lite that compute on elements, along dimensions, and with matrices. */
#include <graph/tflite_internal.h>

#include <base/error.h>
#include <string.h>

/* ---- each element ---- */

lnt_status lnti_tflite_unary(lnti_tflite *r, lnt_error *err) {
  lnti_tflite_tensor *x = lnti_tflite_input(r, 0);
  const lnti_tflite_form form = lnti_tflite_own_form(x);
  uint32_t input = LNTI_NO_VALUE;
  lnti_attribute attribute = {0};
  size_t n = 0;
  if (r->op->code == LNTI_TFLITE_LEAKY_RELU) {
    attribute = (lnti_attribute)LNTI_TFLITE_FLOAT("alpha", lnti_flat_real(&r->options, 0, 0));
    n = 1;
  } else if (r->op->code == LNTI_TFLITE_GELU) {
    attribute = (lnti_attribute)LNTI_TFLITE_TEXT("approximate", lnti_flat_int(&r->options, 0, 1, 0) ? "tanh" : "none");
    n = 1;
  }
  lnt_status status = lnti_tflite_take(&input, r, x, form, err);
  const lnti_node node = {.input = &input, .n_inputs = 1, .attribute = &attribute, .n_attributes = n};
  return status ? status : lnti_tflite_make(r, r->op->onnx, &node, form, err);
}

/* RELU6, RELU_N1_TO_1, RELU_0_TO_1. */
lnt_status lnti_tflite_activation(lnti_tflite *r, lnt_error *err) {
  lnti_tflite_tensor *x = lnti_tflite_input(r, 0);
  const lnti_tflite_form form = lnti_tflite_own_form(x);
  const bool six = r->op->onnx[0] == '6', around = r->op->onnx[0] == '-';
  uint32_t input[3] = {LNTI_NO_VALUE, LNTI_NO_VALUE, LNTI_NO_VALUE};
  lnt_status status = lnti_tflite_take(&input[0], r, x, form, err);
  if (!status) status = lnti_tflite_number(&input[1], r, around ? -1 : 0, err);
  if (!status) status = lnti_tflite_number(&input[2], r, six ? 6 : 1, err);
  const lnti_node node = {.input = input, .n_inputs = 3};
  return status ? status : lnti_tflite_make(r, "Clip", &node, form, err);
}

static lnt_status take_all(uint32_t *input, lnti_tflite_form *form, lnti_tflite *r, lnt_error *err) {
  lnt_status status = LNT_OK;
  *form = lnti_tflite_common_form(r, 0);
  for (size_t k = 0; k < r->inputs.n && !status; k++) {
    lnti_tflite_tensor *t = lnti_tflite_input(r, k);
    if (!t) return lnti_tflite_fail(r, err, LNT_EDATA, "input %zu is left out", k);
    status = lnti_tflite_take(&input[k], r, t, *form, err);
  }
  lnti_tflite_check_broadcast(r, 0);
  return status;
}

lnt_status lnti_tflite_elementwise(lnti_tflite *r, lnt_error *err) {
  uint32_t input[LNTI_NODE_VALUES_MAX];
  lnti_tflite_form form = LNTI_TFLITE_FLAT;
  lnt_status status = take_all(input, &form, r, err);
  const lnti_node node = {.input = input, .n_inputs = r->inputs.n};
  return status ? status : lnti_tflite_make(r, r->op->onnx, &node, form, err);
}

/* What ONNX writes as two: RSQRT, SQUARE, SQUARED_DIFFERENCE, NOT_EQUAL. */
lnt_status lnti_tflite_composed(lnti_tflite *r, lnt_error *err) {
  uint32_t input[2] = {LNTI_NO_VALUE, LNTI_NO_VALUE}, part[2];
  lnti_tflite_form form = LNTI_TFLITE_FLAT;
  const unsigned code = r->op->code;
  lnt_status status = take_all(input, &form, r, err);
  const lnti_node first = {.input = input, .n_inputs = r->inputs.n}, twice = {.input = part, .n_inputs = 2},
                  once = {.input = part, .n_inputs = 1};
  part[0] = part[1] = input[0];
  if (status) return status;
  switch (code) {
    case LNTI_TFLITE_SQUARE:
      return lnti_tflite_make(r, "Mul", &twice, form, err);
    case LNTI_TFLITE_SQUARED_DIFFERENCE:
      status = lnti_tflite_step(&part[0], r, "Sub", &first, err);
      part[1] = part[0];
      return status ? status : lnti_tflite_make(r, "Mul", &twice, form, err);
    case LNTI_TFLITE_RSQRT:
      status = lnti_tflite_step(&part[0], r, "Sqrt", &first, err);
      return status ? status : lnti_tflite_make(r, "Reciprocal", &once, form, err);
    default: /* NOT_EQUAL */
      status = lnti_tflite_step(&part[0], r, "Equal", &first, err);
      return status ? status : lnti_tflite_make(r, "Not", &once, form, err);
  }
}

/* ---- along dimensions ---- */

/* SOFTMAX (field: beta), LOG_SOFTMAX: along the last dimension. */
lnt_status lnti_tflite_softmax(lnti_tflite *r, lnt_error *err) {
  lnti_tflite_tensor *x = lnti_tflite_input(r, 0);
  const lnti_tflite_form form = lnti_tflite_own_form(x);
  const float beta = lnti_flat_real(&r->options, 0, 1);
  const lnti_attribute axis = LNTI_TFLITE_INT("axis", form == LNTI_TFLITE_PLANE ? 1 : -1);
  uint32_t input[2] = {LNTI_NO_VALUE, LNTI_NO_VALUE};
  if (x->shape.rank == 0) return lnti_tflite_fail(r, err, LNT_EDATA, "a softmax of one number");
  lnti_tflite_along(r, x, x->shape.rank - 1);
  lnt_status status = lnti_tflite_take(&input[0], r, x, form, err);
  if (!status && beta != 1 && beta != 0) { /* files that leave it out mean 1 */
    uint32_t scaled = LNTI_NO_VALUE;
    const lnti_node scale = {.input = input, .n_inputs = 2};
    status = lnti_tflite_number(&input[1], r, beta, err);
    if (!status) status = lnti_tflite_step(&scaled, r, "Mul", &scale, err);
    input[0] = scaled;
  }
  const lnti_node node = {.input = input, .n_inputs = 1, .attribute = &axis, .n_attributes = 1};
  return status ? status : lnti_tflite_make(r, r->op->onnx, &node, form, err);
}

/* Means and maxima over whole planes have an operator of their own, which is faster. */
static lnt_status reduce_planes(lnti_tflite *r, bool keep, lnt_error *err) {
  const char *global = strcmp(r->op->onnx, "ReduceMean") == 0 ? "GlobalAveragePool" : "GlobalMaxPool";
  uint32_t input = LNTI_NO_VALUE, pooled = LNTI_NO_VALUE;
  lnt_status status = lnti_tflite_take(&input, r, lnti_tflite_input(r, 0), LNTI_TFLITE_PLANE, err);
  const lnti_node pool = {.input = &input, .n_inputs = 1};
  if (status || keep) return status ? status : lnti_tflite_make(r, global, &pool, LNTI_TFLITE_PLANE, err);
  status = lnti_tflite_step(&pooled, r, global, &pool, err);
  const lnti_attribute axis = LNTI_TFLITE_INT("axis", 1);
  const lnti_node flatten = {.input = &pooled, .n_inputs = 1, .attribute = &axis, .n_attributes = 1};
  return status ? status : lnti_tflite_make(r, "Flatten", &flatten, LNTI_TFLITE_FLAT, err);
}

/* MEAN, SUM, REDUCE_MAX, REDUCE_MIN, REDUCE_PROD: x, axes. Field: whether reduced dimensions stay, of 1. */
lnt_status lnti_tflite_reduce(lnti_tflite *r, lnt_error *err) {
  lnti_tflite_tensor *x = lnti_tflite_input(r, 0);
  const bool keep = lnti_flat_int(&r->options, 0, 1, 0) != 0;
  int64_t given[LNTI_TFLITE_LIST], axes[LNTI_RANK_MAX];
  bool goes[LNTI_RANK_MAX] = {false};
  size_t n = 0, n_axes = 0;
  uint32_t input = LNTI_NO_VALUE;
  lnt_status status = lnti_tflite_listed(given, &n, r, 1, "its axes", err);
  for (size_t i = 0; i < n && !status; i++) {
    size_t axis = 0;
    status = lnti_tflite_axis(&axis, r, given[i], x->shape.rank, err);
    if (status) return status;
    goes[axis] = true;
    lnti_tflite_along(r, x, axis);
  }
  if (status) return status;
  if (n == 0) return lnti_tflite_alias(r, 0, x, err);
  lnti_tflite_form form = lnti_tflite_own_form(x);
  bool plane = form == LNTI_TFLITE_PLANE && goes[1] && goes[2];
  bool has_pool = strcmp(r->op->onnx, "ReduceMean") == 0 || strcmp(r->op->onnx, "ReduceMax") == 0;
  if (plane && has_pool && !goes[0] && !goes[3]) return reduce_planes(r, keep, err);
  /* What is left of planes without some of their dimensions is in the file's order where these, or the channels, are gone. */
  if (!keep && !goes[3] && !(goes[1] && goes[2])) form = LNTI_TFLITE_FLAT;
  for (size_t d = 0; d < x->shape.rank; d++) {
    if (goes[d]) axes[n_axes++] = form == LNTI_TFLITE_PLANE ? lnti_tflite_plane_axis(d) : (int64_t)d;
  }
  const lnti_attribute attributes[] = {LNTI_TFLITE_INTS("axes", axes, n_axes), LNTI_TFLITE_INT("keepdims", keep)};
  const lnti_node node = {.input = &input, .n_inputs = 1, .attribute = attributes, .n_attributes = 2};
  status = lnti_tflite_take(&input, r, x, form, err);
  return status ? status : lnti_tflite_make(r, r->op->onnx, &node, keep ? form : LNTI_TFLITE_FLAT, err);
}

/* ARG_MAX, ARG_MIN: x, axis. */
lnt_status lnti_tflite_arg(lnti_tflite *r, lnt_error *err) {
  lnti_tflite_tensor *x = lnti_tflite_input(r, 0);
  const lnti_tflite_tensor *y = lnti_tflite_output(r, 0);
  int64_t given[LNTI_TFLITE_LIST];
  size_t n = 0, axis = 0;
  uint32_t input = LNTI_NO_VALUE, made = LNTI_NO_VALUE;
  lnt_status status = lnti_tflite_listed(given, &n, r, 1, "its axis", err);
  if (!status && n != 1) status = lnti_tflite_fail(r, err, LNT_EDATA, "%zu axes", n);
  if (!status) status = lnti_tflite_axis(&axis, r, given[0], x->shape.rank, err);
  if (!status) status = lnti_tflite_take(&input, r, x, LNTI_TFLITE_FLAT, err);
  if (status) return status;
  lnti_tflite_along(r, x, axis);
  const lnti_attribute attributes[] = {LNTI_TFLITE_INT("axis", (int64_t)axis), LNTI_TFLITE_INT("keepdims", 0)};
  const lnti_node node = {.input = &input, .n_inputs = 1, .attribute = attributes, .n_attributes = 2};
  if (y && y->type == LNTI_TFLITE_I64) return lnti_tflite_make(r, r->op->onnx, &node, LNTI_TFLITE_FLAT, err);
  status = lnti_tflite_step(&made, r, r->op->onnx, &node, err);
  const lnti_attribute to = LNTI_TFLITE_INT("to", 6); /* i32 */
  const lnti_node cast = {.input = &made, .n_inputs = 1, .attribute = &to, .n_attributes = 1};
  return status ? status : lnti_tflite_make(r, "Cast", &cast, LNTI_TFLITE_FLAT, err);
}

/* L2_NORMALIZATION: along the last dimension, by a length of at least 1e-6. */
lnt_status lnti_tflite_l2_norm(lnti_tflite *r, lnt_error *err) {
  lnti_tflite_tensor *x = lnti_tflite_input(r, 0);
  const lnti_tflite_form form = lnti_tflite_own_form(x);
  const int64_t last = form == LNTI_TFLITE_PLANE ? 1 : -1;
  const lnti_attribute axes = LNTI_TFLITE_INTS("axes", &last, 1);
  uint32_t input[2] = {LNTI_NO_VALUE, LNTI_NO_VALUE}, length[2] = {LNTI_NO_VALUE, LNTI_NO_VALUE};
  if (x->shape.rank == 0) return lnti_tflite_fail(r, err, LNT_EDATA, "the length of one number");
  lnti_tflite_along(r, x, x->shape.rank - 1);
  lnt_status status = lnti_tflite_take(&input[0], r, x, form, err);
  const lnti_node measure = {.input = input, .n_inputs = 1, .attribute = &axes, .n_attributes = 1};
  const lnti_node bound = {.input = length, .n_inputs = 2}, node = {.input = input, .n_inputs = 2};
  if (!status) status = lnti_tflite_step(&length[0], r, "ReduceL2", &measure, err);
  if (!status) status = lnti_tflite_number(&length[1], r, 1e-6f, err);
  if (!status) status = lnti_tflite_step(&input[1], r, "Max", &bound, err);
  return status ? status : lnti_tflite_make(r, "Div", &node, form, err);
}

/* ---- matrices ---- */

static lnt_status take_matrix(uint32_t *out, lnti_tflite *r, size_t k, bool transposed, lnt_error *err) {
  lnti_tflite_tensor *t = lnti_tflite_input(r, k);
  int64_t order[LNTI_RANK_MAX];
  const size_t rank = t->shape.rank;
  uint32_t input = LNTI_NO_VALUE;
  if (rank < 2) return lnti_tflite_fail(r, err, LNT_EDATA, "input %zu is no matrix", k);
  lnt_status status = lnti_tflite_take(&input, r, t, LNTI_TFLITE_FLAT, err);
  if (status || !transposed) {
    *out = input;
    return status;
  }
  for (size_t d = 0; d < rank; d++) order[d] = (int64_t)d;
  order[rank - 1] = (int64_t)rank - 2;
  order[rank - 2] = (int64_t)rank - 1;
  const lnti_attribute perm = LNTI_TFLITE_INTS("perm", order, rank);
  const lnti_node node = {.input = &input, .n_inputs = 1, .attribute = &perm, .n_attributes = 1};
  return lnti_tflite_step(out, r, "Transpose", &node, err);
}

/* BATCH_MATMUL: a, b. Fields: whether each is transposed. */
lnt_status lnti_tflite_batch_matmul(lnti_tflite *r, lnt_error *err) {
  const lnti_tflite_tensor *a = lnti_tflite_input(r, 0), *b = lnti_tflite_input(r, 1);
  const bool turn_a = lnti_flat_int(&r->options, 0, 1, 0) != 0, turn_b = lnti_flat_int(&r->options, 1, 1, 0) != 0;
  uint32_t input[2] = {LNTI_NO_VALUE, LNTI_NO_VALUE};
  lnt_status status = take_matrix(&input[0], r, 0, turn_a, err);
  if (!status) status = take_matrix(&input[1], r, 1, turn_b, err);
  if (status) return status;
  /* Samples may be rows of the first matrix, or matrices of their own. */
  bool rows = a->batched && a->shape.rank == 2 && !turn_a && !b->batched && b->shape.rank == 2;
  if (!rows) {
    r->mixes_samples |= (a->batched && a->shape.rank == 2) || (b->batched && b->shape.rank == 2);
    lnti_tflite_check_broadcast(r, 0);
  }
  const lnti_node node = {.input = input, .n_inputs = 2};
  return lnti_tflite_make(r, "MatMul", &node, LNTI_TFLITE_FLAT, err);
}
