/*
 * Labels that come with a later import: what had no answer is done then, what a person answered stays as it is.
 */
#include <unistd.h>

#include "media_support.h"

static lnti_import_result import_arrays(const lab *l) {
  lnti_import_options options = LNTI_IMPORT_OPTIONS_INIT;
  lnti_import_result result = {0};
  media_name name = media_in(l, "train-images-idx3-ubyte");
  const char *source = name.text;
  assert_ok(lnti_import(&result, l->project, &source, 1, &options, ERR));
  return result;
}

static void expect(const lab *l, const char *member, const char *label, const char *stage) {
  media_items items = media_list(l->project, "class");
  const media_item *item = media_find(&items, member);
  assert_string_equal(item->label, label);
  assert_string_equal(item->stage, stage);
  media_items_clear(&items);
}

static void labels_that_come_later_finish_items(void **state) {
  (void)state;
  lab l = lab_new();
  media_name labels = media_in(&l, "train-labels-idx1-ubyte"), aside = media_in(&l, "aside");
  static const char ontology[] =
      "{\"classifications\": [{\"id\": \"class\", \"type\": \"radio\", \"options\": [{\"id\": \"0\"}]}]}";
  lab_ontology(&l, ontology);
  toy_arrays(l.folder, "train", false, 6, 0);
  assert_int_equal(rename(labels.text, aside.text), 0);
  lnti_import_result result = import_arrays(&l);
  assert_int_equal(result.labelled, 0);
  lnti_import_result_clear(&result);
  expect(&l, "4", "", "annotate");
  media_items items = media_list(l.project, "class");
  lab_answer(&l, media_find(&items, "5")->id, "class", "unsure");
  media_items_clear(&items);

  assert_int_equal(rename(aside.text, labels.text), 0);
  result = import_arrays(&l);
  assert_int_equal(result.existing, 6);
  assert_int_equal(result.labelled, 5);
  lnti_import_result_clear(&result);
  expect(&l, "4", "1", "done");
  expect(&l, "0", "0", "done");
  expect(&l, "5", "", "annotate"); /* the person's answer and its stage stay */
  lab_free(&l);
}

static void take(const lab *l, const char *folder, size_t imported, size_t existing) {
  lnti_import_options options = LNTI_IMPORT_OPTIONS_INIT;
  lnti_import_result result = {0};
  media_name name = media_in(l, "%s", folder);
  const char *source = name.text;
  assert_ok(lnti_import(&result, l->project, &source, 1, &options, ERR));
  assert_int_equal(result.imported, imported);
  assert_int_equal(result.existing, existing);
  assert_int_equal(result.duplicates.copies, 0);
  lnti_import_result_clear(&result);
}

/* A file is one item, whichever folder above it was named. */
/* The folder was moved, and nobody told the project. */
static void a_folder_that_was_moved(void **state) {
  (void)state;
  lab l = lab_new();
  toy_tree(media_in(&l, "here").text, 6, 0);
  take(&l, "here", 18, 0);
  media_name here = media_in(&l, "here"), there = media_in(&l, "there");
  assert_int_equal(rename(here.text, there.text), 0);
  lnti_import_options options = LNTI_IMPORT_OPTIONS_INIT;
  lnti_import_result result = {0};
  const char *source = there.text;
  assert_ok(lnti_import(&result, l.project, &source, 1, &options, ERR));
  assert_int_equal(result.imported, 18);
  size_t told = 0;
  for (size_t i = 0; i < result.warnings.n; i++)
    told += strstr(result.warnings.text[i], "linnet relink OLD NEW") != NULL;
  assert_int_equal(told, 1);
  lnti_import_result_clear(&result);
  lab_free(&l);
}

static void folders_in_folders(void **state) {
  (void)state;
  lab l = lab_new();
  toy_tree(media_in(&l, "set/train").text, 2, 0);
  toy_tree(media_in(&l, "set/test").text, 1, 50);
  take(&l, "set/train", 6, 0);
  take(&l, "set", 3, 6);
  take(&l, "set", 0, 9);
  take(&l, "set/test", 0, 3);
  take(&l, "set/test/down", 0, 1);
  take(&l, "set/test/down/50.pgm", 0, 1);
  toy_tree(media_in(&l, "set/test").text, 1, 60);
  toy_tree(media_in(&l, "set/train").text, 1, 70);
  take(&l, "set", 6, 9);
  take(&l, "set/train", 0, 9);
  media_items items = media_list(l.project, "class");
  assert_int_equal(items.n, 15);
  assert_string_equal(media_find(&items, "down/0.pgm")->split, "train"); /* filled by the second import */
  assert_string_equal(media_find(&items, "test/down/50.pgm")->label, "down");
  media_items_clear(&items);
  toy_tree(media_in(&l, "set-2").text, 1, 90); /* beside it, though its name begins so */
  take(&l, "set-2", 3, 0);
  lab_free(&l);
}

