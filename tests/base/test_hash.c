/* base/hash.c and uuid.c: known answers of Python's hashlib (tests/golden/base_golden.py), pieces, UUID fields. */
#include "support.h"

#include <base/hash.h>

static void expect_hash(const void *data, size_t n, const char *wanted) {
  lnti_hash hash, in_pieces;
  lnti_hasher hasher;
  char hex[LNTI_HASH_HEX];
  lnti_hash_bytes(&hash, data, n);
  lnti_hash_hex(hex, &hash);
  assert_string_equal(hex, wanted);
  for (size_t piece = 1; piece <= 1000; piece = piece * 3 + 1) {
    lnti_hash_begin(&hasher);
    for (size_t at = 0; at < n; at += piece) {
      lnti_hash_update(&hasher, (const char *)data + at, n - at < piece ? n - at : piece);
    }
    lnti_hash_end(&in_pieces, &hasher);
    assert_memory_equal(&in_pieces, &hash, sizeof hash);
  }
}

static void test_known_answers(void **state) {
  (void)state;
  unsigned char bytes[1000];
  for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = (unsigned char)(i % 251);
  expect_hash("", 0, "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8");
  expect_hash("abc", 3, "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319");
  expect_hash(bytes, sizeof bytes, "b372d0608f720c8c3dd41e9c8eecb10143b41abe520b616607e754bf79c08331");
}

static void expect_hash128(const void *data, size_t n, const char *wanted) {
  lnti_hash128 hash, in_pieces;
  lnti_hasher128 hasher;
  char hex[LNTI_HASH128_HEX];
  lnti_hash128_bytes(&hash, data, n);
  lnti_hash128_hex(hex, &hash);
  assert_string_equal(hex, wanted);
  for (size_t piece = 1; piece <= 1000; piece = piece * 3 + 1) {
    lnti_hash128_begin(&hasher);
    for (size_t at = 0; at < n; at += piece) {
      lnti_hash128_update(&hasher, (const char *)data + at, n - at < piece ? n - at : piece);
    }
    lnti_hash128_update(&hasher, NULL, 0);
    lnti_hash128_end(&in_pieces, &hasher);
    assert_memory_equal(&in_pieces, &hash, sizeof hash);
  }
}

/* By xxhsum -H2 (Debian's xxhash 0.8.1); 100 bytes and 1000 take two other ways through the algorithm. */
static void test_known_answers_128(void **state) {
  (void)state;
  unsigned char bytes[1000];
  for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = (unsigned char)(i % 251);
  expect_hash128("", 0, "99aa06d3014798d86001c324468d497f");
  expect_hash128("abc", 3, "06b05ab6733a618578af5f94892f3950");
  expect_hash128(bytes, 100, "da95ef16fd9566f329b20ba5f03ec01e");
  expect_hash128(bytes, sizeof bytes, "18bf41bc8229e27733ef703fb2b20ed1");
}

static void test_table_hash(void **state) {
  (void)state;
  char text[65] = {0};
  uint64_t seen[65];
  for (size_t n = 0; n <= 64; n++) { /* zero bytes: only the length differs */
    seen[n] = lnti_hash_table(text, n, 1);
    for (size_t i = 0; i < n; i++) assert_true(seen[i] != seen[n]);
  }
  assert_true(lnti_hash_table("abc", 3, 1) != lnti_hash_table("abc", 3, 2));
  assert_true(lnti_hash_table("abc", 3, 1) == lnti_hash_table("abcd", 3, 1));
  for (size_t i = 0; i < 64; i++) { /* every byte counts */
    text[i] = 1;
    assert_true(lnti_hash_table(text, 64, 1) != seen[64]);
    text[i] = 0;
  }
}

/* Every byte of the block is drawn, and none around it. */
static void test_random_bytes(void **state) {
  (void)state;
  enum { N = 40, DRAWS = 64 };
  unsigned char bytes[N + 2] = {0}, seen[N + 2] = {0};
  for (int i = 0; i < DRAWS; i++) {
    lnti_random_bytes(bytes + 1, N);
    for (size_t k = 0; k < sizeof bytes; k++) seen[k] |= bytes[k];
  }
  for (size_t k = 1; k <= N; k++) assert_int_not_equal(seen[k], 0);
  assert_int_equal(seen[0] | seen[N + 1], 0);
  lnti_random_bytes(bytes, 0);
}

static void test_uuid_fields(void **state) {
  (void)state;
  lnti_uuid a, b;
  char text[LNTI_UUID_TEXT];
  lnti_uuid7(&a, UINT64_C(0x0123456789AB));
  lnti_uuid7(&b, UINT64_C(0x0123456789AB));
  assert_memory_not_equal(&a, &b, sizeof a); /* 74 random bits */
  lnti_uuid_text(text, &a);
  assert_int_equal(strlen(text), LNTI_UUID_TEXT - 1);
  assert_memory_equal(text, "01234567-89ab-7", 15);
  assert_true(text[18] == '-' && text[23] == '-');
  assert_non_null(strchr("89ab", text[19]));
  lnti_uuid7(&b, UINT64_C(0x0123456789AC)); /* later ones sort after */
  assert_true(memcmp(&a, &b, sizeof a) < 0);
}

static void test_uuid_text(void **state) {
  (void)state;
  static const char text[] = "00112233-4455-7677-8899-aabbccddeeff";
  static const unsigned char bytes[] = {0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x76, 0x77,
                                        0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff};
  lnti_uuid uuid;
  char back[LNTI_UUID_TEXT];
  assert_ok(lnti_uuid_parse(&uuid, text, ERR));
  assert_memory_equal(&uuid, bytes, sizeof bytes);
  lnti_uuid_text(back, &uuid);
  assert_string_equal(back, text);
  assert_ok(lnti_uuid_parse(&uuid, "00112233-4455-7677-8899-AABBCCDDEEFF", ERR));
  assert_memory_equal(&uuid, bytes, sizeof bytes);
}

static void test_uuid_refused(void **state) {
  (void)state;
  static const char *const bad[] = {"",
                                    "00112233-4455-7677-8899-aabbccddeef",
                                    "00112233-4455-7677-8899-aabbccddeeff0",
                                    "0011223344-55-7677-8899-aabbccddeeff",
                                    "00112233 4455-7677-8899-aabbccddeeff",
                                    "0011223g-4455-7677-8899-aabbccddeeff",
                                    "00112233-4455-7677-8899-aabbccddee-f",
                                    "-0112233-4455-7677-8899-aabbccddeeff"};
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    lnti_uuid uuid = {{1, 2, 3}}, before = uuid;
    assert_status(lnti_uuid_parse(&uuid, bad[i], ERR), LNT_EINVAL);
    assert_message("is no UUID");
    assert_memory_equal(&uuid, &before, sizeof uuid);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_known_answers), cmocka_unit_test(test_known_answers_128), cmocka_unit_test(test_table_hash),
      cmocka_unit_test(test_random_bytes),  cmocka_unit_test(test_uuid_fields),       cmocka_unit_test(test_uuid_text),
      cmocka_unit_test(test_uuid_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
