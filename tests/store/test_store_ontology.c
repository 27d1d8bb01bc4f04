/*
 * The ontology in its tables: what is stored is read back equal, what is added later keeps the ids of what was there,
 * and an older ontology does not overwrite a newer one.
 */
#include "store_support.h"

typedef struct storing {
  lnti_ontology *ontology;
  int64_t op_id;
} storing;

static lnt_status store_ontology(void *payload, lnti_tx *tx, lnt_error *err) {
  storing *s = payload;
  lnti_op op = lab_op(1);
  bool existed = false;
  lnt_status status = lnti_tx_op(tx, &s->op_id, &existed, &op, err);
  if (!status) status = lnti_tx_ontology(tx, s->ontology, s->op_id, err);
  return status;
}

static char *as_json(const lnti_ontology *o) {
  lnti_json_writer *w = NULL;
  lnti_text text = {0};
  assert_ok(lnti_json_writer_new(&w, lnti_json_sink_text, &text, 0, ERR));
  lnti_ontology_write(w, o);
  assert_ok(lnti_json_finish(w, ERR));
  lnti_json_writer_free(w);
  return text.data;
}

typedef struct bench {
  char *folder, *path;
  lnti_store *store;
} bench;

static bench bench_new(void) {
  bench b = {.folder = lnti_test_folder()};
  b.path = lnti_test_path(b.folder, "linnet.db");
  assert_ok(lnti_store_create(&b.store, b.path, ERR));
  return b;
}

static void bench_free(bench *b) {
  size_t n = 1;
  assert_ok(lnti_store_verify(b->store, &n, NULL, NULL, NULL, ERR));
  assert_int_equal(n, 0);
  lnti_store_close(b->store);
  free(b->path);
  lnti_test_folder_remove(b->folder);
}

static lnti_ontology *loaded(bench *b) {
  lnti_ontology *o = NULL;
  assert_ok(lnti_store_ontology(&o, b->store, ERR));
  return o;
}

static const char document[] =
    "{\"name\": \"Damage\", \"version\": 3, \"classifications\": ["
    " {\"id\": \"area\", \"title\": \"Area\", \"type\": \"radio\", \"level\": \"group\", \"required\": true, "
    "  \"description\": \"Where\", \"options\": ["
    "   {\"id\": \"exterior\", \"title\": \"Exterior\", \"key\": \"e\", \"color\": \"#c33\", \"aliases\": [\"o\", \"p\"],"
    "    \"description\": \"d\", \"examples\": [\"x\"], \"attributes\": ["
    "      {\"id\": \"part\", \"type\": \"radio\", \"options\": [{\"id\": \"door\"}]}]},"
    "   {\"id\": \"interior\", \"retired\": true, \"examples\": [\"z\"]}]},"
    " {\"id\": \"species\", \"type\": \"tree\", \"leaf_only\": true, \"options\": ["
    "   {\"id\": \"birds\", \"options\": [{\"id\": \"duck\"}, {\"id\": \"goose\"}]}, {\"id\": \"fish\"}]},"
    " {\"id\": \"severity\", \"type\": \"number\", \"min\": 0, \"max\": 10, \"step\": 0.5, \"unit\": \"points\"}]}";

static void a_new_project_has_an_empty_one(void **state) {
  (void)state;
  bench b = bench_new();
  lnti_ontology *o = loaded(&b);
  assert_true(o->n_questions == 0 && o->version == 0);
  assert_string_equal(o->name, "");
  lnti_ontology_free(o);
  bench_free(&b);
}

static void it_comes_back_equal(void **state) {
  (void)state;
  bench b = bench_new();
  storing s = {0};
  assert_ok(lnti_ontology_parse(&s.ontology, document, sizeof document - 1, "d", ERR));
  lab_write(&b, store_ontology, &s);
  assert_int_equal(s.ontology->version, 3); /* its own, being the first */
  lnti_ontology *o = loaded(&b);
  char *stored = as_json(s.ontology), *read = as_json(o);
  assert_string_equal(stored, read);
  for (size_t i = 0; i < o->n_options; i++) {
    assert_true(o->options[i].id > 0);
    size_t same = lnti_ontology_option_by_id(s.ontology, o->options[i].id);
    assert_string_equal(s.ontology->options[same].key, o->options[i].key);
  }
  free(read);
  free(stored);
  lnti_ontology_free(o);
  lnti_ontology_free(s.ontology);
  bench_free(&b);
}

static void additions_keep_ids_and_raise_the_version(void **state) {
  (void)state;
  bench b = bench_new();
  storing s = {0};
  size_t index = 0, species = 0;
  assert_ok(lnti_ontology_parse(&s.ontology, document, sizeof document - 1, "d", ERR));
  lab_write(&b, store_ontology, &s);
  int64_t first_id = s.ontology->options[0].id;
  lab_write(&b, store_ontology, &s); /* nothing new */
  assert_int_equal(s.ontology->version, 3);
  assert_ok(lnti_ontology_find_question(&species, s.ontology, "species", ERR));
  size_t birds = lnti_ontology_find_option(s.ontology, species, LNTI_NONE, "birds");
  assert_ok(lnti_ontology_add_option(&index, s.ontology, species, birds, NULL, "Swan", ERR));
  assert_ok(lnti_ontology_add_question(&index, s.ontology, LNTI_NUMBER, "weight", NULL, index, ERR));
  lab_write(&b, store_ontology, &s);
  assert_int_equal(s.ontology->version, 4);
  assert_int_equal(s.ontology->options[0].id, first_id);
  lnti_ontology *o = loaded(&b);
  char *stored = as_json(s.ontology), *read = as_json(o);
  assert_string_equal(stored, read);
  free(read);
  free(stored);
  lnti_ontology_free(o);
  assert_ok(lnti_ontology_text(&s.ontology->name, s.ontology, "Renamed", ERR));
  lab_write(&b, store_ontology, &s);
  assert_int_equal(s.ontology->version, 5);
  lnti_ontology_free(s.ontology);
  bench_free(&b);
}

