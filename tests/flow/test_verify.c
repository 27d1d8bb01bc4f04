/*
 * verify on a small project that has everything: imported pictures, a model, a cache. Each kind of damage is found,
 * named with what to do, and counted once; and looking changes nothing.
 */
#include <dirent.h>
#include <flow/import/import.h>
#include <flow/import/known_items.h>
#include <flow/train/train.h>
#include <flow/verify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "flow_support.h"

enum { PICTURES = 24 };

/* ---- fixtures ---- */

typedef struct whole {
  lab l;
  char *pictures, *model, *cache; /* folder of pictures; model file; folder of the one cached feature */
} whole;

static void import_pictures(whole *w) {
  lnti_import_result result = {0};
  lnti_import_options options = LNTI_IMPORT_OPTIONS_INIT;
  char name[32];
  w->pictures = lnti_test_path(w->l.folder, "pictures");
  for (int c = 0; c < 2; c++) {
    snprintf(name, sizeof name, "class%d", c);
    char *folder = lnti_test_path(w->pictures, name);
    if (c == 0) assert_int_equal(mkdir(w->pictures, 0755), 0);
    assert_int_equal(mkdir(folder, 0755), 0);
    for (int i = 0; i < PICTURES / 2; i++) {
      snprintf(name, sizeof name, "%d.ppm", i);
      char *path = lnti_test_path(folder, name);
      lab_write_ppm(path, 8, 8, (uint64_t)(100 * c + i));
      free(path);
    }
    free(folder);
  }
  const char *source = w->pictures;
  assert_ok(lnti_import(&result, w->l.project, &source, 1, &options, ERR));
  assert_int_equal(result.imported, PICTURES);
  assert_int_equal(result.labelled, PICTURES);
  lnti_import_result_clear(&result);
}

/* The only entry of a folder. */
static char *only_entry(const char *folder) {
  DIR *entries = opendir(folder);
  char *path = NULL;
  assert_non_null(entries);
  for (const struct dirent *e = readdir(entries); e; e = readdir(entries)) {
    if (e->d_name[0] == '.') continue;
    assert_null(path);
    path = lnti_test_path(folder, e->d_name);
  }
  closedir(entries);
  assert_non_null(path);
  return path;
}

static whole new_whole(void) {
  whole w = {.l = lab_new()};
  lnti_train_result result = {0};
  lnti_train_options options = {.learner = "knn", .feature = "pixels", .name = "toy"};
  import_pictures(&w);
  assert_ok(lnti_train(&result, w.l.project, &options, ERR));
  w.model = realpath(result.file, NULL); /* the file itself, not the link for people */
  char *features = lnti_test_path(w.l.path, "cache/features");
  w.cache = only_entry(features);
  free(features);
  lnti_train_result_clear(&result);
  return w;
}

static void free_whole(whole *w) {
  free(w->pictures);
  free(w->model);
  free(w->cache);
  lab_free(&w->l);
}

/* Faults that are told, one a line. */
typedef struct told {
  char text[4096];
  size_t n;
} told;

static void tell(void *payload, const char *fault) {
  told *t = payload;
  size_t length = strlen(t->text);
  snprintf(t->text + length, sizeof t->text - length, "%s\n", fault);
  t->n++;
}

static const lnti_verify_options quick, full = {.full = true};

static told verify(const whole *w, lnti_verify_result *result) {
  told t = {.n = 0};
  *result = (lnti_verify_result){0};
  assert_ok(lnti_verify(result, w->l.project, &quick, tell, &t, ERR));
  assert_int_equal(t.n, result->faults + result->missing_media); /* every one is told */
  return t;
}

static void expect_fault(const whole *w, const char *text, const char *advice) {
  lnti_verify_result result;
  told t = verify(w, &result);
  if (result.faults != 1) fail_msg("%zu faults where 1 is right:\n%s", result.faults, t.text);
  if (!strstr(t.text, text) || !strstr(t.text, advice)) fail_msg("not '%s' and '%s':\n%s", text, advice, t.text);
}

static void expect_whole(const whole *w) {
  lnti_verify_result result;
  told t = verify(w, &result);
  if (t.n) fail_msg("told: %s", t.text);
}

/* Changes one byte, counted from the end of the file. */
static void damage(const char *path, size_t from_end) {
  size_t n = 0;
  char *data = lnti_test_read_file(&n, path);
  assert_true(from_end < n);
  data[n - 1 - from_end] ^= 0x10;
  lnti_test_write_file(path, data, n);
  free(data);
}

