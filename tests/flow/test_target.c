/*
 * Targets: which question is meant, and the labelled items of it.
 */
#include <flow/target.h>

#include "flow_support.h"

static lab new_lab(void) {
  lab l = lab_new();
  lab_ontology(&l, NULL);
  return l;
}

static void expect_target(const lab *l, const char *path, const char *wanted) {
  size_t question = LNTI_NONE;
  assert_ok(lnti_target_find(&question, l->project, l->ontology, path, ERR));
  assert_int_equal(question, lab_question(l, wanted));
}

static void expect_no_target(const lab *l, const char *path, lnt_status status, const char *message) {
  size_t question = 77;
  assert_status(lnti_target_find(&question, l->project, l->ontology, path, ERR), status);
  assert_message(message);
  assert_int_equal(question, 77);
}

/* ---- which question ---- */

static void test_by_path(void **state) {
  (void)state;
  lab l = new_lab();
  expect_target(&l, "class", "class"); /* whether it has answers or not */
  expect_target(&l, "class/bird/species", "class/bird/species");
  expect_no_target(&l, "colour", LNT_ENOTFOUND, "colour");
  expect_no_target(&l, "class/bird/colour", LNT_ENOTFOUND, "colour");
  expect_no_target(&l, "quality", LNT_EINVAL, "asks for a number");
  lab_free(&l);
}

static void test_the_only_one_that_has_answers(void **state) {
  (void)state;
  lab l = new_lab();
  int64_t item = lab_item(&l, "a.png", 1, "");
  expect_no_target(&l, NULL, LNT_ENOTFOUND, "linnet import");
  lab_answer(&l, item, "class", "unsure"); /* no label */
  expect_no_target(&l, NULL, LNT_ENOTFOUND, "no item has a label");
  lab_answer(&l, item, "quality", "3"); /* a number is nothing to learn yet */
  expect_no_target(&l, NULL, LNT_ENOTFOUND, "no item has a label");
  lab_answer(&l, item, "class", "bird");
  expect_target(&l, NULL, "class");
  lab_answer(&l, item, "class/bird/wings", "2");
  expect_target(&l, NULL, "class");
  lab_answer(&l, item, "class/bird/species", "owl");
  expect_no_target(&l, NULL, LNT_EINVAL, "(class, class/bird/species)"); /* and no questions for numbers */
  assert_message("--target");
  lab_answer(&l, item, "class", "clear");
  expect_no_target(&l, NULL, LNT_ENOTFOUND, "no item has a label");
  lab_free(&l);
}

static void test_checklists_are_not_learnt(void **state) {
  (void)state;
  lab l = lab_new();
  lab_ontology(
      &l,
      "{\"classifications\": [{\"id\": \"class\", \"type\": \"radio\", \"options\": [{\"id\": \"a\"}]},"
      "{\"id\": \"labels\", \"title\": \"Labels\", \"type\": \"checklist\", \"options\": [{\"id\": \"bowl\"}]}]}");
  int64_t item = lab_item(&l, "a.png", 1, "");
  expect_no_target(&l, "labels", LNT_EINVAL, "\"Labels\" is a checklist");
  assert_message("this version learns radio and tree questions");
  lab_answer(&l, item, "labels", "bowl");
  expect_no_target(&l, NULL, LNT_EINVAL, "\"Labels\" is a checklist");
  lab_answer(&l, item, "class", "a");
  expect_target(&l, NULL, "class"); /* the only one that can be meant */
  lab_free(&l);
}

/* ---- labelled items ---- */

/* Ids 1..6; all but the last two have a label. */
static lab labelled_lab(void) {
  lab l = new_lab();
  static const lab_row rows[] = {
      {"a.png", 1, "train", "dog"}, {"b.png", 2, "", "cat"},         {"c.png", 3, "a-split-of-a-long-name", "bird"},
      {"d.png", 4, "train", "dog"}, {"e.png", 5, "train", "unsure"}, {"f.png", 6, "train", NULL}};
  assert_int_equal(lab_rows(&l, rows, 6), 1);
  lab_answer(&l, 3, "class/bird/species", "duck");
  return l;
}

static void test_all_in_order_with_their_splits(void **state) {
  (void)state;
  lab l = labelled_lab();
  lnti_labelled labelled = {0};
  size_t class = lab_question(&l, "class");
  static const char *const options[] = {"dog", "cat", "bird", "dog"};
  static const char *const splits[] = {"train", "", "a-split-of-a-lo", "train"};
  assert_ok(lnti_labelled_load(&labelled, l.project, l.ontology, class, NULL, ERR));
  assert_int_equal(labelled.items.n, 4);
  for (size_t i = 0; i < 4; i++) {
    assert_int_equal(labelled.items.item[i].id, i + 1);
    assert_int_equal(labelled.option[i], lab_option(&l, class, options[i]));
    assert_string_equal(labelled.split[i], splits[i]);
  }
  char *uri = lnti_test_path(l.folder, "b.png");
  assert_string_equal(labelled.items.item[1].uri, uri);
  free(uri);
  assert_int_equal(labelled.items.traits.h, 8);
  assert_true(labelled.items.traits.any_colour);
  lnti_labelled_clear(&labelled);
  lab_free(&l);
}

/* A group answers for those of its images that have no answer themselves, and is no image; "unsure" is an answer. The group
 * may come before or after its images. */
