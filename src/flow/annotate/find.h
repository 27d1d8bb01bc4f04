/**
 * @file find.h
 * Which item a person means by a number or a path.
 */
#ifndef LNTI_FLOW_ANNOTATE_FIND_H
#define LNTI_FLOW_ANNOTATE_FIND_H

#include <flow/table/find.h>

/** Of the project alone all else is NULL or empty at first; lnti_item_names_clear frees. */
typedef struct lnti_item_names {
  lnti_project *project; /**< borrowed */
  lnti_finder *finder;   /**< NULL: not needed yet */
  lnti_arena found;      /**< of the finder */
} lnti_item_names;

/** A path as the tables of import have them, as seen from the current folder. LNT_ENOTFOUND; LNT_EDATA (several end so). */
LNT_MUST_CHECK lnt_status lnti_item_names_path(int64_t *id_out, lnti_item_names *names, const char *path,
                                               lnt_error *err);
/** A number (no item need have it), or a path. */
LNT_MUST_CHECK lnt_status lnti_item_names_find(int64_t *id_out, lnti_item_names *names, const char *text,
                                               lnt_error *err);
void lnti_item_names_clear(lnti_item_names *names);

/** The item of a number, or of a path, which is there. LNT_ENOTFOUND; LNT_EDATA (several end so). */
LNT_MUST_CHECK lnt_status lnti_item_by_name(int64_t *id_out, lnti_project *project, const char *name, lnt_error *err);

#endif
