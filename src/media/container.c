/*
 * Loading runs outside the cache's lock and pins nothing: what is needed of the outer archive (a handle of its bytes, the
 * row) is taken along. So loading may wait for budget without anybody waiting for it.
 */
#include <media/container.h>

#include <base/alloc.h>
#include <base/error.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <media/zip.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

/** Each may cost an open file or two. */
enum { CONTAINERS_MAX = 64 };

struct lnti_containers {
  const lnti_media_options *options;
  lnti_cache *cache;
};

/** What a load is asked for. */
typedef struct request {
  const lnti_media_options *options;
  const char *name;
  lnti_file_mark mark;
  unsigned depth;  /* that an archive here has */
  lnti_span outer; /* of the archive that it is a member of; nothing for a file */
  lnti_row row;    /* likewise */
  const lnti_cancel *cancel;
  lnti_cache *cache;
  lnti_cache_entry *entry;
} request;

/* ---- packs ---- */

static lnt_status no_room(const request *q, lnt_error *err) {
  return lnti_fail(err, LNT_EBUSY,
                   "%s: unpacked it does not fit beside other archives in use into %" PRIu64 " bytes of cache", q->name,
                   q->options->cache_disk_bytes);
}

static lnt_status make_room(void *payload, uint64_t bytes, lnt_error *err) {
  request *q = payload;
  uint64_t booked = 0;
  size_t n = 0;
  if (lnti_cache_grow(q->cache, q->entry, LNTI_BUDGET_DISK, bytes)) return LNT_OK;
  lnti_cache_usage(&booked, &n, q->cache, LNTI_BUDGET_DISK);
  (void)n;
  return no_room(q, err);
}

/** A file without a name: it goes when the last handle does, however that comes about. */
static lnt_status open_nameless(int *fd_out, const request *q, lnt_error *err) {
  char *path = NULL;
  const char *folder = q->options->temp_dir;
  int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (fd < 0) {
    /* Not every file system has O_TMPFILE. */
    lnt_status status = lnti_asprintf(&path, err, "%s/linnet-XXXXXX", folder);
    if (status != LNT_OK) return status;
    fd = mkostemp(path, O_CLOEXEC);
    if (fd >= 0) unlink(path);
    free(path);
  }
  if (fd < 0) return lnti_fail_errno(err, errno, "%s: cannot be unpacked into %s", q->name, folder);
  *fd_out = fd;
  return LNT_OK;
}

static lnti_archive_caps caps_of(const request *q) {
  const lnti_media_options *o = q->options;
  return (lnti_archive_caps){.members_max = o->members_max,
                             .file_bytes_max = o->file_bytes_max,
                             .nested_bytes_max = o->archive_bytes_max,
                             .total_bytes_max = o->archive_bytes_max,
                             .ratio_max = o->ratio_max};
}

static lnt_status take_into_pack(void *payload, const void *data, size_t n, lnt_error *err) {
  return lnti_pack_write(payload, data, n, err);
}

/** All members of the archive in `from`, or, where that is nothing, the one deflated member that is asked for. */
static lnt_status fill_pack(lnti_index *index, lnt_error *damage, lnti_pack_writer *pack, const request *q,
                            const lnti_span *from, lnt_error *err) {
  if (from) {
    const lnti_archive_caps caps = caps_of(q);
    return lnti_archive_unpack(index, damage, pack, from, q->name, &caps, q->cancel, err);
  }
  lnti_row row = {.how = LNTI_ROW_SUMMED, .at = lnti_pack_offset(pack), .bytes = q->row.bytes, .sum = q->row.sum};
  row.packed = row.bytes;
  lnt_status status = lnti_zip_unpack(&q->outer, &q->row, q->name, take_into_pack, pack, err);
  if (status == LNT_OK) status = lnti_index_add(index, "member", &row, 1, q->name, err);
  return status;
}

