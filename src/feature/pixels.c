/*
 * `pixels`: the image itself, small, as u8: [h,w,c] in memory order. The pipeline does the work; u8 is
 * kept because exact integer distances are what the kNN kernels are fast at.
 */
#include <feature/features.h>

#include <base/error.h>
#include <string.h>

enum { D_AUTO_MAX = 12288, SIDE_FALLBACK = 32, SIDE_MAX = 512 };

/* Indices into the choices of `colour`. */
enum { COLOUR_AUTO, COLOUR_GREY, COLOUR_RGB };

static const lnti_param table[] = {
    {"colour", LNTI_PARAM_CHOICE, "auto", 0, 0, "auto|grey|rgb",
     "channels kept; auto: rgb if any training image has colour"},
    {"height", LNTI_PARAM_INT, "auto", 1, SIDE_MAX, "auto",
     "height in pixels; auto: the images' own where all agree and the vector stays within 12288, else 32"},
    {"width", LNTI_PARAM_INT, "auto", 1, SIDE_MAX, "auto", "width in pixels; auto: as height"},
    {0},
};

static lnt_status resolve(lnti_params *params, const lnti_image_traits *traits, lnt_error *err) {
  const bool auto_h = lnti_params_is_auto(params, "height"), auto_w = lnti_params_is_auto(params, "width");
  if (lnti_params_get(params, "colour") == COLOUR_AUTO) {
    lnt_status status = lnti_params_set_value(params, "colour", traits->any_colour ? "rgb" : "grey", err);
    if (status != LNT_OK) return status;
  }
  const size_t c = lnti_params_get(params, "colour") == COLOUR_RGB ? 3 : 1;
  size_t h = SIDE_FALLBACK, w = SIDE_FALLBACK;
  const bool agree = traits->h >= 1 && traits->w >= 1 && traits->h <= SIDE_MAX && traits->w <= SIDE_MAX;
  if (agree && traits->h * traits->w * c <= D_AUTO_MAX) {
    h = traits->h;
    w = traits->w;
  }
  /* One side given: a square of it. */
  if (!auto_h) h = w = lnti_feature_size(params, "height");
  if (!auto_w) w = lnti_feature_size(params, "width");
  if (!auto_w && auto_h) h = w;
  lnt_status status = lnti_feature_set(params, "height", h, err);
  if (status == LNT_OK) status = lnti_feature_set(params, "width", w, err);
  return status;
}

static lnt_status plan(lnti_prepare *prepare_out, size_t *d_out, size_t *scratch_out, const lnti_params *params,
                       lnt_error *err) {
  (void)err;
  const bool rgb = lnti_params_get(params, "colour") == COLOUR_RGB;
  const lnti_prepare prepare = {lnti_feature_size(params, "height"), lnti_feature_size(params, "width"),
                                rgb ? LNTI_COLOUR_RGB : LNTI_COLOUR_GREY};
  *prepare_out = prepare;
  *d_out = prepare.h * prepare.w * (rgb ? 3 : 1);
  *scratch_out = 0;
  return LNT_OK;
}

static void extract(void *out, const lnti_image *image, void *scratch, const lnti_params *params) {
  (void)scratch;
  (void)params;
  memcpy(out, image->data, lnti_image_bytes(image));
}

const lnti_feature lnti_feature_pixels = {
    .name = "pixels",
    .title = "Pixels",
    .help = "The small image itself; right where all images are framed alike, as scans and digits are.",
    .source = "",
    .version = 1,
    .dtype = LNTI_U8,
    .params = table,
    .resolve = resolve,
    .plan = plan,
    .extract = extract,
};
