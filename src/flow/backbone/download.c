/*
 * Downloads by libcurl. Bytes go into PATH.part, which a later attempt goes on with; only a file whose hash is right gets its
 * name. A server that cannot go on from the middle sends all of it again.
 */
#include <flow/backbone/download.h>

#include <base/alloc.h>
#include <base/error.h>
#include <base/file.h>
#include <base/library.h>
#include <base/text.h>
#define CURL_DISABLE_TYPECHECK /* its macros would call the functions by name */
#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CONNECT_SECONDS = 20, STALL_SECONDS = 30, STALL_BYTES = 100, REDIRECTS_MAX = 5 };
enum { HTTP_OK = 200, HTTP_PARTIAL = 206, HTTP_BAD_RANGE = 416, HTTP_ERROR = 400 };

/* Not linked with: TLS, Kerberos and what else it brings would be loaded at each start of the program. */
#define FUNCTIONS(X)   \
  X(curl_easy_cleanup) \
  X(curl_easy_getinfo) X(curl_easy_init) X(curl_easy_perform) X(curl_easy_setopt) X(curl_easy_strerror)

typedef struct curl_functions {
  FUNCTIONS(LNTI_LIBRARY_FUNCTION)
} curl_functions;

static lnt_status load_curl(curl_functions *out, lnt_error *err) {
  static const char remedy[] =
      "install it (Debian's package libcurl4). Without it nothing can be fetched; a file that is "
      "here already can be added: linnet backbone add FILE";
  curl_functions lib;
  const lnti_library_symbol symbols[] = {FUNCTIONS(LNTI_LIBRARY_SYMBOL)};
  lnt_status status = lnti_library_load(LINNET_LIBCURL, remedy, symbols, sizeof symbols / sizeof *symbols, err);
  if (!status) *out = lib;
  return status;
}

lnt_status lnti_download_start(lnt_error *err) {
  curl_functions lib;
  return load_curl(&lib, err);
}

typedef struct fetching {
  const lnti_download *wanted;
  const lnti_context *context;
  const lnti_progress *progress;
  curl_functions lib;
  CURL *curl;
  char *part;
  int fd;
  uint64_t have; /* bytes of the part */
  bool began;    /* the answer's first bytes have come */
  bool too_long;
  int errnum; /* of writing; 0 */
} fetching;

/* ---- called by libcurl ---- */

static int on_progress(void *payload, curl_off_t total, curl_off_t now, curl_off_t up_total, curl_off_t up_now) {
  const fetching *f = payload;
  (void)total, (void)now, (void)up_total, (void)up_now;
  lnti_progress_update(f->progress, "bytes", (size_t)f->have, (size_t)f->wanted->bytes);
  return lnti_cancel_requested(f->context->cancel);
}

static bool write_all(fetching *f, const char *data, size_t n) {
  while (n > 0) {
    ssize_t written = write(f->fd, data, n);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) {
      f->errnum = errno ? errno : EIO;
      return false;
    }
    data += written;
    n -= (size_t)written;
  }
  return true;
}

/* Whatever is not taken in full makes libcurl give up. */
static size_t on_bytes(char *data, size_t size, size_t n, void *payload) {
  fetching *f = payload;
  long code = 0;
  (void)f->lib.curl_easy_getinfo(f->curl, CURLINFO_RESPONSE_CODE, &code);
  if (code >= HTTP_ERROR) return size * n; /* a page that explains the error */
  if (!f->began && code != HTTP_PARTIAL && f->have > 0) {
    /* All of it again. */
    if (ftruncate(f->fd, 0) != 0 || lseek(f->fd, 0, SEEK_SET) != 0) {
      f->errnum = errno;
      return 0;
    }
    f->have = 0;
  }
  f->began = true;
  f->too_long = size * n > f->wanted->bytes - f->have;
  if (f->too_long || !write_all(f, data, size * n)) return 0;
  f->have += size * n;
  return size * n;
}

/* ---- one attempt ---- */

static lnt_status set_options(fetching *f, char message[CURL_ERROR_SIZE], lnt_error *err) {
  CURL *c = f->curl;
  CURLcode bad = f->lib.curl_easy_setopt(c, CURLOPT_URL, f->wanted->url);
  const char *protocols = f->wanted->plain ? "https,http" : "https";
  if (!bad) bad = f->lib.curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, protocols);
  if (!bad) bad = f->lib.curl_easy_setopt(c, CURLOPT_REDIR_PROTOCOLS_STR, protocols);
  if (!bad) bad = f->lib.curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 1L);
  if (!bad) bad = f->lib.curl_easy_setopt(c, CURLOPT_MAXREDIRS, (long)REDIRECTS_MAX);
  if (!bad) bad = f->lib.curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
  if (!bad) bad = f->lib.curl_easy_setopt(c, CURLOPT_USERAGENT, "linnet/" LINNET_VERSION);
  if (!bad) bad = f->lib.curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_SECONDS);
  if (!bad) bad = f->lib.curl_easy_setopt(c, CURLOPT_LOW_SPEED_TIME, (long)STALL_SECONDS);
  if (!bad) bad = f->lib.curl_easy_setopt(c, CURLOPT_LOW_SPEED_LIMIT, (long)STALL_BYTES);
  if (!bad) bad = f->lib.curl_easy_setopt(c, CURLOPT_ERRORBUFFER, message);
  if (!bad) bad = f->lib.curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_bytes);
  if (!bad) bad = f->lib.curl_easy_setopt(c, CURLOPT_WRITEDATA, f);
  if (!bad) bad = f->lib.curl_easy_setopt(c, CURLOPT_NOPROGRESS, 0L);
  if (!bad) bad = f->lib.curl_easy_setopt(c, CURLOPT_XFERINFOFUNCTION, on_progress);
  if (!bad) bad = f->lib.curl_easy_setopt(c, CURLOPT_XFERINFODATA, f);
  if (!bad && f->have > 0) bad = f->lib.curl_easy_setopt(c, CURLOPT_RESUME_FROM_LARGE, (curl_off_t)f->have);
  return bad ? lnti_fail(err, LNT_EINTERNAL, "libcurl: %s", f->lib.curl_easy_strerror(bad)) : LNT_OK;
}

