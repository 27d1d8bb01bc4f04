/*
 * Plans: that what is fused, blocked, laid out and run by a library gives what the operators' own loops give, on random
 * networks; that memory is used again but never too early; that shapes are checked.
 */
#include "graph_support.h"

#include <math.h>

/* ---- random networks ---- */

enum { VALUES_MAX = 128 };

typedef struct growing {
  lnti_graph *graph;
  lnti_rng rng;
  char name[VALUES_MAX][16];
  size_t channels[VALUES_MAX], side[VALUES_MAX];
  size_t n; /* planes that there are */
  size_t n_constants;
} growing;

static size_t below(growing *g, size_t n) {
  return (size_t)lnti_rng_below(&g->rng, n);
}

static float small(growing *g) {
  return (float)(lnti_rng_unit(&g->rng) - 0.5);
}

/* A constant of random numbers about `middle`; its name is for the caller until the next. */
static const char *constant(growing *g, const size_t *shape, float middle) {
  static char name[24];
  const lnti_shape s = lnti_test_shape(shape);
  float *data = malloc(lnti_shape_count(&s) * sizeof *data);
  assert_non_null(data);
  for (size_t i = 0; i < lnti_shape_count(&s); i++) data[i] = middle + 0.5f * small(g);
  snprintf(name, sizeof name, "k%zu", g->n_constants++);
  lnti_test_constant(g->graph, name, data, shape);
  free(data);
  return name;
}

static void new_plane(growing *g, size_t channels, size_t side) {
  assert_true(g->n < VALUES_MAX);
  snprintf(g->name[g->n], sizeof g->name[0], "p%zu", g->n);
  g->channels[g->n] = channels;
  g->side[g->n++] = side;
}

static void node(growing *g, const char *op, const char *inputs, const lnti_attribute *attributes, size_t n) {
  lnti_test_node(g->graph, op, inputs, g->name[g->n - 1], attributes, n);
}

static void add_conv(growing *g, size_t from) {
  static const size_t sizes[] = {1, 3, 5, 7, 8, 16, 24, 33, 48, 64};
  static const int64_t ones[] = {1, 1}, twos[] = {2, 2}, odd[] = {0, 1, 1, 0};
  size_t in = g->channels[from], made = sizes[below(g, 10)], kernel = 1 + 2 * below(g, 2), groups = 1;
  bool depthwise = below(g, 4) == 0, stride = g->side[from] >= 8 && below(g, 4) == 0;
  if (depthwise) made = groups = in;
  if (!depthwise && in % 2 == 0 && made % 2 == 0 && below(g, 4) == 0) groups = 2;
  int64_t pad = (int64_t)kernel / 2, same[] = {pad, pad, pad, pad};
  bool uneven = kernel == 3 && below(g, 3) == 0;
  size_t reach = g->side[from] + (uneven ? 1 : 2 * (size_t)pad);
  if (reach < kernel) return;
  const lnti_attribute attributes[] = {ATTRIBUTE_INTS("pads", uneven ? odd : same, 4),
                                       ATTRIBUTE_INTS("strides", stride ? twos : ones, 2),
                                       ATTRIBUTE_INT("group", (int64_t)groups)};
  char inputs[80];
  int used = snprintf(inputs, sizeof inputs, "%s", g->name[from]);
  used += snprintf(inputs + used, sizeof inputs - (size_t)used, " %s",
                   constant(g, (const size_t[]){made, in / groups, kernel, kernel, 0}, 0));
  if (below(g, 2))
    snprintf(inputs + used, sizeof inputs - (size_t)used, " %s", constant(g, (const size_t[]){made, 0}, 0));
  new_plane(g, made, (reach - kernel) / (stride ? 2 : 1) + 1);
  node(g, "Conv", inputs, attributes, 3);
}

