/*
 * Convolutions and products by the kernels that are chosen by their shape: Winograd's way, and ours of bf16. Numbers are small integers, whose sums
 * are exact: f32 may differ by the rounding of Winograd's fractions, bf16 by the last rounding alone.
 */
#include "graph_support.h"

#include <math.h>
#include <math/bf16.h>

typedef struct subject {
  size_t samples, channels, made, rows, columns, kernel[2];
  int64_t stride[2], dilation[2], pads[4];
  bool biased, added;
  const char *activation;
  const char *kernel_f32, *kernel_bf16; /* parts of the kernels' names at the best level; NULL: any */
} subject;

#define OWN "own amx_bf16"
#define OTHER "amx" /* of the library, whose names hold it too; ours are told apart by their name */

static const subject subjects[] = {
    /* places as they lie */
    {1, 32, 32, 4, 8, {1, 1}, {1, 1}, {1, 1}, {0}, true, false, NULL, NULL, OWN},
    {1, 64, 96, 5, 9, {1, 1}, {1, 1}, {1, 1}, {0}, true, true, "Relu", NULL, OWN},
    {3, 96, 64, 7, 7, {1, 1}, {1, 1}, {1, 1}, {0}, false, true, "Clip", NULL, OWN},
    {2, 8224, 64, 1, 9, {1, 1}, {1, 1}, {1, 1}, {0}, true, false, "Relu", NULL, OWN}, /* weights beyond the cache */
    {5, 8224, 64, 1, 13, {1, 1}, {1, 1}, {1, 1}, {0}, true, true, NULL, NULL, OWN},   /* and places too */
    /* one place of several */
    {1, 32, 64, 9, 8, {1, 1}, {2, 2}, {1, 1}, {0}, true, false, "Relu", NULL, OWN},
    {2, 64, 32, 7, 11, {1, 1}, {3, 2}, {1, 1}, {0}, false, true, NULL, NULL, OWN},
    /* windows */
    {1, 32, 32, 14, 14, {3, 3}, {1, 1}, {1, 1}, {1, 1, 1, 1}, true, false, "Relu", "wino", OWN},
    {1, 64, 64, 28, 20, {3, 3}, {1, 1}, {1, 1}, {1, 1, 1, 1}, false, true, "Clip", NULL, OWN},
    {3, 32, 64, 13, 14, {3, 3}, {1, 1}, {1, 1}, {0}, true, false, NULL, "wino", OWN},
    {4, 64, 32, 7, 7, {3, 3}, {1, 1}, {1, 1}, {1, 1, 1, 1}, true, false, "Relu", "jit", OWN},
    {1, 32, 32, 15, 14, {3, 3}, {2, 2}, {1, 1}, {1, 1, 1, 1}, true, false, "Relu", "jit", OWN},
    {2, 32, 32, 14, 15, {3, 3}, {2, 2}, {1, 1}, {0, 0, 1, 1}, true, true, NULL, NULL, OWN},
    {1, 64, 32, 17, 17, {3, 3}, {1, 1}, {2, 2}, {2, 2, 2, 2}, true, false, "Relu", "jit", OWN},
    {2, 32, 64, 9, 21, {1, 7}, {1, 1}, {1, 1}, {0, 3, 0, 3}, true, true, "Relu", NULL, OWN},
    {1, 32, 32, 13, 9, {5, 3}, {3, 2}, {1, 1}, {2, 1, 2, 1}, true, false, NULL, NULL, OWN},
    {1, 512, 128, 7, 7, {3, 3}, {1, 1}, {1, 1}, {1, 1, 1, 1}, true, false, "Relu", "jit", OWN},
    {2,
     544,
     32,
     23,
     23,
     {3, 3},
     {2, 2},
     {1, 1},
     {1, 1, 1, 1},
     true,
     false,
     "Relu",
     "jit",
     OWN}, /* samples one by one */
    /* not ours */
    {1, 48, 64, 9, 9, {3, 3}, {1, 1}, {1, 1}, {1, 1, 1, 1}, true, false, "Relu", NULL, OTHER},
    {1, 64, 40, 9, 9, {1, 1}, {1, 1}, {1, 1}, {0}, true, false, "Relu", NULL, OTHER},
    {1, 32, 32, 9, 9, {1, 1}, {1, 1}, {1, 1}, {0}, true, false, "LeakyRelu", NULL, OTHER},
    {1,
     32,
     32,
     3,
     3,
     {3, 3},
     {1, 1},
     {1, 1},
     {9, 9, 9, 9},
     true,
     false,
     NULL,
     NULL,
     NULL}, /* windows of padding alone */
};

