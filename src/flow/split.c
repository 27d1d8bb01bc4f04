/*
 * Splits. Random: items of equal content form one unit, units are shuffled within each class and dealt out by shares,
 * so that classes keep their proportions and no picture is on both sides. Folder: by the first folder in the path that
 * has a split's name.
 */
#include <flow/split.h>

#include <base/alloc.h>
#include <base/error.h>
#include <base/rng.h>
#include <flow/split_names.h>
#include <flow/target.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct split_item {
  int64_t id;
  lnti_hash content;
  size_t stratum;   /* option index + 1; 0: no label */
  uint64_t order;   /* random */
  const char *part; /* result */
  bool was_test;
} split_item;

typedef struct split_work {
  lnti_project *project;
  const lnti_split_options *options;
  lnti_ontology *ontology;
  split_item *items;
  size_t n, capacity;
  size_t at;       /* merging answers */
  size_t n_before; /* items that are in a split already */
  lnti_op op;
} split_work;

static lnt_status collect_item(void *payload, const lnti_item *item, lnt_error *err) {
  split_work *work = payload;
  lnt_status status = lnti_grow(&work->items, &work->capacity, work->n + 1, sizeof *work->items, err);
  if (status) return status;
  work->n_before += *item->split != '\0';
  work->items[work->n++] = (split_item){.id = item->id,
                                        .content = item->content,
                                        .part = lnti_split_of_path(item->member),
                                        .was_test = strcmp(item->split, LNTI_SPLIT_TEST) == 0};
  return LNT_OK;
}

static lnt_status collect_answer(void *payload, const lnti_answer_row *row, lnt_error *err) {
  (void)err;
  split_work *work = payload;
  while (work->at < work->n && work->items[work->at].id < row->subject_id) work->at++;
  if (work->at < work->n && work->items[work->at].id == row->subject_id && row->state == LNTI_ANSWERED) {
    size_t option = lnti_ontology_option_by_id(work->ontology, row->option_id);
    work->items[work->at].stratum = option == LNTI_NONE ? 0 : option + 1;
  }
  return LNT_OK;
}

static int compare_content(const void *a, const void *b) {
  const split_item *x = a, *y = b;
  int order = memcmp(&x->content, &y->content, sizeof x->content);
  if (order) return order;
  return x->id < y->id ? -1 : x->id > y->id;
}

static int compare_stratum(const void *a, const void *b) {
  const split_item *x = a, *y = b;
  if (x->stratum != y->stratum) return x->stratum < y->stratum ? -1 : 1;
  if (x->order != y->order) return x->order < y->order ? -1 : 1;
  return compare_content(a, b);
}

static int compare_id(const void *a, const void *b) {
  const split_item *x = a, *y = b;
  return x->id < y->id ? -1 : x->id > y->id;
}

static bool same_content(const split_item *a, const split_item *b) {
  return memcmp(&a->content, &b->content, sizeof a->content) == 0;
}

/* Gives every set of equal pictures one random number and one stratum, that of its first labelled member. A set one of
 * whose members must stay in test stays there whole. */
static void join_equal_content(split_work *work) {
  lnti_rng rng;
  lnti_rng_seed(&rng, work->options->seed, 0);
  qsort(work->items, work->n, sizeof *work->items, compare_content);
  for (size_t begin = 0, end; begin < work->n; begin = end) {
    size_t stratum = 0;
    bool was_test = false;
    for (end = begin; end < work->n && same_content(&work->items[begin], &work->items[end]); end++) {
      if (stratum == 0) stratum = work->items[end].stratum;
      was_test = was_test || work->items[end].was_test;
    }
    uint64_t order = lnti_rng_next(&rng);
    for (size_t i = begin; i < end; i++) {
      work->items[i].stratum = stratum;
      work->items[i].order = order;
      work->items[i].was_test = was_test;
    }
  }
}

/* Deals one stratum out: of m free units, round(m * share) to each side. Equal pictures stand beside each other. */
static void deal_stratum(split_item *items, size_t n, const lnti_split_options *options) {
  size_t m = 0, given = 0;
  for (size_t i = 0; i < n; i++) {
    bool kept = options->keep_test && items[i].was_test;
    items[i].part = kept ? LNTI_SPLIT_TEST : NULL;
    m += !kept;
  }
  double test_share = options->keep_test ? 0 : options->test;
  size_t n_test = (size_t)((double)m * test_share + 0.5), n_val = (size_t)((double)m * options->val + 0.5);
  for (size_t i = 0; i < n; i++) {
    if (items[i].part) continue;
    bool with_previous = i > 0 && same_content(&items[i - 1], &items[i]);
    items[i].part = with_previous            ? items[i - 1].part
                    : given < n_test         ? LNTI_SPLIT_TEST
                    : given < n_test + n_val ? LNTI_SPLIT_VAL
                                             : LNTI_SPLIT_TRAIN;
    given++;
  }
}

