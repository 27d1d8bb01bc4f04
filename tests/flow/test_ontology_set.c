/*
 * A project's first ontology, more of it, and that what is there is never changed.
 */
#include <flow/ontology_set.h>

#include "flow_support.h"

static lnti_ontology *parsed(const char *json) {
  lnti_ontology *o = NULL;
  assert_ok(lnti_ontology_parse(&o, json, strlen(json), "test.json", ERR));
  return o;
}

static size_t operations(const lab *l) {
  lnti_store_counts counts;
  assert_ok(lnti_store_counts_read(&counts, l->project->store, ERR));
  size_t n = counts.operations;
  lnti_store_counts_clear(&counts);
  return n;
}

static char *json_of(const lnti_ontology *o) {
  lnti_text text = {0};
  lnti_json_writer *w = NULL;
  assert_ok(lnti_json_writer_new(&w, lnti_json_sink_text, &text, 0, ERR));
  lnti_ontology_write(w, o);
  assert_ok(lnti_json_finish(w, ERR));
  lnti_json_writer_free(w);
  return text.data;
}

static void test_rows_get_their_ids(void **state) {
  (void)state;
  lab l = lab_new();
  lnti_ontology *o = parsed(lab_ontology_json), *stored = NULL;
  for (size_t i = 0; i < o->n_options; i++) o->options[i].id = 900 + (int64_t)i; /* as an earlier try left them */
  assert_ok(lnti_ontology_set(l.project, o, ERR));
  assert_int_equal(operations(&l), 1);
  assert_ok(lnti_store_ontology(&stored, l.project->store, ERR));
  assert_int_equal(stored->n_questions, 7);
  assert_int_equal(stored->n_options, o->n_options);
  for (size_t i = 0; i < o->n_questions; i++) {
    size_t there = lnti_ontology_question_by_id(stored, o->questions[i].id);
    assert_true(o->questions[i].id > 0 && there != LNTI_NONE);
    assert_string_equal(stored->questions[there].key, o->questions[i].key);
  }
  for (size_t i = 0; i < o->n_options; i++) {
    size_t there = lnti_ontology_option_by_id(stored, o->options[i].id);
    assert_true(o->options[i].id > 0 && there != LNTI_NONE);
    assert_string_equal(stored->options[there].key, o->options[i].key);
  }
  lnti_ontology_free(stored);
  lnti_ontology_free(o);
  lab_free(&l);
}

static void test_what_is_stored_is_what_was_given(void **state) {
  (void)state;
  lab l = lab_new();
  lnti_ontology *o = parsed(lab_ontology_json), *stored = NULL;
  assert_ok(lnti_ontology_set(l.project, o, ERR));
  lab_reopen(&l);
  assert_ok(lnti_store_ontology(&stored, l.project->store, ERR));
  assert_int_equal(stored->version, o->version);
  char *given = json_of(o), *read = json_of(stored);
  assert_string_equal(read, given);
  free(given);
  free(read);
  lnti_ontology_free(stored);
  lnti_ontology_free(o);
  lab_free(&l);
}

/* Of a document with everything in it, the screen's questions by row id. */
static void test_nothing_is_lost(void **state) {
  (void)state;
  static const char document[] =
      "{\"classifications\":[{\"id\":\"a\",\"type\":\"radio\",\"options\":[{\"id\":\"x\",\"code\":\"17\",\"key\":\"1\",\"color\":\"#123\","
      "\"aliases\":[\"ex\"],\"examples\":[\"like x\"],\"attributes\":[{\"id\":\"why\",\"type\":\"text\",\"max_length\":40}]}]},"
      "{\"id\":\"b\",\"type\":\"rank\",\"options\":[{\"id\":\"y\"}]},{\"id\":\"c\",\"type\":\"text\"}],"
      "\"screen\":{\"metadata\":[\"site\"],\"sections\":[{\"title\":\"T\",\"questions\":[\"c\",\"a\"]},"
      "{\"description\":\"D\",\"collapsed\":true,\"questions\":[\"b\"]}]}}";
  lab l = lab_new();
  lnti_ontology *o = parsed(document), *stored = NULL;
  assert_ok(lnti_ontology_set(l.project, o, ERR));
  lab_reopen(&l);
  assert_ok(lnti_store_ontology(&stored, l.project->store, ERR));
  char *given = json_of(o), *read = json_of(stored);
  assert_string_equal(read, given);
  assert_int_equal(stored->screen.n_sections, 2);
  assert_int_equal(lnti_ontology_find_code(stored, 0, "17"), 0);
  free(given);
  free(read);
  lnti_ontology_free(stored);
  lnti_ontology_free(o);
  lab_free(&l);
}

