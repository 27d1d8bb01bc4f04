/*
 * An evaluation: checks the probabilities, boils them down to a scored set, and takes every figure from that.
 *
 * The orders are sorted once, a class at a time, by a radix sort on the bits of the probabilities (which are not
 * negative, so that their bits rise as they do); average precision, AUROC and all resamples read the same orders.
 * Only classes that occur are sorted: the others have no curve.
 */
#include <base/alloc.h>
#include <base/error.h>
#include <eval/scored.h>

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS_A_CHUNK = 2048 };

static const double LOSS_CLIP = 0x1p-52;
static const double ROW_SUM_TOLERANCE = 1e-3;

typedef struct scoring {
  lnti_scored *scored;
  const float *prob;
  lnti_class_metrics *classes;
} scoring;

static lnt_status score_row(lnti_scored *scored, const float *p, size_t i, lnt_error *err) {
  size_t k = scored->k, best = 0;
  int32_t truth = scored->label[i];
  double sum = 0, clipped_sum = 0;
  if (truth < 0 || (size_t)truth >= k) {
    return lnti_fail(err, LNT_EDATA, "row %zu: label %d, where labels run from 0 to %zu", i, (int)truth, k - 1);
  }
  for (size_t c = 0; c < k; c++) {
    if (!(p[c] >= 0 && p[c] <= 1)) {
      return lnti_fail(err, LNT_EDATA, "row %zu, class %zu: %g is no probability: it must be from 0 to 1", i, c,
                       (double)p[c]);
    }
    sum += (double)p[c];
    clipped_sum += fmin(fmax((double)p[c], LOSS_CLIP), 1 - LOSS_CLIP);
    if (p[c] > p[best]) best = c;
  }
  if (fabs(sum - 1) > ROW_SUM_TOLERANCE) {
    return lnti_fail(err, LNT_EDATA, "row %zu: the probabilities sum to %g and not to 1", i, sum);
  }
  scored->predicted[i] = (uint32_t)best;
  scored->confidence[i] = p[best];
  scored->loss[i] = log(clipped_sum) - log(fmin(fmax((double)p[truth], LOSS_CLIP), 1 - LOSS_CLIP));
  scored->bin[i] = lnti_bin_of(p[best]);
  return LNT_OK;
}

static lnt_status score_rows(void *payload, size_t begin, size_t end, unsigned worker, lnt_error *err) {
  const scoring *s = payload;
  (void)worker;
  for (size_t i = begin; i < end; i++) {
    lnt_status status = score_row(s->scored, s->prob + i * s->scored->k, i, err);
    if (status != LNT_OK) return status;
  }
  return LNT_OK;
}

/* Sum of (R_i - R_{i-1}) P_i from the highest score down, a group of equal scores at a time. */
static double average_precision(const lnti_ranking *ranking, size_t n, size_t n_positive) {
  double sum = 0;
  size_t first = 0, hits = n_positive; /* items below the group's score; positives from it up */
  for (size_t g = 0; g < ranking->n_runs; g++) {
    const lnti_run *run = &ranking->run[g];
    first += run->below;
    sum += (double)run->positive * ((double)hits / (double)(n - first));
    first += run->equal + run->positive;
    hits -= run->positive;
  }
  return sum / (double)n_positive;
}

/* Writes the sorted items into the order, each group's negatives first, and the runs. */
static void write_ranking(lnti_ranking *ranking, const lnti_keyed *keyed, const lnti_scored *scored) {
  size_t n = scored->n, at = 0, below = 0, group_end;
  for (size_t group = 0; group < n; group = group_end) {
    size_t positive = 0;
    for (group_end = group; group_end < n && keyed[group_end].key == keyed[group].key; group_end++) {
      bool is_positive = (uint32_t)scored->label[keyed[group_end].index] == ranking->class;
      if (!is_positive) ranking->order[at++] = keyed[group_end].index;
      positive += is_positive;
    }
    if (positive == 0) {
      below += group_end - group;
      continue;
    }
    for (size_t j = group; j < group_end; j++) {
      if ((uint32_t)scored->label[keyed[j].index] == ranking->class) ranking->order[at++] = keyed[j].index;
    }
    ranking->run[ranking->n_runs++] =
        (lnti_run){(uint32_t)below, (uint32_t)(group_end - group - positive), (uint32_t)positive};
    below = 0;
  }
}

static void rank_class(lnti_ranking *ranking, lnti_keyed *keyed, lnti_keyed *spare, const scoring *s) {
  const lnti_scored *scored = s->scored;
  for (size_t i = 0; i < scored->n; i++) {
    float p = s->prob[i * scored->k + ranking->class] + 0.0f; /* makes -0 into 0 */
    memcpy(&keyed[i].key, &p, sizeof p);
    keyed[i].index = (uint32_t)i;
  }
  lnti_keyed_sort(keyed, spare, scored->n);
  write_ranking(ranking, keyed, scored);
}

