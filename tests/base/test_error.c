/* base/error.c and status.c: the table of codes, messages, what is cut and where. */
#include "support.h"

#include <base/error.h>
#include <base/text.h>
#include <errno.h>

static void test_table(void **state) {
  (void)state;
  static const struct {
    lnt_status status;
    const char *name;
    int exit_code, http;
  } rows[] = {
      {LNT_OK, "OK", 0, 200},
      {LNT_EINVAL, "EINVAL", 2, 400},
      {LNT_ENOMEM, "ENOMEM", 1, 503},
      {LNT_EIO, "EIO", 1, 500},
      {LNT_ENOTFOUND, "ENOTFOUND", 1, 404},
      {LNT_EEXISTS, "EEXISTS", 1, 409},
      {LNT_EDATA, "EDATA", 1, 422},
      {LNT_EUNSUPPORTED, "EUNSUPPORTED", 1, 415},
      {LNT_ELIMIT, "ELIMIT", 1, 413},
      {LNT_ECANCELLED, "ECANCELLED", 130, 499},
      {LNT_EBUSY, "EBUSY", 1, 503},
      {LNT_ENOSPC, "ENOSPC", 1, 507},
      {LNT_ECONFLICT, "ECONFLICT", 1, 409},
      {LNT_ECORRUPT, "ECORRUPT", 1, 500},
      {LNT_EINTERNAL, "EINTERNAL", 1, 500},
      {LNT_ELIBRARY, "ELIBRARY", 1, 500},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    assert_int_equal(rows[i].status, -(int)i);
    assert_string_equal(lnt_status_name(rows[i].status), rows[i].name);
    assert_true(strlen(lnt_status_text(rows[i].status)) > 3);
    assert_int_equal(lnti_status_exit_code(rows[i].status), rows[i].exit_code);
    assert_int_equal(lnti_status_http(rows[i].status), rows[i].http);
  }
  /* What is no code is a fault of ours. */
  assert_string_equal(lnt_status_name((lnt_status)1), "EINTERNAL");
  assert_string_equal(lnt_status_name((lnt_status)-16), "EINTERNAL");
  assert_string_equal(lnt_status_text((lnt_status)-1000), lnt_status_text(LNT_EINTERNAL));
}

static void test_fail(void **state) {
  (void)state;
  lnt_error err = LNT_ERROR_INIT;
  assert_int_equal(lnti_fail(&err, LNT_EDATA, "%s: %d bytes", "file", 3), LNT_EDATA);
  assert_int_equal(err.code, LNT_EDATA);
  assert_string_equal(err.message, "file: 3 bytes");
  assert_int_equal(lnti_fail(NULL, LNT_EIO, "%s", "nobody listens"), LNT_EIO);
  assert_int_equal(lnti_fail_memory(&err, 123), LNT_ENOMEM);
  assert_string_equal(err.message, "not enough memory for 123 bytes");
  assert_int_equal(lnti_fail_memory(NULL, 123), LNT_ENOMEM);
}

/* 511 bytes fit; a character that would be cut in two is left out. */
static void test_long_messages(void **state) {
  (void)state;
  lnt_error err = LNT_ERROR_INIT;
  char long_text[600];
  memset(long_text, 'x', sizeof long_text);
  long_text[599] = '\0';
  assert_int_equal(lnti_fail(&err, LNT_EDATA, "%s", long_text), LNT_EDATA);
  assert_int_equal(strlen(err.message), LNT_ERROR_MESSAGE_BYTES - 1);
  for (size_t shift = 0; shift < 4; shift++) {
    for (size_t i = 0; i + 4 < sizeof long_text; i += 4) memcpy(long_text + i, "\xF0\x9F\x98\x80", 4);
    long_text[596] = '\0';
    assert_int_equal(lnti_fail(&err, LNT_EDATA, "%s%s", &"xxx"[3 - shift], long_text), LNT_EDATA);
    size_t n = strlen(err.message);
    assert_int_equal(n, shift + (511 - shift) / 4 * 4);
    assert_int_equal(lnti_utf8_valid(err.message, n), n);
  }
}

static void test_errno(void **state) {
  (void)state;
  static const struct {
    int errnum;
    lnt_status status;
  } cases[] = {
      {ENOSPC, LNT_ENOSPC}, {EDQUOT, LNT_ENOSPC}, {ENOENT, LNT_ENOTFOUND}, {EEXIST, LNT_EEXISTS},
      {ENOMEM, LNT_ENOMEM}, {EACCES, LNT_EIO},    {EIO, LNT_EIO},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    lnt_error err = LNT_ERROR_INIT;
    char wanted[200];
    snprintf(wanted, sizeof wanted, "a/b: %s", strerror(cases[i].errnum));
    assert_int_equal(lnti_fail_errno(&err, cases[i].errnum, "%s/%s", "a", "b"), cases[i].status);
    assert_int_equal(err.code, cases[i].status);
    assert_string_equal(err.message, wanted);
    assert_int_equal(lnti_fail_errno(NULL, cases[i].errnum, "x"), cases[i].status);
  }
}

static void test_prefix(void **state) {
  (void)state;
  lnt_error err = LNT_ERROR_INIT;
  assert_int_equal(lnti_fail(&err, LNT_ENOTFOUND, "no such item"), LNT_ENOTFOUND);
  lnti_error_prefix(&err, "row %d", 7);
  assert_string_equal(err.message, "row 7: no such item");
  assert_int_equal(err.code, LNT_ENOTFOUND);
  lnti_error_prefix(NULL, "row %d", 7);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_table), cmocka_unit_test(test_fail),   cmocka_unit_test(test_long_messages),
      cmocka_unit_test(test_errno), cmocka_unit_test(test_prefix),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
