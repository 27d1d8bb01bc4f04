/*
 * What is known of items beside their answers: metadata by key, links between equal and alike pictures, and the
 * project's settings.
 */
#include <store/internal.h>

#include <base/alloc.h>
#include <base/error.h>
#include <string.h>

/* ---- metadata ---- */

lnt_status lnti_tx_meta_key(lnti_tx *tx, int64_t *id_out, const char *key, lnt_error *err) {
  lnti_stmt *stmt = NULL;
  bool found = false;
  lnt_status status = lnti_db_prepare(&stmt, tx->db, "SELECT id FROM metadata_keys WHERE key = ?", err);
  if (status) return status;
  lnti_put_text(stmt, key);
  status = lnti_db_run(id_out, &found, stmt, err);
  if (status || found) return status;
  status = lnti_db_prepare(&stmt, tx->db, "INSERT INTO metadata_keys (key) VALUES (?)", err);
  if (status) return status;
  lnti_put_text(stmt, key);
  return lnti_db_insert(id_out, NULL, stmt, err);
}

lnt_status lnti_tx_meta(lnti_tx *tx, int64_t item_id, int64_t key_id, const char *value, lnt_error *err) {
  lnti_stmt *stmt = NULL;
  lnt_status status = lnti_db_prepare(&stmt, tx->db,
                                      "INSERT INTO metadata (item_id, key_id, value) VALUES (?, ?, ?) "
                                      "ON CONFLICT (item_id, key_id) DO UPDATE SET value = excluded.value",
                                      err);
  if (status) return status;
  lnti_put_int(stmt, item_id);
  lnti_put_int(stmt, key_id);
  lnti_put_text(stmt, value);
  status = lnti_db_run(NULL, NULL, stmt, err);
  if (!status) status = lnti_tx_changed(tx, LNTI_CHANGE_ITEM, 0, item_id, err);
  return status;
}

lnt_status lnti_tx_meta_find(lnti_tx *tx, lnti_text *out, bool *found_out, int64_t item_id, int64_t key_id,
                             lnt_error *err) {
  lnti_stmt *stmt = NULL;
  lnt_status status =
      lnti_db_prepare(&stmt, tx->db, "SELECT value FROM metadata WHERE item_id = ? AND key_id = ?", err);
  if (status) return status;
  lnti_put_int(stmt, item_id);
  lnti_put_int(stmt, key_id);
  status = lnti_db_step(found_out, stmt, err);
  if (!status && *found_out) {
    const char *value = lnti_get_text(stmt, 0);
    status = lnti_text_append(out, value, strlen(value), err);
  }
  lnti_db_reset(stmt);
  return status;
}

lnt_status lnti_store_meta_keys(lnti_store *store, lnti_meta_key_visit visit, void *payload, lnt_error *err) {
  lnti_walk w;
  lnt_status status = lnti_walk_begin(&w, store, "SELECT id, key FROM metadata_keys ORDER BY id", err);
  while (lnti_walk_next(&w, &status, err)) {
    status = visit(payload, lnti_get_int(w.stmt, 0), lnti_get_text(w.stmt, 1), err);
  }
  lnti_walk_end(&w);
  return status;
}

lnt_status lnti_store_meta(lnti_store *store, int64_t first, int64_t last, lnti_meta_visit visit, void *payload,
                           lnt_error *err) {
  lnti_walk w;
  /* CROSS JOIN: the keys are looked up for each row, which keeps the items in the order of the primary key. */
  lnt_status status = lnti_walk_range(&w, store,
                                      "SELECT m.item_id, k.key, m.value FROM metadata m CROSS JOIN metadata_keys k "
                                      "WHERE k.id = m.key_id AND m.item_id BETWEEN ? AND ? ORDER BY m.item_id, k.key",
                                      first, last, err);
  while (lnti_walk_next(&w, &status, err)) {
    status = visit(payload, lnti_get_int(w.stmt, 0), lnti_get_text(w.stmt, 1), lnti_get_text(w.stmt, 2), err);
  }
  lnti_walk_end(&w);
  return status;
}

