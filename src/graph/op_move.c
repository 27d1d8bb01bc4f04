/*
 * Operators that put elements elsewhere: of any type, copied in runs as long as they lie together.
 */
#include <graph/operator.h>

#include <base/error.h>
#include <math.h>
#include <string.h>

/*
 * Copies a block of `shape` between two tensors that step differently; distances in bytes. The last dimensions that are dense
 * on both sides are one memcpy.
 */
typedef struct block_copy {
  size_t rank;
  size_t dim[LNTI_RANK_MAX];
  ptrdiff_t to[LNTI_RANK_MAX], from[LNTI_RANK_MAX];
  size_t run; /* bytes that lie together on both sides */
} block_copy;

static void copy_block(char *to, const char *from, const block_copy *c) {
  size_t at[LNTI_RANK_MAX] = {0}, n = c->run ? 1 : 0;
  for (size_t d = 0; d < c->rank; d++) n *= c->dim[d];
  for (size_t i = 0; i < n; i++) {
    memcpy(to, from, c->run);
    for (size_t d = c->rank; d-- > 0;) {
      to += c->to[d];
      from += c->from[d];
      if (++at[d] < c->dim[d]) break;
      to -= c->to[d] * (ptrdiff_t)at[d];
      from -= c->from[d] * (ptrdiff_t)at[d];
      at[d] = 0;
    }
  }
}

/* A copy of `shape` from strides to strides (elements of `size` bytes), with what lies together joined. */
static void block_of(block_copy *c, const lnti_shape *shape, const ptrdiff_t *to, const ptrdiff_t *from, size_t size) {
  *c = (block_copy){.rank = shape->rank, .run = size};
  for (size_t d = 0; d < shape->rank; d++) {
    c->dim[d] = shape->dim[d];
    c->to[d] = to[d] * (ptrdiff_t)size;
    c->from[d] = from[d] * (ptrdiff_t)size;
  }
  while (c->rank > 0 && c->to[c->rank - 1] == (ptrdiff_t)c->run && c->from[c->rank - 1] == (ptrdiff_t)c->run) {
    c->run *= c->dim[--c->rank];
  }
}

static void dense_strides(ptrdiff_t *out, const lnti_shape *shape) {
  size_t strides[LNTI_RANK_MAX];
  lnti_shape_strides(strides, shape);
  for (size_t d = 0; d < shape->rank; d++) out[d] = (ptrdiff_t)strides[d];
}

/* ---- Transpose ---- */

static lnt_status permutation_of(size_t out[LNTI_RANK_MAX], const lnti_call *call, lnt_error *err) {
  size_t rank = call->input[0]->shape.rank, n = 0;
  bool seen[LNTI_RANK_MAX] = {false};
  const int64_t *listed = lnti_node_ints(&n, call->node, "perm");
  if (listed && n != rank) {
    return lnti_fail(err, LNT_EDATA, "node %s: Transpose of %zu dimensions in an order of %zu", call->node->name, rank,
                     n);
  }
  for (size_t i = 0; i < rank; i++) {
    int64_t p = listed ? listed[i] : (int64_t)(rank - 1 - i);
    if (p < 0 || p >= (int64_t)rank || seen[p]) {
      return lnti_fail(err, LNT_EDATA, "node %s: Transpose's perm is no permutation", call->node->name);
    }
    seen[p] = true;
    out[i] = (size_t)p;
  }
  return LNT_OK;
}

static lnt_status infer_transpose(lnti_call *call, lnt_error *err) {
  size_t order[LNTI_RANK_MAX];
  lnti_shape shape = {.rank = call->input[0]->shape.rank};
  lnt_status status = permutation_of(order, call, err);
  for (size_t i = 0; i < shape.rank && !status; i++) shape.dim[i] = call->input[0]->shape.dim[order[i]];
  if (!status) lnti_call_describe(call, 0, call->input[0]->dtype, &shape);
  return status;
}

static lnt_status forward_transpose(lnti_call *call, lnt_error *err) {
  const lnti_tensor *in = call->input[0];
  lnti_tensor *out = &call->output[0];
  size_t order[LNTI_RANK_MAX];
  ptrdiff_t strides[LNTI_RANK_MAX] = {0}, from[LNTI_RANK_MAX] = {0}, to[LNTI_RANK_MAX] = {0};
  block_copy c;
  lnt_status status = permutation_of(order, call, err);
  if (status) return status;
  dense_strides(strides, &in->shape);
  dense_strides(to, &out->shape);
  for (size_t i = 0; i < in->shape.rank; i++) from[i] = strides[order[i]];
  block_of(&c, &out->shape, to, from, lnti_dtype_bytes(in->dtype));
  copy_block(out->data, in->data, &c);
  return LNT_OK;
}

