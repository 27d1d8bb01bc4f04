/*
 * Nearest class mean: an image is of the class whose mean vector it is nearest to.
 * Source: Mensink, Verbeek, Perronnin and Csurka, "Distance-Based Image Classification: Generalizing to New Classes at
 * Near-Zero Cost", IEEE TPAMI 35, 2013; the cosine form as in Rocchio, "Relevance feedback in information retrieval", 1971.
 *
 *   euclidean:  score_c = STEEPNESS * (|x - o|^2 - |x - m_c|^2) / s^2,   o the mean of all means, s^2 the mean of
 *               |x_i - m_label(i)|^2 over the training rows: a row of average spread has steps of the order of STEEPNESS
 *   cosine:     score_c = COSINE_STEEPNESS * <x, m_c> / (|x| |m_c|),   m_c the mean of the rows brought to length 1
 *
 * Both are an affine map of x (the first term of the euclidean form only cancels |x|^2), so that is what is kept. A class
 * without rows scores below all others of its row, whatever x is.
 */
#include <base/alloc.h>
#include <base/error.h>
#include <math.h>
#include <math/gemm.h>
#include <model/learners.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = 1024 /* at a time, to bound the copy as f32 */ };

static const double STEEPNESS = 10, COSINE_STEEPNESS = 20;
/* How far a class without rows lies below. */
static const float ABSENT_BELOW = 50;

typedef struct centroid_fitted {
  lnti_fitted base;
  const float *weight;  /* [n_classes,d] */
  const float *bias;    /* [n_classes] */
  const int32_t *count; /* [n_classes] training rows */
  float *own;           /* behind the first two where they are not the file's: [n_classes,d + 1]; NULL */
  int32_t *own_count;
} centroid_fitted;

static const lnti_param params_table[] = {
    {"metric", LNTI_PARAM_CHOICE, "cosine", 0, 0, "euclidean|cosine",
     "Distance: euclidean, or cosine, which looks at the direction of the vectors alone."},
    {NULL, LNTI_PARAM_INT, NULL, 0, 0, NULL, NULL},
};

static bool is_cosine(const lnti_params *params) {
  return lnti_params_get(params, "metric") != 0;
}

static void centroid_free(lnti_fitted *fitted) {
  centroid_fitted *c = (centroid_fitted *)fitted;
  free(c->own);
  free(c->own_count);
  free(c);
}

/* ---- fitting ---- */

typedef struct sums {
  double *mean;   /* [k,d] sums, then means */
  double *origin; /* [d] mean of the means */
  float *rows;    /* [ROWS,d] */
  double spread;  /* mean squared distance of a row from its class's mean */
} sums;

static void clear_sums(sums *s) {
  free(s->mean);
  free(s->origin);
  free(s->rows);
}

static double squared(const float *x, size_t d) {
  double sum = 0;
  for (size_t j = 0; j < d; j++) sum += (double)x[j] * (double)x[j];
  return sum;
}

/* Adds the rows to their classes' sums, of length 1 each where only directions count. */
static void add_rows(sums *s, const int32_t *label, size_t n, size_t d, bool cosine) {
  for (size_t i = 0; i < n; i++) {
    const float *x = s->rows + i * d;
    double *mean = s->mean + (size_t)label[i] * d, norm = cosine ? sqrt(squared(x, d)) : 1;
    if (norm == 0) continue;
    for (size_t j = 0; j < d; j++) mean[j] += (double)x[j] / norm;
  }
}

static void divide(sums *s, const int32_t *count, size_t k, size_t d) {
  size_t n = 0;
  for (size_t c = 0; c < k; c++) {
    if (count[c] == 0) continue;
    n++;
    for (size_t j = 0; j < d; j++) {
      s->mean[c * d + j] /= count[c];
      s->origin[j] += s->mean[c * d + j];
    }
  }
  for (size_t j = 0; j < d; j++) s->origin[j] /= (double)n;
}

static void add_spread(sums *s, const int32_t *label, size_t n, size_t d) {
  for (size_t i = 0; i < n; i++) {
    const float *x = s->rows + i * d;
    const double *mean = s->mean + (size_t)label[i] * d;
    for (size_t j = 0; j < d; j++) {
      double away = (double)x[j] - mean[j];
      s->spread += away * away;
    }
  }
}

/* From means to the map. */
static void keep_cosine(centroid_fitted *c, const sums *s) {
  size_t d = c->base.d;
  for (size_t i = 0; i < c->base.n_classes; i++) {
    const double *mean = s->mean + i * d;
    double norm = 0;
    for (size_t j = 0; j < d; j++) norm += mean[j] * mean[j];
    norm = sqrt(norm);
    for (size_t j = 0; j < d; j++) c->own[i * d + j] = norm > 0 ? (float)(COSINE_STEEPNESS * mean[j] / norm) : 0;
  }
}

