/*
 * HEIF (HEIC) and AVIF: own code reads what the file says of its images (heif_meta.c) and judges the wanted one;
 * libvips has libheif decode it, which applies the file's own turns, mirrors and crops. libvips's loader is a module
 * that may not be installed.
 *
 * Frame 0 is the primary image, the others follow in the order of their numbers. An image made of others may be one
 * grid of coded images, or the same under one identity: nothing deeper, so that no chain of references can run in a
 * circle or multiply the work, and tiles may together be no more than a few times the image.
 */
#include <image/codec.h>

#include <base/error.h>
#include <base/bytes.h>
#include <image/heif_meta.h>
#include <image/heif_stream.h>
#include <string.h>

enum {
  SIDE_MAX = 16384,      /* of libvips */
  SHARED_FREE = 1 << 16, /* bytes that tiles may share however short the file is */
  SHARED_TIMES = 4,      /* how often each byte of the file may be in a tile */
  TILES_FREE = 1 << 22,  /* pixels that tiles may have however small the image is */
  STREAM_FREE = 1 << 20, /* and a picture, however small it says to be */
  GRID_BYTES = 8,        /* with sides of 16 bits */
  GRID_WIDE_BYTES = 12   /* with sides of 32 */
};

/** Brand i of the file-type box: the major one, then the compatible ones; NULL behind the last. */
static const uint8_t *brand(size_t i, const uint8_t *data, size_t n) {
  const size_t size = n >= 12 ? lnti_get_be32(data) : 0, at = i == 0 ? 8 : 12 + 4 * i;
  if (n < 12 || memcmp(data + 4, "ftyp", 4) != 0 || at + 4 > n || (i > 0 && at + 4 > size)) return NULL;
  return data + at;
}

static bool is_one_of(const uint8_t *name, const char *const *names) {
  for (; *names; names++) {
    if (memcmp(name, *names, 4) == 0) return true;
  }
  return false;
}

static const char *const avif_brands[] = {"avif", "avis", NULL};
static const char *const heif_brands[] = {"heic", "heix", "heim", "heis", "hevc", "hevx",
                                          "hevm", "hevs", "mif1", "mif2", "msf1", NULL};
enum { BRANDS_MAX = 32 };

static bool is_avif(const uint8_t *data, size_t n) {
  static const char *const general[] = {"mif1", "mif2", "msf1", NULL};
  const uint8_t *name = brand(0, data, n);
  if (!name) return false;
  if (is_one_of(name, avif_brands)) return true;
  for (size_t i = 1; i < BRANDS_MAX && is_one_of(name, general); i++) {
    const uint8_t *compatible = brand(i, data, n);
    if (!compatible) break;
    if (is_one_of(compatible, avif_brands)) return true;
  }
  return false;
}

static bool is_heif(const uint8_t *data, size_t n) {
  const uint8_t *name = brand(0, data, n);
  return name && is_one_of(name, heif_brands) && !is_avif(data, n);
}

/** True for what a viewer shows: an image of its own. */
static bool is_shown(const lnti_heif_item *item) {
  return item->kind != LNTI_HEIF_OTHER && !item->hidden && !item->subordinate;
}

/** The frame's item, its number among those shown (libvips's page) and how many there are. */
static lnt_status find_frame(const lnti_heif_item **out, size_t *page_out, size_t *n_out, const lnti_heif_meta *meta,
                             size_t frame, lnt_error *err) {
  size_t n = 0, n_others = 0, page = SIZE_MAX, primary_page = 0;
  const lnti_heif_item *primary = lnti_heif_find(meta, meta->primary), *found = NULL;
  if (!primary || !is_shown(primary)) {
    return lnti_fail(err, LNT_EUNSUPPORTED,
                     "HEIF whose primary image is not coded as HEVC or AV1 is not read by this version");
  }
  for (size_t i = 0; i < meta->n; i++) {
    const lnti_heif_item *item = &meta->items[i];
    if (!is_shown(item)) continue;
    if (item == primary) primary_page = n;
    if (item != primary && ++n_others == frame) {
      found = item;
      page = n;
    }
    n++;
  }
  /* Of a frame that is not there the primary image is told, whose size the caps can judge. */
  *out = found ? found : primary;
  *page_out = found ? page : primary_page;
  *n_out = n;
  return LNT_OK;
}

