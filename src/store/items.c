/*
 * Sources, items and their metadata. An item is known by its source and its member, so a repeated import finds what
 * it brought before. Walks are in order of id on one statement, so that a project of a million items takes the memory
 * of one row.
 */
#include <store/internal.h>

#include <base/error.h>
#include <base/text.h>
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

static lnt_status find_item(int64_t *id_out, lnti_tx *tx, const lnti_item *item, lnt_error *err) {
  lnti_stmt *stmt = NULL;
  bool found = false;
  lnt_status status = lnti_db_prepare(&stmt, tx->db, "SELECT id FROM items WHERE source_id = ? AND member = ?", err);
  if (status) return status;
  lnti_put_int(stmt, item->source_id);
  lnti_put_text(stmt, item->member);
  status = lnti_db_run(id_out, &found, stmt, err);
  if (!status && !found) status = lnti_fail(err, LNT_ECORRUPT, "item %s is there and cannot be found", item->member);
  return status;
}

lnt_status lnti_tx_item(lnti_tx *tx, int64_t *id_out, bool *existed_out, int64_t op_id, const lnti_item *item,
                        lnt_error *err) {
  lnti_stmt *stmt = NULL;
  int64_t id = 0;
  bool added = false;
  lnt_status status =
      lnti_db_prepare(&stmt, tx->db,
                      "INSERT INTO items (source_id, member, op_id, content, h, w, c, depth, format, bytes, split, "
                      "stage) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
                      "ON CONFLICT (source_id, member) DO NOTHING",
                      err);
  if (status) return status;
  lnti_put_int(stmt, item->source_id);
  lnti_put_text(stmt, item->member);
  lnti_put_int(stmt, op_id);
  lnti_put_blob(stmt, item->content.bytes, sizeof item->content.bytes);
  lnti_put_int(stmt, item->h);
  lnti_put_int(stmt, item->w);
  lnti_put_int(stmt, item->c);
  lnti_put_int(stmt, item->depth);
  lnti_put_text(stmt, lnti_or_empty(item->format));
  lnti_put_int(stmt, (int64_t)item->bytes);
  lnti_put_text(stmt, lnti_or_empty(item->split));
  lnti_put_text(stmt, item->stage && *item->stage ? item->stage : "annotate");
  status = lnti_db_insert(&id, &added, stmt, err);
  if (!status && !added) status = find_item(&id, tx, item, err);
  if (!status && added) status = lnti_tx_changed(tx, LNTI_CHANGE_ITEM, op_id, id, err);
  if (status) return status;
  *id_out = id;
  if (existed_out) *existed_out = !added;
  return LNT_OK;
}

/* Runs an update of one item. */
static lnt_status update_item(lnti_tx *tx, const char *sql, int64_t item_id, const char *value, lnt_error *err) {
  lnti_stmt *stmt = NULL;
  bool found = false;
  lnt_status status = lnti_db_prepare(&stmt, tx->db, sql, err);
  if (status) return status;
  lnti_put_text(stmt, value);
  lnti_put_int(stmt, item_id);
  status = lnti_db_change(&found, stmt, err);
  if (status) return status;
  if (!found) return lnti_fail(err, LNT_ENOTFOUND, "no item %lld", (long long)item_id);
  return lnti_tx_changed(tx, LNTI_CHANGE_ITEM, 0, item_id, err);
}

lnt_status lnti_tx_item_split(lnti_tx *tx, int64_t item_id, const char *split, lnt_error *err) {
  return update_item(tx, "UPDATE items SET split = ? WHERE id = ?", item_id, split, err);
}

lnt_status lnti_tx_item_stage(lnti_tx *tx, int64_t item_id, const char *stage, lnt_error *err) {
  if (strcmp(stage, "annotate") != 0 && strcmp(stage, "review") != 0 && strcmp(stage, "done") != 0) {
    return lnti_fail(err, LNT_EINVAL, "no stage \"%s\": there are annotate, review and done", stage);
  }
  return update_item(tx, "UPDATE items SET stage = ? WHERE id = ?", item_id, stage, err);
}

lnt_status lnti_tx_meta(lnti_tx *tx, int64_t item_id, const char *key, const char *value, lnt_error *err) {
  lnti_stmt *stmt = NULL;
  lnt_status status = lnti_db_prepare(&stmt, tx->db,
                                      "INSERT INTO metadata (item_id, key, value) VALUES (?, ?, ?) "
                                      "ON CONFLICT (item_id, key) DO UPDATE SET value = excluded.value",
                                      err);
  if (status) return status;
  lnti_put_int(stmt, item_id);
  lnti_put_text(stmt, key);
  lnti_put_text(stmt, value);
  status = lnti_db_run(NULL, NULL, stmt, err);
  if (!status) status = lnti_tx_changed(tx, LNTI_CHANGE_ITEM, 0, item_id, err);
  return status;
}