static void add_norm(growing *g, size_t from) {
  char inputs[120];
  size_t c = g->channels[from];
  int used = snprintf(inputs, sizeof inputs, "%s", g->name[from]);
  for (int k = 0; k < 4; k++) {
    used += snprintf(inputs + used, sizeof inputs - (size_t)used, " %s",
                     constant(g, (const size_t[]){c, 0}, k == 0 || k == 3 ? 1 : 0));
  }
  new_plane(g, c, g->side[from]);
  node(g, "BatchNormalization", inputs, NULL, 0);
}

static void add_activation(growing *g, size_t from) {
  static const char *const names[] = {"Relu", "LeakyRelu",   "HardSwish", "Sigmoid", "Elu",
                                      "Tanh", "HardSigmoid", "Clip",      "Exp"};
  const char *name = names[below(g, 9)];
  char inputs[60];
  snprintf(inputs, sizeof inputs, "%s", g->name[from]);
  if (strcmp(name, "Clip") == 0) {
    const float low = -0.25f, high = 0.75f;
    char a[20], b[20];
    snprintf(a, sizeof a, "low%zu", g->n);
    snprintf(b, sizeof b, "high%zu", g->n);
    lnti_test_constant(g->graph, a, &low, (const size_t[]){0});
    lnti_test_constant(g->graph, b, &high, (const size_t[]){0});
    snprintf(inputs, sizeof inputs, "%s %s %s", g->name[from], a, below(g, 2) ? b : "-");
  }
  new_plane(g, g->channels[from], g->side[from]);
  if (strcmp(name, "Exp") == 0) { /* large values would make differences large: of the sigmoid alone */
    node(g, "Sigmoid", g->name[from], NULL, 0);
    new_plane(g, g->channels[from], g->side[from]);
    node(g, "Exp", g->name[g->n - 2], NULL, 0);
    return;
  }
  node(g, name, inputs, NULL, 0);
}

/* Another plane of the same shape, or `from` itself. */
static size_t alike(growing *g, size_t from) {
  size_t start = below(g, g->n);
  for (size_t i = 0; i < g->n; i++) {
    size_t other = (start + i) % g->n;
    if (g->channels[other] == g->channels[from] && g->side[other] == g->side[from]) return other;
  }
  return from;
}

static void add_two(growing *g, size_t from) {
  static const char *const names[] = {"Add", "Add", "Add", "Mul", "Sub", "Max"};
  char inputs[60];
  const char *name = names[below(g, 6)];
  if (below(g, 4) == 0) { /* a factor for each channel, as in squeeze and excitation */
    snprintf(inputs, sizeof inputs, "%s %s", g->name[from],
             constant(g, (const size_t[]){1, g->channels[from], 1, 1, 0}, 1));
  } else {
    snprintf(inputs, sizeof inputs, "%s %s", g->name[from], g->name[alike(g, from)]);
  }
  new_plane(g, g->channels[from], g->side[from]);
  node(g, name, inputs, NULL, 0);
}

static void add_gate(growing *g, size_t from) {
  char inputs[60];
  bool hard = below(g, 2) == 0;
  const lnti_attribute slope[] = {ATTRIBUTE_FLOAT("alpha", 1.0f / 6), ATTRIBUTE_FLOAT("beta", 0.5f)};
  new_plane(g, g->channels[from], g->side[from]);
  node(g, hard ? "HardSigmoid" : "Sigmoid", g->name[from], slope, hard ? 2 : 0);
  snprintf(inputs, sizeof inputs, "%s %s", g->name[g->n - 1], g->name[from]);
  new_plane(g, g->channels[from], g->side[from]);
  node(g, "Mul", inputs, NULL, 0);
}

