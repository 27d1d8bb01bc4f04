/*
 * Resize: each axis for itself, every output element a weighted sum of a few input elements (taps). Coordinates, rounding and
 * weights as ONNX defines them (https://onnx.ai/onnx/operators/onnx__Resize.html), from which also Upsample follows.
 */
#include <graph/operator.h>

#include <base/error.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef enum interpolation { NEAREST, LINEAR, CUBIC } interpolation;
typedef enum coordinates { HALF_PIXEL, PYTORCH_HALF_PIXEL, ALIGN_CORNERS, ASYMMETRIC, CROP_AND_RESIZE } coordinates;
typedef enum rounding { ROUND_PREFER_FLOOR, ROUND_PREFER_CEIL, FLOOR, CEIL } rounding;

typedef struct resizing {
  interpolation mode;
  coordinates where;
  rounding nearest;
  double cubic_a;
  bool exclude_outside;
  double scale[LNTI_RANK_MAX], begin[LNTI_RANK_MAX], end[LNTI_RANK_MAX]; /* of the crop, in parts of the input */
  lnti_shape shape;
} resizing;

static lnt_status choose(int *out, const lnti_call *call, const char *attribute, const char *text,
                         const char *const *names, lnt_error *err) {
  for (int i = 0; names[i]; i++) {
    if (strcmp(names[i], text) == 0) {
      *out = i;
      return LNT_OK;
    }
  }
  return lnti_fail(err, LNT_EUNSUPPORTED, "node %s: %s's %s \"%.40s\"", call->node->name, call->node->op->name,
                   attribute, text);
}

/* Upsample, and Resize of version 10, take coordinates as they are and round down. */
static lnt_status read_modes(resizing *r, const lnti_call *call, lnt_error *err) {
  static const char *const modes[] = {"nearest", "linear", "cubic", NULL};
  static const char *const wheres[] = {"half_pixel", "pytorch_half_pixel", "align_corners",
                                       "asymmetric", "tf_crop_and_resize", NULL};
  static const char *const nearests[] = {"round_prefer_floor", "round_prefer_ceil", "floor", "ceil", NULL};
  bool old = call->node->version < 11 || strcmp(call->node->op->name, "Upsample") == 0;
  int mode = 0, where = 0, nearest = 0;
  const char *named = lnti_node_string(call->node, "mode", "nearest");
  if (strcmp(named, "bilinear") == 0) named = "linear"; /* of Upsample's first versions */
  lnt_status status = choose(&mode, call, "mode", named, modes, err);
  const char *transformation =
      lnti_node_string(call->node, "coordinate_transformation_mode", old ? "asymmetric" : "half_pixel");
  const char *rounds = lnti_node_string(call->node, "nearest_mode", old ? "floor" : "round_prefer_floor");
  if (!status) status = choose(&where, call, "coordinate_transformation_mode", transformation, wheres, err);
  if (!status) status = choose(&nearest, call, "nearest_mode", rounds, nearests, err);
  r->mode = (interpolation)mode;
  r->where = (coordinates)where;
  r->nearest = (rounding)nearest;
  r->cubic_a = (double)lnti_node_float(call->node, "cubic_coeff_a", -0.75f);
  r->exclude_outside = lnti_node_int(call->node, "exclude_outside", 0) != 0;
  return status;
}

/* Up to 2 * LNTI_RANK_MAX reals of input k; *n_out 0 where it is left out or empty. */
static lnt_status read_reals(double *out, size_t *n_out, const lnti_call *call, size_t k, lnt_error *err) {
  const lnti_tensor *t = lnti_call_input(call, k);
  size_t n = t ? lnti_shape_count(&t->shape) : 0;
  *n_out = 0;
  if (n == 0) return LNT_OK;
  if (n > 2 * LNTI_RANK_MAX)
    return lnti_fail(err, LNT_EDATA, "node %s: input %zu has %zu numbers", call->node->name, k, n);
  lnti_convert(out, LNTI_F64, t->data, t->dtype, n);
  *n_out = n;
  return LNT_OK;
}

