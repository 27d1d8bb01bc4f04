/*
 * Which rows are trained on and validated by, and which classes or labels they can teach. How answers become truths differs
 * by task; each has one function for it.
 */
#include <flow/train/parts.h>

#include <base/alloc.h>
#include <base/error.h>
#include <flow/split/names.h>
#include <stdlib.h>
#include <string.h>

/* ---- which rows ---- */

static bool has_split(const lnti_store_counts *counts, const char *name) {
  for (size_t i = 0; i < counts->n_splits; i++) {
    if (strcmp(counts->splits[i].name, name) == 0) return true;
  }
  return false;
}

/* The labelled rows of a split (NULL: any), as they are or as the snapshot has them. */
static lnt_status load_split(lnti_labelled *out, lnti_training *t, const char *split, bool tell, lnt_error *err) {
  return lnti_labelled_load_of(out, t->options->snapshot ? &t->snapshot : NULL, t->project, t->ontology, &t->target,
                               split, tell ? t->options->refused : NULL, t->options->refused_payload, err);
}

typedef struct splits_there {
  bool train, val;
} splits_there;

static lnt_status note_split(void *payload, const lnti_snapshot_item *item, lnt_error *err) {
  splits_there *there = payload;
  (void)err;
  there->train = there->train || strcmp(item->split, LNTI_SPLIT_TRAIN) == 0;
  there->val = there->val || strcmp(item->split, LNTI_SPLIT_VAL) == 0;
  return LNT_OK;
}

static lnt_status find_splits(splits_there *out, lnti_training *t, lnt_error *err) {
  lnti_store_counts counts = {0};
  if (t->options->snapshot) return lnti_snapshot_walk(&t->snapshot, note_split, out, err);
  lnt_status status = lnti_store_counts_read(&counts, t->project->store, err);
  if (status) return status;
  *out = (splits_there){has_split(&counts, LNTI_SPLIT_TRAIN), has_split(&counts, LNTI_SPLIT_VAL)};
  lnti_store_counts_clear(&counts);
  return LNT_OK;
}

/* Without a split "train", everything labelled that is neither validation nor test. */
static lnt_status load_outside_splits(lnti_training *t, lnt_error *err) {
  bool *keep = NULL;
  lnt_status status = load_split(&t->train.of, t, NULL, true, err);
  if (status) return status;
  status = lnti_alloc(&keep, t->train.of.items.n, sizeof *keep, err);
  if (status) return status;
  for (size_t i = 0; i < t->train.of.items.n; i++) {
    keep[i] = strcmp(t->train.of.split[i], LNTI_SPLIT_VAL) != 0 && strcmp(t->train.of.split[i], LNTI_SPLIT_TEST) != 0;
  }
  lnti_labelled_keep(&t->train.of, keep);
  free(keep);
  return LNT_OK;
}

/* Labelled items in no split at all: nobody has decided that they are not for training. */
static lnt_status tell_outside_splits(lnti_training *t, lnt_error *err) {
  lnti_labelled outside = {0};
  lnt_status status = load_split(&outside, t, "", false, err);
  size_t n = outside.items.n;
  lnti_labelled_clear(&outside);
  if (status || n == 0) return status;
  return lnti_messages_add(
      &t->result->warnings, err,
      "%zu labelled %s in no split and %s not trained on; to deal all items out anew: linnet split", n,
      lnti_plural(n, "image is", "images are"), lnti_plural(n, "was", "were"));
}

static lnt_status load_rows(lnti_training *t, lnt_error *err) {
  splits_there there = {0};
  lnt_status status = find_splits(&there, t, err);
  if (status) return status;
  const bool train = there.train;
  status = train ? load_split(&t->train.of, t, LNTI_SPLIT_TRAIN, true, err) : load_outside_splits(t, err);
  if (!status && there.val) status = load_split(&t->val.of, t, LNTI_SPLIT_VAL, train, err);
  if (!status && train) status = tell_outside_splits(t, err);
  if (status) return status;
  if (t->train.of.items.n > 0) return LNT_OK;
  return lnti_fail(err, LNT_ENOTFOUND, "no labelled items to train on%s; see: linnet status",
                   train ? " in the split \"train\"" : "");
}

/* ---- classes ---- */

static void begin_classes(lnti_training *t) {
  for (size_t i = 0; i < t->ontology->n_options; i++) t->class_of_option[i] = -1;
  t->n_classes = t->n_absent = 0;
}

