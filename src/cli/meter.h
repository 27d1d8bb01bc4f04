/**
 * @file meter.h
 * What is seen on stderr while a command works: the live progress line, and the log.
 */
#ifndef LNTI_CLI_METER_H
#define LNTI_CLI_METER_H

#include <base/log.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

typedef enum lnti_meter_mode {
  LNTI_METER_AUTO,  /**< a line that is drawn over, where the stream is a terminal */
  LNTI_METER_PLAIN, /**< a line for each update, for scripts and tests */
  LNTI_METER_NONE
} lnti_meter_mode;

/** For progress from one thread at a time, and for log lines from any. */
typedef struct lnti_meter {
  FILE *stream;
  bool live, plain;
  bool durable;        /**< plain lines read "durable N": what is counted is on disk (import) */
  const char *command; /**< for log lines: "linnet: import: ..." */
  pthread_mutex_t mutex;
  bool drawn;    /**< a live line stands on the screen */
  char what[48]; /**< of the stage that is running */
  uint64_t began_ns, drawn_ns;
  size_t began_done;      /**< count when the stage was first seen */
  lnti_progress progress; /**< hand this to the work; its payload is this meter */
  lnti_log log;
} lnti_meter;

/** @param meter  must stay where it is */
void lnti_meter_init(lnti_meter *meter, FILE *stream, lnti_meter_mode mode, lnti_log_level least, const char *command);
/** Takes the live line off the screen. */
void lnti_meter_finish(lnti_meter *meter);
void lnti_meter_clear(lnti_meter *meter);

/** The live line's text: "images  12,345 of 70,000  17 %  8,200/s  7 s left". seconds: since the stage began, in
 *  which `fresh` were done. */
void lnti_meter_line(char *out, size_t bytes, const char *what, size_t done, size_t total, size_t fresh,
                     double seconds);

#endif
