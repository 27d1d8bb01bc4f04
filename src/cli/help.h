/**
 * @file help.h
 * Help from the tables: for people in the terminal, and as JSON, from which the tests check man page and guide.
 */
#ifndef LNTI_CLI_HELP_H
#define LNTI_CLI_HELP_H

#include <base/param.h>
#include <cli/cli.h>

/** What `linnet --help` prints: the commands, a line each. */
LNT_MUST_CHECK lnt_status lnti_help_overview(lnti_text *out, lnt_error *err);
/** What `linnet COMMAND --help` prints. */
LNT_MUST_CHECK lnt_status lnti_help_command(lnti_text *out, const lnti_command *command, lnt_error *err);
/** What `linnet help filters` prints: the language of --where. */
LNT_MUST_CHECK lnt_status lnti_help_filters(lnti_text *out, lnt_error *err);
/** What there is, and what it is for: in two columns, until a NULL. */
typedef struct lnti_help_row {
  const char *left, *right;
} lnti_help_row;
LNT_MUST_CHECK lnt_status lnti_help_rows(lnti_text *out, const lnti_help_row *rows, lnt_error *err);
/** {"version", "options": [...], "commands": [{name, summary, usage, about, options, examples}], "learners",
 *  "features"}; `only` NULL: all commands. */
void lnti_help_json(lnti_json_writer *w, const lnti_command *only);

/** Prints one command's help, or (NULL) the overview; with --json the tables. */
LNT_MUST_CHECK lnt_status lnti_help_print(lnti_cli *cli, const lnti_command *only, lnt_error *err);
/** Prints the page on filters; with --json as {"topic", "text"}. */
LNT_MUST_CHECK lnt_status lnti_help_print_filters(lnti_cli *cli, lnt_error *err);

/** Parameters as a list: name, range or choices, default, what it does. */
LNT_MUST_CHECK lnt_status lnti_help_params(lnti_text *out, const lnti_param *params, lnt_error *err);
/** All features, and all learners, with their parameters. */
LNT_MUST_CHECK lnt_status lnti_help_features(lnti_text *out, lnt_error *err);
LNT_MUST_CHECK lnt_status lnti_help_learners(lnti_text *out, lnt_error *err);
/** "1 to 100", "0.5 to 2", "euclidean|cosine"; appended. */
LNT_MUST_CHECK lnt_status lnti_param_range(lnti_text *out, const lnti_param *param, lnt_error *err);

#endif
