/*
 * Simplifying a graph for known shapes of its inputs. Shapes are inferred node by node; a node whose inputs are all constant is
 * computed at once, by which the arithmetic on shapes that exporters write disappears, and with it most of what is hard about
 * their graphs.
 */
#include <graph/simplify.h>

#include <assert.h>
#include <base/error.h>
#include <graph/operator.h>
#include <stdlib.h>
#include <string.h>

/* ---- what is needed ---- */

/* Nodes that make something wanted, from the last to the first: each comes after those that it takes from. */
static lnt_status mark_needed(bool *needed, const lnti_graph *g, const uint32_t *output, size_t n_outputs,
                              lnt_error *err) {
  bool *wanted = NULL;
  lnt_status status = lnti_alloc_zero(&wanted, g->n_values, sizeof *wanted, err);
  if (status) return status;
  for (size_t k = 0; k < n_outputs; k++) wanted[output[k]] = true;
  for (size_t i = g->n_nodes; i-- > 0;) {
    const lnti_node *node = &g->node[i];
    needed[i] = false;
    for (size_t k = 0; k < node->n_outputs; k++) {
      uint32_t v = node->output[k];
      needed[i] |= v != LNTI_NO_VALUE && wanted[v] && !g->value[v].constant.data;
    }
    for (size_t k = 0; needed[i] && k < node->n_inputs; k++) {
      if (node->input[k] != LNTI_NO_VALUE) wanted[node->input[k]] = true;
    }
  }
  free(wanted);
  return LNT_OK;
}

lnt_status lnti_graph_prune(lnti_graph *graph, lnt_error *err) {
  bool *needed = NULL;
  size_t kept = 0;
  lnt_status status = lnti_alloc(&needed, graph->n_nodes, sizeof *needed, err);
  if (!status) status = mark_needed(needed, graph, graph->output, graph->n_outputs, err);
  for (size_t i = 0; i < graph->n_nodes && !status; i++) {
    if (needed[i]) graph->node[kept++] = graph->node[i];
  }
  if (!status) graph->n_nodes = kept;
  free(needed);
  return status;
}

/* ---- shapes and constants ---- */

typedef struct simplifying {
  const lnti_graph *from;
  lnti_graph *to;
  const lnti_context *context;
  const lnti_tensor *input[LNTI_NODE_VALUES_MAX];
  lnti_tensor output[LNTI_NODE_VALUES_MAX];
} simplifying;

static bool all_constant(const lnti_graph *g, const lnti_node *node) {
  for (size_t k = 0; k < node->n_inputs; k++) {
    if (node->input[k] != LNTI_NO_VALUE && !g->value[node->input[k]].constant.data) return false;
  }
  return true;
}

/* What would take long is left to be run, where it can be stopped: products of two inputs that are both large, which need not be
 * the first two (quantised ones have scales between them); an operator that takes more says how many. */
static bool is_quick(const lnti_call *call) {
  enum { MANY = 1 << 26, LOOKED_AT = 4 };
  size_t made = 0, most = 0, second = 0;
  for (size_t k = 0; k < call->n_outputs; k++) made += lnti_shape_count(&call->output[k].shape);
  for (size_t k = 0; k < call->n_inputs && k < LOOKED_AT; k++) {
    size_t n = call->input[k] ? lnti_shape_count(&call->input[k]->shape) : 1;
    if (n > most) {
      second = most;
      most = n;
    } else if (n > second) {
      second = n;
    }
  }
  if (call->n_inputs == 1) second = most;
  if (call->products > MANY || call->scratch_bytes > LNTI_FOLDED_MAX) return false;
  return made <= MANY && (second == 0 || made <= ((size_t)1 << 36) / second);
}

/* Computes a node now. Outputs that have no name are computed too: the operator writes them. */
static lnt_status fold(simplifying *s, lnti_call *call, lnt_error *err) {
  void *scratch = NULL, *unnamed[LNTI_NODE_VALUES_MAX] = {NULL};
  lnt_status status = LNT_OK;
  for (size_t k = 0; k < call->n_outputs && !status; k++) {
    lnti_tensor *out = &s->output[k];
    uint32_t v = call->node->output[k];
    size_t bytes = lnti_tensor_bytes(out);
    if (s->to->arena.bytes + bytes > LNTI_FOLDED_MAX) {
      status =
          lnti_fail(err, LNT_ELIMIT, "node %s: the constants of the network are larger than 1 GiB", call->node->name);
    } else if (v == LNTI_NO_VALUE) {
      status = lnti_alloc_aligned(&unnamed[k], bytes, 1, err);
      out->data = unnamed[k];
    } else {
      status = lnti_graph_set_constant(&out->data, s->to, v, out->dtype, &out->shape, err);
    }
  }
  if (!status) status = lnti_alloc_aligned(&scratch, call->scratch_bytes, 1, err);
  call->scratch = scratch;
  if (!status) status = call->node->op->forward(call, err);
  free(scratch);
  for (size_t k = 0; k < call->n_outputs; k++) free(unnamed[k]);
  return status;
}

