/*
 * Splits: exact proportions in every class, equal pictures on one side, seeds, what keep_test keeps, folders, and what
 * is refused; then random projects against the promises of the header.
 */
#include <flow/split/split.h>
#include <math.h>

#include "flow_support.h"

enum { ROWS_MAX = 400 };

/* ---- fixtures ---- */

typedef struct parts {
  char name[ROWS_MAX][16];
  size_t n;
} parts;

static lnt_status keep_split(void *payload, const lnti_item *item, lnt_error *err) {
  (void)err;
  parts *p = payload;
  assert_in_range(p->n, 0, ROWS_MAX - 1);
  snprintf(p->name[p->n++], sizeof p->name[0], "%s", item->split);
  return LNT_OK;
}

/* The splits of all items, in order of id. */
static parts read_parts(const lab *l) {
  parts p = {.n = 0};
  lnti_item_query query = {0};
  assert_ok(lnti_store_items(l->project->store, &query, keep_split, &p, ERR));
  return p;
}

static size_t count(const parts *p, size_t begin, size_t n, const char *name) {
  size_t found = 0;
  for (size_t i = begin; i < begin + n; i++) found += strcmp(p->name[i], name) == 0;
  return found;
}

static lab new_lab(void) {
  lab l = lab_new();
  lab_ontology(&l, NULL);
  return l;
}

/* The caller clears the warnings. */
static lnti_split_result split_and_hear(const lab *l, const lnti_split_options *options) {
  lnti_split_result result = {0};
  assert_ok(lnti_split(&result, l->project, options, ERR));
  return result;
}

static lnti_split_result split(const lab *l, const lnti_split_options *options) {
  lnti_split_result result = split_and_hear(l, options), counts = result;
  lnti_split_result_clear(&result);
  counts.warnings = (lnti_messages){0};
  counts.key = counts.worst_class = NULL;
  return counts;
}

static lnti_split_options shares(double val, double test) {
  lnti_split_options options = LNTI_SPLIT_OPTIONS_INIT;
  options.val = val;
  options.test = test;
  return options;
}

/* Adds n rows of contents of their own. */
static void add_class(lab_row *rows, size_t *n, size_t n_more, const char *label) {
  for (size_t end = *n + n_more; *n < end; ++*n) rows[*n] = (lab_row){NULL, *n + 1, NULL, label};
}

/* ---- random ---- */

static void test_each_class_keeps_its_proportions(void **state) {
  (void)state;
  lab l = new_lab();
  lab_row rows[ROWS_MAX];
  size_t n = 0;
  add_class(rows, &n, 100, "dog");
  add_class(rows, &n, 40, "cat");
  add_class(rows, &n, 10, "fox");
  add_class(rows, &n, 20, NULL);
  lab_rows(&l, rows, n);
  lnti_split_options options = shares(0.2, 0.1);
  lnti_split_result result = split_and_hear(&l, &options);
  parts p = read_parts(&l);
  static const size_t begin[] = {0, 100, 140, 150}, size[] = {100, 40, 10, 20}, val[] = {20, 8, 2, 4},
                      test[] = {10, 4, 1, 2};
  for (size_t c = 0; c < 4; c++) {
    assert_int_equal(count(&p, begin[c], size[c], "val"), val[c]);
    assert_int_equal(count(&p, begin[c], size[c], "test"), test[c]);
    assert_int_equal(count(&p, begin[c], size[c], "train"), size[c] - val[c] - test[c]);
  }
  assert_int_equal(result.val, 34);
  assert_int_equal(result.test, 17);
  assert_int_equal(result.train, 119);
  assert_int_equal(result.none, 0);
  assert_int_equal(result.warnings.n, 0);
  result = split_and_hear(&l, &options); /* what this project dealt may be dealt anew */
  assert_int_equal(result.warnings.n, 0);
  lnti_split_result_clear(&result);
  lab_free(&l);
}

static void test_a_split_that_came_with_the_set_is_spoken_for(void **state) {
  (void)state;
  lab l = new_lab();
  static const lab_row rows[] = {{NULL, 1, "train", "dog"}, {NULL, 2, "train", "dog"}, {NULL, 3, "test", "dog"}};
  lab_rows(&l, rows, 3);
  lnti_split_options options = shares(0.3, 0.3);
  lnti_split_result result = split_and_hear(&l, &options);
  assert_int_equal(result.warnings.n, 1);
  assert_non_null(strstr(result.warnings.text[0], "3 items were in a split before"));
  lnti_split_result_clear(&result);
  lab_free(&l);
}

