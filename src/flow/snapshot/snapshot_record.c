/*
 * An item as a snapshot keeps it: what a training depends on, and behind it what an export says beside that. Written and read
 * in one place; docs/formats/database.md has the bytes.
 */
#include <flow/snapshot/snapshot_parts.h>

#include <base/alloc.h>
#include <base/error.h>
#include <flow/answer_text.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- names ---- */

lnt_status lnti_snapshot_names_add(lnti_snapshot_names *names, const char *name, lnt_error *err) {
  lnt_status status = lnti_grow(&names->name, &names->capacity, names->n + 1, sizeof *names->name, err);
  if (!status) status = lnti_strdup(&names->name[names->n], name, err);
  if (!status) names->n++;
  return status;
}

lnt_status lnti_snapshot_names_splits(lnti_snapshot_names *names, lnti_project *project, lnt_error *err) {
  lnti_store_counts counts = {0};
  lnt_status status = lnti_store_counts_read(&counts, project->store, err);
  for (size_t i = 0; !status && i < counts.n_splits; i++) {
    status = lnti_snapshot_names_add(names, counts.splits[i].name, err);
  }
  lnti_store_counts_clear(&counts);
  return status;
}

void lnti_snapshot_names_clear(lnti_snapshot_names *names) {
  for (size_t i = 0; i < names->n; i++) free(names->name[i]);
  free(names->name);
  *names = (lnti_snapshot_names){0};
}

/* ---- writing ---- */

static lnt_status put_text(lnti_text *out, const char *text, lnt_error *err) {
  return lnti_block_put_bytes(out, text ? text : "", text ? strlen(text) : 0, err);
}

static lnt_status put_answer(lnti_text *out, const lnti_answer_row *row, lnt_error *err) {
  const bool number = !isnan(row->number);
  lnt_status status = lnti_block_put(out, (uint64_t)row->question_id, err);
  if (!status) status = lnti_block_put(out, (uint64_t)row->slot, err);
  if (!status) status = lnti_block_put(out, (uint64_t)row->state * 2 + number, err);
  if (!status) status = lnti_block_put(out, (uint64_t)row->option_id, err);
  if (!status && number) status = lnti_text_append(out, (const char *)&row->number, sizeof row->number, err);
  return status ? status : put_text(out, row->text, err);
}

lnt_status lnti_snapshot_put(lnti_text *out, const lnti_item_view *view, int64_t after_id, lnt_error *err) {
  const lnti_item *item = view->item;
  lnt_status status = lnti_block_put(out, (uint64_t)(item->id - after_id), err);
  if (!status) {
    status = lnti_text_append(out, (const char *)item->content.bytes, sizeof item->content.bytes, err);
  }
  if (!status) status = lnti_block_put(out, (uint64_t)item->group_id, err);
  if (!status) status = put_text(out, item->split, err);
  if (!status) status = lnti_block_put(out, view->n_answers, err);
  for (size_t i = 0; i < view->n_answers && !status; i++) status = put_answer(out, &view->answers[i], err);
  return status;
}

/* Those that are given: most people say none. */
static lnt_status put_confidences(lnti_text *out, const lnti_item_view *view, lnt_error *err) {
  size_t n = 0;
  for (size_t i = 0; i < view->n_answers; i++) n += !isnan(view->answers[i].confidence);
  lnt_status status = lnti_block_put(out, n, err);
  for (size_t i = 0; i < view->n_answers && !status; i++) {
    const double confidence = view->answers[i].confidence;
    if (isnan(confidence)) continue;
    status = lnti_block_put(out, i, err);
    if (!status) status = lnti_text_append(out, (const char *)&confidence, sizeof confidence, err);
  }
  return status;
}

static int by_name(const void *key, const void *element) {
  return strcmp(key, *(const char *const *)element);
}

