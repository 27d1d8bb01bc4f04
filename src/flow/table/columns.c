/*
 * What the caller says of the columns, and the plan as a whole. Columns are named as in the header, or counted from 1.
 */
#include <flow/table/parts.h>

#include <base/error.h>
#include <flow/split/names.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { ROWS_FOR_KEYS = 10000 }; /* of JSON Lines, where a key may be missing in the first rows */

/* ---- sample ---- */

static lnt_status keep_cell(lnti_cell *out, lnti_arena *arena, const lnti_cell *cell, lnt_error *err) {
  char *text = NULL;
  lnti_cell *items = NULL;
  *out = *cell;
  lnt_status status = lnti_arena_strndup(&text, arena, cell->text, cell->n, err);
  if (status) return status;
  out->text = text;
  if (cell->n_items == 0) return LNT_OK;
  status = lnti_arena_alloc(&items, arena, cell->n_items, sizeof *items, err);
  for (size_t i = 0; i < cell->n_items && status == LNT_OK; i++) {
    status = keep_cell(&items[i], arena, &cell->items[i], err);
  }
  out->items = items;
  return status;
}

static lnt_status keep_row(lnti_table_sample *sample, const lnti_sheet_row *row, lnt_error *err) {
  lnti_cell *cells = NULL;
  lnt_status status = lnti_arena_alloc(&cells, &sample->arena, row->n, sizeof *cells, err);
  for (size_t i = 0; i < row->n && status == LNT_OK; i++) {
    status = keep_cell(&cells[i], &sample->arena, &row->cells[i], err);
  }
  if (status) return status;
  sample->rows[sample->n] = *row;
  sample->rows[sample->n++].cells = cells;
  return LNT_OK;
}

static lnt_status keep_keys(lnti_table_sample *sample, const lnti_sheet *sheet, lnt_error *err) {
  size_t n = lnti_sheet_n_keys(sheet);
  lnt_status status = lnti_arena_alloc(&sample->keys, &sample->arena, n, sizeof *sample->keys, err);
  for (size_t i = 0; i < n && status == LNT_OK; i++) {
    char *key = NULL;
    const char *text = lnti_sheet_key(sheet, i);
    status = lnti_arena_strndup(&key, &sample->arena, text, strlen(text), err);
    sample->keys[i] = key;
  }
  if (status == LNT_OK) sample->n_keys = n;
  return status;
}

static lnt_status keep_fault(lnti_table_sample *sample, const lnti_sheet_row *row, lnt_error *err) {
  char *copy = NULL;
  lnt_status status = lnti_arena_strndup(&copy, &sample->arena, row->reason, strlen(row->reason), err);
  sample->fault = copy;
  return status;
}

lnt_status lnti_table_sample_read(lnti_table_sample *out, lnti_sheet *sheet, const char *name, lnti_table_format format,
                                  lnt_error *err) {
  lnti_table_sample sample = {.name = name, .format = format};
  const lnti_sheet_row *row = NULL;
  lnt_status status = lnti_arena_alloc(&sample.rows, &sample.arena, LNTI_TABLE_SAMPLE, sizeof *sample.rows, err);
  while (!status && sample.n < LNTI_TABLE_SAMPLE) {
    status = lnti_sheet_next(&row, sheet, err);
    if (status || !row) break;
    if (sample.first_line == 0) {
      sample.first_line = row->line;
      if (row->refused) status = keep_fault(&sample, row, err);
    }
    if (!status && !row->refused) status = keep_row(&sample, row, err);
  }
  for (size_t i = 0; !status && row && format == LNTI_TABLE_JSONL && i < ROWS_FOR_KEYS; i++) {
    status = lnti_sheet_next(&row, sheet, err);
  }
  if (!status) status = keep_keys(&sample, sheet, err);
  if (status) {
    lnti_arena_clear(&sample.arena);
    return status;
  }
  sample.separator = lnti_sheet_separator(sheet);
  *out = sample;
  return LNT_OK;
}

void lnti_table_sample_clear(lnti_table_sample *sample) {
  lnti_arena_clear(&sample->arena);
  *sample = (lnti_table_sample){0};
}

size_t lnti_table_first_data(const lnti_table_planning *p) {
  return p->plan->has_header ? 1 : 0;
}

const lnti_cell *lnti_table_sample_cell(const lnti_table_planning *p, size_t row, size_t column) {
  static const lnti_cell none = {.text = ""};
  const lnti_sheet_row *r = &p->sample->rows[row];
  return column < r->n ? &r->cells[column] : &none;
}

