/*
 * The outside of a PNG: signature, chunks, check sums. libvips has libpng decode the pixels; this walk comes
 * before it, because libpng forgives what a data set should not hold (a wrong check sum, an end that is
 * missing) and because caps are judged before anything is decoded.
 */
#include <image/codec.h>

#include <base/alloc.h>
#include <base/error.h>
#include <base/bytes.h>
#include <string.h>
#include <zlib.h>

enum {
  SIGNATURE_BYTES = 8,
  IHDR_BYTES = 13,
  CHUNK_EXTRA = 12, /* length, type, check sum */
  /* Deflate turns at most 258 bytes into two bits and a little: about 1032 to 1. */
  DEFLATE_RATIO_MAX = 1032
};

static const uint8_t signature[SIGNATURE_BYTES] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};

/** What IHDR says (11.2.2). */
typedef struct ihdr {
  size_t w, h;
  unsigned bits, colour, interlace;
} ihdr;

typedef struct chunk {
  const uint8_t *type; /* four letters */
  const uint8_t *data;
  size_t n;
} chunk;

bool lnti_is_png(const uint8_t *data, size_t n) {
  if (n < SIGNATURE_BYTES || memcmp(data, signature, SIGNATURE_BYTES) != 0) return false;
  /* Apple's variant has a chunk of its own before the header, and other pixels. */
  return n < SIGNATURE_BYTES + 8 || memcmp(data + SIGNATURE_BYTES + 4, "CgBI", 4) != 0;
}

/** The chunk at *at, which moves behind it; LNT_EDATA where it does not fit in the file. */
static lnt_status next_chunk(chunk *out, size_t *at, const uint8_t *data, size_t n, lnt_error *err) {
  if (n - *at < CHUNK_EXTRA || lnti_get_be32(data + *at) > n - *at - CHUNK_EXTRA) {
    return lnti_fail(err, LNT_EDATA, "the PNG file ends early, in the chunk at byte %zu", *at);
  }
  out->n = lnti_get_be32(data + *at);
  out->type = data + *at + 4;
  out->data = out->type + 4;
  *at += CHUNK_EXTRA + out->n;
  return LNT_OK;
}

static bool is_type(const chunk *c, const char *type) {
  return memcmp(c->type, type, 4) == 0;
}

static bool depth_allowed(unsigned colour, unsigned bits) {
  switch (colour) {
    case 0:
      return bits == 1 || bits == 2 || bits == 4 || bits == 8 || bits == 16;
    case 3:
      return bits == 1 || bits == 2 || bits == 4 || bits == 8;
    case 2:
    case 4:
    case 6:
      return bits == 8 || bits == 16;
    default:
      return false;
  }
}

static bool is_grey(const ihdr *head) {
  return head->colour == 0 || head->colour == 4;
}

static lnt_status read_ihdr(ihdr *out, size_t *at, const uint8_t *data, size_t n, lnt_error *err) {
  chunk c;
  *at = SIGNATURE_BYTES;
  lnt_status status = next_chunk(&c, at, data, n, err);
  if (status != LNT_OK) return status;
  if (!is_type(&c, "IHDR") || c.n != IHDR_BYTES) {
    return lnti_fail(err, LNT_EDATA, "the PNG file does not begin with its header");
  }
  const uint8_t *p = c.data;
  *out = (ihdr){lnti_get_be32(p), lnti_get_be32(p + 4), p[8], p[9], p[12]};
  if (out->w > INT32_MAX || out->h > INT32_MAX || !depth_allowed(out->colour, out->bits) || p[10] != 0 || p[11] != 0 ||
      out->interlace > 1) {
    return lnti_fail(err, LNT_EDATA, "the PNG header is broken (%zu x %zu, %u bits, colour type %u)", out->w, out->h,
                     out->bits, out->colour);
  }
  return LNT_OK;
}

