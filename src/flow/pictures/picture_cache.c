/*
 * The cache of pictures: batches handed to the shards, places handed to the index.
 *
 * Locks, in the order in which they are taken: `writing` (one batch at a time), the folder's flock, `places` (the index's
 * map and the open shards: shared by readers, alone for whoever opens another), `collecting` (the batches in memory).
 */
#include <flow/pictures/picture_cache.h>

#include <base/alloc.h>
#include <base/error.h>
#include <base/file.h>
#include <base/log.h>
#include <dirent.h>
#include <errno.h>
#include <flow/cache_file.h>
#include <flow/pictures/picture_index.h>
#include <flow/pictures/picture_shards.h>
#include <image/image.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
  BATCH_BYTES = 4 << 20,
  BATCH_PICTURES = 512,
  SHARDS = 16, /* of a full cache, about */
  SHARD_BYTES_MAX = 512 << 20,
  LOCK_WAIT_MS = 10000,
  LOCK_ATTEMPTS = 3,
  FIND_ATTEMPTS = 8
};

/** One picture of a batch. */
typedef struct waiting {
  lnti_hash content;
  uint32_t frame;
  size_t at, bytes; /* of the record in the batch; of the picture */
} waiting;

/** Records one after the other, as a shard has them. */
typedef struct batch {
  uint8_t *data;
  size_t bytes, capacity;
  waiting *picture;
  size_t n, n_capacity;
} batch;

struct lnti_picture_cache {
  char *folder;
  lnti_context context;
  uint64_t bytes_max, shard_bytes;
  int lock_fd;
  pthread_mutex_t writing, collecting;
  pthread_rwlock_t places;
  lnti_picture_index *index;
  lnti_picture_shards shards;
  batch collected, being_written;
};

const char *lnti_picture_kind_name(lnti_picture_kind kind) {
  return kind == LNTI_PICTURE_THUMB ? "thumb" : "screen";
}

/* ---- opening ---- */

/** Whether the lock that is held is the one that others see: the folder may have been removed and made anew. */
static bool lock_is_there(const lnti_picture_cache *cache) {
  struct stat mine, there;
  char path[PATH_MAX];
  return (size_t)snprintf(path, sizeof path, "%s/lock", cache->folder) < sizeof path && stat(path, &there) == 0 &&
         fstat(cache->lock_fd, &mine) == 0 && mine.st_ino == there.st_ino && mine.st_dev == there.st_dev;
}

static lnt_status lock_folder(lnti_picture_cache *cache, lnt_error *err) {
  for (int attempt = 0;; attempt++) {
    int fd = -1;
    lnt_status status =
        lnti_cache_lock(cache->lock_fd, cache->folder, NULL, LOCK_WAIT_MS, NULL, cache->context.log, err);
    if (status || attempt == LOCK_ATTEMPTS || lock_is_there(cache)) return status;
    status = lnti_folder_make(cache->folder, err);
    if (status == LNT_OK) status = lnti_cache_open_below(&fd, cache->folder, "lock", true, err);
    if (status) {
      lnti_cache_unlock(cache->lock_fd);
      return status;
    }
    close(cache->lock_fd);
    cache->lock_fd = fd;
  }
}

static void unlock_folder(const lnti_picture_cache *cache) {
  lnti_cache_unlock(cache->lock_fd);
}

/** The index as it is on the disk now, or an empty one where there is none that is sound; under the folder's lock. What
 *  shards hold is then found no more, so they go. */
static lnt_status renew_index(lnti_picture_cache *cache, bool afresh, lnt_error *err) {
  lnti_picture_index *index = NULL;
  lnt_status status = LNT_ENOTFOUND;
  if (!afresh) status = lnti_picture_index_open(&index, cache->folder, err);
  if (status == LNT_ENOTFOUND) {
    status = lnti_folder_make(cache->folder, err);
    if (status == LNT_OK) status = lnti_picture_shards_remove(&cache->shards, UINT32_MAX, err);
    if (status == LNT_OK) status = lnti_picture_index_create(&index, cache->folder, err);
  }
  if (status) return status;
  lnti_picture_index_close(cache->index);
  cache->index = index;
  return LNT_OK;
}

static void remove_folder(const char *folder) {
  DIR *dir = opendir(folder);
  for (struct dirent *entry; dir && (entry = readdir(dir)) != NULL;) {
    if (entry->d_name[0] != '.') (void)unlinkat(dirfd(dir), entry->d_name, 0);
  }
  if (dir) closedir(dir);
  (void)rmdir(folder);
}

