/*
 * The cache of unpacked arrays: right records from many threads, bounded memory, changed and broken files.
 */
#include <media/arrays.h>

#include "media/temp.h"
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdatomic.h>

enum { N = 40, H = 6, W = 5, RECORD = H * W, N_FILES = 4 };

static lnti_arrays *new_arrays(size_t array_max, size_t cache) {
  lnti_arrays *arrays = NULL;
  lnt_error err = LNT_ERROR_INIT;
  const lnti_media_options options = {1 << 20, array_max, cache};
  assert_int_equal(lnti_arrays_new(&arrays, &options, &err), LNT_OK);
  return arrays;
}

/* Record i of temp_idx_images. */
static int is_record(const lnti_blob *blob, size_t i) {
  if (blob->kind != LNTI_BLOB_PIXELS || blob->h != H || blob->w != W || blob->c != 1 || blob->bytes != RECORD) return 0;
  for (size_t j = 0; j < RECORD; j++) {
    if (blob->data[j] != (7 * i + j) % 251) return 0;
  }
  return 1;
}

static void reads(lnti_arrays *arrays, const char *path, size_t i) {
  lnti_blob blob = {0};
  lnt_error err = LNT_ERROR_INIT;
  if (lnti_arrays_read(&blob, arrays, path, i, &err) != LNT_OK) fail_msg("%s#%zu: %s", path, i, err.message);
  if (!is_record(&blob, i)) fail_msg("%s#%zu: other bytes", path, i);
  lnti_blob_clear(&blob);
}

static void write_files(const temp_folder *folder, char paths[N_FILES][TEMP_PATH]) {
  size_t n = 0;
  uint8_t *data = temp_idx_images(&n, N, H, W);
  for (int i = 0; i < N_FILES; i++) {
    char name[16];
    snprintf(name, sizeof name, "%d.gz", i);
    temp_write_gzip(temp_path(paths[i], folder, name), data, n);
  }
  free(data);
}

static void test_plain_and_packed(void **state) {
  (void)state;
  temp_folder folder;
  char path[TEMP_PATH];
  size_t n = 0, bytes = 0, entries = 0;
  uint8_t *data = temp_idx_images(&n, N, H, W);
  lnti_arrays *arrays = new_arrays(1 << 20, 1 << 20);
  temp_open(&folder);
  temp_write(temp_path(path, &folder, "plain"), data, n);
  for (size_t i = N; i-- > 0;) reads(arrays, path, i);
  lnti_arrays_usage(&bytes, &entries, arrays);
  assert_int_equal(bytes, 0); /* read in place */
  assert_int_equal(entries, 1);
  temp_write_gzip(temp_path(path, &folder, "packed.gz"), data, n);
  for (size_t i = N; i-- > 0;) reads(arrays, path, i);
  lnti_arrays_usage(&bytes, &entries, arrays);
  assert_int_equal(bytes, N * RECORD);
  assert_int_equal(entries, 2);
  lnti_arrays_free(arrays);
  lnti_arrays_free(NULL);
  temp_close(&folder);
  free(data);
}

static void test_bounded(void **state) {
  (void)state;
  temp_folder folder;
  char paths[N_FILES][TEMP_PATH];
  size_t bytes = 0, entries = 0;
  temp_open(&folder);
  write_files(&folder, paths);
  /* Room for two and a half. */
  lnti_arrays *arrays = new_arrays(1 << 20, 5 * N * RECORD / 2);
  for (int i = 0; i < N_FILES; i++) {
    reads(arrays, paths[i], 3);
    lnti_arrays_usage(&bytes, &entries, arrays);
    assert_int_equal(bytes, (i < 1 ? 1 : 2) * N * RECORD);
  }
  /* Least recently used goes first: 2 was used after 3, so 0 puts 3 out. */
  reads(arrays, paths[2], 3);
  reads(arrays, paths[0], 3);
  assert_int_equal(unlink(paths[2]), 0);
  lnt_error err = LNT_ERROR_INIT;
  lnti_blob blob = {0};
  assert_int_equal(lnti_arrays_read(&blob, arrays, paths[2], 3, &err), LNT_ENOTFOUND);
  lnti_arrays_free(arrays);
  temp_close(&folder);
}

static void test_larger_than_cache(void **state) {
  (void)state;
  temp_folder folder;
  char paths[N_FILES][TEMP_PATH];
  size_t bytes = 0, entries = 0;
  lnti_blob blob = {0};
  lnt_error err = LNT_ERROR_INIT;
  temp_open(&folder);
  write_files(&folder, paths);
  lnti_arrays *arrays = new_arrays(N * RECORD, 10);
  for (int round = 0; round < 2; round++) {
    for (int i = 0; i < N_FILES; i++) {
      reads(arrays, paths[i], 5);
      lnti_arrays_usage(&bytes, &entries, arrays);
      assert_int_equal(bytes, N * RECORD);
      assert_int_equal(entries, 1);
    }
  }
  lnti_arrays_free(arrays);
  arrays = new_arrays(N * RECORD - 1, 1 << 20);
  assert_int_equal(lnti_arrays_read(&blob, arrays, paths[0], 0, &err), LNT_ELIMIT);
  lnti_arrays_free(arrays);
  temp_close(&folder);
}

