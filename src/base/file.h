/**
 * @file file.h
 * Whole files: reading under a cap, and writing so that a crash leaves the old file or the new one.
 */
#ifndef LNTI_BASE_FILE_H
#define LNTI_BASE_FILE_H

#include <base/hash.h>
#include <linnet/status.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

/** Reads all of a regular file, with a NUL after it; free() it. LNT_ENOTFOUND, LNT_ELIMIT (more than `cap`
 *  bytes), LNT_EINVAL (a folder, pipe, socket or device), LNT_EDATA (it changed its length meanwhile), LNT_EIO. */
LNT_MUST_CHECK lnt_status lnti_file_read(char **data_out, size_t *n_out, const char *path, size_t cap, lnt_error *err);

/** Content hash and size of a file of any size, read in pieces. LNT_ENOTFOUND, LNT_EINVAL and LNT_EDATA as
 *  above, LNT_EIO. */
LNT_MUST_CHECK lnt_status lnti_file_hash(lnti_hash *out, uint64_t *bytes_out, const char *path, lnt_error *err);

/** A file being written beside its place (path + ".part-" + a random number, new each time); commit syncs it, renames it
 *  over `path` and syncs the folder; discard removes it. Of several writers of one path the last to commit wins. */
typedef struct lnti_file_writer lnti_file_writer;
LNT_MUST_CHECK lnt_status lnti_file_create(lnti_file_writer **out, const char *path, lnt_error *err);
/** The same with the part at `part` + ".part-" + a random number, on the file system of `path`. */
LNT_MUST_CHECK lnt_status lnti_file_create_at(lnti_file_writer **out, const char *part, const char *path,
                                              lnt_error *err);
LNT_MUST_CHECK lnt_status lnti_file_write(lnti_file_writer *file, const void *data, size_t n, lnt_error *err);
/** Writes over what was written before: all of it lies in front of the offset. */
LNT_MUST_CHECK lnt_status lnti_file_write_over(lnti_file_writer *file, uint64_t at, const void *data, size_t n,
                                               lnt_error *err);
uint64_t lnti_file_offset(const lnti_file_writer *file);
/** Frees the writer, also on failure. A failure leaves the old file in place, but for the last step's: where the folder
 *  cannot be synced the new file stands in place, whole, and only a crash of the machine might yet bring back the old. */
LNT_MUST_CHECK lnt_status lnti_file_commit(lnti_file_writer *file, lnt_error *err);
void lnti_file_discard(lnti_file_writer *file);

/** As commit, for one of many new files: only where nothing is at `path` (LNT_EEXISTS), and without the syncing, which costs
 *  more than the writing of a small file; lnti_file_system_sync makes all of them durable at once. */
LNT_MUST_CHECK lnt_status lnti_file_place(lnti_file_writer *file, lnt_error *err);
/** As lnti_file_create, for place alone: the file has no name before, so that a kill leaves nothing of it, and many of one
 *  folder are made without waiting for each other. LNT_EUNSUPPORTED: the file system has no such files. */
LNT_MUST_CHECK lnt_status lnti_file_create_nameless(lnti_file_writer **out, const char *path, lnt_error *err);
/** Whether that can be done in a folder; tried out, so that a kill may leave an empty file called "probe.part-" + a random
 *  number. */
bool lnti_file_nameless_works(const char *folder);
/** As place, over what is at `path`. */
LNT_MUST_CHECK lnt_status lnti_file_replace(lnti_file_writer *file, lnt_error *err);
/** The times of change and access, to be set last. @return the time of change that the file system keeps */
struct timespec lnti_file_set_time(lnti_file_writer *file, struct timespec time);
/** Renames, but never over anything. LNT_EEXISTS; LNT_EIO... */
LNT_MUST_CHECK lnt_status lnti_rename_new(const char *from, const char *to, lnt_error *err);
/** Makes durable what was written to the file system that holds a folder, by anybody. LNT_ENOTFOUND, LNT_EIO, LNT_ENOSPC. */
LNT_MUST_CHECK lnt_status lnti_file_system_sync(const char *folder, lnt_error *err);

/** A file without a name in a folder, to be written and read: it goes when the last handle does, however that comes about.
 *  @return a descriptor, or -1 with errno */
int lnti_file_nameless(const char *folder);

/** A whole small file in one call. */
LNT_MUST_CHECK lnt_status lnti_file_write_all(const char *path, const void *data, size_t n, lnt_error *err);

/** Makes a folder and its parents, each synced into the folder that holds it; one that exists is fine. LNT_EEXISTS (a
 *  file is in the way), LNT_ENOTFOUND, LNT_EIO, LNT_ENOMEM. */
LNT_MUST_CHECK lnt_status lnti_folder_make(const char *path, lnt_error *err);
/** Makes the names in a folder durable. LNT_EIO... */
LNT_MUST_CHECK lnt_status lnti_folder_sync(const char *folder, lnt_error *err);

#endif
