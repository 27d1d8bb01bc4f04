/*
 * The list of all operators, the checks that are the same for each, and what the families share. Versions: an operator set
 * changes an operator's form now and then (an attribute becomes an input, Softmax' axis another meaning); nodes keep the
 * version that they were written for, and each operator reads both forms.
 */
#include <graph/operator.h>

#include <assert.h>
#include <base/error.h>
#include <string.h>

static const lnti_operator *const families[] = {lnti_operators_unary,    lnti_operators_binary, lnti_operators_shape,
                                                lnti_operators_move,     lnti_operators_reduce, lnti_operators_norm,
                                                lnti_operators_window,   lnti_operators_matrix, lnti_operators_resize,
                                                lnti_operators_quantize, lnti_operators_layout, lnti_operators_einsum};

const lnti_operator *lnti_operator_at(size_t i) {
  for (size_t f = 0; f < sizeof families / sizeof *families; f++) {
    for (const lnti_operator *op = families[f]; op->name; op++) {
      if (i-- == 0) return op;
    }
  }
  return NULL;
}

const lnti_operator *lnti_operator_find(const char *name, const char *domain) {
  if (strcmp(domain, "ai.onnx") == 0) domain = "";
  for (size_t f = 0; f < sizeof families / sizeof *families; f++) {
    for (const lnti_operator *op = families[f]; op->name; op++) {
      if (strcmp(op->name, name) == 0 && strcmp(op->domain, domain) == 0) return op;
    }
  }
  return NULL;
}

const lnti_operator *lnti_activation(const char *name) {
  const lnti_operator *op = lnti_operator_find(name, "");
  return op ? op : lnti_operator_find(name, "linnet");
}

/* ---- checks ---- */

static const char *const kinds[] = {"an integer", "a number", "a text", "integers", "numbers", "a tensor"};

static const lnti_attribute_rule *rule_of(const lnti_operator *op, const char *name) {
  for (const lnti_attribute_rule *rule = op->attributes; rule && rule->name; rule++) {
    if (strcmp(rule->name, name) == 0) return rule;
  }
  return NULL;
}

lnt_status lnti_node_check(const lnti_node *node, lnt_error *err) {
  const lnti_operator *op = node->op;
  if (node->version < op->since) {
    return lnti_fail(
        err, LNT_EUNSUPPORTED,
        "node %s: %s of operator set %u, where %u is the oldest that is taken; convert the model to a newer one",
        node->name, op->name, node->version, op->since);
  }
  for (size_t i = 0; i < node->n_attributes; i++) {
    const lnti_attribute *a = &node->attribute[i];
    const lnti_attribute_rule *rule = rule_of(op, a->name);
    if (!rule) {
      return lnti_fail(err, LNT_EUNSUPPORTED, "node %s: %s with the attribute \"%.40s\" is not known", node->name,
                       op->name, a->name);
    }
    if (rule->kind != a->kind) {
      return lnti_fail(err, LNT_EDATA, "node %s: the attribute %s of %s is %s, not %s", node->name, a->name, op->name,
                       kinds[rule->kind], kinds[a->kind]);
    }
  }
  if (node->n_inputs < op->least_inputs || node->n_inputs > op->most_inputs) {
    return lnti_fail(err, LNT_EDATA, "node %s: %s takes %u to %u inputs, not %zu", node->name, op->name,
                     op->least_inputs, op->most_inputs, node->n_inputs);
  }
  if (node->n_outputs < 1 || node->n_outputs > op->most_outputs) {
    return lnti_fail(err, LNT_EUNSUPPORTED, "node %s: %s makes 1 to %u outputs, not %zu", node->name, op->name,
                     op->most_outputs, node->n_outputs);
  }
  return LNT_OK;
}

/* Bit k of a mask; the last one stands for all further inputs. */
static bool has_bit(uint32_t mask, size_t k) {
  return mask >> (k < 31 ? k : 31) & 1;
}

