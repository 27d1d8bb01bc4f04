/**
 * @file resample.h
 * Inside of eval/: what intervals of all kinds are made of. A resample is the same items with a weight each, so that
 * nothing is copied or sorted again; the point estimate is the weighting by ones.
 */
#ifndef LNTI_EVAL_RESAMPLE_H
#define LNTI_EVAL_RESAMPLE_H

#include <eval/eval.h>

/** Weightings handled side by side: one load of an item serves all of them, and they fit vector registers. */
enum { LNTI_WEIGHTINGS = 8 };

/** Measures that can be taken of weighted items. */
typedef struct lnti_resampled {
  size_t n; /**< items */
  size_t n_measures;
  size_t scratch_bytes; /**< that `measure` is given, by thread */
  /**
   * @param value_out  [n_measures,LNTI_WEIGHTINGS] NaN where a weighting leaves a measure undefined
   * @param weight     [n,LNTI_WEIGHTINGS] how often each item counts. Sums run in item order: a weighting's values do not
   *                   depend on its neighbours
   */
  void (*measure)(double *value_out, const void *data, const uint8_t *weight, void *scratch);
  const void *data;
} lnti_resampled;

/** The measures of all items, each counting once. @param value_out [n_measures]. LNT_ENOMEM. */
LNT_MUST_CHECK lnt_status lnti_measure_once(double *value_out, const lnti_resampled *of, lnt_error *err);

/**
 * The measures of each resample: resample r draws as many groups as there are, with rng stream r, so that it does not
 * depend on threads; two calls with the same options draw the same.
 * @param value_out  [n_measures,options->resamples]
 * @return LNT_OK; LNT_ENOMEM; LNT_ECANCELLED.
 */
LNT_MUST_CHECK lnt_status lnti_resample(double *value_out, const lnti_resampled *of,
                                        const lnti_evaluate_options *options, const lnti_context *context,
                                        lnt_error *err);

/**
 * The percentile interval of one measure's resamples, of which undefined ones do not count.
 *
 * Where resampling distorts the measure it is [q(2.5 %) - b, q(97.5 %) - b], where b = mean of the resamples - estimate is
 * the bootstrap's estimate of bias (Efron and Tibshirani, An Introduction to the Bootstrap, 1993, section 10.3), cut to
 * [low,high] and, where it would still leave the estimate out, reaching to it. The estimate itself is not corrected: it is
 * the figure of the paper.
 * @param resample   [n] left as it is
 * @param distorted  whether to move the interval
 * @return LNT_OK; LNT_ENOMEM.
 */
LNT_MUST_CHECK lnt_status lnti_resample_interval(double ci95_out[2], const double *resample, size_t n, double estimate,
                                                 bool distorted, double low, double high, lnt_error *err);

/** Draws resamples [first, first+lanes) into drawn [n_groups,LNTI_WEIGHTINGS]; lanes <= LNTI_WEIGHTINGS. */
void lnti_draw_groups(uint8_t *drawn, size_t n_groups, uint64_t seed, size_t first, size_t lanes);
/** The q-quantile of n values without NaN, linear between neighbours; sorts them. NaN where n is 0. */
double lnti_quantile(double *value, size_t n, double q);
/** 2.5 % and 97.5 % of the defined values, which are sorted to the front; returns how many these are. */
size_t lnti_interval(double ci95[2], double *value, size_t n);
/** Moves an interval back by the bias of its n resamples, none of which is undefined: mean(value) - estimate. It stays in
 *  [low,high] and holds the estimate. */
void lnti_take_back_bias(double ci95[2], const double *value, size_t n, double estimate, double low, double high);

/** A key with the index it belongs to. */
typedef struct lnti_keyed {
  uint32_t key, index;
} lnti_keyed;

/** Stable radix sort by key, 11 bits a pass; `spare` is as long as `data`. O(n). */
void lnti_keyed_sort(lnti_keyed *data, lnti_keyed *spare, size_t n);

#endif
