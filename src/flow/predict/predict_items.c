/*
 * predict for items of the project: blocks of them through the feature cache and the model, each told before the next is
 * begun, so that memory does not grow with their number. The first blocks are small: whoever reads along sees something
 * soon.
 */
#include <flow/predict/predict.h>

#include <base/alloc.h>
#include <base/error.h>
#include <flow/extract/extract.h>
#include <flow/model_question.h>
#include <flow/view/items.h>
#include <math.h>
#include <model/model.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_BLOCK = 64, BLOCK_MAX = LNTI_SHARD_ROWS };

/* Images that cannot be read, by place in the block: told in its order. */
typedef struct refusals {
  lnti_messages reasons;
  lnt_status *code;
  size_t capacity;
  lnt_status status; /* of keeping them */
} refusals;

typedef struct item_work {
  lnti_predict_result result;
  const lnt_model *model;
  lnti_project *project;
  const lnti_progress *progress;
  lnti_prediction_visit visit;
  void *payload;
  lnti_extract_items items; /* of the block */
  refusals refused;
  size_t n_block, n_total;
  lnt_status none_status; /* why not one of a block could be read */
  lnt_error none;
} item_work;

static void keep_refusal(void *payload, const char *path, lnt_status code, const char *reason) {
  refusals *r = payload;
  (void)path;
  if (r->status) return;
  r->status = lnti_grow(&r->code, &r->capacity, r->reasons.n + 1, sizeof *r->code, NULL);
  if (r->status == LNT_OK) {
    r->code[r->reasons.n] = code;
    r->status = lnti_messages_add(&r->reasons, NULL, "%s", reason);
  }
}

/* Rows and refusals are both in the items' order, so walking the items once merges them. */
static lnt_status visit_block(item_work *work, const lnti_vectors *features, const float *prob, const float *unknown,
                              lnt_error *err) {
  const lnti_extract_items *items = &work->items;
  size_t row = 0, refusal = 0;
  lnt_status status = LNT_OK;
  for (size_t i = 0; i < items->n && !status; i++) {
    lnti_prediction prediction = {
        .path = items->item[i].uri, .item_id = items->item[i].id, .reason = "", .unknown = NAN};
    if (row < features->n && features->item[row] == i) {
      if (unknown) prediction.unknown = unknown[row];
      prediction.prob = prob + row++ * work->model->n_classes;
    } else {
      prediction.code = work->refused.code[refusal];
      prediction.reason = work->refused.reasons.text[refusal++];
      work->result.n_failed++;
    }
    work->result.n++;
    prediction.more = i + 1 < items->n;
    status = work->visit(work->payload, work->model, &prediction, err);
  }
  return status;
}

/* Where not one image of the block could be read, extract fails; others may be well. */
static lnt_status extract_block(lnti_vectors *features, item_work *work, lnt_error *err) {
  lnt_error reason = LNT_ERROR_INIT;
  lnt_status status = lnti_extract(features, work->project, work->model->extractor, &work->items, NULL, keep_refusal,
                                   &work->refused, &reason);
  if (work->refused.status) return lnti_fail_memory(err, sizeof *work->refused.code);
  if (!status) return LNT_OK;
  bool none = (status == LNT_ENOTFOUND || status == LNT_ECORRUPT) && work->refused.reasons.n == work->items.n;
  if (!none) return lnti_fail(err, status, "%s", reason.message);
  work->none_status = status;
  work->none = reason;
  return LNT_OK;
}

static lnt_status run_block(item_work *work, lnt_error *err) {
  lnti_vectors features = {0};
  float *prob = NULL, *unknown = NULL;
  lnt_status status = extract_block(&features, work, err);
  if (!status && features.n > 0) {
    lnti_matrix x = lnti_vectors_matrix(&features);
    status = lnti_alloc_aligned(&prob, features.n * work->model->n_classes, sizeof *prob, err);
    if (!status) status = lnti_model_predict(prob, work->model, &x, &work->project->context, err);
    if (!status && work->model->novelty) {
      status = lnti_alloc(&unknown, features.n, sizeof *unknown, err);
      if (!status) status = lnti_novelty_score(unknown, work->model->novelty, &x, NULL, &work->project->context, err);
    }
  }
  if (!status) status = visit_block(work, &features, prob, unknown, err);
  free(unknown);
  free(prob);
  lnti_vectors_clear(&features);
  lnti_extract_items_clear(&work->items);
  lnti_messages_clear(&work->refused.reasons);
  if (work->n_block < BLOCK_MAX) work->n_block *= 2;
  lnti_progress_update(work->progress, "images", work->result.n, work->n_total);
  return status;
}

static lnt_status add_item(void *payload, const lnti_item_view *view, lnt_error *err) {
  item_work *work = payload;
  lnt_status status = lnti_extract_items_add(&work->items, view->item, err);
  return !status && work->items.n == work->n_block ? run_block(work, err) : status;
}

static lnt_status count_items(size_t *out, lnti_view *view, const lnti_filter *filter, lnt_error *err) {
  lnti_selection *selection = NULL;
  lnt_status status = lnti_view_select(&selection, view, filter, NULL, err);
  if (status) return status;
  *out = lnti_selection_count(selection);
  lnti_selection_free(selection);
  return LNT_OK;
}

/* That the question is called otherwise by now is told in the log. A model of another question predicts as well. */
static lnt_status look_at_question(lnti_project *project, const lnt_model *model, lnt_error *err) {
  lnti_ontology *ontology = NULL;
  lnt_error none = LNT_ERROR_INIT;
  size_t question = LNTI_NONE;
  lnt_status status = model->target ? lnti_store_ontology(&ontology, project->store, err) : LNT_OK;
  if (!status && ontology) {
    status = lnti_question_of_model(&question, project, ontology, model, &none);
    bool another = status == LNT_ENOTFOUND || status == LNT_ECONFLICT;
    status = status == LNT_OK || another ? LNT_OK : lnti_fail(err, status, "%s", none.message);
  }
  lnti_ontology_free(ontology);
  return status;
}

lnt_status lnti_predict_items(lnti_predict_result *out, const lnt_model *model, lnti_project *project,
                              const char *filter_text, const lnti_progress *progress, lnti_prediction_visit visit,
                              void *payload, lnt_error *err) {
  item_work work = {.model = model,
                    .project = project,
                    .progress = progress,
                    .visit = visit,
                    .payload = payload,
                    .n_block = FIRST_BLOCK};
  lnti_view *view = NULL;
  lnti_filter *filter = NULL;
  lnt_status status = look_at_question(project, model, err);
  if (!status) status = lnti_view_open(&view, project, NULL, NULL, err);
  if (!status) status = lnti_view_filter(&filter, view, filter_text, err);
  if (!status) status = count_items(&work.n_total, view, filter, err);
  if (!status) status = lnti_items(project, view, &(lnti_items_query){.filter = filter}, add_item, &work, err);
  if (!status && work.items.n > 0) status = run_block(&work, err);
  if (!status && work.result.n == 0) {
    status = lnti_fail(err, LNT_ENOTFOUND, "no item matches \"%.200s\"", filter_text);
  } else if (!status && work.none_status && work.result.n_failed == work.result.n) {
    status = lnti_fail(err, work.none_status, "%s", work.none.message);
  }
  if (!status) *out = work.result;
  free(work.refused.code);
  lnti_messages_clear(&work.refused.reasons);
  lnti_extract_items_clear(&work.items);
  lnti_filter_free(filter);
  lnti_view_close(view);
  return status;
}
