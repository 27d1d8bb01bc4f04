/**
 * @file prepare.h
 * From a blob to the pixels that a feature sees: the one canonical path of extract, evaluate, predict and
 * the library. Decode, flatten alpha over white, colour, resize. Written as text in the model file:
 * "resize=28x20,colour=grey", width before height.
 */
#ifndef LNTI_IMAGE_PREPARE_H
#define LNTI_IMAGE_PREPARE_H

#include <image/image.h>

typedef enum lnti_colour { LNTI_COLOUR_GREY, LNTI_COLOUR_RGB } lnti_colour;

/** The pipeline. */
typedef struct lnti_prepare {
  size_t h, w; /**< target size, 1..4096 each */
  lnti_colour colour;
} lnti_prepare;

/** As text into a buffer, and back; the text is part of cache keys and model files. */
enum { LNTI_PREPARE_TEXT = 96 };
void lnti_prepare_text(char out[LNTI_PREPARE_TEXT], const lnti_prepare *prepare);
LNT_MUST_CHECK lnt_status lnti_prepare_parse(lnti_prepare *out, const char *text, lnt_error *err);

/**
 * @param out  u8 [h,w,c] with c = 1 or 3; deeper sources are mapped linearly from their full range
 * Errors as lnti_image_decode.
 */
LNT_MUST_CHECK lnt_status lnti_prepare_run(lnti_image *out, const lnti_prepare *prepare, const lnti_blob *blob,
                                           const lnti_image_limits *limits, lnt_error *err);

/** The steps, each also alone (resize.c, colour.c). */

/** Resampling with a triangle filter widened to the scale when shrinking (antialiased bilinear), in fixed
 *  point with u8 or in f32; same size copies. Deterministic, the same at every CPU level. */
LNT_MUST_CHECK lnt_status lnti_image_resize(lnti_image *out, const lnti_image *image, size_t h, size_t w,
                                            lnt_error *err);
/** Grey by Rec. 601 luma (0.299, 0.587, 0.114, rounded), or RGB; alpha is flattened over white first. */
LNT_MUST_CHECK lnt_status lnti_image_colour(lnti_image *out, const lnti_image *image, lnti_colour colour,
                                            lnt_error *err);
/** To u8: u16 by v/257 rounded, f32 from [0,1]. */
LNT_MUST_CHECK lnt_status lnti_image_to_u8(lnti_image *out, const lnti_image *image, lnt_error *err);

#endif
