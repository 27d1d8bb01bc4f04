/*
 * The rules of answers, one by one on a small ontology; then random ontologies and random batches against a plain model
 * of the rules that is kept in this file: what is current, what is visible, and what a replay of the log gives.
 */
#include <math.h>

#include "flow_support.h"

/* ---- fixtures ---- */

static void expect_answer(const lab *l, int64_t item, const char *question, const char *value) {
  lnti_annotation wanted = lab_annotation(l, item, question, value);
  lnti_answer_row row;
  if (!lab_current(l, &row, item, wanted.answer.question)) fail_msg("%s has no answer, not %s", question, value);
  assert_int_equal(row.state, wanted.answer.state);
  assert_int_equal(row.option_id,
                   wanted.answer.option == LNTI_NONE ? 0 : l->ontology->options[wanted.answer.option].id);
  if (isnan(wanted.answer.number)) {
    assert_true(isnan(row.number));
  } else {
    assert_true(row.number == wanted.answer.number);
  }
}

static void expect_no_answer(const lab *l, int64_t item, const char *question) {
  lnti_answer_row row;
  if (lab_current(l, &row, item, lab_question(l, question))) fail_msg("%s still has an answer", question);
}

static void expect_refused(const lab *l, int64_t item, const char *question, const char *value, const char *message) {
  lnti_annotation a = lab_annotation(l, item, question, value);
  assert_status(lab_annotate(l, &a, 1, false, NULL), LNT_EINVAL);
  assert_message(message);
}

typedef struct history {
  lnti_answer_row rows[64];
  size_t n;
} history;

static lnt_status keep_row(void *payload, const lnti_answer_row *row, lnt_error *err) {
  (void)err;
  history *h = payload;
  assert_in_range(h->n, 0, 63);
  h->rows[h->n++] = *row;
  return LNT_OK;
}

static history read_history(const lab *l, int64_t item) {
  history h = {.n = 0};
  assert_ok(lnti_store_history(l->project->store, LNTI_SUBJECT_ITEM, item, keep_row, &h, ERR));
  return h;
}

static lab new_lab(int64_t *item_out) {
  lab l = lab_new();
  lab_ontology(&l, NULL);
  *item_out = lab_item(&l, "a.png", 1, "");
  return l;
}

/* ---- rules ---- */

static void test_answers_of_each_kind(void **state) {
  (void)state;
  int64_t item = 0;
  lab l = new_lab(&item);
  lab_answer(&l, item, "class", "dog");
  expect_answer(&l, item, "class", "dog");
  lab_answer(&l, item, "class", "unsure");
  expect_answer(&l, item, "class", "unsure");
  lab_answer(&l, item, "class", "none");
  expect_answer(&l, item, "class", "none");
  lab_answer(&l, item, "quality", "7.25");
  expect_answer(&l, item, "quality", "7.25");
  lab_answer(&l, item, "class", "clear");
  expect_no_answer(&l, item, "class");
  expect_answer(&l, item, "quality", "7.25");
  lab_free(&l);
}

static void test_what_comes_with_an_answer(void **state) {
  (void)state;
  int64_t item = 0;
  lnti_answer_row row;
  lab l = new_lab(&item);
  lnti_annotation a = lab_annotation(&l, item, "class", "cat");
  a.confidence = 0.75;
  a.time_spent_ms = 1234;
  assert_ok(lab_annotate(&l, &a, 1, false, NULL));
  assert_true(lab_current(&l, &row, item, a.answer.question));
  assert_true(row.confidence == 0.75);
  assert_int_equal(row.time_spent_ms, 1234);
  assert_int_equal(row.source, LNTI_BY_PERSON);
  assert_int_equal(row.subject_kind, LNTI_SUBJECT_ITEM);
  lab_free(&l);
}

static void test_confidence_is_a_share(void **state) {
  (void)state;
  int64_t item = 0;
  lab l = new_lab(&item);
  const double bad[] = {-0.01, 1.01, INFINITY};
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    lnti_annotation a = lab_annotation(&l, item, "class", "cat");
    a.confidence = bad[i];
    assert_status(lab_annotate(&l, &a, 1, false, NULL), LNT_EINVAL);
    assert_message("confidence");
  }
  for (int i = 0; i <= 1; i++) {
    lnti_annotation a = lab_annotation(&l, item, "class", "cat");
    a.confidence = i;
    assert_ok(lab_annotate(&l, &a, 1, false, NULL));
  }
  lab_free(&l);
}

