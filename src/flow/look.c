/*
 * One look at an image. Hashes, facts and thumbnail all come from the one decode.
 */
#include <flow/look.h>

#include <flow/content.h>
#include <stdlib.h>
#include <string.h>

static lnt_status look_at_pixels(lnti_looked *out, const lnti_blob *blob, const lnti_look_options *options,
                                 lnt_error *err) {
  lnti_image image = {0};
  lnt_status status = lnti_image_decode(&image, &out->rows_missing, blob, NULL, &options->limits, err);
  lnti_image_clear(&image);
  return status;
}

lnt_status lnti_look(lnti_looked *out, const lnti_blob *blob, const lnti_look_options *options, lnt_error *err) {
  lnti_looked looked = {.bytes = blob->bytes};
  lnt_status status = lnti_image_probe(&looked.info, blob, &options->limits, err);
  if (status) return status;
  lnti_content_hash(&looked.content, blob);
  if (blob->kind == LNTI_BLOB_ENCODED) lnti_exif_read(&looked.exif, blob->data, blob->bytes);
  if (options->pixels) status = look_at_pixels(&looked, blob, options, err);
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
  item->depth = info->depth == LNTI_DEPTH_U8 ? 8 : info->depth == LNTI_DEPTH_U16 ? 16 : 32;
  item->format = lnti_image_format_name(info->format);
  item->bytes = looked->bytes;
  item->facts = looked->facts;
}
