/*
 * Changed questions and options into their tables. What they were is copied first, into rows of the same columns under the
 * operation, so that it can be put back without any knowledge of what the change meant (ontology_back.c). Only rows that the
 * change touched are written: a name is one row, however many answers hang on it.
 *
 * Two rows may exchange their keys: all that change theirs get one first that nobody can have, with a '/'.
 */
#include <store/internal.h>

#include <base/error.h>
#include <math.h>
#include <string.h>

lnt_status lnti_db_run_ints(lnti_db *db, const char *sql, const int64_t *values, size_t n, lnt_error *err) {
  lnti_stmt *stmt = NULL;
  lnt_status status = lnti_db_prepare(&stmt, db, sql, err);
  if (status) return status;
  for (size_t i = 0; i < n; i++) lnti_put_int(stmt, values[i]);
  return lnti_db_run(NULL, NULL, stmt, err);
}

static lnt_status read_max(int64_t *out, lnti_db *db, const char *sql, lnt_error *err) {
  lnti_stmt *stmt = NULL;
  lnt_status status = lnti_db_prepare(&stmt, db, sql, err);
  return status ? status : lnti_db_run(out, NULL, stmt, err);
}

lnt_status lnti_tx_ontology_read(lnti_tx *tx, lnti_ontology **out, int64_t *last_question_out, int64_t *last_option_out,
                                 lnt_error *err) {
  lnt_status status = read_max(last_question_out, tx->db, "SELECT COALESCE(MAX(id), 0) FROM questions", err);
  if (!status) status = read_max(last_option_out, tx->db, "SELECT COALESCE(MAX(id), 0) FROM options", err);
  return status ? status : lnti_ontology_load(out, tx->db, err);
}

lnt_status lnti_tx_ontology_is_current(lnti_tx *tx, const lnti_ontology *ontology, lnt_error *err) {
  int64_t migrated = 0;
  lnt_status status = read_max(&migrated, tx->db, "SELECT migrated FROM ontology WHERE id = 1", err);
  if (status || migrated == ontology->migrated) return status;
  return lnti_fail(err, LNT_ECONFLICT,
                   "the ontology was changed by operation %lld since it was read here: run the command again",
                   (long long)migrated);
}

/* ---- what it was ---- */

static lnt_status keep_row(lnti_tx *tx, const lnti_touched *t, int64_t op_id, int64_t id, lnt_error *err) {
  static const char question[] = "INSERT INTO question_log (op_id, id, " LNTI_QUESTION_FIELDS
                                 ") SELECT ?, id, " LNTI_QUESTION_FIELDS " FROM questions WHERE id = ?";
  static const char option[] = "INSERT INTO option_log (op_id, id, " LNTI_OPTION_FIELDS
                               ") SELECT ?, id, " LNTI_OPTION_FIELDS " FROM options WHERE id = ?";
  static const char new_question[] =
      "INSERT INTO question_log (op_id, id, " LNTI_QUESTION_FIELDS
      ") SELECT ?, id, parent_option_id, position, key, title, description, type, level, required, leaf_only, min, max, "
      "step, unit, max_length, 1 FROM questions WHERE id = ?";
  static const char new_option[] =
      "INSERT INTO option_log (op_id, id, " LNTI_OPTION_FIELDS
      ") SELECT ?, id, question_id, parent_id, position, key, title, description, hotkey, color, code, retired, 1 "
      "FROM options WHERE id = ?";
  static const char texts[] =
      "INSERT INTO option_text_log (op_id, option_id, kind, position, text) "
      "SELECT ?, option_id, kind, position, text FROM option_texts WHERE option_id = ?";
  const int64_t values[] = {op_id, id};
  if (t->is_question) return lnti_db_run_ints(tx->db, t->added ? new_question : question, values, 2, err);
  lnt_status status = lnti_db_run_ints(tx->db, t->added ? new_option : option, values, 2, err);
  return status ? status : lnti_db_run_ints(tx->db, texts, values, 2, err);
}

static int64_t id_of(const lnti_ontology_changes *c, const lnti_touched *t) {
  return t->is_question ? c->ontology->questions[t->index].id : c->ontology->options[t->index].id;
}

