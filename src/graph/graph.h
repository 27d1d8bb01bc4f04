/**
 * @file graph.h
 * One representation of a network, for reading, running, training and writing: values that nodes take and make, in an
 * order in which each is made before it is taken.
 *
 * Readers (onnx_read.c, tflite_read.c) build a graph; nothing changes it afterwards. A plan (plan.h) runs a simplified copy,
 * made for one shape of its inputs (simplify.h). Memory of a graph is that of its arena, freed with it.
 */
#ifndef LNTI_GRAPH_GRAPH_H
#define LNTI_GRAPH_GRAPH_H

#include <base/alloc.h>
#include <graph/tensor.h>

typedef struct lnti_operator lnti_operator;

/** Values are numbered in the order in which they are named; this is none, as an input that is left out. */
#define LNTI_NO_VALUE UINT32_MAX
/** A dimension that only running tells, in lnti_value.declared. */
#define LNTI_ANY_SIZE SIZE_MAX

enum { LNTI_GRAPH_NODES_MAX = 100000, LNTI_GRAPH_VALUES_MAX = 400000, LNTI_NODE_VALUES_MAX = 1024 };

typedef enum lnti_attribute_kind {
  LNTI_ATTRIBUTE_INT,
  LNTI_ATTRIBUTE_FLOAT,
  LNTI_ATTRIBUTE_STRING,
  LNTI_ATTRIBUTE_INTS,
  LNTI_ATTRIBUTE_FLOATS,
  LNTI_ATTRIBUTE_TENSOR
} lnti_attribute_kind;

typedef struct lnti_attribute {
  const char *name;
  lnti_attribute_kind kind;
  int64_t i;
  float f;
  const char *s;
  size_t n; /**< of ints or floats */
  const int64_t *ints;
  const float *floats;
  lnti_tensor tensor;
} lnti_attribute;

typedef struct lnti_node {
  const lnti_operator *op;
  const char *name; /**< for messages: its own, or "Conv 17" */
  uint32_t *input, *output;
  size_t n_inputs, n_outputs;
  const lnti_attribute *attribute;
  size_t n_attributes;
  unsigned version; /**< of the operator set that the node was written for */
} lnti_node;

typedef struct lnti_value {
  const char *name;
  lnti_tensor constant; /**< its data are NULL where the value is made by a node or given */
  lnti_tensor declared; /**< of an input: what the file says; rank above LNTI_RANK_MAX: nothing. Data NULL. */
  lnti_tensor kind;     /**< in a simplified graph (simplify.h): its type and shape. Data NULL. */
} lnti_value;

typedef struct lnti_metadata {
  const char *key, *text;
} lnti_metadata;

typedef struct lnti_graph {
  lnti_arena arena;
  lnti_value *value;
  lnti_node *node; /**< in an order in which they can run, after lnti_graph_finish */
  uint32_t *input, *output;
  lnti_metadata *metadata;
  size_t n_values, n_nodes, n_inputs, n_outputs, n_metadata;
  size_t value_room, node_room, input_room, output_room, metadata_room;
  uint32_t *index; /**< of names, while it is built */
  size_t index_size;
  uint64_t seed; /**< of the index: names come from strangers, who must not choose where they stand */
} lnti_graph;

LNT_MUST_CHECK lnt_status lnti_graph_new(lnti_graph **out, lnt_error *err);
void lnti_graph_free(lnti_graph *graph);

/* ---- building ---- */

/** The value of this name, new where there is none. LNT_ELIMIT. */
LNT_MUST_CHECK lnt_status lnti_graph_name(uint32_t *out, lnti_graph *graph, const char *name, size_t length,
                                          lnt_error *err);
/** A new value that has no name to be found by; `name` is for messages alone, and copied. */
LNT_MUST_CHECK lnt_status lnti_graph_add_value(uint32_t *out, lnti_graph *graph, const char *name, lnt_error *err);
/** Gives a value its elements: memory of the graph, 64-byte aligned, to be filled by the caller. LNT_EDATA where it has
 *  some already. */
LNT_MUST_CHECK lnt_status lnti_graph_set_constant(void *data_out, lnti_graph *graph, uint32_t value, lnti_dtype dtype,
                                                  const lnti_shape *shape, lnt_error *err);
/** A copy of a node, its lists and its attributes' lists; `op` and tensors of attributes are kept as they are. */
LNT_MUST_CHECK lnt_status lnti_graph_add_node(lnti_graph *graph, const lnti_node *node, lnt_error *err);
LNT_MUST_CHECK lnt_status lnti_graph_add_input(lnti_graph *graph, uint32_t value, lnt_error *err);
LNT_MUST_CHECK lnt_status lnti_graph_add_output(lnti_graph *graph, uint32_t value, lnt_error *err);
LNT_MUST_CHECK lnt_status lnti_graph_add_metadata(lnti_graph *graph, const char *key, size_t key_length,
                                                  const char *text, size_t text_length, lnt_error *err);
/**
 * Checks the whole and puts the nodes in order: each value is made once, and what a node takes is made, given or constant.
 * LNT_EDATA naming the node: a circle, a value that nothing makes, one that two make.
 */
LNT_MUST_CHECK lnt_status lnti_graph_finish(lnti_graph *graph, lnt_error *err);

/* ---- asking ---- */

/** The value of this name, or LNTI_NO_VALUE. Any time. */
uint32_t lnti_graph_find(const lnti_graph *graph, const char *name, size_t length);
/** NULL where there is none. */
const char *lnti_graph_metadata(const lnti_graph *graph, const char *key);

const lnti_attribute *lnti_node_attribute(const lnti_node *node, const char *name);
/** With what holds where it is not given. The kind was checked when the node was read. */
int64_t lnti_node_int(const lnti_node *node, const char *name, int64_t otherwise);
float lnti_node_float(const lnti_node *node, const char *name, float otherwise);
const char *lnti_node_string(const lnti_node *node, const char *name, const char *otherwise);
/** *n_out of them; NULL where it is not given. */
const int64_t *lnti_node_ints(size_t *n_out, const lnti_node *node, const char *name);

#endif
