/*
 * Tensors of ONNX files. Elements come as raw little-endian bytes, or as rows of numbers (packed or one by one), of which
 * several element types share one; all are counted against the shape.
 */
#include <graph/onnx_tensor.h>

#include <base/error.h>
#include <graph/onnx.h>
#include <stdlib.h>
#include <string.h>

/* TensorProto's field numbers, and its element types. */
enum {
  DIMS = 1,
  DATA_TYPE = 2,
  FLOATS = 4,
  INT32S = 5,
  STRINGS = 6,
  INT64S = 7,
  NAME = 8,
  RAW = 9,
  DOUBLES = 10,
  UINT64S = 11,
  EXTERNAL = 13,
  LOCATION = 14
};

static lnt_status dtype_of(lnti_dtype *out, uint64_t number, lnt_error *err) {
  static const lnti_dtype known[] = {[1] = LNTI_F32,  [2] = LNTI_U8,   [3] = LNTI_I8,   [6] = LNTI_I32,  [7] = LNTI_I64,
                                     [9] = LNTI_BOOL, [10] = LNTI_F16, [11] = LNTI_F64, [16] = LNTI_BF16};
  static const char *const others[] = {[0] = "undefined", [4] = "uint16",  [5] = "int16",      [8] = "string",
                                       [12] = "uint32",   [13] = "uint64", [14] = "complex64", [15] = "complex128"};
  if (number < sizeof known / sizeof *known && known[number]) {
    *out = known[number];
    return LNT_OK;
  }
  bool named = number < sizeof others / sizeof *others && others[number];
  return lnti_fail(err, LNT_EUNSUPPORTED, "a tensor of ONNX' element type %llu (%s)", (unsigned long long)number,
                   named ? others[number] : "unknown");
}

static lnt_status add_dim(lnti_shape *shape, uint64_t value, lnt_error *err) {
  if (shape->rank == LNTI_RANK_MAX)
    return lnti_fail(err, LNT_ELIMIT, "a tensor of more than %d dimensions", LNTI_RANK_MAX);
  if ((int64_t)value < 0)
    return lnti_fail(err, LNT_EDATA, "a tensor with a dimension of %lld", (long long)(int64_t)value);
  shape->dim[shape->rank++] = (size_t)value;
  return LNT_OK;
}

static lnt_status add_dims(lnti_shape *shape, const lnti_field *field, lnt_error *err) {
  if (field->type == LNTI_WIRE_VARINT) return add_dim(shape, field->value, err);
  lnti_wire packed = field->bytes;
  lnt_status status = LNT_OK;
  while (!status && packed.at < packed.end) {
    uint64_t value = 0;
    status = lnti_wire_varint(&value, &packed, err);
    if (!status) status = add_dim(shape, value, err);
  }
  return status;
}

static bool is_text(const lnti_wire *bytes, const char *text) {
  return lnti_wire_is(bytes, text, strlen(text));
}

static lnt_status read_decimal(uint64_t *out, const lnti_wire *text, lnt_error *err) {
  uint64_t value = 0;
  bool sane = lnti_wire_size(text) > 0 && lnti_wire_size(text) < 19;
  for (const uint8_t *c = text->at; sane && c < text->end; c++) {
    sane = *c >= '0' && *c <= '9';
    value = 10 * value + (uint64_t)(*c - '0');
  }
  if (!sane) return lnti_fail(err, LNT_EDATA, "external data with an offset or length that is no number");
  *out = value;
  return LNT_OK;
}

/* One entry of external_data: a key and its text. */
static lnt_status read_external(lnti_onnx_tensor *t, lnti_wire message, lnt_error *err) {
  lnti_wire key = {0}, text = {0};
  lnti_field field;
  bool found = true;
  lnt_status status = LNT_OK;
  while (!(status = lnti_wire_next(&field, &found, &message, err)) && found) {
    if (field.type == LNTI_WIRE_BYTES && field.number == 1) key = field.bytes;
    if (field.type == LNTI_WIRE_BYTES && field.number == 2) text = field.bytes;
  }
  if (status) return status;
  if (is_text(&key, "location")) t->location = text;
  if (is_text(&key, "offset")) return read_decimal(&t->offset, &text, err);
  if (is_text(&key, "length")) return read_decimal(&t->length, &text, err);
  return LNT_OK;
}

/* Before memory is had for a tensor, its file must be as long as its shape says: each element is a byte at least. */
static lnt_status check_length(const lnti_onnx_tensor *t, lnt_error *err) {
  size_t bytes = lnti_tensor_bytes(&t->kind), count = lnti_shape_count(&t->kind.shape);
  if (t->external) return LNT_OK;
  if (t->has_raw && lnti_wire_size(&t->raw) != bytes) {
    return lnti_fail(err, LNT_EDATA, "a tensor has %zu bytes, where its shape wants %zu", lnti_wire_size(&t->raw),
                     bytes);
  }
  if (!t->has_raw && count > lnti_wire_size(&t->message)) {
    return lnti_fail(err, LNT_EDATA, "a tensor has fewer than the %zu elements of its shape", count);
  }
  return LNT_OK;
}

