/*
 * The rows of a fit are copied together, since folds lie scattered: one copy of all rows, used for each fold in turn.
 */
#include <flow/train/folds.h>

#include <base/alloc.h>
#include <base/error.h>
#include <base/rng.h>
#include <stdlib.h>
#include <string.h>

enum { STREAM_FOLDS = 13 };

#define NOT_JUDGED SIZE_MAX
/* Fitted models that are kept to begin at take at most this many weights in all. */
#define WARM_WEIGHTS_MAX ((size_t)64 << 20)

struct lnti_folds_memory {
  unsigned char *rows; /* [n,d] */
  lnti_truth truth;    /* [n] */
  size_t *index;       /* [n] */
  float *score;        /* [n,k] of one fold */
  bool *used;          /* [folds] has rows to judge */
  lnti_fitted *last[LNTI_FOLDS_MAX];
};

/* ---- dealing ---- */

/* A stratum goes on where the one before ended: many small ones fill all folds, not the first ones. */
static void begin_strata(size_t *next, const uint32_t *stratum, size_t n_strata, size_t n, const uint32_t *group) {
  size_t begin = 0;
  for (size_t i = 0; i < n; i++) next[stratum[i]] += group[i] == i;
  for (size_t c = 0; c < n_strata; c++) {
    size_t n_groups = next[c];
    next[c] = begin;
    begin += n_groups;
  }
}

static lnt_status deal(lnti_folds *folds, const uint32_t *group, lnt_error *err) {
  uint8_t *fold = folds->fold;
  size_t *order = NULL, *next = NULL, n = folds->problem->x.n, n_strata = 0;
  uint32_t *stratum = NULL;
  lnti_rng rng;
  lnt_status status = lnti_truth_strata(&stratum, &n_strata, folds->truth, err);
  if (status) goto done;
  status = lnti_alloc(&order, n, sizeof *order, err);
  if (status) goto done;
  status = lnti_alloc_zero(&next, n_strata, sizeof *next, err);
  if (status) goto done;
  begin_strata(next, stratum, n_strata, n, group);
  for (size_t i = 0; i < n; i++) order[i] = i;
  lnti_rng_seed(&rng, folds->problem->seed, STREAM_FOLDS);
  lnti_rng_shuffle(&rng, order, n, sizeof *order);
  for (size_t i = 0; i < n; i++) {
    if (group[order[i]] == order[i]) fold[order[i]] = (uint8_t)(next[stratum[order[i]]]++ % folds->n);
  }
  for (size_t i = 0; i < n; i++) fold[i] = fold[group[i]];
done:
  free(next);
  free(order);
  free(stratum);
  return status;
}

static bool all_can_be_learned(const lnti_folds *folds) {
  for (unsigned which = 0; which < folds->n; which++) {
    if (!lnti_truth_is_learnable(folds->truth, folds->fold, which)) return false;
  }
  return true;
}

enum { NOWHERE, SEVERAL = 255 };

/* `at`: in which fold something was seen, counted from 1. */
static void see(uint8_t *at, unsigned fold) {
  uint8_t here = (uint8_t)(fold + 1);
  *at = *at == NOWHERE || *at == here ? here : SEVERAL;
}

/* Which rows are judged: all, but of classes those that lie in several folds. */
static lnt_status find_judged(lnti_folds *folds, lnt_error *err) {
  const lnti_truth *truth = folds->truth;
  bool any = all_can_be_learned(folds);
  uint8_t *where = NULL; /* [k] */
  lnt_status status = lnti_alloc_zero(&where, truth->k, 1, err);
  if (status) return status;
  for (size_t i = 0; i < truth->n && truth->label; i++) see(&where[truth->label[i]], folds->fold[i]);
  for (size_t i = 0; i < truth->n; i++) {
    bool judged = any && (!truth->label || where[truth->label[i]] == SEVERAL);
    folds->place[i] = judged ? folds->n_judged++ : NOT_JUDGED;
    if (judged) folds->memory->used[folds->fold[i]] = true;
  }
  free(where);
  return LNT_OK;
}

lnt_status lnti_folds_new(lnti_folds *out, const lnti_problem *problem, const lnti_truth *truth, const uint32_t *group,
                          unsigned n_folds, lnt_error *err) {
  lnti_folds folds = {.problem = problem, .truth = truth, .n = n_folds};
  struct lnti_folds_memory *m = NULL;
  size_t n = problem->x.n, row_bytes = problem->x.d * lnti_dtype_bytes(problem->x.dtype);
  lnt_status status = lnti_alloc_zero(&m, 1, sizeof *m, err);
  if (status) return status;
  folds.memory = m;
  status = lnti_alloc_aligned(&m->rows, n, row_bytes, err);
  if (!status) status = lnti_truth_new(&m->truth, truth->task, n, truth->k, err);
  if (!status) status = lnti_alloc(&m->index, n, sizeof *m->index, err);
  if (!status) status = lnti_alloc_zero(&m->used, n_folds, sizeof *m->used, err);
  if (!status) status = lnti_alloc(&folds.fold, n, sizeof *folds.fold, err);
  if (!status) status = lnti_alloc(&folds.place, n, sizeof *folds.place, err);
  if (!status) status = deal(&folds, group, err);
  if (!status) status = find_judged(&folds, err);
  if (status) {
    lnti_folds_clear(&folds);
  } else {
    *out = folds;
  }
  return status;
}

