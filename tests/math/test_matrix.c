/* Matrix views: sizes, names, sub-views with a stride, conversion to f32. */
#include "math_support.h"
#include "support.h"

#include <math.h>
#include <math/matrix.h>
#include <string.h>

static void dtypes_have_sizes_and_names(void **state) {
  (void)state;
  static const struct {
    lnti_dtype dtype;
    size_t bytes;
    const char *name;
  } known[] = {{LNTI_U8, 1, "u8"},   {LNTI_I32, 4, "i32"}, {LNTI_F32, 4, "f32"},
               {LNTI_F64, 8, "f64"}, {LNTI_F16, 2, "f16"}, {LNTI_BF16, 2, "bf16"},
               {LNTI_I8, 1, "i8"},   {LNTI_I64, 8, "i64"}, {LNTI_BOOL, 1, "bool"}};
  for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
    assert_int_equal(lnti_dtype_bytes(known[i].dtype), known[i].bytes);
    assert_string_equal(lnti_dtype_name(known[i].dtype), known[i].name);
    lnti_dtype parsed = 0;
    assert_ok(lnti_dtype_parse(&parsed, known[i].name, ERR));
    assert_int_equal(parsed, known[i].dtype);
  }
  assert_status(lnti_dtype_parse(&(lnti_dtype){0}, "f8", ERR), LNT_EINVAL);
  assert_message("f8");
}

/* Every f16 there is, there and back; and that the nearest is taken, ties to the even one. */
static void short_floating_point_is_the_nearest(void **state) {
  (void)state;
  for (uint32_t bits = 0; bits < 0x10000; bits++) {
    float value = lnti_f16_value((uint16_t)bits);
    if (isnan(value)) continue;
    assert_int_equal(lnti_f16_of(value), bits);
    assert_int_equal(lnti_bf16_of(lnti_bf16_value((uint16_t)(bits & 0x7f7f))), bits & 0x7f7f);
  }
  assert_true(isnan(lnti_f16_value(lnti_f16_of(NAN))) && isnan(lnti_bf16_value(lnti_bf16_of(NAN))));
  assert_int_equal(lnti_f16_of(65504), 0x7bff);
  assert_int_equal(lnti_f16_of(65520), 0x7c00); /* half way to what would be next: infinity */
  assert_int_equal(lnti_f16_of(1 + 0x1p-11f), 0x3c00);
  assert_int_equal(lnti_f16_of(1 + 3 * 0x1p-11f), 0x3c02);
  assert_int_equal(lnti_f16_of(0x1p-25f), 0); /* half of the least, to the even one */
  assert_int_equal(lnti_f16_of(0x1.8p-25f), 1);
  assert_int_equal(lnti_bf16_of(1 + 0x1p-8f), 0x3f80);
  assert_int_equal(lnti_bf16_of(1 + 0x1.8p-8f), 0x3f81);
}

static void conversion_is_cast(void **state) {
  (void)state;
  const float reals[] = {-1.9f, 300, NAN, 1e30f, -1e30f};
  const int64_t wide[] = {-1, 0, 257};
  uint8_t bytes[5];
  int64_t integers[5];
  double back[3];
  lnti_convert(bytes, LNTI_U8, reals, LNTI_F32, 5);
  assert_memory_equal(bytes, ((const uint8_t[]){0, 255, 0, 255, 0}), 5);
  lnti_convert(integers, LNTI_I64, reals, LNTI_F32, 5);
  assert_true(integers[0] == -1 && integers[3] == INT64_MAX && integers[4] == INT64_MIN);
  lnti_convert(bytes, LNTI_U8, wide, LNTI_I64, 3);
  assert_memory_equal(bytes, ((const uint8_t[]){255, 0, 1}), 3); /* integers wrap around */
  lnti_convert(bytes, LNTI_BOOL, wide, LNTI_I64, 3);
  assert_memory_equal(bytes, ((const uint8_t[]){1, 0, 1}), 3);
  lnti_convert(back, LNTI_F64, bytes, LNTI_BOOL, 3);
  assert_true(back[0] == 1 && back[1] == 0);
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
      cmocka_unit_test(dtypes_have_sizes_and_names), cmocka_unit_test(short_floating_point_is_the_nearest),
      cmocka_unit_test(conversion_is_cast),          cmocka_unit_test(views_follow_the_stride),
      cmocka_unit_test(conversion_keeps_values),     cmocka_unit_test(what_is_not_finite_is_named),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
