/*
 * Random ontologies, and random answers, edits, clears, undos and redos on each, against a plain model of the rules: what
 * every item says, as tables in memory, and a stack of them. After every step the store says the same, and at the end it
 * verifies. A step is a row of a table. LINNET_LONG in the environment: all ontologies, not the first few.
 */
#include <flow/annotate/items.h>
#include <flow/undo.h>
#include <math.h>
#include <stdio.h>

#include "../ontology/random_ontology.h"
#include "flow_support.h"

enum { ITEMS = 3, STEPS = 200, ONTOLOGIES = 500, ONTOLOGIES_SHORT = 12, SIZE = 40, DEPTH = STEPS + 1 };

/* What is said in one place; state 0: nothing. */
typedef struct said {
  int state;
  size_t option;
  double number;
  const char *text;
} said;

/* Of all items: of each question as a whole, then of each option of a checklist or rank. */
typedef struct world {
  lab l;
  lnti_rng rng;
  uint64_t seed;
  size_t step, n_places;
  said *stack[DEPTH]; /* [ITEMS, n_places] each */
  size_t at, top;
  size_t n_taken, n_refused, n_undone, n_retired;
} world;

static size_t below(world *w, size_t n) {
  return (size_t)lnti_rng_below(&w->rng, n);
}

static said *now(world *w, size_t item) {
  return w->stack[w->at] + item * w->n_places;
}

static said *whole(world *w, size_t item, size_t question) {
  return now(w, item) + question;
}

static said *part(world *w, size_t item, size_t option) {
  return now(w, item) + w->l.ontology->n_questions + option;
}

static bool slotted(const lnti_ontology *o, size_t question) {
  return o->questions[question].type == LNTI_CHECKLIST || o->questions[question].type == LNTI_RANK;
}

/* ---- the rules, told once more ---- */

static bool is_offered(const lnti_ontology *o, size_t option) {
  for (; option != LNTI_NONE; option = o->options[option].parent) {
    if (o->options[option].retired) return false;
  }
  return true;
}

static bool is_asked(world *w, size_t item, size_t question) {
  const lnti_ontology *o = w->l.ontology;
  size_t above = o->questions[question].parent_option;
  if (above == LNTI_NONE) return true;
  size_t parent = o->options[above].question;
  if (!is_asked(w, item, parent)) return false;
  if (slotted(o, parent)) return part(w, item, above)->state == LNTI_ANSWERED && part(w, item, above)->number >= 1;
  const said *s = whole(w, item, parent);
  if (s->state != LNTI_ANSWERED) return false;
  for (size_t i = s->option; i != LNTI_NONE; i = o->options[i].parent) {
    if (i == above) return true;
  }
  return false;
}

static void forget(world *w, size_t item, size_t question) {
  const lnti_ontology *o = w->l.ontology;
  *whole(w, item, question) = (said){0};
  for (size_t i = 0; i < o->n_options; i++) {
    if (o->options[i].question == question) *part(w, item, i) = (said){0};
  }
}

static void forget_what_is_not_asked(world *w, size_t item) {
  for (size_t q = 0; q < w->l.ontology->n_questions; q++) {
    if (!is_asked(w, item, q)) forget(w, item, q);
  }
}

/* Whether the answer may be given; the same rules as those of the ontology, written down a second time. */
static bool is_allowed(world *w, size_t item, const lnti_answer *a, size_t n) {
  const lnti_ontology *o = w->l.ontology;
  const lnti_question *q = &o->questions[a->question];
  size_t n_offered = 0;
  for (size_t i = q->first_option; i != LNTI_NONE; i = o->options[i].next_sibling) n_offered += !o->options[i].retired;
  if (a->state == LNTI_CLEARED) return true;
  if (!is_asked(w, item, a->question)) return false;
  if (a->state == LNTI_UNSURE) return true;
  if (a->state == LNTI_NONE_OF_THESE) {
    return q->type != LNTI_NUMBER && q->type != LNTI_TEXT && (q->type != LNTI_CHECKLIST || n_offered > 0);
  }
  for (size_t i = 0; i < n; i++) {
    if (a[i].option != LNTI_NONE && !is_offered(o, a[i].option)) return false;
    if (q->type == LNTI_TREE && q->leaf_only && o->options[a[i].option].n_children > 0) return false;
    for (size_t j = 0; j < i; j++) {
      if (a[j].option == a[i].option) return false;
    }
  }
  if (q->type == LNTI_TEXT) {
    size_t characters = 0;
    for (const char *p = a->text; *p; p++) characters += ((unsigned char)*p & 0xc0) != 0x80;
    return characters > 0 && characters <= (q->max_length ? q->max_length : LNTI_ONTOLOGY_TEXT_MAX);
  }
  if (q->type != LNTI_NUMBER) return true;
  double base = isfinite(q->min) ? q->min : 0, steps = (a->number - base) / q->step;
  return a->number >= q->min && a->number <= q->max && (q->step <= 0 || fabs(steps - nearbyint(steps)) <= 1e-6);
}

