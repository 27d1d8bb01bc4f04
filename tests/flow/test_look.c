/*
 * One look at an image: header, hashes, facts, EXIF and thumbnail; of frames and of bare pixels; broken ones, caps, failing
 * allocations.
 */
#include <flow/content.h>
#include <flow/look.h>
#include <image/quality.h>
#include <image/signature.h>
#include <image/thumbnail.h>
#include <math.h>

#include "image/exif_support.h"
#include "support.h"

static const lnti_look_options in_full = {LNTI_IMAGE_LIMITS_INIT, true}, header_alone = {LNTI_IMAGE_LIMITS_INIT, false};

static lnti_blob encoded(const void *data, size_t n) {
  return (lnti_blob){.kind = LNTI_BLOB_ENCODED, .data = data, .bytes = n};
}

/* A picture with something on it, [h,w,c]. */
static lnti_image picture(size_t h, size_t w, size_t c, lnti_depth depth) {
  lnti_image image = {0};
  assert_ok(lnti_image_new(&image, h, w, c, depth, ERR));
  for (size_t y = 0; y < h; y++) {
    for (size_t x = 0; x < w * c; x++) {
      size_t v = (x / c * 255 / w + (y / 8 % 2 ? 40 : 0) + (x % c) * 20) % 256;
      if (depth == LNTI_DEPTH_U8) ((uint8_t *)image.data)[y * w * c + x] = (uint8_t)v;
      if (depth == LNTI_DEPTH_U16) ((uint16_t *)image.data)[y * w * c + x] = (uint16_t)(v * 257);
    }
  }
  return image;
}

/* As binary PGM or PPM, of 8 or 16 bits. */
static exif_bytes as_pnm(const lnti_image *image) {
  exif_bytes out = {0};
  char header[64];
  bool deep = image->depth == LNTI_DEPTH_U16;
  int n = snprintf(header, sizeof header, "P%d\n%zu %zu\n%d\n", image->c == 3 ? 6 : 5, image->w, image->h,
                   deep ? 65535 : 255);
  exif_append(&out, header, (size_t)n);
  if (!deep) {
    exif_append(&out, image->data, lnti_image_bytes(image));
    return out;
  }
  for (size_t i = 0; i < image->h * image->w * image->c; i++) {
    const uint16_t v = ((const uint16_t *)image->data)[i];
    const uint8_t bytes[2] = {(uint8_t)(v >> 8), (uint8_t)v};
    exif_append(&out, bytes, 2);
  }
  return out;
}

static exif_bytes as_png(const lnti_image *image) {
  exif_bytes out = {0};
  assert_ok(lnti_image_encode_png(&out.data, &out.n, image, ERR));
  return out;
}

static exif_bytes as_jpeg(const lnti_image *image) {
  exif_bytes out = {0};
  assert_ok(lnti_image_encode_jpeg(&out.data, &out.n, image, 90, ERR));
  return out;
}

static lnti_looked look(const exif_bytes *file, const lnti_look_options *options) {
  lnti_looked looked = {0};
  const lnti_blob blob = encoded(file->data, file->n);
  assert_ok(lnti_look(&looked, &blob, options, ERR));
  return looked;
}

/* ---- what is learned ---- */

