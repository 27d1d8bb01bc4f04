/* Building and ordering graphs, and what makes one wrong. */
#include "graph_support.h"

static lnti_graph *new_graph(void) {
  lnti_graph *graph = NULL;
  assert_ok(lnti_graph_new(&graph, ERR));
  return graph;
}

static void nodes_are_put_in_order(void **state) {
  (void)state;
  lnti_graph *g = new_graph();
  assert_ok(lnti_graph_add_input(g, lnti_test_value(g, "x"), ERR));
  lnti_test_node(g, "Relu", "c", "d", NULL, 0);
  lnti_test_node(g, "Relu", "b", "c", NULL, 0);
  lnti_test_node(g, "Add", "a x", "b", NULL, 0);
  lnti_test_node(g, "Neg", "x", "a", NULL, 0);
  assert_ok(lnti_graph_add_output(g, lnti_test_value(g, "d"), ERR));
  assert_ok(lnti_graph_finish(g, ERR));
  assert_string_equal(g->node[0].op->name, "Neg");
  assert_string_equal(g->node[1].op->name, "Add");
  assert_string_equal(g->node[3].name, "d");
  lnti_graph_free(g);
}

static void a_circle_is_refused_by_name(void **state) {
  (void)state;
  lnti_graph *g = new_graph();
  assert_ok(lnti_graph_add_input(g, lnti_test_value(g, "x"), ERR));
  lnti_test_node(g, "Neg", "x", "first", NULL, 0);
  lnti_test_node(g, "Add", "x b", "a", NULL, 0);
  lnti_test_node(g, "Relu", "a", "b", NULL, 0);
  assert_ok(lnti_graph_add_output(g, lnti_test_value(g, "b"), ERR));
  assert_status(lnti_graph_finish(g, ERR), LNT_EDATA);
  assert_message("circle");
  lnti_graph_free(g);
}

static void what_nothing_makes_is_refused_by_name(void **state) {
  (void)state;
  lnti_graph *g = new_graph();
  lnti_test_node(g, "Relu", "missing", "y", NULL, 0);
  assert_ok(lnti_graph_add_output(g, lnti_test_value(g, "y"), ERR));
  assert_status(lnti_graph_finish(g, ERR), LNT_EDATA);
  assert_message("missing");
  lnti_graph_free(g);
  g = new_graph();
  assert_ok(lnti_graph_add_output(g, lnti_test_value(g, "lonely"), ERR));
  assert_status(lnti_graph_finish(g, ERR), LNT_EDATA);
  assert_message("lonely");
  lnti_graph_free(g);
}

static void what_two_make_is_refused_by_name(void **state) {
  (void)state;
  const float one = 1;
  lnti_graph *g = new_graph();
  assert_ok(lnti_graph_add_input(g, lnti_test_value(g, "x"), ERR));
  lnti_test_node(g, "Relu", "x", "twice", NULL, 0);
  lnti_test_node(g, "Neg", "x", "twice", NULL, 0);
  assert_status(lnti_graph_finish(g, ERR), LNT_EDATA);
  assert_message("twice");
  lnti_graph_free(g);
  g = new_graph();
  lnti_test_constant(g, "fixed", &one, (const size_t[]){1, 0});
  lnti_test_node(g, "Relu", "fixed", "fixed", NULL, 0);
  assert_status(lnti_graph_finish(g, ERR), LNT_EDATA);
  assert_message("fixed");
  lnti_graph_free(g);
}

