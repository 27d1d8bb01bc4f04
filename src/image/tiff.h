/**
 * @file tiff.h
 * What stands in a TIFF file beside the pixels: its directories, one a page, and where their pixels are. Inside
 * src/image only; tiff.c is the codec, tiff_page.c reads and judges one directory.
 *
 * Source: Aldus, "TIFF Revision 6.0", 1992; Adobe, "TIFF Technical Notes", 1995 and 2002 (deflate); BigTIFF as the
 * libtiff project describes it.
 */
#ifndef LNTI_IMAGE_TIFF_H
#define LNTI_IMAGE_TIFF_H

#include <image/codec.h>

/** The file, and how its numbers are stored. */
typedef struct lnti_tiff {
  const uint8_t *data;
  size_t n;
  bool big_endian;
  bool big; /**< BigTIFF: offsets and counts of 8 bytes */
} lnti_tiff;

/** One page: its directory's fields as far as decoding needs them. */
typedef struct lnti_tiff_page {
  size_t h, w;
  size_t samples; /**< of a pixel */
  unsigned bits;  /**< of a sample */
  unsigned format, photometric, compression, orientation;
  bool planar; /**< one plane a sample */
  bool tiled;
  size_t block_h, block_w; /**< rows of a strip, and w; or sides of a tile */
  lnti_raster raster;      /**< what libvips gives for it */
} lnti_tiff_page;

/** Numbers at p, which the caller has found to lie in the file. */
uint64_t lnti_tiff_get(const lnti_tiff *tiff, const uint8_t *p, size_t bytes);

/** The header; *first_out is the offset of the first directory. LNT_EDATA. */
LNT_MUST_CHECK lnt_status lnti_tiff_open(lnti_tiff *out, uint64_t *first_out, const uint8_t *data, size_t n,
                                         lnt_error *err);
/** How many entries the directory at `at` has and where the next is; 0 at the end. LNT_EDATA where it does not lie in
 *  the file. */
LNT_MUST_CHECK lnt_status lnti_tiff_directory(size_t *entries_out, uint64_t *next_out, const lnti_tiff *tiff,
                                              uint64_t at, lnt_error *err);
/** Reads the directory at `at` and judges it: a kind of TIFF that is read, with all its pixels in the file and bytes
 *  enough for them. LNT_EDATA; LNT_EUNSUPPORTED. */
LNT_MUST_CHECK lnt_status lnti_tiff_read_page(lnti_tiff_page *out, const lnti_tiff *tiff, uint64_t at, lnt_error *err);

#endif
