/*
 * Evaluation: the labelled items of a split, through the model by the feature cache, against their labels; then the
 * report with the most confident mistakes as pictures.
 */
#include <flow/evaluate/evaluate.h>

#include <base/alloc.h>
#include <base/error.h>
#include <flow/evaluate/confidence.h>
#include <flow/evaluate/costs.h>
#include <flow/groups.h>
#include <flow/job.h>
#include <flow/split/cuts.h>
#include <flow/evaluate/mistakes.h>
#include <flow/model_classes.h>
#include <flow/model_question.h>
#include <flow/output.h>
#include <flow/predict/predict.h>
#include <flow/report/report.h>
#include <flow/evaluate/slices.h>
#include <flow/split/leaks.h>
#include <flow/split/names.h>
#include <flow/target.h>
#include <flow/train/tasks.h>
#include <flow/train/train_command.h>
#include <flow/evaluate/unknown.h>
#include <math.h>
#include <math/topk.h>
#include <model/model.h>
#include <stdlib.h>
#include <string.h>

enum { FEW_GROUPS = 20 }; /* below, what is drawn of them tells little of others */

typedef struct evaluating {
  lnti_project *project;
  const lnti_evaluate_request *request;
  lnti_evaluate_result *result;
  const lnti_evaluate_result *second; /* of the model to compare with; NULL */
  lnti_job_run job;
  const char *split;
  lnti_snapshot snapshot; /* open where the request names one */
  lnti_ontology *ontology;
  lnti_target target;
  lnti_labelled rows;
  lnti_class_tree *tree;     /* of the model's classes, where they form one; NULL */
  lnti_extract_items others; /* of classes that the model does not have */
  char **unknown_ids;        /* [request->n_unknown_classes] classes or nodes to leave out */
  uint32_t *other_group;     /* [others.n] numbers as the answers' groups have */
  lnti_vectors features;
  lnti_answers *answers; /* the result's: rows are those of the features */
  lnti_view *view;       /* NULL where nothing is to be sliced */
  lnti_slice_key *keys;  /* [request->n_slices] */
} evaluating;

/* ---- rows ---- */

/* To judge by in place of `split`: val, or another that is not trained on; NULL. */
static const char *other_split(const lnti_store_counts *counts, const char *split) {
  const char *found = NULL;
  for (size_t i = 0; i < counts->n_splits; i++) {
    const char *name = counts->splits[i].name;
    if (!*name || strcmp(name, split) == 0 || strcmp(name, LNTI_SPLIT_TRAIN) == 0) continue;
    if (!found || strcmp(name, LNTI_SPLIT_VAL) == 0) found = name;
  }
  return found;
}

/* Nobody has named "test": what else can be judged by is of more use than that it is not there. */
static lnt_status fail_no_test(const lnti_store_counts *counts, const char *list, lnt_error *err) {
  const char *other = other_split(counts, LNTI_SPLIT_TEST);
  if (other)
    return lnti_fail(
        err, LNT_ENOTFOUND,
        "no labelled items in a split \"test\" to judge by; judge by another with --split %s (items are in: "
        "%.300s)",
        lnti_shell_word(other, "NAME").text, list);
  return lnti_fail(
      err, LNT_ENOTFOUND,
      "no labelled items in a split \"test\" to judge by, nor in any other that is not trained on; make one "
      "with 'linnet split', train again, then evaluate (items are in: %.300s)",
      list);
}

static const lnti_snapshot *snapshot_of(const evaluating *e) {
  return e->request->snapshot ? &e->snapshot : NULL;
}

static lnt_status fail_no_rows(evaluating *e, lnt_error *err) {
  if (e->request->snapshot)
    return lnti_fail(
        err, LNT_ENOTFOUND,
        "the snapshot \"%.100s\" has no labelled items in the split \"%.100s\" that are as they were; which "
        "splits it has: linnet snapshot show %s",
        e->snapshot.name, e->split, lnti_shell_word(e->snapshot.name, "NAME").text);
  lnti_store_counts counts = {0};
  lnti_text list = {0};
  lnt_status status = e->request->split ? lnti_split_check(e->project, e->split, err) : LNT_OK;
  if (!status) status = lnti_store_counts_read(&counts, e->project->store, err);
  if (!status) status = lnti_split_list(&list, &counts, err);
  if (!status && !e->request->split) {
    status = fail_no_test(&counts, list.data, err);
  } else if (!status) {
    status = lnti_fail(err, LNT_ENOTFOUND,
                       "no labelled items in the split \"%s\"; items are in: %.300s. Choose another with --split",
                       e->split, list.data);
  }
  lnti_text_clear(&list);
  lnti_store_counts_clear(&counts);
  return status;
}

