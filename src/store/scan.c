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
  size_t n = 0;
  lnt_status status = lnti_db_prepare(&stmt, db, "SELECT uuid FROM operations WHERE id = ?", err);
  if (status) return status;
  lnti_put_int(stmt, op_id);
  status = lnti_db_step(&row, stmt, err);
  const void *uuid = !status && row ? lnti_get_blob(&n, stmt, 0) : NULL;
  if (uuid && n == sizeof out->bytes) memcpy(out->bytes, uuid, n);
  *found_out = uuid && n == sizeof out->bytes;
  lnti_db_reset(stmt);
  return status;
}

lnt_status lnti_store_position_read(lnti_store_position *out, lnti_store *store, lnt_error *err) {
  lnti_store_position p = {0};
  lnti_db *db = NULL;
  bool found = false;
  lnt_status status = lnti_reader_take(&db, store, err);
  if (!status) status = lnti_db_begin(db, false, err);
  if (!status) status = read_int(&p.seq, db, "SELECT MAX(seq) FROM changes", err);
  if (!status) status = read_int(&p.log_id, db, "SELECT MAX(id) FROM answer_log", err);
  if (!status) status = read_int(&p.op_id, db, "SELECT MAX(id) FROM operations", err);
  if (!status) status = read_int(&p.first_item, db, "SELECT MIN(id) FROM items", err);
  if (!status) status = read_int(&p.last_item, db, "SELECT MAX(id) FROM items", err);
  if (!status) status = read_uuid(&p.op_uuid, &found, db, p.op_id, err);
  lnti_reader_give(store, db);
  if (!status) *out = p;
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

static lnt_status scan_item(lnti_item_visit visit, void *payload, lnti_stmt *stmt, lnt_error *err) {
  int64_t w = lnti_get_int(stmt, 4), h = lnti_get_int(stmt, 5), depth = lnti_get_int(stmt, 6);
  lnti_item item = {.id = lnti_get_int(stmt, 0),
                    .source_id = lnti_get_int(stmt, 1),
                    .source = "",
                    .kind = (lnti_item_kind)lnti_get_int(stmt, 2),
                    .member = lnti_get_text(stmt, 3),
                    .format = lnti_get_text(stmt, 7),
                    .bytes = (uint64_t)lnti_get_int(stmt, 8),
                    .split = lnti_get_text(stmt, 9),
                    .stage = lnti_get_text(stmt, 10),
                    .group_id = lnti_get_int(stmt, 11)};
  bool sane = w >= 0 && w <= UINT32_MAX && h >= 0 && h <= UINT32_MAX && depth >= 0 && depth <= UINT32_MAX;
  if (!sane) {
    return lnti_fail(err, LNT_ECORRUPT, "item %lld: its row is damaged: run 'linnet verify'", (long long)item.id);
  }
  item.w = (uint32_t)w;
  item.h = (uint32_t)h;
  item.depth = (uint32_t)depth;
  item.facts.has_quality = !lnti_get_null(stmt, 12);
  if (item.facts.has_quality) {
    item.facts.sharpness = lnti_get_real(stmt, 12);
    item.facts.brightness = lnti_get_real(stmt, 13);
    item.facts.contrast = lnti_get_real(stmt, 14);
  }
  return visit(payload, &item, err);
}

lnt_status lnti_store_scan_items(lnti_store *store, int64_t first, int64_t last, lnti_item_visit visit, void *payload,
                                 lnt_error *err) {
  lnti_db *db = NULL;
  lnti_stmt *stmt = NULL;
  bool row = false;
  lnt_status status = lnti_reader_take(&db, store, err);
  if (status) return status;
  status = lnti_db_prepare(&stmt, db,
                           "SELECT id, source_id, kind, member, w, h, depth, format, bytes, split, stage, group_id, "
                           "sharpness, brightness, contrast FROM items WHERE id BETWEEN ? AND ? ORDER BY id",
                           err);
  if (status) goto done;
  lnti_put_int(stmt, first);
  lnti_put_int(stmt, last);
  while (!(status = lnti_db_step(&row, stmt, err)) && row) {
    status = scan_item(visit, payload, stmt, err);
    if (status) break;
  }
done:
  lnti_reader_give(store, db);
  return status;
}

lnt_status lnti_store_scan_sources(lnti_store *store, lnti_source_scan visit, void *payload, lnt_error *err) {
  lnti_db *db = NULL;
  lnti_stmt *stmt = NULL;
  bool row = false;
  lnt_status status = lnti_reader_take(&db, store, err);
  if (status) return status;
  status = lnti_db_prepare(&stmt, db, "SELECT id, kind, path FROM sources ORDER BY id", err);
  if (status) goto done;
  while (!(status = lnti_db_step(&row, stmt, err)) && row) {
    status =
        visit(payload, lnti_get_int(stmt, 0), (lnti_source_kind)lnti_get_int(stmt, 1), lnti_get_text(stmt, 2), err);
    if (status) break;
  }
done:
  lnti_reader_give(store, db);
  return status;
}

/* ---- metadata ---- */

lnt_status lnti_store_scan_meta(lnti_store *store, int64_t first, int64_t last, lnti_meta_scan visit, void *payload,
                                lnt_error *err) {
  lnti_db *db = NULL;
  lnti_stmt *stmt = NULL;
  bool row = false;
  lnt_status status = lnti_reader_take(&db, store, err);
  if (status) return status;
  status = lnti_db_prepare(
      &stmt, db, "SELECT item_id, key_id, value FROM metadata WHERE item_id BETWEEN ? AND ? ORDER BY item_id, key_id",
      err);
  if (status) goto done;
  lnti_put_int(stmt, first);
  lnti_put_int(stmt, last);
  while (!(status = lnti_db_step(&row, stmt, err)) && row) {
    status = visit(payload, lnti_get_int(stmt, 0), lnti_get_int(stmt, 1), lnti_get_text(stmt, 2), err);
    if (status) break;
  }
done:
  lnti_reader_give(store, db);
  return status;
}

/* ---- answers ---- */

/* Of current answers and of the log alike; the first column is the number of the log's row. */
static lnt_status scan_answers(lnti_stmt *stmt, lnti_answer_visit visit, void *payload, lnt_error *err) {
  bool row = false;
  lnt_status status;
  while (!(status = lnti_db_step(&row, stmt, err)) && row) {
    lnti_answer_row answer = {.log_id = lnti_get_int(stmt, 0),
                              .subject_kind = LNTI_SUBJECT_ITEM,
                              .subject_id = lnti_get_int(stmt, 1),
                              .question_id = lnti_get_int(stmt, 2),
                              .slot = lnti_get_int(stmt, 3),
                              .state = (lnti_answer_state)lnti_get_int(stmt, 4),
                              .option_id = lnti_get_int(stmt, 5),
                              .number = lnti_get_real(stmt, 6),
                              .confidence = (double)NAN};
    status = visit(payload, &answer, err);
    if (status) break;
  }
  return status;
}

lnt_status lnti_store_scan_answers(lnti_store *store, int64_t first, int64_t last, lnti_answer_visit visit,
                                   void *payload, lnt_error *err) {
  lnti_db *db = NULL;
  lnti_stmt *stmt = NULL;
  lnt_status status = lnti_reader_take(&db, store, err);
  if (status) return status;
  status = lnti_db_prepare(&stmt, db,
                           "SELECT log_id, subject_id, question_id, slot, state, option_id, number FROM answers "
                           "WHERE subject_kind = 1 AND subject_id BETWEEN ? AND ? "
                           "ORDER BY subject_kind, subject_id, question_id, slot",
                           err);
  if (status) goto done;
  lnti_put_int(stmt, first);
  lnti_put_int(stmt, last);
  status = scan_answers(stmt, visit, payload, err);
done:
  lnti_reader_give(store, db);
  return status;
}

lnt_status lnti_store_scan_log(lnti_store *store, int64_t after_log_id, lnti_answer_visit visit, void *payload,
                               lnt_error *err) {
  lnti_db *db = NULL;
  lnti_stmt *stmt = NULL;
  lnt_status status = lnti_reader_take(&db, store, err);
  if (status) return status;
  /* The unary plus keeps to the rows behind that id: nearly all are of subject kind 1. */
  status = lnti_db_prepare(&stmt, db,
                           "SELECT id, subject_id, question_id, slot, state, option_id, number FROM answer_log "
                           "WHERE id > ? AND +subject_kind = 1 ORDER BY id",
                           err);
  if (status) goto done;
  lnti_put_int(stmt, after_log_id);
  status = scan_answers(stmt, visit, payload, err);
done:
  lnti_reader_give(store, db);
  return status;
}

/* ---- duplicates ---- */

lnt_status lnti_store_scan_duplicates(lnti_store *store, int64_t first, int64_t last, lnti_duplicate_visit visit,
                                      void *payload, lnt_error *err) {
  lnti_db *db = NULL;
  lnti_stmt *stmt = NULL;
  bool row = false;
  lnt_status status = lnti_reader_take(&db, store, err);
  if (status) return status;
  status = lnti_db_prepare(&stmt, db,
                           "SELECT item_id, equal_id, near_id, distance FROM duplicates "
                           "WHERE item_id BETWEEN ? AND ? ORDER BY item_id",
                           err);
  if (status) goto done;
  lnti_put_int(stmt, first);
  lnti_put_int(stmt, last);
  while (!(status = lnti_db_step(&row, stmt, err)) && row) {
    lnti_duplicate duplicate = {.item_id = lnti_get_int(stmt, 0),
                                .equal_id = lnti_get_int(stmt, 1),
                                .near_id = lnti_get_int(stmt, 2),
                                .distance = (uint32_t)lnti_get_int(stmt, 3)};
    status = visit(payload, &duplicate, err);
    if (status) break;
  }
done:
  lnti_reader_give(store, db);
  return status;
}
