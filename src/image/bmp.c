/*
 * BMP by own code: OS/2 1.x and 2.x headers (the latter of any length) and Windows's from BITMAPINFOHEADER to
 * BITMAPV5HEADER (Microsoft Learn,
 * "Bitmap Header Types", and wingdi.h; OS/2 2.0 Presentation Manager Reference, 1992), 1 to 32 bits a pixel, bit
 * fields, RLE4 and RLE8, rows from the bottom or the top.
 *
 * A palette of greys alone makes a grey image. Alpha is there where a header gives it a mask; the fourth byte of plain
 * 32-bit pixels is not alpha. Colours that are not in the palette are black; pixels that RLE leaves out have colour 0.
 */
#include <image/codec.h>

#include <base/alloc.h>
#include <base/error.h>
#include <base/bytes.h>
#include <string.h>

enum { FILE_HEADER = 14, CORE_HEADER = 12, OS2_SHORT = 16, INFO_HEADER = 40, OS2_HEADER = 64, HEADER_MAX = 256 };
/* Fields of 4 bytes in headers of 16 bytes and more; one that a short header of OS/2 leaves out is 0. */
enum { AT_COMPRESSION = 16, AT_COLOURS = 32 };
enum { UNPACKED, RLE8, RLE4, BIT_FIELDS, EMBEDDED_JPEG, EMBEDDED_PNG, ALPHA_BIT_FIELDS };
enum { COLOURS_MAX = 256, PIXELS_FREE = 1 << 24, RLE_RATIO = 128 };

/** Where the bits of one channel are. */
typedef struct channel {
  unsigned shift;
  uint32_t full; /* greatest value; 0: the channel is not there */
} channel;

typedef struct bmp {
  size_t h, w;
  bool top_down;
  unsigned bits, compression;
  size_t pixels_at;
  uint8_t palette[COLOURS_MAX][3]; /* red, green, blue; black where the file gives none */
  bool grey;
  channel channels[4]; /* red, green, blue, alpha */
} bmp;

static bool is_bmp(const uint8_t *data, size_t n) {
  if (n < 2 || memcmp(data, "BM", 2) != 0) return false;
  return n < FILE_HEADER + 4 || lnti_get_le32(data + FILE_HEADER) <= HEADER_MAX; /* else it is text */
}

static lnt_status ends_early(size_t n, lnt_error *err) {
  return lnti_fail(err, LNT_EDATA, "the BMP file ends early, at byte %zu", n);
}

static lnt_status unsupported(const char *what, lnt_error *err) {
  return lnti_fail(err, LNT_EUNSUPPORTED, "BMP %s is not read by this version", what);
}

static uint32_t field(const uint8_t *head, size_t head_bytes, size_t at) {
  return head_bytes >= at + 4 ? lnti_get_le32(head + at) : 0;
}

/** Any length up to 64 may be OS/2's, but those that are known as Windows's. */
static bool is_os2(size_t head_bytes) {
  return head_bytes >= OS2_SHORT && head_bytes <= OS2_HEADER && head_bytes % 2 == 0 && head_bytes != INFO_HEADER &&
         head_bytes != 52 && head_bytes != 56;
}

/** Size, bits and compression; headers of 16 bytes and more begin alike. */
static lnt_status read_size(bmp *b, const uint8_t *head, size_t head_bytes, lnt_error *err) {
  unsigned planes;
  int64_t w, h;
  if (head_bytes == CORE_HEADER) {
    w = lnti_get_le16(head + 4);
    h = lnti_get_le16(head + 6);
    planes = lnti_get_le16(head + 8);
    b->bits = lnti_get_le16(head + 10);
  } else {
    w = (int32_t)lnti_get_le32(head + 4);
    h = (int32_t)lnti_get_le32(head + 8);
    planes = lnti_get_le16(head + 12);
    b->bits = lnti_get_le16(head + 14);
    b->compression = field(head, head_bytes, AT_COMPRESSION);
  }
  b->top_down = h < 0;
  if (h < 0) h = -h;
  if (w <= 0 || h == 0 || planes > 1) {
    return lnti_fail(err, LNT_EDATA, "the BMP header is broken (%lld x %lld pixels, %u planes)", (long long)w,
                     (long long)h, planes);
  }
  b->w = (size_t)w;
  b->h = (size_t)h;
  return LNT_OK;
}

