/*
 * Stripping: what was asked for is gone from the bytes, what was not is there, and no byte of the pixels has changed.
 */
#include "exif_support.h"

#include <base/bytes.h>

#include <image/exif.h>
#include <image/image.h>
#include <math.h>

#define N_ROWS(rows) (sizeof(rows) / sizeof *(rows))

enum { BOTH = LNTI_STRIP_GPS | LNTI_STRIP_SERIALS };

/* What must go says so: SECRET for all that goes with either, GEO and SERIAL for one. 123456789/1000000 degrees are the
   bytes 075bcd15 in either order. */
static const exif_row ROWS[] = {
    {IN_FIRST, 0x010e, LNTI_IFD_ASCII, "SECRET description", 0, {0}},
    {IN_FIRST, 0x010f, LNTI_IFD_ASCII, "Linnet Optics", 0, {0}},
    {IN_FIRST, 0x0112, LNTI_IFD_SHORT, NULL, 1, {6}},
    {IN_FIRST, 0x013b, LNTI_IFD_ASCII, "SERIAL of the artist", 0, {0}},
    {IN_FIRST, 0x8298, LNTI_IFD_ASCII, "Copyright 2024 A. Person", 0, {0}},
    {IN_FIRST, 0x02bc, LNTI_IFD_BYTE, "SECRET xmp", 0, {0}},
    {IN_FIRST, 0xc62f, LNTI_IFD_ASCII, "SERIAL dng", 0, {0}},
    {IN_FIRST, 0xfde8, LNTI_IFD_ASCII, "SECRET owner of another tag", 0, {0}},
    {IN_EXIF, 0x829a, LNTI_IFD_RATIONAL, NULL, 1, {1, 250}},
    {IN_EXIF, 0x9003, LNTI_IFD_ASCII, "2008:10:22 16:28:39", 0, {0}},
    {IN_EXIF, 0x927c, LNTI_IFD_UNDEFINED, "SECRET maker note SERIAL 42 GEO", 0, {0}},
    {IN_EXIF, 0x9286, LNTI_IFD_UNDEFINED, "ASCII\0\0\0SECRET comment", 22, {0}},
    {IN_EXIF, 0xa420, LNTI_IFD_ASCII, "SERIAL image id", 0, {0}},
    {IN_EXIF, 0xa430, LNTI_IFD_ASCII, "SERIAL owner", 0, {0}},
    {IN_EXIF, 0xa431, LNTI_IFD_ASCII, "SERIAL body", 0, {0}},
    {IN_EXIF, 0xa434, LNTI_IFD_ASCII, "50mm f/1.8", 0, {0}},
    {IN_EXIF, 0xa435, LNTI_IFD_ASCII, "SERIAL lens", 0, {0}},
    {IN_GPS, 1, LNTI_IFD_ASCII, "N", 0, {0}},
    {IN_GPS, 2, LNTI_IFD_RATIONAL, NULL, 3, {12, 1, 34, 1, 123456789, 10000000}},
    {IN_GPS, 3, LNTI_IFD_ASCII, "W", 0, {0}},
    {IN_GPS, 4, LNTI_IFD_RATIONAL, NULL, 3, {56, 1, 7, 1, 8, 1}},
    {IN_GPS, 27, LNTI_IFD_ASCII, "GEO method", 0, {0}},
    {IN_INTEROP, 1, LNTI_IFD_ASCII, "R03", 0, {0}},
    {IN_SECOND, 0x010e, LNTI_IFD_ASCII, "SECRET thumbnail", 0, {0}},
};

static bool holds(const exif_bytes *file, const char *text) {
  return memmem(file->data, file->n, text, strlen(text)) != NULL;
}

static exif_bytes strip(const exif_bytes *file, unsigned what) {
  exif_bytes out = {0};
  assert_ok(lnti_exif_strip(&out.data, &out.n, file->data, file->n, what, ERR));
  return out;
}

