/*
 * Training: rows, features, fit, calibration, model file, rows of the run. Calibration itself stands in calibrate.c, how a
 * model is kept in keep_model.c.
 *
 * What the model says of itself (classes, number of rows, fingerprint) is said of the rows that were really used: images that
 * cannot be read are dropped before.
 */
#include <flow/train.h>

#include <base/alloc.h>
#include <base/error.h>
#include <base/file.h>
#include <flow/calibrate.h>
#include <flow/evaluate.h>
#include <flow/groups.h>
#include <flow/job.h>
#include <flow/split/cuts.h>
#include <flow/metrics_json.h>
#include <flow/split/split.h>
#include <flow/split/names.h>
#include <flow/target.h>
#include <math.h>
#include <model/model.h>
#include <stdlib.h>
#include <string.h>

typedef struct training {
  lnti_project *project;
  const lnti_train_options *options;
  lnti_train_result *result;
  lnti_job_run job;
  lnti_ontology *ontology;
  size_t question;
  const lnti_learner *learner;
  lnti_grid grid; /* until the parameters are chosen */
  lnti_params params;
  lnti_extractor *extractor;
  lnti_labelled rows, val; /* training rows; rows of the split "val" */
  lnti_vectors features, val_features;
  int32_t *label, *val_label; /* [features.n], [val_features.n] */
  size_t *class_option;       /* [n_classes] option of each class */
  int32_t *class_of_option;   /* [ontology->n_options] class of each option; -1 */
  size_t n_classes, n_absent; /* absent: classes without training rows */
  const char *first_absent;
  lnti_calibration calibration;
  lnt_model *model;
  lnti_run run;
  char *params_json;
  uint32_t *group, *val_group; /* [features.n], [val_features.n] rows that belong together */
  lnti_split_info split;
  uint64_t *keys; /* [n_keys] of the training rows' content */
  size_t n_keys;
} training;

/* ---- rows and classes ---- */

static bool has_split(const lnti_store_counts *counts, const char *name) {
  for (size_t i = 0; i < counts->n_splits; i++) {
    if (strcmp(counts->splits[i].name, name) == 0) return true;
  }
  return false;
}

/* Without a split "train", everything labelled that is neither validation nor test. */
static lnt_status load_outside_splits(training *t, lnt_error *err) {
  bool *keep = NULL;
  lnt_status status = lnti_labelled_load(&t->rows, t->project, t->ontology, t->question, NULL, err);
  if (status) return status;
  status = lnti_alloc(&keep, t->rows.items.n, sizeof *keep, err);
  if (status) return status;
  for (size_t i = 0; i < t->rows.items.n; i++) {
    keep[i] = strcmp(t->rows.split[i], LNTI_SPLIT_VAL) != 0 && strcmp(t->rows.split[i], LNTI_SPLIT_TEST) != 0;
  }
  lnti_labelled_keep(&t->rows, keep);
  free(keep);
  return LNT_OK;
}

/* Labelled items in no split at all: nobody has decided that they are not for training. */
static lnt_status tell_outside_splits(training *t, lnt_error *err) {
  lnti_labelled outside = {0};
  lnt_status status = lnti_labelled_load(&outside, t->project, t->ontology, t->question, "", err);
  size_t n = outside.items.n;
  lnti_labelled_clear(&outside);
  if (status || n == 0) return status;
  return lnti_messages_add(
      &t->result->warnings, err,
      "%zu labelled %s in no split and %s not trained on; to deal all items out anew: linnet split", n,
      lnti_plural(n, "image is", "images are"), lnti_plural(n, "was", "were"));
}

static lnt_status load_rows(training *t, lnt_error *err) {
  lnti_store_counts counts = {0};
  lnt_status status = lnti_store_counts_read(&counts, t->project->store, err);
  if (status) return status;
  bool train = has_split(&counts, LNTI_SPLIT_TRAIN), val = has_split(&counts, LNTI_SPLIT_VAL);
  lnti_store_counts_clear(&counts);
  status = train ? lnti_labelled_load(&t->rows, t->project, t->ontology, t->question, LNTI_SPLIT_TRAIN, err)
                 : load_outside_splits(t, err);
  if (status == LNT_OK && val) {
    status = lnti_labelled_load(&t->val, t->project, t->ontology, t->question, LNTI_SPLIT_VAL, err);
  }
  if (!status && train) status = tell_outside_splits(t, err);
  if (status) return status;
  if (t->rows.items.n > 0) return LNT_OK;
  return lnti_fail(err, LNT_ENOTFOUND, "no labelled items to train on%s; see: linnet status",
                   train ? " in the split \"train\"" : "");
}

