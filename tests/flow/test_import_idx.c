/*
 * IDX arrays with their labels: what is beside what, which class titles, which split, and what stays when the file
 * turns out to be damaged at its end.
 */
#include "media_support.h"

#include <unistd.h>

static lnt_status import_as(lnti_import_result *out, const lab *l, const char *source,
                            const lnti_import_options *options) {
  return lnti_import(out, l->project, &source, 1, options, ERR);
}

static const char *const titles[4] = {"stripes across", "stripes down", "a middle", "never"};

/* ---- labels ---- */

static void labels_lie_beside(void **state) {
  (void)state;
  lab l = lab_new();
  lnti_import_options options = LNTI_IMPORT_OPTIONS_INIT;
  lnti_import_result result = {0};
  toy_arrays(media_in(&l, "set").text, "train", false, 30, 0);
  toy_arrays(media_in(&l, "set").text, "t10k", true, 10, 100);
  assert_ok(import_as(&result, &l, media_in(&l, "set").text, &options));
  assert_int_equal(result.imported, 40);
  assert_int_equal(result.labelled, 40);
  assert_int_equal(result.warnings.n, 0);
  lnti_import_result_clear(&result);
  media_items items = media_list(l.project, "class");
  assert_int_equal(items.n, 40);
  for (size_t i = 0; i < 40; i++) {
    const media_item *item = &items.item[i];
    size_t record = i < 30 ? i : i - 30; /* training arrays come first */
    char text[24];
    snprintf(text, sizeof text, "%zu", record);
    assert_string_equal(item->member, text);
    snprintf(text, sizeof text, "%zu", record % 3);
    assert_string_equal(item->label, text);
    assert_string_equal(item->split, i < 30 ? "train" : "test");
    assert_string_equal(item->format, "pixels");
    assert_string_equal(item->stage, "done");
    assert_true(item->h == TOY_SIDE && item->w == TOY_SIDE && item->c == 1);
  }
  media_items_clear(&items);
  lab_free(&l);
}

static void titles_are_given_in_order(void **state) {
  (void)state;
  lab l = lab_new();
  lnti_import_options options = LNTI_IMPORT_OPTIONS_INIT;
  lnti_import_result result = {0};
  options.classes = titles;
  options.n_classes = 4;
  options.target = "look";
  toy_arrays(media_in(&l, "set").text, "train", true, 6, 0);
  assert_ok(import_as(&result, &l, media_in(&l, "set/train-images-idx3-ubyte.gz").text, &options));
  lnti_import_result_clear(&result);
  lnti_ontology *ontology = NULL;
  assert_ok(lnti_store_ontology(&ontology, l.project->store, ERR));
  assert_int_equal(ontology->n_options, 4); /* also the one that does not occur */
  for (size_t i = 0; i < 4; i++) assert_string_equal(ontology->options[i].title, titles[i]);
  lnti_ontology_free(ontology);
  media_items items = media_list(l.project, "look");
  assert_string_equal(items.item[5].label, "a-middle");
  media_items_clear(&items);
  lab_free(&l);
}

static void too_few_titles_are_refused(void **state) {
  (void)state;
  lab l = lab_new();
  lnti_import_options options = LNTI_IMPORT_OPTIONS_INIT;
  lnti_import_result result = {0};
  options.classes = titles;
  options.n_classes = 2;
  toy_arrays(media_in(&l, "set").text, "train", false, 6, 0);
  assert_status(import_as(&result, &l, media_in(&l, "set").text, &options), LNT_EINVAL);
  assert_message("has the label 2, but only 2 class titles were given (0 to 1)");
  media_items items = media_list(l.project, "class");
  assert_int_equal(items.n, 0);
  media_items_clear(&items);
  lab_free(&l);
}

