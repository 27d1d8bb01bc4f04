/*
 * Migrations: what each change does to the ontology and to answers, what is refused, and that undo puts all back, byte for byte.
 * Views that were open meanwhile say what a fresh one says.
 */
#include <flow/migrate/migrate.h>
#include <flow/undo.h>
#include <flow/view/parts.h>
#include <flow/view/query.h>
#include <math.h>

#include "flow_support.h"
#include "ontology/random_ontology.h"

/* ---- fixtures ---- */

static const char wide_json[] =
    "{\"name\": \"Wide\", \"screen\": {\"sections\": [{\"questions\": [\"labels\", \"size\"]}]}, \"classifications\": ["
    " {\"id\": \"class\", \"type\": \"radio\", \"options\": ["
    "  {\"id\": \"cat\", \"title\": \"Cat\", \"key\": \"c\", \"attributes\": [{\"id\": \"mood\", \"type\": \"radio\", "
    "\"options\": [{\"id\": \"angry\"}, {\"id\": \"calm\"}]}]},"
    "  {\"id\": \"kitten\", \"title\": \"Kitten\"}, {\"id\": \"dog\", \"title\": \"Dog\"}]},"
    " {\"id\": \"labels\", \"type\": \"checklist\", \"options\": [{\"id\": \"bowl\"}, {\"id\": \"cup\"}, {\"id\": "
    "\"plate\"}]},"
    " {\"id\": \"taxon\", \"type\": \"tree\", \"leaf_only\": true, \"options\": ["
    "  {\"id\": \"birds\", \"options\": [{\"id\": \"duck\", \"options\": [{\"id\": \"teal\"}, {\"id\": \"mallard\"}]},"
    "   {\"id\": \"owl\"}], \"attributes\": [{\"id\": \"sings\", \"type\": \"radio\", \"options\": [{\"id\": \"y\"}, "
    "{\"id\": \"n\"}]}]},"
    "  {\"id\": \"fish\"}]},"
    " {\"id\": \"size\", \"type\": \"number\", \"min\": 0, \"max\": 10, \"step\": 0.5},"
    " {\"id\": \"remark\", \"type\": \"text\"}]}";

/* Ten items: 1 cat and calm, 2 cat, 3 kitten, 4 dog; 5 bowl, no cup; 6 cup, bowl; 7 no bowl, no cup; 8 teal that sings; 9 owl;
 * 10 a size of 7.5. */
static lab wide_lab(void) {
  lab l = lab_new();
  lab_ontology(&l, wide_json);
  lab_items(&l, 10);
  static const struct {
    int64_t item;
    const char *question, *value;
  } answers[] = {{1, "class", "cat"},           {1, "class/cat/mood", "calm"}, {2, "class", "cat"},
                 {3, "class", "kitten"},        {4, "class", "dog"},           {5, "labels", "bowl"},
                 {5, "labels", "-cup"},         {6, "labels", "bowl"},         {6, "labels", "cup"},
                 {7, "labels", "-bowl"},        {7, "labels", "-cup"},         {8, "taxon", "birds/duck/teal"},
                 {8, "taxon/birds/sings", "y"}, {9, "taxon", "birds/owl"},     {10, "size", "7.5"}};
  for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
    lab_answer(&l, answers[i].item, answers[i].question, answers[i].value);
  }
  return l;
}

static lnt_status tell_answer(void *payload, const lnti_answer_row *r, lnt_error *err) {
  return lnti_text_printf(payload, err, "%lld q%lld/%lld s%d o%lld n%g t%s c%g ms%u by%d\n", (long long)r->subject_id,
                          (long long)r->question_id, (long long)r->slot, (int)r->state, (long long)r->option_id,
                          r->number, r->text ? r->text : "", r->confidence, (unsigned)r->time_spent_ms, (int)r->source);
}

static lnt_status tell_stage(void *payload, const lnti_item *item, lnt_error *err) {
  return lnti_text_printf(payload, err, "%lld %s\n", (long long)item->id, item->stage);
}

/* All that a migration may change, as text; free() it. */
static char *dump(const lab *l) {
  lnti_text text = {0};
  lnti_json_writer *w = NULL;
  lnti_ontology *o = NULL;
  assert_ok(lnti_store_ontology(&o, l->project->store, ERR));
  assert_ok(lnti_json_writer_new(&w, lnti_json_sink_text, &text, 1, ERR));
  lnti_ontology_write(w, o);
  assert_ok(lnti_json_finish(w, ERR));
  lnti_json_writer_free(w);
  lnti_ontology_free(o);
  assert_ok(lnti_store_answers(l->project->store, 0, INT64_MAX, 0, tell_answer, &text, ERR));
  assert_ok(lnti_store_items(l->project->store, &(lnti_item_query){0}, tell_stage, &text, ERR));
  return text.data;
}

static lnt_status migrate(const lab *l, lnti_migrate_result *out, const char *json) {
  return lnti_migrate(out, l->project, json, strlen(json), "test.json", NULL, ERR);
}

static int64_t last_undo;

static lnt_status undo(const lab *l, int64_t op_id) {
  const lnti_undo_options options = {.op_id = op_id};
  lnti_undone undone = {0};
  lnt_status status = lnti_undo(&undone, l->project, &options, ERR);
  last_undo = undone.op_id;
  return status;
}

/* What an item is answered, by ids: "class=cat mood=calm", "labels=bowl labels=-cup"; "" where nothing. */
typedef struct telling {
  lnti_ontology *ontology;
  lnti_text text;
} telling;

