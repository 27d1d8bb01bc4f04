/*
 * libvips: PNG, WebP, TIFF, HEIF, AVIF. The only file that includes it.
 *
 * Its state is the process's, so it is loaded and started once, by pthread_once: that guard and what it leaves are
 * the writable statics of this layer. Loaders that are not meant for hostile input are blocked, the
 * operation cache is off (nothing is decoded twice), one thread; its warnings go nowhere, since what is
 * wrong with a file is told in our error.
 *
 * Pixels are pulled strip by strip on the calling thread, which needs no pool of vips's and no second copy.
 */
#include <image/codec.h>

#include <base/alloc.h>
#include <base/error.h>
#include <base/library.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <vips/vips.h>

enum { STRIP_ROWS = 64, PNG_COMPRESSION = 6 };

/* Not linked with: the eighty libraries that it brings would be loaded at each start of the program. */
#define FUNCTIONS(X)            \
  X(g_free)                     \
  X(g_log_set_handler)          \
  X(g_object_unref)             \
  X(vips_block_untrusted_set)   \
  X(vips_cache_set_max)         \
  X(vips_concurrency_set)       \
  X(vips_copy)                  \
  X(vips_error_clear)           \
  X(vips_heifload_buffer)       \
  X(vips_image_new_from_memory) \
  X(vips_init)                  \
  X(vips_pngload_buffer)        \
  X(vips_pngsave_buffer)        \
  X(vips_region_new) X(vips_region_prepare) X(vips_tiffload_buffer) X(vips_type_find) X(vips_webpload_buffer)

static struct { FUNCTIONS(LNTI_LIBRARY_FUNCTION) } lib;

static pthread_once_t started = PTHREAD_ONCE_INIT;
static lnt_status start_status;
static lnt_error start_error;

static void drop_message(const gchar *domain, GLogLevelFlags level, const gchar *message, gpointer data) {
  (void)domain;
  (void)level;
  (void)message;
  (void)data;
}

static void start(void) {
  static const char remedy[] =
      "install it (Debian's package libvips42). Without it no PNG, WebP, TIFF, HEIF and AVIF files "
      "can be read; JPEG, BMP, PNM and PFM can";
  static const lnti_library_symbol symbols[] = {FUNCTIONS(LNTI_LIBRARY_SYMBOL)};
  start_status = lnti_library_load(LINNET_LIBVIPS, remedy, symbols, sizeof symbols / sizeof *symbols, &start_error);
  if (start_status != LNT_OK) return;
  lib.g_log_set_handler("VIPS", G_LOG_LEVEL_MASK, drop_message, NULL);
  if (lib.vips_init("linnet") != 0) {
    start_status = lnti_fail(&start_error, LNT_EINTERNAL, "libvips could not be started; is it installed whole?");
    return;
  }
  lib.vips_block_untrusted_set(TRUE);
  lib.vips_concurrency_set(1);
  lib.vips_cache_set_max(0);
}

lnt_status lnti_image_start(lnt_error *err) {
  const int code = pthread_once(&started, start);
  if (code != 0) return lnti_fail_errno(err, code, "libvips could not be started");
  if (start_status != LNT_OK && err) *err = start_error;
  return start_status;
}

/** A failure in words of our own: vips's error buffer is the process's, and another thread's words might stand in it. It
 *  is emptied, since it would grow from file to file. */
static lnt_status vips_failed(lnt_status code, const char *words, lnt_error *err) {
  lib.vips_error_clear();
  return lnti_fail(err, code, "%s", words);
}

static lnt_status damaged(const lnti_image_info *info, lnt_error *err) {
  lib.vips_error_clear();
  return lnti_fail(err, LNT_EDATA, "the %s file is damaged: its pixels cannot be decoded",
                   lnti_format_title(info->format));
}

/** out->h rows from `top` on. */
static lnt_status pull(lnti_image *out, VipsRegion *region, int top, const lnti_image_info *info,
                       const lnti_raster *raster, lnt_error *err) {
  const size_t row_bytes = lnti_image_bytes(out) / out->h;
  const int end = top + (int)out->h;
  uint8_t *to = out->data;
  for (int y = top; y < end; y += STRIP_ROWS) {
    VipsRect strip = {0, y, (int)out->w, VIPS_MIN(STRIP_ROWS, end - y)};
    if (lib.vips_region_prepare(region, &strip) != 0) return damaged(info, err);
    for (int row = y; row < y + strip.height; row++, to += row_bytes) {
      const VipsPel *from =
          region->data + (size_t)(row - region->valid.top) * (size_t)region->bpl; /* valid from column 0 on */
      lnti_raster_row(to, from, out->w, raster);
    }
  }
  return LNT_OK;
}

static lnt_status new_region(VipsRegion **out, VipsImage *image, lnt_error *err) {
  VipsRegion *region = lib.vips_region_new(image);
  if (!region) return vips_failed(LNT_ENOMEM, "not enough memory for the decoder", err);
  *out = region;
  return LNT_OK;
}

