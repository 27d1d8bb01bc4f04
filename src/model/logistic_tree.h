/**
 * @file logistic_tree.h
 * Logistic regression over a tree of classes: a softmax at each node over what lies right below it, "stops here" among that
 * where the node is a class itself. The probability of a class is the product along its path.
 *
 * The members of one such choice are a group; each has an output, an affine map as a class has in a flat model. Where only one
 * member is possible there is nothing to choose, and no output. Groups stand in the order of the nodes, the top first.
 */
#ifndef LNTI_MODEL_LOGISTIC_TREE_H
#define LNTI_MODEL_LOGISTIC_TREE_H

#include <model/logistic_parts.h>

typedef struct lnti_logistic_tree lnti_logistic_tree;

/** Of a tree of classes, which need not live on. LNT_ENOMEM. */
LNT_MUST_CHECK lnt_status lnti_logistic_tree_new(lnti_logistic_tree **out, const struct lnti_class_tree *tree,
                                                 lnt_error *err);
void lnti_logistic_tree_free(lnti_logistic_tree *tree);
/** Outputs of all groups, at least 2. */
size_t lnti_logistic_tree_outputs(const lnti_logistic_tree *tree);
/** Doubles that lnti_logistic_tree_score takes as scratch. */
size_t lnti_logistic_tree_scratch(const lnti_logistic_tree *tree);
/** The log of the probability of each class. @param score [n_classes] @param z [outputs] logits, overwritten */
void lnti_logistic_tree_score(float *score, float *z, double *scratch, const lnti_logistic_tree *tree);

/**
 * Fits each group to the rows below it, as a flat problem of its own, with the same parameters.
 * @param own  [outputs,d + 1]: weights [outputs,d], then biases [outputs]; zeros at first
 * @param warm  of the same tree, or NULL
 */
LNT_MUST_CHECK lnt_status lnti_logistic_tree_fit(float *own, lnti_fit_report *report_out,
                                                 const lnti_logistic_tree *tree, const lnti_problem *problem,
                                                 const lnti_params *params, const lnti_logistic_fitted *warm,
                                                 const lnti_context *context, lnt_error *err);

#endif
