/*
 * Resampling with a triangle filter, in two passes: along rows, then down columns. When shrinking, the
 * triangle is widened to the scale, so that every source pixel counts (antialiasing); at the borders the
 * weights of what lies outside are shared out among what lies inside.
 *
 * The same everywhere: weights are made by integer arithmetic alone, each row of them summing to exactly
 * WEIGHT_ONE (running sums are rounded, not the weights, so that even weights below one unit are not lost),
 * and integer images are resampled in integers, rounded once at the end. f32 images use the same weights
 * and one fixed order of summation.
 */
#include <image/prepare.h>

#include <base/alloc.h>
#include <base/error.h>
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#if defined(__SSE2__)
#  include <immintrin.h>
#endif

#if defined(__GNUC__)
#  define INLINE static inline __attribute__((always_inline))
#else
#  define INLINE static inline
#endif

enum {
  WEIGHT_BITS = 14,
  WEIGHT_ONE = 1 << WEIGHT_BITS,
  SIDE_CAP = 65535, /* keeps the sums of make_weights within 64 bits */
  /* u8: the first pass keeps 8 bits after the point, in u16 */
  KEEP_BITS = 8
};

/** For each of n outputs: its first input, and `taps` weights (zero where fewer count). */
typedef struct weights {
  size_t n, taps;
  size_t *first;   /* [n] */
  uint16_t *value; /* [n,taps] */
} weights;

static void clear_weights(weights *w) {
  free(w->first);
  free(w->value);
}

/**
 * Output i has its centre at (2i+1)*in, input j at (2j+1)*out, in units of 1/(2*in*out) of the side; the
 * triangle reaches 2*max(in,out) on both sides.
 */
static void fill_weights(weights *w, size_t in, size_t out) {
  const uint64_t reach = 2 * (uint64_t)(in > out ? in : out);
  for (size_t i = 0; i < out; i++) {
    const uint64_t centre = (2 * (uint64_t)i + 1) * in;
    /* First j with (2j+1)*out > centre - reach. */
    const uint64_t low = centre > reach ? centre - reach : 0;
    size_t first = centre > reach ? (size_t)((low / out + 1) / 2) : 0;
    if (first >= in) first = in - 1;
    uint64_t sum = 0;
    for (size_t t = 0; t < w->taps && first + t < in; t++) {
      const uint64_t place = (2 * (uint64_t)(first + t) + 1) * out;
      const uint64_t away = place > centre ? place - centre : centre - place;
      if (away < reach) sum += reach - away;
    }
    assert(sum > 0); /* the triangle is wider than a step, so a weight falls on some pixel */
    uint64_t running = 0, given = 0;
    for (size_t t = 0; t < w->taps; t++) {
      uint16_t value = 0;
      if (first + t < in) {
        const uint64_t place = (2 * (uint64_t)(first + t) + 1) * out;
        const uint64_t away = place > centre ? place - centre : centre - place;
        if (away < reach) running += reach - away;
        const uint64_t now = (running * WEIGHT_ONE + sum / 2) / sum;
        value = (uint16_t)(now - given);
        given = now;
      }
      w->value[i * w->taps + t] = value;
    }
    /* The window may not reach past the end, so that the kernels need not look. */
    w->first[i] = first;
  }
}

/** Moves windows that hang over the end back inside; their weights move along. */
static void fit_windows(weights *w, size_t in) {
  for (size_t i = 0; i < w->n; i++) {
    if (w->first[i] + w->taps <= in) continue;
    const size_t over = w->first[i] + w->taps - in;
    uint16_t *value = w->value + i * w->taps;
    memmove(value + over, value, (w->taps - over) * sizeof *value);
    memset(value, 0, over * sizeof *value);
    w->first[i] -= over;
  }
}

static lnt_status make_weights(weights *w, size_t in, size_t out, lnt_error *err) {
  const size_t larger = in > out ? in : out;
  w->n = out;
  /* Inputs less than reach/out/2 = larger/out from a centre, on both sides: whole numbers in an open interval. */
  w->taps = (2 * larger + out - 1) / out;
  if (w->taps > in) w->taps = in;
  size_t n = 0;
  if (!lnti_size_mul(&n, out, w->taps)) return lnti_fail_memory(err, SIZE_MAX);
  lnt_status status = lnti_alloc(&w->first, out, sizeof *w->first, err);
  if (status != LNT_OK) return status;
  status = lnti_alloc(&w->value, n, sizeof *w->value, err);
  if (status != LNT_OK) return status;
  fill_weights(w, in, out);
  fit_windows(w, in);
  return LNT_OK;
}

