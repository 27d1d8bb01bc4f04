/**
 * @file groups.h
 * Rows that are one fact: the same picture twice, or images that belong together, may not train a model and test it too.
 */
#ifndef LNTI_FLOW_GROUPS_H
#define LNTI_FLOW_GROUPS_H

#include <flow/extract/extract.h>

/** group_out [n]: rows of equal content have the same number, the lowest of their rows. O(n log n). */
LNT_MUST_CHECK lnt_status lnti_content_groups(uint32_t *group_out, const lnti_extract_items *items, lnt_error *err);

/**
 * group_out [n]: rows of images that belong together have the same number, the lowest of their rows.
 * @param keys  of flow/split/grouping.h; NULL: equal and near images and item groups alone
 * Errors as lnti_grouping_new. Reads all images of the project.
 */
LNT_MUST_CHECK lnt_status lnti_row_groups(uint32_t *group_out, lnti_project *project, const char *keys,
                                          const lnti_extract_items *items, lnt_error *err);

/** The keys by which a model is to be trained and judged: those of the split by group that the project has, else those
 *  that were found to be needed (flow/split/leaks.h); *keys_out NULL where there are none. free() it. */
LNT_MUST_CHECK lnt_status lnti_group_keys(char **keys_out, lnti_project *project, lnt_error *err);

/** The key of a content: its first 8 bytes as a number. Two of a million different pictures share one with probability
 *  3e-8. */
uint64_t lnti_content_key(const lnti_hash *content);
/** Keys of all items, rising, each once; free() *keys_out. */
LNT_MUST_CHECK lnt_status lnti_content_keys(uint64_t **keys_out, size_t *n_out, const lnti_extract_items *items,
                                            lnt_error *err);
/** True where the content's key is among the keys. O(log n). */
bool lnti_content_known(const uint64_t *keys, size_t n, const lnti_hash *content);

#endif
