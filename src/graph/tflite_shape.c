/* Operators of TensorFlow Lite that move elements, and those that say or change a shape. */
#include <graph/tflite_internal.h>

#include <base/error.h>
#include <string.h>

/* RESHAPE, SQUEEZE, EXPAND_DIMS: the file says the shape of what comes out, whatever it is computed from. */
lnt_status lnti_tflite_reshape(lnti_tflite *r, lnt_error *err) {
  lnti_tflite_tensor *x = lnti_tflite_input(r, 0), *y = lnti_tflite_output(r, 0);
  uint32_t input[2] = {LNTI_NO_VALUE, LNTI_NO_VALUE};
  if (!y) return lnti_tflite_fail(r, err, LNT_EDATA, "its output is left out");
  size_t from = lnti_shape_count(&x->shape), to = lnti_shape_count(&y->shape);
  if (from != to) {
    return lnti_tflite_fail(r, err, LNT_EDATA,
                            "%zu elements are to become %zu; convert the model with an input of fixed size", from, to);
  }
  lnt_status status = lnti_tflite_take(&input[0], r, x, LNTI_TFLITE_FLAT, err);
  if (!status) status = lnti_tflite_target(&input[1], r, &y->shape, x->batched, err);
  const lnti_node node = {.input = input, .n_inputs = 2};
  return status ? status : lnti_tflite_make(r, "Reshape", &node, LNTI_TFLITE_FLAT, err);
}

lnt_status lnti_tflite_transpose(lnti_tflite *r, lnt_error *err) {
  static const int64_t from_plane[] = {0, 3, 1, 2}, to_plane[] = {0, 2, 3, 1};
  lnti_tflite_tensor *x = lnti_tflite_input(r, 0), *y = lnti_tflite_output(r, 0);
  int64_t order[LNTI_TFLITE_LIST];
  size_t n = 0;
  uint32_t input = LNTI_NO_VALUE;
  lnt_status status = lnti_tflite_listed(order, &n, r, 1, "its order", err);
  if (status) return status;
  if (n != x->shape.rank || !y) {
    return lnti_tflite_fail(r, err, LNT_EDATA, "an order of %zu for %zu dimensions", n, x->shape.rank);
  }
  if (n > 0 && order[0] != 0) lnti_tflite_along(r, x, 0);
  /* Channels are put first or last: this is between our two forms, so nothing moves. */
  bool made = y->made || y->data;
  bool last = n == 4 && !made && memcmp(order, to_plane, sizeof to_plane) == 0 && !x->data;
  bool first = n == 4 && !made && memcmp(order, from_plane, sizeof from_plane) == 0 &&
               lnti_tflite_own_form(x) == LNTI_TFLITE_PLANE;
  if (last || first) {
    status = lnti_tflite_take(&input, r, x, first ? LNTI_TFLITE_PLANE : LNTI_TFLITE_FLAT, err);
    if (status) return status;
    y->value[first ? LNTI_TFLITE_FLAT : LNTI_TFLITE_PLANE] = input;
    y->made = true;
    return LNT_OK;
  }
  const lnti_attribute perm = LNTI_TFLITE_INTS("perm", order, n);
  const lnti_node node = {.input = &input, .n_inputs = 1, .attribute = &perm, .n_attributes = 1};
  status = lnti_tflite_take(&input, r, x, LNTI_TFLITE_FLAT, err);
  return status ? status : lnti_tflite_make(r, "Transpose", &node, LNTI_TFLITE_FLAT, err);
}

static int64_t axis_in(lnti_tflite_form form, size_t axis) {
  return form == LNTI_TFLITE_PLANE ? lnti_tflite_plane_axis(axis) : (int64_t)axis;
}

/* ---- joining and splitting ---- */

/* Several samples and something that is the same for all cannot be put beside each other without repeating it. */
static void check_joined(lnti_tflite *r) {
  bool any = false, all = true;
  for (size_t k = 0; k < r->inputs.n; k++) {
    const lnti_tflite_tensor *t = lnti_tflite_input(r, k);
    any |= t && t->batched;
    all &= t && t->batched;
  }
  r->mixes_samples |= any && !all;
}

