/*
 * A model in memory: making, freeing, asking, predicting. Its file is model_file.c, its public use on images
 * classify.c.
 */
#include <base/alloc.h>
#include <base/error.h>
#include <eval/class_tree.h>
#include <eval/eval.h>
#include <math.h>
#include <model/model.h>
#include <stdlib.h>

lnt_status lnti_model_new(lnt_model **out, lnt_error *err) {
  lnt_model *model = NULL;
  lnt_status status = lnti_alloc_zero(&model, 1, sizeof *model, err);
  if (status != LNT_OK) return status;
  model->temperature = 1;
  model->task = LNTI_MULTICLASS;
  model->range = (lnti_model_range){NAN, NAN, NAN, NULL};
  *out = model;
  return LNT_OK;
}

static void free_classes(lnti_model_class *list, size_t n) {
  for (size_t i = 0; list && i < n; i++) {
    free(list[i].id);
    free(list[i].title);
  }
  free(list);
}

void lnt_model_close(lnt_model *model) {
  if (!model) return;
  lnti_media_free(model->media);
  lnti_fitted_free(model->fitted);
  lnti_novelty_free(model->novelty);
  lnti_extractor_free(model->extractor);
  lnti_lnt_close(model->file); /* after what borrows its tensors, or its network */
  free_classes(model->classes, model->n_classes);
  free_classes(model->nodes, model->n_nodes);
  lnti_class_tree_free(model->tree);
  free(model->threshold);
  free(model->platt);
  free(model->residual);
  free(model->range.unit);
  free(model->metrics_json);
  free(model->choice_json);
  free(model->snapshot_json);
  free(model->calibrated_on);
  free(model->target_title);
  free(model->target);
  free(model->name);
  free(model);
}

size_t lnt_model_n_classes(const lnt_model *model) {
  return model->n_classes;
}

const char *lnt_model_class_title(const lnt_model *model, size_t index) {
  return index < model->n_classes ? model->classes[index].title : NULL;
}

const char *lnt_model_class_id(const lnt_model *model, size_t index) {
  return index < model->n_classes ? model->classes[index].id : NULL;
}

const char *lnt_model_name(const lnt_model *model) {
  return model->name;
}

const char *lnt_model_target(const lnt_model *model) {
  return model->target;
}

const char *lnt_model_learner(const lnt_model *model) {
  return model->fitted->learner->name;
}

const char *lnt_model_feature(const lnt_model *model) {
  return lnti_extractor_text(model->extractor);
}

lnt_task lnt_model_task(const lnt_model *model) {
  _Static_assert((int)LNT_TASK_MULTICLASS == (int)LNTI_MULTICLASS && (int)LNT_TASK_REGRESSION == (int)LNTI_REGRESSION,
                 "the public names are of the same numbers");
  return (lnt_task)model->task;
}

double lnt_model_threshold(const lnt_model *model, size_t index) {
  if (model->task != LNTI_MULTILABEL || index >= model->n_classes) return NAN;
  return model->threshold ? model->threshold[index] : 0.5;
}

const char *lnt_model_unit(const lnt_model *model) {
  return model->range.unit;
}

/* Weights that are finite can still give scores that are not, and these no probabilities. No fit ends there. */
static lnt_status check_probabilities(const float *prob, const lnt_model *model, size_t n, lnt_error *err) {
  size_t k = model->n_classes, i = 0;
  while (i < n && lnti_all_finite(prob + i * k, k)) i++;
  if (i == n) return LNT_OK;
  return lnti_fail(err, LNT_ECORRUPT, "%s: the model is damaged: its weights overflow on row %zu",
                   model->file ? lnti_lnt_name(model->file) : model->name, i);
}

/* Scores of labels to probabilities, in place. */
static void apply_platt(float *prob, const lnt_model *model, size_t n) {
  size_t k = model->n_classes;
  for (size_t i = 0; i < n * k; i++) {
    double z = (double)prob[i];
    if (model->platt && z > (double)LNTI_NEVER_LOGIT) z = model->platt[i % k].a * z + model->platt[i % k].b;
    prob[i] = (float)(z >= 0 ? 1 / (1 + exp(-z)) : exp(z) / (1 + exp(z)));
  }
}

static void apply_range(float *value, const lnti_model_range *range, size_t n) {
  for (size_t i = 0; i < n; i++) {
    if ((double)value[i] < range->min) value[i] = (float)range->min;
    if ((double)value[i] > range->max) value[i] = (float)range->max;
  }
}

lnt_status lnti_model_score(float *score_out, const lnt_model *model, const lnti_matrix *x, const lnti_context *context,
                            lnt_error *err) {
  return model->fitted->learner->score(score_out, model->fitted, x, context, err);
}

lnt_status lnti_model_calibrate(float *score, const lnt_model *model, size_t n, lnt_error *err) {
  switch (model->task) {
    case LNTI_MULTILABEL:
      apply_platt(score, model, n);
      break;
    case LNTI_REGRESSION:
      apply_range(score, &model->range, n);
      break;
    default:
      lnti_temperature_apply(score, score, n, model->n_classes, model->temperature);
  }
  return check_probabilities(score, model, n, err);
}

lnt_status lnti_model_predict(float *prob_out, const lnt_model *model, const lnti_matrix *x,
                              const lnti_context *context, lnt_error *err) {
  lnt_status status = lnti_model_score(prob_out, model, x, context, err);
  return status ? status : lnti_model_calibrate(prob_out, model, x->n, err);
}
