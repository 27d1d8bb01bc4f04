/*
 * The index of an archive's members: names brought into form, rows found again, reasons why some are not taken.
 */
#include <media/index.h>

#include "support.h"

static char out[4 * LNTI_MEMBER_NAME_MAX + 1];

static void becomes(const char *raw, lnti_row_how how, const char *wanted) {
  const lnti_row_how got = lnti_member_name(out, raw, strlen(raw));
  if (got != how || strcmp(out, wanted) != 0) fail_msg("%s gave %d %s", raw, (int)got, out);
}

static void test_names(void **state) {
  (void)state;
  becomes("a.png", LNTI_ROW_PLAIN, "a.png");
  becomes("./a.png", LNTI_ROW_PLAIN, "a.png");
  becomes("././a//b/./c.png", LNTI_ROW_PLAIN, "a/b/c.png");
  becomes("/etc/passwd", LNTI_ROW_PLAIN, "etc/passwd");
  becomes("//a", LNTI_ROW_PLAIN, "a");
  becomes("a/", LNTI_ROW_PLAIN, "a");
  becomes("..a/b..", LNTI_ROW_PLAIN, "..a/b..");
  becomes(".../a", LNTI_ROW_PLAIN, ".../a");
  becomes("a#b c\\d", LNTI_ROW_PLAIN, "a#b c\\d");
  becomes("\xc3\xa9\xf0\x9f\x90\x88", LNTI_ROW_PLAIN, "\xc3\xa9\xf0\x9f\x90\x88");
  becomes("", LNTI_ROW_NAME_EMPTY, "");
  becomes("./", LNTI_ROW_NAME_EMPTY, "./");
  becomes("../a", LNTI_ROW_NAME_UP, "../a");
  becomes("a/../b", LNTI_ROW_NAME_UP, "a/../b");
  becomes("a/..", LNTI_ROW_NAME_UP, "a/..");
  becomes("a\nb", LNTI_ROW_NAME_CONTROL, "a\\x0ab");
  becomes("\x7f", LNTI_ROW_NAME_CONTROL, "\\x7f");
  becomes(
      "a\xc2\x9b"
      "b",
      LNTI_ROW_NAME_CONTROL, "a\\xc2\\x9bb");
  becomes("\xc2\xa0", LNTI_ROW_PLAIN, "\xc2\xa0");
  becomes("gr\xfcn.png", LNTI_ROW_NAME_ENCODING, "gr\\xfcn.png");
  becomes("\xc3\xa9\xff\xc3\xa9", LNTI_ROW_NAME_ENCODING, "\xc3\xa9\\xff\xc3\xa9");
  becomes("\xed\xa0\x80", LNTI_ROW_NAME_ENCODING, "\\xed\\xa0\\x80"); /* half of a surrogate pair */
  assert_int_equal(lnti_member_name(out, "a\0b", 3), LNTI_ROW_NAME_CONTROL);
  assert_string_equal(out, "a\\x00b");
}

static void test_long_names(void **state) {
  (void)state;
  char raw[LNTI_MEMBER_NAME_MAX + 2];
  memset(raw, 'x', sizeof raw);
  assert_int_equal(lnti_member_name(out, raw, LNTI_MEMBER_NAME_MAX), LNTI_ROW_PLAIN);
  assert_int_equal(strlen(out), LNTI_MEMBER_NAME_MAX);
  assert_int_equal(lnti_member_name(out, raw, LNTI_MEMBER_NAME_MAX + 1), LNTI_ROW_NAME_LONG);
  assert_int_equal(strlen(out), 64);
  /* The longest that is made printable. */
  memset(raw, 0xff, sizeof raw);
  assert_int_equal(lnti_member_name(out, raw, LNTI_MEMBER_NAME_MAX), LNTI_ROW_NAME_ENCODING);
  assert_int_equal(strlen(out), 4 * LNTI_MEMBER_NAME_MAX);
}

