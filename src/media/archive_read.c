/*
 * libarchive, and all that is known of it: tars, plain and compressed, and zips that lost their directory, from the first
 * byte to the last. Gzip is unpacked by stream.c, since libarchive does not look at gzip's check sums; bzip2, xz and zstd
 * by libarchive's own filters, never by the programs that it would start where it was built without them.
 *
 * Names are had as the bytes that they are: libarchive would convert them to the locale's encoding, so the thread's locale
 * is C meanwhile, in which it leaves them alone.
 */
#include <media/archive.h>

#include <archive.h>
#include <archive_entry.h>
#include <base/alloc.h>
#include <base/error.h>
#include <errno.h>
#include <inttypes.h>
#include <locale.h>
#include <media/stream.h>
#include <media/zip.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <zlib.h>

enum {
  BLOCK_BYTES = 512,
  RAW_BYTES = 1 << 17,
  PIECE_BYTES = 1 << 17,
  CANCEL_EACH = 64,
  NAME_BYTES = 4 * LNTI_MEMBER_NAME_MAX + 1
};

/** What is read, and how far. */
typedef struct source {
  const lnti_span *span;
  lnti_stream *stream; /* of gzip; else NULL, and libarchive gets the span's own bytes */
  uint64_t at;         /* next byte of the span that it gets */
  uint8_t *buffer;     /* [RAW_BYTES] */
  const char *name;
  lnt_error error; /* of a failed read */
} source;

/** One archive on its way. */
typedef struct reading {
  source source;
  struct archive *archive;
  lnti_index *index;
  lnti_pack_writer *pack; /* NULL: in place */
  lnt_error *damage;
  const char *name;
  const lnti_archive_caps *caps;
  const lnti_cancel *cancel;
  char *member;   /* [NAME_BYTES] */
  char *target;   /* [NAME_BYTES], of a hard link */
  uint8_t *piece; /* [PIECE_BYTES] */
  uint64_t unpacked;
  locale_t locale, locale_before;
} reading;

/* ---- libarchive's callbacks ---- */

static la_ssize_t give_bytes(struct archive *archive, void *payload, const void **data_out) {
  source *s = payload;
  size_t n = 0;
  lnt_status status = LNT_OK;
  if (s->stream) {
    status = lnti_stream_read(&n, s->stream, s->buffer, RAW_BYTES, &s->error);
    /* What came before the damage is used; the error comes again with the next call. */
    if (n > 0) {
      status = LNT_OK;
      s->error.code = LNT_OK;
    }
  } else {
    const uint64_t left = s->span->bytes - s->at;
    n = left < RAW_BYTES ? (size_t)left : RAW_BYTES;
    status = lnti_span_read(s->buffer, s->span, s->at, n, s->name, &s->error);
    s->at += n;
  }
  if (status != LNT_OK) {
    archive_set_error(archive, EIO, "%s", s->error.message);
    return ARCHIVE_FATAL;
  }
  *data_out = s->buffer;
  return (la_ssize_t)n;
}

static la_int64_t skip_bytes(struct archive *archive, void *payload, la_int64_t n) {
  source *s = payload;
  (void)archive;
  if (s->stream || n <= 0) return 0;
  const uint64_t left = s->span->bytes - s->at;
  const uint64_t skipped = (uint64_t)n < left ? (uint64_t)n : left;
  s->at += skipped;
  return (la_int64_t)skipped;
}

typedef struct filter {
  const char *ending;
  int (*add)(struct archive *);
} filter;

static const filter filters[] = {{"tar.bz2", archive_read_support_filter_bzip2},
                                 {"tar.xz", archive_read_support_filter_xz},
                                 {"tar.zst", archive_read_support_filter_zstd}};
enum { FILTERS = sizeof filters / sizeof *filters };

/** False where libarchive would start a program for it, which nobody asked for. */
static bool is_built_in(const filter *f) {
  struct archive *a = archive_read_new();
  const bool yes = a && f->add(a) == ARCHIVE_OK;
  archive_read_free(a);
  return yes;
}

/** Lets a reader unpack by what libarchive has in itself. */
static int add_filters(struct archive *a) {
  int code = ARCHIVE_OK;
  for (size_t i = 0; i < FILTERS && code == ARCHIVE_OK; i++) {
    if (is_built_in(&filters[i])) code = filters[i].add(a);
  }
  return code;
}

static uint64_t packed_used(const source *s) {
  return s->stream ? lnti_stream_used(s->stream) : s->at;
}

/* ---- what went wrong ---- */

