/**
 * @file known_items.h
 * Which items of a source are there already: a table from member to item, so that an import again, or a table of labels for
 * a million items, asks the store once.
 */
#ifndef LNTI_FLOW_IMPORT_KNOWN_ITEMS_H
#define LNTI_FLOW_IMPORT_KNOWN_ITEMS_H

#include <flow/project.h>

typedef struct lnti_known_item {
  int64_t id;           /**< 0: not there */
  bool looked;          /**< its pixels have been looked at */
  bool joins;           /**< it is there, and in no group */
  bool may_have_frames; /**< its format holds several frames or pages in a file */
  uint64_t content;     /**< lnti_content_key of its content */
  uint32_t bytes;       /**< of its file, modulo 2^32 */
  uint64_t imported_ms; /**< when it was read, or last found to be the same */
  int64_t group_id;     /**< the group that it is in, or else that its frames are in; 0: none */
  size_t
      frames; /**< of its frames or pages, up to the last that is an item: from the first on, or where the file is one
                           itself from the second on */
  bool holes; /**< some of these are no items: they were refused */
  bool timed; /**< ...by the names of frames ("#frame=0"), not of pages ("#page=1") */
  bool done;  /**< its stage is known to be "done", so that a label moves it nowhere */
} lnti_known_item;

typedef struct lnti_known_items lnti_known_items;

/**
 * The items of the source of that kind and path (none where there is no such source). One walk over these, and 64
 * to 128 bytes for each. Members are told apart by 128 bits of hash: two of a million meet with probability 1e-27.
 */
LNT_MUST_CHECK lnt_status lnti_known_items_load(lnti_known_items **out, lnti_project *project, lnti_source_kind kind,
                                                const char *source, lnt_error *err);
/** {0} where it is not there. NULL knows nothing. */
lnti_known_item lnti_known_items_find(const lnti_known_items *known, const char *member);
void lnti_known_items_free(lnti_known_items *known);

#endif
