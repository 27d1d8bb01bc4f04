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
  expect_target(&l, "quality", "quality");
  lab_free(&l);
}

static void test_the_only_one_that_has_answers(void **state) {
  (void)state;
  lab l = new_lab();
  int64_t item = lab_item(&l, "a.png", 1, "");
  expect_no_target(&l, NULL, LNT_ENOTFOUND, "linnet import");
  lab_answer(&l, item, "class", "unsure"); /* no label */
  expect_no_target(&l, NULL, LNT_ENOTFOUND, "no item has a label");
  lab_answer(&l, item, "quality", "3");
  expect_target(&l, NULL, "quality");
  lab_answer(&l, item, "class", "bird"); /* comes before numbers and checklists */
  expect_target(&l, NULL, "class");
  lab_answer(&l, item, "class/bird/wings", "2");
  expect_target(&l, NULL, "class");
  lab_answer(&l, item, "class/bird/species", "owl");
  expect_no_target(
      &l, NULL, LNT_EINVAL,
      "(class, class/bird/species, class/bird/wings [number], quality [number])"); /* and no questions for numbers */
  assert_message("--target");
  lab_answer(&l, item, "class", "clear");
  expect_target(&l, NULL, "quality");
  lab_free(&l);
}

static const char several_types[] =
    "{\"classifications\": [{\"id\": \"class\", \"type\": \"radio\", \"options\": [{\"id\": \"a\"}]},"
    "{\"id\": \"note\", \"title\": \"Note\", \"type\": \"text\"},"
    "{\"id\": \"labels\", \"title\": \"Labels\", \"type\": \"checklist\", \"options\": [{\"id\": \"bowl\"}, {\"id\": \"cup\"},"
    "{\"id\": \"fork\"}]}, {\"id\": \"others\", \"type\": \"checklist\", \"options\": [{\"id\": \"x\"}]}]}";

static void test_which_types(void **state) {
  (void)state;
  lab l = lab_new();
  lab_ontology(&l, several_types);
  int64_t item = lab_item(&l, "a.png", 1, "");
  expect_no_target(&l, "note", LNT_EINVAL, "\"Note\" is of type text, which is nothing to learn");
  assert_message("radio, tree, checklist and number (here: class, labels, others)");
  lab_answer(&l, item, "labels", "none"); /* something is known: that there is nothing */
  expect_target(&l, NULL, "labels");
  lab_answer(&l, item, "others", "x");
  expect_no_target(&l, NULL, LNT_EINVAL, "(labels [checklist], others [checklist])");
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
  assert_ok(lnti_labelled_load(&labelled, l.project, l.ontology, &(lnti_target){class, LNTI_MULTICLASS}, NULL, ERR));
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
  assert_ok(lnti_labelled_load(&labelled, l.project, l.ontology, &(lnti_target){class, LNTI_MULTICLASS}, NULL, ERR));
  assert_int_equal(labelled.items.n, 2);
  assert_int_equal(labelled.items.item[0].id, 1);
  assert_int_equal(labelled.option[0], lab_option(&l, class, "dog"));
  assert_int_equal(labelled.items.item[1].id, 2);
  assert_int_equal(labelled.option[1], lab_option(&l, class, "cat"));
  lnti_labelled_clear(&labelled);
  assert_ok(lnti_labelled_load(&labelled, l.project, l.ontology, &(lnti_target){class, LNTI_MULTICLASS}, "test", ERR));
  assert_int_equal(labelled.items.n, 0);
  lnti_labelled_clear(&labelled);
  lab_free(&l);
}

static void test_of_one_split(void **state) {
  (void)state;
  lab l = labelled_lab();
  lnti_labelled labelled = {0};
  size_t class = lab_question(&l, "class");
  assert_ok(lnti_labelled_load(&labelled, l.project, l.ontology, &(lnti_target){class, LNTI_MULTICLASS}, "train", ERR));
  assert_int_equal(labelled.items.n, 2);
  assert_int_equal(labelled.items.item[0].id, 1);
  assert_int_equal(labelled.items.item[1].id, 4);
  assert_null(labelled.split);
  lnti_labelled_clear(&labelled);
  assert_ok(lnti_labelled_load(&labelled, l.project, l.ontology, &(lnti_target){class, LNTI_MULTICLASS}, "", ERR));
  assert_int_equal(labelled.items.n, 1);
  assert_int_equal(labelled.items.item[0].id, 2);
  lnti_labelled_clear(&labelled);
  assert_ok(lnti_labelled_load(&labelled, l.project, l.ontology, &(lnti_target){class, LNTI_MULTICLASS}, "test", ERR));
  assert_int_equal(labelled.items.n, 0);
  lnti_labelled_clear(&labelled);
  lab_free(&l);
}

static void test_of_a_tree(void **state) {
  (void)state;
  lab l = labelled_lab();
  lnti_labelled labelled = {0};
  size_t species = lab_question(&l, "class/bird/species");
  assert_ok(lnti_labelled_load(&labelled, l.project, l.ontology, &(lnti_target){species, LNTI_MULTICLASS}, NULL, ERR));
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
  assert_ok(lnti_labelled_load(&labelled, l.project, l.ontology, &(lnti_target){class, LNTI_MULTICLASS}, NULL, ERR));
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
  assert_status(lnti_labelled_load(&labelled, l.project, other, &(lnti_target){class, LNTI_MULTICLASS}, NULL, ERR),
                LNT_ECORRUPT);
  assert_message("linnet verify");
  assert_int_equal(labelled.option_capacity, 77); /* untouched */
  lnti_ontology_free(other);
  lab_free(&l);
}

