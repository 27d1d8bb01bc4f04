/*
 * Every allocation of ours fails in turn, while archives of each kind are listed and read: no leak, nothing handed out,
 * and the next try goes well.
 */
#include <media/media.h>

#include "support.h"

#include "media/make_archive.h"
#include "media/temp.h"

static lnt_status ignore(void *payload, const char *name, const lnt_error *reason, lnt_error *err) {
  (void)name;
  (void)reason;
  (void)err;
  ++*(size_t *)payload;
  return LNT_OK;
}

typedef struct work {
  const char *path, *uri;
  size_t n_members;
} work;

static lnt_status list_and_read(const work *w, lnti_media *media) {
  lnti_members members = {0};
  lnti_blob blob = {0};
  size_t refused = 0;
  lnt_status status = lnti_media_members(&members, media, w->path, ignore, &refused, NULL, ERR);
  if (status == LNT_OK) assert_int_equal(members.n, w->n_members);
  if (status == LNT_OK) status = lnti_media_read(&blob, media, w->uri, ERR);
  if (status == LNT_OK) assert_int_equal(blob.bytes, 6);
  lnti_blob_clear(&blob);
  lnti_members_clear(&members);
  return status;
}

static void each_fault(const work *w, const char *cache) {
  for_each_fault(nth) {
    lnti_media *media = NULL;
    lnti_media_options options = LNTI_MEDIA_OPTIONS_INIT;
    options.cache_dir = cache;
    lnt_status status = lnti_media_new(&media, &options, ERR);
    if (status == LNT_OK) status = list_and_read(w, media);
    assert_fault_status(status);
    if (status != LNT_OK && media) assert_ok(list_and_read(w, media));
    lnti_media_free(media);
  }
}

static void test_every_allocation(void **state) {
  (void)state;
  temp_folder folder, cache;
  char path[TEMP_PATH], name[32], uri[TEMP_PATH + 64];
  temp_open(&folder);
  temp_open(&cache);
  for (int kind = 0; kind < PACK_KINDS; kind++) {
    size_t n = 0;
    maker *inner = make_begin(PACK_ZIP), *m = make_begin((pack_kind)kind);
    make_text(inner, "deep.txt", "inside");
    make_add(inner, MEMBER_SYMLINK, "inner link", "x", 0);
    uint8_t *zip = make_end(&n, inner);
    make_text(m, "a.txt", "plain!");
    make_add(m, MEMBER_FILE, "in.zip", zip, n);
    make_add(m, MEMBER_SYMLINK, "link", "a.txt", 0);
    free(zip);
    snprintf(name, sizeof name, "fault%d%s", kind, pack_ending((pack_kind)kind));
    make_file(temp_path(path, &folder, name), m);
    snprintf(uri, sizeof uri, "%s#in.zip#deep.txt", path);
    const work w = {path, uri, 2};
    each_fault(&w, NULL);
    each_fault(&w, cache.path); /* the first makes the pack, the others find it */
    temp_close(&cache);
    temp_open(&cache);
  }
  temp_close(&cache);
  temp_close(&folder);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_allocation)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
