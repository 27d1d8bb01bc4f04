/*
 * Two models on the same items. Both are judged anew on the rows that both have, by all classes of either (so that a class which
 * only one knows is a mistake it can make) or by the labels of both; the resamples are then the same, and differences paired.
 */
#include <base/alloc.h>
#include <base/error.h>
#include <flow/evaluate/evaluate.h>
#include <math.h>
#include <math/topk.h>
#include <model/model.h>
#include <stdlib.h>
#include <string.h>

enum { NONE = -1 };

/* One model's answers on what is compared. */
typedef struct side {
  const lnti_evaluate_result *of;
  size_t *row;     /* [n] its rows */
  int32_t *column; /* [k] its class; NONE: it has not got it */
  float *prob;     /* [n,k] */
  float *threshold;
  bool *right; /* [n] of classes */
  lnti_judged judged;
} side;

typedef struct comparing {
  side side[2];
  lnti_truth truth; /* [n,k] */
  uint32_t *group;  /* [n] or NULL */
  size_t n, k;
  const char **ids; /* [k] */
  lnti_class_tree *tree;
} comparing;

/* ---- rows and columns ---- */

static lnt_status match_rows(comparing *c, lnt_error *err) {
  const lnti_answers *a = &c->side[0].of->answers, *b = &c->side[1].of->answers;
  size_t most = a->n < b->n ? a->n : b->n;
  lnt_status status = lnti_alloc(&c->side[0].row, most, sizeof *c->side[0].row, err);
  if (!status) status = lnti_alloc(&c->side[1].row, most, sizeof *c->side[1].row, err);
  for (size_t i = 0, j = 0; i < a->n && j < b->n && !status;) {
    if (a->item[i] == b->item[j]) {
      c->side[0].row[c->n] = i++;
      c->side[1].row[c->n++] = j++;
    } else if (a->item[i] < b->item[j]) {
      i++;
    } else {
      j++;
    }
  }
  if (!status && c->n == 0)
    status = lnti_fail(err, LNT_EINVAL,
                       "there is no item that both models can be judged on: they have no classes in common");
  return status;
}

/* The class of a result that is the class `at` of another: the same option by now, or where it is none any more, of one id. */
static int32_t class_of(const lnti_evaluate_result *in, const lnti_evaluate_result *of, size_t at) {
  int64_t option = of->classes.option_id[at];
  const char *id = of->model->classes[at].id;
  for (size_t c = 0; c < in->model->n_classes; c++) {
    bool same = option && in->classes.option_id[c] ? in->classes.option_id[c] == option
                                                   : strcmp(in->model->classes[c].id, id) == 0;
    if (same && in->classes.folded[c] == (int32_t)c) return (int32_t)c;
  }
  return NONE;
}

/* A column for a class of one side. Classes that count as others have none. */
static void add_column(comparing *c, int s, size_t at) {
  const lnti_evaluate_result *of = c->side[s].of, *other = c->side[1 - s].of;
  if (of->classes.folded[at] != (int32_t)at) return;
  c->side[s].column[c->k] = (int32_t)at;
  c->side[1 - s].column[c->k] = class_of(other, of, at);
  c->ids[c->k++] = of->model->classes[at].id;
}

/* The first model's classes, then what the second has besides; of labels those that both have; of numbers the one. */
static lnt_status match_columns(comparing *c, lnti_task task, lnt_error *err) {
  const lnti_evaluate_result *first = c->side[0].of, *second = c->side[1].of;
  size_t most = first->model->n_classes + second->model->n_classes;
  bool labels = task == LNTI_MULTILABEL, number = task == LNTI_REGRESSION;
  lnt_status status = lnti_alloc(&c->ids, most, sizeof *c->ids, err);
  for (int s = 0; s < 2 && !status; s++) status = lnti_alloc(&c->side[s].column, most, sizeof *c->side[s].column, err);
  if (status) return status;
  for (size_t i = 0; i < first->model->n_classes; i++) {
    if (!labels || class_of(second, first, i) != NONE) add_column(c, 0, i);
  }
  for (size_t i = 0; i < second->model->n_classes && !labels && !number; i++) {
    if (class_of(first, second, i) == NONE) add_column(c, 1, i);
  }
  if (number) c->side[1].column[0] = 0; /* the question itself, whatever it was called */
  if (c->k == 0) return lnti_fail(err, LNT_EINVAL, "the models have no labels in common");
  return LNT_OK;
}