static void without_labels_there_are_items(void **state) {
  (void)state;
  lab l = lab_new();
  lnti_import_options options = LNTI_IMPORT_OPTIONS_INIT;
  lnti_import_result result = {0};
  toy_arrays(media_in(&l, "set").text, "train", false, 6, 0);
  assert_int_equal(unlink(media_in(&l, "set/train-labels-idx1-ubyte").text), 0);
  assert_ok(import_as(&result, &l, media_in(&l, "set").text, &options));
  assert_int_equal(result.imported, 6);
  assert_int_equal(result.labelled, 0);
  assert_true(media_says(&result.warnings, "has no labels beside it"));
  lnti_import_result_clear(&result);
  media_items items = media_list(l.project, "class");
  assert_string_equal(items.item[0].stage, "annotate");
  media_items_clear(&items);

  /* Labels that come later are given to the items that are there. */
  toy_arrays(media_in(&l, "set").text, "train", false, 6, 0);
  assert_ok(import_as(&result, &l, media_in(&l, "set").text, &options));
  assert_int_equal(result.imported, 0);
  assert_int_equal(result.existing, 6);
  assert_int_equal(result.labelled, 6);
  lnti_import_result_clear(&result);
  lab_free(&l);
}

static void labels_must_match_in_number_and_kind(void **state) {
  (void)state;
  lab l = lab_new();
  lnti_import_options options = LNTI_IMPORT_OPTIONS_INIT;
  lnti_import_result result = {0};
  const uint8_t labels[7] = {0};
  media_name file = media_in(&l, "set/train-labels-idx1-ubyte");
  toy_arrays(media_in(&l, "set").text, "train", false, 6, 0);
  for (size_t n = 5; n <= 7; n += 2) {
    media_write_idx(file.text, labels, n, 0, 0);
    assert_status(import_as(&result, &l, media_in(&l, "set").text, &options), LNT_EDATA);
    assert_message("for 6 images");
  }
  media_write_idx(file.text, labels, 6, 1, 1); /* images where labels should be */
  assert_status(import_as(&result, &l, media_in(&l, "set").text, &options), LNT_EDATA);
  assert_message("3 dimensions");
  media_write_idx(file.text, labels, 6, 0, 0);
  assert_int_equal(truncate(file.text, 11), 0);
  assert_status(import_as(&result, &l, media_in(&l, "set").text, &options), LNT_EDATA);
  assert_message("labels");
  assert_status(import_as(&result, &l, file.text, &options), LNT_EDATA);
  media_items items = media_list(l.project, "class");
  assert_int_equal(items.n, 0);
  media_items_clear(&items);
  lab_free(&l);
}

static void labels_alone_are_no_images(void **state) {
  (void)state;
  lab l = lab_new();
  lnti_import_options options = LNTI_IMPORT_OPTIONS_INIT;
  lnti_import_result result = {0};
  toy_arrays(media_in(&l, "set").text, "train", false, 6, 0);
  assert_status(import_as(&result, &l, media_in(&l, "set/train-labels-idx1-ubyte").text, &options), LNT_EDATA);
  assert_message("name the file of images");
  media_folder(media_in(&l, "empty").text);
  options.format = LNTI_IMPORT_IDX;
  assert_status(import_as(&result, &l, media_in(&l, "empty").text, &options), LNT_ENOTFOUND);
  assert_message("-images-idx3-ubyte");
  lab_free(&l);
}

/* A radio question cannot hold a tree's labels, but a tree can hold these. */
static void a_tree_takes_the_labels(void **state) {
  (void)state;
  lab l = lab_new();
  lnti_import_options options = LNTI_IMPORT_OPTIONS_INIT;
  lnti_import_result result = {0};
  lab_ontology(&l,
               "{\"name\": \"x\", \"classifications\": [{\"id\": \"class\", \"type\": \"tree\", \"options\": ["
               "{\"id\": \"1\", \"options\": [{\"id\": \"deep\"}]}]},"
               "{\"id\": \"n\", \"type\": \"number\"}]}");
  toy_arrays(media_in(&l, "set").text, "train", false, 6, 0);
  assert_ok(import_as(&result, &l, media_in(&l, "set").text, &options));
  lnti_import_result_clear(&result);
  media_items items = media_list(l.project, "class");
  assert_string_equal(items.item[1].label, "1");
  assert_string_equal(items.item[2].label, "2");
  media_items_clear(&items);
  options.target = "n";
  assert_status(import_as(&result, &l, media_in(&l, "set").text, &options), LNT_EINVAL);
  assert_message("\"n\" is a number question");
  lab_free(&l);
}

