/*
 * What operators of TensorFlow Lite are built with: values in the form that is wanted, and ONNX' nodes.
 *
 * Convolutions and pools want and make [n,c,h,w]; what works on each element goes on with that; all else takes tensors as the file
 * has them. A tensor that is wanted in both forms is turned once. So a plain network is not turned at all.
 *
 * Files are of one sample, graphs of any number: dimension 0 of what depends on the input is left open, which is right as long as
 * each operator leaves the samples one after another. Where one does not (`mixes_samples`), the graph is built for one.
 */
#include <graph/tflite_internal.h>

#include <base/error.h>
#include <graph/operator.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { VERSION = 17 };

lnti_tflite_tensor *lnti_tflite_input(const lnti_tflite *r, size_t k) {
  int64_t i = k < r->inputs.n ? lnti_flat_int_at(&r->inputs, k) : -1;
  return i < 0 ? NULL : &r->tensor[i];
}

lnti_tflite_tensor *lnti_tflite_output(const lnti_tflite *r, size_t k) {
  int64_t i = k < r->outputs.n ? lnti_flat_int_at(&r->outputs, k) : -1;
  return i < 0 ? NULL : &r->tensor[i];
}

lnt_status lnti_tflite_fail(const lnti_tflite *r, lnt_error *err, lnt_status status, const char *format, ...) {
  char text[LNT_ERROR_MESSAGE_BYTES];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  return lnti_fail(err, status, "node %s: %s", r->label, text);
}

/* ---- nodes ---- */

lnt_status lnti_tflite_add(lnti_tflite *r, const char *op, const lnti_node *node, lnt_error *err) {
  lnti_node full = *node;
  full.op = lnti_operator_find(op, "");
  full.name = r->label;
  full.version = VERSION;
  while (full.n_inputs > 0 && full.input[full.n_inputs - 1] == LNTI_NO_VALUE) full.n_inputs--;
  lnt_status status = lnti_node_check(&full, err);
  return status ? status : lnti_graph_add_node(r->graph, &full, err);
}

/* A value that can be found by its name again, whenever the file is read: what is taken gets a number. */
static lnt_status name_value(uint32_t *out, lnti_tflite *r, const char *name, lnt_error *err) {
  char other[LNTI_TFLITE_NAME + 32];
  size_t number = r->graph->n_values;
  const char *use = name;
  for (int tries = 0; lnti_graph_find(r->graph, use, strlen(use)) != LNTI_NO_VALUE; tries++) {
    if (tries == 8) return lnti_graph_add_value(out, r->graph, name, err); /* names made to collide */
    snprintf(other, sizeof other, "%s/%zu", name, number++);
    use = other;
  }
  return lnti_graph_name(out, r->graph, use, strlen(use), err);
}

lnt_status lnti_tflite_step(uint32_t *out, lnti_tflite *r, const char *op, const lnti_node *node, lnt_error *err) {
  uint32_t value = LNTI_NO_VALUE;
  char name[sizeof r->label + 32];
  lnti_node full = *node;
  full.output = &value;
  full.n_outputs = 1;
  snprintf(name, sizeof name, "%s/%s", r->label, op);
  lnt_status status = name_value(&value, r, name, err);
  if (!status) status = lnti_tflite_add(r, op, &full, err);
  if (!status) *out = value;
  return status;
}

/* A quantised tensor holds nothing outside its range. Converters count on that: one that begins at 0 needs no RELU, one that ends
 * at 6 no RELU6, and some take these out. Else the ends of the range are where calibration saw nothing beyond; real numbers need
 * not be cut there. */
static lnt_status implied_activation(int *out, const lnti_tflite_tensor *t, lnt_error *err) {
  double scale = 0;
  int64_t zero = 0, least = t->type == LNTI_TFLITE_I8 ? -128 : 0;
  bool quantised = false;
  lnt_status status = lnti_tflite_quantised(&quantised, &scale, &zero, t, err);
  if (status || !quantised || (t->type != LNTI_TFLITE_I8 && t->type != LNTI_TFLITE_U8) || zero != least) return status;
  *out = fabs(255 * scale - 6) <= scale ? LNTI_TFLITE_RELU6 : LNTI_TFLITE_RELU;
  return LNT_OK;
}

