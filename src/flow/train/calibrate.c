/*
 * Calibration rows never train the model that scores them. Holding out moves rows to the end of the matrix instead of
 * copying it: the first fit sees the head, the last all of it, beginning where the first ended (a convex learner ends at
 * the same place, sooner).
 */
#include <flow/train/calibrate.h>

#include <base/alloc.h>
#include <base/error.h>
#include <base/rng.h>
#include <eval/eval.h>
#include <flow/split/deal.h>
#include <flow/report/report.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STREAM_SAMPLE = 11, STREAM_HOLD_OUT = 12 };

typedef struct fitting {
  const lnti_learner *learner;
  const lnti_params *params;
  const lnti_calibrated_rows *rows;
  const lnti_problem *problem; /* of all training rows */
  const lnti_context *context;
  lnti_fit_report *report;
  lnti_calibration *calibration;
} fitting;

/* x: the first rows of all. */
static lnt_status fit_rows(lnti_fitted **out, const fitting *f, const lnti_matrix *x, const lnti_fitted *warm_start,
                           lnt_error *err) {
  lnti_problem problem = *f->problem;
  problem.x = *x;
  problem.warm_start = warm_start;
  return f->learner->fit(out, f->report, &problem, f->params, f->context, err);
}

static void say_on(lnti_calibration *c, const char *how) {
  snprintf(c->on, sizeof c->on, "%s, %s rows", how, lnti_report_count(c->n).text);
}

static lnt_status make_room(const fitting *f, size_t n, lnt_error *err) {
  lnti_calibration *c = f->calibration;
  const lnti_truth *truth = f->rows->truth;
  lnt_status status = lnti_alloc_aligned(&c->prob, n * truth->k, sizeof *c->prob, err);
  if (status) return status;
  status = lnti_truth_new(&c->truth, truth->task, n, truth->k, err);
  if (status == LNT_OK) c->n = n;
  return status;
}

/* Truths of rows that stand together. */
static void keep_truths(lnti_calibration *c, const lnti_truth *from, size_t first) {
  for (size_t i = 0; i < c->n; i++) lnti_truth_copy(&c->truth, i, from, first + i);
}

static lnt_status keep_groups(lnti_calibration *c, const uint32_t *group, lnt_error *err) {
  lnt_status status = lnti_alloc(&c->group, c->n, sizeof *c->group, err);
  if (status == LNT_OK) memcpy(c->group, group, c->n * sizeof *c->group);
  return status;
}

/* ---- the four ways ---- */

static int compare_size(const void *a, const void *b) {
  const size_t *x = a, *y = b;
  return *x < *y ? -1 : *x > *y;
}

/* Rows that are a group of their own, in order; *n_out of them. */
static lnt_status rows_alone(size_t **out, size_t *n_out, const fitting *f, lnt_error *err) {
  const uint32_t *group = f->rows->group;
  size_t *rows = NULL, n = f->problem->x.n, n_alone = 0;
  uint8_t *size = NULL; /* [n] of groups; 2 stands for more */
  lnt_status status = lnti_alloc_zero(&size, n, 1, err);
  if (status) return status;
  status = lnti_alloc(&rows, n, sizeof *rows, err);
  if (status) goto done;
  for (size_t i = 0; i < n; i++) size[group[i]] = (uint8_t)(size[group[i]] == 0 ? 1 : 2);
  for (size_t i = 0; i < n; i++) {
    if (size[group[i]] == 1) rows[n_alone++] = i;
  }
  *out = rows;
  *n_out = n_alone;
done:
  free(size);
  return status;
}

/* Takes out rows that are alone in their class; *n of them stay. */
static lnt_status drop_lonely(size_t *rows, size_t *n, const fitting *f, lnt_error *err) {
  const lnti_problem *problem = f->problem;
  size_t *size = NULL, kept = 0;
  if (!problem->label) return LNT_OK;
  lnt_status status = lnti_alloc_zero(&size, problem->n_classes, sizeof *size, err);
  if (status) return status;
  for (size_t i = 0; i < problem->x.n; i++) size[problem->label[i]]++;
  for (size_t i = 0; i < *n; i++) {
    if (size[problem->label[rows[i]]] > 1) rows[kept++] = rows[i];
  }
  f->calibration->n_unlearned = *n - kept;
  *n = kept;
  free(size);
  return LNT_OK;
}