static void add_class(lnti_training *t, size_t option) {
  t->class_of_option[option] = (int32_t)t->n_classes;
  t->class_option[t->n_classes++] = option;
}

static void add_absent(lnti_training *t, size_t option) {
  if (t->n_absent++ == 0) t->first_absent = option;
}

static lnt_status fail_one_class(const lnti_training *t, lnt_error *err) {
  lnti_text only = {0};
  lnt_status status = t->n_classes ? lnti_ontology_option_name(&only, t->ontology, t->class_option[0], err)
                                   : lnti_text_printf(&only, err, "retired options");
  if (!status && t->train.x.n_refused == 0) {
    status = lnti_fail(err, LNT_EDATA,
                       "all training items are \"%s\"; a classifier needs items of at least two classes", only.data);
  } else if (!status) {
    status = lnti_fail(err, LNT_EDATA,
                       "%zu training images could not be read, and all others are \"%s\"; are the images where "
                       "they were? See: linnet verify, linnet relink",
                       t->train.x.n_refused, only.data);
  }
  lnti_text_clear(&only);
  return status;
}

/* Classes are the answerable options that occur, in the ontology's order. */
static lnt_status find_classes(lnti_training *t, lnt_error *err) {
  /* First 0 for those that occur, then numbers in order. */
  for (size_t i = 0; i < t->train.of.items.n; i++) t->class_of_option[t->train.of.option[i]] = 0;
  for (size_t i = 0; i < t->n_options; i++) {
    if (t->class_of_option[t->option[i]] >= 0) {
      add_class(t, t->option[i]);
    } else if (t->ontology->options[t->option[i]].n_children == 0) { /* inner nodes need no items of their own */
      add_absent(t, t->option[i]);
    }
  }
  return t->n_classes < 2 ? fail_one_class(t, err) : LNT_OK;
}

static lnt_status fail_labels(const lnti_training *t, lnt_error *err) {
  lnti_text path = {0};
  lnt_status status = lnti_ontology_question_path(&path, t->ontology, t->target.question, err);
  if (!status) {
    status = lnti_fail(err, LNT_EDATA,
                       "not one of the %zu labels is answered with yes for some training items and with no for others: "
                       "what is not answered is unknown, and no no. Where the lists are complete, so that what they do "
                       "not name is not there: linnet annotate --where '%.100s=answered' --set %.100s.others=no; else "
                       "annotate what is not there",
                       t->n_options, path.data, path.data);
  }
  lnti_text_clear(&path);
  return status;
}

/* Labels that some rows answer with yes and others with no: of the rest there is nothing to tell apart. */
static lnt_status find_labels(lnti_training *t, lnt_error *err) {
  const lnti_labelled *rows = &t->train.of;
  for (size_t c = 0; c < t->n_options; c++) {
    bool seen[2] = {false, false};
    for (size_t i = 0; i < rows->items.n; i++) {
      int8_t yes = rows->yes[i * rows->n_labels + c];
      if (yes >= 0) seen[yes] = true;
    }
    if (seen[0] && seen[1]) {
      add_class(t, t->option[c]);
    } else {
      add_absent(t, t->option[c]);
    }
  }
  return t->n_classes > 0 ? LNT_OK : fail_labels(t, err);
}

static lnt_status find_number(lnti_training *t, lnt_error *err) {
  const lnti_labelled *rows = &t->train.of;
  t->n_classes = 1;
  for (size_t i = 1; i < rows->items.n; i++) {
    if (rows->value[i] < rows->value[0] || rows->value[i] > rows->value[0]) return LNT_OK;
  }
  return lnti_fail(err, LNT_EDATA, "all %zu training items have the same number, %g: there is nothing to tell apart",
                   rows->items.n, rows->value[0]);
}

lnt_status lnti_train_classes_find(lnti_training *t, lnt_error *err) {
  begin_classes(t);
  switch (t->target.task) {
    case LNTI_MULTILABEL:
      return find_labels(t, err);
    case LNTI_REGRESSION:
      return find_number(t, err);
    default:
      return find_classes(t, err);
  }
}

