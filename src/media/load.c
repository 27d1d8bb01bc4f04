/*
 * Loading runs outside the cache's lock and pins nothing: what is needed of the outer archive (a handle of its bytes, the
 * row) comes with the request. So loading may wait for budget without anybody waiting for it.
 *
 * What cannot be read in place is unpacked into a pack: in the folder of packs, where it outlives the program, or, where
 * there is none or it cannot be used, in a file without a name that goes with its last handle.
 */
#include <media/load.h>

#include <base/alloc.h>
#include <base/error.h>
#include <base/file.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <media/pack_folder.h>
#include <media/zip.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

enum { PIECE_BYTES = 1 << 16 };

typedef struct loading {
  lnti_load *q;
  lnti_cache *cache;
  lnti_cache_entry *entry;
  lnti_container *c;
  lnti_pack_place place; /* fd -1: a file without a name */
  uint64_t booked;       /* of the disk budget, for the pack that is being written */
} loading;

static lnti_archive_caps caps_of(const lnti_load *q) {
  const lnti_media_options *o = q->options;
  return (lnti_archive_caps){.members_max = o->members_max,
                             .file_bytes_max = o->file_bytes_max,
                             .nested_bytes_max = o->archive_bytes_max,
                             .total_bytes_max = o->archive_bytes_max,
                             .ratio_max = o->ratio_max};
}

/* ---- packs ---- */

bool lnti_container_lost_pack(const void *value) {
  const lnti_container *c = value;
  struct stat st;
  return c->pack_path && (lstat(c->pack_path, &st) != 0 || st.st_ino != c->pack_inode);
}

static lnt_status make_room(void *payload, uint64_t total, lnt_error *err) {
  loading *l = payload;
  const uint64_t most = l->q->options->cache_disk_bytes;
  if (l->place.fd >= 0) {
    lnt_status status = lnti_pack_make_room(&l->place, total, most, l->q->name, err);
    lnti_cache_sweep(l->cache, lnti_container_lost_pack); /* other programs remove some, too */
    return status;
  }
  if (total > most) {
    return lnti_fail(err, LNT_ELIMIT, "%s: unpacked it takes more than the %" PRIu64 " bytes of disk that archives may",
                     l->q->name, most);
  }
  if (total <= l->booked) return LNT_OK;
  if (!lnti_cache_grow(l->cache, l->entry, LNTI_BUDGET_DISK, total - l->booked)) {
    return lnti_fail(err, LNT_EBUSY,
                     "%s: does not fit beside other archives in use into %" PRIu64
                     " bytes of disk; try again when they are done",
                     l->q->name, most);
  }
  l->booked = total;
  return LNT_OK;
}

static lnt_status open_nameless(int *fd_out, const lnti_load *q, lnt_error *err) {
  const char *folder = q->options->temp_dir;
  const int fd = lnti_file_nameless(folder);
  if (fd < 0) {
    const lnt_status status = lnti_fail_errno(err, errno, "%s: cannot be unpacked into %s", q->name, folder);
    if (status != LNT_ENOTFOUND) return status;
    /* It is not the archive that is not there. */
    if (err) err->code = LNT_EIO;
    return LNT_EIO;
  }
  *fd_out = fd;
  return LNT_OK;
}

/** A pack is that of a file as it is now, at its place, of a member in it (of its bytes, or of its members), under the
 *  caps. */
static lnt_status key_of(lnti_hash *out, const lnti_load *q, bool members, lnt_error *err) {
  lnti_hasher hasher;
  const lnti_media_options *o = q->options;
  const uint64_t numbers[] = {LNTI_PACK_VERSION,
                              members,
                              (uint64_t)q->mark.inode,
                              (uint64_t)q->mark.bytes,
                              (uint64_t)q->mark.modified.tv_sec,
                              (uint64_t)q->mark.modified.tv_nsec,
                              o->file_bytes_max,
                              o->archive_bytes_max,
                              o->members_max,
                              o->ratio_max};
  char real[PATH_MAX];
  if (!realpath(q->path, real)) return lnti_fail_errno(err, errno, "%s", q->path);
  lnti_hash_begin(&hasher);
  lnti_hash_update(&hasher, numbers, sizeof numbers);
  lnti_hash_update(&hasher, real, strlen(real) + 1);
  const char *inside = q->name + strlen(q->path);
  lnti_hash_update(&hasher, inside, strlen(inside));
  lnti_hash_end(out, &hasher);
  return LNT_OK;
}

