/*
 * Nodes that strangers may write: what would read or write beyond a tensor, divide by nothing or never end is refused when the
 * network is planned. Under the sanitizers whatever gets through is seen.
 */
#include "graph_support.h"

#include <math.h>

static lnti_graph *graph;

static int begin(void **state) {
  (void)state;
  assert_ok(lnti_graph_new(&graph, ERR));
  return 0;
}

static int end(void **state) {
  (void)state;
  lnti_graph_free(graph);
  graph = NULL;
  return 0;
}

static void *constant(const char *name, lnti_dtype dtype, const lnti_shape *shape) {
  void *data = NULL;
  assert_ok(lnti_graph_set_constant(&data, graph, lnti_test_value(graph, name), dtype, shape, ERR));
  memset(data, 0, lnti_shape_count(shape) * lnti_dtype_bytes(dtype));
  return data;
}

#define SHAPE(...) (&(const lnti_shape){.rank = sizeof((size_t[]){__VA_ARGS__}) / sizeof(size_t), .dim = {__VA_ARGS__}})

/* Plans for the outputs named, and runs where that goes well; x is an input, f32 [1,1,4,4]. */
static lnt_status plan_and_run(const char *output) {
  const lnti_context context = {.cpu = LNT_CPU_GENERIC};
  lnti_tensor input = {.dtype = LNTI_F32, .shape = {.rank = 4, .dim = {1, 1, 4, 4}}};
  const lnti_plan_options options = {.input = &input};
  _Alignas(64) float data[16] = {0};
  lnti_plan *plan = NULL;
  assert_ok(lnti_graph_add_input(graph, lnti_test_value(graph, "x"), ERR));
  assert_ok(lnti_graph_add_output(graph, lnti_test_value(graph, output), ERR));
  lnt_status status = lnti_graph_finish(graph, ERR);
  if (!status) status = lnti_plan_new(&plan, graph, &options, &context, ERR);
  input.data = data;
  if (!status) status = lnti_plan_run(plan, &input, ERR);
  lnti_plan_free(plan);
  return status;
}

/* The first Split leaves large shapes behind; the second's last part is none. */
static void parts_of_a_split_are_each_a_part(void **state) {
  (void)state;
  static const int64_t sound[] = {1000, 1000}, wrong[] = {4, -1};
  const lnti_attribute axis[] = {ATTRIBUTE_INT("axis", 1)};
  constant("a", LNTI_F32, SHAPE(1, 2000));
  constant("b", LNTI_F32, SHAPE(1000, 4));
  memcpy(constant("sound", LNTI_I64, SHAPE(2)), sound, sizeof sound);
  memcpy(constant("wrong", LNTI_I64, SHAPE(2)), wrong, sizeof wrong);
  lnti_test_node(graph, "Split", "a sound", "a1 a2", axis, 1);
  lnti_test_node(graph, "Split", "b wrong", "b1 b2", axis, 1);
  assert_ok(lnti_graph_add_output(graph, lnti_test_value(graph, "a2"), ERR));
  assert_status(plan_and_run("b2"), LNT_EDATA);
}

static void scales_are_of_the_type_that_is_scaled(void **state) {
  (void)state;
  constant("scale", LNTI_U8, SHAPE(4));
  lnti_test_node(graph, "LayerNormalization", "x scale", "y", NULL, 0);
  assert_status(plan_and_run("y"), LNT_EDATA);
}

static void none_of_many_inputs_may_be_missing(void **state) {
  (void)state;
  const lnti_attribute axis[] = {ATTRIBUTE_INT("axis", 1)};
  lnti_test_node(graph, "Concat", "x - x", "y", axis, 1);
  assert_status(plan_and_run("y"), LNT_EDATA);
}

static void nor_of_a_sum(void **state) {
  (void)state;
  lnti_test_node(graph, "Sum", "x - x", "y", NULL, 0);
  assert_status(plan_and_run("y"), LNT_EDATA);
}

static void a_pool_of_nothing_is_refused(void **state) {
  (void)state;
  static const int64_t kernel[] = {2}, pads[] = {1, 1};
  const lnti_attribute attributes[] = {ATTRIBUTE_INTS("kernel_shape", kernel, 1), ATTRIBUTE_INTS("pads", pads, 2),
                                       ATTRIBUTE_INT("storage_order", 1)};
  constant("a", LNTI_F32, SHAPE(1, 1, 0));
  lnti_test_node(graph, "MaxPool", "a", "y indices", attributes, 3);
  assert_status(plan_and_run("indices"), LNT_EDATA);
}

