/*
 * A record is the item's number (from the one before), how many classes, and of each its number and probability as f32,
 * the most probable first: the first one always, fifteen more while they have at least 1 %, and every label that applies; before them
 * the answer, where a least confidence was asked for. docs/formats/database.md has it.
 */
#include <flow/predict/stored_predictions.h>

#include <base/alloc.h>
#include <base/cancel.h>
#include <base/error.h>
#include <base/json.h>
#include <flow/item_blocks.h>
#include <math/topk.h>
#include <model/model.h>
#include <stdlib.h>
#include <string.h>

static const float LEAST = 0.01F;

struct lnti_predictions_writer {
  lnti_project *project;
  lnti_item_set set;
  lnti_text block, facts;
  char *name;
  const lnt_model *model;
  uint32_t *order; /* [k] */
  uint32_t *kept;  /* [k] */
  size_t k, n_classes, n_block;
  int64_t first, last;
};

/* ---- beginning ---- */

typedef struct lookup {
  bool found;
  lnti_hash content;
} lookup;

static lnt_status note_model(void *payload, const lnti_model_row *model, lnt_error *err) {
  lookup *l = payload;
  (void)err;
  l->found = true;
  l->content = model->content;
  return LNT_OK;
}

static void write_decider(lnti_json_writer *w, const lnti_decider *decider) {
  size_t n = 0;
  const char *const *nodes = lnti_decider_nodes(&n, decider);
  lnti_json_kv_real(w, "min_confidence", lnti_decider_min(decider));
  lnti_json_key(w, "nodes");
  lnti_json_begin_array(w);
  for (size_t v = 0; v < n; v++) lnti_json_string(w, nodes[v]);
  lnti_json_end_array(w);
}

static lnt_status write_facts(lnti_text *out, const lnt_model *model, const char *filter, const lnti_decider *decider,
                              lnt_error *err) {
  lnti_json_writer *w = NULL;
  lnt_status status = lnti_json_writer_new(&w, lnti_json_sink_text, out, 0, err);
  if (status) return status;
  lnti_json_begin_object(w);
  lnti_json_kv_string(w, "target", model->target);
  lnti_json_kv_string(w, "task", lnti_task_name(model->task));
  lnti_json_kv_string(w, "where", filter);
  lnti_json_key(w, "classes");
  lnti_json_begin_array(w);
  for (size_t c = 0; c < model->n_classes; c++) lnti_json_string(w, model->classes[c].id);
  lnti_json_end_array(w);
  if (model->threshold) {
    lnti_json_key(w, "thresholds");
    lnti_json_begin_array(w);
    for (size_t c = 0; c < model->n_classes; c++) lnti_json_real(w, model->threshold[c]);
    lnti_json_end_array(w);
  }
  if (decider) write_decider(w, decider);
  lnti_json_end_object(w);
  lnt_status finished = lnti_json_finish(w, err);
  lnti_json_writer_free(w);
  return finished;
}

lnt_status lnti_predictions_create(lnti_predictions_writer **out, lnti_project *project, const char *name,
                                   const lnt_model *model, const char *filter, const lnti_decider *decider,
                                   lnt_error *err) {
  lnti_predictions_writer *w = NULL;
  lookup l = {0};
  lnt_status status = lnti_store_models(project->store, name, note_model, &l, err);
  if (!status && !l.found) {
    status = lnti_fail(err, LNT_EINVAL,
                       "--store keeps the predictions of the project's own models, and \"%s\" is none of them", name);
  }
  if (!status) status = lnti_alloc_zero(&w, 1, sizeof *w, err);
  if (status) return status;
  w->project = project;
  w->n_classes = model->n_classes;
  w->model = model;
  bool all = model->task == LNTI_MULTILABEL || model->n_classes < LNTI_STORED_CLASSES_MAX;
  w->k = all ? model->n_classes : LNTI_STORED_CLASSES_MAX;
  status = lnti_strdup(&w->name, name, err);
  if (!status) status = lnti_alloc(&w->kept, w->k, sizeof *w->kept, err);
  if (!status) status = lnti_alloc(&w->order, w->n_classes, sizeof *w->order, err);
  if (!status) status = write_facts(&w->facts, model, filter, decider, err);
  if (!status) {
    w->set = (lnti_item_set){.kind = LNTI_SET_PREDICTIONS,
                             .name = w->name,
                             .person = project->person,
                             .created_ms = lnti_wall_ms(),
                             .content = l.content,
                             .facts_json = w->facts.data};
    status = lnti_set_begin(&w->set, project, err);
  }
  if (status) {
    lnti_predictions_discard(w);
    return status;
  }
  *out = w;
  return LNT_OK;
}

