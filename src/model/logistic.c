/*
 * Logistic regression, two classes and more in one: softmax of an affine map, L2 on its weights.
 *
 *   minimise  sum_i a_i (log sum_c exp z_ic - z_i,label)  +  |V|^2 / (2 C),    z = b + V^T ((x - mean) / scale)
 *
 * over V [d,k] and b [k]; b is not penalised, a_i is the class weight of row i, mean and scale are those of
 * logistic_scale.c. Two classes are two lanes of the same: at the minimum V_0 = -V_1, so that the penalty on the
 * difference w = V_1 - V_0 is |w|^2 / (4 C); a solver of one sigmoid with |w|^2 / (2 C') agrees at C' = 2 C.
 *
 * Classes without rows are left out of the fit and never predicted. Fitting runs L-BFGS on preconditioned variables
 * (logistic_scale.c), first on a seventh of the rows where there are many, to begin the passes over all of them
 * near the end. What is kept is one affine map of the bare features: score, file and fit know nothing of scales.
 */
#include <base/alloc.h>
#include <base/error.h>
#include <math.h>
#include <math/gemm.h>
#include <math/lbfgs.h>
#include <model/learners.h>
#include <model/logistic_parts.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct logistic_fitted {
  lnti_fitted base;
  const float *weight; /* [n_classes,d] on bare features */
  const float *bias;   /* [n_classes] */
  float *own;          /* behind both where they are not the file's: [n_classes,d + 1]; NULL */
  float *packed;       /* [d + 1,lanes] weights and bias for the narrow kernels; NULL above LNTI_NARROW_MAX classes */
} logistic_fitted;

static const lnti_param params_table[] = {
    {"C", LNTI_PARAM_REAL, "0.02", 1e-9, 1e9, NULL,
     "Inverse strength of the L2 penalty; smaller values fit the training rows less closely; auto: the best of seven "
     "from 0.001 to 1."},
    {"class_weight", LNTI_PARAM_CHOICE, "none", 0, 0, "none|balanced",
     "balanced: rows of rare classes count for more, so that every class weighs the same."},
    {"max_iter", LNTI_PARAM_INT, "200", 1, 100000, NULL, "Most steps of the optimiser."},
    {"tol", LNTI_PARAM_REAL, "1e-4", 0, 1, NULL,
     "Stops when a step lowers the mean loss by less than this share; 0: when rounding allows no more."},
    {"standardise", LNTI_PARAM_BOOL, "true", 0, 1, NULL,
     "Brings every feature to mean 0 and deviation 1 before the penalty, so that it bears on all alike."},
    {NULL, LNTI_PARAM_INT, NULL, 0, 0, NULL, NULL},
};

static const char *const searched[] = {"C=0.001,0.003,0.01,0.03,0.1,0.3,1", NULL};

/* Logit of a class that had no rows. The logits of the others sum to 0, so that one of them is not below 0 and this
 * class is never predicted. */
#define ABSENT_LOGIT (-50.0F)

enum {
  COARSE_STEP = 7 /* every seventh row first: no period of labels is likely to have it */,
  COARSE_ROWS_MIN = 2048
};

/* ---- fitting ---- */

/* A fit in progress. */
typedef struct fit_state {
  const lnti_problem *problem;
  const lnti_context *context;
  lnti_logistic_scale scale;
  lnti_logistic_sums *sums;
  lnti_logistic_data data; /* all rows */
  int32_t *lane_of;        /* [n_classes]; -1 for a class without rows */
  double *lane_weight;     /* [k] */
  double *lane_rows;       /* [k] */
  size_t lanes;
  double ridge;     /* 1 / (C weight_sum) */
  float bias_scale; /* b = u_b * bias_scale */
  float *u;         /* [d + 1,lanes] the variables; the last row is the bias */
  float *v;         /* [d + 1,lanes] scratch: penalised weights and bias */
  float *w;         /* [d + 1,lanes] scratch: weights and bias on bare features */
} fit_state;

/* What the optimiser is given: the state, and which rows. */
typedef struct stage {
  fit_state *fit;
  const lnti_logistic_data *data;
} stage;

