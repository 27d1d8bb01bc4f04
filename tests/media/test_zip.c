/*
 * Zip directories, byte by byte as the format says, so that each field can be wrong: what is read, and what is refused.
 */
#include <media/zip.h>

#include "support.h"

#include <zlib.h>

enum { SPACE = 1 << 20 };

/* ---- a writer that does as it is told ---- */

typedef struct member {
  const char *name, *text;
  size_t name_bytes; /* 0: to the NUL */
  unsigned flags, method, host, mode, dos;
  const uint8_t *extra;
  size_t extra_bytes;
  uint32_t bytes, packed, at, sum; /* in the directory; 0: as they are */
  bool lie;                        /* the four above count even where they are 0 */
} member;

typedef struct zip {
  uint8_t data[SPACE];
  size_t n;
  size_t directory_at, directory_bytes, n_members;
} zip;

static zip z;

static void put(size_t bytes, uint64_t value) {
  for (size_t i = 0; i < bytes; i++) z.data[z.n++] = (uint8_t)(value >> (8 * i));
}

static void put_bytes(const void *data, size_t n) {
  if (n > 0) memcpy(z.data + z.n, data, n);
  z.n += n;
}

static size_t deflate_text(uint8_t *out, size_t cap, const char *text) {
  z_stream s;
  memset(&s, 0, sizeof s);
  if (deflateInit2(&s, 9, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) != Z_OK) abort();
  uint8_t in[4096];
  const size_t n = strlen(text);
  memcpy(in, text, n);
  s.next_in = in;
  s.avail_in = (uInt)n;
  s.next_out = out;
  s.avail_out = (uInt)cap;
  if (deflate(&s, Z_FINISH) != Z_STREAM_END) abort();
  deflateEnd(&s);
  return cap - s.avail_out;
}

static void put_central(const member *m, uint32_t at, uint32_t packed) {
  const size_t name_bytes = m->name_bytes ? m->name_bytes : strlen(m->name);
  const uint32_t bytes = (uint32_t)strlen(m->text), sum = (uint32_t)crc32(0, (const Bytef *)m->text, bytes);
  put_bytes("PK\1\2", 4);
  put(1, 20);
  put(1, m->host);
  put(2, 20);
  put(2, m->flags);
  put(2, m->method);
  put(4, 0);
  put(4, m->sum || m->lie ? m->sum : sum);
  put(4, m->packed || m->lie ? m->packed : packed);
  put(4, m->bytes || m->lie ? m->bytes : bytes);
  put(2, name_bytes);
  put(2, m->extra_bytes);
  put(2, 0);
  put(2, 0);
  put(2, 0);
  put(4, (uint64_t)m->mode << 16 | m->dos);
  put(4, m->at || m->lie ? m->at : at);
  put_bytes(m->name, name_bytes);
  put_bytes(m->extra, m->extra_bytes);
}

/* Local headers and data of all, then the directory; the end record is put by put_end. */
static void begin(const member *m, size_t n, size_t prefix) {
  uint32_t at[32], packed[32];
  memset(z.data, 'x', prefix);
  z.n = prefix;
  for (size_t i = 0; i < n; i++) {
    uint8_t data[4096];
    const size_t name_bytes = m[i].name_bytes ? m[i].name_bytes : strlen(m[i].name);
    const char *text = m[i].text;
    packed[i] = (uint32_t)(m[i].method == 8 ? deflate_text(data, sizeof data, text) : strlen(text));
    if (m[i].method != 8) memcpy(data, text, packed[i]);
    at[i] = (uint32_t)(z.n - prefix);
    put_bytes("PK\3\4", 4);
    put(2, 20);
    put(2, m[i].flags);
    put(2, m[i].method);
    put(4, 0);
    put(4, crc32(0, (const Bytef *)text, (uInt)strlen(text)));
    put(4, packed[i]);
    put(4, strlen(text));
    put(2, name_bytes);
    put(2, 7); /* an extra field that only the local header has */
    put_bytes(m[i].name, name_bytes);
    put_bytes("\x99\x99\x03\0abc", 7);
    put_bytes(data, packed[i]);
  }
  z.directory_at = z.n - prefix;
  for (size_t i = 0; i < n; i++) put_central(&m[i], at[i], packed[i]);
  z.directory_bytes = z.n - prefix - z.directory_at;
  z.n_members = n;
}

static void put_end_of(uint64_t n, uint64_t bytes, uint64_t at, const char *comment) {
  put_bytes("PK\5\6", 4);
  put(2, 0);
  put(2, 0);
  put(2, n);
  put(2, n);
  put(4, bytes);
  put(4, at);
  put(2, strlen(comment));
  put_bytes(comment, strlen(comment));
}

