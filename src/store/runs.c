/*
 * Runs: one training each, with what is needed to repeat it. The process number is kept so that a run whose process
 * died can be told from one that still works (reap.c).
 */
#include <store/internal.h>

#include <base/alloc.h>
#include <base/error.h>
#include <stdlib.h>
#include <unistd.h>

lnt_status lnti_tx_run_begin(lnti_tx *tx, int64_t *id_out, const lnti_run *run, lnt_error *err) {
  lnti_stmt *stmt = NULL;
  lnt_status status = lnti_db_prepare(&stmt, tx->db,
                                      "INSERT INTO runs (target, learner, feature, params_json, seed, started_ms, "
                                      "ended_ms, n_train, data_fingerprint, code_version, cpu, state, result_json, "
                                      "error, pid, split_json) VALUES (?, ?, ?, ?, ?, ?, 0, ?, ?, ?, ?, 'running', "
                                      "'', '', ?, ?)",
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
  lnti_put_text(stmt, lnti_or_empty(run->split_json));
  return lnti_db_insert(id_out, NULL, stmt, err);
}

lnt_status lnti_tx_run_end(lnti_tx *tx, const lnti_run *run, lnt_error *err) {
  lnti_stmt *stmt = NULL;
  size_t found = 0;
  lnt_status status = lnti_db_prepare(&stmt, tx->db,
                                      "UPDATE runs SET ended_ms = ?, n_train = ?, data_fingerprint = ?, state = ?, "
                                      "result_json = ?, error = ?, params_json = COALESCE(NULLIF(?, ''), params_json) "
                                      "WHERE id = ?",
                                      err);
  if (status) return status;
  lnti_put_int(stmt, (int64_t)run->ended_ms);
  lnti_put_int(stmt, (int64_t)run->n_train);
  lnti_put_text(stmt, lnti_or_empty(run->data_fingerprint));
  lnti_put_text(stmt, lnti_or_empty(run->state));
  lnti_put_text(stmt, lnti_or_empty(run->result_json));
  lnti_put_text(stmt, lnti_or_empty(run->error));
  lnti_put_text(stmt, lnti_or_empty(run->params_json));
  lnti_put_int(stmt, run->id);
  status = lnti_db_change(&found, stmt, err);
  if (!status && found == 0) status = lnti_fail(err, LNT_ENOTFOUND, "no run %lld", (long long)run->id);
  return status;
}

/* ---- what a run was trained on ---- */

enum { KEY_BYTES = 8 };

lnt_status lnti_tx_run_content(lnti_tx *tx, int64_t run_id, const uint64_t *keys, size_t n, lnt_error *err) {
  lnti_stmt *stmt = NULL;
  unsigned char *bytes = NULL;
  lnt_status status = lnti_alloc(&bytes, n, KEY_BYTES, err);
  if (status) return status;
  for (size_t i = 0; i < n * KEY_BYTES; i++) bytes[i] = (unsigned char)(keys[i / KEY_BYTES] >> (8 * (i % KEY_BYTES)));
  status = lnti_db_prepare(&stmt, tx->db, "INSERT INTO run_content (run_id, keys) VALUES (?, ?)", err);
  if (!status) {
    lnti_put_int(stmt, run_id);
    lnti_put_blob(stmt, bytes, n * KEY_BYTES);
    status = lnti_db_run(NULL, NULL, stmt, err);
  }
  free(bytes);
  return status;
}

static lnt_status read_keys(uint64_t **keys_out, size_t *n_out, lnti_stmt *stmt, lnt_error *err) {
  uint64_t *keys = NULL;
  size_t n_bytes = 0;
  const unsigned char *bytes = lnti_get_blob(&n_bytes, stmt, 0);
  lnt_status status = lnti_alloc_zero(&keys, n_bytes / KEY_BYTES, sizeof *keys, err);
  if (status) return status;
  for (size_t i = 0; i < n_bytes / KEY_BYTES * KEY_BYTES; i++) {
    keys[i / KEY_BYTES] |= (uint64_t)bytes[i] << (8 * (i % KEY_BYTES));
  }
  *keys_out = keys;
  *n_out = n_bytes / KEY_BYTES;
  return LNT_OK;
}

lnt_status lnti_store_run_content(uint64_t **keys_out, size_t *n_out, lnti_store *store, const char *data_fingerprint,
                                  lnt_error *err) {
  lnti_walk w;
  uint64_t *keys = NULL;
  size_t n = 0;
  lnt_status status =
      lnti_walk_begin(&w, store,
                      "SELECT c.keys FROM run_content c JOIN runs r ON r.id = c.run_id WHERE r.data_fingerprint = ? "
                      "ORDER BY r.id DESC LIMIT 1",
                      err);
  if (!status) lnti_put_text(w.stmt, data_fingerprint);
  if (lnti_walk_next(&w, &status, err)) status = read_keys(&keys, &n, w.stmt, err);
  lnti_walk_end(&w);
  if (status) return status;
  *keys_out = keys;
  *n_out = n;
  return LNT_OK;
}
