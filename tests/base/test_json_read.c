/* base/json_read.c: events of valid input, the place and words of every refusal, any cut of the input into pieces. */
#include "support.h"

#include <base/error.h>
#include <base/json.h>
#include <base/text.h>

/* Gives the input in pieces of `piece` bytes, so that every token is cut everywhere. */
typedef struct pieces {
  const char *data;
  size_t n, at, piece;
  size_t fail_at; /* the source fails once this many bytes were given; SIZE_MAX: never */
} pieces;

static lnt_status give_piece(size_t *n_out, void *payload, char *buffer, size_t n, lnt_error *err) {
  pieces *p = payload;
  if (p->at >= p->fail_at) return lnti_fail(err, LNT_EIO, "the source broke");
  size_t part = p->n - p->at;
  if (part > p->piece) part = p->piece;
  if (part > n) part = n;
  if (part > 0) memcpy(buffer, p->data + p->at, part);
  p->at += part;
  *n_out = part;
  return LNT_OK;
}

/* The events as one line: { } [ ] k:key s:text n:1 t f 0 . */
static lnt_status read_all(lnti_text *trace, pieces *source, const lnti_json_reader_options *options, lnt_error *err) {
  static const char marks[] = "{}[]ksntf0.";
  lnti_json_reader *reader = NULL;
  lnti_json_event event = LNTI_JSON_NULL;
  lnt_status status = lnti_json_reader_new(&reader, give_piece, source, options, err);
  while (status == LNT_OK && event != LNTI_JSON_END) {
    const char *text = NULL;
    size_t n = 0;
    status = lnti_json_next(&event, &text, &n, reader, err);
    if (status) break;
    if (text && strlen(text) != n) status = lnti_fail(err, LNT_EINTERNAL, "the length is wrong");
    if (status == LNT_OK) status = lnti_text_append(trace, &marks[event], 1, err);
    if (status == LNT_OK && text) status = lnti_text_printf(trace, err, ":%s ", text);
  }
  lnti_json_reader_free(reader);
  return status;
}

static pieces all_of(const char *data) {
  return (pieces){.data = data, .n = strlen(data), .piece = SIZE_MAX, .fail_at = SIZE_MAX};
}

static void expect_events(const char *data, size_t n, bool lines, const char *wanted) {
  static const size_t sizes[] = {SIZE_MAX, 1, 2, 3, 7};
  for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
    pieces source = {.data = data, .n = n, .piece = sizes[i], .fail_at = SIZE_MAX};
    lnti_json_reader_options options = {.lines = lines};
    lnti_text trace = {0};
    assert_ok(read_all(&trace, &source, &options, ERR));
    assert_string_equal(trace.data, wanted);
    lnti_text_clear(&trace);
  }
}

static void test_values(void **state) {
  (void)state;
  static const struct {
    const char *json, *events;
  } cases[] = {
      {"{}", "{}."},
      {" [ ] ", "[]."},
      {"null", "0."},
      {"[true,false,null]", "[tf0]."},
      {"{\"a\":1,\"b\":[{},[]],\"c\":\"\"}", "{k:a n:1 k:b [{}[]]k:c s: }."},
      {"\r\n\t {\"a\" :\n\t\"b\"\r}\n", "{k:a s:b }."},
      {"\xEF\xBB\xBF[0]", "[n:0 ]."},
      {"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "s:\"\\/\b\f\n\r\t ."},
      {"\"\\u0041\\u00e4\\u20AC\\uD83D\\uDE00\\uffff\"", "s:A\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80\xEF\xBF\xBF ."},
      {"\"\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80\x7F\"", "s:\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80\x7F ."},
      {"\"\xED\x9F\xBF\xEE\x80\x80\xF4\x8F\xBF\xBF\xE0\xA0\x80\xF0\x90\x80\x80\"",
       "s:\xED\x9F\xBF\xEE\x80\x80\xF4\x8F\xBF\xBF\xE0\xA0\x80\xF0\x90\x80\x80 ."},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    expect_events(cases[i].json, strlen(cases[i].json), false, cases[i].events);
  }
}

