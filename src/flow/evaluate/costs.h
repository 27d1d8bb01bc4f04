/**
 * @file costs.h
 * What an evaluated model's wrong answers cost, where a miss and a false alarm are not equally bad.
 */
#ifndef LNTI_FLOW_COSTS_H
#define LNTI_FLOW_COSTS_H

#include <flow/report/report.h>
#include <flow/evaluate/truth.h>

/** "10:1" as the costs of a miss and of a false alarm. LNT_EINVAL: not two numbers from 0 to 1e9, or both 0. */
LNT_MUST_CHECK lnt_status lnti_costs_parse(double *miss_out, double *false_alarm_out, const char *text, lnt_error *err);

/** LNT_EINVAL where an answer is no yes or no: numbers, and one of more than two classes. */
LNT_MUST_CHECK lnt_status lnti_costs_check(lnti_task task, size_t n_classes, lnt_error *err);

/**
 * @param prob       [n,k] as of lnti_model_predict
 * @param threshold  [k] of labels; NULL: 0.5 each
 * @param out        with the two costs set; lnti_costs_clear frees its rows
 * @return LNT_OK; as lnti_costs_check; LNT_ENOMEM.
 */
LNT_MUST_CHECK lnt_status lnti_costs_find(lnti_report_costs *out, const lnti_truth *truth, const float *prob,
                                          const float *threshold, lnt_error *err);
void lnti_costs_clear(lnti_report_costs *costs);

#endif