static void test_shares_are_rounded_to_the_nearest(void **state) {
  (void)state;
  static const struct {
    double val, test;
    size_t n, n_val, n_test;
  } cases[] = {{0.15, 0.15, 10, 2, 2}, {0.15, 0.15, 3, 0, 0}, {0.15, 0.15, 4, 1, 1},
               {0, 0, 5, 0, 0},        {0.9, 0, 1, 1, 0},     {0, 0.5, 7, 0, 4}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    lab l = new_lab();
    lab_row rows[16];
    size_t n = 0;
    add_class(rows, &n, cases[i].n, "dog");
    lab_rows(&l, rows, n);
    lnti_split_options options = shares(cases[i].val, cases[i].test);
    lnti_split_result result = split(&l, &options);
    assert_int_equal(result.val, cases[i].n_val);
    assert_int_equal(result.test, cases[i].n_test);
    assert_int_equal(result.train, cases[i].n - cases[i].n_val - cases[i].n_test);
    lab_free(&l);
  }
}

/* Each class comes out as near as whole items allow; together that may be far off, which is told. */
static void test_shares_that_small_classes_miss(void **state) {
  (void)state;
  static const char *const labels[] = {"dog", "cat", "fox"};
  lab l = new_lab();
  lab_row rows[ROWS_MAX];
  size_t n = 0;
  for (size_t i = 0; i < 3; i++) add_class(rows, &n, 2, labels[i]);
  lab_rows(&l, rows, n);
  lnti_split_options options = shares(0, 0.25);
  lnti_split_result result = split_and_hear(&l, &options);
  assert_int_equal(result.test, 3);
  assert_int_equal(result.warnings.n, 1);
  assert_string_equal(
      result.warnings.text[0],
      "test has 3 items (50.0 %), where 2 (25.0 %) were asked for: every class is dealt out by itself, in "
      "whole items");
  lnti_split_result_clear(&result);
  lab_free(&l);
}

static void test_a_seed_is_a_split(void **state) {
  (void)state;
  lab l = new_lab();
  lab_row rows[100];
  size_t n = 0;
  add_class(rows, &n, 100, "dog");
  lab_rows(&l, rows, n);
  lnti_split_options options = LNTI_SPLIT_OPTIONS_INIT;
  split(&l, &options);
  parts first = read_parts(&l);
  options.seed = 1;
  split(&l, &options);
  parts other = read_parts(&l);
  options.seed = 0;
  split(&l, &options);
  parts again = read_parts(&l);
  assert_memory_not_equal(&first, &other, sizeof first);
  assert_memory_equal(&first, &again, sizeof first);
  assert_int_equal(count(&first, 0, 100, "val"), count(&other, 0, 100, "val"));
  /* Shuffled: the last fifteen are not all on one side. */
  assert_true(count(&first, 85, 15, "train") > 0 && count(&first, 85, 15, "train") < 15);
  lab_free(&l);
}

/* Labels of equal pictures may be missing or differ: the set goes as one, with the stratum of its first label. */
static void test_equal_pictures_stay_together(void **state) {
  (void)state;
  lab l = new_lab();
  lab_row rows[90];
  static const char *const labels[] = {NULL, "dog", "cat"};
  for (size_t i = 0; i < 90; i++) rows[i] = (lab_row){NULL, i % 30, NULL, labels[i / 30]};
  lab_rows(&l, rows, 90);
  lnti_split_options options = shares(0.2, 0.2);
  lnti_split_result result = split(&l, &options);
  parts p = read_parts(&l);
  for (size_t i = 0; i < 30; i++) {
    assert_string_equal(p.name[i], p.name[i + 30]);
    assert_string_equal(p.name[i], p.name[i + 60]);
  }
  assert_int_equal(result.test, 18);
  assert_int_equal(result.val, 18);
  assert_int_equal(result.train, 54);
  lab_free(&l);
}

