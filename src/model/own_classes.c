/*
 * A model of a backbone's own classes: nothing was learned, and its scores are what the network gives.
 */
#include <base/alloc.h>
#include <base/error.h>
#include <math/dtype.h>
#include <model/learners.h>
#include <model/model.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static lnt_status score(float *score_out, const lnti_fitted *fitted, const lnti_matrix *x, const lnti_context *context,
                        lnt_error *err) {
  (void)context;
  lnt_status status = lnti_fitted_check(fitted, x, err);
  for (size_t i = 0; i < x->n && !status; i++)
    memcpy(score_out + i * x->d, lnti_matrix_row(x, i), x->d * sizeof *score_out);
  return status;
}

static void free_fitted(lnti_fitted *fitted) {
  free(fitted);
}

static const lnti_param no_params[] = {{0}};
/* In no list: it can be neither fitted nor saved. */
static const lnti_learner own_classes = {.name = "none",
                                         .title = "The network's own classes",
                                         .help = "",
                                         .source = "",
                                         .params = no_params,
                                         .score = score,
                                         .free = free_fitted};

static lnt_status name_classes(lnt_model *model, const lnti_backbone_spec *spec, lnt_error *err) {
  lnt_status status = lnti_alloc_zero(&model->classes, model->n_classes, sizeof *model->classes, err);
  for (size_t i = 0; i < model->n_classes && !status; i++) {
    status = lnti_asprintf(&model->classes[i].id, err, "%zu", i);
    if (!status && i < spec->n_labels) status = lnti_strdup(&model->classes[i].title, spec->label[i], err);
    if (!status && i >= spec->n_labels) status = lnti_asprintf(&model->classes[i].title, err, "class %zu", i);
  }
  return status;
}

lnt_status lnti_model_of_backbone(lnt_model **out, lnti_backbone *backbone, const lnti_context *context,
                                  lnt_error *err) {
  lnt_model *model = NULL;
  const lnti_backbone_spec *spec = lnti_backbone_get_spec(backbone);
  lnt_status status = lnti_model_new(&model, err);
  if (status) {
    lnti_backbone_free(backbone);
    return status;
  }
  model->context = *context;
  status = lnti_extractor_of_backbone(&model->extractor, backbone, LNTI_BACKBONE_CLASSES, err);
  if (status) goto done;
  size_t k = lnti_extractor_d(model->extractor);
  if (k > LNTI_CLASSES_MAX) {
    status = lnti_fail(err, LNT_ELIMIT, "the network has %zu classes; %d are the most", k, LNTI_CLASSES_MAX);
    goto done;
  }
  model->n_classes = k;
  status = lnti_strdup(&model->name, spec->name, err);
  if (!status) status = lnti_strdup(&model->target, "class", err);
  if (!status) status = lnti_strdup(&model->target_title, "class", err);
  if (!status) status = lnti_strdup(&model->calibrated_on, "nothing", err);
  if (!status) status = name_classes(model, spec, err);
  if (!status) status = lnti_alloc_zero(&model->fitted, 1, sizeof *model->fitted, err);
  if (status) goto done;
  lnti_params params;
  lnti_params_init(&params, no_params);
  *model->fitted = (lnti_fitted){
      .learner = &own_classes, .params = params, .task = LNTI_MULTICLASS, .d = k, .n_classes = k, .dtype = LNTI_F32};
  *out = model;
  model = NULL;
done:
  lnt_model_close(model);
  return status;
}
