/*
 * The append-only answer log and the table of current answers. Each answer is one row of the log; the current table
 * holds, for each subject, question and slot, the newest that is not cleared, and can be made again from the log
 * (verify.c does, to compare). The slot is 0 for what is said of a question as a whole; a checklist's options have a slot each, their id.
 */
#include <store/internal.h>

#include <base/error.h>
#include <math.h>
#include <stddef.h>
#include <string.h>

static void put_id(lnti_stmt *stmt, int64_t id) {
  if (id) {
    lnti_put_int(stmt, id);
  } else {
    lnti_put_null(stmt);
  }
}

/* ---- references ---- */

/* What a row refers to is looked for here, since the database would look for it at every row. Nothing that was found goes
 * away while the write lasts: operations, questions and options are never deleted. */
static lnt_status check_reference(lnti_tx *tx, int which, int64_t id, lnt_error *err) {
  static const struct {
    const char *sql, *name;
  } tables[] = {{"SELECT id FROM operations WHERE id = ?", "operation"},
                {"SELECT id FROM questions WHERE id = ?", "question"},
                {"SELECT id FROM options WHERE id = ?", "option"}};
  const int64_t key = id * 3 + which + 1; /* never 0 */
  int64_t *known = &tx->known[(uint64_t)key % LNTI_TX_KNOWN];
  lnti_stmt *stmt = NULL;
  bool found = false;
  if (*known == key) return LNT_OK;
  lnt_status status = lnti_db_prepare(&stmt, tx->db, tables[which].sql, err);
  if (status) return status;
  lnti_put_int(stmt, id);
  status = lnti_db_run(NULL, &found, stmt, err);
  if (!status && !found) {
    status = lnti_fail(err, LNT_ECONFLICT, "an answer refers to %s %lld, which is not there", tables[which].name,
                       (long long)id);
  }
  if (!status) *known = key;
  return status;
}

static lnt_status check_references(lnti_tx *tx, const lnti_answer_row *row, lnt_error *err) {
  lnt_status status = check_reference(tx, 0, row->op_id, err);
  if (!status && row->question_id != LNTI_REMARKS) status = check_reference(tx, 1, row->question_id, err);
  return status || !row->option_id ? status : check_reference(tx, 2, row->option_id, err);
}

/* ---- writing ---- */

/* Rows are written LNTI_TX_ANSWERS at a time, which takes a fifth off what the database does for each. */
#define FOUR(ROW) ROW ", " ROW ", " ROW ", " ROW
#define ALL(ROW) FOUR(ROW) ", " FOUR(ROW) ", " FOUR(ROW) ", " FOUR(ROW)
_Static_assert(LNTI_TX_ANSWERS == 16, "ALL has as many");

#define APPEND_LOG                                                                                               \
  "INSERT INTO answer_log (op_id, subject_kind, subject_id, question_id, slot, state, option_id, number, text, " \
  "confidence, time_spent_ms, source, replaces) VALUES "
#define LOG_ROW "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
#define SET_CURRENT                                                                                             \
  "INSERT INTO answers (subject_kind, subject_id, question_id, slot, log_id, op_id, state, option_id, number, " \
  "confidence, time_spent_ms, source, text) VALUES "
#define CURRENT_ROW "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
#define IF_NEW " ON CONFLICT (subject_id, question_id, slot, subject_kind) DO NOTHING"
#define REPLACING                                                                                              \
  " ON CONFLICT (subject_id, question_id, slot, subject_kind) DO UPDATE SET log_id = excluded.log_id, "        \
  "op_id = excluded.op_id, state = excluded.state, option_id = excluded.option_id, number = excluded.number, " \
  "confidence = excluded.confidence, time_spent_ms = excluded.time_spent_ms, source = excluded.source, "       \
  "text = excluded.text"
#define OF_KEY " FROM answers WHERE subject_kind = ? AND subject_id = ? AND question_id = ? AND slot = ?"

/* The number that the log gives its next row: the write is alone. */
static lnt_status find_next_log_id(lnti_tx *tx, lnt_error *err) {
  lnti_stmt *stmt = NULL;
  if (tx->next_log_id) return LNT_OK;
  lnt_status status = lnti_db_prepare(&stmt, tx->db, "SELECT COALESCE(MAX(id), 0) + 1 FROM answer_log", err);
  return status ? status : lnti_db_run(&tx->next_log_id, NULL, stmt, err);
}

/* @param n         1 or LNTI_TX_ANSWERS, here and below
 * @param replaces  [n] the log's numbers of what was current; NULL: nothing was */
