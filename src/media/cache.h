/**
 * @file cache.h
 * Opened containers (arrays, archives), shared by threads: a bounded number of them, within budgets, least recently used
 * out first. What a container is, the cache does not know: a class of functions makes and frees it.
 *
 * Threads that ask for one key wait for the one that loads it; different keys are loaded at the same time. Loaded ones are
 * pinned while they are used, and only unpinned ones are dropped. A failure that the file is the reason of is remembered
 * with it.
 */
#ifndef LNTI_MEDIA_CACHE_H
#define LNTI_MEDIA_CACHE_H

#include <base/cancel.h>
#include <linnet/status.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <time.h>

/** What tells a file from its successor under the same name. */
typedef struct lnti_file_mark {
  dev_t device;
  ino_t inode;
  off_t bytes;
  struct timespec modified;
} lnti_file_mark;

LNT_MUST_CHECK lnt_status lnti_file_mark_read(lnti_file_mark *out, const char *path, lnt_error *err);
lnti_file_mark lnti_file_mark_of(const struct stat *st);
bool lnti_file_mark_equal(const lnti_file_mark *a, const lnti_file_mark *b);

/** What is rationed. */
typedef enum lnti_budget { LNTI_BUDGET_MEMORY, LNTI_BUDGET_DISK, LNTI_BUDGETS } lnti_budget;

/** May be used by several threads. */
typedef struct lnti_cache lnti_cache;
typedef struct lnti_cache_entry lnti_cache_entry;

typedef struct lnti_cache_class {
  /** Makes the value; runs outside the lock, and must not pin anything while it asks for budget. */
  lnt_status (*load)(void **value_out, lnti_cache *cache, lnti_cache_entry *entry, void *request, lnt_error *err);
  void (*unload)(void *value);
} lnti_cache_class;

/** @param budget  [LNTI_BUDGETS] @param n_max  values at once, beyond it only while all are pinned */
LNT_MUST_CHECK lnt_status lnti_cache_new(lnti_cache **out, const lnti_cache_class *class, size_t n_max,
                                         const uint64_t *budget, lnt_error *err);
/** Nothing may be pinned. NULL is allowed. */
void lnti_cache_free(lnti_cache *cache);

/** The value of a key, pinned until lnti_cache_release; loaded where there is none yet, or one of another mark.
 *  @param request  for `load`
 *  @param cancel   looked at while another thread loads; NULL: never
 *  @return LNT_OK; LNT_ECANCELLED; LNT_ENOMEM; what `load` returned. */
LNT_MUST_CHECK lnt_status lnti_cache_acquire(lnti_cache_entry **out, lnti_cache *cache, const char *key,
                                             const lnti_file_mark *mark, void *request, const lnti_cancel *cancel,
                                             lnt_error *err);
void *lnti_cache_value(const lnti_cache_entry *entry);
void lnti_cache_release(lnti_cache *cache, lnti_cache_entry *entry);
/** As release; the value was found unfit, and the next acquire loads it afresh. */
void lnti_cache_reject(lnti_cache *cache, lnti_cache_entry *entry);

/** For `load`: books `bytes` on its entry, once a budget, waiting until others are dropped where it must. More than the
 *  whole budget is had where nothing else is booked.
 *  @param cancel  looked at while it waits; NULL: never  @return LNT_OK; LNT_ECANCELLED. */
LNT_MUST_CHECK lnt_status lnti_cache_reserve(lnti_cache *cache, lnti_cache_entry *entry, lnti_budget which,
                                             uint64_t bytes, const lnti_cancel *cancel, lnt_error *err);
/** For `load`: books `bytes` more without waiting; false where dropping all that is unpinned makes too little room. */
bool lnti_cache_grow(lnti_cache *cache, lnti_cache_entry *entry, lnti_budget which, uint64_t bytes);

/** For `load`: some of what its entry has booked is free again. */
void lnti_cache_give_back(lnti_cache *cache, lnti_cache_entry *entry, lnti_budget which, uint64_t bytes);

/** Drops what meets `unfit`: at once, or what is pinned with its last user; nobody finds it any more. */
void lnti_cache_sweep(lnti_cache *cache, bool (*unfit)(const void *value));
/** Booked now, and known now (failed ones too); for tests and `doctor`. */
void lnti_cache_usage(uint64_t *bytes_out, size_t *n_out, lnti_cache *cache, lnti_budget which);

#endif
