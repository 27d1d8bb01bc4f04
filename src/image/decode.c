/*
 * The canonical decode: which format it is, the caps, that format's decoder, and the image turned upright. The format
 * is told by the first bytes alone; names and suffixes are not looked at.
 */
#include <image/image.h>

#include <base/error.h>
#include <image/codec.h>
#include <image/exif.h>
#include <stdio.h>
#include <string.h>

/* The registry. What is not in it is not read. */
const lnti_codec *const lnti_codecs[] = {&lnti_codec_jpeg, &lnti_codec_png,  &lnti_codec_webp, &lnti_codec_gif,
                                         &lnti_codec_tiff, &lnti_codec_heif, &lnti_codec_avif, &lnti_codec_bmp,
                                         &lnti_codec_pnm,  &lnti_codec_pam,  &lnti_codec_pfm,  NULL};

/** The codec of a file; NULL for one that is not read. */
static const lnti_codec *find_codec(const uint8_t *data, size_t n) {
  for (const lnti_codec *const *codec = lnti_codecs; *codec; codec++) {
    if ((*codec)->sniff(data, n)) return *codec;
  }
  return NULL;
}

bool lnti_image_sniff(const uint8_t *data, size_t n) {
  return find_codec(data, n) || lnti_unread_format(data, n);
}

/** NULL for pixels, which have none. */
static const lnti_codec *codec_of(lnti_image_format format) {
  for (const lnti_codec *const *codec = lnti_codecs; *codec; codec++) {
    if ((*codec)->format == format) return *codec;
  }
  return NULL;
}

const char *lnti_image_format_name(lnti_image_format format) {
  const lnti_codec *codec = codec_of(format);
  if (codec) return codec->name;
  return format == LNTI_IMAGE_PIXELS ? "pixels" : "unknown";
}

const char *lnti_format_title(lnti_image_format format) {
  const lnti_codec *codec = codec_of(format);
  return codec ? codec->title : "image";
}

/** "JPEG, PNG and PNM". */
static void write_titles(char *out, size_t n) {
  size_t length = 0;
  out[0] = 0;
  for (const lnti_codec *const *codec = lnti_codecs; *codec && length < n; codec++) {
    const char *between = codec == lnti_codecs ? "" : codec[1] ? ", " : " and ";
    length += (size_t)snprintf(out + length, n - length, "%s%s", between, (*codec)->title);
  }
}

static lnt_status refuse(const uint8_t *data, size_t n, lnt_error *err) {
  char titles[160];
  if (n == 0) return lnti_fail(err, LNT_EDATA, "the file is empty");
  const char *name = lnti_unread_format(data, n);
  write_titles(titles, sizeof titles);
  if (name) return lnti_fail(err, LNT_EUNSUPPORTED, "%s is not read by this version; %s are", name, titles);
  return lnti_fail(err, LNT_EUNSUPPORTED, "this is no image of a known format; %s are read", titles);
}

static lnt_status probe_pixels(lnti_image_info *out, const lnti_blob *blob, lnt_error *err) {
  if (blob->c == 0)
    return lnti_fail(err, LNT_EUNSUPPORTED, "the array's records are not images (h x w, or h x w x 1, 3 or 4)");
  *out = (lnti_image_info){.format = LNTI_IMAGE_PIXELS,
                           .h = blob->h,
                           .w = blob->w,
                           .c = blob->c,
                           .depth = LNTI_DEPTH_U8,
                           .frames = 1,
                           .orientation = 1};
  return LNT_OK;
}

/** Orientations 5 to 8 lie on their side. */
static bool lies(const lnti_image_info *info) {
  return info->orientation > 4;
}

static void swap(size_t *a, size_t *b) {
  const size_t kept = *a;
  *a = *b;
  *b = kept;
}

void lnti_info_upright(lnti_image_info *info) {
  if (lies(info)) swap(&info->h, &info->w);
}