/** That a stripped file says what it may and nothing else. */
static void check_stripped(const exif_bytes *file, unsigned what) {
  lnti_exif e;
  const bool no_gps = what & LNTI_STRIP_GPS, no_serials = what & LNTI_STRIP_SERIALS;
  lnti_exif_read(&e, file->data, file->n);
  assert_string_equal(e.make, "Linnet Optics");
  assert_string_equal(e.taken, "2008-10-22T16:28:39");
  assert_string_equal(e.lens, "50mm f/1.8");
  assert_true(e.exposure_s == 1.0 / 250);
  assert_int_equal(holds(file, "Copyright 2024"), !no_serials); /* it may name the owner */
  assert_true(holds(file, "R03"));
  assert_false(holds(file, "SECRET"));
  assert_int_equal(e.has_gps, !no_gps);
  assert_int_equal(holds(file, "GEO"), !no_gps);
  assert_int_equal(holds(file, "\x07\x5b\xcd\x15") || holds(file, "\x15\xcd\x5b\x07"), !no_gps);
  assert_int_equal(holds(file, "SERIAL"), !no_serials);
  assert_string_equal(e.serial, no_serials ? "" : "SERIAL body");
  assert_int_equal(holds(file, "SERIAL of the artist"), !no_serials);
  if (!no_gps) assert_true(fabs(e.latitude - (12 + 34 / 60.0 + 12.3456789 / 3600)) < 1e-12);
}

/* ---- containers made by hand ---- */

/* The scan of exif_in_jpeg's picture. */
static const char JPEG_PIXELS[] = "\xff\xda\0\x08\1\1\0\0\x3f\0\x55\xff\0\x55\xff\xd9";

static exif_bytes jpeg_with_secrets(bool big_endian) {
  exif_bytes inner = exif_in_jpeg(exif_tiff(ROWS, N_ROWS(ROWS), big_endian, false)), file = {0};
  exif_append(&file, "\xff\xd8", 2);
  exif_append(&file, "\xff\xe1\0\x29http://ns.adobe.com/xap/1.0/\0SECRET xmp", 43);
  exif_append(&file, "\xff\xed\0\x1cPhotoshop 3.0\0SECRET iptc", 30);
  exif_append(&file, "\xff\xe2\0\x15MPF\0SECRET preview", 23);
  exif_append(&file, "\xff\xe2\0\x14ICC_PROFILE\0\1\1pro", 22);
  exif_append(&file,
              "\xff\xee\0\x0e"
              "Adobe\0\x64\0\0\0\0\1",
              16);
  exif_append(&file, "\xff\xe5\0\x10SECRET app 5.", 18);
  exif_append(&file, "\xff\xfe\0\x10SECRET comment", 18);
  exif_append(&file, inner.data + 2, inner.n - 2);
  exif_append(&file, "SECRET trailer", 14);
  free(inner.data);
  return file;
}

static void test_jpeg(void **state) {
  (void)state;
  for (unsigned what = 1; what <= BOTH; what++) {
    exif_bytes file = jpeg_with_secrets(what & 1), out = strip(&file, what);
    check_stripped(&out, what);
    assert_int_equal(lnti_exif_orientation(out.data, out.n), 6);
    assert_true(holds(&out, "ICC_PROFILE") && holds(&out, "Adobe") && holds(&out, "JFIF"));
    assert_true(out.n > 16 && memcmp(out.data + out.n - 16, JPEG_PIXELS, 16) == 0);
    /* once more changes nothing */
    exif_bytes again = strip(&out, what);
    assert_int_equal(again.n, out.n);
    assert_memory_equal(again.data, out.data, out.n);
    free(again.data);
    free(out.data);
    free(file.data);
  }
}

/** The thumbnail of JFIF goes; tables between scans stay; a scan that ends early is copied as it is. */
static void test_jpeg_structure(void **state) {
  (void)state;
  static const char whole[] =
      "\xff\xd8\xff\xe0\0\x19JFIF\0\1\2\0\0\1\0\1\1\2SECRETSEC"
      "\xff\xda\0\2\x11\xff\0\xff\xd0\x22\xff\xff\xfe\0\x08SECRET\xff\xc4\0\3\x33\xff\xda\0\2\x44\xff\xff";
  static const char wanted[] =
      "\xff\xd8\xff\xe0\0\x10JFIF\0\1\2\0\0\1\0\1\0\0"
      "\xff\xda\0\2\x11\xff\0\xff\xd0\x22\xff\xff\xc4\0\3\x33\xff\xda\0\2\x44\xff\xff";
  exif_bytes file = {0};
  exif_append(&file, whole, sizeof whole - 1);
  exif_bytes out = strip(&file, BOTH);
  /* the fill byte before the comment's marker belongs to the scan */
  assert_int_equal(out.n, sizeof wanted - 1);
  assert_memory_equal(out.data, wanted, out.n);
  free(out.data);
  free(file.data);
}

