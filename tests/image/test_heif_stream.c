/*
 * Sizes that coded pictures say of themselves: headers are written bit by bit here, from the specifications.
 */
#include "support.h"

#include "image/golden.h"
#include <image/heif_stream.h>

typedef struct writer {
  uint8_t data[256];
  size_t at; /* in bits */
} writer;

static void put(writer *w, uint32_t value, unsigned n) {
  while (n-- > 0) {
    if (value >> n & 1) w->data[w->at / 8] |= (uint8_t)(0x80 >> w->at % 8);
    w->at++;
  }
}

static void put_golomb(writer *w, uint32_t value) {
  unsigned n = 0;
  while ((value + 1) >> (n + 1) != 0) n++;
  put(w, 0, n);
  put(w, value + 1, n + 1);
}

static size_t bytes_of(const writer *w) {
  return (w->at + 7) / 8;
}

/* A parameter set of H.265 with as many sub-layers, their profiles and levels said or not. */
static void put_sps(writer *out, unsigned layers, bool said, uint32_t chroma, uint32_t w, uint32_t h) {
  put(out, 33 << 9 | 1, 16);
  put(out, 0, 4);
  put(out, layers, 3);
  put(out, 1, 1);
  for (int i = 0; i < 12; i++) put(out, 0xa5, 8);
  for (unsigned i = 0; i < layers; i++) put(out, said ? 3 : 0, 2);
  if (layers > 0) put(out, 0, 2 * (8 - layers));
  for (unsigned i = 0; said && i < 12 * layers; i++) put(out, 0x5a, 8);
  put_golomb(out, 0);
  put_golomb(out, chroma);
  if (chroma == 3) put(out, 0, 1);
  put_golomb(out, w);
  put_golomb(out, h);
  put(out, 0xff, 8);
}

/* hvcC with one array of one unit; lengths in the picture's data take four bytes. */
static lnti_bytes config_of(uint8_t out[512], const uint8_t *nal, size_t n) {
  memset(out, 0, 512);
  out[21] = 3;
  out[22] = 1;
  out[23] = 33;
  out[25] = 1;
  out[26] = (uint8_t)(n >> 8);
  out[27] = (uint8_t)n;
  memcpy(out + 28, nal, n);
  return (lnti_bytes){out, 28 + n};
}

static void check_hevc(const writer *w, size_t h_wanted, size_t w_wanted) {
  uint8_t config[512], data[512] = {0};
  size_t height = 9, width = 9;
  const size_t n = bytes_of(w);
  assert_true(lnti_heif_stream_size(&height, &width, LNTI_HEIF_HEVC, config_of(config, w->data, n), (lnti_bytes){0}));
  assert_int_equal(height, h_wanted);
  assert_int_equal(width, w_wanted);
  /* The same inside the picture's data. */
  const lnti_bytes none = config_of(config, (const uint8_t[]){0x40, 1}, 2);
  data[3] = (uint8_t)n;
  memcpy(data + 4, w->data, n);
  assert_true(lnti_heif_stream_size(&height, &width, LNTI_HEIF_HEVC, none, (lnti_bytes){data, 4 + n}));
  assert_int_equal(height, h_wanted);
  assert_int_equal(width, w_wanted);
}

static void test_hevc(void **state) {
  (void)state;
  writer w = {0};
  put_sps(&w, 0, false, 1, 64, 48);
  check_hevc(&w, 48, 64);
  memset(&w, 0, sizeof w);
  put_sps(&w, 2, true, 3, 70000, 1);
  check_hevc(&w, 1, 70000);
  memset(&w, 0, sizeof w);
  put_sps(&w, 6, false, 2, 4000, 3000);
  check_hevc(&w, 3000, 4000);
  /* Cut short, it is no header. */
  uint8_t config[512];
  size_t height = 9, width = 9;
  assert_false(lnti_heif_stream_size(&height, &width, LNTI_HEIF_HEVC, config_of(config, w.data, 16), (lnti_bytes){0}));
  assert_int_equal(height, 9);
  /* Units of no bytes are none: a file full of them would have each walked over. */
  const lnti_bytes sound = config_of(config, (const uint8_t[]){0x40, 1}, 2);
  assert_false(lnti_heif_stream_size(&height, &width, LNTI_HEIF_HEVC, sound, (lnti_bytes){(const uint8_t[4]){0}, 4}));
  assert_int_equal(height, 9);
}

