/*
 * Several labels, each yes, no or unknown. The known answers of a label are sorted by probability once; all that depends on
 * their order is taken from one walk down it, under several weightings at once (see resample.h).
 */
#include <base/alloc.h>
#include <base/error.h>
#include <eval/labels.h>
#include <eval/scored.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { INTERVAL_LABELS_MAX = 1000 }; /* with more labels these have no intervals of their own: 16 KB each */

/* An entry of a label's order: the item, and what is known of its answer. */
static const uint32_t ITEM = LNTI_EVALUATE_ITEMS_MAX - 1, YES = 1U << 31, PREDICTED = 1U << 30, GROUP_END = 1U << 29;
static const double LOSS_CLIP = 0x1p-52;

typedef struct multilabel {
  size_t n, k;
  const float *prob;
  const int8_t *truth;
  const float *threshold; /* NULL: 0.5 */
  size_t n_label_values;  /* k, or 0: too many labels for intervals of their own */
  size_t *begin;          /* [k+1] */
  uint32_t *entry;        /* [begin[k]] by label, from its highest probability down; a group has the same one */
  uint8_t *bin;           /* [begin[k]] of the calibration, of each entry */
  float *p;               /* [begin[k]] its probability */
  double *loss;           /* [n] over an item's known answers */
  uint32_t *n_known;      /* [n] of an item */
  uint8_t *exact;         /* [n] all known answers are right */
} multilabel;

static float threshold_of(const float *threshold, size_t label) {
  return threshold ? threshold[label] : 0.5F;
}

/* ---- one weighted walk ---- */

typedef struct lanes {
  uint32_t w[LNTI_WEIGHTINGS];
} lanes;

/* What is summed over all labels. */
typedef struct totals {
  double ap[LNTI_WEIGHTINGS], area[LNTI_WEIGHTINGS], f1[LNTI_WEIGHTINGS];
  lanes n_ap, n_area, n_f1;
  uint64_t hits[LNTI_WEIGHTINGS], predicted[LNTI_WEIGHTINGS], yes[LNTI_WEIGHTINGS];
  double bin_p[LNTI_ECE_BINS][LNTI_WEIGHTINGS];
  uint64_t bin_yes[LNTI_ECE_BINS][LNTI_WEIGHTINGS], bin_n[LNTI_ECE_BINS][LNTI_WEIGHTINGS];
} totals;

/* What is summed over one label, from the top of its order down. */
typedef struct walk {
  lanes all, yes, hits, predicted; /* so far */
  lanes group_all, group_yes;      /* of the group before it began */
  double ap[LNTI_WEIGHTINGS],
      lost[LNTI_WEIGHTINGS]; /* lost: pairs in which a no stands above a yes; half of equal ones */
} walk;

static void end_group(walk *s) {
  for (size_t r = 0; r < LNTI_WEIGHTINGS; r++) {
    double yes = s->yes.w[r] - s->group_yes.w[r], all = s->all.w[r] - s->group_all.w[r];
    double no_above = (double)s->group_all.w[r] - s->group_yes.w[r];
    if (yes > 0) {
      s->ap[r] += yes * ((double)s->yes.w[r] / s->all.w[r]);
      s->lost[r] += yes * (no_above + 0.5 * (all - yes));
    }
  }
  s->group_all = s->all;
  s->group_yes = s->yes;
}

static void add(lanes *sum, const uint8_t *w) {
  for (size_t r = 0; r < LNTI_WEIGHTINGS; r++) sum->w[r] += w[r];
}

