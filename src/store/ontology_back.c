/*
 * Migrations taken back: questions, options and stages become what they were before an operation, from the rows that it kept.
 * What they are now is kept first, under the operation that takes it back, so that this can be taken back, too.
 */
#include <store/internal.h>

#include <base/error.h>

/* ---- stages ---- */

lnt_status lnti_tx_item_stage_of_op(lnti_tx *tx, int64_t op_id, int64_t item_id, const char *stage, lnt_error *err) {
  const int64_t values[] = {op_id, item_id};
  lnt_status status = lnti_db_run_ints(
      tx->db, "INSERT INTO stage_log (op_id, item_id, stage) SELECT ?, id, stage FROM items WHERE id = ?", values, 2,
      err);
  return status ? status : lnti_tx_item_stages(tx, item_id, item_id, stage, err);
}

/* Items whose stage was kept under an operation, with the others between them, have changed. */
static lnt_status tell_changed(lnti_tx *tx, int64_t op_id, lnt_error *err) {
  static const char ends[] =
      "SELECT COALESCE(MIN(item_id), 0), COALESCE(MAX(item_id), 0) FROM stage_log WHERE op_id = ?";
  int64_t first = 0, last = 0;
  lnti_stmt *stmt = NULL;
  bool row = false;
  lnt_status status = lnti_db_prepare(&stmt, tx->db, ends, err);
  if (status) return status;
  lnti_put_int(stmt, op_id);
  status = lnti_db_step(&row, stmt, err);
  if (!status && row) {
    first = lnti_get_int(stmt, 0);
    last = lnti_get_int(stmt, 1);
  }
  lnti_db_reset(stmt);
  if (status || !first) return status;
  status = lnti_tx_changed(tx, LNTI_CHANGE_ITEM, op_id, first, err);
  return status ? status : lnti_tx_changed(tx, LNTI_CHANGE_ITEM, op_id, last, err);
}

/* Stages become what the operation has kept, of items that are where it put them. */
static lnt_status stages_back(lnti_tx *tx, const char *keep, size_t n, int64_t op_id, int64_t undo_id, lnt_error *err) {
  static const char back[] =
      "UPDATE items SET stage = (SELECT l.stage FROM stage_log l WHERE l.op_id = ? AND l.item_id = items.id) "
      "WHERE id IN (SELECT item_id FROM stage_log WHERE op_id = ?)";
  const int64_t kept[] = {undo_id, op_id, undo_id, op_id}, restored[] = {op_id, undo_id};
  lnt_status status = lnti_db_run_ints(tx->db, keep, kept, n, err);
  if (!status) status = lnti_db_run_ints(tx->db, back, restored, 2, err);
  return status ? status : tell_changed(tx, undo_id, err);
}

/* Those that are still to be reviewed; and those that are to be again. */
static lnt_status reviews_back(lnti_tx *tx, int64_t op_id, int64_t undo_id, lnt_error *err) {
  static const char keep[] =
      "INSERT INTO stage_log (op_id, item_id, stage) SELECT ?, i.id, i.stage FROM stage_log l "
      "JOIN items i ON i.id = l.item_id WHERE l.op_id = ? AND (i.stage = 'review' OR l.stage = 'review')";
  return stages_back(tx, keep, 2, op_id, undo_id, err);
}

lnt_status lnti_tx_item_in_review(lnti_tx *tx, bool *out, int64_t item_id, lnt_error *err) {
  lnti_stmt *stmt = NULL;
  lnt_status status = lnti_db_prepare(&stmt, tx->db, "SELECT 1 FROM items WHERE id = ? AND stage = 'review'", err);
  if (status) return status;
  lnti_put_int(stmt, item_id);
  return lnti_db_run(NULL, out, stmt, err);
}

