/*
 * A network that could be read is planned for small inputs and run, by the operators' own loops and by all that is faster: at the
 * CPU level that LINNET_CPU names (a library's is set once in a process), for half of the inputs by two threads, in bf16 where
 * that level has it, or by a twin. Memory and time are capped, so that a file may ask for anything.
 */
#include <base/cancel.h>
#include <base/threads.h>
#include <graph/plan.h>
#include <math/bf16.h>
#include <stdlib.h>
#include <string.h>

enum {
  INPUTS_MAX = 8,
  ELEMENTS_MAX = 1 << 16, /* a picture of 128 pixels... */
  PLAIN_MAX = 4096,       /* ...which plain loops take too long over */
  NODES_MAX = 200
};

/* One sample of what the file declares, with small numbers for what it leaves open; false where that is too much. */
static bool describe(lnti_tensor *out, size_t *most_out, const lnti_graph *g) {
  *most_out = 0;
  for (size_t k = 0; k < g->n_inputs; k++) {
    lnti_tensor t = g->value[g->input[k]].declared;
    if (t.shape.rank > LNTI_RANK_MAX) t = (lnti_tensor){.dtype = LNTI_F32, .shape = {.rank = 4, .dim = {1, 3, 8, 8}}};
    size_t count = 1;
    for (size_t d = 0; d < t.shape.rank; d++) {
      if (t.shape.dim[d] == LNTI_ANY_SIZE) t.shape.dim[d] = d == 0 ? 1 : 8;
      if (t.shape.dim[d] > ELEMENTS_MAX) return false;
      count *= t.shape.dim[d];
      if (count > ELEMENTS_MAX) return false;
    }
    if (count > *most_out) *most_out = count;
    out[k] = t;
  }
  return true;
}

/* What a run is like: bits of a file's digest. */
enum { TOGETHER = 1, PLAIN_TOGETHER = 2, HALF = 4, TWIN = 8 };

static void run_plan(const lnti_graph *g, lnti_tensor *input, bool plain, uint32_t choice,
                     const lnti_context *context) {
  lnti_tensor kinds[INPUTS_MAX];
  lnti_plan *plan = NULL, *twin = NULL;
  for (size_t k = 0; k < g->n_inputs; k++) {
    kinds[k] = input[k];
    kinds[k].data = NULL;
  }
  lnti_plan_options options = {.input = kinds, .plain = plain, .memory_max = (size_t)1 << 22};
  if (choice & HALF && !plain && lnti_bf16_kernels_of(context->cpu)) options.precision = LNTI_BF16;
  if (lnti_plan_new(&plan, g, &options, context, NULL)) return;
  if (choice & TWIN && lnti_plan_twin(&twin, plan, NULL)) abort();
  lnti_plan *runs = twin ? twin : plan;
  if (lnti_plan_run(runs, input, NULL) == LNT_OK && g->n_outputs > 0) (void)lnti_plan_output(runs, 0);
  lnti_plan_free(twin);
  lnti_plan_free(plan);
}

static const lnti_context *context_of(bool together) {
  static lnti_context context[2];
  static lnti_cancel cancel;
  static lnti_pool *pool;
  const char *name = getenv("LINNET_CPU");
  if (!pool) {
    lnt_cpu_level level = lnt_cpu_detect(), wanted = level;
    if (name && lnt_cpu_parse(&wanted, name, NULL) == LNT_OK && wanted < level) level = wanted;
    if (lnti_pool_new(&pool, 2, NULL)) abort();
    context[0] = (lnti_context){.cpu = level, .cancel = &cancel};
    context[1] = (lnti_context){.cpu = level, .pool = pool, .cancel = &cancel};
  }
  cancel.deadline_ns = lnti_monotonic_ns() + 2000000000u;
  return &context[together];
}

/* Of a file's bytes, to choose by. */
static uint32_t digest(const uint8_t *data, size_t n) {
  uint32_t hash = 2166136261u;
  for (size_t i = 0; i < n; i++) hash = (hash ^ data[i]) * 16777619u;
  return hash ^ hash >> 16;
}

static void fill(const lnti_tensor *t) {
  const size_t n = lnti_shape_count(&t->shape), bytes = lnti_tensor_bytes(t);
  for (size_t i = 0; i < bytes; i++) ((uint8_t *)t->data)[i] = i % 2;
  for (size_t i = 0; t->dtype == LNTI_F32 && i < n; i++) ((float *)t->data)[i] = (float)(i % 17) / 4 - 2;
}

static void run(const lnti_graph *g, uint32_t choice) {
  lnti_tensor input[INPUTS_MAX] = {0};
  size_t most = 0;
  if (g->n_inputs > INPUTS_MAX || g->n_nodes > NODES_MAX || !describe(input, &most, g)) return;
  for (size_t k = 0; k < g->n_inputs; k++) {
    input[k].data = aligned_alloc(64, (lnti_tensor_bytes(&input[k]) + 64) / 64 * 64);
    if (!input[k].data) abort();
    fill(&input[k]);
  }
  if (most <= PLAIN_MAX) run_plan(g, input, true, choice, context_of((choice & PLAIN_TOGETHER) != 0));
  run_plan(g, input, false, choice, context_of((choice & TOGETHER) != 0));
  for (size_t k = 0; k < g->n_inputs; k++) free(input[k].data);
}
