/*
 * What all imports have in common: one operation, one job, which reader a source needs, and the look at duplicates
 * afterwards.
 */
#include <flow/import/internal.h>

#include <base/alloc.h>
#include <base/error.h>
#include <errno.h>
#include <flow/duplicates.h>
#include <flow/relink.h>
#include <flow/split/leaks.h>
#include <flow/posix_regex.h>
#include <flow/split/names.h>
#include <media/cifar.h>
#include <media/idx.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- which reader a source needs ---- */

static lnt_status import_folder(lnti_import_work *work, const char *path, lnt_error *err) {
  return lnti_import_members(work, LNTI_SOURCE_FOLDER, path, err);
}

static lnt_status import_archive(lnti_import_work *work, const char *path, lnt_error *err) {
  return lnti_import_members(work, LNTI_SOURCE_ARCHIVE, path, err);
}

static bool is_cifar(const char *path) {
  size_t n = strlen(path);
  return n > 4 && strcmp(path + n - 4, ".bin") == 0 && lnti_cifar_sniff(path);
}

static lnt_status import_cifar(lnti_import_work *work, const char *path, lnt_error *err) {
  return lnti_archive_sniff(path) ? lnti_import_cifar_archive(work, path, err) : lnti_import_cifar(work, path, err);
}

/* A way to import. `is`: whether a source of which nothing was said is one; asked in the table's order. */
typedef struct reader {
  lnti_import_format format;
  bool folder; /* it reads folders, else files */
  bool (*is)(const char *path);
  lnt_status (*import)(lnti_import_work *work, const char *path, lnt_error *err);
} reader;

static bool always(const char *path) {
  (void)path;
  return true;
}

/* Found as another of its kind. */
static bool never(const char *path) {
  (void)path;
  return false;
}

static const reader readers[] = {
    {LNTI_IMPORT_IDX, true, lnti_import_has_idx, lnti_import_idx_folder},
    {LNTI_IMPORT_CIFAR, true, lnti_import_has_cifar, lnti_import_cifar_folder},
    {LNTI_IMPORT_FOLDER, true, always, import_folder},
    {LNTI_IMPORT_IDX, false, lnti_idx_sniff, lnti_import_idx},
    {LNTI_IMPORT_ARCHIVE, false, lnti_archive_sniff, import_archive},
    {LNTI_IMPORT_CIFAR, false, is_cifar, import_cifar},
    {LNTI_IMPORT_CSV, false, lnti_import_is_table, lnti_import_table},
    {LNTI_IMPORT_JSONL, false, never, lnti_import_table},
    {LNTI_IMPORT_LIST, false, never, lnti_import_table},
    {LNTI_IMPORT_FOLDER, false, always, lnti_import_file},
};

static const reader *find_reader(lnti_import_format format, const char *path, bool folder) {
  for (size_t i = 0; i < sizeof readers / sizeof *readers; i++) {
    const reader *r = &readers[i];
    if (r->folder != folder) continue;
    if (format == LNTI_IMPORT_AUTO ? r->is(path) : r->format == format) return r;
  }
  return NULL;
}

/* A source, before anything is read of it. */
typedef struct source {
  char *path; /* absolute; owned */
  const reader *reader;
} source;

static lnt_status find_source(source *out, const char *given, lnti_import_format format, lnt_error *err) {
  struct stat info;
  out->path = realpath(given, NULL);
  if (!out->path || stat(out->path, &info) != 0) return lnti_fail_errno(err, errno, "%s: cannot be opened", given);
  bool folder = S_ISDIR(info.st_mode);
  if (!folder && !S_ISREG(info.st_mode)) {
    return lnti_fail(err, LNT_EINVAL, "%s is neither a file nor a folder", given);
  }
  if (access(out->path, folder ? R_OK | X_OK : R_OK) != 0) {
    return lnti_fail_errno(err, errno, "%s: cannot be read", given);
  }
  out->reader = find_reader(format, out->path, folder);
  if (out->reader) return LNT_OK;
  return lnti_fail(err, LNT_EINVAL, "%s is a %s, which --format cannot mean; leave it away to find out", given,
                   folder ? "folder" : "file");
}

static void clear_sources(source *sources, size_t n) {
  for (size_t i = 0; sources && i < n; i++) free(sources[i].path);
  free(sources);
}

