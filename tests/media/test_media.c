/*
 * URIs: what wins, what is refused, what the messages name; and Debian's Fashion-MNIST where it is installed.
 */
#include <media/media.h>

#include "support.h"

#include "media/temp.h"
#include <sys/stat.h>

typedef struct fixture {
  temp_folder folder;
  lnti_media *media;
} fixture;

static int set_up(void **state) {
  static fixture f;
  const lnti_media_options options = LNTI_MEDIA_OPTIONS_INIT;
  temp_open(&f.folder);
  if (lnti_media_new(&f.media, &options, NULL) != LNT_OK) return 1;
  *state = &f;
  return 0;
}

static int tear_down(void **state) {
  fixture *f = *state;
  lnti_media_free(f->media);
  temp_close(&f->folder);
  return 0;
}

static void test_encoded_file(void **state) {
  fixture *f = *state;
  char path[TEMP_PATH];
  lnti_blob blob = {0};
  lnt_error err = LNT_ERROR_INIT;
  temp_write(temp_path(path, &f->folder, "a#b.jpg"), "hello", 5);
  assert_int_equal(lnti_media_read(&blob, f->media, path, &err), LNT_OK);
  assert_int_equal(blob.kind, LNTI_BLOB_ENCODED);
  assert_int_equal(blob.bytes, 5);
  assert_memory_equal(blob.data, "hello", 5);
  lnti_blob_clear(&blob);
  assert_null(blob.data);
  lnti_blob_clear(&blob);
  temp_write(temp_path(path, &f->folder, "empty"), "", 0);
  assert_int_equal(lnti_media_read(&blob, f->media, path, &err), LNT_OK);
  assert_int_equal(blob.bytes, 0);
  lnti_blob_clear(&blob);
}

static void read_fails(fixture *f, const char *uri, lnt_status expected, const char *words) {
  lnti_blob blob = {.bytes = 99};
  lnt_error err = LNT_ERROR_INIT;
  assert_int_equal(lnti_media_read(&blob, f->media, uri, &err), expected);
  assert_int_equal(err.code, expected);
  if (!strstr(err.message, words)) fail_msg("\"%s\" does not say \"%s\"", err.message, words);
  assert_int_equal(blob.bytes, 99);
}

static void test_refusals(void **state) {
  fixture *f = *state;
  char path[TEMP_PATH], uri[TEMP_PATH + 64];
  size_t n = 0;
  read_fails(f, temp_path(path, &f->folder, "none.png"), LNT_ENOTFOUND, "none.png");
  read_fails(f, temp_path(path, &f->folder, "none.gz#3"), LNT_ENOTFOUND, "none.gz");
  read_fails(f, temp_path(path, &f->folder, "none.gz#x"), LNT_ENOTFOUND, "none.gz#x");
  read_fails(f, f->folder.path, LNT_EINVAL, "a folder");
  assert_int_equal(mkfifo(temp_path(path, &f->folder, "pipe"), 0600), 0);
  read_fails(f, path, LNT_EINVAL, "a pipe");
  read_fails(f, "/dev/null", LNT_EINVAL, "a device");
  temp_write(temp_path(path, &f->folder, "text"), "hello", 5);
  snprintf(uri, sizeof uri, "%s#member", path);
  read_fails(f, uri, LNT_EUNSUPPORTED, "neither an archive");
  snprintf(uri, sizeof uri, "%s#3", path);
  read_fails(f, uri, LNT_EUNSUPPORTED, "nor an array");
  uint8_t *idx = temp_idx_images(&n, 3, 2, 2);
  temp_write(temp_path(path, &f->folder, "idx"), idx, n);
  free(idx);
  const char *bad[] = {"#3", "#18446744073709551615", "#18446744073709551616", "#-1", "#+1", "#1x", "# 1", "#"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    snprintf(uri, sizeof uri, "%s%s", path, bad[i]);
    read_fails(f, uri, LNT_ENOTFOUND, uri);
  }
}

