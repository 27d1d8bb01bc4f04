/*
 * XXH3 by xxHash. Its state is on the caller's stack; the library's own allocation is not needed.
 */
#define XXH_STATIC_LINKING_ONLY /* the size of the state, which is fixed since 0.8.0 */
#include <base/hash.h>

#include <sodium.h>
#include <xxhash.h>

_Static_assert(sizeof(XXH3_state_t) <= sizeof(lnti_hasher128), "lnti_hasher128 is too small");
_Static_assert(sizeof(XXH128_canonical_t) == LNTI_HASH128_BYTES, "128 bits");

static XXH3_state_t *state_of(lnti_hasher128 *hasher) {
  return (XXH3_state_t *)(void *)hasher->state;
}

static void write_canonical(lnti_hash128 *out, XXH128_hash_t hash) {
  XXH128_canonicalFromHash((XXH128_canonical_t *)(void *)out->bytes, hash);
}

/* The library's functions cannot fail: they are given a state, and data where n is above 0. */
void lnti_hash128_begin(lnti_hasher128 *hasher) {
  XXH3_INITSTATE(state_of(hasher));
  (void)XXH3_128bits_reset(state_of(hasher));
}

void lnti_hash128_update(lnti_hasher128 *hasher, const void *data, size_t n) {
  if (n > 0) (void)XXH3_128bits_update(state_of(hasher), data, n);
}

void lnti_hash128_end(lnti_hash128 *out, lnti_hasher128 *hasher) {
  write_canonical(out, XXH3_128bits_digest(state_of(hasher)));
}

void lnti_hash128_bytes(lnti_hash128 *out, const void *data, size_t n) {
  write_canonical(out, XXH3_128bits(data, n));
}

void lnti_hash128_hex(char out[LNTI_HASH128_HEX], const lnti_hash128 *hash) {
  sodium_bin2hex(out, LNTI_HASH128_HEX, hash->bytes, LNTI_HASH128_BYTES);
}
