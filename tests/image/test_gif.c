/*
 * GIF, block by block: how frames are drawn over one another, what the screen is, and damage. The golden test has
 * files of an encoder's.
 */
#include "support.h"

#include <image/frames.h>

#include "image/refusals.h"

/* A GIF of eight colours: colour i is (30 i, 10 i, 255 - i). */
typedef struct gif {
  uint8_t data[8192];
  size_t n;
  uint32_t bits;
  unsigned n_bits;
  size_t block_at;
} gif;

static void put(gif *g, const void *data, size_t n) {
  memcpy(g->data + g->n, data, n);
  g->n += n;
}

static void begin(gif *g, size_t w, size_t h) {
  memset(g, 0, sizeof *g);
  put(g, "GIF89a", 6);
  put16le(g->data + 6, w);
  put16le(g->data + 8, h);
  g->data[10] = 0x80 | 2; /* a table of 8 */
  g->n = 13;
  for (unsigned i = 0; i < 8; i++) put(g, (uint8_t[]){(uint8_t)(30 * i), (uint8_t)(10 * i), (uint8_t)(255 - i)}, 3);
}

enum { OPAQUE = 256, KEEP = 1, BACKGROUND = 2, PREVIOUS = 3 };

static void control(gif *g, unsigned dispose, unsigned transparent) {
  put(g, (uint8_t[]){0x21, 0xf9, 4, (uint8_t)(dispose << 2 | (transparent != OPAQUE)), 5, 0, (uint8_t)transparent, 0},
      8);
}

static void descriptor(gif *g, size_t x, size_t y, size_t w, size_t h, bool interlaced) {
  uint8_t head[10] = {0x2c};
  put16le(head + 1, x);
  put16le(head + 3, y);
  put16le(head + 5, w);
  put16le(head + 7, h);
  head[9] = interlaced ? 0x40 : 0;
  put(g, head, 10);
}

static void flush_byte(gif *g) {
  if (g->block_at == 0 || g->data[g->block_at] == 255) {
    g->block_at = g->n;
    g->data[g->n++] = 0;
  }
  g->data[g->n++] = (uint8_t)g->bits;
  g->data[g->block_at]++;
  g->bits >>= 8;
  g->n_bits = g->n_bits > 8 ? g->n_bits - 8 : 0;
}

static void code(gif *g, unsigned value) {
  g->bits |= value << g->n_bits;
  g->n_bits += 4;
  while (g->n_bits >= 8) flush_byte(g);
}

/* Colours as digits; a clear every six keeps all codes at four bits. */
static void pixels(gif *g, const char *colours, bool end) {
  g->data[g->n++] = 3;
  g->bits = g->n_bits = 0;
  g->block_at = 0;
  for (size_t i = 0; colours[i]; i++) {
    if (i % 6 == 0) code(g, 8);
    code(g, (unsigned)(colours[i] - '0'));
  }
  if (end) code(g, 9);
  if (g->n_bits > 0) flush_byte(g);
  g->data[g->n++] = 0;
}

static void frame(gif *g, size_t x, size_t y, size_t w, size_t h, unsigned dispose, unsigned transparent,
                  const char *colours) {
  control(g, dispose, transparent);
  descriptor(g, x, y, w, h, false);
  pixels(g, colours, true);
}

static void end(gif *g) {
  g->data[g->n++] = 0x3b;
}

/* The frame's pixels as digits, '.' where it is transparent. */
static void gives(const gif *g, size_t i, size_t h, size_t w, size_t c, const char *colours) {
  lnti_image image = {0};
  lnti_image_info info;
  assert_ok(decode_bytes(&image, &info, g->data, g->n, i, ERR));
  assert_int_equal(info.format, LNTI_IMAGE_GIF);
  assert_int_equal(info.c, c);
  assert_int_equal(image.h, h);
  assert_int_equal(image.w, w);
  assert_int_equal(image.c, c);
  char got[256] = "";
  for (size_t at = 0; at < h * w; at++) {
    const uint8_t *p = (uint8_t *)image.data + at * c;
    const bool clear = c == 4 && p[3] == 0;
    got[at] = clear ? '.' : (char)('0' + (255 - p[2]));
    if (clear) {
      assert_memory_equal(p, "\0\0\0", 3);
    } else {
      assert_int_equal(p[0], 30 * (255 - p[2]));
      assert_true(c == 3 || p[3] == 255);
    }
  }
  assert_string_equal(got, colours);
  lnti_image_clear(&image);
}

