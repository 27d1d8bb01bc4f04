/*
 * Thumbnails. An import makes one of every picture that it decodes, so the first pass over the pixels is what counts: it
 * adds up rows of samples as they lie in memory, four at a time, which compilers turn into vector code for any width of
 * channel; sums across a row are a small part of that. Boxes share out the side evenly, so that some are a pixel smaller than
 * others and no edge is left over.
 */
#include <image/thumbnail.h>

#include <assert.h>
#include <base/alloc.h>
#include <base/error.h>
#include <image/prepare.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
  SIDE_MAX = 65500,
  BOX_MAX = 256 /* 256 rows of 255 fit in u16, 256 of 65535 in u32 */
};

static size_t least(size_t a, size_t b) {
  return a < b ? a : b;
}

/* ---- boxes ---- */

/** One band of rows as it is reduced to one: w pixels to w_out. */
typedef struct band {
  size_t rows, w, c; /* of the source */
  size_t w_out;
  void *sums; /* [w,c] of u16, u32 or float */
} band;

/** Where box i of n begins on a side. */
static size_t box_start(size_t i, size_t side, size_t n) {
  return (size_t)((uint64_t)i * side / n);
}

/* Division by a count that is the same for a whole picture: sum / count is sum * part >> 48, exactly, as long as
 * sum < 256 count and sum * count < 2^48, which hold with room for boxes of 256 x 256. */
enum { PART_BITS = 48 };
static uint64_t part_of(uint64_t count) {
  assert(count > 0);
  return (((uint64_t)1 << PART_BITS) + count - 1) / count;
}

static void band_u8(uint8_t *restrict to, const uint8_t *restrict from, const band *b) {
  uint16_t *restrict sums = b->sums;
  const size_t row = b->w * b->c;
  uint64_t part = 0;
  size_t y = 0, n_before = 0;
  memset(sums, 0, row * sizeof *sums);
  for (; y + 4 <= b->rows; y += 4, from += 4 * row) {
    const uint8_t *p1 = from + row, *p2 = p1 + row, *p3 = p2 + row;
    for (size_t x = 0; x < row; x++) sums[x] = (uint16_t)(sums[x] + from[x] + p1[x] + p2[x] + p3[x]);
  }
  for (; y < b->rows; y++, from += row) {
    for (size_t x = 0; x < row; x++) sums[x] = (uint16_t)(sums[x] + from[x]);
  }
  for (size_t x = 0; x < b->w_out; x++) {
    const size_t first = box_start(x, b->w, b->w_out), n = box_start(x + 1, b->w, b->w_out) - first;
    const uint32_t half = (uint32_t)(n * b->rows / 2);
    if (n != n_before) part = part_of(n * b->rows);
    n_before = n;
    for (size_t k = 0; k < b->c; k++) {
      uint32_t sum = half;
      for (size_t i = 0; i < n; i++) sum += sums[(first + i) * b->c + k];
      *to++ = (uint8_t)(sum * part >> PART_BITS);
    }
  }
}

static void band_u16(uint16_t *restrict to, const uint16_t *restrict from, const band *b) {
  uint32_t *restrict sums = b->sums;
  const size_t row = b->w * b->c;
  memset(sums, 0, row * sizeof *sums);
  for (size_t y = 0; y < b->rows; y++, from += row) {
    for (size_t x = 0; x < row; x++) sums[x] += from[x];
  }
  for (size_t x = 0; x < b->w_out; x++) {
    const size_t first = box_start(x, b->w, b->w_out), n = box_start(x + 1, b->w, b->w_out) - first;
    const uint64_t count = n * b->rows;
    assert(count > 0); /* no more boxes than pixels */
    for (size_t k = 0; k < b->c; k++) {
      uint64_t sum = count / 2;
      for (size_t i = 0; i < n; i++) sum += sums[(first + i) * b->c + k];
      *to++ = (uint16_t)(sum / count);
    }
  }
}