static void add_pool(growing *g, size_t from) {
  static const int64_t kernel[] = {3, 3}, stride[] = {2, 2}, pads[] = {1, 1, 1, 1};
  const lnti_attribute attributes[] = {ATTRIBUTE_INTS("kernel_shape", kernel, 2), ATTRIBUTE_INTS("strides", stride, 2),
                                       ATTRIBUTE_INTS("pads", pads, 4), ATTRIBUTE_INT("ceil_mode", 1)};
  bool average = below(g, 2) == 0, up = below(g, 2) == 0;
  if (g->side[from] < 4) return;
  size_t span = g->side[from] + 2 - 3, out = (up ? (span + 1) / 2 : span / 2) + 1;
  if (up && (out - 1) * 2 >= g->side[from] + 1) out--;
  new_plane(g, g->channels[from], out);
  node(g, average ? "AveragePool" : "MaxPool", g->name[from], attributes, up ? 4 : 3);
}

static void add_concat(growing *g, size_t from) {
  char inputs[60];
  size_t other = from, start = below(g, g->n);
  const lnti_attribute axis[] = {ATTRIBUTE_INT("axis", 1)};
  for (size_t i = 0; i < g->n; i++) {
    other = (start + i) % g->n;
    if (g->side[other] == g->side[from]) break;
  }
  snprintf(inputs, sizeof inputs, "%s %s", g->name[from], g->name[other]);
  if (g->channels[from] + g->channels[other] > 100) return;
  new_plane(g, g->channels[from] + g->channels[other], g->side[from]);
  node(g, "Concat", inputs, axis, 1);
}

static void add_global(growing *g, size_t from) {
  char inputs[60];
  new_plane(g, g->channels[from], 1);
  node(g, "GlobalAveragePool", g->name[from], NULL, 0);
  snprintf(inputs, sizeof inputs, "%s %s", g->name[from], g->name[g->n - 1]);
  new_plane(g, g->channels[from], g->side[from]);
  node(g, "Mul", inputs, NULL, 0);
}

/* A network of some twenty planes; the last and a few in between are its outputs. */
static lnti_graph *random_network(uint64_t seed, lnti_shape *input_out) {
  static void (*const kinds[])(growing *, size_t) = {add_conv, add_conv, add_conv, add_norm,   add_activation,
                                                     add_two,  add_gate, add_pool, add_concat, add_global};
  static const size_t samples[] = {1, 2, 1, 5};
  growing g = {0};
  lnti_rng_seed(&g.rng, seed, 0);
  assert_ok(lnti_graph_new(&g.graph, ERR));
  new_plane(&g, 1 + below(&g, 20), 5 + below(&g, 12));
  assert_ok(lnti_graph_add_input(g.graph, lnti_test_value(g.graph, "p0"), ERR));
  *input_out = (lnti_shape){.rank = 4, .dim = {samples[below(&g, 4)], g.channels[0], g.side[0], g.side[0]}};
  while (g.n < 24) {
    /* Mostly on from the newest, so that there is something to fuse. */
    size_t from = below(&g, 4) ? g.n - 1 : below(&g, g.n);
    kinds[below(&g, sizeof kinds / sizeof *kinds)](&g, from);
  }
  for (size_t i = 1; i < g.n; i++) {
    if (i + 1 == g.n || below(&g, 6) == 0) {
      assert_ok(lnti_graph_add_output(g.graph, lnti_test_value(g.graph, g.name[i]), ERR));
    }
  }
  assert_ok(lnti_graph_finish(g.graph, ERR));
  return g.graph;
}

static void random_networks_give_what_plain_loops_give(void **state) {
  (void)state;
  enum { NETWORKS = 120 };
  lnti_pool *pool = NULL;
  assert_ok(lnti_pool_new(&pool, 3, ERR)); /* shares of samples and channels that are not all of one size */
  const lnti_context alone = {.cpu = lnti_test_level()}, together = {.cpu = alone.cpu, .pool = pool};
  for (uint64_t seed = 1; seed <= NETWORKS; seed++) {
    lnti_tensor input = {.dtype = LNTI_F32};
    lnti_graph *graph = random_network(seed, &input.shape);
    lnti_test_compare_plans(graph, &input, seed % 2 ? &alone : &together, 1e-4f, seed);
    lnti_graph_free(graph);
  }
  lnti_pool_free(pool);
}

