/*
 * What an operation wrote is found in the log, brought together by answer, and compared with what is there now: where
 * that is still the operation's last word, what it had replaced at first is put back. Item by item, in one write, so that
 * an undo is done as a whole or not at all.
 */
#include <flow/undo.h>

#include <base/alloc.h>
#include <base/error.h>
#include <base/text.h>
#include <flow/annotate/annotate.h>
#include <flow/migrate/migrate.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PAGE_OPS = 64 };

/* An answer that the operation touched. */
typedef struct touch {
  int64_t item_id, question_id, slot;
  int64_t first; /* its first row of the operation, later what that replaced; 0: nothing */
  int64_t last;  /* and its last one */
} touch;

typedef struct touches {
  touch *touch; /* [n] */
  size_t n, capacity;
} touches;

/* Of one item: what is put back. */
typedef struct undoing {
  lnti_tx *tx;
  lnti_ontology *ontology;
  int64_t op_id, undoes;
  const lnti_undo_options *options;
  lnti_undone *out;
  lnti_put_back *rows; /* [n] */
  size_t n, capacity;
  lnti_arena texts; /* of the rows */
  lnt_error *err;
} undoing;

/* ---- what was touched ---- */

static lnt_status note_touch(void *payload, const lnti_answer_row *row, lnt_error *err) {
  touches *t = payload;
  lnt_status status = lnti_grow(&t->touch, &t->capacity, t->n + 1, sizeof *t->touch, err);
  if (status) return status;
  t->touch[t->n++] = (touch){row->subject_id, row->question_id, row->slot, row->replaces, row->log_id};
  return LNT_OK;
}

static int compare_keys(const touch *a, const touch *b) {
  if (a->item_id != b->item_id) return a->item_id < b->item_id ? -1 : 1;
  if (a->question_id != b->question_id) return a->question_id < b->question_id ? -1 : 1;
  return a->slot == b->slot ? 0 : a->slot < b->slot ? -1 : 1;
}

static int by_key(const void *a, const void *b) {
  const touch *x = a, *y = b;
  int order = compare_keys(x, y);
  return order ? order : x->last < y->last ? -1 : x->last > y->last;
}

/* One of each answer: what its first row replaced, and its last row. */
static void join(touches *t) {
  size_t n = 0;
  if (t->n > 1) qsort(t->touch, t->n, sizeof *t->touch, by_key);
  for (size_t i = 0; i < t->n; i++) {
    if (n > 0 && compare_keys(&t->touch[n - 1], &t->touch[i]) == 0) {
      t->touch[n - 1].last = t->touch[i].last;
    } else {
      t->touch[n++] = t->touch[i];
    }
  }
  t->n = n;
}

/* ---- one item ---- */

static lnt_status tell(undoing *u, const lnti_answer_row *key, int64_t now_log, const char *reason) {
  lnti_answer_row now = {0};
  lnti_undo_conflict conflict = {.item_id = key->subject_id, .question = LNTI_NONE, .reason = reason};
  lnt_status status = LNT_OK;
  u->out->n_conflicts++;
  if (key->question_id != LNTI_REMARKS) {
    conflict.question = lnti_ontology_question_by_id(u->ontology, key->question_id);
  }
  if (now_log) status = lnti_tx_logged(u->tx, &now, now_log, u->err);
  if (!status && now_log) {
    conflict.now_op = now.op_id;
    conflict.now = now.state == LNTI_CLEARED ? NULL : &now;
  }
  if (status || !u->options->visit) return status;
  return u->options->visit(u->options->payload, &conflict, u->err);
}

static lnt_status keep_text(lnti_answer_row *row, undoing *u) {
  char *copy = NULL;
  if (!row->text) return LNT_OK;
  lnt_status status = lnti_arena_strndup(&copy, &u->texts, row->text, strlen(row->text), u->err);
  row->text = copy;
  return status;
}

