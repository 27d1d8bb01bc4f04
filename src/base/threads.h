/**
 * @file threads.h
 * The one thread pool, and the compute lease.
 *
 * Work is cut into chunks of a fixed grain, whatever the number of threads, and each chunk writes to its
 * own place; reductions are then made by the caller in chunk order. So results do not depend on the
 * number of threads.
 */
#ifndef LNTI_BASE_THREADS_H
#define LNTI_BASE_THREADS_H

#include <base/cancel.h>
#include <linnet/status.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct lnti_pool lnti_pool;

enum { LNTI_POOL_THREADS_MAX = 1024 };

/** @param n_threads  the caller included; 0: as many as the process may run on */
LNT_MUST_CHECK lnt_status lnti_pool_new(lnti_pool **out, unsigned n_threads, lnt_error *err);
/** Waits for its threads. NULL is allowed. */
void lnti_pool_free(lnti_pool *pool);
/** Threads that run chunks, the caller included; 1 for NULL. */
unsigned lnti_pool_size(const lnti_pool *pool);

/**
 * One chunk: rows [begin,end).
 * @param worker  0..lnti_pool_size-1: no two chunks with the same worker run at once, so it may index
 *                scratch memory
 */
typedef lnt_status (*lnti_chunk)(void *payload, size_t begin, size_t end, unsigned worker, lnt_error *err);

/**
 * Runs `chunk` over [0,n) in pieces of `grain` (the last may be shorter), the caller taking part, and
 * returns when all have ended. A failing chunk stops those not yet begun; the error returned is that of
 * the lowest failing chunk that ran. Called from inside a chunk it runs inline. Calls from several
 * threads take turns. NULL pool: inline.
 * @param cancel  looked at before every chunk; NULL: never
 * @return LNT_OK; LNT_ECANCELLED; LNT_EINVAL (grain 0); what a chunk returned.
 */
LNT_MUST_CHECK lnt_status lnti_pool_for(lnti_pool *pool, size_t n, size_t grain, lnti_chunk chunk, void *payload,
                                        const lnti_cancel *cancel, lnt_error *err);

/**
 * The compute lease: one holder at a time of all cores, so that our pool and a library with threads of
 * its own never run at once. A waiting LNTI_LEASE_HIGH goes before every LNTI_LEASE_LOW; within one
 * priority, first come, first served.
 */
typedef enum lnti_lease_priority { LNTI_LEASE_LOW, LNTI_LEASE_HIGH } lnti_lease_priority;
typedef struct lnti_lease lnti_lease;

LNT_MUST_CHECK lnt_status lnti_lease_new(lnti_lease **out, lnt_error *err);
void lnti_lease_free(lnti_lease *lease);
/** Waits for its turn; LNT_ECANCELLED when `cancel` is requested meanwhile. */
LNT_MUST_CHECK lnt_status lnti_lease_acquire(lnti_lease *lease, lnti_lease_priority priority, const lnti_cancel *cancel,
                                             lnt_error *err);
void lnti_lease_release(lnti_lease *lease);
/** True where somebody with a higher priority waits: long low-priority work should release and come back. */
bool lnti_lease_wanted(lnti_lease *lease, lnti_lease_priority mine);

#endif
