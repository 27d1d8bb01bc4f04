/*
 * Reading a command line against tables of options.
 *
 * Our own, and not getopt_long, because options may stand before and after the command, unknown ones should name the
 * nearest known, and nothing here may write to a stream or keep its place in global variables.
 */
#include <cli/options.h>

#include <base/alloc.h>
#include <base/error.h>
#include <base/text.h>
#include <stdlib.h>
#include <string.h>

enum { TYPED_MAX = 48, NAMES_MAX = 128 };

/* ---- reading ---- */

typedef struct reading {
  lnti_args *args;
  size_t next, n_argv;
  char *const *argv;
  const lnti_cli_option *const *tables;
  size_t n_tables;
  const char *help;
} reading;

static const lnti_cli_option *find_name(const reading *r, const char *name, size_t length) {
  for (size_t t = 0; t < r->n_tables; t++) {
    for (const lnti_cli_option *o = r->tables[t]; o->name; o++) {
      if (strlen(o->name) == length && memcmp(o->name, name, length) == 0) return o;
    }
  }
  return NULL;
}

static const lnti_cli_option *find_letter(const reading *r, char letter) {
  for (size_t t = 0; t < r->n_tables; t++) {
    for (const lnti_cli_option *o = r->tables[t]; o->name; o++) {
      if (o->letter == letter) return o;
    }
  }
  return NULL;
}

static lnt_status fail_unknown(const reading *r, const char *name, size_t length, lnt_error *err) {
  const char *names[NAMES_MAX];
  size_t n = 0;
  for (size_t t = 0; t < r->n_tables; t++) {
    for (const lnti_cli_option *o = r->tables[t]; o->name && n < NAMES_MAX; o++) names[n++] = o->name;
  }
  char typed[TYPED_MAX + 1] = {0};
  memcpy(typed, name, length < TYPED_MAX ? length : TYPED_MAX);
  const char *near = lnti_nearest_name(typed, names, n);
  if (near) return lnti_fail(err, LNT_EINVAL, "unknown option --%s; did you mean --%s? (%s)", typed, near, r->help);
  return lnti_fail(err, LNT_EINVAL, "unknown option --%s (%s lists them)", typed, r->help);
}

static lnt_status add_given(reading *r, const lnti_cli_option *option, const char *value, lnt_error *err) {
  lnti_args *args = r->args;
  if (!option->repeats && lnti_args_has(args, option->name)) {
    return lnti_fail(err, LNT_EINVAL, "--%s is given twice", option->name);
  }
  lnt_status status = lnti_grow(&args->given, &args->given_capacity, args->n_given + 1, sizeof *args->given, err);
  if (status) return status;
  args->given[args->n_given++] = (lnti_given){option, value};
  return LNT_OK;
}

/** "[FILE.npy]" may be left out: the next argument is its value only where it ends in ".npy". */
static bool is_optional_value(const lnti_cli_option *option, const char *text) {
  const char *ending = strrchr(option->argument, '.');
  size_t n = ending ? strcspn(ending, "]") : 0, m = text ? strlen(text) : 0;
  return n > 0 && m > n && strncmp(text + m - n, ending, n) == 0;
}

/** The value is the next argument, unless that looks like an option of its own. */
static lnt_status add_with_next(reading *r, const lnti_cli_option *option, lnt_error *err) {
  const char *value = r->next < r->n_argv ? r->argv[r->next] : NULL;
  if (option->argument[0] == '[' && !is_optional_value(option, value)) return add_given(r, option, NULL, err);
  if (!value || strncmp(value, "--", 2) == 0) {
    return lnti_fail(err, LNT_EINVAL, "--%s needs a value: --%s %s", option->name, option->name, option->argument);
  }
  r->next++;
  return add_given(r, option, value, err);
}

