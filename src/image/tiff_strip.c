/*
 * A TIFF file without its metadata, by offsets that stay where they are: the copy begins as zeros, and the pixels, the
 * directories with the entries that stay, and the values of these are written to their old places. Nothing else is left,
 * not even what an editor cut loose before. Of strips that are said to be longer than their pixels no more than these is
 * taken. Thumbnails go: directories below a page, and pages that say that they are a smaller copy of another.
 *
 * A file whose parts lie over each other would come out with other pixels, or with what was to go: it is refused. To see
 * that, the walk is made four times: pixels, directories, a comparison of the pixels, and a look at where that was which
 * went. JPEG streams that hold more than pixels are refused as well.
 */
#include <image/exif_parts.h>

#include <base/error.h>
#include <image/exif.h>
#include <image/jpeg_segment.h>
#include <string.h>

enum {
  TAG_SUBFILE = 254,
  TAG_WIDTH = 256,
  TAG_HEIGHT = 257,
  TAG_BITS = 258,
  TAG_COMPRESSION = 259,
  TAG_STRIP_OFFSETS = 273,
  TAG_SAMPLES = 277,
  TAG_ROWS_PER_STRIP = 278,
  TAG_STRIP_BYTES = 279,
  TAG_PLANAR = 284,
  TAG_TILE_WIDTH = 322,
  TAG_TILE_HEIGHT = 323,
  TAG_TILE_OFFSETS = 324,
  TAG_TILE_BYTES = 325,
  TAG_JPEG_TABLES = 347,
  TAG_SUB_IFDS = 330,
  TAG_EXIF = 0x8769,
  TAG_GPS = 0x8825,
  TAG_INTEROP = 0xa005,
  UNCOMPRESSED = 1,
  OLD_JPEG = 6,
  JPEG = 7,
  SMALLER_COPY = 1, /* bit of TAG_SUBFILE */
  PLANES = 2,
  DEPTH_MAX = 4,
  READ_TIMES = 12
};

typedef enum step { PIXELS, DIRECTORIES, COMPARE, GONE } step;

typedef struct walk {
  const lnti_ifd_file *file;
  uint8_t *out;
  unsigned what;
  step step;
  uint64_t left; /* bytes that may yet be looked at */
  lnt_error *err;
} walk;

/** A sound file is read about once; one whose directories refer to the same bytes over and over is not worth the time. */
static lnt_status spend(walk *w, uint64_t bytes) {
  if (bytes > w->left) return lnti_fail(w->err, LNT_EDATA, "the TIFF file's directories go in a circle");
  w->left -= bytes;
  return LNT_OK;
}

/** What a page needs to be shown: TIFF 6.0 and its supplements but for the free texts (document, description, page name),
 *  free space, the printer and TIFF/FX's own directory; and some of the later private tags. */
static bool page_keeps(unsigned tag, unsigned what) {
  static const uint16_t left_out[] = {269, 270, 285, 288, 289, 315, 316, 337, 400};
  static const uint16_t later[] = {32995, 32996, 32997, 32998, 33421, 33422, 34675, 50674};
  if (lnti_strip_keeps(LNTI_IFD_FIRST, tag, what)) return true;
  for (size_t i = 0; i < sizeof left_out / sizeof *left_out; i++) {
    if (tag == left_out[i]) return false;
  }
  for (size_t i = 0; i < sizeof later / sizeof *later; i++) {
    if (tag == later[i]) return true;
  }
  /* 700 is XMP; 512 to 521 are places of old-style JPEG, which is refused, and of thumbnails. */
  return tag >= 254 && tag < 700 && (tag < 512 || tag > 521);
}

static lnt_status walk_ifd(walk *w, uint64_t *next_out, uint64_t at, lnti_ifd_kind kind, unsigned depth);

static lnt_status walk_below(walk *w, const lnti_ifd_entry *entry, lnti_ifd_kind kind, unsigned depth) {
  uint64_t at = 0, next = 0;
  if (depth >= DEPTH_MAX)
    return lnti_fail(w->err, LNT_EDATA, "the TIFF file's directories nest more than %d deep", DEPTH_MAX);
  for (size_t i = 0; i < entry->count; i++) {
    if (!lnti_ifd_entry_uint(&at, w->file, entry, i)) break;
    lnt_status status = walk_ifd(w, &next, at, kind, depth + 1);
    if (status != LNT_OK) return status;
  }
  return LNT_OK;
}

