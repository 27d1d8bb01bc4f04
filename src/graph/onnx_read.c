/*
 * ONNX files. A model is a Protocol Buffers message of messages of messages of known depth; each level has its own function here,
 * none calls itself, so that no file can make the reading deep. Nothing is copied but what the graph keeps. Names are those of
 * onnx.proto.
 *
 * Protocol Buffers' own libraries are not used: they recurse as deep as a file says and take memory before anything can be
 * judged, so that a walk over the wire format has to come before them anyway. This walk is the whole reader.
 */
#include <graph/onnx.h>

#include <base/error.h>
#include <base/regular.h>
#include <base/text.h>
#include <graph/onnx_tensor.h>
#include <graph/read.h>
#include <graph/operator.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { OPSETS_MAX = 32, VERSION_LEAST = 6, VERSION_MOST = 21, IR_LEAST = 3 };

typedef struct opset {
  lnti_wire domain;
  uint64_t version;
} opset;

typedef struct reading {
  lnti_graph *graph;
  const char *path;          /* of the file, for tensors that lie beside it; NULL: none may */
  lnti_graph_survey *survey; /* unknown operators are listed here; NULL: they are errors */
  opset opset[OPSETS_MAX];
  size_t n_opsets;
  lnti_wire body; /* GraphProto */
  bool has_body;
  uint64_t ir_version;
} reading;

/* ---- texts ---- */

static bool is_text(const lnti_wire *bytes, const char *text) {
  return lnti_wire_is(bytes, text, strlen(text));
}

/* A C string of `room` bytes, cut where it is longer; no NUL may be within. */
static lnt_status take_text(char *out, size_t room, const lnti_wire *bytes, const char *what, lnt_error *err) {
  size_t n = lnti_wire_size(bytes);
  const char *text = (const char *)bytes->at;
  if (n > 0 && text && (memchr(text, 0, n) || lnti_utf8_valid(text, n) != n)) {
    return lnti_fail(err, LNT_EDATA, "%s that is no text", what);
  }
  if (n >= room) n = room - 1;
  if (n > 0 && text) memcpy(out, text, n);
  n = lnti_utf8_valid(out, n);
  out[n] = 0;
  return LNT_OK;
}

static lnt_status check_name(const lnti_wire *bytes, lnt_error *err) {
  char text[2];
  return take_text(text, sizeof text, bytes, "a value with a name", err);
}

/* ---- attributes ---- */

/* AttributeProto's fields, and its types. */
enum {
  A_NAME = 1,
  A_F = 2,
  A_I = 3,
  A_S = 4,
  A_T = 5,
  A_G = 6,
  A_FLOATS = 7,
  A_INTS = 8,
  A_STRINGS = 9,
  A_TYPE = 20,
  A_REF = 21
};
enum { TYPE_FLOAT = 1, TYPE_INT = 2, TYPE_STRING = 3, TYPE_TENSOR = 4, TYPE_GRAPH = 5, TYPE_FLOATS = 6, TYPE_INTS = 7 };

/* A node while it is read; its lists are scratch memory, copied into the graph at the end. */
typedef struct node_reading {
  lnti_wire name, op_type, domain;
  uint32_t *input, *output;
  size_t n_inputs, n_outputs, input_room, output_room;
  lnti_attribute *attribute;
  size_t n_attributes, attribute_room;
  lnti_arena arena; /* texts and lists of attributes */
  char label[128];  /* for messages */
} node_reading;

typedef struct number_list {
  int64_t *ints;
  float *floats;
  size_t n_ints, n_floats, int_room, float_room;
} number_list;

static lnt_status add_int(number_list *l, uint64_t value, lnt_error *err) {
  lnt_status status = lnti_grow(&l->ints, &l->int_room, l->n_ints + 1, sizeof *l->ints, err);
  if (!status) l->ints[l->n_ints++] = (int64_t)value;
  return status;
}

