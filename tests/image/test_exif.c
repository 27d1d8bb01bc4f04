/*
 * EXIF read from blocks made by hand, in every container, byte order and state of repair. Real cameras are in
 * test_exif_cameras.c.
 */
#include "exif_support.h"

#include <image/exif.h>
#include <math.h>

#define N_ROWS(rows) (sizeof(rows) / sizeof *(rows))
#define assert_close(got, wanted, within) assert_true(fabs((got) - (wanted)) <= (within))

/* A photograph taken in Sydney, by hand: 33 deg 51' 24.5" S is -(33 + 51/60 + 24.5/3600). */
static const exif_row SYDNEY[] = {
    {IN_FIRST, 0x010f, LNTI_IFD_ASCII, "Linnet Optics", 0, {0}},
    {IN_FIRST, 0x0110, LNTI_IFD_ASCII, "One", 0, {0}},
    {IN_FIRST, 0x0112, LNTI_IFD_SHORT, NULL, 1, {6}},
    {IN_EXIF, 0x829a, LNTI_IFD_RATIONAL, NULL, 1, {1, 250}},
    {IN_EXIF, 0x829d, LNTI_IFD_RATIONAL, NULL, 1, {28, 10}},
    {IN_EXIF, 0x8827, LNTI_IFD_SHORT, NULL, 1, {400}},
    {IN_EXIF, 0x9003, LNTI_IFD_ASCII, "2008:10:22 16:28:39", 0, {0}},
    {IN_EXIF, 0x9004, LNTI_IFD_ASCII, "2009:01:01 00:00:00", 0, {0}},
    {IN_EXIF, 0x9011, LNTI_IFD_ASCII, "+11:00", 0, {0}},
    {IN_EXIF, 0x920a, LNTI_IFD_RATIONAL, NULL, 1, {505, 10}},
    {IN_EXIF, 0xa431, LNTI_IFD_ASCII, "B-0042", 0, {0}},
    {IN_EXIF, 0xa434, LNTI_IFD_ASCII, "50mm f/1.8", 0, {0}},
    {IN_EXIF, 0xa435, LNTI_IFD_ASCII, "L-7", 0, {0}},
    {IN_GPS, 1, LNTI_IFD_ASCII, "S", 0, {0}},
    {IN_GPS, 2, LNTI_IFD_RATIONAL, NULL, 3, {33, 1, 51, 1, 245, 10}},
    {IN_GPS, 3, LNTI_IFD_ASCII, "E", 0, {0}},
    {IN_GPS, 4, LNTI_IFD_RATIONAL, NULL, 3, {151, 1, 12, 1, 54, 1}},
    {IN_GPS, 5, LNTI_IFD_BYTE, NULL, 1, {0}},
    {IN_GPS, 6, LNTI_IFD_RATIONAL, NULL, 1, {1234, 100}},
    {IN_INTEROP, 1, LNTI_IFD_ASCII, "R98", 0, {0}},
    {IN_SECOND, 0x0112, LNTI_IFD_SHORT, NULL, 1, {3}},
};

static void check_sydney(const lnti_exif *e, unsigned orientation) {
  assert_int_equal(e->orientation, orientation);
  assert_string_equal(e->taken, "2008-10-22T16:28:39");
  assert_string_equal(e->offset, "+11:00");
  assert_string_equal(e->make, "Linnet Optics");
  assert_string_equal(e->model, "One");
  assert_string_equal(e->lens, "50mm f/1.8");
  assert_string_equal(e->serial, "B-0042");
  assert_true(e->has_gps);
  assert_close(e->latitude, -33.856805555555555, 1e-12);
  assert_close(e->longitude, 151.215, 1e-12);
  assert_close(e->altitude, 12.34, 1e-12);
  assert_close(e->exposure_s, 0.004, 1e-15);
  assert_close(e->f_number, 2.8, 1e-15);
  assert_close(e->iso, 400, 0);
  assert_close(e->focal_mm, 50.5, 1e-15);
}

static void assert_nothing(const lnti_exif *e) {
  assert_int_equal(e->orientation, 1);
  assert_false(e->taken[0] || e->offset[0] || e->make[0] || e->model[0] || e->lens[0] || e->serial[0] || e->has_gps);
  assert_true(e->latitude == 0 && e->longitude == 0);
  assert_true(isnan(e->altitude) && isnan(e->exposure_s) && isnan(e->f_number) && isnan(e->iso) && isnan(e->focal_mm));
}

