/*
 * HEIF and AVIF: a small file is written box by box, and lies in one place at a time; two files of the golden test
 * tell which frame is which.
 */
#include "support.h"

#include "image/golden.h"
#include "image/refusals.h"
#include <image/heif_meta.h>

typedef struct file {
  uint8_t data[1 << 16];
  size_t n;
} file;

static void add(file *f, uint64_t value, unsigned bytes) {
  while (bytes-- > 0) f->data[f->n++] = (uint8_t)(value >> 8 * bytes);
}

static size_t open_box(file *f, const char *type) {
  const size_t at = f->n;
  add(f, 0, 4);
  memcpy(f->data + f->n, type, 4);
  f->n += 4;
  return at;
}

static size_t open_full(file *f, const char *type, unsigned version, unsigned flags) {
  const size_t at = open_box(f, type);
  add(f, (uint64_t)version << 24 | flags, 4);
  return at;
}

static void close_box(file *f, size_t at) {
  const size_t end = f->n;
  f->n = at;
  add(f, end - at, 4);
  f->n = end;
}

/* What differs between files. */
typedef struct plan {
  const char *brand;
  const char *types; /* four letters an item, ids 1... */
  unsigned primary;
  uint32_t w, h;
  const char *reference;  /* type of references: from -> to pairs in `links` */
  uint8_t links[8][2];    /* ended by 0 */
  uint8_t grid[8];        /* data of all derived items; w and h are added to its sides */
  uint32_t extent_offset; /* in the box for small data */
  unsigned hidden;        /* bits by id */
  const char *config;     /* of the codec */
  unsigned more_units;    /* of coded items, behind the first */
  bool no_sizes;
} plan;

static const plan good = {.brand = "heic", .types = "hvc1", .primary = 1, .w = 40, .h = 30, .config = "hvcC"};

static void write_meta(file *f, const plan *p) {
  const size_t n = strlen(p->types) / 4, meta = open_full(f, "meta", 0, 0);
  size_t at = open_full(f, "pitm", 0, 0);
  add(f, p->primary, 2);
  close_box(f, at);
  at = open_full(f, "iinf", 0, 0);
  add(f, n, 2);
  for (size_t i = 0; i < n; i++) {
    const size_t entry = open_full(f, "infe", 2, p->hidden >> (i + 1) & 1);
    add(f, i + 1, 2);
    add(f, 0, 2);
    memcpy(f->data + f->n, p->types + 4 * i, 4);
    f->n += 4;
    add(f, 0, 1);
    close_box(f, entry);
  }
  close_box(f, at);
  at = open_box(f, "iprp");
  const size_t ipco = open_box(f, "ipco");
  const size_t config = open_box(f, p->config);
  for (int i = 0; i < 24; i++) add(f, i == 17 ? 2 : 0, 1); /* 10 bits in hvcC */
  close_box(f, config);
  const size_t ispe = open_full(f, "ispe", 0, 0);
  add(f, p->w, 4);
  add(f, p->h, 4);
  close_box(f, ispe);
  close_box(f, ipco);
  const size_t ipma = open_full(f, "ipma", 0, 0);
  add(f, n, 4);
  for (size_t i = 0; i < n; i++) {
    add(f, i + 1, 2);
    add(f, p->no_sizes ? 1 : 2, 1);
    add(f, 0x81, 1);
    if (!p->no_sizes) add(f, 2, 1);
  }
  close_box(f, ipma);
  close_box(f, at);
  if (p->reference) {
    at = open_full(f, "iref", 0, 0);
    for (size_t i = 0; p->links[i][0] != 0;) {
      const size_t one = open_box(f, p->reference);
      const uint8_t from = p->links[i][0];
      size_t count = 0;
      while (p->links[i + count][0] == from) count++;
      add(f, from, 2);
      add(f, count, 2);
      for (; count > 0; count--, i++) add(f, p->links[i][1], 2);
      close_box(f, one);
    }
    close_box(f, at);
  }
  at = open_box(f, "idat");
  memcpy(f->data + f->n, p->grid, 4);
  f->n += 4;
  add(f, p->w + p->grid[5], 2);
  add(f, p->h + p->grid[7], 2);
  add(f, 7, 1); /* of HEVC: one unit, of no kind that matters */
  add(f, 0, 7);
  for (unsigned i = 0; i < p->more_units; i++) add(f, (uint64_t)7 << 56, 8);
  close_box(f, at);
  at = open_full(f, "iloc", 1, 0);
  add(f, 0x4400, 2);
  add(f, n, 2);
  for (size_t i = 0; i < n; i++) {
    add(f, i + 1, 2);
    add(f, 1, 2); /* in idat */
    add(f, 0, 2);
    add(f, 1, 2);
    const bool coded = memcmp(p->types + 4 * i, "hvc1", 4) == 0;
    add(f, p->extent_offset + (coded ? 8 : 0), 4);
    add(f, coded ? 8 + 8 * (uint64_t)p->more_units : 8, 4);
  }
  close_box(f, at);
  close_box(f, meta);
}

