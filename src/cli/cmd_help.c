/*
 * help: the overview, or one command. With --json the tables themselves.
 */
#include <cli/commands.h>
#include <cli/help.h>

static lnt_status run(lnti_cli *cli, const lnti_args *args, lnt_error *err) {
  const lnti_command *only = NULL;
  lnt_status status = LNT_OK;
  if (args->n_operands > 0) status = lnti_command_find(&only, args->operands[0], err);
  return status ? status : lnti_help_print(cli, only, err);
}

static const lnti_cli_option option_table[] = {LNTI_CLI_OPTIONS_END};

static const lnti_example examples[] = {
    {"All commands, a line each:", "linnet help"},
    {"One command, with its options and examples:", "linnet help import"},
    {"Everything as JSON, for scripts and editors:", "linnet help --json"},
    {NULL, NULL},
};

const lnti_command lnti_cmd_help = {
    .name = "help",
    .summary = "explain linnet, or one of its commands",
    .usage = "[COMMAND]",
    .about = "The same as 'linnet COMMAND --help'.",
    .options = option_table,
    .examples = examples,
    .operands_max = 1,
    .run = run,
};
