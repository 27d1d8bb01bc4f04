/*
 * The gap between the best and the worst slice, whatever they are measured by.
 */
#include <base/alloc.h>
#include <base/error.h>
#include <eval/resample.h>
#include <eval/slices.h>

#include <math.h>
#include <stdlib.h>

static bool is_compared(const lnti_slice_gap_of *of, size_t j) {
  const lnti_slice *slice = &of->slices[j];
  return (!of->compared || of->compared[j]) && slice->n >= LNTI_SLICE_ITEMS_ENOUGH &&
         slice->n_groups >= LNTI_SLICE_GROUPS_ENOUGH && !isnan(slice->value[0]);
}

/* What a resample makes of the difference of two slices, less the difference itself; NaN where it lacks one of them. */
static double deviation(const lnti_slice_gap_of *of, size_t i, size_t j, size_t r) {
  return of->resample[i][r] - of->slices[i].value[0] - (of->resample[j][r] - of->slices[j].value[0]);
}

static double deviation_sd(const lnti_slice_gap_of *of, size_t i, size_t j) {
  double sum = 0, squares = 0;
  size_t n = 0;
  for (size_t r = 0; r < of->resamples; r++) {
    double d = deviation(of, i, j, r);
    if (isnan(d)) continue;
    sum += d;
    squares += d * d;
    n++;
  }
  if (n < 2) return 0;
  return sqrt(fmax(squares - sum * sum / (double)n, 0) / (double)(n - 1));
}

/* largest[r]: of all pairs that are compared, how many of its standard deviations one is off in a resample. */
static void raise_largest(double *largest, const lnti_slice_gap_of *of, size_t i, size_t j) {
  double sd = deviation_sd(of, i, j);
  for (size_t r = 0; r < of->resamples && sd > 0; r++) {
    double d = fabs(deviation(of, i, j, r)) / sd;
    if (d > largest[r]) largest[r] = d;
  }
}

static lnt_status gap_interval(lnti_slice_gap *gap, const lnti_slice_gap_of *of, lnt_error *err) {
  double *largest = NULL;
  const size_t n = of->n;
  lnt_status status = lnti_alloc_zero(&largest, of->resamples, sizeof *largest, err);
  for (size_t i = 0; i < n && !status; i++) {
    for (size_t j = i + 1; j < n && is_compared(of, i); j++) {
      if (is_compared(of, j)) raise_largest(largest, of, i, j);
    }
  }
  if (!status) {
    double half = lnti_quantile(largest, of->resamples, 0.95) * deviation_sd(of, gap->best, gap->worst);
    gap->ci95[0] = fmax(gap->difference - half, -of->most);
    gap->ci95[1] = fmin(gap->difference + half, of->most);
  }
  free(largest);
  return status;
}

/* The first of equals is the best, and the last the worst: so that they are two. */
static void find_extremes(lnti_slice_gap *gap, const lnti_slice_gap_of *of) {
  const double sign = of->lower_is_better ? -1 : 1;
  for (size_t j = 0; j < of->n; j++) {
    if (!is_compared(of, j)) continue;
    double good = sign * of->slices[j].value[0];
    if (gap->n_enough == 0 || good > sign * of->slices[gap->best].value[0]) gap->best = j;
    if (gap->n_enough == 0 || good <= sign * of->slices[gap->worst].value[0]) gap->worst = j;
    gap->n_enough++;
  }
  if (gap->n_enough > 1) gap->difference = sign * (of->slices[gap->best].value[0] - of->slices[gap->worst].value[0]);
}

lnt_status lnti_slice_gap_find(lnti_slice_gap *out, const lnti_slice_gap_of *of, lnt_error *err) {
  const double none = (double)NAN;
  lnti_slice_gap gap = {.difference = none, .ci95 = {none, none}};
  lnt_status status = LNT_OK;
  find_extremes(&gap, of);
  if (gap.n_enough > 1 && of->resamples > 0) status = gap_interval(&gap, of, err);
  if (!status) *out = gap;
  return status;
}
