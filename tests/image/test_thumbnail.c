/*
 * Thumbnails: sizes, averages by hand, windows of deep pictures, alpha, and against the plain way (resize alone).
 */
#include "support.h"

#include <image/prepare.h>
#include <image/thumbnail.h>
#include <math.h>

static lnti_image new_image(size_t h, size_t w, size_t c, lnti_depth depth) {
  lnti_image image = {0};
  assert_ok(lnti_image_new(&image, h, w, c, depth, ERR));
  memset(image.data, 0, lnti_image_bytes(&image));
  return image;
}

static lnti_image small_of(const lnti_image *image, size_t side) {
  lnti_image small = {0};
  assert_ok(lnti_thumbnail_make(NULL, NULL, &small, image, side, 80, ERR));
  assert_int_equal(small.depth, LNTI_DEPTH_U8);
  assert_int_equal(small.c, image->c == 1 ? 1 : 3);
  return small;
}

static void test_sizes(void **state) {
  (void)state;
  static const size_t cases[][5] = {/* h, w, side, and what it becomes */
                                    {100, 100, 256, 100, 100}, {256, 256, 256, 256, 256}, {257, 1, 256, 256, 1},
                                    {512, 256, 256, 256, 128}, {300, 400, 256, 192, 256}, {1, 3000, 256, 1, 256},
                                    {3, 3000, 10, 1, 10},      {1000, 999, 1, 1, 1},      {5, 7, 6, 4, 6},
                                    {600, 600, 1, 1, 1},       {1023, 767, 256, 256, 192}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    lnti_image image = new_image(cases[i][0], cases[i][1], 3, LNTI_DEPTH_U8), small = small_of(&image, cases[i][2]);
    assert_int_equal(small.h, cases[i][3]);
    assert_int_equal(small.w, cases[i][4]);
    lnti_image_clear(&small);
    lnti_image_clear(&image);
  }
}

/** 4 x 6 to 2 x 3: boxes of 2 x 2, rounded to nearest. */
static void test_boxes(void **state) {
  (void)state;
  static const uint8_t pixels[4 * 6] = {0, 1, 10, 20, 255, 255, 2, 3, 30, 41, 255, 254,
                                        9, 9, 0,  0,  1,   0,   9, 8, 0,  1,  0,   0};
  static const uint8_t wanted[6] = {2, 25, 255, 9, 0, 0}; /* 6/4, 101/4, 1019/4; 35/4, 1/4, 1/4 */
  lnti_image image = new_image(4, 6, 1, LNTI_DEPTH_U8);
  memcpy(image.data, pixels, sizeof pixels);
  lnti_image small = small_of(&image, 3);
  assert_int_equal(small.h, 2);
  assert_memory_equal(small.data, wanted, sizeof wanted);
  lnti_image_clear(&small);
  lnti_image_clear(&image);
}

static double mean_of(const lnti_image *image, size_t k) {
  double sum = 0;
  const uint8_t *p = image->data;
  for (size_t i = 0; i < image->h * image->w; i++) sum += p[i * image->c + k];
  return sum / (double)(image->h * image->w);
}

/** Boxes of unequal size, edges that do not divide, and the plain resize give pictures that differ little. */
static void check_like_resize(lnti_rng *rng, void *payload) {
  (void)payload;
  const size_t h = 20 + lnti_rng_below(rng, 300), w = 20 + lnti_rng_below(rng, 300), side = 8 + lnti_rng_below(rng, 40);
  size_t c = lnti_rng_below(rng, 2) ? 3 : 1;
  lnti_image image = new_image(h, w, c, LNTI_DEPTH_U8), plain = {0};
  uint8_t *p = image.data;
  for (size_t i = 0; i < h * w * c; i++) { /* smooth, so that the filters' shapes matter little */
    const double y = (double)(i / c / w) / (double)h, x = (double)(i / c % w) / (double)w;
    p[i] = (uint8_t)(127 + 60 * sin(5 * x + (double)(i % c)) + 60 * cos(4 * y));
  }
  lnti_image small = small_of(&image, side);
  assert_ok(lnti_image_resize(&plain, &image, small.h, small.w, ERR));
  const uint8_t *a = small.data, *b = plain.data;
  for (size_t i = 0; i < small.h * small.w * c; i++) assert_in_range(abs(a[i] - b[i]), 0, 14);
  /* Of two or three pixels a side the triangle weighs the middle of the picture more than its edges. */
  if (small.h < 4 || small.w < 4) c = 0;
  for (size_t k = 0; k < c; k++) assert_true(fabs(mean_of(&small, k) - mean_of(&plain, k)) < 4);
  lnti_image_clear(&plain);
  lnti_image_clear(&small);
  lnti_image_clear(&image);
}

