/**
 * @file item_blocks.h
 * Numbers and texts in the blocks of snapshots and stored predictions (docs/formats/database.md), and the reading and writing
 * of a set of such blocks.
 */
#ifndef LNTI_FLOW_ITEM_BLOCKS_H
#define LNTI_FLOW_ITEM_BLOCKS_H

#include <base/text.h>
#include <flow/project.h>
#include <store/store.h>

enum { LNTI_BLOCK_ITEMS = 4096 };

/** Whole numbers of 7 bits a byte, the lowest first, all but the last with their top bit set. */
LNT_MUST_CHECK lnt_status lnti_block_put(lnti_text *out, uint64_t value, lnt_error *err);
/** Its length, then its bytes. */
LNT_MUST_CHECK lnt_status lnti_block_put_bytes(lnti_text *out, const void *data, size_t n, lnt_error *err);

/** Reading: `ok` turns false, for good, where the block ends too early or a number is too long. */
typedef struct lnti_block_reader {
  const uint8_t *at, *end;
  bool ok;
} lnti_block_reader;
uint64_t lnti_block_get(lnti_block_reader *r);
/** n bytes, NULL where there are not so many. */
const uint8_t *lnti_block_get_n(lnti_block_reader *r, size_t n);

/** The next block of a set, at first with *after 0; `block` is empty behind the last one. Nothing of the store is held. */
LNT_MUST_CHECK lnt_status lnti_set_next_block(lnti_text *block, int64_t *after, lnti_project *project, int64_t set_id,
                                              lnt_error *err);

/** Begins a set in the store; set->id becomes its number. */
LNT_MUST_CHECK lnt_status lnti_set_begin(lnti_item_set *set, lnti_project *project, lnt_error *err);
LNT_MUST_CHECK lnt_status lnti_set_block(lnti_project *project, int64_t set_id, const lnti_item_block *block,
                                         lnt_error *err);
/** With an operation of the person's. */
LNT_MUST_CHECK lnt_status lnti_set_end(lnti_project *project, const lnti_item_set *set, bool replace, lnt_error *err);

#endif