/* Of labels: whether one that the model has is known of the item. */
static bool knows_label(const evaluating *e, size_t item) {
  for (size_t c = 0; c < e->result->classes.n_options; c++) {
    if (e->result->classes.of_option[e->result->classes.option[c]] >= 0 &&
        e->rows.yes[item * e->rows.n_labels + c] >= 0)
      return true;
  }
  return false;
}

static lnt_status note_other(lnti_extract_items *others, const lnti_extract_item *item, lnt_error *err) {
  char *uri = NULL;
  lnt_status status = lnti_grow(&others->item, &others->capacity, others->n + 1, sizeof *others->item, err);
  if (!status) status = lnti_strdup(&uri, item->uri, err);
  if (!status) others->item[others->n++] = (lnti_extract_item){item->id, uri, item->content};
  return status;
}

/* What the model can be right or wrong about. @param n_of  [ontology->n_options] items by their option, of classes */
static lnt_status keep(evaluating *e, bool *kept, size_t *n_of, lnt_error *err) {
  size_t n = e->rows.items.n;
  lnt_status status = LNT_OK;
  for (size_t i = 0; i < n && !status; i++) {
    size_t option = e->rows.option ? e->rows.option[i] : 0;
    kept[i] = e->rows.yes ? knows_label(e, i) : e->result->classes.of_option[option] >= 0;
    if (!e->rows.option) continue;
    n_of[option]++;
    if (e->result->classes.of_option[option] == LNTI_CLASS_NONE)
      status = note_other(&e->others, &e->rows.items.item[i], err);
  }
  lnti_labelled_keep(&e->rows, kept);
  if (status) return status;
  e->result->n_unknown = n - e->rows.items.n;
  if (e->rows.items.n == 0)
    return lnti_fail(err, LNT_EINVAL, "not one of the %zu labelled items in \"%s\" has a class that the model knows", n,
                     e->split);
  if (e->rows.yes && e->result->n_unknown > 0)
    return lnti_messages_add(&e->result->warnings, err,
                             "%zu of %zu items have answers to none of the model's labels, and were left out",
                             e->result->n_unknown, n);
  return e->rows.yes ? LNT_OK
                     : lnti_model_classes_warn(&e->result->warnings, &e->result->classes, e->result->model, e->project,
                                               e->ontology, n_of, err);
}

static lnt_status keep_known(evaluating *e, lnt_error *err) {
  bool *kept = NULL;
  size_t *n_of = NULL;
  if (e->rows.value) return LNT_OK;
  lnt_status status = lnti_alloc(&kept, e->rows.items.n, sizeof *kept, err);
  if (!status) status = lnti_alloc_zero(&n_of, e->ontology->n_options, sizeof *n_of, err);
  if (!status) status = keep(e, kept, n_of, err);
  free(n_of);
  free(kept);
  return status;
}

/* What several classes have become is called by its name of today. */
static lnt_status name_merged(evaluating *e, lnt_error *err) {
  const lnti_model_classes *c = &e->result->classes;
  lnt_status status = LNT_OK;
  if (c->n_folded == 0) return LNT_OK;
  status = lnti_alloc_zero(&e->result->title, e->result->model->n_classes, sizeof *e->result->title, err);
  char **title = e->result->title;
  for (size_t k = 0; k < e->result->model->n_classes && !status; k++) {
    int32_t to = c->folded[k];
    size_t option = to == (int32_t)k ? LNTI_NONE : lnti_ontology_option_by_id(e->ontology, c->option_id[k]);
    lnti_text words = {0};
    if (option == LNTI_NONE) continue;
    const char *now = e->ontology->options[option].title;
    status = lnti_text_printf(&words, err, "%s (now %s)", e->result->model->classes[k].title, now);
    title[k] = words.data;
    if (!status && !title[to]) status = lnti_strdup(&title[to], now, err);
  }
  return status;
}