static void test_keep_test(void **state) {
  (void)state;
  lab l = new_lab();
  lab_row rows[60];
  for (size_t i = 0; i < 60; i++) rows[i] = (lab_row){NULL, i, i < 10 ? "test" : i < 20 ? "val" : "", "dog"};
  rows[59].content = 0; /* a copy of one that must stay in test goes there, */
  rows[40].split = "test";
  rows[40].content = 30; /* also one that was added before it */
  lab_rows(&l, rows, 60);
  lnti_split_options options = shares(0.2, 0.3);
  options.keep_test = true;
  lnti_split_result result = split(&l, &options);
  parts p = read_parts(&l);
  assert_int_equal(count(&p, 0, 10, "test"), 10);
  assert_string_equal(p.name[59], "test");
  assert_string_equal(p.name[30], "test");
  assert_int_equal(result.test, 13);
  assert_int_equal(result.val, 9); /* a fifth of the 47 that are free */
  assert_int_equal(result.train, 38);
  options.keep_test = false;
  result = split(&l, &options);
  assert_in_range(result.test, 18, 19); /* 19 where a pair is dealt last */
  lab_free(&l);
}

static void test_stratified_by_the_target_that_is_named(void **state) {
  (void)state;
  lab l = lab_new();
  lab_ontology(&l,
               "{\"classifications\": ["
               "{\"id\": \"class\", \"type\": \"radio\", \"options\": [{\"id\": \"a\"}, {\"id\": \"b\"}]},"
               "{\"id\": \"side\", \"type\": \"radio\", \"options\": [{\"id\": \"left\"}, {\"id\": \"right\"}]}]}");
  lab_row rows[40];
  size_t n = 0;
  add_class(rows, &n, 40, "a");
  int64_t first = lab_rows(&l, rows, n);
  lnti_annotation sides[40];
  for (int i = 0; i < 40; i++) sides[i] = lab_annotation(&l, first + i, "side", i < 10 ? "left" : "right");
  assert_ok(lab_annotate(&l, sides, 40, false, NULL));
  lnti_split_options options = shares(0.2, 0.1);
  options.target = "side";
  for (options.seed = 0; options.seed < 3; options.seed++) {
    split(&l, &options);
    parts p = read_parts(&l);
    assert_int_equal(count(&p, 0, 10, "val"), 2);
    assert_int_equal(count(&p, 0, 10, "test"), 1);
    assert_int_equal(count(&p, 10, 30, "val"), 6);
  }
  options.target = NULL; /* two questions have answers: by none of them, and that is no error */
  lnti_split_result result = split(&l, &options);
  assert_int_equal(result.val, 8);
  lab_free(&l);
}

static void test_one_operation_each(void **state) {
  (void)state;
  lab l = new_lab();
  lnti_store_counts before, after;
  lab_items(&l, 10);
  lnti_split_options options = LNTI_SPLIT_OPTIONS_INIT;
  assert_ok(lnti_store_counts_read(&before, l.project->store, ERR));
  split(&l, &options);
  assert_ok(lnti_store_counts_read(&after, l.project->store, ERR));
  assert_int_equal(after.operations, before.operations + 1);
  lnti_store_counts_clear(&before);
  lnti_store_counts_clear(&after);
  lab_free(&l);
}

/* ---- folders ---- */

static void test_by_folder(void **state) {
  (void)state;
  lab l = new_lab();
  static const lab_row rows[] = {{"train/dog/1.png", 1, NULL, NULL}, {"set/Validation/1.png", 2, NULL, NULL},
                                 {"TEST/1.png", 3, "train", NULL},   {"dog/1.png", 4, "val", NULL},
                                 {"train.png", 5, NULL, NULL},       {"val/test/1.png", 6, NULL, NULL}};
  static const char *const wanted[] = {"train", "val", "test", "", "", "val"};
  lab_rows(&l, rows, 6);
  lnti_split_options options = LNTI_SPLIT_OPTIONS_INIT;
  options.method = LNTI_SPLIT_FOLDER;
  options.val = 7; /* shares mean nothing here */
  lnti_split_result result = split_and_hear(&l, &options);
  parts p = read_parts(&l);
  for (size_t i = 0; i < 6; i++) assert_string_equal(p.name[i], wanted[i]);
  assert_int_equal(result.train, 1);
  assert_int_equal(result.val, 2);
  assert_int_equal(result.test, 1);
  assert_int_equal(result.none, 2);
  assert_int_equal(result.warnings.n, 1);
  assert_non_null(strstr(result.warnings.text[0], "2 items lie below no folder"));
  lnti_split_result_clear(&result);
  lab_free(&l);
}

