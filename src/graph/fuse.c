/*
 * Fusing nodes. What a convolution makes is normalised, added to and activated where it is written, instead of being read and
 * written again by each of the nodes that do so; a batch normalisation disappears into the weights
 * (its scale is the same for all that one channel is made of).
 *
 * A node is fused with the one that takes its result where nobody else does. It then stands where that one stood: whatever
 * that takes besides has been made by then.
 */
#include <graph/fuse.h>

#include <base/error.h>
#include <graph/operator.h>
#include <graph/simplify.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct fusing {
  lnti_graph *graph;
  uint32_t *n_uses; /* [values] by nodes and as outputs */
  uint32_t *user;   /* [values] the last node that takes it */
  const lnti_operator *fused_conv, *silu, *hard_swish;
} fusing;

static bool is_op(const lnti_node *node, const char *name) {
  return node->op && strcmp(node->op->name, name) == 0 && *node->op->domain == 0;
}

static void count_uses(fusing *f) {
  const lnti_graph *g = f->graph;
  for (size_t v = 0; v < g->n_values; v++) {
    f->n_uses[v] = 0;
    f->user[v] = LNTI_NO_VALUE;
  }
  for (size_t i = 0; i < g->n_nodes; i++) {
    for (size_t k = 0; k < g->node[i].n_inputs; k++) {
      uint32_t v = g->node[i].input[k];
      if (v == LNTI_NO_VALUE || !g->node[i].op) continue;
      f->n_uses[v]++;
      f->user[v] = (uint32_t)i;
    }
  }
  for (size_t k = 0; k < g->n_outputs; k++) f->n_uses[g->output[k]]++;
}

/* The node that alone takes the only result of node i; NULL where there is no such one. */
static lnti_node *only_user(const fusing *f, const lnti_node *node) {
  uint32_t v = node->output[0];
  if (node->n_outputs != 1 || f->n_uses[v] != 1 || f->user[v] == LNTI_NO_VALUE) return NULL;
  return &f->graph->node[f->user[v]];
}

static const lnti_tensor *constant_of(const fusing *f, uint32_t value) {
  const lnti_tensor *t = value == LNTI_NO_VALUE ? NULL : &f->graph->value[value].constant;
  return t && t->data ? t : NULL;
}

/* ---- activations that are written out ---- */

/* x * Sigmoid(x) is Silu; x * HardSigmoid(x) with slope 1/6 and offset 1/2 is HardSwish. */
static void join_gate(fusing *f, lnti_node *gate) {
  bool soft = is_op(gate, "Sigmoid");
  if (!soft && !is_op(gate, "HardSigmoid")) return;
  if (!soft &&
      (fabsf(lnti_node_float(gate, "alpha", 0.2f) - 1.0f / 6) > 1e-6f || lnti_node_float(gate, "beta", 0.5f) != 0.5f)) {
    return;
  }
  lnti_node *product = only_user(f, gate);
  uint32_t x = gate->input[0];
  if (!product || !is_op(product, "Mul")) return;
  bool gated = (product->input[0] == x && product->input[1] == gate->output[0]) ||
               (product->input[1] == x && product->input[0] == gate->output[0]);
  if (!gated) return;
  product->op = soft ? f->silu : f->hard_swish;
  product->input[0] = x;
  product->n_inputs = 1;
  product->n_attributes = 0;
  gate->op = NULL;
  f->n_uses[x]--;
}

/* ---- what follows a convolution ---- */

/* A convolution that grows: where it stands by now, and what has been taken in. */
typedef struct growing {
  lnti_node node;
  lnti_node *place;
  uint32_t input[4]; /* x, weights, bias, addend */
  lnti_attribute attribute[16];
  bool changed;
} growing;

static lnt_status new_constant(float **out, uint32_t *value, fusing *f, const char *name, const lnti_shape *shape,
                               lnt_error *err) {
  if (f->graph->arena.bytes > LNTI_FOLDED_MAX) {
    return lnti_fail(err, LNT_ELIMIT, "the constants of the network are larger than 1 GiB");
  }
  lnt_status status = lnti_graph_add_value(value, f->graph, name, err);
  if (!status) status = lnti_graph_set_constant(out, f->graph, *value, LNTI_F32, shape, err);
  if (status) return status;
  f->graph->value[*value].kind = (lnti_tensor){.dtype = LNTI_F32, .shape = *shape};
  return LNT_OK;
}

static bool is_f32(const lnti_tensor *t) {
  return t && t->dtype == LNTI_F32;
}