/* 00 00 03: the 3 keeps a start code out, and is none of the header's bytes. */
static void test_emulation(void **state) {
  (void)state;
  writer w = {0};
  uint8_t stuffed[300];
  size_t n = 2, zeros = 0;
  put_sps(&w, 0, false, 1, 256, 255);
  memset(w.data + 3, 0, 8); /* profile and level are not looked at */
  memcpy(stuffed, w.data, 2);
  for (size_t i = 2; i < bytes_of(&w); i++) {
    if (zeros == 2 && w.data[i] <= 3) {
      stuffed[n++] = 3;
      zeros = 0;
    }
    zeros = w.data[i] == 0 ? zeros + 1 : 0;
    stuffed[n++] = w.data[i];
  }
  assert_true(n > bytes_of(&w));
  uint8_t config[512];
  size_t height = 0, width = 0;
  assert_true(lnti_heif_stream_size(&height, &width, LNTI_HEIF_HEVC, config_of(config, stuffed, n), (lnti_bytes){0}));
  assert_int_equal(height, 255);
  assert_int_equal(width, 256);
}

static void test_hevc_pieces(void **state) {
  (void)state;
  writer w = {0};
  uint8_t config[512], data[8] = {0, 0, 0, 5, 1, 2, 3, 4};
  size_t height = 0, width = 0;
  put_sps(&w, 0, false, 1, 64, 48);
  const lnti_bytes good = config_of(config, w.data, bytes_of(&w));
  assert_false(lnti_heif_stream_size(&height, &width, LNTI_HEIF_HEVC, good, (lnti_bytes){data, 8})); /* 5 of 4 */
  assert_false(lnti_heif_stream_size(&height, &width, LNTI_HEIF_HEVC, good, (lnti_bytes){data, 3}));
  assert_false(lnti_heif_stream_size(&height, &width, LNTI_HEIF_HEVC, (lnti_bytes){config, 22}, (lnti_bytes){0}));
  for (size_t cut = 23; cut < good.n; cut++) {
    assert_false(lnti_heif_stream_size(&height, &width, LNTI_HEIF_HEVC, (lnti_bytes){config, cut}, (lnti_bytes){0}));
  }
}

/* A sequence header as an open bitstream unit with its length. */
static size_t put_obu(uint8_t *out, const writer *w) {
  const size_t n = bytes_of(w);
  out[0] = 1 << 3 | 2;
  out[1] = (uint8_t)n;
  memcpy(out + 2, w->data, n);
  return n + 2;
}

static void check_av1(const writer *w, size_t h_wanted, size_t w_wanted) {
  uint8_t config[300] = {0x81, 0, 0, 0}, data[300] = {0x12, 0}; /* a temporal delimiter in front */
  size_t height = 9, width = 9;
  const size_t n = put_obu(config + 4, w);
  assert_true(lnti_heif_stream_size(&height, &width, LNTI_HEIF_AV1, (lnti_bytes){config, 4 + n}, (lnti_bytes){0}));
  assert_int_equal(height, h_wanted);
  assert_int_equal(width, w_wanted);
  (void)put_obu(data + 2, w);
  assert_true(
      lnti_heif_stream_size(&height, &width, LNTI_HEIF_AV1, (lnti_bytes){config, 4}, (lnti_bytes){data, 2 + n}));
  assert_int_equal(height, h_wanted);
  assert_int_equal(width, w_wanted);
  assert_false(lnti_heif_stream_size(&height, &width, LNTI_HEIF_AV1, (lnti_bytes){config, 4}, (lnti_bytes){data, n}));
}

static void put_size(writer *w, uint32_t width, uint32_t height) {
  put(w, 15, 4);
  put(w, 15, 4);
  put(w, width - 1, 16);
  put(w, height - 1, 16);
  put(w, 0xffff, 16);
}

