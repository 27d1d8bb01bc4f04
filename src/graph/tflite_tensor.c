/*
 * Tensors of a TensorFlow Lite file: what is said of them, and their elements as the graph takes them. Quantised elements q stand for
 * (q - zero point) * scale, with one scale for all or one for each index of a dimension (schema.fbs, QuantizationParameters).
 */
#include <graph/tflite_internal.h>

#include <base/bytes.h>
#include <base/error.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Fields of Tensor and of QuantizationParameters. */
enum { T_SHAPE = 0, T_TYPE = 1, T_BUFFER = 2, T_NAME = 3, T_QUANTISATION = 4, T_VARIABLE = 5, T_SPARSITY = 6 };
enum { Q_SCALE = 2, Q_ZERO = 3, Q_AXIS = 6 };
/* Of Buffer. */
enum { B_DATA = 0, B_OFFSET = 1, B_SIZE = 2 };

static const struct {
  const char *name;
  unsigned char bytes; /* 0: not read */
} types[] = {{"FLOAT32", 4}, {"FLOAT16", 2},    {"INT32", 4},  {"UINT8", 1},     {"INT64", 8},
             {"STRING", 0},  {"BOOL", 1},       {"INT16", 2},  {"COMPLEX64", 0}, {"INT8", 1},
             {"FLOAT64", 8}, {"COMPLEX128", 0}, {"UINT64", 0}, {"RESOURCE", 0},  {"VARIANT", 0},
             {"UINT32", 0},  {"UINT16", 0},     {"INT4", 0},   {"BFLOAT16", 0}};

enum { TYPES = sizeof types / sizeof *types };

const char *lnti_tflite_name(char out[LNTI_TFLITE_NAME], const lnti_tflite *r, const lnti_tflite_tensor *t) {
  if (lnti_flat_text(out, LNTI_TFLITE_NAME, &t->table, T_NAME) == 0) {
    snprintf(out, LNTI_TFLITE_NAME, "tensor %zu", (size_t)(t - r->tensor));
  }
  return out;
}

int64_t lnti_tflite_plane_axis(size_t axis) {
  static const int64_t place[] = {0, 2, 3, 1};
  return place[axis];
}

/* ---- what the file says ---- */

lnt_status lnti_tflite_buffer(const uint8_t **data_out, size_t *bytes_out, lnti_flat *file,
                              const lnti_flat_list *buffers, uint64_t i, lnt_error *err) {
  if (i >= buffers->n) {
    return lnti_fail(err, LNT_EDATA, "buffer %llu is asked for, where the file has %zu", (unsigned long long)i,
                     buffers->n);
  }
  lnti_flat_table table = lnti_flat_table_at(buffers, (size_t)i);
  lnti_flat_list data = lnti_flat_field_list(&table, B_DATA, 1);
  uint64_t at = (uint64_t)lnti_flat_int(&table, B_OFFSET, 8, 0), n = (uint64_t)lnti_flat_int(&table, B_SIZE, 8, 0);
  bool behind = data.n == 0 && at > 1; /* files beyond 2 GB have elements behind the tables */
  if (behind && (at > file->bytes || n > file->bytes - at)) {
    return lnti_fail(err, LNT_EDATA, "buffer %llu lies beyond the end of the file", (unsigned long long)i);
  }
  *bytes_out = behind ? (size_t)n : data.n;
  *data_out = file->data + (behind ? (size_t)at : data.at);
  return LNT_OK;
}

static lnt_status read_shape(lnti_shape *out, const lnti_tflite_tensor *t, const char *name, lnt_error *err) {
  lnti_flat_list dims = lnti_flat_field_list(&t->table, T_SHAPE, 4);
  lnti_shape shape = {.rank = dims.n};
  if (dims.n > LNTI_RANK_MAX) {
    return lnti_fail(err, LNT_ELIMIT, "%s has %zu dimensions, where %d are the most", name, dims.n, LNTI_RANK_MAX);
  }
  for (size_t d = 0; d < dims.n; d++) {
    int64_t n = lnti_flat_int_at(&dims, d);
    if (n < 0) return lnti_fail(err, LNT_EDATA, "%s has a dimension of %lld", name, (long long)n);
    shape.dim[d] = (size_t)n;
  }
  lnt_status status = lnti_shape_check(&shape, LNTI_F32, err);
  if (!status) *out = shape;
  return status;
}

