/*
 * URIs step by step: the longest path that exists, in it the longest member that there is, and what is left names a member
 * of that, a record, or a frame.
 */
#include <media/media.h>

#include <base/alloc.h>
#include <base/error.h>
#include <base/file.h>
#include <media/container.h>
#include <media/members.h>
#include <media/uri.h>
#include <stdlib.h>
#include <string.h>

struct lnti_media {
  lnti_media_options options;
  char *cache_dir, *temp_dir;
  lnti_containers *containers;
};

/** Zeros become defaults. */
static lnti_media_options complete(const lnti_media_options *options) {
  static const lnti_media_options defaults = LNTI_MEDIA_OPTIONS_INIT;
  lnti_media_options o = options ? *options : defaults;
  if (o.file_bytes_max == 0) o.file_bytes_max = defaults.file_bytes_max;
  if (o.array_bytes_max == 0) o.array_bytes_max = defaults.array_bytes_max;
  if (o.cache_bytes == 0) o.cache_bytes = defaults.cache_bytes;
  if (o.members_max == 0) o.members_max = defaults.members_max;
  if (o.archive_bytes_max == 0) o.archive_bytes_max = defaults.archive_bytes_max;
  if (o.cache_disk_bytes == 0) o.cache_disk_bytes = defaults.cache_disk_bytes;
  if (o.ratio_max == 0) o.ratio_max = defaults.ratio_max;
  if (!o.temp_dir) o.temp_dir = "/tmp";
  return o;
}

lnt_status lnti_media_new(lnti_media **out, const lnti_media_options *options, lnt_error *err) {
  lnti_media *media = NULL;
  lnt_status status = lnti_alloc_zero(&media, 1, sizeof *media, err);
  if (status != LNT_OK) return status;
  media->options = complete(options);
  status = lnti_strdup(&media->temp_dir, media->options.temp_dir, err);
  if (status == LNT_OK && media->options.cache_dir) {
    status = lnti_strdup(&media->cache_dir, media->options.cache_dir, err);
  }
  media->options.temp_dir = media->temp_dir;
  media->options.cache_dir = media->cache_dir;
  if (status == LNT_OK) status = lnti_containers_new(&media->containers, &media->options, err);
  if (status != LNT_OK) {
    lnti_media_free(media);
    return status;
  }
  *out = media;
  return LNT_OK;
}

void lnti_media_free(lnti_media *media) {
  if (!media) return;
  lnti_containers_free(media->containers);
  free(media->cache_dir);
  free(media->temp_dir);
  free(media);
}

void lnti_blob_clear(lnti_blob *blob) {
  free(blob->owner);
  memset(blob, 0, sizeof *blob);
}

bool lnti_archive_sniff(const char *path) {
  lnti_span span = LNTI_SPAN_INIT;
  lnti_archive_kind kind = LNTI_ARCHIVE_NONE;
  if (lnti_span_open(&span, NULL, path, NULL) != LNT_OK) return false;
  const lnt_status status = lnti_archive_sniff_span(&kind, &span, NULL);
  lnti_span_close(&span);
  return status == LNT_OK && kind != LNTI_ARCHIVE_NONE;
}

/* ---- listing ---- */

lnt_status lnti_media_members(lnti_members *out, lnti_media *media, const char *archive, lnti_member_refused refused,
                              void *payload, const lnti_cancel *cancel, lnt_error *err) {
  return lnti_members_list(out, media->containers, &media->options, archive, refused, payload, cancel, err);
}

/* ---- reading ---- */

static lnt_status read_file(lnti_blob *out, const lnti_media *media, const char *path, size_t frame, lnt_error *err) {
  char *data = NULL;
  size_t bytes = 0;
  lnt_status status = lnti_file_read(&data, &bytes, path, media->options.file_bytes_max, err);
  if (status != LNT_OK) return status;
  *out = (lnti_blob){.kind = LNTI_BLOB_ENCODED, .data = (uint8_t *)data, .bytes = bytes, .frame = frame, .owner = data};
  return LNT_OK;
}

