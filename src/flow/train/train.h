/**
 * @file train.h
 * train: from labelled items to a model file.
 *
 * Training rows are the labelled items of the split "train" (or all labelled items outside "val" and "test" where there
 * is no such split). Calibration and validation use, in this order: the split "val", the learner's own left-out scores
 * (kNN), a stratified held-out fifth (from 2,000 rows on, at most 10,000 rows), else five folds. The shipped model is
 * fitted on all training rows. The split "test" is never looked at. Where rows are held out, those that belong together (by
 * lnti_group_keys, and equal and near images and item groups in any case) are held out together.
 */
#ifndef LNTI_FLOW_TRAIN_H
#define LNTI_FLOW_TRAIN_H

#include <flow/evaluate/judge.h>
#include <flow/train/choose.h>
#include <flow/train/keep_model.h>
#include <flow/project.h>
#include <model/learner.h>

typedef enum lnti_structure {
  LNTI_STRUCTURE_USUAL,       /**< as the target's type has it: flat */
  LNTI_STRUCTURE_FLAT,        /**< one of all classes, whatever stands above them */
  LNTI_STRUCTURE_HIERARCHICAL /**< level by level (lnti_target) */
} lnti_structure;

typedef struct lnti_train_options {
  const char *target;   /**< NULL: as lnti_target_find */
  const char *snapshot; /**< the data as they were in it (flow/snapshot/snapshot.h); NULL: as they are */
  lnti_structure structure;
  const char *weights; /**< of classes: "none" (or NULL), "balanced", or a JSON file {class: weight} */
  const char *learner;
  const char *feature;    /**< "hog", "pixels:width=28", "embedding:mobilenet_v2", ... */
  const char *const *set; /**< "KEY=VALUE" of the learner, or "KEY=VALUE,VALUE": to choose among (flow/train/grid.h) */
  size_t n_set;
  unsigned folds;   /**< to cross-validate and choose by; 0: LNTI_FOLDS where there is something to choose, else none */
  const char *name; /**< NULL: lnti_model_usual_name. A model of the same name is replaced, unless the name is the
                     *   usual one and that model of another learner or feature */
  uint64_t seed;
  const lnti_progress *progress;
  lnti_refused_visit refused;
  void *refused_payload;
} lnti_train_options;

typedef struct lnti_train_result {
  char *model, *file, *target, *learner, *feature; /**< file: absolute */
  lnti_task task;
  size_t n_train, n_classes, n_calibration;
  double extract_seconds, fit_seconds, total_seconds; /**< wall clock */
  double peak_rss_mb;
  lnti_figures figures; /**< validation */
  lnti_params params;   /**< as the model has them */
  lnti_choice choice;   /**< of the parameters; point NULL: there was none */
  bool chosen_for;      /**< the parameters were chosen by the validation rows, which are then a little too good */
  char *calibrated_on;
  char *
      group_key; /**< keys of flow/split/grouping.h by which rows stayed together where some were held out; NULL: none */
  double temperature, ece_before, ece_after; /**< ece_*: of the rows that were calibrated on; NaN of numbers */
  uint64_t seed;
  int64_t run_id;
  lnti_model_replaced replaced;
  lnti_messages warnings;
} lnti_train_result;

/** LNT_ENOTFOUND (no target, no labelled items); LNT_EINVAL (learner, feature, parameter, structure, weights, a target of type text or rank);
 *  LNT_EEXISTS (as lnti_model_replaced_find); LNT_EDATA (one class alone, too few rows to choose); LNT_ECANCELLED; LNT_ENOSPC... A failed training leaves a run that says why, and any
 *  model of that name as it was. */
LNT_MUST_CHECK lnt_status lnti_train(lnti_train_result *out, lnti_project *project, const lnti_train_options *options,
                                     lnt_error *err);
void lnti_train_result_clear(lnti_train_result *result);

/** The learner to train a target with where none is named. @param target  NULL: as lnti_target_find, whose errors it has. */
LNT_MUST_CHECK lnt_status lnti_train_usual_learner(const lnti_learner **out, lnti_project *project, const char *target,
                                                   lnt_error *err);

#endif