/* Of a snapshot: items that are gone, or another picture by now. */
static void count_refused(void *payload, const char *path, lnt_status code, const char *reason) {
  evaluating *e = payload;
  e->result->n_refused++;
  if (e->request->refused) e->request->refused(e->request->refused_payload, path, code, reason);
}

static lnt_status open_snapshot(evaluating *e, lnt_error *err) {
  lnti_evaluate_result *r = e->result;
  if (!e->request->snapshot) return LNT_OK;
  lnt_status status = lnti_snapshot_open(&e->snapshot, e->project, e->request->snapshot, err);
  if (status) return status;
  memcpy(r->snapshot_fingerprint, e->snapshot.fingerprint, sizeof r->snapshot_fingerprint);
  return lnti_strdup(&r->snapshot, e->snapshot.name, err);
}

static lnt_status load_rows(evaluating *e, lnt_error *err) {
  lnt_status status = lnti_labelled_load_of(&e->rows, snapshot_of(e), e->project, e->ontology, &e->target, e->split,
                                            count_refused, e, err);
  if (status) return status;
  return e->rows.items.n == 0 ? fail_no_rows(e, err) : keep_known(e, err);
}

/* Before anything long: a mistaken key is told at once. */
static lnt_status find_slice_keys(evaluating *e, lnt_error *err) {
  size_t n = e->request->n_slices;
  if (n == 0) return LNT_OK;
  lnt_status status = lnti_view_open(&e->view, e->project, NULL, NULL, err);
  if (!status) status = lnti_alloc(&e->keys, n, sizeof *e->keys, err);
  for (size_t i = 0; i < n && !status; i++) {
    status = lnti_slice_key_find(&e->keys[i], e->view, e->request->slices[i], err);
  }
  return status;
}

/* The question of the model, which must still be answered in the way that it learned. */
static lnt_status find_question(evaluating *e, lnt_error *err) {
  const lnt_model *model = e->result->model;
  lnt_status status = lnti_question_of_model(&e->target.question, e->project, e->ontology, model, err);
  if (status && status != LNT_ENOTFOUND) return status;
  if (status) {
    return lnti_fail(err, LNT_EINVAL, "the model answers \"%s\", which this project's ontology does not ask",
                     model->target);
  }
  e->result->question_id = e->ontology->questions[e->target.question].id;
  const lnti_question *question = &e->ontology->questions[e->target.question];
  lnti_task task = lnti_target_task(question), asked = model->task == LNTI_HIERARCHICAL ? LNTI_MULTICLASS : model->task;
  e->target.task = model->task;
  if (task == asked) return LNT_OK;
  return lnti_fail(err, LNT_EINVAL,
                   "the model answers \"%s\" as %s, and in this project the question is of type %s: train one again",
                   model->target, lnti_task_name(model->task), lnti_question_type_name(question->type));
}

/* What the measures need of the model besides its probabilities. */
static lnt_status describe_model(evaluating *e, lnt_error *err) {
  const lnt_model *model = e->result->model;
  const char **ids = NULL;
  lnt_status status = LNT_OK;
  if (model->threshold)
    status = lnti_alloc(&e->answers->threshold, model->n_classes, sizeof *e->answers->threshold, err);
  for (size_t c = 0; c < model->n_classes && model->threshold && !status; c++) {
    e->answers->threshold[c] = (float)model->threshold[c];
  }
  if (status || model->task == LNTI_MULTILABEL || model->task == LNTI_REGRESSION) return status;
  status = lnti_alloc(&ids, model->n_classes, sizeof *ids, err);
  if (status) return status;
  for (size_t c = 0; c < model->n_classes; c++) ids[c] = model->classes[c].id;
  status = lnti_class_tree_new(&e->tree, ids, model->n_classes, err);
  free(ids);
  if (status || !lnti_class_tree_is_flat(e->tree)) return status;
  lnti_class_tree_free(e->tree);
  e->tree = NULL;
  return LNT_OK;
}

/* Before anything long: what the classes are called that are to be left out. */
static lnt_status find_unknown_ids(evaluating *e, lnt_error *err) {
  const lnti_evaluate_request *r = e->request;
  if (r->n_unknown_classes == 0) return LNT_OK;
  lnt_status status = lnti_alloc_zero(&e->unknown_ids, r->n_unknown_classes, sizeof *e->unknown_ids, err);
  for (size_t i = 0; i < r->n_unknown_classes && !status; i++)
    status =
        lnti_unknown_name(&e->unknown_ids[i], e->result->model, e->ontology, &e->target, r->unknown_classes[i], err);
  return status;
}

