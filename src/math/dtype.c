/*
 * Element types: sizes, names, conversion. Short floating point is converted by its bits, since not every CPU can.
 */
#include <math/dtype.h>

#include <assert.h>
#include <base/error.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

static const struct {
  lnti_dtype dtype;
  size_t bytes;
  const char *name;
} dtypes[] = {{LNTI_U8, 1, "u8"},   {LNTI_I32, 4, "i32"}, {LNTI_F32, 4, "f32"},
              {LNTI_F64, 8, "f64"}, {LNTI_F16, 2, "f16"}, {LNTI_BF16, 2, "bf16"},
              {LNTI_I8, 1, "i8"},   {LNTI_I64, 8, "i64"}, {LNTI_BOOL, 1, "bool"}};

enum { DTYPES = sizeof dtypes / sizeof dtypes[0] };

size_t lnti_dtype_bytes(lnti_dtype dtype) {
  for (size_t i = 0; i < DTYPES; i++) {
    if (dtypes[i].dtype == dtype) return dtypes[i].bytes;
  }
  assert(!"a dtype outside the enumeration");
  return 0;
}

const char *lnti_dtype_name(lnti_dtype dtype) {
  for (size_t i = 0; i < DTYPES; i++) {
    if (dtypes[i].dtype == dtype) return dtypes[i].name;
  }
  return "unknown";
}

lnt_status lnti_dtype_parse(lnti_dtype *out, const char *name, lnt_error *err) {
  for (size_t i = 0; i < DTYPES; i++) {
    if (strcmp(dtypes[i].name, name) == 0) {
      *out = dtypes[i].dtype;
      return LNT_OK;
    }
  }
  return lnti_fail(err, LNT_EINVAL, "\"%.40s\" is no element type, such as u8 or f32", name);
}

/* ---- short floating point ---- */

static uint32_t bits_of(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  return bits;
}

static float value_of(uint32_t bits) {
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

uint16_t lnti_f16_of(float value) {
  uint32_t bits = bits_of(value), sign = bits >> 16 & 0x8000, magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return (uint16_t)(sign | 0x7e00);
  if (magnitude >= 0x47800000) return (uint16_t)(sign | 0x7c00); /* 65,536 and more */
  if (magnitude < 0x38800000) {
    /* Below 2^-14 the step is 2^-24 all over, which is that of an f32 beside 0.5. */
    uint32_t low = bits_of(value_of(magnitude) + 0.5f) - bits_of(0.5f);
    return (uint16_t)(sign | low);
  }
  uint32_t rounded = magnitude + 0xfff + (magnitude >> 13 & 1);
  return (uint16_t)(sign | (rounded - 0x38000000) >> 13);
}

float lnti_f16_value(uint16_t bits) {
  uint32_t sign = (uint32_t)(bits & 0x8000) << 16, magnitude = bits & 0x7fff;
  if (magnitude >= 0x7c00) return value_of(sign | 0x7f800000 | (magnitude & 0x3ff) << 13);
  if (magnitude < 0x400) {
    float value = (float)magnitude * 0x1p-24f;
    return sign ? -value : value;
  }
  return value_of(sign | ((magnitude << 13) + 0x38000000));
}

/* ---- conversion ---- */

/* Every pair goes by way of the widest type of its source's kind: f64 holds each f32, f16, i32, u8; i64 each integer. */
static int64_t load_integer(const void *in, lnti_dtype from, size_t i) {
  switch (from) {
    case LNTI_U8:
      return ((const uint8_t *)in)[i];
    case LNTI_I8:
      return ((const int8_t *)in)[i];
    case LNTI_BOOL:
      return ((const uint8_t *)in)[i] != 0;
    case LNTI_I32:
      return ((const int32_t *)in)[i];
    default:
      return ((const int64_t *)in)[i];
  }
}

static double load_real(const void *in, lnti_dtype from, size_t i) {
  switch (from) {
    case LNTI_F16:
      return (double)lnti_f16_value(((const uint16_t *)in)[i]);
    case LNTI_BF16:
      return (double)lnti_bf16_value(((const uint16_t *)in)[i]);
    case LNTI_F32:
      return (double)((const float *)in)[i];
    default:
      return ((const double *)in)[i];
  }
}

static bool is_real(lnti_dtype dtype) {
  return dtype == LNTI_F16 || dtype == LNTI_BF16 || dtype == LNTI_F32 || dtype == LNTI_F64;
}

static void store_integer(void *out, lnti_dtype to, size_t i, int64_t value) {
  switch (to) {
    case LNTI_U8:
      ((uint8_t *)out)[i] = (uint8_t)value;
      break;
    case LNTI_I8:
      ((int8_t *)out)[i] = (int8_t)(uint8_t)value;
      break;
    case LNTI_BOOL:
      ((uint8_t *)out)[i] = value != 0;
      break;
    case LNTI_I32:
      ((int32_t *)out)[i] = (int32_t)(uint32_t)value;
      break;
    default:
      ((int64_t *)out)[i] = value;
  }
}

static void store_real(void *out, lnti_dtype to, size_t i, double value) {
  switch (to) {
    case LNTI_F16:
      ((uint16_t *)out)[i] = lnti_f16_of((float)value);
      break;
    case LNTI_BF16:
      ((uint16_t *)out)[i] = lnti_bf16_of((float)value);
      break;
    case LNTI_F32:
      ((float *)out)[i] = (float)value;
      break;
    default:
      ((double *)out)[i] = value;
  }
}

static int64_t truncated(double value, lnti_dtype to) {
  static const struct {
    double least, most;
  } range[] = {[LNTI_U8] = {0, UINT8_MAX}, [LNTI_I8] = {INT8_MIN, INT8_MAX}, [LNTI_I32] = {INT32_MIN, INT32_MAX}};
  if (isnan(value)) return 0;
  if (to == LNTI_I64) {
    if (value >= 0x1p63) return INT64_MAX;
    return value < -0x1p63 ? INT64_MIN : (int64_t)value;
  }
  return (int64_t)fmin(fmax(value, range[to].least), range[to].most);
}

void lnti_convert(void *out, lnti_dtype to, const void *in, lnti_dtype from, size_t n) {
  if (to == from) {
    if (n > 0) memcpy(out, in, n * lnti_dtype_bytes(to));
    return;
  }
  if (to == LNTI_F32 && from == LNTI_U8) {
    for (size_t i = 0; i < n; i++) ((float *)out)[i] = ((const uint8_t *)in)[i];
    return;
  }
  for (size_t i = 0; i < n; i++) {
    if (is_real(from)) {
      double value = load_real(in, from, i);
      if (is_real(to)) {
        store_real(out, to, i, value);
      } else {
        store_integer(out, to, i, to == LNTI_BOOL ? value != 0 : truncated(value, to));
      }
    } else {
      int64_t value = load_integer(in, from, i);
      if (is_real(to)) {
        store_real(out, to, i, (double)value);
      } else {
        store_integer(out, to, i, value);
      }
    }
  }
}
