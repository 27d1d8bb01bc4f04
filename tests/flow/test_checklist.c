/*
 * Checklists: each option is answered by itself, what is not answered stays unknown, and questions hang on a yes. First
 * the rules one by one and what the lists of items say; then random answers against a plain model.
 */
#include <flow/answer_text.h>
#include <math.h>
#include <time.h>

#include "flow_support.h"

static const char ontology_json[] =
    "{\"name\": \"Table\", \"classifications\": ["
    " {\"id\": \"class\", \"type\": \"radio\", \"options\": ["
    "  {\"id\": \"indoors\", \"attributes\": [{\"id\": \"marks\", \"type\": \"checklist\", \"options\": ["
    "   {\"id\": \"blur\"}, {\"id\": \"glare\"}]}]},"
    "  {\"id\": \"outdoors\"}]},"
    " {\"id\": \"labels\", \"type\": \"checklist\", \"options\": ["
    "  {\"id\": \"bowl\", \"attributes\": ["
    "   {\"id\": \"full\", \"type\": \"radio\", \"options\": [{\"id\": \"yes\"}, {\"id\": \"no\"}]},"
    "   {\"id\": \"parts\", \"type\": \"checklist\", \"options\": ["
    "    {\"id\": \"rim\", \"attributes\": [{\"id\": \"chips\", \"type\": \"number\", \"min\": 0, \"max\": 9}]},"
    "    {\"id\": \"foot\"}]}]},"
    "  {\"id\": \"orange\"}, {\"id\": \"spoon\"}]},"
    " {\"id\": \"empty\", \"type\": \"checklist\"}]}";

static lab new_lab(int64_t *item_out) {
  lab l = lab_new();
  lab_ontology(&l, ontology_json);
  *item_out = lab_item(&l, "a.png", 1, "");
  return l;
}

/* ---- what the lists say ---- */

typedef struct rows {
  lnti_answer_row row[64];
  size_t n;
} rows;

static lnt_status keep_row(void *payload, const lnti_answer_row *row, lnt_error *err) {
  (void)err;
  rows *all = payload;
  assert_in_range(all->n, 0, 63);
  all->row[all->n++] = *row;
  return LNT_OK;
}

static rows current(const lab *l, int64_t item) {
  rows all = {.n = 0};
  assert_ok(lnti_store_answers(l->project->store, item, item, 0, keep_row, &all, ERR));
  return all;
}

static void expect_text(const lab *l, int64_t item, const char *wanted) {
  rows all = current(l, item);
  lnti_text text = {0};
  assert_ok(lnti_text_append(&text, "", 0, ERR));
  assert_ok(lnti_answers_text(&text, l->ontology, all.row, all.n, ERR));
  assert_string_equal(text.data, wanted);
  lnti_text_clear(&text);
}

static void expect_json(const lab *l, int64_t item, const char *wanted) {
  rows all = current(l, item);
  lnti_text text = {0};
  lnti_json_writer *w = NULL;
  assert_ok(lnti_json_writer_new(&w, lnti_json_sink_text, &text, 0, ERR));
  lnti_json_begin_object(w);
  assert_ok(lnti_answers_json(w, l->ontology, all.row, all.n, ERR));
  lnti_json_end_object(w);
  assert_ok(lnti_json_finish(w, ERR));
  lnti_json_writer_free(w);
  while (text.length && text.data[text.length - 1] == '\n') text.data[--text.length] = '\0';
  assert_string_equal(text.data, wanted);
  lnti_text_clear(&text);
}

static void test_yes_no_and_unknown(void **state) {
  (void)state;
  int64_t item = 0;
  lab l = new_lab(&item);
  expect_text(&l, item, "");
  expect_json(&l, item, "{\"answers\":{}}");
  lab_answer(&l, item, "labels", "orange");
  expect_text(&l, item, "labels=orange");
  expect_json(&l, item, "{\"answers\":{\"labels\":[\"orange\"]}}");
  lab_answer(&l, item, "labels", "bowl");
  expect_text(&l, item, "labels=bowl, orange");
  lab_answer(&l, item, "labels", "-spoon");
  expect_text(&l, item, "labels=bowl, orange");
  expect_json(&l, item, "{\"answers\":{\"labels\":[\"bowl\",\"orange\"]},\"answers_no\":{\"labels\":[\"spoon\"]}}");
  lab_answer(&l, item, "labels", "-bowl");
  lab_answer(&l, item, "labels", "~orange");
  expect_text(&l, item, "labels=none of 2");
  expect_json(&l, item, "{\"answers\":{\"labels\":[]},\"answers_no\":{\"labels\":[\"bowl\",\"spoon\"]}}");
  lab_answer(&l, item, "class", "outdoors");
  expect_text(&l, item, "class=outdoors, labels=none of 2");
  lab_free(&l);
}