/* 50,000 nodes in a row, the last first: a walk that recursed, or looked for each value everywhere, would not end here. */
static void a_long_chain_is_put_in_order(void **state) {
  (void)state;
  enum { LENGTH = 50000 };
  char in[24], out[24];
  lnti_graph *g = new_graph();
  for (int i = LENGTH; i-- > 0;) {
    snprintf(in, sizeof in, "v%d", i);
    snprintf(out, sizeof out, "v%d", i + 1);
    lnti_test_node(g, "Relu", in, out, NULL, 0);
  }
  assert_ok(lnti_graph_add_input(g, lnti_test_value(g, "v0"), ERR));
  assert_ok(lnti_graph_add_output(g, lnti_test_value(g, "v50000"), ERR));
  assert_ok(lnti_graph_finish(g, ERR));
  assert_string_equal(g->node[0].name, "v1");
  assert_string_equal(g->node[LENGTH - 1].name, "v50000");
  lnti_graph_free(g);
}

static void names_are_found(void **state) {
  (void)state;
  char name[24];
  lnti_graph *g = new_graph();
  assert_int_equal(lnti_graph_find(g, "v1", 2), LNTI_NO_VALUE);
  for (int i = 0; i < 3000; i++) {
    snprintf(name, sizeof name, "v%d", i);
    assert_int_equal(lnti_test_value(g, name), i);
  }
  for (int i = 0; i < 3000; i++) {
    snprintf(name, sizeof name, "v%d", i);
    assert_int_equal(lnti_graph_find(g, name, strlen(name)), i);
  }
  assert_int_equal(lnti_graph_find(g, "v", 1), LNTI_NO_VALUE);
  assert_status(lnti_graph_name(&(uint32_t){0}, g, "a\0b", 3, ERR), LNT_EDATA);
  lnti_graph_free(g);
}

static void attributes_and_numbers_of_inputs_are_checked(void **state) {
  (void)state;
  uint32_t in[3] = {0, 1, 2}, out[1] = {3};
  const lnti_attribute unknown = ATTRIBUTE_INT("wobble", 1), wrong = ATTRIBUTE_INT("alpha", 1);
  lnti_node node = {.op = lnti_operator_find("LeakyRelu", ""),
                    .name = "n",
                    .input = in,
                    .output = out,
                    .n_inputs = 1,
                    .n_outputs = 1,
                    .attribute = &unknown,
                    .n_attributes = 1,
                    .version = LNTI_TEST_OPSET};
  assert_status(lnti_node_check(&node, ERR), LNT_EUNSUPPORTED);
  assert_message("wobble");
  node.attribute = &wrong;
  assert_status(lnti_node_check(&node, ERR), LNT_EDATA);
  assert_message("alpha");
  node.n_attributes = 0;
  node.n_inputs = 3;
  assert_status(lnti_node_check(&node, ERR), LNT_EDATA);
  node.n_inputs = 1;
  assert_ok(lnti_node_check(&node, ERR));
  node.version = 1;
  assert_status(lnti_node_check(&node, ERR), LNT_EUNSUPPORTED);
}

/* Every entry of the table is whole, and is found by its name. */
static void the_table_of_operators_is_sound(void **state) {
  (void)state;
  const lnti_operator *op = NULL;
  size_t n = 0;
  for (; (op = lnti_operator_at(n)) != NULL; n++) {
    assert_ptr_equal(lnti_operator_find(op->name, op->domain), op);
    assert_non_null(op->infer);
    assert_non_null(op->forward);
    assert_true(op->least_inputs <= op->most_inputs && op->most_outputs >= 1 && op->since >= 1);
    assert_true(op->most_inputs == 0 || op->dtypes != 0);
    assert_true(strcmp(op->domain, "linnet") != 0 || op->exported != NULL);
  }
  assert_true(n > 100);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(nodes_are_put_in_order),
                                     cmocka_unit_test(a_circle_is_refused_by_name),
                                     cmocka_unit_test(what_nothing_makes_is_refused_by_name),
                                     cmocka_unit_test(what_two_make_is_refused_by_name),
                                     cmocka_unit_test(a_long_chain_is_put_in_order),
                                     cmocka_unit_test(names_are_found),
                                     cmocka_unit_test(attributes_and_numbers_of_inputs_are_checked),
                                     cmocka_unit_test(the_table_of_operators_is_sound)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
