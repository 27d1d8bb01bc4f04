/*
 * Databases of every schema that ever was (golden/schema<N>.db) open with this Linnet, verify clean and hold what they
 * held. A new migration adds its golden file and its line to the table.
 */
#include <math.h>

#include "store_support.h"

/* What was added to the golden data with a schema stands at the end of its texts. */
static const struct golden {
  int schema;
  const char *items, *answers, *history, *replaced, *ontology, *facts, *remarks;
} goldens[] = {
    {1, "", "1 q1 s1 o1 n-1 c0.5;1 q2 s1 o0 n7.5 c-1;2 q1 s1 o2 n-1 c0.5;2 q2 s2 o0 n-1 c-1;", "", "3<4", "", "", ""},
    {2, "/data/scans#scene 1x1x1/8 group  annotate 00;/data/photos.zip#a/b.jpg 20x30x3/8 jpeg  annotate 00;",
     "1 q1 s1 o1 n-1 c0.5;1 q2 s1 o0 n7.5 c-1;1 q4 s1 o5 n1 c-1;1 q4 s1 o6 n0 c-1;2 q1 s1 o2 n-1 c0.5;2 q2 s2 o0 n-1 c-1;"
     "2 q4 s2 o0 n-1 c-1;",
     "2 q4 s2 o0 n-1 c-1;", "5<6",
     "visible: checklist\n"
     "  tail\n"
     "  ears\n",
     "1: kind 1 group 0;2: kind 1 group 4;3: kind 1 group 4;4: kind 2 group 0;"
     "5: kind 1 group 0 pixels 03 signature 04 quality 12.5 0.5 0.25;"
     "1=1~1 0;2=1~1 0;5=5~1 12;near 12;relinks 1;split {\"method\":\"random\"};",
     ""},
    {3, "/data/scans#scene 1x1x1/8 group  annotate 00;/data/photos.zip#a/b.jpg 20x30x3/8 jpeg  annotate 00;",
     "1 q1 s1 o1 n-1 c0.5;1 q2 s1 o0 n7.5 c-1;1 q4 s1 o5 n1 c-1;1 q4 s1 o6 n0 c-1;2 q1 s1 o2 n-1 c0.5;2 q2 s2 o0 n-1 c-1;"
     "2 q4 s2 o0 n-1 c-1;",
     "2 q4 s2 o0 n-1 c-1;", "5<6",
     "visible: checklist\n"
     "  tail\n"
     "  ears\n",
     "1: kind 1 group 0;2: kind 1 group 4;3: kind 1 group 4;4: kind 2 group 0;"
     "5: kind 1 group 0 pixels 03 signature 04 quality 12.5 0.5 0.25;"
     "1=1~1 0;2=1~1 0;5=5~1 12;near 12;relinks 1;split {\"method\":\"random\"};",
     ""},
    {4, "/data/scans#scene 1x1x1/8 group  annotate 00;/data/photos.zip#a/b.jpg 20x30x3/8 jpeg  annotate 00;",
     "1 q1 s1 o1 n-1 c0.5;1 q2 s1 o0 n7.5 c-1;1 q4 s1 o5 n1 c-1;1 q4 s1 o6 n0 c-1;2 q1 s1 o2 n-1 c0.5;2 q2 s2 o0 n-1 c-1;"
     "2 q4 s2 o0 n-1 c-1;",
     "2 q4 s2 o0 n-1 c-1;", "5<6",
     "visible: checklist\n"
     "  tail\n"
     "  ears\n",
     "1: kind 1 group 0;2: kind 1 group 4;3: kind 1 group 4;4: kind 2 group 0;"
     "5: kind 1 group 0 pixels 03 signature 04 quality 12.5 0.5 0.25;"
     "1=1~1 0;2=1~1 0;5=5~1 12;near 12;relinks 1;split {\"method\":\"random\"};",
     "1 'look again';3 'too dark';"},
    {5, "/data/scans#scene 1x1x1/8 group  annotate 00;/data/photos.zip#a/b.jpg 20x30x3/8 jpeg  annotate 00;",
     "1 q1 s1 o1 n-1 c0.5;1 q2 s1 o0 n7.5 c-1;1 q4 s1 o5 n1 c-1;1 q4 s1 o6 n0 c-1;2 q1 s1 o2 n-1 c0.5;2 q2 s2 o0 n-1 c-1;"
     "2 q4 s2 o0 n-1 c-1;",
     "2 q4 s2 o0 n-1 c-1;", "5<6",
     "visible: checklist\n"
     "  tail\n"
     "  ears\n",
     "1: kind 1 group 0;2: kind 1 group 4;3: kind 1 group 4;4: kind 2 group 0;"
     "5: kind 1 group 0 pixels 03 signature 04 quality 12.5 0.5 0.25;"
     "1=1~1 0;2=1~1 0;5=5~1 12;near 12;relinks 1;split {\"method\":\"random\"};",
     "1 'look again';3 'too dark';"},
    {6, "/data/scans#scene 1x1x1/8 group  annotate 00;/data/photos.zip#a/b.jpg 20x30x3/8 jpeg  annotate 00;",
     "1 q1 s1 o1 n-1 c0.5;1 q2 s1 o0 n7.5 c-1;1 q4 s1 o5 n1 c-1;1 q4 s1 o6 n0 c-1;2 q1 s1 o2 n-1 c0.5;2 q2 s2 o0 n-1 c-1;"
     "2 q4 s2 o0 n-1 c-1;",
     "2 q4 s2 o0 n-1 c-1;", "5<6",
     "visible: checklist\n"
     "  tail\n"
     "  ears\n",
     "1: kind 1 group 0;2: kind 1 group 4;3: kind 1 group 4;4: kind 2 group 0;"
     "5: kind 1 group 0 pixels 03 signature 04 quality 12.5 0.5 0.25;"
     "1=1~1 0;2=1~1 0;5=5~1 12;near 12;relinks 1;split {\"method\":\"random\"};",
     "1 'look again';3 'too dark';"},
};

