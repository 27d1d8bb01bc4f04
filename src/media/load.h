/**
 * @file load.h
 * Opening a container for the cache: what is asked for, and the making of it.
 */
#ifndef LNTI_MEDIA_LOAD_H
#define LNTI_MEDIA_LOAD_H

#include <media/container.h>

/** What a load is asked for. All is borrowed and outlives the load. */
typedef struct lnti_load {
  const lnti_media_options *options;
  const char *path;    /**< the file that it lies in */
  const char *name;    /**< its URI: the path, or the path and what follows */
  lnti_file_mark mark; /**< of the file; what it was when it was opened, afterwards */
  unsigned depth;      /**< that an archive here has */
  bool member;         /**< of an archive: */
  lnti_span outer;     /**< what the row's places are in */
  lnti_row row;
  const char *pack_path; /**< of the pack that the row's bytes lie in; NULL */
  ino_t pack_inode;
  const lnti_cancel *cancel;
} lnti_load;

/** The cache's class: `request` is a lnti_load, the value a lnti_container. */
LNT_MUST_CHECK lnt_status lnti_container_load(void **value_out, lnti_cache *cache, lnti_cache_entry *entry,
                                              void *request, lnt_error *err);
void lnti_container_unload(void *value);

/** For lnti_cache_sweep: whether the pack that it, or its bytes, lie in is no longer in the folder: it takes room that nobody
 *  sees, or was found to be damaged. */
bool lnti_container_lost_pack(const void *value);

#endif
