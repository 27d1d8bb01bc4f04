/* Top-k: hand-made cases, ties, NaN, and random rows against a full sort. */
#include "math_support.h"

#include <math.h>
#include <math/topk.h>

static void largest_first_ties_by_lower_index(void **state) {
  (void)state;
  const float score[] = {2, 7, -1, 7, 3};
  uint32_t index[5];
  lnti_topk_largest(index, score, 5, 3);
  assert_int_equal(index[0], 1);
  assert_int_equal(index[1], 3);
  assert_int_equal(index[2], 4);
  lnti_topk_largest(index, score, 5, 5);
  assert_int_equal(index[3], 0);
  assert_int_equal(index[4], 2);
  lnti_topk_largest(index, score, 1, 1);
  assert_int_equal(index[0], 0);
  index[0] = 42;
  lnti_topk_largest(index, score, 5, 0);
  assert_int_equal(index[0], 42);
}

static void nan_is_below_everything(void **state) {
  (void)state;
  const float score[] = {NAN, -INFINITY, NAN, 1};
  uint32_t index[4];
  lnti_topk_largest(index, score, 4, 4);
  assert_int_equal(index[0], 3);
  assert_int_equal(index[1], 1);
  assert_int_equal(index[2], 0);
  assert_int_equal(index[3], 2);
  assert_int_equal(lnti_argmax(score, 4), 3);
  assert_int_equal(lnti_argmax(score, 2), 1);
}

static void argmax_takes_the_lowest_of_equals(void **state) {
  (void)state;
  const float score[] = {0, 5, 5, 1}, nans[] = {NAN, NAN};
  assert_int_equal(lnti_argmax(score, 4), 1);
  assert_int_equal(lnti_argmax(score, 1), 0);
  assert_int_equal(lnti_argmax(score, 0), 0);
  assert_int_equal(lnti_argmax(nans, 2), 0);
}

static const float *sorted_by;

static int by_score(const void *a, const void *b) {
  uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
  if (sorted_by[x] != sorted_by[y]) return sorted_by[x] > sorted_by[y] ? -1 : 1;
  return x < y ? -1 : 1;
}

static void equals_a_full_sort(void **state) {
  (void)state;
  for (uint64_t seed = 1; seed <= 300; seed++) {
    float score[100];
    uint32_t all[100], index[100];
    lnti_rng rng;
    lnti_rng_seed(&rng, seed, 0);
    size_t n = 1 + lnti_rng_below(&rng, 100), k = 1 + lnti_rng_below(&rng, n);
    for (size_t i = 0; i < n; i++) {
      score[i] = (float)lnti_rng_below(&rng, 20); /* many ties */
      all[i] = (uint32_t)i;
    }
    sorted_by = score;
    qsort(all, n, sizeof *all, by_score);
    lnti_topk_largest(index, score, n, k);
    for (size_t i = 0; i < k; i++) {
      if (index[i] != all[i]) fail_msg("seed %llu: place %zu", (unsigned long long)seed, i);
    }
    assert_int_equal(lnti_argmax(score, n), all[0]);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(largest_first_ties_by_lower_index),
      cmocka_unit_test(nan_is_below_everything),
      cmocka_unit_test(argmax_takes_the_lowest_of_equals),
      cmocka_unit_test(equals_a_full_sort),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
