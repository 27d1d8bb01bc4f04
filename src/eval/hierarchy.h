/**
 * @file hierarchy.h
 * How good a classifier is whose classes form a tree: a near miss (another apple) is a smaller mistake than a far one (a
 * bottle of milk). For any model with such classes, however it was learned.
 */
#ifndef LNTI_EVAL_HIERARCHY_H
#define LNTI_EVAL_HIERARCHY_H

#include <eval/class_tree.h>
#include <eval/eval.h>
#include <eval/measure.h>

enum { LNTI_BACKOFF_POINTS = 21 }; /**< thresholds 0, 0.05, ... 1 */

/** The headline measures, in the order of lnti_hierarchy_measures. With P the nodes from the top to the answer (both of
 *  them in it, the root above all tops not) and T those to the truth. */
typedef enum lnti_hierarchy_id {
  LNTI_H_F1,        /**< 2 hP hR / (hP + hR). Kiritchenko, Matwin and Famili, Functional annotation of genes using
                        *   hierarchical text categorization, BioLINK 2005; Silla and Freitas, A survey of hierarchical
                        *   classification across different application domains, DMKD 22, 2011 */
  LNTI_H_PRECISION, /**< hP = sum |P and T| / sum |P| */
  LNTI_H_RECALL,    /**< hR = sum |P and T| / sum |T| */
  LNTI_H_EXACT,     /**< share whose answer is the true class itself */
  LNTI_H_TOP,       /**< share whose answer lies under the right top node */
  LNTI_H_DISTANCE,  /**< mean steps in the tree from the answer to the truth */
  LNTI_H_METRICS
} lnti_hierarchy_id;

/** One level of the tree, 1 at the top. */
typedef struct lnti_hierarchy_level {
  size_t n;     /**< items whose truth reaches it */
  size_t right; /**< of these, those whose answer is right down to it */
  size_t
      wrong_here; /**< of these, those that are right above and wrong or not answered here: where the answer left the path */
  size_t n_nodes; /**< of the tree */
} lnti_hierarchy_level;

/** What answers are worth when they stop where the model is no longer sure: lnti_hierarchy_predict at one threshold. */
typedef struct lnti_backoff_point {
  double threshold;
  double coverage; /**< share of items with any answer */
  double full;     /**< share of items whose answer is a class without anything below it */
  double depth;    /**< mean depth of the answers; NaN without any */
  double accuracy; /**< share of the answers that are right as far as they go: the truth or above it; NaN without any */
  double h_f1;     /**< LNTI_H_F1 of these answers, an item without one adding its truth alone; NaN without any */
} lnti_backoff_point;

typedef struct lnti_hierarchy_evaluation {
  size_t n;
  size_t n_too_short; /**< answers that are right and stop above the truth */
  size_t n_too_long;  /**< answers that go on below the truth */
  double value[LNTI_H_METRICS];
  double ci95[LNTI_H_METRICS][2]; /**< percentiles of the resamples */
  lnti_hierarchy_level *levels;   /**< [n_depth] */
  size_t n_depth;
  lnti_backoff_point backoff[LNTI_BACKOFF_POINTS];
  double *resample; /**< [LNTI_H_METRICS,resamples]; NULL without */
  unsigned resamples;
} lnti_hierarchy_evaluation;

/**
 * @param tree   of the classes
 * @param prob   [n,tree->n_classes] rows summing to 1; the answer is the first largest of a row
 * @param label  [n] classes
 * @return as lnti_evaluation_new.
 * O(n (nodes + depth)) and O(resamples n) time.
 */
LNT_MUST_CHECK lnt_status lnti_hierarchy_evaluation_new(lnti_hierarchy_evaluation **out, const lnti_class_tree *tree,
                                                        const float *prob, const int32_t *label, size_t n,
                                                        const lnti_evaluate_options *options,
                                                        const lnti_context *context, lnt_error *err);
void lnti_hierarchy_evaluation_free(lnti_hierarchy_evaluation *evaluation);
/** Borrowed from the evaluation; NULL: names alone. */
lnti_measures lnti_hierarchy_measures(const lnti_hierarchy_evaluation *evaluation);

/**
 * How far down a model may answer: from the top into the most probable child, as long as that child's probability (its
 * classes' and those below, summed) reaches the threshold and is above that of stopping here. Above 0.5 this is the deepest
 * node that reaches the threshold.
 * @param mass       [n_nodes] by lnti_class_tree_mass
 * @param threshold  0 or less: no backing off; the node of the most probable class
 * @return the node; LNTI_CLASS_TREE_NONE where no top reaches the threshold. O(children of the nodes on the way); O(classes)
 *         at threshold 0.
 */
int32_t lnti_hierarchy_predict(const lnti_class_tree *tree, const float *prob, const double *mass, double threshold);

#endif
