/*
 * Where results may go. A name is all that a user gives, and a slip in it (a photograph's, the database's) must not cost them a
 * file: what is there is opened and looked at, and only an earlier result of the same kind gives way.
 */
#include <flow/output.h>

#include <base/error.h>
#include <errno.h>
#include <fcntl.h>
#include <flow/cache_file.h>
#include <flow/report/report.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct kind_row {
  const char *what;      /* for messages */
  const char *ending[2]; /* the second may be NULL */
  const char *start;     /* what every such file begins with */
} kind_row;

static const kind_row kinds[] = {
    [LNTI_OUTPUT_ARRAY] = {"a NumPy array", {".npy", NULL}, "\x93NUMPY"},
    [LNTI_OUTPUT_ROWS] = {"a list of rows", {".csv", NULL}, LNTI_OUTPUT_ROWS_HEAD},
    [LNTI_OUTPUT_CLASSES] = {"a list of classes", {".csv", NULL}, LNTI_OUTPUT_CLASSES_HEAD},
    [LNTI_OUTPUT_REPORT] = {"a report", {".html", ".htm"}, LNTI_REPORT_HTML_START},
};

static bool ends_with(const char *text, const char *end) {
  size_t n = strlen(text), m = end ? strlen(end) : 0;
  return m > 0 && n > m && strcasecmp(text + n - m, end) == 0;
}

static lnt_status check_ending(const kind_row *kind, const char *path, lnt_error *err) {
  if (ends_with(path, kind->ending[0]) || ends_with(path, kind->ending[1])) return LNT_OK;
  return lnti_fail(err, LNT_EINVAL, "\"%s\": %s is written here; give it a name that ends in %s", path, kind->what,
                   kind->ending[0]);
}

/* ---- the place ---- */

/* Absolute and without links, as far as there is something; the rest as it was given. */
static lnt_status resolve(char **out, const char *path, lnt_error *err) {
  char *head = NULL;
  lnt_status status = lnti_strdup(&head, path, err);
  if (status) return status;
  size_t cut = strlen(head); /* where the rest begins */
  char *real = realpath(head, NULL);
  while (!real && errno == ENOENT && cut > 0) {
    while (cut > 0 && head[cut - 1] == '/') cut--;
    while (cut > 0 && head[cut - 1] != '/') cut--;
    head[cut] = '\0';
    real = realpath(cut > 0 ? head : ".", NULL);
  }
  if (!real) {
    status = lnti_fail_errno(err, errno, "%s", path);
  } else {
    status = lnti_asprintf(out, err, "%s%s%s", real, path[cut] ? "/" : "", path + cut);
  }
  free(real);
  free(head);
  return status;
}

static bool lies_in(const char *path, const char *folder) {
  size_t n = strlen(folder);
  return strncmp(path, folder, n) == 0 && (path[n] == '/' || path[n] == '\0');
}

static lnt_status check_folder(const lnti_project *project, const char *path, const char *name, lnt_error *err) {
  char *plain = NULL, *folder = NULL;
  lnt_status status = lnti_project_path(&plain, project, err, "%s", name);
  if (!status) status = resolve(&folder, plain, err);
  if (!status && (lies_in(path, folder) || lies_in(path, plain))) {
    status =
        lnti_fail(err, LNT_EINVAL, "%s lies in the project's own folder %s/: name a place outside of it", path, name);
  }
  free(folder);
  free(plain);
  return status;
}

lnt_status lnti_output_check_place(const lnti_project *project, const char *path, lnt_error *err) {
  static const char *const own[] = {"models", "cache", "embeddings"};
  static const char database[] = "/linnet.db"; /* with what SQLite puts beside it */
  char *real = NULL;
  lnt_status status = resolve(&real, path, err);
  size_t n = strlen(project->path);
  if (!status && strncmp(real, project->path, n) == 0 && strncmp(real + n, database, sizeof database - 1) == 0) {
    status = lnti_fail(err, LNT_EINVAL, "%s is a name of the project's database: name another file", path);
  }
  for (size_t i = 0; i < sizeof own / sizeof *own && !status; i++) status = check_folder(project, real, own[i], err);
  free(real);
  return status;
}

/* ---- what is there ---- */

static lnt_status check_folder_of(const char *path, lnt_error *err) {
  struct stat info;
  char *folder = NULL;
  const char *slash = strrchr(path, '/');
  if (!slash || slash == path) return LNT_OK;
  lnt_status status = lnti_strndup(&folder, path, (size_t)(slash - path), err);
  if (!status && stat(folder, &info) != 0) {
    status = errno == ENOENT ? lnti_fail(err, LNT_ENOTFOUND, "%s: there is no folder %s; make it first", path, folder)
                             : lnti_fail_errno(err, errno, "%s", folder);
  }
  free(folder);
  return status;
}

static lnt_status check_content(const kind_row *kind, const char *path, int fd, lnt_error *err) {
  char start[512];
  size_t n = 0, wanted = strlen(kind->start);
  lnt_status status = lnti_cache_read(&n, fd, start, sizeof start, 0, path, err);
  if (status || n == 0) return status; /* an empty file is nobody's work */
  if (wanted <= n && memcmp(start, kind->start, wanted) == 0) return LNT_OK;
  return lnti_fail(err, LNT_EEXISTS,
                   "%s is there already, and is not %s that Linnet wrote: name a new file, this one is kept", path,
                   kind->what);
}

static lnt_status check_there(const kind_row *kind, const char *path, lnt_error *err) {
  struct stat info;
  if (lstat(path, &info) != 0) return errno == ENOENT ? LNT_OK : lnti_fail_errno(err, errno, "%s", path);
  if (stat(path, &info) != 0) return lnti_fail_errno(err, errno, "%s: this link cannot be followed", path);
  if (!S_ISREG(info.st_mode)) {
    return lnti_fail(err, LNT_EEXISTS, "%s is no file, but %s: name a new file", path,
                     S_ISDIR(info.st_mode) ? "a folder" : "a device or pipe");
  }
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return lnti_fail_errno(err, errno, "%s is there already, and cannot be looked at", path);
  lnt_status status = check_content(kind, path, fd, err);
  close(fd);
  return status;
}

lnt_status lnti_output_check(const lnti_project *project, lnti_output_kind kind, const char *path, lnt_error *err) {
  lnt_status status = check_ending(&kinds[kind], path, err);
  if (!status) status = check_folder_of(path, err);
  if (!status && project) status = lnti_output_check_place(project, path, err);
  return status ? status : check_there(&kinds[kind], path, err);
}
