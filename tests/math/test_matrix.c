/* Matrix views: sizes, names, sub-views with a stride, conversion to f32. */
#include "math_support.h"

#include <math.h>
#include <math/matrix.h>
#include <string.h>

static void dtypes_have_sizes_and_names(void **state) {
  (void)state;
  assert_int_equal(lnti_dtype_bytes(LNTI_U8), 1);
  assert_int_equal(lnti_dtype_bytes(LNTI_I32), 4);
  assert_int_equal(lnti_dtype_bytes(LNTI_F32), 4);
  assert_int_equal(lnti_dtype_bytes(LNTI_F64), 8);
  for (int dtype = LNTI_U8; dtype <= LNTI_F64; dtype++) {
    lnti_dtype parsed = LNTI_U8;
    assert_int_equal(lnti_dtype_parse(&parsed, lnti_dtype_name((lnti_dtype)dtype), NULL), LNT_OK);
    assert_int_equal(parsed, dtype);
  }
  assert_string_equal(lnti_dtype_name(LNTI_F32), "f32");
}

static void unknown_dtype_is_refused_by_name(void **state) {
  (void)state;
  lnt_error err = LNT_ERROR_INIT;
  lnti_dtype out = LNTI_F64;
  assert_int_equal(lnti_dtype_parse(&out, "f16", &err), LNT_EINVAL);
  assert_int_equal(lnti_dtype_parse(&out, "", NULL), LNT_EINVAL);
  assert_int_equal(out, LNTI_F64);
  assert_non_null(strstr(err.message, "f16"));
}

static void views_follow_the_stride(void **state) {
  (void)state;
  const int32_t data[] = {0, 1, 2, 10, 11, 12, 20, 21, 22};
  lnti_matrix m = lnti_matrix_of(data, 3, 3, LNTI_I32);
  assert_int_equal(m.stride, 3);
  m.d = 2; /* the first two columns */
  assert_ptr_equal(lnti_matrix_row(&m, 2), data + 6);
  lnti_matrix tail = lnti_matrix_rows(&m, 1, 3);
  assert_int_equal(tail.n, 2);
  assert_int_equal(tail.d, 2);
  assert_ptr_equal(lnti_matrix_row(&tail, 1), data + 6);
  float out[4];
  lnti_matrix_to_f32(out, &m, 1, 3);
  assert_true(out[0] == 10 && out[1] == 11 && out[2] == 20 && out[3] == 21);
  lnti_matrix none = lnti_matrix_rows(&m, 3, 3);
  assert_int_equal(none.n, 0);
}

static void conversion_keeps_values(void **state) {
  (void)state;
  const uint8_t bytes[] = {0, 1, 255};
  const float floats[] = {-0.5f, 1e30f, 3};
  const double doubles[] = {0.25, -2, 1e10};
  float out[3];
  lnti_matrix m = lnti_matrix_of(bytes, 1, 3, LNTI_U8);
  lnti_matrix_to_f32(out, &m, 0, 1);
  assert_true(out[0] == 0 && out[1] == 1 && out[2] == 255);
  m = lnti_matrix_of(floats, 1, 3, LNTI_F32);
  lnti_matrix_to_f32(out, &m, 0, 1);
  assert_memory_equal(out, floats, sizeof out);
  m = lnti_matrix_of(doubles, 1, 3, LNTI_F64);
  lnti_matrix_to_f32(out, &m, 0, 1);
  assert_true(out[0] == 0.25f && out[1] == -2 && out[2] == 1e10f);
  m = lnti_matrix_of(NULL, 0, 3, LNTI_F32);
  lnti_matrix_to_f32(NULL, &m, 0, 0);
}

/* In the part that is summed by eight, and in its rest; what cancels out (inf - inf) is seen too. */
static void what_is_not_finite_is_named(void **state) {
  (void)state;
  float x[3 * 21] = {0};
  const float bad[] = {NAN, INFINITY, -INFINITY};
  const size_t at[] = {0, 7, 15, 18};
  lnti_context context = {.cpu = LNT_CPU_GENERIC};
  lnti_matrix m = {x, 3, 19, 21, LNTI_F32};
  x[0] = 3e38f;
  x[1] = -3e38f;
  x[19] = NAN; /* between the rows */
  assert_int_equal(lnti_matrix_check_finite(&m, &context, NULL), LNT_OK);
  assert_true(lnti_all_finite(x, 19) && !lnti_all_finite(x, 20) && lnti_all_finite(NULL, 0));
  for (size_t b = 0; b < 3; b++) {
    for (size_t i = 0; i < 4; i++) {
      lnt_error err = LNT_ERROR_INIT;
      char place[32];
      (void)snprintf(place, sizeof place, "row 2, value %zu", at[i]);
      x[2 * 21 + at[i]] = bad[b];
      assert_int_equal(lnti_matrix_check_finite(&m, &context, &err), LNT_EDATA);
      assert_non_null(strstr(err.message, place));
      x[2 * 21 + at[i]] = 0;
    }
  }
  lnti_matrix bytes = lnti_matrix_of(x, 3, 21, LNTI_U8);
  assert_int_equal(lnti_matrix_check_finite(&bytes, &context, NULL), LNT_OK);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(dtypes_have_sizes_and_names), cmocka_unit_test(unknown_dtype_is_refused_by_name),
      cmocka_unit_test(views_follow_the_stride),     cmocka_unit_test(conversion_keeps_values),
      cmocka_unit_test(what_is_not_finite_is_named),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
