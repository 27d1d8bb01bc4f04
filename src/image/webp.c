/*
 * The outside of a WebP (RFC 9649): RIFF chunks, the headers of VP8 (RFC 6386, 9.1) and of VP8L bitstreams, and the
 * frames of an animation. libvips has libwebp decode the pixels and draws each frame over those before it.
 *
 * Alpha is judged as libvips does, since it gives three channels or four by it: the extended header's flag; without an
 * extended header the bitstream's; in an animation also any frame that has alpha or leaves a part of the canvas free.
 */
#include <image/codec.h>

#include <base/error.h>
#include <base/bytes.h>
#include <string.h>

enum {
  RIFF_BYTES = 12,
  CHUNK_BYTES = 8, /* name and length */
  VP8X_BYTES = 10,
  VP8_BYTES = 10,
  VP8L_BYTES = 5,
  ANMF_BYTES = 16,
  FLAG_ANIMATION = 2,
  FLAG_ALPHA = 16
};

typedef struct chunk {
  const uint8_t *name; /* four letters */
  const uint8_t *data;
  size_t n;
} chunk;

/** Chunks still to be read. */
typedef struct cursor {
  const uint8_t *data;
  size_t n, at;
} cursor;

/** What a bitstream's own header says. */
typedef struct bitstream {
  size_t h, w;
  bool alpha;
} bitstream;

static bool is_webp(const uint8_t *data, size_t n) {
  return n >= RIFF_BYTES && memcmp(data, "RIFF", 4) == 0 && memcmp(data + 8, "WEBP", 4) == 0;
}

static bool is_named(const chunk *c, const char *name) {
  return memcmp(c->name, name, 4) == 0;
}

static lnt_status ends_early(size_t at, lnt_error *err) {
  return lnti_fail(err, LNT_EDATA, "the WebP file ends early, in the chunk at byte %zu", at);
}

static lnt_status broken(const char *what, lnt_error *err) {
  return lnti_fail(err, LNT_EDATA, "the WebP file is damaged: %s", what);
}

/** The chunk at the cursor, which moves behind it and what pads it to an even length. */
static lnt_status next_chunk(chunk *out, cursor *c, lnt_error *err) {
  if (c->n - c->at < CHUNK_BYTES) return ends_early(c->at, err);
  const uint8_t *p = c->data + c->at;
  const size_t n = lnti_get_le32(p + 4);
  if (n > c->n - c->at - CHUNK_BYTES) return ends_early(c->at, err);
  *out = (chunk){p, p + CHUNK_BYTES, n};
  c->at += CHUNK_BYTES + n;
  if (n % 2 == 1 && c->at < c->n) c->at++;
  return LNT_OK;
}

static lnt_status read_vp8(bitstream *out, const chunk *c, lnt_error *err) {
  if (c->n < VP8_BYTES || memcmp(c->data + 3, "\x9d\x01\x2a", 3) != 0 || (c->data[0] & 1) != 0) {
    return broken("its VP8 data do not begin with a key frame", err);
  }
  const size_t first_partition = lnti_get_le24(c->data) >> 5;
  if (first_partition > c->n - VP8_BYTES) return broken("its VP8 data end early", err);
  *out = (bitstream){lnti_get_le16(c->data + 8) & 0x3fff, lnti_get_le16(c->data + 6) & 0x3fff, false};
  return LNT_OK;
}

static lnt_status read_vp8l(bitstream *out, const chunk *c, lnt_error *err) {
  if (c->n < VP8L_BYTES || c->data[0] != 0x2f) return broken("its VP8L data have no header", err);
  const uint32_t bits = lnti_get_le32(c->data + 1);
  if (bits >> 29 != 0) return broken("its VP8L data are of an unknown version", err);
  *out = (bitstream){(bits >> 14 & 0x3fff) + 1, (bits & 0x3fff) + 1, (bits >> 28 & 1) != 0};
  return LNT_OK;
}

/** The first bitstream from the cursor on; an ALPH chunk before it makes it one with alpha. */
static lnt_status read_bitstream(bitstream *out, cursor c, lnt_error *err) {
  bool alpha = false;
  while (c.at < c.n) {
    chunk part;
    lnt_status status = next_chunk(&part, &c, err);
    if (status != LNT_OK) return status;
    if (is_named(&part, "VP8L")) return read_vp8l(out, &part, err);
    if (is_named(&part, "VP8 ")) {
      status = read_vp8(out, &part, err);
      if (status == LNT_OK) out->alpha = alpha;
      return status;
    }
    alpha = alpha || is_named(&part, "ALPH");
  }
  return broken("an image is missing", err);
}

