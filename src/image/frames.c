#include <image/frames.h>

#include <base/alloc.h>
#include <image/codec.h>
#include <stdlib.h>

struct lnti_frames {
  lnti_blob blob;
  lnti_image_limits limits;
  lnti_image_info info; /* as stored */
  const lnti_codec_animation *animation;
  void *reader;
  size_t next; /* that the reader may be asked for */
};

lnt_status lnti_frames_open(lnti_frames **out, lnti_image_info *info_out, const lnti_blob *blob,
                            const lnti_image_limits *limits, lnt_error *err) {
  const lnti_codec *codec = NULL;
  lnti_frames *f = NULL;
  lnt_status status = lnti_alloc_zero(&f, 1, sizeof *f, err);
  if (status != LNT_OK) return status;
  f->blob = *blob;
  f->blob.frame = 0;
  f->limits = *limits;
  status = lnti_codec_probe(&codec, &f->info, &f->blob, limits, err);
  if (status == LNT_OK && codec && f->info.frames > 1) f->animation = codec->animation;
  if (status != LNT_OK) {
    lnti_frames_close(f);
    return status;
  }
  *info_out = f->info;
  lnti_info_upright(info_out);
  *out = f;
  return LNT_OK;
}

void lnti_frames_close(lnti_frames *frames) {
  if (!frames) return;
  if (frames->reader) frames->animation->close(frames->reader);
  free(frames);
}

lnt_status lnti_frames_info(lnti_image_info *out, const lnti_frames *frames, size_t frame, lnt_error *err) {
  lnti_blob blob = frames->blob;
  blob.frame = frame;
  if (!frames->animation) return lnti_image_probe(out, &blob, &frames->limits, err);
  *out = frames->info;
  lnti_info_upright(out);
  return LNT_OK;
}

static lnt_status read_animation(lnti_image *out, lnti_frames *f, size_t frame, lnt_error *err) {
  lnti_image image = {0};
  lnt_status status = LNT_OK;
  if (f->reader && frame < f->next) {
    f->animation->close(f->reader);
    f->reader = NULL;
  }
  if (!f->reader) status = f->animation->open(&f->reader, &f->blob, &f->info, err);
  if (status != LNT_OK) return status;
  f->next = frame + 1;
  status = f->animation->read(&image, f->reader, frame, err);
  if (status == LNT_OK) status = lnti_image_upright(&image, f->info.orientation, err);
  if (status == LNT_ENOMEM) {
    f->animation->close(f->reader);
    f->reader = NULL;
  }
  if (status != LNT_OK) {
    lnti_image_clear(&image);
    return status;
  }
  *out = image;
  return LNT_OK;
}

lnt_status lnti_frames_read(lnti_image *out, size_t *rows_missing_out, lnti_frames *frames, size_t frame,
                            lnt_error *err) {
  lnti_blob blob = frames->blob;
  blob.frame = frame;
  if (!frames->animation || frame >= frames->info.frames) {
    return lnti_image_decode(out, rows_missing_out, &blob, NULL, &frames->limits, err);
  }
  if (rows_missing_out) *rows_missing_out = 0;
  return read_animation(out, frames, frame, err);
}