static lnt_status check_elements(const lnti_tflite_tensor *t, const char *name, lnt_error *err) {
  size_t each = t->type >= 0 && t->type < TYPES ? types[t->type].bytes : 0, count = lnti_shape_count(&t->shape);
  if (each == 0 || t->bytes == 0 || t->bytes == count * each) return LNT_OK;
  return lnti_fail(err, LNT_EDATA, "%s has %zu elements of %zu bytes, and %zu bytes for them", name, count, each,
                   t->bytes);
}

lnt_status lnti_tflite_read_tensor(lnti_tflite *r, size_t i, const lnti_flat_table *table,
                                   const lnti_flat_list *buffers, lnt_error *err) {
  lnti_tflite_tensor *t = &r->tensor[i];
  char name[LNTI_TFLITE_NAME];
  *t = (lnti_tflite_tensor){.table = *table, .unpadded = LNTI_NO_VALUE};
  for (size_t f = 0; f < LNTI_TFLITE_FORMS; f++) t->value[f] = LNTI_NO_VALUE;
  lnti_tflite_name(name, r, t);
  lnti_flat_table quantisation = lnti_flat_child(table, T_QUANTISATION), sparsity = lnti_flat_child(table, T_SPARSITY);
  t->type = (int)lnti_flat_int(table, T_TYPE, 1, 0);
  t->scale = lnti_flat_field_list(&quantisation, Q_SCALE, 4);
  t->zero = lnti_flat_field_list(&quantisation, Q_ZERO, 8);
  int64_t axis = lnti_flat_int(&quantisation, Q_AXIS, 4, 0);
  t->axis = axis < 0 ? SIZE_MAX : (size_t)axis;
  uint32_t buffer = (uint32_t)lnti_flat_int(table, T_BUFFER, 4, 0);
  lnt_status status = read_shape(&t->shape, t, name, err);
  if (!status) status = lnti_tflite_buffer(&t->data, &t->bytes, r->file, buffers, buffer, err);
  if (!status) status = check_elements(t, name, err);
  if (status) return status;
  if (t->bytes == 0) t->data = NULL;
  if (sparsity.at) {
    return lnti_fail(err, LNT_EUNSUPPORTED, "%s is kept sparse; convert the model without sparsity", name);
  }
  if (lnti_flat_int(table, T_VARIABLE, 1, 0)) {
    return lnti_fail(err, LNT_EUNSUPPORTED, "%s keeps its elements from one image to the next", name);
  }
  return LNT_OK;
}

static bool is_real(const lnti_tflite_tensor *t) {
  return t->type == LNTI_TFLITE_F32 || t->type == LNTI_TFLITE_F16 || t->type == LNTI_TFLITE_F64;
}

lnt_status lnti_tflite_kind(lnti_dtype *out, const lnti_tflite_tensor *t, lnt_error *err) {
  bool quantised = t->scale.n > 0;
  switch (t->type) {
    case LNTI_TFLITE_F32:
    case LNTI_TFLITE_F16:
    case LNTI_TFLITE_F64:
    case LNTI_TFLITE_U8:
    case LNTI_TFLITE_I8:
    case LNTI_TFLITE_I16:
      *out = LNTI_F32;
      return LNT_OK;
    case LNTI_TFLITE_I32:
      *out = quantised ? LNTI_F32 : LNTI_I32;
      return LNT_OK;
    case LNTI_TFLITE_I64:
      *out = quantised ? LNTI_F32 : LNTI_I64;
      return LNT_OK;
    case LNTI_TFLITE_BOOL:
      *out = LNTI_BOOL;
      return LNT_OK;
    default:
      return lnti_fail(err, LNT_EUNSUPPORTED, "elements of TensorFlow Lite's type %s (%d)",
                       t->type >= 0 && t->type < TYPES ? types[t->type].name : "unknown", t->type);
  }
}

/* ---- elements ---- */

