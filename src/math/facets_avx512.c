/*
 * Columns and bitmaps for AVX-512 (F and BW: nothing here needs VBMI). As for AVX2, with masks; the codes of the rows that
 * are counted are compressed into a small buffer first, so that the loop over them has neither bits to find nor branches to
 * guess.
 */
#include <math/kernels.h>

#include <immintrin.h>
#include <string.h>

/* ---- rows with an allowed code ---- */

static void select_u8(uint64_t *bits, const uint8_t *codes, size_t n_words, const uint8_t *allowed) {
  uint8_t set[32] = {0};
  for (size_t c = 0; c < 256; c++) set[c >> 3] |= (uint8_t)((allowed[c] & 1u) << (c & 7));
  const __m512i low = _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)set));
  const __m512i high = _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)(set + 16)));
  const __m512i powers = _mm512_set1_epi64((long long)0x8040201008040201ull);
  const __m512i fifteen = _mm512_set1_epi8(15), seven = _mm512_set1_epi8(7);
  for (size_t w = 0; w < n_words; w++) {
    __m512i v = _mm512_loadu_si512(codes + 64 * w);
    __m512i byte = _mm512_and_si512(_mm512_srli_epi16(v, 3), fifteen);
    __m512i found =
        _mm512_mask_blend_epi8(_mm512_movepi8_mask(v), _mm512_shuffle_epi8(low, byte), _mm512_shuffle_epi8(high, byte));
    bits[w] = _mm512_test_epi8_mask(found, _mm512_shuffle_epi8(powers, _mm512_and_si512(v, seven)));
  }
}

LNTI_INLINE __m512i load_codes(const void *codes, size_t width, size_t i) {
  if (width == 1) return _mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)((const uint8_t *)codes + i)));
  if (width == 2) return _mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i *)((const uint16_t *)codes + i)));
  return _mm512_loadu_si512((const uint32_t *)codes + i);
}

LNTI_INLINE void select_wide(uint64_t *bits, const void *codes, size_t width, size_t n_words, const uint8_t *allowed) {
  const __m512i byte = _mm512_set1_epi32(255);
  for (size_t w = 0; w < n_words; w++) {
    uint64_t word = 0;
    for (size_t i = 0; i < 64; i += 16) {
      __m512i found = _mm512_i32gather_epi32(load_codes(codes, width, 64 * w + i), allowed, 1);
      word |= (uint64_t)_mm512_test_epi32_mask(found, byte) << i;
    }
    bits[w] = word;
  }
}

static void select_avx512(uint64_t *bits, const void *codes, size_t width, size_t n_words, const uint8_t *allowed,
                          size_t n_codes) {
  (void)n_codes;
  if (width == 1) {
    select_u8(bits, codes, n_words, allowed);
  } else if (width == 2) {
    select_wide(bits, codes, 2, n_words, allowed);
  } else {
    select_wide(bits, codes, 4, n_words, allowed);
  }
}

/* ---- rows with a number in a range ---- */

static void range_avx512(uint64_t *bits, const void *numbers, size_t width, size_t n_words, uint32_t low,
                         uint32_t high) {
  const uint32_t span = high - low;
  if (width == 1) {
    const __m512i from = _mm512_set1_epi8((char)low), most = _mm512_set1_epi8((char)span);
    for (size_t w = 0; w < n_words; w++) {
      __m512i x = _mm512_loadu_si512((const uint8_t *)numbers + 64 * w);
      bits[w] = _mm512_cmple_epu8_mask(_mm512_sub_epi8(x, from), most);
    }
  } else if (width == 2) {
    const __m512i from = _mm512_set1_epi16((short)low), most = _mm512_set1_epi16((short)span);
    for (size_t w = 0; w < n_words; w++) {
      __m512i a = _mm512_loadu_si512((const uint16_t *)numbers + 64 * w);
      __m512i b = _mm512_loadu_si512((const uint16_t *)numbers + 64 * w + 32);
      bits[w] = (uint64_t)_mm512_cmple_epu16_mask(_mm512_sub_epi16(a, from), most) |
                (uint64_t)_mm512_cmple_epu16_mask(_mm512_sub_epi16(b, from), most) << 32;
    }
  } else {
    const __m512i from = _mm512_set1_epi32((int)low), most = _mm512_set1_epi32((int)span);
    for (size_t w = 0; w < n_words; w++) {
      uint64_t word = 0;
      for (size_t i = 0; i < 64; i += 16) {
        __m512i x = _mm512_loadu_si512((const uint32_t *)numbers + 64 * w + i);
        word |= (uint64_t)_mm512_cmple_epu32_mask(_mm512_sub_epi32(x, from), most) << i;
      }
      bits[w] = word;
    }
  }
}

