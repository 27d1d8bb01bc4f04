/*
 * Failing allocations over an import of a small archive with all that one may bring: class folders and splits, a group of
 * frames, metadata, an archive inside, a broken member. Each says so; what was durable is whole; the same import again, with
 * memory, ends as one that was never disturbed. And over an import of vectors in the place of others: these are there, or the new.
 */
#include "media_support.h"

#include "media/make_archive.h"

#include <flow/import/vectors.h>
#include <media/npy.h>

enum { IMAGES = 3 + 5 + 2, GROUPS = 1, REFUSED = 1 };

static void write_archive(const lab *l) {
  size_t n = 0, inner_n = 0;
  uint8_t pixels[TOY_PIXELS];
  toy_tree(media_in(l, "small").text, 1, 0);
  media_archive(media_in(l, "inner.zip").text, media_in(l, "small").text);
  media_golden("animation.gif", media_in(l, "a.gif").text);
  char *gif = lnti_test_read_file(&n, media_in(l, "a.gif").text);
  char *inner = lnti_test_read_file(&inner_n, media_in(l, "inner.zip").text);
  maker *m = make_begin(PACK_TAR_GZ);
  make_add(m, MEMBER_FILE, "train/moving/north_a.gif", gif, n);
  for (int i = 0; i < 2; i++) {
    char name[64], data[64 + TOY_PIXELS];
    int header = snprintf(data, sizeof data, "P5\n%d %d\n255\n", TOY_SIDE, TOY_SIDE);
    toy_pixels(pixels, i, 50);
    memcpy(data + header, pixels, TOY_PIXELS);
    snprintf(name, sizeof name, "%s/down/south_%d.pgm", i ? "test" : "train", i);
    make_add(m, MEMBER_FILE, name, data, (size_t)header + TOY_PIXELS);
  }
  make_text(m, "train/down/north_broken.pgm", "P5\n12 12\n255\nabc");
  make_add(m, MEMBER_FILE, "test/inner.zip", inner, inner_n);
  make_text(m, "test/notes.txt", "x");
  make_file(media_in(l, "a.tar.gz").text, m);
  free(inner);
  free(gif);
}

typedef struct outcome {
  lnt_status status;
  bool failed;
  size_t imported, n_refused;
  char refused[512]; /* the first */
  lnt_error error;
} outcome;

/* With the n-th allocation failing; 0: none. */
static outcome import_failing(const lab *l, const char *source, size_t n) {
  static media_refusals refusals;
  lnti_import_options options = LNTI_IMPORT_OPTIONS_INIT;
  lnti_import_result result = {.imported = 77};
  outcome out = {.error = LNT_ERROR_INIT};
  memset(&refusals, 0, sizeof refusals);
  options.frames = LNTI_FRAMES_GROUP;
  options.meta = "{site}_*";
  options.refused = media_refuse;
  options.refused_payload = &refusals;
  lnti_test_fail_allocation_after(n);
  out.status = lnti_import(&result, l->project, &source, 1, &options, &out.error);
  out.failed = lnti_test_allocation_failed();
  lnti_test_fail_allocation_after(0);
  out.n_refused = refusals.n;
  if (out.status) {
    assert_int_equal(result.imported, 77);
  } else {
    out.imported = result.imported;
    lnti_import_result_clear(&result);
  }
  snprintf(out.refused, sizeof out.refused, "%s", refusals.n ? refusals.of[0].path : "");
  return out;
}

static void expect_whole(const lab *l) {
  media_items items = media_list(l->project, "class");
  size_t n_images = 0, n_groups = 0, n_labelled = 0;
  for (size_t i = 0; i < items.n; i++) {
    const media_item *item = &items.item[i];
    n_images += item->kind == LNTI_ITEM_IMAGE;
    n_groups += item->kind == LNTI_ITEM_GROUP;
    n_labelled += *item->label != '\0';
    assert_true(*item->split);
    assert_true(*item->label || item->group_id);
    if (item->kind == LNTI_ITEM_IMAGE && strchr(item->member, '_'))
      assert_non_null(strstr(media_meta(l, item->id), "site="));
  }
  assert_int_equal(n_images, IMAGES);
  assert_int_equal(n_groups, GROUPS);
  assert_int_equal(n_labelled, IMAGES - 5 + GROUPS);
  media_items_clear(&items);
}

static void each_allocation(void **state) {
  (void)state;
  lab shelf = lab_new();
  write_archive(&shelf);
  media_name source = media_in(&shelf, "a.tar.gz");
  bool failed = true;
  size_t n = 1, n_told = 0, n_unsniffed = 0;
  for (; failed; n++) {
    lab l = lab_new();
    outcome out = import_failing(&l, source.text, n);
    failed = out.failed;
    if (out.status != LNT_OK && !(failed && out.status == LNT_ENOMEM)) {
      fail_msg("allocation %zu: %s (%s)", n, lnt_status_name(out.status), out.error.message);
    }
    if (out.status == LNT_OK && out.imported == 0) {
      /* Nobody can look what kind of a file it is: then it is one image, and refused as such. */
      assert_string_equal(out.refused, source.text);
      n_unsniffed++;
    } else if (out.status == LNT_OK) {
      expect_whole(&l); /* without some thumbnails: these are a cache */
    }
    n_told += out.status != LNT_OK;
    /* Nothing is refused for want of memory. */
    if (out.n_refused > REFUSED) fail_msg("allocation %zu: %zu refused", n, out.n_refused);
    assert_int_equal(import_failing(&l, source.text, 0).status, LNT_OK);
    expect_whole(&l);
    lab_free(&l);
    assert_in_range(n, 1, 20000);
  }
  print_message("%zu allocations, %zu of them told\n", n - 2, n_told);
  assert_in_range(n_unsniffed, 0, 10);
  assert_true(n_told > 200 && n_told > n * 3 / 4);
  lab_free(&shelf);
}

