/*
 * Fields of Protocol Buffers, bounds-checked.
 */
#include <graph/wire.h>

#include <base/error.h>
#include <string.h>

size_t lnti_wire_size(const lnti_wire *wire) {
  return (size_t)(wire->end - wire->at);
}

bool lnti_wire_is(const lnti_wire *wire, const void *bytes, size_t n) {
  if (lnti_wire_size(wire) != n) return false;
  return n == 0 || (wire->at && bytes && memcmp(wire->at, bytes, n) == 0);
}

lnt_status lnti_wire_varint(uint64_t *out, lnti_wire *wire, lnt_error *err) {
  uint64_t value = 0;
  for (unsigned shift = 0; shift < 64 && wire->at < wire->end; shift += 7) {
    uint8_t byte = *wire->at++;
    value |= (uint64_t)(byte & 0x7f) << shift;
    if (!(byte & 0x80)) {
      *out = value;
      return LNT_OK;
    }
  }
  return lnti_fail(err, LNT_EDATA, "the message is damaged: a number does not end");
}

static lnt_status read_fixed(uint64_t *out, lnti_wire *wire, size_t n, lnt_error *err) {
  if (lnti_wire_size(wire) < n) return lnti_fail(err, LNT_EDATA, "the message is cut off");
  uint64_t value = 0;
  for (size_t i = 0; i < n; i++) value |= (uint64_t)wire->at[i] << (8 * i);
  wire->at += n;
  *out = value;
  return LNT_OK;
}

static lnt_status read_bytes(lnti_wire *out, lnti_wire *wire, lnt_error *err) {
  uint64_t n = 0;
  lnt_status status = lnti_wire_varint(&n, wire, err);
  if (status) return status;
  if (n > lnti_wire_size(wire)) {
    return lnti_fail(err, LNT_EDATA, "the message is cut off: %llu bytes where %zu are left", (unsigned long long)n,
                     lnti_wire_size(wire));
  }
  *out = (lnti_wire){.at = wire->at, .end = wire->at + n};
  wire->at += n;
  return LNT_OK;
}

lnt_status lnti_wire_next(lnti_field *out, bool *found_out, lnti_wire *wire, lnt_error *err) {
  uint64_t tag = 0;
  *found_out = wire->at < wire->end;
  if (!*found_out) return LNT_OK;
  lnt_status status = lnti_wire_varint(&tag, wire, err);
  if (status) return status;
  if (tag >> 3 == 0 || tag > UINT32_MAX)
    return lnti_fail(err, LNT_EDATA, "the message is damaged: field %llu", (unsigned long long)tag >> 3);
  lnti_field field = {.number = (uint32_t)(tag >> 3), .type = (lnti_wire_type)(tag & 7)};
  switch (field.type) {
    case LNTI_WIRE_VARINT:
      status = lnti_wire_varint(&field.value, wire, err);
      break;
    case LNTI_WIRE_64:
      status = read_fixed(&field.value, wire, 8, err);
      break;
    case LNTI_WIRE_BYTES:
      status = read_bytes(&field.bytes, wire, err);
      break;
    case LNTI_WIRE_32:
      status = read_fixed(&field.value, wire, 4, err);
      break;
    default:
      status = lnti_fail(err, LNT_EDATA, "the message is damaged: a field of type %u", (unsigned)field.type);
  }
  if (!status) *out = field;
  return status;
}
