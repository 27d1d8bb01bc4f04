/*
 * What the targets of image formats have in common: a file of one format is probed and decoded under small caps, its
 * first frames and its last, and what probing promises, decoding keeps.
 */
#ifndef TESTS_FUZZ_ONE_IMAGE_H
#define TESTS_FUZZ_ONE_IMAGE_H

#include <image/frames.h>
#include <image/prepare.h>
#include <stdlib.h>
#include <string.h>

enum { FUZZ_FRAMES = 3 };

static inline void fuzz_frame(const lnti_blob *blob, const lnti_image_limits *limits) {
  lnti_image_info info;
  lnti_image image = {0};
  lnt_error err = LNT_ERROR_INIT;
  lnt_status status = lnti_image_probe(&info, blob, limits, &err);
  if (status == LNT_OK && blob->frame >= info.frames) abort();
  if (status == LNT_OK) status = lnti_image_decode(&image, NULL, blob, NULL, limits, &err);
  if (status != LNT_OK) {
    if (err.code != status || err.message[0] == 0 || image.data) abort();
    return;
  }
  if (image.h != info.h || image.w != info.w || image.c != info.c || image.depth != info.depth ||
      image.h * image.w > limits->pixels_max || lnti_image_bytes(&image) > limits->bytes_max) {
    abort();
  }
  lnti_image_clear(&image);
}

/* The same frames, read one after another, are the same. */
static inline void fuzz_frames(lnti_blob blob, const lnti_image_limits *limits) {
  lnti_frames *frames = NULL;
  lnti_image_info info;
  if (lnti_frames_open(&frames, &info, &blob, limits, NULL) != LNT_OK) abort();
  for (blob.frame = 0; blob.frame <= FUZZ_FRAMES && blob.frame < info.frames; blob.frame++) {
    lnti_image one = {0}, other = {0};
    const lnt_status status = lnti_image_decode(&one, NULL, &blob, NULL, limits, NULL);
    if (lnti_frames_read(&other, NULL, frames, blob.frame, NULL) != status) abort();
    if (status == LNT_OK && (one.h != other.h || one.w != other.w || one.c != other.c ||
                             memcmp(one.data, other.data, lnti_image_bytes(&one)) != 0)) {
      abort();
    }
    lnti_image_clear(&other);
    lnti_image_clear(&one);
  }
  lnti_frames_close(frames);
}

/* `formats` as lnti_image_format bits: other files are other targets' work. */
static inline int fuzz_image(const uint8_t *data, size_t n, unsigned formats) {
  const lnti_image_limits limits = {1 << 14, 1 << 12, 1 << 18, 100};
  lnti_blob blob = {.kind = LNTI_BLOB_ENCODED, .data = data, .bytes = n};
  lnti_image_info info;
  lnt_error err = LNT_ERROR_INIT;
  if (lnti_image_probe(&info, &blob, &limits, &err) != LNT_OK || !(formats >> info.format & 1)) return 0;
  if (info.frames == 0 || info.frames > limits.frames_max || info.orientation < 1 || info.orientation > 8) abort();
  for (blob.frame = 0; blob.frame < FUZZ_FRAMES && blob.frame < info.frames; blob.frame++) fuzz_frame(&blob, &limits);
  fuzz_frames(blob, &limits);
  if (info.frames > FUZZ_FRAMES) {
    blob.frame = info.frames - 1;
    fuzz_frame(&blob, &limits);
  }
  blob.frame = info.frames;
  if (lnti_image_probe(&info, &blob, &limits, &err) == LNT_OK) abort();
  return 0;
}

#endif
