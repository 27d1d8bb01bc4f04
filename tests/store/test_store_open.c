/*
 * Creating and opening: what is no database, is another's, is newer, cut or damaged is an error with its reason, and
 * never a crash.
 */
#include <sys/stat.h>
#include <unistd.h>

#include "store_support.h"

static void creating_takes_a_free_place(void **state) {
  (void)state;
  lab l = lab_new();
  lnti_store *other = NULL;
  assert_status(lnti_store_create(&other, l.path, ERR), LNT_EEXISTS);
  char *nowhere = lnti_test_path(l.folder, "no/such/folder/linnet.db");
  assert_status(lnti_store_create(&other, nowhere, ERR), LNT_ENOTFOUND);
  assert_null(other);
  free(nowhere);
  lnti_store_close(l.store);
  assert_int_equal(lnti_test_count_entries(l.folder), 1); /* no log, no half-made file */
  assert_ok(lnti_store_open(&l.store, l.path, ERR));
  lab_free(&l);
}

static void a_log_without_its_database_is_in_the_way(void **state) {
  (void)state;
  char *folder = lnti_test_folder(), *path = lnti_test_path(folder, "linnet.db"),
       *wal = lnti_test_path(folder, "linnet.db-wal");
  lnti_store *store = NULL;
  lnti_test_write_file(wal, "x", 1);
  assert_status(lnti_store_create(&store, path, ERR), LNT_EEXISTS);
  assert_message("left from a database");
  unlink(wal);
  assert_ok(lnti_store_create(&store, path, ERR));
  lnti_store_close(store);
  free(wal);
  free(path);
  lnti_test_folder_remove(folder);
}

static void foreign_files_are_refused_and_left_alone(void **state) {
  (void)state;
  static const char text[] =
      "This is a text that is longer than the header of a database. It goes on and on and on, "
      "since what is shorter than a page could be taken for a database that was cut.\n";
  char *folder = lnti_test_folder(), *path = lnti_test_path(folder, "linnet.db");
  lnti_store *store = NULL;
  assert_status(lnti_store_open(&store, path, ERR), LNT_ENOTFOUND);
  assert_status(lnti_store_open(&store, folder, ERR), LNT_EDATA);
  assert_message("no file");
  lnti_test_write_file(path, "", 0);
  assert_status(lnti_store_open(&store, path, ERR), LNT_EDATA);
  lnti_test_write_file(path, text, sizeof text);
  assert_status(lnti_store_open(&store, path, ERR), LNT_EDATA);
  assert_message("linnet.db");
  unlink(path);
  lnti_db *db = NULL; /* a database of somebody else */
  assert_ok(lnti_db_open(&db, path, LNTI_DB_CREATE, 0x12345678, ERR));
  assert_ok(lnti_db_exec(db, "CREATE TABLE t (x TEXT)", ERR));
  lnti_db_close(db);
  size_t before = 0, after = 0;
  char *old = lnti_test_read_file(&before, path);
  assert_status(lnti_store_open(&store, path, ERR), LNT_EDATA);
  assert_message("12345678");
  char *now = lnti_test_read_file(&after, path);
  assert_int_equal(before, after);
  assert_memory_equal(old, now, before);
  assert_int_equal(lnti_test_count_entries(folder), 1);
  assert_null(store);
  free(now);
  free(old);
  free(path);
  lnti_test_folder_remove(folder);
}

static void a_newer_schema_is_named(void **state) {
  (void)state;
  lab l = lab_new();
  lnti_store *store = NULL;
  assert_ok(lab_sql(l.store, "PRAGMA user_version = 99"));
  lnti_store_close(l.store);
  assert_status(lnti_store_open(&store, l.path, ERR), LNT_EUNSUPPORTED);
  assert_message("schema is 99");
  lnti_db *db = NULL;
  assert_ok(lnti_db_open(&db, l.path, LNTI_DB_WRITE, LNTI_STORE_APPLICATION_ID, ERR));
  assert_ok(lnti_db_set_version(db, -1, ERR));
  lnti_db_close(db);
  assert_status(lnti_store_open(&store, l.path, ERR), LNT_ECORRUPT);
  assert_null(store);
  free(l.path);
  lnti_test_folder_remove(l.folder);
}

/* ---- damage ---- */

static lnt_status ignore_item(void *payload, const lnti_item *item, lnt_error *err) {
  (void)err;
  *(size_t *)payload += strlen(item->source) + strlen(item->member) + strlen(item->split);
  return LNT_OK;
}

