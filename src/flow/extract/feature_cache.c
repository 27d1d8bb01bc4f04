/*
 * The cache of one feature: a folder with
 *   key         the text it is keyed by: the extractor's key and the bytes of a vector
 *   lock        flock()ed while open, so that one process at a time extends it
 *   rows        one record a vector: content hash (32 bytes), check sum of the vector (8 bytes, little-endian)
 *   shard-NNNNN vectors, LNTI_SHARD_ROWS to a file, in the order of `rows`
 * A vector counts once its record is in `rows`. flush syncs the shards and their names before it writes records, so a crash leaves at
 * most vectors without a record, which the next run writes over, and of the records that were being written some in part: what
 * the disk did not get reads as zeros. A vector that does not match its check sum is treated as missing and added again;
 * the later record wins.
 */
#include <flow/extract/feature_cache.h>

#include <base/alloc.h>
#include <base/error.h>
#include <base/file.h>
#include <dirent.h>
#include <errno.h>
#include <flow/cache_file.h>
#include <flow/extract/extract.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { RECORD_BYTES = LNTI_HASH_BYTES + 8, KEY_HEX = 16, KEY_BYTES_MAX = 65536 };

static const char row_mark[] = ";row_bytes="; /* between the feature's key and the length of a vector */

typedef struct record {
  lnti_hash content;
  uint64_t check;
} record;

struct lnti_feature_cache {
  char *folder;
  size_t row_bytes;
  int lock_fd, rows_fd;
  int shard_fd; /* of shard_number; -1 */
  size_t shard_number;
  bool shard_dirty;
  bool names_dirty; /* files may be new in the folder */
  record *records;  /* [n] */
  size_t n, capacity;
  size_t n_opened;  /* records that were there when it was opened */
  size_t n_durable; /* records that are in `rows` */
  uint32_t *slot;   /* open addressing: record + 1, 0 free; n_slots a power of two */
  size_t n_slots;
};

/* ---- index ---- */

static size_t slot_of(const lnti_feature_cache *cache, const lnti_hash *content) {
  size_t mask = cache->n_slots - 1, at = (size_t)lnti_hash_table(content->bytes, 16, 0) & mask;
  while (cache->slot[at] &&
         memcmp(cache->records[cache->slot[at] - 1].content.bytes, content->bytes, LNTI_HASH_BYTES) != 0) {
    at = (at + 1) & mask;
  }
  return at;
}

static lnt_status reserve_slots(lnti_feature_cache *cache, size_t n, lnt_error *err) {
  if (cache->n_slots > 0 && n * 2 <= cache->n_slots) return LNT_OK;
  if (n >= UINT32_MAX / 2) return lnti_fail(err, LNT_ELIMIT, "a feature cache holds at most 2,147,483,647 vectors");
  size_t n_slots = 1024;
  uint32_t *slot = NULL;
  while (n_slots < n * 4) n_slots *= 2;
  lnt_status status = lnti_alloc_zero(&slot, n_slots, sizeof *slot, err);
  if (status) return status;
  free(cache->slot);
  cache->slot = slot;
  cache->n_slots = n_slots;
  for (size_t i = 0; i < cache->n; i++) slot[slot_of(cache, &cache->records[i].content)] = (uint32_t)i + 1;
  return LNT_OK;
}

static lnt_status add_record(lnti_feature_cache *cache, const lnti_hash *content, uint64_t check, lnt_error *err) {
  lnt_status status = reserve_slots(cache, cache->n + 1, err);
  if (status) return status;
  status = lnti_grow(&cache->records, &cache->capacity, cache->n + 1, sizeof *cache->records, err);
  if (status) return status;
  cache->records[cache->n] = (record){*content, check};
  cache->slot[slot_of(cache, content)] = (uint32_t)cache->n + 1;
  cache->n++;
  return LNT_OK;
}

/* A power cut took it while it was being written: it is of no content. */
static bool is_hole(const lnti_feature_cache *cache, size_t i) {
  static const record nothing;
  const record *r = &cache->records[i];
  return r->check == 0 && memcmp(&r->content, &nothing.content, sizeof r->content) == 0;
}

