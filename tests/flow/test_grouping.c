/*
 * Groups by each key, by several, and what is always together; what is refused, and what is said.
 */
#include <flow/duplicates.h>
#include <flow/split/grouping.h>

#include "flow_support.h"

enum { N_MAX = 16 };

static lab new_lab(const char *const *members, size_t n) {
  lab l = lab_new();
  lab_row rows[N_MAX];
  lab_ontology(&l, NULL);
  for (size_t i = 0; i < n; i++) rows[i] = (lab_row){members[i], i, NULL, NULL};
  lab_rows(&l, rows, n);
  return l;
}

static lnti_grouping group(const lab *l, const char *keys) {
  lnti_grouping g = {0};
  assert_ok(lnti_grouping_new(&g, l->project, keys, ERR));
  return g;
}

/* The groups by `keys`, as a text with a letter for each image: those of one letter are together. */
static void expect(const lab *l, const char *keys, const char *wanted) {
  lnti_grouping g = group(l, keys);
  char got[N_MAX + 1] = "", names[N_MAX] = "";
  char next = 'a';
  assert_int_equal(g.n, strlen(wanted));
  for (size_t i = 0; i < g.n; i++) {
    assert_int_equal(g.id[i], i + 1);
    if (g.group[i] == i) names[i] = next++;
    got[i] = names[g.group[i]];
  }
  assert_string_equal(got, wanted);
  lnti_grouping_clear(&g);
}

static void refuse(const lab *l, const char *keys, lnt_status code, const char *message) {
  lnti_grouping g = {.n = 77};
  assert_status(lnti_grouping_new(&g, l->project, keys, ERR), code);
  assert_message(message);
  assert_int_equal(g.n, 77);
}

static void test_nothing(void **state) {
  (void)state;
  lab l = new_lab(NULL, 0);
  expect(&l, NULL, "");
  lab_free(&l);
}

/* Equal ones, near ones, and those of one item group; groups are no images. */
static void test_always_together(void **state) {
  (void)state;
  lab l = lab_new();
  lab_ontology(&l, NULL);
  static const lab_row rows[] = {{NULL, 1, "", NULL}, {NULL, 2, "", NULL}, {NULL, 1, "", NULL}, {NULL, 3, "", NULL},
                                 {NULL, 4, "", NULL}, {NULL, 5, "", NULL}, {NULL, 6, "", NULL}};
  lnti_item_facts facts[7] = {{0}};
  lnti_duplicates d = {0};
  for (size_t i = 0; i < 7; i++) {
    facts[i].has_signature = true;
    memset(facts[i].signature, (int)(i * 37), LNTI_SIGNATURE_BYTES);
  }
  facts[5] = facts[3];
  facts[5].signature[9] ^= 1;
  lab_facts(&l, lab_rows(&l, rows, 7), facts, 7);
  expect(&l, NULL, "abacdef");
  assert_ok(lnti_duplicates_update(&d, l.project, 0, ERR));
  lnti_duplicates_clear(&d);
  expect(&l, NULL, "abacdce");
  static const int64_t members[] = {2, 7};
  lab_group(&l, "study", members, 2);
  expect(&l, NULL, "abacdcb");
  expect(&l, "near,group", "abacdcb");
  lnti_grouping g = group(&l, "near");
  assert_int_equal(g.n_groups, 3);
  assert_int_equal(g.n_grouped, 6);
  assert_int_equal(g.largest, 2);
  assert_string_equal(g.key, "near");
  lnti_grouping_clear(&g);
  g = group(&l, NULL);
  assert_null(g.key);
  lnti_grouping_clear(&g);
  lab_free(&l);
}

