/*
 * Rows of cells, whatever the file: fields of separated values, or what stands in the objects of JSON Lines. A line that
 * is no sound object is refused by itself.
 */
#include <flow/table/table.h>

#include <base/error.h>
#include <base/json.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { KEY_BYTES_MAX = 1024, ROW_ARENA_MAX = 64 << 20, NESTED_MAX = 16, REASON_BYTES = LNT_ERROR_MESSAGE_BYTES };

struct lnti_sheet {
  lnti_table_format format;
  char *name; /* for errors */
  lnti_csv_reader *lines;
  lnti_text_index keys; /* of JSON Lines */
  lnti_cell *cells;
  size_t n_cells, capacity;
  lnti_arena arena; /* of one line of JSON */
  bool started;
  size_t next_key; /* where the next key is looked for first: rows are mostly alike */
  lnti_sheet_row row;
  char reason[REASON_BYTES];
};

static bool ends_with(const char *text, size_t n, const char *end) {
  size_t m = strlen(end);
  return n > m && strncasecmp(text + n - m, end, m) == 0;
}

lnti_table_format lnti_table_format_of(const char *path) {
  static const struct {
    const char *end;
    lnti_table_format format;
  } known[] = {{".csv", LNTI_TABLE_CSV},     {".tsv", LNTI_TABLE_CSV},      {".tab", LNTI_TABLE_CSV},
               {".jsonl", LNTI_TABLE_JSONL}, {".ndjson", LNTI_TABLE_JSONL}, {".txt", LNTI_TABLE_LIST},
               {".lst", LNTI_TABLE_LIST},    {".list", LNTI_TABLE_LIST}};
  size_t n = strlen(path);
  if (ends_with(path, n, ".gz")) n -= 3;
  for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
    if (ends_with(path, n, known[i].end)) return known[i].format;
  }
  return LNTI_TABLE_AUTO;
}

lnt_status lnti_sheet_new(lnti_sheet **out, lnti_bytes_source source, void *payload, const char *name,
                          lnti_table_format format, char separator, lnt_error *err) {
  lnti_sheet *sheet = NULL;
  lnti_csv_options options = {.name = name, .separator = separator, .columns_max = LNTI_TABLE_COLUMNS_MAX};
  options.find_blanks = format == LNTI_TABLE_LIST;
  if (format == LNTI_TABLE_JSONL) options.separator = LNTI_CSV_LINES;
  lnt_status status = lnti_alloc_zero(&sheet, 1, sizeof *sheet, err);
  if (status) return status;
  status = lnti_strdup(&sheet->name, name, err);
  if (!status) status = lnti_csv_reader_new(&sheet->lines, source, payload, &options, err);
  if (status) {
    free(sheet->name);
    free(sheet);
    return status;
  }
  sheet->format = format;
  sheet->arena.cap = ROW_ARENA_MAX;
  *out = sheet;
  return LNT_OK;
}

void lnti_sheet_free(lnti_sheet *sheet) {
  if (!sheet) return;
  lnti_arena_clear(&sheet->arena);
  lnti_text_index_clear(&sheet->keys);
  free(sheet->cells);
  lnti_csv_reader_free(sheet->lines);
  free(sheet->name);
  free(sheet);
}

size_t lnti_sheet_n_keys(const lnti_sheet *sheet) {
  return sheet->keys.n;
}

const char *lnti_sheet_key(const lnti_sheet *sheet, size_t i) {
  return sheet->keys.text[i];
}

lnt_status lnti_sheet_add_key(lnti_sheet *sheet, const char *key, lnt_error *err) {
  size_t i = 0;
  return lnti_text_index_add(&i, NULL, &sheet->keys, key, strlen(key), err);
}

size_t lnti_sheet_converted(const lnti_sheet *sheet, size_t *line_out) {
  return lnti_csv_converted(sheet->lines, line_out);
}

char lnti_sheet_separator(const lnti_sheet *sheet) {
  return lnti_csv_separator(sheet->lines);
}

/* ---- cells ---- */

static bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static lnt_status make_room(lnti_sheet *sheet, size_t n, lnt_error *err) {
  return lnti_grow(&sheet->cells, &sheet->capacity, n, sizeof *sheet->cells, err);
}

/* What is taken off stands in the reader's own buffer, and a NUL can be put there; a text that is shared cannot. */
static lnt_status set_trimmed(lnti_cell *cell, lnti_sheet *sheet, const char *text, size_t n, lnt_error *err) {
  char *copy = NULL;
  while (n > 0 && is_blank(*text)) {
    text++;
    n--;
  }
  size_t kept = n;
  while (kept > 0 && is_blank(text[kept - 1])) kept--;
  if (kept < n) {
    lnt_status status = lnti_arena_strndup(&copy, &sheet->arena, text, kept, err);
    if (status) return status;
    text = copy;
  }
  *cell = (lnti_cell){.text = text, .n = kept};
  return LNT_OK;
}

