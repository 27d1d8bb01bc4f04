/**
 * @file pack.h
 * Packs: files of members' bytes one after the other, with their index at the end, made once from an archive that cannot
 * be read in place. A pack is whole or it is not there: it is written beside its place and renamed, its index has a
 * check sum, and each member one of its own. Numbers are in the machine's own byte order: packs are never moved.
 */
#ifndef LNTI_MEDIA_PACK_H
#define LNTI_MEDIA_PACK_H

#include <base/cancel.h>
#include <base/hash.h>
#include <linnet/status.h>
#include <media/span.h>
#include <media/index.h>
#include <stdbool.h>

/** Goes up with every change of the format below, of lnti_row and of lnti_row_how. */
enum { LNTI_PACK_VERSION = 1 };

/** Asked before the pack grows to `total` bytes; makes room, or fails with the reason why there is none. */
typedef lnt_status (*lnti_pack_room)(void *payload, uint64_t total, lnt_error *err);

/** For one thread. */
typedef struct lnti_pack_writer lnti_pack_writer;

/** @param fd    open for writing and reading, empty; borrowed
 *  @param name  of the archive, for messages; borrowed */
LNT_MUST_CHECK lnt_status lnti_pack_writer_new(lnti_pack_writer **out, int fd, const char *name, const lnti_hash *key,
                                               lnti_pack_room room, void *payload, lnt_error *err);
/** Appends. LNT_ENOSPC, LNT_EIO, and what `room` returns. */
LNT_MUST_CHECK lnt_status lnti_pack_write(lnti_pack_writer *pack, const void *data, size_t n, lnt_error *err);
/** Bytes appended so far: the place of the next, as rows of an index name it. */
uint64_t lnti_pack_offset(const lnti_pack_writer *pack);
/** Forgets what was appended after `offset`, of a member that turned out to be broken. */
LNT_MUST_CHECK lnt_status lnti_pack_rewind(lnti_pack_writer *pack, uint64_t offset, lnt_error *err);
/** Writes the index, and what is wrong with the archive, and what makes the pack whole. */
LNT_MUST_CHECK lnt_status lnti_pack_finish(lnti_pack_writer *pack, const lnti_index *index, const lnt_error *damage,
                                           lnt_error *err);
void lnti_pack_writer_free(lnti_pack_writer *pack);

/** Reads the index of a pack that was finished under this key.
 *  @return LNT_OK; LNT_ECORRUPT (torn, damaged, or another pack); LNT_EIO; LNT_ENOMEM. */
LNT_MUST_CHECK lnt_status lnti_pack_read(lnti_index *index_out, lnt_error *damage_out, const lnti_span *span,
                                         const lnti_hash *key, const char *name, lnt_error *err);

#endif
