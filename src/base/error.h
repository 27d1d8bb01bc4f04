/**
 * @file error.h
 * Writing errors, and the one table of codes (status.c): name, text, exit code, HTTP status.
 */
#ifndef LNTI_BASE_ERROR_H
#define LNTI_BASE_ERROR_H

#include <linnet/status.h>
#include <stdbool.h>
#include <stddef.h>

/**
 * Writes `code` and the message into `err` (may be NULL) and returns `code`, so that a failure is one
 * line: return lnti_fail(err, LNT_EDATA, "%s: 3 bytes where 16 are needed", path);
 * Whoever detects the failure calls this once; whoever passes it on adds nothing.
 */
#define lnti_fail(err, code, ...) (lnti_error_set(err, code, __VA_ARGS__), (code))

/** The function behind lnti_fail; a macro returns the code so that compilers see that it is not LNT_OK. */
void lnti_error_set(lnt_error *err, lnt_status code, const char *format, ...) LNT_PRINTF(3, 4);

/** As lnti_fail for a failed system call: appends the text of `errnum`; ENOSPC/EDQUOT give LNT_ENOSPC,
 *  ENOENT LNT_ENOTFOUND, EEXIST LNT_EEXISTS, ENOMEM LNT_ENOMEM, all else LNT_EIO. */
lnt_status lnti_fail_errno(lnt_error *err, int errnum, const char *format, ...) LNT_PRINTF(3, 4);

/** LNT_ENOMEM with the number of bytes that could not be had. */
lnt_status lnti_fail_memory(lnt_error *err, size_t bytes);

/** Puts "context: " before the message; for flow/ alone. */
void lnti_error_prefix(lnt_error *err, const char *format, ...) LNT_PRINTF(2, 3);

/** Whether a failure at one of many inputs is no fault of that input, but would befall those that follow as well: it ends the whole
 *  work, and is told once. (A cancellation does too, of its own.) */
static inline bool lnti_status_ends_all(lnt_status status) {
  return status == LNT_ENOMEM || status == LNT_ELIBRARY;
}

/** The exit code of the program for a status (section 5 of the design: 0, 1, 2; 130 when cancelled). */
int lnti_status_exit_code(lnt_status status);

/** The HTTP status for a status. */
int lnti_status_http(lnt_status status);

#endif