/** Reads rows as a classic TIFF, which is enough where the container does not matter. */
static lnti_exif read_rows(const exif_row *rows, size_t n) {
  lnti_exif e;
  exif_bytes tiff = exif_tiff(rows, n, true, false);
  lnti_exif_read(&e, tiff.data, tiff.n);
  free(tiff.data);
  return e;
}

/* ---- containers ---- */

static exif_bytes as_it_is(exif_bytes tiff) {
  return tiff;
}

static void test_containers(void **state) {
  (void)state;
  static const struct {
    exif_bytes (*wrap)(exif_bytes tiff);
    unsigned orientation;
  } kinds[] = {{as_it_is, 6}, {exif_in_jpeg, 6}, {exif_in_png, 6}, {exif_in_webp, 6}, {exif_in_heif, 1}};
  for (size_t i = 0; i < N_ROWS(kinds); i++) {
    /* BigTIFF is a file of its own, never a block in another. */
    for (int variant = 0; variant < (i == 0 ? 4 : 2); variant++) {
      lnti_exif e;
      exif_bytes file = kinds[i].wrap(exif_tiff(SYDNEY, N_ROWS(SYDNEY), variant & 1, variant & 2));
      lnti_exif_read(&e, file.data, file.n);
      check_sydney(&e, kinds[i].orientation);
      assert_int_equal(lnti_exif_orientation(file.data, file.n), kinds[i].orientation);
      free(file.data);
    }
  }
}

/** Cut at every byte, in a block of exactly that size: nothing is read past the end, and what is read is sound. */
static void test_truncated(void **state) {
  (void)state;
  static exif_bytes (*const wraps[])(exif_bytes) = {as_it_is, exif_in_jpeg, exif_in_png, exif_in_webp, exif_in_heif};
  for (size_t i = 0; i < N_ROWS(wraps); i++) {
    exif_bytes file = wraps[i](exif_tiff(SYDNEY, N_ROWS(SYDNEY), i & 1, false));
    for (size_t n = 0; n < file.n; n++) {
      lnti_exif e;
      uint8_t *cut = malloc(n ? n : 1);
      assert_non_null(cut);
      memcpy(cut, file.data, n);
      lnti_exif_read(&e, cut, n);
      assert_true(e.orientation == 1 || e.orientation == 6);
      assert_true(!e.taken[0] || strcmp(e.taken, "2008-10-22T16:28:39") == 0);
      assert_int_equal(lnti_exif_orientation(cut, n), e.orientation);
      free(cut);
    }
    free(file.data);
  }
}

static void test_other_files(void **state) {
  (void)state;
  static const struct {
    const char *bytes;
    size_t n;
  } files[] = {{"", 0},
               {"P6\n1 1\n255\n...", 14},
               {"GIF89a", 6},
               {"\xff\xd8\xff\xd9", 4},
               {"\xff\xd8\xff\xe1\0\x01", 6},
               {"\xff\xd8\xff\xe1\0\x08"
                "Exif\0",
                12},
               {"\xff\xd8\xff\xe1\xff\xff"
                "Exif\0\0II*\0",
                16},
               {"\x89PNG\r\n\x1a\n\xff\xff\xff\xff"
                "eXIf",
                16},
               {"II*\0\0\0\0\0", 8},
               {"II*\0\xff\xff\xff\xff", 8},
               {"II+\0\x08\0\0\0", 8},
               {"RIFF\0\0\0\0WEBP", 12}};
  for (size_t i = 0; i < N_ROWS(files); i++) {
    lnti_exif e;
    lnti_exif_read(&e, (const uint8_t *)files[i].bytes, files[i].n);
    assert_nothing(&e);
    assert_int_equal(lnti_exif_orientation((const uint8_t *)files[i].bytes, files[i].n), 1);
  }
}

