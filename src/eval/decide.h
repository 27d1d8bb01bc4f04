/**
 * @file decide.h
 * What a model's scores are worth for deciding: how good it is where it may say "I do not know", from which probability on a
 * wrong answer is the cheaper one, and how well it tells what it has never seen.
 */
#ifndef LNTI_EVAL_DECIDE_H
#define LNTI_EVAL_DECIDE_H

#include <eval/eval.h>

enum { LNTI_REJECT_POINTS = 101 }; /**< coverages 0.00, 0.01, ... 1.00 */

/** The items with the highest confidence alone. */
typedef struct lnti_reject_point {
  double coverage;   /**< share of the items that keep their answer */
  double accuracy;   /**< share of right ones among them */
  double confidence; /**< the least among them */
} lnti_reject_point;

/** Accuracy against coverage: the least sure items are left to a person. Items of equal confidence go together: a point has
 *  all that are as sure as its least sure one. */
typedef struct lnti_reject_curve {
  lnti_reject_point
      point[LNTI_REJECT_POINTS]; /**< [n_points] by rising coverage, each above the one before, the last 1 */
  size_t n_points;
  double area; /**< mean accuracy over all coverages, i/n each: 1 is perfect, accuracy where confidence says nothing
                *   (El-Yaniv and Wiener, On the foundations of noise-free selective classification, JMLR 11, 2010;
                *   1 - area is the AURC of Geifman and others, 2019, here without its log) */
} lnti_reject_curve;

/**
 * @param confidence  [n] no NaN
 * @param right       [n]
 * @return LNT_OK; LNT_EINVAL (n is 0); LNT_EDATA (NaN); LNT_ELIMIT; LNT_ENOMEM. O(n).
 */
LNT_MUST_CHECK lnt_status lnti_reject_curve_new(lnti_reject_curve *out, const float *confidence, const bool *right,
                                                size_t n, lnt_error *err);

/** The answers to keep so that `wanted` of them are right. */
typedef struct lnti_reject_threshold {
  bool found;        /**< no: not even the surest items are right so often */
  double confidence; /**< keep what is at least so sure */
  double coverage, accuracy;
} lnti_reject_threshold;

/** The greatest coverage with an accuracy of at least `wanted`. As lnti_reject_curve_new. */
LNT_MUST_CHECK lnt_status lnti_reject_threshold_find(lnti_reject_threshold *out, const float *confidence,
                                                     const bool *right, size_t n, double wanted, lnt_error *err);

/** Yes from `threshold` on, and what that costs on average an item. */
typedef struct lnti_cost_threshold {
  double threshold;               /**< in [0,1]; above 1: never yes */
  double cost;                    /**< (false alarms x their cost + misses x theirs) / known items */
  size_t n, false_alarms, misses; /**< n: known items */
  double cost_at_half;            /**< of yes from 0.5 on */
  double cost_never, cost_always; /**< of always no, of always yes */
} lnti_cost_threshold;

/**
 * The cheapest threshold, for one label or one of two classes; of equally cheap ones that nearest to what the costs ask for
 * where probabilities are right, false_alarm / (false_alarm + miss) (Elkan, The foundations of cost-sensitive learning,
 * IJCAI 2001).
 * @param prob    of item i: prob[i * stride], in [0,1]
 * @param truth   of item i: truth[i * stride]; 1 yes, 0 no, -1 unknown: does not count
 * @param false_alarm,miss  costs of a wrong yes and of a wrong no: at least 0, not both 0
 * @return LNT_OK; LNT_EINVAL (costs; nothing known); LNT_EDATA (no probability); LNT_ELIMIT; LNT_ENOMEM. O(n).
 */
LNT_MUST_CHECK lnt_status lnti_cost_threshold_find(lnti_cost_threshold *out, const float *prob, const int8_t *truth,
                                                   size_t n, size_t stride, double false_alarm, double miss,
                                                   lnt_error *err);

/** Yes from `threshold` on. */
typedef struct lnti_cost_point {
  double threshold, cost; /**< as in lnti_cost_threshold; cost NaN where nothing is known */
  size_t n, false_alarms, misses;
} lnti_cost_point;

/** As lnti_cost_threshold_find, at one threshold. O(n). */
void lnti_cost_at(lnti_cost_point *out, const float *prob, const int8_t *truth, size_t n, size_t stride,
                  double threshold, double false_alarm, double miss);

/** How well a score tells items of classes that the model has never seen. */
typedef struct lnti_unknown_metrics {
  size_t n_known, n_unknown;
  double auroc;           /**< how often an unknown item has the higher score; ties count half */
  double auroc_ci95[2];   /**< NaN without resamples */
  double false_alarms_95; /**< share of known items with a score as high as 95 % of the unknown ones: FPR at 95 % TPR */
  double threshold_95;    /**< the score that 95 % of the unknown items reach */
} lnti_unknown_metrics;

/**
 * @param known,unknown  [n_known], [n_unknown] scores (a distance to the training data): higher is stranger; no NaN
 * @param options        resamples and seed; `group` [n_known + n_unknown], known items first
 * @return LNT_OK; LNT_EINVAL (one of them is empty); LNT_EDATA (NaN); LNT_ELIMIT; LNT_ENOMEM; LNT_ECANCELLED.
 * O(n log n) and O(resamples n).
 */
LNT_MUST_CHECK lnt_status lnti_unknown_measure(lnti_unknown_metrics *out, const float *known, size_t n_known,
                                               const float *unknown, size_t n_unknown,
                                               const lnti_evaluate_options *options, const lnti_context *context,
                                               lnt_error *err);

/** How evenly items are spread over classes. */
typedef struct lnti_class_balance {
  size_t n, n_classes, n_empty;
  size_t largest, smallest; /**< classes; the smallest of those with items; the first of equals */
  double ratio;             /**< items of the largest to those of the smallest; NaN without items */
  double effective; /**< classes that would be as diverse if all had equally many: exp(entropy); NaN without items */
} lnti_class_balance;

/** @param count  [k] items of each class */
void lnti_class_balance_of(lnti_class_balance *out, const size_t *count, size_t k);

#endif
