/**
 * @file change_rows.h
 * What the verbs of a migration (change.c) are made of: rows that are touched, chains of siblings that are relinked.
 */
#ifndef LNTI_ONTOLOGY_CHANGE_ROWS_H
#define LNTI_ONTOLOGY_CHANGE_ROWS_H

#include <ontology/change.h>

/** Notes what a row was, the first time; before anything of it is changed but its links to siblings. */
LNT_MUST_CHECK lnt_status lnti_touch_question(lnti_ontology_changes *changes, size_t question, lnt_error *err);
LNT_MUST_CHECK lnt_status lnti_touch_option(lnti_ontology_changes *changes, size_t option, lnt_error *err);

/** A new row, with an id set aside. Key NULL: one is made. */
LNT_MUST_CHECK lnt_status lnti_new_question(size_t *out, lnti_ontology_changes *changes, lnti_question_type type,
                                            const char *key, const char *title, size_t parent_option, lnt_error *err);
LNT_MUST_CHECK lnt_status lnti_new_option(size_t *out, lnti_ontology_changes *changes, size_t question, size_t parent,
                                          const char *key, const char *title, lnt_error *err);

/** Gives other names; NULL: as it is. Titles and keys are checked before by the caller. */
LNT_MUST_CHECK lnt_status lnti_name_option(lnti_ontology_changes *changes, size_t option, const char *key,
                                           const char *title, lnt_error *err);
LNT_MUST_CHECK lnt_status lnti_name_question(lnti_ontology_changes *changes, size_t question, const char *key,
                                             const char *title, lnt_error *err);
/** Adds [n] aliases that it is not called yet. */
LNT_MUST_CHECK lnt_status lnti_add_aliases(lnti_ontology_changes *changes, size_t option, const char *const *aliases,
                                           size_t n, lnt_error *err);

/** Where among its siblings: the first, the last, or before another. */
typedef struct lnti_among {
  bool first;
  size_t before; /**< LNTI_NONE: the last */
} lnti_among;

/** Hangs an option below another of its question (LNTI_NONE: at the top), or a question below an option. The caller has made
 *  sure that it makes no loop. LNT_ELIMIT: too deep. */
LNT_MUST_CHECK lnt_status lnti_hang_option(lnti_ontology_changes *changes, size_t option, size_t parent,
                                           const lnti_among *among, lnt_error *err);
LNT_MUST_CHECK lnt_status lnti_hang_question(lnti_ontology_changes *changes, size_t question, size_t parent_option,
                                             const lnti_among *among, lnt_error *err);
/** Takes an option out, with all that hangs on it. */
LNT_MUST_CHECK lnt_status lnti_drop_option(lnti_ontology_changes *changes, size_t option, lnt_error *err);
LNT_MUST_CHECK lnt_status lnti_drop_question(lnti_ontology_changes *changes, size_t question, lnt_error *err);

/** Whether `option` is `above` or hangs on it, by way of questions too. */
bool lnti_hangs_on(const lnti_ontology *ontology, size_t option, size_t above);

#endif
