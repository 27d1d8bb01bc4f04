/*
 * Answers that are numbers. What depends on an order (ranks, medians) is taken from orders sorted once, under several
 * weightings at once (see resample.h). Truths are taken from their mean, so that sums of squares do not cancel.
 */
#include <base/alloc.h>
#include <base/error.h>
#include <eval/regression.h>
#include <eval/resample.h>

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MEASURES = LNTI_R_METRICS + 1, GAIN = LNTI_R_METRICS };

static const double VALUE_MAX = 1e100, NO_SPREAD = 1e-12;
static const uint32_t GROUP_END = 1U << 31, ITEM = (1U << 31) - 1;

typedef struct ranked {
  double key;
  uint32_t index;
} ranked;

typedef struct regression {
  size_t n;
  const float *predicted;
  double *error;         /* [n] */
  double *centred;       /* [n] truth - its mean */
  double *mean_error;    /* [n] |truth - what the predictor of the mean says| */
  uint32_t *by_answer;   /* [n] items by rising answer; the last of equal ones with GROUP_END */
  uint32_t *by_truth;    /* [n] */
  uint32_t *by_distance; /* [n] by |error| */
} regression;

/* ---- weighted measures ---- */

typedef struct sums {
  double n[LNTI_WEIGHTINGS], distance[LNTI_WEIGHTINGS], squares[LNTI_WEIGHTINGS], error[LNTI_WEIGHTINGS],
      truth[LNTI_WEIGHTINGS], truth_squares[LNTI_WEIGHTINGS], gain[LNTI_WEIGHTINGS];
} sums;

static void add_items(sums *s, const regression *g, const uint8_t *weight) {
  for (size_t i = 0; i < g->n; i++) {
    const uint8_t *w = weight + i * LNTI_WEIGHTINGS;
    const double error = g->error[i], distance = fabs(error), truth = g->centred[i];
    const double gain = g->mean_error[i] - distance;
    for (size_t r = 0; r < LNTI_WEIGHTINGS; r++) {
      s->n[r] += w[r];
      s->distance[r] += w[r] * distance;
      s->squares[r] += w[r] * (error * error);
      s->error[r] += w[r] * error;
      s->truth[r] += w[r] * truth;
      s->truth_squares[r] += w[r] * (truth * truth);
      s->gain[r] += w[r] * gain;
    }
  }
}

/* Twice the mean rank, less that of all items: of each item in an order, from -(W - 1) to W - 1. */
static void centred_ranks(int32_t (*rank)[LNTI_WEIGHTINGS], const uint32_t *order, size_t n, const double *total,
                          const uint8_t *weight) {
  int32_t before[LNTI_WEIGHTINGS] = {0}, all[LNTI_WEIGHTINGS];
  for (size_t r = 0; r < LNTI_WEIGHTINGS; r++) all[r] = (int32_t)total[r];
  for (size_t begin = 0, end = 0; begin < n; begin = end) {
    int32_t group[LNTI_WEIGHTINGS] = {0};
    do {
      const uint8_t *w = weight + (size_t)(order[end] & ITEM) * LNTI_WEIGHTINGS;
      for (size_t r = 0; r < LNTI_WEIGHTINGS; r++) group[r] += w[r];
    } while (!(order[end++] & GROUP_END));
    for (size_t at = begin; at < end; at++) {
      int32_t *of = rank[order[at] & ITEM];
      for (size_t r = 0; r < LNTI_WEIGHTINGS; r++) of[r] = 2 * before[r] + group[r] - all[r];
    }
    for (size_t r = 0; r < LNTI_WEIGHTINGS; r++) before[r] += group[r];
  }
}

static void spearman(double value[LNTI_WEIGHTINGS], const regression *g, const double *total, const uint8_t *weight,
                     int32_t (*rank)[LNTI_WEIGHTINGS]) {
  int32_t(*truth)[LNTI_WEIGHTINGS] = rank + g->n;
  double xy[LNTI_WEIGHTINGS] = {0}, xx[LNTI_WEIGHTINGS] = {0}, yy[LNTI_WEIGHTINGS] = {0};
  centred_ranks(rank, g->by_answer, g->n, total, weight);
  centred_ranks(truth, g->by_truth, g->n, total, weight);
  for (size_t i = 0; i < g->n; i++) {
    const uint8_t *w = weight + i * LNTI_WEIGHTINGS;
    for (size_t r = 0; r < LNTI_WEIGHTINGS; r++) {
      double x = rank[i][r], y = truth[i][r];
      xy[r] += w[r] * (x * y);
      xx[r] += w[r] * (x * x);
      yy[r] += w[r] * (y * y);
    }
  }
  for (size_t r = 0; r < LNTI_WEIGHTINGS; r++)
    value[r] = xx[r] > 0 && yy[r] > 0 ? xy[r] / (sqrt(xx[r]) * sqrt(yy[r])) : (double)NAN;
}

