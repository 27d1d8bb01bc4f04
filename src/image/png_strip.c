/*
 * A PNG file without its metadata: chunks that pixels need are copied with their check sums, EXIF is written anew, the rest
 * (texts, XMP in iTXt, "Raw profile type exif" in zTXt, the date of the last change, private chunks) is left out.
 */
#include <image/exif_parts.h>

#include <base/alloc.h>
#include <base/bytes.h>
#include <base/error.h>
#include <image/codec.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum { SIGNATURE_BYTES = 8, CHUNK_EXTRA = 12, EXIF_SLACK = 128 };

/** Pixels, transparency, colour, physical size, palettes, and the frames of APNG. */
static bool stays(const uint8_t *type) {
  static const char kept[] = "IHDRPLTEIDATIENDtRNSgAMAcHRMsRGBiCCPcICPmDCVmDCvcLLIcLLisBITbKGDhISTpHYssPLTacTLfcTLfdAT";
  for (const char *name = kept; *name; name += 4) {
    if (memcmp(type, name, 4) == 0) return true;
  }
  return false;
}

static lnt_status put_exif(lnti_strip_out *out, const uint8_t *data, size_t n, unsigned what, lnt_error *err) {
  lnti_span exif;
  uint8_t *chunk = NULL, sum[4];
  if (!lnti_exif_unwrap(&exif, data, n)) return LNT_OK;
  lnt_status status = lnti_alloc(&chunk, exif.n + 8 + EXIF_SLACK, 1, err);
  if (status != LNT_OK) return status;
  const size_t length = lnti_exif_rewrite(chunk + 8, exif.n + EXIF_SLACK, exif, what);
  if (length > 0) {
    lnti_put_be32(chunk, (uint32_t)length);
    memcpy(chunk + 4, "eXIf", 4);
    lnti_put_be32(sum, (uint32_t)crc32(0, chunk + 4, (uInt)length + 4));
    lnti_strip_put(out, chunk, length + 8);
    lnti_strip_put(out, sum, sizeof sum);
  }
  free(chunk);
  return LNT_OK;
}

lnt_status lnti_png_strip(lnti_strip_out *out, const uint8_t *data, size_t n, unsigned what, lnt_error *err) {
  bool has_exif = false, end = false;
  lnt_status status = LNT_OK;
  lnti_strip_put(out, data, SIGNATURE_BYTES);
  for (size_t at = SIGNATURE_BYTES; status == LNT_OK && !end;) {
    const uint8_t *chunk = data + at;
    if (n - at < CHUNK_EXTRA || lnti_get_be32(chunk) > n - at - CHUNK_EXTRA) {
      return lnti_fail(err, LNT_EDATA, "the PNG file ends early, in the chunk at byte %zu", at);
    }
    const size_t length = lnti_get_be32(chunk);
    if (stays(chunk + 4)) {
      lnti_strip_put(out, chunk, length + CHUNK_EXTRA);
    } else if (!has_exif && memcmp(chunk + 4, "eXIf", 4) == 0) {
      has_exif = true;
      status = put_exif(out, chunk + 8, length, what, err);
    }
    end = memcmp(chunk + 4, "IEND", 4) == 0;
    at += length + CHUNK_EXTRA;
  }
  return status;
}