static lnt_status tell_briefly(void *payload, const lnti_answer_row *r, lnt_error *err) {
  telling *t = payload;
  size_t question = lnti_ontology_question_by_id(t->ontology, r->question_id);
  size_t option = r->option_id ? lnti_ontology_option_by_id(t->ontology, r->option_id) : LNTI_NONE;
  assert_true(question != LNTI_NONE && (!r->option_id || option != LNTI_NONE));
  const lnti_question *q = &t->ontology->questions[question];
  const char *key = option == LNTI_NONE ? "" : t->ontology->options[option].key;
  lnt_status status = lnti_text_printf(&t->text, err, "%s%s=", t->text.length ? " " : "", q->key);
  if (status) return status;
  if (r->state == LNTI_UNSURE) return lnti_text_printf(&t->text, err, "unsure");
  if (r->state == LNTI_NONE_OF_THESE) return lnti_text_printf(&t->text, err, "none");
  if (q->type == LNTI_NUMBER) return lnti_text_printf(&t->text, err, "%g", r->number);
  if (q->type == LNTI_TEXT) return lnti_text_printf(&t->text, err, "'%s'", r->text);
  return lnti_text_printf(&t->text, err, "%s%s", r->number == 0 ? "-" : "", key);
}

static void expect_answers(const lab *l, int64_t item, const char *wanted) {
  telling t = {0};
  assert_ok(lnti_store_ontology(&t.ontology, l->project->store, ERR));
  assert_ok(lnti_store_answers(l->project->store, item, item, 0, tell_briefly, &t, ERR));
  assert_string_equal(t.text.data ? t.text.data : "", wanted);
  lnti_text_clear(&t.text);
  lnti_ontology_free(t.ontology);
}

/* How many say yes, no and nothing to an option of a checklist, as text. */
static void tell_option(lnti_text *out, lnti_view *view, size_t question, size_t option) {
  lnti_facet facet = {.field = {LNTI_FIELD_OPTION, question, option}};
  lnti_view_lock(view);
  assert_ok(lnti_view_facets(&facet, 1, view, NULL, false, ERR));
  for (size_t i = 0; i < facet.n_codes; i++) assert_ok(lnti_text_printf(out, ERR, " %u", (unsigned)facet.counts[i]));
  lnti_facet_clear(&facet);
  lnti_view_unlock(view);
}

/* What was open all the time, and is updated, says what a fresh one says. */
static void assert_view(lnti_view *updated, const lab *l) {
  static const lnti_view_options fresh_options = {.no_snapshot = true};
  lnti_view *fresh = NULL;
  assert_ok(lnti_view_update(updated, NULL, ERR));
  assert_ok(lnti_view_open(&fresh, l->project, &fresh_options, NULL, ERR));
  const lnti_ontology *o = lnti_view_ontology(fresh);
  assert_int_equal(lnti_view_answers(updated), lnti_view_answers(fresh));
  for (size_t q = 0; q < o->n_questions; q++) {
    lnti_text x = {0}, y = {0};
    const lnti_ontology *theirs = lnti_view_ontology(updated);
    size_t other = lnti_ontology_question_by_id(theirs, o->questions[q].id);
    assert_true(other != LNTI_NONE);
    for (size_t i = o->questions[q].first_option; o->questions[q].type == LNTI_CHECKLIST && i != LNTI_NONE;
         i = o->options[i].next_sibling) {
      tell_option(&x, updated, other, lnti_ontology_option_by_id(theirs, o->options[i].id));
      tell_option(&y, fresh, q, i);
      assert_string_equal(x.data, y.data);
    }
    const lnti_field field = {LNTI_FIELD_QUESTION, q, LNTI_NONE};
    const lnti_field same = {LNTI_FIELD_QUESTION, other, LNTI_NONE};
    const lnti_question_rows *p = lnti_rows_question(&updated->rows, o->questions[q].id),
                             *r = lnti_rows_question(&fresh->rows, o->questions[q].id);
    for (size_t row = 0; row < lnti_view_count(fresh); row++) {
      size_t a = p ? lnti_column_code(&p->codes, row) : LNTI_CODE_UNANSWERED;
      size_t b = r ? lnti_column_code(&r->codes, row) : LNTI_CODE_UNANSWERED;
      x.length = y.length = 0;
      assert_ok(lnti_view_code_text(&x, updated, &same, a, ERR));
      assert_ok(lnti_view_code_text(&y, fresh, &field, b, ERR));
      assert_string_equal(x.data, y.data);
    }
    lnti_text_clear(&x);
    lnti_text_clear(&y);
  }
  lnti_view_close(fresh);
}

/* Runs it, checks the database and an open view, and that a preview had said the same; *op_out for its undo. */
static void run(const lab *l, lnti_view *view, const char *json, lnti_migrate_result *out) {
  char fault[512];
  lnti_migrate_result before = {0};
  char *unchanged = dump(l);
  assert_ok(lnti_migrate_preview(&before, l->project, json, strlen(json), "test.json", ERR));
  char *still = dump(l);
  assert_string_equal(still, unchanged);
  assert_ok(migrate(l, out, json));
  if (lab_store_faults(l, fault)) fail_msg("verify: %s", fault);
  assert_int_equal(before.op_id, 0);
  assert_int_equal(before.n_items, out->n_items);
  assert_int_equal(before.n_answers, out->n_answers);
  assert_int_equal(before.n_examples, out->n_examples);
  for (size_t i = 0; i < before.n_examples; i++) {
    assert_string_equal(before.examples[i].before, out->examples[i].before);
    assert_string_equal(before.examples[i].after, out->examples[i].after);
  }
  assert_view(view, l);
  lnti_migrate_result_clear(&before);
  free(unchanged);
  free(still);
}

/* One migration, what it makes of the items, and back. */
typedef struct expected {
  int64_t item;
  const char *answers;
} expected;

