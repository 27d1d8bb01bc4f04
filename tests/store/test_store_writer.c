/*
 * The writer: writes from several threads, one that fails among others, full disks of both kinds, and a database that
 * another holds.
 */
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store_support.h"

/* ---- several threads ---- */

enum { N_THREADS = 4, N_WRITES = 60 };

typedef struct one_op {
  uint64_t number;
  int64_t id;
  lnt_status then; /* what the function returns after it wrote */
} one_op;

static lnt_status write_op(void *payload, lnti_tx *tx, lnt_error *err) {
  one_op *o = payload;
  lnti_op op = lab_op(o->number);
  bool existed = false;
  lnt_status status = lnti_tx_op(tx, &o->id, &existed, &op, err);
  return status ? status : o->then;
}

typedef struct thread_work {
  lnti_store *store;
  uint64_t first;
  size_t n_failed;
} thread_work;

/* Every third one fails after it wrote. cmocka's asserts are for the main thread. */
static void *write_many(void *payload) {
  thread_work *w = payload;
  for (uint64_t i = 0; i < N_WRITES; i++) {
    lnt_error err = LNT_ERROR_INIT;
    one_op o = {w->first + i, 0, i % 3 == 0 ? LNT_ECONFLICT : LNT_OK};
    if (lnti_store_write(w->store, write_op, &o, &err) != o.then || err.code != o.then) w->n_failed++;
  }
  return NULL;
}

static size_t count_operations(lab *l) {
  lnti_store_counts c;
  assert_ok(lnti_store_counts_read(&c, l->store, ERR));
  size_t n = c.operations;
  lnti_store_counts_clear(&c);
  return n;
}

static void threads_share_commits_and_not_failures(void **state) {
  (void)state;
  lab l = lab_new();
  pthread_t threads[N_THREADS];
  thread_work work[N_THREADS];
  for (size_t i = 0; i < N_THREADS; i++) {
    work[i] = (thread_work){l.store, 1000 * (i + 1), 0};
    assert_int_equal(pthread_create(&threads[i], NULL, write_many, &work[i]), 0);
  }
  for (size_t i = 0; i < N_THREADS; i++) {
    pthread_join(threads[i], NULL);
    assert_int_equal(work[i].n_failed, 0);
  }
  assert_int_equal(count_operations(&l), 1 + N_THREADS * N_WRITES * 2 / 3);
  lab_reopen(&l);
  assert_int_equal(count_operations(&l), 1 + N_THREADS * N_WRITES * 2 / 3);
  lab_free(&l);
}

/* ---- one group, made for certain: the gate holds the writer until the others are queued ---- */

typedef struct gate {
  sem_t open;
} gate;

static lnt_status wait_at_gate(void *payload, lnti_tx *tx, lnt_error *err) {
  gate *g = payload;
  (void)tx;
  (void)err;
  while (sem_wait(&g->open) != 0) continue;
  return LNT_OK;
}

typedef struct waiting_write {
  lnti_store *store;
  lnti_write write;
  void *payload;
  lnt_status status;
  lnt_error error;
} waiting_write;

static void *run_waiting(void *payload) {
  waiting_write *w = payload;
  w->status = lnti_store_write(w->store, w->write, w->payload, &w->error);
  return NULL;
}

static size_t queue_length(lnti_store *store) {
  pthread_mutex_lock(&store->lock);
  size_t n = store->n_queued;
  pthread_mutex_unlock(&store->lock);
  return n;
}

