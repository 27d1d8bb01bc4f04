/*
 * Items as files in class folders.
 *
 * Names are given one after the other, in order of id, since which of two files is called "a-2.jpg" may not depend on
 * threads; then a batch of files is made on the pool. What goes wrong with an item is that item's outcome; what goes wrong
 * with the folder (full disk) ends the work.
 */
#include <flow/export/internal.h>

#include <base/alloc.h>
#include <base/cancel.h>
#include <base/error.h>
#include <base/file.h>
#include <base/regular.h>
#include <errno.h>
#include <fcntl.h>
#include <flow/content.h>
#include <flow/export/names.h>
#include <flow/target.h>
#include <image/image.h>
#include <media/uri.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

enum { BATCH_FILES = 256 };

/** A file to make, and what became of it. */
typedef struct file_job {
  char *uri, *path; /* in the arena */
  lnti_export_kind kind;
  bool link, labelled;
  lnti_hash content;
  uint64_t bytes; /* of the source */
  lnt_status status;
  lnt_error error;
  uint64_t written;
  bool linked, stripped;
} file_job;

typedef struct label {
  int64_t item_id;
  size_t option;
} label;

typedef struct split_name {
  char *split, *folder;
} split_name;

typedef struct folder_export {
  lnti_export_work *work;
  size_t question;     /* LNTI_NONE: nothing has a label */
  char **class_folder; /* [n_options] below the split's folder; NULL for options of other questions */
  split_name *splits;
  size_t n_splits;
  label *labels; /* [n_labels] by item */
  size_t n_labels, label_capacity;
  lnti_taken taken, made; /* paths below the folder: files and class folders; folders that are there */
  file_job *jobs;         /* [BATCH_FILES] */
  size_t n_jobs, n_seen;
  lnti_arena arena; /* of the batch */
  lnti_text text, place;
} folder_export;

/* ---- names of classes and splits ---- */

static lnt_status choose_question(folder_export *e, lnt_error *err) {
  const lnti_export_options *options = e->work->options;
  lnt_error reason = LNT_ERROR_INIT;
  lnt_status status = lnti_target_find(&e->question, e->work->project, e->work->ontology, options->target, &reason);
  if (status == LNT_ENOTFOUND && !options->target) return LNT_OK; /* no labels yet */
  if (status == LNT_OK) return LNT_OK;
  if (status != LNT_EINVAL) return lnti_fail(err, status, "%s", reason.message);
  return lnti_fail(err, status, "class folders: %s; csv and jsonl hold the answers to every question", reason.message);
}

/* A safe name that is distinct among its siblings; fresh text. */
static lnt_status distinct_name(char **out, lnti_taken *taken, const char *folder, const char *name, lnt_error *err) {
  lnti_text safe = {0}, path = {0};
  lnt_status status = lnti_safe_name(&safe, name, strlen(name), err);
  if (!status) status = lnti_take_distinct(&path, taken, folder, safe.data, err);
  lnti_text_clear(&safe);
  if (status) {
    lnti_text_clear(&path);
    return status;
  }
  *out = path.data;
  return LNT_OK;
}

/* Splits and classes are told apart when they come back: what is in no split has a folder beside those of splits. Without
 * splits the classes stand at the top, so no two of all may be called the same. */
static lnt_status name_splits(folder_export *e, lnti_taken *top, lnt_error *err) {
  lnti_store_counts counts = {0};
  lnt_status status = lnti_store_counts_read(&counts, e->work->project->store, err);
  if (status) return status;
  status = lnti_alloc_zero(&e->splits, counts.n_splits, sizeof *e->splits, err);
  bool any = false;
  for (size_t i = 0; i < counts.n_splits; i++) any = any || *counts.splits[i].name;
  for (size_t i = 0; i < counts.n_splits && !status; i++) {
    split_name *name = &e->splits[e->n_splits++];
    status = lnti_strdup(&name->split, counts.splits[i].name, err);
    if (status) break;
    if (*name->split) {
      status = distinct_name(&name->folder, top, "", name->split, err);
    } else {
      status = lnti_strdup(&name->folder, any ? LNTI_EXPORT_UNSPLIT : "", err);
    }
  }
  lnti_store_counts_clear(&counts);
  return status;
}

