/*
 * Dealing by hand where there is one right answer; then random groups and classes against the promises of the header.
 */
#include <flow/split/deal.h>
#include <math.h>

#include "support.h"

enum { N_MAX = 400 };

typedef struct cards {
  uint32_t group[N_MAX], class[N_MAX];
  bool in_test[N_MAX];
  uint8_t part[N_MAX];
  lnti_deal deal;
} cards;

static void init(cards *c, double val, double test) {
  memset(c, 0, sizeof *c);
  c->deal = (lnti_deal){.group = c->group, .class = c->class, .n_classes = 4, .val = val, .test = test};
}

/* Adds a group of n items of one class. */
static void add(cards *c, size_t n, uint32_t class) {
  uint32_t first = (uint32_t)c->deal.n;
  for (size_t i = 0; i < n; i++, c->deal.n++) {
    c->group[c->deal.n] = first;
    c->class[c->deal.n] = class;
  }
}

static void out(cards *c) {
  memset(c->part, 99, sizeof c->part);
  assert_ok(lnti_deal_out(c->part, &c->deal, ERR));
}

static size_t count(const cards *c, uint32_t class, lnti_part part) {
  size_t n = 0;
  for (size_t i = 0; i < c->deal.n; i++) n += c->class[i] == class && c->part[i] == part;
  return n;
}

static void assert_whole(const cards *c) {
  for (size_t i = 0; i < c->deal.n; i++) {
    assert_in_range(c->part[i], 0, LNTI_PARTS - 1);
    assert_int_equal(c->part[i], c->part[c->group[i]]);
  }
}

static void test_nothing(void **state) {
  (void)state;
  cards c;
  init(&c, 0.1, 0.1);
  out(&c);
}

/* Items that are alone come out as wanted, whatever the seed. */
static void test_singles(void **state) {
  (void)state;
  cards c;
  init(&c, 0.15, 0.2);
  for (int i = 0; i < 100; i++) add(&c, 1, 0);
  for (int i = 0; i < 10; i++) add(&c, 1, 1);
  for (int i = 0; i < 3; i++) add(&c, 1, 2);
  for (c.deal.seed = 0; c.deal.seed < 20; c.deal.seed++) {
    out(&c);
    assert_int_equal(count(&c, 0, LNTI_PART_VAL), 15);
    assert_int_equal(count(&c, 0, LNTI_PART_TEST), 20);
    assert_int_equal(count(&c, 1, LNTI_PART_VAL), 2);
    assert_int_equal(count(&c, 1, LNTI_PART_TEST), 2);
    assert_int_equal(count(&c, 2, LNTI_PART_VAL), 0);
    assert_int_equal(count(&c, 2, LNTI_PART_TEST), 1);
  }
}

/* Five groups of seven for shares of 70, 15 and 15 %: three, one and one are the nearest. */
static void test_equal_groups(void **state) {
  (void)state;
  cards c;
  init(&c, 0.15, 0.15);
  for (uint32_t class = 0; class < 4; class ++) {
    for (int i = 0; i < 5; i++) add(&c, 7, class);
  }
  for (c.deal.seed = 0; c.deal.seed < 50; c.deal.seed++) {
    out(&c);
    assert_whole(&c);
    for (uint32_t class = 0; class < 4; class ++) {
      assert_int_equal(count(&c, class, LNTI_PART_TEST), 7);
      assert_int_equal(count(&c, class, LNTI_PART_VAL), 7);
    }
  }
}

/* A group that is larger than what a part wants goes where it does least harm. */
static void test_one_large_group(void **state) {
  (void)state;
  cards c;
  init(&c, 0.2, 0.2);
  add(&c, 30, 0);
  for (c.deal.seed = 0; c.deal.seed < 10; c.deal.seed++) {
    out(&c);
    assert_int_equal(count(&c, 0, LNTI_PART_TRAIN), 30);
  }
}

/* Nothing goes to a part of which nothing is wanted. */
static void test_no_val(void **state) {
  (void)state;
  cards c;
  init(&c, 0, 0.5);
  for (int i = 0; i < 9; i++) add(&c, 3, (uint32_t)i % 3);
  out(&c);
  for (uint32_t class = 0; class < 3; class ++) assert_int_equal(count(&c, class, LNTI_PART_VAL), 0);
}

/* Large groups come to test about as often as its share says, and not never. */
static void test_large_groups_are_tested_too(void **state) {
  (void)state;
  cards c;
  size_t tested = 0;
  init(&c, 0, 0.25);
  add(&c, 20, 0);
  for (int i = 0; i < 140; i++) add(&c, 1, 0);
  for (c.deal.seed = 0; c.deal.seed < 400; c.deal.seed++) {
    out(&c);
    assert_int_equal(count(&c, 0, LNTI_PART_TEST), 40);
    tested += c.part[0] == LNTI_PART_TEST;
  }
  assert_in_range(tested, 40, 160); /* 86 at the odds of the header: 20 * 60 / (20 * 60 + 20 * 220) */
}