static void test_numbers(void **state) {
  (void)state;
  int64_t item = 0;
  lab l = new_lab(&item);
  lab_answer(&l, item, "class", "bird");
  lab_answer(&l, item, "class/bird/wings", "0");
  lab_answer(&l, item, "class/bird/wings", "10");
  lab_answer(&l, item, "class/bird/wings", "2.5");
  expect_refused(&l, item, "class/bird/wings", "2.25", "not on a step of 0.5");
  expect_refused(&l, item, "class/bird/wings", "-0.5", "outside 0..10");
  expect_refused(&l, item, "class/bird/wings", "10.5", "outside 0..10");
  expect_refused(&l, item, "class/bird/wings", "nan", "finite");
  expect_refused(&l, item, "class/bird/wings", "inf", "finite");
  expect_refused(&l, item, "class/bird/wings", "none", "asks for a number");
  expect_answer(&l, item, "class/bird/wings", "2.5");
  lab_free(&l);
}

static void test_option_of_another_question_and_none_at_all(void **state) {
  (void)state;
  int64_t item = 0;
  lab l = new_lab(&item);
  lnti_annotation a = lab_annotation(&l, item, "class", "dog");
  a.answer.option = lab_option(&l, lab_question(&l, "class/cat/mood"), "calm");
  assert_status(lab_annotate(&l, &a, 1, false, NULL), LNT_EINVAL);
  assert_message("not of \"class\"");
  a.answer.option = LNTI_NONE;
  assert_status(lab_annotate(&l, &a, 1, false, NULL), LNT_EINVAL);
  a.answer.option = 1000;
  assert_status(lab_annotate(&l, &a, 1, false, NULL), LNT_EINVAL);
  a.answer.question = l.ontology->n_questions;
  assert_status(lab_annotate(&l, &a, 1, false, NULL), LNT_EINVAL);
  a = lab_annotation(&l, item, "class", "unsure");
  a.answer.option = lab_option(&l, a.answer.question, "dog");
  assert_status(lab_annotate(&l, &a, 1, false, NULL), LNT_EINVAL);
  assert_int_equal(read_history(&l, item).n, 0);
  lab_free(&l);
}

static void test_retired_option_is_refused_but_its_answers_stay(void **state) {
  (void)state;
  int64_t item = 0;
  lab l = new_lab(&item);
  lab_answer(&l, item, "class", "cat");
  lab_answer(&l, item, "class/cat/mood", "calm");
  l.ontology->options[lab_option(&l, lab_question(&l, "class"), "cat")].retired = true;
  int64_t other = lab_item(&l, "b.png", 2, "");
  expect_refused(&l, other, "class", "cat", "retired");
  expect_answer(&l, item, "class", "cat");
  lab_answer(&l, item, "class/cat/mood", "angry"); /* what hangs on it can still be told */
  lab_free(&l);
}

static void test_nested_question_needs_its_option(void **state) {
  (void)state;
  int64_t item = 0;
  lab l = new_lab(&item);
  expect_refused(&l, item, "class/cat/mood", "calm", "asked only after \"cat\"");
  expect_refused(&l, item, "class/cat/mood", "unsure", "asked only after \"cat\"");
  lab_answer(&l, item, "class", "dog");
  expect_refused(&l, item, "class/cat/mood", "calm", "asked only after \"cat\"");
  lab_answer(&l, item, "class", "unsure");
  expect_refused(&l, item, "class/cat/mood", "calm", "asked only after \"cat\"");
  lab_answer(&l, item, "class", "cat");
  expect_refused(&l, item, "class/cat/mood/angry/hiss", "yes", "asked only after \"angry\"");
  lab_answer(&l, item, "class/cat/mood", "angry");
  lab_answer(&l, item, "class/cat/mood/angry/hiss", "yes");
  int64_t other = lab_item(&l, "b.png", 2, ""); /* what another item was told does not count */
  expect_refused(&l, other, "class/cat/mood", "calm", "cannot be answered");
  lab_free(&l);
}

static void test_clearing_what_is_not_asked_is_no_error(void **state) {
  (void)state;
  int64_t item = 0;
  lab l = new_lab(&item);
  lab_answer(&l, item, "class/cat/mood", "clear");
  expect_no_answer(&l, item, "class/cat/mood");
  lab_free(&l);
}

