/*
 * The cache of containers by itself, with values that are numbers: who waits for whom, what is dropped when, what is
 * remembered.
 */
#include <media/cache.h>

#include "support.h"

#include <pthread.h>

/* What a load does. */
typedef struct request {
  lnt_status status;
  uint64_t memory, disk;
  bool blocks; /* until the gate is opened */
  int *n_loads;
  const lnti_cancel *cancel; /* of its wait for memory */
  uint64_t back;             /* of the disk, once loaded */
} request;

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t moved = PTHREAD_COND_INITIALIZER;
static bool gate_open, at_gate;
static int n_live;

static lnt_status load(void **value_out, lnti_cache *cache, lnti_cache_entry *entry, void *payload, lnt_error *err) {
  const request *q = payload;
  pthread_mutex_lock(&mutex);
  if (q->n_loads) ++*q->n_loads;
  at_gate = at_gate || q->blocks;
  pthread_cond_broadcast(&moved);
  while (q->blocks && !gate_open) pthread_cond_wait(&moved, &mutex);
  pthread_mutex_unlock(&mutex);
  const lnt_status reserved = lnti_cache_reserve(cache, entry, LNTI_BUDGET_MEMORY, q->memory, q->cancel, err);
  if (reserved != LNT_OK) return reserved;
  if (!lnti_cache_grow(cache, entry, LNTI_BUDGET_DISK, q->disk)) {
    if (err) *err = (lnt_error){LNT_EBUSY, "no room"};
    return LNT_EBUSY;
  }
  if (q->back > 0) lnti_cache_give_back(cache, entry, LNTI_BUDGET_DISK, q->back);
  if (q->status != LNT_OK) {
    if (err) *err = (lnt_error){q->status, "as it was told"};
    return q->status;
  }
  int *value = malloc(sizeof *value);
  *value = 7;
  *value_out = value;
  pthread_mutex_lock(&mutex);
  n_live++;
  pthread_mutex_unlock(&mutex);
  return LNT_OK;
}

static void unload(void *value) {
  free(value);
  pthread_mutex_lock(&mutex);
  n_live--;
  pthread_mutex_unlock(&mutex);
}

static const lnti_cache_class class = {load, unload};
static const lnti_file_mark mark = {.inode = 1};

static lnti_cache *new_cache(size_t n_max, uint64_t memory, uint64_t disk) {
  lnti_cache *cache = NULL;
  const uint64_t budget[LNTI_BUDGETS] = {memory, disk};
  gate_open = at_gate = false;
  n_live = 0;
  assert_ok(lnti_cache_new(&cache, &class, n_max, budget, ERR));
  return cache;
}

static lnti_cache_entry *acquire(lnti_cache *cache, const char *key, request q) {
  lnti_cache_entry *entry = NULL;
  assert_ok(lnti_cache_acquire(&entry, cache, key, &mark, &q, NULL, ERR));
  assert_int_equal(*(int *)lnti_cache_value(entry), 7);
  return entry;
}

static void touch(lnti_cache *cache, const char *key, request q) {
  lnti_cache_release(cache, acquire(cache, key, q));
}

static uint64_t booked(lnti_cache *cache, lnti_budget which) {
  uint64_t bytes = 0;
  size_t n = 0;
  lnti_cache_usage(&bytes, &n, cache, which);
  return bytes;
}

static size_t known(lnti_cache *cache) {
  uint64_t bytes = 0;
  size_t n = 0;
  lnti_cache_usage(&bytes, &n, cache, LNTI_BUDGET_MEMORY);
  return n;
}

static void test_loaded_once(void **state) {
  (void)state;
  int n_loads = 0;
  lnti_cache *cache = new_cache(4, 100, 100);
  for (int i = 0; i < 3; i++) touch(cache, "a", (request){.n_loads = &n_loads, .memory = 10, .disk = 20});
  assert_int_equal(n_loads, 1);
  assert_int_equal(booked(cache, LNTI_BUDGET_MEMORY), 10);
  assert_int_equal(booked(cache, LNTI_BUDGET_DISK), 20);
  touch(cache, "b", (request){.n_loads = &n_loads});
  assert_int_equal(n_loads, 2);
  lnti_cache_free(cache);
  assert_int_equal(n_live, 0);
  lnti_cache_free(NULL);
}

