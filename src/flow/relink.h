/**
 * @file relink.h
 * relink: sources that were moved or renamed are told where they are now. Items, labels and models stay as they are; only a
 * source's path changes, after its images were looked at in the new place.
 */
#ifndef LNTI_FLOW_RELINK_H
#define LNTI_FLOW_RELINK_H

#include <flow/project.h>

enum { LNTI_RELINK_SAMPLE = 64 };

/** A source, and what was found of it. */
typedef struct lnti_relink_source {
  int64_t id;
  lnti_source_kind kind;
  char *path;     /**< as the project has it, before a move */
  char *new_path; /**< NULL: it was only listed */
  size_t items;
  bool there;     /**< what the project says, or in a move the new path, can be read and is of its kind */
  size_t checked; /**< images looked at, of which the following four are all */
  size_t found, missing, unreadable, different; /**< the same; not there; there, but not to be read; others */
} lnti_relink_source;

typedef struct lnti_relink_result {
  lnti_relink_source *source; /**< [n] by id */
  size_t n, capacity, moved;
} lnti_relink_result;

typedef struct lnti_relink_options {
  bool all;   /**< check every image: else the first, the last and LNTI_RELINK_SAMPLE in between */
  bool force; /**< move although images are missing or cannot be read; never where they are others */
  const lnti_progress *progress;
} lnti_relink_options;

/** "folder", "array", "archive". */
const char *lnti_source_kind_name(lnti_source_kind kind);

/** All sources with the number of their items, and whether they are there. Nothing is changed. */
LNT_MUST_CHECK lnt_status lnti_sources(lnti_relink_result *out, lnti_project *project, lnt_error *err);

/**
 * Moves the sources whose path is `old_path`, or lies below it, to `new_path`, in one operation. An image is the same where its
 * content hash is that of its import.
 * @param old_path  need not exist any more; relative to the current folder
 * @param new_path  must exist
 * @return LNT_OK; LNT_ENOTFOUND (no such source; nothing at the new path; images that are not there); LNT_ECONFLICT (images
 *         that are others; something of another kind); LNT_EIO (images that cannot be read); LNT_EEXISTS (a source of this project is there already); LNT_EINVAL
 *         (both paths are the same); LNT_ECANCELLED. Nothing is changed then. Messages name the first example.
 */
LNT_MUST_CHECK lnt_status lnti_relink(lnti_relink_result *out, lnti_project *project, const char *old_path,
                                      const char *new_path, const lnti_relink_options *options, lnt_error *err);
void lnti_relink_result_clear(lnti_relink_result *result);

#endif