static void test_parent_change_retires_children_and_grandchildren(void **state) {
  (void)state;
  int64_t item = 0;
  lab l = new_lab(&item);
  static const char *const changes[] = {"dog", "bird", "unsure", "none", "clear"};
  for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
    lab_answer(&l, item, "class", "cat");
    lab_answer(&l, item, "class/cat/mood", "angry");
    lab_answer(&l, item, "class/cat/mood/angry/hiss", "no");
    lab_answer(&l, item, "class", changes[i]);
    expect_no_answer(&l, item, "class/cat/mood");
    expect_no_answer(&l, item, "class/cat/mood/angry/hiss");
  }
  lab_answer(&l, item, "class", "cat");
  lab_answer(&l, item, "class/cat/mood", "angry");
  lab_answer(&l, item, "class/cat/mood/angry/hiss", "no");
  lab_answer(&l, item, "class", "cat"); /* the same again keeps them */
  expect_answer(&l, item, "class/cat/mood/angry/hiss", "no");
  lab_answer(&l, item, "class/cat/mood", "calm");
  expect_no_answer(&l, item, "class/cat/mood/angry/hiss");
  expect_answer(&l, item, "class/cat/mood", "calm");
  lab_free(&l);
}

static void test_change_of_one_item_leaves_others_and_other_questions(void **state) {
  (void)state;
  int64_t a = 0;
  lab l = new_lab(&a);
  int64_t b = lab_item(&l, "b.png", 2, "");
  lab_answer(&l, a, "class", "cat");
  lab_answer(&l, a, "class/cat/mood", "calm");
  lab_answer(&l, a, "quality", "3");
  lab_answer(&l, b, "class", "cat");
  lab_answer(&l, b, "class/cat/mood", "angry");
  lab_answer(&l, a, "class", "dog");
  expect_answer(&l, a, "quality", "3");
  expect_answer(&l, b, "class/cat/mood", "angry");
  lab_free(&l);
}

/* A question that hangs on a node of a tree is asked for the node and all below it. */
static void test_tree_nodes(void **state) {
  (void)state;
  int64_t item = 0;
  lab l = new_lab(&item);
  lab_answer(&l, item, "class", "bird");
  lab_answer(&l, item, "class/bird/species", "duck/teal");
  lab_answer(&l, item, "class/bird/species/duck/bill", "flat");
  lab_answer(&l, item, "class/bird/species", "duck/mallard");
  expect_answer(&l, item, "class/bird/species/duck/bill", "flat");
  lab_answer(&l, item, "class/bird/species", "duck");
  expect_answer(&l, item, "class/bird/species/duck/bill", "flat");
  lab_answer(&l, item, "class/bird/species", "owl");
  expect_no_answer(&l, item, "class/bird/species/duck/bill");
  expect_refused(&l, item, "class/bird/species/duck/bill", "round", "asked only after \"duck\"");
  lab_free(&l);
}

static void test_tree_of_leaves_only(void **state) {
  (void)state;
  int64_t item = 0;
  lab l = lab_new();
  lab_ontology(&l,
               "{\"classifications\": [{\"id\": \"taxon\", \"type\": \"tree\", \"leaf_only\": true, \"options\": ["
               "{\"id\": \"duck\", \"options\": [{\"id\": \"teal\"}]}, {\"id\": \"owl\"}]}]}");
  item = lab_item(&l, "a.png", 1, "");
  expect_refused(&l, item, "taxon", "duck", "only leaves");
  lab_answer(&l, item, "taxon", "duck/teal");
  lab_answer(&l, item, "taxon", "owl");
  lab_free(&l);
}

