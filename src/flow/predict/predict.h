/**
 * @file predict.h
 * predict: a model on files, folders, arrays, or items of the project.
 */
#ifndef LNTI_FLOW_PREDICT_H
#define LNTI_FLOW_PREDICT_H

#include <flow/project.h>
#include <linnet/model.h>

/** One input's result. `prob` is NULL where it failed; then code and reason say why. */
typedef struct lnti_prediction {
  const char *path;  /**< URI */
  int64_t item_id;   /**< 0: not an item of the project */
  const float *prob; /**< [n_classes] */
  float unknown;     /**< how strange it is (model/novelty.h); NaN: the model does not know */
  lnt_status code;
  const char *reason;
  bool more; /**< the next follows at once; else it is yet to be computed */
} lnti_prediction;

/** Called in the order of the inputs as they are computed (at most about a second's work is waited for), from one thread. A returned
 *  error ends the work. */
typedef lnt_status (*lnti_prediction_visit)(void *payload, const lnt_model *model, const lnti_prediction *prediction,
                                            lnt_error *err);

/** Finds a model: a name in the project (which may be NULL), or a path. */
LNT_MUST_CHECK lnt_status lnti_model_find(lnt_model **out, lnti_project *project, const char *name_or_path,
                                          const lnti_context *context, lnt_error *err);

typedef struct lnti_predict_result {
  size_t n, n_failed;
} lnti_predict_result;

/** Paths: image files, folders (all images below, by name), archives, IDX arrays (all records), records. A path that does not exist,
 *  a folder that cannot be listed and an array whose header is broken are failed predictions, not failures. LNT_ENOTFOUND
 *  where there is no input at all (an empty folder).
 *  @param project  its cache keeps what archives are unpacked to, and its caps count; NULL: none does, and the usual ones */
LNT_MUST_CHECK lnt_status lnti_predict_paths(lnti_predict_result *out, const lnt_model *model, lnti_project *project,
                                             const char *const *paths, size_t n_paths, const lnti_context *context,
                                             const lnti_progress *progress, lnti_prediction_visit visit, void *payload,
                                             lnt_error *err);
/** Items that match a filter; by the feature cache. */
LNT_MUST_CHECK lnt_status lnti_predict_items(lnti_predict_result *out, const lnt_model *model, lnti_project *project,
                                             const char *filter, const lnti_progress *progress,
                                             lnti_prediction_visit visit, void *payload, lnt_error *err);

#endif
