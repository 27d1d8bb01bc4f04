/**
 * @file bf16.h
 * Products of bf16 matrices, summed in f32, on CPUs that multiply tiles of them (AMX). The left matrix may lie scattered, as the
 * places that a convolution's window looks at do.
 */
#ifndef LNTI_MATH_BF16_H
#define LNTI_MATH_BF16_H

#include <linnet/cpu.h>
#include <stddef.h>
#include <stdint.h>

enum {
  LNTI_BF16_ROWS = 32,    /**< of a block of the product */
  LNTI_BF16_COLUMNS = 32, /**< of a block */
  LNTI_BF16_DEPTH = 32    /**< of what `depth` and the packed weights are whole multiples */
};

/** Number k of tap t of row r is a[r * step + tap[t] + k]; a row of the matrix is its taps one after another. */
typedef struct lnti_bf16_rows {
  const uint16_t *a;
  size_t step;
  const size_t *tap;
  size_t taps, depth; /**< numbers of a tap, a multiple of LNTI_BF16_DEPTH */
} lnti_bf16_rows;

typedef struct lnti_bf16_kernels {
  /** The calling thread's tiles: to be set before a block, and given back. */
  void (*begin)(void);
  void (*end)(void);
  /**
   * sum [32,32] = the first n rows (of 1 to 32; up to the next multiple of 16 are read) by a packed block of 32 columns.
   * @param ahead  `ahead_bytes` from here are fetched to the second-level cache meanwhile; may point anywhere
   */
  void (*block)(float *sum, const lnti_bf16_rows *rows, size_t n, const uint16_t *weights, const void *ahead,
                size_t ahead_bytes);
  /** out[r * step + j] = sum[32 r + j] + bias[j] (+ addend[r * step + j]) within [least, most], to the nearest, ties to even; r < n,
   *  j < 32. NaN stays NaN, numbers below 2^-126 become 0. `addend` may be NULL, or out. */
  void (*finish)(uint16_t *out, size_t step, const float *sum, size_t n, const float *bias, const uint16_t *addend,
                 float least, float most);
  /** out[r * step + j] = sum[32 r + j] + bias[j]; r < n, j < columns (of 1 to 32); 32 of `bias` are read. */
  void (*put)(float *out, size_t step, const float *sum, size_t n, const float *bias, size_t columns);
  /** out[i] = x[i], i < n, rounded as `finish` does. */
  void (*narrow)(uint16_t *out, const float *x, size_t n);
} lnti_bf16_kernels;

/** NULL where a level has none. */
const lnti_bf16_kernels *lnti_bf16_kernels_of(lnt_cpu_level level);

/** Number k of tap t of column j is w[j * column_step + k * depth_step + t * tap_step]. */
typedef struct lnti_bf16_weights {
  const float *w;
  size_t columns, depth, taps;
  size_t column_step, depth_step, tap_step;
} lnti_bf16_weights;

/** Numbers that they take packed: columns and depth are filled up to multiples of 32 with zeros. */
size_t lnti_bf16_packed(const lnti_bf16_weights *weights);
/** As blocks of 32 columns one after another. out [lnti_bf16_packed], 64-byte aligned */
void lnti_bf16_pack(uint16_t *out, const lnti_bf16_weights *weights);

#endif
