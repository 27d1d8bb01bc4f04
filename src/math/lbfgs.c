/*
 * L-BFGS. Vectors are f32, as the models' weights are; scalar products are summed in double in a fixed
 * order, so that runs repeat. The two-loop recursion turns the gradient into a direction by the last
 * `memory` pairs (step, change of gradient); the line search brackets and then narrows an interval that holds a
 * point with the strong Wolfe conditions, by cubic interpolation kept away from the interval's ends.
 *
 * Deviations from the book: the search ends after EVALUATIONS_MAX values with the best point that
 * satisfies the decrease condition, since near the optimum rounding hides the curvature; a pair enters only
 * if its curvature is clearly positive; a direction along which nothing is gained is tried once more as
 * the plain gradient, with an empty memory, before the search is called stuck.
 */
#include <math/lbfgs.h>

#include <base/alloc.h>
#include <base/error.h>
#include <math.h>
#include <math/kernels.h>
#include <stdlib.h>
#include <string.h>

enum { MEMORY_MAX = 64, EVALUATIONS_MAX = 20 };

#define DECREASE 1e-4  /* c1 of Nocedal and Wright (3.7a) */
#define CURVATURE 0.9  /* c2 of (3.7b) */
#define STEP_MOST 1e10 /* in units of the direction */

typedef struct state {
  lnti_objective objective;
  void *payload;
  const lnti_cancel *cancel;
  size_t n;
  unsigned memory, pairs, newest; /* pairs held; where the newest is */
  unsigned evaluations;
  float *vectors;             /* all of the below in one block */
  float *x, *g;               /* [n] the point and its gradient */
  float *direction;           /* [n] */
  float *trial_x, *trial_g;   /* [n] the point under evaluation */
  float *step, *change;       /* [memory,n] */
  double inverse[MEMORY_MAX]; /* 1 / (step . change) */
  double f;
} state;

/* A point of the line search: step length, value, slope. */
typedef struct point {
  double t, f, slope;
} point;

static void add_scaled(float *y, double factor, const float *x, size_t n) {
  float f = (float)factor;
  for (size_t i = 0; i < n; i++) y[i] += f * x[i];
}

static double largest(const float *g, size_t n) {
  float most = 0;
  for (size_t i = 0; i < n; i++) most = fabsf(g[i]) > most ? fabsf(g[i]) : most;
  return (double)most;
}

/* One evaluation at trial_x, with its slope along the direction (-inf..inf; NaN for a bad gradient). */
static lnt_status evaluate(state *s, double *f_out, double *slope_out, lnt_error *err) {
  lnt_status status = lnti_cancel_check(s->cancel, err);
  if (status != LNT_OK) return status;
  s->evaluations++;
  status = s->objective(f_out, s->trial_g, s->payload, s->trial_x, s->n, err);
  if (status == LNT_OK) *slope_out = lnti_exact_dot(s->trial_g, s->direction, s->n);
  return status;
}

/* The point x + t * direction. A value or slope that is not finite counts as infinitely high. */
static lnt_status probe(state *s, point *out, double t, lnt_error *err) {
  float length = (float)t;
  for (size_t i = 0; i < s->n; i++) s->trial_x[i] = s->x[i] + length * s->direction[i];
  *out = (point){.t = t};
  lnt_status status = evaluate(s, &out->f, &out->slope, err);
  if (status == LNT_OK && !(isfinite(out->f) && isfinite(out->slope))) out->f = INFINITY;
  return status;
}

/* The minimiser of the cubic through two points and their slopes (Nocedal and Wright, 3.59), kept a tenth of the
 * interval away from its ends; the middle where the cubic has none. */
static double between(const point *a, const point *b) {
  double middle = 0.5 * (a->t + b->t), margin = 0.1 * fabs(b->t - a->t);
  double low = fmin(a->t, b->t) + margin, high = fmax(a->t, b->t) - margin;
  if (!isfinite(a->f) || !isfinite(b->f)) return middle;
  double d1 = a->slope + b->slope - 3 * (a->f - b->f) / (a->t - b->t);
  double square = d1 * d1 - a->slope * b->slope;
  if (!(square >= 0)) return middle;
  double d2 = copysign(sqrt(square), b->t - a->t);
  double t = b->t - (b->t - a->t) * (b->slope + d2 - d1) / (b->slope - a->slope + 2 * d2);
  return isfinite(t) ? fmin(fmax(t, low), high) : middle;
}

typedef enum verdict { TOO_HIGH, TOO_STEEP, PAST, ACCEPTED } verdict;

/* What a probe tells: `start` is the point at 0, `low` the best so far. */
static verdict judge(const point *p, const point *start, const point *low) {
  if (!(p->f <= start->f + DECREASE * p->t * start->slope) || p->f >= low->f) return TOO_HIGH;
  if (fabs(p->slope) <= -CURVATURE * start->slope) return ACCEPTED;
  return p->slope >= 0 ? PAST : TOO_STEEP;
}

