/*
 * Boxes are walked forward, each once; items are kept in a table, by id, since references and properties name them so.
 * Properties are applied in the order in which the file associates them, as libheif does.
 */
#include <image/heif_meta.h>

#include <base/alloc.h>
#include <base/error.h>
#include <stdlib.h>
#include <string.h>

/* Caps of libheif, below which it reads all. */
enum { ITEMS_MAX = 20000, EXTENTS_MAX = 32, PROPERTIES_MAX = 20000 };

enum { ALPHA_NAME_MAX = 64 /* more than any name of a kind that is known */ };

typedef struct box {
  const uint8_t *type; /* four letters */
  lnti_bytes body;
} box;

/** What is read from, while the items are read. */
typedef struct reader {
  lnti_heif_meta meta;
  lnti_bytes file, meta_box;
  lnti_bytes *properties; /* [n_properties] whole boxes in the order of ipco */
  size_t n_properties;
} reader;

static lnt_status broken(const char *what, lnt_error *err) {
  return lnti_fail(err, LNT_EDATA, "the HEIF file is damaged: %s", what);
}

/** A number of 0 to 8 bytes; false where they are not there. */
static bool take(uint64_t *out, lnti_bytes *from, size_t bytes) {
  uint64_t v = 0;
  if (bytes > from->n) return false;
  for (size_t i = 0; i < bytes; i++) v = v << 8 | from->p[i];
  from->p += bytes;
  from->n -= bytes;
  *out = v;
  return true;
}

static bool take32(uint32_t *out, lnti_bytes *from, size_t bytes) {
  uint64_t v = 0;
  if (!take(&v, from, bytes)) return false;
  *out = (uint32_t)v;
  return true;
}

static bool skip(lnti_bytes *from, size_t bytes) {
  if (bytes > from->n) return false;
  from->p += bytes;
  from->n -= bytes;
  return true;
}

/** False at the end, and where a box does not fit into what holds it: *from stays in front of it. */
static bool next_box(box *out, lnti_bytes *from) {
  lnti_bytes r = *from;
  uint64_t size = 0;
  if (!take(&size, &r, 4) || r.n < 4) return false;
  const uint8_t *type = r.p;
  if (!skip(&r, 4) || (size == 1 && !take(&size, &r, 8))) return false;
  if (size == 0) size = from->n; /* to the end */
  const size_t head = from->n - r.n;
  if (size < head || size > from->n) return false;
  *out = (box){type, {r.p, (size_t)size - head}};
  return skip(from, (size_t)size);
}

static bool is_type(const box *b, const char *type) {
  return memcmp(b->type, type, 4) == 0;
}

/** The first box of a type; with what begins a full box: version and flags. */
static bool find_full(lnti_bytes *out, uint64_t *version_out, lnti_bytes in, const char *type) {
  for (box b; next_box(&b, &in);) {
    if (!is_type(&b, type)) continue;
    *out = b.body;
    return take(version_out, out, 1) && skip(out, 3);
  }
  return false;
}

static int by_id(const void *a, const void *b) {
  const lnti_heif_item *x = a, *y = b;
  return (x->id > y->id) - (x->id < y->id);
}

lnti_heif_item *lnti_heif_find(const lnti_heif_meta *meta, uint32_t id) {
  const lnti_heif_item key = {.id = id};
  return meta->n > 0 ? bsearch(&key, meta->items, meta->n, sizeof key, by_id) : NULL;
}

size_t lnti_heif_n_parts(const lnti_heif_meta *meta, const lnti_heif_item *item) {
  return meta->id_bytes > 0 ? item->parts.n / meta->id_bytes : 0;
}

uint32_t lnti_heif_part(const lnti_heif_meta *meta, const lnti_heif_item *item, size_t i) {
  uint32_t id = 0;
  lnti_bytes at = {item->parts.p + i * meta->id_bytes, meta->id_bytes};
  (void)take32(&id, &at, meta->id_bytes);
  return id;
}

static lnti_heif_kind kind_of(const uint8_t *type) {
  static const struct {
    const char *type;
    lnti_heif_kind kind;
  } kinds[] = {{"hvc1", LNTI_HEIF_HEVC},
               {"av01", LNTI_HEIF_AV1},
               {"grid", LNTI_HEIF_GRID},
               {"iden", LNTI_HEIF_IDENTITY},
               {"iovl", LNTI_HEIF_OVERLAY}};
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
    if (memcmp(type, kinds[i].type, 4) == 0) return kinds[i].kind;
  }
  return LNTI_HEIF_OTHER;
}

