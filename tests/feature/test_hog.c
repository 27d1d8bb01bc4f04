/*
 * `hog` against a plain version of the definition (per block, per pixel, with atan2 in doubles), and the
 * properties that the definition gives it.
 */
#include "support.h"

#include <feature/feature.h>
#include <math.h>

static const lnti_image_limits LIMITS = LNTI_IMAGE_LIMITS_INIT;
static const double PI = 3.14159265358979323846;

typedef struct config {
  const char *text;
  size_t h, w, cell, block, bins;
} config;

static lnti_extractor *extractor_of(const char *text) {
  lnti_extractor *extractor = NULL;
  assert_ok(lnti_extractor_new(&extractor, text, NULL, ERR));
  return extractor;
}

static void run_hog(float *out, const lnti_extractor *extractor, const uint8_t *pixels, size_t h, size_t w) {
  const lnti_blob blob = {.kind = LNTI_BLOB_PIXELS, .data = pixels, .bytes = h * w, .h = h, .w = w, .c = 1};
  assert_ok(lnti_extractor_run(out, extractor, &blob, &LIMITS, ERR));
}

static double root_at(const uint8_t *pixels, const config *k, long y, long x) {
  y = y < 0 ? 0 : y >= (long)k->h ? (long)k->h - 1 : y;
  x = x < 0 ? 0 : x >= (long)k->w ? (long)k->w - 1 : x;
  return sqrt(pixels[(size_t)y * k->w + (size_t)x]);
}

/* One block as the paper has it: pixel by pixel, cell by cell, bin by bin. */
static void plain_block(double *out, const uint8_t *pixels, const config *k, size_t by, size_t bx) {
  const size_t side = k->block * k->cell, n = k->block * k->block * k->bins;
  for (size_t i = 0; i < n; i++) out[i] = 0;
  for (size_t y = 0; y < side; y++) {
    for (size_t x = 0; x < side; x++) {
      const long py = (long)(by * k->cell + y), px = (long)(bx * k->cell + x);
      const double dx = root_at(pixels, k, py, px + 1) - root_at(pixels, k, py, px - 1);
      const double dy = root_at(pixels, k, py + 1, px) - root_at(pixels, k, py - 1, px);
      double angle = atan2(dy, dx);
      if (angle < 0) angle += PI;
      const double half = (double)side / 2, sigma = (double)side / 4;
      const double ry = ((double)y + 0.5 - half) / sigma, rx = ((double)x + 0.5 - half) / sigma;
      const double vote = sqrt(dx * dx + dy * dy) * exp(-0.5 * (ry * ry + rx * rx));
      for (size_t c = 0; c < k->block * k->block; c++) {
        const double ay = fabs(((double)y + 0.5) / (double)k->cell - 0.5 - (double)(c / k->block));
        const double ax = fabs(((double)x + 0.5) / (double)k->cell - 0.5 - (double)(c % k->block));
        if (ay >= 1 || ax >= 1) continue;
        for (size_t b = 0; b < k->bins; b++) {
          double away = fabs(angle / PI * (double)k->bins - 0.5 - (double)b);
          if (away > (double)k->bins / 2) away = (double)k->bins - away; /* the half turn is a circle */
          if (away < 1) out[c * k->bins + b] += vote * (1 - ay) * (1 - ax) * (1 - away);
        }
      }
    }
  }
  double sum = 0;
  for (size_t i = 0; i < n; i++) sum += out[i] * out[i];
  const double first = 1 / (sqrt(sum) + 0.1 * (double)n);
  sum = 0;
  for (size_t i = 0; i < n; i++) {
    out[i] = fmin(out[i] * first, 0.2);
    sum += out[i] * out[i];
  }
  for (size_t i = 0; i < n; i++) out[i] /= sqrt(sum) + 1e-3;
}

