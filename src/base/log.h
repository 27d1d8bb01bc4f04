/**
 * @file log.h
 * Log and progress, as sinks that are passed in: the layers below the program write to no stream.
 */
#ifndef LNTI_BASE_LOG_H
#define LNTI_BASE_LOG_H

#include <linnet/status.h>
#include <stddef.h>

typedef enum lnti_log_level { LNTI_LOG_DEBUG, LNTI_LOG_INFO, LNTI_LOG_WARN, LNTI_LOG_ERROR } lnti_log_level;

/** `write` may be called from any thread, one call at a time for each sink. */
typedef struct lnti_log {
  void (*write)(void *payload, lnti_log_level level, const char *message);
  void *payload;
  lnti_log_level least; /**< quieter messages are dropped */
} lnti_log;

/** Does nothing for a NULL log. The message has no newline. */
void lnti_log_printf(const lnti_log *log, lnti_log_level level, const char *format, ...) LNT_PRINTF(3, 4);

/** Progress of long work: `done` of `total` (0: unknown) units of `what` ("images"). Called from one
 *  thread at a time, as often as the work likes; the receiver thins it out. What is reported as done by
 *  work that stores is durable. */
typedef struct lnti_progress {
  void (*update)(void *payload, const char *what, size_t done, size_t total);
  void *payload;
} lnti_progress;

/** Does nothing for a NULL progress. */
void lnti_progress_update(const lnti_progress *progress, const char *what, size_t done, size_t total);

#endif
