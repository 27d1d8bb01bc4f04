/*
 * Layout: head (magic, version, key), members' bytes, rows, names, damage, tail. The tail's check sum is over the rows, the
 * names, the damage and the tail before it; members' own sums stand in their rows. Nothing is synced: after a power cut a
 * pack may be full of zeros, and then its sums say so.
 */
#include <media/pack.h>

#include <base/alloc.h>
#include <base/error.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BUFFER_BYTES = 1 << 18 };
/* Room is asked for in such pieces, and in larger ones of large packs, so that asking costs nothing. */
static const uint64_t room_bytes = (uint64_t)16 << 20;

static const char magic[8] = {'L', 'N', 'T', 'I', 'P', 'A', 'C', 'K'};

typedef struct pack_head {
  char magic[8];
  uint64_t version;
  lnti_hash key;
} pack_head;

typedef struct pack_tail {
  uint64_t rows_at, n_rows, names_bytes;
  int64_t damage_code;
  uint64_t damage_bytes;
  lnti_hash sum;
  char magic[8];
} pack_tail;

struct lnti_pack_writer {
  int fd;
  const char *name;
  lnti_pack_room room;
  void *payload;
  uint8_t *buffer; /* [BUFFER_BYTES], `used` of them */
  size_t used;
  uint64_t written; /* to the file */
  uint64_t granted; /* what room was asked for */
};

/* ---- writing ---- */

static lnt_status write_failed(const lnti_pack_writer *pack, int errnum, lnt_error *err) {
  return lnti_fail_errno(err, errnum, "%s: cannot be unpacked into the cache; make room on its disk", pack->name);
}

static lnt_status flush(lnti_pack_writer *pack, lnt_error *err) {
  size_t done = 0;
  while (done < pack->used) {
    const ssize_t put = pwrite(pack->fd, pack->buffer + done, pack->used - done, (off_t)(pack->written + done));
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return write_failed(pack, put < 0 ? errno : ENOSPC, err);
    done += (size_t)put;
  }
  pack->written += pack->used;
  pack->used = 0;
  return LNT_OK;
}

uint64_t lnti_pack_offset(const lnti_pack_writer *pack) {
  return pack->written + pack->used;
}

/** Some more than is needed, where there is so much. */
static lnt_status ask_for_room(lnti_pack_writer *pack, uint64_t total, lnt_error *err) {
  if (total <= pack->granted) return LNT_OK;
  const uint64_t more[] = {total / 4 > room_bytes ? total / 4 : room_bytes, room_bytes / 16, 0};
  uint64_t granted = total;
  lnt_error reason = LNT_ERROR_INIT;
  lnt_status status = LNT_EBUSY;
  for (size_t i = 0; i < 3 && (status == LNT_ELIMIT || status == LNT_EBUSY); i++) {
    granted = total + more[i];
    status = pack->room(pack->payload, granted, &reason);
  }
  if (status != LNT_OK && err) *err = reason;
  if (status == LNT_OK) pack->granted = granted;
  return status;
}

lnt_status lnti_pack_write(lnti_pack_writer *pack, const void *data, size_t n, lnt_error *err) {
  const uint8_t *bytes = data;
  lnt_status asked = ask_for_room(pack, lnti_pack_offset(pack) + n, err);
  if (asked != LNT_OK) return asked;
  while (n > 0) {
    size_t piece = BUFFER_BYTES - pack->used;
    if (piece > n) piece = n;
    memcpy(pack->buffer + pack->used, bytes, piece);
    pack->used += piece;
    bytes += piece;
    n -= piece;
    if (pack->used == BUFFER_BYTES) {
      lnt_status status = flush(pack, err);
      if (status != LNT_OK) return status;
    }
  }
  return LNT_OK;
}

lnt_status lnti_pack_rewind(lnti_pack_writer *pack, uint64_t offset, lnt_error *err) {
  if (offset >= pack->written) {
    pack->used = (size_t)(offset - pack->written);
    return LNT_OK;
  }
  pack->used = 0;
  pack->written = offset;
  if (ftruncate(pack->fd, (off_t)offset) != 0) return write_failed(pack, errno, err);
  return LNT_OK;
}

lnt_status lnti_pack_writer_new(lnti_pack_writer **out, int fd, const char *name, const lnti_hash *key,
                                lnti_pack_room room, void *payload, lnt_error *err) {
  lnti_pack_writer *pack = NULL;
  pack_head head = {.version = LNTI_PACK_VERSION, .key = *key};
  memcpy(head.magic, magic, sizeof magic);
  lnt_status status = lnti_alloc_zero(&pack, 1, sizeof *pack, err);
  if (status != LNT_OK) return status;
  pack->fd = fd;
  pack->name = name;
  pack->room = room;
  pack->payload = payload;
  status = lnti_alloc(&pack->buffer, BUFFER_BYTES, 1, err);
  if (status == LNT_OK) status = lnti_pack_write(pack, &head, sizeof head, err);
  if (status != LNT_OK) {
    lnti_pack_writer_free(pack);
    return status;
  }
  *out = pack;
  return LNT_OK;
}

void lnti_pack_writer_free(lnti_pack_writer *pack) {
  if (!pack) return;
  free(pack->buffer);
  free(pack);
}

static void sum_up(lnti_hash *out, const lnti_index *index, const char *damage, const pack_tail *tail) {
  lnti_hasher hasher;
  lnti_hash_begin(&hasher);
  if (index->n > 0) lnti_hash_update(&hasher, index->row, index->n * sizeof *index->row);
  if (index->n > 0) lnti_hash_update(&hasher, index->names, index->names_bytes);
  lnti_hash_update(&hasher, damage, tail->damage_bytes);
  lnti_hash_update(&hasher, tail, offsetof(pack_tail, sum));
  lnti_hash_end(out, &hasher);
}

