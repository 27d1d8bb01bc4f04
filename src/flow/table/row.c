/*
 * What a row says: its cells by the plan. Nothing of a row with a fault is taken.
 */
#include <flow/table/table.h>

#include <base/error.h>
#include <flow/split/names.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { REASON_BYTES = 300, TITLES_SCANNED = 16 /* of a cell, before they are indexed */ };

typedef struct reading {
  lnti_table_row *row;
  lnti_arena *arena;
  const lnti_table_plan *plan;
  const lnti_sheet_row *sheet;
  lnti_table_value *values;
  size_t n_values, capacity;
  size_t cell_first;      /* the first value of a cell with several titles */
  lnti_text_index titles; /* of that cell, where they are many */
} reading;

static const lnti_cell *cell_of(const reading *r, size_t column) {
  static const lnti_cell none = {.text = ""};
  return column < r->sheet->n ? &r->sheet->cells[column] : &none;
}

static lnt_status keep(const char **out, reading *r, const char *text, size_t n, lnt_error *err) {
  char *copy = NULL;
  lnt_status status = lnti_arena_strndup(&copy, r->arena, text, n, err);
  if (!status) *out = copy;
  return status;
}

static lnt_status refuse(reading *r, size_t column, lnt_error *err, const char *format, ...) LNT_PRINTF(4, 5);

static lnt_status refuse(reading *r, size_t column, lnt_error *err, const char *format, ...) {
  char reason[REASON_BYTES];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(reason, sizeof reason, format, arguments);
  va_end(arguments);
  r->row->refused = LNT_EDATA;
  r->row->column = column + 1;
  return keep(&r->row->reason, r, reason, lnti_utf8_valid(reason, strlen(reason)), err);
}

/* ---- values ---- */

/* The title that a value stands for; *out NULL where the row is refused for it. */
static lnt_status title_of(const char **out, reading *r, size_t column, const char *text, size_t n, lnt_error *err) {
  const lnti_names *names = r->plan->columns[column].names;
  *out = NULL;
  if (!names) return keep(out, r, text, n, err);
  *out = lnti_names_find(names, text, n);
  return *out ? LNT_OK : refuse(r, column, err, "\"%.100s\" has no name in %.150s", text, names->file);
}

static lnt_status add_value(reading *r, const lnti_table_value *value, lnt_error *err) {
  if (r->n_values == r->capacity) {
    lnti_table_value *wider = NULL;
    size_t capacity = r->capacity ? 2 * r->capacity : 2;
    lnt_status status = lnti_arena_alloc(&wider, r->arena, capacity, sizeof *wider, err);
    if (status) return status;
    if (r->n_values > 0) memcpy(wider, r->values, r->n_values * sizeof *wider);
    r->values = wider;
    r->capacity = capacity;
  }
  r->values[r->n_values++] = *value;
  return LNT_OK;
}

static lnt_status add_title(reading *r, size_t question, size_t column, const char *title, bool no, lnt_error *err) {
  const char **titles = NULL;
  lnt_status status = lnti_arena_alloc(&titles, r->arena, 1, sizeof *titles, err);
  if (status) return status;
  titles[0] = title;
  return add_value(
      r,
      &(lnti_table_value){
          .question = question, .titles = titles, .n_titles = 1, .no = no, .number = (double)NAN, .column = column + 1},
      err);
}

/* Nothing, or what an export writes where a person could not tell. */
static bool is_no_label(const lnti_cell *cell) {
  return cell->n == 0 || strcmp(cell->text, "(unsure)") == 0 || strcmp(cell->text, "(none of these)") == 0;
}

