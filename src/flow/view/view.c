/*
 * The view: opening, catching up, and what one asks of a single row.
 */
#include <flow/view/view.h>

#include <base/error.h>
#include <flow/view/parts.h>
#include <stdlib.h>
#include <string.h>

/* ---- names ---- */

typedef struct key_list {
  int64_t *ids;
  char **keys;
  size_t n, id_capacity, key_capacity;
} key_list;

static void free_keys(int64_t *ids, char **keys, size_t n) {
  for (size_t i = 0; i < n; i++) free(keys[i]);
  free(keys);
  free(ids);
}

static lnt_status keep_key(void *payload, int64_t key_id, const char *key, lnt_error *err) {
  key_list *list = payload;
  lnt_status status = lnti_grow(&list->ids, &list->id_capacity, list->n + 1, sizeof *list->ids, err);
  if (!status) status = lnti_grow(&list->keys, &list->key_capacity, list->n + 1, sizeof *list->keys, err);
  if (!status) status = lnti_strdup(&list->keys[list->n], key, err);
  if (!status) list->ids[list->n++] = key_id;
  return status;
}

typedef struct source_list {
  lnti_view_source *sources;
  size_t n, capacity;
} source_list;

static void free_sources(lnti_view_source *sources, size_t n) {
  for (size_t i = 0; i < n; i++) free(sources[i].path);
  free(sources);
}

static lnt_status keep_source(void *payload, int64_t id, lnti_source_kind kind, const char *path, lnt_error *err) {
  source_list *list = payload;
  lnt_status status = lnti_grow(&list->sources, &list->capacity, list->n + 1, sizeof *list->sources, err);
  if (status) return status;
  list->sources[list->n] = (lnti_view_source){id, kind, NULL};
  status = lnti_strdup(&list->sources[list->n].path, path, err);
  if (!status) list->n++;
  return status;
}

void lnti_view_refs_clear(lnti_view_refs *names) {
  lnti_ontology_free(names->ontology);
  free_keys(names->meta_ids, names->meta_keys, names->n_meta);
  free_sources(names->sources, names->n_sources);
  *names = (lnti_view_refs){0};
}

lnt_status lnti_view_read_refs(lnti_view_refs *out, lnti_store *store, lnt_error *err) {
  lnti_ontology *ontology = NULL;
  key_list keys = {0};
  source_list sources = {0};
  lnt_status status = lnti_store_ontology(&ontology, store, err);
  if (!status) status = lnti_store_meta_keys(store, keep_key, &keys, err);
  if (!status) status = lnti_store_scan_sources(store, keep_source, &sources, err);
  lnti_view_refs names = {ontology, keys.ids, keys.keys, keys.n, sources.sources, sources.n};
  if (status) {
    lnti_view_refs_clear(&names);
    return status;
  }
  *out = names;
  return LNT_OK;
}

void lnti_view_take_refs(lnti_view *view, lnti_view_refs *names) {
  lnti_view_refs old = {view->ontology,     view->meta_ids, view->meta_keys,
                        view->names.n_meta, view->sources,  view->n_sources};
  lnti_view_forget_predicted(view);
  view->ontology = names->ontology;
  view->meta_ids = names->meta_ids;
  view->meta_keys = names->meta_keys;
  view->names = (lnti_filter_names){
      .ontology = names->ontology, .meta = (const char *const *)names->meta_keys, .n_meta = names->n_meta};
  view->sources = names->sources;
  view->n_sources = names->n_sources;
  lnti_view_refs_clear(&old);
  *names = (lnti_view_refs){0};
}

const lnti_view_source *lnti_view_source_of(const lnti_view *view, int64_t id) {
  size_t low = 0, high = view->n_sources;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (view->sources[middle].id < id) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low < view->n_sources && view->sources[low].id == id ? &view->sources[low] : NULL;
}

/* ---- updating; the caller holds `updating` ---- */

/* Puts new rows in the place of the old ones. */
static void take_rows(lnti_view *view, lnti_rows *rows, const lnti_store_position *position) {
  lnti_rows_clear(&view->rows);
  lnti_view_unmap(view);
  view->rows = *rows;
  view->position = *position;
}

