/*
 * PNM: probed and decoded under small caps, then put through the pipeline.
 */
#include <image/prepare.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
  const lnti_image_limits limits = {1 << 16, 1 << 14, 1 << 20, 100};
  const lnti_prepare prepare = {8, 8, LNTI_COLOUR_GREY};
  const lnti_blob blob = {.kind = LNTI_BLOB_ENCODED, .data = data, .bytes = n};
  lnti_image image = {0};
  lnt_error err = LNT_ERROR_INIT;
  /* PNM alone: the other formats are somebody else's decoders. */
  if (n < 1 || data[0] != 'P') return 0;
  if (lnti_image_decode(&image, NULL, &blob, NULL, &limits, &err) != LNT_OK) return 0;
  lnti_image_clear(&image);
  if (lnti_prepare_run(&image, &prepare, &blob, &limits, &err) != LNT_OK) return 0;
  lnti_image_clear(&image);
  return 0;
}