static void fit_clear(fit_state *fit) {
  free(fit->w);
  free(fit->v);
  free(fit->u);
  free(fit->lane_rows);
  free(fit->lane_weight);
  free(fit->lane_of);
  lnti_logistic_sums_free(fit->sums);
  lnti_logistic_scale_clear(&fit->scale);
}

/* Lanes of the classes that have rows, and their weights. */
static lnt_status assign_lanes(fit_state *fit, bool balanced, lnt_error *err) {
  const lnti_problem *problem = fit->problem;
  size_t k = 0, n = problem->x.n;
  lnt_status status = lnti_alloc_zero(&fit->lane_of, problem->n_classes, sizeof *fit->lane_of, err);
  if (status == LNT_OK) status = lnti_alloc_zero(&fit->lane_weight, problem->n_classes, sizeof(double), err);
  if (status == LNT_OK) status = lnti_alloc_zero(&fit->lane_rows, problem->n_classes, sizeof(double), err);
  if (status != LNT_OK) return status;
  for (size_t i = 0; i < n; i++) fit->lane_of[problem->label[i]] = 1;
  for (size_t c = 0; c < problem->n_classes; c++) fit->lane_of[c] = fit->lane_of[c] ? (int32_t)k++ : -1;
  for (size_t i = 0; i < n; i++) fit->lane_rows[fit->lane_of[problem->label[i]]] += 1;
  for (size_t lane = 0; lane < k; lane++)
    fit->lane_weight[lane] = balanced ? (double)n / ((double)k * fit->lane_rows[lane]) : 1;
  fit->lanes = lnti_lanes(k);
  fit->data = (lnti_logistic_data){problem->x, problem->label, 1, fit->lane_of, fit->lane_weight, (double)n, k};
  return LNT_OK;
}

/* From u to what the rows are multiplied with: v, then w on bare features, with the means in the bias. */
static void unfold(fit_state *fit, const float *u) {
  size_t d = fit->scale.d, lanes = fit->lanes;
  memcpy(fit->v, u, (d + 1) * lanes * sizeof *u);
  lnti_logistic_u_to_v(fit->v, &fit->scale, lanes);
  for (size_t c = 0; c < lanes; c++) fit->v[d * lanes + c] *= fit->bias_scale;
  for (size_t j = 0; j < d; j++)
    for (size_t c = 0; c < lanes; c++) fit->w[j * lanes + c] = fit->v[j * lanes + c] * fit->scale.inverse[j];
  for (size_t c = 0; c < lanes; c++) {
    double bias = (double)fit->v[d * lanes + c];
    for (size_t j = 0; j < d; j++) bias -= (double)fit->scale.mean[j] * (double)fit->w[j * lanes + c];
    fit->w[d * lanes + c] = (float)bias;
  }
}

/* |V|^2 / (2 C), as a share of the mean loss; unfold went before. */
static double penalty(const fit_state *fit) {
  double square = 0;
  for (size_t i = 0; i < fit->scale.d * fit->lanes; i++) square += (double)fit->v[i] * (double)fit->v[i];
  return square * fit->ridge / 2;
}

/* The objective, divided by the weight of the rows. */
static lnt_status objective(double *f_out, float *g_out, void *payload, const float *u, size_t n, lnt_error *err) {
  const stage *s = payload;
  fit_state *fit = s->fit;
  size_t d = fit->scale.d, lanes = fit->lanes;
  double loss = 0;
  (void)n;
  unfold(fit, u);
  lnt_status status =
      lnti_logistic_sums_run(&loss, g_out, fit->sums, s->data, fit->w, fit->w + d * lanes, fit->context, err);
  if (status != LNT_OK) return status;

  float unit = (float)(1 / s->data->weight_sum), ridge = (float)fit->ridge;
  float *g_bias = g_out + d * lanes;
  for (size_t j = 0; j < d; j++) {
    float mean = fit->scale.mean[j], inverse = fit->scale.inverse[j] * unit;
    float *g = g_out + j * lanes;
    for (size_t c = 0; c < lanes; c++) g[c] = (g[c] - mean * g_bias[c]) * inverse + ridge * fit->v[j * lanes + c];
  }
  for (size_t c = 0; c < lanes; c++) g_bias[c] *= unit * fit->bias_scale;
  lnti_logistic_gradient_to_u(g_out, &fit->scale, lanes);
  *f_out = loss / s->data->weight_sum + penalty(fit);
  return LNT_OK;
}

