/**
 * @file duplicates.h
 * Items of equal content.
 */
#ifndef LNTI_FLOW_DUPLICATES_H
#define LNTI_FLOW_DUPLICATES_H

#include <flow/project.h>

typedef struct lnti_duplicates {
  size_t copies;    /**< items that are an extra copy of an earlier one */
  size_t conflicts; /**< sets of equal content with different answers to the question */
  size_t leaks;     /**< sets of equal content in more than one split */
} lnti_duplicates;

/** Over the whole project. @param question_id  0: conflicts are not looked for. About 60 bytes of memory an item. */
LNT_MUST_CHECK lnt_status lnti_duplicates_count(lnti_duplicates *out, lnti_project *project, int64_t question_id,
                                                lnt_error *err);

#endif
