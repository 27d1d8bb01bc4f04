/**
 * @file scored.h
 * Inside of eval/: a scored set (what is needed of the probabilities, computed once) and the metrics of weighted
 * copies of it. A resample is the same items with a weight each, so that nothing is copied or sorted again.
 */
#ifndef LNTI_EVAL_SCORED_H
#define LNTI_EVAL_SCORED_H

#include <eval/resample.h>
#include <math.h>

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
 * The headline metrics of every resample, and their percentile intervals; resamples that leave a metric undefined do not count
 * for it. That of all but LNTI_ACCURACY and LNTI_LOG_LOSS is moved back by its bias (lnti_take_back_bias).
 * @param e  of which `value` is filled; fills `resample` and `ci95`
 * @return LNT_OK; LNT_ENOMEM; LNT_ECANCELLED.
 */
LNT_MUST_CHECK lnt_status lnti_bootstrap(lnti_evaluation *e, const lnti_scored *scored,
                                         const lnti_evaluate_options *options, const lnti_context *context,
                                         lnt_error *err);

/** The bin (b/15, (b+1)/15] of a probability, for the calibration; the product is exact, as a float has 24 bits and 15 has
 *  four. */
static inline uint8_t lnti_bin_of(float probability) {
  double upper = ceil((double)probability * LNTI_ECE_BINS);
  return upper < 1 ? 0 : (uint8_t)(upper - 1);
}

/** Counts the evaluation's confusion, of a filled set. LNT_ENOMEM: the caller frees the evaluation. */
LNT_MUST_CHECK lnt_status lnti_confusion_count(lnti_evaluation *e, const lnti_scored *scored, lnt_error *err);

/**
 * Accuracy, balanced accuracy and macro F1 of one weighting's counts; the other values stay.
 * @param count  [3,k,LNTI_WEIGHTINGS] weight of each class, of each prediction, and of right predictions of each class
 */
void lnti_count_metrics(double value[LNTI_METRICS], const uint32_t *count, size_t k, size_t lane);

#endif
