/**
 * @file graph_support.h
 * Building graphs in tests by names.
 */
#ifndef LNTI_TESTS_GRAPH_SUPPORT_H
#define LNTI_TESTS_GRAPH_SUPPORT_H

#include "support.h"

#include <graph/graph.h>
#include <graph/operator.h>
#include <graph/plan.h>

enum { LNTI_TEST_OPSET = 17 };

/** The value of a name. */
uint32_t lnti_test_value(lnti_graph *graph, const char *name);
/** A node: names of inputs and outputs divided by blanks, "-" for one that is left out. */
void lnti_test_node(lnti_graph *graph, const char *op, const char *inputs, const char *outputs,
                    const lnti_attribute *attributes, size_t n_attributes);
/** A constant of floats, copied; its shape ends with a 0. */
void lnti_test_constant(lnti_graph *graph, const char *name, const float *data, const size_t *shape);
lnti_shape lnti_test_shape(const size_t *zero_ended);

/** The level of LINNET_CPU, or what the CPU has; skips the test where it is not there. */
lnt_cpu_level lnti_test_level(void);

/** That a plan gives for random numbers what the operators' own loops give, within `tolerance` of the largest; twice. */
void lnti_test_compare_plans(const lnti_graph *graph, const lnti_tensor *input, const lnti_context *context,
                             float tolerance, uint64_t seed);

#define ATTRIBUTE_INT(key, value) \
  { .name = key, .kind = LNTI_ATTRIBUTE_INT, .i = value }
#define ATTRIBUTE_FLOAT(key, value) \
  { .name = key, .kind = LNTI_ATTRIBUTE_FLOAT, .f = value }
#define ATTRIBUTE_INTS(key, list, count) \
  { .name = key, .kind = LNTI_ATTRIBUTE_INTS, .n = count, .ints = list }

#endif
