/*
 * Copies without the place and the serial numbers: what was asked for is gone, every pixel is there, and what cannot be
 * stripped is not copied. First a picture with a place made here, then real ones of many cameras.
 */
#include <flow/export/export.h>
#include <image/image.h>
#include <unistd.h>

#include "media_support.h"

/* ---- a picture with a place ---- */

enum { SIDE = 16, EXIF_BYTES = 146 };

static uint8_t *put16(uint8_t *at, unsigned value) {
  at[0] = (uint8_t)value;
  at[1] = (uint8_t)(value >> 8);
  return at + 2;
}

static uint8_t *put32(uint8_t *at, uint32_t value) {
  return put16(put16(at, value & 0xffff), value >> 16);
}

static uint8_t *put_entry(uint8_t *at, unsigned tag, unsigned type, uint32_t count, uint32_t value) {
  return put32(put32(put16(put16(at, tag), type), count), value);
}

/* Turned by a quarter (6), at 47°30' N 8°15' E. Little-endian; offsets from the "II". */
static void make_exif(uint8_t out[EXIF_BYTES]) {
  static const uint32_t degrees[2][6] = {{47, 1, 30, 1, 0, 1}, {8, 1, 15, 1, 0, 1}};
  memcpy(out, "Exif\0\0II*\0", 10);
  uint8_t *at = put32(out + 10, 8);
  at = put16(at, 2);
  at = put_entry(at, 0x0112, 3, 1, 6);
  at = put_entry(at, 0x8825, 4, 1, 38);
  at = put32(at, 0);
  at = put16(at, 4);
  at = put_entry(at, 1, 2, 2, 'N');
  at = put_entry(at, 2, 5, 3, 92);
  at = put_entry(at, 3, 2, 2, 'E');
  at = put_entry(at, 4, 5, 3, 116);
  at = put32(at, 0);
  for (int i = 0; i < 12; i++) at = put32(at, degrees[i / 6][i % 6]);
  assert_ptr_equal(at, out + EXIF_BYTES);
}

static void write_jpeg_with_place(const char *path) {
  uint8_t pixels[SIDE * SIDE * 3], exif[EXIF_BYTES], *data = NULL;
  const uint8_t head[] = {0xff, 0xd8, 0xff, 0xe1, 0, EXIF_BYTES + 2};
  lnti_image image = {.h = SIDE, .w = SIDE, .c = 3, .depth = LNTI_DEPTH_U8, .data = pixels};
  size_t n = 0;
  for (size_t i = 0; i < sizeof pixels; i++) pixels[i] = (uint8_t)(i * 7);
  assert_ok(lnti_image_encode_jpeg(&data, &n, &image, 90, ERR));
  make_exif(exif);
  uint8_t *file = malloc(n + sizeof head + sizeof exif);
  assert_non_null(file);
  memcpy(file, head, sizeof head);
  memcpy(file + sizeof head, exif, sizeof exif);
  memcpy(file + sizeof head + sizeof exif, data + 2, n - 2);
  lnti_test_write_file(path, file, n - 2 + sizeof head + sizeof exif);
  free(file);
  free(data);
}

static lnti_exif exif_of(const char *path) {
  size_t n = 0;
  lnti_exif exif;
  char *data = lnti_test_read_file(&n, path);
  lnti_exif_read(&exif, (const uint8_t *)data, n);
  free(data);
  return exif;
}

static lnti_image decode(const lab *l, const char *path) {
  lnti_blob blob = {0};
  lnti_image image = {0};
  assert_ok(lnti_media_read(&blob, l->project->media, path, ERR));
  assert_ok(lnti_image_decode(&image, NULL, &blob, NULL, &(lnti_image_limits)LNTI_IMAGE_LIMITS_INIT, ERR));
  lnti_blob_clear(&blob);
  return image;
}

static void expect_same_pixels(const lab *l, const char *a, const char *b) {
  lnti_image x = decode(l, a), y = decode(l, b);
  assert_true(x.h == y.h && x.w == y.w && x.c == y.c && x.depth == y.depth);
  assert_memory_equal(x.data, y.data, lnti_image_bytes(&x));
  lnti_image_clear(&x);
  lnti_image_clear(&y);
}

static lnti_export_result export_to(const lab *l, const char *out, unsigned strip, media_refusals *refusals) {
  lnti_export_result r = {0};
  lnti_export_options options = {.strip = strip, .refused = media_refuse, .refused_payload = refusals};
  *refusals = (media_refusals){0};
  assert_ok(lnti_export(&r, l->project, media_in(l, "%s", out).text, &options, ERR));
  return r;
}