enum { N_GOLDENS = sizeof goldens / sizeof goldens[0] };

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

static lnt_status tell_remark(void *payload, const lnti_answer_row *a, lnt_error *err) {
  assert_true(a->slot == (a->subject_id == 3 ? LNTI_SLOT_SKIP : a->log_id));
  return lnti_text_printf(payload, err, "%lld '%s';", (long long)a->subject_id, a->text);
}

/* What the first operation wrote, but remarks; and the text that a current answer has of the log. */
static lnt_status tell_op(void *payload, lnti_tx *tx, lnt_error *err) {
  lnti_answer_row row;
  bool found = false;
  lnt_status status = lnti_tx_current(tx, &row, &found, LNTI_SUBJECT_ITEM, 1, 1, 0, err);
  if (!status) assert_true(found && strcmp(row.text, "a note") == 0);
  return status ? status : lnti_tx_op_answers(tx, 1, tell_answer, payload, err);
}

static lnt_status tell_meta(void *payload, int64_t item_id, const char *key, const char *value, lnt_error *err) {
  return lnti_text_printf(payload, err, "%lld %s=%s;", (long long)item_id, key, value);
}

static lnt_status tell_model(void *payload, const lnti_model_row *m, lnt_error *err) {
  return lnti_text_printf(payload, err, "%s %s %s %zu %s;", m->name, m->target, m->learner, m->n_train, m->result_json);
}

static lnt_status tell_facts(void *payload, const lnti_item *i, lnt_error *err) {
  const lnti_item_facts *f = &i->facts;
  lnt_status status = lnti_text_printf(payload, err, "%lld: kind %d group %lld", (long long)i->id, (int)i->kind,
                                       (long long)i->group_id);
  if (!status && f->has_pixels) status = lnti_text_printf(payload, err, " pixels %02x", f->pixels[15]);
  if (!status && f->has_signature) status = lnti_text_printf(payload, err, " signature %02x", f->signature[31]);
  if (!status && f->has_quality) {
    status = lnti_text_printf(payload, err, " quality %g %g %g", f->sharpness, f->brightness, f->contrast);
  }
  return status ? status : lnti_text_append(payload, ";", 1, err);
}

static lnt_status tell_duplicate(void *payload, const lnti_duplicate *d, lnt_error *err) {
  return lnti_text_printf(payload, err, "%lld=%lld~%lld %u;", (long long)d->item_id, (long long)d->equal_id,
                          (long long)d->near_id, (unsigned)d->distance);
}

