/*
 * Resampling: values by hand, invariants, and a plain double-precision version of the definition.
 */
#include "support.h"

#include "image/pixels.h"
#include <image/prepare.h>
#include <math.h>

/* Weight of input j for output i, by the definition: a triangle around the centre, as wide as the scale. */
static double triangle(size_t i, size_t j, size_t in, size_t out) {
  const double scale = (double)in / (double)out, reach = scale > 1 ? scale : 1;
  const double away = fabs((double)j + 0.5 - ((double)i + 0.5) * scale) / reach;
  return away < 1 ? 1 - away : 0;
}

static double value_at(const lnti_image *image, size_t y, size_t x, size_t k) {
  const size_t i = (y * image->w + x) * image->c + k;
  if (image->depth == LNTI_DEPTH_U8) return ((const uint8_t *)image->data)[i];
  if (image->depth == LNTI_DEPTH_U16) return ((const uint16_t *)image->data)[i];
  return (double)((const float *)image->data)[i];
}

static double reference(const lnti_image *image, size_t h, size_t w, size_t y, size_t x, size_t k) {
  double sum = 0, total = 0;
  for (size_t j = 0; j < image->h; j++) {
    const double wy = triangle(y, j, image->h, h);
    if (wy == 0) continue;
    for (size_t i = 0; i < image->w; i++) {
      const double weight = wy * triangle(x, i, image->w, w);
      sum += weight * value_at(image, j, i, k);
      total += weight;
    }
  }
  return sum / total;
}

static void row_becomes(const uint8_t *from, size_t in, const uint8_t *to, size_t out) {
  lnti_image image = {.h = 1, .w = in, .c = 1, .depth = LNTI_DEPTH_U8}, made = {0};
  uint8_t copy[64];
  memcpy(copy, from, in);
  image.data = copy;
  assert_ok(lnti_image_resize(&made, &image, 1, out, ERR));
  assert_memory_equal(made.data, to, out);
  lnti_image_clear(&made);
  /* The same standing. */
  image.h = in;
  image.w = 1;
  assert_ok(lnti_image_resize(&made, &image, out, 1, ERR));
  assert_memory_equal(made.data, to, out);
  lnti_image_clear(&made);
}

static void test_by_hand(void **state) {
  (void)state;
  /* Twice as wide: centres a quarter off: 3/4 and 1/4; at the borders the outside counts for nothing. */
  row_becomes((uint8_t[]){0, 100}, 2, (uint8_t[]){0, 25, 75, 100}, 4);
  /* Half: weights 1/4 3/4 3/4 1/4 over four, at the border 3 3 1 of 7: (0*3+70*3+140)/7 = 50. */
  row_becomes((uint8_t[]){0, 70, 140, 210}, 4, (uint8_t[]){50, 160}, 2);
  row_becomes((uint8_t[]){7}, 1, (uint8_t[]){7, 7, 7}, 3);
  /* Four to one: reach 4, weights 1 - 1.5/4 and 1 - 0.5/4, so 5 7 7 5 of 24: 12 * 10 / 24 = 5. */
  row_becomes((uint8_t[]){12, 0, 0, 12}, 4, (uint8_t[]){5}, 1);
}

