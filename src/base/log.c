/*
 * Formatting for the log's sink; the sink decides where lines go.
 */
#include <base/log.h>

#include <stdarg.h>
#include <stdio.h>

void lnti_log_printf(const lnti_log *log, lnti_log_level level, const char *format, ...) {
  if (!log || level < log->least) return;
  char message[1024];
  va_list arguments;
  va_start(arguments, format);
  int n = vsnprintf(message, sizeof message, format, arguments);
  va_end(arguments);
  if (n >= 0) log->write(log->payload, level, message);
}

void lnti_progress_update(const lnti_progress *progress, const char *what, size_t done, size_t total) {
  if (progress) progress->update(progress->payload, what, done, total);
}
