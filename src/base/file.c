/*
 * Whole files. Writing goes to "<path>.part-<random>" in the same folder; commit is fsync, rename, fsync of the folder,
 * so that a crash at any moment leaves the old file or the new one under `path`, never a mixture. The part's name is new
 * and cannot be guessed, and what is there already is never opened: writers of one path, in one process or in several,
 * do not touch each other's bytes, and nobody can place a link there to have another file overwritten.
 */
#include <base/file.h>

#include <base/alloc.h>
#include <base/error.h>
#include <base/regular.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

lnt_status lnti_file_read(char **data_out, size_t *n_out, const char *path, size_t cap, lnt_error *err) {
  char *data = NULL;
  size_t n = 0, got = 0;
  int fd = -1;
  struct stat info;
  lnt_status status = lnti_regular_open(&fd, &info, path, err);
  if (status) goto done;
  if ((uintmax_t)info.st_size > cap) {
    status = lnti_fail(err, LNT_ELIMIT, "%s has %jd bytes; at most %zu are taken", path, (intmax_t)info.st_size, cap);
    goto done;
  }
  n = (size_t)info.st_size;
  /* One byte more than the file has, for the NUL, and so that growth is seen. */
  status = lnti_alloc(&data, n + 1, 1, err);
  if (status == LNT_OK) status = lnti_regular_read(&got, fd, data, n + 1, path, err);
  if (status == LNT_OK && got != n) status = lnti_regular_changed(path, err);
  if (status) goto done;
  data[n] = '\0';
  *data_out = data;
  *n_out = n;
  data = NULL;
done:
  free(data);
  if (fd >= 0) close(fd);
  return status;
}

lnt_status lnti_file_hash(lnti_hash *out, uint64_t *bytes_out, const char *path, lnt_error *err) {
  enum { PIECE = 64 << 10 };
  unsigned char piece[PIECE];
  lnti_hasher hasher;
  uint64_t bytes = 0;
  size_t got = 0;
  int fd = -1;
  struct stat info;
  lnt_status status = lnti_regular_open(&fd, &info, path, err);
  if (status) return status;
  lnti_hash_begin(&hasher);
  do {
    status = lnti_regular_read(&got, fd, piece, PIECE, path, err);
    if (status) break;
    lnti_hash_update(&hasher, piece, got);
    bytes += got;
  } while (got == PIECE && bytes <= (uintmax_t)info.st_size);
  close(fd);
  if (status == LNT_OK && bytes != (uintmax_t)info.st_size) status = lnti_regular_changed(path, err);
  if (status) return status;
  lnti_hash_end(out, &hasher);
  *bytes_out = bytes;
  return LNT_OK;
}

struct lnti_file_writer {
  char *path, *part,
      *folder; /* part NULL: it has no name yet; folder: made early, so that nothing can fail once the file is in place */
  int fd;
  uint64_t offset;
};

static void writer_free(lnti_file_writer *file) {
  if (!file) return;
  if (file->fd >= 0) close(file->fd);
  free(file->path);
  free(file->part);
  free(file->folder);
  free(file);
}

static lnt_status folder_of(char **out, const char *path, lnt_error *err) {
  const char *slash = strrchr(path, '/');
  if (!slash) return lnti_strdup(out, ".", err);
  return lnti_strndup(out, path, slash == path ? 1 : (size_t)(slash - path), err);
}

