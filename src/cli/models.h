/**
 * @file models.h
 * The table of a project's models, as `models` and `status` show it.
 */
#ifndef LNTI_CLI_MODELS_H
#define LNTI_CLI_MODELS_H

#include <cli/cli.h>

/** Name, target, learner, feature, rows, validation accuracy, date; newest metrics as train wrote them. */
LNT_MUST_CHECK lnt_status lnti_models_print(lnti_cli *cli, lnti_project *project, lnt_error *err);

/** A validation metric of a run's result ("accuracy"); NaN where it has none. */
double lnti_result_metric(const char *result_json, const char *metric);

#endif
