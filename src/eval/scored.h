/**
 * @file scored.h
 * Inside of eval/: a scored set (what is needed of the probabilities, computed once) and the metrics of weighted
 * copies of it. A resample is the same items with a weight each, so that nothing is copied or sorted again.
 */
#ifndef LNTI_EVAL_SCORED_H
#define LNTI_EVAL_SCORED_H

#include <eval/eval.h>

/** Weightings handled side by side: one load of an item serves all of them, and they fit vector registers. */
enum { LNTI_WEIGHTINGS = 8 };

/** A stretch of an order that ends with positives of one score. */
typedef struct lnti_run {
  uint32_t below;    /**< negatives with scores above the run before and below this score */
  uint32_t equal;    /**< negatives of this score */
  uint32_t positive; /**< positives of this score, at least 1 */
} lnti_run;

/** The items by rising probability of one class that occurs; within equal scores negatives first. */
typedef struct lnti_ranking {
  uint32_t class;
  size_t n_runs;
  lnti_run *run;   /**< [n_runs] in the order; negatives above the last are in none */
  uint32_t *order; /**< [n] */
} lnti_ranking;

typedef struct lnti_scored {
  size_t n, k;
  const int32_t *label;  /**< [n] borrowed */
  uint32_t *predicted;   /**< [n] first largest of the row */
  float *confidence;     /**< [n] its probability */
  double *loss;          /**< [n] -ln p(true) */
  uint8_t *bin;          /**< [n] of the calibration */
  lnti_ranking *ranking; /**< [n_rankings] of the classes that occur */
  size_t n_rankings;
  uint32_t *order; /**< [n_rankings,n] behind them */
  lnti_run *run;   /**< [n] behind them: an item is positive once */
} lnti_scored;

/** Sums over one calibration bin under the first weighting. */
typedef struct lnti_bin_sums {
  uint64_t n, hits;
  double confidence;
} lnti_bin_sums;

/** The calibration error of the bins, NaN where they are empty. */
double lnti_ece_of(const lnti_bin_sums bins[LNTI_ECE_BINS]);

/**
 * All headline metrics under LNTI_WEIGHTINGS weightings at once.
 * @param value_out  NaN where a weighting leaves a metric undefined
 * @param bins_out   of the first weighting; NULL: not wanted
 * @param weight     [n,LNTI_WEIGHTINGS] how often each item counts
 * @param count      [3,k,LNTI_WEIGHTINGS] scratch, overwritten
 * O(n * classes that occur). Sums run in item order, so a weighting's result does not depend on its neighbours.
 */
void lnti_metrics_weighted(double value_out[LNTI_WEIGHTINGS][LNTI_METRICS], lnti_bin_sums bins_out[LNTI_ECE_BINS],
                           const lnti_scored *scored, const uint8_t *weight, uint32_t *count);

/**
 * Percentile intervals of every headline metric; resamples that leave a metric undefined do not count for it.
 *
 * That of all but LNTI_ACCURACY and LNTI_LOG_LOSS is [q(2.5 %) - b, q(97.5 %) - b], where b = mean of the resamples - estimate is the bootstrap's estimate
 * of bias (Efron and Tibshirani, An Introduction to the Bootstrap, 1993, section 10.3), cut to [0,1] and, where it would
 * still leave the estimate out, reaching to it. The estimate itself is not corrected: it is the figure of the paper.
 * @param estimate  the metrics of the items themselves
 * @return LNT_OK; LNT_ENOMEM; LNT_ECANCELLED.
 */
LNT_MUST_CHECK lnt_status lnti_bootstrap(double ci95_out[LNTI_METRICS][2], const double estimate[LNTI_METRICS],
                                         const lnti_scored *scored, const lnti_evaluate_options *options,
                                         const lnti_context *context, lnt_error *err);

/** Counts the evaluation's confusion, of a filled set. LNT_ENOMEM: the caller frees the evaluation. */
LNT_MUST_CHECK lnt_status lnti_confusion_count(lnti_evaluation *e, const lnti_scored *scored, lnt_error *err);

/* ---- what intervals of all kinds are made of ---- */

/**
 * Accuracy, balanced accuracy and macro F1 of one weighting's counts; the other values stay.
 * @param count  [3,k,LNTI_WEIGHTINGS] weight of each class, of each prediction, and of right predictions of each class
 */
void lnti_count_metrics(double value[LNTI_METRICS], const uint32_t *count, size_t k, size_t lane);
/** Numbers the groups 0, 1, ... in the order of their numbers; free() *out [n]. */
LNT_MUST_CHECK lnt_status lnti_number_groups(uint32_t **out, size_t *n_groups_out, const uint32_t *group, size_t n,
                                             lnt_error *err);
/** Draws resamples [first, first+lanes) into drawn [n_groups,LNTI_WEIGHTINGS]; lanes <= LNTI_WEIGHTINGS. */
void lnti_draw_groups(uint8_t *drawn, size_t n_groups, uint64_t seed, size_t first, size_t lanes);
/** The q-quantile of n values without NaN, linear between neighbours; sorts them. NaN where n is 0. */
double lnti_quantile(double *value, size_t n, double q);
/** 2.5 % and 97.5 % of the defined values, which are sorted to the front; returns how many these are. */
size_t lnti_interval(double ci95[2], double *value, size_t n);
/** Moves an interval back by the bias of its n resamples, none of which is undefined: mean(value) - estimate. It stays in
 *  [0,1] and holds the estimate. */
void lnti_take_back_bias(double ci95[2], const double *value, size_t n, double estimate);

/** A key with the index it belongs to. */
typedef struct lnti_keyed {
  uint32_t key, index;
} lnti_keyed;

/** Stable radix sort by key, 11 bits a pass; `spare` is as long as `data`. O(n). */
void lnti_keyed_sort(lnti_keyed *data, lnti_keyed *spare, size_t n);

#endif