/* What is gone makes way, too: something new may be called so. */
static bool changes_key(const lnti_ontology_changes *c, const lnti_touched *t) {
  if (t->is_question) {
    const lnti_question *now = &c->ontology->questions[t->index];
    return now->gone || strcmp(now->key, t->question.key) != 0 || now->parent_option != t->question.parent_option;
  }
  const lnti_option *now = &c->ontology->options[t->index];
  return now->gone || strcmp(now->key, t->option.key) != 0 || now->parent != t->option.parent;
}

static lnt_status keep_rows(lnti_tx *tx, const lnti_ontology_changes *c, int64_t op_id, lnt_error *err) {
  lnt_status status = LNT_OK;
  for (size_t i = 0; i < c->n_touched && !status; i++) {
    const lnti_touched *t = &c->touched[i];
    int64_t id = id_of(c, t);
    if (t->added) continue;
    status = keep_row(tx, t, op_id, id, err);
    if (status || !changes_key(c, t)) continue;
    status = lnti_db_run_ints(tx->db,
                              t->is_question ? "UPDATE questions SET key = '/' || id WHERE id = ?"
                                             : "UPDATE options SET key = '/' || id WHERE id = ?",
                              &id, 1, err);
  }
  return status;
}

/* ---- what it is ---- */

static void put_id_or_null(lnti_stmt *stmt, int64_t id) {
  if (id) {
    lnti_put_int(stmt, id);
  } else {
    lnti_put_null(stmt);
  }
}

static void put_finite(lnti_stmt *stmt, double value) {
  lnti_put_real(stmt, isfinite(value) ? value : (double)NAN);
}

static lnt_status write_question(lnti_tx *tx, const lnti_ontology *o, const lnti_question *q, lnt_error *err) {
  static const char sql[] =
      "UPDATE questions SET (" LNTI_QUESTION_FIELDS ") = (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) WHERE id = ?";
  lnti_stmt *stmt = NULL;
  lnt_status status = lnti_db_prepare(&stmt, tx->db, sql, err);
  if (status) return status;
  put_id_or_null(stmt, q->parent_option == LNTI_NONE ? 0 : o->options[q->parent_option].id);
  lnti_put_int(stmt, q->position);
  lnti_put_text(stmt, q->key);
  lnti_put_text(stmt, q->title);
  lnti_put_text(stmt, q->description);
  lnti_put_int(stmt, q->type);
  lnti_put_int(stmt, q->level);
  lnti_put_int(stmt, q->required);
  lnti_put_int(stmt, q->leaf_only);
  put_finite(stmt, q->min);
  put_finite(stmt, q->max);
  put_finite(stmt, q->step > 0 ? q->step : (double)NAN);
  lnti_put_text(stmt, q->unit);
  put_id_or_null(stmt, (int64_t)q->max_length);
  lnti_put_int(stmt, q->gone);
  lnti_put_int(stmt, q->id);
  return lnti_db_run(NULL, NULL, stmt, err);
}

static lnt_status write_words(lnti_tx *tx, int64_t option_id, int64_t kind, const char *const *words, lnt_error *err) {
  lnt_status status = LNT_OK;
  for (int64_t i = 0; words && words[i] && !status; i++) {
    lnti_stmt *stmt = NULL;
    status = lnti_db_prepare(&stmt, tx->db,
                             "INSERT INTO option_texts (option_id, kind, position, text) VALUES (?, ?, ?, ?)", err);
    if (status) return status;
    lnti_put_int(stmt, option_id);
    lnti_put_int(stmt, kind);
    lnti_put_int(stmt, i);
    lnti_put_text(stmt, words[i]);
    status = lnti_db_run(NULL, NULL, stmt, err);
  }
  return status;
}

static lnt_status write_option(lnti_tx *tx, const lnti_ontology *ontology, const lnti_option *o, bool words,
                               lnt_error *err) {
  static const char sql[] =
      "UPDATE options SET (" LNTI_OPTION_FIELDS ") = (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) WHERE id = ?";
  lnti_stmt *stmt = NULL;
  lnt_status status = lnti_db_prepare(&stmt, tx->db, sql, err);
  if (status) return status;
  lnti_put_int(stmt, ontology->questions[o->question].id);
  put_id_or_null(stmt, o->parent == LNTI_NONE ? 0 : ontology->options[o->parent].id);
  lnti_put_int(stmt, o->position);
  lnti_put_text(stmt, o->key);
  lnti_put_text(stmt, o->title);
  lnti_put_text(stmt, o->description);
  lnti_put_text(stmt, o->hotkey);
  lnti_put_text(stmt, o->color);
  lnti_put_text(stmt, o->code);
  lnti_put_int(stmt, o->retired);
  lnti_put_int(stmt, o->gone);
  lnti_put_int(stmt, o->id);
  status = lnti_db_run(NULL, NULL, stmt, err);
  if (status || !words) return status;
  status = lnti_db_run_ints(tx->db, "DELETE FROM option_texts WHERE option_id = ?", &o->id, 1, err);
  if (!status) status = write_words(tx, o->id, 1, o->aliases, err);
  return status ? status : write_words(tx, o->id, 2, o->examples, err);
}

