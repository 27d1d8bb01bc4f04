/*
 * Caps: what is refused, that the project keeps them, and that whatever was taken can be decoded ever after.
 */
#include <flow/extract/extract.h>

#include "media_support.h"

/* "set/small.pgm" of 12 x 12 pixels, "set/large.pgm" of 100 x 100. */
static lab sizes_lab(void) {
  lab l = lab_new();
  static uint8_t pixels[100 * 100];
  for (size_t i = 0; i < sizeof pixels; i++) pixels[i] = (uint8_t)(i * 31);
  media_folder(media_in(&l, "set").text);
  media_write_pgm(media_in(&l, "set/large.pgm").text, pixels, 100, 100);
  media_write_pgm(media_in(&l, "set/small.pgm").text, pixels, 12, 12);
  return l;
}

static void expect(const lab *l, lnti_image_limits limits, size_t imported, size_t refused) {
  lnti_import_options options = LNTI_IMPORT_OPTIONS_INIT;
  lnti_import_result result = {0};
  static media_refusals refusals;
  media_name name = media_in(l, "set");
  const char *source = name.text;
  memset(&refusals, 0, sizeof refusals);
  options.limits = limits;
  options.refused = media_refuse;
  options.refused_payload = &refusals;
  assert_ok(lnti_import(&result, l->project, &source, 1, &options, ERR));
  assert_int_equal(result.imported, imported);
  assert_int_equal(result.n_refused, refused);
  for (size_t i = 0; i < refusals.n; i++) assert_int_equal(refusals.of[i].code, LNT_ELIMIT);
  lnti_import_result_clear(&result);
}

static lnt_status add_to_extract(void *payload, const lnti_item *item, lnt_error *err) {
  return lnti_extract_items_add(payload, item, err);
}

/* How many images are extracted. */
static size_t extracted(const lab *l, media_refusals *refusals) {
  lnti_extract_items items = {0};
  lnti_extractor *extractor = NULL;
  lnti_vectors vectors = {0};
  lnti_item_query query = {0};
  memset(refusals, 0, sizeof *refusals);
  assert_ok(lnti_store_items(l->project->store, &query, add_to_extract, &items, ERR));
  assert_ok(lnti_extractor_new(&extractor, "pixels:width=8,height=8", &items.traits, ERR));
  assert_ok(lnti_extract(&vectors, l->project, extractor, &items, NULL, media_refuse, refusals, ERR));
  size_t n = vectors.n_computed;
  lnti_vectors_clear(&vectors);
  lnti_extractor_free(extractor);
  lnti_extract_items_clear(&items);
  return n;
}

static void each_cap_refuses(void **state) {
  (void)state;
  static const lnti_image_limits caps[] = {
      {.pixels_max = 100 * 100 - 1}, {.side_max = 99}, {.bytes_max = 100 * 100 - 1}};
  for (size_t i = 0; i < 3; i++) {
    lab l = sizes_lab();
    expect(&l, caps[i], 1, 1);
    lab_free(&l);
  }
  lab l = sizes_lab();
  expect(&l, (lnti_image_limits){.pixels_max = 100 * 100, .side_max = 100, .bytes_max = 100 * 100}, 2, 0);
  lab_free(&l);
}

static void they_are_kept(void **state) {
  (void)state;
  lab l = sizes_lab();
  expect(&l, (lnti_image_limits){.pixels_max = 1000, .frames_max = 7}, 1, 1);
  expect(&l, (lnti_image_limits){0}, 0, 1); /* as the project has them */
  lab_reopen(&l);
  const lnti_image_limits defaults = LNTI_IMAGE_LIMITS_INIT;
  assert_int_equal(l.project->taken.pixels_max, 1000);
  assert_int_equal(l.project->taken.frames_max, 7);
  assert_int_equal(l.project->taken.side_max, defaults.side_max);
  assert_int_equal(l.project->taken.bytes_max, defaults.bytes_max);
  expect(&l, (lnti_image_limits){0}, 0, 1);
  expect(&l, (lnti_image_limits){.pixels_max = 10000}, 1, 0);
  lab_free(&l);
}