static lnt_status add_activation(lnti_tflite *r, int activation, uint32_t from, uint32_t to, lnt_error *err) {
  uint32_t input[3] = {from, LNTI_NO_VALUE, LNTI_NO_VALUE};
  const lnti_node node = {.input = input, .n_inputs = 3, .output = &to, .n_outputs = 1};
  lnt_status status = LNT_OK;
  switch (activation) {
    case LNTI_TFLITE_RELU:
      return lnti_tflite_add(r, "Relu", &node, err);
    case LNTI_TFLITE_RELU6:
    case LNTI_TFLITE_RELU_N1_TO_1:
      status = lnti_tflite_number(&input[1], r, activation == LNTI_TFLITE_RELU6 ? 0 : -1, err);
      if (!status) status = lnti_tflite_number(&input[2], r, activation == LNTI_TFLITE_RELU6 ? 6 : 1, err);
      return status ? status : lnti_tflite_add(r, "Clip", &node, err);
    case LNTI_TFLITE_TANH:
      return lnti_tflite_add(r, "Tanh", &node, err);
    default:
      return lnti_tflite_fail(r, err, LNT_EUNSUPPORTED, "the fused activation %d", activation);
  }
}

lnt_status lnti_tflite_make(lnti_tflite *r, const char *op, const lnti_node *node, lnti_tflite_form form,
                            lnt_error *err) {
  uint32_t named = LNTI_NO_VALUE, raw = LNTI_NO_VALUE;
  int activation = LNTI_TFLITE_NONE;
  lnt_status status = lnti_tflite_give(&named, r, 0, form, err);
  if (status) return status;
  if (r->op->fused) {
    activation = (int)lnti_flat_int(&r->options, r->op->fused - 1u, 1, LNTI_TFLITE_NONE);
    if (activation == LNTI_TFLITE_NONE) status = implied_activation(&activation, lnti_tflite_output(r, 0), err);
    if (status) return status;
  }
  if (activation == LNTI_TFLITE_NONE) {
    lnti_node full = *node;
    full.output = &named;
    full.n_outputs = 1;
    return lnti_tflite_add(r, op, &full, err);
  }
  status = lnti_tflite_step(&raw, r, op, node, err);
  return status ? status : add_activation(r, activation, raw, named, err);
}

lnt_status lnti_tflite_make_shaped(lnti_tflite *r, uint32_t value, lnt_error *err) {
  const lnti_tflite_tensor *y = lnti_tflite_output(r, 0);
  uint32_t input[2] = {value, LNTI_NO_VALUE};
  bool batched = false;
  for (size_t k = 0; k < r->inputs.n; k++) {
    const lnti_tflite_tensor *x = lnti_tflite_input(r, k);
    batched |= x && x->batched;
  }
  const lnti_node node = {.input = input, .n_inputs = 2};
  lnt_status status = lnti_tflite_target(&input[1], r, &y->shape, batched, err);
  return status ? status : lnti_tflite_make(r, "Reshape", &node, LNTI_TFLITE_FLAT, err);
}

/* ---- values ---- */

static lnt_status turn(lnti_tflite *r, lnti_tflite_tensor *t, lnti_tflite_form from, lnti_tflite_form to,
                       lnt_error *err) {
  static const int64_t to_plane[] = {0, 3, 1, 2}, to_flat[] = {0, 2, 3, 1}, to_depth[] = {3, 0, 1, 2};
  const int64_t *order = to == LNTI_TFLITE_FLAT ? to_flat : to == LNTI_TFLITE_PLANE ? to_plane : to_depth;
  const lnti_attribute perm = LNTI_TFLITE_INTS("perm", order, 4);
  const lnti_node node = {.input = &t->value[from], .n_inputs = 1, .attribute = &perm, .n_attributes = 1};
  if (t->shape.rank != 4) {
    char name[LNTI_TFLITE_NAME];
    return lnti_tflite_fail(r, err, LNT_EDATA, "%s has %zu dimensions, where planes have 4",
                            lnti_tflite_name(name, r, t), t->shape.rank);
  }
  return lnti_tflite_step(&t->value[to], r, "Transpose", &node, err);
}

static bool is_constant(const lnti_tflite_tensor *t) {
  return t->data || (!t->made && lnti_shape_count(&t->shape) == 0);
}

