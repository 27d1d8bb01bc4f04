/*
 * --group: which images become a group, whose the labels are, members that disagree, and what a later import does with
 * items and groups that are there.
 */
#include "media_support.h"

static lnti_import_result import_groups(const lab *l, const char *source, const char *regex) {
  lnti_import_options options = LNTI_IMPORT_OPTIONS_INIT;
  lnti_import_result result = {0};
  options.group = regex;
  assert_ok(lnti_import(&result, l->project, &source, 1, &options, ERR));
  return result;
}

static void expect(const lab *l, const char *regex, size_t imported, size_t existing, size_t groups, size_t labelled) {
  lnti_import_result result = import_groups(l, media_in(l, "set").text, regex);
  assert_int_equal(result.imported, imported);
  assert_int_equal(result.existing, existing);
  assert_int_equal(result.groups, groups);
  assert_int_equal(result.labelled, labelled);
  if (existing == 0) assert_int_equal(result.again.labels_same, 0); /* members that agree are no news */
  lnti_import_result_clear(&result);
}

/* "set/down/p1_0.pgm": `n` pictures of each patient. */
static void write_patient(const lab *l, const char *folder, const char *patient, int n) {
  uint8_t pixels[TOY_PIXELS];
  media_folder(media_in(l, "set/%s", folder).text);
  for (int i = 0; i < n; i++) {
    toy_pixels(pixels, i % TOY_CLASSES, (uint64_t)patient[1] * 100 + (uint64_t)i);
    media_write_pgm(media_in(l, "set/%s/%s_%d.pgm", folder, patient, i).text, pixels, TOY_SIDE, TOY_SIDE);
  }
}

static lab patients_lab(void) {
  lab l = lab_new();
  write_patient(&l, "ill", "p1", 3);
  write_patient(&l, "ill", "p2", 2);
  write_patient(&l, "well", "p3", 2);
  return l;
}

static const char by_patient[] = "(p[0-9]+)_";

/* ---- what a group is ---- */

static void labels_belong_to_the_group(void **state) {
  (void)state;
  lab l = patients_lab();
  expect(&l, by_patient, 7, 0, 3, 3);
  media_items items = media_list(l.project, "class");
  assert_int_equal(items.n, 10);
  const media_item *group = media_find(&items, "group:p1");
  assert_int_equal(group->kind, LNTI_ITEM_GROUP);
  assert_string_equal(group->label, "ill");
  assert_string_equal(group->stage, "done");
  assert_string_equal(group->format, "group");
  assert_int_equal(group->by, LNTI_BY_IMPORT);
  assert_int_equal(group->group_id, 0);
  assert_string_equal(media_find(&items, "group:p3")->label, "well");
  const media_item *member = media_find(&items, "ill/p1_2.pgm");
  assert_int_equal(member->group_id, group->id);
  assert_int_equal(member->kind, LNTI_ITEM_IMAGE);
  assert_string_equal(member->label, "");
  assert_int_equal(media_find(&items, "ill/p2_0.pgm")->group_id, media_find(&items, "group:p2")->id);
  media_items_clear(&items);
  lab_free(&l);
}

/* The first subexpression, else the whole match; no match, or an empty one, is no group. */
static void which_names_are_groups(void **state) {
  (void)state;
  static const struct {
    const char *regex, *group; /* of "ill/p1_0.pgm"; NULL: none */
    size_t n;
  } cases[] = {{"p[0-9]", "group:p1", 3},
               {"([^/]+)/[^/]*$", "group:ill", 2},
               {"x*", NULL, 0},
               {"nothing", NULL, 0},
               {"p(x)?", "group:p", 1}, /* a subexpression that takes no part: the whole match */
               {"(well|p1)", "group:p1", 2},
               {"^.*$", "group:ill/p1_0.pgm", 7},
               {"(p\\d)_\\d", "group:p1", 3},
               {"^(\\w+)/", "group:ill", 2},
               {"([\\d]+)_", "group:1", 3},
               {"/(\\D\\d)[^\\s]", "group:p1", 3},
               {"([[:alpha:]\\d]+)_", "group:p1", 3},
               {"\\s", NULL, 0}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    lab l = patients_lab();
    lnti_import_result result = import_groups(&l, media_in(&l, "set").text, cases[i].regex);
    media_items items = media_list(l.project, "class");
    const media_item *member = media_find(&items, "ill/p1_0.pgm");
    if (result.groups != cases[i].n) fail_msg("%s: %zu groups", cases[i].regex, result.groups);
    assert_int_equal(member->group_id, cases[i].group ? media_find(&items, cases[i].group)->id : 0);
    assert_string_equal(member->label, cases[i].group ? "" : "ill");
    media_items_clear(&items);
    bool told = media_says(&result.warnings,
                           "finds nothing in all 7 of 7 paths below the source, which are in no group "
                           "(first: ill/p1_0.pgm)");
    assert_int_equal(told, cases[i].n == 0);
    lnti_import_result_clear(&result);
    lab_free(&l);
  }
}

