/*
 * TensorFlow Lite's files: the tables of one network (its first subgraph), walked once in the order in which its operators run.
 * Nothing is copied but what the graph keeps. Names of fields are those of schema.fbs.
 */
#include <graph/tflite_internal.h>

#include <base/error.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Fields of Model, SubGraph, Operator and OperatorCode. */
enum { M_VERSION = 0, M_CODES = 1, M_SUBGRAPHS = 2, M_BUFFERS = 4 };
enum { S_TENSORS = 0, S_INPUTS = 1, S_OUTPUTS = 2, S_OPERATORS = 3 };
enum { O_CODE = 0, O_INPUTS = 1, O_OUTPUTS = 2, O_OPTIONS = 4 };
enum { C_OLD_CODE = 0, C_CUSTOM = 1, C_CODE = 3 };
enum { T_SIGNATURE = 7 };

enum { CUSTOM = 32, TENSORS_MAX = 100000, EDGES_MAX = 1 << 20, VERSION = 3 };

/* What a graph may take: as much as real files need, whose weights grow fourfold at most, and in two orders at times. Tables may
 * share what they point to, so that a small file can ask for much. */
enum { GROWTH_MAX = 16, MEMORY_FREE = 16 << 20 };

typedef struct model {
  lnti_flat file;
  lnti_flat_table table, network;
  lnti_flat_list codes, buffers, tensors, operators, inputs, outputs;
} model;

bool lnti_tflite_sniff(const void *data, size_t bytes) {
  return lnti_flat_is(data, bytes, "TFL3");
}

static lnt_status damaged(const lnti_flat *file, lnt_error *err) {
  if (!file->damage) return LNT_OK;
  return lnti_fail(err, LNT_EDATA,
                   "the TensorFlow Lite file is damaged: it has %s; copy or download it again (%zu bytes are here)",
                   file->damage, file->bytes);
}

static lnt_status open_model(model *m, const void *data, size_t bytes, lnt_error *err) {
  *m = (model){.file = {.data = data, .bytes = bytes}};
  if (!lnti_tflite_sniff(data, bytes)) return lnti_fail(err, LNT_EDATA, "this is no TensorFlow Lite model");
  m->table = lnti_flat_root(&m->file);
  m->codes = lnti_flat_field_list(&m->table, M_CODES, 4);
  m->buffers = lnti_flat_field_list(&m->table, M_BUFFERS, 4);
  lnti_flat_list networks = lnti_flat_field_list(&m->table, M_SUBGRAPHS, 4);
  int64_t version = lnti_flat_int(&m->table, M_VERSION, 4, 0);
  lnt_status status = damaged(&m->file, err);
  if (status) return status;
  if (version != VERSION) {
    return lnti_fail(err, LNT_EUNSUPPORTED, "a TensorFlow Lite model of version %lld, where %d is read",
                     (long long)version, VERSION);
  }
  if (networks.n == 0) return lnti_fail(err, LNT_EDATA, "a TensorFlow Lite model without a network");
  m->network = lnti_flat_table_at(&networks, 0);
  m->tensors = lnti_flat_field_list(&m->network, S_TENSORS, 4);
  m->inputs = lnti_flat_field_list(&m->network, S_INPUTS, 4);
  m->outputs = lnti_flat_field_list(&m->network, S_OUTPUTS, 4);
  m->operators = lnti_flat_field_list(&m->network, S_OPERATORS, 4);
  status = damaged(&m->file, err);
  if (status) return status;
  if (m->tensors.n > TENSORS_MAX || m->operators.n > LNTI_GRAPH_NODES_MAX) {
    return lnti_fail(err, LNT_ELIMIT, "a network of %zu tensors and %zu operators", m->tensors.n, m->operators.n);
  }
  return LNT_OK;
}

/* ---- operators ---- */

/* How an operator is named: its kind, and for those that are not TensorFlow Lite's own, where they come from. */
typedef struct naming {
  unsigned code;
  char name[64];
  const char *domain;
} naming;

