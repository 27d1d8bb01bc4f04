/**
 * @file parts.h
 * What the files of this room share: annotate.c takes the answers of an item, existing.c judges them beside those that are
 * there, visible.c whether their questions are asked, write.c writes them; put_back.c does so for an undo.
 */
#ifndef LNTI_FLOW_ANNOTATE_PARTS_H
#define LNTI_FLOW_ANNOTATE_PARTS_H

#include <flow/annotate/annotate.h>

/** One annotation on its way. */
typedef struct lnti_annotate_step {
  const lnti_annotation *annotation;
  size_t index;  /**< among those that were given */
  int64_t slot;  /**< 0: the question as a whole */
  bool write;    /**< it says something new */
  bool replaces; /**< something was there, or it was not looked for */
} lnti_annotate_step;

/** What was last found of a checklist: its annotations mostly follow each other, and what this operation adds changes
 * nothing of it. */
typedef struct lnti_verdict {
  int64_t item_id; /**< 0: none yet */
  size_t question;
  bool keeps;
} lnti_verdict;

/** A batch, and of it the item that it is at. */
typedef struct lnti_annotating {
  lnti_tx *tx;
  lnti_ontology *ontology;
  int64_t op_id;
  const lnti_annotate_options *options;
  lnti_annotated counts;
  lnti_verdict verdict;
  int64_t item_id;           /**< 0: none yet */
  lnti_annotate_step *steps; /**< [n], by question and slot */
  size_t n, capacity;
  lnt_status status; /**< the first failure of the store in is_chosen, which can only say yes or no */
  lnt_error *err;
} lnti_annotating;

/* ---- visible.c ---- */

const lnti_question *lnti_step_question(const lnti_annotating *b, const lnti_annotate_step *s);
/** Whether its options are answered one by one: a checklist's, a rank's. */
bool lnti_has_slots(const lnti_question *question);
/** What one answer is about: a checklist's or rank's option, or (0) the question as a whole. */
int64_t lnti_slot_of(const lnti_ontology *ontology, const lnti_answer *answer);
bool lnti_is_rank_order(const lnti_annotating *b, const lnti_annotate_step *s);
/** A lnti_is_chosen of the batch: what the item's answers say, those that are being written first. b->status is set where
 *  the store fails. */
bool lnti_annotating_chosen(void *batch, size_t option);
/** That the question is asked of such an item (its level), and is not hidden by what the item's answers choose. LNT_EINVAL. */
LNT_MUST_CHECK lnt_status lnti_check_visible(lnti_annotating *b, size_t question, lnt_error *err);

/* ---- existing.c ---- */

/** Counts a step, or a rank's order of n; `write` says whether it is to be written. */
LNT_MUST_CHECK lnt_status lnti_judge_step(lnti_annotating *b, lnti_annotated *counts, lnti_annotate_step *steps,
                                          size_t n);
/** What a changed parent would take back counts as well. */
LNT_MUST_CHECK lnt_status lnti_check_children_unchanged(lnti_annotating *b);

/* ---- write.c ---- */

LNT_MUST_CHECK lnt_status lnti_write_step(lnti_annotating *b, const lnti_annotate_step *s);
/** Writes a rank's order: its places, and nothing else stays. */
LNT_MUST_CHECK lnt_status lnti_write_order(lnti_annotating *b, const lnti_annotate_step *steps, size_t n);
LNT_MUST_CHECK lnt_status lnti_clear_row(lnti_annotating *b, const lnti_answer_row *row, lnti_answer_source source);
/** Takes back the answers of nested questions that are no longer asked. */
LNT_MUST_CHECK lnt_status lnti_retire_children(size_t *n_out, lnti_annotating *b, lnti_answer_source source);

#endif
