/*
 * Which items have all answers that they need: every required question that is asked of them is answered. A question hangs on
 * options above it, so what is asked of which rows is a bitmap, joined on the way up. As with labelled.c a group's answers are
 * those of its images, and a group whose images are all complete needs no answers of its own, but those that are asked of groups.
 */
#include <flow/view/parts.h>
#include <stdlib.h>
#include <string.h>

typedef struct completing {
  lnti_view *view;
  size_t n_words;
  uint64_t *asked, *one; /* scratch: the rows that a question is asked of; those of one condition */
  uint64_t *lacking;     /* rows without an answer that is required */
  uint64_t *lacking_own; /* of these, groups that lack an answer to a question that is asked of groups alone */
} completing;

static bool get_bit(const uint64_t *bits, size_t row) {
  return bits[row / 64] >> row % 64 & 1;
}

/* What holds for a group holds for its images. */
static void spread(uint64_t *bits, const lnti_view *view) {
  const lnti_column *groups = &view->rows.numbers[LNTI_NUMBER_GROUP];
  for (size_t row = 0; groups->width && row < view->rows.n; row++) {
    uint64_t id = lnti_column_number(groups, row);
    size_t group = id ? lnti_rows_find(&view->rows, (int64_t)id) : LNTI_NONE;
    if (group != LNTI_NONE && get_bit(bits, group)) lnti_bits_set(bits, row);
  }
}

/* Rows whose answer is the option, or in a tree one below it. */
static lnt_status select_chosen(uint64_t *bits, const lnti_view *view, const lnti_question_rows *q, size_t option,
                                lnt_error *err) {
  const lnti_ontology *o = view->ontology;
  const lnti_coded coded = {&q->codes, LNTI_CODE_FIRST + q->options.n};
  uint8_t *allowed = NULL;
  bool any = false;
  lnt_status status = lnti_alloc_zero(&allowed, lnti_facet_table_bytes(coded.n_codes), 1, err);
  for (size_t p = 0; p < q->options.n && !status; p++) {
    size_t above = lnti_ontology_option_by_id(o, q->options.ids[p]);
    while (above != LNTI_NONE && above != option) above = o->options[above].parent;
    if (above != option) continue;
    allowed[LNTI_CODE_FIRST + p] = 255;
    any = true;
  }
  if (!status && any) lnti_view_select_codes(bits, view, &coded, allowed);
  free(allowed);
  return status;
}

/* c->one: rows in which the option is chosen, of a checklist or a rank by a yes. */
static lnt_status find_chosen(completing *c, size_t option, lnt_error *err) {
  const lnti_ontology *o = c->view->ontology;
  const lnti_question *question = &o->questions[o->options[option].question];
  const lnti_question_rows *q = lnti_rows_question(&c->view->rows, question->id);
  lnt_status status = LNT_OK;
  memset(c->one, 0, c->n_words * sizeof *c->one);
  if (q && (question->type == LNTI_CHECKLIST || question->type == LNTI_RANK)) {
    size_t place = lnti_places_find(&q->checks, o->options[option].id);
    if (place != LNTI_NONE) lnti_bits_join(c->one, &q->bits[place].yes, c->n_words);
  } else if (q) {
    status = select_chosen(c->one, c->view, q, option, err);
  }
  spread(c->one, c->view);
  return status;
}

/* c->asked: of groups, of images, or of both, where all that the question hangs on is chosen. */
static lnt_status find_asked(completing *c, size_t question, lnt_error *err) {
  const lnti_ontology *o = c->view->ontology;
  const lnti_column *kinds = &c->view->rows.numbers[LNTI_NUMBER_KIND];
  const lnti_level level = o->questions[question].level;
  lnt_status status = LNT_OK;
  lnti_view_all_bits(c->asked, c->view);
  if (level != LNTI_LEVEL_ITEM && kinds->width) {
    uint32_t kind = level == LNTI_LEVEL_GROUP ? LNTI_ITEM_GROUP : LNTI_ITEM_IMAGE;
    lnti_facet_range(c->asked, kinds->data, kinds->width, c->view->rows.n, kind, kind, c->view->project->context.cpu);
  }
  for (size_t above = o->questions[question].parent_option; above != LNTI_NONE && !status;
       above = o->questions[o->options[above].question].parent_option) {
    status = find_chosen(c, above, err);
    for (size_t w = 0; w < c->n_words; w++) c->asked[w] &= c->one[w];
  }
  return status;
}