static lnt_status name_classes(folder_export *e, lnti_taken *top, lnt_error *err) {
  const lnti_ontology *o = e->work->ontology;
  lnt_status status = lnti_alloc_zero(&e->class_folder, o->n_options, sizeof *e->class_folder, err);
  for (size_t i = 0; i < o->n_options && !status; i++) { /* parents stand before their children */
    const lnti_option *option = &o->options[i];
    if (option->question != e->question) continue;
    const char *above = option->parent == LNTI_NONE ? "" : e->class_folder[option->parent];
    status = distinct_name(&e->class_folder[i], top, above, option->title, err);
  }
  return status;
}

static lnt_status name_folders(folder_export *e, lnt_error *err) {
  lnti_taken top = {0};
  lnt_status status = lnti_take(NULL, &top, LNTI_EXPORT_UNLABELLED, err);
  if (!status) status = lnti_take(NULL, &top, LNTI_EXPORT_UNSPLIT, err);
  if (!status) status = name_splits(e, &top, err);
  if (!status && e->question != LNTI_NONE) status = name_classes(e, &top, err);
  lnti_taken_clear(&top);
  return status;
}

static const char *split_folder(const folder_export *e, const char *split) {
  for (size_t i = 0; i < e->n_splits; i++) {
    if (strcmp(e->splits[i].split, split) == 0) return e->splits[i].folder;
  }
  return NULL;
}

/* ---- labels ---- */

static lnt_status keep_label(void *payload, const lnti_answer_row *row, lnt_error *err) {
  folder_export *e = payload;
  size_t option = lnti_ontology_option_by_id(e->work->ontology, row->option_id);
  if (row->state != LNTI_ANSWERED || option == LNTI_NONE) return LNT_OK;
  lnt_status status = lnti_grow(&e->labels, &e->label_capacity, e->n_labels + 1, sizeof *e->labels, err);
  if (!status) e->labels[e->n_labels++] = (label){row->subject_id, option};
  return status;
}

static lnt_status load_labels(folder_export *e, lnt_error *err) {
  if (e->question == LNTI_NONE) return LNT_OK;
  return lnti_store_answers(e->work->project->store, 0, INT64_MAX, e->work->ontology->questions[e->question].id,
                            keep_label, e, err);
}

static int by_item(const void *a, const void *b) {
  const label *x = a, *y = b;
  return x->item_id < y->item_id ? -1 : x->item_id > y->item_id;
}

/* The option of an item, else of its group; LNTI_NONE. */
static size_t label_of(const folder_export *e, const lnti_item *item) {
  label key = {item->id, LNTI_NONE};
  const label *found = NULL;
  if (e->n_labels == 0) return LNTI_NONE;
  found = bsearch(&key, e->labels, e->n_labels, sizeof key, by_item);
  if (!found && item->group_id) {
    key.item_id = item->group_id;
    found = bsearch(&key, e->labels, e->n_labels, sizeof key, by_item);
  }
  return found ? found->option : LNTI_NONE;
}

/* ---- places ---- */

/* Folders of classes are taken before any file, since "birds" may have a file and a class of one name. */
static lnt_status take_classes(folder_export *e, const char *split, lnt_error *err) {
  bool fresh = false;
  lnt_status status = LNT_OK;
  e->text.length = 0;
  status = lnti_text_printf(&e->text, err, "classes of/%s", split); /* no folder has a '/' in its first name */
  if (!status) status = lnti_take(&fresh, &e->made, e->text.data, err);
  if (status || !fresh || !e->class_folder) return status;
  for (size_t i = 0; i < e->work->ontology->n_options && !status; i++) {
    if (!e->class_folder[i]) continue;
    e->text.length = 0;
    status = lnti_text_printf(&e->text, err, "%s%s%s", split, *split ? "/" : "", e->class_folder[i]);
    if (!status) status = lnti_take(NULL, &e->taken, e->text.data, err);
  }
  return status;
}

/* e->place becomes the folder of an item, below the export's. */
static lnt_status find_place(folder_export *e, const lnti_item *item, size_t option, lnt_error *err) {
  const char *class = option == LNTI_NONE ? LNTI_EXPORT_UNLABELLED : e->class_folder[option];
  e->place.length = 0;
  const char *split = split_folder(e, item->split);
  lnt_status status = LNT_OK;
  if (!split) { /* a split that is newer than the list */
    status = lnti_fail(err, LNT_ECONFLICT, "the splits were changed during the export: give the same command again");
  }
  if (!status) status = take_classes(e, split, err);
  if (!status) status = lnti_text_printf(&e->place, err, "%s%s%s", split, *split ? "/" : "", class);
  return status;
}

