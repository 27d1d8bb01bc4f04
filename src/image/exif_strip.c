/*
 * Stripping: each container is copied unit by unit, and only units that are known to hold pixels, or what pixels need to be
 * shown right, are. The result is read again at the end: whatever a file is made to look like, what was asked for is gone.
 */
#include <image/exif.h>

#include <base/alloc.h>
#include <base/bytes.h>
#include <base/error.h>
#include <image/exif_parts.h>
#include <image/jpeg_segment.h>
#include <stdlib.h>
#include <string.h>

/* A copy may be longer by a header and some padding, never by more. */
enum { SLACK = 256, JPEG_EXIF_MAX = 65533 - 6 };

/* ---- JPEG ---- */

static bool begins(lnti_span span, const char *with, size_t n) {
  return span.n >= n && memcmp(span.data, with, n) == 0;
}

static void put_segment(lnti_strip_out *out, unsigned marker, const char *name, size_t name_bytes, const uint8_t *data,
                        size_t n) {
  const size_t length = 2 + name_bytes + n;
  const uint8_t head[4] = {0xff, (uint8_t)marker, (uint8_t)(length >> 8), (uint8_t)length};
  lnti_strip_put(out, head, sizeof head);
  lnti_strip_put(out, name, name_bytes);
  lnti_strip_put(out, data, n);
}

static lnt_status put_exif(lnti_strip_out *out, lnti_span exif, unsigned what, lnt_error *err) {
  uint8_t *block = NULL;
  const size_t cap = exif.n + SLACK / 2 < JPEG_EXIF_MAX ? exif.n + SLACK / 2 : JPEG_EXIF_MAX;
  lnt_status status = lnti_alloc(&block, cap, 1, err);
  if (status != LNT_OK) return status;
  const size_t n = lnti_exif_rewrite(block, cap, exif, what);
  if (n > 0) put_segment(out, 0xe1, "Exif\0", 6, block, n);
  free(block);
  return LNT_OK;
}

/** Of the application segments: JFIF without its thumbnail, EXIF rewritten, colour profiles, Adobe's colour transform. */
static lnt_status put_application(lnti_strip_out *out, bool *has_exif, const lnti_jpeg_segment *segment, unsigned what,
                                  lnt_error *err) {
  const lnti_span p = {segment->data, segment->bytes};
  lnti_span exif;
  if (segment->marker == 0xe0 && begins(p, "JFIF", 5) && p.n >= 12) {
    uint8_t head[9] = {0}; /* version, units, densities; a thumbnail of 0 x 0 */
    memcpy(head, p.data + 5, 7);
    put_segment(out, 0xe0, "JFIF", 5, head, sizeof head);
  }
  if (segment->marker == 0xe1 && !*has_exif && begins(p, "Exif", 5) && lnti_exif_unwrap(&exif, p.data, p.n)) {
    *has_exif = true;
    return put_exif(out, exif, what, err);
  }
  if (segment->marker == 0xe2 && begins(p, "ICC_PROFILE", 12)) put_segment(out, 0xe2, "", 0, p.data, p.n);
  if (segment->marker == 0xee && begins(p, "Adobe", 5) && p.n >= 12) put_segment(out, 0xee, "", 0, p.data, 12);
  return LNT_OK;
}

/** Tables, frames and scans; JPEG-LS has two markers of its own (T.87). */
static bool holds_pixels(unsigned marker) {
  return (marker >= 0xc0 && marker <= 0xdf) || marker == 0xf7 || marker == 0xf8;
}

/** Where a scan's data end: at a marker that may follow one. */
static size_t scan_end(const uint8_t *data, size_t n, size_t at) {
  lnti_jpeg_segment next;
  return lnti_jpeg_next(&next, &at, data, n) ? next.at : at;
}

