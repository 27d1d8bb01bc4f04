/**
 * @file import_internal.h
 * What the readers of import share: the batch that goes to the store. Inside src/flow/import*.c alone.
 */
#ifndef LNTI_FLOW_IMPORT_INTERNAL_H
#define LNTI_FLOW_IMPORT_INTERNAL_H

#include <flow/import.h>
#include <flow/job.h>

/** One input on its way into the store. */
typedef struct lnti_import_row {
  lnti_item item;     /**< strings borrowed for as long as the batch lives */
  int64_t known_id;   /**< of the item that is there already, which stays as it is; 0 */
  size_t option;      /**< index in the ontology, or LNTI_NONE: no label */
  lnt_status refused; /**< LNT_OK, or why it is not taken */
  lnt_error error;
  size_t rows_missing; /**< of a JPEG that ends early */
} lnti_import_row;

/** The state of one import. */
typedef struct lnti_import_work {
  lnti_project *project;
  const lnti_import_options *options;
  lnti_import_result *result;
  lnti_ontology *ontology;
  size_t question;     /**< LNTI_NONE until something has a label */
  size_t n_before;     /**< options that were there before this import */
  const char **called; /**< [n_before] the one title by which this import calls each, or NULL; in `arena` */
  lnti_arena arena;
  lnti_job_run job;
  lnti_op op;
  size_t n_done;  /**< inputs dealt with, refused ones included */
  size_t n_total; /**< 0: not known yet */
  size_t n_truncated;
} lnti_import_work;

/** The question that labels answer: made with this type where it is missing. LNT_EINVAL where it is of another type. */
LNT_MUST_CHECK lnt_status lnti_import_target(lnti_import_work *work, lnti_question_type type, lnt_error *err);
/** Says that a title will come, before the first lnti_import_option: an option of exactly that title is then nobody
 *  else's. *out: the option, LNTI_NONE where none has it (or an alias). */
LNT_MUST_CHECK lnt_status lnti_import_announce(size_t *out, lnti_import_work *work, size_t parent, const char *title,
                                               lnt_error *err);
/**
 * The option of a title below `parent`: by its title, by an alias, by its key, else a new one. Different titles never
 * become one option, but by an alias: a key counts only for an option that was there before and that no other title of
 * this import has ("Cat" and "cat" are two, though both make the key "cat").
 */
LNT_MUST_CHECK lnt_status lnti_import_option(size_t *out, lnti_import_work *work, size_t parent, const char *title,
                                             lnt_error *err);
/** Whether an option may be the answer to the target; LNT_EDATA with the rule, since it is the data that breaks it. */
LNT_MUST_CHECK lnt_status lnti_import_check(const lnti_import_work *work, size_t option, lnt_error *err);
/** Stores what was added to the ontology, so that every question and option has its row id. */
LNT_MUST_CHECK lnt_status lnti_import_ontology(lnti_import_work *work, lnt_error *err);
/** Stores a batch and reports progress: rows that are refused are told, the others become items and answers. */
LNT_MUST_CHECK lnt_status lnti_import_batch(lnti_import_work *work, lnti_source_kind kind, const char *source,
                                            lnti_import_row *rows, size_t n, lnt_error *err);
/** Tells of one refused input. */
void lnti_import_refuse(lnti_import_work *work, const char *path, lnt_status code, const char *reason);

/** The readers. `path` is absolute. */
LNT_MUST_CHECK lnt_status lnti_import_folder(lnti_import_work *work, const char *path, lnt_error *err);
LNT_MUST_CHECK lnt_status lnti_import_idx(lnti_import_work *work, const char *path, lnt_error *err);
/** True for a folder that holds IDX image arrays by their usual names. */
bool lnti_import_has_idx(const char *folder);
/** All image arrays of such a folder. */
LNT_MUST_CHECK lnt_status lnti_import_idx_folder(lnti_import_work *work, const char *folder, lnt_error *err);

#endif
