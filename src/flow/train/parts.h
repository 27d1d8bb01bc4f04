/**
 * @file parts.h
 * What the files of train/ share: one training, as it goes along.
 */
#ifndef LNTI_FLOW_TRAIN_PARTS_H
#define LNTI_FLOW_TRAIN_PARTS_H

#include <eval/class_tree.h>
#include <flow/job.h>
#include <flow/snapshot/snapshot_read.h>
#include <flow/split/split.h>
#include <flow/target.h>
#include <flow/train/calibrate.h>
#include <flow/train/train.h>
#include <flow/evaluate/truth.h>

/** A split's rows. */
typedef struct lnti_train_rows {
  lnti_labelled of;
  lnti_vectors x;
  lnti_truth truth; /**< [x.n] */
  uint32_t *group;  /**< [x.n] rows that belong together */
} lnti_train_rows;

typedef struct lnti_training {
  lnti_project *project;
  const lnti_train_options *options;
  lnti_train_result *result;
  lnti_job_run job;
  lnti_ontology *ontology;
  lnti_target target;
  lnti_snapshot snapshot; /**< where options->snapshot names one */
  const lnti_learner *learner;
  lnti_grid grid; /**< until the parameters are chosen */
  lnti_params params;
  lnti_extractor *extractor;
  lnti_train_rows train, val; /**< training rows; rows of the split "val" */
  size_t *option;             /**< [n_options] that may be classes or labels */
  size_t n_options;
  size_t *class_option;       /**< [n_classes] option of each class or label */
  int32_t *class_of_option;   /**< [ontology->n_options] class of each option; -1 */
  size_t n_classes, n_absent; /**< absent: those that cannot be learned from the training rows */
  size_t first_absent;        /**< option; where n_absent > 0 */
  lnti_class_tree *tree;      /**< of the classes, where they form one; NULL */
  double *weight;             /**< [n_classes]; NULL: 1 each */
  lnti_calibration calibration;
  lnt_model *model;
  lnti_run run;
  char *params_json;
  lnti_split_info split;
  uint64_t *keys; /**< [n_keys] of the training rows' content */
  size_t n_keys;
} lnti_training;

/* rows.c */
/** The rows of train and val, and what can be learned of them. */
LNT_MUST_CHECK lnt_status lnti_train_rows_load(lnti_training *t, lnt_error *err);
/** The classes or labels that the training rows can teach, again when some of these are gone. */
LNT_MUST_CHECK lnt_status lnti_train_classes_find(lnti_training *t, lnt_error *err);
/** Their truths, once it is settled which rows there are. */
LNT_MUST_CHECK lnt_status lnti_train_truth_make(lnti_training *t, lnti_train_rows *rows, lnt_error *err);
void lnti_train_rows_clear(lnti_train_rows *rows);

/* vectors.c */
LNT_MUST_CHECK lnt_status lnti_train_extract(lnti_training *t, lnt_error *err);
/** Once it is known which images can be read: the rows, classes and groups that the model is really made from. */
LNT_MUST_CHECK lnt_status lnti_train_settle(lnti_training *t, lnt_error *err);
/** Whether parameters are chosen or judged by cross-validation. */
bool lnti_train_cross_validates(const lnti_training *t);

/* weights.c */
/** By options->weights: "none", "balanced", or a JSON file {class: weight}. *out [n_classes], NULL: 1 each. */
LNT_MUST_CHECK lnt_status lnti_train_weights(double **out, const lnti_training *t, lnt_error *err);

#endif
