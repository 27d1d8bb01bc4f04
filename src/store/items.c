/*
 * Sources and items. An item is known by its source and its member, so a repeated import finds what
 * it brought before. Walks are in order of id on one statement, so that a project of a million items takes the memory
 * of one row.
 */
#include <store/internal.h>

#include <base/error.h>
#include <base/text.h>
#include <math.h>
#include <string.h>

/* ---- writing ---- */

lnt_status lnti_tx_source(lnti_tx *tx, int64_t *id_out, lnti_source_kind kind, const char *path, lnt_error *err) {
  lnti_stmt *stmt = NULL;
  bool found = false;
  lnt_status status = lnti_db_prepare(&stmt, tx->db, "SELECT id FROM sources WHERE path = ? AND kind = ?", err);
  if (status) return status;
  lnti_put_text(stmt, path);
  lnti_put_int(stmt, kind);
  status = lnti_db_run(id_out, &found, stmt, err);
  if (status || found) return status;
  status = lnti_db_prepare(&stmt, tx->db, "INSERT INTO sources (path, kind) VALUES (?, ?)", err);
  if (status) return status;
  lnti_put_text(stmt, path);
  lnti_put_int(stmt, kind);
  return lnti_db_insert(id_out, NULL, stmt, err);
}

lnt_status lnti_tx_source_move(lnti_tx *tx, int64_t source_id, const char *path, lnt_error *err) {
  lnti_stmt *stmt = NULL;
  int64_t first = 0, last = 0;
  size_t found = 0;
  lnt_status status = lnti_db_prepare(&stmt, tx->db, "UPDATE sources SET path = ? WHERE id = ?", err);
  if (status) return status;
  lnti_put_text(stmt, path);
  lnti_put_int(stmt, source_id);
  status = lnti_db_change(&found, stmt, err);
  if (status == LNT_ECONFLICT) return lnti_fail(err, LNT_EEXISTS, "%s is a source of this project already", path);
  if (status) return status;
  if (found == 0) return lnti_fail(err, LNT_ENOTFOUND, "no source %lld", (long long)source_id);
  static const char *const ends[] = {"SELECT MIN(id) FROM items WHERE source_id = ?",
                                     "SELECT MAX(id) FROM items WHERE source_id = ?"};
  for (int i = 0; i < 2 && !status; i++) {
    status = lnti_db_prepare(&stmt, tx->db, ends[i], err);
    if (status) return status;
    lnti_put_int(stmt, source_id);
    status = lnti_db_run(i == 0 ? &first : &last, NULL, stmt, err);
  }
  if (!status && first) status = lnti_tx_changed(tx, LNTI_CHANGE_ITEM, 0, first, err);
  if (!status && first) status = lnti_tx_changed(tx, LNTI_CHANGE_ITEM, 0, last, err);
  return status;
}

lnt_status lnti_store_sources(lnti_store *store, lnti_source_visit visit, void *payload, lnt_error *err) {
  lnti_walk w;
  lnt_status status =
      lnti_walk_begin(&w, store,
                      "SELECT s.id, s.kind, s.path, (SELECT COUNT(*) FROM items i WHERE i.source_id = s.id) "
                      "FROM sources s ORDER BY s.id",
                      err);
  while (lnti_walk_next(&w, &status, err)) {
    status = visit(payload, lnti_get_int(w.stmt, 0), (lnti_source_kind)lnti_get_int(w.stmt, 1),
                   lnti_get_text(w.stmt, 2), (size_t)lnti_get_int(w.stmt, 3), err);
  }
  lnti_walk_end(&w);
  return status;
}