static void make(const member *m, size_t n) {
  begin(m, n, 0);
  put_end_of(n, z.directory_bytes, z.directory_at, "");
}

/* ---- reading it ---- */

static lnti_archive_caps caps = {.members_max = 100,
                                 .file_bytes_max = 1 << 20,
                                 .nested_bytes_max = 1 << 21,
                                 .total_bytes_max = 1 << 30,
                                 .ratio_max = 1000};

static lnt_status open_zip(lnti_index *index, size_t n) {
  const lnti_span span = {-1, z.data, 0, n};
  return lnti_zip_index(index, &span, "z.zip", &caps, NULL, ERR);
}

static void opens(lnti_index *index) {
  assert_ok(open_zip(index, z.n));
}

static void refuses(lnt_status code, const char *words) {
  lnti_index index = {0};
  assert_status(open_zip(&index, z.n), code);
  assert_message(words);
  lnti_index_clear(&index);
}

static void reads(const lnti_index *index, size_t row, const char *name, const char *text) {
  const lnti_span span = {-1, z.data, 0, z.n};
  uint8_t data[4096];
  assert_string_equal(lnti_index_name(index, row), name);
  assert_int_equal(index->row[row].bytes, strlen(text));
  assert_ok(lnti_zip_read(data, &span, &index->row[row], name, ERR));
  assert_memory_equal(data, text, strlen(text));
}

static void read_fails(const lnti_index *index, size_t row, const char *words) {
  const lnti_span span = {-1, z.data, 0, z.n};
  uint8_t data[4096];
  assert_status(lnti_zip_read(data, &span, &index->row[row], "m", ERR), LNT_EDATA);
  assert_message(words);
}

static const char text[] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaabbbb";

static void test_plain(void **state) {
  (void)state;
  const member m[] = {{.name = "s.txt", .text = "stored"},
                      {.name = "dir/", .text = ""},
                      {.name = "dir/d.txt", .text = text, .method = 8},
                      {.name = "empty", .text = ""},
                      {.name = "deflated empty", .text = "", .method = 8}};
  lnti_index index = {0};
  make(m, 5);
  assert_true(lnti_zip_sniff(&(lnti_span){-1, z.data, 0, z.n}));
  opens(&index);
  assert_int_equal(index.n, 4);
  reads(&index, 0, "s.txt", "stored");
  reads(&index, 1, "dir/d.txt", text);
  reads(&index, 2, "empty", "");
  reads(&index, 3, "deflated empty", "");
  lnti_index_clear(&index);
  make(m, 0);
  opens(&index);
  assert_int_equal(index.n, 0);
  assert_true(lnti_zip_sniff(&(lnti_span){-1, z.data, 0, z.n}));
  lnti_index_clear(&index);
}

/* Something before the archive, a comment behind it that looks like an end record. */
static void test_surroundings(void **state) {
  (void)state;
  const member m[] = {{.name = "a", .text = "first"}, {.name = "b", .text = text, .method = 8}};
  lnti_index index = {0};
  begin(m, 2, 1000);
  put_end_of(2, z.directory_bytes, z.directory_at, "PK\5\6 is how an end record begins, 22 bytes");
  opens(&index);
  reads(&index, 0, "a", "first");
  reads(&index, 1, "b", text);
  lnti_index_clear(&index);
  /* Something behind it. */
  make(m, 2);
  put_bytes("left over", 9);
  opens(&index);
  reads(&index, 1, "b", text);
  lnti_index_clear(&index);
}

static void put_end64(uint64_t n, uint64_t bytes, uint64_t at, uint64_t end_at) {
  put_bytes("PK\6\6", 4);
  put(8, 44);
  put(2, 45);
  put(2, 45);
  put(4, 0);
  put(4, 0);
  put(8, n);
  put(8, n);
  put(8, bytes);
  put(8, at);
  put_bytes("PK\6\7", 4);
  put(4, 0);
  put(8, end_at);
  put(4, 1);
  put_end_of(0xffff, 0xffffffff, 0xffffffff, "");
}

