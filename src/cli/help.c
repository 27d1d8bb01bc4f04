/*
 * Help, made from the tables of commands, options, learners and features: nothing is written down twice, and what the
 * program says is what it does.
 */
#include <cli/help.h>

#include <cli/format.h>
#include <feature/feature.h>
#include <linnet/version.h>
#include <model/learner.h>
#include <stdio.h>
#include <string.h>

enum { WIDTH = 96, NAME_COLUMN = 2, HELP_COLUMN = 30, COMMAND_COLUMN = 14 };

/** `left` at `indent`, `right` wrapped from `column` on (on the next line where left is too long). */
static lnt_status two_columns(lnti_text *out, size_t indent, const char *left, size_t column, const char *right,
                              lnt_error *err) {
  size_t width = indent + lnti_utf8_columns(left, strlen(left));
  lnt_status status = lnti_text_printf(out, err, "%*s%s", (int)indent, "", left);
  if (!status && width + 2 > column) {
    status = lnti_text_printf(out, err, "\n%*s", (int)column, "");
  } else if (!status) {
    status = lnti_text_printf(out, err, "%*s", (int)(column - width), "");
  }
  if (!status) status = lnti_wrap(out, right, column, column, WIDTH, err);
  if (!status) status = lnti_text_append(out, "\n", 1, err);
  return status;
}

lnt_status lnti_help_rows(lnti_text *out, const lnti_help_row *rows, lnt_error *err) {
  lnt_status status = LNT_OK;
  for (; !status && rows->left; rows++) {
    status = two_columns(out, NAME_COLUMN, rows->left, HELP_COLUMN, rows->right, err);
  }
  return status;
}

static lnt_status write_options(lnti_text *out, const lnti_cli_option *options, lnt_error *err) {
  lnt_status status = LNT_OK;
  for (const lnti_cli_option *o = options; !status && o->name; o++) {
    char left[96], letter[8] = "";
    if (o->letter) snprintf(letter, sizeof letter, "-%c, ", o->letter);
    snprintf(left, sizeof left, "%s--%s%s%s", letter, o->name, o->argument ? " " : "", o->argument ? o->argument : "");
    status = two_columns(out, NAME_COLUMN, left, HELP_COLUMN, o->help, err);
  }
  return status;
}

lnt_status lnti_help_overview(lnti_text *out, lnt_error *err) {
  lnt_status status = lnti_text_printf(
      out, err,
      "Linnet %s: from images to labels, to a trained and honestly evaluated classifier, to predictions.\n\n"
      "Usage: linnet [-C PROJECT] COMMAND [options]\n\nCommands\n",
      lnt_version());
  const lnti_command *const *commands = lnti_commands();
  for (size_t i = 0; !status && commands[i]; i++) {
    status = two_columns(out, NAME_COLUMN, commands[i]->name, COMMAND_COLUMN, commands[i]->summary, err);
  }
  if (!status) status = lnti_text_printf(out, err, "\nOptions of every command\n");
  if (!status) status = write_options(out, lnti_global_options(), err);
  if (!status) {
    status = lnti_text_printf(out, err,
                              "\nA first model\n"
                              "  linnet init flowers && cd flowers\n"
                              "  linnet import ~/photos          one folder for each class\n"
                              "  linnet split\n"
                              "  linnet train\n"
                              "  linnet evaluate logistic-hog --html report.html\n"
                              "  linnet predict logistic-hog new.jpg\n"
                              "\n'linnet help COMMAND' explains one command, with examples; 'linnet help filters' what "
                              "stands after --where.\n");
  }
  return status;
}

static lnt_status write_usage(lnti_text *out, const lnti_command *command, lnt_error *err) {
  lnt_status status = LNT_OK;
  const char *line = command->usage;
  for (bool first = true; !status; first = false) {
    size_t n = strcspn(line, "\n");
    status = lnti_text_printf(out, err, "%s linnet %s%s%.*s\n", first ? "Usage:" : "      ", command->name,
                              n > 0 ? " " : "", (int)n, line);
    if (!line[n]) break;
    line += n + 1;
  }
  return status;
}