static void take(world *w, size_t item, const lnti_answer *a, size_t n) {
  const lnti_ontology *o = w->l.ontology;
  const lnti_question *q = &o->questions[a->question];
  if (q->type == LNTI_CHECKLIST && a->option != LNTI_NONE) {
    *part(w, item, a->option) =
        a->state == LNTI_CLEARED ? (said){0} : (said){LNTI_ANSWERED, a->option, a->number, NULL};
  } else if (q->type == LNTI_CHECKLIST && a->state == LNTI_NONE_OF_THESE) {
    *whole(w, item, a->question) = (said){0};
    for (size_t i = q->first_option; i != LNTI_NONE; i = o->options[i].next_sibling) {
      if (!o->options[i].retired) *part(w, item, i) = (said){LNTI_ANSWERED, i, 0, NULL};
    }
  } else if (q->type == LNTI_CHECKLIST && a->state == LNTI_UNSURE) {
    *whole(w, item, a->question) = (said){LNTI_UNSURE, LNTI_NONE, (double)NAN, NULL};
  } else {
    forget(w, item, a->question);
    for (size_t i = 0; i < n && a->state != LNTI_CLEARED; i++) {
      said *s = slotted(o, a->question) && a[i].option != LNTI_NONE ? part(w, item, a[i].option)
                                                                    : whole(w, item, a->question);
      *s = (said){(int)a[i].state, a[i].option, a[i].number, a[i].text};
    }
  }
  forget_what_is_not_asked(w, item);
}

/* ---- the store beside the model ---- */

static lnt_status compare_row(void *payload, const lnti_answer_row *row, lnt_error *err) {
  world *w = payload;
  const lnti_ontology *o = w->l.ontology;
  size_t question = lnti_ontology_question_by_id(o, row->question_id);
  size_t slot = row->slot ? lnti_ontology_option_by_id(o, row->slot) : LNTI_NONE, item = (size_t)row->subject_id - 1;
  size_t option = row->option_id ? lnti_ontology_option_by_id(o, row->option_id) : LNTI_NONE;
  said *s = slot == LNTI_NONE ? whole(w, item, question) : part(w, item, slot);
  bool same = s->state == (int)row->state && (isnan(row->number) ? isnan(s->number) : row->number == s->number) &&
              (row->text ? s->text && strcmp(row->text, s->text) == 0 : !s->text) &&
              (row->state != LNTI_ANSWERED || option == s->option);
  (void)err;
  if (!same) {
    fail_msg("seed %llu, step %zu: item %zu says otherwise of %s", (unsigned long long)w->seed, w->step, item + 1,
             o->questions[question].key);
  }
  s->state = -s->state; /* seen */
  return LNT_OK;
}

static void expect_same(world *w) {
  assert_ok(lnti_store_answers(w->l.project->store, 1, ITEMS, 0, compare_row, w, ERR));
  for (size_t i = 0; i < ITEMS * w->n_places; i++) {
    said *s = &w->stack[w->at][i];
    if (s->state > 0) fail_msg("seed %llu, step %zu: an answer is missing", (unsigned long long)w->seed, w->step);
    s->state = -s->state;
  }
}

/* ---- steps ---- */

/* A copy of what is said now, on top; all undone ones are gone. */
static void push(world *w) {
  size_t bytes = ITEMS * w->n_places * sizeof(said);
  for (; w->top > w->at; w->top--) free(w->stack[w->top]);
  w->stack[w->at + 1] = malloc(bytes);
  assert_non_null(w->stack[w->at + 1]);
  memcpy(w->stack[w->at + 1], w->stack[w->at], bytes);
  w->top = ++w->at;
}

static void drop(world *w) {
  free(w->stack[w->top--]);
  w->at--;
}

