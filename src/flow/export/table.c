/*
 * Items as rows: separated values by RFC 4180 (comma, LF, UTF-8) or JSON Lines. What is written depends on the project
 * alone: columns stand in the order of the ontology, then of the metadata keys' names; no dates, no counts.
 */
#include <flow/export/past.h>

#include <base/cancel.h>
#include <base/csv.h>
#include <base/error.h>
#include <base/file.h>
#include <base/json.h>
#include <flow/answer_parse.h>
#include <flow/answer_text.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PIECE_BYTES = 1 << 16, PROGRESS_ROWS = 1024 };

/** A column of answers: of a question, or of one option of a checklist. */
typedef struct answer_column {
  int64_t question_id, slot;
} answer_column;

typedef struct table_export {
  lnti_export_work *work;
  lnti_file_writer *file;
  lnti_json_writer *json; /* NULL: separated values */
  lnti_text out, cell;    /* what waits to be written; one cell */
  answer_column *columns;
  size_t n_columns, column_capacity;
  char **keys; /* metadata keys, by name */
  size_t n_keys, key_capacity;
  size_t n_seen;
} table_export;

static lnt_status flush(table_export *t, lnt_error *err) {
  lnt_status status = lnti_file_write(t->file, t->out.data, t->out.length, err);
  t->out.length = 0;
  return status;
}

/* ---- columns ---- */

static lnt_status keep_key(void *payload, int64_t key_id, const char *key, lnt_error *err) {
  table_export *t = payload;
  (void)key_id;
  if (lnti_export_is_private(key, t->work->options->strip)) {
    t->work->result.stripped++;
    return LNT_OK;
  }
  lnt_status status = lnti_grow(&t->keys, &t->key_capacity, t->n_keys + 1, sizeof *t->keys, err);
  if (!status) status = lnti_strdup(&t->keys[t->n_keys], key, err);
  if (!status) t->n_keys++;
  return status;
}

static int by_name(const void *a, const void *b) {
  return strcmp(*(char *const *)a, *(char *const *)b);
}

static lnt_status load_keys(table_export *t, lnt_error *err) {
  const lnti_snapshot_names *then = &t->work->snapshot.keys;
  lnt_status status = LNT_OK;
  if (!t->work->options->snapshot) status = lnti_store_meta_keys(t->work->project->store, keep_key, t, err);
  for (size_t i = 0; i < then->n && !status; i++) status = keep_key(t, 0, then->name[i], err);
  if (!status && t->n_keys > 1) qsort(t->keys, t->n_keys, sizeof *t->keys, by_name);
  return status;
}

static lnt_status add_column(table_export *t, int64_t question_id, int64_t slot, lnt_error *err) {
  lnt_status status = lnti_grow(&t->columns, &t->column_capacity, t->n_columns + 1, sizeof *t->columns, err);
  if (!status) t->columns[t->n_columns++] = (answer_column){question_id, slot};
  return status;
}

static lnt_status list_questions(table_export *t, size_t first, lnt_error *err);

/* A checklist's options have a column each; below every option stand the questions that hang on it. */
static lnt_status list_options(table_export *t, const lnti_question *question, size_t first, lnt_error *err) {
  const lnti_ontology *o = t->work->ontology;
  lnt_status status = LNT_OK;
  for (size_t i = first; i != LNTI_NONE && !status; i = o->options[i].next_sibling) {
    if (question->type == LNTI_CHECKLIST) status = add_column(t, question->id, o->options[i].id, err);
    if (!status) status = list_questions(t, o->options[i].first_attribute, err);
    if (!status) status = list_options(t, question, o->options[i].first_child, err);
  }
  return status;
}

static lnt_status list_questions(table_export *t, size_t first, lnt_error *err) {
  const lnti_ontology *o = t->work->ontology;
  lnt_status status = LNT_OK;
  for (size_t i = first; i != LNTI_NONE && !status; i = o->questions[i].next_sibling) {
    status = add_column(t, o->questions[i].id, 0, err);
    if (!status) status = list_options(t, &o->questions[i], o->questions[i].first_option, err);
  }
  return status;
}

/* ---- separated values ---- */

/* One field; a comma before it but at the beginning of a row. */
static lnt_status put_field(table_export *t, const char *text, bool first, lnt_error *err) {
  lnt_status status = first ? LNT_OK : lnti_text_append(&t->out, ",", 1, err);
  return status ? status : lnti_csv_put(&t->out, text, err);
}