/* ---- Concat, Split ---- */

static lnt_status infer_concat(lnti_call *call, lnt_error *err) {
  const lnti_tensor *first = call->input[0];
  lnti_shape shape = first->shape;
  size_t axis = 0;
  lnt_status status = lnti_axis(&axis, call, lnti_node_int(call->node, "axis", 1), shape.rank, false, err);
  if (status) return status;
  for (size_t k = 1; k < call->n_inputs; k++) {
    lnti_shape other = call->input[k]->shape;
    size_t length = axis < other.rank ? other.dim[axis] : 0;
    if (axis < other.rank) other.dim[axis] = first->shape.dim[axis];
    if (!lnti_shape_equal(&other, &first->shape) || !lnti_size_add(&shape.dim[axis], shape.dim[axis], length)) {
      return lnti_fail(err, LNT_EDATA, "node %s: input %zu of Concat has another shape than the first",
                       call->node->name, k);
    }
  }
  lnti_call_describe(call, 0, first->dtype, &shape);
  return LNT_OK;
}

static lnt_status forward_concat(lnti_call *call, lnt_error *err) {
  lnti_tensor *out = &call->output[0];
  size_t axis = 0, at = 0, rank = out->shape.rank;
  lnt_status status = lnti_axis(&axis, call, lnti_node_int(call->node, "axis", 1), rank, false, err);
  if (status) return status;
  size_t row = lnti_shape_span(&out->shape, axis, rank) * lnti_dtype_bytes(out->dtype);
  for (size_t k = 0; k < call->n_inputs; k++) {
    const lnti_tensor *in = call->input[k];
    size_t part = lnti_shape_span(&in->shape, axis, rank) * lnti_dtype_bytes(in->dtype);
    for (size_t i = 0, n = lnti_shape_span(&in->shape, 0, axis); i < n && part > 0; i++) {
      memcpy((char *)out->data + i * row + at, (const char *)in->data + i * part, part);
    }
    at += part;
  }
  return LNT_OK;
}

/* Lengths of the parts along the axis: listed, or as even as can be (the last may be shorter, since version 18). */
static lnt_status infer_split(lnti_call *call, lnt_error *err) {
  lnti_shape shape = call->input[0]->shape;
  int64_t lengths[LNTI_CALL_INTS];
  size_t axis = 0, n = 0, total = 0;
  lnt_status status = lnti_axis(&axis, call, lnti_node_int(call->node, "axis", 0), shape.rank, false, err);
  if (!status) status = lnti_call_ints(lengths, &n, call, 1, "split", err);
  if (status) return status;
  size_t whole = shape.dim[axis], parts = call->n_outputs, even = (whole + parts - 1) / parts;
  if (n != SIZE_MAX && n != parts) {
    return lnti_fail(err, LNT_EDATA, "node %s: Split into %zu lengths makes %zu outputs", call->node->name, n, parts);
  }
  for (size_t k = 0; k < parts; k++) {
    size_t left = whole - total < even ? whole - total : even;
    if (n != SIZE_MAX && (lengths[k] < 0 || (size_t)lengths[k] > whole - total)) {
      return lnti_fail(err, LNT_EDATA, "node %s: Split of %zu with a part of %lld", call->node->name, whole,
                       (long long)lengths[k]);
    }
    shape.dim[axis] = n == SIZE_MAX ? left : (size_t)lengths[k];
    total += shape.dim[axis];
    lnti_call_describe(call, k, call->input[0]->dtype, &shape);
  }
  if (total != whole) {
    return lnti_fail(err, LNT_EDATA, "node %s: the lengths of Split do not add up to %zu", call->node->name, whole);
  }
  return LNT_OK;
}

