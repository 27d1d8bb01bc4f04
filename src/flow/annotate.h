/**
 * @file annotate.h
 * The only writer of answers. Every way in (import, and later the command, the API and review) goes through here, and
 * every rule is checked here: the answer's own rules, that its question is visible, that a changed parent retires the
 * answers of its children.
 *
 * A checklist's options are answered one by one, beside each other: a yes or no to one leaves the others as they are, and
 * what is not answered stays unknown. "None of these" of a checklist is written as a no to each option that it offers;
 * "unsure" says that the person could not tell, and stands beside what is answered; clearing it without an option takes
 * back all of it.
 */
#ifndef LNTI_FLOW_ANNOTATE_H
#define LNTI_FLOW_ANNOTATE_H

#include <ontology/ontology.h>
#include <store/store.h>

/** One answer to give. */
typedef struct lnti_annotation {
  int64_t item_id;
  lnti_answer answer;
  double confidence; /**< the person's, in [0,1]; NaN: not given */
  uint32_t time_spent_ms;
  bool fresh; /**< the caller knows that there is no answer yet: none is looked for */
} lnti_annotation;

/** What becomes of an answer where the item has one to the question already (a checklist: to the option). */
typedef enum lnti_existing_answer {
  LNTI_EXISTING_WRITE, /**< it is written, whatever is there */
  LNTI_EXISTING_KEEP,  /**< what is there stays; a checklist that another operation has answered stays as a whole */
  LNTI_EXISTING_CHANGE /**< it is written where it says something else */
} lnti_existing_answer;

typedef struct lnti_annotate_options {
  lnti_answer_source source;
  lnti_existing_answer existing;
  const int64_t
      *resumed; /**< [n_resumed] operations that this one goes on with: LNTI_EXISTING_KEEP takes theirs for own */
  size_t n_resumed;
} lnti_annotate_options;

/** What became of the answers. */
typedef struct lnti_annotated {
  size_t n_added;          /**< where there was none; with LNTI_EXISTING_WRITE all of them */
  size_t n_changed;        /**< in the place of another */
  size_t n_same;           /**< that was there, and says the same: not written */
  size_t n_kept;           /**< of LNTI_EXISTING_KEEP: another one is there, and stays */
  size_t first_kept;       /**< which of the annotations, where n_kept is not 0 */
  size_t first_changed;    /**< likewise, where n_changed is not 0 */
  lnti_answer_row changed; /**< what that has replaced */
} lnti_annotated;

/**
 * Within a write of the store: checks and writes n answers under an operation.
 * @param ontology  as stored (every question and option used has its row id)
 * @return LNT_OK; LNT_EINVAL (a rule; nothing of the batch is kept, since the caller's write fails).
 */
LNT_MUST_CHECK lnt_status lnti_annotate(lnti_tx *tx, lnti_annotated *out, lnti_ontology *ontology, int64_t op_id,
                                        const lnti_annotation *annotations, size_t n,
                                        const lnti_annotate_options *options, lnt_error *err);

/** Whether LNTI_EXISTING_KEEP leaves this answer out, in the operation `op_id`. Its option may have no row yet. */
LNT_MUST_CHECK lnt_status lnti_annotate_keeps(bool *out, lnti_tx *tx, const lnti_ontology *ontology, int64_t op_id,
                                              const lnti_annotation *annotation, const lnti_annotate_options *options,
                                              lnt_error *err);

#endif