static void test_keep_existing(void **state) {
  (void)state;
  int64_t a = 0;
  lab l = new_lab(&a);
  int64_t b = lab_item(&l, "b.png", 2, ""), c = lab_item(&l, "c.png", 3, "");
  size_t n_written = 0;
  lab_answer(&l, a, "class", "cat");
  lab_answer(&l, a, "class/cat/mood", "calm");
  lab_answer(&l, b, "class", "unsure"); /* is an answer too */
  lnti_annotation batch[] = {lab_annotation(&l, a, "class", "dog"), lab_annotation(&l, b, "class", "dog"),
                             lab_annotation(&l, c, "class", "dog"), lab_annotation(&l, c, "class", "fox")};
  assert_ok(lab_annotate(&l, batch, 4, true, &n_written));
  assert_int_equal(n_written, 1);
  expect_answer(&l, a, "class", "cat");
  expect_answer(&l, a, "class/cat/mood", "calm");
  expect_answer(&l, b, "class", "unsure");
  expect_answer(&l, c, "class", "dog");
  batch[0].answer.option = LNTI_NONE; /* a rule is checked even where the answer would not be written */
  assert_status(lab_annotate(&l, batch, 4, true, NULL), LNT_EINVAL);
  lab_free(&l);
}

/* ---- batches and the log ---- */

static void test_batch_stands_or_falls_together(void **state) {
  (void)state;
  int64_t item = 0;
  lab l = new_lab(&item);
  lnti_store_counts before, after;
  size_t n_written = 0;
  lnti_annotation batch[] = {lab_annotation(&l, item, "class", "cat"), lab_annotation(&l, item, "quality", "11"),
                             lab_annotation(&l, item, "class/cat/mood", "calm")};
  assert_ok(lnti_store_counts_read(&before, l.project->store, ERR));
  assert_status(lab_annotate(&l, batch, 3, false, &n_written), LNT_EINVAL);
  assert_int_equal(n_written, 99); /* untouched */
  assert_ok(lnti_store_counts_read(&after, l.project->store, ERR));
  assert_int_equal(after.operations, before.operations);
  assert_int_equal(after.answers, 0);
  assert_int_equal(read_history(&l, item).n, 0);
  lnti_store_counts_clear(&before);
  lnti_store_counts_clear(&after);
  batch[1].answer.number = 9; /* within one batch the earlier answer opens the later question */
  assert_ok(lab_annotate(&l, batch, 3, false, &n_written));
  assert_int_equal(n_written, 3);
  expect_answer(&l, item, "class/cat/mood", "calm");
  lab_free(&l);
}

static void test_a_child_may_stand_before_its_parent(void **state) {
  (void)state;
  int64_t item = 0;
  lab l = new_lab(&item);
  lnti_annotation batch[] = {lab_annotation(&l, item, "class/cat/mood", "calm"),
                             lab_annotation(&l, item, "class", "cat")};
  assert_ok(lab_annotate(&l, batch, 2, false, NULL));
  expect_answer(&l, item, "class/cat/mood", "calm");
  batch[1] = lab_annotation(&l, item, "class", "dog");
  batch[0] = lab_annotation(&l, item, "class/cat/mood", "angry");
  assert_status(lab_annotate(&l, batch, 2, false, NULL), LNT_EINVAL);
  expect_answer(&l, item, "class", "cat");
  expect_answer(&l, item, "class/cat/mood", "calm");
  lab_free(&l);
}

static void test_empty_batch(void **state) {
  (void)state;
  int64_t item = 0;
  lab l = new_lab(&item);
  size_t n_written = 7;
  assert_ok(lab_annotate(&l, NULL, 0, false, &n_written));
  assert_int_equal(n_written, 0);
  lab_free(&l);
}

/* What an undo needs stands in the log: all that one operation changed carries its number, and what was there before
 * stands in earlier rows. */
static void test_log_tells_what_an_operation_changed(void **state) {
  (void)state;
  int64_t item = 0;
  lab l = new_lab(&item);
  lab_answer(&l, item, "class", "cat");
  lab_answer(&l, item, "class/cat/mood", "angry");
  lab_answer(&l, item, "class/cat/mood/angry/hiss", "yes");
  lab_answer(&l, item, "class", "dog");
  history h = read_history(&l, item);
  assert_int_equal(h.n, 6);
  const size_t questions[] = {lab_question(&l, "class"), lab_question(&l, "class/cat/mood"),
                              lab_question(&l, "class/cat/mood/angry/hiss")};
  for (size_t i = 0; i < 3; i++) {
    const lnti_answer_row *before = &h.rows[i], *change = &h.rows[3 + i];
    assert_int_equal(change->op_id, h.rows[3].op_id);
    assert_true(before->op_id < change->op_id && before->log_id < change->log_id);
    assert_int_equal(change->question_id, l.ontology->questions[questions[i]].id);
    assert_int_equal(before->question_id, change->question_id);
    assert_int_equal(before->state, LNTI_ANSWERED);
    assert_true(before->option_id != 0);
    assert_int_equal(change->state, i == 0 ? LNTI_ANSWERED : LNTI_CLEARED);
    assert_int_equal(change->source, LNTI_BY_PERSON);
    if (i > 0) assert_int_equal(change->option_id, 0);
  }
  lab_reopen(&l); /* and it is durable */
  assert_int_equal(read_history(&l, item).n, 6);
  expect_answer(&l, item, "class", "dog");
  lab_free(&l);
}