/* Folding makes new constants, and the list of values grows while it does. */
static void many_norms_are_folded(void **state) {
  (void)state;
  enum { NORMS = 30 }; /* 211 values, and 60 that folding makes: beyond 256 */
  const lnti_context context = {.cpu = lnti_test_level()};
  const lnti_tensor input = {.dtype = LNTI_F32, .shape = {.rank = 4, .dim = {1, 2, 3, 3}}};
  const lnti_plan_options options = {.input = &input};
  lnti_plan *plan = NULL;
  growing g = {0};
  lnti_rng_seed(&g.rng, 1, 0);
  assert_ok(lnti_graph_new(&g.graph, ERR));
  assert_ok(lnti_graph_add_input(g.graph, lnti_test_value(g.graph, "p0"), ERR));
  new_plane(&g, 2, 3);
  for (size_t i = 0; i < NORMS; i++) {
    char inputs[64];
    snprintf(inputs, sizeof inputs, "%s %s", g.name[g.n - 1], constant(&g, (const size_t[]){2, 2, 1, 1, 0}, 0.5f));
    new_plane(&g, 2, 3);
    node(&g, "Conv", inputs, NULL, 0);
    add_norm(&g, g.n - 1);
  }
  assert_ok(lnti_graph_add_output(g.graph, lnti_test_value(g.graph, g.name[g.n - 1]), ERR));
  assert_ok(lnti_graph_finish(g.graph, ERR));
  assert_ok(lnti_plan_new(&plan, g.graph, &options, &context, ERR));
  assert_true(lnti_plan_steps(plan) <= 2 * NORMS); /* with the reorders between them */
  lnti_plan_free(plan);
  lnti_test_compare_plans(g.graph, &input, &context, 1e-4f, 1);
  lnti_graph_free(g.graph);
}

/* ---- memory and shapes ---- */

static lnti_graph *chain(size_t length) {
  char in[24], out[24];
  lnti_graph *g = NULL;
  assert_ok(lnti_graph_new(&g, ERR));
  assert_ok(lnti_graph_add_input(g, lnti_test_value(g, "v0"), ERR));
  for (size_t i = 0; i < length; i++) {
    snprintf(in, sizeof in, "v%zu", i);
    snprintf(out, sizeof out, "v%zu", i + 1);
    lnti_test_node(g, i % 2 ? "Neg" : "Abs", in, out, NULL, 0);
  }
  assert_ok(lnti_graph_add_output(g, lnti_test_value(g, out), ERR));
  assert_ok(lnti_graph_finish(g, ERR));
  return g;
}

static void memory_is_used_again(void **state) {
  (void)state;
  const lnti_context context = {.cpu = LNT_CPU_GENERIC};
  const lnti_tensor input = {.dtype = LNTI_F32, .shape = {.rank = 2, .dim = {100, 100}}};
  const lnti_plan_options options = {.input = &input, .plain = true};
  lnti_graph *g = chain(50);
  lnti_plan *plan = NULL;
  assert_ok(lnti_plan_new(&plan, g, &options, &context, ERR));
  assert_int_equal(lnti_plan_steps(plan), 50);
  assert_true(lnti_plan_bytes(plan) <= 2 * 40064);
  lnti_plan_free(plan);
  const lnti_plan_options tight = {.input = &input, .plain = true, .memory_max = 50000};
  assert_status(lnti_plan_new(&plan, g, &tight, &context, ERR), LNT_ELIMIT);
  lnti_graph_free(g);
}

