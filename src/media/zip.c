/*
 * The central directory is read in pieces of BUFFER_BYTES, so memory is that and the index, whatever the archive claims.
 * All sizes are of strangers: they are compared with the bytes that are there before they are used.
 *
 * Members that share bytes are refused, all of the archive with them: that is how a small zip is made to unpack to
 * petabytes (Fifield, "A better zip bomb", WOOT 2019), and no packer makes such.
 */
#include <media/zip.h>

#include <base/alloc.h>
#include <base/error.h>
#include <base/text.h>
#include <inttypes.h>
#include <media/archive.h>
#include <media/zip_fields.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <zlib.h>

enum {
  CENTRAL_BYTES = 46,
  END_BYTES = 22,
  END64_BYTES = 56,
  LOCATOR_BYTES = 20,
  COMMENT_MAX = 65535,
  BUFFER_BYTES = 1 << 18, /* more than one entry: 46 + 3 * 65535 */
  CANCEL_EACH = 4096,
  FLAG_ENCRYPTED = 1 << 0,
  FLAG_UTF8 = 1 << 11,
  METHOD_STORED = 0,
  METHOD_DEFLATED = 8,
  EXTRA_ZIP64 = 0x0001,
  EXTRA_UNICODE_PATH = 0x7075,
  HOST_UNIX = 3,
  HOST_MACOS = 19,
  DOS_FOLDER = 0x10
};

bool lnti_zip_sniff(const lnti_span *span) {
  uint8_t head[4];
  if (lnti_span_read(head, span, 0, sizeof head, "", NULL) != LNT_OK) return false;
  return lnti_zip_is_mark(head, 3, 4) || lnti_zip_is_mark(head, 5, 6);
}

/* ---- the end record ---- */

typedef struct directory {
  uint64_t at, bytes; /* its place in the span */
  uint64_t n;
  uint64_t base; /* what offsets in the archive are counted from */
} directory;

/** The last end record whose comment reaches to the end of the span, or, where none does, the last one. */
static lnt_status find_end(uint64_t *at_out, uint8_t end[END_BYTES], const lnti_span *span, const char *name,
                           lnt_error *err) {
  uint8_t *tail = NULL;
  const size_t n = span->bytes < END_BYTES + COMMENT_MAX ? (size_t)span->bytes : END_BYTES + COMMENT_MAX;
  size_t found = SIZE_MAX;
  lnt_status status = lnti_alloc(&tail, n, 1, err);
  if (status != LNT_OK) return status;
  status = lnti_span_read(tail, span, span->bytes - n, n, name, err);
  for (size_t i = n; status == LNT_OK && i-- > 0;) {
    if (n - i < END_BYTES || !lnti_zip_is_mark(tail + i, 5, 6)) continue;
    const bool whole = i + END_BYTES + lnti_get_le16(tail + i + 20) == n;
    if (found == SIZE_MAX || whole) found = i;
    if (whole) break;
  }
  if (status == LNT_OK && found == SIZE_MAX) {
    status = lnti_fail(err, LNT_ENOTFOUND, "%s: is a zip without a directory; it was cut short", name);
  }
  if (status == LNT_OK) {
    memcpy(end, tail + found, END_BYTES);
    *at_out = span->bytes - n + found;
  }
  free(tail);
  return status;
}

static lnt_status broken(const char *name, const char *what, lnt_error *err) {
  return lnti_fail(err, LNT_EDATA, "%s: its zip directory is broken (%s); fetch the file again", name, what);
}

/** Zip64's end record, where a locator stands before the plain one. */
static lnt_status read_end64(directory *d, uint64_t *end_at, const lnti_span *span, const char *name, lnt_error *err) {
  uint8_t locator[LOCATOR_BYTES], end[END64_BYTES];
  if (*end_at < LOCATOR_BYTES + END64_BYTES) return LNT_OK;
  lnt_status status = lnti_span_read(locator, span, *end_at - LOCATOR_BYTES, sizeof locator, name, err);
  if (status != LNT_OK || !lnti_zip_is_mark(locator, 6, 7)) return status;
  /* Its offset is wrong where something was put before the archive: then it stands right before the locator. */
  uint64_t at = lnti_get_le64(locator + 8);
  const uint64_t before = *end_at - LOCATOR_BYTES - END64_BYTES;
  if (at > before) at = before;
  status = lnti_span_read(end, span, at, sizeof end, name, err);
  if (status == LNT_OK && !lnti_zip_is_mark(end, 6, 6) && at != before) {
    at = before;
    status = lnti_span_read(end, span, at, sizeof end, name, err);
  }
  if (status != LNT_OK) return status;
  if (!lnti_zip_is_mark(end, 6, 6)) return broken(name, "no zip64 end record", err);
  if (lnti_get_le32(end + 16) != 0 || lnti_get_le32(end + 20) != 0) {
    return lnti_fail(err, LNT_EUNSUPPORTED, "%s: is a zip in several parts; join them (zip -s 0)", name);
  }
  d->n = lnti_get_le64(end + 32);
  d->bytes = lnti_get_le64(end + 40);
  d->at = lnti_get_le64(end + 48);
  *end_at = at;
  return LNT_OK;
}

