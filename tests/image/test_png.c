/*
 * PNG: every colour type and depth, written here chunk by chunk (so that the expected pixels are known
 * independently of any encoder), interlaced files, and damage at every byte.
 */
#include "support.h"

#include "image/pixels.h"
#include <zlib.h>

static const lnti_image_limits LIMITS = LNTI_IMAGE_LIMITS_INIT;

typedef struct png {
  uint8_t data[1 << 16];
  size_t n;
} png;

static void put32(uint8_t *p, uint32_t v) {
  for (int i = 0; i < 4; i++) p[i] = (uint8_t)(v >> (24 - 8 * i));
}

static void chunk(png *f, const char *type, const void *data, size_t n) {
  uint8_t *p = f->data + f->n;
  put32(p, (uint32_t)n);
  memcpy(p + 4, type, 4);
  if (n > 0) memcpy(p + 8, data, n);
  put32(p + 8 + n, (uint32_t)crc32(0, p + 4, (uInt)(n + 4)));
  f->n += n + 12;
}

static void begin(png *f, uint32_t w, uint32_t h, int bits, int colour, int interlace) {
  uint8_t head[13] = {0};
  f->n = 8;
  memcpy(f->data, "\x89PNG\r\n\x1a\n", 8);
  put32(head, w);
  put32(head + 4, h);
  head[8] = (uint8_t)bits;
  head[9] = (uint8_t)colour;
  head[12] = (uint8_t)interlace;
  chunk(f, "IHDR", head, sizeof head);
}

/* `rows`: scan lines, each with its filter byte. */
static void end(png *f, const void *rows, size_t n) {
  uint8_t packed[4096];
  uLongf n_packed = sizeof packed;
  assert_int_equal(compress(packed, &n_packed, rows, (uLong)n), Z_OK);
  chunk(f, "IDAT", packed, n_packed);
  chunk(f, "IEND", NULL, 0);
}

static lnt_status decode(lnti_image *out, const png *f) {
  uint8_t *copy = malloc(f->n);
  memcpy(copy, f->data, f->n);
  const lnti_blob blob = blob_of(copy, f->n);
  lnt_status status = lnti_image_decode(out, NULL, &blob, NULL, &LIMITS, ERR);
  free(copy);
  return status;
}

static void gives(const png *f, size_t h, size_t w, size_t c, lnti_depth depth, const void *expected) {
  lnti_image image = {0};
  lnti_image_info info;
  const lnti_blob blob = blob_of(f->data, f->n);
  assert_ok(lnti_image_probe(&info, &blob, &LIMITS, ERR));
  assert_int_equal(info.format, LNTI_IMAGE_PNG);
  assert_int_equal(info.c, c);
  assert_ok(decode(&image, f));
  assert_int_equal(image.h, h);
  assert_int_equal(image.w, w);
  assert_int_equal(image.c, c);
  assert_int_equal(image.depth, depth);
  assert_memory_equal(image.data, expected, lnti_image_bytes(&image));
  lnti_image_clear(&image);
}

static void test_grey(void **state) {
  (void)state;
  png f;
  begin(&f, 2, 2, 8, 0, 0);
  end(&f, "\0\x01\x02\0\xfe\xff", 6);
  gives(&f, 2, 2, 1, LNTI_DEPTH_U8, "\x01\x02\xfe\xff");
  begin(&f, 5, 1, 1, 0, 0);
  end(&f, "\0\xa8", 2);
  gives(&f, 1, 5, 1, LNTI_DEPTH_U8, "\xff\0\xff\0\xff");
  begin(&f, 3, 1, 2, 0, 0);
  end(&f, "\0\x1c", 2); /* 0, 1, 3 of 3 */
  gives(&f, 1, 3, 1, LNTI_DEPTH_U8, "\0\x55\xff");
  begin(&f, 2, 1, 4, 0, 0);
  end(&f, "\0\x1f", 2);
  gives(&f, 1, 2, 1, LNTI_DEPTH_U8, "\x11\xff");
  begin(&f, 2, 1, 16, 0, 0);
  end(&f, "\0\x01\x02\xff\xfe", 5);
  gives(&f, 1, 2, 1, LNTI_DEPTH_U16, (uint16_t[]){0x0102, 0xfffe});
}

