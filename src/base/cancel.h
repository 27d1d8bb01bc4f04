/**
 * @file cancel.h
 * Cancellation: a flag that a signal handler or another thread may set, and a deadline.
 */
#ifndef LNTI_BASE_CANCEL_H
#define LNTI_BASE_CANCEL_H

#include <linnet/status.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct lnti_cancel {
  atomic_int requested; /**< set by lnti_cancel_request; async-signal-safe */
  uint64_t deadline_ns; /**< of lnti_monotonic_ns; 0: none */
} lnti_cancel;

void lnti_cancel_request(lnti_cancel *cancel);
/** False for NULL. */
bool lnti_cancel_requested(const lnti_cancel *cancel);
/** LNT_OK, or LNT_ECANCELLED with "cancelled" or "the deadline passed". */
LNT_MUST_CHECK lnt_status lnti_cancel_check(const lnti_cancel *cancel, lnt_error *err);

/** Monotonic clock in nanoseconds; wall clock in milliseconds since 1970; CPU time of the process in
 *  seconds; peak resident memory of the process in MiB. */
uint64_t lnti_monotonic_ns(void);
uint64_t lnti_wall_ms(void);
double lnti_cpu_seconds(void);
double lnti_peak_rss_mb(void);

#endif
