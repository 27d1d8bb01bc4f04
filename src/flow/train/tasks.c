/*
 * Classes: one temperature. Labels: Platt's sigmoid for each that has enough of both answers, one for all others together.
 * Numbers: quantiles of the residuals.
 */
#include <flow/train/tasks.h>

#include <base/alloc.h>
#include <base/error.h>
#include <eval/eval.h>
#include <eval/multilabel.h>
#include <eval/platt.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double least = 0x1p-52; /* as LNTI_LOG_LOSS */

void lnti_scale_clear(lnti_scale *scale) {
  free(scale->platt);
  free(scale->threshold);
  free(scale->residual);
  *scale = (lnti_scale){0};
}

/* ---- classes ---- */

static lnt_status fit_temperature(lnti_scale *out, float *score, const lnti_truth *truth, const lnti_context *context,
                                  lnt_error *err) {
  float *prob = NULL;
  size_t n = truth->n, k = truth->k;
  lnt_status status = lnti_temperature_fit(&out->temperature, score, truth->label, n, k, context, err);
  if (status) return status;
  status = lnti_alloc_aligned(&prob, n * k, sizeof *prob, err);
  if (status) return status;
  lnti_temperature_apply(prob, score, n, k, 1);
  status = lnti_ece(&out->ece_before, prob, truth->label, n, k, context, err);
  free(prob);
  if (status) return status;
  lnti_temperature_apply(score, score, n, k, out->temperature);
  return lnti_ece(&out->ece_after, score, truth->label, n, k, context, err);
}

/* The first largest of a row. */
static size_t top(const float *row, size_t k) {
  size_t best = 0;
  for (size_t j = 1; j < k; j++) {
    if (row[j] > row[best]) best = j;
  }
  return best;
}

static size_t class_costs(double sum[LNTI_TASK_COSTS], const float *prob, const lnti_truth *truth, size_t row) {
  size_t label = (size_t)truth->label[row];
  const float *p = prob + row * truth->k;
  sum[0] -= log(fmax((double)p[label], least));
  sum[1] += top(p, truth->k) == label;
  return 1;
}

/* ---- labels ---- */

static float sigmoid(double z) {
  return (float)(z >= 0 ? 1 / (1 + exp(-z)) : exp(z) / (1 + exp(z)));
}

/* Mean over LNTI_ECE_BINS bins of the probability of yes, by how many answers are in each. */
static double label_ece(const float *prob, const lnti_truth *truth) {
  double sum_p[LNTI_ECE_BINS] = {0}, sum_yes[LNTI_ECE_BINS] = {0}, apart = 0;
  size_t n = 0;
  for (size_t i = 0; i < truth->n * truth->k; i++) {
    if (truth->yes[i] < 0) continue;
    size_t bin = (size_t)fmin((double)prob[i] * LNTI_ECE_BINS, LNTI_ECE_BINS - 1);
    sum_p[bin] += (double)prob[i];
    sum_yes[bin] += truth->yes[i];
    n++;
  }
  for (size_t b = 0; b < LNTI_ECE_BINS; b++) apart += fabs(sum_p[b] - sum_yes[b]);
  return n ? apart / (double)n : (double)NAN;
}

static void apply_platt(float *prob, const float *score, const lnti_platt *platt, size_t n, size_t k) {
  static const lnti_platt plain = {1, 0};
  for (size_t i = 0; i < n * k; i++) {
    const lnti_platt *p = platt ? &platt[i % k] : &plain;
    prob[i] = sigmoid(p->a * (double)score[i] + p->b);
  }
}

static lnt_status fit_platt(lnti_scale *out, float *score, const lnti_truth *truth, const lnti_context *context,
                            lnt_error *err) {
  size_t n = truth->n, k = truth->k;
  float *plain = NULL;
  double(*fitted)[2] = NULL;
  lnt_status status = lnti_alloc(&out->platt, k, sizeof *out->platt, err);
  if (!status) status = lnti_alloc(&out->threshold, k, sizeof *out->threshold, err);
  if (!status) status = lnti_alloc(&fitted, k, sizeof *fitted, err);
  if (!status) status = lnti_alloc_aligned(&plain, n * k, sizeof *plain, err);
  if (!status) status = lnti_platt_fit_labels(fitted, score, truth->yes, n, k, err);
  if (status) goto done;
  for (size_t c = 0; c < k; c++) out->platt[c] = (lnti_platt){fitted[c][0], fitted[c][1]};
  apply_platt(plain, score, NULL, n, k);
  out->ece_before = label_ece(plain, truth);
  apply_platt(score, score, out->platt, n, k);
  out->ece_after = label_ece(score, truth);
  status = lnti_thresholds_tune(out->threshold, score, truth->yes, n, k, context, err);
done:
  free(plain);
  free(fitted);
  return status;
}

