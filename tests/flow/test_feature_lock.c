/*
 * Waiting for another program's lock on a feature's cache: it is told once, and the first request to cancel ends it, also
 * where the signal that brings it restarts system calls, as the program's own handlers do.
 */
#include <flow/extract/feature_cache.h>
#include <signal.h>
#include <sys/time.h>

#include "flow_support.h"

enum { ROW = 8 };

static lnti_cancel waiting;

static void on_timer(int number) {
  (void)number;
  lnti_cancel_request(&waiting);
}

static void count_message(void *payload, lnti_log_level level, const char *message) {
  size_t *n = payload;
  assert_int_equal(level, LNTI_LOG_WARN);
  assert_string_equal(message, "waiting for another program that extracts the same feature");
  ++*n;
}

static void one_signal_ends_the_wait(void **state) {
  (void)state;
  lab l = lab_new();
  size_t n_messages = 0;
  lnti_log log = {count_message, &n_messages, LNTI_LOG_WARN};
  lnti_feature_cache *first = NULL, *second = NULL;
  struct sigaction action = {.sa_handler = on_timer, .sa_flags = SA_RESTART}, before;
  struct itimerval once = {{0, 0}, {0, 100000}};
  assert_ok(lnti_feature_cache_open(&first, l.project, "a", ROW, ERR));
  l.project->context.cancel = &waiting;
  l.project->context.log = &log;
  assert_int_equal(sigaction(SIGALRM, &action, &before), 0);
  assert_int_equal(setitimer(ITIMER_REAL, &once, NULL), 0);
  lnt_status status = lnti_feature_cache_open(&second, l.project, "a", ROW, ERR);
  assert_int_equal(sigaction(SIGALRM, &before, NULL), 0);
  assert_status(status, LNT_ECANCELLED);
  assert_null(second);
  assert_int_equal(n_messages, 1);

  /* Once it is free there is nothing to wait for and nothing to tell. */
  l.project->context.cancel = NULL;
  lnti_feature_cache_close(first);
  assert_ok(lnti_feature_cache_open(&second, l.project, "a", ROW, ERR));
  assert_int_equal(n_messages, 1);
  lnti_feature_cache_close(second);
  lab_free(&l);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(one_signal_ends_the_wait),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
