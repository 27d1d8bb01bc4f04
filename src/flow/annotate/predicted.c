/*
 * A prediction names its class by the option's path of ids; that is parsed as every answer is, so that renamed options are found and
 * removed ones refused.
 */
#include <flow/annotate/predicted.h>

#include <base/alloc.h>
#include <base/error.h>
#include <base/json.h>
#include <flow/predict/predicted_set.h>
#include <flow/predict/stored_predictions.h>
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
  lnti_predicted_set set;
  double min;
  const int64_t *wanted;
  size_t n_wanted, at_wanted;
  said *rows;
  size_t n, capacity, next;
};

/* ---- finding the set ---- */

typedef struct lookup {
  int64_t id;
  size_t n_items;
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
  l->n_items = set->n_items;
  free(l->facts);
  l->facts = NULL;
  return lnti_strdup(&l->facts, set->facts_json, err);
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
  const lnti_predicted_set *set = &p->set;
  size_t n = set->labels ? stored->n : 1;
  for (size_t i = 0; i < n; i++) {
    const lnti_stored_class *top = &stored->top[i];
    double least = set->labels && top->class < set->n_classes ? fmax(p->min, set->threshold[top->class]) : p->min;
    if (set->decided && top->class == set->n_ids) continue; /* it was unsure */
    if (top->class >= set->n_ids)
      return lnti_fail(err, LNT_ECORRUPT, "stored predictions are damaged: predict again with --store");
    if (!set->number && least > 0 && !((double)top->p >= least)) continue;
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
    status = lnti_predicted_set_read(&p->set, project, ontology, l.facts, err);
  }
  if (!status && p->set.number && min_confidence > 0)
    status = lnti_fail(err, LNT_EINVAL,
                       "\"%.100s\" tells a number, which has no confidence: leave out --min-confidence", model);
  if (!status) status = lnti_predictions_read(project, l.id, l.n_items, keep_row, p, err);
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
  lnti_predicted_set_clear(&p->set);
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
    if (p->set.number && isfinite(row->p)) lnti_json_float_text(number, row->p);
    least = row->p < least ? row->p : least;
    if (!*allowed_out)
      *allowed_out =
          lnti_answer_parse(answers, p->ontology, &p->set.key, p->set.number ? number : p->set.id[row->class], reason);
  }
  out->item_id = id;
  snprintf(out->name, sizeof out->name, "item %" PRId64, id);
  out->confidence = (double)NAN;
  return p->set.number || !(least >= 0) ? LNT_OK : decimal(&out->confidence, fminf(1, least), err);
}
