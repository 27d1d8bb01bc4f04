/*
 * JPEG: round trips, shrinking, and the truth about files that are cut short. Files in other ways of coding
 * (progressive, CMYK) are made with TurboJPEG itself.
 */
#include "support.h"

#include "image/pixels.h"
#include <turbojpeg.h>

static const lnti_image_limits LIMITS = LNTI_IMAGE_LIMITS_INIT;

enum { H = 400, W = 300 };

typedef struct file {
  uint8_t *data;
  size_t n;
} file;

static file encode(const lnti_image *image, int quality) {
  file f = {0};
  assert_ok(lnti_image_encode_jpeg(&f.data, &f.n, image, quality, ERR));
  return f;
}

/* The pixels of `image` as a JPEG of other kinds. */
static file encode_kind(const lnti_image *image, int format, int flags) {
  tjhandle tj = tjInitCompress();
  unsigned char *bytes = NULL;
  unsigned long n = 0;
  const int sampling = format == TJPF_GRAY ? TJSAMP_GRAY : TJSAMP_444;
  assert_int_equal(
      tjCompress2(tj, image->data, (int)image->w, 0, (int)image->h, format, &bytes, &n, sampling, 95, flags), 0);
  file f = {malloc(n), n};
  memcpy(f.data, bytes, n);
  tjFree(bytes);
  tjDestroy(tj);
  return f;
}

static lnt_status decode_part(lnti_image *out, size_t *rows_missing, const file *f, size_t n) {
  uint8_t *copy = malloc(n + (n == 0));
  memcpy(copy, f->data, n);
  const lnti_blob blob = blob_of(copy, n);
  lnt_status status = lnti_image_decode(out, rows_missing, &blob, NULL, &LIMITS, ERR);
  free(copy);
  return status;
}

/* Mean absolute difference. */
static double difference(const lnti_image *a, const lnti_image *b) {
  const size_t n = lnti_image_bytes(a);
  const uint8_t *p = a->data, *q = b->data;
  double sum = 0;
  assert_int_equal(n, lnti_image_bytes(b));
  for (size_t i = 0; i < n; i++) sum += abs(p[i] - q[i]);
  return sum / (double)n;
}

static void test_round_trip(void **state) {
  (void)state;
  for (size_t c = 1; c <= 3; c += 2) {
    lnti_image image = make_image(H, W, c, LNTI_DEPTH_U8, smooth_pixel), back = {0};
    size_t rows_missing = 9;
    file f = encode(&image, 95);
    const lnti_blob blob = blob_of(f.data, f.n);
    lnti_image_info info;
    assert_ok(lnti_image_probe(&info, &blob, &LIMITS, ERR));
    assert_int_equal(info.format, LNTI_IMAGE_JPEG);
    assert_int_equal(info.h, H);
    assert_int_equal(info.w, W);
    assert_int_equal(info.c, c);
    assert_ok(decode_part(&back, &rows_missing, &f, f.n));
    assert_int_equal(rows_missing, 0);
    assert_int_equal(back.c, c);
    assert_true(difference(&image, &back) < 2);
    lnti_image_clear(&back);
    lnti_image_clear(&image);
    free(f.data);
  }
}

static double flat_pixel(size_t y, size_t x, size_t k) {
  (void)y;
  (void)x;
  return k == 0 ? 200 : k == 1 ? 100 : 50;
}

/* Colours come out in the right order. */
static void test_flat_colour(void **state) {
  (void)state;
  lnti_image image = make_image(20, 30, 3, LNTI_DEPTH_U8, flat_pixel), back = {0};
  file f = encode(&image, 95);
  assert_ok(decode_part(&back, NULL, &f, f.n));
  assert_true(difference(&image, &back) < 1.5);
  lnti_image_clear(&back);
  lnti_image_clear(&image);
  free(f.data);
}

