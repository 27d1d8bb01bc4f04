/*
 * A list, most recently used first, under one mutex. It is short (n_max), so a walk is cheaper than a index.
 *
 * An entry is LOADING while one thread loads it outside the mutex; the others wait for it. Once READY, users pin it while
 * they read outside the mutex; only unpinned entries are dropped. A thread waits only while it pins nothing, so whoever
 * is waited for always comes to an end. One whose file has changed, or that was rejected, is `stale`: nobody finds it any
 * more, and the last user drops it.
 *
 * Invariant: booked[b] is the sum of all entries' own, each raised before its memory or disk is had.
 */
#include <media/cache.h>

#include <base/alloc.h>
#include <base/error.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { CANCEL_LOOK_MS = 50 };

typedef enum entry_state { ENTRY_LOADING, ENTRY_READY, ENTRY_FAILED } entry_state;

struct lnti_cache_entry {
  lnti_cache_entry *next;
  char *key;
  lnti_file_mark mark;
  entry_state state;
  bool stale;
  unsigned users;
  void *value; /* of READY */
  uint64_t booked[LNTI_BUDGETS];
  lnt_error error; /* of FAILED */
};

struct lnti_cache {
  const lnti_cache_class *class;
  size_t n_max;
  uint64_t budget[LNTI_BUDGETS];
  pthread_mutex_t mutex;
  pthread_cond_t changed; /* a load has ended, or a pin was taken off */
  lnti_cache_entry *first;
  size_t n;
  uint64_t booked[LNTI_BUDGETS];
};

lnti_file_mark lnti_file_mark_of(const struct stat *st) {
  return (lnti_file_mark){st->st_dev, st->st_ino, st->st_size, st->st_mtim};
}

lnt_status lnti_file_mark_read(lnti_file_mark *out, const char *path, lnt_error *err) {
  struct stat st;
  if (stat(path, &st) != 0) return lnti_fail_errno(err, errno, "%s", path);
  *out = lnti_file_mark_of(&st);
  return LNT_OK;
}

bool lnti_file_mark_equal(const lnti_file_mark *a, const lnti_file_mark *b) {
  return a->device == b->device && a->inode == b->inode && a->bytes == b->bytes &&
         a->modified.tv_sec == b->modified.tv_sec && a->modified.tv_nsec == b->modified.tv_nsec;
}

static int init_condition(pthread_cond_t *condition) {
  pthread_condattr_t attributes;
  int code = pthread_condattr_init(&attributes);
  if (code != 0) return code;
  code = pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
  if (code == 0) code = pthread_cond_init(condition, &attributes);
  pthread_condattr_destroy(&attributes);
  return code;
}

lnt_status lnti_cache_new(lnti_cache **out, const lnti_cache_class *class, size_t n_max, const uint64_t *budget,
                          lnt_error *err) {
  lnti_cache *cache = NULL;
  lnt_status status = lnti_alloc_zero(&cache, 1, sizeof *cache, err);
  if (status != LNT_OK) return status;
  cache->class = class;
  cache->n_max = n_max;
  for (int b = 0; b < LNTI_BUDGETS; b++) cache->budget[b] = budget[b];
  int code = pthread_mutex_init(&cache->mutex, NULL);
  if (code != 0) {
    free(cache);
    return lnti_fail_errno(err, code, "a mutex could not be made");
  }
  code = init_condition(&cache->changed);
  if (code != 0) {
    pthread_mutex_destroy(&cache->mutex);
    free(cache);
    return lnti_fail_errno(err, code, "a condition variable could not be made");
  }
  *out = cache;
  return LNT_OK;
}

static void free_entry(const lnti_cache *cache, lnti_cache_entry *e) {
  if (!e) return;
  if (e->value) cache->class->unload(e->value);
  free(e->key);
  free(e);
}

void lnti_cache_free(lnti_cache *cache) {
  if (!cache) return;
  while (cache->first) {
    lnti_cache_entry *e = cache->first;
    cache->first = e->next;
    free_entry(cache, e);
  }
  pthread_cond_destroy(&cache->changed);
  pthread_mutex_destroy(&cache->mutex);
  free(cache);
}

void lnti_cache_usage(uint64_t *bytes_out, size_t *n_out, lnti_cache *cache, lnti_budget which) {
  pthread_mutex_lock(&cache->mutex);
  *bytes_out = cache->booked[which];
  *n_out = cache->n;
  pthread_mutex_unlock(&cache->mutex);
}