static lnt_status probe(lnti_image_info *out, const lnti_blob *blob, const lnti_image_limits *limits, lnt_error *err) {
  (void)limits;
  const uint8_t *data = blob->data;
  const size_t n = blob->bytes;
  ihdr head;
  size_t at = 0;
  lnt_status status = read_ihdr(&head, &at, data, n, err);
  if (status != LNT_OK) return status;
  /* Alpha is either a channel or a tRNS chunk somewhere before the pixels. */
  bool alpha = head.colour & 4;
  for (chunk c = {0}; !alpha && at < n;) {
    status = next_chunk(&c, &at, data, n, err);
    if (status != LNT_OK) return status;
    if (is_type(&c, "IDAT")) break;
    alpha = is_type(&c, "tRNS");
  }
  *out = (lnti_image_info){.format = LNTI_IMAGE_PNG,
                           .h = head.h,
                           .w = head.w,
                           .c = alpha            ? 4
                                : is_grey(&head) ? 1
                                                 : 3,
                           .depth = head.bits == 16 ? LNTI_DEPTH_U16 : LNTI_DEPTH_U8,
                           .frames = 1,
                           .orientation = 1};
  return LNT_OK;
}

static lnt_status check_sum(const chunk *c, lnt_error *err) {
  uint32_t sum = (uint32_t)crc32(0, c->type, 4);
  const uint8_t *data = c->data;
  for (size_t left = c->n; left > 0;) {
    const uInt piece = left < (size_t)1 << 30 ? (uInt)left : (uInt)1 << 30;
    sum = (uint32_t)crc32(sum, data, piece);
    data += piece;
    left -= piece;
  }
  if (sum == lnti_get_be32(c->data + c->n)) return LNT_OK;
  return lnti_fail(err, LNT_EDATA, "the PNG file is damaged: the check sum of its %.4s chunk is wrong",
                   (const char *)c->type);
}

/** Compressed bytes that could not hold the pixels are refused before memory is taken for these. */
static lnt_status check_pixels(const ihdr *head, size_t idat_bytes, lnt_error *err) {
  static const unsigned channels[7] = {1, 0, 3, 1, 2, 0, 4};
  size_t bits = 0, need = 0;
  if (!lnti_size_mul(&bits, head->w, (size_t)head->bits * channels[head->colour]) ||
      !lnti_size_mul(&need, (bits + 7) / 8, head->h) || need / DEFLATE_RATIO_MAX > idat_bytes) {
    return lnti_fail(err, LNT_EDATA, "the PNG file ends early: %zu bytes cannot hold %zu x %zu pixels", idat_bytes,
                     head->w, head->h);
  }
  return LNT_OK;
}

/** Walks all chunks: order, lengths, check sums, the end, and that there are bytes enough for the pixels. */
static lnt_status check(ihdr *head_out, const uint8_t *data, size_t n, lnt_error *err) {
  ihdr head;
  size_t at = 0, idat_bytes = 0;
  bool end = false;
  lnt_status status = read_ihdr(&head, &at, data, n, err);
  if (status != LNT_OK) return status;
  for (at = SIGNATURE_BYTES; !end;) {
    chunk c;
    if (at == n) return lnti_fail(err, LNT_EDATA, "the PNG file ends early: its last chunk is missing");
    status = next_chunk(&c, &at, data, n, err);
    if (status != LNT_OK) return status;
    /* Ancillary chunks (small first letter) do not touch the pixels; a wrong one is no reason to refuse. */
    if (!(c.type[0] & 0x20)) {
      status = check_sum(&c, err);
      if (status != LNT_OK) return status;
    }
    if (is_type(&c, "IDAT")) idat_bytes += c.n;
    end = is_type(&c, "IEND");
  }
  status = check_pixels(&head, idat_bytes, err);
  if (status == LNT_OK) *head_out = head;
  return status;
}

static lnt_status decode(lnti_image *out, size_t *rows_missing_out, const lnti_blob *blob, const lnti_image_info *info,
                         const lnti_size *shrink_to, lnt_error *err) {
  (void)rows_missing_out;
  (void)shrink_to;
  ihdr head;
  lnt_status status = check(&head, blob->data, blob->bytes, err);
  if (status != LNT_OK) return status;
  lnti_raster raster = {.sample = info->depth == LNTI_DEPTH_U16 ? LNTI_SAMPLE_U16 : LNTI_SAMPLE_U8};
  raster.colours = is_grey(&head) ? 1 : 3;
  raster.alpha = info->c == 4 ? raster.colours : 0;
  raster.bands = raster.colours + (info->c == 4 ? 1 : 0);
  return lnti_vips_decode(out, blob, 0, info, &raster, err);
}

const lnti_codec lnti_codec_png = {LNTI_IMAGE_PNG, "png", "PNG", true, lnti_is_png, probe, decode, NULL};