static lnt_status prepare(evaluating *e, lnt_error *err) {
  const lnti_context *context = &e->project->context;
  lnt_status status = lnti_model_find(&e->result->model, e->project, e->request->model, context, err);
  if (status) return status;
  const lnt_model *model = e->result->model;
  status = lnti_store_ontology(&e->ontology, e->project->store, err);
  if (!status) status = find_question(e, err);
  if (!status && e->request->cost) status = lnti_costs_check(model->task, model->n_classes, err);
  if (!status) status = find_unknown_ids(e, err);
  if (!status) status = describe_model(e, err);
  bool fold = model->task == LNTI_MULTICLASS && !e->tree;
  if (!status) status = lnti_model_classes_find(&e->result->classes, model, e->ontology, &e->target, fold, err);
  if (!status) status = name_merged(e, err);
  if (!status) status = find_slice_keys(e, err);
  if (status) return status;
  status =
      lnti_cuts_look(&e->result->n_leaks, snapshot_of(e), &e->result->warnings, e->project, err); /* the first of all */
  return status ? status : load_rows(e, err);
}

/* ---- measuring ---- */

static void pass_progress(void *payload, const char *what, size_t done, size_t total) {
  lnti_job_progress(payload, what, done, total);
}

/* Each group by the first of its rows that could be read, those without by numbers behind; returns how many there are of the
 * former. @param group  [rows, others] */
static size_t find_read_groups(evaluating *e, const uint32_t *group, uint32_t *first) {
  size_t n = 0, n_rows = e->rows.items.n;
  for (size_t i = 0; i < e->features.n; i++) {
    uint32_t *row = &first[group[e->features.item[i]]];
    n += *row == 0;
    if (*row == 0) *row = (uint32_t)i + 1;
    e->answers->group[i] = *row - 1;
  }
  for (size_t i = 0; i < e->others.n; i++) {
    uint32_t of = group[n_rows + i];
    e->other_group[i] = first[of] ? first[of] - 1 : (uint32_t)n_rows + of;
  }
  return n;
}

/* The judged items and those of classes that the model lacks, which may belong together too. Borrowed. */
static lnt_status all_items(lnti_extract_items *out, const evaluating *e, lnt_error *err) {
  const lnti_extract_items *rows = &e->rows.items, *others = &e->others;
  lnti_extract_items all = {.n = rows->n + others->n};
  lnt_status status = lnti_alloc(&all.item, all.n, sizeof *all.item, err);
  if (status) return status;
  memcpy(all.item, rows->item, rows->n * sizeof *all.item);
  if (others->n > 0) memcpy(all.item + rows->n, others->item, others->n * sizeof *all.item);
  *out = all;
  return LNT_OK;
}

/* What is drawn as one for the intervals: images that belong together by the split's keys, else by those that were found;
 * else copies and the like, where there are any. */
static lnt_status find_groups(evaluating *e, lnt_error *err) {
  lnt_error reason = LNT_ERROR_INIT;
  char *keys = NULL;
  uint32_t *group = NULL, *first = NULL;
  lnti_extract_items all = {0};
  size_t n = e->rows.items.n + e->others.n;
  lnt_status status = e->request->snapshot ? lnti_leaks_key(&keys, e->project, err) /* how it was split is not known */
                                           : lnti_group_keys(&keys, e->project, err);
  if (!status) status = all_items(&all, e, err);
  if (!status) status = lnti_alloc(&e->other_group, e->others.n, sizeof *e->other_group, err);
  if (!status) status = lnti_alloc(&group, n, sizeof *group, err);
  if (!status) status = lnti_alloc_zero(&first, n, sizeof *first, err);
  if (!status) status = lnti_alloc(&e->answers->group, e->features.n, sizeof *e->answers->group, err);
  if (status) goto done;
  status = lnti_row_groups(group, e->project, keys, &all, &reason);
  if (status == LNT_ENOTFOUND && keys) { /* the key holds no longer */
    free(keys);
    keys = NULL;
    status = lnti_messages_add(&e->result->warnings, err, "%s; the intervals are drawn without regard to it",
                               reason.message);
    if (!status) status = lnti_row_groups(group, e->project, NULL, &all, err);
  } else if (status) {
    status = lnti_fail(err, status, "%s", reason.message);
  }
  if (status) goto done;
  size_t n_groups = find_read_groups(e, group, first);
  if (n_groups < e->features.n || keys) {
    status = lnti_strdup(&e->result->group_key, keys ? keys : "near", err);
    e->result->n_groups = n_groups;
  }
  if (!status && keys && n_groups < FEW_GROUPS) {
    status = lnti_messages_add(&e->result->warnings, err,
                               "there are only %zu groups among these items: the intervals are rough", n_groups);
  }
done:
  free(first);
  free(group);
  free(all.item);
  free(keys);
  return status;
}

