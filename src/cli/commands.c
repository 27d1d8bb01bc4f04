/*
 * The registry of commands, and the options that all of them share.
 */
#include <cli/commands.h>

#include <base/error.h>
#include <string.h>

static const lnti_command *const commands[] = {
    &lnti_cmd_init,   &lnti_cmd_import,   &lnti_cmd_ontology, &lnti_cmd_items,    &lnti_cmd_status,
    &lnti_cmd_split,  &lnti_cmd_extract,  &lnti_cmd_train,    &lnti_cmd_evaluate, &lnti_cmd_predict,
    &lnti_cmd_export, &lnti_cmd_previews, &lnti_cmd_models,   &lnti_cmd_backbone, &lnti_cmd_embeddings,
    &lnti_cmd_relink, &lnti_cmd_verify,   &lnti_cmd_doctor,   &lnti_cmd_help,     NULL,
};

enum { N_COMMANDS = sizeof commands / sizeof *commands - 1 };

static const lnti_cli_option global_options[] = {
    {"project", 'C', "DIR", "the project to work on; without it, the current folder", false},
    {"json", 0, NULL, "print JSON instead of text: one object, or one a line where the command lists", false},
    {"threads", 0, "N", "threads to use; without it, one for each core that may be used", false},
    {"progress", 0, "auto|plain|none",
     "how to tell progress on stderr: a live line where that is a terminal (auto), "
     "a line for each step (plain), or not at all",
     false},
    {"person", 0, "NAME", "in whose name changes are recorded (local)", false},
    {"quiet", 'q', NULL, "no progress, no warnings on stderr, no hints", false},
    {"help", 'h', NULL, "explain the command, with examples", false},
    {"version", 0, NULL, "print the version", false},
    LNTI_CLI_OPTIONS_END,
};

const lnti_command *const *lnti_commands(void) {
  return commands;
}

const lnti_cli_option *lnti_global_options(void) {
  return global_options;
}

lnt_status lnti_command_find(const lnti_command **out, const char *name, lnt_error *err) {
  const char *names[N_COMMANDS];
  for (size_t i = 0; i < N_COMMANDS; i++) {
    names[i] = commands[i]->name;
    if (strcmp(names[i], name) == 0) {
      *out = commands[i];
      return LNT_OK;
    }
  }
  const char *near = lnti_nearest_name(name, names, N_COMMANDS);
  if (near)
    return lnti_fail(err, LNT_EINVAL, "no command '%s'; did you mean '%s'? ('linnet help' lists all)", name, near);
  return lnti_fail(err, LNT_EINVAL, "no command '%s' ('linnet help' lists all)", name);
}
