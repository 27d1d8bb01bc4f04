/*
 * Files with several frames or pages: the first of them, each, or each in a group; their URIs are read again; and every way
 * from one to another on a second import.
 */
#include <flow/extract/extract.h>
#include <flow/predict/predict.h>
#include <flow/train/train.h>

#include "media_support.h"

enum { FRAMES = 5, PAGES = 3 }; /* of animation.gif and pages.tif */

static lnti_import_result import_frames(const lab *l, lnti_import_frames frames) {
  lnti_import_options options = LNTI_IMPORT_OPTIONS_INIT;
  lnti_import_result result = {0};
  media_name name = media_in(l, "set");
  const char *source = name.text;
  options.frames = frames;
  assert_ok(lnti_import(&result, l->project, &source, 1, &options, ERR));
  return result;
}

static void expect(const lab *l, lnti_import_frames frames, size_t imported, size_t existing, size_t groups) {
  lnti_import_result result = import_frames(l, frames);
  assert_int_equal(result.imported, imported);
  assert_int_equal(result.existing, existing);
  assert_int_equal(result.groups, groups);
  assert_int_equal(result.n_refused, 0);
  lnti_import_result_clear(&result);
}

/* An animation and a scan in class folders, and a picture that has one frame. */
static lab frames_lab(void) {
  lab l = lab_new();
  media_folder(media_in(&l, "set/moving").text);
  media_folder(media_in(&l, "set/paper").text);
  media_golden("animation.gif", media_in(&l, "set/moving/a.gif").text);
  media_golden("still.gif", media_in(&l, "set/moving/b.gif").text);
  media_golden("pages.tif", media_in(&l, "set/paper/c.tif").text);
  return l;
}

static void expect_size(const media_items *items, const char *member, size_t h, size_t w, size_t c) {
  const media_item *item = media_find(items, member);
  if (item->h != h || item->w != w || item->c != c) {
    fail_msg("%s is %u x %u x %u", member, (unsigned)item->h, (unsigned)item->w, (unsigned)item->c);
  }
}

static void the_first_of_each(void **state) {
  (void)state;
  lab l = frames_lab();
  lnti_import_result result = import_frames(&l, LNTI_FRAMES_FIRST);
  assert_int_equal(result.imported, 3);
  assert_true(media_says(&result.warnings, "2 files have more than one frame or page, of which the first was taken"));
  assert_true(media_says(&result.warnings, "--frames each"));
  lnti_import_result_clear(&result);
  media_items items = media_list(l.project, "class");
  expect_size(&items, "moving/a.gif", 18, 26, 3);
  expect_size(&items, "moving/b.gif", 22, 30, 3);
  expect_size(&items, "paper/c.tif", 10, 20, 3);
  media_items_clear(&items);
  lab_free(&l);
}

static void each_is_an_item(void **state) {
  (void)state;
  lab l = frames_lab();
  lnti_import_result result = import_frames(&l, LNTI_FRAMES_EACH);
  assert_int_equal(result.imported, FRAMES + 1 + PAGES);
  assert_int_equal(result.labelled, FRAMES + 1 + PAGES);
  assert_int_equal(result.groups, 0);
  assert_int_equal(result.warnings.n, 0);
  lnti_import_result_clear(&result);
  media_items items = media_list(l.project, "class");
  assert_int_equal(items.n, FRAMES + 1 + PAGES);
  expect_size(&items, "moving/a.gif#frame=0", 18, 26, 3);
  expect_size(&items, "moving/a.gif#frame=4", 18, 26, 3);
  expect_size(&items, "moving/b.gif", 22, 30, 3);
  expect_size(&items, "paper/c.tif#page=1", 10, 20, 3);
  expect_size(&items, "paper/c.tif#page=2", 30, 9, 1);
  expect_size(&items, "paper/c.tif#page=3", 5, 17, 1);
  for (size_t i = 0; i < items.n; i++) {
    assert_string_equal(items.item[i].label, strncmp(items.item[i].member, "moving", 6) ? "paper" : "moving");
    assert_string_equal(items.item[i].stage, "done");
    assert_int_equal(items.item[i].group_id, 0);
  }
  media_items_clear(&items);
  lab_free(&l);
}

