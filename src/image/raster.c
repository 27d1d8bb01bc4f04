/*
 * Rows of a decoder into rows of an image: which samples are colour and which alpha, what is left out, and samples of
 * other kinds made 8 or 16 bits deep or floating-point.
 */
#include <image/codec.h>

#include <string.h>

lnti_depth lnti_raster_depth(const lnti_raster *raster) {
  switch (raster->sample) {
    case LNTI_SAMPLE_U8:
    case LNTI_SAMPLE_S8:
      return LNTI_DEPTH_U8;
    case LNTI_SAMPLE_U16:
    case LNTI_SAMPLE_S16:
      return LNTI_DEPTH_U16;
    case LNTI_SAMPLE_U32:
    case LNTI_SAMPLE_S32:
    case LNTI_SAMPLE_F32:
      break;
  }
  return LNTI_DEPTH_F32;
}

size_t lnti_raster_channels(const lnti_raster *raster) {
  return raster->alpha > 0 ? 4 : raster->colours == 1 ? 1 : 3;
}

static uint8_t get_u8(const void *row, size_t i, lnti_sample sample) {
  const uint8_t v = ((const uint8_t *)row)[i];
  return sample == LNTI_SAMPLE_S8 ? v ^ 0x80 : v;
}

static uint16_t get_u16(const void *row, size_t i, const lnti_raster *raster) {
  const unsigned v = ((const uint16_t *)row)[i];
  if (raster->sample == LNTI_SAMPLE_S16) return (uint16_t)(v ^ 0x8000);
  if (raster->bits == 0 || raster->bits >= 16) return (uint16_t)v;
  const unsigned full = (1u << raster->bits) - 1;
  return (uint16_t)(((v >> (16 - raster->bits)) * 65535u + full / 2) / full);
}

static float get_f32(const void *row, size_t i, lnti_sample sample) {
  const double full = UINT32_MAX;
  if (sample == LNTI_SAMPLE_U32) return (float)(((const uint32_t *)row)[i] / full);
  if (sample == LNTI_SAMPLE_S32) return (float)((((const uint32_t *)row)[i] ^ 0x80000000u) / full);
  return ((const float *)row)[i];
}

/** What the inks leave of the light, without a profile. */
static uint32_t light(uint32_t ink, uint32_t black, uint32_t full) {
  return (uint32_t)(((uint64_t)(full - ink) * (full - black) + full / 2) / full);
}

static void row_u8(uint8_t *to, const void *row, size_t w, const lnti_raster *r) {
  const size_t c = lnti_raster_channels(r), colours = c < 3 ? 1 : 3;
  for (size_t at = 0; w-- > 0; at += r->bands, to += c) {
    for (size_t k = 0; k < colours; k++) {
      to[k] = get_u8(row, at + (r->colours == 1 ? 0 : k), r->sample);
      if (r->colours == 4) to[k] = (uint8_t)light(to[k], get_u8(row, at + 3, r->sample), 255);
    }
    if (c == 4) to[3] = get_u8(row, at + r->alpha, r->sample);
  }
}

static void row_u16(uint16_t *to, const void *row, size_t w, const lnti_raster *r) {
  const size_t c = lnti_raster_channels(r), colours = c < 3 ? 1 : 3;
  for (size_t at = 0; w-- > 0; at += r->bands, to += c) {
    for (size_t k = 0; k < colours; k++) {
      to[k] = get_u16(row, at + (r->colours == 1 ? 0 : k), r);
      if (r->colours == 4) to[k] = (uint16_t)light(to[k], get_u16(row, at + 3, r), 65535);
    }
    if (c == 4) to[3] = get_u16(row, at + r->alpha, r);
  }
}

static void row_f32(float *to, const void *row, size_t w, const lnti_raster *r) {
  const size_t c = lnti_raster_channels(r), colours = c < 3 ? 1 : 3;
  for (size_t at = 0; w-- > 0; at += r->bands, to += c) {
    for (size_t k = 0; k < colours; k++) to[k] = get_f32(row, at + (r->colours == 1 ? 0 : k), r->sample);
    if (c == 4) to[3] = get_f32(row, at + r->alpha, r->sample);
  }
}

void lnti_raster_row(void *to, const void *row, size_t w, const lnti_raster *raster) {
  const bool plain = raster->bands == lnti_raster_channels(raster) && raster->colours < 4 &&
                     (raster->alpha == 0 || (raster->alpha == 3 && raster->colours == 3));
  switch (lnti_raster_depth(raster)) {
    case LNTI_DEPTH_U8:
      if (plain && raster->sample == LNTI_SAMPLE_U8) {
        memcpy(to, row, w * raster->bands);
      } else {
        row_u8(to, row, w, raster);
      }
      break;
    case LNTI_DEPTH_U16:
      row_u16(to, row, w, raster);
      break;
    case LNTI_DEPTH_F32:
      row_f32(to, row, w, raster);
      break;
  }
}
