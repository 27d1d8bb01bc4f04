/**
 * @file codec.h
 * What decode.c and encode.c call: one probe and one decoder for each container. Inside src/image only.
 *
 * A probe reads the header alone and says what a decode will give, so that caps can be judged first; a
 * decoder is called with bytes that its probe has taken, and fails where the pixels are not what the header
 * said. `data` is borrowed; outputs are untouched on failure.
 */
#ifndef LNTI_IMAGE_CODEC_H
#define LNTI_IMAGE_CODEC_H

#include <image/image.h>
#include <stdbool.h>

/** LNT_ELIMIT where the size that a header declares is above a cap; LNT_EDATA for an empty image. */
LNT_MUST_CHECK lnt_status lnti_image_check(const lnti_image_info *info, const lnti_image_limits *limits,
                                           lnt_error *err);

/** True where the bytes begin as the format does. */
bool lnti_is_jpeg(const uint8_t *data, size_t n);
bool lnti_is_png(const uint8_t *data, size_t n);
bool lnti_is_pnm(const uint8_t *data, size_t n);

/** Frame header (ITU-T T.81, B.2.2). LNT_EDATA; LNT_EUNSUPPORTED (lossless, hierarchical, 12 bits, 2 components). */
LNT_MUST_CHECK lnt_status lnti_jpeg_probe(lnti_image_info *out, const uint8_t *data, size_t n, lnt_error *err);
/** shrink_to and rows_missing_out as in lnti_image_decode, both may be NULL. */
LNT_MUST_CHECK lnt_status lnti_jpeg_decode(lnti_image *out, size_t *rows_missing_out, const uint8_t *data, size_t n,
                                           const lnti_size *shrink_to, lnt_error *err);

/** Chunks before the pixels (PNG specification, 2nd edition, W3C 2003, 11.2). */
LNT_MUST_CHECK lnt_status lnti_png_probe(lnti_image_info *out, const uint8_t *data, size_t n, lnt_error *err);
/** Walks all chunks: order, lengths, check sums, the end, and that there are bytes enough for the pixels. */
LNT_MUST_CHECK lnt_status lnti_png_check(const uint8_t *data, size_t n, lnt_error *err);

/** P1 to P6 (netpbm's pbm(5), pgm(5), ppm(5)); of several images in one file the first. */
LNT_MUST_CHECK lnt_status lnti_pnm_probe(lnti_image_info *out, const uint8_t *data, size_t n, lnt_error *err);
LNT_MUST_CHECK lnt_status lnti_pnm_decode(lnti_image *out, const uint8_t *data, size_t n, lnt_error *err);

/** A PNG that lnti_png_check has taken, by libvips, which must be on (lnti_image_start). */
LNT_MUST_CHECK lnt_status lnti_vips_decode_png(lnti_image *out, const lnti_image_info *info, const uint8_t *data,
                                               size_t n, lnt_error *err);
LNT_MUST_CHECK lnt_status lnti_vips_encode_png(uint8_t **data_out, size_t *bytes_out, const lnti_image *image,
                                               lnt_error *err);

LNT_MUST_CHECK lnt_status lnti_jpeg_encode(uint8_t **data_out, size_t *bytes_out, const lnti_image *image, int quality,
                                           lnt_error *err);

#endif
