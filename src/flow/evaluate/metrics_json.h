/**
 * @file metrics_json.h
 * The figures of a run, read from the JSON that it keeps (written by flow/evaluate/judge.h).
 */
#ifndef LNTI_FLOW_METRICS_JSON_H
#define LNTI_FLOW_METRICS_JSON_H

/** A metric of a run's result by name ("accuracy"); NaN where it has none. */
double lnti_result_metric(const char *result_json, const char *metric);

#endif