static void test_disposal(void **state) {
  (void)state;
  gif g;
  begin(&g, 4, 2);
  frame(&g, 0, 0, 4, 2, KEEP, OPAQUE, "11112222");
  frame(&g, 1, 0, 2, 1, BACKGROUND, OPAQUE, "33");
  frame(&g, 3, 0, 1, 2, PREVIOUS, OPAQUE, "44");
  frame(&g, 0, 1, 2, 1, KEEP, 5, "65");
  frame(&g, 0, 0, 4, 2, PREVIOUS, OPAQUE, "77777777");
  frame(&g, 0, 0, 1, 1, KEEP, OPAQUE, "0");
  end(&g);
  gives(&g, 0, 2, 4, 4, "11112222");
  gives(&g, 1, 2, 4, 4, "13312222");
  gives(&g, 2, 2, 4, 4, "1..42224");
  gives(&g, 3, 2, 4, 4, "1..16222");
  gives(&g, 4, 2, 4, 4, "77777777");
  gives(&g, 5, 2, 4, 4, "0..16222"); /* taken back, though it covered all */
}

/* Alpha is there only where something shows through. */
static void test_alpha_channel(void **state) {
  (void)state;
  gif g;
  begin(&g, 2, 1);
  frame(&g, 0, 0, 2, 1, BACKGROUND, OPAQUE, "12");
  end(&g);
  gives(&g, 0, 1, 2, 3, "12"); /* it is the last: nothing is removed */
  begin(&g, 2, 1);
  frame(&g, 0, 0, 2, 1, BACKGROUND, OPAQUE, "12");
  frame(&g, 0, 0, 2, 1, KEEP, OPAQUE, "34");
  end(&g);
  gives(&g, 1, 1, 2, 3, "34");
  begin(&g, 2, 1);
  frame(&g, 0, 0, 2, 1, PREVIOUS, OPAQUE, "12");
  frame(&g, 0, 0, 1, 1, KEEP, OPAQUE, "3");
  end(&g);
  gives(&g, 1, 1, 2, 4, "3.");
  begin(&g, 2, 1); /* taken back to what has a hole */
  frame(&g, 0, 0, 2, 1, BACKGROUND, OPAQUE, "12");
  frame(&g, 0, 0, 2, 1, PREVIOUS, OPAQUE, "34");
  frame(&g, 0, 0, 1, 1, KEEP, OPAQUE, "5");
  end(&g);
  gives(&g, 2, 1, 2, 4, "5.");
  begin(&g, 2, 1);
  frame(&g, 1, 0, 1, 1, KEEP, OPAQUE, "5");
  end(&g);
  gives(&g, 0, 1, 2, 4, ".5");
  begin(&g, 2, 1);
  frame(&g, 0, 0, 2, 1, KEEP, 7, "12");
  end(&g);
  gives(&g, 0, 1, 2, 4, "12");
}

static void test_screen(void **state) {
  (void)state;
  gif g;
  lnti_image image = {0};
  lnti_image_info info;
  begin(&g, 640, 480); /* a size that libnsgif takes for a mistake */
  frame(&g, 10, 20, 1, 1, KEEP, OPAQUE, "5");
  end(&g);
  assert_ok(decode_bytes(&image, &info, g.data, g.n, 0, ERR));
  assert_int_equal(image.h, 480);
  assert_int_equal(image.w, 640);
  assert_int_equal(((uint8_t *)image.data)[(20 * 640 + 10) * 4 + 3], 255);
  lnti_image_clear(&image);
  begin(&g, 1, 1); /* grown to the first frame */
  frame(&g, 1, 0, 2, 2, KEEP, OPAQUE, "1234");
  frame(&g, 2, 1, 2, 2, KEEP, OPAQUE, "5555"); /* and others are cut off */
  end(&g);
  gives(&g, 0, 2, 3, 4, ".12.34");
  gives(&g, 1, 2, 3, 4, ".12.35");
  begin(&g, 2, 2);
  frame(&g, 0, 0, 2, 2, KEEP, OPAQUE, "1234");
  frame(&g, 5, 5, 2, 2, BACKGROUND, OPAQUE, "5555"); /* outside */
  frame(&g, 0, 1, 1, 1, KEEP, OPAQUE, "6");
  end(&g);
  gives(&g, 2, 2, 2, 4, "1264");
}

