/*
 * Operations, items, metadata, splits, runs, models, jobs, counts and the change feed: what is written is read back,
 * what is written twice is there once.
 */
#include <math.h>

#include <stdlib.h>
#include <string.h>

#include "store_support.h"

/* ---- operations ---- */

typedef struct op_write {
  lnti_op op;
  int64_t id;
  bool existed;
} op_write;

static lnt_status write_op(void *payload, lnti_tx *tx, lnt_error *err) {
  op_write *w = payload;
  return lnti_tx_op(tx, &w->id, &w->existed, &w->op, err);
}

static void an_operation_sent_twice_is_one(void **state) {
  (void)state;
  lab l = lab_new();
  op_write a = {lab_op(7), 0, true}, b = {lab_op(7), 0, false}, c = {lab_op(8), 0, true};
  lab_write(&l, write_op, &a);
  assert_false(a.existed);
  lab_write(&l, write_op, &b);
  assert_true(b.existed);
  assert_int_equal(a.id, b.id);
  c.op.undoes = a.id;
  lab_write(&l, write_op, &c);
  assert_false(c.existed);
  assert_true(c.id > a.id);
  op_write wrong = {lab_op(9), 5, false};
  wrong.op.undoes = 1000;
  assert_status(lnti_store_write(l.store, write_op, &wrong, ERR), LNT_ECONFLICT);
  assert_int_equal(wrong.id, 5);
  lab_free(&l);
}

static void kinds_have_names(void **state) {
  (void)state;
  assert_string_equal(lnti_op_kind_name(LNTI_OP_IMPORT), "import");
  assert_string_equal(lnti_op_kind_name(LNTI_OP_UNDO), "undo");
  assert_string_equal(lnti_op_kind_name((lnti_op_kind)99), "unknown");
}

/* ---- sets of items in blocks ---- */

typedef struct set_write {
  lnti_item_set set;
  const char *block; /* NULL: begins or ends */
  int64_t first;
  bool ends, replace, removes, found;
} set_write;

static lnt_status write_set(void *payload, lnti_tx *tx, lnt_error *err) {
  set_write *w = payload;
  const lnti_item_block block = {w->first, w->first + 1, w->block, w->block ? strlen(w->block) : 0};
  if (w->removes) return lnti_tx_set_remove(tx, &w->found, w->set.kind, w->set.name, err);
  if (w->block) return lnti_tx_set_block(tx, w->set.id, &block, err);
  if (w->ends) return lnti_tx_set_end(tx, &w->set, w->replace, err);
  return lnti_tx_set_begin(tx, &w->set.id, &w->set, err);
}

static lnt_status tell_set(void *payload, const lnti_item_set *set, lnt_error *err) {
  return lnti_text_printf(payload, err, "%s by %s: %zu items, %d bytes, %s %02x;", set->name, set->person, set->n_items,
                          (int)set->bytes, set->facts_json, set->content.bytes[0]);
}

static lnt_status tell_block(void *payload, const lnti_item_block *block, lnt_error *err) {
  return lnti_text_printf(payload, err, "%d-%d %.*s;", (int)block->first, (int)block->last, (int)block->bytes,
                          (const char *)block->data);
}

static void expect_sets(const lab *l, lnti_item_set_kind kind, const char *wanted) {
  lnti_text text = {0};
  assert_ok(lnti_text_append(&text, "", 0, ERR));
  assert_ok(lnti_store_sets(l->store, kind, NULL, tell_set, &text, ERR));
  assert_string_equal(text.data, wanted);
  lnti_text_clear(&text);
}

static set_write begin_set(const lab *l, lnti_item_set_kind kind, const char *name) {
  set_write w = {.set = {.kind = kind, .name = name, .person = "ada", .created_ms = 5, .facts_json = "{}"}};
  lab_write(l, write_set, &w);
  return w;
}