static void test_colour(void **state) {
  (void)state;
  png f;
  begin(&f, 1, 2, 8, 2, 0);
  end(&f, "\0abc\0def", 8);
  gives(&f, 2, 1, 3, LNTI_DEPTH_U8, "abcdef");
  begin(&f, 1, 1, 16, 2, 0);
  end(&f, "\0\0\1\0\2\xff\xff", 7);
  gives(&f, 1, 1, 3, LNTI_DEPTH_U16, (uint16_t[]){1, 2, 65535});
  begin(&f, 1, 1, 8, 6, 0);
  end(&f, "\0abcd", 5);
  gives(&f, 1, 1, 4, LNTI_DEPTH_U8, "abcd");
  begin(&f, 1, 1, 16, 6, 0);
  end(&f, "\0\0\1\0\2\0\3\0\4", 9);
  gives(&f, 1, 1, 4, LNTI_DEPTH_U16, (uint16_t[]){1, 2, 3, 4});
  /* Grey with alpha becomes RGBA. */
  begin(&f, 2, 1, 8, 4, 0);
  end(&f, "\0\x10\x20\x30\x40", 5);
  gives(&f, 1, 2, 4, LNTI_DEPTH_U8, "\x10\x10\x10\x20\x30\x30\x30\x40");
  begin(&f, 1, 1, 16, 4, 0);
  end(&f, "\0\1\0\2\0", 5);
  gives(&f, 1, 1, 4, LNTI_DEPTH_U16, (uint16_t[]){256, 256, 256, 512});
}

static void test_palette(void **state) {
  (void)state;
  png f;
  begin(&f, 3, 1, 8, 3, 0);
  chunk(&f, "PLTE", "abcdefghi", 9);
  end(&f, "\0\2\0\1", 4);
  gives(&f, 1, 3, 3, LNTI_DEPTH_U8, "ghiabcdef");
  begin(&f, 2, 1, 1, 3, 0);
  chunk(&f, "PLTE", "abcdef", 6);
  chunk(&f, "tRNS", "\x80", 1);
  end(&f, "\0\x40", 2);
  gives(&f, 1, 2, 4, LNTI_DEPTH_U8,
        "abc\x80"
        "def\xff");
}

/* Adam7 of 3 x 3: pass 1 (0,0); 4 (0,2); 5 (2,0) (2,2); 6 (0,1) (2,1); 7 row 1. */
static void test_interlaced(void **state) {
  (void)state;
  png f;
  begin(&f, 3, 3, 8, 0, 1);
  end(&f, "\0A\0C\0GI\0B\0H\0DEF", 15);
  gives(&f, 3, 3, 1, LNTI_DEPTH_U8, "ABCDEFGHI");
}

static void test_encode_round_trip(void **state) {
  (void)state;
  for (size_t c = 1; c <= 4; c++) {
    if (c == 2) continue;
    for (size_t side = 1; side < 200; side = side * 3 + 1) {
      lnti_image image = make_image(side, side + 5, c, LNTI_DEPTH_U8, busy_pixel), back = {0};
      uint8_t *data = NULL;
      size_t n = 0;
      assert_ok(lnti_image_encode_png(&data, &n, &image, ERR));
      const lnti_blob blob = blob_of(data, n);
      assert_ok(lnti_image_decode(&back, NULL, &blob, NULL, &LIMITS, ERR));
      assert_true(same_image(&image, &back));
      lnti_image_clear(&back);
      lnti_image_clear(&image);
      free(data);
    }
  }
  lnti_image deep = make_image(2, 2, 1, LNTI_DEPTH_U16, busy_pixel);
  uint8_t *data = NULL;
  size_t n = 0;
  assert_status(lnti_image_encode_png(&data, &n, &deep, ERR), LNT_EINVAL);
  assert_null(data);
  lnti_image_clear(&deep);
}