lnt_status lnti_tx_stages_after_undo(lnti_tx *tx, int64_t op_id, int64_t undo_id, lnt_error *err) {
  /* Of items of which this took answers back, and that nobody has answered since. What an undo has put back is older than it
   * looks. */
  static const char again[] =
      "INSERT INTO stage_log (op_id, item_id, stage) SELECT ?, i.id, i.stage FROM stage_log l "
      "JOIN items i ON i.id = l.item_id WHERE l.op_id = ? AND i.stage <> l.stage AND (l.stage <> 'done' OR EXISTS "
      "(SELECT 1 FROM answers a WHERE a.subject_kind = 1 AND a.subject_id = i.id AND a.question_id <> 0)) "
      "AND i.id IN (SELECT w.subject_id FROM answer_ranges r JOIN answer_log w ON w.id BETWEEN r.first_id AND r.last_id "
      "WHERE r.op_id = ? AND w.subject_kind = 1) AND NOT EXISTS (SELECT 1 FROM answers a JOIN operations o ON "
      "o.id = a.op_id WHERE a.subject_kind = 1 AND a.subject_id = i.id AND a.question_id <> 0 AND a.op_id > ? AND "
      "o.undoes IS NULL)";
  /* An import made its items done. */
  static const char unanswered[] =
      "INSERT INTO stage_log (op_id, item_id, stage) SELECT DISTINCT ?, i.id, i.stage FROM operations o "
      "JOIN answer_ranges r ON r.op_id = ? JOIN answer_log l ON l.id BETWEEN r.first_id AND r.last_id "
      "JOIN items i ON i.id = l.subject_id WHERE o.id = ? AND o.kind = 2 AND l.subject_kind = 1 AND i.stage = 'done' "
      "AND NOT EXISTS "
      "(SELECT 1 FROM answers a WHERE a.subject_kind = 1 AND a.subject_id = i.id AND a.question_id <> 0)";
  static const char annotate[] =
      "UPDATE items SET stage = 'annotate' WHERE stage = 'done' AND id IN "
      "(SELECT item_id FROM stage_log WHERE op_id = ? AND stage = 'done')";
  const int64_t own[] = {undo_id, undo_id, op_id};
  lnt_status status = lnti_tx_flush_answers(tx, err);
  if (!status) status = lnti_tx_flush_range(tx, err);
  if (!status) status = stages_back(tx, again, 4, op_id, undo_id, err);
  if (!status) status = lnti_db_run_ints(tx->db, unanswered, own, 3, err);
  if (!status) status = lnti_db_run_ints(tx->db, annotate, own, 1, err);
  return status ? status : tell_changed(tx, undo_id, err);
}

/* ---- rows ---- */

static lnt_status keep_now(lnti_tx *tx, int64_t op_id, int64_t undo_id, lnt_error *err) {
  static const char *const sqls[] = {
      "INSERT INTO question_log (op_id, id, " LNTI_QUESTION_FIELDS ") SELECT ?, id, " LNTI_QUESTION_FIELDS
      " FROM questions WHERE id IN (SELECT id FROM question_log WHERE op_id = ?)",
      "INSERT INTO option_log (op_id, id, " LNTI_OPTION_FIELDS ") SELECT ?, id, " LNTI_OPTION_FIELDS
      " FROM options WHERE id IN (SELECT id FROM option_log WHERE op_id = ?)",
      ("INSERT INTO option_text_log (op_id, option_id, kind, position, text) SELECT ?, option_id, kind, position, text "
       "FROM option_texts WHERE option_id IN (SELECT id FROM option_log WHERE op_id = ?)"),
  };
  const int64_t values[] = {undo_id, op_id};
  lnt_status status = LNT_OK;
  for (size_t i = 0; i < 3 && !status; i++) status = lnti_db_run_ints(tx->db, sqls[i], values, 2, err);
  return status;
}