static void cut(const char *path, size_t n_less) {
  struct stat info;
  assert_int_equal(stat(path, &info), 0);
  assert_int_equal(truncate(path, info.st_size - (off_t)n_less), 0);
}

/* ---- whole projects ---- */

static void test_a_new_project(void **state) {
  (void)state;
  whole w = {.l = lab_new()};
  lnti_verify_result result;
  told t = verify(&w, &result);
  assert_int_equal(t.n, 0);
  assert_int_equal(result.models, 0);
  assert_int_equal(result.cached_vectors, 0);
  free_whole(&w);
}

static void test_a_whole_one_twice(void **state) {
  (void)state;
  whole w = new_whole();
  for (int i = 0; i < 2; i++) {
    lnti_verify_result result;
    told t = verify(&w, &result);
    if (t.n) fail_msg("told: %s", t.text);
    assert_int_equal(result.faults, 0);
    assert_int_equal(result.missing_media, 0);
    assert_int_equal(result.models, 1);
    assert_int_equal(result.cached_vectors, PICTURES);
  }
  free_whole(&w);
}

/* ---- models ---- */

static void test_damaged_and_missing_model(void **state) {
  (void)state;
  whole w = new_whole();
  struct stat info;
  assert_int_equal(stat(w.model, &info), 0);
  damage(w.model, (size_t)info.st_size / 2);
  expect_fault(&w, "model \"toy\": models/toy@1.lnt is not the file that was trained", "train it again");
  damage(w.model, (size_t)info.st_size / 2); /* and back */
  expect_whole(&w);
  cut(w.model, 1);
  expect_fault(&w, "is not the file that was trained", "train it again");
  assert_int_equal(unlink(w.model), 0);
  expect_fault(&w, "model \"toy\": ", "train it again");
  free_whole(&w);
}

static lnt_status write_model(void *payload, lnti_tx *tx, lnt_error *err) {
  lnti_model_row *row = payload;
  return lnti_tx_model(tx, &row->id, row, err);
}

static lnt_status keep_run(void *payload, const lnti_model_row *row, lnt_error *err) {
  (void)err;
  *(int64_t *)payload = row->run_id;
  return LNT_OK;
}

/* The file is what was stored, but that is no model. */
static void test_a_file_that_is_no_model(void **state) {
  (void)state;
  whole w = new_whole();
  lnti_model_row row = {.name = "toy", .file = "models/toy@1.lnt", .bytes = 9, .created_ms = 1};
  assert_ok(lnti_store_models(w.l.project->store, "toy", keep_run, &row.run_id, ERR));
  lnti_test_write_file(w.model, "no model\n", 9);
  lnti_hash_bytes(&row.content, "no model\n", 9);
  assert_ok(lnti_store_write(w.l.project->store, write_model, &row, ERR));
  expect_fault(&w, "model \"toy\": ", "train it again");
  free_whole(&w);
}

/* ---- cache ---- */

static void test_an_altered_vector(void **state) {
  (void)state;
  whole w = new_whole();
  char *shard = lnti_test_path(w.cache, "shard-00000");
  damage(shard, 0);
  expect_fault(&w, "1 of 24 vectors are damaged", "delete this folder");
  damage(shard, 8 * 8 * 3); /* one more, wherever it lies */
  expect_fault(&w, "2 of 24 vectors are damaged", w.cache);
  damage(shard, 8 * 8 * 3);
  damage(shard, 0);
  expect_whole(&w);
  cut(shard, 1);
  expect_fault(&w, "1 of 24 vectors are damaged", "delete this folder");
  assert_int_equal(unlink(shard), 0);
  expect_fault(&w, "24 of 24 vectors are damaged", "delete this folder");
  free(shard);
  free_whole(&w);
}

static void test_an_altered_key(void **state) {
  (void)state;
  whole w = new_whole();
  char *key = lnti_test_path(w.cache, "key");
  damage(key, 20);
  expect_fault(&w, "key is damaged", "delete this folder");
  free(key);
  free_whole(&w);
}

static void test_the_cache_may_be_deleted(void **state) {
  (void)state;
  whole w = new_whole();
  char *cache = lnti_test_path(w.l.path, "cache");
  lnti_verify_result result;
  lnti_test_folder_remove(cache);
  told t = verify(&w, &result);
  assert_int_equal(t.n, 0);
  assert_int_equal(result.cached_vectors, 0);
  free_whole(&w);
}

