/*
 * The headline metrics: their names, and their values under several weightings of the same items at once.
 *
 * A bootstrap resample is a weighting, and the point estimate is the weighting by ones, so there is one path for
 * both. Counts are integers; the area under the ROC curve comes from the orders sorted once:
 *   2U = sum over groups g of equal scores, rising: p_g (T_before + T_after) - P^2,
 * p_g being the weight of the positives in g, T the weight of all items so far and P that of all positives. (The
 * sum counts positives against positives too, which gives exactly P^2.) AUROC = U / (P N), exact until the division.
 * Positives stand last in their group, so that p_g is a difference of two T and no item has to be looked at twice.
 */
#include <eval/scored.h>

#include <assert.h>
#include <math.h>
#include <string.h>

static const lnti_measure METRIC[LNTI_METRICS] = {
    [LNTI_ACCURACY] = {"accuracy", "Accuracy", "The share of all images that get the right class.", false,
                       LNTI_SCALE_SHARE},
    [LNTI_BALANCED_ACCURACY] = {"balanced_accuracy", "Balanced accuracy",
                                "The share of right answers if every class were equally common: rare classes count as "
                                "much as frequent ones.",
                                false, LNTI_SCALE_SHARE},
    [LNTI_MACRO_F1] = {"macro_f1", "Macro F1",
                       "For each class, one figure for finding all of it and nothing else; averaged over the classes. "
                       "1 is perfect.",
                       false, LNTI_SCALE_FIGURE},
    [LNTI_LOG_LOSS] = {"log_loss", "Log loss",
                       "The price of being sure and wrong: 0 is perfect, and each confident mistake costs much.", true,
                       LNTI_SCALE_FIGURE},
    [LNTI_ECE] = {"ece", "Calibration error",
                  "How far the stated confidence is from the share that turns out right, on average: 0 means it can be "
                  "taken at its word.",
                  true, LNTI_SCALE_SHARE},
    [LNTI_AUROC] = {"auroc", "AUROC",
                    "How often an image of a class scores higher for that class than an image of another: 0.5 is "
                    "guessing, 1 is perfect.",
                    false, LNTI_SCALE_FIGURE},
};

lnti_measures lnti_evaluation_measures(const lnti_evaluation *e) {
  if (!e) return lnti_measures_of(METRIC, LNTI_METRICS, NULL, NULL, NULL, 0);
  return lnti_measures_of(METRIC, LNTI_METRICS, e->value, (const double(*)[2])e->ci95, e->resample, e->resamples);
}

lnti_measures lnti_measures_of(const lnti_measure *measure, size_t n, const double *value, const double (*ci95)[2],
                               const double *resample, unsigned resamples) {
  return (lnti_measures){measure, value, ci95, n, resample, resamples};
}

size_t lnti_measures_find(const lnti_measures *measures, const char *name) {
  size_t m = 0;
  while (m < measures->n && strcmp(measures->measure[m].name, name) != 0) m++;
  return m;
}

const char *lnti_metric_name(lnti_metric_id metric) {
  assert((unsigned)metric < LNTI_METRICS);
  return METRIC[metric].name;
}

const char *lnti_metric_help(lnti_metric_id metric) {
  assert((unsigned)metric < LNTI_METRICS);
  return METRIC[metric].help;
}

bool lnti_metric_lower_is_better(lnti_metric_id metric) {
  assert((unsigned)metric < LNTI_METRICS);
  return METRIC[metric].lower_is_better;
}

/* What one pass over the items adds up, a column per weighting. */
typedef struct sums {
  double loss[LNTI_WEIGHTINGS];
  double confidence[LNTI_ECE_BINS][LNTI_WEIGHTINGS];
  uint32_t bin_n[LNTI_ECE_BINS][LNTI_WEIGHTINGS];
  uint32_t bin_hits[LNTI_ECE_BINS][LNTI_WEIGHTINGS];
  uint32_t *support, *predicted, *hits; /* [k,LNTI_WEIGHTINGS] */
} sums;

