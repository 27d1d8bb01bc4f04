/*
 * Slices against values computed by hand and against a plain bootstrap that copies every resample out; that they are parts
 * of one whole; and that equally good slices are rarely said to differ.
 */
#include "eval_support.h"
#include "support.h"

#include <eval/slices.h>
#include <string.h>

enum { N_MAX = 3000, SLICES_MAX = 40 };

static const lnti_context SERIAL = {NULL, LNT_CPU_GENERIC, NULL, NULL};

typedef struct sample {
  size_t n, k, n_slices;
  int32_t label[N_MAX];
  uint32_t predicted[N_MAX], slice[N_MAX], group[N_MAX];
} sample;

static lnti_slice_items items_of(const sample *s) {
  return (lnti_slice_items){s->n, s->k, s->n_slices, s->label, s->predicted, s->slice, NULL};
}

static lnti_slice_gap measure(lnti_slice *out, const sample *s, const lnti_evaluate_options *options) {
  lnti_slice_gap gap;
  lnti_slice_items items = items_of(s);
  assert_ok(lnti_slices_measure(out, &gap, &items, options, &SERIAL, ERR));
  return gap;
}

/* ---- by hand ---- */

static void figures_are_those_of_the_hand(void **state) {
  /* Slice 0: classes 0 0 1 taken for 0 1 1. Slice 1: 1 1, both right. Slice 2: 0, taken for 2. Slice 3: nothing. */
  sample s = {.n = 6,
              .k = 3,
              .n_slices = 4,
              .label = {0, 1, 0, 0, 1, 1},
              .predicted = {0, 1, 2, 1, 1, 1},
              .slice = {0, 1, 2, 0, 0, 1}};
  const lnti_evaluate_options options = {0, 0, NULL, 0};
  lnti_slice out[4];
  (void)state;
  lnti_slice_gap gap = measure(out, &s, &options);
  static const size_t n[] = {3, 2, 1, 0}, hits[] = {2, 2, 0, 0};
  for (size_t i = 0; i < 4; i++) assert_true(out[i].n == n[i] && out[i].hits == hits[i] && out[i].n_groups == n[i]);
  assert_near(out[0].value[0], 2.0 / 3, 1e-15, "slice 0", "accuracy");
  assert_near(out[0].value[1], 2.0 / 3, 1e-15, "slice 0", "macro F1"); /* both classes 2 * 1 / (2 + 1) */
  assert_true(out[1].value[0] == 1 && out[2].value[0] == 0 && isnan(out[3].value[0]));
  assert_true(isnan(out[1].value[1]) && isnan(out[2].value[1])); /* of one class */
  assert_true(isnan(out[0].ci95[0][0]) && isnan(out[0].ci95[1][1]));
  assert_true(gap.n_enough == 0 && isnan(gap.difference) && isnan(gap.ci95[0]));
}

/* ---- against a plain one ---- */

static void fill(sample *s, lnti_rng *rng) {
  s->n = 1 + (size_t)lnti_rng_below(rng, 60);
  s->k = 1 + (size_t)lnti_rng_below(rng, 4);
  s->n_slices = 1 + (size_t)lnti_rng_below(rng, 5);
  for (size_t i = 0; i < s->n; i++) {
    s->label[i] = (int32_t)lnti_rng_below(rng, s->k);
    s->predicted[i] = lnti_rng_below(rng, 3) ? (uint32_t)s->label[i] : (uint32_t)lnti_rng_below(rng, s->k);
    s->slice[i] = (uint32_t)lnti_rng_below(rng, s->n_slices);
    s->group[i] = (uint32_t)lnti_rng_below(rng, s->n / 2 + 1);
  }
}

/* value_out: accuracy and macro F1 of items that each count `times` times, by their definitions. */
static void plain_values(double value_out[2], const sample *s, size_t slice, const size_t *times) {
  size_t n = 0, right = 0, seen = 0;
  double f1 = 0;
  for (size_t c = 0; c < s->k; c++) {
    size_t support = 0, predicted = 0, hits = 0;
    for (size_t i = 0; i < s->n; i++) {
      if (s->slice[i] != slice) continue;
      support += (size_t)s->label[i] == c ? times[i] : 0;
      predicted += s->predicted[i] == c ? times[i] : 0;
      hits += (size_t)s->label[i] == c && s->predicted[i] == c ? times[i] : 0;
    }
    n += support;
    right += hits;
    if (support == 0) continue;
    f1 += 2 * (double)hits / (double)(support + predicted);
    seen++;
  }
  value_out[0] = n ? (double)right / (double)n : (double)NAN;
  value_out[1] = seen ? f1 / (double)seen : (double)NAN;
}