static void header_hashes_and_facts(void **state) {
  (void)state;
  lnti_image image = picture(40, 60, 3, LNTI_DEPTH_U8);
  exif_bytes file = as_pnm(&image);
  lnti_looked looked = look(&file, &in_full);
  lnti_hash content;
  lnti_hash128 pixels;
  lnti_hash_bytes(&content, file.data, file.n);
  lnti_image_pixel_hash(&pixels, &image);
  assert_int_equal(looked.info.format, LNTI_IMAGE_PNM);
  assert_true(looked.info.h == 40 && looked.info.w == 60 && looked.info.c == 3);
  assert_int_equal(looked.info.frames, 1);
  assert_int_equal(looked.bytes, file.n);
  assert_memory_equal(&looked.content, &content, sizeof content);
  assert_true(looked.facts.has_pixels && looked.facts.has_signature && looked.facts.has_quality);
  assert_memory_equal(looked.facts.pixels, pixels.bytes, sizeof pixels.bytes);
  assert_int_equal(looked.rows_missing, 0);
  assert_null(looked.thumb);

  /* Small as it is, it is its own small picture: the signature and the quality are those of its pixels. */
  lnti_signature signature;
  lnti_quality quality;
  assert_ok(lnti_signature_make(&signature, &image, ERR));
  assert_ok(lnti_quality_measure(&quality, &image, ERR));
  for (size_t i = 0; i < 32; i++) {
    assert_int_equal(looked.facts.signature[i], (uint8_t)(signature.bits[i / 8] >> 8 * (i % 8)));
  }
  assert_true(looked.facts.sharpness == (double)quality.sharpness);
  assert_true(looked.facts.brightness == (double)quality.brightness);
  assert_true(looked.facts.contrast == (double)quality.contrast);
  lnti_looked_clear(&looked);
  free(file.data);
  lnti_image_clear(&image);
}

/* Pixels are told by themselves, whatever they came in; content by the bytes. */
static void equal_pixels_in_other_bytes(void **state) {
  (void)state;
  lnti_image image = picture(40, 60, 3, LNTI_DEPTH_U8);
  exif_bytes pnm = as_pnm(&image), png = as_png(&image);
  lnti_looked a = look(&pnm, &in_full), b = look(&png, &in_full);
  assert_memory_equal(a.facts.pixels, b.facts.pixels, sizeof a.facts.pixels);
  assert_memory_equal(a.facts.signature, b.facts.signature, sizeof a.facts.signature);
  assert_memory_not_equal(&a.content, &b.content, sizeof a.content);
  ((uint8_t *)image.data)[5] ^= 1;
  exif_bytes other = as_pnm(&image);
  lnti_looked c = look(&other, &in_full);
  assert_memory_not_equal(a.facts.pixels, c.facts.pixels, sizeof a.facts.pixels);
  lnti_looked_clear(&a);
  lnti_looked_clear(&b);
  lnti_looked_clear(&c);
  free(pnm.data);
  free(png.data);
  free(other.data);
  lnti_image_clear(&image);
}

/* A flat picture looks like every other flat one: its signature says nothing. */
static void a_flat_picture_has_no_signature(void **state) {
  (void)state;
  lnti_image image = picture(40, 60, 1, LNTI_DEPTH_U8);
  memset(image.data, 128, lnti_image_bytes(&image));
  exif_bytes file = as_pnm(&image);
  lnti_looked looked = look(&file, &in_full);
  assert_true(looked.facts.has_pixels && looked.facts.has_quality);
  assert_false(looked.facts.has_signature);
  assert_true(looked.facts.contrast == 0);
  lnti_looked_clear(&looked);
  free(file.data);
  lnti_image_clear(&image);
}

static void the_header_alone(void **state) {
  (void)state;
  lnti_image image = picture(400, 600, 3, LNTI_DEPTH_U8);
  exif_bytes file = as_jpeg(&image);
  lnti_looked whole = look(&file, &in_full), looked = look(&file, &header_alone);
  assert_true(looked.info.h == 400 && looked.info.w == 600);
  assert_memory_equal(&looked.content, &whole.content, sizeof looked.content);
  assert_false(looked.facts.has_pixels || looked.facts.has_signature || looked.facts.has_quality);
  assert_null(looked.thumb);
  lnti_looked_clear(&whole);
  lnti_looked_clear(&looked);
  free(file.data);
  lnti_image_clear(&image);
}

