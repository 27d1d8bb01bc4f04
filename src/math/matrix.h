/**
 * @file matrix.h
 * Views of row-major matrices. A view owns nothing.
 */
#ifndef LNTI_MATH_MATRIX_H
#define LNTI_MATH_MATRIX_H

#include <base/context.h>
#include <linnet/status.h>
#include <math/dtype.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** n rows of d elements; row i starts `stride` elements after row i-1. */
typedef struct lnti_matrix {
  const void *data;
  size_t n, d, stride;
  lnti_dtype dtype;
} lnti_matrix;

/** A dense view: stride = d. */
lnti_matrix lnti_matrix_of(const void *data, size_t n, size_t d, lnti_dtype dtype);
/** Rows [begin,end) of a view. */
lnti_matrix lnti_matrix_rows(const lnti_matrix *m, size_t begin, size_t end);
/** Pointer to row i. */
const void *lnti_matrix_row(const lnti_matrix *m, size_t i);

/** Copies rows [begin,end) as f32 into out [end-begin,d], dense: u8 by value (0..255), f32 as they are. */
void lnti_matrix_to_f32(float *out, const lnti_matrix *m, size_t begin, size_t end);

/** True where none of the n values is infinite or NaN. */
bool lnti_all_finite(const float *values, size_t n);
/** That all of a view is finite (of f32: others are): LNT_EDATA naming the first row and column that is not, or
 *  LNT_ECANCELLED. */
LNT_MUST_CHECK lnt_status lnti_matrix_check_finite(const lnti_matrix *x, const lnti_context *context, lnt_error *err);

#endif
