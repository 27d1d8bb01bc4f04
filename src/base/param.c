/*
 * Parameter tables. Each value is kept as one double: whole numbers, switches and choices fit in it exactly, and a set
 * of parameters stays copyable. NaN stands for "auto", which no table can confuse with a number, since NaN is refused
 * as input. Every refusal names the parameter, what was given and what is taken.
 */
#include <base/param.h>

#include <base/error.h>
#include <base/text.h>
#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { NO_ROW = -1, NO_CHOICE = -1 };

static int find_row(const lnti_param *table, const char *name, size_t n) {
  for (int i = 0; table[i].name; i++) {
    if (strlen(table[i].name) == n && memcmp(table[i].name, name, n) == 0) return i;
  }
  return NO_ROW;
}

/* The row that was most likely meant; NULL. In capitals or not is no other name. */
static const char *near_row(const lnti_param *table, const char *name, size_t n) {
  enum { ROWS_MAX = 32, BYTES_MAX = 60 };
  const char *names[ROWS_MAX];
  char typed[BYTES_MAX + 1] = {0};
  size_t rows = 0;
  memcpy(typed, name, n < BYTES_MAX ? n : BYTES_MAX);
  for (; rows < ROWS_MAX && table[rows].name; rows++) {
    if (strcasecmp(table[rows].name, typed) == 0) return table[rows].name;
    names[rows] = table[rows].name;
  }
  return lnti_nearest_name(typed, names, rows);
}

static lnt_status refuse_name(const lnti_param *table, const char *name, size_t n, lnt_error *err) {
  lnti_text known = {0};
  int shown = n < 60 ? (int)n : 60;
  lnt_status status = LNT_OK;
  for (const lnti_param *row = table; row->name && status == LNT_OK; row++) {
    status = lnti_text_printf(&known, err, "%s%s", row == table ? "" : ", ", row->name);
  }
  const char *near = near_row(table, name, n);
  if (status == LNT_OK && !known.data) {
    status = lnti_fail(err, LNT_EINVAL, "unknown parameter '%.*s'; there are none here", shown, name);
  } else if (status == LNT_OK && near) {
    status = lnti_fail(err, LNT_EINVAL, "unknown parameter '%.*s'; did you mean %s? Known are: %s", shown, name, near,
                       known.data);
  } else if (status == LNT_OK) {
    status = lnti_fail(err, LNT_EINVAL, "unknown parameter '%.*s'; known are: %s", shown, name, known.data);
  }
  lnti_text_clear(&known);
  return status;
}

/* Index of `value` in "a|b|c", or NO_CHOICE. */
static int find_choice(const char *choices, const char *value) {
  size_t n = strlen(value);
  int i = 0;
  for (const char *from = choices; from; i++) {
    const char *bar = strchr(from, '|');
    size_t length = bar ? (size_t)(bar - from) : strlen(from);
    if (length == n && memcmp(from, value, n) == 0) return i;
    from = bar ? bar + 1 : NULL;
  }
  return NO_CHOICE;
}

static const char *choice_at(size_t *n_out, const char *choices, int index) {
  const char *from = choices;
  for (; index > 0; index--) from = strchr(from, '|') + 1;
  *n_out = strcspn(from, "|");
  return from;
}

static bool takes_auto(const lnti_param *row) {
  return (row->type == LNTI_PARAM_INT || row->type == LNTI_PARAM_REAL) && row->choices &&
         strcmp(row->choices, "auto") == 0;
}

static lnt_status refuse_value(const lnti_param *row, const char *value, lnt_error *err) {
  char min[LNTI_JSON_REAL_TEXT], max[LNTI_JSON_REAL_TEXT];
  const char *or_auto = takes_auto(row) ? ", or auto," : "";
  if (row->type == LNTI_PARAM_BOOL) {
    return lnti_fail(err, LNT_EINVAL, "parameter '%s' is '%.60s' where true or false is needed", row->name, value);
  }
  if (row->type == LNTI_PARAM_CHOICE) {
    return lnti_fail(err, LNT_EINVAL, "parameter '%s' is '%.60s' where one of %s is needed", row->name, value,
                     row->choices);
  }
  lnti_json_real_text(min, row->min);
  lnti_json_real_text(max, row->max);
  return lnti_fail(err, LNT_EINVAL, "parameter '%s' is '%.60s' where a %s from %s to %s%s is needed", row->name, value,
                   row->type == LNTI_PARAM_INT ? "whole number" : "number", min, max, or_auto);
}

static bool parse_number(double *out, const lnti_param *row, const char *value) {
  double number = 0;
  int64_t whole = 0;
  if (row->type == LNTI_PARAM_INT) {
    if (lnti_parse_int(&whole, value, row->name, NULL) != LNT_OK) return false;
    number = (double)whole;
  } else if (lnti_parse_real(&number, value, row->name, NULL) != LNT_OK) {
    return false;
  }
  if (number < row->min || number > row->max) return false;
  *out = number;
  return true;
}

static bool parse_value(double *out, const lnti_param *row, const char *value) {
  int index = NO_CHOICE;
  switch (row->type) {
    case LNTI_PARAM_BOOL:
      index = find_choice("false|true", value);
      break;
    case LNTI_PARAM_CHOICE:
      index = find_choice(row->choices, value);
      break;
    case LNTI_PARAM_INT:
    case LNTI_PARAM_REAL:
      if (!takes_auto(row) || strcmp(value, "auto") != 0) return parse_number(out, row, value);
      *out = NAN;
      return true;
  }
  if (index == NO_CHOICE) return false;
  *out = index;
  return true;
}