static void there_and_back(const char *json, const expected *items, size_t n) {
  lab l = wide_lab();
  lnti_view *view = NULL;
  lnti_migrate_result result = {0};
  char fault[512];
  assert_ok(lnti_view_open(&view, l.project, NULL, NULL, ERR));
  char *before = dump(&l);
  run(&l, view, json, &result);
  for (size_t i = 0; i < n; i++) expect_answers(&l, items[i].item, items[i].answers);
  char *after = dump(&l);
  assert_string_not_equal(before, after);
  assert_ok(undo(&l, result.op_id));
  char *back = dump(&l);
  assert_string_equal(back, before);
  assert_view(view, &l);
  if (lab_store_faults(&l, fault)) fail_msg("verify: %s", fault);
  assert_ok(undo(&l, last_undo)); /* done again */
  char *again = dump(&l);
  assert_string_equal(again, after);
  assert_view(view, &l);
  free(again);
  free(back);
  free(after);
  free(before);
  lnti_migrate_result_clear(&result);
  lnti_view_close(view);
  lab_free(&l);
}
#define THERE_AND_BACK(json, ...)                              \
  do {                                                         \
    const expected items[] = {__VA_ARGS__};                    \
    there_and_back(json, items, sizeof items / sizeof *items); \
  } while (0)

static void refused(const char *json, lnt_status code, const char *message) {
  lab l = wide_lab();
  lnti_migrate_result result = {.n_rows = 77};
  char *before = dump(&l);
  assert_status(lnti_migrate_preview(&result, l.project, json, strlen(json), "test.json", ERR), code);
  assert_status(migrate(&l, &result, json), code);
  assert_message(message);
  assert_int_equal(result.n_rows, 77);
  char *after = dump(&l);
  assert_string_equal(after, before);
  free(after);
  free(before);
  lab_free(&l);
}

/* ---- renaming ---- */

static void test_rename(void **state) {
  (void)state;
  THERE_AND_BACK("[{\"do\": \"rename\", \"what\": \"class/cat\", \"title\": \"Tom cat\", \"id\": \"tom\"}]",
                 {1, "class=tom mood=calm"}, {4, "class=dog"});
  THERE_AND_BACK("[{\"do\": \"rename\", \"what\": \"class\", \"title\": \"Kind\", \"id\": \"kind\"}]", {2, "kind=cat"});
  /* Two exchange their ids. */
  THERE_AND_BACK(
      "{\"changes\": [{\"do\": \"rename\", \"what\": \"class/cat\", \"id\": \"x\"}, "
      "{\"do\": \"rename\", \"what\": \"class/dog\", \"id\": \"cat\", \"title\": \"Was dog\"}, "
      "{\"do\": \"rename\", \"what\": \"class/x\", \"id\": \"dog\"}]}",
      {1, "class=dog mood=calm"}, {4, "class=cat"});
}

static void test_old_names_find_it(void **state) {
  (void)state;
  lab l = wide_lab();
  lnti_migrate_result result = {0};
  lnti_ontology *o = NULL;
  assert_ok(
      migrate(&l, &result, "[{\"do\": \"rename\", \"what\": \"class/Cat\", \"title\": \"Tom\", \"id\": \"tom\"}]"));
  assert_ok(lnti_store_ontology(&o, l.project->store, ERR));
  size_t tom = lnti_ontology_find_option(o, lnti_ontology_question_by_id(o, 1), LNTI_NONE, "tom");
  assert_true(tom != LNTI_NONE);
  assert_int_equal(lnti_ontology_find_option(o, 0, LNTI_NONE, "Cat"), tom);
  assert_int_equal(lnti_ontology_find_option(o, 0, LNTI_NONE, "cat"), tom);
  lnti_ontology_free(o);
  lnti_migrate_result_clear(&result);
  lab_free(&l);
}

/* ---- merging and splitting ---- */

static void test_merge(void **state) {
  (void)state;
  THERE_AND_BACK("[{\"do\": \"merge\", \"what\": [\"class/cat\", \"class/kitten\"], \"title\": \"Feline\"}]",
                 {1, "class=feline mood=calm"}, {3, "class=feline"}, {4, "class=dog"});
  THERE_AND_BACK("[{\"do\": \"merge\", \"what\": [\"class/dog\", \"class/kitten\"], \"into\": \"class/cat\"}]",
                 {3, "class=cat"}, {4, "class=cat"});
  /* Yes if either is, no only if both are. */
  THERE_AND_BACK("[{\"do\": \"merge\", \"what\": [\"labels/bowl\", \"labels/cup\"], \"id\": \"vessel\"}]",
                 {5, "labels=vessel"}, {6, "labels=vessel"}, {7, "labels=-vessel"});
  THERE_AND_BACK("[{\"do\": \"merge\", \"what\": [\"labels/cup\"], \"into\": \"labels/plate\"}]", {5, "labels=bowl"},
                 {6, "labels=bowl labels=plate"}, {7, "labels=-bowl"});
  THERE_AND_BACK(
      "[{\"do\": \"merge\", \"what\": [\"taxon/birds/duck\"], \"into\": \"taxon/birds\"}, "
      "{\"do\": \"set\", \"what\": \"taxon\", \"leaf_only\": false}]",
      {8, "taxon=teal sings=y"});
}

static void test_split(void **state) {
  (void)state;
  THERE_AND_BACK("[{\"do\": \"split\", \"what\": \"class/cat\", \"where\": \"id<2\", \"title\": \"Old cat\"}]",
                 {1, "class=old-cat"}, {2, "class=cat"});
  THERE_AND_BACK("[{\"do\": \"split\", \"what\": \"labels/bowl\", \"where\": \"id=5\", \"id\": \"dish\"}]",
                 {5, "labels=-cup labels=dish"}, {6, "labels=bowl labels=cup"},
                 {7, "labels=-bowl labels=-cup labels=-dish"});
  lab l = wide_lab();
  lnti_migrate_result result = {0};
  char *before = dump(&l);
  assert_ok(migrate(&l, &result, "[{\"do\": \"split\", \"what\": \"class/cat\", \"review\": true, \"id\": \"lynx\"}]"));
  assert_int_equal(result.n_review, 2);
  char *after = dump(&l);
  assert_non_null(strstr(after, "\n1 review\n2 review\n3 annotate\n"));
  assert_ok(undo(&l, result.op_id));
  char *back = dump(&l);
  assert_string_equal(back, before);
  free(back);
  free(after);
  free(before);
  lnti_migrate_result_clear(&result);
  lab_free(&l);
}