static void test_zip64(void **state) {
  (void)state;
  uint8_t extra[28] = {1, 0, 24, 0};
  const member plain[] = {{.name = "a", .text = "first"}};
  lnti_index index = {0};
  for (size_t prefix = 0; prefix <= 77; prefix += 77) {
    begin(plain, 1, prefix);
    put_end64(1, z.directory_bytes, z.directory_at, z.n - prefix);
    opens(&index);
    reads(&index, 0, "a", "first");
    lnti_index_clear(&index);
  }
  /* Sizes and place in the extra field, in the order of the format. */
  extra[4] = 5;
  extra[12] = 5;
  const member wide[] = {{.name = "a",
                          .text = "first",
                          .extra = extra,
                          .extra_bytes = 28,
                          .bytes = 0xffffffff,
                          .packed = 0xffffffff,
                          .at = 0xffffffff}};
  make(wide, 1);
  opens(&index);
  reads(&index, 0, "a", "first");
  lnti_index_clear(&index);
  /* And cut off. */
  const member cut[] = {
      {.name = "a", .text = "first", .extra = extra, .extra_bytes = 12, .bytes = 0xffffffff, .packed = 0xffffffff}};
  make(cut, 1);
  refuses(LNT_EDATA, "an entry makes no sense");
  /* No end record where the locator says. */
  begin(plain, 1, 0);
  put_end64(1, z.directory_bytes, z.directory_at, 0);
  z.data[z.n - 22 - 20 - 56] = 'x';
  refuses(LNT_EDATA, "no zip64 end record");
}

static void test_names(void **state) {
  (void)state;
  uint8_t extra[32] = {0x75, 0x70, 5 + 5, 0, 1};
  lnti_index index = {0};
  const uLong sum = crc32(0, (const Bytef *)"gr?n", 4);
  for (int i = 0; i < 4; i++) extra[5 + i] = (uint8_t)(sum >> (8 * i));
  memcpy(extra + 9, "gr\xc3\xbcn", 5);
  const member m[] = {
      {.name = "gr?n", .text = "1", .extra = extra, .extra_bytes = 14},
      {.name = "gr!n", .text = "2", .extra = extra, .extra_bytes = 14}, /* of another name */
      {.name = "a\\b\\c.txt", .text = "3"},
      {.name = "a\\b", .text = "4", .host = 3},
      {.name = "a/b\\c", .text = "5"},
      {.name = "d\\", .text = ""},
      {.name = "gr\x81n", .text = "6"},
      {.name = "/x/../y", .text = "7"},
      {.name = "..\\..\\y", .text = "8"},
      {.name = "a\0b", .name_bytes = 3, .text = "9"},
      {.name = "/abs", .text = "10"},
  };
  make(m, 11);
  opens(&index);
  assert_int_equal(index.n, 10);
  reads(&index, 0, "gr\xc3\xbcn", "1");
  reads(&index, 1, "gr!n", "2");
  reads(&index, 2, "a/b/c.txt", "3");
  reads(&index, 3, "a\\b", "4");
  reads(&index, 4, "a/b\\c", "5");
  assert_int_equal(index.row[5].how, LNTI_ROW_NAME_ENCODING);
  assert_int_equal(index.row[6].how, LNTI_ROW_NAME_UP);
  assert_int_equal(index.row[7].how, LNTI_ROW_NAME_UP);
  assert_int_equal(index.row[8].how, LNTI_ROW_NAME_CONTROL);
  reads(&index, 9, "abs", "10");
  lnti_index_clear(&index);
}

static void test_refused_members(void **state) {
  (void)state;
  const member m[] = {
      {.name = "encrypted", .text = "x", .flags = 1},
      {.name = "bzip2", .text = "x", .method = 12},
      {.name = "link", .text = "a", .host = 3, .mode = 0120777},
      {.name = "link of a mac", .text = "a", .host = 19, .mode = 0120777},
      {.name = "pipe", .text = "", .host = 3, .mode = 0010644},
      {.name = "not a link on dos", .text = "a", .host = 0, .mode = 0120777},
      {.name = "large", .text = "x", .method = 8, .bytes = (1 << 20) + 1},
      {.name = "twice", .text = "1"},
      {.name = "twice", .text = "2"},
      {.name = "regular", .text = "r", .host = 3, .mode = 0100644},
      {.name = "no mode", .text = "n", .host = 3},
      {.name = "folder of dos", .text = "", .dos = 0x10},
  };
  static const uint32_t hows[] = {LNTI_ROW_ENCRYPTED, LNTI_ROW_METHOD, LNTI_ROW_SYMLINK, LNTI_ROW_SYMLINK,
                                  LNTI_ROW_DEVICE,    LNTI_ROW_STORED, LNTI_ROW_LARGE,   LNTI_ROW_TWICE,
                                  LNTI_ROW_STORED,    LNTI_ROW_STORED, LNTI_ROW_STORED};
  lnti_index index = {0};
  make(m, 12);
  opens(&index);
  assert_int_equal(index.n, 11);
  for (size_t i = 0; i < 11; i++) {
    if (index.row[i].how != hows[i]) fail_msg("%s: %u", lnti_index_name(&index, i), index.row[i].how);
  }
  assert_int_equal(index.row[1].sum, 12);
  reads(&index, 8, "twice", "2");
  lnti_index_clear(&index);
}

