/*
 * BLAKE2b and random bytes by libsodium. sodium_init picks its kernels and opens the source of randomness; it is called
 * once before the first use of either.
 */
#include <base/hash.h>

#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(sizeof(crypto_generichash_state) <= sizeof(lnti_hasher), "lnti_hasher is too small");

static void start_sodium(void) {
  /* It fails only where the system has no entropy source at all: nothing can go on then. */
  if (sodium_init() < 0) abort();
}

static void start_once(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, start_sodium);
}

void lnti_hash_begin(lnti_hasher *hasher) {
  start_once();
  crypto_generichash_init((crypto_generichash_state *)(void *)hasher->state, NULL, 0, LNTI_HASH_BYTES);
}

void lnti_hash_update(lnti_hasher *hasher, const void *data, size_t n) {
  crypto_generichash_update((crypto_generichash_state *)(void *)hasher->state, data, n);
}

void lnti_hash_end(lnti_hash *out, lnti_hasher *hasher) {
  crypto_generichash_final((crypto_generichash_state *)(void *)hasher->state, out->bytes, LNTI_HASH_BYTES);
}

void lnti_hash_bytes(lnti_hash *out, const void *data, size_t n) {
  start_once();
  crypto_generichash(out->bytes, LNTI_HASH_BYTES, data, n, NULL, 0);
}

void lnti_hash_hex(char out[LNTI_HASH_HEX], const lnti_hash *hash) {
  sodium_bin2hex(out, LNTI_HASH_HEX, hash->bytes, LNTI_HASH_BYTES);
}

void lnti_sha256_hex(char out[LNTI_HASH_HEX], const void *data, size_t n) {
  unsigned char hash[crypto_hash_sha256_BYTES];
  start_once();
  crypto_hash_sha256(hash, data, n);
  sodium_bin2hex(out, LNTI_HASH_HEX, hash, sizeof hash);
}

void lnti_random_bytes(void *out, size_t n) {
  start_once();
  randombytes_buf(out, n);
}

/* Multiply-mix on 8 bytes at a time, finished as splitmix64 does. */
uint64_t lnti_hash_table(const void *data, size_t n, uint64_t seed) {
  const unsigned char *bytes = data;
  uint64_t h = seed ^ (n * 0x9e3779b97f4a7c15u);
  uint64_t word = 0;
  size_t i = 0;
  for (; n - i >= sizeof word; i += sizeof word) {
    memcpy(&word, bytes + i, sizeof word);
    h = (h ^ word) * 0xff51afd7ed558ccdu;
    h ^= h >> 32;
  }
  if (i < n) {
    word = 0;
    memcpy(&word, bytes + i, n - i);
    h = (h ^ word) * 0xff51afd7ed558ccdu;
    h ^= h >> 32;
  }
  h = (h ^ (h >> 30)) * 0xbf58476d1ce4e5b9u;
  h = (h ^ (h >> 27)) * 0x94d049bb133111ebu;
  return h ^ (h >> 31);
}
