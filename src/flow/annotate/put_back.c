/*
 * Answers as they were before, for an undo: under the rules of today, an answer at a time.
 */
#include <base/alloc.h>
#include <base/error.h>
#include <flow/annotate/parts.h>
#include <stdlib.h>

/* The annotation that says what the row says. */
static lnt_status annotation_of(lnti_annotation *out, const lnti_annotating *b, const lnti_answer_row *row,
                                lnt_error *err) {
  size_t question = lnti_ontology_question_by_id(b->ontology, row->question_id), option = LNTI_NONE;
  int64_t option_id = row->state == LNTI_CLEARED ? row->slot : row->option_id;
  if (question == LNTI_NONE) return lnti_fail(err, LNT_EINVAL, "its question is no longer there");
  if (option_id) {
    option = lnti_ontology_option_by_id(b->ontology, option_id);
    if (option == LNTI_NONE) return lnti_fail(err, LNT_EINVAL, "its option is no longer there");
  }
  *out = (lnti_annotation){.item_id = row->subject_id,
                           .answer = {question, row->state, option, row->number, row->text},
                           .confidence = row->confidence,
                           .time_spent_ms = row->time_spent_ms};
  return LNT_OK;
}

/* An order is one answer: of its places all are refused. */
static void refuse(const lnti_annotating *b, lnti_put_back *rows, size_t n, size_t which, lnt_status status,
                   const lnt_error *reason) {
  const size_t question = lnti_ontology_question_by_id(b->ontology, rows[which].row.question_id);
  const bool rank = question != LNTI_NONE && b->ontology->questions[question].type == LNTI_RANK;
  for (size_t i = 0; i < n; i++) {
    bool same = rank && rows[i].row.question_id == rows[which].row.question_id;
    if (rows[i].refused.code || (i != which && !same)) continue;
    rows[i].refused = *reason;
    rows[i].refused.code = status;
  }
}

/* What was refused goes. */
static void drop_refused(lnti_annotating *b, const lnti_put_back *rows) {
  size_t n = 0;
  for (size_t i = 0; i < b->n; i++) {
    if (!rows[b->steps[i].index].refused.code) b->steps[n++] = b->steps[i];
  }
  b->n = n;
}

/* The steps of those rows that may be written. A place of a rank that is taken back obeys no rule of its own. */
static lnt_status prepare_back(lnti_annotating *b, lnti_annotation *annotations, lnti_put_back *rows, size_t n) {
  lnt_status status = lnti_grow(&b->steps, &b->capacity, n, sizeof *b->steps, b->err);
  if (status) return status;
  b->n = 0;
  for (size_t i = 0; i < n; i++) {
    lnt_error reason = LNT_ERROR_INIT;
    if (rows[i].refused.code || rows[i].row.question_id == LNTI_REMARKS) continue;
    lnt_status allowed = annotation_of(&annotations[i], b, &rows[i].row, &reason);
    const lnti_answer *answer = &annotations[i].answer;
    if (!allowed && answer->state != LNTI_CLEARED) allowed = lnti_answer_check_kept(b->ontology, answer, &reason);
    if (allowed) refuse(b, rows, n, i, allowed, &reason);
    if (!allowed) b->steps[b->n++] = (lnti_annotate_step){&annotations[i], i, rows[i].row.slot, true, true};
  }
  drop_refused(b, rows);
  return LNT_OK;
}

/* Until nothing changes: what hangs on an answer that stays away stays away too. */
static lnt_status check_back_visible(lnti_annotating *b, lnti_put_back *rows, size_t n) {
  bool again = true;
  while (again) {
    again = false;
    for (size_t i = 0; i < b->n; i++) {
      const lnti_annotate_step *s = &b->steps[i];
      lnt_error reason = LNT_ERROR_INIT;
      if (s->annotation->answer.state == LNTI_CLEARED) continue;
      lnt_status allowed = lnti_check_visible(b, s->annotation->answer.question, &reason);
      if (b->status) return b->status;
      if (!allowed) continue;
      refuse(b, rows, n, s->index, allowed, &reason);
      drop_refused(b, rows);
      again = true;
      break;
    }
  }
  return LNT_OK;
}

lnt_status lnti_annotate_put_back(lnti_tx *tx, size_t *n_retired_out, lnti_ontology *ontology, int64_t op_id,
                                  lnti_put_back *rows, size_t n, lnt_error *err) {
  static const lnti_annotate_options none = {.source = LNTI_BY_PERSON};
  lnti_annotating b = {.tx = tx, .ontology = ontology, .op_id = op_id, .options = &none, .err = err};
  lnti_annotation *annotations = NULL;
  size_t n_retired = 0, n_answers = 0;
  if (n == 0) return LNT_OK;
  b.item_id = rows->row.subject_id;
  lnt_status status = lnti_alloc(&annotations, n, sizeof *annotations, err);
  if (!status) status = prepare_back(&b, annotations, rows, n);
  if (!status) status = check_back_visible(&b, rows, n);
  for (size_t i = 0; i < n && !status; i++) {
    if (rows[i].refused.code) continue;
    rows[i].row.op_id = op_id;
    n_answers += rows[i].row.question_id != LNTI_REMARKS;
    status = rows[i].row.state == LNTI_CLEARED ? lnti_clear_row(&b, &rows[i].row, rows[i].row.source)
                                               : lnti_tx_answer(tx, &rows[i].row, err);
  }
  if (!status && n_answers > 0) status = lnti_retire_children(&n_retired, &b, LNTI_BY_PERSON);
  free(b.steps);
  free(annotations);
  if (!status) *n_retired_out = n_retired;
  return status;
}
