/*
 * Metadata that comes with images: what a camera wrote, what paths say, and what a second import makes of both.
 */
#include "media_support.h"

#include "image/exif_support.h"
#include <image/exif.h>
#include <image/image.h>

static lnti_import_result import_with(const lab *l, const char *source, const char *pattern) {
  lnti_import_options options = LNTI_IMPORT_OPTIONS_INIT;
  lnti_import_result result = {0};
  options.meta = pattern;
  assert_ok(lnti_import(&result, l->project, &source, 1, &options, ERR));
  return result;
}

static void import_set(const lab *l, const char *pattern) {
  lnti_import_result result = import_with(l, media_in(l, "set").text, pattern);
  assert_int_equal(result.n_refused, 0);
  lnti_import_result_clear(&result);
}

static void expect_meta(const lab *l, const char *member, const char *wanted) {
  media_items items = media_list(l->project, "class");
  const char *meta = media_meta(l, media_find(&items, member)->id);
  if (strcmp(meta, wanted) != 0) fail_msg("%s: %s\nnot %s", member, meta, wanted);
  media_items_clear(&items);
}

static void write_picture(const lab *l, const char *member, uint64_t number) {
  uint8_t pixels[TOY_PIXELS];
  toy_pixels(pixels, 0, number);
  media_write_pgm(media_in(l, "set/%s", member).text, pixels, TOY_SIDE, TOY_SIDE);
}

/* ---- cameras ---- */

/* A JPEG with EXIF behind its first marker. */
static void write_photograph(const char *path, const exif_row *rows, size_t n_rows) {
  exif_bytes tiff = exif_tiff(rows, n_rows, true, false), file = {0};
  lnti_image image = {0};
  uint8_t *jpeg = NULL;
  size_t n = 0;
  assert_ok(lnti_image_new(&image, 16, 16, 3, LNTI_DEPTH_U8, ERR));
  memset(image.data, 77, lnti_image_bytes(&image));
  assert_ok(lnti_image_encode_jpeg(&jpeg, &n, &image, 90, ERR));
  const uint8_t length[2] = {(uint8_t)((tiff.n + 8) >> 8), (uint8_t)(tiff.n + 8)};
  exif_append(&file, jpeg, 2);
  exif_append(&file, "\xff\xe1", 2);
  exif_append(&file, length, 2);
  exif_append(&file, "Exif\0", 6);
  exif_append(&file, tiff.data, tiff.n);
  exif_append(&file, jpeg + 2, n - 2);
  lnti_test_write_file(path, file.data, file.n);
  free(file.data);
  free(tiff.data);
  free(jpeg);
  lnti_image_clear(&image);
}

static const exif_row sydney[] = {
    {IN_FIRST, 0x010f, LNTI_IFD_ASCII, "Canon", 0, {0}},
    {IN_FIRST, 0x0110, LNTI_IFD_ASCII, "Canon EOS R5", 0, {0}},
    {IN_EXIF, 0x9003, LNTI_IFD_ASCII, "2024:05:01 13:14:15", 0, {0}},
    {IN_EXIF, 0xa431, LNTI_IFD_ASCII, "0420", 0, {0}},
    {IN_GPS, 1, LNTI_IFD_ASCII, "S", 0, {0}},
    {IN_GPS, 2, LNTI_IFD_RATIONAL, NULL, 3, {33, 1, 51, 1, 245, 10}},
    {IN_GPS, 3, LNTI_IFD_ASCII, "E", 0, {0}},
    {IN_GPS, 4, LNTI_IFD_RATIONAL, NULL, 3, {151, 1, 12, 1, 54, 1}},
    {IN_GPS, 5, LNTI_IFD_BYTE, NULL, 1, {1}},
    {IN_GPS, 6, LNTI_IFD_RATIONAL, NULL, 1, {1234, 100}},
};

