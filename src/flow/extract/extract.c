/*
 * Extraction: what the cache has is read, the rest is computed in blocks on the pool, each block made durable before the
 * next. An image whose bytes are no longer those that were imported is refused, since its vector would be stored under
 * the wrong content.
 */
#include <flow/extract/extract.h>

#include <base/alloc.h>
#include <base/error.h>
#include <base/file.h>
#include <flow/backbone/backbones.h>
#include <flow/content.h>
#include <flow/extract/embeddings.h>
#include <flow/extract/feature_cache.h>
#include <flow/split/names.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum {
  BLOCK_ITEMS = 2048, /* computed between two writes of the cache, where that takes about a second... */
  BLOCK_FIRST = 32,   /* ...as by networks, it does not: this many at first */
  CHUNK_ITEMS = 8
};
#define BLOCK_NS UINT64_C(500000000)

/* ---- items ---- */

/* Of one more item after n others. */
static void note_traits(lnti_image_traits *traits, size_t n, const lnti_item *item) {
  if (n == 0) {
    traits->h = item->h;
    traits->w = item->w;
  } else if (traits->h != item->h || traits->w != item->w) {
    traits->h = traits->w = 0;
  }
  if (item->c > 1) traits->any_colour = true;
}

lnt_status lnti_extract_items_add(lnti_extract_items *items, const lnti_item *item, lnt_error *err) {
  lnti_text uri = {0};
  lnt_status status = lnti_grow(&items->item, &items->capacity, items->n + 1, sizeof *items->item, err);
  if (status) return status;
  status = lnti_item_uri(&uri, item, err);
  if (status) {
    lnti_text_clear(&uri);
    return status;
  }
  items->item[items->n] = (lnti_extract_item){item->id, uri.data, item->content};
  note_traits(&items->traits, items->n, item);
  items->n++;
  return LNT_OK;
}

void lnti_extract_items_clear(lnti_extract_items *items) {
  for (size_t i = 0; i < items->n; i++) free(items->item[i].uri);
  free(items->item);
  *items = (lnti_extract_items){0};
}

typedef struct traits_state {
  lnti_image_traits all, train;
  size_t n_all, n_train;
} traits_state;

static lnt_status collect_traits(void *payload, const lnti_item *item, lnt_error *err) {
  traits_state *state = payload;
  (void)err;
  if (item->kind == LNTI_ITEM_GROUP) return LNT_OK;
  note_traits(&state->all, state->n_all++, item);
  if (strcmp(item->split, LNTI_SPLIT_TRAIN) == 0) note_traits(&state->train, state->n_train++, item);
  return LNT_OK;
}

lnt_status lnti_project_traits(lnti_image_traits *out, lnti_project *project, lnt_error *err) {
  traits_state state = {.n_all = 0};
  lnti_item_query query = {0};
  lnt_status status = lnti_store_items(project->store, &query, collect_traits, &state, err);
  if (status == LNT_OK) *out = state.n_train > 0 ? state.train : state.all;
  return status;
}

/* ---- the extractor ---- */

static bool is_file(const char *path) {
  struct stat info;
  return stat(path, &info) == 0 && S_ISREG(info.st_mode);
}

/* The '@' of "NAME@LAYER"; NULL in "NAME". A layer's name may hold anything, a kept backbone's no '@'; a path may, and ends at
 * the first '@' before which there is such a file. Of a path without a file, '@' in folders are its own. */
static char *find_layer(char *text) {
  char *first = strchr(text, '@'), *slash = strchr(text, '/');
  if (!first || is_file(text)) return NULL;
  for (char *at = first; at; at = strchr(at + 1, '@')) {
    *at = 0;
    bool ends = is_file(text);
    *at = '@';
    if (ends) return at;
  }
  if (!slash || first < slash) return first;
  char *last = strrchr(text, '@');
  return strchr(last, '/') ? NULL : last;
}

static lnt_status add_name(void *payload, const lnti_embedding_set *set, lnt_error *err) {
  lnti_text *names = payload;
  return lnti_text_printf(names, err, "%s%s", names->length ? ", " : "; imported: ", set->name);
}

