/*
 * Signatures of pixels. The transform is made with cosines rounded to 13 bits and sums that are exact, so that a sign does
 * not depend on who adds up in which order.
 */
#include <image/signature.h>

#include <base/error.h>
#include <image/prepare.h>
#include <string.h>

enum {
  SIDE = 64,
  BITS = 256,
  FREQUENCIES = 19,  /* along one axis, the mean's included: enough for the 256 lowest */
  WAVE = 256,        /* steps of a whole wave: 4 SIDE */
  FLAT_DEVIATION = 2 /* of 255: what a JPEG makes of an even colour */
};

void lnti_image_pixel_hash(lnti_hash128 *out, const lnti_image *image) {
  lnti_hasher128 hasher;
  uint8_t head[4 * 8];
  const uint64_t shape[4] = {image->h, image->w, image->c, (uint64_t)image->depth};
  for (size_t i = 0; i < sizeof head; i++) head[i] = (uint8_t)(shape[i / 8] >> 8 * (i % 8));
  lnti_hash128_begin(&hasher);
  lnti_hash128_update(&hasher, head, sizeof head);
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
  const size_t size = image->depth == LNTI_DEPTH_U8 ? 1 : image->depth == LNTI_DEPTH_U16 ? 2 : 4;
  const uint8_t *p = image->data;
  const size_t n = lnti_image_bytes(image);
  uint8_t turned[4096];
  for (size_t at = 0; at < n; at += sizeof turned) {
    const size_t part = n - at < sizeof turned ? n - at : sizeof turned;
    for (size_t i = 0; i < part; i++) turned[i] = p[at + (i ^ (size - 1))];
    lnti_hash128_update(&hasher, turned, part);
  }
#else
  lnti_hash128_update(&hasher, image->data, lnti_image_bytes(image));
#endif
  lnti_hash128_end(out, &hasher);
}

/** 8192 cos(pi k / 128), rounded; the rest of the wave is this quarter, mirrored. */
static const int16_t quarter_wave[WAVE / 4 + 1] = {
    8192, 8190, 8182, 8170, 8153, 8130, 8103, 8071, 8035, 7993, 7946, 7895, 7839, 7779, 7713, 7643, 7568,
    7489, 7405, 7317, 7225, 7128, 7027, 6921, 6811, 6698, 6580, 6458, 6333, 6203, 6070, 5933, 5793, 5649,
    5501, 5351, 5197, 5040, 4880, 4717, 4551, 4383, 4212, 4038, 3862, 3683, 3503, 3320, 3135, 2948, 2760,
    2570, 2378, 2185, 1990, 1795, 1598, 1401, 1202, 1003, 803,  603,  402,  201,  0};

static int16_t wave(unsigned k) {
  k %= WAVE;
  if (k > WAVE / 2) k = WAVE - k;
  return k <= WAVE / 4 ? quarter_wave[k] : (int16_t)-quarter_wave[WAVE / 2 - k];
}

static void fill_cosines(int16_t cosine[FREQUENCIES][SIDE]) {
  for (unsigned u = 0; u < FREQUENCIES; u++) {
    for (unsigned x = 0; x < SIDE; x++) cosine[u][x] = wave((2 * x + 1) * u);
  }
}

/** Whether the luma varies at all: n^2 times its variance against that of the bound. */
static bool varies(const uint8_t *luma) {
  uint64_t sum = 0, squares = 0;
  const uint64_t n = (uint64_t)SIDE * SIDE;
  for (size_t i = 0; i < n; i++) {
    sum += luma[i];
    squares += (uint64_t)luma[i] * luma[i];
  }
  return n * squares - sum * sum >= n * n * FLAT_DEVIATION * FLAT_DEVIATION;
}

/** [FREQUENCIES,SIDE]: each row's transform, a column a row, so that the second pass reads along. Samples and cosines of 16
 *  bits are what compilers have an instruction for. */
static void transform_rows(int32_t rows[FREQUENCIES][SIDE], int16_t cosine[FREQUENCIES][SIDE], const uint8_t *luma) {
  for (size_t y = 0; y < SIDE; y++) {
    int16_t line[SIDE];
    for (size_t x = 0; x < SIDE; x++) line[x] = luma[y * SIDE + x];
    for (size_t u = 0; u < FREQUENCIES; u++) {
      int32_t sum = 0;
      for (size_t x = 0; x < SIDE; x++) sum += line[x] * cosine[u][x];
      rows[u][y] = sum;
    }
  }
}

/** Bits in the order of u*u + v*v, then of v: low frequencies first. */
static void transform(lnti_signature *out, const uint8_t *luma) {
  int16_t cosine[FREQUENCIES][SIDE];
  int32_t rows[FREQUENCIES][SIDE];
  int next[FREQUENCIES] = {0}; /* of each v, the first u that is not nearer than `away` */
  unsigned n = 0;
  fill_cosines(cosine);
  transform_rows(rows, cosine, luma);
  for (int away = 1; n < BITS; away++) {
    for (int v = 0; v < FREQUENCIES && v * v <= away && n < BITS; v++) {
      int u = next[v];
      while (u * u + v * v < away) u++;
      next[v] = u;
      if (u >= FREQUENCIES || u * u + v * v != away) continue;
      int64_t sum = 0;
      for (size_t y = 0; y < SIDE; y++) sum += (int64_t)rows[u][y] * cosine[v][y];
      out->bits[n / 64] |= (uint64_t)(sum > 0) << n % 64;
      n++;
    }
  }
}

lnt_status lnti_signature_make(lnti_signature *out, const lnti_image *small, lnt_error *err) {
  lnti_image grey = {0}, square = {0};
  lnti_signature made = {0};
  if (small->depth != LNTI_DEPTH_U8 || small->c == 4) {
    return lnti_fail(err, LNT_EINVAL, "a signature is made of 8-bit grey or RGB; make a thumbnail first");
  }
  lnt_status status = lnti_image_colour(&grey, small, LNTI_COLOUR_GREY, err);
  if (status == LNT_OK) status = lnti_image_resize(&square, &grey, SIDE, SIDE, err);
  if (status == LNT_OK) {
    made.usable = varies(square.data);
    if (made.usable) transform(&made, square.data);
    *out = made;
  }
  lnti_image_clear(&square);
  lnti_image_clear(&grey);
  return status;
}

unsigned lnti_signature_distance(const lnti_signature *a, const lnti_signature *b) {
  int n = 0;
  for (int i = 0; i < 4; i++) n += __builtin_popcountll(a->bits[i] ^ b->bits[i]);
  return (unsigned)n;
}