static void test_by_folder_where_there_is_none(void **state) {
  (void)state;
  lab l = new_lab();
  lab_item(&l, "dog/1.png", 1, "val");
  lnti_split_options options = LNTI_SPLIT_OPTIONS_INIT;
  lnti_split_result result = {.none = 77};
  options.method = LNTI_SPLIT_FOLDER;
  assert_status(lnti_split(&result, l.project, &options, ERR), LNT_ENOTFOUND);
  assert_message("--by random");
  assert_int_equal(result.none, 77);
  parts p = read_parts(&l);
  assert_string_equal(p.name[0], "val"); /* as it was */
  lab_free(&l);
}

/* ---- groups ---- */

static lnti_split_options by_group(const char *keys) {
  lnti_split_options options = shares(0.2, 0.2);
  options.method = LNTI_SPLIT_GROUP;
  options.group = keys;
  return options;
}

/* 20 patients of 6 images, each of two classes. */
static lab patients_lab(void) {
  lab l = new_lab();
  lab_row rows[120];
  static char text[120][8];
  const char *patients[120];
  for (size_t i = 0; i < 120; i++) {
    rows[i] = (lab_row){NULL, i, NULL, i % 2 ? "dog" : "cat"};
    snprintf(text[i], sizeof text[i], "p%zu", i / 6);
    patients[i] = text[i];
  }
  int64_t first = lab_rows(&l, rows, 120);
  lab_meta(&l, first, "patient", patients, 120);
  return l;
}

static void test_by_group(void **state) {
  (void)state;
  lab l = patients_lab();
  lnti_split_options options = by_group("patient");
  lnti_split_result result = split_and_hear(&l, &options);
  parts p = read_parts(&l), again;
  for (size_t i = 0; i < 120; i++) assert_string_equal(p.name[i], p.name[i / 6 * 6]);
  assert_int_equal(result.test, 24);
  assert_int_equal(result.val, 24);
  assert_int_equal(result.n_groups, 20);
  assert_int_equal(result.n_grouped, 120);
  assert_int_equal(result.largest, 6);
  assert_string_equal(result.key, "patient");
  assert_false(result.key_found);
  assert_null(result.worst_class); /* all as wanted */
  assert_int_equal(result.warnings.n, 0);
  lnti_split_result_clear(&result);
  options.seed = 5;
  split(&l, &options);
  again = read_parts(&l);
  assert_memory_not_equal(&p, &again, sizeof p);
  options.seed = 0;
  split(&l, &options);
  again = read_parts(&l);
  assert_memory_equal(&p, &again, sizeof p);
  lab_free(&l);
}

static void test_how_a_split_came_about(void **state) {
  (void)state;
  lab l = patients_lab();
  lnti_split_info info = {0};
  assert_ok(lnti_split_info_read(&info, l.project, ERR));
  assert_null(info.json);
  assert_null(info.key);
  lnti_split_options options = by_group("patient");
  options.seed = 7;
  split(&l, &options);
  assert_ok(lnti_split_info_read(&info, l.project, ERR));
  assert_string_equal(
      info.json, "{\"by\":\"group\",\"seed\":7,\"val\":0.2,\"test\":0.2,\"keep_test\":false,\"group\":\"patient\"}");
  assert_string_equal(info.key, "patient");
  lnti_split_info_clear(&info);
  options = shares(0.25, 0);
  split(&l, &options);
  assert_ok(lnti_split_info_read(&info, l.project, ERR));
  assert_string_equal(info.json, "{\"by\":\"random\",\"seed\":0,\"val\":0.25,\"test\":0,\"keep_test\":false}");
  assert_null(info.key);
  lnti_split_info_clear(&info);
  lab_free(&l);
}

