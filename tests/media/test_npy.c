/*
 * .npy: what is written is NumPy's; what NumPy writes is read; every way in which a header can lie is told. The headers are
 * those of NumPy 1.24.
 */
#include <media/npy.h>

#include "support.h"

#include <float.h>

/* ---- writing ---- */

static void check_written(const char *folder, const lnti_matrix *m, const char *dictionary) {
  char *path = lnti_test_path(folder, "out.npy");
  size_t bytes = 0, row_bytes = m->d * lnti_dtype_bytes(m->dtype);
  assert_ok(lnti_npy_write(path, m, ERR));
  unsigned char *data = (unsigned char *)lnti_test_read_file(&bytes, path);
  assert_memory_equal(data, "\x93NUMPY\x01\x00", 8);
  size_t header = data[8] + 256u * data[9];
  assert_int_equal((10 + header) % 64, 0);
  assert_memory_equal(data + 10, dictionary, strlen(dictionary));
  for (size_t i = 10 + strlen(dictionary); i < 9 + header; i++) assert_int_equal(data[i], ' ');
  assert_int_equal(data[9 + header], '\n');
  assert_int_equal(bytes, 10 + header + m->n * row_bytes);
  for (size_t i = 0; i < m->n; i++) {
    assert_memory_equal(data + 10 + header + i * row_bytes, lnti_matrix_row(m, i), row_bytes);
  }
  free(data);
  free(path);
}

static void files_are_those_of_numpy(void **state) {
  (void)state;
  char *folder = lnti_test_folder(), *path = lnti_test_path(folder, "no/out.npy");
  static const uint8_t u8[12] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
  static const float f32[6] = {0.5f, -1, 2, 1e30f, 0, 3};
  static const int32_t i32[2] = {-7, 70000};
  static const double f64[3] = {0.1, 1e300, -2};
  lnti_matrix m = lnti_matrix_of(u8, 3, 4, LNTI_U8);
  check_written(folder, &m, "{'descr': '|u1', 'fortran_order': False, 'shape': (3, 4), }");
  m.d = 2; /* a view with a stride: the last two columns are left out */
  check_written(folder, &m, "{'descr': '|u1', 'fortran_order': False, 'shape': (3, 2), }");
  m = lnti_matrix_of(f32, 2, 3, LNTI_F32);
  check_written(folder, &m, "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }");
  m = lnti_matrix_of(i32, 1, 2, LNTI_I32);
  check_written(folder, &m, "{'descr': '<i4', 'fortran_order': False, 'shape': (1, 2), }");
  m = lnti_matrix_of(f64, 3, 1, LNTI_F64);
  check_written(folder, &m, "{'descr': '<f8', 'fortran_order': False, 'shape': (3, 1), }");
  m = lnti_matrix_of(f64, 0, 1, LNTI_F64);
  check_written(folder, &m, "{'descr': '<f8', 'fortran_order': False, 'shape': (0, 1), }");
  assert_status(lnti_npy_write(path, &m, ERR), LNT_ENOTFOUND);
  free(path);
  lnti_test_folder_remove(folder);
}

/* ---- reading ---- */

enum { FILE_MAX = 1 << 18 };
static unsigned char bytes[FILE_MAX];

/* A file of a version with a header and n bytes of data; its length. */
static size_t make(unsigned version, const char *header, const void *data, size_t n) {
  size_t h = strlen(header), at = 10;
  memcpy(bytes, "\x93NUMPY", 6);
  bytes[6] = (unsigned char)version;
  bytes[7] = 0;
  bytes[8] = (unsigned char)h;
  bytes[9] = (unsigned char)(h >> 8);
  if (version > 1) {
    bytes[10] = (unsigned char)(h >> 16);
    bytes[11] = (unsigned char)(h >> 24);
    at = 12;
  }
  memcpy(bytes + at, header, h);
  if (n > 0) memcpy(bytes + at + h, data, n);
  return at + h + n;
}

static lnti_npy_shape open_ok(lnti_npy **npy, size_t n) {
  lnti_npy_shape shape = {0, 0, LNTI_U8};
  *npy = NULL;
  assert_ok(lnti_npy_open_memory(npy, &shape, bytes, n, ERR));
  return shape;
}