/* The middle one, or the mean of the two in the middle. */
static void median_distance(double value[LNTI_WEIGHTINGS], const regression *g, const double *total,
                            const uint8_t *weight) {
  double low[LNTI_WEIGHTINGS] = {0}, high[LNTI_WEIGHTINGS] = {0}, so_far[LNTI_WEIGHTINGS] = {0};
  for (size_t at = 0; at < g->n; at++) {
    size_t i = g->by_distance[at] & ITEM;
    const uint8_t *w = weight + i * LNTI_WEIGHTINGS;
    const double distance = fabs(g->error[i]);
    for (size_t r = 0; r < LNTI_WEIGHTINGS; r++) {
      double first = so_far[r], last = first + w[r], middle = (total[r] + 1) / 2;
      so_far[r] = last;
      if (first < floor(middle) && floor(middle) <= last) low[r] = distance;
      if (first < ceil(middle) && ceil(middle) <= last) high[r] = distance;
    }
  }
  for (size_t r = 0; r < LNTI_WEIGHTINGS; r++) value[r] = (low[r] + high[r]) / 2;
}

static void measure(double *value_out, const void *data, const uint8_t *weight, void *scratch) {
  const regression *g = data;
  sums s = {.n = {0}};
  add_items(&s, g, weight);
  for (size_t r = 0; r < LNTI_WEIGHTINGS; r++) {
    double spread = s.truth_squares[r] - s.truth[r] * s.truth[r] / s.n[r];
    bool has_spread = spread > NO_SPREAD * s.truth_squares[r];
    value_out[LNTI_R_MAE * LNTI_WEIGHTINGS + r] = s.distance[r] / s.n[r];
    value_out[LNTI_R_RMSE * LNTI_WEIGHTINGS + r] = sqrt(s.squares[r] / s.n[r]);
    value_out[LNTI_R_R2 * LNTI_WEIGHTINGS + r] = has_spread ? 1 - s.squares[r] / spread : (double)NAN;
    value_out[LNTI_R_BIAS * LNTI_WEIGHTINGS + r] = s.error[r] / s.n[r];
    value_out[GAIN * LNTI_WEIGHTINGS + r] = s.gain[r] / s.n[r];
  }
  spearman(value_out + LNTI_R_SPEARMAN * LNTI_WEIGHTINGS, g, s.n, weight, scratch);
  median_distance(value_out + LNTI_R_MEDIAN_ERROR * LNTI_WEIGHTINGS, g, s.n, weight);
}

/* ---- orders ---- */

static int compare_ranked(const void *a, const void *b) {
  const ranked *x = a, *y = b;
  if (x->key != y->key) return x->key < y->key ? -1 : 1;
  return (x->index > y->index) - (x->index < y->index);
}

static lnt_status sort_items(uint32_t **out, ranked *room, size_t n, lnt_error *err) {
  lnt_status status = lnti_alloc(out, n, sizeof **out, err);
  if (status) return status;
  qsort(room, n, sizeof *room, compare_ranked);
  for (size_t i = 0; i < n; i++)
    (*out)[i] = room[i].index | (i + 1 == n || room[i + 1].key != room[i].key ? GROUP_END : 0);
  return LNT_OK;
}

static lnt_status find_orders(regression *g, const double *truth, lnt_error *err) {
  ranked *room = NULL;
  lnt_status status = lnti_alloc(&room, g->n, sizeof *room, err);
  if (status) return status;
  for (size_t i = 0; i < g->n; i++) room[i] = (ranked){(double)g->predicted[i], (uint32_t)i};
  status = sort_items(&g->by_answer, room, g->n, err);
  for (size_t i = 0; i < g->n; i++) room[i] = (ranked){truth[i], (uint32_t)i};
  if (!status) status = sort_items(&g->by_truth, room, g->n, err);
  for (size_t i = 0; i < g->n; i++) room[i] = (ranked){fabs(g->error[i]), (uint32_t)i};
  if (!status) status = sort_items(&g->by_distance, room, g->n, err);
  free(room);
  return status;
}

