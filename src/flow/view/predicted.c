/*
 * Which predictions are stored, and their columns, kept from when they are first asked for until the set, the ontology or the rows
 * are others. What they are compared with changes with every answer, and is made anew after each.
 */
#include <base/error.h>
#include <flow/model_question.h>
#include <flow/predict/predicted_set.h>
#include <flow/view/parts.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct lnti_view_predictions {
  pthread_mutex_t lock; /* guards the rest, among readers */
  lnti_view_predicted *all[LNTI_VIEW_PREDICTED_MAX];
  size_t n;
};

lnt_status lnti_view_predictions_new(lnti_view_predictions **out, lnt_error *err) {
  lnti_view_predictions *p = NULL;
  lnt_status status = lnti_alloc_zero(&p, 1, sizeof *p, err);
  if (status) return status;
  pthread_mutex_init(&p->lock, NULL);
  *out = p;
  return LNT_OK;
}

void lnti_view_predictions_free(lnti_view_predictions *predictions) {
  if (!predictions) return;
  pthread_mutex_destroy(&predictions->lock);
  free(predictions);
}

/* ---- which there are ---- */

typedef struct set_list {
  lnti_view *view;
  lnti_predicted_name *sets;
  size_t n, capacity;
  lnti_arena names;
} set_list;

/* One that is damaged, or whose question is gone, is no key: annotate says why. */
static lnt_status keep_set(void *payload, const lnti_item_set *set, lnt_error *err) {
  set_list *list = payload;
  lnti_predicted_name name = {.set_id = set->id};
  char *target = NULL, *copy = NULL;
  lnt_error damaged = LNT_ERROR_INIT;
  lnt_status status = lnti_predicted_target(&target, set->facts_json, &damaged);
  if (status == LNT_ENOMEM) return lnti_fail(err, status, "%s", damaged.message);
  if (status) return LNT_OK;
  status = lnti_question_called(&name.question, list->view->project, list->view->ontology, target, err);
  free(target);
  if (status || name.question == LNTI_NONE) return status;
  status = lnti_grow(&list->sets, &list->capacity, list->n + 1, sizeof *list->sets, err);
  if (!status) status = lnti_arena_strndup(&copy, &list->names, set->name, strlen(set->name), err);
  name.name = copy;
  if (!status) list->sets[list->n++] = name;
  return status;
}

static bool same_sets(const lnti_view *view, const set_list *list) {
  if (view->names.n_predicted != list->n) return false;
  for (size_t i = 0; i < list->n; i++) {
    if (view->sets[i].set_id != list->sets[i].set_id || view->sets[i].question != list->sets[i].question) return false;
  }
  return true;
}

lnt_status lnti_view_update_sets(lnti_view *view, lnt_error *err) {
  set_list list = {.view = view};
  lnt_status status = lnti_store_sets(view->project->store, LNTI_SET_PREDICTIONS, NULL, keep_set, &list, err);
  if (!status && !same_sets(view, &list)) {
    pthread_rwlock_wrlock(&view->lock);
    lnti_view_forget_predicted(view);
    lnti_view_forget(view); /* orders by them */
    view->sets = list.sets;
    view->set_names = list.names;
    view->names.predicted = list.sets;
    view->names.n_predicted = list.n;
    view->generation++;
    list = (set_list){0};
    pthread_rwlock_unlock(&view->lock);
  }
  lnti_arena_clear(&list.names);
  free(list.sets);
  return status;
}

/* ---- forgetting ---- */

void lnti_view_forget_predicted(lnti_view *view) {
  lnti_view_predictions *known = view->predictions;
  for (size_t i = 0; known && i < known->n; i++) lnti_predicted_free(known->all[i]);
  if (known) known->n = 0;
  lnti_arena_clear(&view->set_names);
  free(view->sets);
  view->sets = NULL;
  view->names.predicted = NULL;
  view->names.n_predicted = 0;
}

void lnti_view_forget_comparisons(lnti_view *view) {
  lnti_view_predictions *known = view->predictions;
  size_t kept = 0;
  for (size_t i = 0; known && i < known->n; i++) {
    lnti_view_predicted *p = known->all[i];
    lnti_column_clear(&p->comparisons);
    p->has_comparisons = false;
    if (p->rows.n == view->rows.n) {
      known->all[kept++] = p;
    } else {
      lnti_predicted_free(p);
    }
  }
  if (known) known->n = kept;
}

/* ---- asking ---- */

static bool is_predicted(const lnti_view *view, const lnti_field *field) {
  return field->kind >= LNTI_FIELD_PREDICTED && field->index < view->names.n_predicted;
}

static int64_t label_of(const lnti_view *view, const lnti_field *field) {
  bool label = field->kind == LNTI_FIELD_CONFIDENCE && field->option != LNTI_NONE;
  return label ? view->ontology->options[field->option].id : 0;
}

static lnti_view_predicted *find(const lnti_view_predictions *known, int64_t set_id, int64_t option_id) {
  for (size_t i = 0; i < known->n; i++) {
    if (known->all[i]->set_id == set_id && known->all[i]->option_id == option_id) return known->all[i];
  }
  return NULL;
}

lnti_view_predicted *lnti_view_predicted_of(const lnti_view *view, const lnti_field *field) {
  lnti_view_predictions *known = view->predictions;
  if (!is_predicted(view, field)) return NULL;
  pthread_mutex_lock(&known->lock);
  lnti_view_predicted *found = find(known, view->sets[field->index].set_id, label_of(view, field));
  pthread_mutex_unlock(&known->lock);
  return found;
}

