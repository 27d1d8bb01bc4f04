/*
 * A prediction names its class by the option's path of ids; that is parsed as every answer is, so that renamed options are found and
 * removed ones refused.
 */
#include <flow/annotate/predicted.h>

#include <base/alloc.h>
#include <base/error.h>
#include <base/json.h>
#include <eval/task.h>
#include <flow/stored_predictions.h>
#include <flow/model_question.h>
#include <flow/target.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAMES_SHOWN = 400 };

/* One class of one item. */
typedef struct said {
  int64_t item_id;
  size_t class;
  float p;
} said;

struct lnti_predicted_answers {
  const lnti_ontology *ontology;
  lnti_answer_key key;
  lnti_arena arena; /* of the facts */
  const char **id;  /* [n_classes + n_nodes] */
  const double *threshold;
  double *own_threshold;
  size_t n_classes, n_ids;
  bool labels, number, decided;
  double min;
  const int64_t *wanted;
  size_t n_wanted, at_wanted;
  said *rows;
  size_t n, capacity, next;
};

/* ---- finding the set ---- */

typedef struct lookup {
  int64_t id;
  char *facts;
  lnti_text names;
  const char *wanted;
} lookup;

static lnt_status note_set(void *payload, const lnti_item_set *set, lnt_error *err) {
  lookup *l = payload;
  if (strcmp(set->name, l->wanted) != 0)
    return l->names.length < NAMES_SHOWN
               ? lnti_text_printf(&l->names, err, "%s%s", l->names.length ? ", " : "", set->name)
               : LNT_OK;
  l->id = set->id;
  free(l->facts);
  l->facts = NULL;
  return lnti_strdup(&l->facts, set->facts_json, err);
}

/* ---- facts ---- */

static size_t count_children(const lnti_json_value *array) {
  size_t n = 0;
  for (const lnti_json_value *v = array ? array->first : NULL; v; v = v->next) n++;
  return n;
}

static lnt_status fail_damaged(lnt_error *err) {
  return lnti_fail(err, LNT_ECORRUPT, "what is stored of the predictions is damaged: predict again with --store");
}

static lnt_status read_ids(lnti_predicted_answers *p, const lnti_json_value *facts, lnt_error *err) {
  const lnti_json_value *lists[2] = {lnti_json_get(facts, "classes"), lnti_json_get(facts, "nodes")};
  p->n_classes = count_children(lists[0]);
  lnt_status status = lnti_alloc(&p->id, p->n_classes + count_children(lists[1]) + 1, sizeof *p->id, err);
  for (size_t l = 0; l < 2 && !status; l++) {
    for (const lnti_json_value *v = lists[l] ? lists[l]->first : NULL; v && !status; v = v->next) {
      if (v->type != LNTI_JSON_TYPE_STRING) return fail_damaged(err);
      p->id[p->n_ids++] = v->text;
    }
  }
  return status;
}

static lnt_status read_thresholds(lnti_predicted_answers *p, const lnti_json_value *facts, lnt_error *err) {
  const lnti_json_value *list = lnti_json_get(facts, "thresholds");
  size_t c = 0;
  lnt_status status = lnti_alloc(&p->own_threshold, p->n_classes + 1, sizeof *p->own_threshold, err);
  for (size_t i = 0; i < p->n_classes && !status; i++) p->own_threshold[i] = 0.5;
  for (const lnti_json_value *v = list ? list->first : NULL; v && c < p->n_classes && !status; v = v->next)
    p->own_threshold[c++] = v->type == LNTI_JSON_TYPE_NUMBER ? v->number : 0.5;
  return status;
}

/* The question that they answer, by the path that it has now. */
static lnt_status find_key(lnti_predicted_answers *p, lnti_project *project, const char *target, lnt_error *err) {
  lnti_text path = {0};
  size_t question = LNTI_NONE;
  lnt_status status = lnti_target_of_model(&question, project, p->ontology, target, err);
  if (!status) status = lnti_ontology_question_path(&path, p->ontology, question, err);
  if (!status) status = lnti_answer_key_find(&p->key, p->ontology, path.data, err);
  lnti_text_clear(&path);
  return status;
}

static lnt_status read_facts(lnti_predicted_answers *p, lnti_project *project, const char *json, lnt_error *err) {
  const lnti_json_value *facts = NULL;
  const char *target = NULL, *task = NULL;
  p->arena.cap = LNTI_STORED_FACTS_BYTES_MAX;
  lnt_status status = lnti_json_parse(&facts, &p->arena, json, strlen(json), "predictions", err);
  if (!status && facts->type != LNTI_JSON_TYPE_OBJECT) return fail_damaged(err);
  if (!status) status = lnti_json_get_string(&target, facts, "target", NULL, err);
  if (!status) status = lnti_json_get_string(&task, facts, "task", NULL, err);
  if (!status && (!target || !task)) return fail_damaged(err);
  if (!status) status = find_key(p, project, target, err);
  if (status) return status;
  p->labels = strcmp(task, lnti_task_name(LNTI_MULTILABEL)) == 0;
  p->number = strcmp(task, lnti_task_name(LNTI_REGRESSION)) == 0;
  p->decided = lnti_json_get(facts, "min_confidence") != NULL;
  status = read_ids(p, facts, err);
  return status ? status : read_thresholds(p, facts, err);
}