static void walk_label(walk *s, totals *t, const multilabel *m, size_t label, const uint8_t *weight) {
  for (size_t e = m->begin[label]; e < m->begin[label + 1]; e++) {
    uint32_t entry = m->entry[e];
    const uint8_t *w = weight + (size_t)(entry & ITEM) * LNTI_WEIGHTINGS;
    double p = (double)m->p[e], *bin_p = t->bin_p[m->bin[e]];
    uint64_t *bin_n = t->bin_n[m->bin[e]], *bin_yes = t->bin_yes[m->bin[e]];
    for (size_t r = 0; r < LNTI_WEIGHTINGS; r++) {
      bin_p[r] += w[r] * p;
      bin_n[r] += w[r];
    }
    add(&s->all, w);
    if (entry & YES) {
      add(&s->yes, w);
      for (size_t r = 0; r < LNTI_WEIGHTINGS; r++) bin_yes[r] += w[r];
    }
    if (entry & PREDICTED) {
      add(&s->predicted, w);
      if (entry & YES) add(&s->hits, w);
    }
    if (entry & GROUP_END) end_group(s);
  }
}

/* Adds a walked label to the totals; its own average precision, F1 and area by weighting. */
static void end_label(double ap[LNTI_WEIGHTINGS], double f1[LNTI_WEIGHTINGS], double area[LNTI_WEIGHTINGS], totals *t,
                      const walk *s) {
  for (size_t r = 0; r < LNTI_WEIGHTINGS; r++) {
    double yes = s->yes.w[r], no = (double)s->all.w[r] - s->yes.w[r], both = (double)s->yes.w[r] + s->predicted.w[r];
    ap[r] = yes > 0 ? s->ap[r] / yes : (double)NAN;
    area[r] = yes > 0 && no > 0 ? 1 - s->lost[r] / (yes * no) : (double)NAN;
    f1[r] = both > 0 ? 2.0 * s->hits.w[r] / both : (double)NAN;
    t->ap[r] += yes > 0 ? ap[r] : 0;
    t->area[r] += yes > 0 && no > 0 ? area[r] : 0;
    t->f1[r] += both > 0 ? f1[r] : 0;
    t->n_ap.w[r] += yes > 0;
    t->n_area.w[r] += yes > 0 && no > 0;
    t->n_f1.w[r] += both > 0;
    t->hits[r] += s->hits.w[r];
    t->predicted[r] += s->predicted.w[r];
    t->yes[r] += s->yes.w[r];
  }
}

static double mean_of(double sum, double n) {
  return n > 0 ? sum / n : (double)NAN;
}

/* The measures that are sums over items. */
static void measure_items(double *value_out, const multilabel *m, const uint8_t *weight) {
  double loss[LNTI_WEIGHTINGS] = {0}, known[LNTI_WEIGHTINGS] = {0}, exact[LNTI_WEIGHTINGS] = {0},
         items[LNTI_WEIGHTINGS] = {0};
  for (size_t i = 0; i < m->n; i++) {
    const uint8_t *w = weight + i * LNTI_WEIGHTINGS;
    if (m->n_known[i] == 0) continue;
    for (size_t r = 0; r < LNTI_WEIGHTINGS; r++) {
      loss[r] += w[r] * m->loss[i];
      known[r] += (double)w[r] * m->n_known[i];
      exact[r] += (double)(w[r] * m->exact[i]);
      items[r] += w[r];
    }
  }
  for (size_t r = 0; r < LNTI_WEIGHTINGS; r++) {
    value_out[LNTI_ML_LOG_LOSS * LNTI_WEIGHTINGS + r] = mean_of(loss[r], known[r]);
    value_out[LNTI_ML_EXACT_MATCH * LNTI_WEIGHTINGS + r] = mean_of(exact[r], items[r]);
  }
}

