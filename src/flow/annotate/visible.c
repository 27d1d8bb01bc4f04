/*
 * What the answers of an item choose, those that are being written before those that the store has: a nested question is
 * visible where all that it hangs on is chosen.
 */
#include <base/error.h>
#include <flow/annotate/parts.h>

const lnti_question *lnti_step_question(const lnti_annotating *b, const lnti_annotate_step *s) {
  return &b->ontology->questions[s->annotation->answer.question];
}

bool lnti_has_slots(const lnti_question *question) {
  return question->type == LNTI_CHECKLIST || question->type == LNTI_RANK;
}

int64_t lnti_slot_of(const lnti_ontology *ontology, const lnti_answer *answer) {
  bool one_option = lnti_has_slots(&ontology->questions[answer->question]) && answer->option != LNTI_NONE;
  return one_option ? ontology->options[answer->option].id : 0;
}

bool lnti_is_rank_order(const lnti_annotating *b, const lnti_annotate_step *s) {
  return lnti_step_question(b, s)->type == LNTI_RANK && s->annotation->answer.state == LNTI_ANSWERED;
}

static bool is_at_or_below(const lnti_ontology *ontology, size_t option, size_t above) {
  while (option != LNTI_NONE && option != above) option = ontology->options[option].parent;
  return option == above;
}

/* What the steps that are to be written make of it; false where they say nothing. */
static bool find_in_steps(bool *chosen_out, const lnti_annotating *b, size_t option) {
  const size_t question = b->ontology->options[option].question;
  const bool slots = lnti_has_slots(&b->ontology->questions[question]);
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

bool lnti_annotating_chosen(void *payload, size_t option) {
  lnti_annotating *b = payload;
  const lnti_ontology *ontology = b->ontology;
  const lnti_question *question = &ontology->questions[ontology->options[option].question];
  const bool slots = lnti_has_slots(question);
  lnti_answer_row row;
  bool found = false, chosen = false;
  if (b->status || find_in_steps(&chosen, b, option)) return chosen;
  b->status = lnti_tx_current(b->tx, &row, &found, LNTI_SUBJECT_ITEM, b->item_id, question->id,
                              slots ? ontology->options[option].id : 0, b->err);
  if (b->status || !found || row.state != LNTI_ANSWERED || row.option_id == 0) return false;
  if (slots) return row.number >= 1;
  return is_at_or_below(ontology, lnti_ontology_option_by_id(ontology, row.option_id), option);
}

/* A question of a group is asked of groups, one of a frame of each image: a frame, a page, or
 * all that there is in its file. */
static lnt_status check_level(lnti_annotating *b, const lnti_question *question, lnt_error *err) {
  lnti_item_kind kind = LNTI_ITEM_IMAGE;
  if (question->level == LNTI_LEVEL_ITEM) return LNT_OK;
  b->status = lnti_tx_item_there(b->tx, &kind, b->item_id, b->err);
  if (b->status || (kind == LNTI_ITEM_GROUP) == (question->level == LNTI_LEVEL_GROUP)) return b->status;
  if (kind == LNTI_ITEM_GROUP) {
    return lnti_fail(err, LNT_EINVAL, "\"%s\" is asked of each image (level frame), and item %lld is a group of them",
                     question->title, (long long)b->item_id);
  }
  return lnti_fail(err, LNT_EINVAL, "\"%s\" is asked of groups of images (level group), and item %lld is an image",
                   question->title, (long long)b->item_id);
}

lnt_status lnti_check_visible(lnti_annotating *b, size_t question, lnt_error *err) {
  const size_t parent = b->ontology->questions[question].parent_option;
  lnt_status status = check_level(b, &b->ontology->questions[question], err);
  if (status) return status;
  if (parent == LNTI_NONE || lnti_question_visible(b->ontology, question, lnti_annotating_chosen, b) || b->status)
    return b->status;
  return lnti_fail(err, LNT_EINVAL, "\"%s\" of item %lld cannot be answered: it is asked only after \"%s\"",
                   b->ontology->questions[question].title, (long long)b->item_id, b->ontology->options[parent].title);
}
