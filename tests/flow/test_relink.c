/*
 * Sources that move: one, several below a folder, archives and arrays; what is not there, what is another, what is in the way.
 * Whatever is refused leaves every path as it was.
 */
#include "media_support.h"

#include <flow/relink.h>
#include <sys/stat.h>
#include <unistd.h>

static const lnti_relink_options plain = {.all = false}, all = {.all = true}, force = {.force = true};

static lnti_relink_result relink(const lab *l, const char *old_path, const char *new_path,
                                 const lnti_relink_options *options) {
  lnti_relink_result result = {0};
  assert_ok(lnti_relink(&result, l->project, old_path, new_path, options, ERR));
  return result;
}

/* Refused with a status and words, and nothing moved. */
static void refused(const lab *l, const char *old_path, const char *new_path, const lnti_relink_options *options,
                    lnt_status code, const char *says) {
  lnti_relink_result before = {0}, after = {0}, result = {.moved = 77};
  assert_ok(lnti_sources(&before, l->project, ERR));
  assert_status(lnti_relink(&result, l->project, old_path, new_path, options, ERR), code);
  assert_message(says);
  assert_int_equal(result.moved, 77);
  assert_ok(lnti_sources(&after, l->project, ERR));
  assert_int_equal(before.n, after.n);
  for (size_t i = 0; i < after.n; i++) assert_string_equal(before.source[i].path, after.source[i].path);
  lnti_relink_result_clear(&before);
  lnti_relink_result_clear(&after);
}

static void rename_to(const lab *l, const char *from, const char *to) {
  media_name a = media_in(l, "%s", from), b = media_in(l, "%s", to);
  assert_int_equal(rename(a.text, b.text), 0);
}

/* A drive with a folder, an archive and an array on it: 300, 6 and 9 items. */
static lab drive_lab(void) {
  lab l = lab_new();
  toy_tree(media_in(&l, "old/photos").text, 100, 0);
  toy_tree(media_in(&l, "small").text, 2, 500);
  media_archive(media_in(&l, "old/small.tar.gz").text, media_in(&l, "small").text);
  toy_arrays(media_in(&l, "old/arrays").text, "train", false, 9, 900);
  media_import(&l, media_in(&l, "old/photos").text, NULL);
  media_import(&l, media_in(&l, "old/small.tar.gz").text, NULL);
  lnti_import_options options = LNTI_IMPORT_OPTIONS_INIT;
  lnti_import_result result = {0};
  media_name name = media_in(&l, "old/arrays");
  const char *source = name.text;
  options.target = "digit";
  assert_ok(lnti_import(&result, l.project, &source, 1, &options, ERR));
  lnti_import_result_clear(&result);
  return l;
}

static void sources_are_listed(void **state) {
  (void)state;
  lab l = drive_lab();
  lnti_relink_result list = {0};
  assert_int_equal(remove(media_in(&l, "old/small.tar.gz").text), 0);
  assert_ok(lnti_sources(&list, l.project, ERR));
  assert_int_equal(list.n, 3);
  assert_int_equal(list.moved, 0);
  static const char *const kinds[] = {"folder", "archive", "array"};
  static const size_t items[] = {300, 6, 9};
  for (size_t i = 0; i < 3; i++) {
    assert_string_equal(lnti_source_kind_name(list.source[i].kind), kinds[i]);
    assert_int_equal(list.source[i].items, items[i]);
    assert_int_equal(list.source[i].there, i != 1);
    assert_null(list.source[i].new_path);
  }
  assert_string_equal(list.source[0].path, media_in(&l, "old/photos").text);
  lnti_relink_result_clear(&list);
  lab_free(&l);
}

