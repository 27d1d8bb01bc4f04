/*
 * A TIFF file without its metadata, by offsets that stay where they are: the copy begins as zeros, and the pixels, the
 * directories with the entries that stay, and the values of these are written to their old places. Nothing else is left,
 * not even what an editor cut loose before.
 *
 * A file whose parts lie over each other would come out with other pixels: it is refused. To see that, the walk is made
 * three times: pixels, directories, and a comparison of the pixels.
 */
#include <image/exif_parts.h>

#include <base/error.h>
#include <image/exif.h>
#include <string.h>

enum {
  TAG_COMPRESSION = 259,
  TAG_STRIP_OFFSETS = 273,
  TAG_STRIP_BYTES = 279,
  TAG_TILE_OFFSETS = 324,
  TAG_TILE_BYTES = 325,
  TAG_SUB_IFDS = 330,
  TAG_EXIF = 0x8769,
  TAG_GPS = 0x8825,
  TAG_INTEROP = 0xa005,
  OLD_JPEG = 6,
  DEPTH_MAX = 4,
  READ_TIMES = 8
};

typedef enum step { PIXELS, DIRECTORIES, COMPARE } step;

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
  static const uint16_t later[] = {32995, 32996, 32997, 32998, 33421, 33422, 33432, 34675, 50674};
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

/** Strips, or tiles. */
static lnt_status place_pixels(walk *w, const lnti_ifd *ifd, unsigned offsets_tag, unsigned bytes_tag) {
  lnti_ifd_entry offsets, bytes;
  uint64_t at = 0, n = 0;
  if (!lnti_ifd_find(&offsets, ifd, offsets_tag)) return LNT_OK;
  if (!lnti_ifd_find(&bytes, ifd, bytes_tag)) {
    return lnti_fail(w->err, LNT_EDATA, "the TIFF file does not say how long its strips of pixels are");
  }
  for (size_t i = 0; i < offsets.count && i < bytes.count; i++) {
    /* An odd type ends the list. */
    if (!lnti_ifd_entry_uint(&at, w->file, &offsets, i) || !lnti_ifd_entry_uint(&n, w->file, &bytes, i)) break;
    lnt_status status = place(w, at, n);
    if (status != LNT_OK) return status;
  }
  return LNT_OK;
}

static lnt_status walk_pixels(walk *w, const lnti_ifd *ifd) {
  lnti_ifd_entry entry;
  uint64_t compression = 1;
  if (lnti_ifd_find(&entry, ifd, TAG_COMPRESSION)) (void)lnti_ifd_entry_uint(&compression, w->file, &entry, 0);
  if (compression == OLD_JPEG) {
    return lnti_fail(w->err, LNT_EUNSUPPORTED,
                     "metadata cannot be taken out of a TIFF file with old-style JPEG: export it as PNG or JPEG");
  }
  lnt_status status = place_pixels(w, ifd, TAG_STRIP_OFFSETS, TAG_STRIP_BYTES);
  if (status == LNT_OK) status = place_pixels(w, ifd, TAG_TILE_OFFSETS, TAG_TILE_BYTES);
  return status;
}

/** Whether an entry stays, and the kind of directory that it leads to (-1: none). */
static bool entry_stays(int *below_out, lnti_ifd_kind kind, unsigned tag, unsigned what) {
  *below_out = -1;
  if (kind == LNTI_IFD_FIRST && tag == TAG_SUB_IFDS) *below_out = LNTI_IFD_FIRST;
  if (kind == LNTI_IFD_FIRST && tag == TAG_EXIF) *below_out = LNTI_IFD_EXIF;
  if (kind == LNTI_IFD_FIRST && tag == TAG_GPS) *below_out = LNTI_IFD_GPS;
  if (kind == LNTI_IFD_EXIF && tag == TAG_INTEROP) *below_out = LNTI_IFD_INTEROP;
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
  if (status == LNT_OK && kind == LNTI_IFD_FIRST && w->step != DIRECTORIES) status = walk_pixels(w, &ifd);
  for (size_t i = 0; status == LNT_OK && i < ifd.n; i++) {
    int below = -1;
    if (!lnti_ifd_at(&entry, &ifd, i) || !entry_stays(&below, kind, entry.tag, w->what)) continue;
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
  for (step s = PIXELS; status == LNT_OK && s <= COMPARE; s++) {
    walk w = {.file = &file, .out = out->data, .what = what, .step = s, .left = READ_TIMES * (uint64_t)n, .err = err};
    for (uint64_t at = file.first; status == LNT_OK && at != 0;) status = walk_ifd(&w, &at, at, LNTI_IFD_FIRST, 0);
  }
  if (status == LNT_OK) memcpy(out->data, data, file.big ? 16 : 8);
  out->n = n;
  return status;
}
