/*
 * Columns and bitmaps: the dispatch, and the plain kernels that run where there is no better level and that the tests hold the
 * others against.
 *
 * Counting is the dear part. Consecutive rows often have the same code, and adding to one counter again and again waits for
 * each store to be read back; so neighbouring rows go to different tables, which are added up at the end, while these fit
 * into the cache.
 */
#include <math/facets.h>

#include <assert.h>
#include <math/kernels.h>
#include <string.h>

size_t lnti_facet_words(size_t n) {
  return (n + 63) / 64;
}

size_t lnti_facet_table_bytes(size_t n_codes) {
  return (n_codes < 256 ? 256 : n_codes) + 64;
}

/* ---- plain kernels ---- */

static uint32_t code_at(const void *codes, size_t width, size_t i) {
  if (width == 1) return ((const uint8_t *)codes)[i];
  if (width == 2) return ((const uint16_t *)codes)[i];
  return ((const uint32_t *)codes)[i];
}

/* Each caller names the width as a constant. */
LNTI_INLINE void select_plain(uint64_t *bits, const void *codes, size_t width, size_t n_words, const uint8_t *allowed) {
  for (size_t w = 0; w < n_words; w++) {
    uint64_t word = 0;
    for (size_t i = 0; i < 64; i++) word |= (uint64_t)(allowed[code_at(codes, width, 64 * w + i)] & 1) << i;
    bits[w] = word;
  }
}

static void select_generic(uint64_t *bits, const void *codes, size_t width, size_t n_words, const uint8_t *allowed,
                           size_t n_codes) {
  (void)n_codes;
  if (width == 1) {
    select_plain(bits, codes, 1, n_words, allowed);
  } else if (width == 2) {
    select_plain(bits, codes, 2, n_words, allowed);
  } else {
    select_plain(bits, codes, 4, n_words, allowed);
  }
}

LNTI_INLINE void range_plain(uint64_t *bits, const void *numbers, size_t width, size_t n_words, uint32_t low,
                             uint32_t span) {
  for (size_t w = 0; w < n_words; w++) {
    uint64_t word = 0;
    for (size_t i = 0; i < 64; i++) word |= (uint64_t)(code_at(numbers, width, 64 * w + i) - low <= span) << i;
    bits[w] = word;
  }
}

static void range_generic(uint64_t *bits, const void *numbers, size_t width, size_t n_words, uint32_t low,
                          uint32_t high) {
  if (width == 1) {
    range_plain(bits, numbers, 1, n_words, low, high - low);
  } else if (width == 2) {
    range_plain(bits, numbers, 2, n_words, low, high - low);
  } else {
    range_plain(bits, numbers, 4, n_words, low, high - low);
  }
}

static void range_real_generic(uint64_t *bits, const double *numbers, size_t n_words, double low, double high) {
  for (size_t w = 0; w < n_words; w++) {
    uint64_t word = 0;
    for (size_t i = 0; i < 64; i++) {
      double x = numbers[64 * w + i];
      word |= (uint64_t)(x >= low && x <= high) << i;
    }
    bits[w] = word;
  }
}

/* Codes of the rows of one word go to `tables` tables in turn. */
LNTI_INLINE void count_plain(uint32_t *counts, const void *codes, size_t width, size_t n_words, const uint64_t *bits,
                             size_t stride) {
  for (size_t w = 0; w < n_words; w++) {
    uint64_t word = bits[w];
    const size_t at = 64 * w;
    if (word == UINT64_MAX) {
      for (size_t i = 0; i < 64; i += 4) {
        counts[code_at(codes, width, at + i)]++;
        counts[stride + code_at(codes, width, at + i + 1)]++;
        counts[2 * stride + code_at(codes, width, at + i + 2)]++;
        counts[3 * stride + code_at(codes, width, at + i + 3)]++;
      }
      continue;
    }
    for (size_t turn = 0; word; word &= word - 1, turn = stride - turn) {
      counts[turn + code_at(codes, width, at + (size_t)__builtin_ctzll(word))]++;
    }
  }
}

void lnti_facet_count_plain(uint32_t *counts, const void *codes, size_t width, size_t n_words, const uint64_t *bits,
                            size_t stride) {
  if (width == 1) {
    count_plain(counts, codes, 1, n_words, bits, stride);
  } else if (width == 2) {
    count_plain(counts, codes, 2, n_words, bits, stride);
  } else {
    count_plain(counts, codes, 4, n_words, bits, stride);
  }
}

static bool few_generic(uint32_t *counts, const uint8_t *codes, size_t n_words, const uint64_t *bits, size_t n_codes) {
  (void)counts, (void)codes, (void)n_words, (void)bits, (void)n_codes;
  return false;
}

static size_t count_bits_generic(const uint64_t *a, const uint64_t *b, size_t n_words) {
  size_t n = 0;
  for (size_t w = 0; w < n_words; w++) n += (size_t)__builtin_popcountll(a[w] & b[w]);
  return n;
}