lnt_status lnti_help_command(lnti_text *out, const lnti_command *command, lnt_error *err) {
  lnt_status status = lnti_text_printf(out, err, "linnet %s: %s\n\n", command->name, command->summary);
  if (!status) status = write_usage(out, command, err);
  if (!status) status = lnti_text_append(out, "\n", 1, err);
  if (!status) status = lnti_wrap(out, command->about, 0, 0, WIDTH, err);
  if (!status) status = lnti_text_append(out, "\n", 1, err);
  if (!status && command->options[0].name) {
    status = lnti_text_printf(out, err, "\nOptions\n");
    if (!status) status = write_options(out, command->options, err);
  }
  if (!status && command->more) status = command->more(out, err);
  if (!status) status = lnti_text_printf(out, err, "\nOptions of every command\n");
  if (!status) status = write_options(out, lnti_global_options(), err);
  if (!status) status = lnti_text_printf(out, err, "\nExamples\n");
  for (const lnti_example *e = command->examples; !status && e->says; e++) {
    status = lnti_text_printf(out, err, "  %s\n      %s\n", e->says, e->line);
  }
  return status;
}

/* ---- parameters ---- */

lnt_status lnti_param_range(lnti_text *out, const lnti_param *param, lnt_error *err) {
  switch (param->type) {
    case LNTI_PARAM_BOOL:
      return lnti_text_printf(out, err, "true|false");
    case LNTI_PARAM_CHOICE:
      return lnti_text_printf(out, err, "%s", param->choices);
    case LNTI_PARAM_INT:
    case LNTI_PARAM_REAL:
      break;
  }
  return lnti_text_printf(out, err, "%.10g to %.10g%s%s", param->min, param->max, param->choices ? ", or " : "",
                          param->choices ? param->choices : "");
}

lnt_status lnti_help_params(lnti_text *out, const lnti_param *params, lnt_error *err) {
  lnt_status status = LNT_OK;
  for (const lnti_param *p = params; !status && p->name; p++) {
    lnti_text right = {0};
    char left[96];
    snprintf(left, sizeof left, "%s=%s", p->name, p->fallback);
    status = lnti_text_printf(&right, err, "%s [", p->help);
    if (!status) status = lnti_param_range(&right, p, err);
    if (!status) status = lnti_text_printf(&right, err, "]");
    if (!status) status = two_columns(out, NAME_COLUMN + 2, left, HELP_COLUMN, right.data, err);
    lnti_text_clear(&right);
  }
  return status;
}

static lnt_status write_kind(lnti_text *out, const char *name, const char *help, const lnti_param *params,
                             lnt_error *err) {
  lnt_status status = two_columns(out, NAME_COLUMN, name, COMMAND_COLUMN, help, err);
  return status ? status : lnti_help_params(out, params, err);
}

lnt_status lnti_help_features(lnti_text *out, lnt_error *err) {
  size_t n;
  const lnti_feature *const *features = lnti_features(&n);
  lnt_status status = lnti_text_printf(
      out, err, "\nFeatures (with their parameters and defaults: --feature name:key=value,key=value)\n");
  for (size_t i = 0; !status && i < n; i++) {
    status = write_kind(out, features[i]->name, features[i]->help, features[i]->params, err);
  }
  /* The name alone would not say how it is written. */
  if (!status)
    status = two_columns(out, NAME_COLUMN, "embedding:BACKBONE", HELP_COLUMN,
                         "What a backbone sees; :BACKBONE@LAYER for another layer ('linnet help backbone').", err);
  if (!status)
    status = two_columns(out, NAME_COLUMN, "embedding:NAME", HELP_COLUMN,
                         "Vectors that another program made and that were imported ('linnet embeddings').", err);
  return status;
}

lnt_status lnti_help_learners(lnti_text *out, lnt_error *err) {
  size_t n;
  const lnti_learner *const *learners = lnti_learners(&n);
  lnt_status status = lnti_text_printf(out, err, "\nLearners (with their parameters and defaults: --set key=value)\n");
  for (size_t i = 0; !status && i < n; i++) {
    status = write_kind(out, learners[i]->name, learners[i]->help, learners[i]->params, err);
  }
  return status;
}

/* ---- JSON ---- */

static void json_options(lnti_json_writer *w, const lnti_cli_option *options) {
  lnti_json_key(w, "options");
  lnti_json_begin_array(w);
  for (const lnti_cli_option *o = options; o->name; o++) {
    char letter[2] = {o->letter, 0};
    lnti_json_begin_object(w);
    lnti_json_kv_string(w, "name", o->name);
    lnti_json_kv_string(w, "letter", o->letter ? letter : NULL);
    lnti_json_kv_string(w, "argument", o->argument);
    lnti_json_kv_string(w, "help", o->help);
    lnti_json_kv_bool(w, "repeats", o->repeats);
    lnti_json_end_object(w);
  }
  lnti_json_end_array(w);
}

