/*
 * items history: all that was ever said of one item, oldest first, by whom, and why it is gone.
 */
#include <cli/items_history.h>

#include <base/alloc.h>
#include <base/error.h>
#include <cli/format.h>
#include <cli/table.h>
#include <flow/annotate/find.h>
#include <flow/answer_text.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct entry {
  lnti_answer_row row; /* its text is in the arena */
  lnti_op op;          /* likewise */
} entry;

typedef struct history {
  lnti_cli *cli;
  lnti_project *project;
  lnti_ontology *ontology;
  entry *entries; /* [n] */
  size_t n, capacity;
  lnti_op op; /* the last one that was looked up */
  lnti_arena arena;
} history;

static lnt_status keep(const char **text, history *h, lnt_error *err) {
  char *copy = NULL;
  lnt_status status = lnti_arena_strndup(&copy, &h->arena, *text, strlen(*text), err);
  if (!status) *text = copy;
  return status;
}

static lnt_status note_row(void *payload, const lnti_answer_row *row, lnt_error *err) {
  history *h = payload;
  entry e = {.row = *row};
  lnt_status status = lnti_grow(&h->entries, &h->capacity, h->n + 1, sizeof *h->entries, err);
  if (!status && row->text) status = keep(&e.row.text, h, err);
  if (!status) h->entries[h->n++] = e;
  return status;
}

static lnt_status note_op(void *payload, const lnti_op_row *row, lnt_error *err) {
  history *h = payload;
  h->op = row->op;
  lnt_status status = keep(&h->op.person, h, err);
  return status ? status : keep(&h->op.note, h, err);
}

static lnt_status find_ops(history *h, lnt_error *err) {
  lnt_status status = LNT_OK;
  for (size_t i = 0; i < h->n && !status; i++) {
    int64_t id = h->entries[i].row.op_id;
    if (h->op.id != id) status = lnti_store_ops(h->project->store, id + 1, 1, note_op, h, err);
    h->entries[i].op = h->op;
  }
  return status;
}

/* ---- in words ---- */

static const lnti_answer_row *find_row(const history *h, int64_t log_id) {
  for (size_t i = 0; i < h->n; i++) {
    if (h->entries[i].row.log_id == log_id) return &h->entries[i].row;
  }
  return NULL;
}

static lnt_status append_key(lnti_text *out, const history *h, const lnti_answer_row *row, lnt_error *err) {
  if (row->question_id == LNTI_REMARKS) {
    return lnti_text_printf(out, err, "%s", row->slot == LNTI_SLOT_SKIP ? "skip" : "comment");
  }
  size_t question = lnti_ontology_question_by_id(h->ontology, row->question_id);
  if (question == LNTI_NONE) return lnti_text_printf(out, err, "question %lld", (long long)row->question_id);
  lnt_status status = lnti_ontology_question_path(out, h->ontology, question, err);
  size_t option = row->slot ? lnti_ontology_option_by_id(h->ontology, row->slot) : LNTI_NONE;
  if (status || option == LNTI_NONE) return status;
  status = lnti_text_append(out, ".", 1, err);
  return status ? status : lnti_ontology_option_path(out, h->ontology, option, err);
}

static lnt_status append_value(lnti_text *out, const history *h, const lnti_answer_row *row, lnt_error *err) {
  size_t question = lnti_ontology_question_by_id(h->ontology, row->question_id);
  if (row->slot == 0 || row->state != LNTI_ANSWERED || question == LNTI_NONE) {
    return lnti_answer_text(out, h->ontology, row, err);
  }
  if (h->ontology->questions[question].type == LNTI_CHECKLIST) {
    return lnti_text_printf(out, err, "%s", row->number == 1 ? "yes" : "no");
  }
  return lnti_text_printf(out, err, "place %g", row->number);
}

/* Why an answer was taken back. */
static const char *reason_of(const history *h, const entry *e) {
  size_t question = lnti_ontology_question_by_id(h->ontology, e->row.question_id);
  if (e->row.state != LNTI_CLEARED) return "";
  if (e->op.kind == LNTI_OP_UNDO) return "undone";
  if (e->op.kind == LNTI_OP_MIGRATE) return "migrated";
  if (e->row.question_id == LNTI_REMARKS) return "answered";
  if (question == LNTI_NONE || h->ontology->questions[question].parent_option == LNTI_NONE) return "taken back";
  for (size_t i = 0; i < h->n; i++) {
    const lnti_answer_row *other = &h->entries[i].row;
    if (other->op_id == e->row.op_id && other->question_id != e->row.question_id && other->log_id < e->row.log_id) {
      return "no longer asked";
    }
  }
  return "taken back";
}