/* Where to begin: the warm start, or zero weights and the classes' shares. In u. */
static void start(fit_state *fit) {
  size_t d = fit->scale.d, lanes = fit->lanes, k = fit->data.k;
  const logistic_fitted *warm = (const logistic_fitted *)fit->problem->warm_start;
  float *bias = fit->u + d * lanes;
  memset(fit->u, 0, (d + 1) * lanes * sizeof *fit->u);
  for (size_t c = 0; c < fit->problem->n_classes; c++) {
    if (fit->lane_of[c] < 0) continue;
    size_t lane = (size_t)fit->lane_of[c];
    if (!warm || warm->bias[c] == ABSENT_LOGIT) {
      bias[lane] = (float)log(fit->lane_rows[lane] * fit->lane_weight[lane] / (double)fit->problem->x.n);
      continue;
    }
    double b = (double)warm->bias[c];
    for (size_t j = 0; j < d; j++) {
      float w = warm->weight[c * d + j];
      b += (double)fit->scale.mean[j] * (double)w; /* of a constant feature too, whose weight will be 0 */
      if (fit->scale.inverse[j] != 0) fit->u[j * lanes + lane] = w / fit->scale.inverse[j];
    }
    bias[lane] = (float)b;
  }
  float mean = 0;
  for (size_t c = 0; c < k; c++) mean += bias[c] / (float)k;
  for (size_t c = 0; c < k; c++) bias[c] = (bias[c] - mean) / fit->bias_scale;
  lnti_logistic_v_to_u(fit->u, &fit->scale, lanes);
}

/* Whether the Cholesky factor pays: making it takes about as long as d^2 / 4 n passes over the rows, and it saves some
 * tens of them. It takes 36 d^2 bytes, 150 MB at the cap. */
static bool worth_preconditioning(size_t n, size_t d) {
  return d <= 2048 && d * d <= 64 * n;
}

static lnt_status prepare_fit(fit_state *fit, const lnti_params *params, lnt_error *err) {
  const lnti_matrix *x = &fit->problem->x;
  lnt_status status = assign_lanes(fit, lnti_params_get(params, "class_weight") == 1, err);
  if (status == LNT_OK)
    status = lnti_logistic_scale_new(&fit->scale, x, lnti_params_get(params, "standardise") == 1, fit->context, err);
  if (status != LNT_OK) return status;

  /* The mean over classes and rows of p (1 - p) is about the curvature; at the start it is this. */
  double curvature = (1 - 1 / (double)fit->data.k) / (double)fit->data.k;
  fit->ridge = 1 / (lnti_params_get(params, "C") * fit->data.weight_sum);
  fit->bias_scale = 1;
  if (worth_preconditioning(x->n, x->d)) {
    fit->bias_scale = (float)(1 / sqrt(curvature));
    status = lnti_logistic_precondition(&fit->scale, x, curvature, fit->ridge + 1e-3 * curvature, fit->context, err);
  }
  size_t n_variables = (x->d + 1) * fit->lanes;
  if (status == LNT_OK) status = lnti_alloc_aligned(&fit->u, n_variables, sizeof(float), err);
  if (status == LNT_OK) status = lnti_alloc_aligned(&fit->v, n_variables, sizeof(float), err);
  if (status == LNT_OK) status = lnti_alloc_aligned(&fit->w, n_variables, sizeof(float), err);
  if (status == LNT_OK)
    status = lnti_logistic_sums_new(&fit->sums, x->n, x->d, fit->data.k, x->dtype, fit->context, err);
  if (status == LNT_OK) start(fit);
  return status;
}

/* Every COARSE_STEP-th row, as a view. */
static lnti_logistic_data coarse_data(const lnti_logistic_data *all) {
  lnti_logistic_data data = *all;
  data.x.n = (all->x.n - 1) / COARSE_STEP + 1;
  data.x.stride = all->x.stride * COARSE_STEP;
  data.label_step = COARSE_STEP;
  data.weight_sum = 0;
  for (size_t i = 0; i < data.x.n; i++) data.weight_sum += data.lane_weight[data.lane_of[data.label[i * COARSE_STEP]]];
  return data;
}

