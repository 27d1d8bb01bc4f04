/*
 * Images in memory, and the caps on them. Sizes come from headers that nobody has checked yet, so every
 * product here is a checked one.
 */
#include <image/image.h>

#include <base/alloc.h>
#include <base/error.h>
#include <image/codec.h>
#include <stdlib.h>
#include <string.h>

static size_t depth_bytes(lnti_depth depth) {
  switch (depth) {
    case LNTI_DEPTH_U16:
      return 2;
    case LNTI_DEPTH_F32:
      return 4;
    case LNTI_DEPTH_U8:
      break;
  }
  return 1;
}

static bool total_bytes(size_t *out, size_t h, size_t w, size_t c, lnti_depth depth) {
  size_t n = 0;
  return lnti_size_mul(&n, h, w) && lnti_size_mul(&n, n, c) && lnti_size_mul(out, n, depth_bytes(depth));
}

lnt_status lnti_image_new(lnti_image *out, size_t h, size_t w, size_t c, lnti_depth depth, lnt_error *err) {
  void *data = NULL;
  size_t bytes = 0;
  if (h == 0 || w == 0 || (c != 1 && c != 3 && c != 4)) {
    return lnti_fail(err, LNT_EINVAL, "no image can be %zu x %zu pixels with %zu channels", w, h, c);
  }
  if (!total_bytes(&bytes, h, w, c, depth)) return lnti_fail_memory(err, SIZE_MAX);
  lnt_status status = lnti_alloc_aligned(&data, bytes, 1, err);
  if (status != LNT_OK) return status;
  *out = (lnti_image){h, w, c, depth, data};
  return LNT_OK;
}

void lnti_image_clear(lnti_image *image) {
  free(image->data);
  memset(image, 0, sizeof *image);
}

size_t lnti_image_bytes(const lnti_image *image) {
  return image->h * image->w * image->c * depth_bytes(image->depth);
}

lnt_status lnti_image_check(const lnti_image_info *info, const lnti_image_limits *limits, lnt_error *err) {
  size_t bytes = 0;
  if (info->h == 0 || info->w == 0) {
    return lnti_fail(err, LNT_EDATA, "the image is %zu x %zu pixels: there is nothing in it", info->w, info->h);
  }
  if (info->h > limits->side_max || info->w > limits->side_max) {
    return lnti_fail(err, LNT_ELIMIT, "the image is %zu x %zu pixels; sides up to %zu are taken", info->w, info->h,
                     limits->side_max);
  }
  if (info->h > limits->pixels_max / info->w) {
    return lnti_fail(err, LNT_ELIMIT, "the image is %zu x %zu pixels; up to %zu in all are taken", info->w, info->h,
                     limits->pixels_max);
  }
  if (!total_bytes(&bytes, info->h, info->w, info->c, info->depth) || bytes > limits->bytes_max) {
    return lnti_fail(err, LNT_ELIMIT, "the image of %zu x %zu pixels takes more than %zu bytes", info->w, info->h,
                     limits->bytes_max);
  }
  if (info->frames == 0) return lnti_fail(err, LNT_EDATA, "the file holds no image");
  if (info->frames > limits->frames_max) {
    return lnti_fail(err, LNT_ELIMIT, "the file holds more than %zu frames", limits->frames_max);
  }
  return LNT_OK;
}
