/*
 * BMP: headers that lie, damage in RLE, and pixels that few bytes promise. What all kinds of it look like is in the
 * golden files.
 */
#include "support.h"

#include "image/refusals.h"

typedef struct bmp {
  uint8_t data[2048];
  size_t n;
} bmp;

/* A header of 40 bytes for w x h pixels, rows from the bottom, and a palette of `colours` greys 0x10, 0x20... */
static void begin(bmp *f, int32_t w, int32_t h, unsigned bits, unsigned compression, size_t colours) {
  memset(f, 0, sizeof *f);
  memcpy(f->data, "BM", 2);
  put32le(f->data + 14, 40);
  put32le(f->data + 18, (uint32_t)w);
  put32le(f->data + 22, (uint32_t)h);
  put16le(f->data + 26, 1);
  put16le(f->data + 28, bits);
  put32le(f->data + 30, compression);
  put32le(f->data + 46, colours);
  f->n = 54;
  for (size_t i = 0; i < colours; i++, f->n += 4) memset(f->data + f->n, (int)(16 * (i + 1)), 3);
  put32le(f->data + 10, f->n);
}

static void add(bmp *f, const void *data, size_t n) {
  memcpy(f->data + f->n, data, n);
  f->n += n;
}

static void gives(const bmp *f, size_t h, size_t w, const char *expected) {
  lnti_image image = {0};
  lnti_image_info info;
  assert_ok(decode_bytes(&image, &info, f->data, f->n, 0, ERR));
  assert_int_equal(info.format, LNTI_IMAGE_BMP);
  assert_int_equal(image.h, h);
  assert_int_equal(image.w, w);
  assert_memory_equal(image.data, expected, h * w * image.c);
  lnti_image_clear(&image);
}

static void test_headers(void **state) {
  (void)state;
  bmp f;
  begin(&f, 0, 1, 8, 0, 2);
  refuses(f.data, f.n, LNT_EDATA, "0 x 1 pixels");
  begin(&f, -1, 1, 8, 0, 2);
  refuses(f.data, f.n, LNT_EDATA, "-1 x 1 pixels");
  begin(&f, 1, INT32_MIN, 24, 0, 0);
  refuses(f.data, f.n, LNT_EDATA, "ends early");
  begin(&f, 1, 1, 8, 0, 2);
  put16le(f.data + 26, 2);
  refuses(f.data, f.n, LNT_EDATA, "2 planes");
  begin(&f, 1, 1, 7, 0, 2);
  refuses(f.data, f.n, LNT_EDATA, "7 bits a pixel");
  begin(&f, 1, 1, 4, 1, 2); /* RLE8 of 4 bits */
  refuses(f.data, f.n, LNT_EDATA, "compression 1");
  begin(&f, 1, 1, 24, 3, 0);
  refuses(f.data, f.n, LNT_EDATA, "compression 3");
  begin(&f, 1, 1, 24, 9, 0);
  refuses(f.data, f.n, LNT_EDATA, "compression 9");
  begin(&f, 1, 1, 24, 4, 0);
  refuses(f.data, f.n, LNT_EUNSUPPORTED, "JPEG inside");
  begin(&f, 1, 1, 24, 5, 0);
  refuses(f.data, f.n, LNT_EUNSUPPORTED, "PNG inside");
  begin(&f, 1, 1, 1, 3, 0);
  put32le(f.data + 14, 64);
  f.n = 100;
  refuses(f.data, f.n, LNT_EUNSUPPORTED, "Huffman");
  put32le(f.data + 30, 4);
  refuses(f.data, f.n, LNT_EUNSUPPORTED, "RLE24");
  begin(&f, 1, 1, 24, 0, 0);
  put32le(f.data + 14, 100);
  refuses(f.data, f.n, LNT_EUNSUPPORTED, "header of 100 bytes");
  put32le(f.data + 14, 0x20746961); /* "BM... wait" is text */
  refuses(f.data, f.n, LNT_EUNSUPPORTED, "no image of a known format");
  begin(&f, 1, 1, 32, 3, 0);
  add(&f, "\0\0\xff\2\0\xff\0\0\xff\0\0\0abcd", 16);
  refuses(f.data, f.n, LNT_EDATA, "side by side");
  begin(&f, 1, 1, 8, 0, 0);
  refuses(f.data, f.n, LNT_EDATA, "no palette");
}

