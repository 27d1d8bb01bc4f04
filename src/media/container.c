#include <media/container.h>

#include <base/alloc.h>
#include <base/error.h>
#include <inttypes.h>
#include <media/load.h>
#include <media/zip.h>
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

lnt_status lnti_containers_new(lnti_containers **out, const lnti_media_options *options, lnt_error *err) {
  static const lnti_cache_class class = {lnti_container_load, lnti_container_unload};
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

const lnti_media_options *lnti_containers_options(const lnti_containers *containers) {
  return containers->options;
}

lnti_cache *lnti_containers_cache(lnti_containers *containers) {
  return containers->cache;
}

/* ---- opening ---- */

static lnt_status acquire(lnti_held *out, lnti_containers *containers, lnti_load *q, lnt_error *err) {
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
  lnti_load q = {.path = path, .name = path, .depth = 1, .outer = LNTI_SPAN_INIT, .cancel = cancel};
  lnt_status status = lnti_file_mark_read(&q.mark, path, err);
  return status == LNT_OK ? acquire(out, containers, &q, err) : status;
}

/** A pack that was found to be damaged: it is removed, and whatever lies in it is not found any more. */
static void forget_pack(lnti_containers *containers, const char *pack_path) {
  unlink(pack_path);
  lnti_cache_sweep(containers->cache, lnti_container_lost_pack);
}

lnt_status lnti_container_enter(lnti_held *held, lnti_containers *containers, size_t row, const lnti_cancel *cancel,
                                lnt_error *err) {
  const lnti_container *outer = held->container;
  char *path = NULL, *name = NULL, *pack_path = NULL;
  lnti_load q = {
      .mark = outer->mark, .depth = outer->depth + 1, .member = true, .outer = LNTI_SPAN_INIT, .cancel = cancel};
  q.row = outer->index.row[row];
  lnt_status status = lnti_strdup(&path, outer->path, err);
  if (status == LNT_OK) {
    status = lnti_asprintf(&name, err, "%s#%s", outer->name, lnti_index_name(&outer->index, row));
  }
  if (status == LNT_OK && outer->pack_path && q.row.how == LNTI_ROW_SUMMED) {
    status = lnti_strdup(&pack_path, outer->pack_path, err);
    q.pack_inode = outer->pack_inode;
  }
  if (status == LNT_OK) status = lnti_span_part(&q.outer, &outer->span, 0, outer->span.bytes, outer->name, err);
  if (status == LNT_OK) {
    q.path = path;
    q.name = name;
    q.pack_path = pack_path;
    lnti_held inner = {0};
    lnti_held before = *held;
    *held = inner;
    lnti_container_release(&before, containers);
    status = acquire(held, containers, &q, err);
    if (status == LNT_ECORRUPT && pack_path) forget_pack(containers, pack_path);
  } else {
    lnti_container_release(held, containers);
  }
  lnti_span_close(&q.outer);
  free(pack_path);
  free(name);
  free(path);
  return status;
}

void lnti_container_release(lnti_held *held, lnti_containers *containers) {
  if (held->entry) lnti_cache_release(containers->cache, held->entry);
  *held = (lnti_held){0};
}

void lnti_container_reject(lnti_held *held, lnti_containers *containers) {
  if (held->container->pack_path) forget_pack(containers, held->container->pack_path);
  lnti_cache_reject(containers->cache, held->entry);
  *held = (lnti_held){0};
}

/* ---- reading ---- */

static lnt_status damaged(const char *uri, lnt_error *err) {
  return lnti_fail(err, LNT_ECORRUPT, "%s: what was unpacked of it in the cache is damaged", uri);
}

static lnt_status read_row(uint8_t *data, const lnti_container *c, const lnti_row *row, const char *uri,
                           lnt_error *err) {
  if (row->how == LNTI_ROW_STORED || row->how == LNTI_ROW_DEFLATED) {
    return lnti_zip_read(data, &c->span, row, uri, err);
  }
  lnt_status status = lnti_span_read(data, &c->span, row->at, (size_t)row->bytes, uri, err);
  if (row->how != LNTI_ROW_SUMMED) return status;
  if (status == LNT_EDATA || (status == LNT_OK && crc32_z(0, data, (size_t)row->bytes) != row->sum)) {
    return damaged(uri, err);
  }
  return status;
}

lnt_status lnti_container_member(uint8_t **data_out, size_t *n_out, const lnti_container *container, size_t row,
                                 const char *uri, size_t file_bytes_max, lnt_error *err) {
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
  uint8_t *data = NULL;
  lnt_status status = lnti_alloc(&data, lnti_array_shape_of(container->array)->record_bytes, 1, err);
  if (status == LNT_OK) status = lnti_array_read(data, container->array, record, err);
  if (status != LNT_OK) {
    free(data);
    /* What ends too early is not the archive, but what was unpacked of it. */
    return status == LNT_EDATA && container->pack_path ? damaged(container->name, err) : status;
  }
  *data_out = data;
  return LNT_OK;
}
