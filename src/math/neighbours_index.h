/**
 * @file neighbours_index.h
 * Inside src/math only: the index, and one search over it, as neighbours.c (making, checking, dispatch),
 * neighbours_u8.c and neighbours_f32.c (the blocked searches) share them.
 */
#ifndef LNTI_MATH_NEIGHBOURS_INDEX_H
#define LNTI_MATH_NEIGHBOURS_INDEX_H

#include <math/kernels.h>
#include <math/neighbours.h>

struct lnti_neighbours {
  lnti_matrix rows;
  lnti_metric metric;

  size_t panels; /**< ceil(n / LNTI_PANEL) */

  /* u8 */
  const lnti_u8_kernels *u8; /**< of the level that the rows are packed for */
  unsigned char *packed;     /**< [panels] panels */
  uint32_t *squared;         /**< [panels * LNTI_PANEL] squared norms, exact; 0 beyond n */

  /* f32 */
  const lnti_f32_kernels *f32;
  double *norm;     /**< [n] squared norms */
  double norm_root; /**< the largest norm (not squared) */
  bool screened;    /**< every norm is such that f32 screening has a bound for its error */

  /* [panels * LNTI_PANEL] f32: the screen is offset + scale * dot. u8 with LNTI_COSINE: scale alone, 1/|row|, 0 for zero rows */
  float *offset, *scale;
};

typedef struct lnti_search {
  const lnti_neighbours *index;
  lnti_matrix queries;
  const size_t *skip; /**< or NULL */
  size_t k;
  uint32_t *row;   /**< [q,k] */
  float *distance; /**< [q,k] or NULL */
  const lnti_cancel *cancel;
} lnti_search;

/** Fills what the index needs of u8 (f32) rows; the caller frees the index on failure. */
LNT_MUST_CHECK lnt_status lnti_index_u8(lnti_neighbours *index, const lnti_context *context, lnt_error *err);
LNT_MUST_CHECK lnt_status lnti_index_f32(lnti_neighbours *index, const lnti_context *context, lnt_error *err);

/** Most queries of a chunk, so that what it keeps fits the second-level cache. */
size_t lnti_search_u8_grain(const lnti_neighbours *index);
size_t lnti_search_f32_grain(const lnti_neighbours *index);

/** lnti_chunk functions; the payload is an lnti_search. */
lnt_status lnti_search_u8(void *payload, size_t begin, size_t end, unsigned worker, lnt_error *err);
lnt_status lnti_search_f32(void *payload, size_t begin, size_t end, unsigned worker, lnt_error *err);

/** The checks that both searches make first: k, d, dtype, limits. */
LNT_MUST_CHECK lnt_status lnti_search_check(const lnti_matrix *rows, const lnti_matrix *queries, const size_t *skip,
                                            size_t k, lnt_error *err);

#endif
