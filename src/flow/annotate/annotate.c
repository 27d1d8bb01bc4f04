/*
 * Answers are checked here and nowhere else, and written by nobody else (a test looks for other callers of
 * lnti_tx_answer). The answers of one item are first all checked, then written, so that one that is refused leaves nothing
 * of its item behind.
 */
#include <flow/annotate/annotate.h>

#include <base/alloc.h>
#include <base/error.h>
#include <flow/annotate/parts.h>
#include <math.h>
#include <stdlib.h>

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
  const lnti_annotate_step *x = a, *y = b;
  const lnti_answer *left = &x->annotation->answer, *right = &y->annotation->answer;
  if (left->question != right->question) return left->question < right->question ? -1 : 1;
  if (x->slot != y->slot) return x->slot < y->slot ? -1 : 1;
  return x->index < y->index ? -1 : x->index > y->index;
}

/* How many steps from there on are one answer: a rank's order, or one. */
static size_t group_at(const lnti_annotating *b, size_t i) {
  size_t end = i + 1;
  if (!lnti_is_rank_order(b, &b->steps[i])) return 1;
  while (end < b->n && lnti_is_rank_order(b, &b->steps[end]) &&
         b->steps[end].annotation->answer.question == b->steps[i].annotation->answer.question) {
    end++;
  }
  return end - i;
}

static lnt_status fail_place(const lnti_annotating *b, const lnti_annotate_step *s, size_t n) {
  return lnti_fail(b->err, LNT_EINVAL,
                   "the order of \"%s\" of item %lld has no places 1 to %zu, each once: \"%s\" is at %g",
                   lnti_step_question(b, s)->key, (long long)b->item_id, n,
                   b->ontology->options[s->annotation->answer.option].key, s->annotation->answer.number);
}

/* Places 1 to n, each once. */
static lnt_status check_order(const lnti_annotating *b, const lnti_annotate_step *steps, size_t n) {
  bool taken[LNTI_ONTOLOGY_RANK_MAX] = {false};
  for (size_t i = 0; i < n; i++) {
    const double place = steps[i].annotation->answer.number;
    if (i > 0 && steps[i].slot == steps[i - 1].slot) {
      return lnti_fail(b->err, LNT_EINVAL, "\"%s\" of item %lld has \"%s\" twice in its order",
                       lnti_step_question(b, steps)->key, (long long)b->item_id,
                       b->ontology->options[steps[i].annotation->answer.option].key);
    }
    const bool whole = place >= 1 && place <= (double)n && place <= LNTI_ONTOLOGY_RANK_MAX && place == floor(place);
    if (!whole || taken[(size_t)place - 1]) return fail_place(b, &steps[i], n);
    taken[(size_t)place - 1] = true;
  }
  return LNT_OK;
}

/* Two of one item that are about the same are taken one after another, and all back where one of them is refused. */
static bool has_repeats(const lnti_annotating *b) {
  for (size_t i = 1; i < b->n; i++) {
    const lnti_annotate_step *x = &b->steps[i - 1], *y = &b->steps[i];
    if (x->annotation->answer.question != y->annotation->answer.question) continue;
    if (x->slot == y->slot ? !lnti_is_rank_order(b, x) : x->slot == 0) return true;
  }
  return false;
}

static lnt_status prepare(lnti_annotating *b, const lnti_annotation *annotations, size_t first, size_t n) {
  lnt_status status = lnti_grow(&b->steps, &b->capacity, n, sizeof *b->steps, b->err);
  for (size_t i = 0; i < n && !status; i++) {
    const lnti_annotation *annotation = &annotations[first + i];
    status = lnti_answer_check(b->ontology, &annotation->answer, b->err);
    if (!status) status = check_none(b->ontology, &annotation->answer, b->err);
    if (!status) status = check_confidence(annotation, b->err);
    if (!status)
      b->steps[i] =
          (lnti_annotate_step){annotation, first + i, lnti_slot_of(b->ontology, &annotation->answer), false, false};
  }
  b->n = status ? 0 : n;
  if (b->n > 1) qsort(b->steps, b->n, sizeof *b->steps, by_question);
  return status;
}

