/*
 * Which values of a network are its classes and its embedding. Exporters name them as they like, so what is not named well is
 * found by what it is made from: the classes are what the network ends in, less a softmax; the embedding is what the last
 * layer with weights (the classifier) takes.
 */
#include <feature/backbone_parts.h>

#include <base/error.h>
#include <base/text.h>
#include <graph/operator.h>
#include <stdlib.h>
#include <string.h>

/* ---- shapes ---- */

/* Of a map [a,b,c]. */
static bool channels_are_first(const size_t dim[3], lnti_backbone_layout layout) {
  if (layout != LNTI_LAYOUT_UNKNOWN) return layout == LNTI_LAYOUT_FIRST;
  if ((dim[1] == dim[2]) != (dim[0] == dim[1])) return dim[1] == dim[2];
  return dim[0] >= dim[2];
}

lnt_status lnti_backbone_vector_of(lnti_backbone_vector *out, const lnti_shape *shape, lnti_backbone_layout layout,
                                   lnt_error *err) {
  size_t dim[LNTI_RANK_MAX], n = 0;
  for (size_t i = 0; i < shape->rank; i++) {
    if (i == 0 && shape->rank > 1 && shape->dim[0] == 1) continue; /* the one picture */
    dim[n++] = shape->dim[i];
  }
  lnti_backbone_vector v = {1, 0, 1};
  if (n == 1) {
    v.d = dim[0];
  } else if (n == 2) { /* tokens */
    v = (lnti_backbone_vector){dim[0], dim[1], 1};
  } else if (n == 3 && channels_are_first(dim, layout)) {
    v = (lnti_backbone_vector){1, dim[0], dim[1] * dim[2]};
  } else if (n == 3) {
    v = (lnti_backbone_vector){dim[0] * dim[1], dim[2], 1};
  }
  if (v.outer == 0 || v.d == 0 || v.inner == 0)
    return lnti_fail(err, LNT_EUNSUPPORTED,
                     "it has %zu dimensions; a list of numbers, of tokens or a map of channels is needed", shape->rank);
  *out = v;
  return LNT_OK;
}

/* ---- going back from the end ---- */

typedef struct network {
  const lnti_graph *graph;
  uint32_t *maker; /* [n_values] node that makes a value; UINT32_MAX */
} network;

static const lnti_node *maker_of(const network *net, uint32_t value) {
  uint32_t node = value == LNTI_NO_VALUE ? UINT32_MAX : net->maker[value];
  return node == UINT32_MAX ? NULL : &net->graph->node[node];
}

static bool is_one_of(const lnti_node *node, const char *const *names) {
  for (size_t i = 0; names[i]; i++) {
    if (strcmp(node->op->name, names[i]) == 0) return true;
  }
  return false;
}

/* The numbers stay, or their order does. */
static const char *const same_numbers[] = {"Identity",       "Flatten",          "Reshape",   "Squeeze",
                                           "Unsqueeze",      "Dropout",          "Cast",      "Softmax",
                                           "QuantizeLinear", "DequantizeLinear", "Transpose", NULL};
/* What may stand behind a classifier's layer: its bias, pooling, an activation. */
static const char *const after_layer[] = {"Add",         "Relu",       "Clip", "GlobalAveragePool",
                                          "AveragePool", "ReduceMean", NULL};
static const char *const layers[] = {"Gemm", "MatMul", "Conv", "QLinearMatMul", "QLinearConv", NULL};

static bool is_constant(const network *net, uint32_t value) {
  if (value == LNTI_NO_VALUE || net->graph->value[value].constant.data) return true;
  /* Weights may be kept in eight bits and widened when the network runs. */
  const lnti_node *node = maker_of(net, value);
  if (!node || node->n_inputs == 0 || !is_one_of(node, same_numbers)) return false;
  return node->input[0] != LNTI_NO_VALUE && net->graph->value[node->input[0]].constant.data != NULL;
}

/* The input of a node that is no constant; LNTI_NO_VALUE where there are none or several. */
static uint32_t only_input(const network *net, const lnti_node *node) {
  uint32_t found = LNTI_NO_VALUE;
  for (size_t k = 0; k < node->n_inputs; k++) {
    if (is_constant(net, node->input[k])) continue;
    if (found != LNTI_NO_VALUE) return LNTI_NO_VALUE;
    found = node->input[k];
  }
  return found;
}

