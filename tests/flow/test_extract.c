/*
 * Vectors of items: in order, without gaps, from the cache where they are.
 */
#include "media_support.h"
#include "network_maker.h"

#include <flow/extract/extract.h>
#include <glob.h>
#include <sys/stat.h>
#include <unistd.h>

static lnt_status add_item(void *payload, const lnti_item *item, lnt_error *err) {
  return lnti_extract_items_add(payload, item, err);
}

static lnti_extract_items all_items(const lab *l) {
  lnti_extract_items items = {0};
  lnti_item_query query = {0};
  assert_ok(lnti_store_items(l->project->store, &query, add_item, &items, ERR));
  return items;
}

static lnti_extractor *pixels_of(const lnti_extract_items *items) {
  lnti_extractor *extractor = NULL;
  assert_ok(lnti_extractor_new(&extractor, "pixels", &items->traits, ERR));
  assert_int_equal(lnti_extractor_d(extractor), TOY_PIXELS);
  return extractor;
}

static lnti_vectors run(const lab *l, const lnti_extractor *extractor, const lnti_extract_items *items,
                        media_refusals *refusals) {
  lnti_vectors vectors = {0};
  if (refusals) refusals->n = 0;
  assert_ok(lnti_extract(&vectors, l->project, extractor, items, NULL, refusals ? media_refuse : NULL, refusals, ERR));
  return vectors;
}

static void assert_toy(const lnti_vectors *vectors, size_t row, int class, uint64_t number) {
  uint8_t pixels[TOY_PIXELS];
  toy_pixels(pixels, class, number);
  assert_memory_equal((const uint8_t *)vectors->data + row * TOY_PIXELS, pixels, TOY_PIXELS);
}

/* ---- order ---- */

static void vectors_are_in_the_items_order(void **state) {
  (void)state;
  lab l = lab_new();
  toy_tree(media_in(&l, "set").text, 5, 0);
  media_import(&l, media_in(&l, "set").text, NULL);
  lnti_extract_items items = all_items(&l);
  lnti_extractor *extractor = pixels_of(&items);
  lnti_vectors vectors = run(&l, extractor, &items, NULL);
  assert_int_equal(vectors.n, 15);
  assert_int_equal(vectors.d, TOY_PIXELS);
  assert_int_equal(vectors.dtype, LNTI_U8);
  assert_int_equal(vectors.n_computed, 15);
  assert_int_equal(vectors.n_refused, 0);
  for (size_t i = 0; i < 15; i++) {
    assert_int_equal(vectors.item[i], i);
    assert_toy(&vectors, i, (int)(i / 5), i % 5);
  }
  lnti_matrix m = lnti_vectors_matrix(&vectors);
  assert_true(m.data == vectors.data && m.n == 15 && m.d == TOY_PIXELS && m.stride == TOY_PIXELS);
  assert_int_equal((uintptr_t)vectors.data % 64, 0);
  lnti_vectors_clear(&vectors);

  /* The same items backwards, from the cache. */
  for (size_t i = 0; i < 7; i++) {
    lnti_extract_item swap = items.item[i];
    items.item[i] = items.item[14 - i];
    items.item[14 - i] = swap;
  }
  vectors = run(&l, extractor, &items, NULL);
  assert_int_equal(vectors.n_computed, 0);
  for (size_t i = 0; i < 15; i++) assert_toy(&vectors, i, (int)((14 - i) / 5), (14 - i) % 5);
  lnti_vectors_clear(&vectors);
  lnti_extractor_free(extractor);
  lnti_extract_items_clear(&items);
  lab_free(&l);
}

static void no_items_give_no_vectors(void **state) {
  (void)state;
  lab l = lab_new();
  lnti_extract_items items = {.traits = {TOY_SIDE, TOY_SIDE, false}};
  lnti_extractor *extractor = pixels_of(&items);
  lnti_vectors vectors = run(&l, extractor, &items, NULL);
  assert_int_equal(vectors.n, 0);
  lnti_vectors_clear(&vectors);
  lnti_extractor_free(extractor);
  lab_free(&l);
}

static void traits_are_those_of_all(void **state) {
  (void)state;
  static const struct {
    uint32_t h, w, c;
    lnti_image_traits traits;
  } steps[] = {
      {12, 10, 1, {12, 10, false}}, {12, 10, 3, {12, 10, true}}, {12, 11, 1, {0, 0, true}}, {12, 10, 1, {0, 0, true}}};
  lnti_extract_items items = {0};
  (void)state;
  for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
    lnti_item item = {.id = 1, .source = "/x", .source_kind = LNTI_SOURCE_FOLDER, .member = "y"};
    item.h = steps[i].h;
    item.w = steps[i].w;
    item.c = steps[i].c;
    assert_ok(lnti_extract_items_add(&items, &item, ERR));
    assert_int_equal(items.traits.h, steps[i].traits.h);
    assert_int_equal(items.traits.w, steps[i].traits.w);
    assert_int_equal(items.traits.any_colour, steps[i].traits.any_colour);
  }
  assert_string_equal(items.item[0].uri, "/x/y");
  lnti_extract_items_clear(&items);
}