static void a_window_without_end_is_refused(void **state) {
  (void)state;
  static const int64_t kernel[] = {INT32_MAX, INT32_MAX}, pads[] = {INT32_MAX - 1, INT32_MAX - 1, 0, 0};
  const lnti_attribute attributes[] = {ATTRIBUTE_INTS("kernel_shape", kernel, 2), ATTRIBUTE_INTS("pads", pads, 4)};
  lnti_test_node(graph, "MaxPool", "x", "y", attributes, 2);
  assert_status(plan_and_run("y"), LNT_EDATA);
}

static void bounds_are_one_number_each(void **state) {
  (void)state;
  constant("low", LNTI_F32, SHAPE(0));
  lnti_test_node(graph, "Clip", "x low", "y", NULL, 0);
  assert_status(plan_and_run("y"), LNT_EDATA);
}

/* A region that is no number: its coordinates are none either. */
static void a_region_that_is_no_number_reads_within_the_input(void **state) {
  (void)state;
  static const lnti_attribute mode[] = {
      {.name = "coordinate_transformation_mode", .kind = LNTI_ATTRIBUTE_STRING, .s = "tf_crop_and_resize"},
      {.name = "mode", .kind = LNTI_ATTRIBUTE_STRING, .s = "linear"}};
  static const int64_t sizes[] = {1, 1, 3, 3};
  float *roi = constant("roi", LNTI_F32, SHAPE(8));
  constant("scales", LNTI_F32, SHAPE(0));
  for (int i = 0; i < 8; i++) roi[i] = NAN;
  memcpy(constant("sizes", LNTI_I64, SHAPE(4)), sizes, sizeof sizes);
  lnti_test_node(graph, "Resize", "x roi scales sizes", "y", mode, 2);
  assert_ok(plan_and_run("y"));
}

/* A large side would want many gigabytes for where each of its elements comes from. */
static void a_side_of_a_thousand_million_is_refused(void **state) {
  (void)state;
  static const int64_t sizes[] = {1, 1, 1, 1 << 30};
  constant("scales", LNTI_F32, SHAPE(0));
  memcpy(constant("sizes", LNTI_I64, SHAPE(4)), sizes, sizeof sizes);
  lnti_test_node(graph, "Resize", "x - scales sizes", "y", NULL, 0);
  assert_status(plan_and_run("y"), LNT_ELIMIT);
}

/* Products that take long are not made while planning; here only the plan is made. */
static void long_products_are_left_to_be_run(void **state) {
  (void)state;
  const lnti_context context = {.cpu = LNT_CPU_GENERIC};
  const lnti_tensor input = {.dtype = LNTI_F32, .shape = {.rank = 1, .dim = {1}}};
  const lnti_plan_options options = {.input = &input};
  lnti_plan *plan = NULL;
  static const int64_t side[] = {11000, 11000};
  memcpy(constant("side", LNTI_I64, SHAPE(2)), side, sizeof side);
  lnti_test_node(graph, "ConstantOfShape", "side", "a", NULL, 0);
  lnti_test_node(graph, "MatMul", "a a", "y", NULL, 0);
  assert_ok(lnti_graph_add_input(graph, lnti_test_value(graph, "x"), ERR));
  assert_ok(lnti_graph_add_output(graph, lnti_test_value(graph, "y"), ERR));
  assert_ok(lnti_graph_finish(graph, ERR));
  assert_ok(lnti_plan_new(&plan, graph, &options, &context, ERR));
  assert_true(lnti_plan_steps(plan) >= 1);
  lnti_plan_free(plan);
}

/* Nor quantised ones, whose second input is a scale. */
static void nor_are_long_products_of_bytes_made(void **state) {
  (void)state;
  const lnti_context context = {.cpu = LNT_CPU_GENERIC};
  const lnti_tensor input = {.dtype = LNTI_F32, .shape = {.rank = 1, .dim = {1}}};
  const lnti_plan_options options = {.input = &input};
  lnti_plan *plan = NULL;
  constant("a", LNTI_U8, SHAPE(6000, 6000));
  *(float *)constant("s", LNTI_F32, SHAPE(1)) = 1;
  constant("z", LNTI_U8, SHAPE(1));
  lnti_test_node(graph, "QLinearMatMul", "a s z a s z s z", "y", NULL, 0);
  assert_ok(lnti_graph_add_input(graph, lnti_test_value(graph, "x"), ERR));
  assert_ok(lnti_graph_add_output(graph, lnti_test_value(graph, "y"), ERR));
  assert_ok(lnti_graph_finish(graph, ERR));
  assert_ok(lnti_plan_new(&plan, graph, &options, &context, ERR));
  assert_int_equal(lnti_plan_steps(plan), 1);
  lnti_plan_free(plan);
}

