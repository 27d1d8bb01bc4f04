/*
 * One set of predictions as columns like those of answers, so that filters, counts and sorts work on both alike; and where it differs
 * from what people say.
 */
#include <base/error.h>
#include <flow/predict/predicted_set.h>
#include <flow/predict/stored_predictions.h>
#include <flow/view/parts.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- reading ---- */

typedef struct building {
  lnti_view_predicted *out;
  const lnti_view *view;
  const lnti_predicted_set *set;
  size_t *option;    /* [n_ids] of each class, as the ontology is now; LNTI_NONE: there is none */
  size_t label;      /* the option whose confidence alone is wanted; LNTI_NONE */
  uint64_t *covered; /* of labels: rows with a prediction */
} building;

/* What a class says to the question itself; a class may answer questions below it too. */
static size_t option_of(const lnti_predicted_set *set, const lnti_answer_list *answers) {
  for (size_t i = 0; i < answers->n; i++) {
    if (answers->answer[i].question == set->question) return answers->answer[i].option;
  }
  return LNTI_NONE;
}

static lnt_status find_options(building *b, lnt_error *err) {
  const lnti_predicted_set *set = b->set;
  lnti_answer_list answers = {0};
  lnt_status status = lnti_alloc(&b->option, set->n_ids + 1, sizeof *b->option, err);
  for (size_t c = 0; c < set->n_ids && !status && !set->number; c++) {
    lnt_error gone = LNT_ERROR_INIT;
    answers.n = 0;
    lnti_arena_clear(&answers.arena);
    lnt_status found = lnti_answer_parse(&answers, b->view->ontology, &set->key, set->id[c], &gone);
    if (found == LNT_ENOMEM) status = lnti_fail(err, found, "%s", gone.message);
    b->option[c] = found ? LNTI_NONE : option_of(set, &answers);
    if (!status && c % 1024 == 0) status = lnti_cancel_check(b->view->project->context.cancel, err);
  }
  lnti_answer_list_clear(&answers);
  return status;
}

static lnt_status say(building *b, size_t row, lnti_answer_row answer, lnt_error *err) {
  answer.question_id = b->view->ontology->questions[b->set->question].id;
  return lnti_rows_answer(&b->out->rows, row, &answer, err);
}

static lnt_status say_label(building *b, size_t row, size_t option, bool yes, lnt_error *err) {
  return say(b, row,
             (lnti_answer_row){.slot = b->view->ontology->options[option].id, .state = LNTI_ANSWERED, .number = yes},
             err);
}

/* The confidence of labels is that of the least sure one that applies. */
static lnt_status take_labels(building *b, size_t row, const lnti_stored_prediction *p, lnt_error *err) {
  const lnti_predicted_set *set = b->set;
  bool first = true;
  float least = NAN;
  lnt_status status = LNT_OK;
  for (size_t i = 0; i < p->n && !status; i++) {
    const lnti_stored_class *top = &p->top[i];
    if (!((double)top->p >= set->threshold[top->class]) || b->option[top->class] == LNTI_NONE) continue;
    if (first || top->p < least) least = top->p;
    first = false;
    status = say_label(b, row, b->option[top->class], true, err);
  }
  if (!status && first) status = say(b, row, (lnti_answer_row){.state = LNTI_NONE_OF_THESE}, err);
  if (!status && !first) status = lnti_column_set_real(&b->out->confidence, row, (double)least, err);
  b->covered[row / 64] |= (uint64_t)1 << row % 64;
  return status;
}

static lnt_status take_label(building *b, size_t row, const lnti_stored_prediction *p, lnt_error *err) {
  for (size_t i = 0; i < p->n; i++) {
    if (b->option[p->top[i].class] == b->label)
      return lnti_column_set_real(&b->out->confidence, row, (double)p->top[i].p, err);
  }
  return LNT_OK;
}

static lnt_status take_class(building *b, size_t row, const lnti_stored_class *top, lnt_error *err) {
  lnti_answer_row answer = {.state = LNTI_UNSURE};
  if (top->class < b->set->n_ids) {
    size_t option = b->option[top->class];
    if (option == LNTI_NONE) return LNT_OK; /* it is no answer any more */
    answer = (lnti_answer_row){.state = LNTI_ANSWERED, .option_id = b->view->ontology->options[option].id};
  }
  lnt_status status = say(b, row, answer, err);
  return status || isnan(top->p) ? status : lnti_column_set_real(&b->out->confidence, row, (double)top->p, err);
}

