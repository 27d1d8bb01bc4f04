/**
 * @file synthetic.h
 * Projects of any size without a single image: items, answers, metadata and links between duplicates as an import
 * would leave them, written straight through the store. For benches, and for tests that need many rows.
 *
 * Twelve facets have the cardinalities that a big project might have: labelled 2, split 3, format 5, source 8, the question
 * class 12, the tree part 20, and of metadata operator 50, camera 100, site 200, date 1,000, batch 5,000 (in runs, as
 * imported folders are) and patient 50,000. Values are skewed: few are frequent, most are rare.
 */
#ifndef LNTI_BENCH_SYNTHETIC_H
#define LNTI_BENCH_SYNTHETIC_H

#include <flow/project.h>

enum { LNTI_SYNTHETIC_BATCH = 10000, LNTI_SYNTHETIC_META_KEYS = 6 };

typedef struct lnti_synthetic {
  size_t n_items;
  uint64_t seed;
  size_t n_meta_keys;                              /**< of the six named above, the first so many */
  double share_labelled;                           /**< of the items, that have answers */
  double share_equal, share_near;                  /**< of the items, that equal or are like the one before */
  void (*progress)(size_t n_done, size_t n_items); /**< NULL: none */
} lnti_synthetic;

#define LNTI_SYNTHETIC_INIT \
  { 10000, 1, LNTI_SYNTHETIC_META_KEYS, 0.9, 0.02, 0.03, NULL }

/** Fills a project that has neither items nor an ontology. Same options, same rows. */
LNT_MUST_CHECK lnt_status lnti_synthetic_fill(lnti_project *project, const lnti_synthetic *options, lnt_error *err);

#endif
