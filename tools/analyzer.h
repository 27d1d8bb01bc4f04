/*
 * For clang-tidy alone, put before every source by ./dev lint: tells its analyzer that lnti_fail and its
 * kin never return LNT_OK, which it cannot see across files. Without it each use of an output after
 * `if (status != LNT_OK) goto done;` looks like one of a value that was never set.
 */
#include <base/error.h>

#define lnti_fail(err, code, ...) (lnti_fail(err, code, __VA_ARGS__), (code))
#define lnti_fail_errno(...) (lnti_fail_errno(__VA_ARGS__), LNT_EIO)
#define lnti_fail_memory(...) (lnti_fail_memory(__VA_ARGS__), LNT_ENOMEM)