void *lnti_cache_value(const lnti_cache_entry *entry) {
  return entry->value;
}

/* ---- under the mutex ---- */

static lnti_cache_entry *find(const lnti_cache *cache, const char *key) {
  lnti_cache_entry *e = cache->first;
  while (e && (e->stale || strcmp(e->key, key) != 0)) e = e->next;
  return e;
}

static void unlink_entry(lnti_cache *cache, lnti_cache_entry *e) {
  lnti_cache_entry **link = &cache->first;
  while (*link != e) link = &(*link)->next;
  *link = e->next;
  cache->n--;
}

static void put_first(lnti_cache *cache, lnti_cache_entry *e) {
  e->next = cache->first;
  cache->first = e;
  cache->n++;
}

static void unbook(lnti_cache *cache, lnti_cache_entry *e) {
  for (int b = 0; b < LNTI_BUDGETS; b++) {
    cache->booked[b] -= e->booked[b];
    e->booked[b] = 0;
  }
}

static void drop(lnti_cache *cache, lnti_cache_entry *e) {
  unlink_entry(cache, e);
  unbook(cache, e);
  free_entry(cache, e);
}

static bool is_free(const lnti_cache_entry *e) {
  return e->state != ENTRY_LOADING && e->users == 0;
}

/** Drops the entry that was used longest ago and is in nobody's hands; only one that holds some of `which` where that is
 *  a budget. False where there is none. */
static bool drop_oldest(lnti_cache *cache, int which) {
  lnti_cache_entry *oldest = NULL;
  for (lnti_cache_entry *e = cache->first; e; e = e->next) {
    if (is_free(e) && (which == LNTI_BUDGETS || e->booked[which] > 0)) oldest = e;
  }
  if (oldest) drop(cache, oldest);
  return oldest != NULL;
}

static bool fits(const lnti_cache *cache, lnti_budget which, uint64_t bytes) {
  return bytes <= cache->budget[which] && cache->booked[which] <= cache->budget[which] - bytes;
}

static void book(lnti_cache *cache, lnti_cache_entry *e, lnti_budget which, uint64_t bytes) {
  cache->booked[which] += bytes;
  e->booked[which] += bytes;
}

/** Waits for a change, or for CANCEL_LOOK_MS: a flag set by a signal handler wakes no condition. */
static lnt_status wait_for_change(lnti_cache *cache, const lnti_cancel *cancel, lnt_error *err) {
  struct timespec until;
  if (!cancel) {
    pthread_cond_wait(&cache->changed, &cache->mutex);
    return LNT_OK;
  }
  clock_gettime(CLOCK_MONOTONIC, &until);
  until.tv_nsec += CANCEL_LOOK_MS * 1000000L;
  until.tv_sec += until.tv_nsec / 1000000000L;
  until.tv_nsec %= 1000000000L;
  pthread_cond_timedwait(&cache->changed, &cache->mutex, &until);
  return lnti_cancel_check(cancel, err);
}

lnt_status lnti_cache_reserve(lnti_cache *cache, lnti_cache_entry *entry, lnti_budget which, uint64_t bytes,
                              const lnti_cancel *cancel, lnt_error *err) {
  lnt_status status = LNT_OK;
  pthread_mutex_lock(&cache->mutex);
  while (status == LNT_OK && cache->booked[which] > 0 && !fits(cache, which, bytes)) {
    if (!drop_oldest(cache, (int)which)) status = wait_for_change(cache, cancel, err);
  }
  if (status == LNT_OK) book(cache, entry, which, bytes);
  pthread_mutex_unlock(&cache->mutex);
  return status;
}

void lnti_cache_give_back(lnti_cache *cache, lnti_cache_entry *entry, lnti_budget which, uint64_t bytes) {
  pthread_mutex_lock(&cache->mutex);
  cache->booked[which] -= bytes;
  entry->booked[which] -= bytes;
  pthread_cond_broadcast(&cache->changed);
  pthread_mutex_unlock(&cache->mutex);
}

bool lnti_cache_grow(lnti_cache *cache, lnti_cache_entry *entry, lnti_budget which, uint64_t bytes) {
  pthread_mutex_lock(&cache->mutex);
  while (!fits(cache, which, bytes) && drop_oldest(cache, (int)which)) continue;
  const bool room = fits(cache, which, bytes);
  if (room) book(cache, entry, which, bytes);
  pthread_mutex_unlock(&cache->mutex);
  return room;
}

