/**
 * @file annotate.h
 * The only writer of answers. Every way in (import, the command, undo, and later the API and review) goes through here, and
 * every rule is checked here: the answer's own rules, that its item is there, that its question is visible, that a changed
 * parent retires the answers of its children.
 *
 * A checklist's options are answered one by one, beside each other: a yes or no to one leaves the others as they are, and
 * what is not answered stays unknown. "None of these" of a checklist is written as a no to each option that it offers;
 * "unsure" says that the person could not tell, and stands beside what is answered; clearing it without an option takes
 * back all of it.
 *
 * A rank is answered as a whole: annotations of one item that follow each other name its options with places 1 to k, each
 * once. The options that are not named come after these, in no order. A new order takes the place of the whole old one.
 */
#ifndef LNTI_FLOW_ANNOTATE_H
#define LNTI_FLOW_ANNOTATE_H

#include <ontology/ontology.h>
#include <store/store.h>

enum { LNTI_REMARK_MAX = 4096 /**< characters of a comment, and of the reason of a skip */ };

/** One answer to give. */
typedef struct lnti_annotation {
  int64_t item_id;
  lnti_answer answer;
  double confidence; /**< the person's, in [0,1]; NaN: not given */
  uint32_t time_spent_ms;
  bool fresh; /**< the caller knows that the item is there and has no answer yet: neither is looked for */
} lnti_annotation;

/** What becomes of an answer where the item has one to the question already (a checklist: to the option). */
typedef enum lnti_existing_answer {
  LNTI_EXISTING_WRITE, /**< it is written, whatever is there */
  LNTI_EXISTING_KEEP,  /**< what is there stays; a checklist that another operation has answered stays as a whole */
  LNTI_EXISTING_CHANGE /**< it is written where it says something else, or gives another confidence */
} lnti_existing_answer;

typedef struct lnti_annotate_options {
  lnti_answer_source source;
  lnti_existing_answer existing;
  const int64_t
      *resumed; /**< [n_resumed] operations that this one goes on with: LNTI_EXISTING_KEEP takes theirs for own */
  size_t n_resumed;
  bool
      if_unchanged; /**< an answer that would replace or take back what the log got since `unchanged_since` is refused */
  int64_t unchanged_since; /**< a row of the log: what the caller has seen; 0: nothing */
} lnti_annotate_options;

/** What became of the answers. The places of a rank count as one. */
typedef struct lnti_annotated {
  size_t n_added;          /**< where there was none; with LNTI_EXISTING_WRITE all of them */
  size_t n_changed;        /**< in the place of another, or taken back */
  size_t n_same;           /**< that was there, and says the same: not written */
  size_t n_kept;           /**< of LNTI_EXISTING_KEEP: another one is there, and stays */
  size_t n_retired;        /**< taken back, since they hang on an answer that is no longer there */
  size_t first_kept;       /**< which of the annotations, where n_kept is not 0 */
  size_t first_changed;    /**< likewise, where n_changed is not 0 */
  lnti_answer_row changed; /**< what that has replaced; its text is NULL */
} lnti_annotated;

/**
 * Within a write of the store: checks and writes n answers under an operation. Answers of one item that follow each other
 * are judged together, so that a child may stand before its parent.
 * @param ontology  as stored (every question and option used has its row id)
 * @return LNT_OK; LNT_EINVAL (a rule), LNT_ENOTFOUND (no such item), LNT_ECONFLICT (if_unchanged; the message has both
 *         answers): then nothing of the item's answers is written. Other failures fail the caller's write.
 */
LNT_MUST_CHECK lnt_status lnti_annotate(lnti_tx *tx, lnti_annotated *out, lnti_ontology *ontology, int64_t op_id,
                                        const lnti_annotation *annotations, size_t n,
                                        const lnti_annotate_options *options, lnt_error *err);

/** Whether LNTI_EXISTING_KEEP leaves this answer out, in the operation `op_id`. Its option may have no row yet. */
LNT_MUST_CHECK lnt_status lnti_annotate_keeps(bool *out, lnti_tx *tx, const lnti_ontology *ontology, int64_t op_id,
                                              const lnti_annotation *annotation, const lnti_annotate_options *options,
                                              lnt_error *err);

/** What is said of an item beside its answers. */
typedef enum lnti_remark_kind {
  LNTI_REMARK_SKIP,   /**< why it was not answered; one an item, gone with the next answer */
  LNTI_REMARK_COMMENT /**< as many as people write */
} lnti_remark_kind;

/** Adds a remark, under the rules of lnti_text_check. Text NULL takes a skip back. *changed_out false: it says what was
 *  there already. LNT_EINVAL; LNT_ENOTFOUND (no such item). */
LNT_MUST_CHECK lnt_status lnti_annotate_remark(lnti_tx *tx, bool *changed_out, int64_t op_id, int64_t item_id,
                                               lnti_remark_kind kind, const char *text, lnti_answer_source source,
                                               lnt_error *err);

/** What an answer or remark is to be again. */
typedef struct lnti_put_back {
  lnti_answer_row row; /**< subject, question and slot say which; LNTI_CLEARED: there is to be none */
  lnt_error refused;   /**< with a code: why it stays as it is */
} lnti_put_back;

/**
 * Puts answers and remarks of one item back, each under the rules of lnti_annotate. What the rules do not allow (any more)
 * is marked and stays as it is; an order as a whole.
 * @param n_retired_out  answers taken back since they hang on one that is no longer there
 */
LNT_MUST_CHECK lnt_status lnti_annotate_put_back(lnti_tx *tx, size_t *n_retired_out, lnti_ontology *ontology,
                                                 int64_t op_id, lnti_put_back *rows, size_t n, lnt_error *err);

/** Writes one row as it is: for flow/migrate, whose rows are what current answers become, checked by ontology/change.h. */
LNT_MUST_CHECK lnt_status lnti_annotate_migrated(lnti_tx *tx, const lnti_answer_row *row, lnt_error *err);

#endif
