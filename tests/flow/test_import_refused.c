/*
 * Folders and records that cannot be labelled are refused by name, and the rest of the import goes on.
 */
#include "media_support.h"

static void write_picture(const lab *l, const char *member, uint64_t number) {
  uint8_t pixels[TOY_PIXELS];
  char folder[512];
  snprintf(folder, sizeof folder, "%.*s", (int)(strrchr(member, '/') - member), member);
  toy_pixels(pixels, 1, number);
  media_folder(media_in(l, "%s", folder).text);
  media_write_pgm(media_in(l, "%s", member).text, pixels, TOY_SIDE, TOY_SIDE);
}

static media_refusals refusals;

static lnt_status import_to(lnti_import_result *out, const lab *l, const char *name, const char *target) {
  lnti_import_options options = LNTI_IMPORT_OPTIONS_INIT;
  media_name path = media_in(l, "%s", name);
  const char *source = path.text;
  memset(&refusals, 0, sizeof refusals);
  options.refused = media_refuse;
  options.refused_payload = &refusals;
  options.target = target;
  return lnti_import(out, l->project, &source, 1, &options, ERR);
}

/* Imports "set"; checks what was taken and refused. */
static void expect_import(const lab *l, size_t imported, size_t existing, size_t refused) {
  lnti_import_result result = {0};
  assert_ok(import_to(&result, l, "set", NULL));
  assert_int_equal(result.imported, imported);
  assert_int_equal(result.existing, existing);
  assert_int_equal(result.n_refused, refused);
  assert_int_equal(refusals.n, refused);
  lnti_import_result_clear(&result);
}

static void expect_refused(const lab *l, const char *member, const char *reason) {
  assert_string_equal(refusals.of[0].path, media_in(l, "set/%s", member).text);
  assert_int_equal(refusals.of[0].code, LNT_EDATA);
  if (!strstr(refusals.of[0].reason, reason)) fail_msg("the reason is: %s", refusals.of[0].reason);
}

static void a_name_that_is_no_title(void **state) {
  (void)state;
  lab l = lab_new();
  write_picture(&l, "set/good/a.pgm", 1);
  write_picture(&l,
                "set/b\x01"
                "d/b.pgm",
                2);
  write_picture(&l,
                "set/b\x01"
                "d/c.pgm",
                3);
  write_picture(&l, "set/other/d.pgm", 4);
  expect_import(&l, 2, 0, 1);
  expect_refused(&l,
                 "b\x01"
                 "d",
                 "its images (2) were not taken");
  expect_import(&l, 0, 2, 1);
  lab_free(&l);
}

static const char leaf_only[] =
    "{\"classifications\": [{\"id\": \"class\", \"type\": \"tree\", \"leaf_only\": true, \"options\": ["
    "{\"id\": \"birds\", \"options\": [{\"id\": \"duck\"}]}, {\"id\": \"cats\"}]}]}";

static void images_in_an_inner_folder_of_leaf_only(void **state) {
  (void)state;
  lab l = lab_new();
  lab_ontology(&l, leaf_only);
  write_picture(&l, "set/birds/duck/a.pgm", 1);
  write_picture(&l, "set/birds/b.pgm", 2);
  write_picture(&l, "set/cats/c.pgm", 3);
  expect_import(&l, 2, 0, 1);
  expect_refused(&l, "birds", "only leaves");
  lab_free(&l);
}

/* A folder of this import makes an inner node of what was a leaf. */
static void a_leaf_that_this_import_opens(void **state) {
  (void)state;
  lab l = lab_new();
  lab_ontology(&l, leaf_only);
  write_picture(&l, "set/cats/a.pgm", 1);
  expect_import(&l, 1, 0, 0);
  write_picture(&l, "set/cats/lion/b.pgm", 2);
  expect_import(&l, 1, 1, 0); /* what is there already stays, and is nobody's fault */
  write_picture(&l, "set/cats/c.pgm", 3);
  expect_import(&l, 0, 2, 1);
  expect_refused(&l, "cats", "its images (1)");
  lab_free(&l);
}

static void folders_too_deep(void **state) {
  (void)state;
  lab l = lab_new();
  char deep[400] = "set/kind";
  for (int i = 0; i < 64; i++) strcat(deep, "/d");
  strcat(deep, "/x.pgm");
  write_picture(&l, "set/kind/a.pgm", 1);
  write_picture(&l, deep, 2);
  lnti_import_result result = {0};
  assert_ok(import_to(&result, &l, "set", NULL));
  assert_int_equal(result.imported, 1);
  assert_int_equal(refusals.n, 1);
  assert_int_equal(refusals.of[0].code, LNT_ELIMIT);
  lnti_import_result_clear(&result);
  lab_free(&l);
}