static void test_like_resize(void **state) {
  (void)state;
  lnti_test_property("like resize", 100, check_like_resize, NULL);
}

/** White stays white through the largest boxes: no sum overflows. */
static void test_white(void **state) {
  (void)state;
  for (lnti_depth depth = LNTI_DEPTH_U8; depth <= LNTI_DEPTH_U16; depth++) {
    lnti_image image = new_image(600, 600, 3, depth);
    memset(image.data, 0xff, lnti_image_bytes(&image));
    lnti_image small = small_of(&image, 2);
    for (size_t i = 0; i < 12; i++) assert_int_equal(((uint8_t *)small.data)[i], 255);
    lnti_image_clear(&small);
    lnti_image_clear(&image);
  }
}

/** Half covered red on white is (255 + 255)/2 red and 127 or 128 of the others; no cover is white, whatever the colour. */
static void test_alpha(void **state) {
  (void)state;
  for (size_t side = 2; side <= 40; side += 38) {
    lnti_image image = new_image(40, 40, 4, LNTI_DEPTH_U8);
    uint8_t *p = image.data;
    for (size_t i = 0; i < 1600; i++) {
      p[4 * i] = 255;
      p[4 * i + 3] = i < 800 ? 128 : 0;
    }
    lnti_image small = small_of(&image, side);
    const uint8_t *s = small.data;
    assert_int_equal(s[0], 255);
    assert_in_range(s[1], 126, 128);
    const uint8_t *last = s + 3 * (small.h * small.w - 1);
    assert_true(last[0] == 255 && last[1] == 255 && last[2] == 255);
    lnti_image_clear(&small);
    lnti_image_clear(&image);
  }
}

/** 12 bits in 16: a ramp of 0..4095 comes out as a ramp of 0..255, its ends clipped by a thousandth. */
static void test_window_u16(void **state) {
  (void)state;
  lnti_image image = new_image(64, 64, 1, LNTI_DEPTH_U16);
  uint16_t *p = image.data;
  for (size_t i = 0; i < 4096; i++) p[i] = (uint16_t)i;
  p[0] = 65535; /* one hot pixel must not darken the rest */
  lnti_image small = small_of(&image, 64);
  const uint8_t *s = small.data;
  /* Of 4096 samples rank 4 is 5 and rank 4091 is 4092. */
  assert_int_equal(s[0], 255);
  assert_int_equal(s[5], 0);
  assert_int_equal(s[4092], 255);
  assert_int_equal(s[2048], lround((2048 - 5) * 255.0 / (4092 - 5)));
  assert_int_equal(s[1000], lround((1000 - 5) * 255.0 / (4092 - 5)));
  lnti_image_clear(&small);
  lnti_image_clear(&image);
}

static void test_window_f32(void **state) {
  (void)state;
  lnti_image image = new_image(32, 32, 1, LNTI_DEPTH_F32);
  float *p = image.data;
  for (size_t i = 0; i < 1024; i++) p[i] = (float)i - 512; /* negative ones, too */
  lnti_image small = small_of(&image, 32);
  const uint8_t *s = small.data;
  /* 1024 samples: rank 1 is -511, rank 1022 is 510 */
  assert_int_equal(s[0], 0);
  assert_int_equal(s[1], 0);
  assert_int_equal(s[512], lround(511 * 255.0 / 1021));
  assert_int_equal(s[1023], 255);
  lnti_image_clear(&small);
  p[3] = NAN;
  p[4] = INFINITY;
  p[5] = -INFINITY;
  small = small_of(&image, 32);
  s = small.data;
  assert_int_equal(s[3], s[512]); /* 0 */
  assert_int_equal(s[4], s[512]);
  assert_int_equal(s[5], s[512]);
  lnti_image_clear(&small);
  for (size_t i = 0; i < 1024; i++) p[i] = i % 2 ? 3e38F : -3e38F; /* boxes sum beyond floats */
  small = small_of(&image, 32);
  assert_int_equal(((uint8_t *)small.data)[0], 0);
  assert_int_equal(((uint8_t *)small.data)[1], 255);
  lnti_image_clear(&small);
  small = small_of(&image, 4);
  lnti_image_clear(&small);
  lnti_image_clear(&image);
}