/* What has no reader of its own in the store. */
static void tell_sql(lnti_text *text, lnti_store *store, const char *name, const char *sql) {
  lnti_db *db = NULL;
  lnti_stmt *stmt = NULL;
  bool row = false;
  assert_ok(lnti_reader_take(&db, store, ERR));
  assert_ok(lnti_db_prepare(&stmt, db, sql, ERR));
  assert_ok(lnti_db_step(&row, stmt, ERR));
  assert_true(row);
  assert_ok(lnti_text_printf(text, ERR, "%s %s;", name, lnti_get_text(stmt, 0)));
  lnti_db_reset(stmt);
  lnti_reader_give(store, db);
}

/* What no schema before 2 has. */
static void assert_facts(lnti_store *store, const char *wanted) {
  lnti_text text = {0};
  char *near = NULL;
  if (!*wanted) return;
  assert_ok(lnti_store_items(store, &(lnti_item_query){0}, tell_facts, &text, ERR));
  assert_ok(lnti_store_duplicates(store, 0, INT64_MAX, tell_duplicate, &text, ERR));
  assert_ok(lnti_store_setting(&near, store, "near", ERR));
  assert_non_null(near);
  assert_ok(lnti_text_printf(&text, ERR, "near %s;", near));
  tell_sql(&text, store, "relinks", "SELECT CAST(COUNT(*) AS TEXT) FROM operations WHERE kind = 6");
  tell_sql(&text, store, "split", "SELECT split_json FROM runs");
  assert_string_equal(text.data, wanted);
  lnti_text_clear(&text);
  free(near);
}

/* `more`: after `wanted`. */
static void assert_text(lnti_text *text, const char *wanted, const char *more) {
  size_t n = strlen(wanted);
  assert_true(text->length >= n);
  assert_string_equal(text->data + n, more);
  text->data[n] = '\0';
  assert_string_equal(text->data, wanted);
  lnti_text_clear(text);
}

static void assert_golden(lnti_store *store, const struct golden *golden) {
  lnti_text text = {0};
  lnti_item_query all = {0};
  lnti_ontology *o = NULL;
  size_t n = 1;
  assert_ok(lnti_store_verify(store, &n, NULL, NULL, NULL, ERR));
  assert_int_equal(n, 0);
  assert_ok(lnti_store_items(store, &all, tell_item, &text, ERR));
  assert_text(&text,
              "/data/train.gz#0 28x28x1/8 idx train annotate 00;/data/train.gz#1 28x28x1/8 idx train annotate 01;"
              "/data/train.gz#2 28x28x1/8 idx test annotate 02;",
              golden->items);
  assert_ok(lnti_store_answers(store, 1, 3, 0, tell_answer, &text, ERR));
  assert_text(&text, golden->answers, "");
  assert_ok(lnti_store_history(store, LNTI_SUBJECT_ITEM, 2, tell_answer, &text, ERR));
  assert_text(&text, "2 q1 s1 o1 n-1 c0.5;2 q1 s1 o2 n-1 c0.5;2 q2 s2 o0 n-1 c-1;", golden->history);
  tell_sql(&text, store, golden->replaced,
           "SELECT GROUP_CONCAT(replaces || '<' || id) FROM answer_log WHERE replaces > 0");
  assert_true(text.length == 2 * strlen(golden->replaced) + 2 && strstr(text.data + 1, golden->replaced));
  lnti_text_clear(&text);
  assert_ok(lnti_store_write(store, tell_op, &text, ERR));
  assert_true(text.length > 4 * strlen("1 q1 s1 ") && strstr(text.data, "2 q1 s1 o1 n-1 c0.5;2 q1 s1 o2 n-1 c0.5;"));
  lnti_text_clear(&text);
  assert_ok(lnti_text_append(&text, "", 0, ERR));
  assert_ok(lnti_store_remarks(store, 1, 3, tell_remark, &text, ERR));
  assert_text(&text, "", golden->remarks);
  assert_ok(lnti_store_meta(store, 1, 3, tell_meta, &text, ERR));
  assert_text(&text, "1 site=north;2 site=south;3 site=south;", "");
  assert_ok(lnti_store_models(store, NULL, tell_model, &text, ERR));
  assert_text(&text, "golden class knn 2 {\"accuracy\":1};", "");
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
              "    roof\n",
              golden->ontology);
  lnti_ontology_free(o);
  assert_facts(store, golden->facts);
}

