/**
 * @file container.h
 * What lies inside a file and has parts: an archive with members, an array with records. Opened once, kept in the cache,
 * read by several threads. An archive inside another, and an array inside an archive, are containers over a span of the
 * outer one's bytes, or of the pack where these were unpacked to.
 */
#ifndef LNTI_MEDIA_CONTAINER_H
#define LNTI_MEDIA_CONTAINER_H

#include <media/archive.h>
#include <media/array.h>
#include <media/cache.h>
#include <media/media.h>
#include <media/span.h>
#include <media/index.h>

typedef enum lnti_container_kind { LNTI_CONTAINER_ARCHIVE, LNTI_CONTAINER_ARRAY } lnti_container_kind;

typedef struct lnti_container {
  lnti_container_kind kind;
  char *name;          /**< its URI */
  char *path;          /**< the file that all of it lies in */
  lnti_file_mark mark; /**< of that file */
  unsigned depth;      /**< of an archive: 1 for a file, 2 for a member of one */

  char *pack_path;  /**< of the pack that its members, or its own bytes, lie in; NULL where these lie in none, or in one
                        without a name */
  ino_t pack_inode; /**< of that file: another may have its name by now */
  uint64_t unpacked; /**< bytes that its members were unpacked to */

  lnti_span span; /**< what its rows, or records, are places in: its own bytes, or those of its pack */
  lnti_index index;
  lnt_error damage; /**< why the index ends early; LNT_OK: it does not */

  lnti_array *array;
} lnti_container;

typedef struct lnti_containers lnti_containers;

/** @param options  complete; borrowed, and must outlive the containers */
LNT_MUST_CHECK lnt_status lnti_containers_new(lnti_containers **out, const lnti_media_options *options, lnt_error *err);
void lnti_containers_free(lnti_containers *containers);
const lnti_media_options *lnti_containers_options(const lnti_containers *containers);
lnti_cache *lnti_containers_cache(lnti_containers *containers);

/** A container, pinned until lnti_container_release. */
typedef struct lnti_held {
  lnti_cache_entry *entry;
  const lnti_container *container;
} lnti_held;

/** That of a file. @return LNT_OK; LNT_ENOTFOUND; LNT_EINVAL (a folder, pipe or device); LNT_EUNSUPPORTED (neither archive
 *  nor array); LNT_EDATA; LNT_ELIMIT; LNT_ENOSPC; LNT_ECANCELLED; LNT_EIO; LNT_ENOMEM. */
LNT_MUST_CHECK lnt_status lnti_container_open(lnti_held *out, lnti_containers *containers, const char *path,
                                              const lnti_cancel *cancel, lnt_error *err);
/** That of a member of the held archive, which is released in any case, since nothing may be pinned while something is
 *  loaded: *held becomes the inner one, or nothing. Besides: LNT_ELIMIT (too deep); LNT_ECORRUPT (the outer one's pack was
 *  damaged; it is forgotten, and the next that opens the outer one unpacks it anew). */
LNT_MUST_CHECK lnt_status lnti_container_enter(lnti_held *held, lnti_containers *containers, size_t row,
                                               const lnti_cancel *cancel, lnt_error *err);
/** Nothing happens where nothing is held. */
void lnti_container_release(lnti_held *held, lnti_containers *containers);

/** As release, and forgets what was unpacked of it: it was found to be damaged, and is unpacked anew by the next. */
void lnti_container_reject(lnti_held *held, lnti_containers *containers);

/** A member's bytes as fresh memory. `uri` for messages. @return LNT_OK; LNT_ELIMIT (more than file_bytes_max); LNT_EDATA;
 *  LNT_ECORRUPT (the pack was damaged or cut from outside); LNT_EIO; LNT_ENOMEM. */
LNT_MUST_CHECK lnt_status lnti_container_member(uint8_t **data_out, size_t *n_out, const lnti_container *container,
                                                size_t row, const char *uri, size_t file_bytes_max, lnt_error *err);
/** A record's bytes as fresh memory. LNT_ENOTFOUND, LNT_EDATA, LNT_ECORRUPT, LNT_EIO, LNT_ENOMEM. */
LNT_MUST_CHECK lnt_status lnti_container_record(uint8_t **data_out, const lnti_container *container, size_t record,
                                                lnt_error *err);

#endif
