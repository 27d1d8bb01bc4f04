/*
 * The ontology from its rows. Rows are sorted by what they hang on, then hung on from the top down, so that the
 * arrays come out in document order. Every rule of the builders is checked again on the way, and rows that nothing
 * leads to (a loop, a lost parent) show as a count that does not match: a damaged table is an error, never a strange
 * ontology.
 */
#include <store/internal.h>

#include <base/alloc.h>
#include <base/error.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct question_row {
  int64_t id, parent_option_id;
  lnti_question fields; /* texts in the loader's arena */
} question_row;

typedef struct option_row {
  int64_t id, question_id, parent_id;
  lnti_option fields;
} option_row;

typedef struct loader {
  lnti_db *db;
  lnti_ontology *ontology;
  lnti_arena arena;   /* texts until they are copied */
  const char *screen; /* JSON */
  question_row *questions;
  size_t n_questions, question_capacity;
  option_row *options;
  size_t n_options, option_capacity;
} loader;

static lnt_status damaged(lnt_error *err, const char *what, int64_t id, const lnt_error *inner) {
  return lnti_fail(err, LNT_ECORRUPT, "the ontology's tables are damaged at %s %lld: %s", what, (long long)id,
                   inner->message);
}

/* ---- rows into memory ---- */

static lnt_status copy_column(const char **out, loader *l, lnti_stmt *stmt, int column, lnt_error *err) {
  const char *text = lnti_get_text(stmt, column);
  char *copy = NULL;
  if (!*text) {
    *out = "";
    return LNT_OK;
  }
  lnt_status status = lnti_arena_strndup(&copy, &l->arena, text, strlen(text), err);
  if (!status) *out = copy;
  return status;
}

static lnt_status read_question(loader *l, lnti_stmt *stmt, lnt_error *err) {
  question_row row = {.id = lnti_get_int(stmt, 0), .parent_option_id = lnti_get_int(stmt, 1)};
  lnti_question *q = &row.fields;
  double min = lnti_get_real(stmt, 9), max = lnti_get_real(stmt, 10), step = lnti_get_real(stmt, 11);
  lnt_status status = copy_column(&q->key, l, stmt, 2, err);
  if (!status) status = copy_column(&q->title, l, stmt, 3, err);
  if (!status) status = copy_column(&q->description, l, stmt, 4, err);
  q->type = (lnti_question_type)lnti_get_int(stmt, 5);
  q->level = (lnti_level)lnti_get_int(stmt, 6);
  q->required = lnti_get_int(stmt, 7) != 0;
  q->leaf_only = lnti_get_int(stmt, 8) != 0;
  q->min = isnan(min) ? -INFINITY : min;
  q->max = isnan(max) ? INFINITY : max;
  q->step = isnan(step) ? 0 : step;
  if (!status) status = copy_column(&q->unit, l, stmt, 12, err);
  q->max_length = (size_t)lnti_get_int(stmt, 13);
  q->position = lnti_get_int(stmt, 14);
  if (!status) status = lnti_grow(&l->questions, &l->question_capacity, l->n_questions + 1, sizeof row, err);
  if (!status) l->questions[l->n_questions++] = row;
  return status;
}

static lnt_status read_option(loader *l, lnti_stmt *stmt, lnt_error *err) {
  option_row row = {
      .id = lnti_get_int(stmt, 0), .question_id = lnti_get_int(stmt, 1), .parent_id = lnti_get_int(stmt, 2)};
  lnti_option *o = &row.fields;
  lnt_status status = copy_column(&o->key, l, stmt, 3, err);
  if (!status) status = copy_column(&o->title, l, stmt, 4, err);
  if (!status) status = copy_column(&o->description, l, stmt, 5, err);
  if (!status) status = copy_column(&o->hotkey, l, stmt, 6, err);
  if (!status) status = copy_column(&o->color, l, stmt, 7, err);
  o->retired = lnti_get_int(stmt, 8) != 0;
  if (!status) status = copy_column(&o->code, l, stmt, 9, err);
  o->position = lnti_get_int(stmt, 10);
  if (!status) status = lnti_grow(&l->options, &l->option_capacity, l->n_options + 1, sizeof row, err);
  if (!status) l->options[l->n_options++] = row;
  return status;
}