static void a_drive_moves_with_all_that_is_on_it(void **state) {
  (void)state;
  lab l = drive_lab();
  media_items before = media_list(l.project, "class");
  rename_to(&l, "old", "new");
  lnti_relink_result result = relink(&l, media_in(&l, "old").text, media_in(&l, "new").text, &plain);
  assert_int_equal(result.n, 3);
  assert_int_equal(result.moved, 3);
  assert_string_equal(result.source[0].path, media_in(&l, "old/photos").text);
  assert_string_equal(result.source[0].new_path, media_in(&l, "new/photos").text);
  assert_string_equal(result.source[1].new_path, media_in(&l, "new/small.tar.gz").text);
  assert_string_equal(result.source[2].new_path, media_in(&l, "new/arrays/train-images-idx3-ubyte").text);
  assert_in_range(result.source[0].checked, LNTI_RELINK_SAMPLE, LNTI_RELINK_SAMPLE + 2); /* of 300 */
  assert_int_equal(result.source[1].checked, 6);
  assert_int_equal(result.source[2].checked, 9);
  for (size_t i = 0; i < 3; i++) assert_int_equal(result.source[i].missing + result.source[i].different, 0);
  lnti_relink_result_clear(&result);

  /* The items are the same ones, and an import from the new place finds all of them. */
  media_items after = media_list(l.project, "class");
  assert_int_equal(before.n, after.n);
  for (size_t i = 0; i < after.n; i++) {
    assert_int_equal(before.item[i].id, after.item[i].id);
    assert_string_equal(before.item[i].label, after.item[i].label);
  }
  media_items_clear(&before);
  media_items_clear(&after);
  lnti_import_options options = LNTI_IMPORT_OPTIONS_INIT;
  lnti_import_result imported = {0};
  media_name name = media_in(&l, "new/photos");
  const char *source = name.text;
  assert_ok(lnti_import(&imported, l.project, &source, 1, &options, ERR));
  assert_int_equal(imported.imported, 0);
  assert_int_equal(imported.existing, 300);
  lnti_import_result_clear(&imported);
  lab_free(&l);
}

static void one_source_alone(void **state) {
  (void)state;
  lab l = drive_lab();
  rename_to(&l, "old/photos", "old/photos2");
  lnti_relink_result result =
      relink(&l, media_in(&l, "old/.//nowhere/../photos/").text, media_in(&l, "old/photos2").text, &all);
  assert_int_equal(result.moved, 1);
  assert_int_equal(result.source[0].checked, 300);
  lnti_relink_result_clear(&result);
  lnti_relink_result list = {0};
  assert_ok(lnti_sources(&list, l.project, ERR));
  assert_string_equal(list.source[0].path, media_in(&l, "old/photos2").text);
  assert_string_equal(list.source[1].path, media_in(&l, "old/small.tar.gz").text);
  lnti_relink_result_clear(&list);
  lab_free(&l);
}

/* The old place is a link to the new one by now. */
static void a_link_was_left_behind(void **state) {
  (void)state;
  lab l = drive_lab();
  rename_to(&l, "old", "new");
  assert_int_equal(symlink(media_in(&l, "new").text, media_in(&l, "old").text), 0);
  lnti_relink_result result = relink(&l, media_in(&l, "old").text, media_in(&l, "new").text, &plain);
  assert_int_equal(result.moved, 3);
  lnti_relink_result_clear(&result);
  lab_free(&l);
}

static void paths_that_lead_nowhere(void **state) {
  (void)state;
  lab l = drive_lab();
  media_name old = media_in(&l, "old"), nowhere = media_in(&l, "nowhere"), folder = media_in(&l, "folder");
  media_folder(folder.text);
  refused(&l, old.text, nowhere.text, &force, LNT_ENOTFOUND, "name the place where the images are now");
  refused(&l, old.text, old.text, &plain, LNT_EINVAL, "is where it was");
  refused(&l, nowhere.text, folder.text, &plain, LNT_ENOTFOUND, "no source of this project is");
  /* A name that begins alike is no folder above. */
  refused(&l, media_in(&l, "old/phot").text, folder.text, &plain, LNT_ENOTFOUND, "no source of this project is");
  /* The folder is there, what was in it is not: not even by force. */
  refused(&l, old.text, folder.text, &force, LNT_ENOTFOUND, "/folder/photos is not there: nothing was moved");
  /* Another kind. */
  lnti_test_write_file(media_in(&l, "file").text, "x", 1);
  refused(&l, media_in(&l, "old/photos").text, media_in(&l, "file").text, &force, LNT_ECONFLICT,
          "cannot be read as the folder");
  refused(&l, media_in(&l, "old/small.tar.gz").text, folder.text, &force, LNT_ECONFLICT,
          "cannot be read as the archive");
  lab_free(&l);
}