static lnt_status measure_slices(evaluating *e, const lnti_judging *judging, lnt_error *err) {
  lnti_evaluate_result *result = e->result;
  size_t n_keys = e->request->n_slices;
  if (n_keys == 0) return LNT_OK;
  lnt_status status = lnti_alloc_zero(&result->slices, n_keys, sizeof *result->slices, err);
  const lnti_slices_of of = {e->answers->item, judging};
  for (size_t i = 0; i < n_keys && !status; i++) {
    lnti_report_slices *slices = &result->slices[i];
    status = lnti_slices_find(slices, e->view, &e->keys[i], &of, &e->project->context, err);
    if (status) break;
    result->n_slices++;
    slices->unit = result->model->range.unit;
    if (slices->n > 1 || slices->slices[0].kind != LNTI_SLICE_NONE) continue;
    status =
        lnti_messages_add(&result->warnings, err, "--slice %s: not one of these images has a value of it", slices->key);
  }
  return status;
}

static lnt_status make_truth(evaluating *e, lnt_error *err) {
  const lnti_labelled *rows = &e->rows;
  size_t n = e->features.n, k = e->result->model->n_classes;
  lnt_status status = lnti_truth_new(&e->answers->truth, e->target.task, n, k, err);
  if (!status) status = lnti_alloc(&e->answers->item, n, sizeof *e->answers->item, err);
  if (status) return status;
  e->answers->n = n;
  int8_t *yes = e->answers->truth.yes;
  if (yes) memset(yes, -1, n * k);
  for (size_t i = 0; i < n; i++) {
    size_t item = e->features.item[i];
    e->answers->item[i] = rows->items.item[item].id;
    if (rows->option) e->answers->truth.label[i] = e->result->classes.of_option[rows->option[item]];
    if (rows->value) e->answers->truth.value[i] = rows->value[item];
    for (size_t c = 0; yes && c < e->result->classes.n_options; c++) {
      int32_t class = e->result->classes.of_option[e->result->classes.option[c]];
      if (class >= 0) yes[i * k + (size_t) class] = rows->yes[item * rows->n_labels + c];
    }
  }
  return LNT_OK;
}

/* What always answering the mean of the training's numbers is worth, is what a model must beat. */
static lnt_status find_train_mean(double *out, evaluating *e, lnt_error *err) {
  lnti_labelled train = {0};
  double sum = 0;
  *out = (double)NAN;
  if (e->target.task != LNTI_REGRESSION) return LNT_OK;
  lnt_status status = lnti_labelled_load_of(&train, snapshot_of(e), e->project, e->ontology, &e->target,
                                            LNTI_SPLIT_TRAIN, NULL, NULL, err);
  if (status) return status;
  for (size_t i = 0; i < train.items.n; i++) sum += train.value[i];
  if (train.items.n > 0) *out = sum / (double)train.items.n;
  lnti_labelled_clear(&train);
  return LNT_OK;
}

static lnt_status judge(evaluating *e, const lnti_evaluate_options *options, lnt_error *err) {
  const lnt_model *model = e->result->model;
  lnti_evaluate_result *result = e->result;
  lnti_judging what = {.prob = e->answers->prob,
                       .truth = &e->answers->truth,
                       .tree = e->tree,
                       .threshold = e->answers->threshold,
                       .interval = {(double)NAN, (double)NAN},
                       .options = *options};
  (void)lnti_residual_interval(what.interval, model->residual, model->n_residuals);
  lnti_judged judged = {0};
  lnt_status status = find_train_mean(&what.train_mean, e, err);
  if (!status) status = lnti_judge(&judged, &what, &e->project->context, err);
  if (status) return status;
  result->evaluation = judged.evaluation;
  result->multilabel = judged.multilabel;
  result->hierarchy = judged.hierarchy;
  result->regression = judged.regression;
  status = lnti_warn_of_guessing(&result->warnings, &judged, model, err);
  return status ? status : measure_slices(e, &what, err);
}

