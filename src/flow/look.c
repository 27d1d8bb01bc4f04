/*
 * One look at an image. Hashes, facts and thumbnail all come from the one decode.
 */
#include <flow/look.h>

#include <flow/content.h>
#include <image/quality.h>
#include <image/signature.h>
#include <image/thumbnail.h>
#include <stdlib.h>
#include <string.h>

enum { OWN_THUMB_BYTES = 32 << 10 };

bool lnti_is_own_thumb(size_t h, size_t w, size_t depth, uint64_t bytes) {
  return h <= LNTI_THUMBNAIL_SIDE && w <= LNTI_THUMBNAIL_SIDE && depth == 8 && bytes <= OWN_THUMB_BYTES;
}

static size_t bits_of(lnti_depth depth) {
  return depth == LNTI_DEPTH_U8 ? 8 : depth == LNTI_DEPTH_U16 ? 16 : 32;
}

static void keep_signature(lnti_item_facts *facts, const lnti_signature *signature) {
  facts->has_signature = signature->usable;
  for (size_t i = 0; i < LNTI_SIGNATURE_BYTES; i++) {
    facts->signature[i] = (uint8_t)(signature->bits[i / 8] >> (8 * (i % 8)));
  }
}

static lnt_status look_at_image(lnti_looked *out, const lnti_blob *blob, const lnti_image *image, lnt_error *err) {
  const bool own = lnti_is_own_thumb(out->info.h, out->info.w, bits_of(out->info.depth), blob->bytes);
  lnti_image small = {0};
  lnti_signature signature;
  lnti_quality quality;
  lnti_hash128 pixels;
  lnt_status status = lnti_thumbnail_make(own ? NULL : &out->thumb, own ? NULL : &out->thumb_bytes, &small, image,
                                          LNTI_THUMBNAIL_SIDE, LNTI_THUMBNAIL_QUALITY, err);
  if (status == LNT_OK) status = lnti_signature_make(&signature, &small, err);
  if (status == LNT_OK) status = lnti_quality_measure(&quality, &small, err);
  lnti_image_clear(&small);
  if (status) return status;
  lnti_image_pixel_hash(&pixels, image);
  out->facts.has_pixels = true;
  memcpy(out->facts.pixels, pixels.bytes, sizeof out->facts.pixels);
  keep_signature(&out->facts, &signature);
  out->facts.has_quality = true;
  out->facts.sharpness = (double)quality.sharpness;
  out->facts.brightness = (double)quality.brightness;
  out->facts.contrast = (double)quality.contrast;
  return LNT_OK;
}

lnt_status lnti_look(lnti_looked *out, const lnti_blob *blob, const lnti_look_options *options, lnt_error *err) {
  lnti_looked looked = {.bytes = blob->bytes};
  lnti_image image = {0};
  lnt_status status = lnti_image_probe(&looked.info, blob, &options->limits, err);
  if (status) return status;
  lnti_content_hash(&looked.content, blob);
  if (blob->kind == LNTI_BLOB_ENCODED) lnti_exif_read(&looked.exif, blob->data, blob->bytes);
  if (options->pixels) {
    status = lnti_image_decode(&image, &looked.rows_missing, blob, NULL, &options->limits, err);
    if (!status) status = look_at_image(&looked, blob, &image, err);
    lnti_image_clear(&image);
  }
  if (status) {
    lnti_looked_clear(&looked);
    return status;
  }
  *out = looked;
  return LNT_OK;
}

lnt_status lnti_look_open(lnti_looking *out, const lnti_blob *blob, const lnti_look_options *options, lnt_error *err) {
  lnti_looking looking = {.options = *options, .blob = *blob};
  lnt_status status = lnti_frames_open(&looking.frames, &looking.info, blob, &options->limits, err);
  if (status) return status;
  lnti_content_begin(&looking.content, blob);
  if (blob->kind == LNTI_BLOB_ENCODED) lnti_exif_read(&looking.exif, blob->data, blob->bytes);
  *out = looking;
  return LNT_OK;
}

void lnti_look_close(lnti_looking *looking) {
  lnti_frames_close(looking->frames);
  *looking = (lnti_looking){0};
}

lnt_status lnti_look_frame(lnti_looked *out, lnti_looking *looking, size_t frame, lnt_error *err) {
  lnti_looked looked = {.bytes = looking->blob.bytes, .exif = looking->exif};
  lnti_image image = {0};
  lnt_status status = lnti_frames_info(&looked.info, looking->frames, frame, err);
  if (status) return status;
  lnti_content_end(&looked.content, &looking->content, frame);
  if (looking->options.pixels) {
    status = lnti_frames_read(&image, &looked.rows_missing, looking->frames, frame, err);
    if (!status) status = look_at_image(&looked, &looking->blob, &image, err);
    lnti_image_clear(&image);
  }
  if (status) {
    lnti_looked_clear(&looked);
    return status;
  }
  *out = looked;
  return LNT_OK;
}

void lnti_looked_clear(lnti_looked *looked) {
  free(looked->thumb);
  looked->thumb = NULL;
  looked->thumb_bytes = 0;
}

void lnti_look_item(lnti_item *item, const lnti_looked *looked) {
  const lnti_image_info *info = &looked->info;
  item->content = looked->content;
  item->h = (uint32_t)info->h;
  item->w = (uint32_t)info->w;
  item->c = (uint32_t)info->c;
  item->depth = (uint32_t)bits_of(info->depth);
  item->format = lnti_image_format_name(info->format);
  item->bytes = looked->bytes;
  item->facts = looked->facts;
}