/* Scores rather than probabilities, where the network ends in a softmax. */
static uint32_t before_softmax(const network *net, uint32_t value) {
  uint32_t at = value;
  for (const lnti_node *node = maker_of(net, at); node; node = maker_of(net, at)) {
    if (strcmp(node->op->name, "Softmax") == 0) return node->input[0];
    if (!is_one_of(node, same_numbers)) break;
    at = only_input(net, node);
  }
  return value;
}

/* What the classifier takes that makes these scores. */
static uint32_t before_classifier(const network *net, uint32_t value) {
  for (const lnti_node *node = maker_of(net, value); node; node = maker_of(net, value)) {
    uint32_t from = only_input(net, node);
    if (is_one_of(node, layers)) return from;
    if (!is_one_of(node, same_numbers) && !is_one_of(node, after_layer)) break;
    value = from;
  }
  return LNTI_NO_VALUE;
}

/* ---- names ---- */

static uint32_t output_of_names(const lnti_graph *graph, const char *const *names) {
  for (size_t i = 0; names[i]; i++) {
    for (size_t k = 0; k < graph->n_outputs; k++) {
      const char *name = graph->value[graph->output[k]].name;
      if (strcmp(name, names[i]) == 0) return graph->output[k];
    }
  }
  return LNTI_NO_VALUE;
}

static lnt_status fail_no_layer(const lnti_graph *graph, const char *name, lnt_error *err) {
  const char **names = NULL;
  size_t n = 0;
  lnt_status status = lnti_alloc(&names, graph->n_values + graph->n_nodes, sizeof *names, err);
  if (status) return status;
  for (size_t v = 0; v < graph->n_values; v++) {
    if (!graph->value[v].constant.data) names[n++] = graph->value[v].name;
  }
  for (size_t i = 0; i < graph->n_nodes; i++) names[n++] = graph->node[i].name;
  const char *near = lnti_nearest_name(name, names, n);
  const char *last = graph->value[graph->output[0]].name;
  status =
      near ? lnti_fail(err, LNT_EINVAL,
                       "the network has no layer \"%.100s\"; did you mean \"%.100s\"? 'linnet backbone show' lists "
                       "all",
                       name, near)
           : lnti_fail(err, LNT_EINVAL,
                       "the network has no layer \"%.100s\"; it ends in \"%.100s\", and 'linnet backbone show' lists "
                       "all",
                       name, last);
  free(names);
  return status;
}

/* A value that running makes, by its name or that of its node. */
static lnt_status find_named(uint32_t *out, const lnti_graph *graph, const char *name, lnt_error *err) {
  uint32_t value = lnti_graph_find(graph, name, strlen(name));
  for (size_t i = 0; i < graph->n_nodes && value == LNTI_NO_VALUE; i++) {
    if (strcmp(graph->node[i].name, name) == 0) value = graph->node[i].output[0];
  }
  if (value == LNTI_NO_VALUE || graph->value[value].constant.data) return fail_no_layer(graph, name, err);
  *out = value;
  return LNT_OK;
}

static lnt_status make_network(network *net, const lnti_graph *graph, lnt_error *err) {
  net->graph = graph;
  lnt_status status = lnti_alloc(&net->maker, graph->n_values, sizeof *net->maker, err);
  if (status) return status;
  memset(net->maker, 0xff, graph->n_values * sizeof *net->maker);
  for (size_t i = 0; i < graph->n_nodes; i++) {
    for (size_t k = 0; k < graph->node[i].n_outputs; k++) {
      if (graph->node[i].output[k] != LNTI_NO_VALUE) net->maker[graph->node[i].output[k]] = (uint32_t)i;
    }
  }
  return LNT_OK;
}

/* Layers that are for maps have their channels first; a transposition says where it puts them; what computes each number from
 * those of the same place passes on what it takes. */
