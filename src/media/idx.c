/*
 * IDX as a stream of records (stream.c unpacks gzip on the way). Memory is the stream's and what the caller asks for,
 * whatever the file claims: sizes are judged by the header and by the bytes that are there before anyone allocates for
 * them.
 *
 * Anything after the last gzip member, or after the last record of a plain file, is an error: it means the header is not
 * that of the data.
 */
#include <media/idx.h>

#include <base/alloc.h>
#include <base/bytes.h>
#include <base/error.h>
#include <media/stream.h>
#include <stdlib.h>
#include <string.h>

enum {
  MAGIC_BYTES = 4,
  TYPE_U8 = 0x08,
  /* Deflate turns at most 258 bytes into two bits and a little: about 1032 to 1. */
  DEFLATE_RATIO_MAX = 1032
};

struct lnti_idx {
  char *name; /* for messages */
  lnti_span span;
  lnti_stream *stream;
  lnti_idx_shape shape;
  size_t data_at;      /* first record's place in a plain file */
  size_t records_left; /* of the stream */
};

/** The element types of the format, NULL for what is none. */
static const char *type_name(uint8_t type) {
  switch (type) {
    case 0x08:
      return "u8";
    case 0x09:
      return "i8";
    case 0x0b:
      return "i16";
    case 0x0c:
      return "i32";
    case 0x0d:
      return "f32";
    case 0x0e:
      return "f64";
    default:
      return NULL;
  }
}

static bool is_magic(const uint8_t magic[MAGIC_BYTES]) {
  return magic[0] == 0 && magic[1] == 0 && type_name(magic[2]) != NULL && magic[3] != 0;
}

/** Fills record_bytes and the pixel shape from the sizes; *total_out: bytes of all records. */
static bool measure(lnti_idx_shape *shape, size_t *total_out) {
  size_t record = 1;
  for (unsigned i = 1; i < shape->n_dimensions; i++) {
    if (!lnti_size_mul(&record, record, shape->size[i])) return false;
  }
  shape->record_bytes = record;
  if (!lnti_size_mul(total_out, record, shape->size[0])) return false;
  const size_t c = shape->n_dimensions == 4 ? shape->size[3] : 1;
  if (shape->n_dimensions >= 3 && (c == 1 || c == 3 || c == 4)) {
    shape->h = shape->size[1];
    shape->w = shape->size[2];
    shape->c = c;
  }
  return true;
}

/** Checks the bytes that the header declares against those that are there. */
static lnt_status check_total(const lnti_idx *idx, size_t total, lnt_error *err) {
  if (!lnti_idx_packed(idx)) {
    const size_t have = (size_t)idx->span.bytes - idx->data_at;
    if (have == total) return LNT_OK;
    return lnti_fail(err, LNT_EDATA, "%s: its header declares %zu bytes of records, the file has %zu", idx->name, total,
                     have);
  }
  if (total / DEFLATE_RATIO_MAX <= (size_t)idx->span.bytes) return LNT_OK;
  return lnti_fail(err, LNT_EDATA, "%s: its header declares %zu bytes of records, more than %zu bytes of gzip hold",
                   idx->name, total, (size_t)idx->span.bytes);
}

static lnt_status read_header(lnti_idx *idx, size_t array_bytes_max, lnt_error *err) {
  uint8_t head[MAGIC_BYTES + 4 * LNTI_IDX_DIMENSIONS_MAX];
  lnti_idx_shape shape = {0};
  size_t got = 0, total = 0;
  lnt_status status = lnti_stream_read(&got, idx->stream, head, MAGIC_BYTES, err);
  if (status != LNT_OK) return status;
  if (got < MAGIC_BYTES || !is_magic(head)) {
    return lnti_fail(err, LNT_EDATA, "%s: is no IDX array (it does not begin with 00 00 08 ..)", idx->name);
  }
  if (head[2] != TYPE_U8) {
    return lnti_fail(err, LNT_EUNSUPPORTED, "%s: holds %s elements; IDX arrays of u8 are read", idx->name,
                     type_name(head[2]));
  }
  if (head[3] > LNTI_IDX_DIMENSIONS_MAX) {
    return lnti_fail(err, LNT_EUNSUPPORTED, "%s: has %u dimensions; up to %d are read", idx->name, head[3],
                     LNTI_IDX_DIMENSIONS_MAX);
  }
  shape.n_dimensions = head[3];
  const size_t sizes_bytes = (size_t)4 * shape.n_dimensions;
  status = lnti_stream_read(&got, idx->stream, head + MAGIC_BYTES, sizes_bytes, err);
  if (status != LNT_OK) return status;
  if (got < sizes_bytes) return lnti_fail(err, LNT_EDATA, "%s: ends inside its header", idx->name);
  for (unsigned i = 0; i < shape.n_dimensions; i++) {
    const uint8_t *p = head + MAGIC_BYTES + 4 * i;
    shape.size[i] = lnti_get_be32(p);
    if (i > 0 && shape.size[i] == 0) return lnti_fail(err, LNT_EDATA, "%s: its records have no bytes", idx->name);
  }
  idx->data_at = MAGIC_BYTES + sizes_bytes;
  /* One record too: where there are none of it, callers still make room for one. */
  if (!measure(&shape, &total) || total > array_bytes_max || shape.record_bytes > array_bytes_max) {
    return lnti_fail(err, LNT_ELIMIT, "%s: its header declares more than %zu bytes of records", idx->name,
                     array_bytes_max);
  }
  status = check_total(idx, total, err);
  if (status != LNT_OK) return status;
  idx->shape = shape;
  idx->records_left = shape.size[0];
  return LNT_OK;
}