lnt_status lnti_tx_item_find(lnti_tx *tx, int64_t *id_out, int64_t source_id, const char *member, lnt_error *err) {
  lnti_stmt *stmt = NULL;
  int64_t id = 0;
  bool found = false;
  lnt_status status = lnti_db_prepare(&stmt, tx->db, "SELECT id FROM items WHERE source_id = ? AND member = ?", err);
  if (status) return status;
  lnti_put_int(stmt, source_id);
  lnti_put_text(stmt, member);
  status = lnti_db_run(&id, &found, stmt, err);
  if (status) return status;
  if (!found) return lnti_fail(err, LNT_ENOTFOUND, "source %lld has no item %s", (long long)source_id, member);
  *id_out = id;
  return LNT_OK;
}

static void put_facts(lnti_stmt *stmt, const lnti_item_facts *facts) {
  if (facts->has_pixels) {
    lnti_put_blob(stmt, facts->pixels, sizeof facts->pixels);
  } else {
    lnti_put_null(stmt);
  }
  if (facts->has_signature) {
    lnti_put_blob(stmt, facts->signature, sizeof facts->signature);
  } else {
    lnti_put_null(stmt);
  }
  lnti_put_real(stmt, facts->has_quality ? facts->sharpness : (double)NAN);
  lnti_put_real(stmt, facts->has_quality ? facts->brightness : (double)NAN);
  lnti_put_real(stmt, facts->has_quality ? facts->contrast : (double)NAN);
}

/* content, h, w, c, depth, format, bytes */
static void put_picture(lnti_stmt *stmt, const lnti_item *item) {
  lnti_put_blob(stmt, item->content.bytes, sizeof item->content.bytes);
  lnti_put_int(stmt, item->h);
  lnti_put_int(stmt, item->w);
  lnti_put_int(stmt, item->c);
  lnti_put_int(stmt, item->depth);
  lnti_put_text(stmt, lnti_or_empty(item->format));
  lnti_put_int(stmt, (int64_t)item->bytes);
}

lnt_status lnti_tx_item(lnti_tx *tx, int64_t *id_out, bool *existed_out, int64_t op_id, const lnti_item *item,
                        lnt_error *err) {
  lnti_stmt *stmt = NULL;
  int64_t id = 0;
  bool added = false;
  lnt_status status =
      lnti_db_prepare(&stmt, tx->db,
                      "INSERT INTO items (source_id, member, op_id, content, h, w, c, depth, format, bytes, split, "
                      "stage, kind, group_id, pixels, signature, sharpness, brightness, contrast) "
                      "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
                      "ON CONFLICT (source_id, member) DO NOTHING",
                      err);
  if (status) return status;
  lnti_put_int(stmt, item->source_id);
  lnti_put_text(stmt, item->member);
  lnti_put_int(stmt, op_id);
  put_picture(stmt, item);
  lnti_put_text(stmt, lnti_or_empty(item->split));
  lnti_put_text(stmt, item->stage && *item->stage ? item->stage : "annotate");
  lnti_put_int(stmt, item->kind ? item->kind : LNTI_ITEM_IMAGE);
  if (item->group_id) {
    lnti_put_int(stmt, item->group_id);
  } else {
    lnti_put_null(stmt);
  }
  put_facts(stmt, &item->facts);
  status = lnti_db_insert(&id, &added, stmt, err);
  if (!status && !added) status = lnti_tx_item_find(tx, &id, item->source_id, item->member, err);
  if (!status && added) status = lnti_tx_changed(tx, LNTI_CHANGE_ITEM, op_id, id, err);
  if (status) return status;
  *id_out = id;
  if (existed_out) *existed_out = !added;
  return LNT_OK;
}

/* Ends a prepared update of one item. */
static lnt_status end_update(lnti_tx *tx, lnti_stmt *stmt, int64_t item_id, lnt_error *err) {
  size_t found = 0;
  lnti_put_int(stmt, item_id);
  lnt_status status = lnti_db_change(&found, stmt, err);
  if (status) return status;
  if (found == 0) return lnti_fail(err, LNT_ENOTFOUND, "no item %lld", (long long)item_id);
  return lnti_tx_changed(tx, LNTI_CHANGE_ITEM, 0, item_id, err);
}