/* ---- moving, order, fields ---- */

static void test_move(void **state) {
  (void)state;
  /* What hung on birds is not asked of a duck any more. */
  THERE_AND_BACK("[{\"do\": \"move\", \"what\": \"taxon/birds/duck\", \"to\": \"taxon\", \"first\": true}]",
                 {8, "taxon=teal"}, {9, "taxon=owl"});
  THERE_AND_BACK("[{\"do\": \"move\", \"what\": \"class/cat/mood\", \"to\": \"\", \"before\": \"labels\"}]",
                 {1, "class=cat mood=calm"});
  THERE_AND_BACK("[{\"do\": \"move\", \"what\": \"class/cat/mood\", \"to\": \"class/dog\"}]", {1, "class=cat"});
  THERE_AND_BACK(
      "[{\"do\": \"order\", \"what\": \"class/dog\", \"first\": true}, {\"do\": \"order\", \"what\": \"size\", "
      "\"before\": \"class\"}, {\"do\": \"order\", \"what\": \"class/cat\", \"after\": \"class/kitten\"}]",
      {4, "class=dog"});
}

static void test_fields(void **state) {
  (void)state;
  THERE_AND_BACK(
      "[{\"do\": \"retire\", \"what\": \"class/cat\"}, {\"do\": \"set\", \"what\": \"class/dog\", \"key\": \"d\", "
      "\"color\": \"#f00\", \"description\": \"It barks\"}]",
      {1, "class=cat mood=calm"});
  THERE_AND_BACK(
      "[{\"do\": \"retire\", \"what\": \"class/dog\"}, {\"do\": \"restore\", \"what\": \"class/dog\"}, "
      "{\"do\": \"set\", \"what\": \"class\", \"required\": true, \"description\": \"Which?\"}]",
      {4, "class=dog"});
  THERE_AND_BACK("[{\"do\": \"set\", \"what\": \"size\", \"min\": 5, \"max\": null, \"step\": 2.5, \"unit\": \"mm\"}]",
                 {10, "size=7.5"});
  THERE_AND_BACK(
      "[{\"do\": \"add\", \"what\": \"\", \"type\": \"checklist\", \"id\": \"tags\"}, {\"do\": \"add\", \"what\": "
      "\"tags\", \"title\": \"Wet\"}, {\"do\": \"add\", \"what\": \"tags/wet\", \"type\": \"number\", \"id\": "
      "\"depth\", \"min\": 0}, {\"do\": \"remove\", \"what\": \"remark\"}]",
      {1, "class=cat mood=calm"});
  THERE_AND_BACK(
      "[{\"do\": \"remove\", \"what\": \"labels/plate\"}, {\"do\": \"add\", \"what\": \"labels\", \"id\": "
      "\"plate\"}]",
      {5, "labels=bowl labels=-cup"});
}

/* ---- types ---- */

static void test_types(void **state) {
  (void)state;
  THERE_AND_BACK("[{\"do\": \"type\", \"what\": \"class\", \"type\": \"checklist\"}]", {1, "class=cat mood=calm"},
                 {4, "class=dog"});
  THERE_AND_BACK("[{\"do\": \"type\", \"what\": \"class\", \"type\": \"checklist\", \"others\": \"no\"}]",
                 {4, "class=-cat class=-kitten class=dog"});
  THERE_AND_BACK("[{\"do\": \"type\", \"what\": \"class\", \"type\": \"tree\"}]", {1, "class=cat mood=calm"});
  /* A merge makes way; the no of one to both is no choice among three, and is lost. */
  THERE_AND_BACK(
      "[{\"do\": \"merge\", \"what\": [\"labels/cup\"], \"into\": \"labels/bowl\"}, "
      "{\"do\": \"type\", \"what\": \"labels\", \"type\": \"radio\"}]",
      {5, "labels=bowl"}, {6, "labels=bowl"}, {7, ""});
}

/* Each no beside a yes is taken back, and counted. */
static void test_what_a_radio_cannot_say(void **state) {
  (void)state;
  lab l = wide_lab();
  lnti_migrate_result result = {0};
  lab_answer(&l, 6, "labels", "-bowl");
  lab_answer(&l, 7, "labels", "-plate");
  assert_ok(migrate(&l, &result, "[{\"do\": \"type\", \"what\": \"labels\", \"type\": \"radio\"}]"));
  expect_answers(&l, 5, "labels=bowl");
  expect_answers(&l, 6, "labels=cup");
  expect_answers(&l, 7, "labels=none");
  assert_int_equal(result.n_lost, 2); /* of items 5 and 6 */
  lnti_migrate_result_clear(&result);
  lab_free(&l);
}

static void test_text_becomes_options(void **state) {
  (void)state;
  lab l = wide_lab();
  static const char *const texts[] = {"red", "Blue", "red"};
  lnti_migrate_result result = {0};
  for (int64_t i = 0; i < 3; i++) {
    lnti_annotation a = {.item_id = 1 + i, .confidence = (double)NAN};
    a.answer = (lnti_answer){lab_question(&l, "remark"), LNTI_ANSWERED, LNTI_NONE, (double)NAN, texts[i]};
    assert_ok(lab_annotate(&l, &a, 1, false, NULL));
  }
  char *before = dump(&l);
  assert_ok(migrate(&l, &result, "[{\"do\": \"type\", \"what\": \"remark\", \"type\": \"radio\"}]"));
  expect_answers(&l, 1, "class=cat mood=calm remark=red");
  expect_answers(&l, 2, "class=cat remark=blue");
  assert_ok(undo(&l, result.op_id));
  char *back = dump(&l);
  assert_string_equal(back, before);
  free(back);
  free(before);
  lnti_migrate_result_clear(&result);
  lab_free(&l);
}