/* Runs some writes as one group and waits for them. */
static void run_as_group(lnti_store *store, waiting_write *writes, size_t n) {
  pthread_t threads[8], gate_thread;
  gate g;
  waiting_write first = {store, wait_at_gate, &g, LNT_OK, LNT_ERROR_INIT};
  sem_init(&g.open, 0, 0);
  assert_int_equal(pthread_create(&gate_thread, NULL, run_waiting, &first), 0);
  usleep(20000); /* more than LNTI_STORE_GROUP_MS: what comes now is of the next group */
  for (size_t i = 0; i < n; i++) {
    assert_int_equal(pthread_create(&threads[i], NULL, run_waiting, &writes[i]), 0);
    while (queue_length(store) < i + 1) usleep(500); /* in order */
  }
  sem_post(&g.open);
  for (size_t i = 0; i < n; i++) pthread_join(threads[i], NULL);
  pthread_join(gate_thread, NULL);
  sem_destroy(&g.open);
  assert_int_equal(first.status, LNT_OK);
}

static void a_savepoint_takes_back_only_its_own(void **state) {
  (void)state;
  lab l = lab_new();
  one_op ops[3] = {{101, 0, LNT_OK}, {102, 0, LNT_EDATA}, {103, 0, LNT_OK}};
  waiting_write w[3];
  for (size_t i = 0; i < 3; i++) w[i] = (waiting_write){l.store, write_op, &ops[i], LNT_OK, LNT_ERROR_INIT};
  run_as_group(l.store, w, 3);
  assert_int_equal(w[0].status, LNT_OK);
  assert_int_equal(w[1].status, LNT_EDATA);
  assert_int_equal(w[1].error.code, LNT_EDATA);
  assert_int_equal(w[2].status, LNT_OK);
  assert_int_equal(count_operations(&l), 3); /* the lab's, 101, 103 */
  lab_free(&l);
}

static lnt_status take_back(void *payload, lnti_tx *tx, lnt_error *err) {
  (void)payload;
  (void)err;
  lnti_db_rollback(tx->db); /* what SQLite does by itself on some failures */
  return LNT_OK;
}

static void a_lost_transaction_fails_the_whole_group(void **state) {
  (void)state;
  lab l = lab_new();
  one_op before = {101, 0, LNT_OK}, after = {103, 0, LNT_OK};
  waiting_write w[3] = {{l.store, write_op, &before, LNT_OK, LNT_ERROR_INIT},
                        {l.store, take_back, NULL, LNT_OK, LNT_ERROR_INIT},
                        {l.store, write_op, &after, LNT_OK, LNT_ERROR_INIT}};
  run_as_group(l.store, w, 3);
  assert_int_equal(w[0].status, LNT_EIO);
  assert_int_equal(w[1].status, LNT_EIO);
  assert_true(strlen(w[0].error.message) > 0);
  assert_int_equal(w[2].status, LNT_OK); /* its group is the next */
  assert_int_equal(count_operations(&l), 2);
  lab_free(&l);
}

typedef struct nested {
  lnti_store *store;
  lnt_status inner;
} nested;

static lnt_status write_inside(void *payload, lnti_tx *tx, lnt_error *err) {
  nested *n = payload;
  one_op o = {5, 0, LNT_OK};
  (void)tx;
  n->inner = lnti_store_write(n->store, write_op, &o, err);
  return n->inner;
}

static void a_write_inside_a_write_is_refused(void **state) {
  (void)state;
  lab l = lab_new();
  nested n = {l.store, LNT_OK};
  assert_status(lnti_store_write(l.store, write_inside, &n, ERR), LNT_EINVAL);
  assert_int_equal(n.inner, LNT_EINVAL);
  lab_free(&l);
}

/* ---- trouble ---- */

static lnt_status try_fill(void *payload, lnti_tx *tx, lnt_error *err) {
  const lab *l = payload;
  lnt_status status = LNT_OK;
  for (uint64_t i = 100000; i < 110000 && !status; i++) {
    lnti_item item = lab_item(l, i);
    int64_t id = 0;
    bool existed = false;
    status = lnti_tx_item(tx, &id, &existed, l->op_id, &item, err);
  }
  return status;
}

