/*
 * A walk over the rows of an archive. Where a row is an archive itself the outer one is let go of, since nothing may be
 * pinned while another is loaded, and taken again afterwards; should it have changed meanwhile, the listing ends.
 */
#include <media/members.h>

#include <base/alloc.h>
#include <base/error.h>
#include <inttypes.h>
#include <media/resolve.h>
#include <stdlib.h>
#include <string.h>

typedef struct listing {
  lnti_members found;
  size_t capacity;
  uint64_t unpacked; /* by archives inside the archive, all together */
  lnti_arena *names;
  lnti_containers *containers;
  const lnti_media_options *options;
  const char *archive;
  lnti_member_refused refused;
  void *payload;
  const lnti_cancel *cancel;
} listing;

void lnti_members_clear(lnti_members *members) {
  lnti_arena *names = members->owner;
  if (names) lnti_arena_clear(names);
  free(names);
  free(members->member);
  *members = (lnti_members){0};
}

static lnt_status refuse(const listing *l, const char *name, const lnt_error *reason, lnt_error *err) {
  return l->refused ? l->refused(l->payload, name, reason, err) : LNT_OK;
}

/** "inner#name", or the name alone where `inner` is NULL. */
static lnt_status full_name(char **out, const char *inner, const char *name, lnt_error *err) {
  return inner ? lnti_asprintf(out, err, "%s#%s", inner, name) : lnti_strdup(out, name, err);
}

static lnt_status refuse_row(const listing *l, const lnti_container *c, const char *inner, size_t row, lnt_error *err) {
  lnt_error reason = LNT_ERROR_INIT;
  char *name = NULL;
  if (!l->refused) return LNT_OK;
  (void)lnti_index_refuse(&c->index, row, c->name, l->options->file_bytes_max, &reason);
  lnt_status status = full_name(&name, inner, lnti_index_name(&c->index, row), err);
  if (status == LNT_OK) status = refuse(l, name, &reason, err);
  free(name);
  return status;
}

static lnt_status add(listing *l, const char *name, uint64_t bytes, lnt_error *err) {
  char *copy = NULL;
  if (l->found.n >= l->options->members_max) {
    return lnti_fail(err, LNT_ELIMIT, "%s: has more than %zu members, those of archives inside it included", l->archive,
                     l->options->members_max);
  }
  lnt_status status = lnti_grow(&l->found.member, &l->capacity, l->found.n + 1, sizeof *l->found.member, err);
  if (status == LNT_OK) status = lnti_arena_strndup(&copy, l->names, name, strlen(name), err);
  if (status == LNT_OK) l->found.member[l->found.n++] = (lnti_member){copy, bytes};
  return status;
}

static lnt_status refuse_damage(const listing *l, const lnti_container *c, const char *inner, lnt_error *err) {
  return c->damage.code == LNT_OK ? LNT_OK : refuse(l, inner ? inner : "", &c->damage, err);
}

/** Rows of an archive inside another: those that are archives again lie too deep. */
static lnt_status list_inner(listing *l, const lnti_container *c, const char *inner, lnt_error *err) {
  lnt_status status = LNT_OK;
  for (size_t row = 0; row < c->index.n && status == LNT_OK; row++) {
    const char *member = lnti_index_name(&c->index, row);
    char *name = NULL;
    if (lnti_row_refused(&c->index.row[row])) {
      status = refuse_row(l, c, inner, row, err);
      continue;
    }
    status = full_name(&name, inner, member, err);
    if (status == LNT_OK && lnti_archive_name(member)) {
      lnt_error reason = LNT_ERROR_INIT;
      lnti_error_set(&reason, LNT_ELIMIT, "%s#%s: archives are opened %d deep; unpack the outer one", c->name, member,
                     LNTI_ARCHIVE_DEPTH);
      status = refuse(l, name, &reason, err);
    } else if (status == LNT_OK) {
      status = add(l, name, c->index.row[row].bytes, err);
    }
    free(name);
  }
  return status == LNT_OK ? refuse_damage(l, c, inner, err) : status;
}

