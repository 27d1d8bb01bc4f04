/*
 * Rows of answers: written here and nowhere else (a test looks for other callers of lnti_tx_answer), after they were judged.
 */
#include <flow/annotate/parts.h>
#include <math.h>

static lnt_status append(lnti_annotating *b, const lnti_annotation *annotation, lnti_answer_source source) {
  const lnti_answer *answer = &annotation->answer;
  bool has_option = answer->state == LNTI_ANSWERED && answer->option != LNTI_NONE;
  lnti_answer_row row = {.op_id = b->op_id,
                         .subject_kind = LNTI_SUBJECT_ITEM,
                         .subject_id = annotation->item_id,
                         .question_id = b->ontology->questions[answer->question].id,
                         .slot = lnti_slot_of(b->ontology, answer),
                         .state = answer->state,
                         .option_id = has_option ? b->ontology->options[answer->option].id : 0,
                         .number = answer->number,
                         .text = answer->text,
                         .confidence = annotation->confidence,
                         .time_spent_ms = annotation->time_spent_ms,
                         .source = source};
  return lnti_tx_answer(b->tx, &row, b->err);
}

lnt_status lnti_clear_row(lnti_annotating *b, const lnti_answer_row *row, lnti_answer_source source) {
  lnti_answer_row cleared = {.op_id = b->op_id,
                             .subject_kind = row->subject_kind,
                             .subject_id = row->subject_id,
                             .question_id = row->question_id,
                             .slot = row->slot,
                             .state = LNTI_CLEARED,
                             .number = (double)NAN,
                             .confidence = (double)NAN,
                             .source = source};
  return lnti_tx_answer(b->tx, &cleared, b->err);
}

/* Takes back what is said of a question from the slot on that `keeps` does not name: one answer, or a checklist's many. */
static lnt_status clear_question(size_t *n_out, lnti_annotating *b, size_t question,
                                 bool (*keeps)(const lnti_annotating *, int64_t slot)) {
  int64_t question_id = b->ontology->questions[question].id, slot = 0;
  size_t n = 0;
  for (;;) {
    lnti_answer_row row;
    bool found = false;
    lnt_status status =
        lnti_tx_current_from(b->tx, &row, &found, LNTI_SUBJECT_ITEM, b->item_id, question_id, slot, b->err);
    if (status) return status;
    if (!found) break;
    slot = row.slot + 1;
    if (keeps && keeps(b, row.slot)) continue;
    status = lnti_clear_row(b, &row, b->options->source);
    if (status) return status;
    n++;
  }
  *n_out = n;
  return LNT_OK;
}

/* None of a checklist is a no to each option that it offers now: one that is added later was not asked. It takes the
 * place of "unsure". */
static lnt_status append_noes(lnti_annotating *b, const lnti_annotation *annotation) {
  const lnti_question *question = &b->ontology->questions[annotation->answer.question];
  lnti_answer_row row;
  lnti_annotation one = *annotation;
  bool unsure = false;
  one.answer.state = LNTI_ANSWERED;
  one.answer.number = 0;
  for (size_t i = question->first_option; i != LNTI_NONE; i = b->ontology->options[i].next_sibling) {
    if (b->ontology->options[i].retired) continue;
    one.answer.option = i;
    lnt_status status = append(b, &one, b->options->source);
    if (status) return status;
  }
  lnt_status status =
      lnti_tx_current(b->tx, &row, &unsure, LNTI_SUBJECT_ITEM, annotation->item_id, question->id, 0, b->err);
  return status || !unsure ? status : lnti_clear_row(b, &row, b->options->source);
}

lnt_status lnti_write_step(lnti_annotating *b, const lnti_annotate_step *s) {
  const lnti_annotation *annotation = s->annotation;
  const lnti_answer *answer = &annotation->answer;
  size_t n = 0;
  lnt_status status = LNT_OK;
  if (lnti_has_slots(lnti_step_question(b, s)) && answer->option == LNTI_NONE) {
    const bool checklist = lnti_step_question(b, s)->type == LNTI_CHECKLIST;
    if (checklist && answer->state == LNTI_NONE_OF_THESE) return append_noes(b, annotation);
    if (!checklist || answer->state == LNTI_CLEARED) status = clear_question(&n, b, answer->question, NULL);
    if (status || (answer->state == LNTI_CLEARED && n > 0)) return status;
  }
  return append(b, annotation, b->options->source);
}

static bool has_place(const lnti_annotating *b, int64_t slot) {
  for (size_t i = 0; i < b->n; i++) {
    if (b->steps[i].slot == slot && lnti_is_rank_order(b, &b->steps[i])) return true;
  }
  return false;
}

lnt_status lnti_write_order(lnti_annotating *b, const lnti_annotate_step *steps, size_t n) {
  size_t n_cleared = 0;
  lnt_status status = clear_question(&n_cleared, b, steps->annotation->answer.question, has_place);
  for (size_t i = 0; i < n && !status; i++) status = append(b, steps[i].annotation, b->options->source);
  return status;
}

/* Whether anything hangs on what is written: of most projects nothing does, and the store need not be asked. */
static bool has_children(const lnti_annotating *b) {
  for (size_t q = 0; q < b->ontology->n_questions; q++) {
    size_t parent = b->ontology->questions[q].parent_option;
    for (size_t i = 0; parent != LNTI_NONE && i < b->n; i++) {
      if (b->steps[i].annotation->answer.question == b->ontology->options[parent].question) return true;
    }
  }
  return false;
}

lnt_status lnti_retire_children(size_t *n_out, lnti_annotating *b, lnti_answer_source source) {
  lnti_answer_row row = {.question_id = LNTI_REMARKS, .slot = INT64_MAX};
  bool found = false;
  const bool needless = !has_children(b);
  b->n = 0; /* they are written: the store has them */
  if (needless) return LNT_OK;
  for (;;) {
    lnt_status status =
        lnti_tx_current_next(b->tx, &row, &found, LNTI_SUBJECT_ITEM, b->item_id, row.question_id, row.slot, b->err);
    if (status || !found) return status;
    size_t question = lnti_ontology_question_by_id(b->ontology, row.question_id);
    if (question == LNTI_NONE || b->ontology->questions[question].parent_option == LNTI_NONE) continue;
    row.text = NULL;
    bool visible = lnti_question_visible(b->ontology, question, lnti_annotating_chosen, b);
    if (b->status) return b->status;
    if (visible) continue;
    status = lnti_clear_row(b, &row, source);
    if (status) return status;
    ++*n_out;
  }
}

lnt_status lnti_annotate_migrated(lnti_tx *tx, const lnti_answer_row *row, lnt_error *err) {
  return lnti_tx_answer(tx, row, err);
}