static void test_file_cap(void **state) {
  fixture *f = *state;
  char path[TEMP_PATH];
  lnti_media *media = NULL;
  lnti_media_options options = LNTI_MEDIA_OPTIONS_INIT;
  lnti_blob blob = {0};
  lnt_error err = LNT_ERROR_INIT;
  options.file_bytes_max = 4;
  assert_int_equal(lnti_media_new(&media, &options, &err), LNT_OK);
  temp_write(temp_path(path, &f->folder, "five"), "12345", 5);
  assert_int_equal(lnti_media_read(&blob, media, path, &err), LNT_ELIMIT);
  temp_write(temp_path(path, &f->folder, "four"), "1234", 4);
  assert_int_equal(lnti_media_read(&blob, media, path, &err), LNT_OK);
  lnti_blob_clear(&blob);
  lnti_media_free(media);
  lnti_media_free(NULL);
}

static void test_symbolic_links(void **state) {
  fixture *f = *state;
  char path[TEMP_PATH], link[TEMP_PATH];
  lnti_blob blob = {0};
  lnt_error err = LNT_ERROR_INIT;
  temp_write(temp_path(path, &f->folder, "real"), "abc", 3);
  assert_int_equal(symlink(path, temp_path(link, &f->folder, "link")), 0);
  assert_int_equal(lnti_media_read(&blob, f->media, link, &err), LNT_OK);
  assert_memory_equal(blob.data, "abc", 3);
  lnti_blob_clear(&blob);
  assert_int_equal(symlink("/nowhere/at/all", temp_path(link, &f->folder, "dangling")), 0);
  read_fails(f, link, LNT_ENOTFOUND, "dangling");
}

/* Every allocation of ours fails in turn: no leak, nothing handed out, and nothing remembered as broken. */
static void test_out_of_memory(void **state) {
  fixture *f = *state;
  char path[TEMP_PATH], plain[TEMP_PATH + 2], packed[TEMP_PATH + 2], file[TEMP_PATH + 8], whole[TEMP_PATH];
  size_t n = 0;
  uint8_t *idx = temp_idx_images(&n, 3, 2, 2);
  temp_write(temp_path(path, &f->folder, "fault"), idx, n);
  snprintf(plain, sizeof plain, "%s#1", path);
  temp_write_gzip(temp_path(path, &f->folder, "fault.gz"), idx, n);
  snprintf(packed, sizeof packed, "%s#1", path);
  temp_write(temp_path(path, &f->folder, "fault.gif"), idx, n);
  snprintf(file, sizeof file, "%s#frame=2", path);
  temp_write(temp_path(whole, &f->folder, "fault.jpg"), idx, n);
  free(idx);
  const char *const uris[] = {plain, packed, file, whole};
  for (size_t i = 0; i < 4; i++) {
    for_each_fault(nth) {
      lnti_media *media = NULL;
      lnti_blob blob = {0};
      lnt_status status = lnti_media_new(&media, NULL, ERR);
      if (status == LNT_OK) status = lnti_media_read(&blob, media, uris[i], ERR);
      assert_fault_status(status);
      if (status != LNT_OK && media) {
        assert_null(blob.data);
        assert_ok(lnti_media_read(&blob, media, uris[i], ERR));
      }
      lnti_blob_clear(&blob);
      lnti_media_free(media);
    }
  }
}

static void test_fashion_mnist(void **state) {
  fixture *f = *state;
  static const char path[] = "/usr/share/datasets/fashion-mnist/t10k-images-idx3-ubyte.gz";
  if (access(path, R_OK) != 0) {
    print_message("skipped: %s is not installed (dataset-fashion-mnist)\n", path);
    skip();
  }
  char uri[TEMP_PATH];
  lnt_error err = LNT_ERROR_INIT;
  uint64_t sum = 0;
  for (int i = 0; i < 10000; i++) {
    lnti_blob blob = {0};
    snprintf(uri, sizeof uri, "%s#%d", path, i);
    assert_int_equal(lnti_media_read(&blob, f->media, uri, &err), LNT_OK);
    assert_int_equal(blob.kind, LNTI_BLOB_PIXELS);
    assert_int_equal(blob.h * blob.w * blob.c, 784);
    for (size_t j = 0; j < blob.bytes; j++) sum += blob.data[j];
    lnti_blob_clear(&blob);
  }
  /* The sum of all pixels, by numpy from the unpacked file. */
  assert_int_equal(sum, 573469082);
}

