/**
 * @file item_meta.h
 * The metadata of items that are walked in order of id, read a block of ids at a time: a query for each item would cost
 * more than everything else.
 */
#ifndef LNTI_FLOW_ITEM_META_H
#define LNTI_FLOW_ITEM_META_H

#include <base/alloc.h>
#include <store/store.h>

/** One value; in the arena. */
typedef struct lnti_meta_value {
  int64_t item_id;
  const char *key, *value;
} lnti_meta_value;

/** A block of values. Initialise with the store alone; lnti_item_meta_clear frees. */
typedef struct lnti_item_meta {
  lnti_store *store;
  lnti_arena arena;
  lnti_meta_value *value; /**< [n], by item then key */
  size_t n, capacity;
  int64_t first, last; /**< ids that the block covers; last 0: none yet */
} lnti_item_meta;

/** The values of an item, by key: *values_out [*n_out], borrowed until the next call. */
LNT_MUST_CHECK lnt_status lnti_item_meta_of(const lnti_meta_value **values_out, size_t *n_out, lnti_item_meta *meta,
                                            int64_t item_id, lnt_error *err);
void lnti_item_meta_clear(lnti_item_meta *meta);

#endif