static lnt_status find_directory(directory *d, const lnti_span *span, const char *name, lnt_error *err) {
  uint8_t end[END_BYTES] = {0};
  uint64_t end_at = 0;
  lnt_status status = find_end(&end_at, end, span, name, err);
  if (status != LNT_OK) return status;
  if ((lnti_get_le16(end + 4) != 0 && lnti_get_le16(end + 4) != 0xffff) ||
      (lnti_get_le16(end + 6) != 0 && lnti_get_le16(end + 6) != 0xffff)) {
    return lnti_fail(err, LNT_EUNSUPPORTED, "%s: is a zip in several parts; join them (zip -s 0)", name);
  }
  d->n = lnti_get_le16(end + 10);
  d->bytes = lnti_get_le32(end + 12);
  d->at = lnti_get_le32(end + 16);
  if (d->n == 0xffff || d->bytes == 0xffffffff || d->at == 0xffffffff) {
    status = read_end64(d, &end_at, span, name, err);
    if (status != LNT_OK) return status;
  }
  if (d->bytes > end_at || d->at > end_at - d->bytes) return broken(name, "it does not lie within the file", err);
  /* The directory ends where the end record begins; if it is said to end earlier, something stands before the zip. */
  d->base = end_at - d->bytes - d->at;
  d->at += d->base;
  if (d->n > d->bytes / CENTRAL_BYTES) return broken(name, "it is too short for its members", err);
  return LNT_OK;
}

/* ---- its entries ---- */

typedef struct entry {
  lnti_row row;
  const uint8_t *name, *extra;
  size_t name_bytes, extra_bytes;
  uint32_t flags, method, host, attributes;
} entry;

/** The data of an extra field; NULL where there is none of that kind. */
static const uint8_t *find_extra(size_t *n_out, const entry *e, uint32_t kind) {
  for (size_t at = 0; e->extra_bytes - at >= 4;) {
    const size_t n = lnti_get_le16(e->extra + at + 2);
    if (n > e->extra_bytes - at - 4) return NULL;
    if (lnti_get_le16(e->extra + at) == kind) {
      *n_out = n;
      return e->extra + at + 4;
    }
    at += 4 + n;
  }
  return NULL;
}

/** Takes what did not fit into 32 bits from the zip64 field; false where it is not there. */
static bool widen(entry *e) {
  size_t n = 0, at = 0;
  uint64_t *const wide[] = {&e->row.bytes, &e->row.packed, &e->row.at};
  const uint8_t *extra = find_extra(&n, e, EXTRA_ZIP64);
  for (size_t i = 0; i < 3; i++) {
    if (*wide[i] != 0xffffffff) continue;
    if (!extra || n - at < 8) return false;
    *wide[i] = lnti_get_le64(extra + at);
    at += 8;
  }
  return true;
}

/** Reads the entry at p, of which n bytes are there; *n_out: its length, 0 where it is not all there. */
static bool read_entry(entry *e, size_t *n_out, const uint8_t *p, size_t n) {
  *n_out = 0;
  if (n < CENTRAL_BYTES) return true;
  if (!lnti_zip_is_mark(p, 1, 2)) return false;
  *e = (entry){.host = p[5],
               .flags = lnti_get_le16(p + 8),
               .method = lnti_get_le16(p + 10),
               .attributes = lnti_get_le32(p + 38)};
  e->name_bytes = lnti_get_le16(p + 28);
  e->extra_bytes = lnti_get_le16(p + 30);
  const size_t all = CENTRAL_BYTES + e->name_bytes + e->extra_bytes + lnti_get_le16(p + 32);
  if (n < all) return true;
  e->row.sum = lnti_get_le32(p + 16);
  e->row.packed = lnti_get_le32(p + 20);
  e->row.bytes = lnti_get_le32(p + 24);
  e->row.at = lnti_get_le32(p + 42);
  e->name = p + CENTRAL_BYTES;
  e->extra = e->name + e->name_bytes;
  *n_out = all;
  return widen(e);
}

