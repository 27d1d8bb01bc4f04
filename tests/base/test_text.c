/* base/text.c: growing text, UTF-8, strict numbers, slugs, the order of names. */
#include "support.h"

#include <base/alloc.h>
#include <base/text.h>
#include <locale.h>

static void test_append(void **state) {
  (void)state;
  lnti_text text = {0};
  assert_ok(lnti_text_append(&text, "", 0, ERR));
  assert_string_equal(text.data, "");
  assert_ok(lnti_text_append(&text, NULL, 0, ERR));
  for (int i = 0; i < 1000; i++) assert_ok(lnti_text_append(&text, "abc", 3, ERR));
  assert_ok(lnti_text_printf(&text, ERR, "%s-%d", "x", 5));
  assert_ok(lnti_text_printf(&text, ERR, "%s", ""));
  assert_int_equal(text.length, 3003);
  assert_string_equal(text.data + 2997, "abcx-5");
  assert_ok(lnti_text_append(&text, "a\0b", 3, ERR));
  assert_memory_equal(text.data + 3003, "a\0b", 4);
  assert_status(lnti_text_append(&text, "x", SIZE_MAX, ERR), LNT_ENOMEM);
  assert_int_equal(text.length, 3006);
  lnti_text_clear(&text);
  assert_null(text.data);
  assert_int_equal(text.length + text.capacity, 0);
  lnti_text_clear(&text);
}

static void test_utf8_valid(void **state) {
  (void)state;
  static const struct {
    const char *text;
    size_t valid;
  } cases[] = {
      {"", 0},
      {"abc", 3},
      {"\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80", 9},
      {"a\x80", 1},
      {"a\xC0\x80", 1},
      {"a\xC1\xBF", 1},
      {"\xC2\x80\xDF\xBF", 4},
      {"a\xC3", 1},
      {"a\xC3(", 1},
      {"\xE0\x9F\xBF", 0},
      {"\xE0\xA0\x80", 3},
      {"\xED\x9F\xBF", 3},
      {"\xED\xA0\x80", 0},
      {"\xEF\xBF\xBF", 3},
      {"x\xE2\x82", 1},
      {"\xF0\x8F\xBF\xBF", 0},
      {"\xF0\x90\x80\x80", 4},
      {"\xF4\x8F\xBF\xBF", 4},
      {"\xF4\x90\x80\x80", 0},
      {"\xF5\x80\x80\x80", 0},
      {"x\xF0\x9F\x98", 1},
      {"\xFF", 0},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    assert_int_equal(lnti_utf8_valid(cases[i].text, strlen(cases[i].text)), cases[i].valid);
  }
  assert_int_equal(lnti_utf8_valid("a\0b", 3), 3);
}

static void test_utf8_columns(void **state) {
  (void)state;
  static const struct {
    const char *text;
    size_t columns;
  } cases[] = {
      {"", 0},
      {"abc", 3},
      {"\xC3\xA4", 1},
      {"a\xCC\x88", 1},        /* a with a combining diaeresis */
      {"\xE7\x8C\xAB", 2},     /* a Han character */
      {"\xED\x95\x9C", 2},     /* a Hangul syllable */
      {"\xF0\x9F\x98\x80", 2}, /* an emoji */
      {"e\xE2\x80\x8B"
       "f",
       2}, /* a zero-width space between */
      {"a\xFF"
       "b",
       3},
      {"\x1B[", 1},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    assert_int_equal(lnti_utf8_columns(cases[i].text, strlen(cases[i].text)), cases[i].columns);
  }
}

static void test_parse_int(void **state) {
  (void)state;
  static const struct {
    const char *text;
    int64_t value;
  } good[] = {{"0", 0},
              {"-0", 0},
              {"42", 42},
              {"+42", 42},
              {"-7", -7},
              {"007", 7},
              {"9223372036854775807", INT64_MAX},
              {"-9223372036854775808", INT64_MIN}};
  static const char *const bad[] = {"",
                                    "-",
                                    "+",
                                    " 1",
                                    "1 ",
                                    "1.0",
                                    "0x1",
                                    "1e3",
                                    "--1",
                                    "abc",
                                    "1,000",
                                    "\xC2\xB2",
                                    "9223372036854775808",
                                    "-9223372036854775809"};
  int64_t value = 99;
  for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
    assert_ok(lnti_parse_int(&value, good[i].text, "--n", ERR));
    assert_true(value == good[i].value);
  }
  value = 99;
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    assert_status(lnti_parse_int(&value, bad[i], "--n", ERR), LNT_EINVAL);
    assert_message("--n: ");
    assert_int_equal(value, 99);
  }
}

