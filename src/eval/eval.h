/**
 * @file eval.h
 * How good a classifier is: metrics on probabilities and true labels, their bootstrap intervals, and the
 * calibration of scores. All sums in double. Every metric equals scikit-learn's of the same name to 1e-9
 * where that has one.
 */
#ifndef LNTI_EVAL_EVAL_H
#define LNTI_EVAL_EVAL_H

#include <base/context.h>
#include <eval/measure.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
  LNTI_ECE_BINS = 15,
  LNTI_EVALUATE_ITEMS_MAX = 1 << 28,
  LNTI_CONFUSION_DENSE_MAX = 1000 /**< classes; above, the confusion is a list: the table would take 8 k^2 bytes */
};

/** The headline metrics, in the order of lnti_metric_name. */
typedef enum lnti_metric_id {
  LNTI_ACCURACY,          /**< share of items whose most probable class is the true one */
  LNTI_BALANCED_ACCURACY, /**< mean recall over the classes that occur */
  LNTI_MACRO_F1,          /**< mean F1 over the classes that occur, as f1_score with labels=unique(true) */
  LNTI_LOG_LOSS,          /**< mean -ln p(true); p clipped to [2^-52, 1 - 2^-52], rows then made to sum to 1 */
  LNTI_ECE,               /**< Guo et al., ICML 2017, LNTI_ECE_BINS bins, top-1 */
  LNTI_AUROC, /**< two classes: of class 1; more: mean of one-vs-rest over classes that occur (and not all do) */
  LNTI_METRICS
} lnti_metric_id;

/** "accuracy", "balanced_accuracy", "macro_f1", "log_loss", "ece", "auroc". */
const char *lnti_metric_name(lnti_metric_id metric);
/** One plain sentence for people who know no statistics. */
const char *lnti_metric_help(lnti_metric_id metric);
/** True where less is better. */
bool lnti_metric_lower_is_better(lnti_metric_id metric);

/** One class against the rest. Undefined values (0/0) are NaN: written as null. */
typedef struct lnti_class_metrics {
  size_t n;         /**< items whose true class it is */
  size_t predicted; /**< items predicted as it */
  size_t hits;      /**< items of it predicted as it */
  double precision, recall, specificity, f1;
  double average_precision; /**< sum of (R_i - R_{i-1}) P_i over thresholds, as scikit-learn's */
} lnti_class_metrics;

/** Items of one class predicted as one class. */
typedef struct lnti_confusion {
  size_t truth, predicted;
  uint64_t n; /**< never 0 */
} lnti_confusion;

/** Items by confidence of the top class, for the calibration plot. */
typedef struct lnti_calibration_bin {
  size_t n;
  double confidence, accuracy; /**< means; NaN where n = 0 */
} lnti_calibration_bin;

typedef struct lnti_evaluation {
  size_t n, k;
  double value[LNTI_METRICS];   /**< NaN where undefined (AUROC with one class) */
  double ci95[LNTI_METRICS][2]; /**< 2.5 % and 97.5 % of the resamples, of all but LNTI_ACCURACY and
                                                LNTI_LOG_LOSS moved by their bias; NaN without resamples */
  lnti_class_metrics *classes;  /**< [k] */
  uint64_t *confusion;          /**< [k,k], row true, column predicted; NULL above
                                                LNTI_CONFUSION_DENSE_MAX classes */
  lnti_confusion *cell;         /**< [n_cells] where `confusion` is NULL: what occurs, by true class, then
                                                predicted; at most n */
  size_t n_cells;
  lnti_calibration_bin bin[LNTI_ECE_BINS]; /**< equal width, (b/15, (b+1)/15] */
  double *resample; /**< [LNTI_METRICS,resamples] each metric of each resample, for lnti_compare; NULL without */
  unsigned resamples;
} lnti_evaluation;