static lnt_status read_record(lnti_blob *out, const lnti_container *c, const char *uri, const char *rest,
                              lnt_error *err) {
  size_t record = 0;
  uint8_t *data = NULL;
  if (!lnti_uri_record(&record, rest)) {
    return lnti_fail(err, LNT_ENOTFOUND, "%s: no such record; records of an array are named by number, as in %s#0", uri,
                     c->name);
  }
  lnt_status status = lnti_container_record(&data, c, record, err);
  if (status != LNT_OK) return status;
  *out = (lnti_blob){.kind = LNTI_BLOB_PIXELS,
                     .data = data,
                     .bytes = c->shape.record_bytes,
                     .h = c->shape.h,
                     .w = c->shape.w,
                     .c = c->shape.c,
                     .owner = data};
  return LNT_OK;
}

/** The longest beginning of `rest`, up to a '#' or its end, that names a member; *n_out: its length. */
static lnt_status find_member(size_t *row_out, size_t *n_out, const lnti_media *media, const lnti_container *c,
                              const char *uri, const char *rest, lnt_error *err) {
  size_t n = strlen(rest);
  for (;;) {
    const size_t row = lnti_index_find(&c->index, rest, n);
    if (row != LNTI_NO_ROW) {
      *row_out = row;
      *n_out = n;
      return LNT_OK;
    }
    const size_t shorter = lnti_uri_shorter(rest, n);
    if (shorter == n) break;
    n = shorter;
  }
  const size_t refused = lnti_index_find_refused(&c->index, rest);
  if (refused != LNTI_NO_ROW) {
    return lnti_index_refuse(&c->index, refused, c->name, media->options.file_bytes_max, err);
  }
  const char *near = lnti_index_near(&c->index, rest);
  if (near) return lnti_fail(err, LNT_ENOTFOUND, "%s: no such member in the archive; there is %s", uri, near);
  if (c->damage.code != LNT_OK) {
    return lnti_fail(err, LNT_ENOTFOUND, "%s: no such member before the archive's damage (%s)", uri, c->damage.message);
  }
  return lnti_fail(err, LNT_ENOTFOUND, "%s: no such member in the archive", uri);
}

static lnt_status read_row(lnti_blob *out, const lnti_media *media, const lnti_container *c, size_t row,
                           const char *uri, size_t frame, lnt_error *err) {
  uint8_t *data = NULL;
  size_t bytes = 0;
  lnt_status status = lnti_container_member(&data, &bytes, c, row, media->options.file_bytes_max, uri, err);
  if (status != LNT_OK) return status;
  *out = (lnti_blob){.kind = LNTI_BLOB_ENCODED, .data = data, .bytes = bytes, .frame = frame, .owner = data};
  return LNT_OK;
}

/** `rest` of the URI in the held container, which is released. */
static lnt_status read_inside(lnti_blob *out, lnti_media *media, lnti_held *held, const char *uri, const char *rest,
                              lnt_error *err) {
  lnt_status status = LNT_OK;
  while (held->entry) {
    const lnti_container *c = held->container;
    size_t row = 0, n = 0, frame = 0;
    if (c->kind == LNTI_CONTAINER_ARRAY) {
      status = read_record(out, c, uri, rest, err);
      break;
    }
    status = find_member(&row, &n, media, c, uri, rest, err);
    if (status != LNT_OK) break;
    if (rest[n] == '\0' || lnti_uri_frame(&frame, rest + n + 1)) {
      status = read_row(out, media, c, row, uri, frame, err);
      break;
    }
    rest += n + 1;
    status = lnti_container_enter(held, media->containers, row, NULL, err);
  }
  lnti_container_release(held, media->containers);
  return status;
}

lnt_status lnti_media_read(lnti_blob *out, lnti_media *media, const char *uri, lnt_error *err) {
  char *path = NULL;
  const char *rest = NULL;
  size_t frame = 0;
  lnti_held held = {0};
  lnt_status status = lnti_uri_split(&path, &rest, uri, err);
  if (status != LNT_OK) return status;
  if (!rest || lnti_uri_frame(&frame, rest)) {
    status = read_file(out, media, path, frame, err);
  } else {
    status = lnti_container_open(&held, media->containers, path, NULL, err);
    if (status == LNT_OK) {
      status = read_inside(out, media, &held, uri, rest, err);
    } else if (status == LNT_ENOTFOUND) {
      status = lnti_fail(err, LNT_ENOTFOUND, "%s: there is no file %s", uri, path);
    }
  }
  free(path);
  return status;
}
