#include <media/resolve.h>

#include <base/error.h>
#include <media/uri.h>
#include <stdlib.h>
#include <string.h>

static lnt_status no_member(const lnti_container *c, const char *uri, const char *rest, size_t file_bytes_max,
                            lnt_error *err) {
  const size_t refused = lnti_index_find_refused(&c->index, rest);
  if (refused != LNTI_NO_ROW) return lnti_index_refuse(&c->index, refused, c->name, file_bytes_max, err);
  const char *near = lnti_index_near(&c->index, rest);
  if (near) return lnti_fail(err, LNT_ENOTFOUND, "%s: no such member in the archive; there is %s", uri, near);
  if (c->damage.code != LNT_OK) {
    return lnti_fail(err, LNT_ENOTFOUND, "%s: no such member before the archive's damage (%s)", uri, c->damage.message);
  }
  return lnti_fail(err, LNT_ENOTFOUND, "%s: no such member in the archive", uri);
}

/** The longest beginning of `rest`, up to a '#' or its end, that names a member; *n_out: its length. */
static lnt_status find_member(size_t *row_out, size_t *n_out, const lnti_container *c, const char *uri,
                              const char *rest, size_t file_bytes_max, lnt_error *err) {
  size_t n = strlen(rest);
  for (;;) {
    const size_t row = lnti_index_find(&c->index, rest, n);
    if (row != LNTI_NO_ROW) {
      *row_out = row;
      *n_out = n;
      return LNT_OK;
    }
    const size_t shorter = lnti_uri_shorter(rest, n);
    if (shorter == n) return no_member(c, uri, rest, file_bytes_max, err);
    n = shorter;
  }
}

static lnt_status find_record(lnti_place *place, const char *uri, const char *rest, lnt_error *err) {
  if (!lnti_uri_record(&place->record, rest)) {
    return lnti_fail(err, LNT_ENOTFOUND, "%s: no such record; records of an array are named by number, as in %s#0", uri,
                     place->held.container->name);
  }
  place->kind = LNTI_PLACE_RECORD;
  return LNT_OK;
}

/** `rest` of the URI in the held container. */
static lnt_status look_inside(lnti_place *place, lnti_containers *containers, const char *uri, const char *rest,
                              const lnti_cancel *cancel, lnt_error *err) {
  const size_t file_bytes_max = lnti_containers_options(containers)->file_bytes_max;
  for (;;) {
    const lnti_container *c = place->held.container;
    size_t n = 0;
    if (c->kind == LNTI_CONTAINER_ARRAY) return find_record(place, uri, rest, err);
    lnt_status status = find_member(&place->row, &n, c, uri, rest, file_bytes_max, err);
    if (status != LNT_OK) return status;
    if (rest[n] == '\0' || lnti_uri_frame(&place->frame, rest + n + 1)) {
      place->kind = LNTI_PLACE_MEMBER;
      return LNT_OK;
    }
    rest += n + 1;
    status = lnti_container_enter(&place->held, containers, place->row, cancel, err);
    if (status != LNT_OK) return status;
  }
}

lnt_status lnti_resolve(lnti_place *out, lnti_containers *containers, const char *uri, const lnti_cancel *cancel,
                        lnt_error *err) {
  lnti_place place = {0};
  const char *rest = NULL;
  lnt_status status = lnti_uri_split(&place.path, &rest, uri, err);
  if (status == LNT_OK && rest && !lnti_uri_frame(&place.frame, rest)) {
    status = lnti_container_open(&place.held, containers, place.path, cancel, err);
    if (status == LNT_OK) {
      status = look_inside(&place, containers, uri, rest, cancel, err);
    } else if (status == LNT_ENOTFOUND) {
      status = lnti_fail(err, LNT_ENOTFOUND, "%s: there is no file %s", uri, place.path);
    }
  }
  if (status != LNT_OK) {
    lnti_place_clear(&place, containers);
    return status;
  }
  *out = place;
  return LNT_OK;
}

void lnti_place_clear(lnti_place *place, lnti_containers *containers) {
  lnti_container_release(&place->held, containers);
  free(place->path);
  *place = (lnti_place){0};
}

lnt_status lnti_resolve_container(lnti_held *out, lnti_containers *containers, const char *uri,
                                  const lnti_cancel *cancel, lnt_error *err) {
  lnti_place place = {0};
  lnti_held held = {0};
  lnt_status status = lnti_resolve(&place, containers, uri, cancel, err);
  if (status != LNT_OK) return status;
  if (place.kind == LNTI_PLACE_FILE) {
    status = lnti_container_open(&held, containers, place.path, cancel, err);
  } else if (place.kind == LNTI_PLACE_MEMBER) {
    held = place.held;
    place.held = (lnti_held){0};
    status = lnti_container_enter(&held, containers, place.row, cancel, err);
  } else {
    status = lnti_fail(err, LNT_EINVAL, "%s: is a record, in which nothing lies", uri);
  }
  lnti_place_clear(&place, containers);
  if (status == LNT_OK) *out = held;
  return status;
}
