/*
 * Which items have an answer, groups and their images taken together: a group is answered once for all its images, so these
 * have its answer; and where each image of a group has one of its own nobody need answer the group. Made from the columns when
 * it is first asked for, and only where there are groups.
 */
#include <flow/view/parts.h>
#include <stdlib.h>

enum { HAS_IMAGES = 1, HAS_UNANSWERED = 2 };

static lnt_status make_labelled(lnti_view_caches *caches, const lnti_view *view, lnt_error *err) {
  const lnti_rows *rows = &view->rows;
  const lnti_column *groups = &rows->numbers[LNTI_NUMBER_GROUP], *own = &rows->numbers[LNTI_NUMBER_LABELLED];
  uint8_t *images = NULL; /* [n] of groups: what their images are */
  lnt_status status = lnti_alloc_zero(&images, rows->n, sizeof *images, err);
  lnti_column_clear(&caches->labelled);
  for (size_t row = 0; row < rows->n && !status; row++) {
    uint64_t id = lnti_column_number(groups, row);
    size_t group = id ? lnti_rows_find(rows, (int64_t)id) : LNTI_NONE;
    bool yes = lnti_column_code(own, row);
    if (group != LNTI_NONE) {
      images[group] |= yes ? HAS_IMAGES : HAS_IMAGES | HAS_UNANSWERED;
      yes = yes || lnti_column_code(own, group);
    }
    if (yes) status = lnti_column_set(&caches->labelled, row, 1, err);
  }
  for (size_t row = 0; row < rows->n && !status; row++) {
    if (images[row] == HAS_IMAGES) status = lnti_column_set(&caches->labelled, row, 1, err);
  }
  if (!status) status = lnti_column_reserve(&caches->labelled, rows->n, err);
  caches->has_labelled = status == LNT_OK;
  free(images);
  return status;
}

lnt_status lnti_view_labelled(const lnti_column **out, lnti_view *view, lnt_error *err) {
  lnti_view_caches *caches = NULL;
  *out = &view->rows.numbers[LNTI_NUMBER_LABELLED];
  if (view->rows.numbers[LNTI_NUMBER_GROUP].width == 0) return LNT_OK;
  pthread_mutex_lock(&view->caching);
  lnt_status status = lnti_view_get_caches(&caches, view, err);
  if (!status && !caches->has_labelled) status = make_labelled(caches, view, err);
  pthread_mutex_unlock(&view->caching);
  if (!status) *out = &caches->labelled;
  return status;
}
