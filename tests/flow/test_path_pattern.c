/*
 * Values out of paths: the pattern's grammar with every error, what each field takes, extensions, folders, and patterns and
 * paths that are made to take long. A plain matcher that tries everything says what is right.
 */
#include <base/text.h>
#include <flow/import/path_pattern.h>
#include <time.h>

#include "support.h"

static lnti_path_pattern *parse(const char *text) {
  lnti_path_pattern *pattern = NULL;
  assert_ok(lnti_path_pattern_parse(&pattern, text, ERR));
  return pattern;
}

/* The values that a pattern reads from a path, joined by '|'; "-" where it does not fit. */
static const char *values(const char *text, const char *path) {
  static char joined[8192];
  lnti_path_pattern *pattern = parse(text);
  lnti_path_field fields[LNTI_PATH_FIELDS_MAX] = {{"untouched", 9}};
  size_t n = 0;
  snprintf(joined, sizeof joined, "-");
  if (lnti_path_pattern_match(fields, pattern, path)) {
    for (size_t i = 0; i < lnti_path_pattern_n(pattern); i++) {
      assert_true(fields[i].text >= path && fields[i].text + fields[i].n <= path + strlen(path));
      n += (size_t)snprintf(joined + n, sizeof joined - n, "%s%.*s", i ? "|" : "", (int)fields[i].n, fields[i].text);
    }
  } else {
    assert_string_equal(fields[0].text, "untouched");
  }
  lnti_path_pattern_free(pattern);
  return joined;
}

/* ---- the grammar ---- */

static void fields_in_their_order(void **state) {
  (void)state;
  lnti_path_pattern *pattern = parse("{site}/{camera}_{date}_*");
  assert_int_equal(lnti_path_pattern_n(pattern), 3);
  assert_string_equal(lnti_path_pattern_name(pattern, 0), "site");
  assert_string_equal(lnti_path_pattern_name(pattern, 1), "camera");
  assert_string_equal(lnti_path_pattern_name(pattern, 2), "date");
  lnti_path_pattern_free(pattern);
  pattern = parse(
      "{Stra\xc3\x9f"
      "e, 2. Teil}");
  assert_string_equal(lnti_path_pattern_name(pattern, 0),
                      "Stra\xc3\x9f"
                      "e, 2. Teil");
  lnti_path_pattern_free(pattern);
  lnti_path_pattern_free(NULL);
}

static void expect_refusal(const char *text, const char *says) {
  lnti_path_pattern *pattern = NULL;
  assert_status(lnti_path_pattern_parse(&pattern, text, ERR), LNT_EINVAL);
  assert_message(says);
  assert_null(pattern);
}

/* "{a0}_{a1}_..." with n fields. */
static void many_fields(char *out, size_t size, int n) {
  size_t used = 0;
  for (int i = 0; i < n; i++) used += (size_t)snprintf(out + used, size - used, "%s{a%d}", i ? "_" : "", i);
}

static void every_error(void **state) {
  (void)state;
  char text[1024];
  expect_refusal("", "names nothing");
  expect_refusal("photos/*", "names nothing");
  expect_refusal("site}", "names nothing");
  expect_refusal("{site", "a { without its }");
  expect_refusal("{a}_{", "a { without its }");
  expect_refusal("{}", "1 to 63 characters");
  expect_refusal("{a/b}", "none of them / or {");
  expect_refusal("{a{b}", "none of them / or {");
  expect_refusal("{a}{b}", "nothing stands between {a} and {b}");
  expect_refusal("{a}_{b}_{a}", "{a} stands in it twice");

  many_fields(text, sizeof text, LNTI_PATH_FIELDS_MAX);
  lnti_path_pattern_free(parse(text));
  many_fields(text, sizeof text, LNTI_PATH_FIELDS_MAX + 1);
  expect_refusal(text, "more than 16 fields");

  snprintf(text, sizeof text, "{%063d}", 1);
  lnti_path_pattern_free(parse(text));
  snprintf(text, sizeof text, "{%064d}", 1);
  expect_refusal(text, "1 to 63 characters");

  snprintf(text, sizeof text, "{a}%0255d", 1); /* 256 of what is matched: the field and 255 digits */
  lnti_path_pattern_free(parse(text));
  snprintf(text, sizeof text, "{a}%0256d", 1);
  expect_refusal(text, "longer than 256 characters");
}

/* ---- what fields take ---- */

