/*
 * Hashes of pixels against xxhsum over the same bytes, and signatures: bits by hand, and what they bear.
 */
#include "exif_support.h"

#include <ftw.h>
#include <image/prepare.h>
#include <image/signature.h>
#include <image/thumbnail.h>
#include <math.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- pixel hash ---- */

static void expect_pixels(const lnti_image *image, const char *wanted) {
  lnti_hash128 hash;
  char hex[LNTI_HASH128_HEX];
  lnti_image_pixel_hash(&hash, image);
  lnti_hash128_hex(hex, &hash);
  assert_string_equal(hex, wanted);
}

/* By xxhsum -H2 (xxHash 0.8.1) over h, w, c, depth as four 64-bit numbers, low byte first, and the samples. */
static void test_pixel_hash(void **state) {
  (void)state;
  uint8_t bytes[6] = {0, 1, 2, 3, 4, 5};
  uint16_t words[6] = {1, 2, 3, 256, 65535, 7};
  float reals[2] = {0.5F, -1};
  expect_pixels(&(lnti_image){2, 3, 1, LNTI_DEPTH_U8, bytes}, "0406fe7e44b09089e8973d6816f42bcc");
  expect_pixels(&(lnti_image){1, 2, 3, LNTI_DEPTH_U16, words}, "d6a6a0196e261df795004202a0d4e960");
  expect_pixels(&(lnti_image){2, 1, 1, LNTI_DEPTH_F32, reals}, "7e5aceb28e6ee601a33e06504eaffa78");
}

/** The same samples in another shape are another picture; one bit changes all. */
static void test_pixel_hash_differs(void **state) {
  (void)state;
  uint8_t bytes[12] = {0};
  lnti_hash128 seen[6];
  lnti_image_pixel_hash(&seen[0], &(lnti_image){2, 6, 1, LNTI_DEPTH_U8, bytes});
  lnti_image_pixel_hash(&seen[1], &(lnti_image){6, 2, 1, LNTI_DEPTH_U8, bytes});
  lnti_image_pixel_hash(&seen[2], &(lnti_image){2, 2, 3, LNTI_DEPTH_U8, bytes});
  lnti_image_pixel_hash(&seen[3], &(lnti_image){3, 1, 1, LNTI_DEPTH_F32, bytes});
  lnti_image_pixel_hash(&seen[4], &(lnti_image){1, 6, 1, LNTI_DEPTH_U16, bytes});
  bytes[11] = 1;
  lnti_image_pixel_hash(&seen[5], &(lnti_image){2, 6, 1, LNTI_DEPTH_U8, bytes});
  for (int i = 0; i < 6; i++) {
    for (int k = 0; k < i; k++) assert_memory_not_equal(&seen[i], &seen[k], sizeof seen[i]);
  }
}

/* ---- signatures ---- */

enum { SIDE = 64 };

static lnti_signature signature_of(const lnti_image *image) {
  lnti_signature s;
  lnti_image small = {0};
  assert_ok(lnti_thumbnail_make(NULL, NULL, &small, image, LNTI_THUMBNAIL_SIDE, 80, ERR));
  assert_ok(lnti_signature_make(&s, &small, ERR));
  lnti_image_clear(&small);
  return s;
}

/** A picture of one cosine, cos(pi u (2x+1) / 2N) cos(pi v (2y+1) / 2N): one coefficient is far from 0, by its sign. */
static void test_one_frequency(void **state) {
  (void)state;
  /* (u, v), and its place in the order of u*u + v*v, then v: 1: (1,0) (0,1); 2: (1,1); 4: (2,0) (0,2); 5: (2,1) (1,2); 8: ... */
  static const struct {
    int u, v;
    unsigned place;
  } cases[] = {{1, 0, 0}, {0, 1, 1}, {1, 1, 2}, {2, 0, 3}, {0, 2, 4}, {2, 1, 5}, {1, 2, 6}, {2, 2, 7}, {3, 0, 8}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    for (int sign = -1; sign <= 1; sign += 2) {
      uint8_t pixels[SIDE * SIDE];
      lnti_signature s;
      const lnti_image image = {SIDE, SIDE, 1, LNTI_DEPTH_U8, pixels};
      for (int k = 0; k < SIDE * SIDE; k++) {
        const double x = acos(-1) * cases[i].u * (2 * (k % SIDE) + 1) / (2.0 * SIDE),
                     y = acos(-1) * cases[i].v * (2 * (k / SIDE) + 1) / (2.0 * SIDE);
        pixels[k] = (uint8_t)lround(128 + sign * 100 * cos(x) * cos(y));
      }
      assert_ok(lnti_signature_make(&s, &image, ERR));
      assert_true(s.usable);
      assert_int_equal(s.bits[0] >> cases[i].place & 1, sign > 0);
    }
  }
}

static void test_distance(void **state) {
  (void)state;
  const lnti_signature none = {.usable = true}, all = {{~0ull, ~0ull, ~0ull, ~0ull}, true},
                       some = {{1, 3, 0x8000000000000000u, 0}, true};
  assert_int_equal(lnti_signature_distance(&none, &none), 0);
  assert_int_equal(lnti_signature_distance(&none, &all), 256);
  assert_int_equal(lnti_signature_distance(&none, &some), 4);
  assert_int_equal(lnti_signature_distance(&some, &all), 252);
}

