/**
 * @file logistic_parts.h
 * The parts of a logistic regression: how the variables are scaled (logistic_scale.c), the loss with its gradient over
 * the rows (logistic_objective.c), and what was fitted (logistic_model.c). logistic.c puts them together.
 *
 * Shapes: n rows, d features, k classes that have rows, or labels that have rows of both kinds. Matrices of weights are [d,lanes], the classes of one
 * feature beside each other, lanes = lnti_lanes(k), what is beyond k being 0.
 */
#ifndef LNTI_MODEL_LOGISTIC_PARTS_H
#define LNTI_MODEL_LOGISTIC_PARTS_H

#include <base/context.h>
#include <math/matrix.h>
#include <model/learner.h>
#include <stdbool.h>

/**
 * Standardisation and preconditioning. The optimiser moves u; the penalised weights are v with factor^T v = u,
 * and the weights on bare features are w_j = v_j * inverse_j, so that
 *   z = b + sum_j w_j (x_j - mean_j).
 */
typedef struct lnti_logistic_scale {
  size_t d;
  float *mean;    /**< [d] of the rows; owned */
  float *inverse; /**< [d] 1 / scale; 0 for a constant feature, whose weight is 0; owned */
  float *factor;  /**< [d,d] lower triangle, row-major, of the Cholesky factor; NULL: the identity; owned */
} lnti_logistic_scale;

/**
 * Mean and scale of every feature, in one pass over the rows.
 * @param standardise  false: every scale is 1, means are still taken away (which changes only the bias)
 *
 * The scale is the standard deviation, but at least LNTI_LOGISTIC_FLOOR times the root mean square of all of them:
 * a pixel that is nearly constant would otherwise be blown up to the size of the others, noise and all, and
 * one odd value at prediction would outweigh the rest of the image.
 * @param x  finite
 * @return LNT_OK; LNT_EDATA (values whose squares overflow); LNT_ENOMEM; LNT_ECANCELLED.
 */
LNT_MUST_CHECK lnt_status lnti_logistic_scale_new(lnti_logistic_scale *out, const lnti_matrix *x, bool standardise,
                                                  const lnti_context *context, lnt_error *err);
/** Safe on a zeroed struct. */
void lnti_logistic_scale_clear(lnti_logistic_scale *scale);

#define LNTI_LOGISTIC_FLOOR 0.1

/**
 * Makes `factor`: the Cholesky factor of curvature * S + ridge * I, S being the covariance of the scaled features
 * over at most 8 d evenly spread rows. The Hessian of the mean softmax loss is bounded by a multiple of S for
 * every class pair (Boehning, "Multinomial logistic regression algorithm", Annals of the Institute of Statistical
 * Mathematics 44, 1992), so in u it is near to the identity, and few steps are needed. Which u are used changes
 * the path, never the minimum.
 */
LNT_MUST_CHECK lnt_status lnti_logistic_precondition(lnti_logistic_scale *scale, const lnti_matrix *x, double curvature,
                                                     double ridge, const lnti_context *context, lnt_error *err);

/** In place on [d,lanes]: u to v, v to u, and the gradient by v to that by u. */
void lnti_logistic_u_to_v(float *u, const lnti_logistic_scale *scale, size_t lanes);
void lnti_logistic_v_to_u(float *v, const lnti_logistic_scale *scale, size_t lanes);
void lnti_logistic_gradient_to_u(float *g, const lnti_logistic_scale *scale, size_t lanes);

/** What is fitted to. All borrowed. */
typedef struct lnti_logistic_data {
  lnti_matrix x;        /**< [n,d] */
  const int32_t *label; /**< label of row i at [i * label_step] */
  size_t label_step;
  const int32_t *lane_of;    /**< [n_classes] lane of a class */
  const double *lane_weight; /**< [k] weight of the rows of each lane's class; of labels: of its rows with yes */
  double weight_sum;         /**< of all rows; of labels: of all that is known, over k */
  size_t k;
  const int8_t *truth; /**< NULL: classes. Labels: of row i and lane c at
                                  [i * label_step * n_labels + label_of[c]]: 1, 0, or -1, which adds nothing */
  size_t n_labels;
  const int32_t *label_of; /**< [k] label of a lane */
  const double *no_weight; /**< [k] weight of its rows with no */
} lnti_logistic_data;

