/*
 * PBM, PGM and PPM, plain (P1-P3) and raw (P4-P6): netpbm's pbm(5), pgm(5), ppm(5). Own code, because
 * libvips reads them only with its untrusted loaders on.
 *
 * Samples are scaled to the full range of their depth: up to maxval 255 u8, above u16. Comments run from
 * '#' to the end of the line anywhere in the header and between plain samples; exactly one blank stands
 * between a raw header and its pixels. A sample above maxval, and pixels that end early, are errors.
 */
#include <image/codec.h>

#include <base/alloc.h>
#include <base/error.h>
#include <string.h>

/** A place in the bytes. */
typedef struct cursor {
  const uint8_t *data;
  size_t n, at;
} cursor;

typedef struct pnm_header {
  unsigned kind; /* 1..6, as in the magic */
  size_t h, w, c;
  uint32_t maxval; /* 1 for bitmaps */
} pnm_header;

/* A cap that keeps products in range; the caller's limits are lower. */
enum { SIDE_CAP = 1 << 30, MAXVAL_CAP = 65535 };

static bool is_blank(uint8_t byte) {
  return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r' || byte == '\v' || byte == '\f';
}

static void skip_blanks(cursor *c) {
  while (c->at < c->n) {
    const uint8_t byte = c->data[c->at];
    if (byte == '#') {
      while (c->at < c->n && c->data[c->at] != '\n' && c->data[c->at] != '\r') c->at++;
    } else if (is_blank(byte)) {
      c->at++;
    } else {
      return;
    }
  }
}

/** A decimal number up to `max` after blanks and comments; false where there is none or it is larger. */
static bool read_number(uint32_t *out, cursor *c, uint32_t max) {
  uint32_t value = 0;
  skip_blanks(c);
  const size_t start = c->at;
  while (c->at < c->n && c->data[c->at] >= '0' && c->data[c->at] <= '9') {
    /* In 64 bits, where ten times what was at most `max` cannot wrap and look small. */
    const uint64_t longer = (uint64_t)value * 10 + (uint64_t)(c->data[c->at] - '0');
    if (longer > max) return false;
    value = (uint32_t)longer;
    c->at++;
  }
  *out = value;
  return c->at > start;
}

static bool is_pnm(const uint8_t *data, size_t n) {
  return n >= 3 && data[0] == 'P' && data[1] >= '1' && data[1] <= '6' && (is_blank(data[2]) || data[2] == '#');
}

static lnt_status read_header(pnm_header *out, cursor *c, lnt_error *err) {
  pnm_header head = {0};
  uint32_t w = 0, h = 0, maxval = 1;
  head.kind = (unsigned)(c->data[1] - '0');
  c->at = 2;
  if (!read_number(&w, c, SIDE_CAP) || !read_number(&h, c, SIDE_CAP)) {
    return lnti_fail(err, LNT_EDATA, "the PNM header has no width and height up to %d", SIDE_CAP);
  }
  const bool bitmap = head.kind == 1 || head.kind == 4;
  if (!bitmap && (!read_number(&maxval, c, MAXVAL_CAP) || maxval == 0)) {
    return lnti_fail(err, LNT_EDATA, "the PNM header has no greatest value of 1 to %d", MAXVAL_CAP);
  }
  if (head.kind >= 4) {
    if (c->at >= c->n || !is_blank(c->data[c->at])) {
      return lnti_fail(err, LNT_EDATA, "the PNM header is not followed by a blank");
    }
    c->at++;
  }
  head.h = h;
  head.w = w;
  head.c = head.kind == 3 || head.kind == 6 ? 3 : 1;
  head.maxval = maxval;
  *out = head;
  return LNT_OK;
}

static lnti_depth depth_of(const pnm_header *head) {
  return head->maxval > 255 ? LNTI_DEPTH_U16 : LNTI_DEPTH_U8;
}

static lnt_status probe(lnti_image_info *out, const lnti_blob *blob, const lnti_image_limits *limits, lnt_error *err) {
  (void)limits;
  pnm_header head;
  cursor c = {blob->data, blob->bytes, 0};
  lnt_status status = read_header(&head, &c, err);
  if (status != LNT_OK) return status;
  *out = (lnti_image_info){.format = LNTI_IMAGE_PNM,
                           .h = head.h,
                           .w = head.w,
                           .c = head.c,
                           .depth = depth_of(&head),
                           .frames = 1,
                           .orientation = 1};
  return LNT_OK;
}

static lnt_status ends_early(const pnm_header *head, lnt_error *err) {
  return lnti_fail(err, LNT_EDATA, "the PNM file ends early: it has fewer bytes than %zu x %zu pixels need", head->w,
                   head->h);
}

