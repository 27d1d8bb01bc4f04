/**
 * @file slices.h
 * How good a classifier is on parts of the items, "slices" (one camera, one site), and how far the best and the worst part
 * are from each other.
 */
#ifndef LNTI_EVAL_SLICES_H
#define LNTI_EVAL_SLICES_H

#include <eval/eval.h>

enum {
  LNTI_SLICE_ITEMS_ENOUGH = 30,  /**< items that a slice must have to be compared with others */
  LNTI_SLICE_GROUPS_ENOUGH = 10, /**< and groups that these must come from */
  LNTI_SLICES_MAX = 1000,        /**< slices of one key */
  LNTI_SLICE_MEASURES = 3
};

/** One slice. NaN where undefined, and where there are no resamples. */
typedef struct lnti_slice {
  size_t n, n_groups; /**< items; groups that are drawn as one, of which it has some */
  size_t hits;        /**< items that got their true class */
  double
      value[LNTI_SLICE_MEASURES]; /**< the first is what slices are compared by; of classes accuracy, and macro F1 over
                                      *   the classes that occur in it: NaN with items of one class */
  double ci95[LNTI_SLICE_MEASURES][2];
} lnti_slice;

/** The best slice against the worst, by the first measure, among those with enough items. */
typedef struct lnti_slice_gap {
  size_t n_enough;    /**< slices that have LNTI_SLICE_ITEMS_ENOUGH and LNTI_SLICE_GROUPS_ENOUGH */
  size_t best, worst; /**< slices; without meaning where n_enough < 2 */
  double difference;  /**< of their values, at least 0; NaN where n_enough < 2 */
  double ci95[2]; /**< holds it; NaN too without resamples. Below 0 at its lower end: chance alone may have made it */
} lnti_slice_gap;

/** Slices of any measure, to be compared. All borrowed. */
typedef struct lnti_slice_gap_of {
  const lnti_slice *slices; /**< [n] */
  size_t n;
  const bool *compared;          /**< [n] may be best or worst; NULL: all */
  const double *const *resample; /**< [n] the first value's resamples, [resamples] each, drawn alike for all slices */
  unsigned resamples;            /**< 0: no interval */
  bool lower_is_better;
  double most; /**< that two values can differ by: 1 of shares */
} lnti_slice_gap_of;

/**
 * The interval holds for all pairs of slices at once, since the best and the worst are picked after the fact: of
 * ten equally good slices some two are always far apart. With d a difference of two slices, d* that of a resample and s the
 * standard deviation of d* - d, it is d -+ t s, where in 95 % of the resamples |d* - d| <= t s for every pair: Tukey's
 * range for unequal variances, by the bootstrap (Westfall and Young, Resampling-Based Multiple Testing, 1993, ch. 2).
 * @return LNT_OK; LNT_ENOMEM. O(resamples * n^2).
 */
LNT_MUST_CHECK lnt_status lnti_slice_gap_find(lnti_slice_gap *out, const lnti_slice_gap_of *of, lnt_error *err);

typedef struct lnti_slice_items {
  size_t n, k, n_slices;     /**< n_slices <= LNTI_SLICES_MAX */
  const int32_t *label;      /**< [n] in [0,k) */
  const uint32_t *predicted; /**< [n] in [0,k) */
  const uint32_t *slice;     /**< [n] in [0,n_slices) */
  const bool *compared;      /**< [n_slices] may be best or worst; NULL: all */
} lnti_slice_items;

/**
 * @param out      [n_slices]
 * @param options  the resamples are those of lnti_evaluation_new with the same options
 *
 * Intervals of accuracy and macro F1: as in lnti_evaluation, the one of macro F1 moved by its bias. A slice that lies in one
 * group has none: nothing is known of other groups. Where a slice is all right (or all wrong) resampling shows no spread,
 * whatever its size; its interval is then the exact one of Clopper and Pearson (The use of confidence or fiducial limits,
 * Biometrika 26, 1934) for as many answers as it has groups: [0.025^(1/m), 1]; of macro F1 there is none then.
 *
 * The gap is that of lnti_slice_gap_find. Slices
 * that are all right are drawn there as m answers, each right with probability (m + 1/2)/(m + 1).
 *
 * @return LNT_OK; LNT_EINVAL (n or n_slices is 0); LNT_ELIMIT (too many slices); LNT_ENOMEM; LNT_ECANCELLED.
 * O(resamples * (n + slices * k + slices^2)) time, 16 bytes a resample and slice. Does not depend on threads.
 */
LNT_MUST_CHECK lnt_status lnti_slices_measure(lnti_slice *out, lnti_slice_gap *gap_out, const lnti_slice_items *items,
                                              const lnti_evaluate_options *options, const lnti_context *context,
                                              lnt_error *err);

#endif
