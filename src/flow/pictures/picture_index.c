/*
 * The index file: a header of 4096 bytes and a hash table with open addressing, 32 bytes a slot. It is read through a
 * shared map and written with pwrite, so that a full disk is an error and not a signal. A slot torn by a crash, or seen
 * while it is written, points to the wrong record or to none, which whoever reads the record notices.
 *
 * A table that is too full is written anew under another name and renamed into place; then the old file, which other
 * processes may have mapped, is marked as replaced.
 */
#include <flow/pictures/picture_index.h>

#include <base/alloc.h>
#include <base/error.h>
#include <errno.h>
#include <flow/cache_file.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
  HEAD_BYTES = 4096,
  SLOTS_MIN = 4096,
  PROBES_MAX = 4096, /* a sound table of this load needs a few dozen at most */
  KEY_BYTES = 16,
  ALIGN = 8
};
static const uint64_t magic = 0x315849504e4c0001u; /* also tells the order of bytes: the file is this machine's alone */
static const char index_name[] = "index", new_name[] = "index.part";

typedef struct head {
  uint64_t magic, n_slots, check; /* check: of the two before */
  uint64_t n_used;                /* slots that are not empty */
  uint32_t first_shard, last_shard;
  uint32_t replaced;
} head;

typedef struct slot {
  uint8_t key[KEY_BYTES]; /* the beginning of the content's hash: the record has all of it */
  uint32_t frame;
  uint32_t shard; /* 0: empty */
  uint32_t at;    /* in units of ALIGN */
  uint32_t bytes; /* 0: removed */
} slot;

_Static_assert(sizeof(slot) == 32 && sizeof(head) <= HEAD_BYTES, "as in the file");

struct lnti_picture_index {
  char *folder;
  int fd;
  const uint8_t *map;
  size_t map_bytes;
  uint64_t n_slots;
  uint64_t n_added; /* since the last commit */
};

static uint64_t head_check(const head *h) {
  return lnti_hash_table(h, 2 * sizeof(uint64_t), 77);
}

static head read_head(const lnti_picture_index *index) {
  head h;
  memcpy(&h, index->map, sizeof h);
  return h;
}

static slot read_slot(const lnti_picture_index *index, uint64_t i) {
  slot s;
  memcpy(&s, index->map + HEAD_BYTES + i * sizeof s, sizeof s);
  return s;
}

static lnt_status write_head(const lnti_picture_index *index, const head *h, lnt_error *err) {
  return lnti_cache_write(index->fd, h, sizeof *h, 0, index->folder, err);
}

static lnt_status write_slot(const lnti_picture_index *index, uint64_t i, const slot *s, lnt_error *err) {
  return lnti_cache_write(index->fd, s, sizeof *s, HEAD_BYTES + i * sizeof *s, index->folder, err);
}

/* ---- opening ---- */

void lnti_picture_index_close(lnti_picture_index *index) {
  if (!index) return;
  if (index->map) munmap((void *)(uintptr_t)index->map, index->map_bytes);
  if (index->fd >= 0) close(index->fd);
  free(index->folder);
  free(index);
}

static lnt_status damaged(const char *folder, lnt_error *err) {
  return lnti_fail(err, LNT_ENOTFOUND, "%s/%s is damaged; delete the folder, it is made again", folder, index_name);
}

static lnt_status map_file(lnti_picture_index *index, lnt_error *err) {
  struct stat info;
  head h = {0};
  size_t got = 0;
  if (fstat(index->fd, &info) != 0) return lnti_fail_errno(err, errno, "%s/%s", index->folder, index_name);
  lnt_status status = lnti_cache_read(&got, index->fd, &h, sizeof h, 0, index->folder, err);
  if (status) return status;
  const bool sound = got == sizeof h && h.magic == magic && h.check == head_check(&h) && h.n_slots >= SLOTS_MIN &&
                     (h.n_slots & (h.n_slots - 1)) == 0 && h.n_slots <= SIZE_MAX / 64 &&
                     (uint64_t)info.st_size == HEAD_BYTES + h.n_slots * sizeof(slot);
  if (!sound) return damaged(index->folder, err);
  void *map = mmap(NULL, (size_t)info.st_size, PROT_READ, MAP_SHARED, index->fd, 0);
  if (map == MAP_FAILED) return lnti_fail_errno(err, errno, "%s/%s cannot be mapped", index->folder, index_name);
  (void)madvise(map, (size_t)info.st_size, MADV_RANDOM);
  index->map = map;
  index->map_bytes = (size_t)info.st_size;
  index->n_slots = h.n_slots;
  return LNT_OK;
}