/* ---- media ---- */

/* A group is an item, and no image. */
static void put_into_a_group(const whole *w) {
  lnti_import_options options = LNTI_IMPORT_OPTIONS_INIT;
  lnti_import_result result = {0};
  const char *source = w->pictures;
  options.group = "class";
  assert_ok(lnti_import(&result, w->l.project, &source, 1, &options, ERR));
  assert_int_equal(result.groups, 1);
  lnti_import_result_clear(&result);
}

static void test_a_source_that_is_gone(void **state) {
  (void)state;
  whole w = new_whole();
  lnti_verify_result result;
  put_into_a_group(&w);
  char *elsewhere = lnti_test_path(w.l.folder, "elsewhere");
  assert_int_equal(rename(w.pictures, elsewhere), 0);
  told t = verify(&w, &result);
  assert_int_equal(result.faults, 0); /* Linnet's own is whole */
  assert_int_equal(result.missing_media, 1);
  assert_int_equal(result.images, PICTURES);
  assert_int_equal(result.missing_images, PICTURES);
  assert_non_null(strstr(t.text, w.pictures));
  assert_non_null(strstr(t.text, "cannot be read: its items are kept, but their images (24) cannot"));
  assert_int_equal(rename(elsewhere, w.pictures), 0);
  expect_whole(&w);
  free(elsewhere);
  free_whole(&w);
}

static void expect_images(const whole *w, const lnti_verify_options *options, size_t missing, size_t changed) {
  lnti_verify_result result = {0};
  lnti_verified noted = {0};
  told t = {.n = 0};
  assert_ok(lnti_verify(&result, w->l.project, options, tell, &t, ERR));
  assert_int_equal(result.faults, 0);
  assert_int_equal(result.images, PICTURES);
  assert_int_equal(result.missing_images, missing);
  assert_int_equal(result.changed_images, changed);
  assert_int_equal(t.n, (missing > 0) + (changed > 0));
  assert_int_equal(strstr(t.text, "class0/0.ppm): the items stay") != NULL, missing > 0);
  assert_int_equal(strstr(t.text, "class0/1.ppm): the labels are those") != NULL, changed > 0);
  assert_ok(lnti_verify_read(&noted, w->l.project, ERR));
  assert_true(noted.time_ms > 0);
  assert_int_equal(noted.missing, missing);
  assert_int_equal(noted.changed, changed);
}

static lnti_import_result import_again(const whole *w, bool update) {
  lnti_import_options options = LNTI_IMPORT_OPTIONS_INIT;
  lnti_import_result result = {0};
  const char *source = w->pictures;
  options.update_changed = update;
  assert_ok(lnti_import(&result, w->l.project, &source, 1, &options, ERR));
  return result;
}

/* Files that are gone, or another picture of the same size now; the latter are taken as they are if that is asked for. */
static void test_images_that_are_gone_or_changed(void **state) {
  (void)state;
  whole w = new_whole();
  lnti_verified noted = {0};
  char *first = lnti_test_path(w.pictures, "class0/0.ppm"), *second = lnti_test_path(w.pictures, "class0/1.ppm");
  expect_images(&w, &quick, 0, 0);
  assert_int_equal(unlink(first), 0);
  lab_write_ppm(second, 8, 8, 4711);
  expect_images(&w, &quick, 1, 1);
  expect_images(&w, &full, 1, 1);
  lnti_import_result result = import_again(&w, false);
  assert_int_equal(result.again.files_changed, 1);
  assert_int_equal(result.again.files_updated, 0);
  lnti_import_result_clear(&result);
  expect_images(&w, &quick, 1, 1);
  result = import_again(&w, true);
  assert_int_equal(result.again.files_changed, 0);
  assert_int_equal(result.again.files_updated, 1);
  assert_int_equal(result.again.labels_same, PICTURES - 1);
  lnti_import_result_clear(&result);
  assert_ok(lnti_verify_read(&noted, w.l.project, ERR));
  assert_true(noted.time_ms > 0);
  assert_int_equal(noted.missing, 1); /* still */
  assert_int_equal(noted.changed, 0);
  expect_images(&w, &full, 1, 0);
  result = import_again(&w, true);
  assert_int_equal(result.again.files_updated, 0);
  lnti_import_result_clear(&result);
  /* what can no longer be read stays as it was */
  lnti_test_write_file(second, "P6", 2);
  result = import_again(&w, true);
  assert_int_equal(result.n_refused, 1);
  lnti_import_result_clear(&result);
  expect_images(&w, &quick, 1, 1);
  free(first);
  free(second);
  free_whole(&w);
}

