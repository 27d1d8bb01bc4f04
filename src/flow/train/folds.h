/**
 * @file folds.h
 * Cross-validation: every training row is scored by a model that was fitted without it, and without what belongs together
 * with it. The one place where folds are made: calibration and the choice of parameters (choose.h) both go by them.
 * Source: Stone, "Cross-validatory choice and assessment of statistical predictions", Journal of the Royal Statistical
 * Society B 36, 1974.
 */
#ifndef LNTI_FLOW_FOLDS_H
#define LNTI_FLOW_FOLDS_H

#include <flow/evaluate/truth.h>
#include <model/learner.h>

enum { LNTI_FOLDS = 5, LNTI_FOLDS_MAX = 50 };

/** Told after each fit. */
typedef void (*lnti_folds_visit)(void *payload);

/** Rows dealt to folds. Copies the rows of the fits, so it takes as much memory as they do. */
typedef struct lnti_folds {
  const lnti_problem *problem; /**< of all rows; borrowed */
  const lnti_truth *truth;     /**< theirs; borrowed */
  unsigned n;                  /**< folds */
  uint8_t *fold;               /**< [n rows] */
  size_t
      *place; /**< [n rows] which of the judged rows it is; SIZE_MAX: none, its class lies in one fold alone, so that a
                        model without that fold could not know it. (Of labels that are yes, or no, in one fold alone
                        the truth becomes unknown.) */
  size_t n_judged;  /**< 0 too where what some fold leaves cannot be learned from */
  bool warm_starts; /**< a fold's fit begins where its last one ended, where the learner can: nearly the same, sooner */
  lnti_folds_visit fitted; /**< NULL */
  void *fitted_payload;
  struct lnti_folds_memory *memory;
} lnti_folds;

/**
 * Stratified: the groups of each stratum (lnti_truth_strata; that of their lowest row) are dealt round in random order, from where the
 * stratum before ended.
 * @param problem   of all rows; must outlive the folds, as `truth` must, which poses it
 * @param group     [n rows] rows that belong together have the number of their lowest (flow/groups.h)
 * @param n_folds   2 to LNTI_FOLDS_MAX
 */
LNT_MUST_CHECK lnt_status lnti_folds_new(lnti_folds *out, const lnti_problem *problem, const lnti_truth *truth,
                                         const uint32_t *group, unsigned n_folds, lnt_error *err);
/** Safe on a zeroed struct. */
void lnti_folds_clear(lnti_folds *folds);

/**
 * Fits on the rows outside of each fold that has rows to judge, and scores those inside.
 * @param score_out  [n_judged,k] of the learner's scores, in the order of the rows
 * Errors as the learner's fit and score.
 */
LNT_MUST_CHECK lnt_status lnti_folds_score(float *score_out, lnti_fit_report *report_out, lnti_folds *folds,
                                           const lnti_learner *learner, const lnti_params *params,
                                           const lnti_context *context, lnt_error *err);

/** How many fits one scoring takes. */
size_t lnti_folds_used(const lnti_folds *folds);

/** What belongs to the judged rows: out [n_judged] = of [n rows]. */
void lnti_folds_truths(lnti_truth *out, const lnti_folds *folds);
void lnti_folds_numbers(uint32_t *out, const lnti_folds *folds); /**< which fold */
void lnti_folds_groups(uint32_t *out, const lnti_folds *folds, const uint32_t *group);

#endif