static lnt_status take_into_pack(void *payload, const void *data, size_t n, lnt_error *err) {
  return lnti_pack_write(payload, data, n, err);
}

/** The one member that is asked for, as the only one of its pack. */
static lnt_status pack_member(lnti_index *index, lnti_pack_writer *pack, const lnti_load *q, lnt_error *err) {
  lnti_row row = {.how = LNTI_ROW_SUMMED, .at = lnti_pack_offset(pack), .bytes = q->row.bytes, .sum = q->row.sum};
  row.packed = row.bytes;
  lnt_status status = lnti_zip_unpack(&q->outer, &q->row, q->name, take_into_pack, pack, err);
  return status == LNT_OK ? lnti_index_add(index, "member", &row, 1, q->name, err) : status;
}

/** Whoever writes to an archive while it is read gets neither the old nor the new. */
static lnt_status check_unchanged(const lnti_load *q, lnt_error *err) {
  lnti_file_mark now;
  lnt_status status = lnti_file_mark_read(&now, q->path, err);
  if (status == LNT_OK && !lnti_file_mark_equal(&now, &q->mark)) {
    status = lnti_fail(err, LNT_EBUSY, "%s: changed while it was unpacked; try again", q->path);
  }
  return status;
}

/** Writes a pack to fd: all members of the archive in `from`, or, where that is NULL, the one deflated member. */
static lnt_status write_pack(uint64_t *bytes_out, int fd, lnti_index *index, lnt_error *damage, loading *l,
                             const lnti_span *from, const lnti_hash *key, lnt_error *err) {
  const lnti_archive_caps caps = caps_of(l->q);
  lnti_pack_writer *pack = NULL;
  l->booked = 0;
  lnt_status status = lnti_pack_writer_new(&pack, fd, l->q->name, key, make_room, l, err);
  if (status == LNT_OK) {
    status = from ? lnti_archive_unpack(index, damage, pack, from, l->q->name, &caps, l->q->cancel, err)
                  : pack_member(index, pack, l->q, err);
  }
  if (status == LNT_OK) status = check_unchanged(l->q, err);
  if (status == LNT_OK) status = lnti_pack_finish(pack, index, damage, err);
  if (status == LNT_OK) *bytes_out = lnti_pack_offset(pack);
  lnti_pack_writer_free(pack);
  return status;
}

/** True where a folder of packs will not do, and a file without a name may. */
static bool is_folders_fault(lnt_status status) {
  return status == LNT_EIO || status == LNT_ENOSPC || status == LNT_EEXISTS || status == LNT_ENOTFOUND ||
         status == LNT_EINVAL;
}

/** A pack that is there, or was made. */
static lnt_status get_pack(lnti_span *out, lnti_index *index, lnt_error *damage, loading *l, const lnti_span *from,
                           lnt_error *err) {
  const lnti_load *q = l->q;
  lnti_span span = LNTI_SPAN_INIT;
  lnti_hash key = {{0}};
  lnt_status status = key_of(&key, q, from != NULL, err);
  if (status == LNT_OK && q->options->cache_dir) {
    status = lnti_pack_find(&l->place, &span, index, damage, q->options->cache_dir, &key, q->name, q->cancel, err);
    if (status != LNT_OK && !is_folders_fault(status)) return status;
    if (status == LNT_OK && l->place.fd < 0) {
      *out = span;
      return LNT_OK;
    }
    status = LNT_OK;
  }
  if (status == LNT_OK && l->place.fd >= 0) {
    status = write_pack(&span.bytes, l->place.fd, index, damage, l, from, &key, err);
    if (status == LNT_OK) status = lnti_pack_commit(&span, &l->place, span.bytes, q->name, err);
  } else if (status == LNT_OK) {
    status = open_nameless(&span.fd, q, err);
    if (status == LNT_OK) status = write_pack(&span.bytes, span.fd, index, damage, l, from, &key, err);
  }
  if (status != LNT_OK) {
    lnti_span_close(&span);
    return status;
  }
  *out = span;
  return LNT_OK;
}

/** Hands the pack's path to the container, which removes the pack should it turn out to be damaged. */
static void keep_pack_path(loading *l, const lnti_span *pack) {
  struct stat st;
  free(l->c->pack_path); /* of the pack that it was unpacked from in turn */
  l->c->pack_path = l->place.pack;
  l->c->pack_inode = fstat(pack->fd, &st) == 0 ? st.st_ino : 0;
  l->place.pack = NULL;
}