/* All of them, so that a name that is mistyped is found before the first source is imported. */
static lnt_status find_sources(source **out, const char *const *given, size_t n, lnti_import_format format,
                               lnt_error *err) {
  source *sources = NULL;
  lnt_error reason = LNT_ERROR_INIT;
  lnt_status status = lnti_alloc_zero(&sources, n, sizeof *sources, err);
  for (size_t i = 0; i < n && !status; i++) status = find_source(&sources[i], given[i], format, &reason);
  if (!status) {
    *out = sources;
    return LNT_OK;
  }
  clear_sources(sources, n);
  return lnti_fail(err, status, "%s%s", reason.message, n > 1 ? "; nothing was imported" : "");
}

/* Class titles stand for the numbers of arrays: where there can be none, whoever gave them expects something else. */
static lnt_status check_classes_used(const source *sources, size_t n, const lnti_import_options *options,
                                     lnt_error *err) {
  if (options->n_classes == 0) return LNT_OK;
  for (size_t i = 0; i < n; i++) {
    const bool folder = sources[i].reader->import == import_folder || sources[i].reader->import == lnti_import_file;
    if (!folder && sources[i].reader->import != lnti_import_table) return LNT_OK;
  }
  const bool table = sources[0].reader->import == lnti_import_table;
  return lnti_fail(
      err, LNT_EINVAL,
      "--classes gives titles to the label numbers of arrays (IDX, CIFAR), and %s %s; leave it out%s; "
      "nothing was imported",
      sources[0].path, table ? "is a table" : "is no array",
      table ? ", or name a column's values with --names COLUMN=FILE" : ": class folders are named by themselves");
}

/* Of one table all options are known before its first row is answered. */
static lnt_status check_unlisted(const source *sources, size_t n, const lnti_import_options *options, lnt_error *err) {
  if (!options->table.unlisted_no || (n == 1 && sources[0].reader->import == lnti_import_table)) return LNT_OK;
  return lnti_fail(
      err, LNT_EINVAL,
      "--unlisted no is said of the lists of one table; of several import without it, and then say it of all: "
      "linnet annotate --where 'QUESTION=answered' --set QUESTION.others=no; nothing was imported");
}

static lnt_status import_source(lnti_import_work *work, const source *from, lnt_error *err) {
  lnti_import_existing existing = work->options->existing;
  bool table = from->reader->import == lnti_import_table;
  work->has_media = work->has_media || !table;
  work->replaces = existing == LNTI_IMPORT_EXISTING_AUTO ? table : existing == LNTI_IMPORT_EXISTING_REPLACE;
  return from->reader->import(work, from->path, err);
}

/* A source that fails behind others: what was done before it stays, and is said. */
static lnt_status import_sources(lnti_import_work *work, const source *sources, size_t n, lnt_error *err) {
  for (size_t i = 0; i < n; i++) {
    lnt_error reason = LNT_ERROR_INIT;
    lnt_status status = import_source(work, &sources[i], &reason);
    if (!status) continue;
    if (n == 1 || status == LNT_ECANCELLED) return lnti_fail(err, status, "%s", reason.message);
    return lnti_fail(
        err, status,
        "source %zu of %zu failed, with %zu new %s and %zu %s stored before%s. The same command goes on once this "
        "is mended: %s",
        i + 1, n, work->result->imported, lnti_plural(work->result->imported, "item", "items"), work->result->labelled,
        lnti_plural(work->result->labelled, "label", "labels"), i + 1 < n ? "; those that follow were not read" : "",
        reason.message);
  }
  return LNT_OK;
}

/* ---- the import ---- */

lnt_status lnti_import_note(lnti_import_notice *notice, lnt_error *err, const char *format, ...) {
  char example[1024];
  lnt_status status = LNT_OK;
  if (notice->n == 0) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(example, sizeof example, format, arguments);
    va_end(arguments);
    status = lnti_strndup(&notice->first, example, lnti_utf8_valid(example, strlen(example)), err);
  }
  notice->n += status == LNT_OK;
  return status;
}

static lnt_status warn_of_files(const lnti_import_work *work, lnti_messages *warnings, lnt_error *err) {
  size_t n = work->n_framed;
  lnt_status status = LNT_OK;
  if (n > 0 && work->options->frames == LNTI_FRAMES_FIRST) {
    status =
        lnti_messages_add(warnings, err,
                          "%zu %s more than one frame or page, of which the first was taken; for all of them import "
                          "again with --frames each, or --frames group for one answer a file",
                          n, lnti_plural(n, "file has", "files have"));
  }
  if (status || work->n_truncated == 0) return status;
  return lnti_messages_add(warnings, err, "%zu JPEG %s early but %s at least 95 %% of their rows; they were taken",
                           work->n_truncated, lnti_plural(work->n_truncated, "file ends", "files end"),
                           lnti_plural(work->n_truncated, "has", "have"));
}

