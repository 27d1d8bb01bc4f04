/**
 * @file stored_predictions.h
 * Predictions kept in the project: of each model the newest run, in blocks, with the content of the model file that made
 * them. They go with the model; those of models of elsewhere are removed by name.
 */
#ifndef LNTI_FLOW_STORED_PREDICTIONS_H
#define LNTI_FLOW_STORED_PREDICTIONS_H

#include <flow/predict/decision.h>
#include <flow/predict/predict.h>

/** Most classes that are kept of an item; labels that apply are all kept, however many or improbable. */
enum { LNTI_STORED_CLASSES_MAX = 16, LNTI_STORED_FACTS_BYTES_MAX = 256 << 20 };

typedef struct lnti_predictions_writer lnti_predictions_writer;
/** Begins a run; that of before stays until the end. @param model  borrowed until the end. @param name  the model's in the project; LNT_EINVAL: no model there has it
 *  @param decider  where answers were declined below a confidence; NULL: they were not */
LNT_MUST_CHECK lnt_status lnti_predictions_create(lnti_predictions_writer **out, lnti_project *project,
                                                  const char *name, const lnt_model *model, const char *filter,
                                                  const lnti_decider *decider, lnt_error *err);
/** Of items, by rising id; failed ones are left out. @param decision  with a decider; else NULL */
LNT_MUST_CHECK lnt_status lnti_predictions_add(lnti_predictions_writer *writer, const lnti_prediction *prediction,
                                               const lnti_decision *decision, lnt_error *err);
/** The run takes the place of the one before. Frees, also on failure. @param n_out  items; may be NULL */
LNT_MUST_CHECK lnt_status lnti_predictions_commit(size_t *n_out, lnti_predictions_writer *writer, lnt_error *err);
/** The run of before stays. NULL is allowed. */
void lnti_predictions_discard(lnti_predictions_writer *writer);

/** What another model said of an item. */
typedef struct lnti_predicted_row {
  int64_t item_id;
  size_t class;
  float p;     /**< NaN: not said */
  size_t line; /**< for the caller */
} lnti_predicted_row;
/** Keeps predictions that were made elsewhere, in the place of the earlier ones of that name. @param rows  [n] by rising item, each
 *  once. @param ids  [n_classes] of the classes. LNT_EIO, LNT_ENOSPC, LNT_ENOMEM. */
LNT_MUST_CHECK lnt_status lnti_predictions_store(lnti_project *project, const char *name, const char *target,
                                                 const char *const *ids, size_t n_classes,
                                                 const lnti_predicted_row *rows, size_t n, lnt_error *err);

typedef struct lnti_foreign_set {
  const char *name, *target;
  size_t n_items;
  uint64_t bytes, created_ms;
} lnti_foreign_set;
typedef lnt_status (*lnti_foreign_visit)(void *payload, const lnti_foreign_set *set, lnt_error *err);
/** What lnti_predictions_store has kept, oldest first. @param name  NULL: all. LNT_ECORRUPT. */
LNT_MUST_CHECK lnt_status lnti_predictions_foreign(lnti_project *project, const char *name, lnti_foreign_visit visit,
                                                   void *payload, lnt_error *err);
/** Takes predictions made elsewhere out of the project; answers that were made of them stay. LNT_ENOTFOUND; LNT_EINVAL: a model
 *  of the project has the name, with which its predictions go. */
LNT_MUST_CHECK lnt_status lnti_predictions_remove(lnti_project *project, const char *name, lnt_error *err);

/** A class or label with its probability; of a number: class 0 and the number. Where answers were declined the first is the
 *  answer, by the number of lnti_decision. */
typedef struct lnti_stored_class {
  size_t class;
  float p;
} lnti_stored_class;
typedef struct lnti_stored_prediction {
  int64_t item_id;
  const lnti_stored_class *top; /**< [n], n >= 1: the most probable first */
  size_t n;
} lnti_stored_prediction;
typedef lnt_status (*lnti_stored_visit)(void *payload, const lnti_stored_prediction *prediction, lnt_error *err);
/** All of one run, by item. @param n_items  as the set's row has it. LNT_ECONFLICT: there are not so many, since others took the
 *  run's place after it was looked up; LNT_ECORRUPT. */
LNT_MUST_CHECK lnt_status lnti_predictions_read(lnti_project *project, int64_t set_id, size_t n_items,
                                                lnti_stored_visit visit, void *payload, lnt_error *err);

#endif