static lnt_status by_left_out(lnti_fitted **out, const fitting *f, size_t *rows, size_t n_rows, lnt_error *err) {
  const lnti_problem *problem = f->problem;
  lnti_calibration *c = f->calibration;
  lnti_fitted *fitted = NULL;
  lnti_rng rng;
  lnt_status status = drop_lonely(rows, &n_rows, f, err);
  size_t m = n_rows < LNTI_CALIBRATION_ROWS_MAX ? n_rows : LNTI_CALIBRATION_ROWS_MAX;
  if (status) return status;
  status = fit_rows(&fitted, f, &problem->x, problem->warm_start, err);
  if (status) goto done;
  status = make_room(f, m, err);
  if (status) goto done;
  lnti_rng_seed(&rng, problem->seed, STREAM_SAMPLE);
  if (m < n_rows) lnti_rng_shuffle(&rng, rows, n_rows, sizeof *rows);
  qsort(rows, m, sizeof *rows, compare_size);
  for (size_t i = 0; i < m; i++) lnti_truth_copy(&c->truth, i, f->rows->truth, rows[i]);
  status = f->learner->score_left_out(c->prob, fitted, rows, m, f->context, err);
  if (status) goto done;
  if (m > 0) say_on(c, "left out one by one");
  *out = fitted;
  fitted = NULL;
done:
  lnti_fitted_free(fitted);
  return status;
}

static lnt_status by_validation(lnti_fitted **out, const fitting *f, lnt_error *err) {
  lnti_calibration *c = f->calibration;
  const lnti_matrix val = lnti_vectors_matrix(f->rows->val);
  lnti_fitted *fitted = NULL;
  lnt_status status = fit_rows(&fitted, f, &f->problem->x, f->problem->warm_start, err);
  if (status) goto done;
  status = make_room(f, val.n, err);
  if (status) goto done;
  keep_truths(c, f->rows->val_truth, 0);
  if (f->rows->val_group) status = keep_groups(c, f->rows->val_group, err);
  if (status) goto done;
  status = f->learner->score(c->prob, fitted, &val, f->context, err);
  if (status) goto done;
  say_on(c, "validation split");
  *out = fitted;
  fitted = NULL;
done:
  lnti_fitted_free(fitted);
  return status;
}

/* Marks a stratified share of the rows: of a stratum with m rows round(m * share) as far as groups allow, which stay whole. */
static lnt_status mark_share(bool *marked, size_t *n_marked, const lnti_calibrated_rows *rows, double share,
                             lnt_error *err) {
  uint8_t *part = NULL;
  uint32_t *stratum = NULL;
  size_t n = rows->truth->n, n_strata = 0;
  lnt_status status = lnti_alloc(&part, n, 1, err);
  if (status) goto done;
  status = lnti_truth_strata(&stratum, &n_strata, rows->truth, err);
  if (status) goto done;
  const lnti_deal deal = {.n = n,
                          .group = rows->group,
                          .class = stratum,
                          .n_classes = n_strata,
                          .test = share,
                          .seed = rows->seed + STREAM_HOLD_OUT}; /* not the draw that a split of this seed made */
  status = lnti_deal_out(part, &deal, err);
  if (status) goto done;
  *n_marked = 0;
  for (size_t i = 0; i < n; i++) {
    marked[i] = part[i] == LNTI_PART_TEST;
    *n_marked += marked[i];
  }
done:
  free(stratum);
  free(part);
  return status;
}

static void swap_numbers(uint32_t *numbers, size_t a, size_t b) {
  uint32_t number = numbers[a];
  numbers[a] = numbers[b];
  numbers[b] = number;
}

/* Swaps marked rows to the end; truths, items and groups with them. */
static lnt_status move_to_end(lnti_vectors *features, lnti_truth *truth, uint32_t *group, bool *marked,
                              lnt_error *err) {
  unsigned char *rows = features->data, *swap = NULL;
  size_t bytes = features->d * lnti_dtype_bytes(features->dtype);
  lnt_status status = lnti_alloc(&swap, bytes, 1, err);
  if (status) return status;
  size_t head = 0, tail = features->n;
  for (;;) {
    while (head < tail && !marked[head]) head++;
    while (head < tail && marked[tail - 1]) tail--;
    if (head >= tail) break;
    unsigned char *a = rows + head * bytes, *b = rows + (tail - 1) * bytes;
    memcpy(swap, a, bytes);
    memcpy(a, b, bytes);
    memcpy(b, swap, bytes);
    lnti_truth_swap(truth, head, tail - 1);
    size_t item = features->item[head];
    features->item[head] = features->item[tail - 1];
    features->item[tail - 1] = item;
    swap_numbers(group, head, tail - 1);
    marked[head] = false;
    marked[tail - 1] = true;
  }
  free(swap);
  return LNT_OK;
}

