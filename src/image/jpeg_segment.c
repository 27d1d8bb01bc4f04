#include <image/jpeg_segment.h>

#include <base/bytes.h>

/** Markers that begin a segment, and EOI: from 0xc0 on, but restarts and SOI. */
static bool counts(unsigned marker) {
  return marker >= 0xc0 && marker != 0xff && (marker < 0xd0 || marker > 0xd8);
}

bool lnti_jpeg_next(lnti_jpeg_segment *out, size_t *at, const uint8_t *data, size_t n) {
  for (size_t p = *at; p + 1 < n; p++) {
    if (data[p] != 0xff || !counts(data[p + 1])) continue;
    *at = p;
    if (data[p + 1] == LNTI_JPEG_EOI) {
      *out = (lnti_jpeg_segment){LNTI_JPEG_EOI, p, 2, data + p + 2, 0};
      *at = p + 2;
      return true;
    }
    if (n - p < 4) return false;
    const size_t length = lnti_get_be16(data + p + 2);
    if (length < 2 || length > n - p - 2) return false;
    *out = (lnti_jpeg_segment){data[p + 1], p, length + 2, data + p + 4, length - 2};
    *at = p + 2 + length;
    return true;
  }
  *at = n;
  return false;
}