/** libarchive's own failure: damage of the archive, or lack of memory. */
static lnt_status archive_failed(reading *r, lnt_error *err) {
  if (r->source.error.code != LNT_OK) {
    *err = r->source.error;
    return r->source.error.code;
  }
  if (archive_errno(r->archive) == ENOMEM) {
    return lnti_fail(err, LNT_ENOMEM, "%s: not enough memory to read the archive", r->name);
  }
  const char *why = archive_error_string(r->archive);
  return lnti_fail(err, LNT_EDATA, "%s: is damaged or cut short (%s)", r->name, why ? why : "no reason is given");
}

/** Damage ends the index; everything else ends the reading. */
static lnt_status end_by(reading *r, const lnt_error *error, lnt_error *err) {
  if (error->code != LNT_EDATA || r->index->n == 0) {
    if (err) *err = *error;
    return error->code;
  }
  const uint64_t all = r->source.span->bytes, used = packed_used(&r->source);
  lnti_error_set(r->damage, LNT_EDATA,
                 "%s; the %zu %s before the damage %s taken (it was read up to byte %llu of %llu); with a whole "
                 "copy of it in this place, the same command takes the rest",
                 error->message, r->index->n, lnti_plural(r->index->n, "member", "members"),
                 lnti_plural(r->index->n, "is", "are"), (unsigned long long)(used < all ? used : all),
                 (unsigned long long)all);
  return LNT_OK;
}

/* ---- members ---- */

static bool is_regular(struct archive_entry *entry) {
  const mode_t type = archive_entry_filetype(entry);
  /* Some writers of zips and old tars say nothing of the type. */
  return type == AE_IFREG || type == 0;
}

/** What the header alone tells of a member with a sound name. */
static uint32_t judge(const reading *r, struct archive_entry *entry) {
  if (archive_entry_symlink(entry) || archive_entry_filetype(entry) == AE_IFLNK) return LNTI_ROW_SYMLINK;
  if (!is_regular(entry)) return LNTI_ROW_DEVICE;
  if (archive_entry_is_encrypted(entry)) return LNTI_ROW_ENCRYPTED;
  if (archive_entry_sparse_count(entry) > 0) return LNTI_ROW_SPARSE;
  const uint64_t cap = lnti_archive_name(r->member) ? r->caps->nested_bytes_max : r->caps->file_bytes_max;
  if (archive_entry_size_is_set(entry) && (uint64_t)archive_entry_size(entry) > cap) return LNTI_ROW_LARGE;
  return r->pack ? LNTI_ROW_SUMMED : LNTI_ROW_PLAIN;
}

/** A hard link is the member that it leads to, under another name. False where that is not there. */
static bool follow(lnti_row *row, const reading *r, const char *target) {
  if (lnti_member_name(r->target, target, strlen(target)) != LNTI_ROW_PLAIN) return false;
  const size_t found = lnti_index_find(r->index, r->target, strlen(r->target));
  if (found == LNTI_NO_ROW) return false;
  *row = r->index->row[found];
  return true;
}

/** A bomb unpacks to far more than it takes. What is read in place cannot. */
static lnt_status check_bomb(const reading *r, lnt_error *err) {
  if (!r->pack) return LNT_OK;
  if (r->unpacked > r->caps->total_bytes_max) {
    return lnti_fail(err, LNT_ELIMIT, "%s: unpacks to more than %" PRIu64 " bytes, the most that is taken", r->name,
                     r->caps->total_bytes_max);
  }
  const uint64_t used = packed_used(&r->source) + 1;
  if (r->unpacked > LNTI_RATIO_FREE_BYTES && (r->unpacked - LNTI_RATIO_FREE_BYTES) / r->caps->ratio_max > used) {
    return lnti_fail(err, LNT_ELIMIT,
                     "%s: its %" PRIu64 " bytes unpack to more than %u times as many, as in an archive made to harm",
                     r->name, used, r->caps->ratio_max);
  }
  return LNT_OK;
}

/** Reads what is left of a member that is not taken, since libarchive would unpack it with no eye on the caps or on the
 *  wish to stop. In blocks: holes of sparse members are not filled. */
