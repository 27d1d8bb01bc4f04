/*
 * What follows what: stems and numbers of names, times as cameras and people write them, and the sets that they make.
 */
#include <flow/split/sequences.h>
#include <flow/split/sets.h>

#include "flow_support.h"

enum { N_MAX = 16 };

/* ---- sets ---- */

static void test_sets(void **state) {
  (void)state;
  uint32_t parent[8];
  lnti_set_key keys[4];
  lnti_sets_init(parent, 8);
  lnti_set_join(parent, 7, 5);
  lnti_set_join(parent, 5, 2);
  lnti_set_join(parent, 6, 6);
  assert_int_equal(lnti_set_of(parent, 7), 2);
  lnti_set_key_of(&keys[0], "b", 1, 4);
  lnti_set_key_of(&keys[1], "a", 1, 3);
  lnti_set_key_of(&keys[2], "b", 1, 1);
  lnti_set_key_of(&keys[3], "b\0", 2, 0); /* another value */
  lnti_sets_join_equal(parent, keys, 4);
  lnti_sets_flatten(parent, 8);
  static const uint32_t wanted[] = {0, 1, 2, 3, 1, 2, 6, 2};
  assert_memory_equal(parent, wanted, sizeof wanted);
  lnti_sets_join_equal(parent, keys, 0);
}

/* ---- names ---- */

typedef struct folder {
  lab l;
  lnti_roster roster;
  lnti_named named[N_MAX];
  uint32_t parent[N_MAX];
} folder;

static void open_folder(folder *f, const char *const *names, size_t n, const lnti_item_facts *facts) {
  lab_row rows[N_MAX];
  f->l = lab_new();
  lab_ontology(&f->l, NULL);
  for (size_t i = 0; i < n; i++) rows[i] = (lab_row){names[i], i, NULL, NULL};
  int64_t first = lab_rows(&f->l, rows, n);
  if (facts) lab_facts(&f->l, first, facts, n);
  assert_ok(lnti_roster_read(&f->roster, f->l.project, LNTI_ROSTER_NAMES | LNTI_ROSTER_SIGNATURES, 0, ERR));
  assert_int_equal(f->roster.n, n);
  lnti_named_read(f->named, &f->roster);
  lnti_sets_init(f->parent, n);
}

static void close_folder(folder *f) {
  lnti_roster_clear(&f->roster);
  lab_free(&f->l);
}

static void assert_sets(folder *f, const uint32_t *wanted) {
  lnti_sets_flatten(f->parent, f->roster.n);
  for (size_t i = 0; i < f->roster.n; i++) {
    if (f->parent[i] != wanted[i]) fail_msg("%s is with %u", lnti_roster_name(&f->roster, i), f->parent[i]);
  }
}

static void test_stems(void **state) {
  (void)state;
  static const char *const names[] = {"a/1_10.png", "a/1_9.png", "a/2_9.png",  "b/1_10.png", "a/1_x.png", "a/1_11.jpg",
                                      "a/x.png",    "a/x.jpg",   "a/7-b2.png", "a/1_7b.png", "a/.5",      "a/v1.2.png"};
  static const uint32_t wanted[] = {0, 0, 2, 3, 4, 0, 6, 6, 8, 9, 10, 11};
  folder f;
  open_folder(&f, names, 12, NULL);
  lnti_named_join_stems(f.parent, f.named, 12);
  assert_sets(&f, wanted);
  size_t at = 0;
  while (f.named[at].item != 1) at++; /* by number, not by letter: 9 before 10 */
  assert_int_equal(f.named[at + 1].item, 0);
  assert_int_equal(f.named[at + 2].item, 5);
  assert_int_equal(f.named[at].number, 9);
  close_folder(&f);
}

static void test_folders(void **state) {
  (void)state;
  static const char *const names[] = {"a/1.png", "b/1.png", "a/x.png", "2.png", "c.png", "a/b/1.png"};
  static const uint32_t wanted[] = {0, 1, 0, 3, 3, 5};
  folder f;
  open_folder(&f, names, 6, NULL);
  lnti_named_join_folders(f.parent, f.named, &f.roster);
  assert_sets(&f, wanted);
  close_folder(&f);
}

