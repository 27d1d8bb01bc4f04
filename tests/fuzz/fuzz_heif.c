/*
 * HEIF and AVIF: our reader of their boxes, with libvips and libheif behind it.
 */
#include "fuzz/one_image.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
const char *__lsan_default_suppressions(void);

/* libheif 1.15 does not give dav1d's data back where they cannot be decoded: 40 bytes each. */
const char *__lsan_default_suppressions(void) {
  return "leak:libdav1d\n";
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
  return fuzz_image(data, n, 1u << LNTI_IMAGE_HEIF | 1u << LNTI_IMAGE_AVIF);
}
