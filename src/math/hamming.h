/**
 * @file hamming.h
 * Codes of 256 bits that differ in few of them: every pair within a distance, found without looking at every pair, and
 * joined to a forest.
 */
#ifndef LNTI_MATH_HAMMING_H
#define LNTI_MATH_HAMMING_H

#include <base/context.h>
#include <stddef.h>
#include <stdint.h>

enum {
  LNTI_CODE_BYTES = 32,
  LNTI_CODE_BITS = 256,
  LNTI_HAMMING_MOST_MAX = 63, /**< largest distance that is searched for */
  LNTI_HAMMING_CODES_MAX = 1 << 30
};

/** Two codes and the number of bits in which they differ. */
typedef struct lnti_link {
  uint32_t a, b; /**< a < b */
  uint32_t distance;
} lnti_link;

/** Bits in which two codes of LNTI_CODE_BYTES differ: 0..256. */
unsigned lnti_hamming(const uint8_t *a, const uint8_t *b);

/**
 * The minimum spanning forest of all pairs within a distance. Linking the codes of every pair at a distance of at most d,
 * for any d <= most, joins the same codes as linking those of the forest's links at a distance of at most d; and the
 * nearest other code of each is at the distance of its shortest link, where it is within `most`.
 *
 * The search is exact. A pair that differs in at most `most` bits differs in at most r of those of one of m disjoint sets
 * of bits, where most < m (r + 1): so only pairs that nearly agree in such a set are compared in full (Norouzi, Punjani,
 * Fleet: Fast search in Hamming space with multi-index hashing, CVPR 2012, here for all pairs at once, the sets dealt so
 * that each has its share of the bits that tell codes apart). r is 0, 1 or 2, whichever is cheapest.
 *
 * @param out    rising by distance, then a, then b; which of several equally good forests it is follows from that order
 *               alone, whatever the number of threads; free() it. *n_out < n
 * @param codes  [n, LNTI_CODE_BYTES]
 * @param most   0..LNTI_HAMMING_MOST_MAX
 * @return LNT_OK; LNT_EINVAL (most); LNT_ELIMIT (n above LNTI_HAMMING_CODES_MAX); LNT_ENOMEM; LNT_ECANCELLED.
 * 80 bytes of memory a code beside the codes, however many pairs there are. Time for evenly spread codes: a second or two
 * for a million on two cores at a distance of 31; it grows with the number of pairs, up to n^2 / 2 where all are alike.
 */
LNT_MUST_CHECK lnt_status lnti_hamming_forest(lnti_link **out, size_t *n_out, const uint8_t *codes, size_t n,
                                              unsigned most, const lnti_context *context, lnt_error *err);

#endif
