/**
 * @file planes.h
 * Pictures as networks take them: each colour a plane of its own.
 */
#ifndef LNTI_MATH_PLANES_H
#define LNTI_MATH_PLANES_H

#include <linnet/cpu.h>
#include <stddef.h>
#include <stdint.h>

/** plane[c][i] = from[3 i + c] * scale[c] + shift[c], i < n; planes [n] apart from each other. The same at every level. */
void lnti_planes(float *const plane[3], const uint8_t *from, size_t n, const float scale[3], const float shift[3],
                 lnt_cpu_level level);

#endif