static lnt_status scaled_shape(resizing *r, const lnti_call *call, const double *scales, size_t n, lnt_error *err) {
  const lnti_shape *in = &call->input[0]->shape;
  if (n != in->rank) {
    return lnti_fail(err, LNT_EDATA, "node %s: %zu scales for %zu dimensions", call->node->name, n, in->rank);
  }
  for (size_t d = 0; d < n; d++) {
    double part = r->where == CROP_AND_RESIZE ? r->end[d] - r->begin[d] : 1;
    double length = floor((double)in->dim[d] * part * scales[d]);
    if (!(scales[d] > 0) || !(length >= 0) || length > 0x1p31) {
      return lnti_fail(err, LNT_EDATA, "node %s: a scale of %g", call->node->name, scales[d]);
    }
    r->shape.dim[d] = (size_t)length;
    r->scale[d] = scales[d];
  }
  return LNT_OK;
}

static lnt_status given_sizes(resizing *r, const lnti_call *call, const double *sizes, size_t n, lnt_error *err) {
  const lnti_shape *in = &call->input[0]->shape;
  if (n != in->rank) {
    return lnti_fail(err, LNT_EDATA, "node %s: %zu sizes for %zu dimensions", call->node->name, n, in->rank);
  }
  for (size_t d = 0; d < n; d++) {
    if (!(sizes[d] >= 0) || sizes[d] > 0x1p31 || (sizes[d] > 0 && in->dim[d] == 0)) {
      return lnti_fail(err, LNT_EDATA, "node %s: a size of %g", call->node->name, sizes[d]);
    }
    r->shape.dim[d] = (size_t)sizes[d];
    r->scale[d] = in->dim[d] ? sizes[d] / (double)in->dim[d] : 1;
  }
  return LNT_OK;
}

/* Inputs: x, scales (Upsample, Resize 10); x, roi, scales, sizes (Resize since 11). */
static lnt_status resizing_of(resizing *r, const lnti_call *call, lnt_error *err) {
  bool two = call->node->version < 11 || strcmp(call->node->op->name, "Upsample") == 0;
  double roi[2 * LNTI_RANK_MAX] = {0}, scales[2 * LNTI_RANK_MAX] = {0}, sizes[2 * LNTI_RANK_MAX] = {0};
  size_t n_roi = 0, n_scales = 0, n_sizes = 0, rank = call->input[0]->shape.rank;
  *r = (resizing){.shape = call->input[0]->shape};
  lnt_status status = read_modes(r, call, err);
  if (!status && !two) status = read_reals(roi, &n_roi, call, 1, err);
  if (!status) status = read_reals(scales, &n_scales, call, two ? 1 : 2, err);
  if (!status && !two) status = read_reals(sizes, &n_sizes, call, 3, err);
  if (status) return status;
  for (size_t d = 0; d < rank; d++) {
    r->begin[d] = n_roi == 2 * rank ? roi[d] : 0;
    r->end[d] = n_roi == 2 * rank ? roi[rank + d] : 1;
  }
  if (r->where == CROP_AND_RESIZE && n_roi != 2 * rank) {
    return lnti_fail(err, LNT_EDATA, "node %s: tf_crop_and_resize wants a roi", call->node->name);
  }
  return n_sizes > 0 ? given_sizes(r, call, sizes, n_sizes, err) : scaled_shape(r, call, scales, n_scales, err);
}

enum { SIDE_MAX = 1 << 20 };

/* Elements after axes [0,done) have their new length. */
static size_t count_between(const resizing *r, const lnti_shape *in, size_t done) {
  return lnti_shape_span(&r->shape, 0, done) * lnti_shape_span(in, done, in->rank);
}

static lnt_status infer_resize(lnti_call *call, lnt_error *err) {
  resizing r;
  lnt_status status = resizing_of(&r, call, err);
  lnti_shape between = call->input[0]->shape;
  for (size_t d = 0; d < between.rank && !status; d++) {
    between.dim[d] = r.shape.dim[d];
    if (between.dim[d] > SIDE_MAX) {
      return lnti_fail(err, LNT_ELIMIT, "node %s: a resized side of %zu", call->node->name, between.dim[d]);
    }
    status = lnti_shape_check(&between, LNTI_F32, err);
  }
  if (!status) lnti_call_describe(call, 0, call->input[0]->dtype, &r.shape);
  return status;
}

/* ---- taps ---- */

enum { TAPS_MAX = 4 };