static const char *const fixed_columns[] = {"id", "uri", "split", "stage", "group", "width", "height", "format"};
enum { N_FIXED = sizeof fixed_columns / sizeof fixed_columns[0] };

static lnt_status column_name(table_export *t, const answer_column *column, lnt_error *err) {
  const lnti_ontology *o = t->work->ontology;
  const size_t question = lnti_ontology_question_by_id(o, column->question_id);
  t->cell.length = 0;
  lnt_status status = lnti_text_append(&t->cell, "", 0, err);
  if (!status && !column->slot && o->questions[question].parent_option == LNTI_NONE &&
      lnti_ontology_is_column(o->questions[question].key))
    status = lnti_text_printf(&t->cell, err, "answer.");
  if (!status) status = lnti_ontology_question_path(&t->cell, o, question, err);
  if (!status && column->slot) status = lnti_text_append(&t->cell, "/", 1, err);
  if (!status && column->slot) {
    status = lnti_ontology_option_path(&t->cell, o, lnti_ontology_option_by_id(o, column->slot), err);
  }
  return status;
}

static lnt_status write_head(table_export *t, lnt_error *err) {
  lnt_status status = LNT_OK;
  for (size_t i = 0; i < N_FIXED && !status; i++) status = put_field(t, fixed_columns[i], i == 0, err);
  for (size_t i = 0; i < t->n_columns && !status; i++) {
    status = column_name(t, &t->columns[i], err);
    if (!status) status = put_field(t, t->cell.data, false, err);
  }
  for (size_t i = 0; i < t->n_keys && !status; i++) {
    t->cell.length = 0;
    status = lnti_text_printf(&t->cell, err, "meta.%s", t->keys[i]);
    if (!status) status = put_field(t, t->cell.data, false, err);
  }
  return status ? status : lnti_text_append(&t->out, "\n", 1, err);
}

static int by_column(const void *a, const void *b) {
  const answer_column *column = a;
  const lnti_answer_row *row = b;
  if (column->question_id != row->question_id) return column->question_id < row->question_id ? -1 : 1;
  return column->slot < row->slot ? -1 : column->slot > row->slot;
}

/* Answers come by question and slot. */
static const lnti_answer_row *find_answer(const lnti_item_view *view, const answer_column *column) {
  if (view->n_answers == 0) return NULL;
  return bsearch(column, view->answers, view->n_answers, sizeof *view->answers, by_column);
}

static bool is_rank(const table_export *t, int64_t question_id) {
  const size_t question = lnti_ontology_question_by_id(t->work->ontology, question_id);
  return question != LNTI_NONE && t->work->ontology->questions[question].type == LNTI_RANK;
}

/* The order that a question without a row of its own is answered with, if it asks for one. */
static lnt_status put_order(table_export *t, const lnti_item_view *view, const answer_column *column, lnt_error *err) {
  size_t first = 0;
  t->cell.length = 0;
  lnt_status status = lnti_text_append(&t->cell, "", 0, err);
  while (first < view->n_answers && view->answers[first].question_id != column->question_id) first++;
  if (!status && first < view->n_answers && !column->slot && is_rank(t, column->question_id)) {
    const lnti_answer_row *rows = view->answers + first;
    const size_t n = lnti_answers_run(rows, view->n_answers - first);
    status = lnti_answer_order_paths(&t->cell, t->work->ontology, rows, n, err);
  }
  return status ? status : put_field(t, t->cell.data, false, err);
}

static lnt_status put_answer(table_export *t, const lnti_item_view *view, const answer_column *column, lnt_error *err) {
  char number[LNTI_JSON_REAL_TEXT];
  const lnti_answer_row *row = find_answer(view, column);
  if (!row) return put_order(t, view, column, err);
  if (row->state == LNTI_UNSURE) return put_field(t, "(unsure)", false, err);
  if (row->state == LNTI_NONE_OF_THESE) return put_field(t, "(none of these)", false, err);
  if (row->text) {
    t->cell.length = 0;
    lnt_status status =
        lnti_text_printf(&t->cell, err, "%s%s", lnti_answer_is_state_cell(row->text) ? "\\" : "", row->text);
    return status ? status : put_field(t, t->cell.data, false, err);
  }
  if (row->slot || row->option_id == 0) {
    lnti_json_real_text(number, isfinite(row->number) ? row->number : 0);
    return put_field(t, number, false, err);
  }
  t->cell.length = 0;
  lnt_status status = lnti_answer_text(&t->cell, t->work->ontology, row, err);
  return status ? status : put_field(t, t->cell.data, false, err);
}