/* What is to be there again of one answer: what row `before` of the log says; 0: nothing. */
static lnt_status add_row(undoing *u, const touch *t, int64_t before) {
  lnti_put_back back = {.row = {.subject_kind = LNTI_SUBJECT_ITEM,
                                .subject_id = t->item_id,
                                .question_id = t->question_id,
                                .slot = t->slot,
                                .state = LNTI_CLEARED,
                                .number = (double)NAN,
                                .confidence = (double)NAN,
                                .source = LNTI_BY_PERSON},
                        .refused = LNT_ERROR_INIT};
  lnt_status status = lnti_grow(&u->rows, &u->capacity, u->n + 1, sizeof *u->rows, u->err);
  if (!status && before) status = lnti_tx_logged(u->tx, &back.row, before, u->err);
  if (!status) status = keep_text(&back.row, u);
  if (!status) u->rows[u->n++] = back;
  return status;
}

/* ---- whose an answer is ---- */

/* What an operation made of one answer. A row that an undo put back is the row that it put back, and stays whose it was: so
 * `before`, `after` and `now` are rows that somebody gave, or 0. */
typedef struct effect {
  int64_t op_id, before, after;
} effect;

typedef struct effects {
  effect *effect; /* [n] in order of their first rows */
  size_t n, capacity;
  int64_t now, newest; /* the newest row itself */
} effects;

static effect *effect_of(effects *e, int64_t op_id) {
  for (size_t i = 0; i < e->n; i++) {
    if (e->effect[i].op_id == op_id) return &e->effect[i];
  }
  return NULL;
}

static lnt_status note_effect(void *payload, int64_t log_id, int64_t op_id, int64_t undoes, lnt_error *err) {
  effects *e = payload;
  effect *own = effect_of(e, op_id);
  if (!own) {
    lnt_status status = lnti_grow(&e->effect, &e->capacity, e->n + 1, sizeof *e->effect, err);
    if (status) return status;
    own = &e->effect[e->n++];
    *own = (effect){op_id, e->now, 0};
  }
  const effect *undone = undoes ? effect_of(e, undoes) : NULL;
  own->after = e->now = undone ? undone->before : log_id;
  e->newest = log_id;
  return LNT_OK;
}

lnt_status lnti_undo_judge(lnti_undo_verdict *out, int64_t *before_out, int64_t *newest_out, lnti_tx *tx,
                           int64_t undoes, const lnti_answer_row *last, lnt_error *err) {
  effects e = {0};
  const int64_t item = last->subject_id, question = last->question_id, slot = last->slot;
  lnt_status status = lnti_tx_newest(tx, newest_out, LNTI_SUBJECT_ITEM, item, question, slot, 0, err);
  *before_out = last->replaces;
  *out = LNTI_UNDO_OURS;
  if (status || *newest_out == last->log_id) return status;
  status = lnti_tx_key_history(tx, LNTI_SUBJECT_ITEM, item, question, slot, note_effect, &e, err);
  const effect *own = effect_of(&e, undoes);
  if (!status && own) {
    *before_out = own->before;
    *out = e.now == own->after ? LNTI_UNDO_OURS : e.now == own->before ? LNTI_UNDO_DONE : LNTI_UNDO_CHANGED;
  }
  free(e.effect);
  return status;
}

static bool is_rank(const undoing *u, int64_t question_id) {
  size_t question = lnti_ontology_question_by_id(u->ontology, question_id);
  return question != LNTI_NONE && u->ontology->questions[question].type == LNTI_RANK;
}

/* A place of the order that none of the touches is about; *log_id_out 0: there is none. */
static lnt_status find_other_place(int64_t *log_id_out, undoing *u, const touch *t, size_t n) {
  lnti_answer_row row = {.slot = -1};
  *log_id_out = 0;
  for (;;) {
    bool found = false, touched = false;
    lnt_status status =
        lnti_tx_current_from(u->tx, &row, &found, LNTI_SUBJECT_ITEM, t->item_id, t->question_id, row.slot + 1, u->err);
    if (status || !found) return status;
    for (size_t i = 0; i < n && !touched; i++) touched = t[i].slot == row.slot;
    if (!touched) *log_id_out = row.log_id;
    if (!touched) return LNT_OK;
  }
}