static void test_numbers(void **state) {
  (void)state;
  static const char *const numbers[] = {"0",   "-0",   "10",     "-12",    "0.5",
                                        "1e5", "1E+5", "2.5e-3", "1e9999", "123456789012345678901234567890"};
  for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
    char json[64], wanted[64];
    snprintf(json, sizeof json, "[%s]", numbers[i]);
    snprintf(wanted, sizeof wanted, "[n:%s ].", numbers[i]);
    expect_events(json, strlen(json), false, wanted);
    snprintf(wanted, sizeof wanted, "n:%s .", numbers[i]); /* at the very end of the input as well */
    expect_events(numbers[i], strlen(numbers[i]), false, wanted);
  }
}

static void test_lines(void **state) {
  (void)state;
  expect_events("", 0, true, ".");
  expect_events(" \n ", 3, true, ".");
  expect_events("{}\n[1]\r\n\n\"x\"", 12, true, "{}[n:1 ]s:x .");
  expect_events("1 2\n", 4, true, "n:1 n:2 .");
}

typedef struct refusal {
  const char *json, *message;
  bool lines;
} refusal;

static void expect_refusals(const refusal *cases, size_t n) {
  for (size_t i = 0; i < n; i++) {
    for (size_t piece = 1; piece <= 64; piece *= 8) {
      pieces source = all_of(cases[i].json);
      lnti_json_reader_options options = {.name = "in.json", .lines = cases[i].lines};
      lnti_text trace = {0};
      lnt_error err = LNT_ERROR_INIT;
      source.piece = piece;
      assert_int_equal(read_all(&trace, &source, &options, &err), LNT_EDATA);
      assert_int_equal(err.code, LNT_EDATA);
      assert_string_equal(err.message, cases[i].message);
      lnti_text_clear(&trace);
    }
  }
}

static void test_refused_structure(void **state) {
  (void)state;
  static const refusal cases[] = {
      {"", "in.json:1:1: found the end of the input, expected a value", false},
      {"\xEF\xBB\xBF", "in.json:1:1: found the end of the input, expected a value", false},
      {"\xEF\xBBx", "in.json:1:2: found 'x', expected a value", false},
      {" \xEF\xBB\xBF", "in.json:1:2: found the byte 0xEF, expected a value", false},
      {"[1,\n  2\n", "in.json:3:1: found the end of the input, expected ',' or ']'", false},
      {"[1 2]", "in.json:1:4: found '2', expected ',' or ']'", false},
      {"[1,]", "in.json:1:4: found ']', expected a value", false},
      {"[,1]", "in.json:1:2: found ',', expected a value or ']'", false},
      {"[}", "in.json:1:2: found '}', expected a value or ']'", false},
      {"[1}", "in.json:1:3: found '}', expected ',' or ']'", false},
      {"{]", "in.json:1:2: found ']', expected a key in quotes or '}'", false},
      {"{a:1}", "in.json:1:2: found 'a', expected a key in quotes or '}'", false},
      {"{\"a\":1,}", "in.json:1:8: found '}', expected a key in quotes", false},
      {"{\"a\" 1}", "in.json:1:6: found '1', expected ':'", false},
      {"{\"a\":}", "in.json:1:6: found '}', expected a value", false},
      {"{\"a\":1]", "in.json:1:7: found ']', expected ',' or '}'", false},
      {"{} x", "in.json:1:4: found 'x', expected the end of the input", false},
      {"1 2", "in.json:1:3: found '2', expected the end of the input", false},
      {"{}{}", "in.json:1:3: found '{', expected a new line", true},
      {"1\n]", "in.json:2:1: found ']', expected a value", true},
      {"\x01", "in.json:1:1: found the control character U+0001, expected a value", false},
      {"'a'", "in.json:1:1: found ''', expected a value", false},
      {"[\"\xC3\xA4\xC3\xA4\" x", "in.json:1:7: found 'x', expected ',' or ']'", false},
  };
  expect_refusals(cases, sizeof cases / sizeof cases[0]);
}