/* ---- property: any ontology, any answers ---- */

enum { ITEMS = 3, BATCHES = 20, QUESTIONS_MAX = 8, BATCH_MAX = 5 };

typedef struct plain_answer {
  lnti_answer_state state; /* 0: none */
  size_t option;
  double number;
} plain_answer;

/* The model: current answers, by item and question, and how many rows the log must have. */
typedef struct plain_model {
  plain_answer current[ITEMS][QUESTIONS_MAX];
  size_t n_log[ITEMS];
} plain_model;

typedef struct totals {
  size_t accepted, refused, retired;
} totals;

/* Rather an option with others below it: the question is then asked for those too. */
static size_t random_parent(lnti_rng *rng, const lnti_ontology *o) {
  size_t option = lnti_rng_below(rng, o->n_options);
  for (int again = 0; again < 4 && o->options[option].n_children == 0; again++) {
    option = lnti_rng_below(rng, o->n_options);
  }
  return option;
}

/* Questions below random options of earlier ones; trees of random shape. */
static lnti_ontology *random_ontology(lnti_rng *rng) {
  lnti_ontology *o = NULL;
  size_t n_questions = 2 + lnti_rng_below(rng, QUESTIONS_MAX - 1), q = 0, option = 0;
  assert_ok(lnti_ontology_new(&o, "Random", ERR));
  for (size_t i = 0; i < n_questions; i++) {
    static const lnti_question_type types[] = {LNTI_RADIO, LNTI_TREE, LNTI_TREE, LNTI_NUMBER};
    lnti_question_type type = types[i == 0 ? lnti_rng_below(rng, 2) : lnti_rng_below(rng, 4)];
    size_t parent = i == 0 || lnti_rng_below(rng, 5) == 0 ? LNTI_NONE : random_parent(rng, o);
    char key[32];
    snprintf(key, sizeof key, "q%zu", i);
    assert_ok(lnti_ontology_add_question(&q, o, type, key, NULL, parent, ERR));
    if (type == LNTI_NUMBER) {
      o->questions[q].min = (double)lnti_rng_below(rng, 3);
      o->questions[q].max = o->questions[q].min + 3;
      o->questions[q].step = (double)lnti_rng_below(rng, 2);
      continue;
    }
    o->questions[q].leaf_only = type == LNTI_TREE && lnti_rng_below(rng, 2) == 0;
    size_t first = o->n_options, n = 1 + lnti_rng_below(rng, 5);
    for (size_t k = 0; k < n; k++) {
      bool below = type == LNTI_TREE && k > 0 && lnti_rng_below(rng, 2) == 0;
      snprintf(key, sizeof key, "o%zu", k);
      assert_ok(
          lnti_ontology_add_option(&option, o, q, below ? first + lnti_rng_below(rng, k) : LNTI_NONE, key, NULL, ERR));
    }
  }
  return o;
}

static bool plain_at_or_below(const lnti_ontology *o, size_t option, size_t node) {
  while (option != LNTI_NONE && option != node) option = o->options[option].parent;
  return option == node;
}

static bool plain_visible(const plain_model *m, const lnti_ontology *o, size_t item, size_t q) {
  size_t node = o->questions[q].parent_option;
  if (node == LNTI_NONE) return true;
  size_t above = o->options[node].question;
  const plain_answer *a = &m->current[item][above];
  return a->state == LNTI_ANSWERED && plain_at_or_below(o, a->option, node) && plain_visible(m, o, item, above);
}