static lnt_status rows_back(lnti_tx *tx, int64_t op_id, lnt_error *err) {
  static const struct {
    const char *sql;
    size_t n;
  } steps[] = {
      {"UPDATE questions SET key = '/' || id WHERE id IN (SELECT id FROM question_log WHERE op_id = ?)", 1},
      {"UPDATE options SET key = '/' || id WHERE id IN (SELECT id FROM option_log WHERE op_id = ?)", 1},
      {"UPDATE questions SET (" LNTI_QUESTION_FIELDS ") = (SELECT " LNTI_QUESTION_FIELDS
       " FROM question_log l WHERE l.op_id = ? AND l.id = questions.id) "
       "WHERE id IN (SELECT id FROM question_log WHERE op_id = ?)",
       2},
      {"UPDATE options SET (" LNTI_OPTION_FIELDS ") = (SELECT " LNTI_OPTION_FIELDS
       " FROM option_log l WHERE l.op_id = ? AND l.id = options.id) "
       "WHERE id IN (SELECT id FROM option_log WHERE op_id = ?)",
       2},
      {"DELETE FROM option_texts WHERE option_id IN (SELECT id FROM option_log WHERE op_id = ?)", 1},
      {"INSERT INTO option_texts (option_id, kind, position, text) SELECT option_id, kind, position, text "
       "FROM option_text_log WHERE op_id = ?",
       1},
  };
  const int64_t values[] = {op_id, op_id};
  lnt_error reason = LNT_ERROR_INIT;
  lnt_status status = LNT_OK;
  for (size_t i = 0; i < sizeof steps / sizeof *steps && !status; i++) {
    status = lnti_db_run_ints(tx->db, steps[i].sql, values, steps[i].n, &reason);
  }
  if (status == LNT_ECONFLICT) {
    return lnti_fail(err, status,
                     "an id that would come back is by now that of something new: rename that first (linnet ontology "
                     "migrate rename)");
  }
  return status ? lnti_fail(err, status, "%s", reason.message) : LNT_OK;
}

/* What came later may hang on what is gone now. */
static lnt_status check_hanging(lnti_tx *tx, lnt_error *err) {
  static const char sql[] =
      "SELECT o.title FROM options o JOIN questions q ON q.id = o.question_id WHERE o.gone = 0 AND q.gone = 1 "
      "UNION ALL SELECT o.title FROM options o JOIN options p ON p.id = o.parent_id WHERE o.gone = 0 AND p.gone = 1 "
      "UNION ALL SELECT q.title FROM questions q JOIN options p ON p.id = q.parent_option_id WHERE q.gone = 0 AND "
      "p.gone = 1 LIMIT 1";
  lnti_stmt *stmt = NULL;
  bool row = false;
  lnt_status status = lnti_db_prepare(&stmt, tx->db, sql, err);
  if (!status) status = lnti_db_step(&row, stmt, err);
  if (!status && row) {
    status = lnti_fail(err, LNT_ECONFLICT, "\"%.200s\" was added later and hangs on what would be gone",
                       lnti_get_text(stmt, 0));
  }
  if (stmt) lnti_db_reset(stmt);
  return status;
}

static lnt_status head_back(lnti_tx *tx, int64_t op_id, int64_t undo_id, lnt_error *err) {
  static const char sql[] =
      "SELECT m.version_before, m.version_after, o.version FROM migrations m, ontology o "
      "WHERE m.op_id = ? AND o.id = 1";
  lnti_stmt *stmt = NULL;
  bool row = false;
  int64_t before = 0, after = 0, now = 0;
  lnt_status status = lnti_db_prepare(&stmt, tx->db, sql, err);
  if (status) return status;
  lnti_put_int(stmt, op_id);
  status = lnti_db_step(&row, stmt, err);
  if (!status && row) {
    before = lnti_get_int(stmt, 0);
    after = lnti_get_int(stmt, 1);
    now = lnti_get_int(stmt, 2);
  }
  lnti_db_reset(stmt);
  if (status) return status;
  if (!row) return lnti_fail(err, LNT_ENOTFOUND, "operation %lld is no migration of the ontology", (long long)op_id);
  const int64_t version = now == after ? before : now + 1, head[] = {version, undo_id, op_id};
  const int64_t entry[] = {undo_id, now, version};
  status = lnti_db_run_ints(tx->db,
                            "INSERT INTO migrations (op_id, version_before, version_after, screen, changes) "
                            "SELECT ?, ?, ?, screen, '' FROM ontology WHERE id = 1",
                            entry, 3, err);
  if (!status) {
    status = lnti_db_run_ints(tx->db,
                              "UPDATE ontology SET version = ?, migrated = ?, "
                              "screen = (SELECT m.screen FROM migrations m WHERE m.op_id = ?) WHERE id = 1",
                              head, 3, err);
  }
  return status ? status : lnti_tx_changed(tx, LNTI_CHANGE_ONTOLOGY, undo_id, 0, err);
}

