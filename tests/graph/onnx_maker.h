/**
 * @file onnx_maker.h
 * Writing ONNX' wire format by hand, right or wrong, for tests.
 */
#ifndef LNTI_TESTS_GRAPH_ONNX_MAKER_H
#define LNTI_TESTS_GRAPH_ONNX_MAKER_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct message {
  uint8_t *data;
  size_t n, room;
} message;

static inline void make_room(message *m, size_t n) {
  if (m->room - m->n >= n) return;
  while (m->room - m->n < n) m->room = m->room ? 2 * m->room : 256;
  m->data = realloc(m->data, m->room);
  if (!m->data) abort();
}

static inline void put_byte(message *m, uint8_t byte) {
  make_room(m, 1);
  m->data[m->n++] = byte;
}

static inline void put_varint(message *m, uint64_t value) {
  for (; value > 127; value >>= 7) put_byte(m, (uint8_t)(value | 128));
  put_byte(m, (uint8_t)value);
}

static inline void put_number(message *m, unsigned field, uint64_t value) {
  put_varint(m, field << 3);
  put_varint(m, value);
}

static inline void put_bytes(message *m, unsigned field, const void *data, size_t n) {
  put_varint(m, field << 3 | 2);
  put_varint(m, n);
  make_room(m, n);
  if (n > 0) memcpy(m->data + m->n, data, n);
  m->n += n;
}

static inline void put_text(message *m, unsigned field, const char *text) {
  put_bytes(m, field, text, strlen(text));
}

/** A message within one; it is freed. */
static inline void put_message(message *m, unsigned field, message inner) {
  put_bytes(m, field, inner.data, inner.n);
  free(inner.data);
}

/** NodeProto: inputs and outputs divided by blanks. */
static inline message make_node(const char *op, const char *inputs, const char *outputs) {
  message m = {0};
  const char *lists[] = {inputs, outputs};
  for (unsigned k = 0; k < 2; k++) {
    for (const char *at = lists[k]; *at;) {
      size_t n = strcspn(at, " ");
      put_bytes(&m, k + 1, at, n);
      at += n + (at[n] == ' ');
    }
  }
  put_text(&m, 4, op);
  return m;
}

/** TensorProto with raw data. */
static inline message make_tensor(const char *name, unsigned type, const uint64_t *dims, size_t rank, const void *raw,
                                  size_t bytes) {
  message m = {0};
  for (size_t i = 0; i < rank; i++) put_number(&m, 1, dims[i]);
  put_number(&m, 2, type);
  put_text(&m, 8, name);
  put_bytes(&m, 9, raw, bytes);
  return m;
}

/** ValueInfoProto of a name alone. */
static inline message make_value(const char *name) {
  message m = {0};
  put_text(&m, 1, name);
  return m;
}

/** ModelProto round a GraphProto, which is freed. */
static inline message make_model(message graph, uint64_t version) {
  message m = {0}, opset = {0};
  put_number(&m, 1, 8);
  put_number(&opset, 2, version);
  put_message(&m, 8, opset);
  put_message(&m, 7, graph);
  return m;
}

#endif
