/*
 * Answers are checked here and nowhere else, and written by nobody else (a test looks for other callers of
 * lnti_tx_answer). All of a batch stands or falls with the caller's write.
 */
#include <flow/annotate.h>

#include <base/error.h>
#include <math.h>

/* What the subject's current answers choose, for the visibility of nested questions. The first failure of the store
 * is kept in `status`, since the callback can only say yes or no. */
typedef struct chosen_state {
  lnti_tx *tx;
  lnti_ontology *ontology;
  int64_t item_id;
  lnt_status status;
  lnt_error *err;
} chosen_state;

static bool is_chosen(void *payload, size_t option) {
  chosen_state *state = payload;
  const lnti_ontology *ontology = state->ontology;
  lnti_answer_row row;
  bool found = false;
  if (state->status) return false;
  size_t question = ontology->options[option].question;
  state->status = lnti_tx_current(state->tx, &row, &found, LNTI_SUBJECT_ITEM, state->item_id,
                                  ontology->questions[question].id, state->err);
  if (state->status || !found || row.state != LNTI_ANSWERED || row.option_id == 0) return false;
  size_t current = lnti_ontology_option_by_id(state->ontology, row.option_id);
  for (; current != LNTI_NONE; current = ontology->options[current].parent) {
    if (current == option) return true;
  }
  return false;
}

static lnt_status append(lnti_tx *tx, const lnti_ontology *ontology, int64_t op_id, const lnti_annotation *annotation,
                         lnti_answer_source source, lnt_error *err) {
  const lnti_answer *answer = &annotation->answer;
  lnti_answer_row row = {.op_id = op_id,
                         .subject_kind = LNTI_SUBJECT_ITEM,
                         .subject_id = annotation->item_id,
                         .question_id = ontology->questions[answer->question].id,
                         .state = answer->state,
                         .option_id = answer->option == LNTI_NONE ? 0 : ontology->options[answer->option].id,
                         .number = answer->number,
                         .confidence = annotation->confidence,
                         .time_spent_ms = annotation->time_spent_ms,
                         .source = source};
  return lnti_tx_answer(tx, &row, err);
}

/* Takes back the answers of questions that hang on options no longer chosen. Questions stand in document order, a
 * child after its parent, so one pass retires grandchildren as well. */
static lnt_status retire_children(lnti_tx *tx, lnti_ontology *ontology, int64_t op_id, int64_t item_id,
                                  size_t changed_question, lnti_answer_source source, lnt_error *err) {
  chosen_state state = {tx, ontology, item_id, LNT_OK, err};
  for (size_t q = 0; q < ontology->n_questions; q++) {
    lnti_answer_row row;
    bool found = false;
    if (ontology->questions[q].parent_option == LNTI_NONE || q == changed_question) continue;
    if (lnti_question_visible(ontology, q, is_chosen, &state)) continue;
    if (state.status) return state.status;
    lnt_status status = lnti_tx_current(tx, &row, &found, LNTI_SUBJECT_ITEM, item_id, ontology->questions[q].id, err);
    if (status) return status;
    if (!found) continue;
    lnti_annotation cleared = {
        .item_id = item_id, .answer = {q, LNTI_CLEARED, LNTI_NONE, (double)NAN}, .confidence = (double)NAN};
    status = append(tx, ontology, op_id, &cleared, source, err);
    if (status) return status;
  }
  return LNT_OK;
}

static bool has_nested(const lnti_ontology *ontology) {
  for (size_t q = 0; q < ontology->n_questions; q++) {
    if (ontology->questions[q].parent_option != LNTI_NONE) return true;
  }
  return false;
}

static lnt_status check_visible(lnti_tx *tx, lnti_ontology *ontology, const lnti_annotation *annotation,
                                lnt_error *err) {
  const lnti_question *question = &ontology->questions[annotation->answer.question];
  if (question->parent_option == LNTI_NONE || annotation->answer.state == LNTI_CLEARED) return LNT_OK;
  chosen_state state = {tx, ontology, annotation->item_id, LNT_OK, err};
  bool visible = lnti_question_visible(ontology, annotation->answer.question, is_chosen, &state);
  if (state.status) return state.status;
  if (visible) return LNT_OK;
  return lnti_fail(err, LNT_EINVAL, "\"%s\" of item %lld cannot be answered: it is asked only after \"%s\"",
                   question->title, (long long)annotation->item_id, ontology->options[question->parent_option].title);
}

static lnt_status check_confidence(const lnti_annotation *annotation, lnt_error *err) {
  if (isnan(annotation->confidence) || (annotation->confidence >= 0 && annotation->confidence <= 1)) return LNT_OK;
  return lnti_fail(err, LNT_EINVAL, "a confidence of %g in the answer of item %lld is outside 0..1",
                   annotation->confidence, (long long)annotation->item_id);
}

lnt_status lnti_annotate(lnti_tx *tx, size_t *n_written_out, lnti_ontology *ontology, int64_t op_id,
                         const lnti_annotation *annotations, size_t n, const lnti_annotate_options *options,
                         lnt_error *err) {
  bool nested = has_nested(ontology);
  size_t n_written = 0;
  for (size_t i = 0; i < n; i++) {
    const lnti_annotation *annotation = &annotations[i];
    lnt_status status = lnti_answer_check(ontology, &annotation->answer, err);
    if (status) return status;
    status = check_confidence(annotation, err);
    if (status) return status;
    if (options->keep_existing) {
      lnti_answer_row row;
      bool found = false;
      status = lnti_tx_current(tx, &row, &found, LNTI_SUBJECT_ITEM, annotation->item_id,
                               ontology->questions[annotation->answer.question].id, err);
      if (status) return status;
      if (found) continue;
    }
    status = check_visible(tx, ontology, annotation, err);
    if (status) return status;
    status = append(tx, ontology, op_id, annotation, options->source, err);
    if (status) return status;
    if (nested) {
      status =
          retire_children(tx, ontology, op_id, annotation->item_id, annotation->answer.question, options->source, err);
      if (status) return status;
    }
    n_written++;
  }
  *n_written_out = n_written;
  return LNT_OK;
}