static void keep_euclidean(centroid_fitted *c, const sums *s) {
  size_t d = c->base.d, k = c->base.n_classes;
  double steep = STEEPNESS / (s->spread > 0 ? s->spread : 1);
  for (size_t i = 0; i < k; i++) {
    const double *mean = s->mean + i * d;
    double bias = 0;
    for (size_t j = 0; j < d; j++) {
      double away = mean[j] - s->origin[j];
      /* |x - o|^2 - |x - m|^2 = 2 <x - o, m - o> - |m - o|^2 */
      c->own[i * d + j] = (float)(2 * steep * away);
      bias -= steep * (away * away + 2 * s->origin[j] * away);
    }
    c->own[k * d + i] = (float)bias;
  }
}

static lnt_status fit_means(centroid_fitted *c, const lnti_problem *problem, const lnti_context *context,
                            lnt_error *err) {
  sums s = {0};
  size_t n = problem->x.n, d = problem->x.d, k = problem->n_classes;
  bool cosine = is_cosine(&c->base.params);
  lnt_status status = lnti_alloc_zero(&s.mean, k, d * sizeof *s.mean, err);
  if (status == LNT_OK) status = lnti_alloc_zero(&s.origin, d, sizeof *s.origin, err);
  if (status == LNT_OK) status = lnti_alloc(&s.rows, ROWS, d * sizeof *s.rows, err);
  for (size_t i = 0; i < n && status == LNT_OK; i++) c->own_count[problem->label[i]]++;
  /* Once for the means, and where distances count once more for how far the rows lie from them. */
  for (int pass = 0; pass < (cosine ? 1 : 2) && status == LNT_OK; pass++) {
    for (size_t begin = 0; begin < n && status == LNT_OK; begin += ROWS) {
      size_t end = n - begin < ROWS ? n : begin + ROWS;
      status = lnti_cancel_check(context->cancel, err);
      if (status != LNT_OK) break;
      lnti_matrix_to_f32(s.rows, &problem->x, begin, end);
      if (pass == 0)
        add_rows(&s, problem->label + begin, end - begin, d, cosine);
      else
        add_spread(&s, problem->label + begin, end - begin, d);
    }
    if (pass == 0 && status == LNT_OK) divide(&s, c->own_count, k, d);
  }
  s.spread /= (double)n;
  if (status == LNT_OK && cosine) keep_cosine(c, &s);
  if (status == LNT_OK && !cosine) keep_euclidean(c, &s);
  if (status == LNT_OK && !lnti_all_finite(c->own, k * (d + 1)))
    status = lnti_fail(err, LNT_EDATA, "the values are too large: distances between them overflow");
  clear_sums(&s);
  return status;
}

static lnt_status centroid_fit(lnti_fitted **out, lnti_fit_report *report_out, const lnti_problem *problem,
                               const lnti_params *params, const lnti_context *context, lnt_error *err) {
  centroid_fitted *c = NULL;
  size_t d = problem->x.d, k = problem->n_classes;
  lnt_status status = lnti_learner_check(&lnti_learner_centroid, problem, err);
  if (status == LNT_OK) status = lnti_matrix_check_finite(&problem->x, context, err);
  if (status == LNT_OK && problem->x.n > INT32_MAX)
    status = lnti_fail(err, LNT_EINVAL, "%zu rows; %d are the most", problem->x.n, INT32_MAX);
  if (status == LNT_OK) status = lnti_alloc_zero(&c, 1, sizeof *c, err);
  if (status != LNT_OK) return status;
  lnti_fitted_begin(&c->base, &lnti_learner_centroid, problem, params);
  status = lnti_alloc_zero(&c->own, k, (d + 1) * sizeof *c->own, err);
  if (status == LNT_OK) status = lnti_alloc_zero(&c->own_count, k, sizeof *c->own_count, err);
  if (status == LNT_OK) status = fit_means(c, problem, context, err);
  if (status != LNT_OK) {
    centroid_free(&c->base);
    return status;
  }
  c->weight = c->own;
  c->bias = c->own + k * d;
  c->count = c->own_count;
  *report_out = (lnti_fit_report){.loss = NAN};
  *out = &c->base;
  return LNT_OK;
}

/* ---- scoring ---- */

static void finish_row(float *score, const centroid_fitted *c, const float *x) {
  size_t k = c->base.n_classes;
  double norm = is_cosine(&c->base.params) ? sqrt(squared(x, c->base.d)) : 1;
  float least = INFINITY;
  for (size_t i = 0; i < k; i++) {
    score[i] = norm > 0 ? (float)((double)score[i] / norm) + c->bias[i] : 0;
    if (c->count[i] > 0 && score[i] < least) least = score[i];
  }
  for (size_t i = 0; i < k; i++) {
    if (c->count[i] == 0) score[i] = least - ABSENT_BELOW;
  }
}

