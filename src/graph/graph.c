/*
 * Building a graph and checking that it is one. Names are found by an index of our own, since files have hundred thousands;
 * the order is made by Kahn's algorithm (A. B. Kahn, Topological sorting of large networks, 1962), iteratively: files of
 * strangers may be as deep as they are long.
 */
#include <graph/graph.h>

#include <base/error.h>
#include <base/hash.h>
#include <graph/operator.h>
#include <stdlib.h>
#include <string.h>

lnt_status lnti_graph_new(lnti_graph **out, lnt_error *err) {
  lnt_status status = lnti_alloc_zero(out, 1, sizeof **out, err);
  if (!status) lnti_random_bytes(&(*out)->seed, sizeof(*out)->seed);
  return status;
}

void lnti_graph_free(lnti_graph *graph) {
  if (!graph) return;
  lnti_arena_clear(&graph->arena);
  free(graph->value);
  free(graph->node);
  free(graph->input);
  free(graph->output);
  free(graph->metadata);
  free(graph->index);
  free(graph);
}

/* ---- names ---- */

/* The place of a name in the index, or the free one where it would stand. */
static size_t index_place(const lnti_graph *graph, const char *name, size_t length) {
  size_t mask = graph->index_size - 1, place = (size_t)lnti_hash_table(name, length, graph->seed) & mask;
  for (;; place = (place + 1) & mask) {
    uint32_t id = graph->index[place];
    if (id == LNTI_NO_VALUE) return place;
    const char *other = graph->value[id].name;
    if (strlen(other) == length && memcmp(other, name, length) == 0) return place;
  }
}

static lnt_status grow_index(lnti_graph *graph, lnt_error *err) {
  uint32_t *old = graph->index;
  size_t old_size = graph->index_size, size = old_size ? 2 * old_size : 256;
  lnt_status status = lnti_alloc(&graph->index, size, sizeof *graph->index, err);
  if (status) {
    graph->index = old;
    return status;
  }
  graph->index_size = size;
  for (size_t i = 0; i < size; i++) graph->index[i] = LNTI_NO_VALUE;
  for (size_t i = 0; i < old_size; i++) {
    if (old[i] == LNTI_NO_VALUE) continue;
    const char *name = graph->value[old[i]].name;
    graph->index[index_place(graph, name, strlen(name))] = old[i];
  }
  free(old);
  return LNT_OK;
}

static lnt_status new_value(uint32_t *out, lnti_graph *graph, const char *name, size_t length, lnt_error *err) {
  if (graph->n_values >= LNTI_GRAPH_VALUES_MAX) {
    return lnti_fail(err, LNT_ELIMIT, "a network of more than %d values", LNTI_GRAPH_VALUES_MAX);
  }
  char *copy = NULL;
  lnt_status status = lnti_grow(&graph->value, &graph->value_room, graph->n_values + 1, sizeof *graph->value, err);
  if (!status) status = lnti_arena_strndup(&copy, &graph->arena, name, length, err);
  if (status) return status;
  *out = (uint32_t)graph->n_values;
  graph->value[graph->n_values++] = (lnti_value){.name = copy, .declared.shape.rank = LNTI_RANK_MAX + 1};
  return LNT_OK;
}

uint32_t lnti_graph_find(const lnti_graph *graph, const char *name, size_t length) {
  return graph->index_size ? graph->index[index_place(graph, name, length)] : LNTI_NO_VALUE;
}

lnt_status lnti_graph_name(uint32_t *out, lnti_graph *graph, const char *name, size_t length, lnt_error *err) {
  if (memchr(name, 0, length)) return lnti_fail(err, LNT_EDATA, "a value's name holds a NUL");
  if (2 * (graph->n_values + 1) > graph->index_size) {
    lnt_status status = grow_index(graph, err);
    if (status) return status;
  }
  size_t place = index_place(graph, name, length);
  uint32_t id = graph->index[place];
  if (id == LNTI_NO_VALUE) {
    lnt_status status = new_value(&id, graph, name, length, err);
    if (status) return status;
    graph->index[place] = id;
  }
  *out = id;
  return LNT_OK;
}

lnt_status lnti_graph_add_value(uint32_t *out, lnti_graph *graph, const char *name, lnt_error *err) {
  return new_value(out, graph, name, strlen(name), err);
}

/* ---- parts ---- */