/* Of 60 images a near set of 6 is together unasked, one of 7 is not, but for its equal pictures. */
static void test_large_near_sets(void **state) {
  (void)state;
  enum { N = 60 };
  static const struct {
    const char *keys;
    size_t large, small; /* the largest groups of the images 0 to 7, and of 10 to 15 */
  } wanted[] = {{NULL, 2, 6}, {"near", 8, 6}};
  lab l = lab_new();
  lab_row rows[N];
  lnti_item_facts facts[N] = {{0}};
  lnti_duplicates d = {0};
  lnti_rng rng;
  lnti_rng_seed(&rng, 3, 0);
  lab_ontology(&l, NULL);
  for (size_t i = 0; i < N; i++) {
    size_t first = i < 8 ? 0 : i >= 10 && i < 16 ? 10 : i;
    rows[i] = (lab_row){NULL, i == 7 ? 7 : i + 1, "", NULL}; /* image 7 is image 6 again */
    facts[i].has_signature = true;
    for (size_t b = 0; b < LNTI_SIGNATURE_BYTES; b++)
      facts[i].signature[b] = first < i ? facts[first].signature[b] : (uint8_t)lnti_rng_next(&rng);
    if (first < i && i != 7) facts[i].signature[i] ^= 1;
  }
  facts[7] = facts[6];
  lab_facts(&l, lab_rows(&l, rows, N), facts, N);
  assert_ok(lnti_duplicates_update(&d, l.project, 0, ERR));
  lnti_duplicates_clear(&d);
  for (size_t w = 0; w < 2; w++) {
    lnti_grouping g = group(&l, wanted[w].keys);
    size_t size[N] = {0}, large = 0, small = 0;
    for (size_t i = 0; i < N; i++) size[g.group[i]]++;
    for (size_t i = 0; i < 8; i++) large = size[i] > large ? size[i] : large;
    for (size_t i = 10; i < 16; i++) small = size[i] > small ? size[i] : small;
    assert_int_equal(large, wanted[w].large);
    assert_int_equal(small, wanted[w].small);
    assert_int_equal(g.n_large, 1); /* whatever a key says of it */
    lnti_grouping_clear(&g);
  }
  lnti_roster roster = {0};
  lnti_grouping g = {0};
  assert_ok(lnti_roster_read(&roster, l.project, 0, 0, ERR));
  assert_ok(lnti_grouping_of(&g, l.project, &roster, NULL, LNTI_NEAR_APART, ERR));
  assert_int_equal(g.n_groups, 1); /* what is equal stays together all the same */
  assert_int_equal(g.largest, 2);
  lnti_grouping_clear(&g);
  lnti_roster_clear(&roster);
  lab_free(&l);
}

static void test_near_most(void **state) {
  (void)state;
  assert_int_equal(lnti_near_most(49), 49);
  assert_int_equal(lnti_near_most(50), 5);
  assert_int_equal(lnti_near_most(1009), 100);
}

static void test_metadata(void **state) {
  (void)state;
  static const char *const members[] = {"a", "b", "c", "d", "e"};
  static const char *const sites[] = {"north", "south", "north", "", NULL}, *const nights[] = {"1", "2", "2", "3", "1"};
  lab l = new_lab(members, 5);
  lab_meta(&l, 1, "site", sites, 5);
  lab_meta(&l, 1, "night", nights, 5);
  lab_meta(&l, 1, "folder", nights, 5);
  expect(&l, "site", "abacd");
  expect(&l, "night", "abbca");
  expect(&l, "site,night", "aaaba");
  expect(&l, "meta:folder", "abbca");
  lnti_grouping g = group(&l, "site,night");
  assert_string_equal(g.key, "site,night");
  assert_int_equal(g.notes.n, 1);
  assert_non_null(strstr(g.notes.text[0], "2 of 5 images have no value for --group site"));
  lnti_grouping_clear(&g);
  refuse(&l, "camera", LNT_ENOTFOUND, "there is site, night, folder");
  refuse(&l, "", LNT_EINVAL, "empty");
  refuse(&l, "site,", LNT_EINVAL, "empty");
  lab_free(&l);
}