static lnt_status put_meta(lnti_text *out, const lnti_item_view *view, const lnti_snapshot_names *keys,
                           lnt_error *err) {
  lnt_status status = lnti_block_put(out, view->n_meta, err);
  for (size_t i = 0; i < view->n_meta && !status; i++) {
    char **key = keys->n ? bsearch(view->meta[i].key, keys->name, keys->n, sizeof *keys->name, by_name) : NULL;
    if (!key) return lnti_fail(err, LNT_ECONFLICT, "metadata were added meanwhile: give the command again");
    status = lnti_block_put(out, (uint64_t)(key - keys->name), err);
    if (!status) status = put_text(out, view->meta[i].value, err);
  }
  return status;
}

lnt_status lnti_snapshot_put_rest(lnti_text *out, const lnti_item_view *view, const lnti_answer_row *remarks,
                                  size_t n_remarks, const lnti_snapshot_names *keys, lnt_error *err) {
  lnt_status status = put_text(out, view->item->stage, err);
  if (!status) status = put_confidences(out, view, err);
  if (!status) status = lnti_block_put(out, n_remarks, err);
  for (size_t i = 0; i < n_remarks && !status; i++) {
    status = lnti_block_put(out, (uint64_t)remarks[i].slot, err);
    if (!status) status = put_text(out, remarks[i].text, err);
  }
  return status ? status : put_meta(out, view, keys, err);
}

/* ---- reading ---- */

static lnt_status get_text(const char **out, lnti_arena *arena, lnti_block_reader *r, lnt_error *err) {
  size_t n = (size_t)lnti_block_get(r);
  const uint8_t *bytes = lnti_block_get_n(r, n);
  char *text = NULL;
  *out = NULL;
  if (!bytes || n == 0) return LNT_OK;
  lnt_status status = lnti_arena_strndup(&text, arena, (const char *)bytes, n, err);
  *out = text;
  return status;
}

static double get_real(lnti_block_reader *r) {
  double value = (double)NAN;
  const uint8_t *bytes = lnti_block_get_n(r, sizeof value);
  if (bytes) memcpy(&value, bytes, sizeof value);
  return value;
}

/* How many of something follow; each has a byte at least. */
static size_t get_count(lnti_block_reader *r) {
  uint64_t n = lnti_block_get(r);
  if (n > (size_t)(r->end - r->at)) r->ok = false;
  return r->ok ? (size_t)n : 0;
}

static lnt_status get_answer(lnti_answer_row *row, lnti_arena *arena, lnti_block_reader *r, lnt_error *err) {
  row->question_id = (int64_t)lnti_block_get(r);
  row->slot = (int64_t)lnti_block_get(r);
  uint64_t state = lnti_block_get(r);
  row->state = (lnti_answer_state)(state / 2);
  row->option_id = (int64_t)lnti_block_get(r);
  if (state % 2) row->number = get_real(r);
  return get_text(&row->text, arena, r, err);
}

static lnt_status get_core(lnti_snapshot_item *item, lnti_block_reader *r, int64_t after_id, lnt_error *err) {
  item->id = after_id + (int64_t)lnti_block_get(r);
  const uint8_t *content = lnti_block_get_n(r, sizeof item->content.bytes);
  if (content) memcpy(item->content.bytes, content, sizeof item->content.bytes);
  item->group_id = (int64_t)lnti_block_get(r);
  lnt_status status = get_text(&item->split, &item->arena, r, err);
  if (!item->split) item->split = "";
  size_t n = get_count(r);
  if (!status) status = lnti_grow(&item->answers, &item->capacity, n, sizeof *item->answers, err);
  item->n_answers = 0;
  while (!status && r->ok && item->n_answers < n) {
    lnti_answer_row *row = &item->answers[item->n_answers++];
    *row = (lnti_answer_row){
        .subject_kind = LNTI_SUBJECT_ITEM, .subject_id = item->id, .number = (double)NAN, .confidence = (double)NAN};
    status = get_answer(row, &item->arena, r, err);
  }
  return status;
}

