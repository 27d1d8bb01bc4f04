/* Operators of TensorFlow Lite that work on planes, and the fully connected one. */
#include <graph/tflite_internal.h>

#include <base/error.h>

/* Padding. */
enum { SAME = 0, VALID = 1 };

/* What Conv and pools share: strides and padding, in the order of the file's options. SAME puts the odd line of padding after the
 * plane, as ONNX' SAME_UPPER does. */
typedef struct window {
  int64_t strides[2], dilations[2], pads[4], kernel[2];
  lnti_attribute attribute[6];
  size_t n_attributes;
} window;

static void note(window *w, lnti_attribute attribute) {
  w->attribute[w->n_attributes++] = attribute;
}

static lnt_status read_window(window *w, const lnti_tflite *r, lnt_error *err) {
  int64_t padding = lnti_flat_int(&r->options, 0, 1, SAME);
  *w = (window){.strides = {lnti_flat_int(&r->options, 2, 4, 0), lnti_flat_int(&r->options, 1, 4, 0)}};
  if (padding != SAME && padding != VALID) {
    return lnti_tflite_fail(r, err, LNT_EDATA, "a padding of kind %lld", (long long)padding);
  }
  note(w, (lnti_attribute)LNTI_TFLITE_TEXT("auto_pad", padding == SAME ? "SAME_UPPER" : "VALID"));
  note(w, (lnti_attribute)LNTI_TFLITE_INTS("strides", w->strides, 2));
  return LNT_OK;
}

static lnt_status check_planes(const lnti_tflite *r, const lnti_tflite_tensor *t, lnt_error *err) {
  if (t->shape.rank == 4) return LNT_OK;
  return lnti_tflite_fail(r, err, LNT_EDATA, "a tensor of %zu dimensions, where planes have 4", t->shape.rank);
}

/* CONV_2D, DEPTHWISE_CONV_2D: x, weights, bias. Fields: padding, strides w and h, (depth multiplier,) activation, dilations w, h. */
lnt_status lnti_tflite_conv(lnti_tflite *r, lnt_error *err) {
  lnti_tflite_tensor *x = lnti_tflite_input(r, 0), *weights = lnti_tflite_input(r, 1), *bias = lnti_tflite_input(r, 2);
  const bool deep = r->op->code == LNTI_TFLITE_DEPTHWISE_CONV_2D;
  uint32_t input[3] = {LNTI_NO_VALUE, LNTI_NO_VALUE, LNTI_NO_VALUE};
  window w;
  lnt_status status = check_planes(r, x, err);
  if (!status) status = check_planes(r, weights, err);
  if (!status) status = read_window(&w, r, err);
  if (status) return status;
  w.dilations[0] = lnti_flat_int(&r->options, deep ? 6 : 5, 4, 1);
  w.dilations[1] = lnti_flat_int(&r->options, deep ? 5 : 4, 4, 1);
  size_t channels = x->shape.dim[3], each = weights->shape.dim[3];
  if (!deep && (each == 0 || channels % each != 0)) {
    return lnti_tflite_fail(r, err, LNT_EDATA, "%zu channels by weights of %zu", channels, each);
  }
  note(&w, (lnti_attribute)LNTI_TFLITE_INT("group", (int64_t)(deep ? channels : channels / each)));
  note(&w, (lnti_attribute)LNTI_TFLITE_INTS("dilations", w.dilations, 2));
  if (x->unpadded != LNTI_NO_VALUE && lnti_flat_int(&r->options, 0, 1, SAME) == VALID) {
    w.attribute[0] = (lnti_attribute)LNTI_TFLITE_INTS("pads", x->pads, 4);
    x = &r->tensor[x->unpadded];
  }
  status = lnti_tflite_take(&input[0], r, x, LNTI_TFLITE_PLANE, err);
  if (!status) status = lnti_tflite_take(&input[1], r, weights, deep ? LNTI_TFLITE_DEPTH : LNTI_TFLITE_PLANE, err);
  if (!status && bias) status = lnti_tflite_take(&input[2], r, bias, LNTI_TFLITE_FLAT, err);
  const lnti_node node = {.input = input, .n_inputs = 3, .attribute = w.attribute, .n_attributes = w.n_attributes};
  return status ? status : lnti_tflite_make(r, "Conv", &node, LNTI_TFLITE_PLANE, err);
}