static void shrinks(const file *f, size_t to_h, size_t to_w, size_t h, size_t w) {
  const lnti_blob blob = blob_of(f->data, f->n);
  const lnti_size size = {to_h, to_w};
  lnti_image image = {0};
  assert_ok(lnti_image_decode(&image, NULL, &blob, &size, &LIMITS, ERR));
  if (image.h != h || image.w != w) {
    fail_msg("to %zu x %zu: got %zu x %zu, not %zu x %zu", to_h, to_w, image.h, image.w, h, w);
  }
  lnti_image_clear(&image);
}

static void test_shrink_to(void **state) {
  (void)state;
  lnti_image image = make_image(H, W, 3, LNTI_DEPTH_U8, smooth_pixel);
  file f = encode(&image, 90);
  shrinks(&f, H, W, H, W);
  shrinks(&f, 201, 150, H, W);
  shrinks(&f, 200, 150, 200, 150);
  shrinks(&f, 200, 151, H, W);
  shrinks(&f, 100, 75, 100, 75);
  shrinks(&f, 50, 38, 50, 38); /* 300 / 8 = 37.5 is rounded up */
  shrinks(&f, 1, 1, 50, 38);
  shrinks(&f, 1000, 1, H, W);
  free(f.data);
  lnti_image_clear(&image);
}

/* Cut at each of many places: taken only with 95 % of the rows, the missing rows told about right, and the
 * rows that are there equal to those of the whole. */
static void test_cut(void **state) {
  (void)state;
  lnti_image image = make_image(H, W, 1, LNTI_DEPTH_U8, busy_pixel), whole = {0};
  file f = encode(&image, 90);
  assert_ok(decode_part(&whole, NULL, &f, f.n));
  size_t taken = 0, refused = 0;
  for (size_t cut = f.n - 1; cut > f.n / 2; cut -= cut > f.n - 40 ? 1 : f.n / 97) {
    lnti_image part = {0};
    size_t missing = 0;
    lnt_status status = decode_part(&part, &missing, &f, cut);
    const double share = 1 - (double)cut / (double)f.n; /* noise: bytes are spread evenly over the rows */
    if (status == LNT_OK) {
      taken++;
      assert_true(missing <= H / 20);
      assert_true((double)missing >= share * H - 10);
      assert_memory_equal(part.data, whole.data, (H - missing) * W);
      lnti_image_clear(&part);
    } else {
      refused++;
      assert_int_equal(status, LNT_EDATA);
      assert_true(share > 0.01);
    }
  }
  assert_true(taken > 5);
  assert_true(refused > 20);
  lnti_image_clear(&whole);
  lnti_image_clear(&image);
  free(f.data);
}

static void test_missing_end_marker(void **state) {
  (void)state;
  lnti_image image = make_image(H, W, 3, LNTI_DEPTH_U8, busy_pixel), whole = {0}, part = {0};
  for (int flags = 0; flags <= TJFLAG_PROGRESSIVE; flags += TJFLAG_PROGRESSIVE) {
    file f = encode_kind(&image, TJPF_RGB, flags);
    size_t missing = 9;
    assert_ok(decode_part(&whole, NULL, &f, f.n));
    assert_ok(decode_part(&part, &missing, &f, f.n - 2));
    assert_int_equal(missing, 0);
    assert_true(same_image(&whole, &part));
    lnti_image_clear(&part);
    lnti_image_clear(&whole);
    free(f.data);
  }
  lnti_image_clear(&image);
}

