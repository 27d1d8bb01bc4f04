/*
 * One switch on the task per question that can be asked of rows: nothing else in flow/ needs to know how they are kept.
 */
#include <flow/evaluate/truth.h>

#include <base/alloc.h>
#include <stdlib.h>
#include <string.h>

enum { VALUE_STRATA = 10 };

lnt_status lnti_truth_new(lnti_truth *out, lnti_task task, size_t n, size_t k, lnt_error *err) {
  lnti_truth truth = {.task = task, .n = n, .k = k};
  lnt_status status = LNT_OK;
  if (task == LNTI_MULTILABEL) {
    status = lnti_alloc(&truth.yes, n, k * sizeof *truth.yes, err);
  } else if (task == LNTI_REGRESSION) {
    status = lnti_alloc(&truth.value, n, sizeof *truth.value, err);
  } else {
    status = lnti_alloc(&truth.label, n, sizeof *truth.label, err);
  }
  if (!status) *out = truth;
  return status;
}

void lnti_truth_clear(lnti_truth *truth) {
  free(truth->label);
  free(truth->yes);
  free(truth->value);
  *truth = (lnti_truth){0};
}

void lnti_truth_copy(lnti_truth *to, size_t at, const lnti_truth *from, size_t from_row) {
  if (to->label) to->label[at] = from->label[from_row];
  if (to->value) to->value[at] = from->value[from_row];
  if (to->yes) memmove(to->yes + at * to->k, from->yes + from_row * to->k, to->k);
}

void lnti_truth_swap(lnti_truth *truth, size_t a, size_t b) {
  if (truth->label) {
    int32_t label = truth->label[a];
    truth->label[a] = truth->label[b];
    truth->label[b] = label;
  }
  if (truth->value) {
    double value = truth->value[a];
    truth->value[a] = truth->value[b];
    truth->value[b] = value;
  }
  for (size_t c = 0; truth->yes && c < truth->k; c++) {
    int8_t *x = &truth->yes[a * truth->k + c], *y = &truth->yes[b * truth->k + c], yes = *x;
    *x = *y;
    *y = yes;
  }
}

void lnti_truth_pose(lnti_problem *problem, const lnti_truth *truth, size_t first) {
  problem->task = truth->task;
  problem->n_classes = truth->k;
  problem->label = truth->label ? truth->label + first : NULL;
  problem->value = truth->value ? truth->value + first : NULL;
  problem->truth = truth->yes ? truth->yes + first * truth->k : NULL;
}

/* ---- strata ---- */

/* The rarest label that is yes, counted from 1; 0: none is. */
static lnt_status label_strata(uint32_t *out, const lnti_truth *t, lnt_error *err) {
  size_t *n_yes = NULL;
  lnt_status status = lnti_alloc_zero(&n_yes, t->k, sizeof *n_yes, err);
  for (size_t i = 0; i < t->n * t->k && !status; i++) n_yes[i % t->k] += t->yes[i] == 1;
  for (size_t i = 0; i < t->n && !status; i++) {
    out[i] = 0;
    for (size_t c = 0; c < t->k; c++) {
      if (t->yes[i * t->k + c] == 1 && (out[i] == 0 || n_yes[c] < n_yes[out[i] - 1])) out[i] = (uint32_t)c + 1;
    }
  }
  free(n_yes);
  return status;
}

typedef struct placed_value {
  double value;
  size_t row;
} placed_value;

static int compare_values(const void *a, const void *b) {
  const placed_value *x = a, *y = b;
  if (x->value != y->value) return x->value < y->value ? -1 : 1;
  return x->row < y->row ? -1 : x->row > y->row;
}

/* Equal values stand together: in the tenth of the first of them. */
static lnt_status value_strata(uint32_t *out, const lnti_truth *t, lnt_error *err) {
  placed_value *placed = NULL;
  lnt_status status = lnti_alloc(&placed, t->n, sizeof *placed, err);
  if (status) return status;
  for (size_t i = 0; i < t->n; i++) placed[i] = (placed_value){t->value[i], i};
  qsort(placed, t->n, sizeof *placed, compare_values);
  for (size_t i = 0, first = 0; i < t->n; i++) {
    if (placed[i].value != placed[first].value) first = i;
    out[placed[i].row] = (uint32_t)(first * VALUE_STRATA / t->n);
  }
  free(placed);
  return LNT_OK;
}

lnt_status lnti_truth_strata(uint32_t **out, size_t *n_strata_out, const lnti_truth *truth, lnt_error *err) {
  uint32_t *stratum = NULL;
  lnt_status status = lnti_alloc(&stratum, truth->n, sizeof *stratum, err);
  if (!status && truth->yes) status = label_strata(stratum, truth, err);
  if (!status && truth->value) status = value_strata(stratum, truth, err);
  for (size_t i = 0; i < truth->n && truth->label && !status; i++) stratum[i] = (uint32_t)truth->label[i];
  if (status) {
    free(stratum);
    return status;
  }
  *n_strata_out = truth->yes ? truth->k + 1 : truth->value ? VALUE_STRATA : truth->k;
  *out = stratum;
  return LNT_OK;
}

/* ---- enough to learn from ---- */

/* Rows of column c that are outside of a fold differ: of classes and numbers there is one column. */
static bool column_differs(const lnti_truth *t, size_t c, const uint8_t *fold, unsigned without) {
  size_t first = SIZE_MAX;
  for (size_t i = 0; i < t->n; i++) {
    if ((fold && fold[i] == without) || (t->yes && t->yes[i * t->k + c] < 0)) continue;
    if (first == SIZE_MAX) first = i;
    if (t->label ? t->label[i] != t->label[first] : t->yes && t->yes[i * t->k + c] != t->yes[first * t->k + c])
      return true;
    if (t->value && i != first) return true;
  }
  return false;
}

bool lnti_truth_is_learnable(const lnti_truth *truth, const uint8_t *fold, unsigned without) {
  size_t columns = truth->yes ? truth->k : 1;
  for (size_t c = 0; c < columns; c++) {
    if (column_differs(truth, c, fold, without)) return true;
  }
  return false;
}