/* ---- roles ---- */

static const char *const role_names[] = {"open",   "skip",   "path",  "label", "labels",
                                         "onehot", "number", "split", "group", "meta"};

const char *lnti_column_role_name(lnti_column_role role) {
  return role_names[role];
}

/* "label:QUESTION"; *argument_out behind the colon, or NULL. LNTI_COLUMN_OPEN where it is no role. */
static lnti_column_role role_of(const char **argument_out, const char *text) {
  const char *colon = strchr(text, ':');
  size_t n = colon ? (size_t)(colon - text) : strlen(text);
  *argument_out = colon ? colon + 1 : NULL;
  for (size_t i = LNTI_COLUMN_SKIP; i < sizeof role_names / sizeof role_names[0]; i++) {
    if (strlen(role_names[i]) == n && strncasecmp(role_names[i], text, n) == 0) return (lnti_column_role)i;
  }
  return LNTI_COLUMN_OPEN;
}

static bool takes_argument(lnti_column_role role) {
  return role == LNTI_COLUMN_LABEL || role == LNTI_COLUMN_LABELS || role == LNTI_COLUMN_ONEHOT ||
         role == LNTI_COLUMN_NUMBER || role == LNTI_COLUMN_META;
}

static size_t column_called(const lnti_table_plan *plan, const char *name, int (*compare)(const char *, const char *),
                            size_t *n_out) {
  size_t found = 0;
  *n_out = 0;
  for (size_t i = 0; i < plan->n_columns; i++) {
    if (compare(plan->columns[i].name, name) != 0) continue;
    if ((*n_out)++ == 0) found = i;
  }
  return found;
}

/* The columns that "3" or "name" may mean: *n_out of them, and the first. */
static size_t look_up(const lnti_table_plan *plan, const char *text, size_t *n_out) {
  lnt_error none = LNT_ERROR_INIT;
  int64_t number = 0;
  size_t found = 0;
  *n_out = 0;
  if (plan->named) found = column_called(plan, text, strcmp, n_out);
  if (*n_out == 0 && plan->named) found = column_called(plan, text, strcasecmp, n_out);
  if (*n_out == 0 && lnti_parse_int(&number, text, "column", &none) == LNT_OK && number >= 1 &&
      (uint64_t)number <= plan->n_columns) {
    *n_out = 1;
    found = (size_t)number - 1;
  }
  return found;
}

lnt_status lnti_table_find_column(size_t *out, const lnti_table_planning *p, const char *text, lnt_error *err) {
  lnti_text shown = {0};
  size_t n = 0, found = look_up(p->plan, text, &n);
  if (n == 1) {
    *out = found;
    return LNT_OK;
  }
  if (n > 1) {
    return lnti_fail(err, LNT_EINVAL, "%.200s: %zu columns are called \"%.60s\": give the number instead, as %zu",
                     p->sample->name, n, text, found + 1);
  }
  lnt_status status = lnti_table_show(&shown, p, err);
  if (!status) {
    status = lnti_fail(err, LNT_EINVAL, "%.120s: no column \"%.60s\"; there %s: %.280s", p->sample->name, text,
                       lnti_plural(p->plan->n_columns, "is", "are"), shown.data);
  }
  lnti_text_clear(&shown);
  return status;
}

static lnt_status add_question(size_t *out, lnti_table_planning *p, const char *path, lnti_question_type type,
                               size_t column, lnt_error *err) {
  lnti_table_plan *plan = p->plan;
  lnt_status status =
      lnti_grow(&plan->questions, &plan->question_capacity, plan->n_questions + 1, sizeof *plan->questions, err);
  if (status) return status;
  *out = plan->n_questions;
  plan->questions[plan->n_questions++] =
      (lnti_table_question){.path = path, .type = type, .column = {column}, .n_levels = 1};
  return LNT_OK;
}

/* Whether lists of labels make a question of their column's name: where nobody says another, there is no "class" that they
 * may always have answered, and the name says more than "label". */
static bool names_lists(const lnti_table_planning *p, const char *name) {
  static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
  enum { NAME_MAX_BYTES = 40 };
  size_t ignored = 0;
  lnt_error none = LNT_ERROR_INIT;
  if (strcasecmp(name, "label") == 0) return false;
  if (p->spec->target || !*name || strlen(name) > NAME_MAX_BYTES || name[strspn(name, plain)]) return false;
  return !p->spec->ontology || lnti_ontology_find_question(&ignored, p->spec->ontology, "class", &none);
}