/** What packers of old write besides: the name in UTF-8, valid while the sum says that it belongs to the plain one. */
static void take_unicode_name(entry *e) {
  size_t n = 0;
  const uint8_t *extra = (e->flags & FLAG_UTF8) ? NULL : find_extra(&n, e, EXTRA_UNICODE_PATH);
  if (!extra || n < 5 || extra[0] != 1) return;
  if (lnti_get_le32(extra + 1) != crc32(0, e->name, (uInt)e->name_bytes)) return;
  e->name = extra + 5;
  e->name_bytes = n - 5;
}

/** Some packers on Windows write '\' between folders. */
static void turn_slashes(char *name, const entry *e) {
  if (e->host == HOST_UNIX || e->host == HOST_MACOS || memchr(e->name, '/', e->name_bytes)) return;
  for (char *p = name; *p; p++) {
    if (*p == '\\') *p = '/';
  }
}

static bool is_folder(const entry *e) {
  const char last = e->name_bytes > 0 ? (char)e->name[e->name_bytes - 1] : 0;
  return last == '/' || (e->row.bytes == 0 && (e->attributes & DOS_FOLDER)) ||
         (last == '\\' && e->row.bytes == 0 && e->host != HOST_UNIX);
}

static uint32_t judge(const entry *e, const char *name, const lnti_archive_caps *caps) {
  const uint32_t mode = e->attributes >> 16;
  const bool unix_mode = (e->host == HOST_UNIX || e->host == HOST_MACOS) && mode != 0;
  if (unix_mode && S_ISLNK(mode)) return LNTI_ROW_SYMLINK;
  if (unix_mode && (mode & S_IFMT) != 0 && !S_ISREG(mode)) return LNTI_ROW_DEVICE;
  if (e->flags & FLAG_ENCRYPTED) return LNTI_ROW_ENCRYPTED;
  if (e->method != METHOD_STORED && e->method != METHOD_DEFLATED) return LNTI_ROW_METHOD;
  const uint64_t cap = lnti_archive_name(name) ? caps->nested_bytes_max : caps->file_bytes_max;
  if (e->row.bytes > cap) return LNTI_ROW_LARGE;
  return e->method == METHOD_STORED ? LNTI_ROW_STORED : LNTI_ROW_DEFLATED;
}

/** An entry becomes a row, but for folders. */
static lnt_status add_entry(lnti_index *index, entry *e, const directory *d, char *name, const char *archive,
                            const lnti_archive_caps *caps, lnt_error *err) {
  take_unicode_name(e);
  if (is_folder(e)) return LNT_OK;
  uint32_t wrong = lnti_member_name(name, (const char *)e->name, e->name_bytes);
  if (wrong == LNTI_ROW_PLAIN) {
    turn_slashes(name, e);
    char *copy = NULL;
    lnt_status status = lnti_strdup(&copy, name, err);
    if (status != LNT_OK) return status;
    wrong = lnti_member_name(name, copy, strlen(copy));
    free(copy);
  }
  e->row.how = wrong == LNTI_ROW_PLAIN ? judge(e, name, caps) : wrong;
  if (e->row.how == LNTI_ROW_METHOD) e->row.sum = e->method;
  if (e->row.how == LNTI_ROW_STORED && e->row.packed != e->row.bytes) {
    return broken(archive, "a member that is not compressed has two sizes", err);
  }
  if (e->row.at > d->at - d->base || e->row.packed > d->at - d->base - e->row.at) {
    return broken(archive, "a member does not lie before it", err);
  }
  e->row.at += d->base;
  return lnti_index_add(index, name, &e->row, caps->members_max, archive, err);
}