/* "birds/duck" is a title for each level. */
static lnt_status read_path_label(reading *r, size_t question, lnt_error *err) {
  const size_t column = r->plan->questions[question].column[0];
  const lnti_cell *cell = cell_of(r, column);
  const char **titles = NULL;
  size_t n = 0, n_levels = 1;
  for (const char *c = cell->text; *c; c++) n_levels += *c == '/';
  lnt_status status = lnti_arena_alloc(&titles, r->arena, n_levels, sizeof *titles, err);
  for (const char *at = cell->text, *end; !status; at = end + 1) {
    end = at + strcspn(at, "/");
    if (end == at) return refuse(r, column, err, "\"%.100s\" is no path of options", cell->text);
    status = keep(&titles[n++], r, at, (size_t)(end - at), err);
    if (!*end) break;
  }
  if (status) return status;
  return add_value(
      r,
      &(lnti_table_value){
          .question = question, .titles = titles, .n_titles = n, .number = (double)NAN, .column = column + 1},
      err);
}

/* A title, or those of all levels down to the first that is empty. */
static lnt_status read_label(reading *r, size_t question, lnt_error *err) {
  const lnti_table_question *q = &r->plan->questions[question];
  const char **titles = NULL;
  size_t n = 0, empty = LNTI_NONE;
  if (q->n_levels == 1 && is_no_label(cell_of(r, q->column[0]))) return LNT_OK;
  if (q->is_path) return read_path_label(r, question, err);
  lnt_status status = lnti_arena_alloc(&titles, r->arena, q->n_levels, sizeof *titles, err);
  for (size_t level = 0; level < q->n_levels && !status; level++) {
    const lnti_cell *cell = cell_of(r, q->column[level]);
    if (cell->is_list)
      return refuse(r, q->column[level], err, "a list where one label is meant; '=labels' takes several");
    if (cell->n == 0) {
      if (empty == LNTI_NONE) empty = level;
      continue;
    }
    if (empty != LNTI_NONE) {
      return refuse(r, q->column[empty], err, "the label's level above \"%.100s\" is empty", cell->text);
    }
    status = title_of(&titles[n], r, q->column[level], cell->text, cell->n, err);
    if (status || r->row->refused) return status;
    n++;
  }
  if (status || n == 0) return status;
  return add_value(
      r,
      &(lnti_table_value){
          .question = question, .titles = titles, .n_titles = n, .number = (double)NAN, .column = q->column[n - 1] + 1},
      err);
}

static bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

/* Whether the cell has said the title before. */
static lnt_status is_repeated(bool *out, reading *r, const char *title, lnt_error *err) {
  size_t n = r->n_values - r->cell_first, at = 0;
  bool added = true;
  *out = false;
  if (n == 0) return LNT_OK;
  const lnti_table_value *values = r->values + r->cell_first;
  if (n < TITLES_SCANNED) {
    for (size_t i = 0; i < n && !*out; i++) *out = strcmp(values[i].titles[0], title) == 0;
    return LNT_OK;
  }
  lnt_status status = LNT_OK;
  for (size_t i = 0; i < n && r->titles.n < n && !status; i++) {
    status = lnti_text_index_add(&at, NULL, &r->titles, values[i].titles[0], strlen(values[i].titles[0]), err);
  }
  if (!status) status = lnti_text_index_add(&at, &added, &r->titles, title, strlen(title), err);
  *out = !added;
  return status;
}

/* One of several titles; the same twice is the same. */
static lnt_status read_one_of(reading *r, size_t column, const char *text, size_t n, lnt_error *err) {
  const char *title = NULL, *own = NULL;
  bool repeated = false;
  size_t question = r->plan->columns[column].question;
  while (n > 0 && is_blank(*text)) text++, n--;
  while (n > 0 && is_blank(text[n - 1])) n--;
  if (n == 0) return LNT_OK;
  lnt_status status = keep(&own, r, text, n, err);
  if (!status) status = title_of(&title, r, column, own, n, err);
  if (status || r->row->refused) return status;
  status = is_repeated(&repeated, r, title, err);
  if (status || repeated) return status;
  return add_title(r, question, column, title, r->plan->columns[column].no, err);
}