/* Narrows the interval between `low` (decrease condition holds, lowest of all) and `high`. True in *found when
 * the last probe is accepted. */
static lnt_status zoom(state *s, bool *found, point *low, point high, const point *start, unsigned *left,
                       lnt_error *err) {
  while (*left > 0 && fabs(high.t - low->t) > 1e-9 * fmax(low->t, high.t)) {
    point p;
    --*left;
    lnt_status status = probe(s, &p, between(low, &high), err);
    if (status != LNT_OK) return status;
    verdict v = judge(&p, start, low);
    if (v == TOO_HIGH) {
      high = p;
      continue;
    }
    if (v != ACCEPTED && p.slope * (high.t - low->t) >= 0) high = *low;
    *low = p;
    if (v == ACCEPTED) {
      *found = true;
      return LNT_OK;
    }
  }
  return LNT_OK;
}

/**
 * Searches along the direction from length `first`. *t_out > 0: the step taken, its point in trial_x, trial_g
 * and *f_out; 0: nothing is lower.
 */
static lnt_status line_search(state *s, double *t_out, double *f_out, double slope, double first, lnt_error *err) {
  const point start = {.t = 0, .f = s->f, .slope = slope};
  point low = start, p = start;
  unsigned left = EVALUATIONS_MAX;
  bool found = false;
  lnt_status status = LNT_OK;
  for (double t = first; left > 0 && !found && t <= STEP_MOST;) {
    left--;
    status = probe(s, &p, t, err);
    if (status != LNT_OK) return status;
    verdict v = judge(&p, &start, &low);
    if (v == TOO_STEEP) { /* still falling: go on */
      t = 2 * p.t;
      low = p;
      continue;
    }
    if (v == TOO_HIGH) {
      status = zoom(s, &found, &low, p, &start, &left, err);
    } else {
      point before = low;
      low = p;
      found = v == ACCEPTED;
      if (!found) status = zoom(s, &found, &low, before, &start, &left, err);
    }
    if (status != LNT_OK) return status;
    break;
  }
  /* The last probe need not be the best one: go back to it. */
  if (!found && low.t > 0) status = probe(s, &low, low.t, err);
  if (status != LNT_OK) return status;
  *t_out = low.t;
  *f_out = low.f;
  return LNT_OK;
}

/* direction = -H g by the two-loop recursion; H starts as the newest pair's curvature. */
static void make_direction(state *s) {
  double share[MEMORY_MAX];
  for (size_t i = 0; i < s->n; i++) s->direction[i] = -s->g[i];
  for (unsigned back = 0; back < s->pairs; back++) {
    unsigned at = (s->newest + s->memory - back) % s->memory;
    share[at] = s->inverse[at] * lnti_exact_dot(s->step + at * s->n, s->direction, s->n);
    add_scaled(s->direction, -share[at], s->change + at * s->n, s->n);
  }
  if (s->pairs > 0) {
    const float *change = s->change + s->newest * s->n;
    float scale = (float)(1 / (s->inverse[s->newest] * lnti_exact_dot(change, change, s->n)));
    for (size_t i = 0; i < s->n; i++) s->direction[i] *= scale;
  }
  for (unsigned back = s->pairs; back-- > 0;) {
    unsigned at = (s->newest + s->memory - back) % s->memory;
    double other = s->inverse[at] * lnti_exact_dot(s->change + at * s->n, s->direction, s->n);
    add_scaled(s->direction, share[at] - other, s->step + at * s->n, s->n);
  }
}

/* Keeps (trial - point) as the newest pair if its curvature is clearly positive. */
static void remember(state *s) {
  unsigned at = s->pairs == 0 ? 0 : (s->newest + 1) % s->memory;
  float *step = s->step + at * s->n, *change = s->change + at * s->n;
  for (size_t i = 0; i < s->n; i++) {
    step[i] = s->trial_x[i] - s->x[i];
    change[i] = s->trial_g[i] - s->g[i];
  }
  double curvature = lnti_exact_dot(step, change, s->n),
         size = lnti_exact_dot(step, step, s->n) * lnti_exact_dot(change, change, s->n);
  if (!(curvature > 1e-10 * sqrt(size)) || !isfinite(1 / curvature)) {
    /* Where the memory is full this slot held the oldest pair, which is gone now. */
    if (s->pairs == s->memory) s->pairs--;
    return;
  }
  s->inverse[at] = 1 / curvature;
  s->newest = at;
  if (s->pairs < s->memory) s->pairs++;
}

static void swap(float **a, float **b) {
  float *c = *a;
  *a = *b;
  *b = c;
}

