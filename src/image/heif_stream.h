/**
 * @file heif_stream.h
 * The size that a coded picture says of itself: HEVC's sequence parameter sets (ITU-T H.265, 7.3.2.2) and AV1's
 * sequence headers (AV1 Bitstream & Decoding Process Specification, 5.5). A decoder takes memory by these, whatever the
 * container has promised. Inside src/image only.
 */
#ifndef LNTI_IMAGE_HEIF_STREAM_H
#define LNTI_IMAGE_HEIF_STREAM_H

#include <image/heif_meta.h>

/**
 * The largest size that any of the headers in a configuration (the body of hvcC or av1C) or in the picture's data
 * gives; 0 x 0 where there is none.
 * False where a header is broken, or pieces of the data do not fit in it.
 */
bool lnti_heif_stream_size(size_t *h_out, size_t *w_out, lnti_heif_kind kind, lnti_bytes config, lnti_bytes data);

#endif
