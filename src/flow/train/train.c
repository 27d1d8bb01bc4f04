/*
 * Training: rows (rows.c), vectors (vectors.c), fit and calibration (calibrate.c, tasks.c), model file, rows of the run. How a
 * model is kept stands in keep_model.c.
 *
 * What the model says of itself (classes, number of rows, fingerprint) is said of the rows that were really used: images that
 * cannot be read are dropped before.
 */
#include <flow/train/train.h>

#include <base/alloc.h>
#include <base/error.h>
#include <base/file.h>
#include <flow/evaluate/evaluate.h>
#include <flow/model_question.h>
#include <flow/split/cuts.h>
#include <flow/train/parts.h>
#include <math.h>
#include <model/model.h>
#include <stdlib.h>
#include <string.h>

/* ---- fit ---- */

/* What was chosen, into the run and the model. */
static lnt_status describe_choice(lnti_training *t, lnt_error *err) {
  const lnti_choice *choice = &t->result->choice;
  const lnti_grid chosen = {choice->grid.learner, &t->params, 1};
  char *params_json = NULL;
  lnt_status status = lnti_grid_json(&params_json, &chosen, err);
  if (status) return status;
  free(t->params_json);
  t->run.params_json = t->params_json = params_json;
  return lnti_choice_json(&t->model->choice_json, choice, err);
}

static void pass_progress(void *payload, const char *what, size_t done, size_t total) {
  lnti_job_progress(payload, what, done, total);
}

/* Chooses the parameters where there are several, on the training rows alone. */
static lnt_status choose(lnti_training *t, lnt_error *err) {
  lnti_choice *choice = &t->result->choice;
  const lnti_progress progress = {pass_progress, &t->job};
  const lnti_choose_options options = {t->options->folds ? t->options->folds : LNTI_FOLDS, &progress};
  lnti_problem problem = {
      .x = lnti_vectors_matrix(&t->train.x), .tree = t->tree, .weight = t->weight, .seed = t->options->seed};
  lnti_text advice = {0};
  if (!lnti_train_cross_validates(t)) return LNT_OK;
  lnti_truth_pose(&problem, &t->train.truth, 0);
  lnt_status status =
      lnti_choose(choice, &t->grid, &problem, &t->train.truth, t->train.group, &options, &t->project->context, err);
  if (status) return status;
  t->params = choice->grid.point[choice->best];
  status = describe_choice(t, err);
  if (!status) status = lnti_choice_advice(&advice, choice, err);
  if (!status && advice.length) status = lnti_messages_add(&t->result->warnings, err, "%s", advice.data);
  lnti_text_clear(&advice);
  return status;
}

