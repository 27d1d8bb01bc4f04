/**
 * @file cache_file.h
 * What the caches below a project share: files opened beside each other, reading and writing at a place, the lock.
 */
#ifndef LNTI_FLOW_CACHE_FILE_H
#define LNTI_FLOW_CACHE_FILE_H

#include <base/context.h>
#include <linnet/status.h>
#include <stddef.h>
#include <stdint.h>

/** Opens folder/name for reading and writing, close-on-exec. @param make  make it where it is missing (else LNT_ENOTFOUND) */
LNT_MUST_CHECK lnt_status lnti_cache_open_below(int *fd_out, const char *folder, const char *name, bool make,
                                                lnt_error *err);
/** Up to n bytes from `offset`, fewer only at the end. `name` is for messages. */
LNT_MUST_CHECK lnt_status lnti_cache_read(size_t *n_out, int fd, void *data, size_t n, uint64_t offset,
                                          const char *name, lnt_error *err);
LNT_MUST_CHECK lnt_status lnti_cache_write(int fd, const void *data, size_t n, uint64_t offset, const char *name,
                                           lnt_error *err);
/**
 * flock()s fd for this process alone. It asks again and again instead of waiting in the kernel, where a signal's handler
 * would not end the wait: it is a request to cancel that is looked for in between.
 * @param folder   for messages
 * @param waiting  told once as a warning where there is a wait; NULL: silently
 * @param wait_ms  LNT_ECONFLICT after so many milliseconds; 0: however long it takes
 */
LNT_MUST_CHECK lnt_status lnti_cache_lock(int fd, const char *folder, const char *waiting, unsigned wait_ms,
                                          const lnti_cancel *cancel, const lnti_log *log, lnt_error *err);
/** Lets go of it. */
void lnti_cache_unlock(int fd);

#endif
