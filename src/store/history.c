/*
 * What was: operations with what they wrote, the log of one item. The log has no index by operation, which would be the
 * dearest part of writing an answer: an operation writes its rows one after another, so a row of answer_ranges tells of
 * many, and there is a new one only where two operations take turns or a write ends.
 */
#include <store/internal.h>

#include <base/error.h>

/* ---- ranges of the log ---- */

lnt_status lnti_tx_flush_range(lnti_tx *tx, lnt_error *err) {
  lnti_stmt *stmt = NULL;
  if (!tx->range.any) return LNT_OK;
  lnt_status status =
      lnti_db_prepare(&stmt, tx->db, "INSERT INTO answer_ranges (op_id, first_id, last_id) VALUES (?, ?, ?)", err);
  if (status) return status;
  lnti_put_int(stmt, tx->range.op_id);
  lnti_put_int(stmt, tx->range.first);
  lnti_put_int(stmt, tx->range.last);
  status = lnti_db_run(NULL, NULL, stmt, err);
  if (!status) tx->range.any = false;
  return status;
}

lnt_status lnti_tx_logged_range(lnti_tx *tx, int64_t op_id, int64_t log_id, lnt_error *err) {
  if (tx->range.any && tx->range.op_id == op_id && tx->range.last + 1 == log_id) {
    tx->range.last = log_id;
    return LNT_OK;
  }
  lnt_status status = lnti_tx_flush_range(tx, err);
  if (!status) tx->range = (lnti_pending_change){op_id, log_id, log_id, true};
  return status;
}

/* ---- rows of the log ---- */

lnt_status lnti_tx_logged(lnti_tx *tx, lnti_answer_row *out, int64_t log_id, lnt_error *err) {
  lnti_stmt *stmt = NULL;
  bool found = false;
  lnt_status status = lnti_tx_flush_answers(tx, err);
  if (!status) {
    status = lnti_db_prepare(&stmt, tx->db, "SELECT id, " LNTI_LOG_COLUMNS " FROM answer_log WHERE id = ?", err);
  }
  if (status) return status;
  lnti_put_int(stmt, log_id);
  status = lnti_tx_read_answer(out, &found, tx, stmt, true, err);
  if (status || found) return status;
  return lnti_fail(err, LNT_ENOTFOUND, "the answer log has no row %lld", (long long)log_id);
}

/* The newest row of a key is the current answer, or one that took it back; the latter have an index. */
lnt_status lnti_tx_newest(lnti_tx *tx, int64_t *log_id_out, lnti_subject_kind kind, int64_t subject_id,
                          int64_t question_id, int64_t slot, int64_t except_op, lnt_error *err) {
  static const char sql[] =
      "SELECT COALESCE(MAX(n), 0) FROM (SELECT MAX(log_id) AS n FROM answers WHERE subject_kind = ? AND subject_id = ? "
      "AND question_id = ? AND (slot = ? OR ? < 0) AND op_id <> ? UNION ALL SELECT MAX(id) FROM answer_log WHERE subject_kind = ? "
      "AND subject_id = ? AND +question_id = ? AND (slot = ? OR ? < 0) AND op_id <> ? AND state = 4)";
  const int64_t key[] = {kind, subject_id, question_id, slot, slot, except_op};
  lnti_stmt *stmt = NULL;
  lnt_status status = lnti_tx_flush_answers(tx, err);
  if (!status) status = lnti_db_prepare(&stmt, tx->db, sql, err);
  if (status) return status;
  for (size_t i = 0; i < 12; i++) lnti_put_int(stmt, key[i % 6]);
  return lnti_db_run(log_id_out, NULL, stmt, err);
}

lnt_status lnti_tx_key_history(lnti_tx *tx, lnti_subject_kind kind, int64_t subject_id, int64_t question_id,
                               int64_t slot, lnti_key_visit visit, void *payload, lnt_error *err) {
  static const char sql[] =
      "WITH RECURSIVE history (entry) AS ("
      "SELECT log_id FROM answers WHERE subject_kind = ? AND subject_id = ? AND question_id = ? AND slot = ? "
      "UNION SELECT id FROM answer_log WHERE subject_kind = ? AND subject_id = ? AND +question_id = ? AND slot = ? AND "
      "state = 4 UNION SELECT replaces FROM history JOIN answer_log ON id = entry WHERE replaces <> 0) "
      "SELECT l.id, l.op_id, COALESCE(o.undoes, 0) FROM history JOIN answer_log l ON l.id = entry "
      "JOIN operations o ON o.id = l.op_id ORDER BY l.id";
  const int64_t key[] = {kind, subject_id, question_id, slot};
  lnti_stmt *stmt = NULL;
  bool found = false;
  lnt_status status = lnti_tx_flush_answers(tx, err);
  if (!status) status = lnti_db_prepare(&stmt, tx->db, sql, err);
  if (status) return status;
  for (size_t i = 0; i < 8; i++) lnti_put_int(stmt, key[i % 4]);
  while (!(status = lnti_db_step(&found, stmt, err)) && found) {
    status = visit(payload, lnti_get_int(stmt, 0), lnti_get_int(stmt, 1), lnti_get_int(stmt, 2), err);
    if (status) break;
  }
  lnti_db_reset(stmt);
  return status;
}