static const char small[] =
    "{\"name\":\"N\",\"classifications\":[{\"id\":\"a\",\"type\":\"radio\",\"options\":[{\"id\":\"x\"},{\"id\":\"y\"}]}]}";

static char *stored_json(const lab *l) {
  lnti_ontology *stored = NULL;
  assert_ok(lnti_store_ontology(&stored, l->project->store, ERR));
  char *json = json_of(stored);
  lnti_ontology_free(stored);
  return json;
}

/* Gives the project another document; what is told of it. */
static lnt_status give(lnti_ontology_extension *x, lab *l, const char *json, bool dry_run) {
  lnti_ontology_extension unasked = {0};
  lnti_ontology *o = parsed(json);
  lnt_status status = lnti_ontology_lay(x ? x : &unasked, l->project, o, dry_run, ERR);
  lnti_ontology_free(o);
  lnti_ontology_extension_clear(&unasked);
  return status;
}

static void test_more_is_added(void **state) {
  (void)state;
  static const char more[] =
      "{\"name\":\"M\",\"version\":9,\"classifications\":[{\"id\":\"new\",\"type\":\"text\"},"
      "{\"id\":\"a\",\"type\":\"radio\",\"options\":[{\"id\":\"x\",\"attributes\":[{\"id\":\"w\",\"type\":\"number\",\"max\":3}]},"
      "{\"id\":\"y\"},{\"id\":\"z\",\"code\":\"7\"}]}],\"screen\":{\"sections\":[{\"questions\":[\"new\",\"a\"]}]}}";
  static const char wanted[] = /* what is new stands behind what is there */
      "{\"name\":\"M\",\"version\":2,\"classifications\":["
      "{\"id\":\"a\",\"type\":\"radio\",\"options\":[{\"id\":\"x\",\"attributes\":[{\"id\":\"w\",\"type\":\"number\",\"max\":3}]},"
      "{\"id\":\"y\"},{\"id\":\"z\",\"code\":\"7\"}]},{\"id\":\"new\",\"type\":\"text\"}],\"screen\":{\"sections\":[{\"questions\":[\"new\",\"a\"]}]}}\n";
  lab l = lab_new();
  lnti_ontology_extension x = {0};
  assert_ok(give(NULL, &l, small, false));
  size_t before = operations(&l);
  assert_ok(give(&x, &l, more, true));
  assert_true(x.n_questions == 2 && x.n_options == 1 && x.renamed && x.screen && x.n_differences == 0);
  assert_int_equal(operations(&l), before); /* a dry run */
  assert_ok(give(NULL, &l, more, false));
  assert_int_equal(operations(&l), before + 1);
  lab_reopen(&l);
  char *json = stored_json(&l);
  assert_string_equal(json, wanted);
  assert_ok(give(NULL, &l, json, false)); /* given back */
  assert_int_equal(operations(&l), before + 1);
  char *again = stored_json(&l);
  assert_string_equal(again, json);
  free(again);
  free(json);
  lab_free(&l);
}

static void test_what_differs_is_refused(void **state) {
  (void)state;
  lab l = lab_new();
  lnti_ontology_extension x = {0};
  lab_ontology(&l, NULL);
  size_t before = operations(&l);
  char *there = stored_json(&l);
  assert_status(give(&x, &l, "{\"classifications\": [{\"id\": \"size\", \"type\": \"number\"}]}", false), LNT_EEXISTS);
  assert_message("is not in the file (and ");
  assert_true(x.n_differences > 1 && x.n_questions == 1);
  assert_int_equal(operations(&l), before);
  char *now = stored_json(&l);
  assert_string_equal(now, there);
  lnti_ontology_extension_clear(&x);
  free(now);
  free(there);
  lab_free(&l);
}

static void test_an_empty_one(void **state) {
  (void)state;
  lab l = lab_new();
  lnti_ontology *o = NULL;
  assert_ok(lnti_ontology_new(&o, "Nothing", ERR));
  assert_status(lnti_ontology_set(l.project, o, ERR), LNT_EINVAL);
  assert_message("no questions");
  assert_int_equal(operations(&l), 0);
  lnti_ontology_free(o);
  lab_ontology(&l, NULL); /* and the project can still be given one */
  lab_free(&l);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_rows_get_their_ids),      cmocka_unit_test(test_what_is_stored_is_what_was_given),
      cmocka_unit_test(test_nothing_is_lost),         cmocka_unit_test(test_more_is_added),
      cmocka_unit_test(test_what_differs_is_refused), cmocka_unit_test(test_an_empty_one),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
