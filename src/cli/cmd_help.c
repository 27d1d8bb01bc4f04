/*
 * help: the overview, one command, or the language of filters. With --json the tables themselves.
 */
#include <cli/commands.h>
#include <cli/help.h>
#include <string.h>

static lnt_status run(lnti_cli *cli, const lnti_args *args, lnt_error *err) {
  const lnti_command *only = NULL;
  lnt_status status = LNT_OK;
  const char *topic = args->n_operands > 0 ? args->operands[0] : "";
  if (strcmp(topic, "filters") == 0 || strcmp(topic, "filter") == 0) return lnti_help_print_filters(cli, err);
  if (args->n_operands > 0) status = lnti_command_find(&only, args->operands[0], err);
  return status ? status : lnti_help_print(cli, only, err);
}

static const lnti_cli_option option_table[] = {LNTI_CLI_OPTIONS_END};

static const lnti_example examples[] = {
    {"All commands, a line each:", "linnet help"},
    {"One command, with its options and examples:", "linnet help import"},
    {"Which items a command takes, for --where:", "linnet help filters"},
    {"Everything as JSON, for scripts and editors:", "linnet help --json"},
    {NULL, NULL},
};

const lnti_command lnti_cmd_help = {
    .name = "help",
    .summary = "explain linnet, or one of its commands",
    .usage = "[COMMAND | filters]",
    .about = "The same as 'linnet COMMAND --help'; 'linnet help filters' explains what stands after --where.",
    .options = option_table,
    .examples = examples,
    .operands_max = 1,
    .run = run,
};
