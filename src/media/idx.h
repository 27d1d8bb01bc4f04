/**
 * @file idx.h
 * IDX arrays (LeCun, "The MNIST database", the file format at its end), plain or gzip, read as a stream.
 * Magic: two zero bytes, element type, number of dimensions; then that many big-endian 32-bit sizes.
 */
#ifndef LNTI_MEDIA_IDX_H
#define LNTI_MEDIA_IDX_H

#include <linnet/status.h>
#include <media/span.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LNTI_IDX_DIMENSIONS_MAX = 4 };

typedef struct lnti_idx_shape {
  unsigned n_dimensions;                /**< 1..LNTI_IDX_DIMENSIONS_MAX */
  size_t size[LNTI_IDX_DIMENSIONS_MAX]; /**< size[0]: number of records */
  size_t record_bytes;                  /**< product of the others */
  size_t h, w, c;                       /**< a record as pixels: [n,h,w] has c = 1, [n,h,w,c] c of 1, 3 or 4; else 0 */
} lnti_idx_shape;

/** An open array. For one thread, lnti_idx_read_at excepted. */
typedef struct lnti_idx lnti_idx;

/** True where the file begins as an IDX array does (gzip unpacked far enough to tell); false for anything
 *  else, unreadable files included. */
bool lnti_idx_sniff(const char *path);

/** @return LNT_OK; LNT_ENOTFOUND, LNT_EIO; LNT_EINVAL (not a regular file); LNT_EDATA (no IDX, sizes that do not
 *  fit the file: of gzip, more than its bytes could unpack to); LNT_EUNSUPPORTED (elements other than u8, more
 *  than LNTI_IDX_DIMENSIONS_MAX dimensions); LNT_ELIMIT (more than array_bytes_max unpacked); LNT_ENOMEM. */
LNT_MUST_CHECK lnt_status lnti_idx_open(lnti_idx **out, lnti_idx_shape *shape_out, const char *path,
                                        size_t array_bytes_max, lnt_error *err);
/** The next n records into data [n,record_bytes], whose contents are undefined on failure; LNT_EINVAL (fewer than
 *  n are left); LNT_EDATA where the file ends early or its gzip is broken. */
LNT_MUST_CHECK lnt_status lnti_idx_read(uint8_t *data, lnti_idx *idx, size_t n, lnt_error *err);
/** After the last record: LNT_EDATA where bytes are left over or the gzip check sum is wrong. */
LNT_MUST_CHECK lnt_status lnti_idx_finish(lnti_idx *idx, lnt_error *err);
/** NULL is allowed. */
void lnti_idx_close(lnti_idx *idx);

/** True for gzip: its records are had in order only. */
bool lnti_idx_packed(const lnti_idx *idx);
/** Record `record` (below size[0]) of a plain array in a file into data [record_bytes]. Does not move what
 *  lnti_idx_read reads next; several threads may call it at once. LNT_EINVAL (gzip or memory), LNT_EDATA (the file
 *  was cut short since it was opened), LNT_EIO. */
LNT_MUST_CHECK lnt_status lnti_idx_read_at(uint8_t *data, const lnti_idx *idx, size_t record, lnt_error *err);

/** As lnti_idx_open on `bytes` bytes in memory (borrowed; fuzzing, uploads). */
LNT_MUST_CHECK lnt_status lnti_idx_open_memory(lnti_idx **out, lnti_idx_shape *shape_out, const void *data,
                                               size_t bytes, size_t array_bytes_max, lnt_error *err);

/** As lnti_idx_open on a span, which it takes over, on failure too; `name` for messages. */
LNT_MUST_CHECK lnt_status lnti_idx_open_span(lnti_idx **out, lnti_idx_shape *shape_out, lnti_span *span,
                                             const char *name, size_t array_bytes_max, lnt_error *err);
/** As lnti_idx_sniff; the span stays the caller's. LNT_EIO, LNT_ENOMEM. */
LNT_MUST_CHECK lnt_status lnti_idx_sniff_span(bool *yes_out, const lnti_span *span, lnt_error *err);

#endif