/* ---- the bytes that are asked for ---- */

/** Bytes in a pack are read on as an archive or array without further sums, so all are looked at once. */
static lnt_status check_sum(const lnti_load *q, const lnti_span *span, lnt_error *err) {
  uint8_t *piece = NULL;
  uLong sum = crc32(0, NULL, 0);
  lnt_status status = lnti_alloc(&piece, PIECE_BYTES, 1, err);
  for (uint64_t at = 0; at < span->bytes && status == LNT_OK;) {
    const size_t n = span->bytes - at < PIECE_BYTES ? (size_t)(span->bytes - at) : PIECE_BYTES;
    status = lnti_span_read(piece, span, at, n, q->name, err);
    if (status == LNT_OK) status = lnti_cancel_check(q->cancel, err);
    if (status == LNT_OK) sum = crc32(sum, piece, (uInt)n);
    at += n;
  }
  free(piece);
  if (status == LNT_EDATA || (status == LNT_OK && sum != q->row.sum)) {
    status = lnti_fail(err, LNT_ECORRUPT, "%s: what was unpacked of it in the cache is damaged", q->name);
  }
  return status;
}

/** A deflated member of a zip, unpacked. */
static lnt_status open_deflated(lnti_span *out, loading *l, lnt_error *err) {
  lnti_span pack = LNTI_SPAN_INIT, member = LNTI_SPAN_INIT;
  lnti_index index = {0};
  lnt_error damage = LNT_ERROR_INIT;
  lnt_status status = get_pack(&pack, &index, &damage, l, NULL, err);
  if (status == LNT_OK &&
      (index.n != 1 || index.row[0].how != LNTI_ROW_SUMMED || index.row[0].bytes != l->q->row.bytes)) {
    status = lnti_fail(err, LNT_ECORRUPT, "%s: what was unpacked of it in the cache is damaged", l->q->name);
  }
  if (status == LNT_OK) status = lnti_span_part(&member, &pack, index.row[0].at, index.row[0].bytes, l->q->name, err);
  if (status == LNT_OK) status = check_sum(l->q, &member, err);
  if (status == LNT_ECORRUPT && l->place.pack) unlink(l->place.pack);
  if (status == LNT_OK) {
    keep_pack_path(l, &pack);
    *out = member;
    member = (lnti_span)LNTI_SPAN_INIT;
  }
  lnti_pack_abandon(&l->place);
  lnti_index_clear(&index);
  lnti_span_close(&member);
  lnti_span_close(&pack);
  return status;
}

static lnt_status open_bytes(lnti_span *out, loading *l, lnt_error *err) {
  lnti_load *q = l->q;
  uint64_t at = q->row.at;
  lnt_status status = LNT_OK;
  if (!q->member) {
    struct stat st;
    status = lnti_span_open(out, &st, q->name, err);
    if (status == LNT_OK) q->mark = lnti_file_mark_of(&st);
    return status;
  }
  if (q->row.how == LNTI_ROW_DEFLATED) return open_deflated(out, l, err);
  if (q->row.how == LNTI_ROW_STORED) status = lnti_zip_place(&at, &q->outer, &q->row, q->name, err);
  if (status == LNT_OK && q->pack_path) {
    status = lnti_strdup(&l->c->pack_path, q->pack_path, err);
    l->c->pack_inode = q->pack_inode;
  }
  if (status == LNT_OK) status = lnti_span_part(out, &q->outer, at, q->row.bytes, q->name, err);
  if (status == LNT_OK && q->row.how == LNTI_ROW_SUMMED) {
    status = check_sum(q, out, err);
    if (status != LNT_OK) lnti_span_close(out);
  }
  return status;
}

/* ---- archives and arrays ---- */

static lnt_status load_packed(loading *l, lnt_error *err) {
  lnti_container *c = l->c;
  lnti_span pack = LNTI_SPAN_INIT;
  const uint64_t before = l->booked; /* of the pack that it is unpacked from */
  lnt_status status = get_pack(&pack, &c->index, &c->damage, l, &c->span, err);
  if (status == LNT_OK) {
    lnti_span_close(&c->span);
    if (before > 0) lnti_cache_give_back(l->cache, l->entry, LNTI_BUDGET_DISK, before);
    c->span = pack;
    c->unpacked = pack.bytes;
    keep_pack_path(l, &pack);
  }
  lnti_pack_abandon(&l->place);
  return status;
}

