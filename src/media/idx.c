/*
 * IDX as a stream: raw bytes come from a file or from memory through one buffer, gzip is unpacked on the
 * way, and the caller takes whole records. Memory is the buffer, the 32 KiB window of inflate and what the
 * caller asks for, whatever the file claims: sizes are judged by the header and by the bytes that are there
 * before anyone allocates for them.
 *
 * A gzip file may have several members (RFC 1952, 2.2); they are read as one. Anything after the last
 * member, or after the last record of a plain file, is an error: it means the header is not that of the data.
 */
#include <media/idx.h>

#include <base/alloc.h>
#include <base/error.h>
#include <base/regular.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

enum {
  BUFFER_BYTES = 1 << 16,
  MAGIC_BYTES = 4,
  TYPE_U8 = 0x08,
  /* Deflate turns at most 258 bytes into two bits and a little: about 1032 to 1. */
  DEFLATE_RATIO_MAX = 1032,
  /* inflateInit2: the largest window, gzip wrapper only. */
  GZIP_WINDOW = 15 + 16
};

struct lnti_idx {
  char *name; /* for messages */
  int fd;     /* -1: memory */
  const uint8_t *memory;
  size_t memory_bytes, memory_at;
  size_t raw_bytes; /* of the file or memory, all of it */

  uint8_t *buffer; /* raw bytes not yet used: [at,end) */
  size_t at, end;

  bool gzip;
  bool member_open; /* inside a gzip member: more must come */
  z_stream z;

  lnti_idx_shape shape;
  size_t data_at;      /* first record's place in a plain file */
  size_t records_left; /* of the stream */
};

/** Refills an empty buffer; leaves it empty at the end of the input. */
static lnt_status refill(lnti_idx *idx, lnt_error *err) {
  size_t got = 0;
  if (idx->fd >= 0) {
    lnt_status status = lnti_regular_read(&got, idx->fd, idx->buffer, BUFFER_BYTES, idx->name, err);
    if (status != LNT_OK) return status;
  } else {
    got = idx->memory_bytes - idx->memory_at;
    if (got > BUFFER_BYTES) got = BUFFER_BYTES;
    if (got > 0) memcpy(idx->buffer, idx->memory + idx->memory_at, got);
    idx->memory_at += got;
  }
  idx->at = 0;
  idx->end = got;
  return LNT_OK;
}

static lnt_status read_plain(size_t *n_out, lnti_idx *idx, uint8_t *data, size_t n, lnt_error *err) {
  size_t done = 0;
  while (done < n) {
    if (idx->at == idx->end) {
      lnt_status status = refill(idx, err);
      if (status != LNT_OK) return status;
      if (idx->end == 0) break;
    }
    size_t piece = idx->end - idx->at;
    if (piece > n - done) piece = n - done;
    memcpy(data + done, idx->buffer + idx->at, piece);
    idx->at += piece;
    done += piece;
  }
  *n_out = done;
  return LNT_OK;
}

/** Between two members: true where another one begins. */
static lnt_status next_member(bool *more_out, lnti_idx *idx, lnt_error *err) {
  if (idx->at == idx->end) {
    lnt_status status = refill(idx, err);
    if (status != LNT_OK) return status;
  }
  *more_out = idx->end > 0;
  if (idx->end == 0) return LNT_OK;
  if (idx->buffer[idx->at] != 0x1f) {
    return lnti_fail(err, LNT_EDATA, "%s: bytes are left over after the gzip data", idx->name);
  }
  if (inflateReset(&idx->z) != Z_OK) return lnti_fail(err, LNT_EINTERNAL, "%s: inflateReset failed", idx->name);
  idx->member_open = true;
  return LNT_OK;
}

static lnt_status inflate_failed(const lnti_idx *idx, int code, lnt_error *err) {
  if (code == Z_MEM_ERROR) return lnti_fail(err, LNT_ENOMEM, "%s: not enough memory to unpack gzip", idx->name);
  return lnti_fail(err, LNT_EDATA, "%s: its gzip data is broken (%s); fetch the file again", idx->name,
                   idx->z.msg ? idx->z.msg : "bad data");
}