static lnt_status open_part(lnti_file_writer *file, const char *path, lnt_error *err) {
  enum { TRIES = 16 }; /* names of 64 random bits */
  int errnum = EEXIST;
  for (int i = 0; i < TRIES && errnum == EEXIST; i++) {
    char *part = NULL;
    uint64_t name = 0;
    lnti_random_bytes(&name, sizeof name);
    lnt_status status = lnti_asprintf(&part, err, "%s.part-%016" PRIx64, path, name);
    if (status) return status;
    file->fd = open(part, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (file->fd >= 0) {
      file->part = part;
      return LNT_OK;
    }
    errnum = errno;
    free(part);
  }
  return lnti_fail_errno(err, errnum, "%s: cannot be written", path);
}

static lnt_status open_nameless(lnti_file_writer *file, lnt_error *err) {
  file->fd = open(file->folder, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0666);
  if (file->fd >= 0) return LNT_OK;
  if (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL) {
    return lnti_fail_errno(err, errno, "%s: cannot be written", file->path);
  }
  return lnti_fail(err, LNT_EUNSUPPORTED, "%s: its file system has no files without a name", file->path);
}

/* `part` NULL: none. */
static lnt_status create(lnti_file_writer **out, const char *part, const char *path, lnt_error *err) {
  lnti_file_writer *file = NULL;
  lnt_status status = lnti_alloc_zero(&file, 1, sizeof *file, err);
  if (status) return status;
  file->fd = -1;
  status = lnti_strdup(&file->path, path, err);
  if (status == LNT_OK) status = folder_of(&file->folder, path, err);
  if (status == LNT_OK) status = part ? open_part(file, part, err) : open_nameless(file, err);
  if (status) {
    writer_free(file);
    return status;
  }
  *out = file;
  return LNT_OK;
}

lnt_status lnti_file_create_nameless(lnti_file_writer **out, const char *path, lnt_error *err) {
  return create(out, NULL, path, err);
}

lnt_status lnti_file_create(lnti_file_writer **out, const char *path, lnt_error *err) {
  return lnti_file_create_at(out, path, path, err);
}

lnt_status lnti_file_create_at(lnti_file_writer **out, const char *part, const char *path, lnt_error *err) {
  return create(out, part, path, err);
}

lnt_status lnti_file_write(lnti_file_writer *file, const void *data, size_t n, lnt_error *err) {
  const char *bytes = data;
  size_t done = 0;
  while (done < n) {
    ssize_t put = write(file->fd, bytes + done, n - done);
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return lnti_fail_errno(err, errno, "%s: writing failed", file->path);
    done += (size_t)put;
  }
  file->offset += n;
  return LNT_OK;
}

lnt_status lnti_file_write_over(lnti_file_writer *file, uint64_t at, const void *data, size_t n, lnt_error *err) {
  const char *bytes = data;
  size_t done = 0;
  while (done < n) {
    ssize_t put = pwrite(file->fd, bytes + done, n - done, (off_t)(at + done));
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return lnti_fail_errno(err, errno, "%s: writing failed", file->path);
    done += (size_t)put;
  }
  return LNT_OK;
}

uint64_t lnti_file_offset(const lnti_file_writer *file) {
  return file->offset;
}

lnt_status lnti_folder_sync(const char *folder, lnt_error *err) {
  lnt_status status = LNT_OK;
  int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  /* Some file systems cannot sync a folder (EINVAL); the rename is as safe there as it gets. */
  if (fd < 0 || (fsync(fd) != 0 && errno != EINVAL)) {
    status = lnti_fail_errno(err, errno, "%s: the folder could not be synced", folder);
  }
  if (fd >= 0) close(fd);
  return status;
}

lnt_status lnti_file_commit(lnti_file_writer *file, lnt_error *err) {
  lnt_status status = LNT_OK;
  if (fsync(file->fd) != 0) {
    status = lnti_fail_errno(err, errno, "%s: writing to disk failed", file->path);
  }
  if (close(file->fd) != 0 && status == LNT_OK) {
    status = lnti_fail_errno(err, errno, "%s: writing to disk failed", file->path);
  }
  file->fd = -1;
  if (status == LNT_OK && rename(file->part, file->path) != 0) {
    status = lnti_fail_errno(err, errno, "%s: cannot be put in place", file->path);
  }
  if (status) {
    unlink(file->part);
  } else {
    status = lnti_folder_sync(file->folder, err);
  }
  writer_free(file);
  return status;
}

/* Renames without replacing. File systems that cannot do so at once get a check first. */
lnt_status lnti_rename_new(const char *from, const char *to, lnt_error *err) {
  struct stat info;
  if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0) return LNT_OK;
  if (errno == EEXIST) return lnti_fail(err, LNT_EEXISTS, "%s is there already", to);
  if (errno != EINVAL && errno != ENOSYS) return lnti_fail_errno(err, errno, "%s: cannot be put in place", to);
  if (lstat(to, &info) == 0) return lnti_fail(err, LNT_EEXISTS, "%s is there already", to);
  if (rename(from, to) != 0) return lnti_fail_errno(err, errno, "%s: cannot be put in place", to);
  return LNT_OK;
}

/* Kernels before 6.10 let only the privileged name a descriptor; what they show of it in /proc all may name. */
static int name_it(int fd, const char *path) {
  char shown[40];
  if (linkat(fd, "", AT_FDCWD, path, AT_EMPTY_PATH) == 0) return 0;
  if (errno != ENOENT && errno != EPERM) return -1;
  (void)snprintf(shown, sizeof shown, "/proc/self/fd/%d", fd);
  return linkat(AT_FDCWD, shown, AT_FDCWD, path, AT_SYMLINK_FOLLOW);
}

static lnt_status place_nameless(lnti_file_writer *file, lnt_error *err) {
  lnt_status status = LNT_OK;
  const bool named = name_it(file->fd, file->path) == 0;
  if (!named && errno == EEXIST) {
    status = lnti_fail(err, LNT_EEXISTS, "%s is there already", file->path);
  } else if (!named) {
    status = lnti_fail_errno(err, errno, "%s: cannot be put in place", file->path);
  }
  if (close(file->fd) != 0 && !status) {
    status = lnti_fail_errno(err, errno, "%s: writing to disk failed", file->path);
    unlink(file->path);
  }
  file->fd = -1;
  writer_free(file);
  return status;
}

