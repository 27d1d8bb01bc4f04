/**
 * @file platt.h
 * Platt scaling: a sigmoid that makes the scores of a yes-or-no question honest probabilities.
 */
#ifndef LNTI_EVAL_PLATT_H
#define LNTI_EVAL_PLATT_H

#include <linnet/status.h>
#include <stddef.h>
#include <stdint.h>

enum { LNTI_PLATT_ANSWERS_MIN = 10 /**< yes, and no, that a label must have to be scaled by itself */ };

/**
 * For each label the (a, b) that minimise the mean log loss of sigmoid(a score + b) over its known answers, with Platt's
 * targets (n_yes + 1)/(n_yes + 2) and 1/(n_no + 2) in place of 1 and 0, so that a and b stay finite. Source: Platt,
 * Probabilistic outputs for support vector machines, 1999; Newton's method with backtracking as in Lin, Lin and Weng, A note
 * on Platt's probabilistic outputs, Machine Learning 68, 2007. Labels with too few of either answer are scaled by the (a, b)
 * of all answers of all labels together; where these have but one answer,
 * by (1, 0).
 *
 * @param out    [k] {a, b}, a in [0.01, 100], b in [-100, 100]
 * @param score  [n,k] finite
 * @param yes    [n,k] 1 yes, 0 no, -1 unknown: left out
 * @return LNT_OK; LNT_EINVAL (n or k is 0). O(n k) time a step, no memory. Deterministic.
 */
LNT_MUST_CHECK lnt_status lnti_platt_fit_labels(double (*out)[2], const float *score, const int8_t *yes, size_t n,
                                                size_t k, lnt_error *err);

#endif