void lnti_params_init(lnti_params *out, const lnti_param *table) {
  lnti_params params = {.table = table};
  for (int i = 0; table[i].name; i++) {
    assert(i < LNTI_PARAMS_MAX);
    bool parsed = parse_value(&params.value[i], &table[i], table[i].fallback);
    assert(parsed);
    (void)parsed;
  }
  *out = params;
}

static lnt_status set_row(lnti_params *params, const char *name, size_t n, const char *value, lnt_error *err) {
  int i = find_row(params->table, name, n);
  if (i == NO_ROW) return refuse_name(params->table, name, n, err);
  if (!parse_value(&params->value[i], &params->table[i], value)) return refuse_value(&params->table[i], value, err);
  return LNT_OK;
}

lnt_status lnti_params_set(lnti_params *params, const char *assignment, lnt_error *err) {
  const char *equals = strchr(assignment, '=');
  if (!equals) return lnti_fail(err, LNT_EINVAL, "'%.60s' sets no parameter: KEY=VALUE is needed", assignment);
  return set_row(params, assignment, (size_t)(equals - assignment), equals + 1, err);
}

lnt_status lnti_params_set_value(lnti_params *params, const char *name, const char *value, lnt_error *err) {
  return set_row(params, name, strlen(name), value, err);
}

double lnti_params_get(const lnti_params *params, const char *name) {
  int i = find_row(params->table, name, strlen(name));
  assert(i != NO_ROW);
  return i == NO_ROW ? NAN : params->value[i];
}

bool lnti_params_is_auto(const lnti_params *params, const char *name) {
  return isnan(lnti_params_get(params, name));
}

/* The value of a number as text: "auto", a whole number, or the shortest that reads back equal. */
static void number_text(char out[LNTI_JSON_REAL_TEXT], double value) {
  if (isnan(value)) {
    memcpy(out, "auto", sizeof "auto");
  } else {
    lnti_json_real_text(out, value);
  }
}

lnt_status lnti_params_text(char **out, const lnti_params *params, const char *name, lnt_error *err) {
  char number[LNTI_JSON_REAL_TEXT];
  const char *text = number;
  size_t n = 0;
  int i = find_row(params->table, name, strlen(name));
  if (i == NO_ROW) return refuse_name(params->table, name, strlen(name), err);
  const lnti_param *row = &params->table[i];
  if (row->type == LNTI_PARAM_INT || row->type == LNTI_PARAM_REAL) {
    number_text(number, params->value[i]);
    n = strlen(number);
  } else {
    text = choice_at(&n, row->type == LNTI_PARAM_BOOL ? "false|true" : row->choices, (int)params->value[i]);
  }
  return lnti_strndup(out, text, n, err);
}

enum { CHOICE_BYTES_MAX = 64 };

static void write_choice(lnti_json_writer *w, const char *choices, int index) {
  char copy[CHOICE_BYTES_MAX];
  size_t n = 0;
  const char *text = choice_at(&n, choices, index);
  assert(n < sizeof copy);
  if (n >= sizeof copy) n = sizeof copy - 1;
  memcpy(copy, text, n);
  copy[n] = '\0';
  lnti_json_string(w, copy);
}

void lnti_params_write(lnti_json_writer *w, const lnti_params *params) {
  lnti_json_begin_object(w);
  for (int i = 0; params->table[i].name; i++) {
    const lnti_param *row = &params->table[i];
    double value = params->value[i];
    lnti_json_key(w, row->name);
    if (row->type == LNTI_PARAM_BOOL) {
      lnti_json_bool(w, value != 0);
    } else if (row->type == LNTI_PARAM_CHOICE) {
      write_choice(w, row->choices, (int)value);
    } else if (isnan(value)) {
      lnti_json_string(w, "auto");
    } else {
      lnti_json_real(w, value);
    }
  }
  lnti_json_end_object(w);
}

static lnt_status read_value(lnti_params *params, const lnti_json_value *v, lnt_error *err) {
  const char *text = NULL;
  if (v->type == LNTI_JSON_TYPE_STRING || v->type == LNTI_JSON_TYPE_NUMBER) text = v->text;
  if (v->type == LNTI_JSON_TYPE_BOOL) text = v->boolean ? "true" : "false";
  if (!text) {
    return lnti_fail(err, LNT_EDATA, "parameter '%.60s' is no number, string or boolean (line %u)", v->key, v->line);
  }
  return lnti_params_set_value(params, v->key, text, err);
}

lnt_status lnti_params_read(lnti_params *out, const lnti_param *table, const lnti_json_value *object, lnt_error *err) {
  lnti_params params;
  lnt_status status = LNT_OK;
  if (!object || object->type != LNTI_JSON_TYPE_OBJECT) {
    return lnti_fail(err, LNT_EDATA, "parameters are no JSON object");
  }
  lnti_params_init(&params, table);
  for (const lnti_json_value *v = object->first; v && status == LNT_OK; v = v->next) {
    status = read_value(&params, v, err);
  }
  if (status == LNT_EINVAL) { /* the same mistake, but in a file and not in a call */
    status = LNT_EDATA;
    if (err) err->code = status;
  }
  if (status == LNT_OK) *out = params;
  return status;
}