static void json_command(lnti_json_writer *w, const lnti_command *command) {
  lnti_json_begin_object(w);
  lnti_json_kv_string(w, "name", command->name);
  lnti_json_kv_string(w, "summary", command->summary);
  lnti_json_kv_string(w, "usage", command->usage);
  lnti_json_kv_string(w, "about", command->about);
  json_options(w, command->options);
  lnti_json_key(w, "examples");
  lnti_json_begin_array(w);
  for (const lnti_example *e = command->examples; e->says; e++) {
    lnti_json_begin_object(w);
    lnti_json_kv_string(w, "says", e->says);
    lnti_json_kv_string(w, "line", e->line);
    lnti_json_end_object(w);
  }
  lnti_json_end_array(w);
  lnti_json_end_object(w);
}

static void json_params(lnti_json_writer *w, const char *name, const char *title, const char *help,
                        const lnti_param *params) {
  static const char *const types[] = {"int", "real", "bool", "choice"};
  lnti_json_begin_object(w);
  lnti_json_kv_string(w, "name", name);
  lnti_json_kv_string(w, "title", title);
  lnti_json_kv_string(w, "help", help);
  lnti_json_key(w, "params");
  lnti_json_begin_array(w);
  for (const lnti_param *p = params; p->name; p++) {
    lnti_json_begin_object(w);
    lnti_json_kv_string(w, "name", p->name);
    lnti_json_kv_string(w, "type", types[p->type]);
    lnti_json_kv_string(w, "default", p->fallback);
    if (p->type == LNTI_PARAM_INT || p->type == LNTI_PARAM_REAL) {
      lnti_json_kv_real(w, "min", p->min);
      lnti_json_kv_real(w, "max", p->max);
    }
    lnti_json_kv_string(w, "choices", p->choices);
    lnti_json_kv_string(w, "help", p->help);
    lnti_json_end_object(w);
  }
  lnti_json_end_array(w);
  lnti_json_end_object(w);
}

void lnti_help_json(lnti_json_writer *w, const lnti_command *only) {
  lnti_json_begin_object(w);
  lnti_json_kv_string(w, "version", lnt_version());
  json_options(w, lnti_global_options());
  lnti_json_key(w, "commands");
  lnti_json_begin_array(w);
  const lnti_command *const *commands = lnti_commands();
  for (size_t i = 0; commands[i]; i++) {
    if (!only || only == commands[i]) json_command(w, commands[i]);
  }
  lnti_json_end_array(w);
  size_t n;
  const lnti_learner *const *learners = lnti_learners(&n);
  lnti_json_key(w, "learners");
  lnti_json_begin_array(w);
  for (size_t i = 0; i < n; i++) {
    json_params(w, learners[i]->name, learners[i]->title, learners[i]->help, learners[i]->params);
  }
  lnti_json_end_array(w);
  const lnti_feature *const *features = lnti_features(&n);
  lnti_json_key(w, "features");
  lnti_json_begin_array(w);
  for (size_t i = 0; i < n; i++) {
    json_params(w, features[i]->name, features[i]->title, features[i]->help, features[i]->params);
  }
  lnti_json_end_array(w);
  lnti_json_end_object(w);
}

static lnt_status print_json(lnti_cli *cli, const lnti_command *only, lnt_error *err) {
  lnti_json_writer *w = NULL;
  lnt_status status = lnti_cli_json(&w, cli, 2, err);
  if (status) return status;
  lnti_help_json(w, only);
  status = lnti_json_finish(w, err);
  lnti_json_writer_free(w);
  return status;
}

lnt_status lnti_help_print(lnti_cli *cli, const lnti_command *only, lnt_error *err) {
  lnti_text text = {0};
  if (cli->json) return print_json(cli, only, err);
  lnt_status status = only ? lnti_help_command(&text, only, err) : lnti_help_overview(&text, err);
  if (!status) status = lnti_print_text(cli, &text, err);
  lnti_text_clear(&text);
  return status;
}

lnt_status lnti_help_print_filters(lnti_cli *cli, lnt_error *err) {
  lnti_text text = {0};
  lnti_json_writer *w = NULL;
  lnt_status status = lnti_help_filters(&text, err);
  if (!status && !cli->json) status = lnti_print_text(cli, &text, err);
  if (!status && cli->json) status = lnti_cli_json(&w, cli, 2, err);
  if (w) {
    lnti_json_begin_object(w);
    lnti_json_kv_string(w, "topic", "filters");
    lnti_json_kv_string(w, "text", text.data);
    lnti_json_end_object(w);
    status = lnti_json_finish(w, err);
  }
  lnti_json_writer_free(w);
  lnti_text_clear(&text);
  return status;
}
