/*
 * u8 kernels for AVX2: numbers widened to 16 bits, multiplied and added in pairs (vpmaddwd). Four queries by
 * sixteen rows are summed in eight registers; both the pairs of the rows and the sums stay exact modulo 2^32.
 */
#include <math/kernels.h>

#include <immintrin.h>
#include <math/neighbours_pack.h>
#include <string.h>

enum { QUERIES = 4 };

LNTI_INLINE __m256i two_numbers(const int16_t *at) {
  int32_t pair;
  memcpy(&pair, at, sizeof pair);
  return _mm256_set1_epi32(pair);
}

/* Queries [0,QUERIES) of `query` by 16 rows. */
LNTI_INLINE void dots_block(uint32_t *dot, const int16_t *query, const uint8_t *rows, size_t pairs) {
  __m256i sum[QUERIES][2];
  LNTI_UNROLL
  for (int i = 0; i < QUERIES; i++) sum[i][0] = sum[i][1] = _mm256_setzero_si256();
  for (size_t p = 0; p < pairs; p++, rows += 2 * LNTI_PANEL) {
    __m256i low = _mm256_cvtepu8_epi16(_mm_load_si128((const __m128i *)(const void *)rows));
    __m256i high = _mm256_cvtepu8_epi16(_mm_load_si128((const __m128i *)(const void *)(rows + 16)));
    LNTI_UNROLL
    for (int i = 0; i < QUERIES; i++) {
      __m256i number = two_numbers(query + ((size_t)i * pairs + p) * 2);
      sum[i][0] = _mm256_add_epi32(sum[i][0], _mm256_madd_epi16(number, low));
      sum[i][1] = _mm256_add_epi32(sum[i][1], _mm256_madd_epi16(number, high));
    }
  }
  LNTI_UNROLL
  for (int i = 0; i < QUERIES; i++) {
    _mm256_store_si256((__m256i *)(void *)(dot + i * LNTI_PANEL), sum[i][0]);
    _mm256_store_si256((__m256i *)(void *)(dot + i * LNTI_PANEL + 8), sum[i][1]);
  }
}

static void dots(uint32_t *dot, const void *tile, size_t n, const void *panel, size_t d) {
  const int16_t *queries = tile;
  const uint8_t *rows = panel;
  size_t pairs = lnti_depth_pairs(d);
  for (size_t i = 0; i < n; i += QUERIES) { /* the tile's missing queries are zeros */
    for (size_t j = 0; j < LNTI_PANEL; j += 16) {
      dots_block(dot + i * LNTI_PANEL + j, queries + i * 2 * pairs, rows + 2 * j, pairs);
    }
  }
}

static bool nearer(uint32_t *hit, const uint32_t *dot, const uint32_t *row_norm, const uint32_t *query_norm,
                   const uint32_t *limit, size_t n) {
  uint32_t any = 0;
  for (size_t i = 0; i < n; i++, dot += LNTI_PANEL) {
    __m256i own = _mm256_set1_epi32((int)query_norm[i]), bound = _mm256_set1_epi32((int)limit[i]);
    uint32_t bits = 0;
    for (unsigned j = 0; j < LNTI_PANEL; j += 8) {
      __m256i norm = _mm256_add_epi32(own, _mm256_load_si256((const __m256i *)(const void *)(row_norm + j)));
      __m256i product = _mm256_load_si256((const __m256i *)(const void *)(dot + j));
      __m256i distance = _mm256_sub_epi32(norm, _mm256_add_epi32(product, product));
      /* AVX2 compares signed numbers only: max(a,b) == a says a >= b of unsigned ones. */
      __m256i far = _mm256_cmpeq_epi32(_mm256_max_epu32(distance, bound), distance);
      bits |= (~(uint32_t)_mm256_movemask_ps(_mm256_castsi256_ps(far)) & 0xffu) << j;
    }
    hit[i] = bits;
    any |= bits;
  }
  return any != 0;
}

static bool similar(uint32_t *hit, const uint32_t *dot, const float *scale, const float *limit, size_t n) {
  uint32_t any = 0;
  const __m256i low_half = _mm256_set1_epi32(0xffff);
  for (size_t i = 0; i < n; i++, dot += LNTI_PANEL) {
    __m256 bound = _mm256_set1_ps(limit[i]);
    uint32_t bits = 0;
    for (unsigned j = 0; j < LNTI_PANEL; j += 8) {
      __m256i product = _mm256_load_si256((const __m256i *)(const void *)(dot + j));
      /* Both halves convert exactly; putting them together rounds once. */
      __m256 high = _mm256_cvtepi32_ps(_mm256_srli_epi32(product, 16));
      __m256 low = _mm256_cvtepi32_ps(_mm256_and_si256(product, low_half));
      __m256 value = _mm256_mul_ps(_mm256_fmadd_ps(high, _mm256_set1_ps(65536.0f), low), _mm256_load_ps(scale + j));
      bits |= (uint32_t)_mm256_movemask_ps(_mm256_cmp_ps(value, bound, _CMP_GT_OQ)) << j;
    }
    hit[i] = bits;
    any |= bits;
  }
  return any != 0;
}