static void the_place_goes_and_the_pixels_stay(void **state) {
  (void)state;
  lab l = lab_new();
  media_refusals refusals;
  uint8_t grey[TOY_PIXELS];
  media_folder(media_in(&l, "set/a").text);
  write_jpeg_with_place(media_in(&l, "set/a/place.jpg").text);
  toy_pixels(grey, 0, 1);
  media_write_pgm(media_in(&l, "set/a/b.pgm").text, grey, TOY_SIDE, TOY_SIDE);
  media_write_png(media_in(&l, "set/a/c.png").text, grey, TOY_SIDE, TOY_SIDE);
  media_import(&l, media_in(&l, "set").text, NULL);
  lnti_exif exif = exif_of(media_in(&l, "set/a/place.jpg").text);
  assert_true(exif.has_gps && exif.latitude == 47.5 && exif.longitude == 8.25 && exif.orientation == 6);

  lnti_export_result r = export_to(&l, "whole", 0, &refusals);
  assert_int_equal(r.exported, 3);
  assert_int_equal(r.stripped, 0);
  assert_true(exif_of(media_in(&l, "whole/a/place.jpg").text).has_gps);

  for (unsigned strip = LNTI_STRIP_GPS; strip <= (LNTI_STRIP_GPS | LNTI_STRIP_SERIALS); strip += 2) {
    media_name out = media_in(&l, "strip%u", strip);
    r = export_to(&l, out.text + strlen(l.folder) + 1, strip, &refusals);
    assert_int_equal(r.exported, 2);
    assert_int_equal(r.stripped, 2);
    assert_int_equal(r.n_refused, 1); /* PGM: not stripped, so not copied */
    assert_int_equal(refusals.of[0].code, LNT_EUNSUPPORTED);
    assert_non_null(strstr(refusals.of[0].path, "b.pgm"));
    assert_non_null(strstr(refusals.of[0].reason, "--strip"));
    assert_int_equal(lnti_test_count_entries(media_in(&l, "strip%u/a", strip).text), 2);
    exif = exif_of(media_in(&l, "strip%u/a/place.jpg", strip).text);
    assert_false(exif.has_gps);
    assert_int_equal(exif.orientation, 6);
    expect_same_pixels(&l, media_in(&l, "set/a/place.jpg").text, media_in(&l, "strip%u/a/place.jpg", strip).text);
    expect_same_pixels(&l, media_in(&l, "set/a/c.png").text, media_in(&l, "strip%u/a/c.png", strip).text);
  }
  lab_free(&l);
}

/* Which of the two was there when the kill came is not known: no copy with a place passes for one without. */
static void a_killed_export_leaves_no_place(void **state) {
  (void)state;
  lab l = lab_new();
  media_refusals refusals;
  size_t n = 0;
  media_folder(media_in(&l, "set/a").text);
  write_jpeg_with_place(media_in(&l, "set/a/place.jpg").text);
  media_import(&l, media_in(&l, "set").text, NULL);
  export_to(&l, "clean", LNTI_STRIP_GPS, &refusals);
  char *lines = lnti_test_read_file(&n, media_in(&l, "clean/.linnet-export/manifest").text),
       *first = strchr(lines, '\n');
  assert_non_null(first);
  for (int gone = 0; gone < 2; gone++) {
    const char *out = gone ? "gone" : "out";
    export_to(&l, out, 0, &refusals);
    assert_true(exif_of(media_in(&l, "%s/a/place.jpg", out).text).has_gps);
    lnti_test_write_file(media_in(&l, "%s/.linnet-export/journal", out).text, first + 1, strlen(first + 1));
    if (gone) assert_int_equal(unlink(media_in(&l, "set/a/place.jpg").text), 0);
    lnti_export_result r = export_to(&l, out, LNTI_STRIP_GPS, &refusals);
    assert_int_equal(r.unchanged + r.held, 0);
    assert_int_equal(r.stripped, !gone);
    assert_int_equal(access(media_in(&l, "%s/a/place.jpg", out).text, F_OK), gone ? -1 : 0);
    if (!gone) assert_false(exif_of(media_in(&l, "%s/a/place.jpg", out).text).has_gps);
  }
  free(lines);
  lab_free(&l);
}

/* Their pixels are made anew: there is nothing to take out. */
static void records_need_no_stripping(void **state) {
  (void)state;
  lab l = lab_new();
  media_refusals refusals;
  toy_arrays(l.folder, "train", false, 3, 0);
  media_import(&l, media_in(&l, "train-images-idx3-ubyte").text, NULL);
  lnti_export_result r = export_to(&l, "out", LNTI_STRIP_GPS, &refusals);
  assert_int_equal(r.exported, 3);
  assert_int_equal(r.stripped + r.n_refused, 0);
  lab_free(&l);
}

/* ---- real cameras ---- */

static void real_pictures_keep_their_pixels_alone(void **state) {
  (void)state;
  char folder[512];
  const char *root = getenv("LINNET_TEST_DATA");
  snprintf(folder, sizeof folder, "%s/exif/cameras", root ? root : LINNET_TEST_DATA_DEFAULT);
  if (access(folder, R_OK) != 0) {
    print_message("skipped: no exif/cameras in the test data (set LINNET_TEST_DATA)\n");
    skip();
  }
  lab l = lab_new();
  media_refusals refusals;
  size_t n_gps = 0, n_serials = 0;
  media_import(&l, folder, NULL);
  lnti_export_result r = export_to(&l, "out", LNTI_STRIP_GPS | LNTI_STRIP_SERIALS, &refusals);
  assert_int_equal(r.n_refused, 0);
  media_items items = media_list(l.project, "class");
  assert_int_equal(r.exported, items.n);
  assert_int_equal(r.stripped, items.n);
  for (size_t i = 0; i < items.n; i++) {
    char path[1024];
    media_name copy = media_in(&l, "out/unlabelled/%s", items.item[i].member);
    snprintf(path, sizeof path, "%s/%s", folder, items.item[i].member);
    lnti_exif before = exif_of(path), after = exif_of(copy.text);
    n_gps += before.has_gps;
    n_serials += before.serial[0] != '\0';
    assert_false(after.has_gps);
    assert_string_equal(after.serial, "");
    assert_int_equal(after.orientation, before.orientation);
    assert_string_equal(after.taken, before.taken);
    expect_same_pixels(&l, path, copy.text);
  }
  print_message("%zu pictures, %zu of them had a place, %zu a serial number\n", items.n, n_gps, n_serials);
  assert_true(n_gps >= 9);
  media_items_clear(&items);
  lab_free(&l);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_place_goes_and_the_pixels_stay),
      cmocka_unit_test(a_killed_export_leaves_no_place),
      cmocka_unit_test(records_need_no_stripping),
      cmocka_unit_test(real_pictures_keep_their_pixels_alone),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
