/*
 * A table's columns are learned from its first line, or of JSON Lines as their keys come; then each line is parsed by
 * them. What a line says is judged by flow/annotate; here only whether its words mean something.
 */
#include <flow/annotate/lines.h>

#include <base/alloc.h>
#include <base/error.h>
#include <base/text.h>
#include <flow/annotate/annotate.h>
#include <flow/table/file.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef enum column_kind {
  COLUMN_IGNORED,
  COLUMN_UNKNOWN,
  COLUMN_ID,
  COLUMN_PATH,
  COLUMN_ANSWER,
  COLUMN_CONFIDENCE,
  COLUMN_COMMENT,
  COLUMN_SKIP
} column_kind;

typedef struct column {
  column_kind kind;
  lnti_answer_key key;
} column;

/* A table's bytes, of which the first have been looked at. */
typedef struct table_source {
  lnti_table_file file;
  char first[4096];
  size_t n_first, at;
} table_source;

struct lnti_answer_lines {
  lnti_item_names *names;
  const lnti_ontology *ontology;
  table_source source;
  lnti_sheet *sheet;
  const char *sheet_name;
  column *columns; /* [n_columns] */
  size_t n_columns, column_capacity;
  bool csv;
};

bool lnti_is_refusal(lnt_status status) {
  return status == LNT_EINVAL || status == LNT_ENOTFOUND || status == LNT_ECONFLICT || status == LNT_EDATA ||
         status == LNT_ELIMIT || status == LNT_EUNSUPPORTED;
}

/* ---- columns ---- */

static lnt_status give(size_t *n_out, void *payload, char *buffer, size_t n, lnt_error *err) {
  table_source *s = payload;
  if (s->at < s->n_first) {
    size_t rest = s->n_first - s->at, taken = rest < n ? rest : n;
    memcpy(buffer, s->first + s->at, taken);
    s->at += taken;
    *n_out = taken;
    return LNT_OK;
  }
  return lnti_table_file_give(n_out, &s->file, buffer, n, err);
}

/* From the first byte on. JSON Lines begin with a brace, whatever the name. */
static lnt_status begin_sheet(lnti_answer_lines *lines, lnt_error *err) {
  table_source *s = &lines->source;
  size_t n = 0;
  s->at = s->n_first = 0;
  lines->n_columns = 0;
  lnt_status status = give(&n, s, s->first, sizeof s->first, err);
  s->n_first = n;
  if (status) return status;
  size_t blank = 0;
  while (blank < n && strchr(" \t\r\n\xef\xbb\xbf", s->first[blank])) blank++;
  lines->csv = blank == n || s->first[blank] != '{';
  return lnti_sheet_new(&lines->sheet, give, s, lines->sheet_name, lines->csv ? LNTI_TABLE_CSV : LNTI_TABLE_JSONL, '\0',
                        err);
}

static lnt_status open_table(lnti_answer_lines *lines, lnt_error *err) {
  const char *file = lines->sheet_name;
  const bool is_stdin = strcmp(file, "-") == 0;
  const lnti_project *project = lines->names->project;
  if (is_stdin) lines->sheet_name = "standard input";
  lnt_status status = is_stdin
                          ? lnti_table_file_copy(&lines->source.file, STDIN_FILENO, lines->sheet_name, project->path,
                                                 LNTI_TABLE_PIPE_BYTES_MAX, project->context.cancel, err)
                          : lnti_table_file_open(&lines->source.file, file, err);
  return status ? status : begin_sheet(lines, err);
}

lnt_status lnti_answer_lines_rewind(lnti_answer_lines *lines, lnt_error *err) {
  lnti_sheet_free(lines->sheet);
  lines->sheet = NULL;
  lnt_status status = lnti_table_file_rewind(&lines->source.file, lines->sheet_name, err);
  return status ? status : begin_sheet(lines, err);
}