static lnt_status get_remarks(lnti_snapshot_item *item, lnti_block_reader *r, lnt_error *err) {
  size_t n = get_count(r);
  lnt_status status = lnti_grow(&item->remarks, &item->remark_capacity, n, sizeof *item->remarks, err);
  while (!status && r->ok && item->n_remarks < n) {
    lnti_answer_row *row = &item->remarks[item->n_remarks++];
    *row = (lnti_answer_row){.subject_id = item->id, .question_id = LNTI_REMARKS, .slot = (int64_t)lnti_block_get(r)};
    status = get_text(&row->text, &item->arena, r, err);
    if (!row->text) row->text = "";
  }
  return status;
}

static lnt_status get_meta(lnti_snapshot_item *item, lnti_block_reader *r, const lnti_snapshot_names *keys,
                           lnt_error *err) {
  size_t n = get_count(r);
  lnt_status status = lnti_grow(&item->meta, &item->meta_capacity, n, sizeof *item->meta, err);
  while (!status && r->ok && item->n_meta < n) {
    const uint64_t key = lnti_block_get(r);
    lnti_meta_value *value = &item->meta[item->n_meta++];
    *value = (lnti_meta_value){.item_id = item->id};
    if (key >= keys->n) r->ok = false;
    if (r->ok) value->key = keys->name[key];
    status = get_text(&value->value, &item->arena, r, err);
    if (!value->value) value->value = "";
  }
  return status;
}

static lnt_status get_rest(lnti_snapshot_item *item, lnti_block_reader *r, const lnti_snapshot_names *keys,
                           lnt_error *err) {
  lnt_status status = get_text(&item->stage, &item->arena, r, err);
  if (!item->stage) item->stage = "";
  for (size_t n = get_count(r); n > 0 && r->ok; n--) {
    const uint64_t i = lnti_block_get(r);
    const double confidence = get_real(r);
    if (i >= item->n_answers) r->ok = false;
    if (r->ok) item->answers[i].confidence = confidence;
  }
  if (!status) status = get_remarks(item, r, err);
  return status ? status : get_meta(item, r, keys, err);
}

lnt_status lnti_snapshot_get(lnti_snapshot_item *item, lnti_block_reader *r, int64_t after_id,
                             const lnti_snapshot_names *keys, lnt_error *err) {
  lnti_arena_clear(&item->arena);
  item->n_remarks = item->n_meta = 0;
  item->stage = "";
  lnt_status status = get_core(item, r, after_id, err);
  if (!status && r->ok && keys) status = get_rest(item, r, keys, err);
  if (!status && !r->ok) status = lnti_fail(err, LNT_ECORRUPT, "a snapshot is damaged: run 'linnet verify'");
  return status;
}

void lnti_snapshot_item_clear(lnti_snapshot_item *item) {
  lnti_arena_clear(&item->arena);
  free(item->answers);
  free(item->remarks);
  free(item->meta);
  *item = (lnti_snapshot_item){0};
}

/* ---- answers as text ---- */

bool lnti_snapshot_knows(const lnti_ontology *o, const lnti_answer_row *row) {
  return lnti_ontology_question_by_id(o, row->question_id) != LNTI_NONE &&
         (!row->slot || lnti_ontology_option_by_id(o, row->slot) != LNTI_NONE);
}

lnt_status lnti_snapshot_question(lnti_text *out, const lnti_ontology *o, const lnti_answer_row *row, lnt_error *err) {
  size_t question = lnti_ontology_question_by_id(o, row->question_id);
  size_t option = row->slot ? lnti_ontology_option_by_id(o, row->slot) : LNTI_NONE;
  lnt_status status =
      question == LNTI_NONE ? lnti_text_printf(out, err, "?") : lnti_ontology_question_path(out, o, question, err);
  if (!status && row->slot) status = lnti_text_printf(out, err, "/%s", option == LNTI_NONE ? "?" : "");
  return !status && option != LNTI_NONE ? lnti_ontology_option_path(out, o, option, err) : status;
}

lnt_status lnti_snapshot_value(lnti_text *out, const lnti_ontology *o, const lnti_answer_row *row, lnt_error *err) {
  lnti_answer_row plain = *row;
  if (row->slot && row->state == LNTI_ANSWERED && !row->text) plain.option_id = 0; /* its number */
  return lnti_answer_text(out, o, &plain, err);
}