lnt_status lnti_onnx_tensor_scan(lnti_onnx_tensor *out, lnti_wire message, lnt_error *err) {
  lnti_onnx_tensor t = {.message = message};
  lnti_field field;
  bool found = true;
  uint64_t type = 0;
  lnt_status status = LNT_OK;
  while (!(status = lnti_wire_next(&field, &found, &message, err)) && found) {
    if (field.number == DIMS && field.type != LNTI_WIRE_32 && field.type != LNTI_WIRE_64) {
      status = add_dims(&t.kind.shape, &field, err);
    } else if (field.number == DATA_TYPE && field.type == LNTI_WIRE_VARINT) {
      type = field.value;
    } else if (field.number == NAME && field.type == LNTI_WIRE_BYTES) {
      t.name = field.bytes;
    } else if (field.number == RAW && field.type == LNTI_WIRE_BYTES) {
      t.raw = field.bytes;
      t.has_raw = true;
    } else if (field.number == EXTERNAL && field.type == LNTI_WIRE_BYTES) {
      status = read_external(&t, field.bytes, err);
    } else if (field.number == LOCATION && field.type == LNTI_WIRE_VARINT) {
      t.external = field.value == 1;
    }
    if (status) return status;
  }
  if (!status) status = dtype_of(&t.kind.dtype, type, err);
  if (!status) status = lnti_shape_check(&t.kind.shape, t.kind.dtype, err);
  if (!status) status = check_length(&t, err);
  if (!status) *out = t;
  return status;
}

void lnti_onnx_tensor_settle(void *data, const lnti_tensor *kind) {
  if (kind->dtype != LNTI_BOOL) return;
  uint8_t *bytes = data;
  for (size_t i = 0, n = lnti_shape_count(&kind->shape); i < n; i++) bytes[i] = bytes[i] != 0;
}

/* ---- rows of numbers ---- */

/* Which field holds the elements of a type that are not raw. */
static uint32_t row_of(lnti_dtype dtype) {
  switch (dtype) {
    case LNTI_F32:
      return FLOATS;
    case LNTI_F64:
      return DOUBLES;
    case LNTI_I64:
      return INT64S;
    default:
      return INT32S;
  }
}

/* One number in its place: 32 and 64 bits as they are, short floating point by its bits, integers cut to their type. */
static void put_number(void *out, lnti_dtype dtype, size_t i, uint64_t value) {
  switch (dtype) {
    case LNTI_F32:
    case LNTI_I32: {
      uint32_t bits = (uint32_t)value;
      memcpy((uint8_t *)out + 4 * i, &bits, 4);
      break;
    }
    case LNTI_F64:
    case LNTI_I64:
      memcpy((uint8_t *)out + 8 * i, &value, 8);
      break;
    case LNTI_F16:
    case LNTI_BF16:
      ((uint16_t *)out)[i] = (uint16_t)value;
      break;
    default:
      ((uint8_t *)out)[i] = (uint8_t)value;
  }
}

static lnt_status next_packed(uint64_t *out, lnti_wire *packed, uint32_t row, lnt_error *err) {
  size_t size = row == FLOATS ? 4 : row == DOUBLES ? 8 : 0;
  if (size == 0) return lnti_wire_varint(out, packed, err);
  if (lnti_wire_size(packed) < size) return lnti_fail(err, LNT_EDATA, "a tensor's row of numbers is cut off");
  *out = 0;
  for (size_t i = 0; i < size; i++) *out |= (uint64_t)packed->at[i] << (8 * i);
  packed->at += size;
  return LNT_OK;
}

static lnt_status too_many(size_t count, lnt_error *err) {
  return lnti_fail(err, LNT_EDATA, "a tensor has more than the %zu elements of its shape", count);
}

static lnt_status fill_row(void *out, size_t *n_out, const lnti_onnx_tensor *t, lnt_error *err) {
  uint32_t row = row_of(t->kind.dtype);
  size_t count = lnti_shape_count(&t->kind.shape), n = 0;
  lnti_wire message = t->message;
  lnti_field field;
  bool found = true;
  lnt_status status = LNT_OK;
  while (!(status = lnti_wire_next(&field, &found, &message, err)) && found) {
    if (field.number != row) continue;
    if (field.type != LNTI_WIRE_BYTES) {
      if (n == count) return too_many(count, err);
      put_number(out, t->kind.dtype, n++, field.value);
      continue;
    }
    while (field.bytes.at < field.bytes.end) {
      uint64_t value = 0;
      status = next_packed(&value, &field.bytes, row, err);
      if (status) return status;
      if (n == count) return too_many(count, err);
      put_number(out, t->kind.dtype, n++, value);
    }
  }
  *n_out = n;
  return status;
}

lnt_status lnti_onnx_tensor_fill(void *out, const lnti_onnx_tensor *t, lnt_error *err) {
  size_t bytes = lnti_tensor_bytes(&t->kind), n = 0;
  if (t->has_raw) {
    if (bytes > 0) memcpy(out, t->raw.at, bytes);
  } else {
    lnt_status status = fill_row(out, &n, t, err);
    if (status) return status;
    if (n != lnti_shape_count(&t->kind.shape)) {
      return lnti_fail(err, LNT_EDATA, "a tensor has %zu elements, where its shape wants %zu", n,
                       lnti_shape_count(&t->kind.shape));
    }
  }
  lnti_onnx_tensor_settle(out, &t->kind);
  return LNT_OK;
}

lnt_status lnti_onnx_read_tensor(lnti_tensor *out, const void *data, size_t bytes, lnt_error *err) {
  lnti_onnx_tensor t;
  void *elements = NULL;
  const lnti_wire message = {.at = data, .end = (const uint8_t *)data + bytes};
  lnt_status status = lnti_onnx_tensor_scan(&t, message, err);
  if (!status && t.external) status = lnti_fail(err, LNT_EUNSUPPORTED, "a tensor that lies in another file");
  if (!status) status = lnti_alloc_aligned(&elements, lnti_tensor_bytes(&t.kind), 1, err);
  if (!status) status = lnti_onnx_tensor_fill(elements, &t, err);
  if (status) {
    free(elements);
    return status;
  }
  *out = t.kind;
  out->data = elements;
  return LNT_OK;
}