/* ---- lists that are complete ---- */

static lnt_status import_lists(const lab *l) {
  media_name table = media_in(l, "t.csv");
  const char *source = table.text;
  lnti_import_options options = LNTI_IMPORT_OPTIONS_INIT;
  lnti_import_result result = {0};
  options.table.unlisted_no = true;
  lnt_status status = lnti_import(&result, l->project, &source, 1, &options, ERR);
  lnti_import_result_clear(&result);
  return status;
}

/* Whatever fails, the same import ends as one that was never disturbed. */
static void each_allocation_of_lists(void **state) {
  static const char table[] = "path,tags\nsmall/down/0.pgm,a;b\nsmall/across/0.pgm,\n";
  (void)state;
  lab l = lab_new();
  lnti_answer_row row;
  bool failed = true;
  size_t n = 1;
  toy_tree(media_in(&l, "small").text, 1, 0);
  lnti_test_write_file(media_in(&l, "t.csv").text, table, strlen(table));
  for (; failed; n++) {
    lnti_test_fail_allocation_after(n);
    lnt_status status = import_lists(&l);
    failed = lnti_test_allocation_failed();
    lnti_test_fail_allocation_after(0);
    if (status != LNT_OK && !(failed && status == LNT_ENOMEM))
      fail_msg("allocation %zu: %s", n, lnt_status_name(status));
    assert_in_range(n, 1, 20000);
  }
  lnti_ontology_free(l.ontology);
  l.ontology = NULL;
  assert_ok(lnti_store_ontology(&l.ontology, l.project->store, ERR));
  assert_int_equal(l.ontology->n_options, 2);
  for (int64_t item = 1; item <= 2; item++) {
    assert_true(lab_current(&l, &row, item, lab_question(&l, "tags"))); /* the last option */
    assert_true(row.number == (item == 1 ? 1 : 0));
  }
  lab_free(&l);
}

/* ---- vectors ---- */

enum { VECTORS = 3, LENGTH = 2 };

static void write_vectors(const lab *l, const char *name, float first) {
  float x[VECTORS * LENGTH];
  for (size_t i = 0; i < VECTORS * LENGTH; i++) x[i] = first + (float)i;
  lnti_matrix m = lnti_matrix_of(x, VECTORS, LENGTH, LNTI_F32);
  assert_ok(lnti_npy_write(media_in(l, "%s", name).text, &m, ERR));
}

static lnt_status import_vectors(const lab *l, const char *name, lnti_embedding_set *out, size_t n, bool *failed) {
  media_name file = media_in(l, "%s", name), rows = media_in(l, "rows.csv");
  const lnti_vectors_request request = {
      .file = file.text, .rows = rows.text, .name = "x", .existing = LNTI_IMPORT_EXISTING_REPLACE};
  lnti_vectors_result result = {.rows = 0};
  lnti_test_fail_allocation_after(n);
  lnt_status status = lnti_import_vectors(&result, l->project, &request, ERR);
  *failed = lnti_test_allocation_failed();
  lnti_test_fail_allocation_after(0);
  if (status == LNT_OK) *out = result.set;
  lnti_vectors_result_clear(&result);
  return status;
}

static void no_fault(void *payload, const char *text) {
  (void)payload;
  fail_msg("%s", text);
}

static void each_allocation_of_vectors(void **state) {
  (void)state;
  static const char rows[] = "path\nset/across/0.pgm\nset/down/0.pgm\nset/middle/0.pgm\n";
  lab l = lab_new();
  bool failed = true, found = false;
  lnti_embedding_set there, now;
  size_t n_told = 0, n_swallowed = 0;
  toy_tree(media_in(&l, "set").text, 1, 0);
  media_import(&l, media_in(&l, "set").text, NULL);
  lnti_test_write_file(media_in(&l, "rows.csv").text, rows, sizeof rows - 1);
  write_vectors(&l, "old.npy", 1);
  write_vectors(&l, "new.npy", 100);
  assert_ok(import_vectors(&l, "old.npy", &there, 0, &failed));
  failed = true;
  for (size_t n = 1; failed; n++) {
    lnti_embedding_set made = there;
    lnt_status status = import_vectors(&l, "new.npy", &made, n, &failed);
    size_t n_vectors = 0, n_faults = 0;
    if (status && !(failed && status == LNT_ENOMEM)) fail_msg("allocation %zu: %s", n, lnt_status_name(status));
    n_told += status != LNT_OK;
    n_swallowed += status == LNT_OK && failed; /* tidying, after everything was done */
    assert_ok(lnti_embeddings_find(&found, &now, l.project, "x", ERR));
    assert_true(found);
    assert_string_equal(now.id, made.id);
    assert_ok(lnti_embeddings_verify(l.project, &n_vectors, &n_faults, no_fault, NULL, ERR));
    assert_int_equal(n_vectors, VECTORS);
    there = made;
    assert_in_range(n, 1, 2000);
  }
  assert_true(n_told > 50 && n_swallowed < 20);
  char *folder = lnti_test_path(l.path, "embeddings");
  assert_int_equal(lnti_test_count_entries(folder), 2); /* the lock, and the set */
  free(folder);
  lab_free(&l);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_allocation),
      cmocka_unit_test(each_allocation_of_lists),
      cmocka_unit_test(each_allocation_of_vectors),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