static void a_full_database_is_told_and_survived(void **state) {
  (void)state;
  lab l = lab_new();
  lab_fill(&l, 0, 100);
  assert_ok(lab_sql(l.store, "PRAGMA max_page_count = 60"));
  assert_status(lnti_store_write(l.store, try_fill, &l, ERR), LNT_ENOSPC);
  assert_message("full");
  assert_int_equal(lab_verify(&l, NULL), 0);
  assert_ok(lab_sql(l.store, "PRAGMA max_page_count = 1000000"));
  lab_write(&l, try_fill, &l);
  lnti_store_counts c;
  assert_ok(lnti_store_counts_read(&c, l.store, ERR));
  assert_int_equal(c.items, 10100);
  lnti_store_counts_clear(&c);
  lab_free(&l);
}

static void a_database_held_by_another_is_busy(void **state) {
  (void)state;
  lab l = lab_new();
  lnti_db *other = NULL;
  one_op o = {55, 0, LNT_OK};
  assert_ok(lab_sql(l.store, "PRAGMA busy_timeout = 20")); /* the test need not wait 10 s */
  assert_ok(lnti_db_open(&other, l.path, LNTI_DB_WRITE, LNTI_STORE_APPLICATION_ID, ERR));
  assert_ok(lnti_db_begin(other, true, ERR));
  assert_status(lnti_store_write(l.store, write_op, &o, ERR), LNT_EBUSY);
  lnti_db_rollback(other);
  assert_ok(lnti_store_write(l.store, write_op, &o, ERR));
  lnti_db_close(other);
  lab_free(&l);
}

/* In a process of its own: no file may grow beyond a limit, at many limits; then it may again. */
static int write_under_a_limit(const char *path, rlim_t extra) {
  lab l = {.op_id = 1, .source_id = 1, .question_id = 1, .option_ids = {1, 2, 3}};
  lnt_error err = LNT_ERROR_INIT;
  struct rlimit limit;
  size_t n_faults = 1;
  signal(SIGXFSZ, SIG_IGN);
  if (lnti_store_open(&l.store, path, &err)) return 2;
  getrlimit(RLIMIT_FSIZE, &limit);
  rlim_t before = limit.rlim_cur;
  limit.rlim_cur = extra;
  setrlimit(RLIMIT_FSIZE, &limit);
  lnt_status status = lnti_store_write(l.store, try_fill, &l, &err);
  limit.rlim_cur = before;
  setrlimit(RLIMIT_FSIZE, &limit);
  if (status != LNT_ENOSPC) return 3;
  if (lnti_store_verify(l.store, &n_faults, NULL, NULL, NULL, &err) || n_faults) return 4;
  if (lnti_store_write(l.store, try_fill, &l, &err)) return 5;
  if (lnti_store_verify(l.store, &n_faults, NULL, NULL, NULL, &err) || n_faults) return 6;
  lnti_store_close(l.store);
  return 0;
}

static void a_full_disk_is_told_and_survived(void **state) {
  (void)state;
  static const rlim_t limits[] = {1, 4096, 100000, 500000, 1200000};
  for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
    lab l = lab_new();
    lab_fill(&l, 0, 10);
    lnti_store_close(l.store); /* no threads while forking */
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) _exit(write_under_a_limit(l.path, limits[i]));
    int result = -1;
    assert_int_equal(waitpid(child, &result, 0), child);
    assert_true(WIFEXITED(result));
    assert_int_equal(WEXITSTATUS(result), 0);
    assert_ok(lnti_store_open(&l.store, l.path, ERR));
    lab_free(&l);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(threads_share_commits_and_not_failures),   cmocka_unit_test(a_savepoint_takes_back_only_its_own),
      cmocka_unit_test(a_lost_transaction_fails_the_whole_group), cmocka_unit_test(a_write_inside_a_write_is_refused),
      cmocka_unit_test(a_full_database_is_told_and_survived),     cmocka_unit_test(a_database_held_by_another_is_busy),
      cmocka_unit_test(a_full_disk_is_told_and_survived),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
