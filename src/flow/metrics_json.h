/**
 * @file metrics_json.h
 * The headline metrics as the JSON that model files, runs and --json hold.
 */
#ifndef LNTI_FLOW_METRICS_JSON_H
#define LNTI_FLOW_METRICS_JSON_H

#include <base/json.h>
#include <base/text.h>
#include <eval/eval.h>

/** Writes "accuracy": 0.9, ..., "ci95": {"accuracy": [0.8, 0.95], ...} into an open object; undefined ones as null. */
void lnti_metrics_write(lnti_json_writer *w, const double value[LNTI_METRICS], const double ci95[LNTI_METRICS][2]);
/** The same as one object, appended to `out` without a newline. */
LNT_MUST_CHECK lnt_status lnti_metrics_json(lnti_text *out, const double value[LNTI_METRICS],
                                            const double ci95[LNTI_METRICS][2], lnt_error *err);
/** A metric of a run's result by name ("accuracy"); NaN where it has none. */
double lnti_result_metric(const char *result_json, const char *metric);

#endif
