/* Building graphs in tests by names. */
#include "graph_support.h"

#include <math.h>

uint32_t lnti_test_value(lnti_graph *graph, const char *name) {
  uint32_t value = LNTI_NO_VALUE;
  assert_ok(lnti_graph_name(&value, graph, name, strlen(name), ERR));
  return value;
}

static size_t values_of(uint32_t *out, size_t room, lnti_graph *graph, const char *names) {
  size_t n = 0;
  char *copy = strdup(names), *rest = copy;
  assert_non_null(copy);
  for (char *name = strtok_r(rest, " ", &rest); name; name = strtok_r(NULL, " ", &rest)) {
    assert_true(n < room);
    out[n++] = strcmp(name, "-") == 0 ? LNTI_NO_VALUE : lnti_test_value(graph, name);
  }
  free(copy);
  return n;
}

void lnti_test_node(lnti_graph *graph, const char *op, const char *inputs, const char *outputs,
                    const lnti_attribute *attributes, size_t n_attributes) {
  uint32_t in[16], out[16];
  lnti_node node = {.op = lnti_operator_find(op, ""),
                    .name = outputs,
                    .input = in,
                    .output = out,
                    .n_inputs = values_of(in, 16, graph, inputs),
                    .n_outputs = values_of(out, 16, graph, outputs),
                    .attribute = attributes,
                    .n_attributes = n_attributes,
                    .version = LNTI_TEST_OPSET};
  if (!node.op) node.op = lnti_operator_find(op, "com.microsoft");
  assert_non_null(node.op);
  assert_ok(lnti_node_check(&node, ERR));
  assert_ok(lnti_graph_add_node(graph, &node, ERR));
}

lnti_shape lnti_test_shape(const size_t *zero_ended) {
  lnti_shape shape = {0};
  while (zero_ended[shape.rank]) {
    shape.dim[shape.rank] = zero_ended[shape.rank];
    shape.rank++;
  }
  return shape;
}

void lnti_test_constant(lnti_graph *graph, const char *name, const float *data, const size_t *shape) {
  void *memory = NULL;
  const lnti_shape s = lnti_test_shape(shape);
  assert_ok(lnti_graph_set_constant(&memory, graph, lnti_test_value(graph, name), LNTI_F32, &s, ERR));
  memcpy(memory, data, lnti_shape_count(&s) * sizeof *data);
}

lnt_cpu_level lnti_test_level(void) {
  const char *name = getenv("LINNET_CPU");
  lnt_cpu_level level = lnt_cpu_detect();
  if (!name || !*name) return level;
  lnt_cpu_level wanted = level;
  assert_ok(lnt_cpu_parse(&wanted, name, ERR));
  if (wanted > level) {
    print_message("skipped: this CPU has no %s\n", name);
    skip();
  }
  return wanted;
}

static void compare(const lnti_plan *fast, const lnti_plan *plain, size_t n_outputs, float tolerance, uint64_t seed) {
  for (size_t k = 0; k < n_outputs; k++) {
    const lnti_tensor *a = lnti_plan_output(fast, k), *b = lnti_plan_output(plain, k);
    const float *x = a->data, *y = b->data;
    float largest = 1;
    assert_true(lnti_shape_equal(&a->shape, &b->shape));
    assert_int_equal(a->block, 0);
    for (size_t i = 0; i < lnti_shape_count(&a->shape); i++) largest = fmaxf(largest, fabsf(y[i]));
    for (size_t i = 0; i < lnti_shape_count(&a->shape); i++) {
      if (fabsf(x[i] - y[i]) <= tolerance * largest) continue;
      fail_msg("network %llu, output %zu, element %zu: %g, by plain loops %g", (unsigned long long)seed, k, i,
               (double)x[i], (double)y[i]);
    }
  }
}

void lnti_test_compare_plans(const lnti_graph *graph, const lnti_tensor *input, const lnti_context *context,
                             float tolerance, uint64_t seed) {
  lnti_tensor given = *input;
  lnti_plan *fast = NULL, *plain = NULL, *twin = NULL;
  lnti_plan_options options = {.input = input};
  lnti_rng rng;
  float *data = NULL, *zeros = NULL;
  assert_ok(lnti_plan_new(&fast, graph, &options, context, ERR));
  assert_ok(lnti_plan_twin(&twin, fast, ERR));
  options.plain = true;
  assert_ok(lnti_plan_new(&plain, graph, &options, context, ERR));
  assert_true(lnti_plan_bytes(plain) > 0);
  size_t n = lnti_shape_count(&input->shape);
  assert_ok(lnti_alloc_aligned(&data, n, sizeof *data, ERR));
  assert_ok(lnti_alloc_aligned(&zeros, n, sizeof *zeros, ERR));
  memset(zeros, 0, n * sizeof *zeros);
  lnti_rng_seed(&rng, seed, 1);
  for (int round = 0; round < 2; round++) { /* a second run must not find what the first left */
    for (size_t i = 0; i < n; i++) data[i] = (float)(2 * lnti_rng_unit(&rng) - 1);
    given.data = data;
    assert_ok(lnti_plan_run(fast, &given, ERR));
    assert_ok(lnti_plan_run(plain, &given, ERR));
    given.data = zeros; /* what a twin does is no concern of the other's */
    assert_ok(lnti_plan_run(twin, &given, ERR));
    compare(fast, plain, graph->n_outputs, tolerance, seed);
    given.data = data;
    assert_ok(lnti_plan_run(twin, &given, ERR));
    compare(twin, plain, graph->n_outputs, tolerance, seed);
  }
  free(zeros);
  free(data);
  lnti_plan_free(twin);
  lnti_plan_free(plain);
  lnti_plan_free(fast);
}
