/**
 * @file ontology_migrate.h
 * ontology migrate: a form of the command "ontology" that fills a file of its own.
 */
#ifndef LNTI_CLI_ONTOLOGY_MIGRATE_H
#define LNTI_CLI_ONTOLOGY_MIGRATE_H

#include <cli/cli.h>

/** Operands: "migrate", then FILE, or a change: its verb, what it is about, KEY=VALUE... */
LNT_MUST_CHECK lnt_status lnti_cli_ontology_migrate(lnti_cli *cli, const lnti_args *args, lnt_error *err);

#endif