typedef struct tap_list {
  size_t from[TAPS_MAX];
  float weight[TAPS_MAX];
  bool outside; /* of the input, where a crop reaches beyond it */
} tap_list;

static double source_of(const resizing *r, size_t d, size_t at, size_t n_in, bool *outside) {
  double x = (double)at, scale = r->scale[d], out = (double)r->shape.dim[d], in = (double)n_in;
  *outside = false;
  switch (r->where) {
    case ASYMMETRIC:
      return x / scale;
    case ALIGN_CORNERS:
      return out > 1 ? x * (in - 1) / (out - 1) : 0;
    case PYTORCH_HALF_PIXEL:
      return out > 1 ? (x + 0.5) / scale - 0.5 : 0;
    case CROP_AND_RESIZE: {
      double source = out > 1 ? r->begin[d] * (in - 1) + x * (r->end[d] - r->begin[d]) * (in - 1) / (out - 1)
                              : 0.5 * (r->begin[d] + r->end[d]) * (in - 1);
      *outside = source < 0 || source > in - 1;
      return source;
    }
    default:
      return (x + 0.5) / scale - 0.5;
  }
}

static size_t clamped(double index, size_t n) {
  return !(index > 0) ? 0 : index >= (double)n - 1 ? n - 1 : (size_t)index; /* NaN too is the first */
}

static double rounded(double x, rounding how) {
  switch (how) {
    case FLOOR:
      return floor(x);
    case CEIL:
      return ceil(x);
    case ROUND_PREFER_CEIL:
      return floor(x + 0.5);
    default:
      return ceil(x - 0.5);
  }
}

