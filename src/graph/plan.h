/**
 * @file plan.h
 * A graph made ready to run for inputs of given shapes: shapes inferred, what is constant computed, memory laid out.
 */
#ifndef LNTI_GRAPH_PLAN_H
#define LNTI_GRAPH_PLAN_H

#include <graph/graph.h>

typedef struct lnti_plan lnti_plan;

typedef struct lnti_plan_options {
  const lnti_tensor *
      input; /**< [n_inputs of the graph]: type and shape; data where they are constant (they outlive the plan), else NULL */
  const uint32_t *output; /**< values wanted; NULL: the outputs of the graph */
  size_t n_outputs;
  bool plain; /**< nothing fused, and by the operators' own loops alone: the reference for everything faster */
  /** LNTI_BF16: what convolutions, and products by constants, multiply is rounded to bf16, for CPUs that have products of it
   *  (AMX); else f32. */
  lnti_dtype precision;
  size_t memory_max;  /**< bytes that the values made may take at once; 0: 8 GiB */
  size_t weights_max; /**< bytes that laid-out weights may take; 0: as memory_max */
} lnti_plan_options;

/**
 * @param graph    outlives the plan
 * @param context  outlives the plan
 * @return LNT_OK; LNT_EINVAL (a number or type of inputs); LNT_EDATA, LNT_EUNSUPPORTED, LNT_ELIMIT (naming the node);
 *         LNT_EUNSUPPORTED also where bf16 is asked for and the CPU or the context's level has no products of it;
 *         LNT_ENOMEM; LNT_ECANCELLED.
 */
LNT_MUST_CHECK lnt_status lnti_plan_new(lnti_plan **out, const lnti_graph *graph, const lnti_plan_options *options,
                                        const lnti_context *context, lnt_error *err);
/** Another plan of the same, to be run beside it: graph and weights are `of`'s, which outlives it and may run meanwhile.
 *  LNT_ENOMEM. */
LNT_MUST_CHECK lnt_status lnti_plan_twin(lnti_plan **out, const lnti_plan *of, lnt_error *err);
void lnti_plan_free(lnti_plan *plan);

/** Runs it. input [n_inputs of the graph] of the shapes that the plan was made for (those given as constants are ignored),
 *  dense, 64-byte aligned. One run of a plan at a time. */
LNT_MUST_CHECK lnt_status lnti_plan_run(lnti_plan *plan, const lnti_tensor *input, lnt_error *err);

/** Wanted value k: its type and shape, and after a run its elements, until the next run; they may be those of an input. */
const lnti_tensor *lnti_plan_output(const lnti_plan *plan, size_t k);

/** One step of a run, for tables of times. Texts are borrowed. */
typedef struct lnti_plan_step {
  const char *op, *node;
  const char *kernel; /**< what computes it: a library's name for it, or "" for the operator itself */
  const lnti_tensor *output;
  double flops; /**< of convolutions and products: two for each multiplication; 0 for all else */
} lnti_plan_step;
void lnti_plan_step_at(lnti_plan_step *out, const lnti_plan *plan, size_t i);
/** `after` is called after each step; NULL: nobody is. */
void lnti_plan_watch(lnti_plan *plan, void (*after)(void *payload, size_t step), void *payload);

/** Nodes that a run computes, and bytes of memory for what they make. */
size_t lnti_plan_steps(const lnti_plan *plan);
size_t lnti_plan_bytes(const lnti_plan *plan);
/** Bytes of all that it holds: that memory, constants that were computed, weights laid out, what kernels share; of a twin what
 *  is its own. */
size_t lnti_plan_held(const lnti_plan *plan);
/** Those of them that its twins do not hold again: 0 of a twin. */
size_t lnti_plan_lent(const lnti_plan *plan);

#endif
