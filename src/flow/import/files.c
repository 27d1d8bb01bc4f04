/*
 * Listing folders. Recursion is bounded by LNTI_FILES_DEPTH_MAX; one path buffer serves the whole walk. Links to folders wait
 * until all that are no links have been listed; no folder is listed twice, so that no chain of links is without end.
 */
#include <flow/import/files.h>

#include <base/alloc.h>
#include <base/error.h>
#include <dirent.h>
#include <errno.h>
#include <flow/table/seen.h>
#include <flow/table/table.h>
#include <image/image.h>
#include <media/archive.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

/* A link to a folder that waits. */
typedef struct waiting {
  char *path;
  unsigned depth;
} waiting;

typedef struct walk {
  lnti_files *files;
  lnti_seen listed; /* folders, by device and inode */
  waiting *links;
  size_t n_links, link_capacity, next_link;
  const lnti_cancel *cancel;
  lnti_refused_visit refused;
  void *refused_payload;
  size_t below;                   /* where members begin in `path` */
  char path[LNTI_PATH_BYTES_MAX]; /* of the folder or file at hand */
} walk;

static bool may_be_image(const char *name) {
  /* Those that are read, and those that people take for images, too: these are refused by name, not passed over. */
  static const char *const extensions[] = {
      "jpg", "jpeg", "jpe", "jfif", "png", "apng", "webp", "gif", "tif", "tiff", "heic", "heif", "hif", "avif",
      "bmp", "dib",  "pnm", "ppm",  "pgm", "pbm",  "pam",  "pfm", /* and now the others */
      "jxl", "jp2",  "j2k", "jpx",  "jxr", "ico",  "cur",  "tga", "psd", "svg",  "exr",  "dds",  "qoi", "dcm"};
  const char *dot = strrchr(name, '.');
  for (size_t i = 0; i < sizeof extensions / sizeof extensions[0]; i++) {
    if (strcasecmp(dot + 1, extensions[i]) == 0) return true;
  }
  return false;
}

/* Of a file without an extension the bytes tell: a licence is none, whatever cannot be read is refused later. */
static bool may_be_image_inside(const char *path) {
  uint8_t bytes[LNTI_IMAGE_SNIFF_BYTES];
  FILE *file = fopen(path, "rbe");
  if (!file) return true;
  size_t n = fread(bytes, 1, sizeof bytes, file);
  bool yes = ferror(file) || lnti_image_sniff(bytes, n);
  fclose(file);
  return yes;
}

static lnt_status add_file(lnti_files *files, const char *member, lnt_error *err) {
  char *copy = NULL;
  lnt_status status = lnti_grow(&files->member, &files->capacity, files->n + 1, sizeof *files->member, err);
  if (status) return status;
  status = lnti_arena_strndup(&copy, &files->arena, member, strlen(member), err);
  if (status) return status;
  files->member[files->n++] = copy;
  return LNT_OK;
}

static int natural_order(const struct dirent **a, const struct dirent **b) {
  return lnti_natural_compare((*a)->d_name, (*b)->d_name);
}

static int not_hidden(const struct dirent *entry) {
  return entry->d_name[0] != '.';
}

static void tell_refused(const walk *w, const char *path, lnt_status code, const lnt_error *reason) {
  if (w->refused) w->refused(w->refused_payload, path, code, reason->message);
}

static lnt_status list_folder(walk *w, size_t n, unsigned depth, lnt_error *err);

/* *first_out: the folder w->path was not listed before. */
static lnt_status note_folder(bool *first_out, walk *w, lnt_error *err) {
  struct stat info;
  size_t ignored = 0;
  *first_out = true;
  if (stat(w->path, &info) != 0) return LNT_OK; /* told when it is listed */
  const uint64_t key[2] = {(uint64_t)info.st_dev + 1, (uint64_t)info.st_ino};
  return lnti_seen_note(&ignored, first_out, &w->listed, key, 0, 0, err);
}

/* A link to a folder, or below one, that is not listed. */
static lnt_status leave_folder(lnti_files *files, const char *member, lnt_error *err) {
  char *copy = NULL;
  if (files->n_again++ > 0) return LNT_OK;
  lnt_status status = lnti_arena_strndup(&copy, &files->arena, member, strlen(member), err);
  if (!status) files->first_again = copy;
  return status;
}

static lnt_status wait_for_link(walk *w, unsigned depth, lnt_error *err) {
  lnt_status status = lnti_grow(&w->links, &w->link_capacity, w->n_links + 1, sizeof *w->links, err);
  if (!status) status = lnti_strdup(&w->links[w->n_links].path, w->path, err);
  if (!status) w->links[w->n_links++].depth = depth;
  return status;
}

