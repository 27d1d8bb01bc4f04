/*
 * Turning images: each orientation by hand, all pixel sizes, and that the eight are what EXIF says of one another.
 */
#include "support.h"

#include "image/pixels.h"
#include <image/codec.h>

/* Stored a b c / d e f, and what stands upright for each orientation (CIPA DC-008, 4.6.4: where row 0 and column 0
 * belong). */
static const struct {
  size_t h, w;
  const char *text;
} upright[9] = {{2, 3, "abcdef"}, {2, 3, "abcdef"}, {2, 3, "cbafed"}, {2, 3, "fedcba"}, {2, 3, "defabc"},
                {3, 2, "adbecf"}, {3, 2, "daebfc"}, {3, 2, "fcebda"}, {3, 2, "cfbead"}};

static void test_by_hand(void **state) {
  (void)state;
  for (unsigned i = 0; i <= 8; i++) {
    lnti_image image = {0};
    assert_ok(lnti_image_new(&image, 2, 3, 1, LNTI_DEPTH_U8, ERR));
    memcpy(image.data, "abcdef", 6);
    assert_ok(lnti_image_upright(&image, i, ERR));
    assert_int_equal(image.h, upright[i].h);
    assert_int_equal(image.w, upright[i].w);
    assert_memory_equal(image.data, upright[i].text, 6);
    lnti_image_clear(&image);
  }
}

/* Sample k of the stored pixel that stands at (y,x) upright. */
static size_t stored_index(unsigned orientation, size_t h, size_t w, size_t y, size_t x) {
  const size_t across = orientation > 4 ? h : w, down = orientation > 4 ? w : h;
  const bool right_to_left = orientation == 2 || orientation == 3 || orientation == 6 || orientation == 7;
  const bool bottom_to_top = orientation == 3 || orientation == 4 || orientation == 7 || orientation == 8;
  if (right_to_left) x = across - 1 - x;
  if (bottom_to_top) y = down - 1 - y;
  return orientation > 4 ? x * w + y : y * w + x;
}

/* Larger than a block in either direction, and not a multiple of it; every size of a pixel. */
static void test_every_kind(void **state) {
  (void)state;
  static const size_t channels[3] = {1, 3, 4};
  static const lnti_depth depths[3] = {LNTI_DEPTH_U8, LNTI_DEPTH_U16, LNTI_DEPTH_F32};
  const size_t h = 37, w = 70;
  for (size_t i = 0; i < 9; i++) {
    for (unsigned orientation = 1; orientation <= 8; orientation++) {
      lnti_image stored = make_image(h, w, channels[i % 3], depths[i / 3], busy_pixel), image = stored;
      assert_ok(lnti_image_new(&image, h, w, stored.c, stored.depth, ERR));
      const size_t bytes = lnti_image_bytes(&stored) / h / w;
      memcpy(image.data, stored.data, lnti_image_bytes(&stored));
      assert_ok(lnti_image_upright(&image, orientation, ERR));
      assert_int_equal(image.h, orientation > 4 ? w : h);
      assert_int_equal((uintptr_t)image.data % 64, 0);
      for (size_t at = 0; at < h * w; at++) {
        const size_t from = stored_index(orientation, h, w, at / image.w, at % image.w);
        assert_memory_equal((uint8_t *)image.data + at * bytes, (uint8_t *)stored.data + from * bytes, bytes);
      }
      lnti_image_clear(&image);
      lnti_image_clear(&stored);
    }
  }
}

static void test_one_pixel_wide(void **state) {
  (void)state;
  for (unsigned orientation = 1; orientation <= 8; orientation++) {
    lnti_image image = make_image(1, 40, 3, LNTI_DEPTH_U8, busy_pixel);
    assert_ok(lnti_image_upright(&image, orientation, ERR));
    assert_int_equal(image.h, orientation > 4 ? 40 : 1);
    assert_int_equal(image.w, orientation > 4 ? 1 : 40);
    lnti_image_clear(&image);
  }
}

static void test_memory(void **state) {
  (void)state;
  for_each_fault(nth) {
    uint8_t pixels[6] = "abcdef";
    lnti_image image = {2, 3, 1, LNTI_DEPTH_U8, NULL};
    image.data = aligned_alloc(64, 64);
    if (!image.data) continue; /* this is counted, too */
    memcpy(image.data, pixels, 6);
    const void *before = image.data;
    assert_fault_status(lnti_image_upright(&image, 6, ERR));
    if (lnti_test_allocation_failed()) {
      assert_ptr_equal(image.data, before);
      assert_int_equal(image.h, 2);
    }
    lnti_image_clear(&image);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_by_hand),
      cmocka_unit_test(test_every_kind),
      cmocka_unit_test(test_one_pixel_wide),
      cmocka_unit_test(test_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
