/*
 * Channels and depth by hand.
 */
#include "support.h"

#include "image/pixels.h"
#include <image/prepare.h>
#include <math.h>

static lnti_image of_u8(size_t n, size_t c, const uint8_t *data) {
  lnti_image image = {0};
  assert_ok(lnti_image_new(&image, 1, n, c, LNTI_DEPTH_U8, ERR));
  memcpy(image.data, data, n * c);
  return image;
}

static void becomes(size_t n, size_t c, const uint8_t *from, lnti_colour colour, const uint8_t *to) {
  lnti_image image = of_u8(n, c, from), made = {0};
  assert_ok(lnti_image_colour(&made, &image, colour, ERR));
  assert_int_equal(made.c, colour == LNTI_COLOUR_GREY ? 1 : 3);
  assert_memory_equal(made.data, to, n * made.c);
  lnti_image_clear(&made);
  lnti_image_clear(&image);
}

static void test_grey_u8(void **state) {
  (void)state;
  becomes(2, 1, (uint8_t[]){3, 250}, LNTI_COLOUR_GREY, (uint8_t[]){3, 250});
  /* 0.299 * 255 = 76.2, 0.587 * 255 = 149.7, 0.114 * 255 = 29.1 */
  becomes(4, 3, (uint8_t[]){255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255}, LNTI_COLOUR_GREY,
          (uint8_t[]){76, 150, 29, 255});
  for (int v = 0; v < 256; v++) { /* grey in, grey out */
    const uint8_t g = (uint8_t)v;
    becomes(1, 3, (uint8_t[]){g, g, g}, LNTI_COLOUR_GREY, &g);
  }
}

static void test_rgb_u8(void **state) {
  (void)state;
  becomes(2, 1, (uint8_t[]){3, 250}, LNTI_COLOUR_RGB, (uint8_t[]){3, 3, 3, 250, 250, 250});
  becomes(1, 3, (uint8_t[]){1, 2, 3}, LNTI_COLOUR_RGB, (uint8_t[]){1, 2, 3});
}

static void test_alpha_over_white(void **state) {
  (void)state;
  const uint8_t from[] = {10, 20, 30, 255, 10, 20, 30, 0, 0, 0, 0, 128, 100, 200, 0, 51};
  /* 128/255 of black: 127; 51/255 = 1/5: 100/5 + 204 = 224, 200/5 + 204 = 244, 204. */
  becomes(4, 4, from, LNTI_COLOUR_RGB, (uint8_t[]){10, 20, 30, 255, 255, 255, 127, 127, 127, 224, 244, 204});
  /* Grey of what is flattened: (299*224 + 587*244 + 114*204 + 500) / 1000 = 233.96 rounded down after +0.5 */
  becomes(4, 4, from, LNTI_COLOUR_GREY, (uint8_t[]){18, 255, 127, 233});
}

static void test_deep(void **state) {
  (void)state;
  lnti_image image = {0}, made = {0};
  assert_ok(lnti_image_new(&image, 1, 2, 4, LNTI_DEPTH_U16, ERR));
  memcpy(image.data, (uint16_t[]){65535, 0, 0, 65535, 0, 0, 0, 0}, 16);
  assert_ok(lnti_image_colour(&made, &image, LNTI_COLOUR_GREY, ERR));
  assert_int_equal(made.depth, LNTI_DEPTH_U16);
  assert_int_equal(((uint16_t *)made.data)[0], 19595); /* 0.299 * 65535 = 19594.97 */
  assert_int_equal(((uint16_t *)made.data)[1], 65535);
  lnti_image_clear(&made);
  lnti_image_clear(&image);
  assert_ok(lnti_image_new(&image, 1, 1, 4, LNTI_DEPTH_F32, ERR));
  memcpy(image.data, (float[]){0, 0.5f, 1, 0.5f}, 16);
  assert_ok(lnti_image_colour(&made, &image, LNTI_COLOUR_RGB, ERR));
  assert_memory_equal(made.data, ((float[]){0.5f, 0.75f, 1}), 12);
  lnti_image_clear(&made);
  lnti_image_clear(&image);
}

static void test_to_u8(void **state) {
  (void)state;
  lnti_image image = {0}, made = {0};
  assert_ok(lnti_image_new(&image, 1, 5, 1, LNTI_DEPTH_U16, ERR));
  memcpy(image.data, (uint16_t[]){0, 128, 129, 257 * 77, 65535}, 10);
  assert_ok(lnti_image_to_u8(&made, &image, ERR));
  assert_memory_equal(made.data, ((uint8_t[]){0, 0, 1, 77, 255}), 5);
  lnti_image_clear(&made);
  lnti_image_clear(&image);
  assert_ok(lnti_image_new(&image, 1, 7, 1, LNTI_DEPTH_F32, ERR));
  memcpy(image.data, (float[]){0, -1, 1, 2, 0.5f, NAN, INFINITY}, 28);
  assert_ok(lnti_image_to_u8(&made, &image, ERR));
  assert_memory_equal(made.data, ((uint8_t[]){0, 0, 255, 255, 128, 0, 255}), 7);
  lnti_image_clear(&made);
  lnti_image_clear(&image);
  image = of_u8(3, 1, (uint8_t[]){1, 2, 3});
  assert_ok(lnti_image_to_u8(&made, &image, ERR));
  assert_true(same_image(&made, &image));
  lnti_image_clear(&made);
  lnti_image_clear(&image);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_grey_u8), cmocka_unit_test(test_rgb_u8), cmocka_unit_test(test_alpha_over_white),
      cmocka_unit_test(test_deep),    cmocka_unit_test(test_to_u8),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