static lnt_status add_float(number_list *l, uint64_t value, lnt_error *err) {
  uint32_t bits = (uint32_t)value;
  lnt_status status = lnti_grow(&l->floats, &l->float_room, l->n_floats + 1, sizeof *l->floats, err);
  if (!status) memcpy(&l->floats[l->n_floats++], &bits, sizeof bits);
  return status;
}

static lnt_status add_numbers(number_list *l, const lnti_field *field, lnt_error *err) {
  bool ints = field->number == A_INTS;
  lnti_wire packed = field->bytes;
  lnt_status status = LNT_OK;
  if (field->type == LNTI_WIRE_VARINT && ints) return add_int(l, field->value, err);
  if (field->type == LNTI_WIRE_32 && !ints) return add_float(l, field->value, err);
  while (!status && field->type == LNTI_WIRE_BYTES && packed.at < packed.end) {
    uint64_t value = 0;
    if (ints) {
      status = lnti_wire_varint(&value, &packed, err);
      if (!status) status = add_int(l, value, err);
      continue;
    }
    if (lnti_wire_size(&packed) < 4) return lnti_fail(err, LNT_EDATA, "a list of numbers is cut off");
    for (int i = 0; i < 4; i++) value |= (uint64_t)*packed.at++ << (8 * i);
    status = add_float(l, value, err);
  }
  return status;
}

/* A tensor of an attribute: its elements go into the graph's arena, as an unnamed constant would. */
static lnt_status attribute_tensor(lnti_attribute *a, reading *r, lnti_wire message, lnt_error *err) {
  lnti_onnx_tensor t;
  uint32_t value = 0;
  void *data = NULL;
  lnt_status status = lnti_onnx_tensor_scan(&t, message, err);
  if (!status && t.external) status = lnti_fail(err, LNT_EUNSUPPORTED, "an attribute's tensor in another file");
  if (!status) status = lnti_graph_add_value(&value, r->graph, "attribute", err);
  if (!status) status = lnti_graph_set_constant(&data, r->graph, value, t.kind.dtype, &t.kind.shape, err);
  if (!status) status = lnti_onnx_tensor_fill(data, &t, err);
  if (!status) a->tensor = r->graph->value[value].constant;
  return status;
}

/* What an attribute's message says, before its type decides what counts. */
typedef struct attribute_reading {
  lnti_wire name, s, t;
  uint64_t i, f, type;
  bool has_s, has_t, has_g, has_i, has_f, has_strings, has_ref;
  number_list list;
} attribute_reading;

static lnt_status scan_attribute(attribute_reading *a, lnti_wire message, lnt_error *err) {
  lnti_field field;
  bool found = true;
  lnt_status status = LNT_OK;
  while (!(status = lnti_wire_next(&field, &found, &message, err)) && found) {
    bool bytes = field.type == LNTI_WIRE_BYTES, varint = field.type == LNTI_WIRE_VARINT;
    if (field.number == A_NAME && bytes) a->name = field.bytes;
    if (field.number == A_TYPE && varint) a->type = field.value;
    if (field.number == A_I && varint) a->i = field.value, a->has_i = true;
    if (field.number == A_F && field.type == LNTI_WIRE_32) a->f = field.value, a->has_f = true;
    if (field.number == A_S && bytes) a->s = field.bytes, a->has_s = true;
    if (field.number == A_T && bytes) a->t = field.bytes, a->has_t = true;
    a->has_g |= field.number == A_G;
    a->has_strings |= field.number == A_STRINGS;
    a->has_ref |= field.number == A_REF;
    if (field.number == A_INTS || field.number == A_FLOATS) status = add_numbers(&a->list, &field, err);
    if (status) return status;
  }
  return status;
}

/* Writers of IR version 1 gave no type: it is then what is there. */
static uint64_t type_of(const attribute_reading *a) {
  if (a->type) return a->type;
  if (a->has_i) return TYPE_INT;
  if (a->has_f) return TYPE_FLOAT;
  if (a->has_s) return TYPE_STRING;
  if (a->has_t) return TYPE_TENSOR;
  if (a->has_g) return TYPE_GRAPH;
  return a->list.n_floats > 0 ? TYPE_FLOATS : TYPE_INTS;
}