static lnt_status strip_jpeg(lnti_strip_out *out, const uint8_t *data, size_t n, unsigned what, lnt_error *err) {
  lnti_jpeg_segment segment;
  lnt_status status = LNT_OK;
  size_t at = 2;
  bool has_exif = false, has_scan = false;
  lnti_strip_put(out, data, 2);
  while (status == LNT_OK && lnti_jpeg_next(&segment, &at, data, n)) {
    if (segment.marker >= 0xe0 && segment.marker <= 0xef) {
      status = put_application(out, &has_exif, &segment, what, err);
    } else if (holds_pixels(segment.marker)) {
      lnti_strip_put(out, data + segment.at, segment.n);
    }
    if (segment.marker == LNTI_JPEG_EOI) break; /* what stands behind is not of the image */
    if (segment.marker == LNTI_JPEG_SOS) {
      const size_t end = scan_end(data, n, at);
      lnti_strip_put(out, data + at, end - at);
      at = end;
      has_scan = true;
    }
  }
  if (status != LNT_OK) return status;
  if (!has_scan) {
    return lnti_fail(err, LNT_EDATA, "the JPEG file has no pixels, or is broken before them (at byte %zu)", at);
  }
  /* What ends early, or is broken behind a scan, ends there in the copy, too. */
  return LNT_OK;
}

/* ---- WebP (RFC 9649) ---- */

static lnt_status webp_ends(size_t at, lnt_error *err) {
  return lnti_fail(err, LNT_EDATA, "the WebP file ends early, in the chunk at byte %zu", at);
}

static void put_chunk(lnti_strip_out *out, const void *type, const uint8_t *data, size_t n) {
  uint8_t length[4];
  lnti_put_le32(length, (uint32_t)n);
  lnti_strip_put(out, type, 4);
  lnti_strip_put(out, length, 4);
  lnti_strip_put(out, data, n);
  if (n & 1) lnti_strip_put(out, "", 1);
}

static lnt_status put_webp_exif(lnti_strip_out *out, size_t flags_at, const uint8_t *data, size_t n, unsigned what,
                                lnt_error *err) {
  lnti_span exif;
  uint8_t *block = NULL;
  if (!lnti_exif_unwrap(&exif, data, n)) return LNT_OK;
  lnt_status status = lnti_alloc(&block, exif.n + SLACK / 2, 1, err);
  if (status != LNT_OK) return status;
  const size_t length = lnti_exif_rewrite(block, exif.n + SLACK / 2, exif, what);
  if (length > 0 && flags_at) {
    put_chunk(out, "EXIF", block, length);
    out->data[flags_at] |= 0x08;
  }
  free(block);
  return LNT_OK;
}

/** A frame: its place and its bitstream, and no other chunk. */
static lnt_status put_frame(lnti_strip_out *out, const uint8_t *data, size_t n, size_t at_in_file, lnt_error *err) {
  const size_t begin = out->n;
  size_t at = 16;
  if (n < at) return webp_ends(at_in_file, err);
  put_chunk(out, "ANMF", data, at);
  while (n - at >= 8) {
    const uint8_t *type = data + at;
    const size_t length = lnti_get_le32(type + 4);
    if (length > n - at - 8) return webp_ends(at_in_file, err);
    if (memcmp(type, "ALPH", 4) == 0 || memcmp(type, "VP8 ", 4) == 0 || memcmp(type, "VP8L", 4) == 0) {
      put_chunk(out, type, type + 8, length);
    }
    at += 8 + length;
    if (length & 1 && at < n) at++;
  }
  if (!out->full) lnti_put_le32(out->data + begin + 4, (uint32_t)(out->n - begin - 8));
  return LNT_OK;
}