/* ---- duplicates ---- */

lnt_status lnti_tx_duplicates(lnti_tx *tx, const lnti_duplicate *duplicates, size_t n, lnt_error *err) {
  lnti_stmt *stmt = NULL;
  lnt_status status = lnti_db_prepare(&stmt, tx->db, "DELETE FROM duplicates", err);
  if (!status) status = lnti_db_run(NULL, NULL, stmt, err);
  for (size_t i = 0; i < n && !status; i++) {
    status = lnti_db_prepare(&stmt, tx->db,
                             "INSERT INTO duplicates (item_id, equal_id, near_id, distance) VALUES (?, ?, ?, ?)", err);
    if (status) break;
    lnti_put_int(stmt, duplicates[i].item_id);
    lnti_put_int(stmt, duplicates[i].equal_id);
    lnti_put_int(stmt, duplicates[i].near_id);
    lnti_put_int(stmt, duplicates[i].distance);
    status = lnti_db_run(NULL, NULL, stmt, err);
  }
  if (!status) status = lnti_tx_changed(tx, LNTI_CHANGE_SPLIT, 0, 0, err);
  return status;
}

lnt_status lnti_store_duplicates(lnti_store *store, int64_t first, int64_t last, lnti_duplicate_visit visit,
                                 void *payload, lnt_error *err) {
  lnti_walk w;
  lnt_status status = lnti_walk_range(&w, store,
                                      "SELECT item_id, equal_id, near_id, distance FROM duplicates "
                                      "WHERE item_id BETWEEN ? AND ? ORDER BY item_id",
                                      first, last, err);
  while (lnti_walk_next(&w, &status, err)) {
    lnti_duplicate duplicate = {.item_id = lnti_get_int(w.stmt, 0),
                                .equal_id = lnti_get_int(w.stmt, 1),
                                .near_id = lnti_get_int(w.stmt, 2),
                                .distance = (uint32_t)lnti_get_int(w.stmt, 3)};
    status = visit(payload, &duplicate, err);
  }
  lnti_walk_end(&w);
  return status;
}

/* ---- settings ---- */

lnt_status lnti_tx_setting(lnti_tx *tx, const char *key, const char *value, lnt_error *err) {
  static const char set[] =
      "INSERT INTO settings (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value";
  lnti_stmt *stmt = NULL;
  lnt_status status = lnti_db_prepare(&stmt, tx->db, value ? set : "DELETE FROM settings WHERE key = ?", err);
  if (status) return status;
  lnti_put_text(stmt, key);
  if (value) lnti_put_text(stmt, value);
  return lnti_db_run(NULL, NULL, stmt, err);
}

lnt_status lnti_tx_setting_find(lnti_tx *tx, char **value_out, const char *key, lnt_error *err) {
  lnti_stmt *stmt = NULL;
  char *value = NULL;
  bool found = false;
  lnt_status status = lnti_db_prepare(&stmt, tx->db, "SELECT value FROM settings WHERE key = ?", err);
  if (status) return status;
  lnti_put_text(stmt, key);
  status = lnti_db_step(&found, stmt, err);
  if (!status && found) status = lnti_strdup(&value, lnti_get_text(stmt, 0), err);
  lnti_db_reset(stmt);
  if (!status) *value_out = value;
  return status;
}

lnt_status lnti_store_setting(char **value_out, lnti_store *store, const char *key, lnt_error *err) {
  lnti_walk w;
  char *value = NULL;
  lnt_status status = lnti_walk_begin(&w, store, "SELECT value FROM settings WHERE key = ?", err);
  if (!status) lnti_put_text(w.stmt, key);
  if (lnti_walk_next(&w, &status, err)) status = lnti_strdup(&value, lnti_get_text(w.stmt, 0), err);
  lnti_walk_end(&w);
  if (!status) *value_out = value;
  return status;
}
