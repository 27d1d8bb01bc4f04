/*
 * A power cut, for a program under test: preloaded (LD_PRELOAD), it watches changes of files below one
 * folder, and at the n-th of them takes back a random part of what was not yet synced, then ends the process
 * with code 137.
 *
 * What a disk may do is modelled so:
 * - Contents: each 4 KiB page of a file has a chain of versions since the file's last fsync or fdatasync, and
 *   comes back as any one of them. A file's size likewise.
 * - Names (create, rename, unlink): kept in order, as a journalling file system does; fsync of a folder makes
 *   every change of names up to its own last one permanent, and any number of the later ones may be lost.
 *   A file's fsync alone does not keep its name: that is stricter than ext4, as POSIX allows.
 * - SQLite's -shm file is left alone: it is mapped memory, remade after a crash.
 * Ways of writing that cannot be followed (files without a name, but with CRASH_KEEP, stdio, fallocate, copy_file_range, shared maps) end the process with
 * code 99 and say so, so that nobody trusts a test that did not see everything.
 *
 * Environment: CRASH_FOLDER, absolute; CRASH_AT, n from 1 (0 or unset: never); CRASH_SEED; CRASH_KEEP: set, nothing is
 * lost, as when the program alone is killed;
 * CRASH_COUNT_FILE: where to write, at a normal end, how many changes there were.
 */
#define _GNU_SOURCE 1
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { PAGE = 4096, CRASHED = 137, UNSEEN = 99, BUCKETS = 4096, PATH_BYTES = 4096 };

/* One page before a change: `n` bytes of it lay within the file. */
typedef struct version {
  off_t page;
  size_t n;
  struct version *older; /* in the file's list, newest first */
  unsigned char data[];  /* [n] */
} version;

typedef struct tracked {
  dev_t device;
  ino_t inode;
  int fd; /* ours, never closed: closing it would drop the program's locks on the file */
  version *newest;
  off_t *sizes; /* every size since the last sync, the synced one first */
  size_t n_sizes, sizes_capacity;
  struct tracked *next;
} tracked;

typedef enum change_kind { CREATED, RENAMED, UNLINKED } change_kind;

typedef struct change {
  change_kind kind;
  char *from, *to; /* CREATED and UNLINKED: `from` alone */
  char *backup;    /* a link to what the change took away; NULL: nothing */
  dev_t device;
  ino_t folder; /* of the name that changed */
  struct change *older;
} change;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static tracked *files[BUCKETS];
static change *changes;
static char root[PATH_BYTES];
static uint64_t random_state;
static long n_calls, crash_at, n_backups;
static bool keeps;