/* How good it is on what it is surest of. */
static lnt_status find_reject(evaluating *e, lnt_error *err) {
  const lnti_answers *a = e->answers;
  size_t k = a->truth.k;
  float *confidence = NULL;
  bool *right = NULL;
  if (!a->truth.label) return LNT_OK;
  lnt_status status = lnti_alloc(&confidence, a->n, sizeof *confidence, err);
  if (!status) status = lnti_alloc(&right, a->n, sizeof *right, err);
  if (!status) status = lnti_alloc_zero(&e->result->reject, 1, sizeof *e->result->reject, err);
  for (size_t i = 0; i < a->n && !status; i++) {
    size_t top = lnti_argmax(a->prob + i * k, k);
    confidence[i] = a->prob[i * k + top];
    right[i] = (int32_t)top == a->truth.label[i];
  }
  if (!status) status = lnti_reject_curve_new(e->result->reject, confidence, right, a->n, err);
  free(right);
  free(confidence);
  return status;
}

/* How wrong the scores are before their calibration. */
static lnt_status look_before(evaluating *e, lnt_error *err) {
  lnti_answers *a = e->answers;
  float *score = NULL;
  size_t room = a->n * a->truth.k;
  if (e->result->classes.n_folded == 0) return lnti_confidence_before(&e->result->reliability, a->prob, &a->truth, err);
  lnt_status status = lnti_alloc(&score, room, sizeof *score, err);
  if (status) return status;
  memcpy(score, a->prob, room * sizeof *score);
  lnti_model_classes_fold(score, &e->result->classes, a->truth.k, a->n, true);
  status = lnti_confidence_before(&e->result->reliability, score, &a->truth, err);
  free(score);
  return status;
}

/* As lnti_model_predict; how wrong the scores are before their calibration is known in between alone. */
static lnt_status predict(evaluating *e, const lnti_matrix *x, lnt_error *err) {
  const lnt_model *model = e->result->model;
  lnti_answers *a = e->answers;
  lnt_status status = lnti_model_score(a->prob, model, x, &e->project->context, err);
  if (!status) status = look_before(e, err);
  if (!status) status = lnti_model_calibrate(a->prob, model, x->n, err);
  if (status) return status;
  lnti_model_classes_fold(a->prob, &e->result->classes, a->truth.k, a->n, false);
  if (e->request->answers_only) return LNT_OK;
  return lnti_confidence_by_chance(&e->result->reliability, a->prob, &a->truth, e->request->seed,
                                   e->project->context.cancel, err);
}

static lnt_status find_unknown(evaluating *e, const lnti_matrix *x, const lnti_evaluate_options *options,
                               lnt_error *err) {
  const lnti_evaluate_request *request = e->request;
  const lnti_unknown_of of = {.project = e->project,
                              .model = e->result->model,
                              .x = x,
                              .label = e->answers->truth.label,
                              .group = e->answers->group,
                              .others = &e->others,
                              .other_group = e->other_group,
                              .without = request->unknown_classes,
                              .without_ids = (const char *const *)e->unknown_ids,
                              .n_without = request->n_unknown_classes,
                              .options = *options,
                              .refused = request->refused,
                              .refused_payload = request->refused_payload};
  if (e->others.n > 0 && !e->result->model->novelty)
    return lnti_messages_add(
        &e->result->warnings, err,
        "the model file has no unknown score (it is older, or has too many classes): train it again to "
        "learn how well it notices these items");
  size_t n_refused = 0;
  lnt_status status = lnti_unknown_find(&e->result->unknown, &n_refused, &of, err);
  e->result->n_refused += n_refused;
  if (status || n_refused == 0) return status;
  return lnti_messages_add(
      &e->result->warnings, err,
      "%zu of %zu images of classes that the model does not have could not be read: how well it notices such images %s",
      n_refused, e->others.n, n_refused == e->others.n ? "is not known" : "is measured on the others");
}

