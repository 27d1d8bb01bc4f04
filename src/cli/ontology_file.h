/**
 * @file ontology_file.h
 * Documents of ontologies on the command line: files, templates, and what is wrong in them.
 */
#ifndef LNTI_CLI_ONTOLOGY_FILE_H
#define LNTI_CLI_ONTOLOGY_FILE_H

#include <cli/cli.h>
#include <ontology/ontology.h>

/** The ontology of a file. LNT_EDATA also where it has no questions. */
LNT_MUST_CHECK lnt_status lnti_ontology_read(lnti_ontology **out, const char *path, lnt_error *err);
/** All that is wrong in a file, and cli->exit_code by it: what lnti_ontology_read takes has no error here. */
LNT_MUST_CHECK lnt_status lnti_ontology_check_file(lnti_cli *cli, const char *path, lnt_error *err);
/** The templates with what each is for. */
LNT_MUST_CHECK lnt_status lnti_templates_list(lnti_cli *cli, lnt_error *err);

#endif
