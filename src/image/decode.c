/*
 * The canonical decode: which format it is, the caps, then that format's decoder. The format is told by the
 * first bytes alone; names and suffixes are not looked at.
 */
#include <image/image.h>

#include <base/error.h>
#include <image/codec.h>
#include <string.h>

/** Formats that are known and not read: so that the message can name them. */
typedef struct magic {
  const char *name;
  size_t offset;
  size_t n;
  const char *bytes;
} magic;

static const magic known[] = {
    {"GIF", 0, 4, "GIF8"},
    {"WebP", 8, 4, "WEBP"},
    {"TIFF", 0, 4, "II*\0"},
    {"TIFF", 0, 4, "MM\0*"},
    {"BigTIFF", 0, 4, "II+\0"},
    {"BigTIFF", 0, 4, "MM\0+"},
    {"BMP", 0, 2, "BM"},
    {"AVIF", 4, 8, "ftypavif"},
    {"AVIF", 4, 8, "ftypavis"},
    {"HEIF", 4, 8, "ftypheic"},
    {"HEIF", 4, 8, "ftypheix"},
    {"HEIF", 4, 8, "ftyphevc"},
    {"HEIF", 4, 8, "ftypmif1"},
    {"HEIF", 4, 8, "ftypmsf1"},
    {"JPEG 2000", 4, 8, "jP  \r\n\x87\n"},
    {"JPEG 2000", 0, 4, "\xff\x4f\xff\x51"},
    {"JPEG XL", 0, 2, "\xff\x0a"},
    {"JPEG XL", 4, 8, "JXL \r\n\x87\n"},
    {"JPEG-LS", 0, 4, "\xff\xd8\xff\xf7"},
    {"JPEG XR", 0, 4, "II\xbc\x01"},
    {"Apple's PNG variant (CgBI)", 12, 4, "CgBI"},
    {"PDF", 0, 5, "%PDF-"},
    {"PostScript", 0, 4, "%!PS"},
    {"PSD", 0, 4, "8BPS"},
    {"OpenEXR", 0, 4, "\x76\x2f\x31\x01"},
    {"Radiance HDR", 0, 10, "#?RADIANCE"},
    {"DICOM", 128, 4, "DICM"},
    {"FITS", 0, 9, "SIMPLE  ="},
    {"DDS", 0, 4, "DDS "},
    {"ICO", 0, 4, "\0\0\1\0"},
    {"CUR", 0, 4, "\0\0\2\0"},
    {"farbfeld", 0, 8, "farbfeld"},
    {"QOI", 0, 4, "qoif"},
    {"MNG", 0, 4, "\x8aMNG"},
    {"JNG", 0, 4, "\x8bJNG"},
    {"SGI", 0, 2, "\x01\xda"},
    {"PAM", 0, 3, "P7\n"},
    {"PFM", 0, 3, "PF\n"},
    {"PFM", 0, 3, "Pf\n"},
    {"video (MP4 or QuickTime)", 4, 4, "ftyp"},
    {"video (AVI)", 8, 4, "AVI "},
    {"video (Matroska)", 0, 4, "\x1a\x45\xdf\xa3"},
    {"ZIP", 0, 4, "PK\3\4"},
    {"gzip", 0, 2, "\x1f\x8b"},
    {"IDX (name a record of it, as in FILE#0, or import it as idx)", 0, 3, "\0\0\x08"},
};

/** SVG is text: an XML document whose first kilobyte opens the element. */
static bool is_svg(const uint8_t *data, size_t n) {
  const size_t window = n < 1024 ? n : 1024;
  return window > 0 && memchr(data, '<', window < 16 ? window : 16) && memmem(data, window, "<svg", 4);
}

static const char *container_name(const uint8_t *data, size_t n) {
  for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
    const magic *m = &known[i];
    if (n >= m->offset + m->n && memcmp(data + m->offset, m->bytes, m->n) == 0) return m->name;
  }
  return NULL;
}

bool lnti_image_sniff(const uint8_t *data, size_t n) {
  return lnti_is_jpeg(data, n) || lnti_is_png(data, n) || lnti_is_pnm(data, n) || container_name(data, n) ||
         is_svg(data, n);
}