const lnti_u8_kernels lnti_u8_avx2 = {.panel_bytes = lnti_panel_bytes_pairs,
                                      .tile_bytes = lnti_tile_bytes_i16,
                                      .pack_panel = lnti_pack_panel_pairs,
                                      .pack_tile = lnti_pack_tile_i16,
                                      .begin = NULL,
                                      .end = NULL,
                                      .dots = dots,
                                      .nearer = nearer,
                                      .similar = similar};

/* ---- f32 ---- */

enum { F32_QUERIES = 6 /* by 16 rows: twelve sums, with two registers of rows and one of a query */ };

_Static_assert((int)LNTI_GEMM_COLUMNS == (int)LNTI_PANEL, "one packing serves products and neighbours");

LNTI_INLINE void f32_block(float *dot, const float *queries, const float *panel, size_t d, bool add) {
  __m256 sum[F32_QUERIES][2];
  LNTI_UNROLL
  for (int i = 0; i < F32_QUERIES; i++) {
    sum[i][0] = add ? _mm256_load_ps(dot + i * LNTI_PANEL) : _mm256_setzero_ps();
    sum[i][1] = add ? _mm256_load_ps(dot + i * LNTI_PANEL + 8) : _mm256_setzero_ps();
  }
  for (size_t l = 0; l < d; l++, queries += F32_QUERIES, panel += LNTI_PANEL) {
    __m256 low = _mm256_load_ps(panel), high = _mm256_load_ps(panel + 8);
    LNTI_UNROLL
    for (int i = 0; i < F32_QUERIES; i++) {
      __m256 number = _mm256_broadcast_ss(queries + i);
      sum[i][0] = _mm256_fmadd_ps(number, low, sum[i][0]);
      sum[i][1] = _mm256_fmadd_ps(number, high, sum[i][1]);
    }
  }
  LNTI_UNROLL
  for (int i = 0; i < F32_QUERIES; i++) {
    _mm256_store_ps(dot + i * LNTI_PANEL, sum[i][0]);
    _mm256_store_ps(dot + i * LNTI_PANEL + 8, sum[i][1]);
  }
}

static void f32_dots(float *dot, const float *queries, const float *panel, size_t d, bool add) {
  f32_block(dot, queries, panel, d, add);
  f32_block(dot + 16, queries, panel + 16, d, add);
}

static bool f32_screen(uint32_t *hit, const float *dot, const float *offset, const float *scale, const float *limit,
                       size_t n) {
  uint32_t any = 0;
  for (size_t i = 0; i < n; i++, dot += LNTI_PANEL) {
    __m256 bound = _mm256_set1_ps(limit[i]);
    uint32_t bits = 0;
    for (unsigned j = 0; j < LNTI_PANEL; j += 8) {
      __m256 value = _mm256_fmadd_ps(_mm256_load_ps(scale + j), _mm256_load_ps(dot + j), _mm256_load_ps(offset + j));
      bits |= (uint32_t)_mm256_movemask_ps(_mm256_cmp_ps(value, bound, _CMP_NGE_UQ)) << j;
    }
    hit[i] = bits;
    any |= bits;
  }
  return any != 0;
}

LNTI_INLINE __m256d four_squares(const float *a, const float *b) {
  __m256d difference = _mm256_sub_pd(_mm256_cvtps_pd(_mm_loadu_ps(a)), _mm256_cvtps_pd(_mm_loadu_ps(b)));
  return _mm256_mul_pd(difference, difference);
}

/* The eight partial sums in two registers; product and sum are rounded one after the other, as in plain C. */
static double f32_squared(const float *a, const float *b, size_t d) {
  _Alignas(32) double part[LNTI_EXACT_PARTS];
  __m256d low = _mm256_setzero_pd(), high = _mm256_setzero_pd();
  size_t j = 0;
  for (; j + LNTI_EXACT_PARTS <= d; j += LNTI_EXACT_PARTS) {
    low = _mm256_add_pd(low, four_squares(a + j, b + j));
    high = _mm256_add_pd(high, four_squares(a + j + 4, b + j + 4));
  }
  _mm256_store_pd(part, low);
  _mm256_store_pd(part + 4, high);
  for (size_t l = 0; j < d; j++, l++) {
    double difference = (double)a[j] - (double)b[j];
    part[l] += difference * difference;
  }
  return lnti_exact_total(part);
}

const lnti_f32_kernels lnti_f32_avx2 = {F32_QUERIES, lnti_gemm_pack_avx2, f32_dots, f32_screen, f32_squared};
