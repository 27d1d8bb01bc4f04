/*
 * The options of a table. Titles are put in natural order before options are made of them, so that the ontology does not
 * depend on the order of the rows; those of one-hot columns keep the order of the columns.
 */
#include <flow/table/labels.h>

#include <base/error.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TITLES_BYTES_MAX = 256 << 20, KEY_BYTES = 2048 };

/* ---- titles ---- */

/* The text under which titles are known: the question's number, then each with a NUL. */
static lnt_status key_of(lnti_text *out, size_t question, const char *const *titles, size_t n, lnt_error *err) {
  lnt_status status = lnti_text_append(out, (const char *)&question, sizeof question, err);
  for (size_t i = 0; i < n && !status; i++) status = lnti_text_append(out, titles[i], strlen(titles[i]) + 1, err);
  return status;
}

static size_t question_of(const lnti_table_labels *labels, size_t i) {
  size_t question = 0;
  memcpy(&question, labels->titles.text[i], sizeof question);
  return question;
}

static const char *first_title(const lnti_table_labels *labels, size_t i) {
  return labels->titles.text[i] + sizeof(size_t);
}

/* The next one, or NULL. */
static const char *next_title(const lnti_table_labels *labels, size_t i, const char *title) {
  const char *next = title + strlen(title) + 1;
  return next < labels->titles.text[i] + labels->titles.length[i] ? next : NULL;
}

static lnt_status note(lnti_table_labels *labels, size_t question, const char *const *titles, size_t n, size_t n_rows,
                       lnt_error *err) {
  size_t i = 0;
  bool added = false;
  labels->key.length = 0;
  lnt_status status = key_of(&labels->key, question, titles, n, err);
  if (!status) status = lnti_text_index_add(&i, &added, &labels->titles, labels->key.data, labels->key.length, err);
  if (!status) status = lnti_grow(&labels->options, &labels->capacity, labels->titles.n, sizeof *labels->options, err);
  if (status) return status;
  if (added) labels->options[i] = (lnti_table_option){.option = LNTI_NONE};
  labels->options[i].n_rows += n_rows;
  return LNT_OK;
}

/* Each one-hot column is an option, whether or not a row says anything of it. */
lnt_status lnti_table_labels_begin(lnti_table_labels *labels, lnti_import_work *work, const lnti_table_plan *plan,
                                   const char *table, lnt_error *err) {
  lnt_status status = LNT_OK;
  *labels = (lnti_table_labels){.work = work, .plan = plan, .table = table, .titles.arena.cap = TITLES_BYTES_MAX};
  for (size_t i = 0; i < plan->n_columns && !status; i++) {
    const lnti_table_column *column = &plan->columns[i];
    if (column->role != LNTI_COLUMN_ONEHOT) continue;
    const char *title = lnti_table_onehot_title(plan, i);
    if (title) status = note(labels, column->question, &title, 1, 0, err);
  }
  return status;
}

lnt_status lnti_table_labels_note(lnti_table_labels *labels, const lnti_table_row *row, lnt_error *err) {
  lnt_status status = LNT_OK;
  for (size_t i = 0; i < row->n_values && !status; i++) {
    const lnti_table_value *value = &row->values[i];
    if (value->n_titles > 0) status = note(labels, value->question, value->titles, value->n_titles, 1, err);
  }
  return status;
}

/* ---- order ---- */

typedef struct place {
  const lnti_table_labels *labels;
  size_t i;
} place;

static int by_title(const void *a, const void *b) {
  const place *left = a, *right = b;
  const lnti_table_plan *plan = left->labels->plan;
  size_t p = question_of(left->labels, left->i), q = question_of(right->labels, right->i);
  if (p != q) return p < q ? -1 : 1;
  if (plan->columns[plan->questions[p].column[0]].role == LNTI_COLUMN_ONEHOT) return left->i < right->i ? -1 : 1;
  const char *s = first_title(left->labels, left->i), *t = first_title(right->labels, right->i);
  for (; s && t; s = next_title(left->labels, left->i, s), t = next_title(right->labels, right->i, t)) {
    int order = lnti_natural_compare(s, t);
    if (order) return order;
  }
  return t ? -1 : s != NULL;
}