static lnt_status keep_numbers(const void **out, lnti_arena *arena, const void *data, size_t n, size_t size,
                               lnt_error *err) {
  void *copy = NULL;
  lnt_status status = lnti_arena_alloc(&copy, arena, n, size, err);
  if (!status && n > 0) memcpy(copy, data, n * size);
  if (!status) *out = copy;
  return status;
}

static lnt_status settle_attribute(lnti_attribute *out, const attribute_reading *a, reading *r, node_reading *n,
                                   lnt_error *err) {
  char name[64], *copy = NULL;
  const void *list = NULL;
  lnt_status status = take_text(name, sizeof name, &a->name, "an attribute with a name", err);
  if (!status) status = lnti_arena_strndup(&copy, &n->arena, name, strlen(name), err);
  if (status) return status;
  lnti_attribute attribute = {.name = copy};
  uint32_t bits = (uint32_t)a->f;
  switch (type_of(a)) {
    case TYPE_FLOAT:
      attribute.kind = LNTI_ATTRIBUTE_FLOAT;
      memcpy(&attribute.f, &bits, sizeof bits);
      break;
    case TYPE_INT:
      attribute.kind = LNTI_ATTRIBUTE_INT;
      attribute.i = (int64_t)a->i;
      break;
    case TYPE_STRING:
      attribute.kind = LNTI_ATTRIBUTE_STRING;
      status = take_text(name, sizeof name, &a->s, "an attribute with a text", err);
      if (!status) status = lnti_arena_strndup(&copy, &n->arena, name, strlen(name), err);
      attribute.s = copy;
      break;
    case TYPE_TENSOR:
      attribute.kind = LNTI_ATTRIBUTE_TENSOR;
      status = attribute_tensor(&attribute, r, a->t, err);
      break;
    case TYPE_FLOATS:
      attribute.kind = LNTI_ATTRIBUTE_FLOATS;
      attribute.n = a->list.n_floats;
      status = keep_numbers(&list, &n->arena, a->list.floats, attribute.n, sizeof(float), err);
      attribute.floats = list;
      break;
    case TYPE_INTS:
      attribute.kind = LNTI_ATTRIBUTE_INTS;
      attribute.n = a->list.n_ints;
      status = keep_numbers(&list, &n->arena, a->list.ints, attribute.n, sizeof(int64_t), err);
      attribute.ints = list;
      break;
    default:
      status = lnti_fail(err, LNT_EUNSUPPORTED,
                         "the attribute %s is of ONNX' type %llu (a subgraph, a list of texts or rarer)", name,
                         (unsigned long long)type_of(a));
  }
  if (!status) *out = attribute;
  return status;
}

static lnt_status read_attribute(reading *r, node_reading *n, lnti_wire message, lnt_error *err) {
  attribute_reading a = {0};
  lnt_status status = scan_attribute(&a, message, err);
  if (!status && a.has_ref) status = lnti_fail(err, LNT_EUNSUPPORTED, "an attribute that stands for a function's");
  if (!status) status = lnti_grow(&n->attribute, &n->attribute_room, n->n_attributes + 1, sizeof *n->attribute, err);
  if (!status) status = settle_attribute(&n->attribute[n->n_attributes], &a, r, n, err);
  if (!status) n->n_attributes++;
  free(a.list.ints);
  free(a.list.floats);
  return status;
}

/* ---- nodes ---- */

/* NodeProto's fields. */
enum { N_INPUT = 1, N_OUTPUT = 2, N_NAME = 3, N_OP_TYPE = 4, N_ATTRIBUTE = 5, N_DOMAIN = 7 };

static lnt_status add_value(uint32_t **list, size_t *n, size_t *room, reading *r, const lnti_wire *name,
                            lnt_error *err) {
  uint32_t value = LNTI_NO_VALUE;
  lnt_status status = check_name(name, err);
  if (!status && lnti_wire_size(name) > 0) {
    status = lnti_graph_name(&value, r->graph, (const char *)name->at, lnti_wire_size(name), err);
  }
  if (!status && *n >= LNTI_NODE_VALUES_MAX) status = lnti_fail(err, LNT_ELIMIT, "a node of too many values");
  if (!status) status = lnti_grow(list, room, *n + 1, sizeof **list, err);
  if (!status) (*list)[(*n)++] = value;
  return status;
}

