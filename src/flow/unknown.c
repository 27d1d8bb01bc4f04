/*
 * A class is left out by leaving out its mean: the score knows the classes by nothing else, so no other model is trained for it.
 */
#include <flow/unknown.h>

#include <base/alloc.h>
#include <base/error.h>
#include <stdlib.h>
#include <string.h>

/* Marks the classes that a name means: an id, a title, or the id of a node above. */
static size_t find_classes(bool *in, const lnt_model *model, const char *name) {
  size_t found = 0, n = strlen(name);
  for (size_t c = 0; c < model->n_classes; c++) {
    const lnti_model_class *class = &model->classes[c];
    bool below = strncmp(class->id, name, n) == 0 && (class->id[n] == '/' || class->id[n] == '\0');
    if (in) in[c] = below || strcmp(class->title, name) == 0;
    found += below || strcmp(class->title, name) == 0;
  }
  return found;
}

lnt_status lnti_unknown_check(const lnt_model *model, const char *const *without, size_t n_without, lnt_error *err) {
  if (n_without == 0) return LNT_OK;
  if (model->task == LNTI_MULTILABEL || model->task == LNTI_REGRESSION)
    return lnti_fail(err, LNT_EINVAL, "--unknown-class is for models of one class, and this one tells %s",
                     model->task == LNTI_REGRESSION ? "a number" : "labels");
  if (!model->novelty)
    return lnti_fail(err, LNT_EINVAL,
                     "the model file has no unknown score: it is older, or has too many classes; train it again for "
                     "--unknown-class");
  for (size_t i = 0; i < n_without; i++) {
    size_t n = find_classes(NULL, model, without[i]);
    if (n == 0)
      return lnti_fail(err, LNT_EINVAL, "--unknown-class \"%.200s\": the model has no such class (such as \"%.200s\")",
                       without[i], model->classes[0].id);
    if (n == model->n_classes)
      return lnti_fail(err, LNT_EINVAL,
                       "--unknown-class \"%.200s\": these are all of the model's classes; some must stay known",
                       without[i]);
  }
  return LNT_OK;
}

/* Of one class or branch, left out: its items against all others. */
static lnt_status measure_without(lnti_report_unknown_row *row, const lnti_unknown_of *of, const char *name,
                                  lnt_error *err) {
  size_t n = of->x->n, known = 0, strange = 0;
  bool *out = NULL;
  float *score = NULL, *sorted = NULL;
  uint32_t *group = NULL;
  lnti_evaluate_options options = of->options;
  lnt_status status = lnti_alloc(&out, of->model->n_classes, sizeof *out, err);
  if (!status) status = lnti_alloc(&score, n, sizeof *score, err);
  if (!status) status = lnti_alloc(&sorted, n, sizeof *sorted, err);
  if (!status) status = lnti_alloc(&group, n, sizeof *group, err);
  if (status) goto done;
  (void)find_classes(out, of->model, name);
  status = lnti_novelty_score(score, of->model->novelty, of->x, out, &of->project->context, err);
  if (status) goto done;
  for (int pass = 0; pass < 2; pass++) {
    for (size_t i = 0; i < n; i++) {
      if (out[of->label[i]] != (pass == 1)) continue;
      group[known + strange] = of->group ? of->group[i] : (uint32_t)i;
      sorted[known + strange] = score[i];
      if (pass == 0) known++;
      if (pass == 1) strange++;
    }
  }
  if (strange == 0 || known == 0) {
    status = lnti_fail(err, LNT_EINVAL, "--unknown-class \"%.200s\": %s of the items that are judged %s of it", name,
                       strange == 0 ? "none" : "all", strange == 0 ? "is" : "are");
    goto done;
  }
  options.group = group;
  status =
      lnti_unknown_measure(&row->metrics, sorted, known, sorted + known, strange, &options, &of->project->context, err);
  if (!status) status = lnti_strdup(&row->name, name, err);
done:
  free(group);
  free(sorted);
  free(score);
  free(out);
  return status;
}

/* Items of classes that the model does not have, against all others. */
static lnt_status measure_others(lnti_report_unknown_row *row, const lnti_unknown_of *of, lnt_error *err) {
  lnti_vectors vectors = {0};
  float *score = NULL;
  size_t n = of->x->n;
  lnti_evaluate_options options = of->options;
  options.group = NULL;
  lnt_status status = lnti_extract(&vectors, of->project, of->model->extractor, of->others, NULL, NULL, NULL, err);
  if (status) return status;
  lnti_matrix x = lnti_vectors_matrix(&vectors);
  status = lnti_alloc(&score, n + x.n, sizeof *score, err);
  if (!status) status = lnti_novelty_score(score, of->model->novelty, of->x, NULL, &of->project->context, err);
  if (!status) status = lnti_novelty_score(score + n, of->model->novelty, &x, NULL, &of->project->context, err);
  if (!status)
    status = lnti_unknown_measure(&row->metrics, score, n, score + n, x.n, &options, &of->project->context, err);
  free(score);
  lnti_vectors_clear(&vectors);
  return status;
}

lnt_status lnti_unknown_find(lnti_report_unknown *out, const lnti_unknown_of *of, lnt_error *err) {
  lnti_report_unknown unknown = {0};
  lnt_status status = lnti_unknown_check(of->model, of->without, of->n_without, err);
  if (status || !of->model->novelty || (of->others->n == 0 && of->n_without == 0)) return status;
  status = lnti_alloc_zero(&unknown.rows, of->n_without + 1, sizeof *unknown.rows, err);
  if (!status && of->others->n > 0) status = measure_others(&unknown.rows[unknown.n++], of, err);
  for (size_t i = 0; i < of->n_without && !status; i++)
    status = measure_without(&unknown.rows[unknown.n++], of, of->without[i], err);
  if (status) {
    lnti_unknown_clear(&unknown);
  } else {
    *out = unknown;
  }
  return status;
}

void lnti_unknown_clear(lnti_report_unknown *unknown) {
  for (size_t i = 0; i < unknown->n; i++) free(unknown->rows[i].name);
  free(unknown->rows);
  *unknown = (lnti_report_unknown){0};
}