/* ---- refusals ---- */

static void test_refused(void **state) {
  (void)state;
  static const struct {
    const char *json;
    lnt_status code;
    const char *message;
  } bad[] = {
      {"[]", LNT_EDATA, "empty"},
      {"{\"change\": []}", LNT_EDATA, "no list of changes"},
      {"[{\"do\": \"renam\", \"what\": \"class\"}]", LNT_EDATA, "did you mean \"rename\""},
      {"[{\"do\": \"xyzzy\", \"what\": \"class\"}]", LNT_EDATA, "there is rename, merge, split"},
      {"[{\"do\": \"rename\", \"what\": \"class\", \"xyzzy\": \"x\"}]", LNT_EDATA, "there is do, what, title, id"},
      {"[{\"do\": \"split\", \"what\": \"class/cat\", \"where\": \"\", \"id\": \"x\"}]", LNT_EINVAL,
       "\"where\" is empty"},
      {"[{\"do\": \"rename\", \"what\": \"class\", \"titel\": \"x\"}]", LNT_EDATA, "did you mean \"title\""},
      {"[{\"do\": \"rename\", \"what\": \"class/bear\", \"title\": \"x\"}]", LNT_ENOTFOUND,
       "there is cat, kitten, dog"},
      {"[{\"do\": \"rename\", \"what\": \"class/cat\", \"title\": \"Dog\"}]", LNT_EEXISTS, "merge them"},
      {"[{\"do\": \"rename\", \"what\": \"class/cat\", \"id\": \"dog\"}]", LNT_EEXISTS, "taken by a sibling"},
      {"[{\"do\": \"rename\", \"what\": \"class/cat\", \"id\": \"a/b\"}]", LNT_EINVAL, "'/'"},
      {"[{\"do\": \"rename\", \"what\": \"class/cat\"}]", LNT_EINVAL, "give a \"title\""},
      {"[{\"do\": \"merge\", \"what\": [\"class/cat\", \"labels/cup\"], \"id\": \"x\"}]", LNT_EINVAL,
       "another question"},
      {"[{\"do\": \"merge\", \"what\": [\"class/cat\"], \"into\": \"class/cat\"}]", LNT_EINVAL, "with itself"},
      {"[{\"do\": \"merge\", \"what\": [\"taxon/birds\"], \"into\": \"taxon/birds/owl\"}]", LNT_EINVAL, "hangs on it"},
      {"[{\"do\": \"split\", \"what\": \"class/cat\", \"title\": \"x\"}]", LNT_EINVAL, "\"where\" is missing"},
      {"[{\"do\": \"split\", \"what\": \"class/cat\", \"title\": \"x\", \"where\": \"nose=1\"}]", LNT_EINVAL, "nose"},
      {"[{\"do\": \"move\", \"what\": \"taxon/birds\", \"to\": \"taxon/birds/duck\"}]", LNT_EINVAL, "hangs on it"},
      {"[{\"do\": \"move\", \"what\": \"class/cat\", \"to\": \"class/dog\"}]", LNT_EINVAL, "no tree"},
      {"[{\"do\": \"move\", \"what\": \"class\", \"to\": \"class/cat/mood/calm\"}]", LNT_EINVAL, "hangs on it"},
      {"[{\"do\": \"move\", \"what\": \"taxon/fish\", \"to\": \"taxon/birds/owl\"}]", LNT_ECONFLICT, "no leaf"},
      {"[{\"do\": \"set\", \"what\": \"size\", \"max\": 5}]", LNT_ECONFLICT, "1 item's answers do not fit"},
      {"[{\"do\": \"set\", \"what\": \"size\", \"step\": 1}]", LNT_ECONFLICT, "not on a step"},
      {"[{\"do\": \"set\", \"what\": \"size\", \"min\": 12}]", LNT_EINVAL, "above max"},
      {"[{\"do\": \"set\", \"what\": \"class\", \"min\": 1}]", LNT_EINVAL, "no number"},
      {"[{\"do\": \"remove\", \"what\": \"class/dog\"}]", LNT_ECONFLICT, "would be gone"},
      {"[{\"do\": \"remove\", \"what\": \"size\"}]", LNT_ECONFLICT, "would be gone"},
      {"[{\"do\": \"type\", \"what\": \"labels\", \"type\": \"radio\"}]", LNT_ECONFLICT, "both \"bowl\" and \"cup\""},
      {"[{\"do\": \"type\", \"what\": \"taxon\", \"type\": \"radio\"}]", LNT_EINVAL, "move them up first"},
      {"[{\"do\": \"type\", \"what\": \"size\", \"type\": \"radio\"}]", LNT_EINVAL, "a number has no options"},
      {"[{\"do\": \"retire\", \"what\": \"class\"}]", LNT_EINVAL, "only options"},
      {"[{\"do\": \"rename\", \"what\": \"class/cat\", \"title\": \"New\"}, {\"do\": \"retire\", \"what\": \"no\"}]",
       LNT_ENOTFOUND, "test.json:1"},
  };
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) refused(bad[i].json, bad[i].code, bad[i].message);
}

/* ---- undo ---- */

