/*
 * Logistic regression, two classes and more in one: softmax of an affine map, L2 on its weights.
 *
 *   minimise  sum_i a_i (log sum_c exp z_ic - z_i,label)  +  |V|^2 / (2 C),    z = b + V^T ((x - mean) / scale)
 *
 * over V [d,k] and b [k]; b is not penalised, a_i is the class weight of row i, mean and scale are those of
 * logistic_scale.c. Two classes are two lanes of the same: at the minimum V_0 = -V_1, so that the penalty on the
 * difference w = V_1 - V_0 is |w|^2 / (4 C); a solver of one sigmoid with |w|^2 / (2 C') agrees at C' = 2 C.
 *
 * Labels are a sigmoid each, all in one fit:
 *
 *   minimise  sum_ic a_ic (log(1 + exp z_ic) - y_ic z_ic)  +  |V|^2 / (2 C)
 *
 * over what is known of row i and label c. What is unknown adds nothing. As scikit-learn's LogisticRegression at the same
 * C for each label by itself, on the rows where it is known.
 *
 * Classes without rows, and labels without rows of both kinds, are left out of the fit and never predicted. Fitting runs L-BFGS on preconditioned variables
 * (logistic_scale.c), first on a seventh of the rows where there are many, to begin the passes over all of them
 * near the end. What is kept is one affine map of the bare features: score, file and fit know nothing of scales.
 */
#include <base/alloc.h>
#include <base/error.h>
#include <math.h>
#include <math/gemm.h>
#include <math/lbfgs.h>
#include <model/learners.h>
#include <model/logistic_tree.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
  int32_t *label_of;       /* [k] the class of a lane */
  double *lane_weight;     /* [k] */
  double *lane_rows;       /* [k] of its class; of labels: with yes */
  double *no_weight;       /* [k] of labels */
  double *no_rows;         /* [k] of labels: with no */
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
  free(fit->no_rows);
  free(fit->no_weight);
  free(fit->lane_rows);
  free(fit->lane_weight);
  free(fit->label_of);
  free(fit->lane_of);
  lnti_logistic_sums_free(fit->sums);
  lnti_logistic_scale_clear(&fit->scale);
}

/* Lanes of the classes that have rows, and their weights. */
static void assign_class_lanes(fit_state *fit, bool balanced) {
  const lnti_problem *problem = fit->problem;
  const double *weight = problem->weight;
  size_t k = 0, n = problem->x.n;
  double sum = 0;
  for (size_t i = 0; i < n; i++) fit->lane_of[problem->label[i]] = 1;
  for (size_t c = 0; c < problem->n_classes; c++) {
    if (fit->lane_of[c]) fit->label_of[k] = (int32_t)c;
    fit->lane_of[c] = fit->lane_of[c] ? (int32_t)k++ : -1;
  }
  for (size_t i = 0; i < n; i++) fit->lane_rows[fit->lane_of[problem->label[i]]] += 1;
  for (size_t lane = 0; lane < k; lane++) {
    fit->lane_weight[lane] = balanced ? (double)n / ((double)k * fit->lane_rows[lane]) : 1;
    if (weight) fit->lane_weight[lane] *= weight[fit->label_of[lane]];
    sum += fit->lane_rows[lane] * fit->lane_weight[lane];
  }
  fit->data = (lnti_logistic_data){.x = problem->x,
                                   .label = problem->label,
                                   .label_step = 1,
                                   .lane_of = fit->lane_of,
                                   .lane_weight = fit->lane_weight,
                                   .weight_sum = weight ? sum : (double)n,
                                   .k = k};
}

/* The share of each lane among the rows that bear on it, by their weights: of labels, of yes. */
static double share(const fit_state *fit, size_t lane) {
  double yes = fit->lane_rows[lane] * fit->lane_weight[lane];
  if (!fit->data.truth) return yes / fit->data.weight_sum;
  return yes / (yes + fit->no_rows[lane] * fit->no_weight[lane]);
}