static void every_type_is_read(void **state) {
  (void)state;
  static const float f32[6] = {0.5f, -1, 2, 1e30f, 0, 3};
  static const double f64[6] = {0.5, -1, 2, 1e30, 0, 1e300};
  static const uint16_t f16[6] = {0x3800, 0xbc00, 0x4000, 0x7bff, 0, 0x7c00};
  static const uint8_t u8[6] = {0, 1, 2, 127, 128, 255};
  float got[6];
  lnti_npy *npy = NULL;
  lnti_npy_shape s =
      open_ok(&npy, make(1, "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }    \n", f32, sizeof f32));
  assert_true(s.n == 2 && s.d == 3 && s.dtype == LNTI_F32);
  assert_ok(lnti_npy_read(got, npy, 0, 2, ERR));
  assert_memory_equal(got, f32, sizeof f32);
  assert_ok(lnti_npy_read(got, npy, 1, 1, ERR));
  assert_memory_equal(got, f32 + 3, 3 * sizeof *f32);
  lnti_npy_close(npy);

  s = open_ok(&npy, make(2, "{\"shape\":(3,2,),\"fortran_order\":False,\"descr\":\"<f8\"}", f64, sizeof f64));
  assert_true(s.n == 3 && s.d == 2 && s.dtype == LNTI_F64);
  assert_ok(lnti_npy_read(got, npy, 0, 3, ERR));
  for (size_t i = 0; i < 5; i++) assert_true(got[i] == (float)f64[i]);
  assert_true(got[5] > FLT_MAX); /* no f32 is as large */
  lnti_npy_close(npy);

  s = open_ok(&npy, make(3, "{'descr': '<f2', 'fortran_order': False, 'shape': (6, 1), }\n", f16, sizeof f16));
  assert_true(s.n == 6 && s.d == 1 && s.dtype == LNTI_F16);
  assert_ok(lnti_npy_read(got, npy, 0, 6, ERR));
  assert_true(got[0] == 0.5f && got[1] == -1 && got[2] == 2 && got[3] == 65504 && got[4] == 0 && got[5] > FLT_MAX);
  lnti_npy_close(npy);

  s = open_ok(&npy, make(1, "{'descr': '|u1', 'fortran_order': False, 'shape': (1, 6), }\n", u8, sizeof u8));
  assert_true(s.n == 1 && s.d == 6 && s.dtype == LNTI_U8);
  assert_ok(lnti_npy_read(got, npy, 0, 1, ERR));
  for (size_t i = 0; i < 6; i++) assert_true(got[i] == (float)u8[i]);
  lnti_npy_close(npy);
}

/* Longer than what is read at a time, by pieces that do not fit its rows. */
static void long_rows_are_read_in_pieces(void **state) {
  (void)state;
  enum { N = 3, D = 35001 };
  uint16_t *f16 = calloc(N * D, sizeof *f16);
  float *got = calloc(N * D, sizeof *got);
  assert_true(f16 && got);
  for (size_t i = 0; i < N * D; i++) f16[i] = lnti_f16_of((float)(i % 2000));
  lnti_npy *npy = NULL;
  (void)open_ok(&npy, make(1, "{'descr': '<f2', 'fortran_order': False, 'shape': (3, 35001), }\n", f16, N * D * 2));
  assert_ok(lnti_npy_read(got, npy, 0, N, ERR));
  for (size_t i = 0; i < N * D; i++) assert_true(got[i] == (float)(i % 2000));
  assert_ok(lnti_npy_read(got, npy, 2, 1, ERR));
  for (size_t i = 0; i < D; i++) assert_true(got[i] == (float)((2 * D + i) % 2000));
  lnti_npy_close(npy);
  free(got);
  free(f16);
}

static void refuse(const char *header, size_t n_data, lnt_status code, const char *says) {
  static const unsigned char zeros[64];
  lnti_npy *npy = NULL;
  lnti_npy_shape shape = {7, 7, LNTI_U8};
  size_t n = make(1, header, zeros, n_data);
  assert_status(lnti_npy_open_memory(&npy, &shape, bytes, n, ERR), code);
  assert_message(says);
  assert_true(npy == NULL && shape.n == 7);
}

static void headers_that_cannot_be_taken(void **state) {
  (void)state;
  refuse("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }", 23, LNT_EDATA, "was it cut short?");
  refuse("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }", 25, LNT_EDATA, "25 bytes that follow are more");
  refuse("{'descr': '<f4', 'fortran_order': True, 'shape': (2, 3), }", 24, LNT_EUNSUPPORTED, "ascontiguousarray");
  refuse("{'descr': '>f4', 'fortran_order': False, 'shape': (2, 3), }", 24, LNT_EUNSUPPORTED, "\">f4\"");
  refuse("{'descr': '<i8', 'fortran_order': False, 'shape': (2, 3), }", 48, LNT_EUNSUPPORTED, "astype('float32')");
  refuse("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2, 3), }", 24, LNT_EUNSUPPORTED, "records");
  refuse("{'descr': '<f4', 'fortran_order': False, 'shape': (6,), }", 24, LNT_EUNSUPPORTED, "an array of 1 dimension;");
  refuse("{'descr': '<f4', 'fortran_order': False, 'shape': (), }", 4, LNT_EUNSUPPORTED, "an array of 0 dimensions");
  refuse("{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2, 3), }", 24, LNT_EUNSUPPORTED, "of 3 dimensions");
  refuse("{'descr': '<f4', 'fortran_order': False, 'shape': (0, 3), }", 0, LNT_EDATA, "empty");
  refuse("{'descr': '<f4', 'fortran_order': False, 'shape': (3, 0), }", 0, LNT_EDATA, "empty");
  refuse("{'descr': '<f4', 'fortran_order': False, 'shape': (1152921504606846976, 3), }", 24, LNT_EDATA, "fewer");
  refuse("{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387904, 4), }", 0, LNT_EDATA, "fewer");
  refuse("{'descr': '<f4', 'fortran_order': False, 'shape': (1, 1048577), }", 0, LNT_ELIMIT, "1048577");
}

