#include <media/stream.h>

#include <base/alloc.h>
#include <base/error.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum {
  BUFFER_BYTES = 1 << 16,
  /* inflateInit2: the largest window, gzip wrapper only. */
  GZIP_WINDOW = 15 + 16
};

struct lnti_stream {
  const lnti_span *span;
  const char *name;
  uint64_t span_at; /* next byte that the buffer takes */
  uint8_t *buffer;  /* raw bytes not yet used: [at,end) */
  size_t at, end;
  bool gzip;
  bool member_open; /* inside a gzip member: more must come */
  z_stream z;
};

/** Refills an empty buffer; leaves it empty at the end of the input. */
static lnt_status refill(lnti_stream *stream, lnt_error *err) {
  const uint64_t left = stream->span->bytes - stream->span_at;
  const size_t n = left < BUFFER_BYTES ? (size_t)left : BUFFER_BYTES;
  lnt_status status = lnti_span_read(stream->buffer, stream->span, stream->span_at, n, stream->name, err);
  if (status != LNT_OK) return status;
  stream->span_at += n;
  stream->at = 0;
  stream->end = n;
  return LNT_OK;
}

static lnt_status read_plain(size_t *n_out, lnti_stream *stream, uint8_t *data, size_t n, lnt_error *err) {
  while (*n_out < n) {
    if (stream->at == stream->end) {
      lnt_status status = refill(stream, err);
      if (status != LNT_OK) return status;
      if (stream->end == 0) break;
    }
    size_t piece = stream->end - stream->at;
    if (piece > n - *n_out) piece = n - *n_out;
    memcpy(data + *n_out, stream->buffer + stream->at, piece);
    stream->at += piece;
    *n_out += piece;
  }
  return LNT_OK;
}

/** Between two members: true where another one begins. */
static lnt_status next_member(bool *more_out, lnti_stream *stream, lnt_error *err) {
  if (stream->at == stream->end) {
    lnt_status status = refill(stream, err);
    if (status != LNT_OK) return status;
  }
  *more_out = stream->end > 0;
  if (stream->end == 0) return LNT_OK;
  if (stream->buffer[stream->at] != 0x1f) {
    return lnti_fail(err, LNT_EDATA, "%s: bytes are left over after the gzip data", stream->name);
  }
  if (inflateReset(&stream->z) != Z_OK) return lnti_fail(err, LNT_EINTERNAL, "%s: inflateReset failed", stream->name);
  stream->member_open = true;
  return LNT_OK;
}

static lnt_status inflate_failed(const lnti_stream *stream, int code, lnt_error *err) {
  if (code == Z_MEM_ERROR) return lnti_fail(err, LNT_ENOMEM, "%s: not enough memory to unpack gzip", stream->name);
  return lnti_fail(err, LNT_EDATA, "%s: its gzip data is broken (%s); fetch the file again", stream->name,
                   stream->z.msg ? stream->z.msg : "bad data");
}

static lnt_status read_gzip(size_t *n_out, lnti_stream *stream, uint8_t *data, size_t n, lnt_error *err) {
  while (*n_out < n) {
    lnt_status status;
    if (!stream->member_open) {
      bool more = false;
      status = next_member(&more, stream, err);
      if (status != LNT_OK) return status;
      if (!more) break;
    }
    if (stream->at == stream->end) {
      status = refill(stream, err);
      if (status != LNT_OK) return status;
      if (stream->end == 0) {
        return lnti_fail(err, LNT_EDATA, "%s: its gzip data ends early; fetch the file again", stream->name);
      }
    }
    const size_t piece = n - *n_out < (size_t)1 << 30 ? n - *n_out : (size_t)1 << 30;
    stream->z.next_in = stream->buffer + stream->at;
    stream->z.avail_in = (uInt)(stream->end - stream->at);
    stream->z.next_out = data + *n_out;
    stream->z.avail_out = (uInt)piece;
    const int code = inflate(&stream->z, Z_NO_FLUSH);
    stream->at = stream->end - stream->z.avail_in;
    *n_out += piece - stream->z.avail_out;
    if (code == Z_STREAM_END) {
      stream->member_open = false;
    } else if (code != Z_OK && code != Z_BUF_ERROR) {
      return inflate_failed(stream, code, err);
    }
  }
  return LNT_OK;
}

lnt_status lnti_stream_read(size_t *n_out, lnti_stream *stream, void *data, size_t n, lnt_error *err) {
  *n_out = 0;
  return stream->gzip ? read_gzip(n_out, stream, data, n, err) : read_plain(n_out, stream, data, n, err);
}

/** The buffer, and inflate where the first bytes are those of gzip. */
static lnt_status begin(lnti_stream *stream, lnt_error *err) {
  lnt_status status = lnti_alloc(&stream->buffer, BUFFER_BYTES, 1, err);
  if (status != LNT_OK) return status;
  status = refill(stream, err);
  if (status != LNT_OK) return status;
  if (stream->end < 2 || stream->buffer[0] != 0x1f || stream->buffer[1] != 0x8b) return LNT_OK;
  const int code = inflateInit2(&stream->z, GZIP_WINDOW);
  if (code != Z_OK) return inflate_failed(stream, code, err);
  stream->gzip = true;
  stream->member_open = true;
  return LNT_OK;
}

lnt_status lnti_stream_new(lnti_stream **out, const lnti_span *span, const char *name, lnt_error *err) {
  lnti_stream *stream = NULL;
  lnt_status status = lnti_alloc_zero(&stream, 1, sizeof *stream, err);
  if (status != LNT_OK) return status;
  stream->span = span;
  stream->name = name;
  status = begin(stream, err);
  if (status != LNT_OK) {
    lnti_stream_free(stream);
    return status;
  }
  *out = stream;
  return LNT_OK;
}

void lnti_stream_free(lnti_stream *stream) {
  if (!stream) return;
  if (stream->gzip) inflateEnd(&stream->z);
  free(stream->buffer);
  free(stream);
}

bool lnti_stream_gzip(const lnti_stream *stream) {
  return stream->gzip;
}

uint64_t lnti_stream_used(const lnti_stream *stream) {
  return stream->span_at - (stream->end - stream->at);
}
