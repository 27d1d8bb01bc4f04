/*
 * Class weights: how much the rows of each class count while fitting.
 */
#include <flow/train/parts.h>

#include <base/alloc.h>
#include <base/error.h>
#include <base/file.h>
#include <base/json.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_MAX = 16 << 20 };

/* Rows of each class; of labels the rows that are yes, and the known ones. */
static void count_rows(size_t *n_yes, size_t *n_known, const lnti_training *t) {
  const lnti_labelled *of = &t->train.of;
  for (size_t i = 0; i < of->items.n; i++) {
    for (size_t c = 0; c < t->n_classes; c++) n_known[c] += of->option != NULL;
    if (of->option) n_yes[t->class_of_option[of->option[i]]]++;
    for (size_t c = 0; of->yes && c < t->n_options; c++) {
      int32_t class = t->class_of_option[t->option[c]];
      int8_t yes = of->yes[i * of->n_labels + c];
      if (class < 0 || yes < 0) continue;
      n_known[class]++;
      n_yes[class] += yes == 1;
    }
  }
}

/* n / (classes * n of the class), as scikit-learn's "balanced": the mean over the rows is 1. Of a label: as much for its yes as
 * for its no. */
static lnt_status balance(double *weight, const lnti_training *t, lnt_error *err) {
  size_t *n_yes = NULL, *n_known = NULL;
  lnt_status status = lnti_alloc_zero(&n_yes, t->n_classes, sizeof *n_yes, err);
  if (!status) status = lnti_alloc_zero(&n_known, t->n_classes, sizeof *n_known, err);
  if (!status) count_rows(n_yes, n_known, t);
  for (size_t c = 0; c < t->n_classes && !status; c++) {
    double yes = fmax((double)n_yes[c], 1), known = (double)n_known[c];
    weight[c] = t->target.task == LNTI_MULTILABEL ? (known - yes) / yes : known / ((double)t->n_classes * yes);
    weight[c] = fmin(fmax(weight[c], 1 / LNTI_WEIGHT_MAX), LNTI_WEIGHT_MAX);
  }
  free(n_known);
  free(n_yes);
  return status;
}

/* ---- from a file ---- */

/* The class that is called so, by id or by title; SIZE_MAX. */
static lnt_status find_class(size_t *out, const lnti_training *t, const char *name, lnt_error *err) {
  lnti_text id = {0};
  lnt_status status = LNT_OK;
  *out = SIZE_MAX;
  for (size_t c = 0; c < t->n_classes && *out == SIZE_MAX && !status; c++) {
    id.length = 0;
    status = lnti_target_class_id(&id, t->ontology, &t->target, t->class_option[c], err);
    if (!status && strcmp(id.data, name) == 0) *out = c;
  }
  for (size_t c = 0; c < t->n_classes && *out == SIZE_MAX && !status; c++) {
    if (strcmp(t->ontology->options[t->class_option[c]].title, name) == 0) *out = c;
  }
  lnti_text_clear(&id);
  return status;
}

static lnt_status set_weight(double *weight, const lnti_training *t, const char *path, const lnti_json_value *value,
                             lnt_error *err) {
  const char *name = value->key;
  size_t class = SIZE_MAX;
  lnt_status status = find_class(&class, t, name, err);
  if (status) return status;
  if (class == SIZE_MAX) {
    return lnti_fail(err, LNT_EDATA,
                     "%s: \"%.100s\" is none of the %zu classes that training items have; they are called by their id "
                     "or title (linnet ontology show)",
                     path, name, t->n_classes);
  }
  if (value->type != LNTI_JSON_TYPE_NUMBER || !(value->number > 0 && value->number <= LNTI_WEIGHT_MAX)) {
    return lnti_fail(err, LNT_EDATA, "%s: the weight of \"%.100s\" must be a number above 0, at most %g", path, name,
                     LNTI_WEIGHT_MAX);
  }
  weight[class] = value->number;
  return LNT_OK;
}

static lnt_status read_weights(double *weight, const lnti_training *t, const char *path, lnt_error *err) {
  lnti_arena arena = {.cap = (size_t)4 * FILE_MAX};
  const lnti_json_value *root = NULL;
  char *text = NULL;
  size_t n = 0;
  lnt_status status = lnti_file_read(&text, &n, path, FILE_MAX, err);
  if (!status) status = lnti_json_parse(&root, &arena, text, n, path, err);
  if (!status && root->type != LNTI_JSON_TYPE_OBJECT) {
    status =
        lnti_fail(err, LNT_EDATA, "%s: one object is expected, {\"CLASS\": WEIGHT, ...}; other classes count 1", path);
  }
  for (size_t c = 0; c < t->n_classes; c++) weight[c] = 1;
  const lnti_json_value *member = status ? NULL : root->first;
  for (; member && !status; member = member->next) status = set_weight(weight, t, path, member, err);
  free(text);
  lnti_arena_clear(&arena);
  return status;
}

lnt_status lnti_train_weights(double **out, const lnti_training *t, lnt_error *err) {
  const char *asked = t->options->weights;
  double *weight = NULL;
  if (!asked || strcmp(asked, "none") == 0) return LNT_OK;
  if (t->target.task == LNTI_REGRESSION) {
    return lnti_fail(err, LNT_EINVAL, "--weights is for classes and labels; a number has none");
  }
  if (!t->learner->takes_weights) {
    return lnti_fail(err, LNT_EINVAL, "the learner '%s' takes no class weights; logistic does", t->learner->name);
  }
  lnt_status status = lnti_alloc(&weight, t->n_classes, sizeof *weight, err);
  if (!status) {
    status = strcmp(asked, "balanced") == 0 ? balance(weight, t, err) : read_weights(weight, t, asked, err);
  }
  if (status) {
    free(weight);
    return status;
  }
  *out = weight;
  return LNT_OK;
}