lnt_status lnti_tflite_take(uint32_t *out, lnti_tflite *r, lnti_tflite_tensor *t, lnti_tflite_form form,
                            lnt_error *err) {
  lnt_status status = LNT_OK;
  if (t->value[form] == LNTI_NO_VALUE && is_constant(t)) {
    status = lnti_tflite_constant(&t->value[form], r, t, form, err);
    if (status) {
      lnt_error reason = err ? *err : (lnt_error)LNT_ERROR_INIT;
      char name[LNTI_TFLITE_NAME];
      return lnti_tflite_fail(r, err, status, "%s: %s", lnti_tflite_name(name, r, t), reason.message);
    }
  }
  if (t->value[form] == LNTI_NO_VALUE) {
    bool flat = t->value[LNTI_TFLITE_FLAT] != LNTI_NO_VALUE;
    if (!flat && t->value[LNTI_TFLITE_PLANE] == LNTI_NO_VALUE) {
      char name[LNTI_TFLITE_NAME];
      return lnti_tflite_fail(r, err, LNT_EDATA, "it takes %s, which nothing has made before it",
                              lnti_tflite_name(name, r, t));
    }
    if (!flat) status = turn(r, t, LNTI_TFLITE_PLANE, LNTI_TFLITE_FLAT, err);
    if (!status && form != LNTI_TFLITE_FLAT) status = turn(r, t, LNTI_TFLITE_FLAT, form, err);
    if (status) return status;
  }
  *out = t->value[form];
  return LNT_OK;
}

lnti_tflite_form lnti_tflite_common_form(const lnti_tflite *r, size_t first) {
  bool any = false;
  for (size_t k = first; k < r->inputs.n; k++) {
    const lnti_tflite_tensor *t = lnti_tflite_input(r, k);
    if (!t) continue;
    any |= t->value[LNTI_TFLITE_PLANE] != LNTI_NO_VALUE && !is_constant(t);
    if (t->shape.rank != 4 && !(is_constant(t) && t->shape.rank < 4)) return LNTI_TFLITE_FLAT;
  }
  return any ? LNTI_TFLITE_PLANE : LNTI_TFLITE_FLAT;
}

lnti_tflite_form lnti_tflite_own_form(const lnti_tflite_tensor *t) {
  return !is_constant(t) && t->value[LNTI_TFLITE_PLANE] != LNTI_NO_VALUE ? LNTI_TFLITE_PLANE : LNTI_TFLITE_FLAT;
}

lnt_status lnti_tflite_give(uint32_t *out, lnti_tflite *r, size_t k, lnti_tflite_form form, lnt_error *err) {
  lnti_tflite_tensor *t = lnti_tflite_output(r, k);
  char name[LNTI_TFLITE_NAME];
  if (!t) return lnti_tflite_fail(r, err, LNT_EDATA, "output %zu is left out", k);
  lnti_tflite_name(name, r, t);
  if (t->made || t->data) {
    return lnti_tflite_fail(r, err, LNT_EDATA, "it makes %s, which is there already", name);
  }
  lnt_status status = name_value(out, r, name, err); /* names in the file need not be different */
  if (status) return status;
  t->made = true;
  t->value[form] = *out;
  return LNT_OK;
}

lnt_status lnti_tflite_alias(lnti_tflite *r, size_t k, const lnti_tflite_tensor *t, lnt_error *err) {
  lnti_tflite_tensor *y = lnti_tflite_output(r, k);
  char name[LNTI_TFLITE_NAME];
  if (!y || y->made || y->data) {
    return lnti_tflite_fail(r, err, LNT_EDATA, "it makes %s, which is there already",
                            y ? lnti_tflite_name(name, r, y) : "nothing");
  }
  if (is_constant(t)) { /* what is quantised, or of half precision, is read so by whoever wants it */
    const lnti_flat_table table = y->table;
    *y = *t;
    y->table = table;
  } else {
    memcpy(y->value, t->value, sizeof y->value);
    memcpy(y->pads, t->pads, sizeof y->pads);
    y->unpadded = t->unpadded;
  }
  y->made = true;
  return LNT_OK;
}

/* ---- constants ---- */

lnt_status lnti_tflite_ints(uint32_t *out, lnti_tflite *r, const int64_t *ints, size_t n, lnt_error *err) {
  const lnti_shape shape = {.rank = 1, .dim = {n}};
  int64_t *data = NULL;
  lnt_status status = lnti_graph_add_value(out, r->graph, r->label, err);
  if (!status) status = lnti_graph_set_constant(&data, r->graph, *out, LNTI_I64, &shape, err);
  if (!status && n > 0) memcpy(data, ints, n * sizeof *ints);
  return status;
}

