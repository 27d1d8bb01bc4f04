/*
 * Ridge regression: a number as an affine map of the features, with L2 on its weights, solved exactly.
 *
 *   minimise  sum_i (y_i - b - v . z_i)^2  +  alpha |v|^2,    z = (x - mean) / scale
 *
 * Source: Hoerl and Kennard, "Ridge Regression: Biased Estimation for Nonorthogonal Problems", Technometrics 12, 1970. With
 * Z [n,d] and y about its mean, v = (Z^T Z + alpha I)^-1 Z^T y, and as well v = Z^T (Z Z^T + alpha I)^-1 y: the smaller of
 * the two systems is solved, by Cholesky in double. b is not penalised. What is kept is one map of the bare features.
 *
 * The scale is the standard deviation, or LNTI_LOGISTIC_FLOOR of all of them where that is larger, as in logistic_scale.c;
 * else the same as scikit-learn's Ridge after a StandardScaler.
 */
#include <base/alloc.h>
#include <base/error.h>
#include <math.h>
#include <math/cholesky.h>
#include <model/learners.h>
#include <model/logistic_parts.h>
#include <stdlib.h>
#include <string.h>

enum {
  SYSTEM_MAX = 20000, /* unknowns: 3.2 GB of doubles */
  SCORE_ROWS = 256    /* at a time */
};

typedef struct ridge_fitted {
  lnti_fitted base;
  const double *weight; /* [d] on bare features */
  const double *bias;   /* [1] */
  double *own;          /* behind both where they are not the file's: [d + 1]; NULL */
} ridge_fitted;

static const lnti_param params_table[] = {
    {"alpha", LNTI_PARAM_REAL, "100", 1e-9, 1e12, NULL,
     "Strength of the L2 penalty; larger values fit the training rows less closely; auto: the best of seven from 1 to "
     "100000."},
    {"standardise", LNTI_PARAM_BOOL, "true", 0, 1, NULL,
     "Brings every feature to mean 0 and deviation 1 before the penalty, so that it bears on all alike."},
    {NULL, LNTI_PARAM_INT, NULL, 0, 0, NULL, NULL},
};

static const char *const searched[] = {"alpha=1,10,100,300,1000,10000,100000", NULL};

static void ridge_free(lnti_fitted *fitted) {
  free(((ridge_fitted *)fitted)->own);
  free(fitted);
}

/* ---- fitting ---- */

/* A fit in progress. */
typedef struct fit_state {
  const lnti_problem *problem;
  const lnti_context *context;
  bool standardise, wide; /* wide: the system is of the rows */
  double alpha, y_mean;
  size_t m;        /* unknowns */
  double *mean;    /* [d] */
  double *inverse; /* [d] 1 / scale; 0 for a constant feature */
  double *v;       /* [d] the weights on scaled features */
  double *system;  /* [m,m] */
  double *x;       /* [m] its right side, then its solution */
  float *row;      /* [d] */
  float *piece;    /* [m,LNTI_GRAM_DEPTH] */
} fit_state;

static void fit_clear(fit_state *fit) {
  free(fit->piece);
  free(fit->row);
  free(fit->x);
  free(fit->system);
  free(fit->v);
  free(fit->inverse);
  free(fit->mean);
}

static lnt_status allocate(fit_state *fit, lnt_error *err) {
  size_t d = fit->problem->x.d, m = fit->m;
  lnt_status status = lnti_alloc_zero(&fit->mean, d, sizeof(double), err);
  if (status == LNT_OK) status = lnti_alloc_zero(&fit->inverse, d, sizeof(double), err);
  if (status == LNT_OK) status = lnti_alloc_zero(&fit->v, d, sizeof(double), err);
  if (status == LNT_OK) status = lnti_alloc_zero(&fit->system, m, m * sizeof(double), err);
  if (status == LNT_OK) status = lnti_alloc_zero(&fit->x, m, sizeof(double), err);
  if (status == LNT_OK) status = lnti_alloc(&fit->row, d, sizeof(float), err);
  if (status == LNT_OK) status = lnti_alloc_aligned(&fit->piece, m, LNTI_GRAM_DEPTH * sizeof(float), err);
  return status;
}

/* A row as f32, borrowed. */
static const float *row_of(const fit_state *fit, size_t i) {
  lnti_matrix_to_f32(fit->row, &fit->problem->x, i, i + 1);
  return fit->row;
}

