/*
 * Answers are checked here and nowhere else, and written by nobody else (a test looks for other callers of
 * lnti_tx_answer). The answers of one item are first all checked, then written, so that one that is refused leaves nothing
 * of its item behind.
 */
#include <flow/annotate.h>

#include <base/alloc.h>
#include <base/error.h>
#include <flow/answer_text.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* One annotation on its way. */
typedef struct step {
  const lnti_annotation *annotation;
  size_t index;  /* among those that were given */
  int64_t slot;  /* 0: the question as a whole */
  bool write;    /* it says something new */
  bool replaces; /* something was there, or it was not looked for */
} step;

/* What was last found of a checklist: its annotations mostly follow each other, and what this operation adds changes
 * nothing of it. */
typedef struct verdict {
  int64_t item_id; /* 0: none yet */
  size_t question;
  bool keeps;
} verdict;

/* A batch, and of it the item that it is at. */
typedef struct batch {
  lnti_tx *tx;
  lnti_ontology *ontology;
  int64_t op_id;
  const lnti_annotate_options *options;
  lnti_annotated counts;
  verdict verdict;
  int64_t item_id; /* 0: none yet */
  step *steps;     /* [n], by question and slot */
  size_t n, capacity;
  lnt_status status; /* the first failure of the store in is_chosen, which can only say yes or no */
  lnt_error *err;
} batch;

static const lnti_question *question_of(const batch *b, const step *s) {
  return &b->ontology->questions[s->annotation->answer.question];
}

static bool has_slots(const lnti_question *question) {
  return question->type == LNTI_CHECKLIST || question->type == LNTI_RANK;
}

/* What one answer is about: a checklist's or rank's option, or the question as a whole. */
static int64_t slot_of(const lnti_ontology *ontology, const lnti_answer *answer) {
  bool one_option = has_slots(&ontology->questions[answer->question]) && answer->option != LNTI_NONE;
  return one_option ? ontology->options[answer->option].id : 0;
}

/* ---- what the item's answers choose, for the visibility of nested questions ---- */

static bool is_at_or_below(const lnti_ontology *ontology, size_t option, size_t above) {
  while (option != LNTI_NONE && option != above) option = ontology->options[option].parent;
  return option == above;
}

/* What the steps that are to be written make of it; false where they say nothing. */
static bool find_in_steps(bool *chosen_out, const batch *b, size_t option) {
  const size_t question = b->ontology->options[option].question;
  const bool slots = has_slots(&b->ontology->questions[question]);
  bool found = false;
  for (size_t i = 0; i < b->n; i++) {
    const lnti_answer *answer = &b->steps[i].annotation->answer;
    if (answer->question != question || !b->steps[i].write) continue;
    if (slots && answer->option != LNTI_NONE && answer->option != option) {
      if (b->ontology->questions[question].type != LNTI_RANK) continue;
      if (!found) *chosen_out = false; /* another order, in which the option may have no place */
      found = true;
      continue;
    }
    if (slots && answer->option == LNTI_NONE && answer->state == LNTI_UNSURE &&
        b->ontology->questions[question].type == LNTI_CHECKLIST) {
      continue; /* it stands beside the options */
    }
    found = true;
    *chosen_out = answer->state == LNTI_ANSWERED && answer->option != LNTI_NONE &&
                  (slots ? answer->number >= 1 : is_at_or_below(b->ontology, answer->option, option));
    if (*chosen_out) return true;
  }
  return found;
}

static bool is_chosen(void *payload, size_t option) {
  batch *b = payload;
  const lnti_ontology *ontology = b->ontology;
  const lnti_question *question = &ontology->questions[ontology->options[option].question];
  const bool slots = has_slots(question);
  lnti_answer_row row;
  bool found = false, chosen = false;
  if (b->status || find_in_steps(&chosen, b, option)) return chosen;
  b->status = lnti_tx_current(b->tx, &row, &found, LNTI_SUBJECT_ITEM, b->item_id, question->id,
                              slots ? ontology->options[option].id : 0, b->err);
  if (b->status || !found || row.state != LNTI_ANSWERED || row.option_id == 0) return false;
  if (slots) return row.number >= 1;
  return is_at_or_below(ontology, lnti_ontology_option_by_id(ontology, row.option_id), option);
}