static void each_in_a_group(void **state) {
  (void)state;
  lab l = frames_lab();
  lnti_import_result result = import_frames(&l, LNTI_FRAMES_GROUP);
  assert_int_equal(result.imported, FRAMES + 1 + PAGES);
  assert_int_equal(result.groups, 2);
  assert_int_equal(result.labelled, 3); /* two groups, and the picture of one frame */
  assert_int_equal(result.warnings.n, 0);
  lnti_import_result_clear(&result);
  media_items items = media_list(l.project, "class");
  const media_item *group = media_find(&items, "group:moving/a.gif");
  assert_int_equal(group->kind, LNTI_ITEM_GROUP);
  assert_string_equal(group->label, "moving");
  for (int i = 0; i < FRAMES; i++) {
    char member[64];
    snprintf(member, sizeof member, "moving/a.gif#frame=%d", i);
    assert_int_equal(media_find(&items, member)->group_id, group->id);
    assert_string_equal(media_find(&items, member)->label, "");
  }
  assert_int_equal(media_find(&items, "paper/c.tif#page=3")->group_id, media_find(&items, "group:paper/c.tif")->id);
  assert_int_equal(media_find(&items, "moving/b.gif")->group_id, 0);
  assert_string_equal(media_find(&items, "moving/b.gif")->label, "moving");
  media_items_clear(&items);
  lab_free(&l);
}

/* ---- again ---- */

/* What is known is not opened: were it, it would be refused. */
static void break_files(const lab *l) {
  lnti_test_write_file(media_in(l, "set/moving/a.gif").text, "broken", 6);
  lnti_test_write_file(media_in(l, "set/moving/b.gif").text, "broken", 6);
  lnti_test_write_file(media_in(l, "set/paper/c.tif").text, "broken", 6);
}

static void a_second_import_reads_nothing_again(void **state) {
  (void)state;
  for (int frames = LNTI_FRAMES_EACH; frames <= LNTI_FRAMES_GROUP; frames++) {
    lab l = frames_lab();
    expect(&l, frames, FRAMES + 1 + PAGES, 0, frames == LNTI_FRAMES_GROUP ? 2 : 0);
    break_files(&l);
    expect(&l, frames, 0, FRAMES + 1 + PAGES, 0);
    expect(&l, LNTI_FRAMES_FIRST, 0, FRAMES + 1 + PAGES, 0);
    lab_free(&l);
  }
}

/* As the warning says. What was taken stays, and is the first frame. */
static void from_the_first_to_each(void **state) {
  (void)state;
  lab l = frames_lab();
  expect(&l, LNTI_FRAMES_FIRST, 3, 0, 0);
  media_items items = media_list(l.project, "class");
  const int64_t first = media_find(&items, "moving/a.gif")->id;
  media_items_clear(&items);
  lnti_import_result result = import_frames(&l, LNTI_FRAMES_EACH);
  assert_int_equal(result.imported, FRAMES - 1 + PAGES - 1);
  assert_int_equal(result.existing, 3);
  assert_int_equal(result.labelled, FRAMES - 1 + PAGES - 1);
  assert_int_equal(result.duplicates.copies, 0);
  lnti_import_result_clear(&result);
  items = media_list(l.project, "class");
  assert_int_equal(items.n, FRAMES + 1 + PAGES);
  assert_int_equal(media_find(&items, "moving/a.gif")->id, first);
  expect_size(&items, "moving/a.gif#frame=1", 18, 26, 3);
  expect_size(&items, "paper/c.tif", 10, 20, 3);
  expect_size(&items, "paper/c.tif#page=3", 5, 17, 1);
  media_items_clear(&items);
  break_files(&l);
  expect(&l, LNTI_FRAMES_EACH, 0, FRAMES + 1 + PAGES, 0);
  lab_free(&l);
}

static void from_the_first_to_a_group(void **state) {
  (void)state;
  lab l = frames_lab();
  expect(&l, LNTI_FRAMES_FIRST, 3, 0, 0);
  expect(&l, LNTI_FRAMES_GROUP, FRAMES - 1 + PAGES - 1, 3, 2);
  media_items items = media_list(l.project, "class");
  const media_item *group = media_find(&items, "group:moving/a.gif");
  assert_string_equal(group->label, "moving");
  assert_string_equal(group->stage, "done");
  assert_int_equal(media_find(&items, "moving/a.gif")->group_id, group->id);
  assert_string_equal(media_find(&items, "moving/a.gif")->label, "moving"); /* its own, from before */
  assert_int_equal(media_find(&items, "moving/a.gif#frame=1")->group_id, group->id);
  assert_string_equal(media_find(&items, "moving/a.gif#frame=1")->label, "");
  assert_int_equal(media_find(&items, "moving/b.gif")->group_id, 0);
  media_items_clear(&items);
  lab_free(&l);
}

