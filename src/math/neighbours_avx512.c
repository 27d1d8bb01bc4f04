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

size_t lnti_f32_next_avx512(const float *dot, const float *offset, const float *scale, float limit, size_t begin,
                            size_t end) {
  __m512 bound = _mm512_set1_ps(limit);
  size_t j = begin;
  for (; j + 16 <= end; j += 16) {
    __m512 value = _mm512_fmadd_ps(_mm512_loadu_ps(scale + j), _mm512_loadu_ps(dot + j), _mm512_loadu_ps(offset + j));
    uint32_t bits = _mm512_cmp_ps_mask(value, bound, _CMP_NGE_UQ);
    if (bits != 0) return j + (size_t)__builtin_ctz(bits);
  }
  return lnti_f32_next_generic(dot, offset, scale, limit, j, end);
}