static lnt_status place(walk *w, uint64_t at, uint64_t bytes) {
  const lnti_ifd_file *file = w->file;
  if (at >= file->n) return LNT_OK; /* pixels that are not there */
  const size_t n = bytes < file->n - at ? (size_t)bytes : file->n - (size_t)at;
  lnt_status status = spend(w, n + 8);
  if (status != LNT_OK) return status;
  if (w->step == PIXELS) memcpy(w->out + at, file->data + at, n);
  if (w->step == COMPARE && memcmp(w->out + at, file->data + at, n) != 0) {
    return lnti_fail(w->err, LNT_EDATA, "the TIFF file's pixels at byte %zu lie over its directories", (size_t)at);
  }
  return LNT_OK;
}

/** A number of a directory, or `otherwise`. */
static uint64_t number(const lnti_ifd *ifd, unsigned tag, uint64_t otherwise) {
  lnti_ifd_entry entry;
  uint64_t value = otherwise;
  if (lnti_ifd_find(&entry, ifd, tag)) (void)lnti_ifd_entry_uint(&value, ifd->file, &entry, 0);
  return value;
}

/** Most bytes that strip or tile i takes; UINT64_MAX where its compression does not say, or it has no size. */
static uint64_t block_bytes(const lnti_ifd *ifd, bool tiled, uint64_t i) {
  const uint64_t samples = number(ifd, TAG_PLANAR, 1) == PLANES ? 1 : number(ifd, TAG_SAMPLES, 1);
  uint64_t w = number(ifd, TAG_WIDTH, 0), h = number(ifd, TAG_HEIGHT, 0), rows = 0, bits = 0, row = 0, all = 0;
  if (number(ifd, TAG_COMPRESSION, UNCOMPRESSED) != UNCOMPRESSED) return UINT64_MAX;
  if (tiled) {
    w = number(ifd, TAG_TILE_WIDTH, 0);
    rows = number(ifd, TAG_TILE_HEIGHT, 0);
  } else {
    rows = number(ifd, TAG_ROWS_PER_STRIP, h);
    if (rows > h) rows = h;
    const uint64_t strips = rows > 0 ? (h + rows - 1) / rows : 0;
    if (strips > 0 && i % strips == strips - 1) rows = h - rows * (strips - 1);
  }
  if (__builtin_mul_overflow(w, samples, &bits) || __builtin_mul_overflow(bits, number(ifd, TAG_BITS, 1), &row) ||
      row > UINT64_MAX - 7 || __builtin_mul_overflow((row + 7) / 8, rows, &all)) {
    return UINT64_MAX;
  }
  return all > 0 ? all : UINT64_MAX;
}

/** That a JPEG stream holds pixels alone, or tables: no metadata, and nothing behind its end. */
static lnt_status check_jpeg(walk *w, uint64_t at, uint64_t bytes) {
  const lnti_ifd_file *file = w->file;
  lnti_jpeg_segment s;
  if (at >= file->n) return LNT_OK;
  const uint8_t *p = file->data + at;
  const size_t n = bytes < file->n - at ? (size_t)bytes : file->n - (size_t)at;
  bool more = false;
  lnt_status status = spend(w, n);
  if (status != LNT_OK) return status;
  for (size_t i = 2; !more && lnti_jpeg_next(&s, &i, p, n);) {
    const bool adobe = s.marker == 0xee && s.bytes == 12, jfif = s.marker == 0xe0 && s.bytes == 14;
    more = ((s.marker >= 0xe0 && s.marker <= 0xef) || s.marker >= 0xf0) && !adobe && !jfif;
    if (s.marker != LNTI_JPEG_EOI) continue;
    while (i < n && !more) more = p[i++] != 0;
    break;
  }
  if (!more) return LNT_OK;
  return lnti_fail(
      w->err, LNT_EUNSUPPORTED,
      "the JPEG pixels of the TIFF file, at byte %zu, have metadata of their own: export it as PNG or JPEG",
      (size_t)at);
}