static void band_f32(float *restrict to, const float *restrict from, const band *b) {
  float *restrict sums = b->sums;
  const size_t row = b->w * b->c;
  for (size_t x = 0; x < row; x++) sums[x] = 0;
  for (size_t y = 0; y < b->rows; y++, from += row) {
    for (size_t x = 0; x < row; x++) sums[x] += isfinite(from[x]) ? from[x] : 0;
  }
  for (size_t x = 0; x < b->w_out; x++) {
    const size_t first = box_start(x, b->w, b->w_out), n = box_start(x + 1, b->w, b->w_out) - first;
    for (size_t k = 0; k < b->c; k++) {
      float sum = 0;
      for (size_t i = 0; i < n; i++) sum += sums[(first + i) * b->c + k];
      sum /= (float)(n * b->rows);
      *to++ = isfinite(sum) ? sum : 0;
    }
  }
}

static size_t sample_bytes(lnti_depth depth) {
  return depth == LNTI_DEPTH_U8 ? 1 : depth == LNTI_DEPTH_U16 ? 2 : 4;
}

/** Rows of `image` from row `first` on, without alpha; `flat` holds them where they had to be made. */
static lnt_status take_rows(const void **out, lnti_image *flat, const lnti_image *image, size_t first, size_t rows,
                            lnt_error *err) {
  const size_t row_bytes = image->w * image->c * sample_bytes(image->depth);
  const lnti_image view = {rows, image->w, image->c, image->depth, (uint8_t *)image->data + first * row_bytes};
  *out = view.data;
  if (image->c != 4) return LNT_OK;
  lnti_image_clear(flat);
  lnt_status status = lnti_image_colour(flat, &view, LNTI_COLOUR_RGB, err);
  if (status == LNT_OK) *out = flat->data;
  return status;
}

/** Averages boxes of at most ky x kx pixels; alpha is flattened on the way. */
static lnt_status reduce(lnti_image *out, const lnti_image *image, size_t ky, size_t kx, lnt_error *err) {
  lnti_image made = {0}, flat = {0};
  band b = {.w = image->w, .c = image->c == 1 ? 1 : 3, .w_out = (image->w + kx - 1) / kx};
  const size_t h_out = (image->h + ky - 1) / ky, out_row = b.w_out * b.c * sample_bytes(image->depth);
  lnt_status status = lnti_image_new(&made, h_out, b.w_out, b.c, image->depth, err);
  if (status == LNT_OK) status = lnti_alloc_aligned(&b.sums, b.w * b.c, 4, err);
  for (size_t y = 0; status == LNT_OK && y < h_out; y++) {
    const void *rows = NULL;
    void *to = (uint8_t *)made.data + y * out_row;
    const size_t first = box_start(y, image->h, h_out);
    b.rows = box_start(y + 1, image->h, h_out) - first;
    status = take_rows(&rows, &flat, image, first, b.rows, err);
    if (status != LNT_OK) break;
    if (image->depth == LNTI_DEPTH_U8) band_u8(to, rows, &b);
    if (image->depth == LNTI_DEPTH_U16) band_u16(to, rows, &b);
    if (image->depth == LNTI_DEPTH_F32) band_f32(to, rows, &b);
  }
  if (status == LNT_OK) {
    *out = made;
    made.data = NULL;
  }
  lnti_image_clear(&flat);
  lnti_image_clear(&made);
  free(b.sums);
  return status;
}

/* ---- deep to u8 ---- */

/** A key in the order of the values: of floats the bits, with negative ones turned round. */
static uint32_t key_at(const lnti_image *image, size_t i) {
  if (image->depth == LNTI_DEPTH_U16) return (uint32_t)((const uint16_t *)image->data)[i] << 16;
  uint32_t bits = 0;
  memcpy(&bits, (const float *)image->data + i, sizeof bits);
  return bits & 0x80000000u ? ~bits : bits | 0x80000000u;
}

static float value_of_key(lnti_depth depth, uint32_t key) {
  float value = 0;
  if (depth == LNTI_DEPTH_U16) return (float)(key >> 16);
  const uint32_t bits = key & 0x80000000u ? key & 0x7fffffffu : ~key;
  memcpy(&value, &bits, sizeof value);
  return value;
}

/** The key of rank r (0: the smallest) of n: its upper half by one count, its lower by another. */
static uint32_t key_of_rank(const lnti_image *image, size_t n, size_t r, uint32_t *counts) {
  uint32_t key = 0;
  for (int half = 0; half < 2; half++) {
    memset(counts, 0, 65536 * sizeof *counts);
    for (size_t i = 0; i < n; i++) {
      const uint32_t k = key_at(image, i);
      if (half == 0) counts[k >> 16]++;
      if (half == 1 && (k ^ key) >> 16 == 0) counts[k & 0xffff]++;
    }
    uint32_t bin = 0;
    while (counts[bin] <= r) r -= counts[bin++];
    key |= half == 0 ? bin << 16 : bin;
  }
  return key;
}