static uint64_t version_of(const reading *r, const lnti_wire *domain) {
  for (size_t i = 0; i < r->n_opsets; i++) {
    const lnti_wire *d = &r->opset[i].domain;
    if (lnti_wire_is(d, domain->at, lnti_wire_size(domain))) return r->opset[i].version;
  }
  return 0;
}

static lnt_status find_operator(const lnti_operator **out, reading *r, const node_reading *n, lnt_error *err) {
  char operator_name[64], domain[64];
  lnt_status status = take_text(operator_name, sizeof operator_name, &n->op_type, "an operator with a name", err);
  if (!status) status = take_text(domain, sizeof domain, &n->domain, "a domain with a name", err);
  if (status) return status;
  *out = lnti_operator_find(operator_name, strcmp(domain, "linnet") == 0 ? "?" : domain);
  if (*out) return LNT_OK;
  if (r->survey) {
    lnti_survey_note(r->survey, operator_name, domain, n->label);
    return LNT_OK;
  }
  return lnti_fail(
      err, LNT_EUNSUPPORTED,
      "node %s: the operator %s%s%s is not known to Linnet; 'linnet doctor --onnx FILE' lists all that are not",
      n->label, operator_name, *domain ? " of the domain " : "", domain);
}

static lnt_status scan_node(reading *r, node_reading *n, lnti_wire message, lnt_error *err) {
  lnti_wire rest = message;
  lnti_field field;
  bool found = true;
  lnt_status status = LNT_OK;
  while (!(status = lnti_wire_next(&field, &found, &rest, err)) && found) {
    if (field.type != LNTI_WIRE_BYTES) continue;
    if (field.number == N_NAME) n->name = field.bytes;
    if (field.number == N_OP_TYPE) n->op_type = field.bytes;
    if (field.number == N_DOMAIN) n->domain = field.bytes;
    if (field.number == N_INPUT) status = add_value(&n->input, &n->n_inputs, &n->input_room, r, &field.bytes, err);
    if (field.number == N_OUTPUT) status = add_value(&n->output, &n->n_outputs, &n->output_room, r, &field.bytes, err);
    if (status) return status;
  }
  return status;
}

static lnt_status scan_attributes(reading *r, node_reading *n, lnti_wire message, lnt_error *err) {
  lnti_field field;
  bool found = true;
  lnt_status status = LNT_OK;
  while (!(status = lnti_wire_next(&field, &found, &message, err)) && found) {
    if (field.number != N_ATTRIBUTE || field.type != LNTI_WIRE_BYTES) continue;
    status = read_attribute(r, n, field.bytes, err);
    if (status) {
      lnt_error reason = err ? *err : (lnt_error)LNT_ERROR_INIT;
      return lnti_fail(err, status, "node %s: %s", n->label, reason.message);
    }
  }
  return status;
}

/* By its own name, or by its operator and its number in the file. */
static lnt_status label_node(node_reading *n, size_t index, lnt_error *err) {
  char operator_name[64];
  lnt_status status = take_text(n->label, sizeof n->label, &n->name, "a node with a name", err);
  if (status || *n->label) return status;
  status = take_text(operator_name, sizeof operator_name, &n->op_type, "an operator with a name", err);
  if (!status) snprintf(n->label, sizeof n->label, "%s %zu", operator_name, index);
  return status;
}

