/**
 * @file hash.h
 * Content hash (BLAKE2b, 256 bits, by libsodium), a fast hash (XXH3, 128 bits), random bytes, UUIDv7, and hexadecimal.
 */
#ifndef LNTI_BASE_HASH_H
#define LNTI_BASE_HASH_H

#include <linnet/status.h>
#include <stddef.h>
#include <stdint.h>

enum { LNTI_HASH_BYTES = 32, LNTI_HASH_HEX = 65, LNTI_UUID_BYTES = 16, LNTI_UUID_TEXT = 37 };

typedef struct lnti_hash {
  uint8_t bytes[LNTI_HASH_BYTES];
} lnti_hash;

/** Hash in progress; no clean-up needed. */
typedef struct lnti_hasher {
  _Alignas(64) unsigned char state[384];
} lnti_hasher;

void lnti_hash_begin(lnti_hasher *hasher);
void lnti_hash_update(lnti_hasher *hasher, const void *data, size_t n);
void lnti_hash_end(lnti_hash *out, lnti_hasher *hasher);
/** All in one. */
void lnti_hash_bytes(lnti_hash *out, const void *data, size_t n);
/** Lower-case hexadecimal with its NUL. */
void lnti_hash_hex(char out[LNTI_HASH_HEX], const lnti_hash *hash);

/** SHA-256, in hexadecimal: for files whose publishers name it. Nothing of our own is told apart by it. */
void lnti_sha256_hex(char out[LNTI_HASH_HEX], const void *data, size_t n);

/** A fast hash of 128 bits (XXH3 by xxHash, at many gigabytes a second), for finding what is equal in one's own data: who
 *  wants to can make two blocks that collide. The bytes are the same everywhere. */
enum { LNTI_HASH128_BYTES = 16, LNTI_HASH128_HEX = 33 };
typedef struct lnti_hash128 {
  uint8_t bytes[LNTI_HASH128_BYTES];
} lnti_hash128;

/** Hash in progress; no clean-up needed. */
typedef struct lnti_hasher128 {
  _Alignas(64) unsigned char state[576];
} lnti_hasher128;

void lnti_hash128_begin(lnti_hasher128 *hasher);
void lnti_hash128_update(lnti_hasher128 *hasher, const void *data, size_t n);
void lnti_hash128_end(lnti_hash128 *out, lnti_hasher128 *hasher);
/** All in one. */
void lnti_hash128_bytes(lnti_hash128 *out, const void *data, size_t n);
/** Lower-case hexadecimal with its NUL. */
void lnti_hash128_hex(char out[LNTI_HASH128_HEX], const lnti_hash128 *hash);

/** n random bytes of the system, fit for secrets and for names that nobody may guess. */
void lnti_random_bytes(void *out, size_t n);

/** A 64-bit mix for hash tables of trusted keys; not for content. */
uint64_t lnti_hash_table(const void *data, size_t n, uint64_t seed);

typedef struct lnti_uuid {
  uint8_t bytes[LNTI_UUID_BYTES];
} lnti_uuid;

/** A version 7 UUID (RFC 9562): milliseconds since 1970, then random bits of the system. */
void lnti_uuid7(lnti_uuid *out, uint64_t unix_ms);
void lnti_uuid_text(char out[LNTI_UUID_TEXT], const lnti_uuid *uuid);
/** LNT_EINVAL for anything but 8-4-4-4-12 hexadecimal digits. */
LNT_MUST_CHECK lnt_status lnti_uuid_parse(lnti_uuid *out, const char *text, lnt_error *err);

#endif