static lnt_status check_values(const float *predicted, const double *truth, size_t n, lnt_error *err) {
  if (n == 0) return lnti_fail(err, LNT_EINVAL, "there is nothing to evaluate: 0 items");
  if (n > LNTI_EVALUATE_ITEMS_MAX)
    return lnti_fail(err, LNT_ELIMIT, "%zu items: at most %d can be evaluated at once", n, LNTI_EVALUATE_ITEMS_MAX);
  for (size_t i = 0; i < n; i++) {
    if (!isfinite(predicted[i]))
      return lnti_fail(err, LNT_EDATA, "row %zu: the answer %g is no finite number", i, (double)predicted[i]);
    if (!(fabs(truth[i]) <= VALUE_MAX))
      return lnti_fail(err, LNT_EDATA, "row %zu: the true value %g is no number up to %g", i, truth[i], VALUE_MAX);
  }
  return LNT_OK;
}

static lnt_status prepare(regression *g, lnti_regression_evaluation *e, const double *truth,
                          const lnti_regression_options *options, lnt_error *err) {
  lnt_status status = lnti_alloc(&g->error, g->n, sizeof *g->error, err);
  if (!status) status = lnti_alloc(&g->centred, g->n, sizeof *g->centred, err);
  if (!status) status = lnti_alloc(&g->mean_error, g->n, sizeof *g->mean_error, err);
  if (status) return status;
  double mean = 0, squares = 0;
  for (size_t i = 0; i < g->n; i++) mean += (truth[i] - mean) / (double)(i + 1);
  e->mean_value = isfinite(options->train_mean) ? options->train_mean : mean;
  e->truth_min = e->truth_max = truth[0];
  e->predicted_min = e->predicted_max = (double)g->predicted[0];
  for (size_t i = 0; i < g->n; i++) {
    g->error[i] = (double)g->predicted[i] - truth[i];
    g->centred[i] = truth[i] - mean;
    g->mean_error[i] = fabs(truth[i] - e->mean_value);
    e->mean_mae += g->mean_error[i] / (double)g->n;
    squares += g->mean_error[i] * g->mean_error[i] / (double)g->n;
    e->truth_min = fmin(e->truth_min, truth[i]);
    e->truth_max = fmax(e->truth_max, truth[i]);
    e->predicted_min = fmin(e->predicted_min, (double)g->predicted[i]);
    e->predicted_max = fmax(e->predicted_max, (double)g->predicted[i]);
  }
  e->mean_rmse = sqrt(squares);
  return find_orders(g, truth, err);
}

/* ---- by size of the truth ---- */

static void fill_bin(lnti_residual_bin *bin, const regression *g, const double *truth, size_t begin, size_t end,
                     double *room) {
  size_t n = end - begin;
  *bin =
      (lnti_residual_bin){.n = n, .low = truth[g->by_truth[begin] & ITEM], .high = truth[g->by_truth[end - 1] & ITEM]};
  for (size_t at = begin; at < end; at++) {
    double error = g->error[g->by_truth[at] & ITEM];
    room[at - begin] = error;
    bin->mean += error / (double)n;
    bin->mae += fabs(error) / (double)n;
  }
  bin->p10 = lnti_quantile(room, n, 0.1);
  bin->median = lnti_quantile(room, n, 0.5);
  bin->p90 = lnti_quantile(room, n, 0.9);
}

/* Equal truths stay together: a bin ends where it has its share of what is left and the value changes. */
static lnt_status fill_bins(lnti_regression_evaluation *e, const regression *g, const double *truth, lnt_error *err) {
  double *room = NULL;
  lnt_status status = lnti_alloc(&room, g->n, sizeof *room, err);
  if (status) return status;
  size_t begin = 0;
  for (size_t at = 0; at < g->n; at++) {
    size_t left = LNTI_RESIDUAL_BINS - e->n_bins, share = (g->n - begin + left - 1) / left;
    if (!(g->by_truth[at] & GROUP_END) || (at + 1 - begin < share && at + 1 < g->n)) continue;
    fill_bin(&e->bin[e->n_bins++], g, truth, begin, at + 1, room);
    begin = at + 1;
  }
  free(room);
  return LNT_OK;
}

static double covered(const regression *g, const double interval[2]) {
  size_t within = 0;
  if (isnan(interval[0]) || isnan(interval[1])) return (double)NAN;
  for (size_t i = 0; i < g->n; i++) within += -g->error[i] >= interval[0] && -g->error[i] <= interval[1];
  return (double)within / (double)g->n;
}

/* ---- the evaluation ---- */

