/*
 * A line is taken apart into claims: each says one thing of one matter of the item, so that two lines contradict each other
 * where they say different things of the same matter. Yes to more options of a checklist is no contradiction.
 */
#include <flow/annotate/repeats.h>

#include <base/alloc.h>
#include <base/error.h>
#include <base/hash.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
  SLOT_CLEARED = -1 /* of a checklist: whether all of it is taken back */,
  QUESTION_SKIP = -1,
  CANCEL_LINES = 1024
};

/* What is said of one matter; `said` is not 0. */
typedef struct lnti_claim {
  int64_t question, slot; /* a question or QUESTION_SKIP; an option's row, SLOT_CLEARED, or 0 */
  uint64_t said;
} claim;

typedef struct claims {
  lnti_repeats *repeats;
  size_t n;
} claims;

/* ---- claims of a line ---- */

static lnt_status add(claims *c, int64_t question, int64_t slot, uint64_t said, lnt_error *err) {
  lnti_repeats *r = c->repeats;
  lnt_status status = lnti_grow(&r->claims, &r->capacity, c->n + 1, sizeof *r->claims, err);
  if (!status) r->claims[c->n++] = (claim){question, slot, said | 1};
  return status;
}

static uint64_t hash_answer(const lnti_ontology *ontology, const lnti_answer *answer, uint64_t seed) {
  const bool has_option = answer->option != LNTI_NONE, has_number = !isnan(answer->number);
  const struct {
    int64_t state, option;
    double number;
  } parts = {answer->state, has_option ? ontology->options[answer->option].id : 0, has_number ? answer->number + 0 : 0};
  uint64_t hash = lnti_hash_table(&parts, sizeof parts, seed);
  return answer->text ? lnti_hash_table(answer->text, strlen(answer->text), hash) : hash;
}

/* Of a checklist: an option, or all that are offered. */
static lnt_status add_checked(claims *c, const lnti_ontology *ontology, const lnti_answer *answer, lnt_error *err) {
  enum { CLEARED = 2, SAID = 4 };
  const int64_t question = (int64_t)answer->question;
  const bool whole = answer->option == LNTI_NONE, cleared = answer->state == LNTI_CLEARED;
  lnti_answer no = {answer->question, LNTI_ANSWERED, LNTI_NONE, 0, NULL};
  lnt_status status = add(c, question, SLOT_CLEARED, whole && cleared ? CLEARED : SAID, err);
  if (status || (whole && cleared)) return status;
  if (!whole) return add(c, question, ontology->options[answer->option].id, hash_answer(ontology, answer, 0), err);
  status = add(c, question, 0, hash_answer(ontology, answer, 0), err);
  if (answer->state != LNTI_NONE_OF_THESE) return status;
  for (size_t i = ontology->questions[answer->question].first_option; i != LNTI_NONE && !status;
       i = ontology->options[i].next_sibling) {
    no.option = i;
    if (!ontology->options[i].retired)
      status = add(c, question, ontology->options[i].id, hash_answer(ontology, &no, 0), err);
  }
  return status;
}

static bool is_place(const lnti_ontology *ontology, const lnti_answer *answer) {
  return ontology->questions[answer->question].type == LNTI_RANK && answer->option != LNTI_NONE;
}

/* The options of a rank follow each other, and are one answer. */
static size_t order_at(const lnti_ontology *ontology, const lnti_answer_list *answers, size_t i) {
  const lnti_answer *first = &answers->answer[i];
  size_t end = i + 1;
  if (ontology->questions[first->question].type != LNTI_RANK || first->state != LNTI_ANSWERED) return 1;
  while (end < answers->n && answers->answer[end].question == first->question &&
         answers->answer[end].state == LNTI_ANSWERED && answers->answer[end].number > answers->answer[end - 1].number) {
    end++;
  }
  return end - i;
}

static lnt_status make_claims(claims *c, const lnti_ontology *ontology, const lnti_answer_line *line,
                              const lnti_answer_list *answers, lnt_error *err) {
  enum { ANSWERED = 2 };
  lnt_status status = LNT_OK;
  for (size_t i = 0, n; i < answers->n && !status; i += n) {
    const lnti_answer *answer = &answers->answer[i];
    uint64_t said = 0;
    n = order_at(ontology, answers, i);
    if (ontology->questions[answer->question].type == LNTI_CHECKLIST) {
      status = add_checked(c, ontology, answer, err);
      continue;
    }
    for (size_t j = i; j < i + n && !status; j++) {
      const lnti_answer *one = &answers->answer[j];
      said = hash_answer(ontology, one, said);
      if (is_place(ontology, one)) {
        status = add(c, (int64_t)one->question, ontology->options[one->option].id, hash_answer(ontology, one, 0), err);
      }
    }
    if (!status) status = add(c, (int64_t)answer->question, 0, said, err);
  }
  if (!status && line->skip) {
    status = add(c, QUESTION_SKIP, 0, lnti_hash_table(line->skip, strlen(line->skip), 0), err);
  }
  if (!status && !line->skip && answers->n > 0) status = add(c, QUESTION_SKIP, 0, ANSWERED, err);
  return status;
}

static int by_matter(const void *a, const void *b) {
  const claim *x = a, *y = b;
  if (x->question != y->question) return x->question < y->question ? -1 : 1;
  return x->slot < y->slot ? -1 : x->slot > y->slot;
}