static lnt_status read_gzip(size_t *n_out, lnti_idx *idx, uint8_t *data, size_t n, lnt_error *err) {
  size_t done = 0;
  while (done < n) {
    lnt_status status;
    if (!idx->member_open) {
      bool more = false;
      status = next_member(&more, idx, err);
      if (status != LNT_OK) return status;
      if (!more) break;
    }
    if (idx->at == idx->end) {
      status = refill(idx, err);
      if (status != LNT_OK) return status;
      if (idx->end == 0) {
        return lnti_fail(err, LNT_EDATA, "%s: its gzip data ends early; fetch the file again", idx->name);
      }
    }
    const size_t piece = n - done < (size_t)1 << 30 ? n - done : (size_t)1 << 30;
    idx->z.next_in = idx->buffer + idx->at;
    idx->z.avail_in = (uInt)(idx->end - idx->at);
    idx->z.next_out = data + done;
    idx->z.avail_out = (uInt)piece;
    const int code = inflate(&idx->z, Z_NO_FLUSH);
    idx->at = idx->end - idx->z.avail_in;
    done += piece - idx->z.avail_out;
    if (code == Z_STREAM_END) {
      idx->member_open = false;
    } else if (code != Z_OK && code != Z_BUF_ERROR) {
      return inflate_failed(idx, code, err);
    }
  }
  *n_out = done;
  return LNT_OK;
}

static lnt_status read_stream(size_t *n_out, lnti_idx *idx, uint8_t *data, size_t n, lnt_error *err) {
  return idx->gzip ? read_gzip(n_out, idx, data, n, err) : read_plain(n_out, idx, data, n, err);
}

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
  if (!idx->gzip) {
    const size_t have = idx->raw_bytes - idx->data_at;
    if (have == total) return LNT_OK;
    return lnti_fail(err, LNT_EDATA, "%s: its header declares %zu bytes of records, the file has %zu", idx->name, total,
                     have);
  }
  if (total / DEFLATE_RATIO_MAX <= idx->raw_bytes) return LNT_OK;
  return lnti_fail(err, LNT_EDATA, "%s: its header declares %zu bytes of records, more than %zu bytes of gzip hold",
                   idx->name, total, idx->raw_bytes);
}