static void test_png(void **state) {
  (void)state;
  for (unsigned what = 1; what <= BOTH; what++) {
    exif_bytes file = exif_in_png(exif_tiff(ROWS, N_ROWS(ROWS), what & 1, false));
    const size_t end = file.n - 12;
    file.n = end;
    exif_append(&file, "\0\0\0\x0dtEXtGPS\0SECRET xy\0\0\0\0", 25);
    exif_append(&file,
                "\0\0\0\x01"
                "fcTL.\0\0\0\0",
                13);
    exif_append(&file, "\0\0\0\x06prVtSECRET\0\0\0\0", 18);
    exif_append(&file, "\0\0\0\0IEND\xae\x42\x60\x82SECRET", 18);
    exif_bytes out = strip(&file, what);
    check_stripped(&out, what);
    assert_int_equal(lnti_exif_orientation(out.data, out.n), 6);
    assert_true(holds(&out, "IDATpixels") && holds(&out, "fcTL"));
    assert_memory_equal(out.data + out.n - 12, "\0\0\0\0IEND\xae\x42\x60\x82", 12);
    free(out.data);
    free(file.data);
  }
}

static void test_webp(void **state) {
  (void)state;
  for (unsigned what = 1; what <= BOTH; what++) {
    exif_bytes file = exif_in_webp(exif_tiff(ROWS, N_ROWS(ROWS), what & 1, false));
    exif_append(&file, "UNKN\x06\0\0\0SECRET", 14);
    file.data[4] = (uint8_t)(file.n - 8);
    file.data[5] = (uint8_t)((file.n - 8) >> 8);
    exif_append(&file, "SECRET trailer", 14);
    exif_bytes out = strip(&file, what);
    check_stripped(&out, what);
    assert_int_equal(lnti_get_le32(out.data + 4), out.n - 8);
    assert_int_equal(out.data[20], 0x08); /* VP8X says EXIF, and no longer XMP */
    assert_true(holds(&out, "VP8L\3\0\0\0odd"));
    free(out.data);
    free(file.data);
  }
}

/** EXIF of which nothing stays: no chunk, and no flag that promises one. */
static void test_nothing_left(void **state) {
  (void)state;
  const exif_row gps[] = {{IN_GPS, 1, LNTI_IFD_ASCII, "N", 0, {0}},
                          {IN_EXIF, 0x9286, LNTI_IFD_UNDEFINED, "note", 0, {0}}};
  exif_bytes webp = exif_in_webp(exif_tiff(gps, 2, false, false)), png = exif_in_png(exif_tiff(gps, 2, false, false)),
             jpeg = exif_in_jpeg(exif_tiff(gps, 2, false, false));
  exif_bytes a = strip(&webp, BOTH), b = strip(&png, BOTH), c = strip(&jpeg, BOTH);
  assert_false(holds(&a, "EXIF") || holds(&b, "eXIf") || holds(&c, "Exif"));
  assert_int_equal(a.data[20], 0);
  free(a.data);
  free(b.data);
  free(c.data);
  free(webp.data);
  free(png.data);
  free(jpeg.data);
}

/* ---- TIFF ---- */

/** Two strips behind the directories; `offset` of the first. */
static exif_bytes tiff_with_pixels(bool big_endian, bool big, size_t *offset_out) {
  exif_row rows[N_ROWS(ROWS) + 3];
  exif_bytes tiff = {0};
  size_t n = 0;
  for (int round = 0; round < 2; round++) {
    const uint32_t at = (uint32_t)tiff.n;
    free(tiff.data);
    memcpy(rows, ROWS, sizeof ROWS);
    rows[N_ROWS(ROWS)] = (exif_row){IN_FIRST, 0x0111, LNTI_IFD_LONG, NULL, 2, {at, at + 7}};
    rows[N_ROWS(ROWS) + 1] = (exif_row){IN_FIRST, 0x0117, LNTI_IFD_SHORT, NULL, 2, {7, 6}};
    rows[N_ROWS(ROWS) + 2] = (exif_row){IN_FIRST, 0x8545, LNTI_IFD_ASCII, "GEO SECRET tags", 0, {0}};
    tiff = exif_tiff(rows, N_ROWS(rows), big_endian, big);
    n = tiff.n;
  }
  exif_append(&tiff, "strip 1strip2SECRET", 19);
  *offset_out = n;
  return tiff;
}