static VipsBandFormat band_format(lnti_sample sample) {
  static const VipsBandFormat formats[] = {
      [LNTI_SAMPLE_U8] = VIPS_FORMAT_UCHAR,   [LNTI_SAMPLE_S8] = VIPS_FORMAT_CHAR,
      [LNTI_SAMPLE_U16] = VIPS_FORMAT_USHORT, [LNTI_SAMPLE_S16] = VIPS_FORMAT_SHORT,
      [LNTI_SAMPLE_U32] = VIPS_FORMAT_UINT,   [LNTI_SAMPLE_S32] = VIPS_FORMAT_INT,
      [LNTI_SAMPLE_F32] = VIPS_FORMAT_FLOAT,
  };
  return formats[sample];
}

/** True where vips is about to give what the header promised, `n` times. */
static gboolean as_promised(const VipsImage *image, size_t n, const lnti_image_info *info, const lnti_raster *raster) {
  return (size_t)image->Ysize == n * info->h && (size_t)image->Xsize == info->w &&
         (size_t)image->Bands == raster->bands && image->BandFmt == band_format(raster->sample) &&
         image->Coding == VIPS_CODING_NONE;
}

/** The loader is named by the format, never found by vips. `n`: frames, one below the other; of animations alone. */
static int load(VipsImage **out, const lnti_blob *blob, size_t page, size_t n_frames, lnti_image_format format) {
  void *bytes = NULL; /* vips takes them as writable, and does not write */
  memcpy(&bytes, &blob->data, sizeof bytes);
  const size_t n = blob->bytes;
  switch (format) {
    case LNTI_IMAGE_PNG:
      return lib.vips_pngload_buffer(bytes, n, out, "access", VIPS_ACCESS_SEQUENTIAL, "fail_on", VIPS_FAIL_ON_ERROR,
                                     NULL);
    case LNTI_IMAGE_WEBP:
      return lib.vips_webpload_buffer(bytes, n, out, "page", (int)page, "n", (int)n_frames, "access",
                                      VIPS_ACCESS_SEQUENTIAL, "fail_on", VIPS_FAIL_ON_WARNING, NULL);
    case LNTI_IMAGE_TIFF:
      return lib.vips_tiffload_buffer(bytes, n, out, "page", (int)page, "access", VIPS_ACCESS_SEQUENTIAL, "fail_on",
                                      VIPS_FAIL_ON_WARNING, NULL);
    case LNTI_IMAGE_HEIF:
    case LNTI_IMAGE_AVIF:
      return lib.vips_heifload_buffer(bytes, n, out, "page", (int)page, "access", VIPS_ACCESS_SEQUENTIAL, "fail_on",
                                      VIPS_FAIL_ON_WARNING, NULL);
    default:
      return -1;
  }
}

lnt_status lnti_vips_can_heif(lnt_error *err) {
  lnt_status status = lnti_image_start(err);
  if (status != LNT_OK) return status;
  if (lib.vips_type_find("VipsOperation", "heifload_buffer") != 0) return LNT_OK;
  return lnti_fail(err, LNT_EUNSUPPORTED,
                   "HEIF and AVIF cannot be read here: libvips's module for them (vips-heif.so) is not installed");
}

/** Opens `n` frames from `page` on. */
static lnt_status open_image(VipsImage **out, const lnti_blob *blob, size_t page, size_t n, const lnti_image_info *info,
                             const lnti_raster *raster, lnt_error *err) {
  VipsImage *image = NULL;
  lnt_status status = lnti_image_start(err);
  if (status != LNT_OK) return status;
  if (load(&image, blob, page, n, info->format) != 0) {
    status = damaged(info, err);
  } else if (!as_promised(image, n, info, raster)) {
    status =
        lnti_fail(err, LNT_EDATA, "the %s file's pixels are not what its header says", lnti_format_title(info->format));
  }
  if (status == LNT_OK) {
    *out = image;
  } else if (image) {
    lib.g_object_unref(image);
  }
  return status;
}

lnt_status lnti_vips_decode(lnti_image *out, const lnti_blob *blob, size_t page, const lnti_image_info *info,
                            const lnti_raster *raster, lnt_error *err) {
  lnti_image decoded = {0};
  VipsImage *image = NULL;
  VipsRegion *region = NULL;
  lnt_status status = open_image(&image, blob, page, 1, info, raster, err);
  if (status != LNT_OK) return status;
  status = lnti_image_new(&decoded, info->h, info->w, info->c, info->depth, err);
  if (status == LNT_OK) status = new_region(&region, image, err);
  if (status == LNT_OK) status = pull(&decoded, region, 0, info, raster, err);
  if (status == LNT_OK) {
    *out = decoded;
    decoded.data = NULL;
  }
  lnti_image_clear(&decoded);
  if (region) lib.g_object_unref(region);
  lib.g_object_unref(image);
  return status;
}