static void test_refused_words_and_numbers(void **state) {
  (void)state;
  static const refusal cases[] = {
      {"tru", "in.json:1:4: found the end of the input, expected 'true'", false},
      {"falsy", "in.json:1:5: found 'y', expected 'false'", false},
      {"nul1", "in.json:1:4: found '1', expected 'null'", false},
      {"nullx", "in.json:1:5: found 'x', expected the end of the input", false},
      {"NaN", "in.json:1:1: found 'N', expected a value", false},
      {"+1", "in.json:1:1: found '+', expected a value", false},
      {".5", "in.json:1:1: found '.', expected a value", false},
      {"-", "in.json:1:2: found the end of the input, expected a digit", false},
      {"-x", "in.json:1:2: found 'x', expected a digit", false},
      {"01", "in.json:1:2: found '1', expected '.' or the end of the number after a leading 0", false},
      {"-01", "in.json:1:3: found '1', expected '.' or the end of the number after a leading 0", false},
      {"1.", "in.json:1:3: found the end of the input, expected a digit", false},
      {"1.e5", "in.json:1:3: found 'e', expected a digit", false},
      {"1e", "in.json:1:3: found the end of the input, expected a digit", false},
      {"1e+", "in.json:1:4: found the end of the input, expected a digit", false},
      {"0x10", "in.json:1:2: found 'x', expected the end of the input", false},
  };
  expect_refusals(cases, sizeof cases / sizeof cases[0]);
}

static void test_refused_strings(void **state) {
  (void)state;
  static const char second[] = "the second half of a surrogate pair, \\uDC00 to \\uDFFF";
  char lone[160], cut[160];
  snprintf(lone, sizeof lone, "in.json:1:8: found 'x', expected %s", second);
  snprintf(cut, sizeof cut, "in.json:1:9: found 'n', expected %s", second);
  const refusal cases[] = {
      {"\"ab", "in.json:1:4: found the end of the input, expected '\"' at the end of a string", false},
      {"\"a\n\"", "in.json:1:3: found the control character U+000A, expected a character or '\"'", false},
      {"\"\t\"", "in.json:1:2: found the control character U+0009, expected a character or '\"'", false},
      {"\"\\x\"", "in.json:1:3: found 'x', expected one of \" \\ / b f n r t u after a backslash", false},
      {"\"\\", "in.json:1:3: found the end of the input, expected one of \" \\ / b f n r t u after a backslash", false},
      {"\"\\u12g4\"", "in.json:1:6: found 'g', expected four hexadecimal digits after \\u", false},
      {"\"\\u12", "in.json:1:6: found the end of the input, expected four hexadecimal digits after \\u", false},
      {"\"a\\u0000\"", "in.json:1:3: \\u0000 in a string, which Linnet does not take", false},
      {"\"\\uDC00\"", "in.json:1:2: found the second half of a surrogate pair without the first", false},
      {"\"\\uD800x\"", lone, false},
      {"\"\\uD800\\n\"", cut, false},
      {"\"\\uD800\\u0041\"", "in.json:1:8: found the first half of a surrogate pair without the second", false},
      {"\"\\uD800\\uE000\"", "in.json:1:8: found the first half of a surrogate pair without the second", false},
      {"\"\xFF\"", "in.json:1:2: found the byte 0xFF, expected a character in UTF-8", false},
      {"\"\x80\"", "in.json:1:2: found the byte 0x80, expected a character in UTF-8", false},
      {"\"\xC0\x80\"", "in.json:1:2: found the byte 0xC0, expected a character in UTF-8", false},
      {"\"\xC3\"", "in.json:1:3: found '\"', expected the next byte of a character in UTF-8", false},
      {"\"\xED\xA0\x80\"", "in.json:1:3: found the byte 0xA0, expected the next byte of a character in UTF-8", false},
      {"\"\xE0\x80\x80\"", "in.json:1:3: found the byte 0x80, expected the next byte of a character in UTF-8", false},
      {"\"\xF0\x80\x80\x80\"", "in.json:1:3: found the byte 0x80, expected the next byte of a character in UTF-8",
       false},
      {"\"\xF4\x90\x80\x80\"", "in.json:1:3: found the byte 0x90, expected the next byte of a character in UTF-8",
       false},
      {"\"\xF5\"", "in.json:1:2: found the byte 0xF5, expected a character in UTF-8", false},
  };
  expect_refusals(cases, sizeof cases / sizeof cases[0]);
}