static void test_header_refusals(void **state) {
  (void)state;
  png f;
  lnti_image image = {0};
  begin(&f, 0, 1, 8, 0, 0);
  end(&f, "\0", 1);
  assert_status(decode(&image, &f), LNT_EDATA);
  begin(&f, 1, 1, 3, 0, 0);
  end(&f, "\0a", 2);
  assert_status(decode(&image, &f), LNT_EDATA);
  begin(&f, 1, 1, 8, 5, 0);
  end(&f, "\0a", 2);
  assert_status(decode(&image, &f), LNT_EDATA);
  begin(&f, 70000, 1, 8, 0, 0);
  end(&f, "\0a", 2);
  assert_status(decode(&image, &f), LNT_ELIMIT);
  begin(&f, 10000, 10000, 8, 0, 0); /* 100 MB from 10 bytes */
  end(&f, "\0a", 2);
  assert_status(decode(&image, &f), LNT_EDATA);
  assert_message("cannot hold");
  begin(&f, 1, 1, 8, 0, 0);
  chunk(&f, "IEND", NULL, 0);
  assert_status(decode(&image, &f), LNT_EDATA);
  begin(&f, 2, 2, 8, 0, 0); /* one row of two */
  end(&f, "\0ab", 3);
  assert_status(decode(&image, &f), LNT_EDATA);
  begin(&f, 1, 1, 8, 3, 0); /* no palette */
  end(&f, "\0a", 2);
  assert_status(decode(&image, &f), LNT_EDATA);
  assert_null(image.data);
}

/* The whole message is ours: libvips's words are the process's, and could be those of another thread's file. */
static void test_own_words(void **state) {
  (void)state;
  png f;
  lnti_image image = {0};
  lnt_error err = LNT_ERROR_INIT;
  begin(&f, 2, 2, 8, 0, 0); /* one row of two, then a palette that is missing */
  end(&f, "\0ab", 3);
  for (int i = 0; i < 2; i++) {
    const lnti_blob blob = blob_of(f.data, f.n);
    assert_int_equal(lnti_image_decode(&image, NULL, &blob, NULL, &LIMITS, &err), LNT_EDATA);
    assert_string_equal(err.message, "the PNG file is damaged: its pixels cannot be decoded");
    begin(&f, 1, 1, 8, 3, 0);
    end(&f, "\0a", 2);
  }
}

/* Cut anywhere, or one byte altered anywhere but in an ancillary chunk: refused. */
static void test_damage_everywhere(void **state) {
  (void)state;
  png whole, part;
  uint8_t rows[9 * 10];
  lnti_image image = {0};
  for (size_t i = 0; i < sizeof rows; i++) rows[i] = i % 10 == 0 ? 0 : (uint8_t)(i * 37);
  begin(&whole, 9, 9, 8, 0, 0);
  const size_t text_at = whole.n;
  chunk(&whole, "tEXt", "Title\0damage", 12);
  const size_t text_end = whole.n;
  end(&whole, rows, sizeof rows);
  assert_ok(decode(&image, &whole));
  lnti_image_clear(&image);
  for (size_t n = 8; n < whole.n; n++) {
    memcpy(&part, &whole, sizeof part);
    part.n = n;
    assert_status(decode(&image, &part), LNT_EDATA);
  }
  for (size_t at = 8; at < whole.n; at++) {
    memcpy(&part, &whole, sizeof part);
    part.data[at] ^= 0x41;
    lnt_status status = decode(&image, &part);
    if (status == LNT_OK && (at < text_at || at >= text_end)) fail_msg("byte %zu altered was not noticed", at);
    lnti_image_clear(&image);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_grey),
      cmocka_unit_test(test_colour),
      cmocka_unit_test(test_palette),
      cmocka_unit_test(test_interlaced),
      cmocka_unit_test(test_encode_round_trip),
      cmocka_unit_test(test_header_refusals),
      cmocka_unit_test(test_own_words),
      cmocka_unit_test(test_damage_everywhere),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