/* What is to be written, and which there are. */
static lnt_status fail_which_backbone(lnti_project *project, const char *text, lnt_error *err) {
  lnti_text names = {0}, sets = {0};
  lnt_status status = lnti_backbones_names(&names, project->backbones, err);
  if (!status) status = lnti_embeddings_list(project, add_name, &sets, err);
  if (!status)
    status = lnti_fail(
        err, LNT_EINVAL, "\"%.100s\": of which backbone? It is written %sBACKBONE or %sBACKBONE@LAYER; %s%.200s%.200s",
        text, LNTI_EMBEDDING_PREFIX, LNTI_EMBEDDING_PREFIX,
        names.length ? "there are: " : "none is kept yet: linnet backbone add FILE, or linnet backbone pull NAME",
        names.length ? names.data : "", sets.length ? sets.data : "");
  lnti_text_clear(&sets);
  lnti_text_clear(&names);
  return status;
}

/* No backbone is called so; nor are imported vectors, which are told as well. */
static lnt_status fail_unknown(lnti_project *project, const lnt_error *reason, lnt_error *err) {
  lnti_text names = {0};
  lnt_status status = lnti_embeddings_list(project, add_name, &names, err);
  if (!status) {
    status = lnti_fail(err, LNT_ENOTFOUND, "%.400s%.100s", reason->message, names.length ? names.data : "");
  }
  lnti_text_clear(&names);
  return status;
}

/* "embedding:NAME@LAYER", or "embedding:NAME". Imported vectors have no layer, and stand before a backbone of the same name,
 * which came later. */
static lnt_status open_embedding(lnti_extractor **out, lnti_project *project, const char *text, lnt_error *err) {
  const char *after = text + sizeof LNTI_EMBEDDING_PREFIX - 1;
  lnti_backbone *backbone = NULL;
  lnti_embedding_set set;
  lnt_error reason = LNT_ERROR_INIT;
  char *name = NULL;
  bool imported = false;
  lnt_status status = lnti_embeddings_find(&imported, &set, project, after, err);
  if (status) return status;
  if (imported) return lnti_extractor_of_imported(out, set.name, set.content, set.d, err);
  status = lnti_strdup(&name, after, err);
  if (status) return status;
  char *layer = find_layer(name);
  if (layer) *layer++ = 0;
  if (!name[0] || (layer && !layer[0])) {
    status = fail_which_backbone(project, text, err);
  } else {
    status = lnti_backbones_open(&backbone, project->backbones, name, layer, LNTI_BACKBONE_EMBEDDING, &project->context,
                                 &reason);
    if (status == LNT_ENOTFOUND && layer) status = lnti_embeddings_find(&imported, &set, project, name, err);
    if (status == LNT_OK && imported) {
      status = lnti_fail(err, LNT_EINVAL, "\"%s\" is imported vectors, which have no layers: %s%s", name,
                         LNTI_EMBEDDING_PREFIX, name);
    } else if (status == LNT_OK && !backbone) {
      status = fail_unknown(project, &reason, err);
    } else if (status == LNT_ENOTFOUND) {
      status = fail_unknown(project, &reason, err);
    } else if (status) {
      status = lnti_fail(err, status, "%s", reason.message);
    }
  }
  free(name);
  return status ? status : lnti_extractor_of_backbone(out, backbone, LNTI_BACKBONE_EMBEDDING, err);
}

/* No feature is called so; where a backbone or imported vectors are, that is meant. */
static lnt_status fail_no_feature(lnti_project *project, const char *text, const lnt_error *reason, lnt_error *err) {
  lnti_backbone_entry entry = {0};
  lnti_embedding_set set;
  char *name = NULL;
  const lnti_feature *feature = NULL;
  bool found = false;
  lnt_status status = lnti_strndup(&name, text, strcspn(text, ":@"), err);
  if (!status && lnti_feature_find(&feature, name, NULL) && lnti_backbone_name_check(name, NULL) == LNT_OK) {
    status = lnti_embeddings_find(&found, &set, project, name, err);
    if (!status && !found && project->backbones) {
      found = lnti_backbones_get(&entry, project->backbones, name, NULL) == LNT_OK;
      lnti_backbone_entry_clear(&entry);
    }
  }
  if (!status) {
    status = found ? lnti_fail(err, LNT_EINVAL, "there is no feature \"%.60s\"; did you mean %s%.200s?", name,
                               LNTI_EMBEDDING_PREFIX, text)
                   : lnti_fail(err, reason->code, "%s", reason->message);
  }
  free(name);
  return status;
}

