/**
 * @file array.h
 * An opened array over a span: IDX or CIFAR. Plain ones are read in place; gzip ones are unpacked into memory when they
 * are opened. Records may be read by several threads.
 */
#ifndef LNTI_MEDIA_ARRAY_H
#define LNTI_MEDIA_ARRAY_H

#include <linnet/status.h>
#include <media/media.h>
#include <media/span.h>

typedef struct lnti_array lnti_array;

/** Asked before `bytes` bytes of memory are had for good; a failure ends the opening with it. */
typedef lnt_status (*lnti_array_reserve)(void *payload, uint64_t bytes, lnt_error *err);

/** Takes the span over, on failure too.
 *  @return LNT_OK; LNT_EUNSUPPORTED (no array; IDX of another type than u8); LNT_EDATA; LNT_ELIMIT; LNT_EIO; LNT_ENOMEM. */
LNT_MUST_CHECK lnt_status lnti_array_open(lnti_array **out, lnti_span *span, const char *name, size_t array_bytes_max,
                                          lnti_array_reserve reserve, void *payload, lnt_error *err);
/** NULL is allowed. */
void lnti_array_close(lnti_array *array);
const lnti_array_shape *lnti_array_shape_of(const lnti_array *array);

/** A record into data [record_bytes]. LNT_ENOTFOUND, LNT_EDATA, LNT_EIO. */
LNT_MUST_CHECK lnt_status lnti_array_read(uint8_t *data, const lnti_array *array, size_t record, lnt_error *err);
/** As lnti_media_labels. */
LNT_MUST_CHECK lnt_status lnti_array_labels(uint8_t *labels, const lnti_array *array, size_t first, size_t n,
                                            lnt_error *err);

#endif
