/**
 * @file topk.h
 * Exact top-k of a row of scores.
 */
#ifndef LNTI_MATH_TOPK_H
#define LNTI_MATH_TOPK_H

#include <stddef.h>
#include <stdint.h>

/** Indices of the k largest of score [n], largest first, equal ones by lower index; NaN below everything.
 *  k <= n. O(n log k), no allocation. */
void lnti_topk_largest(uint32_t *index_out, const float *score, size_t n, size_t k);

/** Index of the largest; the lowest of equals; 0 for n = 0. */
size_t lnti_argmax(const float *score, size_t n);

#endif
