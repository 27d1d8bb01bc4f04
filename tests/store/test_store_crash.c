/*
 * kill -9 in the middle of writes: whatever was acknowledged is there, and the database is whole. A child writes items
 * and tells each acknowledged batch through a pipe; the parent kills it at a random moment, opens, and looks.
 */
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store_support.h"

enum { BATCH = 20, ROUNDS = 12 };

typedef struct batch {
  const lab *l;
  uint64_t first;
} batch;

static lnt_status write_batch(void *payload, lnti_tx *tx, lnt_error *err) {
  const batch *b = payload;
  lnt_status status = LNT_OK;
  for (uint64_t i = 0; i < BATCH && !status; i++) {
    lnti_item item = lab_item(b->l, b->first + i);
    int64_t id = 0;
    bool existed = false;
    status = lnti_tx_item(tx, &id, &existed, b->l->op_id, &item, err);
    if (status) break;
    lnti_answer_row row = lab_answer(b->l, id, (int)(i % 3));
    status = lnti_tx_answer(tx, &row, err);
  }
  return status;
}

static void child_main(lab *l, uint64_t first, int pipe_end) {
  lnt_error err = LNT_ERROR_INIT;
  if (lnti_store_open(&l->store, l->path, &err)) _exit(1);
  for (batch b = {l, first};; b.first += BATCH) {
    if (lnti_store_write(l->store, write_batch, &b, &err)) _exit(1);
    uint64_t acknowledged = b.first + BATCH;
    if (write(pipe_end, &acknowledged, sizeof acknowledged) != sizeof acknowledged) _exit(1);
  }
}

/* How many items were acknowledged, counting from the first ever. */
static uint64_t run_and_kill(lab *l, uint64_t first, unsigned after_us) {
  int ends[2];
  uint64_t acknowledged = first, next = 0;
  assert_int_equal(pipe(ends), 0);
  fflush(NULL);
  pid_t child = fork();
  assert_true(child >= 0);
  if (child == 0) {
    close(ends[0]);
    child_main(l, first, ends[1]);
  }
  close(ends[1]);
  usleep(after_us);
  kill(child, SIGKILL);
  int result = 0;
  assert_int_equal(waitpid(child, &result, 0), child);
  assert_true(WIFSIGNALED(result));
  while (read(ends[0], &next, sizeof next) == sizeof next) acknowledged = next;
  close(ends[0]);
  return acknowledged;
}

typedef struct presence {
  bool *seen;
  uint64_t n;
  size_t n_items;
} presence;

static lnt_status mark_seen(void *payload, const lnti_item *item, lnt_error *err) {
  presence *p = payload;
  uint64_t number = strtoull(item->member, NULL, 10);
  (void)err;
  if (number < p->n) p->seen[number] = true;
  p->n_items++;
  return LNT_OK;
}

static void what_was_acknowledged_is_there(void **state) {
  (void)state;
  lab l = lab_new();
  lnti_rng rng;
  uint64_t acknowledged = 0;
  lnti_rng_seed(&rng, 20240229, 0);
  lnti_store_close(l.store); /* no threads while forking */
  for (int round = 0; round < ROUNDS; round++) {
    acknowledged = run_and_kill(&l, acknowledged, 3000 + (unsigned)lnti_rng_below(&rng, 60000));
    assert_ok(lnti_store_open(&l.store, l.path, ERR));
    assert_int_equal(lab_verify(&l, NULL), 0);
    presence p = {calloc(acknowledged + 1, sizeof(bool)), acknowledged, 0};
    lnti_item_query query = {.answered_question = l.question_id};
    assert_ok(lnti_store_items(l.store, &query, mark_seen, &p, ERR));
    for (uint64_t i = 0; i < acknowledged; i++) assert_true(p.seen[i]);
    /* All or nothing: at most one batch that was written and not yet told. */
    assert_true(p.n_items % BATCH == 0 && p.n_items <= acknowledged + BATCH);
    free(p.seen);
    lnti_store_close(l.store);
  }
  assert_true(acknowledged > 0);
  assert_ok(lnti_store_open(&l.store, l.path, ERR));
  lab_free(&l);
}

/* Killed while it creates: there is nothing, or a whole database. */
static void creating_is_all_or_nothing(void **state) {
  (void)state;
  lnti_rng rng;
  lnti_rng_seed(&rng, 7, 0);
  for (int round = 0; round < 10; round++) {
    char *folder = lnti_test_folder(), *path = lnti_test_path(folder, "linnet.db");
    lnti_store *store = NULL;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
      lnt_error err = LNT_ERROR_INIT;
      if (lnti_store_create(&store, path, &err)) _exit(1);
      for (;;) pause();
    }
    usleep(500 + (unsigned)lnti_rng_below(&rng, 30000));
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    if (access(path, F_OK) == 0) {
      assert_ok(lnti_store_open(&store, path, ERR));
    } else {
      assert_ok(lnti_store_create(&store, path, ERR));
    }
    size_t n = 1;
    assert_ok(lnti_store_verify(store, &n, NULL, NULL, NULL, ERR));
    assert_int_equal(n, 0);
    lnti_store_close(store);
    free(path);
    lnti_test_folder_remove(folder);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_was_acknowledged_is_there),
      cmocka_unit_test(creating_is_all_or_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