/* Answers to one question, good or bad; a rank's are several. */
static size_t draw(world *w, lnti_answer a[SIZE]) {
  static const char *const texts[] = {"seen", "Straße 5", "x", "a rather long text that not every question takes",
                                      "鳥"};
  const lnti_ontology *o = w->l.ontology;
  size_t question = below(w, o->n_questions), n = 0, options[SIZE], chosen;
  const lnti_question *q = &o->questions[question];
  static const lnti_answer_state states[] = {LNTI_UNSURE, LNTI_NONE_OF_THESE, LNTI_CLEARED};
  for (size_t i = 0; i < o->n_options && n < SIZE; i++) {
    if (o->options[i].question == question) options[n++] = i;
  }
  a[0] = (lnti_answer){question, LNTI_ANSWERED, LNTI_NONE, (double)NAN, NULL};
  if (below(w, 5) == 0 || (n == 0 && q->type != LNTI_NUMBER && q->type != LNTI_TEXT)) {
    a[0].state = states[below(w, 3)];
    return 1;
  }
  if (q->type == LNTI_NUMBER) a[0].number = (double)below(w, 41) / 2 - 5;
  if (q->type == LNTI_TEXT) a[0].text = texts[below(w, 5)];
  if (q->type == LNTI_NUMBER || q->type == LNTI_TEXT) return 1;
  chosen = q->type == LNTI_RANK ? 1 + below(w, n) : 1;
  for (size_t i = 0; i < chosen; i++) {
    a[i] = a[0];
    size_t k = i + below(w, n - i), option = options[k];
    options[k] = options[i];
    options[i] = option;
    a[i].option = option;
    if (q->type == LNTI_RANK) a[i].number = (double)(i + 1);
    if (q->type == LNTI_CHECKLIST) a[i].number = (double)below(w, 2);
  }
  if (q->type == LNTI_CHECKLIST && below(w, 6) == 0) {
    a[0].state = LNTI_CLEARED;
    a[0].number = (double)NAN;
  }
  return chosen;
}

static bool says_otherwise(world *w) {
  size_t n = ITEMS * w->n_places;
  const said *a = w->stack[w->at], *b = w->stack[w->at - 1];
  for (size_t i = 0; i < n; i++) {
    bool same_text = a[i].text && b[i].text ? strcmp(a[i].text, b[i].text) == 0 : a[i].text == b[i].text;
    bool same_number = isnan(a[i].number) ? isnan(b[i].number) : a[i].number == b[i].number;
    if (a[i].state != b[i].state || a[i].option != b[i].option || !same_number || !same_text) return true;
  }
  return false;
}

/* By a call of the library: one answer to some item, or to two of them in one operation. */
static void step_answer(world *w) {
  lnti_answer a[SIZE];
  lnti_annotation annotations[SIZE];
  const lnti_annotate_options options = {.source = LNTI_BY_PERSON, .existing = LNTI_EXISTING_CHANGE};
  lnti_annotated counts = {0};
  size_t item = below(w, ITEMS), n = draw(w, a);
  bool allowed = is_allowed(w, item, a, n);
  for (size_t i = 0; i < n; i++) {
    annotations[i] = (lnti_annotation){.item_id = (int64_t)item + 1, .answer = a[i], .confidence = (double)NAN};
  }
  lnt_status status = lab_annotate_with(&w->l, annotations, n, &options, &counts);
  if (allowed != (status == LNT_OK) || (status && status != LNT_EINVAL)) {
    fail_msg("seed %llu, step %zu: \"%s\" %s: %s", (unsigned long long)w->seed, w->step,
             w->l.ontology->questions[a->question].key, allowed ? "may be answered so" : "may not be answered so",
             ERR->message);
  }
  w->n_taken += allowed;
  w->n_refused += !allowed;
  w->n_retired += counts.n_retired * allowed;
  if (!allowed) return;
  push(w);
  take(w, item, a, n);
  if (!says_otherwise(w)) drop(w); /* an operation without answers: there is nothing to undo */
}

/* The same answer by a line of a file, as `items --json` has it. */
static void write_line(world *w, FILE *file, size_t item, const lnti_answer *a, size_t n) {
  const lnti_ontology *o = w->l.ontology;
  const lnti_question *q = &o->questions[a->question];
  lnti_json_writer *json = NULL;
  lnti_text path = {0};
  assert_ok(lnti_json_writer_new(&json, lnti_json_sink_file, file, 0, ERR));
  lnti_json_begin_object(json);
  lnti_json_kv_int(json, "id", (int64_t)item + 1);
  assert_ok(lnti_ontology_question_path(&path, o, a->question, ERR));
  bool noes = q->type == LNTI_CHECKLIST && a->option != LNTI_NONE && a->number == 0;
  lnti_json_key(json, noes ? "answers_no" : "answers");
  lnti_json_begin_object(json);
  lnti_json_key(json, path.data);
  if (a->state != LNTI_ANSWERED) {
    lnti_json_begin_object(json);
    lnti_json_kv_string(json, "state",
                        a->state == LNTI_UNSURE    ? "unsure"
                        : a->state == LNTI_CLEARED ? "clear"
                                                   : "none");
    lnti_json_end_object(json);
  } else if (q->type == LNTI_NUMBER) {
    lnti_json_real(json, a->number);
  } else if (q->type == LNTI_TEXT) {
    lnti_json_string(json, a->text);
  } else {
    if (slotted(o, a->question)) lnti_json_begin_array(json);
    for (size_t i = 0; i < n; i++) {
      path.length = 0;
      assert_ok(lnti_ontology_option_path(&path, o, a[i].option, ERR));
      lnti_json_string(json, path.data);
    }
    if (slotted(o, a->question)) lnti_json_end_array(json);
  }
  lnti_json_end_object(json);
  lnti_json_end_object(json);
  assert_ok(lnti_json_finish(json, ERR));
  lnti_json_writer_free(json);
  lnti_text_clear(&path);
}

