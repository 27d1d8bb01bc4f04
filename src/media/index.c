/*
 * Rows in the archive's order, names in one block, and a table of row numbers with linear probing, at most two thirds
 * full. Names come from strangers: its seed is random, and a chain that is far longer than chance makes it is
 * refused, so that names made to collide cannot hang anybody.
 */
#include <media/index.h>

#include <base/alloc.h>
#include <base/error.h>
#include <base/hash.h>
#include <base/text.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { SLOTS_MIN = 16, PROBES_MAX = 1000, NEAR_MAX = 10000 };

/* ---- names ---- */

/** True for control characters of ASCII and, in UTF-8, of Latin-1. */
static bool has_control(const char *text, size_t n) {
  for (size_t i = 0; i < n; i++) {
    const unsigned char c = (unsigned char)text[i];
    if (c < 0x20 || c == 0x7f) return true;
    if (c == 0xc2 && i + 1 < n && (unsigned char)text[i + 1] < 0xa0) return true;
  }
  return false;
}

static void make_printable(char *out, const char *raw, size_t n) {
  size_t used = 0;
  while (n > 0) {
    const unsigned char c = (unsigned char)*raw;
    size_t piece = lnti_utf8_valid(raw, n < 4 ? n : 4);
    /* One character: up to the next byte that begins one. */
    for (size_t i = 1; i < piece; i++) {
      if (((unsigned char)raw[i] & 0xc0) != 0x80) piece = i;
    }
    if (piece == 0 || has_control(raw, piece)) {
      used += (size_t)snprintf(out + used, 5, "\\x%02x", c);
      piece = 1;
    } else {
      memcpy(out + used, raw, piece);
      used += piece;
    }
    raw += piece;
    n -= piece;
  }
  out[used] = '\0';
}

/** Copies the parts between '/', leaving out empty and "." ones; false where one is "..". */
static bool copy_parts(char *out, const char *raw, size_t n) {
  size_t used = 0;
  bool up = false;
  for (size_t at = 0; at < n;) {
    const char *slash = memchr(raw + at, '/', n - at);
    const size_t part = (slash ? (size_t)(slash - raw) : n) - at;
    const bool dot = part == 1 && raw[at] == '.';
    if (part == 2 && raw[at] == '.' && raw[at + 1] == '.') up = true;
    if (part > 0 && !dot) {
      if (used > 0) out[used++] = '/';
      memcpy(out + used, raw + at, part);
      used += part;
    }
    at += part + 1;
  }
  out[used] = '\0';
  return !up;
}

lnti_row_how lnti_member_name(char *out, const char *raw, size_t n) {
  lnti_row_how wrong = LNTI_ROW_PLAIN;
  if (n > LNTI_MEMBER_NAME_MAX) {
    n = 64; /* its beginning says enough */
    wrong = LNTI_ROW_NAME_LONG;
  } else if (lnti_utf8_valid(raw, n) != n) {
    wrong = LNTI_ROW_NAME_ENCODING;
  } else if (has_control(raw, n)) {
    wrong = LNTI_ROW_NAME_CONTROL;
  } else if (!copy_parts(out, raw, n)) {
    wrong = LNTI_ROW_NAME_UP;
  } else if (!out[0]) {
    wrong = LNTI_ROW_NAME_EMPTY;
  }
  if (wrong != LNTI_ROW_PLAIN) make_printable(out, raw, n);
  return wrong;
}

/* ---- rows ---- */

bool lnti_row_refused(const lnti_row *row) {
  return row->how >= LNTI_ROW_REFUSED_FROM;
}

const char *lnti_index_name(const lnti_index *index, size_t row) {
  return index->names + index->row[row].name;
}

static size_t first_slot(const lnti_index *index, const char *name, size_t n) {
  return lnti_hash_table(name, n, index->seed) & (index->n_slots - 1);
}

/** The slot of a name, or the empty one where it would go; n_slots where the chain is too long. */
static size_t find_slot(const lnti_index *index, const char *name, size_t n) {
  size_t at = first_slot(index, name, n);
  for (size_t probe = 0; probe < PROBES_MAX; probe++) {
    const uint32_t row = index->slot[at];
    if (row == 0) return at;
    const char *other = lnti_index_name(index, row - 1);
    if (strncmp(other, name, n) == 0 && other[n] == '\0') return at;
    at = (at + 1) & (index->n_slots - 1);
  }
  return index->n_slots;
}