static lnt_status read_header(lnti_idx *idx, size_t array_bytes_max, lnt_error *err) {
  uint8_t head[MAGIC_BYTES + 4 * LNTI_IDX_DIMENSIONS_MAX];
  lnti_idx_shape shape = {0};
  size_t got = 0, total = 0;
  lnt_status status = read_stream(&got, idx, head, MAGIC_BYTES, err);
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
  status = read_stream(&got, idx, head + MAGIC_BYTES, sizes_bytes, err);
  if (status != LNT_OK) return status;
  if (got < sizes_bytes) return lnti_fail(err, LNT_EDATA, "%s: ends inside its header", idx->name);
  for (unsigned i = 0; i < shape.n_dimensions; i++) {
    const uint8_t *p = head + MAGIC_BYTES + 4 * i;
    shape.size[i] = (size_t)p[0] << 24 | (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3];
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

/** The buffer, and inflate where the first bytes are those of gzip. */
static lnt_status begin(lnti_idx *idx, lnt_error *err) {
  lnt_status status = lnti_alloc(&idx->buffer, BUFFER_BYTES, 1, err);
  if (status != LNT_OK) return status;
  status = refill(idx, err);
  if (status != LNT_OK) return status;
  if (idx->end < 2 || idx->buffer[0] != 0x1f || idx->buffer[1] != 0x8b) return LNT_OK;
  const int code = inflateInit2(&idx->z, GZIP_WINDOW);
  if (code != Z_OK) return inflate_failed(idx, code, err);
  idx->gzip = true;
  idx->member_open = true;
  return LNT_OK;
}

/** An array over a file, or over memory where `path` is NULL, before its first byte is read. */
static lnt_status open_raw(lnti_idx **out, const char *path, const void *data, size_t bytes, lnt_error *err) {
  lnti_idx *idx = NULL;
  lnt_status status = lnti_alloc_zero(&idx, 1, sizeof *idx, err);
  if (status != LNT_OK) goto done;
  idx->fd = -1;
  status = lnti_strdup(&idx->name, path ? path : "array in memory", err);
  if (status != LNT_OK) goto done;
  if (path) {
    struct stat st;
    status = lnti_regular_open(&idx->fd, &st, path, err);
    if (status != LNT_OK) goto done;
    idx->raw_bytes = (size_t)st.st_size;
  } else {
    idx->memory = data;
    idx->memory_bytes = bytes;
    idx->raw_bytes = bytes;
  }
  status = begin(idx, err);
  if (status != LNT_OK) goto done;
  *out = idx;
  idx = NULL;
done:
  lnti_idx_close(idx);
  return status;
}

static lnt_status open_array(lnti_idx **out, lnti_idx_shape *shape_out, const char *path, const void *data,
                             size_t bytes, size_t array_bytes_max, lnt_error *err) {
  lnti_idx *idx = NULL;
  lnt_status status = open_raw(&idx, path, data, bytes, err);
  if (status == LNT_OK) status = read_header(idx, array_bytes_max, err);
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
  return open_array(out, shape_out, path, NULL, 0, array_bytes_max, err);
}

lnt_status lnti_idx_open_memory(lnti_idx **out, lnti_idx_shape *shape_out, const void *data, size_t bytes,
                                size_t array_bytes_max, lnt_error *err) {
  return open_array(out, shape_out, NULL, data, bytes, array_bytes_max, err);
}

bool lnti_idx_sniff(const char *path) {
  lnti_idx *idx = NULL;
  uint8_t magic[MAGIC_BYTES];
  size_t got = 0;
  bool yes = false;
  if (open_raw(&idx, path, NULL, 0, NULL) == LNT_OK && read_stream(&got, idx, magic, MAGIC_BYTES, NULL) == LNT_OK) {
    yes = got == MAGIC_BYTES && is_magic(magic);
  }
  lnti_idx_close(idx);
  return yes;
}

lnt_status lnti_idx_read(uint8_t *data, lnti_idx *idx, size_t n, lnt_error *err) {
  if (n > idx->records_left) {
    return lnti_fail(err, LNT_EINVAL, "%s: %zu records were asked for, %zu are left", idx->name, n, idx->records_left);
  }
  /* No overflow: all records together fit, as read_header checked. */
  const size_t want = n * idx->shape.record_bytes;
  size_t got = 0;
  lnt_status status = read_stream(&got, idx, data, want, err);
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
  lnt_status status = read_stream(&got, idx, &extra, 1, err);
  if (status != LNT_OK) return status;
  if (got > 0) return lnti_fail(err, LNT_EDATA, "%s: bytes are left over after the last record", idx->name);
  return LNT_OK;
}

void lnti_idx_close(lnti_idx *idx) {
  if (!idx) return;
  if (idx->gzip) inflateEnd(&idx->z);
  if (idx->fd >= 0) close(idx->fd);
  free(idx->buffer);
  free(idx->name);
  free(idx);
}

bool lnti_idx_packed(const lnti_idx *idx) {
  return idx->gzip;
}

lnt_status lnti_idx_read_at(uint8_t *data, const lnti_idx *idx, size_t record, lnt_error *err) {
  if (idx->gzip || idx->fd < 0) {
    return lnti_fail(err, LNT_EINVAL, "%s: only plain files are read out of order", idx->name);
  }
  const uint64_t offset = (uint64_t)idx->data_at + (uint64_t)record * idx->shape.record_bytes;
  return lnti_regular_read_at(data, idx->shape.record_bytes, idx->fd, offset, idx->name, err);
}
