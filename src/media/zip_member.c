/*
 * A member of a zip by its row: in pieces, for a pack, or straight into memory. What the directory said of it is compared with
 * what comes out: the length as it goes, the sum at the end.
 */
#include <media/zip.h>

#include <base/alloc.h>
#include <base/error.h>
#include <inttypes.h>
#include <media/zip_fields.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum {
  PIECE_BYTES = 1 << 16,
  IN_BYTES = 1 << 18,
  INFLATE_MAX = 1 << 30 /* zlib counts in 32 bits */
};

lnt_status lnti_zip_place(uint64_t *at_out, const lnti_span *span, const lnti_row *row, const char *name,
                          lnt_error *err) {
  uint8_t local[LNTI_ZIP_LOCAL_BYTES];
  lnt_status status = lnti_span_read(local, span, row->at, sizeof local, name, err);
  if (status != LNT_OK) return status;
  if (!lnti_zip_is_mark(local, 3, 4))
    return lnti_fail(err, LNT_EDATA, "%s: is not where the zip's directory says", name);
  *at_out = row->at + LNTI_ZIP_LOCAL_BYTES + lnti_get_le16(local + 26) + lnti_get_le16(local + 28);
  return LNT_OK;
}

typedef struct unpacking {
  const lnti_span *span;
  const char *name;
  uint64_t at, left; /* packed bytes to come */
  uint64_t bytes;    /* unpacked so far */
  uLong sum;
  lnti_zip_take take;
  void *payload;
  uint8_t *in, *out; /* [PIECE_BYTES] each */
} unpacking;

static lnt_status take_piece(unpacking *u, const uint8_t *data, size_t n, lnt_error *err) {
  u->sum = crc32(u->sum, data, (uInt)n);
  u->bytes += n;
  return n > 0 ? u->take(u->payload, data, n, err) : LNT_OK;
}

/** The next packed bytes into `in`; *n_out = 0 after the last. */
static lnt_status read_piece(size_t *n_out, unpacking *u, lnt_error *err) {
  const size_t n = u->left < PIECE_BYTES ? (size_t)u->left : PIECE_BYTES;
  lnt_status status = lnti_span_read(u->in, u->span, u->at, n, u->name, err);
  if (status != LNT_OK) return status;
  u->at += n;
  u->left -= n;
  *n_out = n;
  return LNT_OK;
}

static lnt_status copy_stored(unpacking *u, lnt_error *err) {
  lnt_status status = LNT_OK;
  while (u->left > 0 && status == LNT_OK) {
    size_t n = 0;
    status = read_piece(&n, u, err);
    if (status == LNT_OK) status = take_piece(u, u->in, n, err);
  }
  return status;
}

static lnt_status check_inflate(int code, const z_stream *z, const unpacking *u, lnt_error *err) {
  if (code == Z_OK || code == Z_STREAM_END || code == Z_BUF_ERROR) return LNT_OK;
  if (code == Z_MEM_ERROR) return lnti_fail(err, LNT_ENOMEM, "%s: not enough memory to unpack it", u->name);
  return lnti_fail(err, LNT_EDATA, "%s: its deflate data is broken (%s)", u->name, z->msg ? z->msg : "bad data");
}

static lnt_status too_much(const unpacking *u, uint64_t bytes, lnt_error *err) {
  return lnti_fail(err, LNT_EDATA, "%s: unpacks to more than the %" PRIu64 " bytes that it should have", u->name,
                   bytes);
}

static lnt_status check_whole(const unpacking *u, const lnti_row *row, lnt_error *err) {
  if (u->bytes != row->bytes) {
    return lnti_fail(err, LNT_EDATA, "%s: has %" PRIu64 " bytes where %" PRIu64 " are declared", u->name, u->bytes,
                     row->bytes);
  }
  if (u->sum != row->sum) {
    return lnti_fail(err, LNT_EDATA, "%s: its check sum is wrong; the archive is damaged", u->name);
  }
  return LNT_OK;
}

static lnt_status inflate_all(unpacking *u, uint64_t bytes, lnt_error *err) {
  z_stream z;
  memset(&z, 0, sizeof z);
  if (inflateInit2(&z, -MAX_WBITS) != Z_OK) {
    return lnti_fail(err, LNT_ENOMEM, "%s: not enough memory to unpack it", u->name);
  }
  lnt_status status = LNT_OK;
  int code = Z_OK;
  while (status == LNT_OK && code != Z_STREAM_END) {
    if (z.avail_in == 0) {
      size_t n = 0;
      status = read_piece(&n, u, err);
      if (status == LNT_OK && n == 0) status = lnti_fail(err, LNT_EDATA, "%s: its deflate data ends early", u->name);
      z.next_in = u->in;
      z.avail_in = (uInt)n;
    }
    if (status != LNT_OK) break;
    z.next_out = u->out;
    z.avail_out = PIECE_BYTES;
    code = inflate(&z, Z_NO_FLUSH);
    status = check_inflate(code, &z, u, err);
    if (status == LNT_OK && PIECE_BYTES - z.avail_out > bytes - u->bytes) status = too_much(u, bytes, err);
    if (status == LNT_OK) status = take_piece(u, u->out, PIECE_BYTES - z.avail_out, err);
  }
  inflateEnd(&z);
  return status;
}