static void test_the_question_as_a_whole(void **state) {
  (void)state;
  int64_t item = 0;
  lab l = new_lab(&item);
  lab_answer(&l, item, "labels", "unsure");
  expect_text(&l, item, "labels=unsure");
  expect_json(&l, item, "{\"answers\":{\"labels\":{\"state\":\"unsure\",\"yes\":[]}}}");
  lab_answer(&l, item, "labels", "spoon"); /* what is known stands beside */
  expect_text(&l, item, "labels=spoon, unsure");
  expect_json(&l, item, "{\"answers\":{\"labels\":{\"state\":\"unsure\",\"yes\":[\"spoon\"]}}}");
  lab_answer(&l, item, "labels", "none");
  expect_text(&l, item, "labels=none of 3");
  expect_json(&l, item, "{\"answers\":{\"labels\":[]},\"answers_no\":{\"labels\":[\"bowl\",\"orange\",\"spoon\"]}}");
  lab_answer(&l, item, "labels", "clear");
  expect_text(&l, item, "");
  lab_answer(&l, item, "labels", "clear"); /* of nothing is no error */
  lnti_annotation none = lab_annotation(&l, item, "empty", "none");
  assert_status(lab_annotate(&l, &none, 1, false, NULL), LNT_EINVAL);
  assert_message("\"empty\" offers no option");
  lab_free(&l);
}

/* An option that comes later was not asked: the noes of before say nothing of it. Retired ones are asked no more. */
static void test_none_is_about_what_is_offered(void **state) {
  (void)state;
  int64_t item = 0;
  lab l = new_lab(&item);
  l.ontology->options[lab_option(&l, lab_question(&l, "labels"), "bowl")].retired = true;
  lab_answer(&l, item, "labels", "none");
  expect_json(&l, item, "{\"answers\":{\"labels\":[]},\"answers_no\":{\"labels\":[\"orange\",\"spoon\"]}}");
  lab_free(&l);
}

static void test_questions_hang_on_a_yes(void **state) {
  (void)state;
  int64_t item = 0;
  lab l = new_lab(&item);
  lnti_annotation full = lab_annotation(&l, item, "labels/bowl/full", "yes");
  assert_status(lab_annotate(&l, &full, 1, false, NULL), LNT_EINVAL);
  assert_message("asked only after \"bowl\"");
  lab_answer(&l, item, "labels", "-bowl");
  assert_status(lab_annotate(&l, &full, 1, false, NULL), LNT_EINVAL);
  lab_answer(&l, item, "labels", "bowl");
  lab_answer(&l, item, "labels/bowl/full", "yes");
  lab_answer(&l, item, "labels/bowl/parts", "rim");
  lab_answer(&l, item, "labels/bowl/parts", "-foot");
  lab_answer(&l, item, "labels/bowl/parts", "unsure");
  lab_answer(&l, item, "labels/bowl/parts/rim/chips", "3");
  lab_answer(&l, item, "labels", "orange"); /* another option's answer takes nothing back */
  lab_answer(&l, item, "labels", "-spoon");
  expect_text(
      &l, item,
      "labels=bowl, orange, labels/bowl/full=yes, labels/bowl/parts=rim, unsure, labels/bowl/parts/rim/chips=3");
  lab_answer(&l, item, "labels", "~bowl");
  expect_text(&l, item, "labels=orange");
  lab_answer(&l, item, "class", "indoors");
  lab_answer(&l, item, "class/indoors/marks", "none");
  expect_text(&l, item, "class=indoors, class/indoors/marks=none of 2, labels=orange");
  lab_answer(&l, item, "class", "outdoors");
  expect_text(&l, item, "class=outdoors, labels=orange");
  lab_free(&l);
}