/** Strips, or tiles. */
static lnt_status place_pixels(walk *w, const lnti_ifd *ifd, unsigned offsets_tag, unsigned bytes_tag) {
  const bool jpeg = number(ifd, TAG_COMPRESSION, UNCOMPRESSED) == JPEG;
  lnti_ifd_entry offsets, bytes;
  uint64_t at = 0, n = 0;
  if (!lnti_ifd_find(&offsets, ifd, offsets_tag)) return LNT_OK;
  if (!lnti_ifd_find(&bytes, ifd, bytes_tag)) {
    return lnti_fail(w->err, LNT_EDATA, "the TIFF file does not say how long its strips of pixels are");
  }
  for (size_t i = 0; i < offsets.count && i < bytes.count; i++) {
    /* An odd type ends the list. */
    if (!lnti_ifd_entry_uint(&at, w->file, &offsets, i) || !lnti_ifd_entry_uint(&n, w->file, &bytes, i)) break;
    const uint64_t most = block_bytes(ifd, offsets_tag == TAG_TILE_OFFSETS, i);
    if (n > most) n = most;
    lnt_status status = jpeg && w->step == PIXELS ? check_jpeg(w, at, n) : LNT_OK;
    if (status == LNT_OK) status = place(w, at, n);
    if (status != LNT_OK) return status;
  }
  return LNT_OK;
}

static lnt_status walk_pixels(walk *w, const lnti_ifd *ifd) {
  lnti_ifd_entry tables;
  lnt_status status = LNT_OK;
  if (number(ifd, TAG_COMPRESSION, UNCOMPRESSED) == OLD_JPEG) {
    return lnti_fail(w->err, LNT_EUNSUPPORTED,
                     "metadata cannot be taken out of a TIFF file with old-style JPEG: export it as PNG or JPEG");
  }
  if (w->step == PIXELS && lnti_ifd_find(&tables, ifd, TAG_JPEG_TABLES)) {
    status = check_jpeg(w, tables.at, tables.bytes);
  }
  if (status == LNT_OK) status = place_pixels(w, ifd, TAG_STRIP_OFFSETS, TAG_STRIP_BYTES);
  if (status == LNT_OK) status = place_pixels(w, ifd, TAG_TILE_OFFSETS, TAG_TILE_BYTES);
  return status;
}

/* ---- what goes ---- */

/** That the copy has none of these bytes, which were to go: they would be where pixels or other values are. */
static lnt_status check_gone(walk *w, size_t at, size_t n) {
  lnt_status status = spend(w, n);
  for (size_t i = at; status == LNT_OK && i < at + n; i++) {
    if (w->out[i] != 0 && w->out[i] == w->file->data[i]) {
      status =
          lnti_fail(w->err, LNT_EDATA, "the TIFF file's metadata at byte %zu lie in its pixels or other metadata", i);
    }
  }
  return status;
}

static lnt_status check_entry_gone(walk *w, const lnti_ifd *ifd, const lnti_ifd_entry *entry) {
  const bool inside = entry->at >= ifd->at && entry->at < ifd->entries + ifd->n * (w->file->big ? 20 : 12);
  return inside ? LNT_OK : check_gone(w, entry->at, entry->bytes);
}

/** A directory that is left out, with its values. */
static lnt_status check_directory_gone(walk *w, uint64_t at) {
  lnti_ifd ifd;
  lnti_ifd_entry entry;
  if (!lnti_ifd_open(&ifd, w->file, at)) return LNT_OK;
  lnt_status status = check_gone(w, ifd.at, ifd.entries - ifd.at + ifd.n * (w->file->big ? 20 : 12));
  for (size_t i = 0; status == LNT_OK && i < ifd.n; i++) {
    if (lnti_ifd_at(&entry, &ifd, i)) status = check_entry_gone(w, &ifd, &entry);
  }
  return status;
}

static lnt_status check_left_out(walk *w, const lnti_ifd *ifd, const lnti_ifd_entry *entry, int below) {
  uint64_t at = 0;
  lnt_status status = check_entry_gone(w, ifd, entry);
  for (size_t i = 0; status == LNT_OK && below >= 0 && i < entry->count; i++) {
    if (!lnti_ifd_entry_uint(&at, w->file, entry, i)) break;
    status = check_directory_gone(w, at);
  }
  return status;
}

/** Pages that are smaller copies of others are left out of the chain. */
static lnt_status skip_smaller_copies(walk *w, uint64_t *next) {
  lnti_ifd ifd;
  lnt_status status = LNT_OK;
  while (status == LNT_OK && *next != 0 && lnti_ifd_open(&ifd, w->file, *next) &&
         number(&ifd, TAG_SUBFILE, 0) & SMALLER_COPY) {
    status = spend(w, 8 + (uint64_t)ifd.n * (w->file->big ? 20 : 12));
    if (status == LNT_OK && w->step == GONE) status = check_directory_gone(w, *next);
    *next = ifd.next;
  }
  return status;
}

