/*
 * The worst mistakes of each kind: wrong answers by falling confidence, numbers by how far they are off. Pictures keep their proportions and are only ever shrunk.
 */
#include <flow/evaluate/mistakes.h>

#include <base/alloc.h>
#include <base/error.h>
#include <image/prepare.h>
#include <math.h>
#include <math/topk.h>
#include <stdlib.h>

/* The worst of one kind, worst first. */
typedef struct candidate {
  size_t row, class; /* class: that was said, or the label */
  double worst;
} candidate;

typedef struct worst_list {
  candidate list[LNTI_MISTAKES_MAX];
  size_t n, most;
} worst_list;

/* Rows come in their order: of equal ones the first stays first. */
static void offer(worst_list *worst, size_t row, size_t class, double how) {
  if (worst->n == worst->most && how <= worst->list[worst->n - 1].worst) return;
  size_t at = worst->n < worst->most ? worst->n++ : worst->n - 1;
  for (; at > 0 && worst->list[at - 1].worst < how; at--) worst->list[at] = worst->list[at - 1];
  worst->list[at] = (candidate){row, class, how};
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

/* ---- of each task ---- */

static void find_classes(worst_list worst[2], const lnti_mistakes_of *of) {
  size_t k = of->truth->k;
  worst[0].most = LNTI_MISTAKES_MAX;
  for (size_t i = 0; i < of->truth->n; i++) {
    size_t top = lnti_argmax(of->prob + i * k, k);
    if ((int32_t)top != of->truth->label[i]) offer(&worst[0], i, top, (double)of->prob[i * k + top]);
  }
}

static void find_labels(worst_list worst[2], const lnti_mistakes_of *of) {
  size_t k = of->truth->k;
  for (size_t i = 0; i < of->truth->n; i++) {
    for (size_t l = 0; l < k; l++) {
      int8_t truth = of->truth->yes[i * k + l];
      double p = (double)of->prob[i * k + l];
      bool said = of->prob[i * k + l] >= (of->threshold ? of->threshold[l] : 0.5F);
      if (said && truth == 0) offer(&worst[0], i, l, p);
      if (!said && truth == 1) offer(&worst[1], i, l, 1 - p);
    }
  }
}

static void find_numbers(worst_list worst[2], const lnti_mistakes_of *of) {
  for (size_t i = 0; i < of->truth->n; i++) {
    double error = (double)of->prob[i] - of->truth->value[i];
    if (error != 0) offer(&worst[error < 0], i, 0, fabs(error));
  }
}

static lnt_status name_label(lnti_mistakes *mistakes, size_t i, const char *title, bool missed, lnt_error *err) {
  lnt_status status = lnti_asprintf(&mistakes->said[i], err, "%s%s", missed ? "not " : "", title);
  return status ? status : lnti_asprintf(&mistakes->is[i], err, "%s%s", missed ? "" : "not ", title);
}

static lnt_status name_number(lnti_mistakes *mistakes, size_t i, const lnti_mistakes_of *of, size_t row,
                              lnt_error *err) {
  const char *unit = of->unit ? of->unit : "", *space = *unit ? " " : "";
  lnt_status status = lnti_asprintf(&mistakes->said[i], err, "%.4g%s%s", (double)of->prob[row], space, unit);
  return status ? status : lnti_asprintf(&mistakes->is[i], err, "%.4g%s%s", of->truth->value[row], space, unit);
}

static lnt_status add(lnti_mistakes *mistakes, const lnti_mistakes_of *of, const candidate *c, bool second,
                      lnt_error *err) {
  static const char *const LABELS[] = {"Seen where they are not", "Missed"}, *const NUMBERS[] = {"Too high", "Too low"};
  size_t i = mistakes->n++;
  lnti_report_mistake *mistake = &mistakes->list[i];
  lnt_status status = LNT_OK;
  *mistake = (lnti_report_mistake){.path = of->items->item[of->features->item[c->row]].uri, .confidence = c->worst};
  if (of->truth->yes) {
    mistake->kind = LABELS[second];
    status = name_label(mistakes, i, of->classes[c->class].title, second, err);
  } else if (of->truth->value) {
    mistake->kind = NUMBERS[second];
    mistake->confidence = (double)NAN;
    status = name_number(mistakes, i, of, c->row, err);
  } else {
    mistake->truth = (size_t)of->truth->label[c->row];
    mistake->predicted = c->class;
  }
  mistake->said = mistakes->said[i];
  mistake->is = mistakes->is[i];
  return status;
}

lnt_status lnti_mistakes_find(lnti_mistakes *out, lnti_project *project, const lnti_mistakes_of *of, lnt_error *err) {
  lnti_mistakes mistakes = {0};
  worst_list worst[2] = {{.most = LNTI_MISTAKES_MAX / 2}, {.most = LNTI_MISTAKES_MAX / 2}};
  if (of->truth->yes) {
    find_labels(worst, of);
  } else if (of->truth->value) {
    find_numbers(worst, of);
  } else {
    find_classes(worst, of);
  }
  lnt_status status = lnti_alloc_zero(&mistakes.list, worst[0].n + worst[1].n, sizeof *mistakes.list, err);
  for (int kind = 0; kind < 2 && !status; kind++) {
    for (size_t i = 0; i < worst[kind].n && !status; i++) {
      status = add(&mistakes, of, &worst[kind].list[i], kind == 1, err);
      if (!status) status = add_picture(&mistakes, mistakes.n - 1, project, err);
    }
  }
  if (status) {
    lnti_mistakes_clear(&mistakes);
    return status;
  }
  *out = mistakes;
  return LNT_OK;
}

void lnti_mistakes_clear(lnti_mistakes *mistakes) {
  for (size_t i = 0; i < mistakes->n; i++) {
    free(mistakes->png[i]);
    free(mistakes->said[i]);
    free(mistakes->is[i]);
  }
  free(mistakes->list);
  free(mistakes->first_unread);
  *mistakes = (lnti_mistakes){0};
}