/* What was said and did not come to pass as it was said. */
static lnt_status warn_of_sayings(const lnti_import_work *work, lnti_messages *warnings, lnt_error *err) {
  const lnti_import_notice *kept = &work->kept, *unmatched = &work->unmatched, *exif = &work->exif_clashes;
  lnt_status status = LNT_OK;
  if (unmatched->n > 0) {
    status = lnti_messages_add(
        warnings, err, "%zu %s not fit the pattern of --meta and %s no metadata from it (first: %s)", unmatched->n,
        lnti_plural(unmatched->n, "path does", "paths do"), lnti_plural(unmatched->n, "has", "have"), unmatched->first);
  }
  if (!status && work->ungrouped.n > 0) {
    status =
        lnti_messages_add(warnings, err,
                          "--group \"%.200s\" finds nothing in %s%zu of %zu %s below the source, which %s in no "
                          "group (first: %s)",
                          work->options->group, work->ungrouped.n == work->n_group_asked ? "all " : "",
                          work->ungrouped.n, work->n_group_asked, lnti_plural(work->n_group_asked, "path", "paths"),
                          lnti_plural(work->ungrouped.n, "is", "are"), work->ungrouped.first);
  }
  if (!status && work->group_clashes.n > 0) {
    status = lnti_messages_add(warnings, err,
                               "members of one group carry different labels %zu %s (first: %s): the first "
                               "label of a group counts",
                               work->group_clashes.n, lnti_plural(work->group_clashes.n, "time", "times"),
                               work->group_clashes.first);
  }
  if (!status && exif->n > 0) {
    status = lnti_messages_add(warnings, err,
                               "%zu %s by a camera %s replaced by what the path or table says (first: %s); to have "
                               "both, give the other another name",
                               exif->n, lnti_plural(exif->n, "value written", "values written"),
                               lnti_plural(exif->n, "was", "were"), exif->first);
  }
  if (status || kept->n == 0) return status;
  return lnti_messages_add(
      warnings, err,
      "%zu %s from what the project has, which was kept (first: %s); to take what the sources say, "
      "import again with --existing replace",
      kept->n, lnti_plural(kept->n, "label, split or value differs", "labels, splits or values differ"), kept->first);
}

/* Where most of the answers that were there became others, the table may be of other images, or its titles may be shifted. */
static lnt_status warn_of_change(const lnti_import_work *work, lnti_messages *warnings, lnt_error *err) {
  enum { LEAST = 20 };
  const lnti_import_again *again = &work->result->again;
  const size_t changed = again->labels_changed, met = changed + again->labels_same;
  if (met < LEAST || 2 * changed < met) return LNT_OK;
  return lnti_messages_add(
      warnings, err,
      "%zu of the %zu answers that were there already are others now (first: %s): are these the right labels for these "
      "images? The log keeps what was there; to go back import the labels that were there again. --existing keep takes "
      "only what is missing",
      changed, met, work->changed_label.first);
}

/* Files that are other pictures than those that were imported under their names. */
static lnt_status warn_of_changed(const lnti_import_work *work, lnti_messages *warnings, lnt_error *err) {
  const size_t n = work->changed.n;
  if (n == 0) return LNT_OK;
  if (work->options->update_changed) {
    return lnti_messages_add(
        warnings, err,
        "%zu %s another picture than was imported (first: %s) and %s taken as it is now: answers, "
        "split and metadata (also what the camera wrote) stayed as they were, so look whether they still "
        "fit",
        n, lnti_plural(n, "file is", "files are"), work->changed.first, lnti_plural(n, "was", "were"));
  }
  return lnti_messages_add(warnings, err,
                           "%zu %s changed on disk since the import (first: %s): all that the project knows is of the "
                           "picture that was there. To take what is there now, import again with --changed update; "
                           "answers stay",
                           n, lnti_plural(n, "file has", "files have"), work->changed.first);
}

/* --changed update does not reach all that there is. */
static lnt_status warn_of_uncompared(const lnti_import_work *work, lnti_messages *warnings, lnt_error *err) {
  const size_t n = work->uncompared.n;
  if (n == 0) return LNT_OK;
  return lnti_messages_add(warnings, err,
                           "--changed update did nothing for %zu %s there already (first: %s): it takes anew only "
                           "files of one picture each, by an import of their folder; no members of archives, records "
                           "of arrays, frames, pages, nor what a table names",
                           n, lnti_plural(n, "image that is", "images that are"), work->uncompared.first);
}