/* The arena's blocks are aligned to 16 bytes; kernels want 64. */
static lnt_status take_aligned(void **out, lnti_arena *arena, size_t bytes, lnt_error *err) {
  char *block = NULL;
  if (!lnti_size_add(&bytes, bytes, 64)) return lnti_fail_memory(err, bytes);
  lnt_status status = lnti_arena_alloc(&block, arena, bytes, 1, err);
  if (!status) *out = block + (64 - (uintptr_t)block % 64) % 64;
  return status;
}

lnt_status lnti_graph_set_constant(void *data_out, lnti_graph *graph, uint32_t value, lnti_dtype dtype,
                                   const lnti_shape *shape, lnt_error *err) {
  lnti_value *v = &graph->value[value];
  void *data = NULL;
  if (v->constant.data) return lnti_fail(err, LNT_EDATA, "%s is given twice", v->name);
  lnt_status status = lnti_shape_check(shape, dtype, err);
  if (status) return status;
  lnti_tensor tensor = {.dtype = dtype, .shape = *shape};
  status = take_aligned(&data, &graph->arena, lnti_tensor_bytes(&tensor), err);
  if (status) return status;
  tensor.data = data;
  v->constant = tensor;
  *(void **)data_out = data;
  return LNT_OK;
}

static lnt_status copy_block(void *out, lnti_arena *arena, const void *data, size_t n, size_t size, lnt_error *err) {
  lnt_status status = lnti_arena_alloc(out, arena, n, size, err);
  if (!status && n > 0) memcpy(*(void **)out, data, n * size);
  return status;
}

static lnt_status copy_text(const char **out, lnti_arena *arena, const char *text, lnt_error *err) {
  char *copy = NULL;
  lnt_status status = lnti_arena_strndup(&copy, arena, text, strlen(text), err);
  if (!status) *out = copy;
  return status;
}

static lnt_status copy_attribute(lnti_attribute *a, lnti_arena *arena, lnt_error *err) {
  void *list = NULL;
  lnt_status status = copy_text(&a->name, arena, a->name, err);
  if (status) return status;
  if (a->kind == LNTI_ATTRIBUTE_STRING) return copy_text(&a->s, arena, a->s, err);
  if (a->kind == LNTI_ATTRIBUTE_INTS) {
    status = copy_block(&list, arena, a->ints, a->n, sizeof *a->ints, err);
    a->ints = list;
  } else if (a->kind == LNTI_ATTRIBUTE_FLOATS) {
    status = copy_block(&list, arena, a->floats, a->n, sizeof *a->floats, err);
    a->floats = list;
  }
  return status;
}

lnt_status lnti_graph_add_node(lnti_graph *graph, const lnti_node *node, lnt_error *err) {
  if (graph->n_nodes >= LNTI_GRAPH_NODES_MAX) {
    return lnti_fail(err, LNT_ELIMIT, "a network of more than %d nodes", LNTI_GRAPH_NODES_MAX);
  }
  if (node->n_inputs > LNTI_NODE_VALUES_MAX || node->n_outputs > LNTI_NODE_VALUES_MAX) {
    return lnti_fail(err, LNT_ELIMIT, "node %s has more than %d inputs or outputs", node->name, LNTI_NODE_VALUES_MAX);
  }
  lnti_node copy = *node;
  lnti_attribute *attribute = NULL;
  lnt_status status = lnti_grow(&graph->node, &graph->node_room, graph->n_nodes + 1, sizeof *graph->node, err);
  if (!status) status = copy_text(&copy.name, &graph->arena, node->name, err);
  if (!status) status = copy_block(&copy.input, &graph->arena, node->input, node->n_inputs, sizeof *copy.input, err);
  if (!status) {
    status = copy_block(&copy.output, &graph->arena, node->output, node->n_outputs, sizeof *copy.output, err);
  }
  if (!status) {
    status = copy_block(&attribute, &graph->arena, node->attribute, node->n_attributes, sizeof *attribute, err);
  }
  for (size_t i = 0; i < node->n_attributes && !status; i++) status = copy_attribute(&attribute[i], &graph->arena, err);
  if (status) return status;
  copy.attribute = attribute;
  graph->node[graph->n_nodes++] = copy;
  return LNT_OK;
}

static lnt_status add_to(uint32_t **list, size_t *n, size_t *room, uint32_t value, lnt_error *err) {
  lnt_status status = lnti_grow(list, room, *n + 1, sizeof **list, err);
  if (!status) (*list)[(*n)++] = value;
  return status;
}

