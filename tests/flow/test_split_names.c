/*
 * The names under which data sets carry their splits.
 */
#include <flow/split/names.h>

#include "support.h"

static void test_names(void **state) {
  (void)state;
  static const char *const known[][2] = {{"train", "train"},  {"training", "train"}, {"val", "val"},
                                         {"valid", "val"},    {"validation", "val"}, {"test", "test"},
                                         {"testing", "test"}, {"t10k", "test"},      {"TRAIN", "train"},
                                         {"Test", "test"},    {"T10K", "test"}};
  for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
    assert_string_equal(lnti_split_of_name(known[i][0], strlen(known[i][0])), known[i][1]);
  }
  static const char *const unknown[] = {"", "t", "trai", "trains", "tests", "dev", "train ", "val.png", "10k"};
  for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++) {
    assert_null(lnti_split_of_name(unknown[i], strlen(unknown[i])));
  }
}

static void test_only_n_bytes_count(void **state) {
  (void)state;
  assert_string_equal(lnti_split_of_name("train-images-idx3-ubyte", 5), "train");
  assert_string_equal(lnti_split_of_name("t10k-labels", 4), "test");
  assert_null(lnti_split_of_name("train", 4));
  assert_null(lnti_split_of_name("train", 0));
}

static void test_first_folder_of_a_path(void **state) {
  (void)state;
  assert_string_equal(lnti_split_of_path("train/cat/1.png"), "train");
  assert_string_equal(lnti_split_of_path("data/Valid/train/1.png"), "val");
  assert_string_equal(lnti_split_of_path("a/b/c/testing/1.png"), "test");
  assert_string_equal(lnti_split_of_path("/test/1.png"), "test");
  assert_null(lnti_split_of_path("cat/1.png"));
  assert_null(lnti_split_of_path("cat/train")); /* a file of that name is no folder */
  assert_null(lnti_split_of_path("train"));
  assert_null(lnti_split_of_path("retrain/x.png"));
  assert_null(lnti_split_of_path(""));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_names),
      cmocka_unit_test(test_only_n_bytes_count),
      cmocka_unit_test(test_first_folder_of_a_path),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
