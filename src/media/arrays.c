/*
 * The cache of arrays: a list, most recently used first, under one mutex. It is short (ENTRIES_MAX), so a
 * walk is cheaper than a table.
 *
 * An entry is LOADING while one thread opens or unpacks it outside the mutex; the others wait for it. Once
 * READY, readers pin it (`users`) while they copy outside the mutex; only unpinned entries are dropped. A
 * thread waits only while it pins nothing, so whoever is waited for always comes to an end.
 *
 * Invariant: `reserved` is the sum of all entries' `bytes`, each set before its memory is had.
 */
#include <media/arrays.h>

#include <base/alloc.h>
#include <base/error.h>
#include <errno.h>
#include <media/idx.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/** Plain arrays cost an open file each, so their number is bounded too. */
enum { ENTRIES_MAX = 64 };

typedef enum entry_state { ENTRY_LOADING, ENTRY_READY, ENTRY_FAILED } entry_state;

/** What tells a file from its successor under the same name. */
typedef struct file_mark {
  dev_t device;
  ino_t inode;
  off_t bytes;
  struct timespec modified;
} file_mark;

typedef struct entry {
  struct entry *next;
  char *path;
  file_mark mark;
  entry_state state;
  unsigned users;
  lnti_idx_shape shape;
  lnti_idx *idx;   /* of a plain array, kept open */
  uint8_t *data;   /* of a gzip array, [n,record_bytes] */
  size_t bytes;    /* of data */
  lnt_error error; /* of FAILED */
} entry;

struct lnti_arrays {
  lnti_media_options options;
  pthread_mutex_t mutex;
  pthread_cond_t changed; /* a load has ended, or a pin was taken off */
  entry *first;
  size_t n_entries;
  size_t reserved;
};

lnt_status lnti_arrays_new(lnti_arrays **out, const lnti_media_options *options, lnt_error *err) {
  lnti_arrays *arrays = NULL;
  lnt_status status = lnti_alloc_zero(&arrays, 1, sizeof *arrays, err);
  if (status != LNT_OK) return status;
  arrays->options = *options;
  int code = pthread_mutex_init(&arrays->mutex, NULL);
  if (code != 0) {
    free(arrays);
    return lnti_fail_errno(err, code, "a mutex could not be made");
  }
  code = pthread_cond_init(&arrays->changed, NULL);
  if (code != 0) {
    pthread_mutex_destroy(&arrays->mutex);
    free(arrays);
    return lnti_fail_errno(err, code, "a condition variable could not be made");
  }
  *out = arrays;
  return LNT_OK;
}

static void free_entry(entry *e) {
  if (!e) return;
  lnti_idx_close(e->idx);
  free(e->data);
  free(e->path);
  free(e);
}

void lnti_arrays_free(lnti_arrays *arrays) {
  if (!arrays) return;
  while (arrays->first) {
    entry *e = arrays->first;
    arrays->first = e->next;
    free_entry(e);
  }
  pthread_cond_destroy(&arrays->changed);
  pthread_mutex_destroy(&arrays->mutex);
  free(arrays);
}

void lnti_arrays_usage(size_t *bytes_out, size_t *n_out, lnti_arrays *arrays) {
  pthread_mutex_lock(&arrays->mutex);
  *bytes_out = arrays->reserved;
  *n_out = arrays->n_entries;
  pthread_mutex_unlock(&arrays->mutex);
}

/* ---- under the mutex ---- */

static entry *find(const lnti_arrays *arrays, const char *path) {
  entry *e = arrays->first;
  while (e && strcmp(e->path, path) != 0) e = e->next;
  return e;
}

static void unlink_entry(lnti_arrays *arrays, entry *e) {
  entry **link = &arrays->first;
  while (*link != e) link = &(*link)->next;
  *link = e->next;
  arrays->n_entries--;
}

static void put_first(lnti_arrays *arrays, entry *e) {
  e->next = arrays->first;
  arrays->first = e;
  arrays->n_entries++;
}

static void drop(lnti_arrays *arrays, entry *e) {
  unlink_entry(arrays, e);
  arrays->reserved -= e->bytes;
  free_entry(e);
}

/** Drops the entry that was used longest ago and is in nobody's hands; only one that holds unpacked bytes
 *  where `holding`. False where there is none. */
static bool drop_oldest(lnti_arrays *arrays, bool holding) {
  entry *oldest = NULL;
  for (entry *e = arrays->first; e; e = e->next) {
    if (e->state != ENTRY_LOADING && e->users == 0 && (!holding || e->bytes > 0)) oldest = e;
  }
  if (oldest) drop(arrays, oldest);
  return oldest != NULL;
}

static bool same_file(const file_mark *a, const file_mark *b) {
  return a->device == b->device && a->inode == b->inode && a->bytes == b->bytes &&
         a->modified.tv_sec == b->modified.tv_sec && a->modified.tv_nsec == b->modified.tv_nsec;
}

/* ---- outside the mutex ---- */

static lnt_status mark_file(file_mark *out, const char *path, lnt_error *err) {
  struct stat st;
  if (stat(path, &st) != 0) return lnti_fail_errno(err, errno, "%s", path);
  *out = (file_mark){st.st_dev, st.st_ino, st.st_size, st.st_mtim};
  return LNT_OK;
}