/* ---- options ---- */

static bool is_refusal(lnt_status status) {
  return status == LNT_EINVAL || status == LNT_EDATA || status == LNT_ELIMIT || status == LNT_EEXISTS;
}

/* Options of a tree by title, wherever they stand. */
typedef struct tree_titles {
  const lnti_ontology *ontology;
  size_t question;
  lnti_text_index titles;
  size_t *option; /* [titles.n]; SEVERAL where more than one is called so */
  size_t capacity;
} tree_titles;
#define SEVERAL (LNTI_NONE - 1)

static lnt_status read_tree(tree_titles *tree, const lnti_ontology *ontology, size_t question, lnt_error *err) {
  lnt_status status = LNT_OK;
  tree->ontology = ontology;
  tree->question = question;
  for (size_t i = 0; i < ontology->n_options && !status; i++) {
    const char *title = ontology->options[i].title;
    size_t at = 0;
    bool added = false;
    if (ontology->options[i].question != question) continue;
    status = lnti_text_index_add(&at, &added, &tree->titles, title, strlen(title), err);
    if (!status) status = lnti_grow(&tree->option, &tree->capacity, tree->titles.n, sizeof *tree->option, err);
    if (!status) tree->option[at] = added ? i : SEVERAL;
  }
  return status;
}

/* "birds/duck", each part a key, a title or an alias. */
static size_t find_path(const tree_titles *tree, const char *path) {
  size_t option = LNTI_NONE;
  for (const char *at = path, *slash; at; at = slash ? slash + 1 : NULL) {
    char part[LNTI_ONTOLOGY_TITLE_MAX + 1];
    slash = strchr(at, '/');
    size_t n = slash ? (size_t)(slash - at) : strlen(at);
    if (n >= sizeof part) return LNTI_NONE;
    memcpy(part, at, n);
    part[n] = '\0';
    option = lnti_ontology_find_option(tree->ontology, tree->question, option, part);
    if (option == LNTI_NONE) return LNTI_NONE;
  }
  return option;
}

/* A single title meets the one node of a tree that is called so, however deep; or it is a path. LNTI_NONE: neither. */
static lnt_status find_in_tree(size_t *out, const tree_titles *tree, const char *title, lnt_error *err) {
  *out = LNTI_NONE;
  if (tree->titles.n == 0) return LNT_OK;
  size_t i = lnti_text_index_find(&tree->titles, title, strlen(title));
  *out = i == LNTI_NONE ? find_path(tree, title) : tree->option[i];
  if (*out != SEVERAL) return LNT_OK;
  *out = find_path(tree, title);
  if (*out != LNTI_NONE) return LNT_OK;
  return lnti_fail(err, LNT_EDATA, "several options are called \"%.200s\"; give the path, or all levels", title);
}

static lnt_status check_retired(const lnti_ontology *ontology, size_t option, lnt_error *err) {
  if (!ontology->options[option].retired) return LNT_OK;
  return lnti_fail(err, LNT_EINVAL, "\"%.200s\" is retired: choose another", ontology->options[option].title);
}

/* The option of titles, announced or made. */
static lnt_status walk_titles(lnti_table_labels *labels, const tree_titles *tree, size_t i, bool announce,
                              lnt_error *err) {
  lnti_import_work *work = labels->work;
  size_t question = labels->question[question_of(labels, i)], option = LNTI_NONE;
  lnt_status status = find_in_tree(&option, tree, first_title(labels, i), err);
  const char *title = option == LNTI_NONE ? first_title(labels, i) : NULL;
  if (!status && !title) status = check_retired(work->ontology, option, err);
  for (; title && !status; title = next_title(labels, i, title)) {
    size_t parent = option;
    status = announce ? lnti_import_announce(&option, work, question, parent, title, err)
                      : lnti_import_option(&option, work, question, parent, title, err);
    if (status || option == LNTI_NONE) return status;
    status = check_retired(work->ontology, option, err);
  }
  if (!status) labels->options[i].option = option;
  return status;
}