static lnt_status forward_split(lnti_call *call, lnt_error *err) {
  const lnti_tensor *in = call->input[0];
  size_t axis = 0, at = 0, rank = in->shape.rank;
  lnt_status status = lnti_axis(&axis, call, lnti_node_int(call->node, "axis", 0), rank, false, err);
  if (status) return status;
  size_t row = lnti_shape_span(&in->shape, axis, rank) * lnti_dtype_bytes(in->dtype);
  for (size_t k = 0; k < call->n_outputs; k++) {
    lnti_tensor *out = &call->output[k];
    size_t part = lnti_shape_span(&out->shape, axis, rank) * lnti_dtype_bytes(out->dtype);
    for (size_t i = 0, n = lnti_shape_span(&in->shape, 0, axis); i < n && part > 0; i++) {
      memcpy((char *)out->data + i * part, (const char *)in->data + i * row + at, part);
    }
    at += part;
  }
  return LNT_OK;
}

/* ---- Slice ---- */

/* Where a slice begins in each dimension, how it steps, and how long it is. */
typedef struct slicing {
  int64_t begin[LNTI_RANK_MAX], step[LNTI_RANK_MAX];
  lnti_shape shape;
} slicing;

static int64_t clamp(int64_t value, int64_t least, int64_t most) {
  return value < least ? least : value > most ? most : value;
}

static void slice_axis(slicing *s, size_t axis, int64_t begin, int64_t end, int64_t step) {
  int64_t n = (int64_t)s->shape.dim[axis];
  if (n == 0) return;
  if (begin < 0) begin = begin < -n ? -1 : begin + n;
  if (end < 0) end = end < -n ? -1 : end + n;
  begin = clamp(begin, 0, step > 0 ? n : n - 1);
  end = step > 0 ? clamp(end, 0, n) : clamp(end, -1, n - 1);
  int64_t span = step > 0 ? end - begin : begin - end;
  uint64_t size = step > 0 ? (uint64_t)step : 0 - (uint64_t)step;
  s->shape.dim[axis] = span > 0 ? (size_t)(((uint64_t)span - 1) / size + 1) : 0;
  s->begin[axis] = begin;
  s->step[axis] = step;
}

/* starts, ends, axes and steps are inputs 1 to 4 since version 10, attributes before. */
static lnt_status slicing_of(slicing *s, const lnti_call *call, lnt_error *err) {
  int64_t starts[LNTI_CALL_INTS], ends[LNTI_CALL_INTS], axes[LNTI_CALL_INTS], steps[LNTI_CALL_INTS];
  size_t n = 0, n_ends = 0, n_axes = 0, n_steps = 0;
  *s = (slicing){.shape = call->input[0]->shape};
  for (size_t d = 0; d < s->shape.rank; d++) s->step[d] = 1;
  lnt_status status = lnti_call_ints(starts, &n, call, 1, "starts", err);
  if (!status) status = lnti_call_ints(ends, &n_ends, call, 2, "ends", err);
  if (!status) status = lnti_call_ints(axes, &n_axes, call, 3, "axes", err);
  if (!status) status = lnti_call_ints(steps, &n_steps, call, 4, NULL, err);
  if (status) return status;
  if (n == SIZE_MAX || n_ends != n || (n_axes != SIZE_MAX && n_axes != n) || (n_steps != SIZE_MAX && n_steps != n)) {
    return lnti_fail(err, LNT_EDATA, "node %s: Slice's lists are not equally long", call->node->name);
  }
  for (size_t i = 0; i < n; i++) {
    size_t axis = 0;
    int64_t step = n_steps == SIZE_MAX ? 1 : steps[i];
    status = lnti_axis(&axis, call, n_axes == SIZE_MAX ? (int64_t)i : axes[i], s->shape.rank, false, err);
    if (status) return status;
    if (step == 0) return lnti_fail(err, LNT_EDATA, "node %s: Slice in steps of 0", call->node->name);
    slice_axis(s, axis, starts[i], ends[i], step);
  }
  return LNT_OK;
}

static lnt_status infer_slice(lnti_call *call, lnt_error *err) {
  slicing s;
  lnt_status status = slicing_of(&s, call, err);
  if (!status) lnti_call_describe(call, 0, call->input[0]->dtype, &s.shape);
  return status;
}

