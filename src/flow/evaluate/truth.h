/**
 * @file truth.h
 * What is known of rows, whatever their task: classes, labels (yes, no, unknown) or numbers. What train, evaluate and split
 * do with answers in the same way for every kind of target goes by it.
 */
#ifndef LNTI_FLOW_TRUTH_H
#define LNTI_FLOW_TRUTH_H

#include <eval/task.h>
#include <model/learner.h>

/** Only what the task names is there. Zero-initialise. */
typedef struct lnti_truth {
  lnti_task task;
  size_t n, k;    /**< rows; classes or labels, 1 of a number */
  int32_t *label; /**< [n] in [0,k); of LNTI_MULTICLASS and LNTI_HIERARCHICAL */
  int8_t *yes;    /**< [n,k] 1 yes, 0 no, -1 unknown; of LNTI_MULTILABEL */
  double *value;  /**< [n] of LNTI_REGRESSION */
} lnti_truth;

/** Room for n rows; what they hold is for the caller to set. LNT_ENOMEM. */
LNT_MUST_CHECK lnt_status lnti_truth_new(lnti_truth *out, lnti_task task, size_t n, size_t k, lnt_error *err);
/** Safe on a zeroed struct. */
void lnti_truth_clear(lnti_truth *truth);
/** Row `at` of `to` becomes row `from_row` of `from`, which is of the same task and k. */
void lnti_truth_copy(lnti_truth *to, size_t at, const lnti_truth *from, size_t from_row);
void lnti_truth_swap(lnti_truth *truth, size_t a, size_t b);
/** The problem's rows: those from `first` on. */
void lnti_truth_pose(lnti_problem *problem, const lnti_truth *truth, size_t first);

/**
 * A number for each row, so that parts of rows that have as many of each number are alike: the class; of labels the rarest
 * that is yes; of numbers the tenth of the rows that it falls into. free() *out [n].
 */
LNT_MUST_CHECK lnt_status lnti_truth_strata(uint32_t **out, size_t *n_strata_out, const lnti_truth *truth,
                                            lnt_error *err);
/** Whether the rows for which fold[i] != without (or all, with fold NULL) can be learned from: two classes; a label with a
 *  yes and a no; two numbers. */
bool lnti_truth_is_learnable(const lnti_truth *truth, const uint8_t *fold, unsigned without);

#endif