/* CONCATENATION. Fields: axis, activation. */
lnt_status lnti_tflite_concat(lnti_tflite *r, lnt_error *err) {
  const lnti_tflite_form form = lnti_tflite_common_form(r, 0);
  uint32_t input[LNTI_NODE_VALUES_MAX];
  size_t axis = 0, rank = lnti_tflite_input(r, 0)->shape.rank;
  lnt_status status = lnti_tflite_axis(&axis, r, lnti_flat_int(&r->options, 0, 4, 0), rank, err);
  for (size_t k = 0; k < r->inputs.n && !status; k++) {
    lnti_tflite_tensor *t = lnti_tflite_input(r, k);
    if (!t || t->shape.rank != rank) return lnti_tflite_fail(r, err, LNT_EDATA, "input %zu has other dimensions", k);
    lnti_tflite_along(r, t, axis);
    status = lnti_tflite_take(&input[k], r, t, form, err);
  }
  if (status) return status;
  check_joined(r);
  const lnti_attribute at = LNTI_TFLITE_INT("axis", axis_in(form, axis));
  const lnti_node node = {.input = input, .n_inputs = r->inputs.n, .attribute = &at, .n_attributes = 1};
  return lnti_tflite_make(r, "Concat", &node, form, err);
}

/* PACK: a new dimension to put the inputs along. Fields: how many, axis. */
lnt_status lnti_tflite_pack(lnti_tflite *r, lnt_error *err) {
  const lnti_tflite_tensor *y = lnti_tflite_output(r, 0);
  uint32_t input[LNTI_NODE_VALUES_MAX];
  size_t axis = 0;
  if (!y) return lnti_tflite_fail(r, err, LNT_EDATA, "its output is left out");
  lnt_status status = lnti_tflite_axis(&axis, r, lnti_flat_int(&r->options, 1, 4, 0), y->shape.rank, err);
  if (status) return status;
  lnti_shape one = y->shape;
  one.dim[axis] = 1;
  for (size_t k = 0; k < r->inputs.n && !status; k++) {
    lnti_tflite_tensor *t = lnti_tflite_input(r, k);
    uint32_t reshaped[2] = {LNTI_NO_VALUE, LNTI_NO_VALUE};
    const lnti_node node = {.input = reshaped, .n_inputs = 2};
    if (!t) return lnti_tflite_fail(r, err, LNT_EDATA, "input %zu is left out", k);
    r->mixes_samples |= t->batched && axis == 0;
    status = lnti_tflite_take(&reshaped[0], r, t, LNTI_TFLITE_FLAT, err);
    if (!status) status = lnti_tflite_target(&reshaped[1], r, &one, t->batched, err);
    if (!status) status = lnti_tflite_step(&input[k], r, "Reshape", &node, err);
  }
  if (status) return status;
  check_joined(r);
  const lnti_attribute at = LNTI_TFLITE_INT("axis", (int64_t)axis);
  const lnti_node node = {.input = input, .n_inputs = r->inputs.n, .attribute = &at, .n_attributes = 1};
  return lnti_tflite_make(r, "Concat", &node, LNTI_TFLITE_FLAT, err);
}

/* UNPACK: each index of a dimension by itself, and without it. Fields: how many, axis. */
lnt_status lnti_tflite_unpack(lnti_tflite *r, lnt_error *err) {
  static const lnti_shape scalar = {.rank = 0};
  lnti_tflite_tensor *x = lnti_tflite_input(r, 0);
  uint32_t input[2] = {LNTI_NO_VALUE, LNTI_NO_VALUE}, output = LNTI_NO_VALUE;
  size_t axis = 0;
  lnt_status status = lnti_tflite_axis(&axis, r, lnti_flat_int(&r->options, 1, 4, 0), x->shape.rank, err);
  if (!status) status = lnti_tflite_take(&input[0], r, x, LNTI_TFLITE_FLAT, err);
  if (status) return status;
  lnti_tflite_along(r, x, axis);
  const lnti_attribute at = LNTI_TFLITE_INT("axis", (int64_t)axis);
  for (size_t k = 0; k < r->outputs.n && !status; k++) {
    int64_t *index = NULL;
    const lnti_node node = {
        .input = input, .n_inputs = 2, .output = &output, .n_outputs = 1, .attribute = &at, .n_attributes = 1};
    status = lnti_graph_add_value(&input[1], r->graph, r->label, err);
    if (!status) status = lnti_graph_set_constant(&index, r->graph, input[1], LNTI_I64, &scalar, err);
    if (!status) *index = (int64_t)k;
    if (!status) status = lnti_tflite_give(&output, r, k, LNTI_TFLITE_FLAT, err);
    if (!status) status = lnti_tflite_add(r, "Gather", &node, err);
  }
  return status;
}