static lnt_status check_visible(batch *b, size_t question, lnt_error *err) {
  const size_t parent = b->ontology->questions[question].parent_option;
  if (parent == LNTI_NONE || lnti_question_visible(b->ontology, question, is_chosen, b) || b->status) return b->status;
  return lnti_fail(err, LNT_EINVAL, "\"%s\" of item %lld cannot be answered: it is asked only after \"%s\"",
                   b->ontology->questions[question].title, (long long)b->item_id, b->ontology->options[parent].title);
}

/* ---- writing ---- */

static lnt_status append(batch *b, const lnti_annotation *annotation, lnti_answer_source source) {
  const lnti_answer *answer = &annotation->answer;
  bool has_option = answer->state == LNTI_ANSWERED && answer->option != LNTI_NONE;
  lnti_answer_row row = {.op_id = b->op_id,
                         .subject_kind = LNTI_SUBJECT_ITEM,
                         .subject_id = annotation->item_id,
                         .question_id = b->ontology->questions[answer->question].id,
                         .slot = slot_of(b->ontology, answer),
                         .state = answer->state,
                         .option_id = has_option ? b->ontology->options[answer->option].id : 0,
                         .number = answer->number,
                         .text = answer->text,
                         .confidence = annotation->confidence,
                         .time_spent_ms = annotation->time_spent_ms,
                         .source = source};
  return lnti_tx_answer(b->tx, &row, b->err);
}

static lnt_status clear_row(batch *b, const lnti_answer_row *row, lnti_answer_source source) {
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
static lnt_status clear_question(size_t *n_out, batch *b, size_t question, bool (*keeps)(const batch *, int64_t slot)) {
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
    status = clear_row(b, &row, b->options->source);
    if (status) return status;
    n++;
  }
  *n_out = n;
  return LNT_OK;
}

/* None of a checklist is a no to each option that it offers now: one that is added later was not asked. It takes the
 * place of "unsure". */
static lnt_status append_noes(batch *b, const lnti_annotation *annotation) {
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
  return status || !unsure ? status : clear_row(b, &row, b->options->source);
}

static bool is_rank_order(const batch *b, const step *s) {
  return question_of(b, s)->type == LNTI_RANK && s->annotation->answer.state == LNTI_ANSWERED;
}

static lnt_status write_step(batch *b, const step *s) {
  const lnti_annotation *annotation = s->annotation;
  const lnti_answer *answer = &annotation->answer;
  size_t n = 0;
  lnt_status status = LNT_OK;
  if (has_slots(question_of(b, s)) && answer->option == LNTI_NONE) {
    const bool checklist = question_of(b, s)->type == LNTI_CHECKLIST;
    if (checklist && answer->state == LNTI_NONE_OF_THESE) return append_noes(b, annotation);
    if (!checklist || answer->state == LNTI_CLEARED) status = clear_question(&n, b, answer->question, NULL);
    if (status || (answer->state == LNTI_CLEARED && n > 0)) return status;
  }
  return append(b, annotation, b->options->source);
}

static bool has_place(const batch *b, int64_t slot) {
  for (size_t i = 0; i < b->n; i++) {
    if (b->steps[i].slot == slot && is_rank_order(b, &b->steps[i])) return true;
  }
  return false;
}

/* Writes a rank's order: its places, and nothing else stays. */
static lnt_status write_order(batch *b, const step *steps, size_t n) {
  size_t n_cleared = 0;
  lnt_status status = clear_question(&n_cleared, b, steps->annotation->answer.question, has_place);
  for (size_t i = 0; i < n && !status; i++) status = append(b, steps[i].annotation, b->options->source);
  return status;
}

/* Takes back the answers of nested questions that are no longer asked. */
static lnt_status retire_children(size_t *n_out, batch *b, lnti_answer_source source) {
  lnti_answer_row row = {.question_id = LNTI_REMARKS, .slot = INT64_MAX};
  bool found = false;
  b->n = 0; /* they are written: the store has them */
  for (;;) {
    lnt_status status =
        lnti_tx_current_next(b->tx, &row, &found, LNTI_SUBJECT_ITEM, b->item_id, row.question_id, row.slot, b->err);
    if (status || !found) return status;
    size_t question = lnti_ontology_question_by_id(b->ontology, row.question_id);
    if (question == LNTI_NONE || b->ontology->questions[question].parent_option == LNTI_NONE) continue;
    row.text = NULL;
    bool visible = lnti_question_visible(b->ontology, question, is_chosen, b);
    if (b->status) return b->status;
    if (visible) continue;
    status = clear_row(b, &row, source);
    if (status) return status;
    ++*n_out;
  }
}

/* ---- judging ---- */

