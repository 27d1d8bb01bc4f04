/**
 * @file import_vectors.h
 * `linnet import --embeddings FILE.npy --rows FILE`: vectors that another program made.
 */
#ifndef LNTI_CLI_IMPORT_VECTORS_H
#define LNTI_CLI_IMPORT_VECTORS_H

#include <cli/cli.h>
#include <flow/import/import.h>

/** @param options  of the command, to refuse those that say nothing of vectors */
LNT_MUST_CHECK lnt_status lnti_import_vectors_run(lnti_cli *cli, const lnti_args *args, const lnti_cli_option *options,
                                                  lnti_import_existing existing, lnt_error *err);
/** That nothing is said of vectors where none are imported. */
LNT_MUST_CHECK lnt_status lnti_import_vectors_unused(const lnti_args *args, lnt_error *err);

#endif