static lnt_status judge_kind(const bmp *b, size_t head_bytes, lnt_error *err) {
  const unsigned bits = b->bits;
  const bool os2 = is_os2(head_bytes);
  switch (b->compression) {
    case UNPACKED:
      if (bits == 1 || bits == 2 || bits == 4 || bits == 8 || bits == 16 || bits == 24 || bits == 32) return LNT_OK;
      break;
    case RLE8:
      if (bits == 8) return LNT_OK;
      break;
    case RLE4:
      if (bits == 4) return LNT_OK;
      break;
    case BIT_FIELDS:
    case ALPHA_BIT_FIELDS:
      if (os2) return unsupported("with OS/2's Huffman compression", err);
      if (bits == 16 || bits == 32) return LNT_OK;
      break;
    case EMBEDDED_JPEG:
      return unsupported(os2 ? "with OS/2's RLE24 compression" : "with a JPEG inside", err);
    case EMBEDDED_PNG:
      return unsupported("with a PNG inside", err);
    default:
      break;
  }
  return lnti_fail(err, LNT_EDATA, "the BMP header is broken (%u bits a pixel, compression %u)", bits, b->compression);
}

/** A mask of bits side by side. */
static bool read_mask(channel *out, uint32_t mask) {
  channel c = {0, mask};
  while (c.full != 0 && (c.full & 1) == 0) {
    c.full >>= 1;
    c.shift++;
  }
  *out = c;
  return (c.full & (c.full + 1)) == 0;
}

static lnt_status set_masks(bmp *b, uint32_t red, uint32_t green, uint32_t blue, uint32_t alpha, lnt_error *err) {
  if (read_mask(&b->channels[0], red) && read_mask(&b->channels[1], green) && read_mask(&b->channels[2], blue) &&
      read_mask(&b->channels[3], alpha)) {
    return LNT_OK;
  }
  return lnti_fail(err, LNT_EDATA, "the BMP header is broken: a colour's bits do not lie side by side");
}

/** Masks stand in headers of 52 bytes and more, alpha's in those of 56 and more, and else behind the header; *after
 *  moves behind them. Plain pixels have fixed ones. */
static lnt_status read_masks(bmp *b, size_t *after, const uint8_t *data, size_t n, size_t head_bytes, lnt_error *err) {
  if (b->compression != BIT_FIELDS && b->compression != ALPHA_BIT_FIELDS) {
    if (b->bits == 16) return set_masks(b, 0x7c00, 0x3e0, 0x1f, 0, err);
    return set_masks(b, 0xff0000, 0xff00, 0xff, 0, err);
  }
  const size_t at = FILE_HEADER + INFO_HEADER;
  const size_t wanted = b->compression == ALPHA_BIT_FIELDS ? 16 : 12;
  if (head_bytes == INFO_HEADER) *after += wanted;
  const bool alpha = head_bytes >= INFO_HEADER + 16 || b->compression == ALPHA_BIT_FIELDS;
  if (n - at < (alpha ? 16u : 12u)) return ends_early(n, err);
  const uint8_t *p = data + at;
  return set_masks(b, lnti_get_le32(p), lnti_get_le32(p + 4), lnti_get_le32(p + 8), alpha ? lnti_get_le32(p + 12) : 0,
                   err);
}

/** The palette behind the headers, as far as it is there and in front of the pixels; `used` is 0 for all. */
static lnt_status read_palette(bmp *b, size_t *after, const uint8_t *data, size_t n, size_t head_bytes, uint32_t used,
                               lnt_error *err) {
  const size_t entry = head_bytes == CORE_HEADER ? 3 : 4, most = (size_t)1 << b->bits;
  size_t n_colours = used == 0 || used > most ? most : used;
  const size_t end = b->pixels_at > *after && b->pixels_at < n ? b->pixels_at : n;
  const size_t room = end > *after ? (end - *after) / entry : 0;
  if (n_colours > room) n_colours = room;
  if (n_colours == 0) return lnti_fail(err, LNT_EDATA, "the BMP file has no palette");
  b->grey = true;
  for (size_t i = 0; i < n_colours; i++) {
    const uint8_t *p = data + *after + i * entry;
    b->palette[i][0] = p[2];
    b->palette[i][1] = p[1];
    b->palette[i][2] = p[0];
    if (p[0] != p[1] || p[1] != p[2]) b->grey = false;
  }
  *after += n_colours * entry;
  return LNT_OK;
}

/** Bytes of a row with what pads it, and without. */
static bool row_bytes(size_t *padded_out, size_t *bare_out, const bmp *b) {
  size_t bits = 0;
  if (!lnti_size_mul(&bits, b->w, b->bits)) return false;
  *bare_out = (bits + 7) / 8;
  *padded_out = (bits + 31) / 32 * 4;
  return true;
}

