/*
 * What a logistic regression learned: one affine map of the bare features. Score and file know nothing of scales. Of a tree
 * of classes the outputs of the map are those of all its choices, which make the classes' scores.
 */
#include <base/alloc.h>
#include <base/error.h>
#include <math/gemm.h>
#include <model/learners.h>
#include <model/logistic_tree.h>
#include <stdlib.h>
#include <string.h>

void lnti_logistic_free(lnti_fitted *fitted) {
  lnti_logistic_fitted *logistic = (lnti_logistic_fitted *)fitted;
  lnti_logistic_tree_free(logistic->tree);
  free(logistic->packed);
  free(logistic->own);
  free(logistic);
}

/* The weights once more, as the narrow kernels take them. */
static lnt_status pack(lnti_logistic_fitted *logistic, lnt_error *err) {
  size_t d = logistic->base.d, k = logistic->n_outputs, lanes = lnti_lanes(k);
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

lnt_status lnti_logistic_keep(lnti_logistic_fitted *logistic, const float *w, const int32_t *lane_of, size_t lanes,
                              lnt_error *err) {
  size_t d = logistic->base.d, n_classes = logistic->base.n_classes;
  logistic->n_outputs = n_classes;
  lnt_status status = lnti_alloc_zero(&logistic->own, n_classes, (d + 1) * sizeof(float), err);
  if (status != LNT_OK) return status;
  float *weight = logistic->own, *bias = weight + n_classes * d;
  for (size_t c = 0; c < n_classes; c++) {
    int32_t lane = lane_of[c];
    bias[c] = lane < 0 ? LNTI_LOGISTIC_ABSENT : w[d * lanes + (size_t)lane];
    for (size_t j = 0; j < d && lane >= 0; j++) weight[c * d + j] = w[j * lanes + (size_t)lane];
  }
  return lnti_logistic_finish(logistic, err);
}

lnt_status lnti_logistic_finish(lnti_logistic_fitted *logistic, lnt_error *err) {
  logistic->weight = logistic->own;
  logistic->bias = logistic->own + logistic->n_outputs * logistic->base.d;
  return pack(logistic, err);
}

/* ---- scoring ---- */

/* Scoring in blocks of rows; each worker has its own f32 copy of a block and its logits. */
typedef struct scoring {
  const lnti_logistic_fitted *logistic;
  const lnti_matrix *x;
  float *score; /* [n,n_classes] */
  float *block; /* [workers,block_rows,d] where x is u8; NULL */
  float *z;     /* [workers,block_rows,ldz]; NULL where the scores themselves are written */
  double *path; /* [workers,lnti_logistic_tree_scratch()] of a tree; NULL */
  size_t block_rows, ldz;
  lnt_cpu_level cpu;
} scoring;

/* Scores of rows [begin,end) from their outputs z [end - begin,ldz], which are overwritten. */
static void make_scores(const scoring *s, float *z, size_t begin, size_t end, unsigned worker) {
  const lnti_logistic_tree *tree = s->logistic->tree;
  size_t k = s->logistic->base.n_classes;
  double *path = tree ? s->path + worker * lnti_logistic_tree_scratch(tree) : NULL;
  for (size_t i = begin; i < end; i++, z += s->ldz) {
    if (tree)
      lnti_logistic_tree_score(s->score + i * k, z, path, tree);
    else
      memcpy(s->score + i * k, z, k * sizeof(float));
  }
}

static lnt_status score_block(void *payload, size_t begin, size_t end, unsigned worker, lnt_error *err) {
  const scoring *s = payload;
  size_t d = s->logistic->base.d, lanes = s->ldz, n = end - begin;
  const float *x = s->block ? s->block + worker * s->block_rows * d : lnti_matrix_row(s->x, begin);
  float *z = s->z + worker * s->block_rows * lanes;
  (void)err;
  if (s->block) lnti_matrix_to_f32(s->block + worker * s->block_rows * d, s->x, begin, end);
  lnti_narrow_forward(z, x, s->block ? d : s->x->stride, s->logistic->packed, s->logistic->packed + d * lanes, n, d,
                      lanes, s->cpu);
  make_scores(s, z, begin, end, worker);
  return LNT_OK;
}

/* Many outputs: wide products, block after block of rows, each over all threads. */
static lnt_status score_wide(const scoring *s, const lnti_context *context, lnt_error *err) {
  const lnti_logistic_fitted *logistic = s->logistic;
  size_t d = logistic->base.d, m = logistic->n_outputs;
  for (size_t begin = 0; begin < s->x->n; begin += s->block_rows) {
    size_t n = s->x->n - begin < s->block_rows ? s->x->n - begin : s->block_rows;
    const float *x = s->block ? s->block : lnti_matrix_row(s->x, begin);
    float *z = s->z ? s->z : s->score + begin * m;
    if (s->block) lnti_matrix_to_f32(s->block, s->x, begin, begin + n);
    lnt_status status = lnti_gemm_nt(z, m, x, s->block ? d : s->x->stride, logistic->weight, d, n, m, d, context, err);
    if (status != LNT_OK) return status;
    for (size_t i = 0; i < n; i++)
      for (size_t c = 0; c < m; c++) z[i * m + c] += logistic->bias[c];
    if (s->z) make_scores(s, z, begin, begin + n, 0);
  }
  return LNT_OK;
}

lnt_status lnti_logistic_score(float *score_out, const lnti_fitted *fitted, const lnti_matrix *x,
                               const lnti_context *context, lnt_error *err) {
  const lnti_logistic_fitted *logistic = (const lnti_logistic_fitted *)fitted;
  lnt_status status = lnti_fitted_check(fitted, x, err);
  if (status != LNT_OK || x->n == 0) return status;
  bool wide = !logistic->packed;
  scoring s = {.logistic = logistic, .x = x, .score = score_out, .cpu = context->cpu};
  s.ldz = wide ? logistic->n_outputs : lnti_lanes(logistic->n_outputs);
  s.block_rows = wide ? 1024 : lnti_logistic_block_rows(fitted->d);
  if (s.block_rows > x->n) s.block_rows = x->n;
  size_t workers = wide ? 1 : lnti_pool_size(context->pool);
  if (x->dtype != LNTI_F32)
    status = lnti_alloc_aligned(&s.block, workers * s.block_rows, fitted->d * sizeof(float), err);
  if (status == LNT_OK && (!wide || logistic->tree))
    status = lnti_alloc_aligned(&s.z, workers * s.block_rows, s.ldz * sizeof(float), err);
  if (status == LNT_OK && logistic->tree)
    status = lnti_alloc(&s.path, workers, lnti_logistic_tree_scratch(logistic->tree) * sizeof *s.path, err);
  if (status == LNT_OK)
    status = wide ? score_wide(&s, context, err)
                  : lnti_pool_for(context->pool, x->n, s.block_rows, score_block, &s, context->cancel, err);
  free(s.path);
  free(s.z);
  free(s.block);
  return status;
}

/* ---- the model file ---- */

lnt_status lnti_logistic_save(const lnti_fitted *fitted, lnti_lnt_writer *file, lnt_error *err) {
  const lnti_logistic_fitted *logistic = (const lnti_logistic_fitted *)fitted;
  size_t shape[2] = {logistic->n_outputs, fitted->d};
  lnt_status status = lnti_lnt_put_tensor(file, "weight", LNTI_F32, shape, 2, logistic->weight, err);
  if (status != LNT_OK) return status;
  return lnti_lnt_put_tensor(file, "bias", LNTI_F32, shape, 1, logistic->bias, err);
}

static lnt_status find_tensors(lnti_logistic_fitted *logistic, const lnti_lnt_reader *file, lnt_error *err) {
  const void *weight = NULL, *bias = NULL;
  size_t n = logistic->n_outputs, d = logistic->base.d, shape[2] = {n, d};
  lnt_status status = lnti_lnt_get_tensor(&weight, shape, 2, file, "weight", LNTI_F32, err);
  if (status == LNT_OK) status = lnti_lnt_get_tensor(&bias, shape, 1, file, "bias", LNTI_F32, err);
  if (status == LNT_OK) status = lnti_tensor_check_finite(weight, n * d, "weight", file, err);
  if (status == LNT_OK) status = lnti_tensor_check_finite(bias, n, "bias", file, err);
  if (status != LNT_OK) return status;
  logistic->weight = weight;
  logistic->bias = bias;
  return pack(logistic, err);
}

lnt_status lnti_logistic_load(lnti_fitted **out, const lnti_fitted *about, const struct lnti_class_tree *tree,
                              const lnti_lnt_reader *file, const lnti_context *context, lnt_error *err) {
  lnti_logistic_fitted *logistic = NULL;
  (void)context;
  lnt_status status = lnti_alloc_zero(&logistic, 1, sizeof *logistic, err);
  if (status != LNT_OK) return status;
  logistic->base = *about;
  logistic->n_outputs = about->n_classes;
  if (about->task == LNTI_HIERARCHICAL) {
    status = lnti_logistic_tree_new(&logistic->tree, tree, err);
    if (status == LNT_OK) logistic->n_outputs = lnti_logistic_tree_outputs(logistic->tree);
  }
  if (status == LNT_OK) status = find_tensors(logistic, file, err);
  if (status != LNT_OK) {
    lnti_logistic_free(&logistic->base);
    return status;
  }
  *out = &logistic->base;
  return LNT_OK;
}