static lnt_status forward_slice(lnti_call *call, lnt_error *err) {
  const lnti_tensor *in = call->input[0];
  size_t size = lnti_dtype_bytes(in->dtype);
  ptrdiff_t strides[LNTI_RANK_MAX] = {0}, from[LNTI_RANK_MAX] = {0}, to[LNTI_RANK_MAX] = {0}, offset = 0;
  slicing s;
  block_copy c;
  lnt_status status = slicing_of(&s, call, err);
  if (status || lnti_shape_count(&s.shape) == 0) return status;
  dense_strides(strides, &in->shape);
  dense_strides(to, &s.shape);
  for (size_t d = 0; d < in->shape.rank; d++) {
    /* A dimension of which one index is left is never stepped along; its step may be anything. */
    from[d] = s.shape.dim[d] > 1 ? strides[d] * (ptrdiff_t)s.step[d] : 0;
    offset += strides[d] * (ptrdiff_t)s.begin[d];
  }
  block_of(&c, &s.shape, to, from, size);
  copy_block(call->output[0].data, (const char *)in->data + offset * (ptrdiff_t)size, &c);
  return LNT_OK;
}

/* ---- Gather ---- */

static lnt_status infer_gather(lnti_call *call, lnt_error *err) {
  const lnti_tensor *in = call->input[0], *indices = call->input[1];
  size_t axis = 0;
  lnti_shape shape = {0};
  if (indices->dtype != LNTI_I64 && indices->dtype != LNTI_I32) {
    return lnti_fail(err, LNT_EDATA, "node %s: %s by indices of %s", call->node->name, call->node->op->name,
                     lnti_dtype_name(indices->dtype));
  }
  lnt_status status = lnti_axis(&axis, call, lnti_node_int(call->node, "axis", 0), in->shape.rank, false, err);
  if (status) return status;
  if (in->shape.rank - 1 + indices->shape.rank > LNTI_RANK_MAX) {
    return lnti_fail(err, LNT_ELIMIT, "node %s: more than %d dimensions", call->node->name, LNTI_RANK_MAX);
  }
  for (size_t d = 0; d < axis; d++) shape.dim[shape.rank++] = in->shape.dim[d];
  for (size_t d = 0; d < indices->shape.rank; d++) shape.dim[shape.rank++] = indices->shape.dim[d];
  for (size_t d = axis + 1; d < in->shape.rank; d++) shape.dim[shape.rank++] = in->shape.dim[d];
  lnti_call_describe(call, 0, in->dtype, &shape);
  return LNT_OK;
}

/* Element i of the indices, counted from the end where negative. */
static lnt_status index_at(size_t *out, const lnti_call *call, size_t i, size_t length, lnt_error *err) {
  const lnti_tensor *indices = call->input[1];
  int64_t at = indices->dtype == LNTI_I64 ? ((const int64_t *)indices->data)[i] : ((const int32_t *)indices->data)[i];
  if (at < -(int64_t)length || at >= (int64_t)length) {
    return lnti_fail(err, LNT_EDATA, "node %s: %s of index %lld, where there are %zu", call->node->name,
                     call->node->op->name, (long long)at, length);
  }
  *out = (size_t)(at < 0 ? at + (int64_t)length : at);
  return LNT_OK;
}

static lnt_status forward_gather(lnti_call *call, lnt_error *err) {
  const lnti_tensor *in = call->input[0];
  size_t axis = 0, rank = in->shape.rank, n = lnti_shape_count(&call->input[1]->shape);
  char *out = call->output[0].data;
  lnt_status status = lnti_axis(&axis, call, lnti_node_int(call->node, "axis", 0), rank, false, err);
  if (status) return status;
  size_t length = in->shape.dim[axis];
  size_t run = lnti_shape_span(&in->shape, axis + 1, rank) * lnti_dtype_bytes(in->dtype);
  if (lnti_shape_count(&call->output[0].shape) == 0) return LNT_OK;
  for (size_t i = 0, n_outer = lnti_shape_span(&in->shape, 0, axis); i < n_outer; i++) {
    for (size_t k = 0; k < n; k++, out += run) {
      size_t at = 0;
      status = index_at(&at, call, k, length, err);
      if (status) return status;
      if (run > 0) memcpy(out, (const char *)in->data + (i * length + at) * run, run);
    }
  }
  return LNT_OK;
}

