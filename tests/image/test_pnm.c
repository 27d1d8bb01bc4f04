/*
 * PNM by hand: each of the six kinds, scaling, comments, every way of ending early.
 */
#include "support.h"

#include "image/pixels.h"

static const lnti_image_limits LIMITS = LNTI_IMAGE_LIMITS_INIT;

static lnti_image decode(const char *bytes, size_t n) {
  lnti_image image = {0};
  uint8_t *copy = malloc(n + (n == 0)); /* a block of just that size: reading past it is seen */
  memcpy(copy, bytes, n);
  const lnti_blob blob = blob_of(copy, n);
  lnti_image_info info;
  assert_ok(lnti_image_probe(&info, &blob, &LIMITS, ERR));
  assert_ok(lnti_image_decode(&image, NULL, &blob, NULL, &LIMITS, ERR));
  assert_int_equal(info.format, LNTI_IMAGE_PNM);
  assert_int_equal(info.h, image.h);
  assert_int_equal(info.w, image.w);
  assert_int_equal(info.c, image.c);
  assert_int_equal(info.depth, image.depth);
  free(copy);
  return image;
}

static void gives_u8(const char *bytes, size_t n, size_t h, size_t w, size_t c, const uint8_t *expected) {
  lnti_image image = decode(bytes, n);
  assert_int_equal(image.h, h);
  assert_int_equal(image.w, w);
  assert_int_equal(image.c, c);
  assert_int_equal(image.depth, LNTI_DEPTH_U8);
  assert_memory_equal(image.data, expected, h * w * c);
  lnti_image_clear(&image);
}

static void gives_u16(const char *bytes, size_t n, size_t h, size_t w, const uint16_t *expected) {
  lnti_image image = decode(bytes, n);
  assert_int_equal(image.h, h);
  assert_int_equal(image.w, w);
  assert_int_equal(image.depth, LNTI_DEPTH_U16);
  assert_memory_equal(image.data, expected, h * w * image.c * 2);
  lnti_image_clear(&image);
}

static void fails(const char *bytes, size_t n, lnt_status code, const char *words) {
  lnti_image image = {.h = 77};
  uint8_t *copy = malloc(n + (n == 0));
  memcpy(copy, bytes, n);
  const lnti_blob blob = blob_of(copy, n);
  assert_status(lnti_image_decode(&image, NULL, &blob, NULL, &LIMITS, ERR), code);
  assert_message(words);
  assert_int_equal(image.h, 77);
  free(copy);
}

#define TEXT(literal) literal, sizeof literal - 1

static void test_plain(void **state) {
  (void)state;
  /* 1 is black; bits may stand side by side. */
  gives_u8(TEXT("P1\n# c\n3 2\n101 0\n1 0"), 2, 3, 1, (uint8_t[]){0, 255, 0, 255, 0, 255});
  /* 5/15 of 255 is 85. */
  gives_u8(TEXT("P2 2 2 15\n0 5 # mid 7\n10 15\n"), 2, 2, 1, (uint8_t[]){0, 85, 170, 255});
  gives_u8(TEXT("P3\n1 2\n255\n1 2 3 4 5 6"), 2, 1, 3, (uint8_t[]){1, 2, 3, 4, 5, 6});
  /* 1/1023 of 65535 is 64.06. */
  gives_u16(TEXT("P2 3 1 1023 0 1 1023"), 1, 3, (uint16_t[]){0, 64, 65535});
  gives_u8(TEXT("P2\r# a\r1 1\r9\r9\r"), 1, 1, 1, (uint8_t[]){255});
}

