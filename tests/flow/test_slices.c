/*
 * Which images are in which slice: 120 pictures whose names say site, number and day, four whose names say nothing. What is
 * right is said by the test itself, so that each slice can be counted from the names.
 */
#include "media_support.h"

#include <flow/evaluate/slices.h>
#include <flow/view/view.h>
#include <math.h>

enum { NAMED = 120, NAMELESS = 4, ITEMS = NAMED + NAMELESS };

/* Sites a to l are those of six pictures each, m to x of four: 24 in all. */
static int site_of(int i) {
  return i < 72 ? i / 6 : 12 + (i - 72) / 4;
}

/* Days are of four pictures each: 30 of them. */
static void name_of(char name[64], int i) {
  if (i < NAMED) {
    (void)snprintf(name, 64, "deep/%s/s-%c_%d_2020-01-%02d.pgm", i % 2 ? "odd" : "even", 'a' + site_of(i), i,
                   1 + i / 4);
  } else {
    (void)snprintf(name, 64, "plain%d.pgm", i);
  }
}

typedef struct set {
  lab l;
  lnti_view *view;
  int64_t id[ITEMS];
  int32_t label[ITEMS];
  uint32_t predicted[ITEMS];
} set;

/* Every third picture is answered wrongly. */
static void set_open(set *s) {
  char name[64];
  *s = (set){.l = lab_new()};
  media_folder(media_in(&s->l, "set/deep/odd").text);
  media_folder(media_in(&s->l, "set/deep/even").text);
  for (int i = 0; i < ITEMS; i++) {
    uint8_t pixels[TOY_PIXELS];
    toy_pixels(pixels, i % 3, (uint64_t)i);
    name_of(name, i);
    media_write_pgm(media_in(&s->l, "set/%s", name).text, pixels, TOY_SIDE, TOY_SIDE);
  }
  lnti_import_options options = LNTI_IMPORT_OPTIONS_INIT;
  lnti_import_result result = {0};
  media_name root = media_in(&s->l, "set");
  const char *source = root.text;
  options.meta = "s-{site}_{number}_{date}";
  assert_ok(lnti_import(&result, s->l.project, &source, 1, &options, ERR));
  lnti_import_result_clear(&result);
  media_items items = media_list(s->l.project, "class");
  assert_int_equal(items.n, ITEMS);
  for (int i = 0; i < ITEMS; i++) {
    name_of(name, i);
    s->id[i] = media_find(&items, name)->id;
    s->label[i] = i % 2;
    s->predicted[i] = (uint32_t)(i % 3 ? i % 2 : 1 - i % 2);
  }
  media_items_clear(&items);
  assert_ok(lnti_view_open(&s->view, s->l.project, NULL, NULL, ERR));
}

static set shared; /* read by all tests */

static int open_shared(void **state) {
  (void)state;
  set_open(&shared);
  return 0;
}

static int close_shared(void **state) {
  (void)state;
  lnti_view_close(shared.view);
  lab_free(&shared.l);
  return 0;
}

/* Class 0 or 1 for certain, as predicted. */
static lnt_status find(lnti_report_slices *out, const set *s, size_t n, const char *text) {
  float prob[2 * ITEMS] = {0};
  lnti_slice_key key;
  for (size_t i = 0; i < n; i++) prob[2 * i + s->predicted[i]] = 1;
  lnti_truth truth = {LNTI_MULTICLASS, n, 2, (int32_t *)(uintptr_t)s->label, NULL, NULL};
  const lnti_judging judging = {.prob = prob, .truth = &truth, .options = {20, 1, NULL, 0}};
  const lnti_slices_of of = {s->id, &judging};
  assert_ok(lnti_slice_key_find(&key, s->view, text, ERR));
  return lnti_slices_find(out, s->view, &key, &of, &s->l.project->context, ERR);
}

static lnti_report_slices slices_by(const set *s, const char *text) {
  lnti_report_slices slices;
  assert_ok(find(&slices, s, ITEMS, text));
  size_t n = 0, hits = 0;
  for (size_t i = 0; i < slices.n; i++) {
    n += slices.slices[i].figures.n;
    hits += slices.slices[i].figures.hits;
  }
  assert_true(n == ITEMS && hits == 2 * ITEMS / 3); /* parts of one whole, whatever the key */
  assert_string_equal(slices.key, text);
  return slices;
}

