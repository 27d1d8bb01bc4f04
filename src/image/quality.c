/*
 * Quality of a picture by sums over its luma, in thousandths of a level (0..255000): exact in integers up to the last
 * division.
 */
#include <image/quality.h>

#include <base/error.h>
#include <math.h>

enum { FULL = 255000 };

static int64_t luma_at(const lnti_image *image, size_t y, size_t x) {
  const uint8_t *p = (const uint8_t *)image->data + (y * image->w + x) * image->c;
  return image->c == 1 ? 1000 * (int64_t)p[0] : 299 * (int64_t)p[0] + 587 * (int64_t)p[1] + 114 * (int64_t)p[2];
}

/** Sums of values and of their squares; the squares in double, whose 53 bits round only where 10^4 pixels are full. */
typedef struct moments {
  int64_t sum;
  double squares;
  size_t n;
} moments;

static void add(moments *m, int64_t v) {
  m->sum += v;
  m->squares += (double)v * (double)v;
  m->n++;
}

static double variance(const moments *m) {
  if (m->n == 0) return 0;
  const double mean = (double)m->sum / (double)m->n, v = m->squares / (double)m->n - mean * mean;
  return v > 0.5 ? v : 0; /* below that, in squared thousandths, is rounding */
}

lnt_status lnti_quality_measure(lnti_quality *out, const lnti_image *small, lnt_error *err) {
  moments luma = {0}, laplace = {0};
  if (small->depth != LNTI_DEPTH_U8 || small->c == 4) {
    return lnti_fail(err, LNT_EINVAL, "quality is measured on 8-bit grey or RGB; make a thumbnail first");
  }
  for (size_t y = 0; y < small->h; y++) {
    for (size_t x = 0; x < small->w; x++) {
      const int64_t v = luma_at(small, y, x);
      add(&luma, v);
      if (y == 0 || x == 0 || y + 1 == small->h || x + 1 == small->w) continue;
      add(&laplace, luma_at(small, y - 1, x) + luma_at(small, y + 1, x) + luma_at(small, y, x - 1) +
                        luma_at(small, y, x + 1) - 4 * v);
    }
  }
  const double spread = variance(&luma);
  *out = (lnti_quality){.sharpness = spread > 0 ? (float)(variance(&laplace) / spread) : 0,
                        .brightness = (float)((double)luma.sum / (double)luma.n / FULL),
                        .contrast = (float)(sqrt(spread) / FULL)};
  return LNT_OK;
}