static size_t find(const lnti_index *index, const char *name) {
  return lnti_index_find(index, name, strlen(name));
}

static void add(lnti_index *index, const char *name, lnti_row_how how, uint64_t at) {
  const lnti_row row = {.how = (uint32_t)how, .at = at, .bytes = 10 * at};
  assert_ok(lnti_index_add(index, name, &row, 100000, "x.tar", ERR));
}

static void test_find(void **state) {
  (void)state;
  lnti_index index = {0};
  assert_int_equal(find(&index, "a"), LNTI_NO_ROW);
  add(&index, "a", LNTI_ROW_PLAIN, 1);
  add(&index, "b#c", LNTI_ROW_PLAIN, 2);
  add(&index, "link", LNTI_ROW_SYMLINK, 3);
  assert_int_equal(find(&index, "a"), 0);
  assert_int_equal(find(&index, "b#c"), 1);
  assert_int_equal(find(&index, "b"), LNTI_NO_ROW);
  assert_int_equal(find(&index, "b#cd"), LNTI_NO_ROW);
  assert_int_equal(find(&index, ""), LNTI_NO_ROW);
  assert_int_equal(lnti_index_find(&index, "b#c#17", 3), 1);
  assert_int_equal(find(&index, "link"), LNTI_NO_ROW);
  assert_int_equal(lnti_index_find_refused(&index, "link"), 2);
  assert_int_equal(lnti_index_find_refused(&index, "a"), LNTI_NO_ROW);
  assert_string_equal(lnti_index_name(&index, 1), "b#c");
  lnti_index_clear(&index);
  assert_int_equal(index.n, 0);
}

/* Of several of one name the last counts, and the others say so. */
static void test_twice(void **state) {
  (void)state;
  lnti_index index = {0};
  lnt_error err = LNT_ERROR_INIT;
  add(&index, "a", LNTI_ROW_PLAIN, 1);
  add(&index, "b", LNTI_ROW_PLAIN, 2);
  add(&index, "a", LNTI_ROW_PLAIN, 3);
  add(&index, "a", LNTI_ROW_PLAIN, 4);
  assert_int_equal(find(&index, "a"), 3);
  assert_int_equal(index.row[0].how, LNTI_ROW_TWICE);
  assert_int_equal(index.row[2].how, LNTI_ROW_TWICE);
  assert_false(lnti_row_refused(&index.row[1]));
  assert_int_equal(lnti_index_refuse(&index, 0, "x.tar", 5, &err), LNT_EEXISTS);
  assert_string_equal(err.message, "x.tar#a: a later member of the same name takes its place");
  assert_int_equal(lnti_index_find_refused(&index, "a"), LNTI_NO_ROW);
  lnti_index_clear(&index);
}

static void test_reasons(void **state) {
  (void)state;
  for (int how = LNTI_ROW_REFUSED_FROM; how < LNTI_ROW_HOWS; how++) {
    lnti_index index = {0};
    lnt_error err = LNT_ERROR_INIT;
    const lnti_row row = {.how = (uint32_t)how, .bytes = 77, .sum = 12};
    assert_ok(lnti_index_add(&index, "m", &row, 1, "x.zip", ERR));
    assert_true(lnti_row_refused(&index.row[0]));
    const lnt_status status = lnti_index_refuse(&index, 0, "x.zip", 50, &err);
    assert_int_not_equal(status, LNT_OK);
    assert_int_equal(err.code, status);
    assert_non_null(strstr(err.message, "x.zip#m"));
    assert_true(strlen(err.message) > strlen("x.zip#m: "));
    if (how == LNTI_ROW_METHOD) assert_non_null(strstr(err.message, "bzip2"));
    if (how == LNTI_ROW_LARGE) assert_non_null(strstr(err.message, "77 bytes; at most 50"));
    lnti_index_clear(&index);
  }
}

