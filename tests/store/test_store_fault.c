/*
 * Failing allocations: Linnet's own, one by one, and SQLite's. Whatever fails says so, nothing leaks, and what was
 * acknowledged before is there afterwards. (SQLite is told of its failing allocator by its own means, so this test
 * includes its header.)
 */
#include <sqlite3.h>
#include <stdatomic.h>

#include "store_support.h"

/* ---- SQLite's allocations: its own allocator, with a counter before it ---- */

static sqlite3_mem_methods real_methods;
static atomic_long sqlite_countdown; /* 0: none fails */
static atomic_bool sqlite_failed;

static bool sqlite_is_due(void) {
  if (atomic_load(&sqlite_countdown) == 0 || atomic_fetch_sub(&sqlite_countdown, 1) != 1) return false;
  atomic_store(&sqlite_failed, true);
  return true;
}

static void *failing_malloc(int n) {
  return sqlite_is_due() ? NULL : real_methods.xMalloc(n);
}

static void *failing_realloc(void *block, int n) {
  return sqlite_is_due() ? NULL : real_methods.xRealloc(block, n);
}

static int install(void **state) {
  (void)state;
  sqlite3_mem_methods methods;
  assert_int_equal(sqlite3_config(SQLITE_CONFIG_GETMALLOC, &real_methods), SQLITE_OK);
  methods = real_methods;
  methods.xMalloc = failing_malloc;
  methods.xRealloc = failing_realloc;
  assert_int_equal(sqlite3_config(SQLITE_CONFIG_MALLOC, &methods), SQLITE_OK);
  return 0;
}

/* ---- what is done under failures ---- */

typedef struct job {
  lab *l;
  uint64_t number;
} job;

static lnt_status write_some(void *payload, lnti_tx *tx, lnt_error *err) {
  const job *j = payload;
  lnti_op op = lab_op(j->number);
  lnti_item item = lab_item(j->l, j->number);
  int64_t op_id = 0, id = 0, alike_id = 0, key_id = 0;
  bool existed = false;
  lnt_status status = lnti_tx_op(tx, &op_id, &existed, &op, err);
  if (!status) status = lnti_tx_item(tx, &id, &existed, op_id, &item, err);
  if (!status) status = lnti_tx_meta_key(tx, &key_id, "site", err);
  if (!status) status = lnti_tx_meta(tx, id, key_id, "north", err);
  lnti_item alike = lab_item(j->l, j->number + 1000000);
  if (!status) status = lnti_tx_item(tx, &alike_id, &existed, op_id, &alike, err);
  const lnti_duplicate pair[] = {{id, id, id, 0}, {alike_id, id, id, 0}};
  if (!status) status = lnti_tx_duplicates(tx, pair, 2, err);
  if (!status) status = lnti_tx_setting(tx, "k", "v", err);
  if (!status) {
    lnti_answer_row row = lab_answer(j->l, id, 1);
    status = lnti_tx_answer(tx, &row, err);
  }
  return status;
}

static lnt_status ignore_item(void *payload, const lnti_item *item, lnt_error *err) {
  (void)err;
  *(size_t *)payload += strlen(item->member);
  return LNT_OK;
}

static lnt_status read_some(lab *l, lnt_error *err) {
  lnti_ontology *ontology = NULL;
  lnti_store_counts counts = {0};
  lnti_item_query query = {0};
  size_t n = 0;
  lnt_status status = lnti_store_ontology(&ontology, l->store, err);
  if (!status) status = lnti_store_counts_read(&counts, l->store, err);
  if (!status) status = lnti_store_items(l->store, &query, ignore_item, &n, err);
  if (!status) status = lnti_store_verify(l->store, &n, NULL, NULL, NULL, err);
  if (!status) assert_int_equal(n, 0);
  lnti_store_counts_clear(&counts);
  lnti_ontology_free(ontology);
  return status;
}

static lnt_status open_write_read(lab *l, uint64_t number) {
  job j = {l, number};
  l->store = NULL;
  lnt_status status = lnti_store_open(&l->store, l->path, ERR);
  if (!status) status = lnti_store_write(l->store, write_some, &j, ERR);
  if (!status) status = read_some(l, ERR);
  lnti_store_close(l->store);
  l->store = NULL;
  return status;
}

static void own_allocations(void **state) {
  (void)state;
  lab l = lab_new();
  lab_fill(&l, 0, 5);
  lnti_store_close(l.store);
  uint64_t number = 100;
  for_each_fault(n) {
    assert_fault_status(open_write_read(&l, number++));
  }
  assert_ok(lnti_store_open(&l.store, l.path, ERR));
  lab_free(&l);
}

static void own_allocations_while_creating(void **state) {
  (void)state;
  char *folder = lnti_test_folder();
  for_each_fault(n) {
    char path[512];
    lnti_store *store = NULL;
    snprintf(path, sizeof path, "%s/%zu.db", folder, n);
    lnt_status status = lnti_store_create(&store, path, ERR);
    assert_fault_status(status);
    assert_true((store != NULL) == (status == LNT_OK));
    lnti_store_close(store);
  }
  lnti_test_folder_remove(folder);
}

/* Every n-th to begin with, then more thinly: SQLite asks for memory thousands of times. */
static void allocations_of_sqlite(void **state) {
  (void)state;
  lab l = lab_new();
  lab_fill(&l, 0, 5);
  lnti_store_close(l.store);
  uint64_t number = 100;
  bool failed = true;
  size_t n_told = 0;
  for (long n = 1; failed; n += 1 + n / 40) {
    atomic_store(&sqlite_failed, false);
    atomic_store(&sqlite_countdown, n);
    lnt_status status = open_write_read(&l, number++);
    failed = atomic_load(&sqlite_failed);
    atomic_store(&sqlite_countdown, 0);
    /* SQLite does without some of its allocations. */
    if (status != LNT_OK) {
      assert_true(failed);
      n_told++;
    }
    assert_ok(lnti_store_open(&l.store, l.path, ERR));
    assert_int_equal(lab_verify(&l, NULL), 0);
    lnti_store_close(l.store);
  }
  assert_true(n_told > 50);
  assert_ok(lnti_store_open(&l.store, l.path, ERR));
  lab_free(&l);
}

/* A write whose statement fails in the middle takes back its own and leaves the connection good for more. */
static void failing_writes_leave_nothing(void **state) {
  (void)state;
  lab l = lab_new();
  lab_fill(&l, 0, 5);
  uint64_t number = 100;
  for (long n = 1; n < 60; n++) {
    lnti_store_counts before, after;
    job j = {&l, number++};
    assert_ok(lnti_store_counts_read(&before, l.store, ERR));
    atomic_store(&sqlite_countdown, n);
    lnt_status status = lnti_store_write(l.store, write_some, &j, ERR);
    atomic_store(&sqlite_countdown, 0);
    assert_ok(lnti_store_counts_read(&after, l.store, ERR));
    size_t added = status == LNT_OK ? 1 : 0;
    assert_int_equal(after.items, before.items + added);
    assert_int_equal(after.answers, before.answers + added);
    assert_int_equal(after.operations, before.operations + added);
    lnti_store_counts_clear(&after);
    lnti_store_counts_clear(&before);
  }
  lab_free(&l);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(own_allocations),
      cmocka_unit_test(own_allocations_while_creating),
      cmocka_unit_test(allocations_of_sqlite),
      cmocka_unit_test(failing_writes_leave_nothing),
  };
  return cmocka_run_group_tests(tests, install, NULL);
}
