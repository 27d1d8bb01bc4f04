/*
 * bf16 kernels for AMX: tdpbf16ps multiplies 16 rows by 16 columns over 32 numbers at once. Two tiles of rows by two of columns
 * fill four tiles of sums, so that each tile loaded is used twice. A tile's rows may be any distance apart, so that those of a
 * convolution are loaded from where they lie.
 */
#include <math/kernels.h>

#include <immintrin.h>

enum { TILE = 512, STEP = 2 * TILE, LINE = 64, SUM_BYTES = LNTI_BF16_COLUMNS * sizeof(float) };

/* What is fetched beside the products of one step. Prefetching never faults. */
LNTI_INLINE uintptr_t fetch(uintptr_t ahead, size_t bytes) {
  for (size_t i = 0; i < bytes; i += LINE) _mm_prefetch((const char *)(ahead + i), _MM_HINT_T1);
  return ahead + bytes;
}

/* Tiles 0-3: sums, [rows/16, columns/16]; 4, 5: rows; 6, 7: columns. */
static void block_of_32(float *sum, const lnti_bf16_rows *rows, const uint16_t *w, uintptr_t ahead, size_t each) {
  const size_t bytes = rows->step * sizeof *w;
  _tile_zero(0);
  _tile_zero(1);
  _tile_zero(2);
  _tile_zero(3);
  for (size_t t = 0; t < rows->taps; t++) {
    const uint16_t *a = rows->a + rows->tap[t], *b = a + 16 * rows->step;
    for (size_t k = 0; k < rows->depth; k += LNTI_BF16_DEPTH, w += STEP) {
      _tile_loadd(4, a + k, bytes);
      _tile_loadd(6, w, LINE);
      _tile_dpbf16ps(0, 4, 6);
      _tile_loadd(7, w + TILE, LINE);
      _tile_dpbf16ps(1, 4, 7);
      _tile_loadd(5, b + k, bytes);
      _tile_dpbf16ps(2, 5, 6);
      _tile_dpbf16ps(3, 5, 7);
      ahead = fetch(ahead, each);
    }
  }
  _tile_stored(0, sum, SUM_BYTES);
  _tile_stored(1, sum + 16, SUM_BYTES);
  _tile_stored(2, sum + 16 * LNTI_BF16_COLUMNS, SUM_BYTES);
  _tile_stored(3, sum + 16 * LNTI_BF16_COLUMNS + 16, SUM_BYTES);
}

static void block_of_16(float *sum, const lnti_bf16_rows *rows, const uint16_t *w, uintptr_t ahead, size_t each) {
  const size_t bytes = rows->step * sizeof *w;
  _tile_zero(0);
  _tile_zero(1);
  for (size_t t = 0; t < rows->taps; t++) {
    const uint16_t *a = rows->a + rows->tap[t];
    for (size_t k = 0; k < rows->depth; k += LNTI_BF16_DEPTH, w += STEP) {
      _tile_loadd(4, a + k, bytes);
      _tile_loadd(6, w, LINE);
      _tile_dpbf16ps(0, 4, 6);
      _tile_loadd(7, w + TILE, LINE);
      _tile_dpbf16ps(1, 4, 7);
      ahead = fetch(ahead, each);
    }
  }
  _tile_stored(0, sum, SUM_BYTES);
  _tile_stored(1, sum + 16, SUM_BYTES);
}

static void block(float *sum, const lnti_bf16_rows *rows, size_t n, const uint16_t *weights, const void *ahead,
                  size_t ahead_bytes) {
  size_t steps = rows->taps * rows->depth / LNTI_BF16_DEPTH;
  size_t each = ((ahead_bytes + steps - 1) / steps + LINE - 1) / LINE * LINE;
  if (n > 16) {
    block_of_32(sum, rows, weights, (uintptr_t)ahead, each);
  } else {
    block_of_16(sum, rows, weights, (uintptr_t)ahead, each);
  }
}

LNTI_INLINE __m512 widened(__m256i bits) {
  return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(bits), 16));
}

typedef struct finishing {
  __m512 bias[2], least, most;
} finishing;

/* The sum stands second where it is compared with a bound: that is what comes out if it is NaN. */
LNTI_INLINE __m512 within(__m512 x, const finishing *f) {
  return _mm512_min_ps(f->most, _mm512_max_ps(f->least, x));
}

LNTI_INLINE void finish_row(uint16_t *out, const float *sum, const uint16_t *addend, const finishing *f) {
  __m512 x = _mm512_add_ps(_mm512_loadu_ps(sum), f->bias[0]), y = _mm512_add_ps(_mm512_loadu_ps(sum + 16), f->bias[1]);
  if (addend) {
    x = _mm512_add_ps(x, widened(_mm256_loadu_si256((const void *)addend)));
    y = _mm512_add_ps(y, widened(_mm256_loadu_si256((const void *)(addend + 16))));
  }
  _mm512_storeu_si512(out, (__m512i)_mm512_cvtne2ps_pbh(within(y, f), within(x, f)));
}

static void finish(uint16_t *out, size_t step, const float *sum, size_t n, const float *bias, const uint16_t *addend,
                   float least, float most) {
  const finishing f = {.bias = {_mm512_loadu_ps(bias), _mm512_loadu_ps(bias + 16)},
                       .least = _mm512_set1_ps(least),
                       .most = _mm512_set1_ps(most)};
  if (addend) {
    for (size_t r = 0; r < n; r++) finish_row(out + r * step, sum + r * LNTI_BF16_COLUMNS, addend + r * step, &f);
  } else {
    for (size_t r = 0; r < n; r++) finish_row(out + r * step, sum + r * LNTI_BF16_COLUMNS, NULL, &f);
  }
}

static void put(float *out, size_t step, const float *sum, size_t n, const float *bias, size_t columns) {
  const __mmask32 in = (__mmask32)(UINT32_MAX >> (LNTI_BF16_COLUMNS - columns));
  const __mmask16 low = (__mmask16)in, high = (__mmask16)(in >> 16);
  const __m512 first = _mm512_loadu_ps(bias), second = _mm512_loadu_ps(bias + 16);
  for (size_t r = 0; r < n; r++, out += step, sum += LNTI_BF16_COLUMNS) {
    _mm512_mask_storeu_ps(out, low, _mm512_add_ps(_mm512_loadu_ps(sum), first));
    _mm512_mask_storeu_ps(out + 16, high, _mm512_add_ps(_mm512_loadu_ps(sum + 16), second));
  }
}

static void narrow(uint16_t *out, const float *x, size_t n) {
  for (size_t i = 0; i < n; i += 16) {
    const __mmask16 in = (__mmask16)(n - i < 16 ? (1u << (n - i)) - 1 : 0xffff);
    _mm256_mask_storeu_epi16(out + i, in, (__m256i)_mm512_cvtneps_pbh(_mm512_maskz_loadu_ps(in, x + i)));
  }
}

const lnti_bf16_kernels lnti_bf16_amx = {
    .begin = lnti_amx_begin, .end = lnti_amx_end, .block = block, .finish = finish, .put = put, .narrow = narrow};
