/*
 * TIFF: directories that lie, run in circles or ask for more than is read. What good files give is in the golden files.
 */
#include "support.h"

#include "image/refusals.h"

enum { BYTE = 1, SHORT = 3, LONG = 4, LONG8 = 16 };

typedef struct entry {
  unsigned tag, type;
  uint32_t count;
  uint32_t value; /* or its offset */
} entry;

typedef struct tiff {
  uint8_t data[4096];
  size_t n;
  size_t link_at; /* of the offset of the next directory */
} tiff;

static void begin(tiff *f) {
  memset(f, 0, sizeof *f);
  memcpy(f->data, "II*\0", 4);
  f->link_at = 4;
  f->n = 8;
}

/* A directory at the end, linked from the one before. */
static void directory(tiff *f, const entry *entries, size_t n) {
  put32le(f->data + f->link_at, f->n);
  put16le(f->data + f->n, n);
  f->n += 2;
  for (size_t i = 0; i < n; i++, f->n += 12) {
    put16le(f->data + f->n, entries[i].tag);
    put16le(f->data + f->n + 2, entries[i].type);
    put32le(f->data + f->n + 4, entries[i].count);
    put32le(f->data + f->n + 8, entries[i].value);
  }
  f->link_at = f->n;
  f->n += 4;
}

enum {
  N = 12,
  WIDTH = 0,
  HEIGHT,
  BITS,
  COMPRESSION,
  PHOTOMETRIC,
  OFFSET,
  ORIENTATION,
  SAMPLES,
  ROWS,
  BYTES,
  PLANAR,
  FORMAT
};

/* Grey, 8 bits, 4 x 2, its pixels at byte 8. */
static void plain(entry e[N + 4]) {
  const entry grey[N] = {{256, SHORT, 1, 4}, {257, SHORT, 1, 2}, {258, SHORT, 1, 8}, {259, SHORT, 1, 1},
                         {262, SHORT, 1, 1}, {273, LONG, 1, 8},  {274, SHORT, 1, 1}, {277, SHORT, 1, 1},
                         {278, SHORT, 1, 2}, {279, LONG, 1, 8},  {284, SHORT, 1, 1}, {339, SHORT, 1, 1}};
  memcpy(e, grey, sizeof grey);
}

static void file_of(tiff *f, const entry *e, size_t n) {
  begin(f);
  memcpy(f->data + 8, "abcdefghijklmnopqrstuvwxyz......", 32);
  f->n = 40;
  directory(f, e, n);
}

static void refuses_page(const entry *e, size_t n, lnt_status code, const char *words) {
  tiff f;
  file_of(&f, e, n);
  refuses(f.data, f.n, code, words);
}

static void test_plain(void **state) {
  (void)state;
  entry e[N + 4];
  tiff f;
  lnti_image image = {0};
  lnti_image_info info;
  plain(e);
  file_of(&f, e, N);
  assert_ok(decode_bytes(&image, &info, f.data, f.n, 0, ERR));
  assert_int_equal(info.format, LNTI_IMAGE_TIFF);
  assert_int_equal(info.frames, 1);
  assert_false(info.timed);
  assert_memory_equal(image.data, "abcdefgh", 8);
  lnti_image_clear(&image);
  plain(e);
  e[ORIENTATION].value = 8;
  file_of(&f, e, N);
  assert_ok(decode_bytes(&image, &info, f.data, f.n, 0, ERR));
  assert_int_equal(info.orientation, 8);
  assert_int_equal(info.h, 4);
  assert_int_equal(info.w, 2);
  assert_memory_equal(image.data, "dhcgbfae", 8);
  lnti_image_clear(&image);
  e[ORIENTATION].value = 9; /* none of the eight */
  file_of(&f, e, N);
  assert_ok(decode_bytes(&image, &info, f.data, f.n, 0, ERR));
  assert_int_equal(info.orientation, 1);
  lnti_image_clear(&image);
}

