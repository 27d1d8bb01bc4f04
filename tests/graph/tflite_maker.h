/**
 * @file tflite_maker.h
 * Writing TensorFlow Lite's files by hand, right or wrong, for tests: what a network is made of is listed, then written at once.
 * Parents stand before their children, so that all offsets point forwards.
 */
#ifndef LNTI_TESTS_GRAPH_TFLITE_MAKER_H
#define LNTI_TESTS_GRAPH_TFLITE_MAKER_H

#include "support.h"

/* ---- FlatBuffers ---- */

typedef struct flat {
  uint8_t *data;
  size_t n, room;
} flat;

static inline size_t flat_bytes(flat *f, const void *data, size_t n) {
  size_t at = f->n;
  if (f->n + n > f->room) {
    f->room = 2 * (f->n + n) + 256;
    f->data = realloc(f->data, f->room);
    assert_non_null(f->data);
  }
  if (n > 0) {
    if (data) {
      memcpy(f->data + at, data, n);
    } else {
      memset(f->data + at, 0, n);
    }
  }
  f->n += n;
  return at;
}

static inline void flat_put(flat *f, size_t at, uint64_t value, size_t size) {
  for (size_t i = 0; i < size; i++) f->data[at + i] = (uint8_t)(value >> (8 * i));
}

static inline uint32_t flat_get(const flat *f, size_t at, size_t size) {
  uint32_t value = 0;
  for (size_t i = 0; i < size; i++) value |= (uint32_t)f->data[at + i] << (8 * i);
  return value;
}

enum { FLAT_FIELDS = 16, FLAT_SLOT = 8, FLAT_LIST_BYTES = 4 + 2 * FLAT_FIELDS };

/** A table whose fields are all left out; room for each stands ready. */
static inline size_t flat_table(flat *f) {
  flat_bytes(f, NULL, (4 - f->n % 4) % 4);
  size_t fields = flat_bytes(f, NULL, FLAT_LIST_BYTES), at = flat_bytes(f, NULL, 4 + FLAT_FIELDS * FLAT_SLOT);
  flat_put(f, fields, FLAT_LIST_BYTES, 2);
  flat_put(f, fields + 2, 4 + FLAT_FIELDS * FLAT_SLOT, 2);
  flat_put(f, at, at - fields, 4);
  return at;
}

/** The place of a field, which is there from now on. */
static inline size_t flat_field(flat *f, size_t table, unsigned field) {
  flat_put(f, table - FLAT_LIST_BYTES + 4 + 2 * (size_t)field, 4 + (size_t)field * FLAT_SLOT, 2);
  return table + 4 + (size_t)field * FLAT_SLOT;
}

static inline void flat_int(flat *f, size_t table, unsigned field, int64_t value, size_t size) {
  flat_put(f, flat_field(f, table, field), (uint64_t)value, size);
}

static inline void flat_real(flat *f, size_t table, unsigned field, float value) {
  memcpy(f->data + flat_field(f, table, field), &value, sizeof value);
}

/** That the offset at `from` leads to what is written next. */
static inline void flat_next(flat *f, size_t from) {
  flat_bytes(f, NULL, (4 - f->n % 4) % 4);
  flat_put(f, from, f->n - from, 4);
}

/** A list of n elements as a field; returns the place of the first. */
static inline size_t flat_list(flat *f, size_t table, unsigned field, const void *data, size_t n, size_t size) {
  size_t from = flat_field(f, table, field);
  flat_next(f, from);
  size_t at = flat_bytes(f, NULL, 4);
  flat_put(f, at, n, 4);
  return flat_bytes(f, data, n * size);
}

static inline void flat_text(flat *f, size_t table, unsigned field, const char *text) {
  flat_list(f, table, field, text, strlen(text), 1);
  flat_bytes(f, NULL, 1);
}