/** Whether a name is that of a folder of this kind that an older version of the program made. */
static bool is_older(const char *name, lnti_picture_kind kind) {
  char again[64], *end;
  const char *kind_name = lnti_picture_kind_name(kind);
  const size_t n = strlen(kind_name);
  if (strncmp(name, kind_name, n) != 0 || name[n] != '-') return false;
  const unsigned long made = strtoul(name + n + 1, &end, 10);
  const unsigned long decoded = *end == '.' ? strtoul(end + 1, NULL, 10) : 0;
  snprintf(again, sizeof again, "%s-%lu.%lu", kind_name, made, decoded);
  if (strcmp(again, name) != 0) return false;
  return made < LNTI_PICTURE_VERSION || (made == LNTI_PICTURE_VERSION && decoded < LNTI_DECODE_VERSION);
}

/** Nobody will look for their pictures any more. */
static void remove_older(const char *parent, lnti_picture_kind kind) {
  DIR *dir = opendir(parent);
  for (struct dirent *entry; dir && (entry = readdir(dir)) != NULL;) {
    char path[PATH_MAX];
    if (!is_older(entry->d_name, kind)) continue;
    if ((size_t)snprintf(path, sizeof path, "%s/%s", parent, entry->d_name) < sizeof path) remove_folder(path);
  }
  if (dir) closedir(dir);
}

static lnt_status name_folder(char **out, const lnti_project *project, lnti_picture_kind kind, lnt_error *err) {
  char *parent = NULL, name[64];
  snprintf(name, sizeof name, "%s-%d.%d", lnti_picture_kind_name(kind), LNTI_PICTURE_VERSION, LNTI_DECODE_VERSION);
  lnt_status status = lnti_project_path(&parent, project, err, "cache/pictures");
  if (status) return status;
  remove_older(parent, kind);
  status = lnti_asprintf(out, err, "%s/%s", parent, name);
  free(parent);
  return status;
}

static uint64_t shard_bytes_for(uint64_t bytes_max) {
  const uint64_t bytes = bytes_max / SHARDS / 8 * 8;
  return bytes < SHARD_BYTES_MAX ? bytes : SHARD_BYTES_MAX;
}

/* ---- the bound ---- */

typedef struct bound_setting {
  char key[32], value[32];
} bound_setting;

static bound_setting name_setting(lnti_picture_kind kind, uint64_t bytes_max) {
  bound_setting s;
  snprintf(s.key, sizeof s.key, "pictures.%s.bytes", lnti_picture_kind_name(kind));
  snprintf(s.value, sizeof s.value, "%llu", (unsigned long long)bytes_max);
  return s;
}

static lnt_status check_bound(uint64_t bytes_max, lnt_error *err) {
  if (bytes_max >= LNTI_PICTURE_CACHE_BYTES_MIN) return LNT_OK;
  return lnti_fail(err, LNT_EINVAL, "a cache of pictures needs %llu bytes at least, not %llu",
                   (unsigned long long)LNTI_PICTURE_CACHE_BYTES_MIN, (unsigned long long)bytes_max);
}

static lnt_status write_setting(void *payload, lnti_tx *tx, lnt_error *err) {
  const bound_setting *s = payload;
  return lnti_tx_setting(tx, s->key, s->value, err);
}

lnt_status lnti_picture_cache_set_bytes(lnti_project *project, lnti_picture_kind kind, uint64_t bytes_max,
                                        lnt_error *err) {
  bound_setting s = name_setting(kind, bytes_max);
  lnt_status status = bytes_max > 0 ? check_bound(bytes_max, err) : LNT_OK;
  if (status == LNT_OK) status = lnti_store_write(project->store, write_setting, &s, err);
  return status;
}

/** What was asked for, else what is set, else the kind's own. A setting that makes no sense is none. */
static lnt_status find_bound(uint64_t *out, const lnti_project *project, lnti_picture_kind kind, uint64_t bytes_max,
                             lnt_error *err) {
  char *value = NULL;
  int64_t set = 0;
  if (bytes_max == 0) {
    const bound_setting s = name_setting(kind, 0);
    lnt_status status = lnti_store_setting(&value, project->store, s.key, err);
    if (status) return status;
    const bool is_set = value && lnti_parse_int(&set, value, s.key, NULL) == LNT_OK;
    if (is_set && set >= (int64_t)LNTI_PICTURE_CACHE_BYTES_MIN) bytes_max = (uint64_t)set;
    free(value);
  }
  if (bytes_max == 0) bytes_max = kind == LNTI_PICTURE_THUMB ? LNTI_PICTURE_THUMB_BYTES : LNTI_PICTURE_SCREEN_BYTES;
  *out = bytes_max;
  return check_bound(bytes_max, err);
}

