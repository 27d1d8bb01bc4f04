/*
 * Items of equal content, counted by hand and against the plain count over all pairs.
 */
#include <flow/duplicates.h>

#include "flow_support.h"

static lab new_lab(void) {
  lab l = lab_new();
  lab_ontology(&l, NULL);
  return l;
}

static void expect(const lab *l, int64_t question_id, size_t copies, size_t conflicts, size_t leaks) {
  lnti_duplicates d = {77, 77, 77};
  assert_ok(lnti_duplicates_count(&d, l->project, question_id, ERR));
  assert_int_equal(d.copies, copies);
  assert_int_equal(d.conflicts, conflicts);
  assert_int_equal(d.leaks, leaks);
}

static int64_t class_id(const lab *l) {
  return l->ontology->questions[lab_question(l, "class")].id;
}

static void test_nothing(void **state) {
  (void)state;
  lab l = new_lab();
  expect(&l, 0, 0, 0, 0);
  expect(&l, class_id(&l), 0, 0, 0);
  lab_item(&l, "a.png", 1, "train");
  expect(&l, class_id(&l), 0, 0, 0);
  lab_free(&l);
}

static void test_copies_conflicts_and_leaks(void **state) {
  (void)state;
  lab l = new_lab();
  static const lab_row rows[] = {
      {NULL, 1, "train", "dog"}, {NULL, 1, "train", "dog"},    {NULL, 1, "train", "dog"}, /* two copies, agreeing */
      {NULL, 2, "train", "dog"}, {NULL, 2, "test", "cat"},                                /* both conflict and leak */
      {NULL, 3, "", "dog"},      {NULL, 3, "val", NULL},                                  /* no split is no side */
      {NULL, 4, "train", "cat"}, {NULL, 4, "train", "unsure"}, /* unsure contradicts nobody */
      {NULL, 5, "test", "dog"},  {NULL, 6, "val", "cat"}};
  lab_rows(&l, rows, sizeof rows / sizeof rows[0]);
  expect(&l, class_id(&l), 5, 1, 1);
  expect(&l, 0, 5, 0, 1); /* conflicts are not asked for */
  expect(&l, l.ontology->questions[lab_question(&l, "class/cat/mood")].id, 5, 0, 1);
  lab_free(&l);
}

static void check_random(lnti_rng *rng, void *payload) {
  (void)payload;
  static const char *const labels[] = {NULL, "dog", "cat", "none"};
  static const char *const splits[] = {NULL, "train", "test"};
  lab l = new_lab();
  lab_row rows[40];
  size_t n = 1 + lnti_rng_below(rng, 40), copies = 0, conflicts = 0, leaks = 0;
  for (size_t i = 0; i < n; i++) {
    rows[i] = (lab_row){NULL, lnti_rng_below(rng, 15), splits[lnti_rng_below(rng, 3)], labels[lnti_rng_below(rng, 4)]};
  }
  for (uint64_t content = 0; content < 15; content++) {
    size_t size = 0, dogs = 0, cats = 0, trained = 0, tested = 0;
    for (size_t i = 0; i < n; i++) {
      if (rows[i].content != content) continue;
      size++;
      dogs += rows[i].label == labels[1];
      cats += rows[i].label == labels[2];
      trained += rows[i].split == splits[1];
      tested += rows[i].split == splits[2];
    }
    copies += size > 1 ? size - 1 : 0;
    conflicts += dogs && cats;
    leaks += trained && tested;
  }
  lab_rows(&l, rows, n);
  expect(&l, class_id(&l), copies, conflicts, leaks);
  lab_free(&l);
}

static void test_random_projects(void **state) {
  (void)state;
  lnti_test_property("duplicates as counted plainly", 12, check_random, NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_nothing),
      cmocka_unit_test(test_copies_conflicts_and_leaks),
      cmocka_unit_test(test_random_projects),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