/** A new table, as a field or as what an offset of a list leads to. */
static inline size_t flat_table_at(flat *f, size_t from) {
  size_t at;
  flat_bytes(f, NULL, (4 - f->n % 4) % 4);
  at = flat_table(f);
  flat_put(f, from, at - from, 4);
  return at;
}

static inline size_t flat_child(flat *f, size_t table, unsigned field) {
  return flat_table_at(f, flat_field(f, table, field));
}

/** The beginning of a file: the offset of the root, and what it is. */
static inline size_t flat_begin(flat *f, const char *identifier) {
  flat_bytes(f, NULL, 4);
  flat_bytes(f, identifier, 4);
  return flat_table_at(f, 0);
}

/* ---- networks ---- */

enum { F32 = 0, F16 = 1, I32 = 2, U8 = 3, I64 = 4, BOOLS = 6, I16 = 7, I8 = 9 };
enum { MADE_TENSORS = 24, MADE_OPS = 12, MADE_VALUES = 8, MADE_OPTIONS = 8, MADE_SCALES = 16 };

typedef struct made_tensor {
  const char *name;
  int type;
  int32_t dim[8];
  size_t rank;
  const void *data; /* NULL: no constant */
  size_t bytes;
  float scale[MADE_SCALES];
  int64_t zero[MADE_SCALES];
  size_t n_scales, n_zeros;
  int32_t axis;
  uint32_t buffer; /* 0: its own */
  bool any_size;   /* but for its first dimension */
} made_tensor;

typedef struct made_option {
  unsigned field;
  char kind; /* 'i' of 4 bytes, 'b' of one, 'f', 0: none */
  double value;
} made_option;

typedef struct made_op {
  int code;
  const char *custom;
  int32_t input[MADE_VALUES], output[MADE_VALUES];
  size_t n_inputs, n_outputs;
  made_option option[MADE_OPTIONS];
} made_op;

typedef struct maker {
  made_tensor tensor[MADE_TENSORS];
  made_op op[MADE_OPS];
  size_t n_tensors, n_ops;
  int32_t input[4], output[4];
  size_t n_inputs, n_outputs;
  const void *metadata; /* a FlatBuffer of its own */
  size_t metadata_bytes;
  const char *description;
} maker;

/** Dimensions end with a negative number. */
static inline int32_t add_tensor(maker *m, const char *name, int type, const int32_t *dims) {
  assert_true(m->n_tensors < MADE_TENSORS);
  made_tensor *t = &m->tensor[m->n_tensors];
  *t = (made_tensor){.name = name, .type = type};
  while (t->rank < 8 && dims[t->rank] >= 0) {
    t->dim[t->rank] = dims[t->rank];
    t->rank++;
  }
  return (int32_t)m->n_tensors++;
}

static inline int32_t add_constant(maker *m, const char *name, int type, const int32_t *dims, const void *data,
                                   size_t bytes) {
  int32_t i = add_tensor(m, name, type, dims);
  m->tensor[i].data = data;
  m->tensor[i].bytes = bytes;
  return i;
}

static inline made_op *add_op(maker *m, int code, const int32_t *inputs, size_t n_inputs, int32_t output) {
  assert_true(m->n_ops < MADE_OPS && n_inputs <= MADE_VALUES);
  made_op *op = &m->op[m->n_ops++];
  *op = (made_op){.code = code, .n_inputs = n_inputs, .n_outputs = 1, .output = {output}};
  memcpy(op->input, inputs, n_inputs * sizeof *inputs);
  return op;
}

static inline void write_tensor(flat *f, size_t at, const made_tensor *t, size_t buffer) {
  flat_int(f, at, 1, t->type, 1);
  flat_int(f, at, 2, (int64_t)(t->buffer ? t->buffer : buffer), 4);
  flat_list(f, at, 0, t->dim, t->rank, 4);
  if (t->name) flat_text(f, at, 3, t->name);
  if (t->any_size) {
    static const int32_t any[] = {-1, -1, -1, -1, -1, -1, -1, -1};
    flat_list(f, at, 7, any, t->rank, 4);
  }
  if (t->n_scales == 0) return;
  size_t q = flat_child(f, at, 4);
  flat_int(f, q, 6, t->axis, 4);
  flat_list(f, q, 2, t->scale, t->n_scales, 4);
  flat_list(f, q, 3, t->zero, t->n_zeros, 8);
}