/* What is new is written by lnti_tx_ontology already; of what is new and gone there is no row. */
static lnt_status write_row(lnti_tx *tx, const lnti_ontology_changes *c, const lnti_touched *t, int64_t op_id,
                            lnt_error *err) {
  const lnti_ontology *o = c->ontology;
  int64_t id = id_of(c, t);
  lnt_status status = LNT_OK;
  if (t->added) return id ? keep_row(tx, t, op_id, id, err) : LNT_OK;
  if (t->is_question) {
    status = write_question(tx, o, &o->questions[t->index], err);
  } else {
    const lnti_option *now = &o->options[t->index];
    status = write_option(tx, o, now, now->aliases != t->option.aliases || now->examples != t->option.examples, err);
    id = o->questions[now->question].id;
  }
  return status ? status : lnti_tx_changed(tx, LNTI_CHANGE_ONTOLOGY, op_id, id, err);
}

/* Which option another became: what an older model says of it still means something. */
static lnt_status write_merges(lnti_tx *tx, const lnti_ontology_changes *c, int64_t op_id, lnt_error *err) {
  lnt_status status = LNT_OK;
  for (size_t i = 0; i < c->n_steps; i++) {
    const lnti_answer_step *step = &c->steps[i];
    for (size_t f = 0; step->kind == LNTI_STEP_MERGE && f < step->n_from && !status; f++) {
      const int64_t values[] = {op_id, c->ontology->options[step->from[f]].id, c->ontology->options[step->to].id};
      if (!values[1] || !values[2]) continue; /* made and gone within this migration */
      status =
          lnti_db_run_ints(tx->db, "INSERT INTO option_merges (op_id, id, into_id) VALUES (?, ?, ?)", values, 3, err);
    }
  }
  return status;
}

static lnt_status keep_head(lnti_tx *tx, int64_t op_id, const char *changes_json, lnt_error *err) {
  static const char sql[] =
      "INSERT INTO migrations (op_id, version_before, version_after, screen, changes) "
      "SELECT ?, version, version + 1, screen, ? FROM ontology WHERE id = 1";
  lnti_stmt *stmt = NULL;
  lnt_status status = lnti_db_prepare(&stmt, tx->db, sql, err);
  if (status) return status;
  lnti_put_int(stmt, op_id);
  lnti_put_text(stmt, changes_json);
  return lnti_db_run(NULL, NULL, stmt, err);
}

static lnt_status write_head(lnti_tx *tx, const lnti_ontology_changes *c, int64_t before, int64_t op_id,
                             lnt_error *err) {
  const int64_t after = before + 1, head[] = {after, op_id};
  lnt_status status =
      lnti_db_run_ints(tx->db, "UPDATE ontology SET version = ?, migrated = ? WHERE id = 1", head, 2, err);
  if (status) return status;
  c->ontology->version = after;
  c->ontology->migrated = op_id;
  return lnti_tx_changed(tx, LNTI_CHANGE_ONTOLOGY, op_id, 0, err);
}

lnt_status lnti_tx_ontology_change(lnti_tx *tx, const lnti_ontology_changes *c, int64_t op_id, const char *changes_json,
                                   lnt_error *err) {
  int64_t before = c->ontology->version;
  lnt_status status = keep_head(tx, op_id, changes_json, err);
  if (!status) status = keep_rows(tx, c, op_id, err);
  if (!status) status = lnti_tx_ontology(tx, c->ontology, op_id, err);
  for (size_t i = 0; i < c->n_touched && !status; i++) status = write_row(tx, c, &c->touched[i], op_id, err);
  if (!status) status = write_merges(tx, c, op_id, err);
  return status ? status : write_head(tx, c, before, op_id, err);
}
