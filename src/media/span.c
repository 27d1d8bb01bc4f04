#include <media/span.h>

#include <base/error.h>
#include <base/regular.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

lnt_status lnti_span_open(lnti_span *out, struct stat *stat_out, const char *path, lnt_error *err) {
  lnti_span span = LNTI_SPAN_INIT;
  struct stat st;
  lnt_status status = lnti_regular_open(&span.fd, &st, path, err);
  if (status != LNT_OK) return status;
  span.bytes = (uint64_t)st.st_size;
  *out = span;
  if (stat_out) *stat_out = st;
  return LNT_OK;
}

static lnt_status outside(const lnti_span *span, uint64_t at, uint64_t n, const char *name, lnt_error *err) {
  return lnti_fail(err, LNT_EDATA,
                   "%s: ends at byte %" PRIu64 "; %" PRIu64 " bytes from byte %" PRIu64 " are not in it", name,
                   span->bytes, n, at);
}

lnt_status lnti_span_part(lnti_span *out, const lnti_span *whole, uint64_t at, uint64_t bytes, const char *name,
                          lnt_error *err) {
  lnti_span part = LNTI_SPAN_INIT;
  if (at > whole->bytes || bytes > whole->bytes - at) return outside(whole, at, bytes, name, err);
  part.at = whole->at + at;
  part.bytes = bytes;
  if (whole->fd >= 0) {
    part.fd = fcntl(whole->fd, F_DUPFD_CLOEXEC, 0);
    if (part.fd < 0) return lnti_fail_errno(err, errno, "%s: cannot be opened", name);
  } else {
    part.memory = whole->memory;
  }
  *out = part;
  return LNT_OK;
}

void lnti_span_close(lnti_span *span) {
  static const lnti_span nothing = LNTI_SPAN_INIT;
  if (span->fd >= 0) close(span->fd);
  *span = nothing;
}

lnt_status lnti_span_read(void *data, const lnti_span *span, uint64_t at, size_t n, const char *name, lnt_error *err) {
  if (at > span->bytes || n > span->bytes - at) return outside(span, at, n, name, err);
  if (span->fd >= 0) return lnti_regular_read_at(data, n, span->fd, span->at + at, name, err);
  if (n > 0) memcpy(data, span->memory + span->at + at, n);
  return LNT_OK;
}
