/*
 * Which option a folder or a label number becomes: titles that differ stay apart, whatever keys they make.
 */
#include "media_support.h"

static void write_picture(const lab *l, const char *member, uint64_t number) {
  uint8_t pixels[TOY_PIXELS];
  char folder[256];
  snprintf(folder, sizeof folder, "%.*s", (int)(strrchr(member, '/') - member), member);
  toy_pixels(pixels, 1, number);
  media_folder(media_in(l, "%s", folder).text);
  media_write_pgm(media_in(l, "%s", member).text, pixels, TOY_SIDE, TOY_SIDE);
}

/* The title of the option that answers "class" for a member. */
static void expect_title(const lab *l, const char *member, const char *title) {
  lnti_ontology *ontology = NULL;
  lnti_answer_row row = {0};
  size_t question = LNTI_NONE;
  media_items items = media_list(l->project, "class");
  assert_ok(lnti_store_ontology(&ontology, l->project->store, ERR));
  assert_ok(lnti_ontology_find_question(&question, ontology, "class", ERR));
  lab view = *l;
  view.ontology = ontology;
  assert_true(lab_current(&view, &row, media_find(&items, member)->id, question));
  size_t option = lnti_ontology_option_by_id(ontology, row.option_id);
  assert_true(option != LNTI_NONE);
  assert_string_equal(ontology->options[option].title, title);
  media_items_clear(&items);
  lnti_ontology_free(ontology);
}

static size_t count_options(const lab *l) {
  lnti_ontology *ontology = NULL;
  assert_ok(lnti_store_ontology(&ontology, l->project->store, ERR));
  size_t n = ontology->n_options;
  lnti_ontology_free(ontology);
  return n;
}

static void folders_of_one_key_are_two_classes(void **state) {
  (void)state;
  lab l = lab_new();
  static const char *const folders[] = {"Cat", "cat", "A+B", "a-b", "a b"};
  for (size_t i = 0; i < 5; i++) {
    char member[64];
    snprintf(member, sizeof member, "set/%s/p.pgm", folders[i]);
    write_picture(&l, member, i);
  }
  for (int again = 0; again < 2; again++) {
    media_import(&l, media_in(&l, "set").text, NULL);
    for (size_t i = 0; i < 5; i++) {
      char member[64];
      snprintf(member, sizeof member, "%s/p.pgm", folders[i]);
      expect_title(&l, member, folders[i]);
    }
    assert_int_equal(count_options(&l), 5);
  }
  lab_free(&l);
}

static void inner_folders_as_well(void **state) {
  (void)state;
  lab l = lab_new();
  write_picture(&l, "set/Birds/Duck/p.pgm", 1);
  write_picture(&l, "set/Birds/duck/p.pgm", 2);
  write_picture(&l, "set/birds/duck/p.pgm", 3);
  media_import(&l, media_in(&l, "set").text, NULL);
  assert_int_equal(count_options(&l), 5);
  expect_title(&l, "Birds/Duck/p.pgm", "Duck");
  expect_title(&l, "Birds/duck/p.pgm", "duck");
  lab_free(&l);
}

static const char known[] =
    "{\"classifications\": [{\"id\": \"class\", \"type\": \"radio\", \"options\": ["
    "{\"id\": \"cat\", \"title\": \"Cat\"}, {\"id\": \"x\", \"title\": \"dog\", \"aliases\": [\"hound\"]},"
    "{\"id\": \"dog\", \"title\": \"Wolf\"}]}]}";

/* A key is a name too, for an option that was there: but not while another folder is called as the option is. */
static void keys_of_the_ontology_are_found(void **state) {
  (void)state;
  lab l = lab_new();
  lab_ontology(&l, known);
  write_picture(&l, "one/cat/p.pgm", 1);
  write_picture(&l, "one/hound/p.pgm", 2);
  write_picture(&l, "one/dog/p.pgm", 3);
  media_import(&l, media_in(&l, "one").text, NULL);
  assert_int_equal(count_options(&l), 3);
  expect_title(&l, "cat/p.pgm", "Cat");
  expect_title(&l, "hound/p.pgm", "dog");
  expect_title(&l, "dog/p.pgm", "dog"); /* its title, not Wolf's key */
  lab_free(&l);
}

static void a_key_is_not_found_beside_its_title(void **state) {
  (void)state;
  lab l = lab_new();
  lab_ontology(&l, known);
  write_picture(&l, "set/cat/p.pgm", 1);
  write_picture(&l, "set/Cat/p.pgm", 2);
  media_import(&l, media_in(&l, "set").text, NULL);
  expect_title(&l, "cat/p.pgm", "cat");
  expect_title(&l, "Cat/p.pgm", "Cat");
  assert_int_equal(count_options(&l), 4);
  lab_free(&l);
}

