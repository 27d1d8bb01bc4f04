/*
 * Two snapshots, or one and the data as they are, side by side: both come by item, a block at a time, so one pass over each
 * is enough, and memory holds two blocks and the different changes that were found.
 */
#include <flow/snapshot/snapshot_read.h>

#include <base/alloc.h>
#include <base/error.h>
#include <base/hash.h>
#include <base/json.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SLOTS = 1 << 15 }; /* more than twice LNTI_SNAPSHOT_MOVES_MAX */

/** One of the two sides. */
typedef struct side {
  lnti_project *project;
  bool now, ended, has;
  lnti_snapshot snapshot;        /* unless it is now */
  const lnti_ontology *ontology; /* that its answers are read by */
  lnti_snapshot_cursor cursor;   /* of now: over blocks that are made of its items */
  int64_t after;                 /* of now: the last item that was seen */
  lnti_view *view;
  lnti_filter *filter;
  lnti_text json; /* of now: its ontology */
  size_t n;
} side;

/* ---- opening ---- */

static lnt_status open_snapshot(side *s, const char *name, const lnti_ontology *present, lnt_error *err) {
  lnt_status status = lnti_snapshot_open(&s->snapshot, s->project, name, err);
  s->ontology = s->snapshot.record > 1 ? s->snapshot.ontology : present;
  return status;
}

static lnt_status write_ontology(lnti_text *out, const lnti_ontology *ontology, lnt_error *err) {
  lnti_json_writer *w = NULL;
  lnt_status status = lnti_json_writer_new(&w, lnti_json_sink_text, out, 0, err);
  if (status) return status;
  lnti_ontology_write(w, ontology);
  status = lnti_json_finish(w, err);
  lnti_json_writer_free(w);
  return status;
}

static lnt_status open_now(side *s, const char *where, const lnti_ontology *present, lnt_error *err) {
  s->ontology = present;
  lnt_status status = write_ontology(&s->json, present, err);
  const bool filtered = where && *where;
  if (!status && filtered) status = lnti_view_open(&s->view, s->project, NULL, NULL, err);
  if (!status && filtered) status = lnti_view_filter(&s->filter, s->view, where, err);
  return status;
}

static void side_clear(side *s) {
  lnti_snapshot_close(&s->snapshot);
  lnti_snapshot_cursor_clear(&s->cursor);
  lnti_filter_free(s->filter);
  lnti_view_close(s->view);
  lnti_text_clear(&s->json);
}

/* As it was written, without what stands behind: a snapshot's has one brace more. */
static bool same_ontology(const side *a, const side *b) {
  const char *x = a->now ? a->json.data : a->snapshot.ontology_json;
  const char *y = b->now ? b->json.data : b->snapshot.ontology_json;
  size_t n = strcspn(x, "\n") - !a->now, m = strcspn(y, "\n") - !b->now;
  return n == m && memcmp(x, y, n) == 0;
}

/* ---- walking ---- */

static lnt_status take_item(void *payload, const lnti_item_view *view, lnt_error *err) {
  side *s = payload;
  lnti_text *block = &s->cursor.block;
  lnt_status status = lnti_snapshot_put(block, view, block->length == 0 ? 0 : s->after, err);
  s->after = view->item->id;
  return status;
}

static lnt_status next_block(side *s, lnt_error *err) {
  const lnti_items_query query = {.filter = s->filter, .after_id = s->after, .limit = LNTI_BLOCK_ITEMS};
  if (!s->now) return lnti_snapshot_load(&s->cursor, &s->snapshot, err);
  s->cursor.block.length = 0;
  lnt_status status = lnti_items(s->project, s->view, &query, take_item, s, err);
  lnti_snapshot_rewind(&s->cursor);
  return status;
}

/* s->has false after the last. */
static lnt_status next(side *s, lnt_error *err) {
  lnt_status status = LNT_OK;
  if (!s->ended && !lnti_snapshot_more(&s->cursor)) {
    status = next_block(s, err);
    s->ended = s->cursor.block.length == 0;
  }
  s->has = !status && !s->ended;
  if (!s->has) return status;
  s->n++;
  return lnti_snapshot_next(&s->cursor, err);
}

/* ---- what differs ---- */

typedef struct comparison {
  const lnti_ontology *before, *after;
  lnti_snapshot_diff *diff;
  size_t *slot; /* [SLOTS] 1 + place in the moves; 0: free */
  size_t capacity;
  lnti_text question, from, to;
} comparison;