/* Straight to the kernel, so that none of our own calls come back to us. */
static long kernel_write(int fd, const void *data, size_t n, off_t at) {
  return syscall(SYS_pwrite64, fd, data, n, at);
}
static long kernel_read(int fd, void *data, size_t n, off_t at) {
  return syscall(SYS_pread64, fd, data, n, at);
}
static int kernel_open(const char *path, int flags, mode_t mode) {
  return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

static void say(const char *text, const char *more) {
  char line[PATH_BYTES + 256];
  int n = snprintf(line, sizeof line, "crash shim: %s%s\n", text, more);
  if (n > 0) syscall(SYS_write, 2, line, (size_t)n < sizeof line ? (size_t)n : sizeof line - 1);
}

_Noreturn static void unseen(const char *what) {
  say("changes that cannot be followed: ", what);
  _exit(UNSEEN);
}

static void *need(void *memory) {
  if (!memory) unseen("no memory for them");
  return memory;
}

/* libc's own function of that name. Through memcpy, since ISO C has no cast from data to code. */
static void *libc_address(const char *name, void *out, size_t n) {
  void *address = need(dlsym(RTLD_NEXT, name));
  memcpy(out, &address, n);
  return out;
}
#define REAL(name) (*(__typeof__(&name) *)libc_address(#name, &(__typeof__(&name)){NULL}, sizeof(&name)))

/* splitmix64 (Steele, Lea and Flood 2014). */
static uint64_t random_next(void) {
  uint64_t z = random_state += 0x9e3779b97f4a7c15u;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

/* ---- which files ---- */

/* The absolute path of `path` as openat would see it; false where it is not below the folder. */
static bool below(char out[PATH_BYTES], int folder_fd, const char *path) {
  char start[PATH_BYTES], link[64];
  if (!root[0] || !path) return false;
  if (path[0] == '/') {
    snprintf(out, PATH_BYTES, "%s", path);
  } else {
    if (folder_fd == AT_FDCWD) {
      if (!getcwd(start, sizeof start)) return false;
    } else {
      snprintf(link, sizeof link, "/proc/self/fd/%d", folder_fd);
      ssize_t n = readlink(link, start, sizeof start - 1);
      if (n < 0) return false;
      start[n] = 0;
    }
    if (strncmp(path, "./", 2) == 0) path += 2;
    if (snprintf(out, PATH_BYTES, "%s/%s", start, path) >= PATH_BYTES) return false;
  }
  size_t n = strlen(root), length = strlen(out);
  if (length > 4 && strcmp(out + length - 4, "-shm") == 0) return false;
  return strncmp(out, root, n) == 0 && (out[n] == '/' || out[n] == 0);
}

static tracked *find(dev_t device, ino_t inode) {
  tracked *file = files[inode % BUCKETS];
  while (file && (file->device != device || file->inode != inode)) file = file->next;
  return file;
}

static tracked *of_fd(int fd) {
  struct stat info;
  if (!root[0] || fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) return NULL;
  return find(info.st_dev, info.st_ino);
}

static void add_size(tracked *file, off_t size) {
  if (file->n_sizes && file->sizes[file->n_sizes - 1] == size) return;
  if (file->n_sizes == file->sizes_capacity) {
    file->sizes_capacity = file->sizes_capacity ? 2 * file->sizes_capacity : 8;
    file->sizes = need(realloc(file->sizes, file->sizes_capacity * sizeof *file->sizes));
  }
  file->sizes[file->n_sizes++] = size;
}

/* What the file holds now is what it holds for good. */
static void keep_contents(tracked *file) {
  struct stat info;
  while (file->newest) {
    version *older = file->newest->older;
    free(file->newest);
    file->newest = older;
  }
  file->n_sizes = 0;
  if (fstat(file->fd, &info) == 0) add_size(file, info.st_size);
}

/* Begins to follow an open file. One that was just made may have got the inode of one now gone. */
static void follow(int fd, const char *path, bool created) {
  struct stat info;
  if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) return;
  tracked *file = find(info.st_dev, info.st_ino);
  if (file && !created) return;
  if (!file) {
    file = need(calloc(1, sizeof *file));
    file->device = info.st_dev;
    file->inode = info.st_ino;
    file->next = files[info.st_ino % BUCKETS];
    files[info.st_ino % BUCKETS] = file;
  }
  file->fd = kernel_open(path, O_RDWR | O_CLOEXEC, 0);
  if (file->fd < 0) unseen(path);
  keep_contents(file);
}

/* ---- contents ---- */

/* Before bytes [begin,end) change: keeps each page of them. */
static void remember(tracked *file, off_t begin, off_t end) {
  unsigned char data[PAGE];
  for (off_t page = begin / PAGE; page * PAGE < end; ++page) {
    long n = kernel_read(file->fd, data, PAGE, page * PAGE);
    if (n < 0) n = 0;
    version *v = need(malloc(sizeof *v + (size_t)n));
    v->page = page;
    v->n = (size_t)n;
    memcpy(v->data, data, (size_t)n);
    v->older = file->newest;
    file->newest = v;
  }
}

static void changed(tracked *file) {
  struct stat info;
  if (fstat(file->fd, &info) == 0) add_size(file, info.st_size);
}

static void put_back(tracked *file, const version *v) {
  unsigned char data[PAGE] = {0};
  memcpy(data, v->data, v->n);
  kernel_write(file->fd, data, PAGE, v->page * PAGE);
}

/* Each page takes back some of its newest changes, and stops for good at the first that stays; then the file gets one
 * of its sizes. `loss`: how many changes of 256 go. */
static void lose_contents(tracked *file, unsigned loss) {
  off_t n_pages = 0;
  if (!file->newest && file->n_sizes < 2) return;
  for (const version *v = file->newest; v; v = v->older)
    if (v->page >= n_pages) n_pages = v->page + 1;
  bool *stopped = need(calloc((size_t)n_pages + 1, sizeof *stopped));
  for (const version *v = file->newest; v; v = v->older) {
    if (stopped[v->page]) continue;
    if (random_next() % 256 < loss)
      put_back(file, v);
    else
      stopped[v->page] = true;
  }
  free(stopped);
  syscall(SYS_ftruncate, file->fd, file->sizes[random_next() % file->n_sizes]);
}

/* ---- names ---- */

static char *backup_name(long number) {
  char name[PATH_BYTES + 64];
  snprintf(name, sizeof name, "%s.shim/%ld", root, number);
  return need(strdup(name));
}

/* A link to what a change of names is about to take away; NULL where nothing is there. */
static char *back_up(const char *path) {
  struct stat info;
  char folder[PATH_BYTES + 64];
  if (lstat(path, &info) != 0) return NULL;
  snprintf(folder, sizeof folder, "%s.shim", root);
  syscall(SYS_mkdir, folder, 0700);
  char *backup = backup_name(n_backups++);
  if (syscall(SYS_link, path, backup) != 0) unseen(path);
  return backup;
}

static void drop_change(change *c) {
  if (c->backup) syscall(SYS_unlink, c->backup);
  free(c->backup);
  free(c->from);
  free(c->to);
  free(c);
}

static void add_change(change_kind kind, const char *from, const char *to, char *backup) {
  struct stat info;
  char folder[PATH_BYTES];
  change *c = need(calloc(1, sizeof *c));
  c->kind = kind;
  c->from = need(strdup(from));
  c->to = to ? need(strdup(to)) : NULL;
  c->backup = backup;
  snprintf(folder, sizeof folder, "%s", to ? to : from);
  *strrchr(folder, '/') = 0;
  if (stat(folder, &info) == 0) {
    c->device = info.st_dev;
    c->folder = info.st_ino;
  }
  c->older = changes;
  changes = c;
}

/* A folder was synced: its newest change of names, and all that came before it, are there for good. */
static void keep_names(dev_t device, ino_t folder) {
  change **at = &changes;
  while (*at && ((*at)->device != device || (*at)->folder != folder)) at = &(*at)->older;
  while (*at) {
    change *c = *at;
    *at = c->older;
    drop_change(c);
  }
}

static void take_back_name(const change *c) {
  switch (c->kind) {
    case CREATED:
      if (syscall(SYS_unlink, c->from) != 0) syscall(SYS_rmdir, c->from);
      break;
    case RENAMED:
      syscall(SYS_rename, c->to, c->from);
      if (c->backup) syscall(SYS_link, c->backup, c->to);
      break;
    case UNLINKED:
      if (c->backup) syscall(SYS_link, c->backup, c->from);
      break;
  }
}

/* ---- the cut ---- */

_Noreturn static void cut_power(void) {
  static const unsigned losses[] = {0, 64, 128, 192, 256};
  unsigned loss = losses[random_next() % (sizeof losses / sizeof *losses)];
  size_t n_changes = 0, n_lost;
  if (keeps) _exit(CRASHED);
  for (int i = 0; i < BUCKETS; ++i)
    for (tracked *file = files[i]; file; file = file->next) lose_contents(file, loss);
  for (const change *c = changes; c; c = c->older) ++n_changes;
  n_lost = n_changes ? random_next() % (n_changes + 1) : 0;
  for (const change *c = changes; c && n_lost; c = c->older, --n_lost) take_back_name(c);
  _exit(CRASHED);
}

/* Every watched call is made between these two. */
static bool begin_call(void) {
  pthread_mutex_lock(&lock);
  return ++n_calls == crash_at;
}

static void end_call(bool last) {
  int kept = errno;
  if (last) cut_power();
  pthread_mutex_unlock(&lock);
  errno = kept;
}

__attribute__((constructor)) static void begin(void) {
  const char *folder = getenv("CRASH_FOLDER"), *at = getenv("CRASH_AT"), *seed = getenv("CRASH_SEED");
  if (!folder || !realpath(folder, root)) root[0] = 0;
  crash_at = at ? atol(at) : 0;
  keeps = getenv("CRASH_KEEP") != NULL;
  random_state = seed ? strtoull(seed, NULL, 10) : 0;
}

__attribute__((destructor)) static void end(void) {
  const char *path = getenv("CRASH_COUNT_FILE");
  char text[32];
  pthread_mutex_lock(&lock);
  while (changes) {
    change *c = changes;
    changes = c->older;
    drop_change(c);
  }
  int fd = path ? kernel_open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600) : -1;
  if (fd >= 0) {
    int n = snprintf(text, sizeof text, "%ld\n", n_calls);
    kernel_write(fd, text, (size_t)n, 0);
    syscall(SYS_close, fd);
  }
  pthread_mutex_unlock(&lock);
}

