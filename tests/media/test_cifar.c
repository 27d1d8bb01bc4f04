/*
 * CIFAR batches: told from other files, records turned from planes, labels and the names of classes.
 */
#include <media/cifar.h>
#include <media/media.h>

#include "support.h"

#include "media/make_archive.h"
#include "media/temp.h"

enum { N = 5 };

/* Record i: label(s) first; byte p of plane c is (i + 2 c + 3 p) mod 251. */
static uint8_t *make_batch(size_t *bytes_out, unsigned n_labels, size_t n) {
  const size_t record = n_labels + LNTI_CIFAR_PIXELS;
  uint8_t *data = malloc(n * record);
  if (!data) abort();
  for (size_t i = 0; i < n; i++) {
    uint8_t *p = data + i * record;
    if (n_labels == 2) *p++ = (uint8_t)(i % 20);
    *p++ = (uint8_t)(n_labels == 2 ? 99 - i % 100 : i % 10);
    for (size_t c = 0; c < 3; c++) {
      for (size_t k = 0; k < 1024; k++) *p++ = (uint8_t)((i + 2 * c + 3 * k) % 251);
    }
  }
  *bytes_out = n * record;
  return data;
}

static void is_record(const uint8_t *pixels, size_t i) {
  for (size_t k = 0; k < 1024; k++) {
    for (size_t c = 0; c < 3; c++) assert_int_equal(pixels[3 * k + c], (i + 2 * c + 3 * k) % 251);
  }
}

static void test_judge_and_read(void **state) {
  (void)state;
  for (unsigned n_labels = 1; n_labels <= 2; n_labels++) {
    lnti_cifar_shape shape = {0};
    size_t bytes = 0;
    uint8_t *data = make_batch(&bytes, n_labels, N), pixels[LNTI_CIFAR_PIXELS], labels[2] = {0};
    lnti_span span = {-1, data, 0, bytes};
    assert_ok(lnti_cifar_judge(&shape, &span, "b", ERR));
    assert_int_equal(shape.n, N);
    assert_int_equal(shape.n_labels, n_labels);
    for (size_t i = N; i-- > 0;) {
      assert_ok(lnti_cifar_read(pixels, labels, &span, &shape, i, "b", ERR));
      is_record(pixels, i);
      assert_int_equal(labels[0], i);
      if (n_labels == 2) assert_int_equal(labels[1], 99 - i);
    }
    /* Cut short since it was judged. */
    span.bytes -= 1;
    assert_status(lnti_cifar_read(pixels, labels, &span, &shape, N - 1, "b", ERR), LNT_EDATA);
    free(data);
  }
}

static void test_every_wrong_size(void **state) {
  (void)state;
  size_t bytes = 0;
  uint8_t *data = make_batch(&bytes, 1, 2);
  for (size_t n = 0; n < bytes; n++) {
    lnti_cifar_shape shape = {.n = 77};
    const lnti_span span = {-1, data, 0, n};
    if (n == 3073) continue; /* one record */
    if (n == 3074) continue; /* a record of CIFAR-100, by its size and labels */
    assert_status(lnti_cifar_judge(&shape, &span, "b", ERR), LNT_EDATA);
    assert_message("no whole number of records");
    assert_int_equal(shape.n, 77);
  }
  free(data);
}

static void test_labels_that_make_no_sense(void **state) {
  (void)state;
  lnti_cifar_shape shape = {0};
  size_t bytes = 0;
  uint8_t *data = make_batch(&bytes, 1, N);
  const lnti_span ten = {-1, data, 0, bytes};
  data[3 * 3073] = 10;
  assert_status(lnti_cifar_judge(&shape, &ten, "b", ERR), LNT_EDATA);
  assert_message("record 3 has label 10 where CIFAR-10 has 0 to 9");
  free(data);
  data = make_batch(&bytes, 2, N);
  const lnti_span hundred = {-1, data, 0, bytes};
  data[4 * 3074 + 1] = 100;
  assert_status(lnti_cifar_judge(&shape, &hundred, "b", ERR), LNT_EDATA);
  assert_message("record 4 has label 100 where CIFAR-100 has 0 to 99");
  data[4 * 3074 + 1] = 99;
  data[0] = 20;
  assert_status(lnti_cifar_judge(&shape, &hundred, "b", ERR), LNT_EDATA);
  assert_message("record 0 has label 20");
  free(data);
}

