/*
 * k nearest neighbours, exact: the classes of the k nearest training rows vote.
 * Source: Cover and Hart, "Nearest neighbor pattern classification", IEEE Transactions on Information Theory 13,
 * 1967.
 *
 * Neighbours are ordered by (distance, row), so that the vote is the same on every machine; equal votes go to the
 * lowest class. A class with v of k votes scores log((v + 1/K) / (k + 1)): the softmax of that is the Bayesian
 * estimate of its share under a uniform prior worth one vote, never 0, and the largest score is the largest vote.
 *
 * Labels: of the k rows, those where a label is known vote on it. With y of m saying yes, and s the share of yes among
 * all rows where it is known, its probability is (y + s) / (m + 1): where nothing near is known, s. A label whose rows do
 * not say both yes and no is never predicted. A number is the mean of the k rows' values.
 *
 * The model is the training rows. Those of a loaded model stay where the file is mapped, and where the caller keeps the
 * training rows they are not copied.
 */
#include <base/alloc.h>
#include <base/error.h>
#include <math.h>
#include <math/neighbours.h>
#include <model/learners.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct knn_fitted {
  lnti_fitted base;
  lnti_matrix rows;     /* [n,d], dense */
  const int32_t *label; /* [n] of classes */
  const int8_t *truth;  /* [n,n_classes] of labels: 1, 0, -1 */
  const double *value;  /* [n] of a number */
  float *share;         /* [n_classes] of labels: of yes among the rows where it is known; -1: never predicted */
  void *own_rows;       /* behind rows and target where they are neither the file's nor the caller's; NULL */
  void *own_target;
  lnti_neighbours *index; /* over rows */
} knn_fitted;

enum { QUERIES = 4096 /* searched at a time, to bound the neighbour lists */ };

static const lnti_param params_table[] = {
    {"k", LNTI_PARAM_INT, "5", 1, LNTI_NEIGHBOURS_MAX, NULL,
     "Number of neighbours that vote; auto: the best of seven from 1 to 65."},
    {"metric", LNTI_PARAM_CHOICE, "euclidean", 0, 0, "euclidean|cosine",
     "Distance: euclidean, or cosine, which looks at the direction of the vectors alone."},
    {NULL, LNTI_PARAM_INT, NULL, 0, 0, NULL, NULL},
};

static const char *const searched[] = {"k=1,3,5,9,17,33,65", NULL};

static void knn_free(lnti_fitted *fitted) {
  knn_fitted *knn = (knn_fitted *)fitted;
  lnti_neighbours_free(knn->index);
  free(knn->share);
  free(knn->own_target);
  free(knn->own_rows);
  free(knn);
}

static lnt_status make_index(knn_fitted *knn, const lnti_context *context, lnt_error *err) {
  lnti_metric metric = lnti_params_get(&knn->base.params, "metric") == 0 ? LNTI_EUCLIDEAN : LNTI_COSINE;
  return lnti_neighbours_new(&knn->index, &knn->rows, metric, context, err);
}

/* Which tensor holds what the rows say, [n] of it or [n,n_classes]. */
typedef struct target {
  const char *name;
  lnti_dtype dtype;
  size_t columns;
} target;

static target target_of(const lnti_fitted *fitted) {
  if (fitted->task == LNTI_MULTILABEL) return (target){"truth", LNTI_U8, fitted->n_classes};
  if (fitted->task == LNTI_REGRESSION) return (target){"values", LNTI_F64, 1};
  return (target){"labels", LNTI_I32, 1};
}

static void set_target(knn_fitted *knn, const void *data) {
  if (knn->base.task == LNTI_MULTILABEL)
    knn->truth = data;
  else if (knn->base.task == LNTI_REGRESSION)
    knn->value = data;
  else
    knn->label = data;
}

static const void *get_target(const knn_fitted *knn) {
  if (knn->base.task == LNTI_MULTILABEL) return knn->truth;
  if (knn->base.task == LNTI_REGRESSION) return knn->value;
  return knn->label;
}

static const void *target_given(const lnti_problem *problem) {
  if (problem->task == LNTI_MULTILABEL) return problem->truth;
  if (problem->task == LNTI_REGRESSION) return problem->value;
  return problem->label;
}

static lnt_status refer_to(knn_fitted *knn, const lnti_problem *problem) {
  knn->rows = problem->x;
  set_target(knn, target_given(problem));
  return LNT_OK;
}