static lnt_status minimise(lnti_lbfgs_result *result, fit_state *fit, const lnti_logistic_data *data, unsigned max_iter,
                           double tol, lnt_error *err) {
  stage s = {fit, data};
  lnti_lbfgs_options options = LNTI_LBFGS_OPTIONS_INIT;
  options.iterations_max = max_iter;
  options.gradient_tolerance = tol > 0 ? 1e-6 : 0;
  options.decrease_tolerance = tol;
  return lnti_lbfgs_minimise(fit->u, result, objective, &s, (fit->scale.d + 1) * fit->lanes, &options, fit->context,
                             err);
}

/* Makes the logits of the k lanes sum to 0 for every row, which the softmax does not see: weights [d + 1,lanes]. The
 * optimum has that already, up to rounding. */
static void centre(float *w, size_t rows, size_t k, size_t lanes) {
  for (size_t j = 0; j < rows; j++) {
    double mean = 0;
    for (size_t c = 0; c < k; c++) mean += (double)w[j * lanes + c] / (double)k;
    for (size_t c = 0; c < k; c++) w[j * lanes + c] -= (float)mean;
  }
}

static lnt_status run_fit(lnti_fit_report *report, fit_state *fit, const lnti_params *params, lnt_error *err) {
  unsigned max_iter = (unsigned)lnti_params_get(params, "max_iter");
  double tol = lnti_params_get(params, "tol");
  lnti_lbfgs_result coarse = {0}, result = {0};
  lnt_status status = LNT_OK;
  if (fit->problem->x.n / COARSE_STEP >= COARSE_ROWS_MIN && !fit->problem->warm_start) {
    lnti_logistic_data data = coarse_data(&fit->data);
    status = minimise(&coarse, fit, &data, max_iter, tol, err);
  }
  if (status == LNT_OK) status = minimise(&result, fit, &fit->data, max_iter, tol, err);
  if (status != LNT_OK) return status;
  unfold(fit, fit->u);
  centre(fit->w, fit->scale.d + 1, fit->data.k, fit->lanes);
  *report = (lnti_fit_report){.iterations = result.iterations, .loss = result.f - penalty(fit)};
  if (result.stop == LNTI_LBFGS_ITERATIONS)
    snprintf(report->note, sizeof report->note, "stopped at %u iterations before converging: raise max_iter or tol",
             result.iterations);
  lnti_log_printf(fit->context->log, LNTI_LOG_DEBUG,
                  "logistic: %u iterations on a part of the rows, %u iterations and %u passes over all, loss %.6f",
                  coarse.iterations, result.iterations, result.evaluations, report->loss);
  return LNT_OK;
}

/* ---- the fitted model ---- */

static void logistic_free(lnti_fitted *fitted) {
  logistic_fitted *logistic = (logistic_fitted *)fitted;
  free(logistic->packed);
  free(logistic->own);
  free(logistic);
}

/* The weights once more, as the narrow kernels take them. */
static lnt_status pack(logistic_fitted *logistic, lnt_error *err) {
  size_t d = logistic->base.d, k = logistic->base.n_classes, lanes = lnti_lanes(k);
  if (k > LNTI_NARROW_MAX) return LNT_OK;
  lnt_status status = lnti_alloc_aligned(&logistic->packed, d + 1, lanes * sizeof(float), err);
  if (status != LNT_OK) return status;
  memset(logistic->packed, 0, (d + 1) * lanes * sizeof(float));
  for (size_t c = 0; c < k; c++) {
    for (size_t j = 0; j < d; j++) logistic->packed[j * lanes + c] = logistic->weight[c * d + j];
    logistic->packed[d * lanes + c] = logistic->bias[c];
  }
  return LNT_OK;
}

/* Takes the weights out of a finished fit. */
static lnt_status keep(logistic_fitted *logistic, const fit_state *fit, lnt_error *err) {
  size_t d = logistic->base.d, n_classes = logistic->base.n_classes, lanes = fit->lanes;
  lnt_status status = lnti_alloc_zero(&logistic->own, n_classes, (d + 1) * sizeof(float), err);
  if (status != LNT_OK) return status;
  float *weight = logistic->own, *bias = weight + n_classes * d;
  for (size_t c = 0; c < n_classes; c++) {
    int32_t lane = fit->lane_of[c];
    bias[c] = lane < 0 ? ABSENT_LOGIT : fit->w[d * lanes + (size_t)lane];
    for (size_t j = 0; j < d && lane >= 0; j++) weight[c * d + j] = fit->w[j * lanes + (size_t)lane];
  }
  logistic->weight = weight;
  logistic->bias = bias;
  return pack(logistic, err);
}