static lnt_status make_place(folder_export *e, lnt_error *err) {
  bool fresh = false;
  lnt_status status = lnti_take(&fresh, &e->made, e->place.data, err);
  if (status || !fresh) return status;
  e->text.length = 0;
  status = lnti_text_printf(&e->text, err, "%s/%s", e->work->path, e->place.data);
  return status ? status : lnti_folder_make(e->text.data, err);
}

/* ---- one file ---- */

static bool is_encoded_format(const char *format) {
  for (int f = LNTI_IMAGE_JPEG; f <= LNTI_IMAGE_BMP; f++) {
    if (strcmp(format, lnti_image_format_name((lnti_image_format)f)) == 0) return true;
  }
  return false;
}

/* Where "#frame=3" or "#page=3" begins; NULL where the URI is of no frame. */
static const char *frame_of(const char *uri) {
  const char *hash = uri + lnti_uri_file_length(uri);
  return *hash ? hash : NULL;
}

/* "stem-17.png" of what is called NAME.EXT, its number 17. */
static lnt_status numbered_name(lnti_text *out, const char *name, size_t n, const char *number, lnt_error *err) {
  lnti_text whole = {0};
  size_t stem = n;
  while (stem > 0 && name[stem - 1] != '.') stem--;
  stem = stem > 1 ? stem - 1 : n; /* without a '.', or with one at the beginning alone, all of it */
  lnt_status status = lnti_text_printf(&whole, err, "%.*s-%s.png", (int)stem, name, number);
  if (!status) status = lnti_safe_name(out, whole.data, whole.length, err);
  lnti_text_clear(&whole);
  return status;
}

/* "inner.zip#a.png" names a.png in an archive that lies in another; "shot #1.png" is a name. */
static bool ends_archive(const char *begin, const char *hash) {
  static const char *const ends[] = {".zip", ".tar", ".tgz", ".tbz2", ".txz", ".gz", ".bz2", ".xz", ".zst"};
  size_t n = (size_t)(hash - begin);
  for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
    size_t m = strlen(ends[i]);
    if (n > m && strncasecmp(hash - m, ends[i], m) == 0) return true;
  }
  return false;
}

lnt_status lnti_export_file_name(lnti_text *name_out, lnti_export_kind *kind_out, const lnti_item *item,
                                 const char *uri, lnt_error *err) {
  bool record = !is_encoded_format(item->format) && strrchr(uri, '#');
  const char *end = record ? strrchr(uri, '#') : frame_of(uri);
  const char *number = end ? end + strcspn(end, "0123456789") : NULL;
  if (!end) end = uri + strlen(uri);
  /* The last part of the path; a member's begins after the '#' where its container's name ends. */
  const char *name = end, *stop = item->source_kind == LNTI_SOURCE_FOLDER ? NULL : uri + strlen(item->source) + 1;
  while (name > uri && name[-1] != '/' && name != stop) {
    if (stop && name[-1] == '#' && name < end && ends_archive(stop, name - 1)) break;
    name--;
  }
  *kind_out = record ? LNTI_EXPORT_RECORD : number ? LNTI_EXPORT_FRAME : LNTI_EXPORT_FILE;
  if (number) return numbered_name(name_out, name, (size_t)(end - name), number, err);
  return lnti_safe_name(name_out, name, (size_t)(end - name), err);
}

/* A record, or one frame, as PNG. */
static lnt_status encode(uint8_t **data_out, size_t *n_out, const lnti_blob *blob, const lnti_image_limits *limits,
                         lnt_error *err) {
  lnti_image image = {0};
  lnt_status status = lnti_image_decode(&image, NULL, blob, NULL, limits, err);
  if (!status && image.depth != LNTI_DEPTH_U8) {
    status = lnti_fail(err, LNT_EUNSUPPORTED, "a frame of more than 8 bits a channel cannot be exported by itself yet");
  }
  if (!status) status = lnti_image_encode_png(data_out, n_out, &image, err);
  lnti_image_clear(&image);
  return status;
}

