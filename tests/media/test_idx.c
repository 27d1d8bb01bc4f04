/*
 * IDX arrays: shapes by hand, every refusal of the header, streams cut at every byte, gzip in all its ways
 * of going wrong.
 */
#include <media/idx.h>

#include "media/temp.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <sys/stat.h>

static const size_t NO_CAP = (size_t)1 << 30;

static lnt_status open_bytes(lnti_idx **idx, lnti_idx_shape *shape, const void *data, size_t n, lnt_error *err) {
  return lnti_idx_open_memory(idx, shape, data, n, NO_CAP, err);
}

/* Opens, reads everything in pieces of `step` records and finishes; the first status that is not OK. */
static lnt_status read_all(uint8_t *out, const void *data, size_t n, size_t step, lnt_error *err) {
  lnti_idx *idx = NULL;
  lnti_idx_shape shape;
  lnt_status status = open_bytes(&idx, &shape, data, n, err);
  if (status != LNT_OK) return status;
  for (size_t i = 0; i < shape.size[0] && status == LNT_OK; i += step) {
    const size_t piece = shape.size[0] - i < step ? shape.size[0] - i : step;
    status = lnti_idx_read(out + i * shape.record_bytes, idx, piece, err);
  }
  if (status == LNT_OK) status = lnti_idx_finish(idx, err);
  lnti_idx_close(idx);
  return status;
}

static void shape_of(lnti_idx_shape *shape, unsigned n_dimensions, const uint32_t *size) {
  uint8_t data[4096] = {0};
  lnti_idx *idx = NULL;
  lnt_error err = LNT_ERROR_INIT;
  size_t n = temp_idx_header(data, n_dimensions, size);
  size_t records = 1;
  for (unsigned i = 0; i < n_dimensions; i++) records *= size[i];
  assert_true(n + records <= sizeof data);
  assert_int_equal(open_bytes(&idx, shape, data, n + records, &err), LNT_OK);
  lnti_idx_close(idx);
}

static void test_shapes(void **state) {
  (void)state;
  lnti_idx_shape s;
  shape_of(&s, 1, (uint32_t[]){5});
  assert_int_equal(s.n_dimensions, 1);
  assert_int_equal(s.size[0], 5);
  assert_int_equal(s.record_bytes, 1);
  assert_int_equal(s.c, 0);
  shape_of(&s, 2, (uint32_t[]){5, 7});
  assert_int_equal(s.record_bytes, 7);
  assert_int_equal(s.h, 0);
  shape_of(&s, 3, (uint32_t[]){2, 3, 4});
  assert_int_equal(s.record_bytes, 12);
  assert_int_equal(s.h, 3);
  assert_int_equal(s.w, 4);
  assert_int_equal(s.c, 1);
  shape_of(&s, 4, (uint32_t[]){2, 5, 4, 3});
  assert_int_equal(s.h, 5);
  assert_int_equal(s.w, 4);
  assert_int_equal(s.c, 3);
  /* Two channels are no image; the records can be read all the same. */
  shape_of(&s, 4, (uint32_t[]){2, 3, 4, 2});
  assert_int_equal(s.record_bytes, 24);
  assert_int_equal(s.c, 0);
  shape_of(&s, 3, (uint32_t[]){0, 28, 28});
  assert_int_equal(s.size[0], 0);
  assert_int_equal(s.record_bytes, 784);
}

static void refused(const uint8_t *data, size_t n, size_t cap, lnt_status expected, const char *words) {
  lnti_idx *idx = (lnti_idx *)(uintptr_t)8;
  lnti_idx_shape shape = {.n_dimensions = 77};
  lnt_error err = LNT_ERROR_INIT;
  assert_int_equal(lnti_idx_open_memory(&idx, &shape, data, n, cap, &err), expected);
  assert_int_equal(err.code, expected);
  if (!strstr(err.message, words)) fail_msg("\"%s\" does not say \"%s\"", err.message, words);
  assert_ptr_equal(idx, (lnti_idx *)(uintptr_t)8);
  assert_int_equal(shape.n_dimensions, 77);
}