const lnti_question_rows *lnti_view_answer_rows(const lnti_view *view, const lnti_field *field) {
  const lnti_question *question = &view->ontology->questions[lnti_field_question(field, &view->names)];
  if (field->kind < LNTI_FIELD_PREDICTED) return lnti_rows_question(&view->rows, question->id);
  const lnti_view_predicted *predicted = lnti_view_predicted_of(view, field);
  return predicted ? lnti_rows_question(&predicted->rows, question->id) : NULL;
}

/* Two threads may make the same columns at once; the first to be done are kept. */
static lnt_status keep(lnti_view_predictions *known, lnti_view_predicted *made, lnt_error *err) {
  lnt_status status = LNT_OK;
  pthread_mutex_lock(&known->lock);
  if (find(known, made->set_id, made->option_id)) {
    lnti_predicted_free(made);
  } else if (known->n == LNTI_VIEW_PREDICTED_MAX) {
    lnti_predicted_free(made);
    status = lnti_fail(err, LNT_ELIMIT, "at most %d models and labels are asked for at once", LNTI_VIEW_PREDICTED_MAX);
  } else {
    known->all[known->n++] = made;
  }
  pthread_mutex_unlock(&known->lock);
  return status;
}

static lnt_status make(lnti_view *view, const lnti_field *field, lnt_error *err) {
  const lnti_predicted_name *name = &view->sets[field->index];
  lnti_view_predicted *made = NULL;
  int64_t option_id = label_of(view, field);
  lnt_status status = lnti_alloc_zero(&made, 1, sizeof *made, err);
  if (status) return status;
  made->set_id = name->set_id;
  made->option_id = option_id;
  status = lnti_predicted_build(made, view, name, option_id ? field->option : LNTI_NONE, err);
  if (!status) return keep(view->predictions, made, err);
  lnti_predicted_free(made);
  return status;
}

lnt_status lnti_view_need(lnti_view *view, const lnti_field *field, lnt_error *err) {
  if (field->kind < LNTI_FIELD_PREDICTED) return LNT_OK;
  if (!is_predicted(view, field))
    return lnti_fail(err, LNT_ECONFLICT, "these predictions are there no more: ask again");
  lnt_status status = lnti_view_predicted_of(view, field) ? LNT_OK : make(view, field, err);
  if (status || field->kind != LNTI_FIELD_DISAGREES) return status;
  lnti_view_predicted *predicted = lnti_view_predicted_of(view, field);
  pthread_mutex_lock(&view->predictions->lock);
  if (!predicted->has_comparisons)
    status = lnti_predicted_compare(predicted, view, lnti_field_question(field, &view->names), err);
  pthread_mutex_unlock(&view->predictions->lock);
  return status;
}

/* ---- one item ---- */

static lnt_status add_row(lnti_view_prediction *out, const lnti_answer_row *row, lnt_error *err) {
  lnt_status status = lnti_grow(&out->rows, &out->capacity, out->n + 1, sizeof *out->rows, err);
  if (!status) out->rows[out->n++] = *row;
  return status;
}

static lnt_status read_row(lnti_view_prediction *out, const lnti_question_rows *q, size_t row, lnt_error *err) {
  uint32_t code = lnti_column_code(&q->codes, row);
  lnti_answer_row answer = {.question_id = q->question_id, .state = LNTI_ANSWERED};
  lnt_status status = LNT_OK;
  if (code == LNTI_CODE_UNSURE) answer.state = LNTI_UNSURE;
  if (code == LNTI_CODE_NONE) answer.state = LNTI_NONE_OF_THESE;
  if (code >= LNTI_CODE_FIRST && code - LNTI_CODE_FIRST < q->options.n)
    answer.option_id = q->options.ids[code - LNTI_CODE_FIRST];
  answer.number = lnti_column_real(&q->numbers, row);
  if (code != LNTI_CODE_UNANSWERED) status = add_row(out, &answer, err);
  for (size_t i = 0; i < q->checks.n && !status; i++) {
    answer =
        (lnti_answer_row){.question_id = q->question_id, .slot = q->checks.ids[i], .state = LNTI_ANSWERED, .number = 1};
    if (lnti_bits_get(&q->bits[i].yes, row)) status = add_row(out, &answer, err);
  }
  return status;
}

static lnt_status read_prediction(lnti_view_prediction *out, lnti_view *view, size_t set, int64_t item_id,
                                  lnt_error *err) {
  const lnti_field field = {LNTI_FIELD_PREDICTED, set, LNTI_NONE};
  size_t row = lnti_rows_find(&view->rows, item_id);
  lnt_status status = lnti_view_need(view, &field, err);
  if (status || row == LNTI_NONE) return status;
  const lnti_question_rows *q = lnti_view_answer_rows(view, &field);
  out->confidence = lnti_column_real(&lnti_view_predicted_of(view, &field)->confidence, row);
  return q ? read_row(out, q, row, err) : LNT_OK;
}

lnt_status lnti_view_item_prediction(lnti_view_prediction *out, lnti_view *view, size_t set, int64_t item_id,
                                     lnt_error *err) {
  out->n = 0;
  out->confidence = (double)NAN;
  lnti_view_lock(view);
  lnt_status status = read_prediction(out, view, set, item_id, err);
  lnti_view_unlock(view);
  return status;
}