static lnt_status discard_member(reading *r, struct archive_entry *entry, lnt_error *err) {
  const bool zip = (archive_format(r->archive) & ARCHIVE_FORMAT_BASE_MASK) == ARCHIVE_FORMAT_ZIP;
  lnt_status status = LNT_OK;
  /* In place there is nothing to unpack, nor in a zip that says how many bytes to pass over. */
  if (!r->pack || (zip && archive_entry_size_is_set(entry))) return LNT_OK;
  while (status == LNT_OK) {
    const void *data = NULL;
    size_t n = 0;
    la_int64_t at = 0;
    const int code = archive_read_data_block(r->archive, &data, &n, &at);
    if (code == ARCHIVE_RETRY) continue;
    if (code == ARCHIVE_FATAL) return archive_failed(r, err);
    if (code != ARCHIVE_OK && code != ARCHIVE_WARN) break; /* the end, or nothing that can be unpacked */
    r->unpacked += n;
    status = check_bomb(r, err);
    if (status == LNT_OK) status = lnti_cancel_check(r->cancel, err);
  }
  return status;
}

/** Member bytes into the pack. LNT_EDATA: damage. */
static lnt_status copy_member(lnti_row *row, reading *r, lnt_error *err) {
  const uint64_t begin = lnti_pack_offset(r->pack);
  const uint64_t cap = lnti_archive_name(r->member) ? r->caps->nested_bytes_max : r->caps->file_bytes_max;
  uLong sum = crc32(0, NULL, 0);
  lnt_status status = LNT_OK;
  row->at = begin;
  row->bytes = 0;
  for (;;) {
    const la_ssize_t n = archive_read_data(r->archive, r->piece, PIECE_BYTES);
    if (n == ARCHIVE_RETRY) continue;
    if (n == 0) break;
    if (n < 0) status = archive_failed(r, err);
    if (status == LNT_OK) {
      r->unpacked += (uint64_t)n;
      row->bytes += (uint64_t)n;
      status = check_bomb(r, err);
    }
    if (status == LNT_OK) status = lnti_cancel_check(r->cancel, err);
    if (status == LNT_OK && row->bytes > cap) {
      row->how = LNTI_ROW_LARGE;
      break;
    }
    if (status == LNT_OK) status = lnti_pack_write(r->pack, r->piece, (size_t)n, err);
    if (status != LNT_OK) break;
    sum = crc32(sum, r->piece, (uInt)n);
  }
  row->packed = row->bytes;
  row->sum = (uint32_t)sum;
  if (status == LNT_OK && row->how == LNTI_ROW_SUMMED) return LNT_OK;
  const lnt_status rewound = lnti_pack_rewind(r->pack, begin, status == LNT_OK ? err : NULL);
  return status == LNT_OK ? rewound : status;
}

/** In place: where the member's bytes are, if they are all there. */
static lnt_status locate_member(lnti_row *row, reading *r, struct archive_entry *entry, lnt_error *err) {
  const la_int64_t at = archive_filter_bytes(r->archive, 0);
  row->bytes = row->packed = (uint64_t)archive_entry_size(entry);
  row->at = (uint64_t)at;
  if (at < 0 || row->at > r->source.span->bytes || row->bytes > r->source.span->bytes - row->at) {
    return lnti_fail(err, LNT_EDATA, "%s: is cut short within %s", r->name, r->member);
  }
  return LNT_OK;
}

static lnt_status take_entry(reading *r, struct archive_entry *entry, lnt_error *err) {
  const char *raw = archive_entry_pathname(entry);
  const char *link = archive_entry_hardlink(entry);
  lnti_row row = {0};
  lnt_status status = LNT_OK;
  if (archive_entry_filetype(entry) == AE_IFDIR) return discard_member(r, entry, err);
  row.how = lnti_member_name(r->member, raw ? raw : "", raw ? strlen(raw) : 0);
  if (row.how == LNTI_ROW_PLAIN) {
    row.bytes = archive_entry_size_is_set(entry) ? (uint64_t)archive_entry_size(entry) : 0;
    if (link && row.bytes == 0) {
      if (!follow(&row, r, link)) row.how = LNTI_ROW_HARDLINK;
    } else {
      row.how = judge(r, entry);
      if (row.how == LNTI_ROW_SUMMED) status = copy_member(&row, r, err);
      if (row.how == LNTI_ROW_PLAIN) status = locate_member(&row, r, entry, err);
    }
  }
  if (status == LNT_OK) status = lnti_index_add(r->index, r->member, &row, r->caps->members_max, r->name, err);
  if (status == LNT_OK && row.how != LNTI_ROW_SUMMED) status = discard_member(r, entry, err);
  return status;
}

/** The tar has ended; gzip's own end holds its check sums. */
static lnt_status drain(reading *r, lnt_error *err) {
  size_t n = 1;
  lnt_status status = LNT_OK;
  while (r->source.stream && n > 0 && status == LNT_OK) {
    status = lnti_stream_read(&n, r->source.stream, r->source.buffer, RAW_BYTES, err);
    r->unpacked += n;
    if (status == LNT_OK) status = check_bomb(r, err);
    if (status == LNT_OK) status = lnti_cancel_check(r->cancel, err);
  }
  return status;
}

