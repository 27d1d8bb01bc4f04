/**
 * @file duplicates.h
 * Pictures that are there twice: equal ones (by their bytes or by their pixels) and near ones (by their signatures). They
 * are linked in the store, and never dropped.
 *
 * A set of equal pictures has all that have the same bytes or the same pixels as another of it. A near set joins equal
 * pictures with those whose signature is within LNTI_NEAR_DISTANCE of one of it, nearest pairs first, as long as every
 * picture of it stays within LNTI_NEAR_REACH of one of them: so a walk of small steps, as through a video, does not
 * become one set whose ends have nothing in common.
 */
#ifndef LNTI_FLOW_DUPLICATES_H
#define LNTI_FLOW_DUPLICATES_H

#include <flow/project.h>
#include <image/signature.h>

enum {
  LNTI_NEAR_REACH = 2 * LNTI_NEAR_DISTANCE,
  LNTI_DUPLICATE_EXAMPLES = 3 /**< of each kind */
};

/** What two pictures show. */
typedef enum lnti_duplicate_kind {
  LNTI_EQUAL_CONFLICT, /**< equal, under different labels */
  LNTI_NEAR_CONFLICT,  /**< near, under different labels */
  LNTI_EQUAL_LEAK,     /**< equal, in different splits */
  LNTI_NEAR_LEAK,      /**< near, in different splits */
  LNTI_DUPLICATE_KINDS
} lnti_duplicate_kind;

/** "conflict", "near_conflict", "leak", "near_leak". */
const char *lnti_duplicate_kind_name(lnti_duplicate_kind kind);

typedef struct lnti_duplicate_example {
  lnti_duplicate_kind kind;
  int64_t a_id, b_id;
  char *a, *b; /**< URIs of two items of one set */
  char *a_value,
      *b_value; /**< what differs: titles of their labels (paths of titles where these are the same), or names of
                             their splits */
} lnti_duplicate_example;

typedef struct lnti_duplicates {
  size_t copies; /**< items that are an extra copy of an equal one */
  size_t near;   /**< pictures that are near another, one of each set left out, copies not counted */
  size_t
      sets[LNTI_DUPLICATE_KINDS];   /**< with such a pair, by lnti_duplicate_kind; the near ones with a pair of pictures
                                      *   that are not equal */
  lnti_duplicate_example *examples; /**< by kind, then by item; at most LNTI_DUPLICATE_EXAMPLES of a kind */
  size_t n_examples;
} lnti_duplicates;

/**
 * Finds the duplicates of the whole project, writes their links to the store (as one write, of no operation) and counts
 * them. Groups are left out.
 * @param question_id  whose answers make conflicts; 0: every question that is answered with options
 * @return LNT_OK; as the store; LNT_ECANCELLED (the links are as they were); LNT_ELIMIT; LNT_ENOMEM.
 * At most 120 bytes of memory an item; time as lnti_hamming_forest. The same on any number of threads.
 */
LNT_MUST_CHECK lnt_status lnti_duplicates_update(lnti_duplicates *out, lnti_project *project, int64_t question_id,
                                                 lnt_error *err);

/** In a write that adds images or changes what is known of them: the links are to be looked for again. The search after it
 *  may never come, as where an import is cancelled or killed. */
LNT_MUST_CHECK lnt_status lnti_duplicates_outdate(lnti_tx *tx, lnt_error *err);
/** Whether that was said since the last search. */
LNT_MUST_CHECK lnt_status lnti_duplicates_outdated(bool *out, lnti_project *project, lnt_error *err);
/** Looks for them again where that was said, unless an import that runs will. For whoever relies on the links. */
LNT_MUST_CHECK lnt_status lnti_duplicates_ensure(lnti_project *project, lnt_error *err);

/** Counts by the links in the store, as labels and splits are now, without looking for new ones; reads only the items that
 *  are linked. */
LNT_MUST_CHECK lnt_status lnti_duplicates_read(lnti_duplicates *out, lnti_project *project, int64_t question_id,
                                               lnt_error *err);
void lnti_duplicates_clear(lnti_duplicates *duplicates);

/** Adds a warning for each kind of set that there is, with an example. For import and split. */
LNT_MUST_CHECK lnt_status lnti_duplicates_warn(lnti_messages *warnings, const lnti_duplicates *duplicates,
                                               lnt_error *err);

/** Inside flow/duplicates*.c: the counts by these links. @param links [n] rising by item */
LNT_MUST_CHECK lnt_status lnti_duplicates_count(lnti_duplicates *out, lnti_project *project, int64_t question_id,
                                                const lnti_duplicate *links, size_t n, lnt_error *err);

#endif