static lnt_status add_node(reading *r, const lnti_operator *op, node_reading *n, lnt_error *err) {
  lnti_node node = {.op = op,
                    .name = n->label,
                    .input = n->input,
                    .output = n->output,
                    .n_inputs = n->n_inputs,
                    .n_outputs = n->n_outputs,
                    .attribute = n->attribute,
                    .n_attributes = n->n_attributes,
                    .version = (unsigned)version_of(r, &(lnti_wire){0})};
  /* Outputs that are left out at the end are no outputs. */
  while (node.n_outputs > 1 && node.output[node.n_outputs - 1] == LNTI_NO_VALUE) node.n_outputs--;
  while (node.n_inputs > 0 && node.input[node.n_inputs - 1] == LNTI_NO_VALUE) node.n_inputs--;
  lnt_status status = lnti_node_check(&node, err);
  return status ? status : lnti_graph_add_node(r->graph, &node, err);
}

static lnt_status read_node(reading *r, lnti_wire message, lnt_error *err) {
  node_reading n = {0};
  const lnti_operator *op = NULL;
  lnt_status status = scan_node(r, &n, message, err);
  if (!status) status = label_node(&n, r->graph->n_nodes, err);
  if (!status) status = find_operator(&op, r, &n, err);
  /* In a survey the attributes of an operator that is not known are nobody's. */
  if (!status && op) status = scan_attributes(r, &n, message, err);
  if (!status && op) status = add_node(r, op, &n, err);
  lnti_arena_clear(&n.arena);
  free(n.attribute);
  free(n.output);
  free(n.input);
  return status;
}

/* ---- tensors ---- */

/* The file beside the model's that holds a tensor: by a plain name, so that it cannot lead elsewhere. */
static lnt_status read_beside(void *out, const reading *r, const lnti_onnx_tensor *t, lnt_error *err) {
  char name[256], *path = NULL;
  struct stat info;
  int fd = -1;
  size_t bytes = lnti_tensor_bytes(&t->kind);
  if (!r->path) return lnti_fail(err, LNT_EUNSUPPORTED, "a tensor lies in another file, and this model is in memory");
  lnt_status status = take_text(name, sizeof name, &t->location, "a file with a name", err);
  if (status) return status;
  if (!*name || strchr(name, '/') || strcmp(name, "..") == 0 || lnti_wire_size(&t->location) >= sizeof name) {
    return lnti_fail(err, LNT_EUNSUPPORTED, "a tensor lies in \"%s\": only files in the model's own folder are read",
                     name);
  }
  if (t->length != 0 && t->length != bytes) {
    return lnti_fail(err, LNT_EDATA, "a tensor of %zu bytes has %llu in %s", bytes, (unsigned long long)t->length,
                     name);
  }
  const char *slash = strrchr(r->path, '/');
  int folder = slash ? (int)(slash - r->path + 1) : 0;
  status = lnti_asprintf(&path, err, "%.*s%s", folder, r->path, name);
  if (!status) status = lnti_regular_open(&fd, &info, path, err);
  if (!status) status = lnti_regular_read_at(out, bytes, fd, t->offset, path, err);
  if (!status) lnti_onnx_tensor_settle(out, &t->kind);
  if (fd >= 0) close(fd);
  free(path);
  return status;
}

static lnt_status check_beside(const reading *r, const lnti_onnx_tensor *t, lnt_error *err) {
  if (!t->external || lnti_tensor_bytes(&t->kind) <= LNTI_GRAPH_FILE_MAX) return LNT_OK;
  (void)r;
  return lnti_fail(err, LNT_ELIMIT, "a tensor of more than 4 GiB");
}

static lnt_status read_initializer(reading *r, lnti_wire message, lnt_error *err) {
  lnti_onnx_tensor t;
  uint32_t value = 0;
  void *data = NULL;
  lnt_status status = lnti_onnx_tensor_scan(&t, message, err);
  if (!status) status = check_name(&t.name, err);
  if (!status && lnti_wire_size(&t.name) == 0) status = lnti_fail(err, LNT_EDATA, "a constant without a name");
  if (!status) status = check_beside(r, &t, err);
  if (!status) {
    status = lnti_graph_name(&value, r->graph, (const char *)t.name.at, lnti_wire_size(&t.name), err);
  }
  if (status) return status;
  if (r->survey) { /* that it is there is enough: an input of the name is none */
    r->graph->value[value].constant.data = &r->survey->n_unknown;
    return LNT_OK;
  }
  status = lnti_graph_set_constant(&data, r->graph, value, t.kind.dtype, &t.kind.shape, err);
  if (status) return status;
  return t.external ? read_beside(data, r, &t, err) : lnti_onnx_tensor_fill(data, &t, err);
}

