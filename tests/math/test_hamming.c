/*
 * Codes: distances by hand, and the forest against Kruskal's over every pair, for codes that are spread, crowded, skewed
 * and equal, at several distances, levels and thread counts.
 */
#include "support.h"

#include <base/context.h>
#include <math/hamming.h>

enum { N_MAX = 2500 };

/* ---- the plain way ---- */

static uint32_t root_of(uint32_t *parent, uint32_t at) {
  uint32_t root = at;
  while (parent[root] != root) root = parent[root];
  parent[at] = root;
  return root;
}

/* Every pair, by rising distance, a, b. */
static size_t plain_forest(lnti_link *out, const uint8_t *codes, size_t n, unsigned most) {
  uint32_t *parent = malloc((n + 1) * sizeof *parent);
  lnti_link *pairs = malloc((n * n / 2 + 1) * sizeof *pairs);
  size_t n_pairs = 0, found = 0;
  assert_non_null(parent);
  assert_non_null(pairs);
  for (size_t a = 0; a < n; a++) {
    parent[a] = (uint32_t)a;
    for (size_t b = a + 1; b < n; b++) {
      unsigned distance = lnti_hamming(codes + a * LNTI_CODE_BYTES, codes + b * LNTI_CODE_BYTES);
      if (distance <= most) pairs[n_pairs++] = (lnti_link){(uint32_t)a, (uint32_t)b, distance};
    }
  }
  for (unsigned d = 0; d <= most; d++) {
    for (size_t i = 0; i < n_pairs; i++) {
      if (pairs[i].distance != d) continue;
      uint32_t x = root_of(parent, pairs[i].a), y = root_of(parent, pairs[i].b);
      if (x == y) continue;
      parent[y] = x;
      out[found++] = pairs[i];
    }
  }
  free(pairs);
  free(parent);
  return found;
}

/* ---- codes ---- */

static void random_code(uint8_t *code, lnti_rng *rng) {
  for (size_t i = 0; i < LNTI_CODE_BYTES; i++) code[i] = (uint8_t)lnti_rng_next(rng);
}

static void flip(uint8_t *code, size_t n_bits, lnti_rng *rng) {
  for (size_t i = 0; i < n_bits; i++) {
    uint64_t bit = lnti_rng_below(rng, LNTI_CODE_BITS);
    code[bit / 8] ^= (uint8_t)(1u << bit % 8);
  }
}

/* Each a centre with up to `flips` bits changed (some twice, and so not). */
static void crowd(uint8_t *codes, size_t n, size_t n_centres, size_t flips, lnti_rng *rng) {
  uint8_t centre[40][LNTI_CODE_BYTES];
  for (size_t c = 0; c < n_centres; c++) random_code(centre[c], rng);
  for (size_t i = 0; i < n; i++) {
    memcpy(codes + i * LNTI_CODE_BYTES, centre[lnti_rng_below(rng, n_centres)], LNTI_CODE_BYTES);
    flip(codes + i * LNTI_CODE_BYTES, lnti_rng_below(rng, flips + 1), rng);
  }
}

/* Most bits nearly always 0, as of plain pictures. */
static void skew(uint8_t *codes, size_t n, lnti_rng *rng) {
  memset(codes, 0, n * LNTI_CODE_BYTES);
  for (size_t i = 0; i < n; i++) {
    for (size_t b = 0; b < LNTI_CODE_BITS; b++) {
      bool one = lnti_rng_below(rng, b < 64 ? 2 : 50) == 0;
      codes[i * LNTI_CODE_BYTES + b / 8] |= (uint8_t)(one << b % 8);
    }
  }
}

static void compare(const uint8_t *codes, size_t n, unsigned most, unsigned n_threads, lnt_cpu_level level) {
  lnti_link *wanted = malloc((n + 1) * sizeof *wanted), *links = NULL;
  size_t n_links = 0, n_wanted = plain_forest(wanted, codes, n, most);
  lnti_context context = {.cpu = level};
  assert_ok(lnti_pool_new(&context.pool, n_threads, ERR));
  assert_ok(lnti_hamming_forest(&links, &n_links, codes, n, most, &context, ERR));
  assert_int_equal(n_links, n_wanted);
  for (size_t i = 0; i < n_links; i++) {
    if (memcmp(&links[i], &wanted[i], sizeof links[i]) == 0) continue;
    fail_msg("link %zu of %zu: %u-%u at %u where %u-%u at %u is wanted", i, n_links, links[i].a, links[i].b,
             links[i].distance, wanted[i].a, wanted[i].b, wanted[i].distance);
  }
  lnti_pool_free(context.pool);
  free(links);
  free(wanted);
}

/* ---- tests ---- */

static void test_distance(void **state) {
  (void)state;
  uint8_t a[LNTI_CODE_BYTES] = {0}, b[LNTI_CODE_BYTES] = {0};
  assert_int_equal(lnti_hamming(a, b), 0);
  b[0] = 0x81;
  b[31] = 0x10;
  assert_int_equal(lnti_hamming(a, b), 3);
  memset(b, 0xff, sizeof b);
  assert_int_equal(lnti_hamming(a, b), 256);
}