static lnt_status measure(evaluating *e, lnt_error *err) {
  const lnti_progress progress = {pass_progress, &e->job};
  const lnti_evaluate_request *request = e->request;
  const lnt_model *model = e->result->model;
  lnti_evaluate_options options = {.resamples = request->resamples, .seed = request->seed};
  lnt_status status = lnti_extract(&e->features, e->project, model->extractor, &e->rows.items, &progress,
                                   request->refused, request->refused_payload, err);
  if (status) return status;
  e->result->n_refused += e->features.n_refused;
  status = lnti_alloc_aligned(&e->answers->prob, e->features.n * model->n_classes, sizeof *e->answers->prob, err);
  if (status) return status;
  status = make_truth(e, err);
  if (status) return status;
  status = find_groups(e, err);
  if (status) return status;
  options.group = e->result->group_key ? e->answers->group : NULL;
  lnti_matrix x = lnti_vectors_matrix(&e->features);
  status = predict(e, &x, err);
  if (status) return status;
  status = judge(e, &options, err);
  if (status || request->answers_only) return status;
  status = find_reject(e, err);
  if (!status) status = find_unknown(e, &x, &options, err);
  if (status || !request->cost) return status;
  return lnti_costs_find(&e->result->costs, &e->answers->truth, e->answers->prob, e->answers->threshold, err);
}

/* The command is no help for items that are meant to be training items. */
static lnt_status say_trained(evaluating *e, size_t n_trained, lnt_error *err) {
  lnti_text command = {0};
  lnti_messages *warnings = &e->result->warnings;
  bool all = n_trained == e->features.n;
  if (all && strcmp(e->split, LNTI_SPLIT_TRAIN) == 0) {
    return lnti_messages_add(warnings, err,
                             "these are training items: the figures say what the model remembers, not how good it is");
  }
  if (e->request->snapshot)
    return lnti_messages_add(
        warnings, err,
        "%s%zu of %zu items are pictures that the model was trained on: the figures %s. Train on the "
        "splits of the snapshot: linnet train --snapshot %s",
        all ? "all " : "", n_trained, e->features.n, all ? "say what it remembers, not how good it is" : "are too good",
        lnti_shell_word(e->snapshot.name, "NAME").text);
  lnt_status status = lnti_train_command(&command, e->project, e->result->model, err);
  if (!status) {
    status = lnti_messages_add(
        warnings, err, "%s%zu of %zu items are pictures that the model was trained on: the figures %s. %s: %s",
        all ? "all " : "", n_trained, e->features.n, all ? "say what it remembers, not how good it is" : "are too good",
        e->result->n_leaks
            ? "Split anew first, as said above, since copies of them would be trained on again; then train"
            : "Train again on the splits as they are now",
        command.data);
  }
  lnti_text_clear(&command);
  return status;
}

/* Whatever the splits are called and however often they were made anew: pictures that the model was trained on say
 * nothing about how good it is. */
static lnt_status warn_of_trained(evaluating *e, lnt_error *err) {
  uint64_t *keys = NULL;
  size_t n_keys = 0, n = e->features.n, n_trained = 0;
  lnti_messages *warnings = &e->result->warnings;
  lnt_status status =
      lnti_store_run_content(&keys, &n_keys, e->project->store, e->result->model->data_fingerprint, err);
  if (status) return status;
  for (size_t i = 0; i < n; i++) {
    n_trained += lnti_content_known(keys, n_keys, &e->rows.items.item[e->features.item[i]].content);
  }
  free(keys);
  e->result->n_trained_on = n_trained;
  if (n_trained > 0) {
    status = say_trained(e, n_trained, err);
  } else if (strcmp(e->split, LNTI_SPLIT_VAL) == 0 && strncmp(e->result->model->calibrated_on, "validation", 10) == 0) {
    status = lnti_messages_add(
        warnings, err, "the probabilities were calibrated on this split: its calibration error is a little too good");
  }
  return status;
}

/* ---- the report ---- */