/* ---- what programs call ---- */

/* A file without a name is nobody's until linkat, and what is lost of one cannot be followed; its bytes are changes. */
static int open_nameless(int folder_fd, const char *path, int flags, mode_t mode) {
  char shown[64];
  if (!keeps) unseen("O_TMPFILE");
  int fd = (int)syscall(SYS_openat, folder_fd, path, flags, mode), kept = errno;
  snprintf(shown, sizeof shown, "/proc/self/fd/%d", fd);
  pthread_mutex_lock(&lock);
  if (fd >= 0) follow(fd, shown, true);
  errno = kept;
  end_call(false);
  return fd;
}

/* Opening is a change where it makes the file or empties it. */
static int open_watched(int folder_fd, const char *path, int flags, mode_t mode) {
  char full[PATH_BYTES];
  struct stat info;
  if ((flags & O_ACCMODE) == O_RDONLY || !below(full, folder_fd, path))
    return (int)syscall(SYS_openat, folder_fd, path, flags, mode);
  if ((flags & O_TMPFILE) == O_TMPFILE) return open_nameless(folder_fd, path, flags, mode);
  bool there = stat(full, &info) == 0, last = false;
  bool counts = (!there && (flags & O_CREAT)) || (there && (flags & O_TRUNC));
  if (counts)
    last = begin_call();
  else
    pthread_mutex_lock(&lock);
  if (there && (flags & O_TRUNC)) {
    int fd = kernel_open(full, O_RDWR | O_CLOEXEC, 0);
    if (fd < 0) unseen(full);
    follow(fd, full, false);
    remember(find(info.st_dev, info.st_ino), 0, info.st_size); /* fd stays open, as tracked.fd does */
  }
  int fd = (int)syscall(SYS_openat, folder_fd, path, flags, mode);
  int kept = errno;
  if (fd >= 0) {
    if (!there) add_change(CREATED, full, NULL, NULL);
    follow(fd, full, !there);
    tracked *file = of_fd(fd);
    if (file && (flags & O_TRUNC)) changed(file);
  }
  errno = kept;
  end_call(last);
  return fd;
}