/* 5 is too far from 4, 7 is not known; numbers that are left out are no matter. */
static void test_alike(void **state) {
  (void)state;
  static const char *const names[] = {"3.png", "4.png", "5.png", "7.png", "9.png", "11.png"};
  static const uint32_t wanted[] = {0, 0, 2, 3, 4, 4};
  lnti_item_facts facts[6] = {{0}};
  folder f;
  for (size_t i = 0; i < 6; i++) facts[i].has_signature = i != 3;
  facts[1].signature[0] = 0x07;
  facts[2].signature[0] = 0xf8;
  open_folder(&f, names, 6, facts);
  lnti_named_join_alike(f.parent, f.named, &f.roster, 3);
  assert_sets(&f, wanted);
  close_folder(&f);
}

/* ---- times ---- */

static void test_time_texts(void **state) {
  (void)state;
  static const struct {
    const char *text;
    int64_t seconds; /* -1: none */
  } cases[] = {{"1970-01-01T00:00:00", 0},
               {"2008-10-22T16:28:39", 1224692919},
               {"2008:10:22 16:28:39", 1224692919},
               {"2008/10/22 16:28:39.52+02:00", 1224692919},
               {"2000-02-29T12:00", 951825600},
               {"2024-12-31T23:59:60", 1735689600},
               {"1969-12-31T23:59:59", -1 - 1}, /* below */
               {"2008-10-22", -1},
               {"2008-13-22T16:28:39", -1},
               {"2008-10-22T24:28:39", -1},
               {"2008-10-22T16:28:61", -1},
               {"2008-10-22T16:28:", -1},
               {"0000-10-22T16:28:00", -1},
               {"a", -1},
               {"", -1}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    int64_t seconds = -77;
    bool read = lnti_time_parse(&seconds, cases[i].text);
    if (cases[i].seconds == -1) {
      if (read || seconds != -77) fail_msg("%s was taken for a time", cases[i].text);
    } else {
      int64_t wanted = cases[i].seconds == -2 ? -1 : cases[i].seconds;
      if (!read || seconds != wanted) fail_msg("%s: %lld", cases[i].text, (long long)seconds);
    }
  }
}

static void test_taken(void **state) {
  (void)state;
  static const char *const names[] = {"a", "b", "c", "d", "e", "f", "g"};
  static const char *const dates[] = {"2020-01-01T10:00:00",
                                      "2020-01-01T10:00:09",
                                      "2020-01-01T10:00:05",
                                      NULL,
                                      "2020-01-01T10:00:15",
                                      "2020-01-01T10:00:20",
                                      "yesterday"};
  static const char *const cameras[] = {"X", "X", "Y", "X", "X", NULL, "X"};
  static const uint32_t wanted[] = {0, 0, 2, 3, 0, 5, 6};
  folder f;
  lnti_taken *taken = NULL;
  size_t n = 0;
  open_folder(&f, names, 7, NULL);
  lab_meta(&f.l, 1, "date", dates, 7);
  lab_meta(&f.l, 1, "camera", cameras, 7);
  assert_ok(lnti_taken_read(&taken, &n, f.l.project, &f.roster, ERR));
  assert_int_equal(n, 5);
  lnti_taken_join(f.parent, taken, n, 9);
  assert_sets(&f, wanted);
  lnti_sets_init(f.parent, 7);
  lnti_taken_join(f.parent, taken, n, 8);
  static const uint32_t closer[] = {0, 1, 2, 3, 1, 5, 6};
  assert_sets(&f, closer);
  free(taken);
  close_folder(&f);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_sets),  cmocka_unit_test(test_stems),      cmocka_unit_test(test_folders),
      cmocka_unit_test(test_alike), cmocka_unit_test(test_time_texts), cmocka_unit_test(test_taken),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
