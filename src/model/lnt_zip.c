/*
 * ZIP headers of stored entries, after PKWARE's APPNOTE 6.3, sections 4.3.7, 4.3.12 and 4.3.16.
 *
 * What a ZIP leaves free is fixed here: version 2.0, no flags, the first date that a ZIP can hold (so that
 * equal models are equal files), no comments, no attributes. The padding is the extra field 0xD935 that
 * Android's zipalign defined: the alignment as 16 bits, then zeros.
 */
#include <model/lnt_zip.h>

#include <string.h>

enum { VERSION = 20, DATE_1980_01_01 = 0x21, PADDING_ID = 0xD935, PADDING_LEAST = 6 };

static uint8_t *put16(uint8_t *p, unsigned value) {
  p[0] = (uint8_t)value;
  p[1] = (uint8_t)(value >> 8);
  return p + 2;
}

static uint8_t *put32(uint8_t *p, uint32_t value) {
  return put16(put16(p, value & 0xffff), value >> 16);
}

bool lnti_zip_name_ok(const char *name, size_t n) {
  if (n == 0 || n > LNTI_LNT_NAME_MAX) return false;
  bool only_dots = true; /* of the part since the last '/', also while it is empty */
  for (size_t i = 0; i < n; i++) {
    char c = name[i];
    bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
    if (letter) {
      only_dots = false;
    } else if (c == '/') {
      if (only_dots) return false;
      only_dots = true;
    } else if (c != '.') {
      return false;
    }
  }
  return !only_dots;
}

size_t lnti_zip_local_bytes(uint32_t offset, size_t n_name) {
  size_t least = LNTI_ZIP_LOCAL_BYTES + n_name + PADDING_LEAST;
  size_t over = (offset + least) % LNTI_ZIP_ALIGN;
  return least + (over ? LNTI_ZIP_ALIGN - over : 0);
}

/* The part that both headers share: version needed up to the name's length. */
static uint8_t *put_common(uint8_t *p, const lnti_zip_entry *entry, size_t n_name) {
  p = put16(p, VERSION);
  p = put16(p, 0); /* flags */
  p = put16(p, 0); /* stored */
  p = put16(p, 0); /* time */
  p = put16(p, DATE_1980_01_01);
  p = put32(p, entry->crc);
  p = put32(p, entry->bytes);
  p = put32(p, entry->bytes);
  return put16(p, (unsigned)n_name);
}

size_t lnti_zip_local(uint8_t out[LNTI_ZIP_HEADER_MAX], const lnti_zip_entry *entry) {
  size_t n_name = strlen(entry->name);
  size_t total = lnti_zip_local_bytes(entry->offset, n_name);
  size_t n_extra = total - LNTI_ZIP_LOCAL_BYTES - n_name;
  memset(out, 0, LNTI_ZIP_HEADER_MAX);
  uint8_t *p = put32(out, 0x04034b50);
  p = put_common(p, entry, n_name);
  p = put16(p, (unsigned)n_extra);
  memcpy(p, entry->name, n_name);
  p = put16(p + n_name, PADDING_ID);
  p = put16(p, (unsigned)n_extra - 4);
  put16(p, LNTI_ZIP_ALIGN);
  return total;
}

size_t lnti_zip_central(uint8_t out[LNTI_ZIP_HEADER_MAX], const lnti_zip_entry *entry) {
  size_t n_name = strlen(entry->name);
  memset(out, 0, LNTI_ZIP_HEADER_MAX);
  uint8_t *p = put32(out, 0x02014b50);
  p = put16(p, VERSION);
  p = put_common(p, entry, n_name);
  p += 2 + 2 + 2 + 2 + 4; /* extra field, comment, disk, internal and external attributes: none */
  p = put32(p, entry->offset);
  memcpy(p, entry->name, n_name);
  return LNTI_ZIP_CENTRAL_BYTES + n_name;
}

void lnti_zip_end(uint8_t out[LNTI_ZIP_END_BYTES], size_t n_entries, uint32_t central_bytes, uint32_t central_offset) {
  memset(out, 0, LNTI_ZIP_END_BYTES);
  uint8_t *p = put32(out, 0x06054b50);
  p = put16(p + 4, (unsigned)n_entries); /* two disk numbers: 0 */
  p = put16(p, (unsigned)n_entries);
  p = put32(p, central_bytes);
  put32(p, central_offset);
}