/* What another operation has answered stays as a whole; what one operation answers adds up. */
static void test_keep_existing_keeps_the_whole_answer(void **state) {
  (void)state;
  int64_t item = 0;
  size_t n = 0;
  lab l = new_lab(&item);
  lab_answer(&l, item, "labels", "-bowl");
  const lnti_annotation batch[] = {lab_annotation(&l, item, "labels", "bowl"),
                                   lab_annotation(&l, item, "labels", "orange"),
                                   lab_annotation(&l, item, "labels", "unsure")};
  assert_ok(lab_annotate(&l, batch, 3, true, &n));
  assert_int_equal(n, 0);
  expect_json(&l, item, "{\"answers\":{\"labels\":[]},\"answers_no\":{\"labels\":[\"bowl\"]}}");
  lab_answer(&l, item, "labels", "~bowl");
  assert_ok(lab_annotate(&l, batch, 2, true, &n));
  assert_int_equal(n, 2);
  expect_json(&l, item, "{\"answers\":{\"labels\":[\"bowl\",\"orange\"]}}");
  lab_free(&l);
}

/* Thousands of options of one item are judged against what was there once, not each against all before it. */
static void test_keep_existing_takes_many_options(void **state) {
  (void)state;
  enum { N = 3000 };
  lab l = lab_new();
  size_t n = 0;
  lnti_text json = {0};
  assert_ok(lnti_text_printf(&json, ERR,
                             "{\"classifications\": [{\"id\": \"labels\", \"type\": \"checklist\", \"options\": ["));
  for (int i = 0; i < N; i++) assert_ok(lnti_text_printf(&json, ERR, "%s{\"id\": \"o%d\"}", i ? "," : "", i));
  assert_ok(lnti_text_printf(&json, ERR, "]}]}"));
  lab_ontology(&l, json.data);
  lnti_text_clear(&json);
  const size_t question = lab_question(&l, "labels");
  int64_t item = lab_item(&l, "a.png", 1, "");
  lnti_annotation *batch = calloc(N, sizeof *batch);
  assert_non_null(batch);
  for (size_t i = 0; i < N; i++) {
    batch[i] =
        (lnti_annotation){.item_id = item, .answer = {question, LNTI_ANSWERED, i, 1, NULL}, .confidence = (double)NAN};
  }
  const clock_t start = clock();
  assert_ok(lab_annotate(&l, batch, N, true, &n));
  assert_in_range((uintmax_t)(clock() - start), 0, (uintmax_t)4 * CLOCKS_PER_SEC);
  assert_int_equal(n, N);
  assert_ok(lab_annotate(&l, batch, N, true, &n)); /* the same again */
  assert_int_equal(n, 0);
  free(batch);
  lab_free(&l);
}

static void test_the_log_names_the_slot(void **state) {
  (void)state;
  int64_t item = 0;
  rows all = {.n = 0};
  lab l = new_lab(&item);
  int64_t bowl = l.ontology->options[lab_option(&l, lab_question(&l, "labels"), "bowl")].id;
  lnti_annotation a = lab_annotation(&l, item, "labels", "bowl");
  a.confidence = 0.5;
  a.time_spent_ms = 700;
  assert_ok(lab_annotate(&l, &a, 1, false, NULL));
  lab_answer(&l, item, "labels", "~bowl");
  lab_answer(&l, item, "labels", "unsure");
  assert_ok(lnti_store_history(l.project->store, LNTI_SUBJECT_ITEM, item, keep_row, &all, ERR));
  assert_int_equal(all.n, 3);
  assert_true(all.row[0].slot == bowl && all.row[0].option_id == bowl && all.row[0].number == 1);
  assert_true(all.row[0].confidence == 0.5 && all.row[0].time_spent_ms == 700);
  assert_true(all.row[1].slot == bowl && all.row[1].option_id == 0 && all.row[1].state == LNTI_CLEARED);
  assert_true(all.row[2].slot == 0 && all.row[2].option_id == 0 && all.row[2].state == LNTI_UNSURE);
  lab_free(&l);
}