static lnt_status check_itself(const claims *c, const lnti_ontology *ontology, lnt_error *err) {
  claim *all = c->repeats->claims;
  bool sorted = true;
  for (size_t i = 1; i < c->n && sorted; i++) sorted = by_matter(&all[i - 1], &all[i]) <= 0;
  if (!sorted) qsort(all, c->n, sizeof *all, by_matter);
  for (size_t i = 1; i < c->n; i++) {
    if (by_matter(&all[i - 1], &all[i]) != 0 || all[i - 1].said == all[i].said) continue;
    const lnti_question *q = &ontology->questions[all[i].question];
    if (q->type == LNTI_RANK && all[i].slot > 0) {
      const size_t option = lnti_ontology_option_by_id(ontology, all[i].slot);
      return lnti_fail(err, LNT_EINVAL, "\"%.200s\" has \"%.200s\" twice in its order", q->key,
                       ontology->options[option].key);
    }
    return lnti_fail(err, LNT_EINVAL, "\"%.200s\" is given two different answers: give one", q->key);
  }
  return LNT_OK;
}

/* ---- items and lines ---- */

static void key_of(uint64_t key[2], int64_t item_id, int64_t question, int64_t slot) {
  const int64_t parts[] = {item_id, question, slot};
  key[0] = lnti_hash_table(parts, sizeof parts, 0) | 1;
  key[1] = lnti_hash_table(parts, sizeof parts, 1);
}

static lnt_status note_item(bool *first_out, lnti_seen *seen, int64_t item_id, lnt_error *err) {
  uint64_t key[2];
  size_t ignored = 0;
  key_of(key, item_id, 0, 0);
  return lnti_seen_note(&ignored, first_out, seen, key, 0, 0, err);
}

static bool comes_again(const lnti_repeats *r, int64_t item_id) {
  uint64_t key[2];
  key_of(key, item_id, 0, 0);
  return lnti_seen_has(&r->again, key);
}

lnt_status lnti_repeats_meet(bool *again_out, lnti_repeats *repeats, int64_t item_id, lnt_error *err) {
  bool first = false, ignored = false;
  lnt_status status = note_item(&first, &repeats->items, item_id, err);
  if (!status && !first) status = note_item(&ignored, &repeats->again, item_id, err);
  *again_out = !status && !first;
  return status;
}

lnt_status lnti_repeats_look(lnti_repeats *repeats, lnti_answer_lines *lines, const lnti_ontology *ontology,
                             const lnti_cancel *cancel, lnt_error *err) {
  lnt_status status = lnti_answer_lines_header(lines, ontology, err);
  for (size_t n = 0; !status; n++) {
    bool more = false, again = false;
    int64_t item_id = 0;
    if (n % CANCEL_LINES == 0) status = lnti_cancel_check(cancel, err);
    if (!status) status = lnti_answer_lines_item(&more, &item_id, lines, err);
    if (status || !more) break;
    if (item_id) status = lnti_repeats_meet(&again, repeats, item_id, err);
  }
  if (!status) status = lnti_answer_lines_rewind(lines, err);
  return status ? status : lnti_answer_lines_header(lines, ontology, err);
}

static lnt_status check_before(const claims *c, const lnti_ontology *ontology, int64_t item_id, lnt_error *err) {
  for (size_t i = 0; i < c->n; i++) {
    const claim *one = &c->repeats->claims[i];
    uint64_t key[2];
    key_of(key, item_id, one->question, one->slot);
    const size_t line = lnti_seen_line(&c->repeats->said, key, one->said);
    if (!line) continue;
    if (one->question == QUESTION_SKIP) {
      return lnti_fail(err, LNT_EDATA, "line %zu says otherwise of item %lld: it is skipped, or answered", line,
                       (long long)item_id);
    }
    return lnti_fail(err, LNT_EDATA, "\"%.200s\" of item %lld has another answer in line %zu, which stays",
                     ontology->questions[one->question].key, (long long)item_id, line);
  }
  return LNT_OK;
}

lnt_status lnti_repeats_check(lnti_repeats *repeats, const lnti_ontology *ontology, const lnti_answer_line *line,
                              const lnti_answer_list *answers, lnt_error *err) {
  claims c = {repeats, 0};
  const bool again = comes_again(repeats, line->item_id);
  if (!again && answers->n < 2) return LNT_OK;
  lnt_status status = make_claims(&c, ontology, line, answers, err);
  if (!status) status = check_itself(&c, ontology, err);
  return status || !again ? status : check_before(&c, ontology, line->item_id, err);
}

lnt_status lnti_repeats_take(bool *first_out, lnti_repeats *repeats, const lnti_ontology *ontology,
                             const lnti_answer_line *line, const lnti_answer_list *answers, bool touched,
                             lnt_error *err) {
  claims c = {repeats, 0};
  bool first = true;
  *first_out = true;
  if (!comes_again(repeats, line->item_id)) return LNT_OK;
  lnt_status status = make_claims(&c, ontology, line, answers, err);
  for (size_t i = 0; i < c.n && !status; i++) {
    uint64_t key[2];
    size_t ignored = 0;
    key_of(key, line->item_id, repeats->claims[i].question, repeats->claims[i].slot);
    status = lnti_seen_note(&ignored, &first, &repeats->said, key, repeats->claims[i].said, line->line, err);
  }
  if (!status && touched) status = note_item(first_out, &repeats->touched, line->item_id, err);
  return status;
}

void lnti_repeats_clear(lnti_repeats *repeats) {
  lnti_seen_clear(&repeats->items);
  lnti_seen_clear(&repeats->again);
  lnti_seen_clear(&repeats->touched);
  lnti_seen_clear(&repeats->said);
  free(repeats->claims);
  *repeats = (lnti_repeats){0};
}