/* [n_classes] the column of each class of the first; NONE of one that counts as another. */
static lnt_status invert_columns(int32_t **out, const comparing *c, lnt_error *err) {
  int32_t *of_class = NULL;
  size_t n = c->side[0].of->model->n_classes;
  lnt_status status = lnti_alloc(&of_class, n, sizeof *of_class, err);
  if (status) return status;
  for (size_t i = 0; i < n; i++) of_class[i] = NONE;
  for (size_t l = 0; l < c->k; l++) {
    if (c->side[0].column[l] != NONE) of_class[c->side[0].column[l]] = (int32_t)l;
  }
  *out = of_class;
  return LNT_OK;
}

static lnt_status fill_truth(comparing *c, lnti_task task, lnt_error *err) {
  const lnti_answers *a = &c->side[0].of->answers;
  int32_t *of_class = NULL;
  lnt_status status = lnti_truth_new(&c->truth, task, c->n, c->k, err);
  if (!status) status = invert_columns(&of_class, c, err);
  if (!status && a->group && c->side[0].of->group_key) status = lnti_alloc(&c->group, c->n, sizeof *c->group, err);
  for (size_t i = 0; i < c->n && !status; i++) {
    size_t row = c->side[0].row[i];
    if (c->group && a->group) c->group[i] = a->group[row];
    if (a->truth.label && c->truth.label) c->truth.label[i] = of_class[a->truth.label[row]];
    if (a->truth.value && c->truth.value) c->truth.value[i] = a->truth.value[row];
    for (size_t l = 0; a->truth.yes && c->truth.yes && l < c->k; l++)
      c->truth.yes[i * c->k + l] = a->truth.yes[row * a->truth.k + (size_t)c->side[0].column[l]];
  }
  free(of_class);
  return status;
}

static lnt_status fill_side(side *s, const comparing *c, lnt_error *err) {
  const lnti_answers *a = &s->of->answers;
  const size_t k = c->k;
  lnt_status status = lnti_alloc(&s->prob, c->n * k, sizeof *s->prob, err);
  if (!status && a->threshold) status = lnti_alloc(&s->threshold, k, sizeof *s->threshold, err);
  if (!status && c->truth.label) status = lnti_alloc(&s->right, c->n, sizeof *s->right, err);
  if (status) return status;
  for (size_t l = 0; l < k && s->threshold && a->threshold; l++) s->threshold[l] = a->threshold[s->column[l]];
  for (size_t i = 0; i < c->n; i++) {
    const float *from = a->prob + s->row[i] * a->truth.k;
    for (size_t l = 0; l < k; l++) s->prob[i * k + l] = s->column[l] == NONE ? 0 : from[s->column[l]];
    if (s->right && c->truth.label) s->right[i] = (int32_t)lnti_argmax(s->prob + i * k, k) == c->truth.label[i];
  }
  return LNT_OK;
}

/* Where the classes form a tree; ids of two models need not. */
static lnt_status make_tree(comparing *c, lnt_error *err) {
  if (!c->truth.label || !c->side[0].of->hierarchy || !c->side[1].of->hierarchy) return LNT_OK;
  return lnti_class_tree_new(&c->tree, c->ids, c->k, err);
}

/* ---- differences ---- */

static lnt_status compare_measures(lnti_comparison *out, const lnti_measures *first, const lnti_measures *second,
                                   lnt_error *err) {
  if (out->shown.n_measures + first->n > LNTI_FIGURES_MAX)
    return lnti_fail(err, LNT_EINTERNAL, "more measures than expected");
  lnt_status status = lnti_compare(out->measures + out->shown.n_measures, first, second, err);
  if (!status) out->shown.n_measures += first->n;
  return status;
}

static lnt_status compare_judged(lnti_comparison *out, const lnti_judged *a, const lnti_judged *b, lnt_error *err) {
  lnti_measures first, second;
  lnt_status status = LNT_OK;
  if (a->hierarchy) { /* first: it is what a tree is judged by */
    first = lnti_hierarchy_measures(a->hierarchy);
    second = lnti_hierarchy_measures(b->hierarchy);
    status = compare_measures(out, &first, &second, err);
  }
  if (status) return status;
  if (a->multilabel) {
    first = lnti_multilabel_measures(a->multilabel);
    second = lnti_multilabel_measures(b->multilabel);
  } else if (a->regression) {
    first = lnti_regression_measures(a->regression);
    second = lnti_regression_measures(b->regression);
  } else {
    first = lnti_evaluation_measures(a->evaluation);
    second = lnti_evaluation_measures(b->evaluation);
  }
  return compare_measures(out, &first, &second, err);
}

