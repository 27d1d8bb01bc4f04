/**
 * @file migrate.h
 * migrate: questions and options are renamed, merged, split, moved, retired, changed in type, and their answers follow. All
 * changes of one call are one operation in one transaction, and can be undone as one. What a change is: ontology/change.h and
 * docs/formats/migration.md.
 */
#ifndef LNTI_FLOW_MIGRATE_H
#define LNTI_FLOW_MIGRATE_H

#include <flow/project.h>

enum { LNTI_MIGRATE_EXAMPLES = 10, LNTI_MIGRATE_FILE_MAX = 16 << 20 };

/** An item whose answers change. */
typedef struct lnti_migrate_example {
  int64_t item_id;
  char *path;
  char *before, *after; /**< "class=Cat, mood=Calm" */
  bool review;          /**< it goes to review */
} lnti_migrate_example;

/** A row of the ontology that changes. */
typedef struct lnti_migrate_row {
  char *before, *after; /**< "class/cat \"Cat\""; "" where it is not there */
} lnti_migrate_row;

/** A model whose target is touched. */
typedef struct lnti_migrate_model {
  char *name, *target;
} lnti_migrate_model;

/** An option that is retired: its answers stay, and no model learns it. */
typedef struct lnti_migrate_retired {
  char *path;
  size_t option, n_items; /**< that carry it, or (of a tree) a node below it */
  bool checklist;         /**< the items are still learned from, without the label */
} lnti_migrate_retired;

typedef struct lnti_migrate_result {
  int64_t op_id;    /**< 0: it was a preview */
  size_t n_rows;    /**< questions and options that change, of which `rows` are the first */
  size_t n_items;   /**< with an answer that changes, or that go to review */
  size_t n_answers; /**< that are written: changed, added, taken back */
  size_t n_retired; /**< of these: taken back, since what they hang on is not chosen any more */
  size_t n_lost;    /**< of these: taken back, since the new type has no word for them */
  size_t n_review;  /**< items that go to review */
  lnti_migrate_row *rows;
  size_t n_shown, row_capacity;
  lnti_migrate_example *examples;
  size_t n_examples, example_capacity;
  lnti_migrate_retired *out; /**< [n_out] options that are retired */
  size_t n_out, out_capacity;
  lnti_migrate_example carriers[LNTI_MIGRATE_EXAMPLES]; /**< [n_carriers] items that carry them; id and path */
  size_t n_carriers;
  lnti_migrate_model *models;
  size_t n_models, model_capacity;
} lnti_migrate_result;
void lnti_migrate_result_clear(lnti_migrate_result *result);

/**
 * Runs the changes of a JSON document: {"changes": [...]}, or a list of changes.
 * @param name  of the document, for messages; NULL: one change that somebody typed
 * @param note  one line for the history; NULL: one is made of the first change
 * @return LNT_OK; what lnti_ontology_change returns, with the change's number; LNT_ECONFLICT: answers do not fit what the
 *         changes make of their questions: how many, and the first of them; LNT_ENOSPC, LNT_EIO... Nothing is changed then.
 */
LNT_MUST_CHECK lnt_status lnti_migrate(lnti_migrate_result *out, lnti_project *project, const char *json, size_t n,
                                       const char *name, const char *note, lnt_error *err);
/** What it would do. Nothing is written. */
LNT_MUST_CHECK lnt_status lnti_migrate_preview(lnti_migrate_result *out, lnti_project *project, const char *json,
                                               size_t n, const char *name, lnt_error *err);

/** What was put back. */
typedef struct lnti_migrate_undone {
  int64_t op_id; /**< 0: only looked at */
  size_t n_items;
  size_t n_restored, n_removed; /**< answers put back as they were; taken back, where there was none before */
} lnti_migrate_undone;
/** Whether an operation changed the ontology under its answers: a migration, or an undo of one. */
LNT_MUST_CHECK lnt_status lnti_migrate_is_one(bool *out, lnti_project *project, int64_t op_id, lnt_error *err);
/**
 * Takes a migration (op->undoes) back, as one operation: questions, options, answers and stages are as they were before it.
 * @param op  the operation that does it; gets its id
 * @return LNT_OK; LNT_ENOTFOUND (no such operation, or no migration); LNT_ECONFLICT: it was undone already, a later
 *         migration changed the same questions or options, or later answers depend on it: how many, and the first of them.
 */
LNT_MUST_CHECK lnt_status lnti_migrate_undo(lnti_migrate_undone *out, lnti_project *project, lnti_op *op, bool dry_run,
                                            lnt_error *err);

#endif