/* ---- inputs and outputs ---- */

/* TypeProto.Tensor: what is said of an input. A dimension that is named or left open is LNTI_ANY_SIZE. */
static lnt_status read_shape(lnti_shape *shape, lnti_wire message, lnt_error *err) {
  lnti_field field;
  bool found = true;
  lnt_status status = LNT_OK;
  shape->rank = 0;
  while (!(status = lnti_wire_next(&field, &found, &message, err)) && found) {
    if (field.number != 1 || field.type != LNTI_WIRE_BYTES) continue;
    if (shape->rank == LNTI_RANK_MAX)
      return lnti_fail(err, LNT_ELIMIT, "an input of more than %d dimensions", LNTI_RANK_MAX);
    size_t size = LNTI_ANY_SIZE;
    lnti_wire dim = field.bytes;
    lnti_field inner;
    bool more = true;
    while (!(status = lnti_wire_next(&inner, &more, &dim, err)) && more) {
      if (inner.number == 1 && inner.type == LNTI_WIRE_VARINT && (int64_t)inner.value > 0) size = (size_t)inner.value;
    }
    if (status) return status;
    shape->dim[shape->rank++] = size;
  }
  return status;
}

/* The message in field `number`, the last of them; empty where there is none. */
static lnt_status only_message(lnti_wire *out, uint32_t number, lnti_wire message, lnt_error *err) {
  lnti_field field;
  bool found = true;
  lnt_status status = LNT_OK;
  *out = (lnti_wire){0};
  while (!(status = lnti_wire_next(&field, &found, &message, err)) && found) {
    if (field.number == number && field.type == LNTI_WIRE_BYTES) *out = field.bytes;
  }
  return status;
}

static lnt_status read_type(lnti_tensor *out, lnti_wire type, lnt_error *err) {
  static const lnti_dtype known[] = {[1] = LNTI_F32, [2] = LNTI_U8,   [3] = LNTI_I8,   [6] = LNTI_I32,
                                     [7] = LNTI_I64, [9] = LNTI_BOOL, [10] = LNTI_F16, [11] = LNTI_F64};
  lnti_wire tensor, rest;
  lnti_field field;
  bool found = true;
  out->shape.rank = LNTI_RANK_MAX + 1;
  lnt_status status = only_message(&tensor, 1, type, err);
  rest = tensor;
  if (!status && lnti_wire_size(&tensor) == 0) return LNT_OK;
  while (!status && !(status = lnti_wire_next(&field, &found, &rest, err)) && found) {
    if (field.number == 1 && field.type == LNTI_WIRE_VARINT) {
      bool has = field.value < sizeof known / sizeof *known && known[field.value];
      if (!has)
        return lnti_fail(err, LNT_EUNSUPPORTED, "an input of ONNX' element type %llu", (unsigned long long)field.value);
      out->dtype = known[field.value];
    } else if (field.number == 2 && field.type == LNTI_WIRE_BYTES) {
      status = read_shape(&out->shape, field.bytes, err);
    }
  }
  if (!status && !out->dtype) out->shape.rank = LNTI_RANK_MAX + 1;
  return status;
}

/* ValueInfoProto: a name and a type. An input that is a constant as well has a default, which is what is used. */
static lnt_status read_value_info(reading *r, lnti_wire message, bool is_input, lnt_error *err) {
  lnti_wire name, type;
  lnti_tensor declared = {0};
  uint32_t value = 0;
  lnt_status status = only_message(&name, 1, message, err);
  if (!status) status = only_message(&type, 2, message, err);
  if (!status) status = check_name(&name, err);
  if (!status && lnti_wire_size(&name) == 0) status = lnti_fail(err, LNT_EDATA, "an input or output without a name");
  if (!status) status = lnti_graph_name(&value, r->graph, (const char *)name.at, lnti_wire_size(&name), err);
  if (status) return status;
  if (!is_input) return lnti_graph_add_output(r->graph, value, err);
  if (r->graph->value[value].constant.data) return LNT_OK;
  status = read_type(&declared, type, err);
  if (status) return status;
  r->graph->value[value].declared = declared;
  return lnti_graph_add_input(r->graph, value, err);
}