static void test_av1(void **state) {
  (void)state;
  writer w = {0};
  put(&w, 0x3, 5); /* profile 0, still, reduced */
  put(&w, 4, 5);
  put_size(&w, 33, 21);
  check_av1(&w, 21, 33);
  memset(&w, 0, sizeof w);
  put(&w, 0x2, 5); /* not reduced: no clocks, no delay, two operating points, the second with a tier */
  put(&w, 0, 2);
  put(&w, 1, 5);
  put(&w, 0, 12);
  put(&w, 7, 5);
  put(&w, 0, 12);
  put(&w, 8, 5);
  put(&w, 1, 1);
  put_size(&w, 65536, 2);
  check_av1(&w, 2, 65536);
  memset(&w, 0, sizeof w);
  put(&w, 0x2, 5);
  put(&w, 1, 1); /* clocks: 64 bits, equal intervals of 5, a model with delays of 10 bits */
  put(&w, 77, 32);
  put(&w, 99, 32);
  put(&w, 1, 1);
  put_golomb(&w, 5);
  put(&w, 1, 1);
  put(&w, 9, 5);
  put(&w, 1, 32);
  put(&w, 3, 5);
  put(&w, 4, 5);
  put(&w, 1, 1); /* delays of the display */
  put(&w, 0, 5);
  put(&w, 0, 12);
  put(&w, 3, 5);
  put(&w, 1, 1); /* the model's for this point */
  put(&w, 1023, 10);
  put(&w, 0, 10);
  put(&w, 1, 1);
  put(&w, 1, 1);
  put(&w, 7, 4);
  put_size(&w, 640, 480);
  check_av1(&w, 480, 640);
}

/* What encoders wrote: sizes in blocks of 8 and more, at least the image's. */
static void test_files(void **state) {
  (void)state;
  static const char *const names[] = {"still.heic", "deep.heic", "colour.avif", "still.avif", "deep.avif"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    size_t n = 0, seen = 0;
    uint8_t *data = read_whole(&n, LINNET_IMAGE_DATA, names[i]);
    lnti_heif_meta meta = {0};
    assert_ok(lnti_heif_meta_read(&meta, data, n, ERR));
    for (size_t k = 0; k < meta.n; k++) {
      const lnti_heif_item *item = &meta.items[k];
      size_t h = 0, w = 0;
      if (item->kind != LNTI_HEIF_HEVC && item->kind != LNTI_HEIF_AV1) continue;
      assert_true(lnti_heif_stream_size(&h, &w, item->kind, item->config, item->first));
      assert_true(h >= item->coded_h && h < item->coded_h + 64);
      assert_true(w >= item->coded_w && w < item->coded_w + 64);
      seen++;
    }
    assert_true(seen > 0);
    lnti_heif_meta_clear(&meta);
    free(data);
  }
}

/* A picture of 8192 x 8192 in an image of 40 x 24 is refused before anything is decoded. */
static void test_bomb(void **state) {
  (void)state;
  size_t n = 0;
  uint8_t *data = read_whole(&n, LINNET_IMAGE_DATA, "still.avif");
  const lnti_image_limits limits = LNTI_IMAGE_LIMITS_INIT;
  lnti_image image = {0};
  lnti_image_info info;
  lnti_heif_meta meta = {0};
  assert_ok(lnti_heif_meta_read(&meta, data, n, ERR));
  const lnti_heif_item *item = lnti_heif_find(&meta, meta.primary);
  uint8_t *obu = data + (item->first.p - data);
  if (obu[0] == 0x12) obu += 2; /* a temporal delimiter */
  assert_int_equal(obu[0], 1 << 3 | 2);
  writer w = {0};
  put(&w, 0x3, 5);
  put(&w, 4, 5);
  put(&w, 12, 4);
  put(&w, 12, 4);
  put(&w, 8191, 13);
  put(&w, 8191, 13);
  assert_true(obu[1] >= bytes_of(&w));
  memcpy(obu + 2, w.data, bytes_of(&w));
  lnti_heif_meta_clear(&meta);
  const lnti_blob blob = blob_of(data, n);
  lnt_error err = LNT_ERROR_INIT;
  const lnt_status status = lnti_image_decode(&image, NULL, &blob, NULL, &limits, &err);
  if (status != LNT_EUNSUPPORTED) { /* libvips's module may be missing */
    assert_int_equal(status, LNT_EDATA);
    assert_non_null(strstr(err.message, "an image of 40 x 24 pixels holds a picture of 8192 x 8192"));
    assert_int_equal(lnti_image_probe(&info, &blob, &limits, &err), LNT_EDATA);
  }
  free(data);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_hevc), cmocka_unit_test(test_emulation), cmocka_unit_test(test_hevc_pieces),
      cmocka_unit_test(test_av1),  cmocka_unit_test(test_files),     cmocka_unit_test(test_bomb),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