static lnt_status make_pack(lnti_span *out, lnti_index *index, lnt_error *damage, const request *q,
                            const lnti_span *from, lnt_error *err) {
  lnti_span span = LNTI_SPAN_INIT;
  lnti_pack_writer *pack = NULL;
  const lnti_hash key = {{0}};
  request copy = *q;
  lnt_status status = open_nameless(&span.fd, q, err);
  if (status == LNT_OK) status = lnti_pack_writer_new(&pack, span.fd, q->name, &key, make_room, &copy, err);
  if (status == LNT_OK) status = fill_pack(index, damage, pack, q, from, err);
  if (status == LNT_OK) status = lnti_pack_finish(pack, index, damage, err);
  if (status == LNT_OK) {
    span.bytes = lnti_pack_offset(pack);
    *out = span;
    span = (lnti_span)LNTI_SPAN_INIT;
  }
  lnti_pack_writer_free(pack);
  lnti_span_close(&span);
  return status;
}

/* ---- loading ---- */

/** The bytes of the file or member that is asked for. */
static lnt_status open_bytes(lnti_span *out, request *q, lnt_error *err) {
  uint64_t at = q->row.at;
  if (q->outer.fd < 0) {
    struct stat st;
    lnt_status status = lnti_span_open(out, &st, q->name, err);
    if (status == LNT_OK) q->mark = lnti_file_mark_of(&st);
    return status;
  }
  if (q->row.how == LNTI_ROW_DEFLATED) {
    lnti_span pack = LNTI_SPAN_INIT;
    lnti_index index = {0};
    lnt_error damage = LNT_ERROR_INIT;
    lnt_status status = make_pack(&pack, &index, &damage, q, NULL, err);
    if (status == LNT_OK) status = lnti_span_part(out, &pack, index.row[0].at, index.row[0].bytes, q->name, err);
    lnti_index_clear(&index);
    lnti_span_close(&pack);
    return status;
  }
  if (q->row.how == LNTI_ROW_STORED) {
    lnt_status status = lnti_zip_place(&at, &q->outer, &q->row, q->name, err);
    if (status != LNT_OK) return status;
  }
  return lnti_span_part(out, &q->outer, at, q->row.bytes, q->name, err);
}

static lnt_status load_packed(lnti_container *c, request *q, lnt_error *err) {
  lnti_span pack = LNTI_SPAN_INIT;
  lnt_status status = make_pack(&pack, &c->index, &c->damage, q, &c->span, err);
  if (status != LNT_OK) return status;
  lnti_span_close(&c->span);
  c->span = pack;
  return LNT_OK;
}

static lnt_status load_archive(lnti_container *c, request *q, lnti_archive_kind kind, lnt_error *err) {
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
    status = lnti_zip_index(&c->index, &c->span, q->name, &caps, q->cancel, err);
    if (status == LNT_ENOTFOUND) {
      /* Without its directory what a zip still has is had from its beginning on. */
      lnti_index_clear(&c->index);
      status = load_packed(c, q, err);
      if (status == LNT_OK && c->damage.code == LNT_OK) {
        lnti_error_set(&c->damage, LNT_EDATA, "%s: is a zip without a directory; it was cut short", q->name);
      }
    }
  } else {
    status = load_packed(c, q, err);
  }
  if (status == LNT_OK) status = lnti_index_trim(&c->index, err);
  if (status == LNT_OK) lnti_cache_reserve(q->cache, q->entry, LNTI_BUDGET_MEMORY, lnti_index_memory(&c->index));
  return status;
}

static lnt_status load_array(lnti_container *c, request *q, lnt_error *err) {
  lnti_idx *idx = NULL;
  c->kind = LNTI_CONTAINER_ARRAY;
  lnt_status status = lnti_idx_open_span(&idx, &c->shape, &c->span, q->name, q->options->array_bytes_max, err);
  c->span = (lnti_span)LNTI_SPAN_INIT;
  if (status != LNT_OK) goto done;
  if (!lnti_idx_packed(idx)) {
    c->idx = idx;
    idx = NULL;
    goto done;
  }
  const size_t n = c->shape.size[0];
  lnti_cache_reserve(q->cache, q->entry, LNTI_BUDGET_MEMORY, n * c->shape.record_bytes);
  status = lnti_alloc(&c->data, n, c->shape.record_bytes, err);
  if (status == LNT_OK) status = lnti_idx_read(c->data, idx, n, err);
  if (status == LNT_OK) status = lnti_idx_finish(idx, err);
done:
  lnti_idx_close(idx);
  return status;
}