static void add_lanes(uint32_t *sum, const uint8_t *w) {
  for (size_t r = 0; r < LNTI_WEIGHTINGS; r++) sum[r] += w[r];
}

static void add_items(sums *s, const lnti_scored *scored, const uint8_t *weight) {
  for (size_t i = 0; i < scored->n; i++) {
    const uint8_t *w = weight + i * LNTI_WEIGHTINGS;
    size_t truth = (size_t)scored->label[i], predicted = scored->predicted[i], bin = scored->bin[i];
    double loss = scored->loss[i], confidence = (double)scored->confidence[i];
    double *bin_confidence = s->confidence[bin];
    for (size_t r = 0; r < LNTI_WEIGHTINGS; r++) {
      s->loss[r] += w[r] * loss;
      bin_confidence[r] += w[r] * confidence;
    }
    add_lanes(s->support + truth * LNTI_WEIGHTINGS, w);
    add_lanes(s->predicted + predicted * LNTI_WEIGHTINGS, w);
    add_lanes(s->bin_n[bin], w);
    if (truth == predicted) {
      add_lanes(s->hits + truth * LNTI_WEIGHTINGS, w);
      add_lanes(s->bin_hits[bin], w);
    }
  }
}

void lnti_count_metrics(double value[LNTI_METRICS], const uint32_t *count, size_t k, size_t lane) {
  const uint32_t *of_class = count, *of_prediction = count + k * LNTI_WEIGHTINGS,
                 *right = count + 2 * k * LNTI_WEIGHTINGS;
  uint64_t n = 0, hits = 0;
  double recall = 0, f1 = 0;
  size_t n_occurring = 0;
  for (size_t c = 0; c < k; c++) {
    uint32_t support = of_class[c * LNTI_WEIGHTINGS + lane], predicted = of_prediction[c * LNTI_WEIGHTINGS + lane];
    uint32_t hit = right[c * LNTI_WEIGHTINGS + lane];
    n += support;
    hits += hit;
    if (support == 0) continue; /* nothing can be missed of it; what is taken for it is missed elsewhere */
    recall += (double)hit / support;
    f1 += 2.0 * hit / ((double)support + predicted);
    n_occurring++;
  }
  value[LNTI_ACCURACY] = n > 0 ? (double)hits / (double)n : NAN;
  value[LNTI_BALANCED_ACCURACY] = n_occurring > 0 ? recall / (double)n_occurring : NAN;
  value[LNTI_MACRO_F1] = n_occurring > 0 ? f1 / (double)n_occurring : NAN;
}

double lnti_ece_of(const lnti_bin_sums bins[LNTI_ECE_BINS]) {
  uint64_t n = 0;
  double gap = 0;
  for (size_t b = 0; b < LNTI_ECE_BINS; b++) {
    n += bins[b].n;
    gap += fabs((double)bins[b].hits - bins[b].confidence);
  }
  return n > 0 ? gap / (double)n : NAN;
}

/* Field by field: of a whole struct assigned in this loop gcc 12 at -O1 takes the callers to read nothing. */
static void column_bins(lnti_bin_sums out[LNTI_ECE_BINS], const sums *s, size_t lane) {
  for (size_t b = 0; b < LNTI_ECE_BINS; b++) {
    out[b].n = s->bin_n[b][lane];
    out[b].hits = s->bin_hits[b][lane];
    out[b].confidence = s->confidence[b][lane];
  }
}

/* Log loss and calibration error of one column. */
static void probability_metrics(double value[LNTI_METRICS], const sums *s, size_t lane) {
  lnti_bin_sums bins[LNTI_ECE_BINS];
  uint64_t n = 0;
  column_bins(bins, s, lane);
  for (size_t b = 0; b < LNTI_ECE_BINS; b++) n += bins[b].n;
  value[LNTI_LOG_LOSS] = n > 0 ? s->loss[lane] / (double)n : NAN;
  value[LNTI_ECE] = lnti_ece_of(bins);
}

