/*
 * Rows of equal content: groups, keys, and what is known.
 */
#include <flow/groups.h>
#include <flow/split/split.h>

#include <stdlib.h>
#include <string.h>

#include "flow_support.h"

enum { N = 7 };

/* Contents 3 1 3 2 1 3 9. */
static void seven(lnti_extract_items *items, lnti_extract_item rows[N]) {
  static const uint8_t first_byte[N] = {3, 1, 3, 2, 1, 3, 9};
  memset(rows, 0, N * sizeof *rows);
  for (size_t i = 0; i < N; i++) rows[i].content.bytes[0] = first_byte[i];
  *items = (lnti_extract_items){.item = rows, .n = N};
}

static void test_groups(void **state) {
  (void)state;
  static const uint32_t expected[N] = {0, 1, 0, 3, 1, 0, 6};
  lnti_extract_item rows[N];
  lnti_extract_items items;
  uint32_t group[N];
  seven(&items, rows);
  assert_ok(lnti_content_groups(group, &items, ERR));
  assert_memory_equal(group, expected, sizeof expected);
  items.n = 0;
  assert_ok(lnti_content_groups(group, &items, ERR));
}

/* Contents that differ in their last byte alone are not equal. */
static void test_last_byte(void **state) {
  (void)state;
  lnti_extract_item rows[2];
  lnti_extract_items items = {.item = rows, .n = 2};
  uint32_t group[2];
  memset(rows, 0, sizeof rows);
  rows[1].content.bytes[LNTI_HASH_BYTES - 1] = 1;
  assert_ok(lnti_content_groups(group, &items, ERR));
  assert_int_equal(group[0], 0);
  assert_int_equal(group[1], 1);
}

static void test_keys(void **state) {
  (void)state;
  lnti_extract_item rows[N];
  lnti_extract_items items;
  lnti_hash other = {{4}};
  uint64_t *keys = NULL;
  size_t n = 0;
  seven(&items, rows);
  assert_true(lnti_content_key(&rows[0].content) == (uint64_t)3 << 56);
  assert_ok(lnti_content_keys(&keys, &n, &items, ERR));
  assert_int_equal(n, 4);
  for (size_t i = 1; i < n; i++) assert_true(keys[i - 1] < keys[i]);
  for (size_t i = 0; i < N; i++) assert_true(lnti_content_known(keys, n, &rows[i].content));
  assert_false(lnti_content_known(keys, n, &other));
  assert_false(lnti_content_known(NULL, 0, &other));
  free(keys);
}

/* ---- of a project ---- */

static void add_rows(lnti_extract_items *items, lnti_extract_item *rows, const int64_t *ids, size_t n) {
  memset(rows, 0, n * sizeof *rows);
  for (size_t i = 0; i < n; i++) rows[i].id = ids[i];
  *items = (lnti_extract_items){.item = rows, .n = n};
}

/* Rows in any order, some images without a row, one row without an image. */
static void test_row_groups(void **state) {
  (void)state;
  lab l = lab_new();
  lab_ontology(&l, NULL);
  static const char *const sites[] = {"n", "s", "n", "e", "s", "n"};
  lab_meta(&l, lab_items(&l, 6), "site", sites, 6);
  static const int64_t ids[] = {6, 4, 99, 5, 1, 2};
  static const uint32_t wanted[] = {0, 1, 2, 3, 0, 3};
  lnti_extract_item rows[6];
  lnti_extract_items items;
  uint32_t group[6];
  add_rows(&items, rows, ids, 6);
  assert_ok(lnti_row_groups(group, l.project, "site", &items, ERR));
  assert_memory_equal(group, wanted, sizeof wanted);
  assert_ok(lnti_row_groups(group, l.project, NULL, &items, ERR));
  for (uint32_t i = 0; i < 6; i++) assert_int_equal(group[i], i);
  assert_status(lnti_row_groups(group, l.project, "camera", &items, ERR), LNT_ENOTFOUND);
  lab_free(&l);
}

/* None; then those of the split, until another split is made. */
static void test_keys_of_the_split(void **state) {
  (void)state;
  lab l = lab_new();
  lab_ontology(&l, NULL);
  static const char *const sites[] = {"n", "s", "n", "e", "s", "n"};
  lab_meta(&l, lab_items(&l, 6), "site", sites, 6);
  char *keys = NULL;
  assert_ok(lnti_group_keys(&keys, l.project, ERR));
  assert_null(keys);
  lnti_split_options options = LNTI_SPLIT_OPTIONS_INIT;
  lnti_split_result result = {0};
  options.method = LNTI_SPLIT_GROUP;
  options.group = "site";
  assert_ok(lnti_split(&result, l.project, &options, ERR));
  lnti_split_result_clear(&result);
  assert_ok(lnti_group_keys(&keys, l.project, ERR));
  assert_string_equal(keys, "site");
  free(keys);
  options.method = LNTI_SPLIT_RANDOM;
  assert_ok(lnti_split(&result, l.project, &options, ERR));
  lnti_split_result_clear(&result);
  assert_ok(lnti_group_keys(&keys, l.project, ERR));
  assert_null(keys);
  lab_free(&l);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_groups), cmocka_unit_test(test_last_byte),
                                     cmocka_unit_test(test_keys), cmocka_unit_test(test_row_groups),
                                     cmocka_unit_test(test_keys_of_the_split)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
