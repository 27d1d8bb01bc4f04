/*
 * Values as people read them, worked out by hand.
 */
#include <support.h>

#include <cli/format.h>
#include <math.h>

#define assert_shown(shown, wanted) assert_string_equal((shown).text, wanted)

static void test_counts(void **state) {
  (void)state;
  assert_shown(lnti_show_count(0), "0");
  assert_shown(lnti_show_count(999), "999");
  assert_shown(lnti_show_count(1000), "1,000");
  assert_shown(lnti_show_count(70000), "70,000");
  assert_shown(lnti_show_count(1234567), "1,234,567");
  assert_shown(lnti_show_count(UINT64_MAX), "18,446,744,073,709,551,615");
}

static void test_things(void **state) {
  (void)state;
  assert_shown(lnti_show_things(0, "model"), "0 models");
  assert_shown(lnti_show_things(1, "model"), "1 model");
  assert_shown(lnti_show_things(70000, "item"), "70,000 items");
  assert_shown(lnti_show_things(1, "class"), "1 class");
  assert_shown(lnti_show_things(2, "class"), "2 classes");
}

static void test_seconds(void **state) {
  (void)state;
  assert_shown(lnti_show_seconds(0), "0.00 s");
  assert_shown(lnti_show_seconds(-1), "0.00 s");
  assert_shown(lnti_show_seconds(NAN), "0.00 s");
  assert_shown(lnti_show_seconds(0.418), "0.42 s");
  assert_shown(lnti_show_seconds(9.999), "10.0 s");
  assert_shown(lnti_show_seconds(12.34), "12.3 s");
  assert_shown(lnti_show_seconds(99.99), "1 min 40 s");
  assert_shown(lnti_show_seconds(125.4), "2 min 05 s");
  assert_shown(lnti_show_seconds(3599.9), "1 h 00 min");
  assert_shown(lnti_show_seconds(3720), "1 h 02 min");
  assert_shown(lnti_show_seconds(360000), "100 h 00 min");
}

static void test_rates(void **state) {
  (void)state;
  assert_shown(lnti_show_rate(0), "0");
  assert_shown(lnti_show_rate(NAN), "0");
  assert_shown(lnti_show_rate(INFINITY), "0");
  assert_shown(lnti_show_rate(0.8444), "0.84");
  assert_shown(lnti_show_rate(12.34), "12.3");
  assert_shown(lnti_show_rate(100), "100");
  assert_shown(lnti_show_rate(16666.7), "16,700");
  assert_shown(lnti_show_rate(999.9), "1,000");
}

static void test_bytes(void **state) {
  (void)state;
  assert_shown(lnti_show_bytes(0), "0 B");
  assert_shown(lnti_show_bytes(999), "999 B");
  assert_shown(lnti_show_bytes(1000), "1.0 kB");
  assert_shown(lnti_show_bytes(1500), "1.5 kB");
  assert_shown(lnti_show_bytes(9999), "10 kB");
  assert_shown(lnti_show_bytes(210000000), "210 MB");
  assert_shown(lnti_show_bytes(999999), "1.0 MB");
  assert_shown(lnti_show_bytes(UINT64_MAX), "18 EB");
}

static void test_metrics(void **state) {
  (void)state;
  assert_shown(lnti_show_metric(0.89127), "0.8913");
  assert_shown(lnti_show_metric(NAN), "-");
  assert_shown(lnti_show_interval(0.885, 0.897), "0.8850 to 0.8970");
  assert_shown(lnti_show_interval(NAN, 1), "");
}

static void test_time(void **state) {
  (void)state;
  assert_int_equal(setenv("TZ", "UTC0", 1), 0);
  assert_shown(lnti_show_time(0), "1970-01-01 00:00");
  assert_shown(lnti_show_time(1772373900999u), "2026-03-01 14:05");
}

/** What lnti_plain makes of a text. */
static void assert_plain(const char *text, const char *wanted) {
  lnti_text out = {0};
  assert_ok(lnti_plain(&out, text, ERR));
  assert_string_equal(out.data, wanted);
  lnti_text_clear(&out);
}

static void test_plain(void **state) {
  (void)state;
  assert_plain("", "");
  assert_plain("a b/c.png", "a b/c.png");
  assert_plain("K\xc3\xa4se \xe6\xa9\x9f \xf0\x9f\x90\xa6", "K\xc3\xa4se \xe6\xa9\x9f \xf0\x9f\x90\xa6");
  assert_plain("a\x1b[31mred\n\t\x7f", "a?[31mred???"); /* no escape sequence reaches the terminal */
  assert_plain(
      "\xc2\x9b"
      "31m",
      "??31m"); /* nor the one-character form of it, U+009B */
  assert_plain("\xff\xc3", "??");
  assert_plain("\xc3(", "?(");
  assert_plain("\xe2\x82", "??");
  assert_plain("\xc2\xa0", "\xc2\xa0");
}

static void assert_wrapped(const char *text, size_t column, size_t indent, size_t width, const char *wanted) {
  lnti_text out = {0};
  assert_ok(lnti_text_append(&out, "", 0, ERR));
  assert_ok(lnti_wrap(&out, text, column, indent, width, ERR));
  assert_string_equal(out.data, wanted);
  lnti_text_clear(&out);
}

static void test_wrap(void **state) {
  (void)state;
  assert_wrapped("", 0, 0, 10, "");
  assert_wrapped("one two three", 0, 0, 7, "one two\nthree");
  assert_wrapped("one two three", 4, 2, 11, "one two\n  three");
  assert_wrapped("averyverylongword x", 0, 2, 5, "averyverylongword\n  x"); /* never cut */
  assert_wrapped("one\n\ntwo", 0, 0, 20, "one\n\ntwo");
  assert_wrapped("\xc3\xa4\xc3\xa4\xc3\xa4 bbb", 0, 0, 7, "\xc3\xa4\xc3\xa4\xc3\xa4 bbb"); /* columns, not bytes */
  assert_wrapped("end  ", 0, 0, 20, "end");
}

/** Whatever comes in, what goes out has no control character and is UTF-8. */
static void check_plain_is_safe(lnti_rng *rng, void *payload) {
  (void)payload;
  char text[24];
  size_t n = (size_t)lnti_rng_below(rng, sizeof text);
  for (size_t i = 0; i < n; i++) text[i] = (char)(1 + lnti_rng_below(rng, 255));
  text[n] = 0;
  lnti_text out = {0};
  assert_ok(lnti_plain(&out, text, ERR));
  assert_int_equal(lnti_utf8_valid(out.data, out.length), out.length);
  for (size_t i = 0; i < out.length; i++) {
    unsigned char c = (unsigned char)out.data[i];
    assert_true(c >= 0x20 && c != 0x7f);
    assert_false(c == 0xc2 && (unsigned char)out.data[i + 1] < 0xa0);
  }
  lnti_text_clear(&out);
}

static void test_plain_is_safe(void **state) {
  (void)state;
  lnti_test_property("plain text is safe", 5000, check_plain_is_safe, NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_counts),        cmocka_unit_test(test_things), cmocka_unit_test(test_seconds),
      cmocka_unit_test(test_rates),         cmocka_unit_test(test_bytes),  cmocka_unit_test(test_metrics),
      cmocka_unit_test(test_time),          cmocka_unit_test(test_plain),  cmocka_unit_test(test_wrap),
      cmocka_unit_test(test_plain_is_safe),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