/* ---- writing ---- */

static lnt_status write_block(lnti_predictions_writer *w, lnt_error *err) {
  const lnti_item_block block = {w->first, w->last, w->block.data, w->block.length};
  lnt_status status = lnti_set_block(w->project, w->set.id, &block, err);
  w->n_block = w->block.length = 0;
  return status;
}

static lnt_status put_class(lnti_predictions_writer *w, size_t number, float p, lnt_error *err) {
  lnt_status status = lnti_block_put(&w->block, number, err);
  return status ? status : lnti_text_append(&w->block, (const char *)&p, sizeof p, err);
}

static bool applies(const lnt_model *model, size_t label, float p) {
  return model->task == LNTI_MULTILABEL && p >= (model->threshold ? (float)model->threshold[label] : 0.5F);
}

/* Which of the classes are kept: w->kept, by falling probability. */
static size_t choose(lnti_predictions_writer *w, const float *prob, size_t most) {
  size_t n = 0;
  lnti_topk_largest(w->order, prob, w->n_classes, w->k);
  for (size_t i = 0; i < w->k; i++) {
    uint32_t c = w->order[i];
    bool probable = i == 0 || (i < most && prob[c] >= LEAST);
    if (probable || applies(w->model, c, prob[c])) w->kept[n++] = c;
  }
  return n;
}

lnt_status lnti_predictions_add(lnti_predictions_writer *w, const lnti_prediction *p, const lnti_decision *decision,
                                lnt_error *err) {
  size_t n_answers = decision ? 1 : 0;
  if (!p->prob || p->item_id == 0) return LNT_OK;
  size_t n = choose(w, p->prob, LNTI_STORED_CLASSES_MAX - n_answers);
  lnt_status status = lnti_block_put(&w->block, (uint64_t)(p->item_id - (w->n_block == 0 ? 0 : w->last)), err);
  if (!status) status = lnti_block_put(&w->block, n_answers + n, err);
  if (!status && decision) status = put_class(w, decision->number, (float)decision->p, err);
  for (size_t i = 0; i < n && !status; i++) status = put_class(w, w->kept[i], p->prob[w->kept[i]], err);
  if (status) return status;
  if (w->n_block == 0) w->first = p->item_id;
  w->last = p->item_id;
  w->n_block++;
  w->set.n_items++;
  return w->n_block == LNTI_BLOCK_ITEMS ? write_block(w, err) : LNT_OK;
}

lnt_status lnti_predictions_commit(size_t *n_out, lnti_predictions_writer *w, lnt_error *err) {
  lnt_status status = w->n_block > 0 ? write_block(w, err) : LNT_OK;
  if (!status) status = lnti_set_end(w->project, &w->set, true, err);
  if (!status && n_out) *n_out = w->set.n_items;
  lnti_predictions_discard(w);
  return status;
}

void lnti_predictions_discard(lnti_predictions_writer *w) {
  if (!w) return;
  free(w->name);
  free(w->order);
  free(w->kept);
  lnti_text_clear(&w->block);
  lnti_text_clear(&w->facts);
  free(w);
}

/* ---- of elsewhere ---- */