/* "['cat', 'dog']", as Python writes a list into a table: the quotes are taken off. */
static lnt_status read_bracketed(reading *r, size_t column, const char *text, size_t n, lnt_error *err) {
  lnt_status status = LNT_OK;
  const char *at = text + 1, *end = text + n - 1;
  while (at < end && !status && !r->row->refused) {
    while (at < end && (is_blank(*at) || *at == ',')) at++;
    if (at == end) break;
    if (*at == '\'' || *at == '"') {
      const char *close = memchr(at + 1, *at, (size_t)(end - at - 1));
      if (!close) return refuse(r, column, err, "a quote is not closed in %.200s", text);
      status = read_one_of(r, column, at + 1, (size_t)(close - at - 1), err);
      at = close + 1;
    } else {
      const char *comma = memchr(at, ',', (size_t)(end - at));
      if (!comma) comma = end;
      status = read_one_of(r, column, at, (size_t)(comma - at), err);
      at = comma;
    }
  }
  return status;
}

static lnt_status read_labels(reading *r, size_t column, lnt_error *err) {
  const lnti_cell *cell = cell_of(r, column);
  char separator = r->plan->questions[r->plan->columns[column].question].separator;
  lnt_status status = LNT_OK;
  r->cell_first = r->n_values;
  lnti_text_index_clear(&r->titles);
  for (size_t i = 0; cell->is_list && i < cell->n_items && !status && !r->row->refused; i++) {
    status = read_one_of(r, column, cell->items[i].text, cell->items[i].n, err);
  }
  if (cell->is_list || cell->n == 0) return status;
  if (cell->n > 1 && cell->text[0] == '[' && cell->text[cell->n - 1] == ']') {
    return read_bracketed(r, column, cell->text, cell->n, err);
  }
  const char *at = cell->text, *end = cell->text + cell->n;
  while (at < end && !status && !r->row->refused) {
    const char *next = separator ? memchr(at, separator, (size_t)(end - at)) : NULL;
    if (!next) next = end;
    status = read_one_of(r, column, at, (size_t)(next - at), err);
    at = next + 1;
  }
  return status;
}

static bool is_one_of(const char *text, const char *const *words) {
  for (; *words; words++) {
    if (strcasecmp(*words, text) == 0) return true;
  }
  return false;
}

static lnt_status read_onehot(reading *r, size_t column, lnt_error *err) {
  static const char *const yes[] = {"1", "1.0", "true", "yes", "t", "y", NULL};
  static const char *const no[] = {"0", "0.0", "false", "no", "f", "n", NULL};
  static const char *const unknown[] = {"", "nan", "na", "n/a", "null", "none", "?", NULL};
  const lnti_cell *cell = cell_of(r, column);
  bool is_yes = is_one_of(cell->text, yes), is_no = is_one_of(cell->text, no);
  if (!is_yes && !is_no) {
    if (!cell->is_list && is_one_of(cell->text, unknown)) return LNT_OK;
    return refuse(r, column, err, "\"%.100s\" where 1 (yes), 0 (no) or nothing (unknown) is meant", cell->text);
  }
  const lnti_table_column *c = &r->plan->columns[column];
  const char *title = lnti_table_onehot_title(r->plan, column), *kept = NULL;
  if (!title) return refuse(r, column, err, "\"%.100s\" has no name in %.150s", c->name, c->names->file);
  lnt_status status = keep(&kept, r, title, strlen(title), err);
  return status ? status : add_title(r, c->question, column, kept, is_no, err);
}

/* "1,5" is a number where the table's separator is another sign. */
static lnt_status read_number(reading *r, size_t column, lnt_error *err) {
  const lnti_cell *cell = cell_of(r, column);
  lnt_error reason = LNT_ERROR_INIT;
  char text[64];
  double number = 0;
  if (cell->n == 0) return LNT_OK;
  snprintf(text, sizeof text, "%s", cell->text);
  char *comma = strchr(text, ',');
  if (comma && r->plan->separator != ',' && !strchr(text, '.')) *comma = '.';
  lnt_status status = lnti_parse_real(&number, text, "number", &reason);
  if (status == LNT_ENOMEM) return lnti_fail(err, status, "%s", reason.message);
  if (status || cell->is_list || cell->n >= sizeof text) {
    return refuse(r, column, err, "\"%.100s\" is no number", cell->text);
  }
  return add_value(
      r, &(lnti_table_value){.question = r->plan->columns[column].question, .number = number, .column = column + 1},
      err);
}