/* ---- other types ---- */

/* Yes, no and unknown, of the item itself or of its group. */
static void test_checklists(void **state) {
  (void)state;
  static const int8_t wanted[][3] = {{1, 0, -1}, {0, 0, 0}, {1, -1, -1}, {-1, 1, -1}};
  static const int64_t ids[] = {1, 2, 5, 6};
  lab l = lab_new();
  lab_ontology(&l, several_types);
  lnti_labelled labelled = {0};
  for (int i = 0; i < 6; i++) lab_item(&l, (const char[]){(char)('a' + i), 0}, (uint64_t)i + 1, "train");
  lab_answer(&l, 1, "labels", "bowl");
  lab_answer(&l, 1, "labels", "-cup");
  lab_answer(&l, 2, "labels", "none");
  lab_answer(&l, 3, "labels", "unsure"); /* nothing is known */
  lab_answer(&l, 6, "labels", "cup");    /* its own, not the group's */
  int64_t group = lab_group(&l, "g", (const int64_t[]){5, 6}, 2);
  lab_answer(&l, group, "labels", "bowl");
  const lnti_target target = {lab_question(&l, "labels"), LNTI_MULTILABEL};
  assert_ok(lnti_labelled_load(&labelled, l.project, l.ontology, &target, NULL, ERR));
  assert_true(labelled.items.n == 4 && labelled.n_labels == 3 && !labelled.option && !labelled.value);
  for (size_t i = 0; i < 4; i++) {
    assert_int_equal(labelled.items.item[i].id, ids[i]);
    assert_memory_equal(labelled.yes + 3 * i, wanted[i], 3);
  }
  lnti_labelled_keep(&labelled, (const bool[]){false, true, false, true});
  assert_int_equal(labelled.items.n, 2);
  assert_memory_equal(labelled.yes, wanted[1], 3);
  assert_memory_equal(labelled.yes + 3, wanted[3], 3);
  lnti_labelled_clear(&labelled);
  lab_free(&l);
}

static void test_numbers(void **state) {
  (void)state;
  lab l = new_lab();
  lnti_labelled labelled = {0};
  for (int i = 0; i < 3; i++) lab_item(&l, (const char[]){(char)('a' + i), 0}, (uint64_t)i + 1, "train");
  lab_answer(&l, 1, "quality", "7.5");
  lab_answer(&l, 2, "quality", "unsure");
  lab_answer(&l, 3, "quality", "0");
  const lnti_target target = {lab_question(&l, "quality"), LNTI_REGRESSION};
  assert_ok(lnti_labelled_load(&labelled, l.project, l.ontology, &target, "train", ERR));
  assert_int_equal(labelled.items.n, 2);
  assert_true(labelled.value[0] == 7.5 && labelled.value[1] == 0);
  lnti_labelled_clear(&labelled);
  lab_free(&l);
}

/* class: bird goes on with species (its wings are a number), cat with mood, dog with nothing. */
static void test_nested_questions_as_one_tree(void **state) {
  (void)state;
  static const char *const wanted[] = {"bird/duck", "cat", "dog", "cat/calm"};
  lab l = new_lab();
  lnti_labelled labelled = {0};
  for (int i = 0; i < 4; i++) lab_item(&l, (const char[]){(char)('a' + i), 0}, (uint64_t)i + 1, "");
  lab_answer(&l, 1, "class", "bird");
  lab_answer(&l, 1, "class/bird/species", "duck");
  lab_answer(&l, 2, "class", "cat");
  lab_answer(&l, 3, "class", "dog");
  lab_answer(&l, 4, "class", "cat");
  lab_answer(&l, 4, "class/cat/mood", "calm");
  const lnti_target target = {lab_question(&l, "class"), LNTI_HIERARCHICAL};
  assert_ok(lnti_labelled_load(&labelled, l.project, l.ontology, &target, NULL, ERR));
  assert_int_equal(labelled.items.n, 4);
  for (size_t i = 0; i < 4; i++) {
    lnti_text id = {0};
    assert_ok(lnti_target_class_id(&id, l.ontology, &target, labelled.option[i], ERR));
    assert_string_equal(id.data, wanted[i]);
    lnti_text_clear(&id);
  }
  lnti_labelled_clear(&labelled);
  lab_free(&l);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_by_path),
      cmocka_unit_test(test_the_only_one_that_has_answers),
      cmocka_unit_test(test_which_types),
      cmocka_unit_test(test_checklists),
      cmocka_unit_test(test_numbers),
      cmocka_unit_test(test_nested_questions_as_one_tree),
      cmocka_unit_test(test_all_in_order_with_their_splits),
      cmocka_unit_test(test_groups_answer_for_their_images),
      cmocka_unit_test(test_of_one_split),
      cmocka_unit_test(test_of_a_tree),
      cmocka_unit_test(test_keep),
      cmocka_unit_test(test_an_answer_that_the_ontology_does_not_have),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
