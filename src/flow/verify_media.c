/*
 * Whether the images are where they were, and still those that were imported. A look at every file's size and times is
 * enough to leave most alone: what is of another size, or was written after its import, is read and compared. Archives and
 * arrays are looked at as one file; `full` reads and compares every image of every source.
 */
#include <flow/verify.h>

#include <base/alloc.h>
#include <base/cancel.h>
#include <base/error.h>
#include <flow/content.h>
#include <media/uri.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

typedef struct media_source {
  int64_t id;
  lnti_source_kind kind;
  char *path;
  size_t n_items;
  uint64_t seen_ms; /* when a verification last found all of it the same; 0 */
} media_source;

typedef struct media_check {
  lnti_project *project;
  const lnti_verify_options *options;
  lnti_verify_result *result;
  lnti_fault_visit visit;
  void *payload;
  media_source *sources;
  size_t n_sources, capacity;
  const media_source *source; /* at hand */
  uint64_t source_ms;         /* when its file was last written */
  size_t n_images;            /* of it; groups are items, and no images */
  size_t missing, changed, newer, compared, n_seen, n_total;
  size_t replaceable; /* changed ones that an import can take anew */
  lnti_text uri, first_missing, first_changed;
} media_check;

uint64_t lnti_file_changed_ms(const struct stat *info) {
  const struct timespec *m = &info->st_mtim, *c = &info->st_ctim;
  const uint64_t written = (uint64_t)m->tv_sec * 1000 + (uint64_t)m->tv_nsec / 1000000;
  const uint64_t entry =
      (uint64_t)c->tv_sec * 1000 + (uint64_t)c->tv_nsec / 1000000; /* also where another was moved here */
  return written > entry ? written : entry;
}

static lnt_status keep_source(void *payload, int64_t id, lnti_source_kind kind, const char *path, size_t n_items,
                              lnt_error *err) {
  media_check *c = payload;
  lnt_status status = lnti_grow(&c->sources, &c->capacity, c->n_sources + 1, sizeof *c->sources, err);
  if (status) return status;
  media_source *s = &c->sources[c->n_sources];
  *s = (media_source){.id = id, .kind = kind, .n_items = n_items};
  status = lnti_strdup(&s->path, path, err);
  c->n_sources += status == LNT_OK;
  c->n_total += n_items;
  return status;
}

/* ---- when a source was last seen to be the same ---- */

typedef struct seen_mark {
  int64_t source_id;
  const char *text; /* NULL: forgotten */
} seen_mark;

static lnt_status write_seen(void *payload, lnti_tx *tx, lnt_error *err) {
  const seen_mark *m = payload;
  char key[48];
  snprintf(key, sizeof key, "media.seen.%lld", (long long)m->source_id);
  return lnti_tx_setting(tx, key, m->text, err);
}

lnt_status lnti_verify_seen_forget(lnti_tx *tx, int64_t source_id, lnt_error *err) {
  seen_mark m = {.source_id = source_id};
  return write_seen(&m, tx, err);
}

lnt_status lnti_verify_seen(uint64_t *ms_out, lnti_project *project, int64_t source_id, lnt_error *err) {
  char key[48], *text = NULL;
  snprintf(key, sizeof key, "media.seen.%lld", (long long)source_id);
  lnt_status status = lnti_store_setting(&text, project->store, key, err);
  if (status) return status;
  *ms_out = text ? strtoull(text, NULL, 10) : 0;
  free(text);
  return LNT_OK;
}

/* Files that were copied or touched are the same and look newer: noted, so that they are not read every time. */
static void keep_seen(const media_check *c, uint64_t start_ms) {
  char text[32];
  lnt_error reason = LNT_ERROR_INIT;
  seen_mark m = {c->source->id, text};
  if (c->compared == 0 || c->missing + c->changed + c->newer + c->result->faults > 0) return;
  snprintf(text, sizeof text, "%llu", (unsigned long long)start_ms);
  if (lnti_store_write(c->project->store, write_seen, &m, &reason) == LNT_OK) return;
  lnti_log_printf(c->project->context.log, LNTI_LOG_WARN, "that %s is the same is not kept: %s", c->source->path,
                  reason.message);
}

/* ---- one image ---- */

static uint64_t known_ms(const media_check *c, const lnti_item *item) {
  return item->imported_ms > c->source->seen_ms ? item->imported_ms : c->source->seen_ms;
}