static void test_text_of_what_the_ontology_lacks(void **state) {
  (void)state;
  int64_t item = 0;
  lab l = new_lab(&item);
  const lnti_ontology *o = l.ontology;
  int64_t class_id = o->questions[lab_question(&l, "class")].id;
  const lnti_answer_row strange[] = {
      {.question_id = 998, .state = LNTI_ANSWERED, .option_id = 1, .number = NAN},
      {.question_id = class_id, .state = LNTI_ANSWERED, .option_id = 999, .number = NAN}};
  lnti_text text = {0};
  assert_ok(lnti_answers_text(&text, o, strange, 2, ERR));
  assert_string_equal(text.data, "class=?");
  lnti_text_clear(&text);
  lab_free(&l);
}

/* ---- against a plain model ---- */

enum { ITEMS = 2, STEPS = 120, QUESTIONS = 16, OPTIONS = 32 };

enum { UNKNOWN = 0, NO = 1, YES = 2 };

typedef struct plain_model {
  int option[ITEMS][OPTIONS];      /* of checklists: YES, NO or UNKNOWN */
  int whole[ITEMS][QUESTIONS];     /* a state, or UNKNOWN */
  size_t choice[ITEMS][QUESTIONS]; /* of radios, where the state is "answered" */
  double number[ITEMS][QUESTIONS];
} plain_model;

static bool plain_visible(const plain_model *m, const lnti_ontology *o, size_t item, size_t q) {
  size_t node = o->questions[q].parent_option;
  if (node == LNTI_NONE) return true;
  size_t above = o->options[node].question;
  bool chosen = o->questions[above].type == LNTI_CHECKLIST
                    ? m->option[item][node] == YES
                    : m->whole[item][above] == LNTI_ANSWERED && m->choice[item][above] == node;
  return chosen && plain_visible(m, o, item, above);
}

static void plain_forget(plain_model *m, const lnti_ontology *o, size_t item, size_t q) {
  m->whole[item][q] = UNKNOWN;
  for (size_t i = 0; i < o->n_options; i++) {
    if (o->options[i].question == q) m->option[item][i] = UNKNOWN;
  }
}

static void plain_set(plain_model *m, const lnti_ontology *o, size_t item, const lnti_answer *a) {
  if (a->state == LNTI_CLEARED && a->option == LNTI_NONE) {
    plain_forget(m, o, item, a->question);
  } else if (o->questions[a->question].type != LNTI_CHECKLIST || a->state == LNTI_UNSURE) {
    m->whole[item][a->question] = (int)a->state;
    m->choice[item][a->question] = a->option;
    m->number[item][a->question] = a->number;
  } else if (a->state == LNTI_NONE_OF_THESE) {
    plain_forget(m, o, item, a->question);
    for (size_t i = 0; i < o->n_options; i++) {
      if (o->options[i].question == a->question) m->option[item][i] = NO;
    }
  } else {
    m->option[item][a->option] = a->state == LNTI_CLEARED ? UNKNOWN : a->number == 1 ? YES : NO;
  }
}

static bool plain_apply(plain_model *m, const lnti_ontology *o, size_t item, const lnti_answer *a) {
  if (a->state != LNTI_CLEARED && !plain_visible(m, o, item, a->question)) return false;
  plain_set(m, o, item, a);
  for (size_t depth = 0; depth < QUESTIONS; depth++) {
    for (size_t q = 0; q < o->n_questions; q++) {
      if (!plain_visible(m, o, item, q)) plain_forget(m, o, item, q);
    }
  }
  return true;
}

static lnti_answer random_answer(lnti_rng *rng, const lnti_ontology *o) {
  lnti_answer a = {lnti_rng_below(rng, o->n_questions), LNTI_ANSWERED, LNTI_NONE, NAN, NULL};
  lnti_question_type type = o->questions[a.question].type;
  uint64_t kind = lnti_rng_below(rng, 16);
  bool empty = o->questions[a.question].n_options == 0;
  if (kind == 0) a.state = LNTI_CLEARED;
  if (kind == 1 || (empty && type != LNTI_NUMBER)) a.state = LNTI_UNSURE;
  if (kind == 2 && type != LNTI_NUMBER && !empty) a.state = LNTI_NONE_OF_THESE;
  if (a.state != LNTI_ANSWERED) return a;
  if (type == LNTI_NUMBER) {
    a.number = (double)lnti_rng_below(rng, 10);
    return a;
  }
  do {
    a.option = lnti_rng_below(rng, o->n_options);
  } while (o->options[a.option].question != a.question);
  if (type != LNTI_CHECKLIST) return a;
  if (kind == 3) {
    a.state = LNTI_CLEARED;
  } else {
    a.number = kind < 7 ? 0 : 1;
  }
  return a;
}