lnt_status lnti_picture_cache_open(lnti_picture_cache **out, const lnti_project *project, lnti_picture_kind kind,
                                   uint64_t bytes_max, lnt_error *err) {
  lnti_picture_cache *cache = NULL;
  pthread_rwlockattr_t attributes;
  lnt_status status = find_bound(&bytes_max, project, kind, bytes_max, err);
  if (status) return status;
  status = lnti_alloc_zero(&cache, 1, sizeof *cache, err);
  if (status) return status;
  cache->context = project->context;
  cache->lock_fd = -1;
  cache->bytes_max = bytes_max;
  cache->shard_bytes = shard_bytes_for(bytes_max);
  pthread_mutex_init(&cache->writing, NULL);
  pthread_mutex_init(&cache->collecting, NULL);
  pthread_rwlockattr_init(&attributes);
  /* Readers come without a break while a screen is scrolled: whoever writes must not wait for that to end. */
  pthread_rwlockattr_setkind_np(&attributes, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
  pthread_rwlock_init(&cache->places, &attributes);
  pthread_rwlockattr_destroy(&attributes);
  lnti_picture_shards_init(&cache->shards, NULL);
  status = name_folder(&cache->folder, project, kind, err);
  if (status) goto done;
  cache->shards.folder = cache->folder;
  status = lnti_folder_make(cache->folder, err);
  if (status) goto done;
  status = lnti_cache_open_below(&cache->lock_fd, cache->folder, "lock", true, err);
  if (status) goto done;
  status = lock_folder(cache, err);
  if (status) goto done;
  status = renew_index(cache, false, err);
  unlock_folder(cache);
  if (status) goto done;
  *out = cache;
  cache = NULL;
done:
  lnti_picture_cache_close(cache);
  return status;
}

static void clear_batch(batch *b) {
  free(b->data);
  free(b->picture);
  *b = (batch){0};
}

void lnti_picture_cache_close(lnti_picture_cache *cache) {
  lnt_error err = LNT_ERROR_INIT;
  if (!cache) return;
  if (cache->index && lnti_picture_cache_flush(cache, &err) != LNT_OK) {
    lnti_log_printf(cache->context.log, LNTI_LOG_WARN, "pictures were made and not kept: %s", err.message);
  }
  clear_batch(&cache->collected);
  clear_batch(&cache->being_written);
  lnti_picture_index_close(cache->index);
  lnti_picture_shards_close(&cache->shards);
  if (cache->lock_fd >= 0) close(cache->lock_fd);
  pthread_rwlock_destroy(&cache->places);
  pthread_mutex_destroy(&cache->collecting);
  pthread_mutex_destroy(&cache->writing);
  free(cache->folder);
  free(cache);
}

/* ---- writing a batch: under `writing` and the folder's lock ---- */

/** The folder may have been removed, or its index replaced, since this process last looked. */
static lnt_status catch_up(lnti_picture_cache *cache, bool afresh, lnt_error *err) {
  if (!afresh && !lnti_picture_index_replaced(cache->index) && !lnti_picture_index_gone(cache->index)) return LNT_OK;
  pthread_rwlock_wrlock(&cache->places);
  if (lnti_picture_index_gone(cache->index)) lnti_picture_shards_close(&cache->shards);
  lnt_status status = renew_index(cache, afresh, err);
  pthread_rwlock_unlock(&cache->places);
  return status;
}

static lnt_status open_shard(int *fd_out, uint64_t *bytes_out, lnti_picture_cache *cache, uint32_t number,
                             lnt_error *err) {
  struct stat info;
  pthread_rwlock_wrlock(&cache->places);
  lnt_status status = lnti_picture_shards_open(fd_out, &cache->shards, number, true, err);
  pthread_rwlock_unlock(&cache->places);
  if (status) return status;
  if (fstat(*fd_out, &info) != 0) return lnti_fail_errno(err, errno, "%s", cache->folder);
  /* Behind whatever a writer that was killed has left. */
  *bytes_out = ((uint64_t)info.st_size + 7) / 8 * 8;
  return LNT_OK;
}

/** Begins a shard after `last`, removing the oldest so that it has room to be filled. */
static lnt_status begin_shard(lnti_picture_cache *cache, uint32_t last, lnt_error *err) {
  lnti_picture_total total;
  lnt_status status = lnti_picture_shards_total(&total, cache->folder, err);
  while (status == LNT_OK && total.lowest > 0 && total.bytes + cache->shard_bytes > cache->bytes_max) {
    const uint32_t oldest = total.lowest;
    pthread_rwlock_wrlock(&cache->places);
    status = lnti_picture_shards_remove(&cache->shards, oldest + 1, err);
    pthread_rwlock_unlock(&cache->places);
    if (status == LNT_OK) status = lnti_picture_shards_total(&total, cache->folder, err);
    if (total.lowest == oldest) break; /* it cannot be removed */
    if (oldest > last) last = oldest;
  }
  if (status) return status;
  if (total.highest > last) last = total.highest;
  return lnti_picture_index_set_shards(cache->index, total.lowest ? total.lowest : last + 1, last + 1, err);
}

/** The shard that has room for `bytes` more, and where. */
static lnt_status shard_with_room(int *fd_out, uint64_t *at_out, uint32_t *number_out, lnti_picture_cache *cache,
                                  size_t bytes, lnt_error *err) {
  for (;;) {
    const uint32_t last = lnti_picture_index_last(cache->index);
    lnt_status status = open_shard(fd_out, at_out, cache, last, err);
    if (status || *at_out + bytes <= cache->shard_bytes) {
      *number_out = last;
      return status;
    }
    status = begin_shard(cache, last, err);
    if (status) return status;
  }
}

static lnt_status write_records(lnti_picture_cache *cache, const batch *b, lnt_error *err) {
  lnt_status status = LNT_OK;
  for (size_t i = 0, end; status == LNT_OK && i < b->n; i = end) {
    int fd = -1;
    uint32_t number = 0;
    uint64_t at = 0;
    const size_t begin = b->picture[i].at, one = lnti_picture_record_bytes(b->picture[i].bytes);
    status = shard_with_room(&fd, &at, &number, cache, one, err);
    if (status) break;
    size_t stop = begin + one;
    for (end = i + 1; end < b->n; end++) {
      const size_t next = b->picture[end].at + lnti_picture_record_bytes(b->picture[end].bytes);
      if (at + (next - begin) > cache->shard_bytes) break;
      stop = next;
    }
    status = lnti_cache_write(fd, b->data + begin, stop - begin, at, cache->folder, err);
    for (size_t k = i; status == LNT_OK && k < end; k++) {
      const lnti_picture_place place = {number, (uint32_t)b->picture[k].bytes, at + (b->picture[k].at - begin)};
      status = lnti_picture_index_put(cache->index, &b->picture[k].content, b->picture[k].frame, &place, err);
    }
  }
  return status;
}

static lnt_status write_batch(lnti_picture_cache *cache, const batch *b, lnt_error *err) {
  lnt_status status = lock_folder(cache, err);
  if (status) return status;
  status = catch_up(cache, false, err);
  if (status == LNT_OK) {
    pthread_rwlock_wrlock(&cache->places);
    status = lnti_picture_index_reserve(&cache->index, b->n, err);
    pthread_rwlock_unlock(&cache->places);
  }
  if (status == LNT_OK) status = write_records(cache, b, err);
  if (status == LNT_ELIMIT) { /* the table is damaged */
    status = catch_up(cache, true, err);
    if (status == LNT_OK) status = write_records(cache, b, err);
  }
  if (status == LNT_OK) status = lnti_picture_index_commit(cache->index, err);
  unlock_folder(cache);
  return status;
}

lnt_status lnti_picture_cache_flush(lnti_picture_cache *cache, lnt_error *err) {
  lnt_status status = LNT_OK;
  pthread_mutex_lock(&cache->writing);
  pthread_mutex_lock(&cache->collecting);
  const batch full = cache->collected;
  cache->collected = cache->being_written; /* empty, with its memory */
  cache->being_written = full;
  pthread_mutex_unlock(&cache->collecting);
  if (full.n > 0) status = write_batch(cache, &full, err);
  pthread_mutex_lock(&cache->collecting);
  cache->being_written.n = cache->being_written.bytes = 0;
  pthread_mutex_unlock(&cache->collecting);
  pthread_mutex_unlock(&cache->writing);
  return status;
}

/* ---- handing in ---- */

static const waiting *find_waiting(const batch *b, const lnti_hash *content, uint32_t frame) {
  for (size_t i = b->n; i-- > 0;) {
    if (b->picture[i].frame == frame && memcmp(&b->picture[i].content, content, sizeof *content) == 0) {
      return &b->picture[i];
    }
  }
  return NULL;
}

static lnt_status collect(batch *b, const lnti_hash *content, uint32_t frame, const uint8_t *data, size_t n,
                          lnt_error *err) {
  lnti_picture_record record;
  const size_t bytes = lnti_picture_record_bytes(n);
  if (find_waiting(b, content, frame)) return LNT_OK;
  lnt_status status = lnti_grow(&b->data, &b->capacity, b->bytes + bytes, 1, err);
  if (status == LNT_OK) status = lnti_grow(&b->picture, &b->n_capacity, b->n + 1, sizeof *b->picture, err);
  if (status) return status;
  lnti_picture_record_make(&record, content, frame, data, n);
  uint8_t *to = b->data + b->bytes;
  memset(to + bytes - 8, 0, 8);
  memcpy(to, &record, sizeof record);
  memcpy(to + sizeof record, data, n);
  b->picture[b->n++] = (waiting){*content, frame, b->bytes, n};
  b->bytes += bytes;
  return LNT_OK;
}

lnt_status lnti_picture_cache_put(lnti_picture_cache *cache, const lnti_hash *content, uint32_t frame,
                                  const uint8_t *data, size_t n, lnt_error *err) {
  if (n == 0 || lnti_picture_record_bytes(n) > cache->shard_bytes) return LNT_OK;
  pthread_mutex_lock(&cache->collecting);
  lnt_status status = collect(&cache->collected, content, frame, data, n, err);
  const bool full = cache->collected.bytes >= BATCH_BYTES || cache->collected.n >= BATCH_PICTURES;
  pthread_mutex_unlock(&cache->collecting);
  if (status == LNT_OK && full) status = lnti_picture_cache_flush(cache, err);
  return status;
}

/* ---- finding ---- */

/** A picture that is looked for. */
typedef struct lookup {
  const lnti_hash *content;
  uint32_t frame;
  bool listed, lost; /* in the index; but its shard is gone */
  lnti_picture_place place;
  int fd; /* of its shard; -1 */
} lookup;

/** Of the batches in memory: *found_out, and where data_out is wanted the bytes. */
static lnt_status get_waiting(bool *found_out, uint8_t **data_out, size_t *n_out, lnti_picture_cache *cache,
                              const lnti_hash *content, uint32_t frame, lnt_error *err) {
  lnt_status status = LNT_OK;
  pthread_mutex_lock(&cache->collecting);
  const batch *b = &cache->collected;
  const waiting *w = find_waiting(b, content, frame);
  if (!w) w = find_waiting(b = &cache->being_written, content, frame);
  *found_out = w != NULL;
  if (w && data_out) {
    status = lnti_alloc(data_out, w->bytes, 1, err);
    if (status == LNT_OK) {
      memcpy(*data_out, b->data + w->at + sizeof(lnti_picture_record), w->bytes);
      *n_out = w->bytes;
    }
  }
  pthread_mutex_unlock(&cache->collecting);
  return status;
}

/** Whether the index still is the newest, and the place's shard open; under `places`, shared. */
static bool is_ready(const lnti_picture_cache *cache, lookup *l) {
  l->listed = lnti_picture_index_find(&l->place, cache->index, l->content, l->frame);
  l->fd = l->listed ? lnti_picture_shards_fd(&cache->shards, l->place.shard) : -1;
  return !lnti_picture_index_replaced(cache->index) && (!l->listed || l->fd >= 0);
}

/** Makes it so; under `places`, alone. */
static lnt_status make_ready(lnti_picture_cache *cache, lookup *l, lnt_error *err) {
  lnti_picture_index *index = NULL;
  if (lnti_picture_index_replaced(cache->index) && lnti_picture_index_open(&index, cache->folder, NULL) == LNT_OK) {
    lnti_picture_index_close(cache->index);
    cache->index = index;
  }
  lnti_picture_shards_close_below(&cache->shards, lnti_picture_index_first(cache->index));
  if (!lnti_picture_index_find(&l->place, cache->index, l->content, l->frame)) return LNT_OK;
  lnt_status status = lnti_picture_shards_open(&l->fd, &cache->shards, l->place.shard, false, err);
  l->lost = status == LNT_ENOTFOUND; /* it went with the oldest, or was removed by hand */
  return l->lost ? LNT_OK : status;
}

/** Takes `places` shared, with the newest index and the place's shard open where it has one. */
static lnt_status find_place(lnti_picture_cache *cache, lookup *l, lnt_error *err) {
  lnt_status status = LNT_OK;
  for (int attempt = 0;; attempt++) {
    pthread_rwlock_rdlock(&cache->places);
    /* Others may close the shard again for one of theirs; it is not worth more than a few attempts. */
    if (is_ready(cache, l) || l->lost || status || attempt == FIND_ATTEMPTS) return status;
    pthread_rwlock_unlock(&cache->places);
    pthread_rwlock_wrlock(&cache->places);
    status = make_ready(cache, l, err);
    pthread_rwlock_unlock(&cache->places);
  }
}

static void forget(lnti_picture_cache *cache, const lookup *l) {
  pthread_mutex_lock(&cache->writing);
  lnt_status status = lock_folder(cache, NULL);
  if (status == LNT_OK) {
    status = catch_up(cache, false, NULL);
    if (status == LNT_OK) status = lnti_picture_index_remove(cache->index, l->content, l->frame, &l->place, NULL);
    unlock_folder(cache);
  }
  (void)status; /* the next one who looks will notice again */
  pthread_mutex_unlock(&cache->writing);
}

/** The record at a place: its header, and where data_out is wanted its bytes. *sound_out false where it is another's, or
 *  damaged. */
static lnt_status read_record(bool *sound_out, uint8_t **data_out, const lnti_picture_cache *cache, const lookup *l,
                              lnt_error *err) {
  lnti_picture_record record;
  uint8_t *data = NULL;
  size_t got = 0;
  lnt_status status = lnti_cache_read(&got, l->fd, &record, sizeof record, l->place.at, cache->folder, err);
  if (status || got != sizeof record || !lnti_picture_record_is(&record, l->content, l->frame) ||
      record.bytes != l->place.bytes || record.bytes > SHARD_BYTES_MAX) {
    return status;
  }
  *sound_out = data_out == NULL;
  if (!data_out) return LNT_OK;
  status = lnti_alloc(&data, record.bytes, 1, err);
  if (status) return status;
  status = lnti_cache_read(&got, l->fd, data, record.bytes, l->place.at + sizeof record, cache->folder, err);
  *sound_out = status == LNT_OK && got == record.bytes && lnti_picture_record_holds(&record, data);
  if (*sound_out) {
    *data_out = data;
  } else {
    free(data);
  }
  return status;
}

static lnt_status look_up(bool *found_out, uint8_t **data_out, size_t *n_out, lnti_picture_cache *cache,
                          const lnti_hash *content, uint32_t frame, lnt_error *err) {
  lookup l = {.content = content, .frame = frame, .fd = -1};
  bool sound = false, looked = false;
  lnt_status status = get_waiting(found_out, data_out, n_out, cache, content, frame, err);
  if (status || *found_out) return status;
  status = find_place(cache, &l, err);
  if (status == LNT_OK && l.listed && l.fd >= 0) {
    looked = true;
    status = read_record(&sound, data_out, cache, &l, err);
  }
  pthread_rwlock_unlock(&cache->places);
  if (status) return status;
  if (l.listed && !sound && (looked || l.lost)) forget(cache, &l);
  if (sound && n_out) *n_out = l.place.bytes;
  *found_out = sound;
  return LNT_OK;
}

lnt_status lnti_picture_cache_get(lnti_picture_cache *cache, uint8_t **data_out, size_t *n_out,
                                  const lnti_hash *content, uint32_t frame, lnt_error *err) {
  bool found = false;
  uint8_t *data = NULL;
  size_t n = 0;
  lnt_status status = look_up(&found, &data, &n, cache, content, frame, err);
  if (status) return status;
  *data_out = data;
  *n_out = n;
  return LNT_OK;
}

bool lnti_picture_cache_has(lnti_picture_cache *cache, const lnti_hash *content, uint32_t frame) {
  bool found = false;
  return look_up(&found, NULL, NULL, cache, content, frame, NULL) == LNT_OK && found;
}

uint64_t lnti_picture_cache_bytes_max(const lnti_picture_cache *cache) {
  return cache->bytes_max;
}

uint64_t lnti_picture_cache_bytes(lnti_picture_cache *cache) {
  lnti_picture_total total = {0};
  return lnti_picture_shards_total(&total, cache->folder, NULL) == LNT_OK ? total.bytes : 0;
}