static void test_caps(void **state) {
  (void)state;
  const member m[] = {{.name = "a", .text = "1"}, {.name = "b", .text = "2"}, {.name = "c.zip", .text = "3"}};
  lnti_index index = {0};
  const lnti_archive_caps before = caps;
  make(m, 3);
  caps.members_max = 2;
  refuses(LNT_ELIMIT, "has 3 members; at most 2 are taken");
  caps = before;
  caps.file_bytes_max = 0;
  opens(&index);
  assert_int_equal(index.row[0].how, LNTI_ROW_LARGE);
  assert_int_equal(index.row[2].how, LNTI_ROW_STORED); /* an archive has a cap of its own */
  lnti_index_clear(&index);
  caps = before;
  /* Cancelled. */
  lnti_cancel cancel = {0};
  lnti_cancel_request(&cancel);
  const lnti_span span = {-1, z.data, 0, z.n};
  assert_status(lnti_zip_index(&index, &span, "z.zip", &caps, &cancel, ERR), LNT_ECANCELLED);
  lnti_index_clear(&index);
}

static void patch(size_t at, size_t bytes, uint64_t value) {
  for (size_t i = 0; i < bytes; i++) z.data[at + i] = (uint8_t)(value >> (8 * i));
}

static void test_bombs(void **state) {
  (void)state;
  enum { N = 30, PACKED = 4000, ENTRY = 46 + 3 };
  const lnti_archive_caps before = caps;
  lnti_index index = {0};
  member m[N];
  static char filler[PACKED + 1], names[N][4];
  memset(filler, 'x', PACKED);
  for (size_t i = 0; i < N; i++) {
    snprintf(names[i], sizeof names[i], "b%02zu", i);
    m[i] = (member){.name = names[i], .text = filler};
  }
  caps.file_bytes_max = 1 << 30;
  /* Members that are said to be deflated as well as deflate can: 124 MB of 120 kB. */
  make(m, N);
  for (size_t i = 0; i < N; i++) {
    patch(z.directory_at + i * ENTRY + 10, 2, 8);
    patch(z.directory_at + i * ENTRY + 24, 4, (uint64_t)PACKED * 1032);
  }
  caps.ratio_max = 500;
  refuses(LNT_ELIMIT, "more than 500 times as many");
  caps.ratio_max = 5000;
  opens(&index);
  lnti_index_clear(&index);
  /* Better than deflate can. */
  patch(z.directory_at + 24, 4, (uint64_t)(PACKED + 2) * 1032);
  refuses(LNT_EDATA, "smaller than deflate can make it");
  caps = before;
  /* Two members with the same bytes. */
  const member twins[] = {{.name = "a", .text = text}, {.name = "b", .text = text}, {.name = "c", .text = text}};
  make(twins, 3);
  uint8_t *central = z.data + z.directory_at;
  const size_t entry = 46 + 1;
  memcpy(central + entry + 42, central + 42, 4); /* b is where a is */
  refuses(LNT_EDATA, "overlap");
  make(twins, 3);
  central[2 * entry + 42] -= 10; /* c begins within b */
  refuses(LNT_EDATA, "overlap");
}

