/*
 * Sets of items, in blocks: snapshots and predictions. A set is written block by block, each in a transaction of its own, so
 * that a set of any size neither needs memory nor keeps other writers waiting; it has its name from the last one on.
 */
#include <store/internal.h>

#include <base/error.h>
#include <string.h>

enum { LEFT_MS = 24 * 3600 * 1000 };

/* What killed processes left, and what was begun under the same name: of two that write one set the later wins. */
static lnt_status remove_unfinished(lnti_tx *tx, const lnti_item_set *set, lnt_error *err) {
  lnti_stmt *stmt = NULL;
  size_t n = 0;
  lnt_status status = lnti_db_prepare(
      &stmt, tx->db, "DELETE FROM item_sets WHERE whole = 0 AND (created_ms < ? OR (kind = ? AND name = ?))", err);
  if (status) return status;
  lnti_put_int(stmt, (int64_t)set->created_ms - LEFT_MS);
  lnti_put_int(stmt, set->kind);
  lnti_put_text(stmt, set->name);
  return lnti_db_change(&n, stmt, err);
}

lnt_status lnti_tx_set_begin(lnti_tx *tx, int64_t *id_out, const lnti_item_set *set, lnt_error *err) {
  lnti_stmt *stmt = NULL;
  lnt_status status = remove_unfinished(tx, set, err);
  if (!status) {
    status =
        lnti_db_prepare(&stmt, tx->db,
                        "INSERT INTO item_sets (kind, name, person, created_ms, n_items, content, facts_json, whole) "
                        "VALUES (?, ?, ?, ?, 0, ?, ?, 0)",
                        err);
  }
  if (status) return status;
  lnti_put_int(stmt, set->kind);
  lnti_put_text(stmt, set->name);
  lnti_put_text(stmt, lnti_or_empty(set->person));
  lnti_put_int(stmt, (int64_t)set->created_ms);
  lnti_put_blob(stmt, set->content.bytes, sizeof set->content.bytes);
  lnti_put_text(stmt, lnti_or_empty(set->facts_json));
  return lnti_db_insert(id_out, NULL, stmt, err);
}

lnt_status lnti_tx_set_block(lnti_tx *tx, int64_t set_id, const lnti_item_block *block, lnt_error *err) {
  lnti_stmt *stmt = NULL;
  size_t n = 0;
  lnt_status status = lnti_db_prepare(&stmt, tx->db,
                                      "INSERT INTO item_set_blocks (set_id, first_item, last_item, data) "
                                      "SELECT id, ?, ?, ? FROM item_sets WHERE id = ? AND whole = 0",
                                      err);
  if (status) return status;
  lnti_put_int(stmt, block->first);
  lnti_put_int(stmt, block->last);
  lnti_put_blob(stmt, block->data, block->bytes);
  lnti_put_int(stmt, set_id);
  status = lnti_db_change(&n, stmt, err);
  if (status || n == 1) return status;
  return lnti_fail(err, LNT_ECONFLICT, "another process has begun to write the same: give the command again");
}

static lnt_status remove_whole(bool *found_out, lnti_tx *tx, lnti_item_set_kind kind, const char *name,
                               lnt_error *err) {
  lnti_stmt *stmt = NULL;
  size_t n = 0;
  lnt_status status =
      lnti_db_prepare(&stmt, tx->db, "DELETE FROM item_sets WHERE kind = ? AND name = ? AND whole = 1", err);
  if (status) return status;
  lnti_put_int(stmt, kind);
  lnti_put_text(stmt, name);
  status = lnti_db_change(&n, stmt, err);
  if (!status) *found_out = n > 0;
  return status;
}

static lnt_status find_whole(bool *found_out, lnti_tx *tx, const lnti_item_set *set, lnt_error *err) {
  lnti_stmt *stmt = NULL;
  lnt_status status =
      lnti_db_prepare(&stmt, tx->db, "SELECT id FROM item_sets WHERE kind = ? AND name = ? AND whole = 1", err);
  if (status) return status;
  lnti_put_int(stmt, set->kind);
  lnti_put_text(stmt, set->name);
  return lnti_db_run(NULL, found_out, stmt, err);
}

