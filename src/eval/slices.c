/*
 * Slices: accuracy and macro F1 of parts of the items, with the bootstrap of bootstrap.c.
 *
 * Items are taken slice by slice, so that one set of counts serves all slices; the draws are those of the whole evaluation:
 * where groups cross slices, these rise and fall together, and the gap's interval takes it into account.
 */
#include <base/alloc.h>
#include <base/error.h>
#include <base/rng.h>
#include <eval/scored.h>
#include <eval/slices.h>

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ACCURACY, MACRO_F1, MEASURES };

typedef struct slicing {
  const lnti_slice_items *items;
  const lnti_evaluate_options *options;
  lnti_slice *slices;
  uint32_t *order; /* [n] items, slice by slice */
  size_t *begin;   /* [n_slices + 1] in the order */
  uint32_t *group; /* [n] from 0 without gaps; NULL: each item alone */
  size_t n_groups;
  double *value; /* [n_slices,MEASURES,resamples] */
} slicing;

/* NULL without resamples. */
static double *values_of(const slicing *s, size_t slice, size_t measure) {
  if (!s->value) return NULL;
  return s->value + (slice * MEASURES + measure) * s->options->resamples;
}

/* ---- the items ---- */

static lnt_status sort_items(slicing *s, lnt_error *err) {
  const lnti_slice_items *items = s->items;
  size_t *next = NULL;
  lnt_status status = lnti_alloc(&s->order, items->n, sizeof *s->order, err);
  if (!status) status = lnti_alloc_zero(&s->begin, items->n_slices + 1, sizeof *s->begin, err);
  if (!status) status = lnti_alloc(&next, items->n_slices, sizeof *next, err);
  if (status) return status;
  for (size_t i = 0; i < items->n; i++) s->begin[items->slice[i] + 1]++;
  for (size_t j = 0; j < items->n_slices; j++) {
    next[j] = s->begin[j];
    s->begin[j + 1] += s->begin[j];
  }
  for (size_t i = 0; i < items->n; i++) s->order[next[items->slice[i]]++] = (uint32_t)i;
  free(next);
  return LNT_OK;
}

/* How many groups each slice has items of. */
static lnt_status count_groups(slicing *s, lnt_error *err) {
  uint32_t *seen = NULL; /* slice + 1 */
  if (!s->group) {
    for (size_t j = 0; j < s->items->n_slices; j++) s->slices[j].n_groups = s->begin[j + 1] - s->begin[j];
    return LNT_OK;
  }
  lnt_status status = lnti_alloc_zero(&seen, s->n_groups, sizeof *seen, err);
  for (size_t j = 0; j < s->items->n_slices && !status; j++) {
    for (size_t at = s->begin[j]; at < s->begin[j + 1]; at++) {
      uint32_t *mark = &seen[s->group[s->order[at]]];
      s->slices[j].n_groups += *mark != j + 1;
      *mark = (uint32_t)j + 1;
    }
  }
  free(seen);
  return status;
}

static void add_lanes(uint32_t *sum, const uint8_t *w) {
  for (size_t r = 0; r < LNTI_WEIGHTINGS; r++) sum[r] += w[r];
}

/* count [3,k,LNTI_WEIGHTINGS] of one slice; weight by group, or NULL: each item once. */
static void count_slice(uint32_t *count, const slicing *s, size_t slice, const uint8_t *weight) {
  static const uint8_t once[LNTI_WEIGHTINGS] = {1, 1, 1, 1, 1, 1, 1, 1};
  const lnti_slice_items *items = s->items;
  const size_t row = items->k * LNTI_WEIGHTINGS;
  memset(count, 0, 3 * row * sizeof *count);
  for (size_t at = s->begin[slice]; at < s->begin[slice + 1]; at++) {
    size_t i = s->order[at], truth = (size_t)items->label[i], predicted = items->predicted[i];
    const uint8_t *w = weight ? weight + (s->group ? s->group[i] : i) * LNTI_WEIGHTINGS : once;
    add_lanes(count + truth * LNTI_WEIGHTINGS, w);
    add_lanes(count + row + predicted * LNTI_WEIGHTINGS, w);
    if (truth == predicted) add_lanes(count + 2 * row + truth * LNTI_WEIGHTINGS, w);
  }
}

