/**
 * @file feature_cache.h
 * One feature's cache on disk: what extract.h describes. For one thread.
 */
#ifndef LNTI_FLOW_FEATURE_CACHE_H
#define LNTI_FLOW_FEATURE_CACHE_H

#include <base/hash.h>
#include <flow/project.h>

typedef struct lnti_feature_cache lnti_feature_cache;

/**
 * Opens (making it where needed) the cache of a key in `project`, waiting while another process extends the same one.
 * @param row_bytes  bytes of one vector
 * LNT_EIO, LNT_ENOSPC, LNT_ENOMEM, LNT_ECANCELLED; LNT_ECORRUPT (another key hashes to the same folder).
 */
LNT_MUST_CHECK lnt_status lnti_feature_cache_open(lnti_feature_cache **out, const lnti_project *project,
                                                  const char *key, size_t row_bytes, lnt_error *err);
/** One that stands in a folder of its own. */
LNT_MUST_CHECK lnt_status lnti_feature_cache_open_in(lnti_feature_cache **out, const char *folder, const char *key,
                                                     size_t row_bytes, const lnti_context *context, lnt_error *err);
/** Unflushed rows are lost. */
void lnti_feature_cache_close(lnti_feature_cache *cache);

/** The vector of a content into `row`; *found_out false where it is not there or does not match its check sum. */
LNT_MUST_CHECK lnt_status lnti_feature_cache_get(lnti_feature_cache *cache, bool *found_out, void *row,
                                                 const lnti_hash *content, lnt_error *err);
/** Whether there is a vector of a content, sound or not; and whether it was added since the cache was opened. */
bool lnti_feature_cache_has(const lnti_feature_cache *cache, const lnti_hash *content);
bool lnti_feature_cache_added(const lnti_feature_cache *cache, const lnti_hash *content);
/** Vectors that there are; O(n). */
size_t lnti_feature_cache_count(const lnti_feature_cache *cache);
/** Adds a vector; it is found at once, and durable after flush. One of a content that was added since the cache was opened
 *  is the same and not written again. */
LNT_MUST_CHECK lnt_status lnti_feature_cache_put(lnti_feature_cache *cache, const lnti_hash *content, const void *row,
                                                 lnt_error *err);
LNT_MUST_CHECK lnt_status lnti_feature_cache_flush(lnti_feature_cache *cache, lnt_error *err);
/** Compares all vectors with their check sums, without those that a later one of the same content has replaced.
 *  @param n_bad_out  those that differ */
LNT_MUST_CHECK lnt_status lnti_feature_cache_check(lnti_feature_cache *cache, size_t *n_out, size_t *n_bad_out,
                                                   const lnti_cancel *cancel, lnt_error *err);

#endif