static void test_paths(void **state) {
  (void)state;
  static const char *const members[] = {"x/0_1.png", "x/0_2.png", "x/1_1.png", "y/0_1.png", "y/z.png"};
  lab l = new_lab(members, 5);
  expect(&l, "folder", "aaabb");
  expect(&l, "path:([^/]+/\\d+)_", "aabcd");
  expect(&l, "path:/([0-9]+)_", "aabac");
  expect(&l, "path:_[[:digit:]]", "abaac"); /* all that is found, without a subexpression */
  expect(&l, "path:_([1,2]),path:z()", "abaac");
  expect(&l, "path:[\\d]{1,2}_", "aabac");
  expect(&l, "path:/([\\w]\\d*)_", "aabac");
  expect(&l, "sequence:name", "aabcd");
  refuse(&l, "path:(", LNT_EINVAL, "no regular expression");
  refuse(&l, "path:q", LNT_ENOTFOUND, "not one of 5 images has a value");
  refuse(&l, "sequence:", LNT_EINVAL, "sequence:alike=BITS");
  refuse(&l, "sequence:alike=257", LNT_EINVAL, "from 0 to 256");
  refuse(&l, "sequence", LNT_ENOTFOUND, "no sequences were found");
  char *long_key = malloc(1200);
  assert_non_null(long_key);
  memset(long_key, 'k', 1199);
  long_key[1199] = '\0';
  refuse(&l, long_key, LNT_EINVAL, "1199 bytes");
  free(long_key);
  lab_free(&l);
}

/* Frames and pages of one file are of one scene: nothing need be said for that. */
static void test_frames_of_one_file(void **state) {
  (void)state;
  static const char *const members[] = {"a.gif#frame=0", "b.gif#frame=0", "a.gif#frame=1", "a.tif#page=1",
                                        "a.gif",         "a.tif#page=2",  "c#frame=x",     "c#frame=y"};
  lab l = new_lab(members, 8);
  expect(&l, NULL, "abacacde");
  expect(&l, "path:^(c)", "abacacdd");
  lab_free(&l);
}

/* '.' stands for a byte, but what is found are characters: e with an acute and with a grave begin with the same one. */
static void test_paths_in_utf8(void **state) {
  (void)state;
  static const char *const members[] = {"\u00e91.png", "\u00e82.png", "\u00e93.png", "\u65e54.png", "\u65e55.png"};
  lab l = new_lab(members, 5);
  expect(&l, "path:^(.)", "abacc");
  expect(&l, "path:(.)[0-9]", "abacc");
  lab_free(&l);
}

static void test_times(void **state) {
  (void)state;
  static const char *const members[] = {"a", "b", "c", "d"};
  static const char *const dates[] = {"2020-01-01T10:00:00", "2020-01-01T10:01:00", "2020-01-01T12:00:00", NULL};
  lab l = new_lab(members, 4);
  refuse(&l, "time:60", LNT_ENOTFOUND, "not one of 4 images has a time");
  lab_meta(&l, 1, "date", dates, 4);
  expect(&l, "time:60", "aabc");
  expect(&l, "time:59", "abcd");
  lnti_grouping g = group(&l, "time:60");
  assert_non_null(strstr(g.notes.text[0], "1 of 4 images"));
  lnti_grouping_clear(&g);
  refuse(&l, "time:-1", LNT_EINVAL, "whole number");
  refuse(&l, "time:1.5", LNT_EINVAL, "whole number");
  refuse(&l, "time:", LNT_EINVAL, "whole number");
  lab_free(&l);
}

static void test_alike(void **state) {
  (void)state;
  static const char *const members[] = {"f1.png", "f2.png", "f3.png"};
  lab l = new_lab(members, 3);
  lnti_item_facts facts[3] = {{0}};
  for (size_t i = 0; i < 3; i++) facts[i].has_signature = true;
  memset(facts[1].signature, 0x0f, 10); /* 40 bits */
  memset(facts[2].signature, 0x0f, 25);
  lab_facts(&l, 1, facts, 3);
  expect(&l, "sequence:alike=39", "abc");
  expect(&l, "sequence:alike=40", "aab");
  lab_free(&l);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_nothing),         cmocka_unit_test(test_always_together),
      cmocka_unit_test(test_large_near_sets), cmocka_unit_test(test_near_most),
      cmocka_unit_test(test_metadata),        cmocka_unit_test(test_frames_of_one_file),
      cmocka_unit_test(test_paths_in_utf8),   cmocka_unit_test(test_paths),
      cmocka_unit_test(test_times),           cmocka_unit_test(test_alike),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