static lnt_status find_intervals(lnti_regression_evaluation *e, const lnti_resampled *of,
                                 const lnti_evaluate_options *options, const lnti_context *context, lnt_error *err) {
  const size_t resamples = options->resamples;
  lnt_status status = lnti_alloc(&e->resample, resamples, MEASURES * sizeof *e->resample, err);
  if (!status) status = lnti_resample(e->resample, of, options, context, err);
  if (!status) e->resamples = options->resamples;
  for (size_t m = 0; m < MEASURES && !status; m++) {
    double *ci95 = m == GAIN ? e->mae_gain_ci95 : e->ci95[m];
    status = lnti_resample_interval(ci95, e->resample + m * resamples, resamples, 0, false, 0, 0, err);
  }
  return status;
}

static lnt_status measure_all(lnti_regression_evaluation *e, regression *g, const double *truth,
                              const lnti_regression_options *options, const lnti_context *context, lnt_error *err) {
  double value[MEASURES];
  const lnti_resampled of = {g->n, MEASURES, 2 * g->n * LNTI_WEIGHTINGS * sizeof(int32_t), measure, g};
  lnt_status status = prepare(g, e, truth, options, err);
  if (!status) status = lnti_measure_once(value, &of, err);
  if (status) return status;
  memcpy(e->value, value, sizeof e->value);
  e->interval_coverage = covered(g, options->interval);
  status = fill_bins(e, g, truth, err);
  if (!status && options->resample.resamples > 0) status = find_intervals(e, &of, &options->resample, context, err);
  return status;
}

lnt_status lnti_regression_evaluation_new(lnti_regression_evaluation **out, const float *predicted, const double *truth,
                                          size_t n, const lnti_regression_options *options, const lnti_context *context,
                                          lnt_error *err) {
  lnti_regression_evaluation *e = NULL;
  regression g = {.n = n, .predicted = predicted};
  assert(n == 0 || (predicted && truth && options && context));
  lnt_status status = check_values(predicted, truth, n, err);
  if (!status) status = lnti_alloc_zero(&e, 1, sizeof *e, err);
  if (status) return status;
  e->n = n;
  for (size_t m = 0; m < LNTI_R_METRICS; m++) e->ci95[m][0] = e->ci95[m][1] = (double)NAN;
  e->mae_gain_ci95[0] = e->mae_gain_ci95[1] = (double)NAN;
  status = measure_all(e, &g, truth, options, context, err);
  if (!status) {
    *out = e;
    e = NULL;
  }
  lnti_regression_evaluation_free(e);
  free(g.by_distance);
  free(g.by_truth);
  free(g.by_answer);
  free(g.mean_error);
  free(g.centred);
  free(g.error);
  return status;
}

void lnti_regression_evaluation_free(lnti_regression_evaluation *evaluation) {
  if (evaluation == NULL) return;
  free(evaluation->resample);
  free(evaluation);
}

lnti_measures lnti_regression_measures(const lnti_regression_evaluation *e) {
  static const lnti_measure MEASURE[LNTI_R_METRICS] = {
      [LNTI_R_MAE] = {"mae", "Mean error", "How far off an answer is on average, up or down.", true, LNTI_SCALE_VALUE},
      [LNTI_R_RMSE] =
          {"rmse", "Root mean squared error",
           "As the mean error, but a few answers that are far off weigh more than many that are a little off.", true,
           LNTI_SCALE_VALUE},
      [LNTI_R_R2] =
          {"r2", "R\u00b2",
           "How much of the difference between images the answers explain: 1 is all of it, 0 is no better than "
           "always answering the mean, below 0 is worse.",
           false, LNTI_SCALE_FIGURE},
      [LNTI_R_SPEARMAN] =
          {"spearman", "Rank correlation",
           "Whether images with greater values get greater answers, whatever these are: 1 is always, 0 is "
           "no relation.",
           false, LNTI_SCALE_FIGURE},
      [LNTI_R_MEDIAN_ERROR] = {"median_error", "Median error",
                               "Half of the answers are less far off than this, half of them more.", true,
                               LNTI_SCALE_VALUE},
      [LNTI_R_BIAS] = {"bias", "Bias",
                       "Whether answers are too high (above 0) or too low (below 0) on the whole; 0 is neither.", true,
                       LNTI_SCALE_VALUE},
  };
  if (!e) return lnti_measures_of(MEASURE, LNTI_R_METRICS, NULL, NULL, NULL, 0);
  return lnti_measures_of(MEASURE, LNTI_R_METRICS, e->value, (const double(*)[2])e->ci95, e->resample, e->resamples);
}