/* ---- the graph and the model ---- */

/* GraphProto's fields. */
enum { G_NODE = 1, G_INITIALIZER = 5, G_INPUT = 11, G_OUTPUT = 12, G_SPARSE = 15 };

static lnt_status read_part(reading *r, uint32_t number, lnti_wire message, lnt_error *err) {
  switch (number) {
    case G_INITIALIZER:
      return read_initializer(r, message, err);
    case G_INPUT:
      return read_value_info(r, message, true, err);
    case G_OUTPUT:
      return read_value_info(r, message, false, err);
    default:
      return read_node(r, message, err);
  }
}

/* Constants first: an input that is one is none. */
static lnt_status read_graph(reading *r, lnt_error *err) {
  static const uint32_t order[] = {G_INITIALIZER, G_INPUT, G_OUTPUT, G_NODE};
  for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
    lnti_wire message = r->body;
    lnti_field field;
    bool found = true;
    lnt_status status = LNT_OK;
    while (!(status = lnti_wire_next(&field, &found, &message, err)) && found) {
      if (field.number == G_SPARSE) return lnti_fail(err, LNT_EUNSUPPORTED, "a network with sparse constants");
      if (field.number == order[i] && field.type == LNTI_WIRE_BYTES) status = read_part(r, order[i], field.bytes, err);
      if (status) return status;
    }
    if (status) return status;
  }
  if (r->graph->n_outputs == 0) return lnti_fail(err, LNT_EDATA, "a network without outputs");
  return LNT_OK;
}

static lnt_status read_opset(reading *r, lnti_wire message, lnt_error *err) {
  lnti_field field;
  bool found = true;
  opset set = {0};
  lnt_status status = LNT_OK;
  if (r->n_opsets == OPSETS_MAX) return lnti_fail(err, LNT_ELIMIT, "more than %d operator sets", OPSETS_MAX);
  while (!(status = lnti_wire_next(&field, &found, &message, err)) && found) {
    if (field.number == 1 && field.type == LNTI_WIRE_BYTES) set.domain = field.bytes;
    if (field.number == 2 && field.type == LNTI_WIRE_VARINT) set.version = field.value;
  }
  if (is_text(&set.domain, "ai.onnx")) set.domain = (lnti_wire){0};
  if (!status) r->opset[r->n_opsets++] = set;
  return status;
}

static lnt_status read_metadata(reading *r, lnti_wire message, lnt_error *err) {
  lnti_wire key, text;
  lnt_status status = only_message(&key, 1, message, err);
  if (!status) status = only_message(&text, 2, message, err);
  if (!status && r->graph->n_metadata >= 4096) return lnti_fail(err, LNT_ELIMIT, "more than 4,096 metadata");
  if (!status) status = check_name(&key, err);
  if (!status) status = check_name(&text, err);
  if (status) return status;
  return lnti_graph_add_metadata(r->graph, (const char *)key.at, lnti_wire_size(&key), (const char *)text.at,
                                 lnti_wire_size(&text), err);
}

/* ModelProto's fields. */
enum { M_IR_VERSION = 1, M_GRAPH = 7, M_OPSET = 8, M_METADATA = 14 };

/* A field of the whole file could not be read. What begins with a version, as exporters write it, is ONNX; its parts say
 * how long they are. */
