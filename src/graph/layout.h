/**
 * @file layout.h
 * The pass that decides which values are blocked (tensor.h), and puts in reorders between those that are and those that are
 * not. After it node->op->infer no longer says how an output lies: lnti_value.kind does.
 */
#ifndef LNTI_GRAPH_LAYOUT_H
#define LNTI_GRAPH_LAYOUT_H

#include <graph/graph.h>

/** @param block  channels of a group, as the kernels of this CPU want them; 0: nothing is blocked
 *  @param half   blocked values are bf16, all channels in one group; only what a library's kernel computes is blocked then */
LNT_MUST_CHECK lnt_status lnti_graph_lay_out(lnti_graph *graph, unsigned block, bool half, lnt_error *err);

/** True where a library's kernel computes the node from blocked planes: convolutions by constant weights, and pools. */
bool lnti_node_is_window(const lnti_graph *graph, const lnti_node *node);

#endif