/* 0 and 2 are equal, 1 is 2 bits from them, 3 is 3 bits from 1 and 5 from 0. */
static void test_by_hand(void **state) {
  (void)state;
  uint8_t codes[4][LNTI_CODE_BYTES] = {{0}};
  lnti_link *links = NULL;
  size_t n = 99;
  lnti_context context = {.cpu = LNT_CPU_GENERIC};
  codes[1][5] = 0x03;
  memcpy(codes[3], codes[1], LNTI_CODE_BYTES);
  codes[3][30] = 0x70;
  static const lnti_link wanted[] = {{0, 2, 0}, {0, 1, 2}, {1, 3, 3}};
  static const size_t within[] = {1, 1, 2, 3, 3, 3};
  for (unsigned most = 0; most <= 5; most++) {
    assert_ok(lnti_hamming_forest(&links, &n, codes[0], 4, most, &context, ERR));
    assert_int_equal(n, within[most]);
    assert_memory_equal(links, wanted, n * sizeof *links);
    free(links);
  }
  assert_ok(lnti_hamming_forest(&links, &n, codes[0], 1, 31, &context, ERR));
  assert_int_equal(n, 0);
  free(links);
  assert_ok(lnti_hamming_forest(&links, &n, NULL, 0, 31, &context, ERR));
  assert_int_equal(n, 0);
  free(links);
}

static void test_what_is_refused(void **state) {
  (void)state;
  uint8_t code[LNTI_CODE_BYTES] = {0};
  lnti_link *links = NULL;
  size_t n = 77;
  lnti_cancel cancel = {0};
  lnti_context context = {.cpu = LNT_CPU_GENERIC, .cancel = &cancel};
  assert_status(lnti_hamming_forest(&links, &n, code, 1, LNTI_HAMMING_MOST_MAX + 1, &context, ERR), LNT_EINVAL);
  assert_message("64");
  assert_status(lnti_hamming_forest(&links, &n, code, (size_t)LNTI_HAMMING_CODES_MAX + 1, 1, &context, ERR),
                LNT_ELIMIT);
  lnti_cancel_request(&cancel);
  assert_status(lnti_hamming_forest(&links, &n, code, 1, 1, &context, ERR), LNT_ECANCELLED);
  assert_null(links);
  assert_int_equal(n, 77);
}

static void at_level(lnt_cpu_level level, void *payload) {
  lnti_rng *rng = payload;
  static uint8_t codes[N_MAX * LNTI_CODE_BYTES];
  static const unsigned most[] = {0, 1, 3, 10, 24, 31, 40, 63};
  for (size_t m = 0; m < sizeof most / sizeof most[0]; m++) {
    size_t n = 2100 + lnti_rng_below(rng, 200); /* more than are compared plainly */
    crowd(codes, n, 40, most[m], rng);
    compare(codes, n, most[m], 1 + (unsigned)(m % 3), level);
  }
}

static void test_crowds_at_every_level(void **state) {
  (void)state;
  lnti_rng rng;
  lnti_rng_seed(&rng, 5, 0);
  lnti_test_each_cpu_level(at_level, &rng);
}

static void check_random(lnti_rng *rng, void *payload) {
  (void)payload;
  static uint8_t codes[N_MAX * LNTI_CODE_BYTES];
  size_t n = lnti_rng_below(rng, 2) ? 2049 + lnti_rng_below(rng, 100) : lnti_rng_below(rng, 300);
  unsigned most = (unsigned)lnti_rng_below(rng, 64);
  switch (lnti_rng_below(rng, 3)) {
    case 0:
      crowd(codes, n, 1 + lnti_rng_below(rng, 40), lnti_rng_below(rng, 80), rng);
      break;
    case 1:
      skew(codes, n, rng);
      break;
    default:
      for (size_t i = 0; i < n; i++) random_code(codes + i * LNTI_CODE_BYTES, rng);
  }
  compare(codes, n, most, 1 + (unsigned)lnti_rng_below(rng, 4), lnt_cpu_detect());
}

static void test_random_codes(void **state) {
  (void)state;
  lnti_test_property("the forest of every pair", 12, check_random, NULL);
}

/* Millions of pairs: the buffer is cut down many times, and the result is the same. */
static void test_all_alike(void **state) {
  (void)state;
  static uint8_t codes[N_MAX * LNTI_CODE_BYTES];
  lnti_rng rng;
  lnti_rng_seed(&rng, 9, 0);
  crowd(codes, N_MAX, 1, 12, &rng);
  compare(codes, N_MAX, 30, 2, lnt_cpu_detect());
  memset(codes, 0x5a, sizeof codes); /* and equal */
  compare(codes, N_MAX, 30, 2, lnt_cpu_detect());
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_distance),        cmocka_unit_test(test_by_hand),
      cmocka_unit_test(test_what_is_refused), cmocka_unit_test(test_crowds_at_every_level),
      cmocka_unit_test(test_random_codes),    cmocka_unit_test(test_all_alike),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
