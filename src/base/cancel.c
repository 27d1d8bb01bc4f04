/*
 * Cancellation and clocks. The flag is a lock-free atomic, so that a signal handler may set it.
 */
#include <base/cancel.h>

#include <base/error.h>
#include <sys/resource.h>
#include <time.h>

void lnti_cancel_request(lnti_cancel *cancel) {
  atomic_store_explicit(&cancel->requested, 1, memory_order_relaxed);
}

bool lnti_cancel_requested(const lnti_cancel *cancel) {
  if (!cancel) return false;
  if (atomic_load_explicit(&cancel->requested, memory_order_relaxed)) return true;
  return cancel->deadline_ns != 0 && lnti_monotonic_ns() >= cancel->deadline_ns;
}

lnt_status lnti_cancel_check(const lnti_cancel *cancel, lnt_error *err) {
  if (!lnti_cancel_requested(cancel)) return LNT_OK;
  bool asked = atomic_load_explicit(&cancel->requested, memory_order_relaxed);
  return lnti_fail(err, LNT_ECANCELLED, "%s", asked ? "cancelled" : "the deadline passed");
}

static uint64_t clock_ns(clockid_t clock) {
  struct timespec t = {0};
  clock_gettime(clock, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

uint64_t lnti_monotonic_ns(void) {
  return clock_ns(CLOCK_MONOTONIC);
}

uint64_t lnti_wall_ms(void) {
  return clock_ns(CLOCK_REALTIME) / 1000000u;
}

double lnti_cpu_seconds(void) {
  return (double)clock_ns(CLOCK_PROCESS_CPUTIME_ID) * 1e-9;
}

double lnti_peak_rss_mb(void) {
  struct rusage usage = {0};
  getrusage(RUSAGE_SELF, &usage);
  return (double)usage.ru_maxrss / 1024.0;
}