static void test_header_refusals(void **state) {
  (void)state;
  uint8_t data[64] = {0};
  size_t n = temp_idx_header(data, 3, (uint32_t[]){2, 3, 4});
  refused(data, 0, NO_CAP, LNT_EDATA, "no IDX");
  refused(data, 3, NO_CAP, LNT_EDATA, "no IDX");
  refused(data, n - 1, NO_CAP, LNT_EDATA, "header");
  refused(data, n + 23, NO_CAP, LNT_EDATA, "declares 24 bytes");
  refused(data, n + 25, NO_CAP, LNT_EDATA, "the file has 25");
  refused(data, n + 24, 23, LNT_ELIMIT, "more than 23");
  data[0] = 1;
  refused(data, n + 24, NO_CAP, LNT_EDATA, "no IDX");
  data[0] = 0;
  data[2] = 0x0d;
  refused(data, n + 24, NO_CAP, LNT_EUNSUPPORTED, "f32");
  data[2] = 0x0a;
  refused(data, n + 24, NO_CAP, LNT_EDATA, "no IDX");
  data[2] = 8;
  data[3] = 0;
  refused(data, n + 24, NO_CAP, LNT_EDATA, "no IDX");
  data[3] = 5;
  refused(data, n + 24, NO_CAP, LNT_EUNSUPPORTED, "5 dimensions");
  n = temp_idx_header(data, 3, (uint32_t[]){2, 0, 4});
  refused(data, n, NO_CAP, LNT_EDATA, "no bytes");
  /* The product is 2^96: it must not wrap to something small. */
  n = temp_idx_header(data, 3, (uint32_t[]){UINT32_MAX, UINT32_MAX, UINT32_MAX});
  refused(data, n, SIZE_MAX, LNT_ELIMIT, "more than");
  /* No records, but each of 120 GB: found by fuzzing. */
  n = temp_idx_header(data, 3, (uint32_t[]){0, 0xff00001c, 28});
  refused(data, n, NO_CAP, LNT_ELIMIT, "more than");
}

static void test_read_in_pieces(void **state) {
  (void)state;
  size_t n = 0, packed = 0;
  uint8_t *plain = temp_idx_images(&n, 11, 5, 3);
  uint8_t *gzip = temp_gzip(&packed, plain, n);
  uint8_t out[11 * 15];
  for (size_t step = 1; step <= 12; step++) {
    lnt_error err = LNT_ERROR_INIT;
    memset(out, 0, sizeof out);
    assert_int_equal(read_all(out, plain, n, step, &err), LNT_OK);
    assert_memory_equal(out, plain + 16, sizeof out);
    memset(out, 0, sizeof out);
    assert_int_equal(read_all(out, gzip, packed, step, &err), LNT_OK);
    assert_memory_equal(out, plain + 16, sizeof out);
  }
  free(gzip);
  free(plain);
}

/* Larger than the buffer of the stream, so that it is refilled in the middle of records. */
static void test_large_array(void **state) {
  (void)state;
  size_t n = 0, packed = 0;
  uint8_t *plain = temp_idx_images(&n, 301, 31, 29);
  uint32_t noise = 1; /* hard to compress */
  for (size_t i = 16; i < n; i++) {
    noise = noise * 1664525u + 1013904223u;
    plain[i] = (uint8_t)(noise >> 24);
  }
  uint8_t *gzip = temp_gzip(&packed, plain, n);
  uint8_t *out = malloc(n);
  lnt_error err = LNT_ERROR_INIT;
  assert_true(packed > 1 << 17);
  assert_int_equal(read_all(out, plain, n, 7, &err), LNT_OK);
  assert_memory_equal(out, plain + 16, n - 16);
  assert_int_equal(read_all(out, gzip, packed, 7, &err), LNT_OK);
  assert_memory_equal(out, plain + 16, n - 16);
  free(out);
  free(gzip);
  free(plain);
}