static lnt_status collide(const char *archive, lnt_error *err) {
  return lnti_fail(err, LNT_EDATA, "%s: the names of its members are made to slow programs down; it is not read",
                   archive);
}

/** Puts row r into the look-up, which has room. */
static lnt_status enter(lnti_index *index, size_t r, const char *archive, lnt_error *err) {
  const char *name = lnti_index_name(index, r);
  const size_t at = find_slot(index, name, strlen(name));
  if (at == index->n_slots) return collide(archive, err);
  if (index->slot[at]) {
    index->row[index->slot[at] - 1].how = LNTI_ROW_TWICE;
  } else {
    index->n_found++;
  }
  index->slot[at] = (uint32_t)(r + 1);
  return LNT_OK;
}

static lnt_status resize(lnti_index *index, size_t n_slots, const char *archive, lnt_error *err) {
  uint32_t *slot = NULL;
  lnt_status status = lnti_alloc_zero(&slot, n_slots, sizeof *slot, err);
  if (status != LNT_OK) return status;
  if (!index->slot) lnti_random_bytes(&index->seed, sizeof index->seed);
  free(index->slot);
  index->slot = slot;
  index->n_slots = n_slots;
  index->n_found = 0;
  for (size_t r = 0; r < index->n && status == LNT_OK; r++) {
    if (!lnti_row_refused(&index->row[r])) status = enter(index, r, archive, err);
  }
  return status;
}

lnt_status lnti_index_build(lnti_index *index, const char *archive, lnt_error *err) {
  size_t n_slots = SLOTS_MIN;
  while (n_slots / 3 * 2 <= index->n) n_slots *= 2;
  return resize(index, n_slots, archive, err);
}

lnt_status lnti_index_add(lnti_index *index, const char *name, const lnti_row *row, size_t n_max, const char *archive,
                          lnt_error *err) {
  const size_t name_bytes = strlen(name) + 1;
  lnt_status status = LNT_OK;
  if (index->n >= n_max || index->n >= LNTI_INDEX_MAX) {
    return lnti_fail(err, LNT_ELIMIT, "%s: has more than %zu members, the most that are taken", archive, n_max);
  }
  if (name_bytes > LNTI_INDEX_NAMES_MAX - index->names_bytes) {
    return lnti_fail(err, LNT_ELIMIT, "%s: the names of its members take more than the %zu bytes that they may",
                     archive, LNTI_INDEX_NAMES_MAX);
  }
  if (index->n_slots / 3 * 2 <= index->n_found + 1) {
    status = resize(index, index->n_slots ? index->n_slots * 2 : SLOTS_MIN, archive, err);
  }
  if (status == LNT_OK) status = lnti_grow(&index->row, &index->row_capacity, index->n + 1, sizeof *index->row, err);
  if (status == LNT_OK) {
    status = lnti_grow(&index->names, &index->names_capacity, index->names_bytes + name_bytes, 1, err);
  }
  if (status != LNT_OK) return status;
  memcpy(index->names + index->names_bytes, name, name_bytes);
  index->row[index->n] = *row;
  index->row[index->n].name = index->names_bytes;
  index->names_bytes += name_bytes;
  index->n++;
  return lnti_row_refused(row) ? LNT_OK : enter(index, index->n - 1, archive, err);
}

size_t lnti_index_find(const lnti_index *index, const char *name, size_t n) {
  if (!index->slot) return LNTI_NO_ROW;
  const size_t at = find_slot(index, name, n);
  return at < index->n_slots && index->slot[at] ? index->slot[at] - 1 : LNTI_NO_ROW;
}

static const char *last_part(const char *name) {
  const char *slash = strrchr(name, '/');
  return slash ? slash + 1 : name;
}

const char *lnti_index_near(const lnti_index *index, const char *name) {
  const char *near = NULL;
  if (index->n > NEAR_MAX) return NULL;
  for (size_t r = 0; r < index->n; r++) {
    const char *other = lnti_index_name(index, r);
    if (lnti_row_refused(&index->row[r])) continue;
    if (strcasecmp(other, name) == 0) return other;
    if (!near && strcasecmp(last_part(other), last_part(name)) == 0) near = other;
  }
  return near;
}

