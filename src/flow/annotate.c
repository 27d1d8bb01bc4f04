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
  const lnti_question *question = &ontology->questions[ontology->options[option].question];
  bool checklist = question->type == LNTI_CHECKLIST;
  state->status = lnti_tx_current(state->tx, &row, &found, LNTI_SUBJECT_ITEM, state->item_id, question->id,
                                  checklist ? ontology->options[option].id : 0, state->err);
  if (state->status || !found || row.state != LNTI_ANSWERED || row.option_id == 0) return false;
  if (checklist) return row.number == 1;
  size_t current = lnti_ontology_option_by_id(state->ontology, row.option_id);
  for (; current != LNTI_NONE; current = ontology->options[current].parent) {
    if (current == option) return true;
  }
  return false;
}

/* What one answer is about: a checklist's option, or the question as a whole. */
static int64_t slot_of(const lnti_ontology *ontology, const lnti_answer *answer) {
  bool one_option = ontology->questions[answer->question].type == LNTI_CHECKLIST && answer->option != LNTI_NONE;
  return one_option ? ontology->options[answer->option].id : 0;
}

static lnt_status append(lnti_tx *tx, const lnti_ontology *ontology, int64_t op_id, const lnti_annotation *annotation,
                         lnti_answer_source source, lnt_error *err) {
  const lnti_answer *answer = &annotation->answer;
  bool has_option = answer->state == LNTI_ANSWERED && answer->option != LNTI_NONE;
  lnti_answer_row row = {.op_id = op_id,
                         .subject_kind = LNTI_SUBJECT_ITEM,
                         .subject_id = annotation->item_id,
                         .question_id = ontology->questions[answer->question].id,
                         .slot = slot_of(ontology, answer),
                         .state = answer->state,
                         .option_id = has_option ? ontology->options[answer->option].id : 0,
                         .number = answer->number,
                         .confidence = annotation->confidence,
                         .time_spent_ms = annotation->time_spent_ms,
                         .source = source};
  return lnti_tx_answer(tx, &row, err);
}

/* Takes back all that is said of a question: one answer, or a checklist's many. */
static lnt_status clear_question(lnti_tx *tx, size_t *n_out, const lnti_ontology *ontology, int64_t op_id,
                                 int64_t item_id, size_t question, lnti_answer_source source, lnt_error *err) {
  int64_t question_id = ontology->questions[question].id, slot = 0;
  size_t n = 0;
  for (;; n++) {
    lnti_answer_row row;
    bool found = false;
    lnt_status status = lnti_tx_current_from(tx, &row, &found, LNTI_SUBJECT_ITEM, item_id, question_id, slot, err);
    if (status) return status;
    if (!found) break;
    lnti_answer_row cleared = {.op_id = op_id,
                               .subject_kind = LNTI_SUBJECT_ITEM,
                               .subject_id = item_id,
                               .question_id = question_id,
                               .slot = row.slot,
                               .state = LNTI_CLEARED,
                               .number = (double)NAN,
                               .confidence = (double)NAN,
                               .source = source};
    status = lnti_tx_answer(tx, &cleared, err);
    if (status) return status;
    slot = row.slot + 1;
  }
  *n_out = n;
  return LNT_OK;
}

/* None of a checklist is a no to each option that it offers now: one that is added later was not asked. It takes the
 * place of "unsure". */
static lnt_status append_noes(lnti_tx *tx, const lnti_ontology *ontology, int64_t op_id,
                              const lnti_annotation *annotation, lnti_answer_source source, lnt_error *err) {
  const lnti_question *question = &ontology->questions[annotation->answer.question];
  lnti_answer_row row;
  lnti_annotation one = *annotation;
  bool unsure = false;
  size_t n = 0;
  one.answer.state = LNTI_ANSWERED;
  one.answer.number = 0;
  for (size_t i = question->first_option; i != LNTI_NONE; i = ontology->options[i].next_sibling) {
    if (ontology->options[i].retired) continue;
    one.answer.option = i;
    lnt_status status = append(tx, ontology, op_id, &one, source, err);
    if (status) return status;
    n++;
  }
  if (n == 0) return lnti_fail(err, LNT_EINVAL, "\"%s\" offers no option that could be none of these", question->key);
  lnt_status status = lnti_tx_current(tx, &row, &unsure, LNTI_SUBJECT_ITEM, annotation->item_id, question->id, 0, err);
  if (status || !unsure) return status;
  one.answer = (lnti_answer){annotation->answer.question, LNTI_CLEARED, LNTI_NONE, (double)NAN};
  return append(tx, ontology, op_id, &one, source, err);
}

