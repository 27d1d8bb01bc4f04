/**
 * @file media.h
 * A URI becomes bytes. Schemes: a file ("photos/a.jpg"), a record of an IDX array, plain or gzip
 * ("train-images-idx3-ubyte.gz#17"). An existing path wins over its '#'.
 */
#ifndef LNTI_MEDIA_MEDIA_H
#define LNTI_MEDIA_MEDIA_H

#include <linnet/status.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct lnti_media_options {
  size_t file_bytes_max;  /**< one encoded file; larger is LNT_ELIMIT */
  size_t array_bytes_max; /**< one array, unpacked */
  size_t cache_bytes;     /**< unpacked arrays kept for random access */
} lnti_media_options;

#define LNTI_MEDIA_OPTIONS_INIT \
  { (size_t)1 << 30, (size_t)4 << 30, (size_t)512 << 20 }

/** What a URI holds: an encoded file, or bare pixels. */
typedef enum lnti_blob_kind { LNTI_BLOB_ENCODED, LNTI_BLOB_PIXELS } lnti_blob_kind;

typedef struct lnti_blob {
  lnti_blob_kind kind;
  const uint8_t *data; /**< `bytes` bytes; PIXELS: [h,w,c] u8 */
  size_t bytes;
  size_t h, w, c; /**< of PIXELS */
  size_t frame;   /**< of ENCODED: which frame or page of several decode gives, 0-based */
  void *owner;    /**< what clear releases */
} lnti_blob;

/** Opens URIs and keeps a bounded cache of unpacked arrays. May be used by several threads. */
typedef struct lnti_media lnti_media;

/** `options` may be NULL: those of LNTI_MEDIA_OPTIONS_INIT. */
LNT_MUST_CHECK lnt_status lnti_media_new(lnti_media **out, const lnti_media_options *options, lnt_error *err);
void lnti_media_free(lnti_media *media);

/** @return LNT_OK; LNT_ENOTFOUND (no such file or record); LNT_EINVAL (a folder, pipe or device);
 *  LNT_EDATA (broken array); LNT_EUNSUPPORTED (array of another type than u8); LNT_ELIMIT; LNT_EIO; LNT_ENOMEM. The message names the URI. */
LNT_MUST_CHECK lnt_status lnti_media_read(lnti_blob *out, lnti_media *media, const char *uri, lnt_error *err);
/** Releases; safe on a zeroed blob. */
void lnti_blob_clear(lnti_blob *blob);

/** Splits at the last '#', unless the whole is an existing path. *member_out is NULL where there is none.
 *  free() both. */
LNT_MUST_CHECK lnt_status lnti_uri_split(char **path_out, char **member_out, const char *uri, lnt_error *err);

#endif