/* Classes are the answerable options that occur, in the ontology's order. */
static lnt_status find_classes(training *t, lnt_error *err) {
  size_t *answerable = NULL, n = 0;
  free(t->class_of_option);
  free(t->class_option);
  t->class_of_option = NULL;
  t->class_option = NULL;
  t->n_classes = 0;
  lnt_status status = lnti_ontology_answerable(&answerable, &n, t->ontology, t->question, err);
  if (status) goto done;
  status = lnti_alloc(&t->class_of_option, t->ontology->n_options, sizeof *t->class_of_option, err);
  if (status) goto done;
  status = lnti_alloc(&t->class_option, n, sizeof *t->class_option, err);
  if (status) goto done;
  /* First 0 for those that occur, then numbers in order. */
  for (size_t i = 0; i < t->ontology->n_options; i++) t->class_of_option[i] = -1;
  for (size_t i = 0; i < t->rows.items.n; i++) t->class_of_option[t->rows.option[i]] = 0;
  for (size_t i = 0; i < n; i++) {
    if (t->class_of_option[answerable[i]] < 0) continue;
    t->class_of_option[answerable[i]] = (int32_t)t->n_classes;
    t->class_option[t->n_classes++] = answerable[i];
  }
  t->n_absent = 0;
  for (size_t i = 0; i < n; i++) {
    const lnti_option *option = &t->ontology->options[answerable[i]];
    if (t->class_of_option[answerable[i]] >= 0 || option->n_children > 0)
      continue; /* inner nodes need no items of their own */
    if (t->n_absent++ == 0) t->first_absent = option->title;
  }
  if (t->n_classes < 2) {
    const char *only = t->n_classes ? t->ontology->options[t->class_option[0]].title : "retired options";
    status = t->features.n_refused == 0
                 ? lnti_fail(err, LNT_EDATA,
                             "all training items are \"%s\"; a classifier needs items of at least two classes", only)
                 : lnti_fail(err, LNT_EDATA,
                             "%zu training images could not be read, and all others are \"%s\"; are the images where "
                             "they were? See: linnet verify, linnet relink",
                             t->features.n_refused, only);
  }
done:
  free(answerable);
  return status;
}

/* Labels of the rows that have features. */
static lnt_status make_labels(int32_t **out, const training *t, const lnti_labelled *rows, const lnti_vectors *features,
                              lnt_error *err) {
  int32_t *label = NULL;
  lnt_status status = lnti_alloc(&label, features->n, sizeof *label, err);
  if (status) return status;
  for (size_t i = 0; i < features->n; i++) label[i] = t->class_of_option[rows->option[features->item[i]]];
  *out = label;
  return LNT_OK;
}

/* Leaves out items of classes that the model will not know: validation items of classes without training items, and
 * items that still carry a retired option. */
static lnt_status keep_known(training *t, lnti_labelled *rows, const char *what, lnt_error *err) {
  bool *keep = NULL;
  size_t n = rows->items.n;
  if (n == 0) return LNT_OK;
  lnt_status status = lnti_alloc(&keep, n, sizeof *keep, err);
  if (status) return status;
  for (size_t i = 0; i < n; i++) {
    int32_t class = t->class_of_option[rows->option[i]];
    keep[i] = class >= 0 && t->class_option[class] == rows->option[i];
  }
  lnti_labelled_keep(rows, keep);
  free(keep);
  if (rows->items.n == n) return LNT_OK;
  return lnti_messages_add(&t->result->warnings, err,
                           "%zu %s items are of classes that the model does not know and were "
                           "left out",
                           n - rows->items.n, what);
}

/* ---- features ---- */

static void pass_progress(void *payload, const char *what, size_t done, size_t total) {
  lnti_job_progress(payload, what, done, total);
}