static void from_each_to_a_group(void **state) {
  (void)state;
  lab l = frames_lab();
  expect(&l, LNTI_FRAMES_EACH, FRAMES + 1 + PAGES, 0, 0);
  break_files(&l);
  expect(&l, LNTI_FRAMES_GROUP, 0, FRAMES + 1 + PAGES, 2);
  media_items items = media_list(l.project, "class");
  const media_item *group = media_find(&items, "group:paper/c.tif");
  assert_int_equal(media_find(&items, "paper/c.tif#page=1")->group_id, group->id);
  assert_int_equal(media_find(&items, "paper/c.tif#page=3")->group_id, group->id);
  media_items_clear(&items);
  lab_free(&l);
}

/* A file that is another by now: its frames are those of something that nobody imported. */
static void a_changed_file_gets_no_frames(void **state) {
  (void)state;
  lab l = frames_lab();
  expect(&l, LNTI_FRAMES_FIRST, 3, 0, 0);
  media_golden("animation.gif", media_in(&l, "set/moving/b.gif").text);
  assert_int_equal(remove(media_in(&l, "set/moving/a.gif").text), 0);
  expect(&l, LNTI_FRAMES_EACH, PAGES - 1, 2, 0);
  lab_free(&l);
}

/* ---- broken ones ---- */

static void a_broken_page_is_refused_alone(void **state) {
  (void)state;
  lab l = lab_new();
  static media_refusals refusals;
  lnti_import_options options = LNTI_IMPORT_OPTIONS_INIT;
  lnti_import_result result = {0};
  media_name name = media_in(&l, "set");
  const char *source = name.text;
  size_t n = 0;
  memset(&refusals, 0, sizeof refusals);
  options.frames = LNTI_FRAMES_GROUP;
  options.refused = media_refuse;
  options.refused_payload = &refusals;
  media_folder(name.text);
  media_golden("animation.gif", media_in(&l, "set/a.gif").text);
  char *data = lnti_test_read_file(&n, media_in(&l, "set/a.gif").text);
  /* The last frame's first block of pixels says 1 byte where it had more: what follows is read as blocks that are none. */
  size_t at = n - 2;
  while (data[at] != ',') at--;
  data[at + 11] = 1;
  lnti_test_write_file(media_in(&l, "set/cut.gif").text, data, n);
  lnti_test_write_file(media_in(&l, "set/a.gif").text, data, n / 2);
  free(data);
  assert_ok(lnti_import(&result, l.project, &source, 1, &options, ERR));
  assert_true(result.n_refused >= 1);
  assert_int_equal(refusals.n, result.n_refused);
  media_items items = media_list(l.project, "class");
  for (size_t i = 0; i < items.n; i++) {
    if (items.item[i].kind == LNTI_ITEM_IMAGE) assert_true(items.item[i].group_id != 0);
  }
  media_items_clear(&items);
  lnti_import_result_clear(&result);
  lab_free(&l);
}

static void too_many_frames_are_refused(void **state) {
  (void)state;
  lab l = frames_lab();
  lnti_import_options options = LNTI_IMPORT_OPTIONS_INIT;
  lnti_import_result result = {0};
  media_name name = media_in(&l, "set");
  const char *source = name.text;
  static media_refusals refusals;
  memset(&refusals, 0, sizeof refusals);
  options.limits.frames_max = 4;
  options.frames = LNTI_FRAMES_EACH;
  options.refused = media_refuse;
  options.refused_payload = &refusals;
  assert_ok(lnti_import(&result, l.project, &source, 1, &options, ERR));
  assert_int_equal(result.imported, 1 + PAGES);
  assert_int_equal(refusals.n, 1);
  assert_int_equal(refusals.of[0].code, LNT_ELIMIT);
  assert_string_equal(refusals.of[0].path, media_in(&l, "set/moving/a.gif").text);
  lnti_import_result_clear(&result);
  lab_free(&l);
}

static void cancelled_between_frames(void **state) {
  (void)state;
  lab l = frames_lab();
  media_stopper stopper;
  media_stop_at(&stopper, 0);
  lnti_cancel_request(&stopper.cancel);
  l.project->context.cancel = &stopper.cancel;
  lnti_import_options options = LNTI_IMPORT_OPTIONS_INIT;
  lnti_import_result result = {0};
  media_name name = media_in(&l, "set");
  const char *source = name.text;
  options.frames = LNTI_FRAMES_EACH;
  assert_status(lnti_import(&result, l.project, &source, 1, &options, ERR), LNT_ECANCELLED);
  l.project->context.cancel = NULL;
  expect(&l, LNTI_FRAMES_EACH, FRAMES + 1 + PAGES, 0, 0);
  lab_free(&l);
}