static lnt_status check_scale(double *out, const lnti_tflite_tensor *t, size_t i, lnt_error *err) {
  double scale = (double)lnti_flat_real_at(&t->scale, i);
  if (!(scale > 0) || isinf(scale)) {
    return lnti_fail(err, LNT_EDATA, "a scale of %g, where quantised elements want one above 0", scale);
  }
  *out = scale;
  return LNT_OK;
}

lnt_status lnti_tflite_quantised(bool *out, double *scale, int64_t *zero, const lnti_tflite_tensor *t, lnt_error *err) {
  bool has = t->scale.n == 1 && t->zero.n <= 1 && !is_real(t);
  *out = has;
  if (!has) return LNT_OK;
  *zero = t->zero.n ? lnti_flat_int_at(&t->zero, 0) : 0;
  return check_scale(scale, t, 0, err);
}

/* What each element is multiplied by after something was taken off: one of each, or one for each index of a dimension. */
typedef struct affine {
  double *scale, *zero; /* [n] */
  size_t n;
} affine;

static lnt_status affine_of(affine *out, const lnti_tflite_tensor *t, lnt_error *err) {
  size_t n_scales = is_real(t) ? 0 : t->scale.n, n = n_scales ? n_scales : 1;
  affine a = {.n = n};
  bool fits = n_scales == 0 || t->zero.n <= 1 || t->zero.n == n;
  if (n > 1) fits = fits && t->axis < t->shape.rank && t->shape.dim[t->axis] == n;
  if (!fits) {
    char text[LNTI_SHAPE_TEXT];
    const lnti_tensor kind = {.dtype = LNTI_F32, .shape = t->shape};
    return lnti_fail(err, LNT_EDATA, "%zu scales and %zu zero points along dimension %lld of %s", t->scale.n, t->zero.n,
                     (long long)(int64_t)t->axis, lnti_tensor_text(text, &kind));
  }
  lnt_status status = lnti_alloc(&a.scale, n, sizeof *a.scale, err);
  if (!status) status = lnti_alloc_zero(&a.zero, n, sizeof *a.zero, err);
  if (!status && n_scales == 0) a.scale[0] = 1;
  for (size_t i = 0; i < n_scales && !status; i++) {
    status = check_scale(&a.scale[i], t, i, err);
    if (t->zero.n) a.zero[i] = (double)lnti_flat_int_at(&t->zero, t->zero.n == 1 ? 0 : i);
  }
  if (status) {
    free(a.scale);
    free(a.zero);
    return status;
  }
  *out = a;
  return LNT_OK;
}

static double element(const uint8_t *p, int type) {
  float f;
  double d;
  switch (type) {
    case LNTI_TFLITE_F32:
      memcpy(&f, p, sizeof f);
      return (double)f;
    case LNTI_TFLITE_F16:
      return (double)lnti_f16_value((uint16_t)lnti_get_le16(p));
    case LNTI_TFLITE_F64:
      memcpy(&d, p, sizeof d);
      return d;
    case LNTI_TFLITE_U8:
      return p[0];
    case LNTI_TFLITE_I8:
      return (int8_t)p[0];
    case LNTI_TFLITE_I16:
      return (int16_t)lnti_get_le16(p);
    case LNTI_TFLITE_I32:
      return (int32_t)lnti_get_le32(p);
    default:
      return (double)(int64_t)lnti_get_le64(p);
  }
}

/* A walk over a constant in the order of a form: four dimensions of the result, and how far apart their elements lie in the file. */
typedef struct walk {
  size_t dim[4], stride[4];
  size_t scaled; /* the dimension along which scales change */
} walk;

static void fill_reals(float *out, const lnti_tflite_tensor *t, const walk *w, const affine *a) {
  size_t each = types[t->type].bytes, at[4];
  for (at[0] = 0; at[0] < w->dim[0]; at[0]++) {
    for (at[1] = 0; at[1] < w->dim[1]; at[1]++) {
      for (at[2] = 0; at[2] < w->dim[2]; at[2]++) {
        const uint8_t *from = t->data + each * (at[0] * w->stride[0] + at[1] * w->stride[1] + at[2] * w->stride[2]);
        for (at[3] = 0; at[3] < w->dim[3]; at[3]++, from += each * w->stride[3]) {
          size_t k = a->n > 1 ? at[w->scaled] : 0;
          *out++ = (float)((element(from, t->type) - a->zero[k]) * a->scale[k]);
        }
      }
    }
  }
}