/* One iteration: direction, search, step. *t_out = 0 when stuck. */
static lnt_status iterate(state *s, double *t_out, lnt_error *err) {
  double f = s->f, t = 0;
  make_direction(s);
  double slope = lnti_exact_dot(s->g, s->direction, s->n), size = sqrt(lnti_exact_dot(s->g, s->g, s->n));
  if (!(slope < 0) || !isfinite(slope)) s->pairs = 0; /* no descent: rounding has spoilt the memory */
  for (;;) {
    if (s->pairs == 0) {
      for (size_t i = 0; i < s->n; i++) s->direction[i] = -s->g[i];
      slope = -size * size;
    }
    lnt_status status = line_search(s, &t, &f, slope, s->pairs == 0 ? 1 / size : 1, err);
    if (status != LNT_OK) return status;
    if (t > 0 || s->pairs == 0) break;
    s->pairs = 0;
  }
  *t_out = t;
  if (!(t > 0)) return LNT_OK;
  remember(s);
  swap(&s->x, &s->trial_x);
  swap(&s->g, &s->trial_g);
  s->f = f;
  return LNT_OK;
}

static lnt_status state_init(state *s, const float *x, const lnti_lbfgs_options *options, lnt_error *err) {
  size_t count = 0;
  if (!lnti_size_mul(&count, s->n, 5 + 2 * (size_t)options->memory)) return lnti_fail_memory(err, SIZE_MAX);
  lnt_status status = lnti_alloc_aligned(&s->vectors, count, sizeof *s->vectors, err);
  if (status != LNT_OK) return status;
  float *at = s->vectors;
  s->x = at;
  s->g = at += s->n;
  s->direction = at += s->n;
  s->trial_x = at += s->n;
  s->trial_g = at += s->n;
  s->step = at += s->n;
  s->change = at + options->memory * s->n;
  memcpy(s->x, x, s->n * sizeof *x);
  memcpy(s->trial_x, x, s->n * sizeof *x);
  memset(s->direction, 0, s->n * sizeof *x);
  return LNT_OK;
}

/* Value and gradient at the start. */
static lnt_status evaluate_start(state *s, lnt_error *err) {
  double slope = 0;
  lnt_status status = evaluate(s, &s->f, &slope, err);
  if (status != LNT_OK) return status;
  memcpy(s->g, s->trial_g, s->n * sizeof *s->g);
  if (!isfinite(s->f) || !isfinite(lnti_exact_dot(s->g, s->g, s->n))) {
    return lnti_fail(err, LNT_EDATA, "the objective is not finite at the start (%g): look for huge or missing features",
                     s->f);
  }
  return LNT_OK;
}

static lnt_status run(state *s, lnti_lbfgs_result *result, const lnti_lbfgs_options *options, lnt_error *err) {
  lnt_status status = evaluate_start(s, err);
  if (status != LNT_OK) return status;
  for (;;) {
    double before = s->f, t = 0;
    result->gradient_max = largest(s->g, s->n);
    result->stop = LNTI_LBFGS_GRADIENT;
    if (result->gradient_max <= options->gradient_tolerance) return LNT_OK;
    result->stop = LNTI_LBFGS_ITERATIONS;
    if (result->iterations == options->iterations_max) return LNT_OK;
    status = iterate(s, &t, err);
    if (status != LNT_OK) return status;
    result->stop = LNTI_LBFGS_STUCK;
    if (!(t > 0)) return LNT_OK;
    result->iterations++;
    result->gradient_max = largest(s->g, s->n);
    result->stop = LNTI_LBFGS_DECREASE;
    double scale = fmax(fmax(fabs(before), fabs(s->f)), 1);
    if (options->decrease_tolerance > 0 && before - s->f <= options->decrease_tolerance * scale) return LNT_OK;
  }
}

lnt_status lnti_lbfgs_minimise(float *x, lnti_lbfgs_result *result_out, lnti_objective objective, void *payload,
                               size_t n, const lnti_lbfgs_options *options, const lnti_context *context,
                               lnt_error *err) {
  lnti_lbfgs_result result = {.stop = LNTI_LBFGS_GRADIENT};
  state s = {.objective = objective, .payload = payload, .cancel = context->cancel, .n = n, .memory = options->memory};
  if (options->memory < 1 || options->memory > MEMORY_MAX) {
    return lnti_fail(err, LNT_EINVAL, "L-BFGS with a memory of %u pairs: 1 to %d are possible", options->memory,
                     MEMORY_MAX);
  }
  lnt_status status = state_init(&s, x, options, err);
  if (status == LNT_OK) status = run(&s, &result, options, err);
  if (status == LNT_OK) {
    result.f = s.f;
    result.evaluations = s.evaluations;
    memcpy(x, s.x, n * sizeof *x);
    *result_out = result;
  }
  free(s.vectors);
  return status;
}