/* 33 + 51/60 + 24.5/3600 = 33.85680556 south, 151 + 12/60 + 54/3600 = 151.215 east, 12.34 m below the sea. */
static void what_a_camera_wrote(void **state) {
  (void)state;
  lab l = lab_new();
  media_folder(media_in(&l, "set").text);
  write_photograph(media_in(&l, "set/whole.jpg").text, sydney, 10);
  write_photograph(media_in(&l, "set/unplaced.jpg").text, sydney, 3);
  write_photograph(media_in(&l, "set/flat.jpg").text, sydney, 8);
  write_photograph(media_in(&l, "set/model.jpg").text, sydney + 1, 1);
  write_photograph(media_in(&l, "set/make.jpg").text, sydney, 1);
  const exif_row two[] = {{IN_FIRST, 0x010f, LNTI_IFD_ASCII, "NIKON CORPORATION", 0, {0}},
                          {IN_FIRST, 0x0110, LNTI_IFD_ASCII, "NIKON D70", 0, {0}}};
  write_photograph(media_in(&l, "set/two.jpg").text, two, 2);
  write_picture(&l, "none.pgm", 1);
  import_set(&l, NULL);
  expect_meta(&l, "whole.jpg",
              "altitude=-12.3 camera=Canon EOS R5 date=2024-05-01T13:14:15 latitude=-33.8568056 longitude=151.2150000 "
              "serial=0420");
  expect_meta(&l, "unplaced.jpg", "camera=Canon EOS R5 date=2024-05-01T13:14:15");
  expect_meta(&l, "flat.jpg",
              "camera=Canon EOS R5 date=2024-05-01T13:14:15 latitude=-33.8568056 longitude=151.2150000 serial=0420");
  expect_meta(&l, "model.jpg", "camera=Canon EOS R5");
  expect_meta(&l, "make.jpg", "camera=Canon");
  expect_meta(&l, "two.jpg", "camera=NIKON CORPORATION NIKON D70");
  expect_meta(&l, "none.pgm", "");
  lab_free(&l);
}

/* Values of two pictures are never mixed: those of the one that was there stay, all of them. */
static void a_file_that_was_replaced(void **state) {
  (void)state;
  lab l = lab_new();
  lnti_import_options options = LNTI_IMPORT_OPTIONS_INIT;
  lnti_import_result result = {0};
  media_name name = media_in(&l, "set");
  const char *source = name.text;
  options.update_changed = true;
  media_folder(source);
  write_photograph(media_in(&l, "set/a.jpg").text, sydney, 2);
  import_set(&l, NULL);
  write_photograph(media_in(&l, "set/a.jpg").text, sydney + 2, 8);
  assert_ok(lnti_import(&result, l.project, &source, 1, &options, ERR));
  assert_int_equal(result.again.files_updated, 1);
  assert_true(media_says(&result.warnings, "also what the camera wrote"));
  assert_false(media_says(&result.warnings, "--changed update did nothing"));
  lnti_import_result_clear(&result);
  expect_meta(&l, "a.jpg", "camera=Canon EOS R5");
  lab_free(&l);
}

/* The header has it, whether or not the pixels are decoded. */
static void without_verification_too(void **state) {
  (void)state;
  lab l = lab_new();
  lnti_import_options options = LNTI_IMPORT_OPTIONS_INIT;
  lnti_import_result result = {0};
  media_name name = media_in(&l, "set");
  const char *source = name.text;
  options.verify = false;
  media_folder(source);
  write_photograph(media_in(&l, "set/whole.jpg").text, sydney, 4);
  assert_ok(lnti_import(&result, l.project, &source, 1, &options, ERR));
  lnti_import_result_clear(&result);
  expect_meta(&l, "whole.jpg", "camera=Canon EOS R5 date=2024-05-01T13:14:15 serial=0420");
  lab_free(&l);
}

/* Of real cameras, against ExifTool's reading (tests/image/golden/image_exif_golden.h has all of them). */
static void real_cameras(void **state) {
  (void)state;
  lab l = lab_new();
  exif_bytes file = exif_real_file("exif/cameras/DSCN0010.jpg");
  if (!file.data) {
    lab_free(&l);
    print_message("skipped: no exif in the test data (set LINNET_TEST_DATA)\n");
    skip();
  }
  media_folder(media_in(&l, "set").text);
  lnti_test_write_file(media_in(&l, "set/DSCN0010.jpg").text, file.data, file.n);
  free(file.data);
  import_set(&l, NULL);
  media_items items = media_list(l.project, "class");
  const char *meta = media_meta(&l, items.item[0].id);
  assert_non_null(strstr(meta, "camera=NIKON COOLPIX P6000"));
  assert_non_null(strstr(meta, "date=2008-10-22T16:28:39"));
  assert_non_null(strstr(meta, "latitude=43.4674483"));
  assert_non_null(strstr(meta, "longitude=11.8851267"));
  media_items_clear(&items);
  lab_free(&l);
}

