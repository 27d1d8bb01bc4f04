/*
 * The pipeline: its text, its order, its agreement with the steps done alone, and memory running out.
 */
#include "support.h"

#include "image/pixels.h"
#include <image/prepare.h>

static const lnti_image_limits LIMITS = LNTI_IMAGE_LIMITS_INIT;

static void test_text(void **state) {
  (void)state;
  char text[LNTI_PREPARE_TEXT];
  lnti_prepare prepare = {20, 30, LNTI_COLOUR_GREY}, back = {0};
  lnti_prepare_text(text, &prepare);
  assert_string_equal(text, "resize=30x20,colour=grey"); /* width first, as people say it */
  assert_ok(lnti_prepare_parse(&back, text, ERR));
  assert_int_equal(back.h, 20);
  assert_int_equal(back.w, 30);
  assert_int_equal(back.colour, LNTI_COLOUR_GREY);
  prepare = (lnti_prepare){4096, 4096, LNTI_COLOUR_RGB};
  lnti_prepare_text(text, &prepare);
  assert_ok(lnti_prepare_parse(&back, text, ERR));
  assert_int_equal(back.colour, LNTI_COLOUR_RGB);
  static const char *const bad[] = {"",
                                    "resize",
                                    "resize=28",
                                    "resize=28x28",
                                    "resize=28x28,colour=",
                                    "resize=28x28,colour=gray",
                                    "resize=28x28,colour=grey ",
                                    "resize=28x28,colour=greyrgb",
                                    "resize=028x28,colour=grey",
                                    "resize=0x28,colour=grey",
                                    "resize=4097x28,colour=grey",
                                    "resize=-1x28,colour=grey",
                                    "resize=99999999999999999999x28,colour=grey",
                                    " resize=28x28,colour=grey",
                                    "colour=grey,resize=28x28"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    back.h = 77;
    assert_status(lnti_prepare_parse(&back, bad[i], ERR), LNT_EINVAL);
    assert_int_equal(back.h, 77);
  }
}

static void test_steps(void **state) {
  (void)state;
  const lnti_prepare prepare = {13, 9, LNTI_COLOUR_GREY};
  lnti_image source = make_image(31, 40, 4, LNTI_DEPTH_U8, busy_pixel), whole = {0}, grey = {0}, small = {0};
  const lnti_blob blob = {
      .kind = LNTI_BLOB_PIXELS, .data = source.data, .bytes = 31 * 40 * 4, .h = 31, .w = 40, .c = 4};
  assert_ok(lnti_prepare_run(&whole, &prepare, &blob, &LIMITS, ERR));
  assert_ok(lnti_image_colour(&grey, &source, LNTI_COLOUR_GREY, ERR));
  assert_ok(lnti_image_resize(&small, &grey, 13, 9, ERR));
  assert_true(same_image(&whole, &small));
  lnti_image_clear(&small);
  lnti_image_clear(&grey);
  lnti_image_clear(&whole);
  lnti_image_clear(&source);
}

static void test_no_step_needed(void **state) {
  (void)state;
  uint8_t data[12] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
  const lnti_prepare prepare = {2, 2, LNTI_COLOUR_RGB};
  const lnti_blob blob = {.kind = LNTI_BLOB_PIXELS, .data = data, .bytes = 12, .h = 2, .w = 2, .c = 3};
  lnti_image image = {0};
  assert_ok(lnti_prepare_run(&image, &prepare, &blob, &LIMITS, ERR));
  assert_memory_equal(image.data, data, 12);
  lnti_image_clear(&image);
}

static void test_deep_is_rounded_once(void **state) {
  (void)state;
  /* 16 bits: 1.4 and 1.4 of 255 average to 1.4 and so 1; 1.6 to 2. */
  const char file[] = "P5 2 2 65535\n\x01\x67\x01\x67\x01\x67\x01\x67";
  const lnti_prepare prepare = {1, 1, LNTI_COLOUR_GREY};
  const lnti_blob blob = blob_of(file, sizeof file - 1);
  lnti_image image = {0};
  assert_ok(lnti_prepare_run(&image, &prepare, &blob, &LIMITS, ERR));
  assert_int_equal(image.depth, LNTI_DEPTH_U8);
  assert_int_equal(((uint8_t *)image.data)[0], 1);
  lnti_image_clear(&image);
}