/* AVERAGE_POOL_2D, MAX_POOL_2D. Fields: padding, strides w and h, window's w and h, activation. Averages are of what lies inside. */
lnt_status lnti_tflite_pool(lnti_tflite *r, lnt_error *err) {
  lnti_tflite_tensor *x = lnti_tflite_input(r, 0);
  uint32_t input = LNTI_NO_VALUE;
  window w;
  lnt_status status = check_planes(r, x, err);
  if (!status) status = read_window(&w, r, err);
  if (!status) status = lnti_tflite_take(&input, r, x, LNTI_TFLITE_PLANE, err);
  if (status) return status;
  w.kernel[0] = lnti_flat_int(&r->options, 4, 4, 0);
  w.kernel[1] = lnti_flat_int(&r->options, 3, 4, 0);
  note(&w, (lnti_attribute)LNTI_TFLITE_INTS("kernel_shape", w.kernel, 2));
  const lnti_node node = {.input = &input, .n_inputs = 1, .attribute = w.attribute, .n_attributes = w.n_attributes};
  return lnti_tflite_make(r, r->op->onnx, &node, LNTI_TFLITE_PLANE, err);
}

/* FULLY_CONNECTED: x, weights [units,k], bias. Fields: activation, form of the weights. x is read as rows of k. */
lnt_status lnti_tflite_dense(lnti_tflite *r, lnt_error *err) {
  lnti_tflite_tensor *x = lnti_tflite_input(r, 0), *weights = lnti_tflite_input(r, 1), *bias = lnti_tflite_input(r, 2);
  const lnti_tflite_tensor *y = lnti_tflite_output(r, 0);
  const lnti_attribute transposed = LNTI_TFLITE_INT("transB", 1);
  uint32_t input[3] = {LNTI_NO_VALUE, LNTI_NO_VALUE, LNTI_NO_VALUE}, rows[2], made = LNTI_NO_VALUE;
  if (weights->shape.rank != 2 || !y) return lnti_tflite_fail(r, err, LNT_EDATA, "weights that are no matrix");
  if (lnti_flat_int(&r->options, 1, 1, 0) != 0) {
    return lnti_tflite_fail(r, err, LNT_EUNSUPPORTED, "weights in shuffled order");
  }
  size_t k = weights->shape.dim[1], count = lnti_shape_count(&x->shape);
  if (k == 0 || count % k != 0) {
    return lnti_tflite_fail(r, err, LNT_EDATA, "%zu elements, where the weights want rows of %zu", count, k);
  }
  const lnti_shape flat = {.rank = 2, .dim = {count / k, k}};
  lnt_status status = lnti_tflite_take(&rows[0], r, x, LNTI_TFLITE_FLAT, err);
  input[0] = rows[0];
  if (!status && !lnti_shape_equal(&flat, &x->shape)) {
    const lnti_node reshape = {.input = rows, .n_inputs = 2};
    status = lnti_tflite_target(&rows[1], r, &flat, x->batched, err);
    if (!status) status = lnti_tflite_step(&input[0], r, "Reshape", &reshape, err);
  }
  if (!status) status = lnti_tflite_take(&input[1], r, weights, LNTI_TFLITE_FLAT, err);
  if (!status && bias) status = lnti_tflite_take(&input[2], r, bias, LNTI_TFLITE_FLAT, err);
  const lnti_node node = {.input = input, .n_inputs = 3, .attribute = &transposed, .n_attributes = 1};
  if (status) return status;
  r->mixes_samples |= weights->batched;
  if (y->shape.rank == 2) return lnti_tflite_make(r, "Gemm", &node, LNTI_TFLITE_FLAT, err);
  status = lnti_tflite_step(&made, r, "Gemm", &node, err);
  return status ? status : lnti_tflite_make_shaped(r, made, err);
}