static void fill_others(uint8_t *out, const lnti_tflite_tensor *t, const walk *w) {
  size_t each = types[t->type].bytes, n = w->dim[0] * w->dim[1] * w->dim[2] * w->dim[3];
  for (size_t i = 0; i < n; i++, out += each) {
    size_t rest = i, from = 0;
    for (size_t d = 4; d-- > 0; rest /= w->dim[d]) from += rest % w->dim[d] * w->stride[d];
    memcpy(out, t->data + from * each, each);
    if (t->type == LNTI_TFLITE_BOOL) *out = *out != 0;
  }
}

/* As they lie: what is before, along and after the dimension of the scales. */
static void walk_flat(walk *w, const lnti_tflite_tensor *t, const affine *a) {
  size_t axis = a->n > 1 ? t->axis : 0, rank = t->shape.rank;
  size_t along = a->n > 1 ? t->shape.dim[axis] : 1, inner = lnti_shape_span(&t->shape, axis + (a->n > 1), rank);
  size_t outer = a->n > 1 ? lnti_shape_span(&t->shape, 0, axis) : 1;
  *w = (walk){.dim = {1, outer, along, inner}, .stride = {0, along * inner, inner, 1}, .scaled = 2};
}

static const size_t orders[LNTI_TFLITE_FORMS][4] = {
    [LNTI_TFLITE_FLAT] = {0, 1, 2, 3}, [LNTI_TFLITE_PLANE] = {0, 3, 1, 2}, [LNTI_TFLITE_DEPTH] = {3, 0, 1, 2}};

/* Turned; what has fewer dimensions than a plane has gets more before them, as broadcasting would give it. */
static void walk_turned(walk *w, lnti_shape *shape_out, const lnti_tflite_tensor *t, lnti_tflite_form form) {
  size_t missing = 4 - t->shape.rank;
  lnti_shape whole = {.rank = 4, .dim = {1, 1, 1, 1}}, turned = {.rank = 4};
  size_t strides[4];
  memcpy(whole.dim + missing, t->shape.dim, t->shape.rank * sizeof *whole.dim);
  lnti_shape_strides(strides, &whole);
  *w = (walk){.scaled = 0};
  for (size_t d = 0; d < 4; d++) {
    size_t from = orders[form][d];
    turned.dim[d] = w->dim[d] = whole.dim[from];
    w->stride[d] = strides[from];
    if (from == t->axis + missing) w->scaled = d;
  }
  *shape_out = turned;
}

lnt_status lnti_tflite_constant(uint32_t *out, lnti_tflite *r, const lnti_tflite_tensor *t, lnti_tflite_form form,
                                lnt_error *err) {
  char name[LNTI_TFLITE_NAME];
  lnti_shape shape = t->shape;
  lnti_dtype dtype = LNTI_F32;
  affine a = {0};
  walk w;
  void *data = NULL;
  lnti_tflite_name(name, r, t);
  lnt_status status = lnti_tflite_kind(&dtype, t, err);
  if (!status && form != LNTI_TFLITE_FLAT && shape.rank > 4) {
    status = lnti_fail(err, LNT_EDATA, "%s has %zu dimensions, where planes have 4", name, shape.rank);
  }
  if (!status) status = affine_of(&a, t, err);
  if (!status) {
    if (form == LNTI_TFLITE_FLAT) {
      walk_flat(&w, t, &a);
    } else {
      walk_turned(&w, &shape, t, form);
    }
    status = lnti_graph_add_value(out, r->graph, name, err);
  }
  if (!status) status = lnti_graph_set_constant(&data, r->graph, *out, dtype, &shape, err);
  if (!status && lnti_shape_count(&shape) > 0) {
    if (t->type == LNTI_TFLITE_F32 && form == LNTI_TFLITE_FLAT) {
      memcpy(data, t->data, t->bytes);
    } else if (dtype == LNTI_F32) {
      fill_reals(data, t, &w, &a);
    } else {
      fill_others(data, t, &w);
    }
  }
  free(a.scale);
  free(a.zero);
  return status;
}