static lnt_status take(void *payload, const lnti_stored_prediction *p, lnt_error *err) {
  building *b = payload;
  const lnti_predicted_set *set = b->set;
  size_t row = lnti_rows_find(&b->view->rows, p->item_id);
  for (size_t i = 0; i < p->n; i++) {
    bool unsure = set->decided && p->top[i].class == set->n_ids;
    if (p->top[i].class >= (set->labels ? set->n_classes : set->n_ids) && !unsure)
      return lnti_fail(err, LNT_ECORRUPT, "stored predictions are damaged: predict again with --store");
  }
  if (row == LNTI_NONE) return LNT_OK;
  if (set->number) {
    lnti_answer_row answer = {.state = LNTI_ANSWERED, .number = (double)p->top[0].p};
    return isfinite(p->top[0].p) ? say(b, row, answer, err) : LNT_OK;
  }
  if (b->label != LNTI_NONE) return take_label(b, row, p, err);
  return set->labels ? take_labels(b, row, p, err) : take_class(b, row, &p->top[0], err);
}

/* A label that a model knows and does not name is a no. */
static lnt_status fill_noes(building *b, lnt_error *err) {
  const size_t words = lnti_view_words(b->view);
  size_t first = 0;
  lnt_status status = LNT_OK;
  while (first < b->view->rows.n && !(b->covered[first / 64] >> first % 64 & 1)) first++;
  if (first == b->view->rows.n) return LNT_OK;
  for (size_t c = 0; c < b->set->n_classes && !status; c++) {
    const lnti_question_rows *q = lnti_rows_question(&b->out->rows, b->view->ontology->questions[b->set->question].id);
    size_t place = q && b->option[c] != LNTI_NONE
                       ? lnti_places_find(&q->checks, b->view->ontology->options[b->option[c]].id)
                       : LNTI_NONE;
    bool yes = place != LNTI_NONE && lnti_bits_get(&q->bits[place].yes, first);
    if (b->option[c] != LNTI_NONE && !yes) status = say_label(b, first, b->option[c], false, err);
  }
  lnti_question_rows *q =
      status ? NULL : lnti_rows_question(&b->out->rows, b->view->ontology->questions[b->set->question].id);
  for (size_t i = 0; q && i < q->checks.n && !status; i++) {
    lnti_option_bits *bits = &q->bits[i];
    lnti_column no = {.capacity = lnti_facet_words(words) * 64, .width = 8};
    status = lnti_alloc_aligned(&no.data, no.capacity, 8, err);
    if (status) break;
    memset(no.data, 0, no.capacity * 8);
    for (size_t w = 0; w < words; w++) {
      uint64_t yes = w < bits->yes.capacity ? ((const uint64_t *)bits->yes.data)[w] : 0;
      ((uint64_t *)no.data)[w] = b->covered[w] & ~yes;
    }
    lnti_column_clear(&bits->no);
    bits->no = no;
  }
  return status;
}

static lnt_status finish(building *b, lnt_error *err) {
  lnt_status status = b->set->labels && b->label == LNTI_NONE ? fill_noes(b, err) : LNT_OK;
  if (!status) status = lnti_rows_ready(&b->out->rows, err);
  return status ? status : lnti_column_reserve(&b->out->confidence, b->view->rows.n, err);
}

/* ---- the set's facts ---- */

typedef struct lookup {
  int64_t id;
  size_t n_items;
  char *facts;
} lookup;

static lnt_status note_set(void *payload, const lnti_item_set *set, lnt_error *err) {
  lookup *l = payload;
  if (set->id != l->id || l->facts) return LNT_OK;
  l->n_items = set->n_items;
  return lnti_strdup(&l->facts, set->facts_json, err);
}

lnt_status lnti_predicted_build(lnti_view_predicted *out, lnti_view *view, const lnti_predicted_name *name,
                                size_t option, lnt_error *err) {
  lnti_predicted_set set = {0};
  lookup l = {.id = name->set_id};
  building b = {.out = out, .view = view, .set = &set, .label = option};
  out->confidence.real = true;
  lnti_rows_init(&out->rows);
  out->rows.n = view->rows.n;
  lnt_status status = lnti_store_sets(view->project->store, LNTI_SET_PREDICTIONS, name->name, note_set, &l, err);
  if (!status && !l.facts)
    status = lnti_fail(err, LNT_ECONFLICT,
                       "the predictions of \"%.100s\" were replaced or removed meanwhile: ask again", name->name);
  if (!status) status = lnti_predicted_set_read(&set, view->project, view->ontology, l.facts, err);
  if (!status) status = find_options(&b, err);
  if (!status) status = lnti_view_new_bits(&b.covered, view, err);
  if (!status) status = lnti_predictions_read(view->project, l.id, l.n_items, take, &b, err);
  if (!status) status = finish(&b, err);
  free(b.covered);
  free(b.option);
  free(l.facts);
  lnti_predicted_set_clear(&set);
  return status;
}