static void close_state(void *state) {
  (*(int *)state)++;
}

/* Files of which frames are asked for: their bytes are shared, and what is left of them is handed on, nearest first. */
static void test_kept_files(void **state) {
  fixture *f = *state;
  char path[TEMP_PATH], uri[TEMP_PATH + 16];
  lnti_blob first = {0}, second = {0};
  int closed[6] = {0};
  temp_write(temp_path(path, &f->folder, "kept.gif"), "abc", 3);
  assert_ok(lnti_media_read(&first, f->media, path, ERR));
  assert_null(first.kept);
  lnti_blob_clear(&first);
  snprintf(uri, sizeof uri, "%s#frame=3", path);
  assert_ok(lnti_media_read(&first, f->media, uri, ERR));
  assert_int_equal(first.frame, 3);
  snprintf(uri, sizeof uri, "%s#page=8", path);
  assert_ok(lnti_media_read(&second, f->media, uri, ERR));
  assert_int_equal(second.frame, 7);
  assert_ptr_equal(first.data, second.data);
  assert_null(lnti_kept_take(first.kept, 100));
  for (size_t i = 0; i < 5; i++) lnti_kept_leave(first.kept, &closed[i], 10 * i, 1, close_state);
  assert_int_equal(closed[0], 1); /* the oldest gave way */
  assert_null(lnti_kept_take(second.kept, 9));
  assert_ptr_equal(lnti_kept_take(second.kept, 35), &closed[3]);
  assert_ptr_equal(lnti_kept_take(second.kept, 35), &closed[2]);
  assert_ptr_equal(lnti_kept_take(second.kept, 100), &closed[4]);
  lnti_kept_leave(second.kept, &closed[5], 0, (size_t)1 << 40, close_state); /* larger than all that may be kept */
  assert_int_equal(closed[5], 1);
  lnti_blob_clear(&first);
  temp_write(path, "other", 5); /* another file by now */
  assert_ok(lnti_media_read(&first, f->media, uri, ERR));
  assert_int_equal(first.bytes, 5);
  assert_memory_equal(second.data, "abc", 3);
  lnti_blob_clear(&second);
  lnti_blob_clear(&first);
  for (int i = 0; i < 20; i++) { /* more files than are kept */
    char name[16];
    snprintf(name, sizeof name, "%d.gif", i);
    temp_write(temp_path(path, &f->folder, name), name, strlen(name));
    snprintf(uri, sizeof uri, "%s#frame=1", path);
    assert_ok(lnti_media_read(&first, f->media, uri, ERR));
    assert_memory_equal(first.data, name, strlen(name));
    lnti_blob_clear(&first);
  }
  assert_int_equal(closed[1], 1); /* with its file */
}

/* A blob may outlive its media. */
static void test_kept_after_free(void **state) {
  fixture *f = *state;
  char path[TEMP_PATH], uri[TEMP_PATH + 16];
  lnti_media *media = NULL;
  lnti_blob blob = {0};
  int closed = 0;
  temp_write(temp_path(path, &f->folder, "late.gif"), "abc", 3);
  snprintf(uri, sizeof uri, "%s#frame=1", path);
  assert_ok(lnti_media_new(&media, NULL, ERR));
  assert_ok(lnti_media_read(&blob, media, uri, ERR));
  lnti_media_free(media);
  assert_memory_equal(blob.data, "abc", 3);
  lnti_kept_leave(blob.kept, &closed, 1, 1, close_state);
  lnti_blob_clear(&blob);
  assert_int_equal(closed, 1);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_encoded_file),  cmocka_unit_test(test_refusals),
      cmocka_unit_test(test_file_cap),      cmocka_unit_test(test_symbolic_links),
      cmocka_unit_test(test_out_of_memory), cmocka_unit_test(test_fashion_mnist),
      cmocka_unit_test(test_kept_files),    cmocka_unit_test(test_kept_after_free),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