static lnt_status infer_gather_elements(lnti_call *call, lnt_error *err) {
  const lnti_tensor *in = call->input[0], *indices = call->input[1];
  size_t axis = 0;
  lnt_status status = lnti_axis(&axis, call, lnti_node_int(call->node, "axis", 0), in->shape.rank, false, err);
  if (status) return status;
  bool fits = indices->shape.rank == in->shape.rank && (indices->dtype == LNTI_I64 || indices->dtype == LNTI_I32);
  for (size_t d = 0; fits && d < in->shape.rank; d++) fits = d == axis || indices->shape.dim[d] <= in->shape.dim[d];
  if (!fits) return lnti_fail(err, LNT_EDATA, "node %s: GatherElements' indices do not fit", call->node->name);
  lnti_call_describe(call, 0, in->dtype, &indices->shape);
  return LNT_OK;
}

static lnt_status forward_gather_elements(lnti_call *call, lnt_error *err) {
  const lnti_tensor *in = call->input[0];
  const lnti_shape *shape = &call->output[0].shape;
  size_t axis = 0, strides[LNTI_RANK_MAX], size = lnti_dtype_bytes(in->dtype);
  lnt_status status = lnti_axis(&axis, call, lnti_node_int(call->node, "axis", 0), shape->rank, false, err);
  if (status) return status;
  lnti_shape_strides(strides, &in->shape);
  for (size_t i = 0, n = lnti_shape_count(shape); i < n; i++) {
    size_t place = 0, rest = i, at = 0;
    status = index_at(&at, call, i, in->shape.dim[axis], err);
    if (status) return status;
    for (size_t d = shape->rank; d-- > 0; rest /= shape->dim[d]) {
      place += (d == axis ? at : rest % shape->dim[d]) * strides[d];
    }
    memcpy((char *)call->output[0].data + i * size, (const char *)in->data + place * size, size);
  }
  return LNT_OK;
}

/* ---- Expand, Tile ---- */

static lnt_status wanted_shape(lnti_shape *out, const lnti_call *call, lnt_error *err) {
  int64_t wanted[LNTI_CALL_INTS];
  size_t n = 0;
  lnt_status status = lnti_call_ints(wanted, &n, call, 1, NULL, err);
  if (status) return status;
  if (n > LNTI_RANK_MAX)
    return lnti_fail(err, LNT_ELIMIT, "node %s: more than %d dimensions", call->node->name, LNTI_RANK_MAX);
  *out = (lnti_shape){.rank = n};
  for (size_t i = 0; i < n; i++) {
    if (wanted[i] < 0)
      return lnti_fail(err, LNT_EDATA, "node %s: a size of %lld", call->node->name, (long long)wanted[i]);
    out->dim[i] = (size_t)wanted[i];
  }
  return LNT_OK;
}

static lnt_status infer_expand(lnti_call *call, lnt_error *err) {
  lnti_shape shape;
  lnt_status status = wanted_shape(&shape, call, err);
  if (!status) status = lnti_shape_broadcast(&shape, &shape, &call->input[0]->shape, call, err);
  if (!status) lnti_call_describe(call, 0, call->input[0]->dtype, &shape);
  return status;
}

static lnt_status forward_expand(lnti_call *call, lnt_error *err) {
  (void)err;
  const lnti_tensor *in = call->input[0];
  const lnti_shape *shapes[] = {&in->shape};
  size_t size = lnti_dtype_bytes(in->dtype);
  char *out = call->output[0].data;
  lnti_loop loop;
  lnti_loop_begin(&loop, &call->output[0].shape, shapes, 1);
  for (size_t i = 0; i < loop.n_outer; i++) {
    size_t place, step = loop.stride[0][loop.rank - 1];
    lnti_loop_place(&place, &loop, i);
    for (size_t k = 0; k < loop.inner; k++, out += size) {
      memcpy(out, (const char *)in->data + (place + k * step) * size, size);
    }
  }
  return LNT_OK;
}

static lnt_status infer_tile(lnti_call *call, lnt_error *err) {
  lnti_shape shape, repeats;
  lnt_status status = wanted_shape(&repeats, call, err);
  if (status) return status;
  shape = call->input[0]->shape;
  if (repeats.rank != shape.rank) {
    return lnti_fail(err, LNT_EDATA, "node %s: Tile of %zu dimensions %zu times", call->node->name, shape.rank,
                     repeats.rank);
  }
  for (size_t d = 0; d < shape.rank; d++) {
    if (!lnti_size_mul(&shape.dim[d], shape.dim[d], repeats.dim[d])) {
      return lnti_fail(err, LNT_ELIMIT, "node %s: Tile makes too much", call->node->name);
    }
  }
  lnti_call_describe(call, 0, call->input[0]->dtype, &shape);
  return LNT_OK;
}