/* ---- the cache ---- */

static void the_second_run_computes_nothing(void **state) {
  (void)state;
  lab l = lab_new();
  static media_refusals refusals;
  toy_tree(media_in(&l, "set").text, 2, 0);
  toy_arrays(media_in(&l, "arrays").text, "train", true, 7, 50);
  media_import(&l, media_in(&l, "arrays").text, NULL);
  media_import(&l, media_in(&l, "set").text, NULL);
  lnti_extract_items items = all_items(&l);
  lnti_extractor *extractor = pixels_of(&items);
  lnti_vectors first = run(&l, extractor, &items, &refusals);
  assert_int_equal(first.n_computed, 13);
  lab_reopen(&l);
  /* The images are not needed any more. */
  lnti_test_folder_remove(lnti_test_path(l.folder, "set"));
  lnti_test_folder_remove(lnti_test_path(l.folder, "arrays"));
  lnti_vectors second = run(&l, extractor, &items, &refusals);
  assert_int_equal(second.n_computed, 0);
  assert_int_equal(second.n, 13);
  assert_memory_equal(first.data, second.data, 13 * TOY_PIXELS);
  lnti_vectors_clear(&first);
  lnti_vectors_clear(&second);
  lnti_extractor_free(extractor);
  lnti_extract_items_clear(&items);
  lab_free(&l);
}

static void equal_images_are_stored_once(void **state) {
  (void)state;
  lab l = lab_new();
  toy_tree(media_in(&l, "a").text, 2, 0);
  toy_tree(media_in(&l, "b").text, 2, 0);
  media_import(&l, media_in(&l, "a").text, NULL);
  media_import(&l, media_in(&l, "b").text, NULL);
  lnti_extract_items items = all_items(&l);
  lnti_extractor *extractor = pixels_of(&items);
  lnti_vectors vectors = run(&l, extractor, &items, NULL);
  assert_int_equal(vectors.n, 12);
  for (size_t i = 0; i < 12; i++) assert_toy(&vectors, i, (int)(i % 6 / 2), i % 2);
  lnti_vectors_clear(&vectors);
  lnti_extractor_free(extractor);
  lnti_extract_items_clear(&items);
  size_t n_vectors = 0, n_faults = 0;
  assert_ok(lnti_feature_cache_verify(l.project, &n_vectors, &n_faults, NULL, NULL, ERR));
  assert_int_equal(n_vectors, 6);
  lab_free(&l);
}

static void the_same_vectors_on_any_number_of_threads(void **state) {
  (void)state;
  lab l = lab_new();
  toy_tree(media_in(&l, "set").text, 30, 0);
  media_import(&l, media_in(&l, "set").text, NULL);
  lnti_extract_items items = all_items(&l);
  lnti_extractor *extractor = NULL;
  assert_ok(lnti_extractor_new(&extractor, "hog:cell=4", &items.traits, ERR));
  lnti_vectors first = run(&l, extractor, &items, NULL);
  for (unsigned threads = 2; threads <= 3; threads++) {
    lnti_pool *pool = NULL;
    assert_ok(lnti_pool_new(&pool, threads, ERR));
    l.project->context.pool = pool;
    lnti_test_folder_remove(lnti_test_path(l.path, "cache"));
    lnti_vectors again = run(&l, extractor, &items, NULL);
    assert_int_equal(again.n_computed, 90);
    assert_memory_equal(first.data, again.data, first.n * first.d * sizeof(float));
    lnti_vectors_clear(&again);
    l.project->context.pool = NULL;
    lnti_pool_free(pool);
  }
  lnti_vectors_clear(&first);
  lnti_extractor_free(extractor);
  lnti_extract_items_clear(&items);
  lab_free(&l);
}