static void another_source_is_in_the_way(void **state) {
  (void)state;
  lab l = drive_lab();
  toy_tree(media_in(&l, "photos2").text, 1, 700);
  media_import(&l, media_in(&l, "photos2").text, NULL);
  refused(&l, media_in(&l, "old/photos").text, media_in(&l, "photos2").text, &force, LNT_EEXISTS,
          "is a source of this project already, with 3 items of its own");
  lab_free(&l);
}

static void missing_images(void **state) {
  (void)state;
  lab l = drive_lab();
  media_name old = media_in(&l, "old/photos"), new = media_in(&l, "new");
  rename_to(&l, "old/photos", "new");
  assert_int_equal(remove(media_in(&l, "new/across/0.pgm").text), 0);  /* the first */
  assert_int_equal(remove(media_in(&l, "new/middle/99.pgm").text), 0); /* the last */
  refused(&l, old.text, new.text, &plain, LNT_ENOTFOUND, "/new/across/0.pgm): nothing was moved");
  refused(&l, old.text, new.text, &plain, LNT_ENOTFOUND, "or move without them by --force");
  refused(&l, old.text, new.text, &all, LNT_ENOTFOUND, "2 of 300 images that were looked at are not there");
  lnti_relink_result result = relink(&l, old.text, new.text, &force);
  assert_int_equal(result.moved, 1);
  assert_int_equal(result.source[0].missing, 2);
  lnti_relink_result_clear(&result);
  lab_free(&l);
}

/* The n-th is only seen where all are looked at. */
static void images_that_are_others(void **state) {
  (void)state;
  lab l = drive_lab();
  media_name old = media_in(&l, "old/photos"), new = media_in(&l, "new");
  uint8_t pixels[TOY_PIXELS];
  rename_to(&l, "old/photos", "new");
  toy_pixels(pixels, 0, 12345);
  media_write_pgm(media_in(&l, "new/across/0.pgm").text, pixels, TOY_SIDE, TOY_SIDE);
  refused(&l, old.text, new.text, &force, LNT_ECONFLICT, "/new/across/0.pgm): nothing was moved");
  toy_pixels(pixels, 0, 0);
  media_write_pgm(media_in(&l, "new/across/0.pgm").text, pixels, TOY_SIDE, TOY_SIDE);
  toy_pixels(pixels, 1, 12345);
  media_write_pgm(media_in(&l, "new/down/1.pgm").text, pixels, TOY_SIDE, TOY_SIDE); /* number 101 of 300 */
  refused(&l, old.text, new.text, &all, LNT_ECONFLICT, "1 of 300 images that were looked at is not what was imported");
  lnti_relink_result result = relink(&l, old.text, new.text, &plain);
  lnti_relink_result_clear(&result);
  lab_free(&l);
}

static void records_that_are_others(void **state) {
  (void)state;
  lab l = drive_lab();
  media_name old = media_in(&l, "old"), new = media_in(&l, "new");
  rename_to(&l, "old", "new");
  toy_arrays(media_in(&l, "new/arrays").text, "train", false, 9, 901);
  refused(&l, old.text, new.text, &force, LNT_ECONFLICT, "not what was imported");
  toy_arrays(media_in(&l, "new/arrays").text, "train", false, 5, 900);
  refused(&l, old.text, new.text, &plain, LNT_ENOTFOUND, "4 of "); /* records 5 to 8 */
  lab_free(&l);
}

/* What cannot be read is neither missing nor another. A folder of the image's name cannot be, whoever asks. */
static void images_that_cannot_be_read(void **state) {
  (void)state;
  lab l = drive_lab();
  media_name old = media_in(&l, "old/photos"), new = media_in(&l, "new");
  rename_to(&l, "old/photos", "new");
  assert_int_equal(remove(media_in(&l, "new/across/0.pgm").text), 0);
  assert_int_equal(mkdir(media_in(&l, "new/across/0.pgm").text, 0700), 0);
  refused(&l, old.text, new.text, &all, LNT_EIO,
          "1 of 300 images that were looked at cannot be read, and so not be compared (first: ");
  assert_int_equal(remove(media_in(&l, "new/middle/99.pgm").text), 0);
  refused(&l, old.text, new.text, &all, LNT_ENOTFOUND, ".pgm), and 1 cannot be read: nothing was moved");
  lnti_relink_result result = relink(&l, old.text, new.text, &(lnti_relink_options){.all = true, .force = true});
  const lnti_relink_source *source = &result.source[0];
  assert_int_equal(source->checked, 300);
  assert_int_equal(source->found, 298);
  assert_int_equal(source->missing, 1);
  assert_int_equal(source->unreadable, 1);
  assert_int_equal(source->different, 0);
  lnti_relink_result_clear(&result);
  lab_free(&l);
}