/* What export and `items --json` write beside the answers. */
static bool is_known_aside(const char *name) {
  static const char *const names[] = {"split",      "stage",    "kind",     "group",   "width",    "height",
                                      "depth",      "format",   "bytes",    "source",  "labelled", "sharpness",
                                      "brightness", "contrast", "channels", "content", "state"};
  static const char *const beginnings[] = {"confidences.", "comments", "meta.", "titles.",
                                           "duplicate.",   "titles",   "meta",  "duplicate"};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    if (strcmp(name, names[i]) == 0) return true;
  }
  for (size_t i = 0; i < sizeof beginnings / sizeof beginnings[0]; i++) {
    size_t n = strlen(beginnings[i]);
    if (strncmp(name, beginnings[i], n) == 0 && (beginnings[i][n - 1] == '.' || name[n] == '\0')) return true;
  }
  return strcmp(name, "answers") == 0 || strcmp(name, "answers_no") == 0;
}

static lnt_status add_column(lnti_answer_lines *lines, const char *name, lnt_error *err) {
  static const struct {
    const char *name;
    column_kind kind;
  } own[] = {{"id", COLUMN_ID},           {"path", COLUMN_PATH},
             {"uri", COLUMN_PATH},        {"confidence", COLUMN_CONFIDENCE},
             {"comment", COLUMN_COMMENT}, {"skip", COLUMN_SKIP}};
  column c = {.kind = COLUMN_ANSWER};
  lnt_status status =
      lnti_grow(&lines->columns, &lines->column_capacity, lines->n_columns + 1, sizeof *lines->columns, err);
  if (status) return status;
  lnt_error reason = LNT_ERROR_INIT;
  bool answer = lnti_answer_key_find(&c.key, lines->ontology, name, &reason) == LNT_OK;
  for (size_t i = 0; i < sizeof own / sizeof own[0]; i++) {
    if (strcmp(name, own[i].name) == 0) c.kind = own[i].kind;
  }
  if (c.kind == COLUMN_ANSWER && !lines->csv && is_known_aside(name))
    answer = false; /* there answers.NAME is the question */
  if (c.kind == COLUMN_ANSWER && !answer) {
    c.kind = is_known_aside(name) ? COLUMN_IGNORED : COLUMN_UNKNOWN;
    if (lines->csv && c.kind == COLUMN_UNKNOWN) {
      return lnti_fail(err, LNT_EDATA, "%.100s: column \"%.60s\": %.250s", lines->sheet_name, name, reason.message);
    }
  }
  lines->columns[lines->n_columns++] = c;
  return LNT_OK;
}

static bool is_same_column(const column *a, const column *b) {
  const bool other = a->kind == COLUMN_PATH || a->kind == COLUMN_IGNORED || a->kind == COLUMN_UNKNOWN;
  if (a->kind != b->kind || other) return false;
  return a->kind != COLUMN_ANSWER || (a->key.question == b->key.question && a->key.option == b->key.option &&
                                      a->key.state == b->key.state && a->key.no == b->key.no);
}

/* Nobody knows which of two columns is meant; "path" and "uri" are two words for one thing, and exports have both. */
static lnt_status check_columns(lnti_answer_lines *lines, const lnti_sheet_row *row, lnt_error *err) {
  for (size_t i = 1; i < lines->n_columns; i++) {
    for (size_t j = 0; j < i; j++) {
      const bool same_name = strcmp(row->cells[i].text, row->cells[j].text) == 0;
      const bool same_path = same_name && lines->columns[i].kind == COLUMN_PATH;
      if (!same_path && !is_same_column(&lines->columns[i], &lines->columns[j])) continue;
      const bool own = is_known_aside(row->cells[j].text) &&
                       (same_name || strncmp(row->cells[i].text, "answer", strlen("answer")) == 0);
      if (own) { /* an export's own stands before the question's */
        lines->columns[j].kind = COLUMN_IGNORED;
        continue;
      }
      return lnti_fail(
          err, LNT_EDATA,
          "%.100s: the columns %zu (\"%.60s\") and %zu (\"%.60s\") are about the same: leave one of them out",
          lines->sheet_name, j + 1, row->cells[j].text, i + 1, row->cells[i].text);
    }
  }
  return LNT_OK;
}

