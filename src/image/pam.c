/*
 * PAM (P7; netpbm's pam(5)): grey and RGB, each with alpha or without, and CMYK as Ghostscript writes it; samples are
 * scaled to the full range of their depth, up to maxval 255 u8, above u16.
 */
#include <image/codec.h>

#include <base/alloc.h>
#include <base/error.h>
#include <stdlib.h>
#include <string.h>

enum { SIDE_CAP = 1 << 30, MAXVAL_CAP = 65535, LINES_MAX = 64, LINE_MAX = 128 };

typedef struct pam {
  size_t h, w, depth;
  uint32_t maxval;
  bool cmyk;
  size_t pixels_at;
} pam;

static bool is_pam(const uint8_t *data, size_t n) {
  return n >= 3 && memcmp(data, "P7\n", 3) == 0;
}

static bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r';
}

/** The next line, without its end; false at the end of the bytes. Longer ones are cut. */
static bool next_line(char line[LINE_MAX], size_t *at, const uint8_t *data, size_t n) {
  const uint8_t *end = memchr(data + *at, '\n', n - *at);
  if (!end) return false;
  size_t length = (size_t)(end - (data + *at));
  const size_t kept = length < LINE_MAX - 1 ? length : LINE_MAX - 1;
  memcpy(line, data + *at, kept);
  line[kept] = 0;
  *at += length + 1;
  return true;
}

/** The value behind a keyword; NULL for another line. */
static const char *value_of(const char *line, const char *keyword) {
  const size_t n = strlen(keyword);
  if (strncmp(line, keyword, n) != 0 || !is_blank(line[n])) return NULL;
  line += n;
  while (is_blank(*line)) line++;
  return line;
}

/** A decimal number up to `max` and nothing else. */
static bool read_number(size_t *out, const char *text, size_t max) {
  size_t v = 0;
  if (*text < '0' || *text > '9') return false;
  for (; *text >= '0' && *text <= '9'; text++) {
    v = v * 10 + (size_t)(*text - '0');
    if (v > max) return false;
  }
  while (is_blank(*text)) text++;
  *out = v;
  return *text == 0;
}

static lnt_status broken(const char *line, lnt_error *err) {
  return lnti_fail(err, LNT_EDATA, "the PAM header is broken, at \"%.40s\"", line);
}

/** One line of the header; *done at its last. */
static lnt_status read_line(pam *p, bool *done, const char *line, lnt_error *err) {
  size_t maxval = 0;
  const char *value;
  while (is_blank(*line)) line++;
  if (*line == 0 || *line == '#') return LNT_OK;
  if (strncmp(line, "ENDHDR", 6) == 0) {
    *done = true;
    return LNT_OK;
  }
  if ((value = value_of(line, "WIDTH"))) return read_number(&p->w, value, SIDE_CAP) ? LNT_OK : broken(line, err);
  if ((value = value_of(line, "HEIGHT"))) return read_number(&p->h, value, SIDE_CAP) ? LNT_OK : broken(line, err);
  if ((value = value_of(line, "DEPTH"))) return read_number(&p->depth, value, SIDE_CAP) ? LNT_OK : broken(line, err);
  if ((value = value_of(line, "MAXVAL"))) {
    if (!read_number(&maxval, value, MAXVAL_CAP) || maxval == 0) return broken(line, err);
    p->maxval = (uint32_t)maxval;
    return LNT_OK;
  }
  if ((value = value_of(line, "TUPLTYPE"))) {
    p->cmyk = strncmp(value, "CMYK", 4) == 0;
    return LNT_OK;
  }
  return broken(line, err);
}

static lnt_status read_header(pam *out, const uint8_t *data, size_t n, lnt_error *err) {
  pam p = {0};
  bool done = false;
  char line[LINE_MAX];
  size_t at = 3;
  for (size_t i = 0; i < LINES_MAX && !done; i++) {
    if (!next_line(line, &at, data, n)) return lnti_fail(err, LNT_EDATA, "the PAM file ends early, in its header");
    lnt_status status = read_line(&p, &done, line, err);
    if (status != LNT_OK) return status;
  }
  if (!done || p.w == 0 || p.h == 0 || p.depth == 0 || p.maxval == 0) {
    return lnti_fail(err, LNT_EDATA, "the PAM header lacks a width, height, depth or greatest value");
  }
  if (p.depth > 4 || (p.cmyk && p.depth != 4)) {
    return lnti_fail(err, LNT_EUNSUPPORTED, "PAM with %zu samples a pixel is not read; 1 to 4 are", p.depth);
  }
  p.pixels_at = at;
  *out = p;
  return LNT_OK;
}