static void check_against_reference(lnti_rng *rng, void *payload) {
  const lnti_depth depth = *(const lnti_depth *)payload;
  const size_t c = (size_t[]){1, 3, 4}[lnti_rng_below(rng, 3)];
  lnti_image image = {0}, made = {0};
  const size_t h = 1 + lnti_rng_below(rng, 40), w = 1 + lnti_rng_below(rng, 40);
  const size_t to_h = 1 + lnti_rng_below(rng, 40), to_w = 1 + lnti_rng_below(rng, 40);
  assert_ok(lnti_image_new(&image, h, w, c, depth, ERR));
  for (size_t i = 0; i < h * w * c; i++) {
    if (depth == LNTI_DEPTH_U8) ((uint8_t *)image.data)[i] = (uint8_t)lnti_rng_next(rng);
    if (depth == LNTI_DEPTH_U16) ((uint16_t *)image.data)[i] = (uint16_t)lnti_rng_next(rng);
    if (depth == LNTI_DEPTH_F32) ((float *)image.data)[i] = (float)lnti_rng_unit(rng);
  }
  assert_ok(lnti_image_resize(&made, &image, to_h, to_w, ERR));
  assert_int_equal(made.h, to_h);
  assert_int_equal(made.w, to_w);
  assert_int_equal(made.c, c);
  assert_int_equal(made.depth, depth);
  /* Half a unit of rounding, and weights in 2^-14. */
  const double full = depth == LNTI_DEPTH_U8 ? 255 : depth == LNTI_DEPTH_U16 ? 65535 : 1;
  const double tolerance = (depth == LNTI_DEPTH_F32 ? 0 : 0.5) + full * 1.5e-3;
  for (size_t i = 0; i < to_h * to_w * c; i++) {
    const size_t y = i / c / to_w, x = i / c % to_w, k = i % c;
    const double expected = reference(&image, to_h, to_w, y, x, k), got = value_at(&made, y, x, k);
    if (fabs(expected - got) > tolerance) {
      fail_msg("%zux%zu to %zux%zu at (%zu,%zu,%zu): %g, not %g", h, w, to_h, to_w, y, x, k, got, expected);
    }
  }
  lnti_image_clear(&made);
  lnti_image_clear(&image);
}

static void test_reference(void **state) {
  (void)state;
  for (lnti_depth depth = LNTI_DEPTH_U8; depth <= LNTI_DEPTH_F32; depth++) {
    lnti_test_property("resize equals its definition", 60, check_against_reference, &depth);
  }
}

/* Colour has a way of its own: bit by bit what its three channels become one by one. */
static void check_colour_as_channels(lnti_rng *rng, void *payload) {
  (void)payload;
  lnti_image colour = {0}, made = {0};
  const size_t h = 1 + lnti_rng_below(rng, 9), w = 1 + lnti_rng_below(rng, 60);
  const size_t to_h = 1 + lnti_rng_below(rng, 9), to_w = 1 + lnti_rng_below(rng, 60);
  assert_ok(lnti_image_new(&colour, h, w, 3, LNTI_DEPTH_U8, ERR));
  uint8_t *from = colour.data;
  for (size_t i = 0; i < h * w * 3; i++) from[i] = (uint8_t)(lnti_rng_below(rng, 4) ? lnti_rng_next(rng) : 255);
  assert_ok(lnti_image_resize(&made, &colour, to_h, to_w, ERR));
  for (size_t k = 0; k < 3; k++) {
    lnti_image channel = {0}, one = {0};
    assert_ok(lnti_image_new(&channel, h, w, 1, LNTI_DEPTH_U8, ERR));
    for (size_t i = 0; i < h * w; i++) ((uint8_t *)channel.data)[i] = from[3 * i + k];
    assert_ok(lnti_image_resize(&one, &channel, to_h, to_w, ERR));
    for (size_t i = 0; i < to_h * to_w; i++) {
      const unsigned got = ((uint8_t *)made.data)[3 * i + k], expected = ((uint8_t *)one.data)[i];
      if (got != expected)
        fail_msg("%zux%zu to %zux%zu, channel %zu, pixel %zu: %u, not %u", h, w, to_h, to_w, k, i, got, expected);
    }
    lnti_image_clear(&one);
    lnti_image_clear(&channel);
  }
  lnti_image_clear(&made);
  lnti_image_clear(&colour);
}

static void test_colour_as_channels(void **state) {
  (void)state;
  lnti_test_property("colour is its channels", 400, check_colour_as_channels, NULL);
}

static double full_pixel(size_t y, size_t x, size_t k) {
  (void)y;
  (void)x;
  return k == 0 ? 255 : k == 1 ? 0 : 77;
}

