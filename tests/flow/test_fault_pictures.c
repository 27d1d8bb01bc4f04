/*
 * Every allocation of the picture cache failing in turn: an error or a picture less, nothing lost that was there, no leak.
 */
#include "flow_support.h"

#include <flow/picture_cache.h>

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

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_picture_cache), cmocka_unit_test(test_growth)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
