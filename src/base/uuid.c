/*
 * UUID version 7 (RFC 9562, section 5.7): 48 bits of milliseconds, then random bits of the system.
 */
#include <base/error.h>
#include <base/hash.h>
#include <string.h>

enum { UUID_DASHES = 4 };

static const unsigned dash_after[UUID_DASHES] = {4, 6, 8, 10}; /* bytes */

void lnti_uuid7(lnti_uuid *out, uint64_t unix_ms) {
  lnti_random_bytes(out->bytes, sizeof out->bytes);
  for (int i = 0; i < 6; i++) out->bytes[i] = (uint8_t)(unix_ms >> (40 - 8 * i));
  out->bytes[6] = (uint8_t)(0x70 | (out->bytes[6] & 0x0f));
  out->bytes[8] = (uint8_t)(0x80 | (out->bytes[8] & 0x3f));
}

void lnti_uuid_text(char out[LNTI_UUID_TEXT], const lnti_uuid *uuid) {
  static const char digits[] = "0123456789abcdef";
  unsigned dash = 0;
  for (unsigned i = 0; i < LNTI_UUID_BYTES; i++) {
    if (dash < UUID_DASHES && i == dash_after[dash]) {
      *out++ = '-';
      dash++;
    }
    *out++ = digits[uuid->bytes[i] >> 4];
    *out++ = digits[uuid->bytes[i] & 15];
  }
  *out = '\0';
}

static int digit_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

lnt_status lnti_uuid_parse(lnti_uuid *out, const char *text, lnt_error *err) {
  lnti_uuid uuid = {{0}};
  const char *p = text;
  unsigned dash = 0;
  if (strlen(text) != LNTI_UUID_TEXT - 1) goto bad;
  for (unsigned i = 0; i < LNTI_UUID_BYTES; i++, p += 2) {
    if (dash < UUID_DASHES && i == dash_after[dash]) {
      if (*p++ != '-') goto bad;
      dash++;
    }
    int high = digit_value(p[0]), low = digit_value(p[1]);
    if (high < 0 || low < 0) goto bad;
    uuid.bytes[i] = (uint8_t)(high << 4 | low);
  }
  *out = uuid;
  return LNT_OK;
bad:
  return lnti_fail(err, LNT_EINVAL, "'%.60s' is no UUID: 8-4-4-4-12 hexadecimal digits are needed", text);
}
