/**
 * @file find.h
 * What a path in a table names: an item of the project, or a medium that may become one. Inside src/flow/table and for
 * lists of rows (flow/import/vectors.c) alone.
 *
 * The items are looked up by a hash of their whole URI, made in one walk over the project; a path that is no URI of an
 * item, and no file, is held against the ends of the items' URIs ("cats/a.jpg", "a.jpg", and "a" for all images called so).
 */
#ifndef LNTI_FLOW_TABLE_FIND_H
#define LNTI_FLOW_TABLE_FIND_H

#include <flow/project.h>

typedef struct lnti_found {
  int64_t id;           /**< of the item; 0: it is to be imported */
  bool has_split, done; /**< of the item */
  int64_t group_id;     /**< that the item is in; 0: none */
  lnti_source_kind kind;
  const char *source; /**< of the finder */
  const char *member; /**< of a medium to be imported; in the arena that was given */
  uint64_t key[2];    /**< the same for whatever path leads there */
} lnti_found;

typedef struct lnti_finder lnti_finder;

/** @param root  absolute path of the folder, archive or array that paths are relative to
 *  Some 64 to 128 bytes an item. LNT_ENOTFOUND; LNT_EUNSUPPORTED (a file that is none of these). */
LNT_MUST_CHECK lnt_status lnti_finder_new(lnti_finder **out, lnti_project *project, const char *root, lnt_error *err);
/** Tells of a path that will be asked for, so that media outside the root get a common source: the deepest folder that
 *  holds all of them. */
void lnti_finder_note(lnti_finder *finder, const char *path);
/**
 * @param arena  holds out->member
 * @return LNT_OK; as the reason why nothing is found: LNT_ENOTFOUND, LNT_EDATA (several items end so), LNT_ELIMIT (too
 *         long), LNT_EUNSUPPORTED; as a failure of the program: LNT_ENOMEM, LNT_ECANCELLED, LNT_EIO, LNT_ECORRUPT.
 */
LNT_MUST_CHECK lnt_status lnti_finder_find(lnti_found *out, lnti_finder *finder, lnti_arena *arena, const char *path,
                                           lnt_error *err);
void lnti_finder_free(lnti_finder *finder);

#endif