/* Imported vectors may be of some splits alone: without any in val, folds of the training rows serve in its place. */
static lnt_status extract_val(training *t, const lnti_progress *progress, lnt_error *err) {
  const lnti_train_options *options = t->options;
  lnt_error reason = LNT_ERROR_INIT;
  size_t n = t->val.items.n;
  if (n == 0) return LNT_OK;
  lnt_status status = lnti_extract(&t->val_features, t->project, t->extractor, &t->val.items, progress,
                                   options->refused, options->refused_payload, &reason);
  if (status == LNT_OK) return LNT_OK;
  if (status != LNT_ENOTFOUND || !lnti_extractor_imported(t->extractor))
    return lnti_fail(err, status, "%s", reason.message);
  lnti_labelled_clear(&t->val);
  return lnti_messages_add(
      &t->result->warnings, err,
      "not one of the %zu items of the split val has a vector in %s: the model is tuned and judged on "
      "parts of train instead",
      n, lnti_extractor_text(t->extractor));
}

static lnt_status extract_rows(training *t, lnt_error *err) {
  const lnti_train_options *options = t->options;
  const lnti_progress progress = {pass_progress, &t->job};
  lnt_error reason = LNT_ERROR_INIT;
  lnt_status status = lnti_extract(&t->features, t->project, t->extractor, &t->rows.items, &progress, options->refused,
                                   options->refused_payload, &reason);
  if (status) {
    bool without = status == LNT_ENOTFOUND && lnti_extractor_imported(t->extractor);
    return lnti_fail(err, status, "%s%s", without ? "nothing to train on: " : "", reason.message);
  }
  status = extract_val(t, &progress, err);
  if (status) return status;
  size_t n_damaged = t->features.n_damaged + t->val_features.n_damaged;
  size_t n_refused = t->features.n_refused + t->val_features.n_refused;
  if (n_refused == 0) return LNT_OK;
  if (lnti_extractor_imported(t->extractor)) {
    status = lnti_messages_add(
        &t->result->warnings, err, "%zu of %zu labelled items %s no %svector in %s and %s left out", n_refused,
        t->rows.items.n + t->val.items.n, lnti_plural(n_refused, "has", "have"), n_damaged > 0 ? "sound " : "",
        lnti_extractor_text(t->extractor), lnti_plural(n_refused, "was", "were"));
    if (status || n_damaged == 0) return status;
    return lnti_messages_add(&t->result->warnings, err, "%zu of these %s damaged: linnet verify says what to do",
                             n_damaged, lnti_plural(n_damaged, "is", "are"));
  }
  return lnti_messages_add(&t->result->warnings, err, "%zu images could not be read and were left out", n_refused);
}

/* Keeps the items that have vectors: from then on row i of the vectors is item i. */
static lnt_status drop_unread(lnti_labelled *rows, lnti_vectors *vectors, lnt_error *err) {
  bool *keep = NULL;
  if (vectors->n_refused == 0) return LNT_OK;
  lnt_status status = lnti_alloc_zero(&keep, rows->items.n, sizeof *keep, err);
  if (status) return status;
  for (size_t i = 0; i < vectors->n; i++) keep[vectors->item[i]] = true;
  lnti_labelled_keep(rows, keep);
  for (size_t i = 0; i < vectors->n; i++) vectors->item[i] = i;
  free(keep);
  return LNT_OK;
}

static void keep_vectors(lnti_vectors *vectors, const bool *keep) {
  unsigned char *data = vectors->data;
  size_t row_bytes = vectors->d * lnti_dtype_bytes(vectors->dtype), n = 0;
  for (size_t i = 0; i < vectors->n; i++) {
    if (!keep[i]) continue;
    if (n != i) memcpy(data + n * row_bytes, data + i * row_bytes, row_bytes);
    vectors->item[n] = n;
    n++;
  }
  vectors->n = n;
}