static lnt_status logistic_fit(lnti_fitted **out, lnti_fit_report *report_out, const lnti_problem *problem,
                               const lnti_params *params, const lnti_context *context, lnt_error *err) {
  fit_state fit = {.problem = problem, .context = context};
  logistic_fitted *logistic = NULL;
  lnti_fit_report report;
  lnt_status status = lnti_learner_check(&lnti_learner_logistic, problem, err);
  if (status == LNT_OK && problem->warm_start && problem->warm_start->learner != &lnti_learner_logistic)
    status = lnti_fail(err, LNT_EINVAL, "a %s model is no start for logistic", problem->warm_start->learner->name);
  if (status == LNT_OK) status = lnti_matrix_check_finite(&problem->x, context, err);
  if (status == LNT_OK) status = prepare_fit(&fit, params, err);
  if (status == LNT_OK) status = run_fit(&report, &fit, params, err);
  if (status == LNT_OK) status = lnti_alloc_zero(&logistic, 1, sizeof *logistic, err);
  if (status == LNT_OK) {
    lnti_fitted_begin(&logistic->base, &lnti_learner_logistic, params, problem->x.d, problem->n_classes,
                      problem->x.dtype);
    status = keep(logistic, &fit, err);
  }
  if (status == LNT_OK) {
    *report_out = report;
    *out = &logistic->base;
  } else if (logistic) {
    logistic_free(&logistic->base);
  }
  fit_clear(&fit);
  return status;
}

/* ---- scoring ---- */

/* Scoring in blocks of rows; each worker has its own f32 copy of a block and its logits. */
typedef struct scoring {
  const logistic_fitted *logistic;
  const lnti_matrix *x;
  float *score; /* [n,n_classes] */
  float *block; /* [workers,block_rows,d] where x is u8; NULL */
  float *z;     /* [workers,block_rows,lanes]; NULL above LNTI_NARROW_MAX classes */
  size_t block_rows;
  lnt_cpu_level cpu;
} scoring;

static lnt_status score_block(void *payload, size_t begin, size_t end, unsigned worker, lnt_error *err) {
  const scoring *s = payload;
  const lnti_fitted *base = &s->logistic->base;
  size_t d = base->d, k = base->n_classes, lanes = lnti_lanes(k), n = end - begin;
  const float *x = s->block ? s->block + worker * s->block_rows * d : lnti_matrix_row(s->x, begin);
  float *z = s->z + worker * s->block_rows * lanes;
  (void)err;
  if (s->block) lnti_matrix_to_f32(s->block + worker * s->block_rows * d, s->x, begin, end);
  lnti_narrow_forward(z, x, s->block ? d : s->x->stride, s->logistic->packed, s->logistic->packed + d * lanes, n, d,
                      lanes, s->cpu);
  for (size_t i = 0; i < n; i++) memcpy(s->score + (begin + i) * k, z + i * lanes, k * sizeof(float));
  return LNT_OK;
}

/* Many classes: OpenBLAS, block after block of rows, each over all threads. */
static lnt_status score_wide(const scoring *s, const lnti_context *context, lnt_error *err) {
  const logistic_fitted *logistic = s->logistic;
  size_t d = logistic->base.d, k = logistic->base.n_classes;
  for (size_t begin = 0; begin < s->x->n; begin += s->block_rows) {
    size_t n = s->x->n - begin < s->block_rows ? s->x->n - begin : s->block_rows;
    const float *x = s->block ? s->block : lnti_matrix_row(s->x, begin);
    float *z = s->score + begin * k;
    if (s->block) lnti_matrix_to_f32(s->block, s->x, begin, begin + n);
    lnt_status status = lnti_gemm_nt(z, k, x, s->block ? d : s->x->stride, logistic->weight, d, n, k, d, context, err);
    if (status != LNT_OK) return status;
    for (size_t i = 0; i < n; i++)
      for (size_t c = 0; c < k; c++) z[i * k + c] += logistic->bias[c];
  }
  return LNT_OK;
}

