/*
 * A migration taken back. The ontology is put back first, then each answer that the migration wrote becomes what it replaced,
 * if it is still the migration's; at the end all answers of all items are held against the old ontology. Whatever does not
 * fit is a later answer that depends on the migration: then nothing is taken back, and the first of them are told.
 */
#include <base/error.h>
#include <flow/annotate/annotate.h>
#include <flow/migrate/migrate_parts.h>
#include <flow/undo.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct undoing {
  lnti_migrating m; /* for reading ranges of items */
  int64_t undoes;
  lnti_op_kind kind;
  int64_t undone_by;
  lnti_answer_row *rows; /* what the migration wrote */
  size_t n_rows, row_capacity;
  lnti_migrate_undone result;
  bool dry_run, rolled_back; /* on purpose */
} undoing;

static lnt_status note_op(void *payload, const lnti_op_row *row, lnt_error *err) {
  undoing *u = payload;
  (void)err;
  u->kind = row->op.kind;
  u->undone_by = row->undone_by;
  return LNT_OK;
}

static lnt_status check_op(undoing *u, lnti_tx *tx, lnt_error *err) {
  int64_t later = 0;
  lnt_status status = lnti_tx_op_read(tx, u->undoes, note_op, u, err);
  if (!status && u->undone_by) {
    status = lnti_fail(err, LNT_ECONFLICT, "operation %lld was undone already, by operation %lld", (long long)u->undoes,
                       (long long)u->undone_by);
  }
  if (!status) status = lnti_tx_ontology_changed_since(tx, &later, u->undoes, err);
  if (!status && later) {
    status = lnti_fail(err, LNT_ECONFLICT,
                       "operation %lld changed the same questions or options later: undo that first", (long long)later);
  }
  return status;
}

/* ---- answers ---- */

static lnt_status note_row(void *payload, const lnti_answer_row *row, lnt_error *err) {
  undoing *u = payload;
  lnt_status status = lnti_grow(&u->rows, &u->row_capacity, u->n_rows + 1, sizeof *u->rows, err);
  if (status) return status;
  u->rows[u->n_rows] = *row;
  u->rows[u->n_rows++].text = NULL; /* borrowed, and not looked at */
  return LNT_OK;
}

static lnt_status note_later(undoing *u, const lnti_answer_row *row, const char *reason, lnt_error *err) {
  lnti_migrating *m = &u->m;
  if (m->n_misfits++ >= LNTI_MIGRATE_MISFITS) return LNT_OK;
  m->misfit_ids[m->n_misfits - 1] = row->subject_id;
  return lnti_strdup(&m->misfits[m->n_misfits - 1], reason, err);
}

/* What was there before the migration; cleared where nothing was. */
static lnt_status row_before(lnti_answer_row *out, const undoing *u, lnti_tx *tx, const lnti_answer_row *row,
                             int64_t before, lnt_error *err) {
  lnt_status status = LNT_OK;
  *out = *row;
  out->state = LNTI_CLEARED;
  if (before) status = lnti_tx_logged(tx, out, before, err);
  if (!status && out->state == LNTI_CLEARED) {
    out->option_id = 0;
    out->number = out->confidence = (double)NAN;
    out->time_spent_ms = 0;
    out->text = NULL;
  }
  out->log_id = out->replaces = 0;
  out->op_id = u->m.op_id;
  return status;
}

static lnt_status put_back(undoing *u, lnti_tx *tx, const lnti_answer_row *row, lnt_error *err) {
  lnti_undo_verdict verdict = LNTI_UNDO_OURS;
  int64_t before = 0, newest = 0;
  lnti_answer_row back = {0};
  lnt_status status = lnti_undo_judge(&verdict, &before, &newest, tx, u->undoes, row, err);
  if (!status && verdict == LNTI_UNDO_CHANGED) return note_later(u, row, "it was answered again since", err);
  if (status || verdict == LNTI_UNDO_DONE) return status;
  status = row_before(&back, u, tx, row, before, err);
  if (status || (row->state == LNTI_CLEARED && back.state == LNTI_CLEARED)) return status;
  if (row->subject_id != u->m.item_id) u->result.n_items++;
  u->m.item_id = row->subject_id;
  if (back.state == LNTI_CLEARED) u->result.n_removed++;
  if (back.state != LNTI_CLEARED) u->result.n_restored++;
  return lnti_annotate_migrated(tx, &back, err);
}