lnt_status lnti_tx_set_end(lnti_tx *tx, const lnti_item_set *set, bool replace, lnt_error *err) {
  lnti_stmt *stmt = NULL;
  bool found = false;
  size_t n = 0;
  lnt_status status = replace ? remove_whole(&found, tx, set->kind, set->name, err) : find_whole(&found, tx, set, err);
  if (!status && !replace && found) status = lnti_fail(err, LNT_EEXISTS, "\"%.200s\" is there already", set->name);
  if (!status) {
    status = lnti_db_prepare(&stmt, tx->db,
                             "UPDATE item_sets SET n_items = ?, content = ?, facts_json = ?, whole = 1 "
                             "WHERE id = ? AND whole = 0",
                             err);
  }
  if (status) return status;
  lnti_put_int(stmt, (int64_t)set->n_items);
  lnti_put_blob(stmt, set->content.bytes, sizeof set->content.bytes);
  lnti_put_text(stmt, lnti_or_empty(set->facts_json));
  lnti_put_int(stmt, set->id);
  status = lnti_db_change(&n, stmt, err);
  if (status || n == 1) return status;
  return lnti_fail(err, LNT_ECONFLICT, "another process has begun to write the same: give the command again");
}

lnt_status lnti_tx_set_remove(lnti_tx *tx, bool *found_out, lnti_item_set_kind kind, const char *name, lnt_error *err) {
  return remove_whole(found_out, tx, kind, name, err);
}

static lnt_status read_set(lnti_item_set *out, lnti_stmt *stmt, lnti_item_set_kind kind, lnt_error *err) {
  lnti_item_set set = {.id = lnti_get_int(stmt, 0),
                       .kind = kind,
                       .name = lnti_get_text(stmt, 1),
                       .person = lnti_get_text(stmt, 2),
                       .created_ms = (uint64_t)lnti_get_int(stmt, 3),
                       .n_items = (size_t)lnti_get_int(stmt, 4),
                       .facts_json = lnti_get_text(stmt, 6),
                       .bytes = (uint64_t)lnti_get_int(stmt, 7)};
  if (!lnti_get_bytes(set.content.bytes, sizeof set.content.bytes, stmt, 5)) {
    return lnti_fail(err, LNT_ECORRUPT, "\"%.100s\": its row is damaged: run 'linnet verify'", set.name);
  }
  *out = set;
  return LNT_OK;
}

lnt_status lnti_store_sets(lnti_store *store, lnti_item_set_kind kind, const char *name, lnti_item_set_visit visit,
                           void *payload, lnt_error *err) {
  lnti_walk w;
  lnt_status status =
      lnti_walk_begin(&w, store,
                      "SELECT s.id, s.name, s.person, s.created_ms, s.n_items, s.content, s.facts_json, "
                      "(SELECT COALESCE(SUM(LENGTH(b.data)), 0) FROM item_set_blocks b WHERE b.set_id = s.id) "
                      "FROM item_sets s WHERE s.kind = ? AND s.whole = 1 AND (? = '' OR s.name = ?) ORDER BY s.id",
                      err);
  if (!status) {
    lnti_put_int(w.stmt, kind);
    lnti_put_text(w.stmt, lnti_or_empty(name));
    lnti_put_text(w.stmt, lnti_or_empty(name));
  }
  while (lnti_walk_next(&w, &status, err)) {
    lnti_item_set set;
    status = read_set(&set, w.stmt, kind, err);
    if (!status) status = visit(payload, &set, err);
  }
  lnti_walk_end(&w);
  return status;
}

lnt_status lnti_store_set_block(lnti_store *store, int64_t set_id, int64_t after, lnti_item_block_visit visit,
                                void *payload, lnt_error *err) {
  lnti_walk w;
  lnt_status status = lnti_walk_begin(&w, store,
                                      "SELECT first_item, last_item, data FROM item_set_blocks "
                                      "WHERE set_id = ? AND first_item > ? ORDER BY first_item LIMIT 1",
                                      err);
  if (!status) {
    lnti_put_int(w.stmt, set_id);
    lnti_put_int(w.stmt, after);
  }
  while (lnti_walk_next(&w, &status, err)) {
    lnti_item_block block = {.first = lnti_get_int(w.stmt, 0), .last = lnti_get_int(w.stmt, 1)};
    block.data = lnti_get_blob(&block.bytes, w.stmt, 2);
    status = visit(payload, &block, err);
  }
  lnti_walk_end(&w);
  return status;
}