static void assert_slice(const lnti_report_slices *s, size_t i, lnti_slice_kind kind, const char *text, size_t n,
                         size_t hits) {
  assert_true(i < s->n);
  const lnti_report_slice *slice = &s->slices[i];
  assert_string_equal(slice->text, text);
  assert_true(slice->kind == kind && slice->figures.n == n && slice->figures.hits == hits);
  assert_true(fabs(slice->figures.value[0] - (double)hits / (double)n) < 1e-12);
}

static void frequent_values_then_others_then_none(void **state) {
  set s = shared;
  (void)state;
  lnti_report_slices slices = slices_by(&s, "site");
  assert_int_equal(slices.n, LNTI_SLICE_VALUES_MAX + 2);
  assert_slice(&slices, 0, LNTI_SLICE_VALUE, "a", 6, 4); /* pictures 0 to 5, of which 0 and 3 are wrong */
  assert_slice(&slices, 11, LNTI_SLICE_VALUE, "l", 6, 4);
  assert_slice(&slices, 12, LNTI_SLICE_VALUE, "m", 4, 2);       /* 72 to 75: 72 and 75 are wrong */
  assert_slice(&slices, 19, LNTI_SLICE_VALUE, "t", 4, 3);       /* 100 to 103 */
  assert_slice(&slices, 20, LNTI_SLICE_OTHER, "other", 16, 11); /* 104 to 119 */
  assert_int_equal(slices.slices[20].n_values, 4);
  assert_slice(&slices, 21, LNTI_SLICE_NONE, "none", 4, 2); /* 120 to 123 */
  lnti_report_slices_clear(&slices);
}

static void numbers_and_dates_become_ranges(void **state) {
  set s = shared;
  (void)state;
  lnti_report_slices slices = slices_by(&s, "number");
  assert_int_equal(slices.n, 5);
  assert_slice(&slices, 0, LNTI_SLICE_RANGE, "0 to 29", 30, 20);
  assert_slice(&slices, 3, LNTI_SLICE_RANGE, "90 to 119", 30, 20);
  assert_slice(&slices, 4, LNTI_SLICE_NONE, "none", 4, 2); /* 120 to 123 */
  assert_true(slices.slices[1].low == 30 && slices.slices[1].high == 59 && slices.slices[1].n_values == 30);
  assert_true(isnan(slices.slices[4].low) && slices.slices[4].n_values == 0);
  lnti_report_slices_clear(&slices);
  slices = slices_by(&s, "meta.date");
  assert_int_equal(slices.n, 5);
  assert_slice(&slices, 0, LNTI_SLICE_RANGE, "2020-01-01 to 2020-01-07", 28, 18); /* 0 to 27 */
  assert_true(isnan(slices.slices[0].low));
  lnti_report_slices_clear(&slices);
}

/* Two ranges of 30 rather than four that are too small to be compared. */
static void few_images_become_fewer_ranges(void **state) {
  const set s = shared;
  lnti_report_slices slices;
  (void)state;
  assert_ok(find(&slices, &s, 60, "number"));
  assert_true(slices.n == 2 && slices.gap.n_enough == 2);
  assert_slice(&slices, 1, LNTI_SLICE_RANGE, "30 to 59", 30, 20);
  lnti_report_slices_clear(&slices);
}

static void folders_sources_and_what_import_found(void **state) {
  set s = shared;
  (void)state;
  lnti_report_slices slices = slices_by(&s, "folder");
  assert_int_equal(slices.n, 3);
  assert_slice(&slices, 0, LNTI_SLICE_VALUE, "deep/even", 60, 40);
  assert_slice(&slices, 1, LNTI_SLICE_VALUE, "deep/odd", 60, 40);
  assert_slice(&slices, 2, LNTI_SLICE_VALUE, ".", 4, 2);
  assert_int_equal(slices.gap.n_enough, 2);
  assert_true(slices.gap.difference == 0);
  lnti_report_slices_clear(&slices);
  slices = slices_by(&s, "folder:1");
  assert_int_equal(slices.n, 2);
  assert_slice(&slices, 0, LNTI_SLICE_VALUE, "deep", 120, 80);
  lnti_report_slices_clear(&slices);
  slices = slices_by(&s, "folder:9"); /* as deep as they go */
  assert_slice(&slices, 1, LNTI_SLICE_VALUE, "deep/odd", 60, 40);
  lnti_report_slices_clear(&slices);
  slices = slices_by(&s, "source");
  assert_slice(&slices, 0, LNTI_SLICE_VALUE, media_in(&s.l, "set").text, ITEMS, 2 * ITEMS / 3);
  lnti_report_slices_clear(&slices);
  slices = slices_by(&s, "split");
  assert_slice(&slices, 0, LNTI_SLICE_NONE, "none", ITEMS, 2 * ITEMS / 3);
  lnti_report_slices_clear(&slices);
  slices = slices_by(&s, "width"); /* one value: no range */
  assert_slice(&slices, 0, LNTI_SLICE_VALUE, "12", ITEMS, 2 * ITEMS / 3);
  lnti_report_slices_clear(&slices);
  slices = slices_by(&s, "quality.brightness");
  assert_true(slices.n == LNTI_SLICE_RANGES && slices.slices[0].kind == LNTI_SLICE_RANGE);
  for (size_t i = 0; i < slices.n; i++) assert_in_range(slices.slices[i].figures.n, 28, 34);
  for (size_t i = 1; i < slices.n; i++) assert_true(slices.slices[i - 1].high < slices.slices[i].low);
  lnti_report_slices_clear(&slices);
  slices = slices_by(&s, "class"); /* folders are labels */
  assert_slice(&slices, 0, LNTI_SLICE_VALUE, "deep/even", 60, 40);
  lnti_report_slices_clear(&slices);
}