static lnt_status write_foreign_facts(lnti_text *out, const char *target, const char *const *ids, size_t n_classes,
                                      lnt_error *err) {
  lnti_json_writer *w = NULL;
  lnt_status status = lnti_json_writer_new(&w, lnti_json_sink_text, out, 0, err);
  if (status) return status;
  lnti_json_begin_object(w);
  lnti_json_kv_string(w, "target", target);
  lnti_json_kv_string(w, "task", lnti_task_name(LNTI_MULTICLASS));
  lnti_json_kv_bool(w, "imported", true);
  lnti_json_key(w, "classes");
  lnti_json_begin_array(w);
  for (size_t c = 0; c < n_classes; c++) lnti_json_string(w, ids[c]);
  lnti_json_end_array(w);
  lnti_json_end_object(w);
  status = lnti_json_finish(w, err);
  lnti_json_writer_free(w);
  return status;
}

static lnt_status add_foreign(lnti_predictions_writer *w, const lnti_predicted_row *row, lnt_error *err) {
  lnt_status status = lnti_block_put(&w->block, (uint64_t)(row->item_id - (w->n_block == 0 ? 0 : w->last)), err);
  if (!status) status = lnti_block_put(&w->block, 1, err);
  if (!status) status = put_class(w, row->class, row->p, err);
  if (status) return status;
  if (w->n_block == 0) w->first = row->item_id;
  w->last = row->item_id;
  w->n_block++;
  w->set.n_items++;
  return w->n_block == LNTI_BLOCK_ITEMS ? write_block(w, err) : LNT_OK;
}

lnt_status lnti_predictions_store(lnti_project *project, const char *name, const char *target, const char *const *ids,
                                  size_t n_classes, const lnti_predicted_row *rows, size_t n, lnt_error *err) {
  lnti_predictions_writer *w = NULL;
  lnti_hasher hasher;
  lnti_hash content;
  lnti_hash_begin(&hasher);
  for (size_t i = 0; i < n; i++) {
    lnti_hash_update(&hasher, &rows[i].item_id, sizeof rows[i].item_id);
    lnti_hash_update(&hasher, ids[rows[i].class], strlen(ids[rows[i].class]) + 1);
    lnti_hash_update(&hasher, &rows[i].p, sizeof rows[i].p);
  }
  lnti_hash_end(&content, &hasher);
  lnt_status status = lnti_alloc_zero(&w, 1, sizeof *w, err);
  if (status) return status;
  w->project = project;
  status = lnti_strdup(&w->name, name, err);
  if (!status) status = write_foreign_facts(&w->facts, target, ids, n_classes, err);
  if (!status) {
    w->set = (lnti_item_set){.kind = LNTI_SET_PREDICTIONS,
                             .name = w->name,
                             .person = project->person,
                             .created_ms = lnti_wall_ms(),
                             .content = content,
                             .facts_json = w->facts.data};
    status = lnti_set_begin(&w->set, project, err);
  }
  for (size_t i = 0; i < n && !status; i++) status = add_foreign(w, &rows[i], err);
  if (!status) return lnti_predictions_commit(NULL, w, err);
  lnti_predictions_discard(w);
  return status;
}

typedef struct foreign {
  lnti_foreign_visit visit;
  void *payload;
} foreign;

static lnt_status note_foreign(void *payload, const lnti_item_set *set, lnt_error *err) {
  const foreign *f = payload;
  const lnti_json_value *facts = NULL;
  lnti_foreign_set out = {
      .name = set->name, .n_items = set->n_items, .bytes = set->bytes, .created_ms = set->created_ms};
  lnti_arena arena = {.cap = LNTI_STORED_FACTS_BYTES_MAX};
  bool imported = false;
  lnt_status status = lnti_json_parse(&facts, &arena, set->facts_json, strlen(set->facts_json), "predictions", err);
  if (!status) status = lnti_json_get_bool(&imported, facts, "imported", false, err);
  if (!status) status = lnti_json_get_string(&out.target, facts, "target", "", err);
  if (status && status != LNT_ENOMEM) {
    status = lnti_fail(err, LNT_ECORRUPT, "what is stored of the predictions of \"%.100s\" is damaged", set->name);
  }
  if (!status && imported) status = f->visit(f->payload, &out, err);
  lnti_arena_clear(&arena);
  return status;
}