lnt_status lnti_picture_index_open(lnti_picture_index **out, const char *folder, lnt_error *err) {
  lnti_picture_index *index = NULL;
  lnt_status status = lnti_alloc_zero(&index, 1, sizeof *index, err);
  if (status) return status;
  index->fd = -1;
  status = lnti_strdup(&index->folder, folder, err);
  if (status == LNT_OK) status = lnti_cache_open_below(&index->fd, folder, index_name, false, err);
  if (status == LNT_OK) status = map_file(index, err);
  if (status) {
    lnti_picture_index_close(index);
    return status;
  }
  *out = index;
  return LNT_OK;
}

/** Writes a whole table under another name and puts it in place. */
static lnt_status write_table(const char *folder, const head *h, const slot *slots, lnt_error *err) {
  char *from = NULL, *to = NULL;
  int fd = -1;
  uint8_t first[HEAD_BYTES] = {0};
  memcpy(first, h, sizeof *h);
  lnt_status status = lnti_asprintf(&from, err, "%s/%s", folder, new_name);
  if (status == LNT_OK) status = lnti_asprintf(&to, err, "%s/%s", folder, index_name);
  if (status == LNT_OK) {
    (void)unlink(from); /* of a writer that was killed */
    status = lnti_cache_open_below(&fd, folder, new_name, true, err);
  }
  if (status == LNT_OK) status = lnti_cache_write(fd, first, sizeof first, 0, from, err);
  if (status == LNT_OK) status = lnti_cache_write(fd, slots, (size_t)h->n_slots * sizeof *slots, HEAD_BYTES, from, err);
  if (status == LNT_OK && rename(from, to) != 0) status = lnti_fail_errno(err, errno, "%s cannot be renamed", from);
  if (status && fd >= 0) (void)unlink(from);
  if (fd >= 0) close(fd);
  free(from);
  free(to);
  return status;
}

lnt_status lnti_picture_index_create(lnti_picture_index **out, const char *folder, lnt_error *err) {
  head h = {.magic = magic, .n_slots = SLOTS_MIN, .first_shard = 1, .last_shard = 1};
  slot *slots = NULL;
  h.check = head_check(&h);
  lnt_status status = lnti_alloc_zero(&slots, SLOTS_MIN, sizeof *slots, err);
  if (status == LNT_OK) status = write_table(folder, &h, slots, err);
  free(slots);
  if (status == LNT_OK) status = lnti_picture_index_open(out, folder, err);
  return status;
}

bool lnti_picture_index_replaced(const lnti_picture_index *index) {
  return read_head(index).replaced != 0;
}

bool lnti_picture_index_gone(const lnti_picture_index *index) {
  struct stat mine, there;
  char path[PATH_MAX];
  return (size_t)snprintf(path, sizeof path, "%s/%s", index->folder, index_name) >= sizeof path ||
         fstat(index->fd, &mine) != 0 || stat(path, &there) != 0 || mine.st_ino != there.st_ino ||
         mine.st_dev != there.st_dev;
}

/* ---- the table ---- */

static uint64_t start_of(const uint8_t key[KEY_BYTES], uint32_t frame, uint64_t n_slots) {
  return lnti_hash_table(key, KEY_BYTES, frame) & (n_slots - 1);
}

static bool is_key(const slot *s, const uint8_t *key, uint32_t frame) {
  return s->frame == frame && memcmp(s->key, key, KEY_BYTES) == 0;
}

/** The slot of a key, or the empty one where it would stand; false where there is neither. */
static bool probe(uint64_t *at_out, slot *slot_out, const lnti_picture_index *index, const lnti_hash *content,
                  uint32_t frame) {
  uint64_t at = start_of(content->bytes, frame, index->n_slots);
  for (int i = 0; i < PROBES_MAX; i++, at = (at + 1) & (index->n_slots - 1)) {
    const slot s = read_slot(index, at);
    if (s.shard != 0 && !is_key(&s, content->bytes, frame)) continue;
    *at_out = at;
    *slot_out = s;
    return true;
  }
  return false;
}