typedef struct lnti_evaluate_options {
  unsigned resamples; /**< of the bootstrap; 0: no intervals */
  uint64_t seed;
  const uint32_t *group; /**< [n] items with the same number are resampled together; NULL: each alone */
  size_t n_groups; /**< not 0: the items are a part of others, with groups [0,n_groups), which are drawn as for these */
} lnti_evaluate_options;

#define LNTI_EVALUATE_OPTIONS_INIT \
  { 1000, 0, NULL, 0 }

/** Numbers the groups 0, 1, ... in the order of their numbers; free() *out [n]. */
LNT_MUST_CHECK lnt_status lnti_number_groups(uint32_t **out, size_t *n_groups_out, const uint32_t *group, size_t n,
                                             lnt_error *err);

/**
 * @param prob   [n,k] f32, rows summing to 1 within 1e-3
 * @param label  [n] in [0,k)
 * @return LNT_OK; LNT_EINVAL (n or k is 0); LNT_EDATA (label outside, probability NaN or outside [0,1], row sum);
 *         LNT_ELIMIT (n or k above LNTI_EVALUATE_ITEMS_MAX); LNT_ENOMEM; LNT_ECANCELLED.
 * O(nk + resamples * n * classes that occur / 8) time; 4 n bytes for the order of each class that occurs, 40 n, and
 *         what a class takes: some 200 bytes, and up to LNTI_CONFUSION_DENSE_MAX classes 8 k. Percentile bootstrap: Efron and Tibshirani, An Introduction to the
 *         Bootstrap, 1993, ch. 13; resample r draws with rng stream r, so intervals do not depend on threads. Resamples
 * that leave a metric undefined (AUROC when only one class was drawn) do not count for it. The intervals of all but
 *         LNTI_ACCURACY and LNTI_LOG_LOSS are moved by the bootstrap's estimate of bias (the same, section 10.3), since
 *         resampling alone raises or lowers them; they lie in [0,1] and hold the value.
 */
LNT_MUST_CHECK lnt_status lnti_evaluation_new(lnti_evaluation **out, const float *prob, const int32_t *label, size_t n,
                                              size_t k, const lnti_evaluate_options *options,
                                              const lnti_context *context, lnt_error *err);
void lnti_evaluation_free(lnti_evaluation *evaluation);
/** Borrowed from the evaluation; NULL: names alone. */
lnti_measures lnti_evaluation_measures(const lnti_evaluation *evaluation);

/** The next cell of the confusion that is not empty, by true class, then predicted; false after the last. However the
 *  evaluation keeps them. @param at  0 at first; where to go on. */
bool lnti_confusion_next(lnti_confusion *out, size_t *at, const lnti_evaluation *evaluation);

/**
 * The LNTI_ECE of lnti_evaluation_new alone, to the bit: without orders, counts by class and intervals.
 * @param ece_out  in [0,1]; untouched on failure
 * @return as lnti_evaluation_new. O(nk) time, 17 n bytes.
 */
LNT_MUST_CHECK lnt_status lnti_ece(double *ece_out, const float *prob, const int32_t *label, size_t n, size_t k,
                                   const lnti_context *context, lnt_error *err);

/**
 * Temperature scaling (Guo et al., ICML 2017): the T > 0 that minimises the mean log loss of
 * softmax(score / T).
 * @param score  [n,k] f32 log-probabilities or logits; -inf: never that class (a row whose true class is at
 *               -inf has no say)
 * @return LNT_OK with T in [0.05, 20] (at an end where the data ask for more; 1 where the loss is the same at
 *         every T, as with one class); LNT_EDATA (label outside, score NaN or +inf, row of nothing but -inf);
 *         LNT_EINVAL (n or k is 0); LNT_ENOMEM; LNT_ECANCELLED. Same T on any number of threads.
 */
LNT_MUST_CHECK lnt_status lnti_temperature_fit(double *temperature_out, const float *score, const int32_t *label,
                                               size_t n, size_t k, const lnti_context *context, lnt_error *err);
/** prob = softmax(score / T) by row; prob may be score. */
void lnti_temperature_apply(float *prob, const float *score, size_t n, size_t k, double temperature);

#endif