/** The sums over the rows. */
typedef struct lnti_logistic_sums lnti_logistic_sums;

/** Scratch memory for data of at most this shape. LNT_ENOMEM. */
LNT_MUST_CHECK lnt_status lnti_logistic_sums_new(lnti_logistic_sums **out, size_t n, size_t d, size_t k,
                                                 lnti_dtype dtype, const lnti_context *context, lnt_error *err);
void lnti_logistic_sums_free(lnti_logistic_sums *sums);

/**
 * Weighted loss and gradient of z = bias + x w by bare features, summed over the rows:
 *   loss = sum_i a_i (log sum_c exp z_ic - z_i,label),  gradient = sum_i a_i x_i (p_i - e_label)^T,
 * and of labels, over what is known, with y of 0 or 1 and p = 1 / (1 + exp(-z)):
 *   loss = sum_ic a_ic (log(1 + exp z_ic) - y_ic z_ic),  gradient = sum_ic a_ic x_i (p_ic - y_ic).
 * @param loss_out    sum
 * @param gradient    [d + 1,lanes]; the last row is by the bias
 * @param w           [d,lanes], 64-byte aligned
 * @param bias        [lanes]
 * Rows are cut into slabs whose number depends on the shape alone; each has its own sums, added up in order, so the
 * result is the same on any number of threads. One pass over the rows, u8 ones made f32 in blocks that stay in cache.
 */
LNT_MUST_CHECK lnt_status lnti_logistic_sums_run(double *loss_out, float *gradient, lnti_logistic_sums *sums,
                                                 const lnti_logistic_data *data, const float *w, const float *bias,
                                                 const lnti_context *context, lnt_error *err);

/** The affine map that was fitted; base is what its users see. */
typedef struct lnti_logistic_fitted {
  lnti_fitted base;
  size_t n_outputs;                /**< n_classes, or of a tree lnti_logistic_tree_outputs */
  const float *weight;             /**< [n_outputs,d] on bare features */
  const float *bias;               /**< [n_outputs] */
  float *own;                      /**< behind both where they are not the file's: [n_outputs,d + 1]; NULL */
  float *packed;                   /**< [d + 1,lanes] both for the narrow kernels; NULL above LNTI_NARROW_MAX outputs */
  struct lnti_logistic_tree *tree; /**< how outputs make classes, of LNTI_HIERARCHICAL; else NULL */
} lnti_logistic_fitted;

/** Logit of a class without rows, and of a label without rows of both kinds. The logits of the other classes sum to 0,
 *  so that one of them is not below 0 and this class is never predicted. */
#define LNTI_LOGISTIC_ABSENT LNTI_NEVER_LOGIT

/** Takes the weights out of a finished fit.
 *  @param w        [d + 1,lanes] on bare features, the last row the bias
 *  @param lane_of  [n_classes] -1: LNTI_LOGISTIC_ABSENT */
LNT_MUST_CHECK lnt_status lnti_logistic_keep(lnti_logistic_fitted *logistic, const float *w, const int32_t *lane_of,
                                             size_t lanes, lnt_error *err);

/** The map whose weights are in logistic->own, made ready to score. */
LNT_MUST_CHECK lnt_status lnti_logistic_finish(lnti_logistic_fitted *logistic, lnt_error *err);

/** Of lnti_learner_logistic. */
LNT_MUST_CHECK lnt_status lnti_logistic_score(float *score_out, const lnti_fitted *fitted, const lnti_matrix *x,
                                              const lnti_context *context, lnt_error *err);
LNT_MUST_CHECK lnt_status lnti_logistic_save(const lnti_fitted *fitted, lnti_lnt_writer *file, lnt_error *err);
LNT_MUST_CHECK lnt_status lnti_logistic_load(lnti_fitted **out, const lnti_fitted *about,
                                             const struct lnti_class_tree *tree, const lnti_lnt_reader *file,
                                             const lnti_context *context, lnt_error *err);
void lnti_logistic_free(lnti_fitted *fitted);

/** Rows of d features that are made f32 at a time: about a quarter MiB, so that they stay in cache. */
size_t lnti_logistic_block_rows(size_t d);

#endif
