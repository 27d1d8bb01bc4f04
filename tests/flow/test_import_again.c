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

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(labels_that_come_later_finish_items),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
