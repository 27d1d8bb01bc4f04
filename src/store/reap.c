/*
 * After a crash: jobs and runs that call themselves running while their process is gone are marked as interrupted.
 * Who is alive is asked of the caller, outside the transaction.
 */
#include <store/internal.h>

#include <base/alloc.h>
#include <base/error.h>
#include <stdlib.h>

typedef struct dead_row {
  bool is_job;
  int64_t id;
} dead_row;

typedef struct reaping {
  dead_row *rows;
  size_t n, capacity, n_marked;
  uint64_t now_ms;
} reaping;

static lnt_status find_dead(reaping *r, lnti_db *db, lnti_pid_alive alive, void *payload, lnt_error *err) {
  lnti_stmt *stmt = NULL;
  bool row = false;
  lnt_status status = lnti_db_prepare(&stmt, db,
                                      "SELECT 1, id, pid FROM jobs WHERE state = 'running' UNION ALL "
                                      "SELECT 0, id, pid FROM runs WHERE state = 'running'",
                                      err);
  if (status) return status;
  while (!(status = lnti_db_step(&row, stmt, err)) && row) {
    dead_row dead = {lnti_get_int(stmt, 0) == 1, lnti_get_int(stmt, 1)};
    if (alive(payload, lnti_get_int(stmt, 2))) continue;
    status = lnti_grow(&r->rows, &r->capacity, r->n + 1, sizeof *r->rows, err);
    if (status) break;
    r->rows[r->n++] = dead;
  }
  lnti_db_reset(stmt);
  return status;
}

/* Only what still calls itself running: its process may have ended it in the meantime. */
static lnt_status mark(void *payload, lnti_tx *tx, lnt_error *err) {
  reaping *r = payload;
  lnt_status status = LNT_OK;
  r->n_marked = 0;
  for (size_t i = 0; i < r->n && !status; i++) {
    lnti_stmt *stmt = NULL;
    size_t found = 0;
    bool is_job = r->rows[i].is_job;
    status = lnti_db_prepare(&stmt, tx->db,
                             is_job ? "UPDATE jobs SET state = 'interrupted', ended_ms = ?, "
                                      "error = 'its process ended before it did' "
                                      "WHERE id = ? AND state = 'running'"
                                    : "UPDATE runs SET state = 'interrupted', ended_ms = ?, "
                                      "error = 'its process ended before it did' "
                                      "WHERE id = ? AND state = 'running'",
                             err);
    if (status) return status;
    lnti_put_int(stmt, (int64_t)r->now_ms);
    lnti_put_int(stmt, r->rows[i].id);
    status = lnti_db_change(&found, stmt, err);
    if (!status && found > 0) r->n_marked++;
    if (!status && found > 0 && is_job) status = lnti_tx_changed(tx, LNTI_CHANGE_JOB, 0, r->rows[i].id, err);
  }
  return status;
}

lnt_status lnti_store_reap(lnti_store *store, size_t *n_out, lnti_pid_alive alive, void *payload, uint64_t now_ms,
                           lnt_error *err) {
  reaping r = {.now_ms = now_ms};
  lnti_db *db = NULL;
  lnt_status status = lnti_reader_take(&db, store, err);
  if (!status) status = find_dead(&r, db, alive, payload, err);
  lnti_reader_give(store, db);
  if (!status && r.n) status = lnti_store_write(store, mark, &r, err);
  if (!status) *n_out = r.n_marked;
  free(r.rows);
  return status;
}