static void measure_totals(double *value_out, const totals *t) {
  for (size_t r = 0; r < LNTI_WEIGHTINGS; r++) {
    double gap = 0, n = 0;
    for (size_t b = 0; b < LNTI_ECE_BINS; b++) {
      gap += fabs((double)t->bin_yes[b][r] - t->bin_p[b][r]);
      n += (double)t->bin_n[b][r];
    }
    value_out[LNTI_ML_MAP * LNTI_WEIGHTINGS + r] = mean_of(t->ap[r], t->n_ap.w[r]);
    value_out[LNTI_ML_AUROC * LNTI_WEIGHTINGS + r] = mean_of(t->area[r], t->n_area.w[r]);
    value_out[LNTI_ML_MACRO_F1 * LNTI_WEIGHTINGS + r] = mean_of(t->f1[r], t->n_f1.w[r]);
    value_out[LNTI_ML_MICRO_F1 * LNTI_WEIGHTINGS + r] =
        mean_of(2.0 * (double)t->hits[r], (double)t->yes[r] + (double)t->predicted[r]);
    value_out[LNTI_ML_ECE * LNTI_WEIGHTINGS + r] = mean_of(gap, n);
  }
}

/* [LNTI_ML_METRICS], then each label's average precision, then each one's F1. */
static void measure(double *value_out, const void *data, const uint8_t *weight, void *scratch) {
  const multilabel *m = data;
  totals *t = scratch;
  double ap[LNTI_WEIGHTINGS], f1[LNTI_WEIGHTINGS], area[LNTI_WEIGHTINGS];
  memset(t, 0, sizeof *t);
  for (size_t label = 0; label < m->k; label++) {
    walk s = {0};
    walk_label(&s, t, m, label, weight);
    end_label(ap, f1, area, t, &s);
    if (m->n_label_values == 0) continue;
    double *of_label = value_out + (LNTI_ML_METRICS + label) * LNTI_WEIGHTINGS;
    memcpy(of_label, ap, sizeof ap);
    memcpy(of_label + m->k * LNTI_WEIGHTINGS, f1, sizeof f1);
  }
  measure_totals(value_out, t);
  measure_items(value_out, m, weight);
}

/* ---- the orders ---- */

static lnt_status check_sizes(size_t n, size_t k, lnt_error *err) {
  size_t cells = 0;
  if (n == 0 || k == 0)
    return lnti_fail(err, LNT_EINVAL, "there is nothing to evaluate: %zu items of %zu labels", n, k);
  if (n > LNTI_EVALUATE_ITEMS_MAX || !lnti_size_mul(&cells, n, k) || cells > LNTI_MULTILABEL_CELLS_MAX)
    return lnti_fail(err, LNT_ELIMIT, "%zu items of %zu labels: at most %d answers can be evaluated at once", n, k,
                     LNTI_MULTILABEL_CELLS_MAX);
  return LNT_OK;
}

lnt_status lnti_multilabel_check(const float *prob, const int8_t *truth, const float *threshold, size_t n, size_t k,
                                 lnt_error *err) {
  lnt_status status = check_sizes(n, k, err);
  if (status) return status;
  for (size_t i = 0; i < n * k; i++) {
    if (!(prob[i] >= 0 && prob[i] <= 1))
      return lnti_fail(err, LNT_EDATA, "row %zu, label %zu: %g is no probability: it must be from 0 to 1", i / k, i % k,
                       (double)prob[i]);
    if (truth[i] < LNTI_LABEL_UNKNOWN || truth[i] > 1)
      return lnti_fail(err, LNT_EDATA, "row %zu, label %zu: %d, where an answer is 1, 0 or %d", i / k, i % k,
                       (int)truth[i], LNTI_LABEL_UNKNOWN);
  }
  for (size_t l = 0; threshold && l < k; l++) {
    if (isnan(threshold[l])) return lnti_fail(err, LNT_EDATA, "label %zu: its threshold is not a number", l);
  }
  return LNT_OK;
}