/* SPLIT: axis, x, into equal parts. SPLIT_V: x, lengths, axis. */
lnt_status lnti_tflite_split(lnti_tflite *r, lnt_error *err) {
  const bool even = r->op->code == LNTI_TFLITE_SPLIT;
  lnti_tflite_tensor *x = lnti_tflite_input(r, even ? 1 : 0);
  const lnti_tflite_form form = lnti_tflite_own_form(x);
  int64_t given[LNTI_TFLITE_LIST], lengths[LNTI_TFLITE_LIST];
  uint32_t input[2] = {LNTI_NO_VALUE, LNTI_NO_VALUE}, output[LNTI_TFLITE_LIST];
  size_t n = 0, n_lengths = 0, axis = 0, n_outputs = r->outputs.n;
  lnt_status status = lnti_tflite_listed(given, &n, r, even ? 0 : 2, "its axis", err);
  if (!status && n != 1) status = lnti_tflite_fail(r, err, LNT_EDATA, "%zu axes", n);
  if (!status) status = lnti_tflite_axis(&axis, r, given[0], x->shape.rank, err);
  if (!status && !even) status = lnti_tflite_listed(lengths, &n_lengths, r, 1, "its lengths", err);
  if (status) return status;
  if (n_outputs > LNTI_TFLITE_LIST) {
    return lnti_tflite_fail(r, err, LNT_ELIMIT, "%zu parts; up to %d are read", n_outputs, LNTI_TFLITE_LIST);
  }
  if (!even && n_lengths != n_outputs) {
    return lnti_tflite_fail(r, err, LNT_EDATA, "%zu lengths for %zu parts", n_lengths, n_outputs);
  }
  if (even && x->shape.dim[axis] % n_outputs != 0) {
    return lnti_tflite_fail(r, err, LNT_EDATA, "%zu cannot be split in %zu", x->shape.dim[axis], n_outputs);
  }
  int64_t rest = (int64_t)x->shape.dim[axis], *open = NULL;
  for (size_t k = 0; k < n_outputs; k++) {
    if (even) lengths[k] = (int64_t)(x->shape.dim[axis] / n_outputs);
    if (lengths[k] < 0 && !open) open = &lengths[k];
    if (lengths[k] > rest) {
      return lnti_tflite_fail(r, err, LNT_EDATA, "parts that are longer than the %zu that there are",
                              x->shape.dim[axis]);
    }
    if (lengths[k] > 0) rest -= lengths[k];
  }
  if (open) *open = rest; /* one may be -1: what is left */
  lnti_tflite_along(r, x, axis);
  status = lnti_tflite_take(&input[0], r, x, form, err);
  if (!status) status = lnti_tflite_ints(&input[1], r, lengths, n_outputs, err);
  for (size_t k = 0; k < n_outputs && !status; k++) status = lnti_tflite_give(&output[k], r, k, form, err);
  const lnti_attribute at = LNTI_TFLITE_INT("axis", axis_in(form, axis));
  const lnti_node node = {
      .input = input, .n_inputs = 2, .output = output, .n_outputs = n_outputs, .attribute = &at, .n_attributes = 1};
  return status ? status : lnti_tflite_add(r, "Split", &node, err);
}

/* ---- parts ---- */

