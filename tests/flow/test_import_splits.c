/*
 * What makes the first level of folders splits: the folders that hold images, and nothing that lies beside them.
 */
#include "media_support.h"

static lnti_import_result import_folder(const lab *l, const char *source, const char *split) {
  lnti_import_options options = LNTI_IMPORT_OPTIONS_INIT;
  lnti_import_result result = {0};
  options.split = split;
  assert_ok(lnti_import(&result, l->project, &source, 1, &options, ERR));
  return result;
}

static void write_picture(const char *path, uint64_t number) {
  uint8_t pixels[TOY_PIXELS];
  toy_pixels(pixels, 1, number);
  media_write_pgm(path, pixels, TOY_SIDE, TOY_SIDE);
}

/* A folder with train/ and test/, each with the three classes. */
static void make_splits(const lab *l) {
  toy_tree(media_in(l, "set/train").text, 2, 0);
  toy_tree(media_in(l, "set/test").text, 1, 10);
}

static void expect(const media_items *items, const char *member, const char *split, const char *label) {
  const media_item *item = media_find(items, member);
  assert_string_equal(item->split, split);
  assert_string_equal(item->label, label);
}

static void an_image_beside_splits_changes_nothing_for_them(void **state) {
  (void)state;
  lab l = lab_new();
  make_splits(&l);
  write_picture(media_in(&l, "set/cover.pgm").text, 77);
  lnti_import_result result = import_folder(&l, media_in(&l, "set").text, NULL);
  assert_int_equal(result.imported, 10);
  assert_int_equal(result.labelled, 9);
  assert_int_equal(result.warnings.n, 0);
  lnti_import_result_clear(&result);
  media_items items = media_list(l.project, "class");
  expect(&items, "train/down/1.pgm", "train", "down");
  expect(&items, "test/middle/10.pgm", "test", "middle");
  expect(&items, "cover.pgm", "", "");
  assert_string_equal(media_find(&items, "cover.pgm")->stage, "annotate");
  media_items_clear(&items);
  lab_free(&l);
}

/* A split's folder may hold images of no class. */
static void images_straight_in_a_split_have_no_label(void **state) {
  (void)state;
  lab l = lab_new();
  make_splits(&l);
  write_picture(media_in(&l, "set/train/loose.pgm").text, 78);
  lnti_import_result result = import_folder(&l, media_in(&l, "set").text, NULL);
  assert_int_equal(result.labelled, 9);
  lnti_import_result_clear(&result);
  media_items items = media_list(l.project, "class");
  expect(&items, "train/loose.pgm", "train", "");
  media_items_clear(&items);
  lab_free(&l);
}

static void images_at_the_top_alone_are_no_splits(void **state) {
  (void)state;
  lab l = lab_new();
  media_folder(media_in(&l, "set").text);
  write_picture(media_in(&l, "set/train.pgm").text, 1);
  lnti_import_result result = import_folder(&l, media_in(&l, "set").text, NULL);
  assert_int_equal(result.imported, 1);
  assert_int_equal(result.labelled, 0);
  lnti_import_result_clear(&result);
  media_items items = media_list(l.project, "class");
  expect(&items, "train.pgm", "", "");
  media_items_clear(&items);
  lab_free(&l);
}

static void splits_beside_another_folder_are_classes_and_told(void **state) {
  (void)state;
  lab l = lab_new();
  make_splits(&l);
  media_folder(media_in(&l, "set/docs").text);
  write_picture(media_in(&l, "set/docs/a.pgm").text, 79);
  lnti_import_result result = import_folder(&l, media_in(&l, "set").text, NULL);
  assert_int_equal(result.labelled, 10);
  assert_int_equal(result.warnings.n, 1);
  assert_true(media_says(&result.warnings, "test, train look like splits, but docs does not"));
  assert_true(media_says(&result.warnings, "--split"));
  lnti_import_result_clear(&result);
  media_items items = media_list(l.project, "class");
  expect(&items, "train/down/1.pgm", "", "train/down");
  expect(&items, "docs/a.pgm", "", "docs");
  media_items_clear(&items);
  lab_free(&l);
}

/* The warning names a few of many folders. */
static void a_warning_is_short(void **state) {
  (void)state;
  lab l = lab_new();
  for (uint64_t i = 0; i < 9; i++) {
    media_folder(media_in(&l, "set/k%d", (int)i).text);
    write_picture(media_in(&l, "set/k%d/a.pgm", (int)i).text, i);
  }
  media_folder(media_in(&l, "set/val").text);
  write_picture(media_in(&l, "set/val/a.pgm").text, 50);
  lnti_import_result result = import_folder(&l, media_in(&l, "set").text, NULL);
  assert_true(media_says(&result.warnings, "val looks like a split, but k0, k1, k2, k3, k4, ... do not"));
  lnti_import_result_clear(&result);
  lab_free(&l);
}

/* Who says the split is not told about names. */
static void a_given_split_needs_no_warning(void **state) {
  (void)state;
  lab l = lab_new();
  make_splits(&l);
  media_folder(media_in(&l, "set/docs").text);
  write_picture(media_in(&l, "set/docs/a.pgm").text, 79);
  lnti_import_result result = import_folder(&l, media_in(&l, "set").text, "holdout");
  assert_int_equal(result.warnings.n, 0);
  lnti_import_result_clear(&result);
  media_items items = media_list(l.project, "class");
  expect(&items, "train/down/1.pgm", "holdout", "train/down");
  media_items_clear(&items);
  lab_free(&l);
}

static void a_misspelt_split_is_told(void **state) {
  (void)state;
  lab l = lab_new();
  make_splits(&l);
  const char *source = media_in(&l, "set/train").text;
  lnti_import_result result = import_folder(&l, source, "tset");
  assert_true(media_says(&result.warnings, "--split tset: did you mean 'test'?"));
  lnti_import_result_clear(&result);
  result = import_folder(&l, source, "Testing"); /* a name of test */
  assert_false(media_says(&result.warnings, "did you mean"));
  lnti_import_result_clear(&result);
  lnti_import_options options = LNTI_IMPORT_OPTIONS_INIT;
  options.split = "";
  assert_status(lnti_import(&result, l.project, &source, 1, &options, ERR), LNT_EINVAL);
  assert_message("the name is empty");
  lab_free(&l);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(an_image_beside_splits_changes_nothing_for_them),
      cmocka_unit_test(images_straight_in_a_split_have_no_label),
      cmocka_unit_test(images_at_the_top_alone_are_no_splits),
      cmocka_unit_test(splits_beside_another_folder_are_classes_and_told),
      cmocka_unit_test(a_warning_is_short),
      cmocka_unit_test(a_given_split_needs_no_warning),
      cmocka_unit_test(a_misspelt_split_is_told),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