static void count_answers(multilabel *m, lnti_multilabel_evaluation *e) {
  for (size_t i = 0; i < m->n; i++) {
    m->exact[i] = 1;
    for (size_t l = 0; l < m->k; l++) {
      lnti_label_metrics *label = &e->labels[l];
      int8_t truth = m->truth[i * m->k + l];
      float p = m->prob[i * m->k + l];
      if (truth == LNTI_LABEL_UNKNOWN) {
        label->n_unknown++;
        continue;
      }
      bool predicted = p >= threshold_of(m->threshold, l);
      label->n_yes += truth == 1;
      label->n_no += truth == 0;
      label->predicted += predicted;
      label->hits += predicted && truth == 1;
      m->n_known[i]++;
      m->exact[i] = m->exact[i] && predicted == (truth == 1);
      m->loss[i] -= log(fmin(fmax(truth == 1 ? (double)p : 1 - (double)p, LOSS_CLIP), 1 - LOSS_CLIP));
    }
    e->n_items_known += m->n_known[i] > 0;
  }
  for (size_t l = 0; l < m->k; l++) {
    m->begin[l] = e->n_known;
    e->n_known += e->labels[l].n_yes + e->labels[l].n_no;
    e->n_yes += e->labels[l].n_yes;
  }
  m->begin[m->k] = e->n_known;
}

size_t lnti_label_sort(lnti_keyed *keyed, lnti_keyed *spare, const float *prob, const int8_t *truth, size_t n, size_t k,
                       size_t label) {
  size_t known = 0;
  for (size_t i = 0; i < n; i++) {
    float p = prob[i * k + label] + 0.0F; /* makes -0 into 0; the bits of what is not negative rise as it does */
    if (truth[i * k + label] == LNTI_LABEL_UNKNOWN) continue;
    memcpy(&keyed[known].key, &p, sizeof p);
    keyed[known++].index = (uint32_t)i;
  }
  lnti_keyed_sort(keyed, spare, known);
  return known;
}

static lnt_status order_labels(void *payload, size_t begin, size_t end, unsigned worker, lnt_error *err) {
  multilabel *m = payload;
  lnti_keyed *keyed = NULL, *spare = NULL;
  (void)worker;
  lnt_status status = lnti_alloc(&keyed, m->n, sizeof *keyed, err);
  if (!status) status = lnti_alloc(&spare, m->n, sizeof *spare, err);
  for (size_t l = begin; l < end && !status; l++) {
    size_t known = lnti_label_sort(keyed, spare, m->prob, m->truth, m->n, m->k, l), at = m->begin[l];
    for (size_t j = known; j-- > 0; at++) {
      size_t cell = (size_t)keyed[j].index * m->k + l;
      m->p[at] = m->prob[cell];
      m->bin[at] = lnti_bin_of(m->prob[cell]);
      m->entry[at] = keyed[j].index | (m->truth[cell] == 1 ? YES : 0) |
                     (m->prob[cell] >= threshold_of(m->threshold, l) ? PREDICTED : 0) |
                     (j == 0 || keyed[j - 1].key != keyed[j].key ? GROUP_END : 0);
    }
  }
  free(spare);
  free(keyed);
  return status;
}

static lnt_status prepare(multilabel *m, lnti_multilabel_evaluation *e, const lnti_context *context, lnt_error *err) {
  lnt_status status = lnti_alloc(&m->begin, m->k + 1, sizeof *m->begin, err);
  if (!status) status = lnti_alloc_zero(&m->loss, m->n, sizeof *m->loss, err);
  if (!status) status = lnti_alloc_zero(&m->n_known, m->n, sizeof *m->n_known, err);
  if (!status) status = lnti_alloc(&m->exact, m->n, sizeof *m->exact, err);
  if (status) return status;
  count_answers(m, e);
  status = lnti_alloc(&m->entry, e->n_known, sizeof *m->entry, err);
  if (!status) status = lnti_alloc(&m->bin, e->n_known, sizeof *m->bin, err);
  if (!status) status = lnti_alloc(&m->p, e->n_known, sizeof *m->p, err);
  if (!status) status = lnti_pool_for(context->pool, m->k, 1, order_labels, m, context->cancel, err);
  return status;
}

/* ---- the evaluation ---- */