/* Bytes to write: *data_out, which *fresh_out (free() it) or the blob owns. */
static lnt_status make_bytes(const uint8_t **data_out, size_t *n_out, uint8_t **fresh_out, file_job *job,
                             const lnti_blob *blob, const lnti_export_work *work, lnt_error *err) {
  lnt_status status = LNT_OK;
  if ((blob->kind == LNTI_BLOB_PIXELS) != (job->kind == LNTI_EXPORT_RECORD)) {
    return lnti_fail(err, LNT_ECONFLICT, "it is no longer what was imported");
  }
  if (job->kind != LNTI_EXPORT_FILE) {
    status = encode(fresh_out, n_out, blob, &work->project->limits, err);
  } else if (work->options->strip) {
    status = lnti_exif_strip(fresh_out, n_out, blob->data, blob->bytes, work->options->strip, err);
    job->stripped = status == LNT_OK;
    if (status == LNT_EUNSUPPORTED) {
      return lnti_fail(
          err, status,
          "metadata can be taken out of JPEG, PNG, WebP and TIFF, not out of this format: convert the image "
          "first, or export without --strip");
    }
  } else {
    *data_out = blob->data;
    *n_out = blob->bytes;
    return LNT_OK;
  }
  *data_out = *fresh_out;
  return status;
}

static lnt_status write_file(const char *path, const void *data, size_t n, lnt_error *err) {
  lnti_file_writer *file = NULL;
  lnt_status status = lnti_file_create(&file, path, err);
  if (status) return status;
  status = lnti_file_write(file, data, n, err);
  if (status) {
    lnti_file_discard(file);
    return status;
  }
  return lnti_file_place(file, err);
}

/* *fatal_out: the failure is the folder's, not the item's. */
static lnt_status copy_file(bool *fatal_out, file_job *job, const lnti_export_work *work, lnt_error *err) {
  lnti_blob blob = {0};
  lnti_hash content;
  const uint8_t *data = NULL;
  uint8_t *fresh = NULL;
  size_t n = 0;
  lnt_status status = lnti_media_read(&blob, work->project->media, job->uri, err);
  if (status) return status;
  lnti_content_hash(&content, &blob);
  if (memcmp(&content, &job->content, sizeof content) != 0) {
    status = lnti_fail(err, LNT_ECONFLICT, "%s has changed since it was imported", job->uri);
  }
  if (!status) status = make_bytes(&data, &n, &fresh, job, &blob, work, err);
  if (!status) {
    status = write_file(job->path, data, n, err);
    *fatal_out = status && status != LNT_EEXISTS;
    if (!status) job->written = n;
  }
  free(fresh);
  lnti_blob_clear(&blob);
  return status;
}

/* A hard link, which needs no other file and stays when the source is moved; where the file system has none, a symbolic
 * one. Nothing is read, so that only a change of length is seen. */
static lnt_status link_file(bool *fatal_out, const file_job *job, lnt_error *err) {
  struct stat info;
  int fd = -1;
  lnt_status status = lnti_regular_open(&fd, &info, job->uri, err);
  if (status) return status;
  close(fd);
  if ((uint64_t)info.st_size != job->bytes) {
    return lnti_fail(err, LNT_ECONFLICT, "%s has changed since it was imported", job->uri);
  }
  if (linkat(AT_FDCWD, job->uri, AT_FDCWD, job->path, AT_SYMLINK_FOLLOW) == 0) return LNT_OK;
  if (errno != EEXIST && symlink(job->uri, job->path) == 0) return LNT_OK;
  *fatal_out = errno != EEXIST;
  return lnti_fail_errno(err, errno, "%s: the link cannot be made", job->path);
}

static lnt_status run_jobs(void *payload, size_t begin, size_t end, unsigned worker, lnt_error *err) {
  folder_export *e = payload;
  (void)worker;
  for (size_t i = begin; i < end; i++) {
    file_job *job = &e->jobs[i];
    bool fatal = false;
    job->status = job->link ? link_file(&fatal, job, &job->error) : copy_file(&fatal, job, e->work, &job->error);
    job->linked = job->link && job->status == LNT_OK;
    if (fatal || job->status == LNT_ENOMEM) return lnti_fail(err, job->status, "%s", job->error.message);
  }
  return LNT_OK;
}

