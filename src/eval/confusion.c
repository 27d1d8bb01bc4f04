/*
 * Which class was taken for which, counted: a dense table while that is small, beyond it a list of what occurs, which
 * cannot be longer than there are items. Readers of either take the cells that are not empty from lnti_confusion_next.
 */
#include <base/alloc.h>
#include <eval/scored.h>

#include <stdlib.h>

static lnt_status count_dense(lnti_evaluation *e, const lnti_scored *scored, lnt_error *err) {
  lnt_status status = lnti_alloc_zero(&e->confusion, e->k, e->k * sizeof *e->confusion, err);
  if (status != LNT_OK) return status;
  for (size_t i = 0; i < e->n; i++) e->confusion[(size_t)scored->label[i] * e->k + scored->predicted[i]]++;
  return LNT_OK;
}

static bool same_cell(const lnti_scored *scored, uint32_t i, uint32_t j) {
  return scored->label[i] == scored->label[j] && scored->predicted[i] == scored->predicted[j];
}

/* Sorted by the prediction and then, stably, by the truth, items of one cell stand together. */
static lnt_status count_sparse(lnti_evaluation *e, const lnti_scored *scored, lnt_error *err) {
  lnt_status status;
  size_t n = e->n, cells = 0;
  lnti_keyed *keyed = NULL, *spare = NULL;
  if ((status = lnti_alloc(&keyed, n, sizeof *keyed, err)) != LNT_OK) goto done;
  if ((status = lnti_alloc(&spare, n, sizeof *spare, err)) != LNT_OK) goto done;
  for (size_t i = 0; i < n; i++) keyed[i] = (lnti_keyed){scored->predicted[i], (uint32_t)i};
  lnti_keyed_sort(keyed, spare, n);
  for (size_t i = 0; i < n; i++) keyed[i].key = (uint32_t)scored->label[keyed[i].index];
  lnti_keyed_sort(keyed, spare, n);
  for (size_t i = 0; i < n; i++) cells += i == 0 || !same_cell(scored, keyed[i - 1].index, keyed[i].index);
  if ((status = lnti_alloc(&e->cell, cells, sizeof *e->cell, err)) != LNT_OK) goto done;
  for (size_t i = 0; i < n; i++) {
    uint32_t item = keyed[i].index;
    if (i == 0 || !same_cell(scored, keyed[i - 1].index, item))
      e->cell[e->n_cells++] = (lnti_confusion){(size_t)scored->label[item], scored->predicted[item], 0};
    e->cell[e->n_cells - 1].n++;
  }
done:
  free(spare);
  free(keyed);
  return status;
}

lnt_status lnti_confusion_count(lnti_evaluation *e, const lnti_scored *scored, lnt_error *err) {
  return e->k <= LNTI_CONFUSION_DENSE_MAX ? count_dense(e, scored, err) : count_sparse(e, scored, err);
}

bool lnti_confusion_next(lnti_confusion *out, size_t *at, const lnti_evaluation *evaluation) {
  size_t k = evaluation->k;
  if (evaluation->confusion == NULL) {
    if (*at >= evaluation->n_cells) return false;
    *out = evaluation->cell[(*at)++];
    return true;
  }
  for (; *at < k * k; ++*at) {
    uint64_t n = evaluation->confusion[*at];
    if (n == 0) continue;
    *out = (lnti_confusion){*at / k, *at % k, n};
    ++*at;
    return true;
  }
  return false;
}