/* The bins and each label's own figures: the weighting by ones. */
static lnt_status point_values(lnti_multilabel_evaluation *e, const multilabel *m, lnt_error *err) {
  totals *t = NULL;
  uint8_t *once = NULL;
  lnt_status status = lnti_alloc_zero(&t, 1, sizeof *t, err);
  if (!status) status = lnti_alloc(&once, m->n, LNTI_WEIGHTINGS * sizeof *once, err);
  if (status) goto done;
  memset(once, 1, m->n * LNTI_WEIGHTINGS * sizeof *once);
  for (size_t l = 0; l < m->k; l++) {
    lnti_label_metrics *label = &e->labels[l];
    double ap[LNTI_WEIGHTINGS], f1[LNTI_WEIGHTINGS], area[LNTI_WEIGHTINGS];
    walk s = {0};
    walk_label(&s, t, m, l, once);
    end_label(ap, f1, area, t, &s);
    label->threshold = (double)threshold_of(m->threshold, l);
    label->precision = mean_of((double)label->hits, (double)label->predicted);
    label->recall = mean_of((double)label->hits, (double)label->n_yes);
    label->f1 = f1[0];
    label->average_precision = ap[0];
    label->auroc = area[0];
  }
  double value[LNTI_ML_METRICS * LNTI_WEIGHTINGS];
  measure_totals(value, t);
  measure_items(value, m, once);
  for (size_t i = 0; i < LNTI_ML_METRICS; i++) e->value[i] = value[i * LNTI_WEIGHTINGS];
  e->micro_precision = mean_of((double)t->hits[0], (double)t->predicted[0]);
  e->micro_recall = mean_of((double)t->hits[0], (double)t->yes[0]);
  for (size_t b = 0; b < LNTI_ECE_BINS; b++) {
    double n = (double)t->bin_n[b][0];
    e->bin[b] = (lnti_calibration_bin){(size_t)t->bin_n[b][0], mean_of(t->bin_p[b][0], n),
                                       mean_of((double)t->bin_yes[b][0], n)};
  }
done:
  free(once);
  free(t);
  return status;
}

static lnt_status find_intervals(lnti_multilabel_evaluation *e, multilabel *m, const lnti_evaluate_options *options,
                                 const lnti_context *context, lnt_error *err) {
  const size_t resamples = options->resamples;
  m->n_label_values = m->k <= INTERVAL_LABELS_MAX ? m->k : 0;
  const lnti_resampled of = {m->n, LNTI_ML_METRICS + 2 * m->n_label_values, sizeof(totals), measure, m};
  lnt_status status = lnti_alloc(&e->resample, of.n_measures, resamples * sizeof *e->resample, err);
  if (!status) status = lnti_resample(e->resample, &of, options, context, err);
  if (!status) e->resamples = options->resamples;
  for (size_t i = 0; i < LNTI_ML_METRICS && !status; i++) {
    bool distorted = i != LNTI_ML_EXACT_MATCH && i != LNTI_ML_LOG_LOSS;
    status =
        lnti_resample_interval(e->ci95[i], e->resample + i * resamples, resamples, e->value[i], distorted, 0, 1, err);
  }
  for (size_t l = 0; l < m->n_label_values && !status; l++) {
    lnti_label_metrics *label = &e->labels[l];
    const double *ap = e->resample + (LNTI_ML_METRICS + l) * resamples, *f1 = ap + m->k * resamples;
    status =
        lnti_resample_interval(label->average_precision_ci95, ap, resamples, label->average_precision, true, 0, 1, err);
    if (!status) status = lnti_resample_interval(label->f1_ci95, f1, resamples, label->f1, true, 0, 1, err);
  }
  return status;
}

static lnt_status evaluation_empty(lnti_multilabel_evaluation **out, size_t n, size_t k, lnt_error *err) {
  lnti_multilabel_evaluation *e = NULL;
  lnt_status status = lnti_alloc_zero(&e, 1, sizeof *e, err);
  if (status) return status;
  status = lnti_alloc_zero(&e->labels, k, sizeof *e->labels, err);
  if (status) {
    lnti_multilabel_evaluation_free(e);
    return status;
  }
  e->n = n;
  e->k = k;
  for (size_t m = 0; m < LNTI_ML_METRICS; m++) e->ci95[m][0] = e->ci95[m][1] = (double)NAN;
  for (size_t l = 0; l < k; l++) {
    for (size_t end = 0; end < 2; end++)
      e->labels[l].average_precision_ci95[end] = e->labels[l].f1_ci95[end] = (double)NAN;
  }
  *out = e;
  return LNT_OK;
}

