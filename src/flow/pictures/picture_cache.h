/**
 * @file picture_cache.h
 * Pictures made of media for screens, kept below the project's cache/, which may be deleted at any time: the cache makes
 * itself anew.
 *
 * cache/pictures/<kind>-<version>/ holds shards (`00000001.pics`, ...: records of a header with the picture's key and
 * check sum, then its bytes), `index` (a hash table of places in shards, read through a memory map, so that opening costs
 * the same for one picture and for a million) and `lock`. The index is a hint: what it points to counts only where the
 * record there has the right key and check sum. So whatever a crash tears, or a disk loses, is at worst not found, and
 * made again; nothing is synced.
 *
 * It is bounded: before a new shard is begun, the oldest are removed as a whole.
 *
 * Any number of threads may use one handle, and any number of processes one folder. Pictures handed in are collected and
 * written in batches by whichever thread fills one, under flock(); reading takes no lock on the folder.
 */
#ifndef LNTI_FLOW_PICTURE_CACHE_H
#define LNTI_FLOW_PICTURE_CACHE_H

#include <base/hash.h>
#include <flow/project.h>

/** Raised whenever a picture of the same pixels would come out otherwise (lnti_thumbnail_make, the sizes). */
enum { LNTI_PICTURE_VERSION = 1 };

typedef enum lnti_picture_kind {
  LNTI_PICTURE_THUMB, /**< JPEG, LNTI_THUMBNAIL_SIDE */
  LNTI_PICTURE_SCREEN /**< JPEG, LNTI_SCREEN_SIDE */
} lnti_picture_kind;

/** "thumb", "screen". */
const char *lnti_picture_kind_name(lnti_picture_kind kind);

#define LNTI_PICTURE_THUMB_BYTES ((uint64_t)4000000000)  /**< of all shards, where nothing else is said */
#define LNTI_PICTURE_SCREEN_BYTES ((uint64_t)8000000000) /**< the same */
#define LNTI_PICTURE_CACHE_BYTES_MIN ((uint64_t)1 << 20)

typedef struct lnti_picture_cache lnti_picture_cache;

/**
 * Opens one kind, making it where needed; what an older version of the program made is removed.
 * @param bytes_max  of all shards; 0: what lnti_picture_cache_set_bytes has set, else the kind's own. The index is small
 *                   beside them and not counted.
 * @return LNT_OK; LNT_EINVAL (fewer than LNTI_PICTURE_CACHE_BYTES_MIN); LNT_EIO, LNT_ENOSPC, LNT_ENOMEM; LNT_ECONFLICT
 *         (another program has held the lock for ten seconds).
 */
LNT_MUST_CHECK lnt_status lnti_picture_cache_open(lnti_picture_cache **out, const lnti_project *project,
                                                  lnti_picture_kind kind, uint64_t bytes_max, lnt_error *err);
/** Sets the project's bound, which counts from the next opening on; 0: the kind's own again. LNT_EINVAL (as open); as the
 *  store. */
LNT_MUST_CHECK lnt_status lnti_picture_cache_set_bytes(lnti_project *project, lnti_picture_kind kind,
                                                       uint64_t bytes_max, lnt_error *err);
/** Writes what is still collected (a failure is logged: it is a cache). NULL is allowed. */
void lnti_picture_cache_close(lnti_picture_cache *cache);

/**
 * Hands in a picture; it is found at once. The bytes are copied.
 * @param content  of the item (lnti_item.content, which of an animation's frames is the frame's own)
 * @param frame    of it, 0 where there is one
 * @return LNT_OK (also where it is too large for a shard, and not kept); what lnti_picture_cache_flush returns, of the
 *         batch that this call wrote.
 */
LNT_MUST_CHECK lnt_status lnti_picture_cache_put(lnti_picture_cache *cache, const lnti_hash *content, uint32_t frame,
                                                 const uint8_t *data, size_t n, lnt_error *err);
/** Writes what is collected, so that other processes see it. After a failure the batch is forgotten. LNT_EIO, LNT_ENOSPC,
 *  LNT_ENOMEM; LNT_ECONFLICT (as open). */
LNT_MUST_CHECK lnt_status lnti_picture_cache_flush(lnti_picture_cache *cache, lnt_error *err);

/** A picture's bytes; *data_out is NULL where it is not there, or damaged (then it is forgotten as well). free() it.
 *  LNT_ENOMEM, LNT_EIO. */
LNT_MUST_CHECK lnt_status lnti_picture_cache_get(lnti_picture_cache *cache, uint8_t **data_out, size_t *n_out,
                                                 const lnti_hash *content, uint32_t frame, lnt_error *err);
/** Whether its record is there, without reading its bytes: those may yet be damaged. */
bool lnti_picture_cache_has(lnti_picture_cache *cache, const lnti_hash *content, uint32_t frame);

/** The bound that it was opened with. */
uint64_t lnti_picture_cache_bytes_max(const lnti_picture_cache *cache);
/** Bytes of all shards, those of other processes included. */
uint64_t lnti_picture_cache_bytes(lnti_picture_cache *cache);

#endif
