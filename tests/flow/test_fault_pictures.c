/*
 * Every allocation of the picture cache failing in turn: an error or a picture less, nothing lost that was there, no leak.
 */
#include "flow_support.h"

#include <flow/content.h>
#include <flow/pictures/previews.h>

/** LNT_OK, or LNT_ENOMEM in a round whose allocation failed. */
static bool ok(lnt_status status) {
  if (status == LNT_OK) return true;
  assert_int_equal(status, LNT_ENOMEM);
  assert_true(lnti_test_allocation_failed());
  return false;
}

static lnti_hash content_of(size_t number) {
  lnti_hash hash;
  lnti_hash_bytes(&hash, &number, sizeof number);
  return hash;
}

typedef struct adding {
  lab *l;
  lnti_item item;
  lnti_op op;
} adding;

static lnt_status write_item(void *payload, lnti_tx *tx, lnt_error *err) {
  adding *a = payload;
  int64_t op_id = 0, id = 0;
  bool existed = false;
  lnt_status status = lnti_tx_op(tx, &op_id, &existed, &a->op, err);
  if (!status) status = lnti_tx_source(tx, &a->item.source_id, LNTI_SOURCE_FOLDER, a->l->folder, err);
  if (!status) status = lnti_tx_item(tx, &id, &existed, op_id, &a->item, err);
  return status;
}

static void test_picture_cache(void **state) {
  (void)state;
  lab l = lab_new();
  const lnti_hash before = content_of(1);
  lnti_picture_cache *cache = NULL;
  assert_ok(lnti_picture_cache_open(&cache, l.project, LNTI_PICTURE_THUMB, 0, ERR));
  assert_ok(lnti_picture_cache_put(cache, &before, 0, (const uint8_t *)"before", 6, ERR));
  lnti_picture_cache_close(cache);
  for_each_fault(n) {
    const lnti_hash now = content_of(n + 100);
    uint8_t *data = NULL;
    size_t bytes = 0;
    bool there = false;
    cache = NULL;
    if (!ok(lnti_picture_cache_open(&cache, l.project, LNTI_PICTURE_THUMB, 0, ERR))) {
      assert_null(cache);
      continue;
    }
    if (ok(lnti_picture_cache_put(cache, &now, 3, (const uint8_t *)"now", 3, ERR))) {
      there = ok(lnti_picture_cache_flush(cache, ERR));
    }
    if (ok(lnti_picture_cache_get(cache, &data, &bytes, &before, 0, ERR))) {
      assert_true(data && bytes == 6 && memcmp(data, "before", 6) == 0);
      free(data);
    }
    data = NULL;
    if (ok(lnti_picture_cache_get(cache, &data, &bytes, &now, 3, ERR)) && there) {
      assert_true(data && bytes == 3 && memcmp(data, "now", 3) == 0);
    }
    free(data);
    lnti_picture_cache_close(cache);
  }
  lab_free(&l);
}

/** The table grows while memory runs out: what was there stays. */
static void test_growth(void **state) {
  (void)state;
  lab l = lab_new();
  lnti_picture_cache *cache = NULL;
  size_t number = 0;
  assert_ok(lnti_picture_cache_open(&cache, l.project, LNTI_PICTURE_THUMB, 0, ERR));
  for (; number < 2860; number++) { /* just below seven tenths of 4096 */
    const lnti_hash content = content_of(number);
    assert_ok(lnti_picture_cache_put(cache, &content, 0, (const uint8_t *)&number, sizeof number, ERR));
  }
  lnti_picture_cache_close(cache);
  for_each_fault(n) {
    const lnti_hash first = content_of(0);
    cache = NULL;
    if (!ok(lnti_picture_cache_open(&cache, l.project, LNTI_PICTURE_THUMB, 0, ERR))) continue;
    for (size_t i = 0; i < 20; i++) {
      const lnti_hash content = content_of(number++);
      if (!ok(lnti_picture_cache_put(cache, &content, 0, (const uint8_t *)"x", 1, ERR))) break;
    }
    (void)ok(lnti_picture_cache_flush(cache, ERR));
    assert_true(lnti_picture_cache_has(cache, &first, 0));
    lnti_picture_cache_close(cache);
  }
  lab_free(&l);
}

/** The whole job: made, or an error that says why; the next run makes what is missing. */
static void test_previews(void **state) {
  (void)state;
  lab l = lab_new();
  char *path = lnti_test_path(l.folder, "a.ppm");
  adding a = {.l = &l};
  lnti_blob blob = {0};
  lab_write_ppm(path, 300, 20, 1);
  assert_ok(lnti_media_read(&blob, l.project->media, path, ERR));
  a.item = (lnti_item){.member = "a.ppm",
                       .h = 20,
                       .w = 300,
                       .c = 3,
                       .depth = 8,
                       .format = "pnm",
                       .split = "",
                       .stage = "annotate",
                       .bytes = blob.bytes};
  lnti_content_hash(&a.item.content, &blob);
  lnti_blob_clear(&blob);
  lnti_project_op(&a.op, l.project, LNTI_OP_IMPORT, "a test");
  assert_ok(lnti_store_write(l.project->store, write_item, &a, ERR));
  char *whole_path = l.project->path;
  lnti_previews_result warm = {0}; /* the store keeps the connections that it has opened once */
  const lnti_previews_options screens = {.kind = LNTI_PICTURE_SCREEN};
  assert_ok(lnti_previews_make(&warm, l.project, &screens, ERR));
  for_each_fault(n) {
    char round[600]; /* a cache of its own, so that there is something to make */
    lnti_previews_result result = {.made = 77};
    const lnti_previews_options options = {.kind = LNTI_PICTURE_THUMB};
    snprintf(round, sizeof round, "%s/%zu", whole_path, n);
    l.project->path = round;
    lnt_status status = lnti_previews_make(&result, l.project, &options, ERR);
    l.project->path = whole_path;
    if (ok(status)) {
      assert_int_equal(result.made + result.n_refused, 1);
    } else {
      assert_int_equal(result.made, 77);
    }
  }
  free(path);
  lab_free(&l);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_picture_cache), cmocka_unit_test(test_growth),
                                     cmocka_unit_test(test_previews)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
