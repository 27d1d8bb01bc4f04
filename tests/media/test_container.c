/*
 * The cache of containers, by arrays: right records from many threads, bounded memory, changed and broken files.
 */
#include <media/container.h>

#include "media/temp.h"
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdatomic.h>

enum { N = 40, H = 6, W = 5, RECORD = H * W, N_FILES = 4 };

static lnti_media_options options;

static lnti_containers *new_containers(size_t array_max, size_t cache) {
  lnti_containers *containers = NULL;
  lnt_error err = LNT_ERROR_INIT;
  options = (lnti_media_options)LNTI_MEDIA_OPTIONS_INIT;
  options.array_bytes_max = array_max;
  options.cache_bytes = cache;
  assert_int_equal(lnti_containers_new(&containers, &options, &err), LNT_OK);
  return containers;
}

static void usage(size_t *bytes_out, size_t *n_out, lnti_containers *containers) {
  uint64_t bytes = 0;
  lnti_cache_usage(&bytes, n_out, lnti_containers_cache(containers), LNTI_BUDGET_MEMORY);
  *bytes_out = (size_t)bytes;
}

static lnt_status read_one(uint8_t **data_out, lnti_containers *containers, const char *path, size_t i,
                           lnt_error *err) {
  lnti_held held = {0};
  lnt_status status = lnti_container_open(&held, containers, path, NULL, err);
  if (status == LNT_OK) status = lnti_container_record(data_out, held.container, i, err);
  lnti_container_release(&held, containers);
  return status;
}

/* Record i of temp_idx_images. */
static int is_record(const uint8_t *data, size_t i) {
  for (size_t j = 0; j < RECORD; j++) {
    if (data[j] != (7 * i + j) % 251) return 0;
  }
  return 1;
}

static void reads(lnti_containers *containers, const char *path, size_t i) {
  uint8_t *data = NULL;
  lnt_error err = LNT_ERROR_INIT;
  if (read_one(&data, containers, path, i, &err) != LNT_OK) fail_msg("%s#%zu: %s", path, i, err.message);
  if (!is_record(data, i)) fail_msg("%s#%zu: other bytes", path, i);
  free(data);
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
  lnti_containers *containers = new_containers(1 << 20, 1 << 20);
  temp_open(&folder);
  temp_write(temp_path(path, &folder, "plain"), data, n);
  for (size_t i = N; i-- > 0;) reads(containers, path, i);
  usage(&bytes, &entries, containers);
  assert_int_equal(bytes, 0); /* read in place */
  assert_int_equal(entries, 1);
  temp_write_gzip(temp_path(path, &folder, "packed.gz"), data, n);
  for (size_t i = N; i-- > 0;) reads(containers, path, i);
  usage(&bytes, &entries, containers);
  assert_int_equal(bytes, N * RECORD);
  assert_int_equal(entries, 2);
  lnti_containers_free(containers);
  lnti_containers_free(NULL);
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
  lnti_containers *containers = new_containers(1 << 20, 5 * N * RECORD / 2);
  for (int i = 0; i < N_FILES; i++) {
    reads(containers, paths[i], 3);
    usage(&bytes, &entries, containers);
    assert_int_equal(bytes, (i < 1 ? 1 : 2) * N * RECORD);
  }
  /* Least recently used goes first: 2 was used after 3, so 0 puts 3 out. */
  reads(containers, paths[2], 3);
  reads(containers, paths[0], 3);
  assert_int_equal(unlink(paths[2]), 0);
  lnt_error err = LNT_ERROR_INIT;
  uint8_t *data = NULL;
  assert_int_equal(read_one(&data, containers, paths[2], 3, &err), LNT_ENOTFOUND);
  lnti_containers_free(containers);
  temp_close(&folder);
}