static lnt_status check_inputs(const lnti_call *call, lnt_error *err) {
  const lnti_operator *op = call->node->op;
  for (size_t k = 0; k < call->n_inputs; k++) {
    const lnti_tensor *t = call->input[k];
    if (!t) {
      /* Of as many as one likes none may be missing. */
      bool any_number = op->most_inputs == LNTI_NODE_VALUES_MAX;
      if ((k >= op->least_inputs && !any_number) || has_bit(op->optional, k)) continue;
      return lnti_fail(err, LNT_EDATA, "node %s: input %zu of %s is missing", call->node->name, k, op->name);
    }
    if (has_bit(op->decides, k) && !t->data && lnti_shape_count(&t->shape) > 0) {
      return lnti_fail(
          err, LNT_EUNSUPPORTED,
          "node %s: the shape that %s makes depends on what the network computes; only fixed shapes are run",
          call->node->name, op->name);
    }
    if (k == 0 && !(op->dtypes & LNTI_DTYPE_BIT(t->dtype))) {
      return lnti_fail(err, LNT_EUNSUPPORTED, "node %s: %s of %s is not supported", call->node->name, op->name,
                       lnti_dtype_name(t->dtype));
    }
    if (has_bit(op->alike, k) && call->input[0] && t->dtype != call->input[0]->dtype) {
      return lnti_fail(err, LNT_EDATA, "node %s: input %zu of %s is %s, where the first is %s", call->node->name, k,
                       op->name, lnti_dtype_name(t->dtype), lnti_dtype_name(call->input[0]->dtype));
    }
  }
  return LNT_OK;
}

lnt_status lnti_operator_infer(lnti_call *call, lnt_error *err) {
  lnt_status status = check_inputs(call, err);
  call->scratch_bytes = call->products = 0;
  /* What is not described stays no shape, and fails. */
  for (size_t k = 0; k < call->n_outputs; k++) {
    call->output[k] = (lnti_tensor){.dtype = LNTI_F32, .shape.rank = LNTI_RANK_MAX + 1};
  }
  if (!status) status = call->node->op->infer(call, err);
  for (size_t k = 0; k < call->n_outputs && !status; k++) {
    status = lnti_shape_check(&call->output[k].shape, call->output[k].dtype, err);
  }
  return status;
}

/* ---- what the families share ---- */

const lnti_tensor *lnti_call_input(const lnti_call *call, size_t k) {
  return k < call->n_inputs ? call->input[k] : NULL;
}

void lnti_call_describe(lnti_call *call, size_t k, lnti_dtype dtype, const lnti_shape *shape) {
  if (k < call->n_outputs) call->output[k] = (lnti_tensor){.dtype = dtype, .shape = *shape};
}

lnt_status lnti_infer_same(lnti_call *call, lnt_error *err) {
  (void)err;
  lnti_call_describe(call, 0, call->input[0]->dtype, &call->input[0]->shape);
  return LNT_OK;
}

lnt_status lnti_axis(size_t *out, const lnti_call *call, int64_t axis, size_t rank, bool past_end, lnt_error *err) {
  int64_t end = (int64_t)rank + past_end, from_start = axis < 0 ? axis + end : axis;
  if (axis < -end || from_start >= end) {
    return lnti_fail(err, LNT_EDATA, "node %s: axis %lld of %s, where there are %zu dimensions", call->node->name,
                     (long long)axis, call->node->op->name, rank);
  }
  *out = (size_t)from_start;
  return LNT_OK;
}

lnt_status lnti_call_ints(int64_t out[LNTI_CALL_INTS], size_t *n_out, const lnti_call *call, size_t k, const char *name,
                          lnt_error *err) {
  const lnti_tensor *t = lnti_call_input(call, k);
  size_t n = 0;
  const int64_t *listed = name ? lnti_node_ints(&n, call->node, name) : NULL;
  *n_out = SIZE_MAX;
  if (!t && !listed && n == 0) return LNT_OK;
  if (t) n = lnti_shape_count(&t->shape);
  if (n > LNTI_CALL_INTS || (t && t->shape.rank > 1)) {
    return lnti_fail(err, LNT_EDATA, "node %s: input %zu of %s should be a short list", call->node->name, k,
                     call->node->op->name);
  }
  if (t && t->dtype != LNTI_I64 && t->dtype != LNTI_I32) {
    return lnti_fail(err, LNT_EDATA, "node %s: input %zu of %s should be integers, not %s", call->node->name, k,
                     call->node->op->name, lnti_dtype_name(t->dtype));
  }
  if (t) {
    lnti_convert(out, LNTI_I64, t->data, t->dtype, n);
  } else if (listed) {
    memcpy(out, listed, n * sizeof *listed);
  }
  *n_out = n;
  return LNT_OK;
}

