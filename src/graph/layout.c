/*
 * Layouts. Convolutions and pools run best where the channels of a place lie beside each other in groups as wide as the CPU's
 * registers, so what they make is blocked; what works on each element goes on with that; all else wants its inputs row-major.
 * Each value keeps its number for its row-major form, and gets another one for the blocked form.
 */
#include <graph/layout.h>

#include <base/error.h>
#include <graph/window.h>
#include <stdlib.h>
#include <string.h>

typedef struct laying {
  lnti_graph *graph;
  unsigned block;
  bool half;
  lnti_node *old; /* the nodes before; the graph's list is written anew */
  size_t n_old;
  uint32_t *blocked; /* [values] the number of the blocked form, or LNTI_NO_VALUE */
  bool *flat;        /* [values] the row-major form is there */
  const lnti_operator *reorder, *view;
} laying;

static bool is_f32_plane(const lnti_tensor *t) {
  return t->dtype == LNTI_F32 && t->shape.rank == 4;
}

static bool is_conv(const lnti_node *node) {
  return strcmp(node->op->name, "Conv") == 0 || strcmp(node->op->name, "FusedConv") == 0;
}

static bool one_of(const char *name, const char *const *names) {
  for (; *names; names++) {
    if (strcmp(*names, name) == 0) return true;
  }
  return false;
}

bool lnti_node_is_window(const lnti_graph *graph, const lnti_node *node) {
  static const char *const pools[] = {"AveragePool", "GlobalAveragePool", "GlobalMaxPool", "MaxPool", NULL};
  const lnti_value *v = graph->value;
  if (node->n_inputs == 0 || !is_f32_plane(&v[node->input[0]].kind) || node->n_outputs != 1) return false;
  if (lnti_shape_count(&v[node->input[0]].kind.shape) == 0) return false;
  if (one_of(node->op->name, pools)) return lnti_pool_is_simple(node);
  if (!is_conv(node) || !v[node->input[1]].constant.data) return false;
  return node->n_inputs < 3 || node->input[2] == LNTI_NO_VALUE || v[node->input[2]].constant.data;
}

/* ---- forms of values ---- */

static lnt_status new_form(uint32_t *out, laying *l, uint32_t value, lnt_error *err) {
  lnti_graph *g = l->graph;
  lnt_status status = lnti_graph_add_value(out, g, g->value[value].name, err);
  if (status) return status;
  g->value[*out].kind = g->value[value].kind;
  g->value[*out].kind.block = l->half ? (unsigned)g->value[value].kind.shape.dim[1] : l->block;
  if (l->half) g->value[*out].kind.dtype = LNTI_BF16;
  l->blocked[value] = *out;
  return LNT_OK;
}

static lnt_status add_reorder(laying *l, uint32_t from, uint32_t to, lnt_error *err) {
  const lnti_tensor *t = &l->graph->value[from].kind;
  bool alike = !l->half && lnti_shape_span(&t->shape, 2, t->shape.rank) == 1 && t->shape.dim[1] % l->block == 0;
  lnti_node node = {.op = alike ? l->view : l->reorder,
                    .name = "reorder",
                    .input = &from,
                    .output = &to,
                    .n_inputs = 1,
                    .n_outputs = 1,
                    .version = 1};
  return lnti_graph_add_node(l->graph, &node, err);
}

/* The form of a value that is wanted, made now where it is not there yet. */
static lnt_status form(uint32_t *value, laying *l, bool blocked, lnt_error *err) {
  uint32_t v = *value, other = LNTI_NO_VALUE;
  lnt_status status = LNT_OK;
  if (v == LNTI_NO_VALUE) return LNT_OK;
  if (blocked) {
    if (l->blocked[v] == LNTI_NO_VALUE) {
      status = new_form(&other, l, v, err);
      if (!status) status = add_reorder(l, v, other, err);
    }
    *value = l->blocked[v];
  } else if (!l->flat[v]) {
    status = add_reorder(l, l->blocked[v], v, err);
    l->flat[v] = true;
  }
  return status;
}

/* ---- what a node wants ---- */

static const lnti_tensor *kind(const laying *l, uint32_t value) {
  return &l->graph->value[value].kind;
}

static bool is_blocked(const laying *l, uint32_t value) {
  return value != LNTI_NO_VALUE && l->blocked[value] != LNTI_NO_VALUE;
}

/* The first convolution reads few channels: they are taken as they are. */
static bool reads_flat(const laying *l, const lnti_node *node) {
  return !l->half && is_conv(node) && kind(l, node->input[0])->shape.dim[1] < l->block &&
         lnti_node_int(node, "group", 1) == 1;
}

/* True for operators on each element whose inputs can all be blocked: one is already, and the others have its channels, or
 * one element. */
static bool goes_on_blocked(const laying *l, const lnti_node *node) {
  bool any = false;
  if (l->half || !node->op->blocked || node->n_outputs != 1 || !is_f32_plane(kind(l, node->output[0]))) return false;
  size_t channels = kind(l, node->output[0])->shape.dim[1];
  for (size_t k = 0; k < node->n_inputs; k++) {
    if (node->input[k] == LNTI_NO_VALUE) continue;
    const lnti_tensor *t = kind(l, node->input[k]);
    any |= is_blocked(l, node->input[k]);
    if (lnti_shape_count(&t->shape) == 1 && t->shape.rank < 4) continue;
    if (!is_f32_plane(t) || t->shape.dim[1] != channels) return false;
  }
  return any;
}

