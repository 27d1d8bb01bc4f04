/*
 * Quality against values worked out by hand, and on photographs that are blurred.
 */
#include "exif_support.h"

#include <image/prepare.h>
#include <image/quality.h>
#include <image/thumbnail.h>
#include <math.h>

#define assert_close(got, wanted, within) assert_true(fabs((double)(got) - (wanted)) <= (within))

static lnti_quality measure(size_t h, size_t w, size_t c, const uint8_t *pixels) {
  lnti_quality q;
  uint8_t copy[4096];
  assert_in_range(h * w * c, 1, sizeof copy);
  memcpy(copy, pixels, h * w * c);
  const lnti_image image = {h, w, c, LNTI_DEPTH_U8, copy};
  assert_ok(lnti_quality_measure(&q, &image, ERR));
  return q;
}

static void test_by_hand(void **state) {
  (void)state;
  /* One bright pixel in the middle of 3 x 3: mean 9/9 = 1/255 ... of values 0 and 9: mean 1, variance (81 - 9) / 9 = 8. The
     Laplacian has one value, -36, so no variance. */
  lnti_quality q = measure(3, 3, 1, (const uint8_t[]){0, 0, 0, 0, 9, 0, 0, 0, 0});
  assert_close(q.brightness, 1.0 / 255, 1e-7);
  assert_close(q.contrast, sqrt(8) / 255, 1e-7);
  assert_close(q.sharpness, 0, 0);
  /* 3 x 4, inner Laplacians: at 10, 0 + 0 + 0 + 20 - 40 = -20; at 20, 10 - 80 = -70. Their variance is 25^2 = 625; the sum is
     30, the squares 500, the variance 500/12 - 2.5^2 = 425/12. */
  q = measure(3, 4, 1, (const uint8_t[]){0, 0, 0, 0, 0, 10, 20, 0, 0, 0, 0, 0});
  assert_close(q.sharpness, 625 / (425 / 12.0), 1e-5);
  /* Red, green and blue alone: 0.299, 0.587 and 0.114; the mean is a third. */
  q = measure(1, 3, 3, (const uint8_t[]){255, 0, 0, 0, 255, 0, 0, 0, 255});
  assert_close(q.brightness, 1 / 3.0, 1e-7);
  assert_close(q.contrast, sqrt((0.299 * 0.299 + 0.587 * 0.587 + 0.114 * 0.114) / 3 - 1 / 9.0), 1e-6);
  assert_close(q.sharpness, 0, 0);
}

/* Whatever is measured lies in the ranges that are documented: tiny pictures, flat ones, deep ones. */
static void check_ranges(lnti_rng *rng, void *payload) {
  (void)payload;
  static const lnti_depth depths[] = {LNTI_DEPTH_U8, LNTI_DEPTH_U16, LNTI_DEPTH_F32};
  const size_t h = 1 + lnti_rng_below(rng, 8), w = 1 + lnti_rng_below(rng, 8), c = 1 + 2 * lnti_rng_below(rng, 2);
  const unsigned kind = (unsigned)lnti_rng_below(rng, 3); /* flat, two pixels, noise */
  lnti_image image = {0}, small = {0};
  lnti_quality q;
  assert_ok(lnti_image_new(&image, h, w, c, depths[lnti_rng_below(rng, 3)], ERR));
  for (size_t i = 0; i < h * w * c; i++) {
    const unsigned v = kind == 0 ? 200 : kind == 2 || i / c == h * w / 2 ? (unsigned)lnti_rng_below(rng, 256) : 100;
    if (image.depth == LNTI_DEPTH_U8) ((uint8_t *)image.data)[i] = (uint8_t)v;
    if (image.depth == LNTI_DEPTH_U16) ((uint16_t *)image.data)[i] = (uint16_t)(v * 257);
    if (image.depth == LNTI_DEPTH_F32) ((float *)image.data)[i] = (float)v / 255 * (kind == 2 ? 1000 : 1);
  }
  assert_ok(lnti_thumbnail_make(NULL, NULL, &small, &image, LNTI_THUMBNAIL_SIDE, LNTI_THUMBNAIL_QUALITY, ERR));
  assert_ok(lnti_quality_measure(&q, &small, ERR));
  assert_true(q.sharpness >= 0 && q.sharpness <= 64);
  assert_true(q.brightness >= 0 && q.brightness <= 1);
  assert_true(q.contrast >= 0 && q.contrast <= 0.5F);
  if (kind == 0) assert_true(q.sharpness <= 0 && q.contrast <= 0);
  if (h < 3 || w < 3) assert_true(q.sharpness <= 0);
  lnti_image_clear(&small);
  lnti_image_clear(&image);
}

