/*
 * Pixels to bytes, for thumbnails, reports and exports.
 */
#include <image/image.h>

#include <base/error.h>
#include <image/codec.h>

lnt_status lnti_image_encode_png(uint8_t **data_out, size_t *bytes_out, const lnti_image *image, lnt_error *err) {
  if (image->depth != LNTI_DEPTH_U8)
    return lnti_fail(err, LNT_EINVAL, "PNG is written from 8-bit images; convert to u8 first");
  lnt_status status = lnti_image_start(err);
  if (status != LNT_OK) return status;
  return lnti_vips_encode_png(data_out, bytes_out, image, err);
}

lnt_status lnti_image_encode_jpeg(uint8_t **data_out, size_t *bytes_out, const lnti_image *image, int quality,
                                  lnt_error *err) {
  if (image->depth != LNTI_DEPTH_U8 || image->c == 4) {
    return lnti_fail(err, LNT_EINVAL, "JPEG is written from 8-bit images in grey or RGB; convert first");
  }
  if (quality < 1 || quality > 100) return lnti_fail(err, LNT_EINVAL, "JPEG quality %d is outside 1..100", quality);
  if (image->h > 65500 || image->w > 65500) {
    return lnti_fail(err, LNT_ELIMIT, "JPEG holds sides up to 65500, not %zu x %zu", image->w, image->h);
  }
  return lnti_jpeg_encode(data_out, bytes_out, image, quality, err);
}