/* Whether the row says what the annotation says; a person's doubt is no part of it. */
static bool says_same(const lnti_answer_row *row, const lnti_ontology *ontology, const lnti_answer *answer) {
  bool has_option = answer->state == LNTI_ANSWERED && answer->option != LNTI_NONE;
  bool same_text = row->text && answer->text ? strcmp(row->text, answer->text) == 0 : row->text == answer->text;
  return row->state == answer->state && row->slot == slot_of(ontology, answer) && same_text &&
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

static lnt_status find_verdict(batch *b, const lnti_annotation *annotation) {
  const size_t question = annotation->answer.question;
  verdict *v = &b->verdict;
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
static lnt_status find_there(lnti_answer_row *out, bool *found_out, batch *b, const step *s) {
  const int64_t question_id = question_of(b, s)->id;
  *found_out = false;
  if (s->annotation->fresh) return LNT_OK;
  return s->slot && question_of(b, s)->type == LNTI_CHECKLIST
             ? lnti_tx_current(b->tx, out, found_out, LNTI_SUBJECT_ITEM, b->item_id, question_id, s->slot, b->err)
             : lnti_tx_current_from(b->tx, out, found_out, LNTI_SUBJECT_ITEM, b->item_id, question_id, 0, b->err);
}

/* Whether the item's order is that of the n steps, place by place. */
static lnt_status is_same_order(bool *out, batch *b, const step *steps, size_t n) {
  const int64_t question_id = question_of(b, steps)->id;
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
static lnt_status is_none_already(bool *out, batch *b, const step *s) {
  const lnti_question *question = question_of(b, s);
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

static lnt_status is_same(bool *out, batch *b, const lnti_answer_row *row, const step *steps, size_t n) {
  const lnti_annotation *annotation = steps->annotation;
  bool doubt = b->options->existing == LNTI_EXISTING_CHANGE && !isnan(annotation->confidence) &&
               annotation->confidence != row->confidence;
  *out = !doubt && says_same(row, b->ontology, &annotation->answer);
  if (doubt) return LNT_OK;
  if (is_rank_order(b, steps)) return is_same_order(out, b, steps, n);
  bool none = question_of(b, steps)->type == LNTI_CHECKLIST && annotation->answer.state == LNTI_NONE_OF_THESE;
  return none ? is_none_already(out, b, steps) : LNT_OK;
}

static lnt_status fail_changed(batch *b, const step *s, int64_t log_id) {
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
    status = lnti_fail(b->err, LNT_ECONFLICT,
                       "\"%.60s\" of item %lld was changed by operation %lld since you looked: it is \"%.100s\", and "
                       "your \"%.100s\" was not written; look again, and answer once more where yours is right",
                       question_of(b, s)->key, (long long)b->item_id, (long long)row.op_id, now.data, wanted.data);
  }
  lnti_text_clear(&now);
  lnti_text_clear(&wanted);
  return status;
}

static lnt_status check_unchanged(batch *b, const step *s) {
  const bool checklist = question_of(b, s)->type == LNTI_CHECKLIST;
  int64_t newest = 0;
  if (!b->options->if_unchanged) return LNT_OK;
  lnt_status status = lnti_tx_newest(b->tx, &newest, LNTI_SUBJECT_ITEM, b->item_id, question_of(b, s)->id,
                                     checklist && s->slot ? s->slot : -1, b->op_id, b->err);
  return status || newest <= b->options->unchanged_since ? status : fail_changed(b, s, newest);
}

/* What a changed parent would take back counts as well. */
static lnt_status check_children_unchanged(batch *b) {
  lnti_answer_row row = {.question_id = LNTI_REMARKS, .slot = INT64_MAX};
  bool found = false;
  while (b->options->if_unchanged) {
    lnt_status status =
        lnti_tx_current_next(b->tx, &row, &found, LNTI_SUBJECT_ITEM, b->item_id, row.question_id, row.slot, b->err);
    if (status || !found) return status;
    size_t question = lnti_ontology_question_by_id(b->ontology, row.question_id);
    if (question == LNTI_NONE || row.op_id == b->op_id || row.log_id <= b->options->unchanged_since) continue;
    if (lnti_question_visible(b->ontology, question, is_chosen, b) || b->status) {
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

/* Counts a step, or a rank's order of n; `write` says whether it is to be written. */
static lnt_status judge(batch *b, lnti_annotated *counts, step *steps, size_t n) {
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

/* ---- the answers of one item ---- */

static lnt_status check_confidence(const lnti_annotation *annotation, lnt_error *err) {
  if (isnan(annotation->confidence) || (annotation->confidence >= 0 && annotation->confidence <= 1)) return LNT_OK;
  return lnti_fail(err, LNT_EINVAL, "a confidence of %g in the answer of item %lld is outside 0..1",
                   annotation->confidence, (long long)annotation->item_id);
}

static lnt_status check_none(const lnti_ontology *ontology, const lnti_answer *answer, lnt_error *err) {
  const lnti_question *question = &ontology->questions[answer->question];
  if (question->type != LNTI_CHECKLIST || answer->state != LNTI_NONE_OF_THESE) return LNT_OK;
  for (size_t i = question->first_option; i != LNTI_NONE; i = ontology->options[i].next_sibling) {
    if (!ontology->options[i].retired) return LNT_OK;
  }
  return lnti_fail(err, LNT_EINVAL, "\"%s\" offers no option that could be none of these", question->key);
}

static int by_question(const void *a, const void *b) {
  const step *x = a, *y = b;
  const lnti_answer *left = &x->annotation->answer, *right = &y->annotation->answer;
  if (left->question != right->question) return left->question < right->question ? -1 : 1;
  if (x->slot != y->slot) return x->slot < y->slot ? -1 : 1;
  return x->index < y->index ? -1 : x->index > y->index;
}

/* How many steps from there on are one answer: a rank's order, or one. */
static size_t group_at(const batch *b, size_t i) {
  size_t end = i + 1;
  if (!is_rank_order(b, &b->steps[i])) return 1;
  while (end < b->n && is_rank_order(b, &b->steps[end]) &&
         b->steps[end].annotation->answer.question == b->steps[i].annotation->answer.question) {
    end++;
  }
  return end - i;
}

/* Places 1 to n, each once: n different whole numbers from 1 on, the largest of which is n. */
static lnt_status check_order(const batch *b, const step *steps, size_t n) {
  for (size_t i = 0; i < n; i++) {
    const double place = steps[i].annotation->answer.number;
    size_t at_place = 0;
    for (size_t j = 0; j < n; j++) at_place += steps[j].annotation->answer.number == place;
    if (i > 0 && steps[i].slot == steps[i - 1].slot) {
      return lnti_fail(b->err, LNT_EINVAL, "\"%s\" of item %lld has \"%s\" twice in its order",
                       question_of(b, steps)->key, (long long)b->item_id,
                       b->ontology->options[steps[i].annotation->answer.option].key);
    }
    if (at_place != 1 || place > (double)n) {
      return lnti_fail(b->err, LNT_EINVAL,
                       "the order of \"%s\" of item %lld has no places 1 to %zu, each once: \"%s\" is at %g",
                       question_of(b, steps)->key, (long long)b->item_id, n,
                       b->ontology->options[steps[i].annotation->answer.option].key, place);
    }
  }
  return LNT_OK;
}

/* Two of one item that are about the same are taken one after another, and all back where one of them is refused. */
static bool has_repeats(const batch *b) {
  for (size_t i = 1; i < b->n; i++) {
    const step *x = &b->steps[i - 1], *y = &b->steps[i];
    if (x->annotation->answer.question != y->annotation->answer.question) continue;
    if (x->slot == y->slot ? !is_rank_order(b, x) : x->slot == 0) return true;
  }
  return false;
}

static lnt_status prepare(batch *b, const lnti_annotation *annotations, size_t first, size_t n) {
  lnt_status status = lnti_grow(&b->steps, &b->capacity, n, sizeof *b->steps, b->err);
  for (size_t i = 0; i < n && !status; i++) {
    const lnti_annotation *annotation = &annotations[first + i];
    status = lnti_answer_check(b->ontology, &annotation->answer, b->err);
    if (!status) status = check_none(b->ontology, &annotation->answer, b->err);
    if (!status) status = check_confidence(annotation, b->err);
    if (!status) b->steps[i] = (step){annotation, first + i, slot_of(b->ontology, &annotation->answer), false, false};
  }
  b->n = status ? 0 : n;
  if (b->n > 1) qsort(b->steps, b->n, sizeof *b->steps, by_question);
  return status;
}

static lnt_status judge_all(batch *b, lnti_annotated *counts) {
  lnt_status status = LNT_OK;
  for (size_t i = 0, n; i < b->n && !status; i += n) {
    n = group_at(b, i);
    if (is_rank_order(b, &b->steps[i])) status = check_order(b, &b->steps[i], n);
    if (!status) status = judge(b, counts, &b->steps[i], n);
  }
  for (size_t i = 0; i < b->n && !status; i++) {
    const step *s = &b->steps[i];
    if (s->write && s->annotation->answer.state != LNTI_CLEARED) {
      status = check_visible(b, s->annotation->answer.question, b->err);
    }
  }
  return status ? status : check_children_unchanged(b);
}

/* An item that is answered is not skipped any more. */
static lnt_status end_skip(batch *b) {
  lnti_answer_row row;
  bool found = false;
  lnt_status status =
      lnti_tx_current(b->tx, &row, &found, LNTI_SUBJECT_ITEM, b->item_id, LNTI_REMARKS, LNTI_SLOT_SKIP, b->err);
  return status || !found ? status : clear_row(b, &row, b->options->source);
}

static lnt_status write_all(batch *b, size_t *n_retired_out) {
  bool answers = false, replaces = false, fresh = true;
  lnt_status status = LNT_OK;
  for (size_t i = 0, n; i < b->n && !status; i += n) {
    step *s = &b->steps[i];
    n = group_at(b, i);
    if (!s->write) continue;
    status = is_rank_order(b, s) ? write_order(b, s, n) : write_step(b, s);
    answers = answers || s->annotation->answer.state != LNTI_CLEARED;
    replaces = replaces || s->replaces;
    fresh = fresh && s->annotation->fresh;
  }
  if (!status && answers && !fresh) status = end_skip(b);
  return status || !replaces ? status : retire_children(n_retired_out, b, b->options->source);
}

static void add_counts(lnti_annotated *sum, const lnti_annotated *counts) {
  if (sum->n_kept == 0) sum->first_kept = counts->first_kept;
  if (sum->n_changed == 0) {
    sum->first_changed = counts->first_changed;
    sum->changed = counts->changed;
  }
  sum->n_added += counts->n_added;
  sum->n_changed += counts->n_changed;
  sum->n_same += counts->n_same;
  sum->n_kept += counts->n_kept;
  sum->n_retired += counts->n_retired;
}

typedef struct repeats {
  batch *b;
  const lnti_annotation *annotations;
  size_t first, n;
} repeats;

static lnt_status annotate_item(batch *b, const lnti_annotation *annotations, size_t first, size_t n);

static lnt_status annotate_one_by_one(void *payload, lnti_tx *tx, lnt_error *err) {
  const repeats *r = payload;
  lnt_status status = LNT_OK;
  (void)tx;
  (void)err; /* those of the batch */
  for (size_t i = r->first; i < r->first + r->n && !status; i++) status = annotate_item(r->b, r->annotations, i, 1);
  return status;
}

static lnt_status annotate_item(batch *b, const lnti_annotation *annotations, size_t first, size_t n) {
  lnti_annotated counts = {0};
  const int64_t item_id = annotations[first].item_id;
  lnt_status status = prepare(b, annotations, first, n);
  if (!status && item_id != b->item_id && !annotations[first].fresh)
    status = lnti_tx_item_there(b->tx, item_id, b->err);
  if (status) return status;
  b->item_id = item_id;
  if (n > 1 && has_repeats(b)) {
    repeats r = {b, annotations, first, n};
    return lnti_tx_attempt(b->tx, annotate_one_by_one, &r, b->err);
  }
  status = judge_all(b, &counts);
  if (!status) status = write_all(b, &counts.n_retired);
  if (!status) add_counts(&b->counts, &counts);
  return status;
}

lnt_status lnti_annotate(lnti_tx *tx, lnti_annotated *out, lnti_ontology *ontology, int64_t op_id,
                         const lnti_annotation *annotations, size_t n, const lnti_annotate_options *options,
                         lnt_error *err) {
  batch b = {.tx = tx, .ontology = ontology, .op_id = op_id, .options = options, .err = err};
  lnt_status status = lnti_tx_ontology_is_current(tx, ontology, err);
  for (size_t first = 0, end; first < n && !status; first = end) {
    for (end = first + 1; end < n && annotations[end].item_id == annotations[first].item_id;) end++;
    status = annotate_item(&b, annotations, first, end - first);
  }
  free(b.steps);
  if (!status) *out = b.counts;
  return status;
}

/* ---- remarks ---- */

lnt_status lnti_annotate_remark(lnti_tx *tx, bool *changed_out, int64_t op_id, int64_t item_id, lnti_remark_kind kind,
                                const char *text, lnti_answer_source source, lnt_error *err) {
  lnti_answer_row there = {0}, row = {.op_id = op_id,
                                      .subject_kind = LNTI_SUBJECT_ITEM,
                                      .subject_id = item_id,
                                      .question_id = LNTI_REMARKS,
                                      .slot = LNTI_SLOT_SKIP,
                                      .state = text ? LNTI_ANSWERED : LNTI_CLEARED,
                                      .number = (double)NAN,
                                      .text = text,
                                      .confidence = (double)NAN,
                                      .source = source};
  bool found = false;
  int64_t slot = 0;
  const char *what = kind == LNTI_REMARK_SKIP ? "the reason of the skip" : "the comment";
  lnt_status status = text ? lnti_text_check(text, LNTI_REMARK_MAX, what, err) : LNT_OK;
  if (!status) status = lnti_tx_item_there(tx, item_id, err);
  if (!status && kind == LNTI_REMARK_COMMENT) {
    if (!text) return lnti_fail(err, LNT_EINVAL, "a comment is taken back by undoing the operation that made it");
    status = lnti_tx_comment(tx, &slot, &row, err);
    if (!status) *changed_out = true;
    return status;
  }
  if (!status) {
    status = lnti_tx_current(tx, &there, &found, LNTI_SUBJECT_ITEM, item_id, LNTI_REMARKS, LNTI_SLOT_SKIP, err);
  }
  if (status) return status;
  bool changed = text ? !found || strcmp(there.text, text) != 0 : found;
  if (changed) status = lnti_tx_answer(tx, &row, err);
  if (!status) *changed_out = changed;
  return status;
}

/* ---- putting back ---- */

/* The annotation that says what the row says. */
static lnt_status annotation_of(lnti_annotation *out, const batch *b, const lnti_answer_row *row, lnt_error *err) {
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
static void refuse(const batch *b, lnti_put_back *rows, size_t n, size_t which, lnt_status status,
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
static void drop_refused(batch *b, const lnti_put_back *rows) {
  size_t n = 0;
  for (size_t i = 0; i < b->n; i++) {
    if (!rows[b->steps[i].index].refused.code) b->steps[n++] = b->steps[i];
  }
  b->n = n;
}

/* The steps of those rows that may be written. A place of a rank that is taken back obeys no rule of its own. */
static lnt_status prepare_back(batch *b, lnti_annotation *annotations, lnti_put_back *rows, size_t n) {
  lnt_status status = lnti_grow(&b->steps, &b->capacity, n, sizeof *b->steps, b->err);
  if (status) return status;
  b->n = 0;
  for (size_t i = 0; i < n; i++) {
    lnt_error reason = LNT_ERROR_INIT;
    if (rows[i].refused.code || rows[i].row.question_id == LNTI_REMARKS) continue;
    lnt_status allowed = annotation_of(&annotations[i], b, &rows[i].row, &reason);
    const lnti_answer *answer = &annotations[i].answer;
    if (!allowed && answer->state != LNTI_CLEARED) allowed = lnti_answer_check(b->ontology, answer, &reason);
    if (allowed) refuse(b, rows, n, i, allowed, &reason);
    if (!allowed) b->steps[b->n++] = (step){&annotations[i], i, rows[i].row.slot, true, true};
  }
  drop_refused(b, rows);
  return LNT_OK;
}

/* Until nothing changes: what hangs on an answer that stays away stays away too. */
static lnt_status check_back_visible(batch *b, lnti_put_back *rows, size_t n) {
  bool again = true;
  while (again) {
    again = false;
    for (size_t i = 0; i < b->n; i++) {
      const step *s = &b->steps[i];
      lnt_error reason = LNT_ERROR_INIT;
      if (s->annotation->answer.state == LNTI_CLEARED) continue;
      lnt_status allowed = check_visible(b, s->annotation->answer.question, &reason);
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
  batch b = {.tx = tx, .ontology = ontology, .op_id = op_id, .options = &none, .err = err};
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
    status = rows[i].row.state == LNTI_CLEARED ? clear_row(&b, &rows[i].row, rows[i].row.source)
                                               : lnti_tx_answer(tx, &rows[i].row, err);
  }
  if (!status && n_answers > 0) status = retire_children(&n_retired, &b, LNTI_BY_PERSON);
  free(b.steps);
  free(annotations);
  if (!status) *n_retired_out = n_retired;
  return status;
}

lnt_status lnti_annotate_migrated(lnti_tx *tx, const lnti_answer_row *row, lnt_error *err) {
  return lnti_tx_answer(tx, row, err);
}
