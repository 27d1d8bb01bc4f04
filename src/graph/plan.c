/*
 * Making a plan of a simplified graph: a step for each node, and the values that steps make laid out in one block of memory, each
 * for as long as somebody still takes it.
 */
#include <graph/plan.h>

#include <base/error.h>
#include <graph/bf16_kernel.h>
#include <graph/fuse.h>
#include <graph/layout.h>
#include <graph/onednn.h>
#include <graph/operator.h>
#include <graph/pieces.h>
#include <graph/simplify.h>
#include <stdlib.h>
#include <string.h>

enum { ALIGNMENT = 64 };
#define MEMORY_MAX ((size_t)8 << 30)

typedef struct step {
  lnti_call call;
  const lnti_tensor **input; /* into plan->value */
  lnti_tensor *output;
  lnti_bf16_kernel *own;     /* what computes it, or */
  lnti_primitive *primitive; /* that; both NULL: the operator's own loops */
} step;

struct lnti_plan {
  const lnti_plan *of; /* whose twin it is, and whose graph and kernels of ours these are; NULL: nobody's */
  lnti_graph *graph;   /* simplified */
  const lnti_context *context;
  bool half; /* products are of bf16 */
  lnti_onednn *dnn;
  lnti_arena arena;
  lnti_tensor *value; /* [values] type and shape; data where constant, laid out or given */
  size_t n_steps, bytes, weights, memory_max, weights_max;
  step *step;
  char *memory;
  void (*after)(void *payload, size_t step);
  void *payload;
};

/* ---- steps ---- */

static bool is_half(const lnti_tensor *t) {
  return t && t->dtype == LNTI_BF16;
}

/* Once more, for the scratch memory and what unnamed outputs are; how outputs lie was decided since. What is bf16 was
 * inferred as f32, and has one output: a kernel, which says itself what scratch memory it takes, or a reorder. */
static lnt_status describe_outputs(const lnti_plan *plan, step *s, lnt_error *err) {
  const lnti_node *node = s->call.node;
  uint32_t first = node->output[0];
  if (is_half(s->input[0]) || (first != LNTI_NO_VALUE && is_half(&plan->value[first]))) {
    s->output[0] = plan->value[first];
    return LNT_OK;
  }
  lnt_status status = lnti_operator_infer(&s->call, err);
  for (size_t k = 0; k < node->n_outputs && !status; k++) {
    if (node->output[k] != LNTI_NO_VALUE) s->output[k].block = plan->value[node->output[k]].block;
  }
  return status;
}

static lnt_status make_kernel(lnti_plan *plan, step *s, lnt_error *err) {
  lnt_status status = plan->half ? lnti_bf16_conv_new(&s->own, &s->call, err) : LNT_OK;
  if (!status && plan->half && !s->own) status = lnti_bf16_product_new(&s->own, &s->call, err);
  if (!status && s->own) {
    s->call.scratch_bytes = s->own->scratch_bytes;
    plan->weights += s->own->bytes;
  } else if (!status) {
    status = lnti_primitive_new(&s->primitive, plan->dnn, &s->call, err);
    if (!status && s->primitive) plan->weights += lnti_primitive_bytes(s->primitive);
  }
  return status;
}

static lnt_status make_step(lnti_plan *plan, size_t i, lnt_error *err) {
  const lnti_node *node = &plan->graph->node[i];
  step *s = &plan->step[i];
  lnt_status status = lnti_arena_alloc(&s->input, &plan->arena, node->n_inputs, sizeof *s->input, err);
  if (!status) status = lnti_arena_alloc(&s->output, &plan->arena, node->n_outputs, sizeof *s->output, err);
  if (status) return status;
  for (size_t k = 0; k < node->n_inputs; k++) {
    s->input[k] = node->input[k] == LNTI_NO_VALUE ? NULL : &plan->value[node->input[k]];
  }
  s->call = (lnti_call){.node = node,
                        .input = s->input,
                        .output = s->output,
                        .n_inputs = node->n_inputs,
                        .n_outputs = node->n_outputs,
                        .context = plan->context};
  status = describe_outputs(plan, s, err);
  if (status || !plan->dnn) return status;
  status = make_kernel(plan, s, err);
  if (!status && plan->weights > plan->weights_max) {
    status = lnti_fail(err, LNT_ELIMIT, "node %s: the weights of the network need more than %zu MiB", node->name,
                       plan->weights_max >> 20);
  } else if (!status && lnti_onednn_scratch(plan->dnn) > plan->memory_max) {
    status = lnti_fail(err, LNT_ELIMIT, "node %s: its kernel needs more than %zu MiB while it runs", node->name,
                       plan->memory_max >> 20);
  }
  return status;
}