static void unload(void *value) {
  lnti_container *c = value;
  if (!c) return;
  lnti_idx_close(c->idx);
  free(c->data);
  lnti_index_clear(&c->index);
  lnti_span_close(&c->span);
  free(c->name);
  free(c);
}

static lnt_status refuse_kind(const request *q, lnt_error *err) {
  if (lnti_archive_name(q->name)) {
    return lnti_fail(err, LNT_EDATA, "%s: is no archive, or is damaged at its very beginning; fetch it again", q->name);
  }
  return lnti_fail(err, LNT_EUNSUPPORTED, "%s: is neither an archive (tar, zip) nor an array (IDX)", q->name);
}

static lnt_status load_kind(lnti_container *c, request *q, lnt_error *err) {
  lnti_archive_kind kind = LNTI_ARCHIVE_NONE;
  bool idx = false;
  lnt_status status = lnti_archive_sniff_span(&kind, &c->span, err);
  if (status == LNT_OK && kind != LNTI_ARCHIVE_NONE) return load_archive(c, q, kind, err);
  if (status == LNT_OK) status = lnti_idx_sniff_span(&idx, &c->span, err);
  if (status != LNT_OK) return status;
  return idx ? load_array(c, q, err) : refuse_kind(q, err);
}

static lnt_status load(void **value_out, lnti_cache *cache, lnti_cache_entry *entry, void *payload, lnt_error *err) {
  request *q = payload;
  lnti_container *c = NULL;
  lnt_status status = lnti_alloc_zero(&c, 1, sizeof *c, err);
  if (status != LNT_OK) return status;
  q->cache = cache;
  q->entry = entry;
  c->span = (lnti_span)LNTI_SPAN_INIT;
  c->depth = q->depth;
  status = lnti_strdup(&c->name, q->name, err);
  if (status == LNT_OK) status = open_bytes(&c->span, q, err);
  c->mark = q->mark;
  if (status == LNT_OK) status = load_kind(c, q, err);
  if (status != LNT_OK) {
    unload(c);
    return status;
  }
  *value_out = c;
  return LNT_OK;
}

/* ---- opening ---- */

lnt_status lnti_containers_new(lnti_containers **out, const lnti_media_options *options, lnt_error *err) {
  static const lnti_cache_class class = {load, unload};
  const uint64_t budget[LNTI_BUDGETS] = {options->cache_bytes, options->cache_disk_bytes};
  lnti_containers *containers = NULL;
  lnt_status status = lnti_alloc_zero(&containers, 1, sizeof *containers, err);
  if (status != LNT_OK) return status;
  containers->options = options;
  status = lnti_cache_new(&containers->cache, &class, CONTAINERS_MAX, budget, err);
  if (status != LNT_OK) {
    free(containers);
    return status;
  }
  *out = containers;
  return LNT_OK;
}

void lnti_containers_free(lnti_containers *containers) {
  if (!containers) return;
  lnti_cache_free(containers->cache);
  free(containers);
}

lnti_cache *lnti_containers_cache(lnti_containers *containers) {
  return containers->cache;
}

static lnt_status acquire(lnti_held *out, lnti_containers *containers, request *q, lnt_error *err) {
  lnti_held held = {0};
  q->options = containers->options;
  lnt_status status = lnti_cache_acquire(&held.entry, containers->cache, q->name, &q->mark, q, q->cancel, err);
  if (status != LNT_OK) return status;
  held.container = lnti_cache_value(held.entry);
  *out = held;
  return LNT_OK;
}

lnt_status lnti_container_open(lnti_held *out, lnti_containers *containers, const char *path, const lnti_cancel *cancel,
                               lnt_error *err) {
  request q = {.name = path, .depth = 1, .outer = LNTI_SPAN_INIT, .cancel = cancel};
  lnt_status status = lnti_file_mark_read(&q.mark, path, err);
  return status == LNT_OK ? acquire(out, containers, &q, err) : status;
}