static lnt_status copy_rows(knn_fitted *knn, const lnti_problem *problem, size_t row_bytes, lnt_error *err) {
  const lnti_matrix *x = &problem->x;
  target t = target_of(&knn->base);
  size_t target_bytes = t.columns * lnti_dtype_bytes(t.dtype);
  lnt_status status = lnti_alloc_aligned(&knn->own_rows, x->n, row_bytes, err);
  if (status == LNT_OK) status = lnti_alloc(&knn->own_target, x->n, target_bytes, err);
  if (status != LNT_OK) return status;
  for (size_t i = 0; i < x->n; i++) memcpy((char *)knn->own_rows + i * row_bytes, lnti_matrix_row(x, i), row_bytes);
  memcpy(knn->own_target, target_given(problem), x->n * target_bytes);
  knn->rows = lnti_matrix_of(knn->own_rows, x->n, x->d, x->dtype);
  set_target(knn, knn->own_target);
  return LNT_OK;
}

/* The shares of yes; of labels alone. */
static lnt_status count_shares(knn_fitted *knn, size_t *n_unlearned, lnt_error *err) {
  size_t k = knn->base.n_classes, n = knn->rows.n;
  *n_unlearned = 0;
  if (!knn->truth) return LNT_OK;
  size_t *count = NULL; /* [k,2] rows with no and with yes */
  lnt_status status = lnti_alloc(&knn->share, k, sizeof *knn->share, err);
  if (status == LNT_OK) status = lnti_alloc_zero(&count, k, 2 * sizeof *count, err);
  for (size_t i = 0; i < n * k && status == LNT_OK; i++)
    if (knn->truth[i] >= 0) count[i % k * 2 + (size_t)knn->truth[i]]++;
  for (size_t c = 0; c < k && status == LNT_OK; c++) {
    double no = (double)count[2 * c], yes = (double)count[2 * c + 1];
    bool learned = no > 0 && yes > 0;
    knn->share[c] = learned ? (float)(yes / (yes + no)) : -1;
    *n_unlearned += !learned;
  }
  free(count);
  return status;
}

static lnt_status knn_fit(lnti_fitted **out, lnti_fit_report *report_out, const lnti_problem *problem,
                          const lnti_params *params, const lnti_context *context, lnt_error *err) {
  knn_fitted *knn = NULL;
  lnti_matrix x = problem->x;
  size_t row_bytes = 0, n_unlearned = 0;
  lnt_status status = lnti_learner_check(&lnti_learner_knn, problem, err);
  if (status == LNT_OK) status = lnti_matrix_check_finite(&x, context, err);
  if (status == LNT_OK && x.n > INT32_MAX)
    status = lnti_fail(err, LNT_EINVAL, "%zu rows; a knn model holds at most %d", x.n, INT32_MAX);
  if (status == LNT_OK && !lnti_size_mul(&row_bytes, x.d, lnti_dtype_bytes(x.dtype)))
    status = lnti_fail_memory(err, SIZE_MAX);
  if (status != LNT_OK) return status;

  status = lnti_alloc_zero(&knn, 1, sizeof *knn, err);
  if (status != LNT_OK) return status;
  lnti_fitted_begin(&knn->base, &lnti_learner_knn, problem, params);
  status = problem->rows_outlive && x.stride == x.d ? refer_to(knn, problem) : copy_rows(knn, problem, row_bytes, err);
  if (status == LNT_OK) status = count_shares(knn, &n_unlearned, err);
  if (status == LNT_OK) status = make_index(knn, context, err);
  if (status != LNT_OK) {
    knn_free(&knn->base);
    return status;
  }
  *report_out = (lnti_fit_report){.loss = NAN};
  if (n_unlearned)
    snprintf(report_out->note, sizeof report_out->note,
             "%zu of %zu labels lack rows with yes or rows with no: never predicted", n_unlearned, problem->n_classes);
  *out = &knn->base;
  return LNT_OK;
}

/* One block of queries, whose neighbours have been found. */
typedef struct ballot {
  const knn_fitted *knn;
  const uint32_t *neighbour; /* [n,k] */
  size_t n, k;
  const float *log_share; /* [k + 1] the score of each number of votes; of classes */
  uint32_t *votes;        /* [n_classes,2] */
} ballot;

static void vote_classes(float *score, const ballot *b) {
  size_t n_classes = b->knn->base.n_classes;
  for (size_t i = 0; i < b->n; i++) {
    memset(b->votes, 0, n_classes * sizeof *b->votes);
    for (size_t j = 0; j < b->k; j++) b->votes[b->knn->label[b->neighbour[i * b->k + j]]]++;
    for (size_t c = 0; c < n_classes; c++) score[i * n_classes + c] = b->log_share[b->votes[c]];
  }
}

