/*
 * Operations and splits: one row for each action of a person. The client makes the UUID, so an action sent twice (a
 * lost reply, an import begun again) is found and not made twice.
 */
#include <store/internal.h>

#include <base/alloc.h>
#include <base/error.h>
#include <stdio.h>
#include <stdlib.h>

/* How a job's parameters begin that name the operation. */
#define JOB_OF_OPERATION "{\"operation\":\""

const char *lnti_op_kind_name(lnti_op_kind kind) {
  switch (kind) {
    case LNTI_OP_ONTOLOGY:
      return "ontology";
    case LNTI_OP_IMPORT:
      return "import";
    case LNTI_OP_ANNOTATE:
      return "annotate";
    case LNTI_OP_SPLIT:
      return "split";
    case LNTI_OP_UNDO:
      return "undo";
    case LNTI_OP_RELINK:
      return "relink";
    case LNTI_OP_MIGRATE:
      return "migrate";
    case LNTI_OP_SNAPSHOT:
      return "snapshot";
    case LNTI_OP_PREDICT:
      return "predict";
  }
  return "unknown";
}

static lnt_status find_op(int64_t *id_out, lnti_tx *tx, const lnti_op *op, lnt_error *err) {
  lnti_stmt *stmt = NULL;
  bool found = false;
  lnt_status status = lnti_db_prepare(&stmt, tx->db, "SELECT id FROM operations WHERE uuid = ?", err);
  if (status) return status;
  lnti_put_blob(stmt, op->uuid.bytes, sizeof op->uuid.bytes);
  status = lnti_db_run(id_out, &found, stmt, err);
  if (!status && !found) status = lnti_fail(err, LNT_ECORRUPT, "an operation is there and cannot be found");
  return status;
}

lnt_status lnti_tx_op(lnti_tx *tx, int64_t *id_out, bool *existed_out, const lnti_op *op, lnt_error *err) {
  lnti_stmt *stmt = NULL;
  int64_t id = 0;
  bool added = false;
  lnt_status status = lnti_db_prepare(&stmt, tx->db,
                                      "INSERT INTO operations (uuid, person, time_ms, kind, undoes, note) "
                                      "VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (uuid) DO NOTHING",
                                      err);
  if (status) return status;
  lnti_put_blob(stmt, op->uuid.bytes, sizeof op->uuid.bytes);
  lnti_put_text(stmt, lnti_or_empty(op->person));
  lnti_put_int(stmt, (int64_t)op->time_ms);
  lnti_put_int(stmt, op->kind);
  if (op->undoes) {
    lnti_put_int(stmt, op->undoes);
  } else {
    lnti_put_null(stmt);
  }
  lnti_put_text(stmt, lnti_or_empty(op->note));
  status = lnti_db_insert(&id, &added, stmt, err);
  if (!status && !added) status = find_op(&id, tx, op, err);
  if (status) return status;
  *id_out = tx->op_id = id;
  if (existed_out) *existed_out = !added;
  return LNT_OK;
}

lnt_status lnti_store_unfinished(int64_t **out, size_t *n_out, lnti_store *store, lnti_op_kind kind, const char *note,
                                 lnt_error *err) {
  static const char sql[] =
      "WITH attempts (id, state) AS (SELECT o.id, j.state FROM operations o JOIN jobs j "
      "ON j.params_json = '" JOB_OF_OPERATION
      "' || lower(hex(o.uuid)) || '\"}' WHERE o.kind = ? AND o.note = ?) "
      "SELECT DISTINCT id FROM attempts WHERE id > (SELECT COALESCE(MAX(id), 0) FROM attempts WHERE state = 'done') "
      "ORDER BY id";
  lnti_walk w;
  int64_t *ids = NULL;
  size_t n = 0, capacity = 0;
  lnt_status status = lnti_walk_begin(&w, store, sql, err);
  if (!status) {
    lnti_put_int(w.stmt, kind);
    lnti_put_text(w.stmt, note);
  }
  while (lnti_walk_next(&w, &status, err)) {
    status = lnti_grow(&ids, &capacity, n + 1, sizeof *ids, err);
    if (!status) ids[n++] = lnti_get_int(w.stmt, 0);
  }
  lnti_walk_end(&w);
  if (status) {
    free(ids);
    return status;
  }
  *out = ids;
  *n_out = n;
  return LNT_OK;
}

void lnti_job_of_op(char out[static LNTI_JOB_OF_OP_MAX], const lnti_op *op) {
  int n = snprintf(out, LNTI_JOB_OF_OP_MAX, "%s", JOB_OF_OPERATION);
  for (size_t i = 0; i < sizeof op->uuid.bytes; i++, n += 2) {
    snprintf(out + n, LNTI_JOB_OF_OP_MAX - (size_t)n, "%02x", op->uuid.bytes[i]);
  }
  snprintf(out + n, LNTI_JOB_OF_OP_MAX - (size_t)n, "\"}");
}

lnt_status lnti_tx_split(lnti_tx *tx, int64_t *id_out, const lnti_split_row *split, lnt_error *err) {
  lnti_stmt *stmt = NULL;
  int64_t id = 0;
  lnt_status status =
      lnti_db_prepare(&stmt, tx->db, "INSERT INTO splits (op_id, method, seed, params_json) VALUES (?, ?, ?, ?)", err);
  if (status) return status;
  lnti_put_int(stmt, split->op_id);
  lnti_put_text(stmt, lnti_or_empty(split->method));
  lnti_put_int(stmt, (int64_t)split->seed);
  lnti_put_text(stmt, lnti_or_empty(split->params_json));
  status = lnti_db_insert(&id, NULL, stmt, err);
  if (!status) status = lnti_tx_changed(tx, LNTI_CHANGE_SPLIT, split->op_id, id, err);
  if (!status) *id_out = id;
  return status;
}

lnt_status lnti_store_split(lnti_store *store, lnti_split_visit visit, void *payload, lnt_error *err) {
  lnti_walk w;
  lnt_status status = lnti_walk_begin(
      &w, store, "SELECT id, op_id, method, seed, params_json FROM splits ORDER BY id DESC LIMIT 1", err);
  if (lnti_walk_next(&w, &status, err)) {
    lnti_split_row split = {.id = lnti_get_int(w.stmt, 0),
                            .op_id = lnti_get_int(w.stmt, 1),
                            .method = lnti_get_text(w.stmt, 2),
                            .seed = (uint64_t)lnti_get_int(w.stmt, 3),
                            .params_json = lnti_get_text(w.stmt, 4)};
    status = visit(payload, &split, err);
  }
  lnti_walk_end(&w);
  return status;
}