static lnt_status ignore_answer(void *payload, const lnti_answer_row *row, lnt_error *err) {
  (void)err;
  *(size_t *)payload += row->text ? strlen(row->text) : 0;
  return LNT_OK;
}

static lnt_status write_one(void *payload, lnti_tx *tx, lnt_error *err) {
  lnti_op op = lab_op(4242);
  int64_t id = 0;
  bool existed = false;
  (void)payload;
  return lnti_tx_op(tx, &id, &existed, &op, err);
}

/* Everything that reads, and a write; each may fail with a reason. Returns whether anything told of the damage. */
static bool use(const char *path) {
  lnti_store *store = NULL;
  lnti_ontology *ontology = NULL;
  lnti_store_counts counts = {0};
  lnti_item_query query = {0};
  size_t n_faults = 0, bytes = 0;
  lnt_error err = LNT_ERROR_INIT;
  if (lnti_store_open(&store, path, &err)) {
    assert_true(err.code != LNT_OK && err.message[0]);
    return true;
  }
  bool told = false;
  told |= lnti_store_items(store, &query, ignore_item, &bytes, &err) != LNT_OK;
  told |= lnti_store_answers(store, 1, 1000, 0, ignore_answer, &bytes, &err) != LNT_OK;
  told |= lnti_store_history(store, LNTI_SUBJECT_ITEM, 3, ignore_answer, &bytes, &err) != LNT_OK;
  told |= lnti_store_ontology(&ontology, store, &err) != LNT_OK;
  told |= lnti_store_counts_read(&counts, store, &err) != LNT_OK;
  told |= lnti_store_verify(store, &n_faults, NULL, NULL, NULL, &err) != LNT_OK || n_faults > 0;
  told |= lnti_store_write(store, write_one, NULL, &err) != LNT_OK;
  lnti_store_counts_clear(&counts);
  lnti_ontology_free(ontology);
  lnti_store_close(store);
  return told;
}

typedef struct damage {
  char *path;
  char *whole;
  size_t n;
  size_t n_told;
} damage;

static damage damage_new(lab *l) {
  damage d = {0};
  *l = lab_new();
  lab_fill(l, 0, 200);
  lnti_store_close(l->store);
  d.whole = lnti_test_read_file(&d.n, l->path);
  d.path = lnti_test_path(l->folder, "damaged.db");
  return d;
}

static void damage_free(damage *d, lab *l) {
  free(d->path);
  free(d->whole);
  free(l->path);
  lnti_test_folder_remove(l->folder);
}

static void write_damaged(damage *d, const char *data, size_t n) {
  char name[512];
  snprintf(name, sizeof name, "%s-wal", d->path);
  unlink(name);
  lnti_test_write_file(d->path, data, n);
}

static void cut_databases_are_told(void **state) {
  (void)state;
  lab l;
  damage d = damage_new(&l);
  for (size_t n = 0; n < d.n; n += n < 200 ? 13 : 3989) {
    write_damaged(&d, d.whole, n);
    assert_true(use(d.path));
  }
  damage_free(&d, &l);
}

static void flip(lnti_rng *rng, void *payload) {
  damage *d = payload;
  size_t n_flips = 1 + lnti_rng_below(rng, 8);
  char *copy = malloc(d->n);
  assert_non_null(copy);
  memcpy(copy, d->whole, d->n);
  for (size_t i = 0; i < n_flips; i++) {
    /* The headers of pages, where a byte means most, get half of them. */
    size_t at = lnti_rng_below(rng, d->n);
    if (lnti_rng_below(rng, 2)) at = at / 4096 * 4096 + lnti_rng_below(rng, 16);
    copy[at] = (char)(copy[at] ^ (1 << lnti_rng_below(rng, 8)));
  }
  write_damaged(d, copy, d->n);
  d->n_told += use(d->path);
  free(copy);
}

static void flipped_bytes_never_crash(void **state) {
  (void)state;
  lab l;
  damage d = damage_new(&l);
  lnti_test_property("flipped bytes", 150, flip, &d);
  assert_true(d.n_told > 100); /* the others fell into unused bytes or into texts */
  damage_free(&d, &l);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(creating_takes_a_free_place),
      cmocka_unit_test(a_log_without_its_database_is_in_the_way),
      cmocka_unit_test(foreign_files_are_refused_and_left_alone),
      cmocka_unit_test(a_newer_schema_is_named),
      cmocka_unit_test(cut_databases_are_told),
      cmocka_unit_test(flipped_bytes_never_crash),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