static void a_field_takes_as_little_as_fits(void **state) {
  (void)state;
  assert_string_equal(values("{site}/{camera}_{date}_*", "2024/north/cam2_2024-05-01_0007.jpg"),
                      "north|cam2|2024-05-01");
  assert_string_equal(values("{a}_{b}", "1_2_3.png"), "1|2_3"); /* the last one takes the rest */
  assert_string_equal(values("{a}_{b}_{c}", "1_2_3_4.png"), "1|2|3_4");
  assert_string_equal(values("{a}*", "long.png"), "l");
  assert_string_equal(values("*{a}", "long.png"), "long");
  assert_string_equal(values("{a}-?_{b}", "x-1-2_y.png"), "x-1|y");
  assert_string_equal(values("{a}ab{b}", "aab1ab2ab3"), "a|1ab2ab3");
  assert_string_equal(values("{a}", "x"), "x");
}

static void a_field_takes_one_character_at_least(void **state) {
  (void)state;
  assert_string_equal(values("{a}_{b}", "_2.png"), "-");
  assert_string_equal(values("{a}_{b}", "1_.png"), "-");
  assert_string_equal(values("{a}_{b}", "__2.png"), "_|2"); /* the first underscore is the value */
  assert_string_equal(values("{a}", ""), "-");
  assert_string_equal(values("x*{a}", "x"), "-");
}

static void wildcards(void **state) {
  (void)state;
  assert_string_equal(values("IMG_?{n}", "IMG_A42.jpg"), "42");
  assert_string_equal(values("IMG_?{n}", "IMG_A.jpg"), "-");
  assert_string_equal(values("*_{n}_*", "_7_.jpg"), "7"); /* * takes nothing too */
  assert_string_equal(values("*{n}*", "7"), "7");
  assert_string_equal(values("**{n}", "7"), "7");
  assert_string_equal(values("a*b*c{n}", "axxbyybzzc9"), "9");
  assert_string_equal(values("}{n}]", "}7]"), "7"); /* all else is itself */
}

/* Nothing that stands for some text stands for a slash. */
static void nothing_takes_a_slash(void **state) {
  (void)state;
  assert_string_equal(values("{a}/*/{b}", "n/m/o.png"), "n|o");
  assert_string_equal(values("{a}/*/{b}", "n/o.png"), "-");
  assert_string_equal(values("{a}?b", "a/b"), "-");
  assert_string_equal(values("x*_{b}", "x/y_7.png"), "-");
}

static void the_last_folders_count(void **state) {
  (void)state;
  assert_string_equal(values("{a}", "2024/north/7.png"), "7");
  assert_string_equal(values("{a}/{b}", "2024/north/7.png"), "north|7");
  assert_string_equal(values("{a}/{b}/{c}", "2024/north/7.png"), "2024|north|7");
  assert_string_equal(values("{a}/{b}/{c}/{d}", "2024/north/7.png"), "-");
  assert_string_equal(values("{a}/{b}", "7.png"), "-");
  assert_string_equal(values("north/{b}", "2024/south/7.png"), "-");
  assert_string_equal(values("/{b}", "north/7.png"), "-"); /* the last folder has a name */
  assert_string_equal(values("{a}/", "north/"), "north");
}

static void extensions(void **state) {
  (void)state;
  assert_string_equal(values("{a}", "7.tar.png"), "7.tar"); /* the last one alone */
  assert_string_equal(values("{a}.png", "7.png"), "7");
  assert_string_equal(values("{a}.png", "7.jpg"), "-");
  assert_string_equal(values("{a}.{kind}", "7.jpg"), "7|jpg");
  assert_string_equal(values("{a}_*", "7_x.jpg"), "7");
  assert_string_equal(values("{a}", ".hidden"), ".hidden"); /* a name, no extension */
  assert_string_equal(values("{a}", "v1.2/7"), "7");        /* a folder's dot is none either */
  assert_string_equal(values("v1.2/{a}", "v1.2/7.png"), "7");
  assert_string_equal(values("{camera.id}", "cam2.jpg"), "cam2"); /* nor is that of a field's name */
}

static void characters_stay_whole(void **state) {
  (void)state;
  assert_string_equal(values("{a}*", "\xc3\xa9t\xc3\xa9.png"), "\xc3\xa9");
  assert_string_equal(values("?{a}", "\xc3\xa9t\xc3\xa9.png"), "t\xc3\xa9");
  assert_string_equal(values("{a}?", "\xe2\x82\xac\xf0\x9f\x90\xa6.png"), "\xe2\x82\xac");
  assert_string_equal(values("{a}\xc3\xa9", "t\xc3\xa9.png"), "t");
}

/* ---- long and hostile ones ---- */