static void test_what_stays_in_test(void **state) {
  (void)state;
  cards c;
  init(&c, 0.25, 0.9);
  for (int i = 0; i < 10; i++) add(&c, 4, 0);
  c.in_test[9] = c.in_test[20] = true; /* of the third and the sixth group */
  c.deal.in_test = c.in_test;
  out(&c);
  assert_whole(&c);
  assert_int_equal(count(&c, 0, LNTI_PART_TEST), 8);
  assert_int_equal(count(&c, 0, LNTI_PART_VAL), 8); /* a quarter of the 32 others */
  assert_int_equal(c.part[8], LNTI_PART_TEST);
  assert_int_equal(c.part[23], LNTI_PART_TEST);
}

/* No group is cut, a seed is a deal, and parts miss their share by no more than the largest group (and the rounding of
 * each class). */
static void check_random(lnti_rng *rng, void *payload) {
  (void)payload;
  cards c;
  size_t n = 1 + lnti_rng_below(rng, N_MAX - 1), largest = 1;
  size_t most = 1 + lnti_rng_below(rng, 30);
  init(&c, lnti_rng_unit(rng) * 0.4, lnti_rng_unit(rng) * 0.4);
  while (c.deal.n < n) {
    size_t size = 1 + lnti_rng_below(rng, most), first = c.deal.n;
    if (size > n - c.deal.n) size = n - c.deal.n;
    add(&c, size, 0);
    uint32_t class = (uint32_t)lnti_rng_below(rng, 4);
    bool mixed = lnti_rng_below(rng, 3) == 0;
    for (size_t i = first; i < c.deal.n; i++) c.class[i] = mixed ? (uint32_t)lnti_rng_below(rng, 4) : class;
    if (size > largest) largest = size;
  }
  c.deal.seed = lnti_rng_next(rng);
  out(&c);
  assert_whole(&c);
  double shares[LNTI_PARTS] = {1 - c.deal.val - c.deal.test, c.deal.val, c.deal.test};
  for (int part = 0; part < LNTI_PARTS; part++) {
    size_t got = 0;
    for (uint32_t class = 0; class < 4; class ++) got += count(&c, class, (lnti_part)part);
    double off = fabs((double)got - shares[part] * (double)n);
    if (off > (double)largest + 4 * (double)largest)
      fail_msg("part %d: %zu of %zu, largest %zu", part, got, n, largest);
  }
  uint8_t before[N_MAX];
  memcpy(before, c.part, sizeof before);
  out(&c);
  assert_memory_equal(before, c.part, c.deal.n);
}

static void test_random_deals(void **state) {
  (void)state;
  lnti_test_property("deals keep their promises", 300, check_random, NULL);
}

/* Groups of one class: its share in each part is within the largest group. */
static void check_one_class(lnti_rng *rng, void *payload) {
  (void)payload;
  cards c;
  size_t n = 20 + lnti_rng_below(rng, N_MAX - 20), largest = 1, most = 1 + lnti_rng_below(rng, 20);
  init(&c, 0.05 + lnti_rng_unit(rng) * 0.4, 0.05 + lnti_rng_unit(rng) * 0.4);
  while (c.deal.n < n) {
    size_t size = 1 + lnti_rng_below(rng, most);
    if (size > n - c.deal.n) size = n - c.deal.n;
    add(&c, size, 0);
    if (size > largest) largest = size;
  }
  c.deal.seed = lnti_rng_next(rng);
  out(&c);
  double shares[LNTI_PARTS] = {1 - c.deal.val - c.deal.test, c.deal.val, c.deal.test};
  for (int part = 0; part < LNTI_PARTS; part++) {
    double off = fabs((double)count(&c, 0, (lnti_part)part) - shares[part] * (double)n);
    if (off > (double)largest + 1) fail_msg("part %d: off by %g of %zu, largest %zu", part, off, n, largest);
  }
}

static void test_shares_within_the_largest_group(void **state) {
  (void)state;
  lnti_test_property("shares within the largest group", 400, check_one_class, NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_nothing),
      cmocka_unit_test(test_singles),
      cmocka_unit_test(test_equal_groups),
      cmocka_unit_test(test_one_large_group),
      cmocka_unit_test(test_no_val),
      cmocka_unit_test(test_large_groups_are_tested_too),
      cmocka_unit_test(test_what_stays_in_test),
      cmocka_unit_test(test_random_deals),
      cmocka_unit_test(test_shares_within_the_largest_group),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