lnt_status lnti_predictions_foreign(lnti_project *project, const char *name, lnti_foreign_visit visit, void *payload,
                                    lnt_error *err) {
  foreign f = {visit, payload};
  return lnti_store_sets(project->store, LNTI_SET_PREDICTIONS, name, note_foreign, &f, err);
}

/* Within the transaction: a model of the name may have been trained since. */
static lnt_status remove_set(void *payload, lnti_tx *tx, lnt_error *err) {
  const char *name = payload;
  char *file = NULL;
  bool found = false;
  lnt_status status = lnti_tx_model_file(tx, &file, name, err);
  bool own = file != NULL;
  free(file);
  if (status) return status;
  if (own) return lnti_fail(err, LNT_EINVAL, "the predictions of \"%.100s\" go with the model of that name", name);
  status = lnti_tx_set_remove(tx, &found, LNTI_SET_PREDICTIONS, name, err);
  if (status || found) return status;
  return lnti_fail(err, LNT_ENOTFOUND, "no predictions of \"%.100s\" are stored", name);
}

lnt_status lnti_predictions_remove(lnti_project *project, const char *name, lnt_error *err) {
  char *copy = NULL;
  lnt_status status = lnti_strdup(&copy, name, err);
  if (!status) status = lnti_store_write(project->store, remove_set, copy, err);
  free(copy);
  return status;
}

/* ---- reading ---- */

typedef struct reading {
  lnti_stored_visit visit;
  void *payload;
  lnti_stored_class *top;
  size_t capacity, n; /* n: items */
} reading;

static lnt_status read_block(reading *r, const lnti_text *block, lnt_error *err) {
  const uint8_t *data = (const uint8_t *)block->data;
  lnti_block_reader in = {data, data + block->length, true};
  lnti_stored_prediction p = {0};
  lnt_status status = LNT_OK;
  while (!status && in.at < in.end) {
    p.item_id += (int64_t)lnti_block_get(&in);
    p.n = (size_t)lnti_block_get(&in);
    if (p.n == 0 || p.n > (size_t)(in.end - in.at) / (1 + sizeof r->top->p)) in.ok = false; /* so many are not there */
    if (in.ok) status = lnti_grow(&r->top, &r->capacity, p.n, sizeof *r->top, err);
    if (status) return status;
    for (size_t i = 0; i < p.n && in.ok; i++) {
      r->top[i].class = (size_t)lnti_block_get(&in);
      const uint8_t *bytes = lnti_block_get_n(&in, sizeof r->top->p);
      if (bytes) memcpy(&r->top[i].p, bytes, sizeof r->top->p);
    }
    p.top = r->top;
    status = in.ok ? r->visit(r->payload, &p, err)
                   : lnti_fail(err, LNT_ECORRUPT, "stored predictions are damaged: predict again with --store");
    r->n++;
  }
  return status;
}

lnt_status lnti_predictions_read(lnti_project *project, int64_t set_id, size_t n_items, lnti_stored_visit visit,
                                 void *payload, lnt_error *err) {
  lnti_text block = {0};
  reading r = {.visit = visit, .payload = payload};
  int64_t after = 0;
  lnt_status status = lnti_set_next_block(&block, &after, project, set_id, err);
  while (!status && block.length > 0) {
    status = read_block(&r, &block, err);
    if (!status) status = lnti_set_next_block(&block, &after, project, set_id, err);
  }
  lnti_text_clear(&block);
  free(r.top);
  if (status || r.n == n_items) return status;
  return lnti_fail(err, LNT_ECONFLICT,
                   "the predictions were replaced or removed while they were read: give the command again");
}
