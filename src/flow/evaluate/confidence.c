/*
 * An answer is, of classes, the most probable one of an image; of labels each that is known of an image. Softmax and sigmoid
 * of a score are taken one at a time, so that no second matrix of probabilities is needed.
 */
#include <flow/evaluate/confidence.h>

#include <base/alloc.h>
#include <math.h>
#include <math/topk.h>
#include <stdlib.h>

typedef struct answers {
  float *p;    /* [n] */
  bool *right; /* [n] */
  size_t n;
} answers;

static void answers_clear(answers *a) {
  free(a->p);
  free(a->right);
}

/* Softmax of the largest of a row. */
static float top_softmax(const float *score, size_t k, size_t top) {
  double sum = 0;
  for (size_t c = 0; c < k; c++) sum += exp((double)score[c] - (double)score[top]);
  return (float)(1 / sum);
}

static float sigmoid(float score) {
  return (float)(1 / (1 + exp(-(double)score)));
}

/* @param scores  that still have to become probabilities */
static lnt_status gather(answers *out, const float *value, const lnti_truth *truth, bool scores, lnt_error *err) {
  size_t k = truth->k, room = truth->label ? truth->n : truth->yes ? truth->n * k : 0;
  answers a = {NULL, NULL, 0};
  lnt_status status = lnti_alloc(&a.p, room, sizeof *a.p, err);
  if (!status) status = lnti_alloc(&a.right, room, sizeof *a.right, err);
  for (size_t i = 0; i < room && !status; i++) {
    if (truth->label) {
      const float *row = value + i * k;
      size_t top = lnti_argmax(row, k);
      a.p[a.n] = scores ? top_softmax(row, k, top) : row[top];
      a.right[a.n++] = (int32_t)top == truth->label[i];
    } else if (truth->yes[i] >= 0) {
      a.p[a.n] = scores ? sigmoid(value[i]) : value[i];
      a.right[a.n++] = truth->yes[i] == 1;
    } else {
      continue;
    }
    if (isnan(a.p[a.n - 1])) a.p[a.n - 1] = 0; /* a damaged model's, which calibrating refuses */
  }
  if (status) {
    answers_clear(&a);
  } else {
    *out = a;
  }
  return status;
}

lnt_status lnti_confidence_before(lnti_reliability *out, const float *score, const lnti_truth *truth, lnt_error *err) {
  answers a;
  lnt_status status = gather(&a, score, truth, true, err);
  if (status) return status;
  out->before = lnti_reliability_error(a.p, a.right, a.n);
  answers_clear(&a);
  return LNT_OK;
}

lnt_status lnti_confidence_by_chance(lnti_reliability *out, const float *prob, const lnti_truth *truth, uint64_t seed,
                                     const lnti_cancel *cancel, lnt_error *err) {
  answers a;
  lnt_status status = gather(&a, prob, truth, false, err);
  if (status) return status;
  status = lnti_reliability_by_chance(&out->chance, &out->chance_high, a.p, a.n, seed, cancel, err);
  answers_clear(&a);
  return status;
}
