/**
 * @file items.h
 * `linnet annotate`: answers for items by number or path, for all that match a filter, or for the lines of a table. All of
 * one call is one operation; each item stands or falls by itself, unless `strict`.
 */
#ifndef LNTI_FLOW_ANNOTATE_ITEMS_H
#define LNTI_FLOW_ANNOTATE_ITEMS_H

#include <flow/project.h>

typedef struct lnti_annotate_items_options {
  const char *const *items; /**< [n_items] numbers or paths */
  size_t n_items;
  const char *where; /**< a filter, in their place; NULL */
  const char *file; /**< a table with a line an item, in their place: CSV or JSON Lines, "-" the standard input; NULL */
  const char *
      predictions; /**< of this model, stored, are the answers of items that have none; `where` may choose among them */
  double min_confidence;  /**< of those that are taken; 0: all */
  const char *const *set; /**< [n_set] "KEY=VALUE" */
  size_t n_set;
  const char *const *clear; /**< [n_clear] KEY */
  size_t n_clear;
  double confidence;   /**< of the answers that give none; NaN */
  const char *comment; /**< NULL */
  const char *skip;    /**< why they are skipped; NULL */
  bool unskip;         /**< takes a skip back */
  bool if_unchanged;
  int64_t unchanged_since; /**< see lnti_annotate_options */
  bool strict;             /**< nothing is written where anything is refused */
  bool dry_run;            /**< only counted */
  lnti_refused_visit refused;
  void *payload;
} lnti_annotate_items_options;

typedef struct lnti_annotate_items_result {
  int64_t op_id;                                /**< 0: nothing was written */
  int64_t position;                             /**< the newest row of the log after it, for `unchanged_since` */
  size_t n_items;                               /**< looked at, each once */
  size_t n_lines;                               /**< of a table, those that are refused too; 0: there is none */
  size_t n_touched;                             /**< of which something changed */
  size_t n_added, n_changed, n_same, n_retired; /**< answers, as of lnti_annotated */
  size_t n_kept;                                /**< of predictions: the item has another answer, which stays */
  size_t n_comments, n_skips;                   /**< remarks written or taken back */
  size_t n_reviewed;                            /**< items that waited for review, and are done now */
  size_t n_refused;
} lnti_annotate_items_result;

/**
 * @return LNT_OK, also where some were refused; LNT_EINVAL (what is asked makes no sense: nothing is looked at); LNT_EDATA
 *         (strict, and something was refused; a table that is none); LNT_ENOTFOUND (a file)...
 */
LNT_MUST_CHECK lnt_status lnti_annotate_items(lnti_annotate_items_result *out, lnti_project *project,
                                              const lnti_annotate_items_options *options, lnt_error *err);

#endif