typedef struct words {
  lnti_text key, value, was;
} words;

static lnt_status tell(words *w, const history *h, const entry *e, lnt_error *err) {
  const lnti_answer_row *before = e->row.replaces ? find_row(h, e->row.replaces) : NULL;
  w->key.length = w->value.length = w->was.length = 0;
  lnt_status status = append_key(&w->key, h, &e->row, err);
  if (!status) status = append_value(&w->value, h, &e->row, err);
  if (!status) status = lnti_text_append(&w->was, "", 0, err);
  return status || !before ? status : append_value(&w->was, h, before, err);
}

/* ---- output ---- */

static lnt_status print_json(history *h, words *w, lnt_error *err) {
  lnti_json_writer *json = NULL;
  lnt_status status = lnti_cli_json(&json, h->cli, 0, err);
  for (size_t i = 0; i < h->n && !status; i++) {
    const entry *e = &h->entries[i];
    status = tell(w, h, e, err);
    if (status) break;
    lnti_json_begin_object(json);
    lnti_json_kv_int(json, "position", e->row.log_id);
    lnti_json_kv_id(json, "operation", e->row.op_id);
    lnti_json_kv_string(json, "kind", lnti_op_kind_name(e->op.kind));
    lnti_json_kv_string(json, "person", e->op.person);
    lnti_json_kv_int(json, "time_ms", (int64_t)e->op.time_ms);
    lnti_json_kv_string(json, "key", w->key.data);
    lnti_json_kv_string(json, "value", e->row.state == LNTI_CLEARED ? NULL : w->value.data);
    lnti_json_kv_string(json, "replaced", e->row.replaces ? w->was.data : NULL);
    lnti_json_kv_string(json, "gone", e->row.state == LNTI_CLEARED ? reason_of(h, e) : NULL);
    lnti_json_kv_real(json, "confidence", e->row.confidence);
    lnti_json_end_object(json);
    status = lnti_json_finish(json, err);
  }
  lnti_json_writer_free(json);
  return status;
}

static lnt_status print_table(history *h, words *w, lnt_error *err) {
  static const lnti_column columns[] = {
      {"time", LNTI_ALIGN_LEFT},  {"person", LNTI_ALIGN_LEFT}, {"by", LNTI_ALIGN_LEFT},      {"key", LNTI_ALIGN_LEFT},
      {"value", LNTI_ALIGN_LEFT}, {"was", LNTI_ALIGN_LEFT},    {"why gone", LNTI_ALIGN_LEFT}};
  lnti_table table;
  lnt_status status = LNT_OK;
  lnti_table_init(&table, columns, 7, 0);
  for (size_t i = 0; i < h->n && !status; i++) {
    const entry *e = &h->entries[i];
    char by[48];
    status = tell(w, h, e, err);
    if (status) break;
    snprintf(by, sizeof by, "%s %lld", lnti_op_kind_name(e->op.kind), (long long)e->row.op_id);
    lnti_shown time = lnti_show_time(e->op.time_ms);
    const char *cells[] = {time.text,
                           e->op.person,
                           by,
                           w->key.data,
                           e->row.state == LNTI_CLEARED ? "-" : w->value.data,
                           w->was.length > 0 ? w->was.data : "",
                           reason_of(h, e)};
    status = lnti_table_row(&table, cells, err);
  }
  return lnti_table_print(h->cli, &table, status, err);
}

lnt_status lnti_items_history(lnti_cli *cli, const char *item, lnt_error *err) {
  history h = {.cli = cli};
  words w = {0};
  int64_t id = 0;
  lnt_status status = lnti_cli_project(&h.project, cli, err);
  if (!status) status = lnti_item_by_name(&id, h.project, item, err);
  if (!status) status = lnti_store_ontology(&h.ontology, h.project->store, err);
  if (!status) status = lnti_store_history(h.project->store, LNTI_SUBJECT_ITEM, id, note_row, &h, err);
  if (!status) status = find_ops(&h, err);
  if (!status && h.n == 0 && !cli->json) lnti_print(cli, "Nothing was said of item %lld yet\n", (long long)id);
  if (!status) status = cli->json ? print_json(&h, &w, err) : h.n > 0 ? print_table(&h, &w, err) : LNT_OK;
  lnti_text_clear(&w.key);
  lnti_text_clear(&w.value);
  lnti_text_clear(&w.was);
  free(h.entries);
  lnti_arena_clear(&h.arena);
  lnti_ontology_free(h.ontology);
  lnti_project_close(h.project);
  return status;
}