lnt_status lnti_tx_op_answers(lnti_tx *tx, int64_t op_id, lnti_answer_visit visit, void *payload, lnt_error *err) {
  static const char sql[] = "SELECT id, " LNTI_LOG_COLUMNS
                            " FROM (SELECT first_id, last_id FROM answer_ranges WHERE op_id = ?) "
                            "JOIN answer_log ON id BETWEEN first_id AND last_id ORDER BY first_id, id";
  lnti_stmt *stmt = NULL;
  bool found = false;
  lnt_status status = lnti_tx_flush_answers(tx, err);
  if (!status) status = lnti_tx_flush_range(tx, err);
  if (!status) status = lnti_db_prepare(&stmt, tx->db, sql, err);
  if (status) return status;
  lnti_put_int(stmt, op_id);
  while (!(status = lnti_db_step(&found, stmt, err)) && found) {
    lnti_answer_row row;
    lnti_answer_row_read(&row, stmt, true);
    status = visit(payload, &row, err);
    if (status) break;
  }
  lnti_db_reset(stmt);
  return status;
}

/* From the current answers, and from those that were taken back, each to the one that it replaced. */
lnt_status lnti_store_history(lnti_store *store, lnti_subject_kind kind, int64_t subject_id, lnti_answer_visit visit,
                              void *payload, lnt_error *err) {
  static const char sql[] =
      "WITH RECURSIVE history (entry) AS ("
      "SELECT log_id FROM answers WHERE subject_kind = ? AND subject_id = ? "
      "UNION SELECT id FROM answer_log WHERE subject_kind = ? AND subject_id = ? AND state = 4 "
      "UNION SELECT replaces FROM history JOIN answer_log ON id = entry WHERE replaces <> 0) "
      "SELECT id, " LNTI_LOG_COLUMNS " FROM history JOIN answer_log ON id = entry ORDER BY id";
  lnti_walk w;
  lnt_status status = lnti_walk_range(&w, store, sql, kind, subject_id, err);
  if (!status) {
    lnti_put_int(w.stmt, kind);
    lnti_put_int(w.stmt, subject_id);
  }
  return lnti_walk_answers(&w, true, status, visit, payload, err);
}

/* ---- operations ---- */

/* An undo may be undone, and so on: the newest of each counts. It comes after what it undoes, also in a damaged database, and
 * nobody goes back and forth a thousand times: so the walk ends soon, whatever is in there. */
#define SELECT_OPS                                                                                                  \
  "SELECT o.id, o.uuid, o.person, o.time_ms, o.kind, COALESCE(o.undoes, 0), o.note, "                               \
  "COALESCE((WITH RECURSIVE chain (depth, id) AS (SELECT 0, o.id UNION ALL SELECT depth + 1, "                      \
  "(SELECT MAX(u.id) FROM operations u WHERE u.undoes = chain.id AND u.id > chain.id) FROM chain "                  \
  "WHERE chain.id IS NOT NULL AND depth < 1000) "                                                                   \
  "SELECT CASE WHEN MAX(depth) % 2 = 1 THEN MAX(CASE depth WHEN 1 THEN id END) END FROM chain WHERE id IS NOT NULL" \
  "), 0), "                                                                                                         \
  "COALESCE((SELECT SUM(r.last_id - r.first_id + 1) FROM answer_ranges r WHERE r.op_id = o.id), 0), "               \
  "COALESCE((SELECT t.kind FROM operations t WHERE t.id = o.undoes), 0) FROM operations o "

static void read_op(lnti_op_row *out, lnti_stmt *stmt) {
  *out = (lnti_op_row){.op = {.id = lnti_get_int(stmt, 0),
                              .person = lnti_get_text(stmt, 2),
                              .time_ms = (uint64_t)lnti_get_int(stmt, 3),
                              .kind = (lnti_op_kind)lnti_get_int(stmt, 4),
                              .undoes = lnti_get_int(stmt, 5),
                              .note = lnti_get_text(stmt, 6)},
                       .undone_by = lnti_get_int(stmt, 7),
                       .n_answers = (size_t)lnti_get_int(stmt, 8),
                       .undoes_kind = (lnti_op_kind)lnti_get_int(stmt, 9)};
  (void)lnti_get_bytes(out->op.uuid.bytes, sizeof out->op.uuid.bytes, stmt, 1);
}

lnt_status lnti_store_ops(lnti_store *store, int64_t before, size_t limit, lnti_op_visit visit, void *payload,
                          lnt_error *err) {
  lnti_walk w;
  lnt_status status = lnti_walk_range(&w, store, SELECT_OPS "WHERE o.id < ? ORDER BY o.id DESC LIMIT ?",
                                      before ? before : INT64_MAX, limit ? (int64_t)limit : INT64_MAX, err);
  while (lnti_walk_next(&w, &status, err)) {
    lnti_op_row row;
    read_op(&row, w.stmt);
    status = visit(payload, &row, err);
  }
  lnti_walk_end(&w);
  return status;
}

lnt_status lnti_tx_op_read(lnti_tx *tx, int64_t id, lnti_op_visit visit, void *payload, lnt_error *err) {
  lnti_stmt *stmt = NULL;
  bool found = false;
  lnt_status status = lnti_db_prepare(&stmt, tx->db, SELECT_OPS "WHERE o.id = ?", err);
  if (status) return status;
  lnti_put_int(stmt, id);
  status = lnti_db_step(&found, stmt, err);
  if (!status && !found) status = lnti_fail(err, LNT_ENOTFOUND, "there is no operation %lld", (long long)id);
  if (!status) {
    lnti_op_row row;
    read_op(&row, stmt);
    status = visit(payload, &row, err);
  }
  lnti_db_reset(stmt);
  return status;
}