/* ---- the batch ---- */

static void account(folder_export *e) {
  lnti_export_result *result = &e->work->result;
  const lnti_export_options *options = e->work->options;
  for (size_t i = 0; i < e->n_jobs; i++) {
    const file_job *job = &e->jobs[i];
    if (job->status) {
      result->n_refused++;
      if (options->refused) options->refused(options->refused_payload, job->uri, job->status, job->error.message);
      continue;
    }
    result->exported++;
    result->linked += job->linked;
    result->stripped += job->stripped;
    result->unlabelled += !job->labelled;
    result->bytes += job->written;
  }
}

static lnt_status run_batch(folder_export *e, lnt_error *err) {
  const lnti_context *context = &e->work->project->context;
  lnt_status status = lnti_pool_for(context->pool, e->n_jobs, 1, run_jobs, e, context->cancel, err);
  if (status) return status;
  account(e);
  e->n_jobs = 0;
  lnti_arena_clear(&e->arena);
  lnti_progress_update(e->work->options->progress, "images", e->n_seen, e->work->total);
  return LNT_OK;
}

/* The job's path: a free name in e->place. */
static lnt_status name_file(folder_export *e, file_job *job, const lnti_item *item, const char *uri, lnt_error *err) {
  lnti_text name = {0};
  e->text.length = 0;
  lnt_status status = lnti_export_file_name(&name, &job->kind, item, uri, err);
  if (!status) status = lnti_text_printf(&e->text, err, "%s/", e->work->path);
  if (!status) status = lnti_take_distinct(&e->text, &e->taken, e->place.data, name.data, err);
  if (!status) status = lnti_arena_strndup(&job->path, &e->arena, e->text.data, e->text.length, err);
  lnti_text_clear(&name);
  return status;
}

static lnt_status on_item(void *payload, const lnti_item_view *view, lnt_error *err) {
  folder_export *e = payload;
  const lnti_item *item = view->item;
  e->n_seen++;
  if (item->kind == LNTI_ITEM_GROUP) return LNT_OK;
  size_t option = label_of(e, item);
  file_job *job = &e->jobs[e->n_jobs];
  *job = (file_job){.content = item->content, .bytes = item->bytes, .labelled = option != LNTI_NONE};
  lnt_status status = find_place(e, item, option, err);
  if (!status) status = make_place(e, err);
  if (!status) status = name_file(e, job, item, view->uri, err);
  if (!status) status = lnti_arena_strndup(&job->uri, &e->arena, view->uri, strlen(view->uri), err);
  if (status) return status;
  job->link = e->work->options->link && job->kind == LNTI_EXPORT_FILE && item->source_kind == LNTI_SOURCE_FOLDER;
  e->n_jobs++;
  return e->n_jobs == BATCH_FILES ? run_batch(e, err) : LNT_OK;
}

static void folder_clear(folder_export *e) {
  for (size_t i = 0; i < e->n_splits; i++) {
    free(e->splits[i].split);
    free(e->splits[i].folder);
  }
  for (size_t i = 0; e->class_folder && i < e->work->ontology->n_options; i++) free(e->class_folder[i]);
  free(e->splits);
  free(e->class_folder);
  free(e->labels);
  free(e->jobs);
  lnti_taken_clear(&e->taken);
  lnti_taken_clear(&e->made);
  lnti_arena_clear(&e->arena);
  lnti_text_clear(&e->text);
  lnti_text_clear(&e->place);
}

lnt_status lnti_export_folder(lnti_export_work *work, lnt_error *err) {
  folder_export e = {.work = work, .question = LNTI_NONE};
  lnt_status status = choose_question(&e, err);
  if (!status) status = name_folders(&e, err);
  if (!status) status = load_labels(&e, err);
  if (!status) status = lnti_alloc_zero(&e.jobs, BATCH_FILES, sizeof *e.jobs, err);
  if (!status) status = lnti_folder_make(work->path, err);
  const lnti_items_query query = {.filter = work->filter};
  if (!status) status = lnti_items(work->project, work->view, &query, on_item, &e, err);
  if (!status && e.n_jobs > 0) status = run_batch(&e, err);
  if (!status) status = lnti_file_system_sync(work->path, err);
  folder_clear(&e);
  return status;
}