static lnt_status read_split(reading *r, size_t column, lnt_error *err) {
  const char *text = NULL;
  if (cell_of(r, column)->n == 0) return LNT_OK;
  lnt_status status = title_of(&text, r, column, cell_of(r, column)->text, cell_of(r, column)->n, err);
  if (status || r->row->refused) return status;
  const char *known = lnti_split_of_name(text, strlen(text));
  r->row->split = known ? known : text;
  return LNT_OK;
}

static lnt_status read_meta(reading *r, size_t column, lnti_table_pair *pairs, lnt_error *err) {
  const lnti_cell *cell = cell_of(r, column);
  const char *value = NULL;
  if (cell->n == 0) return LNT_OK;
  lnt_status status = title_of(&value, r, column, cell->text, cell->n, err);
  if (status || r->row->refused) return status;
  pairs[r->row->n_meta++] = (lnti_table_pair){r->plan->columns[column].key, value};
  return LNT_OK;
}

/* ---- rows ---- */

static lnt_status read_column(reading *r, size_t column, lnti_table_pair *pairs, lnt_error *err) {
  const lnti_table_column *c = &r->plan->columns[column];
  switch (c->role) {
    case LNTI_COLUMN_LABEL:
      return c->level == 0 ? read_label(r, c->question, err) : LNT_OK;
    case LNTI_COLUMN_LABELS:
      return read_labels(r, column, err);
    case LNTI_COLUMN_ONEHOT:
      return read_onehot(r, column, err);
    case LNTI_COLUMN_NUMBER:
      return read_number(r, column, err);
    case LNTI_COLUMN_SPLIT:
      return read_split(r, column, err);
    case LNTI_COLUMN_GROUP:
      return cell_of(r, column)->n ? keep(&r->row->group, r, cell_of(r, column)->text, cell_of(r, column)->n, err)
                                   : LNT_OK;
    case LNTI_COLUMN_META:
      return read_meta(r, column, pairs, err);
    case LNTI_COLUMN_OPEN:
    case LNTI_COLUMN_SKIP:
    case LNTI_COLUMN_PATH:
      break;
  }
  return LNT_OK;
}

static lnt_status read_path(reading *r, lnt_error *err) {
  const lnti_cell *cell = cell_of(r, r->plan->path);
  if (cell->n == 0) return refuse(r, r->plan->path, err, "the path is empty");
  if (cell->is_list) return refuse(r, r->plan->path, err, "a list where a path is meant");
  return keep(&r->row->path, r, cell->text, cell->n, err);
}

lnt_status lnti_table_row_read(lnti_table_row *out, lnti_arena *arena, const lnti_table_plan *plan,
                               const lnti_sheet_row *row, lnt_error *err) {
  lnti_table_row result = {.line = row->line, .refused = row->refused, .column = row->column, .reason = ""};
  reading r = {.row = &result, .arena = arena, .plan = plan, .sheet = row};
  lnti_table_pair *pairs = NULL;
  lnt_status status = LNT_OK;
  if (row->refused) {
    status = keep(&result.reason, &r, row->reason, strlen(row->reason), err);
  } else {
    status = read_path(&r, err);
    if (!status && plan->is_export) {
      status = keep(&result.id, &r, cell_of(&r, plan->id)->text, cell_of(&r, plan->id)->n, err);
    }
    if (!status) status = lnti_arena_alloc(&pairs, arena, plan->n_keys, sizeof *pairs, err);
    for (size_t i = 0; i < plan->n_columns && !status && !result.refused; i++) status = read_column(&r, i, pairs, err);
  }
  lnti_text_index_clear(&r.titles);
  if (status) return status;
  result.values = r.values;
  result.n_values = r.n_values;
  result.meta = pairs;
  if (result.refused) {
    result.path = result.split = result.group = result.id = NULL;
    result.n_values = result.n_meta = 0;
  }
  *out = result;
  return LNT_OK;
}