lnt_status lnti_tx_ontology_back(lnti_tx *tx, int64_t op_id, int64_t undo_id, lnt_error *err) {
  lnt_status status = head_back(tx, op_id, undo_id, err);
  if (!status) status = keep_now(tx, op_id, undo_id, err);
  if (!status) status = rows_back(tx, op_id, err);
  if (!status) status = check_hanging(tx, err);
  return status ? status : reviews_back(tx, op_id, undo_id, err);
}

lnt_status lnti_store_is_migration(bool *out, lnti_store *store, int64_t op_id, lnt_error *err) {
  lnti_walk w;
  lnt_status status = lnti_walk_begin(&w, store, "SELECT 1 FROM migrations WHERE op_id = ?", err);
  if (!status) lnti_put_int(w.stmt, op_id);
  bool found = lnti_walk_next(&w, &status, err);
  lnti_walk_end(&w);
  if (!status) *out = found;
  return status;
}

lnt_status lnti_store_question_once(int64_t *id_out, lnti_store *store, int64_t parent_option_id, const char *key,
                                    lnt_error *err) {
  static const char sql[] =
      "SELECT DISTINCT l.id FROM question_log l JOIN questions q ON q.id = l.id WHERE l.key = ? AND l.gone = 0 AND "
      "q.gone = 0 AND COALESCE(l.parent_option_id, 0) = ? LIMIT 2";
  lnti_walk w;
  int64_t id = 0;
  size_t n = 0;
  lnt_status status = lnti_walk_begin(&w, store, sql, err);
  if (!status) {
    lnti_put_text(w.stmt, key);
    lnti_put_int(w.stmt, parent_option_id);
  }
  for (; lnti_walk_next(&w, &status, err); n++) id = lnti_get_int(w.stmt, 0);
  lnti_walk_end(&w);
  if (!status) *id_out = n == 1 ? id : 0;
  return status;
}

static lnt_status made(uint64_t *ms_out, lnti_store *store, const char *sql, int64_t id, lnt_error *err) {
  lnti_walk w;
  uint64_t ms = 0;
  lnt_status status = lnti_walk_begin(&w, store, sql, err);
  if (!status) lnti_put_int(w.stmt, id);
  while (lnti_walk_next(&w, &status, err)) ms = (uint64_t)lnti_get_int(w.stmt, 0);
  lnti_walk_end(&w);
  if (!status) *ms_out = ms;
  return status;
}

lnt_status lnti_store_option_made(uint64_t *ms_out, lnti_store *store, int64_t option_id, lnt_error *err) {
  return made(ms_out, store, "SELECT o.time_ms FROM options p JOIN operations o ON o.id = p.op_id WHERE p.id = ?",
              option_id, err);
}

lnt_status lnti_store_question_made(uint64_t *ms_out, lnti_store *store, int64_t question_id, lnt_error *err) {
  return made(ms_out, store, "SELECT o.time_ms FROM questions q JOIN operations o ON o.id = q.op_id WHERE q.id = ?",
              question_id, err);
}

/* ---- what came later ---- */

typedef struct later_op {
  lnti_op_kind kind;
  int64_t undoes, undone_by;
} later_op;

static lnt_status note_op(void *payload, const lnti_op_row *row, lnt_error *err) {
  (void)err;
  *(later_op *)payload = (later_op){row->op.kind, row->op.undoes, row->undone_by};
  return LNT_OK;
}