/* Such a one, or one that may lie half in what was lost. */
static bool is_torn(const lnti_feature_cache *cache, size_t i) {
  return is_hole(cache, i) || (i > 0 && is_hole(cache, i - 1)) || (i + 1 < cache->n && is_hole(cache, i + 1));
}

/* None that a later one of the same content has taken the place of. */
static bool is_current(const lnti_feature_cache *cache, size_t i) {
  return cache->slot[slot_of(cache, &cache->records[i].content)] == i + 1;
}

/* ---- files ---- */

static lnt_status sync_shard(lnti_feature_cache *cache, lnt_error *err) {
  if (!cache->shard_dirty) return LNT_OK;
  if (fdatasync(cache->shard_fd) != 0) {
    return lnti_fail_errno(err, errno, "%s: writing to disk failed", cache->folder);
  }
  cache->shard_dirty = false;
  return LNT_OK;
}

static lnt_status use_shard(lnti_feature_cache *cache, size_t number, lnt_error *err) {
  char name[32];
  if (cache->shard_fd >= 0 && cache->shard_number == number) return LNT_OK;
  lnt_status status = sync_shard(cache, err);
  if (status) return status;
  if (cache->shard_fd >= 0) close(cache->shard_fd);
  cache->shard_fd = -1;
  snprintf(name, sizeof name, "shard-%05zu", number);
  status = lnti_cache_open_below(&cache->shard_fd, cache->folder, name, true, err);
  if (status == LNT_OK) cache->shard_number = number;
  return status;
}

static uint64_t row_offset(const lnti_feature_cache *cache, size_t row) {
  return (uint64_t)(row % LNTI_SHARD_ROWS * cache->row_bytes);
}

static lnt_status check_key(const char *folder, const char *key, lnt_error *err) {
  char *path = NULL, *text = NULL;
  size_t n = 0;
  lnt_status status = lnti_asprintf(&path, err, "%s/key", folder);
  if (status) goto done;
  if (access(path, F_OK) != 0) {
    status = lnti_file_write_all(path, key, strlen(key), err);
    goto done;
  }
  status = lnti_file_read(&text, &n, path, KEY_BYTES_MAX, err);
  if (status) goto done;
  if (strcmp(text, key) != 0) {
    status = lnti_fail(err, LNT_ECORRUPT, "%s belongs to another feature; delete the folder %s", path, folder);
  }
done:
  free(text);
  free(path);
  return status;
}

static lnt_status lock_folder(lnti_feature_cache *cache, const lnti_context *context, lnt_error *err) {
  lnt_status status = lnti_cache_open_below(&cache->lock_fd, cache->folder, "lock", true, err);
  if (status) return status;
  return lnti_cache_lock(cache->lock_fd, cache->folder, "waiting for another program that extracts the same feature", 0,
                         context->cancel, context->log, err);
}

static uint64_t load_u64(const uint8_t *bytes) {
  uint64_t value = 0;
  for (int i = 0; i < 8; i++) value |= (uint64_t)bytes[i] << (8 * i);
  return value;
}

static void store_u64(uint8_t *bytes, uint64_t value) {
  for (int i = 0; i < 8; i++) bytes[i] = (uint8_t)(value >> (8 * i));
}

static lnt_status load_records(lnti_feature_cache *cache, lnt_error *err) {
  struct stat info;
  uint8_t *bytes = NULL;
  size_t n = 0, got = 0;
  lnt_status status = LNT_OK;
  if (fstat(cache->rows_fd, &info) != 0) return lnti_fail_errno(err, errno, "%s/rows", cache->folder);
  n = (size_t)info.st_size / RECORD_BYTES;
  status = reserve_slots(cache, n, err);
  if (status) goto done;
  status = lnti_alloc(&bytes, n, RECORD_BYTES, err);
  if (status) goto done;
  status = lnti_cache_read(&got, cache->rows_fd, bytes, n * RECORD_BYTES, 0, cache->folder, err);
  for (size_t i = 0; i < got / RECORD_BYTES && status == LNT_OK; i++) {
    lnti_hash content;
    memcpy(content.bytes, bytes + i * RECORD_BYTES, LNTI_HASH_BYTES);
    status = add_record(cache, &content, load_u64(bytes + i * RECORD_BYTES + LNTI_HASH_BYTES), err);
  }
  cache->n_opened = cache->n_durable = cache->n;
done:
  free(bytes);
  return status;
}

