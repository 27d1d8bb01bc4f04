/*
 * Small files of every format against the pixels that independent programs read from them, and cut at every byte.
 */
#include "support.h"

#include <image/frames.h>

#include "image/golden.h"

static void test_all_rows(void **state) {
  (void)state;
  assert_true(check_table(LINNET_IMAGE_DATA "/golden.txt", LINNET_IMAGE_DATA, "") > 20);
}

static void test_cut_everywhere(void **state) {
  (void)state;
  static const struct {
    const char *name;
    size_t from, spare; /* bytes that tell the format; bytes at the end that tell nothing else */
  } files[] = {
      {"lossy.webp", 12, 0},
      {"lossless.webp", 12, 0},
      {"lossy_alpha.webp", 12, 0},
      {"animation.webp", 12, 0},
      {"animation_alpha.webp", 12, 0},
      {"still.gif", 6, 0},
      {"interlaced.gif", 6, 0},
      {"transparent.gif", 6, 0},
      {"animation.gif", 6, 0},
      {"grey.tif", 4, 0},
      {"rgb16.tif", 4, 0},
      {"palette.tif", 4, 0},
      {"tiles.tif", 4, 0},
      {"planes_lzw.tif", 4, 0},
      {"big.tif", 4, 0},
      {"jpeg.tif", 4, 0},
      {"fax4.tif", 4, 0},
      {"pages.tif", 4, 14} /* of the third page */,
      {"palette4_12.bmp", 2, 1},
      {"alpha_124.bmp", 2, 0},
      {"rgb32.bmp", 2, 0},
      {"rle8.bmp", 2, 4},
      {"rle4.bmp", 2, 0},
      {"still.heic", 12, 0},
      {"two.heic", 12, 0},
      {"colour.avif", 12, 0},
      {"rgba.pam", 3, 0},
      {"rgba16.pam", 3, 0},
      {"little.pfm", 3, 0},
      {"grey.pfm", 3, 0},
  };
  for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
    cut_everywhere(LINNET_IMAGE_DATA, files[i].name, files[i].from, files[i].spare);
  }
}

/* Every allocation of ours fails in turn: nothing is handed out, nothing leaks. */
static void test_out_of_memory(void **state) {
  (void)state;
  static const char *const names[] = {"animation.gif", "lossy.webp",      "pages.tif", "turned6.tif", "two.avif",
                                      "still.heic",    "palette4_12.bmp", "rle8.bmp",  "rgba16.pam",  "little.pfm"};
  const lnti_image_limits limits = LNTI_IMAGE_LIMITS_INIT;
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    size_t n = 0;
    if (!is_read_here(LINNET_IMAGE_DATA, names[i])) continue;
    uint8_t *data = read_whole(&n, LINNET_IMAGE_DATA, names[i]);
    const lnti_blob blob = blob_of(data, n);
    for_each_fault(nth) {
      lnti_image image = {0};
      assert_fault_status(lnti_image_decode(&image, NULL, &blob, NULL, &limits, ERR));
      if (lnti_test_allocation_failed()) assert_null(image.data);
      lnti_image_clear(&image);
    }
    free(data);
  }
}

/* ---- frames of one file ---- */

static const char *const many[] = {"animation.gif", "animation.webp", "animation_alpha.webp", "pages.tif", "two.heic"};
enum { MANY = sizeof many / sizeof *many };

static void expect_same(const lnti_image *a, const lnti_image *b) {
  assert_int_equal(a->h, b->h);
  assert_int_equal(a->w, b->w);
  assert_int_equal(a->c, b->c);
  assert_memory_equal(a->data, b->data, lnti_image_bytes(a));
}