/* A file that may hold labels: a table, or a list whose name says a split ("train.txt"). */
static lnt_status note_table(lnti_files *files, const char *name, const char *member, lnt_error *err) {
  const lnti_table_format format = lnti_table_format_of(name);
  const bool table = format == LNTI_TABLE_CSV || format == LNTI_TABLE_JSONL ||
                     (format == LNTI_TABLE_LIST && lnti_table_list_split(member));
  char *copy = NULL;
  if (!table || files->n_tables++ > 0) return LNT_OK;
  lnt_status status = lnti_arena_strndup(&copy, &files->arena, member, strlen(member), err);
  files->first_table = copy;
  return status;
}

/* w->path names one entry of a folder, n bytes long. */
static lnt_status list_entry(walk *w, size_t n, unsigned depth, lnt_error *err) {
  struct stat info = {0};
  bool link = lstat(w->path, &info) == 0 && S_ISLNK(info.st_mode);
  bool folder = stat(w->path, &info) == 0 && S_ISDIR(info.st_mode);
  if (folder) return link ? wait_for_link(w, depth + 1, err) : list_folder(w, n, depth + 1, err);
  const char *name = strrchr(w->path, '/') + 1;
  bool image = strchr(name, '.') ? may_be_image(name) : S_ISREG(info.st_mode) && may_be_image_inside(w->path);
  if (image) return add_file(w->files, w->path + w->below, err);
  w->files->n_other++;
  return note_table(w->files, name, w->path + w->below, err);
}

/* An entry of the folder w->path, n bytes long; one whose path is too long is refused. */
static lnt_status list_name(walk *w, size_t n, unsigned depth, const char *name, lnt_error *err) {
  size_t length = strlen(name);
  lnt_error reason = LNT_ERROR_INIT;
  if (n + 1 + length >= sizeof w->path) {
    lnt_status code = lnti_fail(&reason, LNT_ELIMIT, "a path in this folder is longer than %d bytes: .../%.255s",
                                LNTI_PATH_BYTES_MAX, name);
    tell_refused(w, w->path, code, &reason);
    return LNT_OK;
  }
  w->path[n] = '/';
  memcpy(w->path + n + 1, name, length + 1);
  lnt_status status = list_entry(w, n + 1 + length, depth, err);
  w->path[n] = '\0';
  return status;
}

static lnt_status list_folder(walk *w, size_t n, unsigned depth, lnt_error *err) {
  struct dirent **names = NULL;
  lnt_error reason = LNT_ERROR_INIT;
  bool first = true;
  lnt_status status = lnti_cancel_check(w->cancel, err);
  if (!status) status = note_folder(&first, w, err);
  if (!status && !first) status = leave_folder(w->files, w->path + w->below, err);
  if (status || !first) return status;
  if (depth > LNTI_FILES_DEPTH_MAX) {
    lnt_status code = lnti_fail(&reason, LNT_ELIMIT, "this folder lies deeper than %d folders: it was not looked into",
                                LNTI_FILES_DEPTH_MAX);
    tell_refused(w, w->path, code, &reason);
    return LNT_OK;
  }
  int n_names = scandir(w->path, &names, not_hidden, natural_order);
  if (n_names < 0) {
    lnt_status code = lnti_fail_errno(&reason, errno, "%s: the folder cannot be listed", w->path);
    tell_refused(w, w->path, code, &reason);
    return LNT_OK;
  }
  for (int i = 0; i < n_names && status == LNT_OK; i++) status = list_name(w, n, depth, names[i]->d_name, err);
  for (int i = 0; i < n_names; i++) free(names[i]);
  free(names);
  return status;
}

/* Folder by folder as people sort names. */
static int path_order(const void *a, const void *b) {
  const char *const *x = a, *const *y = b;
  return lnti_natural_compare(*x, *y);
}

/* ---- links ---- */

/* Whether a folder is the root or above it: what lies beside the root is not meant. */
static bool is_above(const char *folder, const char *root) {
  size_t n = strlen(folder);
  if (n == 1) return true; /* "/" */
  return strncmp(folder, root, n) == 0 && (root[n] == '/' || root[n] == '\0');
}

/* Lists what a link leads to, under the link's name; further links come to wait behind it. */
static lnt_status follow_link(walk *w, const waiting *link, const char *root, lnt_error *err) {
  size_t n = strlen(link->path);
  char *real = realpath(link->path, NULL);
  bool above = real && is_above(real, root);
  free(real);
  if (above) return leave_folder(w->files, link->path + w->below, err);
  memcpy(w->path, link->path, n + 1);
  return list_folder(w, n, link->depth, err);
}

static lnt_status follow_links(walk *w, const char *root, lnt_error *err) {
  lnt_status status = LNT_OK;
  bool followed = w->n_links > 0;
  while (w->next_link < w->n_links && !status) {
    const waiting link = w->links[w->next_link++];
    status = follow_link(w, &link, root, err);
  }
  lnti_files *files = w->files;
  if (followed && files->n > 1) qsort(files->member, files->n, sizeof *files->member, path_order);
  return status;
}

