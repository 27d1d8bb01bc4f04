/*
 * HEIF and AVIF: our reader of their boxes, with libvips and libheif behind it.
 */
#include "fuzz/one_image.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
  return fuzz_image(data, n, 1u << LNTI_IMAGE_HEIF | 1u << LNTI_IMAGE_AVIF);
}