static void an_item_that_is_not_in_the_view_has_no_value(void **state) {
  set s = shared;
  (void)state;
  s.id[0] = 123456;
  lnti_report_slices slices = slices_by(&s, "number");
  assert_int_equal(slices.slices[slices.n - 1].figures.n, NAMELESS + 1);
  lnti_report_slices_clear(&slices);
}

static void keys_that_name_single_images_are_refused(void **state) {
  static const char *const keys[] = {"id", "path", "group", "duplicate.near"};
  const set s = shared;
  lnti_slice_key key;
  (void)state;
  for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
    assert_status(lnti_slice_key_find(&key, s.view, keys[i], ERR), LNT_EINVAL);
    assert_message("names single images");
  }
  static const char *const depths[] = {"folder:", "folder:0", "folder:65", "folder:two", "folder:-1"};
  for (size_t i = 0; i < sizeof depths / sizeof *depths; i++) {
    assert_status(lnti_slice_key_find(&key, s.view, depths[i], ERR), LNT_EINVAL);
    assert_message("how many levels of folders");
  }
  assert_status(lnti_slice_key_find(&key, s.view, "sitee", ERR), LNT_EINVAL);
  assert_message("did you mean 'site'?");
  assert_ok(lnti_slice_key_find(&key, s.view, "meta.site", ERR));
  assert_ok(lnti_slice_key_find(&key, s.view, "folder", ERR));
}

/* What `text` makes of answers of any task. */
static lnti_report_slices slices_of_task(const set *s, const lnti_judging *judging, const char *text) {
  const lnti_slices_of of = {s->id, judging};
  lnti_slice_key key;
  lnti_report_slices slices;
  assert_ok(lnti_slice_key_find(&key, s->view, text, ERR));
  assert_ok(lnti_slices_find(&slices, s->view, &key, &of, &s->l.project->context, ERR));
  return slices;
}

/* Answers are 1 off in even folders and 3 in odd ones, and 2 where the names say nothing; three groups of items each third. */
static void numbers_have_their_mean_error(void **state) {
  const set *s = &shared;
  float answer[ITEMS];
  double value[ITEMS];
  uint32_t group[ITEMS];
  (void)state;
  for (size_t i = 0; i < ITEMS; i++) {
    value[i] = (double)(i % 7);
    answer[i] = (float)(value[i] + (i >= NAMED ? 2 : i % 2 ? -3 : 1));
    group[i] = (uint32_t)(i / 3);
  }
  lnti_truth truth = {LNTI_REGRESSION, ITEMS, 1, NULL, NULL, value};
  lnti_judging judging = {.prob = answer,
                          .truth = &truth,
                          .interval = {(double)NAN, (double)NAN},
                          .train_mean = (double)NAN,
                          .options = {60, 1, group, 0}};
  lnti_report_slices slices = slices_of_task(s, &judging, "folder");
  assert_int_equal(slices.n_measures, 2);
  assert_string_equal(slices.measure[0]->name, "mae");
  static const double MAE[] = {1, 3, 2}, BIAS[] = {1, -3, 2};
  for (size_t j = 0; j < 3; j++) {
    assert_true(fabs(slices.slices[j].figures.value[0] - MAE[j]) < 1e-12);
    assert_true(fabs(slices.slices[j].figures.value[1] - BIAS[j]) < 1e-12);
  }
  assert_true(slices.gap.best == 0 && slices.gap.worst == 1 && fabs(slices.gap.difference - 2) < 1e-12);
  assert_true(fabs(slices.gap.ci95[0] - 2) < 1e-9 && fabs(slices.gap.ci95[1] - 2) < 1e-9); /* never off it */
  lnti_report_slices_clear(&slices);

  /* A slice of all has the interval of all: the same resamples. */
  lnti_judged judged = {0};
  assert_ok(lnti_judge(&judged, &judging, &s->l.project->context, ERR));
  slices = slices_of_task(s, &judging, "width");
  const lnti_slice *all = &slices.slices[0].figures;
  assert_true(slices.n == 1 && all->n == ITEMS && all->n_groups == (ITEMS + 2) / 3);
  assert_true(all->value[0] == judged.regression->value[LNTI_R_MAE]);
  assert_memory_equal(all->ci95[0], judged.regression->ci95[LNTI_R_MAE], sizeof all->ci95[0]);
  assert_true(all->ci95[0][0] < all->ci95[0][1]);
  lnti_judged_clear(&judged);
  lnti_report_slices_clear(&slices);
}

