/*
 * Databases of every schema that ever was (golden/schema<N>.db) open with this Linnet, verify clean and hold what they
 * held. A new migration adds its golden file and its line to the table.
 */
#include <math.h>

#include "store_support.h"

static const int schemas[] = {1, 2};

static lnt_status tell_item(void *payload, const lnti_item *i, lnt_error *err) {
  return lnti_text_printf(payload, err, "%s#%s %ux%ux%u/%u %s %s %s %02x;", i->source, i->member, (unsigned)i->h,
                          (unsigned)i->w, (unsigned)i->c, (unsigned)i->depth, i->format, i->split, i->stage,
                          i->content.bytes[31]);
}

static lnt_status tell_answer(void *payload, const lnti_answer_row *a, lnt_error *err) {
  return lnti_text_printf(payload, err, "%lld q%lld s%d o%lld n%g c%g;", (long long)a->subject_id,
                          (long long)a->question_id, (int)a->state, (long long)a->option_id,
                          isnan(a->number) ? -1 : a->number, isnan(a->confidence) ? -1 : a->confidence);
}

static lnt_status tell_meta(void *payload, int64_t item_id, const char *key, const char *value, lnt_error *err) {
  return lnti_text_printf(payload, err, "%lld %s=%s;", (long long)item_id, key, value);
}

static lnt_status tell_model(void *payload, const lnti_model_row *m, lnt_error *err) {
  return lnti_text_printf(payload, err, "%s %s %s %zu %s;", m->name, m->target, m->learner, m->n_train, m->result_json);
}

static void assert_text(lnti_text *text, const char *wanted) {
  assert_string_equal(text->data, wanted);
  lnti_text_clear(text);
}

static void assert_golden(lnti_store *store) {
  lnti_text text = {0};
  lnti_item_query all = {0};
  lnti_ontology *o = NULL;
  size_t n = 1;
  assert_ok(lnti_store_verify(store, &n, NULL, NULL, NULL, ERR));
  assert_int_equal(n, 0);
  assert_ok(lnti_store_items(store, &all, tell_item, &text, ERR));
  assert_text(&text,
              "/data/train.gz#0 28x28x1/8 idx train annotate 00;/data/train.gz#1 28x28x1/8 idx train annotate 01;"
              "/data/train.gz#2 28x28x1/8 idx test annotate 02;");
  assert_ok(lnti_store_answers(store, 1, 3, 0, tell_answer, &text, ERR));
  assert_text(&text, "1 q1 s1 o1 n-1 c0.5;1 q2 s1 o0 n7.5 c-1;2 q1 s1 o2 n-1 c0.5;2 q2 s2 o0 n-1 c-1;");
  assert_ok(lnti_store_history(store, LNTI_SUBJECT_ITEM, 2, tell_answer, &text, ERR));
  assert_text(&text, "2 q1 s1 o1 n-1 c0.5;2 q1 s1 o2 n-1 c0.5;2 q2 s2 o0 n-1 c-1;");
  assert_ok(lnti_store_meta(store, 1, 3, tell_meta, &text, ERR));
  assert_text(&text, "1 site=north;2 site=south;3 site=south;");
  assert_ok(lnti_store_models(store, NULL, tell_model, &text, ERR));
  assert_text(&text, "golden class knn 2 {\"accuracy\":1};");
  assert_ok(lnti_store_ontology(&o, store, ERR));
  assert_int_equal(o->version, 2);
  assert_ok(lnti_ontology_describe(&text, o, 0, ERR));
  assert_text(&text,
              "Golden (version 2)\n"
              "class  \"Class\": radio, required\n"
              "  cat  \"Cat\"  [c]\n"
              "    age: number, from 0, to 30, in years\n"
              "  dog\n"
              "place: tree\n"
              "  house\n"
              "    roof\n");
  lnti_ontology_free(o);
}

static void every_older_schema_is_brought_up(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof schemas / sizeof schemas[0]; i++) {
    char golden[1024];
    size_t n = 0;
    int64_t version = 0;
    lnti_store *store = NULL;
    lnti_db *db = NULL;
    snprintf(golden, sizeof golden, "%s/schema%d.db", LINNET_GOLDEN, schemas[i]);
    char *data = lnti_test_read_file(&n, golden);
    char *folder = lnti_test_folder(), *path = lnti_test_path(folder, "linnet.db");
    lnti_test_write_file(path, data, n);
    assert_ok(lnti_store_open(&store, path, ERR));
    assert_golden(store);
    lnti_store_close(store);
    assert_ok(lnti_db_open(&db, path, LNTI_DB_WRITE, LNTI_STORE_APPLICATION_ID, ERR));
    assert_ok(lnti_db_version(&version, db, ERR));
    assert_int_equal(version, schemas[sizeof schemas / sizeof schemas[0] - 1]);
    lnti_db_close(db);
    free(path);
    free(data);
    lnti_test_folder_remove(folder);
  }
}

/* A new schema without its golden file must not pass unseen. */
static void every_migration_has_its_golden_file(void **state) {
  (void)state;
  size_t n = 0;
  for (const lnti_migration *m = lnti_migrations; m->sql; m++) {
    assert_int_equal(m->version, n + 1);
    n++;
  }
  assert_int_equal(n, sizeof schemas / sizeof schemas[0]);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_older_schema_is_brought_up),
      cmocka_unit_test(every_migration_has_its_golden_file),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