/* A validation item counts only where the model knows its class and has not been trained on the same picture. */
static lnt_status keep_fair_val(training *t, lnt_error *err) {
  bool *keep = NULL;
  size_t n = t->val.items.n, n_shared = 0;
  if (n == 0) return LNT_OK;
  lnt_status status = lnti_alloc(&keep, n, sizeof *keep, err);
  if (status) return status;
  for (size_t i = 0; i < n; i++) {
    bool shared = lnti_content_known(t->keys, t->n_keys, &t->val.items.item[i].content);
    n_shared += shared;
    keep[i] = !shared && t->class_of_option[t->val.option[i]] >= 0;
  }
  keep_vectors(&t->val_features, keep);
  lnti_labelled_keep(&t->val, keep);
  free(keep);
  if (n_shared == 0) return LNT_OK;
  return lnti_messages_add(&t->result->warnings, err,
                           "%zu validation items are the same pictures as training items and were left out", n_shared);
}

static bool cross_validates(const training *t) {
  return t->grid.n > 1 || t->options->folds > 0;
}

/* Keys that once held and hold no longer (metadata that were replaced) are no reason not to train. */
static lnt_status group_rows(training *t, uint32_t *group, const lnti_extract_items *items, lnt_error *err) {
  lnt_error reason = LNT_ERROR_INIT;
  char **key = &t->result->group_key;
  lnt_status status = lnti_row_groups(group, t->project, *key, items, &reason);
  if (status != LNT_ENOTFOUND || !*key) return status ? lnti_fail(err, status, "%s", reason.message) : LNT_OK;
  free(*key);
  *key = NULL;
  status = lnti_messages_add(&t->result->warnings, err, "%s; validation goes without regard to it", reason.message);
  return status ? status : lnti_row_groups(group, t->project, NULL, items, err);
}

/* Training rows are held out too, unless there are validation rows and nothing is cross-validated. */
static lnt_status find_groups(training *t, lnt_error *err) {
  bool val = t->val.items.n > 0;
  lnt_status status = lnti_group_keys(&t->result->group_key, t->project, err);
  if (!status && val) status = group_rows(t, t->val_group, &t->val.items, err);
  if (status) return status;
  if (val && !cross_validates(t)) return lnti_content_groups(t->group, &t->rows.items, err);
  return group_rows(t, t->group, &t->rows.items, err);
}

/* Once it is known which images can be read: the rows, classes and groups that the model is really made from. */
static lnt_status settle_rows(training *t, lnt_error *err) {
  bool unread = t->features.n_refused > 0;
  lnt_status status = drop_unread(&t->rows, &t->features, err);
  if (status) return status;
  status = drop_unread(&t->val, &t->val_features, err);
  if (status) return status;
  if (unread) status = find_classes(t, err);
  if (status) return status;
  status = lnti_content_keys(&t->keys, &t->n_keys, &t->rows.items, err);
  if (status) return status;
  status = keep_fair_val(t, err);
  if (status) return status;
  status = lnti_alloc(&t->group, t->rows.items.n, sizeof *t->group, err);
  if (status) return status;
  status = lnti_alloc(&t->val_group, t->val.items.n, sizeof *t->val_group, err);
  if (status) return status;
  status = find_groups(t, err);
  if (status || t->n_absent == 0) return status;
  return lnti_messages_add(&t->result->warnings, err,
                           "%zu of %zu classes have no training items (first: \"%s\"): the model does not know them",
                           t->n_absent, t->n_absent + t->n_classes, t->first_absent);
}

/* ---- fit ---- */

/* What was chosen, into the run and the model. */
static lnt_status describe_choice(training *t, lnt_error *err) {
  const lnti_choice *choice = &t->result->choice;
  const lnti_grid chosen = {choice->grid.learner, &t->params, 1};
  char *params_json = NULL;
  lnt_status status = lnti_grid_json(&params_json, &chosen, err);
  if (status) return status;
  free(t->params_json);
  t->run.params_json = t->params_json = params_json;
  return lnti_choice_json(&t->model->choice_json, choice, err);
}

/* Chooses the parameters where there are several, on the training rows alone. */
static lnt_status choose(training *t, lnt_error *err) {
  lnti_choice *choice = &t->result->choice;
  const lnti_progress progress = {pass_progress, &t->job};
  const lnti_choose_options options = {t->options->folds ? t->options->folds : LNTI_FOLDS, &progress};
  const lnti_problem problem = {
      .x = lnti_vectors_matrix(&t->features), .label = t->label, .n_classes = t->n_classes, .seed = t->options->seed};
  lnti_text advice = {0};
  if (!cross_validates(t)) return LNT_OK;
  lnt_status status = lnti_choose(choice, &t->grid, &problem, t->group, &options, &t->project->context, err);
  if (status) return status;
  t->params = choice->grid.point[choice->best];
  status = describe_choice(t, err);
  if (!status) status = lnti_choice_advice(&advice, choice, err);
  if (!status && advice.length) status = lnti_messages_add(&t->result->warnings, err, "%s", advice.data);
  lnti_text_clear(&advice);
  return status;
}