/* ---- rows ---- */

static bool is_wanted(lnti_predicted_answers *p, int64_t id) {
  if (!p->wanted) return true;
  while (p->at_wanted < p->n_wanted && p->wanted[p->at_wanted] < id) p->at_wanted++;
  return p->at_wanted < p->n_wanted && p->wanted[p->at_wanted] == id;
}

static lnt_status keep_row(void *payload, const lnti_stored_prediction *stored, lnt_error *err) {
  lnti_predicted_answers *p = payload;
  if (!is_wanted(p, stored->item_id)) return LNT_OK;
  size_t n = p->labels ? stored->n : 1;
  for (size_t i = 0; i < n; i++) {
    const lnti_stored_class *top = &stored->top[i];
    double least = p->labels && top->class < p->n_classes ? fmax(p->min, p->own_threshold[top->class]) : p->min;
    if (p->decided && top->class == p->n_ids) continue; /* it was unsure */
    if (top->class >= p->n_ids) return fail_damaged(err);
    if (!p->number && least > 0 && !((double)top->p >= least)) continue;
    lnt_status status = lnti_grow(&p->rows, &p->capacity, p->n + 1, sizeof *p->rows, err);
    if (status) return status;
    p->rows[p->n++] = (said){stored->item_id, top->class, top->p};
  }
  return LNT_OK;
}

lnt_status lnti_predicted_answers_open(lnti_predicted_answers **out, lnti_project *project,
                                       const lnti_ontology *ontology, const char *model, double min_confidence,
                                       const int64_t *ids, size_t n_ids, lnt_error *err) {
  lnti_predicted_answers *p = NULL;
  lookup l = {.wanted = model};
  lnt_status status = lnti_store_sets(project->store, LNTI_SET_PREDICTIONS, NULL, note_set, &l, err);
  if (!status && l.id == 0)
    status =
        lnti_fail(err, LNT_ENOTFOUND,
                  "no predictions of \"%.100s\" are stored (there are: %.300s): linnet predict MODEL --items FILTER "
                  "--store, or linnet import --predictions FILE --name NAME",
                  model, l.names.length ? l.names.data : "none");
  if (!status) status = lnti_alloc_zero(&p, 1, sizeof *p, err);
  if (!status) {
    p->ontology = ontology;
    p->min = (double)(float)min_confidence; /* as probabilities are kept: what is exactly that counts */
    p->wanted = ids;
    p->n_wanted = n_ids;
    status = read_facts(p, project, l.facts, err);
  }
  if (!status && p->number && min_confidence > 0)
    status = lnti_fail(err, LNT_EINVAL,
                       "\"%.100s\" tells a number, which has no confidence: leave out --min-confidence", model);
  if (!status) status = lnti_predictions_read(project, l.id, keep_row, p, err);
  free(l.facts);
  lnti_text_clear(&l.names);
  if (status) {
    lnti_predicted_answers_close(p);
    return status;
  }
  *out = p;
  return LNT_OK;
}

void lnti_predicted_answers_close(lnti_predicted_answers *p) {
  if (!p) return;
  lnti_arena_clear(&p->arena);
  free(p->id);
  free(p->own_threshold);
  free(p->rows);
  free(p);
}

/* ---- one item after another ---- */

/* 0.9 of a float is 0.9, not 0.899999976: what is kept as a decimal is what was said. */
static lnt_status decimal(double *out, float value, lnt_error *err) {
  char text[LNTI_JSON_REAL_TEXT];
  lnti_json_float_text(text, value);
  return lnti_parse_real(out, text, "a probability", err);
}

lnt_status lnti_predicted_answers_next(bool *more_out, lnti_answer_line *out, lnti_answer_list *answers,
                                       lnt_status *allowed_out, lnt_error *reason, lnti_predicted_answers *p,
                                       lnt_error *err) {
  *more_out = p->next < p->n;
  if (!*more_out) return LNT_OK;
  const int64_t id = p->rows[p->next].item_id;
  float least = p->rows[p->next].p;
  answers->n = 0;
  lnti_arena_clear(&answers->arena);
  *allowed_out = LNT_OK;
  for (; p->next < p->n && p->rows[p->next].item_id == id; p->next++) {
    const said *row = &p->rows[p->next];
    char number[LNTI_JSON_REAL_TEXT] = "";
    if (p->number && isfinite(row->p)) lnti_json_float_text(number, row->p);
    least = row->p < least ? row->p : least;
    if (!*allowed_out)
      *allowed_out = lnti_answer_parse(answers, p->ontology, &p->key, p->number ? number : p->id[row->class], reason);
  }
  out->item_id = id;
  snprintf(out->name, sizeof out->name, "item %" PRId64, id);
  out->confidence = (double)NAN;
  return p->number || !(least >= 0) ? LNT_OK : decimal(&out->confidence, fminf(1, least), err);
}
