/* server/http_parse.c: targets, ranges, tags, cookies and hosts as strangers write them. */
#include "support.h"

#include <server/http_parse.h>

static void targets_are_taken_apart(void **state) {
  lnti_arena arena = {NULL, 0, 0};
  lnti_http_target t;
  (void)state;
  assert_ok(lnti_http_parse_target(&t, &arena, "/", ERR));
  assert_int_equal(t.n_segments, 0);
  assert_int_equal(t.n_query, 0);
  assert_string_equal(t.path, "/");
  assert_ok(
      lnti_http_parse_target(&t, &arena, "/api/v1/items/7?where=split%3Dtrain+and%20x&x&=y&&empty=&where=2", ERR));
  assert_string_equal(t.path, "/api/v1/items/7");
  assert_int_equal(t.n_segments, 4);
  assert_string_equal(t.segments[3], "7");
  assert_int_equal(t.n_query, 5);
  assert_string_equal(lnti_http_query(&t, "where"), "split=train and x");
  assert_string_equal(lnti_http_query(&t, "x"), "");
  assert_string_equal(lnti_http_query(&t, "empty"), "");
  assert_string_equal(lnti_http_query(&t, ""), "y");
  assert_null(lnti_http_query(&t, "wher"));
  assert_ok(lnti_http_parse_target(&t, &arena, "/a%2Fb/%C3%A4+%26?a+b=%2B", ERR));
  assert_string_equal(t.segments[0], "a/b");
  assert_string_equal(t.segments[1], "\xC3\xA4+&"); /* a plus stays one before the query */
  assert_string_equal(t.query[0].name, "a b");
  assert_string_equal(t.query[0].value, "+");
  assert_ok(lnti_http_parse_target(&t, &arena, "/...", ERR));
  lnti_arena_clear(&arena);
}

static void bad_targets_are_refused(void **state) {
  static const char *const BAD[] = {"",      "*",    "a",       "http://x/", "//",     "/a//b",     "/a/",
                                    "/.",    "/..",  "/a/../b", "/%2e%2E/x", "/a/%2e", "/%",        "/%4",
                                    "/%4g",  "/%g4", "/a?b=%",  "/a?%zz=1",  "/%00",   "/%0a",      "/a?b=%0d",
                                    "/\x01", "/%7f", "/%80",    "/%C3",      "/\xff",  "/a?%C0%80", "/%ED%A0%80"};
  lnti_arena arena = {NULL, 0, 0};
  lnti_http_target t = {.path = "before"};
  char text[LNTI_HTTP_TARGET_MAX + 3];
  (void)state;
  for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++)
    assert_status(lnti_http_parse_target(&t, &arena, BAD[i], ERR), LNT_EINVAL);
  assert_string_equal(t.path, "before");
  memset(text, 'a', sizeof text);
  text[0] = '/';
  text[LNTI_HTTP_TARGET_MAX] = '\0';
  assert_ok(lnti_http_parse_target(&t, &arena, text, ERR));
  text[LNTI_HTTP_TARGET_MAX] = 'a';
  text[LNTI_HTTP_TARGET_MAX + 1] = '\0';
  assert_status(lnti_http_parse_target(&t, &arena, text, ERR), LNT_ELIMIT);
  for (size_t i = 0; i <= LNTI_HTTP_SEGMENTS_MAX; i++) memcpy(text + 2 * i, "/a", 3);
  assert_status(lnti_http_parse_target(&t, &arena, text, ERR), LNT_ELIMIT);
  text[2 * LNTI_HTTP_SEGMENTS_MAX] = '\0';
  assert_ok(lnti_http_parse_target(&t, &arena, text, ERR));
  text[1] = '?';
  for (size_t i = 0; i < LNTI_HTTP_QUERY_MAX; i++) memcpy(text + 2 + 2 * i, "&a", 3);
  assert_status(lnti_http_parse_target(&t, &arena, text, ERR), LNT_ELIMIT);
  lnti_arena_clear(&arena);
}

