/*
 * Percentile bootstrap (Efron and Tibshirani, 1993, ch. 13) of all headline metrics.
 *
 * Some metrics are distorted by resampling. The calibration error sums absolute values, so that whatever is drawn
 * twice adds noise which only ever raises it, and the percentiles of a well calibrated model can all lie above the
 * estimate. Macro F1 counts a class that is predicted and was not drawn as 0: where a class has few groups, one resample in
 * three lacks it, and the percentiles can all lie below. Balanced accuracy and AUROC are means over the classes that were drawn:
 * where many classes have one group each and are known worse (or better) than the others, every resample lacks a third of
 * them. Their intervals are therefore moved back by the bootstrap's estimate of bias (see lnti_resample_interval); accuracy and log
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
#include <base/error.h>
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
  const lnti_resampled *of;
  const lnti_evaluate_options *options;
  const uint32_t *group; /* [n] in [0,n_groups); NULL: each item alone */
  size_t n_groups;
  double *value; /* [n_measures,resamples] */
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
  const lnti_resampled *of = b->of;
  lnt_status status;
  uint8_t *drawn = NULL, *weight = NULL;
  void *scratch = NULL;
  double *value = NULL;
  (void)worker;
  if ((status = lnti_alloc(&drawn, b->n_groups, LNTI_WEIGHTINGS * sizeof *drawn, err)) != LNT_OK) goto done;
  if ((status = lnti_alloc_aligned(&scratch, of->scratch_bytes, 1, err)) != LNT_OK) goto done;
  if ((status = lnti_alloc(&value, of->n_measures, LNTI_WEIGHTINGS * sizeof *value, err)) != LNT_OK) goto done;
  if (b->group != NULL) {
    if ((status = lnti_alloc(&weight, of->n, LNTI_WEIGHTINGS * sizeof *weight, err)) != LNT_OK) goto done;
  }
  lnti_draw_groups(drawn, b->n_groups, b->options->seed, begin, end - begin);
  for (size_t i = 0; weight != NULL && i < of->n; i++) {
    memcpy(weight + i * LNTI_WEIGHTINGS, drawn + (size_t)b->group[i] * LNTI_WEIGHTINGS,
           LNTI_WEIGHTINGS * sizeof *weight);
  }
  of->measure(value, of->data, weight != NULL ? weight : drawn, scratch);
  for (size_t m = 0; m < of->n_measures; m++) {
    memcpy(b->value + m * b->options->resamples + begin, value + m * LNTI_WEIGHTINGS, (end - begin) * sizeof *value);
  }
done:
  free(value);
  free(scratch);
  free(weight);
  free(drawn);
  return status;
}

lnt_status lnti_measure_once(double *value_out, const lnti_resampled *of, lnt_error *err) {
  lnt_status status;
  uint8_t *weight = NULL;
  void *scratch = NULL;
  double *value = NULL;
  if ((status = lnti_alloc(&weight, of->n, LNTI_WEIGHTINGS * sizeof *weight, err)) != LNT_OK) goto done;
  if ((status = lnti_alloc_aligned(&scratch, of->scratch_bytes, 1, err)) != LNT_OK) goto done;
  if ((status = lnti_alloc(&value, of->n_measures, LNTI_WEIGHTINGS * sizeof *value, err)) != LNT_OK) goto done;
  memset(weight, 1, of->n * LNTI_WEIGHTINGS * sizeof *weight);
  of->measure(value, of->data, weight, scratch);
  for (size_t m = 0; m < of->n_measures; m++) value_out[m] = value[m * LNTI_WEIGHTINGS];
done:
  free(value);
  free(scratch);
  free(weight);
  return status;
}

lnt_status lnti_resample(double *value_out, const lnti_resampled *of, const lnti_evaluate_options *options,
                         const lnti_context *context, lnt_error *err) {
  lnt_status status = LNT_OK;
  bootstrap b = {.of = of, .options = options, .n_groups = of->n, .value = value_out};
  uint32_t *numbered = NULL;
  if (options->n_groups > 0) {
    b.group = options->group;
    b.n_groups = options->n_groups;
  } else if (options->group != NULL) {
    status = lnti_number_groups(&numbered, &b.n_groups, options->group, of->n, err);
    b.group = numbered;
  }
  if (!status)
    status = lnti_pool_for(context->pool, options->resamples, LNTI_WEIGHTINGS, run_batch, &b, context->cancel, err);
  free(numbered);
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

void lnti_take_back_bias(double ci95[2], const double *value, size_t n, double estimate, double low, double high) {
  if (n == 0) return;
  double sum = 0;
  for (size_t i = 0; i < n; i++) sum += value[i];
  double bias = sum / (double)n - estimate;
  ci95[0] = fmin(fmax(ci95[0] - bias, low), estimate);
  ci95[1] = fmax(fmin(ci95[1] - bias, high), estimate);
}

lnt_status lnti_resample_interval(double ci95_out[2], const double *resample, size_t n, double estimate, bool distorted,
                                  double low, double high, lnt_error *err) {
  double *value = NULL;
  lnt_status status = lnti_alloc(&value, n, sizeof *value, err);
  if (status) return status;
  memcpy(value, resample, n * sizeof *value);
  size_t defined = lnti_interval(ci95_out, value, n);
  if (distorted) lnti_take_back_bias(ci95_out, value, defined, estimate, low, high);
  free(value);
  return LNT_OK;
}

/* What lnti_metrics_weighted needs, for lnti_resample. */
static void measure_scored(double *value_out, const void *data, const uint8_t *weight, void *scratch) {
  double value[LNTI_WEIGHTINGS][LNTI_METRICS];
  lnti_metrics_weighted(value, NULL, data, weight, scratch);
  for (size_t m = 0; m < LNTI_METRICS; m++) {
    for (size_t r = 0; r < LNTI_WEIGHTINGS; r++) value_out[m * LNTI_WEIGHTINGS + r] = value[r][m];
  }
}

lnt_status lnti_bootstrap(lnti_evaluation *e, const lnti_scored *scored, const lnti_evaluate_options *options,
                          const lnti_context *context, lnt_error *err) {
  size_t scratch = 0;
  if (!lnti_size_mul(&scratch, scored->k, 3 * LNTI_WEIGHTINGS * sizeof(uint32_t)))
    return lnti_fail(err, LNT_ENOMEM, "no memory for the counts of %zu classes", scored->k);
  const lnti_resampled of = {scored->n, LNTI_METRICS, scratch, measure_scored, scored};
  lnt_status status = lnti_alloc(&e->resample, options->resamples, LNTI_METRICS * sizeof *e->resample, err);
  if (!status) status = lnti_resample(e->resample, &of, options, context, err);
  if (!status) e->resamples = options->resamples;
  for (size_t m = 0; m < LNTI_METRICS && !status; m++) {
    bool distorted = m != LNTI_ACCURACY && m != LNTI_LOG_LOSS;
    status = lnti_resample_interval(e->ci95[m], e->resample + m * options->resamples, options->resamples, e->value[m],
                                    distorted, 0, 1, err);
  }
  return status;
}
