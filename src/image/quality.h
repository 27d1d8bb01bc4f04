/**
 * @file quality.h
 * How a picture was taken, in three numbers that sort and filter: blurred, dark, flat.
 */
#ifndef LNTI_IMAGE_QUALITY_H
#define LNTI_IMAGE_QUALITY_H

#include <image/image.h>

/** Of luma Y = (0.299 R + 0.587 G + 0.114 B) / 255, in 0..1. */
typedef struct lnti_quality {
  float
      sharpness; /**< variance of the Laplacian over the variance of Y, in [0,64]; 0 for a flat picture, and where no pixel has four
                         neighbours */
  float brightness; /**< mean of Y, 0..1 */
  float contrast;   /**< standard deviation of Y, 0..0.5 */
} lnti_quality;

/**
 * Sharpness is the variance of the Laplacian (Pech-Pacheco et al., "Diatom autofocusing in brightfield microscopy: a
 * comparative study", ICPR 2000), with the kernel 0 1 0, 1 -4 1, 0 1 0 on the pixels that have four neighbours, divided by
 * the variance of the picture: so that a sharp picture of low contrast is not taken for a blurred one. White noise has 20, a
 * checkerboard 64, a ramp 0, photographs in focus about 0.1 to 1. In pictures of a few pixels the quotient can be larger than
 * 64, and counts as 64.
 *
 * It sees what the thumbnail shows: a blur of a few pixels in a large photograph is not in it, and pictures smaller than a
 * thumbnail have numbers of their own scale. Of deep pictures brightness and contrast are those of the window that the
 * thumbnail shows.
 *
 * @param small  u8 [h,w,1 or 3], the thumbnail's pixels (lnti_thumbnail_make)
 * @return LNT_OK; LNT_EINVAL (another depth, alpha, more than 2^24 pixels); LNT_ENOMEM. Sums are integers: the same everywhere.
 */
LNT_MUST_CHECK lnt_status lnti_quality_measure(lnti_quality *out, const lnti_image *small, lnt_error *err);

#endif