static lnt_status centroid_score(float *score_out, const lnti_fitted *fitted, const lnti_matrix *x,
                                 const lnti_context *context, lnt_error *err) {
  const centroid_fitted *c = (const centroid_fitted *)fitted;
  float *rows = NULL; /* [ROWS,d] */
  size_t k = fitted->n_classes, d = fitted->d;
  lnt_status status = lnti_fitted_check(fitted, x, err);
  if (status == LNT_OK) status = lnti_alloc_aligned(&rows, x->n < ROWS ? x->n : ROWS, d * sizeof *rows, err);
  for (size_t begin = 0; begin < x->n && status == LNT_OK; begin += ROWS) {
    size_t end = x->n - begin < ROWS ? x->n : begin + ROWS;
    float *score = score_out + begin * k;
    lnti_matrix_to_f32(rows, x, begin, end);
    status = lnti_gemm_nt(score, k, rows, d, c->weight, d, end - begin, k, d, context, err);
    for (size_t i = 0; i < end - begin && status == LNT_OK; i++) finish_row(score + i * k, c, rows + i * d);
  }
  free(rows);
  return status;
}

/* ---- the file ---- */

static lnt_status centroid_save(const lnti_fitted *fitted, lnti_lnt_writer *file, lnt_error *err) {
  const centroid_fitted *c = (const centroid_fitted *)fitted;
  const size_t shape[2] = {fitted->n_classes, fitted->d};
  lnt_status status = lnti_lnt_put_tensor(file, "weight", LNTI_F32, shape, 2, c->weight, err);
  if (status == LNT_OK) status = lnti_lnt_put_tensor(file, "bias", LNTI_F32, shape, 1, c->bias, err);
  return status == LNT_OK ? lnti_lnt_put_tensor(file, "count", LNTI_I32, shape, 1, c->count, err) : status;
}

static lnt_status find_tensors(centroid_fitted *c, const lnti_lnt_reader *file, lnt_error *err) {
  const void *weight = NULL, *bias = NULL, *count = NULL;
  size_t shape[2] = {c->base.n_classes, c->base.d}, one[1] = {c->base.n_classes}, n_classes = 0;
  lnt_status status = lnti_lnt_get_tensor(&weight, shape, 2, file, "weight", LNTI_F32, err);
  if (status == LNT_OK) status = lnti_lnt_get_tensor(&bias, one, 1, file, "bias", LNTI_F32, err);
  if (status == LNT_OK) status = lnti_lnt_get_tensor(&count, one, 1, file, "count", LNTI_I32, err);
  if (status == LNT_OK) status = lnti_tensor_check_finite(weight, shape[0] * shape[1], "weight", file, err);
  if (status == LNT_OK) status = lnti_tensor_check_finite(bias, shape[0], "bias", file, err);
  if (status != LNT_OK) return status;
  c->weight = weight;
  c->bias = bias;
  c->count = count;
  for (size_t i = 0; i < c->base.n_classes; i++) {
    if (c->count[i] < 0)
      return lnti_fail(err, LNT_ECORRUPT, "%s: class %zu has %d rows", lnti_lnt_name(file), i, (int)c->count[i]);
    n_classes += c->count[i] > 0;
  }
  if (n_classes >= 2) return LNT_OK;
  return lnti_fail(err, LNT_ECORRUPT, "%s: fewer than two of its classes have rows", lnti_lnt_name(file));
}

static lnt_status centroid_load(lnti_fitted **out, const lnti_fitted *about, const struct lnti_class_tree *tree,
                                const lnti_lnt_reader *file, const lnti_context *context, lnt_error *err) {
  centroid_fitted *c = NULL;
  (void)tree;
  (void)context;
  lnt_status status = lnti_alloc_zero(&c, 1, sizeof *c, err);
  if (status != LNT_OK) return status;
  c->base = *about;
  status = find_tensors(c, file, err);
  if (status != LNT_OK) {
    centroid_free(&c->base);
    return status;
  }
  *out = &c->base;
  return LNT_OK;
}

const lnti_learner lnti_learner_centroid = {
    .name = "centroid",
    .title = "Nearest class mean",
    .help = "Keeps the mean of each class and compares with it: for embeddings, and very few images of each class.",
    .source = "Mensink, Verbeek, Perronnin and Csurka, Distance-Based Image Classification, IEEE TPAMI 35, 2013",
    .params = params_table,
    .tasks = LNTI_TAKES(LNTI_MULTICLASS),
    .fit = centroid_fit,
    .score = centroid_score,
    .save = centroid_save,
    .load = centroid_load,
    .free = centroid_free,
};