static void exif_is_read(void **state) {
  (void)state;
  static const exif_row rows[] = {{IN_FIRST, 0x0110, LNTI_IFD_ASCII, "trap", 0, {0}},
                                  {IN_FIRST, 0x0112, LNTI_IFD_SHORT, NULL, 1, {6}}};
  lnti_image image = picture(20, 30, 3, LNTI_DEPTH_U8);
  exif_bytes plain = as_jpeg(&image), tiff = exif_tiff(rows, 2, false, false), file = {0};
  const uint8_t length[2] = {(uint8_t)((tiff.n + 8) >> 8), (uint8_t)(tiff.n + 8)};
  exif_append(&file, plain.data, 2);
  exif_append(&file, "\xff\xe1", 2);
  exif_append(&file, length, 2);
  exif_append(&file, "Exif\0", 6);
  exif_append(&file, tiff.data, tiff.n);
  exif_append(&file, plain.data + 2, plain.n - 2);
  lnti_looked looked = look(&file, &in_full);
  assert_string_equal(looked.exif.model, "trap");
  assert_true(looked.info.h == 30 && looked.info.w == 20); /* upright */
  assert_int_equal(looked.info.orientation, 6);
  lnti_looked_clear(&looked);
  looked = look(&plain, &in_full);
  assert_string_equal(looked.exif.model, "");
  lnti_looked_clear(&looked);
  free(file.data);
  free(tiff.data);
  free(plain.data);
  lnti_image_clear(&image);
}

/* ---- thumbnails ---- */

static bool has_thumb(const exif_bytes *file, size_t *h_out, size_t *w_out) {
  lnti_looked looked = look(file, &in_full);
  bool yes = looked.thumb != NULL;
  if (yes) {
    lnti_image_info info;
    const lnti_blob blob = encoded(looked.thumb, looked.thumb_bytes);
    assert_ok(lnti_image_probe(&info, &blob, &in_full.limits, ERR));
    assert_int_equal(info.format, LNTI_IMAGE_JPEG);
    *h_out = info.h;
    *w_out = info.w;
  } else {
    assert_int_equal(looked.thumb_bytes, 0);
  }
  lnti_looked_clear(&looked);
  assert_null(looked.thumb);
  return yes;
}

/* A file that is small on both sides, of 8 bits and few bytes is its own. */
static void which_files_get_a_thumbnail(void **state) {
  (void)state;
  static const struct {
    size_t h, w, c;
    lnti_depth depth;
    bool thumb;
    size_t thumb_h, thumb_w;
  } cases[] = {{100, 256, 1, LNTI_DEPTH_U8, false, 0, 0},    /* 25,613 bytes */
               {100, 256, 3, LNTI_DEPTH_U8, true, 100, 256}, /* 76,813 bytes */
               {128, 255, 1, LNTI_DEPTH_U8, false, 0, 0},    /* 32,655: just below 32 KiB */
               {128, 256, 1, LNTI_DEPTH_U8, true, 128, 256}, /* 32,783: above */
               {1, 257, 1, LNTI_DEPTH_U8, true, 1, 256},     {257, 1, 1, LNTI_DEPTH_U8, true, 256, 1},
               {1, 1, 1, LNTI_DEPTH_U8, false, 0, 0},        {10, 10, 1, LNTI_DEPTH_U16, true, 10, 10},
               {512, 1024, 3, LNTI_DEPTH_U8, true, 128, 256}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    lnti_image image = picture(cases[i].h, cases[i].w, cases[i].c, cases[i].depth);
    exif_bytes file = as_pnm(&image);
    size_t h = 0, w = 0;
    if (has_thumb(&file, &h, &w) != cases[i].thumb || h != cases[i].thumb_h || w != cases[i].thumb_w) {
      fail_msg("%zu x %zu, %zu bytes: thumbnail %zu x %zu", cases[i].h, cases[i].w, file.n, h, w);
    }
    free(file.data);
    lnti_image_clear(&image);
  }
}

/* ---- frames and bare pixels ---- */