/** XMP comes in APP1 as well; of two EXIF segments the first counts. */
static void test_jpeg_segments(void **state) {
  (void)state;
  const exif_row second[] = {{IN_FIRST, 0x0112, LNTI_IFD_SHORT, NULL, 1, {8}}};
  exif_bytes a = exif_in_jpeg(exif_tiff(SYDNEY, N_ROWS(SYDNEY), true, false));
  exif_bytes b = exif_in_jpeg(exif_tiff(second, 1, false, false));
  exif_bytes file = {0};
  exif_append(&file, "\xff\xd8\xff\xff\xff\xe1\0\x24http://ns.adobe.com/xap/1.0/\0<xmp>", 42);
  exif_append(&file, a.data + 2, a.n - 2 - 29);
  exif_append(&file, b.data + 2, b.n - 2);
  lnti_exif e;
  lnti_exif_read(&e, file.data, file.n);
  check_sydney(&e, 6);
  free(a.data);
  free(b.data);
  free(file.data);
}

/* ---- values ---- */

static void test_orientation_values(void **state) {
  (void)state;
  static const struct {
    unsigned type;
    uint32_t value;
    unsigned wanted;
  } cases[] = {{LNTI_IFD_SHORT, 0, 1},
               {LNTI_IFD_SHORT, 1, 1},
               {LNTI_IFD_SHORT, 8, 8},
               {LNTI_IFD_SHORT, 9, 1},
               {LNTI_IFD_LONG, 3, 3},
               {LNTI_IFD_BYTE, 5, 5},
               {LNTI_IFD_LONG, 65542, 1},
               {LNTI_IFD_SSHORT, 6, 1},
               {99, 6, 1},
               {0, 6, 1},
               {LNTI_IFD_RATIONAL, 6, 1}};
  for (size_t i = 0; i < N_ROWS(cases); i++) {
    exif_bytes tiff = {0};
    if (lnti_ifd_type_bytes(cases[i].type)) {
      const exif_row row = {IN_FIRST, 0x0112, cases[i].type, NULL, 1, {cases[i].value, 1}};
      tiff = exif_tiff(&row, 1, false, false);
    } else {
      const exif_row row = {IN_FIRST, 0x0112, LNTI_IFD_SHORT, NULL, 1, {cases[i].value}};
      tiff = exif_tiff(&row, 1, false, false);
      tiff.data[12] = (uint8_t)cases[i].type;
    }
    assert_int_equal(lnti_exif_orientation(tiff.data, tiff.n), cases[i].wanted);
    free(tiff.data);
  }
}

static void test_dates(void **state) {
  (void)state;
  static const struct {
    const char *text, *wanted;
  } cases[] = {{"2008:10:22 16:28:39", "2008-10-22T16:28:39"},
               {"2008-10-22T16:28:39.123", "2008-10-22T16:28:39"},
               {"2008/02/29 23:59:60", "2008-02-29T23:59:60"},
               {"0000:00:00 00:00:00", ""},
               {"    :  :     :  :  ", ""},
               {"2008:13:01 00:00:00", ""},
               {"2008:00:01 00:00:00", ""},
               {"2008:01:32 00:00:00", ""},
               {"2008:01:01 24:00:00", ""},
               {"2008:01:01 00:60:00", ""},
               {"2008:01:01 00:00:61", ""},
               {"2008:01-01 00:00:00", ""},
               {"2008:01:01", ""},
               {"2o08:01:01 00:00:00", ""},
               {"", ""}};
  for (size_t i = 0; i < N_ROWS(cases); i++) {
    const exif_row row = {IN_EXIF, 0x9003, LNTI_IFD_ASCII, cases[i].text, 0, {0}};
    assert_string_equal(read_rows(&row, 1).taken, cases[i].wanted);
  }
}

/** A broken DateTimeOriginal gives way to DateTimeDigitized with its own offset; DateTime, of a later change, is none. */
static void test_date_of_what(void **state) {
  (void)state;
  const exif_row rows[] = {{IN_FIRST, 0x0132, LNTI_IFD_ASCII, "2020:01:01 00:00:00", 0, {0}},
                           {IN_EXIF, 0x9003, LNTI_IFD_ASCII, "0000:00:00 00:00:00", 0, {0}},
                           {IN_EXIF, 0x9004, LNTI_IFD_ASCII, "2009:01:02 03:04:05", 0, {0}},
                           {IN_EXIF, 0x9011, LNTI_IFD_ASCII, "+02:00", 0, {0}},
                           {IN_EXIF, 0x9012, LNTI_IFD_ASCII, "Z", 0, {0}}};
  lnti_exif e = read_rows(rows, N_ROWS(rows));
  assert_string_equal(e.taken, "2009-01-02T03:04:05");
  assert_string_equal(e.offset, "+00:00");
  e = read_rows(rows, 1);
  assert_string_equal(e.taken, "");
  static const char *const broken[] = {"+2:00", "02:00", "+15:00", "+02:60", "+02.00", "+02:000", " "};
  for (size_t i = 0; i < N_ROWS(broken); i++) {
    const exif_row bad[] = {{IN_EXIF, 0x9003, LNTI_IFD_ASCII, "2009:01:02 03:04:05", 0, {0}},
                            {IN_EXIF, 0x9011, LNTI_IFD_ASCII, broken[i], 0, {0}}};
    assert_string_equal(read_rows(bad, 2).offset, "");
  }
}

