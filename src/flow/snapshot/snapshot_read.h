/**
 * @file snapshot_read.h
 * Reading a snapshot, item by item, in order of their numbers: for what works on the data as they were.
 */
#ifndef LNTI_FLOW_SNAPSHOT_READ_H
#define LNTI_FLOW_SNAPSHOT_READ_H

#include <flow/snapshot/snapshot_parts.h>

/** Zero-initialise. */
typedef struct lnti_snapshot {
  lnti_project *project;
  int64_t id;
  char *name;
  char fingerprint[LNTI_HASH_HEX];
  size_t n_items;
  char *where;                      /**< the filter that it was taken with; "" */
  lnti_ontology *ontology;          /**< as it was then; of the first form without ids of rows */
  const char *ontology_json;        /**< as it was written: part of `facts` */
  int record;                       /**< LNTI_SNAPSHOT_RECORD, or 1 */
  lnti_snapshot_names splits, keys; /**< of the whole project then: splits, metadata by name; of the first form none */
  lnti_text facts;
} lnti_snapshot;

/** LNT_ENOTFOUND, with the names that there are; LNT_ECORRUPT; LNT_EUNSUPPORTED (of a later version). */
LNT_MUST_CHECK lnt_status lnti_snapshot_open(lnti_snapshot *out, lnti_project *project, const char *name,
                                             lnt_error *err);
/** Safe on a zeroed struct. */
void lnti_snapshot_close(lnti_snapshot *snapshot);

/** Where a reader stands. Zero-initialise; `item` is the last one that was read, until the next. */
typedef struct lnti_snapshot_cursor {
  lnti_snapshot_item item;
  lnti_text block;
  lnti_block_reader reader;        /**< of the block */
  int64_t first, previous;         /**< item of the block that was loaded last; item before the next one in it, 0 */
  const lnti_snapshot_names *keys; /**< as of lnti_snapshot_get */
} lnti_snapshot_cursor;
/** Loads the next block, from 1 to LNTI_BLOCK_ITEMS items; `block` is empty behind the last. */
LNT_MUST_CHECK lnt_status lnti_snapshot_load(lnti_snapshot_cursor *cursor, const lnti_snapshot *snapshot,
                                             lnt_error *err);
/** To the beginning of the block that is loaded. */
void lnti_snapshot_rewind(lnti_snapshot_cursor *cursor);
/** False behind the last item of the block. */
bool lnti_snapshot_more(const lnti_snapshot_cursor *cursor);
/** The next item of the block. */
LNT_MUST_CHECK lnt_status lnti_snapshot_next(lnti_snapshot_cursor *cursor, lnt_error *err);
void lnti_snapshot_cursor_clear(lnti_snapshot_cursor *cursor);

typedef lnt_status (*lnti_snapshot_visit)(void *payload, const lnti_snapshot_item *item, lnt_error *err);
/** All of its items; memory holds one block. A returned error ends the walk. */
LNT_MUST_CHECK lnt_status lnti_snapshot_walk(const lnti_snapshot *snapshot, lnti_snapshot_visit visit, void *payload,
                                             lnt_error *err);

#endif
