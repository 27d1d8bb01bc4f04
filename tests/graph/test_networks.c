/*
 * Well-known networks with random weights (bench/networks.h) give what onnxruntime gives, within 1e-3: small ones always, those of
 * the true size with the argument "full".
 */
#include "graph_support.h"

#include "../golden/graph_network_golden.h"
#include "networks.h"

#include <graph/read.h>
#include <math.h>

static bool full;

static void check(size_t g, const lnti_context *context) {
  const size_t side = network_golden[g].side, batch = network_golden[g].batch, n = batch * 3 * side * side;
  const lnti_network network = {
      .name = network_golden[g].name, .side = side, .n_classes = GOLDEN_CLASSES, .small = network_golden[g].small};
  lnti_tensor input = {.dtype = LNTI_F32, .shape = {.rank = 4, .dim = {batch, 3, side, side}}};
  const lnti_plan_options options = {.input = &input};
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
  for (size_t i = 0; i < batch * GOLDEN_CLASSES; i++) {
    float got = ((const float *)out->data)[i], wanted = network_golden[g].output[i];
    if (!(fabsf(got - wanted) <= 1e-3f))
      fail_msg("%s, output %zu: %g, wanted %g", network.name, i, (double)got, (double)wanted);
  }
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
    check(g, g % 2 ? &alone : &together);
    n_checked++;
  }
  assert_int_equal(n_checked, 7);
  lnti_pool_free(pool);
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(networks_give_what_onnxruntime_gives)};
  full = argc > 1 && strcmp(argv[1], "full") == 0;
  return cmocka_run_group_tests(tests, NULL, NULL);
}