static lnt_status name_operator(naming *out, model *m, const lnti_flat_table *operator_table, lnt_error *err) {
  uint32_t index = (uint32_t)lnti_flat_int(operator_table, O_CODE, 4, 0);
  if (index >= m->codes.n) {
    return lnti_fail(err, LNT_EDATA, "an operator of kind %u, where the file lists %zu", index, m->codes.n);
  }
  lnti_flat_table code = lnti_flat_table_at(&m->codes, index);
  int64_t old = lnti_flat_int(&code, C_OLD_CODE, 1, 0), now = lnti_flat_int(&code, C_CODE, 4, 0);
  int64_t number = now > old ? now : old;
  *out = (naming){.code = number < 0 ? UINT32_MAX : (unsigned)number, .domain = ""};
  const char *known = lnti_tflite_operator_name(out->code);
  if (out->code == CUSTOM) {
    lnti_flat_text(out->name, sizeof out->name, &code, C_CUSTOM);
    out->domain = strncmp(out->name, "Flex", 4) == 0 ? "flex" : "custom";
  } else if (known) {
    snprintf(out->name, sizeof out->name, "%s", known);
  } else {
    snprintf(out->name, sizeof out->name, "number %lld", (long long)number);
  }
  return LNT_OK;
}

static lnt_status check_indices(const lnti_tflite *r, const lnti_flat_list *list, size_t least, size_t most,
                                const char *what, lnt_error *err) {
  if (list->n < least || (most != LNTI_TFLITE_MANY && list->n > most) || list->n > LNTI_NODE_VALUES_MAX) {
    return lnti_tflite_fail(r, err, LNT_EDATA, "%zu %s, where it has %zu to %zu", list->n, what, least,
                            most == LNTI_TFLITE_MANY ? (size_t)LNTI_NODE_VALUES_MAX : most);
  }
  for (size_t k = 0; k < list->n; k++) {
    int64_t i = lnti_flat_int_at(list, k);
    if (i < -1 || i >= (int64_t)r->n_tensors || (i == -1 && k < least)) {
      return lnti_tflite_fail(r, err, LNT_EDATA, "tensor %lld among its %s, where the file has %zu", (long long)i, what,
                              r->n_tensors);
    }
  }
  return LNT_OK;
}

static void note_batch(lnti_tflite *r) {
  bool batched = false;
  for (size_t k = 0; k < r->inputs.n; k++) {
    const lnti_tflite_tensor *t = lnti_tflite_input(r, k);
    batched |= t && t->batched;
  }
  for (size_t k = 0; k < r->outputs.n; k++) {
    lnti_tflite_tensor *t = lnti_tflite_output(r, k);
    if (t) t->batched = batched && !r->same_for_all;
  }
}

static lnt_status read_operator(lnti_tflite *r, model *m, size_t i, size_t *n_edges, lnt_error *err) {
  lnti_flat_table table = lnti_flat_table_at(&m->operators, i);
  naming n;
  lnt_status status = name_operator(&n, m, &table, err);
  if (status) return status;
  r->op = lnti_tflite_operator_find(n.code);
  snprintf(r->label, sizeof r->label, "%s %zu", n.name, i);
  if (!r->op) {
    return lnti_fail(
        err, LNT_EUNSUPPORTED,
        "node %s: the %soperator %s is not known to Linnet; 'linnet doctor --onnx FILE' lists all that are not",
        r->label, *n.domain ? "custom " : "", n.name);
  }
  r->inputs = lnti_flat_field_list(&table, O_INPUTS, 4);
  r->outputs = lnti_flat_field_list(&table, O_OUTPUTS, 4);
  r->options = lnti_flat_child(&table, O_OPTIONS);
  r->same_for_all = false;
  status = damaged(r->file, err);
  if (!status) status = check_indices(r, &r->inputs, r->op->least_inputs, r->op->most_inputs, "inputs", err);
  if (!status) status = check_indices(r, &r->outputs, 1, r->op->most_outputs, "outputs", err);
  *n_edges += r->inputs.n + r->outputs.n;
  if (!status && *n_edges > EDGES_MAX) {
    status = lnti_fail(err, LNT_ELIMIT, "a network of more than %d inputs of operators", EDGES_MAX);
  }
  if (!status) status = r->op->translate(r, err);
  if (!status) status = damaged(r->file, err);
  if (!status) note_batch(r);
  return status;
}

/* ---- inputs and outputs ---- */

/* [n,h,w,c], unless it looks like [n,c,h,w] already, as files have it that were made from other kinds of models. */
static bool is_plane(const lnti_tflite_tensor *t, lnti_dtype dtype) {
  enum { CHANNELS_MAX = 4 };
  const size_t *dim = t->shape.dim;
  bool turned = (dim[1] == 1 || dim[1] == 3) && dim[2] > CHANNELS_MAX && dim[3] > CHANNELS_MAX;
  return t->shape.rank == 4 && dtype == LNTI_F32 && !turned;
}