/* The current rows in the model's form. That the log gives the same is what verify looks at. */
static plain_model as_model(const lnti_ontology *o, const rows *all) {
  plain_model m = {0};
  for (size_t i = 0; i < all->n; i++) {
    const lnti_answer_row *row = &all->row[i];
    size_t q = lnti_ontology_question_by_id(o, row->question_id);
    int gone = row->state == LNTI_CLEARED;
    if (row->slot) {
      size_t option = lnti_ontology_option_by_id(o, row->slot);
      assert_int_equal(o->options[option].question, q);
      m.option[0][option] = gone ? UNKNOWN : row->number == 1 ? YES : NO;
      continue;
    }
    m.whole[0][q] = gone ? UNKNOWN : (int)row->state;
    m.choice[0][q] = row->option_id ? lnti_ontology_option_by_id(o, row->option_id) : LNTI_NONE;
    m.number[0][q] = row->number;
  }
  return m;
}

static void expect_model(const plain_model *m, size_t item, const plain_model *got, const lnti_ontology *o) {
  for (size_t i = 0; i < o->n_options; i++) assert_int_equal(got->option[0][i], m->option[item][i]);
  for (size_t q = 0; q < o->n_questions; q++) {
    assert_int_equal(got->whole[0][q], m->whole[item][q]);
    if (m->whole[item][q] != LNTI_ANSWERED) continue;
    if (o->questions[q].type == LNTI_NUMBER) {
      assert_true(got->number[0][q] == m->number[item][q]);
    } else {
      assert_int_equal(got->choice[0][q], m->choice[item][q]);
    }
  }
}

static void check_random(lnti_rng *rng, void *payload) {
  size_t *refused = payload;
  plain_model m = {0};
  lab l = lab_new();
  char fault[512];
  lab_ontology(&l, ontology_json);
  int64_t first = lab_items(&l, ITEMS);
  assert_in_range(l.ontology->n_questions, 1, QUESTIONS);
  assert_in_range(l.ontology->n_options, 1, OPTIONS);
  for (int i = 0; i < STEPS; i++) {
    size_t item = lnti_rng_below(rng, ITEMS);
    lnti_annotation a = {.item_id = first + (int64_t)item, .answer = random_answer(rng, l.ontology), .confidence = NAN};
    bool taken = plain_apply(&m, l.ontology, item, &a.answer);
    *refused += !taken;
    assert_status(lab_annotate(&l, &a, 1, false, NULL), taken ? LNT_OK : LNT_EINVAL);
    rows now = current(&l, a.item_id);
    plain_model got = as_model(l.ontology, &now);
    expect_model(&m, item, &got, l.ontology);
  }
  if (lab_store_faults(&l, fault)) fail_msg("verify: %s", fault);
  lab_free(&l);
}

static void test_random_answers_against_the_model(void **state) {
  (void)state;
  size_t refused = 0;
  lnti_test_property("checklists like the plain model", 8, check_random, &refused);
  if (!getenv("LNTI_TEST_SEED")) assert_true(refused > 20);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_yes_no_and_unknown),
      cmocka_unit_test(test_the_question_as_a_whole),
      cmocka_unit_test(test_none_is_about_what_is_offered),
      cmocka_unit_test(test_questions_hang_on_a_yes),
      cmocka_unit_test(test_keep_existing_keeps_the_whole_answer),
      cmocka_unit_test(test_keep_existing_takes_many_options),
      cmocka_unit_test(test_the_log_names_the_slot),
      cmocka_unit_test(test_text_of_what_the_ontology_lacks),
      cmocka_unit_test(test_random_answers_against_the_model),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
