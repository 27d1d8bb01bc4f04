/**
 * @file multilabel.h
 * How good a classifier is that answers each of several labels by itself, yes or no. Answers that are unknown are left out
 * everywhere: they are neither right nor wrong.
 */
#ifndef LNTI_EVAL_MULTILABEL_H
#define LNTI_EVAL_MULTILABEL_H

#include <eval/eval.h>
#include <eval/measure.h>

enum {
  LNTI_LABEL_UNKNOWN = -1,      /**< in truth [n,k]: 1 yes, 0 no */
  LNTI_TUNE_POSITIVES_MIN = 10, /**< a label with fewer has no threshold of its own */
  LNTI_MULTILABEL_CELLS_MAX = 1 << 30
};

/** The headline measures, in the order of lnti_multilabel_measures. */
typedef enum lnti_multilabel_id {
  LNTI_ML_MAP,         /**< mean of the labels' average precision, of those with a yes */
  LNTI_ML_MICRO_F1,    /**< F1 of all known answers thrown together */
  LNTI_ML_MACRO_F1,    /**< mean F1 of the labels that have a yes or are predicted */
  LNTI_ML_EXACT_MATCH, /**< share of the items with a known answer that have each of them right */
  LNTI_ML_AUROC,       /**< mean over the labels with a yes and a no */
  LNTI_ML_LOG_LOSS,    /**< mean -ln p(answer) over the known answers, p clipped to [2^-52, 1 - 2^-52] */
  LNTI_ML_ECE,         /**< mean |share of yes - probability| over LNTI_ECE_BINS bins of the probability of yes, by n */
  LNTI_ML_METRICS
} lnti_multilabel_id;

/** One label. Undefined values are NaN: written as null. */
typedef struct lnti_label_metrics {
  size_t n_yes, n_no, n_unknown;
  size_t predicted; /**< known ones that are predicted yes */
  size_t hits;      /**< of these, those that are */
  double threshold; /**< yes from this probability on */
  double precision, recall, f1;
  double average_precision, auroc;
  double average_precision_ci95[2], f1_ci95[2]; /**< NaN with more than 1,000 labels */
} lnti_label_metrics;

typedef struct lnti_multilabel_evaluation {
  size_t n, k;
  size_t n_known, n_yes; /**< answers of the n k */
  size_t n_items_known;  /**< items with at least one known answer */
  double value[LNTI_ML_METRICS];
  double ci95[LNTI_ML_METRICS][2]; /**< as lnti_evaluation's; of all but exact match and log loss moved by their bias */
  double micro_precision, micro_recall;
  lnti_label_metrics *labels; /**< [k] */
  lnti_calibration_bin
      bin[LNTI_ECE_BINS]; /**< of the probability of yes (`confidence`) and the share of yes (`accuracy`) */
  double *resample;       /**< [LNTI_ML_METRICS,resamples] and more behind; NULL without */
  unsigned resamples;
} lnti_multilabel_evaluation;

/**
 * @param prob       [n,k] f32 probabilities of yes, each by itself
 * @param truth      [n,k] 1 yes, 0 no, LNTI_LABEL_UNKNOWN
 * @param threshold  [k] yes where the probability reaches it; NULL: 0.5 each
 * @return LNT_OK, also where everything is unknown (all NaN then); LNT_EINVAL (n or k is 0); LNT_EDATA (a probability that is
 *         none, another truth, a threshold that is NaN); LNT_ELIMIT; LNT_ENOMEM; LNT_ECANCELLED.
 * O(n k) and O(resamples n k) time; 8 bytes a known answer. The resamples are those of lnti_evaluation_new.
 */
LNT_MUST_CHECK lnt_status lnti_multilabel_evaluation_new(lnti_multilabel_evaluation **out, const float *prob,
                                                         const int8_t *truth, const float *threshold, size_t n,
                                                         size_t k, const lnti_evaluate_options *options,
                                                         const lnti_context *context, lnt_error *err);
void lnti_multilabel_evaluation_free(lnti_multilabel_evaluation *evaluation);
/** Borrowed from the evaluation; NULL: names alone. */
lnti_measures lnti_multilabel_measures(const lnti_multilabel_evaluation *evaluation);

/**
 * The threshold of each label that gives it the best F1 on held-out items; of several equally good ones the one nearest to
 * 0.5. Halfway between the two scores that it parts. Labels with fewer than LNTI_TUNE_POSITIVES_MIN yes, or without a no,
 * have too little to be tuned by: they get the one threshold that gives the best F1 over all labels together; 0.5 where no
 * label has a yes and a no.
 * (Thresholds per label by F1: Yang, A study on thresholding strategies for text categorization, SIGIR 2001, "SCut".)
 * @param threshold_out  [k] in (0,1); untouched on failure
 * @return as lnti_multilabel_evaluation_new. O(n k) time.
 */
LNT_MUST_CHECK lnt_status lnti_thresholds_tune(float *threshold_out, const float *prob, const int8_t *truth, size_t n,
                                               size_t k, const lnti_context *context, lnt_error *err);

#endif