static void test_undo_is_refused(void **state) {
  (void)state;
  lab l = wide_lab();
  lnti_migrate_result first = {0}, second = {0};
  assert_ok(
      migrate(&l, &first, "[{\"do\": \"merge\", \"what\": [\"class/cat\", \"class/kitten\"], \"title\": \"Feline\"}]"));
  lnti_ontology_free(l.ontology);
  l.ontology = NULL;
  assert_ok(lnti_store_ontology(&l.ontology, l.project->store, ERR));
  lab_answer(&l, 4, "class", "feline"); /* an item that the migration did not touch hangs on what it made */
  char *before = dump(&l);
  assert_status(undo(&l, first.op_id), LNT_ECONFLICT);
  assert_message("1 later answer depends");
  assert_message("item 4");
  lab_answer(&l, 1, "class", "dog");
  assert_status(undo(&l, first.op_id), LNT_ECONFLICT);
  assert_message("answered again since");
  lab_answer(&l, 1, "class", "feline");
  assert_ok(migrate(&l, &second, "[{\"do\": \"rename\", \"what\": \"class/feline\", \"title\": \"Cats\"}]"));
  assert_status(undo(&l, first.op_id), LNT_ECONFLICT);
  assert_message("undo that first");
  assert_ok(undo(&l, second.op_id));
  assert_status(undo(&l, second.op_id), LNT_ECONFLICT);
  assert_message("was undone already");
  assert_status(undo(&l, 1), LNT_EUNSUPPORTED);
  lnti_migrate_result_clear(&first);
  lnti_migrate_result_clear(&second);
  free(before);
  lab_free(&l);
}

static void reread(lab *l) {
  lnti_ontology_free(l->ontology);
  l->ontology = NULL;
  assert_ok(lnti_store_ontology(&l->ontology, l->project->store, ERR));
}

static const char merge_cups[] = "[{\"do\": \"merge\", \"what\": [\"labels/cup\"], \"into\": \"labels/bowl\"}]";

/* What somebody answered and took back again is the migration's as before, whatever it was. */
static void test_undo_after_undone_answers(void **state) {
  (void)state;
  lab l = wide_lab();
  lnti_migrate_result result = {0};
  char *before = dump(&l);
  assert_ok(migrate(&l, &result, merge_cups));
  reread(&l);
  static const char *const values[] = {"-bowl", "plate", "~bowl"};
  for (size_t i = 0; i < 3; i++) {
    lnti_undone undone = {0};
    lab_answer(&l, 6, "labels", values[i]);
    assert_ok(lnti_undo(&undone, l.project, &(lnti_undo_options){0}, ERR));
  }
  assert_ok(undo(&l, result.op_id));
  char *back = dump(&l);
  assert_string_equal(back, before);
  free(back);
  free(before);
  lnti_migrate_result_clear(&result);
  lab_free(&l);
}

/* An answer that a migration took back, and that somebody gave and took back since, is theirs: it does not come back. */
static void test_undo_after_cleared_answers(void **state) {
  (void)state;
  lab l = wide_lab();
  lnti_migrate_result result = {0};
  assert_ok(migrate(&l, &result, "[{\"do\": \"move\", \"what\": \"class/cat/mood\", \"to\": \"class/dog\"}]"));
  expect_answers(&l, 1, "class=cat");
  reread(&l);
  lab_answer(&l, 1, "class", "dog");
  lab_answer(&l, 1, "class/dog/mood", "angry");
  lab_answer(&l, 1, "class/dog/mood", "clear");
  lab_answer(&l, 1, "class", "cat");
  assert_status(undo(&l, result.op_id), LNT_ECONFLICT);
  assert_message("item 1: it was answered again since");
  lnti_migrate_result_clear(&result);
  lab_free(&l);
}

/* The undo of a migration that touched no answer is found by a redo. */
static void test_redo_of_a_rename(void **state) {
  (void)state;
  lab l = wide_lab();
  lnti_migrate_result result = {0};
  lnti_undone undone = {0};
  assert_ok(migrate(&l, &result, "[{\"do\": \"rename\", \"what\": \"class/cat\", \"title\": \"Tom\"}]"));
  char *after = dump(&l);
  assert_ok(undo(&l, result.op_id));
  assert_ok(lnti_undo(&undone, l.project, &(lnti_undo_options){.redo = true}, ERR));
  assert_int_equal(undone.undoes, last_undo);
  char *again = dump(&l);
  assert_string_equal(again, after);
  free(again);
  free(after);
  lnti_migrate_result_clear(&result);
  lab_free(&l);
}

/* What the undo of a later one gave back is the earlier one's again. */
static void test_undo_one_after_another(void **state) {
  (void)state;
  lab l = wide_lab();
  lnti_migrate_result first = {0}, second = {0};
  char *before = dump(&l);
  assert_ok(
      migrate(&l, &first, "[{\"do\": \"merge\", \"what\": [\"class/cat\", \"class/kitten\"], \"id\": \"feline\"}]"));
  assert_ok(
      migrate(&l, &second, "[{\"do\": \"merge\", \"what\": [\"class/feline\", \"class/dog\"], \"id\": \"animal\"}]"));
  expect_answers(&l, 3, "class=animal");
  assert_ok(undo(&l, second.op_id));
  expect_answers(&l, 3, "class=feline");
  assert_ok(undo(&l, first.op_id));
  char *back = dump(&l);
  assert_string_equal(back, before);
  free(back);
  free(before);
  lnti_migrate_result_clear(&first);
  lnti_migrate_result_clear(&second);
  lab_free(&l);
}

/* Whoever works with the ontology of before is told. */
static void test_older_ontologies_are_refused(void **state) {
  (void)state;
  lab l = wide_lab();
  lnti_migrate_result result = {0};
  lnti_annotation late = lab_annotation(&l, 2, "class", "kitten");
  assert_ok(migrate(&l, &result, "[{\"do\": \"merge\", \"what\": [\"class/kitten\"], \"into\": \"class/cat\"}]"));
  assert_status(lab_annotate(&l, &late, 1, false, NULL), LNT_ECONFLICT);
  assert_message("changed");
  lnti_migrate_result_clear(&result);
  lab_free(&l);
}