static void vote_labels(float *score, const ballot *b) {
  size_t n_labels = b->knn->base.n_classes;
  for (size_t i = 0; i < b->n; i++) {
    memset(b->votes, 0, 2 * n_labels * sizeof *b->votes);
    for (size_t j = 0; j < b->k; j++) {
      const int8_t *truth = b->knn->truth + b->neighbour[i * b->k + j] * n_labels;
      for (size_t c = 0; c < n_labels; c++) {
        b->votes[2 * c] += truth[c] == 0;
        b->votes[2 * c + 1] += truth[c] == 1;
      }
    }
    for (size_t c = 0; c < n_labels; c++) {
      double share = (double)b->knn->share[c], no = b->votes[2 * c], yes = b->votes[2 * c + 1];
      score[i * n_labels + c] = share < 0 ? LNTI_NEVER_LOGIT : (float)log((yes + share) / (no + 1 - share));
    }
  }
}

static void average(float *score, const ballot *b) {
  for (size_t i = 0; i < b->n; i++) {
    double sum = 0;
    for (size_t j = 0; j < b->k; j++) sum += b->knn->value[b->neighbour[i * b->k + j]];
    score[i] = (float)(sum / (double)b->k);
  }
}

static void answer(float *score, const ballot *b) {
  if (b->knn->truth)
    vote_labels(score, b);
  else if (b->knn->value)
    average(score, b);
  else
    vote_classes(score, b);
}

/* Searches and votes; skip [x->n] as of lnti_neighbours_search, or NULL. */
static lnt_status score_rows(float *score_out, const knn_fitted *knn, const lnti_matrix *x, const size_t *skip,
                             size_t k, const lnti_context *context, lnt_error *err) {
  uint32_t *neighbour = NULL; /* [QUERIES,k] */
  uint32_t *votes = NULL;     /* [n_classes,2] */
  float log_share[LNTI_NEIGHBOURS_MAX + 1];
  size_t n_classes = knn->base.n_classes;
  for (size_t v = 0; v <= k; v++) log_share[v] = (float)log(((double)v + 1.0 / (double)n_classes) / ((double)k + 1.0));

  size_t most = x->n < QUERIES ? x->n : QUERIES;
  lnt_status status = lnti_alloc(&votes, n_classes, 2 * sizeof *votes, err);
  if (status == LNT_OK) status = lnti_alloc(&neighbour, most, k * sizeof *neighbour, err);
  for (size_t begin = 0; begin < x->n && status == LNT_OK; begin += QUERIES) {
    size_t end = x->n - begin < QUERIES ? x->n : begin + QUERIES;
    lnti_matrix queries = lnti_matrix_rows(x, begin, end);
    status = lnti_neighbours_search(neighbour, NULL, knn->index, &queries, skip ? skip + begin : NULL, k, context, err);
    const ballot b = {knn, neighbour, end - begin, k, log_share, votes};
    if (status == LNT_OK) answer(score_out + begin * n_classes, &b);
  }
  free(neighbour);
  free(votes);
  return status;
}

/* The k of the parameters, or as many as there are. */
static size_t neighbours_of(const knn_fitted *knn, size_t available) {
  size_t k = (size_t)lnti_params_get(&knn->base.params, "k");
  return k < available ? k : available;
}

static lnt_status knn_score(float *score_out, const lnti_fitted *fitted, const lnti_matrix *x,
                            const lnti_context *context, lnt_error *err) {
  const knn_fitted *knn = (const knn_fitted *)fitted;
  lnt_status status = lnti_fitted_check(fitted, x, err);
  if (status != LNT_OK) return status;
  return score_rows(score_out, knn, x, NULL, neighbours_of(knn, knn->rows.n), context, err);
}

static lnt_status knn_score_left_out(float *score_out, const lnti_fitted *fitted, const size_t *rows, size_t n_rows,
                                     const lnti_context *context, lnt_error *err) {
  const knn_fitted *knn = (const knn_fitted *)fitted;
  unsigned char *copy = NULL; /* [QUERIES,d] the rows asked for */
  size_t row_bytes = fitted->d * lnti_dtype_bytes(fitted->dtype);
  for (size_t i = 0; i < n_rows; i++)
    if (rows[i] >= knn->rows.n)
      return lnti_fail(err, LNT_EINVAL, "row %zu is none of the %zu training rows", rows[i], knn->rows.n);
  size_t most = n_rows < QUERIES ? n_rows : QUERIES;
  lnt_status status = lnti_alloc_aligned(&copy, most, row_bytes, err);
  for (size_t begin = 0; begin < n_rows && status == LNT_OK; begin += QUERIES) {
    size_t n = n_rows - begin < QUERIES ? n_rows - begin : QUERIES;
    for (size_t i = 0; i < n; i++)
      memcpy(copy + i * row_bytes, lnti_matrix_row(&knn->rows, rows[begin + i]), row_bytes);
    lnti_matrix queries = lnti_matrix_of(copy, n, fitted->d, fitted->dtype);
    status = score_rows(score_out + begin * fitted->n_classes, knn, &queries, rows + begin,
                        neighbours_of(knn, knn->rows.n - 1), context, err);
  }
  free(copy);
  return status;
}

