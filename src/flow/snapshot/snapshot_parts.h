/**
 * @file snapshot_parts.h
 * What the files of snapshots share: the facts of a snapshot, and the record of an item.
 */
#ifndef LNTI_FLOW_SNAPSHOT_PARTS_H
#define LNTI_FLOW_SNAPSHOT_PARTS_H

#include <flow/item_blocks.h>
#include <flow/snapshot/snapshot.h>
#include <flow/view/items.h>

/** How much is kept of an item; snapshots of the first form, without "record" in their facts, lack stage, confidences,
 *  remarks, metadata, and the ids of the ontology's rows. */
enum { LNTI_SNAPSHOT_RECORD = 2 };

/** Names by bytes: of metadata keys; or in the project's order: of splits. Zero-initialise. */
typedef struct lnti_snapshot_names {
  char **name; /**< [n] */
  size_t n, capacity;
} lnti_snapshot_names;
LNT_MUST_CHECK lnt_status lnti_snapshot_names_add(lnti_snapshot_names *names, const char *name, lnt_error *err);
void lnti_snapshot_names_clear(lnti_snapshot_names *names);
/** Adds the names of the project's splits, as it is. */
LNT_MUST_CHECK lnt_status lnti_snapshot_names_splits(lnti_snapshot_names *names, lnti_project *project, lnt_error *err);

/** Appends an item to a block. @param after_id  the item before it in the block; 0 */
LNT_MUST_CHECK lnt_status lnti_snapshot_put(lnti_text *out, const lnti_item_view *view, int64_t after_id,
                                            lnt_error *err);
/** Appends what only exports say. @param keys  of metadata: by name */
LNT_MUST_CHECK lnt_status lnti_snapshot_put_rest(lnti_text *out, const lnti_item_view *view,
                                                 const lnti_answer_row *remarks, size_t n_remarks,
                                                 const lnti_snapshot_names *keys, lnt_error *err);

/** An item of a block; texts, answers and the rest are of its reader. */
typedef struct lnti_snapshot_item {
  int64_t id, group_id;
  lnti_hash content;
  const char *split;
  lnti_answer_row *answers; /**< [n_answers] subject, question, slot, state, option, number, text, confidence */
  size_t n_answers, capacity;
  const char *stage;        /**< as all below: "" and nothing in snapshots of the first form */
  lnti_answer_row *remarks; /**< [n_remarks] slot and text; the skip first */
  size_t n_remarks, remark_capacity;
  lnti_meta_value *meta; /**< [n_meta] by key; keys are the snapshot's */
  size_t n_meta, meta_capacity;
  lnti_arena arena;
} lnti_snapshot_item;
/** @param keys  of metadata; NULL: the record ends with the answers */
LNT_MUST_CHECK lnt_status lnti_snapshot_get(lnti_snapshot_item *item, lnti_block_reader *r, int64_t after_id,
                                            const lnti_snapshot_names *keys, lnt_error *err);
void lnti_snapshot_item_clear(lnti_snapshot_item *item);

/** True where the ontology has the question, and the option that the answer is about. */
bool lnti_snapshot_knows(const lnti_ontology *ontology, const lnti_answer_row *row);
/** "QUESTION" or "QUESTION/OPTION" of an answer. */
LNT_MUST_CHECK lnt_status lnti_snapshot_question(lnti_text *out, const lnti_ontology *ontology,
                                                 const lnti_answer_row *row, lnt_error *err);
/** Its value; of an option of a checklist or of an order its number. */
LNT_MUST_CHECK lnt_status lnti_snapshot_value(lnti_text *out, const lnti_ontology *ontology, const lnti_answer_row *row,
                                              lnt_error *err);
#endif
