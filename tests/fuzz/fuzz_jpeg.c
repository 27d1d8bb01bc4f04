/*
 * JPEG: our reader of its header and of its damage, with TurboJPEG behind it, under small caps; whole and
 * shrunk. What probing promises, decoding keeps.
 */
#include <image/image.h>

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
  const lnti_image_limits limits = {1 << 16, 1 << 14, 1 << 20, 100};
  const lnti_size half = {8, 8};
  const lnti_blob blob = {.kind = LNTI_BLOB_ENCODED, .data = data, .bytes = n};
  lnti_image_info info;
  lnti_image image = {0};
  lnt_error err = LNT_ERROR_INIT;
  size_t rows_missing = 0;
  /* JPEG alone: the other formats have targets of their own. */
  if (n < 2 || data[0] != 0xff || data[1] != 0xd8) return 0;
  if (lnti_image_probe(&info, &blob, &limits, &err) != LNT_OK) return 0;
  if (lnti_image_decode(&image, &rows_missing, &blob, NULL, &limits, &err) == LNT_OK) {
    if (image.h != info.h || image.w != info.w || image.c != info.c || rows_missing > info.h / 20) abort();
    lnti_image_clear(&image);
  }
  if (lnti_image_decode(&image, NULL, &blob, &half, &limits, &err) == LNT_OK) lnti_image_clear(&image);
  return 0;
}