static exif_bytes golden(const char *name) {
  exif_bytes file = {0};
  char *path = lnti_test_path(LINNET_IMAGE_DATA, name);
  file.data = (uint8_t *)lnti_test_read_file(&file.n, path);
  free(path);
  return file;
}

static void frames_are_told_apart(void **state) {
  (void)state;
  exif_bytes file = golden("pages.tif");
  lnti_looked looked[3] = {0};
  static const size_t sizes[3][3] = {{10, 20, 3}, {30, 9, 1}, {5, 17, 1}}; /* tests/image/data/golden.txt */
  lnti_blob blob = encoded(file.data, file.n);
  for (size_t i = 0; i < 3; i++) {
    blob.frame = i;
    assert_ok(lnti_look(&looked[i], &blob, &in_full, ERR));
    assert_int_equal(looked[i].info.frames, 3);
    assert_false(looked[i].info.timed);
    assert_true(looked[i].info.h == sizes[i][0] && looked[i].info.w == sizes[i][1] && looked[i].info.c == sizes[i][2]);
    for (size_t k = 0; k < i; k++) {
      assert_memory_not_equal(&looked[i].content, &looked[k].content, sizeof looked[i].content);
      assert_memory_not_equal(looked[i].facts.pixels, looked[k].facts.pixels, sizeof looked[i].facts.pixels);
    }
  }
  blob.frame = 3;
  assert_status(lnti_look(&looked[0], &blob, &in_full, ERR), LNT_ENOTFOUND);
  for (size_t i = 0; i < 3; i++) lnti_looked_clear(&looked[i]);
  free(file.data);
  file = golden("animation.gif");
  looked[0] = look(&file, &in_full);
  assert_int_equal(looked[0].info.frames, 5);
  assert_true(looked[0].info.timed);
  lnti_looked_clear(&looked[0]);
  free(file.data);
}

static void records_of_arrays(void **state) {
  (void)state;
  lnti_image image = picture(20, 30, 1, LNTI_DEPTH_U8);
  exif_bytes file = as_pnm(&image);
  const lnti_blob blob = {.kind = LNTI_BLOB_PIXELS, .data = image.data, .bytes = 600, .h = 20, .w = 30, .c = 1};
  lnti_looked record = {0}, same = look(&file, &in_full);
  lnti_hash content;
  assert_ok(lnti_look(&record, &blob, &in_full, ERR));
  lnti_content_hash(&content, &blob);
  assert_memory_equal(&record.content, &content, sizeof content);
  assert_int_equal(record.info.format, LNTI_IMAGE_PIXELS);
  assert_int_equal(record.bytes, 600);
  assert_memory_equal(record.facts.pixels, same.facts.pixels, sizeof same.facts.pixels);
  assert_string_equal(record.exif.model, "");
  lnti_looked_clear(&record);
  lnti_looked_clear(&same);
  free(file.data);
  lnti_image_clear(&image);
}

static void an_items_columns(void **state) {
  (void)state;
  static const struct {
    lnti_depth depth;
    unsigned bits;
  } cases[] = {{LNTI_DEPTH_U8, 8}, {LNTI_DEPTH_U16, 16}};
  for (size_t i = 0; i < 2; i++) {
    lnti_image image = picture(20, 30, 3, cases[i].depth);
    exif_bytes file = as_pnm(&image);
    lnti_looked looked = look(&file, &in_full);
    lnti_item item = {.member = "a.ppm", .split = "train"};
    lnti_look_item(&item, &looked);
    assert_true(item.h == 20 && item.w == 30 && item.c == 3 && item.depth == cases[i].bits && item.bytes == file.n);
    assert_string_equal(item.format, "pnm");
    assert_string_equal(item.member, "a.ppm");
    assert_string_equal(item.split, "train");
    assert_memory_equal(&item.content, &looked.content, sizeof item.content);
    assert_memory_equal(&item.facts, &looked.facts, sizeof item.facts);
    lnti_looked_clear(&looked);
    free(file.data);
    lnti_image_clear(&image);
  }
  exif_bytes pfm = golden("big.pfm");
  lnti_looked looked = look(&pfm, &in_full);
  lnti_item item = {0};
  lnti_look_item(&item, &looked);
  assert_int_equal(item.depth, 32);
  lnti_looked_clear(&looked);
  free(pfm.data);
}

