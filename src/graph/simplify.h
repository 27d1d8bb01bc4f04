/**
 * @file simplify.h
 * A copy of a graph for inputs of given shapes, with less to compute: the passes between a file and a plan.
 */
#ifndef LNTI_GRAPH_SIMPLIFY_H
#define LNTI_GRAPH_SIMPLIFY_H

#include <graph/plan.h>

/**
 * Leaves out what nothing wanted needs, infers every shape, and computes at once what is constant. Values keep their numbers,
 * further ones come after them; constants of `graph` are borrowed, it has to outlive the copy.
 * Errors as lnti_plan_new.
 */
LNT_MUST_CHECK lnt_status lnti_graph_simplify(lnti_graph **out, const lnti_graph *graph,
                                              const lnti_plan_options *options, const lnti_context *context,
                                              lnt_error *err);

/** What constants made by passes may take, all in all: a small file can ask for much. */
#define LNTI_FOLDED_MAX ((size_t)1 << 30)

/** Takes out nodes that make nothing wanted. */
LNT_MUST_CHECK lnt_status lnti_graph_prune(lnti_graph *graph, lnt_error *err);

#endif
