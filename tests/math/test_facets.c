/*
 * Columns and bitmaps: values counted by hand, then random columns of every width at every level against one row at a time,
 * with lengths around whole words.
 */
#include <math/facets.h>

#include <math.h>

#include "support.h"

static const size_t widths[] = {1, 2, 4};

static void put(void *codes, size_t width, size_t i, uint32_t code) {
  if (width == 1) ((uint8_t *)codes)[i] = (uint8_t)code;
  if (width == 2) ((uint16_t *)codes)[i] = (uint16_t)code;
  if (width == 4) ((uint32_t *)codes)[i] = code;
}

/* Memory as the header asks for it. */
static void *rows(size_t n, size_t width) {
  size_t bytes = (lnti_facet_words(n) + 1) * 64 * width;
  void *out = aligned_alloc(64, bytes);
  assert_non_null(out);
  memset(out, 0, bytes);
  return out;
}

static uint64_t *bitmap(size_t n) {
  uint64_t *out = rows(n, 1);
  memset(out, 0xee, lnti_facet_words(n) * 8); /* what is made replaces all of it */
  return out;
}

/* ---- by hand ---- */

static void check_by_hand(lnt_cpu_level level, void *payload) {
  (void)payload;
  static const uint8_t code[10] = {0, 3, 1, 3, 2, 0, 3, 1, 0, 3};
  static const double real[10] = {0, 1, NAN, -1, 0.5, (double)INFINITY, 2, 1, 3, (double)-INFINITY};
  uint8_t *codes = rows(10, 1), *allowed = rows(lnti_facet_table_bytes(4), 1);
  double *numbers = rows(10, 8);
  uint32_t counts[4], order[10] = {9, 8, 7, 6, 5, 4, 3, 2, 1, 0};
  uint64_t *bits = bitmap(10), *other = bitmap(10);
  memcpy(codes, code, sizeof code);
  memcpy(numbers, real, sizeof real);
  allowed[1] = allowed[3] = 255;
  lnti_facet_select(bits, codes, 1, 10, allowed, 4, level);
  assert_int_equal(bits[0], 0x2ce); /* rows 1, 2, 3, 6, 7 and 9 */
  lnti_facet_range(other, codes, 1, 10, 1, 2, level);
  assert_int_equal(other[0], 1u << 2 | 1u << 4 | 1u << 7);
  assert_int_equal(lnti_bits_count(bits, 1, level), 6);
  assert_int_equal(lnti_bits_count_both(bits, other, 1, level), 2);
  lnti_facet_count(counts, codes, 1, 10, bits, 4, level);
  assert_int_equal(counts[0], 0);
  assert_int_equal(counts[1], 2);
  assert_int_equal(counts[2], 0);
  assert_int_equal(counts[3], 4);
  lnti_facet_range_real(other, numbers, 10, 0, 1, level);
  assert_int_equal(other[0], 1u << 0 | 1u << 1 | 1u << 4 | 1u << 7);
  lnti_facet_range_real(other, numbers, 10, (double)-INFINITY, (double)INFINITY, level);
  assert_int_equal(other[0], 0x3ff & ~(1u << 2)); /* NaN is in no range */
  lnti_facet_range_real(other, numbers, 10, 1, 0, level);
  assert_int_equal(other[0], 0);
  lnti_bits_permute(other, bits, order, 10, level);
  assert_int_equal(other[0], 1u << 0 | 1u << 2 | 1u << 3 | 1u << 6 | 1u << 7 | 1u << 8);
  assert_int_equal(lnti_facet_largest(codes, 1, 10), 3);
  free(other);
  free(bits);
  free(numbers);
  free(allowed);
  free(codes);
}

static void test_by_hand(void **state) {
  (void)state;
  lnti_test_each_cpu_level(check_by_hand, NULL);
}

static void check_nothing(lnt_cpu_level level, void *payload) {
  (void)payload;
  uint8_t *codes = rows(0, 1), *allowed = rows(lnti_facet_table_bytes(1), 1);
  uint64_t *bits = bitmap(0);
  uint32_t counts[1] = {7};
  lnti_facet_select(bits, codes, 1, 0, allowed, 1, level);
  lnti_facet_range(bits, codes, 1, 0, 0, 9, level);
  lnti_bits_permute(bits, bits, counts, 0, level);
  lnti_facet_count(counts, codes, 1, 0, bits, 1, level);
  assert_int_equal(counts[0], 0);
  assert_int_equal(lnti_bits_count(bits, 0, level), 0);
  assert_int_equal(lnti_facet_largest(codes, 4, 0), 0);
  free(bits);
  free(allowed);
  free(codes);
}

static void test_nothing(void **state) {
  (void)state;
  lnti_test_each_cpu_level(check_nothing, NULL);
}

/* ---- random columns against one row at a time ---- */

typedef struct drawn {
  lnti_rng *rng;
  lnt_cpu_level level;
  size_t n, width, n_codes;
  uint32_t *plain; /* [n] the codes */
  void *codes;
  uint64_t *bits; /* some rows */
} drawn;

static bool bit(const uint64_t *bits, size_t i) {
  return bits[i / 64] >> (i % 64) & 1;
}

/* What lies beyond the last row stays clear. */
static void check_tail(const uint64_t *bits, size_t n) {
  if (n % 64) assert_int_equal(bits[n / 64] >> (n % 64), 0);
}

