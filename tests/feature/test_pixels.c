/*
 * `pixels`: what "auto" becomes, and vectors whose every value is known: order in memory, colour to grey, a size that
 * is not the image's.
 */
#include "support.h"

#include <feature/feature.h>

static const lnti_image_limits LIMITS = LNTI_IMAGE_LIMITS_INIT;

/* `text` with what is known of the images becomes `expected`, with vectors of d. */
static void resolves(const char *text, size_t h, size_t w, bool colour, const char *expected, size_t d) {
  const lnti_image_traits traits = {h, w, colour};
  lnti_extractor *extractor = NULL;
  assert_ok(lnti_extractor_new(&extractor, text, &traits, ERR));
  assert_string_equal(lnti_extractor_text(extractor), expected);
  assert_int_equal(lnti_extractor_d(extractor), d);
  lnti_extractor_free(extractor);
}

static void test_resolve(void **state) {
  (void)state;
  resolves("pixels", 28, 28, false, "pixels:colour=grey,height=28,width=28", 784);
  resolves("pixels:", 28, 28, false, "pixels:colour=grey,height=28,width=28", 784);
  resolves("pixels", 28, 28, true, "pixels:colour=rgb,height=28,width=28", 2352);
  resolves("pixels", 0, 0, true, "pixels:colour=rgb,height=32,width=32", 3072);
  resolves("pixels", 64, 64, true, "pixels:colour=rgb,height=64,width=64", 12288);
  resolves("pixels", 64, 65, true, "pixels:colour=rgb,height=32,width=32", 3072);
  resolves("pixels", 64, 192, false, "pixels:colour=grey,height=64,width=192", 12288);
  resolves("pixels", 4000000, 4000000, false, "pixels:colour=grey,height=32,width=32", 1024);
  resolves("pixels:colour=grey", 28, 28, true, "pixels:colour=grey,height=28,width=28", 784);
  resolves("pixels:width=10", 28, 28, false, "pixels:colour=grey,height=10,width=10", 100);
  resolves("pixels:height=10", 28, 28, false, "pixels:colour=grey,height=10,width=10", 100);
  resolves("pixels:width=5,height=10,colour=rgb", 0, 0, false, "pixels:colour=rgb,height=10,width=5", 150);
  resolves("pixels:width=auto,colour=auto", 3, 2, false, "pixels:colour=grey,height=3,width=2", 6);
}

static void test_vector(void **state) {
  (void)state;
  const lnti_image_traits traits = {2, 3, false};
  const uint8_t data[6] = {9, 8, 7, 6, 5, 4};
  lnti_blob blob = {.kind = LNTI_BLOB_PIXELS, .data = data, .bytes = 6, .h = 2, .w = 3, .c = 1};
  lnti_extractor *extractor = NULL;
  uint8_t out[8] = {0};
  assert_ok(lnti_extractor_new(&extractor, "pixels", &traits, ERR));
  out[6] = 77;
  assert_ok(lnti_extractor_run(out, extractor, &blob, &LIMITS, ERR));
  assert_memory_equal(out, data, 6);
  assert_int_equal(out[6], 77);
  blob.c = 0;
  memset(out, 1, sizeof out);
  assert_status(lnti_extractor_run(out, extractor, &blob, &LIMITS, ERR), LNT_EUNSUPPORTED);
  assert_int_equal(out[0], 1);
  lnti_extractor_free(extractor);
}

/* The vector of an image of h x w x c under a resolved text; the value after its end must stay as it is. */
static void gives(const char *text, const uint8_t *data, size_t h, size_t w, size_t c, const uint8_t *expected,
                  size_t d) {
  const lnti_blob blob = {.kind = LNTI_BLOB_PIXELS, .data = data, .bytes = h * w * c, .h = h, .w = w, .c = c};
  lnti_extractor *extractor = NULL;
  uint8_t out[64];
  memset(out, 77, sizeof out);
  assert_ok(lnti_extractor_new(&extractor, text, NULL, ERR));
  assert_int_equal(lnti_extractor_d(extractor), d);
  assert_int_equal(lnti_extractor_dtype(extractor), LNTI_U8);
  assert_ok(lnti_extractor_run(out, extractor, &blob, &LIMITS, ERR));
  assert_memory_equal(out, expected, d);
  assert_int_equal(out[d], 77);
  lnti_extractor_free(extractor);
}

static void test_colours_and_sizes(void **state) {
  (void)state;
  static const uint8_t rgb[] = {255, 0, 0, 0, 255, 0, 0, 0, 255, 1, 2, 3};
  /* Row by row, and in each pixel red, green, blue. */
  gives("pixels:colour=rgb,height=2,width=2", rgb, 2, 2, 3, rgb, 12);
  /* Luma: 0.299, 0.587 and 0.114 of 255; 0.299 + 1.174 + 0.342 = 1.8. */
  gives("pixels:colour=grey,height=2,width=2", rgb, 2, 2, 3, (const uint8_t[]){76, 150, 29, 2}, 4);
  /* Grey in three equal channels. */
  gives("pixels:colour=rgb,height=1,width=2", (const uint8_t[]){5, 200}, 1, 2, 1,
        (const uint8_t[]){5, 5, 5, 200, 200, 200}, 6);
  /* Another size: a constant stays one. */
  gives("pixels:colour=grey,height=3,width=2", (const uint8_t[]){9, 9, 9, 9}, 1, 4, 1,
        (const uint8_t[]){9, 9, 9, 9, 9, 9}, 6);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_resolve),
      cmocka_unit_test(test_vector),
      cmocka_unit_test(test_colours_and_sizes),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