/* A path of the longest kind, and no pattern that is linear in it: were all ways tried, this would take for ever. */
static void time_is_bounded(void **state) {
  (void)state;
  static char path[4097], text[300];
  lnti_path_field fields[LNTI_PATH_FIELDS_MAX];
  memset(path, 'a', 4096);
  size_t n = 0;
  for (int i = 0; i < 127; i++) n += (size_t)snprintf(text + n, sizeof text - n, "*a");
  snprintf(text + n, sizeof text - n, "{x}b");
  lnti_path_pattern *pattern = parse(text);
  clock_t begin = clock();
  for (int i = 0; i < 100; i++) assert_false(lnti_path_pattern_match(fields, pattern, path));
  double seconds = (double)(clock() - begin) / CLOCKS_PER_SEC;
  if (seconds > 10) fail_msg("a hundred paths took %.1f s", seconds);
  path[4095] = 'b';
  assert_true(lnti_path_pattern_match(fields, pattern, path));
  assert_ptr_equal(fields[0].text, path + 127);
  assert_int_equal(fields[0].n, 4095 - 127);
  lnti_path_pattern_free(pattern);
}

/* ---- against a matcher that tries everything ---- */

/* Whether pattern fits text, and what its fields take, shortest first. ASCII; no extension, one part. */
static bool try_all(char taken[][16], size_t n_taken, const char *pattern, const char *text) {
  if (!*pattern) return !*text;
  const char *close = *pattern == '{' ? strchr(pattern, '}') : NULL;
  if (!close && *pattern != '*') {
    return *text && (*pattern == '?' || *pattern == *text) && try_all(taken, n_taken, pattern + 1, text + 1);
  }
  for (size_t n = close ? 1 : 0; n <= strlen(text); n++) {
    if (close) snprintf(taken[n_taken], 16, "%.*s", (int)n, text);
    if (try_all(taken, n_taken + (close != NULL), close ? close + 1 : pattern + 1, text + n)) return true;
  }
  return false;
}

static void compare(lnti_rng *rng, void *payload) {
  char pattern[64] = "{f0}", text[16], taken[LNTI_PATH_FIELDS_MAX][16];
  size_t n = 4, n_fields = 1, length = lnti_rng_below(rng, 12);
  int *n_fitting = payload;
  lnti_path_field fields[LNTI_PATH_FIELDS_MAX];
  for (uint64_t i = lnti_rng_below(rng, 7); i > 0; i--) {
    uint64_t kind = lnti_rng_below(rng, 8);
    if (kind == 0 && pattern[n - 1] != '}' && n_fields < 4) {
      n += (size_t)snprintf(pattern + n, sizeof pattern - n, "{f%zu}", n_fields++);
    } else {
      pattern[n++] = kind < 3 ? '*' : kind == 3 ? '?' : "ab"[kind % 2];
      pattern[n] = '\0';
    }
  }
  for (size_t i = 0; i < length; i++) text[i] = "ab"[lnti_rng_below(rng, 2)];
  text[length] = '\0';
  lnti_path_pattern *p = parse(pattern);
  bool fits = lnti_path_pattern_match(fields, p, text);
  if (fits != try_all(taken, 0, pattern, text)) fail_msg("%s on %s: %d", pattern, text, fits);
  for (size_t i = 0; fits && i < n_fields; i++) {
    if (strlen(taken[i]) != fields[i].n || memcmp(taken[i], fields[i].text, fields[i].n) != 0) {
      fail_msg("%s on %s: field %zu is %.*s, not %s", pattern, text, i, (int)fields[i].n, fields[i].text, taken[i]);
    }
  }
  *n_fitting += fits;
  lnti_path_pattern_free(p);
}

static void it_finds_what_trying_everything_finds(void **state) {
  (void)state;
  int n_fitting = 0;
  lnti_test_property("path pattern", 20000, compare, &n_fitting);
  assert_in_range(n_fitting, 1000, 19000); /* both outcomes are seen */
}

static void failing_allocations(void **state) {
  (void)state;
  for_each_fault(n) {
    lnti_path_pattern *pattern = NULL;
    assert_fault_status(lnti_path_pattern_parse(&pattern, "{a}/{b}", ERR));
    lnti_path_pattern_free(pattern);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(fields_in_their_order),
      cmocka_unit_test(every_error),
      cmocka_unit_test(a_field_takes_as_little_as_fits),
      cmocka_unit_test(a_field_takes_one_character_at_least),
      cmocka_unit_test(wildcards),
      cmocka_unit_test(nothing_takes_a_slash),
      cmocka_unit_test(the_last_folders_count),
      cmocka_unit_test(extensions),
      cmocka_unit_test(characters_stay_whole),
      cmocka_unit_test(time_is_bounded),
      cmocka_unit_test(it_finds_what_trying_everything_finds),
      cmocka_unit_test(failing_allocations),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