/** --key, --key=value, --key value. */
static lnt_status read_long(reading *r, const char *text, lnt_error *err) {
  const char *equals = strchr(text, '=');
  size_t length = equals ? (size_t)(equals - text) : strlen(text);
  const lnti_cli_option *option = find_name(r, text, length);
  if (!option) return fail_unknown(r, text, length, err);
  if (!option->argument) {
    if (equals) return lnti_fail(err, LNT_EINVAL, "--%s takes no value", option->name);
    return add_given(r, option, NULL, err);
  }
  return equals ? add_given(r, option, equals + 1, err) : add_with_next(r, option, err);
}

/** -K value, -Kvalue, -ab for two switches. */
static lnt_status read_letters(reading *r, const char *text, lnt_error *err) {
  for (const char *at = text; *at; at++) {
    const lnti_cli_option *option = find_letter(r, *at);
    if (!option) return lnti_fail(err, LNT_EINVAL, "unknown option -%c (%s lists them)", *at, r->help);
    if (option->argument) return at[1] ? add_given(r, option, at + 1, err) : add_with_next(r, option, err);
    lnt_status status = add_given(r, option, NULL, err);
    if (status) return status;
  }
  return LNT_OK;
}

static lnt_status add_operand(reading *r, const char *text, lnt_error *err) {
  lnti_args *args = r->args;
  lnt_status status =
      lnti_grow(&args->operands, &args->operand_capacity, args->n_operands + 1, sizeof *args->operands, err);
  if (status) return status;
  args->operands[args->n_operands++] = text;
  return LNT_OK;
}

lnt_status lnti_args_read(lnti_args *args, size_t *next, size_t n_argv, char *const *argv,
                          const lnti_cli_option *const *tables, size_t n_tables, bool stop_at_operand, const char *help,
                          lnt_error *err) {
  reading r = {args, *next, n_argv, argv, tables, n_tables, help};
  bool options_ended = false;
  lnt_status status = LNT_OK;
  while (!status && r.next < n_argv) {
    const char *text = argv[r.next];
    if (!options_ended && text[0] == '-' && text[1]) {
      r.next++;
      if (strcmp(text, "--") == 0) {
        options_ended = true;
      } else {
        status = text[1] == '-' ? read_long(&r, text + 2, err) : read_letters(&r, text + 1, err);
      }
    } else if (stop_at_operand) {
      break;
    } else {
      r.next++;
      status = add_operand(&r, text, err);
    }
  }
  *next = r.next;
  return status;
}

void lnti_args_clear(lnti_args *args) {
  free(args->given);
  free(args->operands);
  *args = (lnti_args){0};
}

/* ---- asking ---- */

static const lnti_given *find_given(const lnti_args *args, const char *name) {
  for (size_t i = args->n_given; i > 0; i--) {
    if (strcmp(args->given[i - 1].option->name, name) == 0) return &args->given[i - 1];
  }
  return NULL;
}

bool lnti_args_has(const lnti_args *args, const char *name) {
  return find_given(args, name) != NULL;
}

const char *lnti_args_text(const lnti_args *args, const char *name, const char *fallback) {
  const lnti_given *given = find_given(args, name);
  return given && given->value ? given->value : fallback;
}

lnt_status lnti_args_int(int64_t *out, const lnti_args *args, const char *name, int64_t fallback, int64_t min,
                         int64_t max, lnt_error *err) {
  const char *text = lnti_args_text(args, name, NULL);
  int64_t value = fallback;
  if (text) {
    char what[TYPED_MAX + 3] = "--";
    strncat(what, name, TYPED_MAX);
    lnt_status status = lnti_parse_int(&value, text, what, err);
    if (status) return status;
    if (value < min || value > max) {
      return lnti_fail(err, LNT_EINVAL, "--%s %s: outside %lld to %lld", name, text, (long long)min, (long long)max);
    }
  }
  *out = value;
  return LNT_OK;
}

lnt_status lnti_args_real(double *out, const lnti_args *args, const char *name, double fallback, double min, double max,
                          lnt_error *err) {
  const char *text = lnti_args_text(args, name, NULL);
  double value = fallback;
  if (text) {
    char what[TYPED_MAX + 3] = "--";
    strncat(what, name, TYPED_MAX);
    lnt_status status = lnti_parse_real(&value, text, what, err);
    if (status) return status;
    if (value < min || value > max) {
      return lnti_fail(err, LNT_EINVAL, "--%s %s: outside %g to %g", name, text, min, max);
    }
  }
  *out = value;
  return LNT_OK;
}