/* ---- the graph ---- */

static void integers(float *out, size_t n, lnti_rng *rng) {
  for (size_t i = 0; i < n; i++) out[i] = (float)lnti_rng_below(rng, 7) - 3;
}

static void add_constant(lnti_graph *graph, const char *name, const size_t *shape, lnti_rng *rng) {
  const lnti_shape s = lnti_test_shape(shape);
  size_t n = lnti_shape_count(&s);
  float *data = malloc(n * sizeof *data);
  assert_non_null(data);
  integers(data, n, rng);
  lnti_test_constant(graph, name, data, shape);
  free(data);
}

/* y = activation(conv(x) + more), where `more` is given as x is. */
static lnti_graph *graph_of(const subject *s, lnti_rng *rng) {
  lnti_graph *graph = NULL;
  const float least = -5, most = 90;
  const lnti_attribute attributes[] = {ATTRIBUTE_INTS("pads", s->pads, 4), ATTRIBUTE_INTS("strides", s->stride, 2),
                                       ATTRIBUTE_INTS("dilations", s->dilation, 2)};
  assert_ok(lnti_graph_new(&graph, ERR));
  assert_ok(lnti_graph_add_input(graph, lnti_test_value(graph, "x"), ERR));
  if (s->added) assert_ok(lnti_graph_add_input(graph, lnti_test_value(graph, "more"), ERR));
  add_constant(graph, "w", (const size_t[]){s->made, s->channels, s->kernel[0], s->kernel[1], 0}, rng);
  add_constant(graph, "b", (const size_t[]){s->made, 0}, rng);
  const char *last = s->added || s->activation ? "conv" : "y", *before = s->added && s->activation ? "sum" : last;
  lnti_test_node(graph, "Conv", s->biased ? "x w b" : "x w", last, attributes, 3);
  if (s->added) lnti_test_node(graph, "Add", "conv more", s->activation ? "sum" : "y", NULL, 0);
  if (s->activation && strcmp(s->activation, "Clip") == 0) {
    lnti_test_constant(graph, "least", &least, (const size_t[]){0});
    lnti_test_constant(graph, "most", &most, (const size_t[]){0});
    lnti_test_node(graph, "Clip", s->added ? "sum least most" : "conv least most", "y", NULL, 0);
  } else if (s->activation) {
    lnti_test_node(graph, s->activation, before, "y", NULL, 0);
  }
  assert_ok(lnti_graph_add_output(graph, lnti_test_value(graph, "y"), ERR));
  assert_ok(lnti_graph_finish(graph, ERR));
  return graph;
}

/* ---- comparing ---- */

typedef struct trial {
  const subject *s;
  lnti_graph *graph;
  lnti_tensor input[2]; /* x, more */
} trial;

static const char *kernel_of(const lnti_plan *plan) {
  for (size_t i = 0; i < lnti_plan_steps(plan); i++) {
    lnti_plan_step step;
    lnti_plan_step_at(&step, plan, i);
    if (strstr(step.op, "Conv") || step.flops > 0) return step.kernel;
  }
  return "none";
}

/* A twin gives the same to the last bit. */
static void assert_twin(const lnti_plan *plan, const lnti_tensor *input) {
  lnti_plan *twin = NULL;
  assert_ok(lnti_plan_twin(&twin, plan, ERR));
  assert_int_equal(lnti_plan_lent(twin), 0);
  assert_int_equal(lnti_plan_held(twin) <= lnti_plan_held(plan) - lnti_plan_lent(plan), 1);
  assert_ok(lnti_plan_run(twin, input, ERR));
  const lnti_tensor *mine = lnti_plan_output(plan, 0), *other = lnti_plan_output(twin, 0);
  assert_ptr_not_equal(mine->data, other->data);
  assert_memory_equal(mine->data, other->data, lnti_tensor_bytes(mine));
  lnti_plan_free(twin);
}

