/**
 * @file migrate_parts.h
 * What the files of a migration share: migrate.c runs it, migrate_prepare.c reads the changes and their filters,
 * migrate_tell.c says what was done, migrate_retired.c what is retired.
 */
#ifndef LNTI_FLOW_MIGRATE_PARTS_H
#define LNTI_FLOW_MIGRATE_PARTS_H

#include <flow/migrate/migrate.h>

enum { LNTI_MIGRATE_MISFITS = 3 };

/** Items that the filter of one change finds; ids rising. */
typedef struct lnti_found_items {
  int64_t *ids;
  size_t n;
} lnti_found_items;

typedef struct lnti_migrating {
  lnti_project *project;
  const char *name;
  lnti_migrate_result *result;
  char *json; /**< the changes, as they are kept */
  char *note;
  lnti_arena arena;            /**< of `list` */
  const lnti_json_value *list; /**< the changes */
  lnti_found_items *found;     /**< [n_changes] */
  size_t n_changes;
  bool filtered;                /**< some change has a filter, */
  lnti_store_position position; /**< which found its items as of this */
  bool outdated;                /**< somebody has written since */
  lnti_op op;

  lnti_tx *tx; /**< NULL: a preview */
  int64_t op_id;
  lnti_ontology *old, *ontology; /**< before, for examples; and as it is changed */
  int64_t last_question, last_option, first_item, last_item;
  lnti_ontology_changes changes;

  lnti_answer_row *rows; /**< [n_rows] of a range of items */
  size_t n_rows, row_capacity;
  lnti_arena texts;
  int64_t item_id;
  lnti_said *was;
  size_t was_capacity;
  lnti_item_said item;
  size_t n_misfits; /**< items whose answers do not fit, of which these are the first */
  int64_t misfit_ids[LNTI_MIGRATE_MISFITS];
  char *misfits[LNTI_MIGRATE_MISFITS];
} lnti_migrating;

/** Reads the document, runs its filters. */
LNT_MUST_CHECK lnt_status lnti_migrate_prepare(lnti_migrating *m, const char *json, size_t n, const char *note,
                                               lnt_error *err);
void lnti_migrating_clear(lnti_migrating *m);
/** "item 7: REASON; item 9: REASON": the misfits that are kept, appended. */
LNT_MUST_CHECK lnt_status lnti_migrating_misfits(lnti_text *out, const lnti_migrating *m, lnt_error *err);
/** Whether the filter of a change finds an item. */
bool lnti_migrate_found(const lnti_migrating *m, size_t change, int64_t item_id);
/** Reads the answers of items with these ids into m->rows. @param question_id  0: all; in a write all are read */
LNT_MUST_CHECK lnt_status lnti_migrate_read(lnti_migrating *m, int64_t first, int64_t last, int64_t question_id,
                                            lnt_error *err);
/** Told of the answers of one item: m->rows[begin, end). */
typedef lnt_status (*lnti_migrate_visit)(void *payload, size_t begin, size_t end, lnt_error *err);
/** Reads the answers of all items that a migration looks at, a range at a time, and tells of each item. */
LNT_MUST_CHECK lnt_status lnti_migrate_each_item(lnti_migrating *m, lnti_migrate_visit visit, void *payload,
                                                 lnt_error *err);
/** lnti_change_values. */
LNT_MUST_CHECK lnt_status lnti_migrate_values(void *payload, const char *const **values_out, size_t *n_out,
                                              size_t question, lnt_error *err);

/** Notes what becomes of an item: rows [begin,end) are what was, m->item what is. */
LNT_MUST_CHECK lnt_status lnti_migrate_note_example(lnti_migrating *m, size_t begin, size_t end, lnt_error *err);
/** Notes the questions and options that were touched. */
LNT_MUST_CHECK lnt_status lnti_migrate_note_rows(lnti_migrating *m, lnt_error *err);
/** Counts the items that carry an option that is retired by now, and was not. */
LNT_MUST_CHECK lnt_status lnti_migrate_note_retired(lnti_migrating *m, lnt_error *err);
/** Reads what is to be known of before; then all is done, and then: */
LNT_MUST_CHECK lnt_status lnti_migrate_begin(lnti_migrating *m, lnt_error *err);
/** Adds the paths of the examples, and the models that are touched. */
LNT_MUST_CHECK lnt_status lnti_migrate_finish(lnti_migrating *m, lnt_error *err);

#endif