static lnt_status refuse(lnti_table_labels *labels, size_t i, const lnt_error *reason, lnt_error *err) {
  char *copy = NULL;
  lnt_status status = lnti_arena_strndup(&copy, &labels->arena, reason->message, strlen(reason->message), err);
  if (!status) labels->options[i].refused = copy;
  return status;
}

/* One step over all titles of a question in order; a title that fails in it is marked, and left out from then on. */
typedef lnt_status (*step)(lnti_table_labels *labels, const tree_titles *tree, size_t i, lnt_error *err);

static lnt_status announce(lnti_table_labels *labels, const tree_titles *tree, size_t i, lnt_error *err) {
  return walk_titles(labels, tree, i, true, err);
}

static lnt_status make(lnti_table_labels *labels, const tree_titles *tree, size_t i, lnt_error *err) {
  return walk_titles(labels, tree, i, false, err);
}

static lnt_status check(lnti_table_labels *labels, const tree_titles *tree, size_t i, lnt_error *err) {
  size_t question = labels->question[question_of(labels, i)];
  bool checklist = labels->work->ontology->questions[question].type == LNTI_CHECKLIST;
  const lnti_import_answer answer = {
      .question = question, .option = labels->options[i].option, .number = checklist ? 1 : (double)NAN};
  (void)tree;
  return lnti_import_check(labels->work, &answer, err);
}

static lnt_status for_each_title(lnti_table_labels *labels, const place *places, size_t n, const tree_titles *tree,
                                 step do_step, lnt_error *err) {
  lnt_status status = LNT_OK;
  for (size_t k = 0; k < n && !status; k++) {
    lnt_error reason = LNT_ERROR_INIT;
    if (labels->options[places[k].i].refused) continue;
    lnt_status done = do_step(labels, tree, places[k].i, &reason);
    if (is_refusal(done))
      status = refuse(labels, places[k].i, &reason, err);
    else if (done)
      status = lnti_fail(err, done, "%s", reason.message);
  }
  return status;
}

static lnt_status make_question(lnti_table_labels *labels, size_t q, const place *places, size_t n, lnt_error *err) {
  const lnti_table_question *question = &labels->plan->questions[q];
  lnti_import_work *work = labels->work;
  tree_titles tree = {0};
  lnti_question_type type = question->type;
  for (size_t i = 0; i < n && question->is_path; i++) {
    if (next_title(labels, places[i].i, first_title(labels, places[i].i))) type = LNTI_TREE;
  }
  lnt_status status = question->path ? lnti_import_question(&labels->question[q], work, question->path, type, err)
                                     : lnti_import_target(&labels->question[q], work, type, err);
  bool anywhere = question->n_levels == 1 && !question->is_path;
  if (!status && work->ontology->questions[labels->question[q]].type == LNTI_TREE && anywhere) {
    status = read_tree(&tree, work->ontology, labels->question[q], err);
  }
  if (!status) status = for_each_title(labels, places, n, &tree, announce, err);
  if (!status) status = for_each_title(labels, places, n, &tree, make, err);
  if (!status) status = for_each_title(labels, places, n, &tree, check, err);
  lnti_text_index_clear(&tree.titles);
  free(tree.option);
  return status;
}

/* Columns that were given different names for one question, as one without a name and one with that of the target. */
static lnt_status check_question(const lnti_table_labels *labels, size_t q, lnt_error *err) {
  const lnti_table_question *questions = labels->plan->questions;
  for (size_t i = 0; i < q; i++) {
    if (labels->question[i] != labels->question[q]) continue;
    size_t first = questions[i].column[0] + 1, second = questions[q].column[0] + 1;
    return lnti_fail(
        err, LNT_EINVAL,
        "%.200s: columns %zu and %zu would both answer \"%.60s\": give one of them another question, as in "
        "'%zu=label:QUESTION', or leave it out: '%zu=skip'; levels of one label are given as --label "
        "TOP/BELOW",
        labels->table, first, second, labels->work->ontology->questions[labels->question[q]].key, second, second);
  }
  return LNT_OK;
}