static void a_set_is_seen_when_it_is_whole(void **state) {
  (void)state;
  lab l = lab_new();
  lnti_text text = {0};
  set_write w = begin_set(&l, LNTI_SET_SNAPSHOT, "s"), other = begin_set(&l, LNTI_SET_PREDICTIONS, "s");
  w.block = "one";
  w.first = 3;
  lab_write(&l, write_set, &w);
  w.block = "two";
  w.first = 9;
  lab_write(&l, write_set, &w);
  expect_sets(&l, LNTI_SET_SNAPSHOT, "");
  w.block = NULL;
  w.ends = true;
  w.set.n_items = 4;
  w.set.facts_json = "{1}";
  w.set.content.bytes[0] = 7;
  lab_write(&l, write_set, &w);
  expect_sets(&l, LNTI_SET_SNAPSHOT, "s by ada: 4 items, 6 bytes, {1} 07;");
  expect_sets(&l, LNTI_SET_PREDICTIONS, "");
  assert_ok(lnti_store_set_block(l.store, w.set.id, 0, tell_block, &text, ERR));
  assert_ok(lnti_store_set_block(l.store, w.set.id, 3, tell_block, &text, ERR));
  assert_ok(lnti_store_set_block(l.store, w.set.id, 9, tell_block, &text, ERR));
  assert_string_equal(text.data, "3-4 one;9-10 two;");
  lnti_text_clear(&text);
  /* It takes no more; another of its name does not replace it unasked; one that was begun anew ends the older. */
  w.block = "three";
  assert_status(lnti_store_write(l.store, write_set, &w, ERR), LNT_ECONFLICT);
  set_write again = begin_set(&l, LNTI_SET_SNAPSHOT, "s");
  again.ends = true;
  assert_status(lnti_store_write(l.store, write_set, &again, ERR), LNT_EEXISTS);
  again.replace = true;
  lab_write(&l, write_set, &again);
  expect_sets(&l, LNTI_SET_SNAPSHOT, "s by ada: 0 items, 0 bytes, {} 00;");
  set_write later = begin_set(&l, LNTI_SET_PREDICTIONS, "s");
  other.ends = later.ends = true;
  assert_status(lnti_store_write(l.store, write_set, &other, ERR), LNT_ECONFLICT);
  lab_write(&l, write_set, &later);
  later.removes = true;
  lab_write(&l, write_set, &later);
  assert_true(later.found);
  lab_write(&l, write_set, &later);
  assert_false(later.found);
  lab_free(&l);
}

/* ---- items ---- */

typedef struct item_write {
  const lab *l;
  lnti_item item;
  int64_t id;
  bool existed;
} item_write;

static lnt_status write_item(void *payload, lnti_tx *tx, lnt_error *err) {
  item_write *w = payload;
  return lnti_tx_item(tx, &w->id, &w->existed, w->l->op_id, &w->item, err);
}

typedef struct seen_items {
  size_t n, stop_at;
  int64_t last_id;
  char last_member[32], last_uri[128], last_split[16], last_stage[16], last_format[16];
  lnti_item last;
} seen_items;

static lnt_status see_item(void *payload, const lnti_item *item, lnt_error *err) {
  seen_items *s = payload;
  lnti_text uri = {0};
  if (s->stop_at && s->n == s->stop_at) return LNT_ECANCELLED;
  assert_true(item->id > s->last_id);
  assert_ok(lnti_item_uri(&uri, item, err));
  snprintf(s->last_uri, sizeof s->last_uri, "%s", uri.data);
  snprintf(s->last_member, sizeof s->last_member, "%s", item->member);
  snprintf(s->last_split, sizeof s->last_split, "%s", item->split);
  snprintf(s->last_stage, sizeof s->last_stage, "%s", item->stage);
  snprintf(s->last_format, sizeof s->last_format, "%s", item->format);
  lnti_text_clear(&uri);
  s->last = *item;
  s->last_id = item->id;
  s->n++;
  return LNT_OK;
}

