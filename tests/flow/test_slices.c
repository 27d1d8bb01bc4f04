/*
 * Which images are in which slice: 120 pictures whose names say site, number and day, four whose names say nothing. What is
 * right is said by the test itself, so that each slice can be counted from the names.
 */
#include "media_support.h"

#include <flow/slices.h>
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

static lnti_report_slices slices_by(const set *s, const char *text) {
  const lnti_slices_of of = {ITEMS, 2, s->id, s->label, s->predicted};
  const lnti_evaluate_options options = {20, 1, NULL};
  lnti_slice_key key;
  lnti_report_slices slices;
  assert_ok(lnti_slice_key_find(&key, s->view, text, ERR));
  assert_ok(lnti_slices_find(&slices, s->view, &key, &of, &options, &s->l.project->context, ERR));
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
  assert_true(fabs(slice->figures.accuracy - (double)hits / (double)n) < 1e-12);
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
  const lnti_slices_of of = {60, 2, s.id, s.label, s.predicted};
  const lnti_evaluate_options options = {20, 1, NULL};
  lnti_slice_key key;
  lnti_report_slices slices;
  (void)state;
  assert_ok(lnti_slice_key_find(&key, s.view, "number", ERR));
  assert_ok(lnti_slices_find(&slices, s.view, &key, &of, &options, &s.l.project->context, ERR));
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

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(frequent_values_then_others_then_none),
      cmocka_unit_test(numbers_and_dates_become_ranges),
      cmocka_unit_test(few_images_become_fewer_ranges),
      cmocka_unit_test(folders_sources_and_what_import_found),
      cmocka_unit_test(an_item_that_is_not_in_the_view_has_no_value),
      cmocka_unit_test(keys_that_name_single_images_are_refused),
  };
  return cmocka_run_group_tests(tests, open_shared, close_shared);
}
