/*
 * The compute lease: a queue of waiters for each priority, served in order, a waiting high one before every low one. A
 * release wakes all waiters; each looks whether it is its turn. Waiting looks at the cancellation every 50 ms, since a
 * flag set by a signal handler cannot wake a condition.
 */
#include <base/threads.h>

#include <base/alloc.h>
#include <base/error.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

enum { PRIORITIES = 2, CANCEL_LOOK_MS = 50 };

typedef struct lease_waiter {
  struct lease_waiter *next;
} lease_waiter;

struct lnti_lease {
  pthread_mutex_t mutex;
  pthread_cond_t changed;
  bool held;
  lease_waiter *first[PRIORITIES], **last[PRIORITIES];
};

lnt_status lnti_lease_new(lnti_lease **out, lnt_error *err) {
  lnti_lease *lease = NULL;
  pthread_condattr_t attributes;
  lnt_status status = lnti_alloc_zero(&lease, 1, sizeof *lease, err);
  if (status) return status;
  pthread_mutex_init(&lease->mutex, NULL);
  pthread_condattr_init(&attributes);
  pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
  pthread_cond_init(&lease->changed, &attributes);
  pthread_condattr_destroy(&attributes);
  for (int p = 0; p < PRIORITIES; p++) lease->last[p] = &lease->first[p];
  *out = lease;
  return LNT_OK;
}

void lnti_lease_free(lnti_lease *lease) {
  if (!lease) return;
  pthread_cond_destroy(&lease->changed);
  pthread_mutex_destroy(&lease->mutex);
  free(lease);
}

static bool is_next(const lnti_lease *lease, const lease_waiter *me, lnti_lease_priority priority) {
  if (lease->held || lease->first[priority] != me) return false;
  return priority == LNTI_LEASE_HIGH || lease->first[LNTI_LEASE_HIGH] == NULL;
}

static void leave_queue(lnti_lease *lease, const lease_waiter *me, lnti_lease_priority priority) {
  lease_waiter **link = &lease->first[priority];
  while (*link != me) link = &(*link)->next;
  *link = me->next;
  if (*link == NULL) lease->last[priority] = link;
}

lnt_status lnti_lease_acquire(lnti_lease *lease, lnti_lease_priority priority, const lnti_cancel *cancel,
                              lnt_error *err) {
  lnt_status status = LNT_OK;
  pthread_mutex_lock(&lease->mutex);
  lease_waiter me = {NULL};
  *lease->last[priority] = &me;
  lease->last[priority] = &me.next;
  while (!is_next(lease, &me, priority)) {
    status = lnti_cancel_check(cancel, err);
    if (status) break;
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += CANCEL_LOOK_MS * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000L;
    until.tv_nsec %= 1000000000L;
    pthread_cond_timedwait(&lease->changed, &lease->mutex, &until);
  }
  leave_queue(lease, &me, priority);
  if (status == LNT_OK) lease->held = true;
  pthread_cond_broadcast(&lease->changed);
  pthread_mutex_unlock(&lease->mutex);
  return status;
}

void lnti_lease_release(lnti_lease *lease) {
  pthread_mutex_lock(&lease->mutex);
  lease->held = false;
  pthread_cond_broadcast(&lease->changed);
  pthread_mutex_unlock(&lease->mutex);
}

bool lnti_lease_wanted(lnti_lease *lease, lnti_lease_priority mine) {
  pthread_mutex_lock(&lease->mutex);
  bool wanted = mine == LNTI_LEASE_LOW && lease->first[LNTI_LEASE_HIGH] != NULL;
  pthread_mutex_unlock(&lease->mutex);
  return wanted;
}