static lnt_status take_fields(lnti_sheet *sheet, const lnti_csv_row *row, lnt_error *err) {
  lnt_status status = make_room(sheet, row->n, err);
  for (size_t i = 0; i < row->n && status == LNT_OK; i++) {
    status = set_trimmed(&sheet->cells[i], sheet, row->fields[i].text, row->fields[i].n, err);
  }
  if (status) return status;
  sheet->row.n = row->n;
  sheet->row.cells = sheet->cells;
  return LNT_OK;
}

/* ---- JSON Lines ---- */

static void refuse(lnti_sheet *sheet, lnt_status code, size_t column, const char *format, ...) LNT_PRINTF(4, 5);

static void refuse(lnti_sheet *sheet, lnt_status code, size_t column, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(sheet->reason, sizeof sheet->reason, format, arguments);
  va_end(arguments);
  sheet->row.refused = code;
  sheet->row.column = column;
  sheet->row.reason = sheet->reason;
}

/* The column of a key; made where it is new. */
static lnt_status column_of(size_t *out, lnti_sheet *sheet, const char *key, size_t n, lnt_error *err) {
  const lnti_text_index *keys = &sheet->keys;
  size_t guess = sheet->next_key;
  bool added = false;
  if (guess < keys->n && keys->length[guess] == n && memcmp(keys->text[guess], key, n) == 0) {
    *out = guess;
  } else {
    lnt_status status = lnti_text_index_add(out, &added, &sheet->keys, key, n, err);
    if (status) return status;
  }
  sheet->next_key = *out + 1;
  while (sheet->n_cells < keys->n) {
    lnt_status status = make_room(sheet, sheet->n_cells + 1, err);
    if (status) return status;
    sheet->cells[sheet->n_cells++] = (lnti_cell){.text = ""};
  }
  return LNT_OK;
}

static const char *scalar_text(const lnti_json_value *value) {
  if (value->type == LNTI_JSON_TYPE_NULL) return "";
  if (value->type == LNTI_JSON_TYPE_BOOL) return value->boolean ? "true" : "false";
  return value->text;
}

static bool is_scalar(const lnti_json_value *value) {
  return value->type != LNTI_JSON_TYPE_ARRAY && value->type != LNTI_JSON_TYPE_OBJECT;
}

static lnt_status set_scalar(lnti_cell *cell, lnti_sheet *sheet, const lnti_json_value *value, lnt_error *err) {
  const char *text = scalar_text(value);
  lnt_status status = set_trimmed(cell, sheet, text, strlen(text), err);
  cell->is_number = value->type == LNTI_JSON_TYPE_NUMBER;
  return status;
}

/* The items, and all of them as one text. False where one is no scalar. */
static lnt_status set_list(bool *sound_out, lnti_cell *cell, lnti_sheet *sheet, const lnti_json_value *list,
                           lnt_error *err) {
  lnti_cell *items = NULL;
  char *joined = NULL;
  size_t n = 0, bytes = 1;
  lnt_status status = lnti_arena_alloc(&items, &sheet->arena, list->length, sizeof *items, err);
  *sound_out = true;
  for (const lnti_json_value *v = list->first; v && status == LNT_OK && *sound_out; v = v->next) {
    *sound_out = is_scalar(v);
    if (!*sound_out) break;
    status = set_scalar(&items[n], sheet, v, err);
    if (status == LNT_OK) bytes += items[n++].n + 1;
  }
  if (status || !*sound_out) return status;
  status = lnti_arena_alloc(&joined, &sheet->arena, bytes, 1, err);
  if (status) return status;
  *cell = (lnti_cell){.text = joined, .is_list = true, .items = items, .n_items = n};
  for (size_t i = 0; i < n; i++) {
    if (i > 0) joined[cell->n++] = ';';
    memcpy(joined + cell->n, items[i].text, items[i].n);
    cell->n += items[i].n;
  }
  return LNT_OK;
}

static lnt_status set_value(lnti_sheet *sheet, size_t column, const lnti_json_value *value, lnt_error *err) {
  bool sound = true;
  if (is_scalar(value)) return set_scalar(&sheet->cells[column], sheet, value, err);
  lnt_status status = set_list(&sound, &sheet->cells[column], sheet, value, err);
  if (!status && !sound) {
    refuse(sheet, LNT_EDATA, column + 1, "\"%.200s\" holds lists or objects inside a list", sheet->keys.text[column]);
  }
  return status;
}

