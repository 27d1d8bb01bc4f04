/*
 * PNG: our walk over its chunks, with libvips behind it, under small caps; as it is, and with its check sums
 * made right, which no mutation would hit upon. What probing promises, decoding keeps.
 */
#include <image/image.h>

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void decode(const uint8_t *data, size_t n) {
  const lnti_image_limits limits = {1 << 16, 1 << 14, 1 << 20, 100};
  const lnti_blob blob = {.kind = LNTI_BLOB_ENCODED, .data = data, .bytes = n};
  lnti_image_info info;
  lnti_image image = {0};
  lnt_error err = LNT_ERROR_INIT;
  if (lnti_image_probe(&info, &blob, &limits, &err) != LNT_OK) return;
  if (lnti_image_decode(&image, NULL, &blob, NULL, &limits, &err) != LNT_OK) return;
  if (image.h != info.h || image.w != info.w || image.c != info.c || image.depth != info.depth) abort();
  lnti_image_clear(&image);
}

/* Over all chunks that fit: length, type, bytes, check sum of type and bytes. */
static void mend_sums(uint8_t *data, size_t n) {
  for (size_t at = 8; at + 12 <= n;) {
    const size_t length =
        (size_t)data[at] << 24 | (size_t)data[at + 1] << 16 | (size_t)data[at + 2] << 8 | data[at + 3];
    if (length > n - at - 12) return;
    const uint32_t sum = (uint32_t)crc32(0, data + at + 4, (uInt)length + 4);
    uint8_t *to = data + at + 8 + length;
    for (unsigned i = 0; i < 4; i++) to[i] = (uint8_t)(sum >> (24 - 8 * i));
    at += length + 12;
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
  /* PNG alone: the other formats have targets of their own. */
  if (n < 8 || memcmp(data, "\x89PNG\r\n\x1a\n", 8) != 0) return 0;
  decode(data, n);
  uint8_t *mended = malloc(n);
  if (!mended) return 0;
  memcpy(mended, data, n);
  mend_sums(mended, n);
  decode(mended, n);
  free(mended);
  return 0;
}
