/*
 * Previews. Items come in pages of some hundred, so that a million of them take no more memory than that and no reading
 * transaction stays open over the work; of each page those that are missing are made on the pool, each handed to the cache
 * by the thread that made it.
 */
#include <flow/pictures/previews.h>

#include <base/alloc.h>
#include <base/cancel.h>
#include <base/error.h>
#include <flow/content.h>
#include <flow/view/items.h>
#include <flow/job.h>
#include <flow/look.h>
#include <image/thumbnail.h>
#include <media/uri.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PAGE = 512, CHUNK = 4, OWN_SCREEN_BYTES = 1 << 20 };

static size_t side_of(lnti_picture_kind kind) {
  return kind == LNTI_PICTURE_THUMB ? LNTI_THUMBNAIL_SIDE : LNTI_SCREEN_SIDE;
}

static bool fits(const lnti_item *item, size_t side) {
  return item->h <= side && item->w <= side && item->depth == 8;
}

bool lnti_preview_is_needed(const lnti_item *item, lnti_picture_kind kind) {
  const char *member = item->member ? item->member : "";
  if (item->kind == LNTI_ITEM_GROUP) return false;
  if (kind == LNTI_PICTURE_THUMB) return !lnti_is_own_thumb(item->h, item->w, item->depth, item->bytes);
  if (fits(item, LNTI_THUMBNAIL_SIDE)) return false;
  if (member[lnti_uri_file_length(member)]) return true; /* a frame or page */
  const bool shown = strcmp(item->format, "jpeg") == 0 || strcmp(item->format, "png") == 0;
  return !shown || !fits(item, LNTI_SCREEN_SIDE) || item->bytes > OWN_SCREEN_BYTES;
}

static lnt_status make(uint8_t **data_out, size_t *n_out, const lnti_project *project, const lnti_blob *blob, size_t h,
                       size_t w, lnti_picture_kind kind, lnt_error *err) {
  const lnti_size size = lnti_thumbnail_size(h, w, side_of(kind));
  lnti_image image = {0};
  lnt_status status = lnti_image_decode(&image, NULL, blob, &size, &project->limits, err);
  if (status) return status;
  status = lnti_thumbnail_make(data_out, n_out, NULL, &image, side_of(kind),
                               kind == LNTI_PICTURE_THUMB ? LNTI_THUMBNAIL_QUALITY : LNTI_SCREEN_QUALITY, err);
  lnti_image_clear(&image);
  return status;
}

/** What is needed of an item to make its picture. */
typedef struct subject {
  char *uri;
  lnti_hash content;
  size_t h, w;
  lnt_status status;
  lnt_error error;
} subject;

static lnt_status make_subject(uint8_t **data_out, size_t *n_out, const lnti_project *project, const char *uri,
                               const lnti_hash *content, size_t h, size_t w, lnti_picture_kind kind, lnt_error *err) {
  lnti_blob blob = {0};
  lnti_hash now;
  lnt_status status = lnti_media_read(&blob, project->media, uri, err);
  if (status) return status;
  lnti_content_hash(&now, &blob);
  if (memcmp(&now, content, sizeof now) != 0) {
    status = lnti_fail(err, LNT_ECONFLICT, "%s has changed since it was imported", uri);
  } else {
    status = make(data_out, n_out, project, &blob, h, w, kind, err);
  }
  lnti_blob_clear(&blob);
  return status;
}

lnt_status lnti_preview_make(uint8_t **data_out, size_t *n_out, const lnti_project *project, const char *uri,
                             const lnti_item *item, lnti_picture_kind kind, lnt_error *err) {
  return make_subject(data_out, n_out, project, uri, &item->content, item->h, item->w, kind, err);
}

/* ---- the job ---- */

typedef struct work {
  lnti_project *project;
  const lnti_previews_options *options;
  lnti_picture_cache *cache;
  lnti_previews_result result;
  subject missing[PAGE]; /* of the page */
  size_t n_missing;
  uint64_t *bytes; /* [PAGE] of each that was made */
  size_t n_seen;   /* items, all pages */
  size_t n_page;   /* of this page */
  int64_t last_id;
  lnti_view *view; /* of the filter; NULL: all items */
} work;

static lnt_status collect(void *payload, const lnti_item_view *view, lnt_error *err) {
  work *w = payload;
  const lnti_item *item = view->item;
  w->n_page++;
  w->last_id = item->id;
  if (item->kind == LNTI_ITEM_GROUP) return LNT_OK;
  if (!lnti_preview_is_needed(item, w->options->kind)) {
    w->result.unneeded++;
    return LNT_OK;
  }
  if (lnti_picture_cache_has(w->cache, &item->content, 0)) {
    w->result.existing++;
    return LNT_OK;
  }
  subject *s = &w->missing[w->n_missing];
  *s = (subject){.content = item->content, .h = item->h, .w = item->w};
  lnt_status status = lnti_strdup(&s->uri, view->uri, err);
  if (status == LNT_OK) w->n_missing++;
  return status;
}

