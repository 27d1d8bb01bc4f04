/**
 * @file calibrate.h
 * Fitting with honest probabilities: calibration and validation on rows that the scored model has not seen, the shipped
 * model fitted on all training rows.
 */
#ifndef LNTI_FLOW_CALIBRATE_H
#define LNTI_FLOW_CALIBRATE_H

#include <flow/extract/extract.h>
#include <flow/train/folds.h>
#include <flow/train/tasks.h>
#include <eval/class_tree.h>
#include <model/learner.h>

enum { LNTI_HOLD_OUT_FROM = 2000, LNTI_CALIBRATION_ROWS_MAX = 10000 };

/** What was found. */
typedef struct lnti_calibration {
  lnti_scale scale;
  float *prob;      /**< [n,k] calibrated probabilities (or numbers) of the rows it was done on */
  lnti_truth truth; /**< of these; its n is that of the others */
  uint32_t *group;  /**< [n] rows of one number belong together; NULL: each is alone */
  size_t n;
  size_t
      n_unlearned; /**< rows left out of it: without them, and what belongs to them, no row of their class was left */
  char on[96];     /**< "held out, 6,000 rows" */
} lnti_calibration;

/** What is fitted and calibrated on. */
typedef struct lnti_calibrated_rows {
  lnti_vectors *train;     /**< vectors; reordered in place, together with their truth: held-out rows go to the end */
  lnti_truth *truth;       /**< of train */
  const uint32_t *group;   /**< [train->n] rows that belong together have the number of their lowest (flow/groups.h) */
  const lnti_vectors *val; /**< validation rows; n = 0: none */
  const lnti_truth *val_truth;
  const uint32_t *val_group;   /**< [val->n] as `group`; NULL: each is alone */
  const lnti_class_tree *tree; /**< of LNTI_HIERARCHICAL */
  const double *weight;        /**< [k] as in lnti_problem; NULL */
  uint64_t seed;
} lnti_calibrated_rows;

/**
 * Fits `learner` and calibrates, in the first way that applies:
 * - validation rows are given: those;
 * - the learner scores its own rows left out (kNN): a seeded sample of at most LNTI_CALIBRATION_ROWS_MAX of those that
 *   belong together with no others, if these are half of the rows at least;
 * - from LNTI_HOLD_OUT_FROM rows on: a stratified fifth, at most LNTI_CALIBRATION_ROWS_MAX, held out of a first fit;
 * - else LNTI_FOLDS stratified folds, each scored by a fit on the others.
 * Rows without which their class could not be learned are not judged: a model that has never seen it must be wrong.
 * Rows of one group are held out together: a picture does not vouch for itself, nor a frame for its neighbour.
 * What is fitted may refer to the training rows: they must outlive it. Errors as the learner's fit.
 */
LNT_MUST_CHECK lnt_status lnti_calibrated_fit(lnti_fitted **out, lnti_fit_report *report_out,
                                              lnti_calibration *calibration_out, const lnti_learner *learner,
                                              const lnti_params *params, const lnti_calibrated_rows *rows,
                                              const lnti_context *context, lnt_error *err);
void lnti_calibration_clear(lnti_calibration *calibration);

#endif
