/*
 * Classifying images with an opened model: the public way in. An image takes the same path here as in the program:
 * the extractor's canonical decode and resize, its feature, lnti_model_predict.
 */
#include <base/alloc.h>
#include <base/error.h>
#include <model/model.h>
#include <stdlib.h>
#include <string.h>

lnt_status lnt_model_open(lnt_model **model_out, const char *path, const lnt_model_options *options, lnt_error *err) {
  lnt_model *model = NULL;
  lnt_model_options defaults = LNT_MODEL_OPTIONS_INIT;
  lnti_media_options media = LNTI_MEDIA_OPTIONS_INIT;
  if (!model_out || !path) return lnti_fail(err, LNT_EINVAL, "lnt_model_open needs a place for the model and a path");
  if (!options) options = &defaults;
  lnti_context context = {.cpu = lnt_cpu_detect()};
  if (context.cpu > options->cpu_max) context.cpu = options->cpu_max;
  lnt_status status = lnti_model_open(&model, path, &context, err);
  if (status == LNT_OK) status = lnti_media_new(&model->media, &media, err);
  if (status != LNT_OK) {
    lnt_model_close(model);
    return status;
  }
  *model_out = model;
  return LNT_OK;
}

/* The image's feature; what is wrong with the image is told with its name, where it has one. */
static lnt_status extract(void *feature, const lnt_model *model, const lnti_blob *blob, const char *name,
                          lnt_error *err) {
  lnti_image_limits limits = LNTI_IMAGE_LIMITS_INIT;
  lnt_error inner = LNT_ERROR_INIT;
  if (!name) return lnti_extractor_run(feature, model->extractor, blob, &limits, err);
  lnt_status status = lnti_extractor_run(feature, model->extractor, blob, &limits, &inner);
  return status == LNT_OK ? LNT_OK : lnti_fail(err, status, "%s: %s", name, inner.message);
}

/* `name` of the image for errors; NULL: none. */
static lnt_status classify_blob(float *prob_out, const lnt_model *model, const lnti_blob *blob, const char *name,
                                lnt_error *err) {
  void *feature = NULL; /* [d] */
  float *prob = NULL;   /* [n_classes] */
  size_t d = lnti_extractor_d(model->extractor);
  lnti_dtype dtype = lnti_extractor_dtype(model->extractor);
  lnt_status status = lnti_alloc_aligned(&feature, d, lnti_dtype_bytes(dtype), err);
  if (status == LNT_OK) status = lnti_alloc_aligned(&prob, model->n_classes, sizeof *prob, err);
  if (status == LNT_OK) status = extract(feature, model, blob, name, err);
  if (status == LNT_OK) {
    lnti_matrix x = lnti_matrix_of(feature, 1, d, dtype);
    status = lnti_model_predict(prob, model, &x, &model->context, err);
  }
  if (status == LNT_OK) memcpy(prob_out, prob, model->n_classes * sizeof *prob);
  free(prob);
  free(feature);
  return status;
}

lnt_status lnt_model_classify(float *prob_out, const lnt_model *model, const char *uri, lnt_error *err) {
  lnti_blob blob = {0};
  if (!prob_out || !model || !uri)
    return lnti_fail(err, LNT_EINVAL, "lnt_model_classify needs a place, a model and a path");
  if (!model->media) return lnti_fail(err, LNT_EINVAL, "the model was not opened by lnt_model_open");
  lnt_status status = lnti_media_read(&blob, model->media, uri, err);
  if (status == LNT_OK) status = classify_blob(prob_out, model, &blob, uri, err);
  lnti_blob_clear(&blob);
  return status;
}

lnt_status lnt_model_classify_memory(float *prob_out, const lnt_model *model, const void *data, size_t bytes,
                                     lnt_error *err) {
  if (!prob_out || !model || !data)
    return lnti_fail(err, LNT_EINVAL, "lnt_model_classify_memory needs a place, a model and an image");
  lnti_blob blob = {.kind = LNTI_BLOB_ENCODED, .data = data, .bytes = bytes};
  return classify_blob(prob_out, model, &blob, NULL, err);
}

lnt_status lnt_model_classify_pixels(float *prob_out, const lnt_model *model, const uint8_t *pixels, size_t h, size_t w,
                                     size_t c, lnt_error *err) {
  size_t bytes = 0;
  if (!prob_out || !model || !pixels)
    return lnti_fail(err, LNT_EINVAL, "lnt_model_classify_pixels needs a place, a model and pixels");
  if (h == 0 || w == 0 || (c != 1 && c != 3 && c != 4) || !lnti_size_mul(&bytes, h, w) ||
      !lnti_size_mul(&bytes, bytes, c))
    return lnti_fail(err, LNT_EINVAL, "%zu x %zu pixels of %zu channels: at least 1 x 1 of 1, 3 or 4 are needed", h, w,
                     c);
  lnti_blob blob = {.kind = LNTI_BLOB_PIXELS, .data = pixels, .bytes = bytes, .h = h, .w = w, .c = c};
  return classify_blob(prob_out, model, &blob, NULL, err);
}
