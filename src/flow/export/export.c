/*
 * What every export begins with: options that fit together, a place where nothing is yet, and which items.
 */
#include <flow/export/past.h>

#include <base/cancel.h>
#include <base/error.h>
#include <dirent.h>
#include <errno.h>
#include <flow/export/manifest.h>
#include <flow/output.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

static lnt_status check_options(const lnti_export_options *options, lnt_error *err) {
  if (options->format != LNTI_EXPORT_FOLDER && options->link) {
    return lnti_fail(err, LNT_EINVAL, "only a folder has files that could be links; leave out --link");
  }
  if (options->format != LNTI_EXPORT_FOLDER && options->target) {
    return lnti_fail(err, LNT_EINVAL, "a table has the answers to all questions; leave out --target");
  }
  if (options->format != LNTI_EXPORT_FOLDER && options->convert) {
    return lnti_fail(err, LNT_EINVAL, "only a folder has pictures to encode anew; leave out --convert");
  }
  if (options->where && *options->where && options->snapshot) {
    return lnti_fail(
        err, LNT_EINVAL,
        "a filter looks at the data as they are now, not as they were in a snapshot: leave out --where (--split "
        "takes the snapshot's splits), or take a snapshot of what the filter finds");
  }
  if (options->side && !options->convert) {
    return lnti_fail(err, LNT_EINVAL, "a picture of another size is encoded anew: add --convert jpeg or png to --size");
  }
  if (options->link && options->convert) {
    return lnti_fail(err, LNT_EINVAL, "a link leads to the file as it is; leave out --link, or --convert");
  }
  if (options->link && options->strip) {
    return lnti_fail(err, LNT_EINVAL,
                     "a link leads to the file with all its metadata; leave out --link to have copies without them");
  }
  return LNT_OK;
}

/* A kill may come when the manifest's folder is made and nothing is in it. */
static bool is_nothing(const char *name) {
  return strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || strcmp(name, LNTI_EXPORT_MANIFEST_FOLDER) == 0;
}

static lnt_status check_empty(const char *path, lnt_error *err) {
  const struct dirent *entry = NULL;
  DIR *folder = opendir(path);
  if (!folder) return lnti_fail_errno(err, errno, "%s: the folder cannot be listed", path);
  do {
    entry = readdir(folder);
  } while (entry && is_nothing(entry->d_name));
  lnt_status status = LNT_OK;
  if (entry) status = lnti_fail(err, LNT_EEXISTS, "%s is not empty: name a new folder, nothing is overwritten", path);
  closedir(folder);
  return status;
}

static lnt_status check_place(lnti_export_work *work, lnt_error *err) {
  struct stat info;
  lnt_status status = lnti_output_check_place(work->project, work->path, err);
  if (status) return status;
  if (lstat(work->path, &info) != 0) {
    work->fresh = errno == ENOENT;
    if (work->fresh) return LNT_OK;
    return lnti_fail_errno(err, errno, "%s", work->path);
  }
  if (work->options->format != LNTI_EXPORT_FOLDER) {
    return lnti_fail(err, LNT_EEXISTS, "%s is there already: name a new file, nothing is overwritten", work->path);
  }
  if (stat(work->path, &info) != 0 || !S_ISDIR(info.st_mode)) {
    return lnti_fail(err, LNT_EEXISTS, "%s is a file, where a folder is to be made", work->path);
  }
  if (lnti_manifest_is_there(work->path)) return LNT_OK;
  status = check_empty(work->path, err);
  work->fresh = status == LNT_OK;
  return status;
}

/* A filter that finds nothing is a slip of the pen, which is not to empty the folder of an earlier export. */
static lnt_status count_matches(lnti_export_work *work, lnt_error *err) {
  lnti_selection *selection = NULL;
  lnt_status status = lnti_view_select(&selection, work->view, work->filter, NULL, err);
  if (status) return status;
  work->total = lnti_selection_count(selection);
  lnti_selection_free(selection);
  if (work->total > 0) return LNT_OK;
  return lnti_fail(err, LNT_ENOTFOUND, "no item matches \"%.200s\": nothing is exported", work->options->where);
}

static lnt_status count_items(lnti_export_work *work, lnt_error *err) {
  lnti_store_counts counts = {0};
  if (work->options->snapshot) return LNT_OK; /* counted when it was opened */
  if (work->filter) return count_matches(work, err);
  lnt_status status = lnti_store_counts_read(&counts, work->project->store, err);
  if (status) return status;
  work->total = counts.items;
  lnti_store_counts_clear(&counts);
  return LNT_OK;
}

lnt_status lnti_export(lnti_export_result *out, lnti_project *project, const char *path,
                       const lnti_export_options *options, lnt_error *err) {
  const char *where = options->where ? options->where : "";
  lnti_export_work work = {.project = project, .options = options, .path = path};
  lnti_ontology *present = NULL;
  uint64_t began = lnti_monotonic_ns();
  lnt_status status = check_options(options, err);
  if (!status && options->snapshot) status = lnti_export_open_past(&work, err);
  if (!status && !options->snapshot) status = lnti_store_ontology(&present, project->store, err);
  if (!status && !options->snapshot) work.ontology = present;
  if (!status && *where) status = lnti_view_open(&work.view, project, NULL, NULL, err);
  if (!status && *where) status = lnti_view_filter(&work.filter, work.view, where, err);
  if (!status) status = count_items(&work, err);
  if (!status) status = check_place(&work, err);
  if (!status) {
    status = options->format == LNTI_EXPORT_FOLDER ? lnti_export_folder(&work, err) : lnti_export_table(&work, err);
  }
  lnti_filter_free(work.filter);
  lnti_view_close(work.view);
  lnti_snapshot_close(&work.snapshot);
  lnti_ontology_free(present);
  if (status) return status;
  work.result.seconds = 1e-9 * (double)(lnti_monotonic_ns() - began);
  *out = work.result;
  return LNT_OK;
}

/* ---- what is private ---- */

/* True where `word` stands in the key between characters that are no letters. */
static bool has_word(const char *key, const char *word) {
  size_t n = strlen(word);
  for (const char *at = key; *at; at++) {
    bool begins = at == key || !((at[-1] | 0x20) >= 'a' && (at[-1] | 0x20) <= 'z');
    bool ends = strncasecmp(at, word, n) == 0 && !((at[n] | 0x20) >= 'a' && (at[n] | 0x20) <= 'z');
    if (begins && ends) return true;
  }
  return false;
}

/* Rather too much than too little: a key that is left out can be asked for, one that is told cannot be taken back. */
bool lnti_export_is_private(const char *key, unsigned strip) {
  static const char *const places[] = {"altitude",   "lat",         "lon",     "lng",    "location", "geo",
                                       "coordinate", "coordinates", "geohash", "geotag", NULL};
  static const char *const numbers[] = {"owner", "artist", "author", "photographer", "copyright", NULL};
  if (strip & LNTI_STRIP_GPS) {
    if (strcasestr(key, "gps") || strcasestr(key, "latitude") || strcasestr(key, "longitude")) return true;
    for (const char *const *word = places; *word; word++) {
      if (has_word(key, *word)) return true;
    }
  }
  if (strip & LNTI_STRIP_SERIALS) {
    if (strcasestr(key, "serial") || strcasestr(key, "unique")) return true;
    for (const char *const *word = numbers; *word; word++) {
      if (has_word(key, *word)) return true;
    }
  }
  return false;
}