static void nor_of_an_equation(void **state) {
  (void)state;
  const lnti_attribute equation = {.name = "equation", .kind = LNTI_ATTRIBUTE_STRING, .s = "abcd,,abcd->a"};
  lnti_test_node(graph, "Einsum", "x - x", "y", &equation, 1);
  assert_status(plan_and_run("y"), LNT_EDATA);
  assert_message("an input of it is missing");
}

static void a_sum_without_end_is_refused(void **state) {
  (void)state;
  const lnti_attribute equation = {.name = "equation", .kind = LNTI_ATTRIBUTE_STRING, .s = "a,b,c,d->"};
  constant("m", LNTI_F32, SHAPE(1 << 16));
  lnti_test_node(graph, "Einsum", "m m m m", "y", &equation, 1);
  assert_status(plan_and_run("y"), LNT_ELIMIT);
}

/* Nor a sum of four thousand million products, whose one element stops in the middle. */
static void nor_is_a_long_sum_made_and_it_stops(void **state) {
  (void)state;
  lnti_cancel cancel = {0};
  const lnti_context context = {.cpu = LNT_CPU_GENERIC, .cancel = &cancel};
  const lnti_attribute equation = {.name = "equation", .kind = LNTI_ATTRIBUTE_STRING, .s = "i,j,k->"};
  lnti_tensor input = {.dtype = LNTI_F32, .shape = {.rank = 1, .dim = {1}}};
  const lnti_plan_options options = {.input = &input};
  _Alignas(64) float data[16] = {0};
  lnti_plan *plan = NULL;
  constant("m", LNTI_F32, SHAPE(1600));
  lnti_test_node(graph, "Einsum", "m m m", "y", &equation, 1);
  assert_ok(lnti_graph_add_input(graph, lnti_test_value(graph, "x"), ERR));
  assert_ok(lnti_graph_add_output(graph, lnti_test_value(graph, "y"), ERR));
  assert_ok(lnti_graph_finish(graph, ERR));
  assert_ok(lnti_plan_new(&plan, graph, &options, &context, ERR));
  assert_int_equal(lnti_plan_steps(plan), 1);
  input.data = data;
  const double begin_s = lnti_cpu_seconds();
  cancel.deadline_ns = lnti_monotonic_ns() + 20000000;
  assert_status(lnti_plan_run(plan, &input, ERR), LNT_ECANCELLED);
  assert_true(lnti_cpu_seconds() - begin_s < 5);
  lnti_plan_free(plan);
}

/* A matrix of no rows has no elements, but a scale for each of its columns. */
static void nothing_is_divided_by_what_is_empty(void **state) {
  (void)state;
  constant("a", LNTI_U8, SHAPE(1, 0));
  constant("b", LNTI_U8, SHAPE(0, 4));
  constant("z", LNTI_U8, SHAPE(4));
  constant("z1", LNTI_U8, SHAPE(1));
  constant("c", LNTI_I32, SHAPE(4));
  *(float *)constant("s1", LNTI_F32, SHAPE(1)) = 1;
  float *scale = constant("s", LNTI_F32, SHAPE(4));
  for (int i = 0; i < 4; i++) scale[i] = 1;
  lnti_test_node(graph, "QGemm", "a s1 z1 b s z c", "y", NULL, 0);
  assert_ok(plan_and_run("y"));
}

/* The reals that bytes are computed by are of the plan's memory, and count against its cap. */
static void reals_of_bytes_count_as_memory(void **state) {
  (void)state;
  const lnti_context context = {.cpu = LNT_CPU_GENERIC};
  const lnti_tensor input = {.dtype = LNTI_U8, .shape = {.rank = 1, .dim = {1 << 20}}};
  lnti_plan_options options = {.input = &input, .memory_max = (size_t)12 << 20};
  lnti_plan *plan = NULL;
  *(float *)constant("s", LNTI_F32, SHAPE(1)) = 1;
  constant("z", LNTI_U8, SHAPE(1));
  lnti_test_node(graph, "QLinearSigmoid", "x s z s z", "y", NULL, 0);
  assert_ok(lnti_graph_add_input(graph, lnti_test_value(graph, "x"), ERR));
  assert_ok(lnti_graph_add_output(graph, lnti_test_value(graph, "y"), ERR));
  assert_ok(lnti_graph_finish(graph, ERR));
  assert_ok(lnti_plan_new(&plan, graph, &options, &context, ERR));
  assert_true(lnti_plan_bytes(plan) >= (size_t)9 << 20);
  lnti_plan_free(plan);
  plan = NULL;
  options.memory_max = (size_t)8 << 20;
  assert_status(lnti_plan_new(&plan, graph, &options, &context, ERR), LNT_ELIMIT);
}