/* A flat image stays flat, exactly, whatever the sizes: the weights sum to one. */
static void test_flat_stays_flat(void **state) {
  (void)state;
  const size_t sides[] = {1, 2, 3, 7, 28, 29, 64, 333};
  for (size_t a = 0; a < 8; a++) {
    for (size_t b = 0; b < 8; b++) {
      lnti_image image = make_image(sides[a], sides[b], 3, LNTI_DEPTH_U8, full_pixel), made = {0};
      assert_ok(lnti_image_resize(&made, &image, sides[b], sides[7 - a], ERR));
      for (size_t i = 0; i < made.h * made.w; i++) {
        assert_memory_equal((uint8_t *)made.data + 3 * i, ((uint8_t[]){255, 0, 77}), 3);
      }
      lnti_image_clear(&made);
      lnti_image_clear(&image);
    }
  }
}

static void test_same_size_copies(void **state) {
  (void)state;
  lnti_image image = make_image(13, 17, 3, LNTI_DEPTH_U16, busy_pixel), made = {0};
  assert_ok(lnti_image_resize(&made, &image, 13, 17, ERR));
  assert_true(same_image(&made, &image));
  assert_ptr_not_equal(made.data, image.data);
  lnti_image_clear(&made);
  lnti_image_clear(&image);
}

/* Mirrored in, mirrored out. */
static double mirrored_pixel(size_t y, size_t x, size_t k) {
  return busy_pixel(y, 49 - x, k);
}

static void test_mirror(void **state) {
  (void)state;
  lnti_image a = make_image(20, 50, 1, LNTI_DEPTH_U8, busy_pixel),
             b = make_image(20, 50, 1, LNTI_DEPTH_U8, mirrored_pixel);
  lnti_image small_a = {0}, small_b = {0};
  assert_ok(lnti_image_resize(&small_a, &a, 9, 13, ERR));
  assert_ok(lnti_image_resize(&small_b, &b, 9, 13, ERR));
  for (size_t y = 0; y < 9; y++) {
    for (size_t x = 0; x < 13; x++) {
      const int left = (int)value_at(&small_a, y, x, 0), right = (int)value_at(&small_b, y, 12 - x, 0);
      assert_in_range(left - right + 1, 0, 2); /* the rounding of weights has a direction */
    }
  }
  lnti_image_clear(&small_b);
  lnti_image_clear(&small_a);
  lnti_image_clear(&b);
  lnti_image_clear(&a);
}

/* The longest side to one pixel: more inputs than the weights have units. */
static void test_extremes(void **state) {
  (void)state;
  lnti_image image = make_image(1, 65535, 1, LNTI_DEPTH_U8, smooth_pixel), made = {0};
  assert_ok(lnti_image_resize(&made, &image, 1, 1, ERR));
  assert_in_range(((uint8_t *)made.data)[0], 126, 129); /* the mean of a saw tooth */
  lnti_image_clear(&made);
  assert_status(lnti_image_resize(&made, &image, 0, 1, ERR), LNT_EINVAL);
  assert_status(lnti_image_resize(&made, &image, 1, 65536, ERR), LNT_EINVAL);
  assert_null(made.data);
  lnti_image_clear(&image);
}

/* Bytes of one image, written down: they may not change from machine to machine, or with a rewrite, since
 * caches and models were made from them. */
static void test_pinned(void **state) {
  (void)state;
  lnti_image image = make_image(37, 53, 3, LNTI_DEPTH_U8, busy_pixel), made = {0};
  assert_ok(lnti_image_resize(&made, &image, 11, 97, ERR));
  uint64_t hash = 14695981039346656037u;
  for (size_t i = 0; i < lnti_image_bytes(&made); i++) hash = (hash ^ ((uint8_t *)made.data)[i]) * 1099511628211u;
  if (hash != 13070512465612984079u) fail_msg("the pixels have changed: %llu", (unsigned long long)hash);
  lnti_image_clear(&made);
  lnti_image_clear(&image);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_by_hand),         cmocka_unit_test(test_reference),
      cmocka_unit_test(test_flat_stays_flat), cmocka_unit_test(test_same_size_copies),
      cmocka_unit_test(test_mirror),          cmocka_unit_test(test_extremes),
      cmocka_unit_test(test_pinned),          cmocka_unit_test(test_colour_as_channels),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
