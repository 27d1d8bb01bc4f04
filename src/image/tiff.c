/*
 * TIFF and BigTIFF: own code walks the chain of directories and judges the wanted page (tiff_page.c); libvips has
 * libtiff decode its pixels.
 */
#include <image/tiff.h>

#include <base/error.h>
#include <base/bytes.h>
#include <string.h>

enum { VERSION = 42, VERSION_BIG = 43 };

static bool is_tiff(const uint8_t *data, size_t n) {
  return n >= 4 && (memcmp(data, "II*\0", 4) == 0 || memcmp(data, "MM\0*", 4) == 0 || memcmp(data, "II+\0", 4) == 0 ||
                    memcmp(data, "MM\0+", 4) == 0);
}

uint64_t lnti_tiff_get(const lnti_tiff *tiff, const uint8_t *p, size_t bytes) {
  uint64_t v = 0;
  for (size_t i = 0; i < bytes; i++) v = v << 8 | p[tiff->big_endian ? i : bytes - 1 - i];
  return v;
}

static lnt_status ends_early(const lnti_tiff *tiff, uint64_t at, lnt_error *err) {
  return lnti_fail(err, LNT_EDATA,
                   "the TIFF file ends early: a directory of it should be at byte %llu, and there are %zu",
                   (unsigned long long)at, tiff->n);
}

lnt_status lnti_tiff_open(lnti_tiff *out, uint64_t *first_out, const uint8_t *data, size_t n, lnt_error *err) {
  lnti_tiff tiff = {.data = data, .n = n};
  if (n < 8) return ends_early(&tiff, 8, err);
  tiff.big_endian = data[0] == 'M';
  tiff.big = lnti_tiff_get(&tiff, data + 2, 2) == VERSION_BIG;
  if (tiff.big && n < 16) return ends_early(&tiff, 16, err);
  if (tiff.big && lnti_tiff_get(&tiff, data + 4, 4) != (tiff.big_endian ? 0x80000u : 8u)) {
    return lnti_fail(err, LNT_EDATA, "the BigTIFF header is broken");
  }
  *first_out = tiff.big ? lnti_tiff_get(&tiff, data + 8, 8) : lnti_tiff_get(&tiff, data + 4, 4);
  *out = tiff;
  return LNT_OK;
}

lnt_status lnti_tiff_directory(size_t *entries_out, uint64_t *next_out, const lnti_tiff *tiff, uint64_t at,
                               lnt_error *err) {
  const size_t count_bytes = tiff->big ? 8 : 2, entry_bytes = tiff->big ? 20 : 12, link_bytes = tiff->big ? 8 : 4;
  if (at > tiff->n || tiff->n - at < count_bytes) return ends_early(tiff, at, err);
  const uint64_t entries = lnti_tiff_get(tiff, tiff->data + at, count_bytes);
  const size_t left = tiff->n - (size_t)at - count_bytes;
  if (entries > left / entry_bytes || left - (size_t)entries * entry_bytes < link_bytes) {
    return ends_early(tiff, at, err);
  }
  *next_out = lnti_tiff_get(tiff, tiff->data + at + count_bytes + entries * entry_bytes, link_bytes);
  *entries_out = (size_t)entries;
  return LNT_OK;
}

/** Counts the pages, stopping above `max`, and finds the wanted one; *wanted_out stays where there is none. A chain
 *  that bites its tail is found by Brent's method: an offset that is kept from powers of two on comes again. */
static lnt_status walk(size_t *n_out, uint64_t *wanted_out, const lnti_tiff *tiff, uint64_t first, size_t wanted,
                       size_t max, lnt_error *err) {
  uint64_t at = first, kept = 0;
  size_t n = 0, renew = 1;
  while (at != 0 && n <= max) {
    size_t entries = 0;
    uint64_t next = 0;
    if (at == kept) return lnti_fail(err, LNT_EDATA, "the TIFF file's chain of directories runs in a circle");
    if (n == renew) {
      kept = at;
      renew *= 2;
    }
    lnt_status status = lnti_tiff_directory(&entries, &next, tiff, at, err);
    if (status != LNT_OK) return status;
    if (n++ == wanted) *wanted_out = at;
    at = next;
  }
  *n_out = n;
  return LNT_OK;
}

/** The page that the blob names; *out is untouched where the file has fewer. */
static lnt_status find_page(lnti_tiff_page *out, size_t *n_pages_out, const lnti_blob *blob, size_t max,
                            lnt_error *err) {
  lnti_tiff tiff;
  uint64_t first = 0, at = 0;
  size_t n = 0;
  lnt_status status = lnti_tiff_open(&tiff, &first, blob->data, blob->bytes, err);
  if (status == LNT_OK) status = walk(&n, &at, &tiff, first, blob->frame, max, err);
  if (status == LNT_OK && n == 0) status = lnti_fail(err, LNT_EDATA, "the TIFF file holds no image");
  /* Of a page that is not there the first is told, whose size the caps can judge. */
  if (status == LNT_OK) status = lnti_tiff_read_page(out, &tiff, at ? at : first, err);
  if (status == LNT_OK) *n_pages_out = n;
  return status;
}

static lnt_status probe(lnti_image_info *out, const lnti_blob *blob, const lnti_image_limits *limits, lnt_error *err) {
  lnti_tiff_page page = {0};
  size_t n = 0;
  lnt_status status = find_page(&page, &n, blob, limits->frames_max, err);
  if (status != LNT_OK) return status;
  *out = (lnti_image_info){.format = LNTI_IMAGE_TIFF,
                           .h = page.h,
                           .w = page.w,
                           .c = lnti_raster_channels(&page.raster),
                           .depth = lnti_raster_depth(&page.raster),
                           .frames = n,
                           .orientation = page.orientation};
  return LNT_OK;
}

static lnt_status decode(lnti_image *out, size_t *rows_missing_out, const lnti_blob *blob, const lnti_image_info *info,
                         const lnti_size *shrink_to, lnt_error *err) {
  (void)rows_missing_out;
  (void)shrink_to;
  lnti_tiff_page page = {0};
  size_t n = 0;
  lnt_status status = find_page(&page, &n, blob, info->frames, err);
  if (status != LNT_OK) return status;
  return lnti_vips_decode(out, blob, blob->frame, info, &page.raster, err);
}

const lnti_codec lnti_codec_tiff = {LNTI_IMAGE_TIFF, "tiff", "TIFF", false, is_tiff, probe, decode, NULL};
