/*
 * What is there already, and what becomes of it: whether an answer says something new, whether it keeps a new one out, and
 * whether it has changed since its writer looked.
 */
#include <base/error.h>
#include <flow/annotate/parts.h>
#include <flow/answer_text.h>
#include <math.h>
#include <string.h>

/* Whether the row says what the annotation says; a person's doubt is no part of it. */
static bool says_same(const lnti_answer_row *row, const lnti_ontology *ontology, const lnti_answer *answer) {
  bool has_option = answer->state == LNTI_ANSWERED && answer->option != LNTI_NONE;
  bool same_text = row->text && answer->text ? strcmp(row->text, answer->text) == 0 : row->text == answer->text;
  return row->state == answer->state && row->slot == lnti_slot_of(ontology, answer) && same_text &&
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

static lnt_status find_verdict(lnti_annotating *b, const lnti_annotation *annotation) {
  const size_t question = annotation->answer.question;
  lnti_verdict *v = &b->verdict;
  if (b->ontology->questions[question].type == LNTI_CHECKLIST && !annotation->fresh &&
      v->item_id == annotation->item_id && v->question == question) {
    return LNT_OK;
  }
  lnt_status status = lnti_annotate_keeps(&v->keeps, b->tx, b->ontology, b->op_id, annotation, b->options, b->err);
  v->item_id = annotation->fresh ? 0 : annotation->item_id;
  v->question = question;
  return status;
}

/* What is there of a step: the answer in its slot, or any where the whole is meant. */
static lnt_status find_there(lnti_answer_row *out, bool *found_out, lnti_annotating *b, const lnti_annotate_step *s) {
  const int64_t question_id = lnti_step_question(b, s)->id;
  *found_out = false;
  if (s->annotation->fresh) return LNT_OK;
  return s->slot && lnti_step_question(b, s)->type == LNTI_CHECKLIST
             ? lnti_tx_current(b->tx, out, found_out, LNTI_SUBJECT_ITEM, b->item_id, question_id, s->slot, b->err)
             : lnti_tx_current_from(b->tx, out, found_out, LNTI_SUBJECT_ITEM, b->item_id, question_id, 0, b->err);
}

/* Whether the item's order is that of the n steps, place by place. */
static lnt_status is_same_order(bool *out, lnti_annotating *b, const lnti_annotate_step *steps, size_t n) {
  const int64_t question_id = lnti_step_question(b, steps)->id;
  size_t there = 0;
  lnti_answer_row row = {.slot = -1};
  for (;;) {
    bool found = false, named = false;
    lnt_status status =
        lnti_tx_current_from(b->tx, &row, &found, LNTI_SUBJECT_ITEM, b->item_id, question_id, row.slot + 1, b->err);
    if (status) return status;
    if (!found) break;
    for (size_t i = 0; i < n && !named; i++) {
      named = steps[i].slot == row.slot && steps[i].annotation->answer.number == row.number;
    }
    *out = named;
    if (!named) return LNT_OK;
    there++;
  }
  *out = there == n;
  return LNT_OK;
}

/* Whether a checklist is a no to each option that it offers, and nothing beside. */
static lnt_status is_none_already(bool *out, lnti_annotating *b, const lnti_annotate_step *s) {
  const lnti_question *question = lnti_step_question(b, s);
  lnti_answer_row row;
  bool found = false;
  lnt_status status = lnti_tx_current(b->tx, &row, &found, LNTI_SUBJECT_ITEM, b->item_id, question->id, 0, b->err);
  *out = !found;
  for (size_t i = question->first_option; i != LNTI_NONE && *out && !status; i = b->ontology->options[i].next_sibling) {
    if (b->ontology->options[i].retired) continue;
    status = lnti_tx_current(b->tx, &row, &found, LNTI_SUBJECT_ITEM, b->item_id, question->id,
                             b->ontology->options[i].id, b->err);
    *out = found && row.number == 0;
  }
  return status;
}

static lnt_status is_same(bool *out, lnti_annotating *b, const lnti_answer_row *row, const lnti_annotate_step *steps,
                          size_t n) {
  const lnti_annotation *annotation = steps->annotation;
  bool doubt = b->options->existing == LNTI_EXISTING_CHANGE && !isnan(annotation->confidence) &&
               annotation->confidence != row->confidence;
  *out = !doubt && says_same(row, b->ontology, &annotation->answer);
  if (doubt) return LNT_OK;
  if (lnti_is_rank_order(b, steps)) return is_same_order(out, b, steps, n);
  bool none = lnti_step_question(b, steps)->type == LNTI_CHECKLIST && annotation->answer.state == LNTI_NONE_OF_THESE;
  return none ? is_none_already(out, b, steps) : LNT_OK;
}

static lnt_status fail_changed(lnti_annotating *b, const lnti_annotate_step *s, int64_t log_id) {
  const lnti_ontology *ontology = b->ontology;
  lnti_text now = {0}, wanted = {0};
  lnti_answer_row row;
  lnti_answer_row own = {.state = s->annotation->answer.state, .number = s->annotation->answer.number};
  if (s->annotation->answer.option != LNTI_NONE) own.option_id = ontology->options[s->annotation->answer.option].id;
  own.text = s->annotation->answer.text;
  lnt_status status = lnti_answer_text(&wanted, ontology, &own, b->err);
  if (!status) status = lnti_tx_logged(b->tx, &row, log_id, b->err);
  if (!status) status = lnti_answer_text(&now, ontology, &row, b->err);
  if (!status) {
    status =
        lnti_fail(b->err, LNT_ECONFLICT,
                  "\"%.60s\" of item %lld was changed by operation %lld since you looked: it is \"%.100s\", and "
                  "your \"%.100s\" was not written; look again, and answer once more where yours is right",
                  lnti_step_question(b, s)->key, (long long)b->item_id, (long long)row.op_id, now.data, wanted.data);
  }
  lnti_text_clear(&now);
  lnti_text_clear(&wanted);
  return status;
}

static lnt_status check_unchanged(lnti_annotating *b, const lnti_annotate_step *s) {
  const bool checklist = lnti_step_question(b, s)->type == LNTI_CHECKLIST;
  int64_t newest = 0;
  if (!b->options->if_unchanged) return LNT_OK;
  lnt_status status = lnti_tx_newest(b->tx, &newest, LNTI_SUBJECT_ITEM, b->item_id, lnti_step_question(b, s)->id,
                                     checklist && s->slot ? s->slot : -1, b->op_id, b->err);
  return status || newest <= b->options->unchanged_since ? status : fail_changed(b, s, newest);
}

lnt_status lnti_check_children_unchanged(lnti_annotating *b) {
  lnti_answer_row row = {.question_id = LNTI_REMARKS, .slot = INT64_MAX};
  bool found = false;
  while (b->options->if_unchanged) {
    lnt_status status =
        lnti_tx_current_next(b->tx, &row, &found, LNTI_SUBJECT_ITEM, b->item_id, row.question_id, row.slot, b->err);
    if (status || !found) return status;
    size_t question = lnti_ontology_question_by_id(b->ontology, row.question_id);
    if (question == LNTI_NONE || row.op_id == b->op_id || row.log_id <= b->options->unchanged_since) continue;
    if (lnti_question_visible(b->ontology, question, lnti_annotating_chosen, b) || b->status) {
      if (b->status) return b->status;
      continue;
    }
    return lnti_fail(
        b->err, LNT_ECONFLICT,
        "\"%.60s\" of item %lld was answered by operation %lld since you looked, and your answers would take "
        "that back: they were not written; look again",
        b->ontology->questions[question].key, (long long)b->item_id, (long long)row.op_id);
  }
  return LNT_OK;
}

lnt_status lnti_judge_step(lnti_annotating *b, lnti_annotated *counts, lnti_annotate_step *steps, size_t n) {
  const lnti_existing_answer existing = b->options->existing;
  const lnti_annotation *annotation = steps->annotation;
  lnti_answer_row row = {0};
  bool found = false, keeps = false, same = false;
  lnt_status status = existing == LNTI_EXISTING_WRITE ? LNT_OK : find_there(&row, &found, b, steps);
  if (!status && found) status = is_same(&same, b, &row, steps, n);
  row.text = NULL;
  if (!found && existing == LNTI_EXISTING_CHANGE && annotation->answer.state == LNTI_CLEARED) same = true;
  if (!status && existing == LNTI_EXISTING_KEEP && !same) {
    status = find_verdict(b, annotation);
    keeps = b->verdict.keeps || found; /* of two that one operation gives to one option the first stays */
  }
  if (!status && !same && !keeps) status = check_unchanged(b, steps);
  if (status) return status;
  for (size_t i = 0; i < n; i++) {
    steps[i].write = !same && !keeps;
    steps[i].replaces = found || existing == LNTI_EXISTING_WRITE;
  }
  counts->n_added += steps->write && !found;
  counts->n_same += same;
  if (steps->write && found && counts->n_changed++ == 0) {
    counts->changed = row;
    counts->first_changed = steps->index;
  }
  if (keeps && counts->n_kept++ == 0) counts->first_kept = steps->index;
  return LNT_OK;
}
