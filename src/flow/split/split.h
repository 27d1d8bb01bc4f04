/**
 * @file split.h
 * split: which items are for training, validation and test.
 */
#ifndef LNTI_FLOW_SPLIT_SPLIT_H
#define LNTI_FLOW_SPLIT_SPLIT_H

#include <flow/project.h>

typedef enum lnti_split_method {
  LNTI_SPLIT_RANDOM, /**< seeded, stratified by the target's answers; equal and near images and item groups stay together
                      *   (flow/split/grouping.h) */
  LNTI_SPLIT_FOLDER, /**< by a folder named train, val or test in the path */
  LNTI_SPLIT_GROUP   /**< as random, with images that share the value of a key kept together too */
} lnti_split_method;

/** "random", "folder", "group". */
const char *lnti_split_method_name(lnti_split_method method);

typedef struct lnti_split_options {
  lnti_split_method method;
  double val, test; /**< shares in [0,1), together below 1 */
  uint64_t seed;
  const char *target; /**< what to stratify by; NULL: the only question that has answers, else none */
  bool keep_test;     /**< items that are in "test" stay there (default for RANDOM and GROUP where there are any) */
  const char *group;  /**< for GROUP: keys of flow/split/grouping.h; NULL: what flow/split/leaks.h found, else "near" */
  bool near_apart;    /**< near images that are not equal, and that no key names, are dealt out one by one */
} lnti_split_options;

#define LNTI_SPLIT_OPTIONS_INIT \
  { LNTI_SPLIT_RANDOM, 0.15, 0.15, 0, NULL, false, NULL, false }

typedef struct lnti_split_result {
  size_t train, val, test, none;
  char *key;       /**< for GROUP: the keys in full; else NULL */
  bool key_found;  /**< nobody named them */
  size_t n_groups; /**< kept together, of two or more images (not for FOLDER) */
  size_t n_grouped, largest;
  char *worst_class; /**< for GROUP: the class whose share in a part is farthest from the wanted one; NULL: no labels */
  const char *worst_part;
  double worst_wanted, worst_share;
  lnti_messages warnings;
} lnti_split_result;

/** Assigns every item, as one operation. LNT_EINVAL (shares, a key); LNT_ENOTFOUND (no items, no such target, no such
 *  folders, no image with a value for a key). */
LNT_MUST_CHECK lnt_status lnti_split(lnti_split_result *out, lnti_project *project, const lnti_split_options *options,
                                     lnt_error *err);
void lnti_split_result_clear(lnti_split_result *result);

/** How the items came into their splits, as far as this project did it. */
typedef struct lnti_split_info {
  char *
      json; /**< {"by": "group", "seed": 0, "group": "site", "val": 0.15, "test": 0.15, "keep_test": false}; NULL: never */
  char *key;   /**< of a split by group; else NULL */
  double test; /**< the share that was dealt out to test; 0: it was kept as it was, or folders decided */
} lnti_split_info;
LNT_MUST_CHECK lnt_status lnti_split_info_read(lnti_split_info *out, lnti_project *project, lnt_error *err);
void lnti_split_info_clear(lnti_split_info *info);

#endif
