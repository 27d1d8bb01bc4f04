/*
 * Messages are formatted into the caller's fixed buffer. One that does not fit is cut after a whole UTF-8 character,
 * so that what is shown is always valid text.
 */
#include <base/error.h>

#include <base/text.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void cut_to_utf8(char *message) {
  message[lnti_utf8_valid(message, strlen(message))] = '\0';
}

void lnti_error_set(lnt_error *err, lnt_status code, const char *format, ...) {
  if (!err) return;
  /* An argument may be the message itself, so it is formatted aside. */
  char message[LNT_ERROR_MESSAGE_BYTES];
  va_list arguments;
  va_start(arguments, format);
  int n = vsnprintf(message, sizeof message, format, arguments);
  va_end(arguments);
  if (n < 0) message[0] = '\0';
  cut_to_utf8(message);
  memcpy(err->message, message, sizeof message);
  err->code = code;
}

static lnt_status status_of_errno(int errnum) {
  switch (errnum) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      return LNT_ENOSPC;
    case ENOENT:
    case ENOTDIR:
      return LNT_ENOTFOUND;
    case EEXIST:
      return LNT_EEXISTS;
    case ENOMEM:
      return LNT_ENOMEM;
    default:
      return LNT_EIO;
  }
}

lnt_status lnti_fail_errno(lnt_error *err, int errnum, const char *format, ...) {
  char what[LNT_ERROR_MESSAGE_BYTES];
  char reason[128];
  va_list arguments;
  va_start(arguments, format);
  int n = vsnprintf(what, sizeof what, format, arguments);
  va_end(arguments);
  if (n < 0) what[0] = '\0';
  lnt_status code = status_of_errno(errnum);
  return lnti_fail(err, code, "%s: %s", what, strerror_r(errnum, reason, sizeof reason));
}

lnt_status lnti_fail_memory(lnt_error *err, size_t bytes) {
  return lnti_fail(err, LNT_ENOMEM, "not enough memory for %zu bytes", bytes);
}

void lnti_error_prefix(lnt_error *err, const char *format, ...) {
  if (!err) return;
  char prefix[LNT_ERROR_MESSAGE_BYTES];
  va_list arguments;
  va_start(arguments, format);
  int n = vsnprintf(prefix, sizeof prefix, format, arguments);
  va_end(arguments);
  if (n < 0) return;
  lnti_error_set(err, err->code, "%s: %s", prefix, err->message);
}
