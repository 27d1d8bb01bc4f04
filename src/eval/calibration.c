/*
 * Temperature scaling: one number that makes a classifier's confidence honest and changes none of its answers.
 *
 * With b = 1/T the mean log loss is convex in b: its slope is the mean of E[s] - s(true) and its curvature the mean
 * of Var[s], both under softmax(b s). Newton's method finds the zero of the slope, kept between bounds that shrink
 * by the slope's sign, so that it cannot leave [1/20, 20] or fail to end. Chunks of rows are summed in their order:
 * the same temperature on any number of threads.
 */
#include <base/alloc.h>
#include <base/error.h>
#include <eval/eval.h>

#include <assert.h>
#include <math.h>
#include <stdlib.h>

enum { ROWS_A_CHUNK = 1024, STEPS_MAX = 100 };

static const double INVERSE_MIN = 1 / 20.0, INVERSE_MAX = 20;

typedef struct slope_sum {
  double slope, curvature;
} slope_sum;

typedef struct fitting {
  const float *score;
  const int32_t *label;
  size_t k;
  double inverse;   /* b = 1/T */
  slope_sum *chunk; /* [chunks] */
} fitting;

static float row_max(const float *s, size_t k) {
  float max = s[0];
  for (size_t c = 1; c < k; c++) max = s[c] > max ? s[c] : max;
  return max;
}

/* Adds a row's share. A class at -inf has no probability at any temperature and adds nothing; a row whose true
   class is there has an infinite loss at any temperature, and so no say. */
static void add_row(slope_sum *sum, const float *s, size_t truth, size_t k, double inverse) {
  double max = row_max(s, k), z = 0, first = 0, second = 0;
  if (isinf(s[truth])) return;
  for (size_t c = 0; c < k; c++) {
    if (isinf(s[c])) continue;
    double below = s[c] - max, e = exp(inverse * below);
    z += e;
    first += e * below;
    second += e * below * below;
  }
  double mean = first / z;
  sum->slope += mean - (s[truth] - max);
  sum->curvature += fmax(second / z - mean * mean, 0);
}

static lnt_status slope_chunk(void *payload, size_t begin, size_t end, unsigned worker, lnt_error *err) {
  const fitting *f = payload;
  slope_sum sum = {0, 0};
  (void)worker;
  (void)err;
  for (size_t i = begin; i < end; i++) add_row(&sum, f->score + i * f->k, (size_t)f->label[i], f->k, f->inverse);
  f->chunk[begin / ROWS_A_CHUNK] = sum;
  return LNT_OK;
}

static lnt_status slope_at(slope_sum *out, fitting *f, double inverse, size_t n, const lnti_context *context,
                           lnt_error *err) {
  slope_sum sum = {0, 0};
  f->inverse = inverse;
  lnt_status status = lnti_pool_for(context->pool, n, ROWS_A_CHUNK, slope_chunk, f, context->cancel, err);
  if (status != LNT_OK) return status;
  for (size_t c = 0; c * ROWS_A_CHUNK < n; c++) {
    sum.slope += f->chunk[c].slope;
    sum.curvature += f->chunk[c].curvature;
  }
  *out = sum;
  return LNT_OK;
}

static lnt_status check_rows(const float *score, const int32_t *label, size_t n, size_t k, lnt_error *err) {
  if (n == 0 || k == 0) {
    return lnti_fail(err, LNT_EINVAL, "a temperature cannot be fitted to %zu items of %zu classes", n, k);
  }
  assert(score != NULL && label != NULL);
  for (size_t i = 0; i < n; i++) {
    const float *s = score + i * k;
    if (label[i] < 0 || (size_t)label[i] >= k) {
      return lnti_fail(err, LNT_EDATA, "row %zu: label %d, where labels run from 0 to %zu", i, (int)label[i], k - 1);
    }
    for (size_t c = 0; c < k; c++) {
      if (isnan(s[c]) || s[c] == INFINITY) {
        return lnti_fail(err, LNT_EDATA, "row %zu, class %zu: the score is %g: it must be a number", i, c,
                         (double)s[c]);
      }
    }
    if (row_max(s, k) == -INFINITY) return lnti_fail(err, LNT_EDATA, "row %zu: every score is -inf", i);
  }
  return LNT_OK;
}

/* The b in [INVERSE_MIN, INVERSE_MAX] where the slope is zero, or the end that it points to. */
static lnt_status find_inverse(double *out, fitting *f, size_t n, const lnti_context *context, lnt_error *err) {
  double low = INVERSE_MIN, high = INVERSE_MAX, b = 1;
  slope_sum at;
  lnt_status status = slope_at(&at, f, low, n, context, err);
  if (status != LNT_OK) return status;
  slope_sum at_low = at;
  if ((status = slope_at(&at, f, high, n, context, err)) != LNT_OK) return status;
  if (at_low.slope >= 0 && at.slope <= 0) { /* flat: every row's scores are equal, or no row has a say */
    *out = 1;
    return LNT_OK;
  }
  if (at_low.slope >= 0 || at.slope <= 0) {
    *out = at_low.slope >= 0 ? low : high;
    return LNT_OK;
  }
  for (int step = 0; step < STEPS_MAX; step++) {
    if ((status = slope_at(&at, f, b, n, context, err)) != LNT_OK) return status;
    double newton = at.slope / at.curvature;
    if (fabs(newton) <= 1e-13 * b) break;
    *(at.slope < 0 ? &low : &high) = b;
    b = b - newton > low && b - newton < high ? b - newton : (low + high) / 2;
  }
  *out = b;
  return LNT_OK;
}

lnt_status lnti_temperature_fit(double *temperature_out, const float *score, const int32_t *label, size_t n, size_t k,
                                const lnti_context *context, lnt_error *err) {
  double inverse;
  fitting f = {.score = score, .label = label, .k = k};
  lnt_status status = check_rows(score, label, n, k, err);
  if (status != LNT_OK) return status;
  if ((status = lnti_alloc(&f.chunk, (n - 1) / ROWS_A_CHUNK + 1, sizeof *f.chunk, err)) != LNT_OK) return status;
  if ((status = find_inverse(&inverse, &f, n, context, err)) != LNT_OK) goto done;
  *temperature_out = 1 / inverse;
done:
  free(f.chunk);
  return status;
}

void lnti_temperature_apply(float *prob, const float *score, size_t n, size_t k, double temperature) {
  assert(temperature > 0);
  for (size_t i = 0; i < n; i++) {
    const float *s = score + i * k;
    float *p = prob + i * k;
    double max = row_max(s, k), sum = 0;
    for (size_t c = 0; c < k; c++) {
      double e = exp((s[c] - max) / temperature);
      p[c] = (float)e;
      sum += e;
    }
    for (size_t c = 0; c < k; c++) p[c] = (float)(p[c] / sum);
  }
}
