/*
 * Files of caches: system calls that go on where a signal interrupted them, and say what failed.
 */
#include <flow/cache_file.h>

#include <base/alloc.h>
#include <base/error.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

enum { LOCK_PAUSE_MS = 20 };

lnt_status lnti_cache_open_below(int *fd_out, const char *folder, const char *name, bool make, lnt_error *err) {
  char *path = NULL;
  lnt_status status = lnti_asprintf(&path, err, "%s/%s", folder, name);
  if (status) return status;
  int fd = open(path, O_RDWR | O_CLOEXEC | (make ? O_CREAT : 0), 0666);
  if (fd < 0) {
    status = lnti_fail_errno(err, errno, "%s: cannot be opened", path);
  } else {
    *fd_out = fd;
  }
  free(path);
  return status;
}

lnt_status lnti_cache_read(size_t *n_out, int fd, void *data, size_t n, uint64_t offset, const char *name,
                           lnt_error *err) {
  size_t done = 0;
  while (done < n) {
    ssize_t got = pread(fd, (char *)data + done, n - done, (off_t)(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return lnti_fail_errno(err, errno, "%s: reading failed", name);
    if (got == 0) break;
    done += (size_t)got;
  }
  *n_out = done;
  return LNT_OK;
}

lnt_status lnti_cache_write(int fd, const void *data, size_t n, uint64_t offset, const char *name, lnt_error *err) {
  size_t done = 0;
  while (done < n) {
    ssize_t put = pwrite(fd, (const char *)data + done, n - done, (off_t)(offset + done));
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return lnti_fail_errno(err, errno, "%s: writing failed", name);
    done += (size_t)put;
  }
  return LNT_OK;
}

void lnti_cache_unlock(int fd) {
  (void)flock(fd, LOCK_UN);
}

lnt_status lnti_cache_lock(int fd, const char *folder, const char *waiting, unsigned wait_ms, const lnti_cancel *cancel,
                           const lnti_log *log, lnt_error *err) {
  const struct timespec pause = {.tv_nsec = LOCK_PAUSE_MS * 1000000L};
  lnt_status status = LNT_OK;
  for (unsigned waited = 0; status == LNT_OK && flock(fd, LOCK_EX | LOCK_NB) != 0; waited += LOCK_PAUSE_MS) {
    if (errno != EWOULDBLOCK && errno != EINTR) return lnti_fail_errno(err, errno, "%s: cannot be locked", folder);
    if (wait_ms > 0 && waited >= wait_ms) {
      return lnti_fail(err, LNT_ECONFLICT, "%s: another program has held its lock for %u ms", folder, waited);
    }
    if (waiting && waited == 0) lnti_log_printf(log, LNTI_LOG_WARN, "%s", waiting);
    status = lnti_cancel_check(cancel, err);
    if (status == LNT_OK) nanosleep(&pause, NULL);
  }
  return status;
}
