/*
 * The change feed: which rows changed, so that what is computed from them can catch up. An import of a million items
 * must not become a million rows of feed, so the rows of one kind and operation that one write touches are joined
 * into a range.
 */
#include <store/internal.h>

#include <base/error.h>
#include <string.h>

static const char *const kind_names[LNTI_CHANGE_KINDS] = {"item", "answer", "ontology", "split", "model", "job"};

static lnt_status flush_one(lnti_tx *tx, lnti_change_kind kind, lnt_error *err) {
  lnti_pending_change *p = &tx->pending[kind];
  lnti_stmt *stmt = NULL;
  if (!p->any) return LNT_OK;
  lnt_status status =
      lnti_db_prepare(&stmt, tx->db, "INSERT INTO changes (op_id, kind, first_id, last_id) VALUES (?, ?, ?, ?)", err);
  if (status) return status;
  if (p->op_id) {
    lnti_put_int(stmt, p->op_id);
  } else {
    lnti_put_null(stmt);
  }
  lnti_put_text(stmt, kind_names[kind]);
  lnti_put_int(stmt, p->first);
  lnti_put_int(stmt, p->last);
  status = lnti_db_run(NULL, NULL, stmt, err);
  if (!status) p->any = false;
  return status;
}

lnt_status lnti_tx_changed(lnti_tx *tx, lnti_change_kind kind, int64_t op_id, int64_t id, lnt_error *err) {
  lnti_pending_change *p = &tx->pending[kind];
  if (op_id == 0) op_id = tx->op_id;
  if (p->any && p->op_id != op_id) {
    lnt_status status = flush_one(tx, kind, err);
    if (status) return status;
  }
  if (!p->any) {
    *p = (lnti_pending_change){op_id, id, id, true};
  } else {
    if (id < p->first) p->first = id;
    if (id > p->last) p->last = id;
  }
  return LNT_OK;
}

lnt_status lnti_tx_flush_changes(lnti_tx *tx, lnt_error *err) {
  lnt_status status = LNT_OK;
  for (int kind = 0; kind < LNTI_CHANGE_KINDS && !status; kind++) {
    status = flush_one(tx, (lnti_change_kind)kind, err);
  }
  return status;
}

lnt_status lnti_store_changes(lnti_store *store, int64_t seq, lnti_change_visit visit, void *payload, lnt_error *err) {
  lnti_walk w;
  lnt_status status = lnti_walk_begin(
      &w, store, "SELECT seq, op_id, kind, first_id, last_id FROM changes WHERE seq > ? ORDER BY seq", err);
  if (!status) lnti_put_int(w.stmt, seq);
  while (lnti_walk_next(&w, &status, err)) {
    lnti_change change = {.seq = lnti_get_int(w.stmt, 0),
                          .op_id = lnti_get_int(w.stmt, 1),
                          .kind = lnti_get_text(w.stmt, 2),
                          .first_id = lnti_get_int(w.stmt, 3),
                          .last_id = lnti_get_int(w.stmt, 4)};
    status = visit(payload, &change, err);
  }
  lnti_walk_end(&w);
  return status;
}