static void test_changed_and_broken(void **state) {
  (void)state;
  temp_folder folder;
  char path[TEMP_PATH];
  size_t n = 0, packed = 0, bytes = 0, entries = 0;
  uint8_t *data = temp_idx_images(&n, N, H, W);
  uint8_t *gzip = temp_gzip(&packed, data, n);
  lnti_arrays *arrays = new_arrays(1 << 20, 1 << 20);
  lnti_blob blob = {0};
  lnt_error err = LNT_ERROR_INIT;
  temp_open(&folder);
  temp_write(temp_path(path, &folder, "a.gz"), gzip, packed - 5);
  for (int i = 0; i < 3; i++) {
    memset(&err, 0, sizeof err);
    assert_int_equal(lnti_arrays_read(&blob, arrays, path, 1, &err), LNT_EDATA);
    assert_non_null(strstr(err.message, "ends early"));
  }
  lnti_arrays_usage(&bytes, &entries, arrays);
  assert_int_equal(bytes, 0);
  assert_int_equal(entries, 1); /* remembered as broken */
  /* Mended under the same name. */
  temp_write(path, gzip, packed);
  reads(arrays, path, 1);
  /* Replaced by another: same name, other records. */
  data[16 + 1 * RECORD] ^= 1;
  temp_write(path, data, n);
  assert_int_equal(lnti_arrays_read(&blob, arrays, path, 1, &err), LNT_OK);
  assert_memory_equal(blob.data, data + 16 + RECORD, RECORD);
  lnti_blob_clear(&blob);
  assert_int_equal(lnti_arrays_read(&blob, arrays, path, N, &err), LNT_ENOTFOUND);
  lnti_arrays_free(arrays);
  temp_close(&folder);
  free(gzip);
  free(data);
}

static void test_many_files(void **state) {
  (void)state;
  temp_folder folder;
  char path[TEMP_PATH], name[16];
  size_t n = 0, bytes = 0, entries = 0;
  uint8_t *data = temp_idx_images(&n, N, H, W);
  lnti_arrays *arrays = new_arrays(1 << 20, 1 << 20);
  temp_open(&folder);
  for (int i = 0; i < 100; i++) {
    snprintf(name, sizeof name, "%d", i);
    temp_write(temp_path(path, &folder, name), data, n);
    reads(arrays, path, 2);
  }
  lnti_arrays_usage(&bytes, &entries, arrays);
  assert_int_equal(entries, 64); /* open files are bounded */
  lnti_arrays_free(arrays);
  temp_close(&folder);
  free(data);
}

typedef struct crowd {
  lnti_arrays *arrays;
  char (*paths)[TEMP_PATH];
  size_t cap;
  atomic_int bad;
} crowd;

static void *one_of_crowd(void *payload) {
  crowd *c = payload;
  for (size_t i = 0; i < 400; i++) {
    lnti_blob blob = {0};
    size_t bytes = 0, entries = 0;
    const size_t record = i * 17 % N;
    if (lnti_arrays_read(&blob, c->arrays, c->paths[i / 3 % N_FILES], record, NULL) != LNT_OK) {
      atomic_fetch_add(&c->bad, 1);
      continue;
    }
    if (!is_record(&blob, record)) atomic_fetch_add(&c->bad, 1);
    lnti_blob_clear(&blob);
    lnti_arrays_usage(&bytes, &entries, c->arrays);
    if (bytes > c->cap) atomic_fetch_add(&c->bad, 1);
  }
  return NULL;
}

/* Four threads over four arrays in a cache that holds all, two, one, or not even one of them. */
static void test_crowd(void **state) {
  (void)state;
  temp_folder folder;
  char paths[N_FILES][TEMP_PATH];
  const size_t array = N * RECORD, caches[] = {8 * array, 2 * array, array, 1};
  temp_open(&folder);
  write_files(&folder, paths);
  for (size_t i = 0; i < sizeof caches / sizeof *caches; i++) {
    crowd c = {.paths = paths, .cap = caches[i] < array ? array : caches[i]};
    pthread_t threads[4];
    c.arrays = new_arrays(1 << 20, caches[i]);
    for (int t = 0; t < 4; t++) assert_int_equal(pthread_create(&threads[t], NULL, one_of_crowd, &c), 0);
    for (int t = 0; t < 4; t++) assert_int_equal(pthread_join(threads[t], NULL), 0);
    assert_int_equal(atomic_load(&c.bad), 0);
    lnti_arrays_free(c.arrays);
  }
  temp_close(&folder);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_plain_and_packed),  cmocka_unit_test(test_bounded),
      cmocka_unit_test(test_larger_than_cache), cmocka_unit_test(test_changed_and_broken),
      cmocka_unit_test(test_many_files),        cmocka_unit_test(test_crowd),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
