/**
 * @file previews.h
 * previews: the pictures that a screen shows of items, made ahead into the cache (picture_cache.h).
 */
#ifndef LNTI_FLOW_PREVIEWS_H
#define LNTI_FLOW_PREVIEWS_H

#include <flow/pictures/picture_cache.h>
#include <flow/project.h>

/**
 * Whether a picture of that kind is worth having: not where a browser can as well be given the medium itself, as it is or
 * (of small pictures) turned into another format in passing. A thumbnail is not, of pictures of 8 bits that fit into one
 * and take 32 KB or less; a screen preview, of those that fit into a thumbnail, and of JPEG and PNG files of 8 bits that
 * fit into a preview and take 1 MB or less.
 */
bool lnti_preview_is_needed(const lnti_item *item, lnti_picture_kind kind);

/**
 * Makes one picture of an item's medium, the upright whole in a JPEG of the kind's size and quality.
 * @param data_out  free() it
 * @return LNT_OK; LNT_ECONFLICT (the medium is no longer what was imported); as lnti_media_read, lnti_image_decode.
 * Thread-safe; the cache is not asked.
 */
LNT_MUST_CHECK lnt_status lnti_preview_make(uint8_t **data_out, size_t *n_out, const lnti_project *project,
                                            const char *uri, const lnti_item *item, lnti_picture_kind kind,
                                            lnt_error *err);

typedef struct lnti_previews_options {
  lnti_picture_kind kind;
  const char *where;  /**< filter; NULL: all items */
  uint64_t bytes_max; /**< bound of the cache from now on (lnti_picture_cache_set_bytes); 0: as it is */
  const lnti_progress *progress;
  lnti_refused_visit refused; /**< called for each medium that cannot be shown; NULL */
  void *refused_payload;
} lnti_previews_options;

typedef struct lnti_previews_result {
  size_t made;
  size_t existing; /**< were there before */
  size_t unneeded; /**< the medium itself will do */
  size_t n_refused;
  uint64_t bytes;     /**< of those made */
  bool full;          /**< they are more than the cache holds: the first of them are gone again */
  uint64_t bytes_max; /**< what it holds */
  double seconds;
} lnti_previews_result;

/**
 * Makes those that are missing, on the pool, as a job of the kind "previews". What is made is kept when it is cancelled or
 * fails, so that running it again goes on.
 * @return LNT_OK, also where media were refused; LNT_EINVAL (filter, bytes_max); LNT_ECANCELLED; LNT_ENOSPC, LNT_EIO, LNT_ENOMEM.
 */
LNT_MUST_CHECK lnt_status lnti_previews_make(lnti_previews_result *out, lnti_project *project,
                                             const lnti_previews_options *options, lnt_error *err);

#endif