static mode_t mode_of(int flags, va_list arguments) {
  return flags & (O_CREAT | O_TMPFILE) ? (mode_t)va_arg(arguments, int) : 0;
}

#define OPEN(name)                                    \
  int name(const char *path, int flags, ...) {        \
    va_list arguments;                                \
    va_start(arguments, flags);                       \
    mode_t mode = mode_of(flags, arguments);          \
    va_end(arguments);                                \
    return open_watched(AT_FDCWD, path, flags, mode); \
  }
#define OPENAT(name)                                       \
  int name(int folder, const char *path, int flags, ...) { \
    va_list arguments;                                     \
    va_start(arguments, flags);                            \
    mode_t mode = mode_of(flags, arguments);               \
    va_end(arguments);                                     \
    return open_watched(folder, path, flags, mode);        \
  }
OPEN(open)
OPEN(open64)
OPENAT(openat)
OPENAT(openat64)

int __open_2(const char *path, int flags);
int __open64_2(const char *path, int flags);
int __open_2(const char *path, int flags) {
  return open_watched(AT_FDCWD, path, flags, 0);
}
int __open64_2(const char *path, int flags) {
  return open_watched(AT_FDCWD, path, flags, 0);
}
int creat(const char *path, mode_t mode) {
  return open_watched(AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC, mode);
}

/* mkstemp opens within libc, where it is not seen. */
static int made_temporary(int fd, const char *path) {
  char full[PATH_BYTES];
  if (fd < 0 || !below(full, AT_FDCWD, path)) return fd;
  bool last = begin_call();
  add_change(CREATED, full, NULL, NULL);
  follow(fd, full, true);
  end_call(last);
  return fd;
}
int mkstemp(char *path) {
  return made_temporary(REAL(mkstemp)(path), path);
}
int mkstemp64(char *path) {
  return made_temporary(REAL(mkstemp)(path), path);
}
int mkostemp(char *path, int flags) {
  return made_temporary(REAL(mkostemp)(path, flags), path);
}
int mkostemp64(char *path, int flags) {
  return made_temporary(REAL(mkostemp)(path, flags), path);
}