static void test_text(void **state) {
  (void)state;
  static const struct {
    const char *text, *wanted;
  } cases[] = {{"  Canon  ", "Canon"},
               {"a\tb\nc\x7f\x1b[2J", "abc[2J"},
               {"caf\xc3\xa9", "caf\xc3\xa9"},
               {"caf\xe9 x", "caf x"},
               {"\xc2\x9b\xc0\x80\xed\xa0\x80\xf0\x9f\x90\xa6", "\xf0\x9f\x90\xa6"},
               {"\xf0\x9f\x90", ""},
               {"   ", ""},
               {"0123456789012345678901234567890123456789012345678901234567890123456789",
                "012345678901234567890123456789012345678901234567890123456789012"},
               {"01234567890123456789012345678901234567890123456789012345678901\xc3\xa9",
                "01234567890123456789012345678901234567890123456789012345678901"}};
  for (size_t i = 0; i < N_ROWS(cases); i++) {
    const exif_row row = {IN_FIRST, 0x0110, LNTI_IFD_ASCII, cases[i].text, 0, {0}};
    assert_string_equal(read_rows(&row, 1).model, cases[i].wanted);
  }
  /* without its NUL, and with text behind it */
  const exif_row bare = {IN_FIRST, 0x0110, LNTI_IFD_ASCII, "Eos 5", 5, {0}};
  assert_string_equal(read_rows(&bare, 1).model, "Eos 5");
  const exif_row behind = {IN_FIRST, 0x0110, LNTI_IFD_ASCII, "Eos\0secret", 10, {0}};
  assert_string_equal(read_rows(&behind, 1).model, "Eos");
  const exif_row number = {IN_FIRST, 0x0110, LNTI_IFD_SHORT, NULL, 1, {65}};
  assert_string_equal(read_rows(&number, 1).model, "");
}

static void test_places(void **state) {
  (void)state;
  static const struct {
    const char *lat_ref, *lon_ref;
    uint32_t lat[6], lon[6];
    size_t n_lat;
    bool has;
    double latitude, longitude;
  } cases[] = {
      {"N", "W", {10, 1, 30, 1, 0, 1}, {20, 1, 15, 1, 36, 1}, 3, true, 10.5, -20.26},
      {"N", "E", {10, 1, 305, 10}, {0, 1, 0, 1, 0, 1}, 2, true, 10.508333333333333, 0},
      {"S", "E", {455, 10}, {180, 1, 0, 1, 0, 1}, 1, true, -45.5, 180},
      {"N", "E", {90, 1, 0, 1, 1, 1}, {0, 1, 0, 1, 0, 1}, 3, false, 0, 0},
      {"N", "E", {1, 1, 0, 1, 0, 1}, {180, 1, 0, 1, 1, 1}, 3, false, 0, 0},
      {"N", "E", {1, 1, 0, 0, 0, 1}, {1, 1, 0, 1, 0, 1}, 3, false, 0, 0},
      {"X", "E", {1, 1, 0, 1, 0, 1}, {1, 1, 0, 1, 0, 1}, 3, false, 0, 0},
      {"N", "", {1, 1, 0, 1, 0, 1}, {1, 1, 0, 1, 0, 1}, 3, false, 0, 0},
      {"N", "E", {1, 1}, {1, 1, 0, 1, 0, 1}, 0, false, 0, 0},
  };
  for (size_t i = 0; i < N_ROWS(cases); i++) {
    exif_row rows[4] = {{IN_GPS, 1, LNTI_IFD_ASCII, cases[i].lat_ref, 0, {0}},
                        {IN_GPS, 2, LNTI_IFD_RATIONAL, NULL, cases[i].n_lat, {0}},
                        {IN_GPS, 3, LNTI_IFD_ASCII, cases[i].lon_ref, 0, {0}},
                        {IN_GPS, 4, LNTI_IFD_RATIONAL, NULL, 3, {0}}};
    memcpy(rows[1].numbers, cases[i].lat, sizeof cases[i].lat);
    memcpy(rows[3].numbers, cases[i].lon, sizeof cases[i].lon);
    const lnti_exif e = read_rows(rows, 4);
    assert_int_equal(e.has_gps, cases[i].has);
    assert_close(e.latitude, cases[i].latitude, 1e-12);
    assert_close(e.longitude, cases[i].longitude, 1e-12);
  }
}