/* Rows: from [h,in,c] to [h,out,c]. The sums stay below 2^(8+14), 2^(16+14). */

enum { ROWS_SHIFT = WEIGHT_BITS - KEEP_BITS, ROWS_HALF = 1 << (ROWS_SHIFT - 1) };

/* Outputs [begin,end) of one row of colour. */
static void row_colour(uint16_t *to, const uint8_t *from, const weights *w, size_t begin, size_t end) {
  for (size_t x = begin; x < end; x++) {
    const uint16_t *value = w->value + x * w->taps;
    const uint8_t *p = from + w->first[x] * 3;
    uint32_t r = ROWS_HALF, g = ROWS_HALF, b = ROWS_HALF;
    for (size_t t = 0; t < w->taps; t++, p += 3) {
      r += (uint32_t)value[t] * p[0];
      g += (uint32_t)value[t] * p[1];
      b += (uint32_t)value[t] * p[2];
    }
    to[3 * x] = (uint16_t)(r >> ROWS_SHIFT);
    to[3 * x + 1] = (uint16_t)(g >> ROWS_SHIFT);
    to[3 * x + 2] = (uint16_t)(b >> ROWS_SHIFT);
  }
}

#if defined(__SSE2__)
/* The same of two pixels from p on; 8 bytes are read of the 6. A weight is at most WEIGHT_ONE, so that it fits a signed 16 bits. */
INLINE __m128i two_taps(__m128i sum, const uint8_t *p, uint16_t first, uint16_t second) {
  const __m128i bytes = _mm_unpacklo_epi8(_mm_loadl_epi64((const void *)p), _mm_setzero_si128());
  const __m128i pairs = _mm_unpacklo_epi16(bytes, _mm_srli_si128(bytes, 6));
  return _mm_add_epi32(sum, _mm_madd_epi16(pairs, _mm_set1_epi32((int)((uint32_t)second << 16 | first))));
}

/* The sums of one pixel. */
INLINE __m128i colour_sums(const uint8_t *p, const uint16_t *value, size_t taps) {
  __m128i sum = _mm_set1_epi32(ROWS_HALF);
  for (size_t t = 0; t + 1 < taps; t += 2) sum = two_taps(sum, p + 3 * t, value[t], value[t + 1]);
  if (taps % 2) sum = two_taps(sum, p + 3 * (taps - 1), value[taps - 1], 0);
  /* The only narrowing to come is a signed one: by way of the middle. */
  return _mm_sub_epi32(_mm_srli_epi32(sum, ROWS_SHIFT), _mm_set1_epi32(1 << 15));
}

/* Outputs [0,end) of one row, two at once; 8 bytes are written of a pixel's 6, and up to 5 bytes are read behind the last window. */
INLINE void row_colour_sse2(uint16_t *to, const uint8_t *from, const weights *w, size_t taps, size_t end) {
  const size_t *first = w->first;
  const uint16_t *value = w->value;
  for (size_t x = 0; x < end; x += 2, first += 2, value += 2 * taps, to += 6) {
    const bool both = x + 1 < end;
    const __m128i one = colour_sums(from + first[0] * 3, value, taps);
    const __m128i other = both ? colour_sums(from + first[1] * 3, value + taps, taps) : one;
    const __m128i narrow = _mm_xor_si128(_mm_packs_epi32(one, other), _mm_set1_epi16((short)0x8000));
    _mm_storel_epi64((void *)to, narrow);
    if (both) _mm_storel_epi64((void *)(to + 3), _mm_srli_si128(narrow, 8));
  }
}

/* A number of taps that the compiler knows: up to four, as between half and any larger size. */
static void row_colour_fast(uint16_t *to, const uint8_t *from, const weights *w, size_t end) {
  switch (w->taps) {
    case 2:
      row_colour_sse2(to, from, w, 2, end);
      break;
    case 3:
      row_colour_sse2(to, from, w, 3, end);
      break;
    case 4:
      row_colour_sse2(to, from, w, 4, end);
      break;
    default:
      row_colour_sse2(to, from, w, w->taps, end);
  }
}

/* Outputs of the last row, but one, whose window, and what is read behind it, lies within that row. */
static size_t ends_inside(size_t in, const weights *w) {
  size_t end = w->n - 1;
  while (end > 0 && (w->first[end - 1] + w->taps + 2) > in) end--;
  return end;
}
#endif