lnt_status lnti_item_uri(lnti_text *out, const lnti_item *item, lnt_error *err) {
  size_t n = strlen(item->source);
  const char *between = item->source_kind == LNTI_SOURCE_ARRAY ? "#" : n && item->source[n - 1] == '/' ? "" : "/";
  return lnti_text_printf(out, err, "%s%s%s", item->source, between, item->member);
}

/* ---- reading ---- */

static bool read_size(uint32_t *out, lnti_stmt *stmt, int column) {
  int64_t value = lnti_get_int(stmt, column);
  *out = (uint32_t)value;
  return value >= 0 && value <= UINT32_MAX;
}

static lnt_status read_item(lnti_item *out, lnti_stmt *stmt, lnt_error *err) {
  size_t n = 0;
  lnti_item item = {.id = lnti_get_int(stmt, 0), .source_id = lnti_get_int(stmt, 1)};
  const void *content = lnti_get_blob(&n, stmt, 5);
  bool sane = n == sizeof item.content.bytes && read_size(&item.h, stmt, 6) && read_size(&item.w, stmt, 7) &&
              read_size(&item.c, stmt, 8) && read_size(&item.depth, stmt, 9);
  if (!sane) {
    return lnti_fail(err, LNT_ECORRUPT, "item %lld: its row is damaged: run 'linnet verify'", (long long)item.id);
  }
  memcpy(item.content.bytes, content, n);
  item.source = lnti_get_text(stmt, 2);
  item.source_kind = (lnti_source_kind)lnti_get_int(stmt, 3);
  item.member = lnti_get_text(stmt, 4);
  item.format = lnti_get_text(stmt, 10);
  item.bytes = (uint64_t)lnti_get_int(stmt, 11);
  item.split = lnti_get_text(stmt, 12);
  item.stage = lnti_get_text(stmt, 13);
  *out = item;
  return LNT_OK;
}

/* CROSS JOIN: items are the outer loop, in their order. */
#define SELECT_ITEMS                                                                                                    \
  "SELECT i.id, i.source_id, s.path, s.kind, i.member, i.content, i.h, i.w, i.c, i.depth, i.format, i.bytes, i.split, " \
  "i.stage FROM items i CROSS JOIN sources s WHERE s.id = i.source_id AND i.id > ? "
#define AND_SPLIT "AND i.split = ? "
#define AND_ANSWERED                                                                          \
  "AND EXISTS (SELECT 1 FROM answers a WHERE a.subject_kind = 1 AND a.subject_id = i.id AND " \
  "a.question_id = ? AND a.state = 1) "
#define IN_ORDER "ORDER BY i.id LIMIT ?"

lnt_status lnti_store_items(lnti_store *store, const lnti_item_query *query, lnti_item_visit visit, void *payload,
                            lnt_error *err) {
  static const char *const sqls[] = {SELECT_ITEMS IN_ORDER, SELECT_ITEMS AND_SPLIT IN_ORDER,
                                     SELECT_ITEMS AND_ANSWERED IN_ORDER, SELECT_ITEMS AND_SPLIT AND_ANSWERED IN_ORDER};
  lnti_db *db = NULL;
  lnti_stmt *stmt = NULL;
  bool row = false;
  size_t which = (query->split ? 1u : 0u) + (query->answered_question ? 2u : 0u);
  lnt_status status = lnti_reader_take(&db, store, err);
  if (status) return status;
  status = lnti_db_prepare(&stmt, db, sqls[which], err);
  if (status) goto done;
  lnti_put_int(stmt, query->after_id);
  if (query->split) lnti_put_text(stmt, query->split);
  if (query->answered_question) lnti_put_int(stmt, query->answered_question);
  lnti_put_int(stmt, query->limit && query->limit < INT64_MAX ? (int64_t)query->limit : INT64_MAX);
  while (!(status = lnti_db_step(&row, stmt, err)) && row) {
    lnti_item item;
    status = read_item(&item, stmt, err);
    if (!status) status = visit(payload, &item, err);
    if (status) break;
  }
done:
  lnti_reader_give(store, db);
  return status;
}

lnt_status lnti_store_meta(lnti_store *store, int64_t first, int64_t last, lnti_meta_visit visit, void *payload,
                           lnt_error *err) {
  lnti_db *db = NULL;
  lnti_stmt *stmt = NULL;
  bool row = false;
  lnt_status status = lnti_reader_take(&db, store, err);
  if (status) return status;
  status = lnti_db_prepare(
      &stmt, db, "SELECT item_id, key, value FROM metadata WHERE item_id BETWEEN ? AND ? ORDER BY item_id, key", err);
  if (status) goto done;
  lnti_put_int(stmt, first);
  lnti_put_int(stmt, last);
  while (!(status = lnti_db_step(&row, stmt, err)) && row) {
    status = visit(payload, lnti_get_int(stmt, 0), lnti_get_text(stmt, 1), lnti_get_text(stmt, 2), err);
    if (status) break;
  }
done:
  lnti_reader_give(store, db);
  return status;
}
