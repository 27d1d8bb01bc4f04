/*
 * One media, many threads: archives that are unpacked, dropped and unpacked again while others read; every member right,
 * and never more booked than allowed.
 */
#include <media/media.h>

#include "support.h"

#include "media/make_archive.h"
#include "media/temp.h"
#include <media/container.h>
#include <pthread.h>
#include <stdatomic.h>

enum { ARCHIVES = 6, MEMBERS = 20, THREADS = 4, ROUNDS = 300 };

typedef struct fixture {
  temp_folder folder, cache;
  char paths[ARCHIVES][TEMP_PATH];
} fixture;

static void fill(char text[64], int archive, int member) {
  snprintf(text, 64, "archive %d, member %d, and something to fill it up", archive, member);
}

static int set_up(void **state) {
  static fixture f;
  static const pack_kind kinds[ARCHIVES] = {PACK_TAR_GZ, PACK_TAR_XZ, PACK_TAR, PACK_ZIP, PACK_TAR_ZST, PACK_TAR_BZ2};
  temp_open(&f.folder);
  temp_open(&f.cache);
  for (int a = 0; a < ARCHIVES; a++) {
    char name[32], text[64];
    maker *m = make_begin(kinds[a]), *inner = make_begin(PACK_TAR_GZ);
    for (int i = 0; i < MEMBERS; i++) {
      snprintf(name, sizeof name, "m%d", i);
      fill(text, a, i);
      make_text(m, name, text);
      make_text(inner, name, text);
    }
    size_t n = 0;
    uint8_t *data = make_end(&n, inner);
    make_add(m, MEMBER_FILE, "inner.tar.gz", data, n);
    free(data);
    snprintf(name, sizeof name, "a%d%s", a, pack_ending(kinds[a]));
    make_file(temp_path(f.paths[a], &f.folder, name), m);
  }
  *state = &f;
  return 0;
}

static int tear_down(void **state) {
  fixture *f = *state;
  temp_close(&f->folder);
  temp_close(&f->cache);
  return 0;
}

typedef struct crowd {
  lnti_media *media;
  const fixture *f;
  atomic_int bad, next;
} crowd;

static void *one_of_crowd(void *payload) {
  crowd *c = payload;
  const int me = atomic_fetch_add(&c->next, 1);
  for (int i = 0; i < ROUNDS; i++) {
    lnti_blob blob = {0};
    lnt_error err = LNT_ERROR_INIT;
    char uri[TEMP_PATH + 64], text[64];
    const int archive = (i / 3 + me * 5) % ARCHIVES, member = i * 7 % MEMBERS;
    snprintf(uri, sizeof uri, "%s#%sm%d", c->f->paths[archive], i % 2 ? "inner.tar.gz#" : "", member);
    fill(text, archive, member);
    lnt_status status = lnti_media_read(&blob, c->media, uri, &err);
    /* Others may hold all the room that there is: that is said, and passes. */
    if (status == LNT_EBUSY) continue;
    if (status != LNT_OK || blob.bytes != strlen(text) || memcmp(blob.data, text, blob.bytes) != 0) {
      if (atomic_fetch_add(&c->bad, 1) == 0) print_message("%s: %s\n", uri, err.message);
    }
    lnti_blob_clear(&blob);
    if (i % 50 == me) {
      lnti_members members = {0};
      if (lnti_media_members(&members, c->media, c->f->paths[archive], NULL, NULL, NULL, &err) == LNT_OK) {
        if (members.n != 2 * MEMBERS) atomic_fetch_add(&c->bad, 1);
      }
      lnti_members_clear(&members);
    }
  }
  return NULL;
}

static void run(const fixture *f, const lnti_media_options *options) {
  crowd c = {.f = f};
  pthread_t threads[THREADS];
  assert_ok(lnti_media_new(&c.media, options, ERR));
  for (int t = 0; t < THREADS; t++) assert_int_equal(pthread_create(&threads[t], NULL, one_of_crowd, &c), 0);
  for (int t = 0; t < THREADS; t++) assert_int_equal(pthread_join(threads[t], NULL), 0);
  assert_int_equal(atomic_load(&c.bad), 0);
  lnti_media_free(c.media);
}

static void test_room_for_all(void **state) {
  const fixture *f = *state;
  run(f, NULL);
}

/* Memory for one index, disk for a pack or two: everything is dropped and made again all the time. */
static void test_evicted_while_read(void **state) {
  const fixture *f = *state;
  lnti_media_options options = LNTI_MEDIA_OPTIONS_INIT;
  options.cache_bytes = 1;
  run(f, &options);
  options.cache_disk_bytes = 12000;
  run(f, &options);
}

static void test_evicted_from_a_folder(void **state) {
  const fixture *f = *state;
  lnti_media_options options = LNTI_MEDIA_OPTIONS_INIT;
  options.cache_dir = f->cache.path;
  options.cache_bytes = 1;
  run(f, &options);
  options.cache_disk_bytes = 12000;
  run(f, &options);
}

/* What is booked is given back. */
static void test_books(void **state) {
  const fixture *f = *state;
  static lnti_media_options options;
  lnti_containers *containers = NULL;
  uint64_t bytes = 0;
  size_t n = 0;
  options = (lnti_media_options)LNTI_MEDIA_OPTIONS_INIT;
  options.temp_dir = "/tmp";
  options.cache_disk_bytes = 12000;
  assert_ok(lnti_containers_new(&containers, &options, ERR));
  for (int round = 0; round < 3; round++) {
    for (int a = 0; a < ARCHIVES; a++) {
      lnti_held held = {0};
      assert_ok(lnti_container_open(&held, containers, f->paths[a], NULL, ERR));
      lnti_cache_usage(&bytes, &n, lnti_containers_cache(containers), LNTI_BUDGET_DISK);
      assert_true(bytes <= options.cache_disk_bytes);
      lnti_cache_usage(&bytes, &n, lnti_containers_cache(containers), LNTI_BUDGET_MEMORY);
      assert_true(bytes > 0 && bytes < 100000);
      lnti_container_release(&held, containers);
    }
  }
  lnti_containers_free(containers);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_room_for_all),
      cmocka_unit_test(test_evicted_while_read),
      cmocka_unit_test(test_evicted_from_a_folder),
      cmocka_unit_test(test_books),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