lnt_status lnti_files_list(lnti_files *out, const char *root, const lnti_cancel *cancel, lnti_refused_visit refused,
                           void *refused_payload, lnt_error *err) {
  lnti_files files = {0};
  size_t n = strlen(root);
  walk w = {.files = &files, .cancel = cancel, .refused = refused, .refused_payload = refused_payload, .below = n + 1};
  if (n >= sizeof w.path) {
    return lnti_fail(err, LNT_ELIMIT, "a path is longer than %d bytes: %.300s...", LNTI_PATH_BYTES_MAX, root);
  }
  memcpy(w.path, root, n + 1);
  lnt_status status = list_folder(&w, n, 0, err);
  if (!status) status = follow_links(&w, root, err);
  for (size_t i = 0; i < w.n_links; i++) free(w.links[i].path);
  free(w.links);
  lnti_seen_clear(&w.listed);
  if (status) {
    lnti_files_clear(&files);
    return status;
  }
  *out = files;
  return LNT_OK;
}

/* ---- archives ---- */

typedef struct member_refusals {
  const char *path;
  lnti_refused_visit refused;
  void *payload;
} member_refusals;

static lnt_status refuse_member(void *payload, const char *name, const lnt_error *reason, lnt_error *err) {
  const member_refusals *r = payload;
  lnti_text uri = {0};
  if (!r->refused) return LNT_OK;
  lnt_status status = lnti_text_printf(&uri, err, "%s%s%s", r->path, *name ? "#" : "", name);
  if (status == LNT_OK) r->refused(r->payload, uri.data, reason->code, reason->message);
  lnti_text_clear(&uri);
  return status;
}

/* Of a member without an extension the bytes tell, as of a file; what cannot be read is refused later. */
static lnt_status sniff_member(bool *out, lnti_media *media, const char *path, const char *name, lnt_error *err) {
  lnti_blob blob = {0};
  lnt_error reason = LNT_ERROR_INIT;
  char *uri = NULL;
  lnt_status status = lnti_asprintf(&uri, err, "%s#%s", path, name);
  if (status) return status;
  *out = lnti_media_read(&blob, media, uri, &reason) != LNT_OK ||
         lnti_image_sniff(blob.data, blob.bytes < LNTI_IMAGE_SNIFF_BYTES ? blob.bytes : LNTI_IMAGE_SNIFF_BYTES);
  lnti_blob_clear(&blob);
  free(uri);
  return LNT_OK;
}

const char *lnti_files_inner(const char *member) {
  char outer[LNTI_PATH_BYTES_MAX + 1];
  for (const char *at = member; (at = strchr(at, '#')) != NULL; at++) {
    size_t n = (size_t)(at - member);
    if (n >= sizeof outer) return NULL;
    memcpy(outer, member, n);
    outer[n] = '\0';
    if (lnti_archive_name(outer)) return at + 1;
  }
  return NULL;
}

static lnt_status add_member(lnti_files *files, lnti_media *media, const char *path, const char *name, lnt_error *err) {
  const char *inner = lnti_files_inner(name), *slash = strrchr(inner ? inner : name, '/');
  const char *base = slash ? slash + 1 : inner ? inner : name;
  bool image = false;
  lnt_status status = LNT_OK;
  if (*name == '.' || strstr(name, "/.") || (inner && *inner == '.')) return LNT_OK; /* hidden */
  if (strchr(base, '.')) {
    image = may_be_image(base);
  } else {
    status = sniff_member(&image, media, path, name, err);
  }
  if (status == LNT_OK && image) return add_file(files, name, err);
  files->n_other++;
  return status;
}

lnt_status lnti_files_list_archive(lnti_files *out, lnti_media *media, const char *path, const lnti_cancel *cancel,
                                   lnti_refused_visit refused, void *refused_payload, lnt_error *err) {
  lnti_files files = {0};
  lnti_members members = {0};
  member_refusals r = {path, refused, refused_payload};
  lnt_status status = lnti_media_members(&members, media, path, refuse_member, &r, cancel, err);
  for (size_t i = 0; i < members.n && status == LNT_OK; i++) {
    status = add_member(&files, media, path, members.member[i].name, err);
  }
  lnti_members_clear(&members);
  if (status) {
    lnti_files_clear(&files);
    return status;
  }
  /* An archive's own order is whatever its maker's disk gave. */
  if (files.n > 1) qsort(files.member, files.n, sizeof *files.member, path_order);
  *out = files;
  return LNT_OK;
}

void lnti_files_clear(lnti_files *files) {
  free(files->member);
  lnti_arena_clear(&files->arena);
  *files = (lnti_files){0};
}
