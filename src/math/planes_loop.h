/** The loop of planes.c, compiled once for each CPU level. */
#ifndef LNTI_MATH_PLANES_LOOP_H
#define LNTI_MATH_PLANES_LOOP_H

#include <math/kernels.h>

LNTI_INLINE void planes_loop(float *const plane[3], const uint8_t *restrict from, size_t n, const float scale[3],
                             const float shift[3]) {
  float *restrict a = plane[0], *restrict b = plane[1], *restrict c = plane[2];
  const float a1 = scale[0], a0 = shift[0], b1 = scale[1], b0 = shift[1], c1 = scale[2], c0 = shift[2];
  for (size_t i = 0; i < n; i++) {
    a[i] = (float)from[3 * i] * a1 + a0;
    b[i] = (float)from[3 * i + 1] * b1 + b0;
    c[i] = (float)from[3 * i + 2] * c1 + c0;
  }
}

#endif