lnt_status lnti_args_choice(size_t *out, const lnti_args *args, const char *name, const char *choices, size_t fallback,
                            lnt_error *err) {
  const char *text = lnti_args_text(args, name, NULL);
  if (!text) {
    *out = fallback;
    return LNT_OK;
  }
  size_t index = 0;
  for (const char *at = choices; *at; index++) {
    size_t length = strcspn(at, "|");
    if (strlen(text) == length && memcmp(at, text, length) == 0) {
      *out = index;
      return LNT_OK;
    }
    at += length + (at[length] == '|');
  }
  return lnti_fail(err, LNT_EINVAL, "--%s %s: it is one of %s", name, text, choices);
}

static bool is_among(const char *name, const char *list) {
  size_t n = strlen(name);
  for (const char *at = list; at && *at; at = strchr(at, '|') ? strchr(at, '|') + 1 : NULL) {
    if (strcspn(at, "|") == n && memcmp(at, name, n) == 0) return true;
  }
  return false;
}

lnt_status lnti_args_allow(const lnti_args *args, const lnti_cli_option *table, const char *allowed, const char *form,
                           lnt_error *err) {
  for (size_t i = 0; i < args->n_given; i++) {
    const char *name = args->given[i].option->name;
    bool of_table = false;
    for (const lnti_cli_option *row = table; row->name; row++) of_table |= row == args->given[i].option;
    if (!of_table || is_among(name, allowed)) continue;
    lnti_text known = {0};
    lnt_status status = LNT_OK;
    for (const lnti_cli_option *row = table; row->name && !status; row++) {
      if (!is_among(row->name, allowed)) continue;
      status = lnti_text_printf(&known, err, "%s--%s", known.length ? ", " : "", row->name);
    }
    if (!status)
      status = lnti_fail(err, LNT_EINVAL, "--%s does not go with '%s', which takes %s", name, form,
                         known.length ? known.data : "no options of its own");
    lnti_text_clear(&known);
    return status;
  }
  return LNT_OK;
}

lnt_status lnti_args_list(const char ***out, size_t *n_out, const lnti_args *args, const char *name, lnt_error *err) {
  const char **list = NULL;
  lnt_status status = lnti_alloc(&list, args->n_given, sizeof *list, err);
  if (status) return status;
  size_t n = 0;
  for (size_t i = 0; i < args->n_given; i++) {
    if (strcmp(args->given[i].option->name, name) == 0) list[n++] = args->given[i].value;
  }
  *out = list;
  *n_out = n;
  return LNT_OK;
}

/** Cuts blanks off both ends of a text, in place. */
static char *trim(char *text) {
  text += strspn(text, " \t");
  size_t n = strlen(text);
  while (n > 0 && (text[n - 1] == ' ' || text[n - 1] == '\t')) text[--n] = 0;
  return text;
}

lnt_status lnti_split_commas(const char ***out, size_t *n_out, char **block_out, const char *text, const char *what,
                             lnt_error *err) {
  const char **list = NULL;
  char *block = NULL;
  size_t n = 1, i = 0;
  for (const char *at = text; *at; at++) n += *at == ',';
  lnt_status status = lnti_strdup(&block, text, err);
  if (!status) status = lnti_alloc(&list, n, sizeof *list, err);
  for (char *part = block; !status && i < n; i++) {
    char *comma = strchr(part, ',');
    if (comma) *comma = 0;
    list[i] = trim(part);
    if (!list[i][0]) status = lnti_fail(err, LNT_EINVAL, "%s: part %zu of \"%s\" is empty", what, i + 1, text);
    part = comma ? comma + 1 : part;
  }
  if (status) {
    free(list);
    free(block);
    return status;
  }
  *out = list;
  *n_out = n;
  *block_out = block;
  return LNT_OK;
}
