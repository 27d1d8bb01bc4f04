/* base/lease.c: one holder at a time, the order of those who wait, giving up. */
#include "support.h"

#include <base/cancel.h>
#include <base/threads.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <time.h>

static void nap(long milliseconds) {
  struct timespec t = {milliseconds / 1000, milliseconds % 1000 * 1000000};
  nanosleep(&t, NULL);
}

enum { WAITERS_MAX = 8 };

typedef struct shared {
  lnti_lease *lease;
  atomic_int holders, n_started;
  atomic_int order[WAITERS_MAX]; /* who came first, second... */
  atomic_int n_served;
  atomic_bool broken;
} shared;

typedef struct waiter {
  shared *s;
  int number;
  lnti_lease_priority priority;
  const lnti_cancel *cancel;
  lnt_status status;
  pthread_t thread;
} waiter;

static void *wait_for_turn(void *argument) {
  waiter *w = argument;
  shared *s = w->s;
  atomic_fetch_add(&s->n_started, 1);
  w->status = lnti_lease_acquire(s->lease, w->priority, w->cancel, NULL);
  if (w->status) return NULL;
  if (atomic_fetch_add(&s->holders, 1) != 0) atomic_store(&s->broken, true);
  atomic_store(&s->order[atomic_fetch_add(&s->n_served, 1)], w->number);
  sched_yield();
  atomic_fetch_sub(&s->holders, 1);
  lnti_lease_release(s->lease);
  return NULL;
}

/* Starts a waiter and gives it time to join the queue, so that the order of coming is known. */
static void start_waiter(waiter *w) {
  int before = atomic_load(&w->s->n_started);
  assert_int_equal(pthread_create(&w->thread, NULL, wait_for_turn, w), 0);
  while (atomic_load(&w->s->n_started) == before) sched_yield();
  nap(20);
}

static void test_free_lease(void **state) {
  (void)state;
  lnti_lease *lease = NULL;
  assert_ok(lnti_lease_new(&lease, ERR));
  for (int i = 0; i < 3; i++) {
    assert_ok(lnti_lease_acquire(lease, i % 2 ? LNTI_LEASE_HIGH : LNTI_LEASE_LOW, NULL, ERR));
    assert_false(lnti_lease_wanted(lease, LNTI_LEASE_LOW));
    lnti_lease_release(lease);
  }
  lnti_lease_free(lease);
  lnti_lease_free(NULL);
}

static void check_order(void) {
  static const lnti_lease_priority priorities[] = {LNTI_LEASE_LOW, LNTI_LEASE_LOW, LNTI_LEASE_HIGH, LNTI_LEASE_LOW,
                                                   LNTI_LEASE_HIGH};
  static const int wanted[] = {2, 4, 0, 1, 3};
  shared s = {0};
  waiter waiters[5];
  assert_ok(lnti_lease_new(&s.lease, ERR));
  assert_ok(lnti_lease_acquire(s.lease, LNTI_LEASE_LOW, NULL, ERR));
  for (int i = 0; i < 5; i++) {
    waiters[i] = (waiter){.s = &s, .number = i, .priority = priorities[i]};
    start_waiter(&waiters[i]);
    assert_int_equal(lnti_lease_wanted(s.lease, LNTI_LEASE_LOW), i >= 2);
    assert_false(lnti_lease_wanted(s.lease, LNTI_LEASE_HIGH));
  }
  assert_int_equal(atomic_load(&s.n_served), 0);
  lnti_lease_release(s.lease);
  for (int i = 0; i < 5; i++) {
    assert_int_equal(pthread_join(waiters[i].thread, NULL), 0);
    assert_int_equal(waiters[i].status, LNT_OK);
  }
  assert_false(atomic_load(&s.broken));
  for (int i = 0; i < 5; i++) assert_int_equal(atomic_load(&s.order[i]), wanted[i]);
  lnti_lease_free(s.lease);
}

/* Several times, since without the rule the right one may still be the first to wake. */
static void test_order(void **state) {
  (void)state;
  for (int i = 0; i < 8; i++) check_order();
}