/* Answers an item that had no answer, once: when the filter is looked at, whose value no item has. */
static void answer_meanwhile(void *payload, lnti_log_level level, const char *message) {
  lab *l = payload;
  (void)level;
  if (!strstr(message, "tset")) return;
  l->project->context.log = NULL;
  lab_answer(l, 11, "class", "kitten");
}

/* What is answered between the look of a filter and the write is migrated as well. */
static void test_answers_given_meanwhile(void **state) {
  (void)state;
  static const char *const json[] = {
      "[{\"do\": \"split\", \"what\": \"class/kitten\", \"where\": \"class=kitten or split=tset\", \"id\": \"lynx\"}]",
      "[{\"do\": \"split\", \"what\": \"class/dog\", \"where\": \"split=tset\", \"id\": \"wolf\"}, "
      "{\"do\": \"merge\", \"what\": [\"class/kitten\"], \"into\": \"class/cat\"}]"};
  static const char *const answers[] = {"class=lynx", "class=cat"};
  for (size_t i = 0; i < 2; i++) {
    lab l = lab_new();
    lnti_migrate_result result = {0};
    const lnti_log log = {answer_meanwhile, &l, LNTI_LOG_DEBUG};
    lab_ontology(&l, wide_json);
    lab_items(&l, 11);
    lab_answer(&l, 3, "class", "kitten");
    l.project->context.log = &log;
    assert_ok(migrate(&l, &result, json[i]));
    assert_null(l.project->context.log);
    expect_answers(&l, 3, answers[i]);
    expect_answers(&l, 11, answers[i]);
    lnti_migrate_result_clear(&result);
    lab_free(&l);
  }
}

/* ---- random ontologies, answers and changes ---- */

enum { RANDOM_ITEMS = 8 };

static size_t below(lnti_rng *rng, size_t n) {
  return n ? (size_t)lnti_rng_below(rng, n) : 0;
}

/* Answers that the rules refuse are none. */
static void answer_at_random(lab *l, lnti_rng *rng) {
  lnti_ontology *o = NULL;
  assert_ok(lnti_store_ontology(&o, l->project->store, ERR));
  lnti_ontology_free(l->ontology);
  l->ontology = o;
  for (int i = 0; i < 12 && o->n_questions; i++) {
    lnti_annotation a = {.item_id = 1 + (int64_t)below(rng, RANDOM_ITEMS), .confidence = (double)NAN};
    const lnti_question *q = &o->questions[below(rng, o->n_questions)];
    a.answer = (lnti_answer){
        .question = (size_t)(q - o->questions), .state = LNTI_ANSWERED, .option = LNTI_NONE, .number = (double)NAN};
    if (q->type == LNTI_RANK) continue;
    if (q->type == LNTI_NUMBER) a.answer.number = (double)below(rng, 20);
    if (q->type == LNTI_TEXT) a.answer.text = below(rng, 2) ? "one" : "two";
    if (q->type == LNTI_CHECKLIST) a.answer.number = (double)below(rng, 2);
    if (q->n_options) {
      do a.answer.option = below(rng, o->n_options);
      while (o->options[a.answer.option].question != a.answer.question);
    }
    if (below(rng, 8) == 0) {
      a.answer.state = LNTI_UNSURE;
      a.answer.option = LNTI_NONE;
      a.answer.number = (double)NAN;
      a.answer.text = NULL;
    }
    (void)!lab_annotate(l, &a, 1, false, NULL);
  }
}

/* The path of any question or option, as JSON; into a ring of buffers. */
static const char *any_place(const lnti_ontology *o, lnti_rng *rng, bool option) {
  static char ring[4][8192];
  static size_t next;
  char *out = ring[next++ % 4];
  lnti_text path = {0};
  size_t at = option && o->n_options ? below(rng, o->n_options) : LNTI_NONE;
  size_t question = at == LNTI_NONE ? below(rng, o->n_questions) : o->options[at].question;
  assert_ok(lnti_ontology_place_path(&path, o, question, at, ERR));
  size_t n = 0;
  for (const char *c = path.data; *c && n < 8000; c++) {
    if (*c == '"' || *c == '\\') out[n++] = '\\';
    out[n++] = *c;
  }
  out[n] = '\0';
  lnti_text_clear(&path);
  return out;
}

static void any_change(char *out, size_t bytes, const lnti_ontology *o, lnti_rng *rng, size_t number) {
  const char *what = any_place(o, rng, below(rng, 4) > 0), *other = any_place(o, rng, below(rng, 4) > 0);
  const char *third = any_place(o, rng, true);
  const char *const types[] = {"radio", "checklist", "tree", "number"};
  const char *type = types[below(rng, 4)];
  switch (below(rng, 12)) {
    case 0:
      snprintf(out, bytes, "{\"do\": \"rename\", \"what\": \"%s\", \"id\": \"new-%zu\", \"title\": \"New %zu\"}", what,
               number, number);
      break;
    case 1:
      snprintf(out, bytes, "{\"do\": \"merge\", \"what\": [\"%s\", \"%s\"], \"title\": \"Both %zu\"}", what, other,
               number);
      break;
    case 2:
      snprintf(out, bytes, "{\"do\": \"merge\", \"what\": [\"%s\"], \"into\": \"%s\"}", what, other);
      break;
    case 3:
      snprintf(out, bytes,
               "{\"do\": \"split\", \"what\": \"%s\", \"where\": \"id<5\", \"title\": \"Part %zu\", \"below\": %s}",
               third, number, below(rng, 2) ? "true" : "false");
      break;
    case 4:
      snprintf(out, bytes, "{\"do\": \"move\", \"what\": \"%s\", \"to\": \"%s\", \"first\": %s}", what, other,
               below(rng, 2) ? "true" : "false");
      break;
    case 5:
      snprintf(out, bytes, "{\"do\": \"order\", \"what\": \"%s\", \"%s\": true}", what,
               below(rng, 2) ? "first" : "last");
      break;
    case 6:
      snprintf(out, bytes, "{\"do\": \"%s\", \"what\": \"%s\"}", below(rng, 2) ? "retire" : "restore", third);
      break;
    case 7:
      snprintf(out, bytes, "{\"do\": \"type\", \"what\": \"%s\", \"type\": \"%s\"}", any_place(o, rng, false), type);
      break;
    case 8:
      snprintf(out, bytes, "{\"do\": \"remove\", \"what\": \"%s\"}", what);
      break;
    case 9:
      snprintf(out, bytes, "{\"do\": \"add\", \"what\": \"%s\", \"type\": \"%s\", \"id\": \"added-%zu\"}", third, type,
               number);
      break;
    case 10:
      snprintf(out, bytes, "{\"do\": \"split\", \"what\": \"%s\", \"review\": true}", third);
      break;
    default:
      snprintf(out, bytes, "{\"do\": \"add\", \"what\": \"%s\", \"title\": \"More %zu\"}", what, number);
  }
}

