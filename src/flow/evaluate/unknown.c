/*
 * A class is left out by leaving out its mean: the score knows the classes by nothing else, so no other model is trained for it.
 */
#include <flow/evaluate/unknown.h>

#include <base/alloc.h>
#include <base/error.h>
#include <stdlib.h>
#include <string.h>

/* Marks the classes that an id means: their own, or one of a node above. */
static size_t find_classes(bool *in, const lnt_model *model, const char *id) {
  size_t found = 0, n = strlen(id);
  for (size_t c = 0; c < model->n_classes; c++) {
    const char *own = model->classes[c].id;
    bool below = strncmp(own, id, n) == 0 && (own[n] == '/' || own[n] == '\0');
    if (in) in[c] = below;
    found += below;
  }
  return found;
}

/* Ids that a title means, each once. */
typedef struct meanings {
  const lnt_model *model;
  lnti_text first, list;
  size_t n;
} meanings;

static lnt_status add_meaning(meanings *m, const char *id, lnt_error *err) {
  size_t n = strlen(id);
  if (find_classes(NULL, m->model, id) == 0) return LNT_OK;
  for (const char *at = m->list.data; m->n > 0 && (at = strstr(at, id)); at += n) {
    if (at[-1] == '"' && at[n] == '"') return LNT_OK; /* ids hold no quotes */
  }
  lnt_status status = m->n++ == 0 ? lnti_text_printf(&m->first, err, "%s", id) : LNT_OK;
  return status ? status : lnti_text_printf(&m->list, err, "%s\"%s\"", m->n > 1 ? ", " : "", id);
}

static lnt_status find_by_title(meanings *m, const lnti_ontology *ontology, const lnti_target *target,
                                const char *title, lnt_error *err) {
  const lnt_model *model = m->model;
  lnti_text id = {0};
  lnt_status status = LNT_OK;
  for (size_t c = 0; c < model->n_classes && !status; c++)
    if (strcmp(model->classes[c].title, title) == 0) status = add_meaning(m, model->classes[c].id, err);
  for (size_t c = 0; c < model->n_nodes && !status; c++)
    if (strcmp(model->nodes[c].title, title) == 0) status = add_meaning(m, model->nodes[c].id, err);
  for (size_t o = 0; o < ontology->n_options && !status; o++) {
    if (ontology->options[o].question != target->question || strcmp(ontology->options[o].title, title) != 0) continue;
    id.length = 0;
    status = lnti_target_class_id(&id, ontology, target, o, err);
    if (!status) status = add_meaning(m, id.data, err);
  }
  lnti_text_clear(&id);
  return status;
}

static lnt_status check_model(const lnt_model *model, lnt_error *err) {
  if (model->task == LNTI_MULTILABEL || model->task == LNTI_REGRESSION)
    return lnti_fail(err, LNT_EINVAL, "--unknown-class is for models of one class, and this one tells %s",
                     model->task == LNTI_REGRESSION ? "a number" : "labels");
  if (!model->novelty)
    return lnti_fail(err, LNT_EINVAL,
                     "the model file has no unknown score: it is older, or has too many classes; train it again for "
                     "--unknown-class");
  return LNT_OK;
}

lnt_status lnti_unknown_name(char **id_out, const lnt_model *model, const lnti_ontology *ontology,
                             const lnti_target *target, const char *name, lnt_error *err) {
  meanings m = {.model = model};
  char *id = NULL;
  lnt_status status = check_model(model, err);
  if (!status && find_classes(NULL, model, name) > 0) {
    status = lnti_strdup(&id, name, err);
  } else if (!status) {
    status = find_by_title(&m, ontology, target, name, err);
    if (!status && m.n == 0)
      status =
          lnti_fail(err, LNT_EINVAL, "--unknown-class \"%.200s\": the model has no such class (such as \"%.200s\")",
                    name, model->classes[0].id);
    if (!status && m.n > 1)
      status = lnti_fail(err, LNT_EINVAL,
                         "--unknown-class \"%.200s\": %zu classes are called so; name the id of one: %.400s", name, m.n,
                         m.list.data);
    if (!status) status = lnti_strdup(&id, m.first.data, err);
  }
  if (!status && find_classes(NULL, model, id) == model->n_classes)
    status = lnti_fail(err, LNT_EINVAL,
                       "--unknown-class \"%.200s\": these are all of the model's classes; some must stay known", name);
  lnti_text_clear(&m.first);
  lnti_text_clear(&m.list);
  if (status) {
    free(id);
  } else {
    *id_out = id;
  }
  return status;
}