static lnt_status put_whole(table_export *t, int64_t number, bool first, lnt_error *err) {
  char text[24];
  snprintf(text, sizeof text, "%lld", (long long)number);
  return put_field(t, text, first, err);
}

/* Both are by name: one pass. */
static lnt_status put_meta(table_export *t, const lnti_meta_value *values, size_t n, lnt_error *err) {
  lnt_status status = LNT_OK;
  size_t at = 0;
  for (size_t i = 0; i < t->n_keys && !status; i++) {
    while (at < n && strcmp(values[at].key, t->keys[i]) < 0) at++;
    bool has = at < n && strcmp(values[at].key, t->keys[i]) == 0;
    status = put_field(t, has ? values[at].value : "", false, err);
  }
  return status;
}

static lnt_status write_row(table_export *t, const lnti_item_view *view, lnt_error *err) {
  const lnti_item *item = view->item;
  lnt_status status = put_whole(t, item->id, true, err);
  if (!status) status = put_field(t, view->uri, false, err);
  if (!status) status = put_field(t, item->split, false, err);
  if (!status) status = put_field(t, item->stage, false, err);
  if (!status) status = item->group_id ? put_whole(t, item->group_id, false, err) : put_field(t, "", false, err);
  if (!status) status = put_whole(t, item->w, false, err);
  if (!status) status = put_whole(t, item->h, false, err);
  if (!status) status = put_field(t, item->format, false, err);
  for (size_t i = 0; i < t->n_columns && !status; i++) {
    status = put_answer(t, view, &t->columns[i], err);
  }
  if (!status) status = put_meta(t, view->meta, view->n_meta, err);
  return status ? status : lnti_text_append(&t->out, "\n", 1, err);
}

/* ---- JSON Lines ---- */

/* How sure people said they were, by question; of several options the least. */
static lnt_status write_confidences(table_export *t, const lnti_item_view *view, lnt_error *err) {
  lnti_json_writer *w = t->json;
  bool any = false;
  lnt_status status = LNT_OK;
  for (size_t i = 0, run = 0; i < view->n_answers && !status; i += run) {
    const lnti_answer_row *rows = view->answers + i;
    double least = (double)NAN;
    run = lnti_answers_run(rows, view->n_answers - i);
    for (size_t r = 0; r < run; r++) least = fmin(least, rows[r].confidence); /* of a NaN and a number the number */
    size_t question = lnti_ontology_question_by_id(t->work->ontology, rows->question_id);
    if (isnan(least) || question == LNTI_NONE) continue;
    if (!any) lnti_json_key(w, "confidences");
    if (!any) lnti_json_begin_object(w);
    any = true;
    t->cell.length = 0;
    status = lnti_ontology_question_path(&t->cell, t->work->ontology, question, err);
    if (!status) lnti_json_kv_real(w, t->cell.data, least);
  }
  if (any) lnti_json_end_object(w);
  return status;
}

typedef struct remarks {
  lnti_json_writer *json;
  bool commented;
} remarks;

/* The skip comes first. */
static lnt_status write_remark(void *payload, const lnti_answer_row *row, lnt_error *err) {
  remarks *r = payload;
  (void)err;
  if (row->slot == LNTI_SLOT_SKIP) {
    lnti_json_kv_string(r->json, "skip", row->text);
    return LNT_OK;
  }
  if (!r->commented) lnti_json_key(r->json, "comments");
  if (!r->commented) lnti_json_begin_array(r->json);
  r->commented = true;
  lnti_json_string(r->json, row->text);
  return LNT_OK;
}

/* Why it was skipped, and what people wrote of it. */
static lnt_status write_remarks(table_export *t, int64_t id, lnt_error *err) {
  remarks r = {t->json, false};
  const lnti_snapshot_item *then = t->work->then;
  lnt_status status = LNT_OK;
  if (!then) status = lnti_store_remarks(t->work->project->store, id, id, write_remark, &r, err);
  for (size_t i = 0; then && i < then->n_remarks && !status; i++) {
    status = write_remark(&r, &then->remarks[i], err);
  }
  if (r.commented) lnti_json_end_array(t->json);
  return status;
}