static void test_interlaced(void **state) {
  (void)state;
  gif g;
  begin(&g, 1, 11);
  descriptor(&g, 0, 0, 1, 11, true);
  pixels(&g, "01234567012", true); /* rows 0 8 4 2 6 10 1 3 5 7 9 */
  end(&g);
  gives(&g, 0, 11, 1, 3, "06372041125");
}

static void test_oddities(void **state) {
  (void)state;
  gif g;
  begin(&g, 2, 2); /* more pixels than the frame has, and no end code */
  descriptor(&g, 0, 0, 2, 2, false);
  pixels(&g, "1234567", false);
  end(&g);
  gives(&g, 0, 2, 2, 3, "1234");
  begin(&g, 1, 1); /* what is behind the trailer is nobody's */
  descriptor(&g, 0, 0, 1, 1, false);
  pixels(&g, "1", true);
  end(&g);
  put(&g, "garbage", 7);
  gives(&g, 0, 1, 1, 3, "1");
  begin(&g, 1, 1); /* a comment, an application's block and text in front */
  put(&g, "\x21\xfe\3abc\0\x21\xff\13NETSCAPE2.0\3\1\0\0\0\x21\1\1x\0", 31);
  descriptor(&g, 0, 0, 1, 1, false);
  pixels(&g, "4", true);
  end(&g);
  gives(&g, 0, 1, 1, 3, "4");
  lnti_image image = {0};
  lnti_image_info info;
  begin(&g, 1, 1); /* a table of two colours, and a pixel of the sixth: black */
  g.data[10] = 0x80;
  g.n = 13 + 6;
  descriptor(&g, 0, 0, 1, 1, false);
  pixels(&g, "6", true);
  end(&g);
  assert_ok(decode_bytes(&image, &info, g.data, g.n, 0, ERR));
  assert_memory_equal(image.data, "\0\0\0", 3);
  lnti_image_clear(&image);
}

static void test_frames(void **state) {
  (void)state;
  gif g;
  lnti_image image = {0};
  lnti_image_info info;
  begin(&g, 1, 1);
  frame(&g, 0, 0, 1, 1, KEEP, OPAQUE, "1");
  frame(&g, 0, 0, 1, 1, KEEP, OPAQUE, "2");
  end(&g);
  assert_ok(decode_bytes(&image, &info, g.data, g.n, 1, ERR));
  assert_int_equal(info.frames, 2);
  assert_true(info.timed);
  lnti_image_clear(&image);
  assert_status(decode_bytes(&image, &info, g.data, g.n, 2, ERR), LNT_ENOTFOUND);
  assert_message("no frame 2 in the file: the last of its 2 is 1");
  begin(&g, 1, 1);
  for (size_t i = 0; i < 101; i++) frame(&g, 0, 0, 1, 1, KEEP, OPAQUE, "1");
  end(&g);
  refuses(g.data, g.n, LNT_ELIMIT, "more than 100 frames");
}

static void test_damage(void **state) {
  (void)state;
  gif g;
  begin(&g, 2, 2);
  descriptor(&g, 0, 0, 2, 2, false);
  pixels(&g, "123", true);
  end(&g);
  refuses(g.data, g.n, LNT_EDATA, "1 of the 4 pixels of frame 0 are missing");
  begin(&g, 2, 2);
  descriptor(&g, 0, 0, 2, 2, false);
  g.data[g.n++] = 3;
  put(&g, "\2\xf8\xff\0", 4); /* a code that has no meaning after a clear */
  end(&g);
  refuses(g.data, g.n, LNT_EDATA, "the pixels of frame 0 cannot be decoded");
  g.data[g.n - 6] = 13;
  refuses(g.data, g.n, LNT_EDATA, "cannot be decoded");
  begin(&g, 2, 2);
  end(&g);
  refuses(g.data, g.n, LNT_EDATA, "holds no image");
  begin(&g, 2, 2);
  g.data[g.n++] = 0x55;
  refuses(g.data, g.n, LNT_EDATA, "byte 37 is 85, which begins no block");
  begin(&g, 2, 2);
  g.data[10] = 0; /* no table */
  g.n = 13;
  frame(&g, 0, 0, 1, 1, KEEP, OPAQUE, "1");
  end(&g);
  refuses(g.data, g.n, LNT_EDATA, "no table of colours");
  begin(&g, 0, 0);
  descriptor(&g, 0, 0, 0, 0, false);
  pixels(&g, "", true);
  end(&g);
  refuses(g.data, g.n, LNT_EDATA, "nothing in it");
}

