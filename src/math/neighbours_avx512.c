/*
 * u8 kernels for AVX-512 without VNNI: as for AVX2, with eight queries by 32 rows in sixteen registers. The
 * screens serve the levels above too.
 */
#include <math/kernels.h>

#include <immintrin.h>
#include <math/neighbours_pack.h>
#include <string.h>

enum { QUERIES = 8 };

LNTI_INLINE __m512i two_numbers(const int16_t *at) {
  int32_t pair;
  memcpy(&pair, at, sizeof pair);
  return _mm512_set1_epi32(pair);
}

static void dots(uint32_t *dot, const void *tile, size_t n, const void *panel, size_t d) {
  size_t pairs = lnti_depth_pairs(d);
  for (size_t first = 0; first < n; first += QUERIES) { /* the tile's missing queries are zeros */
    const int16_t *query = (const int16_t *)tile + first * 2 * pairs;
    const uint8_t *rows = panel;
    __m512i sum[QUERIES][2];
    LNTI_UNROLL
    for (int i = 0; i < QUERIES; i++) sum[i][0] = sum[i][1] = _mm512_setzero_si512();
    for (size_t p = 0; p < pairs; p++, rows += 2 * LNTI_PANEL) {
      __m512i low = _mm512_cvtepu8_epi16(_mm256_load_si256((const __m256i *)(const void *)rows));
      __m512i high = _mm512_cvtepu8_epi16(_mm256_load_si256((const __m256i *)(const void *)(rows + 32)));
      LNTI_UNROLL
      for (int i = 0; i < QUERIES; i++) {
        __m512i number = two_numbers(query + ((size_t)i * pairs + p) * 2);
        sum[i][0] = _mm512_add_epi32(sum[i][0], _mm512_madd_epi16(number, low));
        sum[i][1] = _mm512_add_epi32(sum[i][1], _mm512_madd_epi16(number, high));
      }
    }
    LNTI_UNROLL
    for (int i = 0; i < QUERIES; i++) {
      _mm512_store_si512(dot + (first + (size_t)i) * LNTI_PANEL, sum[i][0]);
      _mm512_store_si512(dot + (first + (size_t)i) * LNTI_PANEL + 16, sum[i][1]);
    }
  }
}

bool lnti_nearer_avx512(uint32_t *hit, const uint32_t *dot, const uint32_t *row_norm, const uint32_t *query_norm,
                        const uint32_t *limit, size_t n) {
  uint32_t any = 0;
  __m512i norm_low = _mm512_load_si512(row_norm), norm_high = _mm512_load_si512(row_norm + 16);
  for (size_t i = 0; i < n; i++, dot += LNTI_PANEL) {
    __m512i own = _mm512_set1_epi32((int)query_norm[i]), bound = _mm512_set1_epi32((int)limit[i]);
    __m512i low = _mm512_slli_epi32(_mm512_load_si512(dot), 1);
    __m512i high = _mm512_slli_epi32(_mm512_load_si512(dot + 16), 1);
    low = _mm512_sub_epi32(_mm512_add_epi32(own, norm_low), low);
    high = _mm512_sub_epi32(_mm512_add_epi32(own, norm_high), high);
    hit[i] = (uint32_t)_mm512_cmplt_epu32_mask(low, bound) | (uint32_t)_mm512_cmplt_epu32_mask(high, bound) << 16;
    any |= hit[i];
  }
  return any != 0;
}

bool lnti_similar_avx512(uint32_t *hit, const uint32_t *dot, const float *scale, const float *limit, size_t n) {
  uint32_t any = 0;
  __m512 scale_low = _mm512_load_ps(scale), scale_high = _mm512_load_ps(scale + 16);
  for (size_t i = 0; i < n; i++, dot += LNTI_PANEL) {
    __m512 bound = _mm512_set1_ps(limit[i]);
    __m512 low = _mm512_mul_ps(_mm512_cvtepu32_ps(_mm512_load_si512(dot)), scale_low);
    __m512 high = _mm512_mul_ps(_mm512_cvtepu32_ps(_mm512_load_si512(dot + 16)), scale_high);
    hit[i] = (uint32_t)_mm512_cmp_ps_mask(low, bound, _CMP_GT_OQ) |
             (uint32_t)_mm512_cmp_ps_mask(high, bound, _CMP_GT_OQ) << 16;
    any |= hit[i];
  }
  return any != 0;
}

