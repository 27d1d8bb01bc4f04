/* base/json_write.c: what is written, byte for byte; numbers that read back equal; sinks that fail. */
#include "support.h"

#include <base/error.h>
#include <base/json.h>
#include <base/text.h>
#include <locale.h>
#include <math.h>

static lnti_json_writer *writer(lnti_text *text, int indent) {
  lnti_json_writer *w = NULL;
  assert_ok(lnti_json_writer_new(&w, lnti_json_sink_text, text, indent, ERR));
  return w;
}

/* Ends the document and compares it. */
static void expect(lnti_json_writer *w, lnti_text *text, const char *wanted) {
  assert_ok(lnti_json_finish(w, ERR));
  assert_string_equal(text->data, wanted);
  lnti_json_writer_free(w);
  lnti_text_clear(text);
}

static void test_one_line(void **state) {
  (void)state;
  lnti_text text = {0};
  lnti_json_writer *w = writer(&text, 0);
  lnti_json_begin_object(w);
  lnti_json_kv_string(w, "name", "T-shirt");
  lnti_json_kv_int(w, "n", -3);
  lnti_json_kv_real(w, "x", 0.5);
  lnti_json_kv_bool(w, "yes", true);
  lnti_json_kv_string(w, "none", NULL);
  lnti_json_key(w, "list");
  lnti_json_begin_array(w);
  lnti_json_begin_object(w);
  lnti_json_end_object(w);
  lnti_json_begin_array(w);
  lnti_json_end_array(w);
  lnti_json_null(w);
  lnti_json_bool(w, false);
  lnti_json_uint(w, UINT64_MAX);
  lnti_json_int(w, INT64_MIN);
  lnti_json_end_array(w);
  lnti_json_end_object(w);
  expect(w, &text,
         "{\"name\":\"T-shirt\",\"n\":-3,\"x\":0.5,\"yes\":true,\"none\":null,"
         "\"list\":[{},[],null,false,18446744073709551615,-9223372036854775808]}\n");
}

static void test_indent(void **state) {
  (void)state;
  lnti_text text = {0};
  lnti_json_writer *w = writer(&text, 2);
  lnti_json_begin_object(w);
  lnti_json_key(w, "a");
  lnti_json_begin_array(w);
  lnti_json_int(w, 1);
  lnti_json_int(w, 2);
  lnti_json_end_array(w);
  lnti_json_key(w, "b");
  lnti_json_begin_object(w);
  lnti_json_end_object(w);
  lnti_json_end_object(w);
  expect(w, &text, "{\n  \"a\": [\n    1,\n    2\n  ],\n  \"b\": {}\n}\n");
}

static void test_lines(void **state) {
  (void)state;
  lnti_text text = {0};
  lnti_json_writer *w = writer(&text, 0);
  for (int i = 0; i < 3; i++) {
    lnti_json_begin_array(w);
    lnti_json_int(w, i);
    lnti_json_end_array(w);
    if (i < 2) assert_ok(lnti_json_finish(w, ERR));
  }
  expect(w, &text, "[0]\n[1]\n[2]\n");
}

static void test_scalar_document(void **state) {
  (void)state;
  lnti_text text = {0};
  lnti_json_writer *w = writer(&text, 2);
  lnti_json_string(w, "");
  expect(w, &text, "\"\"\n");
}

static void test_escapes(void **state) {
  (void)state;
  lnti_text text = {0};
  lnti_json_writer *w = writer(&text, 0);
  lnti_json_begin_object(w);
  lnti_json_kv_string(w, "k\"\\", "\b\t\n\v\f\r\x01\x1f\x7f/");
  lnti_json_end_object(w);
  expect(w, &text, "{\"k\\\"\\\\\":\"\\b\\t\\n\\u000b\\f\\r\\u0001\\u001f\x7f/\"}\n");
}

