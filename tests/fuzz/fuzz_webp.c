/*
 * WebP: our walk over its chunks, with libvips and libwebp behind it.
 */
#include "fuzz/one_image.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
  return fuzz_image(data, n, 1u << LNTI_IMAGE_WEBP);
}