/* A progressive file that stops early has all its rows, coarsely; that is not the image. */
static void test_progressive_cut(void **state) {
  (void)state;
  lnti_image image = make_image(H, W, 3, LNTI_DEPTH_U8, smooth_pixel), part = {0};
  file f = encode_kind(&image, TJPF_RGB, TJFLAG_PROGRESSIVE);
  for (size_t cut = f.n - 20; cut > 700; cut -= 131) {
    assert_status(decode_part(&part, NULL, &f, cut), LNT_EDATA);
  }
  /* Between two scans libjpeg itself sees nothing wrong, with an end marker (as a repair tool puts it there) or without. */
  size_t n_scans = 0;
  file closed = {malloc(f.n + 2), 0};
  for (size_t i = 2; i + 1 < f.n; i++) {
    if (f.data[i] != 0xff || f.data[i + 1] != 0xda) continue;
    if (n_scans++ > 0) {
      assert_status(decode_part(&part, NULL, &f, i), LNT_EDATA);
      assert_message("scans");
      memcpy(closed.data, f.data, i);
      memcpy(closed.data + i, "\xff\xd9", 2);
      closed.n = i + 2;
      assert_status(decode_part(&part, NULL, &closed, closed.n), LNT_EDATA);
      assert_message("scans");
    }
  }
  assert_true(n_scans > 3);
  lnti_image_clear(&image);
  free(closed.data);
  free(f.data);
}

static double cmyk_pixel(size_t y, size_t x, size_t k) {
  (void)y;
  return x < 16 ? (k == 0 ? 0 : 255) : (k == 3 ? 128 : 255);
}

/* Adobe's rule: 255 is no ink. Left: cyan ink alone; right: half black. */
static void test_cmyk(void **state) {
  (void)state;
  lnti_image image = make_image(32, 32, 4, LNTI_DEPTH_U8, cmyk_pixel), back = {0};
  file f = encode_kind(&image, TJPF_CMYK, 0);
  const lnti_blob blob = blob_of(f.data, f.n);
  lnti_image_info info;
  assert_ok(lnti_image_probe(&info, &blob, &LIMITS, ERR));
  assert_int_equal(info.c, 3);
  assert_ok(decode_part(&back, NULL, &f, f.n));
  assert_int_equal(back.c, 3);
  const uint8_t *left = (uint8_t *)back.data + (16 * 32 + 4) * 3, *right = left + 22 * 3;
  assert_in_range(left[0], 0, 4);
  assert_in_range(left[1], 250, 255);
  assert_in_range(left[2], 250, 255);
  for (int k = 0; k < 3; k++) assert_in_range(right[k], 124, 132);
  lnti_image_clear(&back);
  lnti_image_clear(&image);
  free(f.data);
}

/* Cameras and editors leave bytes between the segments of the header; the image is whole. */
static void test_junk_in_header(void **state) {
  (void)state;
  lnti_image image = make_image(64, 64, 3, LNTI_DEPTH_U8, busy_pixel), whole = {0}, back = {0};
  file f = encode(&image, 90), junk = {malloc(f.n + 7), f.n + 7};
  const size_t at = 4 + ((size_t)f.data[4] << 8 | f.data[5]); /* after the first segment */
  size_t missing = 9;
  memcpy(junk.data, f.data, at);
  memset(junk.data + at, 'x', 7);
  memcpy(junk.data + at + 7, f.data + at, f.n - at);
  assert_ok(decode_part(&whole, NULL, &f, f.n));
  assert_ok(decode_part(&back, &missing, &junk, junk.n));
  assert_int_equal(missing, 0);
  assert_true(same_image(&whole, &back));
  lnti_image_clear(&back);
  /* The junk does not hide that the pixels end early. */
  assert_status(decode_part(&back, NULL, &junk, junk.n / 2), LNT_EDATA);
  free(junk.data);
  free(f.data);
  lnti_image_clear(&whole);
  lnti_image_clear(&image);
}

static size_t find_frame(const file *f) {
  for (size_t i = 2; i + 1 < f->n; i++) {
    if (f->data[i] == 0xff && f->data[i + 1] == 0xc0) return i;
  }
  fail_msg("no frame header");
  return 0;
}