/** Makes room for `bytes` and books them on `e`, which is LOADING and so the caller's own. */
static void reserve(lnti_arrays *arrays, entry *e, size_t bytes) {
  pthread_mutex_lock(&arrays->mutex);
  const size_t cap = arrays->options.cache_bytes;
  while (arrays->reserved > 0 && (bytes > cap || arrays->reserved > cap - bytes)) {
    if (!drop_oldest(arrays, true)) pthread_cond_wait(&arrays->changed, &arrays->mutex);
  }
  arrays->reserved += bytes;
  e->bytes = bytes;
  pthread_mutex_unlock(&arrays->mutex);
}

static lnt_status load(lnti_arrays *arrays, entry *e, lnt_error *err) {
  lnti_idx *idx = NULL;
  lnt_status status = lnti_idx_open(&idx, &e->shape, e->path, arrays->options.array_bytes_max, err);
  if (status != LNT_OK) goto done;
  if (!lnti_idx_packed(idx)) {
    e->idx = idx;
    idx = NULL;
    goto done;
  }
  const size_t n = e->shape.size[0];
  reserve(arrays, e, n * e->shape.record_bytes);
  status = lnti_alloc(&e->data, n, e->shape.record_bytes, err);
  if (status != LNT_OK) goto done;
  status = lnti_idx_read(e->data, idx, n, err);
  if (status != LNT_OK) goto done;
  status = lnti_idx_finish(idx, err);
done:
  lnti_idx_close(idx);
  return status;
}

static lnt_status new_entry(entry **out, const char *path, const file_mark *mark, lnt_error *err) {
  entry *e = NULL;
  lnt_status status = lnti_alloc_zero(&e, 1, sizeof *e, err);
  if (status != LNT_OK) return status;
  status = lnti_strdup(&e->path, path, err);
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
static lnt_status load_entry(entry **out, lnti_arrays *arrays, const char *path, const file_mark *mark,
                             lnt_error *err) {
  entry *e = NULL;
  lnt_error error = LNT_ERROR_INIT;
  lnt_status status = new_entry(&e, path, mark, err);
  if (status != LNT_OK) return status;
  if (arrays->n_entries >= ENTRIES_MAX) (void)drop_oldest(arrays, false);
  put_first(arrays, e);
  pthread_mutex_unlock(&arrays->mutex);
  status = load(arrays, e, &error);
  pthread_mutex_lock(&arrays->mutex);
  if (status == LNT_OK) {
    e->state = ENTRY_READY;
    *out = e;
  } else {
    if (err) *err = error;
    arrays->reserved -= e->bytes;
    e->bytes = 0;
    free(e->data);
    e->data = NULL;
    e->state = ENTRY_FAILED;
    e->error = error;
    if (!lasting(status)) drop(arrays, e);
  }
  pthread_cond_broadcast(&arrays->changed);
  return status;
}

/** The entry of a path, READY and pinned. */
static lnt_status acquire(entry **out, lnti_arrays *arrays, const char *path, lnt_error *err) {
  file_mark mark;
  lnt_status status = mark_file(&mark, path, err);
  if (status != LNT_OK) return status;
  pthread_mutex_lock(&arrays->mutex);
  entry *e = find(arrays, path);
  while (e && (e->state == ENTRY_LOADING || (!same_file(&e->mark, &mark) && e->users > 0))) {
    pthread_cond_wait(&arrays->changed, &arrays->mutex);
    e = find(arrays, path);
  }
  if (e && !same_file(&e->mark, &mark)) {
    drop(arrays, e);
    e = NULL;
  }
  if (!e) {
    status = load_entry(&e, arrays, path, &mark, err);
  } else if (e->state == ENTRY_FAILED) {
    status = e->error.code;
    if (err) *err = e->error;
  }
  if (status == LNT_OK) {
    unlink_entry(arrays, e);
    put_first(arrays, e);
    e->users++;
    *out = e;
  }
  pthread_mutex_unlock(&arrays->mutex);
  return status;
}

static void release(lnti_arrays *arrays, entry *e) {
  pthread_mutex_lock(&arrays->mutex);
  if (--e->users == 0) pthread_cond_broadcast(&arrays->changed);
  pthread_mutex_unlock(&arrays->mutex);
}

lnt_status lnti_arrays_read(lnti_blob *out, lnti_arrays *arrays, const char *path, size_t record, lnt_error *err) {
  entry *e = NULL;
  uint8_t *copy = NULL;
  lnt_status status = acquire(&e, arrays, path, err);
  if (status != LNT_OK) return status;
  const lnti_idx_shape *shape = &e->shape;
  if (record >= shape->size[0]) {
    status = lnti_fail(err, LNT_ENOTFOUND, "%s#%zu: no such record; the array has %zu, counted from 0", path, record,
                       shape->size[0]);
    goto done;
  }
  status = lnti_alloc(&copy, shape->record_bytes, 1, err);
  if (status != LNT_OK) goto done;
  if (e->idx) {
    status = lnti_idx_read_at(copy, e->idx, record, err);
    if (status != LNT_OK) goto done;
  } else {
    memcpy(copy, e->data + record * shape->record_bytes, shape->record_bytes);
  }
  *out = (lnti_blob){.kind = LNTI_BLOB_PIXELS,
                     .data = copy,
                     .bytes = shape->record_bytes,
                     .h = shape->h,
                     .w = shape->w,
                     .c = shape->c,
                     .owner = copy};
  copy = NULL;
done:
  free(copy);
  release(arrays, e);
  return status;
}
