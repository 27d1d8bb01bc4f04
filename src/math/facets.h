/**
 * @file facets.h
 * Columns of codes and numbers, and bitmaps over their rows: which rows have an allowed code, or a number in a range, and how
 * often each code occurs among the rows of a bitmap. This is what filters and counts over a million items are made of.
 *
 * A column has n rows of 1, 2 or 4 bytes (codes, or whole numbers) or of 8 (doubles). Columns and bitmaps begin at a
 * multiple of 64 bytes and are readable up to the next whole word of 64 rows: memory for lnti_facet_words(n) * 64 rows. Bit i
 * of word w stands for row 64 w + i; bits beyond the last row are 0, in what is given and in what is made.
 *
 * All of this is exact: every level gives the same bits and counts. Kernels cannot fail. Reading is thread-safe.
 */
#ifndef LNTI_MATH_FACETS_H
#define LNTI_MATH_FACETS_H

#include <linnet/cpu.h>
#include <stddef.h>
#include <stdint.h>

/** Words of a bitmap over n rows. */
size_t lnti_facet_words(size_t n);

/** Bytes that a table of allowed codes must have: one a code, and what the kernels may read behind it. */
size_t lnti_facet_table_bytes(size_t n_codes);

/**
 * bits: rows whose code is allowed.
 * @param codes    [n] of `width` 1, 2 or 4 bytes, each below n_codes
 * @param allowed  [lnti_facet_table_bytes(n_codes)]: 0 or 255 each; what is behind the codes is 0
 */
void lnti_facet_select(uint64_t *bits, const void *codes, size_t width, size_t n, const uint8_t *allowed,
                       size_t n_codes, lnt_cpu_level level);

/** bits: rows whose number lies in [low,high]; none where low > high. @param numbers  [n] of 1, 2 or 4 bytes */
void lnti_facet_range(uint64_t *bits, const void *numbers, size_t width, size_t n, uint32_t low, uint32_t high,
                      lnt_cpu_level level);
/** The same for doubles. NaN is in no range; bounds are no NaN and may be infinite. */
void lnti_facet_range_real(uint64_t *bits, const double *numbers, size_t n, double low, double high,
                           lnt_cpu_level level);

/**
 * counts [n_codes]: how many rows of `bits` have each code.
 * O(n/64) and about a nanosecond for each row that is counted; less for up to 24 codes of one byte.
 */
void lnti_facet_count(uint32_t *counts, const void *codes, size_t width, size_t n, const uint64_t *bits, size_t n_codes,
                      lnt_cpu_level level);

/** The largest code of a column; 0 where n is 0. */
uint32_t lnti_facet_largest(const void *codes, size_t width, size_t n);

/** How many bits are set in [n_words]. */
size_t lnti_bits_count(const uint64_t *bits, size_t n_words, lnt_cpu_level level);
/** How many are set in both. */
size_t lnti_bits_count_both(const uint64_t *a, const uint64_t *b, size_t n_words, lnt_cpu_level level);

/** out: bit i is bit order[i] of `bits`, for an order [n] of the rows. */
void lnti_bits_permute(uint64_t *out, const uint64_t *bits, const uint32_t *order, size_t n, lnt_cpu_level level);

#endif
