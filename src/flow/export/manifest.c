/*
 * Lines "KEY STAMP PATH", two numbers of 16 hexadecimal digits and a path below the folder, after a first line that names
 * the format. A file whose time of change is not its stamp was changed by somebody, and is theirs.
 *
 * The journal has the same lines for files that are about to be made: written before, so that a kill at any moment leaves
 * no file that nobody knows of. The manifest is replaced as a whole at the end, and the journal emptied.
 */
#include <flow/export/manifest.h>

#include <base/alloc.h>
#include <base/error.h>
#include <base/hash.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEAD "linnet-export 1\n"
#define FORM_MASK UINT64_C(0xffffff)
enum { PIECE_BYTES = 1 << 16, LINE_NUMBERS = 34, PATH_BYTES = 4096, LINE_BYTES = LINE_NUMBERS + PATH_BYTES };

static uint64_t hash_path(const char *path, size_t n) {
  return lnti_hash_table(path, n, 0x6c6e6574);
}

/* ---- lines ---- */

typedef struct line {
  lnti_made made;
  char *path;
} line;

static bool parse_number(uint64_t *out, const char *text) {
  uint64_t value = 0;
  for (int i = 0; i < 16; i++) {
    const char *digits = "0123456789abcdef", *at = text[i] ? strchr(digits, text[i]) : NULL;
    if (!at) return false;
    value = value << 4 | (uint64_t)(at - digits);
  }
  *out = value;
  return text[16] == ' ';
}

/* A path that climbs, or that has empty parts, was written by nobody. */
static bool is_below(const char *path) {
  for (const char *at = path; at; at = strchr(at, '/')) {
    at += *at == '/';
    if (*at == '\0' || *at == '/' || *at == '.') return false;
  }
  return true;
}

static bool parse_line(line *out, char *text) {
  if (strlen(text) <= LINE_NUMBERS) return false;
  out->path = text + LINE_NUMBERS;
  return parse_number(&out->made.key, text) && parse_number(&out->made.stamp, text + 17) && is_below(out->path);
}

typedef lnt_status (*line_visit)(void *payload, const line *l, lnt_error *err);

/* A line without an end was cut by a kill, and nothing was made of it. */
static lnt_status read_lines(const char *path, bool headed, line_visit visit, void *payload, lnt_error *err) {
  char text[LINE_BYTES];
  lnt_status status = LNT_OK;
  FILE *file = fopen(path, "rbe");
  if (!file) return errno == ENOENT ? LNT_OK : lnti_fail_errno(err, errno, "%s cannot be read", path);
  if (headed && (!fgets(text, sizeof text, file) || strcmp(text, HEAD) != 0)) {
    status = lnti_fail(err, LNT_EDATA,
                       "%s is not the list of an export that this version knows: export into a new folder", path);
  }
  while (!status && fgets(text, sizeof text, file)) {
    line l = {.path = NULL};
    size_t n = strlen(text);
    if (n == 0 || text[n - 1] != '\n') continue;
    text[n - 1] = '\0';
    if (parse_line(&l, text)) status = visit(payload, &l, err);
  }
  if (!status && ferror(file)) status = lnti_fail_errno(err, errno, "%s cannot be read", path);
  fclose(file);
  return status;
}

static lnt_status put_line(lnti_text *out, const char *path, const lnti_made *made, lnt_error *err) {
  return lnti_text_printf(out, err, "%016" PRIx64 " %016" PRIx64 " %s\n", made->key, made->stamp, path);
}

static lnt_status file_in(char **out, const lnti_manifest *m, const char *name, lnt_error *err) {
  return lnti_asprintf(out, err, "%s/%s", m->folder, name);
}

/* ---- opening ---- */

static lnt_status keep_entry(void *payload, const line *l, lnt_error *err) {
  lnti_manifest *m = payload;
  lnt_status status = lnti_grow(&m->entries, &m->capacity, m->n + 1, sizeof *m->entries, err);
  if (!status) m->entries[m->n++] = (lnti_made_entry){hash_path(l->path, strlen(l->path)), l->made};
  return status;
}

static int by_path(const void *a, const void *b) {
  const lnti_made_entry *x = a, *y = b;
  return x->path < y->path ? -1 : x->path > y->path;
}

static lnt_status load(lnti_manifest *m, const char *name, bool headed, lnt_error *err) {
  char *path = NULL;
  lnt_status status = file_in(&path, m, name, err);
  if (!status) status = read_lines(path, headed, keep_entry, m, err);
  free(path);
  return status;
}