const lnti_u8_kernels lnti_u8_avx512 = {.panel_bytes = lnti_panel_bytes_pairs,
                                        .tile_bytes = lnti_tile_bytes_i16,
                                        .pack_panel = lnti_pack_panel_pairs,
                                        .pack_tile = lnti_pack_tile_i16,
                                        .begin = NULL,
                                        .end = NULL,
                                        .dots = dots,
                                        .nearer = lnti_nearer_avx512,
                                        .similar = lnti_similar_avx512};

/* ---- f32 ---- */

enum { F32_QUERIES = 12 /* by 32 rows: 24 sums */ };

static void f32_dots(float *dot, const float *queries, const float *panel, size_t d, bool add) {
  __m512 sum[F32_QUERIES][2];
  LNTI_UNROLL
  for (int i = 0; i < F32_QUERIES; i++) {
    sum[i][0] = add ? _mm512_load_ps(dot + i * LNTI_PANEL) : _mm512_setzero_ps();
    sum[i][1] = add ? _mm512_load_ps(dot + i * LNTI_PANEL + 16) : _mm512_setzero_ps();
  }
  for (size_t l = 0; l < d; l++, queries += F32_QUERIES, panel += LNTI_PANEL) {
    __m512 low = _mm512_load_ps(panel), high = _mm512_load_ps(panel + 16);
    LNTI_UNROLL
    for (int i = 0; i < F32_QUERIES; i++) {
      __m512 number = _mm512_set1_ps(queries[i]);
      sum[i][0] = _mm512_fmadd_ps(number, low, sum[i][0]);
      sum[i][1] = _mm512_fmadd_ps(number, high, sum[i][1]);
    }
  }
  LNTI_UNROLL
  for (int i = 0; i < F32_QUERIES; i++) {
    _mm512_store_ps(dot + i * LNTI_PANEL, sum[i][0]);
    _mm512_store_ps(dot + i * LNTI_PANEL + 16, sum[i][1]);
  }
}

static bool f32_screen(uint32_t *hit, const float *dot, const float *offset, const float *scale, const float *limit,
                       size_t n) {
  __m512 offset_low = _mm512_load_ps(offset), offset_high = _mm512_load_ps(offset + 16);
  __m512 scale_low = _mm512_load_ps(scale), scale_high = _mm512_load_ps(scale + 16);
  uint32_t any = 0;
  for (size_t i = 0; i < n; i++, dot += LNTI_PANEL) {
    __m512 bound = _mm512_set1_ps(limit[i]);
    __m512 low = _mm512_fmadd_ps(scale_low, _mm512_load_ps(dot), offset_low);
    __m512 high = _mm512_fmadd_ps(scale_high, _mm512_load_ps(dot + 16), offset_high);
    hit[i] = (uint32_t)_mm512_cmp_ps_mask(low, bound, _CMP_NGE_UQ) |
             (uint32_t)_mm512_cmp_ps_mask(high, bound, _CMP_NGE_UQ) << 16;
    any |= hit[i];
  }
  return any != 0;
}

/* The eight partial sums in one register; product and sum are rounded one after the other, as in plain C. */
static double f32_squared(const float *a, const float *b, size_t d) {
  _Alignas(64) double part[LNTI_EXACT_PARTS];
  __m512d sum = _mm512_setzero_pd();
  for (size_t j = 0; j < d; j += LNTI_EXACT_PARTS) {
    __mmask8 there = d - j < LNTI_EXACT_PARTS ? (__mmask8)((1U << (d - j)) - 1) : 0xff;
    __m512d x = _mm512_cvtps_pd(_mm256_maskz_loadu_ps(there, a + j));
    __m512d y = _mm512_cvtps_pd(_mm256_maskz_loadu_ps(there, b + j));
    __m512d difference = _mm512_sub_pd(x, y);
    sum = _mm512_add_pd(sum, _mm512_mul_pd(difference, difference)); /* beyond d: + 0, which no sum of squares feels */
  }
  _mm512_store_pd(part, sum);
  return lnti_exact_total(part);
}

const lnti_f32_kernels lnti_f32_avx512 = {F32_QUERIES, lnti_gemm_pack_avx2, f32_dots, f32_screen, f32_squared};
