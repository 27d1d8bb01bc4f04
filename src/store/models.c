/*
 * Models: a name, a file below the project, and the run that made it. Ids are never used twice, since the change feed
 * names them.
 */
#include <store/internal.h>

#include <base/alloc.h>
#include <base/error.h>
#include <string.h>

lnt_status lnti_tx_model(lnti_tx *tx, int64_t *id_out, const lnti_model_row *model, lnt_error *err) {
  lnti_stmt *stmt = NULL;
  int64_t id = 0;
  lnt_status status =
      lnti_db_prepare(&stmt, tx->db,
                      "INSERT INTO models (run_id, name, file, content, bytes, created_ms) VALUES (?, ?, ?, ?, ?, ?) "
                      "ON CONFLICT (name) DO UPDATE SET run_id = excluded.run_id, file = excluded.file, "
                      "content = excluded.content, bytes = excluded.bytes, created_ms = excluded.created_ms "
                      "RETURNING id",
                      err);
  if (status) return status;
  lnti_put_int(stmt, model->run_id);
  lnti_put_text(stmt, model->name);
  lnti_put_text(stmt, lnti_or_empty(model->file));
  lnti_put_blob(stmt, model->content.bytes, sizeof model->content.bytes);
  lnti_put_int(stmt, (int64_t)model->bytes);
  lnti_put_int(stmt, (int64_t)model->created_ms);
  status = lnti_db_run(&id, NULL, stmt, err);
  if (!status) status = lnti_tx_changed(tx, LNTI_CHANGE_MODEL, 0, id, err);
  if (!status) *id_out = id;
  return status;
}

/* "models/" and a plain name: what is joined to the project's path and opened or removed. */
static bool is_model_file(const char *file) {
  static const char folder[] = "models/";
  const char *name = file + sizeof folder - 1;
  return strncmp(file, folder, sizeof folder - 1) == 0 && *name && *name != '.' && !strchr(name, '/');
}

static lnt_status fail_file(const char *name, const char *file, lnt_error *err) {
  return lnti_fail(err, LNT_ECORRUPT, "model \"%.100s\": its row names \"%.100s\", which is no file of models/", name,
                   file);
}

lnt_status lnti_tx_model_file(lnti_tx *tx, char **file_out, const char *name, lnt_error *err) {
  lnti_stmt *stmt = NULL;
  char *file = NULL;
  bool row = false;
  lnt_status status = lnti_db_prepare(&stmt, tx->db, "SELECT file FROM models WHERE name = ?", err);
  if (status) return status;
  lnti_put_text(stmt, name);
  status = lnti_db_step(&row, stmt, err);
  if (!status && row) {
    const char *text = lnti_get_text(stmt, 0);
    status = is_model_file(text) ? lnti_strdup(&file, text, err) : fail_file(name, text, err);
  }
  lnti_db_reset(stmt);
  if (!status) *file_out = file;
  return status;
}

lnt_status lnti_tx_model_remove(lnti_tx *tx, const char *name, lnt_error *err) {
  lnti_stmt *stmt = NULL;
  int64_t id = 0;
  bool found = false;
  lnt_status status = lnti_db_prepare(&stmt, tx->db, "DELETE FROM models WHERE name = ? RETURNING id", err);
  if (status) return status;
  lnti_put_text(stmt, name);
  status = lnti_db_run(&id, &found, stmt, err);
  if (status) return status;
  if (!found) return lnti_fail(err, LNT_ENOTFOUND, "no model \"%s\"", name);
  status = lnti_tx_set_remove(tx, &found, LNTI_SET_PREDICTIONS, name, err); /* they go with it */
  if (status) return status;
  return lnti_tx_changed(tx, LNTI_CHANGE_MODEL, 0, id, err);
}

static lnt_status read_model(lnti_model_row *out, lnti_stmt *stmt, lnt_error *err) {
  lnti_model_row model = {.id = lnti_get_int(stmt, 0),
                          .run_id = lnti_get_int(stmt, 1),
                          .name = lnti_get_text(stmt, 2),
                          .file = lnti_get_text(stmt, 3)};
  if (!lnti_get_bytes(model.content.bytes, sizeof model.content.bytes, stmt, 4)) {
    return lnti_fail(err, LNT_ECORRUPT, "model \"%s\": its row is damaged: run 'linnet verify'", model.name);
  }
  if (!is_model_file(model.file)) return fail_file(model.name, model.file, err);
  model.bytes = (uint64_t)lnti_get_int(stmt, 5);
  model.created_ms = (uint64_t)lnti_get_int(stmt, 6);
  model.target = lnti_get_text(stmt, 7);
  model.learner = lnti_get_text(stmt, 8);
  model.feature = lnti_get_text(stmt, 9);
  model.n_train = (size_t)lnti_get_int(stmt, 10);
  model.result_json = lnti_get_text(stmt, 11);
  model.split_json = lnti_get_text(stmt, 12);
  *out = model;
  return LNT_OK;
}

#define SELECT_MODELS                                                                                         \
  "SELECT m.id, m.run_id, m.name, m.file, m.content, m.bytes, m.created_ms, r.target, r.learner, r.feature, " \
  "r.n_train, r.result_json, r.split_json FROM models m JOIN runs r ON r.id = m.run_id "

lnt_status lnti_store_models(lnti_store *store, const char *name, lnti_model_visit visit, void *payload,
                             lnt_error *err) {
  static const char of_all[] = SELECT_MODELS "ORDER BY m.name", of_one[] = SELECT_MODELS "WHERE m.name = ?";
  lnti_walk w;
  lnt_status status = lnti_walk_begin(&w, store, name ? of_one : of_all, err);
  if (!status && name) lnti_put_text(w.stmt, name);
  while (lnti_walk_next(&w, &status, err)) {
    lnti_model_row model;
    status = read_model(&model, w.stmt, err);
    if (!status) status = visit(payload, &model, err);
  }
  lnti_walk_end(&w);
  return status;
}
