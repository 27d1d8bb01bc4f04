/**
 * @file decision.h
 * What is answered of one row of probabilities where only an answer of at least so much confidence is wanted. Of classes that
 * form a tree, by their ids, an answer may stop at a node above: "Bird" where it is not clear which.
 */
#ifndef LNTI_FLOW_DECISION_H
#define LNTI_FLOW_DECISION_H

#include <model/model.h>

typedef struct lnti_decider lnti_decider;

/** One node of a path from the top, or the one class of a model without a tree. All borrowed. */
typedef struct lnti_decided {
  const char *id, *title;
  double p; /**< of all classes at it and below it */
} lnti_decided;

typedef struct lnti_decision {
  bool sure;                 /**< no: nothing reaches the confidence that is wanted */
  const lnti_decided *level; /**< [n] from the top to the answer; until the next decision. With !sure n is 0 */
  size_t n;
  double p; /**< of the answer; with !sure of the most probable class */
  size_t
      number; /**< of the answer: a class; n_classes + its node, where it is no class; n_classes + n_nodes with !sure */
} lnti_decision;

/**
 * @param min_confidence  from 0 to 1
 * @return LNT_OK; LNT_EINVAL (a model of labels or of a number: says what is there instead); LNT_ENOMEM.
 */
LNT_MUST_CHECK lnt_status lnti_decider_new(lnti_decider **out, const lnt_model *model, double min_confidence,
                                           lnt_error *err);
/** NULL is allowed. */
void lnti_decider_free(lnti_decider *decider);

/**
 * The most probable class where it reaches the confidence; else the deepest node that does, going down from the top to the
 * most probable child each time (from 0.5 on no other node so deep can reach it).
 * @param prob  [n_classes]
 * O(n_classes) and one pass over the tree's nodes. A decider is for one thread.
 */
void lnti_decide(lnti_decision *out, lnti_decider *decider, const float *prob);

/** The nodes by number - n_classes; 0 and NULL without a tree. Borrowed. */
const char *const *lnti_decider_nodes(size_t *n_out, const lnti_decider *decider);
/** How many columns the widest answer of a tree takes as text, "Fruit 99.1 % > Apple 91.0 %", or that it is unsure. */
size_t lnti_decider_columns(const lnti_decider *decider);
double lnti_decider_min(const lnti_decider *decider);

#endif