lnt_status lnti_project_extractor(lnti_extractor **out, lnti_project *project, const char *text, lnt_error *err) {
  const size_t n = sizeof LNTI_EMBEDDING_PREFIX - 1;
  lnti_image_traits traits;
  if (strncmp(text, LNTI_EMBEDDING_PREFIX, n) == 0) return open_embedding(out, project, text, err);
  if (strncmp(text, LNTI_EMBEDDING_PREFIX, n - 1) == 0 && !text[n - 1]) return fail_which_backbone(project, text, err);
  lnt_error reason = LNT_ERROR_INIT;
  lnt_status status = lnti_project_traits(&traits, project, err);
  if (status) return status;
  status = lnti_extractor_new(out, text, &traits, &reason);
  if (status == LNT_EINVAL) return fail_no_feature(project, text, &reason, err);
  return status ? lnti_fail(err, status, "%s", reason.message) : LNT_OK;
}

/* ---- computing ---- */

typedef struct outcome {
  bool done;
  lnt_status status;
  lnt_error error;
} outcome;

/* Rows between memory and cache, which keeps them in another type where that changes nothing. */
typedef struct storage {
  lnti_feature_cache *cache;
  size_t d;
  lnti_dtype dtype, stored;
  void *row; /* [d] of `stored`; NULL where both are one */
} storage;

/* The set that the project has of these vectors. A model may come from another project, or from before they were
 * replaced: then their name is all there is to say that they are of the same network. */
static lnt_status open_imported(storage *s, lnti_project *project, const lnti_extractor *extractor, lnt_error *err) {
  const char *name = lnti_extractor_name(extractor);
  lnti_embedding_set set;
  bool found = false;
  lnt_status status = lnti_embeddings_find(&found, &set, project, name, err);
  if (status) return status;
  if (!found) {
    return lnti_fail(err, LNT_ENOTFOUND,
                     "embedding:%s was computed elsewhere, and this project has no vectors of that name; import them: "
                     "linnet import --embeddings FILE.npy --rows FILE --name %s",
                     name, name);
  }
  if (set.d != s->d) {
    return lnti_fail(
        err, LNT_EINVAL,
        "the model learned from embedding:%s of %zu numbers; this project's vectors of that name have %zu, "
        "so they are of another network",
        name, s->d, set.d);
  }
  if (strcmp(set.content, lnti_extractor_imported(extractor)) != 0) {
    lnti_log_printf(project->context.log, LNTI_LOG_WARN,
                    "the vectors of embedding:%s are not those that the model learned from, but of another import; it "
                    "knows nothing of them if another network made them",
                    name);
  }
  return lnti_embeddings_open(&s->cache, project, &set, err);
}

static lnt_status storage_open(storage *s, lnti_project *project, const lnti_extractor *extractor, lnt_error *err) {
  s->d = lnti_extractor_d(extractor);
  s->dtype = lnti_extractor_dtype(extractor);
  s->stored = lnti_extractor_stored_dtype(extractor);
  size_t bytes = s->d * lnti_dtype_bytes(s->stored);
  lnt_status status = s->stored == s->dtype ? LNT_OK : lnti_alloc_aligned(&s->row, bytes, 1, err);
  if (status) return status;
  return lnti_extractor_imported(extractor)
             ? open_imported(s, project, extractor, err)
             : lnti_feature_cache_open(&s->cache, project, lnti_extractor_key(extractor), bytes, err);
}

static void storage_close(storage *s) {
  lnti_feature_cache_close(s->cache);
  free(s->row);
}

static lnt_status storage_get(const storage *s, bool *found_out, void *row, const lnti_hash *content, lnt_error *err) {
  if (!s->row) return lnti_feature_cache_get(s->cache, found_out, row, content, err);
  lnt_status status = lnti_feature_cache_get(s->cache, found_out, s->row, content, err);
  if (status == LNT_OK && *found_out) lnti_convert(row, s->dtype, s->row, s->stored, s->d);
  return status;
}

static lnt_status storage_put(const storage *s, const lnti_hash *content, const void *row, lnt_error *err) {
  if (!s->row) return lnti_feature_cache_put(s->cache, content, row, err);
  lnti_convert(s->row, s->stored, row, s->dtype, s->d);
  return lnti_feature_cache_put(s->cache, content, s->row, err);
}

typedef struct extraction {
  lnti_project *project;
  const lnti_extractor *extractor;
  const lnti_extract_items *items;
  const storage *storage;
  size_t row_bytes;
  unsigned char *rows;   /* [items.n] vectors */
  bool *have;            /* [items.n] the vector is there */
  const size_t *missing; /* [n_missing] items to compute */
  size_t block_begin;    /* into missing */
  outcome *outcomes;     /* [BLOCK_ITEMS] of the block */
  size_t n_refused, n_damaged;
  lnt_error first_refusal;
  lnti_refused_visit refused;
  void *refused_payload;
} extraction;

