/**
 * @file snapshot_parts.h
 * What the files of snapshots share: the record of an item.
 */
#ifndef LNTI_FLOW_SNAPSHOT_PARTS_H
#define LNTI_FLOW_SNAPSHOT_PARTS_H

#include <flow/item_blocks.h>
#include <flow/snapshot.h>
#include <flow/view/items.h>

/** Appends an item to a block. @param after_id  the item before it in the block; 0 */
LNT_MUST_CHECK lnt_status lnti_snapshot_put(lnti_text *out, const lnti_item_view *view, int64_t after_id,
                                            lnt_error *err);

/** An item of a block; texts and answers are of its reader. */
typedef struct lnti_snapshot_item {
  int64_t id, group_id;
  lnti_hash content;
  const char *split;
  lnti_answer_row *answers; /**< [n_answers] question, slot, state, option, number, text */
  size_t n_answers, capacity;
  lnti_arena arena;
} lnti_snapshot_item;
LNT_MUST_CHECK lnt_status lnti_snapshot_get(lnti_snapshot_item *item, lnti_block_reader *r, int64_t after_id,
                                            lnt_error *err);
void lnti_snapshot_item_clear(lnti_snapshot_item *item);

/** The ontology, and the filter, as one JSON object. */
LNT_MUST_CHECK lnt_status lnti_snapshot_facts(lnti_text *out, const lnti_ontology *ontology, const char *where,
                                              lnt_error *err);
/** "QUESTION" or "QUESTION/OPTION" of an answer. */
LNT_MUST_CHECK lnt_status lnti_snapshot_question(lnti_text *out, const lnti_ontology *ontology,
                                                 const lnti_answer_row *row, lnt_error *err);
/** Its value; of an option of a checklist or of an order its number. */
LNT_MUST_CHECK lnt_status lnti_snapshot_value(lnti_text *out, const lnti_ontology *ontology, const lnti_answer_row *row,
                                              lnt_error *err);
#endif
