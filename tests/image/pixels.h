/*
 * Images that tests make, and blobs over bytes. Include after cmocka.h.
 */
#ifndef TESTS_IMAGE_PIXELS_H
#define TESTS_IMAGE_PIXELS_H

#include <image/image.h>
#include <stdlib.h>
#include <string.h>

static inline lnti_blob blob_of(const void *data, size_t n) {
  return (lnti_blob){.kind = LNTI_BLOB_ENCODED, .data = data, .bytes = n};
}

/* An image whose value at (y,x,k) is given by `f`, in the units of its depth. */
static inline lnti_image make_image(size_t h, size_t w, size_t c, lnti_depth depth,
                                    double (*f)(size_t y, size_t x, size_t k)) {
  lnti_image image = {0};
  if (lnti_image_new(&image, h, w, c, depth, NULL) != LNT_OK) abort();
  for (size_t i = 0; i < h * w * c; i++) {
    const double v = f(i / c / w, i / c % w, i % c);
    if (depth == LNTI_DEPTH_U8) ((uint8_t *)image.data)[i] = (uint8_t)v;
    if (depth == LNTI_DEPTH_U16) ((uint16_t *)image.data)[i] = (uint16_t)v;
    if (depth == LNTI_DEPTH_F32) ((float *)image.data)[i] = (float)v;
  }
  return image;
}

static inline double smooth_pixel(size_t y, size_t x, size_t k) {
  return (double)((3 * y + 2 * x + 40 * k) % 512 < 256 ? (3 * y + 2 * x + 40 * k) % 512
                                                       : 511 - (3 * y + 2 * x + 40 * k) % 512);
}

static inline double busy_pixel(size_t y, size_t x, size_t k) {
  return (double)((uint32_t)((y * 977 + x * 131 + k * 71 + 1) * 2654435761u) >> 24);
}

static inline int same_image(const lnti_image *a, const lnti_image *b) {
  return a->h == b->h && a->w == b->w && a->c == b->c && a->depth == b->depth &&
         memcmp(a->data, b->data, lnti_image_bytes(a)) == 0;
}

#endif
