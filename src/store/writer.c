/*
 * The writer: one thread, one connection, group commit.
 *
 * Syncing to disk takes longer than everything else, so whoever waits shares it: the writer takes the functions that
 * are queued, each in a savepoint, until the queue is empty or LNTI_STORE_GROUP_MS have passed, and commits once. It
 * never waits for company: while one group syncs, the next gathers by itself.
 *
 * When the commit fails, or the database takes the transaction back by itself (full disk, I/O error), every function
 * of the group is told; none is run twice. The connection is then rolled back, and opened anew where even that does
 * not help, so that writing works again as soon as the disk does.
 */
#include <store/internal.h>

#include <base/cancel.h>
#include <base/error.h>
#include <string.h>

/* A function that waits; lies on the stack of its caller, who leaves only when it is done. */
typedef struct lnti_request {
  lnti_write write;
  void *payload;
  lnt_status status;
  lnt_error error;
  bool done;
  struct lnti_request *next;
} request;

/* The requests of one transaction, in order. */
typedef struct group {
  request *first, *last;
} group;

static void push(group *g, request *r) {
  r->next = NULL;
  if (g->last) {
    g->last->next = r;
  } else {
    g->first = r;
  }
  g->last = r;
}

static request *pop(lnti_store *store) {
  pthread_mutex_lock(&store->lock);
  request *r = store->first;
  if (r) {
    store->first = r->next;
    if (!store->first) store->last = NULL;
    store->n_queued--;
  }
  pthread_mutex_unlock(&store->lock);
  return r;
}

static void finish(lnti_store *store, const group *g) {
  pthread_mutex_lock(&store->lock);
  for (request *r = g->first, *next; r; r = next) {
    next = r->next; /* its owner may leave as soon as the lock is free, not before */
    r->done = true;
  }
  pthread_cond_broadcast(&store->ended);
  pthread_mutex_unlock(&store->lock);
}

/* Those of the group that went well share its fate. */
static void fail_group(const group *g, lnt_status status, const lnt_error *error) {
  for (request *r = g->first; r; r = r->next) {
    if (r->status) continue;
    r->status = status;
    r->error = *error;
  }
}

/* One function in its savepoint. Returns false where the transaction is lost with it. The first of a group goes without:
 * the transaction is its savepoint, and under a savepoint SQLite keeps what every statement would need to be taken back,
 * which makes a large batch several times slower. */
static bool run_one(lnti_db *db, request *r, bool first) {
  lnti_tx tx;
  lnt_error ignored = LNT_ERROR_INIT;
  memset(&tx, 0, sizeof tx);
  tx.db = db;
  if (!first) r->status = lnti_db_savepoint(db, &r->error);
  if (r->status) return false;
  r->status = r->write(r->payload, &tx, &r->error);
  if (!r->status) r->status = lnti_tx_flush_answers(&tx, &r->error);
  if (!r->status) r->status = lnti_tx_flush_range(&tx, &r->error);
  if (!r->status) r->status = lnti_tx_flush_changes(&tx, &r->error);
  lnti_text_clear(&tx.text);
  if (!lnti_db_in_transaction(db)) {
    if (!r->status) {
      r->status = lnti_fail(&r->error, LNT_EIO, "the database took the transaction back: nothing was written");
    }
    return false;
  }
  if (first) return r->status == LNT_OK;
  if (!r->status) r->status = lnti_db_savepoint_end(db, true, &r->error);
  if (r->status && lnti_db_savepoint_end(db, false, &ignored)) return false;
  return true;
}

/* What is noted in memory is put back with the rows; answers that wait are written first, being more than is worth a copy. */
lnt_status lnti_tx_attempt(lnti_tx *tx, lnti_write part, void *payload, lnt_error *err) {
  lnti_pending_change pending[LNTI_CHANGE_KINDS];
  lnt_error ignored = LNT_ERROR_INIT;
  lnt_status status = lnti_tx_flush_answers(tx, err);
  const lnti_pending_change range = tx->range;
  memcpy(pending, tx->pending, sizeof pending);
  if (!status) status = lnti_db_savepoint(tx->db, err);
  if (status) return status;
  status = part(payload, tx, err);
  if (!status) status = lnti_tx_flush_answers(tx, err);
  if (!lnti_db_in_transaction(tx->db)) {
    return status ? status : lnti_fail(err, LNT_EIO, "the database took the transaction back: nothing was written");
  }
  if (!status) return lnti_db_savepoint_end(tx->db, true, err);
  tx->n_answers = 0;
  tx->next_log_id = 0;
  tx->range = range;
  memcpy(tx->pending, pending, sizeof pending);
  memset(tx->known, 0, sizeof tx->known);
  return lnti_db_savepoint_end(tx->db, false, &ignored) ? LNT_EIO : status;
}