/* 2,100 items are two blocks; the run is cancelled between them. */
static void a_cancelled_run_keeps_its_blocks(void **state) {
  (void)state;
  enum { N = 2100, BLOCK = 2048 };
  lab l = lab_new();
  media_stopper stopper;
  lnti_vectors vectors = {.n = 77};
  toy_arrays(media_in(&l, "set").text, "train", false, N, 0);
  media_import(&l, media_in(&l, "set").text, NULL);
  lnti_extract_items items = all_items(&l);
  lnti_extractor *extractor = pixels_of(&items);
  media_stop_at(&stopper, BLOCK);
  l.project->context.cancel = &stopper.cancel;
  assert_status(lnti_extract(&vectors, l.project, extractor, &items, &stopper.progress, NULL, NULL, ERR),
                LNT_ECANCELLED);
  assert_int_equal(vectors.n, 77);
  l.project->context.cancel = NULL;
  media_stop_at(&stopper, SIZE_MAX);
  assert_ok(lnti_extract(&vectors, l.project, extractor, &items, &stopper.progress, NULL, NULL, ERR));
  assert_int_equal(vectors.n, N);
  assert_int_equal(vectors.n_computed, N - BLOCK);
  assert_int_equal(stopper.seen, N);
  for (size_t i = 0; i < N; i += 99) assert_toy(&vectors, i, (int)(i % 3), i);
  lnti_vectors_clear(&vectors);
  lnti_extractor_free(extractor);
  lnti_extract_items_clear(&items);
  lab_free(&l);
}

/* ---- images that cannot be had ---- */

static void refused_images_leave_no_gaps(void **state) {
  (void)state;
  lab l = lab_new();
  static media_refusals refusals;
  static const size_t kept[4] = {0, 1, 3, 5};
  uint8_t pixels[TOY_PIXELS];
  media_folder(media_in(&l, "set").text);
  for (size_t i = 0; i < 6; i++) {
    toy_pixels(pixels, 1, i);
    media_write_png(media_in(&l, "set/%zu.png", i).text, pixels, TOY_SIDE, TOY_SIDE);
  }
  media_import(&l, media_in(&l, "set").text, NULL);
  assert_int_equal(unlink(media_in(&l, "set/2.png").text), 0);
  media_write_png(media_in(&l, "set/4.png").text, pixels, TOY_SIDE, TOY_SIDE); /* sound, but another picture */
  lnti_extract_items items = all_items(&l);
  lnti_extractor *extractor = pixels_of(&items);
  for (int round = 0; round < 2; round++) { /* refused ones are tried again each time */
    lnti_vectors vectors = run(&l, extractor, &items, &refusals);
    assert_int_equal(vectors.n, 4);
    assert_int_equal(vectors.n_refused, 2);
    assert_int_equal(vectors.n_computed, round ? 0 : 4);
    for (size_t i = 0; i < 4; i++) {
      assert_int_equal(vectors.item[i], kept[i]);
      assert_toy(&vectors, i, 1, kept[i]);
    }
    assert_int_equal(refusals.n, 2);
    assert_int_equal(refusals.of[0].code, LNT_ENOTFOUND);
    assert_string_equal(refusals.of[0].path, media_in(&l, "set/2.png").text);
    assert_int_equal(refusals.of[1].code, LNT_ECONFLICT);
    assert_non_null(strstr(refusals.of[1].reason, "has changed since it was imported"));
    lnti_vectors_clear(&vectors);
  }
  /* As it was, it is taken. */
  toy_pixels(pixels, 1, 4);
  media_write_png(media_in(&l, "set/4.png").text, pixels, TOY_SIDE, TOY_SIDE);
  lnti_vectors vectors = run(&l, extractor, &items, &refusals);
  assert_int_equal(vectors.n, 5);
  assert_toy(&vectors, 3, 1, 4);
  lnti_vectors_clear(&vectors);
  lnti_extractor_free(extractor);
  lnti_extract_items_clear(&items);
  lab_free(&l);
}

static void not_one_image_is_a_failure(void **state) {
  (void)state;
  lab l = lab_new();
  lnti_vectors vectors = {.n = 77};
  toy_tree(media_in(&l, "set").text, 1, 0);
  media_import(&l, media_in(&l, "set").text, NULL);
  lnti_test_folder_remove(lnti_test_path(l.folder, "set"));
  lnti_extract_items items = all_items(&l);
  lnti_extractor *extractor = pixels_of(&items);
  assert_status(lnti_extract(&vectors, l.project, extractor, &items, NULL, NULL, NULL, ERR), LNT_ENOTFOUND);
  assert_message("not one of 3 images could be read (have they moved? linnet relink OLD NEW); the first: ");
  assert_message("across/0.pgm");
  assert_int_equal(vectors.n, 77);
  lnti_extractor_free(extractor);
  lnti_extract_items_clear(&items);
  lab_free(&l);
}

/* ---- embeddings ---- */