static lnt_status fit(training *t, lnt_error *err) {
  const lnti_context *context = &t->project->context;
  const lnti_calibrated_rows rows = {.train = &t->features,
                                     .label = t->label,
                                     .group = t->group,
                                     .val = &t->val_features,
                                     .val_label = t->val_label,
                                     .val_group = t->val_group,
                                     .n_classes = t->n_classes,
                                     .seed = t->options->seed};
  lnti_fit_report report = {0};
  lnti_fitted *fitted = NULL;
  lnt_status status =
      lnti_calibrated_fit(&fitted, &report, &t->calibration, t->learner, &t->params, &rows, context, err);
  if (status) return status;
  t->model->fitted = fitted;
  if (report.note[0]) status = lnti_messages_add(&t->result->warnings, err, "%s", report.note);
  size_t n = t->calibration.n_unlearned;
  if (status || n == 0) return status;
  return lnti_messages_add(
      &t->result->warnings, err,
      "%zu training %s left out of the calibration: a class has no other images, or none that do not "
      "belong together with them. The model learns such classes, but how well it knows them cannot "
      "be said",
      n, lnti_plural(n, "image was", "images were"));
}

static lnt_status validate(training *t, lnt_error *err) {
  lnti_evaluation *evaluation = NULL;
  const lnti_calibration *c = &t->calibration;
  lnti_evaluate_options options = LNTI_EVALUATE_OPTIONS_INIT;
  options.seed = t->options->seed;
  options.group = c->group;
  lnti_train_result *result = t->result;
  for (int m = 0; m < LNTI_METRICS; m++) result->value[m] = result->ci95[m][0] = result->ci95[m][1] = (double)NAN;
  if (c->n == 0) return LNT_OK;
  lnt_status status =
      lnti_evaluation_new(&evaluation, c->prob, c->label, c->n, t->n_classes, &options, &t->project->context, err);
  if (status) return status;
  memcpy(result->value, evaluation->value, sizeof result->value);
  memcpy(result->ci95, evaluation->ci95, sizeof result->ci95);
  lnti_text json = {0};
  status = lnti_metrics_json(&json, evaluation->value, (const double(*)[2])evaluation->ci95, err);
  if (status == LNT_OK) status = lnti_strdup(&t->model->metrics_json, json.data, err);
  lnti_text_clear(&json);
  if (status == LNT_OK) status = lnti_warn_of_guessing(&result->warnings, evaluation, t->model, err);
  lnti_evaluation_free(evaluation);
  return status;
}

/* ---- the model ---- */

/* Over content and class of every training row, in order. */
static void fingerprint(char out[LNTI_HASH_HEX], const training *t) {
  lnti_hasher hasher;
  lnti_hash hash;
  lnti_hash_begin(&hasher);
  for (size_t i = 0; i < t->rows.items.n; i++) {
    const char *key = t->ontology->options[t->rows.option[i]].key;
    lnti_hash_update(&hasher, t->rows.items.item[i].content.bytes, LNTI_HASH_BYTES);
    lnti_hash_update(&hasher, key, strlen(key) + 1);
  }
  lnti_hash_end(&hash, &hasher);
  lnti_hash_hex(out, &hash);
}

static lnt_status name_model(training *t, lnt_error *err) {
  const char *chosen = t->options->name, *learner = t->learner->name;
  lnt_status status = chosen ? lnti_model_name_check(chosen, err)
                             : lnti_model_usual_name(&t->model->name, t->project, learner, t->extractor, err);
  if (!status && chosen) status = lnti_strdup(&t->model->name, chosen, err);
  if (status) return status;
  return lnti_model_replaced_find(&t->result->replaced, t->project, t->model->name, chosen ? NULL : learner,
                                  lnti_extractor_text(t->extractor), err);
}

