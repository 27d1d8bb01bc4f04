/*
 * One directory of a TIFF file. It is judged narrowly: what is not known to come out of libvips as described here is
 * refused by name, and never tried; so are the codecs that libtiff has for the few (old JPEG, JBIG, LERC, LogLuv,
 * JPEG 2000), for each of them is one more parser of strangers' bytes, and LZMA, which takes as much memory as a file
 * asks for.
 *
 * That every strip and tile lies in the file, and is long enough for its pixels, is checked before libtiff sees it.
 * What a compression can make of one byte at most bounds what a short file can claim to hold; fax and JPEG say more
 * with less, and are bounded by the caps alone. A strip of JPEG that does not end with its end marker is one that was
 * cut, which libtiff would fill up in silence.
 */
#include <image/tiff.h>

#include <base/alloc.h>
#include <base/error.h>
#include <string.h>

enum {
  TAG_WIDTH = 256,
  TAG_HEIGHT = 257,
  TAG_BITS = 258,
  TAG_COMPRESSION = 259,
  TAG_PHOTOMETRIC = 262,
  TAG_STRIP_OFFSETS = 273,
  TAG_ORIENTATION = 274,
  TAG_SAMPLES = 277,
  TAG_ROWS_PER_STRIP = 278,
  TAG_STRIP_BYTES = 279,
  TAG_PLANAR = 284,
  TAG_COLOUR_MAP = 320,
  TAG_TILE_WIDTH = 322,
  TAG_TILE_HEIGHT = 323,
  TAG_TILE_OFFSETS = 324,
  TAG_TILE_BYTES = 325,
  TAG_INK_SET = 332,
  TAG_EXTRA_SAMPLES = 338,
  TAG_SAMPLE_FORMAT = 339,
  TAG_DNG_VERSION = 50706
};

enum { WHITE_IS_ZERO, BLACK_IS_ZERO, RGB, PALETTE, MASK, CMYK, YCBCR };
enum { UNSIGNED = 1, SIGNED = 2, FLOATING = 3, UNDEFINED = 4 };
enum { ALPHA_PREMULTIPLIED = 1, ALPHA = 2 };
enum { COMPRESSION_NONE = 1, COMPRESSION_JPEG = 7 };

enum {
  SIDE_MAX = 1 << 24,
  SAMPLES_MAX = 64,
  TILE_SIDE_MAX = 10000,   /* of libvips */
  TILE_FREE = 1024 * 1024, /* pixels that a tile may have however small the image is */
  JPEG_PADDING_MAX = 64,   /* bytes */
  JPEG_MARKERS_MAX = 64,   /* in front of a frame header */
  FIELD_SIZES = 19
};

/** Compressions that are read, and how many bytes one byte can become: strings of 4,095 for 12 bits; 258 for two bits
 *  and a little; 128 for two bytes. 0: more than one could say. */
typedef struct compression {
  unsigned number;
  unsigned ratio;
} compression;

static const compression compressions[] = {
    {COMPRESSION_NONE, 1}, {2, 0},     {3, 0},      {4, 0},     {5, 2731}, {COMPRESSION_JPEG, 0}, {8, 1032},
    {32946, 1032},         {32771, 0}, {32773, 64}, {50000, 0},
};

/** Values of a field: `n` numbers of `bytes` each. */
typedef struct field {
  const uint8_t *data;
  size_t n, bytes;
} field;

static lnt_status broken(const char *what, lnt_error *err) {
  return lnti_fail(err, LNT_EDATA, "the TIFF file is damaged: %s", what);
}

static lnt_status unsupported(const char *what, lnt_error *err) {
  return lnti_fail(err, LNT_EUNSUPPORTED, "TIFF %s is not read by this version", what);
}

/** The first entry with this tag, where it holds whole numbers that lie in the file; a zero field where there is none.
 *  As libtiff does, later entries with the same tag are not looked at. */
