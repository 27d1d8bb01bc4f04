/**
 * @file picture_shards.h
 * The files that hold pictures, one record after the other: what picture_cache.h describes. For picture_cache.c alone.
 */
#ifndef LNTI_FLOW_PICTURE_SHARDS_H
#define LNTI_FLOW_PICTURE_SHARDS_H

#include <base/hash.h>
#include <flow/pictures/picture_index.h>
#include <linnet/status.h>
#include <stdbool.h>
#include <stdint.h>

/** Before each picture in a shard; records begin at multiples of 8. */
typedef struct lnti_picture_record {
  uint64_t magic;
  uint32_t frame, bytes;
  lnti_hash content;
  lnti_hash128 check; /**< of all above and the picture */
} lnti_picture_record;

/** Bytes that a picture of n takes. */
size_t lnti_picture_record_bytes(size_t n);
/** Fills in the header of a picture. */
void lnti_picture_record_make(lnti_picture_record *out, const lnti_hash *content, uint32_t frame, const uint8_t *data,
                              size_t n);
/** Whether a header is one, and of this key. */
bool lnti_picture_record_is(const lnti_picture_record *record, const lnti_hash *content, uint32_t frame);
/** Whether its bytes are those that it was made for. */
bool lnti_picture_record_holds(const lnti_picture_record *record, const uint8_t *data);

/** Files held open, by number. Zero-initialise with lnti_picture_shards_init. */
enum { LNTI_PICTURE_SHARDS_OPEN = 32 };
typedef struct lnti_picture_shards {
  const char *folder; /**< borrowed */
  uint32_t number[LNTI_PICTURE_SHARDS_OPEN];
  int fd[LNTI_PICTURE_SHARDS_OPEN]; /**< -1: none */
} lnti_picture_shards;

void lnti_picture_shards_init(lnti_picture_shards *shards, const char *folder);
void lnti_picture_shards_close(lnti_picture_shards *shards);
/** The file of a shard where it is open; -1. May be called while others do, but not while shards_open runs. */
int lnti_picture_shards_fd(const lnti_picture_shards *shards, uint32_t number);
/** Opens it, perhaps closing another. LNT_ENOTFOUND (and not `make`), LNT_EIO, LNT_ENOSPC. */
LNT_MUST_CHECK lnt_status lnti_picture_shards_open(int *fd_out, lnti_picture_shards *shards, uint32_t number, bool make,
                                                   lnt_error *err);

/** Closes those with numbers below `first`: of files that were removed, so that the disk has their room again. */
void lnti_picture_shards_close_below(lnti_picture_shards *shards, uint32_t first);

/** Sums up the shards of a folder: the lowest and highest numbers (0 and 0 where there are none) and their bytes. */
typedef struct lnti_picture_total {
  uint32_t lowest, highest;
  uint64_t bytes;
} lnti_picture_total;
LNT_MUST_CHECK lnt_status lnti_picture_shards_total(lnti_picture_total *out, const char *folder, lnt_error *err);
/** Removes those with numbers below `first`. What cannot be removed stays. */
LNT_MUST_CHECK lnt_status lnti_picture_shards_remove(lnti_picture_shards *shards, uint32_t first, lnt_error *err);

#endif