static void test_sniff(void **state) {
  (void)state;
  temp_folder folder;
  char path[TEMP_PATH];
  size_t bytes = 0;
  uint8_t *data = make_batch(&bytes, 1, N);
  temp_open(&folder);
  temp_write(temp_path(path, &folder, "a.bin"), data, bytes);
  assert_true(lnti_cifar_sniff(path));
  temp_write(path, data, bytes - 1);
  assert_false(lnti_cifar_sniff(path));
  temp_write(path, data, 0);
  assert_false(lnti_cifar_sniff(path));
  assert_false(lnti_cifar_sniff(folder.path));
  assert_false(lnti_cifar_sniff(temp_path(path, &folder, "none")));
  free(data);
  temp_close(&folder);
}

static void test_names(void **state) {
  (void)state;
  lnti_class_names names = {0};
  static const char good[] = "airplane\nbird\r\ncat \xc3\xa9\n\n\n";
  assert_ok(lnti_class_names_parse(&names, good, strlen(good), 3, "f", ERR));
  assert_int_equal(names.n, 3);
  assert_string_equal(names.name[0], "airplane");
  assert_string_equal(names.name[1], "bird");
  assert_string_equal(names.name[2], "cat \xc3\xa9");
  lnti_class_names_clear(&names);
  lnti_class_names_clear(&names);
  static const struct {
    const char *text, *words;
  } bad[] = {{"a\nb\n", "fewer"},
             {"a\nb\nc\nd\n", "more"},
             {"a\n\nc\n", "line 2 is blank"},
             {"a\nb\na\n", "lines 1 and 3"},
             {"a\nb\n\xff\n", "not UTF-8"},
             {"a\nb\x01\nc\n", "control"},
             {"", "fewer"}};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    assert_status(lnti_class_names_parse(&names, bad[i].text, strlen(bad[i].text), 3, "f", ERR), LNT_EDATA);
    assert_message(bad[i].words);
    assert_null(names.name);
  }
}

/* As people have it: a folder, and an archive of it. */
static void test_through_media(void **state) {
  (void)state;
  static const char ten[] = "airplane\nautomobile\nbird\ncat\ndeer\ndog\nfrog\nhorse\nship\ntruck\n\n";
  temp_folder folder;
  char paths[3][TEMP_PATH + 64], names_path[TEMP_PATH], uri[1024];
  size_t bytes = 0;
  uint8_t *data = make_batch(&bytes, 1, N), labels[N];
  lnti_media *media = NULL;
  temp_open(&folder);
  temp_write(temp_path(paths[0], &folder, "data_batch_1.bin"), data, bytes);
  temp_write(temp_path(names_path, &folder, "batches.meta.txt"), ten, strlen(ten));
  static const pack_kind kinds[] = {PACK_TAR_GZ, PACK_ZIP};
  for (int i = 0; i < 2; i++) {
    char path[TEMP_PATH];
    maker *m = make_begin(kinds[i]);
    make_add(m, MEMBER_FILE, "cifar-10-batches-bin/data_batch_1.bin", data, bytes);
    make_text(m, "cifar-10-batches-bin/batches.meta.txt", ten);
    make_file(temp_path(path, &folder, i ? "cifar.zip" : "cifar.tar.gz"), m);
    snprintf(paths[i + 1], sizeof paths[0], "%s#cifar-10-batches-bin/data_batch_1.bin", path);
  }
  assert_ok(lnti_media_new(&media, NULL, ERR));
  for (int k = 0; k < 3; k++) {
    lnti_array_shape shape;
    lnti_class_names names = {0};
    lnti_blob blob = {0};
    assert_ok(lnti_media_array(&shape, media, paths[k], ERR));
    assert_int_equal(shape.kind, LNTI_ARRAY_CIFAR10);
    assert_int_equal(shape.n, N);
    assert_int_equal(shape.n_labels, 1);
    assert_int_equal(shape.record_bytes, 3072);
    assert_ok(lnti_media_labels(labels, media, paths[k], 1, N - 1, ERR));
    for (size_t i = 0; i < N - 1; i++) assert_int_equal(labels[i], i + 1);
    assert_status(lnti_media_labels(labels, media, paths[k], 1, N, ERR), LNT_ENOTFOUND);
    assert_status(lnti_media_labels(labels, media, paths[k], N + 1, 0, ERR), LNT_ENOTFOUND);
    snprintf(uri, sizeof uri, "%s#3", paths[k]);
    assert_ok(lnti_media_read(&blob, media, uri, ERR));
    assert_int_equal(blob.kind, LNTI_BLOB_PIXELS);
    assert_true(blob.h == 32 && blob.w == 32 && blob.c == 3 && blob.bytes == 3072);
    is_record(blob.data, 3);
    lnti_blob_clear(&blob);
    snprintf(uri, sizeof uri, "%s#%d", paths[k], N);
    assert_status(lnti_media_read(&blob, media, uri, ERR), LNT_ENOTFOUND);
    assert_message("has 5, counted from 0");
    assert_ok(lnti_media_class_names(&names, media, paths[k], 0, ERR));
    assert_int_equal(names.n, 10);
    assert_string_equal(names.name[9], "truck");
    lnti_class_names_clear(&names);
    assert_status(lnti_media_class_names(&names, media, paths[k], 1, ERR), LNT_EUNSUPPORTED);
  }
  /* Cut short; and under a name that no batch has. */
  temp_write(paths[0], data, bytes - 1);
  snprintf(uri, sizeof uri, "%s#0", paths[0]);
  lnti_blob blob = {0};
  assert_status(lnti_media_read(&blob, media, uri, ERR), LNT_EDATA);
  assert_message("cut short");
  temp_write(temp_path(names_path, &folder, "other"), data, bytes - 1);
  snprintf(uri, sizeof uri, "%s#0", names_path);
  assert_status(lnti_media_read(&blob, media, uri, ERR), LNT_EUNSUPPORTED);
  assert_message("neither an archive");
  lnti_media_free(media);
  free(data);
  temp_close(&folder);
}

