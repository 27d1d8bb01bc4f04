#include <media/media.h>

#include <base/alloc.h>
#include <base/error.h>
#include <base/file.h>
#include <media/cifar.h>
#include <media/container.h>
#include <media/kept.h>
#include <media/members.h>
#include <media/resolve.h>
#include <media/uri.h>
#include <stdlib.h>
#include <string.h>

struct lnti_media {
  lnti_media_options options;
  char *cache_dir, *temp_dir;
  lnti_containers *containers;
  lnti_kept_files *kept;
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
  if (status == LNT_OK) status = lnti_kept_files_new(&media->kept, err);
  if (status != LNT_OK) {
    lnti_media_free(media);
    return status;
  }
  *out = media;
  return LNT_OK;
}

void lnti_media_free(lnti_media *media) {
  if (!media) return;
  lnti_kept_files_free(media->kept);
  lnti_containers_free(media->containers);
  free(media->cache_dir);
  free(media->temp_dir);
  free(media);
}

void lnti_blob_clear(lnti_blob *blob) {
  if (blob->kept) lnti_kept_release(blob->kept);
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

static lnt_status read_file(lnti_blob *out, const lnti_media *media, const char *path, lnt_error *err) {
  char *data = NULL;
  size_t bytes = 0;
  lnt_status status = lnti_file_read(&data, &bytes, path, media->options.file_bytes_max, err);
  if (status != LNT_OK) return status;
  *out = (lnti_blob){.kind = LNTI_BLOB_ENCODED, .data = (uint8_t *)data, .bytes = bytes, .owner = data};
  return LNT_OK;
}

static lnt_status read_record(lnti_blob *out, const lnti_place *place, lnt_error *err) {
  const lnti_container *c = place->held.container;
  const lnti_array_shape *shape = lnti_array_shape_of(c->array);
  uint8_t *data = NULL;
  lnt_status status = lnti_container_record(&data, c, place->record, err);
  if (status != LNT_OK) return status;
  *out = (lnti_blob){.kind = LNTI_BLOB_PIXELS,
                     .data = data,
                     .bytes = shape->record_bytes,
                     .h = shape->h,
                     .w = shape->w,
                     .c = shape->c,
                     .owner = data};
  return LNT_OK;
}

static lnt_status read_member(lnti_blob *out, const lnti_media *media, const lnti_place *place, const char *uri,
                              lnt_error *err) {
  uint8_t *data = NULL;
  size_t bytes = 0;
  lnt_status status =
      lnti_container_member(&data, &bytes, place->held.container, place->row, uri, media->options.file_bytes_max, err);
  if (status != LNT_OK) return status;
  *out = (lnti_blob){.kind = LNTI_BLOB_ENCODED, .data = data, .bytes = bytes, .owner = data};
  return LNT_OK;
}

static lnt_status read_encoded(lnti_blob *out, const lnti_media *media, const lnti_place *place, const char *uri,
                               lnt_error *err) {
  return place->kind == LNTI_PLACE_FILE ? read_file(out, media, place->path, err)
                                        : read_member(out, media, place, uri, err);
}

/** A frame behind the first of a file, of which more are likely to be asked for. */
static lnt_status read_frame(lnti_blob *out, lnti_media *media, const lnti_place *place, const char *uri,
                             lnt_error *err) {
  lnti_file_mark mark;
  char *name = NULL;
  lnt_status status = LNT_OK;
  if (place->kind == LNTI_PLACE_MEMBER) {
    mark = place->held.container->mark;
  } else {
    status = lnti_file_mark_read(&mark, place->path, err);
  }
  if (status == LNT_OK) status = lnti_strndup(&name, uri, (size_t)(strrchr(uri, '#') - uri), err);
  if (status != LNT_OK) return status;
  if (!lnti_kept_find(out, media->kept, name, &mark)) {
    status = read_encoded(out, media, place, uri, err);
    if (status == LNT_OK) status = lnti_kept_add(out, media->kept, name, &mark, err);
  }
  free(name);
  if (status == LNT_OK) {
    out->frame = place->frame;
  } else {
    lnti_blob_clear(out);
  }
  return status;
}

static lnt_status read_once(lnti_blob *out, lnti_media *media, const char *uri, lnt_error *err) {
  lnti_place place = {0};
  lnt_status status = lnti_resolve(&place, media->containers, uri, NULL, err);
  if (status != LNT_OK) return status;
  if (place.kind == LNTI_PLACE_RECORD) {
    status = read_record(out, &place, err);
  } else if (place.frame > 0) {
    status = read_frame(out, media, &place, uri, err);
  } else {
    status = read_encoded(out, media, &place, uri, err);
  }
  if (status == LNT_ECORRUPT) lnti_container_reject(&place.held, media->containers);
  lnti_place_clear(&place, media->containers);
  return status;
}

lnt_status lnti_media_read(lnti_blob *out, lnti_media *media, const char *uri, lnt_error *err) {
  lnt_status status = read_once(out, media, uri, err);
  /* A pack that somebody damaged has been forgotten: it is made again. */
  return status == LNT_ECORRUPT ? read_once(out, media, uri, err) : status;
}

/* ---- arrays ---- */

static lnt_status hold_array(lnti_held *held, lnti_media *media, const char *uri, lnt_error *err) {
  lnt_status status = lnti_resolve_container(held, media->containers, uri, NULL, err);
  if (status == LNT_OK && held->container->kind != LNTI_CONTAINER_ARRAY) {
    status = lnti_fail(err, LNT_EUNSUPPORTED, "%s: is an archive, not an array", uri);
    lnti_container_release(held, media->containers);
  }
  return status;
}

lnt_status lnti_media_array(lnti_array_shape *out, lnti_media *media, const char *uri, lnt_error *err) {
  lnti_held held = {0};
  lnt_status status = hold_array(&held, media, uri, err);
  if (status == LNT_OK) *out = *lnti_array_shape_of(held.container->array);
  lnti_container_release(&held, media->containers);
  return status;
}

lnt_status lnti_media_labels(uint8_t *labels, lnti_media *media, const char *uri, size_t first, size_t n,
                             lnt_error *err) {
  lnti_held held = {0};
  lnt_status status = hold_array(&held, media, uri, err);
  if (status == LNT_OK) status = lnti_array_labels(labels, held.container->array, first, n, err);
  lnti_container_release(&held, media->containers);
  return status;
}

lnt_status lnti_media_class_names(lnti_class_names *out, lnti_media *media, const char *uri, unsigned which,
                                  lnt_error *err) {
  lnti_array_shape shape;
  lnti_blob blob = {0};
  char *beside = NULL;
  lnt_status status = lnti_media_array(&shape, media, uri, err);
  if (status != LNT_OK) return status;
  if (which >= shape.n_labels) {
    return lnti_fail(err, LNT_EUNSUPPORTED, "%s: its records have %u labels; there is none of number %u", uri,
                     shape.n_labels, which);
  }
  const lnti_cifar_shape cifar = {shape.n, shape.n_labels};
  status = lnti_uri_beside(&beside, uri, lnti_cifar_names_file(&cifar, which), err);
  if (status == LNT_OK) status = lnti_media_read(&blob, media, beside, err);
  if (status == LNT_OK) {
    status = lnti_class_names_parse(out, (const char *)blob.data, blob.bytes, lnti_cifar_n_classes(&cifar, which),
                                    beside, err);
  }
  lnti_blob_clear(&blob);
  free(beside);
  return status;
}