static lnt_status append_answer(lnti_tx *tx, const lnti_ontology *ontology, int64_t op_id,
                                const lnti_annotation *annotation, lnti_answer_source source, lnt_error *err) {
  const lnti_answer *answer = &annotation->answer;
  if (ontology->questions[answer->question].type == LNTI_CHECKLIST && answer->option == LNTI_NONE) {
    if (answer->state == LNTI_NONE_OF_THESE) return append_noes(tx, ontology, op_id, annotation, source, err);
    if (answer->state == LNTI_CLEARED) {
      size_t n = 0;
      lnt_status status = clear_question(tx, &n, ontology, op_id, annotation->item_id, answer->question, source, err);
      if (status || n > 0) return status;
    }
  }
  return append(tx, ontology, op_id, annotation, source, err);
}

/* Whether the row says what the annotation says; a person's doubt is no part of it. */
static bool says_same(const lnti_answer_row *row, const lnti_ontology *ontology, const lnti_answer *answer) {
  bool has_option = answer->state == LNTI_ANSWERED && answer->option != LNTI_NONE;
  return row->state == answer->state && row->slot == slot_of(ontology, answer) &&
         row->option_id == (has_option ? ontology->options[answer->option].id : 0) &&
         (isnan(row->number) ? isnan(answer->number) : row->number == answer->number);
}

static bool is_resumed(const lnti_annotate_options *options, int64_t op_id) {
  for (size_t i = 0; i < options->n_resumed; i++) {
    if (options->resumed[i] == op_id) return true;
  }
  return false;
}

/* Whether what the subject has keeps the annotation out. A checklist is answered as a whole: what another operation has said
 * of it, of any option, is the answer that stays. */
lnt_status lnti_annotate_keeps(bool *out, lnti_tx *tx, const lnti_ontology *ontology, int64_t op_id,
                               const lnti_annotation *annotation, const lnti_annotate_options *options,
                               lnt_error *err) {
  const lnti_question *question = &ontology->questions[annotation->answer.question];
  /* Rows have an operation, so that any is another than 0. */
  const int64_t own = question->type == LNTI_CHECKLIST ? op_id : 0;
  bool found = !annotation->fresh && question->id != 0;
  lnti_answer_row row = {.slot = -1};
  *out = false;
  while (found && !*out) {
    lnt_status status = lnti_tx_current_other(tx, &row, &found, LNTI_SUBJECT_ITEM, annotation->item_id, question->id,
                                              row.slot + 1, own, err);
    if (status) return status;
    *out = found && (!own || !is_resumed(options, row.op_id));
  }
  return LNT_OK;
}

/* What was last found of a checklist: its annotations mostly follow each other, and what this operation adds changes
 * nothing of it. */
typedef struct verdict {
  int64_t item_id; /* 0: none yet */
  size_t question;
  bool keeps;
} verdict;

static lnt_status find_verdict(verdict *v, lnti_tx *tx, const lnti_ontology *ontology, int64_t op_id,
                               const lnti_annotation *annotation, const lnti_annotate_options *options,
                               lnt_error *err) {
  const size_t question = annotation->answer.question;
  if (ontology->questions[question].type == LNTI_CHECKLIST && !annotation->fresh && v->item_id == annotation->item_id &&
      v->question == question) {
    return LNT_OK;
  }
  lnt_status status = lnti_annotate_keeps(&v->keeps, tx, ontology, op_id, annotation, options, err);
  v->item_id = annotation->fresh ? 0 : annotation->item_id;
  v->question = question;
  return status;
}