/* In order, and in any order, as each frame by itself. */
static void test_frames(void **state) {
  (void)state;
  const lnti_image_limits limits = LNTI_IMAGE_LIMITS_INIT;
  for (size_t i = 0; i < MANY; i++) {
    lnti_frames *frames = NULL;
    lnti_image_info info;
    size_t n = 0;
    if (!is_read_here(LINNET_IMAGE_DATA, many[i])) continue;
    uint8_t *data = read_whole(&n, LINNET_IMAGE_DATA, many[i]);
    lnti_blob blob = blob_of(data, n);
    assert_ok(lnti_frames_open(&frames, &info, &blob, &limits, ERR));
    assert_true(info.frames > 1);
    const size_t last = info.frames - 1, order[] = {0, 1, last, last, 0, last / 2, 1};
    for (size_t k = 0; k < sizeof order / sizeof *order; k++) {
      lnti_image one = {0}, other = {0};
      blob.frame = order[k];
      assert_ok(lnti_image_decode(&one, NULL, &blob, NULL, &limits, ERR));
      assert_ok(lnti_frames_read(&other, NULL, frames, order[k], ERR));
      expect_same(&one, &other);
      assert_ok(lnti_frames_info(&info, frames, order[k], ERR));
      assert_int_equal(info.h, one.h);
      assert_int_equal(info.w, one.w);
      assert_int_equal(info.c, one.c);
      lnti_image_clear(&other);
      lnti_image_clear(&one);
    }
    lnti_image none = {0};
    assert_status(lnti_frames_read(&none, NULL, frames, last + 1, ERR), LNT_ENOTFOUND);
    lnti_frames_close(frames);
    free(data);
  }
}

/* By URIs, of which each leaves to the next what it needs. */
static void test_frames_by_uri(void **state) {
  (void)state;
  const lnti_image_limits limits = LNTI_IMAGE_LIMITS_INIT;
  lnti_media *media = NULL;
  assert_ok(lnti_media_new(&media, NULL, ERR));
  for (size_t i = 0; i < MANY; i++) {
    size_t n = 0;
    if (!is_read_here(LINNET_IMAGE_DATA, many[i])) continue;
    uint8_t *data = read_whole(&n, LINNET_IMAGE_DATA, many[i]);
    static const size_t order[] = {1, 0, 2, 3, 1, 2};
    for (size_t k = 0; k < sizeof order / sizeof *order; k++) {
      char uri[512];
      lnti_blob blob = {0}, alone = blob_of(data, n);
      lnti_image one = {0}, other = {0};
      lnti_image_info info;
      alone.frame = order[k];
      if (lnti_image_probe(&info, &alone, &limits, ERR) != LNT_OK) continue;
      snprintf(uri, sizeof uri, "%s/%s#frame=%zu", LINNET_IMAGE_DATA, many[i], order[k]);
      assert_ok(lnti_media_read(&blob, media, uri, ERR));
      assert_true((blob.kept != NULL) == (order[k] > 0));
      assert_ok(lnti_image_decode(&one, NULL, &alone, NULL, &limits, ERR));
      assert_ok(lnti_image_decode(&other, NULL, &blob, NULL, &limits, ERR));
      expect_same(&one, &other);
      lnti_image_clear(&other);
      lnti_image_clear(&one);
      lnti_blob_clear(&blob);
    }
    free(data);
  }
  lnti_media_free(media);
}

static void test_frames_out_of_memory(void **state) {
  (void)state;
  const lnti_image_limits limits = LNTI_IMAGE_LIMITS_INIT;
  for (size_t i = 0; i < 2; i++) {
    size_t n = 0;
    uint8_t *data = read_whole(&n, LINNET_IMAGE_DATA, many[i]);
    const lnti_blob blob = blob_of(data, n);
    for_each_fault(nth) {
      lnti_frames *frames = NULL;
      lnti_image_info info;
      lnti_image image = {0};
      lnt_status status = lnti_frames_open(&frames, &info, &blob, &limits, ERR);
      for (size_t k = 0; k < 3 && status == LNT_OK; k++) {
        lnti_image_clear(&image);
        status = lnti_frames_read(&image, NULL, frames, k, ERR);
      }
      assert_fault_status(status);
      lnti_image_clear(&image);
      lnti_frames_close(frames);
    }
    free(data);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_all_rows),      cmocka_unit_test(test_cut_everywhere),
      cmocka_unit_test(test_out_of_memory), cmocka_unit_test(test_frames),
      cmocka_unit_test(test_frames_by_uri), cmocka_unit_test(test_frames_out_of_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
