/**
 * @file thumbnail.h
 * Small pictures for screens, and the pixels that signature.h and quality.h look at.
 */
#ifndef LNTI_IMAGE_THUMBNAIL_H
#define LNTI_IMAGE_THUMBNAIL_H

#include <image/image.h>

enum { LNTI_THUMBNAIL_SIDE = 256, LNTI_THUMBNAIL_QUALITY = 80, LNTI_SCREEN_SIDE = 1920, LNTI_SCREEN_QUALITY = 85 };

/**
 * A JPEG of `image` that fits into side x side pixels; it is never enlarged, and each side has at least one pixel. Alpha
 * is laid over white. Where the image is deeper than 8 bits, what lies between its 0.1 and 99.9 percentiles (of all
 * colours together, after the reduction) is spread over 0..255, so that a scan of 12 bits in 16 is not black; of floats
 * those that are not finite count as 0.
 *
 * Whole boxes of pixels are averaged first, which is most of the way and runs at the speed of memory, then a triangle
 * filter (lnti_image_resize) does the rest, less than a factor of two. Integers throughout (floats: one fixed order):
 * the same pixels at every CPU level.
 *
 * @param jpeg_out   free() it; NULL where only the pixels are wanted
 * @param n_out      bytes of it; NULL with jpeg_out
 * @param small_out  its pixels before JPEG, u8 [h,w,1 or 3]; NULL where not wanted
 * @param side       1..65500
 * @param quality    of the JPEG, 1..100
 * @return LNT_OK; LNT_EINVAL (side, quality); LNT_ENOMEM. O(pixels); memory of a few small pictures and rows.
 */
LNT_MUST_CHECK lnt_status lnti_thumbnail_make(uint8_t **jpeg_out, size_t *n_out, lnti_image *small_out,
                                              const lnti_image *image, size_t side, int quality, lnt_error *err);

/** The size that it gives a picture of h x w. */
lnti_size lnti_thumbnail_size(size_t h, size_t w, size_t side);

#endif
