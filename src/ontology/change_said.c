/*
 * What becomes of the answers of one item. The steps of all changes are run over them in order, in memory; then answers to
 * questions that are not asked any more are retired, and what is left must hold. The caller compares the end with the
 * beginning: however many changes there were, each answer is written once at most.
 */
#include <ontology/change.h>

#include <base/error.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- in order of question and slot ---- */

static int compare(const lnti_said *said, size_t question, size_t slot) {
  if (said->answer.question != question) return said->answer.question < question ? -1 : 1;
  return said->slot == slot ? 0 : said->slot < slot ? -1 : 1;
}

static int by_place(const void *a, const void *b) {
  const lnti_said *other = b;
  return compare(a, other->answer.question, other->slot);
}

void lnti_said_sort(lnti_said *said, size_t n) {
  if (n > 1) qsort(said, n, sizeof *said, by_place);
}

/* The first that is not before it. */
static size_t place_of(const lnti_said *said, size_t n, size_t question, size_t slot) {
  size_t low = 0, high = n;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (compare(&said[middle], question, slot) < 0) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

const lnti_said *lnti_said_find(const lnti_said *said, size_t n, size_t question, size_t slot) {
  size_t at = place_of(said, n, question, slot);
  return at < n && compare(&said[at], question, slot) == 0 ? &said[at] : NULL;
}

static lnti_said *find(const lnti_item_said *item, size_t question, size_t slot) {
  const lnti_said *said = lnti_said_find(item->said, item->n, question, slot);
  return said ? &item->said[said - item->said] : NULL;
}

static void drop(lnti_item_said *item, const lnti_said *said) {
  size_t at = (size_t)(said - item->said);
  memmove(&item->said[at], &item->said[at + 1], (--item->n - at) * sizeof *said);
}

static lnt_status add(lnti_item_said *item, lnti_said said, lnt_error *err) {
  lnt_status status = lnti_grow(&item->said, &item->capacity, item->n + 1, sizeof *item->said, err);
  if (status) return status;
  size_t at = place_of(item->said, item->n, said.answer.question, said.slot);
  memmove(&item->said[at + 1], &item->said[at], (item->n++ - at) * sizeof *item->said);
  item->said[at] = said;
  return LNT_OK;
}

/* Puts another in place of one, wherever that stands. */
static lnt_status replace(lnti_item_said *item, const lnti_said *said, lnti_said other, lnt_error *err) {
  drop(item, said);
  return add(item, other, err);
}

static bool is_from(const lnti_answer_step *step, size_t option) {
  for (size_t i = 0; i < step->n_from; i++) {
    if (step->from[i] == option) return true;
  }
  return false;
}

/* ---- merge: of a checklist yes if any is yes, no only if all are ---- */

static lnt_status merge_checks(lnti_item_said *item, const lnti_answer_step *step, lnt_error *err) {
  lnti_said *own = find(item, step->question, step->to);
  size_t n_said = own != NULL;
  bool yes = own && own->answer.number == 1, no = own ? own->answer.number == 0 : step->to_is_new;
  lnti_said one = own ? *own : (lnti_said){0};
  for (size_t i = 0; i < step->n_from; i++) {
    const lnti_said *said = find(item, step->question, step->from[i]);
    if (!said) {
      no = false;
      continue;
    }
    bool is_yes = said->answer.number == 1;
    if (n_said == 0 || (is_yes && !yes)) one = *said; /* its confidence, time and source stay with the answer */
    n_said++;
    yes = yes || is_yes;
    no = no && !is_yes;
    drop(item, said);
  }
  own = find(item, step->question, step->to);
  if (n_said == 0) return LNT_OK;
  if (!yes && !no) {
    if (own) drop(item, own);
    return LNT_OK;
  }
  one.slot = one.answer.option = step->to;
  one.answer.number = yes ? 1 : 0;
  if (own) {
    *own = one;
    return LNT_OK;
  }
  return add(item, one, err);
}

static lnt_status run_merge(lnti_item_said *item, const lnti_answer_step *step, lnt_error *err) {
  if (step->type == LNTI_CHECKLIST) return merge_checks(item, step, err);
  lnti_said *said = find(item, step->question, LNTI_NONE);
  if (said && said->answer.state == LNTI_ANSWERED && is_from(step, said->answer.option)) said->answer.option = step->to;
  return LNT_OK;
}

/* ---- split ---- */

static lnt_status run_split(lnti_item_said *item, const lnti_answer_step *step, bool matches, lnt_error *err) {
  bool checklist = step->type == LNTI_CHECKLIST;
  lnti_said *said = find(item, step->question, checklist ? step->from[0] : LNTI_NONE);
  if (!said || said->answer.state != LNTI_ANSWERED) return LNT_OK;
  if (!checklist) {
    if (matches && said->answer.option == step->from[0]) said->answer.option = step->to;
    return LNT_OK;
  }
  if (find(item, step->question, step->to)) return LNT_OK; /* it is answered already */
  lnti_said other = *said;
  other.slot = other.answer.option = step->to;
  if (said->answer.number == 0) return add(item, other, err); /* neither the one nor the other */
  if (!matches) return LNT_OK;
  return replace(item, said, other, err);
}

static bool is_for_review(const lnti_item_said *item, const lnti_answer_step *step) {
  bool checklist = step->type == LNTI_CHECKLIST;
  const lnti_said *said = find(item, step->question, checklist ? step->from[0] : LNTI_NONE);
  if (!said || said->answer.state != LNTI_ANSWERED) return false;
  return checklist ? said->answer.number == 1 : said->answer.option == step->from[0];
}

/* ---- types ---- */

static lnt_status answer_options(lnti_item_said *item, const lnti_ontology *ontology, const lnti_said *as,
                                 size_t chosen, lnt_error *err) {
  const lnti_said said = *as;
  lnt_status status = LNT_OK;
  for (size_t i = ontology->questions[said.answer.question].first_option; i != LNTI_NONE && !status;
       i = ontology->options[i].next_sibling) {
    if (i == chosen || ontology->options[i].retired) continue;
    lnti_said one = said;
    one.answer.state = LNTI_ANSWERED;
    one.slot = one.answer.option = i;
    one.answer.number = 0;
    status = add(item, one, err);
  }
  return status;
}

static lnt_status to_checklist(lnti_item_said *item, const lnti_ontology *ontology, const lnti_answer_step *step,
                               lnt_error *err) {
  lnti_said *said = find(item, step->question, LNTI_NONE);
  if (!said || said->answer.state == LNTI_UNSURE) return LNT_OK;
  const lnti_said was = *said;
  if (was.answer.state == LNTI_NONE_OF_THESE) {
    drop(item, said);
    return answer_options(item, ontology, &was, LNTI_NONE, err);
  }
  lnti_said yes = was;
  yes.slot = was.answer.option;
  yes.answer.number = 1;
  lnt_status status = replace(item, said, yes, err);
  if (status || !step->others_no) return status;
  return answer_options(item, ontology, &was, was.answer.option, err);
}

static bool all_are_no(const lnti_item_said *item, const lnti_ontology *ontology, size_t question) {
  for (size_t i = ontology->questions[question].first_option; i != LNTI_NONE; i = ontology->options[i].next_sibling) {
    if (!ontology->options[i].retired && !find(item, question, i)) return false;
  }
  return true;
}

static lnt_status to_radio(lnti_item_said *item, const lnti_ontology *ontology, size_t question, lnt_error *err) {
  lnti_said one = {.slot = LNTI_NONE};
  size_t n_said = 0, n_yes = 0;
  const char *first = "";
  for (size_t i = 0; i < item->n; i++) {
    const lnti_said *said = &item->said[i];
    if (said->answer.question != question || said->answer.state == LNTI_CLEARED) continue;
    bool yes = said->answer.state == LNTI_ANSWERED && said->answer.number == 1;
    if (yes && n_yes++) {
      return lnti_fail(err, LNT_ECONFLICT, "it is both \"%s\" and \"%s\"", first, ontology->options[said->slot].title);
    }
    if (yes) first = ontology->options[said->slot].title;
    if (n_said++ == 0 || yes || (said->answer.state == LNTI_UNSURE && !n_yes)) one = *said;
  }
  if (n_said == 0) return LNT_OK;
  bool none = n_yes == 0 && one.answer.state == LNTI_ANSWERED && all_are_no(item, ontology, question);
  for (size_t i = item->n; i-- > 0;) {
    if (item->said[i].answer.question == question) drop(item, &item->said[i]);
  }
  if (n_yes == 0 && !none && one.answer.state == LNTI_ANSWERED) {
    item->n_lost += n_said;
    return LNT_OK;
  }
  if (!none) item->n_lost += n_said - 1; /* all but the one that is kept */
  one.answer.option = n_yes ? one.slot : LNTI_NONE;
  if (none) one.answer.state = LNTI_NONE_OF_THESE;
  one.answer.number = (double)NAN;
  one.slot = LNTI_NONE;
  return add(item, one, err);
}

static lnt_status text_to_option(lnti_item_said *item, const lnti_ontology *ontology, size_t question, lnt_error *err) {
  lnti_said *said = find(item, question, LNTI_NONE);
  if (!said || said->answer.state != LNTI_ANSWERED) return LNT_OK;
  size_t option = lnti_ontology_find_titled(ontology, question, LNTI_NONE, said->text ? said->text : "");
  if (option == LNTI_NONE) return lnti_fail(err, LNT_ECONFLICT, "its text became no option");
  said->answer.option = option;
  said->text = NULL;
  return LNT_OK;
}

static lnt_status run_type(lnti_item_said *item, const lnti_ontology *ontology, const lnti_answer_step *step,
                           lnt_error *err) {
  if (step->type == LNTI_TEXT) return text_to_option(item, ontology, step->question, err);
  if (step->type == LNTI_CHECKLIST) return to_radio(item, ontology, step->question, err);
  if (step->new_type == LNTI_CHECKLIST) return to_checklist(item, ontology, step, err);
  return LNT_OK;
}

/* ---- what is not asked any more ---- */

typedef struct asking {
  const lnti_ontology *ontology;
  const lnti_item_said *item;
} asking;

static bool is_chosen(void *payload, size_t option) {
  const asking *a = payload;
  const lnti_option *o = &a->ontology->options[option];
  bool checklist = a->ontology->questions[o->question].type == LNTI_CHECKLIST;
  const lnti_said *said = find(a->item, o->question, checklist ? option : LNTI_NONE);
  if (!said || said->answer.state != LNTI_ANSWERED) return false;
  if (checklist) return said->answer.number == 1;
  for (size_t at = said->answer.option; at != LNTI_NONE; at = a->ontology->options[at].parent) {
    if (at == option) return true;
  }
  return false;
}

static void retire_unasked(lnti_item_said *item, const lnti_ontology *ontology) {
  asking a = {ontology, item};
  /* What is asked depends on all above it. */
  bool again = true;
  while (again) {
    again = false;
    for (size_t i = item->n; i-- > 0;) {
      size_t question = item->said[i].answer.question;
      if (ontology->questions[question].gone || lnti_question_visible(ontology, question, is_chosen, &a)) continue;
      drop(item, &item->said[i]);
      item->n_retired++;
      again = true;
    }
  }
}

/* ---- what must hold ---- */

lnt_status lnti_said_check(const lnti_ontology *ontology, const lnti_item_said *item, size_t at, lnt_error *err) {
  const lnti_said *said = &item->said[at];
  const lnti_question *q = &ontology->questions[said->answer.question];
  size_t option = said->answer.option != LNTI_NONE ? said->answer.option : said->slot;
  asking a = {ontology, item};
  if (q->gone) return lnti_fail(err, LNT_ECONFLICT, "\"%s\" is answered, and would be gone", q->title);
  if (option != LNTI_NONE && ontology->options[option].gone) {
    return lnti_fail(err, LNT_ECONFLICT, "it is answered with \"%s\", which would be gone",
                     ontology->options[option].title);
  }
  if (!lnti_question_visible(ontology, said->answer.question, is_chosen, &a)) {
    return lnti_fail(err, LNT_ECONFLICT, "\"%s\" is answered, and would not be asked", q->title);
  }
  if (said->answer.state != LNTI_ANSWERED) return LNT_OK;
  if (q->type == LNTI_NUMBER) {
    lnt_error reason = LNT_ERROR_INIT;
    lnt_status status = lnti_answer_check(ontology, &said->answer, &reason);
    return status ? lnti_fail(err, LNT_ECONFLICT, "%s", reason.message) : LNT_OK;
  }
  if ((q->type == LNTI_CHECKLIST || q->type == LNTI_RANK) != (said->slot != LNTI_NONE)) {
    return lnti_fail(err, LNT_ECONFLICT, "its answer to \"%s\" is not that of a %s", q->title,
                     lnti_question_type_name(q->type));
  }
  if (q->type == LNTI_TREE && q->leaf_only && option != LNTI_NONE && ontology->options[option].n_children) {
    return lnti_fail(err, LNT_ECONFLICT,
                     "it is answered with \"%s\", which would be no leaf, and \"%s\" takes only leaves",
                     ontology->options[option].title, q->title);
  }
  return LNT_OK;
}

lnt_status lnti_ontology_change_said(lnti_item_said *item, const lnti_ontology_changes *changes,
                                     lnti_step_matches matches, void *payload, lnt_error *err) {
  const lnti_ontology *ontology = changes->ontology;
  lnt_status status = LNT_OK;
  lnti_said_sort(item->said, item->n);
  for (size_t i = 0; i < changes->n_steps && !status; i++) {
    const lnti_answer_step *step = &changes->steps[i];
    bool found = !step->filtered || matches(payload, step);
    switch (step->kind) {
      case LNTI_STEP_MERGE:
        status = run_merge(item, step, err);
        break;
      case LNTI_STEP_SPLIT:
        status = run_split(item, step, found, err);
        break;
      case LNTI_STEP_REVIEW:
        if (!found || !is_for_review(item, step)) break;
        item->review = true;
        if (step->note) item->note = step->note;
        break;
      case LNTI_STEP_TYPE:
        status = run_type(item, ontology, step, err);
        break;
      case LNTI_STEP_CHECK:
        break;
    }
  }
  if (status) return status;
  retire_unasked(item, ontology);
  for (size_t i = 0; i < item->n && !status; i++) status = lnti_said_check(ontology, item, i, err);
  return status;
}