/* What a label answers when nobody says it: the target, and where that is taken the question of the column's name. */
static const char *question_of(const lnti_table_planning *p, size_t column, lnti_column_role role,
                               const char *argument) {
  const lnti_table_plan *plan = p->plan;
  if (argument || role == LNTI_COLUMN_ONEHOT || !plan->named) return argument;
  if (role == LNTI_COLUMN_NUMBER) return plan->columns[column].name;
  if (role == LNTI_COLUMN_LABELS && names_lists(p, plan->columns[column].name)) return plan->columns[column].name;
  for (size_t i = 0; i < plan->n_questions; i++) {
    if (!plan->questions[i].path) return plan->columns[column].name;
  }
  return NULL;
}

static bool same_path(const char *a, const char *b) {
  return a == b || (a && b && strcmp(a, b) == 0);
}

/* Columns of one role and question that share it. */
static size_t shared_question(const lnti_table_plan *plan, lnti_column_role role, const char *path) {
  for (size_t i = 0; i < plan->n_columns; i++) {
    const lnti_table_column *column = &plan->columns[i];
    if (column->role == role && same_path(plan->questions[column->question].path, path)) {
      return column->question;
    }
  }
  return LNTI_NONE;
}

static lnt_status assign_question(lnti_table_planning *p, size_t column, lnti_column_role role, const char *argument,
                                  lnt_error *err) {
  lnti_table_plan *plan = p->plan;
  lnti_question_type type = role == LNTI_COLUMN_LABEL    ? LNTI_RADIO
                            : role == LNTI_COLUMN_NUMBER ? LNTI_NUMBER
                                                         : LNTI_CHECKLIST;
  bool shares = role == LNTI_COLUMN_ONEHOT || (role == LNTI_COLUMN_LABELS && p->is_export);
  size_t question = shares ? shared_question(plan, role, argument) : LNTI_NONE;
  if (question != LNTI_NONE) {
    plan->columns[column].question = question;
    return LNT_OK;
  }
  const char *path = question_of(p, column, role, argument);
  for (size_t i = 0; i < plan->n_questions; i++) {
    if (!same_path(plan->questions[i].path, path)) continue;
    return lnti_fail(err, LNT_EINVAL,
                     "%.200s: columns %zu and %zu would answer one question: say which, as in '%zu=%s:QUESTION'%s",
                     p->sample->name, plan->questions[i].column[0] + 1, column + 1, column + 1, role_names[role],
                     type == LNTI_RADIO ? "; levels of one label are given as --label TOP/BELOW" : "");
  }
  return add_question(&plan->columns[column].question, p, path, type, column, err);
}

static lnt_status assign_key(lnti_table_planning *p, size_t column, const char *key, lnt_error *err) {
  lnti_table_plan *plan = p->plan;
  if (!key) {
    const char *name = plan->columns[column].name; /* "meta.site" is how an export calls "site" */
    key = strncmp(name, "meta.", 5) == 0 && name[5] ? name + 5 : name;
  }
  for (size_t i = 0; i < plan->n_keys; i++) {
    if (strcmp(plan->keys[i], key) != 0) continue;
    return lnti_fail(err, LNT_EINVAL,
                     "%.200s: two columns would be the metadata \"%.60s\": name one, as in '%zu=meta:KEY', or leave it "
                     "out: '%zu=skip'",
                     p->sample->name, key, column + 1, column + 1);
  }
  plan->columns[column].key = plan->n_keys;
  plan->keys[plan->n_keys++] = key;
  return LNT_OK;
}

static lnt_status check_once(const lnti_table_planning *p, size_t column, lnti_column_role role, lnt_error *err) {
  for (size_t i = 0; i < p->plan->n_columns; i++) {
    if (p->plan->columns[i].role != role) continue;
    return lnti_fail(err, LNT_EINVAL, "%.200s: columns %zu and %zu are both given as %s; there can be one",
                     p->sample->name, i + 1, column + 1, role_names[role]);
  }
  return LNT_OK;
}