static lnt_status too_bright(uint32_t value, const pnm_header *head, lnt_error *err) {
  return lnti_fail(err, LNT_EDATA, "the PNM file has a sample of %u above its greatest value %u", value, head->maxval);
}

/** Puts sample i, scaled from maxval to the depth's full range, rounded to nearest. */
static void put(lnti_image *image, size_t i, uint32_t value, uint32_t maxval) {
  if (image->depth == LNTI_DEPTH_U16) {
    ((uint16_t *)image->data)[i] = (uint16_t)((value * (uint64_t)65535 + maxval / 2) / maxval);
  } else {
    ((uint8_t *)image->data)[i] = (uint8_t)((value * 255 + maxval / 2) / maxval);
  }
}

static lnt_status read_plain(lnti_image *image, const pnm_header *head, cursor *c, lnt_error *err) {
  const size_t n = head->h * head->w * head->c;
  for (size_t i = 0; i < n; i++) {
    uint32_t value = 0;
    if (head->kind == 1) { /* bits may stand side by side; 1 is black */
      skip_blanks(c);
      if (c->at >= c->n) return ends_early(head, err);
      const uint8_t digit = c->data[c->at++];
      if (digit != '0' && digit != '1') return lnti_fail(err, LNT_EDATA, "the PBM file has a bit that is not 0 or 1");
      value = digit == '0';
    } else if (!read_number(&value, c, UINT32_MAX / 16)) {
      if (c->at >= c->n) return ends_early(head, err);
      return lnti_fail(err, LNT_EDATA, "the PNM file has something other than a number among its samples");
    }
    if (value > head->maxval) return too_bright(value, head, err);
    put(image, i, value, head->maxval);
  }
  return LNT_OK;
}

static void read_bits(lnti_image *image, const uint8_t *bits) {
  const size_t row_bytes = (image->w + 7) / 8;
  uint8_t *out = image->data;
  for (size_t y = 0; y < image->h; y++) {
    for (size_t x = 0; x < image->w; x++) {
      const unsigned bit = bits[y * row_bytes + x / 8] >> (7 - x % 8) & 1;
      out[y * image->w + x] = bit ? 0 : 255;
    }
  }
}

static lnt_status read_raw(lnti_image *image, const pnm_header *head, const uint8_t *data, lnt_error *err) {
  const size_t n = head->h * head->w * head->c;
  if (head->kind == 4) {
    read_bits(image, data);
    return LNT_OK;
  }
  if (head->maxval == 255) {
    memcpy(image->data, data, n);
    return LNT_OK;
  }
  const bool wide = head->maxval > 255;
  for (size_t i = 0; i < n; i++) {
    const uint32_t value = wide ? (uint32_t)data[2 * i] << 8 | data[2 * i + 1] : data[i];
    if (value > head->maxval) return too_bright(value, head, err);
    put(image, i, value, head->maxval);
  }
  return LNT_OK;
}

/** Bytes that the pixels take at least; false where that is beyond counting. */
static bool bytes_needed(size_t *out, const pnm_header *head) {
  size_t row = 0;
  if (head->kind == 4) return lnti_size_mul(out, (head->w + 7) / 8, head->h);
  if (!lnti_size_mul(&row, head->w, head->c)) return false;
  if (head->kind >= 5 && head->maxval > 255 && !lnti_size_mul(&row, row, 2)) return false;
  if (!lnti_size_mul(out, row, head->h)) return false;
  /* Plain numbers are a digit and a blank each, the last perhaps without; plain bits need no blank. */
  return head->kind == 1 || head->kind >= 5 || *out == 0 || (lnti_size_mul(out, *out, 2) && (*out -= 1, true));
}

static lnt_status decode(lnti_image *out, size_t *rows_missing_out, const lnti_blob *blob, const lnti_image_info *info,
                         const lnti_size *shrink_to, lnt_error *err) {
  (void)rows_missing_out;
  (void)info;
  (void)shrink_to;
  const uint8_t *data = blob->data;
  const size_t n = blob->bytes;
  pnm_header head;
  cursor c = {data, n, 0};
  lnti_image image = {0};
  size_t need = 0;
  lnt_status status = read_header(&head, &c, err);
  if (status != LNT_OK) return status;
  if (!bytes_needed(&need, &head) || need > c.n - c.at) return ends_early(&head, err);
  status = lnti_image_new(&image, head.h, head.w, head.c, depth_of(&head), err);
  if (status != LNT_OK) return status;
  status = head.kind >= 4 ? read_raw(&image, &head, data + c.at, err) : read_plain(&image, &head, &c, err);
  if (status != LNT_OK) {
    lnti_image_clear(&image);
    return status;
  }
  *out = image;
  return LNT_OK;
}

const lnti_codec lnti_codec_pnm = {LNTI_IMAGE_PNM, "pnm", "PNM", false, is_pnm, probe, decode, NULL};