/* A migration of one to three changes. False: it was refused, and nothing is changed. */
static bool migrate_at_random(const lab *l, lnti_view *view, lnti_rng *rng, size_t number, int64_t *op_out) {
  static char json[3 * 26000], one[26000];
  char fault[512];
  lnti_migrate_result result = {0};
  lnti_ontology *o = NULL;
  size_t n = 0;
  assert_ok(lnti_store_ontology(&o, l->project->store, ERR));
  if (o->n_questions == 0) {
    lnti_ontology_free(o);
    return false;
  }
  n += (size_t)snprintf(json, sizeof json, "[");
  for (size_t i = 0, changes = 1 + below(rng, 3); i < changes; i++) {
    any_change(one, sizeof one, o, rng, 10 * number + i);
    n += (size_t)snprintf(json + n, sizeof json - n, "%s%s", i ? ", " : "", one);
  }
  snprintf(json + n, sizeof json - n, "]");
  lnti_ontology_free(o);
  char *before = dump(l);
  lnt_status status = migrate(l, &result, json);
  if (status != LNT_OK && status != LNT_EINVAL && status != LNT_EEXISTS && status != LNT_ENOTFOUND &&
      status != LNT_ECONFLICT && status != LNT_ELIMIT) {
    fail_msg("status %d of %s: %s", (int)status, json, ERR->message);
  }
  if (status) {
    char *after = dump(l);
    assert_string_equal(after, before);
    free(after);
  }
  if (lab_store_faults(l, fault)) fail_msg("verify: %s after %s", fault, json);
  assert_view(view, l);
  *op_out = result.op_id;
  lnti_migrate_result_clear(&result);
  free(before);
  return status == LNT_OK;
}

static void random_round(uint64_t seed, size_t *n_done) {
  enum { STEPS = 6 };
  lnti_rng rng;
  lnti_view *view = NULL;
  char *dumps[STEPS], fault[512];
  int64_t ops[STEPS];
  size_t n = 0;
  lnti_rng_seed(&rng, seed, 0);
  lab l = lab_new();
  lnti_ontology *o = lnti_random_ontology(&rng, 24);
  char *json = lnti_ontology_json(o, 0);
  lab_ontology(&l, json);
  lab_items(&l, RANDOM_ITEMS);
  for (int i = 0; i < 6; i++) answer_at_random(&l, &rng);
  assert_ok(lnti_view_open(&view, l.project, NULL, NULL, ERR));
  for (size_t i = 0; i < STEPS; i++) {
    dumps[n] = dump(&l);
    if (migrate_at_random(&l, view, &rng, i, &ops[n])) {
      n++;
    } else {
      free(dumps[n]);
    }
  }
  *n_done += n;
  while (n-- > 0) {
    lnt_status status = undo(&l, ops[n]);
    if (status) fail_msg("seed %llu: undo of %lld: %s", (unsigned long long)seed, (long long)ops[n], ERR->message);
    char *back = dump(&l);
    if (strcmp(back, dumps[n]) != 0)
      fail_msg("seed %llu: undo of %lld gave\n%s\nwhere there was\n%s", (unsigned long long)seed, (long long)ops[n],
               back, dumps[n]);
    if (lab_store_faults(&l, fault)) fail_msg("seed %llu: verify: %s", (unsigned long long)seed, fault);
    assert_view(view, &l);
    free(back);
    free(dumps[n]);
  }
  lnti_view_close(view);
  free(json);
  lnti_ontology_free(o);
  lab_free(&l);
}

static void test_random(void **state) {
  (void)state;
  const char *rounds = getenv("LINNET_MIGRATE_ROUNDS");
  size_t n_done = 0;
  uint64_t n = rounds ? strtoull(rounds, NULL, 10) : 12;
  for (uint64_t seed = 0; seed < n; seed++) random_round(seed, &n_done);
  assert_true(n_done > n); /* most changes make sense */
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_rename),
      cmocka_unit_test(test_old_names_find_it),
      cmocka_unit_test(test_merge),
      cmocka_unit_test(test_split),
      cmocka_unit_test(test_move),
      cmocka_unit_test(test_fields),
      cmocka_unit_test(test_types),
      cmocka_unit_test(test_what_a_radio_cannot_say),
      cmocka_unit_test(test_text_becomes_options),
      cmocka_unit_test(test_refused),
      cmocka_unit_test(test_undo_is_refused),
      cmocka_unit_test(test_undo_after_undone_answers),
      cmocka_unit_test(test_undo_after_cleared_answers),
      cmocka_unit_test(test_redo_of_a_rename),
      cmocka_unit_test(test_undo_one_after_another),
      cmocka_unit_test(test_older_ontologies_are_refused),
      cmocka_unit_test(test_answers_given_meanwhile),
      cmocka_unit_test(test_random),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