static lnt_status describe_target(training *t, lnt_error *err) {
  lnt_model *model = t->model;
  lnti_text path = {0};
  lnt_status status = lnti_ontology_question_path(&path, t->ontology, t->question, err);
  model->target = path.data;
  if (status) return status;
  return lnti_strdup(&model->target_title, t->ontology->questions[t->question].title, err);
}

static void describe_rows(training *t) {
  t->model->n_train = t->rows.items.n;
  t->model->seed = t->options->seed;
  fingerprint(t->model->data_fingerprint, t);
}

/* ---- the run ---- */

static lnt_status write_run_begin(void *payload, lnti_tx *tx, lnt_error *err) {
  training *t = payload;
  return lnti_tx_run_begin(tx, &t->run.id, &t->run, err);
}

static lnt_status write_run_end(void *payload, lnti_tx *tx, lnt_error *err) {
  const training *t = payload;
  return lnti_tx_run_end(tx, &t->run, err);
}

static lnt_status begin_run(training *t, lnt_error *err) {
  lnt_status status = lnti_grid_json(&t->params_json, &t->grid, err);
  if (status) return status;
  t->run = (lnti_run){.target = t->model->target,
                      .learner = t->learner->name,
                      .feature = lnti_extractor_text(t->extractor),
                      .params_json = t->params_json,
                      .seed = t->options->seed,
                      .started_ms = lnti_wall_ms(),
                      .n_train = t->model->n_train,
                      .data_fingerprint = t->model->data_fingerprint,
                      .code_version = LINNET_VERSION,
                      .cpu = lnt_cpu_name(t->project->context.cpu),
                      .split_json = t->split.json ? t->split.json : "",
                      .state = "running",
                      .result_json = "",
                      .error = ""};
  return lnti_store_write(t->project->store, write_run_begin, t, err);
}

/* A run that does not end well keeps the reason. */
static lnt_status fail_run(training *t, lnt_status status, const lnt_error *err) {
  lnt_error ignored = LNT_ERROR_INIT;
  t->run.state = status == LNT_ECANCELLED ? "cancelled" : "failed";
  t->run.ended_ms = lnti_wall_ms();
  t->run.error = err ? err->message : "";
  if (lnti_store_write(t->project->store, write_run_end, t, &ignored)) {
    lnti_log_printf(t->project->context.log, LNTI_LOG_WARN, "the failed run was not stored: %s", ignored.message);
  }
  return status;
}

/* ---- all of it ---- */

static lnt_status prepare(training *t, lnt_error *err) {
  const lnti_train_options *options = t->options;
  lnt_status status = lnti_learner_find(&t->learner, options->learner, err);
  if (status) return status;
  status = lnti_grid_new(&t->grid, t->learner, options->set, options->n_set, err);
  if (status) return status;
  t->params = t->grid.point[0];
  status = lnti_store_ontology(&t->ontology, t->project->store, err);
  if (status) return status;
  status = lnti_target_find(&t->question, t->project, t->ontology, options->target, err);
  if (status) return status;
  status = lnti_split_info_read(&t->split, t->project, err);
  if (status) return status;
  status = lnti_cuts_look(&t->result->warnings, t->project, err);
  if (status) return status;
  status = load_rows(t, err);
  if (status) return status;
  status = find_classes(t, err);
  if (status) return status;
  status = keep_known(t, &t->rows, "training", err);
  if (status) return status;
  status = keep_known(t, &t->val, "validation", err);
  if (status) return status;
  status = lnti_model_new(&t->model, err);
  if (status) return status;
  status = lnti_project_extractor(&t->extractor, t->project, options->feature, err);
  if (status) return status;
  status = name_model(t, err);
  if (status) return status;
  describe_rows(t);
  return describe_target(t, err);
}

