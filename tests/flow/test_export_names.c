/*
 * Names of files that are made: what is kept, what is changed, and that no two are the same.
 */
#include <flow/export/names.h>

#include <strings.h>

#include "support.h"

static void expect_safe(const char *name, size_t n, const char *wanted) {
  lnti_text text = {0};
  assert_ok(lnti_safe_name(&text, name, n, ERR));
  assert_string_equal(text.data, wanted);
  assert_int_equal(text.length, strlen(wanted));
  lnti_text_clear(&text);
}

#define SAFE(name, wanted) expect_safe((name), sizeof(name) - 1, (wanted))

static void names_are_kept_where_they_can_be(void **state) {
  (void)state;
  SAFE("IMG 0001 (copy).JPG", "IMG 0001 (copy).JPG");
  SAFE("-rf.png", "-rf.png");
  SAFE("été 猫 #1.png", "été 猫 #1.png");
  SAFE("T-shirt/top", "T-shirt_top");
  SAFE("../../etc/passwd", "_.._.._etc_passwd");
  SAFE(".", "_.");
  SAFE("..", "_..");
  SAFE(".hidden", "_.hidden");
  SAFE("", "_");
  SAFE("/", "_");
  SAFE("a\nb\x7f\x01", "a_b__");
  SAFE("a\0b", "a_b");
  SAFE("caf\xe9.jpg", "caf_.jpg");
  SAFE("\xff\xfe", "__");
}

static void long_names_are_cut_before_their_extension(void **state) {
  (void)state;
  char name[600];
  lnti_text text = {0};
  memset(name, 'x', sizeof name);
  memcpy(name + 500, ".jpeg", 5);
  assert_ok(lnti_safe_name(&text, name, 505, ERR));
  assert_int_equal(text.length, LNTI_SAFE_NAME_MAX);
  assert_string_equal(text.data + LNTI_SAFE_NAME_MAX - 6, "x.jpeg");
  text.length = 0;
  assert_ok(lnti_safe_name(&text, name, 300, ERR)); /* no extension */
  assert_int_equal(text.length, LNTI_SAFE_NAME_MAX);
  text.length = 0;
  assert_ok(lnti_safe_name(&text, name, LNTI_SAFE_NAME_MAX, ERR));
  assert_int_equal(text.length, LNTI_SAFE_NAME_MAX);
  /* Not through a character: "é" has two bytes. */
  for (size_t i = 0; i < 400; i += 2) memcpy(name + i + 1, "é", 2);
  text.length = 0;
  assert_ok(lnti_safe_name(&text, name, 401, ERR));
  assert_int_equal(text.length, LNTI_SAFE_NAME_MAX - 1);
  assert_int_equal(lnti_utf8_valid(text.data, text.length), text.length);
  text.length = 0; /* appended, what stands before stays */
  assert_ok(lnti_text_append(&text, "folder/", 7, ERR));
  assert_ok(lnti_safe_name(&text, ".a", 2, ERR));
  assert_string_equal(text.data, "folder/_.a");
  lnti_text_clear(&text);
}

static void expect_taken_as(lnti_taken *taken, const char *folder, const char *name, const char *wanted) {
  lnti_text text = {0};
  assert_ok(lnti_take_distinct(&text, taken, folder, name, ERR));
  assert_string_equal(text.data, wanted);
  lnti_text_clear(&text);
}