static void test_raw(void **state) {
  (void)state;
  /* Nine bits a row take two bytes. */
  gives_u8(TEXT("P4\n9 2\n\xaa\x80\x55\x00"), 2, 9, 1,
           (uint8_t[]){0, 255, 0, 255, 0, 255, 0, 255, 0, 255, 0, 255, 0, 255, 0, 255, 0, 255});
  gives_u8(TEXT("P5 2 2 255\n\x00\x40\x80\xff"), 2, 2, 1, (uint8_t[]){0, 64, 128, 255});
  gives_u8(TEXT("P5 2 1 100\n\x00\x64"), 1, 2, 1, (uint8_t[]){0, 255});
  gives_u8(TEXT("P6\n1 1\n255\nabc"), 1, 1, 3, (uint8_t[]){'a', 'b', 'c'});
  gives_u16(TEXT("P5 1 2 65535\n\x01\x02\xff\xfe"), 2, 1, (uint16_t[]){0x0102, 0xfffe});
  gives_u16(TEXT("P5 1 2 256\n\x00\x80\x01\x00"), 2, 1, (uint16_t[]){32768, 65535});
  /* One blank after the header, not more: the second newline is a pixel. */
  gives_u8(TEXT("P5 1 1 255\n\n"), 1, 1, 1, (uint8_t[]){'\n'});
  /* Of several images in one file, the first. */
  gives_u8(TEXT("P5 1 1 255\n\x07P5 1 1 255\n\x08"), 1, 1, 1, (uint8_t[]){7});
}

static void test_refusals(void **state) {
  (void)state;
  fails(TEXT("P2 #"), LNT_EDATA, "width and height");
  fails(TEXT("P5 0 1 255\n"), LNT_EDATA, "nothing in it");
  fails(TEXT("P5 1 1 0\n\x00"), LNT_EDATA, "greatest value");
  fails(TEXT("P5 1 1 65536\n\x00\x00"), LNT_EDATA, "greatest value");
  fails(TEXT("P5 1 1 255"), LNT_EDATA, "blank");
  fails(TEXT("P5 1 1 255x"), LNT_EDATA, "blank");
  fails(TEXT("P5 1 1 9\n\x0a"), LNT_EDATA, "10 above its greatest value 9");
  fails(TEXT("P2 1 1 9 10"), LNT_EDATA, "above");
  fails(TEXT("P2 1 1 9 -1"), LNT_EDATA, "other than a number");
  fails(TEXT("P1 2 1 12"), LNT_EDATA, "not 0 or 1");
  fails(TEXT("P2 2 1 9 1 99999999999999999999"), LNT_EDATA, "other than a number");
  fails(TEXT("P5 99999999999 1 255\n"), LNT_EDATA, "width and height");
  fails(TEXT("P5 4294967300 1 255\nabcd"), LNT_EDATA, "width and height"); /* 2^32 + 4 */
  fails(TEXT("P5 4 4294967297 255\nabcd"), LNT_EDATA, "width and height");
  fails(TEXT("P5 4 1 4294967551\nabcd"), LNT_EDATA, "greatest value");
  fails(TEXT("P2 1 1 9 4294967297"), LNT_EDATA, "other than a number");
  fails(TEXT("P5 70000 1 255\n"), LNT_ELIMIT, "70000 x 1");
  fails(TEXT("P2 14000 14000 255 1 2 3"), LNT_EDATA, "ends early"); /* before 196 MB are had */
  fails(TEXT("P8 1 1 255\n"), LNT_EUNSUPPORTED, "no image of a known format");
}

/* Every prefix of every kind is refused, but the plain ones whose last number is merely shorter. */
static void test_cut_everywhere(void **state) {
  (void)state;
  static const char *const whole[] = {"P1 3 2\n101010", "P2 2 2 9\n1 2 3 4", "P3 1 1 9\n1 2 3",
                                      "P4 3 2\nab",     "P5 2 2 255\nabcd",  "P6 1 2 255\nabcdef"};
  for (size_t i = 0; i < sizeof whole / sizeof *whole; i++) {
    const size_t n = strlen(whole[i]);
    lnti_image image = decode(whole[i], n);
    lnti_image_clear(&image);
    for (size_t cut = 0; cut < n; cut++) {
      uint8_t *copy = malloc(cut + (cut == 0));
      memcpy(copy, whole[i], cut);
      const lnti_blob blob = blob_of(copy, cut);
      lnt_status status = lnti_image_decode(&image, NULL, &blob, NULL, &LIMITS, ERR);
      if (status == LNT_OK) fail_msg("kind %zu was taken when cut at byte %zu", i + 1, cut);
      free(copy);
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_plain),
      cmocka_unit_test(test_raw),
      cmocka_unit_test(test_refusals),
      cmocka_unit_test(test_cut_everywhere),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