/* A folder that has moved and is imported where it is now brings all of its images a second time. */
static lnt_status warn_of_moved(const lnti_import_work *work, lnti_messages *warnings, lnt_error *err) {
  const lnti_import_result *result = work->result;
  lnti_relink_result sources = {0};
  if (result->imported == 0 || 2 * result->duplicates.copies < result->imported) return LNT_OK;
  lnt_status status = lnti_sources(&sources, work->project, err);
  for (size_t i = 0; i < sources.n && !status; i++) {
    const lnti_relink_source *gone = &sources.source[i];
    if (gone->there || gone->items == 0) continue;
    status = lnti_messages_add(
        warnings, err,
        "%zu of the images are equal to others, and %s with its %zu %s is not there any more: if it "
        "was moved here, the project has its images twice now. What was moved is not imported "
        "again but told of: linnet relink OLD NEW",
        result->duplicates.copies, gone->path, gone->items, lnti_plural(gone->items, "item", "items"));
    break;
  }
  lnti_relink_result_clear(&sources);
  return status;
}

/* Any name is a split's, but nothing trains or judges by a misspelt one. */
static lnt_status warn_of_split(const lnti_import_work *work, lnti_messages *warnings, lnt_error *err) {
  static const char *const usual[] = {LNTI_SPLIT_TRAIN, LNTI_SPLIT_VAL, LNTI_SPLIT_TEST};
  const char *split = work->options->split, *near = split ? lnti_nearest_name(split, usual, 3) : NULL;
  if (!near || strcmp(near, split) == 0) return LNT_OK;
  return lnti_messages_add(
      warnings, err,
      "--split %s: did you mean '%s'? Nothing looks at a split of that name by itself; to put the items "
      "right import again with --split %s --existing replace",
      split, near, near);
}

static lnt_status warn(lnti_import_work *work, const lnti_messages *leaks, lnt_error *err) {
  lnti_messages *warnings = &work->result->warnings;
  lnt_status status = warn_of_split(work, warnings, err);
  if (!status) status = warn_of_moved(work, warnings, err);
  if (!status) status = warn_of_files(work, warnings, err);
  if (!status) status = warn_of_changed(work, warnings, err);
  if (!status) status = warn_of_uncompared(work, warnings, err);
  if (!status) status = warn_of_change(work, warnings, err);
  if (!status && work->options->n_classes > 0 && !work->has_numbers) {
    status = lnti_messages_add(
        warnings, err, "--classes was not used: it gives titles to label numbers of arrays, and none was found");
  }
  if (!status) status = warn_of_sayings(work, warnings, err);
  if (!status) status = lnti_duplicates_warn(warnings, &work->result->duplicates, err);
  for (size_t i = 0; i < leaks->n && !status; i++) status = lnti_messages_add(warnings, err, "%s", leaks->text[i]);
  work->result->cut = leaks->n > 0;
  return status;
}

/* The order is that of the values in store.c. */
static const char *const exif_keys[LNTI_IMPORT_EXIF_KEYS] = {"date",     "camera",    "serial",
                                                             "latitude", "longitude", "altitude"};

/* What --meta and --group ask for. */
static lnt_status prepare(lnti_import_work *work, lnt_error *err) {
  const lnti_import_options *options = work->options;
  lnt_status status = LNT_OK;
  for (size_t i = 0; i < LNTI_IMPORT_EXIF_KEYS && status == LNT_OK; i++) {
    status = lnti_import_meta_key(&work->exif_key[i], work, exif_keys[i], err);
  }
  work->has_exif_keys = status == LNT_OK;
  if (status == LNT_OK && options->meta) status = lnti_path_pattern_parse(&work->pattern, options->meta, err);
  if (status == LNT_OK && work->pattern) {
    size_t n = lnti_path_pattern_n(work->pattern);
    status = lnti_arena_alloc(&work->pattern_key, &work->arena, n, sizeof *work->pattern_key, err);
    for (size_t i = 0; i < n && status == LNT_OK; i++) {
      status = lnti_import_meta_key(&work->pattern_key[i], work, lnti_path_pattern_name(work->pattern, i), err);
    }
  }
  if (status || !options->group) return status;
  regex_t *regex = NULL;
  status = lnti_alloc_zero(&regex, 1, sizeof *regex, err);
  if (status) return status;
  status = lnti_posix_regex(regex, options->group, options->group, err);
  if (status) {
    free(regex);
    return status;
  }
  work->group_regex = regex;
  return LNT_OK;
}

