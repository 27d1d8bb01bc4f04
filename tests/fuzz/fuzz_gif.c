/*
 * GIF: our own reader, its walk over the blocks and its LZW.
 */
#include "fuzz/one_image.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
  return fuzz_image(data, n, 1u << LNTI_IMAGE_GIF);
}