static lnt_status learn(training *t, lnt_error *err) {
  uint64_t start = lnti_monotonic_ns();
  lnt_status status = extract_rows(t, err);
  if (status) return status;
  t->result->extract_seconds = (double)(lnti_monotonic_ns() - start) * 1e-9;
  start = lnti_monotonic_ns();
  status = settle_rows(t, err);
  if (status) return status;
  describe_rows(t);
  status = lnti_target_classes(t->model, t->ontology, t->class_option, t->n_classes, err);
  if (status) return status;
  status = make_labels(&t->label, t, &t->rows, &t->features, err);
  if (status) return status;
  status = make_labels(&t->val_label, t, &t->val, &t->val_features, err);
  if (status) return status;
  status = choose(t, err);
  if (status) return status;
  status = fit(t, err);
  if (status) return status;
  t->result->fit_seconds = (double)(lnti_monotonic_ns() - start) * 1e-9;
  t->model->extractor = t->extractor;
  t->extractor = NULL;
  t->model->temperature = t->calibration.temperature;
  t->model->n_calibration = t->calibration.n;
  status = lnti_strdup(&t->model->calibrated_on, t->calibration.on, err);
  if (status) return status;
  status = validate(t, err);
  if (status) return status;
  t->model->created_ms = lnti_wall_ms();
  return lnti_model_keep(&t->result->file, t->project, t->model, &t->run, t->keys, t->n_keys, err);
}

static lnt_status fill_result(training *t, lnt_error *err) {
  lnti_train_result *result = t->result;
  const lnt_model *model = t->model;
  result->n_train = model->n_train;
  result->n_classes = t->n_classes;
  result->params = t->params;
  result->chosen_for = result->choice.grid.n > 1 && t->val.items.n == 0;
  result->n_calibration = t->calibration.n;
  result->temperature = t->calibration.temperature;
  result->ece_before = t->calibration.ece_before;
  result->seed = t->options->seed;
  result->run_id = t->run.id;
  result->peak_rss_mb = lnti_peak_rss_mb();
  lnt_status status = lnti_strdup(&result->model, model->name, err);
  if (status == LNT_OK) status = lnti_strdup(&result->target, model->target, err);
  if (status == LNT_OK) status = lnti_strdup(&result->learner, t->learner->name, err);
  if (status == LNT_OK) status = lnti_strdup(&result->feature, lnti_extractor_text(model->extractor), err);
  if (status == LNT_OK) status = lnti_strdup(&result->calibrated_on, t->calibration.on, err);
  return status;
}

static void clear(training *t) {
  /* The model first: it may refer to the features. */
  lnt_model_close(t->model);
  lnti_extractor_free(t->extractor);
  lnti_calibration_clear(&t->calibration);
  lnti_vectors_clear(&t->features);
  lnti_vectors_clear(&t->val_features);
  lnti_labelled_clear(&t->rows);
  lnti_labelled_clear(&t->val);
  lnti_ontology_free(t->ontology);
  free(t->label);
  free(t->val_label);
  free(t->class_option);
  free(t->class_of_option);
  lnti_grid_clear(&t->grid);
  free(t->params_json);
  free(t->group);
  free(t->val_group);
  free(t->keys);
  lnti_split_info_clear(&t->split);
}

lnt_status lnti_train(lnti_train_result *out, lnti_project *project, const lnti_train_options *options,
                      lnt_error *err) {
  lnti_train_result result = {0};
  training t = {.project = project, .options = options, .result = &result};
  uint64_t start = lnti_monotonic_ns();
  lnt_status status = prepare(&t, err);
  if (status) goto done;
  status = lnti_job_begin(&t.job, project, "train", "{}", options->progress, err);
  if (status) goto done;
  status = begin_run(&t, err);
  if (status == LNT_OK) {
    status = learn(&t, err);
    if (status) status = fail_run(&t, status, err);
  }
  status = lnti_job_end(&t.job, status, err);
  if (status) goto done;
  status = fill_result(&t, err);
  if (status) goto done;
  result.total_seconds = (double)(lnti_monotonic_ns() - start) * 1e-9;
  *out = result;
  result = (lnti_train_result){0};
done:
  lnti_train_result_clear(&result);
  clear(&t);
  return status;
}

void lnti_train_result_clear(lnti_train_result *result) {
  lnti_choice_clear(&result->choice);
  free(result->model);
  free(result->file);
  free(result->target);
  free(result->learner);
  free(result->feature);
  free(result->calibrated_on);
  free(result->group_key);
  lnti_model_replaced_clear(&result->replaced);
  lnti_messages_clear(&result->warnings);
  *result = (lnti_train_result){0};
}
