#include <flow/predict/predicted_set.h>

#include <base/error.h>
#include <base/json.h>
#include <eval/task.h>
#include <flow/model_question.h>
#include <flow/predict/stored_predictions.h>
#include <stdlib.h>
#include <string.h>

static lnt_status fail_damaged(lnt_error *err) {
  return lnti_fail(err, LNT_ECORRUPT, "what is stored of the predictions is damaged: predict again with --store");
}

static size_t count_children(const lnti_json_value *array) {
  size_t n = 0;
  for (const lnti_json_value *v = array ? array->first : NULL; v; v = v->next) n++;
  return n;
}

static lnt_status read_ids(lnti_predicted_set *p, const lnti_json_value *facts, lnt_error *err) {
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

static lnt_status read_thresholds(lnti_predicted_set *p, const lnti_json_value *facts, lnt_error *err) {
  const lnti_json_value *list = lnti_json_get(facts, "thresholds");
  size_t c = 0;
  lnt_status status = lnti_alloc(&p->threshold, p->n_classes + 1, sizeof *p->threshold, err);
  for (size_t i = 0; i < p->n_classes && !status; i++) p->threshold[i] = 0.5;
  for (const lnti_json_value *v = list ? list->first : NULL; v && c < p->n_classes && !status; v = v->next)
    p->threshold[c++] = v->type == LNTI_JSON_TYPE_NUMBER ? (double)(float)v->number : 0.5; /* as predict compares */
  return status;
}

/* The question that they answer, by the path that it has now. */
static lnt_status find_key(lnti_predicted_set *p, lnti_project *project, const lnti_ontology *ontology,
                           const char *target, lnt_error *err) {
  lnti_text path = {0};
  lnt_status status = lnti_target_of_model(&p->question, project, ontology, target, err);
  if (!status) status = lnti_ontology_question_path(&path, ontology, p->question, err);
  if (!status) status = lnti_answer_key_find(&p->key, ontology, path.data, err);
  lnti_text_clear(&path);
  return status;
}

static lnt_status read_facts(lnti_predicted_set *p, lnti_project *project, const lnti_ontology *ontology,
                             const char *json, lnt_error *err) {
  const lnti_json_value *facts = NULL;
  const char *target = NULL, *task = NULL;
  p->arena.cap = LNTI_STORED_FACTS_BYTES_MAX;
  lnt_status status = lnti_json_parse(&facts, &p->arena, json, strlen(json), "predictions", err);
  if (!status && facts->type != LNTI_JSON_TYPE_OBJECT) return fail_damaged(err);
  if (!status) status = lnti_json_get_string(&target, facts, "target", NULL, err);
  if (!status) status = lnti_json_get_string(&task, facts, "task", NULL, err);
  if (!status && (!target || !task)) return fail_damaged(err);
  if (!status) status = find_key(p, project, ontology, target, err);
  if (status) return status;
  p->labels = strcmp(task, lnti_task_name(LNTI_MULTILABEL)) == 0;
  p->number = strcmp(task, lnti_task_name(LNTI_REGRESSION)) == 0;
  p->decided = lnti_json_get(facts, "min_confidence") != NULL;
  status = read_ids(p, facts, err);
  return status ? status : read_thresholds(p, facts, err);
}

lnt_status lnti_predicted_set_read(lnti_predicted_set *out, lnti_project *project, const lnti_ontology *ontology,
                                   const char *facts_json, lnt_error *err) {
  lnti_predicted_set set = {0};
  lnt_status status = read_facts(&set, project, ontology, facts_json, err);
  if (status) {
    lnti_predicted_set_clear(&set);
    return status;
  }
  *out = set;
  return LNT_OK;
}

void lnti_predicted_set_clear(lnti_predicted_set *set) {
  lnti_arena_clear(&set->arena);
  free(set->id);
  free(set->threshold);
  *set = (lnti_predicted_set){0};
}

/* ---- the target alone ---- */

typedef struct rest {
  const char *at;
  size_t n;
} rest;

static lnt_status read_rest(size_t *n_out, void *payload, char *buffer, size_t n, lnt_error *err) {
  rest *r = payload;
  (void)err;
  if (n > r->n) n = r->n;
  memcpy(buffer, r->at, n);
  r->at += n;
  r->n -= n;
  *n_out = n;
  return LNT_OK;
}

lnt_status lnti_predicted_target(char **out, const char *facts_json, lnt_error *err) {
  rest r = {facts_json, strlen(facts_json)};
  lnti_json_reader *reader = NULL;
  lnti_json_event event = LNTI_JSON_END;
  const char *text = NULL;
  bool is_key = false;
  lnt_status status = lnti_json_reader_new(&reader, read_rest, &r, NULL, err);
  if (!status) status = lnti_json_next(&event, NULL, NULL, reader, err); /* { */
  if (!status) status = lnti_json_next(&event, &text, NULL, reader, err);
  if (!status) is_key = event == LNTI_JSON_KEY && strcmp(text, "target") == 0; /* it is written first */
  if (!status && is_key) status = lnti_json_next(&event, &text, NULL, reader, err);
  bool found = !status && is_key && event == LNTI_JSON_STRING;
  if (found) status = lnti_strdup(out, text, err);
  lnti_json_reader_free(reader);
  return found || status == LNT_ENOMEM ? status : fail_damaged(err);
}