/** Takes the span over, on failure too. */
static lnt_status open_raw(lnti_idx **out, lnti_span *span, const char *name, lnt_error *err) {
  lnti_idx *idx = NULL;
  lnt_status status = lnti_alloc_zero(&idx, 1, sizeof *idx, err);
  if (status != LNT_OK) {
    lnti_span_close(span);
    return status;
  }
  idx->span = *span;
  status = lnti_strdup(&idx->name, name, err);
  if (status == LNT_OK) status = lnti_stream_new(&idx->stream, &idx->span, idx->name, err);
  if (status != LNT_OK) {
    lnti_idx_close(idx);
    return status;
  }
  *out = idx;
  return LNT_OK;
}

lnt_status lnti_idx_open_span(lnti_idx **out, lnti_idx_shape *shape_out, lnti_span *span, const char *name,
                              size_t array_bytes_max, lnt_error *err) {
  lnti_idx *idx = NULL;
  lnt_status status = open_raw(&idx, span, name, err);
  if (status != LNT_OK) return status;
  status = read_header(idx, array_bytes_max, err);
  if (status != LNT_OK) {
    lnti_idx_close(idx);
    return status;
  }
  *out = idx;
  *shape_out = idx->shape;
  return LNT_OK;
}

lnt_status lnti_idx_open(lnti_idx **out, lnti_idx_shape *shape_out, const char *path, size_t array_bytes_max,
                         lnt_error *err) {
  lnti_span span = LNTI_SPAN_INIT;
  lnt_status status = lnti_span_open(&span, NULL, path, err);
  if (status != LNT_OK) return status;
  return lnti_idx_open_span(out, shape_out, &span, path, array_bytes_max, err);
}

lnt_status lnti_idx_open_memory(lnti_idx **out, lnti_idx_shape *shape_out, const void *data, size_t bytes,
                                size_t array_bytes_max, lnt_error *err) {
  lnti_span span = {-1, data, 0, bytes};
  return lnti_idx_open_span(out, shape_out, &span, "array in memory", array_bytes_max, err);
}

lnt_status lnti_idx_sniff_span(bool *yes_out, const lnti_span *span, lnt_error *err) {
  lnti_stream *stream = NULL;
  uint8_t magic[MAGIC_BYTES];
  size_t got = 0;
  lnt_status status = lnti_stream_new(&stream, span, "array", err);
  if (status != LNT_OK) return status;
  status = lnti_stream_read(&got, stream, magic, MAGIC_BYTES, err);
  lnti_stream_free(stream);
  *yes_out = status == LNT_OK && got == MAGIC_BYTES && is_magic(magic);
  return status == LNT_EDATA ? LNT_OK : status;
}

bool lnti_idx_sniff(const char *path) {
  lnti_span span = LNTI_SPAN_INIT;
  bool yes = false;
  if (lnti_span_open(&span, NULL, path, NULL) != LNT_OK) return false;
  const lnt_status status = lnti_idx_sniff_span(&yes, &span, NULL);
  lnti_span_close(&span);
  return status == LNT_OK && yes;
}

lnt_status lnti_idx_read(uint8_t *data, lnti_idx *idx, size_t n, lnt_error *err) {
  if (n > idx->records_left) {
    return lnti_fail(err, LNT_EINVAL, "%s: %zu records were asked for, %zu are left", idx->name, n, idx->records_left);
  }
  /* No overflow: all records together fit, as read_header checked. */
  const size_t want = n * idx->shape.record_bytes;
  size_t got = 0;
  lnt_status status = lnti_stream_read(&got, idx->stream, data, want, err);
  if (status != LNT_OK) return status;
  if (got < want) {
    return lnti_fail(err, LNT_EDATA, "%s: ends early, within record %zu of %zu", idx->name,
                     idx->shape.size[0] - idx->records_left + got / idx->shape.record_bytes, idx->shape.size[0]);
  }
  idx->records_left -= n;
  return LNT_OK;
}

lnt_status lnti_idx_finish(lnti_idx *idx, lnt_error *err) {
  uint8_t extra = 0;
  size_t got = 0;
  if (idx->records_left > 0) {
    return lnti_fail(err, LNT_EINVAL, "%s: %zu records have not been read", idx->name, idx->records_left);
  }
  /* Asking for one more byte runs inflate through the trailer, where it checks sum and length. */
  lnt_status status = lnti_stream_read(&got, idx->stream, &extra, 1, err);
  if (status != LNT_OK) return status;
  if (got > 0) return lnti_fail(err, LNT_EDATA, "%s: bytes are left over after the last record", idx->name);
  return LNT_OK;
}

void lnti_idx_close(lnti_idx *idx) {
  if (!idx) return;
  lnti_stream_free(idx->stream);
  lnti_span_close(&idx->span);
  free(idx->name);
  free(idx);
}

bool lnti_idx_packed(const lnti_idx *idx) {
  return lnti_stream_gzip(idx->stream);
}

lnt_status lnti_idx_read_at(uint8_t *data, const lnti_idx *idx, size_t record, lnt_error *err) {
  if (lnti_idx_packed(idx) || idx->span.fd < 0) {
    return lnti_fail(err, LNT_EINVAL, "%s: only plain files are read out of order", idx->name);
  }
  const uint64_t offset = (uint64_t)idx->data_at + (uint64_t)record * idx->shape.record_bytes;
  return lnti_span_read(data, &idx->span, offset, idx->shape.record_bytes, idx->name, err);
}