/* ---- paths ---- */

static lab sites_lab(void) {
  lab l = lab_new();
  media_folder(media_in(&l, "set/2024/north").text);
  media_folder(media_in(&l, "set/2024/south").text);
  write_picture(&l, "2024/north/cam2_2024-05-01_0007.pgm", 1);
  write_picture(&l, "2024/south/cam1_2024-05-02_0001.pgm", 2);
  write_picture(&l, "2024/south/plain.pgm", 3);
  write_picture(&l, "cover.pgm", 4);
  return l;
}

static void what_paths_say(void **state) {
  (void)state;
  lab l = sites_lab();
  lnti_import_result result = import_with(&l, media_in(&l, "set").text, "{site}/{camera}_{date}_*");
  assert_true(media_says(&result.warnings, "2 paths do not fit the pattern of --meta and have no metadata from it"));
  assert_true(media_says(&result.warnings, "(first: 2024/south/plain.pgm)"));
  lnti_import_result_clear(&result);
  expect_meta(&l, "2024/north/cam2_2024-05-01_0007.pgm", "camera=cam2 date=2024-05-01 site=north");
  expect_meta(&l, "2024/south/cam1_2024-05-02_0001.pgm", "camera=cam1 date=2024-05-02 site=south");
  expect_meta(&l, "2024/south/plain.pgm", "");
  lab_free(&l);
}

static void one_path_does_not_fit(void **state) {
  (void)state;
  lab l = sites_lab();
  lnti_import_result result = import_with(&l, media_in(&l, "set").text, "{site}/*");
  assert_true(media_says(&result.warnings, "1 path does not fit the pattern of --meta and has no metadata from it"));
  assert_true(media_says(&result.warnings, "(first: cover.pgm)"));
  lnti_import_result_clear(&result);
  lab_free(&l);
}

/* One image by itself is asked as well: by its name. */
static void of_a_single_file(void **state) {
  (void)state;
  lab l = sites_lab();
  lnti_import_result result =
      import_with(&l, media_in(&l, "set/2024/north/cam2_2024-05-01_0007.pgm").text, "{camera}_{date}_*");
  assert_int_equal(result.imported, 1);
  lnti_import_result_clear(&result);
  expect_meta(&l, "cam2_2024-05-01_0007.pgm", "camera=cam2 date=2024-05-01");
  lab_free(&l);
}

/* A key of the path and one of the camera are the same key: what the person asked for stands. */
static void paths_stand_above_cameras(void **state) {
  (void)state;
  lab l = lab_new();
  media_folder(media_in(&l, "set").text);
  write_photograph(media_in(&l, "set/trap7_x.jpg").text, sydney, 3);
  lnti_import_result result = import_with(&l, media_in(&l, "set").text, "{camera}_*");
  assert_int_equal(result.warnings.n, 1);
  assert_true(media_says(&result.warnings,
                         "1 value written by a camera was replaced by what the path or table says "
                         "(first: camera of trap7_x.jpg is \"trap7\", not \"Canon EOS R5\")"));
  lnti_import_result_clear(&result);
  expect_meta(&l, "trap7_x.jpg", "camera=trap7 date=2024-05-01T13:14:15");
  lab_free(&l);
}

static void what_is_no_pattern(void **state) {
  (void)state;
  lab l = sites_lab();
  lnti_import_options options = LNTI_IMPORT_OPTIONS_INIT;
  lnti_import_result result = {.imported = 77};
  media_name name = media_in(&l, "set");
  const char *source = name.text;
  options.meta = "no field";
  assert_status(lnti_import(&result, l.project, &source, 1, &options, ERR), LNT_EINVAL);
  assert_message("it names nothing");
  options.meta = "{\xff}_*";
  assert_status(lnti_import(&result, l.project, &source, 1, &options, ERR), LNT_EINVAL);
  assert_message("a name of metadata has 1 to 255 bytes of UTF-8");
  assert_int_equal(result.imported, 77);
  lab_free(&l);
}

/* ---- again ---- */