static void draw(drawn *d, size_t w) {
  static const size_t most[] = {256, 65536, 200000};
  static const size_t few[] = {1, 2, 7, 8, 9, 24, 25, 100, 255, 256, 4096, 4097, 65536};
  lnti_rng *rng = d->rng;
  d->width = widths[w];
  d->n = lnti_rng_below(rng, 4) == 0 ? 64 * (1 + lnti_rng_below(rng, 4)) : lnti_rng_below(rng, 700);
  do d->n_codes = lnti_rng_below(rng, 5) == 0 ? most[w] : few[lnti_rng_below(rng, 13)];
  while (d->n_codes > most[w]);
  d->plain = calloc(d->n + 1, sizeof *d->plain);
  d->codes = rows(d->n, d->width);
  d->bits = bitmap(d->n);
  uint64_t density = lnti_rng_below(rng, 5);
  for (size_t i = 0; i < d->n; i++) {
    d->plain[i] = (uint32_t)lnti_rng_below(rng, d->n_codes);
    put(d->codes, d->width, i, d->plain[i]);
    if (i % 64 == 0) d->bits[i / 64] = density == 4 ? UINT64_MAX : 0;
    if (density < 4 && lnti_rng_below(rng, 4) < density) d->bits[i / 64] |= (uint64_t)1 << i % 64;
  }
  if (d->n % 64) d->bits[d->n / 64] &= ((uint64_t)1 << d->n % 64) - 1;
}

static void check_select(const drawn *d) {
  uint8_t *allowed = rows(lnti_facet_table_bytes(d->n_codes), 1);
  uint64_t *got = bitmap(d->n);
  for (size_t c = 0; c < d->n_codes; c++) allowed[c] = lnti_rng_below(d->rng, 2) ? 255 : 0;
  lnti_facet_select(got, d->codes, d->width, d->n, allowed, d->n_codes, d->level);
  for (size_t i = 0; i < d->n; i++) assert_int_equal(bit(got, i), allowed[d->plain[i]] != 0);
  check_tail(got, d->n);
  free(got);
  free(allowed);
}

static void check_range(const drawn *d) {
  uint64_t *got = bitmap(d->n);
  uint32_t low = (uint32_t)lnti_rng_below(d->rng, d->n_codes), high = (uint32_t)lnti_rng_below(d->rng, d->n_codes);
  if (lnti_rng_below(d->rng, 8) == 0) low = 0;
  if (lnti_rng_below(d->rng, 8) == 0) high = UINT32_MAX;
  lnti_facet_range(got, d->codes, d->width, d->n, low, high, d->level);
  for (size_t i = 0; i < d->n; i++) assert_int_equal(bit(got, i), d->plain[i] >= low && d->plain[i] <= high);
  check_tail(got, d->n);
  free(got);
}

static void check_count(const drawn *d) {
  uint32_t *got = calloc(d->n_codes, sizeof *got), *wanted = calloc(d->n_codes, sizeof *wanted);
  size_t n = 0;
  memset(got, 0xdd, d->n_codes * sizeof *got);
  for (size_t i = 0; i < d->n; i++) {
    if (!bit(d->bits, i)) continue;
    wanted[d->plain[i]]++;
    n++;
  }
  lnti_facet_count(got, d->codes, d->width, d->n, d->bits, d->n_codes, d->level);
  assert_memory_equal(got, wanted, d->n_codes * sizeof *got);
  assert_int_equal(lnti_bits_count(d->bits, lnti_facet_words(d->n), d->level), n);
  free(wanted);
  free(got);
}

static void check_permute(const drawn *d) {
  uint32_t *order = calloc(d->n + 1, sizeof *order);
  uint64_t *got = bitmap(d->n);
  for (size_t i = 0; i < d->n; i++) order[i] = (uint32_t)i;
  lnti_rng_shuffle(d->rng, order, d->n, sizeof *order);
  lnti_bits_permute(got, d->bits, order, d->n, d->level);
  for (size_t i = 0; i < d->n; i++) assert_int_equal(bit(got, i), bit(d->bits, order[i]));
  check_tail(got, d->n);
  free(got);
  free(order);
}

static void check_column(lnti_rng *rng, void *payload) {
  for (size_t w = 0; w < 3; w++) {
    drawn d = {.rng = rng, .level = *(lnt_cpu_level *)payload};
    uint32_t largest = 0;
    draw(&d, w);
    check_select(&d);
    check_range(&d);
    check_count(&d);
    check_permute(&d);
    for (size_t i = 0; i < d.n; i++) largest = d.plain[i] > largest ? d.plain[i] : largest;
    assert_int_equal(lnti_facet_largest(d.codes, d.width, d.n), largest);
    free(d.bits);
    free(d.codes);
    free(d.plain);
  }
}

static void check_reals(lnti_rng *rng, void *payload) {
  size_t n = lnti_rng_below(rng, 300);
  double *x = rows(n, 8), low = lnti_rng_normal(rng), high = low + fabs(lnti_rng_normal(rng));
  uint64_t *got = bitmap(n);
  for (size_t i = 0; i < n; i++) {
    x[i] = lnti_rng_normal(rng);
    if (lnti_rng_below(rng, 9) == 0) x[i] = NAN;
    if (lnti_rng_below(rng, 9) == 0) x[i] = low;
    if (lnti_rng_below(rng, 9) == 0) x[i] = high;
  }
  lnti_facet_range_real(got, x, n, low, high, *(lnt_cpu_level *)payload);
  for (size_t i = 0; i < n; i++) assert_int_equal(bit(got, i), x[i] >= low && x[i] <= high);
  check_tail(got, n);
  free(got);
  free(x);
}

static void check_random(lnt_cpu_level level, void *payload) {
  (void)payload;
  lnti_test_property("columns of codes", 150, check_column, &level);
  lnti_test_property("columns of doubles", 50, check_reals, &level);
}

static void test_random(void **state) {
  (void)state;
  lnti_test_each_cpu_level(check_random, NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_by_hand),
      cmocka_unit_test(test_nothing),
      cmocka_unit_test(test_random),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