static void deal(split_work *work) {
  join_equal_content(work);
  qsort(work->items, work->n, sizeof *work->items, compare_stratum);
  for (size_t begin = 0, end; begin < work->n; begin = end) {
    for (end = begin; end < work->n && work->items[end].stratum == work->items[begin].stratum;) end++;
    deal_stratum(work->items + begin, end - begin, work->options);
  }
}

/* ---- writing ---- */

static lnt_status write_split(void *payload, lnti_tx *tx, lnt_error *err) {
  split_work *work = payload;
  char params[96];
  int64_t op_id = 0, split_id = 0;
  bool existed = false;
  lnt_status status = lnti_tx_op(tx, &op_id, &existed, &work->op, err);
  if (status) return status;
  snprintf(params, sizeof params, "{\"val\":%.6g,\"test\":%.6g,\"keep_test\":%s}", work->options->val,
           work->options->test, work->options->keep_test ? "true" : "false");
  lnti_split_row row = {.op_id = op_id,
                        .method = work->options->method == LNTI_SPLIT_RANDOM ? "random" : "folder",
                        .seed = work->options->seed,
                        .params_json = params};
  status = lnti_tx_split(tx, &split_id, &row, err);
  for (size_t i = 0; i < work->n && status == LNT_OK; i++) {
    status = lnti_tx_item_split(tx, work->items[i].id, work->items[i].part ? work->items[i].part : "", err);
  }
  return status;
}

static void count_parts(lnti_split_result *out, const split_work *work) {
  for (size_t i = 0; i < work->n; i++) {
    const char *part = work->items[i].part;
    if (!part) {
      out->none++;
    } else if (strcmp(part, LNTI_SPLIT_TRAIN) == 0) {
      out->train++;
    } else if (strcmp(part, LNTI_SPLIT_VAL) == 0) {
      out->val++;
    } else {
      out->test++;
    }
  }
}

static lnt_status check_options(const lnti_split_options *options, lnt_error *err) {
  if (options->method != LNTI_SPLIT_RANDOM) return LNT_OK;
  if (!(options->val >= 0 && options->test >= 0 && options->val + options->test < 1)) {
    return lnti_fail(err, LNT_EINVAL,
                     "shares of %g for val and %g for test leave nothing to train on; both must be at "
                     "least 0 and together below 1",
                     options->val, options->test);
  }
  return LNT_OK;
}

/* Fills in what items are and, for a random split, their labels. */
static lnt_status load_items(split_work *work, lnt_error *err) {
  lnti_item_query query = {0};
  size_t question = LNTI_NONE;
  lnt_status status = lnti_store_items(work->project->store, &query, collect_item, work, err);
  if (status) return status;
  if (work->n == 0) return lnti_fail(err, LNT_ENOTFOUND, "the project has no items; import some first");
  if (work->options->method != LNTI_SPLIT_RANDOM) return LNT_OK;
  lnt_error reason = LNT_ERROR_INIT;
  status = lnti_target_find(&question, work->project, work->ontology, work->options->target, &reason);
  if (!work->options->target && (status == LNT_ENOTFOUND || status == LNT_EINVAL)) {
    return LNT_OK; /* no question, or several: nothing to stratify by */
  }
  if (status) return lnti_fail(err, status, "%s", reason.message);
  return lnti_store_answers(work->project->store, 0, INT64_MAX, work->ontology->questions[question].id, collect_answer,
                            work, err);
}

lnt_status lnti_split(lnti_split_result *out, lnti_project *project, const lnti_split_options *options,
                      lnt_error *err) {
  split_work work = {.project = project, .options = options};
  lnti_split_result result = {0};
  lnt_status status = check_options(options, err);
  if (status) goto done;
  status = lnti_store_ontology(&work.ontology, project->store, err);
  if (status) goto done;
  status = load_items(&work, err);
  if (status) goto done;
  if (options->method == LNTI_SPLIT_RANDOM) deal(&work);
  count_parts(&result, &work);
  if (options->method == LNTI_SPLIT_FOLDER && result.none == work.n) {
    status = lnti_fail(err, LNT_ENOTFOUND, "no item lies below a folder named train, val or test; use --by random");
    goto done;
  }
  if (result.none > 0) {
    status = lnti_messages_add(&result.warnings, err,
                               "%zu items lie below no folder named train, val or test and are "
                               "in no split",
                               result.none);
    if (status) goto done;
  }
  if (work.n_before > 0 && options->method == LNTI_SPLIT_RANDOM) {
    status = lnti_messages_add(
        &result.warnings, err,
        "%zu items were in a split before and were dealt anew; a set that comes with a split of its own "
        "is best left as it is (linnet split --by folder gives folders' splits back)",
        work.n_before);
    if (status) goto done;
  }
  qsort(work.items, work.n, sizeof *work.items, compare_id);
  lnti_project_op(&work.op, project, LNTI_OP_SPLIT,
                  options->method == LNTI_SPLIT_RANDOM ? "random split" : "split by folder");
  status = lnti_store_write(project->store, write_split, &work, err);
  if (status) goto done;
  *out = result;
  result = (lnti_split_result){0};
done:
  lnti_messages_clear(&result.warnings);
  free(work.items);
  lnti_ontology_free(work.ontology);
  return status;
}