/* The members of an object, those of objects inside it under names with points. */
static lnt_status take_object(lnti_sheet *sheet, const lnti_json_value *object, const char *above, unsigned depth,
                              lnt_error *err) {
  lnt_status status = LNT_OK;
  for (const lnti_json_value *v = object->first; v && status == LNT_OK && !sheet->row.refused; v = v->next) {
    char name[KEY_BYTES_MAX + 1];
    size_t column = 0;
    int n = snprintf(name, sizeof name, "%s%s%s", above, *above ? "." : "", v->key);
    bool known = n <= KEY_BYTES_MAX && lnti_text_index_find(&sheet->keys, name, (size_t)n) != LNTI_NONE;
    if (n > KEY_BYTES_MAX) {
      refuse(sheet, LNT_ELIMIT, 0, "a key is longer than %d bytes", KEY_BYTES_MAX);
    } else if (v->type == LNTI_JSON_TYPE_OBJECT && depth == NESTED_MAX) {
      refuse(sheet, LNT_ELIMIT, 0, "\"%.200s\" is nested more than %d deep", name, NESTED_MAX);
    } else if (v->type == LNTI_JSON_TYPE_OBJECT) {
      status = take_object(sheet, v, name, depth + 1, err);
    } else if (!known && sheet->keys.n >= LNTI_TABLE_COLUMNS_MAX) {
      refuse(sheet, LNT_ELIMIT, 0, "\"%.200s\" is one key too many: %d are read", name, LNTI_TABLE_COLUMNS_MAX);
    } else {
      status = column_of(&column, sheet, name, (size_t)n, err);
      if (!status) status = set_value(sheet, column, v, err);
    }
  }
  return status;
}

/* "row:1:12: found..." becomes "character 12: found..." */
static void refuse_json(lnti_sheet *sheet, lnt_status code, const lnt_error *reason) {
  static const char place[] = "row:1:";
  size_t n = strncmp(reason->message, place, sizeof place - 1) == 0 ? sizeof place - 1 : 0;
  refuse(sheet, code, 0, "%s%s", n ? "character " : "", reason->message + n);
}

static lnt_status take_line(lnti_sheet *sheet, const lnti_csv_field *line, lnt_error *err) {
  const lnti_json_value *value = NULL;
  lnt_error reason = LNT_ERROR_INIT;
  if (!sheet->started && line->text[strspn(line->text, " \t")] == '[') {
    return lnti_fail(err, LNT_EUNSUPPORTED,
                     "%.200s: a JSON array, where JSON Lines are expected, an object a line; to make them of it: "
                     "jq -c '.[]' FILE > FILE.jsonl",
                     sheet->name);
  }
  sheet->started = true;
  lnti_arena_clear(&sheet->arena);
  sheet->next_key = 0;
  for (size_t i = 0; i < sheet->n_cells; i++) sheet->cells[i] = (lnti_cell){.text = ""};
  lnt_status status = lnti_json_parse(&value, &sheet->arena, line->text, line->n, "row", &reason);
  if (status == LNT_OK && value->type != LNTI_JSON_TYPE_OBJECT) {
    refuse(sheet, LNT_EDATA, 0, "the line holds no object");
    return LNT_OK;
  }
  if (status == LNT_OK) status = take_object(sheet, value, "", 0, &reason);
  if (status == LNT_ENOMEM) return lnti_fail(err, status, "%s", reason.message);
  if (status) refuse_json(sheet, status, &reason);
  if (sheet->row.refused) return LNT_OK;
  sheet->row.n = sheet->n_cells;
  sheet->row.cells = sheet->cells;
  return LNT_OK;
}

lnt_status lnti_sheet_next(const lnti_sheet_row **row_out, lnti_sheet *sheet, lnt_error *err) {
  const lnti_csv_row *row = NULL;
  lnt_status status = lnti_csv_next(&row, sheet->lines, err);
  if (status) return status;
  if (!row) {
    *row_out = NULL;
    return LNT_OK;
  }
  sheet->row =
      (lnti_sheet_row){.line = row->line, .refused = row->refused, .column = row->column, .reason = row->reason};
  if (!row->refused) {
    if (sheet->format == LNTI_TABLE_JSONL) {
      status = take_line(sheet, &row->fields[0], err);
    } else {
      if (sheet->arena.last) lnti_arena_clear(&sheet->arena);
      status = take_fields(sheet, row, err);
    }
  }
  if (status) return status;
  *row_out = &sheet->row;
  return LNT_OK;
}