/* As in store.c, a cache that cannot be opened is no reason to stop. */
static void open_thumbs(lnti_import_work *work) {
  lnt_error reason = LNT_ERROR_INIT;
  if (!work->options->verify) return;
  if (lnti_picture_cache_open(&work->thumbs, work->project, LNTI_PICTURE_THUMB, 0, &reason)) {
    lnti_log_printf(work->project->context.log, LNTI_LOG_WARN, "thumbnails are not kept: %s", reason.message);
  }
}

static void clear(lnti_import_work *work) {
  lnti_picture_cache_close(work->thumbs);
  if (work->group_regex) regfree(work->group_regex);
  free(work->group_regex);
  lnti_path_pattern_free(work->pattern);
  lnti_seen_clear(&work->said);
  free(work->unmatched.first);
  free(work->ungrouped.first);
  free(work->group_clashes.first);
  free(work->kept.first);
  free(work->changed.first);
  free(work->uncompared.first);
  free(work->changed_label.first);
  free(work->exif_clashes.first);
  free(work->meta_key);
  free(work->called);
  free(work->declared);
  free(work->resumed);
  lnti_arena_clear(&work->arena);
  lnti_ontology_free(work->ontology);
}

/* ---- afterwards ---- */

typedef struct counting {
  lnti_import_work *work;
  int64_t question_id;
  lnt_status status;
  lnt_error error;
} counting;

static void *count_main(void *payload) {
  counting *c = payload;
  c->status = lnti_duplicates_read(&c->work->result->duplicates, c->work->project, c->question_id, &c->error);
  return NULL;
}

/* Labels alone make no new duplicates, but may be new conflicts of those that there are. To count these and to look for leaks
 * is a pass over all items each, and one does not wait for the other. */
static lnt_status look_at_labels(lnti_messages *leaks, lnti_import_work *work, int64_t question_id, lnt_error *err) {
  counting c = {.work = work, .question_id = question_id, .error = LNT_ERROR_INIT};
  pthread_t thread;
  bool beside = pthread_create(&thread, NULL, count_main, &c) == 0;
  lnt_status status = lnti_leaks_report(leaks, work->project, err);
  if (beside) {
    pthread_join(thread, NULL);
  } else {
    count_main(&c);
  }
  return c.status ? lnti_fail(err, c.status, "%s", c.error.message) : status;
}

static lnt_status look_afterwards(lnti_messages *leaks, lnti_import_work *work, lnt_error *err) {
  int64_t question_id = work->question == LNTI_NONE ? 0 : work->ontology->questions[work->question].id;
  bool search = work->has_media || work->result->imported > 0;
  lnt_status status = search ? LNT_OK : lnti_duplicates_outdated(&search, work->project, err);
  if (status) return status;
  if (!search) return look_at_labels(leaks, work, question_id, err);
  status = lnti_duplicates_update(&work->result->duplicates, work->project, question_id, err);
  return status ? status : lnti_leaks_report(leaks, work->project, err);
}

/* One question with its first new options; *n_out: how many there are. */
static lnt_status tell_options(lnti_text *out, size_t *n_out, const lnti_import_work *work, size_t question,
                               lnt_error *err) {
  enum { TOLD = 3 };
  const lnti_ontology *o = work->ontology;
  lnt_status status = LNT_OK;
  size_t n = 0;
  for (size_t i = work->n_before; i < o->n_options && !status; i++) {
    if (o->options[i].question != question || o->options[i].draft || n++ >= TOLD) continue;
    status = lnti_text_printf(out, err, "%s%.60s", n == 1 ? ": " : ", ", o->options[i].title);
  }
  if (!status && n > TOLD) status = lnti_text_printf(out, err, "...");
  *n_out = n;
  return status;
}

/* What labels have added to the ontology. */
static lnt_status tell_added(lnti_import_work *work, lnt_error *err) {
  const lnti_ontology *o = work->ontology;
  lnti_text text = {0};
  lnt_status status = LNT_OK;
  for (size_t q = 0; q < o->n_questions && !status; q++) {
    const size_t length = text.length;
    size_t n = 0;
    status = lnti_text_printf(&text, err, "%s%s", length ? "; " : "", o->questions[q].key);
    if (!status) status = tell_options(&text, &n, work, q, err);
    bool is_new = q >= work->n_questions_before && !o->questions[q].draft;
    work->result->n_new_options += n;
    work->result->n_new_questions += is_new;
    if (!status && n == 0 && !is_new) text.length = length;
  }
  if (!status && text.length > 0 && work->n_questions_before > 0) {
    text.data[text.length] = '\0';
    work->result->added = text.data;
    text = (lnti_text){0};
  }
  lnti_text_clear(&text);
  return status;
}

