/**
 * @file lbfgs.h
 * Limited-memory BFGS. Source: Liu and Nocedal, "On the limited memory BFGS method for large scale
 * optimization", Mathematical Programming 45, 1989; two-loop recursion after Nocedal and Wright, Numerical
 * Optimization, 2006, algorithm 7.4, with a line search for the strong Wolfe conditions (ibid. 3.5, 3.6).
 */
#ifndef LNTI_MATH_LBFGS_H
#define LNTI_MATH_LBFGS_H

#include <base/context.h>
#include <stddef.h>

/** The objective at x [n]: *f_out and gradient g_out [n]. */
typedef lnt_status (*lnti_objective)(double *f_out, float *g_out, void *payload, const float *x, size_t n,
                                     lnt_error *err);

typedef struct lnti_lbfgs_options {
  unsigned memory;           /**< pairs kept, 1..64 */
  unsigned iterations_max;   /**< accepted steps at most */
  double gradient_tolerance; /**< stop when max |g_i| <= this */
  double decrease_tolerance; /**< stop when (f_old - f) <= this * max(|f_old|,|f|,1); 0: never */
} lnti_lbfgs_options;

#define LNTI_LBFGS_OPTIONS_INIT \
  { 10, 100, 1e-4, 0.0 }

typedef enum lnti_lbfgs_stop {
  LNTI_LBFGS_GRADIENT,   /**< converged: the gradient is small */
  LNTI_LBFGS_DECREASE,   /**< converged: no more decrease worth having */
  LNTI_LBFGS_ITERATIONS, /**< iterations_max reached */
  LNTI_LBFGS_STUCK       /**< no step along the gradient lowers f: rounding error reached */
} lnti_lbfgs_stop;

typedef struct lnti_lbfgs_result {
  lnti_lbfgs_stop stop;
  unsigned iterations, evaluations;
  double f;            /**< at the final x */
  double gradient_max; /**< max |g_i| there */
} lnti_lbfgs_result;

/**
 * Minimises from x (in and out, [n]; on failure the start is restored).
 * @return LNT_OK; LNT_EDATA (f or g not finite at the start); LNT_ENOMEM; LNT_ECANCELLED (looked at once an
 *         evaluation); what the objective returned.
 * O(n * memory) floats. Deterministic if the objective is; single-threaded but for the objective.
 */
LNT_MUST_CHECK lnt_status lnti_lbfgs_minimise(float *x, lnti_lbfgs_result *result_out, lnti_objective objective,
                                              void *payload, size_t n, const lnti_lbfgs_options *options,
                                              const lnti_context *context, lnt_error *err);

#endif