/* ---- memory ---- */

/* Where each value that steps make lies, and until which step. A view lies where what it views does. */
typedef struct lifetimes {
  uint32_t *root;  /* [values] the value whose memory it has */
  size_t *last;    /* [values] step after which its memory is free; of roots */
  size_t *place;   /* [values] of roots */
  uint32_t *piece; /* [values] of roots: its number while it is taken */
  bool *laid;      /* [values] is a root that a step makes */
} lifetimes;

static void free_lifetimes(lifetimes *l) {
  free(l->laid);
  free(l->piece);
  free(l->place);
  free(l->last);
  free(l->root);
}

static lnt_status new_lifetimes(lifetimes *l, const lnti_plan *plan, lnt_error *err) {
  size_t n = plan->graph->n_values;
  lnt_status status = lnti_alloc(&l->root, n, sizeof *l->root, err);
  if (!status) status = lnti_alloc_zero(&l->last, n, sizeof *l->last, err);
  if (!status) status = lnti_alloc_zero(&l->place, n, sizeof *l->place, err);
  if (!status) status = lnti_alloc_zero(&l->piece, n, sizeof *l->piece, err);
  if (!status) status = lnti_alloc_zero(&l->laid, n, sizeof *l->laid, err);
  for (size_t v = 0; v < n && !status; v++) l->root[v] = (uint32_t)v;
  return status;
}

static bool is_view(const step *s) {
  return s->call.node->op->view && s->call.n_outputs == 1;
}

static void find_lifetimes(lifetimes *l, const lnti_plan *plan) {
  for (size_t i = 0; i < plan->n_steps; i++) {
    const lnti_node *node = plan->step[i].call.node;
    if (is_view(&plan->step[i])) l->root[node->output[0]] = l->root[node->input[0]];
    for (size_t k = 0; k < node->n_inputs; k++) {
      if (node->input[k] != LNTI_NO_VALUE) l->last[l->root[node->input[k]]] = i;
    }
    for (size_t k = 0; k < node->n_outputs; k++) {
      if (node->output[k] != LNTI_NO_VALUE && l->last[l->root[node->output[k]]] < i)
        l->last[l->root[node->output[k]]] = i;
    }
  }
  for (size_t k = 0; k < plan->graph->n_outputs; k++) l->last[l->root[plan->graph->output[k]]] = SIZE_MAX;
}

/* Gives back what step i was the last to use. */
static void give_back(lnti_pieces *l, lifetimes *t, const lnti_node *node, size_t i) {
  for (size_t k = 0; k < node->n_inputs + node->n_outputs; k++) {
    uint32_t v = k < node->n_inputs ? node->input[k] : node->output[k - node->n_inputs];
    if (v == LNTI_NO_VALUE) continue;
    v = t->root[v];
    if (!t->laid[v] || t->last[v] != i) continue;
    lnti_pieces_give(l, t->piece[v]);
    t->last[v] = SIZE_MAX; /* once */
  }
}

/* Outputs without a name, and scratch memory, are there for their step alone. Places go into call.scratch and output.data
 * as numbers, and become addresses when the block is there. */
