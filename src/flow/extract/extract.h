/**
 * @file extract.h
 * extract: feature vectors of items, kept in the project's cache.
 *
 * cache/features/<key>/ holds `rows` (content hash and check sum of each vector) and shards of LNTI_SHARD_ROWS vectors.
 * Keyed by content and by the extractor's key (pipeline, parameters, version): equal images share a row, and nothing
 * stored ever changes. Embeddings are kept as f16, which they are rounded to where they are made. A vector counts once its line in `rows` is there; shards are synced before.
 */
#ifndef LNTI_FLOW_EXTRACT_H
#define LNTI_FLOW_EXTRACT_H

#include <feature/feature.h>
#include <flow/project.h>

enum { LNTI_SHARD_ROWS = 4096 };

/** An item to extract. */
typedef struct lnti_extract_item {
  int64_t id;
  char *uri;
  lnti_hash content;
} lnti_extract_item;

typedef struct lnti_extract_items {
  lnti_extract_item *item;
  size_t n, capacity;
  lnti_image_traits traits; /**< of all of them */
} lnti_extract_items;

/** Adds an item (copies), keeping the traits. */
LNT_MUST_CHECK lnt_status lnti_extract_items_add(lnti_extract_items *items, const lnti_item *item, lnt_error *err);
void lnti_extract_items_clear(lnti_extract_items *items);

/**
 * What "auto" of a feature is resolved from, by extract and train alike, so that what the one puts into the cache is what the
 * other looks for: the items in the split "train", or all where none is in it (all zero where there are none at all).
 * One pass over the items.
 */
LNT_MUST_CHECK lnt_status lnti_project_traits(lnti_image_traits *out, lnti_project *project, lnt_error *err);

/** An extractor from text: a feature with what is open resolved by lnti_project_traits, or an embedding: imported vectors
 *  of the project, one of the person's backbones, or a network's file. Errors as lnti_extractor_new and lnti_backbones_open. */
LNT_MUST_CHECK lnt_status lnti_project_extractor(lnti_extractor **out, lnti_project *project, const char *text,
                                                 lnt_error *err);

/** Vectors of items, in their order, without those that could not be read. */
typedef struct lnti_vectors {
  void *data; /**< [n,d] of dtype, dense, 64-byte aligned */
  size_t n, d;
  lnti_dtype dtype;
  size_t *item;      /**< [n] index into the items of each row */
  size_t n_computed; /**< rows that were not in the cache */
  size_t n_refused;
  size_t n_damaged; /**< of the refused: imported vectors that are there and differ from their check sums */
} lnti_vectors;

/**
 * Vectors of all items: from the cache where they are, else computed on the pool and added to it. Imported ones are not
 * computed: items without are refused.
 * @return LNT_OK also where some images were refused; LNT_ECANCELLED (what was computed is kept), LNT_ENOSPC, LNT_EIO,
 *         LNT_ENOMEM, LNT_ENOTFOUND (not one image could be read, or has an imported vector), LNT_ECORRUPT (nor that, and some are damaged).
 */
LNT_MUST_CHECK lnt_status lnti_extract(lnti_vectors *out, lnti_project *project, const lnti_extractor *extractor,
                                       const lnti_extract_items *items, const lnti_progress *progress,
                                       lnti_refused_visit refused, void *refused_payload, lnt_error *err);
void lnti_vectors_clear(lnti_vectors *features);
lnti_matrix lnti_vectors_matrix(const lnti_vectors *features);

/** Checks every cached vector of every feature against its check sum. @param n_vectors_out  vectors looked at.
 *  @param n_faults_out  faults told: a damaged folder is one. Deleting the folder that is named mends it. */
LNT_MUST_CHECK lnt_status lnti_feature_cache_verify(lnti_project *project, size_t *n_vectors_out, size_t *n_faults_out,
                                                    lnti_fault_visit visit, void *payload, lnt_error *err);

#endif