static lnt_status judge_all(lnti_annotating *b, lnti_annotated *counts) {
  lnt_status status = LNT_OK;
  for (size_t i = 0, n; i < b->n && !status; i += n) {
    n = group_at(b, i);
    if (lnti_is_rank_order(b, &b->steps[i])) status = check_order(b, &b->steps[i], n);
    if (!status) status = lnti_judge_step(b, counts, &b->steps[i], n);
  }
  for (size_t i = 0; i < b->n && !status; i++) {
    const lnti_annotate_step *s = &b->steps[i];
    if (s->write && s->annotation->answer.state != LNTI_CLEARED) {
      status = lnti_check_visible(b, s->annotation->answer.question, b->err);
    }
  }
  return status ? status : lnti_check_children_unchanged(b);
}

/* An item that is answered is not skipped any more. */
static lnt_status end_skip(lnti_annotating *b) {
  lnti_answer_row row;
  bool found = false;
  lnt_status status =
      lnti_tx_current(b->tx, &row, &found, LNTI_SUBJECT_ITEM, b->item_id, LNTI_REMARKS, LNTI_SLOT_SKIP, b->err);
  return status || !found ? status : lnti_clear_row(b, &row, b->options->source);
}

static lnt_status write_all(lnti_annotating *b, size_t *n_retired_out) {
  bool answers = false, replaces = false, fresh = true;
  lnt_status status = LNT_OK;
  for (size_t i = 0, n; i < b->n && !status; i += n) {
    lnti_annotate_step *s = &b->steps[i];
    n = group_at(b, i);
    if (!s->write) continue;
    status = lnti_is_rank_order(b, s) ? lnti_write_order(b, s, n) : lnti_write_step(b, s);
    answers = answers || s->annotation->answer.state != LNTI_CLEARED;
    replaces = replaces || s->replaces;
    fresh = fresh && s->annotation->fresh;
  }
  if (!status && answers && !fresh) status = end_skip(b);
  return status || !replaces ? status : lnti_retire_children(n_retired_out, b, b->options->source);
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
  lnti_annotating *b;
  const lnti_annotation *annotations;
  size_t first, n;
} repeats;

static lnt_status annotate_item(lnti_annotating *b, const lnti_annotation *annotations, size_t first, size_t n);

static lnt_status annotate_one_by_one(void *payload, lnti_tx *tx, lnt_error *err) {
  const repeats *r = payload;
  lnt_status status = LNT_OK;
  (void)tx;
  (void)err; /* those of the lnti_annotating */
  for (size_t i = r->first; i < r->first + r->n && !status; i++) status = annotate_item(r->b, r->annotations, i, 1);
  return status;
}

static lnt_status annotate_item(lnti_annotating *b, const lnti_annotation *annotations, size_t first, size_t n) {
  lnti_annotated counts = {0};
  const int64_t item_id = annotations[first].item_id;
  lnt_status status = prepare(b, annotations, first, n);
  if (!status && (item_id != b->item_id || item_id == 0) && !annotations[first].fresh)
    status = lnti_tx_item_there(b->tx, NULL, item_id, b->err);
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
  lnti_annotating b = {.tx = tx, .ontology = ontology, .op_id = op_id, .options = options, .err = err};
  lnt_status status = lnti_tx_ontology_is_current(tx, ontology, err);
  for (size_t first = 0, end; first < n && !status; first = end) {
    for (end = first + 1; end < n && annotations[end].item_id == annotations[first].item_id;) end++;
    status = annotate_item(&b, annotations, first, end - first);
  }
  free(b.steps);
  if (!status) *out = b.counts;
  return status;
}
