/*
 * The text of URIs: splitting at the path, frames, pages and records, and putting together.
 */
#include <media/uri.h>

#include "support.h"

#include "media/temp.h"
#include <sys/stat.h>

static void splits(const char *uri, const char *path, const char *rest) {
  char *path_out = NULL;
  const char *rest_out = NULL;
  assert_ok(lnti_uri_split(&path_out, &rest_out, uri, ERR));
  assert_string_equal(path_out, path);
  if (rest) {
    assert_non_null(rest_out);
    assert_string_equal(rest_out, rest);
  } else {
    assert_null(rest_out);
  }
  free(path_out);
}

static void test_split_of_nothing(void **state) {
  (void)state;
  splits("a.jpg", "a.jpg", NULL);
  splits("", "", NULL);
  splits("no/such.gz#17", "no/such.gz", "17");
  splits("no/such#a#b", "no/such", "a#b");
  splits("no/such#", "no/such", "");
  splits("#", "", "");
}

/* The longest path that exists wins. */
static void test_split_by_what_exists(void **state) {
  (void)state;
  temp_folder folder;
  char path[TEMP_PATH], longer[TEMP_PATH + 8];
  temp_open(&folder);
  temp_write(temp_path(path, &folder, "c"), "x", 1);
  snprintf(longer, sizeof longer, "%s#1", path);
  splits(longer, path, "1");
  temp_write(longer, "x", 1);
  splits(longer, longer, NULL);
  strcat(longer, "#2");
  longer[strlen(longer) - 2] = '\0';
  char both[TEMP_PATH + 16];
  snprintf(both, sizeof both, "%s#2#3", longer);
  splits(both, longer, "2#3");
  /* A link that leads nowhere is there. */
  assert_int_equal(symlink("/no/such", temp_path(path, &folder, "d#e")), 0);
  splits(path, path, NULL);
  /* So is a folder, and what is in it is longer. */
  assert_int_equal(mkdir(temp_path(path, &folder, "f#g"), 0700), 0);
  snprintf(both, sizeof both, "%s/h#i", path);
  char inside[TEMP_PATH + 16];
  snprintf(inside, sizeof inside, "%s/h", path);
  temp_write(inside, "x", 1);
  splits(both, inside, "i");
  unlink(inside);
  temp_close(&folder);
}

static void test_shorter(void **state) {
  (void)state;
  assert_int_equal(lnti_uri_shorter("a#b#c", 5), 3);
  assert_int_equal(lnti_uri_shorter("a#b#c", 3), 1);
  assert_int_equal(lnti_uri_shorter("a#b#c", 1), 1);
  assert_int_equal(lnti_uri_shorter("", 0), 0);
  assert_int_equal(lnti_uri_shorter("#", 1), 0);
}

static void test_frames(void **state) {
  (void)state;
  static const struct {
    const char *text;
    bool is;
    size_t frame;
  } cases[] = {{"frame=0", true, 0},
               {"frame=3", true, 3},
               {"page=1", true, 0},
               {"page=20", true, 19},
               {"frame=18446744073709551615", true, SIZE_MAX},
               {"frame=18446744073709551616", false, 0},
               {"page=0", false, 0},
               {"frame=", false, 0},
               {"frame=-1", false, 0},
               {"frame=+1", false, 0},
               {"frame= 1", false, 0},
               {"frame=1 ", false, 0},
               {"frame=01", false, 0},
               {"Frame=1", false, 0},
               {"frames=1", false, 0},
               {"page", false, 0},
               {"", false, 0},
               {"1", false, 0}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    size_t frame = 77;
    if (lnti_uri_frame(&frame, cases[i].text) != cases[i].is) fail_msg("%s", cases[i].text);
    assert_int_equal(frame, cases[i].is ? cases[i].frame : 77);
  }
}

static void test_records(void **state) {
  (void)state;
  size_t n = 0;
  assert_true(lnti_uri_record(&n, "0"));
  assert_int_equal(n, 0);
  assert_true(lnti_uri_record(&n, "59999"));
  assert_int_equal(n, 59999);
  assert_false(lnti_uri_record(&n, ""));
  assert_false(lnti_uri_record(&n, "007"));
  assert_false(lnti_uri_record(&n, "1.png"));
  assert_false(lnti_uri_record(&n, "99999999999999999999"));
}