static void test_numbers(void **state) {
  (void)state;
  const exif_row rows[] = {{IN_EXIF, 0x829a, LNTI_IFD_RATIONAL, NULL, 1, {1, 0}},
                           {IN_EXIF, 0x829d, LNTI_IFD_RATIONAL, NULL, 1, {0, 10}},
                           {IN_EXIF, 0x8827, LNTI_IFD_SHORT, NULL, 1, {65535}},
                           {IN_EXIF, 0x8832, LNTI_IFD_LONG, NULL, 1, {102400}},
                           {IN_EXIF, 0x920a, LNTI_IFD_SRATIONAL, NULL, 1, {(uint32_t)-35, 1}},
                           {IN_GPS, 5, LNTI_IFD_BYTE, NULL, 1, {1}},
                           {IN_GPS, 6, LNTI_IFD_RATIONAL, NULL, 1, {430, 1}}};
  const lnti_exif e = read_rows(rows, N_ROWS(rows));
  assert_true(isnan(e.exposure_s) && isnan(e.f_number) && isnan(e.focal_mm));
  assert_close(e.iso, 102400, 0);
  assert_close(e.altitude, -430, 0);
  assert_false(e.has_gps);
  const exif_row lens[] = {{IN_EXIF, 0xa435, LNTI_IFD_ASCII, "L-7", 0, {0}}};
  assert_string_equal(read_rows(lens, 1).serial, "L-7");
  const exif_row raw[] = {{IN_FIRST, 0xc62f, LNTI_IFD_ASCII, "DNG-1", 0, {0}}};
  assert_string_equal(read_rows(raw, 1).serial, "DNG-1");
}

/** Every type as a number, signs and all: 8-byte ones by hand, the rest through a directory. */
static void test_reals(void **state) {
  (void)state;
  static const struct {
    unsigned type;
    const char *bytes;
    size_t n;
    double wanted;
  } cases[] = {{LNTI_IFD_BYTE, "\xfe", 1, 254},
               {LNTI_IFD_SBYTE, "\xfe", 1, -2},
               {LNTI_IFD_SHORT, "\xff\xfe", 2, 65534},
               {LNTI_IFD_SSHORT, "\xff\xfe", 2, -2},
               {LNTI_IFD_LONG, "\xff\xff\xff\xfe", 4, 4294967294.0},
               {LNTI_IFD_SLONG, "\xff\xff\xff\xfe", 4, -2},
               {LNTI_IFD_RATIONAL, "\0\0\0\3\0\0\0\2", 8, 1.5},
               {LNTI_IFD_SRATIONAL, "\xff\xff\xff\xfd\0\0\0\2", 8, -1.5},
               {LNTI_IFD_SRATIONAL, "\x80\0\0\0\xff\xff\xff\xff", 8, 2147483648.0},
               {LNTI_IFD_FLOAT, "\xbf\xc0\0\0", 4, -1.5},
               {LNTI_IFD_DOUBLE, "\xbf\xf8\0\0\0\0\0\0", 8, -1.5},
               {LNTI_IFD_LONG8, "\0\0\1\0\0\0\0\0", 8, 1099511627776.0},
               {LNTI_IFD_SLONG8, "\xff\xff\xff\xff\xff\xff\xff\xfe", 8, -2}};
  for (size_t i = 0; i < N_ROWS(cases); i++) {
    double value = 0;
    const lnti_ifd_file file = {.data = (const uint8_t *)cases[i].bytes, .n = cases[i].n, .big_endian = true};
    const lnti_ifd_entry entry = {.type = cases[i].type, .count = 1, .at = 0, .bytes = cases[i].n};
    assert_true(lnti_ifd_entry_real(&value, &file, &entry, 0));
    assert_close(value, cases[i].wanted, 0);
    assert_false(lnti_ifd_entry_real(&value, &file, &entry, 1));
  }
  double value = 0;
  const lnti_ifd_file file = {.data = (const uint8_t *)"\x7f\xc0\0\0", .n = 4, .big_endian = true};
  const lnti_ifd_entry nan = {.type = LNTI_IFD_FLOAT, .count = 1, .bytes = 4};
  const lnti_ifd_entry text = {.type = LNTI_IFD_ASCII, .count = 4, .bytes = 4};
  assert_false(lnti_ifd_entry_real(&value, &file, &nan, 0));
  assert_false(lnti_ifd_entry_real(&value, &file, &text, 0));
}