static lnti_raster raster_of(const pam *p) {
  lnti_raster raster = {.bands = p->depth, .sample = p->maxval > 255 ? LNTI_SAMPLE_U16 : LNTI_SAMPLE_U8};
  raster.colours = p->cmyk ? 4 : p->depth < 3 ? 1 : 3;
  raster.alpha = p->depth > raster.colours ? raster.colours : 0;
  return raster;
}

static lnt_status probe(lnti_image_info *out, const lnti_blob *blob, const lnti_image_limits *limits, lnt_error *err) {
  (void)limits;
  pam p;
  lnt_status status = read_header(&p, blob->data, blob->bytes, err);
  if (status != LNT_OK) return status;
  const lnti_raster raster = raster_of(&p);
  *out = (lnti_image_info){.format = LNTI_IMAGE_PNM,
                           .h = p.h,
                           .w = p.w,
                           .c = lnti_raster_channels(&raster),
                           .depth = lnti_raster_depth(&raster),
                           .frames = 1,
                           .orientation = 1};
  return LNT_OK;
}

/** Samples of a row, scaled from maxval to the full range; false where one is above it. */
static bool read_row(void *row, const uint8_t *from, size_t n, uint32_t maxval) {
  for (size_t i = 0; i < n; i++) {
    const uint32_t v = maxval > 255 ? (uint32_t)from[2 * i] << 8 | from[2 * i + 1] : from[i];
    if (v > maxval) return false;
    if (maxval > 255) {
      ((uint16_t *)row)[i] = (uint16_t)((v * (uint64_t)65535 + maxval / 2) / maxval);
    } else {
      ((uint8_t *)row)[i] = (uint8_t)((v * 255 + maxval / 2) / maxval);
    }
  }
  return true;
}

static lnt_status read_rows(lnti_image *image, uint8_t *row, const pam *p, const uint8_t *data, lnt_error *err) {
  const lnti_raster raster = raster_of(p);
  const size_t bytes = p->w * p->depth * (p->maxval > 255 ? 2 : 1), out_bytes = lnti_image_bytes(image) / p->h;
  for (size_t y = 0; y < p->h; y++) {
    if (!read_row(row, data + p->pixels_at + y * bytes, p->w * p->depth, p->maxval)) {
      return lnti_fail(err, LNT_EDATA, "the PAM file has a sample above its greatest value %u", p->maxval);
    }
    lnti_raster_row((uint8_t *)image->data + y * out_bytes, row, p->w, &raster);
  }
  return LNT_OK;
}

static lnt_status decode(lnti_image *out, size_t *rows_missing_out, const lnti_blob *blob, const lnti_image_info *info,
                         const lnti_size *shrink_to, lnt_error *err) {
  (void)rows_missing_out;
  (void)shrink_to;
  pam p;
  lnti_image image = {0};
  uint8_t *row = NULL;
  size_t bytes = 0, need = 0;
  lnt_status status = read_header(&p, blob->data, blob->bytes, err);
  if (status != LNT_OK) return status;
  if (!lnti_size_mul(&bytes, p.w, p.depth * (p.maxval > 255 ? 2 : 1)) || !lnti_size_mul(&need, bytes, p.h) ||
      need > blob->bytes - p.pixels_at) {
    return lnti_fail(err, LNT_EDATA, "the PAM file ends early: it has fewer bytes than %zu x %zu pixels need", p.w,
                     p.h);
  }
  status = lnti_alloc_aligned(&row, bytes, 1, err);
  if (status == LNT_OK) status = lnti_image_new(&image, info->h, info->w, info->c, info->depth, err);
  if (status == LNT_OK) status = read_rows(&image, row, &p, blob->data, err);
  free(row);
  if (status != LNT_OK) {
    lnti_image_clear(&image);
    return status;
  }
  *out = image;
  return LNT_OK;
}

const lnti_codec lnti_codec_pam = {LNTI_IMAGE_PNM, "pnm", "PAM", false, is_pam, probe, decode, NULL};