static inline void write_op(flat *f, size_t at, const made_op *op, size_t code) {
  flat_int(f, at, 0, (int64_t)code, 4);
  flat_list(f, at, 1, op->input, op->n_inputs, 4);
  flat_list(f, at, 2, op->output, op->n_outputs, 4);
  flat_int(f, at, 3, 1, 1);
  size_t options = flat_child(f, at, 4);
  for (size_t i = 0; i < MADE_OPTIONS && op->option[i].kind; i++) {
    const made_option *o = &op->option[i];
    if (o->kind == 'f') {
      flat_real(f, options, o->field, (float)o->value);
    } else {
      flat_int(f, options, o->field, (int64_t)o->value, o->kind == 'i' ? 4 : 1);
    }
  }
}

/** The file; free() its data. Buffer 0 is empty, tensor i has buffer i + 1, metadata the last. */
static inline flat write_model(const maker *m) {
  flat f = {0};
  size_t n_buffers = m->n_tensors + 2;
  size_t model = flat_begin(&f, "TFL3");
  flat_int(&f, model, 0, 3, 4);
  if (m->description) flat_text(&f, model, 3, m->description);
  size_t codes = flat_list(&f, model, 1, NULL, m->n_ops, 4);
  for (size_t i = 0; i < m->n_ops; i++) {
    size_t code = flat_table_at(&f, codes + 4 * i);
    flat_int(&f, code, 0, m->op[i].code > 127 ? 127 : m->op[i].code, 1);
    flat_int(&f, code, 3, m->op[i].code, 4);
    if (m->op[i].custom) flat_text(&f, code, 1, m->op[i].custom);
  }
  size_t network = flat_table_at(&f, flat_list(&f, model, 2, NULL, 1, 4));
  size_t tensors = flat_list(&f, network, 0, NULL, m->n_tensors, 4);
  for (size_t i = 0; i < m->n_tensors; i++) {
    size_t at = flat_table_at(&f, tensors + 4 * i);
    write_tensor(&f, at, &m->tensor[i], i + 1);
  }
  flat_list(&f, network, 1, m->input, m->n_inputs, 4);
  flat_list(&f, network, 2, m->output, m->n_outputs, 4);
  size_t ops = flat_list(&f, network, 3, NULL, m->n_ops, 4);
  for (size_t i = 0; i < m->n_ops; i++) {
    size_t at = flat_table_at(&f, ops + 4 * i);
    write_op(&f, at, &m->op[i], i);
  }
  size_t buffers = flat_list(&f, model, 4, NULL, n_buffers, 4);
  for (size_t i = 0; i < n_buffers; i++) {
    size_t at = flat_table_at(&f, buffers + 4 * i);
    bool constant = i > 0 && i <= m->n_tensors && m->tensor[i - 1].data;
    if (constant) flat_list(&f, at, 0, m->tensor[i - 1].data, m->tensor[i - 1].bytes, 1);
    if (i + 1 == n_buffers && m->metadata) flat_list(&f, at, 0, m->metadata, m->metadata_bytes, 1);
  }
  if (m->metadata) {
    size_t entry = flat_table_at(&f, flat_list(&f, model, 6, NULL, 1, 4));
    flat_text(&f, entry, 0, "TFLITE_METADATA");
    flat_int(&f, entry, 1, (int64_t)n_buffers - 1, 4);
  }
  return f;
}

#define DIMS(...) ((const int32_t[]){__VA_ARGS__, -1})
#define INPUTS(...) ((const int32_t[]){__VA_ARGS__}), sizeof((const int32_t[]){__VA_ARGS__}) / sizeof(int32_t)

#endif