static lnt_status by_hold_out(lnti_fitted **out, const fitting *f, lnt_error *err) {
  const lnti_problem *problem = f->problem;
  lnti_calibration *c = f->calibration;
  lnti_fitted *first = NULL;
  bool *marked = NULL;
  uint32_t *group = NULL; /* in the rows' new order */
  size_t n = problem->x.n, m = 0;
  double share = fmin(1.0 / LNTI_FOLDS, (double)LNTI_CALIBRATION_ROWS_MAX / (double)n);
  lnt_status status = lnti_alloc(&marked, n, sizeof *marked, err);
  if (status) goto done;
  status = mark_share(marked, &m, f->rows, share, err);
  if (status) goto done;
  if (m == 0) { /* no class can spare a row: nothing to calibrate on */
    status = fit_rows(out, f, &problem->x, problem->warm_start, err);
    goto done;
  }
  status = lnti_alloc(&group, n, sizeof *group, err);
  if (status) goto done;
  memcpy(group, f->rows->group, n * sizeof *group);
  status = move_to_end(f->rows->train, f->rows->truth, group, marked, err);
  if (status) goto done;
  lnti_matrix head = lnti_matrix_rows(&problem->x, 0, n - m), tail = lnti_matrix_rows(&problem->x, n - m, n);
  status = fit_rows(&first, f, &head, problem->warm_start, err);
  if (status) goto done;
  status = make_room(f, m, err);
  if (status) goto done;
  keep_truths(c, f->rows->truth, n - m);
  status = keep_groups(c, group + (n - m), err);
  if (status) goto done;
  status = f->learner->score(c->prob, first, &tail, f->context, err);
  if (status) goto done;
  say_on(c, "held out");
  status = fit_rows(out, f, &problem->x, first, err);
done:
  lnti_fitted_free(first);
  free(group);
  free(marked);
  return status;
}

static lnt_status by_folds(lnti_fitted **out, const fitting *f, lnt_error *err) {
  lnti_calibration *c = f->calibration;
  lnti_folds folds = {0};
  lnt_status status = lnti_folds_new(&folds, f->problem, f->rows->truth, f->rows->group, LNTI_FOLDS, err);
  if (status) goto done;
  if (folds.n_judged > 0) c->n_unlearned = f->problem->x.n - folds.n_judged;
  status = make_room(f, folds.n_judged, err);
  if (status) goto done;
  status = lnti_alloc(&c->group, c->n, sizeof *c->group, err);
  if (status) goto done;
  lnti_folds_truths(&c->truth, &folds);
  lnti_folds_groups(c->group, &folds, f->rows->group);
  status = lnti_folds_score(c->prob, f->report, &folds, f->learner, f->params, f->context, err);
  if (status) goto done;
  if (c->n > 0) say_on(c, "out of fold");
  status = fit_rows(out, f, &f->problem->x, f->problem->warm_start, err);
done:
  lnti_folds_clear(&folds);
  return status;
}

lnt_status lnti_calibrated_fit(lnti_fitted **out, lnti_fit_report *report_out, lnti_calibration *calibration_out,
                               const lnti_learner *learner, const lnti_params *params, const lnti_calibrated_rows *rows,
                               const lnti_context *context, lnt_error *err) {
  lnti_calibration c = {.on = "nothing: too few rows"};
  lnti_fit_report report = {0};
  lnti_fitted *fitted = NULL;
  lnti_problem problem = {.x = lnti_vectors_matrix(rows->train),
                          .tree = rows->tree,
                          .weight = rows->weight,
                          .seed = rows->seed,
                          .rows_outlive = true};
  lnti_truth_pose(&problem, rows->truth, 0);
  fitting f = {learner, params, rows, &problem, context, &report, &c};
  size_t *alone = NULL, n_alone = 0;
  lnt_status status = lnti_problem_check(&problem, err);
  if (status) goto done;
  status = rows_alone(&alone, &n_alone, &f, err);
  if (status) goto done;
  if (rows->val->n > 0) {
    status = by_validation(&fitted, &f, err);
  } else if (learner->score_left_out && n_alone > 1 && 2 * n_alone >= problem.x.n) {
    status = by_left_out(&fitted, &f, alone, n_alone, err);
  } else if (problem.x.n >= LNTI_HOLD_OUT_FROM) {
    status = by_hold_out(&fitted, &f, err);
  } else {
    status = by_folds(&fitted, &f, err);
  }
  if (status) goto done;
  status = lnti_scale_fit(&c.scale, c.prob, &c.truth, context, err);
  if (status) goto done;
  *out = fitted;
  *report_out = report;
  *calibration_out = c;
  fitted = NULL;
  c = (lnti_calibration){0};
done:
  free(alone);
  lnti_fitted_free(fitted);
  lnti_calibration_clear(&c);
  return status;
}

void lnti_calibration_clear(lnti_calibration *calibration) {
  lnti_scale_clear(&calibration->scale);
  free(calibration->prob);
  lnti_truth_clear(&calibration->truth);
  free(calibration->group);
  *calibration = (lnti_calibration){0};
}