/* Of another project, or of none yet, there is nothing. */
static void a_new_project_has_the_defaults(void **state) {
  (void)state;
  lab l = lab_new();
  const lnti_image_limits defaults = LNTI_IMAGE_LIMITS_INIT;
  char *kept = NULL;
  assert_memory_equal(&l.project->taken, &defaults, sizeof defaults);
  assert_memory_equal(&l.project->limits, &defaults, sizeof defaults);
  assert_ok(lnti_project_set_limits(l.project, &(lnti_image_limits){0}, ERR));
  assert_ok(lnti_project_set_limits(l.project, &defaults, ERR));
  assert_ok(lnti_store_setting(&kept, l.project->store, "limits.pixels", ERR));
  assert_null(kept); /* what nobody has set is free to change with a later version */
  lab_free(&l);
}

static void what_was_taken_is_decoded_ever_after(void **state) {
  (void)state;
  static media_refusals refusals;
  lab l = sizes_lab();
  const lnti_image_limits defaults = LNTI_IMAGE_LIMITS_INIT;
  expect(&l, (lnti_image_limits){0}, 2, 0);
  expect(&l, (lnti_image_limits){.pixels_max = 1000}, 0, 0);
  assert_int_equal(l.project->limits.pixels_max, defaults.pixels_max);
  lab_reopen(&l);
  assert_int_equal(l.project->taken.pixels_max, 1000);
  assert_int_equal(extracted(&l, &refusals), 2);
  assert_int_equal(refusals.n, 0);

  /* Raised above the default and lowered again, the largest counts. */
  assert_ok(lnti_project_set_limits(l.project, &(lnti_image_limits){.pixels_max = (size_t)1 << 32}, ERR));
  assert_ok(lnti_project_set_limits(l.project, &(lnti_image_limits){.pixels_max = 10}, ERR));
  assert_int_equal(l.project->limits.pixels_max, (size_t)1 << 32);
  lab_reopen(&l);
  assert_int_equal(l.project->taken.pixels_max, 10);
  assert_int_equal(l.project->limits.pixels_max, (size_t)1 << 32);
  lab_free(&l);
}

/* It is these caps that extraction uses: of what was taken nothing exceeds them, so that a file that does was changed. */
static void extraction_uses_them(void **state) {
  (void)state;
  static media_refusals refusals;
  lab l = sizes_lab();
  expect(&l, (lnti_image_limits){0}, 2, 0);
  l.project->limits.pixels_max = 1000;
  assert_int_equal(extracted(&l, &refusals), 1);
  assert_int_equal(refusals.n, 1);
  assert_int_equal(refusals.of[0].code, LNT_ELIMIT);
  lab_free(&l);
}

static lnt_status write_setting(void *payload, lnti_tx *tx, lnt_error *err) {
  return lnti_tx_setting(tx, "limits.side", payload, err);
}

static void a_damaged_setting_is_told(void **state) {
  (void)state;
  static const char *const values[] = {"many", "0", "-5", "99999999999999999999", ""};
  lab l = lab_new();
  for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
    char value[32];
    lnti_project *project = NULL;
    snprintf(value, sizeof value, "%s", values[i]);
    assert_ok(lnti_store_write(l.project->store, write_setting, value, ERR));
    assert_status(lnti_project_open(&project, l.path, "ann", &l.project->context, ERR), LNT_ECORRUPT);
    assert_message("limits.side is damaged");
    assert_null(project);
  }
  char sound[] = "77";
  assert_ok(lnti_store_write(l.project->store, write_setting, sound, ERR));
  lab_reopen(&l);
  assert_int_equal(l.project->taken.side_max, 77);
  lab_free(&l);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_cap_refuses),
      cmocka_unit_test(they_are_kept),
      cmocka_unit_test(a_new_project_has_the_defaults),
      cmocka_unit_test(what_was_taken_is_decoded_ever_after),
      cmocka_unit_test(extraction_uses_them),
      cmocka_unit_test(a_damaged_setting_is_told),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