static lnt_status place(lnti_file_writer *file, bool replace, lnt_error *err) {
  lnt_status status = LNT_OK;
  if (close(file->fd) != 0) status = lnti_fail_errno(err, errno, "%s: writing to disk failed", file->path);
  file->fd = -1;
  if (status == LNT_OK && !replace) status = lnti_rename_new(file->part, file->path, err);
  if (status == LNT_OK && replace && rename(file->part, file->path) != 0) {
    status = lnti_fail_errno(err, errno, "%s: cannot be put in place", file->path);
  }
  if (status) unlink(file->part);
  writer_free(file);
  return status;
}

lnt_status lnti_file_place(lnti_file_writer *file, lnt_error *err) {
  return file->part ? place(file, false, err) : place_nameless(file, err);
}

lnt_status lnti_file_replace(lnti_file_writer *file, lnt_error *err) {
  return place(file, true, err);
}

struct timespec lnti_file_set_time(lnti_file_writer *file, struct timespec time) {
  const struct timespec times[2] = {time, time};
  struct stat info;
  (void)futimens(file->fd, times);
  return fstat(file->fd, &info) == 0 ? info.st_mtim : time;
}

lnt_status lnti_file_system_sync(const char *folder, lnt_error *err) {
  lnt_status status = LNT_OK;
  int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0 || syncfs(fd) != 0) status = lnti_fail_errno(err, errno, "%s: writing to disk failed", folder);
  if (fd >= 0) close(fd);
  return status;
}

void lnti_file_discard(lnti_file_writer *file) {
  if (!file) return;
  if (file->part) unlink(file->part);
  writer_free(file);
}

bool lnti_file_nameless_works(const char *folder) {
  char path[PATH_MAX];
  uint64_t name = 0;
  lnti_random_bytes(&name, sizeof name);
  int n = snprintf(path, sizeof path, "%s/probe.part-%016" PRIx64, folder, name);
  if (n < 0 || (size_t)n >= sizeof path) return false;
  int fd = open(folder, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
  bool works = fd >= 0 && name_it(fd, path) == 0;
  if (works) unlink(path);
  if (fd >= 0) close(fd);
  return works;
}

int lnti_file_nameless(const char *folder) {
  char *path = NULL;
  int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (fd >= 0) return fd;
  /* Not every file system has O_TMPFILE. */
  if (lnti_asprintf(&path, NULL, "%s/linnet-XXXXXX", folder)) {
    errno = ENOMEM;
    return -1;
  }
  fd = mkostemp(path, O_CLOEXEC);
  const int failure = errno;
  if (fd >= 0) unlink(path);
  free(path);
  errno = failure;
  return fd;
}

lnt_status lnti_file_write_all(const char *path, const void *data, size_t n, lnt_error *err) {
  lnti_file_writer *file = NULL;
  lnt_status status = lnti_file_create(&file, path, err);
  if (status) return status;
  status = lnti_file_write(file, data, n, err);
  if (status) {
    lnti_file_discard(file);
    return status;
  }
  return lnti_file_commit(file, err);
}

/** Syncs the folder that holds `path`, in place: nothing can fail but the sync. */
static lnt_status sync_parent(char *path, lnt_error *err) {
  char *slash = strrchr(path, '/');
  if (!slash) return lnti_folder_sync(".", err);
  if (slash == path) return lnti_folder_sync("/", err);
  *slash = '\0';
  lnt_status status = lnti_folder_sync(path, err);
  *slash = '/';
  return status;
}

static lnt_status make_one(char *path, lnt_error *err) {
  struct stat info;
  if (mkdir(path, 0777) == 0) return sync_parent(path, err);
  int errnum = errno;
  if (stat(path, &info) != 0) return lnti_fail_errno(err, errnum, "%s: the folder cannot be made", path);
  if (S_ISDIR(info.st_mode)) return LNT_OK;
  return lnti_fail(err, LNT_EEXISTS, "%s is a file where a folder is needed", path);
}

lnt_status lnti_folder_make(const char *path, lnt_error *err) {
  char *part = NULL;
  lnt_status status = lnti_strdup(&part, path, err);
  if (status) return status;
  for (char *p = part + 1; *path && status == LNT_OK; p++) {
    if (*p != '/' && *p != '\0') continue;
    char saved = *p;
    *p = '\0';
    status = make_one(part, err);
    *p = saved;
    if (saved == '\0') break;
  }
  free(part);
  return status;
}
