/**
 * @file cuts.h
 * Images that belong together and lie in more than one split all the same, and the command that mends it.
 */
#ifndef LNTI_FLOW_SPLIT_CUTS_H
#define LNTI_FLOW_SPLIT_CUTS_H

#include <flow/roster.h>
#include <flow/snapshot/snapshot_read.h>
#include <flow/split/split.h>

typedef struct lnti_cuts {
  size_t n;      /**< sets that are cut */
  size_t n_sets; /**< all sets of two or more images */
  char *
      key; /**< what was found to belong together (lnti_leaks_key); NULL: equal and near images and item groups alone */
  char *a, *b; /**< URIs of two images of one set in different splits; NULL where nothing is cut */
  bool
      large; /**< they are near sets that are too large to stay together unasked (lnti_near_most), and no other is cut */
  bool then;         /**< the splits are a snapshot's */
  lnti_text command; /**< what to type, for a shell; a split that it makes cuts none of these */
} lnti_cuts;

/** With the splits that the roster says (LNTI_ROSTER_NAMES, LNTI_ROSTER_SIGNATURES).
 *  @param made  how these splits were made: the command keeps the keys that were chosen; NULL: elsewhere */
LNT_MUST_CHECK lnt_status lnti_cuts_find(lnti_cuts *out, lnti_project *project, const lnti_roster *roster,
                                         const lnti_split_info *made, lnt_error *err);
void lnti_cuts_clear(lnti_cuts *cuts);
/** Adds a warning where something is cut: how many sets, an example, what to type. */
LNT_MUST_CHECK lnt_status lnti_cuts_warn(lnti_messages *warnings, const lnti_cuts *cuts, lnt_error *err);
/** Finds, by the splits as they are stored or as a snapshot has them, and warns.
 *  @param snapshot  NULL: as they are  @param n_out  sets that are cut, without large ones; NULL */
LNT_MUST_CHECK lnt_status lnti_cuts_look(size_t *n_out, const lnti_snapshot *snapshot, lnti_messages *warnings,
                                         lnti_project *project, lnt_error *err);

#endif
