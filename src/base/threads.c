/*
 * The pool. One job at a time: a payload, a chunk count and the next chunk to take. Workers sleep on a condition until
 * the job's number changes, take chunks by an atomic counter, and the last to leave wakes the caller. `turn` serialises
 * callers. A worker that calls back into the pool is told by a thread-local mark and runs inline.
 */
#include <base/threads.h>

#include <base/alloc.h>
#include <base/error.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>

typedef struct pool_job {
  lnti_chunk chunk;
  void *payload;
  const lnti_cancel *cancel;
  size_t n, grain, n_chunks;
  atomic_size_t next;  /* chunk to take */
  atomic_bool stopped; /* no new chunks */
  size_t failed_chunk; /* lowest that failed; under the pool's mutex */
  lnt_status status;
  lnt_error error;
} pool_job;

typedef struct pool_worker {
  lnti_pool *pool;
  unsigned number;
  pthread_t thread;
} pool_worker;

struct lnti_pool {
  unsigned n_threads;    /* the caller included */
  unsigned n_started;    /* of workers 1.. */
  pool_worker *workers;  /* [n_threads - 1] */
  pthread_mutex_t turn;  /* held by the caller whose job runs */
  pthread_mutex_t mutex; /* guards all below */
  pthread_cond_t begin, end;
  pool_job *job;
  unsigned long generation;
  unsigned busy; /* workers inside the job */
  bool closing;
};

static _Thread_local bool inside_chunk;
static _Thread_local const lnti_pool *current_pool; /* of the outermost chunk, while inside one */
static _Thread_local unsigned current_worker;

static void record_failure(pool_job *job, pthread_mutex_t *mutex, size_t chunk, lnt_status status,
                           const lnt_error *err) {
  atomic_store(&job->stopped, true);
  if (mutex) pthread_mutex_lock(mutex);
  if (job->status == LNT_OK || chunk < job->failed_chunk) {
    job->failed_chunk = chunk;
    job->status = status;
    job->error = *err;
  }
  if (mutex) pthread_mutex_unlock(mutex);
}

static void run_chunks(pool_job *job, const lnti_pool *pool, unsigned worker, pthread_mutex_t *mutex) {
  bool nested = inside_chunk;
  if (!nested) {
    inside_chunk = true;
    current_pool = pool;
    current_worker = worker;
  }
  while (!atomic_load(&job->stopped)) {
    size_t chunk = atomic_fetch_add(&job->next, 1);
    if (chunk >= job->n_chunks) break;
    lnt_error err = LNT_ERROR_INIT;
    lnt_status status = lnti_cancel_check(job->cancel, &err);
    if (status == LNT_OK) {
      size_t begin = chunk * job->grain;
      size_t end = job->n - begin < job->grain ? job->n : begin + job->grain;
      status = job->chunk(job->payload, begin, end, worker, &err);
    }
    if (status) record_failure(job, mutex, chunk, status, &err);
  }
  inside_chunk = nested;
}

static void *worker_main(void *argument) {
  pool_worker *worker = argument;
  lnti_pool *pool = worker->pool;
  unsigned long seen = 0;
  pthread_mutex_lock(&pool->mutex);
  for (;;) {
    while (!pool->closing && (pool->generation == seen || !pool->job)) pthread_cond_wait(&pool->begin, &pool->mutex);
    if (pool->closing) break;
    seen = pool->generation;
    pool_job *job = pool->job;
    pool->busy++;
    pthread_mutex_unlock(&pool->mutex);
    run_chunks(job, pool, worker->number, &pool->mutex);
    pthread_mutex_lock(&pool->mutex);
    if (--pool->busy == 0) pthread_cond_signal(&pool->end);
  }
  pthread_mutex_unlock(&pool->mutex);
  return NULL;
}

static unsigned allowed_processors(void) {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) != 0) return 1;
  int n = CPU_COUNT(&set);
  return n < 1 ? 1 : (unsigned)n;
}