/* By the whole key, with the length of a vector. */
static lnt_status open_folder(lnti_feature_cache **out, const char *folder, const char *key, size_t row_bytes,
                              const lnti_context *context, lnt_error *err) {
  lnti_feature_cache *cache = NULL;
  lnt_status status = lnti_alloc_zero(&cache, 1, sizeof *cache, err);
  if (status) return status;
  cache->lock_fd = cache->rows_fd = cache->shard_fd = -1;
  cache->row_bytes = row_bytes;
  cache->names_dirty = true;
  status = lnti_strdup(&cache->folder, folder, err);
  if (status) goto done;
  status = lnti_folder_make(folder, err);
  if (status) goto done;
  status = lock_folder(cache, context, err);
  if (status) goto done;
  status = check_key(folder, key, err);
  if (status) goto done;
  status = lnti_cache_open_below(&cache->rows_fd, folder, "rows", true, err);
  if (status) goto done;
  status = load_records(cache, err);
  if (status) goto done;
  *out = cache;
  cache = NULL;
done:
  lnti_feature_cache_close(cache);
  return status;
}

lnt_status lnti_feature_cache_open(lnti_feature_cache **out, const lnti_project *project, const char *key,
                                   size_t row_bytes, lnt_error *err) {
  char *folder = NULL, *full_key = NULL;
  char hex[LNTI_HASH_HEX];
  lnti_hash hash;
  lnt_status status = lnti_asprintf(&full_key, err, "%s%s%zu", key, row_mark, row_bytes);
  if (status) goto done;
  lnti_hash_bytes(&hash, full_key, strlen(full_key));
  lnti_hash_hex(hex, &hash);
  status = lnti_project_path(&folder, project, err, "cache/features/%.*s", KEY_HEX, hex);
  if (status) goto done;
  status = open_folder(out, folder, full_key, row_bytes, &project->context, err);
done:
  free(folder);
  free(full_key);
  return status;
}

lnt_status lnti_feature_cache_open_in(lnti_feature_cache **out, const char *folder, const char *key, size_t row_bytes,
                                      const lnti_context *context, lnt_error *err) {
  char *full_key = NULL;
  lnt_status status = lnti_asprintf(&full_key, err, "%s%s%zu", key, row_mark, row_bytes);
  if (status == LNT_OK) status = open_folder(out, folder, full_key, row_bytes, context, err);
  free(full_key);
  return status;
}

void lnti_feature_cache_close(lnti_feature_cache *cache) {
  if (!cache) return;
  if (cache->shard_fd >= 0) close(cache->shard_fd);
  if (cache->rows_fd >= 0) close(cache->rows_fd);
  if (cache->lock_fd >= 0) close(cache->lock_fd);
  free(cache->records);
  free(cache->slot);
  free(cache->folder);
  free(cache);
}

lnt_status lnti_feature_cache_get(lnti_feature_cache *cache, bool *found_out, void *row, const lnti_hash *content,
                                  lnt_error *err) {
  size_t got = 0;
  *found_out = false;
  uint32_t entry = cache->slot[slot_of(cache, content)];
  if (entry == 0) return LNT_OK;
  size_t number = entry - 1;
  lnt_status status = use_shard(cache, number / LNTI_SHARD_ROWS, err);
  if (status) return status;
  status = lnti_cache_read(&got, cache->shard_fd, row, cache->row_bytes, row_offset(cache, number), cache->folder, err);
  if (status) return status;
  *found_out =
      got == cache->row_bytes && lnti_hash_table(row, cache->row_bytes, number) == cache->records[number].check;
  return LNT_OK;
}

bool lnti_feature_cache_has(const lnti_feature_cache *cache, const lnti_hash *content) {
  return cache->slot[slot_of(cache, content)] > 0;
}

bool lnti_feature_cache_added(const lnti_feature_cache *cache, const lnti_hash *content) {
  return cache->slot[slot_of(cache, content)] > cache->n_opened;
}