/* What is cut out along each dimension that is not taken whole. */
typedef struct cuts {
  int64_t begin[LNTI_RANK_MAX], end[LNTI_RANK_MAX], axis[LNTI_RANK_MAX], step[LNTI_RANK_MAX];
  size_t n;
} cuts;

static void add_cut(cuts *c, int64_t axis, int64_t begin, int64_t end, int64_t step) {
  c->begin[c->n] = begin;
  c->end[c->n] = end;
  c->axis[c->n] = axis;
  c->step[c->n++] = step;
}

static lnt_status slice_node(uint32_t input[5], lnti_tflite *r, const cuts *c, lnt_error *err) {
  lnt_status status = lnti_tflite_ints(&input[1], r, c->begin, c->n, err);
  if (!status) status = lnti_tflite_ints(&input[2], r, c->end, c->n, err);
  if (!status) status = lnti_tflite_ints(&input[3], r, c->axis, c->n, err);
  if (!status) status = lnti_tflite_ints(&input[4], r, c->step, c->n, err);
  return status;
}

/* SLICE: x, where it begins, how long it is (-1: to the end). */
lnt_status lnti_tflite_slice(lnti_tflite *r, lnt_error *err) {
  lnti_tflite_tensor *x = lnti_tflite_input(r, 0);
  const lnti_tflite_form form = lnti_tflite_own_form(x);
  int64_t begin[LNTI_TFLITE_LIST], size[LNTI_TFLITE_LIST];
  size_t n = 0, n_sizes = 0;
  uint32_t input[5] = {LNTI_NO_VALUE};
  cuts c = {0};
  lnt_status status = lnti_tflite_listed(begin, &n, r, 1, "its begin", err);
  if (!status) status = lnti_tflite_listed(size, &n_sizes, r, 2, "its size", err);
  if (status) return status;
  if (n != x->shape.rank || n_sizes != n) {
    return lnti_tflite_fail(r, err, LNT_EDATA, "%zu beginnings and %zu sizes for %zu dimensions", n, n_sizes,
                            x->shape.rank);
  }
  for (size_t d = 0; d < n; d++) {
    int64_t length = (int64_t)x->shape.dim[d];
    if (begin[d] < 0 || begin[d] > length || size[d] < -1 || size[d] > length - begin[d]) {
      return lnti_tflite_fail(r, err, LNT_EDATA, "%lld from %lld on, where there are %lld", (long long)size[d],
                              (long long)begin[d], (long long)length);
    }
    if (begin[d] == 0 && (size[d] == -1 || size[d] == length)) continue;
    lnti_tflite_along(r, x, d);
    add_cut(&c, axis_in(form, d), begin[d], size[d] == -1 ? length : begin[d] + size[d], 1);
  }
  status = lnti_tflite_take(&input[0], r, x, form, err);
  if (!status) status = slice_node(input, r, &c, err);
  const lnti_node node = {.input = input, .n_inputs = 5};
  return status ? status : lnti_tflite_make(r, "Slice", &node, form, err);
}

/* Bits of STRIDED_SLICE's fields for each dimension. */
typedef struct masks {
  int64_t begin, end, ellipsis, new_axis, shrink;
} masks;

static bool bit(int64_t mask, size_t d) {
  return mask >> d & 1;
}

/* One dimension; false where it is taken whole. Where it shrinks, `begin` is one of its indices. */
static bool cut_dimension(int64_t *begin, int64_t *end, int64_t *step, const masks *m, size_t d, int64_t length) {
  if (bit(m->shrink, d)) {
    *step = 1;
    *end = *begin == -1 ? length : *begin + 1;
    return true;
  }
  if (bit(m->begin, d)) *begin = *step > 0 ? 0 : INT64_MAX;
  if (bit(m->end, d)) *end = *step > 0 ? INT64_MAX : INT64_MIN;
  return *step != 1 || (*begin != 0 && *begin > -length) || (*end < length);
}

/* What a slice does to dimensions beside cutting them. */
typedef struct reshaping {
  int64_t gone[LNTI_RANK_MAX], added[LNTI_RANK_MAX]; /* of the input; of the output */
  size_t n_gone, n_added;
} reshaping;