static lnt_status take_node(simplifying *s, const lnti_node *node, lnt_error *err) {
  lnti_graph *g = s->to;
  lnti_call call = {.node = node,
                    .input = s->input,
                    .output = s->output,
                    .n_inputs = node->n_inputs,
                    .n_outputs = node->n_outputs,
                    .context = s->context};
  lnt_status status = lnti_cancel_check(s->context->cancel, err);
  assert(g->value); /* a node has values */
  for (size_t k = 0; k < node->n_inputs; k++) {
    const lnti_value *v = node->input[k] == LNTI_NO_VALUE ? NULL : &g->value[node->input[k]];
    s->input[k] = !v ? NULL : v->constant.data ? &v->constant : &v->kind;
  }
  if (!status) status = lnti_operator_infer(&call, err);
  if (status) return status;
  for (size_t k = 0; k < node->n_outputs; k++) {
    if (node->output[k] != LNTI_NO_VALUE) g->value[node->output[k]].kind = s->output[k];
  }
  if (node->op->of_shape || (all_constant(g, node) && is_quick(&call))) return fold(s, &call, err);
  return lnti_graph_add_node(g, node, err);
}

/* ---- the copy ---- */

static lnt_status copy_values(lnti_graph *to, const lnti_graph *from, lnt_error *err) {
  lnt_status status = LNT_OK;
  for (size_t v = 0; v < from->n_values && !status; v++) {
    uint32_t id = 0;
    status = lnti_graph_add_value(&id, to, from->value[v].name, err);
    if (status) return status;
    to->value[id].constant = from->value[v].constant;
    to->value[id].kind = from->value[v].constant;
    to->value[id].kind.data = NULL;
  }
  return status;
}

static lnt_status take_inputs(lnti_graph *to, const lnti_graph *from, const lnti_tensor *input, lnt_error *err) {
  size_t bytes = 0;
  for (size_t k = 0; k < from->n_inputs; k++) {
    const lnti_value *v = &from->value[from->input[k]];
    lnti_value *mine = &to->value[from->input[k]];
    lnt_status status = lnti_shape_check(&input[k].shape, input[k].dtype, err);
    if (!status) bytes += lnti_tensor_bytes(&input[k]);
    if (bytes > LNTI_TENSOR_BYTES_MAX) status = lnti_fail(err, LNT_ELIMIT, "the inputs are larger than 8 GiB");
    if (!status) status = lnti_graph_add_input(to, from->input[k], err);
    if (status) return status;
    if (v->declared.shape.rank <= LNTI_RANK_MAX && v->declared.dtype != input[k].dtype) {
      return lnti_fail(err, LNT_EINVAL, "input %s is %s, not %s", v->name, lnti_dtype_name(v->declared.dtype),
                       lnti_dtype_name(input[k].dtype));
    }
    mine->constant = mine->kind = input[k];
    mine->kind.data = NULL;
  }
  return LNT_OK;
}

static lnt_status take_outputs(lnti_graph *to, const lnti_graph *from, const lnti_plan_options *options,
                               lnt_error *err) {
  const uint32_t *output = options->output ? options->output : from->output;
  size_t n = options->output ? options->n_outputs : from->n_outputs;
  lnt_status status = LNT_OK;
  for (size_t k = 0; k < n && !status; k++) status = lnti_graph_add_output(to, output[k], err);
  return status;
}

lnt_status lnti_graph_simplify(lnti_graph **out, const lnti_graph *graph, const lnti_plan_options *options,
                               const lnti_context *context, lnt_error *err) {
  simplifying *s = NULL;
  bool *needed = NULL;
  lnt_status status = lnti_alloc_zero(&s, 1, sizeof *s, err);
  if (status) return status;
  s->from = graph;
  s->context = context;
  status = lnti_graph_new(&s->to, err);
  if (!status) status = copy_values(s->to, graph, err);
  if (!status) status = take_inputs(s->to, graph, options->input, err);
  if (!status) status = take_outputs(s->to, graph, options, err);
  if (!status) status = lnti_alloc(&needed, graph->n_nodes, sizeof *needed, err);
  if (!status) status = mark_needed(needed, graph, s->to->output, s->to->n_outputs, err);
  for (size_t i = 0; i < graph->n_nodes && !status; i++) {
    if (needed[i]) status = take_node(s, &graph->node[i], err);
  }
  /* What only folded nodes took is needed no more. */
  if (!status) status = lnti_graph_prune(s->to, err);
  if (status) {
    lnti_graph_free(s->to);
  } else {
    *out = s->to;
  }
  free(needed);
  free(s);
  return status;
}