static lnt_status knn_save(const lnti_fitted *fitted, lnti_lnt_writer *file, lnt_error *err) {
  const knn_fitted *knn = (const knn_fitted *)fitted;
  size_t shape[2] = {knn->rows.n, knn->rows.d};
  target t = target_of(fitted);
  const size_t target_shape[2] = {knn->rows.n, t.columns};
  lnt_status status =
      lnti_lnt_put_tensor(file, t.name, t.dtype, target_shape, knn->truth ? 2 : 1, get_target(knn), err);
  if (status != LNT_OK) return status;
  return lnti_lnt_put_tensor(file, "rows", knn->rows.dtype, shape, 2, knn->rows.data, err);
}

/* What the rows of a file say must be possible. */
static lnt_status check_target(const knn_fitted *knn, const lnti_lnt_reader *file, lnt_error *err) {
  size_t n = knn->rows.n, k = knn->base.n_classes;
  for (size_t i = 0; knn->label && i < n; i++)
    if (knn->label[i] < 0 || (size_t)knn->label[i] >= k)
      return lnti_fail(err, LNT_ECORRUPT, "%s: label %d of row %zu is outside its %zu classes", lnti_lnt_name(file),
                       (int)knn->label[i], i, k);
  for (size_t i = 0; knn->truth && i < n * k; i++)
    if (knn->truth[i] < -1 || knn->truth[i] > 1)
      return lnti_fail(err, LNT_ECORRUPT, "%s: row %zu says %d of label %zu: 1, 0 and 255 are possible",
                       lnti_lnt_name(file), i / k, (int)knn->truth[i] & 255, i % k);
  for (size_t i = 0; knn->value && i < n; i++)
    if (!isfinite(knn->value[i]))
      return lnti_fail(err, LNT_ECORRUPT, "%s: the value of row %zu is not finite", lnti_lnt_name(file), i);
  return LNT_OK;
}

/* Finds rows and target in the file and checks them. */
static lnt_status find_rows(knn_fitted *knn, const lnti_lnt_reader *file, lnt_error *err) {
  const void *rows = NULL, *said = NULL;
  target t = target_of(&knn->base);
  size_t rows_shape[2] = {SIZE_MAX, knn->base.d};
  lnt_status status = lnti_lnt_get_tensor(&rows, rows_shape, 2, file, "rows", knn->base.dtype, err);
  size_t shape[2] = {rows_shape[0], t.columns};
  if (status == LNT_OK)
    status = lnti_lnt_get_tensor(&said, shape, knn->base.task == LNTI_MULTILABEL ? 2 : 1, file, t.name, t.dtype, err);
  if (status != LNT_OK) return status;
  size_t n = rows_shape[0];
  if (n < 2 || n > INT32_MAX)
    return lnti_fail(err, LNT_ECORRUPT, "%s: a knn model of %zu rows", lnti_lnt_name(file), n);
  knn->rows = lnti_matrix_of(rows, n, knn->base.d, knn->base.dtype);
  set_target(knn, said);
  status = check_target(knn, file, err);
  if (status != LNT_OK || knn->base.dtype != LNTI_F32) return status;
  return lnti_tensor_check_finite(rows, n * knn->base.d, "rows", file, err);
}

static lnt_status knn_load(lnti_fitted **out, const lnti_fitted *about, const struct lnti_class_tree *tree,
                           const lnti_lnt_reader *file, const lnti_context *context, lnt_error *err) {
  knn_fitted *knn = NULL;
  size_t n_unlearned;
  (void)tree;
  lnt_status status = lnti_alloc_zero(&knn, 1, sizeof *knn, err);
  if (status != LNT_OK) return status;
  knn->base = *about;
  status = find_rows(knn, file, err);
  if (status == LNT_OK) status = count_shares(knn, &n_unlearned, err);
  if (status == LNT_OK) status = make_index(knn, context, err);
  if (status != LNT_OK) {
    knn_free(&knn->base);
    return status;
  }
  *out = &knn->base;
  return LNT_OK;
}

const lnti_learner lnti_learner_knn = {
    .name = "knn",
    .title = "k nearest neighbours",
    .help =
        "Compares with every training image, so nothing is fitted: exact, good with little data; the model file "
        "grows with the data.",
    .source = "Cover and Hart, Nearest neighbor pattern classification, IEEE Trans. Inf. Theory 13, 1967",
    .params = params_table,
    .tasks = LNTI_TAKES(LNTI_MULTICLASS) | LNTI_TAKES(LNTI_MULTILABEL) | LNTI_TAKES(LNTI_REGRESSION),
    .searched = searched,
    .fit = knn_fit,
    .score = knn_score,
    .score_left_out = knn_score_left_out,
    .save = knn_save,
    .load = knn_load,
    .free = knn_free,
};
