/*
 * Bytes that must be refused, and pixels that must come out. Include after cmocka.h.
 */
#ifndef TESTS_IMAGE_REFUSALS_H
#define TESTS_IMAGE_REFUSALS_H

#include "image/pixels.h"

/* The bytes lie in a block of exactly their size, so that a read past them is seen. */
static inline lnt_status decode_bytes(lnti_image *out, lnti_image_info *info, const void *data, size_t n, size_t frame,
                                      lnt_error *err) {
  const lnti_image_limits limits = {1 << 26, 40000, 1 << 28, 100};
  uint8_t *copy = malloc(n > 0 ? n : 1);
  if (n > 0) memcpy(copy, data, n);
  lnti_blob blob = blob_of(copy, n);
  blob.frame = frame;
  lnt_status status = lnti_image_probe(info, &blob, &limits, err);
  if (status == LNT_OK) status = lnti_image_decode(out, NULL, &blob, NULL, &limits, err);
  free(copy);
  return status;
}

/* refuses(data, n, code, words that the message holds) */
#define refuses(...) refuses_at(__LINE__, __VA_ARGS__)

static inline void refuses_at(int line, const void *data, size_t n, lnt_status code, const char *words) {
  lnti_image image = {0};
  lnti_image_info info;
  lnt_error err = LNT_ERROR_INIT;
  const lnt_status status = decode_bytes(&image, &info, data, n, 0, &err);
  if (status != code || !strstr(err.message, words) || image.data) {
    fail_msg("line %d: status %d (%s), where %d and \"%s\" were expected", line, status, err.message, code, words);
  }
}

static inline void put16le(uint8_t *p, size_t v) {
  p[0] = (uint8_t)v;
  p[1] = (uint8_t)(v >> 8);
}

static inline void put32le(uint8_t *p, size_t v) {
  put16le(p, v);
  put16le(p + 2, v >> 16);
}

#endif
