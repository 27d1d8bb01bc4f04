/* base/threads.c: every row once, in fixed pieces; errors, cancellation, nesting, several callers, no pool. */
#include "support.h"

#include <base/cancel.h>
#include <base/error.h>
#include <base/threads.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <unistd.h>

enum { ROWS_MAX = 5000, WORKERS_MAX = 8 };

typedef struct work {
  lnti_pool *pool;
  size_t n, grain;
  atomic_int visits[ROWS_MAX];
  atomic_int inside[WORKERS_MAX]; /* chunks running as this worker */
  atomic_size_t chunks;
  size_t fail_from; /* chunks that begin at or after this row fail; SIZE_MAX: none */
  lnti_cancel *cancel;
  size_t cancel_after; /* chunks; 0: never */
  bool broken;
} work;

static work *new_work(lnti_pool *pool, size_t n, size_t grain) {
  work *w = calloc(1, sizeof *w);
  assert_non_null(w);
  w->pool = pool;
  w->n = n;
  w->grain = grain;
  w->fail_from = SIZE_MAX;
  return w;
}

static lnt_status visit(void *payload, size_t begin, size_t end, unsigned worker, lnt_error *err) {
  work *w = payload;
  size_t whole = begin + w->grain < w->n ? begin + w->grain : w->n;
  if (begin % w->grain != 0 || end != whole || worker >= lnti_pool_size(w->pool)) w->broken = true;
  if (atomic_fetch_add(&w->inside[worker % WORKERS_MAX], 1) != 0) w->broken = true;
  for (size_t i = begin; i < end; i++) atomic_fetch_add(&w->visits[i], 1);
  size_t chunks = atomic_fetch_add(&w->chunks, 1) + 1;
  if (chunks % 7 == 0) sched_yield(); /* so that other threads get a turn on few cores */
  if (w->cancel_after && chunks == w->cancel_after) lnti_cancel_request(w->cancel);
  atomic_fetch_sub(&w->inside[worker % WORKERS_MAX], 1);
  if (begin >= w->fail_from) return lnti_fail(err, LNT_EDATA, "row %zu is bad", begin);
  return LNT_OK;
}

static void expect_each_once(const work *w) {
  assert_false(w->broken);
  for (size_t i = 0; i < w->n; i++) assert_int_equal(atomic_load(&w->visits[i]), 1);
  assert_int_equal(atomic_load(&w->chunks), w->n / w->grain + (w->n % w->grain != 0));
}

static const unsigned thread_counts[] = {1, 2, 3, 8};
enum { N_COUNTS = sizeof thread_counts / sizeof thread_counts[0] };

static lnti_pool *new_pool(unsigned n_threads) {
  lnti_pool *pool = NULL;
  assert_ok(lnti_pool_new(&pool, n_threads, ERR));
  assert_int_equal(lnti_pool_size(pool), n_threads);
  return pool;
}

static void test_sizes(void **state) {
  (void)state;
  lnti_pool *pool = NULL;
  cpu_set_t set;
  assert_int_equal(sched_getaffinity(0, sizeof set, &set), 0);
  assert_int_equal(lnti_pool_size(NULL), 1);
  assert_status(lnti_pool_new(&pool, LNTI_POOL_THREADS_MAX + 1, ERR), LNT_EINVAL);
  assert_message("1025 threads");
  assert_null(pool);
  assert_ok(lnti_pool_new(&pool, 0, ERR));
  assert_int_equal(lnti_pool_size(pool), CPU_COUNT(&set));
  lnti_pool_free(pool);
  lnti_pool_free(NULL);
}

static void test_coverage(void **state) {
  (void)state;
  static const size_t shapes[][2] = {{0, 1},   {1, 1},    {1, 100},     {7, 2},     {8, 2},
                                     {100, 7}, {5000, 1}, {5000, 4999}, {5000, 64}, {4096, SIZE_MAX}};
  for (size_t t = 0; t <= N_COUNTS; t++) {
    lnti_pool *pool = t < N_COUNTS ? new_pool(thread_counts[t]) : NULL;
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
      size_t grain = shapes[i][1] == SIZE_MAX ? 4096 : shapes[i][1];
      work *w = new_work(pool, shapes[i][0], grain);
      assert_ok(lnti_pool_for(pool, w->n, shapes[i][1], visit, w, NULL, ERR));
      expect_each_once(w);
      free(w);
    }
    lnti_pool_free(pool);
  }
}

