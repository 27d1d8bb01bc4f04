/**
 * @file undo.h
 * Undo is an inverse operation: for each answer that an operation has given, changed or taken back it puts there again what
 * was there before, as rows of the log under an operation of its own. It does so only where the answer is still that
 * operation's: where somebody has answered since, theirs stays and is listed. Undoing an undo is a redo.
 */
#ifndef LNTI_FLOW_UNDO_H
#define LNTI_FLOW_UNDO_H

#include <flow/project.h>
#include <ontology/ontology.h>
#include <store/store.h>

/** An answer that an undo leaves as it is. */
typedef struct lnti_undo_conflict {
  int64_t item_id;
  size_t question;            /**< index into the ontology; LNTI_NONE: a remark */
  const lnti_answer_row *now; /**< what is there; NULL: nothing (it was taken back) */
  int64_t now_op;     /**< the operation that made it so; 0: the same one, and `reason` says what stands against it */
  const char *reason; /**< one sentence */
} lnti_undo_conflict;
/** Told of each; what it points to is borrowed. A returned error ends the undo, and nothing is written. */
typedef lnt_status (*lnti_undo_visit)(void *payload, const lnti_undo_conflict *conflict, lnt_error *err);

enum { LNTI_UNDONE_NOTE = 200 };

/** What an undo did, or would do. */
typedef struct lnti_undone {
  int64_t op_id;      /**< the operation that undoes; 0 where it was only a preview, or nothing was left to do */
  int64_t undoes;     /**< the one that was undone */
  lnti_op_kind kind;  /**< of that one */
  size_t n_items;     /**< with an answer put back or taken back */
  size_t n_restored;  /**< answers put back as they were before */
  size_t n_removed;   /**< answers taken back where there was none before */
  size_t n_conflicts; /**< left as they are */
  size_t n_retired;   /**< answers taken back since they hang on one that is no longer there */
  bool ontology;      /**< questions or options are again what they were */
  int64_t again;      /**< where an undo was undone: the operation that is done again by that; 0 */
  lnti_op_kind again_kind;
  char note[LNTI_UNDONE_NOTE]; /**< of the operation that was undone, or done again: in words, perhaps cut */
} lnti_undone;

typedef struct lnti_undo_options {
  int64_t op_id;      /**< to undo; 0: the newest of `person` that can be undone, was not undone and is no undo */
  bool redo;          /**< with op_id 0: the newest undo of `person` that was not undone itself */
  const char *person; /**< who undoes; NULL: the user of the system */
  bool dry_run;       /**< only counted */
  lnti_undo_visit visit;
  void *payload;
} lnti_undo_options;

/** Whether an undo without a number would take this operation, or (of an undo) a redo: it wrote answers, or migrated, and was
 *  not undone. */
bool lnti_undo_offers(const lnti_op_row *row);

/**
 * Undoes an operation: answers of annotate, import and undo; one of kind migrate by lnti_migrate_undo. Items that were done and
 * have no answer any more are to be annotated again.
 * @return LNT_OK; LNT_ENOTFOUND (no such operation; nothing to undo); LNT_EUNSUPPORTED (an operation that cannot be
 *         undone: the message says why); LNT_ECONFLICT (nothing of it is left: it was undone already, or all of it was taken
 *         back); LNT_ENOSPC, LNT_EIO, LNT_EBUSY...
 */
LNT_MUST_CHECK lnt_status lnti_undo(lnti_undone *out, lnti_project *project, const lnti_undo_options *options,
                                    lnt_error *err);

/** What became of an answer since an operation wrote it. */
typedef enum lnti_undo_verdict {
  LNTI_UNDO_OURS,    /**< it is the operation's still, or again: what came later was taken back */
  LNTI_UNDO_CHANGED, /**< somebody has answered since, or taken it back */
  LNTI_UNDO_DONE     /**< it is again what it was before the operation */
} lnti_undo_verdict;
/**
 * @param before_out  the row of the log that was there before the operation; 0: none
 * @param newest_out  the newest row of the log of this answer
 * @param last        of the operation: its last row of this answer, `replaces` as of its first one
 */
LNT_MUST_CHECK lnt_status lnti_undo_judge(lnti_undo_verdict *out, int64_t *before_out, int64_t *newest_out, lnti_tx *tx,
                                          int64_t undoes, const lnti_answer_row *last, lnt_error *err);

/**
 * The part that answers play, within a write: for whoever undoes more than answers (a migration), after having put the
 * ontology back. Adds to the counts of `out`.
 * @param ontology  as it is to be, every row with its id; what it does not allow is a conflict
 * @param op_id     the operation under which the rows are written
 * @param undoes    the operation to undo
 */
LNT_MUST_CHECK lnt_status lnti_undo_answers(lnti_tx *tx, lnti_undone *out, lnti_ontology *ontology, int64_t op_id,
                                            int64_t undoes, const lnti_undo_options *options, lnt_error *err);

#endif