/* Titles that a source without images declared are none of a question that the next one makes a number. */
static void declared_titles_before_a_number(void **state) {
  (void)state;
  lab l = lab_new();
  lnti_import_options options = LNTI_IMPORT_OPTIONS_INIT;
  lnti_import_result result = {0};
  lnti_ontology *ontology = NULL;
  const char *const classes[] = {"ant", "bee"}, *const columns[] = {"size=number:class"};
  media_name arrays = media_in(&l, "none"), table = media_in(&l, "set/t.csv");
  const char *const sources[] = {arrays.text, table.text};
  static const char numbers[] = "path,size\ndown/0.pgm,2.5\n";
  toy_arrays(arrays.text, "train", false, 0, 0);
  toy_tree(media_in(&l, "set").text, 1, 0);
  lnti_test_write_file(table.text, numbers, strlen(numbers));
  options.classes = classes;
  options.n_classes = 2;
  options.table.columns = columns;
  options.table.n_columns = 1;
  assert_ok(lnti_import(&result, l.project, sources, 2, &options, ERR));
  assert_int_equal(result.labelled, 1);
  lnti_import_result_clear(&result);
  assert_ok(lnti_store_ontology(&ontology, l.project->store, ERR));
  assert_int_equal(ontology->n_questions, 1);
  assert_int_equal(ontology->questions[0].type, LNTI_NUMBER);
  assert_int_equal(ontology->n_options, 0);
  lnti_ontology_free(ontology);
  lab_free(&l);
}

static lnt_status keep_table(lnti_import_result *out, const lab *l, const char *text, const lnti_progress *progress) {
  lnti_import_options options = LNTI_IMPORT_OPTIONS_INIT;
  const char *const columns[] = {"tags=labels"};
  media_name table = media_in(l, "set/t.csv");
  const char *source = table.text;
  lnti_test_write_file(source, text, strlen(text));
  options.existing = LNTI_IMPORT_EXISTING_KEEP;
  options.target = "class";
  options.progress = progress;
  options.table.columns = columns;
  options.table.n_columns = 1;
  return lnti_import(out, l->project, &source, 1, &options, ERR);
}

/* What an interrupted import has stored of an image's labels keeps the rest of them out no more than within one import. Once
 * the table is in, the answer is whole. */
static void a_list_that_was_interrupted(void **state) {
  (void)state;
  enum { ROWS = 20000 }; /* more than one batch */
  lab l = lab_new();
  lnti_text text = {0};
  lnti_import_result result = {0};
  media_stopper stopper;
  toy_tree(media_in(&l, "set").text, 1, 0);
  assert_ok(lnti_text_printf(&text, ERR, "path,tags\ndown/0.pgm,cat\n"));
  for (int i = 0; i < ROWS; i++) assert_ok(lnti_text_printf(&text, ERR, "across/0.pgm,cat\n"));
  assert_ok(lnti_text_printf(&text, ERR, "down/0.pgm,dog\n"));
  media_stop_at(&stopper, 1);
  l.project->context.cancel = &stopper.cancel;
  assert_status(keep_table(&result, &l, text.data, &stopper.progress), LNT_ECANCELLED);
  l.project->context.cancel = NULL;
  expect(&l, "down/0.pgm", "cat", "done");
  assert_ok(keep_table(&result, &l, text.data, NULL));
  assert_int_equal(result.labelled, 1);
  assert_int_equal(result.again.labels_kept, 0);
  lnti_import_result_clear(&result);
  assert_ok(keep_table(&result, &l, "path,tags\ndown/0.pgm,owl\n", NULL));
  assert_int_equal(result.labelled, 0);
  assert_int_equal(result.again.labels_kept, 1);
  lnti_import_result_clear(&result);
  lnti_text_clear(&text);
  lab_free(&l);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(labels_that_come_later_finish_items),
      cmocka_unit_test(a_folder_that_was_moved),
      cmocka_unit_test(folders_in_folders),
      cmocka_unit_test(declared_titles_before_a_number),
      cmocka_unit_test(a_list_that_was_interrupted),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