static lnt_status check_signature(const lnti_tflite_tensor *t, const char *name, lnt_error *err) {
  lnti_flat_list signature = lnti_flat_field_list(&t->table, T_SIGNATURE, 4);
  for (size_t d = 1; d < signature.n && d < t->shape.rank; d++) {
    if (lnti_flat_int_at(&signature, d) == -1 && t->shape.dim[d] <= 1) {
      return lnti_fail(err, LNT_EUNSUPPORTED,
                       "the input %s is of any size; convert the model with an input of fixed size", name);
    }
  }
  return LNT_OK;
}

/* The input as one sample alone: what the network does with it is right for no other number. */
static lnt_status hold_to_one(lnti_tflite *r, lnti_tflite_tensor *t, lnti_tflite_form form, const lnti_shape *shape,
                              lnt_error *err) {
  uint32_t input[2] = {t->value[form], LNTI_NO_VALUE};
  const lnti_node node = {.input = input, .n_inputs = 2};
  snprintf(r->label, sizeof r->label, "input");
  lnt_status status = lnti_tflite_target(&input[1], r, shape, false, err);
  return status ? status : lnti_tflite_step(&t->value[form], r, "Reshape", &node, err);
}

static lnt_status read_input(lnti_tflite *r, uint32_t i, lnt_error *err) {
  lnti_tflite_tensor *t = &r->tensor[i];
  char name[LNTI_TFLITE_NAME];
  uint32_t value = LNTI_NO_VALUE;
  lnti_tensor declared = {.shape = t->shape};
  lnti_tflite_name(name, r, t);
  if (t->made || t->data) return lnti_fail(err, LNT_EDATA, "the input %s is constant, or twice there", name);
  lnt_status status = lnti_tflite_kind(&declared.dtype, t, err);
  if (!status) status = check_signature(t, name, err);
  if (!status) status = lnti_graph_name(&value, r->graph, name, strlen(name), err);
  if (status) return status;
  if (r->graph->value[value].declared.shape.rank <= LNTI_RANK_MAX) {
    return lnti_fail(err, LNT_EDATA, "two inputs of the name %s", name);
  }
  const lnti_tflite_form form = is_plane(t, declared.dtype) ? LNTI_TFLITE_PLANE : LNTI_TFLITE_FLAT;
  for (size_t d = 0; form == LNTI_TFLITE_PLANE && d < 4; d++) {
    declared.shape.dim[lnti_tflite_plane_axis(d)] = t->shape.dim[d];
  }
  const lnti_shape one = declared.shape;
  t->made = true;
  t->batched = t->shape.rank > 1;
  t->value[form] = value;
  if (t->batched && !r->one_sample) declared.shape.dim[0] = LNTI_ANY_SIZE;
  r->graph->value[value].declared = declared;
  if (r->one_sample) status = hold_to_one(r, t, form, &one, err);
  return status ? status : lnti_graph_add_input(r->graph, value, err);
}

/* By its name, planes as [n,c,h,w]: what is turned for that has a name of its own. */
static lnt_status read_output(lnti_tflite *r, uint32_t i, lnt_error *err) {
  lnti_tflite_tensor *t = &r->tensor[i];
  const lnti_tflite_form form = t->shape.rank == 4 && !t->data ? LNTI_TFLITE_PLANE : LNTI_TFLITE_FLAT;
  char name[LNTI_TFLITE_NAME];
  uint32_t value = LNTI_NO_VALUE, named = LNTI_NO_VALUE;
  lnti_tflite_name(name, r, t);
  snprintf(r->label, sizeof r->label, "%.80s", name);
  lnt_status status = lnti_tflite_take(&value, r, t, form, err);
  if (status) return status;
  if (lnti_graph_find(r->graph, name, strlen(name)) == LNTI_NO_VALUE) {
    const lnti_node node = {.input = &value, .n_inputs = 1, .output = &named, .n_outputs = 1};
    status = lnti_graph_name(&named, r->graph, name, strlen(name), err);
    if (!status) status = lnti_tflite_add(r, "Identity", &node, err);
    value = named;
  }
  return status ? status : lnti_graph_add_output(r->graph, value, err);
}