lnt_status lnti_table_assign(lnti_table_planning *p, size_t column, lnti_column_role role, const char *argument,
                             bool guessed, lnt_error *err) {
  lnti_table_column *c = &p->plan->columns[column];
  lnt_status status = LNT_OK;
  if (c->role != LNTI_COLUMN_OPEN) {
    return lnti_fail(err, LNT_EINVAL, "%.200s: column %zu (\"%.60s\") is given twice", p->sample->name, column + 1,
                     c->name);
  }
  switch (role) {
    case LNTI_COLUMN_PATH:
    case LNTI_COLUMN_SPLIT:
    case LNTI_COLUMN_GROUP:
      status = check_once(p, column, role, err);
      break;
    case LNTI_COLUMN_LABEL:
    case LNTI_COLUMN_LABELS:
    case LNTI_COLUMN_ONEHOT:
    case LNTI_COLUMN_NUMBER:
      status = assign_question(p, column, role, argument, err);
      break;
    case LNTI_COLUMN_META:
      status = assign_key(p, column, argument, err);
      break;
    case LNTI_COLUMN_OPEN:
    case LNTI_COLUMN_SKIP:
      break;
  }
  if (status) return status;
  c->role = role;
  c->guessed = guessed;
  if (role == LNTI_COLUMN_PATH) p->plan->path = column;
  return LNT_OK;
}

/* ---- what the caller says ---- */

static lnt_status copy(const char **out, lnti_table_planning *p, const char *text, size_t n, lnt_error *err) {
  char *kept = NULL;
  lnt_status status = lnti_arena_strndup(&kept, &p->plan->arena, text, n, err);
  if (!status) *out = kept;
  return status;
}

static lnt_status fail_role(const char *text, lnt_error *err) {
  return lnti_fail(err, LNT_EINVAL,
                   "--column \"%.100s\": COLUMN=ROLE is needed, ROLE being one of path, label[:QUESTION], "
                   "labels[:QUESTION], onehot[:QUESTION], number[:QUESTION], split, group, meta[:KEY], skip",
                   text);
}

/* "COLUMN=ROLE"; "*=ROLE", or ROLE=*, says it of all that are left. */
static lnt_status take_column(lnti_table_planning *p, const char *text, lnt_error *err) {
  const char *equals = strrchr(text, '='), *argument = NULL, *name = NULL, *role_text = NULL;
  size_t column = 0;
  if (!equals || equals == text) return fail_role(text, err);
  lnt_status status = copy(&name, p, text, (size_t)(equals - text), err);
  if (!status) status = copy(&role_text, p, equals + 1, strlen(equals + 1), err);
  if (status) return status;
  if (strcmp(role_text, "*") == 0) {
    const char *swapped = role_text;
    role_text = name;
    name = swapped;
  }
  lnti_column_role role = role_of(&argument, role_text);
  if (role == LNTI_COLUMN_OPEN || (argument && (!*argument || !takes_argument(role)))) return fail_role(text, err);
  if (strcmp(name, "*") == 0) {
    if (role != LNTI_COLUMN_ONEHOT && role != LNTI_COLUMN_SKIP && (role != LNTI_COLUMN_META || argument)) {
      return lnti_fail(err, LNT_EINVAL, "--column \"%.100s\": all that are left can be onehot[:QUESTION], meta or skip",
                       text);
    }
    p->others = role;
    p->others_question = argument;
    return LNT_OK;
  }
  status = lnti_table_find_column(&column, p, name, err);
  return status ? status : lnti_table_assign(p, column, role, argument, false, err);
}

/* The levels of "A/B", top first; false where one of them is no column. */
static bool find_levels(size_t columns[LNTI_TABLE_LEVELS_MAX], size_t *n_out, const lnti_table_plan *plan, char *text) {
  size_t n = 0;
  *n_out = 1;
  columns[0] = look_up(plan, text, &n);
  if (n == 1) return true;
  *n_out = 0;
  for (char *at = text, *slash; at; at = slash ? slash + 1 : NULL) {
    slash = strchr(at, '/');
    if (*n_out == LNTI_TABLE_LEVELS_MAX) return false;
    if (slash) *slash = '\0';
    columns[(*n_out)++] = look_up(plan, at, &n);
    if (slash) *slash = '/';
    if (n != 1) return false;
  }
  return true;
}

