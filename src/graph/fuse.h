/**
 * @file fuse.h
 * The pass that makes one node of several: activations written out, normalisation after a convolution, a convolution with what
 * follows it. On a simplified graph (simplify.h).
 */
#ifndef LNTI_GRAPH_FUSE_H
#define LNTI_GRAPH_FUSE_H

#include <graph/graph.h>

/** Afterwards values may have new numbers beyond the old ones; outputs of the graph keep theirs. */
LNT_MUST_CHECK lnt_status lnti_graph_fuse(lnti_graph *graph, lnt_error *err);

#endif