/* Bytes [at, at+n) of a watched file change by `call`; at < 0: where the descriptor stands. */
#define CHANGE_BYTES(fd, at, n, call)                  \
  tracked *file = of_fd(fd);                           \
  if (!file) return call;                              \
  bool last = begin_call();                            \
  off_t begin = (at) < 0 ? position(fd) : (off_t)(at); \
  remember(file, begin, begin + (off_t)(n));           \
  ssize_t result = call;                               \
  int kept = errno;                                    \
  changed(file);                                       \
  errno = kept;                                        \
  end_call(last);                                      \
  return result

static off_t position(int fd) {
  struct stat info;
  if ((fcntl(fd, F_GETFL) & O_APPEND) && fstat(fd, &info) == 0) return info.st_size;
  return lseek(fd, 0, SEEK_CUR);
}

static size_t total(const struct iovec *parts, int n) {
  size_t bytes = 0;
  for (int i = 0; i < n; ++i) bytes += parts[i].iov_len;
  return bytes;
}

ssize_t write(int fd, const void *data, size_t n) {
  CHANGE_BYTES(fd, (off_t)-1, n, syscall(SYS_write, fd, data, n));
}
ssize_t pwrite(int fd, const void *data, size_t n, off_t at) {
  CHANGE_BYTES(fd, at, n, syscall(SYS_pwrite64, fd, data, n, at));
}
ssize_t pwrite64(int fd, const void *data, size_t n, off64_t at) {
  CHANGE_BYTES(fd, at, n, syscall(SYS_pwrite64, fd, data, n, at));
}
ssize_t writev(int fd, const struct iovec *parts, int n) {
  CHANGE_BYTES(fd, (off_t)-1, total(parts, n), syscall(SYS_writev, fd, parts, n));
}
ssize_t pwritev(int fd, const struct iovec *parts, int n, off_t at) {
  CHANGE_BYTES(fd, at, total(parts, n), syscall(SYS_pwritev, fd, parts, n, at, 0));
}

static int set_size(int fd, off_t size) {
  struct stat info;
  tracked *file = of_fd(fd);
  if (!file) return (int)syscall(SYS_ftruncate, fd, size);
  bool last = begin_call();
  if (fstat(fd, &info) == 0 && size < info.st_size) remember(file, size, info.st_size);
  int result = (int)syscall(SYS_ftruncate, fd, size);
  int kept = errno;
  changed(file);
  errno = kept;
  end_call(last);
  return result;
}
int ftruncate(int fd, off_t size) {
  return set_size(fd, size);
}
int ftruncate64(int fd, off64_t size) {
  return set_size(fd, size);
}

/* A cut at a sync comes before it. */
static int sync_watched(int fd, long call) {
  struct stat info;
  bool watched = root[0] && fstat(fd, &info) == 0;
  tracked *file = watched ? of_fd(fd) : NULL;
  if (!watched || (!file && !S_ISDIR(info.st_mode))) return (int)syscall(call, fd);
  bool last = begin_call();
  if (last) cut_power();
  int result = (int)syscall(call, fd);
  if (result == 0) {
    if (file)
      keep_contents(file);
    else
      keep_names(info.st_dev, info.st_ino);
  }
  end_call(false);
  return result;
}
int fsync(int fd) {
  return sync_watched(fd, SYS_fsync);
}
int fdatasync(int fd) {
  return sync_watched(fd, SYS_fdatasync);
}

static int rename_watched(int from_fd, const char *from, int to_fd, const char *to, unsigned flags) {
  char full_from[PATH_BYTES], full_to[PATH_BYTES];
  bool watched_from = below(full_from, from_fd, from), watched_to = below(full_to, to_fd, to);
  if (!watched_from && !watched_to) return (int)syscall(SYS_renameat2, from_fd, from, to_fd, to, flags);
  if (!watched_from || !watched_to || (flags & ~1u)) unseen("rename into, out of or within the folder by exchange");
  bool last = begin_call();
  char *backup = back_up(full_to);
  int result = (int)syscall(SYS_renameat2, from_fd, from, to_fd, to, flags);
  int kept = errno;
  if (result == 0) {
    add_change(RENAMED, full_from, full_to, backup);
  } else if (backup) {
    syscall(SYS_unlink, backup);
    free(backup);
  }
  errno = kept;
  end_call(last);
  return result;
}
int rename(const char *from, const char *to) {
  return rename_watched(AT_FDCWD, from, AT_FDCWD, to, 0);
}
int renameat(int from_fd, const char *from, int to_fd, const char *to) {
  return rename_watched(from_fd, from, to_fd, to, 0);
}
int renameat2(int from_fd, const char *from, int to_fd, const char *to, unsigned flags) {
  return rename_watched(from_fd, from, to_fd, to, flags);
}