static lnt_status build(lnti_view *view, lnt_error *err) {
  lnti_rows rows;
  lnti_store_position position;
  lnti_view_refs names = {0};
  lnt_status status = lnti_view_build(&rows, &position, view, err);
  if (status) return status;
  status = lnti_view_read_refs(&names, view->project->store, err);
  if (status) {
    lnti_rows_clear(&rows);
    return status;
  }
  pthread_rwlock_wrlock(&view->lock);
  take_rows(view, &rows, &position);
  lnti_view_take_refs(view, &names);
  lnti_view_forget(view);
  view->generation++;
  view->broken = false;
  pthread_rwlock_unlock(&view->lock);
  return LNT_OK;
}

static lnt_status apply_answers(lnti_view *view, const lnti_view_changes *changes, lnt_error *err) {
  lnt_status status = LNT_OK;
  for (size_t i = 0; i < changes->n_answers && !status; i++) {
    size_t row = lnti_rows_find(&view->rows, changes->answers[i].subject_id);
    if (row != LNTI_NONE) status = lnti_rows_answer(&view->rows, row, &changes->answers[i], err);
  }
  return status;
}

/* In the lock. A failure leaves the view broken: the next update builds it anew. */
static lnt_status apply(lnti_view *view, lnti_view_changes *changes, lnt_error *err) {
  lnt_status status = LNT_OK;
  view->broken = true;
  if (changes->has_names) lnti_view_take_refs(view, &changes->names);
  if (changes->items.n) status = lnti_rows_replace(&view->rows, &changes->items, err);
  if (!status) status = apply_answers(view, changes, err);
  if (!status && changes->has_links) status = lnti_view_set_links(&view->rows, changes->links, changes->n_links, err);
  if (!status) status = lnti_rows_ready(&view->rows, err);
  lnti_view_forget(view);
  view->generation++;
  if (status) return status;
  view->position = changes->position;
  view->broken = false;
  return LNT_OK;
}

/* One round: reads what has changed and applies it. *again_out: all was built anew, and more may have happened. */
static lnt_status catch_up(lnti_view *view, lnti_view_news *news, bool *again_out, lnt_error *err) {
  lnti_view_changes changes = {0};
  *again_out = false;
  lnt_status status = view->broken ? LNT_OK : lnti_view_read_changes(&changes, view, err);
  if (status) return status;
  if (view->broken || changes.too_many) {
    lnti_view_changes_clear(&changes);
    *again_out = news->built = true;
    return build(view, err);
  }
  if (changes.any) {
    pthread_rwlock_wrlock(&view->lock);
    status = apply(view, &changes, err);
    pthread_rwlock_unlock(&view->lock);
    news->n_items += changes.items.n;
    news->n_answers += changes.n_answers;
    view->n_since_snapshot += changes.items.n + changes.n_answers;
    if (status == LNT_ECONFLICT) *again_out = true; /* the view is broken now: from the beginning */
    if (status == LNT_ECONFLICT) status = LNT_OK;
  }
  lnti_view_changes_clear(&changes);
  return status;
}

/* A snapshot that cannot be written is none. */
static void save_if_due(lnti_view *view, lnti_view_news *news) {
  const lnti_log *log = view->project->context.log;
  size_t least = view->options.snapshot_rows ? view->options.snapshot_rows : LNTI_VIEW_SNAPSHOT_ROWS;
  bool due = news->built || view->n_since_snapshot > LNTI_VIEW_SNAPSHOT_CHANGES;
  lnt_error reason = LNT_ERROR_INIT;
  if (view->options.no_snapshot || view->rows.n < least || !due) return;
  if (lnti_view_save(view, &reason)) {
    lnti_log_printf(log, LNTI_LOG_INFO, "no snapshot of the view could be written: %s", reason.message);
    return;
  }
  view->n_since_snapshot = 0;
  news->snapshot_written = true;
}

static lnt_status update(lnti_view *view, lnti_view_news *news, lnt_error *err) {
  enum { ROUNDS_MAX = 8 }; /* somebody who writes without end is caught up with later */
  bool again = true;
  lnt_status status = LNT_OK;
  for (int round = 0; again && round < ROUNDS_MAX && !status; round++) status = catch_up(view, news, &again, err);
  if (!status) status = lnti_view_update_sets(view, err);
  if (!status) save_if_due(view, news);
  if (news->built) news->n_items = view->rows.n;
  return status;
}