lnt_status lnti_graph_add_input(lnti_graph *graph, uint32_t value, lnt_error *err) {
  return add_to(&graph->input, &graph->n_inputs, &graph->input_room, value, err);
}

lnt_status lnti_graph_add_output(lnti_graph *graph, uint32_t value, lnt_error *err) {
  return add_to(&graph->output, &graph->n_outputs, &graph->output_room, value, err);
}

lnt_status lnti_graph_add_metadata(lnti_graph *graph, const char *key, size_t key_length, const char *text,
                                   size_t text_length, lnt_error *err) {
  char *k = NULL, *t = NULL;
  lnt_status status =
      lnti_grow(&graph->metadata, &graph->metadata_room, graph->n_metadata + 1, sizeof *graph->metadata, err);
  if (!status) status = lnti_arena_strndup(&k, &graph->arena, key, key_length, err);
  if (!status) status = lnti_arena_strndup(&t, &graph->arena, text, text_length, err);
  if (!status) graph->metadata[graph->n_metadata++] = (lnti_metadata){.key = k, .text = t};
  return status;
}

const char *lnti_graph_metadata(const lnti_graph *graph, const char *key) {
  for (size_t i = 0; i < graph->n_metadata; i++) {
    if (strcmp(graph->metadata[i].key, key) == 0) return graph->metadata[i].text;
  }
  return NULL;
}

/* ---- order ---- */

/* What Kahn's algorithm keeps: who makes each value, how many inputs each node waits for, and who waits for whom. */
typedef struct ordering {
  lnti_graph *graph;
  uint32_t *maker;              /* [values] node, or LNTI_NO_VALUE */
  uint32_t *n_waits;            /* [nodes] */
  uint32_t *first, *next, *who; /* lists of edges: [values], then an edge's follower and its node */
  uint32_t *order;              /* [nodes] */
} ordering;

static lnt_status note_makers(ordering *o, lnt_error *err) {
  const lnti_graph *g = o->graph;
  for (size_t v = 0; v < g->n_values; v++) o->maker[v] = o->first[v] = LNTI_NO_VALUE;
  for (size_t i = 0; i < g->n_nodes; i++) {
    for (size_t k = 0; k < g->node[i].n_outputs; k++) {
      uint32_t v = g->node[i].output[k];
      if (v == LNTI_NO_VALUE) continue;
      if (o->maker[v] != LNTI_NO_VALUE || g->value[v].constant.data) {
        return lnti_fail(err, LNT_EDATA, "node %s makes %s, which is made elsewhere as well", g->node[i].name,
                         g->value[v].name);
      }
      o->maker[v] = (uint32_t)i;
    }
  }
  for (size_t i = 0; i < g->n_inputs; i++) {
    if (o->maker[g->input[i]] != LNTI_NO_VALUE) {
      return lnti_fail(err, LNT_EDATA, "node %s makes %s, which is an input of the network",
                       g->node[o->maker[g->input[i]]].name, g->value[g->input[i]].name);
    }
  }
  return LNT_OK;
}

static lnt_status note_edges(ordering *o, const bool *given, lnt_error *err) {
  const lnti_graph *g = o->graph;
  uint32_t n_edges = 0;
  for (size_t i = 0; i < g->n_nodes; i++) {
    for (size_t k = 0; k < g->node[i].n_inputs; k++) {
      uint32_t v = g->node[i].input[k];
      if (v == LNTI_NO_VALUE || given[v] || g->value[v].constant.data) continue;
      if (o->maker[v] == LNTI_NO_VALUE) {
        return lnti_fail(err, LNT_EDATA, "node %s takes %s, which nothing makes", g->node[i].name, g->value[v].name);
      }
      o->who[n_edges] = (uint32_t)i;
      o->next[n_edges] = o->first[v];
      o->first[v] = n_edges++;
      o->n_waits[i]++;
    }
  }
  for (size_t i = 0; i < g->n_outputs; i++) {
    uint32_t v = g->output[i];
    if (o->maker[v] == LNTI_NO_VALUE && !given[v] && !g->value[v].constant.data) {
      return lnti_fail(err, LNT_EDATA, "nothing makes %s, an output of the network", g->value[v].name);
    }
  }
  return LNT_OK;
}