static void test_no_grain(void **state) {
  (void)state;
  work *w = new_work(NULL, 10, 1);
  assert_status(lnti_pool_for(NULL, 10, 0, visit, w, NULL, ERR), LNT_EINVAL);
  assert_int_equal(atomic_load(&w->chunks), 0);
  free(w);
}

/* Short jobs one after another: a worker that wakes late must not touch the next job, or the last one. */
static void test_many_short_jobs(void **state) {
  (void)state;
  lnti_pool *pool = new_pool(4);
  for (int i = 0; i < 3000; i++) {
    work *w = new_work(pool, 2 + (size_t)i % 5, 1);
    assert_ok(lnti_pool_for(pool, w->n, 1, visit, w, NULL, ERR));
    expect_each_once(w);
    free(w);
  }
  lnti_pool_free(pool);
}

static void test_errors(void **state) {
  (void)state;
  for (size_t t = 0; t <= N_COUNTS; t++) {
    lnti_pool *pool = t < N_COUNTS ? new_pool(thread_counts[t]) : NULL;
    for (int i = 0; i < 50; i++) {
      work *w = new_work(pool, 5000, 10);
      w->fail_from = 1000;
      assert_status(lnti_pool_for(pool, w->n, w->grain, visit, w, NULL, ERR), LNT_EDATA);
      /* Chunks are taken in order and every later one fails, so the lowest that ran is the first of them. */
      assert_message("row 1000 is bad");
      assert_false(w->broken);
      assert_true(atomic_load(&w->chunks) <= 100 + lnti_pool_size(pool));
      for (size_t row = 0; row < 1000; row++) assert_int_equal(atomic_load(&w->visits[row]), 1);
      assert_int_equal(lnti_pool_for(pool, w->n, w->grain, visit, w, NULL, NULL), LNT_EDATA);
      free(w);
    }
    work *w = new_work(pool, 5000, 10); /* the pool is as good as new */
    assert_ok(lnti_pool_for(pool, w->n, w->grain, visit, w, NULL, ERR));
    expect_each_once(w);
    free(w);
    lnti_pool_free(pool);
  }
}

/* Waits until `n` threads are here at once, ten seconds at most. */
static lnt_status meet(atomic_uint *arrived, unsigned n, lnt_error *err) {
  uint64_t until = lnti_monotonic_ns() + UINT64_C(10000000000);
  atomic_fetch_add(arrived, 1);
  while (atomic_load(arrived) < n) {
    if (lnti_monotonic_ns() > until) return lnti_fail(err, LNT_EBUSY, "the other threads never came");
    sched_yield();
  }
  return LNT_OK;
}

/* The first chunk fails well after the second has: its error is the one that counts. */
static lnt_status fail_first_last(void *payload, size_t begin, size_t end, unsigned worker, lnt_error *err) {
  atomic_uint *arrived = payload;
  (void)end;
  (void)worker;
  lnt_status met = meet(arrived, 2, err);
  if (met) return met;
  if (begin == 0) usleep(20000);
  return lnti_fail(err, LNT_EDATA, "chunk %zu failed", begin);
}

static void test_lowest_error(void **state) {
  (void)state;
  lnti_pool *pool = new_pool(2);
  atomic_uint arrived = 0;
  assert_status(lnti_pool_for(pool, 2, 1, fail_first_last, &arrived, NULL, ERR), LNT_EDATA);
  assert_message("chunk 0 failed");
  lnti_pool_free(pool);
}

static void test_cancellation(void **state) {
  (void)state;
  for (size_t t = 0; t <= N_COUNTS; t++) {
    lnti_pool *pool = t < N_COUNTS ? new_pool(thread_counts[t]) : NULL;
    lnti_cancel cancel = {0};
    work *w = new_work(pool, 5000, 1);
    w->cancel = &cancel;
    w->cancel_after = 20;
    assert_status(lnti_pool_for(pool, w->n, 1, visit, w, &cancel, ERR), LNT_ECANCELLED);
    assert_message("cancelled");
    assert_true(atomic_load(&w->chunks) >= 20 && atomic_load(&w->chunks) <= 20 + lnti_pool_size(pool));
    size_t before = atomic_load(&w->chunks);
    assert_status(lnti_pool_for(pool, w->n, 1, visit, w, &cancel, ERR), LNT_ECANCELLED);
    assert_int_equal(atomic_load(&w->chunks), before);
    free(w);
    lnti_pool_free(pool);
  }
}