static lnt_status note(lnti_text *first, size_t *n, const char *uri, lnt_error *err) {
  return (*n)++ == 0 ? lnti_text_append(first, uri, strlen(uri), err) : LNT_OK;
}

/* Reads the image and compares it; what cannot be read is missing. */
static lnt_status compare(media_check *c, const lnti_item *item, lnt_error *err) {
  lnti_blob blob = {0};
  lnti_hash content;
  lnt_error reason = LNT_ERROR_INIT;
  lnt_status status = lnti_media_read(&blob, c->project->media, c->uri.data, &reason);
  if (status == LNT_ENOMEM) return lnti_fail(err, status, "%s", reason.message);
  if (status) return note(&c->first_missing, &c->missing, c->uri.data, err);
  c->compared++;
  lnti_content_hash(&content, &blob);
  lnti_blob_clear(&blob);
  if (memcmp(&content, &item->content, sizeof content) == 0) return LNT_OK;
  c->replaceable += item->source_kind == LNTI_SOURCE_FOLDER && lnti_uri_file_length(c->uri.data) == c->uri.length;
  return note(&c->first_changed, &c->changed, c->uri.data, err);
}

/* A file of its own. */
static lnt_status check_file(media_check *c, const lnti_item *item, lnt_error *err) {
  struct stat info;
  const size_t whole = c->uri.length, file = lnti_uri_file_length(c->uri.data);
  const char cut = c->uri.data[file];
  c->uri.data[file] = '\0';
  bool there = stat(c->uri.data, &info) == 0;
  c->uri.data[file] = cut;
  if (!there && file < whole) there = stat(c->uri.data, &info) == 0; /* a file that is called so */
  if (!there) return note(&c->first_missing, &c->missing, c->uri.data, err);
  bool looks_same = (uint64_t)info.st_size == item->bytes && lnti_file_changed_ms(&info) <= known_ms(c, item);
  return looks_same && !c->options->full ? LNT_OK : compare(c, item, err);
}

static lnt_status check_item(void *payload, const lnti_item *item, lnt_error *err) {
  media_check *c = payload;
  lnt_status status = LNT_OK;
  if (c->n_seen++ % 256 == 0) {
    lnti_progress_update(c->options->progress, "images", c->n_seen, c->n_total);
    status = lnti_cancel_check(c->project->context.cancel, err);
  }
  if (status || item->kind == LNTI_ITEM_GROUP) return status;
  c->n_images++;
  c->uri.length = 0;
  status = lnti_item_uri(&c->uri, item, err);
  if (status) return status;
  if (item->source_kind == LNTI_SOURCE_FOLDER) return check_file(c, item, err);
  if (c->options->full) return compare(c, item, err);
  c->newer += c->source_ms > known_ms(c, item);
  return LNT_OK;
}

/* Of a source that is gone. */
static lnt_status count_item(void *payload, const lnti_item *item, lnt_error *err) {
  media_check *c = payload;
  (void)err;
  c->n_seen++;
  c->n_images += item->kind != LNTI_ITEM_GROUP;
  return LNT_OK;
}

/* ---- a source ---- */

static void tell(const media_check *c, const char *format, ...) LNT_PRINTF(2, 3);

static void tell(const media_check *c, const char *format, ...) {
  char text[2048];
  va_list arguments;
  va_start(arguments, format);
  int n = vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  if (n >= 0) c->visit(c->payload, text);
}

/* What to do where an import of the source would bring more than it has, or could take nothing anew. */
static void tell_changed(const media_check *c) {
  char advice[600];
  const char *path = c->source->path;
  if (c->replaceable == c->changed) {
    snprintf(advice, sizeof advice,
             "to take them as they are now, where this folder itself was imported: linnet import %.400s --changed "
             "update; what a table named cannot be taken anew yet",
             lnti_shell_word(path, "SOURCE").text);
  } else {
    snprintf(advice, sizeof advice,
             "members of archives, records, frames and pages cannot be taken anew yet: put back what was there, or "
             "import what is there now under another name");
  }
  tell(c,
       "%.700s: %zu of %zu images %s another than was imported (first: %.700s): the labels are those of the picture "
       "that was there; %s",
       path, c->changed, c->n_images, lnti_plural(c->changed, "is", "are"), c->first_changed.data, advice);
}

static void tell_source(const media_check *c) {
  const char *path = c->source->path;
  if (c->missing > 0) {
    tell(c,
         "%.700s: %zu of %zu images %s not there or cannot be read (first: %.700s): the items stay; where the files "
         "were moved: linnet relink OLD NEW",
         path, c->missing, c->n_images, lnti_plural(c->missing, "is", "are"), c->first_missing.data);
  }
  if (c->changed > 0) tell_changed(c);
  if (c->newer > 0) {
    tell(c,
         "%.700s was written after it was imported; whether its images are still the same says: linnet verify --full",
         path);
  }
}