static void headers_that_are_broken(void **state) {
  (void)state;
  static const char *const broken[] = {
      "",
      "{}",
      "{",
      "{'descr'",
      "{'descr': '<f4",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3, }",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (2 3), }",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (-2, 3), }",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 99999999999999999999), }",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1), }",
      "{'descr': '<f4', 'fortran_order': Maybe, 'shape': (2, 3), }",
      "{'descr': '<f4', 'descr': '<f4', 'shape': (2, 3), }",
      "{'descr': '<f4', 'shape': (2, 3), }",
      "{'descr': '<f4', 'order': False, 'shape': (2, 3), }",
      "{'descr': 'a name that is far too long', 'fortran_order': False, 'shape': (2, 3), }",
      "{'descr': '<\x01' , 'fortran_order': False, 'shape': (2, 3), }",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), } + 1",
      "{'descr': [('a', '<f4', 'fortran_order': False",
  };
  for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) refuse(broken[i], 24, LNT_EDATA, "its header is broken");
}

static void files_that_are_none(void **state) {
  (void)state;
  static const struct {
    const char *data;
    size_t n;
    lnt_status code;
    const char *says;
  } cases[] = {
      {"", 0, LNT_EDATA, "no .npy file"},
      {"\x93NUMPY\x01\x00\x00", 9, LNT_EDATA, "no .npy file"},
      {"path,label\na.jpg,cat\n", 21, LNT_EDATA, "numpy.save(FILE, x)"},
      {"PK\x03\x04 and so on, and on", 20, LNT_EUNSUPPORTED, "numpy.savez"},
      {"\x93NUMPY\x04\x00\x02\x00{}", 12, LNT_EUNSUPPORTED, "version 4"},
      {"\x93NUMPY\x01\x00\xff\xff{}", 12, LNT_EDATA, "ends within its header"},
      {"\x93NUMPY\x02\x00\xff\xff\xff\xff", 12, LNT_ELIMIT, "4294967295 bytes"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    lnti_npy *npy = NULL;
    lnti_npy_shape shape;
    assert_status(lnti_npy_open_memory(&npy, &shape, cases[i].data, cases[i].n, ERR), cases[i].code);
    assert_message(cases[i].says);
    assert_null(npy);
  }
}

/* What is written is read again; a header of 64 KiB is as good; a file that is cut while it is open is told. */
static void files_on_disk(void **state) {
  (void)state;
  char *folder = lnti_test_folder(), *path = lnti_test_path(folder, "x.npy");
  float x[4] = {1, 2, 3, 4}, got[4];
  lnti_matrix m = lnti_matrix_of(x, 2, 2, LNTI_F32);
  lnti_npy *npy = NULL;
  lnti_npy_shape shape;
  assert_ok(lnti_npy_write(path, &m, ERR));
  assert_ok(lnti_npy_open(&npy, &shape, path, ERR));
  assert_ok(lnti_npy_read(got, npy, 0, 2, ERR));
  assert_memory_equal(got, x, sizeof x);
  size_t n = 0;
  char *data = lnti_test_read_file(&n, path);
  lnti_test_write_file(path, data, n - 4);
  free(data);
  assert_status(lnti_npy_read(got, npy, 0, 2, ERR), LNT_EDATA);
  lnti_npy_close(npy);
  assert_status(lnti_npy_open(&npy, &shape, folder, ERR), LNT_EINVAL);
  free(path);
  path = lnti_test_path(folder, "gone.npy");
  assert_status(lnti_npy_open(&npy, &shape, path, ERR), LNT_ENOTFOUND);
  free(path);
  lnti_test_folder_remove(folder);
}

static void failing_allocations(void **state) {
  (void)state;
  static const uint16_t f16[2] = {0x3c00, 0x3c00};
  size_t n = make(1, "{'descr': '<f2', 'fortran_order': False, 'shape': (1, 2), }\n", f16, sizeof f16);
  for_each_fault(i) {
    lnti_npy *npy = NULL;
    lnti_npy_shape shape;
    assert_fault_status(lnti_npy_open_memory(&npy, &shape, bytes, n, ERR));
    lnti_npy_close(npy);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(files_are_those_of_numpy),
      cmocka_unit_test(every_type_is_read),
      cmocka_unit_test(long_rows_are_read_in_pieces),
      cmocka_unit_test(headers_that_cannot_be_taken),
      cmocka_unit_test(headers_that_are_broken),
      cmocka_unit_test(files_that_are_none),
      cmocka_unit_test(files_on_disk),
      cmocka_unit_test(failing_allocations),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