static void test_tiff(void **state) {
  (void)state;
  for (unsigned variant = 0; variant < 12; variant++) {
    const unsigned what = 1 + variant % 3;
    size_t at = 0;
    exif_bytes file = tiff_with_pixels(variant & 4, variant & 8, &at), out = strip(&file, what);
    check_stripped(&out, what);
    assert_int_equal(out.n, file.n);
    assert_memory_equal(out.data + at, "strip 1strip2\0\0\0\0\0\0", 19);
    assert_int_equal(lnti_exif_orientation(out.data, out.n), 6);
    free(out.data);
    free(file.data);
  }
}

static void test_tiff_refused(void **state) {
  (void)state;
  size_t at = 0;
  uint8_t *out = NULL;
  size_t n_out = 0;
  lnti_ifd_file file;
  lnti_ifd ifd;
  lnti_ifd_entry entry;
  exif_bytes tiff = tiff_with_pixels(false, false, &at);
  assert_true(lnti_ifd_file_open(&file, (lnti_span){tiff.data, tiff.n}) && lnti_ifd_open(&ifd, &file, file.first));
  /* the first strip over the first directory, which loses entries */
  assert_true(lnti_ifd_find(&entry, &ifd, 0x0111));
  lnti_ifd_put(tiff.data + entry.at, &file, 8, 4);
  assert_status(lnti_exif_strip(&out, &n_out, tiff.data, tiff.n, BOTH, ERR), LNT_EDATA);
  assert_message("lie over");
  lnti_ifd_put(tiff.data + entry.at, &file, at, 4);
  /* the chain of pages in a circle */
  lnti_ifd_put(tiff.data + ifd.entries + 12 * ifd.n, &file, 8, 4);
  assert_status(lnti_exif_strip(&out, &n_out, tiff.data, tiff.n, BOTH, ERR), LNT_EDATA);
  assert_message("circle");
  lnti_ifd_put(tiff.data + ifd.entries + 12 * ifd.n, &file, 0, 4);
  /* strips without lengths: the tag becomes another */
  assert_true(lnti_ifd_find(&entry, &ifd, 0x0117));
  lnti_ifd_put(tiff.data + entry.at - 8, &file, 0x0118, 2);
  assert_status(lnti_exif_strip(&out, &n_out, tiff.data, tiff.n, BOTH, ERR), LNT_EDATA);
  assert_message("how long");
  free(tiff.data);
  const exif_row old[] = {{IN_FIRST, 259, LNTI_IFD_SHORT, NULL, 1, {6}}};
  tiff = exif_tiff(old, 1, true, false);
  assert_status(lnti_exif_strip(&out, &n_out, tiff.data, tiff.n, BOTH, ERR), LNT_EUNSUPPORTED);
  assert_message("old-style JPEG");
  free(tiff.data);
  assert_null(out);
}

/* ---- what pixels and thumbnails can carry ---- */

/** A classic TIFF of 4 x 2 grey pixels in one strip of `bytes` bytes at 200; a second directory at 300, with `tail` after. */
static exif_bytes tiff_of_two(unsigned compression, unsigned bytes, unsigned link_tag, unsigned subfile) {
  exif_bytes t = {0};
  static uint8_t data[600];
  const lnti_ifd_file file = {.data = data, .n = sizeof data};
  const unsigned first[][3] = {{256, 3, 4},   {257, 3, 2}, {258, 3, 8}, {259, 3, compression}, {262, 3, 1},
                               {273, 4, 200}, {277, 3, 1}, {278, 3, 2}, {279, 4, bytes},       {link_tag, 4, 300}};
  const unsigned second[][3] = {{254, 4, subfile}, {256, 3, 1},   {257, 3, 1}, {258, 3, 8},
                                {262, 3, 1},       {273, 4, 500}, {278, 3, 1}, {279, 4, 1}};
  memset(data, 0, sizeof data);
  memcpy(data, "II*\0\x08", 5);
  size_t n = 0;
  for (size_t i = 0; i < N_ROWS(first); i++) {
    if (first[i][0] == 0) continue;
    uint8_t *p = data + 10 + 12 * n++;
    lnti_ifd_put(p, &file, first[i][0], 2);
    lnti_ifd_put(p + 2, &file, first[i][1], 2);
    lnti_ifd_put(p + 4, &file, 1, 4);
    lnti_ifd_put(p + 8, &file, first[i][2], 4);
  }
  lnti_ifd_put(data + 8, &file, n, 2);
  if (link_tag == 0) lnti_ifd_put(data + 10 + 12 * n, &file, 300, 4);
  lnti_ifd_put(data + 300, &file, N_ROWS(second), 2);
  for (size_t i = 0; i < N_ROWS(second); i++) {
    uint8_t *p = data + 302 + 12 * i;
    lnti_ifd_put(p, &file, second[i][0], 2);
    lnti_ifd_put(p + 2, &file, second[i][1], 2);
    lnti_ifd_put(p + 4, &file, 1, 4);
    lnti_ifd_put(p + 8, &file, second[i][2], 4);
  }
  memcpy(data + 200, "PIXELS12", 8);
  memcpy(data + 208, "SECRET", 6);
  data[500] = 'T';
  exif_append(&t, data, sizeof data);
  return t;
}