static uint8_t spread(float v, float low, float high) {
  if (!(v > low)) return 0;
  /* In double, where the difference of any two floats is finite. */
  return v >= high ? 255 : (uint8_t)(((double)v - (double)low) / ((double)high - (double)low) * 255 + 0.5);
}

static lnt_status window(lnti_image *out, const lnti_image *image, lnt_error *err) {
  lnti_image made = {0};
  uint32_t *counts = NULL;
  const size_t n = image->h * image->w * image->c, cut = (n - 1) / 1000;
  lnt_status status = lnti_alloc(&counts, 65536, sizeof *counts, err);
  if (status != LNT_OK) return status;
  float low = value_of_key(image->depth, key_of_rank(image, n, cut, counts)),
        high = value_of_key(image->depth, key_of_rank(image, n, n - 1 - cut, counts));
  if (low == high) { /* a few samples on an even ground: all of the range */
    low = value_of_key(image->depth, key_of_rank(image, n, 0, counts));
    high = value_of_key(image->depth, key_of_rank(image, n, n - 1, counts));
  }
  free(counts);
  if (low == high) return lnti_image_to_u8(out, image, err);
  status = lnti_image_new(&made, image->h, image->w, image->c, LNTI_DEPTH_U8, err);
  if (status != LNT_OK) return status;
  uint8_t *to = made.data;
  for (size_t i = 0; i < n; i++) {
    const float v =
        image->depth == LNTI_DEPTH_U16 ? (float)((const uint16_t *)image->data)[i] : ((const float *)image->data)[i];
    to[i] = spread(v, low, high);
  }
  *out = made;
  return LNT_OK;
}

/* ---- all ---- */

/** Pixels of a side that was `in` when the longer one, `longest`, becomes `side`. */
static size_t fitted(size_t in, size_t longest, size_t side) {
  if (longest <= side) return in;
  const size_t out = (size_t)(((uint64_t)in * side + longest / 2) / longest);
  return out > 0 ? out : 1;
}

lnti_size lnti_thumbnail_size(size_t h, size_t w, size_t side) {
  const size_t longest = h > w ? h : w;
  return (lnti_size){fitted(h, longest, side), fitted(w, longest, side)};
}

static lnt_status make_small(lnti_image *out, const lnti_image *image, size_t side, lnt_error *err) {
  const lnti_size size = lnti_thumbnail_size(image->h, image->w, side);
  const size_t h = size.h, w = size.w;
  lnti_image reduced = {0}, eight = {0};
  const size_t ky = least(image->h / h, BOX_MAX), kx = least(image->w / w, BOX_MAX);
  if (ky == 1 && kx == 1 && image->depth == LNTI_DEPTH_U8 && image->c != 4) {
    return lnti_image_resize(out, image, h, w, err);
  }
  lnt_status status = reduce(&reduced, image, ky, kx, err);
  if (status == LNT_OK && image->depth != LNTI_DEPTH_U8) {
    status = window(&eight, &reduced, err);
    lnti_image_clear(&reduced);
    reduced = eight;
  }
  if (status == LNT_OK && reduced.h == h && reduced.w == w) {
    *out = reduced;
    return LNT_OK;
  }
  if (status == LNT_OK) status = lnti_image_resize(out, &reduced, h, w, err);
  lnti_image_clear(&reduced);
  return status;
}

lnt_status lnti_thumbnail_make(uint8_t **jpeg_out, size_t *n_out, lnti_image *small_out, const lnti_image *image,
                               size_t side, int quality, lnt_error *err) {
  lnti_image made = {0};
  if (side == 0 || side > SIDE_MAX) {
    return lnti_fail(err, LNT_EINVAL, "a thumbnail of side %zu cannot be made; 1 to %d can", side, SIDE_MAX);
  }
  lnt_status status = make_small(&made, image, side, err);
  if (status == LNT_OK && jpeg_out) status = lnti_image_encode_jpeg(jpeg_out, n_out, &made, quality, err);
  if (status == LNT_OK && small_out) {
    *small_out = made;
    return LNT_OK;
  }
  lnti_image_clear(&made);
  return status;
}
