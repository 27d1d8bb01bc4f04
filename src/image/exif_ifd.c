/*
 * Directories of TIFF: entries of tag, type, count and either the values or where they are. Each access is checked against
 * the bytes that are there, so that callers may take an entry at its word.
 */
#include <image/exif_parts.h>

#include <assert.h>
#include <base/alloc.h>
#include <math.h>
#include <string.h>

unsigned lnti_ifd_type_bytes(unsigned type) {
  static const uint8_t bytes[19] = {0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8, 8, 8};
  return type < sizeof bytes ? bytes[type] : 0;
}

uint64_t lnti_ifd_uint(const lnti_ifd_file *file, size_t at, unsigned bytes) {
  uint64_t value = 0;
  for (unsigned i = 0; i < bytes; i++) {
    const uint8_t byte = file->data[at + (file->big_endian ? i : bytes - 1 - i)];
    value = value << 8 | byte;
  }
  return value;
}

void lnti_ifd_put(uint8_t *to, const lnti_ifd_file *file, uint64_t value, unsigned bytes) {
  for (unsigned i = 0; i < bytes; i++) to[file->big_endian ? bytes - 1 - i : i] = (uint8_t)(value >> 8 * i);
}

bool lnti_ifd_file_open(lnti_ifd_file *out, lnti_span span) {
  lnti_ifd_file file = {.data = span.data, .n = span.n};
  if (span.n < 8 || (memcmp(span.data, "II", 2) != 0 && memcmp(span.data, "MM", 2) != 0)) return false;
  file.big_endian = span.data[0] == 'M';
  const uint64_t version = lnti_ifd_uint(&file, 2, 2);
  if (version != 42 && version != 43) return false;
  file.big = version == 43;
  if (file.big && (span.n < 16 || lnti_ifd_uint(&file, 4, 2) != 8)) return false;
  file.first = file.big ? lnti_ifd_uint(&file, 8, 8) : lnti_ifd_uint(&file, 4, 4);
  *out = file;
  return true;
}

bool lnti_ifd_open(lnti_ifd *out, const lnti_ifd_file *file, uint64_t at) {
  const unsigned count_bytes = file->big ? 8 : 2, entry_bytes = file->big ? 20 : 12, next_bytes = file->big ? 8 : 4;
  if (at < 8 || at > file->n || file->n - at < count_bytes) return false;
  lnti_ifd ifd = {.file = file, .at = (size_t)at, .entries = (size_t)at + count_bytes};
  const uint64_t count = lnti_ifd_uint(file, ifd.at, count_bytes);
  const size_t room = file->n - ifd.entries;
  ifd.n = count < room / entry_bytes ? (size_t)count : room / entry_bytes;
  if (ifd.n == count && room - ifd.n * entry_bytes >= next_bytes) {
    ifd.next = lnti_ifd_uint(file, ifd.entries + ifd.n * entry_bytes, next_bytes);
  }
  *out = ifd;
  return true;
}

bool lnti_ifd_at(lnti_ifd_entry *out, const lnti_ifd *ifd, size_t i) {
  const lnti_ifd_file *file = ifd->file;
  const unsigned word = file->big ? 8 : 4;
  const size_t at = ifd->entries + i * (file->big ? 20 : 12);
  lnti_ifd_entry entry = {.tag = (unsigned)lnti_ifd_uint(file, at, 2),
                          .type = (unsigned)lnti_ifd_uint(file, at + 2, 2)};
  const uint64_t count = lnti_ifd_uint(file, at + 4, word);
  const unsigned size = lnti_ifd_type_bytes(entry.type);
  if (size == 0 || count > file->n || !lnti_size_mul(&entry.bytes, (size_t)count, size)) return false;
  entry.count = (size_t)count;
  entry.at = at + 4 + word;
  if (entry.bytes > word) {
    const uint64_t offset = lnti_ifd_uint(file, entry.at, word);
    if (offset > file->n || entry.bytes > file->n - offset) return false;
    entry.at = (size_t)offset;
  }
  *out = entry;
  return true;
}

bool lnti_ifd_entry_uint(uint64_t *out, const lnti_ifd_file *file, const lnti_ifd_entry *entry, size_t i) {
  if (i >= entry->count) return false;
  const unsigned size = lnti_ifd_type_bytes(entry->type);
  switch (entry->type) {
    case LNTI_IFD_BYTE:
    case LNTI_IFD_SHORT:
    case LNTI_IFD_LONG:
    case LNTI_IFD_OFFSET:
    case LNTI_IFD_LONG8:
    case LNTI_IFD_OFFSET8:
      *out = lnti_ifd_uint(file, entry->at + i * size, size);
      return true;
    default:
      return false;
  }
}

bool lnti_ifd_find(lnti_ifd_entry *out, const lnti_ifd *ifd, unsigned tag) {
  lnti_ifd_entry entry;
  for (size_t i = 0; i < ifd->n; i++) {
    if (lnti_ifd_at(&entry, ifd, i) && entry.tag == tag) {
      *out = entry;
      return true;
    }
  }
  return false;
}

bool lnti_ifd_below(lnti_ifd *out, const lnti_ifd *ifd, unsigned tag) {
  lnti_ifd_entry entry;
  uint64_t at = 0;
  return lnti_ifd_find(&entry, ifd, tag) && lnti_ifd_entry_uint(&at, ifd->file, &entry, 0) &&
         lnti_ifd_open(out, ifd->file, at);
}

static double signed_value(uint64_t bits, unsigned bytes) {
  assert(bytes >= 1 && bytes <= 8);
  return (double)(int64_t)(bits << (64 - 8 * bytes)) / (double)(1ull << (64 - 8 * bytes));
}

bool lnti_ifd_entry_real(double *out, const lnti_ifd_file *file, const lnti_ifd_entry *entry, size_t i) {
  uint64_t bits = 0;
  if (lnti_ifd_entry_uint(&bits, file, entry, i)) {
    *out = (double)bits;
    return true;
  }
  if (i >= entry->count) return false;
  const unsigned size = lnti_ifd_type_bytes(entry->type);
  const size_t at = entry->at + i * size;
  double value = NAN;
  if (entry->type == LNTI_IFD_RATIONAL || entry->type == LNTI_IFD_SRATIONAL) {
    const uint64_t above = lnti_ifd_uint(file, at, 4), below = lnti_ifd_uint(file, at + 4, 4);
    const bool plain = entry->type == LNTI_IFD_RATIONAL;
    if (below == 0) return false;
    value = plain ? (double)above / (double)below : signed_value(above, 4) / signed_value(below, 4);
  } else if (entry->type == LNTI_IFD_FLOAT) {
    const uint32_t word = (uint32_t)lnti_ifd_uint(file, at, 4);
    float f = 0;
    memcpy(&f, &word, sizeof f);
    value = (double)f;
  } else if (entry->type == LNTI_IFD_DOUBLE) {
    bits = lnti_ifd_uint(file, at, 8);
    memcpy(&value, &bits, sizeof value);
  } else if (entry->type == LNTI_IFD_SBYTE || entry->type == LNTI_IFD_SSHORT || entry->type == LNTI_IFD_SLONG ||
             entry->type == LNTI_IFD_SLONG8) {
    value = signed_value(lnti_ifd_uint(file, at, size), size);
  }
  if (!isfinite(value)) return false;
  *out = value;
  return true;
}