static lnt_status forward_tile(lnti_call *call, lnt_error *err) {
  (void)err;
  const lnti_tensor *in = call->input[0];
  const lnti_shape *shape = &call->output[0].shape;
  size_t strides[LNTI_RANK_MAX], size = lnti_dtype_bytes(in->dtype);
  lnti_shape_strides(strides, &in->shape);
  for (size_t i = 0, n = lnti_shape_count(shape); i < n; i++) {
    size_t place = 0, rest = i;
    for (size_t d = shape->rank; d-- > 0; rest /= shape->dim[d]) {
      place += rest % shape->dim[d] % in->shape.dim[d] * strides[d];
    }
    memcpy((char *)call->output[0].data + i * size, (const char *)in->data + place * size, size);
  }
  return LNT_OK;
}

/* ---- Pad ---- */

enum { PAD_CONSTANT, PAD_EDGE, PAD_REFLECT };

/* Elements before and after each dimension; negative ones are cut off. */
typedef struct padding {
  int64_t before[LNTI_RANK_MAX], after[LNTI_RANK_MAX];
  int mode;
  lnti_shape shape;
} padding;

static lnt_status read_pads(padding *p, const lnti_call *call, lnt_error *err) {
  int64_t pads[LNTI_CALL_INTS], axes[LNTI_CALL_INTS];
  size_t n = 0, n_axes = 0, rank = p->shape.rank;
  lnt_status status = lnti_call_ints(pads, &n, call, 1, "pads", err);
  if (!status) status = lnti_call_ints(axes, &n_axes, call, 3, NULL, err);
  if (status) return status;
  size_t listed = n_axes == SIZE_MAX ? rank : n_axes;
  if (n == SIZE_MAX || n != 2 * listed) {
    return lnti_fail(err, LNT_EDATA, "node %s: Pad of %zu dimensions wants %zu numbers", call->node->name, listed,
                     2 * listed);
  }
  for (size_t i = 0; i < listed; i++) {
    size_t axis = 0;
    status = lnti_axis(&axis, call, n_axes == SIZE_MAX ? (int64_t)i : axes[i], rank, false, err);
    if (status) return status;
    p->before[axis] = pads[i];
    p->after[axis] = pads[listed + i];
  }
  return LNT_OK;
}

static lnt_status padding_of(padding *p, const lnti_call *call, lnt_error *err) {
  const char *mode = lnti_node_string(call->node, "mode", "constant");
  *p = (padding){.shape = call->input[0]->shape};
  p->mode = strcmp(mode, "edge") == 0 ? PAD_EDGE : strcmp(mode, "reflect") == 0 ? PAD_REFLECT : PAD_CONSTANT;
  if (p->mode == PAD_CONSTANT && strcmp(mode, "constant") != 0) {
    return lnti_fail(err, LNT_EUNSUPPORTED, "node %s: Pad's mode \"%.40s\"", call->node->name, mode);
  }
  lnt_status status = read_pads(p, call, err);
  if (status) return status;
  for (size_t d = 0; d < p->shape.rank; d++) {
    int64_t n = (int64_t)p->shape.dim[d], most = INT64_C(1) << 40;
    bool sane = p->before[d] >= -n && p->after[d] >= -n && p->before[d] < most && p->after[d] < most;
    /* A reflection can go as far as the other edge, an edge is repeated where there is one. */
    if (sane && p->mode == PAD_REFLECT) sane = p->before[d] < (n ? n : 1) && p->after[d] < (n ? n : 1);
    if (sane && p->mode != PAD_CONSTANT) sane = n > 0 || (p->before[d] == 0 && p->after[d] == 0);
    int64_t length = sane ? n + p->before[d] + p->after[d] : -1;
    if (length < 0) {
      return lnti_fail(err, LNT_EDATA, "node %s: Pad of %zu by %lld and %lld", call->node->name, p->shape.dim[d],
                       (long long)p->before[d], (long long)p->after[d]);
    }
    p->shape.dim[d] = (size_t)length;
  }
  return LNT_OK;
}