lnt_status lnti_pack_finish(lnti_pack_writer *pack, const lnti_index *index, const lnt_error *damage, lnt_error *err) {
  pack_tail tail = {.rows_at = lnti_pack_offset(pack),
                    .n_rows = index->n,
                    .names_bytes = index->names_bytes,
                    .damage_code = damage->code,
                    .damage_bytes = strlen(damage->message)};
  memcpy(tail.magic, magic, sizeof magic);
  sum_up(&tail.sum, index, damage->message, &tail);
  lnt_status status = lnti_pack_write(pack, index->row, index->n * sizeof *index->row, err);
  if (status == LNT_OK) status = lnti_pack_write(pack, index->names, index->names_bytes, err);
  if (status == LNT_OK) status = lnti_pack_write(pack, damage->message, tail.damage_bytes, err);
  if (status == LNT_OK) status = lnti_pack_write(pack, &tail, sizeof tail, err);
  return status == LNT_OK ? flush(pack, err) : status;
}

/* ---- reading ---- */

static lnt_status torn(const char *name, lnt_error *err) {
  return lnti_fail(err, LNT_ECORRUPT, "%s: what was unpacked of it in the cache is damaged", name);
}

static lnt_status check_frame(pack_tail *tail, const lnti_span *span, const lnti_hash *key, const char *name,
                              lnt_error *err) {
  pack_head head;
  if (span->bytes < sizeof head + sizeof *tail) return torn(name, err);
  lnt_status status = lnti_span_read(&head, span, 0, sizeof head, name, err);
  if (status == LNT_OK) status = lnti_span_read(tail, span, span->bytes - sizeof *tail, sizeof *tail, name, err);
  if (status != LNT_OK) return status == LNT_EDATA ? torn(name, err) : status;
  const uint64_t room = span->bytes - sizeof *tail;
  if (memcmp(head.magic, magic, sizeof magic) != 0 || memcmp(tail->magic, magic, sizeof magic) != 0 ||
      head.version != LNTI_PACK_VERSION || memcmp(&head.key, key, sizeof *key) != 0 || tail->rows_at > room ||
      tail->n_rows > LNTI_INDEX_MAX || tail->n_rows > room / sizeof(lnti_row) || tail->names_bytes > room ||
      tail->names_bytes > LNTI_INDEX_NAMES_MAX || tail->damage_bytes >= LNT_ERROR_MESSAGE_BYTES ||
      tail->rows_at + tail->n_rows * sizeof(lnti_row) + tail->names_bytes + tail->damage_bytes != room) {
    return torn(name, err);
  }
  return LNT_OK;
}

/** A pack is ours, but what can be written by others must not be trusted with memory. */
static bool rows_fit(const lnti_index *index, uint64_t rows_at) {
  if (index->n > 0 && (index->names_bytes == 0 || index->names[index->names_bytes - 1] != '\0')) return false;
  for (size_t r = 0; r < index->n; r++) {
    const lnti_row *row = &index->row[r];
    if (row->name >= index->names_bytes || row->how >= LNTI_ROW_HOWS) return false;
    if (!lnti_row_refused(row) &&
        (row->how != LNTI_ROW_SUMMED || row->at > rows_at || row->bytes > rows_at - row->at)) {
      return false;
    }
  }
  return true;
}

static lnt_status read_parts(lnti_index *index, char *damage, const pack_tail *tail, const lnti_span *span,
                             const char *name, lnt_error *err) {
  const uint64_t names_at = tail->rows_at + tail->n_rows * sizeof(lnti_row);
  index->n = index->row_capacity = (size_t)tail->n_rows;
  index->names_bytes = index->names_capacity = (size_t)tail->names_bytes;
  lnt_status status = lnti_alloc(&index->row, index->n, sizeof *index->row, err);
  if (status == LNT_OK) status = lnti_alloc(&index->names, index->names_bytes, 1, err);
  if (status == LNT_OK) {
    status = lnti_span_read(index->row, span, tail->rows_at, index->n * sizeof *index->row, name, err);
  }
  if (status == LNT_OK) status = lnti_span_read(index->names, span, names_at, index->names_bytes, name, err);
  if (status == LNT_OK) {
    status = lnti_span_read(damage, span, names_at + tail->names_bytes, (size_t)tail->damage_bytes, name, err);
  }
  return status == LNT_EDATA ? torn(name, err) : status;
}

lnt_status lnti_pack_read(lnti_index *index_out, lnt_error *damage_out, const lnti_span *span, const lnti_hash *key,
                          const char *name, lnt_error *err) {
  pack_tail tail;
  lnti_index index = {0};
  lnti_hash sum;
  lnt_error damage = LNT_ERROR_INIT;
  lnt_status status = check_frame(&tail, span, key, name, err);
  if (status == LNT_OK) status = read_parts(&index, damage.message, &tail, span, name, err);
  if (status == LNT_OK) {
    sum_up(&sum, &index, damage.message, &tail);
    if (memcmp(&sum, &tail.sum, sizeof sum) != 0 || !rows_fit(&index, tail.rows_at)) status = torn(name, err);
  }
  if (status == LNT_OK) status = lnti_index_build(&index, name, err);
  if (status != LNT_OK) {
    lnti_index_clear(&index);
    return status;
  }
  damage.code = (lnt_status)tail.damage_code;
  *damage_out = damage;
  *index_out = index;
  return LNT_OK;
}