/** One bad medium is that medium's outcome; the cache and memory are everybody's. */
static lnt_status make_chunk(void *payload, size_t begin, size_t end, unsigned worker, lnt_error *err) {
  work *w = payload;
  (void)worker;
  for (size_t i = begin; i < end; i++) {
    subject *s = &w->missing[i];
    uint8_t *data = NULL;
    size_t n = 0;
    w->bytes[i] = 0;
    s->status = make_subject(&data, &n, w->project, s->uri, &s->content, s->h, s->w, w->options->kind, &s->error);
    if (lnti_status_ends_all(s->status)) return lnti_fail(err, s->status, "%s", s->error.message);
    if (s->status) continue;
    lnt_status status = lnti_picture_cache_put(w->cache, &s->content, 0, data, n, err);
    free(data);
    if (status) return status;
    w->bytes[i] = n;
  }
  return LNT_OK;
}

static void count_page(work *w) {
  for (size_t i = 0; i < w->n_missing; i++) {
    const subject *s = &w->missing[i];
    if (s->status == LNT_OK) {
      w->result.made++;
      w->result.bytes += w->bytes[i];
      continue;
    }
    w->result.n_refused++;
    if (w->options->refused) w->options->refused(w->options->refused_payload, s->uri, s->status, s->error.message);
  }
}

static void clear_page(work *w) {
  for (size_t i = 0; i < w->n_missing; i++) free(w->missing[i].uri);
  w->n_missing = 0;
}

static lnt_status do_page(work *w, const lnti_filter *filter, lnt_error *err) {
  const lnti_context *context = &w->project->context;
  w->n_page = 0;
  const lnti_items_query query = {.filter = filter, .after_id = w->last_id, .limit = PAGE};
  lnt_status status = lnti_items(w->project, w->view, &query, collect, w, err);
  if (status == LNT_OK) {
    status = lnti_pool_for(context->pool, w->n_missing, CHUNK, make_chunk, w, context->cancel, err);
  }
  if (status == LNT_OK) count_page(w);
  clear_page(w);
  w->n_seen += w->n_page;
  return status;
}

/** How many items there are, where that is known without looking at each; 0. */
static lnt_status count_items(size_t *out, const work *w, lnt_error *err) {
  lnti_store_counts counts = {0};
  *out = 0;
  if (w->options->where && *w->options->where) return LNT_OK;
  lnt_status status = lnti_store_counts_read(&counts, w->project->store, err);
  if (status) return status;
  *out = counts.items;
  lnti_store_counts_clear(&counts);
  return LNT_OK;
}

static lnt_status run_job(work *w, const lnti_filter *filter, lnt_error *err) {
  lnti_job_run job;
  size_t total = 0;
  char params[64];
  snprintf(params, sizeof params, "{\"kind\":\"%s\"}", lnti_picture_kind_name(w->options->kind));
  lnt_status status = count_items(&total, w, err);
  if (status) return status;
  status = lnti_job_begin(&job, w->project, "previews", params, w->options->progress, err);
  if (status) return status;
  do {
    lnti_job_progress(&job, "items", w->n_seen, total);
    status = lnti_cancel_check(w->project->context.cancel, err);
    if (status == LNT_OK) status = do_page(w, filter, err);
  } while (status == LNT_OK && w->n_page > 0);
  if (status == LNT_OK) status = lnti_picture_cache_flush(w->cache, err);
  if (status == LNT_OK) lnti_job_progress(&job, "items", w->n_seen, w->n_seen);
  return lnti_job_end(&job, status, err);
}

lnt_status lnti_previews_make(lnti_previews_result *out, lnti_project *project, const lnti_previews_options *options,
                              lnt_error *err) {
  const uint64_t began = lnti_monotonic_ns();
  const char *where = options->where ? options->where : "";
  lnti_filter *filter = NULL;
  work *w = NULL;
  lnt_status status = lnti_alloc_zero(&w, 1, sizeof *w, err);
  if (status) return status;
  w->project = project;
  w->options = options;
  status = lnti_alloc(&w->bytes, PAGE, sizeof *w->bytes, err);
  if (status == LNT_OK && *where) status = lnti_view_open(&w->view, project, NULL, NULL, err);
  if (status == LNT_OK && *where) status = lnti_view_filter(&filter, w->view, where, err);
  if (status == LNT_OK && options->bytes_max > 0) {
    status = lnti_picture_cache_set_bytes(project, options->kind, options->bytes_max, err);
  }
  if (status == LNT_OK) status = lnti_picture_cache_open(&w->cache, project, options->kind, 0, err);
  if (status == LNT_OK) status = run_job(w, filter, err);
  if (status == LNT_OK) {
    w->result.bytes_max = lnti_picture_cache_bytes_max(w->cache);
    w->result.full = w->result.bytes > w->result.bytes_max;
  }
  w->result.seconds = 1e-9 * (double)(lnti_monotonic_ns() - began);
  if (status == LNT_OK) *out = w->result;
  lnti_picture_cache_close(w->cache);
  lnti_filter_free(filter);
  lnti_view_close(w->view);
  free(w->bytes);
  free(w);
  return status;
}
