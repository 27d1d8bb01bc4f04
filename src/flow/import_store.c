/*
 * Batches on their way into the store.
 *
 * Every batch writes the operation again by its UUID, which the store takes as the same one: so batches need no memory of
 * each other, and a batch that the store runs a second time does no harm.
 *
 * A group is an item of its own, named "group:NAME" in its source, made when its first member is stored; what is said of
 * its members is said of it.
 */
#include <flow/import_internal.h>

#include <base/alloc.h>
#include <base/error.h>
#include <flow/annotate.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What becomes of an annotation's item. */
typedef struct pending {
  bool moves;         /* it was there without an answer: its stage becomes "done" */
  const char *member; /* of a group's: the member that says so; else NULL */
} pending;

typedef struct batch {
  lnti_import_work *work;
  lnti_source_kind kind;
  const char *source;
  lnti_import_row *rows;
  size_t n;
  int64_t op_id, source_id;
  int64_t *meta_key_id; /* [work->n_meta_keys] */
  lnti_annotation *annotations;
  pending *pending; /* [n_annotations] */
  size_t n_annotations, capacity;
  const char *group; /* the last one */
  int64_t group_id;
  size_t imported, existing, labelled, groups, clashes;
  const char *first_clash; /* a member */
} batch;

/* ---- answers ---- */

/* `may_move`: the item was there, and its stage may not be "done" yet. */
static lnt_status add_annotation(batch *b, lnti_tx *tx, int64_t item_id, bool may_move, bool fresh,
                                 const lnti_import_answer *answer, lnt_error *err) {
  bool moves = may_move && fresh;
  if (may_move && !fresh) {
    lnti_answer_row current;
    bool answered = false;
    const lnti_question *question = &b->work->ontology->questions[answer->question];
    lnt_status status = lnti_tx_current_from(tx, &current, &answered, LNTI_SUBJECT_ITEM, item_id, question->id, 0, err);
    if (status) return status;
    moves = !answered;
  }
  b->pending[b->n_annotations] = (pending){.moves = moves};
  b->annotations[b->n_annotations++] =
      (lnti_annotation){.item_id = item_id,
                        .answer = {answer->question, LNTI_ANSWERED, answer->option, answer->number},
                        .confidence = (double)NAN,
                        .fresh = fresh};
  return LNT_OK;
}

/* Members of a group that disagree: the first one counts, and it is said. What a person has answered is no clash. */
static lnt_status note_clash(batch *b, lnti_tx *tx, const lnti_annotation *a, const char *member, lnt_error *err) {
  const lnti_ontology *ontology = b->work->ontology;
  const lnti_question *question = &ontology->questions[a->answer.question];
  lnti_answer_row current;
  bool answered = false;
  if (a->answer.option == LNTI_NONE || question->type == LNTI_CHECKLIST) return LNT_OK;
  lnt_status status = lnti_tx_current(tx, &current, &answered, LNTI_SUBJECT_ITEM, a->item_id, question->id, 0, err);
  if (status || !answered || current.source != LNTI_BY_IMPORT) return status;
  if (current.option_id == ontology->options[a->answer.option].id) return LNT_OK;
  if (b->clashes++ == 0) b->first_clash = member;
  return LNT_OK;
}

/* Items that were there are "done" now. Tables mostly name them in the order in which they came: a run is one update. */
static lnt_status move_stages(batch *b, lnti_tx *tx, lnt_error *err) {
  lnt_status status = LNT_OK;
  for (size_t i = 0, end; i < b->n_annotations && status == LNT_OK; i = end) {
    const int64_t first = b->annotations[i].item_id;
    int64_t last = first;
    end = i + 1;
    if (!b->pending[i].moves) continue;
    while (end < b->n_annotations && b->pending[end].moves &&
           (b->annotations[end].item_id == last || b->annotations[end].item_id == last + 1)) {
      last = b->annotations[end++].item_id;
    }
    status = lnti_tx_item_stages(tx, first, last, "done", err);
  }
  return status;
}