/* Entry i of the lists, for dimension d of x. */
static lnt_status cut_entry(cuts *c, reshaping *shape, lnti_tflite *r, const masks *m, size_t i, size_t d,
                            lnti_tflite_form form, int64_t begin, int64_t end, int64_t step, lnt_error *err) {
  lnti_tflite_tensor *x = lnti_tflite_input(r, 0);
  const int64_t length = (int64_t)x->shape.dim[d];
  if (step == 0) return lnti_tflite_fail(r, err, LNT_EDATA, "steps of 0");
  if (bit(m->shrink, i)) {
    if (begin < -length || begin >= length) {
      return lnti_tflite_fail(r, err, LNT_EDATA, "index %lld, where there are %lld", (long long)begin,
                              (long long)length);
    }
    shape->gone[shape->n_gone++] = (int64_t)d;
  }
  if (!cut_dimension(&begin, &end, &step, m, i, length)) return LNT_OK;
  lnti_tflite_along(r, x, d);
  add_cut(c, axis_in(form, d), begin, end, step);
  return LNT_OK;
}

/* The entries of a slice: each is of the next dimension, or of a new one, or (an ellipsis) of as many as the others leave. */
typedef struct entries {
  int64_t begin[LNTI_TFLITE_LIST], end[LNTI_TFLITE_LIST], step[LNTI_TFLITE_LIST];
  size_t n, skipped;
} entries;

static lnt_status read_entries(entries *e, lnti_tflite *r, const masks *m, lnt_error *err) {
  const size_t rank = lnti_tflite_input(r, 0)->shape.rank;
  size_t n_ends = 0, n_steps = 0, used = 0, n_ellipses = 0, n_added = 0;
  lnt_status status = lnti_tflite_listed(e->begin, &e->n, r, 1, "its begin", err);
  if (!status) status = lnti_tflite_listed(e->end, &n_ends, r, 2, "its end", err);
  if (!status) status = lnti_tflite_listed(e->step, &n_steps, r, 3, "its step", err);
  if (status) return status;
  for (size_t i = 0; i < e->n; i++) {
    if (bit(m->ellipsis, i)) {
      n_ellipses++;
    } else if (bit(m->new_axis, i)) {
      n_added++;
    } else {
      used++;
    }
  }
  if (used > rank || n_ends != e->n || n_steps != e->n || n_ellipses > 1 || rank + n_added > LNTI_RANK_MAX) {
    return lnti_tflite_fail(r, err, LNT_EDATA, "%zu, %zu and %zu numbers for %zu dimensions", e->n, n_ends, n_steps,
                            rank);
  }
  e->skipped = n_ellipses ? rank - used : 0;
  return LNT_OK;
}

static lnt_status read_cuts(cuts *c, reshaping *shape, lnti_tflite *r, const masks *m, lnti_tflite_form form,
                            lnt_error *err) {
  entries e = {.n = 0};
  lnt_status status = read_entries(&e, r, m, err);
  size_t d = 0, out = 0;
  for (size_t i = 0; i < e.n && !status; i++) {
    if (bit(m->ellipsis, i)) {
      d += e.skipped;
      out += e.skipped;
    } else if (bit(m->new_axis, i)) {
      r->mixes_samples |= out == 0 && lnti_tflite_input(r, 0)->batched;
      shape->added[shape->n_added++] = (int64_t)out++;
    } else {
      status = cut_entry(c, shape, r, m, i, d++, form, e.begin[i], e.end[i], e.step[i], err);
      out += !bit(m->shrink, i);
    }
  }
  return status;
}

/* STRIDED_SLICE: x, begin, end, step. Fields: masks of begin and end (from and to the edge), of an ellipsis, of new dimensions,
 * and of dimensions of which one index is taken, and which then go; whether an end is counted from its
 * beginning. */