static size_t pages_of(const exif_bytes *tiff) {
  const lnti_image_limits limits = LNTI_IMAGE_LIMITS_INIT;
  const lnti_blob blob = {.kind = LNTI_BLOB_ENCODED, .data = tiff->data, .bytes = tiff->n};
  lnti_image_info info;
  assert_ok(lnti_image_probe(&info, &blob, &limits, ERR));
  return info.frames;
}

static void test_tiff_thumbnails(void **state) {
  (void)state;
  /* another page stays, a smaller copy of the first goes, and so does what lies below a page */
  exif_bytes file = tiff_of_two(1, 8, 0, 0), out = strip(&file, BOTH);
  assert_int_equal(pages_of(&out), 2);
  assert_true(holds(&out, "PIXELS12") && out.data[500] == 'T');
  assert_false(holds(&out, "SECRET"));
  free(out.data);
  free(file.data);
  file = tiff_of_two(1, 8, 0, 1);
  assert_int_equal(pages_of(&file), 2);
  out = strip(&file, BOTH);
  assert_int_equal(pages_of(&out), 1);
  assert_true(holds(&out, "PIXELS12") && out.data[500] == 0 && out.data[300] == 0);
  free(out.data);
  free(file.data);
  file = tiff_of_two(1, 8, 330, 0), out = strip(&file, BOTH);
  assert_int_equal(pages_of(&out), 1);
  assert_true(holds(&out, "PIXELS12") && out.data[500] == 0 && out.data[300] == 0);
  free(out.data);
  free(file.data);
}

static void test_tiff_strips(void **state) {
  (void)state;
  uint8_t *none = NULL;
  size_t n = 0;
  /* a strip that is said to be longer than its pixels: no more than these */
  exif_bytes file = tiff_of_two(1, 14, 0, 0), out = strip(&file, BOTH);
  assert_true(holds(&out, "PIXELS12"));
  assert_false(holds(&out, "SECRET"));
  free(out.data);
  free(file.data);
  /* compressed, its length cannot be told: over what is to go it is refused */
  file = tiff_of_two(5, 400, 330, 0);
  assert_status(lnti_exif_strip(&none, &n, file.data, file.n, BOTH, ERR), LNT_EDATA);
  assert_message("lie in its pixels");
  free(file.data);
  /* JPEG with metadata of its own, with something behind its end, and without */
  static const struct {
    const char *stream;
    unsigned n;
    lnt_status status;
  } jpegs[] = {{"\xff\xd8\xff\xe1\0\x0c"
                "Exif\0\0GPS!\xff\xda\0\2x\xff\xd9",
                23, LNT_EUNSUPPORTED},
               {"\xff\xd8\xff\xfe\0\x08where!\xff\xda\0\2x\xff\xd9", 19, LNT_EUNSUPPORTED},
               {"\xff\xd8\xff\xda\0\2x\xff\xd9where", 14, LNT_EUNSUPPORTED},
               {"\xff\xd8\xff\xda\0\2x\xff\xd9\0\0", 11, LNT_OK}};
  for (size_t i = 0; i < N_ROWS(jpegs); i++) {
    file = tiff_of_two(7, jpegs[i].n, 0, 0);
    memcpy(file.data + 200, jpegs[i].stream, jpegs[i].n);
    assert_int_equal(lnti_exif_strip(&none, &n, file.data, file.n, BOTH, ERR), jpegs[i].status);
    if (jpegs[i].status != LNT_OK) assert_message("metadata of their own");
    free(none);
    none = NULL;
    free(file.data);
  }
}