static lnt_status write_object(table_export *t, const lnti_item_view *view, lnt_error *err) {
  lnti_json_writer *w = t->json;
  const lnti_item *item = view->item;
  char id[24];
  lnti_json_begin_object(w);
  snprintf(id, sizeof id, "%lld", (long long)item->id);
  lnti_json_kv_string(w, "id", id);
  lnti_json_kv_string(w, "uri", view->uri);
  lnti_json_kv_string(w, "split", item->split);
  lnti_json_kv_string(w, "stage", item->stage);
  if (item->kind == LNTI_ITEM_GROUP) lnti_json_kv_string(w, "kind", "group");
  if (item->group_id) {
    snprintf(id, sizeof id, "%lld", (long long)item->group_id);
    lnti_json_kv_string(w, "group", id);
  }
  lnt_status status = lnti_answers_json(w, t->work->ontology, view->answers, view->n_answers, err);
  if (!status) status = write_confidences(t, view, err);
  if (!status) status = write_remarks(t, item->id, err);
  lnti_json_key(w, "meta");
  lnti_json_begin_object(w);
  for (size_t i = 0; i < view->n_meta; i++) {
    if (lnti_export_is_private(view->meta[i].key, t->work->options->strip)) continue;
    lnti_json_kv_string(w, view->meta[i].key, view->meta[i].value);
  }
  lnti_json_end_object(w);
  lnti_json_kv_int(w, "width", item->w);
  lnti_json_kv_int(w, "height", item->h);
  lnti_json_kv_string(w, "format", item->format);
  if (item->kind != LNTI_ITEM_GROUP) {
    char content[LNTI_HASH_HEX];
    lnti_hash_hex(content, &item->content);
    lnti_json_kv_int(w, "bytes", (int64_t)item->bytes);
    lnti_json_kv_string(w, "content", content);
  }
  lnti_json_end_object(w);
  return status ? status : lnti_json_finish(w, err);
}

/* ---- the walk ---- */

static lnt_status on_item(void *payload, const lnti_item_view *view, lnt_error *err) {
  table_export *t = payload;
  lnt_status status = LNT_OK;
  if (t->n_seen % PROGRESS_ROWS == 0) {
    lnti_progress_update(t->work->options->progress, "items", t->n_seen, t->work->total);
    status = lnti_cancel_check(t->work->project->context.cancel, err);
  }
  t->n_seen++;
  if (!status) status = t->json ? write_object(t, view, err) : write_row(t, view, err);
  if (!status && t->out.length >= PIECE_BYTES) status = flush(t, err);
  return status;
}

/* The folder that holds the file is synced with it. */
static lnt_status put_in_place(table_export *t, lnt_error *err) {
  lnti_export_work *work = t->work;
  char *folder = NULL;
  const char *slash = strrchr(work->path, '/');
  lnt_status status =
      slash ? lnti_strndup(&folder, work->path, slash == work->path ? 1 : (size_t)(slash - work->path), err)
            : lnti_strdup(&folder, ".", err);
  if (status) return status;
  work->result.bytes = lnti_file_offset(t->file);
  work->result.exported = work->result.items = t->n_seen;
  status = lnti_file_place(t->file, err);
  t->file = NULL;
  if (!status) status = lnti_file_system_sync(folder, err);
  free(folder);
  return status;
}

lnt_status lnti_export_table(lnti_export_work *work, lnt_error *err) {
  table_export t = {.work = work};
  lnt_status status = load_keys(&t, err);
  if (!status && work->options->format == LNTI_EXPORT_JSONL) {
    status = lnti_json_writer_new(&t.json, lnti_json_sink_text, &t.out, 0, err);
  } else if (!status) {
    status = list_questions(&t, work->ontology->first_question, err);
    if (!status) status = write_head(&t, err);
  }
  if (!status) status = lnti_file_create(&t.file, work->path, err);
  if (!status) status = lnti_export_items(work, on_item, &t, err);
  if (!status) status = flush(&t, err);
  if (!status) status = put_in_place(&t, err);
  lnti_progress_update(work->options->progress, "items", t.n_seen, work->total);
  lnti_file_discard(t.file);
  lnti_json_writer_free(t.json);
  for (size_t i = 0; i < t.n_keys; i++) free(t.keys[i]);
  free(t.keys);
  free(t.columns);
  lnti_text_clear(&t.out);
  lnti_text_clear(&t.cell);
  return status;
}
