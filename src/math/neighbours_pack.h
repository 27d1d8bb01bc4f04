/**
 * @file neighbours_pack.h
 * Inside src/math only: packings of u8 rows that more than one level's kernels read.
 */
#ifndef LNTI_MATH_NEIGHBOURS_PACK_H
#define LNTI_MATH_NEIGHBOURS_PACK_H

#include <math/kernels.h>

/** Pairs of numbers that a row of d is cut into; the last is filled with a zero. */
LNTI_INLINE size_t lnti_depth_pairs(size_t d) {
  return (d + 1) / 2;
}

/** Queries as i16 [LNTI_TILE, 2 * pairs]. */
size_t lnti_tile_bytes_i16(size_t d);
void lnti_pack_tile_i16(void *tile, const uint8_t *rows, size_t stride, size_t n, size_t d);

/** Rows as u8 [pairs, LNTI_PANEL, 2]: the same two numbers of all rows beside each other. */
size_t lnti_panel_bytes_pairs(size_t d);
void lnti_pack_panel_pairs(void *panel, const uint8_t *rows, size_t stride, size_t n, size_t d);

#endif