lnt_status lnti_tflite_number(uint32_t *out, lnti_tflite *r, float number, lnt_error *err) {
  const lnti_shape scalar = {.rank = 0};
  float *data = NULL;
  for (size_t i = 0; i < r->n_numbers; i++) {
    if (r->numbers[i].number == number) {
      *out = r->numbers[i].value;
      return LNT_OK;
    }
  }
  lnt_status status = lnti_graph_add_value(out, r->graph, "number", err);
  if (!status) status = lnti_graph_set_constant(&data, r->graph, *out, LNTI_F32, &scalar, err);
  if (status) return status;
  *data = number;
  if (r->n_numbers < LNTI_TFLITE_NUMBERS) {
    r->numbers[r->n_numbers].number = number;
    r->numbers[r->n_numbers++].value = *out;
  }
  return LNT_OK;
}

lnt_status lnti_tflite_target(uint32_t *out, lnti_tflite *r, const lnti_shape *shape, bool batched, lnt_error *err) {
  int64_t dims[LNTI_RANK_MAX] = {0};
  for (size_t d = 0; d < shape->rank; d++) dims[d] = (int64_t)shape->dim[d];
  if (batched && shape->rank == 0) {
    r->mixes_samples = true;
  } else if (batched && !r->one_sample) {
    dims[0] = -1;
  }
  return lnti_tflite_ints(out, r, dims, shape->rank, err);
}

lnt_status lnti_tflite_listed(int64_t out[LNTI_TFLITE_LIST], size_t *n_out, const lnti_tflite *r, size_t k,
                              const char *what, lnt_error *err) {
  const lnti_tflite_tensor *t = lnti_tflite_input(r, k);
  size_t n = t ? lnti_shape_count(&t->shape) : 0;
  if (!t || !is_constant(t)) {
    return lnti_tflite_fail(r, err, LNT_EUNSUPPORTED, "%s %s computed; only constant ones are read", what,
                            t ? "are" : "are left out, or");
  }
  bool wide = t->type == LNTI_TFLITE_I64;
  if ((!wide && t->type != LNTI_TFLITE_I32) || n > LNTI_TFLITE_LIST || t->shape.rank > 2) {
    return lnti_tflite_fail(r, err, LNT_EDATA, "%s should be a short list of integers", what);
  }
  const lnti_flat_list list = {
      .file = r->file, .at = n ? (size_t)(t->data - r->file->data) : 0, .n = n, .size = wide ? 8 : 4};
  for (size_t i = 0; i < n; i++) out[i] = lnti_flat_int_at(&list, i);
  *n_out = n;
  return LNT_OK;
}

lnt_status lnti_tflite_axis(size_t *out, const lnti_tflite *r, int64_t given, size_t rank, lnt_error *err) {
  int64_t end = (int64_t)rank;
  if (given < -end || given >= end) {
    return lnti_tflite_fail(r, err, LNT_EDATA, "axis %lld, where there are %zu dimensions", (long long)given, rank);
  }
  *out = (size_t)(given < 0 ? given + end : given);
  return LNT_OK;
}

/* ---- samples ---- */

void lnti_tflite_along(lnti_tflite *r, const lnti_tflite_tensor *t, size_t axis) {
  r->mixes_samples |= t->batched && axis == 0;
}

void lnti_tflite_check_broadcast(lnti_tflite *r, size_t first) {
  size_t rank = 0, length = 0;
  bool any = false;
  for (size_t k = first; k < r->inputs.n; k++) {
    const lnti_tflite_tensor *t = lnti_tflite_input(r, k);
    if (!t) continue;
    if (t->shape.rank > rank) rank = t->shape.rank;
    if (t->batched && t->shape.rank > 0) length = t->shape.dim[0];
    any |= t->batched;
  }
  for (size_t k = first; any && k < r->inputs.n; k++) {
    const lnti_tflite_tensor *t = lnti_tflite_input(r, k);
    if (!t) continue;
    bool fits = t->batched ? t->shape.rank == rank && rank > 0 && t->shape.dim[0] == length
                           : t->shape.rank < rank || rank == 0 || t->shape.dim[0] == 1;
    r->mixes_samples |= !fits;
  }
}
