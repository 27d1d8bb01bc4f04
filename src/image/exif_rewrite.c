/*
 * EXIF written anew with what may stay. The tables list what is kept, not what goes: a tag that nobody has heard of may
 * say anything. Written anew, because bytes that no entry refers to (what an editor left behind) are then gone as well.
 */
#include <image/exif_parts.h>

#include <image/exif.h>
#include <string.h>

enum {
  TAG_EXIF = 0x8769,
  TAG_GPS = 0x8825,
  TAG_INTEROP = 0xa005,
  KEPT_MAX = 128, /* more than all tables together */
  HEADER_BYTES = 8,
  ENTRY_BYTES = 12
};

/** Tags from first to last. */
typedef struct range {
  uint16_t first, last;
} range;

/* TIFF's own: size and layout of pixels, make and model, resolution, software, date, colour. */
static const range kept_first[] = {{0x0100, 0x0103},
                                   {0x0106, 0x0106},
                                   {0x010f, 0x0110},
                                   {0x0112, 0x0112},
                                   {0x0115, 0x0115},
                                   {0x011a, 0x011c},
                                   {0x0128, 0x0128},
                                   {0x0131, 0x0132},
                                   {0x013e, 0x013f},
                                   {0x0211, 0x0214},
                                   {0, 0}};
/* Exposure, sensitivity, dates, versions, lens, flash, colour space, scene. MakerNote (927c), UserComment (9286),
   RelatedSoundFile (a004) and the device's description (a40b) are not among them. */
static const range kept_exif[] = {
    {0x829a, 0x829a}, {0x829d, 0x829d}, {0x8822, 0x8822}, {0x8824, 0x8824}, {0x8827, 0x8828},
    {0x8830, 0x8835}, {0x9000, 0x9000}, {0x9003, 0x9004}, {0x9010, 0x9012}, {0x9101, 0x9102},
    {0x9201, 0x920a}, {0x9214, 0x9214}, {0x9290, 0x9292}, {0xa000, 0xa003}, {0xa20b, 0xa20c},
    {0xa20e, 0xa210}, {0xa214, 0xa215}, {0xa217, 0xa217}, {0xa300, 0xa302}, {0xa401, 0xa40a},
    {0xa40c, 0xa40c}, {0xa432, 0xa434}, {0xa460, 0xa460}, {0xa500, 0xa500}, {0, 0}};
/* Which colour space the file's name may promise: its rule and version. */
static const range kept_interop[] = {{0x0001, 0x0002}, {0, 0}};
static const range kept_gps[] = {{0x0000, 0x001f}, {0, 0}};
/* What LNTI_STRIP_SERIALS asks for: artist and computer, copyright (cameras write the owner's name there), DNG's serial;
   image id, owner, body's and lens's serial. */
static const range serials_first[] = {{0x013b, 0x013c}, {0x8298, 0x8298}, {0xc62f, 0xc62f}, {0, 0}};
static const range serials_exif[] = {{0xa420, 0xa420}, {0xa430, 0xa431}, {0xa435, 0xa435}, {0, 0}};

static bool is_among(const range *ranges, unsigned tag) {
  for (; ranges->last || ranges->first; ranges++) {
    if (tag >= ranges->first && tag <= ranges->last) return true;
  }
  return false;
}

bool lnti_strip_keeps(lnti_ifd_kind kind, unsigned tag, unsigned what) {
  const bool serials = !(what & LNTI_STRIP_SERIALS);
  switch (kind) {
    case LNTI_IFD_FIRST:
      return is_among(kept_first, tag) || (serials && is_among(serials_first, tag));
    case LNTI_IFD_EXIF:
      return is_among(kept_exif, tag) || (serials && is_among(serials_exif, tag));
    case LNTI_IFD_GPS:
      return !(what & LNTI_STRIP_GPS) && is_among(kept_gps, tag);
    case LNTI_IFD_INTEROP:
      return is_among(kept_interop, tag);
  }
  return false;
}

void lnti_strip_put(lnti_strip_out *out, const void *data, size_t n) {
  if (out->full || n > out->cap - out->n) {
    out->full = true;
    return;
  }
  if (n > 0) memcpy(out->data + out->n, data, n);
  out->n += n;
}

/** Entries of a directory that stay, in the order of their tags, and what they are called in the copy. */
typedef struct kept {
  lnti_ifd_kind kind;
  size_t n;
  lnti_ifd_entry entry[KEPT_MAX];
} kept;

static void keep(kept *k, const lnti_ifd_entry *entry) {
  size_t at = k->n;
  while (at > 0 && k->entry[at - 1].tag > entry->tag) at--;
  /* Of two entries with one tag the first counts, for this reader as for others. */
  if (k->n == KEPT_MAX || (at > 0 && k->entry[at - 1].tag == entry->tag)) return;
  memmove(k->entry + at + 1, k->entry + at, (k->n - at) * sizeof *k->entry);
  k->entry[at] = *entry;
  k->n++;
}

