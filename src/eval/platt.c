/*
 * Two parameters a label: Newton's method on the 2x2 Hessian, each step halved until the loss falls.
 */
#include <eval/platt.h>

#include <base/error.h>
#include <math.h>
#include <stdbool.h>

enum { STEPS_MAX = 100, HALVINGS_MAX = 30 };
static const double a_min = 0.01, a_max = 100, b_max = 100;

/* The answers of label `column`, or of all with `column` = k. */
typedef struct answers {
  const float *score;
  const int8_t *yes;
  size_t n, k, column;
  double target[2]; /* of no and yes */
} answers;

typedef struct sums {
  double loss, slope[2], curve[3]; /* by a and b; aa, ab, bb */
} sums;

static void add_answer(sums *s, double score, double target, const double at[2]) {
  double z = at[0] * score + at[1];
  double p = z >= 0 ? 1 / (1 + exp(-z)) : exp(z) / (1 + exp(z)), w = p * (1 - p);
  s->loss += (z >= 0 ? log1p(exp(-z)) : log1p(exp(z)) - z) + (1 - target) * z;
  s->slope[0] += (p - target) * score;
  s->slope[1] += p - target;
  s->curve[0] += w * score * score;
  s->curve[1] += w * score;
  s->curve[2] += w;
}

static sums sum_at(const answers *a, const double at[2]) {
  sums s = {0};
  size_t first = a->column < a->k ? a->column : 0, step = a->column < a->k ? a->k : 1;
  for (size_t i = first; i < a->n * a->k; i += step) {
    if (a->yes[i] >= 0) add_answer(&s, (double)a->score[i], a->target[a->yes[i]], at);
  }
  return s;
}

/* How many answers there are of each kind; the targets by them. */
static void count(answers *a, size_t n_out[2]) {
  size_t first = a->column < a->k ? a->column : 0, step = a->column < a->k ? a->k : 1;
  n_out[0] = n_out[1] = 0;
  for (size_t i = first; i < a->n * a->k; i += step) {
    if (a->yes[i] >= 0) n_out[a->yes[i]]++;
  }
  a->target[0] = 1 / ((double)n_out[0] + 2);
  a->target[1] = ((double)n_out[1] + 1) / ((double)n_out[1] + 2);
}

static double clamp(double value, double low, double high) {
  return fmin(fmax(value, low), high);
}

static void fit(double at[2], const answers *a) {
  at[0] = 1;
  at[1] = 0;
  sums s = sum_at(a, at);
  for (int step = 0; step < STEPS_MAX; step++) {
    const double ridge = 1e-12, aa = s.curve[0] + ridge, bb = s.curve[2] + ridge, ab = s.curve[1];
    double det = aa * bb - ab * ab, to[2] = {0, 0}, shrink = 1;
    if (!(det > 0) || (fabs(s.slope[0]) < 1e-9 && fabs(s.slope[1]) < 1e-9)) return;
    double move[2] = {-(bb * s.slope[0] - ab * s.slope[1]) / det, -(aa * s.slope[1] - ab * s.slope[0]) / det};
    sums next = s;
    bool better = false;
    for (int half = 0; half < HALVINGS_MAX && !better; half++) {
      to[0] = clamp(at[0] + shrink * move[0], a_min, a_max);
      to[1] = clamp(at[1] + shrink * move[1], -b_max, b_max);
      next = sum_at(a, to);
      better = next.loss < s.loss;
      shrink /= 2;
    }
    if (!better) return;
    bool near = s.loss - next.loss < 1e-12 * s.loss;
    at[0] = to[0];
    at[1] = to[1];
    s = next;
    if (near) return;
  }
}

lnt_status lnti_platt_fit_labels(double (*out)[2], const float *score, const int8_t *yes, size_t n, size_t k,
                                 lnt_error *err) {
  answers all = {.score = score, .yes = yes, .n = n, .k = k, .column = k};
  double together[2] = {1, 0};
  size_t n_of[2];
  if (n == 0 || k == 0) return lnti_fail(err, LNT_EINVAL, "%zu rows of %zu labels cannot be scaled", n, k);
  count(&all, n_of);
  if (n_of[0] > 0 && n_of[1] > 0) fit(together, &all);
  for (size_t c = 0; c < k; c++) {
    answers label = all;
    label.column = c;
    count(&label, n_of);
    out[c][0] = together[0];
    out[c][1] = together[1];
    if (n_of[0] >= LNTI_PLATT_ANSWERS_MIN && n_of[1] >= LNTI_PLATT_ANSWERS_MIN) fit(out[c], &label);
  }
  return LNT_OK;
}
