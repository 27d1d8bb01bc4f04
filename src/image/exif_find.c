/*
 * Where a file keeps its EXIF. Each walk goes over the container's own units (segments, chunks, boxes), forward only and
 * each unit once, so that a file costs no more than its length.
 */
#include <image/exif_parts.h>

#include <base/bytes.h>
#include <image/codec.h>
#include <image/jpeg_segment.h>
#include <string.h>

enum { PNG_SIGNATURE = 8, CHUNK_EXTRA = 12 };

static bool begins_as_tiff(const uint8_t *p, size_t n) {
  return n >= 8 && (memcmp(p, "II*\0", 4) == 0 || memcmp(p, "MM\0*", 4) == 0);
}

static bool begins_as_big_tiff(const uint8_t *p, size_t n) {
  return n >= 16 && (memcmp(p, "II+\0", 4) == 0 || memcmp(p, "MM\0+", 4) == 0);
}

lnti_container lnti_exif_container(const uint8_t *data, size_t n) {
  if (n >= 4 && memcmp(data, "\xff\xd8\xff", 3) == 0) return LNTI_CONTAINER_JPEG;
  if (lnti_is_png(data, n)) return LNTI_CONTAINER_PNG;
  if (n >= 12 && memcmp(data, "RIFF", 4) == 0 && memcmp(data + 8, "WEBP", 4) == 0) return LNTI_CONTAINER_WEBP;
  if (begins_as_tiff(data, n) || begins_as_big_tiff(data, n)) return LNTI_CONTAINER_TIFF;
  if (n >= 12 && memcmp(data + 4, "ftyp", 4) == 0) return LNTI_CONTAINER_HEIF;
  return LNTI_CONTAINER_OTHER;
}

bool lnti_exif_unwrap(lnti_span *out, const uint8_t *data, size_t n) {
  if (n >= 6 && memcmp(data, "Exif\0", 5) == 0) { /* the sixth byte is 0, or padding that some fill with 0xff */
    data += 6;
    n -= 6;
  }
  if (!begins_as_tiff(data, n)) return false;
  *out = (lnti_span){data, n};
  return true;
}

static bool find_in_jpeg(lnti_span *out, const uint8_t *data, size_t n) {
  lnti_jpeg_segment s;
  for (size_t at = 2; lnti_jpeg_next(&s, &at, data, n) && s.marker != LNTI_JPEG_SOS && s.marker != LNTI_JPEG_EOI;) {
    if (s.marker == 0xe1 && s.bytes >= 6 && memcmp(s.data, "Exif\0", 5) == 0 &&
        lnti_exif_unwrap(out, s.data, s.bytes)) {
      return true;
    }
  }
  return false;
}

static bool find_in_png(lnti_span *out, const uint8_t *data, size_t n) {
  for (size_t at = PNG_SIGNATURE; n - at >= CHUNK_EXTRA;) {
    const size_t length = lnti_get_be32(data + at);
    if (length > n - at - CHUNK_EXTRA) return false;
    if (memcmp(data + at + 4, "eXIf", 4) == 0) return lnti_exif_unwrap(out, data + at + 8, length);
    at += CHUNK_EXTRA + length;
  }
  return false;
}

static bool find_in_webp(lnti_span *out, const uint8_t *data, size_t n) {
  for (size_t at = 12; n - at >= 8;) {
    const size_t length = lnti_get_le32(data + at + 4);
    if (length > n - at - 8) return false;
    if (memcmp(data + at, "EXIF", 4) == 0) return lnti_exif_unwrap(out, data + at + 8, length);
    at += 8 + length;
    if (length & 1 && at < n) at++; /* chunks begin at even places */
  }
  return false;
}

/* ---- HEIF and AVIF: boxes of ISO/IEC 14496-12 ---- */

/** Bytes still to be read of a box. */
typedef struct reader {
  const uint8_t *p;
  size_t n;
} reader;

typedef struct box {
  const uint8_t *type;
  reader body;
} box;

/** A number of 0, 1, 2, 4 or 8 bytes; false where they are not there. */
static bool take(uint64_t *out, reader *r, unsigned bytes) {
  uint64_t value = 0;
  if (bytes > r->n) return false;
  for (unsigned i = 0; i < bytes; i++) value = value << 8 | r->p[i];
  r->p += bytes;
  r->n -= bytes;
  *out = value;
  return true;
}

static bool skip(reader *r, size_t bytes) {
  if (bytes > r->n) return false;
  r->p += bytes;
  r->n -= bytes;
  return true;
}

static bool next_box(box *out, reader *r) {
  const size_t left = r->n;
  uint64_t size = 0;
  if (left < 8 || !take(&size, r, 4)) return false;
  out->type = r->p;
  if (!skip(r, 4)) return false;
  if (size == 1 && !take(&size, r, 8)) return false;
  if (size == 0) size = left; /* to the end */
  const size_t head = left - r->n;
  if (size < head || size > left) return false;
  out->body = (reader){r->p, (size_t)size - head};
  return skip(r, out->body.n);
}