/* ---- what becomes of their URIs ---- */

static lnt_status add_to_extract(void *payload, const lnti_item *item, lnt_error *err) {
  return item->kind == LNTI_ITEM_GROUP ? LNT_OK : lnti_extract_items_add(payload, item, err);
}

static void every_frame_is_extracted(void **state) {
  (void)state;
  lab l = frames_lab();
  lnti_extract_items items = {0};
  lnti_extractor *extractor = NULL;
  lnti_vectors vectors = {0};
  lnti_item_query query = {0};
  expect(&l, LNTI_FRAMES_GROUP, FRAMES + 1 + PAGES, 0, 2);
  assert_ok(lnti_store_items(l.project->store, &query, add_to_extract, &items, ERR));
  assert_int_equal(items.n, FRAMES + 1 + PAGES);
  assert_ok(lnti_extractor_new(&extractor, "pixels:width=8,height=8", &items.traits, ERR));
  assert_ok(lnti_extract(&vectors, l.project, extractor, &items, NULL, NULL, NULL, ERR));
  assert_int_equal(vectors.n, items.n);
  assert_int_equal(vectors.n_computed, items.n); /* no frame is taken for another */
  size_t bytes = vectors.d * lnti_dtype_bytes(vectors.dtype);
  const char *rows = vectors.data;
  for (size_t i = 1; i < vectors.n; i++) {
    for (size_t k = 0; k < i; k++) assert_memory_not_equal(rows + i * bytes, rows + k * bytes, bytes);
  }
  lnti_vectors_clear(&vectors);
  lnti_extractor_free(extractor);
  lnti_extract_items_clear(&items);
  lab_free(&l);
}

typedef struct answers {
  size_t n, n_failed;
  float first[2];
} answers;

static lnt_status keep_answer(void *payload, const lnt_model *model, const lnti_prediction *p, lnt_error *err) {
  answers *a = payload;
  (void)model;
  (void)err;
  if (p->code) {
    a->n_failed++;
  } else if (a->n < 2) {
    a->first[a->n++] = p->prob[0];
  }
  return LNT_OK;
}

/* Trained on frames; one frame by its URI, and as an item. */
static void frames_are_trained_on_and_predicted(void **state) {
  (void)state;
  lab l = frames_lab();
  lnti_train_options options = {.learner = "knn", .feature = "pixels:width=8,height=8", .name = "m"};
  lnti_train_result trained = {0};
  lnti_predict_result result = {0};
  lnt_model *model = NULL;
  answers by_uri = {0}, by_item = {0};
  expect(&l, LNTI_FRAMES_EACH, FRAMES + 1 + PAGES, 0, 0);
  assert_ok(lnti_train(&trained, l.project, &options, ERR));
  lnti_train_result_clear(&trained);
  assert_ok(lnti_model_find(&model, l.project, "m", &l.project->context, ERR));
  media_name page = media_in(&l, "set/paper/c.tif#page=2"), none = media_in(&l, "set/moving/a.gif#frame=5");
  const char *paths[] = {page.text, none.text};
  assert_ok(
      lnti_predict_paths(&result, model, l.project, paths, 2, &l.project->context, NULL, keep_answer, &by_uri, ERR));
  assert_int_equal(by_uri.n, 1);
  assert_int_equal(by_uri.n_failed, 1); /* it has five, from 0 */
  assert_ok(lnti_predict_items(&result, model, l.project, "path=*page=2", NULL, keep_answer, &by_item, ERR));
  assert_int_equal(by_item.n, 1);
  assert_true(by_item.first[0] == by_uri.first[0]);
  lnt_model_close(model);
  lab_free(&l);
}

/* ---- holes ---- */

/* An animation of one pixel; frame i has colour i % 4, but one whose pixels are a code that means nothing. */
static void write_gif(const char *path, size_t n, size_t broken) {
  static const uint8_t head[] =
      "GIF89a\1\0\1\0\x81\0\0"
      "aaabbbcccddd";
  lnti_text gif = {0};
  assert_ok(lnti_text_append(&gif, (const char *)head, sizeof head - 1, ERR));
  for (size_t i = 0; i < n; i++) {
    const unsigned code = i == broken ? 6 : (unsigned)i % 4, bits = 4 | code << 3 | 5 << 6;
    const uint8_t frame[] = {0x2c, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, (uint8_t)bits, (uint8_t)(bits >> 8), 0};
    assert_ok(lnti_text_append(&gif, (const char *)frame, sizeof frame, ERR));
  }
  assert_ok(lnti_text_append(&gif, ";", 1, ERR));
  lnti_test_write_file(path, gif.data, gif.length);
  lnti_text_clear(&gif);
}