static lnt_status logistic_score(float *score_out, const lnti_fitted *fitted, const lnti_matrix *x,
                                 const lnti_context *context, lnt_error *err) {
  const logistic_fitted *logistic = (const logistic_fitted *)fitted;
  lnt_status status = lnti_fitted_check(fitted, x, err);
  if (status != LNT_OK || x->n == 0) return status;
  bool wide = !logistic->packed;
  scoring s = {.logistic = logistic, .x = x, .score = score_out, .cpu = context->cpu};
  s.block_rows = wide ? 1024 : lnti_logistic_block_rows(fitted->d);
  if (s.block_rows > x->n) s.block_rows = x->n;
  size_t workers = wide ? 1 : lnti_pool_size(context->pool);
  if (x->dtype != LNTI_F32)
    status = lnti_alloc_aligned(&s.block, workers * s.block_rows, fitted->d * sizeof(float), err);
  if (status == LNT_OK && !wide)
    status = lnti_alloc_aligned(&s.z, workers * s.block_rows, lnti_lanes(fitted->n_classes) * sizeof(float), err);
  if (status == LNT_OK)
    status = wide ? score_wide(&s, context, err)
                  : lnti_pool_for(context->pool, x->n, s.block_rows, score_block, &s, context->cancel, err);
  free(s.z);
  free(s.block);
  return status;
}

/* ---- the model file ---- */

static lnt_status logistic_save(const lnti_fitted *fitted, lnti_lnt_writer *file, lnt_error *err) {
  const logistic_fitted *logistic = (const logistic_fitted *)fitted;
  size_t shape[2] = {fitted->n_classes, fitted->d};
  lnt_status status = lnti_lnt_put_tensor(file, "weight", LNTI_F32, shape, 2, logistic->weight, err);
  if (status != LNT_OK) return status;
  return lnti_lnt_put_tensor(file, "bias", LNTI_F32, shape, 1, logistic->bias, err);
}

static lnt_status logistic_load(lnti_fitted **out, const lnti_params *params, size_t d, size_t n_classes,
                                lnti_dtype dtype, const lnti_lnt_reader *file, const lnti_context *context,
                                lnt_error *err) {
  logistic_fitted *logistic = NULL;
  const void *weight = NULL, *bias = NULL;
  size_t shape[2] = {n_classes, d};
  (void)context;
  lnt_status status = lnti_lnt_get_tensor(&weight, shape, 2, file, "weight", LNTI_F32, err);
  if (status == LNT_OK) status = lnti_lnt_get_tensor(&bias, shape, 1, file, "bias", LNTI_F32, err);
  if (status == LNT_OK) status = lnti_tensor_check_finite(weight, n_classes * d, "weight", file, err);
  if (status == LNT_OK) status = lnti_tensor_check_finite(bias, n_classes, "bias", file, err);
  if (status == LNT_OK) status = lnti_alloc_zero(&logistic, 1, sizeof *logistic, err);
  if (status != LNT_OK) return status;
  lnti_fitted_begin(&logistic->base, &lnti_learner_logistic, params, d, n_classes, dtype);
  logistic->weight = weight;
  logistic->bias = bias;
  status = pack(logistic, err);
  if (status != LNT_OK) {
    logistic_free(&logistic->base);
    return status;
  }
  *out = &logistic->base;
  return LNT_OK;
}

const lnti_learner lnti_learner_logistic = {
    .name = "logistic",
    .title = "Logistic regression",
    .help = "A strong, fast baseline: one weight for each feature and class; good on hog and on embeddings.",
    .source =
        "Boehning, Multinomial logistic regression algorithm, Ann. Inst. Stat. Math. 44, 1992; Liu and Nocedal, "
        "On the limited memory BFGS method, Math. Programming 45, 1989",
    .params = params_table,
    .tasks = LNTI_TAKES(LNTI_MULTICLASS),
    .searched = searched,
    .takes_warm_start = true,
    .fit = logistic_fit,
    .score = logistic_score,
    .score_left_out = NULL,
    .save = logistic_save,
    .load = logistic_load,
    .free = logistic_free,
};