static lnt_status fail_cut(const reading *r, const lnti_wire *whole, lnti_wire field, lnt_error *err) {
  uint64_t tag = 0, n = 0;
  size_t at = (size_t)(field.at - whole->at);
  if (r->ir_version == 0)
    return lnti_fail(err, LNT_EDATA, "this is no network: neither an ONNX model nor a TensorFlow Lite file");
  bool in_bytes = lnti_wire_varint(&tag, &field, NULL) == LNT_OK && (tag & 7) == LNTI_WIRE_BYTES &&
                  lnti_wire_varint(&n, &field, NULL) == LNT_OK;
  if (in_bytes && n > lnti_wire_size(&field) && n <= LNTI_GRAPH_FILE_MAX)
    return lnti_fail(err, LNT_EDATA,
                     "the ONNX model is cut off at byte %zu: it has %llu at least; copy or download it again",
                     lnti_wire_size(whole), (unsigned long long)n + (uint64_t)(field.at - whole->at));
  return lnti_fail(err, LNT_EDATA, "the ONNX model is damaged at byte %zu of %zu; copy or download it again", at,
                   lnti_wire_size(whole));
}

static lnt_status read_model(reading *r, lnti_wire message, lnt_error *err) {
  const lnti_wire whole = message;
  lnti_wire begin = message;
  lnti_field field;
  bool found = true;
  lnt_status status = LNT_OK;
  for (; !(status = lnti_wire_next(&field, &found, &message, NULL)) && found; begin = message) {
    if (field.number == M_IR_VERSION && field.type == LNTI_WIRE_VARINT) r->ir_version = field.value;
    if (field.type != LNTI_WIRE_BYTES) continue;
    if (field.number == M_GRAPH && r->has_body) return lnti_fail(err, LNT_EDATA, "two networks in one file");
    if (field.number == M_GRAPH) r->body = field.bytes, r->has_body = true;
    if (field.number == M_OPSET) status = read_opset(r, field.bytes, err);
    if (field.number == M_METADATA) status = read_metadata(r, field.bytes, err);
    if (status) return status;
  }
  if (status) return fail_cut(r, &whole, begin, err);
  if (!r->has_body || r->ir_version == 0)
    return lnti_fail(err, LNT_EDATA, "this is no ONNX model: it has no %s", r->has_body ? "IR version" : "network");
  uint64_t version = version_of(r, &(lnti_wire){0});
  if (r->ir_version < IR_LEAST || version < VERSION_LEAST) {
    return lnti_fail(
        err, LNT_EUNSUPPORTED,
        "an ONNX model of IR version %llu and operator set %llu, where %d and %d are the oldest that are taken; convert it to newer ones",
        (unsigned long long)r->ir_version, (unsigned long long)version, IR_LEAST, VERSION_LEAST);
  }
  if (version > VERSION_MOST) {
    return lnti_fail(
        err, LNT_EUNSUPPORTED,
        "an ONNX model of operator set %llu, newer than the %d that is known; export it with opset_version=%d",
        (unsigned long long)version, VERSION_MOST, VERSION_MOST);
  }
  return read_graph(r, err);
}

static lnt_status read_all(lnti_graph **out, reading *r, const void *data, size_t bytes, lnt_error *err) {
  const lnti_wire message = {.at = data, .end = (const uint8_t *)data + bytes};
  lnt_status status = lnti_graph_new(&r->graph, err);
  if (!status) status = read_model(r, message, err);
  /* A survey goes on where an operator is missing, so that its graph has holes. */
  if (!status && !r->survey) status = lnti_graph_finish(r->graph, err);
  if (status || !out) {
    lnti_graph_free(r->graph);
    return status;
  }
  *out = r->graph;
  return LNT_OK;
}

lnt_status lnti_onnx_read(lnti_graph **out, const char *path, const void *data, size_t bytes, lnt_error *err) {
  reading r = {.path = path};
  return read_all(out, &r, data, bytes, err);
}

lnt_status lnti_onnx_look(lnti_graph_survey *out, const void *data, size_t bytes, lnt_error *err) {
  lnti_graph_survey survey = {0};
  reading r = {.survey = &survey};
  lnt_status status = read_all(NULL, &r, data, bytes, err);
  if (!status) *out = survey;
  return status;
}
