/*
 * Packs: what is written is read back; whatever is torn, cut or changed is found.
 */
#include <media/pack.h>

#include "support.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct room {
  uint64_t most, asked;
  size_t calls;
} room;

static lnt_status ask(void *payload, uint64_t total, lnt_error *err) {
  room *r = payload;
  r->calls++;
  r->asked = total;
  if (total <= r->most) return LNT_OK;
  if (err) snprintf(err->message, sizeof err->message, "no room for %llu", (unsigned long long)total);
  if (err) err->code = LNT_ELIMIT;
  return LNT_ELIMIT;
}

static const lnti_hash key = {{1, 2, 3}}, other_key = {{1, 2, 4}};

static int open_file(void) {
  char path[] = "/tmp/linnet-test-XXXXXX";
  const int fd = mkostemp(path, O_CLOEXEC);
  if (fd < 0) abort();
  unlink(path);
  return fd;
}

static lnt_status append(lnti_pack_writer *pack, lnti_index *index, const char *name, const void *data, size_t n) {
  const lnti_row row = {.how = LNTI_ROW_SUMMED, .at = lnti_pack_offset(pack), .bytes = n, .packed = n, .sum = 7};
  lnt_status status = lnti_pack_write(pack, data, n, ERR);
  return status == LNT_OK ? lnti_index_add(index, name, &row, 100, "x.tar.gz", ERR) : status;
}

/* Two members and a refused one, with damage. */
static lnt_status write_pack(int fd, room *r) {
  lnti_pack_writer *pack = NULL;
  lnti_index index = {0};
  lnt_error damage = {LNT_EDATA, "cut short"};
  const lnti_row refused = {.how = LNTI_ROW_SYMLINK};
  lnt_status status = lnti_pack_writer_new(&pack, fd, "x.tar.gz", &key, ask, r, ERR);
  if (status == LNT_OK) status = append(pack, &index, "a", "hello", 5);
  if (status == LNT_OK) status = append(pack, &index, "b/c", "world!", 6);
  if (status == LNT_OK) status = lnti_index_add(&index, "link", &refused, 100, "x", ERR);
  if (status == LNT_OK) status = lnti_pack_finish(pack, &index, &damage, ERR);
  lnti_pack_writer_free(pack);
  lnti_index_clear(&index);
  return status;
}

static lnti_span span_of(int fd) {
  struct stat st;
  if (fstat(fd, &st) != 0) abort();
  return (lnti_span){fd, NULL, 0, (uint64_t)st.st_size};
}

static lnt_status read_pack(int fd, const lnti_hash *wanted) {
  lnti_index index = {0};
  lnt_error damage = LNT_ERROR_INIT;
  const lnti_span span = span_of(fd);
  const lnt_status status = lnti_pack_read(&index, &damage, &span, wanted, "x.tar.gz", ERR);
  if (status == LNT_OK) lnti_index_clear(&index);
  assert_null(index.row);
  return status;
}

static void test_round_trip(void **state) {
  (void)state;
  const int fd = open_file();
  room r = {1 << 30, 0, 0};
  lnti_index index = {0};
  lnt_error damage = LNT_ERROR_INIT;
  char text[8] = "";
  assert_ok(write_pack(fd, &r));
  const lnti_span span = span_of(fd);
  assert_true(r.asked >= span.bytes);
  assert_ok(lnti_pack_read(&index, &damage, &span, &key, "x.tar.gz", ERR));
  assert_int_equal(index.n, 3);
  assert_int_equal(damage.code, LNT_EDATA);
  assert_string_equal(damage.message, "cut short");
  const size_t row = lnti_index_find(&index, "b/c", 3);
  assert_int_equal(row, 1);
  assert_ok(lnti_span_read(text, &span, index.row[row].at, 6, "x", ERR));
  assert_string_equal(text, "world!");
  assert_int_equal(lnti_index_find(&index, "link", 4), LNTI_NO_ROW);
  assert_int_equal(index.row[2].how, LNTI_ROW_SYMLINK);
  lnti_index_clear(&index);
  assert_status(read_pack(fd, &other_key), LNT_ECORRUPT);
  close(fd);
}

static void test_empty(void **state) {
  (void)state;
  const int fd = open_file();
  room r = {1 << 30, 0, 0};
  lnti_pack_writer *pack = NULL;
  lnti_index index = {0};
  lnt_error damage = LNT_ERROR_INIT;
  assert_ok(lnti_pack_writer_new(&pack, fd, "x", &key, ask, &r, ERR));
  assert_ok(lnti_pack_finish(pack, &index, &damage, ERR));
  lnti_pack_writer_free(pack);
  assert_ok(read_pack(fd, &key));
  close(fd);
}

