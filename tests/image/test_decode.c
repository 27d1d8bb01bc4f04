/*
 * What is common to all formats: naming those that are not read, the caps, pixels of arrays.
 */
#include "support.h"

#include "image/pixels.h"

static const lnti_image_limits LIMITS = LNTI_IMAGE_LIMITS_INIT;

static void is_named(const void *bytes, size_t n, const char *name) {
  uint8_t data[160] = {0};
  memcpy(data, bytes, n);
  const lnti_blob blob = blob_of(data, sizeof data);
  lnti_image_info info;
  assert_status(lnti_image_probe(&info, &blob, &LIMITS, ERR), LNT_EUNSUPPORTED);
  assert_message(name);
}

static void test_known_formats(void **state) {
  (void)state;
  is_named("8BPS", 4,
           "PSD is not read by this version; JPEG, PNG, WebP, GIF, TIFF, HEIF, AVIF, BMP, PNM, PAM and PFM are");
  is_named(
      "\0\0\0\x18"
      "ftypisom",
      12, "video");
  is_named("\0\0\0\x0cjP  \r\n\x87\n", 12, "JPEG 2000");
  is_named("\xff\x4f\xff\x51", 4, "JPEG 2000");
  is_named("\0\0\0\x0cJXL \r\n\x87\n", 12, "JPEG XL");
  is_named("\xff\x0a", 2, "JPEG XL");
  is_named("\xff\xd8\xff\xf7", 4, "JPEG-LS");
  is_named("%PDF-1.7", 8, "PDF");
  is_named("\x76\x2f\x31\x01", 4, "OpenEXR");
  is_named("<?xml version='1.0'?><svg xmlns=''>", 35, "SVG");
  is_named("  <svg>", 7, "SVG");
  is_named("PK\3\4", 4, "ZIP");
  is_named("\0\0\x08\3", 4, "IDX");
  is_named("\x89PNG\r\n\x1a\n\0\0\0\4CgBI", 16, "CgBI");
  is_named("hello", 5, "no image of a known format");
  uint8_t dicom[132] = {0};
  memcpy(dicom + 128, "DICM", 4);
  is_named(dicom, sizeof dicom, "DICOM");
}

static void test_empty_and_tiny(void **state) {
  (void)state;
  lnti_image_info info;
  const lnti_blob empty = blob_of("", 0);
  assert_status(lnti_image_probe(&info, &empty, &LIMITS, ERR), LNT_EDATA);
  assert_message("empty");
  static const char *const starts[] = {"\xff\xd8\xff", "\x89PNG\r\n\x1a\n", "P5 ", "GIF8", "\0\0\x08"};
  for (size_t i = 0; i < sizeof starts / sizeof *starts; i++) {
    for (size_t n = 1; n <= 3; n++) {
      uint8_t *copy = malloc(n);
      memcpy(copy, starts[i], n);
      const lnti_blob blob = blob_of(copy, n);
      assert_true(lnti_image_probe(&info, &blob, &LIMITS, ERR) != LNT_OK);
      free(copy);
    }
  }
}

static void test_pixels(void **state) {
  (void)state;
  const uint8_t data[24] = {1, 2, 3, 4, 5, 6};
  lnti_blob blob = {.kind = LNTI_BLOB_PIXELS, .data = data, .bytes = 24, .h = 2, .w = 3, .c = 4};
  lnti_image image = {0};
  lnti_image_info info;
  size_t rows_missing = 9;
  assert_ok(lnti_image_probe(&info, &blob, &LIMITS, ERR));
  assert_int_equal(info.format, LNTI_IMAGE_PIXELS);
  assert_ok(lnti_image_decode(&image, &rows_missing, &blob, NULL, &LIMITS, ERR));
  assert_int_equal(rows_missing, 0);
  assert_int_equal(image.c, 4);
  assert_memory_equal(image.data, data, 24);
  lnti_image_clear(&image);
  blob.c = 0;
  assert_status(lnti_image_probe(&info, &blob, &LIMITS, ERR), LNT_EUNSUPPORTED);
}

static void test_limits(void **state) {
  (void)state;
  uint8_t data[64] = {0};
  lnti_blob blob = {.kind = LNTI_BLOB_PIXELS, .data = data, .bytes = 60, .h = 4, .w = 5, .c = 3};
  lnti_image_info info;
  lnti_image_limits limits = {20, 5, 60, 1};
  assert_ok(lnti_image_probe(&info, &blob, &limits, ERR));
  limits = (lnti_image_limits){19, 5, 60, 1};
  assert_status(lnti_image_probe(&info, &blob, &limits, ERR), LNT_ELIMIT);
  limits = (lnti_image_limits){20, 4, 60, 1};
  assert_status(lnti_image_probe(&info, &blob, &limits, ERR), LNT_ELIMIT);
  limits = (lnti_image_limits){20, 5, 59, 1};
  assert_status(lnti_image_probe(&info, &blob, &limits, ERR), LNT_ELIMIT);
  limits = (lnti_image_limits){20, 5, 60, 0};
  assert_status(lnti_image_probe(&info, &blob, &limits, ERR), LNT_ELIMIT);
}

static void test_images(void **state) {
  (void)state;
  lnti_image image = {0};
  assert_ok(lnti_image_new(&image, 3, 5, 3, LNTI_DEPTH_U16, ERR));
  assert_int_equal(lnti_image_bytes(&image), 90);
  assert_int_equal((uintptr_t)image.data % 64, 0);
  lnti_image_clear(&image);
  lnti_image_clear(&image);
  assert_status(lnti_image_new(&image, 0, 5, 3, LNTI_DEPTH_U8, ERR), LNT_EINVAL);
  assert_status(lnti_image_new(&image, 1, 5, 2, LNTI_DEPTH_U8, ERR), LNT_EINVAL);
  assert_status(lnti_image_new(&image, SIZE_MAX / 2, 5, 1, LNTI_DEPTH_U8, ERR), LNT_ENOMEM);
  assert_status(lnti_image_new(&image, SIZE_MAX / 4, 1, 1, LNTI_DEPTH_F32, ERR), LNT_ENOMEM);
  assert_null(image.data);
  assert_string_equal(lnti_image_format_name(LNTI_IMAGE_PIXELS), "pixels");
  assert_string_equal(lnti_image_format_name(LNTI_IMAGE_JPEG), "jpeg");
  assert_string_equal(lnti_image_format_name(LNTI_IMAGE_PNG), "png");
  assert_string_equal(lnti_image_format_name(LNTI_IMAGE_PNM), "pnm");
  assert_string_equal(lnti_image_format_name(LNTI_IMAGE_WEBP), "webp");
  assert_string_equal(lnti_image_format_name(LNTI_IMAGE_GIF), "gif");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_known_formats), cmocka_unit_test(test_empty_and_tiny), cmocka_unit_test(test_pixels),
      cmocka_unit_test(test_limits),        cmocka_unit_test(test_images),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