static lnt_status find(field *out, const lnti_tiff *tiff, uint64_t at, size_t entries, unsigned tag, lnt_error *err) {
  static const uint8_t sizes[FIELD_SIZES] = {[1] = 1, [3] = 2, [4] = 4, [13] = 4, [16] = 8, [18] = 8};
  const size_t head = tiff->big ? 8 : 2, entry_bytes = tiff->big ? 20 : 12, inside = tiff->big ? 8 : 4;
  memset(out, 0, sizeof *out);
  for (size_t i = 0; i < entries; i++) {
    const uint8_t *p = tiff->data + at + head + i * entry_bytes;
    if (lnti_tiff_get(tiff, p, 2) != tag) continue;
    const uint64_t type = lnti_tiff_get(tiff, p + 2, 2), n = lnti_tiff_get(tiff, p + 4, inside);
    const size_t bytes = type < FIELD_SIZES ? sizes[type] : 0;
    const uint8_t *value = p + 4 + inside;
    if (bytes == 0 || n == 0) break;
    if (n > tiff->n / bytes) break;
    if (n * bytes > inside) {
      const uint64_t offset = lnti_tiff_get(tiff, value, inside);
      if (offset > tiff->n || n * bytes > tiff->n - offset) break;
      value = tiff->data + offset;
    }
    *out = (field){value, (size_t)n, bytes};
    return LNT_OK;
  }
  /* Either there is none, or it is broken. */
  for (size_t i = 0; i < entries; i++) {
    if (lnti_tiff_get(tiff, tiff->data + at + head + i * entry_bytes, 2) == tag) {
      return lnti_fail(err, LNT_EDATA, "the TIFF file is damaged: the values of its field %u do not lie in it", tag);
    }
  }
  return LNT_OK;
}

static uint64_t value_of(const field *f, size_t i, const lnti_tiff *tiff) {
  return lnti_tiff_get(tiff, f->data + i * f->bytes, f->bytes);
}

/** A directory while it is read. */
typedef struct directory {
  const lnti_tiff *tiff;
  uint64_t at;
  size_t entries;
} directory;

/** One number, or `otherwise` where the field is not there; all values must be equal. */
static lnt_status number(uint64_t *out, const directory *d, unsigned tag, uint64_t otherwise, lnt_error *err) {
  field f;
  lnt_status status = find(&f, d->tiff, d->at, d->entries, tag, err);
  if (status != LNT_OK) return status;
  *out = f.n > 0 ? value_of(&f, 0, d->tiff) : otherwise;
  for (size_t i = 1; i < f.n && i < SAMPLES_MAX; i++) {
    if (value_of(&f, i, d->tiff) != *out) return unsupported("with samples of several kinds", err);
  }
  return LNT_OK;
}

static lnt_status read_fields(lnti_tiff_page *page, const directory *d, lnt_error *err) {
  enum { N = 9 };
  static const struct {
    unsigned tag;
    uint64_t otherwise;
  } wanted[N] = {{TAG_WIDTH, 0},
                 {TAG_HEIGHT, 0},
                 {TAG_SAMPLES, 1},
                 {TAG_BITS, 1},
                 {TAG_SAMPLE_FORMAT, UNSIGNED},
                 {TAG_PHOTOMETRIC, UINT32_MAX},
                 {TAG_COMPRESSION, COMPRESSION_NONE},
                 {TAG_PLANAR, 1},
                 {TAG_ORIENTATION, 1}};
  uint64_t v[N];
  for (size_t i = 0; i < N; i++) {
    lnt_status status = number(&v[i], d, wanted[i].tag, wanted[i].otherwise, err);
    if (status != LNT_OK) return status;
  }
  if (v[0] == 0 || v[1] == 0 || v[0] > SIDE_MAX || v[1] > SIDE_MAX) {
    return lnti_fail(err, LNT_EDATA, "the TIFF file's header gives no size up to %d", SIDE_MAX);
  }
  if (v[2] == 0 || v[2] > SAMPLES_MAX) return unsupported("of more than 64 samples a pixel", err);
  if (v[5] == UINT32_MAX) return broken("it does not say what its samples mean", err);
  page->w = (size_t)v[0];
  page->h = (size_t)v[1];
  page->samples = (size_t)v[2];
  page->bits = v[3] > 64 ? 64 : (unsigned)v[3];
  page->format = v[4] == UNDEFINED ? UNSIGNED : v[4] > UNDEFINED ? UNDEFINED : (unsigned)v[4];
  page->photometric = v[5] > UINT16_MAX ? UINT16_MAX : (unsigned)v[5];
  page->compression = v[6] > UINT16_MAX ? UINT16_MAX : (unsigned)v[6];
  page->planar = v[7] == 2 && page->samples > 1;
  page->orientation = v[8] >= 1 && v[8] <= 8 ? (unsigned)v[8] : 1;
  if (v[7] == 2 && page->bits < 8) return unsupported("of several planes with less than 8 bits a sample", err);
  return LNT_OK;
}