/* Keys' cubic convolution (R. Keys, Cubic convolution interpolation for digital image processing, 1981). */
static double cubic_weight(double distance, double a) {
  double x = fabs(distance);
  if (x <= 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  return x < 2 ? ((a * x - 5 * a) * x + 8 * a) * x - 4 * a : 0;
}

static void taps_of(tap_list *t, const resizing *r, size_t d, size_t at, size_t n_in) {
  *t = (tap_list){0};
  double source = source_of(r, d, at, n_in, &t->outside), low = floor(source), sum = 0;
  if (r->mode == NEAREST) {
    t->from[0] = clamped(rounded(source, r->nearest), n_in);
    t->weight[0] = 1;
    return;
  }
  int n = r->mode == LINEAR ? 2 : 4, first = r->mode == LINEAR ? 0 : -1;
  double weight[TAPS_MAX];
  for (int i = 0; i < n; i++) {
    double index = low + first + i, distance = source - index;
    bool beyond = index < 0 || index > (double)n_in - 1;
    weight[i] = r->mode == LINEAR ? 1 - fabs(distance) : cubic_weight(distance, r->cubic_a);
    if (r->exclude_outside && beyond && r->mode == CUBIC) weight[i] = 0;
    t->from[i] = clamped(index, n_in);
    sum += weight[i];
  }
  for (int i = 0; i < n; i++) t->weight[i] = (float)(r->exclude_outside && sum != 0 ? weight[i] / sum : weight[i]);
}

/* ---- running ---- */

/* One axis: [n, length, run] becomes [n, new length, run]. */
static void resize_axis(float *out, const float *in, const tap_list *taps, size_t n, size_t n_in, size_t n_out,
                        size_t run, int n_taps) {
  for (size_t i = 0; i < n; i++) {
    for (size_t k = 0; k < n_out; k++, out += run) {
      const float *rows = in + i * n_in * run;
      for (size_t x = 0; x < run; x++) {
        float sum = 0;
        for (int t = 0; t < n_taps; t++) sum += taps[k].weight[t] * rows[taps[k].from[t] * run + x];
        out[x] = sum;
      }
    }
  }
}

/* What lies beyond the input of a crop has one value. */
static void fill_outside(float *out, const resizing *r, tap_list *const *taps, float value) {
  for (size_t i = 0, n = lnti_shape_count(&r->shape); i < n; i++) {
    size_t rest = i;
    bool outside = false;
    for (size_t d = r->shape.rank; d-- > 0; rest /= r->shape.dim[d])
      outside |= taps[d] && taps[d][rest % r->shape.dim[d]].outside;
    if (outside) out[i] = value;
  }
}

static lnt_status make_taps(tap_list **taps, const resizing *r, const lnti_shape *in, lnt_error *err) {
  lnt_status status = LNT_OK;
  for (size_t d = 0; d < in->rank && !status; d++) {
    status = lnti_alloc(&taps[d], r->shape.dim[d], sizeof **taps, err);
    for (size_t i = 0; !status && i < r->shape.dim[d]; i++) taps_of(&taps[d][i], r, d, i, in->dim[d]);
  }
  return status;
}

static lnt_status forward_resize(lnti_call *call, lnt_error *err) {
  const lnti_tensor *in = call->input[0];
  lnti_tensor *out = &call->output[0];
  tap_list *taps[LNTI_RANK_MAX] = {NULL};
  float *now = NULL, *next = NULL;
  resizing r;
  lnt_status status = resizing_of(&r, call, err);
  if (status || lnti_shape_count(&r.shape) == 0) return status;
  size_t most = lnti_shape_count(&in->shape);
  for (size_t d = 1; d <= in->shape.rank; d++) {
    size_t n = count_between(&r, &in->shape, d);
    if (n > most) most = n;
  }
  status = lnti_alloc(&now, most, sizeof *now, err);
  if (!status) status = lnti_alloc(&next, most, sizeof *next, err);
  if (!status) status = make_taps(taps, &r, &in->shape, err);
  if (status) goto done;
  lnti_convert(now, LNTI_F32, in->data, in->dtype, lnti_shape_count(&in->shape));
  for (size_t d = 0; d < in->shape.rank; d++) {
    if (r.shape.dim[d] == in->shape.dim[d] && r.scale[d] == 1 && r.where != CROP_AND_RESIZE) continue;
    resize_axis(next, now, taps[d], lnti_shape_span(&r.shape, 0, d), in->shape.dim[d], r.shape.dim[d],
                lnti_shape_span(&in->shape, d + 1, in->shape.rank),
                r.mode == NEAREST  ? 1
                : r.mode == LINEAR ? 2
                                   : 4);
    float *swap = now;
    now = next;
    next = swap;
  }
  if (r.where == CROP_AND_RESIZE) {
    fill_outside(now, &r, taps, lnti_node_float(call->node, "extrapolation_value", 0));
  }
  lnti_convert(out->data, out->dtype, now, LNTI_F32, lnti_shape_count(&r.shape));
done:
  for (size_t d = 0; d < LNTI_RANK_MAX; d++) free(taps[d]);
  free(next);
  free(now);
  return status;
}

static const lnti_attribute_rule resize_rules[] = {{"mode", LNTI_ATTRIBUTE_STRING},
                                                   {"coordinate_transformation_mode", LNTI_ATTRIBUTE_STRING},
                                                   {"nearest_mode", LNTI_ATTRIBUTE_STRING},
                                                   {"cubic_coeff_a", LNTI_ATTRIBUTE_FLOAT},
                                                   {"exclude_outside", LNTI_ATTRIBUTE_INT},
                                                   {"extrapolation_value", LNTI_ATTRIBUTE_FLOAT},
                                                   {0}};

enum { RESIZED = LNTI_REALS | LNTI_DTYPE_BIT(LNTI_U8) | LNTI_DTYPE_BIT(LNTI_I8) | LNTI_DTYPE_BIT(LNTI_I32) };

const lnti_operator lnti_operators_resize[] = {{.name = "Resize",
                                                .domain = "",
                                                .since = 10,
                                                .least_inputs = 1,
                                                .most_inputs = 4,
                                                .most_outputs = 1,
                                                .dtypes = RESIZED,
                                                .alike = 1,
                                                .decides = 2 | 4 | 8,
                                                .attributes = resize_rules,
                                                .infer = infer_resize,
                                                .forward = forward_resize},
                                               {.name = "Upsample",
                                                .domain = "",
                                                .since = 9,
                                                .least_inputs = 2,
                                                .most_inputs = 2,
                                                .most_outputs = 1,
                                                .dtypes = RESIZED,
                                                .alike = 1,
                                                .decides = 2,
                                                .attributes = resize_rules,
                                                .infer = infer_resize,
                                                .forward = forward_resize},
                                               {0}};
