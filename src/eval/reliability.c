/*
 * The calibration error of answers, and what it would be by chance alone.
 */
#include <eval/reliability.h>

#include <base/rng.h>
#include <eval/scored.h>
#include <math.h>
#include <stdlib.h>

enum { DRAWS_MOST = 1000, DRAWS_LEAST = 100, ANSWERS_MOST = 20000000, STREAM_RELIABILITY = 21 };

double lnti_reliability_error(const float *p, const bool *right, size_t n) {
  lnti_bin_sums bins[LNTI_ECE_BINS] = {{0, 0, 0}};
  for (size_t i = 0; i < n; i++) {
    lnti_bin_sums *bin = &bins[lnti_bin_of(p[i])];
    bin->n++;
    bin->hits += right[i];
    bin->confidence += (double)p[i];
  }
  return lnti_ece_of(bins);
}

/* The error of one draw: right[i] with probability p[i]. */
static double draw(const float *p, size_t n, lnti_rng *rng) {
  double apart[LNTI_ECE_BINS] = {0}, sum = 0;
  for (size_t i = 0; i < n; i++) apart[lnti_bin_of(p[i])] += (double)p[i] - (lnti_rng_unit(rng) < (double)p[i]);
  for (size_t b = 0; b < LNTI_ECE_BINS; b++) sum += fabs(apart[b]);
  return sum / (double)n;
}

static int compare_doubles(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return x < y ? -1 : x > y;
}

void lnti_reliability_by_chance(double *mean_out, double *high_out, const float *p, size_t n, uint64_t seed) {
  double error[DRAWS_MOST], sum = 0;
  lnti_rng rng;
  *mean_out = *high_out = (double)NAN;
  if (n == 0) return;
  size_t draws = ANSWERS_MOST / n;
  draws = draws < DRAWS_LEAST ? DRAWS_LEAST : draws > DRAWS_MOST ? DRAWS_MOST : draws;
  lnti_rng_seed(&rng, seed, STREAM_RELIABILITY);
  for (size_t r = 0; r < draws; r++) {
    error[r] = draw(p, n, &rng);
    sum += error[r];
  }
  qsort(error, draws, sizeof *error, compare_doubles);
  *mean_out = sum / (double)draws;
  *high_out = error[(size_t)ceil(0.95 * (double)draws) - 1];
}