static lnt_status measure_items(slicing *s, lnt_error *err) {
  const size_t k = s->items->k;
  uint32_t *count = NULL;
  lnt_status status = lnti_alloc(&count, k, 3 * LNTI_WEIGHTINGS * sizeof *count, err);
  if (status) return status;
  for (size_t j = 0; j < s->items->n_slices; j++) {
    lnti_slice *slice = &s->slices[j];
    double value[LNTI_METRICS];
    size_t n_classes = 0;
    count_slice(count, s, j, NULL);
    lnti_count_metrics(value, count, k, 0);
    for (size_t c = 0; c < k; c++) {
      n_classes += count[c * LNTI_WEIGHTINGS] > 0;
      slice->hits += count[(2 * k + c) * LNTI_WEIGHTINGS];
    }
    slice->n = s->begin[j + 1] - s->begin[j];
    slice->value[ACCURACY] = value[LNTI_ACCURACY];
    slice->value[MACRO_F1] = n_classes > 1 ? value[LNTI_MACRO_F1] : (double)NAN;
  }
  free(count);
  return LNT_OK;
}

/* ---- resamples ---- */

static lnt_status run_batch(void *payload, size_t begin, size_t end, unsigned worker, lnt_error *err) {
  const slicing *s = payload;
  uint8_t *drawn = NULL;
  uint32_t *count = NULL;
  double value[LNTI_METRICS];
  (void)worker;
  lnt_status status = lnti_alloc(&drawn, s->n_groups, LNTI_WEIGHTINGS * sizeof *drawn, err);
  if (!status) status = lnti_alloc(&count, s->items->k, 3 * LNTI_WEIGHTINGS * sizeof *count, err);
  if (!status) lnti_draw_groups(drawn, s->n_groups, s->options->seed, begin, end - begin);
  for (size_t j = 0; j < s->items->n_slices && !status; j++) {
    count_slice(count, s, j, drawn);
    for (size_t r = begin; r < end; r++) {
      lnti_count_metrics(value, count, s->items->k, r - begin);
      values_of(s, j, ACCURACY)[r] = value[LNTI_ACCURACY];
      values_of(s, j, MACRO_F1)[r] = value[LNTI_MACRO_F1];
    }
  }
  free(count);
  free(drawn);
  return status;
}

static bool is_unanimous(const lnti_slice *slice) {
  return slice->hits == 0 || slice->hits == slice->n;
}

/* Resamples of a slice that is all right or all wrong have no spread: it is drawn as so many answers instead. */
static void draw_unanimous(slicing *s, size_t j) {
  const lnti_slice *slice = &s->slices[j];
  const unsigned resamples = s->options->resamples;
  const size_t m = slice->n_groups;
  double p = ((slice->hits > 0 ? (double)m : 0) + 0.5) / ((double)m + 1), *value = values_of(s, j, ACCURACY);
  lnti_rng rng;
  lnti_rng_seed(&rng, s->options->seed, (uint64_t)resamples + j);
  for (unsigned r = 0; r < resamples; r++) {
    size_t right = 0;
    for (size_t i = 0; i < m; i++) right += lnti_rng_unit(&rng) < p;
    value[r] = slice->value[ACCURACY] + (double)right / (double)m - p;
  }
}

