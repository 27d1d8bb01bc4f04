/*
 * The append-only answer log and the table of current answers. Each answer is one row of the log; the current table
 * holds, for each subject, question and slot, the newest that is not cleared, and can be made again from the log
 * (verify.c does, to compare). The slot is 0 for what is said of a question as a whole; a checklist's options have a slot each, their id.
 */
#include <store/internal.h>

#include <base/error.h>
#include <math.h>
#include <stddef.h>

static void put_id(lnti_stmt *stmt, int64_t id) {
  if (id) {
    lnti_put_int(stmt, id);
  } else {
    lnti_put_null(stmt);
  }
}

/* Rows are written LNTI_TX_ANSWERS at a time, which takes a fifth off what the database does for each. */
#define ROW "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
#define FOUR_ROWS ROW ", " ROW ", " ROW ", " ROW
#define ROWS FOUR_ROWS ", " FOUR_ROWS ", " FOUR_ROWS ", " FOUR_ROWS
_Static_assert(LNTI_TX_ANSWERS == 16, "ROWS has as many");

#define APPEND_LOG                                                                                               \
  "INSERT INTO answer_log (op_id, subject_kind, subject_id, question_id, slot, state, option_id, number, text, " \
  "confidence, time_spent_ms, source) VALUES "
#define SET_CURRENT                                                                                             \
  "INSERT INTO answers (subject_kind, subject_id, question_id, slot, log_id, op_id, state, option_id, number, " \
  "confidence, time_spent_ms, source) VALUES "
#define REPLACING                                                                                              \
  " ON CONFLICT (subject_kind, subject_id, question_id, slot) DO UPDATE SET log_id = excluded.log_id, "        \
  "op_id = excluded.op_id, state = excluded.state, option_id = excluded.option_id, number = excluded.number, " \
  "confidence = excluded.confidence, time_spent_ms = excluded.time_spent_ms, source = excluded.source"

/* @param n  1 or LNTI_TX_ANSWERS, here and below */
static lnt_status append_log(int64_t *last_id_out, lnti_tx *tx, const lnti_answer_row *rows, size_t n, lnt_error *err) {
  lnti_stmt *stmt = NULL;
  lnt_status status = lnti_db_prepare(&stmt, tx->db, n == 1 ? APPEND_LOG ROW : APPEND_LOG ROWS, err);
  if (status) return status;
  for (const lnti_answer_row *row = rows; row < rows + n; row++) {
    lnti_put_int(stmt, row->op_id);
    lnti_put_int(stmt, row->subject_kind);
    lnti_put_int(stmt, row->subject_id);
    lnti_put_int(stmt, row->question_id);
    lnti_put_int(stmt, row->slot);
    lnti_put_int(stmt, row->state);
    put_id(stmt, row->option_id);
    lnti_put_real(stmt, row->number);
    lnti_put_text(stmt, row->text);
    lnti_put_real(stmt, row->confidence);
    lnti_put_int(stmt, row->time_spent_ms);
    lnti_put_int(stmt, row->source);
  }
  return lnti_db_insert(last_id_out, NULL, stmt, err);
}

static lnt_status set_current(lnti_tx *tx, int64_t last_id, const lnti_answer_row *rows, size_t n, lnt_error *err) {
  lnti_stmt *stmt = NULL;
  int64_t log_id = last_id - (int64_t)n;
  lnt_status status =
      lnti_db_prepare(&stmt, tx->db, n == 1 ? SET_CURRENT ROW REPLACING : SET_CURRENT ROWS REPLACING, err);
  if (status) return status;
  for (const lnti_answer_row *row = rows; row < rows + n; row++) {
    lnti_put_int(stmt, row->subject_kind);
    lnti_put_int(stmt, row->subject_id);
    lnti_put_int(stmt, row->question_id);
    lnti_put_int(stmt, row->slot);
    lnti_put_int(stmt, ++log_id);
    lnti_put_int(stmt, row->op_id);
    lnti_put_int(stmt, row->state);
    put_id(stmt, row->option_id);
    lnti_put_real(stmt, row->number);
    lnti_put_real(stmt, row->confidence);
    lnti_put_int(stmt, row->time_spent_ms);
    lnti_put_int(stmt, row->source);
  }
  return lnti_db_run(NULL, NULL, stmt, err);
}

