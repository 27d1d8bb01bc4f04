/**
 * @file deal.h
 * Dealing groups to train, val and test so that every class keeps its proportions as well as the groups allow.
 */
#ifndef LNTI_FLOW_SPLIT_DEAL_H
#define LNTI_FLOW_SPLIT_DEAL_H

#include <linnet/status.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum lnti_part { LNTI_PART_TRAIN, LNTI_PART_VAL, LNTI_PART_TEST, LNTI_PARTS } lnti_part;

/** What is dealt. */
typedef struct lnti_deal {
  size_t n;
  const uint32_t *group; /**< [n] items of one number stay together; the number is the lowest of its items */
  const uint32_t *class; /**< [n] in [0,n_classes) */
  const bool *in_test;   /**< [n] these stay in test, with all of their group, and no others join them; NULL: none */
  size_t n_classes;
  double val, test; /**< shares in [0,1), together below 1; with in_test: `val` of the others */
  uint64_t seed;
} lnti_deal;

/**
 * Of each class with m items round(m * share) are wanted in val and in test, the others in train. Groups are taken from large
 * to small (by powers of two, within these at random), and each is put at random where it brings its classes nearer to what
 * is wanted, the more likely the nearer: by the sum over its classes of (missing^2 - (missing - its items)^2) / m. Parts
 * where that is below 0 are no choice, nor those where the same sum, measured by what is wanted there in place of m, is less
 * than a tenth of the best part's (so that what is left at the end goes where it is missed); where no part is left, the one
 * with the largest sum. So items that are all alone come out exactly as wanted, and a large group may become test, which it
 * would not if the largest always went to the largest part.
 *
 * @param part_out  [n] lnti_part
 * @return LNT_OK; LNT_ENOMEM. O(n log n); the same for the same seed, whatever the machine.
 */
LNT_MUST_CHECK lnt_status lnti_deal_out(uint8_t *part_out, const lnti_deal *deal, lnt_error *err);

#endif