void lnti_predicted_free(lnti_view_predicted *predicted) {
  lnti_rows_clear(&predicted->rows);
  lnti_column_clear(&predicted->confidence);
  lnti_column_clear(&predicted->comparisons);
  free(predicted);
}

/* ---- comparing ---- */

typedef struct comparing {
  const lnti_ontology *ontology;
  const lnti_question_rows *said, *predicted;
  bool labels;
} comparing;

static bool is_answered(const comparing *c, size_t row) {
  if (lnti_column_code(&c->said->codes, row) != LNTI_CODE_UNANSWERED) return true;
  for (size_t i = 0; c->labels && i < c->said->checks.n; i++) {
    if (lnti_bits_get(&c->said->bits[i].yes, row) || lnti_bits_get(&c->said->bits[i].no, row)) return true;
  }
  return false;
}

/* Whether one option is the other or, in a tree, lies above it: then one is only less exact. */
static bool agree(const lnti_ontology *o, int64_t a, int64_t b) {
  if (a == b) return true;
  size_t x = lnti_ontology_option_by_id(o, a), y = lnti_ontology_option_by_id(o, b);
  if (x == LNTI_NONE || y == LNTI_NONE) return false;
  for (size_t up = o->options[x].parent; up != LNTI_NONE; up = o->options[up].parent) {
    if (up == y) return true;
  }
  for (size_t up = o->options[y].parent; up != LNTI_NONE; up = o->options[up].parent) {
    if (up == x) return true;
  }
  return false;
}

static lnti_comparison compare_options(const comparing *c, size_t row, size_t said_row) {
  uint32_t predicted = lnti_column_code(&c->predicted->codes, row), said = lnti_column_code(&c->said->codes, said_row);
  if (predicted < LNTI_CODE_FIRST || said == LNTI_CODE_UNANSWERED || said == LNTI_CODE_UNSURE)
    return LNTI_COMPARED_NONE;
  if (said == LNTI_CODE_NONE) return LNTI_COMPARED_DIFFERENT;
  bool same = agree(c->ontology, c->predicted->options.ids[predicted - LNTI_CODE_FIRST],
                    c->said->options.ids[said - LNTI_CODE_FIRST]);
  return same ? LNTI_COMPARED_SAME : LNTI_COMPARED_DIFFERENT;
}

/* Over the options that both know; "none of these" is a no to all. */
static lnti_comparison compare_labels(const comparing *c, size_t row, size_t said_row) {
  const bool none = lnti_column_code(&c->said->codes, said_row) == LNTI_CODE_NONE;
  lnti_comparison found = LNTI_COMPARED_NONE;
  for (size_t i = 0; i < c->predicted->checks.n; i++) {
    const lnti_option_bits *p = &c->predicted->bits[i];
    bool yes = lnti_bits_get(&p->yes, row), said_yes = false, said_no = none;
    if (!yes && !lnti_bits_get(&p->no, row)) continue;
    size_t place = lnti_places_find(&c->said->checks, c->predicted->checks.ids[i]);
    if (place != LNTI_NONE) {
      said_yes = lnti_bits_get(&c->said->bits[place].yes, said_row);
      said_no = said_no || lnti_bits_get(&c->said->bits[place].no, said_row);
    }
    if (!said_yes && !said_no) continue;
    if (said_yes != yes) return LNTI_COMPARED_DIFFERENT;
    found = LNTI_COMPARED_SAME;
  }
  return found;
}

lnt_status lnti_predicted_compare(lnti_view_predicted *predicted, const lnti_view *view, size_t question,
                                  lnt_error *err) {
  const lnti_question *asked = &view->ontology->questions[question];
  const lnti_column *groups = &view->rows.numbers[LNTI_NUMBER_GROUP];
  comparing c = {view->ontology, lnti_rows_question(&view->rows, asked->id),
                 lnti_rows_question(&predicted->rows, asked->id), asked->type == LNTI_CHECKLIST};
  lnti_column out = {0};
  lnt_status status = LNT_OK;
  for (size_t row = 0; c.said && c.predicted && row < view->rows.n && !status; row++) {
    uint64_t id = is_answered(&c, row) ? 0 : lnti_column_number(groups, row);
    size_t group = id ? lnti_rows_find(&view->rows, (int64_t)id) : LNTI_NONE;
    size_t said_row = group == LNTI_NONE ? row : group; /* the answer of a group is that of its images */
    lnti_comparison found = c.labels ? compare_labels(&c, row, said_row) : compare_options(&c, row, said_row);
    if (found) status = lnti_column_set(&out, row, found, err);
  }
  if (!status) status = lnti_column_reserve(&out, view->rows.n, err);
  if (status) {
    lnti_column_clear(&out);
    return status;
  }
  predicted->comparisons = out;
  predicted->has_comparisons = true;
  return LNT_OK;
}