static void test_giving_up(void **state) {
  (void)state;
  shared s = {0};
  lnti_cancel cancel = {0};
  waiter first = {.s = &s, .number = 0, .priority = LNTI_LEASE_HIGH, .cancel = &cancel};
  waiter second = {.s = &s, .number = 1, .priority = LNTI_LEASE_LOW};
  waiter third = {.s = &s, .number = 2, .priority = LNTI_LEASE_HIGH, .cancel = &cancel};
  assert_ok(lnti_lease_new(&s.lease, ERR));
  assert_ok(lnti_lease_acquire(s.lease, LNTI_LEASE_LOW, NULL, ERR));
  start_waiter(&first);
  start_waiter(&second);
  start_waiter(&third);
  lnti_cancel_request(&cancel); /* while the lease is held: both leave the queue */
  assert_int_equal(pthread_join(first.thread, NULL), 0);
  assert_int_equal(pthread_join(third.thread, NULL), 0);
  assert_int_equal(first.status, LNT_ECANCELLED);
  assert_int_equal(third.status, LNT_ECANCELLED);
  assert_false(lnti_lease_wanted(s.lease, LNTI_LEASE_LOW));
  lnti_lease_release(s.lease);
  assert_int_equal(pthread_join(second.thread, NULL), 0);
  assert_int_equal(second.status, LNT_OK);
  assert_int_equal(atomic_load(&s.n_served), 1);
  lnti_lease_free(s.lease);
}

static void test_deadline_while_waiting(void **state) {
  (void)state;
  lnti_lease *lease = NULL;
  lnti_cancel cancel = {.deadline_ns = lnti_monotonic_ns() + 30000000};
  assert_ok(lnti_lease_new(&lease, ERR));
  assert_ok(lnti_lease_acquire(lease, LNTI_LEASE_HIGH, NULL, ERR));
  assert_status(lnti_lease_acquire(lease, LNTI_LEASE_HIGH, &cancel, ERR), LNT_ECANCELLED);
  assert_message("the deadline passed");
  lnti_lease_release(lease);
  assert_ok(lnti_lease_acquire(lease, LNTI_LEASE_LOW, NULL, ERR));
  lnti_lease_release(lease);
  lnti_lease_free(lease);
}

static void *come_and_go(void *argument) {
  waiter *w = argument;
  for (int i = 0; i < 300; i++) {
    if (lnti_lease_acquire(w->s->lease, (i + w->number) % 3 ? LNTI_LEASE_LOW : LNTI_LEASE_HIGH, NULL, NULL)) break;
    if (atomic_fetch_add(&w->s->holders, 1) != 0) atomic_store(&w->s->broken, true);
    atomic_fetch_sub(&w->s->holders, 1);
    lnti_lease_release(w->s->lease);
    atomic_fetch_add(&w->s->n_served, 1);
  }
  return NULL;
}

static void test_one_holder(void **state) {
  (void)state;
  shared s = {0};
  waiter waiters[4];
  assert_ok(lnti_lease_new(&s.lease, ERR));
  for (int i = 0; i < 4; i++) {
    waiters[i] = (waiter){.s = &s, .number = i};
    assert_int_equal(pthread_create(&waiters[i].thread, NULL, come_and_go, &waiters[i]), 0);
  }
  for (int i = 0; i < 4; i++) assert_int_equal(pthread_join(waiters[i].thread, NULL), 0);
  assert_false(atomic_load(&s.broken));
  assert_int_equal(atomic_load(&s.n_served), 1200);
  lnti_lease_free(s.lease);
}

static void test_faults(void **state) {
  (void)state;
  for_each_fault(n) {
    lnti_lease *lease = NULL;
    assert_fault_status(lnti_lease_new(&lease, ERR));
    lnti_lease_free(lease);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_free_lease), cmocka_unit_test(test_order),
      cmocka_unit_test(test_giving_up),  cmocka_unit_test(test_deadline_while_waiting),
      cmocka_unit_test(test_one_holder), cmocka_unit_test(test_faults),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
