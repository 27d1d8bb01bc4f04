/*
 * Channels and depth: alpha flattened over white, grey and RGB, and down to u8. All in integers where the
 * image is; every step rounds to nearest once.
 *
 * A pixel is taken apart into its three (or one) colours on white first; Rec. 601 luma in thousandths sums
 * to 1000 exactly, so grey in is grey out.
 */
#include <image/prepare.h>

#include <base/error.h>
#include <assert.h>
#include <string.h>

/** Colour v with cover a over white, of full scale `full`. */
static uint32_t over_white(uint32_t v, uint32_t a, uint32_t full) {
  return (uint32_t)(((uint64_t)v * a + (uint64_t)full * (full - a) + full / 2) / full);
}

static uint32_t luma(const uint32_t rgb[3]) {
  return (299 * rgb[0] + 587 * rgb[1] + 114 * rgb[2] + 500) / 1000;
}

/** Makes `c_out` values from the `c_in` of one pixel, both in 0..full. */
static void convert(uint32_t *to, size_t c_out, const uint32_t *from, size_t c_in, uint32_t full) {
  uint32_t rgb[3];
  assert(c_in == 1 || c_in >= 3);
  for (size_t k = 0; k < 3; k++) {
    rgb[k] = c_in == 1 ? from[0] : from[k];
    if (c_in == 4) rgb[k] = over_white(rgb[k], from[3], full);
  }
  if (c_out == 1) {
    to[0] = c_in == 1 ? rgb[0] : luma(rgb);
  } else {
    memcpy(to, rgb, sizeof rgb);
  }
}

static void convert_u8(uint8_t *to, size_t c_out, const uint8_t *from, size_t c_in, size_t n) {
  uint32_t in[4], out[3];
  for (size_t i = 0; i < n; i++, to += c_out, from += c_in) {
    for (size_t k = 0; k < c_in; k++) in[k] = from[k];
    convert(out, c_out, in, c_in, 255);
    for (size_t k = 0; k < c_out; k++) to[k] = (uint8_t)out[k];
  }
}

static void convert_u16(uint16_t *to, size_t c_out, const uint16_t *from, size_t c_in, size_t n) {
  uint32_t in[4], out[3];
  for (size_t i = 0; i < n; i++, to += c_out, from += c_in) {
    for (size_t k = 0; k < c_in; k++) in[k] = from[k];
    convert(out, c_out, in, c_in, 65535);
    for (size_t k = 0; k < c_out; k++) to[k] = (uint16_t)out[k];
  }
}

/** f32 has white at 1. */
static void convert_f32(float *to, size_t c_out, const float *from, size_t c_in, size_t n) {
  for (size_t i = 0; i < n; i++, to += c_out, from += c_in) {
    float rgb[3];
    for (size_t k = 0; k < 3; k++) {
      rgb[k] = c_in == 1 ? from[0] : from[k];
      if (c_in == 4) rgb[k] = rgb[k] * from[3] + (1 - from[3]);
    }
    if (c_out == 1) {
      to[0] = c_in == 1 ? rgb[0] : 0.299f * rgb[0] + 0.587f * rgb[1] + 0.114f * rgb[2];
    } else {
      memcpy(to, rgb, sizeof rgb);
    }
  }
}

lnt_status lnti_image_colour(lnti_image *out, const lnti_image *image, lnti_colour colour, lnt_error *err) {
  lnti_image made = {0};
  const size_t c = colour == LNTI_COLOUR_GREY ? 1 : 3, n = image->h * image->w;
  lnt_status status = lnti_image_new(&made, image->h, image->w, c, image->depth, err);
  if (status != LNT_OK) return status;
  if (c == image->c) {
    memcpy(made.data, image->data, lnti_image_bytes(image));
  } else {
    switch (image->depth) {
      case LNTI_DEPTH_U8:
        convert_u8(made.data, c, image->data, image->c, n);
        break;
      case LNTI_DEPTH_U16:
        convert_u16(made.data, c, image->data, image->c, n);
        break;
      case LNTI_DEPTH_F32:
        convert_f32(made.data, c, image->data, image->c, n);
        break;
    }
  }
  *out = made;
  return LNT_OK;
}

static uint8_t from_f32(float v) {
  if (!(v > 0)) return 0; /* NaN too */
  return v >= 1 ? 255 : (uint8_t)(v * 255 + 0.5f);
}

lnt_status lnti_image_to_u8(lnti_image *out, const lnti_image *image, lnt_error *err) {
  lnti_image made = {0};
  const size_t n = image->h * image->w * image->c;
  lnt_status status = lnti_image_new(&made, image->h, image->w, image->c, LNTI_DEPTH_U8, err);
  if (status != LNT_OK) return status;
  uint8_t *to = made.data;
  if (image->depth == LNTI_DEPTH_U8) {
    memcpy(to, image->data, n);
  } else if (image->depth == LNTI_DEPTH_U16) {
    const uint16_t *from = image->data;
    for (size_t i = 0; i < n; i++) to[i] = (uint8_t)((from[i] + 128u) / 257);
  } else {
    const float *from = image->data;
    for (size_t i = 0; i < n; i++) to[i] = from_f32(from[i]);
  }
  *out = made;
  return LNT_OK;
}
