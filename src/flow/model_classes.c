/*
 * Classes are paths of ids. An option that has the path is the class; for what is left, each path is followed by all names that
 * options have had (aliases keep them), so that a renamed or merged one is found again.
 */
#include <flow/model_classes.h>

#include <base/alloc.h>
#include <base/error.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The option that is called by the path of a class, by ids, or by names that it had before a migration. */
static size_t find_renamed(const lnti_ontology *ontology, size_t question, const char *path) {
  size_t option = LNTI_NONE;
  char part[256];
  for (const char *at = path;; at++) {
    size_t n = strcspn(at, "/");
    if (n >= sizeof part) return LNTI_NONE;
    memcpy(part, at, n);
    part[n] = '\0';
    option = lnti_ontology_find_option(ontology, question, option, part);
    at += n;
    if (option == LNTI_NONE || !*at) return option;
  }
}

static lnt_status map_by_id(lnti_model_classes *c, size_t *option_of, const lnt_model *model,
                            const lnti_ontology *ontology, const lnti_target *target, lnt_error *err) {
  lnti_text id = {0};
  lnt_status status = LNT_OK;
  for (size_t i = 0; i < c->n_options && !status; i++) {
    id.length = 0;
    status = lnti_target_class_id(&id, ontology, target, c->option[i], err);
    for (size_t k = 0; k < model->n_classes && !status; k++) {
      if (strcmp(id.data, model->classes[k].id) != 0) continue;
      c->of_option[c->option[i]] = (int32_t)k;
      option_of[k] = c->option[i];
    }
  }
  lnti_text_clear(&id);
  return status;
}

/* Two classes have become one option. */
static void merge(lnti_model_classes *c, size_t class, size_t option, bool may_fold) {
  int32_t first = c->of_option[option];
  if (may_fold) {
    c->folded[class] = first;
    c->n_folded++;
  } else {
    if (first >= 0) c->option_id[first] = 0;
    c->of_option[option] = LNTI_CLASS_MERGED;
  }
}

lnt_status lnti_model_classes_find(lnti_model_classes *out, const lnt_model *model, const lnti_ontology *ontology,
                                   const lnti_target *target, bool may_fold, lnt_error *err) {
  lnti_model_classes c = {0};
  size_t *option_of = NULL, k = model->n_classes;
  lnt_status status = lnti_target_options(&c.option, &c.n_options, ontology, target, err);
  if (!status) status = lnti_alloc(&c.of_option, ontology->n_options, sizeof *c.of_option, err);
  if (!status) status = lnti_alloc(&c.folded, k, sizeof *c.folded, err);
  if (!status) status = lnti_alloc_zero(&c.option_id, k, sizeof *c.option_id, err);
  if (!status) status = lnti_alloc(&option_of, k, sizeof *option_of, err);
  for (size_t i = 0; i < ontology->n_options && !status; i++) c.of_option[i] = LNTI_CLASS_NONE;
  for (size_t i = 0; i < k && !status; i++) {
    c.folded[i] = (int32_t)i;
    option_of[i] = LNTI_NONE;
  }
  if (!status && target->task != LNTI_REGRESSION) status = map_by_id(&c, option_of, model, ontology, target, err);
  for (size_t i = 0; i < k && !status && target->task != LNTI_REGRESSION; i++) {
    bool by_id = option_of[i] != LNTI_NONE;
    if (!by_id) option_of[i] = find_renamed(ontology, target->question, model->classes[i].id);
    if (option_of[i] == LNTI_NONE) continue;
    int32_t *is = &c.of_option[option_of[i]];
    if (*is == LNTI_CLASS_NONE) *is = (int32_t)i;
    if (*is != (int32_t)i && !by_id) merge(&c, i, option_of[i], may_fold);
    if (*is >= 0) c.option_id[i] = ontology->options[option_of[i]].id;
  }
  free(option_of);
  if (status) {
    lnti_model_classes_clear(&c);
    return status;
  }
  *out = c;
  return LNT_OK;
}

void lnti_model_classes_clear(lnti_model_classes *classes) {
  free(classes->option);
  free(classes->of_option);
  free(classes->folded);
  free(classes->option_id);
  *classes = (lnti_model_classes){0};
}

/* log(e^a + e^b) */
static float log_sum(float a, float b) {
  float most = a > b ? a : b, least = a > b ? b : a;
  return most + log1pf(expf(least - most));
}