/* One group holds all dogs; its images are half of all: far from every share, and told. */
static void test_groups_that_are_too_large(void **state) {
  (void)state;
  lab l = new_lab();
  lab_row rows[100];
  const char *sites[100];
  for (size_t i = 0; i < 100; i++) {
    rows[i] = (lab_row){NULL, i, NULL, i < 50 ? "dog" : "cat"};
    sites[i] = i < 50 ? "north" : NULL;
  }
  lab_meta(&l, lab_rows(&l, rows, 100), "site", sites, 100);
  lnti_split_options options = by_group("site");
  lnti_split_result result = split_and_hear(&l, &options);
  assert_int_equal(result.train, 50 + 30);
  assert_string_equal(result.worst_class, "dog");
  assert_string_equal(result.worst_part, "train");
  assert_true(result.worst_share == 1 && fabs(result.worst_wanted - 0.6) < 1e-12);
  assert_int_equal(result.warnings.n, 4);
  assert_non_null(strstr(result.warnings.text[0], "50 of 100 images have no value for --group site"));
  assert_non_null(strstr(result.warnings.text[1], "val has 10 items (10.0 %), where 20 (20.0 %) were asked for"));
  assert_non_null(strstr(result.warnings.text[3],
                         "1 class has all items in groups that are in train, and none in test: "
                         "\"dog\""));
  lnti_split_result_clear(&result);
  lab_free(&l);
}

static void test_without_keys(void **state) {
  (void)state;
  lab l = patients_lab();
  lnti_split_options options = by_group(NULL);
  lnti_split_result result = split_and_hear(&l, &options);
  assert_string_equal(result.key, "near");
  assert_true(result.key_found);
  assert_int_equal(result.warnings.n, 1);
  assert_non_null(strstr(result.warnings.text[0], "no two images belong together by near"));
  lnti_split_result_clear(&result);
  lab_free(&l);
}

/* Tracks that are alike: found, kept together without being named, and told of where a random split cuts them. */
static void test_tracks_are_found(void **state) {
  (void)state;
  lab l = new_lab();
  static char member[200][32];
  lab_row rows[200];
  lnti_item_facts facts[200] = {{0}};
  lnti_rng rng;
  lnti_rng_seed(&rng, 1, 0);
  for (size_t i = 0; i < 200; i++) {
    snprintf(member[i], sizeof member[0], "%zu_%zu.png", i / 10, i % 10);
    rows[i] = (lab_row){member[i], i, NULL, i / 10 % 2 ? "dog" : "cat"};
    facts[i].has_signature = true;
    for (size_t b = 0; b < LNTI_SIGNATURE_BYTES; b++) {
      facts[i].signature[b] = i % 10 ? facts[i - 1].signature[b] : (uint8_t)lnti_rng_next(&rng);
    }
    for (int f = 0; f < 20; f++)
      facts[i].signature[lnti_rng_below(&rng, 32)] ^= (uint8_t)(1u << lnti_rng_below(&rng, 8));
  }
  lab_facts(&l, lab_rows(&l, rows, 200), facts, 200);
  lnti_split_options options = shares(0.2, 0.2);
  lnti_split_result result = split_and_hear(&l, &options);
  assert_int_equal(result.warnings.n, 1);
  assert_non_null(strstr(result.warnings.text[0], "sets of images that belong together (by sequence:name)"));
  lnti_split_result_clear(&result);
  options = by_group(NULL);
  result = split_and_hear(&l, &options);
  assert_string_equal(result.key, "sequence:name");
  assert_true(result.key_found);
  assert_int_equal(result.warnings.n, 0);
  parts p = read_parts(&l);
  for (size_t i = 0; i < 200; i++) assert_string_equal(p.name[i], p.name[i / 10 * 10]);
  lnti_split_result_clear(&result);
  lab_free(&l);
}

/* Items of one group with one in test join it there; told. */
static void test_keep_test_by_group(void **state) {
  (void)state;
  lab l = patients_lab();
  lnti_split_options options = by_group("patient");
  split(&l, &options);
  options.keep_test = true;
  lab_item(&l, "new.png", 999, "");
  const char *patient = "p0";
  lab_meta(&l, 121, "patient", &patient, 1);
  parts before = read_parts(&l);
  options.seed = 9;
  lnti_split_result result = split_and_hear(&l, &options);
  parts p = read_parts(&l);
  for (size_t i = 0; i < 120; i++) {
    assert_int_equal(strcmp(before.name[i], "test") == 0, strcmp(p.name[i], "test") == 0);
  }
  assert_string_equal(p.name[120], p.name[0]);
  lnti_split_result_clear(&result);
  lab_free(&l);
}