/* A file that was written again as it was is read once; then its source is known to be the same. */
static void test_files_that_look_newer(void **state) {
  (void)state;
  whole w = new_whole();
  lnti_verify_result result;
  lnti_known_items *known = NULL;
  struct stat info;
  char *first = lnti_test_path(w.pictures, "class0/0.ppm"), *second = lnti_test_path(w.pictures, "class0/1.ppm");
  usleep(20000); /* file times are those of the last tick */
  lab_write_ppm(first, 8, 8, 0);
  usleep(20000);
  for (size_t round = 0; round < 2; round++) {
    assert_int_equal(verify(&w, &result).n, 0);
    assert_int_equal(result.compared_images, round == 0);
  }
  assert_int_equal(stat(first, &info), 0);
  assert_ok(lnti_known_items_load(&known, w.l.project, LNTI_SOURCE_FOLDER, w.pictures, ERR));
  assert_true(lnti_known_items_find(known, "class0/0.ppm").imported_ms >= lnti_file_changed_ms(&info));
  lnti_known_items_free(known);
  usleep(20000);
  lab_write_ppm(second, 8, 8, 4711); /* what differs is read until it is dealt with */
  for (int round = 0; round < 2; round++) expect_images(&w, &quick, 0, 1);
  free(first);
  free(second);
  free_whole(&w);
}

/* ---- database ---- */

static lnt_status write_stray_answer(void *payload, lnti_tx *tx, lnt_error *err) {
  return lnti_tx_answer(tx, payload, err);
}

static lnt_status keep_answer(void *payload, const lnti_answer_row *row, lnt_error *err) {
  (void)err;
  *(lnti_answer_row *)payload = *row;
  return LNT_OK;
}

/* What annotate would never write: an answer of an item that is not there. */
static void test_a_stray_answer(void **state) {
  (void)state;
  whole w = new_whole();
  lnti_answer_row row;
  assert_ok(lnti_store_answers(w.l.project->store, 1, 1, 0, keep_answer, &row, ERR));
  row.subject_id = 4711;
  row.text = NULL;
  assert_ok(lnti_store_write(w.l.project->store, write_stray_answer, &row, ERR));
  w.l.damaged = true;
  expect_fault(&w, "4711", "");
  free_whole(&w);
}

static void test_several_at_once(void **state) {
  (void)state;
  whole w = new_whole();
  lnti_verify_result result;
  char *shard = lnti_test_path(w.cache, "shard-00000"), *elsewhere = lnti_test_path(w.l.folder, "elsewhere");
  damage(shard, 0);
  damage(w.model, 100);
  assert_int_equal(rename(w.pictures, elsewhere), 0);
  verify(&w, &result);
  assert_int_equal(result.faults, 2);
  assert_int_equal(result.missing_media, 1);
  assert_int_equal(result.models, 1);
  assert_int_equal(result.cached_vectors, PICTURES);
  free(shard);
  free(elsewhere);
  free_whole(&w);
}

static void test_cancelled(void **state) {
  (void)state;
  whole w = new_whole();
  lnti_cancel cancel = {0};
  lnti_verify_result result = {.faults = 77};
  told t = {.n = 0};
  w.l.project->context.cancel = &cancel;
  lnti_cancel_request(&cancel);
  assert_status(lnti_verify(&result, w.l.project, &quick, tell, &t, ERR), LNT_ECANCELLED);
  assert_int_equal(result.faults, 77);
  w.l.project->context.cancel = NULL;
  free_whole(&w);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_a_new_project),
      cmocka_unit_test(test_a_whole_one_twice),
      cmocka_unit_test(test_damaged_and_missing_model),
      cmocka_unit_test(test_a_file_that_is_no_model),
      cmocka_unit_test(test_an_altered_vector),
      cmocka_unit_test(test_an_altered_key),
      cmocka_unit_test(test_the_cache_may_be_deleted),
      cmocka_unit_test(test_a_source_that_is_gone),
      cmocka_unit_test(test_images_that_are_gone_or_changed),
      cmocka_unit_test(test_files_that_look_newer),
      cmocka_unit_test(test_a_stray_answer),
      cmocka_unit_test(test_several_at_once),
      cmocka_unit_test(test_cancelled),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