lnt_status lnti_tx_item_facts(lnti_tx *tx, int64_t item_id, const lnti_item_facts *facts, lnt_error *err) {
  lnti_stmt *stmt = NULL;
  lnt_status status = lnti_db_prepare(
      &stmt, tx->db,
      "UPDATE items SET pixels = ?, signature = ?, sharpness = ?, brightness = ?, contrast = ? WHERE id = ?", err);
  if (status) return status;
  put_facts(stmt, facts);
  return end_update(tx, stmt, item_id, err);
}

lnt_status lnti_tx_item_content(lnti_tx *tx, int64_t op_id, const lnti_item *item, lnt_error *err) {
  lnti_stmt *stmt = NULL;
  lnt_status status =
      lnti_db_prepare(&stmt, tx->db,
                      "UPDATE items SET op_id = ?, content = ?, h = ?, w = ?, c = ?, depth = ?, format = ?, bytes = ?, "
                      "pixels = ?, signature = ?, sharpness = ?, brightness = ?, contrast = ? WHERE id = ?",
                      err);
  if (status) return status;
  lnti_put_int(stmt, op_id);
  put_picture(stmt, item);
  put_facts(stmt, &item->facts);
  return end_update(tx, stmt, item->id, err);
}

lnt_status lnti_tx_item_group(lnti_tx *tx, int64_t item_id, int64_t group_id, lnt_error *err) {
  lnti_stmt *stmt = NULL;
  lnt_status status = lnti_db_prepare(&stmt, tx->db, "UPDATE items SET group_id = ? WHERE id = ?", err);
  if (status) return status;
  if (group_id) {
    lnti_put_int(stmt, group_id);
  } else {
    lnti_put_null(stmt);
  }
  return end_update(tx, stmt, item_id, err);
}

lnt_status lnti_tx_item_split(lnti_tx *tx, int64_t item_id, const char *split, lnt_error *err) {
  lnti_stmt *stmt = NULL;
  lnt_status status = lnti_db_prepare(&stmt, tx->db, "UPDATE items SET split = ? WHERE id = ?", err);
  if (status) return status;
  lnti_put_text(stmt, split);
  return end_update(tx, stmt, item_id, err);
}

lnt_status lnti_tx_item_there(lnti_tx *tx, lnti_item_kind *kind_out, int64_t item_id, lnt_error *err) {
  lnti_stmt *stmt = NULL;
  int64_t kind = 0;
  bool found = false;
  lnt_status status = lnti_db_prepare(&stmt, tx->db, "SELECT kind FROM items WHERE id = ?", err);
  if (status) return status;
  lnti_put_int(stmt, item_id);
  status = lnti_db_run(&kind, &found, stmt, err);
  if (!status && found && kind_out) *kind_out = (lnti_item_kind)kind;
  if (status || found) return status;
  return lnti_fail(err, LNT_ENOTFOUND, "there is no item %lld", (long long)item_id);
}

lnt_status lnti_tx_item_split_find(lnti_tx *tx, lnti_text *out, int64_t item_id, lnt_error *err) {
  lnti_stmt *stmt = NULL;
  bool found = false;
  lnt_status status = lnti_db_prepare(&stmt, tx->db, "SELECT split FROM items WHERE id = ?", err);
  if (status) return status;
  lnti_put_int(stmt, item_id);
  status = lnti_db_step(&found, stmt, err);
  if (!status && found) {
    const char *split = lnti_get_text(stmt, 0);
    status = lnti_text_append(out, split, strlen(split), err);
  }
  lnti_db_reset(stmt);
  if (status || found) return status;
  return lnti_fail(err, LNT_ENOTFOUND, "there is no item %lld", (long long)item_id);
}

static lnt_status check_stage(const char *stage, lnt_error *err) {
  if (strcmp(stage, "annotate") == 0 || strcmp(stage, "review") == 0 || strcmp(stage, "done") == 0) return LNT_OK;
  return lnti_fail(err, LNT_EINVAL, "no stage \"%s\": there are annotate, review and done", stage);
}