static void test_budget_and_number(void **state) {
  (void)state;
  int a_loads = 0;
  lnti_cache *cache = new_cache(3, 100, 100);
  touch(cache, "a", (request){.memory = 50, .n_loads = &a_loads});
  touch(cache, "b", (request){.memory = 50});
  touch(cache, "a", (request){.memory = 50, .n_loads = &a_loads}); /* b is older now */
  touch(cache, "c", (request){.memory = 30});
  assert_int_equal(booked(cache, LNTI_BUDGET_MEMORY), 80);
  touch(cache, "a", (request){.memory = 50, .n_loads = &a_loads});
  assert_int_equal(a_loads, 1);
  touch(cache, "big", (request){.memory = 1000}); /* alone it may */
  assert_int_equal(booked(cache, LNTI_BUDGET_MEMORY), 1000);
  for (int i = 0; i < 10; i++) {
    char key[8];
    snprintf(key, sizeof key, "%d", i);
    touch(cache, key, (request){0});
    assert_true(known(cache) <= 3);
  }
  lnti_cache_free(cache);
}

/* Disk is had without waiting: what is pinned stands in the way. */
static void test_grow(void **state) {
  (void)state;
  lnti_cache *cache = new_cache(8, 100, 100);
  lnti_cache_entry *pinned = acquire(cache, "a", (request){.disk = 60});
  lnti_cache_entry *entry = NULL;
  request q = {.disk = 60};
  assert_status(lnti_cache_acquire(&entry, cache, "b", &mark, &q, NULL, ERR), LNT_EBUSY);
  assert_int_equal(booked(cache, LNTI_BUDGET_DISK), 60);
  lnti_cache_release(cache, pinned);
  touch(cache, "b", q); /* not remembered, and a makes room */
  assert_int_equal(booked(cache, LNTI_BUDGET_DISK), 60);
  assert_int_equal(known(cache), 1);
  lnti_cache_free(cache);
}

static void test_failures(void **state) {
  (void)state;
  static const struct {
    lnt_status status;
    bool lasting;
  } cases[] = {{LNT_EDATA, true},       {LNT_EUNSUPPORTED, true}, {LNT_ELIMIT, true},
               {LNT_EINVAL, true},      {LNT_ENOMEM, false},      {LNT_EIO, false},
               {LNT_ECANCELLED, false}, {LNT_ENOSPC, false},      {LNT_ECORRUPT, false}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    lnti_cache *cache = new_cache(8, 100, 100);
    lnti_cache_entry *entry = NULL;
    int n_loads = 0;
    request q = {.status = cases[i].status, .memory = 10, .disk = 10, .n_loads = &n_loads};
    for (int k = 0; k < 3; k++) {
      assert_status(lnti_cache_acquire(&entry, cache, "a", &mark, &q, NULL, ERR), cases[i].status);
      assert_message("as it was told");
    }
    assert_int_equal(n_loads, cases[i].lasting ? 1 : 3);
    assert_int_equal(booked(cache, LNTI_BUDGET_MEMORY), 0);
    assert_int_equal(booked(cache, LNTI_BUDGET_DISK), 0);
    assert_int_equal(known(cache), cases[i].lasting ? 1 : 0);
    /* Another file under that name is another matter. */
    const lnti_file_mark other = {.inode = 2};
    q.status = LNT_OK;
    assert_ok(lnti_cache_acquire(&entry, cache, "a", &other, &q, NULL, ERR));
    lnti_cache_release(cache, entry);
    lnti_cache_free(cache);
  }
}