static uint64_t hash_move(const char *question, const char *from, const char *to) {
  uint64_t h = lnti_hash_table(question ? question : "", question ? strlen(question) : 0, 1);
  h = lnti_hash_table(from, strlen(from), h);
  return lnti_hash_table(to, strlen(to), h);
}

static bool same_move(const lnti_snapshot_move *m, const char *question, const char *from, const char *to) {
  return !m->question == !question && (!question || strcmp(m->question, question) == 0) && strcmp(m->from, from) == 0 &&
         strcmp(m->to, to) == 0;
}

static lnt_status count_move(comparison *c, const char *question, const char *from, const char *to, lnt_error *err) {
  lnti_snapshot_diff *diff = c->diff;
  size_t slot = (size_t)hash_move(question, from, to) & (SLOTS - 1);
  for (; c->slot[slot]; slot = (slot + 1) & (SLOTS - 1)) {
    lnti_snapshot_move *m = &diff->moves[c->slot[slot] - 1];
    if (!same_move(m, question, from, to)) continue;
    m->n++;
    return LNT_OK;
  }
  if (diff->n_moves == LNTI_SNAPSHOT_MOVES_MAX) {
    diff->unlisted++;
    return LNT_OK;
  }
  lnt_status status = lnti_grow(&diff->moves, &c->capacity, diff->n_moves + 1, sizeof *diff->moves, err);
  if (status) return status;
  lnti_snapshot_move *m = &diff->moves[diff->n_moves];
  *m = (lnti_snapshot_move){.n = 1};
  c->slot[slot] = ++diff->n_moves;
  if (question) status = lnti_strdup(&m->question, question, err);
  if (!status) status = lnti_strdup(&m->from, from, err);
  if (!status) status = lnti_strdup(&m->to, to, err);
  return status;
}

static bool same_value(const lnti_answer_row *a, const lnti_answer_row *b) {
  bool number = a->number == b->number || (isnan(a->number) && isnan(b->number));
  bool text = !a->text == !b->text && (!a->text || strcmp(a->text, b->text) == 0);
  return a->state == b->state && a->option_id == b->option_id && number && text;
}

/* As it is called after, or where it is there no more, as it was called before. */
static lnt_status name_question(comparison *c, const lnti_answer_row *row, lnt_error *err) {
  return lnti_snapshot_question(&c->question, lnti_snapshot_knows(c->after, row) ? c->after : c->before, row, err);
}

/* One of them may be NULL. An answer is called as it was on its own side: what was merged since has its old name. */
static lnt_status count_answer(comparison *c, const lnti_answer_row *a, const lnti_answer_row *b, lnt_error *err) {
  c->question.length = c->from.length = c->to.length = 0;
  lnt_status status = a ? name_question(c, a, err) : LNT_OK;
  if (!a && b) status = name_question(c, b, err);
  if (!status) status = lnti_text_append(&c->from, "", 0, err);
  if (!status) status = lnti_text_append(&c->to, "", 0, err);
  if (!status && a) status = lnti_snapshot_value(&c->from, c->before, a, err);
  if (!status && b) status = lnti_snapshot_value(&c->to, c->after, b, err);
  return status ? status : count_move(c, c->question.data, c->from.data, c->to.data, err);
}

static int by_question(const lnti_answer_row *a, const lnti_answer_row *b) {
  if (a->question_id != b->question_id) return a->question_id < b->question_id ? -1 : 1;
  return a->slot < b->slot ? -1 : a->slot > b->slot;
}

static lnt_status compare_answers(bool *changed, comparison *c, const lnti_snapshot_item *a,
                                  const lnti_snapshot_item *b, lnt_error *err) {
  size_t i = 0, j = 0;
  lnt_status status = LNT_OK;
  while (!status && (i < a->n_answers || j < b->n_answers)) {
    const lnti_answer_row *x = i < a->n_answers ? &a->answers[i] : NULL;
    const lnti_answer_row *y = j < b->n_answers ? &b->answers[j] : NULL;
    int order = !x ? 1 : !y ? -1 : by_question(x, y);
    i += order <= 0;
    j += order >= 0;
    if (order == 0 && same_value(x, y)) continue;
    *changed = true;
    status = count_answer(c, order <= 0 ? x : NULL, order >= 0 ? y : NULL, err);
  }
  return status;
}