/** Bytes too few for the pixels are refused before memory is taken; the last row needs no padding. */
static lnt_status check_bytes(const bmp *b, size_t n, lnt_error *err) {
  size_t padded = 0, bare = 0, need = 0;
  const size_t there = n - b->pixels_at;
  if (b->compression == RLE8 || b->compression == RLE4) {
    if (!lnti_size_mul(&need, b->w, b->h) || (need > PIXELS_FREE && need / RLE_RATIO > there)) {
      return lnti_fail(err, LNT_EDATA, "the BMP file is damaged: %zu bytes cannot hold %zu x %zu pixels", there, b->w,
                       b->h);
    }
    return LNT_OK;
  }
  if (!row_bytes(&padded, &bare, b) || !lnti_size_mul(&need, padded, b->h - 1) || need > there || bare > there - need) {
    return lnti_fail(err, LNT_EDATA, "the BMP file ends early: it has fewer bytes than %zu x %zu pixels need", b->w,
                     b->h);
  }
  return LNT_OK;
}

static lnt_status read_header(bmp *out, const uint8_t *data, size_t n, lnt_error *err) {
  bmp b = {0};
  if (n < FILE_HEADER + 4) return ends_early(n, err);
  const size_t head_bytes = lnti_get_le32(data + FILE_HEADER);
  const bool known = head_bytes == CORE_HEADER || is_os2(head_bytes) || head_bytes == INFO_HEADER || head_bytes == 52 ||
                     head_bytes == 56 || head_bytes == 108 || head_bytes == 124;
  if (!known) {
    return lnti_fail(err, LNT_EUNSUPPORTED, "BMP with a header of %zu bytes is not read by this version", head_bytes);
  }
  if (n - FILE_HEADER < head_bytes) return ends_early(n, err);
  const uint8_t *head = data + FILE_HEADER;
  size_t after = FILE_HEADER + head_bytes;
  b.pixels_at = lnti_get_le32(data + 10);
  lnt_status status = read_size(&b, head, head_bytes, err);
  if (status == LNT_OK) status = judge_kind(&b, head_bytes, err);
  if (status == LNT_OK && b.bits <= 8) {
    status = read_palette(&b, &after, data, n, head_bytes, field(head, head_bytes, AT_COLOURS), err);
  } else if (status == LNT_OK) {
    status = read_masks(&b, &after, data, n, head_bytes, err);
  }
  if (status != LNT_OK) return status;
  if (b.pixels_at < after) b.pixels_at = after; /* some writers leave it 0 */
  if (b.pixels_at >= n) return ends_early(n, err);
  status = check_bytes(&b, n, err);
  if (status == LNT_OK) *out = b;
  return status;
}

static lnt_status probe(lnti_image_info *out, const lnti_blob *blob, const lnti_image_limits *limits, lnt_error *err) {
  (void)limits;
  bmp b;
  lnt_status status = read_header(&b, blob->data, blob->bytes, err);
  if (status != LNT_OK) return status;
  *out = (lnti_image_info){.format = LNTI_IMAGE_BMP,
                           .h = b.h,
                           .w = b.w,
                           .c = b.grey                    ? 1
                                : b.channels[3].full != 0 ? 4
                                                          : 3,
                           .depth = LNTI_DEPTH_U8,
                           .frames = 1,
                           .orientation = 1};
  return LNT_OK;
}

static uint8_t *row_of(const lnti_image *image, const bmp *b, size_t y) {
  const size_t from_top = b->top_down ? y : b->h - 1 - y;
  return (uint8_t *)image->data + from_top * image->w * image->c;
}

static void put_colour(uint8_t *row, size_t x, const bmp *b, unsigned colour) {
  if (b->grey) {
    row[x] = b->palette[colour][0];
  } else {
    memcpy(row + 3 * x, b->palette[colour], 3);
  }
}

/** A row of 1, 2, 4 or 8 bits a pixel, the leftmost pixel in the highest bits. */
static void read_colours(uint8_t *row, const uint8_t *from, const bmp *b) {
  for (size_t x = 0; x < b->w; x++) {
    const size_t bit = x * b->bits;
    put_colour(row, x, b, from[bit / 8] >> (8 - b->bits - bit % 8) & ((1u << b->bits) - 1));
  }
}

/** A row of 16, 24 or 32 bits a pixel. */
static void read_fields(uint8_t *row, const uint8_t *from, const bmp *b, size_t c) {
  const size_t bytes = b->bits / 8;
  for (size_t x = 0; x < b->w; x++, from += bytes, row += c) {
    const uint32_t pixel = bytes == 2 ? lnti_get_le16(from) : bytes == 3 ? lnti_get_le24(from) : lnti_get_le32(from);
    for (size_t k = 0; k < c; k++) {
      const channel *ch = &b->channels[k];
      const uint64_t v = pixel >> ch->shift & ch->full;
      row[k] = ch->full == 0 ? 0 : (uint8_t)((v * 255 + ch->full / 2) / ch->full);
    }
  }
}

