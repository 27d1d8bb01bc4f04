/**
 * @file split.h
 * split: which items are for training, validation and test.
 */
#ifndef LNTI_FLOW_SPLIT_H
#define LNTI_FLOW_SPLIT_H

#include <flow/project.h>

typedef enum lnti_split_method {
  LNTI_SPLIT_RANDOM, /**< seeded, stratified by the target's answers; equal content stays together */
  LNTI_SPLIT_FOLDER  /**< by a folder named train, val or test in the path */
} lnti_split_method;

typedef struct lnti_split_options {
  lnti_split_method method;
  double val, test; /**< shares in [0,1), together below 1 */
  uint64_t seed;
  const char *target; /**< what to stratify by; NULL: the only question that has answers, else none */
  bool keep_test;     /**< items that are in "test" stay there (default for RANDOM where there are any) */
} lnti_split_options;

#define LNTI_SPLIT_OPTIONS_INIT \
  { LNTI_SPLIT_RANDOM, 0.15, 0.15, 0, NULL, false }

typedef struct lnti_split_result {
  size_t train, val, test, none;
  lnti_messages warnings;
} lnti_split_result;

/** Assigns every item, as one operation. LNT_EINVAL (shares); LNT_ENOTFOUND (no items, no such target, no such
 *  folders). */
LNT_MUST_CHECK lnt_status lnti_split(lnti_split_result *out, lnti_project *project, const lnti_split_options *options,
                                     lnt_error *err);

#endif