static void write_file(file *f, const plan *p) {
  f->n = 0;
  const size_t at = open_box(f, "ftyp");
  memcpy(f->data + f->n, p->brand, 4);
  f->n += 4;
  add(f, 0, 4);
  close_box(f, at);
  write_meta(f, p);
}

static lnt_status probe(lnti_image_info *info, const file *f) {
  const lnti_image_limits limits = LNTI_IMAGE_LIMITS_INIT;
  const lnti_blob blob = blob_of(f->data, f->n);
  return lnti_image_probe(info, &blob, &limits, ERR);
}

/* Where libvips's module is missing all files are refused for that: nothing more can be tested. */
static void need_heif(void) {
  file f;
  lnti_image_info info;
  lnt_error err = LNT_ERROR_INIT;
  const lnti_image_limits limits = LNTI_IMAGE_LIMITS_INIT;
  write_file(&f, &good);
  const lnti_blob blob = blob_of(f.data, f.n);
  if (lnti_image_probe(&info, &blob, &limits, &err) == LNT_EUNSUPPORTED && strstr(err.message, "vips-heif")) {
    print_message("skipped: %s\n", err.message);
    skip();
  }
}

static void test_promises(void **state) {
  (void)state;
  file f;
  lnti_image_info info;
  need_heif();
  write_file(&f, &good);
  assert_ok(probe(&info, &f));
  assert_int_equal(info.format, LNTI_IMAGE_HEIF);
  assert_int_equal(info.h, 30);
  assert_int_equal(info.w, 40);
  assert_int_equal(info.c, 3);
  assert_int_equal(info.depth, LNTI_DEPTH_U16);
  assert_int_equal(info.frames, 1);
  assert_false(info.timed);
  assert_int_equal(info.orientation, 1);
  refuses(f.data, f.n, LNT_EDATA, "its pixels cannot be decoded"); /* there are none */
  plan p = good;
  p.brand = "avif";
  p.types = "av01av01av01";
  p.config = "av1C"; /* whose third byte is 0: 8 bits */
  p.hidden = 1u << 2;
  p.primary = 3;
  write_file(&f, &p);
  assert_ok(probe(&info, &f));
  assert_int_equal(info.format, LNTI_IMAGE_AVIF);
  assert_int_equal(info.depth, LNTI_DEPTH_U8);
  assert_int_equal(info.frames, 2);
  p.reference = "thmb"; /* the first is a thumbnail of the third */
  p.links[0][0] = 1;
  p.links[0][1] = 3;
  write_file(&f, &p);
  assert_ok(probe(&info, &f));
  assert_int_equal(info.frames, 1);
}

static void refuses_plan(const plan *p, lnt_status code, const char *words) {
  file f;
  write_file(&f, p);
  refuses(f.data, f.n, code, words);
}