size_t lnti_feature_cache_count(const lnti_feature_cache *cache) {
  size_t n = 0;
  for (size_t i = 0; i < cache->n; i++) n += is_current(cache, i) && !is_hole(cache, i);
  return n;
}

lnt_status lnti_feature_cache_put(lnti_feature_cache *cache, const lnti_hash *content, const void *row,
                                  lnt_error *err) {
  size_t number = cache->n;
  /* An older vector is here again because it is damaged, a newer one because two images are equal. */
  if (lnti_feature_cache_added(cache, content)) return LNT_OK;
  lnt_status status = use_shard(cache, number / LNTI_SHARD_ROWS, err);
  if (status) return status;
  cache->shard_dirty = true;
  if (number % LNTI_SHARD_ROWS == 0) cache->names_dirty = true;
  status = lnti_cache_write(cache->shard_fd, row, cache->row_bytes, row_offset(cache, number), cache->folder, err);
  if (status) return status;
  return add_record(cache, content, lnti_hash_table(row, cache->row_bytes, number), err);
}

lnt_status lnti_feature_cache_flush(lnti_feature_cache *cache, lnt_error *err) {
  uint8_t *bytes = NULL;
  size_t n = cache->n - cache->n_durable;
  if (n == 0) return LNT_OK;
  lnt_status status = sync_shard(cache, err);
  if (status == LNT_OK && cache->names_dirty) status = lnti_folder_sync(cache->folder, err);
  if (status) return status;
  cache->names_dirty = false;
  status = lnti_alloc(&bytes, n, RECORD_BYTES, err);
  if (status) return status;
  for (size_t i = 0; i < n; i++) {
    const record *from = &cache->records[cache->n_durable + i];
    memcpy(bytes + i * RECORD_BYTES, from->content.bytes, LNTI_HASH_BYTES);
    store_u64(bytes + i * RECORD_BYTES + LNTI_HASH_BYTES, from->check);
  }
  status = lnti_cache_write(cache->rows_fd, bytes, n * RECORD_BYTES, (uint64_t)(cache->n_durable * RECORD_BYTES),
                            cache->folder, err);
  if (status == LNT_OK && fdatasync(cache->rows_fd) != 0) {
    status = lnti_fail_errno(err, errno, "%s: writing to disk failed", cache->folder);
  }
  if (status == LNT_OK) cache->n_durable = cache->n;
  free(bytes);
  return status;
}

/* ---- verification ---- */

/* Compares the vectors of one shard with their check sums; counts those that differ, but for those that never came to
 * count. One that was made again has a later record, and nobody reads it any more. */
static lnt_status verify_shard(lnti_feature_cache *cache, size_t shard, size_t *n_read, size_t *n_bad, lnt_error *err) {
  unsigned char *row = NULL;
  size_t first = shard * LNTI_SHARD_ROWS;
  size_t n = cache->n - first < LNTI_SHARD_ROWS ? cache->n - first : LNTI_SHARD_ROWS;
  lnt_status status = use_shard(cache, shard, err);
  if (status) return status;
  status = lnti_alloc(&row, cache->row_bytes, 1, err);
  for (size_t i = first; i < first + n && status == LNT_OK; i++) {
    size_t got = 0;
    if (!is_current(cache, i) || is_hole(cache, i)) continue;
    status = lnti_cache_read(&got, cache->shard_fd, row, cache->row_bytes, row_offset(cache, i), cache->folder, err);
    if (status) break;
    ++*n_read;
    bool bad = got != cache->row_bytes || lnti_hash_table(row, cache->row_bytes, i) != cache->records[i].check;
    *n_bad += bad && !is_torn(cache, i);
  }
  free(row);
  return status;
}

lnt_status lnti_feature_cache_check(lnti_feature_cache *cache, size_t *n_out, size_t *n_bad_out,
                                    const lnti_cancel *cancel, lnt_error *err) {
  size_t n_read = 0, n_bad = 0;
  lnt_status status = LNT_OK;
  for (size_t shard = 0; shard * LNTI_SHARD_ROWS < cache->n && status == LNT_OK; shard++) {
    status = lnti_cancel_check(cancel, err);
    if (status == LNT_OK) status = verify_shard(cache, shard, &n_read, &n_bad, err);
  }
  if (status) return status;
  *n_out = n_read;
  *n_bad_out = n_bad;
  return LNT_OK;
}

