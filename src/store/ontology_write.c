/*
 * New questions and options into their tables, drafts left out. What has an id is there already and stays as it is; changing
 * it is for logged migrations of the ontology. The version must be the stored one: whoever works on an older ontology is told.
 * Ids are kept aside and given to the ontology when all rows are in, so that a failure leaves it as it was.
 *
 * Ids rise in document order, and drafts have theirs set aside: so the order of what an import stores does not depend on
 * which of its images were read first. An id is the row's position, too: what is new stands behind what is there.
 */
#include <store/internal.h>

#include <base/alloc.h>
#include <base/error.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct adding {
  lnti_tx *tx;
  lnti_ontology *ontology;
  int64_t op_id;
  int64_t *question_ids, *option_ids; /* by index: as they will be */
  int64_t last_question, last_option; /* ids that are taken */
  lnti_text screen, stored_screen;    /* what the label screen shows: as it will be, as it is */
  bool changed;
  lnt_error *err;
} adding;

static void put_id_or_null(lnti_stmt *stmt, int64_t id) {
  if (id) {
    lnti_put_int(stmt, id);
  } else {
    lnti_put_null(stmt);
  }
}

static void put_finite(lnti_stmt *stmt, double value) {
  lnti_put_real(stmt, isfinite(value) ? value : NAN);
}