/* Of one class or branch, left out: its items against all others. */
static lnt_status measure_without(lnti_report_unknown_row *row, const lnti_unknown_of *of, size_t which,
                                  lnt_error *err) {
  const char *name = of->without[which];
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
  (void)find_classes(out, of->model, of->without_ids[which]);
  status = lnti_novelty_score(score, of->model->novelty, of->x, out, &of->project->context, err);
  if (status) goto done;
  for (int pass = 0; pass < 2; pass++) {
    for (size_t i = 0; i < n; i++) {
      if (out[of->label[i]] != (pass == 1)) continue;
      group[known + strange] = of->group[i];
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

static lnt_status score_others(lnti_report_unknown_row *row, const lnti_unknown_of *of, const lnti_vectors *vectors,
                               lnt_error *err) {
  float *score = NULL;
  uint32_t *group = NULL;
  size_t n = of->x->n;
  lnti_evaluate_options options = of->options;
  lnti_matrix x = lnti_vectors_matrix(vectors);
  lnt_status status = lnti_alloc(&score, n + x.n, sizeof *score, err);
  if (!status) status = lnti_alloc(&group, n + x.n, sizeof *group, err);
  if (!status) status = lnti_novelty_score(score, of->model->novelty, of->x, NULL, &of->project->context, err);
  if (!status) status = lnti_novelty_score(score + n, of->model->novelty, &x, NULL, &of->project->context, err);
  for (size_t i = 0; i < n + x.n && !status; i++)
    group[i] = i < n ? of->group[i] : of->other_group[vectors->item[i - n]];
  options.group = group;
  if (!status)
    status = lnti_unknown_measure(&row->metrics, score, n, score + n, x.n, &options, &of->project->context, err);
  free(group);
  free(score);
  return status;
}

/* Items of classes that the model does not have, against all others. Nobody has asked for them: where none can be read there
 * is no row, and no failure. */
static lnt_status measure_others(lnti_report_unknown *out, size_t *n_refused_out, const lnti_unknown_of *of,
                                 lnt_error *err) {
  lnti_vectors vectors = {0};
  lnt_error reason = LNT_ERROR_INIT;
  lnt_status status = lnti_extract(&vectors, of->project, of->model->extractor, of->others, NULL, of->refused,
                                   of->refused_payload, &reason);
  if (status == LNT_ENOTFOUND || status == LNT_ECORRUPT) {
    *n_refused_out = of->others->n;
    return LNT_OK;
  }
  if (status) return lnti_fail(err, status, "%s", reason.message);
  *n_refused_out = vectors.n_refused;
  status = score_others(&out->rows[out->n], of, &vectors, err);
  if (!status) out->n++;
  lnti_vectors_clear(&vectors);
  return status;
}

lnt_status lnti_unknown_find(lnti_report_unknown *out, size_t *n_refused_out, const lnti_unknown_of *of,
                             lnt_error *err) {
  lnti_report_unknown unknown = {0};
  size_t n_refused = 0;
  lnt_status status = LNT_OK;
  *n_refused_out = 0;
  if (!of->model->novelty || (of->others->n == 0 && of->n_without == 0)) return LNT_OK;
  status = lnti_alloc_zero(&unknown.rows, of->n_without + 1, sizeof *unknown.rows, err);
  if (!status && of->others->n > 0) status = measure_others(&unknown, &n_refused, of, err);
  for (size_t i = 0; i < of->n_without && !status; i++)
    status = measure_without(&unknown.rows[unknown.n++], of, i, err);
  if (status) {
    lnti_unknown_clear(&unknown);
  } else {
    *out = unknown;
    *n_refused_out = n_refused;
  }
  return status;
}

void lnti_unknown_clear(lnti_report_unknown *unknown) {
  for (size_t i = 0; i < unknown->n; i++) free(unknown->rows[i].name);
  free(unknown->rows);
  *unknown = (lnti_report_unknown){0};
}
