/**
 * @file filter.h
 * Which items: terms joined by "and", each `key=value` or `key!=value`. Keys: split, stage, id, path (a prefix, or a
 * pattern with * and ?), labelled (yes or no), or a question's path (an option's path; a tree node holds all below it).
 * Values with blanks stand in double quotes. An empty filter is everything.
 */
#ifndef LNTI_FLOW_FILTER_H
#define LNTI_FLOW_FILTER_H

#include <flow/project.h>

/** An item with its answers, as a filter sees it. */
typedef struct lnti_item_view {
  const lnti_item *item;
  const char *uri;
  const lnti_answer_row *answers; /**< current ones, by question */
  size_t n_answers;
} lnti_item_view;

typedef struct lnti_filter lnti_filter;

/** @param ontology  borrowed for the filter's life. LNT_EINVAL with the place in the text and the keys there are. */
LNT_MUST_CHECK lnt_status lnti_filter_parse(lnti_filter **out, const char *text, lnti_ontology *ontology,
                                            lnt_error *err);
bool lnti_filter_match(const lnti_filter *filter, const lnti_item_view *view);
void lnti_filter_free(lnti_filter *filter);

/** Walks the items that match, in order of id, at most `limit` (0: all), after `after_id`. */
typedef lnt_status (*lnti_item_view_visit)(void *payload, const lnti_item_view *view, lnt_error *err);
LNT_MUST_CHECK lnt_status lnti_items(lnti_project *project, const lnti_filter *filter, int64_t after_id, size_t limit,
                                     lnti_item_view_visit visit, void *payload, lnt_error *err);

#endif
