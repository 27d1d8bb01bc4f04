/**
 * @file pack_folder.h
 * A folder of packs that several processes share. "KEY.pack" is a whole pack; "KEY.part" is one being written, locked (flock)
 * by its maker: others who want the same wait for the lock, and a lock that was let go of without a pack tells that the
 * maker died, whoever gets it begins anew. Everything in the folder may be deleted at any time: a pack that is open is read
 * on, and made again the next time.
 */
#ifndef LNTI_MEDIA_PACK_FOLDER_H
#define LNTI_MEDIA_PACK_FOLDER_H

#include <media/pack.h>

/** A pack that was found, or the place for one to be made. LNTI_PACK_PLACE_INIT at first; lnti_pack_abandon releases. */
typedef struct lnti_pack_place {
  char *folder, *pack, *part;
  int fd; /**< of the part, locked; -1: the pack was found */
} lnti_pack_place;

#define LNTI_PACK_PLACE_INIT \
  { NULL, NULL, NULL, -1 }

/**
 * The pack of a key, or the right to make it; waits for another maker.
 * @param found_out  the pack, where place_out->fd is -1; else untouched, as are index and damage
 * @param cancel     looked at while waiting
 * @return LNT_OK; LNT_ECANCELLED; LNT_ENOMEM; LNT_EIO, LNT_EEXISTS, LNT_ENOSPC, LNT_ENOTFOUND (the folder cannot be used).
 */
LNT_MUST_CHECK lnt_status lnti_pack_find(lnti_pack_place *place_out, lnti_span *found_out, lnti_index *index_out,
                                         lnt_error *damage_out, const char *folder, const lnti_hash *key,
                                         const char *name, const lnti_cancel *cancel, lnt_error *err);
/** Puts the written part in its place, and hands its file over as a span. */
LNT_MUST_CHECK lnt_status lnti_pack_commit(lnti_span *out, lnti_pack_place *place, uint64_t bytes, const char *name,
                                           lnt_error *err);
/** Removes the part, if there is one. */
void lnti_pack_abandon(lnti_pack_place *place);

/** Packs in a folder at most: it is looked through whenever room is asked for. */
enum { LNTI_PACKS_MAX = 1024 };

/**
 * Makes room for the part to grow to `total` bytes beside all that is in the folder, and for one pack more, least recently
 * opened pack first; parts whose maker died go too.
 * @return LNT_OK; LNT_ELIMIT (the part alone would exceed bytes_max); LNT_EBUSY (with the parts of others it would);
 *         LNT_EIO; LNT_ENOMEM.
 */
LNT_MUST_CHECK lnt_status lnti_pack_make_room(const lnti_pack_place *place, uint64_t total, uint64_t bytes_max,
                                              const char *name, lnt_error *err);

#endif