size_t lnti_index_find_refused(const lnti_index *index, const char *name) {
  if (index->n > NEAR_MAX) return LNTI_NO_ROW;
  for (size_t r = index->n; r-- > 0;) {
    if (lnti_row_refused(&index->row[r]) && index->row[r].how != LNTI_ROW_TWICE &&
        strcmp(lnti_index_name(index, r), name) == 0) {
      return r;
    }
  }
  return LNTI_NO_ROW;
}

/* ---- reasons ---- */

static const char *method_name(uint32_t method) {
  switch (method) {
    case 1:
      return "shrink";
    case 6:
      return "implode";
    case 9:
      return "deflate64";
    case 12:
      return "bzip2";
    case 14:
      return "LZMA";
    case 93:
      return "zstd";
    case 95:
      return "xz";
    case 98:
      return "PPMd";
    default:
      return "an unknown method";
  }
}

typedef struct refusal {
  lnt_status code;
  const char *text;
} refusal;

static const refusal refusals[LNTI_ROW_HOWS] = {
    [LNTI_ROW_NAME_EMPTY] = {LNT_EDATA, "it has no name"},
    [LNTI_ROW_NAME_LONG] = {LNT_ELIMIT, "its name is longer than 4096 bytes"},
    [LNTI_ROW_NAME_ENCODING] = {LNT_EUNSUPPORTED, "its name is not UTF-8; pack it again on a system of today"},
    [LNTI_ROW_NAME_CONTROL] = {LNT_EUNSUPPORTED, "its name holds control characters"},
    [LNTI_ROW_NAME_UP] = {LNT_EUNSUPPORTED, "its name leads out of the archive (\"..\")"},
    [LNTI_ROW_TWICE] = {LNT_EEXISTS, "a later member of the same name takes its place"},
    [LNTI_ROW_SYMLINK] = {LNT_EUNSUPPORTED, "is a symbolic link"},
    [LNTI_ROW_HARDLINK] = {LNT_EDATA, "is a hard link to what is not in the archive before it"},
    [LNTI_ROW_DEVICE] = {LNT_EUNSUPPORTED, "is a pipe or a device"},
    [LNTI_ROW_SPARSE] = {LNT_EUNSUPPORTED, "is packed as a sparse file; pack it again without --sparse"},
    [LNTI_ROW_ENCRYPTED] = {LNT_EUNSUPPORTED, "is encrypted; pack it again without a password"},
};

lnt_status lnti_index_refuse(const lnti_index *index, size_t row, const char *archive, size_t file_bytes_max,
                             lnt_error *err) {
  const lnti_row *r = &index->row[row];
  const char *name = lnti_index_name(index, row);
  if (r->how == LNTI_ROW_METHOD) {
    return lnti_fail(err, LNT_EUNSUPPORTED,
                     "%s#%s: is compressed by %s (method %" PRIu32 "); pack it again with deflate", archive, name,
                     method_name(r->sum), r->sum);
  }
  if (r->how == LNTI_ROW_LARGE) {
    return lnti_fail(err, LNT_ELIMIT, "%s#%s has %" PRIu64 " bytes; at most %zu are taken", archive, name, r->bytes,
                     file_bytes_max);
  }
  return lnti_fail(err, refusals[r->how].code, "%s#%s: %s", archive, name, refusals[r->how].text);
}

/* ---- memory ---- */

lnt_status lnti_index_trim(lnti_index *index, lnt_error *err) {
  lnt_status status = LNT_OK;
  if (index->n < index->row_capacity) {
    status = lnti_realloc(&index->row, index->n, sizeof *index->row, err);
    if (status == LNT_OK) index->row_capacity = index->n;
  }
  if (status == LNT_OK && index->names_bytes < index->names_capacity) {
    status = lnti_realloc(&index->names, index->names_bytes, 1, err);
    if (status == LNT_OK) index->names_capacity = index->names_bytes;
  }
  return status;
}

size_t lnti_index_memory(const lnti_index *index) {
  return index->row_capacity * sizeof *index->row + index->names_capacity + index->n_slots * sizeof *index->slot;
}

void lnti_index_clear(lnti_index *index) {
  free(index->row);
  free(index->names);
  free(index->slot);
  *index = (lnti_index){0};
}