static lnt_status load_zip(loading *l, const lnti_archive_caps *caps, lnt_error *err) {
  lnti_container *c = l->c;
  lnt_error reason = LNT_ERROR_INIT;
  lnt_status status = lnti_zip_index(&c->index, &c->span, l->q->name, caps, l->q->cancel, &reason);
  if (status != LNT_ENOTFOUND) {
    if (status != LNT_OK && err) *err = reason;
    return status;
  }
  /* Without its directory, what a zip still has is had from its beginning on. */
  lnti_index_clear(&c->index);
  status = load_packed(l, err);
  if (status == LNT_OK && c->damage.code == LNT_OK) {
    lnti_error_set(&c->damage, LNT_EDATA, "%s; the %zu %s that it begins with %s taken", reason.message, c->index.n,
                   lnti_plural(c->index.n, "member", "members"), lnti_plural(c->index.n, "is", "are"));
  }
  return status;
}

static lnt_status reserve_memory(void *payload, uint64_t bytes, lnt_error *err) {
  const loading *l = payload;
  return lnti_cache_reserve(l->cache, l->entry, LNTI_BUDGET_MEMORY, bytes, l->q->cancel, err);
}

static lnt_status load_archive(loading *l, lnti_archive_kind kind, lnt_error *err) {
  lnti_container *c = l->c;
  const lnti_load *q = l->q;
  const lnti_archive_caps caps = caps_of(q);
  lnt_status status;
  if (q->depth > LNTI_ARCHIVE_DEPTH) {
    return lnti_fail(err, LNT_ELIMIT, "%s: archives are opened %d deep; unpack the outer one", q->name,
                     LNTI_ARCHIVE_DEPTH);
  }
  c->kind = LNTI_CONTAINER_ARCHIVE;
  if (kind == LNTI_ARCHIVE_TAR) {
    status = lnti_archive_index_tar(&c->index, &c->damage, &c->span, q->name, &caps, q->cancel, err);
  } else if (kind == LNTI_ARCHIVE_ZIP) {
    status = load_zip(l, &caps, err);
  } else {
    status = load_packed(l, err);
  }
  if (status == LNT_OK) status = lnti_index_trim(&c->index, err);
  return status == LNT_OK ? reserve_memory(l, lnti_index_memory(&c->index), err) : status;
}

static lnt_status load_kind(loading *l, lnt_error *err) {
  const lnti_load *q = l->q;
  lnti_archive_kind kind = LNTI_ARCHIVE_NONE;
  lnt_status status = lnti_archive_sniff_span(&kind, &l->c->span, err);
  if (status != LNT_OK) return status;
  if (kind != LNTI_ARCHIVE_NONE) return load_archive(l, kind, err);
  if (lnti_archive_name(q->name)) {
    return lnti_fail(err, LNT_EDATA, "%s: is no archive, or is damaged at its very beginning; fetch it again", q->name);
  }
  l->c->kind = LNTI_CONTAINER_ARRAY;
  return lnti_array_open(&l->c->array, &l->c->span, q->name, q->options->array_bytes_max, reserve_memory, l, err);
}

void lnti_container_unload(void *value) {
  lnti_container *c = value;
  if (!c) return;
  lnti_array_close(c->array);
  lnti_index_clear(&c->index);
  lnti_span_close(&c->span);
  free(c->pack_path);
  free(c->path);
  free(c->name);
  free(c);
}

lnt_status lnti_container_load(void **value_out, lnti_cache *cache, lnti_cache_entry *entry, void *request,
                               lnt_error *err) {
  lnti_container *c = NULL;
  lnt_status status = lnti_alloc_zero(&c, 1, sizeof *c, err);
  if (status != LNT_OK) return status;
  loading l = {.q = request, .cache = cache, .entry = entry, .c = c, .place = LNTI_PACK_PLACE_INIT};
  c->span = (lnti_span)LNTI_SPAN_INIT;
  c->depth = l.q->depth;
  status = lnti_strdup(&c->name, l.q->name, err);
  if (status == LNT_OK) status = lnti_strdup(&c->path, l.q->path, err);
  if (status == LNT_OK) status = open_bytes(&c->span, &l, err);
  c->mark = l.q->mark;
  if (status == LNT_OK) status = load_kind(&l, err);
  if (status != LNT_OK) {
    lnti_container_unload(c);
    return status;
  }
  *value_out = c;
  return LNT_OK;
}