static lnt_status rank_classes(void *payload, size_t begin, size_t end, unsigned worker, lnt_error *err) {
  const scoring *s = payload;
  size_t n = s->scored->n;
  lnt_status status;
  lnti_keyed *keyed = NULL, *spare = NULL;
  (void)worker;
  if ((status = lnti_alloc(&keyed, n, sizeof *keyed, err)) != LNT_OK) goto done;
  if ((status = lnti_alloc(&spare, n, sizeof *spare, err)) != LNT_OK) goto done;
  for (size_t q = begin; q < end; q++) {
    lnti_ranking *ranking = &s->scored->ranking[q];
    lnti_class_metrics *class = &s->classes[ranking->class];
    rank_class(ranking, keyed, spare, s);
    class->average_precision = average_precision(ranking, n, class->n);
  }
done:
  free(spare);
  free(keyed);
  return status;
}

static double ratio(size_t part, size_t whole) {
  return whole > 0 ? (double)part / (double)whole : NAN;
}

static void count_classes(lnti_evaluation *e, const lnti_scored *scored) {
  size_t n = e->n, k = e->k;
  for (size_t i = 0; i < n; i++) {
    e->classes[scored->label[i]].n++;
    e->classes[scored->predicted[i]].predicted++;
    e->classes[scored->label[i]].hits += (uint32_t)scored->label[i] == scored->predicted[i];
  }
  for (size_t c = 0; c < k; c++) {
    lnti_class_metrics *m = &e->classes[c];
    m->precision = ratio(m->hits, m->predicted);
    m->recall = ratio(m->hits, m->n);
    m->specificity = ratio(n - m->n - (m->predicted - m->hits), n - m->n);
    m->f1 = ratio(2 * m->hits, m->n + m->predicted);
    m->average_precision = NAN;
  }
}

static void scored_clear(lnti_scored *scored) {
  free(scored->run);
  free(scored->order);
  free(scored->ranking);
  free(scored->bin);
  free(scored->loss);
  free(scored->confidence);
  free(scored->predicted);
}

/* Everything but the orders. */
static lnt_status scored_fill(lnti_scored *scored, const float *prob, const lnti_context *context, lnt_error *err) {
  lnt_status status;
  scoring s = {scored, prob, NULL};
  if ((status = lnti_alloc(&scored->predicted, scored->n, sizeof *scored->predicted, err)) != LNT_OK) return status;
  if ((status = lnti_alloc(&scored->confidence, scored->n, sizeof *scored->confidence, err)) != LNT_OK) return status;
  if ((status = lnti_alloc(&scored->loss, scored->n, sizeof *scored->loss, err)) != LNT_OK) return status;
  if ((status = lnti_alloc(&scored->bin, scored->n, sizeof *scored->bin, err)) != LNT_OK) return status;
  return lnti_pool_for(context->pool, scored->n, ROWS_A_CHUNK, score_rows, &s, context->cancel, err);
}

/* The orders of the classes that occur, and with them each one's average precision. */
static lnt_status scored_rank(lnti_scored *scored, const float *prob, lnti_class_metrics *classes,
                              const lnti_context *context, lnt_error *err) {
  lnt_status status;
  size_t row_bytes;
  scoring s = {scored, prob, classes};
  if ((status = lnti_alloc_zero(&scored->ranking, scored->k, sizeof *scored->ranking, err)) != LNT_OK) return status;
  for (size_t c = 0; c < scored->k; c++) {
    if (classes[c].n > 0) scored->ranking[scored->n_rankings++].class = (uint32_t)c;
  }
  row_bytes = scored->n * sizeof *scored->order; /* fits: n is at most LNTI_EVALUATE_ITEMS_MAX */
  if ((status = lnti_alloc(&scored->order, scored->n_rankings, row_bytes, err)) != LNT_OK) return status;
  if ((status = lnti_alloc(&scored->run, scored->n, sizeof *scored->run, err)) != LNT_OK) return status;
  for (size_t q = 0, runs = 0; q < scored->n_rankings; q++) {
    scored->ranking[q].order = scored->order + q * scored->n;
    scored->ranking[q].run = scored->run + runs;
    runs += classes[scored->ranking[q].class].n;
  }
  return lnti_pool_for(context->pool, scored->n_rankings, 1, rank_classes, &s, context->cancel, err);
}