static bool plain_rules(const lnti_ontology *o, const lnti_answer *a) {
  const lnti_question *q = &o->questions[a->question];
  bool has_option = a->option != LNTI_NONE, has_number = !isnan(a->number);
  if (a->state == LNTI_UNSURE || a->state == LNTI_CLEARED) return !has_option && !has_number;
  if (a->state == LNTI_NONE_OF_THESE) return q->type != LNTI_NUMBER && !has_option && !has_number;
  if (q->type == LNTI_NUMBER) {
    if (has_option || !has_number || a->number < q->min || a->number > q->max) return false;
    return q->step == 0 || a->number == floor(a->number); /* steps of 1 from a whole number */
  }
  if (!has_option || has_number || o->options[a->option].question != a->question) return false;
  for (size_t at = a->option; at != LNTI_NONE; at = o->options[at].parent) {
    if (o->options[at].retired) return false;
  }
  return !(q->type == LNTI_TREE && q->leaf_only && o->options[a->option].n_children > 0);
}

/* Applies one answer; false where it breaks a rule. */
static bool plain_apply(plain_model *m, const lnti_ontology *o, size_t item, const lnti_answer *a, bool keep,
                        size_t *n_written, size_t *n_retired) {
  plain_answer *current = &m->current[item][a->question];
  if (!plain_rules(o, a)) return false;
  if (keep && current->state) return true;
  if (a->state != LNTI_CLEARED && !plain_visible(m, o, item, a->question)) return false;
  *current = a->state == LNTI_CLEARED ? (plain_answer){0} : (plain_answer){a->state, a->option, a->number};
  m->n_log[item]++;
  ++*n_written;
  for (size_t q = 0; q < o->n_questions; q++) {
    if (m->current[item][q].state && !plain_visible(m, o, item, q)) {
      m->current[item][q] = (plain_answer){0};
      m->n_log[item]++;
      ++*n_retired;
      q = 0; /* from the start, whatever order they stand in */
    }
  }
  return true;
}

static lnti_answer random_answer(lnti_rng *rng, const lnti_ontology *o) {
  lnti_answer a = {lnti_rng_below(rng, o->n_questions), LNTI_ANSWERED, LNTI_NONE, NAN, NULL};
  uint64_t kind = lnti_rng_below(rng, 24);
  if (kind < 3) {
    a.state = kind == 0 ? LNTI_UNSURE : kind == 1 ? LNTI_NONE_OF_THESE : LNTI_CLEARED;
  } else if (o->questions[a.question].type == LNTI_NUMBER) {
    a.number = (double)(2 + lnti_rng_below(rng, 2)) + (kind == 3 ? 0.5 : 0);
  } else {
    do {
      a.option = lnti_rng_below(rng, o->n_options);
    } while (kind > 3 && o->options[a.option].question != a.question);
  }
  return a;
}

/* The store's current answers, and those of a replay of its log, are the model's. */
static void check_item(const lab *l, const plain_model *m, size_t item, int64_t id) {
  const lnti_ontology *o = l->ontology;
  plain_answer replay[QUESTIONS_MAX] = {{0}};
  history *h = calloc(1, sizeof *h);
  assert_non_null(h);
  assert_ok(lnti_store_history(l->project->store, LNTI_SUBJECT_ITEM, id, keep_row, h, ERR));
  assert_int_equal(h->n, m->n_log[item]);
  for (size_t i = 0; i < h->n; i++) {
    const lnti_answer_row *row = &h->rows[i];
    size_t option = row->option_id ? lnti_ontology_option_by_id(o, row->option_id) : LNTI_NONE;
    replay[lnti_ontology_question_by_id(o, row->question_id)] =
        row->state == LNTI_CLEARED ? (plain_answer){0} : (plain_answer){row->state, option, row->number};
  }
  free(h);
  for (size_t q = 0; q < o->n_questions; q++) {
    const plain_answer *wanted = &m->current[item][q];
    lnti_answer_row row;
    bool found = lab_current(l, &row, id, q);
    assert_int_equal(found, wanted->state != 0);
    assert_int_equal(replay[q].state, wanted->state);
    if (!found) continue;
    assert_int_equal(row.state, wanted->state);
    assert_int_equal(row.option_id, wanted->option == LNTI_NONE ? 0 : o->options[wanted->option].id);
    assert_int_equal(replay[q].option, wanted->option);
    assert_true(isnan(wanted->number) ? isnan(row.number) : row.number == wanted->number);
    assert_true(plain_visible(m, o, item, q));
  }
}

