/*
 * The vectors of the rows, and which rows are left once it is known what can be read: what belongs together, and what
 * validation can fairly go by.
 */
#include <flow/train/parts.h>

#include <base/alloc.h>
#include <base/error.h>
#include <flow/content.h>
#include <flow/groups.h>
#include <stdlib.h>
#include <string.h>

static void pass_progress(void *payload, const char *what, size_t done, size_t total) {
  lnti_job_progress(payload, what, done, total);
}

/* Imported vectors may be of some splits alone: without any in val, folds of the training rows serve in its place. */
static lnt_status extract_val(lnti_training *t, const lnti_progress *progress, lnt_error *err) {
  const lnti_train_options *options = t->options;
  lnt_error reason = LNT_ERROR_INIT;
  size_t n = t->val.of.items.n;
  if (n == 0) return LNT_OK;
  lnt_status status = lnti_extract(&t->val.x, t->project, t->extractor, &t->val.of.items, progress, options->refused,
                                   options->refused_payload, &reason);
  if (status == LNT_OK) return LNT_OK;
  if (status != LNT_ENOTFOUND || !lnti_extractor_imported(t->extractor))
    return lnti_fail(err, status, "%s", reason.message);
  lnti_labelled_clear(&t->val.of);
  return lnti_messages_add(
      &t->result->warnings, err,
      "not one of the %zu items of the split val has a vector in %s: the model is tuned and judged on "
      "parts of train instead",
      n, lnti_extractor_text(t->extractor));
}

lnt_status lnti_train_extract(lnti_training *t, lnt_error *err) {
  const lnti_train_options *options = t->options;
  const lnti_progress progress = {pass_progress, &t->job};
  lnt_error reason = LNT_ERROR_INIT;
  lnt_status status = lnti_extract(&t->train.x, t->project, t->extractor, &t->train.of.items, &progress,
                                   options->refused, options->refused_payload, &reason);
  if (status) {
    bool without = status == LNT_ENOTFOUND && lnti_extractor_imported(t->extractor);
    return lnti_fail(err, status, "%s%s", without ? "nothing to train on: " : "", reason.message);
  }
  status = extract_val(t, &progress, err);
  if (status) return status;
  size_t n_damaged = t->train.x.n_damaged + t->val.x.n_damaged;
  size_t n_refused = t->train.x.n_refused + t->val.x.n_refused;
  if (n_refused == 0) return LNT_OK;
  if (lnti_extractor_imported(t->extractor)) {
    status = lnti_messages_add(
        &t->result->warnings, err, "%zu of %zu labelled items %s no %svector in %s and %s left out", n_refused,
        t->train.of.items.n + t->val.of.items.n, lnti_plural(n_refused, "has", "have"), n_damaged > 0 ? "sound " : "",
        lnti_extractor_text(t->extractor), lnti_plural(n_refused, "was", "were"));
    if (status || n_damaged == 0) return status;
    return lnti_messages_add(&t->result->warnings, err, "%zu of these %s damaged: linnet verify says what to do",
                             n_damaged, lnti_plural(n_damaged, "is", "are"));
  }
  return lnti_messages_add(&t->result->warnings, err, "%zu images could not be read and were left out", n_refused);
}

/* Keeps the items that have vectors: from then on row i of the vectors is item i. */
static lnt_status drop_unread(lnti_labelled *rows, lnti_vectors *vectors, lnt_error *err) {
  bool *keep = NULL;
  if (vectors->n_refused == 0) return LNT_OK;
  lnt_status status = lnti_alloc_zero(&keep, rows->items.n, sizeof *keep, err);
  if (status) return status;
  for (size_t i = 0; i < vectors->n; i++) keep[vectors->item[i]] = true;
  lnti_labelled_keep(rows, keep);
  for (size_t i = 0; i < vectors->n; i++) vectors->item[i] = i;
  free(keep);
  return LNT_OK;
}

static void keep_vectors(lnti_vectors *vectors, const bool *keep) {
  unsigned char *data = vectors->data;
  size_t row_bytes = vectors->d * lnti_dtype_bytes(vectors->dtype), n = 0;
  for (size_t i = 0; i < vectors->n; i++) {
    if (!keep[i]) continue;
    if (n != i) memcpy(data + n * row_bytes, data + i * row_bytes, row_bytes);
    vectors->item[n] = n;
    n++;
  }
  vectors->n = n;
}