/* Whole groups can be put behind each other. */
static bool joins_groups(const laying *l, const lnti_node *node) {
  bool any = false;
  if (l->half || strcmp(node->op->name, "Concat") != 0 || !is_f32_plane(kind(l, node->output[0]))) return false;
  int64_t axis = lnti_node_int(node, "axis", 1);
  if (axis != 1 && axis != -3) return false;
  for (size_t k = 0; k < node->n_inputs; k++) {
    any |= is_blocked(l, node->input[k]);
    if (kind(l, node->input[k])->shape.dim[1] % l->block != 0) return false;
  }
  return any;
}

/* What the library's kernels do not do blocked: 1x1 windows over padding, and groups that begin within a group of the layout,
 * unless each channel is one. Averages stay f32: they are what embeddings are made of. */
static bool wants_flat(const laying *l, const lnti_node *node) {
  int64_t group = lnti_node_int(node, "group", 1);
  size_t n = 0;
  bool padded = false;
  if (!is_conv(node)) return l->half && strstr(node->op->name, "Average") != NULL;
  const lnti_shape *w = &kind(l, node->input[1])->shape;
  const int64_t *pads = lnti_node_ints(&n, node, "pads");
  for (size_t i = 0; i < n; i++) padded |= pads[i] != 0;
  if (group == 1) return padded && w->dim[2] == 1 && w->dim[3] == 1;
  bool depthwise = w->dim[1] == 1 && w->dim[0] == (size_t)group;
  return !depthwise && (w->dim[1] % l->block != 0 || w->dim[0] / (size_t)group % l->block != 0);
}

/* Node `node` with its inputs in the forms that it wants. */
static lnt_status lay_node(laying *l, const lnti_node *node, lnt_error *err) {
  uint32_t input[LNTI_NODE_VALUES_MAX], output[LNTI_NODE_VALUES_MAX];
  bool window = lnti_node_is_window(l->graph, node) && !wants_flat(l, node);
  bool blocked = window || goes_on_blocked(l, node) || joins_groups(l, node);
  lnti_node copy = *node;
  lnt_status status = LNT_OK;
  for (size_t k = 0; k < node->n_inputs && !status; k++) {
    input[k] = node->input[k];
    /* Weights and bias are for the library to lay out; single elements stay. */
    bool plane = blocked && input[k] != LNTI_NO_VALUE && kind(l, input[k])->shape.rank == 4;
    if (window && (k == 1 || k == 2)) plane = false;
    if (window && k == 0 && reads_flat(l, node)) plane = false;
    status = form(&input[k], l, plane, err);
  }
  for (size_t k = 0; k < node->n_outputs && !status; k++) {
    output[k] = node->output[k];
    if (output[k] == LNTI_NO_VALUE) continue;
    if (blocked) {
      status = new_form(&output[k], l, node->output[k], err);
    } else {
      l->flat[output[k]] = true;
    }
  }
  copy.input = input;
  copy.output = output;
  return status ? status : lnti_graph_add_node(l->graph, &copy, err);
}

static lnt_status lay_all(laying *l, lnt_error *err) {
  lnti_graph *g = l->graph;
  lnt_status status = LNT_OK;
  for (size_t i = 0; i < l->n_old && !status; i++) status = lay_node(l, &l->old[i], err);
  for (size_t k = 0; k < g->n_outputs && !status; k++) {
    uint32_t value = g->output[k];
    status = form(&value, l, false, err);
  }
  return status;
}

lnt_status lnti_graph_lay_out(lnti_graph *graph, unsigned block, bool half, lnt_error *err) {
  size_t n = graph->n_values;
  laying l = {.graph = graph,
              .block = block,
              .half = half,
              .n_old = graph->n_nodes,
              .reorder = lnti_operator_find("Reorder", "linnet"),
              .view = lnti_operator_find("ReorderView", "linnet")};
  if (block == 0) return LNT_OK;
  lnt_status status = lnti_alloc(&l.old, l.n_old, sizeof *l.old, err);
  if (!status) status = lnti_alloc(&l.blocked, n, sizeof *l.blocked, err);
  if (!status) status = lnti_alloc_zero(&l.flat, n, sizeof *l.flat, err);
  if (!status) {
    if (l.n_old > 0) memcpy(l.old, graph->node, l.n_old * sizeof *l.old);
    for (size_t v = 0; v < n; v++) {
      l.blocked[v] = LNTI_NO_VALUE;
      l.flat[v] = graph->value[v].constant.data != NULL;
    }
    for (size_t k = 0; k < graph->n_inputs; k++) l.flat[graph->input[k]] = true;
    graph->n_nodes = 0;
    status = lay_all(&l, err);
  }
  free(l.flat);
  free(l.blocked);
  free(l.old);
  return status;
}
