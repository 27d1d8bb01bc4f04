/*
 * WebP: sound files of the golden test whose chunks are made to lie, one at a time.
 */
#include "support.h"

#include "image/golden.h"
#include "image/refusals.h"

typedef struct file {
  uint8_t data[8192];
  size_t n;
} file;

static void load(file *f, const char *name) {
  f->n = 0;
  uint8_t *data = read_whole(&f->n, LINNET_IMAGE_DATA, name);
  assert_non_null(data);
  assert_true(f->n < sizeof f->data);
  memcpy(f->data, data, f->n);
  free(data);
}

/* The i-th chunk of a name, anywhere. */
static uint8_t *chunk(file *f, const char *name, size_t i) {
  for (size_t at = 12; at + 4 <= f->n; at++) {
    if (memcmp(f->data + at, name, 4) == 0 && i-- == 0) return f->data + at;
  }
  fail_msg("no chunk %s", name);
  return NULL;
}

static void test_outer(void **state) {
  (void)state;
  file f;
  load(&f, "lossless.webp");
  put32le(f.data + 4, f.n - 8 + 2);
  refuses(f.data, f.n, LNT_EDATA, "it has");
  put32le(f.data + 4, 3);
  refuses(f.data, f.n, LNT_EDATA, "outer chunk is too short");
  put32le(f.data + 4, 4);
  refuses(f.data, f.n, LNT_EDATA, "ends early, in the chunk at byte 12");
  put32le(f.data + 4, f.n - 8);
  put32le(f.data + 16, UINT32_MAX);
  refuses(f.data, f.n, LNT_EDATA, "ends early, in the chunk at byte 12");
  load(&f, "lossless.webp");
  memcpy(f.data + 12, "ABCD", 4);
  refuses(f.data, f.n, LNT_EDATA, "an image is missing");
  /* What stands behind the outer chunk is not of the image. */
  load(&f, "lossless.webp");
  memcpy(f.data + f.n, "junk", 4);
  lnti_image image = {0};
  lnti_image_info info;
  assert_ok(decode_bytes(&image, &info, f.data, f.n + 4, 0, ERR));
  lnti_image_clear(&image);
}

static void test_bitstreams(void **state) {
  (void)state;
  file f;
  load(&f, "lossless.webp");
  chunk(&f, "VP8L", 0)[8] = 0x2e;
  refuses(f.data, f.n, LNT_EDATA, "no header");
  load(&f, "lossless.webp");
  chunk(&f, "VP8L", 0)[12] |= 0xe0;
  refuses(f.data, f.n, LNT_EDATA, "unknown version");
  load(&f, "lossy.webp");
  chunk(&f, "VP8 ", 0)[8] |= 1;
  refuses(f.data, f.n, LNT_EDATA, "key frame");
  load(&f, "lossy.webp");
  chunk(&f, "VP8 ", 0)[11] = 0;
  refuses(f.data, f.n, LNT_EDATA, "key frame");
  load(&f, "lossy.webp");
  chunk(&f, "VP8 ", 0)[10] = 0xff; /* the first partition is longer than all */
  refuses(f.data, f.n, LNT_EDATA, "VP8 data end early");
  load(&f, "lossy.webp");
  memset(chunk(&f, "VP8 ", 0) + 14, 0, 2); /* width 0 */
  refuses(f.data, f.n, LNT_EDATA, "");
  /* A larger image than the bits are for: libwebp finds out. */
  load(&f, "lossy.webp");
  chunk(&f, "VP8 ", 0)[14] = 200;
  refuses(f.data, f.n, LNT_EDATA, "its pixels cannot be decoded");
}

static void test_extended(void **state) {
  (void)state;
  file f;
  load(&f, "lossy_alpha.webp");
  uint8_t *head = chunk(&f, "VP8X", 0);
  head[12]++; /* a canvas one pixel wider than its image */
  refuses(f.data, f.n, LNT_EDATA, "not of the size that its header declares");
  load(&f, "lossy_alpha.webp");
  put32le(chunk(&f, "VP8X", 0) + 4, 8);
  refuses(f.data, f.n, LNT_EDATA, "extended header is cut short");
  /* Without its flag there is no alpha, whatever stands beside the pixels. */
  load(&f, "lossy_alpha.webp");
  chunk(&f, "VP8X", 0)[8] = 0;
  lnti_image image = {0};
  lnti_image_info info;
  assert_ok(decode_bytes(&image, &info, f.data, f.n, 0, ERR));
  assert_int_equal(info.c, 3);
  assert_int_equal(image.c, 3);
  lnti_image_clear(&image);
}

static void test_animation(void **state) {
  (void)state;
  file f;
  lnti_image image = {0};
  lnti_image_info info;
  load(&f, "animation.webp");
  assert_status(decode_bytes(&image, &info, f.data, f.n, 4, ERR), LNT_ENOTFOUND);
  chunk(&f, "ANMF", 1)[8] = 200; /* x */
  refuses(f.data, f.n, LNT_EDATA, "outside the canvas");
  load(&f, "animation.webp");
  chunk(&f, "ANMF", 1)[14]++; /* width */
  refuses(f.data, f.n, LNT_EDATA, "not of the size that it declares");
  load(&f, "animation.webp");
  memcpy(chunk(&f, "ANMF", 2), "ANMX", 4);
  assert_ok(decode_bytes(&image, &info, f.data, f.n, 0, ERR));
  assert_int_equal(info.frames, 3);
  lnti_image_clear(&image);
  load(&f, "animation.webp");
  for (int i = 0; i < 4; i++) memcpy(chunk(&f, "ANMF", 0), "ANMX", 4);
  refuses(f.data, f.n, LNT_EDATA, "holds no image");
  load(&f, "animation.webp");
  const size_t keep = f.n;
  const uint8_t *last = chunk(&f, "ANMF", 3);
  const size_t size = (size_t)(f.data + keep - last);
  while (f.n + size < sizeof f.data) { /* the last one over and over */
    memcpy(f.data + f.n, f.data + keep - size, size);
    f.n += size;
  }
  put32le(f.data + 4, f.n - 8);
  const lnti_image_limits limits = {1 << 20, 1000, 1 << 20, 10};
  const lnti_blob blob = blob_of(f.data, f.n);
  assert_status(lnti_image_probe(&info, &blob, &limits, ERR), LNT_ELIMIT);
  assert_message("more than 10 frames");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_outer),
      cmocka_unit_test(test_bitstreams),
      cmocka_unit_test(test_extended),
      cmocka_unit_test(test_animation),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
