/*
 * How a network's numbers in bf16 agree with those in f32, on pictures made up from noise: coarse and fine structure, every colour.
 */
#include <base/alloc.h>
#include <base/error.h>
#include <base/rng.h>
#include <feature/backbone.h>
#include <math.h>
#include <stdlib.h>
#include <time.h>

/* Noise of so many cells a side, scaled to the picture, and a fine one added. */
enum { CELLS = 7, FINE = 32 };

static lnt_status make_picture(lnti_image *out, const lnti_prepare *prepare, lnti_rng *rng, lnt_error *err) {
  lnti_image cells = {0}, colour = {0};
  lnt_status status = lnti_image_new(&cells, CELLS, CELLS, 3, LNTI_DEPTH_U8, err);
  for (size_t i = 0; i < CELLS * CELLS * 3 && !status; i++)
    ((uint8_t *)cells.data)[i] = (uint8_t)lnti_rng_below(rng, 256);
  if (!status) status = lnti_image_colour(&colour, &cells, prepare->colour, err);
  if (!status) status = lnti_image_resize(out, &colour, prepare->h, prepare->w, err);
  for (size_t i = 0; !status && i < lnti_image_bytes(out); i++) {
    int value = ((uint8_t *)out->data)[i] + (int)lnti_rng_below(rng, 2 * FINE) - FINE;
    ((uint8_t *)out->data)[i] = (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
  }
  lnti_image_clear(&colour);
  lnti_image_clear(&cells);
  return status;
}

static double seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

typedef struct comparing {
  lnti_backbone *side[2]; /* as it is; in f32 */
  lnti_backbone_output output;
  size_t d;
  float *vector[2];
  double least[2]; /* seconds of a picture */
  double difference, largest;
} comparing;

static size_t greatest(const float *x, size_t n) {
  size_t at = 0;
  for (size_t i = 1; i < n; i++) {
    if (x[i] > x[at]) at = i;
  }
  return at;
}

static lnt_status compare_picture(comparing *c, lnti_backbone_agreement *out, lnti_rng *rng, lnt_error *err) {
  const lnti_prepare prepare = lnti_backbone_prepare(c->side[0]);
  lnti_image picture = {0};
  lnt_status status = make_picture(&picture, &prepare, rng, err);
  for (int k = 0; k < 2 && !status; k++) {
    double begin = seconds();
    status = lnti_backbone_run(c->vector[k], c->side[k], c->output, &picture, err);
    double took = seconds() - begin;
    if (took < c->least[k]) c->least[k] = took;
  }
  lnti_image_clear(&picture);
  if (status) return status;
  for (size_t i = 0; i < c->d; i++) {
    c->difference = fmax(c->difference, fabs((double)c->vector[0][i] - (double)c->vector[1][i]));
    c->largest = fmax(c->largest, fabs((double)c->vector[1][i]));
  }
  out->pictures++;
  out->same += greatest(c->vector[0], c->d) == greatest(c->vector[1], c->d);
  return LNT_OK;
}

lnt_status lnti_backbone_agreement_of(lnti_backbone_agreement *out, lnti_backbone *backbone,
                                      const lnti_context *context, lnt_error *err) {
  enum { PICTURES = 8 };
  const bool embeds = lnti_backbone_d(backbone, LNTI_BACKBONE_EMBEDDING) > 0;
  comparing c = {.side = {backbone}, .least = {INFINITY, INFINITY}};
  lnti_backbone_agreement agreement = {0};
  lnti_backbone_spec exact = *lnti_backbone_get_spec(backbone);
  lnti_rng rng;
  size_t bytes = 0;
  exact.precision = LNTI_F32;
  c.output = embeds ? LNTI_BACKBONE_EMBEDDING : LNTI_BACKBONE_CLASSES;
  c.d = lnti_backbone_d(backbone, c.output);
  const void *data = lnti_backbone_data(&bytes, backbone);
  lnt_status status = lnti_backbone_read(&c.side[1], data, bytes, exact.name, &exact, c.output, context, err);
  for (int k = 0; k < 2 && !status; k++) status = lnti_alloc(&c.vector[k], c.d, sizeof *c.vector[k], err);
  lnti_rng_seed(&rng, 1, 0);
  for (int i = 0; i < PICTURES && !status; i++) status = compare_picture(&c, &agreement, &rng, err);
  if (!status) {
    agreement.difference = c.largest > 0 ? c.difference / c.largest : 0;
    agreement.ms = 1e3 * c.least[0];
    agreement.ms_f32 = 1e3 * c.least[1];
    *out = agreement;
  }
  free(c.vector[0]);
  free(c.vector[1]);
  lnti_backbone_free(c.side[1]);
  return status;
}