/** One frame of an animation: in the canvas, and of the size of its bitstream. */
static lnt_status read_frame(lnti_image_info *info, const chunk *c, lnt_error *err) {
  bitstream inside;
  if (c->n < ANMF_BYTES) return broken("the header of a frame is cut short", err);
  const size_t x = (size_t)lnti_get_le24(c->data) * 2, y = (size_t)lnti_get_le24(c->data + 3) * 2;
  const size_t w = (size_t)lnti_get_le24(c->data + 6) + 1, h = (size_t)lnti_get_le24(c->data + 9) + 1;
  lnt_status status = read_bitstream(&inside, (cursor){c->data, c->n, ANMF_BYTES}, err);
  if (status != LNT_OK) return status;
  if (inside.w != w || inside.h != h) return broken("a frame is not of the size that it declares", err);
  if (x + w > info->w || y + h > info->h) return broken("a frame lies outside the canvas", err);
  if (inside.alpha || w != info->w || h != info->h) info->c = 4;
  info->frames++;
  return LNT_OK;
}

static lnt_status read_frames(lnti_image_info *info, cursor c, const lnti_image_limits *limits, lnt_error *err) {
  info->frames = 0;
  while (c.at < c.n && info->frames <= limits->frames_max) {
    chunk part;
    lnt_status status = next_chunk(&part, &c, err);
    if (status == LNT_OK && is_named(&part, "ANMF")) status = read_frame(info, &part, err);
    if (status != LNT_OK) return status;
  }
  return LNT_OK;
}

/** A file with an extended header, behind which the cursor stands. */
static lnt_status read_extended(lnti_image_info *info, const chunk *head, cursor c, const lnti_image_limits *limits,
                                lnt_error *err) {
  bitstream inside;
  if (head->n < VP8X_BYTES) return broken("its extended header is cut short", err);
  const unsigned flags = head->data[0];
  info->w = (size_t)lnti_get_le24(head->data + 4) + 1;
  info->h = (size_t)lnti_get_le24(head->data + 7) + 1;
  info->c = flags & FLAG_ALPHA ? 4 : 3;
  info->timed = (flags & FLAG_ANIMATION) != 0;
  if (info->timed) return read_frames(info, c, limits, err);
  lnt_status status = read_bitstream(&inside, c, err);
  if (status == LNT_OK && (inside.w != info->w || inside.h != info->h)) {
    status = broken("its image is not of the size that its header declares", err);
  }
  return status;
}

static lnt_status probe(lnti_image_info *out, const lnti_blob *blob, const lnti_image_limits *limits, lnt_error *err) {
  lnti_image_info info = {.format = LNTI_IMAGE_WEBP, .c = 3, .depth = LNTI_DEPTH_U8, .frames = 1, .orientation = 1};
  cursor c = {blob->data, blob->bytes, RIFF_BYTES};
  chunk first;
  bitstream inside;
  const size_t riff = lnti_get_le32(blob->data + 4);
  if (riff < RIFF_BYTES - CHUNK_BYTES) return broken("its outer chunk is too short", err);
  if (riff > c.n - CHUNK_BYTES) {
    return lnti_fail(err, LNT_EDATA, "the WebP file ends early: it has %zu of its %zu bytes", c.n, riff + CHUNK_BYTES);
  }
  c.n = riff + CHUNK_BYTES; /* what stands behind is not of the image */
  const cursor begin = c;
  lnt_status status = next_chunk(&first, &c, err);
  if (status != LNT_OK) return status;
  if (is_named(&first, "VP8X")) {
    status = read_extended(&info, &first, c, limits, err);
  } else {
    status = read_bitstream(&inside, begin, err);
    if (status == LNT_OK) {
      info.h = inside.h;
      info.w = inside.w;
      if (inside.alpha) info.c = 4;
    }
  }
  if (status == LNT_OK) *out = info;
  return status;
}

static lnti_raster raster_of(const lnti_image_info *info) {
  return (lnti_raster){.bands = info->c, .colours = 3, .alpha = info->c == 4 ? 3 : 0};
}

static lnt_status decode(lnti_image *out, size_t *rows_missing_out, const lnti_blob *blob, const lnti_image_info *info,
                         const lnti_size *shrink_to, lnt_error *err) {
  (void)rows_missing_out;
  (void)shrink_to;
  const lnti_raster raster = raster_of(info);
  return lnti_vips_decode(out, blob, blob->frame, info, &raster, err);
}

static lnt_status open_frames(void **out, const lnti_blob *blob, const lnti_image_info *info, lnt_error *err) {
  const lnti_raster raster = raster_of(info);
  lnti_vips_frames *frames = NULL;
  lnt_status status = lnti_vips_frames_open(&frames, blob, info, &raster, err);
  if (status == LNT_OK) *out = frames;
  return status;
}

static lnt_status read_next(lnti_image *out, void *frames, size_t frame, lnt_error *err) {
  return lnti_vips_frames_read(out, frames, frame, err);
}

static void close_frames(void *frames) {
  lnti_vips_frames_close(frames);
}

static const lnti_codec_animation animation = {open_frames, read_next, close_frames};
const lnti_codec lnti_codec_webp = {LNTI_IMAGE_WEBP, "webp", "WebP", true, is_webp, probe, decode, &animation};