static void test_limit(void **state) {
  (void)state;
  lnti_index index = {0};
  const lnti_row row = {0};
  assert_ok(lnti_index_add(&index, "a", &row, 2, "x.tar", ERR));
  assert_ok(lnti_index_add(&index, "b", &row, 2, "x.tar", ERR));
  assert_status(lnti_index_add(&index, "c", &row, 2, "x.tar", ERR), LNT_ELIMIT);
  assert_message("more than 2 members");
  assert_int_equal(index.n, 2);
  lnti_index_clear(&index);
}

static void test_near(void **state) {
  (void)state;
  lnti_index index = {0};
  assert_null(lnti_index_near(&index, "a"));
  add(&index, "Train/Cat/1.JPG", LNTI_ROW_PLAIN, 1);
  add(&index, "train/dog/2.jpg", LNTI_ROW_PLAIN, 2);
  add(&index, "gone", LNTI_ROW_SYMLINK, 2);
  assert_string_equal(lnti_index_near(&index, "train/cat/1.jpg"), "Train/Cat/1.JPG");
  assert_string_equal(lnti_index_near(&index, "2.jpg"), "train/dog/2.jpg");
  assert_string_equal(lnti_index_near(&index, "x/y/2.JPG"), "train/dog/2.jpg");
  assert_null(lnti_index_near(&index, "3.jpg"));
  assert_null(lnti_index_near(&index, "GONE"));
  lnti_index_clear(&index);
}

/* Many members: all found, within the promised memory, and so again after the look-up was built anew. */
static void test_many(void **state) {
  (void)state;
  enum { N = 100000 };
  lnti_index index = {0};
  char name[32];
  size_t names = 0;
  for (size_t i = 0; i < N; i++) {
    snprintf(name, sizeof name, "images/%zu.jpg", i);
    names += strlen(name) + 1;
    add(&index, name, LNTI_ROW_PLAIN, i);
  }
  assert_ok(lnti_index_trim(&index, ERR));
  assert_true(lnti_index_memory(&index) - names <= (size_t)100 * N);
  for (int round = 0; round < 2; round++) {
    for (size_t i = 0; i < N; i++) {
      snprintf(name, sizeof name, "images/%zu.jpg", i);
      assert_int_equal(find(&index, name), i);
    }
    assert_int_equal(find(&index, "images/100000.jpg"), LNTI_NO_ROW);
    assert_null(lnti_index_near(&index, "IMAGES/1.jpg")); /* too many to look at */
    assert_ok(lnti_index_build(&index, "x.tar", ERR));
  }
  lnti_index_clear(&index);
}

static void test_out_of_memory(void **state) {
  (void)state;
  for_each_fault(n) {
    lnti_index index = {0};
    char name[16];
    lnt_status status = LNT_OK;
    for (int i = 0; i < 40 && status == LNT_OK; i++) {
      const lnti_row row = {0};
      snprintf(name, sizeof name, "member %d", i);
      status = lnti_index_add(&index, name, &row, 100, "x.tar", ERR);
    }
    if (status == LNT_OK) status = lnti_index_trim(&index, ERR);
    if (status == LNT_OK) status = lnti_index_build(&index, "x.tar", ERR);
    assert_fault_status(status);
    lnti_index_clear(&index);
  }
}

/* Long names, of which each is taken, are not taken without end. */
static void test_names_cap(void **state) {
  (void)state;
  lnti_index index = {.names_bytes = LNTI_INDEX_NAMES_MAX - 5};
  const lnti_row row = {0};
  assert_status(lnti_index_add(&index, "12345", &row, 100, "x.tar", ERR), LNT_ELIMIT);
  assert_message("names of its members");
  assert_int_equal(index.n, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_names_cap),     cmocka_unit_test(test_names), cmocka_unit_test(test_long_names),
      cmocka_unit_test(test_find),          cmocka_unit_test(test_twice), cmocka_unit_test(test_reasons),
      cmocka_unit_test(test_limit),         cmocka_unit_test(test_near),  cmocka_unit_test(test_many),
      cmocka_unit_test(test_out_of_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
