/**
 * @file models.h
 * The table of a project's models, as `models` and `status` show it.
 */
#ifndef LNTI_CLI_MODELS_H
#define LNTI_CLI_MODELS_H

#include <cli/cli.h>

/** Name, target, learner, feature, rows, validation accuracy, date; newest metrics as train wrote them. */
LNT_MUST_CHECK lnt_status lnti_models_print(lnti_cli *cli, lnti_project *project, lnt_error *err);

/** What of a feature tells models apart, appended: its name without the parameters, which are long and which 'models show' has; of an
 *  embedding backbone and layer. Exporters give some layers names that no table holds. */
LNT_MUST_CHECK lnt_status lnti_models_feature(lnti_text *out, const char *feature, lnt_error *err);

#endif
