/*
 * The container: what is written reads back, at the places the format says; what may not be written or read is
 * refused with its code.
 */
#include <base/bytes.h>
#include <model/lnt_zip.h>
#include <model/model_support.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct folder {
  char *path, *file;
} folder;

static int set_up(void **state) {
  static folder f;
  f.path = lnti_test_folder();
  f.file = lnti_test_path(f.path, "a.lnt");
  *state = &f;
  return 0;
}

static int tear_down(void **state) {
  folder *f = *state;
  free(f->file);
  lnti_test_folder_remove(f->path);
  return 0;
}

static void put_text(lnti_lnt_writer *w, const char *name, const char *text) {
  assert_ok(lnti_lnt_put(w, name, text, strlen(text), ERR));
}

static void write_sample(const char *path) {
  lnti_lnt_writer *w = NULL;
  const float weight[6] = {1, 2, 3, 4, 5, 6};
  const int32_t labels[3] = {2, 1, 0};
  const size_t shape[2] = {2, 3}, count[1] = {3}, none[1] = {0};
  assert_ok(lnti_lnt_create(&w, path, ERR));
  put_text(w, "manifest.json", "{}");
  assert_ok(lnti_lnt_put_tensor(w, "weight", LNTI_F32, shape, 2, weight, ERR));
  assert_ok(lnti_lnt_put_tensor(w, "labels", LNTI_I32, count, 1, labels, ERR));
  assert_ok(lnti_lnt_put_tensor(w, "nothing", LNTI_U8, none, 1, NULL, ERR));
  put_text(w, "a/b.c-d_E", "x");
  assert_ok(lnti_lnt_commit(w, ERR));
}

static void test_reads_back(void **state) {
  const folder *f = *state;
  lnti_lnt_reader *r = NULL;
  const void *data = NULL;
  size_t bytes = 0;
  write_sample(f->file);
  assert_ok(lnti_lnt_open(&r, f->file, ERR));
  assert_string_equal(lnti_lnt_name(r), f->file);
  assert_ok(lnti_lnt_get(&data, &bytes, r, "a/b.c-d_E", ERR));
  assert_int_equal(bytes, 1);
  assert_memory_equal(data, "x", 1);
  assert_int_equal((uintptr_t)data % 64, 0);

  size_t shape[2] = {2, 3}, any[2] = {SIZE_MAX, 3}, count[1] = {SIZE_MAX}, none[1] = {0};
  assert_ok(lnti_lnt_get_tensor(&data, shape, 2, r, "weight", LNTI_F32, ERR));
  assert_true(((const float *)data)[5] == 6);
  assert_int_equal((uintptr_t)data % 64, 0);
  assert_ok(lnti_lnt_get_tensor(&data, any, 2, r, "weight", LNTI_F32, ERR));
  assert_int_equal(any[0], 2);
  assert_ok(lnti_lnt_get_tensor(&data, count, 1, r, "labels", LNTI_I32, ERR));
  assert_int_equal(count[0], 3);
  assert_int_equal(((const int32_t *)data)[0], 2);
  assert_ok(lnti_lnt_get_tensor(&data, none, 1, r, "nothing", LNTI_U8, ERR));
  lnti_lnt_close(r);
  assert_int_equal(lnti_test_count_entries(f->path), 1);
}

/* The bytes that the format names, at the places that it names: docs/formats/model.md. */
static void test_layout(void **state) {
  const folder *f = *state;
  size_t n = 0;
  lnti_lnt_writer *w = NULL;
  assert_ok(lnti_lnt_create(&w, f->file, ERR));
  put_text(w, "abc", "123456789");
  assert_ok(lnti_lnt_commit(w, ERR));
  uint8_t *p = (uint8_t *)lnti_test_read_file(&n, f->file);
  /* local header 30 + name 3 + padding up to 64, data 9, central 46 + 3, end 22 */
  assert_int_equal(n, 64 + 9 + 49 + 22);
  assert_memory_equal(p, "PK\3\4", 4);
  assert_int_equal(lnti_get_le32(p + 14), 0xcbf43926); /* CRC-32 of "123456789", as every text on it says */
  assert_int_equal(lnti_get_le32(p + 18), 9);
  assert_int_equal(lnti_get_le16(p + 28), 31);
  assert_int_equal(lnti_get_le16(p + 33), 0xD935);
  assert_int_equal(lnti_get_le16(p + 35), 27);
  assert_int_equal(lnti_get_le16(p + 37), 64);
  for (size_t i = 39; i < 64; i++) assert_int_equal(p[i], 0);
  assert_memory_equal(p + 64, "123456789", 9);
  assert_memory_equal(p + 73, "PK\1\2", 4);
  assert_memory_equal(p + 73 + 46, "abc", 3);
  assert_memory_equal(p + 122, "PK\5\6", 4);
  assert_int_equal(lnti_get_le16(p + 122 + 10), 1);
  assert_int_equal(lnti_get_le32(p + 122 + 12), 49);
  assert_int_equal(lnti_get_le32(p + 122 + 16), 73);
  free(p);
}