/* Takes over n touches of an item that are one answer, where all are still the operation's. An order is one answer: all of
 * its places or none. */
static lnt_status gather_answer(undoing *u, const touch *t, size_t n) {
  const size_t n_before = u->n;
  int64_t changed = 0;
  bool any_changed = false;
  lnt_status status = LNT_OK;
  for (size_t i = 0; i < n && !status; i++) {
    const lnti_answer_row last = {.subject_id = t[i].item_id,
                                  .question_id = t[i].question_id,
                                  .slot = t[i].slot,
                                  .log_id = t[i].last,
                                  .replaces = t[i].first};
    lnti_undo_verdict v = LNTI_UNDO_OURS;
    int64_t before = 0, newest = 0;
    status = lnti_undo_judge(&v, &before, &newest, u->tx, u->undoes, &last, u->err);
    if (v == LNTI_UNDO_CHANGED) changed = newest;
    any_changed = any_changed || v == LNTI_UNDO_CHANGED;
    if (!status && v == LNTI_UNDO_OURS) status = add_row(u, &t[i], before);
  }
  if (!status && is_rank(u, t->question_id) && !any_changed && u->n > n_before) {
    status = find_other_place(&changed, u, t, n);
    any_changed = changed != 0;
  }
  if (status || !any_changed) return status;
  u->n = n_before;
  lnti_answer_row key = {.subject_id = t->item_id, .question_id = t->question_id, .slot = t->slot};
  return tell(u, &key, changed, "it was answered again since");
}

static lnt_status gather(undoing *u, const touch *t, size_t n) {
  lnt_status status = LNT_OK;
  for (size_t i = 0, run; i < n && !status; i += run) {
    run = 1;
    while (is_rank(u, t[i].question_id) && i + run < n && t[i + run].question_id == t[i].question_id) run++;
    status = gather_answer(u, &t[i], run);
  }
  return status;
}

/* What is to be taken back and is not there needs nothing. */
static lnt_status drop_same(undoing *u) {
  size_t n = 0;
  lnt_status status = LNT_OK;
  for (size_t i = 0; i < u->n && !status; i++) {
    const lnti_answer_row *row = &u->rows[i].row;
    lnti_answer_row there;
    bool found = true;
    if (row->state == LNTI_CLEARED) {
      status = lnti_tx_current(u->tx, &there, &found, LNTI_SUBJECT_ITEM, row->subject_id, row->question_id, row->slot,
                               u->err);
    }
    if (!status && found) u->rows[n++] = u->rows[i];
  }
  u->n = n;
  return status;
}

static lnt_status undo_item(undoing *u, const touch *t, size_t n) {
  size_t n_retired = 0, n_done = 0;
  u->n = 0;
  lnti_arena_clear(&u->texts);
  lnt_status status = gather(u, t, n);
  if (!status) status = drop_same(u);
  if (!status) {
    status = lnti_annotate_put_back(u->tx, &n_retired, u->ontology, u->op_id, u->rows, u->n, u->err);
  }
  for (size_t i = 0; i < u->n && !status; i++) {
    const lnti_put_back *back = &u->rows[i];
    if (back->refused.code) {
      status = tell(u, &back->row, 0, back->refused.message);
      continue;
    }
    n_done++;
    if (back->row.state == LNTI_CLEARED) u->out->n_removed++;
    if (back->row.state != LNTI_CLEARED) u->out->n_restored++;
  }
  u->out->n_items += n_done > 0;
  u->out->n_retired += n_retired;
  return status;
}

