/*
 * CIFAR's binary batches: names of classes beside them, two labels as a tree, splits by name, batches in an archive, and
 * what is no batch.
 */
#include <stdlib.h>
#include <string.h>

#include "media_support.h"

enum { PIXELS = 3072 };

/* n records whose labels count up, each of its own grey. */
static void write_batch(const char *path, size_t n, unsigned n_labels, uint8_t first) {
  const size_t bytes = n_labels + PIXELS;
  uint8_t *data = malloc(n * bytes);
  assert_non_null(data);
  for (size_t i = 0; i < n; i++) {
    uint8_t *record = data + i * bytes;
    record[0] = (uint8_t)(i % (n_labels == 1 ? 10 : 20));
    record[n_labels - 1] = (uint8_t)(n_labels == 1 ? i % 10 : i % 100);
    for (size_t k = 0; k < PIXELS; k++) record[n_labels + k] = (uint8_t)(first + i + (k % 1024 < 512 ? k / 1024 : 90));
  }
  lnti_test_write_file(path, data, n * bytes);
  free(data);
}

static const char ten_names[] = "airplane\nautomobile\nbird\ncat\ndeer\ndog\nfrog\nhorse\nship\ntruck\n\n";

static lnti_import_result import_all(const lab *l, const char *source, lnti_import_options options) {
  lnti_import_result result = {0};
  assert_ok(lnti_import(&result, l->project, &source, 1, &options, ERR));
  return result;
}

static void write_ten(const lab *l, const char *folder) {
  media_folder(media_in(l, "%s", folder).text);
  write_batch(media_in(l, "%s/data_batch_1.bin", folder).text, 12, 1, 0);
  write_batch(media_in(l, "%s/test_batch.bin", folder).text, 3, 1, 100);
  lnti_test_write_file(media_in(l, "%s/batches.meta.txt", folder).text, ten_names, strlen(ten_names));
}

static void names_and_splits_lie_beside(void **state) {
  (void)state;
  lab l = lab_new();
  write_ten(&l, "ten");
  lnti_import_result result = import_all(&l, media_in(&l, "ten").text, (lnti_import_options)LNTI_IMPORT_OPTIONS_INIT);
  assert_int_equal(result.imported, 15);
  assert_int_equal(result.labelled, 15);
  lnti_import_result_clear(&result);
  media_items items = media_list(l.project, "class");
  assert_int_equal(items.n, 15);
  assert_string_equal(items.item[2].member, "2");
  assert_string_equal(items.item[2].label, "bird");
  assert_string_equal(items.item[2].split, "train");
  assert_string_equal(items.item[13].label, "automobile");
  assert_string_equal(items.item[13].split, "test");
  assert_true(items.item[0].h == 32 && items.item[0].w == 32 && items.item[0].c == 3);
  media_items_clear(&items);
  /* Once more: nothing is read or added. */
  result = import_all(&l, media_in(&l, "ten").text, (lnti_import_options)LNTI_IMPORT_OPTIONS_INIT);
  assert_int_equal(result.imported, 0);
  assert_int_equal(result.existing, 15);
  assert_int_equal(result.labelled, 0);
  lnti_import_result_clear(&result);
  lab_free(&l);
}

static void without_names_numbers_or_classes(void **state) {
  static const char *const titles[] = {"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"};
  (void)state;
  lab l = lab_new();
  lnti_import_options options = LNTI_IMPORT_OPTIONS_INIT;
  media_folder(media_in(&l, "bare").text);
  write_batch(media_in(&l, "bare/x.bin").text, 4, 1, 0);
  options.target = "number";
  options.split = "autumn";
  lnti_import_result result = import_all(&l, media_in(&l, "bare/x.bin").text, options);
  lnti_import_result_clear(&result);
  media_items items = media_list(l.project, "number");
  assert_string_equal(items.item[3].label, "3");
  assert_string_equal(items.item[3].split, "autumn");
  media_items_clear(&items);
  options.target = "letter";
  options.classes = titles;
  options.n_classes = 10;
  result = import_all(&l, media_in(&l, "bare/x.bin").text, options);
  assert_int_equal(result.labelled, 4);
  lnti_import_result_clear(&result);
  items = media_list(l.project, "letter");
  assert_string_equal(items.item[3].label, "d");
  media_items_clear(&items);
  lab_free(&l);
}

static void two_labels_make_a_tree(void **state) {
  (void)state;
  lab l = lab_new();
  media_folder(media_in(&l, "hundred").text);
  write_batch(media_in(&l, "hundred/train.bin").text, 30, 2, 0);
  lnti_import_result result =
      import_all(&l, media_in(&l, "hundred/train.bin").text, (lnti_import_options)LNTI_IMPORT_OPTIONS_INIT);
  assert_int_equal(result.labelled, 30);
  lnti_import_result_clear(&result);
  media_items items = media_list(l.project, "class");
  assert_string_equal(items.item[0].label, "0/0");
  assert_string_equal(items.item[25].label, "5/25"); /* coarse i % 20, fine i */
  media_items_clear(&items);
  lab_free(&l);
}

static void what_is_no_batch_is_refused(void **state) {
  (void)state;
  lab l = lab_new();
  lnti_import_options options = LNTI_IMPORT_OPTIONS_INIT;
  lnti_import_result result = {0};
  const char zeros[100] = {0};
  media_folder(media_in(&l, "set").text);
  media_name name = media_in(&l, "set/data_batch_1.bin");
  const char *source = name.text;
  options.format = LNTI_IMPORT_CIFAR;
  lnti_test_write_file(source, zeros, sizeof zeros);
  assert_status(lnti_import(&result, l.project, &source, 1, &options, ERR), LNT_EDATA);
  assert_message("data_batch_1.bin");
  name = media_in(&l, "empty");
  media_folder(source);
  assert_status(lnti_import(&result, l.project, &source, 1, &options, ERR), LNT_ENOTFOUND);
  assert_message("*.bin");
  write_ten(&l, "bad");
  name = media_in(&l, "bad");
  lnti_test_write_file(media_in(&l, "bad/batches.meta.txt").text, "one\ntwo\n", 8);
  assert_status(lnti_import(&result, l.project, &source, 1, &options, ERR), LNT_EDATA);
  assert_message("batches.meta.txt");
  media_items items = media_list(l.project, "class");
  assert_int_equal(items.n, 0);
  media_items_clear(&items);
  lab_free(&l);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(names_and_splits_lie_beside),
      cmocka_unit_test(without_names_numbers_or_classes),
      cmocka_unit_test(two_labels_make_a_tree),
      cmocka_unit_test(what_is_no_batch_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
