/*
 * The index of nearest neighbours: checks, making and freeing, and the search's frame. The work is in
 * neighbours_u8.c and neighbours_f32.c, which take blocks of queries; since every distance is exact and
 * ties go to the lower row, the cut into blocks cannot be seen in the result, and follows the number of
 * threads. Results go to the caller only when all blocks are done.
 */
#include <base/alloc.h>
#include <base/error.h>
#include <limits.h>
#include <math/neighbours_index.h>
#include <stdlib.h>
#include <string.h>

/* 255^2 * 65536 < 2^32: distances and products of such rows are exact in 32 bits. */
enum { U8_DEPTH_MAX = 65536 };

static lnt_status check_rows(const lnti_matrix *rows, lnt_error *err) {
  if (rows->dtype != LNTI_U8 && rows->dtype != LNTI_F32) {
    return lnti_fail(err, LNT_EINVAL, "neighbours are looked for among rows of u8 or f32, not %s",
                     lnti_dtype_name(rows->dtype));
  }
  if (rows->n < 1 || rows->d < 1) {
    return lnti_fail(err, LNT_EINVAL, "%zu rows of %zu numbers: neighbours need one of each at least", rows->n,
                     rows->d);
  }
  size_t most = rows->dtype == LNTI_U8 ? U8_DEPTH_MAX : INT_MAX;
  if (rows->d > most || rows->n > UINT32_MAX - LNTI_PANEL || rows->stride > INT_MAX) {
    return lnti_fail(err, LNT_ELIMIT, "%zu rows of %zu numbers: at most %u rows of %zu can be indexed", rows->n,
                     rows->d, UINT32_MAX - LNTI_PANEL, most);
  }
  return LNT_OK;
}

lnt_status lnti_neighbours_new(lnti_neighbours **out, const lnti_matrix *rows, lnti_metric metric,
                               const lnti_context *context, lnt_error *err) {
  lnti_neighbours *index = NULL;
  lnt_status status = check_rows(rows, err);
  if (status != LNT_OK) return status;
  status = lnti_alloc_zero(&index, 1, sizeof *index, err);
  if (status != LNT_OK) return status;
  index->rows = *rows;
  index->metric = metric;
  status = rows->dtype == LNTI_U8 ? lnti_index_u8(index, context, err) : lnti_index_f32(index, context, err);
  if (status != LNT_OK) {
    lnti_neighbours_free(index);
    return status;
  }
  *out = index;
  return LNT_OK;
}

void lnti_neighbours_free(lnti_neighbours *index) {
  if (index == NULL) return;
  free(index->packed);
  free(index->squared);
  free(index->norm);
  free(index->offset);
  free(index->scale);
  free(index);
}

/* Queries a chunk: as many as the cache allows, but such that every thread gets the same share. */
static size_t grain_of(const lnti_neighbours *index, size_t n_queries, const lnti_pool *pool) {
  size_t most = index->rows.dtype == LNTI_U8 ? lnti_search_u8_grain(index) : lnti_search_f32_grain(index);
  size_t threads = lnti_pool_size(pool), chunks = (n_queries + most - 1) / most;
  chunks = (chunks + threads - 1) / threads * threads;
  size_t tiles = ((n_queries + chunks - 1) / chunks + LNTI_TILE - 1) / LNTI_TILE;
  return tiles * LNTI_TILE < most ? tiles * LNTI_TILE : most;
}

lnt_status lnti_neighbours_search(uint32_t *row_out, float *distance_out, const lnti_neighbours *index,
                                  const lnti_matrix *queries, const size_t *skip, size_t k, const lnti_context *context,
                                  lnt_error *err) {
  uint32_t *row = NULL;
  float *distance = NULL;
  size_t count = 0;
  lnt_status status = lnti_search_check(&index->rows, queries, skip, k, err);
  if (status != LNT_OK) return status;
  if (queries->n == 0) return LNT_OK;
  if (queries->stride > INT_MAX || !lnti_size_mul(&count, queries->n, k)) {
    return lnti_fail(err, LNT_ELIMIT, "%zu queries, %zu numbers apart, with %zu neighbours each are too many",
                     queries->n, queries->stride, k);
  }

  status = lnti_alloc(&row, count, sizeof *row, err);
  if (status != LNT_OK) goto done;
  if (distance_out != NULL) {
    status = lnti_alloc(&distance, count, sizeof *distance, err);
    if (status != LNT_OK) goto done;
  }
  lnti_search search = {.index = index,
                        .queries = *queries,
                        .skip = skip,
                        .k = k,
                        .row = row,
                        .distance = distance,
                        .cancel = context->cancel};
  status =
      lnti_pool_for(context->pool, queries->n, grain_of(index, queries->n, context->pool),
                    index->rows.dtype == LNTI_U8 ? lnti_search_u8 : lnti_search_f32, &search, context->cancel, err);
  if (status != LNT_OK) goto done;
  memcpy(row_out, row, count * sizeof *row);
  if (distance_out != NULL) memcpy(distance_out, distance, count * sizeof *distance);

done:
  free(distance);
  free(row);
  return status;
}