/* That a PAD is of zeros around planes: VALID convolutions after it do that by themselves. */
static void note_padding(lnti_tflite *r, const lnti_tflite_tensor *x, const int64_t *by) {
  lnti_tflite_tensor *y = lnti_tflite_output(r, 0);
  const int64_t pads[] = {by[2], by[4], by[3], by[5]};
  for (size_t i = 0; i < 4; i++) {
    if (pads[i] < 0 || pads[i] > 1024) return;
    y->pads[i] = pads[i];
  }
  if (by[0] || by[1] || by[6] || by[7]) return;
  y->unpadded = (uint32_t)(x - r->tensor);
}

/* PAD, PADV2, MIRROR_PAD: x, how much [rank,2], with what. Field of the last: 0 reflects without the edge, 1 with it. */
lnt_status lnti_tflite_pad(lnti_tflite *r, lnt_error *err) {
  lnti_tflite_tensor *x = lnti_tflite_input(r, 0), *value = lnti_tflite_input(r, 2);
  const bool mirror = r->op->code == LNTI_TFLITE_MIRROR_PAD;
  const lnti_tflite_form form = lnti_tflite_own_form(x);
  int64_t by[LNTI_TFLITE_LIST], pads[2 * LNTI_RANK_MAX];
  size_t n = 0, rank = x->shape.rank;
  uint32_t input[3] = {LNTI_NO_VALUE, LNTI_NO_VALUE, LNTI_NO_VALUE};
  lnt_status status = lnti_tflite_listed(by, &n, r, 1, "its paddings", err);
  if (status) return status;
  if (n != 2 * rank) {
    return lnti_tflite_fail(r, err, LNT_EDATA, "%zu paddings for %zu dimensions", n, rank);
  }
  if (mirror && lnti_flat_int(&r->options, 0, 1, 0) != 0) {
    return lnti_tflite_fail(r, err, LNT_EUNSUPPORTED, "padding by a reflection that repeats the edge");
  }
  for (size_t d = 0; d < rank; d++) {
    size_t to = form == LNTI_TFLITE_PLANE ? (size_t)lnti_tflite_plane_axis(d) : d;
    pads[to] = by[2 * d];
    pads[rank + to] = by[2 * d + 1];
    if (by[2 * d] || by[2 * d + 1]) lnti_tflite_along(r, x, d);
  }
  status = lnti_tflite_take(&input[0], r, x, form, err);
  if (!status) status = lnti_tflite_ints(&input[1], r, pads, 2 * rank, err);
  if (!status && value) status = lnti_tflite_take(&input[2], r, value, LNTI_TFLITE_FLAT, err);
  const lnti_attribute mode = LNTI_TFLITE_TEXT("mode", mirror ? "reflect" : "constant");
  const lnti_node node = {.input = input, .n_inputs = 3, .attribute = &mode, .n_attributes = 1};
  if (!status) status = lnti_tflite_make(r, "Pad", &node, form, err);
  if (!status && form == LNTI_TFLITE_PLANE && !value && !mirror) note_padding(r, x, by);
  return status;
}