static seen_items query(lab *l, lnti_item_query q) {
  seen_items s = {0};
  assert_ok(lnti_store_items(l->store, &q, see_item, &s, ERR));
  return s;
}

static void items_come_back_whole(void **state) {
  (void)state;
  lab l = lab_new();
  item_write w = {&l, lab_item(&l, 5), 0, true}, again = {&l, lab_item(&l, 5), 0, false};
  w.item.bytes = UINT64_C(1) << 40;
  w.item.h = UINT32_MAX;
  lab_write(&l, write_item, &w);
  assert_false(w.existed);
  again.item.h = 1; /* found, and not changed */
  lab_write(&l, write_item, &again);
  assert_true(again.existed);
  assert_int_equal(again.id, w.id);
  seen_items s = query(&l, (lnti_item_query){0});
  assert_int_equal(s.n, 1);
  assert_int_equal(s.last.id, w.id);
  assert_int_equal(s.last.source_kind, LNTI_SOURCE_FOLDER);
  assert_true(s.last.h == UINT32_MAX && s.last.w == 30 && s.last.c == 3 && s.last.depth == 8);
  assert_true(s.last.bytes == UINT64_C(1) << 40);
  assert_memory_equal(&s.last.content, &w.item.content, sizeof w.item.content);
  assert_string_equal(s.last_uri, "/data/images/5.png");
  assert_string_equal(s.last_split, "test");
  assert_string_equal(s.last_stage, "annotate");
  assert_string_equal(s.last_format, "png");
  item_write bad = {&l, lab_item(&l, 6), 9, false};
  bad.item.w = 0;
  assert_status(lnti_store_write(l.store, write_item, &bad, ERR), LNT_ECONFLICT);
  bad = (item_write){&l, lab_item(&l, 6), 9, false};
  bad.item.source_id = 44;
  assert_status(lnti_store_write(l.store, write_item, &bad, ERR), LNT_ECONFLICT);
  assert_int_equal(bad.id, 9);
  lab_free(&l);
}

static void queries_select(void **state) {
  (void)state;
  lab l = lab_new();
  lab_fill(&l, 0, 100);
  item_write plain = {&l, lab_item(&l, 500), 0, false};
  plain.item.split = "";
  lab_write(&l, write_item, &plain);
  assert_int_equal(query(&l, (lnti_item_query){0}).n, 101);
  assert_int_equal(query(&l, (lnti_item_query){.limit = 7}).n, 7);
  assert_int_equal(query(&l, (lnti_item_query){.split = "train"}).n, 50);
  assert_int_equal(query(&l, (lnti_item_query){.split = ""}).n, 1);
  assert_int_equal(query(&l, (lnti_item_query){.split = "none"}).n, 0);
  assert_int_equal(query(&l, (lnti_item_query){.after_id = 90}).n, 11);
  assert_int_equal(query(&l, (lnti_item_query){.answered_question = l.question_id}).n, 100);
  assert_int_equal(query(&l, (lnti_item_query){.answered_question = l.number_id}).n, 0);
  assert_int_equal(
      query(&l, (lnti_item_query){.split = "test", .answered_question = l.question_id, .after_id = 50, .limit = 9}).n,
      9);
  seen_items s = {.stop_at = 3};
  assert_status(lnti_store_items(l.store, &(lnti_item_query){0}, see_item, &s, NULL), LNT_ECANCELLED);
  assert_int_equal(s.n, 3);
  assert_int_equal(query(&l, (lnti_item_query){0}).n, 101); /* the connection is good for more */
  lab_free(&l);
}

typedef struct change_write {
  int64_t item_id;
  const char *split, *stage, *key, *value;
} change_write;

static lnt_status write_change(void *payload, lnti_tx *tx, lnt_error *err) {
  const change_write *w = payload;
  lnt_status status = LNT_OK;
  if (w->split) status = lnti_tx_item_split(tx, w->item_id, w->split, err);
  if (!status && w->stage) status = lnti_tx_item_stages(tx, w->item_id, w->item_id, w->stage, err);
  int64_t key_id = 0;
  if (!status && w->key) status = lnti_tx_meta_key(tx, &key_id, w->key, err);
  if (!status && w->key) status = lnti_tx_meta(tx, w->item_id, key_id, w->value, err);
  return status;
}