static lnt_status infer_pad(lnti_call *call, lnt_error *err) {
  padding p;
  const lnti_tensor *value = lnti_call_input(call, 2);
  if (value && (value->dtype != call->input[0]->dtype || lnti_shape_count(&value->shape) > 1)) {
    return lnti_fail(err, LNT_EDATA, "node %s: Pad's value should be one %s", call->node->name,
                     lnti_dtype_name(call->input[0]->dtype));
  }
  lnt_status status = padding_of(&p, call, err);
  if (!status) lnti_call_describe(call, 0, call->input[0]->dtype, &p.shape);
  return status;
}

/* The source of index `at` of a padded dimension; -1: the constant. */
static int64_t padded_source(const padding *p, size_t d, int64_t at, int64_t n) {
  int64_t from = at - p->before[d];
  if (from >= 0 && from < n) return from;
  if (p->mode == PAD_CONSTANT) return -1;
  if (p->mode == PAD_EDGE) return from < 0 ? 0 : n - 1;
  return from < 0 ? -from : 2 * (n - 1) - from;
}

static lnt_status forward_pad(lnti_call *call, lnt_error *err) {
  const lnti_tensor *in = call->input[0], *given = lnti_call_input(call, 2);
  size_t strides[LNTI_RANK_MAX], size = lnti_dtype_bytes(in->dtype);
  char value[8] = {0}, *out = call->output[0].data;
  padding p;
  lnt_status status = padding_of(&p, call, err);
  if (status) return status;
  float attribute = lnti_node_float(call->node, "value", 0);
  lnti_convert(value, in->dtype, &attribute, LNTI_F32, 1);
  if (given && lnti_shape_count(&given->shape) == 1) memcpy(value, given->data, size);
  lnti_shape_strides(strides, &in->shape);
  for (size_t i = 0, n = lnti_shape_count(&p.shape); i < n; i++) {
    size_t place = 0, rest = i;
    bool inside = true;
    for (size_t d = p.shape.rank; d-- > 0;) {
      size_t length = p.shape.dim[d] ? p.shape.dim[d] : 1; /* none is 0: there are elements */
      int64_t from = padded_source(&p, d, (int64_t)(rest % length), (int64_t)in->shape.dim[d]);
      rest /= length;
      inside &= from >= 0;
      if (from >= 0) place += (size_t)from * strides[d];
    }
    memcpy(out + i * size, inside ? (const char *)in->data + place * size : value, size);
  }
  return LNT_OK;
}

/* ---- DepthToSpace, SpaceToDepth ---- */

static lnt_status infer_blocks(lnti_call *call, lnt_error *err) {
  lnti_shape shape = call->input[0]->shape;
  bool to_space = strcmp(call->node->op->name, "DepthToSpace") == 0;
  int64_t block = lnti_node_int(call->node, "blocksize", 0);
  size_t b = block > 0 && block < 65536 ? (size_t)block : 1, area = b * b;
  bool fits = shape.rank == 4 && (int64_t)b == block;
  if (fits && to_space) fits = shape.dim[1] % area == 0;
  if (fits && !to_space) fits = shape.dim[2] % b == 0 && shape.dim[3] % b == 0;
  if (!fits) {
    return lnti_fail(err, LNT_EDATA, "node %s: %s in blocks of %lld does not fit its input", call->node->name,
                     call->node->op->name, (long long)block);
  }
  shape.dim[1] = to_space ? shape.dim[1] / area : shape.dim[1] * area;
  shape.dim[2] = to_space ? shape.dim[2] * b : shape.dim[2] / b;
  shape.dim[3] = to_space ? shape.dim[3] * b : shape.dim[3] / b;
  lnti_call_describe(call, 0, call->input[0]->dtype, &shape);
  return LNT_OK;
}