static void test_nul_byte(void **state) {
  (void)state;
  pieces source = {.data = "\"a\0b\"", .n = 5, .piece = SIZE_MAX, .fail_at = SIZE_MAX};
  lnti_text trace = {0};
  assert_status(read_all(&trace, &source, NULL, ERR), LNT_EDATA);
  assert_message("JSON:1:3: found the control character U+0000");
  lnti_text_clear(&trace);
}

static void expect_depth(unsigned depth_max, unsigned depth, lnt_status wanted) {
  char *json = malloc(2 * depth + 1);
  assert_non_null(json);
  memset(json, '[', depth);
  memset(json + depth, ']', depth);
  json[2 * depth] = '\0';
  pieces source = all_of(json);
  lnti_json_reader_options options = {.depth_max = depth_max};
  lnti_text trace = {0};
  assert_status(read_all(&trace, &source, &options, ERR), wanted);
  if (wanted == LNT_ELIMIT) assert_message("deep");
  lnti_text_clear(&trace);
  free(json);
}

static void test_depth(void **state) {
  (void)state;
  expect_depth(0, LNTI_JSON_DEPTH_MAX, LNT_OK);
  expect_depth(0, LNTI_JSON_DEPTH_MAX + 1, LNT_ELIMIT);
  expect_depth(3, 3, LNT_OK);
  expect_depth(3, 4, LNT_ELIMIT);
  expect_depth(0, 1000000, LNT_ELIMIT);
  expect_depth(LNTI_JSON_DEPTH_MAX + 1, 1, LNT_EINVAL);
}

static void test_alternating_nesting(void **state) {
  (void)state;
  lnti_text json = {0}, trace = {0};
  for (int i = 0; i < 200; i++) assert_ok(lnti_text_append(&json, i % 3 ? "{\"k\":" : "[", i % 3 ? 5 : 1, ERR));
  assert_ok(lnti_text_append(&json, "1", 1, ERR));
  for (int i = 199; i >= 0; i--) assert_ok(lnti_text_append(&json, i % 3 ? "}" : "]", 1, ERR));
  pieces source = all_of(json.data);
  assert_ok(read_all(&trace, &source, NULL, ERR));
  json.data[json.length - 1] = '}'; /* the outermost is an array */
  source = all_of(json.data);
  lnti_text_clear(&trace);
  assert_status(read_all(&trace, &source, NULL, ERR), LNT_EDATA);
  assert_message("expected ',' or ']'");
  lnti_text_clear(&trace);
  lnti_text_clear(&json);
}

static void test_string_limit(void **state) {
  (void)state;
  static const struct {
    const char *json;
    lnt_status status;
  } cases[] = {
      {"\"12345678\"", LNT_OK},      {"\"123456789\"", LNT_ELIMIT},      {"123456789", LNT_ELIMIT},
      {"\"1234567\\n\"", LNT_OK},    {"\"12345678\\n\"", LNT_ELIMIT},    {"\"1234567\xC3\xA4\"", LNT_ELIMIT},
      {"\"123456\\u00e4\"", LNT_OK}, {"\"1234567\\u00e4\"", LNT_ELIMIT},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    pieces source = all_of(cases[i].json);
    lnti_json_reader_options options = {.string_max = 8};
    lnti_text trace = {0};
    assert_status(read_all(&trace, &source, &options, ERR), cases[i].status);
    if (cases[i].status) assert_message("more than 8 bytes");
    lnti_text_clear(&trace);
  }
}