/* The values themselves: the weighting that counts every item once. */
static lnt_status point_values(lnti_evaluation *e, const lnti_scored *scored, lnt_error *err) {
  lnt_status status;
  uint8_t *weight = NULL;
  uint32_t *count = NULL;
  double value[LNTI_WEIGHTINGS][LNTI_METRICS];
  lnti_bin_sums bins[LNTI_ECE_BINS];
  if ((status = lnti_alloc(&weight, e->n, LNTI_WEIGHTINGS * sizeof *weight, err)) != LNT_OK) goto done;
  if ((status = lnti_alloc(&count, e->k, 3 * LNTI_WEIGHTINGS * sizeof *count, err)) != LNT_OK) goto done;
  for (size_t i = 0; i < e->n * LNTI_WEIGHTINGS; i++) weight[i] = 1;
  lnti_metrics_weighted(value, bins, scored, weight, count);
  memcpy(e->value, value[0], sizeof e->value);
  for (size_t b = 0; b < LNTI_ECE_BINS; b++) {
    double n = (double)bins[b].n;
    e->bin[b] = (lnti_calibration_bin){bins[b].n, bins[b].n > 0 ? bins[b].confidence / n : NAN,
                                       bins[b].n > 0 ? (double)bins[b].hits / n : NAN};
  }
done:
  free(count);
  free(weight);
  return status;
}

static lnt_status evaluation_empty(lnti_evaluation **out, size_t n, size_t k, lnt_error *err) {
  lnt_status status;
  lnti_evaluation *e = NULL;
  if ((status = lnti_alloc_zero(&e, 1, sizeof *e, err)) != LNT_OK) return status;
  e->n = n;
  e->k = k;
  for (size_t m = 0; m < LNTI_METRICS; m++) e->ci95[m][0] = e->ci95[m][1] = NAN;
  if ((status = lnti_alloc_zero(&e->classes, k, sizeof *e->classes, err)) != LNT_OK) goto done;
  *out = e;
  e = NULL;
done:
  lnti_evaluation_free(e);
  return status;
}

static lnt_status check_sizes(size_t n, size_t k, lnt_error *err) {
  if (n == 0) return lnti_fail(err, LNT_EINVAL, "there is nothing to evaluate: 0 items");
  if (k == 0) return lnti_fail(err, LNT_EINVAL, "there is nothing to evaluate: 0 classes");
  if (n > LNTI_EVALUATE_ITEMS_MAX || k > LNTI_EVALUATE_ITEMS_MAX) {
    return lnti_fail(err, LNT_ELIMIT, "%zu items of %zu classes: at most %d of each can be evaluated at once", n, k,
                     LNTI_EVALUATE_ITEMS_MAX);
  }
  return LNT_OK;
}

lnt_status lnti_evaluation_new(lnti_evaluation **out, const float *prob, const int32_t *label, size_t n, size_t k,
                               const lnti_evaluate_options *options, const lnti_context *context, lnt_error *err) {
  lnt_status status;
  lnti_evaluation *e = NULL;
  lnti_scored scored = {.n = n, .k = k, .label = label};
  if ((status = check_sizes(n, k, err)) != LNT_OK) return status;
  assert(prob != NULL && label != NULL && options != NULL && context != NULL);
  if ((status = evaluation_empty(&e, n, k, err)) != LNT_OK) goto done;
  if ((status = scored_fill(&scored, prob, context, err)) != LNT_OK) goto done;
  count_classes(e, &scored);
  if ((status = lnti_confusion_count(e, &scored, err)) != LNT_OK) goto done;
  if ((status = scored_rank(&scored, prob, e->classes, context, err)) != LNT_OK) goto done;
  if ((status = point_values(e, &scored, err)) != LNT_OK) goto done;
  if (options->resamples > 0) {
    if ((status = lnti_bootstrap(e, &scored, options, context, err)) != LNT_OK) goto done;
  }
  *out = e;
  e = NULL;
done:
  scored_clear(&scored);
  lnti_evaluation_free(e);
  return status;
}

void lnti_evaluation_free(lnti_evaluation *evaluation) {
  if (evaluation == NULL) return;
  free(evaluation->resample);
  free(evaluation->cell);
  free(evaluation->confusion);
  free(evaluation->classes);
  free(evaluation);
}

lnt_status lnti_ece(double *ece_out, const float *prob, const int32_t *label, size_t n, size_t k,
                    const lnti_context *context, lnt_error *err) {
  lnti_scored scored = {.n = n, .k = k, .label = label};
  lnti_bin_sums bins[LNTI_ECE_BINS] = {{0, 0, 0}};
  lnt_status status = check_sizes(n, k, err);
  if (status != LNT_OK) return status;
  assert(prob != NULL && label != NULL && context != NULL);
  status = scored_fill(&scored, prob, context, err);
  if (status == LNT_OK) {
    for (size_t i = 0; i < n; i++) {
      lnti_bin_sums *bin = &bins[scored.bin[i]];
      bin->n++;
      bin->hits += (uint32_t)label[i] == scored.predicted[i];
      bin->confidence += (double)scored.confidence[i];
    }
    *ece_out = lnti_ece_of(bins);
  }
  scored_clear(&scored);
  return status;
}
