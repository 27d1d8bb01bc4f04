/*
 * Columns and bitmaps for AVX2. A set of byte codes is 256 bits, looked up in two steps: which byte (by the upper five bits of
 * the code) and which bit of it (by the lower three). Wider codes are gathered from the table of bytes.
 */
#include <math/kernels.h>

#include <immintrin.h>
#include <string.h>

/* ---- rows with an allowed code ---- */

static void select_u8(uint64_t *bits, const uint8_t *codes, size_t n_words, const uint8_t *allowed) {
  uint8_t set[32] = {0};
  for (size_t c = 0; c < 256; c++) set[c >> 3] |= (uint8_t)((allowed[c] & 1u) << (c & 7));
  const __m256i low = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)set));
  const __m256i high = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(set + 16)));
  const __m256i powers = _mm256_set1_epi64x((long long)0x8040201008040201ull);
  const __m256i fifteen = _mm256_set1_epi8(15), seven = _mm256_set1_epi8(7);
  for (size_t w = 0; w < n_words; w++) {
    uint64_t word = 0;
    for (size_t half = 0; half < 2; half++) {
      __m256i v = _mm256_loadu_si256((const __m256i *)(codes + 64 * w + 32 * half));
      __m256i byte = _mm256_and_si256(_mm256_srli_epi16(v, 3), fifteen);
      __m256i found = _mm256_blendv_epi8(_mm256_shuffle_epi8(low, byte), _mm256_shuffle_epi8(high, byte), v);
      __m256i bit = _mm256_shuffle_epi8(powers, _mm256_and_si256(v, seven));
      __m256i hit = _mm256_cmpeq_epi8(_mm256_and_si256(found, bit), bit);
      word |= (uint64_t)(uint32_t)_mm256_movemask_epi8(hit) << (32 * half);
    }
    bits[w] = word;
  }
}

LNTI_INLINE __m256i load_codes(const void *codes, size_t width, size_t i) {
  if (width == 2) return _mm256_cvtepu16_epi32(_mm_loadu_si128((const __m128i *)((const uint16_t *)codes + i)));
  return _mm256_loadu_si256((const __m256i *)((const uint32_t *)codes + i));
}

LNTI_INLINE void select_wide(uint64_t *bits, const void *codes, size_t width, size_t n_words, const uint8_t *allowed) {
  for (size_t w = 0; w < n_words; w++) {
    uint64_t word = 0;
    for (size_t i = 0; i < 64; i += 8) {
      __m256i index = load_codes(codes, width, 64 * w + i);
      __m256i found = _mm256_i32gather_epi32((const int *)(const void *)allowed, index, 1);
      int hit = _mm256_movemask_ps(_mm256_castsi256_ps(_mm256_slli_epi32(found, 24)));
      word |= (uint64_t)(uint32_t)hit << i;
    }
    bits[w] = word;
  }
}

