/*
 * Percentile bootstrap (Efron and Tibshirani, 1993, ch. 13) of all headline metrics.
 *
 * Some metrics are distorted by resampling. The calibration error sums absolute values, so that whatever is drawn
 * twice adds noise which only ever raises it, and the percentiles of a well calibrated model can all lie above the
 * estimate. Macro F1 counts a class that is predicted and was not drawn as 0: where a class has few groups, one resample in
 * three lacks it, and the percentiles can all lie below. Balanced accuracy and AUROC are means over the classes that were drawn:
 * where many classes have one group each and are known worse (or better) than the others, every resample lacks a third of
 * them. Their intervals are therefore moved back by the bootstrap's estimate of bias (see lnti_bootstrap); accuracy and log
 * loss are means over items, and have none.
 *
 * Resample r draws as many groups as there are, with replacement, from stream r of the seed; an item's weight is
 * how often its group was drawn. Eight resamples are weighed together (see metrics.c). A batch is one chunk of the
 * pool and writes to its own columns, so that the intervals do not depend on the number of threads.
 *
 * A weight is one byte, so that those of a hundred thousand items stay in the core's cache, where they are read in
 * another order for every class. It cannot overflow: that one group is drawn 256 times has a probability below 1/256!.
 */
#include <base/alloc.h>
#include <base/rng.h>
#include <eval/scored.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

void lnti_keyed_sort(lnti_keyed *data, lnti_keyed *spare, size_t n) {
  lnti_keyed *from = data, *to = spare;
  for (unsigned shift = 0; shift < 32; shift += 11) {
    size_t begin[2048] = {0}, sum = 0;
    for (size_t i = 0; i < n; i++) begin[from[i].key >> shift & 2047]++;
    for (size_t digit = 0; digit < 2048; digit++) {
      size_t here = begin[digit];
      begin[digit] = sum;
      sum += here;
    }
    for (size_t i = 0; i < n; i++) to[begin[from[i].key >> shift & 2047]++] = from[i];
    lnti_keyed *swap = from;
    from = to;
    to = swap;
  }
  memcpy(data, from, n * sizeof *data); /* three passes end in the spare */
}

typedef struct bootstrap {
  const lnti_scored *scored;
  unsigned resamples;
  uint64_t seed;
  uint32_t *group; /* [n] from 0 without gaps; NULL: each item alone */
  size_t n_groups;
  double *value; /* [LNTI_METRICS,resamples] */
} bootstrap;

lnt_status lnti_number_groups(uint32_t **out, size_t *n_groups_out, const uint32_t *group, size_t n, lnt_error *err) {
  lnt_status status;
  size_t g = 0;
  uint32_t *numbers = NULL;
  lnti_keyed *keyed = NULL, *spare = NULL;
  if ((status = lnti_alloc(&keyed, n, sizeof *keyed, err)) != LNT_OK) goto done;
  if ((status = lnti_alloc(&spare, n, sizeof *spare, err)) != LNT_OK) goto done;
  if ((status = lnti_alloc(&numbers, n, sizeof *numbers, err)) != LNT_OK) goto done;
  for (size_t i = 0; i < n; i++) keyed[i] = (lnti_keyed){group[i], (uint32_t)i};
  lnti_keyed_sort(keyed, spare, n);
  for (size_t i = 0; i < n; i++) {
    g += i > 0 && keyed[i].key != keyed[i - 1].key;
    numbers[keyed[i].index] = (uint32_t)g;
  }
  *n_groups_out = g + 1;
  *out = numbers;
done:
  free(spare);
  free(keyed);
  return status;
}

void lnti_draw_groups(uint8_t *drawn, size_t n_groups, uint64_t seed, size_t first, size_t lanes) {
  memset(drawn, 0, n_groups * LNTI_WEIGHTINGS * sizeof *drawn);
  for (size_t r = 0; r < lanes; r++) {
    lnti_rng rng;
    lnti_rng_seed(&rng, seed, first + r);
    for (size_t g = 0; g < n_groups; g++) drawn[lnti_rng_below(&rng, n_groups) * LNTI_WEIGHTINGS + r]++;
  }
}