static lnt_status see_meta(void *payload, int64_t item_id, const char *key, const char *value, lnt_error *err) {
  lnti_text *text = payload;
  return lnti_text_printf(text, err, "%lld %s=%s;", (long long)item_id, key, value);
}

static void split_stage_and_metadata_change(void **state) {
  (void)state;
  lab l = lab_new();
  lab_fill(&l, 0, 3);
  lab_write(&l, write_change, (&(change_write){1, "val", "review", "site", "north"}));
  lab_write(&l, write_change, (&(change_write){1, "", "done", "site", "süd"}));
  lab_write(&l, write_change, (&(change_write){3, NULL, NULL, "camera", "x"}));
  lab_write(&l, write_change, (&(change_write){1, NULL, NULL, "date", ""}));
  seen_items s = query(&l, (lnti_item_query){.limit = 1});
  assert_string_equal(s.last_split, "");
  assert_string_equal(s.last_stage, "done");
  lnti_text text = {0};
  assert_ok(lnti_store_meta(l.store, 1, 3, see_meta, &text, ERR));
  assert_string_equal(text.data, "1 date=;1 site=süd;3 camera=x;");
  lnti_text_clear(&text);
  assert_status(lnti_store_write(l.store, write_change, &(change_write){9, "val", NULL, NULL, NULL}, ERR),
                LNT_ENOTFOUND);
  assert_message("9");
  assert_status(lnti_store_write(l.store, write_change, &(change_write){1, NULL, "over", NULL, NULL}, ERR), LNT_EINVAL);
  assert_status(lnti_store_write(l.store, write_change, &(change_write){9, NULL, NULL, "k", "v"}, ERR), LNT_ECONFLICT);
  lab_free(&l);
}

static void uris(void **state) {
  (void)state;
  lnti_text text = {0};
  lnti_item item = {.source = "/d/train.gz", .source_kind = LNTI_SOURCE_ARRAY, .member = "17"};
  assert_ok(lnti_item_uri(&text, &item, ERR));
  item = (lnti_item){.source = "/", .source_kind = LNTI_SOURCE_FOLDER, .member = "a.png"};
  assert_ok(lnti_item_uri(&text, &item, ERR));
  assert_string_equal(text.data, "/d/train.gz#17/a.png");
  lnti_text_clear(&text);
}

/* ---- runs, models, jobs ---- */

typedef struct training {
  lnti_run run;
  lnti_model_row model;
  const char *remove;
} training;

static lnt_status begin_run(void *payload, lnti_tx *tx, lnt_error *err) {
  training *t = payload;
  return lnti_tx_run_begin(tx, &t->run.id, &t->run, err);
}

static lnt_status end_run(void *payload, lnti_tx *tx, lnt_error *err) {
  training *t = payload;
  lnt_status status = lnti_tx_run_end(tx, &t->run, err);
  t->model.run_id = t->run.id;
  if (!status) status = lnti_tx_model(tx, &t->model.id, &t->model, err);
  return status;
}

static lnt_status remove_model(void *payload, lnti_tx *tx, lnt_error *err) {
  const training *t = payload;
  return lnti_tx_model_remove(tx, t->remove, err);
}

static lnt_status see_model(void *payload, const lnti_model_row *m, lnt_error *err) {
  return lnti_text_printf(payload, err, "%s %s %s %s %s %zu %s %llu;", m->name, m->file, m->target, m->learner,
                          m->feature, m->n_train, m->result_json, (unsigned long long)m->bytes);
}