lnt_status lnti_multilabel_evaluation_new(lnti_multilabel_evaluation **out, const float *prob, const int8_t *truth,
                                          const float *threshold, size_t n, size_t k,
                                          const lnti_evaluate_options *options, const lnti_context *context,
                                          lnt_error *err) {
  lnti_multilabel_evaluation *e = NULL;
  multilabel m = {.n = n, .k = k, .prob = prob, .truth = truth, .threshold = threshold};
  lnt_status status = lnti_multilabel_check(prob, truth, threshold, n, k, err);
  if (status) return status;
  status = evaluation_empty(&e, n, k, err);
  if (!status) status = prepare(&m, e, context, err);
  if (!status) status = point_values(e, &m, err);
  if (!status && options->resamples > 0) status = find_intervals(e, &m, options, context, err);
  if (!status) {
    *out = e;
    e = NULL;
  }
  lnti_multilabel_evaluation_free(e);
  free(m.p);
  free(m.bin);
  free(m.entry);
  free(m.exact);
  free(m.n_known);
  free(m.loss);
  free(m.begin);
  return status;
}

void lnti_multilabel_evaluation_free(lnti_multilabel_evaluation *evaluation) {
  if (evaluation == NULL) return;
  free(evaluation->resample);
  free(evaluation->labels);
  free(evaluation);
}

lnti_measures lnti_multilabel_measures(const lnti_multilabel_evaluation *e) {
  static const lnti_measure MEASURE[LNTI_ML_METRICS] = {
      [LNTI_ML_MAP] = {"map", "Mean average precision",
                       "How well the images that have a label stand above those without it when sorted by the model's "
                       "confidence, averaged over the labels: 1 is perfect, whatever the thresholds are.",
                       false, LNTI_SCALE_FIGURE},
      [LNTI_ML_MICRO_F1] =
          {"micro_f1", "Micro F1",
           "One figure for finding all labels and no wrong ones, every single label counting the same: "
           "frequent labels weigh most. 1 is perfect.",
           false, LNTI_SCALE_FIGURE},
      [LNTI_ML_MACRO_F1] =
          {"macro_f1", "Macro F1",
           "For each label, one figure for finding all of it and nothing else; averaged over the labels, "
           "so that rare ones count as much as frequent ones. 1 is perfect.",
           false, LNTI_SCALE_FIGURE},
      [LNTI_ML_EXACT_MATCH] = {"exact_match", "All labels right",
                               "The share of images on which every known label is answered rightly.", false,
                               LNTI_SCALE_SHARE},
      [LNTI_ML_AUROC] =
          {"auroc", "AUROC",
           "How often an image with a label scores higher for it than an image without, averaged over the "
           "labels: 0.5 is guessing, 1 is perfect.",
           false, LNTI_SCALE_FIGURE},
      [LNTI_ML_LOG_LOSS] = {"log_loss", "Log loss",
                            "The price of being sure and wrong: 0 is perfect, and each confident mistake costs much.",
                            true, LNTI_SCALE_FIGURE},
      [LNTI_ML_ECE] =
          {"ece", "Calibration error",
           "How far the stated probability of a label is from the share of images that turn out to have it, on "
           "average: 0 means it can be taken at its word.",
           true, LNTI_SCALE_SHARE},
  };
  if (!e) return lnti_measures_of(MEASURE, LNTI_ML_METRICS, NULL, NULL, NULL, 0);
  return lnti_measures_of(MEASURE, LNTI_ML_METRICS, e->value, (const double(*)[2])e->ci95, e->resample, e->resamples);
}
