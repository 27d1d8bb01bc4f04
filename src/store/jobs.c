/*
 * Rows of jobs: flow/job runs them and writes their progress; the store only keeps it, so that a project shows what
 * was going on when a process died.
 */
#include <store/internal.h>

#include <base/error.h>
#include <string.h>

lnt_status lnti_tx_job_begin(lnti_tx *tx, int64_t *id_out, const lnti_job *job, lnt_error *err) {
  lnti_stmt *stmt = NULL;
  int64_t id = 0;
  lnt_status status = lnti_db_prepare(&stmt, tx->db,
                                      "INSERT INTO jobs (kind, state, params_json, started_ms, updated_ms, ended_ms, "
                                      "pid, done, total, error) VALUES (?, 'running', ?, ?, ?, 0, ?, ?, ?, '')",
                                      err);
  if (status) return status;
  lnti_put_text(stmt, lnti_or_empty(job->kind));
  lnti_put_text(stmt, lnti_or_empty(job->params_json));
  lnti_put_int(stmt, (int64_t)job->started_ms);
  lnti_put_int(stmt, (int64_t)(job->updated_ms ? job->updated_ms : job->started_ms));
  lnti_put_int(stmt, job->pid);
  lnti_put_int(stmt, (int64_t)job->done);
  lnti_put_int(stmt, (int64_t)job->total);
  status = lnti_db_insert(&id, NULL, stmt, err);
  if (!status) status = lnti_tx_changed(tx, LNTI_CHANGE_JOB, 0, id, err);
  if (!status) *id_out = id;
  return status;
}

lnt_status lnti_tx_job_update(lnti_tx *tx, const lnti_job *job, lnt_error *err) {
  lnti_stmt *stmt = NULL;
  size_t found = 0;
  lnt_status status = lnti_db_prepare(&stmt, tx->db,
                                      "UPDATE jobs SET state = ?, updated_ms = ?, ended_ms = ?, done = ?, total = ?, "
                                      "error = ? WHERE id = ?",
                                      err);
  if (status) return status;
  lnti_put_text(stmt, lnti_or_empty(job->state));
  lnti_put_int(stmt, (int64_t)job->updated_ms);
  lnti_put_int(stmt, (int64_t)job->ended_ms);
  lnti_put_int(stmt, (int64_t)job->done);
  lnti_put_int(stmt, (int64_t)job->total);
  lnti_put_text(stmt, lnti_or_empty(job->error));
  lnti_put_int(stmt, job->id);
  status = lnti_db_change(&found, stmt, err);
  if (status) return status;
  if (found == 0) return lnti_fail(err, LNT_ENOTFOUND, "no job %lld", (long long)job->id);
  return lnti_tx_changed(tx, LNTI_CHANGE_JOB, 0, job->id, err);
}

static void read_job(lnti_job *out, lnti_stmt *stmt) {
  *out = (lnti_job){.id = lnti_get_int(stmt, 0),
                    .kind = lnti_get_text(stmt, 1),
                    .state = lnti_get_text(stmt, 2),
                    .params_json = lnti_get_text(stmt, 3),
                    .started_ms = (uint64_t)lnti_get_int(stmt, 4),
                    .updated_ms = (uint64_t)lnti_get_int(stmt, 5),
                    .ended_ms = (uint64_t)lnti_get_int(stmt, 6),
                    .pid = lnti_get_int(stmt, 7),
                    .done = (uint64_t)lnti_get_int(stmt, 8),
                    .total = (uint64_t)lnti_get_int(stmt, 9),
                    .error = lnti_get_text(stmt, 10)};
}

#define SELECT_JOBS \
  "SELECT id, kind, state, params_json, started_ms, updated_ms, ended_ms, pid, done, total, error FROM jobs "

lnt_status lnti_store_jobs(lnti_store *store, const char *state, lnti_job_visit visit, void *payload, lnt_error *err) {
  static const char of_all[] = SELECT_JOBS "ORDER BY id", of_one[] = SELECT_JOBS "WHERE state = ? ORDER BY id";
  lnti_walk w;
  lnt_status status = lnti_walk_begin(&w, store, state ? of_one : of_all, err);
  if (!status && state) lnti_put_text(w.stmt, state);
  while (lnti_walk_next(&w, &status, err)) {
    lnti_job job;
    read_job(&job, w.stmt);
    status = visit(payload, &job, err);
  }
  lnti_walk_end(&w);
  return status;
}