static void test_positions(void **state) {
  (void)state;
  pieces source = all_of("{\n  \"\xC3\xA4\": [1,\n\t22]}");
  static const size_t wanted[][2] = {{1, 1}, {2, 3}, {2, 8}, {2, 9}, {3, 2}, {3, 4}, {3, 5}, {3, 6}};
  lnti_json_reader *reader = NULL;
  lnti_json_event event = LNTI_JSON_NULL;
  assert_ok(lnti_json_reader_new(&reader, give_piece, &source, NULL, ERR));
  for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
    size_t line = 0, column = 0;
    assert_ok(lnti_json_next(&event, NULL, NULL, reader, ERR));
    lnti_json_reader_position(reader, &line, &column);
    assert_int_equal(line, wanted[i][0]);
    assert_int_equal(column, wanted[i][1]);
  }
  for (int again = 0; again < 3; again++) {
    assert_int_equal(event, LNTI_JSON_END);
    assert_ok(lnti_json_next(&event, NULL, NULL, reader, ERR));
  }
  lnti_json_reader_free(reader);
  lnti_json_reader_free(NULL);
}

static void test_errors_stick(void **state) {
  (void)state;
  pieces source = all_of("[1 2]");
  lnti_json_reader *reader = NULL;
  lnti_json_event event = LNTI_JSON_NULL;
  assert_ok(lnti_json_reader_new(&reader, give_piece, &source, NULL, ERR));
  assert_ok(lnti_json_next(&event, NULL, NULL, reader, ERR));
  assert_ok(lnti_json_next(&event, NULL, NULL, reader, ERR));
  for (int again = 0; again < 3; again++) {
    const char *text = "untouched";
    assert_status(lnti_json_next(&event, &text, NULL, reader, ERR), LNT_EDATA);
    assert_message("JSON:1:4: found '2'");
    assert_string_equal(text, "untouched");
    assert_int_equal(event, LNTI_JSON_NUMBER);
  }
  assert_int_equal(lnti_json_next(&event, NULL, NULL, reader, NULL), LNT_EDATA);
  lnti_json_reader_free(reader);
}

static void test_source_fails(void **state) {
  (void)state;
  static const char json[] = " {\"key\": [1.5e3, \"te\\u00e4xt\", true]} ";
  for (size_t at = 0; at < sizeof json; at++) {
    for (int lines = 0; lines < 2; lines++) {
      pieces source = {.data = json, .n = sizeof json - 1, .piece = 1, .fail_at = at};
      lnti_json_reader_options options = {.lines = lines == 1};
      lnti_text trace = {0};
      assert_status(read_all(&trace, &source, &options, ERR), LNT_EIO);
      assert_message("the source broke");
      lnti_text_clear(&trace);
    }
  }
}

static void test_every_prefix_is_refused(void **state) {
  (void)state;
  static const char json[] = "{\"key\":[1.5e3,\"te\\u00e4x\\uD83D\\uDE00t\",true,null,{}]}";
  for (size_t n = 0; n < sizeof json - 1; n++) {
    pieces source = {.data = json, .n = n, .piece = SIZE_MAX, .fail_at = SIZE_MAX};
    lnti_text trace = {0};
    assert_status(read_all(&trace, &source, NULL, ERR), LNT_EDATA);
    assert_message("found the end of the input");
    lnti_text_clear(&trace);
  }
}