static const char with_retired[] =
    "{\"classifications\": [{\"id\": \"class\", \"type\": \"radio\", \"options\": ["
    "{\"id\": \"down\", \"retired\": true}, {\"id\": \"across\"}, {\"id\": \"1\", \"retired\": true}]}]}";

static void options_that_are_retired(void **state) {
  (void)state;
  lab l = lab_new();
  lab_ontology(&l, with_retired);
  toy_tree(media_in(&l, "set").text, 2, 0);
  expect_import(&l, 4, 0, 1);
  expect_refused(&l, "down", "retired");
  lab_free(&l);
}

static void labels_that_are_retired(void **state) {
  (void)state;
  lab l = lab_new();
  lnti_import_result result = {0};
  lab_ontology(&l, with_retired);
  toy_arrays(l.folder, "train", false, 6, 0);
  assert_ok(import_to(&result, &l, "train-images-idx3-ubyte", NULL));
  assert_int_equal(result.imported, 4);
  assert_int_equal(result.n_refused, 2);
  assert_non_null(strstr(refusals.of[0].path, "train-images-idx3-ubyte#1"));
  assert_int_equal(refusals.of[1].code, LNT_EDATA);
  lnti_import_result_clear(&result);
  lab_free(&l);
}

static void a_nested_question_is_no_target(void **state) {
  (void)state;
  lab l = lab_new();
  lnti_import_result result = {0};
  lab_ontology(&l, NULL);
  toy_tree(media_in(&l, "set").text, 1, 0);
  assert_status(import_to(&result, &l, "set", "class/cat/mood"), LNT_EINVAL);
  assert_message("\"class/cat/mood\" is asked only after another answer");
  media_items items = media_list(l.project, "class");
  assert_int_equal(items.n, 0);
  media_items_clear(&items);
  lab_free(&l);
}

/* A line of a table that is too long is refused by its number, and what follows it is taken. */
static void huge_lines(void **state) {
  enum { FIELD = 10 << 20, FIELDS = 9 << 20 };
  (void)state;
  lab l = lab_new();
  lnti_import_result result = {0};
  lnti_text text = {0};
  char *field = malloc(FIELD), *fields = malloc(2 * (size_t)FIELDS);
  assert_true(field && fields);
  memset(field, 'x', FIELD);
  for (size_t i = 0; i < FIELDS; i++) memcpy(fields + 2 * i, "y,", 2);
  for (int i = 0; i < 4; i++)
    write_picture(&l, (const char *[]){"set/a.pgm", "set/b.pgm", "set/c.pgm", "set/d.pgm"}[i], (uint64_t)i);
  assert_ok(lnti_text_printf(&text, ERR, "path,label\na.pgm,cat\nb.pgm,"));
  assert_ok(lnti_text_append(&text, field, FIELD, ERR));
  assert_ok(lnti_text_printf(&text, ERR, "\nc.pgm,"));
  assert_ok(lnti_text_append(&text, fields, 2 * (size_t)FIELDS, ERR));
  assert_ok(lnti_text_printf(&text, ERR, "\nd.pgm,dog\n"));
  lnti_test_write_file(media_in(&l, "set/t.csv").text, text.data, text.length);
  assert_ok(import_to(&result, &l, "set/t.csv", NULL));
  assert_true(result.imported == 2 && result.labelled == 2 && refusals.n == 2);
  for (size_t i = 0; i < 2; i++) {
    assert_true(strstr(refusals.of[i].path, i ? "/t.csv:4" : "/t.csv:3") != NULL);
    assert_int_equal(refusals.of[i].code, LNT_ELIMIT);
  }
  lnti_import_result_clear(&result);
  lnti_text_clear(&text);
  free(fields);
  free(field);
  lab_free(&l);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_name_that_is_no_title),        cmocka_unit_test(images_in_an_inner_folder_of_leaf_only),
      cmocka_unit_test(a_leaf_that_this_import_opens),  cmocka_unit_test(folders_too_deep),
      cmocka_unit_test(options_that_are_retired),       cmocka_unit_test(labels_that_are_retired),
      cmocka_unit_test(a_nested_question_is_no_target), cmocka_unit_test(huge_lines),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