static lnt_status fit(lnti_training *t, lnt_error *err) {
  const lnti_context *context = &t->project->context;
  const lnti_calibrated_rows rows = {.train = &t->train.x,
                                     .truth = &t->train.truth,
                                     .group = t->train.group,
                                     .val = &t->val.x,
                                     .val_truth = &t->val.truth,
                                     .val_group = t->val.group,
                                     .tree = t->tree,
                                     .weight = t->weight,
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

/* What scores are made probabilities by goes into the model, which has it in double. */
static lnt_status keep_scale(lnti_training *t, lnt_error *err) {
  lnti_scale *scale = &t->calibration.scale;
  lnt_model *model = t->model;
  model->temperature = scale->temperature;
  model->n_calibration = t->calibration.n;
  model->platt = scale->platt;
  model->residual = scale->residual;
  model->n_residuals = scale->n_residuals;
  scale->platt = NULL;
  scale->residual = NULL;
  if (scale->threshold) {
    lnt_status status = lnti_alloc(&model->threshold, t->n_classes, sizeof *model->threshold, err);
    if (status) return status;
    for (size_t c = 0; c < t->n_classes; c++) model->threshold[c] = (double)scale->threshold[c];
  }
  return lnti_strdup(&model->calibrated_on, t->calibration.on, err);
}

/* Of a number: what always answering the mean would do is what a model must beat. */
static double mean_value(const lnti_truth *truth) {
  double sum = 0;
  for (size_t i = 0; i < truth->n && truth->value; i++) sum += truth->value[i];
  return truth->value && truth->n > 0 ? sum / (double)truth->n : (double)NAN;
}

static lnt_status validate(lnti_training *t, lnt_error *err) {
  const lnti_evaluate_options usual = LNTI_EVALUATE_OPTIONS_INIT;
  const lnti_calibration *c = &t->calibration;
  lnti_train_result *result = t->result;
  lnti_judging what = {.prob = c->prob,
                       .truth = &c->truth,
                       .tree = t->tree,
                       .threshold = c->scale.threshold,
                       .interval = {(double)NAN, (double)NAN},
                       .train_mean = mean_value(&t->train.truth),
                       .options = usual};
  lnti_judged judged = {0};
  lnti_text json = {0};
  what.options.seed = t->options->seed;
  what.options.group = c->group;
  (void)lnti_residual_interval(what.interval, c->scale.residual, c->scale.n_residuals);
  if (c->n == 0) {
    lnti_figures_of(&result->figures, NULL, t->target.task, t->tree != NULL);
    return LNT_OK;
  }
  lnt_status status = lnti_judge(&judged, &what, &t->project->context, err);
  if (status) return status;
  lnti_figures_of(&result->figures, &judged, t->target.task, t->tree != NULL);
  status = lnti_figures_json(&json, &result->figures, err);
  if (status == LNT_OK) status = lnti_strdup(&t->model->metrics_json, json.data, err);
  lnti_text_clear(&json);
  if (status == LNT_OK) status = lnti_warn_of_guessing(&result->warnings, &judged, t->model, err);
  lnti_judged_clear(&judged);
  return status;
}

/* ---- the model ---- */

/* What is answered of a row: the key of its option, the labels, or the number. */
static void hash_answer(lnti_hasher *hasher, const lnti_training *t, size_t row) {
  const lnti_labelled *of = &t->train.of;
  if (of->value) lnti_hash_update(hasher, &of->value[row], sizeof of->value[row]);
  if (of->yes) lnti_hash_update(hasher, of->yes + row * of->n_labels, of->n_labels);
  if (!of->option) return;
  const char *key = t->ontology->options[of->option[row]].key;
  lnti_hash_update(hasher, key, strlen(key) + 1);
}

/* Over content and answer of every training row, in order. */
static void fingerprint(char out[LNTI_HASH_HEX], const lnti_training *t) {
  lnti_hasher hasher;
  lnti_hash hash;
  lnti_hash_begin(&hasher);
  for (size_t i = 0; i < t->train.of.items.n; i++) {
    lnti_hash_update(&hasher, t->train.of.items.item[i].content.bytes, LNTI_HASH_BYTES);
    hash_answer(&hasher, t, i);
  }
  lnti_hash_end(&hash, &hasher);
  lnti_hash_hex(out, &hash);
}

/* Flat and hierarchical models of one tree stand beside each other. */
static lnt_status usual_name(char **out, lnti_training *t, lnt_error *err) {
  char *plain = NULL;
  lnt_status status = lnti_model_usual_name(&plain, t->project, t->learner->name, t->extractor, err);
  if (status || t->target.task != LNTI_HIERARCHICAL) {
    *out = plain;
    return status;
  }
  status = lnti_asprintf(out, err, "%s-hierarchical", plain);
  free(plain);
  return status;
}

static lnt_status name_model(lnti_training *t, lnt_error *err) {
  const char *chosen = t->options->name, *learner = t->learner->name;
  lnt_status status = chosen ? lnti_model_name_check(chosen, err) : usual_name(&t->model->name, t, err);
  if (!status && chosen) status = lnti_strdup(&t->model->name, chosen, err);
  if (status) return status;
  return lnti_model_replaced_find(&t->result->replaced, t->project, t->model->name, t->model->target,
                                  chosen ? NULL : learner, lnti_extractor_text(t->extractor), err);
}

static lnt_status describe_target(lnti_training *t, lnt_error *err) {
  lnt_model *model = t->model;
  lnti_text path = {0};
  lnt_status status = lnti_ontology_question_path(&path, t->ontology, t->target.question, err);
  model->target = path.data;
  if (status) return status;
  status = lnti_question_note(model, t->project, t->ontology, t->target.question, err);
  return status ? status : lnti_strdup(&model->target_title, t->ontology->questions[t->target.question].title, err);
}

static void describe_rows(lnti_training *t) {
  t->model->n_train = t->train.of.items.n;
  t->model->task = t->target.task;
  t->model->seed = t->options->seed;
  fingerprint(t->model->data_fingerprint, t);
}

/* ---- the run ---- */

static lnt_status write_run_begin(void *payload, lnti_tx *tx, lnt_error *err) {
  lnti_training *t = payload;
  return lnti_tx_run_begin(tx, &t->run.id, &t->run, err);
}

static lnt_status write_run_end(void *payload, lnti_tx *tx, lnt_error *err) {
  const lnti_training *t = payload;
  return lnti_tx_run_end(tx, &t->run, err);
}

static lnt_status begin_run(lnti_training *t, lnt_error *err) {
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
static lnt_status fail_run(lnti_training *t, lnt_status status, const lnt_error *err) {
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

/* Which question, and how it is learned. */
static lnt_status find_target(lnti_training *t, lnt_error *err) {
  const lnti_structure structure = t->options->structure;
  lnt_status status = lnti_target_find(&t->target.question, t->project, t->ontology, t->options->target, err);
  if (status) return status;
  const lnti_question *question = &t->ontology->questions[t->target.question];
  t->target.task = lnti_target_task(question);
  if (structure != LNTI_STRUCTURE_USUAL && t->target.task != LNTI_MULTICLASS) {
    return lnti_fail(err, LNT_EINVAL, "--structure is for questions of type tree and radio; \"%s\" is of type %s",
                     question->title, lnti_question_type_name(question->type));
  }
  if (structure == LNTI_STRUCTURE_HIERARCHICAL) t->target.task = LNTI_HIERARCHICAL;
  return lnti_learner_check_task(t->learner, t->target.task, err);
}

/* How the splits were dealt is known of those that are, not of a snapshot's. */
static lnt_status look_at_split(lnti_training *t, lnt_error *err) {
  lnt_status status = lnti_split_info_read(&t->split, t->project, err);
  return status ? status : lnti_cuts_look(NULL, NULL, &t->result->warnings, t->project, err);
}

static lnt_status look_at_snapshot(lnti_training *t, lnt_error *err) {
  lnt_status status = lnti_snapshot_open(&t->snapshot, t->project, t->options->snapshot, err);
  return status ? status : lnti_cuts_look(NULL, &t->snapshot, &t->result->warnings, t->project, err);
}

static lnt_status describe_snapshot(lnti_training *t, lnt_error *err) {
  lnti_json_writer *w = NULL;
  lnti_text text = {0};
  if (!t->options->snapshot) return LNT_OK;
  lnt_status status = lnti_json_writer_new(&w, lnti_json_sink_text, &text, 0, err);
  if (status) return status;
  lnti_json_begin_object(w);
  lnti_json_kv_string(w, "name", t->snapshot.name);
  lnti_json_kv_string(w, "fingerprint", t->snapshot.fingerprint);
  lnti_json_end_object(w);
  status = lnti_json_finish(w, err);
  lnti_json_writer_free(w);
  if (!status) status = lnti_strdup(&t->model->snapshot_json, text.data, err);
  if (!status) {
    status = lnti_asprintf(&t->split.json, err, "{\"snapshot\":%.*s}", (int)strcspn(text.data, "\n"), text.data);
  }
  lnti_text_clear(&text);
  return status;
}

static lnt_status prepare(lnti_training *t, lnt_error *err) {
  const lnti_train_options *options = t->options;
  lnt_status status = lnti_learner_find(&t->learner, options->learner, err);
  if (status) return status;
  status = lnti_grid_new(&t->grid, t->learner, options->set, options->n_set, err);
  if (status) return status;
  t->params = t->grid.point[0];
  status = lnti_store_ontology(&t->ontology, t->project->store, err);
  if (status) return status;
  status = find_target(t, err);
  if (status) return status;
  status = options->snapshot ? look_at_snapshot(t, err) : look_at_split(t, err);
  if (status) return status;
  status = lnti_train_rows_load(t, err);
  if (status) return status;
  status = lnti_model_new(&t->model, err);
  if (status) return status;
  status = lnti_project_extractor(&t->extractor, t->project, options->feature, err);
  if (status) return status;
  status = describe_snapshot(t, err);
  if (status) return status;
  status = describe_target(t, err);
  if (status) return status;
  status = name_model(t, err);
  if (status) return status;
  describe_rows(t);
  return lnti_train_weights(&t->weight, t, err); /* a mistake in the file is told before anything long */
}

/* The tree that the classes' ids make; of a radio's options none. */
static lnt_status make_tree(lnti_training *t, lnt_error *err) {
  const char **ids = NULL;
  lnt_status status = lnti_alloc(&ids, t->n_classes, sizeof *ids, err);
  if (status) return status;
  for (size_t c = 0; c < t->n_classes; c++) ids[c] = t->model->classes[c].id;
  status = lnti_class_tree_new(&t->tree, ids, t->n_classes, err);
  free(ids);
  if (status || t->target.task == LNTI_HIERARCHICAL || !lnti_class_tree_is_flat(t->tree)) return status;
  lnti_class_tree_free(t->tree);
  t->tree = NULL;
  return LNT_OK;
}

/* What the model knows, and the truths of its rows. */
static lnt_status describe_classes(lnti_training *t, lnt_error *err) {
  lnt_status status;
  if (t->target.task == LNTI_REGRESSION) {
    status = lnti_target_number(t->model, t->ontology, &t->target, err);
  } else {
    status = lnti_target_classes(t->model, t->ontology, &t->target, t->class_option, t->n_classes, err);
  }
  if (!status && t->target.task == LNTI_HIERARCHICAL) {
    status = lnti_target_nodes(t->model, t->ontology, &t->target, t->class_option, t->n_classes, err);
  }
  if (!status && lnti_target_task(&t->ontology->questions[t->target.question]) == LNTI_MULTICLASS) {
    status = make_tree(t, err);
  }
  free(t->weight);
  t->weight = NULL;
  if (!status) status = lnti_train_weights(&t->weight, t, err);
  if (!status) status = lnti_train_truth_make(t, &t->train, err);
  if (!status) status = lnti_train_truth_make(t, &t->val, err);
  return status;
}

static lnt_status learn(lnti_training *t, lnt_error *err) {
  uint64_t start = lnti_monotonic_ns();
  lnt_status status = lnti_train_extract(t, err);
  if (status) return status;
  t->result->extract_seconds = (double)(lnti_monotonic_ns() - start) * 1e-9;
  start = lnti_monotonic_ns();
  status = lnti_train_settle(t, err);
  if (status) return status;
  describe_rows(t);
  status = describe_classes(t, err);
  if (status) return status;
  status = choose(t, err);
  if (status) return status;
  status = fit(t, err);
  if (status) return status;
  if (t->train.truth.label) {
    lnti_matrix x = lnti_vectors_matrix(&t->train.x);
    status = lnti_novelty_fit(&t->model->novelty, &x, t->train.truth.label, t->n_classes, &t->project->context, err);
    if (status) return status;
  }
  t->result->fit_seconds = (double)(lnti_monotonic_ns() - start) * 1e-9;
  t->model->extractor = t->extractor;
  t->extractor = NULL;
  status = validate(t, err);
  if (status) return status;
  status = keep_scale(t, err);
  if (status) return status;
  t->model->created_ms = lnti_wall_ms();
  return lnti_model_keep(&t->result->file, t->project, t->model, &t->run, t->keys, t->n_keys, err);
}

static lnt_status fill_result(lnti_training *t, lnt_error *err) {
  lnti_train_result *result = t->result;
  const lnt_model *model = t->model;
  result->n_train = model->n_train;
  result->n_classes = t->n_classes;
  result->params = t->params;
  result->chosen_for = result->choice.grid.n > 1 && t->val.of.items.n == 0;
  result->n_calibration = t->calibration.n;
  result->task = t->target.task;
  result->temperature = t->calibration.scale.temperature;
  result->ece_before = t->calibration.scale.ece_before;
  result->ece_after = t->calibration.scale.ece_after;
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

static void clear(lnti_training *t) {
  /* The model first: it may refer to the features. */
  lnt_model_close(t->model);
  lnti_extractor_free(t->extractor);
  lnti_calibration_clear(&t->calibration);
  lnti_train_rows_clear(&t->train);
  lnti_train_rows_clear(&t->val);
  lnti_ontology_free(t->ontology);
  lnti_class_tree_free(t->tree);
  free(t->weight);
  free(t->option);
  free(t->class_option);
  free(t->class_of_option);
  lnti_grid_clear(&t->grid);
  free(t->params_json);
  free(t->keys);
  lnti_split_info_clear(&t->split);
  lnti_snapshot_close(&t->snapshot);
}

lnt_status lnti_train(lnti_train_result *out, lnti_project *project, const lnti_train_options *options,
                      lnt_error *err) {
  lnti_train_result result = {0};
  lnti_training t = {.project = project, .options = options, .result = &result};
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

lnt_status lnti_train_usual_learner(const lnti_learner **out, lnti_project *project, const char *target,
                                    lnt_error *err) {
  lnti_ontology *ontology = NULL;
  size_t question = LNTI_NONE;
  lnt_status status = lnti_store_ontology(&ontology, project->store, err);
  if (!status) status = lnti_target_find(&question, project, ontology, target, err);
  if (!status) *out = lnti_learner_usual(lnti_target_task(&ontology->questions[question]));
  lnti_ontology_free(ontology);
  return status;
}