/* Why it ended, as a status; LNT_OK where the server has sent what it would. */
static lnt_status judge(const fetching *f, CURLcode result, const char *message, lnt_error *err) {
  const char *url = f->wanted->url, *why = message[0] ? message : f->lib.curl_easy_strerror(result);
  long code = 0;
  (void)f->lib.curl_easy_getinfo(f->curl, CURLINFO_RESPONSE_CODE, &code);
  if (lnti_cancel_requested(f->context->cancel)) return lnti_cancel_check(f->context->cancel, err);
  if (f->errnum) return lnti_fail_errno(err, f->errnum, "%s", f->part);
  if (f->too_long)
    return lnti_fail(err, LNT_ECORRUPT, "%s is longer than the %llu bytes of the file that is wanted", url,
                     (unsigned long long)f->wanted->bytes);
  if (result == CURLE_UNSUPPORTED_PROTOCOL || result == CURLE_URL_MALFORMAT)
    return lnti_fail(err, LNT_EINVAL, "%s: %s", url, why);
  if (result == CURLE_RANGE_ERROR || code == HTTP_BAD_RANGE)
    return lnti_fail(err, LNT_ECONFLICT, "%s: what was fetched before does not fit", url);
  if (result && f->have == 0)
    return lnti_fail(err, LNT_EIO, "%s could not be reached (%s): there may be no network", url, why);
  if (result)
    return lnti_fail(err, LNT_EIO, "%s: %s. What came is kept, and the same command goes on with it", url, why);
  if (code >= HTTP_ERROR) return lnti_fail(err, LNT_EIO, "%s: the server answers %ld", url, code);
  return LNT_OK;
}

static lnt_status attempt(fetching *f, lnt_error *err) {
  char message[CURL_ERROR_SIZE] = "";
  struct stat info;
  f->began = f->too_long = false;
  if (fstat(f->fd, &info) != 0 || lseek(f->fd, 0, SEEK_END) < 0) return lnti_fail_errno(err, errno, "%s", f->part);
  f->have = (uint64_t)info.st_size;
  if (f->have == f->wanted->bytes) return LNT_OK;
  f->curl = f->lib.curl_easy_init();
  if (!f->curl) return lnti_fail(err, LNT_ENOMEM, "not enough memory to fetch anything");
  lnt_status status = set_options(f, message, err);
  if (!status) status = judge(f, f->lib.curl_easy_perform(f->curl), message, err);
  f->lib.curl_easy_cleanup(f->curl);
  f->curl = NULL;
  return status;
}

/* ---- the whole ---- */

static lnt_status check_hash(const fetching *f, lnt_error *err) {
  char *data = NULL, hex[LNTI_HASH_HEX];
  size_t n = 0;
  lnt_status status = lnti_file_read(&data, &n, f->part, (size_t)f->wanted->bytes, err);
  if (status) return status;
  lnti_sha256_hex(hex, data, n);
  free(data);
  if (strcmp(hex, f->wanted->sha256) == 0) return LNT_OK;
  return lnti_fail(err, LNT_ECORRUPT, "%s is not the file that is wanted: its SHA-256 is %s, not %s", f->wanted->url,
                   hex, f->wanted->sha256);
}

static lnt_status fetch(fetching *f, lnt_error *err) {
  lnt_error reason = LNT_ERROR_INIT;
  lnt_status status = LNT_OK;
  struct stat info;
  /* More than there can be is of another file. */
  if (fstat(f->fd, &info) == 0 && (uint64_t)info.st_size > f->wanted->bytes) status = LNT_ECONFLICT;
  if (!status) status = attempt(f, &reason);
  if (status == LNT_ECONFLICT) {
    if (ftruncate(f->fd, 0) != 0) return lnti_fail_errno(err, errno, "%s", f->part);
    status = attempt(f, &reason);
  }
  if (!status && f->have < f->wanted->bytes)
    status = lnti_fail(&reason, LNT_ECORRUPT, "%s is shorter than the %llu bytes of the file that is wanted",
                       f->wanted->url, (unsigned long long)f->wanted->bytes);
  if (!status && fsync(f->fd) != 0) status = lnti_fail_errno(&reason, errno, "%s", f->part);
  if (!status) status = check_hash(f, &reason);
  if (status == LNT_ECORRUPT) (void)unlink(f->part);
  return status ? lnti_fail(err, status, "%s", reason.message) : LNT_OK;
}

lnt_status lnti_download_run(const lnti_download *wanted, const lnti_context *context, const lnti_progress *progress,
                             lnt_error *err) {
  fetching f = {.wanted = wanted, .context = context, .progress = progress, .fd = -1};
  lnt_status status = load_curl(&f.lib, err);
  if (!status) status = lnti_asprintf(&f.part, err, "%s.part", wanted->path);
  if (status) return status;
  f.fd = open(f.part, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
  if (f.fd < 0) {
    status = lnti_fail_errno(err, errno, "%s", f.part);
  } else {
    struct stat info;
    status = fetch(&f, err);
    if (status && fstat(f.fd, &info) == 0 && info.st_size == 0) (void)unlink(f.part); /* nothing to go on with */
    close(f.fd);
  }
  if (!status && rename(f.part, wanted->path) != 0) status = lnti_fail_errno(err, errno, "%s", wanted->path);
  free(f.part);
  return status;
}
