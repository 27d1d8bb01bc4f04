/* Planes of a picture: a value by hand, and at every level what the formula says, bit by bit, for lengths around a vector's. */
#include "support.h"

#include <math/planes.h>

enum { N_MAX = 100 };

static void at_level(lnt_cpu_level level, void *payload) {
  static const float scale[] = {1.0f / 255, 0.0171247534f, -2}, shift[] = {0, -2.11790395f, 7};
  uint8_t from[3 * N_MAX];
  float plane[3][N_MAX + 1];
  float *const planes[] = {plane[2], plane[0], plane[1]};
  (void)payload;
  for (size_t i = 0; i < sizeof from; i++) from[i] = (uint8_t)(i * 89);
  for (size_t n = 0; n <= N_MAX; n++) {
    for (size_t c = 0; c < 3; c++) planes[c][n] = 4711;
    lnti_planes(planes, from, n, scale, shift, level);
    for (size_t c = 0; c < 3; c++) {
      for (size_t i = 0; i < n; i++) {
        const volatile float product = (float)from[3 * i + c] * scale[c];
        const float wanted = product + shift[c];
        assert_memory_equal(&planes[c][i], &wanted, sizeof wanted);
      }
      assert_true(planes[c][n] == 4711); /* nothing behind the end */
    }
  }
  lnti_planes(planes, (const uint8_t[]){255, 0, 3}, 1, scale, shift, level);
  assert_true(plane[2][0] == 1 && plane[1][0] == 1);
}

static void planes_are_what_the_formula_says(void **state) {
  (void)state;
  lnti_test_each_cpu_level(at_level, NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(planes_are_what_the_formula_says)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