/* Items of the groups that a resample draws: groups have the places of their numbers. */
static void plain_draw(size_t *times, const sample *s, const lnti_evaluate_options *options, size_t r) {
  bool used[N_MAX] = {false};
  uint32_t place[N_MAX];
  size_t n_groups = 0, drawn[N_MAX] = {0};
  for (size_t i = 0; i < s->n; i++) used[options->group ? options->group[i] : i] = true;
  for (size_t g = 0; g < N_MAX; g++) place[g] = used[g] ? (uint32_t)n_groups++ : 0;
  lnti_rng rng;
  lnti_rng_seed(&rng, options->seed, r);
  for (size_t g = 0; g < n_groups; g++) drawn[lnti_rng_below(&rng, n_groups)]++;
  for (size_t i = 0; i < s->n; i++) times[i] = drawn[place[options->group ? options->group[i] : i]];
}

static int compare_doubles(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static void plain_interval(double ci95[2], double mean_out[1], double *value, size_t n) {
  qsort(value, n, sizeof *value, compare_doubles);
  *mean_out = 0;
  for (size_t i = 0; i < n; i++) *mean_out += value[i] / (double)n;
  for (int end = 0; end < 2; end++) {
    double at = (end ? 0.975 : 0.025) * ((double)n - 1);
    size_t low = (size_t)at, high = low + 1 < n ? low + 1 : low;
    ci95[end] = n ? value[low] + (at - (double)low) * (value[high] - value[low]) : (double)NAN;
  }
}

static void check_slice(const sample *s, size_t slice, const lnti_slice *got, const lnti_evaluate_options *options) {
  enum { RESAMPLES = 40 };
  double value[2][RESAMPLES], point[2], ci95[2], mean = 0;
  size_t times[N_MAX], n[2] = {0, 0};
  bool counted[N_MAX] = {false};
  size_t n_groups = 0;
  assert_int_equal(options->resamples, RESAMPLES);
  for (size_t i = 0; i < s->n; i++) {
    times[i] = 1;
    bool *seen = &counted[options->group ? options->group[i] : i];
    n_groups += s->slice[i] == slice && !*seen;
    *seen = *seen || s->slice[i] == slice;
  }
  plain_values(point, s, slice, times);
  assert_int_equal(got->n_groups, n_groups);
  assert_near(got->value[0], point[0], 1e-12, "point", "accuracy");
  if (!isnan(got->value[1])) assert_near(got->value[1], point[1], 1e-12, "point", "macro F1");
  for (size_t r = 0; r < RESAMPLES; r++) {
    double one[2];
    plain_draw(times, s, options, r);
    plain_values(one, s, slice, times);
    for (int m = 0; m < 2; m++) {
      if (!isnan(one[m])) value[m][n[m]++] = one[m];
    }
  }
  if (n_groups < 2) {
    assert_true(isnan(got->ci95[0][0]) && isnan(got->ci95[1][1]));
    return;
  }
  plain_interval(ci95, &mean, value[0], n[0]);
  double far = pow(0.025, 1 / (double)n_groups);
  if (got->hits == got->n) ci95[0] = far, ci95[1] = 1;
  if (got->hits == 0) ci95[0] = 0, ci95[1] = 1 - far;
  for (int end = 0; end < 2; end++) assert_near(got->ci95[0][end], ci95[end], 1e-11, "interval", "accuracy");
  if (got->hits == got->n || got->hits == 0) assert_true(isnan(got->ci95[1][0]));
  if (isnan(got->value[1]) || got->hits == got->n || got->hits == 0) return;
  plain_interval(ci95, &mean, value[1], n[1]);
  double bias = mean - point[1];
  assert_near(got->ci95[1][0], fmin(fmax(ci95[0] - bias, 0), point[1]), 1e-11, "low end", "macro F1");
  assert_near(got->ci95[1][1], fmax(fmin(ci95[1] - bias, 1), point[1]), 1e-11, "high end", "macro F1");
}

static void check_random(lnti_rng *rng, void *payload) {
  sample s;
  lnti_slice out[SLICES_MAX];
  size_t n = 0, hits = 0, right = 0;
  double weighted = 0;
  (void)payload;
  fill(&s, rng);
  const lnti_evaluate_options options = {40, lnti_rng_next(rng), lnti_rng_below(rng, 2) ? s.group : NULL, 0};
  (void)measure(out, &s, &options);
  for (size_t j = 0; j < s.n_slices; j++) {
    check_slice(&s, j, &out[j], &options);
    n += out[j].n;
    hits += out[j].hits;
    if (out[j].n) weighted += out[j].value[0] * (double)out[j].n;
  }
  for (size_t i = 0; i < s.n; i++) right += (uint32_t)s.label[i] == s.predicted[i];
  assert_true(n == s.n && hits == right);
  assert_near(weighted / (double)n, (double)right / (double)s.n, 1e-12, "whole", "accuracy");
}

static void parts_of_one_whole_with_the_intervals_of_a_plain_bootstrap(void **state) {
  (void)state;
  lnti_test_property("slices", 60, check_random, NULL);
}

/* ---- the gap ---- */

/* n items a slice, of which right[j] are right; items of one group stand together. */
static void set_slices(sample *s, size_t n, const size_t *right, size_t n_slices, size_t group_size) {
  *s = (sample){.n = n * n_slices, .k = 2, .n_slices = n_slices};
  for (size_t i = 0; i < s->n; i++) {
    s->slice[i] = (uint32_t)(i / n);
    s->label[i] = (int32_t)(i % 2);
    s->predicted[i] = i % n < right[i / n] ? (uint32_t)s->label[i] : (uint32_t)(1 - s->label[i]);
    s->group[i] = (uint32_t)(i / group_size);
  }
}

static void two_slices_have_the_interval_of_a_difference_of_shares(void **state) {
  sample s;
  lnti_slice out[2];
  const lnti_evaluate_options options = {2000, 3, NULL, 0};
  const size_t right[] = {240, 360};
  double half = 1.96 * sqrt(0.6 * 0.4 / 400 + 0.9 * 0.1 / 400);
  (void)state;
  set_slices(&s, 400, right, 2, 1);
  lnti_slice_gap gap = measure(out, &s, &options);
  assert_true(gap.best == 1 && gap.worst == 0 && gap.n_enough == 2);
  assert_near(gap.difference, 0.3, 1e-12, "gap", "difference");
  assert_near(gap.ci95[0], 0.3 - half, 0.1 * half, "gap", "low end");
  assert_near(gap.ci95[1], 0.3 + half, 0.1 * half, "gap", "high end");
}

static void slices_of_few_items_or_few_groups_are_not_compared(void **state) {
  sample s;
  lnti_slice out[3];
  lnti_evaluate_options options = {100, 3, NULL, 0};
  const size_t right[] = {29, 10, 20};
  (void)state;
  set_slices(&s, LNTI_SLICE_ITEMS_ENOUGH, right, 3, 4); /* 30 items in 8 groups and a part of a ninth */
  assert_int_equal(measure(out, &s, &options).n_enough, 3);
  options.group = s.group;
  lnti_slice_gap gap = measure(out, &s, &options);
  assert_true(gap.n_enough == 0 && isnan(gap.difference) && isnan(gap.ci95[0]));
  assert_true(!isnan(out[0].ci95[0][0]));
  set_slices(&s, LNTI_SLICE_ITEMS_ENOUGH - 1, right, 3, 1);
  options.group = NULL;
  assert_int_equal(measure(out, &s, &options).n_enough, 0);
  /* one that is not to be compared, as "other" */
  set_slices(&s, LNTI_SLICE_ITEMS_ENOUGH, right, 3, 1);
  const bool compared[] = {true, false, true};
  lnti_slice_items items = items_of(&s);
  items.compared = compared;
  assert_ok(lnti_slices_measure(out, &gap, &items, &options, &SERIAL, ERR));
  assert_true(gap.n_enough == 2 && gap.best == 0 && gap.worst == 2);
}

/* A slice that is all right has no spread in resamples, and is no sure thing for all that. */
static void perfect_slices_have_an_interval(void **state) {
  sample s;
  lnti_slice out[2];
  const lnti_evaluate_options options = {2000, 3, NULL, 0};
  const size_t all[] = {30, 30}, none[] = {0, 30};
  (void)state;
  set_slices(&s, 30, all, 2, 1);
  lnti_slice_gap gap = measure(out, &s, &options);
  assert_true(gap.best == 0 && gap.worst == 1 && gap.difference == 0);
  assert_true(gap.ci95[0] < -0.02 && gap.ci95[1] > 0.02 && gap.ci95[1] < 0.2);
  assert_near(out[0].ci95[0][0], 0.8843, 5e-5, "30 of 30", "low end"); /* Clopper and Pearson's */
  assert_true(out[0].ci95[0][1] == 1);
  set_slices(&s, 30, none, 2, 1);
  gap = measure(out, &s, &options);
  assert_true(gap.difference == 1 && gap.ci95[0] > 0.8 && gap.ci95[1] == 1);
  assert_near(out[0].ci95[0][1], 1 - 0.8843, 5e-5, "0 of 30", "high end");
}

/* Twelve slices, all right in 80 %: the best and the worst are some 20 points apart, and 5 % of trials may be fooled. */
static void equally_good_slices_are_rarely_told_apart(void **state) {
  enum { TRIALS = 100, SLICES = 12, ITEMS = 60 };
  sample s;
  lnti_slice out[SLICES];
  size_t fooled = 0;
  double apart = 0;
  lnti_rng rng;
  (void)state;
  lnti_rng_seed(&rng, 8, 0);
  for (size_t trial = 0; trial < TRIALS; trial++) {
    size_t right[SLICES] = {0};
    for (size_t j = 0; j < SLICES * ITEMS; j++) right[j / ITEMS] += lnti_rng_unit(&rng) < 0.8;
    set_slices(&s, ITEMS, right, SLICES, 1);
    const lnti_evaluate_options options = {200, trial, NULL, 0};
    lnti_slice_gap gap = measure(out, &s, &options);
    assert_true(gap.ci95[0] <= gap.difference && gap.difference <= gap.ci95[1]);
    fooled += gap.ci95[0] > 0;
    apart += gap.difference / TRIALS;
  }
  print_message("fooled in %zu of %d, %.3f apart\n", fooled, TRIALS, apart);
  assert_true(fooled <= 12 && apart > 0.12);
}

static void same_on_any_number_of_threads(void **state) {
  enum { SLICES = 3 };
  sample s;
  const size_t right[] = {300, 250, 400};
  lnti_slice first[SLICES], out[SLICES];
  lnti_slice_gap first_gap, gap;
  (void)state;
  set_slices(&s, 400, right, SLICES, 3);
  const lnti_evaluate_options options = {101, 3, s.group, 0};
  lnti_slice_items items = items_of(&s);
  first_gap = measure(first, &s, &options);
  for (unsigned threads = 2; threads <= 3; threads++) {
    lnti_context context = SERIAL;
    lnti_pool *pool = NULL;
    assert_int_equal(lnti_pool_new(&pool, threads, NULL), LNT_OK);
    context.pool = pool;
    assert_ok(lnti_slices_measure(out, &gap, &items, &options, &context, ERR));
    assert_memory_equal(out, first, sizeof out);
    assert_memory_equal(&gap, &first_gap, sizeof gap);
    lnti_pool_free(pool);
  }
}

static void what_cannot_be_sliced_is_refused(void **state) {
  static sample s = {.n = 0, .k = 1, .n_slices = 1};
  const lnti_evaluate_options options = {0, 0, NULL, 0};
  lnti_slice out[1];
  lnti_slice_gap gap;
  lnti_slice_items items = items_of(&s);
  (void)state;
  assert_status(lnti_slices_measure(out, &gap, &items, &options, &SERIAL, ERR), LNT_EINVAL);
  items.n = 1;
  items.n_slices = LNTI_SLICES_MAX + 1;
  assert_status(lnti_slices_measure(out, &gap, &items, &options, &SERIAL, ERR), LNT_ELIMIT);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(figures_are_those_of_the_hand),
      cmocka_unit_test(parts_of_one_whole_with_the_intervals_of_a_plain_bootstrap),
      cmocka_unit_test(two_slices_have_the_interval_of_a_difference_of_shares),
      cmocka_unit_test(slices_of_few_items_or_few_groups_are_not_compared),
      cmocka_unit_test(perfect_slices_have_an_interval),
      cmocka_unit_test(equally_good_slices_are_rarely_told_apart),
      cmocka_unit_test(same_on_any_number_of_threads),
      cmocka_unit_test(what_cannot_be_sliced_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