/* One group over all of them, and test stays: nothing would be left to learn from. */
static void test_keep_test_that_takes_all(void **state) {
  (void)state;
  lab l = new_lab();
  static const lab_row rows[] = {{NULL, 1, "train", "dog"}, {NULL, 2, "train", "cat"}, {NULL, 3, "test", "dog"}};
  const char *site = "north";
  lab_rows(&l, rows, 3);
  for (int64_t id = 1; id <= 3; id++) lab_meta(&l, id, "site", &site, 1);
  lnti_split_options options = by_group("site");
  lnti_split_result result = {0};
  options.keep_test = true;
  assert_status(lnti_split(&result, l.project, &options, ERR), LNT_EINVAL);
  assert_message("--test 0.15");
  parts p = read_parts(&l);
  assert_string_equal(p.name[0], "train");
  assert_string_equal(p.name[2], "test");
  lab_free(&l);
}

/* Copies that folders put on both sides. */
static void test_folders_that_leak(void **state) {
  (void)state;
  lab l = new_lab();
  static const lab_row rows[] = {{"train/a.png", 1, NULL, NULL}, {"test/b.png", 1, NULL, NULL}};
  lab_rows(&l, rows, 2);
  lnti_split_options options = LNTI_SPLIT_OPTIONS_INIT;
  options.method = LNTI_SPLIT_FOLDER;
  lnti_split_result result = split_and_hear(&l, &options);
  assert_int_equal(result.warnings.n, 1);
  assert_non_null(strstr(result.warnings.text[0], "1 set of identical or nearly identical pictures"));
  assert_non_null(strstr(result.warnings.text[0], "/train/a.png and "));
  assert_non_null(strstr(result.warnings.text[0], "/test/b.png. "));
  assert_non_null(strstr(result.warnings.text[0], ": linnet split")); /* which draws at random, copies together */
  lnti_split_result_clear(&result);
  options.method = LNTI_SPLIT_RANDOM; /* no word of a split that came with the images: it cut copies */
  options.keep_test = false;
  options.val = 0;
  result = split_and_hear(&l, &options);
  assert_int_equal(result.warnings.n, 0);
  lnti_split_result_clear(&result);
  lab_free(&l);
}

/* The label of an item group is that of its members, and they go as one. */
static void test_item_groups(void **state) {
  (void)state;
  lab l = new_lab();
  lab_items(&l, 60);
  for (int64_t g = 0; g < 20; g++) {
    char member[16];
    snprintf(member, sizeof member, "group %d", (int)g);
    const int64_t members[] = {3 * g + 1, 3 * g + 2, 3 * g + 3};
    lab_answer(&l, lab_group(&l, member, members, 3), "class", g < 10 ? "cat" : "dog");
  }
  lnti_split_options options = shares(0.2, 0.2);
  lnti_split_result result = split(&l, &options);
  assert_int_equal(result.train + result.val + result.test, 60);
  parts p = read_parts(&l);
  for (size_t i = 0; i < 60; i++) assert_string_equal(p.name[i], p.name[i / 3 * 3]);
  assert_int_equal(count(&p, 0, 30, "test"), 6);
  assert_int_equal(count(&p, 30, 30, "test"), 6);
  assert_int_equal(count(&p, 60, 20, ""), 20); /* groups themselves are in no split */
  lab_free(&l);
}

/* ---- errors ---- */

static void test_shares_that_leave_nothing(void **state) {
  (void)state;
  lab l = new_lab();
  lab_item(&l, "a.png", 1, "");
  static const double bad[][2] = {{-0.1, 0.1}, {0.1, -0.1},      {0.5, 0.5},      {1, 0},
                                  {0, 1},      {(double)NAN, 0}, {0, (double)NAN}};
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    lnti_split_options options = shares(bad[i][0], bad[i][1]);
    lnti_split_result result = {0};
    assert_status(lnti_split(&result, l.project, &options, ERR), LNT_EINVAL);
    assert_message("together below 1");
  }
  parts p = read_parts(&l);
  assert_string_equal(p.name[0], "");
  lab_free(&l);
}

static void test_what_is_not_there(void **state) {
  (void)state;
  lab l = new_lab();
  lnti_split_options options = LNTI_SPLIT_OPTIONS_INIT;
  lnti_split_result result = {0};
  assert_status(lnti_split(&result, l.project, &options, ERR), LNT_ENOTFOUND);
  assert_message("no items");
  lab_item(&l, "a.png", 1, "");
  options.target = "colour";
  assert_status(lnti_split(&result, l.project, &options, ERR), LNT_ENOTFOUND);
  assert_message("colour");
  options.target = "quality"; /* a number is as good to go by */
  assert_ok(lnti_split(&result, l.project, &options, ERR));
  lnti_split_result_clear(&result);
  lab_free(&l);
}