/* ---- splits ---- */

static void a_split_may_be_given(void **state) {
  (void)state;
  lab l = lab_new();
  static const struct {
    const char *prefix, *given, *split;
  } cases[] = {{"train", NULL, "train"}, {"validation", NULL, "val"}, {"photos", NULL, ""}, {"test", "pool", "pool"}};
  for (size_t i = 0; i < 4; i++) {
    toy_arrays(media_in(&l, "set").text, cases[i].prefix, false, 1, i);
    media_import(&l, media_in(&l, "set/%s-images-idx3-ubyte", cases[i].prefix).text, cases[i].given);
  }
  media_items items = media_list(l.project, "class");
  assert_int_equal(items.n, 4);
  for (size_t i = 0; i < 4; i++) assert_string_equal(items.item[i].split, cases[i].split);
  media_items_clear(&items);
  lab_free(&l);
}

/* ---- many records ---- */

/* 5,000 records are two batches. Cut at its end, the array fails after the first; mended, it is completed. */
static void what_was_read_before_damage_stays(void **state) {
  (void)state;
  enum { RECORDS = 5000, BATCH = 4096 };
  lab l = lab_new();
  lnti_import_options options = LNTI_IMPORT_OPTIONS_INIT;
  lnti_import_result result = {.imported = 77};
  media_name name = media_in(&l, "set/train-images-idx3-ubyte.gz");
  toy_arrays(media_in(&l, "set").text, "train", true, RECORDS, 0);
  size_t bytes = 0;
  char *whole = lnti_test_read_file(&bytes, name.text);
  lnti_test_write_file(name.text, whole, bytes - 1000);
  assert_status(import_as(&result, &l, name.text, &options), LNT_EDATA);
  assert_message("fetch the file again; the first 4096 of its 5000 records were imported");
  assert_int_equal(result.imported, 77);
  media_items items = media_list(l.project, "class");
  assert_int_equal(items.n, BATCH);
  assert_string_equal(items.item[BATCH - 1].label, "0"); /* 4095 is a multiple of 3 */
  media_items_clear(&items);

  lnti_test_write_file(name.text, whole, bytes);
  free(whole);
  assert_ok(import_as(&result, &l, name.text, &options));
  assert_int_equal(result.imported, RECORDS - BATCH);
  assert_int_equal(result.existing, BATCH);
  assert_int_equal(result.labelled, RECORDS - BATCH);
  assert_int_equal(result.duplicates.copies, 0);
  lnti_import_result_clear(&result);
  items = media_list(l.project, "class");
  assert_int_equal(items.n, RECORDS);
  for (size_t i = 0; i < RECORDS; i++) {
    char text[24];
    snprintf(text, sizeof text, "%zu", i);
    assert_string_equal(items.item[i].member, text);
    snprintf(text, sizeof text, "%zu", i % 3);
    assert_string_equal(items.item[i].label, text);
  }
  media_items_clear(&items);
  lab_free(&l);
}