/* Counts the annotation; *write_out whether it is to be written. What is there is the answer in the same slot, or any where
 * the whole is meant. */
static lnt_status judge(bool *write_out, lnti_annotated *counts, verdict *v, lnti_tx *tx, const lnti_ontology *ontology,
                        int64_t op_id, const lnti_annotation *annotation, const lnti_annotate_options *options,
                        lnt_error *err) {
  const lnti_existing_answer existing = options->existing;
  const lnti_answer *answer = &annotation->answer;
  int64_t question_id = ontology->questions[answer->question].id, slot = slot_of(ontology, answer);
  lnti_answer_row row = {0};
  bool found = false, keeps = false;
  if (existing != LNTI_EXISTING_WRITE && !annotation->fresh) {
    lnt_status status =
        slot ? lnti_tx_current(tx, &row, &found, LNTI_SUBJECT_ITEM, annotation->item_id, question_id, slot, err)
             : lnti_tx_current_from(tx, &row, &found, LNTI_SUBJECT_ITEM, annotation->item_id, question_id, 0, err);
    if (status) return status;
  }
  bool same = found && says_same(&row, ontology, answer);
  if (existing == LNTI_EXISTING_KEEP && !same) {
    lnt_status status = find_verdict(v, tx, ontology, op_id, annotation, options, err);
    if (status) return status;
    keeps = v->keeps || found; /* of two that one operation gives to one option the first stays */
  }
  *write_out = !same && !keeps;
  counts->n_added += *write_out && !found;
  counts->n_same += same;
  if (*write_out && found && counts->n_changed++ == 0) counts->changed = row;
  counts->n_kept += keeps;
  return LNT_OK;
}

/* Takes back the answers of questions that hang on options no longer chosen. Questions stand in document order, a
 * child after its parent, so one pass retires grandchildren as well. */
static lnt_status retire_children(lnti_tx *tx, lnti_ontology *ontology, int64_t op_id, int64_t item_id,
                                  size_t changed_question, lnti_answer_source source, lnt_error *err) {
  chosen_state state = {tx, ontology, item_id, LNT_OK, err};
  for (size_t q = 0; q < ontology->n_questions; q++) {
    size_t n = 0;
    if (ontology->questions[q].parent_option == LNTI_NONE || q == changed_question) continue;
    if (lnti_question_visible(ontology, q, is_chosen, &state)) continue;
    if (state.status) return state.status;
    lnt_status status = clear_question(tx, &n, ontology, op_id, item_id, q, source, err);
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

lnt_status lnti_annotate(lnti_tx *tx, lnti_annotated *out, lnti_ontology *ontology, int64_t op_id,
                         const lnti_annotation *annotations, size_t n, const lnti_annotate_options *options,
                         lnt_error *err) {
  bool nested = has_nested(ontology);
  lnti_annotated counts = {0};
  verdict v = {0};
  size_t n_kept = 0, n_changed = 0;
  for (size_t i = 0; i < n; i++) {
    const lnti_annotation *annotation = &annotations[i];
    bool write = true;
    lnt_status status = lnti_answer_check(ontology, &annotation->answer, err);
    if (!status) status = check_confidence(annotation, err);
    if (!status) status = judge(&write, &counts, &v, tx, ontology, op_id, annotation, options, err);
    if (status) return status;
    if (counts.n_kept == 1 && n_kept == 0) counts.first_kept = i;
    if (counts.n_changed == 1 && n_changed == 0) counts.first_changed = i;
    n_kept = counts.n_kept;
    n_changed = counts.n_changed;
    if (!write) continue;
    status = check_visible(tx, ontology, annotation, err);
    if (!status) status = append_answer(tx, ontology, op_id, annotation, options->source, err);
    if (!status && nested) {
      status =
          retire_children(tx, ontology, op_id, annotation->item_id, annotation->answer.question, options->source, err);
    }
    if (status) return status;
  }
  *out = counts;
  return LNT_OK;
}