/* Colour, the common case. */
static void rows_u8_colour(uint16_t *to, const uint8_t *from, size_t h, size_t in, const weights *w) {
  for (size_t y = 0; y < h; y++, from += in * 3, to += w->n * 3) {
    size_t done = 0;
#if defined(__SSE2__)
    /* What is written behind a row is the start of the next; behind the last row's fast part, of its slow one. */
    if (in > 1) done = y + 1 < h ? w->n : ends_inside(in, w);
    row_colour_fast(to, from, w, done);
#endif
    row_colour(to, from, w, done, w->n);
  }
}

static void rows_u8(uint16_t *to, const uint8_t *from, size_t h, size_t in, size_t c, const weights *w) {
  for (size_t y = 0; y < h; y++, from += in * c) {
    for (size_t x = 0; x < w->n; x++) {
      const uint16_t *value = w->value + x * w->taps;
      const uint8_t *p = from + w->first[x] * c;
      for (size_t k = 0; k < c; k++) {
        uint32_t sum = 1 << (WEIGHT_BITS - KEEP_BITS - 1);
        for (size_t t = 0; t < w->taps; t++) sum += (uint32_t)value[t] * p[t * c + k];
        *to++ = (uint16_t)(sum >> (WEIGHT_BITS - KEEP_BITS));
      }
    }
  }
}

static void rows_u16(uint32_t *to, const uint16_t *from, size_t h, size_t in, size_t c, const weights *w) {
  for (size_t y = 0; y < h; y++, from += in * c) {
    for (size_t x = 0; x < w->n; x++) {
      const uint16_t *value = w->value + x * w->taps;
      const uint16_t *p = from + w->first[x] * c;
      for (size_t k = 0; k < c; k++) {
        uint32_t sum = 0;
        for (size_t t = 0; t < w->taps; t++) sum += (uint32_t)value[t] * p[t * c + k];
        *to++ = sum;
      }
    }
  }
}

static void rows_f32(float *to, const float *from, size_t h, size_t in, size_t c, const weights *w) {
  for (size_t y = 0; y < h; y++, from += in * c) {
    for (size_t x = 0; x < w->n; x++) {
      const uint16_t *value = w->value + x * w->taps;
      const float *p = from + w->first[x] * c;
      for (size_t k = 0; k < c; k++) {
        float sum = 0;
        for (size_t t = 0; t < w->taps; t++) sum += (float)value[t] * p[t * c + k];
        *to++ = sum / WEIGHT_ONE;
      }
    }
  }
}

/* Columns: from [.,row] to [out,row], `row` elements a row; one row of sums is kept in `sums` [row]. */

static void columns_u8_many(uint8_t *to, const uint16_t *from, size_t row, const weights *w, uint32_t *sums) {
  for (size_t y = 0; y < w->n; y++, to += row) {
    for (size_t x = 0; x < row; x++) sums[x] = 1u << (WEIGHT_BITS + KEEP_BITS - 1);
    for (size_t t = 0; t < w->taps; t++) {
      const uint32_t value = w->value[y * w->taps + t];
      const uint16_t *p = from + (w->first[y] + t) * row;
      for (size_t x = 0; x < row; x++) sums[x] += value * p[x];
    }
    for (size_t x = 0; x < row; x++) to[x] = (uint8_t)(sums[x] >> (WEIGHT_BITS + KEEP_BITS));
  }
}

/* Few taps: all of them at once, without sums to keep. */
INLINE void columns_few(uint8_t *restrict to, const uint16_t *from, size_t row, const weights *w, size_t taps) {
  for (size_t y = 0; y < w->n; y++, to += row) {
    const uint16_t *value = w->value + y * taps, *p = from + w->first[y] * row;
    const uint16_t a = value[0], b = value[1], c = taps > 2 ? value[2] : 0, d = taps > 3 ? value[3] : 0;
    for (size_t x = 0; x < row; x++) {
      uint32_t sum = (1u << (WEIGHT_BITS + KEEP_BITS - 1)) + (uint32_t)a * p[x] + (uint32_t)b * p[row + x];
      if (taps > 2) sum += (uint32_t)c * p[2 * row + x];
      if (taps > 3) sum += (uint32_t)d * p[3 * row + x];
      to[x] = (uint8_t)(sum >> (WEIGHT_BITS + KEEP_BITS));
    }
  }
}

static void columns_u8(uint8_t *to, const uint16_t *from, size_t row, const weights *w, uint32_t *sums) {
  switch (w->taps) {
    case 2:
      columns_few(to, from, row, w, 2);
      break;
    case 3:
      columns_few(to, from, row, w, 3);
      break;
    case 4:
      columns_few(to, from, row, w, 4);
      break;
    default:
      columns_u8_many(to, from, row, w, sums);
  }
}

