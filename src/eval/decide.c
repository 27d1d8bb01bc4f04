/*
 * Deciding by scores: all of it is read off one order of the items, a group of equal scores at a time.
 */
#include <base/alloc.h>
#include <base/error.h>
#include <eval/decide.h>
#include <eval/resample.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The bits of a float, so that they rise as the float does, also below 0. */
static uint32_t rising_bits(float value) {
  uint32_t bits;
  float plain = value + 0.0F; /* makes -0 into 0 */
  memcpy(&bits, &plain, sizeof bits);
  return bits & 0x80000000U ? ~bits : bits | 0x80000000U;
}

static lnt_status check_count(size_t n, lnt_error *err) {
  if (n == 0) return lnti_fail(err, LNT_EINVAL, "there is nothing to evaluate: 0 items");
  if (n > LNTI_EVALUATE_ITEMS_MAX)
    return lnti_fail(err, LNT_ELIMIT, "%zu items: at most %d can be evaluated at once", n, LNTI_EVALUATE_ITEMS_MAX);
  return LNT_OK;
}

/* Items by falling score into *out, which the caller frees; those with `skip` are left out. */
static lnt_status sort_falling(lnti_keyed **out, const float *score, size_t stride, size_t n, const int8_t *truth,
                               size_t *n_sorted, lnt_error *err) {
  lnti_keyed *keyed = NULL, *spare = NULL;
  size_t m = 0;
  lnt_status status = lnti_alloc(&keyed, n, sizeof *keyed, err);
  if (!status) status = lnti_alloc(&spare, n, sizeof *spare, err);
  for (size_t i = 0; i < n && !status; i++) {
    if (truth && truth[i * stride] < 0) continue;
    if (isnan(score[i * stride])) {
      status = lnti_fail(err, LNT_EDATA, "row %zu: its score is not a number", i);
    } else {
      keyed[m++] = (lnti_keyed){~rising_bits(score[i * stride]), (uint32_t)i};
    }
  }
  if (!status) {
    lnti_keyed_sort(keyed, spare, m);
    *out = keyed;
    *n_sorted = m;
    keyed = NULL;
  }
  free(spare);
  free(keyed);
  return status;
}

static bool ends_group(const lnti_keyed *keyed, size_t at, size_t n) {
  return at + 1 == n || keyed[at + 1].key != keyed[at].key;
}

/* ---- reject curve ---- */

/* Within a group of equal confidence the right ones are spread evenly: its mean accuracy does not depend on their order. */
static double area_of_group(double right, size_t before, double group_right, size_t group_n) {
  double sum = 0;
  for (size_t j = 1; j <= group_n; j++)
    sum += (right + group_right * (double)j / (double)group_n) / (double)(before + j);
  return sum;
}

lnt_status lnti_reject_curve_new(lnti_reject_curve *out, const float *confidence, const bool *right, size_t n,
                                 lnt_error *err) {
  lnti_keyed *keyed = NULL;
  lnti_reject_curve curve = {.n_points = 0};
  lnt_status status = check_count(n, err);
  if (!status) status = sort_falling(&keyed, confidence, 1, n, NULL, &n, err);
  if (status) return status;
  size_t hits = 0, before = 0, hits_before = 0, next = 1;
  for (size_t at = 0; at < n; at++) {
    hits += right[keyed[at].index];
    if (!ends_group(keyed, at, n)) continue;
    curve.area += area_of_group((double)hits_before, before, (double)(hits - hits_before), at + 1 - before) / (double)n;
    before = at + 1;
    hits_before = hits;
    if (100 * (at + 1) < next * n) continue; /* the first that reaches each hundredth */
    next = 100 * (at + 1) / n + 1;
    curve.point[curve.n_points++] = (lnti_reject_point){(double)(at + 1) / (double)n, (double)hits / (double)(at + 1),
                                                        (double)confidence[keyed[at].index]};
  }
  *out = curve;
  free(keyed);
  return LNT_OK;
}

lnt_status lnti_reject_threshold_find(lnti_reject_threshold *out, const float *confidence, const bool *right, size_t n,
                                      double wanted, lnt_error *err) {
  lnti_keyed *keyed = NULL;
  lnti_reject_threshold best = {.found = false};
  lnt_status status = check_count(n, err);
  if (!status) status = sort_falling(&keyed, confidence, 1, n, NULL, &n, err);
  if (status) return status;
  size_t hits = 0;
  for (size_t at = 0; at < n; at++) {
    hits += right[keyed[at].index];
    double accuracy = (double)hits / (double)(at + 1);
    if (!ends_group(keyed, at, n) || accuracy < wanted) continue;
    best = (lnti_reject_threshold){true, (double)confidence[keyed[at].index], (double)(at + 1) / (double)n, accuracy};
  }
  *out = best;
  free(keyed);
  return LNT_OK;
}