/* 259 * 255 * 255 + 255 * 254, which f32 does not hold. */
static void sums_of_bytes_are_whole(void **state) {
  static const char *const operators[] = {"ConvInteger", "MatMulInteger"};
  const lnti_context context = {.cpu = LNT_CPU_GENERIC};
  const lnti_tensor input = {.dtype = LNTI_F32, .shape = {.rank = 1, .dim = {1}}};
  const lnti_plan_options options = {.input = &input};
  for (int k = 0; k < 2; k++) {
    lnti_plan *plan = NULL;
    assert_int_equal(begin(state), 0);
    const lnti_shape *row = k == 0 ? SHAPE(1, 260, 1, 1) : SHAPE(1, 260);
    memset(constant("a", LNTI_U8, row), 255, 260);
    uint8_t *w = constant("w", LNTI_U8, k == 0 ? row : SHAPE(260, 1));
    memset(w, 255, 259);
    w[259] = 254;
    lnti_test_node(graph, operators[k], "a w", "y", NULL, 0);
    assert_ok(lnti_graph_add_input(graph, lnti_test_value(graph, "x"), ERR));
    assert_ok(lnti_graph_add_output(graph, lnti_test_value(graph, "y"), ERR));
    assert_ok(lnti_graph_finish(graph, ERR));
    assert_ok(lnti_plan_new(&plan, graph, &options, &context, ERR));
    assert_int_equal(*(const int32_t *)lnti_plan_output(plan, 0)->data, 259 * 255 * 255 + 255 * 254);
    lnti_plan_free(plan);
    assert_int_equal(end(state), 0);
  }
}

static void integers_to_powers_that_are_none(void **state) {
  (void)state;
  const lnti_context context = {.cpu = LNT_CPU_GENERIC};
  const lnti_tensor input = {.dtype = LNTI_F32, .shape = {.rank = 1, .dim = {1}}};
  const lnti_plan_options options = {.input = &input};
  lnti_plan *plan = NULL;
  *(int32_t *)constant("four", LNTI_I32, SHAPE(1)) = 4;
  *(float *)constant("half", LNTI_F32, SHAPE(1)) = 0.5f;
  lnti_test_node(graph, "Pow", "four half", "y", NULL, 0);
  assert_ok(lnti_graph_add_input(graph, lnti_test_value(graph, "x"), ERR));
  assert_ok(lnti_graph_add_output(graph, lnti_test_value(graph, "y"), ERR));
  assert_ok(lnti_graph_finish(graph, ERR));
  assert_ok(lnti_plan_new(&plan, graph, &options, &context, ERR));
  assert_int_equal(*(const int32_t *)lnti_plan_output(plan, 0)->data, 2);
  lnti_plan_free(plan);
}

static void equations_that_say_nothing_are_refused(void **state) {
  static const char *const wrong[] = {
      "",     "ab",      "abc,de->",   "abcd,ab->x", "abcd,ab->aa", "abcd,ab>a",   "abcd,ab-",
      "abcd", "a1cd,ab", "abcd,ab,ab", "aacd,ca->",  "....,ab",     "abcd,ab->a,", "...,...->...aaaaaaaaa"};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    const lnti_attribute equation = {.name = "equation", .kind = LNTI_ATTRIBUTE_STRING, .s = wrong[i]};
    assert_int_equal(begin(state), 0);
    constant("m", LNTI_F32, SHAPE(2, 3));
    lnti_test_node(graph, "Einsum", "x m", "y", &equation, 1);
    assert_status(plan_and_run("y"), LNT_EDATA);
    assert_int_equal(end(state), 0);
  }
}

#define HOSTILE(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void) {
  const struct CMUnitTest tests[] = {HOSTILE(parts_of_a_split_are_each_a_part),
                                     HOSTILE(scales_are_of_the_type_that_is_scaled),
                                     HOSTILE(none_of_many_inputs_may_be_missing),
                                     HOSTILE(nor_of_a_sum),
                                     HOSTILE(a_pool_of_nothing_is_refused),
                                     HOSTILE(a_window_without_end_is_refused),
                                     HOSTILE(bounds_are_one_number_each),
                                     HOSTILE(a_region_that_is_no_number_reads_within_the_input),
                                     HOSTILE(a_side_of_a_thousand_million_is_refused),
                                     HOSTILE(long_products_are_left_to_be_run),
                                     HOSTILE(nor_are_long_products_of_bytes_made),
                                     HOSTILE(nor_of_an_equation),
                                     HOSTILE(a_sum_without_end_is_refused),
                                     HOSTILE(nor_is_a_long_sum_made_and_it_stops),
                                     HOSTILE(reals_of_bytes_count_as_memory),
                                     cmocka_unit_test(sums_of_bytes_are_whole),
                                     HOSTILE(nothing_is_divided_by_what_is_empty),
                                     cmocka_unit_test(equations_that_say_nothing_are_refused),
                                     HOSTILE(integers_to_powers_that_are_none)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
