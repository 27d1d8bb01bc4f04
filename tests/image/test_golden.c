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
  static const struct {
    const char *name;
    size_t from, spare; /* bytes that tell the format; bytes at the end that tell nothing else */
  } files[] = {
      {"lossy.webp", 12, 0},
      {"lossless.webp", 12, 0},
      {"lossy_alpha.webp", 12, 0},
      {"animation.webp", 12, 0},
      {"animation_alpha.webp", 12, 0},
      {"still.gif", 6, 0},
      {"interlaced.gif", 6, 0},
      {"transparent.gif", 6, 0},
      {"animation.gif", 6, 0},
      {"grey.tif", 4, 0},
      {"rgb16.tif", 4, 0},
      {"palette.tif", 4, 0},
      {"tiles.tif", 4, 0},
      {"planes_lzw.tif", 4, 0},
      {"big.tif", 4, 0},
      {"jpeg.tif", 4, 0},
      {"fax4.tif", 4, 0},
      {"pages.tif", 4, 14} /* of the third page */,
      {"palette4_12.bmp", 2, 1},
      {"alpha_124.bmp", 2, 0},
      {"rgb32.bmp", 2, 0},
      {"rle8.bmp", 2, 4},
      {"rle4.bmp", 2, 0},
      {"still.heic", 12, 0},
      {"two.heic", 12, 0},
      {"colour.avif", 12, 0},
      {"rgba.pam", 3, 0},
      {"rgba16.pam", 3, 0},
      {"little.pfm", 3, 0},
      {"grey.pfm", 3, 0},
  };
  for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
    cut_everywhere(LINNET_IMAGE_DATA, files[i].name, files[i].from, files[i].spare);
  }
}

/* Every allocation of ours fails in turn: nothing is handed out, nothing leaks. */
static void test_out_of_memory(void **state) {
  (void)state;
  static const char *const names[] = {"animation.gif", "lossy.webp",      "pages.tif", "turned6.tif", "two.avif",
                                      "still.heic",    "palette4_12.bmp", "rle8.bmp",  "rgba16.pam",  "little.pfm"};
  const lnti_image_limits limits = LNTI_IMAGE_LIMITS_INIT;
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    size_t n = 0;
    if (!is_read_here(LINNET_IMAGE_DATA, names[i])) continue;
    uint8_t *data = read_whole(&n, LINNET_IMAGE_DATA, names[i]);
    const lnti_blob blob = blob_of(data, n);
    for_each_fault(nth) {
      lnti_image image = {0};
      assert_fault_status(lnti_image_decode(&image, NULL, &blob, NULL, &limits, ERR));
      if (lnti_test_allocation_failed()) assert_null(image.data);
      lnti_image_clear(&image);
    }
    free(data);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_all_rows),
      cmocka_unit_test(test_cut_everywhere),
      cmocka_unit_test(test_out_of_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