double lnti_call_number(const lnti_call *call, size_t k, double otherwise) {
  const lnti_tensor *t = lnti_call_input(call, k);
  double value = otherwise;
  if (t && t->data && lnti_shape_count(&t->shape) > 0) lnti_convert(&value, LNTI_F64, t->data, t->dtype, 1);
  return value;
}

lnt_status lnti_shape_broadcast(lnti_shape *out, const lnti_shape *a, const lnti_shape *b, const lnti_call *call,
                                lnt_error *err) {
  lnti_shape shape = {.rank = a->rank > b->rank ? a->rank : b->rank};
  for (size_t i = 0; i < shape.rank; i++) {
    size_t from_end = shape.rank - i;
    size_t x = from_end <= a->rank ? a->dim[a->rank - from_end] : 1;
    size_t y = from_end <= b->rank ? b->dim[b->rank - from_end] : 1;
    if (x != y && x != 1 && y != 1) {
      return lnti_fail(err, LNT_EDATA, "node %s: shapes that do not fit each other in %s: %zu beside %zu",
                       call->node->name, call->node->op->name, x, y);
    }
    shape.dim[i] = x == 1 ? y : x;
  }
  *out = shape;
  return LNT_OK;
}

/* ---- loops ---- */

/* Joins dimension `from` into the one before it where every tensor steps through both as through one. */
static bool joins(const lnti_loop *loop, size_t before, size_t from) {
  for (size_t t = 0; t < loop->n_tensors; t++) {
    if (loop->stride[t][before] != loop->stride[t][from] * loop->dim[from]) return false;
  }
  return true;
}

void lnti_loop_begin(lnti_loop *loop, const lnti_shape *shape, const lnti_shape *const *shapes, size_t n_tensors) {
  assert(n_tensors <= LNTI_LOOP_TENSORS);
  *loop = (lnti_loop){.n_tensors = n_tensors, .rank = 0, .n_outer = 1, .inner = 1};
  for (size_t i = 0; i < shape->rank; i++) {
    if (shape->dim[i] == 1) continue;
    loop->dim[loop->rank] = shape->dim[i];
    for (size_t t = 0; t < n_tensors; t++) {
      const lnti_shape *s = shapes[t];
      size_t missing = shape->rank - s->rank;
      bool steps = i >= missing && s->dim[i - missing] != 1;
      loop->stride[t][loop->rank] = steps ? lnti_shape_span(s, i - missing + 1, s->rank) : 0;
    }
    if (loop->rank > 0 && joins(loop, loop->rank - 1, loop->rank)) {
      loop->dim[loop->rank - 1] *= loop->dim[loop->rank];
      for (size_t t = 0; t < n_tensors; t++) loop->stride[t][loop->rank - 1] = loop->stride[t][loop->rank];
    } else {
      loop->rank++;
    }
  }
  if (loop->rank == 0) {
    loop->dim[0] = 1;
    loop->rank = 1;
  }
  loop->inner = loop->dim[loop->rank - 1];
  for (size_t i = 0; i + 1 < loop->rank; i++) loop->n_outer *= loop->dim[i];
  if (loop->inner == 0) loop->n_outer = 0;
}

void lnti_loop_place(size_t *offset_out, const lnti_loop *loop, size_t i) {
  for (size_t t = 0; t < loop->n_tensors; t++) offset_out[t] = 0;
  for (size_t d = loop->rank - 1; d-- > 0;) {
    size_t at = i % loop->dim[d];
    i /= loop->dim[d];
    for (size_t t = 0; t < loop->n_tensors; t++) offset_out[t] += at * loop->stride[t][d];
  }
}