/** True for what says something of the archive inside, not of the whole listing. */
static bool is_its_own(lnt_status status) {
  return status == LNT_EDATA || status == LNT_EUNSUPPORTED || status == LNT_ELIMIT;
}

/** An archive full of archives must not unpack to more than one archive may. */
static lnt_status charge(listing *l, const lnti_container *inner, lnt_error *err) {
  l->unpacked += inner->unpacked;
  if (l->unpacked <= l->options->archive_bytes_max) return LNT_OK;
  return lnti_fail(err, LNT_ELIMIT, "%s: with it the archives inside %s unpack to more than %" PRIu64 " bytes",
                   inner->name, l->archive, l->options->archive_bytes_max);
}

/** The members of the archive at `row` of the held one, which is let go of and taken again. */
static lnt_status enter(listing *l, lnti_held *held, size_t row, lnt_error *err) {
  const lnti_file_mark mark = held->container->mark;
  lnt_error reason = LNT_ERROR_INIT;
  char *outer = NULL, *inner = NULL;
  lnt_status status = lnti_strdup(&outer, held->container->name, err);
  if (status == LNT_OK) status = lnti_strdup(&inner, lnti_index_name(&held->container->index, row), err);
  if (status != LNT_OK) goto done;
  status = lnti_container_enter(held, l->containers, row, l->cancel, &reason);
  if (status == LNT_ECORRUPT) { /* a pack was damaged, and is forgotten */
    status = lnti_resolve_container(held, l->containers, outer, l->cancel, &reason);
    if (status == LNT_OK) status = lnti_container_enter(held, l->containers, row, l->cancel, &reason);
  }
  if (status == LNT_OK) status = charge(l, held->container, &reason);
  if (status == LNT_OK) {
    status = list_inner(l, held->container, inner, err);
  } else if (is_its_own(status)) {
    status = refuse(l, inner, &reason, err);
  } else if (err) {
    *err = reason;
  }
  lnti_container_release(held, l->containers);
  if (status == LNT_OK) status = lnti_resolve_container(held, l->containers, outer, l->cancel, err);
  if (status == LNT_OK && !lnti_file_mark_equal(&mark, &held->container->mark)) {
    status = lnti_fail(err, LNT_EDATA, "%s: changed while its members were listed; try again", outer);
  }
done:
  free(inner);
  free(outer);
  return status;
}

static lnt_status list_outer(listing *l, lnti_held *held, lnt_error *err) {
  lnt_status status = LNT_OK;
  for (size_t row = 0; status == LNT_OK && row < held->container->index.n; row++) {
    const lnti_index *index = &held->container->index;
    const char *name = lnti_index_name(index, row);
    if (lnti_row_refused(&index->row[row])) {
      status = refuse_row(l, held->container, NULL, row, err);
    } else if (lnti_archive_name(name)) {
      status = enter(l, held, row, err);
    } else {
      status = add(l, name, index->row[row].bytes, err);
    }
  }
  return status == LNT_OK ? refuse_damage(l, held->container, NULL, err) : status;
}

lnt_status lnti_members_list(lnti_members *out, lnti_containers *containers, const lnti_media_options *options,
                             const char *archive, lnti_member_refused refused, void *payload, const lnti_cancel *cancel,
                             lnt_error *err) {
  listing l = {.containers = containers,
               .options = options,
               .archive = archive,
               .refused = refused,
               .payload = payload,
               .cancel = cancel};
  lnti_held held = {0};
  lnt_status status = lnti_alloc_zero(&l.names, 1, sizeof *l.names, err);
  if (status != LNT_OK) return status;
  l.found.owner = l.names;
  status = lnti_resolve_container(&held, containers, archive, cancel, err);
  if (status == LNT_OK && held.container->kind != LNTI_CONTAINER_ARCHIVE) {
    status = lnti_fail(err, LNT_EUNSUPPORTED, "%s: is an array, not an archive", archive);
  }
  if (status == LNT_OK) status = list_outer(&l, &held, err);
  lnti_container_release(&held, containers);
  if (status != LNT_OK) {
    lnti_members_clear(&l.found);
    return status;
  }
  *out = l.found;
  return LNT_OK;
}
