/*
 * The parts of a manifest that depend on the task. What is written can be read: both ways go through the same checks.
 */
#include <base/alloc.h>
#include <base/error.h>
#include <eval/class_tree.h>
#include <linnet/version.h>
#include <math.h>
#include <model/manifest_task.h>
#include <stdlib.h>
#include <string.h>

#define TEMPERATURE_MIN 1e-3
#define TEMPERATURE_MAX 1e3
#define PLATT_MAX 1e6
#define NUMBER_MAX 1e300 /* of residuals and ranges */

/* ---- checks ---- */

static int compare_ids(const void *a, const void *b) {
  return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* That each has an id of its own, and a title. */
static lnt_status check_names(const lnti_model_class *names, size_t n, const char *what, lnt_error *err) {
  const char **id = NULL; /* [n] sorted */
  lnt_status status = lnti_alloc(&id, n, sizeof *id, err);
  for (size_t i = 0; i < n && status == LNT_OK; i++) {
    id[i] = names[i].id;
    if (!id[i] || !id[i][0] || !names[i].title)
      status = lnti_fail(err, LNT_EINVAL, "%s %zu has no %s", what, i, id[i] && id[i][0] ? "title" : "id");
  }
  if (status == LNT_OK) qsort(id, n, sizeof *id, compare_ids);
  for (size_t i = 1; i < n && status == LNT_OK; i++)
    if (strcmp(id[i - 1], id[i]) == 0)
      status =
          lnti_fail(err, LNT_EINVAL, "two of its %s have the id '%s'", what[0] == 'c' ? "classes" : "nodes", id[i]);
  free(id);
  return status;
}

static lnt_status check_classes(const lnt_model *model, lnt_error *err) {
  size_t k = model->n_classes, least = 2, most = LNTI_CLASSES_MAX;
  if (model->task == LNTI_MULTILABEL) least = 1;
  if (model->task == LNTI_REGRESSION) least = most = 1;
  if (k < least || k > most)
    return most == 1 ? lnti_fail(err, LNT_EINVAL, "it has %zu classes; a number has one, itself", k)
                     : lnti_fail(err, LNT_EINVAL, "it has %zu classes; %zu to %zu can be told apart", k, least, most);
  return check_names(model->classes, k, "class", err);
}

lnt_status lnti_manifest_tree(lnti_class_tree **out, const lnt_model *model, lnt_error *err) {
  const char **id = NULL;
  lnt_status status = lnti_alloc(&id, model->n_classes, sizeof *id, err);
  if (status != LNT_OK) return status;
  for (size_t i = 0; i < model->n_classes; i++) id[i] = model->classes[i].id;
  status = lnti_class_tree_new(out, id, model->n_classes, err);
  free(id);
  return status;
}

/* Each node that has a title must be one, and no class. */
static lnt_status check_nodes(const lnt_model *model, const lnti_class_tree *tree, lnt_error *err) {
  const char **id = NULL; /* of the nodes that are no classes, sorted */
  size_t n = 0;
  if (!model->n_nodes) return LNT_OK;
  lnt_status status = check_names(model->nodes, model->n_nodes, "node", err);
  if (status == LNT_OK) status = lnti_alloc(&id, tree->n_nodes, sizeof *id, err);
  if (status != LNT_OK) return status;
  for (size_t i = 0; i < tree->n_nodes; i++)
    if (tree->class_of[i] == LNTI_CLASS_TREE_NONE) id[n++] = tree->id[i];
  qsort(id, n, sizeof *id, compare_ids);
  for (size_t i = 0; i < model->n_nodes && status == LNT_OK; i++) {
    const char *key = model->nodes[i].id;
    if (!bsearch(&key, id, n, sizeof *id, compare_ids))
      status = lnti_fail(err, LNT_EINVAL, "its node '%s' is above none of its classes, or one of them", key);
  }
  free(id);
  return status;
}

static lnt_status check_hierarchy(const lnt_model *model, lnt_error *err) {
  lnti_class_tree *tree = NULL;
  lnt_status status = lnti_manifest_tree(&tree, model, err);
  if (status == LNT_OK) status = check_nodes(model, tree, err);
  lnti_class_tree_free(tree);
  return status;
}

static lnt_status check_labels(const lnt_model *model, lnt_error *err) {
  for (size_t c = 0; c < model->n_classes; c++) {
    if (model->threshold && !(model->threshold[c] >= 0 && model->threshold[c] <= 1))
      return lnti_fail(err, LNT_EINVAL, "threshold %zu is %g, not within 0 to 1", c, model->threshold[c]);
    if (model->platt && !(fabs(model->platt[c].a) <= PLATT_MAX && fabs(model->platt[c].b) <= PLATT_MAX))
      return lnti_fail(err, LNT_EINVAL, "the calibration of label %zu, %g and %g, is not within 1e6", c,
                       model->platt[c].a, model->platt[c].b);
  }
  return LNT_OK;
}

static lnt_status check_number(const lnt_model *model, lnt_error *err) {
  const lnti_model_range *range = &model->range;
  if (model->n_residuals > LNTI_RESIDUALS_MAX)
    return lnti_fail(err, LNT_EINVAL, "it has %zu quantiles of residuals; %d are the most", model->n_residuals,
                     LNTI_RESIDUALS_MAX);
  for (size_t i = 0; i < model->n_residuals; i++) {
    const lnti_residual *r = &model->residual[i];
    if (!(r->q > 0 && r->q < 1 && fabs(r->value) <= NUMBER_MAX) || (i && !(r->q > r[-1].q && r->value >= r[-1].value)))
      return lnti_fail(err, LNT_EINVAL, "quantile %zu of its residuals, %g at %g, is out of order or range", i,
                       r->value, r->q);
  }
  if (fabs(range->min) > NUMBER_MAX || fabs(range->max) > NUMBER_MAX || range->min > range->max || range->step <= 0 ||
      range->step > NUMBER_MAX)
    return lnti_fail(err, LNT_EINVAL, "its range from %g to %g by %g is none", range->min, range->max, range->step);
  return LNT_OK;
}

lnt_status lnti_manifest_check_task(const lnt_model *model, lnt_error *err) {
  if (!(model->temperature >= TEMPERATURE_MIN && model->temperature <= TEMPERATURE_MAX))
    return lnti_fail(err, LNT_EINVAL, "its temperature %g is not within %g to %g", model->temperature, TEMPERATURE_MIN,
                     TEMPERATURE_MAX);
  lnt_status status = check_classes(model, err);
  if (status != LNT_OK) return status;
  switch (model->task) {
    case LNTI_HIERARCHICAL:
      return check_hierarchy(model, err);
    case LNTI_MULTILABEL:
      return check_labels(model, err);
    case LNTI_REGRESSION:
      return check_number(model, err);
    default:
      return LNT_OK;
  }
}

/* ---- writing ---- */

void lnti_manifest_write_names(lnti_json_writer *w, const char *key, const lnti_model_class *names, size_t n) {
  lnti_json_key(w, key);
  lnti_json_begin_array(w);
  for (size_t i = 0; i < n; i++) {
    lnti_json_begin_object(w);
    lnti_json_kv_string(w, "id", names[i].id);
    lnti_json_kv_string(w, "title", names[i].title);
    lnti_json_end_object(w);
  }
  lnti_json_end_array(w);
}

static void write_platt(lnti_json_writer *w, const lnt_model *model) {
  lnti_json_kv_string(w, "method", "platt");
  lnti_json_key(w, "a");
  lnti_json_begin_array(w);
  for (size_t c = 0; c < model->n_classes; c++) lnti_json_real(w, model->platt[c].a);
  lnti_json_end_array(w);
  lnti_json_key(w, "b");
  lnti_json_begin_array(w);
  for (size_t c = 0; c < model->n_classes; c++) lnti_json_real(w, model->platt[c].b);
  lnti_json_end_array(w);
}

static void write_residuals(lnti_json_writer *w, const lnt_model *model) {
  lnti_json_kv_string(w, "method", "residuals");
  lnti_json_key(w, "quantiles");
  lnti_json_begin_array(w);
  for (size_t i = 0; i < model->n_residuals; i++) {
    lnti_json_begin_object(w);
    lnti_json_kv_real(w, "q", model->residual[i].q);
    lnti_json_kv_real(w, "value", model->residual[i].value);
    lnti_json_end_object(w);
  }
  lnti_json_end_array(w);
}

static bool has_temperature(const lnt_model *model) {
  return model->task == LNTI_MULTICLASS || model->task == LNTI_HIERARCHICAL;
}

void lnti_manifest_write_calibration(lnti_json_writer *w, const lnt_model *model) {
  lnti_json_key(w, "calibration");
  lnti_json_begin_object(w);
  if (has_temperature(model)) {
    lnti_json_kv_string(w, "method", "temperature");
    lnti_json_kv_real(w, "temperature", model->temperature);
  } else if (model->platt) {
    write_platt(w, model);
  } else if (model->n_residuals) {
    write_residuals(w, model);
  } else {
    lnti_json_kv_string(w, "method", "none");
  }
  lnti_json_kv_string(w, "on", model->calibrated_on);
  lnti_json_kv_int(w, "n", (int64_t)model->n_calibration);
  lnti_json_end_object(w);
}

void lnti_manifest_write_task(lnti_json_writer *w, const lnt_model *model) {
  if (model->threshold) {
    lnti_json_key(w, "thresholds");
    lnti_json_begin_array(w);
    for (size_t c = 0; c < model->n_classes; c++) lnti_json_real(w, model->threshold[c]);
    lnti_json_end_array(w);
  }
  if (model->n_nodes) lnti_manifest_write_names(w, "nodes", model->nodes, model->n_nodes);
  if (model->task != LNTI_REGRESSION) return;
  lnti_json_key(w, "range");
  lnti_json_begin_object(w);
  lnti_json_kv_real(w, "min", model->range.min);
  lnti_json_kv_real(w, "max", model->range.max);
  lnti_json_kv_real(w, "step", model->range.step);
  lnti_json_kv_string(w, "unit", model->range.unit);
  lnti_json_end_object(w);
}

/* ---- reading ---- */

lnt_status lnti_manifest_read_names(lnti_model_class **out, size_t *n_out, const lnti_json_value *manifest,
                                    const char *key, lnt_error *err) {
  const lnti_json_value *list = lnti_json_get(manifest, key);
  if (!list || list->type != LNTI_JSON_TYPE_ARRAY) return lnti_fail(err, LNT_EDATA, "'%s' is no list", key);
  lnt_status status = lnti_alloc_zero(out, list->length, sizeof **out, err);
  if (status != LNT_OK) return status;
  *n_out = list->length;
  size_t i = 0;
  for (const lnti_json_value *value = list->first; value; value = value->next, i++) {
    status = lnti_manifest_string(&(*out)[i].id, value, "id", err);
    if (status == LNT_OK) status = lnti_manifest_string(&(*out)[i].title, value, "title", err);
    if (status != LNT_OK) return status;
  }
  return LNT_OK;
}

lnt_status lnti_manifest_read_format(lnt_model *model, const lnti_json_value *manifest, const char *version,
                                     lnt_error *err) {
  int64_t format = 0;
  const char *task = NULL;
  lnt_status status = lnti_manifest_count(&format, manifest, "format", 1, INT32_MAX, err);
  if (status == LNT_OK && format > LNTI_LNT_FORMAT)
    status = lnti_fail(err, LNT_EUNSUPPORTED, "the model was made by Linnet %s in format %d; Linnet %s reads up to %d",
                       version, (int)format, lnt_version(), LNTI_LNT_FORMAT);
  if (status == LNT_OK) status = lnti_json_get_string(&task, manifest, "task", NULL, err);
  if (status != LNT_OK || !task) return status; /* as lnti_model_new left it: multi-class */
  if (!lnti_task_find(&model->task, task))
    return lnti_fail(err, LNT_EUNSUPPORTED,
                     "the model was made by Linnet %s for the task '%s', which Linnet %s does not know", version, task,
                     lnt_version());
  if (model->task != LNTI_MULTICLASS && format < LNTI_LNT_FORMAT)
    return lnti_fail(err, LNT_EDATA, "its task is %s, which format %d does not have", task, (int)format);
  return LNT_OK;
}

/* A list of n finite numbers, every `step` doubles from out on. */
static lnt_status read_numbers(double *out, size_t step, size_t n, const lnti_json_value *object, const char *key,
                               lnt_error *err) {
  const lnti_json_value *list = lnti_json_get(object, key);
  if (!list || list->type != LNTI_JSON_TYPE_ARRAY || list->length != n)
    return lnti_fail(err, LNT_EDATA, "'%s' is no list of %zu numbers", key, n);
  for (const lnti_json_value *value = list->first; value; value = value->next, out += step) {
    if (value->type != LNTI_JSON_TYPE_NUMBER) return lnti_fail(err, LNT_EDATA, "'%s' holds what is no number", key);
    *out = value->number;
  }
  return LNT_OK;
}

static lnt_status read_platt(lnt_model *model, const lnti_json_value *object, lnt_error *err) {
  size_t step = sizeof *model->platt / sizeof(double);
  lnt_status status = lnti_alloc_zero(&model->platt, model->n_classes, sizeof *model->platt, err);
  if (status == LNT_OK) status = read_numbers(&model->platt->a, step, model->n_classes, object, "a", err);
  return status == LNT_OK ? read_numbers(&model->platt->b, step, model->n_classes, object, "b", err) : status;
}

static lnt_status read_residuals(lnt_model *model, const lnti_json_value *object, lnt_error *err) {
  const lnti_json_value *list = lnti_json_get(object, "quantiles");
  if (!list || list->type != LNTI_JSON_TYPE_ARRAY || list->length == 0 || list->length > LNTI_RESIDUALS_MAX)
    return lnti_fail(err, LNT_EDATA, "'quantiles' is no list of 1 to %d", LNTI_RESIDUALS_MAX);
  lnt_status status = lnti_alloc_zero(&model->residual, list->length, sizeof *model->residual, err);
  for (const lnti_json_value *value = list->first; value && status == LNT_OK; value = value->next) {
    lnti_residual *r = &model->residual[model->n_residuals++];
    status = lnti_json_get_real(&r->q, value, "q", NAN, err);
    if (status == LNT_OK) status = lnti_json_get_real(&r->value, value, "value", NAN, err);
  }
  return status;
}

static lnt_status read_calibration(lnt_model *model, const lnti_json_value *object, lnt_error *err) {
  const char *method = NULL;
  int64_t n = 0;
  lnt_status status = lnti_manifest_borrow(&method, object, "method", err);
  if (status != LNT_OK) return status;
  if (has_temperature(model) && strcmp(method, "temperature") == 0)
    status = lnti_json_get_real(&model->temperature, object, "temperature", 0, err);
  else if (model->task == LNTI_MULTILABEL && strcmp(method, "platt") == 0)
    status = read_platt(model, object, err);
  else if (model->task == LNTI_REGRESSION && strcmp(method, "residuals") == 0)
    status = read_residuals(model, object, err);
  else if (has_temperature(model) || strcmp(method, "none") != 0)
    status = lnti_fail(err, LNT_EUNSUPPORTED, "the model is calibrated by '%s', which Linnet %s does not know", method,
                       lnt_version());
  if (status == LNT_OK) status = lnti_manifest_string(&model->calibrated_on, object, "on", err);
  if (status == LNT_OK) status = lnti_manifest_count(&n, object, "n", 0, LNTI_MANIFEST_COUNT_MAX, err);
  model->n_calibration = (size_t)n;
  return status;
}

/* A number or null; NaN where it is null or not there. */
static lnt_status read_bound(double *out, const lnti_json_value *object, const char *key, lnt_error *err) {
  const lnti_json_value *value = lnti_json_get(object, key);
  if (!value || value->type == LNTI_JSON_TYPE_NULL) return LNT_OK;
  return lnti_json_get_real(out, object, key, NAN, err);
}

static lnt_status read_range(lnti_model_range *range, const lnti_json_value *object, lnt_error *err) {
  if (!object || object->type != LNTI_JSON_TYPE_OBJECT) return lnti_fail(err, LNT_EDATA, "'range' is no object");
  lnt_status status = read_bound(&range->min, object, "min", err);
  if (status == LNT_OK) status = read_bound(&range->max, object, "max", err);
  if (status == LNT_OK) status = read_bound(&range->step, object, "step", err);
  const lnti_json_value *unit = lnti_json_get(object, "unit");
  if (status != LNT_OK || !unit || unit->type == LNTI_JSON_TYPE_NULL) return status;
  return lnti_manifest_string(&range->unit, object, "unit", err);
}

lnt_status lnti_manifest_read_task(lnt_model *model, const lnti_json_value *manifest, lnt_error *err) {
  lnt_status status = read_calibration(model, lnti_json_get(manifest, "calibration"), err);
  if (status == LNT_OK && model->task == LNTI_MULTILABEL && lnti_json_get(manifest, "thresholds")) {
    status = lnti_alloc_zero(&model->threshold, model->n_classes, sizeof *model->threshold, err);
    if (status == LNT_OK) status = read_numbers(model->threshold, 1, model->n_classes, manifest, "thresholds", err);
  }
  if (status == LNT_OK && model->task == LNTI_HIERARCHICAL && lnti_json_get(manifest, "nodes"))
    status = lnti_manifest_read_names(&model->nodes, &model->n_nodes, manifest, "nodes", err);
  if (status == LNT_OK && model->task == LNTI_REGRESSION)
    status = read_range(&model->range, lnti_json_get(manifest, "range"), err);
  return status;
}