static void test_ranges(void **state) {
  (void)state;
  lnti_quality q = measure(3, 4, 1, (const uint8_t[]){99, 99, 99, 99, 99, 0, 198, 99, 99, 99, 99, 99});
  assert_close(q.sharpness, 64, 0); /* 5^2 over 2 / 12 */
  lnti_test_property("ranges", 500, check_ranges, NULL);
}

static void test_extremes(void **state) {
  (void)state;
  uint8_t board[32 * 32], ramp[32 * 32], even[32 * 32];
  for (size_t i = 0; i < sizeof board; i++) {
    board[i] = (i / 32 + i) % 2 ? 255 : 0;
    ramp[i] = (uint8_t)(i % 32 * 8);
    even[i] = 77;
  }
  lnti_quality q = measure(32, 32, 1, board);
  assert_close(q.sharpness, 64, 1e-5);
  assert_close(q.brightness, 0.5, 1e-6);
  assert_close(q.contrast, 0.5, 1e-6);
  q = measure(32, 32, 1, ramp);
  assert_close(q.sharpness, 0, 0);
  assert_true(q.contrast > 0.28); /* 8/255 * sqrt((32^2 - 1) / 12) = 0.2897 */
  q = measure(32, 32, 1, even);
  assert_close(q.sharpness, 0, 0);
  assert_close(q.contrast, 0, 0);
  assert_close(q.brightness, 77 / 255.0, 1e-7);
  q = measure(1, 1, 1, even);
  assert_close(q.sharpness, 0, 0);
}

static void test_refused(void **state) {
  (void)state;
  lnti_quality q = {7, 7, 7};
  float pixels[4] = {0};
  const lnti_image deep = {1, 1, 1, LNTI_DEPTH_F32, pixels}, alpha = {1, 1, 4, LNTI_DEPTH_U8, pixels};
  assert_status(lnti_quality_measure(&q, &deep, ERR), LNT_EINVAL);
  assert_status(lnti_quality_measure(&q, &alpha, ERR), LNT_EINVAL);
  assert_true(q.sharpness == 7);
}

/** Down to a fraction of the side and up again: what a lens out of focus leaves. */
static void blur(lnti_image *out, const lnti_image *image, size_t by) {
  lnti_image small = {0};
  assert_ok(lnti_image_resize(&small, image, image->h / by, image->w / by, ERR));
  assert_ok(lnti_image_resize(out, &small, image->h, image->w, ERR));
  lnti_image_clear(&small);
}

static void test_blur_lowers_sharpness(void **state) {
  (void)state;
  static const char *const names[] = {"exif/cameras/DSCN0010.jpg", "exif/cameras/DSCN0042.jpg",
                                      "exif/cameras/Canon_40D.jpg", "exif/cameras/Nikon_D70.jpg"};
  const lnti_image_limits limits = LNTI_IMAGE_LIMITS_INIT;
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    exif_bytes file = exif_real_file(names[i]);
    if (!file.data) {
      print_message("skipped: no %s in the test data (set LINNET_TEST_DATA)\n", names[i]);
      skip();
    }
    const lnti_blob blob = {.kind = LNTI_BLOB_ENCODED, .data = file.data, .bytes = file.n};
    lnti_image image = {0};
    lnti_quality q[3];
    assert_ok(lnti_image_decode(&image, NULL, &blob, NULL, &limits, ERR));
    for (size_t by = 0; by < 3; by++) {
      lnti_image blurred = {0}, small = {0};
      const size_t shorter = image.h < image.w ? image.h : image.w;
      if (by > 0) blur(&blurred, &image, (by == 1 ? 1 : 2) * (shorter / 128 + 2));
      assert_ok(lnti_thumbnail_make(NULL, NULL, &small, by ? &blurred : &image, 256, 80, ERR));
      assert_ok(lnti_quality_measure(&q[by], &small, ERR));
      lnti_image_clear(&small);
      lnti_image_clear(&blurred);
    }
    print_message("%s: sharpness %.3f, blurred %.3f, %.3f; brightness %.3f, contrast %.3f\n", names[i],
                  (double)q[0].sharpness, (double)q[1].sharpness, (double)q[2].sharpness, (double)q[0].brightness,
                  (double)q[0].contrast);
    assert_true(q[1].sharpness < 0.5F * q[0].sharpness && q[2].sharpness < 0.7F * q[1].sharpness);
    assert_close(q[2].brightness, (double)q[0].brightness, 0.01);
    lnti_image_clear(&image);
    free(file.data);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_ranges), cmocka_unit_test(test_by_hand),
                                     cmocka_unit_test(test_extremes), cmocka_unit_test(test_refused),
                                     cmocka_unit_test(test_blur_lowers_sharpness)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