static lnt_status judge_compression(const lnti_tiff_page *page, lnt_error *err) {
  for (size_t i = 0; i < sizeof compressions / sizeof *compressions; i++) {
    if (compressions[i].number != page->compression) continue;
    if (page->compression != COMPRESSION_JPEG) return LNT_OK;
    const size_t samples = page->photometric <= BLACK_IS_ZERO ? 1 : page->photometric == CMYK ? 4 : 3;
    if (page->bits == 8 && page->photometric != PALETTE && page->samples == samples && !page->planar) return LNT_OK;
    return unsupported("with JPEG compression that is not 8 bits of grey, RGB, YCbCr or CMYK", err);
  }
  return lnti_fail(err, LNT_EUNSUPPORTED,
                   "TIFF with compression %u%s is not read by this version; none, PackBits, LZW, deflate, fax, JPEG "
                   "and Zstandard are",
                   page->compression, page->compression == 6 ? " (old JPEG)" : "");
}

static lnt_status judge_samples(lnti_raster *raster, const lnti_tiff_page *page, lnt_error *err) {
  static const struct {
    unsigned bits, format;
    lnti_sample sample;
  } kinds[] = {{8, UNSIGNED, LNTI_SAMPLE_U8},   {8, SIGNED, LNTI_SAMPLE_S8},     {16, UNSIGNED, LNTI_SAMPLE_U16},
               {16, SIGNED, LNTI_SAMPLE_S16},   {32, UNSIGNED, LNTI_SAMPLE_U32}, {32, SIGNED, LNTI_SAMPLE_S32},
               {32, FLOATING, LNTI_SAMPLE_F32}, {1, UNSIGNED, LNTI_SAMPLE_U8},   {2, UNSIGNED, LNTI_SAMPLE_U8},
               {4, UNSIGNED, LNTI_SAMPLE_U8}};
  const bool one = page->samples == 1 && page->photometric <= PALETTE && page->photometric != RGB;
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
    if (kinds[i].bits != page->bits || kinds[i].format != page->format || (page->bits < 8 && !one)) continue;
    raster->sample = kinds[i].sample;
    return LNT_OK;
  }
  return lnti_fail(
      err, LNT_EUNSUPPORTED,
      "TIFF with %zu samples of %u bits%s is not read by this version; 8, 16 and 32 bits are, and 1, 2 and "
      "4 where there is one sample",
      page->samples, page->bits, page->format == FLOATING ? " (floating point)" : "");
}

/** One palette of three times 2^bits values; *grey_out where red, green and blue are everywhere the same, for which
 *  libvips gives one band. */
static lnt_status read_palette(bool *grey_out, const lnti_tiff_page *page, const directory *d, lnt_error *err) {
  field f;
  lnt_status status = find(&f, d->tiff, d->at, d->entries, TAG_COLOUR_MAP, err);
  if (status != LNT_OK) return status;
  const size_t n = (size_t)1 << page->bits;
  if (f.bytes != 2 || f.n < 3 * n) return broken("its palette is missing or too short", err);
  bool grey = true;
  for (size_t i = 0; i < n && grey; i++) {
    const uint64_t red = value_of(&f, i, d->tiff);
    grey = red == value_of(&f, n + i, d->tiff) && red == value_of(&f, 2 * n + i, d->tiff);
  }
  *grey_out = grey;
  return LNT_OK;
}

/** The band that is alpha; premultiplied alpha is divided out by libvips, in 8 and 16 bits. */
static lnt_status find_alpha(lnti_raster *raster, const lnti_tiff_page *page, const directory *d, lnt_error *err) {
  field f;
  lnt_status status = find(&f, d->tiff, d->at, d->entries, TAG_EXTRA_SAMPLES, err);
  if (status != LNT_OK || f.n == 0) return status;
  if (f.n != page->samples - raster->colours) return broken("its extra samples are miscounted", err);
  for (size_t i = 0; i < f.n; i++) {
    const uint64_t kind = value_of(&f, i, d->tiff);
    if (kind == ALPHA_PREMULTIPLIED && (raster->alpha > 0 || raster->colours == 4 ||
                                        (raster->sample != LNTI_SAMPLE_U8 && raster->sample != LNTI_SAMPLE_U16))) {
      return unsupported("with premultiplied alpha beside CMYK, a second alpha or samples that are not 8 or 16 bits",
                         err);
    }
    if ((kind == ALPHA_PREMULTIPLIED || kind == ALPHA) && raster->alpha == 0) raster->alpha = raster->colours + i;
  }
  return LNT_OK;
}