/* The output of a plan, to be freed; the kernel's name must hold `kernel`. */
static float *run_of(size_t *n, const trial *t, const lnti_plan_options *how, const char *kernel,
                     const lnti_context *context) {
  lnti_plan *plan = NULL;
  lnti_plan_options options = *how;
  lnti_tensor kinds[2] = {t->input[0], t->input[1]};
  kinds[0].data = kinds[1].data = NULL;
  options.input = kinds;
  assert_ok(lnti_plan_new(&plan, t->graph, &options, context, ERR));
  if (kernel && !strstr(kernel_of(plan), kernel))
    fail_msg("subject %zu: %s, not %s", (size_t)(t->s - subjects), kernel_of(plan), kernel);
  if (kernel && strcmp(kernel, OTHER) == 0) assert_null(strstr(kernel_of(plan), OWN));
  assert_ok(lnti_plan_run(plan, t->input, ERR));
  if (!how->plain) assert_ok(lnti_plan_run(plan, t->input, ERR)); /* nothing is left of the first run */
  const lnti_tensor *out = lnti_plan_output(plan, 0);
  assert_twin(plan, t->input);
  *n = lnti_shape_count(&out->shape);
  float *copy = malloc(*n * sizeof *copy);
  assert_non_null(copy);
  memcpy(copy, out->data, *n * sizeof *copy);
  lnti_plan_free(plan);
  return copy;
}

static void assert_near(const trial *t, const float *got, const float *wanted, size_t n, bool half) {
  for (size_t i = 0; i < n; i++) {
    float exact = half ? lnti_bf16_value(lnti_bf16_of(wanted[i])) : wanted[i];
    if (fabsf(got[i] - exact) <= (half ? 0 : 1e-5f * fmaxf(100, fabsf(exact)))) continue;
    fail_msg("subject %zu%s, number %zu: %g, wanted %g", (size_t)(t->s - subjects), half ? " in bf16" : "", i,
             (double)got[i], (double)exact);
  }
}

static void compare(const trial *t, const float *wanted, size_t wanted_n, const lnti_context *context) {
  const subject *s = t->s;
  size_t n = 0;
  const char *kernel = context->cpu >= LNT_CPU_AVX512 ? s->kernel_f32 : NULL;
  float *got = run_of(&n, t, &(lnti_plan_options){.precision = LNTI_F32}, kernel, context);
  assert_int_equal(n, wanted_n);
  assert_near(t, got, wanted, n, false);
  free(got);
  if (!lnti_bf16_kernels_of(context->cpu)) return;
  got = run_of(&n, t, &(lnti_plan_options){.precision = LNTI_BF16}, s->kernel_bf16, context);
  assert_int_equal(n, wanted_n);
  if (s->kernel_bf16 && strcmp(s->kernel_bf16, OWN) == 0) assert_near(t, got, wanted, n, true);
  free(got);
}

static size_t extent(const subject *s, size_t d) {
  size_t in = d ? s->columns : s->rows, reach = (s->kernel[d] - 1) * (size_t)s->dilation[d] + 1;
  return (in + (size_t)s->pads[d] + (size_t)s->pads[d + 2] - reach) / (size_t)s->stride[d] + 1;
}

static void try_subject(const subject *s, const lnti_context *alone, const lnti_context *together) {
  lnti_rng rng;
  lnti_rng_seed(&rng, 11, (uint64_t)(s - subjects));
  trial t = {.s = s, .graph = graph_of(s, &rng)};
  t.input[0] = (lnti_tensor){.dtype = LNTI_F32, .shape = {4, {s->samples, s->channels, s->rows, s->columns}}};
  t.input[1] = (lnti_tensor){.dtype = LNTI_F32, .shape = {4, {s->samples, s->made, extent(s, 0), extent(s, 1)}}};
  for (size_t k = 0; k < 2; k++) {
    size_t count = lnti_shape_count(&t.input[k].shape);
    float *data = NULL;
    assert_ok(lnti_alloc_aligned(&data, count, sizeof *data, ERR));
    integers(data, count, &rng);
    t.input[k].data = data;
  }
  size_t n = 0;
  float *wanted = run_of(&n, &t, &(lnti_plan_options){.plain = true}, NULL, alone);
  compare(&t, wanted, n, alone);
  compare(&t, wanted, n, together);
  free(wanted);
  for (size_t k = 0; k < 2; k++) free(t.input[k].data);
  lnti_graph_free(t.graph);
}