lnt_status lnti_view_update(lnti_view *view, lnti_view_news *news_out, lnt_error *err) {
  lnti_view_news news = {0};
  pthread_mutex_lock(&view->updating);
  lnt_status status = update(view, &news, err);
  pthread_mutex_unlock(&view->updating);
  if (!status && news_out) *news_out = news;
  return status;
}

/* ---- opening and closing ---- */

static lnt_status load(lnti_view *view, lnt_error *err) {
  bool found = false;
  lnti_view_refs names = {0};
  lnt_status status = view->options.no_snapshot ? LNT_OK : lnti_view_load(&found, view, err);
  view->broken = !found;
  if (status || !found) return status;
  status = lnti_view_read_refs(&names, view->project->store, err);
  if (!status) lnti_view_take_refs(view, &names);
  return status;
}

lnt_status lnti_view_open(lnti_view **out, lnti_project *project, const lnti_view_options *options,
                          lnti_view_news *news_out, lnt_error *err) {
  lnti_view *view = NULL;
  lnt_status status = lnti_alloc_zero(&view, 1, sizeof *view, err);
  if (status) return status;
  view->project = project;
  if (options) view->options = *options;
  lnti_rows_init(&view->rows);
  pthread_rwlock_init(&view->lock, NULL);
  pthread_mutex_init(&view->updating, NULL);
  pthread_mutex_init(&view->caching, NULL);
  status = lnti_view_predictions_new(&view->predictions, err);
  if (!status) status = load(view, err);
  if (!status) status = lnti_view_update(view, news_out, err);
  if (status) {
    lnti_view_close(view);
    return status;
  }
  *out = view;
  return LNT_OK;
}

void lnti_view_close(lnti_view *view) {
  if (!view) return;
  lnti_view_forget(view);
  lnti_rows_clear(&view->rows);
  lnti_view_unmap(view);
  lnti_view_take_refs(view, &(lnti_view_refs){0});
  lnti_view_predictions_free(view->predictions);
  pthread_mutex_destroy(&view->caching);
  pthread_mutex_destroy(&view->updating);
  pthread_rwlock_destroy(&view->lock);
  free(view);
}

void lnti_view_lock(lnti_view *view) {
  pthread_rwlock_rdlock(&view->lock);
}

void lnti_view_unlock(lnti_view *view) {
  pthread_rwlock_unlock(&view->lock);
}

/* ---- what there is ---- */

uint64_t lnti_view_generation(const lnti_view *view) {
  return view->generation;
}

size_t lnti_view_count(const lnti_view *view) {
  return view->rows.n;
}

size_t lnti_view_words(const lnti_view *view) {
  return lnti_facet_words(view->rows.n);
}

const lnti_ontology *lnti_view_ontology(const lnti_view *view) {
  return view->ontology;
}

const lnti_filter_names *lnti_view_names(const lnti_view *view) {
  return &view->names;
}

size_t lnti_view_answers(const lnti_view *view) {
  size_t n = 0;
  for (size_t i = 0; i < view->rows.n; i++) n += lnti_column_number(&view->rows.numbers[LNTI_NUMBER_ANSWERS], i);
  return n;
}

size_t lnti_view_bytes(const lnti_view *view) {
  return lnti_rows_bytes(&view->rows);
}

int64_t lnti_view_id(const lnti_view *view, size_t row) {
  return view->rows.ids[row];
}

size_t lnti_view_row(const lnti_view *view, int64_t id) {
  return lnti_rows_find(&view->rows, id);
}

size_t lnti_view_row_after(const lnti_view *view, int64_t id) {
  size_t low = 0, high = view->rows.n;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (view->rows.ids[middle] <= id) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

lnt_status lnti_view_uri(lnti_text *out, const lnti_view *view, size_t row, lnt_error *err) {
  const lnti_view_source *source =
      lnti_view_source_of(view, (int64_t)lnti_column_number(&view->rows.numbers[LNTI_NUMBER_SOURCE], row));
  const lnti_item item = {.source = source ? source->path : "",
                          .source_kind = source ? source->kind : LNTI_SOURCE_FOLDER,
                          .member = lnti_texts_get(&view->rows.members, row)};
  return lnti_item_uri(out, &item, err);
}