static lnt_status broken(const char *what, lnt_error *err) {
  return lnti_fail(err, LNT_EDATA, "the HEIF file is damaged: %s", what);
}

/** A coded image: it has a size, a depth and bytes, and these are not for a picture that is far larger. */
static lnt_status judge_stream(const lnti_heif_meta *meta, const lnti_heif_item *item, lnt_error *err) {
  size_t h = 0, w = 0;
  if (item->judged) return LNT_OK; /* a grid may refer to one tile many times */
  if (item->kind != LNTI_HEIF_HEVC && item->kind != LNTI_HEIF_AV1) {
    return lnti_fail(err, LNT_EUNSUPPORTED,
                     "HEIF with an image made of images that are not coded as HEVC or AV1 is not read by this version");
  }
  if (item->coded_h == 0 || item->coded_w == 0 || item->h == 0 || item->w == 0 || item->bits == 0) {
    return broken("an image has no size or no configuration", err);
  }
  if (item->coded_h > SIDE_MAX || item->coded_w > SIDE_MAX) {
    return lnti_fail(err, LNT_ELIMIT, "the HEIF image is %zu x %zu pixels; sides up to %d are taken", item->coded_w,
                     item->coded_h, SIDE_MAX);
  }
  if (item->n_extents != 1) {
    return item->n_extents == 0
               ? broken("it does not say where the pixels of an image are", err)
               : lnti_fail(err, LNT_EUNSUPPORTED, "HEIF with an image in several pieces is not read by this version");
  }
  if (!lnti_heif_stream_size(&h, &w, item->kind, item->config, item->first)) {
    return broken("the stream of an image cannot be parsed", err);
  }
  const uint64_t area = (uint64_t)h * w;
  if (area > STREAM_FREE && area / 4 > (uint64_t)item->coded_h * item->coded_w) {
    return lnti_fail(err, LNT_EDATA,
                     "the HEIF file is damaged: an image of %zu x %zu pixels holds a picture of %zu x %zu",
                     item->coded_w, item->coded_h, w, h);
  }
  meta->items[item - meta->items].judged = true;
  return LNT_OK;
}

static lnt_status judge_grid(bool *alpha_out, unsigned *bits_out, const lnti_heif_meta *meta,
                             const lnti_heif_item *item, lnt_error *err);

/** Alpha is one coded image or a grid of them, without alpha of its own. */
static lnt_status judge_alpha(const lnti_heif_meta *meta, const lnti_heif_item *item, lnt_error *err) {
  if (!item->has_alpha) return LNT_OK;
  const lnti_heif_item *alpha = lnti_heif_find(meta, item->alpha_id);
  bool more = false;
  unsigned bits = 0;
  if (!alpha || alpha->has_alpha) return broken("the alpha of an image has alpha", err);
  if (alpha->kind != LNTI_HEIF_GRID) return judge_stream(meta, alpha, err);
  lnt_status status = judge_grid(&more, &bits, meta, alpha, err);
  if (status == LNT_OK && more) status = broken("the alpha of an image has alpha", err);
  return status;
}

static lnt_status judge_coded(const lnti_heif_meta *meta, const lnti_heif_item *item, lnt_error *err) {
  lnt_status status = judge_stream(meta, item, err);
  return status == LNT_OK ? judge_alpha(meta, item, err) : status;
}