static lnt_status take_entries(reading *r, lnt_error *err) {
  lnt_error error = LNT_ERROR_INIT;
  lnt_status status = LNT_OK;
  for (size_t i = 0; status == LNT_OK; i++) {
    struct archive_entry *entry = NULL;
    if (i % CANCEL_EACH == 0) status = lnti_cancel_check(r->cancel, &error);
    if (status != LNT_OK) break;
    const int code = archive_read_next_header(r->archive, &entry);
    if (code == ARCHIVE_RETRY) continue;
    if (code == ARCHIVE_EOF) {
      status = drain(r, &error);
      break;
    }
    if (code == ARCHIVE_OK || code == ARCHIVE_WARN) {
      r->unpacked += BLOCK_BYTES;
      status = check_bomb(r, &error);
      if (status == LNT_OK) status = take_entry(r, entry, &error);
    } else {
      status = archive_failed(r, &error);
    }
  }
  return status == LNT_OK ? LNT_OK : end_by(r, &error, err);
}

/* ---- beginning and end ---- */

static lnt_status begin(reading *r, lnt_error *err) {
  const bool gzip = r->source.stream && lnti_stream_gzip(r->source.stream);
  if (!gzip) {
    lnti_stream_free(r->source.stream);
    r->source.stream = NULL;
  }
  r->locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
  r->archive = archive_read_new();
  if (!r->locale || !r->archive)
    return lnti_fail(err, LNT_ENOMEM, "%s: not enough memory to read the archive", r->name);
  r->locale_before = uselocale(r->locale);
  int code = archive_read_support_format_tar(r->archive);
  if (code == ARCHIVE_OK && r->pack) code = add_filters(r->archive);
  if (code == ARCHIVE_OK && r->pack) code = archive_read_support_format_zip_streamable(r->archive);
  if (code == ARCHIVE_OK) {
    archive_read_set_read_callback(r->archive, give_bytes);
    archive_read_set_skip_callback(r->archive, skip_bytes);
    archive_read_set_callback_data(r->archive, &r->source);
    code = archive_read_open1(r->archive);
  }
  return code == ARCHIVE_OK || code == ARCHIVE_WARN ? LNT_OK : archive_failed(r, err);
}

static void end(reading *r) {
  archive_read_free(r->archive);
  if (r->locale_before) uselocale(r->locale_before);
  if (r->locale) freelocale(r->locale);
  lnti_stream_free(r->source.stream);
  free(r->source.buffer);
  free(r->member);
  free(r->target);
  free(r->piece);
}

static lnt_status read_archive(reading *r, const lnti_span *span, lnt_error *err) {
  *r->damage = (lnt_error)LNT_ERROR_INIT;
  r->source.span = span;
  r->source.name = r->name;
  lnt_status status = lnti_alloc(&r->source.buffer, RAW_BYTES, 1, err);
  if (status == LNT_OK) status = lnti_alloc(&r->member, NAME_BYTES, 1, err);
  if (status == LNT_OK) status = lnti_alloc(&r->target, NAME_BYTES, 1, err);
  if (status == LNT_OK) status = lnti_alloc(&r->piece, PIECE_BYTES, 1, err);
  if (status == LNT_OK) status = lnti_stream_new(&r->source.stream, span, r->name, err);
  if (status == LNT_OK) status = begin(r, err);
  if (status == LNT_OK) status = take_entries(r, err);
  end(r);
  return status;
}

lnt_status lnti_archive_index_tar(lnti_index *index, lnt_error *damage_out, const lnti_span *span, const char *name,
                                  const lnti_archive_caps *caps, const lnti_cancel *cancel, lnt_error *err) {
  reading r = {.index = index, .damage = damage_out, .name = name, .caps = caps, .cancel = cancel};
  return read_archive(&r, span, err);
}

lnt_status lnti_archive_unpack(lnti_index *index, lnt_error *damage_out, lnti_pack_writer *pack, const lnti_span *span,
                               const char *name, const lnti_archive_caps *caps, const lnti_cancel *cancel,
                               lnt_error *err) {
  reading r = {.index = index, .damage = damage_out, .pack = pack, .name = name, .caps = caps, .cancel = cancel};
  return read_archive(&r, span, err);
}

/* ---- telling archives from other files ---- */