static size_t label_costs(double sum[LNTI_TASK_COSTS], const float *prob, const lnti_truth *truth, size_t row) {
  size_t n = 0;
  for (size_t c = 0; c < truth->k; c++) {
    int8_t yes = truth->yes[row * truth->k + c];
    double p = (double)prob[row * truth->k + c];
    if (yes < 0) continue;
    sum[0] -= log(fmax(yes ? p : 1 - p, least));
    sum[1] += (p >= 0.5) == (yes == 1);
    n++;
  }
  return n;
}

/* ---- numbers ---- */

static int compare_doubles(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return x < y ? -1 : x > y;
}

/* At (n + 1) q of the sorted residuals, so that a further one lies below with probability q however few there are (split
 * conformal prediction: Lei et al., Distribution-free predictive inference for regression, JASA 113, 2018). */
static double residual_at(const double *sorted, size_t n, double q) {
  double at = fmin(fmax(q * (double)(n + 1) - 1, 0), (double)(n - 1)), whole = floor(at);
  size_t i = (size_t)whole;
  return i + 1 < n ? sorted[i] + (at - whole) * (sorted[i + 1] - sorted[i]) : sorted[i];
}

static lnt_status fit_residuals(lnti_scale *out, float *score, const lnti_truth *truth, const lnti_context *context,
                                lnt_error *err) {
  static const double quantiles[] = {0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95};
  enum { N = sizeof quantiles / sizeof quantiles[0] };
  double *residual = NULL;
  (void)context;
  lnt_status status = lnti_alloc(&residual, truth->n, sizeof *residual, err);
  if (!status) status = lnti_alloc(&out->residual, N, sizeof *out->residual, err);
  for (size_t i = 0; i < truth->n && !status; i++) residual[i] = truth->value[i] - (double)score[i];
  if (!status) {
    qsort(residual, truth->n, sizeof *residual, compare_doubles);
    for (size_t q = 0; q < N; q++) {
      out->residual[q] = (lnti_residual){quantiles[q], residual_at(residual, truth->n, quantiles[q])};
    }
    out->n_residuals = N;
  }
  free(residual);
  return status;
}

bool lnti_residual_interval(double out[2], const lnti_residual *residual, size_t n) {
  if (n == 0 || residual[0].q > 0.05 || residual[n - 1].q < 0.95) return false;
  for (size_t i = 0; i < n; i++) {
    if (residual[i].q <= 0.05) out[0] = residual[i].value;
    if (residual[n - 1 - i].q >= 0.95) out[1] = residual[n - 1 - i].value;
  }
  return true;
}

static size_t value_costs(double sum[LNTI_TASK_COSTS], const float *prob, const lnti_truth *truth, size_t row) {
  double error = (double)prob[row] - truth->value[row];
  sum[0] += fabs(error);
  sum[1] += error * error;
  return 1;
}

/* ---- the table ---- */

const lnti_task_pieces *lnti_task_pieces_of(lnti_task task) {
  static const lnti_task_pieces classes = {
      {"log_loss", "accuracy"}, {"log loss", "accuracy"}, fit_temperature, class_costs};
  static const lnti_task_pieces labels = {{"log_loss", "accuracy"}, {"log loss", "accuracy"}, fit_platt, label_costs};
  static const lnti_task_pieces number = {{"mae", "mse"}, {"mean error", "squared"}, fit_residuals, value_costs};
  return task == LNTI_MULTILABEL ? &labels : task == LNTI_REGRESSION ? &number : &classes;
}

lnt_status lnti_scale_fit(lnti_scale *out, float *score, const lnti_truth *truth, const lnti_context *context,
                          lnt_error *err) {
  lnti_scale scale = {.temperature = 1, .ece_before = (double)NAN, .ece_after = (double)NAN};
  lnt_status status = LNT_OK;
  if (truth->n > 0) status = lnti_task_pieces_of(truth->task)->fit(&scale, score, truth, context, err);
  if (status) {
    lnti_scale_clear(&scale);
  } else {
    *out = scale;
  }
  return status;
}
