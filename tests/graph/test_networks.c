/*
 * Well-known networks with random weights (bench/networks.h) give what onnxruntime gives, within 1e-3 of what outputs
 * differ by: small ones always, those of the true size with the argument "full". In bf16 they agree within what rounding leaves.
 */
#include "graph_support.h"

#include "../golden/graph_network_golden.h"
#include "networks.h"

#include <graph/read.h>
#include <math.h>

static bool full;

/* Of the largest and the least output of all samples, which lie far enough from each other that equal ones would be seen. */
static float spread_of(size_t g) {
  const size_t n = network_golden[g].batch * GOLDEN_CLASSES;
  const float *wanted = network_golden[g].output;
  float least = wanted[0], largest = wanted[0];
  for (size_t i = 0; i < n; i++) {
    least = fminf(least, wanted[i]);
    largest = fmaxf(largest, wanted[i]);
  }
  assert_true(largest - least > 0.1f);
  for (size_t i = GOLDEN_CLASSES; i < n; i++) /* the picture decides, not the weights alone */
    if (fabsf(wanted[i] - wanted[i - GOLDEN_CLASSES]) > 0.02f * (largest - least)) return largest - least;
  assert_int_equal(network_golden[g].batch, 1);
  return largest - least;
}

/* The bounds that bf16 keeps are wider. */
static void check_output(size_t g, const float *got, bool half) {
  const size_t n = network_golden[g].batch * GOLDEN_CLASSES;
  const float *wanted = network_golden[g].output, bound = (half ? 0.03f : 1e-3f) * spread_of(g);
  for (size_t i = 0; i < n; i++) {
    if (fabsf(got[i] - wanted[i]) <= bound) continue;
    fail_msg("%s, output %zu: %g, wanted %g", network_golden[g].name, i, (double)got[i], (double)wanted[i]);
  }
}

static void check(size_t g, bool half, const lnti_context *context) {
  const size_t side = network_golden[g].side, batch = network_golden[g].batch, n = batch * 3 * side * side;
  const lnti_network network = {
      .name = network_golden[g].name, .side = side, .n_classes = GOLDEN_CLASSES, .small = network_golden[g].small};
  lnti_tensor input = {.dtype = LNTI_F32, .shape = {.rank = 4, .dim = {batch, 3, side, side}}};
  const lnti_plan_options options = {.input = &input, .precision = half ? LNTI_BF16 : LNTI_F32};
  lnti_graph *graph = NULL;
  lnti_plan *plan = NULL;
  float *pixels = NULL;
  size_t bytes = 0;
  uint8_t *file = lnti_network_make(&bytes, &network);
  assert_non_null(file);
  assert_ok(lnti_graph_read(&graph, file, bytes, ERR));
  free(file);
  assert_ok(lnti_plan_new(&plan, graph, &options, context, ERR));
  assert_ok(lnti_alloc_aligned(&pixels, n, sizeof *pixels, ERR));
  lnti_network_input(pixels, n);
  input.data = pixels;
  assert_ok(lnti_plan_run(plan, &input, ERR));
  const lnti_tensor *out = lnti_plan_output(plan, 0);
  assert_int_equal(lnti_shape_count(&out->shape), batch * GOLDEN_CLASSES);
  check_output(g, out->data, half);
  free(pixels);
  lnti_plan_free(plan);
  lnti_graph_free(graph);
}

static void networks_give_what_onnxruntime_gives(void **state) {
  (void)state;
  lnti_pool *pool = NULL;
  assert_ok(lnti_pool_new(&pool, 2, ERR));
  const lnti_context alone = {.cpu = lnti_test_level()}, together = {.cpu = alone.cpu, .pool = pool};
  size_t n_checked = 0;
  for (size_t g = 0; g < sizeof network_golden / sizeof *network_golden; g++) {
    if (network_golden[g].small == full) continue;
    check(g, false, g % 2 ? &alone : &together);
    n_checked++;
  }
  assert_int_equal(n_checked, 7);
  lnti_pool_free(pool);
}

static void networks_agree_in_bf16(void **state) {
  (void)state;
  lnti_pool *pool = NULL;
  const lnt_cpu_level level = lnti_test_level();
  if (level < LNT_CPU_AMX) {
    print_message("skipped: no products of bf16 at this level\n");
    skip();
  }
  assert_ok(lnti_pool_new(&pool, 2, ERR));
  const lnti_context alone = {.cpu = level}, together = {.cpu = level, .pool = pool};
  for (size_t g = 0; g < sizeof network_golden / sizeof *network_golden; g++) {
    if (network_golden[g].small != full) check(g, true, g % 2 ? &together : &alone);
  }
  lnti_pool_free(pool);
}

static void bf16_is_refused_where_the_cpu_has_none(void **state) {
  (void)state;
  const lnti_network network = {.name = "resnet18", .side = 32, .n_classes = 2, .small = true};
  const lnti_context context = {.cpu = LNT_CPU_AVX2};
  const lnti_tensor input = {.dtype = LNTI_F32, .shape = {.rank = 4, .dim = {1, 3, 32, 32}}};
  const lnti_plan_options options = {.input = &input, .precision = LNTI_BF16};
  lnti_graph *graph = NULL;
  lnti_plan *plan = NULL;
  size_t bytes = 0;
  uint8_t *file = lnti_network_make(&bytes, &network);
  assert_non_null(file);
  assert_ok(lnti_graph_read(&graph, file, bytes, ERR));
  free(file);
  assert_status(lnti_plan_new(&plan, graph, &options, &context, ERR), LNT_EUNSUPPORTED);
  assert_message("amx_bf16");
  lnti_graph_free(graph);
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(networks_give_what_onnxruntime_gives),
                                     cmocka_unit_test(networks_agree_in_bf16),
                                     cmocka_unit_test(bf16_is_refused_where_the_cpu_has_none)};
  full = argc > 1 && strcmp(argv[1], "full") == 0;
  return cmocka_run_group_tests(tests, NULL, NULL);
}