static lnt_status strip_webp(lnti_strip_out *out, const uint8_t *data, size_t n, unsigned what, lnt_error *err) {
  static const char kept[] = "VP8 VP8LVP8XALPHANIMICCP";
  lnt_status status = LNT_OK;
  size_t flags_at = 0;
  bool has_exif = false, has_pixels = false;
  const size_t end = lnti_get_le32(data + 4) < n - 8 ? lnti_get_le32(data + 4) + (size_t)8 : n;
  lnti_strip_put(out, data, 12);
  for (size_t at = 12; status == LNT_OK && at < end && end - at >= 8;) {
    const uint8_t *type = data + at, *body = type + 8;
    const size_t length = lnti_get_le32(data + at + 4);
    if (length > end - at - 8) return webp_ends(at, err);
    const size_t begin_at = at;
    at += 8 + length + (length & 1);
    if (memcmp(type, "EXIF", 4) == 0 && !has_exif) {
      has_exif = true;
      status = put_webp_exif(out, flags_at, body, length, what, err);
    }
    if (memcmp(type, "ANMF", 4) == 0) {
      status = put_frame(out, body, length, begin_at, err);
      has_pixels = true;
    }
    for (const char *name = kept; *name; name += 4) {
      if (memcmp(type, name, 4) != 0) continue;
      const size_t begin = out->n;
      put_chunk(out, type, body, length);
      if (name == kept + 8 && length > 0 && !out->full) { /* VP8X: neither EXIF nor XMP until one is written */
        flags_at = begin + 8;
        out->data[flags_at] &= 0xf3;
      } else if (name[0] == 'V') {
        has_pixels = true;
      }
    }
  }
  if (status == LNT_OK && !has_pixels) return lnti_fail(err, LNT_EDATA, "the WebP file has no pixels");
  if (status == LNT_OK && !out->full) lnti_put_le32(out->data + 4, (uint32_t)(out->n - 8));
  return status;
}

/* ---- all ---- */

static lnt_status strip(lnti_strip_out *out, const uint8_t *data, size_t n, unsigned what, lnt_error *err) {
  switch (lnti_exif_container(data, n)) {
    case LNTI_CONTAINER_JPEG:
      return strip_jpeg(out, data, n, what, err);
    case LNTI_CONTAINER_PNG:
      return lnti_png_strip(out, data, n, what, err);
    case LNTI_CONTAINER_WEBP:
      return strip_webp(out, data, n, what, err);
    case LNTI_CONTAINER_TIFF:
      return lnti_tiff_strip(out, data, n, what, err);
    case LNTI_CONTAINER_HEIF:
      return lnti_fail(err, LNT_EUNSUPPORTED,
                       "metadata cannot be taken out of HEIF and AVIF: export it as PNG or JPEG, which has none");
    case LNTI_CONTAINER_OTHER:
      break;
  }
  return lnti_fail(
      err, LNT_EUNSUPPORTED,
      "metadata are taken out of JPEG, PNG, WebP and TIFF alone: export it as PNG or JPEG, which has none");
}

lnt_status lnti_exif_strip(uint8_t **out, size_t *n_out, const uint8_t *data, size_t n, unsigned what, lnt_error *err) {
  lnti_strip_out copy = {0};
  lnti_exif left;
  if (what == 0 || what > (LNTI_STRIP_GPS | LNTI_STRIP_SERIALS)) {
    return lnti_fail(err, LNT_EINVAL, "it is GPS (1) or serial numbers (2) or both that can be stripped, not %u", what);
  }
  lnt_status status = LNT_ENOMEM;
  if (!lnti_size_add(&copy.cap, n, SLACK)) return lnti_fail_memory(err, n);
  status = lnti_alloc_zero(&copy.data, copy.cap, 1, err);
  if (status == LNT_OK) status = strip(&copy, data, n, what, err);
  if (status == LNT_OK) {
    lnti_exif_read(&left, copy.data, copy.n);
    if (copy.full || (what & LNTI_STRIP_GPS && left.has_gps) || (what & LNTI_STRIP_SERIALS && left.serial[0])) {
      status = lnti_fail(err, LNT_EDATA,
                         "the file's parts lie over each other: its metadata cannot be told from its pixels");
    }
  }
  if (status != LNT_OK) {
    free(copy.data);
    return status;
  }
  *out = copy.data;
  *n_out = copy.n;
  return LNT_OK;
}
