/*
 * URIs. What exists under the whole name is a file, '#' or not; else the part after the last '#' names a
 * member of what stands before it. The only containers of this version are IDX arrays, whose members are
 * their records, by number.
 */
#include <media/media.h>

#include <base/alloc.h>
#include <base/error.h>
#include <base/file.h>
#include <media/arrays.h>
#include <media/idx.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct lnti_media {
  lnti_media_options options;
  lnti_arrays *arrays;
};

lnt_status lnti_media_new(lnti_media **out, const lnti_media_options *options, lnt_error *err) {
  static const lnti_media_options defaults = LNTI_MEDIA_OPTIONS_INIT;
  lnti_media *media = NULL;
  lnt_status status = lnti_alloc_zero(&media, 1, sizeof *media, err);
  if (status != LNT_OK) return status;
  media->options = options ? *options : defaults;
  status = lnti_arrays_new(&media->arrays, &media->options, err);
  if (status != LNT_OK) {
    free(media);
    return status;
  }
  *out = media;
  return LNT_OK;
}

void lnti_media_free(lnti_media *media) {
  if (!media) return;
  lnti_arrays_free(media->arrays);
  free(media);
}

void lnti_blob_clear(lnti_blob *blob) {
  free(blob->owner);
  memset(blob, 0, sizeof *blob);
}

static bool exists(const char *path) {
  struct stat st;
  return lstat(path, &st) == 0;
}

lnt_status lnti_uri_split(char **path_out, char **member_out, const char *uri, lnt_error *err) {
  char *path = NULL, *member = NULL;
  lnt_status status;
  const char *hash = strrchr(uri, '#');
  if (!hash || exists(uri)) {
    status = lnti_strdup(&path, uri, err);
    if (status != LNT_OK) return status;
  } else {
    status = lnti_strndup(&path, uri, (size_t)(hash - uri), err);
    if (status != LNT_OK) return status;
    status = lnti_strdup(&member, hash + 1, err);
    if (status != LNT_OK) {
      free(path);
      return status;
    }
  }
  *path_out = path;
  *member_out = member;
  return LNT_OK;
}

/** Decimal digits alone, as the importer writes them. */
static bool parse_record(size_t *out, const char *member) {
  size_t n = 0;
  if (!*member) return false;
  for (const char *p = member; *p; p++) {
    if (*p < '0' || *p > '9') return false;
    if (!lnti_size_mul(&n, n, 10) || !lnti_size_add(&n, n, (size_t)(*p - '0'))) return false;
  }
  *out = n;
  return true;
}

static lnt_status read_member(lnti_blob *out, lnti_media *media, const char *uri, const char *path, const char *member,
                              lnt_error *err) {
  size_t record = 0;
  if (parse_record(&record, member)) return lnti_arrays_read(out, media->arrays, path, record, err);
  if (!exists(path)) return lnti_fail(err, LNT_ENOTFOUND, "%s: no such file", uri);
  if (lnti_idx_sniff(path)) {
    return lnti_fail(err, LNT_ENOTFOUND, "%s: no such record; records of an array are named by number, as in %s#0", uri,
                     path);
  }
  return lnti_fail(err, LNT_EUNSUPPORTED, "%s: of what lies inside files, only records of IDX arrays are read", uri);
}

lnt_status lnti_media_read(lnti_blob *out, lnti_media *media, const char *uri, lnt_error *err) {
  char *path = NULL, *member = NULL;
  char *data = NULL;
  size_t bytes = 0;
  lnt_status status = lnti_uri_split(&path, &member, uri, err);
  if (status != LNT_OK) return status;
  if (member) {
    status = read_member(out, media, uri, path, member, err);
  } else {
    status = lnti_file_read(&data, &bytes, path, media->options.file_bytes_max, err);
    if (status == LNT_OK) {
      *out = (lnti_blob){.kind = LNTI_BLOB_ENCODED, .data = (uint8_t *)data, .bytes = bytes, .owner = data};
    }
  }
  free(member);
  free(path);
  return status;
}