lnt_status lnti_undo_answers(lnti_tx *tx, lnti_undone *out, lnti_ontology *ontology, int64_t op_id, int64_t undoes,
                             const lnti_undo_options *options, lnt_error *err) {
  undoing u = {
      .tx = tx, .ontology = ontology, .op_id = op_id, .undoes = undoes, .options = options, .out = out, .err = err};
  touches t = {0};
  lnt_status status = lnti_tx_op_answers(tx, undoes, note_touch, &t, err);
  if (!status) join(&t);
  for (size_t i = 0, n; i < t.n && !status; i += n) {
    for (n = 1; i + n < t.n && t.touch[i + n].item_id == t.touch[i].item_id;) n++;
    status = undo_item(&u, &t.touch[i], n);
  }
  free(t.touch);
  free(u.rows);
  lnti_arena_clear(&u.texts);
  return status;
}

/* ---- which operation ---- */

typedef struct choice {
  const lnti_undo_options *options;
  const char *person;
  lnti_op_row row; /* its texts are not kept */
  char note[LNTI_UNDONE_NOTE];
  bool found;
  size_t n_seen;
  int64_t last_seen;
} choice;

static bool can_be_undone(lnti_op_kind kind) {
  return kind == LNTI_OP_ANNOTATE || kind == LNTI_OP_IMPORT || kind == LNTI_OP_UNDO || kind == LNTI_OP_MIGRATE;
}

bool lnti_undo_offers(const lnti_op_row *row) {
  bool redo = row->op.kind == LNTI_OP_UNDO && row->undoes_kind == LNTI_OP_UNDO;
  bool of_ontology = row->op.kind == LNTI_OP_MIGRATE || row->undoes_kind == LNTI_OP_MIGRATE;
  return can_be_undone(row->op.kind) && !redo && row->undone_by == 0 && (row->n_answers > 0 || of_ontology);
}

static lnt_status choose(void *payload, const lnti_op_row *row, lnt_error *err) {
  choice *c = payload;
  bool wanted = c->options->op_id ? row->op.id == c->options->op_id
                                  : lnti_undo_offers(row) && strcmp(row->op.person, c->person) == 0 &&
                                        (row->op.kind == LNTI_OP_UNDO) == c->options->redo;
  (void)err;
  c->n_seen++;
  c->last_seen = row->op.id;
  if (!wanted || c->found) return LNT_OK;
  c->row = *row;
  c->row.op.person = c->row.op.note = "";
  snprintf(c->note, sizeof c->note, "%s", row->op.note);
  c->note[lnti_utf8_valid(c->note, strlen(c->note))] = '\0';
  c->found = true;
  return LNT_OK;
}

static lnt_status find_op(choice *c, lnti_project *project, lnt_error *err) {
  int64_t op_id = c->options->op_id;
  lnt_status status = LNT_OK;
  if (op_id) {
    status = lnti_store_ops(project->store, op_id + 1, 1, choose, c, err);
  } else { /* it is mostly among the newest */
    do {
      c->n_seen = 0;
      status = lnti_store_ops(project->store, c->last_seen, PAGE_OPS, choose, c, err);
    } while (!status && !c->found && c->n_seen == PAGE_OPS);
  }
  if (status) return status;
  if (!c->found && op_id) return lnti_fail(err, LNT_ENOTFOUND, "there is no operation %lld", (long long)op_id);
  if (!c->found) {
    return lnti_fail(err, LNT_ENOTFOUND, "%s has nothing to %s here; see all operations with: linnet undo --list",
                     c->person, c->options->redo ? "redo" : "undo");
  }
  if (can_be_undone(c->row.op.kind)) return LNT_OK;
  return lnti_fail(err, LNT_EUNSUPPORTED,
                   "operation %lld is of kind %s and changed no answers: only answers and migrations can be undone",
                   (long long)c->row.op.id, lnti_op_kind_name(c->row.op.kind));
}

/* An undo that is undone does an operation again: which, and what that was. */
static lnt_status find_again(lnti_undone *out, const choice *c, lnti_project *project, lnt_error *err) {
  const lnti_undo_options of_first = {.op_id = c->row.op.undoes};
  choice first = {.options = &of_first};
  memcpy(out->note, c->note, sizeof out->note);
  if (c->row.op.kind != LNTI_OP_UNDO || c->row.undoes_kind == LNTI_OP_UNDO) return LNT_OK;
  lnt_status status = lnti_store_ops(project->store, of_first.op_id + 1, 1, choose, &first, err);
  if (status || !first.found) return status;
  out->again = first.row.op.id;
  out->again_kind = first.row.op.kind;
  memcpy(out->note, first.note, sizeof out->note);
  return LNT_OK;
}