/* ---- property ---- */

static void check_class(const parts *p, const lab_row *rows, size_t n, const char *label, size_t largest,
                        const lnti_split_options *options) {
  size_t size = 0, n_val = 0, n_test = 0;
  for (size_t i = 0; i < n; i++) {
    if (rows[i].label != label) continue;
    size++;
    n_val += strcmp(p->name[i], "val") == 0;
    n_test += strcmp(p->name[i], "test") == 0;
  }
  /* A set is dealt whole, and several classes have a say where it goes. */
  double slack = 0.5 + 2 * (double)(largest - 1);
  assert_true(fabs((double)n_test - (double)size * options->test) <= slack);
  assert_true(fabs((double)n_val - (double)size * options->val) <= slack + 0.5);
}

static void check_random(lnti_rng *rng, void *payload) {
  (void)payload;
  static const char *const labels[] = {NULL, "dog", "cat", "fox"};
  lab l = new_lab();
  lab_row rows[60];
  size_t n = 1 + lnti_rng_below(rng, 60), n_contents = 1 + lnti_rng_below(rng, 80), largest = 1;
  for (size_t i = 0; i < n; i++) {
    rows[i] = (lab_row){NULL, lnti_rng_below(rng, n_contents), NULL, labels[lnti_rng_below(rng, 4)]};
  }
  for (size_t i = 0; i < n; i++) {
    size_t set = 0;
    for (size_t j = 0; j < n; j++) set += rows[j].content == rows[i].content;
    if (set > largest) largest = set;
  }
  lab_rows(&l, rows, n);
  lnti_split_options options = shares(lnti_rng_unit(rng) * 0.5, lnti_rng_unit(rng) * 0.5);
  options.seed = lnti_rng_next(rng) >> 1;
  lnti_split_result result = split(&l, &options);
  parts p = read_parts(&l);
  assert_int_equal(result.train + result.val + result.test, n);
  assert_int_equal(count(&p, 0, n, "train"), result.train);
  assert_int_equal(count(&p, 0, n, "val"), result.val);
  assert_int_equal(count(&p, 0, n, "test"), result.test);
  for (size_t i = 0; i < n; i++) {
    for (size_t j = 0; j < i; j++) {
      if (rows[i].content == rows[j].content) assert_string_equal(p.name[i], p.name[j]);
    }
  }
  for (size_t k = 0; k < 4; k++) check_class(&p, rows, n, labels[k], largest, &options);
  lab_free(&l);
}

static void test_random_projects(void **state) {
  (void)state;
  lnti_test_property("split keeps its promises", 20, check_random, NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_each_class_keeps_its_proportions),
      cmocka_unit_test(test_a_split_that_came_with_the_set_is_spoken_for),
      cmocka_unit_test(test_keep_test_that_takes_all),
      cmocka_unit_test(test_shares_are_rounded_to_the_nearest),
      cmocka_unit_test(test_shares_that_small_classes_miss),
      cmocka_unit_test(test_a_seed_is_a_split),
      cmocka_unit_test(test_equal_pictures_stay_together),
      cmocka_unit_test(test_keep_test),
      cmocka_unit_test(test_stratified_by_the_target_that_is_named),
      cmocka_unit_test(test_one_operation_each),
      cmocka_unit_test(test_by_folder),
      cmocka_unit_test(test_by_folder_where_there_is_none),
      cmocka_unit_test(test_by_group),
      cmocka_unit_test(test_how_a_split_came_about),
      cmocka_unit_test(test_groups_that_are_too_large),
      cmocka_unit_test(test_without_keys),
      cmocka_unit_test(test_tracks_are_found),
      cmocka_unit_test(test_keep_test_by_group),
      cmocka_unit_test(test_folders_that_leak),
      cmocka_unit_test(test_item_groups),
      cmocka_unit_test(test_shares_that_leave_nothing),
      cmocka_unit_test(test_what_is_not_there),
      cmocka_unit_test(test_random_projects),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