static void test_hundred(void **state) {
  (void)state;
  temp_folder folder;
  char path[TEMP_PATH], text[4096] = "";
  size_t bytes = 0;
  uint8_t *data = make_batch(&bytes, 2, N), labels[2 * N];
  lnti_media *media = NULL;
  lnti_array_shape shape;
  lnti_class_names names = {0};
  temp_open(&folder);
  temp_write(temp_path(path, &folder, "coarse_label_names.txt"), text, 0);
  for (int i = 0; i < 20; i++) snprintf(text + strlen(text), 16, "coarse%d\n", i);
  temp_write(path, text, strlen(text));
  temp_write(temp_path(path, &folder, "test.bin"), data, bytes);
  assert_ok(lnti_media_new(&media, NULL, ERR));
  assert_ok(lnti_media_array(&shape, media, path, ERR));
  assert_int_equal(shape.kind, LNTI_ARRAY_CIFAR100);
  assert_ok(lnti_media_labels(labels, media, path, 0, N, ERR));
  for (size_t i = 0; i < N; i++) {
    assert_int_equal(labels[2 * i], i);
    assert_int_equal(labels[2 * i + 1], 99 - i);
  }
  assert_ok(lnti_media_class_names(&names, media, path, 0, ERR));
  assert_int_equal(names.n, 20);
  lnti_class_names_clear(&names);
  assert_status(lnti_media_class_names(&names, media, path, 1, ERR), LNT_ENOTFOUND); /* no fine_label_names.txt */
  /* IDX has no labels of its own. */
  uint8_t *idx = temp_idx_images(&bytes, 3, 2, 2);
  temp_write(path, idx, bytes);
  assert_ok(lnti_media_array(&shape, media, path, ERR));
  assert_int_equal(shape.kind, LNTI_ARRAY_IDX);
  assert_int_equal(shape.n, 3);
  assert_status(lnti_media_labels(labels, media, path, 0, 1, ERR), LNT_EUNSUPPORTED);
  lnti_media_free(media);
  free(idx);
  free(data);
  temp_close(&folder);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_judge_and_read), cmocka_unit_test(test_every_wrong_size),
      cmocka_unit_test(test_sniff),          cmocka_unit_test(test_labels_that_make_no_sense),
      cmocka_unit_test(test_names),          cmocka_unit_test(test_through_media),
      cmocka_unit_test(test_hundred),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