lnt_status lnti_container_enter(lnti_held *held, lnti_containers *containers, size_t row, const lnti_cancel *cancel,
                                lnt_error *err) {
  const lnti_container *outer = held->container;
  char *name = NULL;
  request q = {.mark = outer->mark, .depth = outer->depth + 1, .outer = LNTI_SPAN_INIT, .cancel = cancel};
  q.row = outer->index.row[row];
  lnt_status status = lnti_asprintf(&name, err, "%s#%s", outer->name, lnti_index_name(&outer->index, row));
  if (status == LNT_OK) status = lnti_span_part(&q.outer, &outer->span, 0, outer->span.bytes, outer->name, err);
  lnti_container_release(held, containers);
  if (status == LNT_OK) {
    q.name = name;
    status = acquire(held, containers, &q, err);
  }
  lnti_span_close(&q.outer);
  free(name);
  return status;
}

void lnti_container_release(lnti_held *held, lnti_containers *containers) {
  if (held->entry) lnti_cache_release(containers->cache, held->entry);
  *held = (lnti_held){0};
}

/* ---- reading ---- */

typedef struct filling {
  uint8_t *data;
  size_t n;
} filling;

static lnt_status take_into_memory(void *payload, const void *data, size_t n, lnt_error *err) {
  filling *f = payload;
  (void)err;
  memcpy(f->data + f->n, data, n);
  f->n += n;
  return LNT_OK;
}

static lnt_status read_row(uint8_t *data, const lnti_container *c, const lnti_row *row, const char *uri,
                           lnt_error *err) {
  if (row->how == LNTI_ROW_STORED || row->how == LNTI_ROW_DEFLATED) {
    filling f = {data, 0};
    return lnti_zip_unpack(&c->span, row, uri, take_into_memory, &f, err);
  }
  lnt_status status = lnti_span_read(data, &c->span, row->at, (size_t)row->bytes, uri, err);
  if (row->how != LNTI_ROW_SUMMED) return status;
  if (status == LNT_EDATA || (status == LNT_OK && crc32_z(0, data, (size_t)row->bytes) != row->sum)) {
    return lnti_fail(err, LNT_ECORRUPT, "%s: what was unpacked of it in the cache is damaged", uri);
  }
  return status;
}

lnt_status lnti_container_member(uint8_t **data_out, size_t *n_out, const lnti_container *container, size_t row,
                                 size_t file_bytes_max, const char *uri, lnt_error *err) {
  const lnti_row *r = &container->index.row[row];
  uint8_t *data = NULL;
  if (r->bytes > file_bytes_max) {
    return lnti_fail(err, LNT_ELIMIT, "%s has %" PRIu64 " bytes; at most %zu are taken", uri, r->bytes, file_bytes_max);
  }
  lnt_status status = lnti_alloc(&data, (size_t)r->bytes, 1, err);
  if (status == LNT_OK) status = read_row(data, container, r, uri, err);
  if (status != LNT_OK) {
    free(data);
    return status;
  }
  *data_out = data;
  *n_out = (size_t)r->bytes;
  return LNT_OK;
}

lnt_status lnti_container_record(uint8_t **data_out, const lnti_container *container, size_t record, lnt_error *err) {
  const lnti_idx_shape *shape = &container->shape;
  uint8_t *data = NULL;
  if (record >= shape->size[0]) {
    return lnti_fail(err, LNT_ENOTFOUND, "%s#%zu: no such record; the array has %zu, counted from 0", container->name,
                     record, shape->size[0]);
  }
  lnt_status status = lnti_alloc(&data, shape->record_bytes, 1, err);
  if (status == LNT_OK && container->idx) {
    status = lnti_idx_read_at(data, container->idx, record, err);
  } else if (status == LNT_OK) {
    memcpy(data, container->data + record * shape->record_bytes, shape->record_bytes);
  }
  if (status != LNT_OK) {
    free(data);
    return status;
  }
  *data_out = data;
  return LNT_OK;
}
