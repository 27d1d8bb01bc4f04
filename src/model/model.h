/**
 * @file model.h
 * A model: target, classes, feature, fitted learner, calibration, and the story of how it was made; the inside
 * of <linnet/model.h>. flow/train makes one and saves it; everybody else opens one.
 */
#ifndef LNTI_MODEL_MODEL_H
#define LNTI_MODEL_MODEL_H

#include <base/context.h>
#include <base/hash.h>
#include <feature/feature.h>
#include <linnet/model.h>
#include <media/media.h>
#include <model/learner.h>
#include <model/novelty.h>

/** The newest; models of classes are still written in format 1. */
enum { LNTI_LNT_FORMAT = 2 };

/** One class: the option's path of ids in the ontology ("exterior/door"), and its title. */
typedef struct lnti_model_class {
  char *id;
  char *title;
} lnti_model_class;

/** Calibration of one label: its probability is sigmoid(a * score + b). */
typedef struct lnti_platt {
  double a, b;
} lnti_platt;

/** A quantile of the residuals (true value - predicted) of rows that the model had not seen. */
typedef struct lnti_residual {
  double q;     /**< in (0,1) */
  double value; /**< in the target's unit */
} lnti_residual;

/** What the number may be, by the ontology. */
typedef struct lnti_model_range {
  double min, max, step; /**< NaN: not said */
  char *unit;            /**< NULL: none */
} lnti_model_range;

enum { LNTI_RESIDUALS_MAX = 99 };

/** What is put into a model file, besides the fitted learner. All strings and arrays owned by the model. */
struct lnt_model {
  char *name;
  char *target; /**< path of the question in the ontology */
  char *target_title;
  int64_t question_id; /**< its row in the project that the model was trained in; 0: not known (an older file) */
  uint64_t
      question_made_ms; /**< when that came into the ontology; with the row it tells which project and question it was */
  lnti_task task;       /**< never 0 */
  lnti_model_class *classes; /**< [n_classes] in label order; of LNTI_REGRESSION one: the target itself */
  size_t n_classes;
  lnti_model_class *nodes; /**< [n_nodes] LNTI_HIERARCHICAL: titles of inner nodes that are no classes; or NULL */
  size_t n_nodes;
  struct lnti_class_tree *tree; /**< over the classes, LNTI_HIERARCHICAL: of a model that was opened; else NULL */
  double *threshold;            /**< [n_classes] LNTI_MULTILABEL: yes from this probability on; NULL: 0.5 each */
  lnti_platt *platt;            /**< [n_classes] LNTI_MULTILABEL; NULL: (1, 0) each, uncalibrated */
  lnti_residual *residual;      /**< [n_residuals] LNTI_REGRESSION: ascending in q and value; NULL: unknown */
  size_t n_residuals;           /**< at most LNTI_RESIDUALS_MAX */
  lnti_model_range range;       /**< LNTI_REGRESSION */
  lnti_extractor *extractor;
  lnti_fitted *fitted;
  double temperature;  /**< of the calibration of LNTI_MULTICLASS and LNTI_HIERARCHICAL; 1: none */
  char *calibrated_on; /**< "validation split, 5,000 rows", "held out, 6,000 rows", "out of fold, 240 rows" */
  size_t n_train, n_calibration;
  char data_fingerprint[LNTI_HASH_HEX]; /**< hash of the training rows' content hashes and labels, in order */
  uint64_t seed;
  uint64_t created_ms;
  char *metrics_json;  /**< validation metrics with intervals, one JSON object; NULL: none */
  char *choice_json;   /**< how its parameters were chosen by cross-validation, one JSON object; NULL: they were not */
  char *snapshot_json; /**< name and fingerprint of the data it was trained on, one JSON object; NULL: no snapshot */
  lnti_novelty
      *novelty; /**< of LNTI_MULTICLASS and LNTI_HIERARCHICAL; NULL: the file has none (an older one, or too large) */
  lnti_lnt_reader *file; /**< open behind the tensors; NULL for a model that was just fitted */
  lnti_context context;  /**< of the opener */
  lnti_media *media;     /**< that the public classify functions read by; NULL unless the public opener made it */
};

/** Most bytes of a model file's manifest. */
enum { LNTI_MANIFEST_MAX = 32 << 20 };

/** Empty, for flow/train to fill. */
LNT_MUST_CHECK lnt_status lnti_model_new(lnt_model **out, lnt_error *err);
/** A model of a backbone's own classes, with nothing trained: for predicting alone. Takes the backbone over in every case.
 *  LNT_EINVAL (it has no classes), LNT_ELIMIT, LNT_ENOMEM. */
LNT_MUST_CHECK lnt_status lnti_model_of_backbone(lnt_model **out, lnti_backbone *backbone, const lnti_context *context,
                                                 lnt_error *err);
/** Writes the model file, atomically. LNT_EINVAL (what the file would hold is not what lnti_model_open takes: something
 *  is missing, two classes have one id, the temperature is outside 0.001 to 1000...), LNT_ENOSPC, LNT_EIO. */
LNT_MUST_CHECK lnt_status lnti_model_save(const lnt_model *model, const char *path, lnt_error *err);
/** Opens one; the context is copied. LNT_ENOTFOUND, LNT_EDATA, LNT_ECORRUPT, LNT_ELIMIT, LNT_EUNSUPPORTED (a newer
 *  format, or a learner or feature that this version does not know: the message says which version wrote it). */
LNT_MUST_CHECK lnt_status lnti_model_open(lnt_model **out, const char *path, const lnti_context *context,
                                          lnt_error *err);
/** The same from memory (fuzzing). */
LNT_MUST_CHECK lnt_status lnti_model_open_memory(lnt_model **out, const void *data, size_t bytes, const char *name,
                                                 const lnti_context *context, lnt_error *err);

/**
 * Calibrated probabilities of feature rows, by the task: of classes and nodes summing to 1 in each row; of labels each by
 * itself (one that could not be learned, which scores -50 or less, stays at 0 whatever its calibration); of
 * LNTI_REGRESSION the value, brought within the model's range.
 * @param prob_out  [n,n_classes]
 * @param x         [n,d] of the extractor's dtype
 * @return LNT_OK; LNT_EINVAL (another d or dtype); LNT_ECORRUPT (the weights overflow, so that a row has no
 *         probabilities); LNT_ENOMEM; LNT_ECANCELLED (prob_out is then undefined, as after LNT_ECORRUPT).
 */
LNT_MUST_CHECK lnt_status lnti_model_predict(float *prob_out, const lnt_model *model, const lnti_matrix *x,
                                             const lnti_context *context, lnt_error *err);
/** Its two steps, for whoever needs the scores too: what the learner says, and that turned into probabilities in place. */
LNT_MUST_CHECK lnt_status lnti_model_score(float *score_out, const lnt_model *model, const lnti_matrix *x,
                                           const lnti_context *context, lnt_error *err);
LNT_MUST_CHECK lnt_status lnti_model_calibrate(float *score, const lnt_model *model, size_t n, lnt_error *err);

/** The key cross_validation: what choice_json says, or null. LNT_EDATA, LNT_ENOMEM. */
LNT_MUST_CHECK lnt_status lnti_model_write_choice(lnti_json_writer *w, const lnt_model *model, lnt_error *err);
/** The key snapshot: what snapshot_json says, or null. LNT_EDATA, LNT_ENOMEM. */
LNT_MUST_CHECK lnt_status lnti_model_write_snapshot(lnti_json_writer *w, const lnt_model *model, lnt_error *err);

#endif