static lnt_status ready(lnti_store *store, lnt_error *err) {
  lnt_status status = LNT_OK;
  if (!store->writer) {
    status = lnti_db_open(&store->writer, store->path, LNTI_DB_WRITE, LNTI_STORE_APPLICATION_ID, err);
  }
  if (!status) status = lnti_db_begin(store->writer, true, err);
  return status;
}

/* After a failure: the connection is out of its transaction, or gone. */
static void recover(lnti_store *store) {
  if (!store->writer) return;
  lnti_db_rollback(store->writer);
  if (lnti_db_in_transaction(store->writer)) {
    lnti_db_close(store->writer);
    store->writer = NULL;
  }
}

/* Nobody can write: everybody who waits is told now, not one after another. */
static void refuse_all(lnti_store *store, lnt_status status, const lnt_error *error) {
  group g = {NULL, NULL};
  for (request *r = pop(store); r; r = pop(store)) push(&g, r);
  fail_group(&g, status, error);
  recover(store);
  finish(store, &g);
}

static void run_group(lnti_store *store) {
  group g = {NULL, NULL};
  lnt_error error = LNT_ERROR_INIT;
  bool any = false, whole = true;
  lnt_status status = ready(store, &error);
  if (status) {
    refuse_all(store, status, &error);
    return;
  }
  uint64_t until = lnti_monotonic_ns() + LNTI_STORE_GROUP_MS * UINT64_C(1000000);
  do {
    request *r = pop(store);
    if (!r) break;
    whole = run_one(store->writer, r, g.first == NULL);
    push(&g, r);
    if (r->status == LNT_OK) any = true;
    if (!whole) {
      status = r->status ? r->status : LNT_EIO;
      error = r->error;
    }
  } while (whole && lnti_monotonic_ns() < until);
  if (whole && any) status = lnti_db_commit(store->writer, &error);
  if (status) fail_group(&g, status, &error);
  if (status || !any) recover(store);
  finish(store, &g);
}

static void *writer_main(void *payload) {
  lnti_store *store = payload;
  for (;;) {
    pthread_mutex_lock(&store->lock);
    while (!store->first && !store->stopping) pthread_cond_wait(&store->wake, &store->lock);
    bool more = store->first != NULL;
    pthread_mutex_unlock(&store->lock);
    if (!more) return NULL;
    run_group(store);
  }
}

lnt_status lnti_writer_start(lnti_store *store, lnt_error *err) {
  int number = pthread_create(&store->thread, NULL, writer_main, store);
  if (number) return lnti_fail_errno(err, number, "starting the writer thread of %s", store->path);
  store->has_thread = true;
  return LNT_OK;
}

void lnti_writer_stop(lnti_store *store) {
  pthread_mutex_lock(&store->lock);
  store->stopping = true;
  pthread_cond_signal(&store->wake);
  pthread_mutex_unlock(&store->lock);
  pthread_join(store->thread, NULL);
  store->has_thread = false;
}

lnt_status lnti_store_write(lnti_store *store, lnti_write write, void *payload, lnt_error *err) {
  request r = {.write = write, .payload = payload, .error = LNT_ERROR_INIT};
  if (pthread_equal(pthread_self(), store->thread)) {
    return lnti_fail(err, LNT_EINVAL, "a write begun inside a write would wait for itself");
  }
  pthread_mutex_lock(&store->lock);
  if (store->last) {
    store->last->next = &r;
  } else {
    store->first = &r;
  }
  store->last = &r;
  store->n_queued++;
  pthread_cond_signal(&store->wake);
  while (!r.done) pthread_cond_wait(&store->ended, &store->lock);
  pthread_mutex_unlock(&store->lock);
  if (r.status && err) {
    *err = r.error;
    err->code = r.status;
  }
  return r.status;
}
