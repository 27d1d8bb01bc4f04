/*
 * A migration: the changes are applied to the ontology, the rows that they touched are written, and what is said of each item
 * goes through their steps. Items are read in ranges of ids, so that memory stays that of one range; each answer is written
 * once at most. A preview is the same without the writes.
 */
#include <flow/migrate/migrate.h>

#include <base/error.h>
#include <flow/annotate/annotate.h>
#include <flow/migrate/migrate_parts.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { RANGE_IDS = 512 };

/* ---- the changes ---- */

static lnt_status apply_changes(lnti_migrating *m, lnt_error *err) {
  lnt_status status = LNT_OK;
  for (const lnti_json_value *change = m->list->first; change && !status; change = change->next) {
    status = lnti_ontology_change(&m->changes, change, err);
    if (status && m->name) lnti_error_prefix(err, "%s:%u", m->name, change->line);
  }
  return status;
}

/* In a preview what is new has no rows, and takes the ids that it would get. */
static void give_ids(lnti_migrating *m) {
  for (size_t i = 0; i < m->changes.n_touched; i++) {
    const lnti_touched *t = &m->changes.touched[i];
    if (!t->added) continue;
    if (t->is_question) {
      lnti_ontology_set_question_id(m->ontology, t->index, m->ontology->questions[t->index].next_id);
    } else {
      lnti_ontology_set_option_id(m->ontology, t->index, m->ontology->options[t->index].next_id);
    }
  }
}

/* ---- one item ---- */

static bool matches(void *payload, const lnti_answer_step *step) {
  const lnti_migrating *m = payload;
  return lnti_migrate_found(m, step->change, m->item_id);
}

static lnt_status to_said(lnti_said *out, const lnti_migrating *m, size_t row, lnt_error *err) {
  const lnti_answer_row *r = &m->rows[row];
  lnti_answer answer = {.question = lnti_ontology_question_by_id(m->ontology, r->question_id),
                        .state = r->state,
                        .option = r->option_id ? lnti_ontology_option_by_id(m->ontology, r->option_id) : LNTI_NONE,
                        .number = r->number};
  size_t slot = r->slot ? lnti_ontology_option_by_id(m->ontology, r->slot) : LNTI_NONE;
  if (answer.question == LNTI_NONE || (r->option_id && answer.option == LNTI_NONE) || (r->slot && slot == LNTI_NONE)) {
    return lnti_fail(err, LNT_ECORRUPT, "item %lld has an answer that the ontology does not know: run 'linnet verify'",
                     (long long)r->subject_id);
  }
  *out = (lnti_said){.answer = answer, .slot = slot, .row = row, .text = r->text};
  return LNT_OK;
}

static bool same_said(const lnti_said *a, const lnti_said *b) {
  bool same_text = a->text == b->text || (a->text && b->text && strcmp(a->text, b->text) == 0);
  return a->answer.state == b->answer.state && a->answer.option == b->answer.option && same_text &&
         (isnan(a->answer.number) ? isnan(b->answer.number) : a->answer.number == b->answer.number);
}

static lnti_answer_row row_of(const lnti_migrating *m, const lnti_said *said, bool cleared) {
  const lnti_answer_row *from = &m->rows[said->row];
  const lnti_ontology *o = m->ontology;
  lnti_answer_row row = *from; /* whose it is, how sure, how long: all stays */
  row.log_id = row.replaces = 0;
  row.op_id = m->op_id;
  row.question_id = o->questions[said->answer.question].id;
  row.slot = said->slot == LNTI_NONE ? 0 : o->options[said->slot].id;
  row.state = cleared ? LNTI_CLEARED : said->answer.state;
  row.option_id = cleared || said->answer.option == LNTI_NONE ? 0 : o->options[said->answer.option].id;
  row.number = cleared ? (double)NAN : said->answer.number;
  row.text = cleared ? NULL : said->text;
  if (cleared) row.confidence = (double)NAN;
  if (cleared) row.time_spent_ms = 0;
  return row;
}

static lnt_status write_one(lnti_migrating *m, const lnti_said *said, bool cleared, lnt_error *err) {
  lnti_answer_row row = row_of(m, said, cleared);
  m->result->n_answers++;
  return m->tx ? lnti_annotate_migrated(m->tx, &row, err) : LNT_OK;
}

/* Writes what the item's answers have become, from what they were. */
static lnt_status write_item(bool *changed_out, lnti_migrating *m, const lnti_said *was, size_t n, lnt_error *err) {
  size_t before = m->result->n_answers;
  lnt_status status = LNT_OK;
  for (size_t i = 0; i < n && !status; i++) {
    bool stays = lnti_said_find(m->item.said, m->item.n, was[i].answer.question, was[i].slot) != NULL;
    if (!stays) status = write_one(m, &was[i], true, err);
  }
  for (size_t i = 0; i < m->item.n && !status; i++) {
    const lnti_said *is = &m->item.said[i], *there = lnti_said_find(was, n, is->answer.question, is->slot);
    if (!there || !same_said(there, is)) status = write_one(m, is, false, err);
  }
  *changed_out = m->result->n_answers > before;
  return status;
}

