/**
 * @file import_predictions.h
 * `linnet import --predictions FILE --name NAME`: what another model said of items.
 */
#ifndef LNTI_CLI_IMPORT_PREDICTIONS_H
#define LNTI_CLI_IMPORT_PREDICTIONS_H

#include <cli/cli.h>

/** @param options  of the command, to refuse those that say nothing of predictions */
LNT_MUST_CHECK lnt_status lnti_import_predictions_run(lnti_cli *cli, const lnti_args *args,
                                                      const lnti_cli_option *options, lnt_error *err);

#endif