/* One-hot columns are options, whether or not a row says anything of them. */
static lnt_status declare_columns(lnti_table_labels *labels, lnt_error *err) {
  const lnti_table_plan *plan = labels->plan;
  lnt_status status = LNT_OK;
  for (size_t i = 0; i < labels->titles.n && !status; i++) {
    const lnti_table_column *column = &plan->columns[plan->questions[question_of(labels, i)].column[0]];
    if (column->role != LNTI_COLUMN_ONEHOT || labels->options[i].refused) continue;
    status = lnti_import_declare(labels->work, labels->options[i].option, err);
  }
  return status;
}

lnt_status lnti_table_labels_make(lnti_table_labels *labels, lnt_error *err) {
  size_t n_questions = labels->plan->n_questions, first = 0, n_before = labels->work->ontology->n_questions;
  place *places = NULL;
  lnt_status status = lnti_arena_alloc(&labels->question, &labels->arena, n_questions, sizeof *labels->question, err);
  if (!status) status = lnti_alloc(&places, labels->titles.n, sizeof *places, err);
  if (status) return status;
  labels->all_new = true;
  for (size_t i = 0; i < labels->titles.n; i++) places[i] = (place){labels, i};
  qsort(places, labels->titles.n, sizeof *places, by_title);
  for (size_t q = 0; q < n_questions && !status; q++) {
    size_t n = 0;
    while (first + n < labels->titles.n && question_of(labels, places[first + n].i) == q) n++;
    status = make_question(labels, q, places + first, n, err);
    if (!status) status = check_question(labels, q, err);
    labels->all_new = labels->all_new && labels->question[q] >= n_before;
    first += n;
  }
  free(places);
  return status ? status : declare_columns(labels, err);
}

/* ---- answers ---- */

static lnt_status answer_of(lnti_import_answer *out, const char **refused_out, lnti_table_labels *labels,
                            const lnti_table_value *value, lnti_arena *arena, lnt_error *err) {
  const lnti_table_column *column = &labels->plan->columns[value->column - 1];
  lnti_import_answer answer = {.question = labels->question[value->question],
                               .option = LNTI_NONE,
                               .number = value->number,
                               .listed = column->role == LNTI_COLUMN_LABELS && !value->no};
  if (value->n_titles > 0) {
    labels->key.length = 0;
    lnt_status status = key_of(&labels->key, value->question, value->titles, value->n_titles, err);
    if (status) return status;
    size_t i = lnti_text_index_find(&labels->titles, labels->key.data, labels->key.length);
    if (i == LNTI_NONE) return lnti_fail(err, LNT_EDATA, "the table has changed while it was read; import it again");
    *refused_out = labels->options[i].refused;
    answer.option = labels->options[i].option;
    if (labels->plan->questions[value->question].type == LNTI_CHECKLIST) answer.number = value->no ? 0 : 1;
  } else {
    lnt_error reason = LNT_ERROR_INIT;
    char *copy = NULL;
    if (lnti_import_check(labels->work, &answer, &reason)) {
      lnt_status status = lnti_arena_strndup(&copy, arena, reason.message, strlen(reason.message), err);
      if (status) return status;
      *refused_out = copy;
    }
  }
  *out = answer;
  return LNT_OK;
}

