/*
 * Items as files in class folders.
 *
 * Names are given one after the other, in order of id, since which of two files is called "a-2.jpg" may not depend on
 * threads; then a batch of files is made on the pool. What goes wrong with an item is that item's outcome; what goes wrong
 * with the folder (full disk) ends the work.
 */
#include <flow/export/make.h>

#include <base/alloc.h>
#include <base/cancel.h>
#include <base/error.h>
#include <base/file.h>
#include <flow/export/names.h>
#include <flow/export/past.h>
#include <flow/target.h>
#include <stdlib.h>
#include <string.h>

enum { BATCH_FILES = 256 };

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
  lnti_file_job *jobs;    /* [BATCH_FILES]; their texts are in the arena */
  size_t n_jobs, n_seen;
  int64_t last_item; /* that was counted: files of one item come one after another */
  lnti_manifest manifest;
  lnti_arena arena; /* of the batch */
  lnti_text text, place;
} folder_export;

/* ---- names of classes and splits ---- */

static const lnti_snapshot *snapshot_of(const folder_export *e) {
  return e->work->options->snapshot ? &e->work->snapshot : NULL;
}

static lnt_status choose_question(folder_export *e, lnt_error *err) {
  const lnti_export_options *options = e->work->options;
  const lnti_ontology *o = e->work->ontology;
  lnt_error reason = LNT_ERROR_INIT;
  if (options->target) {
    lnt_status found = lnti_ontology_find_question(&e->question, o, options->target, err);
    if (found) return found;
    lnti_question_type type = o->questions[e->question].type;
    if (type == LNTI_RADIO || type == LNTI_TREE || type == LNTI_CHECKLIST) return LNT_OK;
    return lnti_fail(err, LNT_EINVAL,
                     "class folders are made of questions with options, and %s has none to sort by; csv and jsonl hold "
                     "the answers to every question",
                     options->target);
  }
  lnt_status status = lnti_target_find_of(&e->question, snapshot_of(e), e->work->project, o, NULL, &reason);
  if (status == LNT_ENOTFOUND) return LNT_OK; /* no labels yet */
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
static lnt_status name_splits(folder_export *e, const lnti_snapshot_names *names, lnti_taken *top, lnt_error *err) {
  lnt_status status = lnti_alloc_zero(&e->splits, names->n, sizeof *e->splits, err);
  bool any = false;
  for (size_t i = 0; i < names->n; i++) any = any || *names->name[i];
  for (size_t i = 0; i < names->n && !status; i++) {
    split_name *name = &e->splits[e->n_splits++];
    status = lnti_strdup(&name->split, names->name[i], err);
    if (status) break;
    if (*name->split) {
      status = distinct_name(&name->folder, top, "", name->split, err);
    } else {
      status = lnti_strdup(&name->folder, any ? LNTI_EXPORT_UNSPLIT : "", err);
    }
  }
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
  lnti_snapshot_names present = {0};
  const lnti_snapshot_names *splits = snapshot_of(e) ? &e->work->snapshot.splits : &present;
  lnt_status status = lnti_take(NULL, &top, LNTI_EXPORT_UNLABELLED, err);
  if (!status) status = lnti_take(NULL, &top, LNTI_EXPORT_UNSPLIT, err);
  if (!status && !snapshot_of(e)) status = lnti_snapshot_names_splits(&present, e->work->project, err);
  if (!status) status = name_splits(e, splits, &top, err);
  if (!status && e->question != LNTI_NONE) status = name_classes(e, &top, err);
  lnti_taken_clear(&top);
  lnti_snapshot_names_clear(&present);
  return status;
}

static const char *split_folder(const folder_export *e, const char *split) {
  for (size_t i = 0; i < e->n_splits; i++) {
    if (strcmp(e->splits[i].split, split) == 0) return e->splits[i].folder;
  }
  return NULL;
}

/* ---- labels ---- */

/* Of a checklist each option with a yes. */
static lnt_status keep_label(void *payload, const lnti_answer_row *row, lnt_error *err) {
  folder_export *e = payload;
  size_t option = lnti_ontology_option_by_id(e->work->ontology, row->option_id);
  bool checklist = e->work->ontology->questions[e->question].type == LNTI_CHECKLIST;
  if (row->state != LNTI_ANSWERED || option == LNTI_NONE) return LNT_OK;
  if (checklist && !(row->number > 0)) return LNT_OK;
  lnt_status status = lnti_grow(&e->labels, &e->label_capacity, e->n_labels + 1, sizeof *e->labels, err);
  if (!status) e->labels[e->n_labels++] = (label){row->subject_id, option};
  return status;
}

static lnt_status keep_labels_then(void *payload, const lnti_snapshot_item *item, lnt_error *err) {
  const folder_export *e = payload;
  const int64_t question_id = e->work->ontology->questions[e->question].id;
  lnt_status status = LNT_OK;
  for (size_t i = 0; i < item->n_answers && !status; i++) {
    if (item->answers[i].question_id == question_id) status = keep_label(payload, &item->answers[i], err);
  }
  return status;
}

static lnt_status load_labels(folder_export *e, lnt_error *err) {
  if (e->question == LNTI_NONE) return LNT_OK;
  if (snapshot_of(e)) return lnti_snapshot_walk(&e->work->snapshot, keep_labels_then, e, err);
  return lnti_store_answers(e->work->project->store, 0, INT64_MAX, e->work->ontology->questions[e->question].id,
                            keep_label, e, err);
}

/* The first label of a subject; *n_out of them. Labels come by subject. */
static const label *labels_of(size_t *n_out, const folder_export *e, int64_t id) {
  size_t low = 0, high = e->n_labels, n = 0;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (e->labels[middle].item_id < id) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  while (low + n < e->n_labels && e->labels[low + n].item_id == id) n++;
  *n_out = n;
  return n > 0 ? e->labels + low : NULL;
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

static lnt_status run_jobs(void *payload, size_t begin, size_t end, unsigned worker, lnt_error *err) {
  folder_export *e = payload;
  lnt_status status = LNT_OK;
  (void)worker;
  for (size_t i = begin; i < end && !status; i++) status = lnti_file_job_run(&e->jobs[i], e->work, err);
  return status;
}

/* ---- the batch ---- */

static lnt_status account(folder_export *e, lnt_error *err) {
  lnti_export_result *result = &e->work->result;
  const lnti_export_options *options = e->work->options;
  lnt_status status = LNT_OK;
  for (size_t i = 0; i < e->n_jobs && !status; i++) {
    const lnti_file_job *job = &e->jobs[i];
    if (job->status) {
      result->n_refused++;
      if (options->refused) options->refused(options->refused_payload, job->uri, job->status, job->error.message);
      status = job->there == LNTI_MADE_CHANGED ? lnti_manifest_let_be(&e->manifest, job->below, err)
                                               : lnti_manifest_hold(&e->manifest, &job->made, err);
      continue;
    }
    result->exported++;
    result->items += job->item_id != e->last_item;
    e->last_item = job->item_id;
    result->unchanged += job->there == LNTI_MADE_SAME;
    result->linked += job->linked;
    result->stripped += job->stripped;
    result->unlabelled += !job->labelled;
    result->bytes += job->written;
    status = lnti_manifest_keep(&e->manifest, job->below, &job->made, err);
  }
  return status;
}

static lnt_status look_jobs(void *payload, size_t begin, size_t end, unsigned worker, lnt_error *err) {
  folder_export *e = payload;
  (void)worker;
  (void)err;
  for (size_t i = begin; i < end; i++) {
    lnti_file_job *job = &e->jobs[i];
    job->there = e->work->fresh ? LNTI_MADE_NOT : lnti_manifest_look(&e->manifest, job->below, &job->made);
  }
  return LNT_OK;
}

/* A hard link may turn out a symbolic one. */
static lnt_status plan_job(folder_export *e, const lnti_file_job *job, lnt_error *err) {
  const lnti_made symbolic = {job->made.key, lnti_manifest_link_stamp(job->uri)};
  lnt_status status = lnti_manifest_plan(&e->manifest, job->below, &job->made, err);
  if (status || job->link != LNTI_LINK_HARD) return status;
  return lnti_manifest_plan(&e->manifest, job->below, &symbolic, err);
}

/* What is about to be written is in the journal before. */
static lnt_status run_batch(folder_export *e, lnt_error *err) {
  const lnti_context *context = &e->work->project->context;
  lnt_status status = lnti_pool_for(context->pool, e->n_jobs, 16, look_jobs, e, context->cancel, err);
  for (size_t i = 0; i < e->n_jobs && !status; i++) {
    const lnti_file_job *job = &e->jobs[i];
    if (job->there == LNTI_MADE_NOT || job->there == LNTI_MADE_OTHER) status = plan_job(e, job, err);
  }
  if (!status) status = lnti_manifest_flush(&e->manifest, err);
  if (!status) status = lnti_pool_for(context->pool, e->n_jobs, 1, run_jobs, e, context->cancel, err);
  if (!status) status = account(e, err);
  if (status) return status;
  e->n_jobs = 0;
  lnti_arena_clear(&e->arena);
  lnti_progress_update(e->work->options->progress, "images", e->n_seen, e->work->total);
  return LNT_OK;
}

/* "a.tif" becomes "a.png": what a picture is called when it is encoded anew. */
static lnt_status change_extension(lnti_text *name, const char *extension, lnt_error *err) {
  const char *dot = name->length ? strrchr(name->data, '.') : NULL;
  size_t stem = dot && dot != name->data ? (size_t)(dot - name->data) : name->length;
  if (stem + strlen(extension) > LNTI_SAFE_NAME_MAX) stem = lnti_utf8_valid(name->data, LNTI_SAFE_NAME_MAX - 4);
  name->length = stem;
  return lnti_text_append(name, extension, strlen(extension), err);
}

/* The job's path: a free name in e->place. */
static lnt_status name_file(folder_export *e, lnti_file_job *job, const lnti_item *item, const char *uri,
                            lnt_error *err) {
  const lnti_export_encoding convert = e->work->options->convert;
  lnti_text name = {0};
  e->text.length = 0;
  lnt_status status = lnti_export_file_name(&name, &job->kind, item, uri, err);
  if (!status && convert) status = change_extension(&name, convert == LNTI_ENCODE_JPEG ? ".jpg" : ".png", err);
  if (!status) status = lnti_text_printf(&e->text, err, "%s/", e->work->path);
  const size_t below = e->text.length;
  if (!status) status = lnti_take_distinct(&e->text, &e->taken, e->place.data, name.data, err);
  if (!status) status = lnti_arena_strndup(&job->path, &e->arena, e->text.data, e->text.length, err);
  if (!status) job->below = job->path + below;
  lnti_text_clear(&name);
  return status;
}

/* One file of an item: in the folder of `option`. */
static lnt_status add_file(folder_export *e, const lnti_item_view *view, size_t option, lnt_error *err) {
  const lnti_item *item = view->item;
  lnti_file_job *job = &e->jobs[e->n_jobs];
  *job = (lnti_file_job){
      .item_id = item->id, .content = item->content, .bytes = item->bytes, .labelled = option != LNTI_NONE};
  lnt_status status = find_place(e, item, option, err);
  if (!status) status = make_place(e, err);
  if (!status) status = name_file(e, job, item, view->uri, err);
  if (!status) status = lnti_arena_strndup(&job->uri, &e->arena, view->uri, strlen(view->uri), err);
  if (status) return status;
  if (job->kind == LNTI_EXPORT_FILE && item->source_kind == LNTI_SOURCE_FOLDER) job->link = e->work->options->link;
  lnti_file_job_plan(job, item, e->work->options);
  e->n_jobs++;
  return e->n_jobs == BATCH_FILES ? run_batch(e, err) : LNT_OK;
}

/* A member of a group without a label of its own has the group's. */
static lnt_status on_item(void *payload, const lnti_item_view *view, lnt_error *err) {
  folder_export *e = payload;
  const lnti_item *item = view->item;
  size_t n = 0;
  e->n_seen++;
  if (item->kind == LNTI_ITEM_GROUP) return LNT_OK;
  const label *found = labels_of(&n, e, item->id);
  if (n == 0 && item->group_id) found = labels_of(&n, e, item->group_id);
  lnt_status status = n == 0 ? add_file(e, view, LNTI_NONE, err) : LNT_OK;
  for (size_t i = 0; i < n && !status; i++) status = add_file(e, view, found[i].option, err);
  return status;
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
  lnti_manifest_close(&e->manifest);
  lnti_arena_clear(&e->arena);
  lnti_text_clear(&e->text);
  lnti_text_clear(&e->place);
}

lnt_status lnti_export_folder(lnti_export_work *work, lnt_error *err) {
  folder_export e = {.work = work, .question = LNTI_NONE, .manifest = {.lock = -1}};
  lnt_status status = choose_question(&e, err);
  if (!status) status = name_folders(&e, err);
  if (!status) status = load_labels(&e, err);
  if (!status) status = lnti_alloc_zero(&e.jobs, BATCH_FILES, sizeof *e.jobs, err);
  if (!status) status = lnti_manifest_open(&e.manifest, work->path, err);
  if (!status) work->nameless = lnti_file_nameless_works(e.manifest.folder);
  if (!status) status = lnti_export_items(work, on_item, &e, err);
  if (!status && e.n_jobs > 0) status = run_batch(&e, err);
  if (!status) status = lnti_file_system_sync(work->path, err);
  lnti_stale_counts stale = {0};
  if (!status) status = lnti_manifest_finish(&stale, &e.manifest, work->options->strip != 0, err);
  work->result.removed = stale.removed;
  work->result.left = stale.left;
  work->result.held = stale.held;
  folder_clear(&e);
  return status;
}