static lnt_status clear_current(lnti_tx *tx, const lnti_answer_row *row, lnt_error *err) {
  lnti_stmt *stmt = NULL;
  lnt_status status = lnti_db_prepare(
      &stmt, tx->db, "DELETE FROM answers WHERE subject_kind = ? AND subject_id = ? AND question_id = ? AND slot = ?",
      err);
  if (status) return status;
  lnti_put_int(stmt, row->subject_kind);
  lnti_put_int(stmt, row->subject_id);
  lnti_put_int(stmt, row->question_id);
  lnti_put_int(stmt, row->slot);
  return lnti_db_run(NULL, NULL, stmt, err);
}

static lnt_status write_rows(lnti_tx *tx, const lnti_answer_row *rows, size_t n, lnt_error *err) {
  int64_t last_id = 0;
  lnt_status status = append_log(&last_id, tx, rows, n, err);
  if (status) return status;
  return rows->state == LNTI_CLEARED ? clear_current(tx, rows, err) : set_current(tx, last_id, rows, n, err);
}

lnt_status lnti_tx_flush_answers(lnti_tx *tx, lnt_error *err) {
  size_t n = tx->n_answers;
  lnt_status status = LNT_OK;
  tx->n_answers = 0;
  if (n == LNTI_TX_ANSWERS) return write_rows(tx, tx->answers, n, err);
  for (size_t i = 0; i < n && !status; i++) status = write_rows(tx, &tx->answers[i], 1, err);
  return status;
}

static bool is_waiting(const lnti_tx *tx, lnti_subject_kind kind, int64_t subject_id, int64_t question_id) {
  for (size_t i = 0; i < tx->n_answers; i++) {
    const lnti_answer_row *row = &tx->answers[i];
    if (row->subject_id == subject_id && row->question_id == question_id && row->subject_kind == kind) return true;
  }
  return false;
}

/* One that clears, or whose text is borrowed, does not wait. */
lnt_status lnti_tx_answer(lnti_tx *tx, const lnti_answer_row *row, lnt_error *err) {
  bool at_once = row->state == LNTI_CLEARED || row->text;
  bool full = tx->n_answers == LNTI_TX_ANSWERS;
  lnt_status status = LNT_OK;
  if (at_once || full || is_waiting(tx, row->subject_kind, row->subject_id, row->question_id)) {
    status = lnti_tx_flush_answers(tx, err);
  }
  if (!status && at_once) status = write_rows(tx, row, 1, err);
  if (!status && !at_once) tx->answers[tx->n_answers++] = *row;
  return status ? status : lnti_tx_changed(tx, LNTI_CHANGE_ANSWER, row->op_id, row->subject_id, err);
}

void lnti_answer_row_read(lnti_answer_row *out, lnti_stmt *stmt, bool with_text) {
  *out = (lnti_answer_row){.log_id = lnti_get_int(stmt, 0),
                           .op_id = lnti_get_int(stmt, 1),
                           .subject_kind = (lnti_subject_kind)lnti_get_int(stmt, 2),
                           .subject_id = lnti_get_int(stmt, 3),
                           .question_id = lnti_get_int(stmt, 4),
                           .slot = lnti_get_int(stmt, 5),
                           .state = (lnti_answer_state)lnti_get_int(stmt, 6),
                           .option_id = lnti_get_int(stmt, 7),
                           .number = lnti_get_real(stmt, 8),
                           .confidence = lnti_get_real(stmt, 9),
                           .time_spent_ms = (uint32_t)lnti_get_int(stmt, 10),
                           .source = (lnti_answer_source)lnti_get_int(stmt, 11)};
  if (with_text && !lnti_get_null(stmt, 12)) out->text = lnti_get_text(stmt, 12);
}