/* Adds the weights of the next n items of an order to `total`; returns where it stopped. */
static const uint32_t *add_next(uint32_t total[LNTI_WEIGHTINGS], const uint32_t *item, size_t n,
                                const uint8_t *weight) {
  for (const uint32_t *end = item + n; item < end; item++) add_lanes(total, weight + (size_t)*item * LNTI_WEIGHTINGS);
  return item;
}

/* The area under one class's ROC curve by column; NaN where the class has all of the weight or none. */
static void area_under_roc(double area[LNTI_WEIGHTINGS], const lnti_ranking *ranking, size_t n, const uint8_t *weight) {
  uint64_t twice_u[LNTI_WEIGHTINGS] = {0}, positive[LNTI_WEIGHTINGS] = {0};
  uint32_t total[LNTI_WEIGHTINGS] = {0}, before[LNTI_WEIGHTINGS], negatives[LNTI_WEIGHTINGS];
  const uint32_t *item = ranking->order;
  for (const lnti_run *run = ranking->run; run < ranking->run + ranking->n_runs; run++) {
    item = add_next(total, item, run->below, weight);
    memcpy(before, total, sizeof before);
    item = add_next(total, item, run->equal, weight);
    memcpy(negatives, total, sizeof negatives);
    item = add_next(total, item, run->positive, weight);
    for (size_t r = 0; r < LNTI_WEIGHTINGS; r++) {
      uint64_t p = total[r] - negatives[r];
      twice_u[r] += p * ((uint64_t)before[r] + total[r]);
      positive[r] += p;
    }
  }
  (void)add_next(total, item, n - (size_t)(item - ranking->order), weight);
  for (size_t r = 0; r < LNTI_WEIGHTINGS; r++) {
    uint64_t p = positive[r], negative = total[r] - p;
    area[r] = p > 0 && negative > 0 ? (double)(twice_u[r] - p * p) / (2.0 * (double)p * (double)negative) : NAN;
  }
}

/* Two classes: the area of class 1. More: the mean over the classes for which it is defined. */
static void mean_area(double value_out[LNTI_WEIGHTINGS][LNTI_METRICS], const lnti_scored *scored,
                      const uint8_t *weight) {
  double sum[LNTI_WEIGHTINGS] = {0};
  size_t defined[LNTI_WEIGHTINGS] = {0};
  for (size_t q = 0; q < scored->n_rankings; q++) {
    double area[LNTI_WEIGHTINGS];
    if (scored->k == 2 && scored->ranking[q].class == 0) continue;
    area_under_roc(area, &scored->ranking[q], scored->n, weight);
    for (size_t r = 0; r < LNTI_WEIGHTINGS; r++) {
      if (isnan(area[r])) continue;
      sum[r] += area[r];
      defined[r]++;
    }
  }
  for (size_t r = 0; r < LNTI_WEIGHTINGS; r++)
    value_out[r][LNTI_AUROC] = defined[r] > 0 ? sum[r] / (double)defined[r] : NAN;
}

void lnti_metrics_weighted(double value_out[LNTI_WEIGHTINGS][LNTI_METRICS], lnti_bin_sums bins_out[LNTI_ECE_BINS],
                           const lnti_scored *scored, const uint8_t *weight, uint32_t *count) {
  sums s = {.support = count,
            .predicted = count + scored->k * LNTI_WEIGHTINGS,
            .hits = count + 2 * scored->k * LNTI_WEIGHTINGS};
  memset(count, 0, 3 * scored->k * LNTI_WEIGHTINGS * sizeof *count);
  add_items(&s, scored, weight);
  for (size_t r = 0; r < LNTI_WEIGHTINGS; r++) {
    lnti_count_metrics(value_out[r], count, scored->k, r);
    probability_metrics(value_out[r], &s, r);
  }
  mean_area(value_out, scored, weight);
  if (bins_out != NULL) column_bins(bins_out, &s, 0);
}