lnt_status lnti_tflite_strided_slice(lnti_tflite *r, lnt_error *err) {
  lnti_tflite_tensor *x = lnti_tflite_input(r, 0);
  uint32_t input[5] = {LNTI_NO_VALUE}, reshaped[2] = {LNTI_NO_VALUE, LNTI_NO_VALUE};
  cuts c = {.n = 0};
  reshaping shape = {.n_gone = 0};
  const masks m = {lnti_flat_int(&r->options, 0, 4, 0), lnti_flat_int(&r->options, 1, 4, 0),
                   lnti_flat_int(&r->options, 2, 4, 0), lnti_flat_int(&r->options, 3, 4, 0),
                   lnti_flat_int(&r->options, 4, 4, 0)};
  const lnti_tflite_form form = m.shrink || m.new_axis ? LNTI_TFLITE_FLAT : lnti_tflite_own_form(x);
  if (lnti_flat_int(&r->options, 5, 1, 0) != 0) {
    return lnti_tflite_fail(r, err, LNT_EUNSUPPORTED, "ends of a slice that count from its beginning");
  }
  lnt_status status = read_cuts(&c, &shape, r, &m, form, err);
  if (!status) status = lnti_tflite_take(&input[0], r, x, form, err);
  if (!status) status = slice_node(input, r, &c, err);
  const lnti_node node = {.input = input, .n_inputs = 5}, change = {.input = reshaped, .n_inputs = 2};
  const size_t n_gone = shape.n_gone, n_added = shape.n_added;
  if (status || (n_gone == 0 && n_added == 0)) return status ? status : lnti_tflite_make(r, "Slice", &node, form, err);
  status = lnti_tflite_step(&reshaped[0], r, "Slice", &node, err);
  if (!status && n_gone > 0) {
    uint32_t squeezed = LNTI_NO_VALUE;
    status = lnti_tflite_ints(&reshaped[1], r, shape.gone, n_gone, err);
    if (status || n_added == 0) return status ? status : lnti_tflite_make(r, "Squeeze", &change, LNTI_TFLITE_FLAT, err);
    status = lnti_tflite_step(&squeezed, r, "Squeeze", &change, err);
    reshaped[0] = squeezed;
  }
  if (!status) status = lnti_tflite_ints(&reshaped[1], r, shape.added, n_added, err);
  return status ? status : lnti_tflite_make(r, "Unsqueeze", &change, LNTI_TFLITE_FLAT, err);
}

/*
 * Gathering by sample: the first `shared` dimensions of x and indices are the same, and each index is looked up in its own part.
 * x as [shared, before, axis, behind], indices as [shared, 1, index, 1] and repeated as the output: then each element has one.
 */
static lnt_status gather_shared(lnti_tflite *r, size_t shared, size_t axis, lnt_error *err) {
  lnti_tflite_tensor *x = lnti_tflite_input(r, 0), *indices = lnti_tflite_input(r, 1);
  const lnti_shape *a = &x->shape, *b = &indices->shape;
  uint32_t from[2], index[2], repeated[2], input[2] = {LNTI_NO_VALUE, LNTI_NO_VALUE}, made = LNTI_NO_VALUE;
  for (size_t d = 0; d < shared; d++) {
    if (a->dim[d] != b->dim[d])
      return lnti_tflite_fail(r, err, LNT_EDATA, "%zu lists of indices for %zu parts", b->dim[d], a->dim[d]);
  }
  const size_t n = lnti_shape_span(a, 0, shared), before = lnti_shape_span(a, shared, axis),
               behind = lnti_shape_span(a, axis + 1, a->rank), n_indices = lnti_shape_span(b, shared, b->rank);
  const lnti_shape parts = {.rank = 4, .dim = {n, before, a->dim[axis], behind}};
  const lnti_shape lists = {.rank = 4, .dim = {n, 1, n_indices, 1}};
  const int64_t all[] = {1, (int64_t)before, (int64_t)n_indices, (int64_t)behind};
  const lnti_attribute at = LNTI_TFLITE_INT("axis", 2);
  r->mixes_samples |= x->batched != indices->batched;
  lnt_status status = lnti_tflite_take(&from[0], r, x, LNTI_TFLITE_FLAT, err);
  if (!status) status = lnti_tflite_target(&from[1], r, &parts, x->batched, err);
  if (!status) status = lnti_tflite_take(&index[0], r, indices, LNTI_TFLITE_FLAT, err);
  if (!status) status = lnti_tflite_target(&index[1], r, &lists, indices->batched, err);
  const lnti_node part = {.input = from, .n_inputs = 2}, list = {.input = index, .n_inputs = 2};
  const lnti_node repeat = {.input = repeated, .n_inputs = 2};
  const lnti_node node = {.input = input, .n_inputs = 2, .attribute = &at, .n_attributes = 1};
  if (!status) status = lnti_tflite_step(&input[0], r, "Reshape", &part, err);
  if (!status) status = lnti_tflite_step(&repeated[0], r, "Reshape", &list, err);
  if (!status) status = lnti_tflite_ints(&repeated[1], r, all, 4, err);
  if (!status) status = lnti_tflite_step(&input[1], r, "Expand", &repeat, err);
  if (!status) status = lnti_tflite_step(&made, r, "GatherElements", &node, err);
  return status ? status : lnti_tflite_make_shaped(r, made, err);
}

