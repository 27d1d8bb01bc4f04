/**
 * @file grouping.h
 * Which images belong together: what a split may not cut, a fold may not cut, and a bootstrap draws as one.
 */
#ifndef LNTI_FLOW_SPLIT_GROUPING_H
#define LNTI_FLOW_SPLIT_GROUPING_H

#include <flow/roster.h>

/**
 * Keys, separated by commas (not those in brackets): images that share the value of any of them belong together.
 *   near             near-duplicate sets (flow/duplicates.h)
 *   group            item groups
 *   folder           the folder that they lie in
 *   path:REGEX       what the first subexpression of a POSIX extended regular expression, or all of it where there is none,
 *                    finds in the path below the source; \d stands for a digit
 *   sequence         the sequences that flow/split/leaks.h finds by name or by number
 *   sequence:name    names of one folder that differ in their last number alone
 *   sequence:alike=N neighbours by that number whose signatures differ in at most N bits
 *   time:SECONDS     taken by one camera at most so many seconds apart, one after the other
 *   meta:KEY, KEY    a value of the metadata
 * Always together, whatever the keys: equal images, item groups, frames and pages of one file. Near-duplicate sets are unless
 * one says otherwise (lnti_near), each by itself: one with more than a tenth of the images is no longer shots of one thing but
 * a scene or a pose that all share, and no part of a split has room for it; the key "near" keeps that together too. An image
 * without a value stands alone.
 */
typedef struct lnti_grouping {
  size_t n;
  int64_t *id;         /**< [n] images by id */
  uint32_t *group;     /**< [n] lowest index of the group */
  size_t n_groups;     /**< of two or more images */
  size_t n_grouped;    /**< images in these */
  size_t largest;      /**< images in the largest group; 1 where all are alone */
  size_t n_large;      /**< near-duplicate sets that LNTI_NEAR_USUAL left apart */
  char *key;           /**< the keys in full, "sequence" resolved; NULL: none were given */
  lnti_messages notes; /**< "12 of 100 items have no \"site\" ..." */
} lnti_grouping;

/**
 * @param keys  NULL: what is always together, alone
 * @return LNT_OK; LNT_EINVAL (a key's form; an expression); LNT_ENOTFOUND (no such metadata: lists what there is; no image
 *         has a value; no sequences were found); LNT_ELIMIT; LNT_ENOMEM; as the store.
 */
LNT_MUST_CHECK lnt_status lnti_grouping_new(lnti_grouping *out, lnti_project *project, const char *keys,
                                            lnt_error *err);
void lnti_grouping_clear(lnti_grouping *grouping);

/** Which near-duplicate sets are together without a key that says so. */
typedef enum lnti_near {
  LNTI_NEAR_USUAL, /**< those of at most lnti_near_most images */
  LNTI_NEAR_APART, /**< none */
  LNTI_NEAR_ALL
} lnti_near;

/** As lnti_grouping_new (LNTI_NEAR_USUAL), of a roster with LNTI_ROSTER_NAMES and LNTI_ROSTER_SIGNATURES that is there
 *  already. */
LNT_MUST_CHECK lnt_status lnti_grouping_of(lnti_grouping *out, lnti_project *project, const lnti_roster *roster,
                                           const char *keys, lnti_near near, lnt_error *err);
/** The largest near-duplicate set that stays together unasked, where there are n images. */
size_t lnti_near_most(size_t n);
/** Groups with images in more than one split (no split is none). @param pair_out  the first two images of the first, as
 *  indices into the roster; untouched where there is none */
LNT_MUST_CHECK lnt_status lnti_grouping_cuts(size_t *n_out, size_t pair_out[2], const lnti_grouping *grouping,
                                             const lnti_roster *roster, lnt_error *err);

#endif
