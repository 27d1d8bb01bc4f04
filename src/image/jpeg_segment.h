/**
 * @file jpeg_segment.h
 * The segments of a JPEG file (ITU-T T.81, annex B), as the decoder, the reader of EXIF and the stripper all see them. Inside
 * src/image only.
 */
#ifndef LNTI_IMAGE_JPEG_SEGMENT_H
#define LNTI_IMAGE_JPEG_SEGMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LNTI_JPEG_EOI = 0xd9, LNTI_JPEG_SOS = 0xda };

typedef struct lnti_jpeg_segment {
  unsigned marker;     /**< the byte after 0xff */
  size_t at, n;        /**< in the file, marker and length included */
  const uint8_t *data; /**< behind the length; EOI has none */
  size_t bytes;
} lnti_jpeg_segment;

/** The segment at or after *at, which moves behind it (for SOS: to where the scan's data begin). What is none is passed
 *  over, as decoders do: fill bytes, junk, a scan's data with their stuffed zeros and restarts, a second start of image,
 *  markers that mean nothing. False at the end and where a segment is broken: *at is then its marker, or n. Begin with
 *  *at = 2. */
bool lnti_jpeg_next(lnti_jpeg_segment *out, size_t *at, const uint8_t *data, size_t n);

#endif
