/**
 * @file task.h
 * What kind of thing is learned of an item: the word that learners, measures and flow share.
 */
#ifndef LNTI_EVAL_TASK_H
#define LNTI_EVAL_TASK_H

#include <stdbool.h>

typedef enum lnti_task {
  LNTI_MULTICLASS = 1, /**< one of n classes; binary is its two-class case */
  LNTI_MULTILABEL,     /**< each of n labels by itself: yes, no, or unknown */
  LNTI_HIERARCHICAL,   /**< one node of a tree of classes */
  LNTI_REGRESSION,     /**< a number */
  LNTI_TASKS_END
} lnti_task;

/** "multiclass", "multilabel", "hierarchical", "regression"; 0 counts as LNTI_MULTICLASS. */
const char *lnti_task_name(lnti_task task);
/** The task of a name; false where there is none. */
bool lnti_task_find(lnti_task *out, const char *name);

#endif
