/**
 * @file span.h
 * A range of bytes that lies still: of an open file, or of memory. Containers are read through it, so that one inside
 * another is read in place. Reading moves nothing: several threads may share a span.
 */
#ifndef LNTI_MEDIA_SPAN_H
#define LNTI_MEDIA_SPAN_H

#include <linnet/status.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

/** LNTI_SPAN_INIT is a span of nothing. */
typedef struct lnti_span {
  int fd;                /**< owned; -1: memory */
  const uint8_t *memory; /**< borrowed */
  uint64_t at;           /**< first byte's place in the file */
  uint64_t bytes;
} lnti_span;

#define LNTI_SPAN_INIT \
  { -1, NULL, 0, 0 }

/** All of a regular file. @param stat_out  may be NULL
 *  @return LNT_OK; LNT_ENOTFOUND; LNT_EINVAL (a folder, pipe, socket or device); LNT_EIO; LNT_ENOMEM. */
LNT_MUST_CHECK lnt_status lnti_span_open(lnti_span *out, struct stat *stat_out, const char *path, lnt_error *err);
/** A part of another span, with a handle of its own. LNT_EDATA where it does not lie within; LNT_EIO. */
LNT_MUST_CHECK lnt_status lnti_span_part(lnti_span *out, const lnti_span *whole, uint64_t at, uint64_t bytes,
                                         const char *name, lnt_error *err);
void lnti_span_close(lnti_span *span);

/** Exactly n bytes from `at`. LNT_EDATA (they do not lie within, or the file was cut short since), LNT_EIO.
 *  @param name  for messages */
LNT_MUST_CHECK lnt_status lnti_span_read(void *data, const lnti_span *span, uint64_t at, size_t n, const char *name,
                                         lnt_error *err);

#endif
