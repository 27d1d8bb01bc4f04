/*
 * What makes two media equal.
 */
#include <flow/content.h>

#include <base/alloc.h>

#include "support.h"

static lnti_hash hash_of(lnti_blob_kind kind, const void *data, size_t bytes, size_t h, size_t w, size_t c) {
  lnti_hash hash;
  lnti_blob blob = {.kind = kind, .data = data, .bytes = bytes, .h = h, .w = w, .c = c};
  lnti_content_hash(&hash, &blob);
  return hash;
}

#define assert_same(a, b) assert_memory_equal((a).bytes, (b).bytes, LNTI_HASH_BYTES)
#define assert_other(a, b) assert_memory_not_equal((a).bytes, (b).bytes, LNTI_HASH_BYTES)

static void test_a_file_is_its_bytes(void **state) {
  (void)state;
  lnti_hash plain, found = hash_of(LNTI_BLOB_ENCODED, "some bytes", 10, 0, 0, 0);
  lnti_hash_bytes(&plain, "some bytes", 10);
  assert_same(found, plain);
  found = hash_of(LNTI_BLOB_ENCODED, "some bytes", 10, 3, 4, 5); /* a shape means nothing there */
  assert_same(found, plain);
  found = hash_of(LNTI_BLOB_ENCODED, "", 0, 0, 0, 0);
  lnti_hash_bytes(&plain, "", 0);
  assert_same(found, plain);
}

static void test_pixels_are_their_shape_and_bytes(void **state) {
  (void)state;
  /* h = 2, w = 258, c = 1 as 32-bit little-endian numbers, then the pixels. */
  uint8_t wanted[12 + 516] = {2, 0, 0, 0, 2, 1, 0, 0, 1, 0, 0, 0};
  for (size_t i = 0; i < 516; i++) wanted[12 + i] = (uint8_t)(i * 7);
  lnti_hash plain, found = hash_of(LNTI_BLOB_PIXELS, wanted + 12, 516, 2, 258, 1);
  lnti_hash_bytes(&plain, wanted, sizeof wanted);
  assert_same(found, plain);
}

static void test_the_same_bytes_in_another_shape(void **state) {
  (void)state;
  static const uint8_t zeros[24];
  const lnti_hash a = hash_of(LNTI_BLOB_PIXELS, zeros, 24, 4, 6, 1), b = hash_of(LNTI_BLOB_PIXELS, zeros, 24, 6, 4, 1);
  const lnti_hash c = hash_of(LNTI_BLOB_PIXELS, zeros, 24, 4, 2, 3),
                  file = hash_of(LNTI_BLOB_ENCODED, zeros, 24, 4, 6, 1);
  assert_other(a, b);
  assert_other(a, c);
  assert_other(b, c);
  assert_other(a, file);
}

static void test_one_bit(void **state) {
  (void)state;
  uint8_t pixels[12] = {0};
  const lnti_hash before = hash_of(LNTI_BLOB_PIXELS, pixels, 12, 2, 2, 3);
  pixels[11] = 1;
  const lnti_hash after = hash_of(LNTI_BLOB_PIXELS, pixels, 12, 2, 2, 3);
  assert_other(before, after);
}

/* The frames of a file of which one has been hashed: as without what was kept of it, and each its own. */
static void test_frames_of_a_kept_file(void **state) {
  (void)state;
  char *folder = lnti_test_folder(), *path = lnti_test_path(folder, "a.gif"), *uri = NULL;
  lnti_media *media = NULL;
  lnti_test_write_file(path, "some bytes", 10);
  assert_ok(lnti_media_new(&media, NULL, ERR));
  for (size_t frame = 1; frame <= 3; frame++) {
    lnti_blob blob = {0};
    lnti_hash kept, plain;
    assert_ok(lnti_asprintf(&uri, ERR, "%s#frame=%zu", path, frame));
    assert_ok(lnti_media_read(&blob, media, uri, ERR));
    assert_non_null(blob.kept);
    lnti_content_hash(&kept, &blob);
    const lnti_blob alone = {.kind = blob.kind, .data = blob.data, .bytes = blob.bytes, .frame = frame};
    lnti_content_hash(&plain, &alone);
    assert_same(kept, plain);
    lnti_hasher hasher;
    assert_true(lnti_kept_hasher(&hasher, blob.kept));
    lnti_blob_clear(&blob);
    free(uri);
  }
  lnti_media_free(media);
  free(path);
  lnti_test_folder_remove(folder);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_a_file_is_its_bytes),
      cmocka_unit_test(test_pixels_are_their_shape_and_bytes),
      cmocka_unit_test(test_the_same_bytes_in_another_shape),
      cmocka_unit_test(test_one_bit),
      cmocka_unit_test(test_frames_of_a_kept_file),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