static lnt_status write_html(const evaluating *e, lnt_error *err) {
  const char **titles = NULL;
  lnti_report report;
  lnti_mistakes mistakes = {0};
  lnt_status status = lnti_alloc(&titles, e->result->model->n_classes, sizeof *titles, err);
  if (status) return status;
  lnti_evaluate_report(&report, titles, e->result);
  const lnti_mistakes_of of = {&e->rows.items,
                               &e->features,
                               &e->answers->truth,
                               e->answers->prob,
                               e->answers->threshold,
                               e->result->model->classes,
                               e->result->model->range.unit};
  status = lnti_mistakes_find(&mistakes, e->project, &of, err);
  if (status) goto done;
  report.mistakes = mistakes.list;
  report.n_mistakes = mistakes.n;
  status = lnti_output_check(e->project, LNTI_OUTPUT_REPORT, e->request->html, err); /* hours may have passed */
  if (status) goto done;
  status = lnti_report_html_write(e->request->html, &report, err);
  if (!status && mistakes.n_unread > 0) {
    status = lnti_messages_add(&e->result->warnings, err,
                               "%zu of the %zu mistakes that the report shows have no picture there, as with: %s",
                               mistakes.n_unread, mistakes.n, mistakes.first_unread);
  }
done:
  lnti_mistakes_clear(&mistakes);
  free(titles);
  return status;
}

static lnt_status run(evaluating *e, lnt_error *err) {
  lnt_status status = measure(e, err);
  if (status) return status;
  status = warn_of_trained(e, err);
  if (!status && e->second) {
    const lnti_evaluate_options options = {e->request->resamples, e->request->seed, NULL, 0};
    status = lnti_compare_results(&e->result->comparison, e->result, e->second, &options, &e->project->context, err);
  }
  if (!status && e->second && e->second->n_trained_on > 0)
    status = lnti_messages_add(&e->result->warnings, err,
                               "%zu of the items are pictures that %s was trained on: it is judged too well",
                               e->second->n_trained_on, e->second->model->name);
  if (status) return status;
  return e->request->html ? write_html(e, err) : LNT_OK;
}

/* The model to compare with, on the same split; of it only the answers count. */
static lnt_status evaluate_second(lnti_evaluate_result *out, lnti_project *project,
                                  const lnti_evaluate_request *request, lnt_error *err) {
  lnti_evaluate_request second = *request;
  second.model = request->compare;
  second.compare = second.html = NULL;
  second.n_slices = 0;
  second.cost = NULL;
  second.n_unknown_classes = 0;
  second.resamples = 0;
  second.answers_only = true;
  second.refused = NULL; /* told with the first */
  return lnti_evaluate(out, project, &second, err);
}

lnt_status lnti_evaluate(lnti_evaluate_result *out, lnti_project *project, const lnti_evaluate_request *request,
                         lnt_error *err) {
  lnti_evaluate_result result = {.resamples = request->resamples}, second = {0};
  evaluating e = {.project = project, .request = request, .result = &result, .answers = &result.answers};
  uint64_t start = lnti_monotonic_ns();
  lnt_status status = request->html ? lnti_output_check(project, LNTI_OUTPUT_REPORT, request->html, err) : LNT_OK;
  if (!status && request->cost)
    status = lnti_costs_parse(&result.costs.miss, &result.costs.false_alarm, request->cost, err);
  if (status) goto done;
  if (request->compare) {
    status = evaluate_second(&second, project, request, err);
    if (status) goto done;
    e.second = &second;
  }
  status = lnti_strdup(&result.split, request->split ? request->split : LNTI_SPLIT_TEST, err);
  if (status) goto done;
  e.split = result.split;
  if (!*result.split && !request->snapshot)
    status = lnti_split_check(project, result.split, err); /* to the store it would be no split */
  if (status) goto done;
  status = open_snapshot(&e, err);
  if (!status) status = prepare(&e, err);
  if (status) goto done;
  status = lnti_job_begin(&e.job, project, "evaluate", "{}", request->progress, err);
  if (status) goto done;
  status = lnti_job_end(&e.job, run(&e, err), err);
  if (status) goto done;
  result.seconds = (double)(lnti_monotonic_ns() - start) * 1e-9;
  *out = result;
  result = (lnti_evaluate_result){0};
done:
  free(e.keys);
  lnti_view_close(e.view);
  lnti_class_tree_free(e.tree);
  for (size_t i = 0; e.unknown_ids && i < request->n_unknown_classes; i++) free(e.unknown_ids[i]);
  free(e.unknown_ids);
  free(e.other_group);
  lnti_extract_items_clear(&e.others);
  lnti_vectors_clear(&e.features);
  lnti_labelled_clear(&e.rows);
  lnti_snapshot_close(&e.snapshot);
  lnti_ontology_free(e.ontology);
  lnti_evaluate_result_clear(&second);
  lnti_evaluate_result_clear(&result);
  return status;
}