static void test_too_many_and_too_few(void **state) {
  (void)state;
  size_t n = 0;
  uint8_t *plain = temp_idx_images(&n, 3, 2, 2), out[16];
  lnti_idx *idx = NULL;
  lnti_idx_shape shape;
  lnt_error err = LNT_ERROR_INIT;
  assert_int_equal(open_bytes(&idx, &shape, plain, n, &err), LNT_OK);
  assert_false(lnti_idx_packed(idx));
  assert_int_equal(lnti_idx_read(out, idx, 4, &err), LNT_EINVAL);
  assert_int_equal(lnti_idx_read(out, idx, 2, &err), LNT_OK);
  assert_int_equal(lnti_idx_finish(idx, &err), LNT_EINVAL);
  assert_int_equal(lnti_idx_read(out, idx, 0, &err), LNT_OK);
  assert_int_equal(lnti_idx_read(out, idx, 1, &err), LNT_OK);
  assert_int_equal(lnti_idx_read(out, idx, 1, &err), LNT_EINVAL);
  assert_int_equal(lnti_idx_finish(idx, &err), LNT_OK);
  assert_int_equal(lnti_idx_read_at(out, idx, 0, &err), LNT_EINVAL); /* memory */
  lnti_idx_close(idx);
  lnti_idx_close(NULL);
  free(plain);
}

/* A gzip file cut at any byte is an error, wherever it is noticed. */
static void test_gzip_cut_everywhere(void **state) {
  (void)state;
  size_t n = 0, packed = 0;
  uint8_t *plain = temp_idx_images(&n, 5, 4, 4);
  uint8_t *gzip = temp_gzip(&packed, plain, n), out[80];
  for (size_t cut = 0; cut < packed; cut++) {
    lnt_error err = LNT_ERROR_INIT;
    uint8_t *part = malloc(cut + 1); /* its own block, so that reading past it is seen */
    memcpy(part, gzip, cut);
    lnt_status status = read_all(out, part, cut, 2, &err);
    if (status != LNT_EDATA) fail_msg("cut at %zu of %zu: %s", cut, packed, lnt_status_name(status));
    free(part);
  }
  free(gzip);
  free(plain);
}

/* Every single altered byte is noticed or harmless (header flags, time, name); never a crash. */
static void test_gzip_altered_everywhere(void **state) {
  (void)state;
  size_t n = 0, packed = 0;
  uint8_t *plain = temp_idx_images(&n, 5, 4, 4);
  uint8_t *gzip = temp_gzip(&packed, plain, n), out[80];
  for (size_t at = 0; at < packed; at++) {
    lnt_error err = LNT_ERROR_INIT;
    gzip[at] ^= 0x55;
    lnt_status status = read_all(out, gzip, packed, 2, &err);
    if (status == LNT_OK) {
      assert_true(at < 10); /* of the gzip header */
      assert_memory_equal(out, plain + 16, sizeof out);
    }
    gzip[at] ^= 0x55;
  }
  free(gzip);
  free(plain);
}

static void test_gzip_members_and_leftovers(void **state) {
  (void)state;
  size_t n = 0, first = 0, second = 0;
  uint8_t *plain = temp_idx_images(&n, 5, 4, 4), out[80];
  uint8_t *a = temp_gzip(&first, plain, 50), *b = temp_gzip(&second, plain + 50, n - 50);
  uint8_t *both = malloc(first + second + 1);
  lnt_error err = LNT_ERROR_INIT;
  memcpy(both, a, first);
  memcpy(both + first, b, second);
  assert_int_equal(read_all(out, both, first + second, 2, &err), LNT_OK);
  assert_memory_equal(out, plain + 16, sizeof out);
  both[first + second] = 'x';
  assert_int_equal(read_all(out, both, first + second + 1, 2, &err), LNT_EDATA);
  assert_non_null(strstr(err.message, "left over"));
  free(both);
  free(b);
  free(a);
  /* One byte too many inside the gzip data. */
  uint8_t *longer = malloc(n + 1);
  memcpy(longer, plain, n);
  longer[n] = 1;
  a = temp_gzip(&first, longer, n + 1);
  assert_int_equal(read_all(out, a, first, 5, &err), LNT_EDATA);
  assert_non_null(strstr(err.message, "left over"));
  free(a);
  free(longer);
  free(plain);
}

