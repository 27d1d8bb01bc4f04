/**
 * @file cli.h
 * The command line: what every command is given, and how a command is described. A command is one file
 * (cmd_<noun>.c) with its table, and one line in commands.c.
 */
#ifndef LNTI_CLI_CLI_H
#define LNTI_CLI_CLI_H

#include <base/context.h>
#include <base/json.h>
#include <base/text.h>
#include <cli/meter.h>
#include <cli/options.h>
#include <flow/project.h>
#include <linnet/model.h>
#include <stdio.h>

enum { LNTI_EXIT_DONE = 0, LNTI_EXIT_FAILED = 1, LNTI_EXIT_USAGE = 2, LNTI_EXIT_PARTLY = 3, LNTI_EXIT_CANCELLED = 130 };

/** What Ctrl-C in a command says that fills the cache. */
#define LNTI_CANCELLED_KEPT "cancelled; the vectors that were computed are kept, and the same command goes on"

/** One run of the program. */
typedef struct lnti_cli {
  FILE *out;                /**< stdout: results */
  const char *project_path; /**< of -C; NULL: the current folder */
  const char *person;       /**< NULL: the project's default */
  char *backbones;          /**< folder where the person's backbones are kept; NULL: unknown */
  bool json, quiet;
  bool styled; /**< `out` is a terminal that shows bold text */
  lnti_context context;
  lnt_cpu_level cpu_best; /**< of the machine; context.cpu is what is used */
  lnti_meter *meter;
  bool error_told; /**< the command's JSON holds its error already */
  int out_errno;   /**< why writing to `out` failed first; 0 */
  int exit_code;   /**< of a command that returns LNT_OK: DONE, PARTLY or FAILED */
} lnti_cli;

/** A line that shows how the command is used. */
typedef struct lnti_example {
  const char *says, *line;
} lnti_example;

typedef struct lnti_command {
  const char *name;
  const char *summary; /**< one line, lower case, no full stop */
  const char *usage;   /**< what stands after the name; several forms on lines of their own */
  const char *about;   /**< a few sentences; paragraphs by an empty line */
  const lnti_cli_option *options;
  const lnti_example *examples; /**< ends with says NULL */
  size_t operands_min, operands_max;
  /** Text after the options in --help (tables of parameters); NULL: none. */
  lnt_status (*more)(lnti_text *out, lnt_error *err);
  /** Runs; a failure is written by main. */
  lnt_status (*run)(lnti_cli *cli, const lnti_args *args, lnt_error *err);
} lnti_command;

/** All commands in the order of the overview; NULL-terminated. */
const lnti_command *const *lnti_commands(void);
/** By name; LNT_EINVAL with the nearest known. */
LNT_MUST_CHECK lnt_status lnti_command_find(const lnti_command **out, const char *name, lnt_error *err);
/** The line of the usage that begins with the word, for a command that has such forms; else the first line.
 *  *n_out bytes of it. */
const char *lnti_command_form(size_t *n_out, const lnti_command *command, const char *word);
/** What a command with several forms can be asked for: a word, what stands after it, the options that go with it. */
typedef struct lnti_form {
  const char *verb, *form, *options; /**< options: names with '|' between them */
  size_t operands_min, operands_max; /**< the verb included */
  lnt_status (*run)(lnti_cli *cli, const lnti_args *args, lnt_error *err);
} lnti_form;
/** Runs the form that fits the operands, of none the first. @param forms  ends with verb NULL */
LNT_MUST_CHECK lnt_status lnti_command_run_form(const lnti_command *command, const lnti_form *forms, lnti_cli *cli,
                                                const lnti_args *args, lnt_error *err);
/** LNT_EINVAL for operands that fit no form of the command: an unknown first word with the nearest, or what is missing
 *  or too much after a known one. */
LNT_MUST_CHECK lnt_status lnti_command_fail_form(const lnti_command *command, const lnti_args *args, lnt_error *err);
/** The options of every command. */
const lnti_cli_option *lnti_global_options(void);

/** Opens the project of -C, or of the current folder; the caller closes it. */
LNT_MUST_CHECK lnt_status lnti_cli_project(lnti_project **out, lnti_cli *cli, lnt_error *err);

/** Opens a model by its name in the project, or by its path; then no project is needed and *project_out may stay
 *  NULL. The caller closes both. */
LNT_MUST_CHECK lnt_status lnti_cli_model(lnt_model **model_out, lnti_project **project_out, lnti_cli *cli,
                                         const char *name, lnt_error *err);

/** Writes to stdout. A failure sticks in cli->out_errno and in the stream: main reports it. */
void lnti_print(lnti_cli *cli, const char *format, ...) LNT_PRINTF(2, 3);
/** The same for text that may hold control characters. */
LNT_MUST_CHECK lnt_status lnti_print_plain(lnti_cli *cli, const char *text, lnt_error *err);
/** "Next: ..." after a blank line, unless --quiet. */
void lnti_print_next(lnti_cli *cli, const char *format, ...) LNT_PRINTF(2, 3);
/** Writes text and empties it; LNT_EIO where stdout takes no more. */
LNT_MUST_CHECK lnt_status lnti_print_text(lnti_cli *cli, lnti_text *text, lnt_error *err);
/** Warnings under their head; nothing where there are none. */
LNT_MUST_CHECK lnt_status lnti_print_warnings(lnti_cli *cli, const lnti_messages *warnings, lnt_error *err);
/** "warnings": [text] */
void lnti_json_warnings(lnti_json_writer *w, const lnti_messages *warnings);
/** "error": {code, message}; an empty message: the status's own text. */
void lnti_json_error(lnti_json_writer *w, lnt_status status, const char *message);

/** A JSON writer on stdout; finish each document, free it. */
LNT_MUST_CHECK lnt_status lnti_cli_json(lnti_json_writer **out, lnti_cli *cli, int indent, lnt_error *err);
/** {"removed": name} on stdout. */
LNT_MUST_CHECK lnt_status lnti_cli_removed_json(lnti_cli *cli, const char *name, lnt_error *err);
/** A number that names something, as a string: many readers of JSON keep fewer digits of a number. 0: null. */
void lnti_json_kv_id(lnti_json_writer *w, const char *key, int64_t id);

#endif