static void range_real_avx512(uint64_t *bits, const double *numbers, size_t n_words, double low, double high) {
  const __m512d from = _mm512_set1_pd(low), to = _mm512_set1_pd(high);
  for (size_t w = 0; w < n_words; w++) {
    uint64_t word = 0;
    for (size_t i = 0; i < 64; i += 8) {
      __m512d x = _mm512_loadu_pd(numbers + 64 * w + i);
      __mmask8 hit = _mm512_cmp_pd_mask(x, from, _CMP_GE_OQ);
      word |= (uint64_t)_mm512_mask_cmp_pd_mask(hit, x, to, _CMP_LE_OQ) << i;
    }
    bits[w] = word;
  }
}

/* ---- counts ---- */

LNTI_INLINE void count_width(uint32_t *counts, const void *codes, size_t width, size_t n_words, const uint64_t *bits,
                             size_t stride) {
  uint32_t found[64 + 16];
  for (size_t w = 0; w < n_words; w++) {
    const uint64_t word = bits[w];
    size_t n = 0, i = 0;
    if (!word) continue;
    LNTI_UNROLL
    for (size_t part = 0; part < 4; part++) {
      __mmask16 mask = (__mmask16)(word >> (16 * part));
      _mm512_storeu_si512(found + n, _mm512_maskz_compress_epi32(mask, load_codes(codes, width, 64 * w + 16 * part)));
      n += (size_t)__builtin_popcount(mask);
    }
    for (; i + 4 <= n; i += 4) {
      counts[found[i]]++;
      counts[stride + found[i + 1]]++;
      counts[2 * stride + found[i + 2]]++;
      counts[3 * stride + found[i + 3]]++;
    }
    for (; i < n; i++) counts[(i & 3) * stride + found[i]]++;
  }
}

static void count_avx512(uint32_t *counts, const void *codes, size_t width, size_t n_words, const uint64_t *bits,
                         size_t stride) {
  if (width == 1) {
    count_width(counts, codes, 1, n_words, bits, stride);
  } else if (width == 2) {
    count_width(counts, codes, 2, n_words, bits, stride);
  } else {
    count_width(counts, codes, 4, n_words, bits, stride);
  }
}

static bool few_avx512(uint32_t *counts, const uint8_t *codes, size_t n_words, const uint64_t *bits, size_t n_codes) {
  for (size_t first = 0; first < n_codes; first += 8) {
    uint64_t sum[8] = {0};
    __m512i code[8];
    LNTI_UNROLL
    for (size_t j = 0; j < 8; j++) code[j] = _mm512_set1_epi8((char)(first + j));
    for (size_t w = 0; w < n_words; w++) {
      const uint64_t word = bits[w];
      if (!word) continue;
      __m512i v = _mm512_loadu_si512(codes + 64 * w);
      LNTI_UNROLL
      for (size_t j = 0; j < 8; j++) {
        sum[j] += (uint64_t)__builtin_popcountll(_mm512_mask_cmpeq_epi8_mask(word, v, code[j]));
      }
    }
    for (size_t j = 0; j < 8 && first + j < n_codes; j++) counts[first + j] = (uint32_t)sum[j];
  }
  return true;
}

static size_t count_bits_avx512(const uint64_t *a, const uint64_t *b, size_t n_words) {
  size_t n = 0;
  for (size_t w = 0; w < n_words; w++) n += (size_t)__builtin_popcountll(a[w] & b[w]);
  return n;
}

static void permute_avx512(uint64_t *out, const uint64_t *bits, const uint32_t *order, size_t n_words) {
  const __m512i thirty_one = _mm512_set1_epi32(31), one = _mm512_set1_epi32(1);
  for (size_t w = 0; w < n_words; w++) {
    uint64_t word = 0;
    for (size_t i = 0; i < 64; i += 16) {
      __m512i row = _mm512_loadu_si512(order + 64 * w + i);
      __m512i half = _mm512_i32gather_epi32(_mm512_srli_epi32(row, 5), bits, 4);
      __m512i bit = _mm512_srlv_epi32(half, _mm512_and_si512(row, thirty_one));
      word |= (uint64_t)_mm512_test_epi32_mask(bit, one) << i;
    }
    out[w] = word;
  }
}

const lnti_facet_kernels lnti_facets_avx512 = {select_avx512, range_avx512,      range_real_avx512, count_avx512,
                                               few_avx512,    count_bits_avx512, permute_avx512};
