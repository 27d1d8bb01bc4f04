/*
 * The worst mistakes: wrong answers by falling confidence. Pictures keep their proportions and are only ever shrunk.
 */
#include <flow/mistakes.h>

#include <base/alloc.h>
#include <base/error.h>
#include <image/prepare.h>
#include <math/topk.h>
#include <stdlib.h>

typedef struct candidate {
  size_t row;
  size_t predicted;
  float confidence;
} candidate;

static int worst_first(const void *a, const void *b) {
  const candidate *x = a, *y = b;
  if (x->confidence != y->confidence) return x->confidence > y->confidence ? -1 : 1;
  return x->row < y->row ? -1 : x->row > y->row;
}

static lnt_status draw(uint8_t **png_out, size_t *bytes_out, const lnti_blob *blob, const lnti_image_limits *limits,
                       lnt_error *err) {
  lnti_image_info info;
  lnti_image image = {0};
  lnt_status status = lnti_image_probe(&info, blob, limits, err);
  if (status) return status;
  size_t longest = info.h > info.w ? info.h : info.w, side = longest < LNTI_MISTAKE_SIDE ? longest : LNTI_MISTAKE_SIDE;
  lnti_prepare prepare = {.h = info.h * side / longest,
                          .w = info.w * side / longest,
                          .colour = info.c == 1 ? LNTI_COLOUR_GREY : LNTI_COLOUR_RGB};
  if (prepare.h == 0) prepare.h = 1;
  if (prepare.w == 0) prepare.w = 1;
  status = lnti_prepare_run(&image, &prepare, blob, limits, err);
  if (status == LNT_OK) status = lnti_image_encode_png(png_out, bytes_out, &image, err);
  lnti_image_clear(&image);
  return status;
}

static lnt_status add_picture(lnti_mistakes *mistakes, size_t i, lnti_project *project, lnt_error *err) {
  lnti_report_mistake *mistake = &mistakes->list[i];
  lnti_blob blob = {0};
  lnt_error reason = LNT_ERROR_INIT;
  uint8_t *png = NULL;
  size_t bytes = 0;
  lnt_status status = lnti_media_read(&blob, project->media, mistake->path, &reason);
  if (status == LNT_OK) status = draw(&png, &bytes, &blob, &project->limits, &reason);
  lnti_blob_clear(&blob);
  if (status == LNT_ENOMEM) return lnti_fail(err, status, "%s", reason.message);
  if (status) {
    if (mistakes->n_unread++ > 0) return LNT_OK;
    return lnti_strdup(&mistakes->first_unread, reason.message, err);
  }
  mistake->png = mistakes->png[i] = png;
  mistake->png_bytes = bytes;
  return LNT_OK;
}

lnt_status lnti_mistakes_find(lnti_mistakes *out, lnti_project *project, const lnti_extract_items *items,
                              const lnti_vectors *features, const int32_t *label, const float *prob, size_t k,
                              lnt_error *err) {
  lnti_mistakes mistakes = {0};
  candidate *candidates = NULL;
  size_t n = 0;
  lnt_status status = lnti_alloc(&candidates, features->n, sizeof *candidates, err);
  if (status) return status;
  for (size_t i = 0; i < features->n; i++) {
    size_t top = lnti_argmax(prob + i * k, k);
    if ((int32_t)top != label[i]) candidates[n++] = (candidate){i, top, prob[i * k + top]};
  }
  qsort(candidates, n, sizeof *candidates, worst_first);
  if (n > LNTI_MISTAKES_MAX) n = LNTI_MISTAKES_MAX;
  status = lnti_alloc_zero(&mistakes.list, n, sizeof *mistakes.list, err);
  for (size_t i = 0; i < n && status == LNT_OK; i++) {
    const candidate *c = &candidates[i];
    mistakes.list[i] = (lnti_report_mistake){.path = items->item[features->item[c->row]].uri,
                                             .truth = (size_t)label[c->row],
                                             .predicted = c->predicted,
                                             .confidence = (double)c->confidence};
    mistakes.n++;
    status = add_picture(&mistakes, i, project, err);
  }
  free(candidates);
  if (status) {
    lnti_mistakes_clear(&mistakes);
    return status;
  }
  *out = mistakes;
  return LNT_OK;
}

void lnti_mistakes_clear(lnti_mistakes *mistakes) {
  for (size_t i = 0; i < mistakes->n; i++) free(mistakes->png[i]);
  free(mistakes->list);
  free(mistakes->first_unread);
  *mistakes = (lnti_mistakes){0};
}
