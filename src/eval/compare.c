/*
 * Two evaluations on the same resamples, measure by measure.
 */
#include <base/alloc.h>
#include <base/error.h>
#include <eval/compare.h>
#include <eval/resample.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

static lnti_verdict verdict_of(const lnti_compared *c) {
  if (!(c->ci95[0] > 0 || c->ci95[1] < 0)) return LNTI_NO_DIFFERENCE_SEEN;
  return (c->ci95[0] > 0) == c->measure->lower_is_better ? LNTI_FIRST_IS_BETTER : LNTI_SECOND_IS_BETTER;
}

/* What is to be near 0 from both sides is compared by its size. */
static double figure_of(const lnti_measure *measure, double value) {
  return strcmp(measure->name, "bias") == 0 ? fabs(value) : value;
}

/* Where few items tell two models apart, many resamples show no difference at all, and the end of the interval is just 0: what
 * it is moved by must not decide whether there is one. */
static lnt_status interval_of(lnti_compared *c, const double *difference, size_t n, lnt_error *err) {
  double plain[2];
  lnt_status status = lnti_resample_interval(plain, difference, n, c->difference, false, -INFINITY, INFINITY, err);
  if (!status) status = lnti_resample_interval(c->ci95, difference, n, c->difference, true, -INFINITY, INFINITY, err);
  if (status || plain[0] > 0 || plain[1] < 0) return status;
  c->ci95[0] = fmin(c->ci95[0], 0);
  c->ci95[1] = fmax(c->ci95[1], 0);
  return LNT_OK;
}

lnt_status lnti_compare(lnti_compared *out, const lnti_measures *first, const lnti_measures *second, lnt_error *err) {
  if (first->measure != second->measure || first->n != second->n || first->resamples != second->resamples)
    return lnti_fail(err, LNT_EINVAL, "two evaluations can be compared when they have the same measures and resamples");
  double *difference = NULL;
  const unsigned resamples = first->resamples;
  lnt_status status = lnti_alloc(&difference, resamples, sizeof *difference, err);
  if (status) return status;
  for (size_t m = 0; m < first->n && !status; m++) {
    const lnti_measure *measure = &first->measure[m];
    lnti_compared c = {
        measure, first->value[m], second->value[m], 0, {(double)NAN, (double)NAN}, LNTI_NO_DIFFERENCE_SEEN};
    c.difference = figure_of(measure, c.second) - figure_of(measure, c.first);
    for (size_t r = 0; r < resamples; r++) {
      difference[r] = figure_of(measure, second->resample[m * resamples + r]) -
                      figure_of(measure, first->resample[m * resamples + r]);
    }
    if (resamples > 0 && !isnan(c.difference)) status = interval_of(&c, difference, resamples, err);
    c.verdict = verdict_of(&c);
    out[m] = c;
  }
  free(difference);
  return status;
}

/* Twice the tail of the binomial(n, 1/2) up to `few`, at most 1. */
static double sign_test(size_t few, size_t n) {
  double tail = 0, log_term = -(double)n * log(2);
  for (size_t i = 0; i <= few; i++) {
    tail += exp(log_term);
    log_term += log((double)(n - i)) - log((double)(i + 1));
  }
  return fmin(2 * tail, 1);
}

void lnti_mcnemar_of(lnti_mcnemar *out, const bool *first, const bool *second, size_t n) {
  lnti_mcnemar m = {.n = n};
  for (size_t i = 0; i < n; i++) {
    m.both += first[i] && second[i];
    m.neither += !first[i] && !second[i];
    m.first_only += first[i] && !second[i];
    m.second_only += !first[i] && second[i];
  }
  m.p = sign_test(m.first_only < m.second_only ? m.first_only : m.second_only, m.first_only + m.second_only);
  *out = m;
}
