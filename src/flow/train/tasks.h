/**
 * @file tasks.h
 * What differs between tasks while training: how scores become probabilities, and what a row costs when parameters are
 * chosen. All else is one path for all of them.
 */
#ifndef LNTI_FLOW_TRAIN_TASKS_H
#define LNTI_FLOW_TRAIN_TASKS_H

#include <flow/evaluate/truth.h>
#include <model/model.h>

/** From scores of rows that the model has not seen to probabilities, or from numbers to how far they are off. Zero-
 *  initialise; what a task has no use for stays so. */
typedef struct lnti_scale {
  double temperature;      /**< of classes */
  lnti_platt *platt;       /**< [k] of labels */
  float *threshold;        /**< [k] of labels: yes from this probability on */
  lnti_residual *residual; /**< [n_residuals] of numbers */
  size_t n_residuals;
  double ece_before; /**< expected calibration error of the scores as they are; NaN where there is none */
  double ece_after;  /**< and of the probabilities, on these same rows */
} lnti_scale;

void lnti_scale_clear(lnti_scale *scale);

enum { LNTI_TASK_COSTS = 2 };

/** The pieces of one task. */
typedef struct lnti_task_pieces {
  const char *cost[LNTI_TASK_COSTS]; /**< what a row's costs are called in JSON: what counts, and another */
  const char *cost_title[LNTI_TASK_COSTS];
  /** Fits the scale to scores [n,k], and turns these into probabilities in place. As lnti_temperature_fit. */
  lnt_status (*fit)(lnti_scale *out, float *score, const lnti_truth *truth, const lnti_context *context,
                    lnt_error *err);
  /** Adds a row's costs to the sums. Returns how many answers that were. */
  size_t (*add_costs)(double sum[LNTI_TASK_COSTS], const float *prob, const lnti_truth *truth, size_t row);
} lnti_task_pieces;

const lnti_task_pieces *lnti_task_pieces_of(lnti_task task);

/** Fits the scale as the task asks; with n = 0 one that changes nothing. */
LNT_MUST_CHECK lnt_status lnti_scale_fit(lnti_scale *out, float *score, const lnti_truth *truth,
                                         const lnti_context *context, lnt_error *err);
/** The interval that holds 90 of 100 truths: what is added to a number for its ends. False where there are no residuals. */
bool lnti_residual_interval(double out[2], const lnti_residual *residual, size_t n);

#endif