/** One item information entry (8.11.6.2). False where it is broken. */
static bool read_entry(lnti_heif_item *out, const box *b) {
  uint64_t version = 0, flags = 0;
  lnti_bytes r = b->body;
  if (!is_type(b, "infe") || !take(&version, &r, 1) || !take(&flags, &r, 3) || version < 2 || version > 3) return false;
  if (!take32(&out->id, &r, version == 2 ? 2 : 4) || !skip(&r, 2) || r.n < 4) return false;
  out->kind = kind_of(r.p);
  out->hidden = (flags & 1) != 0;
  return true;
}

static lnt_status read_items(reader *r, lnt_error *err) {
  lnti_bytes iinf;
  uint64_t version = 0, count = 0;
  if (!find_full(&iinf, &version, r->meta_box, "iinf") || !take(&count, &iinf, version == 0 ? 2 : 4)) {
    return broken("it has no table of its items", err);
  }
  if (count > ITEMS_MAX) {
    return lnti_fail(err, LNT_ELIMIT, "the HEIF file has more than %d items", ITEMS_MAX);
  }
  lnt_status status = lnti_alloc_zero(&r->meta.items, count > 0 ? (size_t)count : 1, sizeof *r->meta.items, err);
  if (status != LNT_OK) return status;
  for (box b; r->meta.n < count && next_box(&b, &iinf);) {
    if (!read_entry(&r->meta.items[r->meta.n++], &b)) return broken("an entry of the table of its items", err);
  }
  if (r->meta.n < count) return broken("the table of its items is cut short", err);
  qsort(r->meta.items, r->meta.n, sizeof *r->meta.items, by_id);
  for (size_t i = 1; i < r->meta.n; i++) {
    if (r->meta.items[i].id == r->meta.items[i - 1].id) return broken("two of its items have the same number", err);
  }
  return LNT_OK;
}

static lnt_status read_primary(reader *r, lnt_error *err) {
  lnti_bytes pitm;
  uint64_t version = 0;
  if (!find_full(&pitm, &version, r->meta_box, "pitm") || !take32(&r->meta.primary, &pitm, version == 0 ? 2 : 4)) {
    return broken("it does not say which of its images is the primary one", err);
  }
  return LNT_OK;
}

static lnt_status list_properties(reader *r, lnti_bytes ipco, lnt_error *err) {
  size_t n = 0;
  lnti_bytes counting = ipco;
  for (box b; next_box(&b, &counting);) n++;
  if (counting.n > 0) return broken("its properties", err);
  if (n > PROPERTIES_MAX)
    return lnti_fail(err, LNT_ELIMIT, "the HEIF file has more than %d properties", PROPERTIES_MAX);
  lnt_status status = lnti_alloc(&r->properties, n > 0 ? n : 1, sizeof *r->properties, err);
  if (status != LNT_OK) return status;
  for (size_t i = 0; i < n; i++) {
    box b;
    const uint8_t *begin = ipco.p;
    if (!next_box(&b, &ipco)) break;
    r->properties[i] = (lnti_bytes){begin, (size_t)(ipco.p - begin)};
  }
  r->n_properties = n;
  return LNT_OK;
}

/** A side from clap's fraction, rounded. False where it is none. */
static bool take_fraction(size_t *out, lnti_bytes *from) {
  uint64_t over = 0, under = 0;
  if (!take(&over, from, 4) || !take(&under, from, 4) || over > INT32_MAX || under == 0 || under > INT32_MAX) {
    return false;
  }
  *out = (size_t)((over + under / 2) / under);
  return true;
}

static void swap(size_t *a, size_t *b) {
  const size_t kept = *a;
  *a = *b;
  *b = kept;
}

static bool holds_alpha(lnti_bytes name) {
  static const char *const names[] = {"urn:mpeg:avc:2015:auxid:1", "urn:mpeg:hevc:2015:auxid:1",
                                      "urn:mpeg:mpegB:cicp:systems:auxiliary:alpha"};
  const size_t n = strnlen((const char *)name.p, name.n < ALPHA_NAME_MAX ? name.n : ALPHA_NAME_MAX);
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    if (n == strlen(names[i]) && memcmp(name.p, names[i], n) == 0) return true;
  }
  return false;
}