/** One tile of a grid; its alpha, where it has any, must be coded: a grid in there could lead back. */
static lnt_status judge_tile(const lnti_heif_meta *meta, const lnti_heif_item *tile, lnt_error *err) {
  lnt_status status = judge_stream(meta, tile, err);
  if (status != LNT_OK || !tile->has_alpha) return status;
  const lnti_heif_item *alpha = lnti_heif_find(meta, tile->alpha_id);
  return !alpha || alpha->has_alpha ? broken("the alpha of an image has alpha", err) : judge_stream(meta, alpha, err);
}

/** The size that a grid says of its own (23008-12, 6.6.2.3.2), by which libheif takes memory. */
static bool grid_says_size(const lnti_heif_item *item) {
  const uint8_t *p = item->first.p;
  const bool wide = (p[1] & 1) != 0;
  if (wide && item->first.n < GRID_WIDE_BYTES) return false;
  const size_t w = wide ? lnti_get_be32(p + 4) : lnti_get_be16(p + 4);
  const size_t h = wide ? lnti_get_be32(p + 8) : lnti_get_be16(p + 6);
  return w == item->coded_w && h == item->coded_h;
}

static lnt_status judge_grid(bool *alpha_out, unsigned *bits_out, const lnti_heif_meta *meta,
                             const lnti_heif_item *item, lnt_error *err) {
  const size_t n = lnti_heif_n_parts(meta, item);
  uint64_t area = 0, bytes = 0;
  bool alpha = false;
  unsigned bits = 0;
  if (item->n_extents != 1 || item->first.n < GRID_BYTES || n == 0 ||
      n != ((size_t)item->first.p[2] + 1) * ((size_t)item->first.p[3] + 1)) {
    return broken("a grid has not the tiles that it says", err);
  }
  if (!grid_says_size(item)) return broken("a grid is not of the size that the file says", err);
  for (size_t i = 0; i < n; i++) {
    const lnti_heif_item *tile = lnti_heif_find(meta, lnti_heif_part(meta, item, i));
    if (!tile) return broken("a tile is not there", err);
    lnt_status status = judge_tile(meta, tile, err);
    if (status != LNT_OK) return status;
    area += (uint64_t)tile->coded_h * tile->coded_w;
    const lnti_heif_item *cover = tile->has_alpha ? lnti_heif_find(meta, tile->alpha_id) : NULL;
    bytes += tile->bytes + (cover ? cover->bytes : 0);
    if (bytes > SHARED_FREE && bytes / SHARED_TIMES > meta->file_bytes) {
      return broken("its tiles share their bytes over and over", err);
    }
    alpha = alpha || tile->has_alpha;
    if (i == 0) bits = tile->bits;
  }
  if (area > TILES_FREE && area / 4 > (uint64_t)item->coded_h * item->coded_w) {
    return broken("the tiles are far larger than the image", err);
  }
  *alpha_out = alpha;
  *bits_out = bits;
  return LNT_OK;
}

/** What decoding the item will give, and that it can be decoded at bounded cost. */
static lnt_status judge_item(bool *alpha_out, unsigned *bits_out, const lnti_heif_meta *meta,
                             const lnti_heif_item *item, lnt_error *err) {
  bool alpha = false;
  unsigned bits = item->bits;
  lnt_status status = LNT_OK;
  const lnti_heif_item *inner = item;
  if (item->kind == LNTI_HEIF_IDENTITY) {
    inner = lnti_heif_n_parts(meta, item) == 1 ? lnti_heif_find(meta, lnti_heif_part(meta, item, 0)) : NULL;
    if (!inner) return broken("an image that is made of another lacks it", err);
    bits = inner->bits;
  }
  if (inner->kind == LNTI_HEIF_GRID) {
    status = judge_grid(&alpha, &bits, meta, inner, err);
    if (status == LNT_OK) status = judge_alpha(meta, inner, err);
  } else {
    status = judge_coded(meta, inner, err);
  }
  if (status == LNT_OK && inner != item) status = judge_alpha(meta, item, err);
  if (status == LNT_OK && (item->h == 0 || item->w == 0)) status = broken("an image has no size", err);
  if (status != LNT_OK) return status;
  /* libheif looks for alpha in tiles of a grid, and in the image itself, not in one that it is a copy of. */
  *alpha_out = item->has_alpha || (item == inner && alpha);
  *bits_out = bits;
  return LNT_OK;
}

