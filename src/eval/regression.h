/**
 * @file regression.h
 * How good a model is that answers with a number.
 */
#ifndef LNTI_EVAL_REGRESSION_H
#define LNTI_EVAL_REGRESSION_H

#include <eval/eval.h>
#include <eval/measure.h>

enum { LNTI_RESIDUAL_BINS = 10 };

/** The headline measures, in the order of lnti_regression_measures. Error: answer - truth. */
typedef enum lnti_regression_id {
  LNTI_R_MAE,          /**< mean |error| */
  LNTI_R_RMSE,         /**< root of the mean squared error */
  LNTI_R_R2,           /**< 1 - sum error^2 / sum (truth - its mean)^2; NaN where the truth is constant */
  LNTI_R_SPEARMAN,     /**< correlation of the ranks, ties by their mean rank; NaN where one side is constant */
  LNTI_R_MEDIAN_ERROR, /**< median |error| */
  LNTI_R_BIAS,         /**< mean error: above 0 where answers are too high */
  LNTI_R_METRICS
} lnti_regression_id;

/** Errors of the items whose truth is in a range; both ends are truths of items. NaN where n is 0. */
typedef struct lnti_residual_bin {
  size_t n;
  double low, high;
  double mean; /**< error */
  double mae;
  double p10, median, p90; /**< errors */
} lnti_residual_bin;

typedef struct lnti_regression_options {
  lnti_evaluate_options resample;
  double
      train_mean; /**< of the training's values: what always answering it would give; NaN: the mean of these truths */
  double
      interval[2]; /**< the model's own prediction interval: answer + interval[0] to answer + interval[1]; NaN: none */
} lnti_regression_options;

typedef struct lnti_regression_evaluation {
  size_t n;
  double value[LNTI_R_METRICS];
  double ci95[LNTI_R_METRICS][2]; /**< percentiles of the resamples */
  double mean_value;              /**< that the predictor of the mean answers */
  double mean_mae, mean_rmse;     /**< of always answering it */
  double mae_gain_ci95[2]; /**< of mean_mae - mae on the same resamples: above 0 the model has learned something */
  double truth_min, truth_max, predicted_min, predicted_max;
  double interval_coverage;                  /**< share of truths within the model's own interval; NaN without one */
  lnti_residual_bin bin[LNTI_RESIDUAL_BINS]; /**< [n_bins] by rising truth, about as many items each */
  size_t n_bins;                             /**< fewer where truths are equal */
  double *resample;                          /**< [LNTI_R_METRICS,resamples] and more behind; NULL without */
  unsigned resamples;
} lnti_regression_evaluation;

/**
 * @param predicted  [n] finite
 * @param truth      [n] finite
 * @return LNT_OK; LNT_EINVAL (n is 0); LNT_EDATA (NaN or infinite: names the row); LNT_ELIMIT; LNT_ENOMEM; LNT_ECANCELLED.
 * O(n log n) and O(resamples n) time, 80 n bytes. Does not depend on threads.
 */
LNT_MUST_CHECK lnt_status lnti_regression_evaluation_new(lnti_regression_evaluation **out, const float *predicted,
                                                         const double *truth, size_t n,
                                                         const lnti_regression_options *options,
                                                         const lnti_context *context, lnt_error *err);
void lnti_regression_evaluation_free(lnti_regression_evaluation *evaluation);
/** Borrowed from the evaluation; NULL: names alone. */
lnti_measures lnti_regression_measures(const lnti_regression_evaluation *evaluation);

#endif
