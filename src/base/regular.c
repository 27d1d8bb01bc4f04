/*
 * Regular files by openat. The kind is looked at before the file is opened, because opening a device can
 * already have an effect, and again afterwards on the open file, because the name may have been given to
 * another one in between; O_NONBLOCK keeps that second case from waiting on a pipe for ever.
 */
#include <base/regular.h>

#include <base/error.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <unistd.h>

/** Linux moves at most 2 GiB - 4 KiB in one read; anything below serves. */
enum { READ_BYTES_MAX = 1 << 30 };

static const char *kind_name(mode_t mode) {
  if (S_ISDIR(mode)) return "a folder";
  if (S_ISFIFO(mode)) return "a pipe";
  if (S_ISSOCK(mode)) return "a socket";
  return "a device";
}

static lnt_status refuse_kind(const char *path, mode_t mode, lnt_error *err) {
  return lnti_fail(err, LNT_EINVAL, "%s: is %s; only regular files are read", path, kind_name(mode));
}

lnt_status lnti_regular_open(int *fd_out, struct stat *stat_out, const char *path, lnt_error *err) {
  struct stat st;
  if (fstatat(AT_FDCWD, path, &st, 0) != 0) return lnti_fail_errno(err, errno, "%s: cannot be read", path);
  if (!S_ISREG(st.st_mode)) return refuse_kind(path, st.st_mode, err);
  const int fd = openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (fd < 0) return lnti_fail_errno(err, errno, "%s: cannot be read", path);
  lnt_status status = LNT_OK;
  if (fstat(fd, &st) != 0) {
    status = lnti_fail_errno(err, errno, "%s: cannot be read", path);
  } else if (!S_ISREG(st.st_mode)) {
    status = refuse_kind(path, st.st_mode, err);
  }
  if (status != LNT_OK) {
    close(fd);
    return status;
  }
  *fd_out = fd;
  *stat_out = st;
  return LNT_OK;
}

lnt_status lnti_regular_read(size_t *n_out, int fd, void *data, size_t n, const char *path, lnt_error *err) {
  size_t done = 0;
  while (done < n) {
    const size_t want = n - done < READ_BYTES_MAX ? n - done : READ_BYTES_MAX;
    const ssize_t got = read(fd, (uint8_t *)data + done, want);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return lnti_fail_errno(err, errno, "%s: reading failed", path);
    if (got == 0) break;
    done += (size_t)got;
  }
  *n_out = done;
  return LNT_OK;
}

lnt_status lnti_regular_changed(const char *path, lnt_error *err) {
  return lnti_fail(err, LNT_EDATA, "%s: changed its length while it was read; try again", path);
}

lnt_status lnti_regular_read_at(void *data, size_t n, int fd, uint64_t offset, const char *path, lnt_error *err) {
  size_t done = 0;
  while (done < n) {
    const size_t want = n - done < READ_BYTES_MAX ? n - done : READ_BYTES_MAX;
    const ssize_t got = pread(fd, (uint8_t *)data + done, want, (off_t)(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return lnti_fail_errno(err, errno, "%s: reading failed", path);
    if (got == 0) {
      return lnti_fail(err, LNT_EDATA, "%s: ends before byte %llu; it was cut short", path,
                       (unsigned long long)(offset + n));
    }
    done += (size_t)got;
  }
  return LNT_OK;
}