static void test_parse_real(void **state) {
  (void)state;
  static const struct {
    const char *text;
    double value;
  } good[] = {{"0", 0},      {"-1.5", -1.5}, {"+2", 2},     {".5", 0.5},  {"5.", 5},
              {"1e3", 1000}, {"1E-3", 1e-3}, {"1e+2", 100}, {"0.1", 0.1}, {"1e-400", 0}};
  static const char *const bad[] = {"",    ".",  "-",  " 1",  "1 ",   "1,5",   "0x1p3", "inf",   "nan",
                                    "NaN", "1e", "e5", "1e+", "1e5x", "1.2.3", "-inf",  "1e999", "-1e999"};
  double value = 99;
  for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
    assert_ok(lnti_parse_real(&value, good[i].text, "--x", ERR));
    assert_true(value == good[i].value);
  }
  value = 99;
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    assert_status(lnti_parse_real(&value, bad[i], "--x", ERR), LNT_EINVAL);
    assert_message("--x: ");
    assert_true(value == 99);
  }
}

static void test_slug(void **state) {
  (void)state;
  static const char *const cases[][2] = {
      {"T-shirt/top", "t-shirt-top"},
      {"Ankle boot", "ankle-boot"},
      {"  a  b  ", "a-b"},
      {"", "x"},
      {"!!!", "x"},
      {"--A--", "a"},
      {"\xC3\x84pfel 7", "\xC3\x84pfel-7"},
      {"9", "9"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    char *slug = NULL;
    assert_ok(lnti_slug(&slug, cases[i][0], ERR));
    assert_string_equal(slug, cases[i][1]);
    free(slug);
  }
}

static void test_natural_compare(void **state) {
  (void)state;
  static const char *const sorted[] = {"",
                                       "1",
                                       "2",
                                       "10",
                                       "a",
                                       "a1",
                                       "a1b2",
                                       "a1b10",
                                       "a2",
                                       "a10",
                                       "img2.png",
                                       "img10.png",
                                       "img99999999999999999999999",
                                       "img100000000000000000000000",
                                       "b"};
  size_t n = sizeof sorted / sizeof sorted[0] - 1;
  for (size_t i = 0; i < n; i++) {
    for (size_t j = 0; j < n; j++) {
      int order = lnti_natural_compare(sorted[i], sorted[j]);
      assert_int_equal(order, i < j ? -1 : i > j);
    }
  }
  assert_true(lnti_natural_compare("a01", "a1") != 0); /* some fixed order */
  assert_int_equal(lnti_natural_compare("a01", "a1"), -lnti_natural_compare("a1", "a01"));
  assert_int_equal(lnti_natural_compare("a01b", "a1c"), -1);
  assert_int_equal(lnti_natural_compare("\xC3\xA4", "z"), 1);
}

static void random_name(char out[6], lnti_rng *rng) {
  size_t n = lnti_rng_below(rng, 6);
  for (size_t i = 0; i < n; i++) out[i] = "01209ab-"[lnti_rng_below(rng, 8)];
  out[n] = '\0';
}

static void check_order(lnti_rng *rng, void *payload) {
  char a[6], b[6], c[6];
  (void)payload;
  for (int i = 0; i < 500; i++) {
    random_name(a, rng);
    random_name(b, rng);
    random_name(c, rng);
    int ab = lnti_natural_compare(a, b), bc = lnti_natural_compare(b, c), ac = lnti_natural_compare(a, c);
    assert_int_equal(ab, -lnti_natural_compare(b, a));
    assert_int_equal(ab == 0, strcmp(a, b) == 0);
    if (ab <= 0 && bc <= 0 && ac > 0) fail_msg("'%s' '%s' '%s' are in no order", a, b, c);
  }
}

static void test_natural_order_is_total(void **state) {
  (void)state;
  lnti_test_property("natural order is total", 100, check_order, NULL);
}

static void test_nearest(void **state) {
  (void)state;
  static const char *const names[] = {"import", "items", "init", "evaluate", "extract"};
  assert_string_equal(lnti_nearest_name("improt", names, 5), "import"); /* neighbours swapped: one edit */
  assert_string_equal(lnti_nearest_name("item", names, 5), "items");
  assert_string_equal(lnti_nearest_name("eval", names, 5), "evaluate"); /* by its beginning */
  assert_string_equal(lnti_nearest_name("extracts", names, 5), "extract");
  assert_null(lnti_nearest_name("zebra", names, 5));
  static const char *const folded[] = {"exterior", "mt-free", "a"};
  assert_string_equal(lnti_nearest_name("EXTERIOR", folded, 3), "exterior");
  assert_string_equal(lnti_nearest_name("MT_Free", folded, 3), "mt-free");
  assert_string_equal(lnti_nearest_name("Ext", folded, 3), "exterior");
  assert_string_equal(lnti_nearest_name("A", folded, 3), "a");
  const char *const flat[] = {"Flatten 1", "flat"};
  assert_string_equal(lnti_nearest_name("flatt", flat, 2),
                      "flat"); /* an edit less says more than a beginning in other letters */
  assert_string_equal(lnti_nearest_name("FLATTEN", flat, 2), "Flatten 1");
  assert_null(lnti_nearest_name("c", folded, 3)); /* nothing of it would stay */
  assert_null(lnti_nearest_name("", names, 5));
  assert_null(lnti_nearest_name("import", names, 0));
  char huge[500];
  memset(huge, 'i', sizeof huge - 1);
  huge[sizeof huge - 1] = 0;
  assert_null(lnti_nearest_name(huge, names, 5));
}

static void test_words(void **state) {
  (void)state;
  assert_string_equal(lnti_shell_word("logistic-hog_2.lnt", "MODEL").text, "logistic-hog_2.lnt");
  assert_string_equal(lnti_shell_word("sequence:alike=30,time:10", "KEY").text, "sequence:alike=30,time:10");
  assert_string_equal(lnti_shell_word("my model", "MODEL").text, "'my model'");
  assert_string_equal(lnti_shell_word("it's $HOME", "MODEL").text, "'it'\\''s $HOME'");
  assert_string_equal(lnti_shell_word("\xc3\xa9t\xc3\xa9", "MODEL").text, "'\xc3\xa9t\xc3\xa9'");
  const char *none[] = {"", "-x", "- x", "a\nb", "a\x1b[1m", "a\xff z", "\xc3"};
  for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
    assert_string_equal(lnti_shell_word(none[i], "MODEL").text, "MODEL");
  }
}