/* GATHER: x, indices. Fields: axis, leading dimensions that both share. */
lnt_status lnti_tflite_gather(lnti_tflite *r, lnt_error *err) {
  lnti_tflite_tensor *x = lnti_tflite_input(r, 0), *indices = lnti_tflite_input(r, 1);
  uint32_t input[2] = {LNTI_NO_VALUE, LNTI_NO_VALUE};
  size_t axis = 0;
  int64_t shared = lnti_flat_int(&r->options, 1, 4, 0);
  lnt_status status = lnti_tflite_axis(&axis, r, lnti_flat_int(&r->options, 0, 4, 0), x->shape.rank, err);
  if (status) return status;
  if (shared < 0) shared += (int64_t)indices->shape.rank;
  if (shared < 0 || shared > (int64_t)axis || shared > (int64_t)indices->shape.rank) {
    return lnti_tflite_fail(r, err, LNT_EDATA, "%lld dimensions that x and its indices share", (long long)shared);
  }
  lnti_tflite_along(r, x, axis);
  if (shared > 0) return gather_shared(r, (size_t)shared, axis, err);
  status = lnti_tflite_take(&input[0], r, x, LNTI_TFLITE_FLAT, err);
  if (!status) status = lnti_tflite_take(&input[1], r, indices, LNTI_TFLITE_FLAT, err);
  if (status) return status;
  r->mixes_samples |= indices->batched;
  const lnti_attribute at = LNTI_TFLITE_INT("axis", (int64_t)axis);
  const lnti_node node = {.input = input, .n_inputs = 2, .attribute = &at, .n_attributes = 1};
  return lnti_tflite_make(r, "Gather", &node, LNTI_TFLITE_FLAT, err);
}

/* ---- repeating ---- */

/* BROADCAST_TO: x, shape. TILE: x, how often. FILL: shape, x. The shape may be computed from other shapes. */
lnt_status lnti_tflite_expand(lnti_tflite *r, lnt_error *err) {
  const bool fill = r->op->code == LNTI_TFLITE_FILL, tile = r->op->code == LNTI_TFLITE_TILE;
  lnti_tflite_tensor *x = lnti_tflite_input(r, fill ? 1 : 0), *shape = lnti_tflite_input(r, fill ? 0 : 1);
  uint32_t input[2] = {LNTI_NO_VALUE, LNTI_NO_VALUE};
  lnt_status status = lnti_tflite_take(&input[0], r, x, LNTI_TFLITE_FLAT, err);
  if (!status && x->batched && shape->data) {
    int64_t listed[LNTI_TFLITE_LIST];
    size_t n = 0;
    status = lnti_tflite_listed(listed, &n, r, fill ? 0 : 1, "its shape", err);
    if (status) return status;
    if (n != x->shape.rank || n == 0) r->mixes_samples = true;
    if (tile && n > 0 && listed[0] != 1) r->mixes_samples = true;
    if (!tile && n > 0 && listed[0] != (int64_t)x->shape.dim[0]) r->mixes_samples = true;
    if (!tile && n > 0 && listed[0] == (int64_t)x->shape.dim[0] && !r->one_sample) listed[0] = 1;
    status = lnti_tflite_ints(&input[1], r, listed, n, err);
  } else if (!status) {
    status = lnti_tflite_take(&input[1], r, shape, LNTI_TFLITE_FLAT, err);
    const lnti_attribute to = LNTI_TFLITE_INT("to", 7); /* i64 */
    const lnti_node wide = {.input = &input[1], .n_inputs = 1, .attribute = &to, .n_attributes = 1};
    uint32_t widened = LNTI_NO_VALUE;
    if (!status) status = lnti_tflite_step(&widened, r, "Cast", &wide, err);
    input[1] = widened;
    r->mixes_samples |= x->batched;
  }
  const lnti_node node = {.input = input, .n_inputs = 2};
  return status ? status : lnti_tflite_make(r, tile ? "Tile" : "Expand", &node, LNTI_TFLITE_FLAT, err);
}