static lnt_status compute_one(const extraction *work, size_t item, lnt_error *err) {
  const lnti_extract_item *input = &work->items->item[item];
  lnti_blob blob = {0};
  lnti_hash content;
  lnt_status status = lnti_media_read(&blob, work->project->media, input->uri, err);
  if (status) return status;
  lnti_content_hash(&content, &blob);
  if (memcmp(&content, &input->content, sizeof content) != 0) {
    status = lnti_fail(err, LNT_ECONFLICT, "%s has changed since it was imported", input->uri);
  } else {
    status =
        lnti_extractor_run(work->rows + item * work->row_bytes, work->extractor, &blob, &work->project->limits, err);
  }
  lnti_blob_clear(&blob);
  return status;
}

/* One bad image is that image's outcome; only lack of memory and a request to stop end the work. */
static lnt_status compute_chunk(void *payload, size_t begin, size_t end, unsigned worker, lnt_error *err) {
  extraction *work = payload;
  (void)worker;
  for (size_t i = begin; i < end; i++) {
    outcome *result = &work->outcomes[i];
    result->status = compute_one(work, work->missing[work->block_begin + i], &result->error);
    if (lnti_status_ends_all(result->status) || result->status == LNT_ECANCELLED)
      return lnti_fail(err, result->status, "%s", result->error.message);
    result->done = true;
  }
  return LNT_OK;
}

static void refuse(extraction *work, const char *uri, const outcome *result) {
  if (work->n_refused++ == 0) work->first_refusal = result->error;
  if (work->refused) work->refused(work->refused_payload, uri, result->status, result->error.message);
}

/* What is done of a block: all of it, unless the work was cut off. */
static lnt_status store_block(extraction *work, size_t n, lnt_error *err) {
  for (size_t i = 0; i < n; i++) {
    if (!work->outcomes[i].done) continue;
    size_t item = work->missing[work->block_begin + i];
    const lnti_extract_item *input = &work->items->item[item];
    const outcome *result = &work->outcomes[i];
    if (result->status) {
      refuse(work, input->uri, result);
      continue;
    }
    work->have[item] = true;
    lnt_status status = storage_put(work->storage, &input->content, work->rows + item * work->row_bytes, err);
    if (status) return status;
  }
  return lnti_feature_cache_flush(work->storage->cache, err);
}

/* Items without a sound imported vector: each is told, none is made. */
static void refuse_missing(extraction *work, size_t n_missing) {
  const char *feature = lnti_extractor_text(work->extractor);
  outcome absent = {.status = LNT_ENOTFOUND}, damaged = {.status = LNT_ECORRUPT};
  (void)lnti_fail(&absent.error, LNT_ENOTFOUND, "there is no vector of it in %s", feature);
  (void)lnti_fail(&damaged.error, LNT_ECORRUPT, "its vector in %s is damaged: linnet verify says what to do", feature);
  for (size_t i = 0; i < n_missing; i++) {
    const lnti_extract_item *item = &work->items->item[work->missing[i]];
    bool there = lnti_feature_cache_has(work->storage->cache, &item->content);
    work->n_damaged += there;
    refuse(work, item->uri, there ? &damaged : &absent);
  }
}

static lnt_status fail_without_vectors(const extraction *work, lnt_error *err) {
  const char *feature = lnti_extractor_text(work->extractor);
  if (work->n_damaged > 0) {
    return lnti_fail(err, LNT_ECORRUPT,
                     "not one of %zu items has a sound vector in %s; %zu %s damaged: linnet verify says what to do",
                     work->items->n, feature, work->n_damaged, lnti_plural(work->n_damaged, "is", "are"));
  }
  return lnti_fail(err, LNT_ENOTFOUND,
                   "not one of %zu items has a vector in %s; import more: linnet import --embeddings", work->items->n,
                   feature);
}

/* The next block: twice as many as long as one takes little time, so that little is lost where the work is killed. */
static size_t next_block(size_t block, uint64_t took_ns) {
  return took_ns > BLOCK_NS || block >= BLOCK_ITEMS ? block : 2 * block;
}