static lnt_status fail_nothing(const lnti_op_row *row, lnt_error *err) {
  const long long id = (long long)row->op.id, by = (long long)row->undone_by;
  if (by) {
    return lnti_fail(
        err, LNT_ECONFLICT,
        "operation %lld was undone already, by operation %lld: linnet undo %lld does it again, linnet undo "
        "--list shows all",
        id, by, by);
  }
  return lnti_fail(
      err, LNT_ECONFLICT,
      "nothing of operation %lld is left to undo: its answers were changed or taken back since (linnet undo "
      "--list shows by what)",
      id);
}

/* ---- all of it ---- */

typedef struct work {
  lnti_undone out;
  const lnti_undo_options *options;
  lnti_ontology *ontology;
  lnti_op op;
  bool rolled_back; /* on purpose */
} work;

static lnt_status write_undo(void *payload, lnti_tx *tx, lnt_error *err) {
  work *w = payload;
  lnt_status status = lnti_tx_ontology_is_current(tx, w->ontology, err);
  if (!status) status = lnti_tx_op(tx, &w->op.id, NULL, &w->op, err);
  if (!status) status = lnti_undo_answers(tx, &w->out, w->ontology, w->op.id, w->out.undoes, w->options, err);
  if (!status) status = lnti_tx_stages_after_undo(tx, w->out.undoes, w->op.id, err);
  if (status) return status;
  w->rolled_back = w->options->dry_run || w->out.n_restored + w->out.n_removed == 0;
  return w->rolled_back ? lnti_fail(err, LNT_ECANCELLED, "nothing is to be written") : LNT_OK;
}

static lnt_status undo_migration(work *w, lnti_project *project, lnt_error *err) {
  lnti_migrate_undone undone = {0};
  lnt_status status = lnti_migrate_undo(&undone, project, &w->op, w->options->dry_run, err);
  if (status) return status;
  w->out.op_id = undone.op_id;
  w->out.n_items = undone.n_items;
  w->out.n_restored = undone.n_restored;
  w->out.n_removed = undone.n_removed;
  w->out.ontology = true;
  return LNT_OK;
}

lnt_status lnti_undo(lnti_undone *out, lnti_project *project, const lnti_undo_options *options, lnt_error *err) {
  work w = {.options = options};
  choice c = {.options = options, .person = options->person ? options->person : project->person};
  char note[64];
  lnt_status status = find_op(&c, project, err);
  if (!status) status = find_again(&w.out, &c, project, err);
  if (status) return status;
  snprintf(note, sizeof note, "operation %lld", (long long)c.row.op.id);
  lnti_project_op(&w.op, project, LNTI_OP_UNDO, note);
  w.op.person = c.person;
  w.op.undoes = w.out.undoes = c.row.op.id;
  w.out.kind = c.row.op.kind;
  bool migration = false;
  status = lnti_migrate_is_one(&migration, project, c.row.op.id, err);
  if (!status && migration && c.row.undone_by) status = fail_nothing(&c.row, err);
  if (!status && migration) status = undo_migration(&w, project, err);
  if (status || migration) {
    if (!status) *out = w.out;
    return status;
  }
  status = lnti_store_ontology(&w.ontology, project->store, err);
  if (!status) status = lnti_store_write(project->store, write_undo, &w, err);
  if (status && w.rolled_back) status = LNT_OK;
  lnti_ontology_free(w.ontology);
  if (status) return status;
  if (w.out.n_restored + w.out.n_removed + w.out.n_conflicts == 0) return fail_nothing(&c.row, err);
  w.out.op_id = w.rolled_back ? 0 : w.op.id;
  *out = w.out;
  return LNT_OK;
}