lnt_status lnti_pool_new(lnti_pool **out, unsigned n_threads, lnt_error *err) {
  lnti_pool *pool = NULL;
  if (n_threads == 0) n_threads = allowed_processors();
  if (n_threads > LNTI_POOL_THREADS_MAX) {
    return lnti_fail(err, LNT_EINVAL, "%u threads are too many; at most %d", n_threads, LNTI_POOL_THREADS_MAX);
  }
  lnt_status status = lnti_alloc_zero(&pool, 1, sizeof *pool, err);
  if (status) return status;
  pool->n_threads = n_threads;
  pthread_mutex_init(&pool->turn, NULL);
  pthread_mutex_init(&pool->mutex, NULL);
  pthread_cond_init(&pool->begin, NULL);
  pthread_cond_init(&pool->end, NULL);
  status = lnti_alloc_zero(&pool->workers, n_threads, sizeof *pool->workers, err);
  for (unsigned i = 1; i < n_threads && status == LNT_OK; i++) {
    pool_worker *worker = &pool->workers[i - 1];
    worker->pool = pool;
    worker->number = i;
    int errnum = pthread_create(&worker->thread, NULL, worker_main, worker);
    if (errnum) {
      status = lnti_fail_errno(err, errnum, "thread %u of %u could not be started", i + 1, n_threads);
    } else {
      pool->n_started++;
    }
  }
  if (status) {
    lnti_pool_free(pool);
    return status;
  }
  *out = pool;
  return LNT_OK;
}

void lnti_pool_free(lnti_pool *pool) {
  if (!pool) return;
  pthread_mutex_lock(&pool->mutex);
  pool->closing = true;
  pthread_cond_broadcast(&pool->begin);
  pthread_mutex_unlock(&pool->mutex);
  for (unsigned i = 0; i < pool->n_started; i++) pthread_join(pool->workers[i].thread, NULL);
  pthread_cond_destroy(&pool->end);
  pthread_cond_destroy(&pool->begin);
  pthread_mutex_destroy(&pool->mutex);
  pthread_mutex_destroy(&pool->turn);
  free(pool->workers);
  free(pool);
}

unsigned lnti_pool_size(const lnti_pool *pool) {
  return pool ? pool->n_threads : 1;
}

static void run_shared(lnti_pool *pool, pool_job *job) {
  pthread_mutex_lock(&pool->turn);
  pthread_mutex_lock(&pool->mutex);
  pool->job = job;
  pool->generation++;
  pthread_cond_broadcast(&pool->begin);
  pthread_mutex_unlock(&pool->mutex);
  run_chunks(job, pool, 0, &pool->mutex);
  pthread_mutex_lock(&pool->mutex);
  pool->job = NULL; /* a worker that wakes only now finds nothing */
  while (pool->busy > 0) pthread_cond_wait(&pool->end, &pool->mutex);
  pthread_mutex_unlock(&pool->mutex);
  pthread_mutex_unlock(&pool->turn);
}

lnt_status lnti_pool_for(lnti_pool *pool, size_t n, size_t grain, lnti_chunk chunk, void *payload,
                         const lnti_cancel *cancel, lnt_error *err) {
  if (grain == 0) return lnti_fail(err, LNT_EINVAL, "a grain of 0 rows");
  pool_job job = {.chunk = chunk, .payload = payload, .cancel = cancel, .n = n, .grain = grain};
  job.n_chunks = n / grain + (n % grain != 0);
  if (lnti_pool_size(pool) == 1 || inside_chunk || job.n_chunks < 2) {
    /* Inline, this thread is one worker of the pool whose chunk it is in, and the only one of any other. */
    run_chunks(&job, pool, inside_chunk && pool == current_pool ? current_worker : 0, NULL);
  } else {
    run_shared(pool, &job);
  }
  if (job.status && err) *err = job.error;
  return job.status;
}