/* The batch's answers, what is there already excepted. */
static lnt_status write_answers(batch *b, lnti_tx *tx, lnt_error *err) {
  const lnti_annotate_options options = {.source = LNTI_BY_IMPORT, .keep_existing = true};
  lnt_status status =
      lnti_annotate(tx, &b->labelled, b->work->ontology, b->op_id, b->annotations, b->n_annotations, &options, err);
  for (size_t i = 0; i < b->n_annotations && status == LNT_OK; i++) {
    if (b->pending[i].member) status = note_clash(b, tx, &b->annotations[i], b->pending[i].member, err);
  }
  return status ? status : move_stages(b, tx, err);
}

/* ---- groups ---- */

/* The group of a name, made where it is missing, becomes b->group_id. */
static lnt_status find_group(batch *b, lnti_tx *tx, const lnti_import_row *row, bool *existed_out, lnt_error *err) {
  char *member = NULL;
  lnti_hasher hasher;
  lnti_item item = row->item;
  *existed_out = true;
  if (b->group && strcmp(b->group, row->group) == 0) return LNT_OK;
  lnt_status status = lnti_asprintf(&member, err, LNTI_IMPORT_GROUP "%s", row->group);
  if (status) return status;
  item.kind = LNTI_ITEM_GROUP;
  item.group_id = 0;
  item.source_id = b->source_id;
  item.member = member;
  item.format = "group";
  item.bytes = 0;
  item.facts = (lnti_item_facts){0};
  if (item.h == 0) item.h = item.w = item.c = 1; /* of a member that is there already, and was not read */
  if (item.depth == 0) item.depth = 8;
  lnti_hash_begin(&hasher);
  lnti_hash_update(&hasher, b->source, strlen(b->source) + 1);
  lnti_hash_update(&hasher, member, strlen(member));
  lnti_hash_end(&item.content, &hasher);
  status = lnti_tx_item(tx, &b->group_id, existed_out, b->op_id, &item, err);
  free(member);
  if (status) return status;
  b->group = row->group;
  b->groups += !*existed_out;
  return LNT_OK;
}

/* The group that answers for a row: the one that its item is in, or is to join; *id_out 0: none. */
static lnt_status group_of(int64_t *id_out, bool *existed_out, batch *b, lnti_tx *tx, const lnti_import_row *row,
                           lnt_error *err) {
  *id_out = row->input ? row->input->known.group_id : 0;
  *existed_out = true;
  if (*id_out || !row->group) return LNT_OK;
  lnt_status status = find_group(b, tx, row, existed_out, err);
  if (status == LNT_OK) *id_out = b->group_id;
  return status;
}

/* ---- metadata ---- */

/* What the camera wrote, as texts; the order is that of exif_keys in import.c. */
static size_t exif_values(char values[LNTI_IMPORT_EXIF_KEYS][136], const lnti_exif *exif) {
  for (int i = 0; i < LNTI_IMPORT_EXIF_KEYS; i++) values[i][0] = '\0';
  snprintf(values[0], sizeof values[0], "%s", exif->taken);
  bool repeats = strncmp(exif->model, exif->make, strlen(exif->make)) == 0;
  snprintf(values[1], sizeof values[1], "%s%s%s", repeats ? "" : exif->make,
           repeats || !exif->make[0] || !exif->model[0] ? "" : " ", exif->model);
  snprintf(values[2], sizeof values[2], "%s", exif->serial);
  if (exif->has_gps) {
    snprintf(values[3], sizeof values[3], "%.7f", exif->latitude);
    snprintf(values[4], sizeof values[4], "%.7f", exif->longitude);
    if (isfinite(exif->altitude)) snprintf(values[5], sizeof values[5], "%.1f", exif->altitude);
  }
  return LNTI_IMPORT_EXIF_KEYS;
}