/* Parts have names that only the writer below gives. */
static lnt_status remove_parts(const lnti_manifest *m, lnt_error *err) {
  const struct dirent *entry = NULL;
  DIR *folder = opendir(m->folder);
  if (!folder) return lnti_fail_errno(err, errno, "%s cannot be listed", m->folder);
  while ((entry = readdir(folder))) {
    if (strstr(entry->d_name, ".part-")) (void)unlinkat(dirfd(folder), entry->d_name, 0);
  }
  closedir(folder);
  return LNT_OK;
}

/* A line that a kill or a full disk cut would swallow the next one. */
static lnt_status cut_tail(const lnti_manifest *m, lnt_error *err) {
  char tail[LINE_BYTES];
  struct stat info;
  if (fstat(m->lock, &info) != 0) return lnti_fail_errno(err, errno, "%s/journal", m->folder);
  const off_t begin = info.st_size > LINE_BYTES ? info.st_size - LINE_BYTES : 0;
  ssize_t n = pread(m->lock, tail, sizeof tail, begin);
  if (n < 0) return lnti_fail_errno(err, errno, "%s/journal cannot be read", m->folder);
  while (n > 0 && tail[n - 1] != '\n') n--;
  if (begin + n < info.st_size && ftruncate(m->lock, begin + n) != 0) {
    return lnti_fail_errno(err, errno, "%s/journal cannot be written", m->folder);
  }
  return LNT_OK;
}

static lnt_status lock_journal(lnti_manifest *m, lnt_error *err) {
  char *path = NULL;
  lnt_status status = file_in(&path, m, "journal", err);
  if (status) return status;
  m->lock = open(path, O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0666);
  if (m->lock < 0) {
    status = lnti_fail_errno(err, errno, "%s cannot be written", path);
  } else if (flock(m->lock, LOCK_EX | LOCK_NB) != 0) {
    status = errno == EWOULDBLOCK ? lnti_fail(err, LNT_EBUSY, "another export is writing into %s", m->root) : LNT_OK;
  }
  free(path);
  return status;
}

bool lnti_manifest_is_there(const char *root) {
  char path[PATH_BYTES];
  struct stat info;
  static const char *const names[] = {"manifest", "journal"};
  for (int i = 0; i < 2; i++) {
    int n = snprintf(path, sizeof path, "%s/" LNTI_EXPORT_MANIFEST_FOLDER "/%s", root, names[i]);
    if (n > 0 && (size_t)n < sizeof path && lstat(path, &info) == 0 && S_ISREG(info.st_mode)) return true;
  }
  return false;
}

lnt_status lnti_manifest_open(lnti_manifest *m, const char *root, lnt_error *err) {
  char *path = NULL;
  *m = (lnti_manifest){.lock = -1};
  lnt_status status = lnti_strdup(&m->root, root, err);
  if (!status) status = lnti_asprintf(&m->folder, err, "%s/" LNTI_EXPORT_MANIFEST_FOLDER, root);
  if (!status) status = lnti_folder_make(m->folder, err);
  if (!status) status = lock_journal(m, err);
  if (!status) status = cut_tail(m, err);
  if (!status) status = remove_parts(m, err);
  if (!status) status = load(m, "manifest", true, err);
  size_t n_before = m->n;
  if (!status) status = load(m, "journal", false, err);
  m->changed = m->n > n_before;
  if (!status && m->n > 1) qsort(m->entries, m->n, sizeof *m->entries, by_path);
  if (!status) status = lnti_alloc_zero(&m->seen, m->n, sizeof *m->seen, err);
  if (!status) status = file_in(&path, m, "manifest", err);
  if (!status) status = lnti_file_create(&m->next, path, err);
  if (!status) status = lnti_file_write(m->next, HEAD, strlen(HEAD), err);
  free(path);
  return status;
}

void lnti_manifest_close(lnti_manifest *m) {
  lnti_file_discard(m->next);
  if (m->lock >= 0) close(m->lock);
  free(m->folder);
  free(m->root);
  free(m->entries);
  free(m->seen);
  free(m->held);
  lnti_text_clear(&m->waiting);
  lnti_text_clear(&m->next_lines);
  *m = (lnti_manifest){.lock = -1};
}

/* ---- what is there ---- */

/* The first entry of a path, and behind the last. */
static size_t find(size_t *end_out, const lnti_manifest *m, const char *path) {
  const uint64_t key = hash_path(path, strlen(path));
  size_t low = 0, high = m->n;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (m->entries[middle].path < key) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  for (high = low; high < m->n && m->entries[high].path == key;) high++;
  *end_out = high;
  return low;
}

uint64_t lnti_manifest_key(const void *content, size_t n_content, const char *form, size_t n_form) {
  return (lnti_hash_table(content, n_content, 1) & ~FORM_MASK) | (lnti_hash_table(form, n_form, 1) & FORM_MASK);
}

