#include <media/uri.h>

#include <base/alloc.h>
#include <string.h>
#include <sys/stat.h>

size_t lnti_uri_shorter(const char *text, size_t n) {
  for (size_t i = n; i-- > 0;) {
    if (text[i] == '#') return i;
  }
  return n;
}

static bool exists(const char *path) {
  struct stat st;
  return lstat(path, &st) == 0;
}

lnt_status lnti_uri_split(char **path_out, const char **rest_out, const char *uri, lnt_error *err) {
  char *path = NULL;
  size_t n = strlen(uri);
  lnt_status status = lnti_strdup(&path, uri, err);
  if (status != LNT_OK) return status;
  while (!exists(path)) {
    const size_t shorter = lnti_uri_shorter(path, n);
    if (shorter == n) {
      /* Nothing is there: by now `path` ends at the first '#'. */
      break;
    }
    n = shorter;
    path[n] = '\0';
  }
  *path_out = path;
  *rest_out = uri[n] == '#' ? uri + n + 1 : NULL;
  return LNT_OK;
}

/** Decimal digits alone, as they are printed: no sign, no blank, no leading zero. */
static bool parse_number(size_t *out, const char *text) {
  size_t n = 0;
  if (!*text || (text[0] == '0' && text[1])) return false;
  for (const char *p = text; *p; p++) {
    if (*p < '0' || *p > '9') return false;
    if (!lnti_size_mul(&n, n, 10) || !lnti_size_add(&n, n, (size_t)(*p - '0'))) return false;
  }
  *out = n;
  return true;
}

bool lnti_uri_record(size_t *record_out, const char *text) {
  return parse_number(record_out, text);
}

bool lnti_uri_frame(size_t *frame_out, const char *text) {
  static const char frame[] = "frame=", page[] = "page=";
  size_t n = 0;
  if (strncmp(text, frame, sizeof frame - 1) == 0) return parse_number(frame_out, text + sizeof frame - 1);
  if (strncmp(text, page, sizeof page - 1) != 0 || !parse_number(&n, text + sizeof page - 1) || n == 0) return false;
  *frame_out = n - 1;
  return true;
}

size_t lnti_uri_file_length(const char *uri) {
  const char *hash = strrchr(uri, '#');
  size_t frame = 0;
  return hash && lnti_uri_frame(&frame, hash + 1) ? (size_t)(hash - uri) : strlen(uri);
}

lnt_status lnti_uri_join(char **out, const char *uri, const char *part, lnt_error *err) {
  return lnti_asprintf(out, err, "%s#%s", uri, part);
}

lnt_status lnti_uri_join_record(char **out, const char *uri, size_t record, lnt_error *err) {
  return lnti_asprintf(out, err, "%s#%zu", uri, record);
}

lnt_status lnti_uri_join_frame(char **out, const char *uri, size_t frame, lnt_error *err) {
  return lnti_asprintf(out, err, "%s#frame=%zu", uri, frame);
}

lnt_status lnti_uri_join_page(char **out, const char *uri, size_t page_0, lnt_error *err) {
  return lnti_asprintf(out, err, "%s#page=%zu", uri, page_0 + 1);
}

lnt_status lnti_uri_beside(char **out, const char *uri, const char *name, lnt_error *err) {
  size_t n = strlen(uri);
  while (n > 0 && uri[n - 1] != '/' && uri[n - 1] != '#') n--;
  return lnti_asprintf(out, err, "%.*s%s", (int)n, uri, name);
}