static void check_against_plain(lnti_rng *rng, void *payload) {
  const config *k = payload;
  lnti_extractor *extractor = extractor_of(k->text);
  const size_t n_block = k->block * k->block * k->bins, d = lnti_extractor_d(extractor);
  const size_t ny = k->h / k->cell - k->block + 1, nx = k->w / k->cell - k->block + 1;
  uint8_t *pixels = malloc(k->h * k->w);
  float *out = malloc(d * sizeof *out);
  double *block = malloc(n_block * sizeof *block);
  assert_int_equal(d, ny * nx * n_block);
  /* Blobs of a few levels: flat parts, exact diagonals and level edges all occur. */
  for (size_t i = 0; i < k->h * k->w; i++) {
    pixels[i] = lnti_rng_below(rng, 3) == 0 ? (uint8_t)(lnti_rng_below(rng, 4) * 85) : (uint8_t)lnti_rng_next(rng);
  }
  run_hog(out, extractor, pixels, k->h, k->w);
  for (size_t b = 0; b < ny * nx; b++) {
    plain_block(block, pixels, k, b / nx, b % nx);
    for (size_t i = 0; i < n_block; i++) {
      if (fabs(block[i] - (double)out[b * n_block + i]) > 2e-5) {
        fail_msg("%s: block %zu, value %zu: %g, not %g", k->text, b, i, (double)out[b * n_block + i], block[i]);
      }
    }
  }
  free(block);
  free(out);
  free(pixels);
  lnti_extractor_free(extractor);
}

static void test_plain(void **state) {
  (void)state;
  config configs[] = {
      {"hog:bins=9,block=2,cell=7,height=28,width=28", 28, 28, 7, 2, 9},
      {"hog:bins=9,block=2,cell=8,height=16,width=40", 16, 40, 8, 2, 9},
      {"hog:bins=4,block=1,cell=5,height=10,width=15", 10, 15, 5, 1, 4},
      {"hog:bins=18,block=3,cell=4,height=20,width=12", 20, 12, 4, 3, 18},
      {"hog:bins=2,block=4,cell=2,height=8,width=10", 8, 10, 2, 4, 2},
  };
  for (size_t i = 0; i < sizeof configs / sizeof *configs; i++) {
    lnti_test_property("hog equals its definition", 8, check_against_plain, &configs[i]);
  }
}

enum { SIDE = 28, D = 324, BINS = 9 };
static const char STANDARD[] = "hog:bins=9,block=2,cell=7,height=28,width=28";

static void test_flat_is_zero(void **state) {
  (void)state;
  uint8_t pixels[SIDE * SIDE];
  float out[D];
  lnti_extractor *extractor = extractor_of(STANDARD);
  for (int v = 0; v < 256; v += 51) {
    memset(pixels, v, sizeof pixels);
    memset(out, 0x7f, sizeof out);
    run_hog(out, extractor, pixels, SIDE, SIDE);
    for (size_t i = 0; i < D; i++) assert_true(out[i] == 0);
  }
  lnti_extractor_free(extractor);
}

/* The bin with the most votes over all blocks. */
static size_t strongest_bin(const float *out) {
  double sum[BINS] = {0};
  size_t best = 0;
  for (size_t i = 0; i < D; i++) sum[i % BINS] += (double)out[i];
  for (size_t b = 1; b < BINS; b++) best = sum[b] > sum[best] ? b : best;
  return best;
}

/* Edges of known direction: gradients at 90, 45 and 135 degrees lie in the middle bin and in the bins that
 * hold 45 and 135 of 180 (y grows downwards); those along x share the first and last. */