static void permute_generic(uint64_t *out, const uint64_t *bits, const uint32_t *order, size_t n_words) {
  for (size_t w = 0; w < n_words; w++) {
    uint64_t word = 0;
    for (size_t i = 0; i < 64; i++) {
      uint32_t row = order[64 * w + i];
      word |= (bits[row >> 6] >> (row & 63) & 1) << i;
    }
    out[w] = word;
  }
}

static const lnti_facet_kernels generic = {select_generic,         range_generic, range_real_generic,
                                           lnti_facet_count_plain, few_generic,   count_bits_generic,
                                           permute_generic};

/* ---- dispatch ---- */

static const lnti_facet_kernels *kernels_of(lnt_cpu_level level) {
#if LNTI_KERNELS_X86
  if (level >= LNT_CPU_AVX512) return &lnti_facets_avx512;
  if (level >= LNT_CPU_AVX2) return &lnti_facets_avx2;
#endif
  (void)level;
  return &generic;
}

/* Clears what lies beyond the last row. */
static void clear_tail(uint64_t *bits, size_t n) {
  if (n % 64) bits[n / 64] &= ((uint64_t)1 << n % 64) - 1;
}

void lnti_facet_select(uint64_t *bits, const void *codes, size_t width, size_t n, const uint8_t *allowed,
                       size_t n_codes, lnt_cpu_level level) {
  assert(width == 1 || width == 2 || width == 4);
  kernels_of(level)->select(bits, codes, width, lnti_facet_words(n), allowed, n_codes);
  clear_tail(bits, n);
}

void lnti_facet_range(uint64_t *bits, const void *numbers, size_t width, size_t n, uint32_t low, uint32_t high,
                      lnt_cpu_level level) {
  const uint32_t most = width == 1 ? UINT8_MAX : width == 2 ? UINT16_MAX : UINT32_MAX;
  assert(width == 1 || width == 2 || width == 4);
  if (high > most) high = most;
  if (low > high) {
    memset(bits, 0, lnti_facet_words(n) * sizeof *bits);
    return;
  }
  kernels_of(level)->range(bits, numbers, width, lnti_facet_words(n), low, high);
  clear_tail(bits, n);
}

void lnti_facet_range_real(uint64_t *bits, const double *numbers, size_t n, double low, double high,
                           lnt_cpu_level level) {
  kernels_of(level)->range_real(bits, numbers, lnti_facet_words(n), low, high);
  clear_tail(bits, n);
}

void lnti_facet_count(uint32_t *counts, const void *codes, size_t width, size_t n, const uint64_t *bits, size_t n_codes,
                      lnt_cpu_level level) {
  uint32_t tables[LNTI_FACET_TABLES * LNTI_FACET_TABLE_CODES];
  const lnti_facet_kernels *k = kernels_of(level);
  const size_t n_words = lnti_facet_words(n);
  assert(width == 1 || width == 2 || width == 4);
  if (width == 1 && n_codes <= LNTI_FACET_FEW && k->few(counts, codes, n_words, bits, n_codes)) return;
  if (n_codes > LNTI_FACET_TABLE_CODES) {
    memset(counts, 0, n_codes * sizeof *counts);
    k->count(counts, codes, width, n_words, bits, 0);
    return;
  }
  memset(tables, 0, LNTI_FACET_TABLES * n_codes * sizeof *tables);
  k->count(tables, codes, width, n_words, bits, n_codes);
  for (size_t c = 0; c < n_codes; c++) {
    counts[c] = tables[c] + tables[n_codes + c] + tables[2 * n_codes + c] + tables[3 * n_codes + c];
  }
}

uint32_t lnti_facet_largest(const void *codes, size_t width, size_t n) {
  uint32_t largest = 0;
  if (width == 1) {
    const uint8_t *c = codes;
    uint8_t most = 0;
    for (size_t i = 0; i < n; i++) most = c[i] > most ? c[i] : most;
    largest = most;
  } else if (width == 2) {
    const uint16_t *c = codes;
    uint16_t most = 0;
    for (size_t i = 0; i < n; i++) most = c[i] > most ? c[i] : most;
    largest = most;
  } else {
    const uint32_t *c = codes;
    for (size_t i = 0; i < n; i++) largest = c[i] > largest ? c[i] : largest;
  }
  return largest;
}

size_t lnti_bits_count(const uint64_t *bits, size_t n_words, lnt_cpu_level level) {
  return kernels_of(level)->count_bits(bits, bits, n_words);
}

size_t lnti_bits_count_both(const uint64_t *a, const uint64_t *b, size_t n_words, lnt_cpu_level level) {
  return kernels_of(level)->count_bits(a, b, n_words);
}

void lnti_bits_permute(uint64_t *out, const uint64_t *bits, const uint32_t *order, size_t n, lnt_cpu_level level) {
  kernels_of(level)->permute(out, bits, order, n / 64);
  if (n % 64 == 0) return;
  uint64_t word = 0;
  for (size_t i = n / 64 * 64; i < n; i++) word |= (bits[order[i] >> 6] >> (order[i] & 63) & 1) << i % 64;
  out[n / 64] = word;
}