static void test_alignment_of_any_name(void **state) {
  (void)state;
  for (uint32_t offset = 0; offset < 200; offset++)
    for (size_t n = 1; n <= LNTI_LNT_NAME_MAX; n++) {
      size_t bytes = lnti_zip_local_bytes(offset, n);
      assert_int_equal((offset + bytes) % 64, 0);
      assert_true(bytes >= 30 + n + 6 && bytes < 30 + n + 6 + 64);
      assert_true(bytes <= LNTI_ZIP_HEADER_MAX);
    }
}

static void test_names(void **state) {
  (void)state;
  static const char *const good[] = {"a", "manifest.json", "weights/a.f32.2x3", "a/b/c", ".x", "_-9Z"};
  static const char *const bad[] = {"",       "/a",   "a/",  "a//b", ".",        "..",
                                    "a/../b", "../a", "a b", "a\\b", "\xc3\xa9", "a:b"};
  for (size_t i = 0; i < sizeof good / sizeof *good; i++) assert_true(lnti_zip_name_ok(good[i], strlen(good[i])));
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    if (lnti_zip_name_ok(bad[i], strlen(bad[i]))) fail_msg("'%s' was taken for a name", bad[i]);
}

static void test_writer_refuses(void **state) {
  const folder *f = *state;
  lnti_lnt_writer *w = NULL;
  char name[LNTI_LNT_NAME_MAX + 2];
  memset(name, 'a', sizeof name - 1);
  name[sizeof name - 1] = '\0';
  size_t shape[5] = {1, 1, 1, 1, 1}, huge[2] = {SIZE_MAX, 2};

  assert_ok(lnti_lnt_create(&w, f->file, ERR));
  put_text(w, "a", "1");
  assert_status(lnti_lnt_put(w, "a", "2", 1, ERR), LNT_EEXISTS);
  assert_status(lnti_lnt_put(w, "..", "2", 1, ERR), LNT_EINVAL);
  assert_status(lnti_lnt_put(w, name, "2", 1, ERR), LNT_ELIMIT);
  assert_status(lnti_lnt_put(w, "b", "2", (size_t)UINT32_MAX, ERR), LNT_ELIMIT);
  assert_status(lnti_lnt_put_tensor(w, "t", LNTI_F32, shape, 5, "", ERR), LNT_EINVAL);
  assert_status(lnti_lnt_put_tensor(w, "t", LNTI_F32, shape, 0, "", ERR), LNT_EINVAL);
  assert_status(lnti_lnt_put_tensor(w, "t", LNTI_F32, huge, 2, "", ERR), LNT_ELIMIT);
  /* After a refusal nothing is committed. */
  assert_status(lnti_lnt_commit(w, ERR), LNT_EINVAL);
  assert_int_equal(lnti_test_count_entries(f->path), 0);

  assert_ok(lnti_lnt_create(&w, f->file, ERR));
  assert_status(lnti_lnt_commit(w, ERR), LNT_EINVAL); /* no entries */
  assert_ok(lnti_lnt_create(&w, f->file, ERR));
  put_text(w, "a", "1");
  lnti_lnt_discard(w);
  assert_int_equal(lnti_test_count_entries(f->path), 0);
  lnti_lnt_discard(NULL);
}

static void test_most_entries(void **state) {
  const folder *f = *state;
  lnti_lnt_writer *w = NULL;
  lnti_lnt_reader *r = NULL;
  char name[32];
  assert_ok(lnti_lnt_create(&w, f->file, ERR));
  for (int i = 0; i < LNTI_LNT_ENTRIES_MAX; i++) {
    snprintf(name, sizeof name, "e%d", i);
    put_text(w, name, "1");
  }
  assert_ok(lnti_lnt_commit(w, ERR));
  assert_ok(lnti_lnt_open(&r, f->file, ERR));
  lnti_lnt_close(r);

  assert_ok(lnti_lnt_create(&w, f->file, ERR));
  for (int i = 0; i < LNTI_LNT_ENTRIES_MAX; i++) {
    snprintf(name, sizeof name, "e%d", i);
    put_text(w, name, "1");
  }
  assert_status(lnti_lnt_put(w, "more", "1", 1, ERR), LNT_ELIMIT);
  lnti_lnt_discard(w);
}

static void test_commit_replaces(void **state) {
  const folder *f = *state;
  lnti_lnt_writer *w = NULL;
  lnti_lnt_reader *r = NULL;
  const void *data = NULL;
  size_t bytes = 0;
  write_sample(f->file);
  assert_ok(lnti_lnt_create(&w, f->file, ERR));
  put_text(w, "a", "new");
  /* Until commit the old file is whole. */
  assert_ok(lnti_lnt_open(&r, f->file, ERR));
  lnti_lnt_close(r);
  assert_ok(lnti_lnt_commit(w, ERR));
  assert_ok(lnti_lnt_open(&r, f->file, ERR));
  assert_ok(lnti_lnt_get(&data, &bytes, r, "a", ERR));
  assert_memory_equal(data, "new", 3);
  lnti_lnt_close(r);
}