/* A frame whose pixels are broken: those that stand on it are refused with it, the others are had, alone and in order. */
static void test_a_broken_frame(void **state) {
  (void)state;
  const lnti_image_limits limits = LNTI_IMAGE_LIMITS_INIT;
  lnti_frames *frames = NULL;
  lnti_image_info info;
  gif g;
  begin(&g, 2, 1);
  frame(&g, 0, 0, 2, 1, KEEP, OPAQUE, "11");
  frame(&g, 0, 0, 2, 1, PREVIOUS, OPAQUE, "2"); /* broken, and taken back */
  frame(&g, 1, 0, 1, 1, KEEP, OPAQUE, "3");
  frame(&g, 0, 0, 2, 1, KEEP, 5, "4"); /* broken, and stays */
  frame(&g, 1, 0, 1, 1, KEEP, OPAQUE, "5");
  frame(&g, 0, 0, 2, 1, PREVIOUS, OPAQUE, "66"); /* covers the damage, and is taken back */
  frame(&g, 0, 0, 1, 1, KEEP, OPAQUE, "7");
  frame(&g, 0, 0, 2, 1, KEEP, OPAQUE, "01"); /* covers it */
  frame(&g, 0, 0, 1, 1, KEEP, OPAQUE, "2");
  end(&g);
  static const struct {
    const char *pixels, *reason;
  } expected[] = {{"11", NULL},
                  {NULL, "of frame 1 are missing"},
                  {"13", NULL},
                  {NULL, "of frame 3 are missing"},
                  {NULL, "of frame 3 are missing"},
                  {"66", NULL},
                  {NULL, "of frame 3 are missing"},
                  {"01", NULL},
                  {"21", NULL}};
  const lnti_blob blob = {.kind = LNTI_BLOB_ENCODED, .data = g.data, .bytes = g.n};
  assert_ok(lnti_frames_open(&frames, &info, &blob, &limits, ERR));
  assert_int_equal(info.frames, 9);
  for (size_t i = 0; i < 9; i++) {
    lnti_image image = {0};
    if (expected[i].pixels) {
      gives(&g, i, 1, 2, 4, expected[i].pixels);
      assert_ok(lnti_frames_read(&image, NULL, frames, i, ERR));
      assert_int_equal(255 - ((uint8_t *)image.data)[2], expected[i].pixels[0] - '0');
      assert_int_equal(255 - ((uint8_t *)image.data)[6], expected[i].pixels[1] - '0');
    } else {
      assert_status(decode_bytes(&image, &info, g.data, g.n, i, ERR), LNT_EDATA);
      assert_message(expected[i].reason);
      assert_status(lnti_frames_read(&image, NULL, frames, i, ERR), LNT_EDATA);
      assert_message(expected[i].reason);
    }
    lnti_image_clear(&image);
  }
  lnti_frames_close(frames);
}

static void test_bombs(void **state) {
  (void)state;
  gif g;
  begin(&g, 8000, 8000);
  frame(&g, 0, 0, 1, 1, KEEP, OPAQUE, "1");
  end(&g);
  refuses(g.data, g.n, LNT_EDATA, "cannot hold 8000 x 8000");
  begin(&g, 1, 1);
  frame(&g, 0, 0, 1, 1, KEEP, OPAQUE, "1");
  frame(&g, 0, 0, 30000, 1000, KEEP, OPAQUE, "1");
  end(&g);
  refuses(g.data, g.n, LNT_EDATA, "cannot hold the 30000 x 1000 pixels of frame 1");
  begin(&g, 65535, 1);
  frame(&g, 0, 0, 1, 1, KEEP, OPAQUE, "1");
  end(&g);
  refuses(g.data, g.n, LNT_ELIMIT, "65535 x 1");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_disposal),   cmocka_unit_test(test_alpha_channel), cmocka_unit_test(test_screen),
      cmocka_unit_test(test_interlaced), cmocka_unit_test(test_oddities),      cmocka_unit_test(test_frames),
      cmocka_unit_test(test_damage),     cmocka_unit_test(test_bombs),         cmocka_unit_test(test_a_broken_frame),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
