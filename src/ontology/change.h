/**
 * @file change.h
 * Changes of an ontology that has answers: what `ontology migrate` does to its questions and options, without a store.
 *
 * The changes of one migration are applied to one ontology, one after another. Each notes the rows that it touches, with
 * what they were before, so that only these are written; and what becomes of answers, as a step. Then the steps are run over
 * what is said of each item (lnti_said), which is all that a preview needs, too.
 *
 * A change is a JSON object: {"do": "rename", "what": "class/cat", "title": "Tom cat"}; docs/formats/migration.md says what
 * there is. `what` is the path of a question or of an option, by ids, or where there is no such id by titles and aliases.
 *
 * After a failure the ontology is half changed: it is to be freed. Nothing here is safe for two threads at once.
 */
#ifndef LNTI_ONTOLOGY_CHANGE_H
#define LNTI_ONTOLOGY_CHANGE_H

#include <ontology/ontology.h>

enum {
  LNTI_CHANGES_MAX = 10000,     /**< changes of one migration */
  LNTI_CHANGE_VALUES_MAX = 1000 /**< options that a text becomes */
};

/** A row that was changed: what it was; or that it is new. */
typedef struct lnti_touched {
  bool is_question, added;
  size_t index;
  lnti_question question; /**< as it was; of is_question */
  lnti_option option;
} lnti_touched;

typedef enum lnti_step_kind {
  LNTI_STEP_MERGE = 1, /**< answers of `from` become `to` */
  LNTI_STEP_SPLIT,     /**< answers of from[0] become `to`, of the items that match */
  LNTI_STEP_REVIEW,    /**< items that match and are answered with from[0] go to review */
  LNTI_STEP_TYPE,      /**< answers of one type become those of another */
  LNTI_STEP_CHECK      /**< nothing becomes of them; they must fit */
} lnti_step_kind;

/** What one change does to answers. */
typedef struct lnti_answer_step {
  lnti_step_kind kind;
  size_t change; /**< which change of the migration it is of */
  size_t question;
  const size_t *from; /**< [n_from] options */
  size_t n_from, to;
  bool filtered;               /**< only items that the change's "where" finds */
  bool to_is_new;              /**< `to` is made by the change: nobody was asked it */
  lnti_question_type type;     /**< of the question, when the step is run */
  lnti_question_type new_type; /**< of LNTI_STEP_TYPE */
  const char *note;            /**< of LNTI_STEP_REVIEW: what people are to look at; NULL: none */
  bool others_no;              /**< of radio to checklist: what was not chosen is a no, else unknown */
} lnti_answer_step;

/** The texts that a question of text is answered with, sorted: what its options become. `payload` is the caller's. */
typedef lnt_status (*lnti_change_values)(void *payload, const char *const **values_out, size_t *n_out, size_t question,
                                         lnt_error *err);

typedef struct lnti_ontology_changes {
  lnti_ontology *ontology; /**< borrowed; changed */
  lnti_touched *touched;
  size_t n_touched, touched_capacity;
  lnti_answer_step *steps;
  size_t n_steps, step_capacity;
  int64_t last_question_id, last_option_id; /**< ids that are taken: of the store, by the caller */
  lnti_change_values values;                /**< NULL: texts cannot become options */
  void *payload;
  bool looks_at_answers; /**< some change needs all answers to be looked at */
  size_t change;         /**< which one is applied */
} lnti_ontology_changes;

void lnti_ontology_changes_clear(lnti_ontology_changes *changes);

/**
 * Applies one change and counts it.
 * @return LNT_OK; LNT_EDATA (no such change, a key that it does not know, a value of another type); LNT_ENOTFOUND (no such
 *         question or option); LNT_EEXISTS (an id, title or key that a sibling has); LNT_EINVAL (what makes no sense, with
 *         the reason); LNT_ELIMIT; LNT_ENOMEM.
 */
LNT_MUST_CHECK lnt_status lnti_ontology_change(lnti_ontology_changes *changes, const lnti_json_value *change,
                                               lnt_error *err);

/** The question and option of a path; *option_out LNTI_NONE where it names a question. By ids; part by part also by title
 *  and alias. LNT_ENOTFOUND lists what there is. */
LNT_MUST_CHECK lnt_status lnti_ontology_find_place(size_t *question_out, size_t *option_out,
                                                   const lnti_ontology *ontology, const char *path, lnt_error *err);
/** "class/bird/species/duck": the question's path and the option's; appended. LNTI_NONE: the question alone. */
LNT_MUST_CHECK lnt_status lnti_ontology_place_path(lnti_text *out, const lnti_ontology *ontology, size_t question,
                                                   size_t option, lnt_error *err);

/* ---- what is said of an item ---- */

/** One answer of an item. */
typedef struct lnti_said {
  lnti_answer answer;
  size_t slot; /**< of a checklist, the option that it is about; else LNTI_NONE */
  size_t row;  /**< of the caller's rows, that which it came from */
  const char *text;
} lnti_said;

typedef struct lnti_item_said {
  lnti_said *said; /**< [n], sorted by lnti_said_sort */
  size_t n, capacity;
  size_t n_retired; /**< answers that are no more, since what they hang on is not chosen any more */
  size_t n_lost;    /**< answers that the new type cannot hold: noes of a checklist, but where all are noes */
  bool review;      /**< the item is to be looked at */
  const char *note; /**< what is to be looked at; NULL: it was not said */
} lnti_item_said;

/** Sorts by question and slot, so that one is found among many. */
void lnti_said_sort(lnti_said *said, size_t n);
/** That of a question and slot; NULL: none. */
const lnti_said *lnti_said_find(const lnti_said *said, size_t n, size_t question, size_t slot);

/** Whether the item is one that the filter of a step's change finds. */
typedef bool (*lnti_step_matches)(void *payload, const lnti_answer_step *step);

/**
 * Runs the steps over what is said of one item, and retires answers to questions that are not asked any more.
 * @return LNT_OK; LNT_ECONFLICT: an answer does not fit the changed ontology, with the reason.
 */
LNT_MUST_CHECK lnt_status lnti_ontology_change_said(lnti_item_said *item, const lnti_ontology_changes *changes,
                                                    lnti_step_matches matches, void *payload, lnt_error *err);
/** Whether what is said (sorted) holds in the ontology: nothing gone, of the question's type, in its range, asked. */
LNT_MUST_CHECK lnt_status lnti_said_check(const lnti_ontology *ontology, const lnti_item_said *item, size_t at,
                                          lnt_error *err);

#endif