/* Weights have a cap of their own, and count in what a plan holds. */
static void weights_are_counted_apart(void **state) {
  (void)state;
  enum { IN = 64, OUT = 256, WEIGHTS = IN * OUT * 4 };
  const lnti_context context = {.cpu = lnti_test_level()};
  const lnti_tensor input = {.dtype = LNTI_F32, .shape = {.rank = 4, .dim = {1, IN, 2, 2}}};
  lnti_plan_options options = {.input = &input, .memory_max = WEIGHTS - 1};
  static const float weights[OUT * IN];
  lnti_graph *g = NULL;
  lnti_plan *plan = NULL;
  assert_ok(lnti_graph_new(&g, ERR));
  assert_ok(lnti_graph_add_input(g, lnti_test_value(g, "x"), ERR));
  lnti_test_constant(g, "w", weights, (const size_t[]){OUT, IN, 1, 1, 0});
  lnti_test_node(g, "Conv", "x w", "y", NULL, 0);
  assert_ok(lnti_graph_add_output(g, lnti_test_value(g, "y"), ERR));
  assert_ok(lnti_graph_finish(g, ERR));
  assert_status(lnti_plan_new(&plan, g, &options, &context, ERR), LNT_ELIMIT);
  assert_message("weights");
  options.weights_max = 2 * WEIGHTS;
  assert_ok(lnti_plan_new(&plan, g, &options, &context, ERR));
  assert_true(lnti_plan_held(plan) >= lnti_plan_bytes(plan) + WEIGHTS);
  lnti_plan_free(plan);
  lnti_graph_free(g);
}

static void what_is_not_wanted_is_not_computed(void **state) {
  (void)state;
  const lnti_context context = {.cpu = LNT_CPU_GENERIC};
  const lnti_tensor input = {.dtype = LNTI_F32, .shape = {.rank = 1, .dim = {4}}};
  lnti_graph *g = chain(50);
  const uint32_t wanted = lnti_test_value(g, "v10");
  const lnti_plan_options options = {.input = &input, .output = &wanted, .n_outputs = 1};
  lnti_plan *plan = NULL;
  assert_ok(lnti_plan_new(&plan, g, &options, &context, ERR));
  assert_int_equal(lnti_plan_steps(plan), 10);
  lnti_plan_free(plan);
  lnti_graph_free(g);
}

/* Shape -> Gather -> Concat -> Reshape, as exporters write x.view(x.size(0), -1): nothing of it is left to run. */
static void arithmetic_on_shapes_is_folded(void **state) {
  (void)state;
  const lnti_context context = {.cpu = LNT_CPU_GENERIC};
  const int64_t zero = 0, rest = -1;
  const lnti_attribute index = ATTRIBUTE_INT("value_int", zero), minus = ATTRIBUTE_INTS("value_ints", &rest, 1);
  const lnti_attribute axis = ATTRIBUTE_INT("axis", 0);
  const int64_t axes_list = 0;
  const lnti_attribute axes = ATTRIBUTE_INTS("value_ints", &axes_list, 1);
  lnti_graph *g = NULL;
  lnti_plan *plan = NULL;
  assert_ok(lnti_graph_new(&g, ERR));
  assert_ok(lnti_graph_add_input(g, lnti_test_value(g, "x"), ERR));
  lnti_test_node(g, "Shape", "x", "shape", NULL, 0);
  lnti_test_node(g, "Constant", "", "zero", &index, 1);
  lnti_test_node(g, "Gather", "shape zero", "n", &axis, 1);
  lnti_test_node(g, "Constant", "", "axes", &axes, 1);
  lnti_test_node(g, "Unsqueeze", "n axes", "n1", NULL, 0);
  lnti_test_node(g, "Constant", "", "minus", &minus, 1);
  lnti_test_node(g, "Concat", "n1 minus", "target", &axis, 1);
  lnti_test_node(g, "Reshape", "x target", "y", NULL, 0);
  assert_ok(lnti_graph_add_output(g, lnti_test_value(g, "y"), ERR));
  assert_ok(lnti_graph_finish(g, ERR));
  lnti_tensor input = {.dtype = LNTI_F32, .shape = {.rank = 3, .dim = {2, 3, 4}}};
  const lnti_plan_options options = {.input = &input};
  assert_ok(lnti_plan_new(&plan, g, &options, &context, ERR));
  assert_int_equal(lnti_plan_steps(plan), 1);
  float data[24] = {0};
  input.data = data;
  assert_ok(lnti_plan_run(plan, &input, ERR));
  const lnti_tensor *out = lnti_plan_output(plan, 0);
  assert_int_equal(out->shape.rank, 2);
  assert_int_equal(out->shape.dim[1], 12);
  assert_ptr_equal(out->data, data); /* a view */
  lnti_plan_free(plan);
  lnti_graph_free(g);
}

