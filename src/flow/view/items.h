/**
 * @file items.h
 * Walking over items with all that is known of each: found and ordered by a view, read from the store.
 */
#ifndef LNTI_FLOW_VIEW_ITEMS_H
#define LNTI_FLOW_VIEW_ITEMS_H

#include <flow/view/query.h>

/** A value of an item's metadata. */
typedef struct lnti_meta_value {
  int64_t item_id;
  const char *key, *value;
} lnti_meta_value;

/** An item as the store has it. Borrowed for the call. */
typedef struct lnti_item_view {
  const lnti_item *item;
  const char *uri;
  const lnti_answer_row *answers; /**< [n_answers] current ones, by question and slot */
  size_t n_answers;
  const lnti_meta_value *meta; /**< [n_meta] by key */
  size_t n_meta;
  const lnti_duplicate *duplicate; /**< NULL: it has none */
} lnti_item_view;

/** Zero-initialised: all items, by id. */
typedef struct lnti_items_query {
  const lnti_filter *filter; /**< NULL: all */
  const lnti_sort *sort;     /**< NULL: by id */
  int64_t after_id;          /**< items with a larger id */
  size_t offset;             /**< of those, left out at the beginning */
  size_t limit;              /**< 0: all */
  const int64_t *ids;        /**< [n_ids] rising: these alone, by id, and nothing else is asked for; NULL */
  size_t n_ids;
} lnti_items_query;

typedef lnt_status (*lnti_item_view_visit)(void *payload, const lnti_item_view *view, lnt_error *err);

/**
 * Visits the items that a query asks for.
 * @param view  may be NULL where neither filter, sort nor offset is set, or with ids: then the store alone is read, page by page
 * @return LNT_OK; what a visit returned; as the store; LNT_ECANCELLED.
 * Which items are visited is decided at the beginning, without the view's lock after that; each page of rows is as the store
 * has it by then. Memory: a page of rows, and 8 bytes for each item that is found.
 */
LNT_MUST_CHECK lnt_status lnti_items(lnti_project *project, lnti_view *view, const lnti_items_query *query,
                                     lnti_item_view_visit visit, void *payload, lnt_error *err);

#endif
