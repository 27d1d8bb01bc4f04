/**
 * @file confidence.h
 * How far a model's confidence can be trusted: before its calibration, and by how much chance alone would make it look wrong.
 */
#ifndef LNTI_FLOW_CONFIDENCE_H
#define LNTI_FLOW_CONFIDENCE_H

#include <base/error.h>
#include <eval/reliability.h>
#include <flow/evaluate/truth.h>

/** Sets `before`. @param score  [n,k] as of lnti_model_score. Of numbers NaN. LNT_ENOMEM. */
LNT_MUST_CHECK lnt_status lnti_confidence_before(lnti_reliability *out, const float *score, const lnti_truth *truth,
                                                 lnt_error *err);
/** Sets `chance` and `chance_high`. @param prob  [n,k] as of lnti_model_predict. Of numbers NaN. LNT_ENOMEM, LNT_ECANCELLED. */
LNT_MUST_CHECK lnt_status lnti_confidence_by_chance(lnti_reliability *out, const float *prob, const lnti_truth *truth,
                                                    uint64_t seed, const lnti_cancel *cancel, lnt_error *err);

#endif