typedef struct nest {
  lnti_pool *outer, *inner;
  atomic_uint arrived;
  atomic_size_t rows;
  atomic_bool broken;
} nest;

typedef struct nested {
  nest *n;
  unsigned outer_worker;
} nested;

/* A chunk called inline runs on the thread of the chunk around it, so within one pool it keeps its worker's number;
 * that of a smaller pool, or of none, must fit that pool. */
static lnt_status inner_chunk(void *payload, size_t begin, size_t end, unsigned worker, lnt_error *err) {
  nested *call = payload;
  (void)err;
  unsigned wanted = call->n->inner == call->n->outer ? call->outer_worker : 0;
  if (worker != wanted) atomic_store(&call->n->broken, true);
  atomic_fetch_add(&call->n->rows, end - begin);
  return LNT_OK;
}

static lnt_status outer_chunk(void *payload, size_t begin, size_t end, unsigned worker, lnt_error *err) {
  nested call = {payload, worker};
  (void)begin;
  (void)end;
  lnt_status met = meet(&call.n->arrived, lnti_pool_size(call.n->outer), err);
  if (met) return met;
  for (int i = 0; i < 3; i++) {
    lnt_status status = lnti_pool_for(call.n->inner, 10, 3, inner_chunk, &call, NULL, err);
    if (status) return status;
  }
  return LNT_OK;
}

static void test_nesting(void **state) {
  (void)state;
  lnti_pool *outer = new_pool(4), *other = new_pool(2);
  lnti_pool *const inners[] = {outer, other, NULL};
  for (size_t i = 0; i < sizeof inners / sizeof inners[0]; i++) {
    nest n = {.outer = outer, .inner = inners[i]};
    assert_ok(lnti_pool_for(outer, 200, 1, outer_chunk, &n, NULL, ERR));
    assert_int_equal(atomic_load(&n.rows), 200 * 30);
    assert_false(atomic_load(&n.broken));
  }
  lnti_pool_free(other);
  lnti_pool_free(outer);
}

static void *call_often(void *payload) {
  lnti_pool *pool = payload;
  for (int i = 0; i < 200; i++) {
    work *w = calloc(1, sizeof *w);
    if (!w) return payload;
    *w = (work){.pool = pool, .n = 100, .grain = 3, .fail_from = SIZE_MAX};
    bool good = lnti_pool_for(pool, w->n, w->grain, visit, w, NULL, NULL) == LNT_OK && !w->broken;
    for (size_t row = 0; row < w->n; row++) good = good && atomic_load(&w->visits[row]) == 1;
    free(w);
    if (!good) return payload;
  }
  return NULL;
}

static void test_several_callers(void **state) {
  (void)state;
  lnti_pool *pool = new_pool(3);
  pthread_t threads[4];
  for (size_t i = 0; i < 4; i++) assert_int_equal(pthread_create(&threads[i], NULL, call_often, pool), 0);
  for (size_t i = 0; i < 4; i++) {
    void *failed = NULL;
    assert_int_equal(pthread_join(threads[i], &failed), 0);
    assert_null(failed);
  }
  lnti_pool_free(pool);
}

static lnt_status meet_chunk(void *payload, size_t begin, size_t end, unsigned worker, lnt_error *err) {
  (void)begin;
  (void)end;
  (void)worker;
  return meet(payload, 2, err);
}

/* Both threads of a pool of two are really used: each chunk waits until the other has begun. */
static void test_two_threads_at_once(void **state) {
  (void)state;
  lnti_pool *pool = new_pool(2);
  atomic_uint arrived = 0;
  assert_ok(lnti_pool_for(pool, 2, 1, meet_chunk, &arrived, NULL, ERR));
  lnti_pool_free(pool);
}

static void test_faults(void **state) {
  (void)state;
  for_each_fault(n) {
    lnti_pool *pool = NULL;
    assert_fault_status(lnti_pool_new(&pool, 3, ERR));
    assert_true((pool == NULL) == lnti_test_allocation_failed());
    lnti_pool_free(pool);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_sizes),           cmocka_unit_test(test_coverage),
      cmocka_unit_test(test_no_grain),        cmocka_unit_test(test_many_short_jobs),
      cmocka_unit_test(test_errors),          cmocka_unit_test(test_lowest_error),
      cmocka_unit_test(test_cancellation),    cmocka_unit_test(test_nesting),
      cmocka_unit_test(test_several_callers), cmocka_unit_test(test_two_threads_at_once),
      cmocka_unit_test(test_faults),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