static void test_utf8(void **state) {
  (void)state;
  static const struct {
    const char *given, *written;
  } cases[] = {
      {"\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80", "\"\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80\"\n"},
      {"a\xFF"
       "b",
       "\"a\xEF\xBF\xBD"
       "b\"\n"},
      {"\xC3", "\"\xEF\xBF\xBD\"\n"},
      {"\xED\xA0\x80", "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"\n"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    lnti_text text = {0};
    lnti_json_writer *w = writer(&text, 0);
    lnti_json_string(w, cases[i].given);
    expect(w, &text, cases[i].written);
  }
}

static void write_reals(lnti_json_writer *w) {
  static const double reals[] = {0, -0.0, 1, 0.1, 1.0 / 3, 1e21, 123456789012345678.0, 5e-324, 1.7976931348623157e308};
  static const float floats[] = {0.1f, 1.0f / 3, 16777216.0f, 3.4028235e38f, 1e-45f};
  lnti_json_begin_array(w);
  for (size_t i = 0; i < sizeof reals / sizeof reals[0]; i++) lnti_json_real(w, reals[i]);
  lnti_json_real(w, NAN);
  lnti_json_real(w, -INFINITY);
  for (size_t i = 0; i < sizeof floats / sizeof floats[0]; i++) lnti_json_float(w, floats[i]);
  lnti_json_float(w, INFINITY);
  lnti_json_end_array(w);
}

/* The values are those that Python's repr and numpy's float32 give, but for 16 digits and the exponent's form. */
static const char reals_text[] =
    "[0,-0,1,0.1,0.3333333333333333,1e+21,1.2345678901234568e+17,4.94065645841247e-324,1.7976931348623157e+308,null,null,"
    "0.1,0.33333334,16777216,3.4028235e+38,1.4013e-45,null]\n";

static void test_numbers(void **state) {
  (void)state;
  lnti_text text = {0};
  lnti_json_writer *w = writer(&text, 0);
  write_reals(w);
  expect(w, &text, reals_text);
}

static void test_numbers_in_any_locale(void **state) {
  (void)state;
  static const char *const names[] = {"de_DE.UTF-8", "fr_FR.UTF-8", "ps_AF.UTF-8"};
  size_t tried = 0;
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    if (!setlocale(LC_NUMERIC, names[i])) continue;
    lnti_text text = {0};
    lnti_json_writer *w = writer(&text, 0);
    write_reals(w);
    expect(w, &text, reals_text);
    tried++;
  }
  setlocale(LC_NUMERIC, "C");
  if (tried == 0) {
    print_message("skipped: this machine has no locale with a decimal comma\n");
    skip();
  }
}

static void check_round_trip(lnti_rng *rng, void *payload) {
  (void)payload;
  for (int i = 0; i < 200; i++) {
    char text[LNTI_JSON_REAL_TEXT];
    uint64_t bits = lnti_rng_next(rng);
    double value = 0;
    memcpy(&value, &bits, sizeof value);
    if (!isfinite(value)) continue;
    if (i % 2) value = (double)(int64_t)lnti_rng_below(rng, 1u << 30) / 100.0;
    lnti_json_real_text(text, value);
    double back = strtod(text, NULL);
    assert_memory_equal(&back, &value, sizeof value); /* the sign of 0 included */
    assert_true(strlen(text) < 25);
  }
}

static void test_round_trip(void **state) {
  (void)state;
  lnti_test_property("reals read back equal", 50, check_round_trip, NULL);
}

static void test_depth(void **state) {
  (void)state;
  lnti_text text = {0};
  lnti_json_writer *w = writer(&text, 0);
  for (int i = 0; i < LNTI_JSON_DEPTH_MAX; i++) lnti_json_begin_array(w);
  for (int i = 0; i < LNTI_JSON_DEPTH_MAX; i++) lnti_json_end_array(w);
  assert_ok(lnti_json_finish(w, ERR));
  assert_int_equal(text.length, 2 * LNTI_JSON_DEPTH_MAX + 1);
  for (int i = 0; i <= LNTI_JSON_DEPTH_MAX; i++) lnti_json_begin_array(w);
  lnti_json_key(w, "after the error anything goes");
  assert_status(lnti_json_finish(w, ERR), LNT_ELIMIT);
  assert_message("512 deep");
  lnti_json_writer_free(w);
  lnti_text_clear(&text);
}