static void test_flat(void **state) {
  (void)state;
  uint8_t pixels[SIDE * SIDE * 3];
  lnti_image image = {SIDE, SIDE, 3, LNTI_DEPTH_U8, pixels};
  memset(pixels, 200, sizeof pixels);
  lnti_signature s = signature_of(&image);
  assert_false(s.usable);
  assert_int_equal(s.bits[0] | s.bits[1] | s.bits[2] | s.bits[3], 0);
  for (size_t i = 0; i < sizeof pixels; i++) pixels[i] = (uint8_t)(200 + i / 3 % 2); /* what rounding leaves */
  assert_false(signature_of(&image).usable);
  image.h = image.w = 1;
  assert_false(signature_of(&image).usable);
  image.w = 2; /* two pixels are enough to differ */
  pixels[0] = pixels[1] = pixels[2] = 0;
  assert_true(signature_of(&image).usable);
}

static void test_refused(void **state) {
  (void)state;
  lnti_signature s = {.bits = {7}};
  float pixels[4] = {0};
  const lnti_image deep = {1, 1, 1, LNTI_DEPTH_F32, pixels}, alpha = {1, 1, 4, LNTI_DEPTH_U8, pixels};
  assert_status(lnti_signature_make(&s, &deep, ERR), LNT_EINVAL);
  assert_status(lnti_signature_make(&s, &alpha, ERR), LNT_EINVAL);
  assert_int_equal(s.bits[0], 7);
}

static void test_out_of_memory(void **state) {
  (void)state;
  uint8_t pixels[100 * 80 * 3];
  const lnti_image image = {100, 80, 3, LNTI_DEPTH_U8, pixels};
  for (size_t i = 0; i < sizeof pixels; i++) pixels[i] = (uint8_t)(i * i / 97);
  for_each_fault(n) {
    lnti_signature s = {.bits = {7}};
    assert_fault_status(lnti_signature_make(&s, &image, ERR));
    assert_int_equal(s.usable, !lnti_test_allocation_failed());
  }
}

/* ---- photographs ---- */

enum { PHOTOS_MAX = 60 };
static struct {
  lnti_signature plain[PHOTOS_MAX];
  size_t n;
} photos;

static lnti_signature signature_of_bytes(const uint8_t *data, size_t n) {
  const lnti_blob blob = {.kind = LNTI_BLOB_ENCODED, .data = data, .bytes = n};
  const lnti_image_limits limits = LNTI_IMAGE_LIMITS_INIT;
  lnti_image image = {0};
  assert_ok(lnti_image_decode(&image, NULL, &blob, NULL, &limits, ERR));
  const lnti_signature s = signature_of(&image);
  lnti_image_clear(&image);
  return s;
}

/** Encoded again at a quality, at 1/by of the side, its samples times `gain` percent. */
static lnti_signature altered(const lnti_image *image, size_t by, unsigned gain, int quality) {
  lnti_image other = {0};
  uint8_t *jpeg = NULL, *p = NULL;
  size_t n = 0;
  assert_ok(lnti_image_resize(&other, image, image->h / by, image->w / by, ERR));
  p = other.data;
  for (size_t i = 0; i < lnti_image_bytes(&other); i++)
    p[i] = (uint8_t)(p[i] * gain / 100 > 255 ? 255 : p[i] * gain / 100);
  assert_ok(lnti_image_encode_jpeg(&jpeg, &n, &other, quality, ERR));
  const lnti_signature s = signature_of_bytes(jpeg, n);
  free(jpeg);
  lnti_image_clear(&other);
  return s;
}

static int visit_photo(const char *path, const struct stat *st, int type, struct FTW *ftw) {
  (void)st;
  (void)ftw;
  if (type != FTW_F || !strstr(path, ".jpg") || photos.n == PHOTOS_MAX) return 0;
  size_t n = 0;
  lnti_image image = {0};
  const lnti_image_limits limits = LNTI_IMAGE_LIMITS_INIT;
  uint8_t *data = (uint8_t *)lnti_test_read_file(&n, path);
  const lnti_blob blob = {.kind = LNTI_BLOB_ENCODED, .data = data, .bytes = n};
  if (lnti_image_decode(&image, NULL, &blob, NULL, &limits, ERR) == LNT_OK) {
    const lnti_signature plain = signature_of(&image),
                         copies[3] = {altered(&image, 1, 100, 50), altered(&image, 2, 100, 30),
                                      altered(&image, 1, 110, 90)};
    assert_true(plain.usable);
    for (size_t i = 0; i < 3; i++) assert_in_range(lnti_signature_distance(&plain, &copies[i]), 0, LNTI_NEAR_DISTANCE);
    photos.plain[photos.n++] = plain;
  }
  lnti_image_clear(&image);
  free(data);
  return 0;
}

/** Altered copies of a photograph are near, others far. */
static void test_photographs(void **state) {
  (void)state;
  char path[512];
  unsigned nearest = 256;
  const char *root = getenv("LINNET_TEST_DATA");
  snprintf(path, sizeof path, "%s/hymenoptera/val", root ? root : LINNET_TEST_DATA_DEFAULT);
  if (access(path, R_OK) != 0) {
    print_message("skipped: no hymenoptera in the test data (set LINNET_TEST_DATA)\n");
    skip();
  }
  assert_int_equal(nftw(path, visit_photo, 16, FTW_PHYS), 0);
  assert_int_equal(photos.n, PHOTOS_MAX);
  for (size_t i = 0; i < photos.n; i++) {
    for (size_t k = 0; k < i; k++) {
      const unsigned d = lnti_signature_distance(&photos.plain[i], &photos.plain[k]);
      if (d < nearest) nearest = d;
    }
  }
  print_message("%zu photographs, the nearest two %u bits apart\n", photos.n, nearest);
  assert_true(nearest > 2 * LNTI_NEAR_DISTANCE);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_pixel_hash),    cmocka_unit_test(test_pixel_hash_differs),
      cmocka_unit_test(test_one_frequency), cmocka_unit_test(test_distance),
      cmocka_unit_test(test_flat),          cmocka_unit_test(test_refused),
      cmocka_unit_test(test_out_of_memory), cmocka_unit_test(test_photographs),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