static void other_shapes_than_planned_are_refused(void **state) {
  (void)state;
  const lnti_context context = {.cpu = LNT_CPU_GENERIC};
  lnti_tensor input = {.dtype = LNTI_F32, .shape = {.rank = 1, .dim = {4}}};
  const lnti_plan_options options = {.input = &input};
  lnti_graph *g = chain(2);
  lnti_plan *plan = NULL;
  float data[8] = {0};
  assert_ok(lnti_plan_new(&plan, g, &options, &context, ERR));
  lnti_tensor wrong = {.dtype = LNTI_F32, .shape = {.rank = 1, .dim = {8}}, .data = data};
  assert_status(lnti_plan_run(plan, &wrong, ERR), LNT_EINVAL);
  assert_message("[8]");
  lnti_plan_free(plan);
  input.shape = (lnti_shape){.rank = 2, .dim = {(size_t)1 << 30, (size_t)1 << 30}};
  assert_status(lnti_plan_new(&plan, g, &options, &context, ERR), LNT_ELIMIT);
  lnti_graph_free(g);
}

static void a_shape_that_is_computed_is_refused(void **state) {
  (void)state;
  const lnti_context context = {.cpu = LNT_CPU_GENERIC};
  lnti_graph *g = NULL;
  lnti_plan *plan = NULL;
  assert_ok(lnti_graph_new(&g, ERR));
  assert_ok(lnti_graph_add_input(g, lnti_test_value(g, "x"), ERR));
  assert_ok(lnti_graph_add_input(g, lnti_test_value(g, "wanted"), ERR));
  lnti_test_node(g, "Reshape", "x wanted", "y", NULL, 0);
  assert_ok(lnti_graph_add_output(g, lnti_test_value(g, "y"), ERR));
  assert_ok(lnti_graph_finish(g, ERR));
  lnti_tensor input[] = {{.dtype = LNTI_F32, .shape = {.rank = 1, .dim = {4}}},
                         {.dtype = LNTI_I64, .shape = {.rank = 1, .dim = {2}}}};
  const lnti_plan_options options = {.input = input};
  assert_status(lnti_plan_new(&plan, g, &options, &context, ERR), LNT_EUNSUPPORTED);
  assert_message("depends on what the network computes");
  int64_t two[] = {2, 2};
  input[1].data = two;
  assert_ok(lnti_plan_new(&plan, g, &options, &context, ERR));
  assert_int_equal(lnti_plan_output(plan, 0)->shape.dim[1], 2);
  lnti_plan_free(plan);
  lnti_graph_free(g);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(random_networks_give_what_plain_loops_give),
                                     cmocka_unit_test(many_norms_are_folded),
                                     cmocka_unit_test(memory_is_used_again),
                                     cmocka_unit_test(weights_are_counted_apart),
                                     cmocka_unit_test(what_is_not_wanted_is_not_computed),
                                     cmocka_unit_test(arithmetic_on_shapes_is_folded),
                                     cmocka_unit_test(other_shapes_than_planned_are_refused),
                                     cmocka_unit_test(a_shape_that_is_computed_is_refused)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