/* `sql` asks for one row by kind, subject, question and slot. */
static lnt_status read_one(lnti_answer_row *out, bool *found_out, lnti_tx *tx, const char *sql,
                           const int64_t key[static 4], lnt_error *err) {
  lnti_stmt *stmt = NULL;
  bool found = false, waiting = is_waiting(tx, (lnti_subject_kind)key[0], key[1], key[2]);
  lnt_status status = waiting ? lnti_tx_flush_answers(tx, err) : LNT_OK;
  if (!status) status = lnti_db_prepare(&stmt, tx->db, sql, err);
  if (status) return status;
  for (int i = 0; i < 4; i++) lnti_put_int(stmt, key[i]);
  status = lnti_db_step(&found, stmt, err);
  if (!status && found) lnti_answer_row_read(out, stmt, false);
  lnti_db_reset(stmt);
  if (!status) *found_out = found;
  return status;
}

lnt_status lnti_tx_current(lnti_tx *tx, lnti_answer_row *out, bool *found_out, lnti_subject_kind kind,
                           int64_t subject_id, int64_t question_id, int64_t slot, lnt_error *err) {
  const int64_t key[] = {kind, subject_id, question_id, slot};
  return read_one(out, found_out, tx,
                  "SELECT log_id, " LNTI_ANSWER_COLUMNS
                  " FROM answers WHERE subject_kind = ? AND subject_id = ? AND question_id = ? AND slot = ?",
                  key, err);
}

lnt_status lnti_tx_current_from(lnti_tx *tx, lnti_answer_row *out, bool *found_out, lnti_subject_kind kind,
                                int64_t subject_id, int64_t question_id, int64_t slot, lnt_error *err) {
  const int64_t key[] = {kind, subject_id, question_id, slot};
  return read_one(out, found_out, tx,
                  "SELECT log_id, " LNTI_ANSWER_COLUMNS
                  " FROM answers WHERE subject_kind = ? AND subject_id = ? AND question_id = ? AND slot >= ? "
                  "ORDER BY slot LIMIT 1",
                  key, err);
}

static lnt_status visit_all(lnti_walk *w, bool with_text, lnt_status status, lnti_answer_visit visit, void *payload,
                            lnt_error *err) {
  while (lnti_walk_next(w, &status, err)) {
    lnti_answer_row answer;
    lnti_answer_row_read(&answer, w->stmt, with_text);
    status = visit(payload, &answer, err);
  }
  lnti_walk_end(w);
  return status;
}

lnt_status lnti_store_answers(lnti_store *store, int64_t first, int64_t last, int64_t question_id,
                              lnti_answer_visit visit, void *payload, lnt_error *err) {
  static const char of_all[] = "SELECT log_id, " LNTI_ANSWER_COLUMNS
                               " FROM answers WHERE subject_kind = 1 AND subject_id BETWEEN ? AND ? "
                               "ORDER BY subject_kind, subject_id, question_id, slot";
  /* The unary plus keeps to the primary key's order: answers of one question are most of them. */
  static const char of_one[] = "SELECT log_id, " LNTI_ANSWER_COLUMNS
                               " FROM answers WHERE subject_kind = 1 AND subject_id BETWEEN ? AND ? AND "
                               "+question_id = ? ORDER BY subject_kind, subject_id, question_id, slot";
  lnti_walk w;
  lnt_status status = lnti_walk_range(&w, store, question_id ? of_one : of_all, first, last, err);
  if (!status && question_id) lnti_put_int(w.stmt, question_id);
  return visit_all(&w, false, status, visit, payload, err);
}

lnt_status lnti_store_history(lnti_store *store, lnti_subject_kind kind, int64_t subject_id, lnti_answer_visit visit,
                              void *payload, lnt_error *err) {
  lnti_walk w;
  lnt_status status = lnti_walk_range(&w, store,
                                      "SELECT id, " LNTI_ANSWER_COLUMNS
                                      ", text FROM answer_log WHERE subject_kind = ? AND subject_id = ? ORDER BY id",
                                      kind, subject_id, err);
  return visit_all(&w, true, status, visit, payload, err);
}