/* What the writer writes of random structure is read as the same events. */
static void check_written_is_read(lnti_rng *rng, void *payload) {
  lnti_text json = {0}, wanted = {0}, trace = {0};
  lnti_json_writer *w = NULL;
  bool object[64];
  unsigned depth = 0;
  (void)payload;
  assert_ok(lnti_json_writer_new(&w, lnti_json_sink_text, &json, (int)lnti_rng_below(rng, 4), ERR));
  for (int left = 200; left > 0 || depth > 0; left--) {
    uint64_t kind = left > 0 ? lnti_rng_below(rng, 6) : 5;
    if (kind == 5 && depth > (left > 0)) { /* the outermost stays open until the end */
      if (object[--depth])
        lnti_json_end_object(w);
      else
        lnti_json_end_array(w);
      assert_ok(lnti_text_append(&wanted, object[depth] ? "}" : "]", 1, ERR));
      continue;
    }
    if (depth > 0 && object[depth - 1]) {
      char key[16];
      snprintf(key, sizeof key, "\xC3\xA4%d", left);
      lnti_json_key(w, key);
      assert_ok(lnti_text_printf(&wanted, ERR, "k:%s ", key));
    }
    if ((kind < 2 && depth < 60) || depth == 0) {
      object[depth++] = kind == 0;
      if (kind == 0)
        lnti_json_begin_object(w);
      else
        lnti_json_begin_array(w);
      assert_ok(lnti_text_append(&wanted, kind == 0 ? "{" : "[", 1, ERR));
    } else if (kind == 2) {
      char text[8] = {0};
      for (int i = 0; i < 6; i++) text[i] = (char)(1 + lnti_rng_below(rng, 127));
      lnti_json_string(w, text);
      assert_ok(lnti_text_printf(&wanted, ERR, "s:%s ", text));
    } else if (kind == 3) {
      int64_t number = (int64_t)lnti_rng_next(rng);
      lnti_json_int(w, number);
      assert_ok(lnti_text_printf(&wanted, ERR, "n:%lld ", (long long)number));
    } else {
      lnti_json_bool(w, kind == 4);
      assert_ok(lnti_text_append(&wanted, kind == 4 ? "t" : "f", 1, ERR));
    }
  }
  assert_ok(lnti_json_finish(w, ERR));
  assert_ok(lnti_text_append(&wanted, ".", 1, ERR));
  pieces source = all_of(json.data);
  source.piece = 1 + lnti_rng_below(rng, 50);
  assert_ok(read_all(&trace, &source, NULL, ERR));
  assert_string_equal(trace.data, wanted.data);
  lnti_json_writer_free(w);
  lnti_text_clear(&json);
  lnti_text_clear(&wanted);
  lnti_text_clear(&trace);
}

static void test_written_is_read(void **state) {
  (void)state;
  lnti_test_property("written JSON is read", 100, check_written_is_read, NULL);
}

static void test_faults(void **state) {
  (void)state;
  for_each_fault(n) {
    pieces source = all_of("{\"a\":\"0123456789012345678901234567890123456789012345678901234567890123456789\"}");
    lnti_text trace = {0};
    assert_fault_status(read_all(&trace, &source, NULL, ERR));
    lnti_text_clear(&trace);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_values),
      cmocka_unit_test(test_numbers),
      cmocka_unit_test(test_lines),
      cmocka_unit_test(test_refused_structure),
      cmocka_unit_test(test_refused_words_and_numbers),
      cmocka_unit_test(test_refused_strings),
      cmocka_unit_test(test_nul_byte),
      cmocka_unit_test(test_depth),
      cmocka_unit_test(test_alternating_nesting),
      cmocka_unit_test(test_string_limit),
      cmocka_unit_test(test_positions),
      cmocka_unit_test(test_errors_stick),
      cmocka_unit_test(test_source_fails),
      cmocka_unit_test(test_every_prefix_is_refused),
      cmocka_unit_test(test_written_is_read),
      cmocka_unit_test(test_faults),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
