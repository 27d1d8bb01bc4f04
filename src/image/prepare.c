/*
 * The pipeline: decode (shrunk as far as the target allows), colour, resize, u8. Deeper sources stay deep
 * until the last step, so that they are rounded once. Everyone who wants a feature's pixels comes through
 * lnti_prepare_run; the shrink-on-load is part of it, since it changes pixels.
 */
#include <image/prepare.h>

#include <base/error.h>
#include <stdio.h>
#include <string.h>

enum { SIDE_MAX = 4096 };

static const char *colour_name(lnti_colour colour) {
  return colour == LNTI_COLOUR_GREY ? "grey" : "rgb";
}

void lnti_prepare_text(char out[LNTI_PREPARE_TEXT], const lnti_prepare *prepare) {
  (void)snprintf(out, LNTI_PREPARE_TEXT, "resize=%zux%zu,colour=%s", prepare->w, prepare->h,
                 colour_name(prepare->colour));
}

/** 1..SIDE_MAX in plain digits at *p, which moves behind them. */
static bool read_side(size_t *out, const char **p) {
  size_t side = 0;
  if (**p < '1' || **p > '9') return false;
  while (**p >= '0' && **p <= '9') {
    side = side * 10 + (size_t)(**p - '0');
    if (side > SIDE_MAX) return false;
    (*p)++;
  }
  *out = side;
  return true;
}

static bool skip(const char **p, const char *word) {
  const size_t n = strlen(word);
  if (strncmp(*p, word, n) != 0) return false;
  *p += n;
  return true;
}

lnt_status lnti_prepare_parse(lnti_prepare *out, const char *text, lnt_error *err) {
  lnti_prepare prepare = {0};
  const char *p = text;
  if (skip(&p, "resize=") && read_side(&prepare.w, &p) && skip(&p, "x") && read_side(&prepare.h, &p) &&
      skip(&p, ",colour=")) {
    prepare.colour = strcmp(p, "grey") == 0 ? LNTI_COLOUR_GREY : LNTI_COLOUR_RGB;
    if (strcmp(p, colour_name(prepare.colour)) == 0) {
      *out = prepare;
      return LNT_OK;
    }
  }
  return lnti_fail(err, LNT_EINVAL,
                   "\"%.80s\" is no pipeline; one reads resize=28x28,colour=grey (or rgb), sides 1 to %d", text,
                   SIDE_MAX);
}

/** Replaces *image by `next`. */
static void take(lnti_image *image, lnti_image next) {
  lnti_image_clear(image);
  *image = next;
}

static lnt_status run_steps(lnti_image *image, const lnti_prepare *prepare, lnt_error *err) {
  const size_t c = prepare->colour == LNTI_COLOUR_GREY ? 1 : 3;
  lnti_image next = {0};
  lnt_status status;
  if (image->c != c) {
    status = lnti_image_colour(&next, image, prepare->colour, err);
    if (status != LNT_OK) return status;
    take(image, next);
  }
  if (image->h != prepare->h || image->w != prepare->w) {
    status = lnti_image_resize(&next, image, prepare->h, prepare->w, err);
    if (status != LNT_OK) return status;
    take(image, next);
  }
  if (image->depth != LNTI_DEPTH_U8) {
    status = lnti_image_to_u8(&next, image, err);
    if (status != LNT_OK) return status;
    take(image, next);
  }
  return LNT_OK;
}

lnt_status lnti_prepare_run(lnti_image *out, const lnti_prepare *prepare, const lnti_blob *blob,
                            const lnti_image_limits *limits, lnt_error *err) {
  lnti_image image = {0};
  const lnti_size target = {prepare->h, prepare->w};
  if (prepare->h == 0 || prepare->w == 0 || prepare->h > SIDE_MAX || prepare->w > SIDE_MAX) {
    return lnti_fail(err, LNT_EINVAL, "a target of %zu x %zu pixels is outside 1 to %d", prepare->w, prepare->h,
                     SIDE_MAX);
  }
  lnt_status status = lnti_image_decode(&image, NULL, blob, &target, limits, err);
  if (status == LNT_OK) status = run_steps(&image, prepare, err);
  if (status != LNT_OK) {
    lnti_image_clear(&image);
    return status;
  }
  *out = image;
  return LNT_OK;
}
