/*
 * Geometry of windows. "SAME" padding is as TensorFlow has it: the output covers the input, what is odd goes after (upper) or
 * before (lower); so it may be asymmetric, and stays so.
 */
#include <graph/window.h>

#include <base/error.h>
#include <string.h>

/* Larger windows, strides and gaps than any network has would only make loops long. */
enum { SIDE_MAX = 32768, WINDOW_MAX = 1 << 24 };

static lnt_status read_list(size_t *out, const lnti_call *call, const char *name, size_t n_wanted, size_t otherwise,
                            size_t least, lnt_error *err) {
  size_t n = 0;
  const int64_t *list = lnti_node_ints(&n, call->node, name);
  if (list && n != n_wanted) {
    return lnti_fail(err, LNT_EDATA, "node %s: %zu %s, where %zu are needed", call->node->name, n, name, n_wanted);
  }
  for (size_t i = 0; i < n_wanted; i++) {
    int64_t value = list ? list[i] : (int64_t)otherwise;
    if (value < (int64_t)least || value > SIDE_MAX) {
      return lnti_fail(err, LNT_EDATA, "node %s: %lld in %s", call->node->name, (long long)value, name);
    }
    out[i] = (size_t)value;
  }
  return LNT_OK;
}

/* Padding so that each stride begins one window; the odd element goes before with `lower`. */
static void pad_same(lnti_window *w, size_t i, size_t extent, bool lower) {
  size_t n_out = (w->in[i] + w->stride[i] - 1) / w->stride[i];
  size_t covered = n_out ? (n_out - 1) * w->stride[i] + extent : 0;
  size_t total = covered > w->in[i] ? covered - w->in[i] : 0;
  w->before[i] = lower ? total - total / 2 : total / 2;
  w->after[i] = total - w->before[i];
}

static lnt_status settle_dimension(lnti_window *w, size_t i, const char *auto_pad, bool ceil_mode,
                                   const lnti_call *call, lnt_error *err) {
  size_t extent = (w->kernel[i] - 1) * w->dilation[i] + 1;
  bool lower = strcmp(auto_pad, "SAME_LOWER") == 0;
  if (lower || strcmp(auto_pad, "SAME_UPPER") == 0) pad_same(w, i, extent, lower);
  if (strcmp(auto_pad, "VALID") == 0) w->before[i] = w->after[i] = 0;
  size_t padded = w->in[i] + w->before[i] + w->after[i];
  if (w->kernel[i] == 0 || padded < extent) {
    return lnti_fail(err, LNT_EDATA, "node %s: a window of %zu over %zu elements", call->node->name, extent, padded);
  }
  size_t span = padded - extent;
  w->out[i] = (ceil_mode ? (span + w->stride[i] - 1) / w->stride[i] : span / w->stride[i]) + 1;
  /* A last window that begins in the padding after the input sees nothing, and is left out. */
  if (ceil_mode && (w->out[i] - 1) * w->stride[i] >= w->in[i] + w->before[i]) w->out[i]--;
  return LNT_OK;
}

lnt_status lnti_window_of(lnti_window *out, const lnti_call *call, const lnti_shape *shape, const size_t *kernel,
                          lnt_error *err) {
  const char *auto_pad = lnti_node_string(call->node, "auto_pad", "NOTSET");
  bool ceil_mode = lnti_node_int(call->node, "ceil_mode", 0) != 0;
  size_t pads[2 * LNTI_PLANE_MAX] = {0}, listed[LNTI_PLANE_MAX] = {0};
  lnti_window w = {0};
  size_t taps = 1;
  if (shape->rank < 3) {
    return lnti_fail(err, LNT_EDATA, "node %s: %s of %zu dimensions", call->node->name, call->node->op->name,
                     shape->rank);
  }
  w.rank = shape->rank - 2;
  lnt_status status = read_list(listed, call, "kernel_shape", w.rank, 0, kernel ? 0 : 1, err);
  if (!status) status = read_list(w.stride, call, "strides", w.rank, 1, 1, err);
  if (!status) status = read_list(w.dilation, call, "dilations", w.rank, 1, 1, err);
  if (!status) status = read_list(pads, call, "pads", 2 * w.rank, 0, 0, err);
  for (size_t i = 0; i < w.rank && !status; i++) {
    w.in[i] = shape->dim[i + 2];
    w.kernel[i] = kernel ? kernel[i] : listed[i];
    w.before[i] = pads[i];
    w.after[i] = pads[w.rank + i];
    if (kernel && listed[i] != 0 && listed[i] != kernel[i]) {
      return lnti_fail(err, LNT_EDATA, "node %s: kernel_shape says %zu, the weights say %zu", call->node->name,
                       listed[i], kernel[i]);
    }
    taps *= w.kernel[i] > SIDE_MAX ? SIDE_MAX : w.kernel[i];
    if (w.kernel[i] > SIDE_MAX || taps > WINDOW_MAX || w.in[i] > INT32_MAX) {
      return lnti_fail(err, LNT_ELIMIT, "node %s: a window of %zu over %zu elements", call->node->name, w.kernel[i],
                       w.in[i]);
    }
    status = settle_dimension(&w, i, auto_pad, ceil_mode, call, err);
  }
  if (!status) *out = w;
  return status;
}

bool lnti_pool_is_simple(const lnti_node *node) {
  size_t n = 0;
  const int64_t *dilations = lnti_node_ints(&n, node, "dilations");
  for (size_t i = 0; i < n; i++) {
    if (dilations[i] != 1) return false;
  }
  return lnti_node_int(node, "ceil_mode", 0) == 0 || lnti_node_int(node, "count_include_pad", 0) == 0;
}