/* Means of the features and of the values. */
static void take_means(fit_state *fit) {
  size_t n = fit->problem->x.n, d = fit->problem->x.d;
  for (size_t i = 0; i < n; i++) {
    const float *x = row_of(fit, i);
    for (size_t j = 0; j < d; j++) fit->mean[j] += (double)x[j];
    fit->y_mean += fit->problem->value[i] / (double)n;
  }
  for (size_t j = 0; j < d; j++) fit->mean[j] /= (double)n;
}

/* 1 / scale from sums of squares about the mean. */
static lnt_status invert_scales(fit_state *fit, const double *square, size_t step, lnt_error *err) {
  size_t n = fit->problem->x.n, d = fit->problem->x.d;
  double total = 0;
  for (size_t j = 0; j < d; j++) {
    double variance = square[j * step] / (double)n;
    if (!(variance < 1e36))
      return lnti_fail(err, LNT_EDATA, "value %zu of the features is too large in some rows: keep them below 1e18", j);
    total += variance;
  }
  double least = LNTI_LOGISTIC_FLOOR * sqrt(total / (double)d);
  for (size_t j = 0; j < d; j++) {
    double deviation = sqrt(square[j * step] / (double)n);
    bool constant = deviation <= 1e-6 * fabs(fit->mean[j]) || deviation < 1e-30;
    double scale = !fit->standardise ? 1 : deviation > least ? deviation : least;
    fit->inverse[j] = constant ? 0 : 1 / scale;
  }
  return LNT_OK;
}

/* More rows than features: Z^T Z, LNTI_GRAM_DEPTH rows at a time, about the means and scaled at the end. */
static lnt_status make_tall(fit_state *fit, lnt_error *err) {
  size_t n = fit->problem->x.n, d = fit->problem->x.d;
  lnt_status status = LNT_OK;
  for (size_t begin = 0; begin < n && status == LNT_OK; begin += LNTI_GRAM_DEPTH) {
    size_t depth = n - begin < LNTI_GRAM_DEPTH ? n - begin : LNTI_GRAM_DEPTH;
    for (size_t i = 0; i < depth; i++) {
      const float *x = row_of(fit, begin + i);
      double y = fit->problem->value[begin + i] - fit->y_mean;
      for (size_t j = 0; j < d; j++) {
        double away = (double)x[j] - fit->mean[j];
        fit->piece[j * LNTI_GRAM_DEPTH + i] = (float)away;
        fit->x[j] += away * y;
      }
    }
    status = lnti_gram_add(fit->system, fit->piece, LNTI_GRAM_DEPTH, d, depth, fit->context, err);
  }
  if (status == LNT_OK) status = invert_scales(fit, fit->system, d + 1, err);
  for (size_t j = 0; j < d && status == LNT_OK; j++) {
    fit->x[j] *= fit->inverse[j];
    for (size_t k = 0; k <= j; k++) fit->system[j * d + k] *= fit->inverse[j] * fit->inverse[k];
  }
  return status;
}

/* More features than rows: Z Z^T, LNTI_GRAM_DEPTH features at a time. */
static lnt_status make_wide(fit_state *fit, lnt_error *err) {
  size_t n = fit->problem->x.n, d = fit->problem->x.d;
  for (size_t i = 0; i < n; i++) {
    const float *x = row_of(fit, i);
    fit->x[i] = fit->problem->value[i] - fit->y_mean;
    for (size_t j = 0; j < d; j++) {
      double away = (double)x[j] - fit->mean[j];
      fit->v[j] += away * away;
    }
  }
  lnt_status status = invert_scales(fit, fit->v, 1, err);
  memset(fit->v, 0, d * sizeof *fit->v);
  for (size_t begin = 0; begin < d && status == LNT_OK; begin += LNTI_GRAM_DEPTH) {
    size_t depth = d - begin < LNTI_GRAM_DEPTH ? d - begin : LNTI_GRAM_DEPTH;
    for (size_t i = 0; i < n; i++) {
      const float *x = row_of(fit, i) + begin;
      float *z = fit->piece + i * LNTI_GRAM_DEPTH;
      for (size_t j = 0; j < depth; j++)
        z[j] = (float)(((double)x[j] - fit->mean[begin + j]) * fit->inverse[begin + j]);
    }
    status = lnti_gram_add(fit->system, fit->piece, LNTI_GRAM_DEPTH, n, depth, fit->context, err);
  }
  return status;
}

