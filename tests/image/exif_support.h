/**
 * @file exif_support.h
 * EXIF made by hand for tests: a TIFF structure from a table of entries, in either byte order, and the containers that
 * it comes in.
 */
#ifndef LNTI_TESTS_IMAGE_EXIF_SUPPORT_H
#define LNTI_TESTS_IMAGE_EXIF_SUPPORT_H

#include "support.h"

#include <image/exif_parts.h>

/** Which directory an entry goes to. */
typedef enum exif_place { IN_FIRST, IN_EXIF, IN_GPS, IN_INTEROP, IN_SECOND, N_PLACES } exif_place;

/** One entry: `text` for ASCII and UNDEFINED, else `count` numbers (two each for rationals). */
typedef struct exif_row {
  exif_place place;
  unsigned tag, type;
  const char *text;
  size_t count;
  uint32_t numbers[6];
} exif_row;

/** Bytes on the heap; free(bytes.data). */
typedef struct exif_bytes {
  uint8_t *data;
  size_t n;
} exif_bytes;

/** The TIFF structure; pointers between the directories are added, and rows come in the order given. */
exif_bytes exif_tiff(const exif_row *rows, size_t n_rows, bool big_endian, bool big);

/** `tiff` in a file of the kind whose pixels are `pixels` (a marker's worth of bytes, no picture). tiff is freed. */
exif_bytes exif_in_jpeg(exif_bytes tiff);
exif_bytes exif_in_png(exif_bytes tiff);
exif_bytes exif_in_webp(exif_bytes tiff);
exif_bytes exif_in_heif(exif_bytes tiff);

/** `more` appended to `bytes`. */
void exif_append(exif_bytes *bytes, const void *more, size_t n);

/** A file of the real data, or nothing (data NULL) where it is missing. */
exif_bytes exif_real_file(const char *name);

#endif
