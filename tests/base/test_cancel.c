/* base/cancel.c: flags set by callers and by signal handlers, deadlines, and clocks. */
#include "support.h"

#include <base/cancel.h>
#include <sched.h>
#include <signal.h>
#include <time.h>

static void nap(long milliseconds) {
  struct timespec t = {milliseconds / 1000, milliseconds % 1000 * 1000000};
  nanosleep(&t, NULL);
}

static void test_cancel(void **state) {
  (void)state;
  lnti_cancel cancel = {0};
  assert_false(lnti_cancel_requested(NULL));
  assert_ok(lnti_cancel_check(NULL, ERR));
  assert_false(lnti_cancel_requested(&cancel));
  assert_ok(lnti_cancel_check(&cancel, ERR));
  lnti_cancel_request(&cancel);
  assert_true(lnti_cancel_requested(&cancel));
  assert_status(lnti_cancel_check(&cancel, ERR), LNT_ECANCELLED);
  assert_message("cancelled");
}

static void test_deadline(void **state) {
  (void)state;
  lnti_cancel cancel = {.deadline_ns = lnti_monotonic_ns() + UINT64_C(3600000000000)};
  assert_ok(lnti_cancel_check(&cancel, ERR));
  assert_false(lnti_cancel_requested(&cancel));
  cancel.deadline_ns = lnti_monotonic_ns() + 5000000;
  nap(10);
  assert_true(lnti_cancel_requested(&cancel));
  assert_status(lnti_cancel_check(&cancel, ERR), LNT_ECANCELLED);
  assert_message("the deadline passed");
  cancel.deadline_ns = 1; /* long ago */
  assert_true(lnti_cancel_requested(&cancel));
  assert_status(lnti_cancel_check(&cancel, ERR), LNT_ECANCELLED);
  assert_message("the deadline passed");
  lnti_cancel_request(&cancel); /* both: that somebody asked says more */
  assert_status(lnti_cancel_check(&cancel, ERR), LNT_ECANCELLED);
  assert_message("cancelled");
}

static lnti_cancel *signalled;

static void on_signal(int number) {
  (void)number;
  lnti_cancel_request(signalled);
}

static void test_cancel_by_signal(void **state) {
  (void)state;
  lnti_cancel cancel = {0};
  signalled = &cancel;
  struct sigaction action = {.sa_handler = on_signal}, before;
  sigemptyset(&action.sa_mask);
  assert_int_equal(sigaction(SIGUSR1, &action, &before), 0);
  assert_int_equal(raise(SIGUSR1), 0);
  assert_int_equal(sigaction(SIGUSR1, &before, NULL), 0);
  signalled = NULL;
  assert_true(lnti_cancel_requested(&cancel));
}

static void test_clocks(void **state) {
  (void)state;
  uint64_t ns = lnti_monotonic_ns(), ms = lnti_wall_ms();
  double cpu = lnti_cpu_seconds();
  nap(5);
  assert_true(lnti_monotonic_ns() - ns >= 5000000);
  assert_true(ms > UINT64_C(1700000000000) && ms / 1000 <= (uint64_t)time(NULL) + 1);
  assert_true(lnti_wall_ms() >= ms);
  while (lnti_cpu_seconds() <= cpu) sched_yield();
  assert_true(lnti_peak_rss_mb() > 0.5 && lnti_peak_rss_mb() < 1e6);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_cancel),
      cmocka_unit_test(test_deadline),
      cmocka_unit_test(test_cancel_by_signal),
      cmocka_unit_test(test_clocks),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