static void every_older_schema_is_brought_up(void **state) {
  (void)state;
  for (size_t i = 0; i < N_GOLDENS; i++) {
    char golden[1024];
    size_t n = 0;
    int64_t version = 0;
    lnti_store *store = NULL;
    lnti_db *db = NULL;
    snprintf(golden, sizeof golden, "%s/schema%d.db", LINNET_GOLDEN, goldens[i].schema);
    char *data = lnti_test_read_file(&n, golden);
    char *folder = lnti_test_folder(), *path = lnti_test_path(folder, "linnet.db");
    lnti_test_write_file(path, data, n);
    assert_ok(lnti_store_open(&store, path, ERR));
    assert_golden(store, &goldens[i]);
    lnti_store_close(store);
    assert_ok(lnti_db_open(&db, path, LNTI_DB_WRITE, LNTI_STORE_APPLICATION_ID, ERR));
    assert_ok(lnti_db_version(&version, db, ERR));
    assert_int_equal(version, goldens[N_GOLDENS - 1].schema);
    lnti_db_close(db);
    free(path);
    free(data);
    lnti_test_folder_remove(folder);
  }
}

/* Brought up to schema 3: what was taken back is replaced by nobody. */
static void answers_name_what_they_replaced(void **state) {
  (void)state;
  static const char again[] =
      "INSERT INTO answer_log (op_id, subject_kind, subject_id, question_id, slot, state, option_id, time_spent_ms, source) "
      "VALUES (1, 1, 1, 1, 0, 4, NULL, 0, 1), (1, 1, 1, 1, 0, 1, 2, 0, 1), (1, 1, 1, 1, 0, 1, 1, 0, 1);"
      "UPDATE answers SET log_id = 11, op_id = 1, option_id = 1, confidence = NULL, time_spent_ms = 0, source = 1 "
      "WHERE subject_id = 1 AND question_id = 1";
  size_t n = 0;
  lnti_store *store = NULL;
  lnti_db *db = NULL;
  lnti_text text = {0};
  char *data = lnti_test_read_file(&n, LINNET_GOLDEN "/schema2.db");
  char *folder = lnti_test_folder(), *path = lnti_test_path(folder, "linnet.db");
  lnti_test_write_file(path, data, n);
  assert_ok(lnti_db_open(&db, path, LNTI_DB_WRITE, LNTI_STORE_APPLICATION_ID, ERR));
  assert_ok(lnti_db_exec(db, again, ERR));
  lnti_db_close(db);
  assert_ok(lnti_store_open(&store, path, ERR));
  assert_ok(lnti_store_verify(store, &n, NULL, NULL, NULL, ERR));
  assert_int_equal(n, 0);
  tell_sql(&text, store, "replaced", "SELECT GROUP_CONCAT(replaces || '<' || id) FROM answer_log WHERE replaces > 0");
  assert_string_equal(text.data, "replaced 5<6,1<9,10<11;");
  lnti_store_close(store);
  /* A program of the schema before that has the file open still cannot write rows that replace nothing. */
  assert_ok(lnti_db_open(&db, path, LNTI_DB_WRITE, LNTI_STORE_APPLICATION_ID, ERR));
  assert_true(lnti_db_exec(db, again, ERR) != LNT_OK);
  lnti_db_close(db);
  lnti_text_clear(&text);
  free(path);
  free(data);
  lnti_test_folder_remove(folder);
}

/* A new schema without its golden file must not pass unseen. */
static void every_migration_has_its_golden_file(void **state) {
  (void)state;
  size_t n = 0;
  for (const lnti_migration *m = lnti_migrations; m->sql; m++) {
    assert_int_equal(m->version, n + 1);
    n++;
  }
  assert_int_equal(n, N_GOLDENS);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_older_schema_is_brought_up),
      cmocka_unit_test(answers_name_what_they_replaced),
      cmocka_unit_test(every_migration_has_its_golden_file),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