static lnt_status note_misfit(lnti_migrating *m, const lnt_error *reason, lnt_error *err) {
  if (m->n_misfits++ >= LNTI_MIGRATE_MISFITS) return LNT_OK;
  m->misfit_ids[m->n_misfits - 1] = m->item_id;
  return lnti_strdup(&m->misfits[m->n_misfits - 1], reason->message, err);
}

static lnt_status review(lnti_migrating *m, lnt_error *err) {
  const char *note = m->item.note;
  bool changed = false;
  lnt_status status = note ? lnti_text_check(note, LNTI_REMARK_MAX, "the note", err) : LNT_OK;
  m->result->n_review++;
  if (status || !m->tx) return status;
  status = lnti_tx_item_stage_of_op(m->tx, m->op_id, m->item_id, "review", err);
  if (status || !note) return status;
  return lnti_annotate_remark(m->tx, &changed, m->op_id, m->item_id, LNTI_REMARK_COMMENT, note, LNTI_BY_PERSON, err);
}

/* Rows [begin,end) are all of one item. */
static lnt_status change_item(void *payload, size_t begin, size_t end, lnt_error *err) {
  lnti_migrating *m = payload;
  size_t n = end - begin;
  lnt_error reason = LNT_ERROR_INIT;
  bool changed = false;
  lnt_status status = lnti_grow(&m->was, &m->was_capacity, n, sizeof *m->was, err);
  if (!status) status = lnti_grow(&m->item.said, &m->item.capacity, n, sizeof *m->item.said, err);
  for (size_t i = 0; i < n && !status; i++) status = to_said(&m->was[i], m, begin + i, err);
  if (status) return status;
  lnti_said_sort(m->was, n);
  memcpy(m->item.said, m->was, n * sizeof *m->was);
  m->item.n = n;
  m->item.n_retired = m->item.n_lost = 0;
  m->item.review = false;
  m->item.note = NULL;
  m->item_id = m->rows[begin].subject_id;
  status = lnti_ontology_change_said(&m->item, &m->changes, matches, m, &reason);
  if (status == LNT_ECONFLICT) return note_misfit(m, &reason, err);
  if (status) return lnti_fail(err, status, "%s", reason.message);
  m->result->n_retired += m->item.n_retired;
  m->result->n_lost += m->item.n_lost;
  status = write_item(&changed, m, m->was, n, err);
  if (!status && m->item.review) status = review(m, err);
  if (!status && (changed || m->item.review)) {
    m->result->n_items++;
    status = lnti_migrate_note_example(m, begin, end, err);
  }
  return status;
}

/* ---- all items ---- */

static lnt_status collect(void *payload, const lnti_answer_row *row, lnt_error *err) {
  lnti_migrating *m = payload;
  lnti_answer_row copy = *row;
  char *text = NULL;
  lnt_status status = lnti_grow(&m->rows, &m->row_capacity, m->n_rows + 1, sizeof *m->rows, err);
  if (!status && row->text) status = lnti_arena_strndup(&text, &m->texts, row->text, strlen(row->text), err);
  if (status) return status;
  copy.text = text;
  m->rows[m->n_rows++] = copy;
  return LNT_OK;
}

lnt_status lnti_migrate_read(lnti_migrating *m, int64_t first, int64_t last, int64_t question_id, lnt_error *err) {
  m->n_rows = 0;
  lnti_arena_clear(&m->texts);
  lnt_status status = lnti_cancel_check(m->project->context.cancel, err);
  if (status) return status;
  if (m->tx) return lnti_tx_answers(m->tx, first, last, collect, m, err);
  return lnti_store_answers(m->project->store, first, last, question_id, collect, m, err);
}

lnt_status lnti_migrate_each_item(lnti_migrating *m, lnti_migrate_visit visit, void *payload, lnt_error *err) {
  lnt_status status = LNT_OK;
  for (int64_t first = m->first_item; first && first <= m->last_item && !status; first += RANGE_IDS) {
    status = lnti_migrate_read(m, first, first + RANGE_IDS - 1, 0, err);
    for (size_t begin = 0, end = 0; begin < m->n_rows && !status; begin = end) {
      while (end < m->n_rows && m->rows[end].subject_id == m->rows[begin].subject_id) end++;
      status = visit(payload, begin, end, err);
    }
  }
  return status;
}

static lnt_status fail_misfits(lnti_migrating *m, lnt_error *err) {
  lnti_text text = {0};
  lnt_status status = lnti_migrating_misfits(&text, m, err);
  if (!status) {
    status = lnti_fail(err, LNT_ECONFLICT, "%zu %s not fit, and nothing was changed: %.600s%s", m->n_misfits,
                       lnti_plural(m->n_misfits, "item's answers do", "items' answers do"), text.data,
                       m->n_misfits > LNTI_MIGRATE_MISFITS ? "..." : "");
  }
  lnti_text_clear(&text);
  return status;
}