typedef struct counted_sink {
  size_t calls, bytes, fail_at; /* the call that fails, from 1; 0: none */
  size_t largest;
} counted_sink;

static lnt_status count(void *payload, const char *data, size_t n, lnt_error *err) {
  counted_sink *sink = payload;
  (void)data;
  sink->calls++;
  if (sink->calls == sink->fail_at) return lnti_fail(err, LNT_ENOSPC, "the disk is full, says the sink");
  sink->bytes += n;
  if (n > sink->largest) sink->largest = n;
  return LNT_OK;
}

static void test_buffering(void **state) {
  (void)state;
  counted_sink sink = {0};
  lnti_json_writer *w = NULL;
  assert_ok(lnti_json_writer_new(&w, count, &sink, 0, ERR));
  lnti_json_begin_array(w);
  for (int i = 0; i < 100000; i++) lnti_json_int(w, i % 10);
  lnti_json_end_array(w);
  assert_ok(lnti_json_finish(w, ERR));
  assert_int_equal(sink.bytes, 200002);
  assert_true(sink.calls <= 200002 / (16 << 10) + 1);
  assert_int_equal(sink.largest, 16 << 10);
  lnti_json_writer_free(w);
}

static void test_sink_error_sticks(void **state) {
  (void)state;
  counted_sink sink = {.fail_at = 2};
  lnti_json_writer *w = NULL;
  assert_ok(lnti_json_writer_new(&w, count, &sink, 0, ERR));
  lnti_json_begin_array(w);
  for (int i = 0; i < 100000; i++) lnti_json_int(w, i);
  lnti_json_end_array(w);
  for (int again = 0; again < 2; again++) {
    assert_status(lnti_json_finish(w, ERR), LNT_ENOSPC);
    assert_message("says the sink");
  }
  assert_int_equal(sink.calls, 2);
  assert_int_equal(lnti_json_finish(w, NULL), LNT_ENOSPC);
  lnti_json_writer_free(w);
  lnti_json_writer_free(NULL);
}

static void test_sink_file(void **state) {
  (void)state;
  char *folder = lnti_test_folder(), *path = lnti_test_path(folder, "out.json");
  lnti_json_writer *w = NULL;
  FILE *file = fopen(path, "wb");
  assert_non_null(file);
  assert_ok(lnti_json_writer_new(&w, lnti_json_sink_file, file, 0, ERR));
  lnti_json_string(w, "x");
  assert_ok(lnti_json_finish(w, ERR));
  fclose(file);
  char *text = lnti_test_read_file(NULL, path);
  assert_string_equal(text, "\"x\"\n");
  free(text);
  lnti_json_writer_free(w);
  file = fopen("/dev/full", "wb");
  if (file) {
    assert_ok(lnti_json_writer_new(&w, lnti_json_sink_file, file, 0, ERR));
    lnti_json_string(w, "x");
    assert_status(lnti_json_finish(w, ERR), LNT_ENOSPC);
    lnti_json_writer_free(w);
    fclose(file);
  }
  free(path);
  lnti_test_folder_remove(folder);
}

static void test_faults(void **state) {
  (void)state;
  for_each_fault(n) {
    lnti_text text = {0};
    lnti_json_writer *w = NULL;
    lnt_status status = lnti_json_writer_new(&w, lnti_json_sink_text, &text, 0, ERR);
    if (status == LNT_OK) {
      lnti_json_string(w, "some text");
      status = lnti_json_finish(w, ERR);
    }
    assert_fault_status(status);
    lnti_json_writer_free(w);
    lnti_text_clear(&text);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_one_line),   cmocka_unit_test(test_indent),
      cmocka_unit_test(test_lines),      cmocka_unit_test(test_scalar_document),
      cmocka_unit_test(test_escapes),    cmocka_unit_test(test_utf8),
      cmocka_unit_test(test_numbers),    cmocka_unit_test(test_numbers_in_any_locale),
      cmocka_unit_test(test_round_trip), cmocka_unit_test(test_depth),
      cmocka_unit_test(test_buffering),  cmocka_unit_test(test_sink_error_sticks),
      cmocka_unit_test(test_sink_file),  cmocka_unit_test(test_faults),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
