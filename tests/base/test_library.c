/*
 * Libraries that are loaded when they are needed: functions that work, and errors that say what to install.
 */
#include "support.h"

#include <base/error.h>
#include <base/library.h>
#include <math.h>
#include <stdlib.h>

#define FUNCTIONS(X) X(cos) X(hypot)

static struct { FUNCTIONS(LNTI_LIBRARY_FUNCTION) } lib;

static void test_functions_are_found(void **state) {
  (void)state;
  lnt_error err = LNT_ERROR_INIT;
  const lnti_library_symbol symbols[] = {FUNCTIONS(LNTI_LIBRARY_SYMBOL)};
  for (int again = 0; again < 2; again++) {
    assert_int_equal(lnti_library_load("libm.so.6", "install libc6", symbols, 2, &err), LNT_OK);
    assert_true(lib.hypot(3, 4) > 4.999 && lib.hypot(3, 4) < 5.001);
    assert_true(lib.cos(0) > 0.999);
  }
}

static void test_no_library(void **state) {
  (void)state;
  lnt_error err = LNT_ERROR_INIT;
  assert_int_equal(lnti_library_load("liblinnet-none.so.1", "install none1; without it nothing works", NULL, 0, &err),
                   LNT_ELIBRARY);
  assert_non_null(strstr(err.message, "liblinnet-none.so.1 could not be loaded"));
  assert_non_null(strstr(err.message, "): install none1; without it nothing works"));
}

/* All or nothing: no function of a library that lacks one. */
static void test_symbol_is_missing(void **state) {
  (void)state;
  lnt_error err = LNT_ERROR_INIT;
  void *first = NULL, *second = NULL;
  const lnti_library_symbol symbols[] = {{"cos", &first}, {"cosine_of_linnet", &second}};
  assert_int_equal(lnti_library_load("libm.so.6", "install libc6", symbols, 2, &err), LNT_ELIBRARY);
  assert_non_null(strstr(err.message, "cosine_of_linnet"));
  assert_non_null(strstr(err.message, "install libc6"));
  assert_null(first);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_functions_are_found),
      cmocka_unit_test(test_no_library),
      cmocka_unit_test(test_symbol_is_missing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