/* Stored in half the bytes, the same numbers out of the cache, extended by what is new; by name and by file. */
static void embeddings_are_kept_as_f16(void **state) {
  (void)state;
  lab l = lab_new();
  lnti_extractor *extractor = NULL;
  message m = make_tiny_network(4);
  char text[600];
  snprintf(text, sizeof text, "embedding:%s@flat", media_in(&l, "tiny.onnx").text);
  lnti_test_write_file(media_in(&l, "tiny.onnx").text, m.data, m.n);
  free(m.data);
  toy_tree(media_in(&l, "set").text, 5, 0);
  media_import(&l, media_in(&l, "set").text, NULL);
  lnti_extract_items items = all_items(&l);
  assert_ok(lnti_project_extractor(&extractor, l.project, text, ERR));
  lnti_vectors first = run(&l, extractor, &items, NULL);
  assert_true(first.n == 15 && first.d == 3 && first.dtype == LNTI_F32 && first.n_computed == 15);
  for (size_t i = 0; i < 45; i++) {
    float v = ((const float *)first.data)[i];
    assert_true(v == lnti_f16_value(lnti_f16_of(v)));
  }
  lnti_vectors again = run(&l, extractor, &items, NULL);
  assert_int_equal(again.n_computed, 0);
  assert_memory_equal(again.data, first.data, 45 * sizeof(float));
  struct stat info;
  glob_t found = {0};
  char *pattern = lnti_test_path(l.path, "cache/features/*/shard-00000");
  assert_int_equal(glob(pattern, 0, NULL, &found), 0);
  assert_int_equal(found.gl_pathc, 1);
  assert_int_equal(stat(found.gl_pathv[0], &info), 0);
  assert_int_equal(info.st_size, 15 * 3 * 2);
  globfree(&found);
  free(pattern);
  lnti_vectors_clear(&again);
  lnti_extract_items_clear(&items);

  toy_tree(media_in(&l, "more").text, 2, 100);
  media_import(&l, media_in(&l, "more").text, NULL);
  items = all_items(&l);
  again = run(&l, extractor, &items, NULL);
  assert_true(again.n == 21 && again.n_computed == 6);
  lnti_vectors_clear(&again);
  lnti_vectors_clear(&first);
  lnti_extract_items_clear(&items);
  lnti_extractor_free(extractor);

  extractor = NULL;
  assert_status(lnti_project_extractor(&extractor, l.project, "embedding:gone", ERR), LNT_EINVAL); /* no folder */
  assert_status(lnti_project_extractor(&extractor, l.project, "embedding:", ERR), LNT_EINVAL);
  assert_status(lnti_project_extractor(&extractor, l.project, "embedding:a@", ERR), LNT_EINVAL);
  assert_ok(lnti_project_use_backbones(l.project, media_in(&l, "none").text, ERR));
  assert_status(lnti_project_extractor(&extractor, l.project, "embedding:gone", ERR), LNT_ENOTFOUND);
  assert_message("linnet backbone add");
  assert_null(extractor);
  lab_free(&l);
}

/* Networks take long for each picture: what is done is kept after few of them. */
static void a_cancelled_network_loses_little(void **state) {
  (void)state;
  lab l = lab_new();
  lnti_extractor *extractor = NULL;
  media_stopper stopper;
  lnti_vectors vectors = {.n = 77};
  message m = make_tiny_network(4);
  char text[600];
  snprintf(text, sizeof text, "embedding:%s@flat", media_in(&l, "tiny.onnx").text);
  lnti_test_write_file(media_in(&l, "tiny.onnx").text, m.data, m.n);
  free(m.data);
  toy_tree(media_in(&l, "set").text, 15, 0);
  media_import(&l, media_in(&l, "set").text, NULL);
  lnti_extract_items items = all_items(&l);
  assert_ok(lnti_project_extractor(&extractor, l.project, text, ERR));
  media_stop_at(&stopper, 32);
  l.project->context.cancel = &stopper.cancel;
  assert_status(lnti_extract(&vectors, l.project, extractor, &items, &stopper.progress, NULL, NULL, ERR),
                LNT_ECANCELLED);
  l.project->context.cancel = NULL;
  vectors = run(&l, extractor, &items, NULL);
  assert_int_equal(vectors.n_computed, 45 - 32);
  lnti_vectors_clear(&vectors);
  lnti_extractor_free(extractor);
  lnti_extract_items_clear(&items);
  lab_free(&l);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_cancelled_network_loses_little), cmocka_unit_test(vectors_are_in_the_items_order),
      cmocka_unit_test(embeddings_are_kept_as_f16),       cmocka_unit_test(no_items_give_no_vectors),
      cmocka_unit_test(traits_are_those_of_all),          cmocka_unit_test(the_second_run_computes_nothing),
      cmocka_unit_test(equal_images_are_stored_once),     cmocka_unit_test(the_same_vectors_on_any_number_of_threads),
      cmocka_unit_test(a_cancelled_run_keeps_its_blocks), cmocka_unit_test(refused_images_leave_no_gaps),
      cmocka_unit_test(not_one_image_is_a_failure),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