/* A JPEG is shrunk while it is decoded, and so a little different from decoding it whole; alike to the eye. */
static void test_shrink_on_load(void **state) {
  (void)state;
  lnti_image source = make_image(400, 300, 3, LNTI_DEPTH_U8, smooth_pixel), whole = {0}, shrunk = {0}, small = {0};
  uint8_t *data = NULL;
  size_t n = 0;
  const lnti_prepare prepare = {60, 50, LNTI_COLOUR_RGB};
  assert_ok(lnti_image_encode_jpeg(&data, &n, &source, 95, ERR));
  const lnti_blob blob = blob_of(data, n);
  assert_ok(lnti_prepare_run(&shrunk, &prepare, &blob, &LIMITS, ERR));
  assert_ok(lnti_image_decode(&whole, NULL, &blob, NULL, &LIMITS, ERR));
  assert_ok(lnti_image_resize(&small, &whole, 60, 50, ERR));
  double sum = 0;
  const uint8_t *a = shrunk.data, *b = small.data;
  for (size_t i = 0; i < 60 * 50 * 3; i++) sum += abs(a[i] - b[i]);
  assert_true(sum / (60 * 50 * 3) < 4);
  lnti_image_clear(&small);
  lnti_image_clear(&whole);
  lnti_image_clear(&shrunk);
  lnti_image_clear(&source);
  free(data);
}

static void test_refusals(void **state) {
  (void)state;
  lnti_image image = {.h = 77};
  const lnti_blob pnm = blob_of("P5 1 1 255\n\x07", 12), bad = blob_of("P5 9 9 255\n\x07", 12);
  assert_status(lnti_prepare_run(&image, &(lnti_prepare){0, 1, LNTI_COLOUR_GREY}, &pnm, &LIMITS, ERR), LNT_EINVAL);
  assert_status(lnti_prepare_run(&image, &(lnti_prepare){1, 4097, LNTI_COLOUR_GREY}, &pnm, &LIMITS, ERR), LNT_EINVAL);
  assert_status(lnti_prepare_run(&image, &(lnti_prepare){1, 1, LNTI_COLOUR_GREY}, &bad, &LIMITS, ERR), LNT_EDATA);
  assert_int_equal(image.h, 77);
}

/* Every allocation of ours fails in turn: no leak, nothing handed out. */
static void test_out_of_memory(void **state) {
  (void)state;
  lnti_image source = make_image(20, 30, 3, LNTI_DEPTH_U8, smooth_pixel);
  uint8_t *jpeg = NULL, *png = NULL;
  size_t n_jpeg = 0, n_png = 0;
  assert_ok(lnti_image_encode_jpeg(&jpeg, &n_jpeg, &source, 95, ERR));
  assert_ok(lnti_image_encode_png(&png, &n_png, &source, ERR));
  const lnti_blob blobs[] = {blob_of(jpeg, n_jpeg), blob_of(jpeg, n_jpeg - 2), blob_of(png, n_png),
                             blob_of("P6 2 1 65535\n\1\2\3\4\5\6\1\2\3\4\5\6", 25)};
  const lnti_prepare prepare = {7, 5, LNTI_COLOUR_GREY};
  for (size_t i = 0; i < sizeof blobs / sizeof *blobs; i++) {
    for_each_fault(nth) {
      lnti_image image = {0};
      assert_fault_status(lnti_prepare_run(&image, &prepare, &blobs[i], &LIMITS, ERR));
      if (lnti_test_allocation_failed()) assert_null(image.data);
      lnti_image_clear(&image);
    }
  }
  for_each_fault(nth) {
    uint8_t *data = NULL;
    size_t n = 0;
    assert_fault_status(lnti_image_encode_png(&data, &n, &source, ERR));
    free(data);
  }
  for_each_fault(nth) {
    uint8_t *data = NULL;
    size_t n = 0;
    assert_fault_status(lnti_image_encode_jpeg(&data, &n, &source, 80, ERR));
    free(data);
  }
  free(png);
  free(jpeg);
  lnti_image_clear(&source);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_text),           cmocka_unit_test(test_steps),
      cmocka_unit_test(test_no_step_needed), cmocka_unit_test(test_deep_is_rounded_once),
      cmocka_unit_test(test_shrink_on_load), cmocka_unit_test(test_refusals),
      cmocka_unit_test(test_out_of_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
