/**
 * @file proba_files.h
 * Probabilities as an array for other programs: NAME.npy of f32 [n,n_classes], NAME.rows.csv and NAME.classes.csv, which say
 * what its rows and columns are. Written as predictions come; they appear together, at the end.
 */
#ifndef LNTI_FLOW_PROBA_FILES_H
#define LNTI_FLOW_PROBA_FILES_H

#include <flow/predict/predict.h>

typedef struct lnti_proba_files lnti_proba_files;

/** @param project  NULL: none. @return as lnti_output_check, for each of the three. */
LNT_MUST_CHECK lnt_status lnti_proba_files_create(lnti_proba_files **out, const lnti_project *project,
                                                  const lnt_model *model, const char *path, lnt_error *err);
/** One row; of a prediction that failed all are NaN, so that rows stay those of the inputs. */
LNT_MUST_CHECK lnt_status lnti_proba_files_add(lnti_proba_files *files, const lnti_prediction *prediction,
                                               lnt_error *err);
/** Puts the files in place; the array last. Frees, also on failure. */
LNT_MUST_CHECK lnt_status lnti_proba_files_commit(lnti_proba_files *files, lnt_error *err);
/** Leaves what was there. NULL is allowed. */
void lnti_proba_files_discard(lnti_proba_files *files);

#endif