static lnt_status write_exif(batch *b, lnti_tx *tx, const lnti_import_row *row, lnt_error *err) {
  char values[LNTI_IMPORT_EXIF_KEYS][136];
  size_t n = exif_values(values, &row->look.exif);
  lnt_status status = LNT_OK;
  for (size_t i = 0; i < n && !status; i++) {
    if (!values[i][0]) continue;
    int64_t *key_id = &b->meta_key_id[b->work->exif_key[i]];
    if (!*key_id) status = lnti_tx_meta_key(tx, key_id, b->work->meta_key[b->work->exif_key[i]], err);
    if (!status) status = lnti_tx_meta(tx, row->item.id, *key_id, values[i], err);
  }
  return status;
}

static lnt_status write_meta(batch *b, lnti_tx *tx, const lnti_import_row *row, lnt_error *err) {
  lnt_status status = row->looked && b->work->has_exif_keys ? write_exif(b, tx, row, err) : LNT_OK;
  const lnti_import_input *input = row->input;
  for (size_t i = 0; input && i < input->n_meta && !status; i++) {
    int64_t *key_id = &b->meta_key_id[input->meta[i].key];
    if (!*key_id) status = lnti_tx_meta_key(tx, key_id, b->work->meta_key[input->meta[i].key], err);
    if (!status) status = lnti_tx_meta(tx, row->item.id, *key_id, input->meta[i].value, err);
  }
  return status;
}

/* ---- rows ---- */

/* A row's answers, for its item or for the group. */
static lnt_status add_answers(batch *b, lnti_tx *tx, const lnti_import_row *row, int64_t group_id, bool may_move,
                              lnt_error *err) {
  lnt_status status = LNT_OK;
  for (size_t i = 0; row->input && i < row->input->n_answers && !status; i++) {
    int64_t item_id = group_id ? group_id : row->item.id;
    status = add_annotation(b, tx, item_id, may_move, row->input->fresh && !group_id, &row->input->answers[i], err);
    if (!status && group_id) b->pending[b->n_annotations - 1].member = row->item.member;
  }
  return status;
}

static lnt_status write_item(batch *b, lnti_tx *tx, lnti_import_row *row, lnt_error *err) {
  bool existed = row->item.id != 0 || row->known, group_existed = true;
  int64_t group_id = 0;
  lnt_status status = group_of(&group_id, &group_existed, b, tx, row, err);
  if (status) return status;
  row->item.source_id = b->source_id;
  row->item.group_id = group_id;
  if (row->known) status = lnti_tx_item_find(tx, &row->item.id, b->source_id, row->item.member, err);
  if (!status && !existed) status = lnti_tx_item(tx, &row->item.id, &existed, b->op_id, &row->item, err);
  if (!status && group_id && existed && row->input && row->input->known.joins) {
    status = lnti_tx_item_group(tx, row->item.id, group_id, err);
  }
  if (!status && row->facts_missing) status = lnti_tx_item_facts(tx, row->item.id, &row->item.facts, err);
  if (!status) status = write_meta(b, tx, row, err);
  if (status) return status;
  b->imported += !existed;
  b->existing += existed;
  bool may_move = existed && !(row->input && row->input->known.done);
  return add_answers(b, tx, row, group_id, group_id ? group_existed : may_move, err);
}

static lnt_status write_batch(void *payload, lnti_tx *tx, lnt_error *err) {
  batch *b = payload;
  lnti_import_work *work = b->work;
  bool existed = false;
  b->imported = b->existing = b->labelled = b->groups = b->clashes = b->n_annotations =
      0; /* a second run counts anew */
  b->group = NULL;
  memset(b->meta_key_id, 0, work->n_meta_keys * sizeof *b->meta_key_id);
  lnt_status status = lnti_tx_op(tx, &b->op_id, &existed, &work->op, err);
  if (status) return status;
  status = lnti_tx_source(tx, &b->source_id, b->kind, b->source, err);
  for (size_t i = 0; i < b->n && status == LNT_OK; i++) {
    lnti_import_row *row = &b->rows[i];
    if (row->refused) continue;
    row->item.id = row->input ? row->input->known.id : row->item.id;
    if (row->member) row->item.id = 0; /* a frame of a file */
    status = write_item(b, tx, row, err);
  }
  return status || b->n_annotations == 0 ? status : write_answers(b, tx, err);
}

