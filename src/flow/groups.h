/**
 * @file groups.h
 * Rows of equal content. The same picture twice is one fact: it may not train a model and test it too.
 */
#ifndef LNTI_FLOW_GROUPS_H
#define LNTI_FLOW_GROUPS_H

#include <flow/extract.h>

/** group_out [n]: rows of equal content have the same number, the lowest of their rows. O(n log n). */
LNT_MUST_CHECK lnt_status lnti_content_groups(uint32_t *group_out, const lnti_extract_items *items, lnt_error *err);

/** The key of a content: its first 8 bytes as a number. Two of a million different pictures share one with probability
 *  3e-8. */
uint64_t lnti_content_key(const lnti_hash *content);
/** Keys of all items, rising, each once; free() *keys_out. */
LNT_MUST_CHECK lnt_status lnti_content_keys(uint64_t **keys_out, size_t *n_out, const lnti_extract_items *items,
                                            lnt_error *err);
/** True where the content's key is among the keys. O(log n). */
bool lnti_content_known(const uint64_t *keys, size_t n, const lnti_hash *content);

#endif
