/**
 * @file query.h
 * What one asks of a view: the rows that match a filter in some order, page by page, and how often each value of a facet
 * occurs among them. All of it within lnti_view_lock and lnti_view_unlock (view.h).
 */
#ifndef LNTI_FLOW_VIEW_QUERY_H
#define LNTI_FLOW_VIEW_QUERY_H

#include <flow/view/view.h>

/* ---- order ---- */

typedef struct lnti_sort {
  lnti_field field;
  bool descending;
} lnti_sort;

/** "KEY", "KEY:asc" or "KEY:desc". LNT_EINVAL: no key, or a checklist's option, which has no order. */
LNT_MUST_CHECK lnt_status lnti_sort_parse(lnti_sort *out, const lnti_filter_names *names, const char *text,
                                          lnt_error *err);

/* ---- rows ---- */

/** The rows that match, in an order. */
typedef struct lnti_selection lnti_selection;

/**
 * Numbers are sorted by value; paths and texts as people sort names (img2 before img10), metadata whose values are all
 * numbers by these; words and options in the order of their list. Rows without a value come last, either way; rows with
 * equal values are in order of id, either way.
 * @param filter  NULL: all rows
 * @param sort    NULL: by id
 * The first time that an order is asked for it is made (tens of milliseconds a million rows, half a second for paths);
 * after that it is kept until the view changes. Then about a millisecond a million rows beside the filter.
 */
LNT_MUST_CHECK lnt_status lnti_view_select(lnti_selection **out, lnti_view *view, const lnti_filter *filter,
                                           const lnti_sort *sort, lnt_error *err);
/** NULL is allowed. */
void lnti_selection_free(lnti_selection *selection);
size_t lnti_selection_count(const lnti_selection *selection);
/** Rows number offset and up, at most n; returns how many. O(n + log rows). */
size_t lnti_selection_page(uint32_t *rows_out, const lnti_selection *selection, size_t offset, size_t n);
/** How many of the rows lie before this row, in a selection by id. */
size_t lnti_selection_before(const lnti_selection *selection, size_t row);

/* ---- counts ---- */

/** One facet's counts; set `field`, the rest is filled in. lnti_facet_clear frees. */
typedef struct lnti_facet {
  lnti_field field;
  size_t n_codes;
  uint32_t *counts; /**< [n_codes] rows with that value; of a checklist's option: with a yes */
} lnti_facet;

/**
 * Counts of several facets at once, on all threads.
 * @param leave_own_out  each facet is counted over the rows that match the filter without those parts of its outermost
 *        "and" that ask of this facet alone, so that it shows what one could choose instead; false: over the rows that match
 * @return LNT_OK; LNT_EINVAL (a field that has no values to count: a number, an id, a path); LNT_ENOMEM.
 */
LNT_MUST_CHECK lnt_status lnti_view_facets(lnti_facet *facets, size_t n, lnti_view *view, const lnti_filter *filter,
                                           bool leave_own_out, lnt_error *err);
void lnti_facet_clear(lnti_facet *facet);

/** Rows in an order and counts that leave out each facet's own part, at once: the filter is looked at once. As
 *  lnti_view_select and lnti_view_facets. */
LNT_MUST_CHECK lnt_status lnti_view_query(lnti_selection **out, lnti_facet *facets, size_t n, lnti_view *view,
                                          const lnti_filter *filter, const lnti_sort *sort, lnt_error *err);

/** What a code of a facet stands for. */
typedef struct lnti_code_meaning {
  const char *text; /**< borrowed from the view; "" where it is an option */
  size_t option;    /**< of a question: the option; LNTI_NONE */
  bool missing;     /**< no value: no answer, no text */
} lnti_code_meaning;
lnti_code_meaning lnti_view_code(const lnti_view *view, const lnti_field *field, size_t code);
/** The same as text: an option's path, a word, "unanswered"; appended. "" where a text is missing. */
LNT_MUST_CHECK lnt_status lnti_view_code_text(lnti_text *out, const lnti_view *view, const lnti_field *field,
                                              size_t code, lnt_error *err);
/** As that, for people: an option by its titles. */
LNT_MUST_CHECK lnt_status lnti_view_code_title(lnti_text *out, const lnti_view *view, const lnti_field *field,
                                               size_t code, lnt_error *err);

/** What the rows say to one question. */
typedef struct lnti_question_summary {
  size_t items;          /**< rows with an answer of their own, "unsure" and "none of these" included */
  size_t yes, no;        /**< of a checklist: options with a yes and with a no, of all rows together */
  size_t numbers;        /**< of a question that asks for a number: rows with one */
  double mean, min, max; /**< of these; NaN where there are none */
} lnti_question_summary;
/** O(rows) for a number, O(rows/64) for each option of a checklist. LNT_ENOMEM. */
LNT_MUST_CHECK lnt_status lnti_view_summarize(lnti_question_summary *out, const lnti_view *view, size_t question,
                                              lnt_error *err);

/* ---- predictions ---- */

/** What a model says of one item. Zero-initialise; free() `rows`. */
typedef struct lnti_view_prediction {
  lnti_answer_row
      *rows; /**< [n] as a person's answer would be; of a checklist the options with a yes; none: nothing was said */
  size_t n, capacity;
  double confidence; /**< NaN: not told */
} lnti_view_prediction;
/** @param set  of lnti_view_names(view)->predicted. The first time that a set is asked for takes a pass over it. */
LNT_MUST_CHECK lnt_status lnti_view_item_prediction(lnti_view_prediction *out, lnti_view *view, size_t set,
                                                    int64_t item_id, lnt_error *err);

/* ---- duplicates ---- */

/** As the links are in the store; pictures that are equal, and sets at fault. */
typedef struct lnti_link_counts {
  size_t equal, near;                     /**< items with an equal picture; with an alike one and no equal one */
  size_t copies;                          /**< items that are an extra copy */
  size_t near_copies;                     /**< pictures that are near another, one of each set left out */
  size_t equal_conflicts, near_conflicts; /**< sets with different answers to one question */
  size_t equal_leaks, near_leaks;         /**< sets in more than one split */
} lnti_link_counts;
LNT_MUST_CHECK lnt_status lnti_view_link_counts(lnti_link_counts *out, lnti_view *view, lnt_error *err);

#endif