static lnt_status import_classes(const lab *l, const char *const *classes, size_t n) {
  lnti_import_options options = LNTI_IMPORT_OPTIONS_INIT;
  lnti_import_result result = {0};
  media_name name = media_in(l, "train-images-idx3-ubyte");
  const char *source = name.text;
  options.classes = classes;
  options.n_classes = n;
  lnt_status status = lnti_import(&result, l->project, &source, 1, &options, ERR);
  lnti_import_result_clear(&result);
  return status;
}

static void titles_of_label_numbers_stay_apart(void **state) {
  (void)state;
  lab l = lab_new();
  static const char *const classes[] = {"Top", "top", "TOP"};
  toy_arrays(l.folder, "train", false, 6, 0);
  for (int again = 0; again < 2; again++) {
    assert_ok(import_classes(&l, classes, 3));
    assert_int_equal(count_options(&l), 3);
  }
  expect_title(&l, "0", "Top");
  expect_title(&l, "1", "top");
  expect_title(&l, "2", "TOP");
  lab_free(&l);
}

static void titles_that_repeat_are_refused(void **state) {
  (void)state;
  lab l = lab_new();
  static const char *const classes[] = {"a", "b", "c", "b"};
  toy_arrays(l.folder, "train", false, 6, 0);
  assert_status(import_classes(&l, classes, 4), LNT_EINVAL);
  assert_message("\"b\" is given twice, for the labels 1 and 3");
  assert_int_equal(count_options(&l), 0);
  lab_free(&l);
}

/* The second import forgets the titles: its numbers would be three more classes. */
static void numbers_beside_titles_are_refused(void **state) {
  (void)state;
  lab l = lab_new();
  static const char *const classes[] = {"across", "down", "middle", "four", "five"};
  toy_arrays(l.folder, "train", false, 6, 0);
  assert_ok(import_classes(&l, classes, 5));
  assert_status(import_classes(&l, NULL, 0), LNT_EINVAL);
  assert_message("\"class\" has none of them, but across, down, middle, four, ...;");
  assert_message("--classes");
  assert_int_equal(count_options(&l), 5);
  lab_free(&l);
}

/* Numbers that are titles are as good as any, and more of them may come. */
static void numbers_beside_numbers_are_taken(void **state) {
  (void)state;
  lab l = lab_new();
  static const char *const classes[] = {"0", "7"};
  static const uint8_t labels[] = {1, 0, 1, 4};
  toy_arrays(l.folder, "train", false, 3, 0);
  media_write_idx(media_in(&l, "train-labels-idx1-ubyte").text, labels, 3, 0, 0);
  assert_ok(import_classes(&l, classes, 2));
  assert_ok(import_classes(&l, NULL, 0));
  assert_int_equal(count_options(&l), 2); /* 1 is kept out, since 7 is there */
  toy_arrays(l.folder, "train", false, 4, 0);
  media_write_idx(media_in(&l, "train-labels-idx1-ubyte").text, labels, 4, 0, 0);
  assert_ok(import_classes(&l, NULL, 0));
  assert_int_equal(count_options(&l), 3);
  lab_free(&l);
}

/* Titles for numbers, where there are none. */
static void titles_without_numbers(void **state) {
  (void)state;
  lab l = lab_new();
  lnti_import_options options = LNTI_IMPORT_OPTIONS_INIT;
  lnti_import_result result = {0};
  media_name set = media_in(&l, "set"), table = media_in(&l, "set/t.csv");
  const char *const sources[] = {set.text, table.text}, *const classes[] = {"a", "b"};
  write_picture(&l, "set/cat/p.pgm", 1);
  lnti_test_write_file(table.text, "path,label\ncat/p.pgm,cat\n", 25);
  options.classes = classes;
  options.n_classes = 2;
  assert_status(lnti_import(&result, l.project, sources, 1, &options, ERR), LNT_EINVAL);
  assert_message("set is no array; leave it out: class folders are named by themselves; nothing was imported");
  assert_status(lnti_import(&result, l.project, sources + 1, 1, &options, ERR), LNT_EINVAL);
  assert_message("set/t.csv is a table; leave it out, or name a column's values with --names COLUMN=FILE");
  assert_int_equal(count_options(&l), 0);
  lab_free(&l);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(folders_of_one_key_are_two_classes),
      cmocka_unit_test(inner_folders_as_well),
      cmocka_unit_test(keys_of_the_ontology_are_found),
      cmocka_unit_test(a_key_is_not_found_beside_its_title),
      cmocka_unit_test(titles_of_label_numbers_stay_apart),
      cmocka_unit_test(titles_that_repeat_are_refused),
      cmocka_unit_test(numbers_beside_titles_are_refused),
      cmocka_unit_test(numbers_beside_numbers_are_taken),
      cmocka_unit_test(titles_without_numbers),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