lnt_status lnti_codec_probe(const lnti_codec **codec_out, lnti_image_info *out, const lnti_blob *blob,
                            const lnti_image_limits *limits, lnt_error *err) {
  const lnti_codec *codec = NULL;
  lnti_image_info info = {0};
  lnt_status status;
  if (blob->kind == LNTI_BLOB_PIXELS) {
    status = probe_pixels(&info, blob, err);
  } else {
    codec = find_codec(blob->data, blob->bytes);
    status = codec ? codec->probe(&info, blob, limits, err) : refuse(blob->data, blob->bytes, err);
    if (status == LNT_OK && codec->exif) info.orientation = lnti_exif_orientation(blob->data, blob->bytes);
  }
  if (status == LNT_OK) status = lnti_image_check(&info, limits, err);
  if (status != LNT_OK) return status;
  if (codec && blob->frame >= info.frames) {
    return lnti_fail(err, LNT_ENOTFOUND, "there is no frame %zu in the file: the last of its %zu is %zu", blob->frame,
                     info.frames, info.frames - 1);
  }
  *codec_out = codec;
  *out = info;
  return LNT_OK;
}

lnt_status lnti_image_probe(lnti_image_info *out, const lnti_blob *blob, const lnti_image_limits *limits,
                            lnt_error *err) {
  const lnti_codec *codec = NULL;
  lnti_image_info info = {0};
  lnt_status status = lnti_codec_probe(&codec, &info, blob, limits, err);
  if (status != LNT_OK) return status;
  lnti_info_upright(&info);
  *out = info;
  return LNT_OK;
}

static lnt_status copy_pixels(lnti_image *out, const lnti_image_info *info, const lnti_blob *blob, lnt_error *err) {
  lnt_status status = lnti_image_new(out, info->h, info->w, info->c, LNTI_DEPTH_U8, err);
  if (status == LNT_OK) memcpy(out->data, blob->data, lnti_image_bytes(out));
  return status;
}

/** A frame by the reader that was left at one before it, or a new one, which is left in turn. */
static lnt_status decode_kept(lnti_image *out, const lnti_codec_animation *animation, const lnti_blob *blob,
                              const lnti_image_info *info, lnt_error *err) {
  void *reader = lnti_kept_take(blob->kept, blob->frame);
  lnt_status status = reader ? LNT_OK : animation->open(&reader, blob, info, err);
  if (status != LNT_OK) return status;
  status = animation->read(out, reader, blob->frame, err);
  if (status == LNT_ENOMEM) {
    animation->close(reader);
  } else { /* a canvas, and one to go back to */
    lnti_kept_leave(blob->kept, reader, blob->frame + 1, 2 * info->h * info->w * info->c, animation->close);
  }
  return status;
}

lnt_status lnti_image_decode(lnti_image *out, size_t *rows_missing_out, const lnti_blob *blob,
                             const lnti_size *shrink_to, const lnti_image_limits *limits, lnt_error *err) {
  const lnti_codec *codec = NULL;
  lnti_image_info info;
  lnti_image image = {0};
  lnti_size smallest = {0};
  size_t rows_missing = 0;
  lnt_status status = lnti_codec_probe(&codec, &info, blob, limits, err);
  if (status != LNT_OK) return status;
  if (shrink_to) {
    smallest = *shrink_to;
    if (lies(&info)) swap(&smallest.h, &smallest.w);
    shrink_to = &smallest;
  }
  if (!codec) {
    status = copy_pixels(&image, &info, blob, err);
  } else if (codec->animation && blob->kept) {
    status = decode_kept(&image, codec->animation, blob, &info, err);
  } else {
    status = codec->decode(&image, &rows_missing, blob, &info, shrink_to, err);
  }
  if (status == LNT_OK) status = lnti_image_upright(&image, info.orientation, err);
  if (status != LNT_OK) {
    lnti_image_clear(&image);
    return status;
  }
  *out = image;
  if (rows_missing_out) *rows_missing_out = rows_missing;
  return LNT_OK;
}