/* ---- hostile ---- */

/** A pointer to its own directory, to the header and beyond the end: read once, or not at all. */
static void test_loops(void **state) {
  (void)state;
  static const uint32_t targets[] = {8, 0, 4, 7, 0x7fffffff, 0xffffffff};
  for (size_t i = 0; i < N_ROWS(targets); i++) {
    const exif_row rows[] = {{IN_FIRST, 0x0112, LNTI_IFD_SHORT, NULL, 1, {3}},
                             {IN_FIRST, 0x8769, LNTI_IFD_LONG, NULL, 1, {targets[i]}},
                             {IN_FIRST, 0x8825, LNTI_IFD_LONG, NULL, 1, {targets[i]}}};
    const lnti_exif e = read_rows(rows, 3);
    assert_int_equal(e.orientation, 3);
    assert_false(e.has_gps);
  }
}

/** A count that lies takes what is there; one beyond all bytes makes the entry absent. */
static void test_counts(void **state) {
  (void)state;
  exif_bytes tiff = exif_tiff(SYDNEY, N_ROWS(SYDNEY), false, false);
  tiff.data[8] = tiff.data[9] = 0xff; /* 65535 entries in the first directory */
  lnti_exif e;
  lnti_exif_read(&e, tiff.data, tiff.n);
  assert_string_equal(e.make, "Linnet Optics");
  memset(tiff.data + 14, 0xff, 4); /* Make of 4 GB */
  lnti_exif_read(&e, tiff.data, tiff.n);
  assert_string_equal(e.make, "");
  assert_string_equal(e.model, "One");
  free(tiff.data);
}

/** Any byte may be wrong: no reading outside (the sanitizers see that), texts stay sound. */
static void check_damaged(lnti_rng *rng, void *payload) {
  (void)payload;
  static exif_bytes (*const wraps[])(exif_bytes) = {as_it_is, exif_in_jpeg, exif_in_png, exif_in_webp, exif_in_heif};
  const size_t kind = lnti_rng_below(rng, N_ROWS(wraps));
  exif_bytes file =
      wraps[kind](exif_tiff(SYDNEY, N_ROWS(SYDNEY), lnti_rng_below(rng, 2), !kind && lnti_rng_below(rng, 2)));
  for (int i = 0; i < 4; i++) file.data[lnti_rng_below(rng, file.n)] = (uint8_t)lnti_rng_below(rng, 256);
  lnti_exif e;
  lnti_exif_read(&e, file.data, file.n);
  assert_in_range(e.orientation, 1, 8);
  assert_in_range(strlen(e.taken), 0, 19);
  assert_true(!e.has_gps || (fabs(e.latitude) <= 90 && fabs(e.longitude) <= 180));
  free(file.data);
}

static void test_damaged(void **state) {
  (void)state;
  lnti_test_property("damaged", 3000, check_damaged, NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_containers),
      cmocka_unit_test(test_truncated),
      cmocka_unit_test(test_other_files),
      cmocka_unit_test(test_jpeg_segments),
      cmocka_unit_test(test_orientation_values),
      cmocka_unit_test(test_dates),
      cmocka_unit_test(test_date_of_what),
      cmocka_unit_test(test_text),
      cmocka_unit_test(test_places),
      cmocka_unit_test(test_numbers),
      cmocka_unit_test(test_reals),
      cmocka_unit_test(test_loops),
      cmocka_unit_test(test_counts),
      cmocka_unit_test(test_damaged),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
