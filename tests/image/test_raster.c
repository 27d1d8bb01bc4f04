/*
 * Rows of decoders made rows of images: every kind of sample, by hand.
 */
#include "support.h"

#include <image/codec.h>
#include <math.h>
#include <string.h>

static void test_shape(void **state) {
  (void)state;
  const lnti_raster grey = {.bands = 1, .colours = 1}, grey_alpha = {.bands = 2, .colours = 1, .alpha = 1},
                    rgb = {.bands = 3, .colours = 3}, cmyk = {.bands = 4, .colours = 4},
                    cmyk_alpha = {.bands = 5, .colours = 4, .alpha = 4};
  assert_int_equal(lnti_raster_channels(&grey), 1);
  assert_int_equal(lnti_raster_channels(&grey_alpha), 4);
  assert_int_equal(lnti_raster_channels(&rgb), 3);
  assert_int_equal(lnti_raster_channels(&cmyk), 3);
  assert_int_equal(lnti_raster_channels(&cmyk_alpha), 4);
  static const lnti_depth depths[] = {
      [LNTI_SAMPLE_U8] = LNTI_DEPTH_U8,   [LNTI_SAMPLE_S8] = LNTI_DEPTH_U8,   [LNTI_SAMPLE_U16] = LNTI_DEPTH_U16,
      [LNTI_SAMPLE_S16] = LNTI_DEPTH_U16, [LNTI_SAMPLE_U32] = LNTI_DEPTH_F32, [LNTI_SAMPLE_S32] = LNTI_DEPTH_F32,
      [LNTI_SAMPLE_F32] = LNTI_DEPTH_F32};
  for (unsigned i = 0; i < sizeof depths / sizeof *depths; i++) {
    assert_int_equal(lnti_raster_depth(&(lnti_raster){.sample = (lnti_sample)i}), depths[i]);
  }
}

static void test_bytes(void **state) {
  (void)state;
  uint8_t out[16];
  lnti_raster_row(out, "abcdef", 2, &(lnti_raster){.bands = 3, .colours = 3});
  assert_memory_equal(out, "abcdef", 6);
  lnti_raster_row(out, "aAbB", 2, &(lnti_raster){.bands = 2, .colours = 1, .alpha = 1});
  assert_memory_equal(out, "aaaAbbbB", 8);
  /* Bands that are neither colour nor alpha are left out, also in front of alpha. */
  lnti_raster_row(out, "rgbxARGBYz", 2, &(lnti_raster){.bands = 5, .colours = 3, .alpha = 4});
  assert_memory_equal(out, "rgbARGBz", 8);
  lnti_raster_row(out, "axyAbxyB", 2, &(lnti_raster){.bands = 4, .colours = 1, .alpha = 3});
  assert_memory_equal(out, "aaaAbbbB", 8);
  lnti_raster_row(out, "rgbxRGBX", 2, &(lnti_raster){.bands = 4, .colours = 3});
  assert_memory_equal(out, "rgbRGB", 6);
  lnti_raster_row(out, "axbx", 2, &(lnti_raster){.bands = 2, .colours = 1});
  assert_memory_equal(out, "ab", 2);
  lnti_raster_row(out, "\x80\xff\x00\x7f", 4, &(lnti_raster){.bands = 1, .colours = 1, .sample = LNTI_SAMPLE_S8});
  assert_memory_equal(out, "\x00\x7f\x80\xff", 4);
}

/* (255 - c) (255 - k) / 255: no ink is white, all black or all of one ink is none of it. */
static void test_inks(void **state) {
  (void)state;
  const uint8_t inks[] = {0, 0, 0, 0, 255, 0, 0, 0, 0, 0, 0, 255, 100, 200, 55, 128};
  uint8_t out[12];
  const uint8_t expected[] = {255, 255, 255, 0, 255, 255, 0, 0, 0, 77 /* 155 * 127 / 255 = 77.2 */, 27, 100};
  lnti_raster_row(out, inks, 4, &(lnti_raster){.bands = 4, .colours = 4});
  assert_memory_equal(out, expected, 12);
  const uint16_t deep[] = {0, 65535, 32768, 0, 1, 2, 3, 65535};
  uint16_t wide[6];
  lnti_raster_row(wide, deep, 2, &(lnti_raster){.bands = 4, .colours = 4, .sample = LNTI_SAMPLE_U16});
  assert_memory_equal(wide, ((uint16_t[]){65535, 0, 32767, 0, 0, 0}), 12);
}

static void test_words(void **state) {
  (void)state;
  uint16_t out[8];
  const uint16_t in[] = {0, 0x8000, 0xffff, 0x7fff};
  lnti_raster_row(out, in, 4, &(lnti_raster){.bands = 1, .colours = 1, .sample = LNTI_SAMPLE_U16});
  assert_memory_equal(out, in, 8);
  lnti_raster_row(out, in, 4, &(lnti_raster){.bands = 1, .colours = 1, .sample = LNTI_SAMPLE_S16});
  assert_memory_equal(out, ((uint16_t[]){0x8000, 0, 0x7fff, 0xffff}), 8);
  lnti_raster_row(out, in, 2, &(lnti_raster){.bands = 2, .colours = 1, .alpha = 1, .sample = LNTI_SAMPLE_U16});
  assert_memory_equal(out, ((uint16_t[]){0, 0, 0, 0x8000, 0xffff, 0xffff, 0xffff, 0x7fff}), 16);
  /* Ten bits in the upper ones: 0, 512, 1023 of 1023. */
  const uint16_t ten[] = {0, 512 << 6, 1023 << 6};
  lnti_raster_row(out, ten, 3, &(lnti_raster){.bands = 1, .colours = 1, .sample = LNTI_SAMPLE_U16, .bits = 10});
  assert_memory_equal(out, ((uint16_t[]){0, 32800 /* 512 * 65535 / 1023 = 32799.5 */, 65535}), 6);
}

static void test_floats(void **state) {
  (void)state;
  float out[8];
  const uint32_t in[] = {0, 0x80000000, 0xffffffff};
  lnti_raster_row(out, in, 3, &(lnti_raster){.bands = 1, .colours = 1, .sample = LNTI_SAMPLE_U32});
  assert_true(out[0] == 0 && fabsf(out[1] - 0.5f) < 1e-6f && out[2] == 1);
  lnti_raster_row(out, in, 3, &(lnti_raster){.bands = 1, .colours = 1, .sample = LNTI_SAMPLE_S32});
  assert_true(fabsf(out[0] - 0.5f) < 1e-6f && out[1] == 0 && fabsf(out[2] - 0.5f) < 1e-6f);
  const float values[] = {-1, 0.25f, 2, 0.5f};
  lnti_raster_row(out, values, 2, &(lnti_raster){.bands = 2, .colours = 1, .alpha = 1, .sample = LNTI_SAMPLE_F32});
  assert_memory_equal(out, ((float[]){-1, -1, -1, 0.25f, 2, 2, 2, 0.5f}), 32);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_shape), cmocka_unit_test(test_bytes),  cmocka_unit_test(test_inks),
      cmocka_unit_test(test_words), cmocka_unit_test(test_floats),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