static void ranges_are_read(void **state) {
  static const struct {
    const char *header;
    uint64_t size;
    lnti_http_range kind;
    uint64_t first, n;
  } CASES[] = {{NULL, 10, LNTI_RANGE_ALL, 0, 0},
               {"bytes=0-0", 10, LNTI_RANGE_PART, 0, 1},
               {"bytes=0-9", 10, LNTI_RANGE_PART, 0, 10},
               {"BYTES=2-", 10, LNTI_RANGE_PART, 2, 8},
               {"bytes=9-99", 10, LNTI_RANGE_PART, 9, 1},
               {"bytes=-3", 10, LNTI_RANGE_PART, 7, 3},
               {"bytes=-30", 10, LNTI_RANGE_PART, 0, 10},
               {"bytes=0-18446744073709551615", 10, LNTI_RANGE_PART, 0, 10},
               {"bytes=10-", 10, LNTI_RANGE_NONE, 0, 0},
               {"bytes=10-12", 10, LNTI_RANGE_NONE, 0, 0},
               {"bytes=-0", 10, LNTI_RANGE_NONE, 0, 0},
               {"bytes=-1", 0, LNTI_RANGE_NONE, 0, 0},
               {"bytes=0-", 0, LNTI_RANGE_NONE, 0, 0},
               {"bytes=18446744073709551615-", UINT64_MAX, LNTI_RANGE_NONE, 0, 0},
               {"bytes=0-18446744073709551616", 10, LNTI_RANGE_ALL, 0, 0},
               {"bytes=5-4", 10, LNTI_RANGE_ALL, 0, 0},
               {"bytes=0-1,3-4", 10, LNTI_RANGE_ALL, 0, 0},
               {"bytes=", 10, LNTI_RANGE_ALL, 0, 0},
               {"bytes=-", 10, LNTI_RANGE_ALL, 0, 0},
               {"bytes=a-b", 10, LNTI_RANGE_ALL, 0, 0},
               {"bytes= 0-1", 10, LNTI_RANGE_ALL, 0, 0},
               {"bytes=0-1 ", 10, LNTI_RANGE_ALL, 0, 0},
               {"items=0-1", 10, LNTI_RANGE_ALL, 0, 0}};
  (void)state;
  for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
    uint64_t first = 0, n = 0;
    assert_int_equal(lnti_http_parse_range(&first, &n, CASES[i].header, CASES[i].size), CASES[i].kind);
    assert_true(first == CASES[i].first && n == CASES[i].n);
  }
}

static void tags_are_compared_weakly(void **state) {
  (void)state;
  assert_true(lnti_http_tag_listed("\"a\"", "\"a\""));
  assert_true(lnti_http_tag_listed(" \"b\" , W/\"a\"", "\"a\""));
  assert_true(lnti_http_tag_listed("*", "\"a\""));
  assert_true(lnti_http_tag_listed("\"a,b\"", "\"a,b\""));
  assert_false(lnti_http_tag_listed(NULL, "\"a\""));
  assert_false(lnti_http_tag_listed("", "\"a\""));
  assert_false(lnti_http_tag_listed("a", "\"a\""));
  assert_false(lnti_http_tag_listed("\"ab\"", "\"a\""));
  assert_false(lnti_http_tag_listed("\"a", "\"a\""));
  assert_false(lnti_http_tag_listed("w/\"a\"", "\"a\""));
}

static void cookies_are_found(void **state) {
  static const struct {
    const char *header, *value;
  } CASES[] = {{"sid=abc", "abc"},
               {"a=1; sid=abc; b=2", "abc"},
               {"xsid=1;sid=2", "2"},
               {"sid=\"q\"", "q"},
               {"sid=a=b ", "a=b"},
               {"sid=1; sid=2", "1"},
               {"sid", ""},
               {"sid=", ""},
               {"SID=1", ""},
               {"; ; =;", ""},
               {"", ""},
               {NULL, ""}};
  (void)state;
  for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
    const char *value = "";
    const size_t n = lnti_http_cookie(&value, CASES[i].header, "sid");
    assert_int_equal(n, strlen(CASES[i].value));
    assert_memory_equal(value, CASES[i].value, n);
  }
}

static void hosts_are_read(void **state) {
  static const struct {
    const char *text, *name;
    unsigned port;
  } GOOD[] = {{"localhost", "localhost", 0},   {"LocalHost:8080", "localhost", 8080},
              {"127.0.0.1:1", "127.0.0.1", 1}, {"[::1]", "::1", 0},
              {"[::1]:65535", "::1", 65535},   {"a-b_c.example.", "a-b_c.example", 0},
              {"[FE80::A]:80", "fe80::a", 80}};
  static const char *const BAD[] = {"",   ":80", "a:0", "a:65536", "a:",       "a:b", "a:1:2", "[::1",  "[::1]x",
                                    "[]", "[g]", "a b", "a/b",     "\xC3\xA4", "a@b", "a,b",   "[a]:-1"};
  char name[LNTI_HTTP_HOST_MAX + 1], text[LNTI_HTTP_HOST_MAX + 2];
  unsigned port = 0;
  (void)state;
  for (size_t i = 0; i < sizeof GOOD / sizeof *GOOD; i++) {
    assert_true(lnti_http_parse_host(name, &port, GOOD[i].text));
    assert_string_equal(name, GOOD[i].name);
    assert_int_equal(port, GOOD[i].port);
  }
  for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) assert_false(lnti_http_parse_host(name, &port, BAD[i]));
  memset(text, 'a', sizeof text);
  text[LNTI_HTTP_HOST_MAX + 1] = '\0';
  assert_false(lnti_http_parse_host(name, &port, text));
  text[LNTI_HTTP_HOST_MAX] = '\0';
  assert_true(lnti_http_parse_host(name, &port, text));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(targets_are_taken_apart), cmocka_unit_test(bad_targets_are_refused),
      cmocka_unit_test(ranges_are_read),         cmocka_unit_test(tags_are_compared_weakly),
      cmocka_unit_test(cookies_are_found),       cmocka_unit_test(hosts_are_read)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