/* v from the system's solution. */
static void take_solution(fit_state *fit) {
  size_t n = fit->problem->x.n, d = fit->problem->x.d;
  if (!fit->wide) memcpy(fit->v, fit->x, d * sizeof *fit->v);
  for (size_t i = 0; fit->wide && i < n; i++) {
    const float *x = row_of(fit, i);
    for (size_t j = 0; j < d; j++) fit->v[j] += fit->x[i] * ((double)x[j] - fit->mean[j]) * fit->inverse[j];
  }
}

/* The map of a row of f32. */
static double predict(const double *weight, double bias, const float *x, size_t d) {
  for (size_t j = 0; j < d; j++) bias += (double)x[j] * weight[j];
  return bias;
}

/* Mean squared residual. */
static double mean_loss(const fit_state *fit, const ridge_fitted *ridge) {
  size_t n = fit->problem->x.n, d = fit->problem->x.d;
  double sum = 0;
  for (size_t i = 0; i < n; i++) {
    double away = fit->problem->value[i] - predict(ridge->weight, *ridge->bias, row_of(fit, i), d);
    sum += away * away / (double)n;
  }
  return sum;
}

static lnt_status run_fit(fit_state *fit, lnt_error *err) {
  lnt_error inner = LNT_ERROR_INIT;
  size_t m = fit->m;
  take_means(fit);
  lnt_status status = fit->wide ? make_wide(fit, err) : make_tall(fit, err);
  if (status != LNT_OK) return status;
  for (size_t i = 0; i < m; i++) fit->system[i * m + i] += fit->alpha;
  status = lnti_cholesky_factor(fit->system, m, fit->context, &inner);
  if (status == LNT_EDATA)
    return lnti_fail(err, LNT_EDATA,
                     "some features are sums of others, which a penalty of %g does not settle: raise alpha",
                     fit->alpha);
  if (status != LNT_OK) return lnti_fail(err, status, "%s", inner.message);
  lnti_cholesky_solve(fit->x, fit->system, m);
  take_solution(fit);
  return LNT_OK;
}

static lnt_status keep(ridge_fitted *ridge, const fit_state *fit, lnt_error *err) {
  size_t d = fit->problem->x.d;
  lnt_status status = lnti_alloc(&ridge->own, d + 1, sizeof(double), err);
  if (status != LNT_OK) return status;
  double bias = fit->y_mean;
  for (size_t j = 0; j < d; j++) {
    ridge->own[j] = fit->v[j] * fit->inverse[j];
    bias -= ridge->own[j] * fit->mean[j];
  }
  ridge->own[d] = bias;
  ridge->weight = ridge->own;
  ridge->bias = ridge->own + d;
  for (size_t j = 0; j <= d; j++)
    if (!isfinite(ridge->own[j])) return lnti_fail(err, LNT_EDATA, "the values to learn are too large: they overflow");
  return LNT_OK;
}

static lnt_status ridge_fit(lnti_fitted **out, lnti_fit_report *report_out, const lnti_problem *problem,
                            const lnti_params *params, const lnti_context *context, lnt_error *err) {
  size_t n = problem->x.n, d = problem->x.d;
  ridge_fitted *ridge = NULL;
  fit_state fit = {.problem = problem,
                   .context = context,
                   .standardise = lnti_params_get(params, "standardise") == 1,
                   .alpha = lnti_params_get(params, "alpha"),
                   .wide = n < d,
                   .m = n < d ? n : d};
  lnt_status status = lnti_learner_check(&lnti_learner_ridge, problem, err);
  if (status == LNT_OK) status = lnti_matrix_check_finite(&problem->x, context, err);
  if (status == LNT_OK && fit.m > SYSTEM_MAX)
    status =
        lnti_fail(err, LNT_ELIMIT, "%zu rows of %zu features: ridge solves for at most %d of either", n, d, SYSTEM_MAX);
  if (status == LNT_OK) status = allocate(&fit, err);
  if (status == LNT_OK) status = run_fit(&fit, err);
  if (status == LNT_OK) status = lnti_alloc_zero(&ridge, 1, sizeof *ridge, err);
  if (status == LNT_OK) {
    lnti_fitted_begin(&ridge->base, &lnti_learner_ridge, problem, params);
    status = keep(ridge, &fit, err);
  }
  if (status == LNT_OK) {
    *report_out = (lnti_fit_report){.loss = mean_loss(&fit, ridge)};
    *out = &ridge->base;
  } else if (ridge) {
    ridge_free(&ridge->base);
  }
  fit_clear(&fit);
  return status;
}

