/*
 * What a view over all items is made from: the few columns that it keeps, read in long ranges of ids by several threads at
 * once. A million rows are read here, so no statement joins, sorts or reads a hash.
 */
#include <store/internal.h>

#include <base/error.h>
#include <math.h>
#include <string.h>

/* ---- positions ---- */

static lnt_status read_int(int64_t *out, lnti_db *db, const char *sql, lnt_error *err) {
  lnti_stmt *stmt = NULL;
  lnt_status status = lnti_db_prepare(&stmt, db, sql, err);
  return status ? status : lnti_db_run(out, NULL, stmt, err);
}

static lnt_status read_uuid(lnti_uuid *out, bool *found_out, lnti_db *db, int64_t op_id, lnt_error *err) {
  lnti_stmt *stmt = NULL;
  bool row = false;
  lnt_status status = lnti_db_prepare(&stmt, db, "SELECT uuid FROM operations WHERE id = ?", err);
  if (status) return status;
  lnti_put_int(stmt, op_id);
  status = lnti_db_step(&row, stmt, err);
  *found_out = !status && row && lnti_get_bytes(out->bytes, sizeof out->bytes, stmt, 0);
  lnti_db_reset(stmt);
  return status;
}

static lnt_status read_position(lnti_store_position *out, lnti_db *db, lnt_error *err) {
  bool found = false;
  lnt_status status = read_int(&out->seq, db, "SELECT MAX(seq) FROM changes", err);
  if (!status) status = read_int(&out->log_id, db, "SELECT MAX(id) FROM answer_log", err);
  if (!status) status = read_int(&out->op_id, db, "SELECT MAX(id) FROM operations", err);
  if (!status) status = read_int(&out->first_item, db, "SELECT MIN(id) FROM items", err);
  if (!status) status = read_int(&out->last_item, db, "SELECT MAX(id) FROM items", err);
  return status ? status : read_uuid(&out->op_uuid, &found, db, out->op_id, err);
}

lnt_status lnti_store_position_read(lnti_store_position *out, lnti_store *store, lnt_error *err) {
  lnti_store_position p = {0};
  lnti_db *db = NULL;
  lnt_status status = lnti_reader_take(&db, store, err);
  if (!status) status = lnti_db_begin(db, false, err);
  if (!status) status = read_position(&p, db, err);
  lnti_reader_give(store, db);
  if (!status) *out = p;
  return status;
}

lnt_status lnti_tx_position_is(lnti_tx *tx, bool *out, const lnti_store_position *position, lnt_error *err) {
  lnti_store_position now = {0};
  lnt_status status = read_position(&now, tx->db, err);
  if (!status) *out = now.seq == position->seq && now.log_id == position->log_id && now.op_id == position->op_id;
  return status;
}

lnt_status lnti_store_position_holds(bool *out, lnti_store *store, const lnti_store_position *position,
                                     lnt_error *err) {
  lnti_store_position now;
  lnti_uuid uuid = {{0}};
  lnti_db *db = NULL;
  bool found = false;
  lnt_status status = lnti_store_position_read(&now, store, err);
  if (!status) status = lnti_reader_take(&db, store, err);
  if (!status) status = read_uuid(&uuid, &found, db, position->op_id, err);
  lnti_reader_give(store, db);
  if (status) return status;
  bool same = found ? memcmp(uuid.bytes, position->op_uuid.bytes, sizeof uuid.bytes) == 0 : position->op_id == 0;
  *out = same && now.seq >= position->seq && now.log_id >= position->log_id;
  return LNT_OK;
}