static lnt_status append_log(lnti_tx *tx, const lnti_answer_row *rows, size_t n, const int64_t *replaces,
                             lnt_error *err) {
  lnti_stmt *stmt = NULL;
  int64_t last_id = 0;
  lnt_status status = lnti_db_prepare(&stmt, tx->db, n == 1 ? APPEND_LOG LOG_ROW : APPEND_LOG ALL(LOG_ROW), err);
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
    lnti_put_int(stmt, replaces ? replaces[row - rows] : 0);
  }
  status = lnti_db_insert(&last_id, NULL, stmt, err);
  for (size_t i = 0; i < n && !status; i++) status = lnti_tx_logged_range(tx, rows[i].op_id, tx->next_log_id++, err);
  if (status || last_id + 1 == tx->next_log_id) return status;
  return lnti_fail(err, LNT_EINTERNAL, "the answer log numbered a row %lld where %lld was next", (long long)last_id,
                   (long long)tx->next_log_id - 1);
}

static void put_key(lnti_stmt *stmt, const lnti_answer_row *row) {
  lnti_put_int(stmt, row->subject_kind);
  lnti_put_int(stmt, row->subject_id);
  lnti_put_int(stmt, row->question_id);
  lnti_put_int(stmt, row->slot);
}

/* As current, under the numbers that the log gives next. *n_out: how many were written, all but those that IF_NEW keeps
 * out. `sql`: for one row, and for all. */
static lnt_status set_current(size_t *n_out, lnti_tx *tx, const lnti_answer_row *rows, size_t n,
                              const char *const sql[static 2], lnt_error *err) {
  lnti_stmt *stmt = NULL;
  int64_t log_id = tx->next_log_id;
  lnt_status status = lnti_db_prepare(&stmt, tx->db, sql[n > 1], err);
  if (status) return status;
  for (const lnti_answer_row *row = rows; row < rows + n; row++) {
    put_key(stmt, row);
    lnti_put_int(stmt, log_id++);
    lnti_put_int(stmt, row->op_id);
    lnti_put_int(stmt, row->state);
    put_id(stmt, row->option_id);
    lnti_put_real(stmt, row->number);
    lnti_put_real(stmt, row->confidence);
    lnti_put_int(stmt, row->time_spent_ms);
    lnti_put_int(stmt, row->source);
    lnti_put_text(stmt, row->text);
  }
  return lnti_db_change(n_out, stmt, err);
}

/* The log's number of the current answer; 0 where there is none. */
static lnt_status find_current(int64_t *log_id_out, lnti_tx *tx, const lnti_answer_row *row, lnt_error *err) {
  lnti_stmt *stmt = NULL;
  *log_id_out = 0;
  lnt_status status = lnti_db_prepare(&stmt, tx->db, "SELECT log_id" OF_KEY, err);
  if (status) return status;
  put_key(stmt, row);
  return lnti_db_run(log_id_out, NULL, stmt, err);
}

static lnt_status clear_current(lnti_tx *tx, const lnti_answer_row *row, lnt_error *err) {
  lnti_stmt *stmt = NULL;
  lnt_status status = lnti_db_prepare(&stmt, tx->db, "DELETE" OF_KEY, err);
  if (status) return status;
  put_key(stmt, row);
  return lnti_db_run(NULL, NULL, stmt, err);
}

static const char *const replacing[] = {SET_CURRENT CURRENT_ROW REPLACING, SET_CURRENT ALL(CURRENT_ROW) REPLACING};

/* One row, which may replace another; or is current already, under its number. */
static lnt_status write_row(lnti_tx *tx, const lnti_answer_row *row, lnt_error *err) {
  int64_t there = 0;
  size_t ignored = 0;
  lnt_status status = find_current(&there, tx, row, err);
  if (status) return status;
  if (there == tx->next_log_id) return append_log(tx, row, 1, NULL, err);
  if (row->state != LNTI_CLEARED) {
    status = set_current(&ignored, tx, row, 1, replacing, err);
  } else if (there) {
    status = clear_current(tx, row, err);
  }
  return status ? status : append_log(tx, row, 1, &there, err);
}

/* All rows, where each replaces another; nothing is written where one does not. */
static lnt_status replace_rows(bool *done_out, lnti_tx *tx, const lnti_answer_row *rows, lnt_error *err) {
  int64_t there[LNTI_TX_ANSWERS];
  size_t n = 0, ignored = 0;
  lnt_status status = LNT_OK;
  while (n < LNTI_TX_ANSWERS && !status) {
    status = find_current(&there[n], tx, &rows[n], err);
    if (status || !there[n]) break;
    n++;
  }
  *done_out = n == LNTI_TX_ANSWERS;
  if (status || !*done_out) return status;
  status = set_current(&ignored, tx, rows, n, replacing, err);
  return status ? status : append_log(tx, rows, n, there, err);
}

/* Most answers are the first to their question: then all go in at once, and none needs to be looked for. Where a batch was of
 * answers in the place of others, the next mostly is too. */
