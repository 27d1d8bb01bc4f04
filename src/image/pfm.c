/*
 * PFM (P. Debevec's portable float map, as netpbm's pfm(5) has it): "PF" for RGB, "Pf" for grey, size, and a scale
 * whose sign tells the order of bytes, below 0 little-endian; floats in rows from the bottom. The numbers are taken as
 * they are, 0 being black and 1 white: what the scale's size means, programs do not agree upon.
 */
#include <image/codec.h>

#include <base/alloc.h>
#include <base/error.h>
#include <base/bytes.h>
#include <string.h>

enum { SIDE_CAP = 1 << 30, SCALE_MAX = 40 };

typedef struct pfm {
  size_t h, w, c;
  bool little_endian;
  size_t pixels_at;
} pfm;

static bool is_blank(uint8_t byte) {
  return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r';
}

static bool is_pfm(const uint8_t *data, size_t n) {
  return n >= 3 && data[0] == 'P' && (data[1] == 'F' || data[1] == 'f') && is_blank(data[2]);
}

static void skip_blanks(size_t *at, const uint8_t *data, size_t n) {
  while (*at < n && is_blank(data[*at])) (*at)++;
}

static bool read_side(size_t *out, size_t *at, const uint8_t *data, size_t n) {
  size_t v = 0;
  skip_blanks(at, data, n);
  const size_t start = *at;
  for (; *at < n && data[*at] >= '0' && data[*at] <= '9'; (*at)++) {
    v = v * 10 + (size_t)(data[*at] - '0');
    if (v > SIDE_CAP) return false;
  }
  *out = v;
  return *at > start && v > 0;
}

/** A number other than 0, of which the sign alone is wanted; exactly one blank stands behind it. */
static bool read_scale(bool *negative_out, size_t *at, const uint8_t *data, size_t n) {
  bool nonzero = false;
  skip_blanks(at, data, n);
  if (*at >= n) return false;
  *negative_out = data[*at] == '-';
  if (data[*at] == '-' || data[*at] == '+') (*at)++;
  const size_t start = *at;
  for (; *at < n && !is_blank(data[*at]); (*at)++) {
    const uint8_t byte = data[*at];
    if (*at - start > SCALE_MAX || (!memchr("0123456789.eE+-", byte, 15))) return false;
    nonzero = nonzero || (byte >= '1' && byte <= '9');
  }
  if (*at >= n || !nonzero) return false;
  (*at)++;
  return true;
}

static lnt_status read_header(pfm *out, const uint8_t *data, size_t n, lnt_error *err) {
  pfm p = {.c = data[1] == 'F' ? 3 : 1};
  size_t at = 2;
  if (!read_side(&p.w, &at, data, n) || !read_side(&p.h, &at, data, n) || !read_scale(&p.little_endian, &at, data, n)) {
    return lnti_fail(err, LNT_EDATA, "the PFM header has no width and height up to %d, and a scale", SIDE_CAP);
  }
  p.pixels_at = at;
  *out = p;
  return LNT_OK;
}

static lnt_status probe(lnti_image_info *out, const lnti_blob *blob, const lnti_image_limits *limits, lnt_error *err) {
  (void)limits;
  pfm p;
  lnt_status status = read_header(&p, blob->data, blob->bytes, err);
  if (status != LNT_OK) return status;
  *out = (lnti_image_info){
      .format = LNTI_IMAGE_PNM, .h = p.h, .w = p.w, .c = p.c, .depth = LNTI_DEPTH_F32, .frames = 1, .orientation = 1};
  return LNT_OK;
}

static lnt_status decode(lnti_image *out, size_t *rows_missing_out, const lnti_blob *blob, const lnti_image_info *info,
                         const lnti_size *shrink_to, lnt_error *err) {
  (void)rows_missing_out;
  (void)shrink_to;
  pfm p;
  lnti_image image = {0};
  size_t row = 0, need = 0;
  lnt_status status = read_header(&p, blob->data, blob->bytes, err);
  if (status != LNT_OK) return status;
  if (!lnti_size_mul(&row, p.w, p.c * sizeof(float)) || !lnti_size_mul(&need, row, p.h) ||
      need > blob->bytes - p.pixels_at) {
    return lnti_fail(err, LNT_EDATA, "the PFM file ends early: it has fewer bytes than %zu x %zu pixels need", p.w,
                     p.h);
  }
  status = lnti_image_new(&image, info->h, info->w, info->c, info->depth, err);
  if (status != LNT_OK) return status;
  for (size_t y = 0; y < p.h; y++) {
    const uint8_t *from = blob->data + p.pixels_at + y * row;
    float *to = (float *)image.data + (p.h - 1 - y) * p.w * p.c;
    for (size_t i = 0; i < p.w * p.c; i++, from += sizeof(float)) {
      const uint32_t bits = p.little_endian ? lnti_get_le32(from) : lnti_get_be32(from);
      memcpy(to + i, &bits, sizeof bits);
    }
  }
  *out = image;
  return LNT_OK;
}

const lnti_codec lnti_codec_pfm = {LNTI_IMAGE_PNM, "pnm", "PFM", false, is_pfm, probe, decode, NULL};