/* A value whose file has changed, or that was rejected, serves those who have it, and nobody else. */
static void test_stale(void **state) {
  (void)state;
  for (int rejected = 0; rejected < 2; rejected++) {
    int n_loads = 0;
    lnti_cache *cache = new_cache(8, 100, 100);
    request q = {.n_loads = &n_loads, .memory = 10};
    lnti_cache_entry *first = acquire(cache, "a", q), *again = acquire(cache, "a", q), *second = NULL;
    const lnti_file_mark other = {.inode = rejected ? 1 : 2};
    if (rejected) lnti_cache_reject(cache, again);
    assert_ok(lnti_cache_acquire(&second, cache, "a", &other, &q, NULL, ERR));
    assert_int_equal(n_loads, 2);
    assert_ptr_not_equal(second, first);
    assert_int_equal(n_live, 2);
    assert_int_equal(*(int *)lnti_cache_value(first), 7);
    lnti_cache_release(cache, first);
    if (!rejected) lnti_cache_release(cache, again);
    assert_int_equal(n_live, 1);
    assert_int_equal(booked(cache, LNTI_BUDGET_MEMORY), 10);
    lnti_cache_release(cache, second);
    lnti_cache_free(cache);
  }
}

static bool always(const void *value) {
  (void)value;
  return true;
}

static void test_sweep(void **state) {
  (void)state;
  lnti_cache *cache = new_cache(8, 100, 100);
  lnti_cache_entry *pinned = acquire(cache, "a", (request){0});
  touch(cache, "b", (request){0});
  touch(cache, "c", (request){0});
  lnti_cache_sweep(cache, always);
  assert_int_equal(known(cache), 1);
  int n_loads = 0;
  touch(cache, "a", (request){.n_loads = &n_loads}); /* the pinned one is not found any more */
  assert_int_equal(n_loads, 1);
  assert_int_equal(known(cache), 2);
  lnti_cache_release(cache, pinned);
  assert_int_equal(known(cache), 1);
  lnti_cache_free(cache);
}

/* ---- waiting ---- */

typedef struct waiter {
  lnti_cache *cache;
  request q;
  lnt_status status;
} waiter;

static void *wait_for_a(void *payload) {
  waiter *w = payload;
  lnti_cache_entry *entry = NULL;
  w->status = lnti_cache_acquire(&entry, w->cache, "a", &mark, &w->q, NULL, NULL);
  if (w->status == LNT_OK) lnti_cache_release(w->cache, entry);
  return NULL;
}

static void wait_at_gate(void) {
  pthread_mutex_lock(&mutex);
  while (!at_gate) pthread_cond_wait(&moved, &mutex);
  pthread_mutex_unlock(&mutex);
}

static void open_gate(void) {
  pthread_mutex_lock(&mutex);
  gate_open = true;
  pthread_cond_broadcast(&moved);
  pthread_mutex_unlock(&mutex);
}

/* One loads, the others wait and get the same, or load it themselves after a failure that passes; other keys do not wait;
 * a wait can be cancelled. */
static void test_others_wait(void **state) {
  (void)state;
  static const lnt_status ends[] = {LNT_OK, LNT_EDATA, LNT_EIO};
  static const int loads[] = {1, 1, 4};
  for (size_t i = 0; i < 3; i++) {
    enum { THREADS = 4 };
    int n_loads = 0;
    lnti_cache *cache = new_cache(8, 100, 100);
    waiter w[THREADS];
    pthread_t threads[THREADS];
    for (int t = 0; t < THREADS; t++) {
      w[t] = (waiter){cache, {.status = ends[i], .blocks = true, .n_loads = &n_loads}, LNT_EINTERNAL};
      assert_int_equal(pthread_create(&threads[t], NULL, wait_for_a, &w[t]), 0);
    }
    wait_at_gate();
    touch(cache, "b", (request){0});
    lnti_cache_entry *entry = NULL;
    lnti_cancel cancel = {0};
    request q = {.n_loads = &n_loads};
    lnti_cancel_request(&cancel);
    assert_status(lnti_cache_acquire(&entry, cache, "a", &mark, &q, &cancel, ERR), LNT_ECANCELLED);
    open_gate();
    for (int t = 0; t < THREADS; t++) {
      assert_int_equal(pthread_join(threads[t], NULL), 0);
      assert_int_equal(w[t].status, ends[i]);
    }
    assert_int_equal(n_loads, loads[i]);
    lnti_cache_free(cache);
    assert_int_equal(n_live, 0);
  }
}