static void is_text(lnt_status status, char *text, const char *wanted) {
  assert_int_equal(status, LNT_OK);
  assert_string_equal(text, wanted);
  free(text);
}

static void test_join(void **state) {
  (void)state;
  char *text = NULL;
  lnt_status status = lnti_uri_join(&text, "a.zip", "b/c.png", ERR);
  is_text(status, text, "a.zip#b/c.png");
  status = lnti_uri_join_record(&text, "a.gz", 17, ERR);
  is_text(status, text, "a.gz#17");
  status = lnti_uri_join_frame(&text, "a.gif", 0, ERR);
  is_text(status, text, "a.gif#frame=0");
  status = lnti_uri_join_page(&text, "a.tif", 0, ERR);
  is_text(status, text, "a.tif#page=1");
}

static void test_beside(void **state) {
  (void)state;
  static const char *const cases[][2] = {{"a.bin", "names.txt"},
                                         {"x/a.bin", "x/names.txt"},
                                         {"/a.bin", "/names.txt"},
                                         {"x.tar.gz#a.bin", "x.tar.gz#names.txt"},
                                         {"d/x.tar.gz#b/a.bin", "d/x.tar.gz#b/names.txt"}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char *text = NULL;
    const lnt_status status = lnti_uri_beside(&text, cases[i][0], "names.txt", ERR);
    is_text(status, text, cases[i][1]);
  }
}

/* What is printed is read back as what it was. */
static void there_and_back(lnti_rng *rng, void *payload) {
  (void)payload;
  const size_t n = (size_t)lnti_rng_below(rng, UINT64_C(1) << 40);
  size_t back = 0;
  char *text = NULL;
  assert_ok(lnti_uri_join_frame(&text, "", n, ERR));
  assert_true(lnti_uri_frame(&back, text + 1) && back == n);
  free(text);
  assert_ok(lnti_uri_join_page(&text, "", n, ERR));
  assert_true(lnti_uri_frame(&back, text + 1) && back == n);
  free(text);
  assert_ok(lnti_uri_join_record(&text, "", n, ERR));
  assert_true(lnti_uri_record(&back, text + 1) && back == n);
  free(text);
}

static void test_there_and_back(void **state) {
  (void)state;
  lnti_test_property("there and back", 200, there_and_back, NULL);
}

static void test_out_of_memory(void **state) {
  (void)state;
  for_each_fault(n) {
    char *text = NULL;
    assert_fault_status(lnti_uri_beside(&text, "a/b", "c", ERR));
    free(text);
  }
  for_each_fault(n) {
    char *path = NULL;
    const char *rest = NULL;
    assert_fault_status(lnti_uri_split(&path, &rest, "a#b", ERR));
    free(path);
  }
}

static void test_file_of_a_frame(void **state) {
  (void)state;
  assert_int_equal(lnti_uri_file_length("a.gif#frame=12"), 5);
  assert_int_equal(lnti_uri_file_length("z.zip#a.tif#page=1"), 11);
  assert_int_equal(lnti_uri_file_length("#page=1"), 0);
  static const char *const whole[] = {
      "", "a.gif", "a#b.gif", "a.gif#frame=", "a.gif#frame=1x", "a.tif#page=0", "a.gif#frame=01"};
  for (size_t i = 0; i < sizeof whole / sizeof whole[0]; i++) {
    assert_int_equal(lnti_uri_file_length(whole[i]), strlen(whole[i]));
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_file_of_a_frame),
      cmocka_unit_test(test_split_of_nothing),
      cmocka_unit_test(test_split_by_what_exists),
      cmocka_unit_test(test_shorter),
      cmocka_unit_test(test_frames),
      cmocka_unit_test(test_records),
      cmocka_unit_test(test_join),
      cmocka_unit_test(test_beside),
      cmocka_unit_test(test_there_and_back),
      cmocka_unit_test(test_out_of_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
