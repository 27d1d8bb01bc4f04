/**
 * @file codec.h
 * One codec for each container, and what they share. Inside src/image only.
 *
 * A codec's probe reads the header alone and says what a decode will give, so that caps can be judged first; its
 * decoder is called with bytes that the probe has taken and caps that were kept, and fails where the pixels are not
 * what the header said. Both work on the image as stored: decode.c turns it upright. `blob` is borrowed, of kind
 * ENCODED, and names the frame; outputs are untouched on failure.
 */
#ifndef LNTI_IMAGE_CODEC_H
#define LNTI_IMAGE_CODEC_H

#include <image/image.h>
#include <stdbool.h>

/** Of formats whose frames are drawn over one another: a reader goes through them, each at the cost of one. */
typedef struct lnti_codec_animation {
  /** Before the first frame. The blob's bytes must stay; `info` as probe gave it. */
  lnt_status (*open)(void **reader_out, const lnti_blob *blob, const lnti_image_info *info, lnt_error *err);
  /** Frame `frame`, which must not lie before one that was asked for. After LNT_ENOMEM the reader can only be closed;
   *  after LNT_EDATA it goes on: frames that do not stand on a broken one are had. */
  lnt_status (*read)(lnti_image *out, void *reader, size_t frame, lnt_error *err);
  void (*close)(void *reader);
} lnti_codec_animation;

typedef struct lnti_codec {
  lnti_image_format format;
  const char *name;  /**< as lnti_image_format_name gives it */
  const char *title; /**< as messages have it */
  bool exif;         /**< the orientation stands in an EXIF block; else probe gives it */
  /** True where the bytes begin as the format does. */
  bool (*sniff)(const uint8_t *data, size_t n);
  /** Fills all of *out; h and w as stored. `limits` is there to stop counting frames; the other caps are judged later.
   *  LNT_EDATA, LNT_EUNSUPPORTED, LNT_ELIMIT. */
  lnt_status (*probe)(lnti_image_info *out, const lnti_blob *blob, const lnti_image_limits *limits, lnt_error *err);
  /** `info` as probe gave it; shrink_to (as stored) and rows_missing_out may be NULL, and only JPEG knows them.
   *  *rows_missing_out is 0 before. */
  lnt_status (*decode)(lnti_image *out, size_t *rows_missing_out, const lnti_blob *blob, const lnti_image_info *info,
                       const lnti_size *shrink_to, lnt_error *err);
  const lnti_codec_animation *animation; /**< NULL: its frames, if any, are pages */
} lnti_codec;

/** In the order in which they are asked, one a format; NULL at the end. */
extern const lnti_codec lnti_codec_jpeg, lnti_codec_png, lnti_codec_webp, lnti_codec_gif, lnti_codec_tiff,
    lnti_codec_heif, lnti_codec_avif, lnti_codec_bmp, lnti_codec_pnm, lnti_codec_pam, lnti_codec_pfm;
extern const lnti_codec *const lnti_codecs[];

/** As lnti_image_probe, but of the image as stored; with its codec, NULL for bare pixels. */
LNT_MUST_CHECK lnt_status lnti_codec_probe(const lnti_codec **codec_out, lnti_image_info *out, const lnti_blob *blob,
                                           const lnti_image_limits *limits, lnt_error *err);

/** The sides of an image as stored become those of the upright one. */
void lnti_info_upright(lnti_image_info *info);

/** A PNG, Apple's variant excepted. */
bool lnti_is_png(const uint8_t *data, size_t n);

/** Name of a format that is known and not read, by the first bytes of a file; NULL where it is none of these. */
const char *lnti_unread_format(const uint8_t *data, size_t n);

/** LNT_ELIMIT where the size that a header declares is above a cap; LNT_EDATA for an empty image. */
LNT_MUST_CHECK lnt_status lnti_image_check(const lnti_image_info *info, const lnti_image_limits *limits,
                                           lnt_error *err);

/** Turns the image upright in place: orientation as EXIF's 1..8 (CIPA DC-008, 4.6.4). LNT_ENOMEM. */
LNT_MUST_CHECK lnt_status lnti_image_upright(lnti_image *image, unsigned orientation, lnt_error *err);

/** Rows as a decoder delivers them, before they become those of an image. */
typedef enum lnti_sample {
  LNTI_SAMPLE_U8,
  LNTI_SAMPLE_S8,
  LNTI_SAMPLE_U16,
  LNTI_SAMPLE_S16,
  LNTI_SAMPLE_U32,
  LNTI_SAMPLE_S32,
  LNTI_SAMPLE_F32
} lnti_sample;

typedef struct lnti_raster {
  size_t bands;   /**< samples of a pixel */
  size_t colours; /**< which come first: 1 (grey), 3 (RGB), 4 (CMYK as ink, U8 or U16 alone) */
  size_t alpha;   /**< band with the cover; 0: there is none */
  lnti_sample sample;
  unsigned bits; /**< of U16: the upper bits that count, the lower ones being 0; 0 means all 16 */
} lnti_raster;

/** Depth of the image that the samples become: 8 bits U8, 16 bits U16, all else F32 (32-bit integers from 0 to 1). */
lnti_depth lnti_raster_depth(const lnti_raster *raster);
/** Channels of it: 4 with alpha. */
size_t lnti_raster_channels(const lnti_raster *raster);
/** One row of w pixels into one of the image; signed integers are shifted, so that their lowest is black. */
void lnti_raster_row(void *to, const void *row, size_t w, const lnti_raster *raster);

/** By libvips: the frame that the blob names, which must be what `info` and `raster` promise. `page` is its number
 *  there. LNT_EDATA; LNT_EUNSUPPORTED (a loader that is not installed); LNT_ENOMEM. */
LNT_MUST_CHECK lnt_status lnti_vips_decode(lnti_image *out, const lnti_blob *blob, size_t page,
                                           const lnti_image_info *info, const lnti_raster *raster, lnt_error *err);
/** Frames of an animation, one after another, as lnti_codec_animation has them; lnti_vips_frames_close frees. */
typedef struct lnti_vips_frames lnti_vips_frames;
LNT_MUST_CHECK lnt_status lnti_vips_frames_open(lnti_vips_frames **out, const lnti_blob *blob,
                                                const lnti_image_info *info, const lnti_raster *raster, lnt_error *err);
LNT_MUST_CHECK lnt_status lnti_vips_frames_read(lnti_image *out, lnti_vips_frames *frames, size_t frame,
                                                lnt_error *err);
void lnti_vips_frames_close(lnti_vips_frames *frames);

/** LNT_EUNSUPPORTED where libvips has no loader for HEIF and AVIF: it is a module, which may not be installed. */
LNT_MUST_CHECK lnt_status lnti_vips_can_heif(lnt_error *err);
/** Title of a format as messages have it. */
const char *lnti_format_title(lnti_image_format format);
LNT_MUST_CHECK lnt_status lnti_vips_encode_png(uint8_t **data_out, size_t *bytes_out, const lnti_image *image,
                                               lnt_error *err);

LNT_MUST_CHECK lnt_status lnti_jpeg_encode(uint8_t **data_out, size_t *bytes_out, const lnti_image *image, int quality,
                                           lnt_error *err);

#endif