/* Lanes of the labels that have rows of both kinds, and the weights of either. */
static void assign_label_lanes(fit_state *fit, bool balanced) {
  const lnti_problem *problem = fit->problem;
  size_t k = 0, n = problem->x.n, n_labels = problem->n_classes;
  double sum = 0;
  for (size_t i = 0; i < n; i++)
    for (size_t c = 0; c < n_labels; c++) {
      int8_t y = problem->truth[i * n_labels + c];
      if (y >= 0) (y ? fit->lane_rows : fit->no_rows)[c] += 1;
    }
  for (size_t c = 0; c < n_labels; c++) {
    double yes = fit->lane_rows[c], no = fit->no_rows[c];
    fit->lane_of[c] = yes > 0 && no > 0 ? (int32_t)k : -1;
    if (fit->lane_of[c] < 0) continue;
    fit->label_of[k] = (int32_t)c;
    fit->lane_rows[k] = yes;
    fit->no_rows[k] = no;
    fit->lane_weight[k] = (balanced ? (yes + no) / (2 * yes) : 1) * (problem->weight ? problem->weight[c] : 1);
    fit->no_weight[k] = balanced ? (yes + no) / (2 * no) : 1;
    sum += yes * fit->lane_weight[k] + no * fit->no_weight[k];
    k++;
  }
  fit->data = (lnti_logistic_data){.x = problem->x,
                                   .label_step = 1,
                                   .lane_of = fit->lane_of,
                                   .lane_weight = fit->lane_weight,
                                   .weight_sum = sum / (double)k,
                                   .k = k,
                                   .truth = problem->truth,
                                   .n_labels = n_labels,
                                   .label_of = fit->label_of,
                                   .no_weight = fit->no_weight};
}