static lnt_status answers_back(undoing *u, lnti_tx *tx, lnt_error *err) {
  lnt_status status = lnti_tx_op_answers(tx, u->undoes, note_row, u, err);
  for (size_t i = 0; i < u->n_rows && !status; i++) status = put_back(u, tx, &u->rows[i], err);
  return status;
}

/* ---- what must hold then ---- */

static lnt_status check_item(void *payload, size_t begin, size_t end, lnt_error *err) {
  undoing *u = payload;
  lnti_migrating *m = &u->m;
  lnt_error reason = LNT_ERROR_INIT;
  lnt_status status = lnti_grow(&m->item.said, &m->item.capacity, end - begin, sizeof *m->item.said, err);
  m->item.n = 0;
  for (size_t i = begin; i < end && !status; i++) {
    const lnti_answer_row *row = &m->rows[i];
    lnti_said said = {.row = i, .text = row->text};
    said.answer.question = lnti_ontology_question_by_id(m->ontology, row->question_id);
    said.answer.option = row->option_id ? lnti_ontology_option_by_id(m->ontology, row->option_id) : LNTI_NONE;
    said.slot = row->slot ? lnti_ontology_option_by_id(m->ontology, row->slot) : LNTI_NONE;
    said.answer.state = row->state;
    said.answer.number = row->number;
    if (said.answer.question == LNTI_NONE || (row->option_id && said.answer.option == LNTI_NONE) ||
        (row->slot && said.slot == LNTI_NONE)) {
      return note_later(u, row, "it is answered with what would be gone", err);
    }
    m->item.said[m->item.n++] = said;
  }
  lnti_said_sort(m->item.said, m->item.n);
  for (size_t i = 0; i < m->item.n && !status; i++) {
    if (lnti_said_check(m->ontology, &m->item, i, &reason) == LNT_OK) continue;
    return note_later(u, &m->rows[m->item.said[i].row], reason.message, err);
  }
  return status;
}

static lnt_status fail_later(const lnti_migrating *m, lnt_error *err) {
  lnti_text text = {0};
  lnt_status status = lnti_migrating_misfits(&text, m, err);
  if (!status) {
    status =
        lnti_fail(err, LNT_ECONFLICT,
                  "%zu later %s on this migration, and nothing was undone: %.600s%s. Undo what answered them first",
                  m->n_misfits, lnti_plural(m->n_misfits, "answer depends", "answers depend"), text.data,
                  m->n_misfits > LNTI_MIGRATE_MISFITS ? "..." : "");
  }
  lnti_text_clear(&text);
  return status;
}

/* ---- all of it ---- */

static lnt_status write(void *payload, lnti_tx *tx, lnt_error *err) {
  undoing *u = payload;
  bool existed = false;
  int64_t last_question = 0, last_option = 0;
  u->m.tx = tx;
  lnt_status status = check_op(u, tx, err);
  if (!status) status = lnti_tx_op(tx, &u->m.op_id, &existed, &u->m.op, err);
  if (!status) status = lnti_tx_ontology_back(tx, u->undoes, u->m.op_id, err);
  if (!status) status = lnti_tx_ontology_read(tx, &u->m.ontology, &last_question, &last_option, err);
  if (!status) status = answers_back(u, tx, err);
  if (!status) status = lnti_tx_answered_range(tx, &u->m.first_item, &u->m.last_item, err);
  if (!status && !u->m.n_misfits) status = lnti_migrate_each_item(&u->m, check_item, u, err);
  if (!status && u->m.n_misfits) status = fail_later(&u->m, err);
  u->result.op_id = u->m.op_id;
  u->rolled_back = !status && u->dry_run;
  return u->rolled_back ? lnti_fail(err, LNT_ECANCELLED, "nothing is to be written") : status;
}

lnt_status lnti_migrate_undo(lnti_migrate_undone *out, lnti_project *project, lnti_op *op, bool dry_run,
                             lnt_error *err) {
  undoing u = {.undoes = op->undoes, .dry_run = dry_run, .m = {.project = project, .op = *op}};
  lnt_status status = lnti_store_write(project->store, write, &u, err);
  if (status && u.rolled_back) status = LNT_OK;
  free(u.rows);
  lnti_migrating_clear(&u.m);
  if (status) return status;
  if (dry_run) u.result.op_id = 0;
  op->id = u.result.op_id;
  *out = u.result;
  return LNT_OK;
}

lnt_status lnti_migrate_is_one(bool *out, lnti_project *project, int64_t op_id, lnt_error *err) {
  return lnti_store_is_migration(out, project->store, op_id, err);
}