/* RESIZE_BILINEAR, RESIZE_NEAREST_NEIGHBOR: x, height and width. The number of samples is asked of x. */
lnt_status lnti_tflite_resize(lnti_tflite *r, lnt_error *err) {
  lnti_tflite_tensor *x = lnti_tflite_input(r, 0);
  const bool linear = r->op->code == LNTI_TFLITE_RESIZE_BILINEAR;
  const unsigned first = linear ? 2 : 0;
  const bool corners = lnti_flat_int(&r->options, first, 1, 0) != 0;
  const bool half = lnti_flat_int(&r->options, first + 1, 1, 0) != 0;
  int64_t size[LNTI_TFLITE_LIST];
  size_t n = 0;
  uint32_t input[4] = {LNTI_NO_VALUE, LNTI_NO_VALUE, LNTI_NO_VALUE, LNTI_NO_VALUE}, sizes[2];
  const lnti_attribute ends[] = {LNTI_TFLITE_INT("start", 0), LNTI_TFLITE_INT("end", 2)};
  const lnti_attribute axis = LNTI_TFLITE_INT("axis", 0);
  lnt_status status = check_planes(r, x, err);
  if (!status) status = lnti_tflite_listed(size, &n, r, 1, "height and width", err);
  if (!status && n != 2) status = lnti_tflite_fail(r, err, LNT_EDATA, "%zu sizes for height and width", n);
  if (!status) status = lnti_tflite_take(&input[0], r, x, LNTI_TFLITE_PLANE, err);
  const lnti_node ask = {.input = input, .n_inputs = 1, .attribute = ends, .n_attributes = 2};
  const lnti_node join = {.input = sizes, .n_inputs = 2, .attribute = &axis, .n_attributes = 1};
  if (!status) status = lnti_tflite_step(&sizes[0], r, "Shape", &ask, err);
  if (!status) status = lnti_tflite_ints(&sizes[1], r, size, 2, err);
  if (!status) status = lnti_tflite_step(&input[3], r, "Concat", &join, err);
  /* Half a pixel on, rounded down, is half a pixel on and back, rounded to the nearest. */
  const lnti_attribute modes[] = {LNTI_TFLITE_TEXT("mode", linear ? "linear" : "nearest"),
                                  LNTI_TFLITE_TEXT("coordinate_transformation_mode", corners ? "align_corners"
                                                                                     : half  ? "half_pixel"
                                                                                             : "asymmetric"),
                                  LNTI_TFLITE_TEXT("nearest_mode", corners || half ? "round_prefer_ceil" : "floor")};
  const lnti_node node = {.input = input, .n_inputs = 4, .attribute = modes, .n_attributes = 3};
  return status ? status : lnti_tflite_make(r, "Resize", &node, LNTI_TFLITE_PLANE, err);
}

/* DEPTH_TO_SPACE, SPACE_TO_DEPTH. Field: the side of a block. */
lnt_status lnti_tflite_blocks(lnti_tflite *r, lnt_error *err) {
  const lnti_attribute side = LNTI_TFLITE_INT("blocksize", lnti_flat_int(&r->options, 0, 4, 0));
  uint32_t input = LNTI_NO_VALUE;
  lnt_status status = lnti_tflite_take(&input, r, lnti_tflite_input(r, 0), LNTI_TFLITE_PLANE, err);
  const lnti_node node = {.input = &input, .n_inputs = 1, .attribute = &side, .n_attributes = 1};
  return status ? status : lnti_tflite_make(r, r->op->onnx, &node, LNTI_TFLITE_PLANE, err);
}

/* LOCAL_RESPONSE_NORMALIZATION. Fields: radius, bias, alpha, beta; x / (bias + alpha * sum of squares)^beta, where ONNX divides
 * alpha by how many they are. */
lnt_status lnti_tflite_local_norm(lnti_tflite *r, lnt_error *err) {
  int64_t radius = lnti_flat_int(&r->options, 0, 4, 0);
  uint32_t input = LNTI_NO_VALUE;
  if (radius < 0 || radius > 1 << 20) {
    return lnti_tflite_fail(r, err, LNT_EDATA, "a radius of %lld", (long long)radius);
  }
  const float alpha = lnti_flat_real(&r->options, 2, 0) * (float)(2 * radius + 1);
  const lnti_attribute attributes[] = {LNTI_TFLITE_INT("size", 2 * radius + 1), LNTI_TFLITE_FLOAT("alpha", alpha),
                                       LNTI_TFLITE_FLOAT("beta", lnti_flat_real(&r->options, 3, 0)),
                                       LNTI_TFLITE_FLOAT("bias", lnti_flat_real(&r->options, 1, 0))};
  lnt_status status = lnti_tflite_take(&input, r, lnti_tflite_input(r, 0), LNTI_TFLITE_PLANE, err);
  const lnti_node node = {.input = &input, .n_inputs = 1, .attribute = attributes, .n_attributes = 4};
  return status ? status : lnti_tflite_make(r, "LRN", &node, LNTI_TFLITE_PLANE, err);
}