static lnt_status check_source(media_check *c, media_source *source, lnt_error *err) {
  struct stat info;
  const uint64_t start_ms = lnti_wall_ms();
  if (source->n_items == 0) return LNT_OK;
  c->source = source;
  c->n_images = c->missing = c->changed = c->replaceable = c->newer = c->compared = 0;
  c->first_missing.length = c->first_changed.length = 0;
  const bool there = stat(source->path, &info) == 0;
  if (there) c->source_ms = lnti_file_changed_ms(&info);
  lnt_status status = lnti_verify_seen(&source->seen_ms, c->project, source->id, err);
  if (status) return status;
  status =
      lnti_store_source_items(c->project->store, source->kind, source->path, there ? check_item : count_item, c, err);
  if (status) return status;
  c->result->images += c->n_images;
  if (!there) {
    c->result->missing_media++;
    c->result->missing_images += c->n_images;
    tell(c,
         "%.700s cannot be read: its items are kept, but their images (%zu) cannot be shown or used; where it was "
         "moved: linnet relink OLD NEW",
         source->path, c->n_images);
    return LNT_OK;
  }
  c->result->missing_images += c->missing;
  c->result->changed_images += c->changed;
  c->result->newer_sources += c->newer > 0;
  c->result->compared_images += c->compared;
  keep_seen(c, start_ms);
  tell_source(c);
  return LNT_OK;
}

lnt_status lnti_verify_media(lnti_verify_result *result, lnti_project *project, const lnti_verify_options *options,
                             lnti_fault_visit visit, void *payload, lnt_error *err) {
  media_check c = {.project = project, .options = options, .result = result, .visit = visit, .payload = payload};
  lnt_status status = lnti_store_sources(project->store, keep_source, &c, err);
  for (size_t i = 0; i < c.n_sources && !status; i++) status = check_source(&c, &c.sources[i], err);
  for (size_t i = 0; i < c.n_sources; i++) free(c.sources[i].path);
  free(c.sources);
  lnti_text_clear(&c.uri);
  lnti_text_clear(&c.first_missing);
  lnti_text_clear(&c.first_changed);
  return status;
}

/* ---- the mark ---- */

static const char setting[] = "media.verified";

typedef struct mark {
  char text[96];
} mark;

static lnt_status write_mark(void *payload, lnti_tx *tx, lnt_error *err) {
  const mark *m = payload;
  return lnti_tx_setting(tx, setting, m->text, err);
}

lnt_status lnti_verify_note(lnti_project *project, const lnti_verify_result *result, lnt_error *err) {
  mark m;
  snprintf(m.text, sizeof m.text, "%llu %zu %zu", (unsigned long long)lnti_wall_ms(), result->missing_images,
           result->changed_images);
  return lnti_store_write(project->store, write_mark, &m, err);
}

lnt_status lnti_verify_forget(lnti_tx *tx, lnt_error *err) {
  return lnti_tx_setting(tx, setting, NULL, err);
}

static lnti_verified parse_mark(const char *text) {
  lnti_verified found = {0};
  char *at = NULL;
  found.time_ms = strtoull(text, &at, 10);
  found.missing = (size_t)strtoull(at, &at, 10);
  found.changed = (size_t)strtoull(at, &at, 10);
  return found;
}

lnt_status lnti_verify_updated(lnti_tx *tx, size_t n, lnt_error *err) {
  char *text = NULL;
  mark m;
  lnt_status status = n > 0 ? lnti_tx_setting_find(tx, &text, setting, err) : LNT_OK;
  if (status || !text) return status;
  const lnti_verified found = parse_mark(text);
  free(text);
  snprintf(m.text, sizeof m.text, "%llu %zu %zu", (unsigned long long)found.time_ms, found.missing,
           found.changed > n ? found.changed - n : 0);
  return lnti_tx_setting(tx, setting, m.text, err);
}

lnt_status lnti_verify_read(lnti_verified *out, lnti_project *project, lnt_error *err) {
  char *text = NULL;
  lnt_status status = lnti_store_setting(&text, project->store, setting, err);
  if (status) return status;
  *out = text ? parse_mark(text) : (lnti_verified){0};
  free(text);
  return LNT_OK;
}