static void step_file(world *w) {
  lnti_answer a[SIZE];
  size_t item = below(w, ITEMS), n = draw(w, a);
  if (a->state == LNTI_CLEARED && a->option != LNTI_NONE) return; /* items --json has no word for that */
  bool allowed = is_allowed(w, item, a, n);
  char *path = lnti_test_path(w->l.folder, "answers.jsonl");
  FILE *file = fopen(path, "w");
  assert_non_null(file);
  write_line(w, file, item, a, n);
  assert_int_equal(fclose(file), 0);
  lnti_annotate_items_options options = {.file = path, .confidence = (double)NAN};
  lnti_annotate_items_result result;
  assert_ok(lnti_annotate_items(&result, w->l.project, &options, ERR));
  if ((result.n_refused == 0) != allowed) {
    fail_msg("seed %llu, step %zu: a line of a file for \"%s\" was judged otherwise", (unsigned long long)w->seed,
             w->step, w->l.ontology->questions[a->question].key);
  }
  free(path);
  if (!allowed) return;
  push(w);
  take(w, item, a, n);
  bool changed = says_otherwise(w);
  assert_int_equal(changed, result.op_id != 0);
  if (!changed) drop(w);
}

static void step_undo(world *w) {
  lnti_undone undone = {0};
  lnt_status status = lnti_undo(&undone, w->l.project, &(lnti_undo_options){0}, ERR);
  if (w->at == 0) {
    assert_status(status, LNT_ENOTFOUND);
    return;
  }
  assert_ok(status);
  if (undone.n_conflicts)
    fail_msg("seed %llu, step %zu: an undo met another's answer", (unsigned long long)w->seed, w->step);
  w->at--;
  w->n_undone++;
}

static void step_redo(world *w) {
  lnti_undone undone = {0};
  if (w->at == w->top) return;
  assert_ok(lnti_undo(&undone, w->l.project, &(lnti_undo_options){.redo = true}, ERR));
  assert_int_equal(undone.n_conflicts, 0);
  w->at++;
}

static const struct {
  const char *name;
  size_t weight;
  void (*run)(world *w);
} steps[] = {{"answer", 60, step_answer}, {"file", 12, step_file}, {"undo", 20, step_undo}, {"redo", 8, step_redo}};

static void take_step(world *w) {
  size_t draw_of = below(w, 100), i = 0;
  for (; draw_of >= steps[i].weight; i++) draw_of -= steps[i].weight;
  steps[i].run(w);
}

/* ---- all of it ---- */

static void run_ontology(world *w) {
  lnti_rng_seed(&w->rng, w->seed, 0);
  lnti_ontology *o = lnti_random_ontology(&w->rng, 1 + below(w, SIZE - 1));
  char *json = lnti_ontology_json(o, 0);
  w->l = lab_new();
  lab_ontology(&w->l, json);
  lab_items(&w->l, ITEMS);
  w->n_places = w->l.ontology->n_questions + w->l.ontology->n_options;
  w->at = w->top = 0;
  w->stack[0] = calloc(ITEMS * w->n_places, sizeof(said));
  assert_non_null(w->stack[0]);
  for (w->step = 0; w->step < STEPS; w->step++) {
    take_step(w);
    expect_same(w);
  }
  for (size_t i = 0; i <= w->top; i++) free(w->stack[i]);
  lab_free(&w->l); /* which verifies */
  free(json);
  lnti_ontology_free(o);
}

static void random_answers_agree_with_the_model(void **state) {
  (void)state;
  world w = {.seed = 0};
  const uint64_t n = getenv("LINNET_LONG") ? ONTOLOGIES : ONTOLOGIES_SHORT;
  for (uint64_t seed = 1; seed <= n; seed++) {
    w.seed = seed;
    run_ontology(&w);
  }
  print_message("%llu ontologies: %zu answers taken, %zu refused, %zu retired, %zu operations undone\n",
                (unsigned long long)n, w.n_taken, w.n_refused, w.n_retired, w.n_undone);
  assert_true(w.n_taken > 100 * n / 4 && w.n_refused > n && w.n_undone > n);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(random_answers_agree_with_the_model)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