static bool counts(const slot *s, const head *h) {
  return s->shard != 0 && s->shard >= h->first_shard && s->bytes != 0;
}

bool lnti_picture_index_find(lnti_picture_place *out, const lnti_picture_index *index, const lnti_hash *content,
                             uint32_t frame) {
  const head h = read_head(index);
  uint64_t at = 0;
  slot s;
  if (!probe(&at, &s, index, content, frame) || !counts(&s, &h)) return false;
  *out = (lnti_picture_place){s.shard, s.bytes, (uint64_t)s.at * ALIGN};
  return true;
}

lnt_status lnti_picture_index_put(lnti_picture_index *index, const lnti_hash *content, uint32_t frame,
                                  const lnti_picture_place *place, lnt_error *err) {
  uint64_t at = 0;
  slot old, s = {.frame = frame, .shard = place->shard, .at = (uint32_t)(place->at / ALIGN), .bytes = place->bytes};
  memcpy(s.key, content->bytes, KEY_BYTES);
  if (!probe(&at, &old, index, content, frame)) {
    return lnti_fail(err, LNT_ELIMIT, "%s/%s has no free slot; delete the folder, it is made again", index->folder,
                     index_name);
  }
  lnt_status status = write_slot(index, at, &s, err);
  if (status == LNT_OK && old.shard == 0) index->n_added++;
  return status;
}

lnt_status lnti_picture_index_commit(lnti_picture_index *index, lnt_error *err) {
  head h = read_head(index);
  if (index->n_added == 0) return LNT_OK;
  h.n_used += index->n_added;
  index->n_added = 0;
  return write_head(index, &h, err);
}

lnt_status lnti_picture_index_remove(lnti_picture_index *index, const lnti_hash *content, uint32_t frame,
                                     const lnti_picture_place *place, lnt_error *err) {
  uint64_t at = 0;
  slot s;
  if (!probe(&at, &s, index, content, frame) || s.shard != place->shard || (uint64_t)s.at * ALIGN != place->at) {
    return LNT_OK;
  }
  s.bytes = 0;
  return write_slot(index, at, &s, err);
}

static void insert(slot *slots, uint64_t n_slots, const slot *s) {
  uint64_t at = start_of(s->key, s->frame, n_slots);
  while (slots[at].shard != 0) at = (at + 1) & (n_slots - 1);
  slots[at] = *s;
}

lnt_status lnti_picture_index_reserve(lnti_picture_index **index, size_t n, lnt_error *err) {
  lnti_picture_index *old = *index, *fresh = NULL;
  head h = read_head(old);
  slot *slots = NULL;
  uint64_t live = 0;
  if ((h.n_used + n) * 10 <= old->n_slots * 7) return LNT_OK;
  for (uint64_t i = 0; i < old->n_slots; i++) {
    const slot s = read_slot(old, i);
    live += counts(&s, &h);
  }
  h.n_slots = SLOTS_MIN;
  while ((live + n) * 10 > h.n_slots * 4) h.n_slots *= 2;
  h.n_used = live;
  h.check = head_check(&h);
  lnt_status status = lnti_alloc_zero(&slots, (size_t)h.n_slots, sizeof *slots, err);
  if (status) return status;
  for (uint64_t i = 0; i < old->n_slots; i++) {
    const slot s = read_slot(old, i);
    if (counts(&s, &h)) insert(slots, h.n_slots, &s);
  }
  status = write_table(old->folder, &h, slots, err);
  free(slots);
  if (status == LNT_OK) status = lnti_picture_index_open(&fresh, old->folder, err);
  if (status) return status;
  h = read_head(old);
  h.replaced = 1;
  status = write_head(old, &h, err);
  lnti_picture_index_close(old);
  *index = fresh;
  return status;
}

/* ---- shards ---- */

uint32_t lnti_picture_index_first(const lnti_picture_index *index) {
  return read_head(index).first_shard;
}

uint32_t lnti_picture_index_last(const lnti_picture_index *index) {
  return read_head(index).last_shard;
}

lnt_status lnti_picture_index_set_shards(lnti_picture_index *index, uint32_t first, uint32_t last, lnt_error *err) {
  head h = read_head(index);
  h.first_shard = first;
  h.last_shard = last;
  return write_head(index, &h, err);
}