static void kernels_give_what_plain_loops_give(void **state) {
  (void)state;
  lnti_pool *pool = NULL;
  assert_ok(lnti_pool_new(&pool, 3, ERR));
  const lnti_context alone = {.cpu = lnti_test_level()}, together = {.cpu = alone.cpu, .pool = pool};
  if (!lnti_bf16_kernels_of(alone.cpu)) print_message("bf16: skipped, this level has no products of it\n");
  for (size_t i = 0; i < sizeof subjects / sizeof *subjects; i++) try_subject(&subjects[i], &alone, &together);
  lnti_pool_free(pool);
}

/* ---- products ---- */

typedef struct product {
  const char *op;
  size_t samples, rows, depth, columns; /* samples 0: Gemm's two dimensions */
  int64_t transposed;                   /* b */
  bool biased, own;
} product;

static const product products[] = {
    {"Gemm", 0, 1, 64, 32, 0, true, true},       {"Gemm", 0, 7, 50, 45, 1, true, true}, /* no whole tiles */
    {"Gemm", 0, 33, 96, 64, 0, false, true},     {"MatMul", 2, 50, 64, 96, 0, false, true},
    {"MatMul", 3, 21, 8224, 40, 0, false, true}, /* rows beyond the cache */
    {"MatMul", 1, 5, 1, 1, 0, false, true},
};

static lnti_graph *graph_of_product(const product *p, lnti_rng *rng) {
  lnti_graph *graph = NULL;
  const lnti_attribute attribute = ATTRIBUTE_INT("transB", p->transposed);
  assert_ok(lnti_graph_new(&graph, ERR));
  assert_ok(lnti_graph_add_input(graph, lnti_test_value(graph, "x"), ERR));
  const size_t rows = p->transposed ? p->columns : p->depth, columns = p->transposed ? p->depth : p->columns;
  add_constant(graph, "w", (const size_t[]){rows, columns, 0}, rng);
  add_constant(graph, "b", (const size_t[]){p->columns, 0}, rng);
  lnti_test_node(graph, p->op, p->biased ? "x w b" : "x w", "y", p->samples ? NULL : &attribute, p->samples ? 0 : 1);
  assert_ok(lnti_graph_add_output(graph, lnti_test_value(graph, "y"), ERR));
  assert_ok(lnti_graph_finish(graph, ERR));
  return graph;
}

/* Sums of integers that bf16 holds are exact: nothing may differ. */
static void products_are_exact(void **state) {
  (void)state;
  lnti_pool *pool = NULL;
  assert_ok(lnti_pool_new(&pool, 3, ERR));
  const lnti_context alone = {.cpu = lnti_test_level()}, together = {.cpu = alone.cpu, .pool = pool};
  if (!lnti_bf16_kernels_of(alone.cpu)) {
    print_message("skipped, this level has no products of bf16\n");
    lnti_pool_free(pool);
    skip();
  }
  for (size_t i = 0; i < sizeof products / sizeof *products; i++) {
    const product *p = &products[i];
    lnti_rng rng;
    lnti_rng_seed(&rng, 13, i);
    trial t = {.graph = graph_of_product(p, &rng)};
    t.input[0] = (lnti_tensor){.dtype = LNTI_F32, .shape = {2, {p->rows, p->depth}}};
    if (p->samples) t.input[0].shape = (lnti_shape){3, {p->samples, p->rows, p->depth}};
    size_t count = lnti_shape_count(&t.input[0].shape), n = 0, wanted_n = 0;
    float *data = NULL;
    assert_ok(lnti_alloc_aligned(&data, count, sizeof *data, ERR));
    integers(data, count, &rng);
    t.input[0].data = data;
    float *wanted = run_of(&wanted_n, &t, &(lnti_plan_options){.plain = true}, NULL, &alone);
    for (int k = 0; k < 2; k++) {
      float *got =
          run_of(&n, &t, &(lnti_plan_options){.precision = LNTI_BF16}, p->own ? OWN : NULL, k ? &together : &alone);
      assert_int_equal(n, wanted_n);
      assert_memory_equal(got, wanted, n * sizeof *got);
      free(got);
    }
    free(wanted);
    free(data);
    lnti_graph_free(t.graph);
  }
  lnti_pool_free(pool);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(kernels_give_what_plain_loops_give),
                                     cmocka_unit_test(products_are_exact)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