static void test_items(void **state) {
  (void)state;
  need_heif();
  plan p = good;
  p.primary = 2;
  refuses_plan(&p, LNT_EUNSUPPORTED, "primary image");
  p = good;
  p.types = "jpeg";
  refuses_plan(&p, LNT_EUNSUPPORTED, "primary image");
  p = good;
  p.hidden = 2;
  refuses_plan(&p, LNT_EUNSUPPORTED, "primary image");
  p = good;
  p.config = "xxxx";
  refuses_plan(&p, LNT_EDATA, "no configuration");
  p = good;
  p.no_sizes = true;
  refuses_plan(&p, LNT_EDATA, "no size");
  p = good;
  p.w = 0;
  refuses_plan(&p, LNT_EDATA, "no size");
  p = good;
  p.extent_offset = 1;
  refuses_plan(&p, LNT_EDATA, "pixels that would lie behind");
  p = good;
  p.extent_offset = UINT32_MAX - 8;
  refuses_plan(&p, LNT_EDATA, "pixels that would lie behind");
  p = good;
  p.w = p.h = 16385;
  refuses_plan(&p, LNT_ELIMIT, "16385 x 16385");
  p.w = p.h = 15000;
  refuses_plan(&p, LNT_ELIMIT, "15000 x 15000");
}

/* libheif follows references without end; here they end. */
static void test_references(void **state) {
  (void)state;
  need_heif();
  plan p = good;
  p.types = "gridhvc1";
  p.reference = "dimg";
  memcpy(p.links, (uint8_t[8][2]){{1, 2}}, sizeof p.links);
  file f;
  lnti_image_info info;
  write_file(&f, &p);
  assert_ok(probe(&info, &f)); /* one tile */
  p.grid[5] = 1;
  refuses_plan(&p, LNT_EDATA, "a grid is not of the size");
  p.grid[5] = 0;
  p.grid[7] = 1;
  refuses_plan(&p, LNT_EDATA, "a grid is not of the size");
  p.grid[7] = 0;
  p.grid[1] = 1; /* sides of 32 bits, which are not there */
  refuses_plan(&p, LNT_EDATA, "a grid is not of the size");
  p.grid[1] = 0;
  p.grid[2] = 1;
  refuses_plan(&p, LNT_EDATA, "not the tiles that it says");
  memcpy(p.links, (uint8_t[8][2]){{1, 2}, {1, 2}}, sizeof p.links);
  write_file(&f, &p);
  assert_ok(probe(&info, &f));
  memcpy(p.links, (uint8_t[8][2]){{1, 2}, {1, 7}}, sizeof p.links);
  refuses_plan(&p, LNT_EDATA, "a tile is not there");
  p.grid[2] = 0;
  memcpy(p.links, (uint8_t[8][2]){{1, 1}}, sizeof p.links); /* of itself */
  refuses_plan(&p, LNT_EUNSUPPORTED, "made of images that are not coded");
  p.types = "gridgrid";
  memcpy(p.links, (uint8_t[8][2]){{1, 2}, {2, 1}}, sizeof p.links); /* of one another */
  refuses_plan(&p, LNT_EUNSUPPORTED, "made of images that are not coded");
  p.types = "idenhvc1";
  memcpy(p.links, (uint8_t[8][2]){{1, 2}}, sizeof p.links);
  write_file(&f, &p);
  assert_ok(probe(&info, &f));
  assert_int_equal(info.depth, LNTI_DEPTH_U16);
  memcpy(p.links, (uint8_t[8][2]){{1, 1}}, sizeof p.links);
  refuses_plan(&p, LNT_EUNSUPPORTED, "made of images that are not coded");
  memcpy(p.links, (uint8_t[8][2]){{2, 1}}, sizeof p.links);
  refuses_plan(&p, LNT_EDATA, "made of another lacks it");
  p.types = "iovlhvc1";
  memcpy(p.links, (uint8_t[8][2]){{1, 2}}, sizeof p.links);
  refuses_plan(&p, LNT_EUNSUPPORTED, "made of images that are not coded");
  /* Five tiles as large as the image: as many pixels as are decoded for one shown. */
  p = good;
  p.types = "gridhvc1";
  p.w = p.h = 4000;
  p.reference = "dimg";
  p.grid[3] = 4;
  memcpy(p.links, (uint8_t[8][2]){{1, 2}, {1, 2}, {1, 2}, {1, 2}, {1, 2}}, sizeof p.links);
  refuses_plan(&p, LNT_EDATA, "far larger than the image");
  /* Small ones, that share the bytes of nearly all of the file: each is read by itself. */
  p.w = p.h = 40;
  p.more_units = 2500;
  refuses_plan(&p, LNT_EDATA, "share their bytes over and over");
  p.grid[3] = 3;
  p.links[4][0] = 0;
  write_file(&f, &p);
  assert_ok(probe(&info, &f));
}