static void *release_soon(void *payload) {
  waiter *w = payload;
  wait_at_gate();
  open_gate(); /* the loader goes on to ask for memory... */
  while (booked(w->cache, LNTI_BUDGET_MEMORY) == 0) continue;
  lnti_cache_entry *entry = NULL;
  /* ...which a reader of b still holds. */
  w->status = lnti_cache_acquire(&entry, w->cache, "b", &mark, &w->q, NULL, NULL);
  if (w->status == LNT_OK) lnti_cache_release(w->cache, entry);
  return NULL;
}

/* Memory is waited for until its readers are done. */
static void test_reserve_waits(void **state) {
  (void)state;
  lnti_cache *cache = new_cache(8, 100, 100);
  waiter loader = {cache, {.memory = 80, .blocks = true}, LNT_EINTERNAL};
  waiter helper = {cache, {.memory = 60}, LNT_EINTERNAL};
  pthread_t threads[2];
  lnti_cache_entry *pinned = acquire(cache, "b", (request){.memory = 60});
  assert_int_equal(pthread_create(&threads[0], NULL, wait_for_a, &loader), 0);
  assert_int_equal(pthread_create(&threads[1], NULL, release_soon, &helper), 0);
  assert_int_equal(pthread_join(threads[1], NULL), 0);
  assert_int_equal(helper.status, LNT_OK); /* b is had while a waits for it */
  assert_int_equal(booked(cache, LNTI_BUDGET_MEMORY), 60);
  lnti_cache_release(cache, pinned);
  assert_int_equal(pthread_join(threads[0], NULL), 0);
  assert_int_equal(loader.status, LNT_OK);
  assert_int_equal(booked(cache, LNTI_BUDGET_MEMORY), 80);
  assert_int_equal(known(cache), 1);
  lnti_cache_free(cache);
}

static void test_reserve_is_cancelled(void **state) {
  (void)state;
  lnti_cache *cache = new_cache(8, 100, 100);
  lnti_cache_entry *pinned = acquire(cache, "b", (request){.memory = 60}), *entry = NULL;
  lnti_cancel cancel = {0};
  request q = {.memory = 80, .cancel = &cancel};
  lnti_cancel_request(&cancel);
  assert_status(lnti_cache_acquire(&entry, cache, "a", &mark, &q, NULL, ERR), LNT_ECANCELLED);
  assert_int_equal(booked(cache, LNTI_BUDGET_MEMORY), 60);
  assert_int_equal(known(cache), 1);
  lnti_cache_release(cache, pinned);
  lnti_cache_free(cache);
}

static void test_give_back(void **state) {
  (void)state;
  lnti_cache *cache = new_cache(8, 100, 100);
  touch(cache, "a", (request){.disk = 70, .back = 50});
  assert_int_equal(booked(cache, LNTI_BUDGET_DISK), 20);
  touch(cache, "b", (request){.disk = 80});
  assert_int_equal(booked(cache, LNTI_BUDGET_DISK), 100);
  assert_int_equal(known(cache), 2);
  lnti_cache_free(cache);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_loaded_once),
      cmocka_unit_test(test_budget_and_number),
      cmocka_unit_test(test_grow),
      cmocka_unit_test(test_failures),
      cmocka_unit_test(test_stale),
      cmocka_unit_test(test_sweep),
      cmocka_unit_test(test_others_wait),
      cmocka_unit_test(test_reserve_waits),
      cmocka_unit_test(test_reserve_is_cancelled),
      cmocka_unit_test(test_give_back),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