/* A validation item counts only where the model knows its class and has not been trained on the same picture. */
static lnt_status keep_fair_val(lnti_training *t, lnt_error *err) {
  bool *keep = NULL;
  size_t n = t->val.of.items.n, n_shared = 0;
  if (n == 0) return LNT_OK;
  lnt_status status = lnti_alloc(&keep, n, sizeof *keep, err);
  if (status) return status;
  for (size_t i = 0; i < n; i++) {
    bool shared = lnti_content_known(t->keys, t->n_keys, &t->val.of.items.item[i].content);
    n_shared += shared;
    keep[i] = !shared && (!t->val.of.option || t->class_of_option[t->val.of.option[i]] >= 0);
  }
  keep_vectors(&t->val.x, keep);
  lnti_labelled_keep(&t->val.of, keep);
  free(keep);
  if (n_shared == 0) return LNT_OK;
  return lnti_messages_add(&t->result->warnings, err,
                           "%zu validation items are the same pictures as training items and were left out", n_shared);
}

bool lnti_train_cross_validates(const lnti_training *t) {
  return t->grid.n > 1 || t->options->folds > 0;
}

/* Keys that once held and hold no longer (metadata that were replaced) are no reason not to train. */
static lnt_status group_rows(lnti_training *t, uint32_t *group, const lnti_extract_items *items, lnt_error *err) {
  lnt_error reason = LNT_ERROR_INIT;
  char **key = &t->result->group_key;
  lnt_status status = lnti_row_groups(group, t->project, *key, items, &reason);
  if (status != LNT_ENOTFOUND || !*key) return status ? lnti_fail(err, status, "%s", reason.message) : LNT_OK;
  free(*key);
  *key = NULL;
  status = lnti_messages_add(&t->result->warnings, err, "%s; validation goes without regard to it", reason.message);
  return status ? status : lnti_row_groups(group, t->project, NULL, items, err);
}

/* Training rows are held out too, unless there are validation rows and nothing is cross-validated. */
static lnt_status find_groups(lnti_training *t, lnt_error *err) {
  bool val = t->val.of.items.n > 0;
  /* The keys are those of the splits as they are. */
  lnt_status status = t->options->snapshot ? LNT_OK : lnti_group_keys(&t->result->group_key, t->project, err);
  if (!status && val) status = group_rows(t, t->val.group, &t->val.of.items, err);
  if (status) return status;
  if (val && !lnti_train_cross_validates(t)) return lnti_content_groups(t->train.group, &t->train.of.items, err);
  return group_rows(t, t->train.group, &t->train.of.items, err);
}

lnt_status lnti_train_settle(lnti_training *t, lnt_error *err) {
  bool unread = t->train.x.n_refused > 0;
  lnt_status status = drop_unread(&t->train.of, &t->train.x, err);
  if (status) return status;
  status = drop_unread(&t->val.of, &t->val.x, err);
  if (status) return status;
  if (unread) status = lnti_train_classes_find(t, err);
  if (status) return status;
  status = lnti_content_keys(&t->keys, &t->n_keys, &t->train.of.items, err);
  if (status) return status;
  status = keep_fair_val(t, err);
  if (status) return status;
  status = lnti_alloc(&t->train.group, t->train.of.items.n, sizeof *t->train.group, err);
  if (status) return status;
  status = lnti_alloc(&t->val.group, t->val.of.items.n, sizeof *t->val.group, err);
  if (status) return status;
  status = find_groups(t, err);
  if (status || t->n_absent == 0) return status;
  lnti_text first = {0};
  status = lnti_ontology_option_name(&first, t->ontology, t->first_absent, err);
  if (status) return status;
  status =
      lnti_messages_add(&t->result->warnings, err,
                        t->target.task == LNTI_MULTILABEL
                            ? "%zu of %zu labels are not answered with both yes and no by training items (first: "
                              "\"%s\"): the model does not know them"
                            : "%zu of %zu classes have no training items (first: \"%s\"): the model does not know them",
                        t->n_absent, t->n_absent + t->n_classes, first.data);
  lnti_text_clear(&first);
  return status;
}