static void test_lies(void **state) {
  (void)state;
  const member m[] = {{.name = "a", .text = text, .method = 8}, {.name = "b", .text = "stored"}};
  lnti_index index = {0};
  const size_t entry = 46 + 1;
  uint8_t *central;
  /* More, and less, than it unpacks to. */
  for (int step = -1; step <= 1; step += 2) {
    make(m, 2);
    central = z.data + z.directory_at;
    central[24] = (uint8_t)(central[24] + step);
    opens(&index);
    read_fails(&index, 0, step > 0 ? "bytes where" : "unpacks to more than");
    lnti_index_clear(&index);
  }
  make(m, 2);
  z.data[z.directory_at + 16] ^= 1;
  opens(&index);
  read_fails(&index, 0, "check sum");
  lnti_index_clear(&index);
  make(m, 2);
  z.data[z.directory_at + 20] -= 2;
  opens(&index);
  read_fails(&index, 0, "ends early");
  lnti_index_clear(&index);
  make(m, 2);
  z.data[30 + 1 + 7] = 0xff; /* the first byte of deflate */
  opens(&index);
  read_fails(&index, 0, "broken");
  lnti_index_clear(&index);
  make(m, 2);
  z.data[0] = 'x'; /* no local header */
  opens(&index);
  read_fails(&index, 0, "is not where");
  lnti_index_clear(&index);
  make(m, 2);
  z.data[28] = 0xff; /* a local extra field that reaches out of the archive */
  z.data[29] = 0xff;
  opens(&index);
  read_fails(&index, 0, "are not in it");
  lnti_index_clear(&index);
  make(m, 2);
  z.data[z.directory_at + entry + 24] += 1;
  refuses(LNT_EDATA, "two sizes");
  make(m, 2);
  z.data[z.directory_at + entry + 43] = 0x7f; /* its place */
  refuses(LNT_EDATA, "does not lie before it");
  make(m, 2);
  z.data[z.directory_at] = 'x';
  refuses(LNT_EDATA, "makes no sense");
  begin(m, 2, 0);
  put_end_of(3, z.directory_bytes, z.directory_at, ""); /* one more than there are */
  refuses(LNT_EDATA, "too short");
  begin(m, 2, 0);
  put_end_of(2, z.directory_bytes + 1000, z.directory_at, "");
  refuses(LNT_EDATA, "does not lie within");
  begin(m, 2, 0);
  put_end_of(2, z.directory_bytes, z.directory_at, "");
  z.data[z.n - 18] = 1; /* this is part two */
  refuses(LNT_EUNSUPPORTED, "several parts");
}

/* Cut at every byte: said so, and nothing is read that is not there. */
static void test_every_cut(void **state) {
  (void)state;
  const member m[] = {{.name = "a", .text = text, .method = 8}, {.name = "b", .text = "stored"}};
  make(m, 2);
  for (size_t n = 0; n < z.n; n++) {
    lnti_index index = {0};
    uint8_t *copy = malloc(n > 0 ? n : 1);
    memcpy(copy, z.data, n);
    const lnti_span span = {-1, copy, 0, n};
    assert_status(lnti_zip_index(&index, &span, "z.zip", &caps, NULL, ERR), LNT_ENOTFOUND);
    lnti_index_clear(&index);
    free(copy);
  }
}

/* Each byte wrong in each of eight ways: an answer, and no byte outside of what it has. */
static void test_every_flip(void **state) {
  (void)state;
  const member m[] = {{.name = "a", .text = text, .method = 8}, {.name = "b", .text = "stored"}};
  make(m, 2);
  uint8_t *copy = malloc(z.n);
  for (size_t i = 0; i < 8 * z.n; i++) {
    lnti_index index = {0};
    memcpy(copy, z.data, z.n);
    copy[i / 8] ^= (uint8_t)(1 << i % 8);
    const lnti_span span = {-1, copy, 0, z.n};
    if (lnti_zip_index(&index, &span, "z.zip", &caps, NULL, NULL) == LNT_OK) {
      for (size_t r = 0; r < index.n; r++) {
        uint8_t data[4096];
        if (lnti_row_refused(&index.row[r]) || index.row[r].bytes > sizeof data) continue;
        if (lnti_zip_read(data, &span, &index.row[r], "m", NULL) != LNT_OK) continue;
        /* What passes its sum is what was packed. */
        if (index.row[r].bytes == strlen(text)) assert_memory_equal(data, text, strlen(text));
      }
    }
    lnti_index_clear(&index);
  }
  free(copy);
}

static void test_out_of_memory(void **state) {
  (void)state;
  const member m[] = {{.name = "a", .text = text, .method = 8}, {.name = "b\\c", .text = "stored"}};
  make(m, 2);
  const lnti_span span = {-1, z.data, 0, z.n};
  for_each_fault(n) {
    lnti_index index = {0};
    uint8_t data[4096];
    lnt_status status = lnti_zip_index(&index, &span, "z.zip", &caps, NULL, ERR);
    if (status == LNT_OK) status = lnti_zip_read(data, &span, &index.row[0], "a", ERR);
    assert_fault_status(status);
    lnti_index_clear(&index);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_plain),           cmocka_unit_test(test_surroundings),
      cmocka_unit_test(test_zip64),           cmocka_unit_test(test_names),
      cmocka_unit_test(test_refused_members), cmocka_unit_test(test_caps),
      cmocka_unit_test(test_bombs),           cmocka_unit_test(test_lies),
      cmocka_unit_test(test_every_cut),       cmocka_unit_test(test_every_flip),
      cmocka_unit_test(test_out_of_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