/** Whether an entry stays, and the kind of directory that it leads to (-1: none). */
static bool entry_stays(int *below_out, lnti_ifd_kind kind, unsigned tag, unsigned what) {
  *below_out = -1;
  if (kind == LNTI_IFD_FIRST && tag == TAG_SUB_IFDS) *below_out = LNTI_IFD_FIRST;
  if (kind == LNTI_IFD_FIRST && tag == TAG_EXIF) *below_out = LNTI_IFD_EXIF;
  if (kind == LNTI_IFD_FIRST && tag == TAG_GPS) *below_out = LNTI_IFD_GPS;
  if (kind == LNTI_IFD_EXIF && tag == TAG_INTEROP) *below_out = LNTI_IFD_INTEROP;
  if (kind == LNTI_IFD_FIRST && tag == TAG_SUB_IFDS) return false;
  if (*below_out >= 0) return *below_out != LNTI_IFD_GPS || !(what & LNTI_STRIP_GPS);
  return kind == LNTI_IFD_FIRST ? page_keeps(tag, what) : lnti_strip_keeps(kind, tag, what);
}

static lnt_status walk_ifd(walk *w, uint64_t *next_out, uint64_t at, lnti_ifd_kind kind, unsigned depth) {
  const lnti_ifd_file *file = w->file;
  const unsigned entry_bytes = file->big ? 20 : 12;
  lnti_ifd ifd;
  lnti_ifd_entry entry;
  size_t n = 0;
  lnt_status status = LNT_OK;
  *next_out = 0;
  if (!lnti_ifd_open(&ifd, file, at)) return LNT_OK;
  status = spend(w, 8 + (uint64_t)ifd.n * entry_bytes);
  if (status == LNT_OK && kind == LNTI_IFD_FIRST) status = skip_smaller_copies(w, &ifd.next);
  if (status == LNT_OK && kind == LNTI_IFD_FIRST && (w->step == PIXELS || w->step == COMPARE)) {
    status = walk_pixels(w, &ifd);
  }
  for (size_t i = 0; status == LNT_OK && i < ifd.n; i++) {
    int below = -1;
    if (!lnti_ifd_at(&entry, &ifd, i)) continue;
    if (!entry_stays(&below, kind, entry.tag, w->what)) {
      if (w->step == GONE) status = check_left_out(w, &ifd, &entry, below);
      continue;
    }
    if (w->step == DIRECTORIES) {
      status = spend(w, entry.bytes);
      if (status != LNT_OK) break;
      memcpy(w->out + entry.at, file->data + entry.at, entry.bytes);
      memcpy(w->out + ifd.entries + n++ * entry_bytes, file->data + ifd.entries + i * entry_bytes, entry_bytes);
    }
    if (below >= 0) status = walk_below(w, &entry, (lnti_ifd_kind)below, depth);
  }
  if (w->step == DIRECTORIES && status == LNT_OK) {
    lnti_ifd_put(w->out + ifd.at, file, n, file->big ? 8 : 2);
    lnti_ifd_put(w->out + ifd.entries + n * entry_bytes, file, ifd.next, file->big ? 8 : 4);
  }
  *next_out = ifd.next;
  return status;
}

lnt_status lnti_tiff_strip(lnti_strip_out *out, const uint8_t *data, size_t n, unsigned what, lnt_error *err) {
  lnti_ifd_file file;
  lnt_status status = LNT_OK;
  if (!lnti_ifd_file_open(&file, (lnti_span){data, n})) return lnti_fail(err, LNT_EDATA, "the TIFF header is broken");
  lnti_ifd first;
  if (lnti_ifd_open(&first, &file, file.first) && number(&first, TAG_SUBFILE, 0) & SMALLER_COPY) {
    return lnti_fail(err, LNT_EUNSUPPORTED,
                     "the TIFF file begins with a thumbnail: export it as PNG or JPEG, which has no metadata");
  }
  for (step s = PIXELS; status == LNT_OK && s <= GONE; s++) {
    walk w = {.file = &file, .out = out->data, .what = what, .step = s, .left = READ_TIMES * (uint64_t)n, .err = err};
    for (uint64_t at = file.first; status == LNT_OK && at != 0;) status = walk_ifd(&w, &at, at, LNTI_IFD_FIRST, 0);
  }
  if (status == LNT_OK) memcpy(out->data, data, file.big ? 16 : 8);
  out->n = n;
  return status;
}