void lnti_import_row_clear(lnti_import_row *row) {
  free(row->member);
  row->member = NULL;
  lnti_looked_clear(&row->look);
}

void lnti_import_refuse(lnti_import_work *work, const char *path, lnt_status code, const char *reason) {
  work->result->n_refused++;
  if (work->options->refused) work->options->refused(work->options->refused_payload, path, code, reason);
}

static lnt_status tell_rows(lnti_import_work *work, lnti_source_kind kind, const char *source,
                            const lnti_import_row *rows, size_t n, lnt_error *err) {
  lnti_text uri = {0};
  lnt_status status = LNT_OK;
  for (size_t i = 0; i < n && status == LNT_OK; i++) {
    work->n_framed += rows[i].n_frames > 1;
    if (rows[i].refused) {
      lnti_item item = rows[i].item;
      item.source = source;
      item.source_kind = kind;
      uri.length = 0;
      status = lnti_item_uri(&uri, &item, err);
      if (status == LNT_OK) lnti_import_refuse(work, uri.data, rows[i].refused, rows[i].error.message);
    } else if (rows[i].look.rows_missing > 0) {
      work->n_truncated++;
    }
  }
  lnti_text_clear(&uri);
  return status;
}

static size_t count_answers(const lnti_import_row *rows, size_t n) {
  size_t total = 0;
  for (size_t i = 0; i < n; i++) total += rows[i].input ? rows[i].input->n_answers : 0;
  return total;
}

/* Thumbnails can be made again: a cache that cannot be written is said once, and is no reason to stop. */
static void keep_thumbs(lnti_import_work *work, const lnti_import_row *rows, size_t n) {
  lnt_error reason = LNT_ERROR_INIT;
  for (size_t i = 0; i < n && work->thumbs; i++) {
    const lnti_looked *look = &rows[i].look;
    if (!look->thumb || rows[i].refused) continue;
    if (lnti_picture_cache_put(work->thumbs, &look->content, 0, look->thumb, look->thumb_bytes, &reason) == LNT_OK) {
      continue;
    }
    lnti_log_printf(work->project->context.log, LNTI_LOG_WARN, "thumbnails are not kept: %s", reason.message);
    lnti_picture_cache_close(work->thumbs);
    work->thumbs = NULL;
  }
}

lnt_status lnti_import_batch(lnti_import_work *work, lnti_source_kind kind, const char *source, lnti_import_row *rows,
                             size_t n, lnt_error *err) {
  batch b = {.work = work, .kind = kind, .source = source, .rows = rows, .n = n, .capacity = count_answers(rows, n)};
  size_t n_inputs = 0;
  lnt_status status = lnti_alloc(&b.annotations, b.capacity, sizeof *b.annotations, err);
  if (status) goto done;
  status = lnti_alloc(&b.pending, b.capacity, sizeof *b.pending, err);
  if (status) goto done;
  status = lnti_alloc(&b.meta_key_id, work->n_meta_keys, sizeof *b.meta_key_id, err);
  if (status) goto done;
  status = tell_rows(work, kind, source, rows, n, err);
  if (status) goto done;
  status = lnti_store_write(work->project->store, write_batch, &b, err);
  if (status) goto done;
  keep_thumbs(work, rows, n);
  for (size_t i = 0; i < n; i++) n_inputs += !rows[i].member || rows[i].n_frames > 0;
  work->result->imported += b.imported;
  work->result->existing += b.existing;
  work->result->labelled += b.labelled;
  work->result->groups += b.groups;
  if (b.clashes > 0 && work->n_group_clashes == 0) status = lnti_strdup(&work->first_clash, b.first_clash, err);
  work->n_group_clashes += b.clashes;
  work->n_done += n_inputs;
  lnti_job_progress(&work->job, "items", work->n_done, work->n_total);
done:
  for (size_t i = 0; i < n; i++) lnti_import_row_clear(&rows[i]);
  free(b.meta_key_id);
  free(b.pending);
  free(b.annotations);
  return status;
}