static lnt_status read_rows(loader *l, const char *sql, lnt_status (*read)(loader *, lnti_stmt *, lnt_error *),
                            lnt_error *err) {
  lnti_stmt *stmt = NULL;
  bool row = false;
  lnt_status status = lnti_db_prepare(&stmt, l->db, sql, err);
  if (status) return status;
  while (!(status = lnti_db_step(&row, stmt, err)) && row) {
    status = read(l, stmt, err);
    if (status) break;
  }
  lnti_db_reset(stmt);
  return status;
}

/* Sorted here rather than by SQLite, which takes longer: most often they are in order already. */
static int compare_ids(int64_t a, int64_t b) {
  return a < b ? -1 : a > b;
}

static int compare_options(const void *a, const void *b) {
  const option_row *x = a, *y = b;
  int order = compare_ids(x->question_id, y->question_id);
  if (!order) order = compare_ids(x->parent_id, y->parent_id);
  if (!order) order = compare_ids(x->fields.position, y->fields.position);
  return order ? order : compare_ids(x->id, y->id);
}

/* ---- building from the top down ---- */

static lnt_status hang_questions(loader *l, int64_t parent_option_id, size_t parent_option, lnt_error *err);

/* The first of the rows that are sorted by (question, parent) which is not before the given one. */
static size_t first_option(const loader *l, int64_t question_id, int64_t parent_id) {
  size_t low = 0, high = l->n_options;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    const option_row *row = &l->options[middle];
    bool before = row->question_id < question_id || (row->question_id == question_id && row->parent_id < parent_id);
    if (before) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

static size_t first_question(const loader *l, int64_t parent_option_id) {
  size_t low = 0, high = l->n_questions;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (l->questions[middle].parent_option_id < parent_option_id) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

static lnt_status add_option(size_t *index_out, loader *l, size_t question, size_t parent, const option_row *row,
                             lnt_error *err) {
  lnt_error inner = LNT_ERROR_INIT;
  size_t index = 0;
  const char *description = NULL, *color = NULL;
  lnt_status status =
      lnti_ontology_add_option(&index, l->ontology, question, parent, row->fields.key, row->fields.title, &inner);
  if (!status && *row->fields.hotkey) {
    status = lnti_ontology_set_option_words(l->ontology, index, row->fields.hotkey, NULL, NULL, &inner);
  }
  if (!status && *row->fields.code) {
    status = lnti_ontology_set_option_code(l->ontology, index, row->fields.code, &inner);
  }
  if (!status) status = lnti_ontology_text(&description, l->ontology, row->fields.description, &inner);
  if (!status) status = lnti_ontology_text(&color, l->ontology, row->fields.color, &inner);
  if (status == LNT_ENOMEM) return lnti_fail(err, status, "%s", inner.message);
  if (status) return damaged(err, "option", row->id, &inner);
  lnti_option *o = &l->ontology->options[index];
  o->description = description;
  o->color = color;
  o->retired = row->fields.retired;
  o->position = row->fields.position;
  lnti_ontology_set_option_id(l->ontology, index, row->id);
  *index_out = index;
  return LNT_OK;
}

/* Recursion ends at the builders' cap on depth. */
static lnt_status hang_options(loader *l, int64_t question_id, size_t question, int64_t parent_id, size_t parent,
                               lnt_error *err) {
  lnt_status status = LNT_OK;
  for (size_t i = first_option(l, question_id, parent_id); i < l->n_options && !status; i++) {
    const option_row *row = &l->options[i];
    size_t index = 0;
    if (row->question_id != question_id || row->parent_id != parent_id) break;
    status = add_option(&index, l, question, parent, row, err);
    if (!status) status = hang_questions(l, row->id, index, err);
    if (!status) status = hang_options(l, question_id, question, row->id, index, err);
  }
  return status;
}

static lnt_status add_question(size_t *index_out, loader *l, size_t parent_option, const question_row *row,
                               lnt_error *err) {
  const lnti_question *fields = &row->fields;
  lnt_error inner = LNT_ERROR_INIT;
  size_t index = 0;
  const char *description = NULL, *unit = NULL;
  lnt_status status =
      lnti_ontology_add_question(&index, l->ontology, fields->type, fields->key, fields->title, parent_option, &inner);
  if (!status) status = lnti_ontology_text(&description, l->ontology, fields->description, &inner);
  if (!status) status = lnti_ontology_text(&unit, l->ontology, fields->unit, &inner);
  if (status == LNT_ENOMEM) return lnti_fail(err, status, "%s", inner.message);
  if (status) return damaged(err, "question", row->id, &inner);
  lnti_question *q = &l->ontology->questions[index];
  q->description = description;
  q->unit = unit;
  q->level = fields->level;
  q->required = fields->required;
  q->leaf_only = fields->leaf_only;
  q->min = fields->min;
  q->max = fields->max;
  q->step = fields->step;
  q->max_length = fields->max_length;
  q->position = fields->position;
  lnti_ontology_set_question_id(l->ontology, index, row->id);
  *index_out = index;
  return LNT_OK;
}

static lnt_status hang_questions(loader *l, int64_t parent_option_id, size_t parent_option, lnt_error *err) {
  lnt_status status = LNT_OK;
  for (size_t i = first_question(l, parent_option_id); i < l->n_questions && !status; i++) {
    const question_row *row = &l->questions[i];
    size_t index = 0;
    if (row->parent_option_id != parent_option_id) break;
    status = add_question(&index, l, parent_option, row, err);
    if (!status) status = hang_options(l, row->id, index, 0, LNTI_NONE, err);
  }
  return status;
}

/* ---- aliases and examples ---- */

typedef struct word_list {
  const char **words; /* NULL-terminated */
  size_t n, capacity;
} word_list;

static lnt_status add_word(word_list *list, const char *word, lnt_error *err) {
  lnt_status status = lnti_grow(&list->words, &list->capacity, list->n + 2, sizeof *list->words, err);
  if (status) return status;
  list->words[list->n++] = word;
  list->words[list->n] = NULL;
  return LNT_OK;
}

static lnt_status set_words(loader *l, int64_t option_id, word_list *lists, lnt_error *err) {
  lnt_error inner = LNT_ERROR_INIT;
  if (lists[0].n == 0 && lists[1].n == 0) return LNT_OK;
  size_t option = lnti_ontology_option_by_id(l->ontology, option_id);
  lnt_status status = LNT_ECORRUPT;
  if (option != LNTI_NONE) {
    status = lnti_ontology_set_option_words(l->ontology, option, NULL, lists[0].n ? lists[0].words : NULL,
                                            lists[1].n ? lists[1].words : NULL, &inner);
  }
  lists[0].n = lists[1].n = 0;
  if (status == LNT_ENOMEM) return lnti_fail(err, status, "%s", inner.message);
  return status ? damaged(err, "the texts of option", option_id, &inner) : LNT_OK;
}

static lnt_status load_words(loader *l, lnt_error *err) {
  word_list lists[2] = {{0}, {0}}; /* aliases, examples */
  int64_t option_id = 0;
  lnti_stmt *stmt = NULL;
  bool row = false;
  lnt_status status = lnti_db_prepare(
      &stmt, l->db,
      "SELECT t.option_id, t.kind, t.text FROM option_texts t JOIN options o ON o.id = t.option_id WHERE o.gone = 0 "
      "ORDER BY t.option_id, t.kind, t.position",
      err);
  if (status) return status;
  while (!(status = lnti_db_step(&row, stmt, err)) && row) {
    const char *word = NULL;
    int64_t its_option = lnti_get_int(stmt, 0);
    if (its_option != option_id) status = set_words(l, option_id, lists, err);
    option_id = its_option;
    if (!status) status = copy_column(&word, l, stmt, 2, err);
    if (!status) status = add_word(&lists[lnti_get_int(stmt, 1) == 2], word, err);
    if (status) break;
  }
  lnti_db_reset(stmt);
  if (!status) status = set_words(l, option_id, lists, err);
  free(lists[1].words);
  free(lists[0].words);
  return status;
}

/* ---- all of it ---- */

static lnt_status load_head(loader *l, lnt_error *err) {
  lnti_stmt *stmt = NULL;
  bool row = false;
  lnt_status status =
      lnti_db_prepare(&stmt, l->db, "SELECT name, version, screen, migrated FROM ontology WHERE id = 1", err);
  if (!status) status = lnti_db_step(&row, stmt, err);
  if (!status && !row) status = lnti_fail(err, LNT_ECORRUPT, "the table \"ontology\" is empty: run 'linnet verify'");
  if (!status) status = lnti_ontology_new(&l->ontology, lnti_get_text(stmt, 0), err);
  if (!status) {
    l->ontology->version = lnti_get_int(stmt, 1);
    l->ontology->migrated = lnti_get_int(stmt, 3);
    status = copy_column(&l->screen, l, stmt, 2, err);
  }
  if (stmt) lnti_db_reset(stmt);
  return status;
}

static lnt_status load_rows(loader *l, lnt_error *err) {
  lnt_status status =
      read_rows(l,
                "SELECT id, COALESCE(parent_option_id, 0), key, title, description, type, level, "
                "required, leaf_only, min, max, step, unit, max_length, position FROM questions WHERE gone = 0 "
                "ORDER BY COALESCE(parent_option_id, 0), position, id",
                read_question, err);
  if (!status) {
    status = read_rows(l,
                       "SELECT id, question_id, COALESCE(parent_id, 0), key, title, description, hotkey, color, "
                       "retired, code, position FROM options WHERE gone = 0 ORDER BY id", /* as the rows lie */
                       read_option, err);
  }
  if (!status && l->n_options) qsort(l->options, l->n_options, sizeof *l->options, compare_options);
  if (!status) status = lnti_ontology_reserve(l->ontology, l->n_questions, l->n_options, err);
  if (!status) status = hang_questions(l, 0, LNTI_NONE, err);
  if (status) return status;
  if (l->ontology->n_questions != l->n_questions || l->ontology->n_options != l->n_options) {
    return lnti_fail(err, LNT_ECORRUPT,
                     "the ontology's tables are damaged: %zu of %zu questions and %zu of %zu options hang together",
                     l->ontology->n_questions, l->n_questions, l->ontology->n_options, l->n_options);
  }
  status = load_words(l, err);
  if (!status && *l->screen) status = lnti_screen_read(l->ontology, l->screen, err);
  return status;
}

lnt_status lnti_ontology_load(lnti_ontology **out, lnti_db *db, lnt_error *err) {
  loader l = {.db = db};
  lnt_status status = load_head(&l, err);
  if (!status) status = load_rows(&l, err);
  if (!status) {
    *out = l.ontology;
    l.ontology = NULL;
  }
  lnti_ontology_free(l.ontology);
  free(l.options);
  free(l.questions);
  lnti_arena_clear(&l.arena);
  return status;
}

lnt_status lnti_store_ontology(lnti_ontology **out, lnti_store *store, lnt_error *err) {
  lnti_db *db = NULL;
  lnt_status status = lnti_reader_take(&db, store, err);
  if (!status) status = lnti_db_begin(db, false, err); /* four tables, one snapshot */
  if (!status) status = lnti_ontology_load(out, db, err);
  lnti_reader_give(store, db);
  return status;
}