/** False where the property is broken. */
static bool apply(lnti_heif_item *item, const box *b) {
  lnti_bytes r = b->body;
  uint64_t v = 0, w = 0, h = 0;
  if (is_type(b, "ispe")) {
    if (!skip(&r, 4) || !take(&w, &r, 4) || !take(&h, &r, 4)) return false;
    item->w = item->coded_w = (size_t)w;
    item->h = item->coded_h = (size_t)h;
  } else if (is_type(b, "clap")) {
    size_t across = 0, down = 0;
    if (!take_fraction(&across, &r) || !take_fraction(&down, &r)) return false;
    if (item->w > 0) {
      item->w = across;
      item->h = down;
    }
  } else if (is_type(b, "irot")) {
    if (!take(&v, &r, 1)) return false;
    if (v & 1) swap(&item->w, &item->h);
  } else if (is_type(b, "auxC")) {
    if (!skip(&r, 4)) return false;
    item->alpha_kind = holds_alpha(r);
  } else if (is_type(b, "hvcC")) {
    if (!skip(&r, 17) || !take(&v, &r, 1)) return false;
    if (item->kind != LNTI_HEIF_HEVC) return true;
    item->bits = (unsigned)(v & 7) + 8;
    item->config = b->body;
  } else if (is_type(b, "av1C")) {
    if (!skip(&r, 2) || !take(&v, &r, 1)) return false;
    if (item->kind != LNTI_HEIF_AV1) return true;
    item->bits = (v & 0x40) == 0 ? 8 : v & 0x20 ? 12 : 10;
    item->config = b->body;
  }
  return true;
}

/** Which item has which properties (23008-12, 9.3.2). */
static lnt_status associate(reader *r, lnti_bytes ipma, lnt_error *err) {
  uint64_t version = 0, flags = 0, count = 0;
  if (!take(&version, &ipma, 1) || !take(&flags, &ipma, 3) || !take(&count, &ipma, 4))
    return broken("its properties", err);
  while (count-- > 0) {
    uint32_t id = 0;
    uint64_t n = 0, index = 0;
    if (!take32(&id, &ipma, version == 0 ? 2 : 4) || !take(&n, &ipma, 1)) return broken("its properties", err);
    lnti_heif_item *item = lnti_heif_find(&r->meta, id);
    while (n-- > 0) {
      box b;
      if (!take(&index, &ipma, flags & 1 ? 2 : 1)) return broken("its properties", err);
      index &= flags & 1 ? 0x7fff : 0x7f; /* the upper bit says that it is essential */
      if (index == 0) continue;
      if (index > r->n_properties) return broken("a property that is not there", err);
      if (!next_box(&b, &(lnti_bytes){r->properties[index - 1].p, r->properties[index - 1].n}) ||
          (item && !apply(item, &b))) {
        return broken("a property of an image", err);
      }
    }
  }
  return LNT_OK;
}

static lnt_status read_properties(reader *r, lnt_error *err) {
  lnti_bytes meta = r->meta_box;
  lnt_status status = LNT_OK;
  for (box b; next_box(&b, &meta);) {
    if (!is_type(&b, "iprp")) continue;
    lnti_bytes iprp = b.body;
    for (box part; status == LNT_OK && next_box(&part, &iprp);) {
      if (is_type(&part, "ipco") && !r->properties) status = list_properties(r, part.body, err);
      if (status == LNT_OK && is_type(&part, "ipma")) status = associate(r, part.body, err);
    }
    return status;
  }
  return broken("it has no properties of its images", err);
}

/** One reference from an item to others (14496-12, 8.11.12). */
static lnt_status refer(reader *r, const box *b, lnt_error *err) {
  const size_t id_bytes = r->meta.id_bytes;
  lnti_bytes body = b->body;
  uint32_t from = 0, to = 0;
  uint64_t n = 0;
  if (!take32(&from, &body, id_bytes) || !take(&n, &body, 2) || n > body.n / id_bytes)
    return broken("a reference", err);
  body.n = (size_t)n * id_bytes;
  lnti_heif_item *item = lnti_heif_find(&r->meta, from);
  if (!item || item->kind == LNTI_HEIF_OTHER) return LNT_OK;
  if (is_type(b, "dimg")) {
    if (item->parts.n == 0) item->parts = body;
    return LNT_OK;
  }
  if (!is_type(b, "thmb") && !is_type(b, "auxl")) return LNT_OK;
  item->subordinate = true;
  if (is_type(b, "auxl") && item->alpha_kind && take32(&to, &body, id_bytes)) {
    lnti_heif_item *master = lnti_heif_find(&r->meta, to);
    if (master && master != item && master->h == item->h && master->w == item->w) {
      master->has_alpha = true;
      master->alpha_id = from;
    }
  }
  return LNT_OK;
}

static lnt_status read_references(reader *r, lnt_error *err) {
  lnti_bytes iref;
  uint64_t version = 0;
  if (!find_full(&iref, &version, r->meta_box, "iref")) return LNT_OK;
  r->meta.id_bytes = version == 0 ? 2 : 4;
  lnt_status status = LNT_OK;
  for (box b; status == LNT_OK && next_box(&b, &iref);) status = refer(r, &b, err);
  if (status == LNT_OK && iref.n > 0) status = broken("its references", err);
  return status;
}