/* Nodes that wait for nothing, in the file's order first; each that is done sets free those that waited for it. */
static lnt_status settle_order(ordering *o, lnt_error *err) {
  const lnti_graph *g = o->graph;
  size_t n_ready = 0;
  for (size_t i = 0; i < g->n_nodes; i++) {
    if (o->n_waits[i] == 0) o->order[n_ready++] = (uint32_t)i;
  }
  for (size_t done = 0; done < n_ready; done++) {
    const lnti_node *node = &g->node[o->order[done]];
    for (size_t k = 0; k < node->n_outputs; k++) {
      if (node->output[k] == LNTI_NO_VALUE) continue;
      for (uint32_t e = o->first[node->output[k]]; e != LNTI_NO_VALUE; e = o->next[e]) {
        if (--o->n_waits[o->who[e]] == 0) o->order[n_ready++] = o->who[e];
      }
    }
  }
  if (n_ready == g->n_nodes) return LNT_OK;
  size_t stuck = 0;
  while (o->n_waits[stuck] == 0) stuck++;
  return lnti_fail(err, LNT_EDATA, "node %s waits for its own result: the network goes in a circle",
                   g->node[stuck].name);
}

static lnt_status reorder_nodes(ordering *o, lnt_error *err) {
  lnti_graph *g = o->graph;
  lnti_node *sorted = NULL;
  lnt_status status = lnti_alloc(&sorted, g->n_nodes, sizeof *sorted, err);
  if (status) return status;
  for (size_t i = 0; i < g->n_nodes; i++) sorted[i] = g->node[o->order[i]];
  if (g->n_nodes > 0) memcpy(g->node, sorted, g->n_nodes * sizeof *sorted);
  free(sorted);
  return LNT_OK;
}

lnt_status lnti_graph_finish(lnti_graph *graph, lnt_error *err) {
  ordering o = {.graph = graph};
  bool *given = NULL;
  size_t n_edges = 0;
  for (size_t i = 0; i < graph->n_nodes; i++) n_edges += graph->node[i].n_inputs;
  if (n_edges > LNTI_NO_VALUE - 1) return lnti_fail(err, LNT_ELIMIT, "a network of %zu edges", n_edges);
  lnt_status status = lnti_alloc_zero(&given, graph->n_values, sizeof *given, err);
  if (!status) status = lnti_alloc(&o.maker, graph->n_values, sizeof *o.maker, err);
  if (!status) status = lnti_alloc(&o.first, graph->n_values, sizeof *o.first, err);
  if (!status) status = lnti_alloc_zero(&o.n_waits, graph->n_nodes, sizeof *o.n_waits, err);
  if (!status) status = lnti_alloc(&o.order, graph->n_nodes, sizeof *o.order, err);
  if (!status) status = lnti_alloc(&o.next, n_edges, sizeof *o.next, err);
  if (!status) status = lnti_alloc(&o.who, n_edges, sizeof *o.who, err);
  for (size_t i = 0; i < graph->n_inputs && !status; i++) given[graph->input[i]] = true;
  if (!status) status = note_makers(&o, err);
  if (!status) status = note_edges(&o, given, err);
  if (!status) status = settle_order(&o, err);
  if (!status) status = reorder_nodes(&o, err);
  free(o.who);
  free(o.next);
  free(o.order);
  free(o.n_waits);
  free(o.first);
  free(o.maker);
  free(given);
  return status;
}

/* ---- attributes ---- */

const lnti_attribute *lnti_node_attribute(const lnti_node *node, const char *name) {
  for (size_t i = 0; i < node->n_attributes; i++) {
    if (strcmp(node->attribute[i].name, name) == 0) return &node->attribute[i];
  }
  return NULL;
}

int64_t lnti_node_int(const lnti_node *node, const char *name, int64_t otherwise) {
  const lnti_attribute *a = lnti_node_attribute(node, name);
  return a && a->kind == LNTI_ATTRIBUTE_INT ? a->i : otherwise;
}

float lnti_node_float(const lnti_node *node, const char *name, float otherwise) {
  const lnti_attribute *a = lnti_node_attribute(node, name);
  return a && a->kind == LNTI_ATTRIBUTE_FLOAT ? a->f : otherwise;
}

const char *lnti_node_string(const lnti_node *node, const char *name, const char *otherwise) {
  const lnti_attribute *a = lnti_node_attribute(node, name);
  return a && a->kind == LNTI_ATTRIBUTE_STRING ? a->s : otherwise;
}

const int64_t *lnti_node_ints(size_t *n_out, const lnti_node *node, const char *name) {
  const lnti_attribute *a = lnti_node_attribute(node, name);
  bool is = a && a->kind == LNTI_ATTRIBUTE_INTS;
  *n_out = is ? a->n : 0;
  return is ? a->ints : NULL;
}
