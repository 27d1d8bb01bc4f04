/**
 * @file options.h
 * Options as data: a command's options are rows of a table, from which the command line is read and --help, the man
 * page and the guide are written.
 */
#ifndef LNTI_CLI_OPTIONS_H
#define LNTI_CLI_OPTIONS_H

#include <linnet/status.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** One row; a table ends with a row whose name is NULL. */
typedef struct lnti_cli_option {
  const char *name;     /**< without its dashes: "split" */
  char letter;          /**< of the short form: 'C'; 0: none */
  const char *argument; /**< what stands after it, for people: "NAME"; NULL: a switch; "[FILE.npy]": may be left
                           out, and is taken only where it ends so, or behind '=' */
  const char *help;     /**< one sentence, lower case, no full stop */
  bool repeats;         /**< may be given several times */
} lnti_cli_option;

#define LNTI_CLI_OPTIONS_END \
  { NULL, 0, NULL, NULL, false }

/** An option as it was given. */
typedef struct lnti_given {
  const lnti_cli_option *option;
  const char *value; /**< borrowed from argv; NULL for a switch */
} lnti_given;

/** What a command line says. Zero-initialise; lnti_args_clear frees. Texts are borrowed from argv. */
typedef struct lnti_args {
  lnti_given *given;
  size_t n_given, given_capacity;
  const char **operands; /**< what is no option, in order */
  size_t n_operands, operand_capacity;
} lnti_args;

/**
 * Reads argv[*next..] into `args` (adding to what is there). Forms: --key value, --key=value, -K value, -Kvalue,
 * switches of one letter together, "--" before operands that start with '-'. "-" alone is an operand.
 * @param next   where to begin; afterwards the first argument that was not read
 * @param tables [n_tables] where options are looked up, in this order
 * @param stop_at_operand  end before the first operand (which names the command)
 * @param help   what a mistaken user should call, for the message: "linnet help import"
 * @return LNT_OK; LNT_EINVAL (unknown option, with the nearest known; a value missing or too many; an option twice
 *         that does not repeat); LNT_ENOMEM.
 */
LNT_MUST_CHECK lnt_status lnti_args_read(lnti_args *args, size_t *next, size_t n_argv, char *const *argv,
                                         const lnti_cli_option *const *tables, size_t n_tables, bool stop_at_operand,
                                         const char *help, lnt_error *err);
void lnti_args_clear(lnti_args *args);

/** True where the option was given. */
bool lnti_args_has(const lnti_args *args, const char *name);
/** Its value (the last), or `fallback`. */
const char *lnti_args_text(const lnti_args *args, const char *name, const char *fallback);
/** A whole number within min..max; LNT_EINVAL names option, value and range. `*out` keeps the fallback. */
LNT_MUST_CHECK lnt_status lnti_args_int(int64_t *out, const lnti_args *args, const char *name, int64_t fallback,
                                        int64_t min, int64_t max, lnt_error *err);
LNT_MUST_CHECK lnt_status lnti_args_real(double *out, const lnti_args *args, const char *name, double fallback,
                                         double min, double max, lnt_error *err);
/** The index of its value in "first|second|third"; the fallback is an index. */
LNT_MUST_CHECK lnt_status lnti_args_choice(size_t *out, const lnti_args *args, const char *name, const char *choices,
                                           size_t fallback, lnt_error *err);
/** For a command of several forms: LNT_EINVAL where an option of `table` was given that is not among "first|second" ("": none),
 *  naming those that are. @param form  as it is typed: "backbone add FILE" */
LNT_MUST_CHECK lnt_status lnti_args_allow(const lnti_args *args, const lnti_cli_option *table, const char *allowed,
                                          const char *form, lnt_error *err);
/** All values of an option that repeats, in order: a fresh array of borrowed texts; free() it. */
LNT_MUST_CHECK lnt_status lnti_args_list(const char ***out, size_t *n_out, const lnti_args *args, const char *name,
                                         lnt_error *err);

/** Splits "a,b,c" into a fresh array; its texts lie in *block_out. free() both. Blanks at the ends of a part go; an
 *  empty part is LNT_EINVAL that names `what`. */
LNT_MUST_CHECK lnt_status lnti_split_commas(const char ***out, size_t *n_out, char **block_out, const char *text,
                                            const char *what, lnt_error *err);

#endif