/* The key that a folder's file holds; LNT_ECORRUPT where there is none that fits the folder's name. */
static lnt_status read_key(char **key_out, size_t *row_bytes_out, const char *folder, lnt_error *err) {
  char *path = NULL, *key = NULL;
  char hex[LNTI_HASH_HEX];
  lnti_hash hash;
  size_t n = 0;
  int64_t row_bytes = 0;
  lnt_status status = lnti_asprintf(&path, err, "%s/key", folder);
  if (status) goto done;
  status = lnti_file_read(&key, &n, path, KEY_BYTES_MAX, err);
  if (status) goto done;
  lnti_hash_bytes(&hash, key, n);
  lnti_hash_hex(hex, &hash);
  const char *rows = strstr(key, row_mark);
  if (!rows || strncmp(strrchr(folder, '/') + 1, hex, KEY_HEX) != 0) {
    status = lnti_fail(err, LNT_ECORRUPT, "%s is damaged", path);
    goto done;
  }
  status = lnti_parse_int(&row_bytes, rows + strlen(row_mark), path, err);
  if (status) goto done;
  *row_bytes_out = (size_t)row_bytes;
  *key_out = key;
  key = NULL;
done:
  free(key);
  free(path);
  return status;
}

typedef struct cache_check {
  lnti_project *project;
  size_t n_vectors, n_faults;
  lnti_fault_visit visit;
  void *payload;
} cache_check;

static void tell(cache_check *check, const char *folder, const char *what) {
  char text[LNT_ERROR_MESSAGE_BYTES];
  snprintf(text, sizeof text, "%.300s: %.150s; delete this folder, it is made again when needed", folder, what);
  check->n_faults++;
  check->visit(check->payload, text);
}

static lnt_status check_folder(cache_check *check, const char *folder, lnt_error *err) {
  lnti_feature_cache *cache = NULL;
  lnt_error reason = LNT_ERROR_INIT;
  char *key = NULL;
  size_t row_bytes = 0, n = 0, n_bad = 0;
  lnt_status status = read_key(&key, &row_bytes, folder, &reason);
  if (status) {
    /* A crash may leave a folder before its key: it holds nothing yet, and is none of a fault. */
    if (status != LNT_ENOTFOUND) tell(check, folder, reason.message);
    return LNT_OK;
  }
  status = open_folder(&cache, folder, key, row_bytes, &check->project->context, err);
  if (status) goto done;
  status = lnti_feature_cache_check(cache, &n, &n_bad, check->project->context.cancel, err);
  check->n_vectors += n;
  if (n_bad > 0) {
    char what[64];
    snprintf(what, sizeof what, "%zu of %zu vectors are damaged", n_bad, n);
    tell(check, folder, what);
  }
done:
  lnti_feature_cache_close(cache);
  free(key);
  return status;
}

lnt_status lnti_feature_cache_verify(lnti_project *project, size_t *n_vectors_out, size_t *n_faults_out,
                                     lnti_fault_visit visit, void *payload, lnt_error *err) {
  cache_check check = {.project = project, .visit = visit, .payload = payload};
  struct dirent **names = NULL;
  char *root = NULL;
  lnt_status status = lnti_project_path(&root, project, err, "cache/features");
  if (status) return status;
  int n = scandir(root, &names, NULL, alphasort);
  for (int i = 0; i < n; i++) {
    char *folder = NULL;
    if (status == LNT_OK && names[i]->d_name[0] != '.') {
      status = lnti_asprintf(&folder, err, "%s/%s", root, names[i]->d_name);
      if (status == LNT_OK) status = check_folder(&check, folder, err);
      free(folder);
    }
    free(names[i]);
  }
  free(names);
  free(root);
  if (status) return status;
  *n_vectors_out = check.n_vectors;
  *n_faults_out = check.n_faults;
  return LNT_OK;
}
