/**
 * @file image.h
 * Images in memory: [h,w,c], interleaved, c of 1 (grey), 3 (sRGB) or 4 (sRGB + straight alpha), u8, or u16
 * or f32 where the source is deeper.
 */
#ifndef LNTI_IMAGE_IMAGE_H
#define LNTI_IMAGE_IMAGE_H

#include <linnet/status.h>
#include <media/media.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum lnti_depth { LNTI_DEPTH_U8, LNTI_DEPTH_U16, LNTI_DEPTH_F32 } lnti_depth;

/** Zero-initialise; lnti_image_clear frees. */
typedef struct lnti_image {
  size_t h, w, c;
  lnti_depth depth;
  void *data; /**< [h,w,c] dense, 64-byte aligned, owned */
} lnti_image;

LNT_MUST_CHECK lnt_status lnti_image_new(lnti_image *out, size_t h, size_t w, size_t c, lnti_depth depth,
                                         lnt_error *err);
void lnti_image_clear(lnti_image *image);
size_t lnti_image_bytes(const lnti_image *image);

/** Caps that are checked from the header, before a pixel is decoded. */
typedef struct lnti_image_limits {
  size_t pixels_max; /**< h * w */
  size_t side_max;   /**< h and w each */
  size_t bytes_max;  /**< of one decoded image */
  size_t frames_max; /**< frames or pages in one file */
} lnti_image_limits;

#define LNTI_IMAGE_LIMITS_INIT \
  { (size_t)200 << 20, 65535, (size_t)2 << 30, 10000 }

typedef enum lnti_image_format {
  LNTI_IMAGE_PIXELS, /**< a record of an array: no container */
  LNTI_IMAGE_JPEG,
  LNTI_IMAGE_PNG,
  LNTI_IMAGE_PNM, /**< P1 to P6, PAM and PFM */
  LNTI_IMAGE_WEBP,
  LNTI_IMAGE_GIF,
  LNTI_IMAGE_TIFF,
  LNTI_IMAGE_HEIF,
  LNTI_IMAGE_AVIF,
  LNTI_IMAGE_BMP
} lnti_image_format;

/** "pixels", "jpeg", "png", "pnm", "webp", "gif", "tiff", "heif", "avif", "bmp". */
const char *lnti_image_format_name(lnti_image_format format);

/** Raised whenever decode gives other pixels for the same file than before: it is part of the key of cached vectors. */
enum { LNTI_DECODE_VERSION = 2 };

enum { LNTI_IMAGE_SNIFF_BYTES = 1024 };
/** Whether a file of which these are the first n bytes (LNTI_IMAGE_SNIFF_BYTES are enough) begins as a format that is read,
 *  or that lnti_image_probe refuses by its name; false for text and the like. */
bool lnti_image_sniff(const uint8_t *data, size_t n);

/** What the header says of the frame that the blob names. */
typedef struct lnti_image_info {
  lnti_image_format format;
  size_t h, w, c; /**< of the upright image, as decode gives it */
  lnti_depth depth;
  size_t frames; /**< frames of an animation, or pages; 1 for a still image */
  bool timed;    /**< the frames are those of an animation, one after the other; else pages */
  unsigned
      orientation; /**< EXIF's 1..8 as stored; 1 where there is none, or where the decoder itself applies it (HEIF) */
} lnti_image_info;

/**
 * Reads the header alone and checks it against the limits.
 * @return LNT_OK; LNT_EDATA (broken header); LNT_EUNSUPPORTED (a format that is not taken: the message names
 *         it where it is known, and what is taken); LNT_ELIMIT; LNT_ENOTFOUND (the file has no such frame).
 */
LNT_MUST_CHECK lnt_status lnti_image_probe(lnti_image_info *out, const lnti_blob *blob, const lnti_image_limits *limits,
                                           lnt_error *err);

/** Turns libvips on, once a process, with its untrusted loaders blocked, its cache off and one thread; later
 *  calls do nothing. decode calls it. Thread-safe. */
LNT_MUST_CHECK lnt_status lnti_image_start(lnt_error *err);

/**
 * The canonical decode: every pixel of the frame that the blob names, upright (the EXIF orientation is applied), in
 * sRGB or grey at the source's own depth. Frames of an animation come whole, drawn over those before them; alpha stays
 * a channel (prepare.h lays it over white).
 * Colour profiles are not applied: numbers are taken as sRGB, and CMYK is turned into what the inks leave of the light.
 * A JPEG that ends early is taken with *rows_missing_out > 0 (estimated rows, as stored) while at least 95 % of its
 * rows are there, else LNT_EDATA (always where it is progressive: its rows come in several scans). Any other file that
 * ends early is LNT_EDATA.
 * @param shrink_to  smallest side lengths (h, w) of the upright image that the caller needs, or NULL: lets JPEG decode
 *                   at the largest of 1/2, 1/4, 1/8 whose result is still at least that large on both sides
 * @param rows_missing_out  may be NULL
 * @return as lnti_image_probe; LNT_EDATA (broken pixels); LNT_ENOMEM.
 */
typedef struct lnti_size {
  size_t h, w;
} lnti_size;
LNT_MUST_CHECK lnt_status lnti_image_decode(lnti_image *out, size_t *rows_missing_out, const lnti_blob *blob,
                                            const lnti_size *shrink_to, const lnti_image_limits *limits,
                                            lnt_error *err);

/** PNG (u8, c of 1, 3 or 4) into fresh memory; free() it. */
LNT_MUST_CHECK lnt_status lnti_image_encode_png(uint8_t **data_out, size_t *bytes_out, const lnti_image *image,
                                                lnt_error *err);
/** Baseline JPEG of `quality` 1..100 (u8, c of 1 or 3). */
LNT_MUST_CHECK lnt_status lnti_image_encode_jpeg(uint8_t **data_out, size_t *bytes_out, const lnti_image *image,
                                                 int quality, lnt_error *err);

#endif