/* ---- all of it ---- */

/* What was written must be an ontology that can be read: a last look, since answers hang on it. */
static lnt_status check_written(const lnti_migrating *m, lnt_error *err) {
  lnti_ontology *written = NULL;
  lnt_error reason = LNT_ERROR_INIT;
  int64_t last_question = 0, last_option = 0;
  lnt_status status = lnti_tx_ontology_read(m->tx, &written, &last_question, &last_option, &reason);
  lnti_ontology_free(written);
  if (status == LNT_ECORRUPT)
    return lnti_fail(err, LNT_EINVAL, "this would make no sound ontology: %s", reason.message);
  return status ? lnti_fail(err, status, "%s", reason.message) : LNT_OK;
}

static lnt_status run(lnti_migrating *m, lnt_error *err) {
  m->changes = (lnti_ontology_changes){.ontology = m->ontology,
                                       .last_question_id = m->last_question,
                                       .last_option_id = m->last_option,
                                       .values = lnti_migrate_values,
                                       .payload = m};
  lnt_status status = apply_changes(m, err);
  if (status) return status;
  if (m->tx) {
    status = lnti_tx_ontology_change(m->tx, &m->changes, m->op_id, m->json, err);
  } else {
    give_ids(m);
  }
  if (!status) status = lnti_migrate_note_rows(m, err);
  if (!status && m->tx && m->changes.looks_at_answers) status = check_written(m, err);
  if (!status && m->changes.looks_at_answers) status = lnti_migrate_each_item(m, change_item, m, err);
  if (!status && m->n_misfits) return fail_misfits(m, err);
  return status ? status : lnti_migrate_note_retired(m, err);
}

static lnt_status write(void *payload, lnti_tx *tx, lnt_error *err) {
  lnti_migrating *m = payload;
  bool existed = false;
  bool same = true;
  m->tx = tx;
  lnt_status status = m->filtered ? lnti_tx_position_is(tx, &same, &m->position, err) : LNT_OK;
  m->outdated = !status && !same;
  if (m->outdated) status = lnti_fail(err, LNT_ECONFLICT, "others kept on writing: try again when they have finished");
  if (!status) status = lnti_tx_answered_range(tx, &m->first_item, &m->last_item, err);
  if (!status) status = lnti_tx_op(tx, &m->op_id, &existed, &m->op, err);
  if (!status) status = lnti_tx_ontology_read(tx, &m->ontology, &m->last_question, &m->last_option, err);
  if (!status) status = run(m, err);
  if (!status) m->result->op_id = m->op_id;
  return status;
}

static lnt_status preview(lnti_migrating *m, lnt_error *err) {
  lnt_status status = lnti_store_answered_range(m->project->store, &m->first_item, &m->last_item, err);
  if (!status) status = lnti_store_ontology(&m->ontology, m->project->store, err);
  for (size_t i = 0; !status && i < m->ontology->n_questions; i++) {
    if (m->ontology->questions[i].id > m->last_question) m->last_question = m->ontology->questions[i].id;
  }
  for (size_t i = 0; !status && i < m->ontology->n_options; i++) {
    if (m->ontology->options[i].id > m->last_option) m->last_option = m->ontology->options[i].id;
  }
  return status ? status : run(m, err);
}

/* *again: what the filters found may be another by now. */
static lnt_status try_migrate(lnti_migrate_result *out, bool *again, lnti_project *project, const char *json, size_t n,
                              const char *name, const char *note, bool dry_run, lnt_error *err) {
  lnti_migrate_result result = {0};
  lnti_migrating m = {.project = project, .result = &result, .name = name};
  lnt_status status = lnti_migrate_prepare(&m, json, n, note, err);
  if (!status) status = lnti_migrate_begin(&m, err);
  if (!status) status = dry_run ? preview(&m, err) : lnti_store_write(project->store, write, &m, err);
  if (!status) status = lnti_migrate_finish(&m, err);
  *again = m.outdated;
  lnti_migrating_clear(&m);
  if (status) {
    lnti_migrate_result_clear(&result);
    return status;
  }
  *out = result;
  return LNT_OK;
}

static lnt_status migrate(lnti_migrate_result *out, lnti_project *project, const char *json, size_t n, const char *name,
                          const char *note, bool dry_run, lnt_error *err) {
  enum { TRIES = 10 };
  bool again = true;
  lnt_status status = LNT_OK;
  for (int i = 0; i < TRIES && again; i++) {
    status = try_migrate(out, &again, project, json, n, name, note, dry_run, err);
  }
  return status;
}

lnt_status lnti_migrate(lnti_migrate_result *out, lnti_project *project, const char *json, size_t n, const char *name,
                        const char *note, lnt_error *err) {
  return migrate(out, project, json, n, name, note, false, err);
}

lnt_status lnti_migrate_preview(lnti_migrate_result *out, lnti_project *project, const char *json, size_t n,
                                const char *name, lnt_error *err) {
  return migrate(out, project, json, n, name, NULL, true, err);
}
