/**
 * @file reliability.h
 * How much of a calibration error is chance: a few hundred answers never agree exactly with their confidence.
 */
#ifndef LNTI_EVAL_RELIABILITY_H
#define LNTI_EVAL_RELIABILITY_H

#include <base/cancel.h>
#include <base/error.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Beside the calibration error of what a model says. NaN where a task has none. */
typedef struct lnti_reliability {
  double before;      /**< the same error of its scores as they are, uncalibrated */
  double chance;      /**< the mean error of a perfectly calibrated model that is as sure, on as many answers */
  double chance_high; /**< which that model's error stays below 95 times in 100 */
} lnti_reliability;

/** The calibration error LNTI_ECE of answers.
 *  @param p      [n] probabilities, in [0,1]
 *  @param right  [n] whether what they are of was so
 *  @return in [0,1]; NaN with n = 0. */
double lnti_reliability_error(const float *p, const bool *right, size_t n);

/**
 * The calibration error where every answer is right with exactly the probability `p`, by drawing it so 1,000 times. The
 * binned error cannot be negative, so that its mean is above 0 even then (Bröcker and Smith, "Increasing the reliability of
 * reliability diagrams", Weather and Forecasting 22, 2007). Answers count as independent of each other. Of more than 20,000
 * answers, those of a bin with more than 1,000 are drawn as one, normal with the variance of their sum.
 * @param mean_out, high_out  mean, and the error that 95 of 100 draws do not exceed; NaN with n = 0; untouched on failure
 * @param cancel  may be NULL
 * @return LNT_OK; LNT_ENOMEM; LNT_ECANCELLED. O(n), and at most 20 million draws; up to 8 n bytes.
 */
LNT_MUST_CHECK lnt_status lnti_reliability_by_chance(double *mean_out, double *high_out, const float *p, size_t n,
                                                     uint64_t seed, const lnti_cancel *cancel, lnt_error *err);

#endif
