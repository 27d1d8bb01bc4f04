/*
 * A million files may all be called "image.jpg": what is taken is a table of hashes, and a free number is found by doubling
 * and halving.
 */
#include <flow/export/names.h>

#include <base/alloc.h>
#include <base/hash.h>
#include <stdlib.h>
#include <string.h>

/* ---- safe names ---- */

enum { EXTENSION_MAX = 12, FIRST_CAPACITY = 64 };

/* Where the extension begins, its '.' included; the end where there is none. */
static size_t extension_of(const char *name, size_t n) {
  for (size_t i = n; i-- > 1 && n - i <= EXTENSION_MAX;) {
    if (name[i] == '.') return i;
  }
  return n;
}

static lnt_status append_safe(lnti_text *out, const char *name, size_t n, lnt_error *err) {
  lnt_status status = LNT_OK;
  while (n > 0 && !status) {
    size_t valid = lnti_utf8_valid(name, n), plain = 0;
    while (plain < valid && (unsigned char)name[plain] >= 0x20 && name[plain] != 0x7f && name[plain] != '/') plain++;
    status = lnti_text_append(out, name, plain, err);
    if (!status && plain < n) {
      status = lnti_text_append(out, "_", 1, err);
      plain++;
    }
    name += plain;
    n -= plain;
  }
  return status;
}

/* Cuts what `out` has from `start` on, so that the stem gives way to the extension. */
static void cut(lnti_text *out, size_t start) {
  char *name = out->data + start;
  size_t n = out->length - start, extension = extension_of(name, n), tail = n - extension;
  if (n <= LNTI_SAFE_NAME_MAX) return;
  size_t keep = lnti_utf8_valid(name, LNTI_SAFE_NAME_MAX - tail);
  memmove(name + keep, name + extension, tail + 1);
  out->length = start + keep + tail;
}

lnt_status lnti_safe_name(lnti_text *out, const char *name, size_t n, lnt_error *err) {
  size_t start = out->length;
  bool hidden = n == 0 || name[0] == '.';
  lnt_status status = lnti_text_append(out, "_", hidden ? 1 : 0, err);
  if (!status) status = append_safe(out, name, n, err);
  if (!status) cut(out, start);
  return status;
}

/* ---- what is taken ---- */

void lnti_taken_clear(lnti_taken *taken) {
  free(taken->key);
  *taken = (lnti_taken){0};
}

static uint64_t key_of(const char *path) {
  char piece[256];
  lnti_hasher hasher;
  lnti_hash hash;
  uint64_t key = 0;
  lnti_hash_begin(&hasher);
  for (size_t n; *path; path += n) {
    for (n = 0; n < sizeof piece && path[n]; n++) {
      piece[n] = path[n] >= 'A' && path[n] <= 'Z' ? (char)(path[n] - 'A' + 'a') : path[n];
    }
    lnti_hash_update(&hasher, piece, n);
  }
  lnti_hash_end(&hash, &hasher);
  memcpy(&key, hash.bytes, sizeof key);
  return key ? key : 1;
}

/* The slot of a key, or the free one where it would stand. */
static size_t slot_of(const uint64_t *keys, size_t capacity, uint64_t key) {
  size_t slot = (size_t)key & (capacity - 1);
  while (keys[slot] && keys[slot] != key) slot = (slot + 1) & (capacity - 1);
  return slot;
}

static bool is_taken(const lnti_taken *taken, const char *path) {
  if (taken->capacity == 0) return false;
  return taken->key[slot_of(taken->key, taken->capacity, key_of(path))] != 0;
}

/* At most half of the slots are used. */
static lnt_status make_room(lnti_taken *taken, lnt_error *err) {
  uint64_t *keys = NULL;
  size_t capacity = taken->capacity ? taken->capacity : FIRST_CAPACITY / 2;
  if (taken->capacity && taken->n + 1 <= taken->capacity / 2) return LNT_OK;
  if (!lnti_size_mul(&capacity, capacity, 2)) capacity = SIZE_MAX;
  lnt_status status = lnti_alloc_zero(&keys, capacity, sizeof *keys, err);
  if (status) return status;
  for (size_t i = 0; i < taken->capacity; i++) {
    if (taken->key[i]) keys[slot_of(keys, capacity, taken->key[i])] = taken->key[i];
  }
  free(taken->key);
  taken->key = keys;
  taken->capacity = capacity;
  return LNT_OK;
}

lnt_status lnti_take(bool *fresh_out, lnti_taken *taken, const char *path, lnt_error *err) {
  lnt_status status = make_room(taken, err);
  if (status) return status;
  uint64_t key = key_of(path);
  size_t slot = slot_of(taken->key, taken->capacity, key);
  if (fresh_out) *fresh_out = taken->key[slot] == 0;
  taken->n += taken->key[slot] == 0;
  taken->key[slot] = key;
  return LNT_OK;
}

/* folder/name with a number, 1 for none. */
static lnt_status write_path(lnti_text *path, const char *folder, const char *name, size_t number, lnt_error *err) {
  size_t n = strlen(name), extension = extension_of(name, n);
  path->length = 0;
  if (number == 1) return lnti_text_printf(path, err, "%s%s%s", folder, *folder ? "/" : "", name);
  return lnti_text_printf(path, err, "%s%s%.*s-%zu%s", folder, *folder ? "/" : "", (int)extension, name, number,
                          name + extension);
}

lnt_status lnti_take_distinct(lnti_text *out, lnti_taken *taken, const char *folder, const char *name, lnt_error *err) {
  lnti_text path = {0};
  size_t low = 0, high = 1; /* low is taken; high, in the end, is free */
  lnt_status status = write_path(&path, folder, name, high, err);
  while (!status && is_taken(taken, path.data)) {
    low = high;
    high *= 2;
    status = write_path(&path, folder, name, high, err);
  }
  while (!status && high - low > 1) {
    size_t middle = low + (high - low) / 2;
    status = write_path(&path, folder, name, middle, err);
    if (!status && is_taken(taken, path.data)) {
      low = middle;
    } else {
      high = middle;
    }
  }
  if (!status) status = write_path(&path, folder, name, high, err);
  if (!status) status = lnti_text_append(out, path.data, path.length, err);
  if (!status) status = lnti_take(NULL, taken, path.data, err);
  lnti_text_clear(&path);
  return status;
}