static void try_batch(lnti_rng *rng, const lab *l, plain_model *m, int64_t first_id, totals *sum) {
  lnti_annotation batch[BATCH_MAX];
  size_t n = 1 + lnti_rng_below(rng, BATCH_MAX), wanted = 0, n_written = 99, n_retired = 0;
  bool keep = lnti_rng_below(rng, 4) == 0, accepted = true;
  plain_model after = *m;
  for (size_t i = 0; i < n; i++) {
    size_t item = lnti_rng_below(rng, ITEMS);
    lnti_answer answer = random_answer(rng, l->ontology);
    /* Mostly what the rules allow, or hardly a batch would pass. */
    for (int again = 0; again < 8 && lnti_rng_below(rng, 16) != 0; again++) {
      if (plain_rules(l->ontology, &answer) && plain_visible(&after, l->ontology, item, answer.question)) break;
      answer = random_answer(rng, l->ontology);
    }
    batch[i] = (lnti_annotation){.item_id = first_id + (int64_t)item, .answer = answer, .confidence = NAN};
    accepted = accepted && plain_apply(&after, l->ontology, item, &answer, keep, &wanted, &n_retired);
  }
  lnt_status status = lab_annotate(l, batch, n, keep, &n_written);
  assert_int_equal(status, accepted ? LNT_OK : LNT_EINVAL);
  assert_int_equal(n_written, accepted ? wanted : 99);
  if (accepted) {
    *m = after;
    sum->accepted++;
    sum->retired += n_retired;
  } else {
    sum->refused++;
  }
}

static void check_random(lnti_rng *rng, void *payload) {
  lab l = lab_new();
  plain_model m = {0};
  char fault[512];
  lnti_ontology *random = random_ontology(rng);
  lnti_text json = {0};
  lnti_json_writer *w = NULL;
  assert_ok(lnti_json_writer_new(&w, lnti_json_sink_text, &json, 0, ERR));
  lnti_ontology_write(w, random);
  assert_ok(lnti_json_finish(w, ERR));
  lnti_json_writer_free(w);
  lab_ontology(&l, json.data);
  lnti_text_clear(&json);
  lnti_ontology_free(random);
  int64_t first = lab_items(&l, ITEMS);
  for (int i = 0; i < BATCHES; i++) {
    if (lnti_rng_below(rng, 10) == 0) l.ontology->options[lnti_rng_below(rng, l.ontology->n_options)].retired = true;
    try_batch(rng, &l, &m, first, payload);
  }
  for (size_t item = 0; item < ITEMS; item++) check_item(&l, &m, item, first + (int64_t)item);
  if (lab_store_faults(&l, fault)) fail_msg("verify: %s", fault);
  lab_free(&l);
}

static void test_random_answers_against_the_model(void **state) {
  (void)state;
  totals sum = {0};
  lnti_test_property("annotate like the plain model", 9, check_random, &sum);
  if (getenv("LNTI_TEST_SEED")) return;
  print_message("%zu batches taken, %zu refused, %zu answers retired\n", sum.accepted, sum.refused, sum.retired);
  assert_true(sum.accepted > 50 && sum.refused > 15 && sum.retired > 5); /* the generator reaches what it is for */
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_answers_of_each_kind),
      cmocka_unit_test(test_what_comes_with_an_answer),
      cmocka_unit_test(test_confidence_is_a_share),
      cmocka_unit_test(test_numbers),
      cmocka_unit_test(test_option_of_another_question_and_none_at_all),
      cmocka_unit_test(test_retired_option_is_refused_but_its_answers_stay),
      cmocka_unit_test(test_nested_question_needs_its_option),
      cmocka_unit_test(test_clearing_what_is_not_asked_is_no_error),
      cmocka_unit_test(test_parent_change_retires_children_and_grandchildren),
      cmocka_unit_test(test_change_of_one_item_leaves_others_and_other_questions),
      cmocka_unit_test(test_tree_nodes),
      cmocka_unit_test(test_tree_of_leaves_only),
      cmocka_unit_test(test_keep_existing),
      cmocka_unit_test(test_batch_stands_or_falls_together),
      cmocka_unit_test(test_a_child_may_stand_before_its_parent),
      cmocka_unit_test(test_empty_batch),
      cmocka_unit_test(test_log_tells_what_an_operation_changed),
      cmocka_unit_test(test_random_answers_against_the_model),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
