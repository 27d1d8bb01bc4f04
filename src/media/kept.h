/**
 * @file kept.h
 * Files that were asked for by a frame's number: the bytes of the last few, and what decoders leave of them
 * (lnti_kept_take), so that the next frame is not read and decoded from the file's beginning. Inside src/media, but for what
 * media.h declares.
 */
#ifndef LNTI_MEDIA_KEPT_H
#define LNTI_MEDIA_KEPT_H

#include <media/cache.h>
#include <media/media.h>

/** Files and states at once, and their bytes together. */
enum { LNTI_KEPT_FILES = 8, LNTI_KEPT_STATES = 4, LNTI_KEPT_BYTES = 128 << 20 };

/** May be used by several threads. */
typedef struct lnti_kept_files lnti_kept_files;

LNT_MUST_CHECK lnt_status lnti_kept_files_new(lnti_kept_files **out, lnt_error *err);
/** What is still in use goes with its last blob. NULL is allowed. */
void lnti_kept_files_free(lnti_kept_files *files);

/** True where the file or member of this name is there, as it was at `mark`: *blob then shares its bytes. Without frame. */
bool lnti_kept_find(lnti_blob *blob, lnti_kept_files *files, const char *name, const lnti_file_mark *mark);
/** Keeps the bytes of *blob, which owns them and then shares them; leaves it as it is where there is no room. LNT_ENOMEM. */
LNT_MUST_CHECK lnt_status lnti_kept_add(lnti_blob *blob, lnti_kept_files *files, const char *name,
                                        const lnti_file_mark *mark, lnt_error *err);
void lnti_kept_release(lnti_kept *kept);

#endif