/** Sizes of the numbers in the table of places. */
typedef struct place_sizes {
  uint64_t version;
  size_t offset, length, base, index;
} place_sizes;

/** One item's extents (14496-12, 8.11.3): each must lie in the file, or in the box for small data. */
static lnt_status locate(reader *r, lnti_bytes *iloc, const place_sizes *s, lnti_bytes idat, lnt_error *err) {
  uint32_t id = 0;
  uint64_t method = 0, base = 0, n = 0, index = 0, offset = 0, length = 0;
  if (!take32(&id, iloc, s->version < 2 ? 2 : 4) || (s->version > 0 && !take(&method, iloc, 2)) || !skip(iloc, 2) ||
      !take(&base, iloc, s->base) || !take(&n, iloc, 2) || n > EXTENTS_MAX) {
    return broken("the table of where its items are", err);
  }
  lnti_heif_item *item = lnti_heif_find(&r->meta, id);
  for (uint64_t i = 0; i < n; i++) {
    if (!take(&index, iloc, s->index) || !take(&offset, iloc, s->offset) || !take(&length, iloc, s->length)) {
      return broken("the table of where its items are", err);
    }
    if (!item || item->kind == LNTI_HEIF_OTHER) continue;
    const lnti_bytes in = (method & 15) == 1 ? idat : r->file;
    if ((method & 15) > 1) return broken("the place of an item is given in a way that is not read", err);
    if (!in.p || offset > UINT64_MAX - base || base + offset > in.n || length > in.n - (base + offset)) {
      return lnti_fail(err, LNT_EDATA, "the HEIF file ends early: it has %zu bytes, and pixels that would lie behind",
                       r->file.n);
    }
    item->bytes += length;
    if (item->n_extents++ == 0) item->first = (lnti_bytes){in.p + base + offset, (size_t)length};
  }
  return LNT_OK;
}

static lnt_status read_places(reader *r, lnt_error *err) {
  lnti_bytes iloc, idat = {0}, meta = r->meta_box;
  place_sizes s = {0};
  uint64_t sizes = 0, count = 0;
  for (box b; next_box(&b, &meta);) {
    if (is_type(&b, "idat")) idat = b.body;
  }
  if (!find_full(&iloc, &s.version, r->meta_box, "iloc") || s.version > 2 || !take(&sizes, &iloc, 2)) {
    return broken("it does not say where its items are", err);
  }
  s.offset = sizes >> 12 & 15;
  s.length = sizes >> 8 & 15;
  s.base = sizes >> 4 & 15;
  s.index = s.version > 0 ? sizes & 15 : 0;
  if (s.offset > 8 || s.length > 8 || s.base > 8 || s.index > 8 || !take(&count, &iloc, s.version < 2 ? 2 : 4)) {
    return broken("the table of where its items are", err);
  }
  lnt_status status = LNT_OK;
  while (count-- > 0 && status == LNT_OK) status = locate(r, &iloc, &s, idat, err);
  return status;
}

/** The box that says it all. What stands behind the last box is junk that some phones leave, or a box that is cut
 *  short: then the places of the items tell. */
static lnt_status find_meta(reader *r, lnt_error *err) {
  lnti_bytes top = r->file;
  bool found = false, sequence = false;
  for (box b; next_box(&b, &top);) {
    sequence = sequence || is_type(&b, "moov");
    if (!is_type(&b, "meta") || found) continue;
    r->meta_box = b.body;
    found = skip(&r->meta_box, 4);
  }
  if (found) return LNT_OK;
  if (!sequence) {
    return lnti_fail(err, LNT_EDATA, "the HEIF file ends early: its part at byte %zu is missing or cut short",
                     r->file.n - top.n);
  }
  return lnti_fail(err, LNT_EUNSUPPORTED, "HEIF without a still image (a sequence) is not read by this version");
}

lnt_status lnti_heif_meta_read(lnti_heif_meta *out, const uint8_t *data, size_t n, lnt_error *err) {
  reader r = {.meta = {.file_bytes = n}, .file = {data, n}};
  lnt_status status = find_meta(&r, err);
  if (status == LNT_OK) status = read_primary(&r, err);
  if (status == LNT_OK) status = read_items(&r, err);
  if (status == LNT_OK) status = read_properties(&r, err);
  if (status == LNT_OK) status = read_references(&r, err);
  if (status == LNT_OK) status = read_places(&r, err);
  free(r.properties);
  if (status != LNT_OK) {
    lnti_heif_meta_clear(&r.meta);
    return status;
  }
  *out = r.meta;
  return LNT_OK;
}

void lnti_heif_meta_clear(lnti_heif_meta *meta) {
  free(meta->items);
  memset(meta, 0, sizeof *meta);
}
