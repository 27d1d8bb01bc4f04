/**
 * @file snapshot.h
 * Snapshots: the data as they were at one moment, under a name. Of each item what a training depends on is kept (its
 * content, split, group and answers), not the image. A fingerprint says whether two data sets are the same; a diff says how
 * they differ.
 */
#ifndef LNTI_FLOW_SNAPSHOT_H
#define LNTI_FLOW_SNAPSHOT_H

#include <flow/project.h>

/** Stands for the data as they are, where a snapshot may be named. */
#define LNTI_SNAPSHOT_NOW "now"

/**
 * Takes one of the items that match. Written in blocks: memory does not grow with their number.
 * @param name   no snapshot's yet, one line, not "now"
 * @param where  filter; NULL or "": all
 * @return LNT_OK; LNT_EINVAL (name, filter); LNT_EEXISTS; LNT_ECONFLICT (the data changed meanwhile); LNT_ECANCELLED; as the store.
 */
LNT_MUST_CHECK lnt_status lnti_snapshot_create(lnti_project *project, const char *name, const char *where,
                                               const lnti_progress *progress, lnt_error *err);
LNT_MUST_CHECK lnt_status lnti_snapshot_remove(lnti_project *project, const char *name, lnt_error *err);
/** LNT_ENOTFOUND, with the names that there are. */
LNT_MUST_CHECK lnt_status lnti_snapshot_fail_unknown(lnti_project *project, const char *name, lnt_error *err);

/** So many items, or answers, went from one to another; "" stands for none. */
typedef struct lnti_snapshot_move {
  char *question; /**< its path, of options of a checklist with "/OPTION"; NULL: of splits */
  char *from, *to;
  size_t n;
} lnti_snapshot_move;

typedef struct lnti_snapshot_diff {
  size_t n_before, n_after;
  size_t added, removed; /**< items */
  size_t replaced;       /**< items that are another picture now */
  size_t regrouped;      /**< items that belong to another group */
  size_t n_changed;      /**< items with a change of any kind, added and removed ones not counted */
  bool same;             /**< nothing differs, the ontology included */
  bool ontology_changed;
  lnti_snapshot_move *moves; /**< [n_moves] of splits, then of answers, the largest first */
  size_t n_moves;
  size_t unlisted; /**< changes beyond LNTI_SNAPSHOT_MOVES_MAX different ones */
} lnti_snapshot_diff;
enum { LNTI_SNAPSHOT_MOVES_MAX = 10000 };

/** How `after` differs from `before`; each a name or "now" (then the items that the other's filter finds). Items are the same by their number. In a stream. */
LNT_MUST_CHECK lnt_status lnti_snapshot_compare(lnti_snapshot_diff *out, lnti_project *project, const char *before,
                                                const char *after, lnt_error *err);
void lnti_snapshot_diff_clear(lnti_snapshot_diff *diff);

#endif