static void an_older_one_is_refused(void **state) {
  (void)state;
  bench b = bench_new();
  storing s = {0}, old = {0};
  size_t index = 0;
  assert_ok(lnti_ontology_parse(&s.ontology, document, sizeof document - 1, "d", ERR));
  lab_write(&b, store_ontology, &s);
  old.ontology = loaded(&b);
  assert_ok(lnti_ontology_add_question(&index, s.ontology, LNTI_RADIO, "more", NULL, LNTI_NONE, ERR));
  lab_write(&b, store_ontology, &s);
  assert_ok(lnti_ontology_add_question(&index, old.ontology, LNTI_RADIO, "other", NULL, LNTI_NONE, ERR));
  assert_status(lnti_store_write(b.store, store_ontology, &old, ERR), LNT_ECONFLICT);
  assert_message("version 4 is stored");
  assert_int_equal(old.ontology->questions[index].id, 0);
  lnti_ontology_free(old.ontology);
  lnti_ontology_free(s.ontology);
  bench_free(&b);
}

static void damaged_tables_are_an_error(void **state) {
  (void)state;
  static const char *const damages[] = {
      "UPDATE options SET parent_id = id WHERE key = 'birds'",  /* a loop: nothing leads to it */
      "UPDATE options SET key = 'a/b' WHERE key = 'fish'",      /* a key that cannot be */
      "UPDATE options SET title = '' WHERE key = 'fish'",       /* no title */
      "UPDATE questions SET type = 3 WHERE key = 'species'",    /* a number with options */
      "DELETE FROM ontology",                                   /* no head */
      "UPDATE options SET hotkey = 'e' WHERE key = 'interior'", /* twice the same */
  };
  for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++) {
    bench b = bench_new();
    storing s = {0};
    lnti_ontology *o = NULL;
    size_t n = 0;
    assert_ok(lnti_ontology_parse(&s.ontology, document, sizeof document - 1, "d", ERR));
    lab_write(&b, store_ontology, &s);
    assert_ok(lab_sql(b.store, damages[i]));
    assert_status(lnti_store_ontology(&o, b.store, ERR), LNT_ECORRUPT);
    assert_null(o);
    assert_ok(lnti_store_verify(b.store, &n, NULL, NULL, NULL, ERR));
    assert_true(n >= 1);
    lnti_ontology_free(s.ontology);
    lnti_store_close(b.store);
    free(b.path);
    lnti_test_folder_remove(b.folder);
  }
}

/* It could not be read again. */
static void a_number_with_options_is_refused(void **state) {
  (void)state;
  bench b = bench_new();
  storing s = {0};
  size_t q = 0, index = 0;
  assert_ok(lnti_ontology_new(&s.ontology, "Numbers", ERR));
  assert_ok(lnti_ontology_add_question(&q, s.ontology, LNTI_RADIO, "area", NULL, LNTI_NONE, ERR));
  assert_ok(lnti_ontology_add_option(&index, s.ontology, q, LNTI_NONE, NULL, "cat", ERR));
  s.ontology->questions[q].type = LNTI_NUMBER;
  assert_status(lnti_store_write(b.store, store_ontology, &s, ERR), LNT_EINVAL);
  assert_message("numbers have no options");
  lnti_ontology_free(s.ontology);
  bench_free(&b);
}

static void fifty_thousand_options_take_a_moment(void **state) {
  (void)state;
  enum { N = 50000 };
  bench b = bench_new();
  storing s = {0};
  size_t q = 0, index = 0;
  assert_ok(lnti_ontology_new(&s.ontology, "Wide", ERR));
  assert_ok(lnti_ontology_add_question(&q, s.ontology, LNTI_TREE, "class", NULL, LNTI_NONE, ERR));
  for (size_t i = 0; i < N; i++) {
    char title[32];
    snprintf(title, sizeof title, "Class %zu", i);
    assert_ok(lnti_ontology_add_option(&index, s.ontology, q, i < 100 ? LNTI_NONE : i % 100, NULL, title, ERR));
  }
  lab_write(&b, store_ontology, &s);
  lnti_ontology *o = loaded(&b);
  assert_int_equal(o->n_options, N);
  /* In the arrays too, document order. */
  assert_int_equal(o->options[0].first_child, 1);
  lnti_ontology_free(o);
  lnti_ontology_free(s.ontology);
  bench_free(&b);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_new_project_has_an_empty_one),
      cmocka_unit_test(it_comes_back_equal),
      cmocka_unit_test(additions_keep_ids_and_raise_the_version),
      cmocka_unit_test(an_older_one_is_refused),
      cmocka_unit_test(damaged_tables_are_an_error),
      cmocka_unit_test(a_number_with_options_is_refused),
      cmocka_unit_test(fifty_thousand_options_take_a_moment),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