static lnt_status write_rows(lnti_tx *tx, const lnti_answer_row *rows, size_t n, lnt_error *err) {
  static const char *const if_new[] = {SET_CURRENT CURRENT_ROW IF_NEW, SET_CURRENT ALL(CURRENT_ROW) IF_NEW};
  size_t n_new = 0;
  lnt_status status = find_next_log_id(tx, err);
  if (!status && n > 1 && tx->replaces) status = replace_rows(&tx->replaces, tx, rows, err);
  if (status || (n > 1 && tx->replaces)) return status;
  if (!status && rows->state != LNTI_CLEARED) status = set_current(&n_new, tx, rows, n, if_new, err);
  if (!status && n_new == n) return append_log(tx, rows, n, NULL, err);
  if (!status && n_new == 0 && n > 1) status = replace_rows(&tx->replaces, tx, rows, err);
  if (n > 1 && tx->replaces) return status;
  for (size_t i = 0; i < n && !status; i++) status = write_row(tx, &rows[i], err);
  return status;
}

lnt_status lnti_tx_flush_answers(lnti_tx *tx, lnt_error *err) {
  size_t n = tx->n_answers;
  lnt_status status = LNT_OK;
  tx->n_answers = 0;
  if (n == LNTI_TX_ANSWERS) return write_rows(tx, tx->answers, n, err);
  for (size_t i = 0; i < n && !status; i++) status = write_rows(tx, &tx->answers[i], 1, err);
  return status;
}

/* `slot` -1: any. */
static bool is_waiting(const lnti_tx *tx, lnti_subject_kind kind, int64_t subject_id, int64_t question_id,
                       int64_t slot) {
  for (size_t i = 0; i < tx->n_answers; i++) {
    const lnti_answer_row *row = &tx->answers[i];
    if (row->subject_id == subject_id && row->question_id == question_id && row->subject_kind == kind &&
        (slot < 0 || row->slot == slot)) {
      return true;
    }
  }
  return false;
}

/* One that clears, or whose text is borrowed, does not wait. */
lnt_status lnti_tx_answer(lnti_tx *tx, const lnti_answer_row *row, lnt_error *err) {
  bool at_once = row->state == LNTI_CLEARED || row->text;
  bool full = tx->n_answers == LNTI_TX_ANSWERS;
  lnt_status status = check_references(tx, row, err);
  if (status) return status;
  if (at_once || full || is_waiting(tx, row->subject_kind, row->subject_id, row->question_id, row->slot)) {
    status = lnti_tx_flush_answers(tx, err);
  }
  if (!status && at_once) status = write_rows(tx, row, 1, err);
  if (!status && !at_once) tx->answers[tx->n_answers++] = *row;
  return status ? status : lnti_tx_changed(tx, LNTI_CHANGE_ANSWER, row->op_id, row->subject_id, err);
}

lnt_status lnti_tx_comment(lnti_tx *tx, int64_t *slot_out, const lnti_answer_row *row, lnt_error *err) {
  lnti_answer_row comment = *row;
  lnt_status status = lnti_tx_flush_answers(tx, err);
  if (!status) status = find_next_log_id(tx, err);
  comment.question_id = LNTI_REMARKS;
  comment.slot = tx->next_log_id;
  if (!status) status = lnti_tx_answer(tx, &comment, err);
  if (!status) *slot_out = comment.slot;
  return status;
}

void lnti_answer_row_read(lnti_answer_row *out, lnti_stmt *stmt, bool of_log) {
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
  if (!lnti_get_null(stmt, 12)) out->text = lnti_get_text(stmt, 12);
  if (of_log) out->replaces = lnti_get_int(stmt, 13);
}

lnt_status lnti_tx_read_answer(lnti_answer_row *out, bool *found_out, lnti_tx *tx, lnti_stmt *stmt, bool of_log,
                               lnt_error *err) {
  lnti_answer_row row;
  bool found = false;
  lnt_status status = lnti_db_step(&found, stmt, err);
  if (!status && found) {
    lnti_answer_row_read(&row, stmt, of_log);
    tx->text.length = 0;
    if (row.text) {
      status = lnti_text_append(&tx->text, row.text, strlen(row.text), err);
      row.text = tx->text.data;
    }
    if (!status) *out = row;
  }
  lnti_db_reset(stmt);
  if (!status) *found_out = found;
  return status;
}

/* `sql` asks for one row by the n values of `key`, of which the first are kind, subject and question; `slot` as above. */
static lnt_status read_one(lnti_answer_row *out, bool *found_out, lnti_tx *tx, const char *sql, const int64_t *key,
                           size_t n, int64_t slot, lnt_error *err) {
  lnti_stmt *stmt = NULL;
  bool waiting = is_waiting(tx, (lnti_subject_kind)key[0], key[1], key[2], slot);
  lnt_status status = waiting ? lnti_tx_flush_answers(tx, err) : LNT_OK;
  if (!status) status = lnti_db_prepare(&stmt, tx->db, sql, err);
  if (status) return status;
  for (size_t i = 0; i < n; i++) lnti_put_int(stmt, key[i]);
  return lnti_tx_read_answer(out, found_out, tx, stmt, false, err);
}

