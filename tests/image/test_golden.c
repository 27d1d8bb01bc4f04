/*
 * Small files of every format against the pixels that independent programs read from them, and cut at every byte.
 */
#include "support.h"

#include "image/golden.h"

static void test_all_rows(void **state) {
  (void)state;
  assert_true(check_table(LINNET_IMAGE_DATA "/golden.txt", LINNET_IMAGE_DATA, "") > 20);
}

static void test_cut_everywhere(void **state) {
  (void)state;
  static const char *const names[] = {
      "lossy.webp", "lossless.webp",  "lossy_alpha.webp", "animation.webp", "animation_alpha.webp",
      "still.gif",  "interlaced.gif", "transparent.gif",  "animation.gif",
  };
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) cut_everywhere(LINNET_IMAGE_DATA, names[i], 13);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_all_rows),
      cmocka_unit_test(test_cut_everywhere),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