static void make_stale(lnti_cache *cache, lnti_cache_entry *e) {
  e->stale = true;
  if (is_free(e)) drop(cache, e);
}

void lnti_cache_sweep(lnti_cache *cache, bool (*unfit)(const void *value)) {
  pthread_mutex_lock(&cache->mutex);
  for (lnti_cache_entry *e = cache->first, *next; e; e = next) {
    next = e->next;
    if (e->value && unfit(e->value)) make_stale(cache, e);
  }
  pthread_mutex_unlock(&cache->mutex);
}

static lnt_status new_entry(lnti_cache_entry **out, const char *key, const lnti_file_mark *mark, lnt_error *err) {
  lnti_cache_entry *e = NULL;
  lnt_status status = lnti_alloc_zero(&e, 1, sizeof *e, err);
  if (status != LNT_OK) return status;
  status = lnti_strdup(&e->key, key, err);
  if (status != LNT_OK) {
    free(e);
    return status;
  }
  e->mark = *mark;
  e->state = ENTRY_LOADING;
  *out = e;
  return LNT_OK;
}

/** Failures that the file itself is the reason of will not go away by trying again. */
static bool lasting(lnt_status status) {
  return status == LNT_EDATA || status == LNT_EUNSUPPORTED || status == LNT_ELIMIT || status == LNT_EINVAL;
}

/** Loads a fresh entry; called with the mutex held, which it lets go of meanwhile. */
static lnt_status load_entry(lnti_cache_entry **out, lnti_cache *cache, const char *key, const lnti_file_mark *mark,
                             void *request, lnt_error *err) {
  lnti_cache_entry *e = NULL;
  lnt_error error = LNT_ERROR_INIT;
  lnt_status status = new_entry(&e, key, mark, err);
  if (status != LNT_OK) return status;
  if (cache->n >= cache->n_max) (void)drop_oldest(cache, LNTI_BUDGETS);
  put_first(cache, e);
  pthread_mutex_unlock(&cache->mutex);
  void *value = NULL;
  status = cache->class->load(&value, cache, e, request, &error);
  pthread_mutex_lock(&cache->mutex);
  if (status == LNT_OK) {
    e->value = value;
    e->state = ENTRY_READY;
    *out = e;
  } else {
    if (err) *err = error;
    unbook(cache, e);
    e->state = ENTRY_FAILED;
    e->error = error;
    if (!lasting(status)) drop(cache, e);
  }
  pthread_cond_broadcast(&cache->changed);
  return status;
}

lnt_status lnti_cache_acquire(lnti_cache_entry **out, lnti_cache *cache, const char *key, const lnti_file_mark *mark,
                              void *request, const lnti_cancel *cancel, lnt_error *err) {
  lnt_status status = LNT_OK;
  pthread_mutex_lock(&cache->mutex);
  lnti_cache_entry *e = find(cache, key);
  while (e && e->state == ENTRY_LOADING && status == LNT_OK) {
    status = wait_for_change(cache, cancel, err);
    e = find(cache, key);
  }
  if (status != LNT_OK) goto done;
  if (e && !lnti_file_mark_equal(&e->mark, mark)) {
    make_stale(cache, e);
    e = NULL;
  }
  if (!e) {
    status = load_entry(&e, cache, key, mark, request, err);
  } else if (e->state == ENTRY_FAILED) {
    status = e->error.code;
    if (err) *err = e->error;
  }
  if (status == LNT_OK) {
    unlink_entry(cache, e);
    put_first(cache, e);
    e->users++;
    *out = e;
  }
done:
  pthread_mutex_unlock(&cache->mutex);
  return status;
}

static void unpin(lnti_cache *cache, lnti_cache_entry *entry, bool reject) {
  pthread_mutex_lock(&cache->mutex);
  if (reject) entry->stale = true;
  if (--entry->users == 0) {
    if (entry->stale) drop(cache, entry);
    pthread_cond_broadcast(&cache->changed);
  }
  pthread_mutex_unlock(&cache->mutex);
}

void lnti_cache_release(lnti_cache *cache, lnti_cache_entry *entry) {
  unpin(cache, entry, false);
}

void lnti_cache_reject(lnti_cache *cache, lnti_cache_entry *entry) {
  unpin(cache, entry, true);
}