/* ---- costs ---- */

typedef struct costs {
  double false_alarm, miss, aim;
} costs;

static double cost_of(const costs *c, size_t false_alarms, size_t misses, size_t n) {
  return (c->false_alarm * (double)false_alarms + c->miss * (double)misses) / (double)n;
}

static void offer_cost(lnti_cost_threshold *best, const costs *c, double threshold, size_t false_alarms,
                       size_t misses) {
  double cost = cost_of(c, false_alarms, misses, best->n);
  if (cost > best->cost || (cost == best->cost && fabs(threshold - c->aim) >= fabs(best->threshold - c->aim))) return;
  best->cost = cost;
  best->threshold = threshold;
  best->false_alarms = false_alarms;
  best->misses = misses;
}

/* A threshold between the last item above it and the next below, as near to the aim as it can be. */
static double threshold_between(double below, double above, double aim) {
  double middle = below + (above - below) / 2;
  return aim > below && aim <= above ? aim : middle;
}

lnt_status lnti_cost_threshold_find(lnti_cost_threshold *out, const float *prob, const int8_t *truth, size_t n,
                                    size_t stride, double false_alarm, double miss, lnt_error *err) {
  lnti_keyed *keyed = NULL;
  size_t known = 0, n_yes = 0, yes = 0, half_yes = 0, half = 0;
  if (!(false_alarm >= 0 && miss >= 0 && isfinite(false_alarm + miss) && false_alarm + miss > 0))
    return lnti_fail(err, LNT_EINVAL,
                     "costs of %g for a false alarm and %g for a miss: both must be at least 0, and one above",
                     false_alarm, miss);
  lnt_status status = check_count(n, err);
  if (!status) status = sort_falling(&keyed, prob, stride, n, truth, &known, err);
  if (status) return status;
  for (size_t i = 0; i < known && !status; i++) {
    float p = prob[(size_t)keyed[i].index * stride];
    if (!(p >= 0 && p <= 1))
      status = lnti_fail(err, LNT_EDATA, "row %u: %g is no probability: it must be from 0 to 1",
                         (unsigned)keyed[i].index, (double)p);
    bool is_yes = truth[(size_t)keyed[i].index * stride] == 1;
    n_yes += is_yes;
    half += p >= 0.5F;
    half_yes += p >= 0.5F && is_yes;
  }
  if (!status && known == 0) status = lnti_fail(err, LNT_EINVAL, "there is nothing to evaluate: no answer is known");
  if (status) goto done;
  const costs c = {false_alarm, miss, false_alarm / (false_alarm + miss)};
  float top = prob[(size_t)keyed[0].index * stride];
  lnti_cost_threshold best = {.n = known,
                              .threshold = top < 1 ? threshold_between((double)top, 1, c.aim) : 2,
                              .misses = n_yes,
                              .cost = cost_of(&c, 0, n_yes, known),
                              .cost_at_half = cost_of(&c, half - half_yes, n_yes - half_yes, known),
                              .cost_never = cost_of(&c, 0, n_yes, known),
                              .cost_always = cost_of(&c, known - n_yes, 0, known)};
  for (size_t at = 0; at < known; at++) {
    yes += truth[(size_t)keyed[at].index * stride] == 1;
    if (!ends_group(keyed, at, known)) continue;
    double here = (double)prob[(size_t)keyed[at].index * stride];
    double below = at + 1 < known ? (double)prob[(size_t)keyed[at + 1].index * stride] : 0;
    double threshold = here > below ? threshold_between(below, here, c.aim) : 0;
    offer_cost(&best, &c, threshold, at + 1 - yes, n_yes - yes);
  }
  *out = best;
done:
  free(keyed);
  return status;
}

void lnti_cost_at(lnti_cost_point *out, const float *prob, const int8_t *truth, size_t n, size_t stride,
                  double threshold, double false_alarm, double miss) {
  const costs c = {false_alarm, miss, threshold};
  lnti_cost_point at = {.threshold = threshold};
  for (size_t i = 0; i < n * stride; i += stride) {
    bool yes = (double)prob[i] >= threshold;
    at.n += truth[i] >= 0;
    at.false_alarms += truth[i] == 0 && yes;
    at.misses += truth[i] == 1 && !yes;
  }
  at.cost = at.n > 0 ? cost_of(&c, at.false_alarms, at.misses, at.n) : (double)NAN;
  *out = at;
}

/* ---- unknown items ---- */

typedef struct strangeness {
  size_t n, n_known;
  const lnti_keyed *keyed; /* [n] by falling score; those from n_known on are unknown */
} strangeness;