static lnti_backbone_layout layout_of_node(const lnti_node *node, bool *passes_on) {
  static const char *const first[] = {"Conv",
                                      "QLinearConv",
                                      "ConvTranspose",
                                      "MaxPool",
                                      "AveragePool",
                                      "GlobalAveragePool",
                                      "GlobalMaxPool",
                                      "BatchNormalization",
                                      "InstanceNormalization",
                                      "LRN",
                                      "DepthToSpace",
                                      "SpaceToDepth",
                                      NULL};
  static const char *const other[] = {"Reshape", "Flatten", "Squeeze", "Unsqueeze", "MatMul", "Gemm", "Gather", NULL};
  static const int64_t to_last[] = {0, 2, 3, 1}, to_first[] = {0, 3, 1, 2};
  *passes_on = false;
  if (is_one_of(node, first)) return LNTI_LAYOUT_FIRST;
  if (strcmp(node->op->name, "Transpose") == 0) {
    size_t n = 0;
    const int64_t *perm = lnti_node_ints(&n, node, "perm");
    if (!perm || n != 4) return LNTI_LAYOUT_UNKNOWN;
    if (memcmp(perm, to_last, sizeof to_last) == 0) return LNTI_LAYOUT_LAST;
    return memcmp(perm, to_first, sizeof to_first) == 0 ? LNTI_LAYOUT_FIRST : LNTI_LAYOUT_UNKNOWN;
  }
  *passes_on = !is_one_of(node, other);
  return LNTI_LAYOUT_UNKNOWN;
}

lnt_status lnti_backbone_layouts(lnti_backbone_layout **out, const lnti_graph *graph, bool input_last, lnt_error *err) {
  network net = {0};
  lnti_backbone_layout *layout = NULL;
  lnt_status status = lnti_alloc_zero(&layout, graph->n_values, sizeof *layout, err); /* 0: unknown */
  if (!status) status = make_network(&net, graph, err);
  if (status) {
    free(layout);
    return status;
  }
  layout[graph->input[0]] = input_last ? LNTI_LAYOUT_LAST : LNTI_LAYOUT_FIRST;
  for (size_t i = 0; i < graph->n_nodes; i++) {
    const lnti_node *node = &graph->node[i];
    bool passes_on = false;
    lnti_backbone_layout made = layout_of_node(node, &passes_on);
    for (size_t k = 0; k < node->n_inputs && passes_on; k++) {
      if (is_constant(&net, node->input[k])) continue;
      made = layout[node->input[k]];
      break;
    }
    for (size_t k = 0; k < node->n_outputs; k++) {
      if (node->output[k] != LNTI_NO_VALUE) layout[node->output[k]] = made;
    }
  }
  free(net.maker);
  *out = layout;
  return LNT_OK;
}

lnt_status lnti_backbone_find_outputs(uint32_t value_out[LNTI_BACKBONE_OUTPUTS], const lnti_graph *graph,
                                      const lnti_backbone_spec *spec, lnt_error *err) {
  static const char *const embedding_names[] = {"features",      "embedding",    "embeddings",  "feature_vector",
                                                "pooler_output", "image_embeds", "global_pool", NULL};
  static const char *const class_names[] = {"logits", "scores", "probabilities", "probs", "output", NULL};
  network net = {0};
  uint32_t embedding = LNTI_NO_VALUE, classes = LNTI_NO_VALUE;
  lnt_status status = make_network(&net, graph, err);
  if (status) return status;
  const uint32_t named = output_of_names(graph, embedding_names);
  if (spec->classes && spec->classes[0]) {
    status = find_named(&classes, graph, spec->classes, err);
  } else if (!spec->classes) {
    classes = output_of_names(graph, class_names);
    for (size_t k = 0; k < graph->n_outputs && classes == LNTI_NO_VALUE; k++) {
      if (graph->output[k] != named) classes = graph->output[k];
    }
    if (classes != LNTI_NO_VALUE) classes = before_softmax(&net, classes);
  }
  if (!status && spec->layer) {
    status = find_named(&embedding, graph, spec->layer, err);
  } else if (!status) {
    embedding = named;
    if (embedding == LNTI_NO_VALUE && classes != LNTI_NO_VALUE) embedding = before_classifier(&net, classes);
  }
  free(net.maker);
  if (status) return status;
  value_out[LNTI_BACKBONE_EMBEDDING] = embedding;
  value_out[LNTI_BACKBONE_CLASSES] = classes;
  return LNT_OK;
}