/* A source at in, one at in/in: either way one goes to where the other is before it moves itself. */
static void sources_that_move_over_each_other(void **state) {
  (void)state;
  lab l = lab_new();
  toy_tree(media_in(&l, "in").text, 2, 0);
  media_import(&l, media_in(&l, "in").text, NULL);
  toy_tree(media_in(&l, "in/in").text, 2, 50);
  media_import(&l, media_in(&l, "in/in").text, NULL);
  rename_to(&l, "in", "moved");
  assert_int_equal(mkdir(media_in(&l, "in").text, 0700), 0);
  rename_to(&l, "moved", "in/in");
  lnti_relink_result result = relink(&l, media_in(&l, "in").text, media_in(&l, "in/in").text, &plain);
  assert_int_equal(result.moved, 2);
  assert_string_equal(result.source[1].new_path, media_in(&l, "in/in/in").text);
  lnti_relink_result_clear(&result);
  rename_to(&l, "in/in", "moved");
  assert_int_equal(rmdir(media_in(&l, "in").text), 0);
  rename_to(&l, "moved", "in");
  result = relink(&l, media_in(&l, "in/in").text, media_in(&l, "in").text, &plain);
  assert_int_equal(result.moved, 2);
  assert_string_equal(result.source[0].new_path, media_in(&l, "in").text);
  lnti_relink_result_clear(&result);
  lab_free(&l);
}

typedef struct last_op {
  int n;
} last_op;

static lnt_status count_change(void *payload, const lnti_change *change, lnt_error *err) {
  last_op *last = payload;
  (void)err;
  last->n += strcmp(change->kind, "item") == 0;
  return LNT_OK;
}

/* Whoever shows items learns of it. */
static void the_change_is_told(void **state) {
  (void)state;
  lab l = drive_lab();
  last_op before = {0}, after = {0};
  assert_ok(lnti_store_changes(l.project->store, 0, count_change, &before, ERR));
  rename_to(&l, "old", "new");
  lnti_relink_result result = relink(&l, media_in(&l, "old").text, media_in(&l, "new").text, &plain);
  lnti_relink_result_clear(&result);
  assert_ok(lnti_store_changes(l.project->store, 0, count_change, &after, ERR));
  assert_true(after.n > before.n);
  lab_free(&l);
}

static void cancelled(void **state) {
  (void)state;
  lab l = drive_lab();
  media_stopper stopper;
  media_stop_at(&stopper, 0);
  lnti_cancel_request(&stopper.cancel);
  rename_to(&l, "old", "new");
  l.project->context.cancel = &stopper.cancel;
  lnti_relink_result result = {.moved = 77};
  assert_status(lnti_relink(&result, l.project, media_in(&l, "old").text, media_in(&l, "new").text, &plain, ERR),
                LNT_ECANCELLED);
  assert_int_equal(result.moved, 77);
  l.project->context.cancel = NULL;
  lab_free(&l);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(sources_are_listed),
      cmocka_unit_test(a_drive_moves_with_all_that_is_on_it),
      cmocka_unit_test(one_source_alone),
      cmocka_unit_test(a_link_was_left_behind),
      cmocka_unit_test(paths_that_lead_nowhere),
      cmocka_unit_test(another_source_is_in_the_way),
      cmocka_unit_test(missing_images),
      cmocka_unit_test(images_that_are_others),
      cmocka_unit_test(images_that_cannot_be_read),
      cmocka_unit_test(sources_that_move_over_each_other),
      cmocka_unit_test(records_that_are_others),
      cmocka_unit_test(the_change_is_told),
      cmocka_unit_test(cancelled),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
