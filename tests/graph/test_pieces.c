/* Places in a block: none overlap, little is wasted, and taking one looks at few, however many there are. */
#include "support.h"

#include <base/alloc.h>
#include <base/rng.h>
#include <graph/pieces.h>

static int by_begin(const void *a, const void *b) {
  const size_t *x = a, *y = b;
  return (*x > *y) - (*x < *y);
}

/* Those that are taken lie apart, within the block, aligned. */
static void check_apart(const lnti_pieces *p, const uint32_t *number, const size_t *bytes, size_t n) {
  size_t(*span)[2] = NULL;
  assert_ok(lnti_alloc(&span, n, sizeof *span, ERR));
  for (size_t i = 0; i < n; i++) {
    span[i][0] = lnti_pieces_begin(p, number[i]);
    span[i][1] = span[i][0] + bytes[i];
  }
  qsort(span, n, sizeof *span, by_begin);
  for (size_t i = 0; i < n; i++) {
    assert_int_equal(span[i][0] % LNTI_PIECE_ALIGNMENT, 0);
    assert_true(span[i][1] <= (i + 1 < n ? span[i + 1][0] : p->end));
  }
  free(span);
}

static void taking_looks_at_few(void **state) {
  (void)state;
  enum { LIVE = 20000, ROUNDS = 100000 };
  lnti_pieces p = {0};
  lnti_rng rng;
  uint32_t *number = NULL;
  size_t *bytes = NULL, live = 0, most = 0;
  lnti_rng_seed(&rng, 7, 0);
  assert_ok(lnti_alloc_zero(&number, LIVE, sizeof *number, ERR));
  assert_ok(lnti_alloc_zero(&bytes, LIVE, sizeof *bytes, ERR));
  for (size_t i = 0; i < LIVE + ROUNDS; i++) {
    size_t k = i < LIVE ? i : (size_t)lnti_rng_below(&rng, LIVE);
    if (i >= LIVE) {
      lnti_pieces_give(&p, number[k]);
      live -= bytes[k];
    }
    bytes[k] = (size_t)lnti_rng_below(
        &rng, (uint64_t)1 << (6 + lnti_rng_below(&rng, 12))); /* 0 to 128 KiB, small ones more often */
    assert_ok(lnti_pieces_take(&number[k], &p, bytes[k], ERR));
    live += bytes[k];
    if (live > most) most = live;
  }
  assert_true(p.looked <= (size_t)32 * (LIVE + ROUNDS)); /* of the tens of thousands that are free */
  assert_true(p.end <= most + most / 2);
  check_apart(&p, number, bytes, LIVE);
  size_t end = p.end;
  for (size_t k = 0; k < LIVE; k++) lnti_pieces_give(&p, number[k]);
  assert_ok(lnti_pieces_take(&number[0], &p, end, ERR)); /* all is one piece again */
  assert_int_equal(p.end, end);
  assert_int_equal(lnti_pieces_begin(&p, number[0]), 0);
  lnti_pieces_clear(&p);
  free(bytes);
  free(number);
}

static void the_end_grows(void **state) {
  (void)state;
  lnti_pieces p = {0};
  uint32_t a = 0, b = 0, c = 0;
  assert_ok(lnti_pieces_take(&a, &p, 64, ERR));
  assert_ok(lnti_pieces_take(&b, &p, 1, ERR));
  assert_int_equal(p.end, 128);
  lnti_pieces_give(&p, b);
  assert_ok(lnti_pieces_take(&c, &p, 640, ERR));
  assert_int_equal(lnti_pieces_begin(&p, c), 64);
  assert_int_equal(p.end, 704);
  lnti_pieces_clear(&p);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(taking_looks_at_few), cmocka_unit_test(the_end_grows)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