void lnti_model_classes_fold(float *value, const lnti_model_classes *classes, size_t n_classes, size_t n, bool logs) {
  if (classes->n_folded == 0) return;
  for (size_t i = 0; i < n; i++) {
    float *row = value + i * n_classes;
    for (size_t c = 0; c < n_classes; c++) {
      int32_t to = classes->folded[c];
      if (to == (int32_t)c) continue;
      row[to] = logs ? log_sum(row[to], row[c]) : row[to] + row[c];
      row[c] = logs ? -INFINITY : 0;
    }
  }
  /* Of sums of floats that are 1 together, some are a little more. */
  for (size_t i = 0; i < n * n_classes && !logs; i++) value[i] = value[i] > 1 ? 1 : value[i];
}

/* ---- in words ---- */

/* Titles of the classes that an option was merged of. */
static lnt_status list_merged(lnti_text *out, const lnti_model_classes *c, const lnt_model *model,
                              const lnti_ontology *ontology, size_t question, size_t option, lnt_error *err) {
  lnt_status status = LNT_OK;
  size_t n = 0;
  for (size_t k = 0; k < model->n_classes && !status; k++) {
    bool folded = c->of_option[option] >= 0 && c->folded[k] == c->of_option[option];
    bool left =
        c->of_option[option] == LNTI_CLASS_MERGED && find_renamed(ontology, question, model->classes[k].id) == option;
    if (!folded && !left) continue;
    status = lnti_text_printf(out, err, "%s\"%.80s\"", n++ ? ", " : "", model->classes[k].title);
  }
  return status;
}

static bool is_folded_into(const lnti_model_classes *c, const lnt_model *model, int32_t class) {
  for (size_t k = 0; k < model->n_classes && class >= 0; k++) {
    if (c->folded[k] == class && (int32_t)k != class) return true;
  }
  return false;
}

static lnt_status warn_of_merges(lnti_messages *warnings, const lnti_model_classes *c, const lnt_model *model,
                                 const lnti_ontology *ontology, const size_t *n_of, lnt_error *err) {
  lnt_status status = LNT_OK;
  for (size_t o = 0; o < ontology->n_options && !status; o++) {
    lnti_text names = {0};
    bool left = c->of_option[o] == LNTI_CLASS_MERGED, folded = is_folded_into(c, model, c->of_option[o]);
    if (n_of[o] == 0 || (!left && !folded)) continue;
    status = list_merged(&names, c, model, ontology, ontology->options[o].question, o, err);
    if (!status)
      status = lnti_messages_add(
          warnings, err, "%zu %s \"%.80s\", which several of the model's classes were merged into since (%s): %s",
          n_of[o], lnti_plural(n_of[o], "item is", "items are"), ontology->options[o].title, names.data,
          folded ? "each of these counts as it, and their probabilities are added"
                 : "left out, since the model tells what is no longer told apart. Train again");
    lnti_text_clear(&names);
  }
  return status;
}

typedef struct left_out {
  size_t n, first;
} left_out;

static void count_left(left_out *left, size_t option, size_t n) {
  if (left->n == 0) left->first = option;
  left->n += n;
}

lnt_status lnti_model_classes_warn(lnti_messages *warnings, const lnti_model_classes *classes, const lnt_model *model,
                                   lnti_project *project, const lnti_ontology *ontology, const size_t *n_of,
                                   lnt_error *err) {
  left_out newer = {0}, other = {0};
  lnt_status status = warn_of_merges(warnings, classes, model, ontology, n_of, err);
  for (size_t o = 0; o < ontology->n_options && !status; o++) {
    uint64_t made_ms = 0;
    if (n_of[o] == 0 || classes->of_option[o] != LNTI_CLASS_NONE) continue;
    status = lnti_store_option_made(&made_ms, project->store, ontology->options[o].id, err);
    count_left(made_ms > model->created_ms ? &newer : &other, o, n_of[o]);
  }
  if (!status && newer.n > 0)
    status = lnti_messages_add(warnings, err,
                               "%zu %s of classes that are newer than the model (first: \"%.80s\"; added or split off "
                               "since it was trained), and %s left out. Train again to have them",
                               newer.n, lnti_plural(newer.n, "item is", "items are"),
                               ontology->options[newer.first].title, lnti_plural(newer.n, "was", "were"));
  if (!status && other.n > 0)
    status = lnti_messages_add(
        warnings, err, "%zu %s of classes that the model was not trained on (first: \"%.80s\"), and %s left out",
        other.n, lnti_plural(other.n, "item is", "items are"), ontology->options[other.first].title,
        lnti_plural(other.n, "was", "were"));
  return status;
}
