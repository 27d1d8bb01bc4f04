/*
 * The numbers of `linnet status`, all of one snapshot.
 */
#include <store/internal.h>

#include <base/alloc.h>
#include <stdlib.h>

static lnt_status count_one(size_t *out, lnti_db *db, const char *sql, lnt_error *err) {
  lnti_stmt *stmt = NULL;
  int64_t n = 0;
  lnt_status status = lnti_db_prepare(&stmt, db, sql, err);
  if (!status) status = lnti_db_run(&n, NULL, stmt, err);
  if (!status) *out = (size_t)n;
  return status;
}

static lnt_status count_splits(lnti_store_counts *out, lnti_db *db, lnt_error *err) {
  lnti_stmt *stmt = NULL;
  bool row = false;
  size_t capacity = 0;
  lnt_status status =
      lnti_db_prepare(&stmt, db, "SELECT split, COUNT(*) FROM items GROUP BY split ORDER BY split", err);
  if (status) return status;
  while (!(status = lnti_db_step(&row, stmt, err)) && row) {
    char *name = NULL;
    status = lnti_grow(&out->splits, &capacity, out->n_splits + 1, sizeof *out->splits, err);
    if (!status) status = lnti_strdup(&name, lnti_get_text(stmt, 0), err);
    if (status) break;
    out->splits[out->n_splits++] = (lnti_count){name, (size_t)lnti_get_int(stmt, 1)};
  }
  lnti_db_reset(stmt);
  return status;
}

lnt_status lnti_store_counts_read(lnti_store_counts *out, lnti_store *store, lnt_error *err) {
  lnti_store_counts counts = {0};
  lnti_db *db = NULL;
  lnt_status status = lnti_reader_take(&db, store, err);
  if (!status) status = lnti_db_begin(db, false, err);
  if (!status) status = count_one(&counts.items, db, "SELECT COUNT(*) FROM items", err);
  if (!status) {
    status =
        count_one(&counts.labelled, db,
                  "SELECT COUNT(DISTINCT subject_id) FROM answers WHERE subject_kind = 1 AND question_id <> 0", err);
  }
  if (!status) status = count_one(&counts.answers, db, "SELECT COUNT(*) FROM answers WHERE question_id <> 0", err);
  if (!status) status = count_one(&counts.operations, db, "SELECT COUNT(*) FROM operations", err);
  if (!status) status = count_one(&counts.runs, db, "SELECT COUNT(*) FROM runs", err);
  if (!status) status = count_one(&counts.models, db, "SELECT COUNT(*) FROM models", err);
  if (!status) status = count_splits(&counts, db, err);
  lnti_reader_give(store, db);
  if (status) {
    lnti_store_counts_clear(&counts);
    return status;
  }
  *out = counts;
  return LNT_OK;
}

void lnti_store_counts_clear(lnti_store_counts *counts) {
  for (size_t i = 0; i < counts->n_splits; i++) free(counts->splits[i].name);
  free(counts->splits);
  *counts = (lnti_store_counts){0};
}
