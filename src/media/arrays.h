/**
 * @file arrays.h
 * Random access to the records of IDX arrays, shared by threads: plain arrays stay open and are read in
 * place; gzip ones are unpacked once into a cache of bounded size, least recently used out first.
 */
#ifndef LNTI_MEDIA_ARRAYS_H
#define LNTI_MEDIA_ARRAYS_H

#include <linnet/status.h>
#include <media/media.h>
#include <stddef.h>

/** May be used by several threads. */
typedef struct lnti_arrays lnti_arrays;

LNT_MUST_CHECK lnt_status lnti_arrays_new(lnti_arrays **out, const lnti_media_options *options, lnt_error *err);
/** No read may be under way. NULL is allowed. */
void lnti_arrays_free(lnti_arrays *arrays);

/**
 * One record as fresh memory in out->owner.
 *
 * Threads that ask for one array wait for the one that unpacks it; different arrays are unpacked at the same
 * time. What is unpacked never exceeds cache_bytes, but that one array alone may, up to array_bytes_max: a
 * thread that needs room waits until others have copied what they are reading. A file that has changed (device,
 * inode, length, time) is read afresh; a broken one is remembered as broken, so that it is unpacked once, not
 * once a record.
 *
 * @return LNT_OK; LNT_ENOTFOUND (no file, no such record); LNT_EINVAL (no regular file); LNT_EDATA;
 *         LNT_EUNSUPPORTED; LNT_ELIMIT; LNT_EIO; LNT_ENOMEM.
 */
LNT_MUST_CHECK lnt_status lnti_arrays_read(lnti_blob *out, lnti_arrays *arrays, const char *path, size_t record,
                                           lnt_error *err);

/** Bytes unpacked now, and arrays known now; for tests and `doctor`. */
void lnti_arrays_usage(size_t *bytes_out, size_t *n_out, lnti_arrays *arrays);

#endif