/* "COLUMN/COLUMN:QUESTION". A column's own name may hold either sign, so the longest reading that there is counts. */
static lnt_status take_label(lnti_table_planning *p, const char *given, lnt_error *err) {
  size_t columns[LNTI_TABLE_LEVELS_MAX], n = 0, question = 0;
  const char *path = NULL;
  char *text = NULL;
  lnt_status status = lnti_arena_strndup(&text, &p->plan->arena, given, strlen(given), err);
  if (status) return status;
  bool found = find_levels(columns, &n, p->plan, text);
  char *colon = found ? NULL : strrchr(text, ':');
  if (colon && colon[1]) {
    *colon = '\0';
    path = colon + 1;
    found = find_levels(columns, &n, p->plan, text);
  }
  if (!found) {
    lnti_text shown = {0};
    status = lnti_table_show(&shown, p, err);
    if (!status) {
      status = lnti_fail(err, LNT_EINVAL, "%.120s: --label \"%.60s\" names no columns; there are: %.260s",
                         p->sample->name, given, shown.data);
    }
    lnti_text_clear(&shown);
    return status;
  }
  status = lnti_table_assign(p, columns[0], LNTI_COLUMN_LABEL, path, false, err);
  if (status) return status;
  question = p->plan->columns[columns[0]].question;
  p->plan->questions[question].type = n > 1 ? LNTI_TREE : LNTI_RADIO;
  for (size_t i = 1; i < n; i++) {
    lnti_table_column *column = &p->plan->columns[columns[i]];
    if (column->role != LNTI_COLUMN_OPEN) {
      return lnti_fail(err, LNT_EINVAL, "%.200s: column %zu (\"%.60s\") is given twice", p->sample->name,
                       columns[i] + 1, column->name);
    }
    *column = (lnti_table_column){
        .name = column->name, .role = LNTI_COLUMN_LABEL, .question = question, .level = i, .names = column->names};
    p->plan->questions[question].column[i] = columns[i];
  }
  p->plan->questions[question].n_levels = n;
  return LNT_OK;
}

static lnt_status take_spec(lnti_table_planning *p, lnt_error *err) {
  const lnti_table_spec *spec = p->spec;
  lnt_status status = LNT_OK;
  for (size_t i = 0; i < spec->n_columns && !status; i++) status = take_column(p, spec->columns[i], err);
  for (size_t i = 0; i < spec->n_labels && !status; i++) status = take_label(p, spec->labels[i], err);
  for (size_t i = 0; i < spec->n_names && !status; i++) {
    size_t column = 0;
    status = lnti_table_find_column(&column, p, spec->named_columns[i], err);
    if (!status) p->plan->columns[column].names = &spec->names[i];
  }
  return status;
}

/* ---- the plan ---- */

static lnt_status name_column(lnti_table_planning *p, size_t i, lnt_error *err) {
  char number[24];
  const char *name = number;
  if (p->sample->format == LNTI_TABLE_JSONL) {
    name = p->sample->keys[i];
  } else if (p->plan->has_header) {
    name = p->sample->rows[0].cells[i].text;
  } else {
    snprintf(number, sizeof number, "%zu", i + 1);
  }
  return copy(&p->plan->columns[i].name, p, name, strlen(name), err);
}

static lnt_status name_columns(lnti_table_planning *p, lnt_error *err) {
  lnti_table_plan *plan = p->plan;
  bool keys = p->sample->format == LNTI_TABLE_JSONL;
  plan->n_columns = keys ? p->sample->n_keys : p->sample->rows[0].n;
  lnt_status status = lnti_arena_alloc(&plan->columns, &plan->arena, plan->n_columns, sizeof *plan->columns, err);
  if (!status) status = lnti_arena_alloc(&plan->keys, &plan->arena, plan->n_columns, sizeof *plan->keys, err);
  for (size_t i = 0; i < plan->n_columns && !status; i++) status = name_column(p, i, err);
  return status;
}

/* What stands between several titles: the first of ; | , that the sample has. */
static char find_label_separator(const lnti_table_planning *p, size_t column) {
  static const char candidates[] = ";|,";
  for (const char *c = candidates; *c; c++) {
    for (size_t row = lnti_table_first_data(p); row < p->sample->n; row++) {
      if (strchr(lnti_table_sample_cell(p, row, column)->text, *c)) return *c;
    }
  }
  return '\0';
}

static lnt_status no_rows(const lnti_table_sample *sample, lnt_error *err) {
  if (!sample->fault) return lnti_fail(err, LNT_EDATA, "%.200s: there are no rows in it", sample->name);
  if (sample->format != LNTI_TABLE_JSONL) {
    return lnti_fail(err, LNT_EDATA, "%.200s: none of its rows can be read (line %zu: %.300s)", sample->name,
                     sample->first_line, sample->fault);
  }
  return lnti_fail(err, LNT_EDATA,
                   "%.200s: this is no JSON Lines (line %zu: %.300s); an object a line is expected, such as "
                   "{\"path\": \"a.jpg\", \"label\": \"cat\"}",
                   sample->name, sample->first_line, sample->fault);
}