static lnt_status lay_step(lnti_pieces *l, lifetimes *t, size_t *extra_out, lnti_plan *plan, size_t i, lnt_error *err) {
  step *s = &plan->step[i];
  lnt_status status = LNT_OK;
  size_t extra = s->call.scratch_bytes;
  uint32_t at = 0;
  if (is_view(s)) return LNT_OK;
  for (size_t k = 0; k < s->call.n_outputs && !status; k++) {
    uint32_t v = s->call.node->output[k];
    size_t bytes = lnti_tensor_bytes(&s->output[k]);
    if (v == LNTI_NO_VALUE) {
      extra += (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT + ALIGNMENT;
      continue;
    }
    status = lnti_pieces_take(&t->piece[v], l, bytes, err);
    if (!status) t->place[v] = lnti_pieces_begin(l, t->piece[v]);
    t->laid[v] = true;
  }
  if (!status && extra > 0) {
    status = lnti_pieces_take(&at, l, extra, err);
    if (!status) *extra_out = lnti_pieces_begin(l, at);
    if (!status) lnti_pieces_give(l, at);
  }
  return status;
}

static void place_step(lnti_plan *plan, const lifetimes *t, size_t i, size_t extra) {
  step *s = &plan->step[i];
  size_t at = extra + (s->call.scratch_bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  if (is_view(s)) return;
  s->call.scratch = plan->memory + extra;
  for (size_t k = 0; k < s->call.n_outputs; k++) {
    uint32_t v = s->call.node->output[k];
    if (v == LNTI_NO_VALUE) {
      s->output[k].data = plan->memory + at;
      at += (lnti_tensor_bytes(&s->output[k]) + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    } else {
      s->output[k].data = plan->value[v].data = plan->memory + t->place[v];
    }
  }
}

static lnt_status lay_out(lnti_plan *plan, lnt_error *err) {
  lifetimes t = {0};
  lnti_pieces l = {0};
  size_t *extra = NULL;
  lnt_status status = new_lifetimes(&t, plan, err);
  if (!status) status = lnti_alloc_zero(&extra, plan->n_steps, sizeof *extra, err);
  if (!status) find_lifetimes(&t, plan);
  for (size_t i = 0; i < plan->n_steps && !status; i++) {
    status = lnti_cancel_check(plan->context->cancel, err);
    if (!status) status = lay_step(&l, &t, &extra[i], plan, i, err);
    if (!status && l.end > plan->memory_max) {
      status = lnti_fail(err, LNT_ELIMIT, "node %s: the network needs more than %zu MiB at once",
                         plan->step[i].call.node->name, plan->memory_max >> 20);
    }
    if (!status) give_back(&l, &t, plan->step[i].call.node, i);
  }
  plan->bytes = l.end;
  if (!status) status = lnti_alloc_aligned(&plan->memory, l.end, 1, err);
  for (size_t i = 0; i < plan->n_steps && !status; i++) place_step(plan, &t, i, extra[i]);
  free(extra);
  lnti_pieces_clear(&l);
  free_lifetimes(&t);
  return status;
}

/* ---- the plan ---- */

/* The passes beyond simplifying. */
static lnt_status speed_up(lnti_plan *plan, bool half, lnt_error *err) {
  lnt_status status = lnti_graph_fuse(plan->graph, err);
  if (!status) status = lnti_onednn_new(&plan->dnn, plan->context, err);
  return status ? status : lnti_graph_lay_out(plan->graph, lnti_onednn_block(plan->dnn), half, err);
}

static lnt_status make_plan(lnti_plan *plan, const lnti_graph *graph, const lnti_plan_options *options,
                            lnt_error *err) {
  bool half = options->precision == LNTI_BF16;
  if (half && (options->plain || plan->context->cpu < LNT_CPU_AMX)) {
    return lnti_fail(
        err, LNT_EUNSUPPORTED,
        "bf16 needs a CPU with AMX (amx_bf16), and the level %s has no products of it; run the network in f32",
        lnt_cpu_name(plan->context->cpu));
  }
  plan->half = half;
  lnt_status status = lnti_graph_simplify(&plan->graph, graph, options, plan->context, err);
  if (!status && !options->plain) status = speed_up(plan, half, err);
  if (status) return status;
  const lnti_graph *g = plan->graph;
  plan->memory_max = options->memory_max ? options->memory_max : MEMORY_MAX;
  plan->weights_max = options->weights_max ? options->weights_max : plan->memory_max;
  plan->n_steps = g->n_nodes;
  status = lnti_alloc(&plan->value, g->n_values, sizeof *plan->value, err);
  if (!status) status = lnti_alloc_zero(&plan->step, g->n_nodes, sizeof *plan->step, err);
  for (size_t v = 0; v < g->n_values && !status; v++) {
    plan->value[v] = g->value[v].constant.data ? g->value[v].constant : g->value[v].kind;
  }
  for (size_t i = 0; i < g->n_nodes && !status; i++) status = make_step(plan, i, err);
  return status ? status : lay_out(plan, err);
}

lnt_status lnti_plan_new(lnti_plan **out, const lnti_graph *graph, const lnti_plan_options *options,
                         const lnti_context *context, lnt_error *err) {
  lnti_plan *plan = NULL;
  lnt_status status = lnti_alloc_zero(&plan, 1, sizeof *plan, err);
  if (status) return status;
  plan->context = context;
  status = make_plan(plan, graph, options, err);
  if (status) {
    lnti_plan_free(plan);
    return status;
  }
  *out = plan;
  return LNT_OK;
}

/* ---- twins ---- */

/* Values as they were described, constants with data. Where those of inputs and views are, runs of `of` say at this moment. */
static void twin_values(lnti_plan *plan) {
  const lnti_graph *g = plan->graph;
  for (size_t v = 0; v < g->n_values; v++) {
    const lnti_tensor *from = &plan->of->value[v];
    plan->value[v] = (lnti_tensor){
        .dtype = from->dtype, .shape = from->shape, .block = from->block, .data = g->value[v].constant.data};
  }
}

static lnt_status twin_step(lnti_plan *plan, size_t i, lnt_error *err) {
  const step *from = &plan->of->step[i];
  const lnti_call *call = &from->call;
  step *s = &plan->step[i];
  lnt_status status = lnti_arena_alloc(&s->input, &plan->arena, call->n_inputs, sizeof *s->input, err);
  if (!status) status = lnti_arena_alloc(&s->output, &plan->arena, call->n_outputs, sizeof *s->output, err);
  if (status) return status;
  for (size_t k = 0; k < call->n_inputs; k++) {
    s->input[k] = from->input[k] ? plan->value + (from->input[k] - plan->of->value) : NULL;
  }
  for (size_t k = 0; k < call->n_outputs; k++) { /* at the same places of this plan's memory */
    const uint32_t v = call->node->output[k];
    s->output[k] = from->output[k];
    if (is_view(from)) continue;
    s->output[k].data = plan->memory + ((const char *)from->output[k].data - plan->of->memory);
    if (v != LNTI_NO_VALUE) plan->value[v].data = s->output[k].data;
  }
  s->call = *call;
  s->call.input = s->input;
  s->call.output = s->output;
  if (call->scratch) s->call.scratch = plan->memory + ((const char *)call->scratch - plan->of->memory);
  s->own = from->own;
  return from->primitive ? lnti_primitive_twin(&s->primitive, plan->dnn, from->primitive, err) : LNT_OK;
}

static lnt_status make_twin(lnti_plan *plan, lnt_error *err) {
  const lnti_plan *of = plan->of;
  size_t n = plan->graph->n_values;
  lnt_status status = LNT_OK;
  if (of->dnn) status = lnti_onednn_twin(&plan->dnn, of->dnn, err);
  if (!status) status = lnti_alloc_aligned(&plan->memory, plan->bytes, 1, err);
  if (!status) status = lnti_alloc(&plan->value, n, sizeof *plan->value, err);
  if (!status) status = lnti_alloc_zero(&plan->step, plan->n_steps, sizeof *plan->step, err);
  if (!status) twin_values(plan);
  for (size_t i = 0; i < plan->n_steps && !status; i++) status = twin_step(plan, i, err);
  return status;
}

lnt_status lnti_plan_twin(lnti_plan **out, const lnti_plan *of, lnt_error *err) {
  lnti_plan *plan = NULL;
  lnt_status status = lnti_alloc_zero(&plan, 1, sizeof *plan, err);
  if (status) return status;
  *plan = (lnti_plan){.of = of,
                      .graph = of->graph,
                      .context = of->context,
                      .half = of->half,
                      .n_steps = of->n_steps,
                      .bytes = of->bytes,
                      .memory_max = of->memory_max,
                      .weights_max = of->weights_max};
  status = make_twin(plan, err);
  if (status) {
    lnti_plan_free(plan);
    return status;
  }
  *out = plan;
  return LNT_OK;
}

void lnti_plan_free(lnti_plan *plan) {
  if (!plan) return;
  for (size_t i = 0; plan->step && i < plan->n_steps; i++) {
    if (plan->step[i].own && !plan->of) plan->step[i].own->free(plan->step[i].own);
    lnti_primitive_free(plan->step[i].primitive);
  }
  lnti_onednn_free(plan->dnn);
  lnti_arena_clear(&plan->arena);
  free(plan->memory);
  free(plan->step);
  free(plan->value);
  if (!plan->of) lnti_graph_free(plan->graph);
  free(plan);
}

static lnt_status run_step(const lnti_plan *plan, step *s, lnt_error *err) {
  const lnti_operator *op = s->call.node->op;
  if (s->own) return s->own->run(s->own, &s->call, err);
  if (s->primitive) return lnti_primitive_run(s->primitive, &s->call, err);
  return op->fast && plan->dnn ? op->fast(&s->call, err) : op->forward(&s->call, err);
}

lnt_status lnti_plan_run(lnti_plan *plan, const lnti_tensor *input, lnt_error *err) {
  const lnti_graph *g = plan->graph;
  for (size_t k = 0; k < g->n_inputs; k++) {
    lnti_tensor *value = &plan->value[g->input[k]];
    if (g->value[g->input[k]].constant.data) continue;
    if (input[k].dtype != value->dtype || !lnti_shape_equal(&input[k].shape, &value->shape)) {
      char a[LNTI_SHAPE_TEXT], b[LNTI_SHAPE_TEXT];
      return lnti_fail(err, LNT_EINVAL, "input %s is %s, where the plan was made for %s", g->value[g->input[k]].name,
                       lnti_tensor_text(a, &input[k]), lnti_tensor_text(b, value));
    }
    value->data = input[k].data;
  }
  for (size_t i = 0; i < plan->n_steps; i++) {
    step *s = &plan->step[i];
    lnt_status status = lnti_cancel_check(plan->context->cancel, err);
    if (status) return status;
    if (is_view(s)) {
      plan->value[s->call.node->output[0]].data = s->input[0]->data;
      continue;
    }
    status = run_step(plan, s, err);
    if (status) return status;
    if (plan->after) plan->after(plan->payload, i);
  }
  return LNT_OK;
}

const lnti_tensor *lnti_plan_output(const lnti_plan *plan, size_t k) {
  return &plan->value[plan->graph->output[k]];
}

void lnti_plan_watch(lnti_plan *plan, void (*after)(void *payload, size_t step), void *payload) {
  plan->after = after;
  plan->payload = payload;
}

/* Each element that a product makes is a sum of so many products. */
static double depth_of(const lnti_call *call) {
  const char *name = call->node->op->name;
  const lnti_shape *a = &call->input[0]->shape;
  if (strstr(name, "Conv")) return (double)lnti_shape_span(&call->input[1]->shape, 1, call->input[1]->shape.rank);
  if (strcmp(name, "Gemm") == 0) return (double)a->dim[lnti_node_int(call->node, "transA", 0) == 0];
  return strcmp(name, "MatMul") == 0 && a->rank > 0 ? (double)a->dim[a->rank - 1] : 0;
}

void lnti_plan_step_at(lnti_plan_step *out, const lnti_plan *plan, size_t i) {
  const step *s = &plan->step[i];
  *out = (lnti_plan_step){.op = s->call.node->op->name,
                          .node = s->call.node->name,
                          .kernel = s->own         ? "own amx_bf16"
                                    : s->primitive ? lnti_primitive_kernel(s->primitive)
                                                   : "",
                          .output = &s->output[0],
                          .flops = 2 * depth_of(&s->call) * (double)lnti_shape_count(&s->output[0].shape)};
}

size_t lnti_plan_steps(const lnti_plan *plan) {
  return plan->n_steps;
}

size_t lnti_plan_bytes(const lnti_plan *plan) {
  return plan->bytes;
}

size_t lnti_plan_lent(const lnti_plan *plan) {
  return plan->of ? 0 : plan->graph->arena.bytes + plan->weights;
}

size_t lnti_plan_held(const lnti_plan *plan) {
  size_t tables = plan->graph->n_values * sizeof *plan->value + plan->n_steps * sizeof *plan->step + plan->arena.bytes;
  return plan->bytes + lnti_plan_lent(plan) + tables + (plan->dnn ? lnti_onednn_scratch(plan->dnn) : 0);
}