static void measure_area(double *value_out, const void *data, const uint8_t *weight, void *scratch) {
  const strangeness *s = data;
  double known[LNTI_WEIGHTINGS] = {0}, unknown[LNTI_WEIGHTINGS] = {0}, lost[LNTI_WEIGHTINGS] = {0};
  (void)scratch;
  for (size_t begin = 0, end = 0; begin < s->n; begin = end) {
    double group[2][LNTI_WEIGHTINGS] = {{0}};
    do {
      const uint8_t *w = weight + (size_t)s->keyed[end].index * LNTI_WEIGHTINGS;
      double *of = group[s->keyed[end].index >= s->n_known];
      for (size_t r = 0; r < LNTI_WEIGHTINGS; r++) of[r] += w[r];
    } while (!ends_group(s->keyed, end++, s->n));
    for (size_t r = 0; r < LNTI_WEIGHTINGS; r++) {
      lost[r] += group[1][r] * (known[r] + 0.5 * group[0][r]);
      known[r] += group[0][r];
      unknown[r] += group[1][r];
    }
  }
  for (size_t r = 0; r < LNTI_WEIGHTINGS; r++)
    value_out[r] = known[r] > 0 && unknown[r] > 0 ? 1 - lost[r] / (known[r] * unknown[r]) : (double)NAN;
}

/* Down the order until 95 % of the unknown items are reached. */
static void measure_at_95(lnti_unknown_metrics *m, const strangeness *s, const float *score) {
  size_t known = 0, unknown = 0;
  for (size_t at = 0; at < s->n; at++) {
    bool is_unknown = s->keyed[at].index >= s->n_known;
    known += !is_unknown;
    unknown += is_unknown;
    m->threshold_95 = (double)score[s->keyed[at].index];
    if (ends_group(s->keyed, at, s->n) && 20 * unknown >= 19 * m->n_unknown) break;
  }
  m->false_alarms_95 = (double)known / (double)m->n_known;
}

lnt_status lnti_unknown_measure(lnti_unknown_metrics *out, const float *known, size_t n_known, const float *unknown,
                                size_t n_unknown, const lnti_evaluate_options *options, const lnti_context *context,
                                lnt_error *err) {
  float *score = NULL;
  lnti_keyed *keyed = NULL;
  double *resample = NULL;
  size_t n = 0;
  lnti_unknown_metrics m = {n_known, n_unknown, 0, {(double)NAN, (double)NAN}, 0, 0};
  if (n_known == 0 || n_unknown == 0)
    return lnti_fail(err, LNT_EINVAL, "%zu known and %zu unknown items: some of both are needed", n_known, n_unknown);
  if (!lnti_size_add(&n, n_known, n_unknown)) n = SIZE_MAX;
  lnt_status status = check_count(n, err);
  if (!status) status = lnti_alloc(&score, n, sizeof *score, err);
  if (status) return status;
  memcpy(score, known, n_known * sizeof *score);
  memcpy(score + n_known, unknown, n_unknown * sizeof *score);
  status = sort_falling(&keyed, score, 1, n, NULL, &n, err);
  const strangeness s = {n, n_known, keyed};
  const lnti_resampled of = {n, 1, 0, measure_area, &s};
  if (!status) status = lnti_measure_once(&m.auroc, &of, err);
  if (!status) measure_at_95(&m, &s, score);
  if (!status && options->resamples > 0) {
    status = lnti_alloc(&resample, options->resamples, sizeof *resample, err);
    if (!status) status = lnti_resample(resample, &of, options, context, err);
    if (!status) status = lnti_resample_interval(m.auroc_ci95, resample, options->resamples, m.auroc, false, 0, 1, err);
  }
  if (!status) *out = m;
  free(resample);
  free(keyed);
  free(score);
  return status;
}

/* ---- balance ---- */

void lnti_class_balance_of(lnti_class_balance *out, const size_t *count, size_t k) {
  lnti_class_balance b = {.n_classes = k, .ratio = (double)NAN, .effective = (double)NAN};
  double entropy = 0;
  for (size_t c = 0; c < k; c++) {
    b.n += count[c];
    b.n_empty += count[c] == 0;
    if (count[c] > count[b.largest]) b.largest = c;
    if (count[c] > 0 && (count[b.smallest] == 0 || count[c] < count[b.smallest])) b.smallest = c;
  }
  for (size_t c = 0; c < k && b.n > 0; c++) {
    double share = (double)count[c] / (double)b.n;
    if (share > 0) entropy -= share * log(share);
  }
  if (b.n > 0) {
    b.ratio = (double)count[b.largest] / (double)count[b.smallest];
    b.effective = exp(entropy);
  }
  *out = b;
}