/** Frames of an animation hold chunks in turn. */
static void test_webp_frames(void **state) {
  (void)state;
  exif_bytes file = {0};
  exif_append(&file, "RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0\x02\0\0\0\0\0\0\0\0\0", 30);
  exif_append(&file, "ANMF\x2e\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 24);
  exif_append(&file, "EXIF\x06\0\0\0SECRET", 14);
  exif_append(&file, "VP8L\x07\0\0\0pixels!\0", 16);
  file.data[4] = (uint8_t)(file.n - 8);
  exif_bytes out = strip(&file, BOTH);
  assert_false(holds(&out, "SECRET"));
  assert_true(holds(&out, "VP8L\x07"));
  assert_int_equal(out.data[34], 0x20); /* the frame's length, without the chunk */
  assert_int_equal(out.data[4], out.n - 8);
  free(out.data);
  uint8_t *none = NULL;
  size_t n = 0;
  file.data[34] = 4; /* no room for the frame's place */
  assert_status(lnti_exif_strip(&none, &n, file.data, file.n, BOTH, ERR), LNT_EDATA);
  free(file.data);
}

/** A directory below itself, and one that many entries share: refused in time that is bounded by the file's length. */
static void test_tiff_bombs(void **state) {
  (void)state;
  exif_bytes tiff = {0};
  uint8_t *out = NULL;
  size_t n_out = 0;
  const size_t n = 5000; /* SubIFDs: 5000 times this very directory */
  exif_append(&tiff, "II*\0\x08\0\0\0\1\0", 10);
  exif_append(&tiff, "\x4a\1\x04\0\x88\x13\0\0\x1a\0\0\0\0\0\0\0", 16);
  for (size_t i = 0; i < n; i++) exif_append(&tiff, "\x08\0\0\0", 4);
  assert_status(lnti_exif_strip(&out, &n_out, tiff.data, tiff.n, BOTH, ERR), LNT_EDATA);
  /* strips: each the whole file */
  tiff.data[10] = 0x11, tiff.data[11] = 1;
  tiff.n = 26;
  for (size_t i = 0; i < n; i++) exif_append(&tiff, "\0\0\0\0", 4);
  exif_bytes two = {0};
  exif_append(&two, "II*\0\x08\0\0\0\2\0", 10);
  exif_append(&two, "\x11\1\x04\0\x88\x13\0\0\x26\0\0\0\x17\1\x04\0\x88\x13\0\0\x46\x4e\0\0\0\0\0\0", 28);
  for (size_t i = 0; i < n; i++) exif_append(&two, "\0\0\0\0", 4);
  for (size_t i = 0; i < n; i++) exif_append(&two, "\xff\xff\xff\x7f", 4);
  assert_status(lnti_exif_strip(&out, &n_out, two.data, two.n, BOTH, ERR), LNT_EDATA);
  assert_message("circle");
  free(two.data);
  free(tiff.data);
}

/* ---- refused, damaged, out of memory ---- */

static void test_refused(void **state) {
  (void)state;
  uint8_t *out = NULL;
  size_t n = 0;
  exif_bytes jpeg = jpeg_with_secrets(true), heif = exif_in_heif(exif_tiff(ROWS, N_ROWS(ROWS), true, false));
  assert_status(lnti_exif_strip(&out, &n, jpeg.data, jpeg.n, 0, ERR), LNT_EINVAL);
  assert_status(lnti_exif_strip(&out, &n, jpeg.data, jpeg.n, 4, ERR), LNT_EINVAL);
  assert_status(lnti_exif_strip(&out, &n, heif.data, heif.n, BOTH, ERR), LNT_EUNSUPPORTED);
  assert_message("export it as PNG or JPEG");
  assert_status(lnti_exif_strip(&out, &n, (const uint8_t *)"P5 1 1 255 x", 12, BOTH, ERR), LNT_EUNSUPPORTED);
  assert_status(lnti_exif_strip(&out, &n, (const uint8_t *)"", 0, BOTH, ERR), LNT_EUNSUPPORTED);
  assert_status(lnti_exif_strip(&out, &n, (const uint8_t *)"\xff\xd8\xff\xd9", 4, BOTH, ERR), LNT_EDATA);
  assert_status(lnti_exif_strip(&out, &n, jpeg.data, 100, BOTH, ERR), LNT_EDATA);
  assert_status(lnti_exif_strip(&out, &n, (const uint8_t *)"\x89PNG\r\n\x1a\n", 8, BOTH, ERR), LNT_EDATA);
  assert_status(lnti_exif_strip(&out, &n, (const uint8_t *)"RIFF\x0c\0\0\0WEBP", 12, BOTH, ERR), LNT_EDATA);
  assert_null(out);
  free(jpeg.data);
  free(heif.data);
}

static exif_bytes a_tiff(exif_bytes tiff) {
  size_t at = 0;
  free(tiff.data);
  return tiff_with_pixels(true, false, &at);
}

static exif_bytes (*const wraps[])(exif_bytes) = {exif_in_jpeg, exif_in_png, exif_in_webp, a_tiff};

/** Cut anywhere: refused, or stripped as well as a whole one. */
static void test_truncated(void **state) {
  (void)state;
  for (size_t i = 0; i < N_ROWS(wraps); i++) {
    exif_bytes file = wraps[i](exif_tiff(ROWS, N_ROWS(ROWS), true, false));
    for (size_t n = 0; n < file.n; n++) {
      exif_bytes out = {0};
      lnti_exif e;
      uint8_t *cut = malloc(n ? n : 1);
      assert_non_null(cut);
      memcpy(cut, file.data, n);
      if (lnti_exif_strip(&out.data, &out.n, cut, n, BOTH, NULL) == LNT_OK) {
        lnti_exif_read(&e, out.data, out.n);
        assert_false(e.has_gps || e.serial[0] || holds(&out, "SECRET") || holds(&out, "SERIAL"));
        free(out.data);
      }
      free(cut);
    }
    free(file.data);
  }
}

static void check_damaged(lnti_rng *rng, void *payload) {
  (void)payload;
  exif_bytes file =
      wraps[lnti_rng_below(rng, N_ROWS(wraps))](exif_tiff(ROWS, N_ROWS(ROWS), lnti_rng_below(rng, 2), false));
  exif_bytes out = {0};
  lnti_exif e;
  for (int i = 0; i < 3; i++) file.data[lnti_rng_below(rng, file.n)] = (uint8_t)lnti_rng_below(rng, 256);
  if (lnti_exif_strip(&out.data, &out.n, file.data, file.n, BOTH, NULL) == LNT_OK) {
    lnti_exif_read(&e, out.data, out.n);
    assert_false(e.has_gps || e.serial[0]);
    assert_in_range(out.n, 1, file.n + 256);
    free(out.data);
  }
  free(file.data);
}

static void test_damaged(void **state) {
  (void)state;
  lnti_test_property("damaged", 3000, check_damaged, NULL);
}

/** Entries that share one long value would make the copy many times as long: it is bounded by the original. */
static void test_no_growth(void **state) {
  (void)state;
  exif_row rows[13];
  for (size_t i = 0; i < N_ROWS(rows); i++) {
    rows[i] = (exif_row){IN_EXIF, 0x9201 + (unsigned)i % 10 + (i >= 10) * 0x1f, LNTI_IFD_BYTE, "12345678", 0, {0}};
  }
  exif_bytes tiff = exif_tiff(rows, N_ROWS(rows), false, false);
  char value[4000];
  memset(value, 'x', sizeof value);
  exif_append(&tiff, value, sizeof value);
  lnti_ifd_file file;
  lnti_ifd first, ifd;
  assert_true(lnti_ifd_file_open(&file, (lnti_span){tiff.data, tiff.n}) && lnti_ifd_open(&first, &file, file.first) &&
              lnti_ifd_below(&ifd, &first, 0x8769));
  for (size_t i = 0; i < ifd.n; i++) {
    lnti_ifd_put(tiff.data + ifd.entries + 12 * i + 4, &file, 3000, 4);
    lnti_ifd_put(tiff.data + ifd.entries + 12 * i + 8, &file, tiff.n - 4000, 4);
  }
  const size_t n = tiff.n;
  exif_bytes jpeg = exif_in_jpeg(tiff), out = strip(&jpeg, BOTH);
  assert_in_range(out.n, 3000, n + 256);
  free(out.data);
  free(jpeg.data);
}

static void test_out_of_memory(void **state) {
  (void)state;
  exif_bytes files[4];
  for (size_t i = 0; i < 4; i++) files[i] = wraps[i](exif_tiff(ROWS, N_ROWS(ROWS), true, false));
  for (size_t i = 0; i < 4; i++) {
    for_each_fault(n) {
      exif_bytes out = {0};
      assert_fault_status(lnti_exif_strip(&out.data, &out.n, files[i].data, files[i].n, BOTH, ERR));
      assert_int_equal(out.data != NULL, !lnti_test_allocation_failed());
      free(out.data);
    }
    free(files[i].data);
  }
}

/* ---- real photographs ---- */

/** No eight bytes in a row of the values that go are in the copy. */
static void check_gone(const exif_bytes *file, const exif_bytes *out, unsigned below, unsigned tag) {
  lnti_span span;
  lnti_container container;
  lnti_ifd_file tiff;
  lnti_ifd ifd, inner;
  lnti_ifd_entry entry;
  if (!lnti_exif_find(&span, &container, file->data, file->n) || !lnti_ifd_file_open(&tiff, span) ||
      !lnti_ifd_open(&ifd, &tiff, tiff.first) || !lnti_ifd_below(&inner, &ifd, below) ||
      !lnti_ifd_find(&entry, &inner, tag) || entry.bytes < 16) {
    return;
  }
  assert_null(memmem(out->data, out->n, tiff.data + entry.at, entry.bytes));
}

static void test_real(void **state) {
  (void)state;
  static const char *const names[] = {"DSCN0010.jpg",
                                      "DSCN0042.jpg",
                                      "Kodak_CX7530.jpg",
                                      "Canon_40D_photoshop_import.jpg",
                                      "Nikon_D70.jpg",
                                      "Olympus_C8080WZ.jpg",
                                      "Pentax_K10D.jpg",
                                      "Sony_HDR-HC3.jpg",
                                      "WWL_(Polaroid)_ION230.jpg",
                                      "long_description.jpg"};
  const lnti_image_limits limits = LNTI_IMAGE_LIMITS_INIT;
  for (size_t i = 0; i < N_ROWS(names); i++) {
    char name[128];
    lnti_exif before, after;
    lnti_image a = {0}, b = {0};
    snprintf(name, sizeof name, "exif/cameras/%s", names[i]);
    exif_bytes file = exif_real_file(name);
    if (!file.data) {
      print_message("skipped: no %s in the test data (set LINNET_TEST_DATA)\n", name);
      skip();
    }
    exif_bytes out = strip(&file, BOTH);
    lnti_exif_read(&before, file.data, file.n);
    lnti_exif_read(&after, out.data, out.n);
    assert_false(after.has_gps || after.serial[0]);
    assert_string_equal(after.taken, before.taken);
    assert_string_equal(after.model, before.model);
    assert_int_equal(after.orientation, before.orientation);
    check_gone(&file, &out, 0x8825, 2);
    check_gone(&file, &out, 0x8825, 4);
    check_gone(&file, &out, 0x8769, 0x927c);
    assert_false(holds(&out, "http://ns.adobe.com/xap") || holds(&out, "Photoshop 3.0"));
    const lnti_blob with = {.kind = LNTI_BLOB_ENCODED, .data = file.data, .bytes = file.n},
                    without = {.kind = LNTI_BLOB_ENCODED, .data = out.data, .bytes = out.n};
    assert_ok(lnti_image_decode(&a, NULL, &with, NULL, &limits, ERR));
    assert_ok(lnti_image_decode(&b, NULL, &without, NULL, &limits, ERR));
    assert_int_equal(lnti_image_bytes(&a), lnti_image_bytes(&b));
    assert_memory_equal(a.data, b.data, lnti_image_bytes(&a));
    lnti_image_clear(&a);
    lnti_image_clear(&b);
    free(out.data);
    free(file.data);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_jpeg),
      cmocka_unit_test(test_jpeg_structure),
      cmocka_unit_test(test_png),
      cmocka_unit_test(test_webp),
      cmocka_unit_test(test_nothing_left),
      cmocka_unit_test(test_tiff),
      cmocka_unit_test(test_tiff_refused),
      cmocka_unit_test(test_tiff_bombs),
      cmocka_unit_test(test_refused),
      cmocka_unit_test(test_truncated),
      cmocka_unit_test(test_damaged),
      cmocka_unit_test(test_no_growth),
      cmocka_unit_test(test_out_of_memory),
      cmocka_unit_test(test_real),
      cmocka_unit_test(test_tiff_thumbnails),
      cmocka_unit_test(test_tiff_strips),
      cmocka_unit_test(test_webp_frames),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