static void find_intervals(slicing *s) {
  const unsigned resamples = s->options->resamples;
  for (size_t j = 0; j < s->items->n_slices; j++) {
    lnti_slice *slice = &s->slices[j];
    if (slice->n_groups < 2) continue;
    if (is_unanimous(slice)) {
      double far = pow(0.025, 1 / (double)slice->n_groups);
      slice->ci95[ACCURACY][0] = slice->hits > 0 ? far : 0;
      slice->ci95[ACCURACY][1] = slice->hits > 0 ? 1 : 1 - far;
    } else {
      (void)lnti_interval(slice->ci95[ACCURACY], values_of(s, j, ACCURACY), resamples);
    }
    if (isnan(slice->value[MACRO_F1]) || is_unanimous(slice)) continue;
    size_t defined = lnti_interval(slice->ci95[MACRO_F1], values_of(s, j, MACRO_F1), resamples);
    lnti_take_back_bias(slice->ci95[MACRO_F1], values_of(s, j, MACRO_F1), defined, slice->value[MACRO_F1], 0, 1);
  }
}

static lnt_status find_gap(lnti_slice_gap *gap, const slicing *s, lnt_error *err) {
  const double **resample = NULL;
  const size_t n = s->items->n_slices;
  lnt_status status = lnti_alloc(&resample, n, sizeof *resample, err);
  if (status) return status;
  for (size_t j = 0; j < n; j++) resample[j] = values_of(s, j, ACCURACY);
  const lnti_slice_gap_of of = {s->slices, n, s->items->compared, resample, s->options->resamples, false, 1};
  status = lnti_slice_gap_find(gap, &of, err);
  free(resample);
  return status;
}

/* The gap before the intervals, which sort the values. */
static lnt_status resample(lnti_slice_gap *gap, slicing *s, const lnti_context *context, lnt_error *err) {
  const unsigned resamples = s->options->resamples;
  lnt_status status = lnti_alloc(&s->value, s->items->n_slices, MEASURES * (size_t)resamples * sizeof *s->value, err);
  if (!status) status = lnti_pool_for(context->pool, resamples, LNTI_WEIGHTINGS, run_batch, s, context->cancel, err);
  for (size_t j = 0; j < s->items->n_slices && !status; j++) {
    if (s->slices[j].n_groups > 1 && is_unanimous(&s->slices[j])) draw_unanimous(s, j);
  }
  if (!status) status = find_gap(gap, s, err);
  if (!status) find_intervals(s);
  return status;
}

lnt_status lnti_slices_measure(lnti_slice *out, lnti_slice_gap *gap_out, const lnti_slice_items *items,
                               const lnti_evaluate_options *options, const lnti_context *context, lnt_error *err) {
  const double none = (double)NAN;
  lnti_slice_gap gap = {.n_enough = 0};
  slicing s = {.items = items, .options = options, .n_groups = items->n};
  if (items->n == 0 || items->n_slices == 0) return lnti_fail(err, LNT_EINVAL, "there is nothing to slice");
  if (items->n_slices > LNTI_SLICES_MAX) {
    return lnti_fail(err, LNT_ELIMIT, "%zu slices: at most %d can be told apart", items->n_slices, LNTI_SLICES_MAX);
  }
  assert(items->label && items->predicted && items->slice);
  lnt_status status = lnti_alloc_zero(&s.slices, items->n_slices, sizeof *s.slices, err);
  if (!status && options->group) status = lnti_number_groups(&s.group, &s.n_groups, options->group, items->n, err);
  if (!status) status = sort_items(&s, err);
  if (!status) status = count_groups(&s, err);
  for (size_t j = 0; j < items->n_slices && !status; j++) {
    lnti_slice *slice = &s.slices[j];
    for (size_t m = 0; m < LNTI_SLICE_MEASURES; m++) slice->value[m] = slice->ci95[m][0] = slice->ci95[m][1] = none;
  }
  if (!status) status = measure_items(&s, err);
  if (!status) status = options->resamples > 0 ? resample(&gap, &s, context, err) : find_gap(&gap, &s, err);
  if (!status) {
    memcpy(out, s.slices, items->n_slices * sizeof *out);
    *gap_out = gap;
  }
  free(s.value);
  free(s.group);
  free(s.begin);
  free(s.order);
  free(s.slices);
  return status;
}