static lnt_status read_directory(lnti_index *index, const directory *d, const lnti_span *span, const char *archive,
                                 const lnti_archive_caps *caps, const lnti_cancel *cancel, lnt_error *err) {
  uint8_t *buffer = NULL;
  char *name = NULL;
  uint64_t at = d->at, left = d->bytes;
  size_t have = 0, used = 0;
  lnt_status status = lnti_alloc(&buffer, BUFFER_BYTES, 1, err);
  if (status == LNT_OK) status = lnti_alloc(&name, 4 * LNTI_MEMBER_NAME_MAX + 1, 1, err);
  for (uint64_t i = 0; status == LNT_OK && i < d->n; i++) {
    entry e;
    size_t n = 0;
    if (i % CANCEL_EACH == 0) status = lnti_cancel_check(cancel, err);
    if (status != LNT_OK) break;
    if (!read_entry(&e, &n, buffer + used, have - used)) {
      status = broken(archive, "an entry makes no sense", err);
    } else if (n == 0) {
      /* The rest of it has not been read yet. */
      memmove(buffer, buffer + used, have - used);
      have -= used;
      used = 0;
      const size_t more = left < BUFFER_BYTES - have ? (size_t)left : BUFFER_BYTES - have;
      if (more == 0) {
        status = broken(archive, "it ends early", err);
        break;
      }
      status = lnti_span_read(buffer + have, span, at, more, archive, err);
      at += more;
      left -= more;
      have += more;
      i--;
    } else {
      status = add_entry(index, &e, d, name, archive, caps, err);
      used += n;
    }
  }
  free(name);
  free(buffer);
  return status;
}

/* ---- bombs ---- */

static int compare_places(const void *a, const void *b) {
  const lnti_row *x = *(const lnti_row *const *)a, *y = *(const lnti_row *const *)b;
  return (x->at > y->at) - (x->at < y->at);
}

static lnt_status check_overlap(const lnti_index *index, const char *archive, lnt_error *err) {
  const lnti_row **order = NULL;
  bool sorted = true;
  for (size_t r = 1; r < index->n && sorted; r++) sorted = index->row[r - 1].at < index->row[r].at;
  lnt_status status = lnti_alloc(&order, index->n, sizeof *order, err);
  if (status != LNT_OK) return status;
  for (size_t r = 0; r < index->n; r++) order[r] = &index->row[r];
  if (!sorted && index->n > 1) qsort(order, index->n, sizeof *order, compare_places);
  for (size_t r = 1; r < index->n && status == LNT_OK; r++) {
    const lnti_row *before = order[r - 1];
    if (order[r]->at - before->at < LNTI_ZIP_LOCAL_BYTES + before->packed) {
      status =
          lnti_fail(err, LNT_EDATA, "%s: its members %s and %s overlap, as in an archive made to harm; it is not read",
                    archive, index->names + before->name, index->names + order[r]->name);
    }
  }
  free(order);
  return status;
}

static lnt_status check_ratio(const lnti_index *index, const lnti_span *span, const char *archive, unsigned ratio_max,
                              lnt_error *err) {
  uint64_t bytes = 0;
  for (size_t r = 0; r < index->n; r++) {
    const lnti_row *row = &index->row[r];
    if (row->how == LNTI_ROW_DEFLATED && row->bytes / 1032 > row->packed + 1) {
      return broken(archive, "a member is said to be smaller than deflate can make it", err);
    }
    /* No overflow: what is larger than the caps is refused, and the sum of the others judged as it grows. */
    if (!lnti_row_refused(row)) bytes += row->bytes;
    if (bytes > LNTI_RATIO_FREE_BYTES && bytes / ratio_max > span->bytes) {
      return lnti_fail(err, LNT_ELIMIT,
                       "%s: its %" PRIu64 " bytes unpack to more than %u times as many, as in an archive made to harm",
                       archive, span->bytes, ratio_max);
    }
  }
  return LNT_OK;
}

lnt_status lnti_zip_index(lnti_index *index, const lnti_span *span, const char *name, const lnti_archive_caps *caps,
                          const lnti_cancel *cancel, lnt_error *err) {
  directory d;
  lnt_status status = find_directory(&d, span, name, err);
  if (status == LNT_OK && d.n > caps->members_max) {
    status =
        lnti_fail(err, LNT_ELIMIT, "%s: has %" PRIu64 " members; at most %zu are taken", name, d.n, caps->members_max);
  }
  if (status == LNT_OK) status = read_directory(index, &d, span, name, caps, cancel, err);
  if (status == LNT_OK) status = check_overlap(index, name, err);
  if (status == LNT_OK) status = check_ratio(index, span, name, caps->ratio_max, err);
  return status;
}
