/**
 * @file labels.h
 * Inside of eval/: what measuring and tuning of labels share.
 */
#ifndef LNTI_EVAL_LABELS_H
#define LNTI_EVAL_LABELS_H

#include <eval/multilabel.h>
#include <eval/resample.h>

/** As lnti_multilabel_evaluation_new refuses what it is given. @param threshold  [k] or NULL */
LNT_MUST_CHECK lnt_status lnti_multilabel_check(const float *prob, const int8_t *truth, const float *threshold,
                                                size_t n, size_t k, lnt_error *err);
/** A label's known answers by rising probability, whose bits are the keys; returns how many. @param keyed,spare [n] */
size_t lnti_label_sort(lnti_keyed *keyed, lnti_keyed *spare, const float *prob, const int8_t *truth, size_t n, size_t k,
                       size_t label);

#endif