lnt_status lnti_tx_current(lnti_tx *tx, lnti_answer_row *out, bool *found_out, lnti_subject_kind kind,
                           int64_t subject_id, int64_t question_id, int64_t slot, lnt_error *err) {
  const int64_t key[] = {kind, subject_id, question_id, slot};
  return read_one(out, found_out, tx, "SELECT log_id, " LNTI_ANSWER_COLUMNS OF_KEY, key, 4, slot, err);
}

#define FROM_SLOT                       \
  "SELECT log_id, " LNTI_ANSWER_COLUMNS \
  " FROM answers WHERE subject_kind = ? AND subject_id = ? AND question_id = ? AND slot >= ? "

lnt_status lnti_tx_current_from(lnti_tx *tx, lnti_answer_row *out, bool *found_out, lnti_subject_kind kind,
                                int64_t subject_id, int64_t question_id, int64_t slot, lnt_error *err) {
  const int64_t key[] = {kind, subject_id, question_id, slot};
  return read_one(out, found_out, tx, FROM_SLOT "ORDER BY slot LIMIT 1", key, 4, -1, err);
}

lnt_status lnti_tx_current_next(lnti_tx *tx, lnti_answer_row *out, bool *found_out, lnti_subject_kind kind,
                                int64_t subject_id, int64_t question_id, int64_t slot, lnt_error *err) {
  static const char sql[] = "SELECT log_id, " LNTI_ANSWER_COLUMNS
                            " FROM answers WHERE subject_kind = ? AND subject_id = ? AND (question_id, slot) > (?, ?) "
                            "ORDER BY question_id, slot LIMIT 1";
  const int64_t key[] = {kind, subject_id, question_id, slot};
  lnt_status status = lnti_tx_flush_answers(tx, err);
  return status ? status : read_one(out, found_out, tx, sql, key, 4, slot, err);
}

lnt_status lnti_tx_current_other(lnti_tx *tx, lnti_answer_row *out, bool *found_out, lnti_subject_kind kind,
                                 int64_t subject_id, int64_t question_id, int64_t slot, int64_t op_id, lnt_error *err) {
  const int64_t key[] = {kind, subject_id, question_id, slot, op_id};
  return read_one(out, found_out, tx, FROM_SLOT "AND op_id <> ? ORDER BY slot LIMIT 1", key, 5, -1, err);
}

lnt_status lnti_walk_answers(lnti_walk *w, bool of_log, lnt_status status, lnti_answer_visit visit, void *payload,
                             lnt_error *err) {
  while (lnti_walk_next(w, &status, err)) {
    lnti_answer_row answer;
    lnti_answer_row_read(&answer, w->stmt, of_log);
    status = visit(payload, &answer, err);
  }
  lnti_walk_end(w);
  return status;
}

lnt_status lnti_store_answers(lnti_store *store, int64_t first, int64_t last, int64_t question_id,
                              lnti_answer_visit visit, void *payload, lnt_error *err) {
  static const char of_all[] = "SELECT log_id, " LNTI_ANSWER_COLUMNS
                               " FROM answers WHERE subject_kind = 1 AND subject_id BETWEEN ? AND ? AND "
                               "+question_id <> 0 ORDER BY subject_id, question_id, slot";
  /* The unary plus keeps to the primary key's order: answers of one question are most of them. */
  static const char of_one[] = "SELECT log_id, " LNTI_ANSWER_COLUMNS
                               " FROM answers WHERE subject_kind = 1 AND subject_id BETWEEN ? AND ? AND "
                               "+question_id = ? ORDER BY subject_id, question_id, slot";
  lnti_walk w;
  lnt_status status = lnti_walk_range(&w, store, question_id ? of_one : of_all, first, last, err);
  if (!status && question_id) lnti_put_int(w.stmt, question_id);
  return lnti_walk_answers(&w, false, status, visit, payload, err);
}

lnt_status lnti_store_remarks(lnti_store *store, int64_t first, int64_t last, lnti_answer_visit visit, void *payload,
                              lnt_error *err) {
  static const char sql[] = "SELECT log_id, " LNTI_ANSWER_COLUMNS
                            " FROM answers WHERE subject_kind = 1 AND subject_id BETWEEN ? AND ? AND "
                            "+question_id = 0 ORDER BY subject_id, question_id, slot";
  lnti_walk w;
  lnt_status status = lnti_walk_range(&w, store, sql, first, last, err);
  return lnti_walk_answers(&w, false, status, visit, payload, err);
}