static lnt_status compare_item(comparison *c, const lnti_snapshot_item *a, const lnti_snapshot_item *b,
                               lnt_error *err) {
  lnti_snapshot_diff *diff = c->diff;
  bool replaced = memcmp(&a->content, &b->content, sizeof a->content) != 0, regrouped = a->group_id != b->group_id;
  bool moved = strcmp(a->split, b->split) != 0, changed = replaced || regrouped || moved;
  diff->replaced += replaced;
  diff->regrouped += regrouped;
  lnt_status status = moved ? count_move(c, NULL, a->split, b->split, err) : LNT_OK;
  if (!status) status = compare_answers(&changed, c, a, b, err);
  diff->n_changed += changed;
  return status;
}

static lnt_status walk(comparison *c, side *a, side *b, lnt_error *err) {
  lnt_status status = next(a, err);
  if (!status) status = next(b, err);
  while (!status && (a->has || b->has)) {
    bool only_a = a->has && (!b->has || a->cursor.item.id < b->cursor.item.id),
         only_b = b->has && (!a->has || b->cursor.item.id < a->cursor.item.id);
    if (!only_a && !only_b) status = compare_item(c, &a->cursor.item, &b->cursor.item, err);
    c->diff->removed += only_a;
    c->diff->added += only_b;
    if (!status && !only_b) status = next(a, err);
    if (!status && !only_a) status = next(b, err);
  }
  return status;
}

/* Splits first, then questions in order of their names, each with its largest changes first. */
static int by_size(const void *left, const void *right) {
  const lnti_snapshot_move *a = left, *b = right;
  if (!a->question != !b->question) return a->question ? 1 : -1;
  int order = a->question ? strcmp(a->question, b->question) : 0;
  if (order == 0 && a->n != b->n) return a->n < b->n ? 1 : -1;
  if (order == 0) order = strcmp(a->from, b->from);
  return order ? order : strcmp(a->to, b->to);
}

lnt_status lnti_snapshot_compare(lnti_snapshot_diff *out, lnti_project *project, const char *before, const char *after,
                                 lnt_error *err) {
  lnti_snapshot_diff diff = {0};
  comparison c = {.diff = &diff};
  side a = {.project = project, .now = strcmp(before, LNTI_SNAPSHOT_NOW) == 0};
  side b = {.project = project, .now = strcmp(after, LNTI_SNAPSHOT_NOW) == 0};
  lnti_ontology *ontology = NULL;
  if (a.now && b.now) return lnti_fail(err, LNT_EINVAL, "now does not differ from now: name a snapshot");
  lnt_status status = lnti_store_ontology(&ontology, project->store, err);
  if (!status) status = lnti_alloc_zero(&c.slot, SLOTS, sizeof *c.slot, err);
  if (!status && !a.now) status = open_snapshot(&a, before, ontology, err);
  if (!status && !b.now) status = open_snapshot(&b, after, ontology, err);
  if (!status && a.now) status = open_now(&a, b.snapshot.where, ontology, err);
  if (!status && b.now) status = open_now(&b, a.snapshot.where, ontology, err);
  c.before = a.ontology;
  c.after = b.ontology;
  if (!status) status = walk(&c, &a, &b, err);
  if (!status) {
    if (diff.n_moves > 1) qsort(diff.moves, diff.n_moves, sizeof *diff.moves, by_size);
    diff.n_before = a.n;
    diff.n_after = b.n;
    diff.ontology_changed = !same_ontology(&a, &b);
    diff.same = diff.added + diff.removed + diff.n_changed == 0 && !diff.ontology_changed;
    *out = diff;
  } else {
    lnti_snapshot_diff_clear(&diff);
  }
  side_clear(&a);
  side_clear(&b);
  lnti_text_clear(&c.question);
  lnti_text_clear(&c.from);
  lnti_text_clear(&c.to);
  free(c.slot);
  lnti_ontology_free(ontology);
  return status;
}

void lnti_snapshot_diff_clear(lnti_snapshot_diff *diff) {
  for (size_t i = 0; i < diff->n_moves; i++) {
    free(diff->moves[i].question);
    free(diff->moves[i].from);
    free(diff->moves[i].to);
  }
  free(diff->moves);
  *diff = (lnti_snapshot_diff){0};
}
