/**
 * @file stream.h
 * The bytes of a span in order, unpacked on the way where they are gzip (RFC 1952; several members are one stream). For
 * one thread. Memory: a buffer and inflate's window.
 */
#ifndef LNTI_MEDIA_STREAM_H
#define LNTI_MEDIA_STREAM_H

#include <linnet/status.h>
#include <media/span.h>
#include <stdbool.h>

typedef struct lnti_stream lnti_stream;

/** @param span  borrowed; must outlive the stream
 *  @param name  for messages; borrowed likewise
 *  @return LNT_OK; LNT_EIO; LNT_EDATA (cut short since it was opened); LNT_ENOMEM. */
LNT_MUST_CHECK lnt_status lnti_stream_new(lnti_stream **out, const lnti_span *span, const char *name, lnt_error *err);
void lnti_stream_free(lnti_stream *stream);

/** Up to n bytes, fewer only at the end, where gzip's sums have been checked. *n_out is set on failure too: so many bytes
 *  came before the damage. LNT_EDATA (gzip broken, cut, or followed by something else), LNT_EIO, LNT_ENOMEM. */
LNT_MUST_CHECK lnt_status lnti_stream_read(size_t *n_out, lnti_stream *stream, void *data, size_t n, lnt_error *err);

bool lnti_stream_gzip(const lnti_stream *stream);
/** Packed bytes taken in so far. */
uint64_t lnti_stream_used(const lnti_stream *stream);

#endif