lnt_status lnti_tx_item_stages(lnti_tx *tx, int64_t first, int64_t last, const char *stage, lnt_error *err) {
  lnti_stmt *stmt = NULL;
  size_t found = 0;
  lnt_status sound = check_stage(stage, err);
  if (sound) return sound;
  lnt_status status =
      lnti_db_prepare(&stmt, tx->db, "UPDATE items SET stage = ? WHERE id BETWEEN ? AND ? AND stage <> ?", err);
  if (status) return status;
  lnti_put_text(stmt, stage);
  lnti_put_int(stmt, first);
  lnti_put_int(stmt, last);
  lnti_put_text(stmt, stage);
  status = lnti_db_change(&found, stmt, err);
  if (status) return status;
  status = lnti_tx_changed(tx, LNTI_CHANGE_ITEM, 0, first, err);
  return status ? status : lnti_tx_changed(tx, LNTI_CHANGE_ITEM, 0, last, err);
}

lnt_status lnti_item_uri(lnti_text *out, const lnti_item *item, lnt_error *err) {
  size_t n = strlen(item->source);
  const char *between = item->source_kind != LNTI_SOURCE_FOLDER ? "#" : n && item->source[n - 1] == '/' ? "" : "/";
  return lnti_text_printf(out, err, "%s%s%s", item->source, between, item->member);
}

/* ---- reading ---- */

static bool read_size(uint32_t *out, lnti_stmt *stmt, int column) {
  int64_t value = lnti_get_int(stmt, column);
  *out = (uint32_t)value;
  return value >= 0 && value <= UINT32_MAX;
}

static void read_facts(lnti_item_facts *out, lnti_stmt *stmt) {
  out->has_pixels = lnti_get_bytes(out->pixels, sizeof out->pixels, stmt, 16);
  out->has_signature = lnti_get_bytes(out->signature, sizeof out->signature, stmt, 17);
  out->has_quality = !lnti_get_null(stmt, 18);
  if (!out->has_quality) return;
  out->sharpness = lnti_get_real(stmt, 18);
  out->brightness = lnti_get_real(stmt, 19);
  out->contrast = lnti_get_real(stmt, 20);
}

static lnt_status read_item(lnti_item *out, lnti_stmt *stmt, lnt_error *err) {
  lnti_item item = {.id = lnti_get_int(stmt, 0), .source_id = lnti_get_int(stmt, 1)};
  bool sane = lnti_get_bytes(item.content.bytes, sizeof item.content.bytes, stmt, 5) && read_size(&item.h, stmt, 6) &&
              read_size(&item.w, stmt, 7) && read_size(&item.c, stmt, 8) && read_size(&item.depth, stmt, 9);
  if (!sane) {
    return lnti_fail(err, LNT_ECORRUPT, "item %lld: its row is damaged: run 'linnet verify'", (long long)item.id);
  }
  item.source = lnti_get_text(stmt, 2);
  item.source_kind = (lnti_source_kind)lnti_get_int(stmt, 3);
  item.member = lnti_get_text(stmt, 4);
  item.format = lnti_get_text(stmt, 10);
  item.bytes = (uint64_t)lnti_get_int(stmt, 11);
  item.split = lnti_get_text(stmt, 12);
  item.stage = lnti_get_text(stmt, 13);
  item.kind = (lnti_item_kind)lnti_get_int(stmt, 14);
  item.group_id = lnti_get_int(stmt, 15);
  read_facts(&item.facts, stmt);
  item.imported_ms = (uint64_t)lnti_get_int(stmt, 21);
  *out = item;
  return LNT_OK;
}

