/*
 * From which probability on a label is said to be there, tuned on held-out items.
 */
#include <base/alloc.h>
#include <eval/labels.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { POOL_BINS = 4096 };

typedef struct tuning {
  const float *prob;
  const int8_t *truth;
  size_t n, k;
  float *threshold;
} tuning;

static float float_of(uint32_t bits) {
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

/* What parts `high` from `low` below it: halfway, where a float lies between. */
static float between(float low, float high) {
  float middle = low + (high - low) / 2;
  return middle > low ? middle : high;
}

typedef struct best_cut {
  double f1;
  float threshold;
} best_cut;

static void offer(best_cut *best, double f1, float threshold) {
  if (f1 > best->f1 || (f1 == best->f1 && fabsf(threshold - 0.5F) < fabsf(best->threshold - 0.5F)))
    *best = (best_cut){f1, threshold};
}

/* keyed [known] by rising probability; every group of equal ones from the top down is where the answer may turn. */
static float best_of_label(const lnti_keyed *keyed, const tuning *t, size_t label, size_t known, size_t n_yes) {
  best_cut best = {-1, 0.5F};
  size_t hits = 0;
  for (size_t j = known; j-- > 0;) {
    float p = float_of(keyed[j].key), below = j > 0 ? float_of(keyed[j - 1].key) : 0;
    hits += t->truth[(size_t)keyed[j].index * t->k + label] == 1;
    if ((j > 0 && below == p) || p <= 0) continue;
    offer(&best, 2.0 * (double)hits / (double)(known - j + n_yes), between(below, p));
  }
  return best.threshold;
}

static lnt_status tune_labels(void *payload, size_t begin, size_t end, unsigned worker, lnt_error *err) {
  const tuning *t = payload;
  lnti_keyed *keyed = NULL, *spare = NULL;
  (void)worker;
  lnt_status status = lnti_alloc(&keyed, t->n, sizeof *keyed, err);
  if (!status) status = lnti_alloc(&spare, t->n, sizeof *spare, err);
  for (size_t l = begin; l < end && !status; l++) {
    size_t n_yes = 0, known = lnti_label_sort(keyed, spare, t->prob, t->truth, t->n, t->k, l);
    for (size_t j = 0; j < known; j++) n_yes += t->truth[(size_t)keyed[j].index * t->k + l] == 1;
    if (n_yes >= LNTI_TUNE_POSITIVES_MIN && n_yes < known) t->threshold[l] = best_of_label(keyed, t, l, known, n_yes);
  }
  free(spare);
  free(keyed);
  return status;
}

/* The one threshold for all labels, to 1/POOL_BINS: 0.5 where nothing is known to be so or not so. */
static float best_of_all(const tuning *t) {
  size_t all[POOL_BINS] = {0}, yes[POOL_BINS] = {0}, n_yes = 0, n = 0, hits = 0, predicted = 0;
  for (size_t i = 0; i < t->n * t->k; i++) {
    if (t->truth[i] == LNTI_LABEL_UNKNOWN) continue;
    size_t bin = t->prob[i] < 1 ? (size_t)(t->prob[i] * POOL_BINS) : POOL_BINS - 1;
    all[bin]++;
    yes[bin] += t->truth[i] == 1;
    n++;
    n_yes += t->truth[i] == 1;
  }
  best_cut best = {-1, 0.5F};
  if (n_yes == 0 || n_yes == n) return best.threshold;
  for (size_t b = POOL_BINS; b-- > 1;) {
    predicted += all[b];
    hits += yes[b];
    offer(&best, 2.0 * (double)hits / (double)(predicted + n_yes), (float)b / POOL_BINS);
  }
  return best.threshold;
}

lnt_status lnti_thresholds_tune(float *threshold_out, const float *prob, const int8_t *truth, size_t n, size_t k,
                                const lnti_context *context, lnt_error *err) {
  tuning t = {prob, truth, n, k, NULL};
  lnt_status status = lnti_multilabel_check(prob, truth, NULL, n, k, err);
  if (!status) status = lnti_alloc(&t.threshold, k, sizeof *t.threshold, err);
  if (!status) {
    float all = best_of_all(&t);
    for (size_t l = 0; l < k; l++) t.threshold[l] = all;
    status = lnti_pool_for(context->pool, k, 1, tune_labels, &t, context->cancel, err);
  }
  if (!status) memcpy(threshold_out, t.threshold, k * sizeof *threshold_out);
  free(t.threshold);
  return status;
}