/** How libvips gives the page's colours. */
static lnt_status judge_colours(lnti_tiff_page *page, const directory *d, lnt_error *err) {
  lnti_raster *raster = &page->raster;
  uint64_t ink_set = 1;
  bool grey = false;
  lnt_status status = judge_samples(raster, page, err);
  if (status != LNT_OK) return status;
  switch (page->photometric) {
    case WHITE_IS_ZERO:
    case BLACK_IS_ZERO:
      raster->colours = 1;
      break;
    case PALETTE:
      if (page->samples > 1 || page->bits > 16 || page->format != UNSIGNED) {
        return unsupported("with a palette and more than one sample a pixel, or samples of more than 16 bits", err);
      }
      status = read_palette(&grey, page, d, err);
      raster->colours = raster->bands = grey ? 1 : 3;
      return status;
    case YCBCR:
      if (page->compression != COMPRESSION_JPEG) return unsupported("in YCbCr without JPEG compression", err);
      raster->colours = 3;
      break;
    case RGB:
      raster->colours = 3;
      break;
    case CMYK:
      status = number(&ink_set, d, TAG_INK_SET, 1, err);
      if (status != LNT_OK) return status;
      if (ink_set != 1 || (raster->sample != LNTI_SAMPLE_U8 && raster->sample != LNTI_SAMPLE_U16)) {
        return unsupported("with inks other than CMYK of 8 or 16 bits", err);
      }
      raster->colours = 4;
      break;
    default:
      return lnti_fail(err, LNT_EUNSUPPORTED,
                       "TIFF with photometric interpretation %u is not read by this version; grey, RGB, palettes and "
                       "CMYK are",
                       page->photometric);
  }
  if (page->photometric == WHITE_IS_ZERO && raster->sample != LNTI_SAMPLE_U8 && raster->sample != LNTI_SAMPLE_U16 &&
      raster->sample != LNTI_SAMPLE_U32) {
    return unsupported("with white at 0 and signed or floating-point samples", err);
  }
  if (page->samples < raster->colours) return broken("it has fewer samples a pixel than its colours need", err);
  raster->bands = page->samples;
  return find_alpha(raster, page, d, err);
}

/** Rows or tiles: their sides. */
static lnt_status read_blocks(lnti_tiff_page *page, const directory *d, lnt_error *err) {
  uint64_t w = 0, h = 0, rows = 0;
  lnt_status status = number(&w, d, TAG_TILE_WIDTH, 0, err);
  if (status == LNT_OK) status = number(&h, d, TAG_TILE_HEIGHT, 0, err);
  if (status == LNT_OK) status = number(&rows, d, TAG_ROWS_PER_STRIP, UINT32_MAX, err);
  if (status != LNT_OK) return status;
  page->tiled = w != 0 || h != 0;
  if (!page->tiled) {
    if (rows == 0) return broken("its strips have no rows", err);
    page->block_h = rows < page->h ? (size_t)rows : page->h;
    page->block_w = page->w;
    return LNT_OK;
  }
  if (page->planar) return unsupported("of several planes in tiles", err);
  if (w == 0 || h == 0 || w > TILE_SIDE_MAX || h > TILE_SIDE_MAX ||
      (w * h > TILE_FREE && w * h / 4 > (uint64_t)page->w * page->h)) {
    return lnti_fail(err, LNT_EDATA, "the TIFF file is damaged: tiles of %llu x %llu for an image of %zu x %zu",
                     (unsigned long long)w, (unsigned long long)h, page->w, page->h);
  }
  page->block_h = (size_t)h;
  page->block_w = (size_t)w;
  return LNT_OK;
}

/** Bytes of one strip or tile with so many rows, unpacked; false where that is beyond counting. */
static bool block_bytes(size_t *out, const lnti_tiff_page *page, size_t rows) {
  const size_t samples = page->planar ? 1 : page->samples;
  size_t bits = 0;
  return lnti_size_mul(&bits, page->block_w, samples * page->bits) && lnti_size_mul(out, (bits + 7) / 8, rows);
}

static unsigned ratio_of(const lnti_tiff_page *page) {
  for (size_t i = 0; i < sizeof compressions / sizeof *compressions; i++) {
    if (compressions[i].number == page->compression) return compressions[i].ratio;
  }
  return 0;
}

/** A whole JPEG stream for as many components as the page has samples: it begins and ends as one, and its frame header
 *  says so. */