/* The deep tensor is [n, (block y, block x, channel) in some order, h, w], the wide one [n, channel, h, block y, w, block x]. */
static lnt_status forward_blocks(lnti_call *call, lnt_error *err) {
  (void)err;
  bool to_space = strcmp(call->node->op->name, "DepthToSpace") == 0;
  bool channel_first = strcmp(lnti_node_string(call->node, "mode", "DCR"), "CRD") == 0;
  const lnti_shape *deep = to_space ? &call->input[0]->shape : &call->output[0].shape;
  size_t b = (size_t)lnti_node_int(call->node, "blocksize", 1), c = deep->dim[1] / (b * b), h = deep->dim[2],
         w = deep->dim[3];
  size_t size = lnti_dtype_bytes(call->input[0]->dtype), plane = h * w;
  const lnti_shape shape = {.rank = 6, .dim = {deep->dim[0], c, h, b, w, b}};
  ptrdiff_t wide[LNTI_RANK_MAX] = {0}, strides[LNTI_RANK_MAX] = {0};
  size_t per_y = channel_first ? b * plane : b * c * plane, per_x = channel_first ? plane : c * plane;
  size_t per_c = channel_first ? b * b * plane : plane;
  const size_t deep_strides[] = {b * b * c * plane, per_c, w, per_y, 1, per_x};
  block_copy copy;
  dense_strides(wide, &shape);
  for (size_t d = 0; d < 6; d++) strides[d] = (ptrdiff_t)deep_strides[d];
  if (lnti_shape_count(&shape) == 0) return LNT_OK;
  block_of(&copy, &shape, to_space ? wide : strides, to_space ? strides : wide, size);
  copy_block(call->output[0].data, call->input[0]->data, &copy);
  return LNT_OK;
}

static const lnti_attribute_rule perm_rule[] = {{"perm", LNTI_ATTRIBUTE_INTS}, {0}};
static const lnti_attribute_rule axis_rule[] = {{"axis", LNTI_ATTRIBUTE_INT}, {0}};
static const lnti_attribute_rule split_rules[] = {
    {"axis", LNTI_ATTRIBUTE_INT}, {"split", LNTI_ATTRIBUTE_INTS}, {"num_outputs", LNTI_ATTRIBUTE_INT}, {0}};
static const lnti_attribute_rule slice_rules[] = {
    {"starts", LNTI_ATTRIBUTE_INTS}, {"ends", LNTI_ATTRIBUTE_INTS}, {"axes", LNTI_ATTRIBUTE_INTS}, {0}};
static const lnti_attribute_rule pad_rules[] = {
    {"mode", LNTI_ATTRIBUTE_STRING}, {"pads", LNTI_ATTRIBUTE_INTS}, {"value", LNTI_ATTRIBUTE_FLOAT}, {0}};
static const lnti_attribute_rule block_rules[] = {
    {"blocksize", LNTI_ATTRIBUTE_INT}, {"mode", LNTI_ATTRIBUTE_STRING}, {0}};

#define MOVE(title, version, least, most, same, deciding, rules, make, f)                                          \
  {                                                                                                                \
    .name = title, .domain = "", .since = version, .least_inputs = least, .most_inputs = most, .most_outputs = 1,  \
    .dtypes = LNTI_ANY_DTYPE, .alike = same, .decides = deciding, .attributes = rules, .infer = make, .forward = f \
  }

const lnti_operator lnti_operators_move[] = {
    MOVE("Concat", 4, 1, LNTI_NODE_VALUES_MAX, UINT32_MAX, 0, axis_rule, infer_concat, forward_concat),
    MOVE("DepthToSpace", 1, 1, 1, 1, 0, block_rules, infer_blocks, forward_blocks),
    MOVE("Expand", 8, 2, 2, 1, 2, NULL, infer_expand, forward_expand),
    MOVE("Gather", 1, 2, 2, 1, 0, axis_rule, infer_gather, forward_gather),
    MOVE("GatherElements", 11, 2, 2, 1, 0, axis_rule, infer_gather_elements, forward_gather_elements),
    MOVE("Pad", 2, 1, 4, 1, 2 | 8, pad_rules, infer_pad, forward_pad),
    MOVE("Slice", 1, 1, 5, 1, 2 | 4 | 8 | 16, slice_rules, infer_slice, forward_slice),
    MOVE("SpaceToDepth", 1, 1, 1, 1, 0, block_rules, infer_blocks, forward_blocks),
    {.name = "Split",
     .domain = "",
     .since = 2,
     .least_inputs = 1,
     .most_inputs = 2,
     .most_outputs = LNTI_NODE_VALUES_MAX,
     .dtypes = LNTI_ANY_DTYPE,
     .alike = 1,
     .decides = 2,
     .attributes = split_rules,
     .infer = infer_split,
     .forward = forward_split},
    MOVE("Tile", 6, 2, 2, 1, 2, NULL, infer_tile, forward_tile),
    MOVE("Transpose", 1, 1, 1, 1, 0, perm_rule, infer_transpose, forward_transpose),
    {0}};