static void test_larger_than_cache(void **state) {
  (void)state;
  temp_folder folder;
  char paths[N_FILES][TEMP_PATH];
  size_t bytes = 0, entries = 0;
  uint8_t *data = NULL;
  lnt_error err = LNT_ERROR_INIT;
  temp_open(&folder);
  write_files(&folder, paths);
  lnti_containers *containers = new_containers(N * RECORD, 10);
  for (int round = 0; round < 2; round++) {
    for (int i = 0; i < N_FILES; i++) {
      reads(containers, paths[i], 5);
      usage(&bytes, &entries, containers);
      assert_int_equal(bytes, N * RECORD);
      assert_int_equal(entries, 1);
    }
  }
  lnti_containers_free(containers);
  containers = new_containers(N * RECORD - 1, 1 << 20);
  assert_int_equal(read_one(&data, containers, paths[0], 0, &err), LNT_ELIMIT);
  lnti_containers_free(containers);
  temp_close(&folder);
}

static void test_changed_and_broken(void **state) {
  (void)state;
  temp_folder folder;
  char path[TEMP_PATH];
  size_t n = 0, packed = 0, bytes = 0, entries = 0;
  uint8_t *data = temp_idx_images(&n, N, H, W);
  uint8_t *gzip = temp_gzip(&packed, data, n);
  lnti_containers *containers = new_containers(1 << 20, 1 << 20);
  uint8_t *record = NULL;
  lnt_error err = LNT_ERROR_INIT;
  temp_open(&folder);
  temp_write(temp_path(path, &folder, "a.gz"), gzip, packed - 5);
  for (int i = 0; i < 3; i++) {
    memset(&err, 0, sizeof err);
    assert_int_equal(read_one(&record, containers, path, 1, &err), LNT_EDATA);
    assert_non_null(strstr(err.message, "ends early"));
  }
  usage(&bytes, &entries, containers);
  assert_int_equal(bytes, 0);
  assert_int_equal(entries, 1); /* remembered as broken */
  /* Mended under the same name. */
  temp_write(path, gzip, packed);
  reads(containers, path, 1);
  /* Replaced by another: same name, other records. */
  data[16 + 1 * RECORD] ^= 1;
  temp_write(path, data, n);
  assert_int_equal(read_one(&record, containers, path, 1, &err), LNT_OK);
  assert_memory_equal(record, data + 16 + RECORD, RECORD);
  free(record);
  assert_int_equal(read_one(&record, containers, path, N, &err), LNT_ENOTFOUND);
  lnti_containers_free(containers);
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
  lnti_containers *containers = new_containers(1 << 20, 1 << 20);
  temp_open(&folder);
  for (int i = 0; i < 100; i++) {
    snprintf(name, sizeof name, "%d", i);
    temp_write(temp_path(path, &folder, name), data, n);
    reads(containers, path, 2);
  }
  usage(&bytes, &entries, containers);
  assert_int_equal(entries, 64); /* open files are bounded */
  lnti_containers_free(containers);
  temp_close(&folder);
  free(data);
}

typedef struct crowd {
  lnti_containers *containers;
  char (*paths)[TEMP_PATH];
  size_t cap;
  atomic_int bad;
} crowd;

static void *one_of_crowd(void *payload) {
  crowd *c = payload;
  for (size_t i = 0; i < 400; i++) {
    uint8_t *data = NULL;
    size_t bytes = 0, entries = 0;
    const size_t record = i * 17 % N;
    if (read_one(&data, c->containers, c->paths[i / 3 % N_FILES], record, NULL) != LNT_OK) {
      atomic_fetch_add(&c->bad, 1);
      continue;
    }
    if (!is_record(data, record)) atomic_fetch_add(&c->bad, 1);
    free(data);
    usage(&bytes, &entries, c->containers);
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
    c.containers = new_containers(1 << 20, caches[i]);
    for (int t = 0; t < 4; t++) assert_int_equal(pthread_create(&threads[t], NULL, one_of_crowd, &c), 0);
    for (int t = 0; t < 4; t++) assert_int_equal(pthread_join(threads[t], NULL), 0);
    assert_int_equal(atomic_load(&c.bad), 0);
    lnti_containers_free(c.containers);
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