static void models_belong_to_runs(void **state) {
  (void)state;
  lab l = lab_new();
  training t = {.run = {.target = "class",
                        .learner = "knn",
                        .feature = "pixels",
                        .params_json = "{}",
                        .seed = UINT64_MAX,
                        .started_ms = 5,
                        .data_fingerprint = "f",
                        .code_version = "1",
                        .cpu = "avx2"},
                .model = {.name = "first", .file = "models/first.lnt", .bytes = 10}};
  lab_write(&l, begin_run, &t);
  t.run.ended_ms = 9;
  t.run.n_train = 60;
  t.run.state = "done";
  t.run.result_json = "{\"a\":1}";
  lab_write(&l, end_run, &t);
  int64_t first_id = t.model.id;
  t.model.bytes = 20; /* replaces the one of that name */
  lab_write(&l, end_run, &t);
  assert_int_equal(t.model.id, first_id);
  t.model.name = "another";
  lab_write(&l, end_run, &t);
  lnti_text text = {0};
  assert_ok(lnti_store_models(l.store, NULL, see_model, &text, ERR));
  assert_string_equal(text.data,
                      "another models/first.lnt class knn pixels 60 {\"a\":1} 20;"
                      "first models/first.lnt class knn pixels 60 {\"a\":1} 20;");
  lnti_text_clear(&text);
  assert_ok(lnti_store_models(l.store, "first", see_model, &text, ERR));
  assert_memory_equal(text.data, "first", 5);
  lnti_text_clear(&text);
  int64_t last_id = t.model.id;
  t.remove = "another";
  lab_write(&l, remove_model, &t);
  assert_status(lnti_store_write(l.store, remove_model, &t, ERR), LNT_ENOTFOUND);
  assert_message("\"another\"");
  lab_write(&l, end_run, &t);
  assert_true(t.model.id > last_id); /* ids are not used twice */
  t.run.id = 99;
  assert_status(lnti_store_write(l.store, end_run, &t, ERR), LNT_ENOTFOUND);
  lab_free(&l);
}

static lnt_status write_content(void *payload, lnti_tx *tx, lnt_error *err) {
  const training *t = payload;
  static const uint64_t keys[] = {1, 258, UINT64_MAX};
  return lnti_tx_run_content(tx, t->run.id, keys, t->run.n_train, err);
}

static void what_runs_were_trained_on_is_read_back(void **state) {
  (void)state;
  lab l = lab_new();
  training t = {.run = {.data_fingerprint = "f", .n_train = 3}};
  uint64_t *keys = NULL;
  size_t n = 77;
  lab_write(&l, begin_run, &t);
  lab_write(&l, write_content, &t);
  assert_ok(lnti_store_run_content(&keys, &n, l.store, "f", ERR));
  assert_int_equal(n, 3);
  assert_true(keys[0] == 1 && keys[1] == 258 && keys[2] == UINT64_MAX);
  free(keys);
  t.run.n_train = 1; /* a newer run on the same data is the one that counts */
  lab_write(&l, begin_run, &t);
  lab_write(&l, write_content, &t);
  assert_ok(lnti_store_run_content(&keys, &n, l.store, "f", ERR));
  assert_int_equal(n, 1);
  free(keys);
  assert_ok(lnti_store_run_content(&keys, &n, l.store, "another", ERR));
  assert_int_equal(n, 0);
  assert_null(keys);
  lab_free(&l);
}

static lnt_status find_file(void *payload, lnti_tx *tx, lnt_error *err) {
  return lnti_tx_model_file(tx, payload, "first", err);
}