/* In even folders yes always stands above no, in odd ones below. */
static void labels_have_their_mean_average_precision(void **state) {
  const set *s = &shared;
  float prob[ITEMS];
  int8_t yes[ITEMS];
  (void)state;
  for (size_t i = 0; i < ITEMS; i++) {
    yes[i] = (int8_t)(i / 2 % 2);
    prob[i] = (float)((yes[i] == 1) == (i % 2 == 0) ? 0.9 : 0.1);
  }
  lnti_truth truth = {LNTI_MULTILABEL, ITEMS, 1, NULL, yes, NULL};
  const lnti_judging judging = {.prob = prob, .truth = &truth, .options = {40, 1, NULL, 0}};
  lnti_report_slices slices = slices_of_task(s, &judging, "folder");
  assert_string_equal(slices.measure[0]->name, "map");
  assert_string_equal(slices.measure[1]->name, "micro_f1");
  assert_true(slices.slices[0].figures.value[0] == 1 && slices.slices[0].figures.value[1] == 1);
  assert_true(isnan(slices.slices[0].figures.ci95[0][0]) && !isnan(slices.slices[1].figures.ci95[0][0]));
  assert_true(fabs(slices.slices[1].figures.value[0] - 0.5) < 1e-12 && slices.slices[1].figures.value[1] == 0);
  assert_true(slices.gap.best == 0 && slices.gap.worst == 1 && slices.gap.ci95[0] > 0);
  lnti_report_slices_clear(&slices);
}

static void a_tree_has_its_hierarchical_f1(void **state) {
  static const char *const IDS[] = {"fruit/apple", "fruit/pear"};
  const set *s = &shared;
  float prob[2 * ITEMS] = {0};
  int32_t label[ITEMS];
  (void)state;
  for (size_t i = 0; i < ITEMS; i++) {
    label[i] = (int32_t)(i % 2);
    prob[2 * i] = 1; /* wrong in the odd ones, at the second of two steps */
  }
  lnti_truth truth = {LNTI_HIERARCHICAL, ITEMS, 2, label, NULL, NULL};
  lnti_judging judging = {.prob = prob, .truth = &truth, .options = {40, 1, NULL, 0}};
  lnti_class_tree *tree = NULL;
  assert_ok(lnti_class_tree_new(&tree, IDS, 2, ERR));
  judging.tree = tree;
  lnti_report_slices slices = slices_of_task(s, &judging, "folder");
  assert_int_equal(slices.n_measures, 3);
  assert_string_equal(slices.measure[2]->name, "hierarchical_f1");
  assert_true(slices.slices[0].figures.value[0] == 1 && slices.slices[0].figures.value[2] == 1);
  assert_true(slices.slices[1].figures.value[0] == 0 && fabs(slices.slices[1].figures.value[2] - 0.5) < 1e-12);
  lnti_report_slices_clear(&slices);
  lnti_class_tree_free(tree);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(frequent_values_then_others_then_none),
      cmocka_unit_test(numbers_and_dates_become_ranges),
      cmocka_unit_test(few_images_become_fewer_ranges),
      cmocka_unit_test(folders_sources_and_what_import_found),
      cmocka_unit_test(numbers_have_their_mean_error),
      cmocka_unit_test(labels_have_their_mean_average_precision),
      cmocka_unit_test(a_tree_has_its_hierarchical_f1),
      cmocka_unit_test(an_item_that_is_not_in_the_view_has_no_value),
      cmocka_unit_test(keys_that_name_single_images_are_refused),
  };
  return cmocka_run_group_tests(tests, open_shared, close_shared);
}
