/**
 * @file regular.h
 * Opening files that a project or a person names: regular files only, so that a pipe cannot hang the
 * program and a device cannot be touched by it.
 */
#ifndef LNTI_BASE_REGULAR_H
#define LNTI_BASE_REGULAR_H

#include <linnet/status.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

/**
 * Opens a regular file for reading, close-on-exec. Symbolic links are followed.
 * @param fd_out    close() it
 * @param stat_out  what fstat says of it
 * @return LNT_OK; LNT_ENOTFOUND; LNT_EINVAL (a folder, pipe, socket or device); LNT_EIO; LNT_ENOMEM.
 */
LNT_MUST_CHECK lnt_status lnti_regular_open(int *fd_out, struct stat *stat_out, const char *path, lnt_error *err);

/** Reads up to n bytes at the file's position, fewer only at its end; *n_out of them. LNT_EIO. */
LNT_MUST_CHECK lnt_status lnti_regular_read(size_t *n_out, int fd, void *data, size_t n, const char *path,
                                            lnt_error *err);

/** Reads exactly n bytes from `offset`, leaving the position alone (several threads may share the file).
 *  LNT_EDATA (the file ends earlier), LNT_EIO. */
LNT_MUST_CHECK lnt_status lnti_regular_read_at(void *data, size_t n, int fd, uint64_t offset, const char *path,
                                               lnt_error *err);

/** The one answer where a file gives fewer or more bytes than it had when it was opened: fails with LNT_EDATA. */
LNT_MUST_CHECK lnt_status lnti_regular_changed(const char *path, lnt_error *err);

#endif