static lnt_status insert_question(adding *a, size_t index) {
  const lnti_question *q = &a->ontology->questions[index];
  lnti_stmt *stmt = NULL;
  lnt_status status = lnti_db_prepare(
      &stmt, a->tx->db,
      "INSERT INTO questions (id, op_id, parent_option_id, position, key, title, description, type, level, "
      "required, leaf_only, min, max, step, unit, max_length) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      a->err);
  if (status) return status;
  lnti_put_int(stmt, a->question_ids[index]);
  lnti_put_int(stmt, a->op_id);
  put_id_or_null(stmt, q->parent_option == LNTI_NONE ? 0 : a->option_ids[q->parent_option]);
  lnti_put_int(stmt, q->position ? q->position : a->question_ids[index]);
  lnti_put_text(stmt, q->key);
  lnti_put_text(stmt, q->title);
  lnti_put_text(stmt, q->description);
  lnti_put_int(stmt, q->type);
  lnti_put_int(stmt, q->level);
  lnti_put_int(stmt, q->required);
  lnti_put_int(stmt, q->leaf_only);
  put_finite(stmt, q->min);
  put_finite(stmt, q->max);
  put_finite(stmt, q->step > 0 ? q->step : NAN);
  lnti_put_text(stmt, q->unit);
  put_id_or_null(stmt, (int64_t)q->max_length);
  status = lnti_db_insert(&a->question_ids[index], NULL, stmt, a->err);
  if (!status) status = lnti_tx_changed(a->tx, LNTI_CHANGE_ONTOLOGY, a->op_id, a->question_ids[index], a->err);
  a->changed = true;
  return status;
}

static lnt_status insert_words(adding *a, int64_t option_id, int kind, const char *const *words) {
  lnt_status status = LNT_OK;
  for (int64_t i = 0; words && words[i] && !status; i++) {
    lnti_stmt *stmt = NULL;
    status = lnti_db_prepare(&stmt, a->tx->db,
                             "INSERT INTO option_texts (option_id, kind, position, text) VALUES (?, ?, ?, ?)", a->err);
    if (status) return status;
    lnti_put_int(stmt, option_id);
    lnti_put_int(stmt, kind);
    lnti_put_int(stmt, i);
    lnti_put_text(stmt, words[i]);
    status = lnti_db_run(NULL, NULL, stmt, a->err);
  }
  return status;
}

static lnt_status insert_option(adding *a, size_t index) {
  const lnti_option *o = &a->ontology->options[index];
  int64_t question_id = a->question_ids[o->question];
  lnti_stmt *stmt = NULL;
  lnti_question_type type = a->ontology->questions[o->question].type;
  if (!lnti_question_type_has_options(type)) {
    return lnti_fail(a->err, LNT_EINVAL, "the option \"%.200s\" hangs on \"%.200s\", a %s: %ss have no options",
                     o->title, a->ontology->questions[o->question].title, lnti_question_type_name(type),
                     lnti_question_type_name(type));
  }
  lnt_status status = lnti_db_prepare(
      &stmt, a->tx->db,
      "INSERT INTO options (id, op_id, question_id, parent_id, position, key, title, description, hotkey, "
      "color, code, retired) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      a->err);
  if (status) return status;
  lnti_put_int(stmt, a->option_ids[index]);
  lnti_put_int(stmt, a->op_id);
  lnti_put_int(stmt, question_id);
  put_id_or_null(stmt, o->parent == LNTI_NONE ? 0 : a->option_ids[o->parent]);
  lnti_put_int(stmt, o->position ? o->position : a->option_ids[index]);
  lnti_put_text(stmt, o->key);
  lnti_put_text(stmt, o->title);
  lnti_put_text(stmt, o->description);
  lnti_put_text(stmt, o->hotkey);
  lnti_put_text(stmt, o->color);
  lnti_put_text(stmt, o->code);
  lnti_put_int(stmt, o->retired);
  status = lnti_db_insert(&a->option_ids[index], NULL, stmt, a->err);
  if (!status) status = insert_words(a, a->option_ids[index], 1, o->aliases);
  if (!status) status = insert_words(a, a->option_ids[index], 2, o->examples);
  if (!status) status = lnti_tx_changed(a->tx, LNTI_CHANGE_ONTOLOGY, a->op_id, question_id, a->err);
  a->changed = true;
  return status;
}

/* ---- ids ---- */

static lnt_status last_id(int64_t *out, const adding *a, const char *sql) {
  lnti_stmt *stmt = NULL;
  bool row = false;
  lnt_status status = lnti_db_prepare(&stmt, a->tx->db, sql, a->err);
  if (!status) status = lnti_db_step(&row, stmt, a->err);
  if (!status && row) *out = lnti_get_int(stmt, 0);
  if (stmt) lnti_db_reset(stmt);
  return status;
}

static void reserve_questions(adding *a, size_t first);

static void reserve_options(adding *a, size_t first) {
  for (size_t i = first; i != LNTI_NONE; i = a->ontology->options[i].next_sibling) {
    lnti_option *o = &a->ontology->options[i];
    if (!o->id && !o->next_id) o->next_id = ++a->last_option;
    a->option_ids[i] = o->id ? o->id : o->next_id;
    reserve_questions(a, o->first_attribute);
    reserve_options(a, o->first_child);
  }
}

static void reserve_questions(adding *a, size_t first) {
  for (size_t i = first; i != LNTI_NONE; i = a->ontology->questions[i].next_sibling) {
    lnti_question *q = &a->ontology->questions[i];
    if (!q->id && !q->next_id) q->next_id = ++a->last_question;
    a->question_ids[i] = q->id ? q->id : q->next_id;
    reserve_options(a, q->first_option);
  }
}

/* Those that are set aside already are behind all that are stored: the version says that nobody else has added any. */
static lnt_status reserve_ids(adding *a) {
  const lnti_ontology *o = a->ontology;
  lnt_status status = last_id(&a->last_question, a, "SELECT COALESCE(MAX(id), 0) FROM questions");
  if (!status) status = last_id(&a->last_option, a, "SELECT COALESCE(MAX(id), 0) FROM options");
  if (status) return status;
  for (size_t i = 0; i < o->n_questions; i++) {
    if (o->questions[i].next_id > a->last_question) a->last_question = o->questions[i].next_id;
  }
  for (size_t i = 0; i < o->n_options; i++) {
    if (o->options[i].next_id > a->last_option) a->last_option = o->options[i].next_id;
  }
  reserve_questions(a, o->first_question);
  return LNT_OK;
}

/* ---- the walk: parents before children ---- */

static lnt_status add_questions(adding *a, size_t first);

static lnt_status add_options(adding *a, size_t first) {
  lnt_status status = LNT_OK;
  for (size_t i = first; i != LNTI_NONE && !status; i = a->ontology->options[i].next_sibling) {
    const lnti_option *o = &a->ontology->options[i];
    if (o->draft) continue;
    if (!o->id) status = insert_option(a, i);
    if (!status) status = add_questions(a, o->first_attribute);
    if (!status) status = add_options(a, o->first_child);
  }
  return status;
}

static lnt_status add_questions(adding *a, size_t first) {
  lnt_status status = LNT_OK;
  for (size_t i = first; i != LNTI_NONE && !status; i = a->ontology->questions[i].next_sibling) {
    const lnti_question *q = &a->ontology->questions[i];
    if (q->draft) continue;
    if (!q->id) status = insert_question(a, i);
    if (!status) status = add_options(a, q->first_option);
  }
  return status;
}

/* ---- name and version ---- */

static lnt_status check_head(int64_t *version_out, bool *renamed_out, adding *a) {
  lnti_stmt *stmt = NULL;
  bool row = false;
  int64_t version = 0, migrated = 0;
  lnt_status status =
      lnti_db_prepare(&stmt, a->tx->db, "SELECT name, version, screen, migrated FROM ontology WHERE id = 1", a->err);
  if (!status) status = lnti_db_step(&row, stmt, a->err);
  if (!status && row) {
    status = lnti_text_printf(&a->stored_screen, a->err, "%s", lnti_get_text(stmt, 2));
    version = lnti_get_int(stmt, 1);
    migrated = lnti_get_int(stmt, 3);
    *renamed_out = strcmp(lnti_get_text(stmt, 0), a->ontology->name) != 0;
  }
  if (stmt) lnti_db_reset(stmt);
  if (status) return status;
  if (!row) return lnti_fail(a->err, LNT_ECORRUPT, "the table \"ontology\" is empty: run 'linnet verify'");
  /* The undo of a migration gives the version back, too. */
  if (version != 0 && (version != a->ontology->version || migrated != a->ontology->migrated)) {
    return lnti_fail(a->err, LNT_ECONFLICT,
                     "the ontology has changed: version %lld is stored, this is made from version %lld; read it again",
                     (long long)version, (long long)a->ontology->version);
  }
  *version_out = version;
  return LNT_OK;
}

/* The screen as it is stored; "" where nothing is said of it. */
static lnt_status make_screen(adding *a) {
  lnti_json_writer *w = NULL;
  if (!a->ontology->screen.given) return lnti_text_append(&a->screen, "", 0, a->err);
  lnt_status status = lnti_json_writer_new(&w, lnti_json_sink_text, &a->screen, 0, a->err);
  if (status) return status;
  lnti_screen_write(w, a->ontology, a->question_ids);
  status = lnti_json_finish(w, a->err);
  lnti_json_writer_free(w);
  return status;
}

static lnt_status write_head(adding *a, int64_t version) {
  lnti_stmt *stmt = NULL;
  lnt_status status =
      lnti_db_prepare(&stmt, a->tx->db, "UPDATE ontology SET name = ?, version = ?, screen = ? WHERE id = 1", a->err);
  if (status) return status;
  lnti_put_text(stmt, a->ontology->name);
  lnti_put_int(stmt, version);
  lnti_put_text(stmt, a->screen.data);
  return lnti_db_run(NULL, NULL, stmt, a->err);
}

static void give_ids(lnti_ontology *ontology, const adding *a) {
  for (size_t i = 0; i < ontology->n_questions; i++) {
    const lnti_question *q = &ontology->questions[i];
    if (!q->draft && !q->gone) lnti_ontology_set_question_id(ontology, i, a->question_ids[i]);
  }
  for (size_t i = 0; i < ontology->n_options; i++) {
    const lnti_option *o = &ontology->options[i];
    if (!o->draft && !o->gone) lnti_ontology_set_option_id(ontology, i, a->option_ids[i]);
  }
}

lnt_status lnti_tx_ontology(lnti_tx *tx, lnti_ontology *ontology, int64_t op_id, lnt_error *err) {
  adding a = {.tx = tx, .ontology = ontology, .op_id = op_id, .err = err};
  int64_t version = 0;
  bool renamed = false;
  lnt_status status = check_head(&version, &renamed, &a);
  if (!status) status = lnti_alloc(&a.question_ids, ontology->n_questions, sizeof *a.question_ids, err);
  if (!status) status = lnti_alloc(&a.option_ids, ontology->n_options, sizeof *a.option_ids, err);
  if (!status) status = reserve_ids(&a);
  if (!status) status = make_screen(&a);
  if (status) goto done;
  renamed = renamed || strcmp(a.screen.data, a.stored_screen.data) != 0;
  status = add_questions(&a, ontology->first_question);
  if (!status && renamed && !a.changed) status = lnti_tx_changed(tx, LNTI_CHANGE_ONTOLOGY, op_id, 0, err);
  if (!status && (a.changed || renamed)) {
    /* The first ontology of a project brings its own version; from then on it counts. */
    version = version ? version + 1 : ontology->version > 0 ? ontology->version : 1;
    status = write_head(&a, version);
    if (!status) ontology->version = version;
  }
  if (!status) give_ids(ontology, &a);
done:
  lnti_text_clear(&a.stored_screen);
  lnti_text_clear(&a.screen);
  free(a.option_ids);
  free(a.question_ids);
  return status;
}