static void select_avx2(uint64_t *bits, const void *codes, size_t width, size_t n_words, const uint8_t *allowed,
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

/* ---- rows with a number in a range: x - low <= high - low, without signs ---- */

static uint64_t range_word_u8(const uint8_t *x, __m256i low, __m256i span) {
  uint64_t word = 0;
  for (size_t half = 0; half < 2; half++) {
    __m256i d = _mm256_sub_epi8(_mm256_loadu_si256((const __m256i *)(x + 32 * half)), low);
    __m256i hit = _mm256_cmpeq_epi8(_mm256_min_epu8(d, span), d);
    word |= (uint64_t)(uint32_t)_mm256_movemask_epi8(hit) << (32 * half);
  }
  return word;
}

static uint64_t range_word_u16(const uint16_t *x, __m256i low, __m256i span) {
  uint64_t word = 0;
  for (size_t half = 0; half < 2; half++) {
    __m256i a = _mm256_sub_epi16(_mm256_loadu_si256((const __m256i *)(x + 32 * half)), low);
    __m256i b = _mm256_sub_epi16(_mm256_loadu_si256((const __m256i *)(x + 32 * half + 16)), low);
    a = _mm256_cmpeq_epi16(_mm256_min_epu16(a, span), a);
    b = _mm256_cmpeq_epi16(_mm256_min_epu16(b, span), b);
    __m256i hit = _mm256_permute4x64_epi64(_mm256_packs_epi16(a, b), 0xd8); /* packing goes by halves */
    word |= (uint64_t)(uint32_t)_mm256_movemask_epi8(hit) << (32 * half);
  }
  return word;
}

static uint64_t range_word_u32(const uint32_t *x, __m256i low, __m256i span) {
  uint64_t word = 0;
  for (size_t i = 0; i < 64; i += 8) {
    __m256i d = _mm256_sub_epi32(_mm256_loadu_si256((const __m256i *)(x + i)), low);
    __m256i hit = _mm256_cmpeq_epi32(_mm256_min_epu32(d, span), d);
    word |= (uint64_t)(uint32_t)_mm256_movemask_ps(_mm256_castsi256_ps(hit)) << i;
  }
  return word;
}

static void range_avx2(uint64_t *bits, const void *numbers, size_t width, size_t n_words, uint32_t low, uint32_t high) {
  const uint32_t span = high - low;
  if (width == 1) {
    __m256i from = _mm256_set1_epi8((char)low), most = _mm256_set1_epi8((char)span);
    for (size_t w = 0; w < n_words; w++) bits[w] = range_word_u8((const uint8_t *)numbers + 64 * w, from, most);
  } else if (width == 2) {
    __m256i from = _mm256_set1_epi16((short)low), most = _mm256_set1_epi16((short)span);
    for (size_t w = 0; w < n_words; w++) bits[w] = range_word_u16((const uint16_t *)numbers + 64 * w, from, most);
  } else {
    __m256i from = _mm256_set1_epi32((int)low), most = _mm256_set1_epi32((int)span);
    for (size_t w = 0; w < n_words; w++) bits[w] = range_word_u32((const uint32_t *)numbers + 64 * w, from, most);
  }
}

static void range_real_avx2(uint64_t *bits, const double *numbers, size_t n_words, double low, double high) {
  const __m256d from = _mm256_set1_pd(low), to = _mm256_set1_pd(high);
  for (size_t w = 0; w < n_words; w++) {
    uint64_t word = 0;
    for (size_t i = 0; i < 64; i += 4) {
      __m256d x = _mm256_loadu_pd(numbers + 64 * w + i);
      __m256d hit = _mm256_and_pd(_mm256_cmp_pd(x, from, _CMP_GE_OQ), _mm256_cmp_pd(x, to, _CMP_LE_OQ));
      word |= (uint64_t)(uint32_t)_mm256_movemask_pd(hit) << i;
    }
    bits[w] = word;
  }
}

/* ---- counts ---- */

/* Eight codes at a time, so that each pass over the column compares with all of them from registers. */
static bool few_avx2(uint32_t *counts, const uint8_t *codes, size_t n_words, const uint64_t *bits, size_t n_codes) {
  for (size_t first = 0; first < n_codes; first += 8) {
    uint64_t sum[8] = {0};
    __m256i code[8];
    LNTI_UNROLL
    for (size_t j = 0; j < 8; j++) code[j] = _mm256_set1_epi8((char)(first + j));
    for (size_t w = 0; w < n_words; w++) {
      uint64_t word = bits[w];
      if (!word) continue;
      __m256i a = _mm256_loadu_si256((const __m256i *)(codes + 64 * w));
      __m256i b = _mm256_loadu_si256((const __m256i *)(codes + 64 * w + 32));
      LNTI_UNROLL
      for (size_t j = 0; j < 8; j++) {
        uint64_t hit = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(a, code[j])) |
                       (uint64_t)(uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(b, code[j])) << 32;
        sum[j] += (uint64_t)__builtin_popcountll(hit & word);
      }
    }
    for (size_t j = 0; j < 8 && first + j < n_codes; j++) counts[first + j] = (uint32_t)sum[j];
  }
  return true;
}

static size_t count_bits_avx2(const uint64_t *a, const uint64_t *b, size_t n_words) {
  size_t n = 0;
  for (size_t w = 0; w < n_words; w++) n += (size_t)__builtin_popcountll(a[w] & b[w]);
  return n;
}

static void permute_avx2(uint64_t *out, const uint64_t *bits, const uint32_t *order, size_t n_words) {
  const __m256i thirty_one = _mm256_set1_epi32(31);
  for (size_t w = 0; w < n_words; w++) {
    uint64_t word = 0;
    for (size_t i = 0; i < 64; i += 8) {
      __m256i row = _mm256_loadu_si256((const __m256i *)(order + 64 * w + i));
      __m256i half = _mm256_i32gather_epi32((const int *)(const void *)bits, _mm256_srli_epi32(row, 5), 4);
      __m256i up = _mm256_sub_epi32(thirty_one, _mm256_and_si256(row, thirty_one));
      int hit = _mm256_movemask_ps(_mm256_castsi256_ps(_mm256_sllv_epi32(half, up)));
      word |= (uint64_t)(uint32_t)hit << i;
    }
    out[w] = word;
  }
}

const lnti_facet_kernels lnti_facets_avx2 = {select_avx2, range_avx2,      range_real_avx2, lnti_facet_count_plain,
                                             few_avx2,    count_bits_avx2, permute_avx2};