/* ---- broken ones ---- */

static void expect_refusal(const void *data, size_t n, const lnti_look_options *options, lnt_status code) {
  lnti_looked looked = {.bytes = 77};
  const lnti_blob blob = encoded(data, n);
  assert_status(lnti_look(&looked, &blob, options, ERR), code);
  assert_int_equal(looked.bytes, 77);
}

static void broken_ones_leave_nothing(void **state) {
  (void)state;
  lnti_image image = picture(64, 64, 3, LNTI_DEPTH_U8);
  exif_bytes png = as_png(&image), jpeg = as_jpeg(&image);
  expect_refusal("", 0, &in_full, LNT_EDATA);
  expect_refusal("no picture at all", 17, &in_full, LNT_EUNSUPPORTED);
  expect_refusal("P5\n12 12\n255\nabc", 16, &in_full, LNT_EDATA);
  expect_refusal(png.data, png.n / 2, &in_full, LNT_EDATA);
  expect_refusal(jpeg.data, jpeg.n / 2, &in_full, LNT_EDATA);
  lnti_look_options few = in_full;
  few.limits.pixels_max = 64 * 64 - 1;
  expect_refusal(png.data, png.n, &few, LNT_ELIMIT);
  few.pixels = false;
  expect_refusal(png.data, png.n, &few, LNT_ELIMIT);
  /* Without its pixels, nobody sees that it is broken. */
  const lnti_blob blob = encoded("P5\n12 12\n255\nabc", 16);
  lnti_looked looked = {0};
  assert_ok(lnti_look(&looked, &blob, &header_alone, ERR));
  lnti_looked_clear(&looked);
  free(png.data);
  free(jpeg.data);
  lnti_image_clear(&image);
}

/* A JPEG whose last rows are missing is taken, and says so. */
static void a_jpeg_that_ends_early(void **state) {
  (void)state;
  lnti_image image = picture(400, 300, 3, LNTI_DEPTH_U8);
  exif_bytes jpeg = as_jpeg(&image);
  const lnti_blob blob = encoded(jpeg.data, jpeg.n - jpeg.n / 50);
  lnti_looked looked = {0};
  assert_ok(lnti_look(&looked, &blob, &in_full, ERR));
  assert_in_range(looked.rows_missing, 1, 20);
  lnti_looked_clear(&looked);
  free(jpeg.data);
  lnti_image_clear(&image);
}

static void failing_allocations(void **state) {
  (void)state;
  lnti_image image = picture(300, 300, 3, LNTI_DEPTH_U8);
  exif_bytes file = as_pnm(&image);
  const lnti_blob blob = encoded(file.data, file.n);
  for_each_fault(n) {
    lnti_looked looked = {0};
    assert_fault_status(lnti_look(&looked, &blob, &in_full, ERR));
    assert_true(lnti_test_allocation_failed() == !looked.thumb);
    lnti_looked_clear(&looked);
  }
  free(file.data);
  lnti_image_clear(&image);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(header_hashes_and_facts),
      cmocka_unit_test(equal_pixels_in_other_bytes),
      cmocka_unit_test(a_flat_picture_has_no_signature),
      cmocka_unit_test(the_header_alone),
      cmocka_unit_test(exif_is_read),
      cmocka_unit_test(which_files_get_a_thumbnail),
      cmocka_unit_test(frames_are_told_apart),
      cmocka_unit_test(records_of_arrays),
      cmocka_unit_test(an_items_columns),
      cmocka_unit_test(broken_ones_leave_nothing),
      cmocka_unit_test(a_jpeg_that_ends_early),
      cmocka_unit_test(failing_allocations),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