lnt_status lnti_store_work_counts(lnti_store_counts *out, lnti_store *store, lnt_error *err) {
  int64_t operations = 0, runs = 0, models = 0;
  lnti_db *db = NULL;
  lnt_status status = lnti_reader_take(&db, store, err);
  if (!status) status = lnti_db_begin(db, false, err);
  if (!status) status = read_int(&operations, db, "SELECT COUNT(*) FROM operations", err);
  if (!status) status = read_int(&runs, db, "SELECT COUNT(*) FROM runs", err);
  if (!status) status = read_int(&models, db, "SELECT COUNT(*) FROM models", err);
  lnti_reader_give(store, db);
  if (status) return status;
  *out = (lnti_store_counts){.operations = (size_t)operations, .runs = (size_t)runs, .models = (size_t)models};
  return LNT_OK;
}

/* ---- items ---- */

static bool read_sizes(lnti_item *item, lnti_stmt *stmt) {
  int64_t w = lnti_get_int(stmt, 7), h = lnti_get_int(stmt, 8), depth = lnti_get_int(stmt, 9);
  item->w = (uint32_t)w;
  item->h = (uint32_t)h;
  item->depth = (uint32_t)depth;
  item->format = lnti_get_text(stmt, 10);
  item->bytes = (uint64_t)lnti_get_int(stmt, 11);
  item->facts.has_quality = !lnti_get_null(stmt, 12);
  if (item->facts.has_quality) {
    item->facts.sharpness = lnti_get_real(stmt, 12);
    item->facts.brightness = lnti_get_real(stmt, 13);
    item->facts.contrast = lnti_get_real(stmt, 14);
  }
  return w >= 0 && w <= UINT32_MAX && h >= 0 && h <= UINT32_MAX && depth >= 0 && depth <= UINT32_MAX;
}

static bool read_hashes(lnti_item *item, lnti_stmt *stmt) {
  item->facts.has_pixels = lnti_get_bytes(item->facts.pixels, sizeof item->facts.pixels, stmt, 7);
  item->facts.has_signature = lnti_get_bytes(item->facts.signature, sizeof item->facts.signature, stmt, 8);
  return lnti_get_bytes(item->content.bytes, sizeof item->content.bytes, stmt, 6);
}

static lnt_status read_item(lnti_item *out, lnti_scan_what what, lnti_stmt *stmt, lnt_error *err) {
  bool sane = true;
  *out = (lnti_item){.id = lnti_get_int(stmt, 0),
                     .source_id = lnti_get_int(stmt, 1),
                     .source = "",
                     .kind = (lnti_item_kind)lnti_get_int(stmt, 2),
                     .group_id = lnti_get_int(stmt, 3),
                     .member = lnti_get_text(stmt, 4),
                     .split = lnti_get_text(stmt, 5),
                     .format = "",
                     .stage = ""};
  if (what == LNTI_SCAN_HASHES) {
    sane = read_hashes(out, stmt);
  } else {
    out->stage = lnti_get_text(stmt, 6);
    if (what == LNTI_SCAN_SIZES) sane = read_sizes(out, stmt);
  }
  if (sane) return LNT_OK;
  return lnti_fail(err, LNT_ECORRUPT, "item %lld: its row is damaged: run 'linnet verify'", (long long)out->id);
}

#define SELECT_ITEMS "SELECT id, source_id, kind, group_id, member, split, "
#define IN_RANGE " FROM items WHERE id BETWEEN ? AND ? ORDER BY id"

lnt_status lnti_store_scan_items(lnti_store *store, lnti_scan_what what, int64_t first, int64_t last,
                                 lnti_item_visit visit, void *payload, lnt_error *err) {
  static const char *const sqls[] = {
      [LNTI_SCAN_SIZES] = SELECT_ITEMS "stage, w, h, depth, format, bytes, sharpness, brightness, contrast" IN_RANGE,
      [LNTI_SCAN_NAMES] = SELECT_ITEMS "stage" IN_RANGE,
      [LNTI_SCAN_HASHES] = SELECT_ITEMS "content, pixels, signature" IN_RANGE,
  };
  lnti_walk w;
  lnt_status status = lnti_walk_range(&w, store, sqls[what], first, last, err);
  while (lnti_walk_next(&w, &status, err)) {
    lnti_item item;
    status = read_item(&item, what, w.stmt, err);
    if (!status) status = visit(payload, &item, err);
  }
  lnti_walk_end(&w);
  return status;
}