/* Equal pixels in an array and in files are equal only by content of the same kind: arrays hash pixels, files bytes. */
static void copies_within_an_array_are_counted(void **state) {
  (void)state;
  lab l = lab_new();
  lnti_import_options options = LNTI_IMPORT_OPTIONS_INIT;
  lnti_import_result result = {0};
  const uint8_t pixels[6 * 4] = {1, 2, 3, 4, 1, 2, 3, 4, 5, 6, 7, 8, 5, 6, 7, 8, 1, 2, 3, 4, 9, 9, 9, 9};
  const uint8_t labels[6] = {0, 0, 1, 2, 0, 1};
  media_folder(media_in(&l, "set").text);
  media_write_idx(media_in(&l, "set/train-images-idx3-ubyte").text, pixels, 6, 2, 2);
  media_write_idx(media_in(&l, "set/train-labels-idx1-ubyte").text, labels, 6, 0, 0);
  media_write_idx(media_in(&l, "set/test-images-idx3-ubyte").text, pixels + 16, 2, 2, 2);
  media_write_idx(media_in(&l, "set/test-labels-idx1-ubyte").text, labels + 4, 2, 0, 0);
  assert_ok(import_as(&result, &l, media_in(&l, "set").text, &options));
  assert_int_equal(result.imported, 8);
  assert_int_equal(result.duplicates.copies, 3 + 1 + 1);
  assert_int_equal(result.duplicates.sets[LNTI_EQUAL_CONFLICT], 1);
  assert_int_equal(result.duplicates.sets[LNTI_EQUAL_LEAK], 2);
  lnti_import_result_clear(&result);
  lab_free(&l);
}

static lnt_status count_facts(void *payload, const lnti_item *item, lnt_error *err) {
  size_t *n = payload;
  (void)err;
  *n += item->facts.has_pixels && item->facts.has_signature && item->facts.has_quality;
  return LNT_OK;
}

static size_t items_with_facts(const lab *l) {
  const lnti_item_query all = {0};
  size_t n = 0;
  assert_ok(lnti_store_items(l->project->store, &all, count_facts, &n, ERR));
  return n;
}

/* A second import looks at what the first one did not; but a record that is another one now has no say. */
static void facts_come_with_a_second_import(void **state) {
  (void)state;
  lab l = lab_new();
  lnti_import_options options = LNTI_IMPORT_OPTIONS_INIT;
  lnti_import_result result = {0};
  uint8_t pixels[6 * TOY_PIXELS];
  media_name name = media_in(&l, "set");
  toy_arrays(name.text, "train", false, 6, 0);
  options.verify = false;
  assert_ok(import_as(&result, &l, name.text, &options));
  lnti_import_result_clear(&result);
  assert_int_equal(items_with_facts(&l), 0);
  for (int i = 0; i < 6; i++) toy_pixels(pixels + i * TOY_PIXELS, i % TOY_CLASSES, (uint64_t)i);
  pixels[5 * TOY_PIXELS]++;
  media_write_idx(media_in(&l, "set/train-images-idx3-ubyte").text, pixels, 6, TOY_SIDE, TOY_SIDE);
  options.verify = true;
  assert_ok(import_as(&result, &l, name.text, &options));
  assert_int_equal(result.existing, 6);
  assert_int_equal(result.again.labels_same, 6);
  lnti_import_result_clear(&result);
  assert_int_equal(items_with_facts(&l), 5);
  lab_free(&l);
}

static void an_empty_array_gives_no_items(void **state) {
  (void)state;
  lab l = lab_new();
  lnti_import_options options = LNTI_IMPORT_OPTIONS_INIT;
  lnti_import_result result = {0};
  media_folder(media_in(&l, "set").text);
  media_write_idx(media_in(&l, "set/train-images-idx3-ubyte").text, NULL, 0, 2, 2);
  assert_ok(import_as(&result, &l, media_in(&l, "set").text, &options));
  assert_int_equal(result.imported, 0);
  lnti_import_result_clear(&result);
  lab_free(&l);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(labels_lie_beside),
      cmocka_unit_test(titles_are_given_in_order),
      cmocka_unit_test(too_few_titles_are_refused),
      cmocka_unit_test(without_labels_there_are_items),
      cmocka_unit_test(labels_must_match_in_number_and_kind),
      cmocka_unit_test(labels_alone_are_no_images),
      cmocka_unit_test(a_tree_takes_the_labels),
      cmocka_unit_test(a_split_may_be_given),
      cmocka_unit_test(what_was_read_before_damage_stays),
      cmocka_unit_test(copies_within_an_array_are_counted),
      cmocka_unit_test(facts_come_with_a_second_import),
      cmocka_unit_test(an_empty_array_gives_no_items),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