static lnt_status run_batch(void *payload, size_t begin, size_t end, unsigned worker, lnt_error *err) {
  const bootstrap *b = payload;
  const lnti_scored *scored = b->scored;
  lnt_status status;
  uint8_t *drawn = NULL, *weight = NULL;
  uint32_t *count = NULL;
  double value[LNTI_WEIGHTINGS][LNTI_METRICS];
  (void)worker;
  if ((status = lnti_alloc(&drawn, b->n_groups, LNTI_WEIGHTINGS * sizeof *drawn, err)) != LNT_OK) goto done;
  if ((status = lnti_alloc(&count, scored->k, 3 * LNTI_WEIGHTINGS * sizeof *count, err)) != LNT_OK) goto done;
  if (b->group != NULL) {
    if ((status = lnti_alloc(&weight, scored->n, LNTI_WEIGHTINGS * sizeof *weight, err)) != LNT_OK) goto done;
  }
  lnti_draw_groups(drawn, b->n_groups, b->seed, begin, end - begin);
  for (size_t i = 0; weight != NULL && i < scored->n; i++) {
    memcpy(weight + i * LNTI_WEIGHTINGS, drawn + (size_t)b->group[i] * LNTI_WEIGHTINGS,
           LNTI_WEIGHTINGS * sizeof *weight);
  }
  lnti_metrics_weighted(value, NULL, scored, weight != NULL ? weight : drawn, count);
  for (size_t r = begin; r < end; r++) {
    for (size_t m = 0; m < LNTI_METRICS; m++) b->value[m * b->resamples + r] = value[r - begin][m];
  }
done:
  free(weight);
  free(count);
  free(drawn);
  return status;
}

static int compare_doubles(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* Linear between neighbours. */
static double quantile_of_sorted(const double *sorted, size_t n, double q) {
  double at = q * (double)(n - 1);
  size_t low = (size_t)at;
  size_t high = low + 1 < n ? low + 1 : low;
  return sorted[low] + (at - (double)low) * (sorted[high] - sorted[low]);
}

double lnti_quantile(double *value, size_t n, double q) {
  if (n == 0) return (double)NAN;
  qsort(value, n, sizeof *value, compare_doubles);
  return quantile_of_sorted(value, n, q);
}

size_t lnti_interval(double ci95[2], double *value, size_t n) {
  size_t defined = 0;
  for (size_t i = 0; i < n; i++) {
    if (!isnan(value[i])) value[defined++] = value[i];
  }
  ci95[0] = ci95[1] = NAN;
  if (defined == 0) return 0;
  qsort(value, defined, sizeof *value, compare_doubles);
  ci95[0] = quantile_of_sorted(value, defined, 0.025);
  ci95[1] = quantile_of_sorted(value, defined, 0.975);
  return defined;
}

void lnti_take_back_bias(double ci95[2], const double *value, size_t n, double estimate) {
  if (n == 0) return;
  double sum = 0;
  for (size_t i = 0; i < n; i++) sum += value[i];
  double bias = sum / (double)n - estimate;
  ci95[0] = fmin(fmax(ci95[0] - bias, 0), estimate);
  ci95[1] = fmax(fmin(ci95[1] - bias, 1), estimate);
}

lnt_status lnti_bootstrap(double ci95_out[LNTI_METRICS][2], const double estimate[LNTI_METRICS],
                          const lnti_scored *scored, const lnti_evaluate_options *options, const lnti_context *context,
                          lnt_error *err) {
  lnt_status status;
  bootstrap b = {.scored = scored, .resamples = options->resamples, .seed = options->seed, .n_groups = scored->n};
  if (options->group != NULL) {
    if ((status = lnti_number_groups(&b.group, &b.n_groups, options->group, scored->n, err)) != LNT_OK) goto done;
  }
  if ((status = lnti_alloc(&b.value, b.resamples, LNTI_METRICS * sizeof *b.value, err)) != LNT_OK) goto done;
  status = lnti_pool_for(context->pool, b.resamples, LNTI_WEIGHTINGS, run_batch, &b, context->cancel, err);
  if (status != LNT_OK) goto done;
  for (size_t m = 0; m < LNTI_METRICS; m++) {
    double *value = b.value + m * b.resamples;
    size_t defined = lnti_interval(ci95_out[m], value, b.resamples);
    if (m != LNTI_ACCURACY && m != LNTI_LOG_LOSS) lnti_take_back_bias(ci95_out[m], value, defined, estimate[m]);
  }
done:
  free(b.value);
  free(b.group);
  return status;
}