static lnti_import_result import_told(const lab *l, media_refusals *refusals, lnti_import_frames frames, bool verify) {
  lnti_import_options options = LNTI_IMPORT_OPTIONS_INIT;
  lnti_import_result result = {0};
  media_name name = media_in(l, "set");
  const char *source = name.text;
  memset(refusals, 0, sizeof *refusals);
  options.frames = frames;
  options.verify = verify;
  options.refused = media_refuse;
  options.refused_payload = refusals;
  assert_ok(lnti_import(&result, l->project, &source, 1, &options, ERR));
  return result;
}

/* Frames that cannot be read are refused, each with its reason; the others stay, under their numbers, and are found again. */
static void frames_with_holes(void **state) {
  (void)state;
  static media_refusals refusals;
  for (size_t broken = 0; broken < 4; broken++) {
    lab l = lab_new();
    media_folder(media_in(&l, "set/a").text);
    write_gif(media_in(&l, "set/a/a.gif").text, 4, broken);
    for (int again = 0; again < 2; again++) {
      lnti_import_result result = import_told(&l, &refusals, LNTI_FRAMES_EACH, true);
      assert_int_equal(result.imported, again ? 0 : 3);
      assert_int_equal(result.existing, again ? 3 : 0);
      lnti_import_result_clear(&result);
      if (again && broken == 3) break; /* behind the last that is known nothing is looked for */
      assert_int_equal(refusals.n, 1);
      assert_string_equal(refusals.of[0].path, media_in(&l, "set/a/a.gif#frame=%zu", broken).text);
      assert_int_equal(refusals.of[0].code, LNT_EDATA);
    }
    media_items items = media_list(l.project, "class");
    assert_int_equal(items.n, 3);
    for (size_t i = 0; i < 4; i++) {
      char member[64];
      snprintf(member, sizeof member, "a/a.gif#frame=%zu", i);
      if (i != broken) assert_string_equal(media_find(&items, member)->label, "a");
    }
    media_items_clear(&items);
    /* Without --frames the known ones stay as they are, and the hole is no reason to open the file. */
    lnti_import_result result = import_told(&l, &refusals, LNTI_FRAMES_FIRST, true);
    if (broken > 0) {
      assert_int_equal(result.imported, 0);
      assert_int_equal(refusals.n, 0);
    }
    lnti_import_result_clear(&result);
    lab_free(&l);
  }
}

/* More frames than a batch has rows for: files wait for one another, and keep their order. */
static void more_frames_than_a_batch_holds(void **state) {
  (void)state;
  static media_refusals refusals;
  static const size_t n[] = {3000, 10, 5000, 2000};
  lab l = lab_new();
  media_folder(media_in(&l, "set").text);
  for (size_t i = 0; i < 4; i++) write_gif(media_in(&l, "set/%zu.gif", i).text, n[i], SIZE_MAX);
  lnti_import_result result = import_told(&l, &refusals, LNTI_FRAMES_EACH, false);
  assert_int_equal(result.imported, 10010);
  assert_int_equal(refusals.n, 0);
  lnti_import_result_clear(&result);
  media_items items = media_list(l.project, "class");
  assert_int_equal(items.n, 10010);
  for (size_t i = 0, at = 0; i < 4; i++) {
    for (size_t k = 0; k < n[i]; k++, at++) {
      char member[64];
      snprintf(member, sizeof member, "%zu.gif#frame=%zu", i, k);
      assert_string_equal(items.item[at].member, member);
    }
  }
  media_items_clear(&items);
  lab_free(&l);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_first_of_each),
      cmocka_unit_test(each_is_an_item),
      cmocka_unit_test(each_in_a_group),
      cmocka_unit_test(a_second_import_reads_nothing_again),
      cmocka_unit_test(from_the_first_to_each),
      cmocka_unit_test(from_the_first_to_a_group),
      cmocka_unit_test(from_each_to_a_group),
      cmocka_unit_test(a_changed_file_gets_no_frames),
      cmocka_unit_test(a_broken_page_is_refused_alone),
      cmocka_unit_test(too_many_frames_are_refused),
      cmocka_unit_test(frames_with_holes),
      cmocka_unit_test(more_frames_than_a_batch_holds),
      cmocka_unit_test(cancelled_between_frames),
      cmocka_unit_test(every_frame_is_extracted),
      cmocka_unit_test(frames_are_trained_on_and_predicted),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
