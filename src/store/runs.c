/*
 * Runs: one training each, with what is needed to repeat it. The process number is kept so that a run whose process
 * died can be told from one that still works (reap.c).
 */
#include <store/internal.h>

#include <base/error.h>
#include <unistd.h>

lnt_status lnti_tx_run_begin(lnti_tx *tx, int64_t *id_out, const lnti_run *run, lnt_error *err) {
  lnti_stmt *stmt = NULL;
  lnt_status status = lnti_db_prepare(&stmt, tx->db,
                                      "INSERT INTO runs (target, learner, feature, params_json, seed, started_ms, "
                                      "ended_ms, n_train, data_fingerprint, code_version, cpu, state, result_json, "
                                      "error, pid) VALUES (?, ?, ?, ?, ?, ?, 0, ?, ?, ?, ?, 'running', '', '', ?)",
                                      err);
  if (status) return status;
  lnti_put_text(stmt, lnti_or_empty(run->target));
  lnti_put_text(stmt, lnti_or_empty(run->learner));
  lnti_put_text(stmt, lnti_or_empty(run->feature));
  lnti_put_text(stmt, lnti_or_empty(run->params_json));
  lnti_put_int(stmt, (int64_t)run->seed);
  lnti_put_int(stmt, (int64_t)run->started_ms);
  lnti_put_int(stmt, (int64_t)run->n_train);
  lnti_put_text(stmt, lnti_or_empty(run->data_fingerprint));
  lnti_put_text(stmt, lnti_or_empty(run->code_version));
  lnti_put_text(stmt, lnti_or_empty(run->cpu));
  lnti_put_int(stmt, getpid());
  return lnti_db_insert(id_out, NULL, stmt, err);
}

lnt_status lnti_tx_run_end(lnti_tx *tx, const lnti_run *run, lnt_error *err) {
  lnti_stmt *stmt = NULL;
  bool found = false;
  lnt_status status = lnti_db_prepare(&stmt, tx->db,
                                      "UPDATE runs SET ended_ms = ?, n_train = ?, data_fingerprint = ?, state = ?, "
                                      "result_json = ?, error = ? WHERE id = ?",
                                      err);
  if (status) return status;
  lnti_put_int(stmt, (int64_t)run->ended_ms);
  lnti_put_int(stmt, (int64_t)run->n_train);
  lnti_put_text(stmt, lnti_or_empty(run->data_fingerprint));
  lnti_put_text(stmt, lnti_or_empty(run->state));
  lnti_put_text(stmt, lnti_or_empty(run->result_json));
  lnti_put_text(stmt, lnti_or_empty(run->error));
  lnti_put_int(stmt, run->id);
  status = lnti_db_change(&found, stmt, err);
  if (!status && !found) status = lnti_fail(err, LNT_ENOTFOUND, "no run %lld", (long long)run->id);
  return status;
}