static lnt_status find_lacking(completing *c, lnt_error *err) {
  const lnti_ontology *o = c->view->ontology;
  lnt_status status = LNT_OK;
  for (size_t i = 0; i < o->n_questions && !status; i++) {
    if (!o->questions[i].required) continue;
    uint64_t *lacking = o->questions[i].level == LNTI_LEVEL_GROUP ? c->lacking_own : c->lacking;
    status = lnti_cancel_check(c->view->project->context.cancel, err);
    if (!status) status = find_asked(c, i, err);
    if (status) break;
    lnti_view_answered(c->one, c->view, i);
    spread(c->one, c->view);
    for (size_t w = 0; w < c->n_words; w++) lacking[w] |= c->asked[w] & ~c->one[w];
  }
  return status;
}

/* Groups whose images are all complete lack nothing that could be said of these. */
static lnt_status clear_answered_groups(completing *c, const lnti_column *labelled, lnt_error *err) {
  const lnti_rows *rows = &c->view->rows;
  const lnti_column *groups = &rows->numbers[LNTI_NUMBER_GROUP];
  enum { HAS_IMAGES = 1, HAS_INCOMPLETE = 2 };
  uint8_t *images = NULL; /* [n] of groups: what their images are */
  if (!groups->width) return LNT_OK;
  lnt_status status = lnti_alloc_zero(&images, rows->n, sizeof *images, err);
  for (size_t row = 0; row < rows->n && !status; row++) {
    uint64_t id = lnti_column_number(groups, row);
    size_t group = id ? lnti_rows_find(rows, (int64_t)id) : LNTI_NONE;
    bool complete = !get_bit(c->lacking, row) && lnti_column_code(labelled, row);
    if (group != LNTI_NONE) images[group] |= complete ? HAS_IMAGES : HAS_IMAGES | HAS_INCOMPLETE;
  }
  for (size_t row = 0; row < rows->n && !status; row++) {
    if (images[row] == HAS_IMAGES) c->lacking[row / 64] &= ~((uint64_t)1 << row % 64);
  }
  free(images);
  return status;
}

static lnt_status fill(lnti_column *out, completing *c, lnt_error *err) {
  const lnti_column *labelled = NULL;
  const size_t n = c->view->rows.n;
  lnt_status status = find_lacking(c, err);
  if (!status) status = lnti_view_labelled(&labelled, c->view, err);
  if (!status) status = clear_answered_groups(c, labelled, err);
  for (size_t row = 0; row < n && !status; row++) {
    if (!lnti_column_code(labelled, row) || get_bit(c->lacking, row) || get_bit(c->lacking_own, row)) continue;
    status = lnti_column_set(out, row, 1, err);
  }
  return status ? status : lnti_column_reserve(out, n, err);
}

static lnt_status make_complete(lnti_column *out, lnti_view *view, lnt_error *err) {
  completing c = {.view = view, .n_words = lnti_view_words(view)};
  uint64_t **all[] = {&c.asked, &c.one, &c.lacking, &c.lacking_own};
  lnt_status status = LNT_OK;
  for (size_t i = 0; i < sizeof all / sizeof *all && !status; i++) status = lnti_view_new_bits(all[i], view, err);
  if (!status) status = fill(out, &c, err);
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) free(*all[i]);
  if (status) lnti_column_clear(out);
  return status;
}

/* Nothing is held while it is made: that takes the lock of the caches itself. Two that make it at once make the same. */
lnt_status lnti_view_complete(const lnti_column **out, lnti_view *view, lnt_error *err) {
  lnti_view_caches *caches = NULL;
  lnti_column made = {0};
  bool required = false, there = false;
  for (size_t i = 0; i < view->ontology->n_questions; i++) required = required || view->ontology->questions[i].required;
  if (!required) return lnti_view_labelled(out, view, err);
  pthread_mutex_lock(&view->caching);
  lnt_status status = lnti_view_get_caches(&caches, view, err);
  there = !status && caches->has_complete;
  pthread_mutex_unlock(&view->caching);
  if (!status && !there) status = make_complete(&made, view, err);
  if (status) return status;
  pthread_mutex_lock(&view->caching);
  if (!caches->has_complete) {
    caches->complete = made;
    caches->has_complete = true;
    made = (lnti_column){0};
  }
  pthread_mutex_unlock(&view->caching);
  lnti_column_clear(&made);
  *out = &caches->complete;
  return LNT_OK;
}