static void test_boxes(void **state) {
  (void)state;
  need_heif();
  file f;
  f.n = 0;
  const size_t at = open_box(&f, "ftyp");
  add(&f, 0x6d736631, 4); /* msf1 */
  add(&f, 0, 4);
  close_box(&f, at);
  refuses(f.data, f.n, LNT_EDATA, "its part at byte 16 is missing");
  const size_t moov = open_box(&f, "moov");
  close_box(&f, moov);
  refuses(f.data, f.n, LNT_EUNSUPPORTED, "a sequence");
  /* No table of this file may be missing. */
  static const char *const types[] = {"meta", "pitm", "iinf", "iprp", "iloc"};
  for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
    write_file(&f, &good);
    for (size_t k = 0; k + 4 <= f.n; k++) {
      if (memcmp(f.data + k, types[i], 4) == 0) memcpy(f.data + k, "none", 4);
    }
    refuses(f.data, f.n, LNT_EDATA, i == 0 ? "ends early" : "damaged");
  }
  /* More items than it can hold, and a property that is not there. */
  write_file(&f, &good);
  for (size_t k = 0; k + 4 <= f.n; k++) {
    if (memcmp(f.data + k, "iinf", 4) == 0) put16le(f.data + k + 8, 0xffff);
  }
  refuses(f.data, f.n, LNT_ELIMIT, "more than 20000 items");
  write_file(&f, &good);
  for (size_t k = 0; k + 4 <= f.n; k++) {
    if (memcmp(f.data + k, "ipma", 4) == 0) f.data[k + 16] = 9;
  }
  refuses(f.data, f.n, LNT_EDATA, "a property that is not there");
}

/* The primary image is frame 0, though another has a smaller number. */
static void test_primary_first(void **state) {
  (void)state;
  need_heif();
  size_t n = 0;
  uint8_t *data = read_whole(&n, LINNET_IMAGE_DATA, "two.avif");
  const lnti_image_limits limits = LNTI_IMAGE_LIMITS_INIT;
  lnti_blob blob = blob_of(data, n);
  lnti_heif_meta meta = {0};
  lnti_image_info first, second;
  assert_ok(lnti_heif_meta_read(&meta, data, n, ERR));
  uint32_t other = 0;
  for (size_t i = 0; i < meta.n; i++) {
    if (meta.items[i].kind == LNTI_HEIF_AV1 && !meta.items[i].hidden && !meta.items[i].subordinate &&
        meta.items[i].id != meta.primary) {
      other = meta.items[i].id;
    }
  }
  lnti_heif_meta_clear(&meta);
  assert_true(other > 0);
  assert_ok(lnti_image_probe(&first, &blob, &limits, ERR));
  for (size_t k = 0; k + 4 <= n; k++) {
    if (memcmp(data + k, "pitm", 4) != 0) continue;
    data[k + 8] = (uint8_t)(other >> 8);
    data[k + 9] = (uint8_t)other;
  }
  assert_ok(lnti_image_probe(&second, &blob, &limits, ERR));
  assert_int_equal(second.frames, 2);
  assert_int_not_equal(second.h, first.h);
  lnti_image image = {0};
  assert_ok(lnti_image_decode(&image, NULL, &blob, NULL, &limits, ERR));
  assert_int_equal(image.h, second.h);
  lnti_image_clear(&image);
  blob.frame = 1;
  assert_ok(lnti_image_decode(&image, NULL, &blob, NULL, &limits, ERR));
  assert_int_equal(image.h, first.h);
  assert_int_equal(image.c, first.c);
  lnti_image_clear(&image);
  blob.frame = 2;
  assert_status(lnti_image_decode(&image, NULL, &blob, NULL, &limits, ERR), LNT_ENOTFOUND);
  free(data);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_promises), cmocka_unit_test(test_items),         cmocka_unit_test(test_references),
      cmocka_unit_test(test_boxes),    cmocka_unit_test(test_primary_first),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