/* y = (conv(x) - mean) * scale / sqrt(variance + epsilon) + shift, as weights and bias of the convolution. */
static lnt_status take_norm(growing *g, fusing *f, const lnti_node *norm, bool *taken, lnt_error *err) {
  const lnti_tensor *w = constant_of(f, g->input[1]), *bias = constant_of(f, g->input[2]);
  const float *p[4] = {NULL}; /* new values may move the list of them, and the tensors with it */
  float *weights = NULL, *shifts = NULL;
  uint32_t new_w = 0, new_b = 0;
  bool fits = is_f32(w) && (g->input[2] == LNTI_NO_VALUE || is_f32(bias));
  for (size_t k = 0; k < 4; k++) {
    const lnti_tensor *t = constant_of(f, norm->input[k + 1]);
    fits = fits && is_f32(t);
    if (fits) p[k] = t->data;
  }
  *taken = fits;
  if (!fits) return LNT_OK;
  size_t channels = w->shape.dim[0], each = channels ? lnti_shape_count(&w->shape) / channels : 0;
  const lnti_shape one = {.rank = 1, .dim = {channels}}, shape = w->shape;
  const float *old = w->data, *old_bias = bias ? bias->data : NULL;
  lnt_status status = new_constant(&weights, &new_w, f, "folded weights", &shape, err);
  if (!status) status = new_constant(&shifts, &new_b, f, "folded bias", &one, err);
  if (status) return status;
  double epsilon = (double)lnti_node_float(norm, "epsilon", 1e-5f);
  for (size_t c = 0; c < channels; c++) {
    double scale = (double)p[0][c] / sqrt((double)p[3][c] + epsilon);
    double before = (old_bias ? (double)old_bias[c] : 0) - (double)p[2][c];
    for (size_t k = 0; k < each; k++) weights[c * each + k] = (float)((double)old[c * each + k] * scale);
    shifts[c] = (float)(before * scale + (double)p[1][c]);
  }
  g->input[1] = new_w;
  g->input[2] = new_b;
  return LNT_OK;
}

/* Something of the same shape that is added to what the convolution makes. */
static bool take_addend(growing *g, const fusing *f, const lnti_node *add) {
  uint32_t mine = g->node.output[0];
  uint32_t other = add->input[0] == mine ? add->input[1] : add->input[0];
  if (g->input[3] != LNTI_NO_VALUE || other == mine || constant_of(f, other)) return false;
  if (!lnti_shape_equal(&f->graph->value[other].kind.shape, &f->graph->value[mine].kind.shape)) return false;
  g->input[3] = other;
  return true;
}

static void note_attribute(growing *g, const char *name, lnti_attribute_kind kind, const char *text, float number) {
  g->attribute[g->node.n_attributes++] = (lnti_attribute){.name = name, .kind = kind, .s = text, .f = number};
}

static float bound(const fusing *f, const lnti_node *node, size_t k, const char *name, float otherwise) {
  const lnti_tensor *t = k < node->n_inputs ? constant_of(f, node->input[k]) : NULL;
  return t ? ((const float *)t->data)[0] : lnti_node_float(node, name, otherwise);
}

/* The library wants the lower bound below the upper one. */
static bool bounds_in_order(const fusing *f, const lnti_node *node) {
  return bound(f, node, 1, "min", -INFINITY) <= bound(f, node, 2, "max", INFINITY);
}

/* The activation and its parameters; bounds of Clip that are inputs become attributes. */
static bool take_activation(growing *g, const fusing *f, const lnti_node *node) {
  static const char *const names[] = {"Clip", "Elu",  "Gelu",    "HardSwish", "LeakyRelu",
                                      "Mish", "Relu", "Sigmoid", "Silu",      "Tanh"};
  size_t i = 0, n = sizeof names / sizeof *names;
  while (i < n && strcmp(node->op->name, names[i]) != 0) i++;
  if (i == n || node->n_attributes + g->node.n_attributes + 3 > sizeof g->attribute / sizeof *g->attribute)
    return false;
  for (size_t k = 1; k < node->n_inputs; k++) {
    if (node->input[k] != LNTI_NO_VALUE && !is_f32(constant_of(f, node->input[k]))) return false;
  }
  if (strcmp(names[i], "Clip") == 0 && !bounds_in_order(f, node)) return false;
  note_attribute(g, "activation", LNTI_ATTRIBUTE_STRING, names[i], 0);
  for (size_t k = 0; k < node->n_attributes; k++) g->attribute[g->node.n_attributes++] = node->attribute[k];
  for (size_t k = 1; k < node->n_inputs; k++) {
    const lnti_tensor *t = constant_of(f, node->input[k]);
    if (t) note_attribute(g, k == 1 ? "min" : "max", LNTI_ATTRIBUTE_FLOAT, NULL, ((const float *)t->data)[0]);
  }
  return true;
}