/* Whether a later operation stands in the way: what was taken back does not, and neither does taking it back. */
static lnt_status stands(bool *out, lnti_tx *tx, int64_t later, int64_t op_id, lnt_error *err) {
  later_op at = {0};
  int64_t id = later;
  lnt_status status = lnti_tx_op_read(tx, id, note_op, &at, err);
  *out = !status && at.undone_by == 0;
  /* Each is earlier than the one before, also in a damaged database. */
  while (!status && *out && at.kind == LNTI_OP_UNDO && at.undoes && at.undoes < id) {
    id = at.undoes;
    if (id >= op_id) *out = false;
    status = lnti_tx_op_read(tx, id, note_op, &at, err);
  }
  return status;
}

lnt_status lnti_tx_ontology_changed_since(lnti_tx *tx, int64_t *op_out, int64_t op_id, lnt_error *err) {
  static const char sql[] =
      "SELECT MAX(op) FROM (SELECT l.op_id AS op FROM option_log m JOIN option_log l ON l.id = m.id WHERE m.op_id = ? "
      "UNION SELECT l.op_id FROM question_log m JOIN question_log l ON l.id = m.id WHERE m.op_id = ?) "
      "WHERE op > ? AND op < ?";
  int64_t later = INT64_MAX;
  lnt_status status = LNT_OK;
  *op_out = 0;
  while (!status && *op_out == 0) {
    const int64_t values[] = {op_id, op_id, op_id, later};
    bool found = false;
    lnti_stmt *stmt = NULL;
    later = 0;
    status = lnti_db_prepare(&stmt, tx->db, sql, err);
    if (status) return status;
    for (size_t i = 0; i < 4; i++) lnti_put_int(stmt, values[i]);
    status = lnti_db_run(&later, NULL, stmt, err);
    if (status || later == 0) return status;
    status = stands(&found, tx, later, op_id, err);
    if (!status && found) *op_out = later;
  }
  return status;
}

/* ---- answers ---- */

lnt_status lnti_tx_answers(lnti_tx *tx, int64_t first, int64_t last, lnti_answer_visit visit, void *payload,
                           lnt_error *err) {
  static const char sql[] = "SELECT log_id, " LNTI_ANSWER_COLUMNS
                            " FROM answers WHERE subject_kind = 1 AND subject_id BETWEEN ? AND ? AND question_id <> 0 "
                            "ORDER BY subject_id, question_id, slot";
  lnti_stmt *stmt = NULL;
  bool found = false;
  lnt_status status = lnti_tx_flush_answers(tx, err);
  if (!status) status = lnti_db_prepare(&stmt, tx->db, sql, err);
  if (status) return status;
  lnti_put_int(stmt, first);
  lnti_put_int(stmt, last);
  while (!(status = lnti_db_step(&found, stmt, err)) && found) {
    lnti_answer_row row;
    lnti_answer_row_read(&row, stmt, false);
    status = visit(payload, &row, err);
    if (status) break;
  }
  lnti_db_reset(stmt);
  return status;
}

static const char answered_range_sql[] =
    "SELECT (SELECT COALESCE(MIN(subject_id), 0) FROM answers), (SELECT COALESCE(MAX(subject_id), 0) FROM answers)";

lnt_status lnti_store_answered_range(lnti_store *store, int64_t *first_out, int64_t *last_out, lnt_error *err) {
  lnti_walk w;
  lnt_status status = lnti_walk_begin(&w, store, answered_range_sql, err);
  if (lnti_walk_next(&w, &status, err)) {
    *first_out = lnti_get_int(w.stmt, 0);
    *last_out = lnti_get_int(w.stmt, 1);
  }
  lnti_walk_end(&w);
  return status;
}

lnt_status lnti_tx_answered_range(lnti_tx *tx, int64_t *first_out, int64_t *last_out, lnt_error *err) {
  lnti_stmt *stmt = NULL;
  bool row = false;
  lnt_status status = lnti_tx_flush_answers(tx, err);
  if (!status) status = lnti_db_prepare(&stmt, tx->db, answered_range_sql, err);
  if (!status) status = lnti_db_step(&row, stmt, err);
  if (!status && row) {
    *first_out = lnti_get_int(stmt, 0);
    *last_out = lnti_get_int(stmt, 1);
  }
  if (stmt) lnti_db_reset(stmt);
  return status;
}