static lnt_status read_ends(lnti_tflite *r, const lnti_flat_list *list,
                            lnt_status (*read)(lnti_tflite *, uint32_t, lnt_error *), const char *what,
                            lnt_error *err) {
  if (list->n > LNTI_NODE_VALUES_MAX) return lnti_fail(err, LNT_ELIMIT, "a network of %zu %s", list->n, what);
  for (size_t k = 0; k < list->n; k++) {
    int64_t i = lnti_flat_int_at(list, k);
    if (i < 0 || i >= (int64_t)r->n_tensors) {
      return lnti_fail(err, LNT_EDATA, "tensor %lld among the network's %s, where the file has %zu", (long long)i, what,
                       r->n_tensors);
    }
    lnt_status status = read(r, (uint32_t)i, err);
    if (status) return status;
  }
  return LNT_OK;
}

/* ---- the network ---- */

static lnt_status read_network(lnti_tflite *r, model *m, lnt_error *err) {
  size_t n_edges = 0;
  lnt_status status = LNT_OK;
  r->n_tensors = m->tensors.n;
  status = lnti_alloc(&r->tensor, r->n_tensors, sizeof *r->tensor, err);
  for (size_t i = 0; i < r->n_tensors && !status; i++) {
    lnti_flat_table table = lnti_flat_table_at(&m->tensors, i);
    status = lnti_tflite_read_tensor(r, i, &table, &m->buffers, err);
    if (!status) status = damaged(&m->file, err);
  }
  if (!status) status = read_ends(r, &m->inputs, read_input, "inputs", err);
  for (size_t i = 0; i < m->operators.n && !status; i++) status = read_operator(r, m, i, &n_edges, err);
  if (!status) status = read_ends(r, &m->outputs, read_output, "outputs", err);
  if (!status && r->graph->n_outputs == 0) status = lnti_fail(err, LNT_EDATA, "a network without outputs");
  return status;
}

static lnt_status build(lnti_graph **out, bool *mixes_out, model *m, bool one_sample, lnt_error *err) {
  lnti_tflite r = {.file = &m->file, .one_sample = one_sample};
  const lnti_tflite_tensor *input = NULL;
  lnt_status status = lnti_graph_new(&r.graph, err);
  if (!status) {
    r.graph->arena.cap = GROWTH_MAX * m->file.bytes + MEMORY_FREE;
    status = read_network(&r, m, err);
  }
  if (!status && m->inputs.n > 0) input = &r.tensor[lnti_flat_int_at(&m->inputs, 0)];
  if (!status) status = lnti_tflite_metadata(r.graph, &m->table, &m->buffers, input, err);
  if (!status) status = damaged(&m->file, err);
  if (!status) status = lnti_graph_finish(r.graph, err);
  *mixes_out = r.mixes_samples;
  free(r.tensor);
  if (status) {
    lnti_graph_free(r.graph);
  } else {
    *out = r.graph;
  }
  return status;
}

lnt_status lnti_tflite_read(lnti_graph **out, const void *data, size_t bytes, lnt_error *err) {
  lnti_graph *graph = NULL;
  bool mixes = false;
  model m;
  lnt_status status = open_model(&m, data, bytes, err);
  if (!status) status = build(&graph, &mixes, &m, false, err);
  if (!status && mixes) { /* once more, for one sample */
    lnti_graph_free(graph);
    graph = NULL;
    status = build(&graph, &mixes, &m, true, err);
  }
  if (!status) *out = graph;
  return status;
}

lnt_status lnti_tflite_look(lnti_graph_survey *out, const void *data, size_t bytes, lnt_error *err) {
  lnti_graph_survey survey = {0};
  model m;
  lnt_status status = open_model(&m, data, bytes, err);
  for (size_t i = 0; !status && i < m.operators.n; i++) {
    lnti_flat_table table = lnti_flat_table_at(&m.operators, i);
    naming n;
    char label[128];
    status = name_operator(&n, &m, &table, err);
    if (status || lnti_tflite_operator_find(n.code)) continue;
    snprintf(label, sizeof label, "%s %zu", n.name, i);
    lnti_survey_note(&survey, n.name, n.domain, label);
  }
  if (!status) status = damaged(&m.file, err);
  if (!status) *out = survey;
  return status;
}