static void test_missing_and_different(void **state) {
  const folder *f = *state;
  lnti_lnt_reader *r = NULL;
  const void *data = NULL;
  size_t bytes = 0, two[2] = {2, 4}, three[3] = {2, 3, 1}, one[1] = {6}, right[2] = {2, 3};
  write_sample(f->file);
  assert_ok(lnti_lnt_open(&r, f->file, ERR));
  assert_status(lnti_lnt_get(&data, &bytes, r, "manifest", ERR), LNT_ECORRUPT);
  assert_message("manifest");
  assert_status(lnti_lnt_get_tensor(&data, right, 2, r, "weigh", LNTI_F32, ERR), LNT_ECORRUPT);
  assert_status(lnti_lnt_get_tensor(&data, two, 2, r, "weight", LNTI_F32, ERR), LNT_ECORRUPT);
  assert_message("weights/weight.f32.2x3");
  assert_status(lnti_lnt_get_tensor(&data, three, 3, r, "weight", LNTI_F32, ERR), LNT_ECORRUPT);
  assert_status(lnti_lnt_get_tensor(&data, one, 1, r, "weight", LNTI_F32, ERR), LNT_ECORRUPT);
  assert_status(lnti_lnt_get_tensor(&data, right, 2, r, "weight", LNTI_I32, ERR), LNT_ECORRUPT);
  lnti_lnt_close(r);
}

/* A tensor whose name lies about its size, in a file that is otherwise right. */
static void test_lying_tensors(void **state) {
  const folder *f = *state;
  static const char *const names[] = {"weights/t.f32.3",
                                      "weights/t.f32.02",
                                      "weights/t.f32.",
                                      "weights/t.f32.2x",
                                      "weights/t.f32.18446744073709551618",
                                      "weights/t.f32.2x2",
                                      "weights/t.u8.2"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    lnti_lnt_writer *w = NULL;
    lnti_lnt_reader *r = NULL;
    const void *data = NULL;
    size_t shape[1] = {SIZE_MAX};
    assert_ok(lnti_lnt_create(&w, f->file, ERR));
    assert_ok(lnti_lnt_put(w, names[i], "12345678", 8, ERR));
    assert_ok(lnti_lnt_commit(w, ERR));
    assert_ok(lnti_lnt_open(&r, f->file, ERR));
    assert_status(lnti_lnt_get_tensor(&data, shape, 1, r, "t", LNTI_F32, ERR), LNT_ECORRUPT);
    assert_true(shape[0] == SIZE_MAX);
    lnti_lnt_close(r);
  }
}

static void test_no_model_files(void **state) {
  const folder *f = *state;
  lnti_lnt_reader *r = NULL;
  assert_status(lnti_lnt_open(&r, f->file, ERR), LNT_ENOTFOUND);
  assert_status(lnti_lnt_open(&r, f->path, ERR), LNT_EINVAL);
  assert_int_equal(mkfifo(f->file, 0600), 0);
  assert_status(lnti_lnt_open(&r, f->file, ERR), LNT_EINVAL); /* and does not hang */
  assert_message("a pipe");
  assert_int_equal(unlink(f->file), 0);
  lnti_test_write_file(f->file, "", 0);
  assert_status(lnti_lnt_open(&r, f->file, ERR), LNT_EDATA);
  lnti_test_write_file(f->file, "PK", 2);
  assert_status(lnti_lnt_open(&r, f->file, ERR), LNT_EDATA);
  lnti_test_write_file(f->file, "PK\3\4", 4);
  assert_status(lnti_lnt_open(&r, f->file, ERR), LNT_ECORRUPT);
  lnti_test_write_file(f->file, "\x89PNG\r\n\x1a\n and so on and on", 25);
  assert_status(lnti_lnt_open(&r, f->file, ERR), LNT_EDATA);
  assert_message(f->file);
  assert_null(r);
}

static void test_memory_at_any_address(void **state) {
  const folder *f = *state;
  size_t n = 0;
  write_sample(f->file);
  char *data = lnti_test_read_file(&n, f->file);
  char *block = NULL;
  assert_int_equal(posix_memalign((void **)&block, 64, n + 64), 0);
  for (size_t shift = 0; shift < 64; shift += 21) {
    lnti_lnt_reader *r = NULL;
    const void *entry = NULL;
    size_t bytes = 0;
    memcpy(block + shift, data, n);
    assert_ok(lnti_lnt_open_memory(&r, block + shift, n, "memory", ERR));
    assert_ok(lnti_lnt_get(&entry, &bytes, r, "manifest.json", ERR));
    assert_int_equal((uintptr_t)entry % 64, 0);
    assert_memory_equal(entry, "{}", 2);
    lnti_lnt_close(r);
  }
  free(block);
  free(data);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_reads_back, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_layout, set_up, tear_down),
      cmocka_unit_test(test_alignment_of_any_name),
      cmocka_unit_test(test_names),
      cmocka_unit_test_setup_teardown(test_writer_refuses, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_most_entries, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_commit_replaces, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_missing_and_different, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_lying_tensors, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_no_model_files, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_memory_at_any_address, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