static void what_is_no_expression(void **state) {
  (void)state;
  lab l = patients_lab();
  lnti_import_options options = LNTI_IMPORT_OPTIONS_INIT;
  lnti_import_result result = {.imported = 77};
  media_name name = media_in(&l, "set");
  const char *source = name.text;
  options.group = "(p[0-9";
  assert_status(lnti_import(&result, l.project, &source, 1, &options, ERR), LNT_EINVAL);
  assert_message("--group (p[0-9: no regular expression");
  assert_int_equal(result.imported, 77);
  media_items items = media_list(l.project, "class");
  assert_int_equal(items.n, 0);
  media_items_clear(&items);
  lab_free(&l);
}

/* One image by itself is asked as well. */
static void a_single_file_joins_a_group(void **state) {
  (void)state;
  lab l = patients_lab();
  lnti_import_result result = import_groups(&l, media_in(&l, "set/ill/p1_0.pgm").text, by_patient);
  assert_int_equal(result.groups, 1);
  lnti_import_result_clear(&result);
  media_items items = media_list(l.project, "class");
  assert_int_equal(media_find(&items, "p1_0.pgm")->group_id, media_find(&items, "group:p1")->id);
  media_items_clear(&items);
  lab_free(&l);
}

/* ---- members that disagree ---- */

static void clashes_are_told(void **state) {
  (void)state;
  lab l = patients_lab();
  write_patient(&l, "well", "p1", 2); /* ill by the first folder, well by this one */
  lnti_import_result result = import_groups(&l, media_in(&l, "set").text, by_patient);
  assert_int_equal(result.groups, 3);
  assert_int_equal(result.labelled, 3);
  assert_true(media_says(&result.warnings, "different labels 2 times (first: well/p1_0.pgm)"));
  lnti_import_result_clear(&result);
  media_items items = media_list(l.project, "class");
  assert_string_equal(media_find(&items, "group:p1")->label, "ill");
  media_items_clear(&items);

  /* And of a group that is there from before. */
  write_patient(&l, "well", "p2", 1);
  result = import_groups(&l, media_in(&l, "set").text, by_patient);
  assert_int_equal(result.imported, 1);
  assert_true(media_says(&result.warnings, "different labels 3 times"));
  lnti_import_result_clear(&result);
  lab_free(&l);
}

static void a_persons_answer_is_no_clash(void **state) {
  (void)state;
  lab l = patients_lab();
  expect(&l, by_patient, 7, 0, 3, 3);
  lab_reopen(&l);
  assert_ok(lnti_store_ontology(&l.ontology, l.project->store, ERR));
  media_items items = media_list(l.project, "class");
  lab_answer(&l, media_find(&items, "group:p1")->id, "class", "well");
  media_items_clear(&items);
  lnti_import_result result = import_groups(&l, media_in(&l, "set").text, by_patient);
  assert_int_equal(result.labelled, 0);
  assert_false(media_says(&result.warnings, "different labels"));
  lnti_import_result_clear(&result);
  items = media_list(l.project, "class");
  assert_string_equal(media_find(&items, "group:p1")->label, "well");
  media_items_clear(&items);
  lab_free(&l);
}

/* ---- again ---- */

static void the_same_again_changes_nothing(void **state) {
  (void)state;
  lab l = patients_lab();
  expect(&l, by_patient, 7, 0, 3, 3);
  media_items before = media_list(l.project, "class");
  expect(&l, by_patient, 0, 7, 0, 0);
  media_items after = media_list(l.project, "class");
  assert_int_equal(before.n, after.n);
  for (size_t i = 0; i < after.n; i++) {
    assert_int_equal(before.item[i].group_id, after.item[i].group_id);
    assert_string_equal(before.item[i].label, after.item[i].label);
    assert_string_equal(before.item[i].stage, after.item[i].stage);
  }
  media_items_clear(&before);
  media_items_clear(&after);
  lab_free(&l);
}

/* A group has members, whenever it is made: what was there joins it, and keeps its own answer. */
static void items_that_are_there_join(void **state) {
  (void)state;
  lab l = patients_lab();
  expect(&l, NULL, 7, 0, 0, 7);
  write_patient(&l, "ill", "p1", 4);
  expect(&l, by_patient, 1, 7, 3, 3);
  media_items items = media_list(l.project, "class");
  const media_item *group = media_find(&items, "group:p1");
  assert_string_equal(group->label, "ill");
  assert_string_equal(group->stage, "done");
  assert_int_equal(media_find(&items, "ill/p1_0.pgm")->group_id, group->id);
  assert_string_equal(media_find(&items, "ill/p1_0.pgm")->label, "ill");
  assert_int_equal(media_find(&items, "ill/p1_3.pgm")->group_id, group->id);
  assert_string_equal(media_find(&items, "ill/p1_3.pgm")->label, "");
  media_items_clear(&items);
  lab_free(&l);
}