/** A few bright dots on an even ground: both percentiles are the ground, so all of the range is shown; with no dots it is
 *  the ground's own grey. */
static void test_window_of_few(void **state) {
  (void)state;
  lnti_image image = new_image(64, 64, 1, LNTI_DEPTH_U16);
  uint16_t *p = image.data;
  for (size_t i = 0; i < 4096; i++) p[i] = 1000;
  p[77] = 3000;
  lnti_image small = small_of(&image, 64);
  assert_int_equal(((uint8_t *)small.data)[0], 0);
  assert_int_equal(((uint8_t *)small.data)[77], 255);
  lnti_image_clear(&small);
  p[77] = 1000;
  small = small_of(&image, 64);
  assert_int_equal(((uint8_t *)small.data)[0], 4); /* 1000 / 257 */
  lnti_image_clear(&small);
  lnti_image_clear(&image);
}

/** The JPEG holds the pixels that are handed out. */
static void test_jpeg(void **state) {
  (void)state;
  lnti_image image = new_image(300, 200, 3, LNTI_DEPTH_U8), small = {0}, back = {0};
  uint8_t *jpeg = NULL, *p = image.data;
  size_t n = 0;
  const lnti_image_limits limits = LNTI_IMAGE_LIMITS_INIT;
  for (size_t i = 0; i < 300 * 200 * 3; i++) p[i] = (uint8_t)(i / 3 % 200 + i % 3 * 20);
  assert_ok(lnti_thumbnail_make(&jpeg, &n, &small, &image, 150, 95, ERR));
  const lnti_blob blob = {.kind = LNTI_BLOB_ENCODED, .data = jpeg, .bytes = n};
  assert_ok(lnti_image_decode(&back, NULL, &blob, NULL, &limits, ERR));
  assert_int_equal(back.h, 150);
  assert_int_equal(back.w, 100);
  for (size_t i = 0; i < 150 * 100 * 3; i++) {
    assert_in_range(abs(((uint8_t *)back.data)[i] - ((uint8_t *)small.data)[i]), 0, 12);
  }
  free(jpeg);
  lnti_image_clear(&back);
  lnti_image_clear(&small);
  lnti_image_clear(&image);
}

static void test_refused(void **state) {
  (void)state;
  lnti_image image = new_image(4, 4, 1, LNTI_DEPTH_U8), small = {0};
  uint8_t *jpeg = NULL;
  size_t n = 0;
  assert_status(lnti_thumbnail_make(&jpeg, &n, &small, &image, 0, 80, ERR), LNT_EINVAL);
  assert_status(lnti_thumbnail_make(&jpeg, &n, &small, &image, 65501, 80, ERR), LNT_EINVAL);
  assert_status(lnti_thumbnail_make(&jpeg, &n, &small, &image, 4, 0, ERR), LNT_EINVAL);
  assert_status(lnti_thumbnail_make(&jpeg, &n, &small, &image, 4, 101, ERR), LNT_EINVAL);
  assert_null(jpeg);
  assert_null(small.data);
  lnti_image_clear(&image);
}

static void test_out_of_memory(void **state) {
  (void)state;
  static const lnti_depth depths[] = {LNTI_DEPTH_U8, LNTI_DEPTH_U16, LNTI_DEPTH_F32};
  for (size_t d = 0; d < 3; d++) {
    lnti_image image = new_image(50, 30, d == 0 ? 4 : 1, depths[d]);
    ((uint8_t *)image.data)[1] = 1;
    for_each_fault(n) {
      lnti_image small = {0};
      uint8_t *jpeg = NULL;
      size_t bytes = 0;
      assert_fault_status(lnti_thumbnail_make(&jpeg, &bytes, &small, &image, 20, 80, ERR));
      assert_int_equal(small.data != NULL, !lnti_test_allocation_failed());
      assert_int_equal(jpeg != NULL, !lnti_test_allocation_failed());
      free(jpeg);
      lnti_image_clear(&small);
    }
    lnti_image_clear(&image);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_sizes),      cmocka_unit_test(test_boxes),         cmocka_unit_test(test_like_resize),
      cmocka_unit_test(test_white),      cmocka_unit_test(test_alpha),         cmocka_unit_test(test_window_u16),
      cmocka_unit_test(test_window_f32), cmocka_unit_test(test_window_of_few), cmocka_unit_test(test_jpeg),
      cmocka_unit_test(test_refused),    cmocka_unit_test(test_out_of_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