lnt_status lnti_answer_lines_header(lnti_answer_lines *lines, const lnti_ontology *ontology, lnt_error *err) {
  lines->ontology = ontology;
  const lnti_sheet_row *row = NULL;
  bool named = false;
  lnt_status status = lines->csv ? lnti_sheet_next(&row, lines->sheet, err) : LNT_OK;
  if (status || !lines->csv) return status;
  if (!row || row->refused)
    return lnti_fail(err, LNT_EDATA, "%.200s: no line with the names of columns", lines->sheet_name);
  for (size_t i = 0; i < row->n && !status; i++) {
    status = add_column(lines, row->cells[i].text, err);
    named = named || (!status && (lines->columns[i].kind == COLUMN_ID || lines->columns[i].kind == COLUMN_PATH));
  }
  if (!status) status = check_columns(lines, row, err);
  if (status || named) return status;
  return lnti_fail(err, LNT_EDATA, "%.200s: no column is called id or path, so no line says which item it is about",
                   lines->sheet_name);
}

static lnt_status parse_cell(lnti_answer_lines *lines, lnti_answer_line *e, lnti_answer_list *answers, const column *c,
                             const lnti_cell *cell, lnt_error *err) {
  const char *texts[LNTI_TABLE_COLUMNS_MAX];
  switch (c->kind) {
    case COLUMN_ID:
      return lnti_parse_int(&e->item_id, cell->text, "id", err)
                 ? lnti_fail(err, LNT_EINVAL, "\"%.60s\" is no item's number", cell->text)
                 : LNT_OK;
    case COLUMN_PATH:
      e->path = cell->text;
      return LNT_OK;
    case COLUMN_CONFIDENCE:
      return lnti_parse_real(&e->confidence, cell->text, "confidence", err) ? LNT_EINVAL : LNT_OK;
    case COLUMN_COMMENT:
      e->comment = cell->text;
      return lnti_text_check(cell->text, LNTI_REMARK_MAX, "the comment", err);
    case COLUMN_SKIP:
      e->skip = cell->text;
      return lnti_text_check(cell->text, LNTI_REMARK_MAX, "the reason of the skip", err);
    case COLUMN_UNKNOWN:
      return lnti_fail(err, LNT_EINVAL, "no question, nor another key that means something here");
    case COLUMN_IGNORED:
      return LNT_OK;
    case COLUMN_ANSWER:
      break;
  }
  if (!cell->is_list) {
    return (lines->csv ? lnti_answer_parse_cell : lnti_answer_parse)(answers, lines->ontology, &c->key, cell->text,
                                                                     err);
  }
  if (cell->n_items > LNTI_TABLE_COLUMNS_MAX) return lnti_fail(err, LNT_EINVAL, "a list of %zu answers", cell->n_items);
  for (size_t i = 0; i < cell->n_items; i++) texts[i] = cell->items[i].text;
  return lnti_answer_parse_list(answers, lines->ontology, &c->key, texts, cell->n_items, err);
}

/* ---- lines ---- */

/* What a line says; a refusal is the line's, whatever else happens is the table's. */
static lnt_status parse_line(lnti_answer_lines *lines, lnti_answer_line *e, lnti_answer_list *answers,
                             const lnti_sheet_row *row, lnt_error *err) {
  lnt_status status = LNT_OK;
  answers->n = 0;
  lnti_arena_clear(&answers->arena);
  e->path = NULL;
  for (size_t i = 0; i < row->n && !status; i++) {
    bool named = lines->columns[i].kind == COLUMN_ID || lines->columns[i].kind == COLUMN_PATH;
    if (row->cells[i].n == 0 && !row->cells[i].is_list) continue;
    status = parse_cell(lines, e, answers, &lines->columns[i], &row->cells[i], err);
    if (status == LNT_EINVAL && !named) {
      const char *name = lines->csv ? "" : lnti_sheet_key(lines->sheet, i);
      if (lines->csv) lnti_error_prefix(err, "column %zu", i + 1);
      if (!lines->csv) lnti_error_prefix(err, "\"%.100s\"", name);
    }
  }
  if (!status && !e->item_id && !e->path) status = lnti_fail(err, LNT_EINVAL, "it names no item by id or path");
  if (!status && !e->item_id) status = lnti_item_names_path(&e->item_id, lines->names, e->path, err);
  if (!status && e->skip && answers->n > 0) {
    status = lnti_fail(err, LNT_EINVAL, "an item is skipped, or answered: the line does both");
  }
  return status;
}