static void columns_u16(uint16_t *to, const uint32_t *from, size_t row, const weights *w, uint64_t *sums) {
  for (size_t y = 0; y < w->n; y++, to += row) {
    for (size_t x = 0; x < row; x++) sums[x] = (uint64_t)1 << (2 * WEIGHT_BITS - 1);
    for (size_t t = 0; t < w->taps; t++) {
      const uint64_t value = w->value[y * w->taps + t];
      const uint32_t *p = from + (w->first[y] + t) * row;
      for (size_t x = 0; x < row; x++) sums[x] += value * p[x];
    }
    for (size_t x = 0; x < row; x++) to[x] = (uint16_t)(sums[x] >> 2 * WEIGHT_BITS);
  }
}

static void columns_f32(float *to, const float *from, size_t row, const weights *w) {
  for (size_t y = 0; y < w->n; y++, to += row) {
    for (size_t x = 0; x < row; x++) to[x] = 0;
    for (size_t t = 0; t < w->taps; t++) {
      const float value = w->value[y * w->taps + t];
      const float *p = from + (w->first[y] + t) * row;
      for (size_t x = 0; x < row; x++) to[x] += value * p[x];
    }
    for (size_t x = 0; x < row; x++) to[x] /= WEIGHT_ONE;
  }
}

/** Both passes; `kept` holds what is between them, `sums` one row. */
static void resample(lnti_image *to, const lnti_image *from, const weights *across, const weights *down, void *kept,
                     void *sums) {
  const size_t row = to->w * to->c;
  switch (from->depth) {
    case LNTI_DEPTH_U8:
      if (from->c == 3) {
        rows_u8_colour(kept, from->data, from->h, from->w, across);
      } else {
        rows_u8(kept, from->data, from->h, from->w, from->c, across);
      }
      columns_u8(to->data, kept, row, down, sums);
      break;
    case LNTI_DEPTH_U16:
      rows_u16(kept, from->data, from->h, from->w, from->c, across);
      columns_u16(to->data, kept, row, down, sums);
      break;
    case LNTI_DEPTH_F32:
      rows_f32(kept, from->data, from->h, from->w, from->c, across);
      columns_f32(to->data, kept, row, down);
      break;
  }
}

static lnt_status copy(lnti_image *out, const lnti_image *image, lnt_error *err) {
  lnti_image made = {0};
  lnt_status status = lnti_image_new(&made, image->h, image->w, image->c, image->depth, err);
  if (status != LNT_OK) return status;
  memcpy(made.data, image->data, lnti_image_bytes(image));
  *out = made;
  return LNT_OK;
}

lnt_status lnti_image_resize(lnti_image *out, const lnti_image *image, size_t h, size_t w, lnt_error *err) {
  weights across = {0}, down = {0};
  lnti_image made = {0};
  void *kept = NULL, *sums = NULL;
  size_t n_kept = 0;
  lnt_status status;
  if (h == image->h && w == image->w) return copy(out, image, err);
  if (h == 0 || w == 0 || h > SIDE_CAP || w > SIDE_CAP || image->h > SIDE_CAP || image->w > SIDE_CAP) {
    return lnti_fail(err, LNT_EINVAL, "cannot resize %zu x %zu pixels to %zu x %zu: sides are 1 to %d", image->w,
                     image->h, w, h, SIDE_CAP);
  }
  status = make_weights(&across, image->w, w, err);
  if (status == LNT_OK) status = make_weights(&down, image->h, h, err);
  if (status == LNT_OK) status = lnti_image_new(&made, h, w, image->c, image->depth, err);
  if (status != LNT_OK) goto done;
  if (!lnti_size_mul(&n_kept, image->h, w * image->c)) {
    status = lnti_fail_memory(err, SIZE_MAX);
    goto done;
  }
  status = lnti_alloc_aligned(&kept, n_kept, image->depth == LNTI_DEPTH_U8 ? 2 : 4, err);
  if (status == LNT_OK) status = lnti_alloc_aligned(&sums, w * image->c, sizeof(uint64_t), err);
  if (status != LNT_OK) goto done;
  resample(&made, image, &across, &down, kept, sums);
  *out = made;
  made.data = NULL;
done:
  free(sums);
  free(kept);
  lnti_image_clear(&made);
  clear_weights(&down);
  clear_weights(&across);
  return status;
}