/* Before 1970, or after 2554, it wraps: it is only compared. */
uint64_t lnti_manifest_file_stamp(struct timespec time) {
  return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

uint64_t lnti_manifest_link_stamp(const char *target) {
  return hash_path(target, strlen(target));
}

/* The stamp of what is at root/path; false where it is nothing, or nothing that an export makes. */
static bool read_stamp(uint64_t *out, bool *there_out, const lnti_manifest *m, const char *path) {
  char whole[PATH_BYTES], target[PATH_BYTES];
  struct stat info;
  int n = snprintf(whole, sizeof whole, "%s/%s", m->root, path);
  *there_out = n > 0 && (size_t)n < sizeof whole && lstat(whole, &info) == 0;
  if (!*there_out) return false;
  if (S_ISLNK(info.st_mode)) {
    ssize_t length = readlink(whole, target, sizeof target);
    if (length <= 0) return false;
    *out = hash_path(target, (size_t)length);
    return true;
  }
  *out = lnti_manifest_file_stamp(info.st_mtim);
  return S_ISREG(info.st_mode);
}

/* Some file systems keep times of 10 ms or of 2 s. */
static bool same_stamp(uint64_t wanted, uint64_t found) {
  enum { COARSE_NS = 10000000 };
  const uint64_t two_seconds = 2000000000;
  if (wanted == found) return true;
  return found % COARSE_NS == 0 && (wanted > found ? wanted - found : found - wanted) < two_seconds;
}

/* Where a kill came between journal and file, two forms of one source are written down with one stamp, and which of them is
 * there nobody knows: then it is made anew. */
lnti_made_state lnti_manifest_look(const lnti_manifest *m, const char *path, lnti_made *made) {
  uint64_t stamp = 0, same = 0;
  size_t end = 0, first = find(&end, m, path);
  bool there = false, known = read_stamp(&stamp, &there, m, path), ours = false, other = false;
  if (!there) return LNTI_MADE_NOT;
  for (size_t i = first; known && i < end; i++) {
    const lnti_made *entry = &m->entries[i].made;
    if (!same_stamp(entry->stamp, stamp)) continue;
    ours = true;
    other = other || entry->key != made->key;
    same = entry->stamp;
  }
  if (!ours) return first < end ? LNTI_MADE_CHANGED : LNTI_MADE_FOREIGN;
  if (other) return LNTI_MADE_OTHER;
  made->stamp = same;
  return LNTI_MADE_SAME;
}

/* ---- writing ---- */

lnt_status lnti_manifest_plan(lnti_manifest *m, const char *path, const lnti_made *made, lnt_error *err) {
  m->changed = true;
  return put_line(&m->waiting, path, made, err);
}

lnt_status lnti_manifest_flush(lnti_manifest *m, lnt_error *err) {
  for (size_t done = 0; done < m->waiting.length;) {
    ssize_t put = write(m->lock, m->waiting.data + done, m->waiting.length - done);
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return lnti_fail_errno(err, errno, "%s/journal: writing failed", m->folder);
    done += (size_t)put;
  }
  m->waiting.length = 0;
  return LNT_OK;
}

static lnt_status write_next(lnti_manifest *m, lnt_error *err) {
  lnt_status status = lnti_file_write(m->next, m->next_lines.data, m->next_lines.length, err);
  m->next_lines.length = 0;
  return status;
}

lnt_status lnti_manifest_keep(lnti_manifest *m, const char *path, const lnti_made *made, lnt_error *err) {
  size_t end = 0;
  for (size_t i = find(&end, m, path); i < end; i++) m->seen[i] = true;
  lnt_status status = put_line(&m->next_lines, path, made, err);
  return !status && m->next_lines.length >= PIECE_BYTES ? write_next(m, err) : status;
}

/* What the manifest says of a path already. */
static lnt_status put_again(lnti_manifest *m, const char *path, size_t first, size_t end, lnt_error *err) {
  lnt_status status = LNT_OK;
  for (size_t i = first; i < end && !status; i++) {
    status = put_line(&m->next_lines, path, &m->entries[i].made, err);
  }
  return !status && m->next_lines.length >= PIECE_BYTES ? write_next(m, err) : status;
}

lnt_status lnti_manifest_let_be(lnti_manifest *m, const char *path, lnt_error *err) {
  size_t end = 0, first = find(&end, m, path);
  for (size_t i = first; i < end; i++) m->seen[i] = true;
  return put_again(m, path, first, end, err);
}

lnt_status lnti_manifest_hold(lnti_manifest *m, const lnti_made *made, lnt_error *err) {
  lnt_status status = lnti_grow(&m->held, &m->held_capacity, m->n_held + 1, sizeof *m->held, err);
  if (!status) m->held[m->n_held++] = made->key;
  return status;
}

/* ---- the end ---- */

typedef struct removal {
  lnti_manifest *m;
  bool same_form;
  lnti_stale_counts counts;
} removal;

static int by_number(const void *a, const void *b) {
  const uint64_t *x = a, *y = b;
  return *x < *y ? -1 : *x > *y;
}

/* Contents stand together. */
static bool is_held(const removal *r, uint64_t key) {
  const lnti_manifest *m = r->m;
  const uint64_t mask = r->same_form ? 0 : FORM_MASK, wanted = key & ~mask;
  size_t low = 0, high = m->n_held;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (m->held[middle] < wanted) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low < m->n_held && (m->held[low] & ~mask) == wanted;
}

/* The folder of root/path, without following a link on the way: who put one there in place of a folder had no export in
 * mind. < 0: there is none. */
static int open_parent(const char **name_out, const lnti_manifest *m, const char *path) {
  char part[PATH_BYTES];
  int folder = open(m->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  for (const char *slash = strchr(path, '/'); slash && folder >= 0; slash = strchr(path, '/')) {
    size_t n = (size_t)(slash - path);
    memcpy(part, path, n); /* a line is no longer than PATH_BYTES */
    part[n] = '\0';
    int next = openat(folder, part, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    close(folder);
    folder = next;
    path = slash + 1;
  }
  *name_out = path;
  return folder;
}

/* Folders that are empty now, from the innermost to the top. */
static void remove_folders(const lnti_manifest *m, char *whole) {
  const size_t root = strlen(m->root);
  for (char *slash = strrchr(whole, '/'); slash && (size_t)(slash - whole) > root; slash = strrchr(whole, '/')) {
    *slash = '\0';
    if (rmdir(whole) != 0) return;
  }
}

/* What may have been stripped, and may not, is not kept in place of what is. */
static bool is_certain(const removal *r, const char *path, lnti_made made) {
  return !r->same_form || lnti_manifest_look(r->m, path, &made) == LNTI_MADE_SAME;
}

static lnt_status remove_stale(void *payload, const line *l, lnt_error *err) {
  removal *r = payload;
  char whole[PATH_BYTES];
  size_t end = 0, first = find(&end, r->m, l->path);
  lnti_made made = l->made;
  if (first == end || r->m->seen[first]) return LNT_OK;
  lnti_made_state state = lnti_manifest_look(r->m, l->path, &made);
  if (state == LNTI_MADE_NOT) return LNT_OK;
  bool held = false;
  for (size_t i = first; i < end; i++) {
    r->m->seen[i] = true; /* looked at once */
    held = held || (is_held(r, r->m->entries[i].made.key) && is_certain(r, l->path, r->m->entries[i].made));
  }
  if (state != LNTI_MADE_CHANGED && held) { /* still an export's, so that a later one removes or replaces it */
    r->counts.held++;
    return put_again(r->m, l->path, first, end, err);
  }
  const char *name = NULL;
  int parent = open_parent(&name, r->m, l->path);
  if (state == LNTI_MADE_CHANGED || parent < 0) {
    if (parent >= 0) close(parent);
    r->counts.left++;
    return LNT_OK;
  }
  snprintf(whole, sizeof whole, "%s/%s", r->m->root, l->path); /* as long as when it was looked at */
  int failed = unlinkat(parent, name, 0) != 0 ? errno : 0;
  close(parent);
  if (failed) return lnti_fail_errno(err, failed, "%s cannot be removed", whole);
  remove_folders(r->m, whole);
  r->m->changed = true;
  r->counts.removed++;
  return LNT_OK;
}

lnt_status lnti_manifest_finish(lnti_stale_counts *out, lnti_manifest *m, bool same_form, lnt_error *err) {
  static const char *const names[] = {"manifest", "journal"};
  removal r = {.m = m, .same_form = same_form};
  if (m->n_held > 1) qsort(m->held, m->n_held, sizeof *m->held, by_number);
  lnt_status status = write_next(m, err);
  for (int i = 0; i < 2 && !status; i++) {
    char *path = NULL;
    status = file_in(&path, m, names[i], err);
    if (!status) status = read_lines(path, i == 0, remove_stale, &r, err);
    free(path);
  }
  if (!status) status = write_next(m, err);
  if (status) return status;
  *out = r.counts;
  if (!m->changed && r.counts.left == 0 && m->n > 0) return LNT_OK; /* the manifest says it already */
  lnti_file_writer *next = m->next;
  m->next = NULL;
  status = lnti_file_commit(next, err);
  if (!status && ftruncate(m->lock, 0) != 0) status = lnti_fail_errno(err, errno, "%s/journal", m->folder);
  return status;
}