static lnt_status compute_missing(extraction *work, size_t n_missing, const lnti_progress *progress, lnt_error *err) {
  const lnti_context *context = &work->project->context;
  bool network = lnti_extractor_backbone(work->extractor) != NULL;
  size_t n_items = work->items->n, block = network ? BLOCK_FIRST : BLOCK_ITEMS, chunk = network ? 1 : CHUNK_ITEMS;
  size_t n = 0;
  for (size_t begin = 0; begin < n_missing; begin += n) {
    const uint64_t start = lnti_monotonic_ns();
    n = n_missing - begin < block ? n_missing - begin : block;
    work->block_begin = begin;
    memset(work->outcomes, 0, n * sizeof *work->outcomes);
    lnti_progress_update(progress, "images", n_items - n_missing + begin, n_items);
    lnt_status status = lnti_pool_for(context->pool, n, chunk, compute_chunk, work, context->cancel, err);
    if (status && status != LNT_ECANCELLED) return status;
    lnt_error reason = LNT_ERROR_INIT;
    lnt_status stored = store_block(work, n, &reason);
    if (status) return status;
    if (stored) return lnti_fail(err, stored, "%s", reason.message);
    block = next_block(block, lnti_monotonic_ns() - start);
  }
  lnti_progress_update(progress, "images", n_items, n_items);
  return LNT_OK;
}

/* Closes the gaps that refused images left. */
static void close_gaps(lnti_vectors *features, const bool *have, size_t row_bytes) {
  unsigned char *rows = features->data;
  size_t n = 0;
  for (size_t i = 0; i < features->n; i++) {
    if (!have[i]) continue;
    if (n != i) memcpy(rows + n * row_bytes, rows + i * row_bytes, row_bytes);
    features->item[n++] = i;
  }
  features->n = n;
}

lnt_status lnti_extract(lnti_vectors *out, lnti_project *project, const lnti_extractor *extractor,
                        const lnti_extract_items *items, const lnti_progress *progress, lnti_refused_visit refused,
                        void *refused_payload, lnt_error *err) {
  lnti_vectors features = {.n = items->n, .d = lnti_extractor_d(extractor), .dtype = lnti_extractor_dtype(extractor)};
  storage store = {.cache = NULL};
  bool *have = NULL;
  size_t *missing = NULL, n_missing = 0;
  outcome *outcomes = NULL;
  size_t row_bytes = features.d * lnti_dtype_bytes(features.dtype);
  const bool imported = lnti_extractor_imported(extractor) != NULL;
  lnt_status status = lnti_alloc_aligned(&features.data, items->n, row_bytes, err);
  if (status) goto done;
  status = lnti_alloc(&features.item, items->n, sizeof *features.item, err);
  if (status) goto done;
  status = lnti_alloc_zero(&have, items->n, sizeof *have, err);
  if (status) goto done;
  status = lnti_alloc(&missing, items->n, sizeof *missing, err);
  if (status) goto done;
  status = lnti_alloc_zero(&outcomes, BLOCK_ITEMS, sizeof *outcomes, err);
  if (status) goto done;
  status = storage_open(&store, project, extractor, err);
  if (status) goto done;
  for (size_t i = 0; i < items->n; i++) {
    status =
        storage_get(&store, &have[i], (unsigned char *)features.data + i * row_bytes, &items->item[i].content, err);
    if (status) goto done;
    if (!have[i]) missing[n_missing++] = i;
  }
  extraction work = {.project = project,
                     .extractor = extractor,
                     .items = items,
                     .storage = &store,
                     .row_bytes = row_bytes,
                     .rows = features.data,
                     .have = have,
                     .missing = missing,
                     .outcomes = outcomes,
                     .refused = refused,
                     .refused_payload = refused_payload};
  if (imported) {
    refuse_missing(&work, n_missing);
  } else {
    status = compute_missing(&work, n_missing, progress, err);
  }
  if (status) goto done;
  features.n_refused = work.n_refused;
  features.n_damaged = work.n_damaged;
  features.n_computed = n_missing - features.n_refused;
  close_gaps(&features, have, row_bytes);
  if (features.n == 0 && items->n > 0 && imported) {
    status = fail_without_vectors(&work, err);
    goto done;
  }
  if (features.n == 0 && items->n > 0) {
    status = lnti_fail(err, LNT_ENOTFOUND,
                       "not one of %zu images could be read (have they moved? linnet relink OLD NEW); the first: %s",
                       items->n, work.first_refusal.message);
    goto done;
  }
  *out = features;
  features = (lnti_vectors){0};
done:
  storage_close(&store);
  free(outcomes);
  free(missing);
  free(have);
  lnti_vectors_clear(&features);
  return status;
}

void lnti_vectors_clear(lnti_vectors *features) {
  free(features->data);
  free(features->item);
  *features = (lnti_vectors){0};
}

lnti_matrix lnti_vectors_matrix(const lnti_vectors *features) {
  return lnti_matrix_of(features->data, features->n, features->d, features->dtype);
}