static lnt_status make(lnti_table_planning *p, lnt_error *err) {
  lnti_table_plan *plan = p->plan;
  const lnti_table_sample *sample = p->sample;
  if (sample->n == 0) return no_rows(sample, err);
  plan->separator = sample->separator;
  lnt_status status = lnti_table_guess_header(&plan->has_header, p, err);
  plan->named = plan->has_header || sample->format == LNTI_TABLE_JSONL;
  if (!status) status = name_columns(p, err);
  if (!status && plan->has_header && sample->n == 1) {
    status = lnti_fail(err, LNT_EDATA, "%.200s: there are no rows below its header", sample->name);
  }
  if (!status) status = take_spec(p, err);
  if (!status) status = lnti_table_take_export(p, err);
  if (!status) status = lnti_table_guess_roles(p, err);
  if (status) return status;
  for (size_t i = 0; i < plan->n_columns; i++) {
    if (plan->columns[i].role != LNTI_COLUMN_LABELS) continue;
    char given = p->spec->label_separator;
    plan->questions[plan->columns[i].question].separator = given ? given : find_label_separator(p, i);
  }
  return LNT_OK;
}

lnt_status lnti_table_plan_make(lnti_table_plan *out, const lnti_table_sample *sample, const lnti_table_spec *spec,
                                lnti_table_exists exists, void *payload, lnt_error *err) {
  lnti_table_plan plan = {0};
  lnti_table_planning p = {
      .plan = &plan, .sample = sample, .spec = spec, .exists = exists, .payload = payload, .others = LNTI_COLUMN_OPEN};
  lnt_status status = make(&p, err);
  if (status) {
    lnti_table_plan_clear(&plan);
    return status;
  }
  *out = plan;
  return LNT_OK;
}

void lnti_table_plan_clear(lnti_table_plan *plan) {
  free(plan->questions);
  lnti_arena_clear(&plan->arena);
  *plan = (lnti_table_plan){0};
}

const char *lnti_table_onehot_title(const lnti_table_plan *plan, size_t column) {
  const lnti_table_column *c = &plan->columns[column];
  const char *path = plan->questions[c->question].path, *title = c->name;
  size_t n = path ? strlen(path) : 0;
  if (n > 0 && strncmp(title, path, n) == 0 && title[n] == '/' && title[n + 1]) title += n + 1;
  return c->names ? lnti_names_find(c->names, title, strlen(title)) : title;
}

static lnt_status describe_label(lnti_text *out, const lnti_table_plan *plan, const lnti_table_column *column,
                                 lnt_error *err) {
  const lnti_table_question *question = &plan->questions[column->question];
  lnt_status status = LNT_OK;
  if (question->path) status = lnti_text_printf(out, err, " of \"%s\"", question->path);
  if (!status && question->n_levels > 1) status = lnti_text_printf(out, err, ", level %zu", column->level + 1);
  return status;
}

lnt_status lnti_table_column_describe(lnti_text *out, const lnti_table_plan *plan, size_t column, lnt_error *err) {
  const lnti_table_column *c = &plan->columns[column];
  lnt_status status = lnti_text_printf(out, err, "%zu", column + 1);
  if (!status && plan->named) status = lnti_text_printf(out, err, " \"%s\"", c->name);
  if (!status) status = lnti_text_printf(out, err, ": %s", role_names[c->role]);
  if (!status && c->role >= LNTI_COLUMN_LABEL && c->role <= LNTI_COLUMN_NUMBER) {
    status = describe_label(out, plan, c, err);
  }
  if (!status && c->role == LNTI_COLUMN_META && strcmp(plan->keys[c->key], c->name) != 0) {
    status = lnti_text_printf(out, err, " \"%s\"", plan->keys[c->key]);
  }
  if (!status && c->guessed) status = lnti_text_printf(out, err, " (guessed)");
  return status;
}

const char *lnti_table_list_split(const char *path) {
  const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path, *found = NULL;
  while (*name) {
    size_t n = strcspn(name, "_-. ");
    const char *split = lnti_split_of_name(name, n);
    if (split && found && strcmp(split, found) != 0) return NULL;
    if (split) found = split;
    name += n + strspn(name + n, "_-. ");
  }
  return found;
}
