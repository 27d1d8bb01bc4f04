/**
 * @file wire.h
 * The wire format of Protocol Buffers (https://protobuf.dev/programming-guides/encoding): a message is a row of fields,
 * each a number and a value. Reading goes over borrowed bytes, copies nothing, and never recurses: a message within a message is
 * a range of bytes, to be walked by whoever knows what it is.
 */
#ifndef LNTI_GRAPH_WIRE_H
#define LNTI_GRAPH_WIRE_H

#include <linnet/status.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct lnti_wire {
  const uint8_t *at, *end;
} lnti_wire;

typedef enum lnti_wire_type {
  LNTI_WIRE_VARINT = 0,
  LNTI_WIRE_64 = 1,
  LNTI_WIRE_BYTES = 2,
  LNTI_WIRE_32 = 5
} lnti_wire_type;

typedef struct lnti_field {
  uint32_t number;
  lnti_wire_type type;
  uint64_t value;  /**< of a varint, or of fixed bytes, little-endian */
  lnti_wire bytes; /**< of LNTI_WIRE_BYTES */
} lnti_field;

/** The next field; *found_out false at the end. LNT_EDATA: it does not end within the range, or is of a kind that is not
 *  used any more. */
LNT_MUST_CHECK lnt_status lnti_wire_next(lnti_field *out, bool *found_out, lnti_wire *wire, lnt_error *err);
/** The next varint of a packed row; the row must not be empty. LNT_EDATA. */
LNT_MUST_CHECK lnt_status lnti_wire_varint(uint64_t *out, lnti_wire *wire, lnt_error *err);
size_t lnti_wire_size(const lnti_wire *wire);
/** True where the n bytes are these. */
bool lnti_wire_is(const lnti_wire *wire, const void *bytes, size_t n);

#endif