static void a_second_import_fills(void **state) {
  (void)state;
  lab l = sites_lab();
  lnti_import_options options = LNTI_IMPORT_OPTIONS_INIT;
  lnti_import_result result = {0};
  media_name set = media_in(&l, "set"), table = media_in(&l, "set/t.csv");
  const char *sources[] = {set.text, table.text};
  static const char corrected[] = "path,site\n2024/north/cam2_2024-05-01_0007.pgm,east\n";
  import_set(&l, "{site}/{camera}_*");
  expect_meta(&l, "2024/north/cam2_2024-05-01_0007.pgm", "camera=cam2 site=north");
  lnti_test_write_file(table.text, corrected, strlen(corrected));
  assert_ok(lnti_import(&result, l.project, &sources[1], 1, &options, ERR));
  assert_int_equal(result.again.meta_changed, 1);
  lnti_import_result_clear(&result);
  /* The files are not read again: were they, they would be refused. */
  lnti_test_write_file(media_in(&l, "set/2024/north/cam2_2024-05-01_0007.pgm").text, "broken", 6);
  result = import_with(&l, set.text, "{site}/*_{date}_*");
  assert_int_equal(result.again.meta_kept, 1);
  assert_true(
      media_says(&result.warnings, "(first: site of 2024/north/cam2_2024-05-01_0007.pgm is \"east\", not \"north\")"));
  lnti_import_result_clear(&result);
  expect_meta(&l, "2024/north/cam2_2024-05-01_0007.pgm", "camera=cam2 date=2024-05-01 site=east");

  options.meta = "{site}/*_{camera}_*";
  options.existing = LNTI_IMPORT_EXISTING_REPLACE;
  assert_ok(lnti_import(&result, l.project, sources, 1, &options, ERR));
  lnti_import_result_clear(&result);
  expect_meta(&l, "2024/north/cam2_2024-05-01_0007.pgm", "camera=2024-05-01 date=2024-05-01 site=north");
  lab_free(&l);
}

/* What was looked at later does not replace what a table has said meanwhile. */
static void cameras_fill_what_is_missing(void **state) {
  (void)state;
  lab l = lab_new();
  lnti_import_options options = LNTI_IMPORT_OPTIONS_INIT;
  lnti_import_result result = {0};
  media_name set = media_in(&l, "set"), table = media_in(&l, "set/t.csv");
  const char *sources[] = {set.text, table.text};
  static const char corrected[] = "path,camera,date\na.jpg,Leica,\n";
  media_folder(set.text);
  write_photograph(media_in(&l, "set/a.jpg").text, sydney, 3);
  options.verify = false;
  assert_ok(lnti_import(&result, l.project, sources, 1, &options, ERR));
  lnti_import_result_clear(&result);
  expect_meta(&l, "a.jpg", "camera=Canon EOS R5 date=2024-05-01T13:14:15");
  lnti_test_write_file(table.text, corrected, strlen(corrected));
  assert_ok(lnti_import(&result, l.project, &sources[1], 1, &options, ERR));
  lnti_import_result_clear(&result);
  options.verify = true;
  assert_ok(lnti_import(&result, l.project, sources, 1, &options, ERR));
  lnti_import_result_clear(&result);
  expect_meta(&l, "a.jpg", "camera=Leica date=2024-05-01T13:14:15");
  lab_free(&l);
}

static void more_keys_than_a_pattern_may_hold(void **state) {
  (void)state;
  lab l = sites_lab();
  for (int i = 0; i < 20; i++) {
    char pattern[64];
    snprintf(pattern, sizeof pattern, "{site}/*_{key%02d}_*", i);
    import_set(&l, pattern);
  }
  media_items items = media_list(l.project, "class");
  const char *meta = media_meta(&l, media_find(&items, "2024/south/cam1_2024-05-02_0001.pgm")->id);
  assert_non_null(strstr(meta, "key00=2024-05-02"));
  assert_non_null(strstr(meta, "key19=2024-05-02"));
  media_items_clear(&items);
  lab_free(&l);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_a_camera_wrote),
      cmocka_unit_test(a_file_that_was_replaced),
      cmocka_unit_test(without_verification_too),
      cmocka_unit_test(real_cameras),
      cmocka_unit_test(what_paths_say),
      cmocka_unit_test(one_path_does_not_fit),
      cmocka_unit_test(of_a_single_file),
      cmocka_unit_test(paths_stand_above_cameras),
      cmocka_unit_test(what_is_no_pattern),
      cmocka_unit_test(a_second_import_fills),
      cmocka_unit_test(cameras_fill_what_is_missing),
      cmocka_unit_test(more_keys_than_a_pattern_may_hold),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
