/**
 * @file neighbours.h
 * Exact nearest neighbours: an index of rows packed once for the kernels of a CPU level, and blocked
 * search with the top-k kept in registers and small arrays. u8 rows are compared in integers, so their
 * distances are exact and equal at every level; f32 rows by blocks of products, re-ranked in double.
 */
#ifndef LNTI_MATH_NEIGHBOURS_H
#define LNTI_MATH_NEIGHBOURS_H

#include <base/context.h>
#include <math/matrix.h>

typedef enum lnti_metric { LNTI_EUCLIDEAN, LNTI_COSINE } lnti_metric;

enum { LNTI_NEIGHBOURS_MAX = 256 };

typedef struct lnti_neighbours lnti_neighbours;

/**
 * @param rows  [n,d] u8 (d <= 65,536, so that no 32-bit sum overflows: LNT_ELIMIT) or f32; borrowed for
 *              the life of the index. n >= 1; values finite (LNT_EDATA names the row)
 * The index takes at most 2 d + 12 bytes a row (rounded up to 32 rows) where they are u8, d of them or little more at
 * every level but AMX, and 16 bytes a row where they are f32.
 */
LNT_MUST_CHECK lnt_status lnti_neighbours_new(lnti_neighbours **out, const lnti_matrix *rows, lnti_metric metric,
                                              const lnti_context *context, lnt_error *err);
void lnti_neighbours_free(lnti_neighbours *index);

/**
 * The k nearest rows of each query, nearest first; equal distances by lower row.
 * @param row_out       [q,k] row numbers
 * @param distance_out  [q,k] squared Euclidean distance, or cosine distance 1 - cos in [0,2] (a zero vector
 *                      is at distance 1 from everything); f32; may be NULL
 * @param queries       [q,d] of the index's dtype
 * @param skip          [q] a row that is not to be found (leave one out), SIZE_MAX for none; or NULL
 * @param k             1..min(n, LNTI_NEIGHBOURS_MAX) (n-1 where rows are skipped)
 * @return LNT_OK; LNT_EINVAL (k, d or dtype); LNT_EDATA (a query that is not finite); LNT_ELIMIT; LNT_ENOMEM;
 *         LNT_ECANCELLED.
 * Deterministic on any number of threads. Index and search may be used by several threads.
 */
LNT_MUST_CHECK lnt_status lnti_neighbours_search(uint32_t *row_out, float *distance_out, const lnti_neighbours *index,
                                                 const lnti_matrix *queries, const size_t *skip, size_t k,
                                                 const lnti_context *context, lnt_error *err);

/** The plain reference: the same by definition, one pair at a time in double (u8: 64-bit integers). */
LNT_MUST_CHECK lnt_status lnti_neighbours_search_plain(uint32_t *row_out, float *distance_out, const lnti_matrix *rows,
                                                       lnti_metric metric, const lnti_matrix *queries,
                                                       const size_t *skip, size_t k, lnt_error *err);

#endif