/** 511 bytes fit, with and without quotes; one more does not. */
static void test_long_words(void **state) {
  (void)state;
  char text[600];
  for (size_t length = 500; length < 520; length++) {
    memset(text, 'a', length);
    text[length] = 0;
    assert_string_equal(lnti_shell_word(text, "DIR").text, length <= 511 ? text : "DIR");
    text[0] = ' ';
    assert_int_equal(strlen(lnti_shell_word(text, "DIR").text), length <= 509 ? length + 2 : 3);
    text[0] = '\'';
    assert_int_equal(strlen(lnti_shell_word(text, "DIR").text), length <= 506 ? length + 5 : 3);
  }
}

static void test_faults(void **state) {
  (void)state;
  for_each_fault(n) {
    lnti_text text = {0};
    char *slug = NULL;
    lnt_status status = lnti_text_append(&text, "abc", 3, ERR);
    if (status == LNT_OK) status = lnti_text_printf(&text, ERR, "%100d", 1);
    assert_true(text.length == 0 || text.length == 3 || text.length == 103);
    if (status == LNT_OK) status = lnti_slug(&slug, "A b", ERR);
    assert_fault_status(status);
    lnti_text_clear(&text);
    free(slug);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_append),          cmocka_unit_test(test_utf8_valid),
      cmocka_unit_test(test_utf8_columns),    cmocka_unit_test(test_parse_int),
      cmocka_unit_test(test_parse_real),      cmocka_unit_test(test_slug),
      cmocka_unit_test(test_natural_compare), cmocka_unit_test(test_natural_order_is_total),
      cmocka_unit_test(test_nearest),         cmocka_unit_test(test_words),
      cmocka_unit_test(test_long_words),      cmocka_unit_test(test_faults),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
