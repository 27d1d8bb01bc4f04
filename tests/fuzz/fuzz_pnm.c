/*
 * PNM, PAM and PFM: our own readers; what is taken also goes through the pipeline.
 */
#include "fuzz/one_image.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
  const lnti_image_limits limits = {1 << 16, 1 << 14, 1 << 20, 1};
  const lnti_prepare prepare = {8, 8, LNTI_COLOUR_GREY};
  const lnti_blob blob = {.kind = LNTI_BLOB_ENCODED, .data = data, .bytes = n};
  lnti_image image = {0};
  lnt_error err = LNT_ERROR_INIT;
  /* The other formats have targets of their own. */
  if (n < 1 || data[0] != 'P') return 0;
  (void)fuzz_image(data, n, 1u << LNTI_IMAGE_PNM);
  if (lnti_prepare_run(&image, &prepare, &blob, &limits, &err) == LNT_OK) lnti_image_clear(&image);
  return 0;
}