/** What a frame promises. */
typedef struct promise {
  lnti_image_info info;
  unsigned bits;
  size_t page;
} promise;

static lnt_status read_promise(promise *out, lnti_image_format format, const lnti_blob *blob, lnt_error *err) {
  lnti_heif_meta meta = {0};
  const lnti_heif_item *item = NULL;
  size_t page = 0, n = 0;
  bool alpha = false;
  unsigned bits = 0;
  lnt_status status = lnti_heif_meta_read(&meta, blob->data, blob->bytes, err);
  if (status == LNT_OK) status = find_frame(&item, &page, &n, &meta, blob->frame, err);
  if (status == LNT_OK) status = judge_item(&alpha, &bits, &meta, item, err);
  if (status == LNT_OK && (item->h > SIDE_MAX || item->w > SIDE_MAX)) {
    status = lnti_fail(err, LNT_ELIMIT, "the HEIF image is %zu x %zu pixels; sides up to %d are taken", item->w,
                       item->h, SIDE_MAX);
  }
  if (status == LNT_OK) {
    *out = (promise){.bits = bits, .page = page};
    out->info = (lnti_image_info){.format = format,
                                  .h = item->h,
                                  .w = item->w,
                                  .c = alpha ? 4 : 3,
                                  .depth = bits > 8 ? LNTI_DEPTH_U16 : LNTI_DEPTH_U8,
                                  .frames = n,
                                  .orientation = 1};
  }
  lnti_heif_meta_clear(&meta);
  return status;
}

static lnt_status probe_as(lnti_image_info *out, lnti_image_format format, const lnti_blob *blob, lnt_error *err) {
  promise p;
  lnt_status status = read_promise(&p, format, blob, err);
  if (status == LNT_OK) status = lnti_vips_can_heif(err);
  if (status == LNT_OK) *out = p.info;
  return status;
}

static lnt_status probe_heif(lnti_image_info *out, const lnti_blob *blob, const lnti_image_limits *limits,
                             lnt_error *err) {
  (void)limits;
  return probe_as(out, LNTI_IMAGE_HEIF, blob, err);
}

static lnt_status probe_avif(lnti_image_info *out, const lnti_blob *blob, const lnti_image_limits *limits,
                             lnt_error *err) {
  (void)limits;
  return probe_as(out, LNTI_IMAGE_AVIF, blob, err);
}

static lnt_status decode(lnti_image *out, size_t *rows_missing_out, const lnti_blob *blob, const lnti_image_info *info,
                         const lnti_size *shrink_to, lnt_error *err) {
  (void)rows_missing_out;
  (void)shrink_to;
  promise p;
  lnt_status status = read_promise(&p, info->format, blob, err);
  if (status != LNT_OK) return status;
  const lnti_raster raster = {.bands = info->c,
                              .colours = 3,
                              .alpha = info->c == 4 ? 3 : 0,
                              .sample = p.bits > 8 ? LNTI_SAMPLE_U16 : LNTI_SAMPLE_U8,
                              .bits = p.bits > 8 ? p.bits : 0};
  return lnti_vips_decode(out, blob, p.page, info, &raster, err);
}

const lnti_codec lnti_codec_heif = {LNTI_IMAGE_HEIF, "heif", "HEIF", false, is_heif, probe_heif, decode, NULL};
const lnti_codec lnti_codec_avif = {LNTI_IMAGE_AVIF, "avif", "AVIF", false, is_avif, probe_avif, decode, NULL};
