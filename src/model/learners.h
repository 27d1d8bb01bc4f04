/**
 * @file learners.h
 * Each learner's entry for the registry in learner.c, and what learners share (fitted.c).
 */
#ifndef LNTI_MODEL_LEARNERS_H
#define LNTI_MODEL_LEARNERS_H

#include <model/learner.h>

extern const lnti_learner lnti_learner_logistic; /**< logistic.c */
extern const lnti_learner lnti_learner_knn;      /**< knn.c */
extern const lnti_learner lnti_learner_centroid; /**< centroid.c */
extern const lnti_learner lnti_learner_ridge;    /**< ridge.c */

/** That a learner can be fitted to a problem: its task, lnti_problem_check, and class weights only where it takes them. */
LNT_MUST_CHECK lnt_status lnti_learner_check(const lnti_learner *learner, const lnti_problem *problem, lnt_error *err);

/** Fills what every fitted model begins with. */
void lnti_fitted_begin(lnti_fitted *out, const lnti_learner *learner, const lnti_problem *problem,
                       const lnti_params *params);

/** That x may be scored by `fitted`: its d and dtype; LNT_EINVAL. */
LNT_MUST_CHECK lnt_status lnti_fitted_check(const lnti_fitted *fitted, const lnti_matrix *x, lnt_error *err);

/** That all of a loaded tensor [n] is finite: LNT_ECORRUPT. */
LNT_MUST_CHECK lnt_status lnti_tensor_check_finite(const float *values, size_t n, const char *tensor,
                                                   const lnti_lnt_reader *file, lnt_error *err);

#endif
