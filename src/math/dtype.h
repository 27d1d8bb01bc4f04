/**
 * @file dtype.h
 * Element types of matrices and tensors, and conversion between them.
 */
#ifndef LNTI_MATH_DTYPE_H
#define LNTI_MATH_DTYPE_H

#include <linnet/status.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/** Element types. f16 is IEEE 754 binary16, bf16 the upper half of an f32; a bool is a byte, 0 or 1. */
typedef enum lnti_dtype {
  LNTI_U8 = 1,
  LNTI_I32 = 2,
  LNTI_F32 = 3,
  LNTI_F64 = 4,
  LNTI_F16 = 5,
  LNTI_BF16 = 6,
  LNTI_I8 = 7,
  LNTI_I64 = 8,
  LNTI_BOOL = 9
} lnti_dtype;

/** Bytes of one element. */
size_t lnti_dtype_bytes(lnti_dtype dtype);
/** "u8", "i32", "f32"...; never NULL. */
const char *lnti_dtype_name(lnti_dtype dtype);
/** By name; LNT_EINVAL. */
LNT_MUST_CHECK lnt_status lnti_dtype_parse(lnti_dtype *out, const char *name, lnt_error *err);

/**
 * Copies n elements from one type to another, as ONNX' Cast does: to integers by truncation, to bool what is not 0, from
 * floating point beyond an integer's range to its nearest end, NaN to 0. Any two types may be mixed. `out` and `in` may be the same where the types are equally wide.
 */
void lnti_convert(void *out, lnti_dtype to, const void *in, lnti_dtype from, size_t n);

/** IEEE 754 binary16 and bfloat16, to the nearest, ties to even. */
uint16_t lnti_f16_of(float value);
float lnti_f16_value(uint16_t bits);

static inline uint16_t lnti_bf16_of(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  if ((bits & 0x7fffffffu) > 0x7f800000u) return (uint16_t)(bits >> 16 | 0x40); /* NaN stays one */
  return (uint16_t)((bits + 0x7fffu + (bits >> 16 & 1)) >> 16);
}

static inline float lnti_bf16_value(uint16_t bits) {
  uint32_t wide = (uint32_t)bits << 16;
  float value;
  memcpy(&value, &wide, sizeof value);
  return value;
}

#endif