/** True where the sum in a tar header is that of its bytes, taken unsigned or (some old writers) signed. */
static bool is_tar_block(const uint8_t *block) {
  enum { SUM_AT = 148, SUM_BYTES = 8 };
  long wanted = 0, plain = 0, with_sign = 0;
  size_t i = 0, digits = 0;
  const uint8_t *field = block + SUM_AT;
  if (block[0] == 0) return false;
  while (i < SUM_BYTES && field[i] == ' ') i++;
  for (; i < SUM_BYTES && field[i] >= '0' && field[i] <= '7'; i++, digits++) wanted = wanted * 8 + (field[i] - '0');
  if (digits == 0) return false;
  for (size_t k = 0; k < BLOCK_BYTES; k++) {
    const uint8_t c = k >= SUM_AT && k < SUM_AT + SUM_BYTES ? ' ' : block[k];
    plain += c;
    with_sign += (int8_t)c;
  }
  return wanted == plain || wanted == with_sign;
}

/** The first block behind bzip2, xz or zstd; *yes_out: there is a whole one. */
static lnt_status first_block(bool *yes_out, uint8_t block[BLOCK_BYTES], const lnti_span *span, lnt_error *err) {
  source s = {.span = span, .name = "archive"};
  struct archive_entry *entry = NULL;
  struct archive *a = archive_read_new();
  lnt_status status = a ? LNT_OK : lnti_fail(err, LNT_ENOMEM, "not enough memory to read an archive");
  if (status == LNT_OK) status = lnti_alloc(&s.buffer, RAW_BYTES, 1, err);
  if (status == LNT_OK) {
    *yes_out = add_filters(a) == ARCHIVE_OK && archive_read_support_format_raw(a) == ARCHIVE_OK &&
               archive_read_open2(a, &s, NULL, give_bytes, skip_bytes, NULL) == ARCHIVE_OK &&
               archive_read_next_header(a, &entry) == ARCHIVE_OK &&
               archive_read_data(a, block, BLOCK_BYTES) == BLOCK_BYTES;
  }
  archive_read_free(a);
  free(s.buffer);
  return status;
}

lnt_status lnti_archive_sniff_span(lnti_archive_kind *out, const lnti_span *span, lnt_error *err) {
  static const uint8_t bzip2[] = "BZh",
                       xz[] =
                           "\xfd"
                           "7zXZ",
                       zstd[] = "\x28\xb5\x2f\xfd";
  uint8_t block[BLOCK_BYTES];
  lnti_stream *stream = NULL;
  size_t n = 0;
  bool tar = false;
  *out = LNTI_ARCHIVE_ZIP;
  if (lnti_zip_sniff(span)) return LNT_OK;
  lnt_status status = lnti_stream_new(&stream, span, "archive", err);
  if (status != LNT_OK) return status;
  const bool gzip = lnti_stream_gzip(stream);
  status = lnti_stream_read(&n, stream, block, sizeof block, err);
  lnti_stream_free(stream);
  /* What can be had of a broken one is enough to tell. */
  if (status != LNT_OK && status != LNT_EDATA) return status;
  tar = n == sizeof block && is_tar_block(block);
  *out = !tar ? LNTI_ARCHIVE_NONE : gzip ? LNTI_ARCHIVE_PACKED : LNTI_ARCHIVE_TAR;
  if (tar || gzip || n < sizeof xz) return LNT_OK;
  if (memcmp(block, bzip2, 3) != 0 && memcmp(block, xz, 5) != 0 && memcmp(block, zstd, 4) != 0) return LNT_OK;
  status = first_block(&tar, block, span, err);
  if (tar && is_tar_block(block)) *out = LNTI_ARCHIVE_PACKED;
  return status;
}

bool lnti_archive_name(const char *name) {
  static const char *const endings[] = {".tar",    ".tar.gz", ".tgz",     ".tar.bz2", ".tbz2", ".tbz",
                                        ".tar.xz", ".txz",    ".tar.zst", ".tzst",    ".zip"};
  const size_t n = strlen(name);
  for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
    const size_t k = strlen(endings[i]);
    if (n > k && strcasecmp(name + n - k, endings[i]) == 0) return true;
  }
  return false;
}

lnt_status lnti_archive_formats(lnti_text *out, bool *all_out, lnt_error *err) {
  bool all = true;
  lnt_status status = lnti_text_printf(out, err, "tar, tar.gz");
  for (size_t i = 0; i < FILTERS && status == LNT_OK; i++) {
    const bool built_in = is_built_in(&filters[i]);
    all = all && built_in;
    if (built_in) status = lnti_text_printf(out, err, ", %s", filters[i].ending);
  }
  if (status == LNT_OK) status = lnti_text_printf(out, err, ", zip (%s)", archive_version_string());
  *all_out = all;
  return status;
}