static void test_every_cut_and_flip(void **state) {
  (void)state;
  const int fd = open_file();
  room r = {1 << 30, 0, 0};
  assert_ok(write_pack(fd, &r));
  const size_t n = (size_t)span_of(fd).bytes;
  enum { DATA_AT = 48, DATA = 11 };
  for (size_t at = 0; at < n; at++) {
    uint8_t byte = 0, turned = 0;
    if (at >= DATA_AT && at < DATA_AT + DATA) continue; /* members have sums of their own */
    assert_int_equal(pread(fd, &byte, 1, (off_t)at), 1);
    turned = byte ^ 0x10;
    assert_int_equal(pwrite(fd, &turned, 1, (off_t)at), 1);
    if (read_pack(fd, &key) != LNT_ECORRUPT) fail_msg("byte %zu was turned, and nobody noticed", at);
    assert_int_equal(pwrite(fd, &byte, 1, (off_t)at), 1);
  }
  assert_ok(read_pack(fd, &key));
  for (size_t cut = n; cut-- > 0;) {
    assert_int_equal(ftruncate(fd, (off_t)cut), 0);
    assert_status(read_pack(fd, &key), LNT_ECORRUPT);
  }
  /* Zeros in its place, as after a power cut. */
  assert_int_equal(ftruncate(fd, (off_t)n), 0);
  assert_status(read_pack(fd, &key), LNT_ECORRUPT);
  close(fd);
}

/* An index that fits its sum, and makes no sense: rows out of the file, names out of the names. */
static void test_rows_that_lie(void **state) {
  (void)state;
  const lnti_row bad[] = {{.how = LNTI_ROW_SUMMED, .at = 1 << 20, .bytes = 1},
                          {.how = LNTI_ROW_SUMMED, .at = 48, .bytes = UINT64_MAX},
                          {.how = LNTI_ROW_DEFLATED, .at = 48, .bytes = 1},
                          {.how = LNTI_ROW_HOWS, .at = 48, .bytes = 1},
                          {.how = LNTI_ROW_SUMMED, .at = 48, .bytes = 1, .name = 2}};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    const int fd = open_file();
    room r = {1 << 30, 0, 0};
    lnti_pack_writer *pack = NULL;
    char name[] = "a";
    lnti_row row = bad[i];
    lnti_index index = {.row = &row, .n = 1, .names = name, .names_bytes = 2};
    lnt_error damage = LNT_ERROR_INIT;
    assert_ok(lnti_pack_writer_new(&pack, fd, "x", &key, ask, &r, ERR));
    assert_ok(lnti_pack_write(pack, "x", 1, ERR));
    assert_ok(lnti_pack_finish(pack, &index, &damage, ERR));
    lnti_pack_writer_free(pack);
    assert_status(read_pack(fd, &key), LNT_ECORRUPT);
    close(fd);
  }
}

static void test_rewind(void **state) {
  (void)state;
  enum { BIG = 600000 };
  const int fd = open_file();
  room r = {1 << 30, 0, 0};
  lnti_pack_writer *pack = NULL;
  uint8_t *data = malloc(BIG), back[4] = {0};
  for (size_t i = 0; i < BIG; i++) data[i] = (uint8_t)(i % 251);
  assert_ok(lnti_pack_writer_new(&pack, fd, "x", &key, ask, &r, ERR));
  const uint64_t begin = lnti_pack_offset(pack);
  assert_ok(lnti_pack_write(pack, data, 10, ERR));
  assert_ok(lnti_pack_rewind(pack, begin, ERR)); /* still in the buffer */
  assert_int_equal(lnti_pack_offset(pack), begin);
  assert_ok(lnti_pack_write(pack, data, BIG, ERR)); /* some of it is in the file */
  assert_ok(lnti_pack_rewind(pack, begin + 2, ERR));
  assert_int_equal(lnti_pack_offset(pack), begin + 2);
  assert_ok(lnti_pack_write(pack, "xy", 2, ERR));
  lnti_index index = {0};
  lnt_error damage = LNT_ERROR_INIT;
  assert_ok(lnti_pack_finish(pack, &index, &damage, ERR));
  lnti_pack_writer_free(pack);
  const lnti_span span = span_of(fd);
  assert_ok(lnti_span_read(back, &span, begin, 4, "x", ERR));
  assert_memory_equal(back, "\0\1xy", 4);
  assert_ok(read_pack(fd, &key));
  free(data);
  close(fd);
}

static void test_no_room(void **state) {
  (void)state;
  const int fd = open_file();
  room r = {48 + 5, 0, 0}; /* the head and the first member, no more */
  assert_status(write_pack(fd, &r), LNT_ELIMIT);
  assert_message("no room for 59");
  r.most = 10;
  assert_status(write_pack(fd, &r), LNT_ELIMIT);
  r.most = 1 << 30;
  r.calls = 0;
  assert_ok(write_pack(fd, &r));
  assert_int_equal(r.calls, 1); /* some more is asked for than is needed */
  close(fd);
  /* A disk that takes nothing. */
  const int full = open("/dev/full", O_RDWR | O_CLOEXEC);
  if (full < 0) skip();
  assert_status(write_pack(full, &r), LNT_ENOSPC);
  assert_message("make room on its disk");
  close(full);
}

static void test_out_of_memory(void **state) {
  (void)state;
  for_each_fault(n) {
    const int fd = open_file();
    room r = {1 << 30, 0, 0};
    lnt_status status = write_pack(fd, &r);
    if (status == LNT_OK) status = read_pack(fd, &key);
    assert_fault_status(status);
    close(fd);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_round_trip),    cmocka_unit_test(test_empty),  cmocka_unit_test(test_every_cut_and_flip),
      cmocka_unit_test(test_rows_that_lie), cmocka_unit_test(test_rewind), cmocka_unit_test(test_no_room),
      cmocka_unit_test(test_out_of_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