/* ---- scoring ---- */

typedef struct scoring {
  const ridge_fitted *ridge;
  const lnti_matrix *x;
  float *score;
  float *row; /* [workers,d] */
} scoring;

static lnt_status score_rows(void *payload, size_t begin, size_t end, unsigned worker, lnt_error *err) {
  const scoring *s = payload;
  size_t d = s->ridge->base.d;
  float *row = s->row + worker * d;
  (void)err;
  for (size_t i = begin; i < end; i++) {
    lnti_matrix_to_f32(row, s->x, i, i + 1);
    s->score[i] = (float)predict(s->ridge->weight, *s->ridge->bias, row, d);
  }
  return LNT_OK;
}

static lnt_status ridge_score(float *score_out, const lnti_fitted *fitted, const lnti_matrix *x,
                              const lnti_context *context, lnt_error *err) {
  scoring s = {.ridge = (const ridge_fitted *)fitted, .x = x, .score = score_out};
  lnt_status status = lnti_fitted_check(fitted, x, err);
  if (status == LNT_OK) status = lnti_alloc(&s.row, lnti_pool_size(context->pool), fitted->d * sizeof(float), err);
  if (status == LNT_OK) status = lnti_pool_for(context->pool, x->n, SCORE_ROWS, score_rows, &s, context->cancel, err);
  free(s.row);
  return status;
}

/* ---- the file ---- */

static lnt_status ridge_save(const lnti_fitted *fitted, lnti_lnt_writer *file, lnt_error *err) {
  const ridge_fitted *ridge = (const ridge_fitted *)fitted;
  const size_t one = 1;
  lnt_status status = lnti_lnt_put_tensor(file, "weight", LNTI_F64, &fitted->d, 1, ridge->weight, err);
  return status == LNT_OK ? lnti_lnt_put_tensor(file, "bias", LNTI_F64, &one, 1, ridge->bias, err) : status;
}

static lnt_status ridge_load(lnti_fitted **out, const lnti_fitted *about, const struct lnti_class_tree *tree,
                             const lnti_lnt_reader *file, const lnti_context *context, lnt_error *err) {
  ridge_fitted *ridge = NULL;
  const void *weight = NULL, *bias = NULL;
  size_t d = about->d, one = 1;
  (void)tree;
  (void)context;
  lnt_status status = lnti_lnt_get_tensor(&weight, &d, 1, file, "weight", LNTI_F64, err);
  if (status == LNT_OK) status = lnti_lnt_get_tensor(&bias, &one, 1, file, "bias", LNTI_F64, err);
  for (size_t j = 0; j <= d && status == LNT_OK; j++)
    if (!isfinite(j < d ? ((const double *)weight)[j] : *(const double *)bias))
      status = lnti_fail(err, LNT_ECORRUPT, "%s: its tensor '%s' holds a value that is no finite number",
                         lnti_lnt_name(file), j < d ? "weight" : "bias");
  if (status == LNT_OK) status = lnti_alloc_zero(&ridge, 1, sizeof *ridge, err);
  if (status != LNT_OK) return status;
  *ridge = (ridge_fitted){.base = *about, .weight = weight, .bias = bias};
  *out = &ridge->base;
  return LNT_OK;
}

const lnti_learner lnti_learner_ridge = {
    .name = "ridge",
    .title = "Ridge regression",
    .help = "A number from the features, one weight each, solved exactly: fast, and good on embeddings.",
    .source =
        "Hoerl and Kennard, Ridge Regression: Biased Estimation for Nonorthogonal Problems, Technometrics 12, 1970",
    .params = params_table,
    .searched = searched,
    .tasks = LNTI_TAKES(LNTI_REGRESSION),
    .fit = ridge_fit,
    .score = ridge_score,
    .save = ridge_save,
    .load = ridge_load,
    .free = ridge_free,
};
