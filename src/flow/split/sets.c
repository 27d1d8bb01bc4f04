/*
 * Union-find with the lowest member as root: so that names of sets depend on who is in them, not on who was joined first.
 */
#include <flow/split/sets.h>

#include <base/hash.h>
#include <stdlib.h>
#include <string.h>

void lnti_sets_init(uint32_t *parent, size_t n) {
  for (size_t i = 0; i < n; i++) parent[i] = (uint32_t)i;
}

uint32_t lnti_set_of(uint32_t *parent, uint32_t member) {
  while (parent[member] != member) {
    parent[member] = parent[parent[member]];
    member = parent[member];
  }
  return member;
}

void lnti_set_join(uint32_t *parent, uint32_t a, uint32_t b) {
  a = lnti_set_of(parent, a);
  b = lnti_set_of(parent, b);
  if (a < b) {
    parent[b] = a;
  } else {
    parent[a] = b;
  }
}

static int compare_keys(const void *a, const void *b) {
  const lnti_set_key *x = a, *y = b;
  int order = memcmp(x->bytes, y->bytes, LNTI_SET_KEY_BYTES);
  return order ? order : x->member < y->member ? -1 : x->member > y->member;
}

void lnti_sets_join_equal(uint32_t *parent, lnti_set_key *keys, size_t n) {
  if (n > 1) qsort(keys, n, sizeof *keys, compare_keys);
  for (size_t i = 1; i < n; i++) {
    if (memcmp(keys[i].bytes, keys[i - 1].bytes, LNTI_SET_KEY_BYTES) != 0) continue;
    lnti_set_join(parent, keys[i - 1].member, keys[i].member);
  }
}

void lnti_set_key_of(lnti_set_key *out, const void *data, size_t n, uint32_t member) {
  lnti_hash hash;
  lnti_hash_bytes(&hash, data, n);
  memcpy(out->bytes, hash.bytes, LNTI_SET_KEY_BYTES);
  out->member = member;
}

void lnti_sets_flatten(uint32_t *parent, size_t n) {
  for (size_t i = 0; i < n; i++) parent[i] = parent[parent[i]]; /* the way of a lower one is short by now */
}
