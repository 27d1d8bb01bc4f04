/* base/rng.c: known answers of an independent implementation (tests/golden/base_golden.py), ranges, uniformity. */
#include "support.h"

#include <base/rng.h>
#include <math.h>

static void test_known_answers(void **state) {
  (void)state;
  static const uint64_t plain[] = {UINT64_C(0x0000000000002d00), UINT64_C(0x0000000000000000),
                                   UINT64_C(0x000000005a007080), UINT64_C(0x10e0000000009d80),
                                   UINT64_C(0x10e0b61ce1009d80), UINT64_C(0x0870021ce143ad00)};
  lnti_rng rng = {{1, 2, 3, 4}};
  for (size_t i = 0; i < 6; i++) assert_true(lnti_rng_next(&rng) == plain[i]);
}

static void test_known_seeds(void **state) {
  (void)state;
  static const struct {
    uint64_t seed, stream, wanted[4];
  } cases[] = {
      {0,
       0,
       {UINT64_C(0x99ec5f36cb75f2b4), UINT64_C(0xbf6e1f784956452a), UINT64_C(0x1a5f849d4933e6e0),
        UINT64_C(0x6aa594f1262d2d2c)}},
      {1,
       0,
       {UINT64_C(0xb3f2af6d0fc710c5), UINT64_C(0x853b559647364cea), UINT64_C(0x92f89756082a4514),
        UINT64_C(0x642e1c7bc266a3a7)}},
      {0,
       1,
       {UINT64_C(0xee127fe613436e33), UINT64_C(0xd6dad8d34a1874ea), UINT64_C(0x2a52c16cec1116a9),
        UINT64_C(0x9af9091d9f77d551)}},
      {42,
       7,
       {UINT64_C(0x24bfb39aeb008c15), UINT64_C(0xd858489e7fc02496), UINT64_C(0x3deebe24036964f3),
        UINT64_C(0x532b7127a28f00a1)}},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    lnti_rng rng;
    lnti_rng_seed(&rng, cases[i].seed, cases[i].stream);
    for (size_t j = 0; j < 4; j++) assert_true(lnti_rng_next(&rng) == cases[i].wanted[j]);
  }
}

static void test_below(void **state) {
  (void)state;
  static const uint64_t bounds[] = {1, 2, 3, 10, 1000, UINT64_C(1) << 32, (UINT64_C(1) << 63) + 1, UINT64_MAX};
  lnti_rng rng;
  lnti_rng_seed(&rng, 3, 0);
  for (size_t i = 0; i < sizeof bounds / sizeof bounds[0]; i++) {
    for (int j = 0; j < 1000; j++) assert_true(lnti_rng_below(&rng, bounds[i]) < bounds[i]);
  }
}

/* Pearson's chi-square with 9 degrees of freedom exceeds 33.7 once in 10,000 seeds; these seeds are fixed. */
static void check_uniform(lnti_rng *rng, void *payload) {
  enum { BINS = 10, DRAWS = 20000 };
  size_t counts[BINS] = {0};
  double chi = 0, expected = (double)DRAWS / BINS;
  (void)payload;
  for (int i = 0; i < DRAWS; i++) counts[lnti_rng_below(rng, BINS)]++;
  for (int i = 0; i < BINS; i++) chi += ((double)counts[i] - expected) * ((double)counts[i] - expected) / expected;
  assert_true(chi < 33.7);
}

static void test_uniform(void **state) {
  (void)state;
  lnti_test_property("below is uniform", 20, check_uniform, NULL);
}

static void check_moments(lnti_rng *rng, void *payload) {
  enum { DRAWS = 20000 };
  double unit = 0, sum = 0, squares = 0;
  (void)payload;
  for (int i = 0; i < DRAWS; i++) {
    double u = lnti_rng_unit(rng), x = lnti_rng_normal(rng);
    assert_true(u >= 0 && u < 1 && isfinite(x));
    unit += u;
    sum += x;
    squares += x * x;
  }
  /* Five standard errors each. */
  assert_true(fabs(unit / DRAWS - 0.5) < 5 * sqrt(1.0 / 12 / DRAWS));
  assert_true(fabs(sum / DRAWS) < 5 / sqrt(DRAWS));
  assert_true(fabs(squares / DRAWS - 1) < 5 * sqrt(2.0 / DRAWS));
}

static void test_moments(void **state) {
  (void)state;
  lnti_test_property("unit and normal have their moments", 10, check_moments, NULL);
}

/* Objects larger than the 256 bytes that are exchanged at once must stay whole. */
static void check_shuffle(lnti_rng *rng, void *payload) {
  enum { N = 50 };
  typedef struct large {
    unsigned value;
    unsigned char fill[600];
  } large;
  static large objects[N];
  bool seen[N] = {false};
  (void)payload;
  for (unsigned i = 0; i < N; i++) {
    objects[i].value = i;
    memset(objects[i].fill, (int)i, sizeof objects[i].fill);
  }
  lnti_rng_shuffle(rng, objects, N, sizeof objects[0]);
  for (unsigned i = 0; i < N; i++) {
    assert_true(objects[i].value < N && !seen[objects[i].value]);
    seen[objects[i].value] = true;
    for (size_t j = 0; j < sizeof objects[i].fill; j++) assert_int_equal(objects[i].fill[j], objects[i].value);
  }
}

static void test_shuffle(void **state) {
  (void)state;
  lnti_test_property("a shuffle is a permutation", 20, check_shuffle, NULL);
  lnti_rng rng;
  lnti_rng_seed(&rng, 1, 0);
  int one = 7;
  lnti_rng_shuffle(&rng, &one, 1, sizeof one);
  lnti_rng_shuffle(&rng, NULL, 0, sizeof one);
  assert_int_equal(one, 7);
}

/* All six orders of three come up, each about a sixth of the time. */
static void test_shuffle_is_fair(void **state) {
  (void)state;
  size_t counts[27] = {0}, orders = 0;
  lnti_rng rng;
  lnti_rng_seed(&rng, 5, 0);
  for (int i = 0; i < 6000; i++) {
    char v[3] = {0, 1, 2};
    lnti_rng_shuffle(&rng, v, 3, 1);
    counts[v[0] * 9 + v[1] * 3 + v[2]]++;
  }
  for (int i = 0; i < 27; i++) {
    orders += counts[i] > 0;
    assert_true(counts[i] == 0 || (counts[i] > 850 && counts[i] < 1150));
  }
  assert_int_equal(orders, 6);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_known_answers),   cmocka_unit_test(test_known_seeds), cmocka_unit_test(test_below),
      cmocka_unit_test(test_uniform),         cmocka_unit_test(test_moments),     cmocka_unit_test(test_shuffle),
      cmocka_unit_test(test_shuffle_is_fair),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