/* ---- frames ---- */

/** vips gives frames one below the other, drawn while it comes to them. An image of its can have VIPS_MAX_COORD rows:
 *  of many or large frames it is several, for each of which vips draws those before it. */
struct lnti_vips_frames {
  lnti_blob blob;
  lnti_image_info info;
  lnti_raster raster;
  VipsImage *image; /* of the frames [first, first + n); NULL before the first */
  VipsRegion *region;
  size_t first, n;
  bool broken; /* a frame could not be decoded even alone: nor can those that are drawn over it */
};

static void close_part(lnti_vips_frames *f) {
  if (f->region) lib.g_object_unref(f->region);
  if (f->image) lib.g_object_unref(f->image);
  f->region = NULL;
  f->image = NULL;
}

static lnt_status open_part(lnti_vips_frames *f, size_t frame, bool alone, lnt_error *err) {
  const size_t left = alone ? 1 : f->info.frames - frame, most = VIPS_MAX_COORD / f->info.h;
  close_part(f);
  f->first = frame;
  f->n = left < most ? left : most;
  lnt_status status = open_image(&f->image, &f->blob, frame, f->n, &f->info, &f->raster, err);
  return status == LNT_OK ? new_region(&f->region, f->image, err) : status;
}

lnt_status lnti_vips_frames_open(lnti_vips_frames **out, const lnti_blob *blob, const lnti_image_info *info,
                                 const lnti_raster *raster, lnt_error *err) {
  lnti_vips_frames *f = NULL;
  lnt_status status = lnti_alloc_zero(&f, 1, sizeof *f, err);
  if (status != LNT_OK) return status;
  *f = (lnti_vips_frames){.blob = *blob, .info = *info, .raster = *raster};
  *out = f;
  return LNT_OK;
}

static lnt_status read_part(lnti_image *out, lnti_vips_frames *f, size_t frame, bool alone, lnt_error *err) {
  lnt_status status = LNT_OK;
  if (alone || !f->image || frame - f->first >= f->n) status = open_part(f, frame, alone, err);
  return status ? status : pull(out, f->region, (int)((frame - f->first) * f->info.h), &f->info, &f->raster, err);
}

/* libvips works in strips that may reach into the next frames, so that one that is broken takes those before it with it:
 * they are read once more, each alone. */
lnt_status lnti_vips_frames_read(lnti_image *out, lnti_vips_frames *f, size_t frame, lnt_error *err) {
  const lnti_image_info *info = &f->info;
  lnti_image decoded = {0};
  if (f->broken) return lnti_fail(err, LNT_EDATA, "a frame before this one is damaged, and it is drawn over that");
  lnt_status status = lnti_image_new(&decoded, info->h, info->w, info->c, info->depth, err);
  if (status == LNT_OK) status = read_part(&decoded, f, frame, false, err);
  if (status == LNT_EDATA) {
    status = read_part(&decoded, f, frame, true, err);
    f->broken = status == LNT_EDATA;
    if (status == LNT_OK && err) *err = (lnt_error)LNT_ERROR_INIT;
  }
  if (status != LNT_OK) {
    close_part(f);
    lnti_image_clear(&decoded);
    return status;
  }
  *out = decoded;
  return LNT_OK;
}

void lnti_vips_frames_close(lnti_vips_frames *frames) {
  close_part(frames);
  free(frames);
}

lnt_status lnti_vips_encode_png(uint8_t **data_out, size_t *bytes_out, const lnti_image *image, lnt_error *err) {
  VipsImage *bare = NULL, *named = NULL;
  void *bytes = NULL;
  size_t n = 0;
  uint8_t *copy = NULL;
  lnt_status status = LNT_OK;
  bare = lib.vips_image_new_from_memory(image->data, lnti_image_bytes(image), (int)image->w, (int)image->h,
                                        (int)image->c, VIPS_FORMAT_UCHAR);
  if (!bare) goto failed;
  const VipsInterpretation colours = image->c == 1 ? VIPS_INTERPRETATION_B_W : VIPS_INTERPRETATION_sRGB;
  if (lib.vips_copy(bare, &named, "interpretation", colours, NULL) != 0) goto failed;
  if (lib.vips_pngsave_buffer(named, &bytes, &n, "compression", PNG_COMPRESSION, "strip", TRUE, NULL) != 0) goto failed;
  status = lnti_alloc(&copy, n, 1, err);
  if (status != LNT_OK) goto done;
  memcpy(copy, bytes, n);
  *data_out = copy;
  *bytes_out = n;
  goto done;
failed:
  status = vips_failed(LNT_EINTERNAL, "the image could not be written as PNG", err);
done:
  (lib.g_free)(bytes);
  if (named) lib.g_object_unref(named);
  if (bare) lib.g_object_unref(bare);
  return status;
}