static lnt_status learn_keys(lnti_answer_lines *lines, lnt_error *err) {
  lnt_status status = LNT_OK;
  while (!lines->csv && !status && lines->n_columns < lnti_sheet_n_keys(lines->sheet)) {
    status = add_column(lines, lnti_sheet_key(lines->sheet, lines->n_columns), err);
  }
  return status;
}

lnt_status lnti_answer_lines_next(bool *more_out, lnti_answer_line *out, lnti_answer_list *answers,
                                  lnt_status *allowed_out, lnt_error *reason, lnti_answer_lines *lines,
                                  lnt_error *err) {
  const lnti_sheet_row *row = NULL;
  lnt_status status = lnti_sheet_next(&row, lines->sheet, err);
  if (!status && row) status = learn_keys(lines, err);
  *more_out = !status && row;
  if (status || !row) return status;
  snprintf(out->name, sizeof out->name, "line %zu", row->line);
  out->line = row->line;
  if (row->refused) {
    *allowed_out = lnti_fail(reason, row->refused, "%s", row->reason);
    return LNT_OK;
  }
  if (row->n > lines->n_columns) {
    *allowed_out = lnti_fail(reason, LNT_EDATA, "%zu values where there are %zu columns", row->n, lines->n_columns);
    return LNT_OK;
  }
  *allowed_out = parse_line(lines, out, answers, row, reason);
  out->path = NULL;
  if (*allowed_out && !lnti_is_refusal(*allowed_out)) {
    *err = *reason;
    return *allowed_out;
  }
  return LNT_OK;
}

/* As parse_line names it: a number goes before a path, and of several the last. */
static lnt_status find_item(int64_t *out, lnti_answer_lines *lines, const lnti_sheet_row *row, lnt_error *err) {
  const char *path = NULL;
  lnt_status status = LNT_OK;
  for (size_t i = 0; i < row->n && !status; i++) {
    if (row->cells[i].n == 0) continue;
    if (lines->columns[i].kind == COLUMN_PATH) path = row->cells[i].text;
    if (lines->columns[i].kind == COLUMN_ID) status = lnti_parse_int(out, row->cells[i].text, "id", err);
  }
  return status || *out || !path ? status : lnti_item_names_path(out, lines->names, path, err);
}

lnt_status lnti_answer_lines_item(bool *more_out, int64_t *item_out, lnti_answer_lines *lines, lnt_error *err) {
  const lnti_sheet_row *row = NULL;
  lnt_error reason = LNT_ERROR_INIT;
  *item_out = 0;
  lnt_status status = lnti_sheet_next(&row, lines->sheet, err);
  if (!status && row) status = learn_keys(lines, err);
  *more_out = !status && row;
  if (status || !row || row->refused || row->n > lines->n_columns) return status;
  status = find_item(item_out, lines, row, &reason);
  if (!status) return LNT_OK;
  *item_out = 0;
  if (!lnti_is_refusal(status)) *err = reason;
  return lnti_is_refusal(status) ? LNT_OK : status;
}

void lnti_answer_lines_close(lnti_answer_lines *lines) {
  if (!lines) return;
  lnti_sheet_free(lines->sheet);
  lnti_table_file_close(&lines->source.file);
  free(lines->columns);
  free(lines);
}

lnt_status lnti_answer_lines_open(lnti_answer_lines **out, const char *file, lnti_item_names *names, lnt_error *err) {
  lnti_answer_lines *lines = NULL;
  lnt_status status = lnti_alloc(&lines, 1, sizeof *lines, err);
  if (status) return status;
  *lines = (lnti_answer_lines){.names = names, .sheet_name = file, .source = {.file = LNTI_TABLE_FILE_INIT}};
  status = open_table(lines, err);
  if (status) {
    lnti_answer_lines_close(lines);
    return status;
  }
  *out = lines;
  return LNT_OK;
}