/* A header that claims 4 GiB over a few hundred bytes of gzip is refused before anyone allocates. */
static void test_gzip_lies_about_size(void **state) {
  (void)state;
  uint8_t head[16];
  size_t packed = 0;
  const size_t n = temp_idx_header(head, 3, (uint32_t[]){5000000, 28, 28});
  uint8_t *gzip = temp_gzip(&packed, head, n);
  refused(gzip, packed, SIZE_MAX, LNT_EDATA, "more than");
  free(gzip);
}

static void test_sniff(void **state) {
  (void)state;
  temp_folder folder;
  char path[TEMP_PATH];
  size_t n = 0;
  uint8_t *plain = temp_idx_images(&n, 2, 4, 4);
  temp_open(&folder);
  temp_write(temp_path(path, &folder, "a"), plain, n);
  assert_true(lnti_idx_sniff(path));
  temp_write_gzip(temp_path(path, &folder, "b.gz"), plain, n);
  assert_true(lnti_idx_sniff(path));
  temp_write(temp_path(path, &folder, "c"), "\xff\xd8\xff\xe0", 4);
  assert_false(lnti_idx_sniff(path));
  temp_write_gzip(temp_path(path, &folder, "d.gz"), "hello, world", 12);
  assert_false(lnti_idx_sniff(path));
  temp_write(temp_path(path, &folder, "e"), "", 0);
  assert_false(lnti_idx_sniff(path));
  assert_false(lnti_idx_sniff(temp_path(path, &folder, "none")));
  assert_false(lnti_idx_sniff(folder.path));
  temp_close(&folder);
  free(plain);
}

static void test_files(void **state) {
  (void)state;
  temp_folder folder;
  char path[TEMP_PATH];
  size_t n = 0;
  uint8_t *plain = temp_idx_images(&n, 9, 4, 4), out[16];
  lnti_idx *idx = NULL;
  lnti_idx_shape shape;
  lnt_error err = LNT_ERROR_INIT;
  temp_open(&folder);
  assert_int_equal(lnti_idx_open(&idx, &shape, temp_path(path, &folder, "none"), NO_CAP, &err), LNT_ENOTFOUND);
  assert_int_equal(lnti_idx_open(&idx, &shape, folder.path, NO_CAP, &err), LNT_EINVAL);
  assert_int_equal(mkfifo(temp_path(path, &folder, "pipe"), 0600), 0);
  assert_int_equal(lnti_idx_open(&idx, &shape, path, NO_CAP, &err), LNT_EINVAL); /* and does not hang */
  assert_non_null(strstr(err.message, "a pipe"));
  temp_write(temp_path(path, &folder, "a"), plain, n);
  assert_int_equal(lnti_idx_open(&idx, &shape, path, NO_CAP, &err), LNT_OK);
  for (size_t i = 9; i-- > 0;) {
    assert_int_equal(lnti_idx_read_at(out, idx, i, &err), LNT_OK);
    assert_memory_equal(out, plain + 16 + 16 * i, 16);
  }
  /* Reading in place does not move the stream. */
  assert_int_equal(lnti_idx_read(out, idx, 1, &err), LNT_OK);
  assert_memory_equal(out, plain + 16, 16);
  assert_int_equal(truncate(path, (off_t)n - 1), 0);
  assert_int_equal(lnti_idx_read_at(out, idx, 8, &err), LNT_EDATA);
  lnti_idx_close(idx);
  temp_write_gzip(temp_path(path, &folder, "b.gz"), plain, n);
  assert_int_equal(lnti_idx_open(&idx, &shape, path, NO_CAP, &err), LNT_OK);
  assert_true(lnti_idx_packed(idx));
  assert_int_equal(lnti_idx_read_at(out, idx, 0, &err), LNT_EINVAL);
  lnti_idx_close(idx);
  temp_close(&folder);
  free(plain);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_shapes),
      cmocka_unit_test(test_header_refusals),
      cmocka_unit_test(test_read_in_pieces),
      cmocka_unit_test(test_large_array),
      cmocka_unit_test(test_too_many_and_too_few),
      cmocka_unit_test(test_gzip_cut_everywhere),
      cmocka_unit_test(test_gzip_altered_everywhere),
      cmocka_unit_test(test_gzip_members_and_leftovers),
      cmocka_unit_test(test_gzip_lies_about_size),
      cmocka_unit_test(test_sniff),
      cmocka_unit_test(test_files),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