static lnt_status find_options(lnti_training *t, lnt_error *err) {
  lnt_status status = lnti_target_options(&t->option, &t->n_options, t->ontology, &t->target, err);
  if (!status) {
    status = lnti_alloc(&t->class_of_option, t->ontology->n_options, sizeof *t->class_of_option, err);
  }
  if (!status) status = lnti_alloc(&t->class_option, t->n_options, sizeof *t->class_option, err);
  return status ? status : lnti_train_classes_find(t, err);
}

/* Itself, or a node that it is below. */
static bool is_retired(const lnti_ontology *ontology, size_t option) {
  for (; option != LNTI_NONE; option = ontology->options[option].parent) {
    if (ontology->options[option].retired) return true;
  }
  return false;
}

static lnt_status tell_left_out(lnti_training *t, size_t n, size_t n_retired, size_t first_retired, const char *what,
                                lnt_error *err) {
  lnti_messages *warnings = &t->result->warnings;
  lnt_status status = LNT_OK;
  if (n_retired > 0)
    status = lnti_messages_add(
        warnings, err,
        "%zu %s %s of classes that are retired (first: \"%.80s\"), and %s left out. To learn them all the same restore "
        "the class, or merge it into another: linnet ontology migrate",
        n_retired, what, lnti_plural(n_retired, "item is", "items are"), t->ontology->options[first_retired].title,
        lnti_plural(n_retired, "was", "were"));
  if (status || n == n_retired) return status;
  return lnti_messages_add(warnings, err, "%zu %s %s of classes that the model does not know, and %s left out",
                           n - n_retired, what, lnti_plural(n - n_retired, "item is", "items are"),
                           lnti_plural(n - n_retired, "was", "were"));
}

/* Leaves out items of classes that the model will not know: validation items of classes without training items, and
 * items that still carry a retired option; of labels, items of which nothing that can be learned is known. */
static lnt_status keep_known(lnti_training *t, lnti_labelled *rows, const char *what, lnt_error *err) {
  bool *keep = NULL;
  size_t n = rows->items.n, n_retired = 0, first_retired = LNTI_NONE;
  if (n == 0 || t->target.task == LNTI_REGRESSION) return LNT_OK;
  lnt_status status = lnti_alloc_zero(&keep, n, sizeof *keep, err);
  if (status) return status;
  for (size_t i = 0; i < n; i++) {
    if (rows->option) {
      int32_t class = t->class_of_option[rows->option[i]];
      keep[i] = class >= 0 && t->class_option[class] == rows->option[i];
      if (!keep[i] && is_retired(t->ontology, rows->option[i]) && n_retired++ == 0) first_retired = rows->option[i];
    }
    for (size_t c = 0; rows->yes && c < t->n_options; c++) {
      keep[i] = keep[i] || (t->class_of_option[t->option[c]] >= 0 && rows->yes[i * rows->n_labels + c] >= 0);
    }
  }
  lnti_labelled_keep(rows, keep);
  free(keep);
  if (rows->items.n == n) return LNT_OK;
  return tell_left_out(t, n - rows->items.n, n_retired, first_retired, what, err);
}

lnt_status lnti_train_rows_load(lnti_training *t, lnt_error *err) {
  lnt_status status = load_rows(t, err);
  if (!status) status = find_options(t, err);
  if (!status) status = keep_known(t, &t->train.of, "training", err);
  if (!status) status = keep_known(t, &t->val.of, "validation", err);
  return status;
}

lnt_status lnti_train_truth_make(lnti_training *t, lnti_train_rows *rows, lnt_error *err) {
  const lnti_labelled *of = &rows->of;
  size_t n = rows->x.n, k = t->n_classes;
  lnt_status status = lnti_truth_new(&rows->truth, t->target.task, n, k, err);
  if (status) return status;
  for (size_t i = 0; i < n; i++) {
    size_t item = rows->x.item[i];
    if (of->option) rows->truth.label[i] = t->class_of_option[of->option[item]];
    if (of->value) rows->truth.value[i] = of->value[item];
    for (size_t c = 0; of->yes && c < t->n_options; c++) {
      int32_t class = t->class_of_option[t->option[c]];
      if (class >= 0) rows->truth.yes[i * k + (size_t) class] = of->yes[item * of->n_labels + c];
    }
  }
  return LNT_OK;
}

void lnti_train_rows_clear(lnti_train_rows *rows) {
  lnti_truth_clear(&rows->truth);
  lnti_vectors_clear(&rows->x);
  lnti_labelled_clear(&rows->of);
  free(rows->group);
  *rows = (lnti_train_rows){0};
}