void lnti_folds_clear(lnti_folds *folds) {
  struct lnti_folds_memory *m = folds->memory;
  for (unsigned i = 0; m && i < folds->n; i++) lnti_fitted_free(m->last[i]);
  if (m) {
    free(m->rows);
    lnti_truth_clear(&m->truth);
    free(m->index);
    free(m->score);
    free(m->used);
    free(m);
  }
  free(folds->fold);
  free(folds->place);
  *folds = (lnti_folds){0};
}

/* ---- scoring ---- */

/* Rows outside (or inside) a fold. */
static lnti_matrix gather(const lnti_folds *folds, unsigned which, bool inside) {
  const lnti_problem *problem = folds->problem;
  struct lnti_folds_memory *m = folds->memory;
  size_t bytes = problem->x.d * lnti_dtype_bytes(problem->x.dtype), n = 0;
  for (size_t i = 0; i < problem->x.n; i++) {
    if ((folds->fold[i] == which) != inside) continue;
    memcpy(m->rows + n * bytes, lnti_matrix_row(&problem->x, i), bytes);
    lnti_truth_copy(&m->truth, n, folds->truth, i);
    m->index[n++] = i;
  }
  return lnti_matrix_of(m->rows, n, problem->x.d, problem->x.dtype);
}

static lnt_status score_fold(float *score_out, lnti_fit_report *report, lnti_folds *folds, unsigned which,
                             const lnti_learner *learner, const lnti_params *params, const lnti_context *context,
                             lnt_error *err) {
  struct lnti_folds_memory *m = folds->memory;
  size_t k = folds->problem->n_classes;
  lnti_problem others = *folds->problem;
  lnti_fitted *fitted = NULL;
  others.x = gather(folds, which, false);
  lnti_truth_pose(&others, &m->truth, 0);
  others.rows_outlive = false; /* the next fold's come in their place */
  others.warm_start = m->last[which];
  lnt_status status = learner->fit(&fitted, report, &others, params, context, err);
  if (status) return status;
  if (folds->fitted) folds->fitted(folds->fitted_payload);
  lnti_matrix inside = gather(folds, which, true);
  status = learner->score(m->score, fitted, &inside, context, err);
  for (size_t i = 0; i < inside.n && !status; i++) {
    size_t place = folds->place[m->index[i]];
    if (place != NOT_JUDGED) memcpy(score_out + place * k, m->score + i * k, k * sizeof *score_out);
  }
  lnti_fitted_free(m->last[which]);
  m->last[which] = NULL;
  size_t weights = 0;
  bool small = lnti_size_mul(&weights, k * folds->n, others.x.d) && weights <= WARM_WEIGHTS_MAX;
  if (folds->warm_starts && learner->takes_warm_start && small) {
    m->last[which] = fitted;
  } else {
    lnti_fitted_free(fitted);
  }
  return status;
}

lnt_status lnti_folds_score(float *score_out, lnti_fit_report *report_out, lnti_folds *folds,
                            const lnti_learner *learner, const lnti_params *params, const lnti_context *context,
                            lnt_error *err) {
  struct lnti_folds_memory *m = folds->memory;
  lnt_status status = LNT_OK;
  if (!m->score) {
    status = lnti_alloc_aligned(&m->score, folds->problem->x.n, folds->problem->n_classes * sizeof *m->score, err);
  }
  for (unsigned which = 0; which < folds->n && !status; which++) {
    if (m->used[which]) status = score_fold(score_out, report_out, folds, which, learner, params, context, err);
  }
  return status;
}

size_t lnti_folds_used(const lnti_folds *folds) {
  size_t n = 0;
  for (unsigned i = 0; i < folds->n; i++) n += folds->memory->used[i];
  return n;
}

void lnti_folds_numbers(uint32_t *out, const lnti_folds *folds) {
  for (size_t i = 0; i < folds->problem->x.n; i++) {
    if (folds->place[i] != NOT_JUDGED) out[folds->place[i]] = folds->fold[i];
  }
}

/* Whatever a model has never seen answered both ways it cannot know: the truth of a label that is yes, or no, in one fold
 * alone is no measure of it. */
static void hide_unseen(lnti_truth *out, const lnti_folds *folds, size_t c) {
  const lnti_truth *t = folds->truth;
  uint8_t where[2] = {NOWHERE, NOWHERE};
  for (size_t i = 0; i < t->n; i++) {
    int8_t yes = t->yes[i * t->k + c];
    if (yes >= 0) see(&where[yes], folds->fold[i]);
  }
  if (where[0] == SEVERAL && where[1] == SEVERAL) return;
  for (size_t i = 0; i < out->n; i++) out->yes[i * t->k + c] = -1;
}

void lnti_folds_truths(lnti_truth *out, const lnti_folds *folds) {
  for (size_t i = 0; i < folds->problem->x.n; i++) {
    if (folds->place[i] != NOT_JUDGED) lnti_truth_copy(out, folds->place[i], folds->truth, i);
  }
  for (size_t c = 0; out->yes && c < out->k; c++) hide_unseen(out, folds, c);
}

void lnti_folds_groups(uint32_t *out, const lnti_folds *folds, const uint32_t *group) {
  for (size_t i = 0; i < folds->problem->x.n; i++) {
    if (folds->place[i] != NOT_JUDGED) out[folds->place[i]] = group[i];
  }
}
