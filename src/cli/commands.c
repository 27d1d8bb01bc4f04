/*
 * The registry of commands, and the options that all of them share.
 */
#include <cli/commands.h>

#include <base/error.h>
#include <stdio.h>
#include <string.h>

static const lnti_command *const commands[] = {
    &lnti_cmd_init,
    &lnti_cmd_import,
    &lnti_cmd_ontology,
    &lnti_cmd_items,
    &lnti_cmd_annotate,
    &lnti_cmd_undo,
    &lnti_cmd_status,
    &lnti_cmd_split,
    &lnti_cmd_extract,
    &lnti_cmd_train,
    &lnti_cmd_evaluate,
    &lnti_cmd_predict,
    &lnti_cmd_export,
    &lnti_cmd_snapshot,
    &lnti_cmd_previews,
    &lnti_cmd_models,
    &lnti_cmd_backbone,
    &lnti_cmd_embeddings,
    &lnti_cmd_relink,
    &lnti_cmd_verify,
    &lnti_cmd_doctor,
    &lnti_cmd_help,
    NULL,
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

/* ---- forms: a first word, and what stands after it ---- */

/* The word that a line of the usage begins with: "list" of "[list]". */
static const char *form_word(size_t *n_out, const char *line) {
  if (*line == '[') line++;
  *n_out = strcspn(line, " ]\n");
  return line;
}

static bool begins_with(const char *line, const char *word) {
  size_t n = 0;
  const char *first = form_word(&n, line);
  return strlen(word) == n && memcmp(first, word, n) == 0;
}

static const char *next_form(const char *line) {
  const char *end = strchr(line, '\n');
  return end ? end + 1 : NULL;
}

const char *lnti_command_form(size_t *n_out, const lnti_command *command, const char *word) {
  const char *const whole = command->usage ? command->usage : "", *line = whole;
  while (line && !begins_with(line, word)) line = next_form(line);
  if (!line) line = whole;
  *n_out = strcspn(line, "\n");
  return line;
}

/* What other programs call it. */
static const char *usual_word(const char *typed) {
  static const char *const words[][2] = {{"rm", "remove"}, {"delete", "remove"}, {"del", "remove"},   {"ls", "list"},
                                         {"info", "show"}, {"fetch", "pull"},    {"download", "pull"}};
  for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
    if (strcmp(words[i][0], typed) == 0) return words[i][1];
  }
  return typed;
}

static lnt_status fail_word(const lnti_command *command, const char *typed, lnt_error *err) {
  enum { FORMS_MAX = 8, WORD_BYTES = 24 };
  char word[FORMS_MAX][WORD_BYTES];
  const char *names[FORMS_MAX];
  size_t n = 0, bytes = 0;
  for (const char *line = command->usage; line && n < FORMS_MAX; line = next_form(line)) {
    const char *first = form_word(&bytes, line);
    snprintf(word[n], WORD_BYTES, "%.*s", (int)bytes, first);
    names[n] = word[n];
    n++;
  }
  const char *near = lnti_nearest_name(usual_word(typed), names, n);
  if (!near) {
    return lnti_fail(err, LNT_EINVAL, "there is no 'linnet %s %.60s' (linnet help %s lists what there is)",
                     command->name, typed, command->name);
  }
  const char *form = lnti_command_form(&bytes, command, near);
  return lnti_fail(err, LNT_EINVAL, "there is no 'linnet %s %.60s'; did you mean: linnet %s %.*s (linnet help %s)",
                   command->name, typed, command->name, (int)bytes, form, command->name);
}

lnt_status lnti_command_fail_form(const lnti_command *command, const lnti_args *args, lnt_error *err) {
  size_t bytes = 0;
  const char *typed = args->operands[0], *form = lnti_command_form(&bytes, command, typed);
  if (!begins_with(form, typed)) return fail_word(command, typed, err);
  if (args->n_operands == 1) {
    return lnti_fail(err, LNT_EINVAL, "something is missing: linnet %s %.*s (linnet help %s)", command->name,
                     (int)bytes, form, command->name);
  }
  return lnti_fail(err, LNT_EINVAL, "'%.60s' is too much: linnet %s %.*s (linnet help %s)",
                   args->operands[args->n_operands - 1], command->name, (int)bytes, form, command->name);
}

lnt_status lnti_command_run_form(const lnti_command *command, const lnti_form *forms, lnti_cli *cli,
                                 const lnti_args *args, lnt_error *err) {
  const size_t n = args->n_operands > 0 ? args->n_operands : 1;
  const char *verb = args->n_operands > 0 ? args->operands[0] : forms->verb;
  for (const lnti_form *form = forms; form->verb; form++) {
    if (strcmp(verb, form->verb) != 0 || n < form->operands_min || n > form->operands_max) continue;
    lnt_status status = lnti_args_allow(args, command->options, form->options, form->form, err);
    return status ? status : form->run(cli, args, err);
  }
  return lnti_command_fail_form(command, args, err);
}