/* ---- shapes and types ---- */

/* ONNX' numbers of element types. */
static int64_t onnx_type(lnti_dtype dtype) {
  return dtype == LNTI_F32 ? 1 : dtype == LNTI_I32 ? 6 : dtype == LNTI_I64 ? 7 : 9;
}

lnt_status lnti_tflite_shape(lnti_tflite *r, lnt_error *err) {
  const lnti_tflite_tensor *y = lnti_tflite_output(r, 0);
  const bool wide = y && y->type == LNTI_TFLITE_I64;
  uint32_t input = LNTI_NO_VALUE, made = LNTI_NO_VALUE;
  lnt_status status = lnti_tflite_take(&input, r, lnti_tflite_input(r, 0), LNTI_TFLITE_FLAT, err);
  const lnti_node ask = {.input = &input, .n_inputs = 1};
  r->same_for_all = true;
  if (status || wide) return status ? status : lnti_tflite_make(r, "Shape", &ask, LNTI_TFLITE_FLAT, err);
  status = lnti_tflite_step(&made, r, "Shape", &ask, err);
  const lnti_attribute to = LNTI_TFLITE_INT("to", onnx_type(LNTI_I32));
  const lnti_node cast = {.input = &made, .n_inputs = 1, .attribute = &to, .n_attributes = 1};
  return status ? status : lnti_tflite_make(r, "Cast", &cast, LNTI_TFLITE_FLAT, err);
}

lnt_status lnti_tflite_cast(lnti_tflite *r, lnt_error *err) {
  lnti_tflite_tensor *x = lnti_tflite_input(r, 0);
  const lnti_tflite_tensor *y = lnti_tflite_output(r, 0);
  const lnti_tflite_form form = lnti_tflite_own_form(x);
  lnti_dtype from = LNTI_F32, to = LNTI_F32;
  uint32_t input = LNTI_NO_VALUE;
  if (!y) return lnti_tflite_fail(r, err, LNT_EDATA, "its output is left out");
  lnt_status status = lnti_tflite_kind(&from, x, err);
  if (!status) status = lnti_tflite_kind(&to, y, err);
  if (status) return status;
  if (y->type == LNTI_TFLITE_U8 || y->type == LNTI_TFLITE_I8 || y->type == LNTI_TFLITE_I16) {
    return lnti_tflite_fail(r, err, LNT_EUNSUPPORTED, "a cast to integers of 8 or 16 bits");
  }
  if (from == LNTI_F32 && to == LNTI_F32) return lnti_tflite_alias(r, 0, x, err);
  const lnti_attribute kind = LNTI_TFLITE_INT("to", onnx_type(to));
  const lnti_node node = {.input = &input, .n_inputs = 1, .attribute = &kind, .n_attributes = 1};
  status = lnti_tflite_take(&input, r, x, form, err);
  return status ? status : lnti_tflite_make(r, "Cast", &node, form, err);
}

/* QUANTIZE, DEQUANTIZE: between real numbers and what stands for them. */
lnt_status lnti_tflite_same(lnti_tflite *r, lnt_error *err) {
  return lnti_tflite_alias(r, 0, lnti_tflite_input(r, 0), err);
}