static lnt_status import_all(lnti_import_work *work, const source *sources, size_t n_sources, lnt_error *err) {
  lnt_status status = lnti_store_ontology(&work->ontology, work->project->store, err);
  if (status) return status;
  work->n_before = work->ontology->n_options;
  work->n_questions_before = work->ontology->n_questions;
  status = lnti_alloc_zero(&work->called, work->n_before, sizeof *work->called, err);
  if (!status) status = import_sources(work, sources, n_sources, err);
  if (!status) status = tell_added(work, err);
  if (status) return status;
  lnti_messages leaks = {0};
  status = look_afterwards(&leaks, work, err);
  if (!status) status = warn(work, &leaks, err);
  lnti_messages_clear(&leaks);
  return status;
}

/* The first 256 are all that a label can name. */
static lnt_status check_classes(const lnti_import_options *options, lnt_error *err) {
  for (size_t i = 0; i < options->n_classes && i <= UINT8_MAX; i++) {
    for (size_t j = 0; j < i; j++) {
      if (strcmp(options->classes[i], options->classes[j]) != 0) continue;
      return lnti_fail(err, LNT_EINVAL, "the class title \"%.200s\" is given twice, for the labels %zu and %zu",
                       options->classes[i], j, i);
    }
  }
  return LNT_OK;
}

lnt_status lnti_import(lnti_import_result *out, lnti_project *project, const char *const *given, size_t n_sources,
                       const lnti_import_options *options, lnt_error *err) {
  lnti_import_result result = {0};
  lnti_import_options own = *options;
  lnti_import_work work = {
      .project = project, .options = &own, .result = &result, .n_sources = n_sources, .question = LNTI_NONE};
  uint64_t start = lnti_monotonic_ns();
  /* "Test" and "testing" are the split "test": under another name its items would be trained on. */
  const char *known = own.split ? lnti_split_of_name(own.split, strlen(own.split)) : NULL;
  if (known) own.split = known;
  if (own.split && !*own.split) {
    return lnti_fail(err, LNT_EINVAL,
                     "--split: the name is empty; without --split folders named train, val and test decide");
  }
  if (n_sources == 0)
    return lnti_fail(err, LNT_EINVAL, "nothing to import: name a folder, an archive, an array or a table");
  lnt_status status = check_classes(options, err);
  if (status) return status;
  source *sources = NULL;
  status = find_sources(&sources, given, n_sources, options->format, err);
  if (status) return status;
  lnti_project_op(&work.op, project, LNTI_OP_IMPORT, given[0]);
  status = check_classes_used(sources, n_sources, options, err);
  if (!status) status = check_unlisted(sources, n_sources, options, err);
  if (status) goto done;
  status = prepare(&work, err);
  if (status) goto done;
  status = lnti_project_set_limits(project, &own.limits, err);
  if (status) goto done;
  open_thumbs(&work);
  status = lnti_store_unfinished(&work.resumed, &work.n_resumed, project->store, work.op.kind, work.op.note, err);
  if (status) goto done;
  char params[LNTI_JOB_OF_OP_MAX];
  lnti_job_of_op(params, &work.op);
  status = lnti_job_begin(&work.job, project, "import", params, options->progress, err);
  if (status) goto done;
  status = lnti_job_end(&work.job, import_all(&work, sources, n_sources, err), err);
  if (status) goto done;
  result.seconds = (double)(lnti_monotonic_ns() - start) * 1e-9;
  *out = result;
  result = (lnti_import_result){0};
done:
  lnti_import_result_clear(&result);
  clear_sources(sources, n_sources);
  clear(&work);
  return status;
}

void lnti_import_result_clear(lnti_import_result *result) {
  for (size_t i = 0; i < result->n_columns; i++) {
    free(result->columns[i].of);
    free(result->columns[i].name);
    free(result->columns[i].table);
  }
  free(result->columns);
  free(result->added);
  lnti_duplicates_clear(&result->duplicates);
  lnti_messages_clear(&result->warnings);
}