static bool jpeg_fits(const lnti_tiff_page *page, const uint8_t *p, size_t n) {
  /* Some writers pad. Only so much is looked at: strips may share their bytes, and each is judged. */
  for (size_t i = 0; i < JPEG_PADDING_MAX && n > 4 && p[n - 1] == 0; i++) n--;
  if (n < 4 || p[0] != 0xff || p[1] != 0xd8 || p[n - 2] != 0xff || p[n - 1] != 0xd9) return false;
  for (size_t at = 2, i = 0; i < JPEG_MARKERS_MAX && n - at >= 4 && p[at] == 0xff; i++) {
    const unsigned marker = p[at + 1];
    const size_t length = (size_t)p[at + 2] << 8 | p[at + 3];
    if (marker == 0xff) {
      at++;
      continue;
    }
    if (length < 2 || length > n - at - 2) return false;
    if (marker >= 0xc0 && marker <= 0xc2) {
      if (length < 8) return false;
      const size_t h = (size_t)p[at + 5] << 8 | p[at + 6], w = (size_t)p[at + 7] << 8 | p[at + 8];
      return p[at + 4] == 8 && p[at + 9] == page->samples && w == page->block_w && h > 0 && h <= page->block_h;
    }
    if (marker == 0xda) return false;
    at += 2 + length;
  }
  return false;
}

static lnt_status check_block(const lnti_tiff_page *page, const lnti_tiff *tiff, uint64_t offset, uint64_t bytes,
                              size_t rows, lnt_error *err) {
  const unsigned ratio = ratio_of(page);
  size_t need = 0;
  if (offset > tiff->n || bytes > tiff->n - offset) {
    return lnti_fail(err, LNT_EDATA, "the TIFF file ends early: it has %zu bytes, and pixels at byte %llu to %llu",
                     tiff->n, (unsigned long long)offset, (unsigned long long)(offset + bytes));
  }
  if (bytes == 0 || !block_bytes(&need, page, rows) || (ratio > 0 && need / ratio > bytes)) {
    return lnti_fail(err, LNT_EDATA, "the TIFF file is damaged: %llu bytes cannot hold %zu rows of %zu pixels",
                     (unsigned long long)bytes, rows, page->block_w);
  }
  if (page->compression == COMPRESSION_JPEG && !jpeg_fits(page, tiff->data + offset, (size_t)bytes)) {
    return broken("a JPEG part of it is cut short, or not of the size and kind that the directory says", err);
  }
  return LNT_OK;
}

static lnt_status check_blocks(const lnti_tiff_page *page, const directory *d, lnt_error *err) {
  const size_t down = (page->h + page->block_h - 1) / page->block_h;
  const size_t across = (page->w + page->block_w - 1) / page->block_w;
  const size_t planes = page->planar ? page->samples : 1;
  field offsets, bytes;
  lnt_status status =
      find(&offsets, d->tiff, d->at, d->entries, page->tiled ? TAG_TILE_OFFSETS : TAG_STRIP_OFFSETS, err);
  if (status == LNT_OK) {
    status = find(&bytes, d->tiff, d->at, d->entries, page->tiled ? TAG_TILE_BYTES : TAG_STRIP_BYTES, err);
  }
  if (status != LNT_OK) return status;
  if (offsets.n / planes / across < down || bytes.n / planes / across < down) {
    return broken("it does not say where all of its pixels are", err);
  }
  for (size_t i = 0; i < down * across * planes && status == LNT_OK; i++) {
    const size_t y = i / across % down * page->block_h;
    /* A tile is whole at the edge, too. */
    const size_t rows = page->tiled || page->h - y > page->block_h ? page->block_h : page->h - y;
    status = check_block(page, d->tiff, value_of(&offsets, i, d->tiff), value_of(&bytes, i, d->tiff), rows, err);
  }
  return status;
}

/** Raw files of cameras are TIFF, too; the page that they begin with is a thumbnail. */
static lnt_status refuse_raw(const directory *d, lnt_error *err) {
  field dng;
  lnt_status status = find(&dng, d->tiff, d->at, d->entries, TAG_DNG_VERSION, err);
  if (status != LNT_OK) return status;
  const bool canon = d->tiff->n >= 10 && memcmp(d->tiff->data + 8, "CR", 2) == 0;
  return dng.n > 0 || canon ? unsupported("that holds a camera's raw image", err) : LNT_OK;
}

lnt_status lnti_tiff_read_page(lnti_tiff_page *out, const lnti_tiff *tiff, uint64_t at, lnt_error *err) {
  lnti_tiff_page page = {0};
  directory d = {.tiff = tiff, .at = at};
  uint64_t next = 0;
  lnt_status status = lnti_tiff_directory(&d.entries, &next, tiff, at, err);
  if (status == LNT_OK) status = refuse_raw(&d, err);
  if (status == LNT_OK) status = read_fields(&page, &d, err);
  if (status == LNT_OK) status = judge_compression(&page, err);
  if (status == LNT_OK) status = judge_colours(&page, &d, err);
  if (status == LNT_OK) status = read_blocks(&page, &d, err);
  if (status == LNT_OK) status = check_blocks(&page, &d, err);
  if (status == LNT_OK) *out = page;
  return status;
}