lnt_status lnti_table_labels_answers(lnti_import_answer **out, const char **refused_out, size_t *column_out,
                                     lnti_table_labels *labels, const lnti_table_row *row, lnti_arena *arena,
                                     lnt_error *err) {
  lnti_import_answer *answers = NULL;
  const char *refused = NULL;
  lnt_status status = lnti_arena_alloc(&answers, arena, row->n_values, sizeof *answers, err);
  for (size_t i = 0; i < row->n_values && !status && !refused; i++) {
    status = answer_of(&answers[i], &refused, labels, &row->values[i], arena, err);
    *column_out = row->values[i].column;
  }
  if (status) return status;
  *refused_out = refused;
  *out = answers;
  return LNT_OK;
}

static lnt_status check_size(const lnti_table_labels *labels, size_t question, size_t *n_out, lnt_error *err) {
  const lnti_ontology *o = labels->work->ontology;
  size_t n = 0;
  for (size_t i = o->questions[question].first_option; i != LNTI_NONE; i = o->options[i].next_sibling) n++;
  *n_out = n;
  if (n <= LNTI_UNLISTED_MAX) return LNT_OK;
  return lnti_fail(err, LNT_ELIMIT,
                   "%.200s: --unlisted no would say no to most of %zu options in each row; it takes checklists of at "
                   "most %d",
                   labels->table, n, LNTI_UNLISTED_MAX);
}

/* Whether a column of lists answers the plan's question. */
static bool has_lists(const lnti_table_plan *plan, size_t question) {
  for (size_t i = 0; i < plan->n_columns; i++) {
    if (plan->columns[i].role == LNTI_COLUMN_LABELS && plan->columns[i].question == question) return true;
  }
  return false;
}

lnt_status lnti_table_labels_unlisted(lnti_import_answer **answers, size_t *n_inout, lnti_table_labels *labels,
                                      lnti_arena *arena, lnt_error *err) {
  const lnti_ontology *o = labels->work->ontology;
  lnti_import_answer *all = NULL;
  size_t n = *n_inout, n_options = 0, n_all = n;
  lnt_status status = LNT_OK;
  if (!labels->listing) {
    status = lnti_arena_alloc(&labels->listing, &labels->arena, o->n_options, sizeof *labels->listing, err);
    if (!status) memset(labels->listing, 0, o->n_options * sizeof *labels->listing);
  }
  for (size_t q = 0; q < labels->plan->n_questions && !status; q++) {
    if (!has_lists(labels->plan, q)) continue;
    status = check_size(labels, labels->question[q], &n_options, err);
    n_all += n_options;
  }
  if (!status) status = lnti_arena_alloc(&all, arena, n_all, sizeof *all, err);
  if (status) return status;
  if (n > 0) memcpy(all, *answers, n * sizeof *all);
  labels->n_listings++;
  for (size_t i = 0; i < n; i++) {
    if (all[i].option != LNTI_NONE) labels->listing[all[i].option] = labels->n_listings;
  }
  for (size_t q = 0; q < labels->plan->n_questions; q++) {
    const size_t question = labels->question[q];
    if (!has_lists(labels->plan, q) || o->questions[question].type != LNTI_CHECKLIST) continue;
    for (size_t i = o->questions[question].first_option; i != LNTI_NONE; i = o->options[i].next_sibling) {
      if (labels->listing[i] == labels->n_listings || o->options[i].retired) continue;
      all[n++] = (lnti_import_answer){.question = question, .option = i};
    }
  }
  *answers = all;
  *n_inout = n;
  return LNT_OK;
}

void lnti_table_labels_count(size_t *n_titles_out, size_t *n_rows_out, const lnti_table_labels *labels,
                             size_t question) {
  *n_titles_out = *n_rows_out = 0;
  for (size_t i = 0; i < labels->titles.n; i++) {
    if (question_of(labels, i) != question) continue;
    ++*n_titles_out;
    *n_rows_out += labels->options[i].n_rows;
  }
}

void lnti_table_labels_clear(lnti_table_labels *labels) {
  lnti_text_index_clear(&labels->titles);
  lnti_arena_clear(&labels->arena);
  lnti_text_clear(&labels->key);
  free(labels->options);
  *labels = (lnti_table_labels){0};
}