static void collect(kept *k, const lnti_ifd *ifd, unsigned what) {
  lnti_ifd_entry entry;
  for (size_t i = 0; i < ifd->n; i++) {
    if (lnti_ifd_at(&entry, ifd, i) && lnti_strip_keeps(k->kind, entry.tag, what)) keep(k, &entry);
  }
}

/** Writes entries, and their values behind them; false where not even the entries fit. */
static bool write_directory(lnti_strip_out *out, const lnti_ifd_file *file, kept *k) {
  const size_t head = 2 + k->n * ENTRY_BYTES + 4, start = out->n;
  if (head > out->cap - out->n) return false;
  uint8_t *p = out->data + start;
  memset(p, 0, head);
  out->n += head;
  size_t n = 0;
  for (size_t i = 0; i < k->n; i++) {
    const lnti_ifd_entry *entry = &k->entry[i];
    uint8_t *slot = p + 2 + n * ENTRY_BYTES;
    if (entry->bytes > 4) {
      if (entry->bytes + 1 > out->cap - out->n) continue;
      lnti_ifd_put(slot + 8, file, out->n, 4);
      lnti_strip_put(out, file->data + entry->at, entry->bytes);
      if (out->n & 1) lnti_strip_put(out, "", 1); /* values begin at even places */
    } else if (entry->bytes > 0) {
      memcpy(slot + 8, file->data + entry->at, entry->bytes);
    }
    lnti_ifd_put(slot, file, entry->tag, 2);
    lnti_ifd_put(slot + 2, file, entry->type, 2);
    lnti_ifd_put(slot + 4, file, entry->count, 4);
    k->entry[n++] = *entry;
  }
  /* Entries that were left out leave their room as zeros behind the link to the next directory, which is 0 as well. */
  k->n = n;
  lnti_ifd_put(p, file, n, 2);
  return true;
}

/** Where the value of `tag` stands in the directory just written at `start`. */
static uint8_t *slot_of(const lnti_strip_out *out, size_t start, const kept *k, unsigned tag) {
  for (size_t i = 0; i < k->n; i++) {
    if (k->entry[i].tag == tag) return out->data + start + 2 + i * ENTRY_BYTES + 8;
  }
  return NULL;
}

static void write_all(lnti_strip_out *out, const lnti_ifd *first, unsigned what) {
  static const struct {
    lnti_ifd_kind kind;
    int parent; /* index into this table */
    unsigned tag;
  } tree[] = {{LNTI_IFD_FIRST, -1, 0},
              {LNTI_IFD_EXIF, 0, TAG_EXIF},
              {LNTI_IFD_GPS, 0, TAG_GPS},
              {LNTI_IFD_INTEROP, 1, TAG_INTEROP}};
  enum { N = sizeof tree / sizeof *tree };
  lnti_ifd ifd[N] = {*first};
  bool there[N] = {true};
  size_t start[N] = {0};
  kept lists[N];
  for (int i = 0; i < N; i++) {
    lists[i].kind = tree[i].kind;
    lists[i].n = 0;
    if (i > 0) there[i] = there[tree[i].parent] && lnti_ifd_below(&ifd[i], &ifd[tree[i].parent], tree[i].tag);
    if (there[i]) collect(&lists[i], &ifd[i], what);
  }
  for (int i = N - 1; i > 0; i--) { /* a directory that is empty is none; leaves first */
    const lnti_ifd_entry pointer = {.tag = tree[i].tag, .type = LNTI_IFD_LONG, .count = 1};
    if (lists[i].n > 0) keep(&lists[tree[i].parent], &pointer);
  }
  for (int i = 0; i < N; i++) {
    if (i > 0 && lists[i].n == 0) continue;
    uint8_t *slot = i > 0 ? slot_of(out, start[tree[i].parent], &lists[tree[i].parent], tree[i].tag) : out->data + 4;
    start[i] = out->n;
    if (!slot || !write_directory(out, first->file, &lists[i])) {
      lists[i].n = 0;
      continue;
    }
    lnti_ifd_put(slot, first->file, start[i], 4);
  }
}

size_t lnti_exif_rewrite(uint8_t *out, size_t cap, lnti_span exif, unsigned what) {
  lnti_ifd_file file;
  lnti_ifd first;
  if (cap < HEADER_BYTES || !lnti_ifd_file_open(&file, exif) || file.big || !lnti_ifd_open(&first, &file, file.first)) {
    return 0;
  }
  lnti_strip_out to = {.data = out, .n = HEADER_BYTES, .cap = cap};
  memcpy(out, exif.data, 4);
  memset(out + 4, 0, 4);
  write_all(&to, &first, what);
  /* Header, an empty directory: nothing stays. */
  return to.n > HEADER_BYTES + 6 ? to.n : 0;
}
