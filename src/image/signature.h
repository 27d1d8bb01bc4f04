/**
 * @file signature.h
 * Which pictures are the same, by their pixels, and which look alike.
 */
#ifndef LNTI_IMAGE_SIGNATURE_H
#define LNTI_IMAGE_SIGNATURE_H

#include <base/hash.h>
#include <image/image.h>

/** Of h, w, c, depth and every sample (XXH3, 128 bits; low byte first everywhere): equal for pictures of equal pixels,
 *  whatever they came in. Not proof against forgers. At the speed of memory. */
void lnti_image_pixel_hash(lnti_hash128 *out, const lnti_image *image);

/** What a picture looks like, in 256 bits. */
typedef struct lnti_signature {
  uint64_t bits[4];
  bool
      usable; /**< false for flat pictures, where the bits say nothing (they are 0): compare such ones by their pixels */
} lnti_signature;

/**
 * Signs of the 256 lowest frequencies (but the mean) of the picture's luma, stretched to a square of 64 x 64: 1 where the
 * coefficient of the discrete cosine transform (DCT-II) is above 0.
 *
 * After the perceptual hash of Zauner, "Implementation and Benchmarking of Perceptual Image Hash Functions", 2010, 3.2
 * (there 64 bits of a 32 x 32 picture, against the median of the coefficients), with the width of PDQ (Facebook, "The
 * TMK+PDQF Video-Hashing Algorithm and the PDQ Image-Hashing Algorithm", 2019). Signs in place of the median, since the
 * coefficients of pictures lie about 0 and their signs are what a re-encoding keeps (Ito and Kiya, "DCT sign-only
 * correlation with application to image matching", 2008). Integers throughout: the same bits everywhere.
 *
 * @param small  u8 [h,w,1 or 3], the thumbnail's pixels (lnti_thumbnail_make with side LNTI_THUMBNAIL_SIDE)
 * @return LNT_OK; LNT_EINVAL (another depth, alpha); LNT_ENOMEM.
 */
LNT_MUST_CHECK lnt_status lnti_signature_make(lnti_signature *out, const lnti_image *small, lnt_error *err);

/**
 * Bits in which the signatures of near duplicates differ at most: of a photograph and its copy at half the side and
 * JPEG quality 30, or with brightness + 10 % or contrast + 20 %, 99 in 100 differ in 13 or fewer; different photographs
 * differ in 128 plus or minus 8, so that far fewer than one pair in a million is found wrongly. What it holds for drawings,
 * digits, small pictures and crops: docs/decisions/0007-near-duplicates.md.
 */
enum { LNTI_NEAR_DISTANCE = 31 };

/** Bits in which two differ, 0..256; both must be usable. Unlike pictures differ in about 128. */
unsigned lnti_signature_distance(const lnti_signature *a, const lnti_signature *b);

#endif