static lnt_status refuse(const uint8_t *data, size_t n, lnt_error *err) {
  if (n == 0) return lnti_fail(err, LNT_EDATA, "the file is empty");
  const char *name = container_name(data, n);
  if (!name && is_svg(data, n)) name = "SVG";
  if (name) {
    return lnti_fail(err, LNT_EUNSUPPORTED, "%s is not read by this version; JPEG, PNG and PNM are", name);
  }
  return lnti_fail(err, LNT_EUNSUPPORTED, "this is no image of a known format; JPEG, PNG and PNM are read");
}

static lnt_status probe_pixels(lnti_image_info *out, const lnti_blob *blob, lnt_error *err) {
  if (blob->c == 0)
    return lnti_fail(err, LNT_EUNSUPPORTED, "the array's records are not images (h x w, or h x w x 1, 3 or 4)");
  *out = (lnti_image_info){LNTI_IMAGE_PIXELS, blob->h, blob->w, blob->c, LNTI_DEPTH_U8};
  return LNT_OK;
}

lnt_status lnti_image_probe(lnti_image_info *out, const lnti_blob *blob, const lnti_image_limits *limits,
                            lnt_error *err) {
  lnti_image_info info = {0};
  lnt_status status;
  if (blob->kind == LNTI_BLOB_PIXELS) {
    status = probe_pixels(&info, blob, err);
  } else if (container_name(blob->data, blob->bytes)) {
    status = refuse(blob->data, blob->bytes, err);
  } else if (lnti_is_jpeg(blob->data, blob->bytes)) {
    status = lnti_jpeg_probe(&info, blob->data, blob->bytes, err);
  } else if (lnti_is_png(blob->data, blob->bytes)) {
    status = lnti_png_probe(&info, blob->data, blob->bytes, err);
  } else if (lnti_is_pnm(blob->data, blob->bytes)) {
    status = lnti_pnm_probe(&info, blob->data, blob->bytes, err);
  } else {
    status = refuse(blob->data, blob->bytes, err);
  }
  if (status == LNT_OK) status = lnti_image_check(&info, limits, err);
  if (status == LNT_OK) *out = info;
  return status;
}

static lnt_status copy_pixels(lnti_image *out, const lnti_image_info *info, const lnti_blob *blob, lnt_error *err) {
  lnt_status status = lnti_image_new(out, info->h, info->w, info->c, LNTI_DEPTH_U8, err);
  if (status == LNT_OK) memcpy(out->data, blob->data, lnti_image_bytes(out));
  return status;
}

static lnt_status decode_png(lnti_image *out, const lnti_image_info *info, const lnti_blob *blob, lnt_error *err) {
  lnt_status status = lnti_image_start(err);
  if (status == LNT_OK) status = lnti_png_check(blob->data, blob->bytes, err);
  if (status == LNT_OK) status = lnti_vips_decode_png(out, info, blob->data, blob->bytes, err);
  return status;
}

lnt_status lnti_image_decode(lnti_image *out, size_t *rows_missing_out, const lnti_blob *blob,
                             const lnti_size *shrink_to, const lnti_image_limits *limits, lnt_error *err) {
  lnti_image_info info;
  size_t rows_missing = 0;
  lnt_status status = lnti_image_probe(&info, blob, limits, err);
  if (status != LNT_OK) return status;
  switch (info.format) {
    case LNTI_IMAGE_PIXELS:
      status = copy_pixels(out, &info, blob, err);
      break;
    case LNTI_IMAGE_JPEG:
      status = lnti_jpeg_decode(out, &rows_missing, blob->data, blob->bytes, shrink_to, err);
      break;
    case LNTI_IMAGE_PNG:
      status = decode_png(out, &info, blob, err);
      break;
    case LNTI_IMAGE_PNM:
      status = lnti_pnm_decode(out, blob->data, blob->bytes, err);
      break;
  }
  if (status == LNT_OK && rows_missing_out) *rows_missing_out = rows_missing;
  return status;
}
