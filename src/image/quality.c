/*
 * Quality of a picture by sums over its luma, in thousandths of a level (0..255000): exact in integers up to the last
 * division, since the caps of a thumbnail keep even the sum of squares below 2^64.
 */
#include <image/quality.h>

#include <base/alloc.h>
#include <base/error.h>
#include <math.h>
#include <stdlib.h>

enum { FULL = 255000, PIXELS_MAX = 1 << 24, SHARPNESS_MAX = 64 };

static void luma_row(int32_t *to, const lnti_image *image, size_t y) {
  const uint8_t *p = (const uint8_t *)image->data + y * image->w * image->c;
  if (image->c == 1) {
    for (size_t x = 0; x < image->w; x++) to[x] = 1000 * p[x];
  } else {
    for (size_t x = 0; x < image->w; x++) to[x] = 299 * p[3 * x] + 587 * p[3 * x + 1] + 114 * p[3 * x + 2];
  }
}

/** Sums of n values and of their squares. */
typedef struct moments {
  int64_t sum;
  uint64_t squares;
  size_t n;
} moments;

static void add_row(moments *m, const int32_t *v, size_t n) {
  int64_t sum = 0;
  uint64_t squares = 0;
  for (size_t i = 0; i < n; i++) {
    sum += v[i];
    squares += (uint64_t)((int64_t)v[i] * v[i]);
  }
  m->sum += sum;
  m->squares += squares;
  m->n += n;
}

/** Of the w - 2 pixels inside a row. */
static void laplace_row(int32_t *to, const int32_t *above, const int32_t *row, const int32_t *below, size_t w) {
  for (size_t x = 1; x + 1 < w; x++) to[x - 1] = above[x] + below[x] + row[x - 1] + row[x + 1] - 4 * row[x];
}

static double variance(const moments *m) {
  if (m->n == 0) return 0;
  const double mean = (double)m->sum / (double)m->n, v = (double)m->squares / (double)m->n - mean * mean;
  return v > 0.5 ? v : 0; /* below that, in squared thousandths, is rounding */
}

/** @param rows  room for four rows */
static void measure(moments *luma, moments *laplace, const lnti_image *small, int32_t *rows) {
  const size_t h = small->h, w = small->w;
  int32_t *line[3] = {rows, rows + w, rows + 2 * w}, *laplacian = rows + 3 * w;
  for (size_t y = 0; y < h; y++) {
    luma_row(line[y % 3], small, y);
    add_row(luma, line[y % 3], w);
    if (y < 2 || w < 3) continue;
    laplace_row(laplacian, line[(y - 2) % 3], line[(y - 1) % 3], line[y % 3], w);
    add_row(laplace, laplacian, w - 2);
  }
}

lnt_status lnti_quality_measure(lnti_quality *out, const lnti_image *small, lnt_error *err) {
  moments luma = {0}, laplace = {0};
  int32_t *rows = NULL;
  if (small->depth != LNTI_DEPTH_U8 || small->c == 4 || small->h > PIXELS_MAX / small->w) {
    return lnti_fail(err, LNT_EINVAL, "quality is measured on 8-bit grey or RGB; make a thumbnail first");
  }
  lnt_status status = lnti_alloc(&rows, 4 * small->w, sizeof *rows, err);
  if (status) return status;
  measure(&luma, &laplace, small, rows);
  free(rows);
  const double spread = variance(&luma);
  /* The few pixels inside a small picture may vary more than all of it. */
  const double sharpness = spread > 0 ? fmin(variance(&laplace) / spread, SHARPNESS_MAX) : 0;
  *out = (lnti_quality){.sharpness = (float)sharpness,
                        .brightness = (float)((double)luma.sum / (double)luma.n / FULL),
                        .contrast = (float)(sqrt(spread) / FULL)};
  return LNT_OK;
}