static lnt_status check_models(const lnti_evaluate_result *a, const lnti_evaluate_result *b, lnt_error *err) {
  const lnt_model *first = a->model, *second = b->model;
  bool classes = first->task == LNTI_MULTICLASS || first->task == LNTI_HIERARCHICAL;
  bool also = second->task == LNTI_MULTICLASS || second->task == LNTI_HIERARCHICAL;
  if (a->question_id != b->question_id)
    return lnti_fail(err, LNT_EINVAL, "%s answers \"%s\" and %s \"%s\": models of one question can be compared",
                     first->name, first->target, second->name, second->target);
  if (first->task != second->task && !(classes && also))
    return lnti_fail(err, LNT_EINVAL, "%s answers with %s and %s with %s: these cannot be compared", first->name,
                     lnti_task_name(first->task), second->name, lnti_task_name(second->task));
  return LNT_OK;
}

static lnt_status judge_sides(comparing *c, const lnti_evaluate_options *options, const lnti_context *context,
                              lnt_error *err) {
  lnt_status status = LNT_OK;
  for (int s = 0; s < 2 && !status; s++) {
    const lnti_judging what = {.prob = c->side[s].prob,
                               .truth = &c->truth,
                               .tree = c->tree,
                               .threshold = c->side[s].threshold,
                               .interval = {(double)NAN, (double)NAN},
                               .train_mean = (double)NAN,
                               .options = {options->resamples, options->seed, c->group, 0}};
    status = lnti_judge(&c->side[s].judged, &what, context, err);
  }
  return status;
}

static void comparing_clear(comparing *c) {
  for (int s = 0; s < 2; s++) {
    lnti_judged_clear(&c->side[s].judged);
    free(c->side[s].right);
    free(c->side[s].threshold);
    free(c->side[s].prob);
    free(c->side[s].column);
    free(c->side[s].row);
  }
  lnti_class_tree_free(c->tree);
  free(c->ids);
  free(c->group);
  lnti_truth_clear(&c->truth);
}

static lnt_status describe(lnti_comparison *out, const comparing *c, lnt_error *err) {
  lnt_status status = lnti_strdup(&out->first, c->side[0].of->model->name, err);
  if (!status) status = lnti_strdup(&out->second, c->side[1].of->model->name, err);
  if (status) return status;
  out->shown.first = out->first;
  out->shown.second = out->second;
  out->shown.measures = out->measures;
  out->shown.n = c->n;
  out->shown.n_left_out = c->side[0].of->answers.n - c->n;
  out->shown.grouped = c->group != NULL;
  if (!c->truth.label) return LNT_OK;
  lnti_mcnemar_of(&out->mcnemar, c->side[0].right, c->side[1].right, c->n);
  out->shown.mcnemar = &out->mcnemar;
  return LNT_OK;
}

lnt_status lnti_compare_results(lnti_comparison **out, const lnti_evaluate_result *first,
                                const lnti_evaluate_result *second, const lnti_evaluate_options *options,
                                const lnti_context *context, lnt_error *err) {
  comparing c = {.side = {{.of = first}, {.of = second}}};
  lnti_comparison *result = NULL;
  lnti_task task = first->answers.truth.task;
  lnt_status status = check_models(first, second, err);
  if (!status) status = lnti_alloc_zero(&result, 1, sizeof *result, err);
  if (!status) status = match_rows(&c, err);
  if (!status) status = match_columns(&c, task, err);
  if (!status) status = fill_truth(&c, task, err);
  for (int s = 0; s < 2 && !status; s++) status = fill_side(&c.side[s], &c, err);
  if (!status) status = make_tree(&c, err);
  if (!status) status = judge_sides(&c, options, context, err);
  if (!status) status = compare_judged(result, &c.side[0].judged, &c.side[1].judged, err);
  if (!status) status = describe(result, &c, err);
  if (!status) {
    *out = result;
    result = NULL;
  }
  lnti_comparison_free(result);
  comparing_clear(&c);
  return status;
}

void lnti_comparison_free(lnti_comparison *comparison) {
  if (!comparison) return;
  free(comparison->first);
  free(comparison->second);
  free(comparison);
}