int unlinkat(int folder, const char *path, int flags) {
  char full[PATH_BYTES];
  if (flags || !below(full, folder, path)) return (int)syscall(SYS_unlinkat, folder, path, flags);
  bool last = begin_call();
  char *backup = back_up(full);
  int result = (int)syscall(SYS_unlinkat, folder, path, flags);
  int kept = errno;
  if (result == 0) add_change(UNLINKED, full, NULL, backup);
  errno = kept;
  end_call(last);
  return result;
}
int unlink(const char *path) {
  return unlinkat(AT_FDCWD, path, 0);
}
int remove(const char *path) {
  int result = unlinkat(AT_FDCWD, path, 0);
  return result != 0 && errno == EISDIR ? rmdir(path) : result;
}

int linkat(int from_fd, const char *from, int to_fd, const char *to, int flags) {
  char full[PATH_BYTES];
  if (!below(full, to_fd, to)) return (int)syscall(SYS_linkat, from_fd, from, to_fd, to, flags);
  bool last = begin_call();
  int result = (int)syscall(SYS_linkat, from_fd, from, to_fd, to, flags);
  int kept = errno;
  if (result == 0) add_change(CREATED, full, NULL, NULL);
  errno = kept;
  end_call(last);
  return result;
}

int mkdirat(int folder, const char *path, mode_t mode) {
  char full[PATH_BYTES];
  if (!below(full, folder, path)) return (int)syscall(SYS_mkdirat, folder, path, mode);
  bool last = begin_call();
  int result = (int)syscall(SYS_mkdirat, folder, path, mode);
  int kept = errno;
  if (result == 0) add_change(CREATED, full, NULL, NULL);
  errno = kept;
  end_call(last);
  return result;
}
int mkdir(const char *path, mode_t mode) {
  return mkdirat(AT_FDCWD, path, mode);
}

/* ---- what cannot be followed ---- */

static bool writes(const char *mode) {
  return strpbrk(mode, "wa+") != NULL;
}
FILE *fopen(const char *path, const char *mode) {
  char full[PATH_BYTES];
  if (writes(mode) && below(full, AT_FDCWD, path)) unseen("fopen");
  return REAL(fopen)(path, mode);
}
FILE *fopen64(const char *path, const char *mode) {
  char full[PATH_BYTES];
  if (writes(mode) && below(full, AT_FDCWD, path)) unseen("fopen64");
  return REAL(fopen64)(path, mode);
}
FILE *fdopen(int fd, const char *mode) {
  if (writes(mode) && of_fd(fd)) unseen("fdopen");
  return REAL(fdopen)(fd, mode);
}
int fallocate(int fd, int mode, off_t at, off_t n) {
  if (of_fd(fd)) unseen("fallocate");
  return (int)syscall(SYS_fallocate, fd, mode, at, n);
}
int posix_fallocate(int fd, off_t at, off_t n) {
  if (of_fd(fd)) unseen("posix_fallocate");
  return REAL(posix_fallocate)(fd, at, n);
}
int posix_fallocate64(int fd, off64_t at, off64_t n) {
  if (of_fd(fd)) unseen("posix_fallocate64");
  return REAL(posix_fallocate64)(fd, at, n);
}
ssize_t copy_file_range(int from, off64_t *from_at, int to, off64_t *to_at, size_t n, unsigned flags) {
  if (of_fd(to)) unseen("copy_file_range");
  return syscall(SYS_copy_file_range, from, from_at, to, to_at, n, flags);
}
static void *map(void *at, size_t n, int protection, int flags, int fd, off_t offset) {
  if (fd >= 0 && (flags & MAP_SHARED) && (protection & PROT_WRITE) && of_fd(fd)) unseen("a shared map");
  return (void *)syscall(SYS_mmap, at, n, protection, flags, fd, offset);
}
void *mmap(void *at, size_t n, int protection, int flags, int fd, off_t offset) {
  return map(at, n, protection, flags, fd, offset);
}
void *mmap64(void *at, size_t n, int protection, int flags, int fd, off64_t offset) {
  return map(at, n, protection, flags, fd, offset);
}