static bool find_box(reader *out, reader r, const char *type) {
  for (box b; next_box(&b, &r);) {
    if (memcmp(b.type, type, 4) == 0) {
      *out = b.body;
      return true;
    }
  }
  return false;
}

/** The id of the first item of type Exif (8.11.6). */
static bool exif_item(uint64_t *id_out, reader iinf) {
  uint64_t version = 0, count = 0;
  if (!take(&version, &iinf, 1) || !skip(&iinf, 3) || !take(&count, &iinf, version == 0 ? 2 : 4)) return false;
  for (box b; count-- > 0 && next_box(&b, &iinf);) {
    uint64_t id = 0;
    reader r = b.body;
    if (memcmp(b.type, "infe", 4) != 0) continue;
    if (!take(&version, &r, 1) || !skip(&r, 3) || version < 2) continue;
    if (!take(&id, &r, version == 2 ? 2 : 4) || !skip(&r, 2) || r.n < 4) continue;
    if (memcmp(r.p, "Exif", 4) == 0) {
      *id_out = id;
      return true;
    }
  }
  return false;
}

/** Where an item's bytes are: its only extent (8.11.3). */
static bool item_place(uint64_t *offset_out, uint64_t *length_out, bool *in_idat_out, reader r, uint64_t wanted) {
  uint64_t version = 0, sizes = 0, count = 0;
  if (!take(&version, &r, 1) || version > 2 || !skip(&r, 3) || !take(&sizes, &r, 2)) return false;
  const unsigned offset_size = sizes >> 12 & 15, length_size = sizes >> 8 & 15, base_size = sizes >> 4 & 15,
                 index_size = version > 0 ? sizes & 15 : 0;
  if (offset_size > 8 || length_size > 8 || base_size > 8 || index_size > 8) return false;
  if (!take(&count, &r, version < 2 ? 2 : 4)) return false;
  while (count-- > 0) {
    uint64_t id = 0, method = 0, base = 0, n_extents = 0, offset = 0, length = 0;
    if (!take(&id, &r, version < 2 ? 2 : 4) || (version > 0 && !take(&method, &r, 2)) || !skip(&r, 2) ||
        !take(&base, &r, base_size) || !take(&n_extents, &r, 2)) {
      return false;
    }
    if (id != wanted) {
      if (!skip(&r, n_extents * (index_size + offset_size + length_size))) return false;
      continue;
    }
    if (n_extents != 1 || (method & 15) > 1 || !skip(&r, index_size) || !take(&offset, &r, offset_size) ||
        !take(&length, &r, length_size) || offset > UINT64_MAX - base) {
      return false;
    }
    *offset_out = base + offset;
    *length_out = length;
    *in_idat_out = (method & 15) == 1;
    return true;
  }
  return false;
}

static bool find_in_heif(lnti_span *out, const uint8_t *data, size_t n) {
  reader meta, part, from = {data, n};
  uint64_t id = 0, offset = 0, length = 0, header = 0;
  bool in_idat = false;
  if (!find_box(&meta, from, "meta") || !skip(&meta, 4)) return false;
  if (!find_box(&part, meta, "iinf") || !exif_item(&id, part)) return false;
  if (!find_box(&part, meta, "iloc") || !item_place(&offset, &length, &in_idat, part, id)) return false;
  if (in_idat && !find_box(&from, meta, "idat")) return false;
  if (offset > from.n || !skip(&from, (size_t)offset)) return false;
  if (length > from.n) return false;
  if (length > 0) from.n = (size_t)length; /* 0: to the end */
  /* The item begins with how far behind these four bytes TIFF's header is (ISO/IEC 23008-12, A.2.1). */
  if (!take(&header, &from, 4) || !skip(&from, (size_t)header)) return false;
  return lnti_exif_unwrap(out, from.p, from.n);
}

bool lnti_exif_find(lnti_span *out, lnti_container *container_out, const uint8_t *data, size_t n) {
  const lnti_container container = lnti_exif_container(data, n);
  *container_out = container;
  switch (container) {
    case LNTI_CONTAINER_JPEG:
      return find_in_jpeg(out, data, n);
    case LNTI_CONTAINER_PNG:
      return find_in_png(out, data, n);
    case LNTI_CONTAINER_WEBP:
      return find_in_webp(out, data, n);
    case LNTI_CONTAINER_TIFF:
      *out = (lnti_span){data, n};
      return true;
    case LNTI_CONTAINER_HEIF:
      return find_in_heif(out, data, n);
    case LNTI_CONTAINER_OTHER:
      break;
  }
  return false;
}