#define ITEM_COLUMNS                                                                                             \
  "i.id, i.source_id, s.path, s.kind, i.member, i.content, i.h, i.w, i.c, i.depth, i.format, i.bytes, i.split, " \
  "i.stage, i.kind, i.group_id, i.pixels, i.signature, i.sharpness, i.brightness, i.contrast, "                  \
  "(SELECT o.time_ms FROM operations o WHERE o.id = i.op_id) "
/* CROSS JOIN: items are the outer loop, in their order. */
#define SELECT_ITEMS "SELECT " ITEM_COLUMNS "FROM items i CROSS JOIN sources s WHERE s.id = i.source_id AND i.id > ? "
#define AND_SPLIT "AND i.split = ? "
#define AND_ANSWERED                                                                          \
  "AND EXISTS (SELECT 1 FROM answers a WHERE a.subject_kind = 1 AND a.subject_id = i.id AND " \
  "a.question_id = ? AND a.state = 1) "
#define IN_ORDER "ORDER BY i.id LIMIT ?"

lnt_status lnti_store_items(lnti_store *store, const lnti_item_query *query, lnti_item_visit visit, void *payload,
                            lnt_error *err) {
  static const char *const sqls[] = {SELECT_ITEMS IN_ORDER, SELECT_ITEMS AND_SPLIT IN_ORDER,
                                     SELECT_ITEMS AND_ANSWERED IN_ORDER, SELECT_ITEMS AND_SPLIT AND_ANSWERED IN_ORDER};
  lnti_walk w;
  size_t which = (query->split ? 1u : 0u) + (query->answered_question ? 2u : 0u);
  lnt_status status = lnti_walk_begin(&w, store, sqls[which], err);
  if (!status) {
    lnti_put_int(w.stmt, query->after_id);
    if (query->split) lnti_put_text(w.stmt, query->split);
    if (query->answered_question) lnti_put_int(w.stmt, query->answered_question);
    lnti_put_int(w.stmt, query->limit && query->limit < INT64_MAX ? (int64_t)query->limit : INT64_MAX);
  }
  while (lnti_walk_next(&w, &status, err)) {
    lnti_item item;
    status = read_item(&item, w.stmt, err);
    if (!status) status = visit(payload, &item, err);
  }
  lnti_walk_end(&w);
  return status;
}

lnt_status lnti_store_source_items(lnti_store *store, lnti_source_kind kind, const char *path, lnti_item_visit visit,
                                   void *payload, lnt_error *err) {
  lnti_walk w;
  lnt_status status = lnti_walk_begin(&w, store,
                                      "SELECT " ITEM_COLUMNS
                                      "FROM sources s CROSS JOIN items i "
                                      "WHERE s.path = ? AND s.kind = ? AND i.source_id = s.id",
                                      err);
  if (!status) {
    lnti_put_text(w.stmt, path);
    lnti_put_int(w.stmt, kind);
  }
  while (lnti_walk_next(&w, &status, err)) {
    lnti_item item;
    status = read_item(&item, w.stmt, err);
    if (!status) status = visit(payload, &item, err);
  }
  lnti_walk_end(&w);
  return status;
}

lnt_status lnti_store_items_by_id(lnti_store *store, const int64_t *ids, size_t n, lnti_item_visit visit, void *payload,
                                  lnt_error *err) {
  lnti_db *db = NULL;
  lnti_stmt *stmt = NULL;
  lnt_status status = lnti_reader_take(&db, store, err);
  if (!status) status = lnti_db_begin(db, false, err);
  for (size_t i = 0; i < n && !status; i++) {
    lnti_item item;
    bool row = false;
    status = lnti_db_prepare(&stmt, db, SELECT_ITEMS "AND i.id <= ?", err);
    if (status) break;
    lnti_put_int(stmt, ids[i] - 1);
    lnti_put_int(stmt, ids[i]);
    status = lnti_db_step(&row, stmt, err);
    if (!status && row) status = read_item(&item, stmt, err);
    if (!status && row) status = visit(payload, &item, err);
  }
  lnti_reader_give(store, db);
  return status;
}