static void test_groups_answer_for_their_images(void **state) {
  (void)state;
  lab l = new_lab();
  static const lab_row rows[] = {{"a.png", 1, "train", NULL},
                                 {"b.png", 2, "train", "cat"},
                                 {"c.png", 3, "test", "unsure"},
                                 {"d.png", 4, "test", NULL}};
  lab_rows(&l, rows, 4);
  static const int64_t members[] = {1, 2, 3}, others[] = {4};
  lab_answer(&l, lab_group(&l, "study", members, 3), "class", "dog");
  lab_group(&l, "silent", others, 1);
  lnti_labelled labelled = {0};
  size_t class = lab_question(&l, "class");
  assert_ok(lnti_labelled_load(&labelled, l.project, l.ontology, class, NULL, ERR));
  assert_int_equal(labelled.items.n, 2);
  assert_int_equal(labelled.items.item[0].id, 1);
  assert_int_equal(labelled.option[0], lab_option(&l, class, "dog"));
  assert_int_equal(labelled.items.item[1].id, 2);
  assert_int_equal(labelled.option[1], lab_option(&l, class, "cat"));
  lnti_labelled_clear(&labelled);
  assert_ok(lnti_labelled_load(&labelled, l.project, l.ontology, class, "test", ERR));
  assert_int_equal(labelled.items.n, 0);
  lnti_labelled_clear(&labelled);
  lab_free(&l);
}

static void test_of_one_split(void **state) {
  (void)state;
  lab l = labelled_lab();
  lnti_labelled labelled = {0};
  size_t class = lab_question(&l, "class");
  assert_ok(lnti_labelled_load(&labelled, l.project, l.ontology, class, "train", ERR));
  assert_int_equal(labelled.items.n, 2);
  assert_int_equal(labelled.items.item[0].id, 1);
  assert_int_equal(labelled.items.item[1].id, 4);
  assert_null(labelled.split);
  lnti_labelled_clear(&labelled);
  assert_ok(lnti_labelled_load(&labelled, l.project, l.ontology, class, "", ERR));
  assert_int_equal(labelled.items.n, 1);
  assert_int_equal(labelled.items.item[0].id, 2);
  lnti_labelled_clear(&labelled);
  assert_ok(lnti_labelled_load(&labelled, l.project, l.ontology, class, "test", ERR));
  assert_int_equal(labelled.items.n, 0);
  lnti_labelled_clear(&labelled);
  lab_free(&l);
}

static void test_of_a_tree(void **state) {
  (void)state;
  lab l = labelled_lab();
  lnti_labelled labelled = {0};
  size_t species = lab_question(&l, "class/bird/species");
  assert_ok(lnti_labelled_load(&labelled, l.project, l.ontology, species, NULL, ERR));
  assert_int_equal(labelled.items.n, 1);
  assert_int_equal(labelled.items.item[0].id, 3);
  assert_int_equal(labelled.option[0], lab_option(&l, species, "duck"));
  lnti_labelled_clear(&labelled);
  lab_free(&l);
}

static void test_keep(void **state) {
  (void)state;
  lab l = labelled_lab();
  lnti_labelled labelled = {0};
  size_t class = lab_question(&l, "class");
  assert_ok(lnti_labelled_load(&labelled, l.project, l.ontology, class, NULL, ERR));
  static const bool some[] = {false, true, false, true}, none[] = {false, false};
  lnti_labelled_keep(&labelled, some);
  assert_int_equal(labelled.items.n, 2);
  assert_int_equal(labelled.items.item[0].id, 2);
  assert_int_equal(labelled.option[0], lab_option(&l, class, "cat"));
  assert_string_equal(labelled.split[0], "");
  assert_int_equal(labelled.items.item[1].id, 4);
  assert_int_equal(labelled.option[1], lab_option(&l, class, "dog"));
  assert_string_equal(labelled.split[1], "train");
  lnti_labelled_keep(&labelled, none);
  assert_int_equal(labelled.items.n, 0);
  lnti_labelled_clear(&labelled);
  lnti_labelled_clear(&labelled); /* twice does no harm */
  lab_free(&l);
}

static void test_an_answer_that_the_ontology_does_not_have(void **state) {
  (void)state;
  lab l = labelled_lab();
  lnti_ontology *other = NULL;
  lnti_labelled labelled = {.option_capacity = 77};
  assert_ok(lnti_ontology_parse(&other, lab_ontology_json, strlen(lab_ontology_json), "test.json", ERR));
  size_t class = lab_question(&l, "class");
  lnti_ontology_set_question_id(other, class, l.ontology->questions[class].id); /* and no ids of options */
  assert_status(lnti_labelled_load(&labelled, l.project, other, class, NULL, ERR), LNT_ECORRUPT);
  assert_message("linnet verify");
  assert_int_equal(labelled.option_capacity, 77); /* untouched */
  lnti_ontology_free(other);
  lab_free(&l);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_by_path),
      cmocka_unit_test(test_the_only_one_that_has_answers),
      cmocka_unit_test(test_checklists_are_not_learnt),
      cmocka_unit_test(test_all_in_order_with_their_splits),
      cmocka_unit_test(test_groups_answer_for_their_images),
      cmocka_unit_test(test_of_one_split),
      cmocka_unit_test(test_of_a_tree),
      cmocka_unit_test(test_keep),
      cmocka_unit_test(test_an_answer_that_the_ontology_does_not_have),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