/* Moves the growing node to where the one that it takes in stood. */
static void move_to(growing *g, fusing *f, lnti_node *next) {
  g->place->op = NULL;
  g->place = next;
  g->node.output = next->output;
  g->changed = true;
  (void)f;
}

static lnt_status grow(growing *g, fusing *f, lnt_error *err) {
  for (;;) {
    lnti_node *next = only_user(f, &g->node);
    bool taken = false;
    if (!next || !next->op) return LNT_OK;
    if (is_op(next, "BatchNormalization") && next->n_outputs == 1 && g->input[3] == LNTI_NO_VALUE) {
      lnt_status status = take_norm(g, f, next, &taken, err);
      if (status) return status;
    } else if (is_op(next, "Add")) {
      taken = take_addend(g, f, next);
    } else if (take_activation(g, f, next)) {
      move_to(g, f, next);
      return LNT_OK; /* nothing is taken in after it */
    }
    if (!taken) return LNT_OK;
    move_to(g, f, next);
  }
}

static lnt_status grow_conv(fusing *f, lnti_node *conv, lnt_error *err) {
  growing g = {.node = *conv, .place = conv};
  const lnti_tensor *w = constant_of(f, conv->input[1]);
  if (!is_f32(w) || f->graph->value[conv->input[0]].kind.dtype != LNTI_F32) return LNT_OK;
  if (conv->n_attributes > 8) return LNT_OK;
  memcpy(g.attribute, conv->attribute, conv->n_attributes * sizeof *conv->attribute);
  for (size_t k = 0; k < 4; k++) g.input[k] = k < conv->n_inputs ? conv->input[k] : LNTI_NO_VALUE;
  g.node.n_outputs = 1;
  lnt_status status = grow(&g, f, err);
  if (status || !g.changed) return status;
  const char *name = conv->name;
  lnti_node fused = g.node;
  fused.op = f->fused_conv;
  fused.name = name;
  fused.input = g.input;
  fused.n_inputs = 4;
  while (fused.input[fused.n_inputs - 1] == LNTI_NO_VALUE) fused.n_inputs--;
  fused.attribute = g.attribute;
  /* A copy in the graph's memory, made at the end of the list and moved to its place. */
  size_t place = (size_t)(g.place - f->graph->node);
  status = lnti_graph_add_node(f->graph, &fused, err);
  if (status) return status;
  f->graph->node[place] = f->graph->node[--f->graph->n_nodes];
  return LNT_OK;
}

/* ---- the pass ---- */

static void drop_empty(lnti_graph *g) {
  size_t kept = 0;
  for (size_t i = 0; i < g->n_nodes; i++) {
    if (g->node[i].op) g->node[kept++] = g->node[i];
  }
  g->n_nodes = kept;
}

static lnt_status run_fusing(fusing *f, lnt_error *err) {
  lnti_graph *g = f->graph;
  lnt_status status = LNT_OK;
  count_uses(f);
  for (size_t i = 0; i < g->n_nodes; i++) {
    if (g->node[i].op) join_gate(f, &g->node[i]);
  }
  drop_empty(g);
  count_uses(f);
  for (size_t i = 0; i < g->n_nodes && !status; i++) {
    if (is_op(&g->node[i], "Conv")) status = grow_conv(f, &g->node[i], err);
  }
  if (status) return status;
  drop_empty(g);
  return lnti_graph_prune(g, err);
}

lnt_status lnti_graph_fuse(lnti_graph *graph, lnt_error *err) {
  fusing f = {.graph = graph,
              .fused_conv = lnti_operator_find("FusedConv", "linnet"),
              .silu = lnti_operator_find("Silu", "linnet"),
              .hard_swish = lnti_operator_find("HardSwish", "")};
  /* Each convolution may add two constants. */
  size_t n = graph->n_values + 2 * graph->n_nodes;
  lnt_status status = lnti_alloc_zero(&f.n_uses, n, sizeof *f.n_uses, err);
  if (!status) status = lnti_alloc_zero(&f.user, n, sizeof *f.user, err);
  if (!status) status = run_fusing(&f, err);
  free(f.user);
  free(f.n_uses);
  return status;
}