static void test_directions(void **state) {
  (void)state;
  uint8_t lying[SIDE * SIDE], rising[SIDE * SIDE], falling[SIDE * SIDE], standing[SIDE * SIDE];
  float out[D];
  lnti_extractor *extractor = extractor_of(STANDARD);
  for (size_t i = 0; i < SIDE * SIDE; i++) {
    const size_t y = i / SIDE, x = i % SIDE;
    lying[i] = y < SIDE / 2 ? 0 : 255;
    falling[i] = x + y < SIDE ? 0 : 255;
    rising[i] = x < y ? 0 : 255;
    standing[i] = x < SIDE / 2 ? 0 : 255;
  }
  run_hog(out, extractor, lying, SIDE, SIDE);
  assert_int_equal(strongest_bin(out), 4);
  run_hog(out, extractor, falling, SIDE, SIDE);
  assert_int_equal(strongest_bin(out), 2);
  run_hog(out, extractor, rising, SIDE, SIDE);
  assert_int_equal(strongest_bin(out), 6);
  run_hog(out, extractor, standing, SIDE, SIDE);
  double first = 0, last = 0, rest = 0;
  for (size_t i = 0; i < D; i++) {
    *(i % BINS == 0 ? &first : i % BINS == BINS - 1 ? &last : &rest) += (double)out[i];
  }
  assert_true(first > 0.1);
  assert_true(fabs(first - last) < 1e-3 * first);
  assert_true(rest < 1e-3 * first);
  lnti_extractor_free(extractor);
}

/* Mirrored left to right: cells and blocks change sides, and bin b becomes bin 8-b. */
static void check_mirror(lnti_rng *rng, void *payload) {
  const lnti_extractor *extractor = payload;
  uint8_t pixels[SIDE * SIDE], mirrored[SIDE * SIDE];
  float a[D], b[D];
  for (size_t i = 0; i < SIDE * SIDE; i++) pixels[i] = (uint8_t)lnti_rng_next(rng);
  for (size_t i = 0; i < SIDE * SIDE; i++) mirrored[i] = pixels[i / SIDE * SIDE + SIDE - 1 - i % SIDE];
  run_hog(a, extractor, pixels, SIDE, SIDE);
  run_hog(b, extractor, mirrored, SIDE, SIDE);
  for (size_t i = 0; i < D; i++) {
    const size_t bin = i % 9, cx = i / 9 % 2, cy = i / 18 % 2, bx = i / 36 % 3, by = i / 108;
    const size_t j = (((by * 3 + 2 - bx) * 2 + cy) * 2 + 1 - cx) * 9 + 8 - bin;
    assert_true(fabsf(a[i] - b[j]) < 1e-5f);
  }
}

static void test_mirror(void **state) {
  (void)state;
  lnti_extractor *extractor = extractor_of(STANDARD);
  lnti_test_property("hog of the mirrored image", 20, check_mirror, extractor);
  lnti_extractor_free(extractor);
}

static void check_range(lnti_rng *rng, void *payload) {
  const lnti_extractor *extractor = payload;
  uint8_t pixels[SIDE * SIDE];
  float a[D], b[D];
  const uint64_t levels = 1 + lnti_rng_below(rng, 256);
  for (size_t i = 0; i < SIDE * SIDE; i++) pixels[i] = (uint8_t)lnti_rng_below(rng, levels);
  run_hog(a, extractor, pixels, SIDE, SIDE);
  run_hog(b, extractor, pixels, SIDE, SIDE);
  assert_memory_equal(a, b, sizeof a);
  for (size_t block = 0; block < D / 36; block++) {
    double length = 0;
    for (size_t i = 0; i < 36; i++) {
      const float v = a[block * 36 + i];
      assert_true(v >= 0 && v <= 1);
      length += (double)v * (double)v;
    }
    assert_true(length <= 1.0001);
  }
}

static void test_range(void **state) {
  (void)state;
  lnti_extractor *extractor = extractor_of(STANDARD);
  lnti_test_property("hog is finite and of at most unit length", 50, check_range, extractor);
  lnti_extractor_free(extractor);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_plain),  cmocka_unit_test(test_flat_is_zero), cmocka_unit_test(test_directions),
      cmocka_unit_test(test_mirror), cmocka_unit_test(test_range),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