static void test_offsets(void **state) {
  (void)state;
  bmp f;
  begin(&f, 3, 1, 8, 0, 3);
  add(&f, "\2\1\0\0", 4);
  gives(&f, 1, 3, "\x30\x20\x10");
  put32le(f.data + 10, 0); /* behind the palette, then */
  gives(&f, 1, 3, "\x30\x20\x10");
  f.n--; /* the last row's padding */
  gives(&f, 1, 3, "\x30\x20\x10");
  f.n--;
  refuses(f.data, f.n, LNT_EDATA, "fewer bytes than 3 x 1");
  put32le(f.data + 10, 5000);
  refuses(f.data, f.n, LNT_EDATA, "ends early");
  begin(&f, 2, 1, 8, 0, 300); /* more colours than there can be */
  add(&f, "\0\1", 2);
  put32le(f.data + 46, 70000);
  gives(&f, 1, 2, "\x10\x20");
  begin(&f, 2, 1, 8, 0, 1);
  add(&f, "\0\7", 2); /* a colour that is not there is black */
  gives(&f, 1, 2, "\x10\0");
}

static void test_os2_of_any_length(void **state) {
  (void)state;
  bmp f;
  /* 24 bytes: the size, planes, bits, compression and its size, but no number of colours. */
  const uint8_t head[] =
      "BM\0\0\0\0\0\0\0\0\0\0\0\0\x18\0\0\0\2\0\0\0\1\0\0\0\1\0\1\0\0\0\0\0\0\0\0\0"
      "\x40\x40\x40\0\x80\x80\x80\0\x40\0\0\0";
  memset(&f, 0, sizeof f);
  add(&f, head, sizeof head - 1);
  gives(&f, 1, 2, "\x40\x80");
}

static void test_rle(void **state) {
  (void)state;
  bmp f;
  begin(&f, 4, 2, 8, 1, 4);
  add(&f, "\2\1\0\3\3\2\1\0\0\0\4\3\0\1", 14); /* a run of two, three literals (the third hangs over), a line */
  gives(&f, 2, 4, "\x40\x40\x40\x40\x20\x20\x40\x30");
  f.n -= 2; /* no mark of the end, but all pixels */
  gives(&f, 2, 4, "\x40\x40\x40\x40\x20\x20\x40\x30");
  f.n -= 2;
  refuses(f.data, f.n, LNT_EDATA, "ends early");
  begin(&f, 4, 2, 8, 1, 4);
  add(&f, "\0\1", 2); /* ended at once: all of colour 0 */
  gives(&f, 2, 4, "\x10\x10\x10\x10\x10\x10\x10\x10");
  begin(&f, 4, 2, 8, 1, 4);
  add(&f, "\0\2\2\1\1\3\0\1", 8);
  gives(&f, 2, 4, "\x10\x10\x40\x10\x10\x10\x10\x10");
  begin(&f, 4, 2, 8, 1, 4);
  add(&f, "\0\0\0\0\1\1\0\1", 8); /* a third row */
  refuses(f.data, f.n, LNT_EDATA, "cannot be decoded");
  begin(&f, 4, 2, 8, 1, 4);
  add(&f, "\0\2\xff\xff\1\1\0\1", 8);
  refuses(f.data, f.n, LNT_EDATA, "cannot be decoded");
  begin(&f, 4, 2, 8, 1, 4);
  add(&f, "\0\x09\1\2", 4);
  refuses(f.data, f.n, LNT_EDATA, "cannot be decoded");
  begin(&f, 5, -1, 4, 2, 4);
  add(&f, "\3\x12\0\3\x23\x10\0\1", 8);
  gives(&f, 1, 5, "\x20\x30\x20\x30\x40");
}

static void test_bombs(void **state) {
  (void)state;
  bmp f;
  begin(&f, 8000, 8000, 24, 0, 0);
  add(&f, "abcdefgh", 8);
  refuses(f.data, f.n, LNT_EDATA, "fewer bytes than 8000 x 8000");
  begin(&f, 8000, 8000, 8, 1, 4);
  add(&f, "\0\1", 2);
  refuses(f.data, f.n, LNT_EDATA, "2 bytes cannot hold 8000 x 8000");
  begin(&f, INT32_MAX, INT32_MAX, 32, 0, 0);
  add(&f, "abcdefgh", 8);
  refuses(f.data, f.n, LNT_EDATA, "fewer bytes");
  begin(&f, 3000, 1, 8, 1, 4);
  add(&f, "\0\1", 2);
  lnti_image image = {0};
  lnti_image_info info;
  assert_ok(decode_bytes(&image, &info, f.data, f.n, 0, ERR));
  lnti_image_clear(&image);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_headers), cmocka_unit_test(test_offsets), cmocka_unit_test(test_os2_of_any_length),
      cmocka_unit_test(test_rle),     cmocka_unit_test(test_bombs),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