lnt_status lnti_zip_unpack(const lnti_span *span, const lnti_row *row, const char *name, lnti_zip_take take,
                           void *payload, lnt_error *err) {
  unpacking u = {.span = span, .name = name, .left = row->packed, .take = take, .payload = payload};
  u.sum = crc32(0, NULL, 0);
  lnt_status status = lnti_zip_place(&u.at, span, row, name, err);
  if (status != LNT_OK) return status;
  status = lnti_alloc(&u.in, 2 * (size_t)PIECE_BYTES, 1, err);
  if (status != LNT_OK) return status;
  u.out = u.in + PIECE_BYTES;
  status = row->how == LNTI_ROW_STORED ? copy_stored(&u, err) : inflate_all(&u, row->bytes, err);
  if (status == LNT_OK) status = check_whole(&u, row, err);
  free(u.in);
  return status;
}

/* ---- into memory ---- */

/** The next packed bytes; LNT_EDATA after the last. */
static lnt_status feed(z_stream *z, unpacking *u, size_t in_bytes, lnt_error *err) {
  const size_t n = u->left < in_bytes ? (size_t)u->left : in_bytes;
  if (n == 0) return lnti_fail(err, LNT_EDATA, "%s: its deflate data ends early", u->name);
  lnt_status status = lnti_span_read(u->in, u->span, u->at, n, u->name, err);
  if (status != LNT_OK) return status;
  u->at += n;
  u->left -= n;
  z->next_in = u->in;
  z->avail_in = (uInt)n;
  return LNT_OK;
}

/** Straight to where it belongs: `bytes` bytes, and not one more. */
static lnt_status inflate_into(uint8_t *data, z_stream *z, unpacking *u, uint64_t bytes, size_t in_bytes,
                               lnt_error *err) {
  uint8_t one_more = 0;
  int code = Z_OK;
  lnt_status status = LNT_OK;
  while (status == LNT_OK && code != Z_STREAM_END) {
    if (z->avail_in == 0) status = feed(z, u, in_bytes, err);
    if (status != LNT_OK) break;
    const uint64_t left = bytes - u->bytes;
    const uInt room = left == 0 ? 1 : left < INFLATE_MAX ? (uInt)left : (uInt)INFLATE_MAX;
    z->next_out = left == 0 ? &one_more : data + u->bytes;
    z->avail_out = room;
    code = inflate(z, Z_NO_FLUSH);
    status = check_inflate(code, z, u, err);
    if (status == LNT_OK && left == 0 && z->avail_out == 0) {
      status = too_much(u, bytes, err);
    } else if (left > 0) {
      u->bytes += room - z->avail_out;
    }
  }
  return status;
}

static lnt_status read_deflated(uint8_t *data, unpacking *u, const lnti_row *row, lnt_error *err) {
  const size_t in_bytes = row->packed < IN_BYTES ? (size_t)row->packed : IN_BYTES;
  z_stream z;
  memset(&z, 0, sizeof z);
  lnt_status status = lnti_alloc(&u->in, in_bytes, 1, err);
  if (status != LNT_OK) return status;
  if (inflateInit2(&z, -MAX_WBITS) == Z_OK) {
    status = inflate_into(data, &z, u, row->bytes, in_bytes, err);
    inflateEnd(&z);
  } else {
    status = lnti_fail(err, LNT_ENOMEM, "%s: not enough memory to unpack it", u->name);
  }
  free(u->in);
  return status;
}

lnt_status lnti_zip_read(uint8_t *data, const lnti_span *span, const lnti_row *row, const char *name, lnt_error *err) {
  unpacking u = {.span = span, .name = name, .left = row->packed};
  lnt_status status = lnti_zip_place(&u.at, span, row, name, err);
  if (status != LNT_OK) return status;
  if (row->how == LNTI_ROW_STORED) {
    status = lnti_span_read(data, span, u.at, (size_t)row->bytes, name, err);
    u.bytes = row->bytes;
  } else {
    status = read_deflated(data, &u, row, err);
  }
  if (status != LNT_OK) return status;
  u.sum = crc32_z(0, data, (z_size_t)u.bytes);
  return check_whole(&u, row, err);
}
