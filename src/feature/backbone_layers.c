/*
 * The layers of a network that can be asked for: values that running makes, of floating-point numbers, in a shape that is a
 * vector or has one at each place. Their shapes are inferred for one picture; nothing is run.
 */
#include <feature/backbone_parts.h>

#include <base/error.h>
#include <graph/operator.h>
#include <graph/simplify.h>
#include <stdlib.h>
#include <string.h>

/* The name by which a value is found: its own, else that of the node whose first output it is; NULL. */
static const char *name_of(const lnti_graph *graph, const lnti_node *node, size_t output) {
  const char *name = graph->value[node->output[output]].name;
  if (lnti_graph_find(graph, name, strlen(name)) == node->output[output]) return name;
  if (output > 0 || lnti_graph_find(graph, node->name, strlen(node->name)) != LNTI_NO_VALUE) return NULL;
  return node->name;
}

static lnt_status visit_value(const lnti_graph *graph, const lnti_graph *shaped, const lnti_backbone_layout *layout,
                              const lnti_node *node, size_t output, lnti_backbone_layer_visit visit, void *payload,
                              lnt_error *err) {
  const uint32_t value = node->output[output];
  const lnti_tensor *kind = value == LNTI_NO_VALUE ? NULL : &shaped->value[value].kind;
  const char *name = kind ? name_of(graph, node, output) : NULL;
  lnti_backbone_vector vector;
  if (!name || shaped->value[value].constant.data || (kind->dtype != LNTI_F32 && kind->dtype != LNTI_F16))
    return LNT_OK;
  if (lnti_backbone_vector_of(&vector, &kind->shape, layout[value], NULL) != LNT_OK) return LNT_OK;
  const lnti_backbone_layer layer = {name, node->op->name, kind->shape.dim, kind->shape.rank, vector.d};
  return visit(payload, &layer, err);
}

lnt_status lnti_backbone_visit_layers(const lnti_graph *graph, const lnti_tensor *input, bool input_last,
                                      const uint32_t *wanted, size_t n_wanted, const lnti_context *context,
                                      lnti_backbone_layer_visit visit, void *payload, lnt_error *err) {
  lnti_graph *shaped = NULL;
  lnti_backbone_layout *layout = NULL;
  uint32_t *output = NULL;
  lnt_status status = lnti_alloc(&output, graph->n_outputs + n_wanted, sizeof *output, err);
  if (status) return status;
  memcpy(output, graph->output, graph->n_outputs * sizeof *output);
  if (n_wanted > 0) memcpy(output + graph->n_outputs, wanted, n_wanted * sizeof *output);
  const lnti_plan_options options = {.input = input, .output = output, .n_outputs = graph->n_outputs + n_wanted};
  status = lnti_graph_simplify(&shaped, graph, &options, context, err);
  if (!status) status = lnti_backbone_layouts(&layout, graph, input_last, err);
  for (size_t i = 0; i < graph->n_nodes && !status; i++) {
    const lnti_node *node = &graph->node[i];
    for (size_t k = 0; k < node->n_outputs && !status; k++)
      status = visit_value(graph, shaped, layout, node, k, visit, payload, err);
  }
  free(layout);
  free(output);
  lnti_graph_free(shaped);
  return status;
}