/* One field at a time is not what it should be. */
static void test_fields(void **state) {
  (void)state;
  static const struct {
    int field;
    uint32_t value;
    lnt_status code;
    const char *words;
  } cases[] = {
      {WIDTH, 0, LNT_EDATA, "no size"},
      {HEIGHT, 0, LNT_EDATA, "no size"},
      {WIDTH, 50000, LNT_EDATA, "8 bytes cannot hold 2 rows of 50000"},
      {BITS, 7, LNT_EUNSUPPORTED, "samples of 7 bits"},
      {BITS, 24, LNT_EUNSUPPORTED, "samples of 24 bits"},
      {BITS, 0, LNT_EUNSUPPORTED, "samples of 0 bits"},
      {FORMAT, 3, LNT_EUNSUPPORTED, "samples of 8 bits (floating point)"},
      {FORMAT, 5, LNT_EUNSUPPORTED, "samples of 8 bits"},
      {COMPRESSION, 6, LNT_EUNSUPPORTED, "compression 6 (old JPEG)"},
      {COMPRESSION, 33003, LNT_EUNSUPPORTED, "compression 33003"},
      {COMPRESSION, 34712, LNT_EUNSUPPORTED, "compression 34712"},
      {COMPRESSION, 34887, LNT_EUNSUPPORTED, "compression 34887"},
      {COMPRESSION, 34925, LNT_EUNSUPPORTED, "compression 34925"},
      {COMPRESSION, 34661, LNT_EUNSUPPORTED, "compression 34661"},
      {COMPRESSION, 0, LNT_EUNSUPPORTED, "compression 0"},
      {COMPRESSION, 7, LNT_EDATA, "JPEG part of it is cut short"},
      {COMPRESSION, 8, LNT_EDATA, "its pixels cannot be decoded"},
      {COMPRESSION, 5, LNT_EDATA, "its pixels cannot be decoded"},
      {PHOTOMETRIC, 4, LNT_EUNSUPPORTED, "photometric interpretation 4"},
      {PHOTOMETRIC, 8, LNT_EUNSUPPORTED, "photometric interpretation 8"},
      {PHOTOMETRIC, 32803, LNT_EUNSUPPORTED, "photometric interpretation 32803"},
      {PHOTOMETRIC, 6, LNT_EUNSUPPORTED, "YCbCr without JPEG"},
      {PHOTOMETRIC, 2, LNT_EDATA, "fewer samples"},
      {PHOTOMETRIC, 5, LNT_EDATA, "fewer samples"},
      {PHOTOMETRIC, 3, LNT_EDATA, "palette is missing"},
      {SAMPLES, 0, LNT_EUNSUPPORTED, "more than 64 samples"},
      {SAMPLES, 65, LNT_EUNSUPPORTED, "more than 64 samples"},
      {SAMPLES, 3, LNT_EDATA, "cannot hold"},
      {ROWS, 0, LNT_EDATA, "no rows"},
      {ROWS, 1, LNT_EDATA, "where all of its pixels are"},
      {BYTES, 7, LNT_EDATA, "7 bytes cannot hold 2 rows of 4"},
      {BYTES, 0, LNT_EDATA, "0 bytes cannot hold"},
      {BYTES, 5000, LNT_EDATA, "pixels at byte 8 to 5008"},
      {OFFSET, 5000, LNT_EDATA, "pixels at byte 5000"},
      {OFFSET, UINT32_MAX, LNT_EDATA, "pixels at byte 4294967295"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    entry e[N + 4];
    plain(e);
    e[cases[i].field].value = cases[i].value;
    if (cases[i].value > UINT16_MAX) e[cases[i].field].type = LONG;
    refuses_page(e, N, cases[i].code, cases[i].words);
  }
}

static void test_kinds(void **state) {
  (void)state;
  entry e[N + 4];
  plain(e);
  e[WIDTH] = (entry){256, 2, 1, 4}; /* text */
  refuses_page(e, N, LNT_EDATA, "values of its field 256");
  plain(e);
  e[WIDTH] = (entry){256, LONG, 2, 4090}; /* outside */
  refuses_page(e, N, LNT_EDATA, "values of its field 256");
  plain(e);
  e[BITS] = (entry){258, SHORT, 0x40000000, 8};
  refuses_page(e, N, LNT_EDATA, "values of its field 258");
  plain(e);
  e[BITS] = (entry){258, SHORT, 2, 8 | 16 << 16};
  refuses_page(e, N, LNT_EUNSUPPORTED, "samples of several kinds");
  plain(e);
  e[PLANAR].value = 2; /* of one sample it says nothing */
  tiff f;
  file_of(&f, e, N);
  lnti_image image = {0};
  lnti_image_info info;
  assert_ok(decode_bytes(&image, &info, f.data, f.n, 0, ERR));
  lnti_image_clear(&image);
  e[BITS].value = 1;
  refuses_page(e, N, LNT_EUNSUPPORTED, "several planes with less than 8 bits");
  plain(e);
  e[PHOTOMETRIC].value = 0;
  e[FORMAT].value = 2;
  refuses_page(e, N, LNT_EUNSUPPORTED, "white at 0 and signed");
  plain(e);
  e[PHOTOMETRIC].tag = 261;
  refuses_page(e, N, LNT_EDATA, "what its samples mean");
  plain(e);
  e[N] = (entry){338, SHORT, 1, 1}; /* an extra sample that is not there */
  refuses_page(e, N + 1, LNT_EDATA, "miscounted");
  plain(e);
  e[SAMPLES].value = 2;
  e[WIDTH].value = 2;
  e[BITS] = (entry){258, SHORT, 1, 32};
  e[HEIGHT].value = 1;
  e[BYTES].value = 16;
  e[N] = (entry){338, SHORT, 1, 1};
  refuses_page(e, N + 1, LNT_EUNSUPPORTED, "premultiplied alpha");
  plain(e);
  e[SAMPLES].value = 4;
  e[WIDTH].value = 1;
  e[PHOTOMETRIC].value = 5;
  e[N] = (entry){332, SHORT, 1, 2};
  refuses_page(e, N + 1, LNT_EUNSUPPORTED, "inks other than CMYK");
  plain(e);
  e[N] = (entry){50706, BYTE, 4, 0x00000401};
  refuses_page(e, N + 1, LNT_EUNSUPPORTED, "camera's raw");
}

static void test_tiles(void **state) {
  (void)state;
  entry e[N + 4];
  plain(e);
  e[OFFSET] = (entry){324, LONG, 1, 8};
  e[BYTES] = (entry){325, LONG, 1, 32};
  e[N] = (entry){322, SHORT, 1, 16};
  e[N + 1] = (entry){323, SHORT, 1, 16};
  refuses_page(e, N + 2, LNT_EDATA, "32 bytes cannot hold 16 rows of 16");
  e[N].value = 0;
  refuses_page(e, N + 2, LNT_EDATA, "tiles of 0 x 16");
  e[N].value = 10001;
  refuses_page(e, N + 2, LNT_EDATA, "tiles of 10001 x 16");
  e[N].value = e[N + 1].value = 8000; /* 64 million pixels a tile for an image of eight */
  e[COMPRESSION].value = 50000;
  refuses_page(e, N + 2, LNT_EDATA, "tiles of 8000 x 8000 for an image of 4 x 2");
  e[PLANAR].value = 2;
  e[SAMPLES].value = 3;
  refuses_page(e, N + 2, LNT_EUNSUPPORTED, "several planes in tiles");
}

static void test_pages(void **state) {
  (void)state;
  entry e[N + 4];
  tiff f;
  lnti_image image = {0};
  lnti_image_info info;
  plain(e);
  file_of(&f, e, N);
  e[WIDTH].value = 2;
  e[OFFSET].value = 12;
  directory(&f, e, N);
  assert_ok(decode_bytes(&image, &info, f.data, f.n, 1, ERR));
  assert_int_equal(info.frames, 2);
  assert_int_equal(info.w, 2);
  assert_memory_equal(image.data, "efgh", 4);
  lnti_image_clear(&image);
  assert_status(decode_bytes(&image, &info, f.data, f.n, 2, ERR), LNT_ENOTFOUND);
  /* A broken page is no reason to refuse the others. */
  const size_t link = f.link_at;
  e[WIDTH].value = 0;
  directory(&f, e, N);
  assert_ok(decode_bytes(&image, &info, f.data, f.n, 0, ERR));
  assert_int_equal(info.frames, 3);
  lnti_image_clear(&image);
  assert_status(decode_bytes(&image, &info, f.data, f.n, 2, ERR), LNT_EDATA);
  put32le(f.data + link, 40); /* the second page leads back to the first */
  refuses(f.data, f.n, LNT_EDATA, "runs in a circle");
  put32le(f.data + link, 4095);
  refuses(f.data, f.n, LNT_EDATA, "a directory of it should be at byte 4095");
  put32le(f.data + 4, 0);
  refuses(f.data, f.n, LNT_EDATA, "holds no image");
}

/* 101 directories of one entry each: more pages than the caps of this test take; and a long circle. */
static void test_many_pages(void **state) {
  (void)state;
  entry e[N + 4];
  tiff f;
  plain(e);
  file_of(&f, e, N);
  for (int i = 0; i < 20; i++) directory(&f, e, 1);
  const size_t end = f.link_at;
  put32le(f.data + end, 40 + 2 + 12 * N + 4); /* to the second */
  refuses(f.data, f.n, LNT_EDATA, "runs in a circle");
  put32le(f.data + end, 0);
  for (int i = 0; i < 80; i++) directory(&f, e, 1);
  refuses(f.data, f.n, LNT_ELIMIT, "more than 100 frames");
}

static void test_big(void **state) {
  (void)state;
  uint8_t head[16] = "II+\0\x08\0\0\0\x10\0\0\0\0\0\0";
  refuses(head, 15, LNT_EDATA, "ends early");
  refuses(head, 16, LNT_EDATA, "should be at byte 16");
  head[4] = 4;
  refuses(head, 16, LNT_EDATA, "BigTIFF header is broken");
  head[4] = 8;
  memset(head + 8, 0xff, 8);
  refuses(head, 16, LNT_EDATA, "should be at byte 18446744073709551615");
  uint8_t more[24] = "MM\0+\0\x08\0\0\0\0\0\0\0\0\0\x10\xff\xff\xff\xff\xff\xff\xff";
  refuses(more, 24, LNT_EDATA, "should be at byte 16");
  refuses("II*\0", 4, LNT_EDATA, "ends early");
}

/* Few bytes that claim many pixels, as far as the compression lets one tell. */
static void test_bombs(void **state) {
  (void)state;
  static const struct {
    uint32_t compression;
    const char *words;
  } cases[] = {{1, "cannot hold"}, {5, "cannot hold"}, {8, "cannot hold"}, {32773, "cannot hold"}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    entry e[N + 4];
    plain(e);
    e[COMPRESSION].value = cases[i].compression;
    e[WIDTH].value = e[HEIGHT].value = e[ROWS].value = 8000;
    refuses_page(e, N, LNT_EDATA, cases[i].words);
  }
}

/* A strip of JPEG, as far as its frame header, with zeros behind its end: so many are looked past. */
static void test_jpeg_padding(void **state) {
  (void)state;
  static const uint8_t jpeg[] = {0xff, 0xd8, 0xff, 0xc0, 0, 11, 8, 0, 2, 0, 4, 1, 1, 0x11, 0, 0xff, 0xd9};
  for (size_t padding = 60; padding < 70; padding++) {
    tiff f;
    entry e[N + 4];
    lnti_image_info info;
    const lnti_image_limits limits = LNTI_IMAGE_LIMITS_INIT;
    plain(e);
    e[COMPRESSION].value = 7;
    e[BYTES].value = (uint32_t)(sizeof jpeg + padding);
    begin(&f);
    memcpy(f.data + 8, jpeg, sizeof jpeg);
    f.n = 8 + sizeof jpeg + padding;
    directory(&f, e, N);
    const lnti_blob blob = blob_of(f.data, f.n);
    if (padding > 64) {
      refuses(f.data, f.n, LNT_EDATA, "a JPEG part of it is cut short");
    } else {
      assert_ok(lnti_image_probe(&info, &blob, &limits, ERR));
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_plain), cmocka_unit_test(test_fields), cmocka_unit_test(test_kinds),
      cmocka_unit_test(test_tiles), cmocka_unit_test(test_pages),  cmocka_unit_test(test_many_pages),
      cmocka_unit_test(test_big),   cmocka_unit_test(test_bombs),  cmocka_unit_test(test_jpeg_padding),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