/* A project that came from elsewhere may not make us open, and still less remove, files outside models/. */
static void model_files_stay_below_models(void **state) {
  (void)state;
  static const char *const bad[] = {"../victim", "models/../victim", "/etc/passwd",
                                    "models/",   "models/.hidden",   "first.lnt"};
  lab l = lab_new();
  training t = {.run = {.data_fingerprint = "f", .state = "done"},
                .model = {.name = "first", .file = "models/first@1.lnt"}};
  lnti_text text = {0};
  char *file = NULL;
  lab_write(&l, find_file, &file);
  assert_null(file);
  lab_write(&l, begin_run, &t);
  lab_write(&l, end_run, &t);
  lab_write(&l, find_file, &file);
  assert_string_equal(file, "models/first@1.lnt");
  free(file);
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    t.model.file = bad[i];
    lab_write(&l, end_run, &t);
    assert_status(lnti_store_models(l.store, "first", see_model, &text, ERR), LNT_ECORRUPT);
    assert_message("no file of models/");
    assert_status(lnti_store_write(l.store, find_file, &file, ERR), LNT_ECORRUPT);
  }
  lnti_text_clear(&text);
  lab_free(&l);
}

static lnt_status begin_job(void *payload, lnti_tx *tx, lnt_error *err) {
  lnti_job *job = payload;
  return lnti_tx_job_begin(tx, &job->id, job, err);
}

static lnt_status update_job(void *payload, lnti_tx *tx, lnt_error *err) {
  return lnti_tx_job_update(tx, payload, err);
}

static lnt_status see_job(void *payload, const lnti_job *j, lnt_error *err) {
  return lnti_text_printf(payload, err, "%s %s %lld %llu/%llu %s;", j->kind, j->state, (long long)j->pid,
                          (unsigned long long)j->done, (unsigned long long)j->total, j->error);
}

static bool is_alive(void *payload, int64_t pid) {
  return pid == *(int64_t *)payload;
}

static void jobs_of_dead_processes_are_reaped(void **state) {
  (void)state;
  lab l = lab_new();
  lnti_job alive = {.kind = "train", .pid = 10, .total = 5}, dead = {.kind = "import", .pid = 11};
  lnti_job ended = {.kind = "extract", .pid = 11};
  lab_write(&l, begin_job, &alive);
  lab_write(&l, begin_job, &dead);
  lab_write(&l, begin_job, &ended);
  ended.state = "done";
  lab_write(&l, update_job, &ended);
  alive.state = "running";
  alive.done = 3;
  lab_write(&l, update_job, &alive);
  training t = {.run = {.target = "class"}}; /* of this process, which is not 10 */
  lab_write(&l, begin_run, &t);
  size_t n = 0;
  int64_t living = 10;
  assert_ok(lnti_store_reap(l.store, &n, is_alive, &living, 77, ERR));
  assert_int_equal(n, 2); /* a job and a run */
  assert_ok(lnti_store_reap(l.store, &n, is_alive, &living, 77, ERR));
  assert_int_equal(n, 0);
  lnti_text text = {0};
  assert_ok(lnti_store_jobs(l.store, NULL, see_job, &text, ERR));
  assert_string_equal(text.data,
                      "train running 10 3/5 ;import interrupted 11 0/0 its process ended before it did;"
                      "extract done 11 0/0 ;");
  lnti_text_clear(&text);
  assert_ok(lnti_store_jobs(l.store, "running", see_job, &text, ERR));
  assert_string_equal(text.data, "train running 10 3/5 ;");
  lnti_text_clear(&text);
  alive.id = 55;
  assert_status(lnti_store_write(l.store, update_job, &alive, ERR), LNT_ENOTFOUND);
  alive.id = 1;
  alive.state = "dozing";
  assert_status(lnti_store_write(l.store, update_job, &alive, ERR), LNT_ECONFLICT);
  lab_free(&l);
}

/* ---- counts and changes ---- */

static lnt_status write_split(void *payload, lnti_tx *tx, lnt_error *err) {
  const lab *l = payload;
  int64_t id = 0;
  lnti_split_row split = {0, l->op_id, "random", 42, "{}"};
  return lnti_tx_split(tx, &id, &split, err);
}

