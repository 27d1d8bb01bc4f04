/*
 * The calibration error of answers, and what it would be by chance alone.
 */
#include <eval/reliability.h>

#include <base/alloc.h>
#include <base/rng.h>
#include <eval/scored.h>
#include <math.h>
#include <stdlib.h>

enum {
  DRAWS = 1000,
  DRAWS_A_CHECK = 16,
  EXACT_ANSWERS = 20000, /* of so many each is drawn; of more, those of bins with at most EXACT_IN_BIN */
  EXACT_IN_BIN = 1000,
  STREAM_RELIABILITY = 21
};

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

/* What is drawn: answers one by one, and of bins with many their sum, which is nearly normal. */
typedef struct drawing {
  const float *p;
  size_t n;
  size_t *exact; /* [n_exact] answers to be drawn */
  size_t n_exact;
  double sd[LNTI_ECE_BINS]; /* of a bin's sum; 0 where its answers are drawn */
} drawing;

static lnt_status prepare(drawing *d, lnt_error *err) {
  size_t count[LNTI_ECE_BINS] = {0};
  double variance[LNTI_ECE_BINS] = {0};
  for (size_t i = 0; i < d->n; i++) count[lnti_bin_of(d->p[i])]++;
  bool all = d->n <= EXACT_ANSWERS;
  size_t room = 0;
  for (size_t b = 0; b < LNTI_ECE_BINS; b++) room += all || count[b] <= EXACT_IN_BIN ? count[b] : 0;
  lnt_status status = lnti_alloc(&d->exact, room, sizeof *d->exact, err);
  if (status) return status;
  for (size_t i = 0; i < d->n; i++) {
    size_t b = lnti_bin_of(d->p[i]);
    if (all || count[b] <= EXACT_IN_BIN) {
      d->exact[d->n_exact++] = i;
    } else {
      variance[b] += (double)d->p[i] * (1 - (double)d->p[i]);
    }
  }
  for (size_t b = 0; b < LNTI_ECE_BINS; b++) d->sd[b] = sqrt(variance[b]);
  return LNT_OK;
}

/* The error of one draw: each answer right with probability p[i]. */
static double draw(const drawing *d, lnti_rng *rng) {
  double apart[LNTI_ECE_BINS] = {0}, sum = 0;
  for (size_t k = 0; k < d->n_exact; k++) {
    double p = (double)d->p[d->exact[k]];
    apart[lnti_bin_of(d->p[d->exact[k]])] += p - (lnti_rng_unit(rng) < p);
  }
  for (size_t b = 0; b < LNTI_ECE_BINS; b++) sum += fabs(d->sd[b] > 0 ? d->sd[b] * lnti_rng_normal(rng) : apart[b]);
  return sum / (double)d->n;
}

static int compare_doubles(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return x < y ? -1 : x > y;
}

lnt_status lnti_reliability_by_chance(double *mean_out, double *high_out, const float *p, size_t n, uint64_t seed,
                                      const lnti_cancel *cancel, lnt_error *err) {
  drawing d = {.p = p, .n = n};
  double error[DRAWS], sum = 0;
  lnti_rng rng;
  if (n == 0) {
    *mean_out = *high_out = (double)NAN;
    return LNT_OK;
  }
  lnt_status status = prepare(&d, err);
  lnti_rng_seed(&rng, seed, STREAM_RELIABILITY);
  for (size_t r = 0; r < DRAWS && !status; r++) {
    if (r % DRAWS_A_CHECK == 0) status = lnti_cancel_check(cancel, err);
    error[r] = status ? 0 : draw(&d, &rng);
    sum += error[r];
  }
  free(d.exact);
  if (status) return status;
  qsort(error, DRAWS, sizeof *error, compare_doubles);
  *mean_out = sum / DRAWS;
  *high_out = error[(DRAWS * 95 + 99) / 100 - 1];
  return LNT_OK;
}
