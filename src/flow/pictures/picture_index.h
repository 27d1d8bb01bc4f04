/**
 * @file picture_index.h
 * Where pictures lie: the index file of picture_cache.h. For picture_cache.c alone. Finding needs no lock on the folder;
 * everything that writes is called under it. Neither may run while another thread opens, reloads or changes the same handle.
 */
#ifndef LNTI_FLOW_PICTURE_INDEX_H
#define LNTI_FLOW_PICTURE_INDEX_H

#include <base/hash.h>
#include <linnet/status.h>
#include <stdbool.h>
#include <stdint.h>

/** A record: header and bytes. */
typedef struct lnti_picture_place {
  uint32_t shard; /**< 1.. */
  uint32_t bytes; /**< of the picture, without the header */
  uint64_t at;    /**< of the record in the shard, a multiple of 8 */
} lnti_picture_place;

typedef struct lnti_picture_index lnti_picture_index;

/** Opens the index of a folder. LNT_ENOTFOUND (there is none, or it is damaged), LNT_EIO, LNT_ENOMEM. */
LNT_MUST_CHECK lnt_status lnti_picture_index_open(lnti_picture_index **out, const char *folder, lnt_error *err);
/** Makes an empty one in place of what is there. */
LNT_MUST_CHECK lnt_status lnti_picture_index_create(lnti_picture_index **out, const char *folder, lnt_error *err);
void lnti_picture_index_close(lnti_picture_index *index);

/** Another process has put a new index in its place, which is to be opened. Costs a look at memory. */
bool lnti_picture_index_replaced(const lnti_picture_index *index);
/** The same by the file's name, for writers: also where the file was removed. */
bool lnti_picture_index_gone(const lnti_picture_index *index);

bool lnti_picture_index_find(lnti_picture_place *out, const lnti_picture_index *index, const lnti_hash *content,
                             uint32_t frame);
/** Room for n more: where the table is too full, a new one is made without what was removed, and put in its place. */
LNT_MUST_CHECK lnt_status lnti_picture_index_reserve(lnti_picture_index **index, size_t n, lnt_error *err);
/** Adds, or moves one that is there. LNT_ELIMIT: no slot near its own is free (the table is damaged). */
LNT_MUST_CHECK lnt_status lnti_picture_index_put(lnti_picture_index *index, const lnti_hash *content, uint32_t frame,
                                                 const lnti_picture_place *place, lnt_error *err);
/** Counts what put has added; once a batch. A count that a crash left too low is set right when the table is made anew. */
LNT_MUST_CHECK lnt_status lnti_picture_index_commit(lnti_picture_index *index, lnt_error *err);
/** Forgets it, if it still lies at `place`. */
LNT_MUST_CHECK lnt_status lnti_picture_index_remove(lnti_picture_index *index, const lnti_hash *content, uint32_t frame,
                                                    const lnti_picture_place *place, lnt_error *err);

/** The oldest shard that counts, and the one being written; 1 and 1 in a new index. */
uint32_t lnti_picture_index_first(const lnti_picture_index *index);
uint32_t lnti_picture_index_last(const lnti_picture_index *index);
LNT_MUST_CHECK lnt_status lnti_picture_index_set_shards(lnti_picture_index *index, uint32_t first, uint32_t last,
                                                        lnt_error *err);

#endif