static void test_header_refusals(void **state) {
  (void)state;
  lnti_image image = make_image(64, 64, 3, LNTI_DEPTH_U8, smooth_pixel), out = {0};
  file f = encode(&image, 90);
  const size_t frame = find_frame(&f);
  uint8_t *p = f.data + frame;
  p[1] = 0xc3;
  assert_status(decode_part(&out, NULL, &f, f.n), LNT_EUNSUPPORTED);
  assert_message("lossless");
  p[1] = 0xc5;
  assert_status(decode_part(&out, NULL, &f, f.n), LNT_EUNSUPPORTED);
  assert_message("hierarchical");
  for (unsigned sof = 0xc9; sof <= 0xca; sof++) {
    p[1] = (uint8_t)sof;
    assert_status(decode_part(&out, NULL, &f, f.n), LNT_EUNSUPPORTED);
    assert_message("arithmetic-coded");
  }
  p[1] = 0xc0;
  p[4] = 12;
  assert_status(decode_part(&out, NULL, &f, f.n), LNT_EUNSUPPORTED);
  assert_message("12-bit");
  p[4] = 8;
  p[5] = p[6] = 0;
  assert_status(decode_part(&out, NULL, &f, f.n), LNT_EDATA);
  assert_message("no height");
  p[5] = p[7] = 0xff;
  p[6] = p[8] = 0xff;
  assert_status(decode_part(&out, NULL, &f, f.n), LNT_ELIMIT);
  p[5] = p[7] = 0x30; /* 12288 x 12288: within the caps, but not within the bytes */
  p[6] = p[8] = 0;
  assert_status(decode_part(&out, NULL, &f, f.n), LNT_EDATA);
  assert_message("cannot hold");
  p[5] = p[7] = 0;
  p[6] = p[8] = 64;
  p[9] = 2;
  assert_status(decode_part(&out, NULL, &f, f.n), LNT_EUNSUPPORTED);
  assert_message("2 components");
  p[9] = 200;
  assert_status(decode_part(&out, NULL, &f, f.n), LNT_EDATA);
  p[9] = 3;
  assert_ok(decode_part(&out, NULL, &f, f.n));
  lnti_image_clear(&out);
  for (size_t cut = 3; cut < frame + 10; cut++) assert_status(decode_part(&out, NULL, &f, cut), LNT_EDATA);
  free(f.data);
  lnti_image_clear(&image);
}

/* Any altered byte: an error or an image of the same size, never a crash. */
static void test_altered(void **state) {
  (void)state;
  lnti_image image = make_image(48, 40, 3, LNTI_DEPTH_U8, busy_pixel);
  file f = encode(&image, 60);
  for (size_t at = 2; at < f.n; at++) {
    lnti_image out = {0};
    f.data[at] ^= 0xa5;
    if (decode_part(&out, NULL, &f, f.n) == LNT_OK) assert_true(out.h > 0 && out.w > 0);
    lnti_image_clear(&out);
    f.data[at] ^= 0xa5;
  }
  free(f.data);
  lnti_image_clear(&image);
}

static void test_encode_refusals(void **state) {
  (void)state;
  lnti_image image = make_image(2, 2, 4, LNTI_DEPTH_U8, flat_pixel);
  uint8_t *data = NULL;
  size_t n = 0;
  assert_status(lnti_image_encode_jpeg(&data, &n, &image, 90, ERR), LNT_EINVAL);
  image.c = 3;
  assert_status(lnti_image_encode_jpeg(&data, &n, &image, 0, ERR), LNT_EINVAL);
  assert_status(lnti_image_encode_jpeg(&data, &n, &image, 101, ERR), LNT_EINVAL);
  image.h = 65501;
  assert_status(lnti_image_encode_jpeg(&data, &n, &image, 90, ERR), LNT_ELIMIT);
  assert_null(data);
  lnti_image_clear(&image);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_round_trip),
      cmocka_unit_test(test_flat_colour),
      cmocka_unit_test(test_shrink_to),
      cmocka_unit_test(test_cut),
      cmocka_unit_test(test_missing_end_marker),
      cmocka_unit_test(test_progressive_cut),
      cmocka_unit_test(test_cmyk),
      cmocka_unit_test(test_junk_in_header),
      cmocka_unit_test(test_header_refusals),
      cmocka_unit_test(test_altered),
      cmocka_unit_test(test_encode_refusals),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