static void clashes_get_numbers(void **state) {
  (void)state;
  lnti_taken taken = {0};
  bool fresh = false;
  expect_taken_as(&taken, "", "a.jpg", "a.jpg");
  expect_taken_as(&taken, "", "a.jpg", "a-2.jpg");
  expect_taken_as(&taken, "", "A.JPG", "A-3.JPG"); /* case does not count */
  expect_taken_as(&taken, "", "a-2.jpg", "a-2-2.jpg");
  expect_taken_as(&taken, "cat", "a.jpg", "cat/a.jpg");
  expect_taken_as(&taken, "cat", "a.jpg", "cat/a-2.jpg");
  expect_taken_as(&taken, "", "noext", "noext");
  expect_taken_as(&taken, "", "noext", "noext-2");
  expect_taken_as(&taken, "", "_.hidden", "_.hidden");
  expect_taken_as(&taken, "", "_.hidden", "_-2.hidden");
  expect_taken_as(&taken, "", "v1.final version of it", "v1.final version of it"); /* too long for an extension */
  expect_taken_as(&taken, "", "v1.final version of it", "v1.final version of it-2");
  assert_ok(lnti_take(&fresh, &taken, "dog", ERR));
  assert_true(fresh);
  assert_ok(lnti_take(&fresh, &taken, "DOG", ERR));
  assert_false(fresh);
  assert_ok(lnti_take(NULL, &taken, "dog", ERR));
  expect_taken_as(&taken, "", "dog", "dog-2");
  lnti_taken_clear(&taken);
  expect_taken_as(&taken, "", "a.jpg", "a.jpg");
  lnti_taken_clear(&taken);
}

static int by_text(const void *a, const void *b) {
  return strcasecmp(*(char *const *)a, *(char *const *)b);
}

/* Few stems and many clashes, among them with names that look numbered. */
static void check_distinct(lnti_rng *rng, void *payload) {
  enum { N = 400 };
  static const char *const stems[] = {"a", "A", "b.c", "a-2", "a-3", "x"};
  (void)payload;
  char *paths[2][N];
  uint64_t seed = lnti_rng_next(rng);
  for (int run = 0; run < 2; run++) {
    lnti_rng again;
    lnti_taken taken = {0};
    lnti_rng_seed(&again, seed, 0);
    for (int i = 0; i < N; i++) {
      char name[64];
      lnti_text text = {0};
      snprintf(name, sizeof name, "%s%s", stems[lnti_rng_below(&again, 6)], lnti_rng_below(&again, 3) ? ".jpg" : "");
      assert_ok(lnti_take_distinct(&text, &taken, lnti_rng_below(&again, 2) ? "f" : "", name, ERR));
      paths[run][i] = text.data;
    }
    assert_int_equal(taken.n, N);
    lnti_taken_clear(&taken);
  }
  for (int i = 0; i < N; i++) assert_string_equal(paths[0][i], paths[1][i]);
  qsort(paths[0], N, sizeof paths[0][0], by_text);
  for (int i = 1; i < N; i++) assert_true(strcasecmp(paths[0][i - 1], paths[0][i]) < 0);
  for (int i = 0; i < 2 * N; i++) free(paths[i / N][i % N]);
}

static void no_two_are_the_same(void **state) {
  (void)state;
  lnti_test_property("distinct names", 20, check_distinct, NULL);
}

/* Not a timed test: with a look at each number before it this would take hours. */
static void a_hundred_thousand_of_one_name_take_a_moment(void **state) {
  (void)state;
  enum { N = 100000 };
  lnti_taken taken = {0};
  lnti_text text = {0};
  for (int i = 0; i < N; i++) {
    text.length = 0;
    assert_ok(lnti_take_distinct(&text, &taken, "", "image.jpg", ERR));
  }
  assert_string_equal(text.data, "image-100000.jpg");
  assert_int_equal(taken.n, N);
  lnti_text_clear(&text);
  lnti_taken_clear(&taken);
}

static void failing_allocations_lose_nothing(void **state) {
  (void)state;
  for_each_fault(n) {
    lnti_taken taken = {0};
    lnti_text text = {0};
    lnt_status status = lnti_safe_name(&text, "a/b.jpg", 7, ERR);
    if (!status) status = lnti_take_distinct(&text, &taken, "f", "a.jpg", ERR);
    if (!status) status = lnti_take_distinct(&text, &taken, "f", "a.jpg", ERR);
    assert_fault_status(status);
    lnti_text_clear(&text);
    lnti_taken_clear(&taken);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(names_are_kept_where_they_can_be),
      cmocka_unit_test(long_names_are_cut_before_their_extension),
      cmocka_unit_test(clashes_get_numbers),
      cmocka_unit_test(no_two_are_the_same),
      cmocka_unit_test(a_hundred_thousand_of_one_name_take_a_moment),
      cmocka_unit_test(failing_allocations_lose_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