/* Another expression, or none, takes nothing out of its group, makes none without members and labels no member. */
static void groups_that_are_there_stay(void **state) {
  (void)state;
  lab l = patients_lab();
  expect(&l, by_patient, 7, 0, 3, 3);
  expect(&l, "([^/]+)/[^/]*$", 0, 7, 0, 0);
  expect(&l, NULL, 0, 7, 0, 0);
  media_items items = media_list(l.project, "class");
  assert_int_equal(items.n, 10);
  assert_int_equal(media_find(&items, "well/p3_1.pgm")->group_id, media_find(&items, "group:p3")->id);
  assert_string_equal(media_find(&items, "well/p3_1.pgm")->label, "");
  media_items_clear(&items);
  lab_free(&l);
}

static void groups_of_a_cancelled_import(void **state) {
  (void)state;
  lab l = lab_new();
  media_stopper stopper;
  lnti_import_options options = LNTI_IMPORT_OPTIONS_INIT;
  lnti_import_result result = {0};
  media_name name = media_in(&l, "set");
  const char *source = name.text;
  for (int p = 0; p < 20; p++) {
    char patient[8];
    snprintf(patient, sizeof patient, "p%d", p + 10);
    write_patient(&l, p < 10 ? "ill" : "well", patient, 50);
  }
  media_stop_at(&stopper, 1);
  l.project->context.cancel = &stopper.cancel;
  options.group = by_patient;
  options.progress = &stopper.progress;
  assert_status(lnti_import(&result, l.project, &source, 1, &options, ERR), LNT_ECANCELLED);
  l.project->context.cancel = NULL;
  media_items items = media_list(l.project, "class");
  assert_in_range(items.n, 2, 1000);
  media_items_clear(&items);
  options.progress = NULL;
  assert_ok(lnti_import(&result, l.project, &source, 1, &options, ERR));
  assert_int_equal(result.n_refused, 0);
  lnti_import_result_clear(&result);
  items = media_list(l.project, "class");
  assert_int_equal(items.n, 1020);
  for (size_t i = 0; i < items.n; i++) {
    const media_item *item = &items.item[i];
    assert_string_equal(item->label, item->kind != LNTI_ITEM_GROUP ? "" : item->member[7] == '1' ? "ill" : "well");
    assert_true((item->group_id != 0) == (item->kind == LNTI_ITEM_IMAGE));
  }
  media_items_clear(&items);
  lab_free(&l);
}

/* ---- names ---- */

/* A file may not pass for a group. */
static void files_that_are_named_as_groups(void **state) {
  (void)state;
  lab l = patients_lab();
  static media_refusals refusals;
  lnti_import_options options = LNTI_IMPORT_OPTIONS_INIT;
  lnti_import_result result = {0};
  media_name name = media_in(&l, "set");
  const char *source = name.text;
  uint8_t pixels[TOY_PIXELS];
  memset(&refusals, 0, sizeof refusals);
  toy_pixels(pixels, 0, 7);
  media_write_pgm(media_in(&l, "set/group:p1.pgm").text, pixels, TOY_SIDE, TOY_SIDE);
  options.group = by_patient;
  options.refused = media_refuse;
  options.refused_payload = &refusals;
  assert_ok(lnti_import(&result, l.project, &source, 1, &options, ERR));
  assert_int_equal(result.imported, 7);
  assert_int_equal(refusals.n, 1);
  assert_int_equal(refusals.of[0].code, LNT_EUNSUPPORTED);
  assert_non_null(strstr(refusals.of[0].reason, "stands for a group"));
  lnti_import_result_clear(&result);
  lab_free(&l);
}

/* One name in two sources is two groups; but what is in a group already stays in it, also when the folder above is named. */
static void groups_are_those_of_their_source(void **state) {
  (void)state;
  lab l = patients_lab();
  lnti_import_result result = import_groups(&l, media_in(&l, "set/ill").text, by_patient);
  assert_int_equal(result.groups, 2);
  lnti_import_result_clear(&result);
  result = import_groups(&l, media_in(&l, "set").text, by_patient);
  assert_int_equal(result.groups, 1);
  assert_int_equal(result.existing, 5);
  lnti_import_result_clear(&result);
  write_patient(&l, "../other", "p1", 2);
  result = import_groups(&l, media_in(&l, "other").text, by_patient);
  assert_int_equal(result.groups, 1);
  assert_int_equal(result.imported, 2);
  lnti_import_result_clear(&result);
  lab_free(&l);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(labels_belong_to_the_group),
      cmocka_unit_test(which_names_are_groups),
      cmocka_unit_test(what_is_no_expression),
      cmocka_unit_test(a_single_file_joins_a_group),
      cmocka_unit_test(clashes_are_told),
      cmocka_unit_test(a_persons_answer_is_no_clash),
      cmocka_unit_test(the_same_again_changes_nothing),
      cmocka_unit_test(items_that_are_there_join),
      cmocka_unit_test(groups_that_are_there_stay),
      cmocka_unit_test(groups_of_a_cancelled_import),
      cmocka_unit_test(files_that_are_named_as_groups),
      cmocka_unit_test(groups_are_those_of_their_source),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