lnt_status lnti_store_scan_sources(lnti_store *store, lnti_source_scan visit, void *payload, lnt_error *err) {
  lnti_walk w;
  lnt_status status = lnti_walk_begin(&w, store, "SELECT id, kind, path FROM sources ORDER BY id", err);
  while (lnti_walk_next(&w, &status, err)) {
    status = visit(payload, lnti_get_int(w.stmt, 0), (lnti_source_kind)lnti_get_int(w.stmt, 1),
                   lnti_get_text(w.stmt, 2), err);
  }
  lnti_walk_end(&w);
  return status;
}

/* ---- metadata ---- */

lnt_status lnti_store_scan_meta(lnti_store *store, int64_t first, int64_t last, lnti_meta_scan visit, void *payload,
                                lnt_error *err) {
  lnti_walk w;
  lnt_status status = lnti_walk_range(&w, store,
                                      "SELECT item_id, key_id, value FROM metadata "
                                      "WHERE item_id BETWEEN ? AND ? ORDER BY item_id, key_id",
                                      first, last, err);
  while (lnti_walk_next(&w, &status, err)) {
    status = visit(payload, lnti_get_int(w.stmt, 0), lnti_get_int(w.stmt, 1), lnti_get_text(w.stmt, 2), err);
  }
  lnti_walk_end(&w);
  return status;
}

/* ---- answers ---- */

/* Of a current answer and of the log alike; the first column is the number of the log's row. */
static lnti_answer_row read_answer(lnti_stmt *stmt) {
  return (lnti_answer_row){.log_id = lnti_get_int(stmt, 0),
                           .subject_kind = LNTI_SUBJECT_ITEM,
                           .subject_id = lnti_get_int(stmt, 1),
                           .question_id = lnti_get_int(stmt, 2),
                           .slot = lnti_get_int(stmt, 3),
                           .state = (lnti_answer_state)lnti_get_int(stmt, 4),
                           .option_id = lnti_get_int(stmt, 5),
                           .number = lnti_get_real(stmt, 6),
                           .confidence = (double)NAN};
}

lnt_status lnti_store_scan_answers(lnti_store *store, int64_t first, int64_t last, lnti_answer_visit visit,
                                   void *payload, lnt_error *err) {
  lnti_walk w;
  lnt_status status = lnti_walk_range(&w, store,
                                      "SELECT log_id, subject_id, question_id, slot, state, option_id, number "
                                      "FROM answers WHERE subject_kind = 1 AND subject_id BETWEEN ? AND ? "
                                      "AND (+question_id <> 0 OR +slot = 0) ORDER BY subject_id, question_id, slot",
                                      first, last, err);
  while (lnti_walk_next(&w, &status, err)) {
    lnti_answer_row answer = read_answer(w.stmt);
    status = visit(payload, &answer, err);
  }
  lnti_walk_end(&w);
  return status;
}

lnt_status lnti_store_scan_log(lnti_store *store, int64_t after_log_id, lnti_answer_visit visit, void *payload,
                               lnt_error *err) {
  lnti_walk w;
  /* The unary plus keeps to the rows behind that id: nearly all are of subject kind 1. */
  lnt_status status = lnti_walk_begin(&w, store,
                                      "SELECT id, subject_id, question_id, slot, state, option_id, number "
                                      "FROM answer_log WHERE id > ? AND +subject_kind = 1 AND "
                                      "(question_id <> 0 OR slot = 0) ORDER BY id",
                                      err);
  if (!status) lnti_put_int(w.stmt, after_log_id);
  while (lnti_walk_next(&w, &status, err)) {
    lnti_answer_row answer = read_answer(w.stmt);
    status = visit(payload, &answer, err);
  }
  lnti_walk_end(&w);
  return status;
}