static void read_rows(lnti_image *image, const bmp *b, const uint8_t *data) {
  size_t padded = 0, bare = 0;
  (void)row_bytes(&padded, &bare, b);
  for (size_t y = 0; y < b->h; y++) {
    const uint8_t *from = data + b->pixels_at + y * padded;
    if (b->bits <= 8) {
      read_colours(row_of(image, b, y), from, b);
    } else {
      read_fields(row_of(image, b, y), from, b, image->c);
    }
  }
}

/** RLE: where the next pixel goes, and what is still to be read. */
typedef struct rle {
  const uint8_t *p, *end;
  size_t x, y;
} rle;

/** n pixels: a run of the colours in one byte, or n literal ones; what hangs over the row's end is left out. */
static bool put_run(lnti_image *image, rle *r, const bmp *b, size_t n, const uint8_t *colours, bool literal) {
  if (n > 0 && r->y >= b->h) return false;
  for (size_t i = 0; i < n; i++, r->x++) {
    if (r->x >= b->w) continue;
    const unsigned byte = colours[!literal ? 0 : b->bits == 8 ? i : i / 2];
    const unsigned colour = b->bits == 8 ? byte : i % 2 == 0 ? byte >> 4 : byte & 15;
    put_colour(row_of(image, b, r->y), r->x, b, colour);
  }
  return true;
}

/** What stands behind a 0: end of line, end of the image, a step, or literal pixels. False where it is broken. */
static bool read_escape(lnti_image *image, rle *r, const bmp *b, bool *done) {
  const size_t kind = *r->p++;
  if (kind == 0) {
    r->x = 0;
    r->y++;
    return true;
  }
  if (kind == 1) {
    *done = true;
    return true;
  }
  if (kind == 2) {
    if (r->end - r->p < 2) return false;
    r->x += r->p[0];
    r->y += r->p[1];
    r->p += 2;
    return true;
  }
  const size_t bytes = b->bits == 8 ? kind : (kind + 1) / 2, padded = bytes + bytes % 2;
  if ((size_t)(r->end - r->p) < bytes || !put_run(image, r, b, kind, r->p, true)) return false;
  r->p += padded < (size_t)(r->end - r->p) ? padded : (size_t)(r->end - r->p);
  return true;
}

static lnt_status read_rle(lnti_image *image, const bmp *b, const uint8_t *data, size_t n, lnt_error *err) {
  rle r = {.p = data + b->pixels_at, .end = data + n};
  bool done = false, sound = true;
  for (size_t y = 0; y < b->h; y++) {
    for (size_t x = 0; x < b->w; x++) put_colour(row_of(image, b, y), x, b, 0);
  }
  while (!done && sound && r.end - r.p >= 2) {
    const size_t run = *r.p++;
    if (run == 0) {
      sound = read_escape(image, &r, b, &done);
    } else {
      sound = put_run(image, &r, b, run, r.p++, false);
    }
  }
  if (!sound) return lnti_fail(err, LNT_EDATA, "the BMP file is damaged: its pixels cannot be decoded");
  /* Only the mark of the end may be missing. */
  const bool all = r.y >= b->h || (r.y == b->h - 1 && r.x >= b->w);
  return done || all ? LNT_OK : ends_early(n, err);
}

static lnt_status decode(lnti_image *out, size_t *rows_missing_out, const lnti_blob *blob, const lnti_image_info *info,
                         const lnti_size *shrink_to, lnt_error *err) {
  (void)rows_missing_out;
  (void)shrink_to;
  bmp b;
  lnti_image image = {0};
  lnt_status status = read_header(&b, blob->data, blob->bytes, err);
  if (status == LNT_OK) status = lnti_image_new(&image, info->h, info->w, info->c, info->depth, err);
  if (status != LNT_OK) return status;
  if (b.compression == RLE8 || b.compression == RLE4) {
    status = read_rle(&image, &b, blob->data, blob->bytes, err);
  } else {
    read_rows(&image, &b, blob->data);
  }
  if (status != LNT_OK) {
    lnti_image_clear(&image);
    return status;
  }
  *out = image;
  return LNT_OK;
}

const lnti_codec lnti_codec_bmp = {LNTI_IMAGE_BMP, "bmp", "BMP", false, is_bmp, probe, decode, NULL};