static void counts(void **state) {
  (void)state;
  lab l = lab_new();
  lnti_store_counts c;
  assert_ok(lnti_store_counts_read(&c, l.store, ERR));
  assert_true(c.items == 0 && c.labelled == 0 && c.answers == 0 && c.operations == 1 && c.n_splits == 0);
  lnti_store_counts_clear(&c);
  lab_fill(&l, 0, 5);
  assert_ok(lnti_store_counts_read(&c, l.store, ERR));
  assert_true(c.items == 5 && c.labelled == 5 && c.answers == 5 && c.runs == 0 && c.models == 0 && c.n_splits == 2);
  assert_string_equal(c.splits[0].name, "test");
  assert_int_equal(c.splits[0].n, 2);
  assert_int_equal(c.splits[1].n, 3);
  lnti_store_counts_clear(&c);
  lab_free(&l);
}

static lnt_status see_change(void *payload, const lnti_change *c, lnt_error *err) {
  return lnti_text_printf(payload, err, "%lld %s %lld-%lld op %lld;", (long long)c->seq, c->kind,
                          (long long)c->first_id, (long long)c->last_id, (long long)c->op_id);
}

static lnt_status move_under_an_operation(void *payload, lnti_tx *tx, lnt_error *err) {
  const lnti_op op = {.uuid.bytes = {7}, .kind = LNTI_OP_SPLIT, .person = "ada"};
  int64_t op_id = 0, key = 0;
  (void)payload;
  lnt_status status = lnti_tx_item_split(tx, 1, "val", err); /* before the write says what it is of */
  if (!status) status = lnti_tx_op(tx, &op_id, NULL, &op, err);
  if (!status) status = lnti_tx_meta_key(tx, &key, "k", err);
  for (int64_t id = 3; id < 6 && !status; id++) {
    status = lnti_tx_item_split(tx, id, "val", err);
    if (!status) status = lnti_tx_meta(tx, id, key, "v", err);
  }
  return status;
}

/* Whatever a write changes is of its operation: splits, metadata and stages as well as answers. */
static void changes_are_of_the_operation(void **state) {
  (void)state;
  lab l = lab_new();
  lab_fill(&l, 0, 10);
  lab_write(&l, move_under_an_operation, NULL);
  lnti_text text = {0};
  assert_ok(lnti_store_changes(l.store, 3, see_change, &text, ERR));
  assert_string_equal(text.data, "4 item 1-1 op 0;5 item 3-5 op 2;");
  lnti_text_clear(&text);
  lab_free(&l);
}

static void changes_are_joined(void **state) {
  (void)state;
  lab l = lab_new();
  lab_fill(&l, 0, 1000);
  lab_write(&l, write_change, (&(change_write){7, "val", "done", "k", "v"}));
  lab_write(&l, write_split, &l);
  lnti_text text = {0};
  assert_ok(lnti_store_changes(l.store, 0, see_change, &text, ERR));
  assert_string_equal(text.data,
                      "1 ontology 1-2 op 1;2 item 1-1000 op 1;3 answer 1-1000 op 1;4 item 7-7 op 0;5 split 1-1 op 1;");
  lnti_text_clear(&text);
  assert_ok(lnti_store_changes(l.store, 4, see_change, &text, ERR));
  assert_string_equal(text.data, "5 split 1-1 op 1;");
  lnti_text_clear(&text);
  lab_free(&l);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(an_operation_sent_twice_is_one),
      cmocka_unit_test(kinds_have_names),
      cmocka_unit_test(a_set_is_seen_when_it_is_whole),
      cmocka_unit_test(items_come_back_whole),
      cmocka_unit_test(queries_select),
      cmocka_unit_test(split_stage_and_metadata_change),
      cmocka_unit_test(uris),
      cmocka_unit_test(models_belong_to_runs),
      cmocka_unit_test(what_runs_were_trained_on_is_read_back),
      cmocka_unit_test(model_files_stay_below_models),
      cmocka_unit_test(jobs_of_dead_processes_are_reaped),
      cmocka_unit_test(counts),
      cmocka_unit_test(changes_are_of_the_operation),
      cmocka_unit_test(changes_are_joined),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