static lnt_status assign_lanes(fit_state *fit, bool balanced, lnt_error *err) {
  const lnti_problem *problem = fit->problem;
  size_t k = problem->n_classes;
  lnt_status status = lnti_alloc_zero(&fit->lane_of, k, sizeof *fit->lane_of, err);
  if (status == LNT_OK) status = lnti_alloc_zero(&fit->label_of, k, sizeof *fit->label_of, err);
  if (status == LNT_OK) status = lnti_alloc_zero(&fit->lane_weight, k, sizeof(double), err);
  if (status == LNT_OK) status = lnti_alloc_zero(&fit->lane_rows, k, sizeof(double), err);
  if (status == LNT_OK) status = lnti_alloc_zero(&fit->no_weight, k, sizeof(double), err);
  if (status == LNT_OK) status = lnti_alloc_zero(&fit->no_rows, k, sizeof(double), err);
  if (status != LNT_OK) return status;
  if (problem->task == LNTI_MULTILABEL)
    assign_label_lanes(fit, balanced);
  else
    assign_class_lanes(fit, balanced);
  fit->lanes = lnti_lanes(fit->data.k);
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
  const lnti_logistic_fitted *warm = (const lnti_logistic_fitted *)fit->problem->warm_start;
  float *bias = fit->u + d * lanes;
  memset(fit->u, 0, (d + 1) * lanes * sizeof *fit->u);
  for (size_t c = 0; c < fit->problem->n_classes; c++) {
    if (fit->lane_of[c] < 0) continue;
    size_t lane = (size_t)fit->lane_of[c];
    if (!warm || warm->bias[c] == LNTI_LOGISTIC_ABSENT) {
      double p = share(fit, lane);
      bias[lane] = (float)log(fit->data.truth ? p / (1 - p) : p);
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
  for (size_t c = 0; c < k && !fit->data.truth; c++) mean += bias[c] / (float)k;
  for (size_t c = 0; c < k; c++) bias[c] = (bias[c] - mean) / fit->bias_scale;
  lnti_logistic_v_to_u(fit->u, &fit->scale, lanes);
}

/* Whether the Cholesky factor pays: making it takes about as long as d^2 / 4 n passes over the rows, and it saves some
 * tens of them. It takes 36 d^2 bytes, 150 MB at the cap. */
static bool worth_preconditioning(size_t n, size_t d) {
  return d <= 2048 && d * d <= 64 * n;
}

/* The mean over classes and rows of p (1 - p) at the start. */
static double mean_curvature(const fit_state *fit) {
  double k = (double)fit->data.k, sum = 0;
  if (!fit->data.truth) return (1 - 1 / k) / k;
  for (size_t c = 0; c < fit->data.k; c++) sum += share(fit, c) * (1 - share(fit, c));
  return sum / k;
}

static lnt_status prepare_fit(fit_state *fit, const lnti_params *params, lnt_error *err) {
  const lnti_matrix *x = &fit->problem->x;
  lnt_status status = assign_lanes(fit, lnti_params_get(params, "class_weight") == 1, err);
  if (status == LNT_OK)
    status = lnti_logistic_scale_new(&fit->scale, x, lnti_params_get(params, "standardise") == 1, fit->context, err);
  if (status != LNT_OK) return status;

  double curvature = mean_curvature(fit);
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

/* Weight of what is known in the rows of `data`, over k; 0 where a label lacks rows of one kind there. */
static double known_weight(const lnti_logistic_data *data, bool *seen) {
  double sum = 0;
  size_t k = data->k;
  memset(seen, 0, 2 * k * sizeof *seen);
  for (size_t i = 0; i < data->x.n; i++)
    for (size_t c = 0; c < k; c++) {
      int8_t y = data->truth[i * data->label_step * data->n_labels + (size_t)data->label_of[c]];
      if (y < 0) continue;
      seen[2 * c + (size_t)y] = true;
      sum += y ? data->lane_weight[c] : data->no_weight[c];
    }
  for (size_t c = 0; c < 2 * k; c++)
    if (!seen[c]) return 0;
  return sum / (double)k;
}

/* Every COARSE_STEP-th row, as a view; its weight_sum is 0 where these are no good to begin with. */
static lnt_status coarse_data(lnti_logistic_data *out, const lnti_logistic_data *all, lnt_error *err) {
  lnti_logistic_data data = *all;
  data.x.n = (all->x.n - 1) / COARSE_STEP + 1;
  data.x.stride = all->x.stride * COARSE_STEP;
  data.label_step = COARSE_STEP;
  data.weight_sum = 0;
  if (all->truth) {
    bool *seen = NULL; /* [k,2] */
    lnt_status status = lnti_alloc(&seen, all->k, 2 * sizeof *seen, err);
    if (status != LNT_OK) return status;
    data.weight_sum = known_weight(&data, seen);
    free(seen);
  } else {
    for (size_t i = 0; i < data.x.n; i++)
      data.weight_sum += data.lane_weight[data.lane_of[data.label[i * COARSE_STEP]]];
  }
  *out = data;
  return LNT_OK;
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

static void write_note(lnti_fit_report *report, const fit_state *fit, bool stopped) {
  size_t at = 0, room = sizeof report->note, unlearned = fit->problem->n_classes - fit->data.k;
  if (stopped)
    at = (size_t)snprintf(report->note, room, "stopped at %u iterations before converging: raise max_iter or tol",
                          report->iterations);
  if (fit->data.truth && unlearned)
    snprintf(report->note + at, room - at, "%s%zu of %zu labels lack rows with yes or rows with no: never predicted",
             at ? "; " : "", unlearned, fit->problem->n_classes);
}

static lnt_status run_fit(lnti_fit_report *report, fit_state *fit, const lnti_params *params, lnt_error *err) {
  unsigned max_iter = (unsigned)lnti_params_get(params, "max_iter");
  double tol = lnti_params_get(params, "tol");
  lnti_lbfgs_result coarse = {0}, result = {0};
  lnt_status status = LNT_OK;
  if (fit->problem->x.n / COARSE_STEP >= COARSE_ROWS_MIN && !fit->problem->warm_start) {
    lnti_logistic_data data;
    status = coarse_data(&data, &fit->data, err);
    if (status == LNT_OK && data.weight_sum > 0) status = minimise(&coarse, fit, &data, max_iter, tol, err);
  }
  if (status == LNT_OK) status = minimise(&result, fit, &fit->data, max_iter, tol, err);
  if (status != LNT_OK) return status;
  unfold(fit, fit->u);
  bool labels = fit->data.truth != NULL;
  if (!labels) centre(fit->w, fit->scale.d + 1, fit->data.k, fit->lanes);
  double loss = result.f - penalty(fit);
  *report = (lnti_fit_report){.iterations = result.iterations, .loss = labels ? loss / (double)fit->data.k : loss};
  write_note(report, fit, result.stop == LNTI_LBFGS_ITERATIONS);
  lnti_log_printf(fit->context->log, LNTI_LOG_DEBUG,
                  "logistic: %u iterations on a part of the rows, %u iterations and %u passes over all, loss %.6f",
                  coarse.iterations, result.iterations, result.evaluations, report->loss);
  return LNT_OK;
}

/* Classes or labels, in one fit. */
static lnt_status fit_flat(lnti_logistic_fitted *logistic, lnti_fit_report *report, const lnti_problem *problem,
                           const lnti_context *context, lnt_error *err) {
  fit_state fit = {.problem = problem, .context = context};
  const lnti_params *params = &logistic->base.params;
  lnt_status status = prepare_fit(&fit, params, err);
  if (status == LNT_OK) status = run_fit(report, &fit, params, err);
  if (status == LNT_OK) status = lnti_logistic_keep(logistic, fit.w, fit.lane_of, fit.lanes, err);
  fit_clear(&fit);
  return status;
}

/* A fit for each choice of the tree. */
static lnt_status fit_tree(lnti_logistic_fitted *logistic, lnti_fit_report *report, const lnti_problem *problem,
                           const lnti_context *context, lnt_error *err) {
  const lnti_logistic_fitted *warm = (const lnti_logistic_fitted *)problem->warm_start;
  lnt_status status = lnti_logistic_tree_new(&logistic->tree, problem->tree, err);
  if (status != LNT_OK) return status;
  logistic->n_outputs = lnti_logistic_tree_outputs(logistic->tree);
  if (warm && warm->n_outputs != logistic->n_outputs) warm = NULL; /* another tree */
  status = lnti_alloc_zero(&logistic->own, logistic->n_outputs, (problem->x.d + 1) * sizeof(float), err);
  if (status == LNT_OK)
    status = lnti_logistic_tree_fit(logistic->own, report, logistic->tree, problem, &logistic->base.params, warm,
                                    context, err);
  return status == LNT_OK ? lnti_logistic_finish(logistic, err) : status;
}

static lnt_status logistic_fit(lnti_fitted **out, lnti_fit_report *report_out, const lnti_problem *problem,
                               const lnti_params *params, const lnti_context *context, lnt_error *err) {
  lnti_logistic_fitted *logistic = NULL;
  lnti_fit_report report;
  lnt_status status = lnti_learner_check(&lnti_learner_logistic, problem, err);
  if (status == LNT_OK && problem->warm_start && problem->warm_start->learner != &lnti_learner_logistic)
    status = lnti_fail(err, LNT_EINVAL, "a %s model is no start for logistic", problem->warm_start->learner->name);
  if (status == LNT_OK) status = lnti_matrix_check_finite(&problem->x, context, err);
  if (status == LNT_OK) status = lnti_alloc_zero(&logistic, 1, sizeof *logistic, err);
  if (status != LNT_OK) return status;
  lnti_fitted_begin(&logistic->base, &lnti_learner_logistic, problem, params);
  status = problem->task == LNTI_HIERARCHICAL ? fit_tree(logistic, &report, problem, context, err)
                                              : fit_flat(logistic, &report, problem, context, err);
  if (status == LNT_OK) {
    *report_out = report;
    *out = &logistic->base;
  } else {
    lnti_logistic_free(&logistic->base);
  }
  return status;
}

const lnti_learner lnti_learner_logistic = {
    .name = "logistic",
    .title = "Logistic regression",
    .help = "A strong, fast baseline: one weight for each feature and class; good on hog and on embeddings.",
    .source =
        "Boehning, Multinomial logistic regression algorithm, Ann. Inst. Stat. Math. 44, 1992; Liu and Nocedal, "
        "On the limited memory BFGS method, Math. Programming 45, 1989",
    .params = params_table,
    .tasks = LNTI_TAKES(LNTI_MULTICLASS) | LNTI_TAKES(LNTI_MULTILABEL) | LNTI_TAKES(LNTI_HIERARCHICAL),
    .takes_weights = true,
    .searched = searched,
    .takes_warm_start = true,
    .fit = logistic_fit,
    .score = lnti_logistic_score,
    .score_left_out = NULL,
    .save = lnti_logistic_save,
    .load = lnti_logistic_load,
    .free = lnti_logistic_free,
};
