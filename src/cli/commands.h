/**
 * @file commands.h
 * One line a command; each is defined in the file of its name.
 */
#ifndef LNTI_CLI_COMMANDS_H
#define LNTI_CLI_COMMANDS_H

#include <cli/cli.h>

extern const lnti_command lnti_cmd_init;
extern const lnti_command lnti_cmd_import;
extern const lnti_command lnti_cmd_ontology;
extern const lnti_command lnti_cmd_items;
extern const lnti_command lnti_cmd_annotate;
extern const lnti_command lnti_cmd_undo;
extern const lnti_command lnti_cmd_status;
extern const lnti_command lnti_cmd_snapshot;
extern const lnti_command lnti_cmd_split;
extern const lnti_command lnti_cmd_extract;
extern const lnti_command lnti_cmd_train;
extern const lnti_command lnti_cmd_evaluate;
extern const lnti_command lnti_cmd_predict;
extern const lnti_command lnti_cmd_export;
extern const lnti_command lnti_cmd_previews;
extern const lnti_command lnti_cmd_models;
extern const lnti_command lnti_cmd_backbone;
extern const lnti_command lnti_cmd_embeddings;
extern const lnti_command lnti_cmd_relink;
extern const lnti_command lnti_cmd_verify;
extern const lnti_command lnti_cmd_doctor;
extern const lnti_command lnti_cmd_help;

#endif
