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

/** Where the channels of a map are. */
typedef enum lnti_backbone_layout { LNTI_LAYOUT_UNKNOWN, LNTI_LAYOUT_FIRST, LNTI_LAYOUT_LAST } lnti_backbone_layout;

/** Of every value, by what makes it: [n_values]; free() it. `input_last`: where the picture has them. LNT_ENOMEM. */
LNT_MUST_CHECK lnt_status lnti_backbone_layouts(lnti_backbone_layout **out, const lnti_graph *graph, bool input_last,
                                                lnt_error *err);

/** How the elements of a value are a vector, by its shape for one picture; of an unknown layout equal sides tell, else that
 *  there are rarely more columns than channels: LNT_EUNSUPPORTED. */
LNT_MUST_CHECK lnt_status lnti_backbone_vector_of(lnti_backbone_vector *out, const lnti_shape *shape,
                                                  lnti_backbone_layout layout, lnt_error *err);

/** Visits what can be asked for as a layer, in the order in which it is computed. @param input  type and shape of a picture
 *  @param wanted  [n_wanted] values that are computed though nothing else of the network needs them */
LNT_MUST_CHECK lnt_status lnti_backbone_visit_layers(const lnti_graph *graph, const lnti_tensor *input, bool input_last,
                                                     const uint32_t *wanted, size_t n_wanted,
                                                     const lnti_context *context, lnti_backbone_layer_visit visit,
                                                     void *payload, lnt_error *err);

/** Finds the value of the classes and that of the embedding where the spec does not name them, and those it names.
 *  LNTI_NO_VALUE where there is none. LNT_EINVAL (a name that is none: the nearest is told). */
LNT_MUST_CHECK lnt_status lnti_backbone_find_outputs(uint32_t value_out[LNTI_BACKBONE_OUTPUTS], const lnti_graph *graph,
                                                     const lnti_backbone_spec *spec, lnt_error *err);

/** Fills in what the file's metadata say and the spec does not. LNT_EDATA. */
LNT_MUST_CHECK lnt_status lnti_backbone_spec_complete(lnti_backbone_spec *spec, const lnti_graph *graph,
                                                      lnt_error *err);

/** For tests, while nobody runs it: as many plans of an output as fit into `bytes`, at least one. */
void lnti_backbone_limit(lnti_backbone *b, lnti_backbone_output output, size_t bytes);
/** How many plans of an output there may be, and there are. */
size_t lnti_backbone_plans_max(const lnti_backbone *b, lnti_backbone_output output);
size_t lnti_backbone_plans(const lnti_backbone *b, lnti_backbone_output output);

#endif
