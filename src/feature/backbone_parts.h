/**
 * @file backbone_parts.h
 * What the files of a backbone share. Inside src/feature only.
 */
#ifndef LNTI_FEATURE_BACKBONE_PARTS_H
#define LNTI_FEATURE_BACKBONE_PARTS_H

#include <feature/backbone.h>
#include <graph/graph.h>

/** A vector within a value's elements: number i of d is the mean over `outer` and `inner` of [outer,d,inner]. */
typedef struct lnti_backbone_vector {
  size_t outer, d, inner;
} lnti_backbone_vector;

/** How the elements of a value are a vector, by its shape for one picture: LNT_EUNSUPPORTED. */
LNT_MUST_CHECK lnt_status lnti_backbone_vector_of(lnti_backbone_vector *out, const lnti_shape *shape, lnt_error *err);

/** Finds the value of the classes and that of the embedding where the spec does not name them, and those it names.
 *  LNTI_NO_VALUE where there is none. LNT_EINVAL (a name that is none: the nearest is told). */
LNT_MUST_CHECK lnt_status lnti_backbone_find_outputs(uint32_t value_out[LNTI_BACKBONE_OUTPUTS], const lnti_graph *graph,
                                                     const lnti_backbone_spec *spec, lnt_error *err);

/** Fills in what the file's metadata say and the spec does not. LNT_EDATA. */
LNT_MUST_CHECK lnt_status lnti_backbone_spec_complete(lnti_backbone_spec *spec, const lnti_graph *graph,
                                                      lnt_error *err);

#endif
